// The radio row on top when several people write in a ticket.
import { byFocusKey, h, own, renew } from './dom.js';
import { lookalikeHint } from './identifier_words.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Requester} Requester */

const shown_requesters = 3;

export class Requesters {
  /** @param {Sidebar} sidebar @param {(index: number) => void} choose */
  constructor(sidebar, choose) {
    this.sidebar_ = sidebar;
    this.choose_ = choose;
    this.element = h('fieldset', { class: 'requesters', hidden: true });
    this.expanded_ = false;
    this.drawn_ = '';
  }

  /** @param {Requester[]} requesters */
  update(requesters) {
    const drawn = JSON.stringify(requesters);
    if (drawn === this.drawn_) return;
    this.drawn_ = drawn;
    this.requesters_ = requesters;
    this.element.hidden = requesters.length < 2;
    if (!this.element.hidden) this.draw_();
  }

  draw_() {
    const { text, format } = this.sidebar_;
    const all = /** @type {Requester[]} */ (this.requesters_);
    const last = Math.max(...all.map((one) => one.last_wrote_us ?? 0));
    const shown = this.expanded_ ? all : all.filter((one, index) => index < shown_requesters || one.selected);
    const hidden = all.length - shown.length;
    const first_hidden = all.find((one) => !shown.includes(one))?.index;
    renew(this.element,
      h('legend', { class: 'unseen' }, text.get('requesters.title')),
      shown.map((one) => this.radio_(one, last > 0 && one.last_wrote_us === last)),
      hidden > 0 ? h('button', {
        type: 'button', class: 'plus', 'data-focus': 'more:requesters',
        'aria-label': text.get('requesters.more', { count: hidden }),
        onclick: () => {
          this.expanded_ = true;
          this.draw_();
          byFocusKey(this.element, `requester:${first_hidden}`)?.focus();
        },
      }, format.plus(hidden)) : null);
  }

  /** @param {Requester} one @param {boolean} wrote_last */
  radio_(one, wrote_last) {
    const { text, format } = this.sidebar_;
    const hints = [
      wrote_last ? text.get('requesters.wrote_last') : '',
      one.notes ? text.get('requesters.notes', { count: one.notes }) : '',
    ].filter(Boolean);
    const radio = h('input', {
      type: 'radio', name: 'requester', value: one.index, checked: one.selected, 'data-focus': `requester:${one.index}`,
      onchange: () => this.choose_(one.index),
    });
    return h('label', {}, radio,
      one.role === 'cc' ? h('span', { class: 'muted' }, text.get('requesters.cc')) : null,
      h('span', { class: 'requester-name' }, own(one.name || one.value)),
      lookalikeHint(one, text),
      hints.length ? h('span', { class: 'muted' }, format.list(hints)) : null);
  }
}
