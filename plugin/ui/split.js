// Split: which parts belong to somebody else; what follows is told before it is done. A part that is doubted comes
// ticked, and may be found to be right where it is.
import { byFocusKey, h, own, renew } from './dom.js';
import { identifierWords } from './identifier_words.js';
import { Pane } from './pane.js';
import { messagesOf, partWords, spanWords } from './part_words.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Part} Part */
/** @typedef {import('./types.d.ts').Suggestion} Suggestion */

export class SplitPane extends Pane {
  /** @param {Sidebar} sidebar @param {{ closed: () => void, resolved: (words: string, log: string | null) => void }} ways @param {Suggestion} [doubt] */
  constructor(sidebar, ways, doubt) {
    super(sidebar, 'split', ways.closed);
    this.ways_ = ways;
    this.doubt_ = doubt;
    /** @type {Part[]} */
    this.parts_ = [];
    /** @type {Set<string>} */
    this.ticked_ = new Set();
    this.asking_ = false;
    this.outcome_ = h('div', { class: 'outcome', 'aria-live': 'polite' });
    this.buttons_ = h('div', { class: 'buttons' });
  }

  /** @override */
  reload() {
    const { text } = this.sidebar_;
    this.title_.textContent = text.get('split.title', { name: this.name_() });
    this.ticked_.clear();
    if (this.doubt_?.doubted) this.ticked_.add(this.doubt_.doubted);
    this.asking_ = false;
    this.load_({ pivot: 'parts' }, ({ parts }) => {
      this.parts_ = parts ?? [];
      this.draw_();
    });
  }

  name_() {
    return this.sidebar_.reply.identity?.name || this.sidebar_.text.get('identity.unnamed');
  }

  draw_() {
    const { text } = this.sidebar_;
    if (this.parts_.length < 2) {
      renew(this.body_, h('p', {}, text.get('split.only_one')));
      return;
    }
    renew(this.body_,
      h('fieldset', {}, h('legend', {}, text.get('split.hint')), h('ul', { class: 'parts' }, this.parts_.map((part) => this.part_(part)))),
      this.outcome_, this.buttons_);
    this.draw_outcome_();
  }

  /** @param {Part} part */
  part_(part) {
    const { text, format } = this.sidebar_;
    return h('li', { class: 'part' }, h('label', { class: 'part-choice' },
      h('input', {
        type: 'checkbox', 'data-focus': `split:${part.record}`, checked: this.ticked_.has(part.record), onchange: (/** @type {Event} */ event) => this.tick_(part, event),
      }),
      h('span', {},
        h('span', { class: 'part-name' }, own(partWords(part, this.sidebar_))), ' ',
        part.identifiers.length ? [h('span', { class: 'part-values' }, own(format.list(part.identifiers.map((one) => identifierWords(one, text))))), ' '] : null,
        h('span', { class: 'part-values muted' }, spanWords(part, this.sidebar_)))));
  }

  /** @param {Part} part @param {Event} event */
  tick_({ record }, { target }) {
    if (/** @type {HTMLInputElement} */ (target).checked) this.ticked_.add(record);
    else this.ticked_.delete(record);
    this.asking_ = false;
    this.draw_outcome_();
  }

  get chosen_() {
    return this.parts_.filter((part) => this.ticked_.has(part.record));
  }

  /** What would follow, in words; then what is asked. */
  draw_outcome_() {
    const { text } = this.sidebar_;
    const leaving = this.chosen_;
    const staying = this.parts_.filter((part) => !this.ticked_.has(part.record));
    const possible = leaving.length > 0 && staying.length > 0;
    /** @param {Part[]} parts */
    const messages = (parts) => text.get('parts.messages', { count: messagesOf(parts) });
    renew(this.outcome_, h('p', {}, possible
      ? text.get('split.outcome', {
        count: leaving.length, messages: messages(leaving), name: this.name_(), kept: text.get('parts.count', { count: staying.length }), kept_messages: messages(staying),
      }) : text.get(leaving.length ? 'split.all' : 'split.none')));
    renew(this.buttons_, this.asking_
      ? [h('span', { class: 'ask' }, text.get('split.ask')),
        h('button', { type: 'button', class: 'primary', 'data-focus': 'split-yes', onclick: () => this.split_() }, text.get('split.yes')),
        h('button', { type: 'button', 'data-focus': 'split-no', onclick: () => this.step_back_() }, text.get('split.no'))]
      : [h('button', { type: 'button', class: 'primary', disabled: !possible, 'data-focus': 'split-do', onclick: () => this.ask_() }, text.get('split.do')),
        this.doubt_ ? h('button', { type: 'button', 'data-focus': 'split-same', onclick: () => this.keep_() }, text.get('split.same')) : null,
        h('button', { type: 'button', 'data-focus': 'split-cancel', onclick: () => this.closed_() }, text.get('note.cancel'))]);
  }

  /** The doubt is refused. */
  keep_() {
    if (!this.doubt_) return;
    this.act_('suggestion.refuse', { suggestion: this.doubt_.id }, (reply) => this.ways_.resolved(this.sidebar_.text.get('split.kept', { name: this.name_() }), reply.log ?? null));
  }

  ask_() {
    this.asking_ = true;
    this.draw_outcome_();
    byFocusKey(this.buttons_, 'split-no')?.focus();
  }

  /** @override */
  step_back_() {
    if (!this.asking_) return false;
    this.asking_ = false;
    this.draw_outcome_();
    byFocusKey(this.buttons_, 'split-do')?.focus();
    return true;
  }

  split_() {
    const records = this.chosen_.map((part) => part.record);
    this.act_('identity.split', { records }, (reply) => this.ways_.resolved(this.sidebar_.text.get('split.done', { count: records.length }), reply.log ?? null));
  }
}
