// The log of an identity: what was joined and taken apart, by whom and when, newest first; what can be undone has a button.
import { dotted, h, renew } from './dom.js';
import { ruleWords } from './identifier_words.js';
import { Pane } from './pane.js';
import { partToldApart } from './part_words.js';
import { Undoing, movesSeveral } from './undoing.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').LogEntry} LogEntry */

/** As many parts as can be told at a glance; the others are a number. */
const told_parts = 3;

export class LogPane extends Pane {
  /** @param {Sidebar} sidebar @param {{ closed: () => void, resolved: (outcome: import('./types.d.ts').Outcome) => void }} ways */
  constructor(sidebar, ways) {
    super(sidebar, 'log', ways.closed);
    /** @type {LogEntry[]} */
    this.log_ = [];
    /** @type {string | null} where the older entries begin */
    this.next_ = null;
    this.list_ = h('ol', { class: 'parts log-list' });
    /** @type {string | null} */
    this.undone_ = null;
    this.undoing_ = new Undoing(sidebar, (outcome) => ways.resolved(outcome), () => this.look_again_());
  }

  /** @override */
  reload() {
    const { text, reply } = this.sidebar_;
    this.title_.textContent = text.get('log.title', { name: reply.identity?.name || text.get('identity.unnamed') });
    this.undone_ = null;
    this.undoing_.clear();
    this.load_({ pivot: 'log' }, ({ log, log_next }) => {
      this.log_ = log ?? [];
      this.next_ = log_next ?? null;
      this.draw_();
    });
  }

  draw_() {
    const { text } = this.sidebar_;
    if (!this.log_.length) {
      renew(this.body_, h('p', { class: 'muted' }, text.get('log.empty')));
      return;
    }
    const { scrollTop } = this.list_;
    renew(this.list_, this.log_.map((entry) => this.entry_(entry)), this.next_ ? h('li', { class: 'part' }, h('button', {
      type: 'button', class: 'link older', 'data-focus': 'log-older', onclick: () => this.older_(),
    }, text.get('log.older'))) : null);
    if (this.list_.parentElement !== this.body_) renew(this.body_, this.list_);
    this.list_.scrollTop = scrollTop;
  }

  /** Older entries come below; the focus stays at the button, or comes to the first of them where the button goes. */
  async older_() {
    const cursor = this.next_;
    if (!cursor || this.reading_) return;
    this.reading_ = true;
    const turn = this.turn_;
    this.tell_(null);
    try {
      const { log = [], log_next } = await this.sidebar_.api.panel({ pivot: 'log', cursor });
      if (turn !== this.turn_) return;
      this.log_ = [...this.log_, ...log];
      this.next_ = log_next ?? null;
      const held = this.element.contains(this.sidebar_.root.activeElement);
      this.draw_();
      this.sidebar_.say(this.sidebar_.text.get('log.older_came', { count: log.length }), true);
      if (held && !this.sidebar_.root.activeElement) this.go_(log[0]?.id);
    } catch (problem) {
      if (turn === this.turn_) this.fail_(problem, false, () => this.older_());
    } finally {
      this.reading_ = false;
    }
  }

  /** @param {string | undefined} id */
  go_(id) {
    const entry = this.list_.querySelector(`[data-entry="${id}"]`);
    (entry instanceof HTMLElement ? entry : this.title_).focus();
  }

  /** @param {LogEntry} entry */
  entry_(entry) {
    const { text, format } = this.sidebar_;
    const words = this.words_(entry);
    const key = `log-undo:${entry.id}`;
    return h('li', { class: entry.undone_by ? 'part undone' : 'part', tabindex: '-1', 'data-entry': entry.id }, h('div', { class: 'part-line' },
      h('div', {}, h('p', {}, words),
        h('p', { class: 'muted small' }, dotted([format.recent(entry.at_us), entry.undone_by ? text.get('log.undone') : null]))),
      entry.undoable && !entry.undone_by ? h('button', {
        type: 'button', class: 'link', 'data-focus': key, 'aria-label': text.get('log.undo_of', { what: words }), onclick: () => this.undo_(entry, key),
      }, text.get('undo')) : null),
    this.undone_ === entry.id ? this.undoing_.element : null);
  }

  /** @param {LogEntry} entry @returns {string} */
  words_(entry) {
    const { id, type, actor, rule, taken, value } = entry;
    const { text } = this.sidebar_;
    const who = actor ? actor.name || actor.id : text.get('log.a_rule');
    if (type === 'undo') {
      const target = this.log_.find((one) => one.undone_by === id);
      return target ? text.get('log.undo', { who, what: this.words_(target) }) : text.get('log.undo_earlier', { who });
    }
    // What they all use tells nobody apart.
    const values = { who, names: this.names_(value ? { ...entry, parts: [] } : entry) };
    if (type === 'autolink' && rule && text.has(`linked.${rule}`)) return text.get('log.autolink_rule', { ...values, rule: ruleWords(rule, actor, text) });
    if (value) return text.get(`log.${type}_of`, { ...values, value });
    return text.get(taken ? `log.${type}_${taken}` : `log.${type}`, values);
  }

  /** Of whom it tells: so that they can be told apart, or by their names alone where the server tells no more. @param {LogEntry} entry */
  names_({ parts = [], names, records }) {
    const { text, format } = this.sidebar_;
    const all = parts.length ? parts.map((one) => partToldApart(one, this.sidebar_)) : names;
    if (!all.length) return text.get('parts.count', { count: records });
    const more = all.length - told_parts;
    return more > 0 ? text.get('log.and_more', { names: format.list(all.slice(0, told_parts)), count: more }) : format.list(all);
  }

  /** @param {LogEntry} entry @param {string} key */
  undo_({ id, type }, key) {
    this.undone_ = id;
    this.draw_();
    this.undoing_.begin(id, key, { ask: movesSeveral, ...(type === 'block_value' ? { done: 'undo.done_shared' } : {}) });
  }
}
