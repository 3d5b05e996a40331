// Compare: two people side by side, for and against in words; y joins, x says that they are two, Esc goes back.
import { outcomeOf } from './commands.js';
import { address, dotted, h, icon, own, renew } from './dom.js';
import { identifierWords, lookalikeHint } from './identifier_words.js';
import { Pane } from './pane.js';
import { spanWords } from './part_words.js';
import { isGone, judgedValues } from './suggestions.js';
import { reasonOf } from './trouble.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('./types.d.ts').Side} Side */
/** @typedef {import('./types.d.ts').EvidenceOf} EvidenceOf */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').Shown} Shown */
/** @typedef {{ suggestion: string } | { with: string }} Asked */

const shown_identifiers = 6;

export class Compare extends Pane {
  /**
   * @param {Sidebar} sidebar
   * @param {{ closed: () => void, decided: (outcome: Outcome, suggestion: string | null) => void, next: () => void, one: () => void }} ways one: they turned
   *   out to be one already
   */
  constructor(sidebar, ways) {
    super(sidebar, 'compare', ways.closed);
    this.ways_ = ways;
    this.title_.textContent = sidebar.text.get('compare.title');
    /** @type {Asked} */
    this.asked_ = { with: '' };
    /** @type {Comparison | null} */
    this.compared_ = null;
    /** What the sidebar told of this person when the two were compared. */
    this.told_of_ = '';
    this.words_ = '';
    this.gone_ = false;
  }

  /** @param {Asked} asked @param {{ index: number, count: number }} place among the suggestions */
  show(asked, place) {
    this.asked_ = asked;
    this.gone_ = false;
    this.changed_.textContent = '';
    this.place_(place);
    this.reload();
  }

  /** @override */
  reload() {
    this.compared_ = null;
    renew(this.body_);
    this.told_of_ = JSON.stringify(this.sidebar_.reply.identity);
    this.load_({ pivot: 'compare', filter: this.asked_ }, (reply) => this.take_(reply));
  }

  /** @param {import('./types.d.ts').Reply} reply */
  take_({ compare, seen }) {
    this.compared_ = compare ?? null;
    this.seen_ = seen;
    this.draw_();
  }

  /** @param {unknown} problem @param {boolean} command @param {() => void} again @override */
  fail_(problem, command, again) {
    if (reasonOf(problem) === 'one-already') this.ways_.one();
    else super.fail_(problem, command, again);
  }

  /** What was decided meanwhile is told: a suggestion that is no longer one, and two that became one. @override */
  update() {
    if (this.gone_ || this.acting_) return;
    if ('with' in this.asked_) this.look_whether_one_(this.asked_.with);
    else this.look_whether_gone_(this.asked_.suggestion);
  }

  /** @param {string} suggestion */
  look_whether_gone_(suggestion) {
    const { sidebar_ } = this;
    if (!isGone(suggestion, sidebar_.reply)) return;
    this.gone_ = true;
    const held = this.element.contains(sidebar_.root.activeElement);
    this.draw_();
    if (held && !sidebar_.root.activeElement) this.focus();
  }

  /** Of two that become one, one id stays: where it is this one's, only the server knows. @param {string} other */
  async look_whether_one_(other) {
    const { identity } = this.sidebar_.reply;
    const told_of = JSON.stringify(identity);
    if (identity?.id === other || identity?.id === this.compared_?.right.identity) {
      this.ways_.one();
      return;
    }
    if (!this.compared_ || told_of === this.told_of_) return;
    this.told_of_ = told_of;
    const turn = this.turn_;
    try {
      const reply = await this.sidebar_.api.panel({ pivot: 'compare', filter: { with: other } });
      if (turn !== this.turn_ || this.acting_ || reply.seen === this.seen_) return;
      this.changed_.textContent = this.sidebar_.text.get('changed.now');
      this.take_(reply);
    } catch (problem) {
      if (turn === this.turn_ && !this.acting_ && reasonOf(problem) === 'one-already') this.ways_.one();
    }
  }

  /** @param {{ index: number, count: number }} place */
  place_({ index, count }) {
    const { text } = this.sidebar_;
    renew(this.aside_, count > 1 ? [text.get('compare.place', { index, count }), ' ', h('button', {
      type: 'button', class: 'icon-button', 'aria-label': text.get('compare.next'), 'data-focus': 'compare-next', onclick: () => this.ways_.next(),
    }, icon('open'))] : []);
  }

  draw_() {
    const { text } = this.sidebar_;
    const compared = this.compared_;
    if (!compared) return;
    const { left, right, evidence, judged } = compared;
    renew(this.body_,
      judged ? h('p', { class: 'judged' }, text.get('compare.judged', judgedValues(judged, this.sidebar_))) : null,
      h('dl', { class: 'verdict' },
        this.told_('for', evidence.filter((one) => one.outcome === 'same' || one.outcome === 'similar'), 'compare.nothing_for'),
        this.told_('against', evidence.filter((one) => one.outcome === 'different'), 'compare.nothing_against'),
        this.told_('one_side', evidence.filter((one) => one.outcome === 'missing'))),
      h('div', { class: 'sides' }, this.side_(left), this.side_(right)),
      this.gone_
        ? h('p', { class: 'error', role: 'status' }, text.get('compare.gone'))
        : h('div', { class: 'buttons' },
          this.button_('same', 'y', () => this.join_(), 'primary'),
          this.button_('not_same', 'x', () => this.refuse_(), '', judged ? 'compare.still_two' : 'compare.not_same')));
  }

  /** What the ear hears of a button is its words; the key is for the eye. @param {string} name @param {string} key @param {() => void} act @param {string} [kind] @param {string} [words] */
  button_(name, key, act, kind = '', words = `compare.${name}`) {
    const { text } = this.sidebar_;
    return h('button', { type: 'button', class: kind, 'data-focus': `compare-${name}`, 'aria-keyshortcuts': key, onclick: act },
      text.get(words), h('kbd', { 'aria-hidden': 'true' }, key));
  }

  /** @param {'for' | 'against' | 'one_side'} name @param {EvidenceOf[]} evidence @param {string} [nothing] */
  told_(name, evidence, nothing) {
    const { text } = this.sidebar_;
    if (!evidence.length && !nothing) return null;
    return h('div', { class: `told-${name}` }, h('dt', {}, text.get(`compare.${name}`)),
      evidence.length ? evidence.map((one) => h('dd', {}, this.evidence_(one))) : h('dd', { class: 'muted' }, text.get(nothing ?? '')));
  }

  /** "same phone number", and by what values. @param {EvidenceOf} one */
  evidence_({ field, outcome, left, right }) {
    const { text } = this.sidebar_;
    const values = outcome === 'same' && left === right ? [left] : [left, right];
    const shown = values.filter(Boolean);
    return [h('span', { class: 'evidence-words' }, text.get(`evidence.${outcome}.${field}`)),
      shown.length ? [' ', h('span', { class: 'evidence-values' }, dotted(shown.map(address)))] : null].flat();
  }

  /** @param {Side} side */
  side_(side) {
    const { text, format } = this.sidebar_;
    const name = side.name || text.get('identity.unnamed');
    const rest = side.identifiers.length - shown_identifiers;
    const person = [side.city ?? '', side.born ? text.get('compare.born', { date: side.born }) : ''].filter(Boolean);
    return h('section', { class: 'side', 'aria-label': name },
      h('h4', { class: 'side-name' }, own(name)),
      side.sources.length ? h('p', {}, own(format.list(side.sources))) : null,
      h('ul', {}, side.identifiers.slice(0, shown_identifiers).map((one) => h('li', {},
        address(identifierWords(one, this.sidebar_)), one.verified ? [h('span', { class: 'verified', 'aria-hidden': 'true' }, ' ✓'), h('span', { class: 'unseen' }, ` ${text.get('identity.verified')}`)] : null, lookalikeHint(one, text))),
        rest > 0 ? h('li', { class: 'muted' }, text.get('identity.more_identifiers', { count: rest })) : null),
      person.length ? h('p', {}, dotted(person.map(own))) : null,
      h('p', { class: 'muted' }, spanWords(side, this.sidebar_)));
  }

  /** @param {KeyboardEvent} event @override */
  key_(event) {
    if (super.key_(event)) return true;
    if (!this.compared_ || this.gone_) return false;
    if (event.key === 'y') this.join_();
    else if (event.key === 'x') this.refuse_();
    else return false;
    return true;
  }

  join_() {
    const { asked_ } = this;
    const [action, args] = 'suggestion' in asked_ ? /** @type {const} */ (['suggestion.accept', { suggestion: asked_.suggestion }])
      : /** @type {const} */ (['identity.merge', { with: asked_.with }]);
    this.decide_(action, args, 'compare.joined');
  }

  refuse_() {
    const { asked_ } = this;
    const [action, args] = 'suggestion' in asked_ ? /** @type {const} */ (['suggestion.refuse', { suggestion: asked_.suggestion }])
      : /** @type {const} */ (['identity.judge', { with: asked_.with, same: false }]);
    this.decide_(action, args, 'compare.refused');
  }

  /** @param {string} action @param {import('./types.d.ts').ActionArgs} args @param {string} words */
  decide_(action, args, words) {
    if (!this.compared_ || this.acting_) return;
    this.words_ = words;
    this.act_(action, this.decided_on_(args), (reply, of) => this.tell_decided_(words, reply, of));
  }

  /** @param {string} words @param {import('./types.d.ts').ActionReply} reply @param {Shown} of */
  tell_decided_(words, reply, of) {
    const { asked_, sidebar_ } = this;
    const name = this.compared_?.right.name || sidebar_.text.get('identity.unnamed');
    this.ways_.decided(outcomeOf(sidebar_.text.get(words, { name }), reply, of), 'suggestion' in asked_ ? asked_.suggestion : null);
  }

  /** That they are two was wanted, and is so. @param {unknown} problem @param {Shown} of @override */
  settled_(problem, of) {
    const settled = this.words_ === 'compare.refused' && reasonOf(problem) === 'two-already';
    if (settled) this.tell_decided_('compare.refused', { ok: true }, of);
    return settled;
  }
}
