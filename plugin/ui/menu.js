// The menu: only what this agent may do. And the list of keys.
import { arrange, h, icon } from './dom.js';
import { copy } from './copy.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */

const key_list = ['g i', '1 2 3', 'n', 's', 'w', 'y x', 'Home End', 'Esc'];
/** What of it needs the right to say who somebody is. */
const merge_keys = new Set(['y x']);

export class Menu {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    const { text } = sidebar;
    this.sidebar_ = sidebar;
    this.button_ = h('button', {
      type: 'button', class: 'icon-button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': text.get('menu.title'), 'data-focus': 'menu',
      onclick: () => this.turn_(this.list_.hidden),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== 'ArrowDown') return;
        event.preventDefault();
        this.turn_(true);
      },
    }, icon('menu'));
    this.wide_ = h('button', { type: 'button', class: 'icon-button', 'data-focus': 'wide', onclick: () => sidebar.toggleWide() });
    this.copy_entry_ = this.entry_('menu.copy_link', () => this.copy_link_());
    this.keys_entry_ = this.entry_('menu.keys', () => this.help());
    this.turn_wide_ = this.entry_('menu.wide', () => sidebar.toggleWide());
    /** @type {[HTMLElement, (identity: import('./types.d.ts').Identity | undefined) => boolean][]} */
    this.of_merging_ = [
      [this.entry_('menu.merge', () => sidebar.resolution.open('merge')), (identity) => identity?.status !== 'shared'],
      [this.entry_('menu.split', () => sidebar.resolution.open('split')), (identity) => identity?.status !== 'shared'],
      [this.entry_('menu.why', () => sidebar.resolution.open('why')), () => true],
      [this.entry_('menu.log', () => sidebar.resolution.open('log')), () => true],
    ];
    this.list_ = h('div', { class: 'menu', role: 'menu', 'aria-label': text.get('menu.title'), hidden: true });
    this.list_.addEventListener('keydown', (event) => this.key_down_(event));
    this.list_.addEventListener('focusout', (event) => {
      const to = /** @type {Node | null} */ (event.relatedTarget);
      if (to !== this.button_ && !this.list_.contains(to)) this.turn_(false, false);
    });
    this.dialog_ = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' });
    this.dialog_.addEventListener('keydown', (event) => event.stopPropagation());
    this.element = h('div', { class: 'corner' }, this.wide_, this.button_, this.list_, this.dialog_);
    this.update();
  }

  update() {
    const { wide, text } = this.sidebar_;
    this.wide_.replaceChildren(icon(wide ? 'narrow' : 'wide'));
    this.wide_.setAttribute('aria-label', text.get(wide ? 'menu.narrow' : 'menu.wide'));
    this.turn_wide_.textContent = text.get(wide ? 'menu.narrow' : 'menu.wide');
    this.list_entries_();
  }

  /** What this agent may do here; entries that stay keep the focus. */
  list_entries_() {
    const { sidebar_ } = this;
    const may = sidebar_.mayMerge();
    arrange(this.list_, [this.copy_entry_, this.turn_wide_, ...this.of_merging_.filter(([, of]) => may && of(sidebar_.reply.identity)).map(([entry]) => entry), this.keys_entry_]);
  }

  help() {
    const { text } = this.sidebar_;
    const keys = key_list.filter((one) => !merge_keys.has(one) || this.sidebar_.mayMerge());
    this.dialog_.replaceChildren(h('h2', { id: 'help-title' }, text.get('help.title')),
      h('dl', {}, keys.flatMap((one) => [
        h('dt', {}, one.split(' ').map((key) => h('kbd', {}, text.name('key', key)))), h('dd', {}, text.get(`help.${one}`))])),
      h('button', { type: 'button', class: 'primary', onclick: () => this.dialog_.close() }, text.get('close')));
    this.dialog_.showModal();
  }

  /** @param {string} key @param {() => void} act */
  entry_(key, act) {
    return h('button', {
      type: 'button', role: 'menuitem', tabindex: '-1', onclick: () => {
        this.turn_(false);
        act();
      },
    }, this.sidebar_.text.get(key));
  }

  /** @param {boolean} open @param {boolean} [move_focus] */
  turn_(open, move_focus = true) {
    this.list_.hidden = !open;
    this.button_.setAttribute('aria-expanded', String(open));
    if (!move_focus) return;
    const target = open ? this.list_.firstElementChild : this.button_;
    if (target instanceof HTMLElement) target.focus();
  }

  /** @param {KeyboardEvent} event */
  key_down_(event) {
    const entries = /** @type {HTMLElement[]} */ ([...this.list_.children]);
    const at = entries.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (event.key === 'Escape') this.turn_(false);
    else if (to !== undefined) entries[(to + entries.length) % entries.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async copy_link_() {
    const { text, root } = this.sidebar_;
    const done = await copy(location.href, root);
    this.sidebar_.say(text.get(done ? 'menu.link_copied' : 'copy.failed', { value: location.href }));
  }
}
