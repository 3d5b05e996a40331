// Split: which parts belong to somebody else; what follows is told before it is done. A part that is doubted comes
// ticked, and may be found to be right where it is.
import { outcomeOf } from './commands.js';
import { address, byFocusKey, dotted, h, own, renew } from './dom.js';
import { identifierWords } from './identifier_words.js';
import { Pane } from './pane.js';
import { carriedWords, partWords, spanWords } from './part_words.js';
import { isGone } from './suggestions.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Part} Part */
/** @typedef {import('./types.d.ts').Suggestion} Suggestion */
/** @typedef {import('./types.d.ts').Outcome} Outcome */

export class SplitPane extends Pane {
  /** @param {Sidebar} sidebar @param {{ closed: () => void, resolved: (outcome: Outcome) => void }} ways @param {Suggestion} [doubt] */
  constructor(sidebar, ways, doubt) {
    super(sidebar, 'split', ways.closed);
    this.ways_ = ways;
    this.doubt_ = doubt;
    /** @type {Part[]} */
    this.parts_ = [];
    /** @type {Set<string>} */
    this.ticked_ = new Set(doubt?.doubted ? [doubt.doubted] : []);
    this.asking_ = false;
    this.outcome_ = h('div', { class: 'outcome', 'aria-live': 'polite' });
    this.buttons_ = h('div', { class: 'buttons' });
  }

  /** What is ticked stays so as long as it is there. @override */
  reload() {
    const { text } = this.sidebar_;
    this.title_.textContent = text.get('split.title', { name: this.name_() });
    this.asking_ = false;
    this.load_({ pivot: 'parts' }, ({ parts, seen }) => {
      this.parts_ = parts ?? [];
      this.seen_ = seen;
      this.draw_();
    });
  }

  /** A doubt that somebody settled meanwhile is told, and is no longer there to be refused. @override */
  update() {
    const { doubt_, sidebar_ } = this;
    if (!doubt_ || this.acting_ || !isGone(doubt_.id, sidebar_.reply)) return;
    this.doubt_ = undefined;
    this.ticked_.delete(doubt_.doubted ?? '');
    this.changed_.textContent = sidebar_.text.get('compare.gone');
    const held = this.element.contains(sidebar_.root.activeElement);
    this.reload();
    if (held) this.focus();
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
        part.identifiers.length ? [h('span', { class: 'part-values' }, address(format.list(part.identifiers.map((one) => identifierWords(one, this.sidebar_))))), ' '] : null,
        h('span', { class: 'part-values muted' }, dotted([spanWords(part, this.sidebar_), part.notes ? text.get('carried.notes', { count: part.notes }) : null])))));
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
    renew(this.outcome_, h('p', {}, possible
      ? text.get('split.outcome', {
        count: leaving.length, carried: carriedWords(leaving, this.sidebar_), name: this.name_(), kept: text.get('parts.count', { count: staying.length }),
        kept_carried: carriedWords(staying, this.sidebar_),
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
    this.act_('suggestion.refuse', this.decided_on_({ suggestion: this.doubt_.id }), (reply, of) => this.ways_.resolved(outcomeOf(this.sidebar_.text.get('split.kept', { name: this.name_() }), reply, of)));
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
    this.act_('identity.split', this.decided_on_({ records }), (reply, of) => this.ways_.resolved(outcomeOf(this.sidebar_.text.get('split.done', { count: records.length }), reply, of)));
  }
}
