// What went wrong with a question or a command about who is who, in words, with the way on.
import { Problem } from './api.js';
import { h } from './dom.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./text.js').Text} Text */

/** Of these conflicts one sees more by looking at what is there now. */
const seen_by_looking = new Set(['changed', 'decided', 'gone', 'one-already', 'undone-already']);

/** "changed" of a conflict told as "changed: words"; else empty. @param {unknown} problem */
export function reasonOf(problem) {
  if (!(problem instanceof Problem) || problem.status !== 409) return '';
  return /^([a-z]+(?:-[a-z]+)*): /.exec(problem.detail)?.[1] ?? '';
}

/**
 * @param {unknown} problem
 * @param {Text} text
 * @param {boolean} command whether it was one, whose outcome is unknown without an answer
 * @returns {{ words: string, way: 'look' | 'again' | null }}
 */
export function troubleWords(problem, text, command) {
  const { status, detail } = problem instanceof Problem ? problem : { status: 0, detail: '' };
  const reason = reasonOf(problem);
  if (status === 403) return { words: text.get('problem.forbidden'), way: null };
  if (status === 404 || status === 410) return { words: text.get('problem.gone'), way: 'look' };
  if (reason && text.has(`conflict.${reason}`)) return { words: text.get(`conflict.${reason}`), way: seen_by_looking.has(reason) ? 'look' : null };
  if (reason) return { words: text.get('problem.refused', { detail: detail.slice(reason.length + 2) }), way: null };
  if (status === 412 || (status === 409 && !detail)) return { words: text.get('problem.changed'), way: 'look' };
  if (status >= 400 && status < 500 && detail) return { words: text.get('problem.refused', { detail }), way: 'look' };
  return { words: text.get(command ? 'problem.unsure' : 'problem.unavailable'), way: 'again' };
}

/**
 * @param {unknown} problem
 * @param {Sidebar} sidebar
 * @param {{ command: boolean, again: () => void, look_again: () => void }} ways again: the same once more; look_again: see what is there now
 */
export function trouble(problem, { text }, { command, again, look_again }) {
  const { words, way } = troubleWords(problem, text, command);
  return h('p', { class: 'error' }, words, way ? [' ', h('button', {
    type: 'button', class: 'link', 'data-focus': 'trouble', onclick: way === 'look' ? look_again : again,
  }, text.get(way === 'look' ? 'refresh' : 'retry'))] : null);
}
