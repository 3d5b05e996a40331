// One attribute a row; Enter opens it in place: where it came from, until when it holds, and the words that set it.
import { h, own } from './dom.js';
import { itemLabel } from './compose.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').AttributeRow} AttributeRow */
/** @typedef {import('./types.d.ts').Evidence} Evidence */
/** @typedef {import('./text.js').Text} Text */

/** @param {AttributeRow} row @param {Text} text */
export function rowName(row, text) {
  return row.name || itemLabel({ key: row.key ?? '', label: '' }, text);
}

export class AttributeRows {
  /** @param {Sidebar} sidebar @param {() => void} changed */
  constructor(sidebar, changed) {
    this.sidebar_ = sidebar;
    this.changed_ = changed;
    /** @type {Set<string>} */
    this.open_ = new Set();
    /** @type {Map<string, Evidence[] | 'loading' | 'failed'>} */
    this.evidence_ = new Map();
  }

  clear() {
    this.open_.clear();
    this.evidence_.clear();
  }

  /** Evidence is asked for again at the next opening; what is open keeps what it shows. */
  forget() {
    for (const id of this.evidence_.keys()) if (!this.open_.has(id)) this.evidence_.delete(id);
  }

  /** One line for what several sources say alike. @param {AttributeRow[]} rows @param {(row: AttributeRow) => string} source_of */
  draw(rows, source_of) {
    const { text, format } = this.sidebar_;
    const [row] = rows;
    const sources = [...new Set(rows.map(source_of))];
    const open = this.open_.has(row.id);
    return h('li', { class: open ? 'open' : '' },
      h('button', {
        type: 'button', class: 'attribute', 'aria-expanded': open, 'data-focus': `attribute:${row.id}`,
        onclick: () => this.toggle_(rows),
      }, h('span', { class: 'attribute-name' }, own(rowName(row, text))),
        row.interest || row.value === true ? null : h('span', { class: 'attribute-value' }, own(format.value(row))),
        h('span', { class: 'attribute-source', dir: 'auto' }, format.list(sources))),
      open ? rows.map((one) => this.details_(one, source_of(one))) : null);
  }

  /** @param {AttributeRow[]} rows */
  toggle_(rows) {
    const open = !this.open_.has(rows[0].id);
    for (const row of rows) {
      if (!open) this.open_.delete(row.id);
      else this.open_.add(row.id);
      if (open && row.evidence > 0 && !Array.isArray(this.evidence_.get(row.id))) this.load_(row);
    }
    this.changed_();
  }

  /** @param {AttributeRow} row */
  async load_(row) {
    this.evidence_.set(row.id, 'loading');
    try {
      const reply = await this.sidebar_.api.panel({ pivot: 'evidence', filter: { attribute: row.id } });
      this.evidence_.set(row.id, reply.evidence ?? []);
    } catch {
      this.evidence_.set(row.id, 'failed');
    }
    if (this.open_.has(row.id)) this.changed_();
  }

  /** @param {AttributeRow} row @param {string} source */
  details_(row, source) {
    const { text, format } = this.sidebar_;
    /** @type {[string, string][]} */
    const facts = [];
    if (!row.interest) facts.push(['value', format.value(row)]);
    facts.push(['source', source], ['party', text.get(`party.${row.party}`)], ['set', format.fullDay(row.set_us)]);
    facts.push(['expires', row.expires_us ? format.fullDay(row.expires_us) : text.get('attribute.never')]);
    if (row.sensitive) facts.push(['sensitive', text.get('value.yes')]);
    return h('div', { class: 'details' },
      h('dl', {}, facts.map(([name, value]) => [h('dt', {}, text.get(`attribute.${name}`)), h('dd', {}, own(value))]).flat()),
      this.words_(row));
  }

  /** @param {AttributeRow} row */
  words_(row) {
    const { text, format } = this.sidebar_;
    if (!row.evidence) return null;
    const evidence = this.evidence_.get(row.id);
    if (evidence === 'failed') {
      return h('p', {}, text.get('problem.unavailable'), ' ',
        h('button', { type: 'button', class: 'link', 'data-focus': `evidence-retry:${row.id}`, onclick: () => this.load_(row) }, text.get('retry')));
    }
    if (!Array.isArray(evidence)) {
      return h('div', { class: 'skeleton late', 'aria-hidden': 'true' }, Array.from({ length: row.evidence > 2 ? 3 : row.evidence }, () => h('span', {})));
    }
    return h('ul', { class: 'evidence', 'aria-label': text.get('attribute.evidence') }, evidence.map((one, index) => {
      const { engagement } = one;
      return h('li', {}, h('q', {}, own(one.words)), ' ',
        h('span', { class: 'muted' }, format.fullDay(one.at_us)),
        engagement ? [' ', h('button', {
          type: 'button', class: 'link', 'data-focus': `evidence:${row.id}:${index}`,
          onclick: () => this.sidebar_.openEngagement(engagement, `evidence:${row.id}:${index}`),
        }, text.get('attribute.show_in_history'))] : null);
    }));
  }
}
