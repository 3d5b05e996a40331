// "Save as note": a small button beside text that is selected in a message here or in the ticket's own conversation.
import { h } from './dom.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').NoteLink} NoteLink */

const most_characters = 5000;

export class SelectedText {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar_ = sidebar;
    this.element = h('button', {
      type: 'button', class: 'save-selection', popover: 'manual', 'aria-keyshortcuts': 'n',
      onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
      onclick: () => this.save(),
    }, sidebar.text.get('note.save_selection'));
    /** @type {{ text: string, link: NoteLink } | null} */
    this.found_ = null;
    this.listener_ = () => {
      cancelAnimationFrame(this.frame_ ?? 0);
      this.frame_ = requestAnimationFrame(() => this.look_());
    };
  }

  start() {
    document.addEventListener('selectionchange', this.listener_);
    document.addEventListener('scroll', this.listener_, { capture: true, passive: true });
  }

  stop() {
    document.removeEventListener('selectionchange', this.listener_);
    document.removeEventListener('scroll', this.listener_, { capture: true });
    this.hide_();
  }

  /** True if there is text to save. */
  get ready() {
    return this.found_ !== null;
  }

  save() {
    const found = this.found_;
    if (!found) return;
    this.hide_();
    document.getSelection()?.removeAllRanges();
    this.sidebar_.writeNote(found.text, found.link);
  }

  look_() {
    const here = this.inside_() ?? this.ticket_();
    if (!here || !this.sidebar_.mayWrite()) {
      if (this.sidebar_.root.activeElement !== this.element) this.hide_();
      return;
    }
    this.found_ = { text: here.text.slice(0, most_characters), link: here.link };
    if (!this.element.matches(':popover-open')) this.element.showPopover();
    const { style, offsetWidth, offsetHeight } = this.element;
    const below = here.box.bottom + offsetHeight + 8 < innerHeight;
    style.left = `${Math.max(4, Math.min(innerWidth - offsetWidth - 4, here.box.right - offsetWidth))}px`;
    style.top = `${below ? here.box.bottom + 4 : Math.max(4, here.box.top - offsetHeight - 4)}px`;
  }

  hide_() {
    this.found_ = null;
    if (this.element.matches(':popover-open')) this.element.hidePopover();
  }

  /** Selected text of a message in History. */
  inside_() {
    const { root } = this.sidebar_;
    const selection = /** @type {{ getSelection?: () => Selection | null }} */ (/** @type {unknown} */ (root)).getSelection?.() ?? document.getSelection();
    if (!selection || selection.isCollapsed) return null;
    const [range] = this.ranges_(selection);
    if (!range || range.startContainer.getRootNode() !== root) return null;
    const row = elementOf(range.startContainer)?.closest('[data-engagement]');
    if (!(row instanceof HTMLElement)) return null;
    return answer(selection.toString(), { kind: 'engagement', engagement: row.dataset.engagement }, boxOf(range));
  }

  /** @param {Selection} selection @returns {AbstractRange[]} */
  ranges_(selection) {
    const composed = /** @type {{ getComposedRanges?: (options: object) => StaticRange[] }} */ (/** @type {unknown} */ (selection));
    if (composed.getComposedRanges) return composed.getComposedRanges({ shadowRoots: [this.sidebar_.root] });
    return selection.rangeCount ? [selection.getRangeAt(0)] : [];
  }

  /** Selected text of the ticket's own conversation, where the page has said which that is. */
  ticket_() {
    const where = this.sidebar_.host.getAttribute('ticket-text');
    const selection = document.getSelection();
    if (!where || !selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    if (!elementOf(range.commonAncestorContainer)?.closest(where)) return null;
    return answer(selection.toString(), { kind: 'ticket' }, range.getBoundingClientRect());
  }
}

/** @param {string} text @param {NoteLink} link @param {DOMRect} box */
function answer(text, link, box) {
  const words = text.trim();
  return words ? { text: words, link, box } : null;
}

/** @param {Node} node */
function elementOf(node) {
  return node instanceof Element ? node : node.parentElement;
}

/** @param {AbstractRange} range */
function boxOf(range) {
  const live = document.createRange();
  live.setStart(range.startContainer, range.startOffset);
  live.setEnd(range.endContainer, range.endOffset);
  return live.getBoundingClientRect();
}
