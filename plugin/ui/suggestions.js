// Line 9: who this may also be. One line however many there are; the next is one key away.
import { byFocusKey, h, renew } from './dom.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Suggestion} Suggestion */

/** As many as a reply holds at most; one that is missing may be waiting behind them. */
const most_suggestions = 5;

/** True where it is no longer a suggestion. @param {string} suggestion @param {import('./types.d.ts').Reply} reply */
export function isGone(suggestion, { suggestions = [] }) {
  return suggestions.length < most_suggestions && !suggestions.some((one) => one.id === suggestion);
}

export class SuggestionLine {
  /** @param {Sidebar} sidebar @param {(suggestion: Suggestion) => void} look */
  constructor(sidebar, look) {
    this.sidebar_ = sidebar;
    this.look_ = look;
    this.element = h('div', { class: 'suggestion', role: 'group', 'aria-label': sidebar.text.get('suggestion.label'), hidden: true });
    /** @type {Suggestion[]} */
    this.all_ = [];
    this.at_ = 0;
    this.drawn_ = '';
  }

  /** @param {Suggestion[]} suggestions */
  update(suggestions) {
    const drawn = JSON.stringify(suggestions);
    if (drawn === this.drawn_) return;
    const shown = this.all_[this.at_]?.id;
    this.drawn_ = drawn;
    this.all_ = suggestions;
    this.at_ = Math.max(0, suggestions.findIndex((one) => one.id === shown));
    this.draw_();
  }

  /** The one that is shown, its place among all, and how to go on. */
  get shown() {
    return this.all_[this.at_] ?? null;
  }

  get place() {
    return { index: this.at_ + 1, count: this.all_.length };
  }

  /** Shows the next one; after the last comes the first. */
  next() {
    this.at_ = (this.at_ + 1) % Math.max(1, this.all_.length);
    this.draw_();
    return this.shown;
  }

  draw_() {
    const { text, format } = this.sidebar_;
    const one = this.shown;
    const held = this.element.contains(this.sidebar_.root.activeElement);
    this.element.hidden = !one;
    if (!one) {
      renew(this.element);
      if (held) this.sidebar_.enter();
      return;
    }
    const words = suggestionWords(one, this.sidebar_);
    const more = this.all_.length - 1;
    renew(this.element,
      h('span', { class: 'mark', 'aria-hidden': 'true' }, '?'),
      h('span', { class: one.judged ? 'suggestion-words judged' : 'suggestion-words' }, words),
      more ? h('button', {
        type: 'button', class: 'plus', 'data-focus': 'suggestion-next', 'aria-label': text.get('suggestion.next', { count: more }),
        onclick: () => {
          const next = this.next();
          if (next) this.sidebar_.say(suggestionWords(next, this.sidebar_), true);
        },
      }, format.plus(more)) : null,
      h('button', {
        type: 'button', class: 'link compare', 'data-focus': 'suggestion-compare',
        'aria-label': text.get(one.doubted ? 'suggestion.look_at' : 'suggestion.compare_with', { name: one.name || text.get('identity.unnamed') }),
        onclick: () => this.look_(one),
      }, text.get(one.doubted ? 'suggestion.look' : 'suggestion.compare')));
    if (held && !this.sidebar_.root.activeElement) byFocusKey(this.element, 'suggestion-compare')?.focus({ preventScroll: true });
  }
}

/** @param {Suggestion} one @param {Sidebar} sidebar */
function suggestionWords({ name, sources, strength, doubted, judged }, sidebar) {
  const { text, format } = sidebar;
  const kind = doubted ? 'doubt' : judged ? 'judged' : strength;
  const values = { name: name || text.get('identity.unnamed'), ...(judged ? judgedValues(judged, sidebar) : {}) };
  return sources.length
    ? text.get(`suggestion.${kind}_from`, { ...values, sources: format.list(sources) })
    : text.get(`suggestion.${kind}`, values);
}

/** Who judged the two to be two people, when, and what they have in common since. @param {import('./types.d.ts').Judged} judged @param {Sidebar} sidebar */
export function judgedValues({ actor, at_us, since }, { text, format }) {
  return { who: actor?.name || text.get('judged.colleague'), when: format.recent(at_us), what: text.get(text.has(`judged.${since}`) ? `judged.${since}` : `linked.${since}`) };
}
