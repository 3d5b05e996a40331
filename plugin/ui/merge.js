// Merge by hand: with another who writes in this ticket or, for who may look up, by an address; then the same Compare.
import { address, h, own, renew } from './dom.js';
import { Pane } from './pane.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Requester} Requester */

const longest_value = 320;
const fewest_digits = 5;

export class MergePane extends Pane {
  /** @param {Sidebar} sidebar @param {{ closed: () => void, compare: (identity: string) => void }} ways */
  constructor(sidebar, ways) {
    super(sidebar, 'merge', ways.closed);
    const { text } = sidebar;
    this.ways_ = ways;
    this.field_ = h('input', {
      type: 'text', class: 'search', maxlength: longest_value, dir: 'auto', autocomplete: 'off', spellcheck: 'false', 'aria-label': text.get('merge.address'),
      placeholder: text.get('merge.address'), 'data-focus': 'merge-field', 'aria-describedby': 'merge-answer',
    });
    this.answer_ = h('p', { class: 'muted', id: 'merge-answer', role: 'status' });
    this.form_ = h('form', { class: 'merge-find', onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.find_();
    } }, h('div', { class: 'tool-row' }, this.field_, h('button', { type: 'submit', class: 'primary', 'data-focus': 'merge-find' }, text.get('merge.find'))), this.answer_);
  }

  /** @override */
  reload() {
    const { text, reply } = this.sidebar_;
    this.title_.textContent = text.get('merge.title', { name: reply.identity?.name || text.get('identity.unnamed') });
    ++this.turn_;
    this.element.removeAttribute('aria-busy');
    this.tell_(null);
    this.answer_.textContent = '';
    const others = (reply.requesters ?? []).filter((one) => one.identity && one.identity !== reply.identity?.id);
    const finds = this.sidebar_.may('identity.find');
    renew(this.body_,
      others.length ? h('ul', { class: 'parts', 'aria-label': text.get('merge.requesters') }, others.map((one) => this.requester_(one))) : null,
      finds ? this.form_ : null,
      others.length || finds ? null : h('p', {}, text.get('merge.nobody_here')));
  }

  /** @param {Requester} one */
  requester_(one) {
    const name = one.name || one.value;
    const { text } = this.sidebar_;
    return h('li', { class: 'part part-line' },
      h('span', {}, one.role === 'cc' ? [h('span', { class: 'muted' }, text.get('requesters.cc')), ' '] : null, own(name),
        one.name ? [' ', h('span', { class: 'part-values muted' }, address(one.value))] : null),
      h('button', {
        type: 'button', class: 'link', 'data-focus': `merge:${one.index}`, 'aria-label': text.get('suggestion.compare_with', { name }), onclick: () => this.ways_.compare(one.identity ?? ''),
      }, text.get('suggestion.compare')));
  }

  async find_() {
    const { text, reply } = this.sidebar_;
    const value = this.field_.value.trim();
    const kind = kindOf(value);
    this.answer_.textContent = '';
    this.tell_(null);
    if (!kind) {
      this.answer_.textContent = text.get('merge.unclear');
      return;
    }
    const turn = ++this.turn_;
    this.element.setAttribute('aria-busy', 'true');
    try {
      const { found } = await this.sidebar_.api.panel({ pivot: 'find', filter: { find: { kind, value } } });
      if (turn !== this.turn_) return;
      if (!found) this.answer_.textContent = text.get('merge.nobody', { value });
      else if (found.identity === reply.identity?.id) this.answer_.textContent = text.get('merge.same', { value });
      else this.ways_.compare(found.identity);
    } catch (problem) {
      if (turn === this.turn_) this.fail_(problem, false, () => this.find_());
    } finally {
      if (turn === this.turn_) this.element.removeAttribute('aria-busy');
    }
  }
}

/** @param {string} value @returns {'email' | 'phone' | null} */
function kindOf(value) {
  if (/^[^\s@]+@[^\s@]+$/.test(value)) return 'email';
  return /^[\p{Nd}\s()+./-]+$/u.test(value) && (value.match(/\p{Nd}/gu) ?? []).length >= fewest_digits ? 'phone' : null;
}
