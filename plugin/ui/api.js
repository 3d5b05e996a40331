// Calls to the host. One Api an element; knows the chosen requester and renews the token before it expires and at 401.

/** @typedef {import('./types.d.ts').Reply} Reply */
/** @typedef {import('./types.d.ts').PanelCall} PanelCall */
/** @typedef {import('./types.d.ts').ActionArgs} ActionArgs */
/** @typedef {import('./types.d.ts').ActionReply} ActionReply */

const timeout_ms = 10000;
const renew_before_ms = 20000;

/** What went wrong: the HTTP status (0: no answer) and the problem's title and detail. */
export class Problem extends Error {
  /** @param {number} status @param {string} [title] @param {string} [detail] */
  constructor(status, title = '', detail = '') {
    super(detail || title || `status ${status}`);
    this.status = status;
    this.title = title;
    this.detail = detail;
  }
}

export class Api {
  /** @param {() => string} prefix @param {() => (undefined | (() => Promise<string>))} token */
  constructor(prefix, token) {
    this.prefix_ = prefix;
    this.ask_token_ = token;
    this.token_ = '';
    this.token_until_ms_ = 0;
    /** @type {string[] | null} */
    this.scopes = null;
    /** The agent's, as the token has them; else empty. */
    this.locale = '';
    this.time_zone = '';
    /** @type {number | undefined} */
    this.select = undefined;
    /** @type {object | undefined} what else the embedder wants its server to know with each call */
    this.about = undefined;
  }

  /** @param {PanelCall} call @returns {Promise<Reply>} */
  panel(call) {
    return this.post_('/v1/panel/identities/sidebar', { ...this.about, select: this.select, ...call });
  }

  /**
   * @param {string} action
   * @param {ActionArgs} args
   * @param {string} [key] the same key gives the first outcome again
   * @param {{ select: number | undefined }} [of] the requester whom it is about
   * @returns {Promise<ActionReply>}
   */
  action(action, args, key = newKey(), { select } = this) {
    return this.post_(`/v1/action/identities/${action}`, { ...this.about, select, key, args });
  }

  /** @param {string} path @param {object} body */
  async post_(path, body) {
    let answer = await this.send_(path, body, false);
    if (answer.status === 401 && this.ask_token_()) answer = await this.send_(path, body, true);
    if (answer.ok) return answer.json();
    const problem = await answer.json().catch(() => ({}));
    throw new Problem(answer.status, problem.title, problem.detail);
  }

  /** @param {string} path @param {object} body @param {boolean} renew @returns {Promise<Response>} */
  async send_(path, body, renew) {
    /** @type {Record<string, string>} */
    const headers = { 'Content-Type': 'application/json' };
    try {
      const token = await this.current_token_(renew);
      if (token) headers.Authorization = `Bearer ${token}`;
      return await fetch(this.prefix_() + path, {
        method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store', signal: AbortSignal.timeout(timeout_ms),
      });
    } catch {
      throw new Problem(0);
    }
  }

  /** @param {boolean} renew */
  async current_token_(renew) {
    const ask = this.ask_token_();
    if (!ask) return '';
    if (renew || !this.token_ || Date.now() > this.token_until_ms_) {
      this.token_ = await ask();
      const { exp, scopes, locale, time_zone } = claims(this.token_);
      this.token_until_ms_ = exp ? exp * 1000 - renew_before_ms : Infinity;
      this.locale = locale ?? '';
      this.time_zone = time_zone ?? '';
      this.scopes = Array.isArray(scopes) ? scopes : null;
    }
    return this.token_;
  }
}

/** What a token says of itself; the server alone judges it. @param {string} token @returns {{ exp?: number, scopes?: string[], locale?: string, time_zone?: string }} */
function claims(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return {};
  }
}

export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
