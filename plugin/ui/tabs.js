// The three pivots as tabs. Arrow keys move and choose, as everywhere; Home and End belong to History.
import { h } from './dom.js';

/** @typedef {import('./types.d.ts').Pivot} Pivot */
/** @typedef {import('./types.d.ts').Sidebar} Sidebar */

/** @type {Pivot[]} */
export const pivots = ['summary', 'attributes', 'history'];

export class Tabs {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    const { text } = sidebar;
    this.sidebar_ = sidebar;
    this.tabs_ = new Map(pivots.map((pivot) => [pivot, {
      count: h('span', { class: 'count' }),
      tab: h('button', {
        type: 'button', role: 'tab', class: 'tab', id: `tab-${pivot}`, 'aria-controls': `panel-${pivot}`, 'data-focus': `tab:${pivot}`,
        onclick: () => sidebar.show(pivot),
      }, h('span', {}, text.get(`tab.${pivot}`))),
    }]));
    for (const { tab, count } of this.tabs_.values()) tab.append(count);
    this.element = h('div', { class: 'tabs', role: 'tablist', 'aria-label': text.get('tab.label') }, [...this.tabs_.values()].map(({ tab }) => tab));
    this.element.addEventListener('keydown', (event) => this.key_down_(event));
  }

  update() {
    const { pivot, wide, reply, format } = this.sidebar_;
    for (const [name, { tab, count }] of this.tabs_) {
      tab.setAttribute('aria-selected', String(name === pivot));
      tab.tabIndex = name === pivot ? 0 : -1;
      tab.hidden = wide && name === 'history';
      const number = name === 'summary' ? 0 : reply.counts?.[name] ?? 0;
      count.textContent = number ? ` ${format.number(number)}` : '';
    }
  }

  focus() {
    this.tabs_.get(this.sidebar_.pivot)?.tab.focus();
  }

  /** @param {KeyboardEvent} event */
  key_down_(event) {
    const shown = pivots.filter((pivot) => !this.tabs_.get(pivot)?.tab.hidden);
    const at = shown.indexOf(this.sidebar_.pivot);
    const forward = getComputedStyle(this.element).direction === 'rtl' ? -1 : 1;
    const to = { ArrowRight: at + forward, ArrowLeft: at - forward }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.sidebar_.show(shown[(to + shown.length) % shown.length]);
    this.focus();
  }
}
