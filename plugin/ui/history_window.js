// The part of a history that is loaded: rows in order of time without a hole, with the cursors that lead on at both ends.

/** @typedef {import('./types.d.ts').History} History */
/** @typedef {import('./types.d.ts').HistoryRow} HistoryRow */
/** @typedef {import('./types.d.ts').Thread} Thread */
/** @typedef {{ key: string, kind: 'row', row: HistoryRow }} RowItem */
/** @typedef {{ key: string, kind: 'chapter', id: string, thread: Thread, channel: string, again: boolean }} ChapterItem */
/** @typedef {{ key: string, kind: 'present', thread: Thread }} PresentItem */
/** @typedef {{ key: string, kind: 'gap', accounts: string[], since_us: number }} GapItem */
/** @typedef {RowItem | ChapterItem | PresentItem | GapItem} HistoryItem */

const day_us = 86_400_000_000;

/** Ids are decimal strings beyond 2^53. @param {string} a @param {string} b */
function compareIds(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** @param {HistoryRow} a @param {HistoryRow} b */
export function compareRows(a, b) {
  return a.at_us - b.at_us || Number(a.type === 'interest') - Number(b.type === 'interest') || compareIds(a.id, b.id);
}

/** @param {HistoryRow} row */
export function rowKey(row) {
  return `${row.type === 'interest' ? 'i' : 'e'}${row.id}`;
}

export class HistoryWindow {
  constructor() {
    /** @type {HistoryRow[]} */
    this.rows = [];
    /** @type {string | null} */
    this.before = null;
    /** @type {string | null} */
    this.after = null;
    /** @type {Record<string, Thread>} */
    this.threads = {};
    /** @type {NonNullable<History['gaps']>} */
    this.gaps = [];
  }

  /** @param {History} page */
  replace(page) {
    this.rows = [...page.rows].sort(compareRows);
    this.before = page.before;
    this.after = page.after;
    this.threads = page.threads;
    this.gaps = page.gaps ?? this.gaps;
  }

  /** A page that joins on above (`before`) or below (`after`). @param {History} page @param {'before' | 'after'} side */
  join(page, side) {
    this.put_(page.rows, () => true);
    this.threads = { ...this.threads, ...page.threads };
    this[side] = page[side];
  }

  /**
   * The newest page as the server has it now: new rows come in, edited ones change, deleted ones go. Only where this window reaches the end.
   * @param {History} page
   * @returns {number} how many messages are new
   */
  renew(page) {
    const newest = this.rows.at(-1);
    this.threads = { ...this.threads, ...page.threads };
    if (this.after !== null) return newest ? page.rows.filter((row) => isMessage(row) && compareRows(row, newest) > 0).length : 0;
    const known = new Set(this.rows.map(rowKey));
    const rows = [...page.rows].sort(compareRows);
    const touches = page.before === null || !newest || rows.some((row) => known.has(rowKey(row)));
    if (!touches) {
      this.after = `a${newest.at_us}.${newest.id}`;
      return rows.filter(isMessage).length;
    }
    const oldest = rows[0];
    this.put_(rows, (row) => oldest !== undefined && page.before !== null && compareRows(row, oldest) < 0);
    if (this.rows[0] === oldest || !this.rows.length) this.before = page.before;
    return rows.filter((row) => isMessage(row) && !known.has(rowKey(row)) && (!newest || compareRows(row, newest) > 0)).length;
  }

  /** Rows that did not change keep their object, by which the list knows them. @param {HistoryRow[]} rows @param {(row: HistoryRow) => boolean} keep */
  put_(rows, keep) {
    const old = new Map(this.rows.map((row) => [rowKey(row), row]));
    const next = new Map(this.rows.filter(keep).map((row) => [rowKey(row), row]));
    for (const row of rows) {
      const before = old.get(rowKey(row));
      next.set(rowKey(row), before && JSON.stringify(before) === JSON.stringify(row) ? before : row);
    }
    this.rows = [...next.values()].sort(compareRows);
  }
}

/** @param {HistoryRow} row */
function isMessage(row) {
  return row.type !== 'interest';
}

/**
 * The rows under chapter headings. The present ticket is one closed chapter where it began, unless `open_present`.
 * @param {HistoryWindow} loaded
 * @param {{ open_present: boolean, filtered: boolean }} how filtered: only what was found
 * @returns {HistoryItem[]}
 */
export function historyItems(loaded, { open_present, filtered }) {
  const { rows, threads, before } = loaded;
  const [present_id, present] = Object.entries(threads).find(([, thread]) => thread.present) ?? ['', undefined];
  const oldest_us = rows[0]?.at_us ?? 0;
  /** @type {HistoryItem[]} */
  const items = [];
  const gaps = loaded.gaps.filter((gap) => !filtered && (before === null || gap.since_us >= oldest_us)).sort((a, b) => a.since_us - b.since_us);
  const seen = new Set();
  let chapter = '';
  const found = !filtered || rows.some((row) => row.thread === present_id && isMessage(row));
  /** Accounts connected on one day share a line. */
  const putGap = () => {
    const { account, since_us } = /** @type {NonNullable<History['gaps']>[number]} */ (gaps.shift());
    const last = items.at(-1);
    if (last?.kind === 'gap' && since_us - last.since_us < day_us) last.accounts.push(account);
    else items.push({ key: `gap:${account}`, kind: 'gap', accounts: [account], since_us });
  };
  let present_done = present === undefined || !found || (rows.length > 0 && before !== null && present.last_us < oldest_us);
  const putPresent = () => {
    if (present_done || !present) return;
    present_done = true;
    items.push({ key: `present:${present_id}`, kind: 'present', thread: present });
    chapter = present_id;
    if (!open_present) return;
    for (const row of rows) if (row.thread === present_id && isMessage(row)) items.push({ key: rowKey(row), kind: 'row', row });
  };
  for (const row of rows) {
    while (gaps.length && gaps[0].since_us <= row.at_us) putGap();
    if (present && row.at_us >= present.first_us) putPresent();
    if (row.thread === present_id && isMessage(row)) continue;
    const thread = row.thread ? threads[row.thread] : undefined;
    if (row.thread && thread && isMessage(row) && row.type !== 'order' && row.thread !== chapter) {
      chapter = row.thread;
      items.push({ key: `chapter:${chapter}:${rowKey(row)}`, kind: 'chapter', id: chapter, thread, channel: row.channel ?? '', again: seen.has(chapter) });
      seen.add(chapter);
    }
    items.push({ key: rowKey(row), kind: 'row', row });
  }
  if (loaded.after === null) putPresent();
  while (gaps.length) putGap();
  return items;
}
