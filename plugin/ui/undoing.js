// Undoing an event: at once where everything is as it left it, and few enough to be foreseen; else only after a preview of what moves.
import { Problem } from './api.js';
import { outcomeOf } from './commands.js';
import { byFocusKey, h, own, renew } from './dom.js';
import { partToldApart } from './part_words.js';
import { reasonOf, trouble } from './trouble.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Undo} Undo */
/** @typedef {import('./types.d.ts').UndoMove} UndoMove */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {{ ask?: (undo: Undo) => boolean, redo?: boolean, done?: string }} How ask: whether to show first what moves, although it is exact; redo: the event is an undoing; done: how it is told */
/** @typedef {{ undo: Undo, seen?: string }} Looked */

/** More than the one part whose link it is. @param {Undo} undo */
export function movesSeveral({ moves, notes, engagements }) {
  return moves.length > 1 || (!moves.length && notes + engagements > 0);
}

export class Undoing {
  /** @param {Sidebar} sidebar @param {(outcome: Outcome) => void} resolved @param {() => void} look_again */
  constructor(sidebar, resolved, look_again) {
    this.sidebar_ = sidebar;
    this.resolved_ = resolved;
    this.look_again_ = look_again;
    this.turn_ = 0;
    this.busy_ = false;
    this.opener_ = '';
    /** @type {How} */
    this.how_ = {};
    this.element = h('div', { class: 'undoing', hidden: true });
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {string} log @param {string} opener the focus key to return to @param {How} [how] */
  async begin(log, opener, how = {}) {
    if (this.busy_) return;
    this.opener_ = opener;
    this.how_ = how;
    await this.look_(log, false);
  }

  /** @param {string} log @param {boolean} changed it was decided on something else than is there now, so it is asked again */
  async look_(log, changed) {
    const turn = ++this.turn_;
    this.busy_ = true;
    try {
      const { undo, seen } = await this.sidebar_.api.panel({ pivot: 'undo', filter: { log } });
      if (turn !== this.turn_) return;
      this.busy_ = false;
      if (!undo) throw new Problem(0);
      if (changed || !undo.exact || this.how_.ask?.(undo)) this.draw_({ undo, seen }, changed);
      else await this.act_({ undo, seen });
    } catch (problem) {
      if (turn === this.turn_) this.fail_(problem, false, () => this.look_(log, changed));
    }
  }

  /** Closes what is asked, and leads back to what opened it. */
  close() {
    this.clear();
    byFocusKey(this.sidebar_.frame, this.opener_)?.focus({ preventScroll: true });
  }

  clear() {
    ++this.turn_;
    this.busy_ = false;
    this.element.hidden = true;
    renew(this.element);
  }

  /** @param {Looked} looked @param {boolean} changed */
  draw_(looked, changed) {
    const { text } = this.sidebar_;
    const { moves, exact, notes, engagements } = looked.undo;
    const carries = moves.length ? h('p', {}, text.get('undo.carries', {
      notes: text.get('undo.notes', { count: notes }), messages: text.get('undo.messages', { count: engagements }),
    })) : null;
    const way = this.how_.redo ? 'redo' : 'undo';
    this.element.hidden = false;
    renew(this.element, h('div', { role: 'group', class: 'ask-group', 'aria-label': text.get(`${way}.preview`) },
      changed ? h('p', { class: 'changed', role: 'status' }, text.get('changed.now')) : null,
      h('p', { class: 'ask' }, text.get(exact ? `${way}.exact` : `${way}.since`)),
      moves.length ? h('ul', { class: 'moves' }, moves.map((one) => h('li', {}, this.move_(one)))) : h('p', {}, text.get('undo.nothing')),
      carries,
      h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'primary', 'data-focus': 'undo-yes', onclick: () => this.act_(looked) }, text.get(`${way}.yes`)),
        h('button', { type: 'button', 'data-focus': 'undo-no', onclick: () => this.close() }, text.get('undo.no')))));
    byFocusKey(this.element, 'undo-no')?.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** Told from the part that this ticket's requester is known by, which is what the agent has before them. @param {UndoMove} move */
  move_(move) {
    const { text, reply } = this.sidebar_;
    const here = reply.identity?.id;
    const part = partToldApart(move, this.sidebar_);
    const leaves = move.identity_from === here;
    const name = reply.identity?.name || text.get('identity.unnamed');
    if (move.requester) return own(text.get(leaves ? 'undo.own_leaves' : 'undo.own_moves', { part, name }));
    return own(text.get(leaves ? 'undo.leaves' : move.identity_to === here ? 'undo.returns' : 'undo.moves_on', { part, name }));
  }

  /** @param {Looked} looked */
  async act_(looked) {
    if (this.busy_) return;
    const { undo: { log }, seen } = looked;
    const { sidebar_, how_ } = this;
    this.busy_ = true;
    const turn = ++this.turn_;
    const of = sidebar_.shown();
    try {
      const reply = await sidebar_.commands.run('identity.undo', seen === undefined ? { log } : { log, seen }, of);
      if (turn === this.turn_) this.clear();
      this.resolved_({ ...outcomeOf(sidebar_.text.get(how_.done ?? (how_.redo ? 'redo.done' : 'undo.done')), reply, of), undone: !how_.redo });
    } catch (problem) {
      if (turn !== this.turn_) sidebar_.resolution.missed(problem, of);
      else if (reasonOf(problem) === 'changed') await this.look_(log, true);
      else this.fail_(problem, true, () => this.act_(looked));
    }
  }

  /** @param {unknown} problem @param {boolean} command @param {() => void} again */
  fail_(problem, command, again) {
    this.busy_ = false;
    const held = this.element.contains(this.sidebar_.root.activeElement);
    this.element.hidden = false;
    renew(this.element, h('div', { role: 'alert' }, trouble(problem, this.sidebar_, {
      command, again, look_again: () => {
        this.close();
        this.look_again_();
      },
    })));
    if (held) (byFocusKey(this.element, 'trouble') ?? byFocusKey(this.sidebar_.frame, this.opener_))?.focus({ preventScroll: true });
  }
}
