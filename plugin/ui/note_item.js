// One note: its text, author and link; below it, for who may, pin, edit and delete in place.
import { h, icon, own, renew } from './dom.js';
import { Problem } from './api.js';
import { safeUrl } from './header.js';
import { noteField, problemWords } from './note_box.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Note} Note */
/** @typedef {import('./types.d.ts').ActionArgs} ActionArgs */
/** @typedef {'read' | 'tools' | 'edit' | 'delete'} Mode */

export class NoteItem {
  /** @param {Sidebar} sidebar @param {Note} note @param {() => void} changed the list must be arranged anew */
  constructor(sidebar, note, changed) {
    this.sidebar_ = sidebar;
    this.note = note;
    this.changed_ = changed;
    this.element = h('li', { class: 'note' });
    /** @type {Mode} */
    this.mode_ = 'read';
    this.lines_ = 3;
    this.expanded_ = false;
    this.gone = false;
    this.base_version_ = note.version;
    this.error_ = '';
    /** @type {HTMLTextAreaElement | undefined} */
    this.field_ = undefined;
    this.draw_();
  }

  /** @param {Note} note @param {number} lines */
  update(note, lines) {
    const same = JSON.stringify(note) === JSON.stringify(this.note) && lines === this.lines_ && !this.gone;
    this.note = note;
    this.gone = false;
    this.lines_ = lines;
    if (!same) this.draw_();
  }

  /** True while an agent's text stands in its editor. */
  get editing() {
    return this.mode_ === 'edit';
  }

  /** The note was deleted elsewhere while it is edited here. */
  lose() {
    if (this.gone) return;
    this.gone = true;
    this.draw_();
  }

  /** Shows as much as fits: author behind the text if all of it does, else below the clamped text. */
  fit() {
    const main = this.main_;
    if (!main || this.mode_ === 'edit' || !this.element.isConnected) return;
    main.classList.add('inline');
    main.classList.remove('clamped', 'one');
    const height = main.getBoundingClientRect().height;
    if (height === 0) return;
    const over = height > this.lines_ * parseFloat(getComputedStyle(main).lineHeight) + 2;
    if (over && !this.expanded_) {
      main.classList.remove('inline');
      main.classList.add('clamped');
      main.classList.toggle('one', this.lines_ === 1);
    }
    if (this.more_) this.more_.hidden = !over;
  }

  draw_() {
    const { note } = this;
    this.element.classList.toggle('pinned', note.pinned);
    if (this.mode_ === 'edit') {
      this.draw_editor_();
      return;
    }
    const { text } = this.sidebar_;
    this.more_ = h('button', {
      type: 'button', class: 'link', hidden: true, 'data-focus': `note-more:${note.id}`, 'aria-expanded': this.expanded_,
      onclick: () => {
        this.expanded_ = !this.expanded_;
        this.draw_();
      },
    }, text.get(this.expanded_ ? 'less' : 'more'));
    this.main_ = h('div', { class: 'note-main inline' },
      h('span', { class: 'note-text' }, note.pinned ? h('span', { class: 'pin-word' }, text.get('note.pinned')) : null, own(note.text)),
      ' ', h('span', { class: 'by' }, h('span', { class: 'by-whom' }, `— ${this.by_()}`), ' ', this.link_(), this.more_));
    const open = this.mode_ !== 'read';
    renew(this.element, this.main_,
      note.may_edit ? h('button', {
        type: 'button', class: 'icon-button note-tools', 'data-focus': `note:${note.id}`, 'aria-expanded': open,
        'aria-label': text.get('note.tools', { name: note.author.name }),
        onclick: () => this.turn_(open ? 'read' : 'tools'),
      }, icon('more')) : null,
      open ? this.tools_() : null);
    this.fit();
  }

  by_() {
    const { text, format } = this.sidebar_;
    const by = text.get('note.by', { name: this.note.author.name, when: format.day(this.note.created_us) });
    return this.note.edited_us ? text.get('note.edited', { by, when: format.recent(this.note.edited_us) }) : by;
  }

  link_() {
    const { link } = this.note;
    const { text, reply } = this.sidebar_;
    if (!link) return null;
    const thread = reply.history?.threads[link.thread ?? ''];
    const words = text.get(link.kind === 'engagement' ? 'note.from_message' : thread?.present ? 'note.from_this_ticket' : 'note.from_ticket');
    const { engagement } = link;
    if (engagement) {
      const key = `note-link:${this.note.id}`;
      return h('button', {
        type: 'button', class: 'link note-link', 'data-focus': key,
        onclick: () => this.sidebar_.openEngagement(engagement, key),
      }, words);
    }
    if (link.url && !thread?.present) return h('a', { class: 'note-link', href: safeUrl(link.url), rel: 'noopener noreferrer' }, words);
    return h('span', { class: 'note-link' }, words);
  }

  tools_() {
    const { text } = this.sidebar_;
    const { note } = this;
    /** @param {string} words @param {string} key @param {() => void} act @param {string} [kind] */
    const button = (words, key, act, kind = '') => h('button', { type: 'button', class: kind, 'data-focus': `note-${key}:${note.id}`, onclick: act }, words);
    const error = this.error_ ? h('p', { class: 'error', role: 'alert' }, this.error_) : null;
    if (this.mode_ === 'delete') {
      return h('div', { class: 'note-actions', role: 'group', 'aria-label': text.get('note.delete_ask') },
        h('span', { class: 'ask' }, text.get('note.delete_ask')),
        button(text.get('note.delete_yes'), 'delete-yes', () => this.delete_(), 'danger'),
        button(text.get('note.delete_no'), 'delete-no', () => this.turn_('read')), error);
    }
    return h('div', { class: 'note-actions' },
      button(text.get(note.pinned ? 'note.unpin' : 'note.pin'), 'pin', () => this.pin_()),
      button(text.get('note.edit'), 'edit', () => this.edit_()),
      button(text.get('note.delete'), 'delete', () => this.turn_('delete', `note-delete-no:${note.id}`)), error);
  }

  /** Leaves what is open; true if something was. */
  escape() {
    if (this.mode_ === 'read' || this.mode_ === 'edit') return false;
    this.turn_('read');
    return true;
  }

  /** @param {Mode} mode @param {string} [focus_key] */
  turn_(mode, focus_key = `note:${this.note.id}`) {
    this.mode_ = mode;
    this.error_ = '';
    this.draw_();
    for (const one of this.element.querySelectorAll('button')) if (one.dataset.focus === focus_key) one.focus();
  }

  edit_() {
    this.base_version_ = this.note.version;
    this.field_ = undefined;
    this.mode_ = 'edit';
    this.error_ = '';
    this.draw_editor_().focus();
  }

  draw_editor_() {
    const { text } = this.sidebar_;
    this.main_ = undefined;
    if (!this.field_) {
      this.field_ = noteField(text.get('note.edit_label'), this.note.text);
      this.field_.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') this.stop_();
        else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.save_();
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
      this.told_ = h('div', { class: 'told', role: 'alert' });
      this.buttons_ = h('div', { class: 'buttons' });
      this.element.replaceChildren(this.field_, this.told_, this.buttons_);
    }
    this.draw_told_();
    return this.field_;
  }

  /** What happened to the note meanwhile, and the ways on. The field itself is never drawn anew. */
  draw_told_() {
    const { text } = this.sidebar_;
    const told = /** @type {HTMLElement} */ (this.told_);
    const buttons = /** @type {HTMLElement} */ (this.buttons_);
    const conflict = !this.gone && this.note.version !== this.base_version_;
    const words = this.gone ? text.get('note.gone') : conflict ? text.get('note.conflict') : this.error_;
    renew(told, words ? h('p', { class: 'error' }, words) : null,
      conflict ? h('blockquote', { dir: 'auto', tabindex: '0' }, this.note.text) : null);
    /** @param {string} words @param {string} key @param {() => void} act @param {string} [kind] */
    const button = (words, key, act, kind = '') => h('button', { type: 'button', class: kind, 'data-focus': key, onclick: act }, words);
    if (this.gone) {
      renew(buttons, button(text.get('note.save_new'), 'save', () => this.save_new_(), 'primary'),
        button(text.get('note.discard'), 'stop', () => this.stop_()));
    } else if (conflict) {
      renew(buttons, button(text.get('note.save_mine'), 'save', () => {
        this.base_version_ = this.note.version;
        this.save_();
      }, 'primary'), button(text.get('note.keep_theirs'), 'stop', () => this.stop_()));
    } else {
      renew(buttons, button(text.get(this.error_ ? 'retry' : 'note.save'), 'save', () => this.save_(), 'primary'),
        button(text.get('note.cancel'), 'stop', () => this.stop_()));
    }
  }

  stop_() {
    this.field_ = undefined;
    this.turn_('read');
    if (this.gone) this.changed_();
  }

  async save_() {
    const words = this.field_?.value.trim();
    if (!words || this.gone) return;
    if (words === this.note.text) {
      this.stop_();
      return;
    }
    await this.act_('note.edit', { text: words, version: this.base_version_ }, () => {
      this.field_ = undefined;
      this.turn_('read');
    });
  }

  async save_new_() {
    const words = this.field_?.value.trim();
    if (!words) return;
    try {
      await this.sidebar_.api.action('note.add', { text: words });
      this.stop_();
      await this.sidebar_.refresh();
    } catch (problem) {
      renew(/** @type {HTMLElement} */ (this.told_), h('p', { class: 'error' }, problemWords(problem, this.sidebar_)));
    }
  }

  pin_() {
    this.act_('note.pin', { pinned: !this.note.pinned, version: this.note.version }, () => {
      this.turn_('read');
      this.changed_();
    });
  }

  async delete_() {
    const { id } = this.note;
    const { sidebar_ } = this;
    try {
      await sidebar_.api.action('note.delete', { id, version: this.note.version });
    } catch (problem) {
      if (!(problem instanceof Problem && (problem.status === 404 || problem.status === 410))) {
        this.fail_(problem);
        return;
      }
    }
    sidebar_.reply.notes = (sidebar_.reply.notes ?? []).filter((one) => one.id !== id);
    this.mode_ = 'read';
    this.changed_();
    sidebar_.say(sidebar_.text.get('note.deleted'));
    sidebar_.refresh().catch(() => {});
  }

  /** @param {string} action @param {ActionArgs} args @param {() => void} done */
  async act_(action, args, done) {
    const { id } = this.note;
    try {
      const reply = await this.sidebar_.api.action(action, { id, ...args });
      const { note } = reply;
      if (note) {
        this.note = note;
        this.sidebar_.reply.notes = (this.sidebar_.reply.notes ?? []).map((one) => (one.id === id ? note : one));
      }
      done();
      this.sidebar_.refresh().catch(() => {});
    } catch (problem) {
      if (problem instanceof Problem && [404, 409, 410, 412].includes(problem.status)) await this.sidebar_.refresh().catch(() => {});
      this.fail_(problem);
    }
  }

  /** @param {unknown} problem */
  fail_(problem) {
    this.error_ = problemWords(problem, this.sidebar_);
    if (this.mode_ === 'edit') this.draw_told_();
    else this.draw_();
  }
}
