// The rows of the History pivot as nodes: chapter headings, messages, orders, interests, and where an account's past is missing.
import { dotted, h, own } from './dom.js';
import { safeUrl } from './header.js';
import { Wrote } from './wrote.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').HistoryRow} HistoryRow */
/** @typedef {import('./history_window.js').HistoryItem} HistoryItem */
/** @typedef {import('./history_window.js').ChapterItem} ChapterItem */
/** @typedef {import('./history_window.js').PresentItem} PresentItem */
/** @typedef {import('./history_window.js').GapItem} GapItem */

const long_key = 12;

export class HistoryRows {
  /** @param {Sidebar} sidebar @param {{ toggle_present: () => void, present_open: () => boolean, ticket_side: () => string, search: () => string }} panel */
  constructor(sidebar, panel) {
    this.sidebar_ = sidebar;
    this.panel_ = panel;
    /** @type {Map<string, { made_of: unknown, node: HTMLElement }>} */
    this.nodes_ = new Map();
    /** @type {Map<string, string>} bodies that were fetched on expanding */
    this.bodies_ = new Map();
  }

  clear() {
    this.nodes_.clear();
    this.bodies_.clear();
  }

  /** The nodes of these items; those made before are used again while nothing about them changed. @param {HistoryItem[]} items */
  nodes(items) {
    /** @type {typeof this.nodes_} */
    const next = new Map();
    const nodes = items.map((item) => {
      const made_of = item.kind === 'row' ? item.row : JSON.stringify([item, this.panel_.present_open(), this.panel_.ticket_side()]);
      const old = this.nodes_.get(item.key);
      const entry = old?.made_of === made_of ? old : { made_of, node: this.make_(item) };
      next.set(item.key, entry);
      return entry.node;
    });
    this.nodes_ = next;
    return nodes;
  }

  /** @param {string} key */
  node(key) {
    return this.nodes_.get(key)?.node ?? null;
  }

  /** @param {HistoryItem} item @returns {HTMLElement} */
  make_(item) {
    switch (item.kind) {
      case 'chapter': return this.chapter_(item);
      case 'present': return this.present_(item);
      case 'gap': return this.gap_(item);
      default: return item.row.type === 'interest' ? this.interest_(item.row) : this.row_(item.row);
    }
  }

  /** @param {ChapterItem} item */
  chapter_({ thread, channel, again }) {
    const { text, format, reply } = this.sidebar_;
    const name = text.name('channel', channel);
    const label = reply.accounts?.[thread.account]?.label ?? '';
    const number = thread.key && thread.key.length <= long_key ? `#${thread.key}` : '';
    const subject = [label, number, thread.subject].filter(Boolean).join(' ');
    const href = thread.url ? safeUrl(thread.url) : undefined;
    const parts = [
      name && name.toLocaleLowerCase() !== label.toLocaleLowerCase() ? h('span', { class: 'channel' }, capital(name, format.locale)) : null,
      href ? h('a', { href, rel: 'noopener noreferrer' }, own(subject)) : h('span', { class: 'subject' }, own(subject)),
      h('span', {}, again ? text.get('history.continued') : format.range(thread.first_us, thread.last_us)),
      h('span', {}, text.get(`status.${thread.status}`)),
    ];
    return h('li', { class: 'chapter' }, h('h3', {}, dotted(parts)));
  }

  /** @param {PresentItem} item */
  present_({ thread }) {
    const open = this.panel_.present_open();
    return h('li', { class: 'chapter present' }, h('h3', {}, h('button', {
      type: 'button', class: 'present-toggle', 'aria-expanded': open, 'data-focus': 'history:present', onclick: () => this.panel_.toggle_present(),
    }, this.sidebar_.text.get(`history.present${this.panel_.ticket_side()}`, { count: thread.messages }))));
  }

  /** @param {GapItem} item */
  gap_({ accounts, since_us }) {
    const { text, format, reply } = this.sidebar_;
    const name = format.list(accounts.map((one) => reply.accounts?.[one]?.label ?? text.get('history.an_account')));
    return h('li', { class: 'gap' }, text.get('history.gap', { name, when: format.fullDay(since_us) }));
  }

  /** @param {HistoryRow} row */
  interest_(row) {
    const { text, format, reply } = this.sidebar_;
    const { interest } = row;
    const category = reply.summary?.find((one) => one.id === interest?.category)?.label ?? interest?.category ?? '';
    return h('li', { class: 'interest', tabindex: '-1', 'data-key': `i${row.id}` },
      h('span', { class: 'diamond', 'aria-hidden': 'true' }, '◆'),
      h('span', {}, h('span', { class: 'muted' }, own(format.fullDay(row.at_us)), ' '),
        h('b', {}, own(interest?.name ?? '')), ' ',
        text.get(row.text ? 'history.interest_words' : 'history.interest', { category, words: row.text })));
  }

  /** @param {HistoryRow} row */
  row_(row) {
    const { text, format, reply } = this.sidebar_;
    const message = row.type === 'message';
    const direction = row.direction ?? 'in';
    const by = row.type === 'order' ? '' : row.by || (direction === 'in' && message ? reply.identity?.name ?? '' : '');
    const more = h('button', {
      type: 'button', class: 'link row-more', hidden: !row.more, 'aria-expanded': 'false', 'data-focus': `more:e${row.id}`,
      onclick: () => this.expand_(row, node, more, body),
    }, text.get('more'));
    const body = h('p', { class: 'row-text', dir: 'auto' });
    fillMarked(body, short(row.text), this.panel_.search());
    const wrote = message && direction === 'in' && row.record && this.sidebar_.mayMerge() ? new Wrote(this.sidebar_, row, row.record) : null;
    const node = h('li', {
      class: `row ${message ? direction : `line-row ${row.type}`}`, tabindex: '-1', 'data-key': `e${row.id}`, 'data-engagement': row.id,
    },
    h('p', { class: 'row-head' },
      h('span', { class: 'tag' }, text.get(message ? `direction.${direction}` : `type.${row.type}`)),
      by ? h('b', { class: 'row-by', dir: 'auto' }, by) : null,
      h('time', { datetime: new Date(row.at_us / 1000).toISOString() }, row.type === 'order' ? format.day(row.at_us) : format.dayTime(row.at_us)),
      row.edited ? h('span', { class: 'muted' }, text.get('history.edited')) : null,
      row.clamped ? h('span', { class: 'muted' }, text.get('history.clamped')) : null,
      more, wrote?.button), body, this.attachments_(row), wrote?.element);
    return node;
  }

  /** @param {HistoryRow} row */
  attachments_({ attachments }) {
    if (!attachments?.length) return null;
    return h('p', { class: 'attachments' }, this.sidebar_.text.get('history.attached', { names: this.sidebar_.format.list(attachments.map((one) => one.name)) }));
  }

  /** Offers "more" where lines are cut off; the button's place is reserved, so nothing moves. @param {Element[]} nodes */
  offerMore(nodes) {
    const cut = nodes.filter((node) => {
      const body = node.querySelector('.row-text');
      return body instanceof HTMLElement && !node.classList.contains('open') && body.scrollHeight > body.clientHeight + 2;
    });
    for (const node of cut) node.querySelector('.row-more')?.removeAttribute('hidden');
  }

  /** @param {HistoryRow} row @param {HTMLElement} node @param {HTMLElement} more @param {HTMLElement} body */
  async expand_(row, node, more, body) {
    const { text, api } = this.sidebar_;
    const open = node.classList.toggle('open');
    more.setAttribute('aria-expanded', String(open));
    more.textContent = text.get(open ? 'less' : 'more');
    if (!open) {
      fillMarked(body, short(row.text), this.panel_.search());
      return;
    }
    let whole = row.more ? this.bodies_.get(row.id) : row.text;
    if (whole === undefined) {
      try {
        whole = (await api.panel({ pivot: 'engagement', filter: { engagement: row.id } })).engagement?.text ?? row.text;
        this.bodies_.set(row.id, whole);
      } catch {
        node.classList.remove('open');
        more.setAttribute('aria-expanded', 'false');
        more.textContent = text.get('retry');
        return;
      }
    }
    fillMarked(body, whole, this.panel_.search());
  }
}

/** What is clamped to four lines wastes none on empty ones. @param {string} words */
function short(words) {
  return words.replace(/\n\s*\n/g, '\n');
}

/** @param {string} word @param {string} locale */
function capital(word, locale) {
  return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
}

/** Puts a text in, with what was searched for marked. @param {HTMLElement} parent @param {string} words @param {string} search */
function fillMarked(parent, words, search) {
  const wanted = search.trim().toLocaleLowerCase();
  const lower = words.toLocaleLowerCase();
  if (!wanted || lower.length !== words.length) {
    parent.textContent = words;
    return;
  }
  parent.textContent = '';
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parent.append(words.slice(from, at), h('mark', {}, words.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  parent.append(words.slice(from));
}

