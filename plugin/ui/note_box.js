// The box in which a note is written. What was typed stays until it is saved or emptied, whatever the network does.
import { h } from './dom.js';
import { Problem, newKey } from './api.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').NoteLink} NoteLink */

const longest_note = 10000;

/** The textarea grows with its text, up to a limit that the styles set. @param {HTMLTextAreaElement} field */
export function growing(field) {
  const grow = () => {
    field.style.blockSize = 'auto';
    field.style.blockSize = `${field.scrollHeight + 2}px`;
  };
  field.addEventListener('input', grow);
  queueMicrotask(grow);
  return field;
}

/** @param {string} label @param {string} value */
export function noteField(label, value) {
  const field = h('textarea', { class: 'note-field', rows: '3', maxlength: longest_note, dir: 'auto', 'aria-label': label, placeholder: label });
  field.value = value;
  return growing(field);
}

/**
 * A problem in words that an agent can act on.
 * @param {unknown} problem @param {Sidebar} sidebar
 */
export function problemWords(problem, { text }) {
  const { status, detail } = problem instanceof Problem ? problem : { status: 0, detail: '' };
  if (status === 403) return text.get('problem.forbidden');
  if (status >= 400 && status < 500 && detail) return text.get('problem.refused', { detail });
  return text.get('problem.unavailable');
}

export class NoteBox {
  /** @param {Sidebar} sidebar @param {() => void} saved */
  constructor(sidebar, saved) {
    this.sidebar_ = sidebar;
    this.saved_ = saved;
    this.element = h('form', { class: 'note-box', hidden: true, onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.save_();
    } });
    /** @type {Map<number | undefined, { text: string, link: NoteLink | null, pinned: boolean }>} */
    this.drafts_ = new Map();
    /** @type {NoteLink | null} */
    this.link_ = null;
    /** @type {number | undefined} */
    this.select_ = undefined;
    this.key_ = newKey();
    this.sent_ = '';
    const { text } = sidebar;
    this.field_ = noteField('', '');
    this.field_.addEventListener('keydown', (event) => this.key_down_(event));
    this.field_.addEventListener('input', () => this.keep_());
    this.pin_ = h('input', { type: 'checkbox', onchange: () => this.keep_() });
    this.caption_ = h('p', { class: 'caption', hidden: true });
    this.error_ = h('p', { class: 'error', role: 'alert', hidden: true });
    this.submit_ = h('button', { type: 'submit', class: 'primary' }, text.get('note.save'));
    this.element.replaceChildren(
      this.caption_, this.field_,
      h('p', { class: 'muted small' }, text.get('note.sentence')),
      this.error_,
      h('div', { class: 'buttons' },
        this.submit_,
        h('button', { type: 'button', onclick: () => this.close() }, text.get('note.cancel')),
        h('label', { class: 'pin-label' }, this.pin_, text.get('note.pin_new'))));
  }

  /** For whom the box writes; another person has a draft of their own. @param {string} name @param {number | undefined} select */
  address(name, select) {
    const label = this.sidebar_.text.get('note.on', { name });
    this.field_.setAttribute('aria-label', label);
    this.field_.placeholder = label;
    if (select === this.select_) return;
    this.select_ = select;
    const draft = this.drafts_.get(select);
    this.field_.value = draft?.text ?? '';
    this.pin_.checked = draft?.pinned ?? false;
    this.setLink_(draft?.link ?? null);
    this.error_.hidden = true;
    this.element.hidden = !draft?.text;
  }

  /** Opens the box and goes there; `quote` is added to what is in it. @param {string} [quote] @param {NoteLink | null} [link] */
  open(quote = '', link = null) {
    this.element.hidden = false;
    if (quote) {
      const before = this.field_.value.trimEnd();
      this.field_.value = (before ? `${before}\n${quote}` : quote).slice(0, longest_note);
      this.setLink_(link);
      this.keep_();
    }
    this.field_.dispatchEvent(new Event('input'));
    this.field_.focus();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Closes the box; a draft waits for the next opening. */
  close() {
    this.element.hidden = true;
    this.error_.hidden = true;
    if (!this.field_.value.trim()) this.setLink_(null);
    this.saved_();
  }

  /** @param {NoteLink | null} link */
  setLink_(link) {
    this.link_ = link;
    this.caption_.hidden = !link;
    if (link) this.caption_.textContent = this.sidebar_.text.get(`note.link.${link.kind}`);
  }

  keep_() {
    const text = this.field_.value;
    if (text) this.drafts_.set(this.select_, { text, link: this.link_, pinned: this.pin_.checked });
    else this.drafts_.delete(this.select_);
  }

  /** @param {KeyboardEvent} event */
  key_down_(event) {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.save_();
    }
  }

  async save_() {
    const { api, text } = this.sidebar_;
    const words = this.field_.value.trim();
    if (!words || this.submit_.disabled) return;
    const { link_, pin_ } = this;
    /** @type {import('./types.d.ts').ActionArgs} */
    const args = { text: words };
    if (pin_.checked) args.pinned = true;
    if (link_) args.link = link_.engagement ? { kind: link_.kind, engagement: link_.engagement } : { kind: link_.kind };
    const sent = JSON.stringify([this.select_, args]);
    if (sent !== this.sent_) this.key_ = newKey();
    this.sent_ = sent;
    this.submit_.disabled = true;
    try {
      const reply = await api.action('note.add', args, this.key_);
      if (reply.note) this.sidebar_.reply.notes = [reply.note, ...(this.sidebar_.reply.notes ?? [])];
      this.sent_ = '';
      this.field_.value = '';
      this.pin_.checked = false;
      this.keep_();
      this.setLink_(null);
      this.close();
      this.sidebar_.say(text.get('note.saved'));
      this.sidebar_.refresh().catch(() => {});
    } catch (problem) {
      this.error_.textContent = problemWords(problem, this.sidebar_);
      this.error_.hidden = false;
      this.submit_.textContent = text.get('retry');
    } finally {
      this.submit_.disabled = false;
      if (this.error_.hidden) this.submit_.textContent = text.get('note.save');
    }
  }
}
