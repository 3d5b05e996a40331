// What went wrong with a question or a command about who is who, in words, with the way on.
import { Problem } from './api.js';
import { h } from './dom.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */

/**
 * @param {unknown} problem
 * @param {Sidebar} sidebar
 * @param {{ command: boolean, again: () => void, look_again: () => void }} ways command: whether it was one, whose outcome is unknown without an answer;
 *   again: the same once more; look_again: see what is there now
 */
export function trouble(problem, { text }, { command, again, look_again }) {
  const { status, detail } = problem instanceof Problem ? problem : { status: 0, detail: '' };
  /** @param {string} words @param {string} name @param {() => void} act */
  const line = (words, name, act) => h('p', { class: 'error' }, words, ' ',
    h('button', { type: 'button', class: 'link', 'data-focus': 'trouble', onclick: act }, name));
  if (status === 403) return h('p', { class: 'error' }, text.get('problem.forbidden'));
  if (status === 404 || status === 410) return line(text.get('problem.gone'), text.get('refresh'), look_again);
  if (status === 409 || status === 412) return line(text.get('problem.changed'), text.get('refresh'), look_again);
  if (status >= 400 && status < 500 && detail) return line(text.get('problem.refused', { detail }), text.get('refresh'), look_again);
  return line(text.get(command ? 'problem.unsure' : 'problem.unavailable'), text.get('retry'), again);
}
