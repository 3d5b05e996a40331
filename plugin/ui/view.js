// The whole screen: header, notes, tabs and the three pivots; which of them shows, and the way back.
import { byFocusKey, h, icon, renew } from './dom.js';
import { Attributes } from './attributes.js';
import { Commands } from './commands.js';
import { Header } from './header.js';
import { History } from './history.js';
import { Keys } from './keys.js';
import { Menu } from './menu.js';
import { Notes } from './notes.js';
import { Requesters } from './requesters.js';
import { Resolution } from './resolution.js';
import { SelectedText } from './selection.js';
import { Summary } from './summary.js';
import { Tabs, pivots } from './tabs.js';
import { straight } from './text.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Reply} Reply */
/** @typedef {import('./types.d.ts').Pivot} Pivot */
/** @typedef {import('./types.d.ts').NoteLink} NoteLink */
/** @typedef {import('./types.d.ts').Outcome} Outcome */
/** @typedef {{ pivot: Pivot, focus_key: string, scroll: number, who_open: boolean }} Place */

const message_ms = 4000;
const gap_px = 12;
const narrowest_gap_px = 4;
/** 720 px in the usual size. */
const column_letters = 55;

/** @implements {Sidebar} */
export class View {
  /**
   * @param {HTMLElement} host
   * @param {ShadowRoot} root
   * @param {import('./text.js').Text} text
   * @param {import('./format.js').Format} format
   * @param {import('./api.js').Api} api
   * @param {{ refresh: () => Promise<void>, choose: (index: number) => void }} element
   */
  constructor(host, root, text, format, api, element) {
    this.host = host;
    this.root = root;
    this.text = text;
    this.format = format;
    this.api = api;
    this.refresh = element.refresh;
    /** @type {Reply} */
    this.reply = { version: '' };
    /** @type {number | undefined} who of the requesters this reply is about */
    this.select_ = undefined;
    /** @type {Pivot} */
    this.pivot = 'summary';
    this.wide = false;
    /** @type {Place[]} */
    this.places_ = [];
    /** @type {Map<Pivot, number>} */
    this.scrolls_ = new Map();
    this.who_open_ = false;
    /** @type {number | null} */
    this.stale_of_us_ = null;
    this.commands = new Commands(api);
    /** A command changed who this is, and the reply that shows it is not here yet. */
    this.regrouping_ = false;

    /** @type {Menu} */
    this.menu_ = new Menu(this);
    this.requesters_ = new Requesters(this, element.choose);
    this.header_ = new Header(this);
    /** @type {Resolution} */
    this.resolution = new Resolution(this);
    this.notes_ = new Notes(this);
    this.tabs_ = new Tabs(this);
    this.summary_ = new Summary(this);
    this.attributes_ = new Attributes(this);
    this.history_ = new History(this);
    this.selected = new SelectedText(this);
    /** @type {HTMLElement} */
    this.who_ = h('div', { class: 'who', id: 'who' }, this.menu_.element, this.requesters_.element, this.header_.element, this.resolution.element,
      this.notes_.element);
    this.who_button_ = h('button', {
      type: 'button', class: 'who-button', 'aria-controls': 'who', 'data-focus': 'who', onclick: () => this.open_who_(!this.who_open_),
    });
    this.back_ = h('button', { type: 'button', class: 'back', hidden: true, 'data-focus': 'back', onclick: () => this.back() });
    this.bar_ = h('div', { class: 'bar' }, this.who_button_, this.tabs_.element);
    const parts = { summary: this.summary_.element, attributes: this.attributes_.element, history: this.history_.element };
    this.history_title_ = h('h2', { class: 'history-title unseen', id: 'history-title' });
    this.panels_ = new Map(pivots.map((pivot) => [pivot, h('div', {
      class: `panel panel-${pivot}`, id: `panel-${pivot}`, role: 'tabpanel', 'aria-labelledby': `tab-${pivot}`,
    }, pivot === 'history' ? this.history_title_ : null, parts[pivot])]));
    this.fault_ = h('p', { class: 'fault', role: 'status', hidden: true });
    this.stale_ = h('p', { class: 'stale', hidden: true });
    this.live_ = h('p', { class: 'live', role: 'status' });
    /** @type {HTMLElement} */
    this.frame = h('section', { class: 'frame', 'aria-label': text.get('sidebar') },
      this.who_, this.bar_, this.back_, this.fault_, [...this.panels_.values()], this.stale_, this.live_);
    this.frame.append(this.selected.element);
    this.keys_ = new Keys(this);
    new ResizeObserver(() => this.spread_()).observe(this.frame);
    this.arrange_();
  }

  start() {
    this.keys_.start();
    this.selected.start();
  }

  stop() {
    this.keys_.stop();
    this.selected.stop();
    if (this.wide) this.toggleWide();
  }

  /** Draws a complete reply. `first`: this person was not shown before, so everything begins anew. @param {Reply} reply @param {boolean} first */
  apply(reply, first) {
    const regrouped = !first && this.regrouped_(reply);
    this.reply = reply;
    this.select_ = this.api.select;
    this.regrouping_ = false;
    const { identity, history } = reply;
    if (first) {
      this.spread_();
      this.history_.clear();
      this.attributes_.clear();
      this.summary_.collapse();
      this.places_ = [];
      if (this.pivot !== 'summary') this.show('summary');
    } else {
      this.attributes_.expire();
    }
    this.requesters_.update(reply.requesters ?? []);
    if (identity) this.header_.update(identity);
    this.notes_.update(this.name_(), this.api.select);
    this.summary_.update(reply.summary ?? [], reply.since ?? null);
    if (history) this.history_.update(history, first, regrouped);
    this.resolution.update(first);
    this.menu_.update();
    this.tabs_.update();
    this.draw_bar_();
    this.draw_faults_();
  }

  /** The choice could not be followed: the row shows again who is shown. */
  redrawRequesters() {
    this.requesters_.update([]);
    this.requesters_.update(this.reply.requesters ?? []);
  }

  /** What nobody waits for at the first paint. */
  loadRest() {
    this.resolution.preload();
    return this.attributes_.load();
  }

  /** Lets the clocks go on. */
  tick() {
    this.header_.tick();
  }

  name_() {
    const { identity } = this.reply;
    return straight(identity?.name || identity?.identifiers[0]?.value || this.text.get('identity.unnamed'));
  }

  mayWrite() {
    return this.reply.may ? this.may('note.write') : this.api.scopes === null || this.may('note.write');
  }

  /** Somebody is known here, and this agent may say who they are. */
  mayMerge() {
    return this.may('identity.merge') && Boolean(this.reply.identity?.id);
  }

  /** @param {string} scope */
  may(scope) {
    return (this.reply.may ?? this.api.scopes ?? []).includes(scope);
  }

  /**
   * Whether the history is that of other parts than before: after a command from here, and where a colleague took a part away. One that comes in
   * while History is being read joins at the next opening, so that nothing moves under the reader's eyes.
   * @param {Reply} reply
   */
  regrouped_(reply) {
    if (this.regrouping_ || reply.identity?.id !== this.reply.identity?.id) return true;
    const records = (/** @type {Reply} */ one) => new Set((one.identity?.sources ?? []).flatMap(({ record }) => record ?? []));
    const [before, after] = [records(this.reply), records(reply)];
    const left = [...before].some((one) => !after.has(one));
    const reading = this.wide || this.pivot === 'history';
    return left || (!reading && [...after].some((one) => !before.has(one)));
  }

  /** Whom a command that is given now is about: who is on the screen, although another may be chosen already. */
  shown() {
    return { select: this.select_, identity: this.reply.identity?.id ?? null, name: this.name_() };
  }

  /** @param {Outcome} outcome */
  resolved(outcome) {
    if (this.resolution.resolved(outcome)) this.regrouping_ = true;
  }

  /** Who this is, where it is closed. */
  showWho() {
    if (this.pivot === 'history' && !this.wide) this.open_who_(true);
  }

  /** @param {string} message @param {boolean} [unseen] for the ear only: it stands on the screen already */
  say(message, unseen = false) {
    clearTimeout(this.say_timer_);
    this.live_.textContent = message;
    this.live_.classList.toggle('quiet', unseen);
    this.say_timer_ = setTimeout(() => {
      this.live_.textContent = '';
    }, message_ms);
  }

  /** "as of 13:51, refresh"; null: it is fresh. @param {number | null} as_of_us @param {() => void} again */
  showStale(as_of_us, again) {
    if (as_of_us === this.stale_of_us_) return;
    const words = as_of_us === null ? '' : this.text.get('state.stale', { time: this.format.time(as_of_us) });
    if (this.stale_of_us_ === null) this.say(words, true);
    this.stale_of_us_ = as_of_us;
    if (!words && this.stale_.contains(this.root.activeElement)) this.tabs_.focus();
    this.stale_.hidden = !words;
    renew(this.stale_, words, ' ',
      h('button', { type: 'button', class: 'link', 'data-focus': 'refresh', onclick: again }, this.text.get('refresh')));
  }

  draw_faults_() {
    const { errors } = this.reply;
    this.fault_.hidden = !errors?.length;
    this.fault_.textContent = errors?.length ? this.text.get('state.partly', { parts: this.format.list(errors.map((one) => this.text.name('part', one.part))) }) : '';
  }

  /** @param {Pivot} pivot */
  show(pivot) {
    this.places_ = [];
    this.turn_(pivot);
  }

  /** @param {Pivot} pivot */
  turn_(pivot) {
    if (pivot !== this.pivot && !(this.wide && pivot === 'history')) {
      this.scrolls_.set(this.pivot, this.scrolling_().scrollTop);
      if (this.pivot === 'history') this.history_.hidden();
      this.pivot = pivot;
      this.who_open_ = false;
    }
    if (pivot === 'attributes') this.attributes_.load();
    this.arrange_();
  }

  /** What shows where, for pivot and width. */
  arrange_() {
    const { frame, pivot, wide } = this;
    frame.dataset.pivot = pivot;
    frame.classList.toggle('who-open', this.who_open_);
    for (const [name, panel] of this.panels_) {
      panel.hidden = name !== pivot && !(wide && name === 'history');
      const as_region = wide && name === 'history';
      panel.setAttribute('role', as_region ? 'region' : 'tabpanel');
      panel.setAttribute('aria-labelledby', as_region ? 'history-title' : `tab-${name}`);
    }
    this.tabs_.update();
    this.draw_bar_();
    if (pivot === 'history') this.scrolling_().scrollTop = 0;
    else this.scrolling_().scrollTop = this.scrolls_.get(pivot) ?? 0;
    if (pivot === 'history' || wide) this.history_.shown();
    this.notes_.fit();
  }

  draw_bar_() {
    const { text, reply, pivot, wide } = this;
    const notes = reply.notes?.length ?? 0;
    this.who_button_.hidden = pivot !== 'history' || wide;
    this.who_button_.setAttribute('aria-expanded', String(this.who_open_));
    renew(this.who_button_, h('span', { class: 'who-name', dir: 'auto' }, this.name_()),
      notes ? h('span', { class: 'who-notes' }, text.get('bar.notes', { count: notes })) : null);
    renew(this.history_title_, `${text.get('tab.history')} `, h('span', { class: 'count' }, this.format.number(reply.counts?.history ?? 0)));
    const from = this.places_.at(-1)?.pivot;
    this.back_.hidden = !from;
    if (from) renew(this.back_, icon('back'), text.get(`back.${from}`));
  }

  /** Summary and Attributes scroll with what stands above them, in the wide view alone. */
  scrolling_() {
    const panel = this.panels_.get(this.pivot);
    return this.wide && panel ? panel : this.frame;
  }

  /** @param {boolean} open */
  open_who_(open) {
    this.who_open_ = open;
    this.frame.classList.toggle('who-open', open);
    this.draw_bar_();
    this.notes_.fit();
  }

  /** Follows something that leads to another pivot; Esc leads back to it. @param {Pivot} pivot @param {string} from its focus key */
  lead(pivot, from) {
    this.leave(from);
    this.turn_(pivot);
    this.focusPivot(pivot);
  }

  /** Remembers this place, before something leads away from it. @param {string} focus_key */
  leave(focus_key) {
    this.places_.push({ pivot: this.pivot, focus_key, scroll: this.scrolling_().scrollTop, who_open: this.who_open_ });
  }

  /** Returns to the place that was left last; false if there is none. */
  back() {
    const place = this.places_.pop();
    if (!place) return false;
    this.scrolls_.set(place.pivot, place.scroll);
    this.turn_(place.pivot);
    if (place.who_open) this.open_who_(true);
    this.scrolling_().scrollTop = place.scroll;
    byFocusKey(this.frame, place.focus_key)?.focus({ preventScroll: true });
    return true;
  }

  backLabel() {
    const from = this.places_.at(-1)?.pivot;
    return from ? this.text.get(`back.${from}`) : null;
  }

  /** @param {string} id */
  openCategory(id) {
    this.scrolls_.delete('attributes');
    this.turn_('attributes');
    this.attributes_.openCategory(id);
  }

  /** @param {string} id @param {string} from */
  async openEngagement(id, from) {
    this.leave(from);
    this.turn_('history');
    await this.history_.openEngagement(id);
  }

  /** @param {string} words @param {NoteLink | null} link */
  writeNote(words, link) {
    this.showWho();
    this.notes_.write(words, link);
  }

  /** The tabs are where one comes in. */
  enter() {
    this.tabs_.focus();
  }

  /** @param {Pivot} pivot */
  focusPivot(pivot) {
    if (this.wide && pivot === 'history') this.history_.scroller.focus();
    else this.tabs_.focus();
  }

  /** Goes to the search of what is shown. */
  search() {
    const in_history = this.pivot === 'history' || (this.wide && this.panels_.get('history')?.contains(this.root.activeElement));
    if (!in_history && this.pivot === 'summary') this.turn_('attributes');
    (in_history ? this.history_ : this.attributes_).search.focus();
    return true;
  }

  /** The very first or last engagement, where History is what one reads. @param {'first' | 'last'} end */
  goHistory(end) {
    const reading = this.wide ? this.panels_.get('history')?.contains(this.root.activeElement) : this.pivot === 'history';
    if (reading) this.history_.go(end);
    return Boolean(reading);
  }

  /** What follows from the room there is: the margin beside a scrollbar, and whether each of the wide view's columns has room for its words, however large. */
  spread_() {
    const { frame } = this;
    const letter_px = parseFloat(getComputedStyle(frame).fontSize);
    frame.style.setProperty('--beside-scrollbar', `${Math.max(narrowest_gap_px, gap_px - frame.offsetWidth + frame.clientWidth)}px`);
    frame.classList.toggle('columns', this.wide && frame.clientWidth > column_letters * letter_px);
  }

  toggleWide() {
    const active = this.root.activeElement;
    this.scrolls_.set(this.pivot, this.scrolling_().scrollTop);
    if (!this.wide) {
      const { left, right, height } = this.host.getBoundingClientRect();
      this.host.style.minBlockSize = `${height}px`;
      this.frame.classList.toggle('at-left', left + right < innerWidth);
      if (this.pivot === 'history') this.pivot = 'summary';
      this.frame.setAttribute('popover', 'manual');
      this.frame.showPopover();
    } else {
      if (this.frame.matches(':popover-open')) this.frame.hidePopover();
      this.frame.removeAttribute('popover');
      this.host.style.minBlockSize = '';
    }
    this.wide = !this.wide;
    this.history_.hidden();
    this.frame.classList.toggle('wide', this.wide);
    this.who_open_ = false;
    this.history_title_.classList.toggle('unseen', !this.wide);
    this.menu_.update();
    this.spread_();
    this.arrange_();
    if (active instanceof HTMLElement && active.checkVisibility()) active.focus({ preventScroll: true });
    else this.tabs_.focus();
  }
}
