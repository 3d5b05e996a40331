// Undoing an event: at once where everything is as it left it; else only after a preview of what moves.
import { Problem } from './api.js';
import { byFocusKey, h, own, renew } from './dom.js';
import { partWords } from './part_words.js';
import { trouble } from './trouble.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Undo} Undo */
/** @typedef {import('./types.d.ts').UndoMove} UndoMove */
/** @typedef {import('./types.d.ts').ActionReply} ActionReply */

export class Undoing {
  /** @param {Sidebar} sidebar @param {(reply: ActionReply) => void} done @param {() => void} look_again */
  constructor(sidebar, done, look_again) {
    this.sidebar_ = sidebar;
    this.done_ = done;
    this.look_again_ = look_again;
    this.turn_ = 0;
    this.busy_ = false;
    this.opener_ = '';
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

  /** @param {string} log @param {string} opener the focus key to return to */
  async begin(log, opener) {
    if (this.busy_) return;
    const turn = ++this.turn_;
    this.busy_ = true;
    this.opener_ = opener;
    try {
      const { undo } = await this.sidebar_.api.panel({ pivot: 'undo', filter: { log } });
      if (turn !== this.turn_) return;
      this.busy_ = false;
      if (!undo) throw new Problem(0);
      if (undo.exact) await this.act_(log);
      else this.draw_(undo);
    } catch (problem) {
      if (turn === this.turn_) this.fail_(problem, false, () => this.begin(log, opener));
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

  /** @param {Undo} undo */
  draw_(undo) {
    const { text } = this.sidebar_;
    const { moves } = undo;
    this.element.hidden = false;
    const carries = moves.length ? h('p', {}, text.get('undo.carries', {
      notes: text.get('undo.notes', { count: undo.notes }), messages: text.get('undo.messages', { count: undo.engagements }),
    })) : null;
    renew(this.element, h('div', { role: 'group', class: 'ask-group', 'aria-label': text.get('undo.preview') },
      h('p', { class: 'ask' }, text.get('undo.since')),
      moves.length ? h('ul', { class: 'moves' }, moves.map((one) => h('li', {}, this.move_(one)))) : h('p', {}, text.get('undo.nothing')),
      carries,
      h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'primary', 'data-focus': 'undo-yes', onclick: () => this.act_(undo.log) }, text.get('undo.yes')),
        h('button', { type: 'button', 'data-focus': 'undo-no', onclick: () => this.close() }, text.get('undo.no')))));
    byFocusKey(this.element, 'undo-no')?.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** @param {UndoMove} move */
  move_({ name, account, identity_from, identity_to }) {
    const { text, reply } = this.sidebar_;
    const here = reply.identity?.id;
    const part = partWords({ name, account }, this.sidebar_);
    const where = identity_from === here ? 'undo.leaves' : identity_to === here ? 'undo.returns' : 'undo.moves_on';
    return own(text.get(where, { part, name: reply.identity?.name || text.get('identity.unnamed') }));
  }

  /** @param {string} log */
  async act_(log) {
    if (this.busy_) return;
    this.busy_ = true;
    const turn = ++this.turn_;
    try {
      const reply = await this.sidebar_.commands.run('identity.undo', { log });
      if (turn === this.turn_) this.clear();
      this.done_(reply);
    } catch (problem) {
      if (turn === this.turn_) this.fail_(problem, true, () => this.act_(log));
    }
  }

  /** @param {unknown} problem @param {boolean} command @param {() => void} again */
  fail_(problem, command, again) {
    this.busy_ = false;
    this.element.hidden = false;
    renew(this.element, h('div', { role: 'alert' }, trouble(problem, this.sidebar_, {
      command, again, look_again: () => {
        this.close();
        this.look_again_();
      },
    })));
  }
}
