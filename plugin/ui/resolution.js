// Who is this: the suggestion, what was decided last with its Undo, and the one screen of joining or taking apart that is open. All in place.
import { byFocusKey, h, renew } from './dom.js';
import { SuggestionLine } from './suggestions.js';
import { troubleWords } from './trouble.js';
import { Undoing } from './undoing.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Suggestion} Suggestion */
/** @typedef {import('./pane.js').Pane} Pane */
/** @typedef {import('./compare.js').Asked} Asked */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').Shown} Shown */
/** @typedef {'merge' | 'split' | 'why' | 'log'} PaneName */

const undo_key = 'decided-undo';
const alone = { index: 1, count: 1 };

export class Resolution {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar_ = sidebar;
    this.line_ = new SuggestionLine(sidebar, (one) => this.look_(one, 'suggestion-compare'));
    this.decided_ = h('p', { class: 'decided', hidden: true });
    this.undoing_ = new Undoing(sidebar, (outcome) => sidebar.resolved(outcome), () => sidebar.refresh().catch(() => {}));
    this.place_ = h('div', { class: 'pane-place' });
    this.element = h('div', { class: 'resolution' }, this.decided_, this.undoing_.element, this.line_.element, this.place_);
    this.turn_ = 0;
    /** @type {Pane | null} */
    this.pane_ = null;
    this.opener_ = '';
  }

  /**
   * What was decided last can be taken back also where nobody is known any more: whoever takes off the only address would else be left without a way back.
   * @param {boolean} first another person than before
   */
  update(first) {
    const { sidebar_ } = this;
    const may = sidebar_.mayMerge();
    const held = this.element.contains(sidebar_.root.activeElement);
    if (first || !may) this.leave_();
    if (first || !sidebar_.may('identity.merge')) {
      this.undoing_.clear();
      this.decided_.hidden = true;
    }
    if (held && !sidebar_.root.activeElement?.checkVisibility()) sidebar_.enter();
    this.line_.update(may ? sidebar_.reply.suggestions ?? [] : []);
    this.pane_?.update();
  }

  /** Opens a screen of the menu. @param {PaneName} name */
  open(name) {
    const { sidebar_ } = this;
    const closed = () => this.close_();
    const ways = { closed, resolved: (/** @type {Outcome} */ outcome) => sidebar_.resolved(outcome) };
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
        resolved: (outcome) => this.decided_on_(one.id, outcome),
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
        decided: (outcome, suggestion) => this.decided_on_(suggestion, outcome),
        one: () => this.one_already_(),
        next: () => {
          const next = this.line_.next();
          if (next) this.look_(next, opener);
        },
      });
      this.show_(pane, opener);
      pane.show(asked, by_hand ? alone : this.line_.place);
    });
  }

  /** @param {string | null} suggestion @param {Outcome} outcome */
  decided_on_(suggestion, outcome) {
    const { reply } = this.sidebar_;
    reply.suggestions = reply.suggestions?.filter(({ id }) => id !== suggestion);
    this.sidebar_.resolved(outcome);
  }

  /** A colleague joined the two that are compared: there is nothing left to decide. */
  one_already_() {
    const { sidebar_ } = this;
    const held = this.element.contains(sidebar_.root.activeElement);
    const words = sidebar_.text.get('compare.one');
    this.leave_();
    this.tell_(words, null);
    if (held) sidebar_.enter();
    sidebar_.say(words, true);
    sidebar_.refresh().catch(() => {});
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

  /** @param {string} words @param {HTMLElement | null} back the way to take it back */
  tell_(words, back) {
    this.undoing_.clear();
    this.decided_.hidden = false;
    renew(this.decided_, h('span', { class: 'decided-words' }, words), ' ', back);
  }

  /**
   * Something was done: says so in place, with its Undo, and asks who it is now. Where another is looked at since, it is told by name alone, because on
   * the screen it would be said of them; then false.
   * @param {Outcome} outcome
   */
  resolved({ words, log, of, identity, undone = false }) {
    const { text, api, reply } = this.sidebar_;
    if (of.select !== api.select || ![of.identity, identity, null].includes(reply.identity?.id ?? null)) {
      this.elsewhere_(of, words);
      return false;
    }
    this.leave_();
    this.tell_(words, log ? h('button', {
      type: 'button', class: 'link', 'data-focus': undo_key, 'aria-label': undone ? null : text.get('log.undo_of', { what: words }),
      onclick: () => this.undoing_.begin(log, undo_key, { redo: undone }),
    }, text.get(undone ? 'redo' : 'undo')) : null);
    this.line_.update(this.sidebar_.reply.suggestions ?? []);
    this.sidebar_.showWho();
    const undo = byFocusKey(this.decided_, undo_key);
    if (undo) undo.focus({ preventScroll: true });
    else this.sidebar_.enter();
    this.decided_.scrollIntoView({ block: 'nearest' });
    this.sidebar_.say(words, true);
    this.sidebar_.refresh().catch(() => {});
    return true;
  }

  /** Something was not done, and where it was decided is left. @param {unknown} problem @param {Shown} of */
  missed(problem, of) {
    this.elsewhere_(of, troubleWords(problem, this.sidebar_.text, true).words);
  }

  /** @param {Shown} of @param {string} what */
  elsewhere_({ name }, what) {
    this.sidebar_.say(this.sidebar_.text.get('resolved.elsewhere', { name, what }));
  }
}
