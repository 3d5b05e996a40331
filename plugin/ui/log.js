// The log of an identity: what was joined and taken apart, by whom and when, newest first; what can be undone has a button.
import { dotted, h, renew } from './dom.js';
import { ruleWords } from './identifier_words.js';
import { Pane } from './pane.js';
import { Undoing } from './undoing.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').LogEntry} LogEntry */

export class LogPane extends Pane {
  /** @param {Sidebar} sidebar @param {{ closed: () => void, resolved: (words: string, log: string | null) => void }} ways */
  constructor(sidebar, ways) {
    super(sidebar, 'log', ways.closed);
    /** @type {LogEntry[]} */
    this.log_ = [];
    /** @type {string | null} */
    this.undone_ = null;
    this.undoing_ = new Undoing(sidebar, (reply) => ways.resolved(sidebar.text.get('undo.done'), reply.log ?? null), () => this.look_again_());
  }

  /** @override */
  reload() {
    const { text, reply } = this.sidebar_;
    this.title_.textContent = text.get('log.title', { name: reply.identity?.name || text.get('identity.unnamed') });
    this.undone_ = null;
    this.undoing_.clear();
    this.load_({ pivot: 'log' }, ({ log }) => {
      this.log_ = log ?? [];
      this.draw_();
    });
  }

  draw_() {
    renew(this.body_, this.log_.length
      ? h('ol', { class: 'parts log-list' }, this.log_.map((entry) => this.entry_(entry)))
      : h('p', { class: 'muted' }, this.sidebar_.text.get('log.empty')));
  }

  /** @param {LogEntry} entry */
  entry_(entry) {
    const { text, format } = this.sidebar_;
    const words = this.words_(entry);
    const key = `log-undo:${entry.id}`;
    return h('li', { class: entry.undone_by ? 'part undone' : 'part' }, h('div', { class: 'part-line' },
      h('div', {}, h('p', {}, words),
        h('p', { class: 'muted small' }, dotted([format.recent(entry.at_us), entry.undone_by ? text.get('log.undone') : null]))),
      entry.undoable && !entry.undone_by ? h('button', {
        type: 'button', class: 'link', 'data-focus': key, 'aria-label': text.get('log.undo_of', { what: words }), onclick: () => this.undo_(entry.id, key),
      }, text.get('undo')) : null),
    this.undone_ === entry.id ? this.undoing_.element : null);
  }

  /** @param {LogEntry} entry @returns {string} */
  words_({ id, type, actor, rule, names, records }) {
    const { text, format } = this.sidebar_;
    const who = actor ? actor.name || actor.id : text.get('log.a_rule');
    if (type === 'undo') {
      const target = this.log_.find((one) => one.undone_by === id);
      return target ? text.get('log.undo', { who, what: this.words_(target) }) : text.get('log.undo_earlier', { who });
    }
    const values = { who, names: names.length ? format.list(names) : text.get('parts.count', { count: records }) };
    return type === 'autolink' && rule ? text.get('log.autolink_rule', { ...values, rule: ruleWords(rule, actor, text) }) : text.get(`log.${type}`, values);
  }

  /** @param {string} id @param {string} key */
  undo_(id, key) {
    this.undone_ = id;
    this.draw_();
    this.undoing_.begin(id, key);
  }
}
