// The Summary pivot: what changed since this agent looked, then one line a category; each line leads to Attributes.
import { arrowKeys, dotted, h, own, renew } from './dom.js';
import { categoryLabel, factParts } from './compose.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Category} Category */
/** @typedef {import('./types.d.ts').Since} Since */

const shown_interests = 8;
/** @type {('orders' | 'engagements' | 'identifiers' | 'notes' | 'attributes')[]} */
const since_order = ['orders', 'engagements', 'identifiers', 'notes', 'attributes'];

export class Summary {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar_ = sidebar;
    this.element = h('div', { class: 'summary' });
    this.expanded_ = false;
    this.drawn_ = '';
    /** @type {Category[]} */
    this.categories_ = [];
    /** @type {Since | null} */
    this.since_ = null;
    arrowKeys(this.element, '.category');
  }

  /** @param {Category[]} categories @param {Since | null} since */
  update(categories, since) {
    const drawn = JSON.stringify([categories, since]);
    if (drawn === this.drawn_) return;
    this.drawn_ = drawn;
    this.categories_ = categories;
    this.since_ = since;
    this.draw_();
  }

  collapse() {
    this.expanded_ = false;
    this.drawn_ = '';
  }

  draw_() {
    const { text } = this.sidebar_;
    const interests = this.categories_.filter((one) => one.group === 'interest');
    const facts = this.categories_.filter((one) => one.group !== 'interest');
    const most = Math.max(1, ...interests.map((one) => one.count));
    const shown = this.expanded_ ? interests : interests.slice(0, shown_interests);
    const rest = interests.slice(shown.length);
    renew(this.element,
      this.since_line_(),
      shown.map((one) => this.interest_line_(one, most)),
      rest.length ? h('button', {
        type: 'button', class: 'rest category', 'data-focus': 'summary:rest', onclick: () => this.expand_(rest[0].id),
      }, text.get('summary.rest', { count: rest.length, sum: rest.reduce((sum, one) => sum + one.count, 0) })) : null,
      facts.map((one) => this.fact_line_(one)),
      this.categories_.length ? null : h('p', { class: 'muted empty' }, text.get('summary.empty')));
  }

  /** @param {string} first */
  expand_(first) {
    this.expanded_ = true;
    this.draw_();
    for (const line of this.element.querySelectorAll('button')) if (line.dataset.focus === `summary:${first}`) line.focus();
  }

  since_line_() {
    const { text, format } = this.sidebar_;
    const since = this.since_;
    if (!since) return null;
    const parts = since_order.filter((key) => since[key]).map((key) => text.get(`since.${key}`, { count: since[key] ?? 0 }));
    if (!parts.length) return null;
    return h('p', { class: 'since' }, text.get('since.line', { when: format.day(since.at_us), what: format.list(parts) }));
  }

  /** @param {Category} category @param {number} most */
  interest_line_(category, most) {
    const { text, format } = this.sidebar_;
    const fill = h('span', { class: 'bar-fill' });
    fill.style.inlineSize = `${Math.max(6, Math.round((100 * category.count) / most))}%`;
    const topics = format.list(category.top ?? []);
    return this.line_(category, 'interest-line',
      h('span', { class: 'label', dir: 'auto' }, category.label),
      h('span', { class: 'bar-box', 'aria-hidden': 'true' }, fill),
      h('span', { class: 'count' }, format.number(category.count),
        h('span', { class: 'unseen' }, ` ${text.get('summary.interests', { count: category.count })}${topics ? `: ${topics}` : ''}`)),
      h('span', { class: 'topics', 'aria-hidden': 'true' }, (category.top ?? []).map((name, index) => h('span', {}, index ? format.comma : null, own(name)))));
  }

  /** @param {Category} category */
  fact_line_(category) {
    const { text, format } = this.sidebar_;
    const parts = factParts(category, text, format);
    return this.line_(category, 'fact-line',
      h('span', { class: 'label', dir: 'auto' }, categoryLabel(category, text)),
      h('span', { class: 'fact-words' }, parts.length ? dotted(parts) : text.get('summary.facts', { count: category.count })));
  }

  /** @param {Category} category @param {string} kind @param {...HTMLElement} children */
  line_(category, kind, ...children) {
    return h('button', {
      type: 'button', class: `category ${kind}`, 'data-focus': `summary:${category.id}`,
      onclick: () => {
        this.sidebar_.leave(`summary:${category.id}`);
        this.sidebar_.openCategory(category.id);
      },
    }, children);
  }
}
