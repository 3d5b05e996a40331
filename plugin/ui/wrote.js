// "Somebody else wrote this", at a message of History: what would leave with it is told first.
import { outcomeOf } from './commands.js';
import { byFocusKey, h, icon, renew } from './dom.js';
import { carriedWords, partWords } from './part_words.js';
import { reasonOf, trouble } from './trouble.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').HistoryRow} HistoryRow */
/** @typedef {import('./types.d.ts').Part} Part */

export class Wrote {
  /** @param {Sidebar} sidebar @param {HistoryRow} row @param {string} record whose message it is */
  constructor(sidebar, row, record) {
    const { text } = sidebar;
    this.sidebar_ = sidebar;
    this.record_ = record;
    this.key_ = `wrote:e${row.id}`;
    this.turn_ = 0;
    this.busy_ = false;
    this.button = h('button', {
      type: 'button', class: 'icon-button row-tools', 'aria-label': text.get('wrote.menu'), 'aria-expanded': 'false', 'data-focus': this.key_, onclick: () => this.turn_to_(this.element.hidden),
    }, icon('more'));
    this.element = h('div', { class: 'wrote', hidden: true });
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      this.turn_to_(false);
    });
  }

  /** @param {boolean} open */
  turn_to_(open) {
    ++this.turn_;
    this.busy_ = false;
    this.element.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (!open) {
      renew(this.element);
      this.button.focus({ preventScroll: true });
      return;
    }
    renew(this.element, h('div', { class: 'buttons' }, h('button', {
      type: 'button', 'data-focus': 'wrote-else', onclick: () => this.preview_(),
    }, this.sidebar_.text.get('wrote.else'))));
    this.go_('wrote-else');
  }

  /** @param {string} key */
  go_(key) {
    byFocusKey(this.element, key)?.focus();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** @param {boolean} [changed] it was decided on something else than is there now, so it is asked again */
  async preview_(changed = false) {
    if (this.busy_) return;
    this.busy_ = true;
    const turn = ++this.turn_;
    try {
      const { parts = [], seen } = await this.sidebar_.api.panel({ pivot: 'parts' });
      if (turn === this.turn_) this.draw_(parts, seen, changed);
    } catch (problem) {
      if (turn === this.turn_) this.fail_(problem, false, () => this.preview_(changed));
    } finally {
      if (turn === this.turn_) this.busy_ = false;
    }
  }

  /** @param {Part[]} parts @param {string | undefined} seen @param {boolean} changed */
  draw_(parts, seen, changed) {
    const { text, reply } = this.sidebar_;
    const name = reply.identity?.name || text.get('identity.unnamed');
    const part = parts.find((one) => one.record === this.record_);
    const close = h('button', { type: 'button', 'data-focus': 'wrote-no', onclick: () => this.turn_to_(false) }, text.get('wrote.no'));
    const news = changed ? h('p', { class: 'changed', role: 'status' }, text.get('changed.now')) : null;
    if (!part || parts.length < 2) {
      renew(this.element, news, h('p', { class: 'ask' }, text.get(part ? 'wrote.only' : 'problem.gone', { name })), h('div', { class: 'buttons' }, close));
    } else {
      const ask = text.get('wrote.ask', { part: partWords(part, this.sidebar_), name, carried: carriedWords([part], this.sidebar_) });
      renew(this.element, news, h('div', { role: 'group', 'aria-label': ask }, h('p', { class: 'ask' }, ask), h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'primary', 'data-focus': 'wrote-yes', onclick: () => this.act_(partWords(part, this.sidebar_), seen) }, text.get('wrote.yes')), close)));
    }
    this.go_('wrote-no');
  }

  /** @param {string} part @param {string | undefined} seen */
  async act_(part, seen) {
    if (this.busy_) return;
    this.busy_ = true;
    const turn = ++this.turn_;
    const { sidebar_ } = this;
    const of = sidebar_.shown();
    const args = { record: this.record_, ...(seen === undefined ? {} : { seen }) };
    try {
      const reply = await sidebar_.commands.run('identity.unlink', args, of);
      sidebar_.resolved(outcomeOf(sidebar_.text.get('wrote.done', { part }), reply, of));
    } catch (problem) {
      if (turn !== this.turn_ || !this.element.isConnected) {
        sidebar_.resolution.missed(problem, of);
        return;
      }
      this.busy_ = false;
      if (reasonOf(problem) === 'changed') await this.preview_(true);
      else this.fail_(problem, true, () => this.act_(part, seen));
    }
  }

  /** @param {unknown} problem @param {boolean} command @param {() => void} again */
  fail_(problem, command, again) {
    this.busy_ = false;
    renew(this.element, h('div', { role: 'alert' }, trouble(problem, this.sidebar_, {
      command, again, look_again: () => {
        this.turn_to_(false);
        this.sidebar_.refresh().catch(() => {});
      },
    })));
    if (byFocusKey(this.element, 'trouble')) this.go_('trouble');
    else this.button.focus({ preventScroll: true });
  }
}
