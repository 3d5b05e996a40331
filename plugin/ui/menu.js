// The menu: only what this agent may do. And the list of keys.
import { h, icon } from './dom.js';
import { copy } from './copy.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */

const key_list = ['g i', '1 2 3', 'n', 's', 'w', 'Home End', 'Esc'];

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
    this.list_ = h('div', { class: 'menu', role: 'menu', 'aria-label': text.get('menu.title'), hidden: true },
      this.entry_('menu.copy_link', () => this.copy_link_()),
      this.entry_('menu.wide', () => sidebar.toggleWide()),
      this.entry_('menu.keys', () => this.help()));
    this.list_.addEventListener('keydown', (event) => this.key_down_(event));
    this.list_.addEventListener('focusout', (event) => {
      const to = /** @type {Node | null} */ (event.relatedTarget);
      if (to !== this.button_ && !this.list_.contains(to)) this.turn_(false, false);
    });
    this.dialog_ = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' },
      h('h2', { id: 'help-title' }, text.get('help.title')),
      h('dl', {}, key_list.flatMap((keys) => [
        h('dt', {}, keys.split(' ').map((key) => h('kbd', {}, text.name('key', key)))), h('dd', {}, text.get(`help.${keys}`))])),
      h('button', { type: 'button', class: 'primary', onclick: () => this.dialog_.close() }, text.get('close')));
    this.dialog_.addEventListener('keydown', (event) => event.stopPropagation());
    this.element = h('div', { class: 'corner' }, this.wide_, this.button_, this.list_, this.dialog_);
    this.update();
  }

  update() {
    const { wide, text } = this.sidebar_;
    this.wide_.replaceChildren(icon(wide ? 'narrow' : 'wide'));
    this.wide_.setAttribute('aria-label', text.get(wide ? 'menu.narrow' : 'menu.wide'));
    const entry = this.list_.children[1];
    entry.textContent = text.get(wide ? 'menu.narrow' : 'menu.wide');
  }

  help() {
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
