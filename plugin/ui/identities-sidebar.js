// <identities-sidebar>: the whole customer beside a ticket. This file: attributes, the first reply, live news, and what shows when there is none.
import { Api, Problem } from './api.js';
import { Format } from './format.js';
import { Live } from './live.js';
import { nameSkeleton, skeleton, unavailable } from './states.js';
import { sheets } from './styles.js';
import { Text, directionOf, loadMessages } from './text.js';
import { View } from './view.js';

/** @typedef {import('./types.d.ts').Reply} Reply */

const loading_after_ms = 200;
const clock_ms = 15000;

export class IdentitiesSidebar extends HTMLElement {
  constructor() {
    super();
    this.root_ = this.attachShadow({ mode: 'open' });
    this.root_.adoptedStyleSheets = sheets;
    this.api_ = new Api(() => this.getAttribute('api') ?? '', () => this.token_);
    this.live_ = new Live(() => this.ask_());
    /** @type {View | null} */
    this.view_ = null;
    /** @type {string | undefined} */
    this.version_ = undefined;
    this.turn_ = 0;
    this.as_of_us_ = 0;
    /** @type {number | null} */
    this.failing_since_us_ = null;
    this.resting_ = false;
    /** @type {undefined | (() => Promise<string>)} */
    this.token_ = undefined;
    const early = Object.getOwnPropertyDescriptor(this, 'token')?.value;
    if (early) {
      Reflect.deleteProperty(this, 'token');
      this.token_ = early;
    }
    this.api_.about = Object.getOwnPropertyDescriptor(this, 'about')?.value;
    Reflect.deleteProperty(this, 'about');
  }

  /** Gives a fresh token for the host; asked again before it expires and at 401. */
  get token() {
    return this.token_;
  }

  set token(ask) {
    this.token_ = ask;
    if (this.isConnected && this.waiting_for_token_) {
      this.waiting_for_token_ = false;
      this.live_.now().catch(() => {});
    }
  }

  /** What goes into the body of each call beside the element's own, for a server of the embedder that wants to know more. */
  get about() {
    return this.api_.about;
  }

  set about(more) {
    this.api_.about = more;
  }

  connectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) this.start_();
    });
  }

  disconnectedCallback() {
    this.live_.stop();
    this.view_?.stop();
    clearInterval(this.clock_);
    clearTimeout(this.loading_);
  }

  async start_() {
    this.clock_ = setInterval(() => this.view_?.tick(), clock_ms);
    if (this.view_) {
      this.view_.start();
      this.live_.start();
      return;
    }
    this.loading_ = setTimeout(() => this.show_loading_(), loading_after_ms);
    const inline = this.inline_reply_();
    loadMessages(this.base_(), this.locale_()).catch(() => {});
    if (!inline) {
      await this.page_ready_();
      if (!this.isConnected) return;
      this.live_.start();
      this.live_.now().catch(() => {});
      return;
    }
    try {
      await this.prepare_();
      this.receive_(inline);
      this.live_.start();
    } catch {
      this.live_.start();
      this.live_.now().catch(() => {});
    }
  }

  /** The page's own scripts, which give the token, run before its content is said to be loaded. */
  async page_ready_() {
    if (this.token_ || document.readyState === 'complete') return;
    await new Promise((done) => {
      document.addEventListener('DOMContentLoaded', done, { once: true });
      addEventListener('load', done, { once: true });
    });
  }

  base_() {
    return this.getAttribute('base') ?? new URL('..', import.meta.url).href.replace(/\/$/, '');
  }

  /** @returns {Reply | null} */
  inline_reply_() {
    const script = this.querySelector('script[type="application/json"]');
    if (!script?.textContent) return null;
    try {
      return JSON.parse(script.textContent);
    } catch {
      return null;
    }
  }

  async prepare_() {
    if (this.view_ && this.text_) return;
    const locale = this.locale_();
    const messages = await loadMessages(this.base_(), locale);
    if (this.view_) return;
    this.text_ = new Text(messages, locale);
    this.format_ = new Format(locale, this.getAttribute('time-zone') ?? knownZone(this.api_.time_zone), this.text_);
    this.view_ = new View(this, this.root_, this.text_, this.format_, this.api_, {
      refresh: () => this.refresh_(),
      choose: (index) => this.choose_(index),
    });
    this.view_.start();
  }

  locale_() {
    const asked = this.getAttribute('locale') ?? (this.api_.locale || navigator.language);
    try {
      return Intl.getCanonicalLocales(asked.replace('_', '-'))[0] ?? 'en';
    } catch {
      return 'en';
    }
  }

  /** One round: asks for news, or for everything as long as nothing is shown. */
  async ask_() {
    const turn = ++this.turn_;
    if (this.resting_ || this.waiting_for_token_ || this.choosing_) return;
    try {
      const reply = await this.api_.panel(this.version_ ? { if_version: this.version_ } : {});
      await this.prepare_();
      if (turn === this.turn_) this.receive_(reply);
    } catch (problem) {
      if (turn !== this.turn_) return;
      await this.prepare_().catch(() => {});
      this.fail_(problem);
      throw problem;
    }
  }

  /** Asks now; what was asked before is no longer waited for. */
  refresh_() {
    return this.live_.now();
  }

  /** @param {Reply} reply */
  receive_(reply) {
    const view = /** @type {View} */ (this.view_);
    clearTimeout(this.loading_);
    this.failing_since_us_ = null;
    this.as_of_us_ = reply.as_of_us ?? Date.now() * 1000;
    view.showStale(null, () => {});
    if (reply.unchanged) return;
    const first = this.version_ === undefined;
    const held = first && this.root_.activeElement !== null;
    this.version_ = reply.version;
    if (first) this.put_(view.frame);
    view.frame.removeAttribute('aria-busy');
    view.apply(reply, first);
    if (held) view.enter();
    if (first) this.after_paint_();
    else this.when_idle_();
  }

  after_paint_() {
    requestAnimationFrame(() => setTimeout(() => {
      this.api_.action('looked', {}).catch(() => {});
      this.when_idle_();
    }));
  }

  when_idle_() {
    const load = () => this.view_?.loadRest();
    if (typeof requestIdleCallback === 'function') requestIdleCallback(load, { timeout: 1000 });
    else setTimeout(load, 200);
  }

  /** @param {unknown} problem */
  fail_(problem) {
    clearTimeout(this.loading_);
    const status = problem instanceof Problem ? problem.status : 0;
    if (status === 403) {
      this.resting_ = true;
      this.live_.stop();
      this.version_ = undefined;
      this.put_(null);
      return;
    }
    if (status === 401 && !this.token_) {
      this.waiting_for_token_ = true;
      this.put_(null);
      return;
    }
    this.failing_since_us_ ??= Date.now() * 1000;
    if (!this.text_ || !this.format_) return;
    const again = () => {
      this.live_.now().catch(() => {});
    };
    if (this.version_ !== undefined) {
      this.view_?.showStale(this.as_of_us_, again);
      return;
    }
    const held = this.root_.activeElement !== null;
    this.put_(unavailable(this.text_, this.format_, this.failing_since_us_, again, this.getAttribute('user-page')));
    if (held) this.root_.querySelector('button')?.focus();
  }

  async show_loading_() {
    const grey = skeleton();
    this.put_(grey);
    await this.prepare_().catch(() => {});
    if (this.text_) nameSkeleton(grey, this.text_);
  }

  /** What stands in the shadow root; nothing takes no room. It reads as the page does, and from the right in a language that is written so. @param {HTMLElement | null} node */
  put_(node) {
    this.toggleAttribute('data-empty', node === null);
    if (!node) {
      this.root_.replaceChildren();
      return;
    }
    if (this.text_) node.lang = this.text_.language;
    if (directionOf(this.locale_()) === 'rtl') node.dir = 'rtl';
    this.root_.replaceChildren(node);
  }

  /** Another of the ticket's requesters. @param {number} index */
  async choose_(index) {
    const view = /** @type {View} */ (this.view_);
    const before = this.api_.select;
    ++this.turn_;
    this.choosing_ = true;
    this.api_.select = index;
    view.frame.setAttribute('aria-busy', 'true');
    try {
      const reply = await this.api_.panel({});
      if (this.api_.select !== index) return;
      this.version_ = reply.version;
      this.as_of_us_ = Date.now() * 1000;
      view.apply(reply, true);
      this.after_paint_();
    } catch {
      if (this.api_.select !== index) return;
      this.api_.select = before;
      view.redrawRequesters();
      view.say(/** @type {Text} */ (this.text_).get('problem.unavailable'));
    } finally {
      this.choosing_ = this.api_.select !== index && this.choosing_;
      view.frame.removeAttribute('aria-busy');
    }
  }
}

/** The browser's own zone where it does not know this one. @param {string} zone */
function knownZone(zone) {
  try {
    return zone ? new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone : undefined;
  } catch {
    return undefined;
  }
}

customElements.define('identities-sidebar', IdentitiesSidebar);
