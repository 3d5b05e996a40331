// Why one person: for each part what brought it here, and its addresses. Each can be taken off, each link undone.
import { outcomeOf } from './commands.js';
import { address, byFocusKey, dotted, h, own, renew } from './dom.js';
import { identifierWords, lookalikeHint, ruleWords } from './identifier_words.js';
import { Pane } from './pane.js';
import { partWords } from './part_words.js';
import { Undoing, movesSeveral } from './undoing.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Why} Why */

export class WhyPane extends Pane {
  /** @param {Sidebar} sidebar @param {{ closed: () => void, resolved: (outcome: import('./types.d.ts').Outcome) => void }} ways */
  constructor(sidebar, ways) {
    super(sidebar, 'why', ways.closed);
    this.ways_ = ways;
    this.title_.textContent = sidebar.text.get('menu.why');
    /** @type {Why[]} */
    this.why_ = [];
    /** @type {Why | null} the address that is asked about */
    this.asked_ = null;
    this.undoing_ = new Undoing(sidebar, (outcome) => ways.resolved(outcome), () => this.look_again_());
    /** @type {string | null} */
    this.undone_ = null;
  }

  /** @override */
  reload() {
    this.asked_ = null;
    this.undone_ = null;
    this.undoing_.clear();
    this.load_({ pivot: 'why' }, ({ why, seen }) => {
      this.why_ = why ?? [];
      this.seen_ = seen;
      this.draw_();
    });
  }

  draw_() {
    /** @type {Map<string, Why[]>} */
    const records = new Map();
    for (const one of this.why_) records.set(one.record, [...records.get(one.record) ?? [], one]);
    renew(this.body_, this.why_.length
      ? h('ul', { class: 'parts' }, [...records.values()].map((all) => this.record_(all)))
      : h('p', { class: 'muted' }, this.sidebar_.text.get('why.nothing')));
  }

  /** @param {Why[]} all of one record */
  record_(all) {
    const { text, format } = this.sidebar_;
    const [one] = all;
    const part = partWords(one, this.sidebar_);
    const reason = ruleWords(one.by === 'agent' ? 'J' : one.rule, one.actor, text);
    const key = `why-undo:${one.record}`;
    return h('li', { class: 'part' },
      h('p', { class: 'part-name' }, own(part)),
      h('p', { class: 'reason' }, dotted([h('span', {}, reason), h('span', { class: 'muted' }, format.fullDay(one.at_us))]),
        one.log ? h('button', {
          type: 'button', class: 'link', 'data-focus': key, 'aria-label': text.get('why.undo_link_of', { part }), onclick: () => this.undo_(one, key),
        }, text.get('why.undo_link')) : null),
      this.undone_ === one.record ? this.undoing_.element : null,
      h('ul', {}, all.map((each) => this.identifier_(each))));
  }

  /** @param {Why} one */
  identifier_(one) {
    const { text } = this.sidebar_;
    const value = identifierWords(one, this.sidebar_);
    const key = keyOf(one);
    return h('li', {}, h('div', { class: 'part-line' },
      h('span', {}, address(value), one.verified ? [h('span', { class: 'verified', 'aria-hidden': 'true' }, ' ✓'), h('span', { class: 'unseen' }, ` ${text.get('identity.verified')}`)] : null, lookalikeHint(one, text)),
      h('button', {
        type: 'button', class: 'link', 'data-focus': key, 'aria-expanded': this.asked_ === one, 'aria-label': text.get('why.not_theirs_of', { value, part: partWords(one, this.sidebar_) }), onclick: () => this.ask_(one),
      }, text.get('why.not_theirs'))),
    this.asked_ === one ? this.question_(one, value) : null);
  }

  /** @param {Why} one @param {string} value */
  question_(one, value) {
    const { text, reply } = this.sidebar_;
    const ask = text.get('why.ask', { value, name: reply.identity?.name || text.get('identity.unnamed') });
    return h('div', { role: 'group', class: 'ask-group', 'aria-label': ask },
      h('p', { class: 'ask' }, ask),
      this.finds_requester_(one) ? h('p', { class: 'warned' }, text.get('why.requester')) : null,
      h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'primary', 'data-focus': 'why-yes', onclick: () => this.take_off_(one, value) }, text.get('why.take_off')),
        h('button', { type: 'button', 'data-focus': 'why-no', onclick: () => this.step_back_() }, text.get('why.keep'))));
  }

  /** Whether it is by this address that this ticket's requester is known. @param {Why} one */
  finds_requester_({ kind, value }) {
    const requester = (this.sidebar_.reply.requesters ?? []).find((one) => one.selected);
    return requester?.kind === kind && plain(kind, requester.value) === plain(kind, value);
  }

  /** @param {Why} one */
  ask_(one) {
    if (this.asked_ === one) {
      this.step_back_();
      return;
    }
    this.undoing_.clear();
    this.undone_ = null;
    this.asked_ = one;
    this.draw_();
    byFocusKey(this.body_, 'why-no')?.focus();
  }

  /** @override */
  step_back_() {
    const one = this.asked_;
    if (!one) return false;
    this.asked_ = null;
    this.draw_();
    byFocusKey(this.body_, keyOf(one))?.focus();
    return true;
  }

  /** @param {Why} one @param {string} words */
  take_off_({ record, kind, value, scope }, words) {
    this.act_('identity.unlink', this.decided_on_({ record, kind, value, ...(scope ? { scope } : {}) }),
      (reply, of) => this.ways_.resolved(outcomeOf(this.sidebar_.text.get('why.taken_off', { value: words }), reply, of)));
  }

  /** At one part, what would take others along is shown first. @param {Why} one @param {string} key */
  undo_({ log, record, brought }, key) {
    this.asked_ = null;
    this.undone_ = record;
    this.draw_();
    if (log) this.undoing_.begin(log, key, { ask: (undo) => brought !== 1 || movesSeveral(undo) });
  }
}

/** However it is written. @param {string} kind @param {string} value */
function plain(kind, value) {
  return kind === 'phone' ? value.replace(/\D/g, '') : value.trim().toLowerCase();
}

/** @param {Why} one */
function keyOf({ record, kind, value }) {
  return `why-off:${record}:${kind}:${value}`;
}
