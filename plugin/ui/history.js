// The History pivot: oldest at the top, opened at the bottom; pages come in at both ends without moving what is being read.
import { arrangeBlocks, rowsBetween } from './blocks.js';
import { h, icon, renew } from './dom.js';
import { ActivityPlot } from './activity.js';
import { HistoryRows } from './history_rows.js';
import { HistoryWindow, historyItems } from './history_window.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').History} HistoryData */
/** @typedef {import('./types.d.ts').Filter} Filter */

const load_ahead_px = 900;
const at_end_px = 24;
const search_after_ms = 300;

export class History {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    const { text } = sidebar;
    this.sidebar_ = sidebar;
    this.window_ = new HistoryWindow();
    /** @type {Filter} */
    this.filter_ = {};
    this.present_open_ = false;
    this.placed_ = false;
    this.scroll_top_ = 0;
    this.news_count_ = 0;
    this.turn_ = 0;
    this.drawn_filters_ = '';
    /** @type {string[]} */
    this.channels_ = [];
    this.hidden_ = false;
    this.filling_ = false;
    this.asking_ = 0;
    /** @type {number | undefined} */
    this.looking_ = undefined;
    /** @type {number | undefined} */
    this.ending_ = undefined;
    this.rows_ = new HistoryRows(sidebar, {
      toggle_present: () => this.toggle_present_(),
      present_open: () => this.present_open_,
      ticket_side: () => this.ticket_side_(),
      search: () => this.filter_.search ?? '',
    });
    this.plot_ = new ActivityPlot(sidebar);
    this.search = h('input', {
      type: 'search', class: 'search', 'aria-label': text.get('history.search'), placeholder: text.get('history.search'), maxlength: '100', dir: 'auto',
      oninput: () => this.search_soon_(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.search_key_(event),
    });
    this.channel_ = h('select', { 'aria-label': text.get('history.channel'), onchange: () => this.filter_changed_() });
    this.account_ = h('select', { 'aria-label': text.get('history.account'), onchange: () => this.filter_changed_() });
    this.list_ = h('div', { class: 'history-list' });
    this.scroller = h('div', {
      class: 'scroller', tabindex: '0', role: 'region', 'aria-label': text.get('history.region'), 'data-focus': 'history:scroller',
      onscroll: () => this.scrolled_(),
    }, this.list_);
    this.news_ = h('button', { type: 'button', class: 'news', hidden: true, onclick: () => this.go('last') });
    this.note_ = h('p', { class: 'muted empty', hidden: true, role: 'status' });
    this.element = h('div', { class: 'history' },
      h('div', { class: 'tools' },
        h('div', { class: 'tool-row' }, this.search, this.button_('first'), this.button_('last')),
        h('div', { class: 'tool-row selects' }, this.channel_, this.account_),
        this.plot_.element),
      this.note_, this.scroller, this.news_);
    new ResizeObserver(() => this.shown()).observe(this.scroller);
  }

  /** @param {'first' | 'last'} end */
  button_(end) {
    const words = this.sidebar_.text.get(`history.${end}`);
    return h('button', { type: 'button', class: 'icon-button', 'aria-label': words, 'data-focus': `history:${end}`, onclick: () => this.go(end) }, icon(end));
  }

  /** Another person, or the first reply. */
  clear() {
    ++this.turn_;
    this.rows_.clear();
    this.window_ = new HistoryWindow();
    this.filter_ = {};
    this.search.value = '';
    this.present_open_ = false;
    this.placed_ = false;
    this.set_news_(0);
    this.drawn_filters_ = '';
  }

  /** The newest page out of a complete reply. `regrouped`: what is loaded is the history of other parts. @param {HistoryData} page @param {boolean} first @param {boolean} [regrouped] */
  update(page, first, regrouped = false) {
    this.channels_ = page.channels ?? this.channels_;
    this.draw_filters_();
    this.plot_.update(page);
    if (first || (regrouped && !this.filtered_())) {
      ++this.turn_;
      if (regrouped) this.placed_ = false;
      this.window_.replace(page);
      this.draw_();
      this.shown();
    } else if (this.filtered_()) {
      if (regrouped || !this.asking_) this.fetch_({ cursor: 'last', filter: this.filter_ }, (found) => (regrouped ? this.replace_(found) : this.renew_(found)));
    } else {
      this.renew_(page);
    }
  }

  /** @param {HistoryData} page */
  renew_(page) {
    const at_end = this.placed_ && this.at_end_();
    const height = this.scroller.scrollHeight;
    const count = this.window_.renew(page);
    this.keep_place_(() => this.draw_());
    const unseen = this.window_.after !== null || !at_end || this.scroller.scrollHeight > height;
    if (count && unseen) this.set_news_(this.news_count_ + count);
  }

  /** Called when the pivot becomes visible or changes its size. */
  shown() {
    if (!this.scroller.clientHeight) return;
    if (!this.placed_) {
      this.placed_ = true;
      this.to_end_();
    } else if (this.hidden_) {
      this.scroller.scrollTop = this.scroll_top_;
    }
    this.hidden_ = false;
    this.look_();
    this.fill_();
  }

  hidden() {
    this.hidden_ = true;
  }

  /** Goes to the very first or last engagement. @param {'first' | 'last'} end */
  async go(end) {
    const { window_ } = this;
    if ((end === 'first' ? window_.before : window_.after) !== null) {
      await this.fetch_({ cursor: end, filter: this.filter_ }, (page) => this.replace_(page));
    }
    this.leave_end_();
    if (end === 'first') this.scroller.scrollTop = 0;
    else this.to_end_();
    this.scroller.focus({ preventScroll: true });
  }

  /** Shows one engagement among its neighbours, marked and in focus. @param {string} id */
  async openEngagement(id) {
    if (!this.rows_.node(`e${id}`)) {
      this.filter_ = {};
      this.search.value = '';
      this.drawn_filters_ = '';
      this.draw_filters_();
      await this.fetch_({ filter: { around: id } }, (page) => this.replace_(page));
    }
    if (!this.rows_.node(`e${id}`) && this.window_.rows.some((row) => row.id === id)) {
      this.present_open_ = true;
      this.draw_();
    }
    const node = this.rows_.node(`e${id}`);
    if (!node) {
      this.sidebar_.say(this.sidebar_.text.get('history.not_found'));
      this.scroller.focus();
      return;
    }
    this.list_.querySelector('.marked')?.classList.remove('marked');
    node.classList.add('marked');
    this.placed_ = true;
    this.hidden_ = false;
    this.leave_end_();
    for (let pass = 0; pass < 2; ++pass) node.scrollIntoView({ block: 'center' });
    node.focus({ preventScroll: true });
  }

  /** Where on the page the ticket stands, seen from here: '' at the left, as usual. */
  ticket_side_() {
    const { left, right, width } = this.sidebar_.host.getBoundingClientRect();
    if (width > 0.7 * innerWidth) return '_below';
    return left + right < innerWidth ? '_right' : '';
  }

  filtered_() {
    return Object.keys(this.filter_).length > 0;
  }

  at_end_() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollTop + clientHeight >= scrollHeight - at_end_px;
  }

  /** Again in the next two frames, because rows that come into view take their true height; unless somebody left meanwhile. */
  to_end_(again = 2) {
    this.leave_end_();
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.set_news_(0);
    if (again) this.ending_ = requestAnimationFrame(() => this.to_end_(again - 1));
  }

  leave_end_() {
    if (this.ending_ !== undefined) cancelAnimationFrame(this.ending_);
    this.ending_ = undefined;
  }

  toggle_present_() {
    this.present_open_ = !this.present_open_;
    this.draw_();
  }

  draw_() {
    const { text } = this.sidebar_;
    const held = /** @type {HTMLElement | null} */ (this.sidebar_.root.activeElement);
    const key = held && this.list_.contains(held) ? held.dataset.focus : undefined;
    const search = this.filter_.search ?? '';
    const items = historyItems(this.window_, { open_present: this.present_open_ || search !== '', filtered: this.filtered_() });
    this.list_.classList.toggle('many', this.window_.rows.length > 200);
    arrangeBlocks(this.list_, this.rows_.nodes(items));
    this.look_();
    this.note_.hidden = items.length > 0;
    this.note_.textContent = items.length ? '' : text.get(this.filtered_() ? 'history.nothing_found' : 'history.empty');
    if (key && !this.sidebar_.root.activeElement) {
      /** @type {HTMLElement[]} */ ([...this.list_.querySelectorAll('[data-focus]')]).find((one) => one.dataset.focus === key)?.focus({ preventScroll: true });
    }
  }

  draw_filters_() {
    const { text, reply } = this.sidebar_;
    const accounts = Object.entries(reply.accounts ?? {});
    const channels = this.channels_;
    const drawn = JSON.stringify([accounts, channels]);
    if (drawn === this.drawn_filters_) return;
    this.drawn_filters_ = drawn;
    /** @param {HTMLSelectElement} select @param {string} all @param {[string, string][]} options @param {string} chosen */
    const fill = (select, all, options, chosen) => {
      select.hidden = options.length < 2;
      renew(select, h('option', { value: '' }, all), options.map(([value, label]) => h('option', { value }, label)));
      select.value = chosen;
    };
    fill(this.channel_, text.get('history.all_channels'), channels.map((one) => [one, text.name('channel', one)]), this.filter_.channel ?? '');
    fill(this.account_, text.get('history.all_accounts'), accounts.map(([id, one]) => [id, one.label]), this.filter_.account ?? '');
  }

  search_soon_() {
    clearTimeout(this.search_timer_);
    this.search_timer_ = setTimeout(() => this.filter_changed_(), search_after_ms);
  }

  filter_changed_() {
    clearTimeout(this.search_timer_);
    /** @type {Filter} */
    const filter = {};
    const search = this.search.value.trim();
    if (search) filter.search = search;
    if (this.channel_.value) filter.channel = this.channel_.value;
    if (this.account_.value) filter.account = this.account_.value;
    this.filter_ = filter;
    this.fetch_({ cursor: 'last', filter }, (page) => {
      this.replace_(page);
      this.to_end_();
    });
  }

  /** @param {HistoryData} page */
  replace_(page) {
    this.window_.replace(page);
    this.draw_();
  }

  /**
   * Asks for the page that somebody wants to see.
   * @param {{ cursor?: string, filter?: Filter }} call
   * @param {(page: HistoryData) => void} use
   */
  async fetch_(call, use) {
    ++this.asking_;
    await this.ask_(call, use);
    --this.asking_;
    this.fill_();
  }

  /**
   * Asks for a page; an answer that a later question has overtaken is dropped.
   * @param {{ cursor?: string, filter?: Filter }} call
   * @param {(page: HistoryData) => void} use
   */
  async ask_({ cursor, filter }, use) {
    const turn = ++this.turn_;
    const { sidebar_ } = this;
    /** @type {import('./types.d.ts').PanelCall} */
    const call = { pivot: 'history' };
    if (cursor) call.cursor = cursor;
    if (filter && Object.keys(filter).length) call.filter = filter;
    try {
      const reply = await sidebar_.api.panel(call);
      if (turn !== this.turn_ || !reply.history) return;
      use(reply.history);
    } catch {
      if (turn === this.turn_) sidebar_.say(sidebar_.text.get('problem.unavailable'));
    }
  }

  scrolled_() {
    if (!this.scroller.clientHeight) return;
    this.scroll_top_ = this.scroller.scrollTop;
    if (this.window_.after === null && this.at_end_()) this.set_news_(0);
    this.look_();
    this.fill_();
  }

  /** Once a frame: which of the rows in view are cut off. */
  look_() {
    this.looking_ ??= requestAnimationFrame(() => {
      this.looking_ = undefined;
      const { top, bottom } = this.scroller.getBoundingClientRect();
      if (bottom > top) this.rows_.offerMore(rowsBetween(this.list_, top, bottom));
    });
  }

  /** Asks for the next page where the end of what is loaded is near; never past somebody's own question, which it would overtake. */
  async fill_() {
    const { scroller, window_ } = this;
    if (this.filling_ || this.asking_ || !this.placed_ || !scroller.clientHeight) return;
    const below = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    const side = window_.before !== null && scroller.scrollTop < load_ahead_px ? 'before'
      : window_.after !== null && below < load_ahead_px ? 'after' : null;
    if (!side) return;
    this.filling_ = true;
    const cursor = /** @type {string} */ (window_[side]);
    let joined = false;
    await this.ask_({ cursor, filter: this.filter_ }, (page) => {
      joined = true;
      window_.join(page, side);
      this.keep_place_(() => this.draw_());
    });
    this.filling_ = false;
    if (joined) this.fill_();
  }

  /** Draws without moving the row that stands at the top of the view. @param {() => void} draw */
  keep_place_(draw) {
    const { scroller, list_ } = this;
    const { top, bottom } = scroller.getBoundingClientRect();
    const seen = this.placed_ && bottom > top ? rowsBetween(list_, top, bottom) : [];
    const row = seen.find((one) => !one.matches('.chapter')) ?? seen[0];
    const before = row?.getBoundingClientRect().top ?? 0;
    draw();
    if (!row?.isConnected) return;
    const moved = row.getBoundingClientRect().top - before;
    if (moved) scroller.scrollTop += moved;
  }

  /** @param {number} count */
  set_news_(count) {
    if (count === this.news_count_) return;
    const had = this.news_count_;
    this.news_count_ = count;
    this.news_.hidden = count === 0;
    const words = this.sidebar_.text.get('history.news', { count });
    this.news_.textContent = words;
    if (count && !had && (this.sidebar_.pivot === 'history' || this.sidebar_.wide)) this.sidebar_.say(words, true);
  }

  /** @param {KeyboardEvent} event */
  search_key_(event) {
    if (event.key === 'Enter') this.filter_changed_();
    else if (event.key === 'Escape' && this.search.value) {
      this.search.value = '';
      this.filter_changed_();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
