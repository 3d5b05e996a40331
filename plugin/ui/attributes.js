// The Attributes pivot: search, and all attributes by category, by source or by social profile. Loaded when idle, so that opening it asks nothing.
import { arrowKeys, byFocusKey, h, renew } from './dom.js';
import { AttributeRows, rowName } from './attribute_rows.js';
import { categoryLabel } from './compose.js';
import { profileCard } from './profile_card.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Attributes} AttributesData */
/** @typedef {import('./types.d.ts').AttributeRow} AttributeRow */
/** @typedef {{ id: string, label: string, rows: AttributeRow[][], card?: HTMLElement }} Section rows that name the same thing stand together */
/** @typedef {'category' | 'source' | 'profile'} Grouping */

const few_attributes = 30;
const most_pages = 40;
/** @type {Grouping[]} */
const groupings = ['category', 'source', 'profile'];

export class Attributes {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    const { text } = sidebar;
    this.sidebar_ = sidebar;
    /** @type {AttributesData | null} */
    this.data_ = null;
    /** @type {Grouping} */
    this.grouping_ = 'category';
    /** @type {Set<string>} */
    this.open_ = new Set();
    this.rows_ = new AttributeRows(sidebar, () => this.draw_());
    this.failed_ = false;
    this.stale_ = true;
    this.turn_ = 0;
    this.drawn_ = '';
    /** @type {string | undefined} the head or row to go to when it is drawn */
    this.wanted_ = undefined;
    this.search = h('input', {
      type: 'search', class: 'search', 'aria-label': text.get('attributes.search'), placeholder: text.get('attributes.search'), maxlength: '100', dir: 'auto',
      oninput: () => this.draw_(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.search_key_(event),
    });
    this.count_ = h('p', { class: 'muted small', role: 'status' });
    this.group_ = h('div', { class: 'segments', role: 'radiogroup', 'aria-label': text.get('attributes.group_by') });
    this.list_ = h('div', { class: 'sections' });
    this.element = h('div', { class: 'attributes' },
      h('div', { class: 'tools' }, this.search, this.group_, this.count_), this.list_);
    arrowKeys(this.list_, 'button.section-head, button.attribute');
    this.draw_groupings_();
  }

  /** Fetches all attributes unless they are here already; a page after the other. */
  async load() {
    if (!this.stale_) return;
    this.stale_ = false;
    const turn = ++this.turn_;
    try {
      /** @type {AttributesData | null} */
      let all = null;
      /** @type {AttributeRow[]} */
      let rows = [];
      /** @type {string | undefined} */
      let cursor = undefined;
      for (let page = 0; page < most_pages; ++page) {
        /** @type {import('./types.d.ts').Reply} */
        const reply = await this.sidebar_.api.panel(cursor ? { pivot: 'attributes', cursor } : { pivot: 'attributes' });
        if (turn !== this.turn_) return;
        const got = reply.attributes;
        if (!got) break;
        rows = rows.concat(got.rows);
        all = { ...got, rows };
        if (!got.next) break;
        cursor = got.next;
      }
      this.failed_ = false;
      const drawn = JSON.stringify(all);
      if (drawn === this.drawn_) return;
      this.drawn_ = drawn;
      this.data_ = all;
    } catch {
      if (turn !== this.turn_) return;
      this.stale_ = true;
      this.failed_ = true;
    }
    this.draw_();
  }

  /** What is shown may have changed on the server. */
  expire() {
    this.stale_ = true;
    this.rows_.forget();
  }

  /** Another person: nothing of the one before stays. */
  clear() {
    this.expire();
    ++this.turn_;
    this.data_ = null;
    this.drawn_ = '';
    this.open_.clear();
    this.rows_.clear();
    this.search.value = '';
    this.draw_();
  }

  /** Shows the rows of one category and goes there. @param {string} id */
  openCategory(id) {
    this.grouping_ = 'category';
    this.search.value = '';
    this.open_.clear();
    this.open_.add(id);
    this.wanted_ = `section:${id}`;
    this.draw_groupings_();
    this.draw_();
  }

  draw_groupings_() {
    const { text } = this.sidebar_;
    renew(this.group_, groupings.map((one) => h('label', { class: one === this.grouping_ ? 'chosen' : '' },
      h('input', {
        type: 'radio', name: 'grouping', value: one, checked: one === this.grouping_, 'data-focus': `grouping:${one}`,
        onchange: () => {
          this.grouping_ = one;
          this.open_.clear();
          this.draw_groupings_();
          this.draw_();
        },
      }), text.get(`attributes.by_${one}`))));
  }

  draw_() {
    const { text, reply } = this.sidebar_;
    const data = this.data_;
    this.list_.setAttribute('aria-busy', String(!data && !this.failed_));
    if (!data) {
      renew(this.list_, this.failed_
        ? h('p', { class: 'empty' }, text.get('problem.unavailable'), ' ', h('button', { type: 'button', class: 'link', onclick: () => this.load() }, text.get('retry')))
        : h('div', { class: 'skeleton late', 'aria-hidden': 'true' }, Array.from({ length: 8 }, () => h('span', {}))));
      return;
    }
    const wanted = this.search.value.trim().toLocaleLowerCase();
    const found = wanted ? data.rows.filter((row) => this.matches_(row, wanted)) : data.rows;
    const total = Math.max(data.total, data.rows.length);
    this.count_.textContent = wanted
      ? text.get('attributes.found', { count: found.length, total })
      : text.get((reply.counts?.taxonomy ?? 0) > total ? 'attributes.count' : 'attributes.count_only', { count: total, taxonomy: reply.counts?.taxonomy ?? 0 });
    const all_open = wanted !== '' || data.rows.length <= few_attributes;
    renew(this.list_, this.sections_(found).map((section) => this.section_(section, all_open)));
    if (this.wanted_) {
      const target = byFocusKey(this.list_, this.wanted_);
      this.wanted_ = undefined;
      target?.focus({ preventScroll: true });
      target?.scrollIntoView({ block: 'nearest' });
    }
  }

  /** @param {AttributeRow} row @param {string} wanted */
  matches_(row, wanted) {
    const { text, format } = this.sidebar_;
    const value = row.value === true ? '' : format.value(row);
    return [rowName(row, text), value, row.source ?? ''].some((one) => one.toLocaleLowerCase().includes(wanted));
  }

  /** @param {AttributeRow[]} rows @returns {Section[]} */
  sections_(rows) {
    const data = /** @type {AttributesData} */ (this.data_);
    const { text } = this.sidebar_;
    if (this.grouping_ === 'category') {
      const names = new Map(data.categories.map((one) => [one.id, categoryLabel(one, text)]));
      for (const row of rows) if (!names.has(row.category)) names.set(row.category, row.category);
      return sectionsBy(rows, (row) => row.category, names);
    }
    if (this.grouping_ === 'source') return sectionsBy(rows, (row) => this.source_(row), new Map());
    const profiles = new Map(data.profiles.map((one) => [one.record, one]));
    const names = new Map(data.profiles.map((one) => [one.record, one.handle ?? one.name ?? one.provider]));
    names.set('', text.get('attributes.no_profile'));
    return sectionsBy(rows.filter((row) => row.interest), (row) => (profiles.has(row.record) ? row.record : ''), names).map((section) => {
      const profile = profiles.get(section.id);
      return profile ? { ...section, label: text.get('group.interest'), card: profileCard(profile, this.sidebar_) } : section;
    });
  }

  /** @param {AttributeRow} row */
  source_(row) {
    return row.source || this.sidebar_.reply.accounts?.[row.account]?.label || this.sidebar_.text.get('attributes.unknown_source');
  }

  /** @param {Section} section @param {boolean} all_open */
  section_(section, all_open) {
    const { format } = this.sidebar_;
    const open = all_open !== this.open_.has(section.id);
    const head = h('button', {
      type: 'button', class: 'section-head', 'aria-expanded': open, 'data-focus': `section:${section.id}`,
      onclick: () => {
        if (!this.open_.delete(section.id)) this.open_.add(section.id);
        this.draw_();
      },
    }, h('span', { class: 'section-name', dir: 'auto' }, section.label), h('span', { class: 'count' }, format.number(section.rows.length)));
    return h('section', { class: section.card ? 'section card' : 'section' },
      section.card ?? null,
      h('h3', {}, head),
      open ? h('ul', { class: 'rows' }, section.rows.map((rows) => this.rows_.draw(rows, (row) => this.source_(row)))) : null);
  }

  /** @param {KeyboardEvent} event */
  search_key_(event) {
    if (event.key === 'Escape' && this.search.value) {
      this.search.value = '';
      this.draw_();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
      /** @type {HTMLElement | null} */ (this.list_.querySelector('button.attribute, button.section-head'))?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * @param {AttributeRow[]} rows
 * @param {(row: AttributeRow) => string} key_of
 * @param {Map<string, string>} names also gives the order
 * @returns {Section[]}
 */
function sectionsBy(rows, key_of, names) {
  /** @type {Map<string, Section>} */
  const sections = new Map([...names].map(([id, label]) => [id, { id, label, rows: [] }]));
  for (const row of rows) {
    const id = key_of(row);
    let section = sections.get(id);
    if (!section) {
      section = { id, label: id, rows: [] };
      sections.set(id, section);
    }
    const same = row.interest ? section.rows.find(([first]) => first.interest && first.name === row.name) : undefined;
    if (same) same.push(row);
    else section.rows.push([row]);
  }
  return [...sections.values()].filter((section) => section.rows.length);
}
