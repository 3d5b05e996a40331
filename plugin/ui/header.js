// Lines 1 to 8: who this is. The order is fixed; an empty line is left out.
import { address, dotted, h, icon, own, renew } from './dom.js';
import { itemLabel } from './compose.js';
import { copy } from './copy.js';
import { blockedWords, identifierWords } from './identifier_words.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Identity} Identity */
/** @typedef {import('./types.d.ts').Identifier} Identifier */
/** @typedef {import('./types.d.ts').Source} Source */
/** @typedef {import('./dom.js').Child} Child */

const shown_identifiers = 2;
const shown_blocked = 2;
const shown_lookalikes = 2;
const shown_sources = 6;
const shown_interests = 3;
/** Where a name is written with an @ before it. */
const at_providers = new Set(['instagram', 'x', 'twitter', 'tiktok', 'threads', 'bluesky', 'youtube', 'telegram']);
const kind_order = ['email', 'phone', 'customer', 'platform'];

export class Header {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar_ = sidebar;
    this.element = h('header', { class: 'header' });
    /** @type {Set<string>} */
    this.expanded_ = new Set();
    this.drawn_ = '';
    /** @type {HTMLElement | null} */
    this.clock_ = null;
  }

  /** @param {Identity} identity */
  update(identity) {
    const drawn = JSON.stringify(identity);
    if (drawn === this.drawn_) return;
    if (JSON.stringify(identity.id) !== JSON.stringify(this.id_)) this.expanded_.clear();
    this.id_ = identity.id;
    this.drawn_ = drawn;
    this.identity_ = identity;
    this.draw_();
  }

  /** Sets the clock of line 2 anew. */
  tick() {
    const zone = this.identity_?.time_zone;
    if (this.clock_ && zone) this.clock_.textContent = this.local_(zone, this.identity_?.city);
  }

  draw_() {
    const identity = /** @type {Identity} */ (this.identity_);
    this.clock_ = null;
    renew(
      this.element,
      h('div', { class: 'title' },
        h('span', { class: 'initials', 'aria-hidden': 'true' }, identity.initials),
        h('div', { class: 'who-lines' }, h('h2', { class: 'name' }, own(this.name_(identity))), this.standing_(identity))),
      identity.status === 'new' ? this.first_contact_(identity) : null,
      this.shared_(identity),
      this.identifiers_(identity),
      this.lookalikes_(identity),
      this.blocked_(identity),
      this.sources_(identity),
      this.interests_(identity),
      this.facts_(identity),
      this.open_tickets_(identity),
    );
  }

  /** @param {Identity} identity */
  name_(identity) {
    return identity.name || identity.identifiers[0]?.value || this.sidebar_.text.get('identity.unnamed');
  }

  /** @param {Identity} identity */
  standing_({ standing, tier, city, time_zone, language }) {
    const { format } = this.sidebar_;
    /** @type {Child[]} */
    const parts = [];
    if (standing) parts.push(own(standing));
    if (tier) parts.push(h('span', { class: 'tier' }, own(tier)));
    if (time_zone && format.clock(time_zone)) {
      this.clock_ = h('span', { class: 'clock' }, this.local_(time_zone, city));
      parts.push(this.clock_);
    } else if (city) {
      parts.push(own(city));
    }
    if (language) parts.push(h('span', {}, format.language(language)));
    return parts.length ? h('p', { class: 'line dots standing' }, dotted(parts)) : null;
  }

  /** @param {string} time_zone @param {string | undefined} city */
  local_(time_zone, city) {
    const { text, format } = this.sidebar_;
    const time = format.clock(time_zone) ?? '';
    return city ? text.get('identity.local_time', { time, city }) : text.get('identity.local_time_only', { time });
  }

  /** @param {Identity} identity */
  first_contact_({ first_contact, identifiers }) {
    const { text, format } = this.sidebar_;
    if (!first_contact) return null;
    const parts = [
      h('span', {}, text.get('identity.first_contact', { when: format.recent(first_contact.at_us) })),
    ];
    if (first_contact.channel) parts.push(h('span', {}, text.name('channel', first_contact.channel)));
    if (!identifiers.some((one) => one.verified)) parts.push(h('span', {}, text.get('identity.not_verified')));
    return h('p', { class: 'line dots' }, dotted(parts));
  }

  /** @param {Identity} identity */
  identifiers_({ identifiers }) {
    const sorted = [...identifiers].sort((a, b) => kind_order.indexOf(a.kind) - kind_order.indexOf(b.kind));
    return this.limited_('identifiers', sorted, shown_identifiers, (one) => this.identifier_(one));
  }

  /** @param {Identifier} one */
  identifier_(one) {
    const { text, format } = this.sidebar_;
    const shown = one.kind === 'phone' ? format.phone(one.value) : identifierWords(one, this.sidebar_);
    const value = shown.includes(one.value) ? shown : `${shown}, ${one.value}`;
    const label = [
      text.get('copy.label', { value }), one.verified ? text.get('identity.verified') : '', one.imitates ? text.get('identity.looks_like', { imitated: one.imitates }) : '',
    ].filter(Boolean).join(', ');
    return h('button', {
      type: 'button', class: 'copy', 'data-focus': `identifier:${one.kind}:${one.value}`, 'aria-label': label,
      onclick: () => this.copy_(one.value),
    }, h('span', { class: 'copy-value', dir: one.kind === 'email' || one.kind === 'phone' ? 'ltr' : 'auto' }, address(shown)), one.verified ? h('span', { class: 'verified' }, '✓') : null, one.imitates ? h('span', { class: 'warned' }, icon('alert')) : null);
  }

  /** @param {string} value */
  async copy_(value) {
    const { text, root } = this.sidebar_;
    const done = await copy(value, root);
    this.sidebar_.say(text.get(done ? 'copy.done' : 'copy.failed', { value }));
  }

  /** Who reads an address as it looks takes its sender for somebody else. @param {Identity} identity */
  lookalikes_({ identifiers }) {
    const { text } = this.sidebar_;
    const domains = new Map(identifiers.flatMap(({ imitates, domain }) => (imitates && domain ? [[domain, imitates]] : [])));
    const words = domains.size > shown_lookalikes ? [[text.get('identity.imitates_several', { count: domains.size })]]
      : [...domains].map(([domain, imitated]) => [`${text.get('identity.imitates', { imitated })} `, h('span', { class: 'domain' }, own(domain))]);
    return words.map((one) => h('p', { class: 'lookalike' }, icon('alert'),
      h('span', {}, h('span', { class: 'unseen' }, `${text.get('identity.warning')} `), ...one)));
  }

  /** @param {Identity} identity */
  blocked_({ identifiers, shared }) {
    const blocked = identifiers.filter((one) => one.blocked && one.value !== shared?.value);
    if (!blocked.length) return null;
    const { text } = this.sidebar_;
    if (blocked.length > shown_blocked) return h('p', { class: 'line muted' }, text.get('identity.blocked', { count: blocked.length, value: '' }));
    return h('div', { class: 'muted' }, blocked.map((one) => h('p', {}, own(blockedWords(one, text)))));
  }

  /** A mailbox that many write from is nobody in particular. @param {Identity} identity */
  shared_({ status, shared }) {
    if (status !== 'shared' || !shared) return null;
    return h('p', { class: 'line' }, own(this.sidebar_.text.get('identity.shared', { value: shared.value, count: shared.people })));
  }

  /** @param {Identity} identity */
  sources_({ sources }) {
    /** @type {Map<string, Source>} */
    const unlike = new Map();
    for (const source of [...sources.filter((one) => one.social), ...sources.filter((one) => !one.social)]) {
      const shown = this.source_words_(source);
      if (!unlike.has(shown)) unlike.set(shown, source);
    }
    return this.limited_('sources', [...unlike.entries()], shown_sources, ([words, source]) => (source.url
      ? h('a', { href: safeUrl(source.url), target: '_blank', rel: 'noopener noreferrer', 'data-focus': `source:${words}` }, own(words))
      : own(words)), true);
  }

  /** @param {Source} source */
  source_words_({ provider, label, handle, social }) {
    if (!social) return label || this.sidebar_.text.name('provider', provider);
    return [this.sidebar_.text.name('provider', provider), handle ? handleWords(provider, handle) : ''].filter(Boolean).join(' ');
  }

  /** @param {Identity} identity */
  interests_({ interests, status }) {
    const { text } = this.sidebar_;
    if (status === 'shared') return null;
    const top = interests.top.slice(0, shown_interests);
    if (!top.length) return null;
    const more = interests.count - top.length;
    return h('p', { class: 'line likes' },
      h('span', { class: 'dots' },
        dotted(top.map((name, index) => (index ? own(name) : text.get('identity.likes', { name }))))),
      more > 0 ? h('button', {
        type: 'button', class: 'plus', 'data-focus': 'likes', 'aria-label': text.get('identity.more_interests', { count: more }),
        onclick: () => this.sidebar_.lead('attributes', 'likes'),
      }, this.sidebar_.format.plus(more)) : null);
  }

  /** @param {Identity} identity */
  facts_({ facts }) {
    const { text, format } = this.sidebar_;
    if (!facts.length) return null;
    return h('dl', { class: `facts of-${facts.length}` }, facts.map((fact) => h('div', {},
      h('dt', {}, own(itemLabel(fact, text))), h('dd', {}, own(format.value(fact))))));
  }

  /** @param {Identity} identity */
  open_tickets_({ open_tickets }) {
    const { text, format } = this.sidebar_;
    if (!open_tickets?.count) return null;
    const values = { count: open_tickets.count, wait: '' };
    const waiting = open_tickets.waiting_since_us;
    if (waiting) values.wait = format.since(waiting);
    return h('button', {
      type: 'button', class: 'warning', 'data-focus': 'open-tickets', onclick: () => this.sidebar_.lead('history', 'open-tickets'),
    }, h('span', { class: 'mark', 'aria-hidden': 'true' }, '!'),
      h('span', {}, text.get(waiting ? 'identity.open_tickets_waiting' : 'identity.open_tickets', values)));
  }

  /**
   * A line of the first few, with "+2" that shows the others.
   * @template T
   * @param {string} name
   * @param {T[]} all
   * @param {number} limit
   * @param {(one: T) => HTMLElement} draw
   * @param {boolean} [dots]
   */
  limited_(name, all, limit, draw, dots = false) {
    if (!all.length) return null;
    const open = this.expanded_.has(name);
    const hidden = all.length - limit;
    const toggle = hidden <= 0 ? null : h('button', {
      type: 'button', class: 'plus', 'data-focus': `more:${name}`, 'aria-expanded': open,
      'aria-label': this.sidebar_.text.get(open ? `identity.fewer_${name}` : `identity.more_${name}`, { count: hidden }),
      onclick: () => {
        if (open) this.expanded_.delete(name);
        else this.expanded_.add(name);
        this.draw_();
      },
    }, open ? '−' : this.sidebar_.format.plus(hidden));
    const shown = (open ? all : all.slice(0, limit)).map(draw);
    return h('p', { class: `line ${name}` }, h('span', { class: dots ? 'dots' : 'spaced' }, dots ? dotted(shown) : shown), toggle);
  }
}

/** Only web and mail addresses become links; anything else leads nowhere. @param {string} url */
export function safeUrl(url) {
  try {
    return ['https:', 'http:', 'mailto:'].includes(new URL(url, document.baseURI).protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} provider @param {string} handle */
export function handleWords(provider, handle) {
  return at_providers.has(provider) && /^[\w.]+$/.test(handle) ? `@${handle}` : handle;
}
