// A screen that opens in place under the header: its title, what it loads, what went wrong, and the way back. Esc leads back to what opened it.
import { h, icon, renew } from './dom.js';
import { reasonOf, trouble } from './trouble.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Reply} Reply */
/** @typedef {import('./types.d.ts').PanelCall} PanelCall */
/** @typedef {import('./types.d.ts').ActionArgs} ActionArgs */
/** @typedef {import('./types.d.ts').ActionReply} ActionReply */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {import('./types.d.ts').Shown} Shown */

export class Pane {
  /** @param {Sidebar} sidebar @param {string} name @param {() => void} closed gives the focus back */
  constructor(sidebar, name, closed) {
    this.sidebar_ = sidebar;
    this.name = name;
    this.closed_ = closed;
    this.turn_ = 0;
    this.acting_ = false;
    /** @type {string | undefined} which state of it the reply showed */
    this.seen_ = undefined;
    this.title_ = h('h3', { class: 'pane-title', id: `pane-${name}`, tabindex: '-1', 'data-focus': `pane:${name}` });
    this.aside_ = h('span', { class: 'pane-aside' });
    this.changed_ = h('p', { class: 'changed', role: 'status' });
    this.body_ = h('div', { class: 'pane-body' });
    this.trouble_ = h('div', { role: 'alert' });
    this.element = h('section', { class: `pane pane-${name}`, 'aria-labelledby': `pane-${name}` },
      h('div', { class: 'pane-head' }, this.title_, this.aside_, h('button', {
        type: 'button', class: 'icon-button', 'aria-label': sidebar.text.get('close'), 'data-focus': `pane-close:${name}`, onclick: () => this.closed_(),
      }, icon('close'))), this.changed_, this.body_, this.trouble_);
    this.element.addEventListener('keydown', (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !this.key_(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** What the sidebar shows may have changed. */
  update() {}

  /** Looks at what is there now. */
  reload() {}

  /** True where the key was one of this screen's. @param {KeyboardEvent} event */
  key_(event) {
    if (event.key !== 'Escape') return false;
    if (!this.step_back_()) this.closed_();
    return true;
  }

  /** Leaves what is asked inside; false where nothing is. */
  step_back_() {
    return false;
  }

  focus() {
    this.title_.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** Answers that are on their way are of no use any more. */
  leave() {
    ++this.turn_;
    this.acting_ = false;
  }

  /** @param {PanelCall} call @param {(reply: Reply) => void} use */
  async load_(call, use) {
    const turn = ++this.turn_;
    if (!this.body_.firstElementChild) renew(this.body_, h('div', { class: 'skeleton late', 'aria-hidden': 'true' }, Array.from({ length: 5 }, () => h('span', {}))));
    this.element.setAttribute('aria-busy', 'true');
    this.tell_(null);
    try {
      const reply = await this.sidebar_.api.panel(call);
      if (turn === this.turn_) use(reply);
    } catch (problem) {
      if (turn !== this.turn_) return;
      renew(this.body_);
      this.fail_(problem, false, () => this.load_(call, use));
    } finally {
      if (turn === this.turn_) {
        this.element.removeAttribute('aria-busy');
        if (this.element.contains(this.sidebar_.root.activeElement)) this.element.scrollIntoView({ block: 'nearest' });
      }
    }
  }

  /**
   * Sends a command once, however often it is pressed, and tells what went wrong with it.
   * @param {string} action @param {ActionArgs} args with `seen`: what it was decided on @param {(reply: ActionReply, of: Shown) => void} done
   */
  async act_(action, args, done) {
    if (this.acting_) return;
    this.acting_ = true;
    const turn = this.turn_;
    const of = this.sidebar_.shown();
    this.element.setAttribute('aria-busy', 'true');
    this.changed_.textContent = '';
    this.tell_(null);
    try {
      const reply = await this.sidebar_.commands.run(action, args, of);
      this.acting_ = false;
      done(reply, of);
    } catch (problem) {
      if (turn !== this.turn_) {
        this.sidebar_.resolution.missed(problem, of);
        return;
      }
      this.acting_ = false;
      if (this.settled_(problem, of)) return;
      if (reasonOf(problem) === 'changed') this.show_change_();
      else this.fail_(problem, true, () => this.act_(action, args, done));
    } finally {
      this.element.removeAttribute('aria-busy');
    }
  }

  /** The arguments of a command with what it was decided on, where the server said what that was. @param {ActionArgs} args @returns {ActionArgs} */
  decided_on_(args) {
    return this.seen_ === undefined ? args : { ...args, seen: this.seen_ };
  }

  /** True where a refusal says that there is nothing left to do. @param {unknown} _problem @param {Shown} _of */
  settled_(_problem, _of) {
    return false;
  }

  /** What was decided on is no longer so: it is shown as it is now, and can be decided again. */
  show_change_() {
    this.changed_.textContent = this.sidebar_.text.get('changed.now');
    return this.look_again_();
  }

  /** @param {unknown} problem @param {boolean} command @param {() => void} again */
  fail_(problem, command, again) {
    this.tell_(trouble(problem, this.sidebar_, { command, again, look_again: () => this.look_again_() }));
  }

  /** @param {HTMLElement | null} node */
  tell_(node) {
    const held = this.trouble_.contains(this.sidebar_.root.activeElement);
    renew(this.trouble_, node);
    if (held && !this.sidebar_.root.activeElement) this.title_.focus({ preventScroll: true });
  }

  async look_again_() {
    this.tell_(null);
    this.title_.focus({ preventScroll: true });
    const turn = this.turn_;
    await this.sidebar_.refresh().catch(() => {});
    if (turn === this.turn_) this.reload();
  }
}
