// How much was said when, with a second lane for interests; shown from 20 engagements on.
import { h, shape } from './dom.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').History} History */
/** @typedef {import('./types.d.ts').Activity} Activity */

const fewest_engagements = 20;
const buckets = 48;
const lane_px = 20;
const width_px = 288;

export class ActivityPlot {
  /** @param {Sidebar} sidebar */
  constructor(sidebar) {
    this.sidebar_ = sidebar;
    this.element = h('figure', { class: 'activity', hidden: true });
    this.drawn_ = '';
  }

  /** @param {History} page */
  update(page) {
    const { text, format, reply } = this.sidebar_;
    const shown = page.rows.length >= 2 && (reply.counts?.history ?? 0) >= fewest_engagements;
    this.element.hidden = !shown;
    if (!shown) return;
    const activity = page.activity ?? fromRows(page.rows);
    const drawn = JSON.stringify(activity);
    if (drawn === this.drawn_) return;
    this.drawn_ = drawn;
    const count = activity.messages.length;
    const from = format.month(activity.from_us);
    const to = format.month(activity.from_us + activity.step_us * count - 1);
    const sum = activity.messages.reduce((all, one) => all + one, 0);
    const interests = activity.interests.reduce((all, one) => all + one, 0);
    const plot = shape('svg', {
      viewBox: `0 0 ${width_px} ${lane_px + 8}`, preserveAspectRatio: 'none', role: 'img',
      'aria-label': text.get('history.activity', { count: sum, from, to, interests }),
    });
    const step = width_px / count;
    const most = Math.max(1, ...activity.messages);
    activity.messages.forEach((value, index) => {
      if (!value) return;
      const height = Math.max(2, (lane_px * value) / most);
      plot.append(shape('rect', { class: 'said', x: index * step, y: lane_px - height, width: Math.max(1, step - 1), height }));
    });
    activity.interests.forEach((value, index) => {
      if (value) plot.append(shape('rect', { class: 'liked', x: index * step, y: lane_px + 3, width: Math.max(1, step - 1), height: 4 }));
    });
    this.element.replaceChildren(plot, h('figcaption', { 'aria-hidden': 'true' }, h('span', {}, from), h('span', {}, to)));
  }
}

/** What the loaded rows tell, where the reply has no count of the whole. @param {History['rows']} rows @returns {Activity} */
function fromRows(rows) {
  const times = rows.map((row) => row.at_us);
  const from_us = Math.min(...times);
  const step_us = Math.max(1, Math.ceil((Math.max(...times) - from_us + 1) / buckets));
  const messages = Array.from({ length: buckets }, () => 0);
  const interests = [...messages];
  for (const row of rows) {
    const lane = row.type === 'interest' ? interests : messages;
    lane[Math.min(buckets - 1, Math.floor((row.at_us - from_us) / step_us))] += 1;
  }
  return { from_us, step_us, messages, interests };
}
