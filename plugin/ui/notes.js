// Notes of colleagues: pinned first, then newest; none hidden. Three lines for the first three, then one; from the seventh on in a scroll of their own.
import { arrange, h } from './dom.js';
import { NoteBox } from './note_box.js';
import { NoteItem } from './note_item.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Note} Note */
/** @typedef {import('./types.d.ts').NoteLink} NoteLink */

const tall_notes = 3;
const open_notes = 6;

export class Notes {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    const { text } = sidebar;
    this.sidebar_ = sidebar;
    /** @type {Map<string, NoteItem>} */
    this.items_ = new Map();
    this.title_ = h('h3', { id: 'notes-title' });
    this.add_ = h('button', { type: 'button', class: 'link add', 'data-focus': 'note-add', onclick: () => this.box.open() }, text.get('note.add'));
    this.box = new NoteBox(sidebar, () => {
      this.draw_();
      if (sidebar.root.activeElement === null || this.element.contains(sidebar.root.activeElement)) this.add_.focus();
    });
    this.list_ = h('ol', { class: 'note-list', 'aria-labelledby': 'notes-title' });
    this.rest_ = h('ol', { class: 'note-list note-rest', tabindex: '0', 'aria-label': text.get('notes.rest'), hidden: true });
    this.element = h('section', { class: 'notes', 'aria-labelledby': 'notes-title' },
      h('div', { class: 'notes-head' }, this.title_, this.add_), this.box.element, this.list_, this.rest_);
    this.watch_ = new ResizeObserver(() => this.fit());
    this.watch_.observe(this.list_);
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && [...this.items_.values()].some((item) => item.element.contains(/** @type {Node} */ (event.target)) && item.escape())) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  /** @param {string} name @param {number | undefined} select */
  update(name, select) {
    this.box.address(name, select);
    this.add_.hidden = !this.sidebar_.mayWrite();
    this.draw_();
  }

  draw_() {
    const notes = [...(this.sidebar_.reply.notes ?? [])]
      .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.created_us - a.created_us || (a.id < b.id ? 1 : -1));
    const present = new Set(notes.map((note) => note.id));
    const active = this.sidebar_.root.activeElement;
    const held = this.element.contains(active);
    const items = notes.map((note, index) => this.item_(note, index < tall_notes ? 3 : 1));
    for (const [id, item] of this.items_) {
      if (present.has(id)) continue;
      if (item.editing) {
        item.lose();
        items.unshift(item);
      } else {
        this.items_.delete(id);
      }
    }
    this.title_.textContent = this.sidebar_.text.get('notes.title', { count: notes.length });
    arrange(this.list_, items.slice(0, open_notes).map((item) => item.element));
    arrange(this.rest_, items.slice(open_notes).map((item) => item.element));
    this.list_.hidden = items.length === 0;
    this.rest_.hidden = items.length <= open_notes;
    for (const item of items) item.fit();
    if (held && !this.sidebar_.root.activeElement) this.refocus_(active);
  }

  /** Moving a node drops its focus; gone with its note, it passes to "+ Add". @param {Element | null} active */
  refocus_(active) {
    if (active instanceof HTMLElement && active.isConnected) active.focus({ preventScroll: true });
    else this.add_.focus({ preventScroll: true });
  }

  /** @param {Note} note @param {number} lines */
  item_(note, lines) {
    let item = this.items_.get(note.id);
    if (!item) {
      item = new NoteItem(this.sidebar_, note, () => this.draw_());
      this.items_.set(note.id, item);
    }
    item.update(note, lines);
    return item;
  }

  fit() {
    for (const item of this.items_.values()) item.fit();
  }

  /** Opens the box; with a text from a message or the ticket, and the link back. @param {string} [quote] @param {NoteLink | null} [link] */
  write(quote, link) {
    if (this.sidebar_.mayWrite()) this.box.open(quote, link);
  }
}
