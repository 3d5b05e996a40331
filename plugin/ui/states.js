// What stands here while there is nothing to show yet, or nothing to be had.
import { h } from './dom.js';

/** @typedef {import('./text.js').Text} Text */
/** @typedef {import('./format.js').Format} Format */

/** Grey lines of the heights that follow. */
export function skeleton() {
  const widths = ['name', 'line', 'line', 'line', 'facts', 'line', 'notes', 'tabs', 'line', 'line', 'line', 'line'];
  return h('section', { class: 'skeleton whole', 'aria-busy': 'true' }, widths.map((width) => h('span', { class: width })));
}

/** Says what the grey lines stand for, when there are words for it. @param {HTMLElement} grey @param {Text} text */
export function nameSkeleton(grey, text) {
  grey.lang = text.language;
  grey.setAttribute('aria-label', text.get('sidebar'));
  grey.append(h('p', { class: 'unseen' }, text.get('state.loading')));
}

/**
 * One true line with a way on.
 * @param {Text} text @param {Format} format @param {number} since_us
 * @param {() => void} again @param {string | null} user_page
 */
export function unavailable(text, format, since_us, again, user_page) {
  return h('section', { class: 'unavailable', 'aria-label': text.get('sidebar') },
    h('p', { role: 'status' }, text.get('state.unavailable', { time: format.time(since_us) }), ' ',
      h('button', { type: 'button', class: 'link', 'data-focus': 'again', onclick: again }, text.get('retry')),
      user_page ? [' · ', h('a', { href: user_page }, text.get('state.user_page'))] : null));
}
