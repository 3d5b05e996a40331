// Who is this: the suggestion, what was decided last with its Undo, and the one screen of joining or taking apart that is open. All in place.
import { byFocusKey, h, renew } from './dom.js';
import { SuggestionLine } from './suggestions.js';
import { Undoing } from './undoing.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Suggestion} Suggestion */
/** @typedef {import('./pane.js').Pane} Pane */
/** @typedef {import('./compare.js').Asked} Asked */
/** @typedef {'merge' | 'split' | 'why' | 'log'} PaneName */

const undo_key = 'decided-undo';
const alone = { index: 1, count: 1 };

export class Resolution {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar_ = sidebar;
    this.line_ = new SuggestionLine(sidebar, (one) => this.look_(one, 'suggestion-compare'));
    this.decided_ = h('p', { class: 'decided', hidden: true });
    this.undoing_ = new Undoing(sidebar, (reply) => sidebar.resolved(sidebar.text.get('undo.done'), reply.log ?? null), () => sidebar.refresh().catch(() => {}));
    this.place_ = h('div', { class: 'pane-place' });
    this.element = h('div', { class: 'resolution' }, this.decided_, this.undoing_.element, this.line_.element, this.place_);
    this.turn_ = 0;
    /** @type {Pane | null} */
    this.pane_ = null;
    this.opener_ = '';
  }

  /** @param {boolean} first another person than before */
  update(first) {
    const { sidebar_ } = this;
    const may = sidebar_.mayMerge();
    if (first || !may) {
      const held = this.element.contains(sidebar_.root.activeElement);
      this.leave_();
      this.undoing_.clear();
      this.decided_.hidden = true;
      if (held) sidebar_.enter();
    }
    this.line_.update(may ? sidebar_.reply.suggestions ?? [] : []);
    this.pane_?.update();
  }

  /** Opens a screen of the menu. @param {PaneName} name */
  open(name) {
    const { sidebar_ } = this;
    const closed = () => this.close_();
    const ways = { closed, resolved: (/** @type {string} */ words, /** @type {string | null} */ log) => sidebar_.resolved(words, log) };
    return this.load_((panes) => {
      const pane = {
        merge: () => new panes.MergePane(sidebar_, { closed, compare: (identity) => this.compare_({ with: identity }, 'menu') }),
        split: () => new panes.SplitPane(sidebar_, ways),
        why: () => new panes.WhyPane(sidebar_, ways),
        log: () => new panes.LogPane(sidebar_, ways),
      }[name]();
      this.show_(pane, 'menu');
      pane.reload();
    });
  }

  /** At two people who may be one, or at a part that may be somebody else's. @param {Suggestion} one @param {string} opener */
  look_(one, opener) {
    if (!one.doubted) return this.compare_({ suggestion: one.id }, opener);
    const { sidebar_ } = this;
    return this.load_((panes) => {
      const pane = new panes.SplitPane(sidebar_, {
        closed: () => this.close_(),
        resolved: (words, log) => {
          sidebar_.reply.suggestions = sidebar_.reply.suggestions?.filter(({ id }) => id !== one.id);
          sidebar_.resolved(words, log);
        },
      }, one);
      this.show_(pane, opener);
      pane.reload();
    });
  }

  /** @param {Asked} asked one that was chosen by hand leads back to the choice @param {string} opener */
  compare_(asked, opener) {
    const { sidebar_ } = this;
    const by_hand = 'with' in asked;
    return this.load_((panes) => {
      const pane = new panes.Compare(sidebar_, {
        closed: () => {
          if (by_hand) this.open('merge');
          else this.close_();
        },
        decided: (words, log, suggestion) => {
          sidebar_.reply.suggestions = sidebar_.reply.suggestions?.filter((one) => one.id !== suggestion);
          sidebar_.resolved(words, log);
        },
        next: () => {
          const next = this.line_.next();
          if (next) this.look_(next, opener);
        },
      });
      this.show_(pane, opener);
      pane.show(asked, by_hand ? alone : this.line_.place);
    });
  }

  /** For who may use them, the screens are here before they are asked for. */
  preload() {
    if (this.sidebar_.mayMerge()) import('./panes.js').catch(() => {});
  }

  /** @param {(panes: typeof import('./panes.js')) => void} use */
  async load_(use) {
    const turn = ++this.turn_;
    try {
      const panes = await import('./panes.js');
      if (turn === this.turn_) use(panes);
    } catch {
      this.sidebar_.say(this.sidebar_.text.get('problem.unavailable'));
    }
  }

  /** @param {Pane} pane @param {string} opener the focus key to return to */
  show_(pane, opener) {
    this.leave_();
    this.pane_ = pane;
    this.opener_ = opener;
    this.place_.replaceChildren(pane.element);
    pane.focus();
  }

  leave_() {
    ++this.turn_;
    this.pane_?.leave();
    this.pane_ = null;
    this.place_.replaceChildren();
  }

  close_() {
    this.leave_();
    const opener = byFocusKey(this.sidebar_.frame, this.opener_);
    if (opener?.checkVisibility()) opener.focus({ preventScroll: true });
    else this.sidebar_.enter();
  }

  /** Something was done: says so in place, with its Undo, and asks who it is now. @param {string} words @param {string | null} log */
  resolved(words, log) {
    const { text } = this.sidebar_;
    this.leave_();
    this.undoing_.clear();
    this.decided_.hidden = false;
    renew(this.decided_, h('span', { class: 'decided-words' }, words), ' ',
      log ? h('button', {
        type: 'button', class: 'link', 'data-focus': undo_key, 'aria-label': text.get('log.undo_of', { what: words }), onclick: () => this.undoing_.begin(log, undo_key),
      }, text.get('undo')) : null);
    this.line_.update(this.sidebar_.reply.suggestions ?? []);
    this.sidebar_.showWho();
    const undo = byFocusKey(this.decided_, undo_key);
    if (undo) undo.focus({ preventScroll: true });
    else this.sidebar_.enter();
    this.decided_.scrollIntoView({ block: 'nearest' });
    this.sidebar_.say(words, true);
    this.sidebar_.refresh().catch(() => {});
  }
}
