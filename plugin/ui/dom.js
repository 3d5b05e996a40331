// Building and renewing parts of the document. Text goes in as text nodes only; markup is never parsed.
import { straight } from './text.js';

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element with attributes, listeners (`onclick: fn`) and children. null, undefined and false are left out and true is an empty attribute, but for aria-*.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || (value === false && !name.startsWith('aria-'))) continue;
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else {
      element.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : String(value));
    }
  }
  append(element, children);
  return element;
}

/** @param {Node} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
  }
}

/** Parts of a line with a dot between; where the line breaks, the dot stays behind. @param {Child[]} parts @returns {Child[]} */
export function dotted(parts) {
  return parts.filter(Boolean).flatMap((part, index) => (index ? [h('span', { class: 'dot' }, ' ·'), ' ', part] : [part]));
}

/** Words of a customer, a colleague or a source: of any language and direction, so set apart from ours. @param {string} words */
export function own(words) {
  return h('bdi', {}, straight(words));
}

/** An address of somebody, which breaks behind an @ or a dot where the line is too short. @param {string} words */
export function address(words) {
  return h('bdi', {}, straight(words).split(/(?<=[@.])(?=\S)/).flatMap((part, index) => (index ? [h('wbr'), part] : [part])));
}

const svg = 'http://www.w3.org/2000/svg';

/** Outlines on a 16 by 16 grid. */
const outlines = {
  wide: 'M6.5 3H3v3.5M9.5 13H13V9.5M3 3l4 4M13 13 9 9',
  narrow: 'M3 7h4V3M13 9H9v4M7 7 3 3M9 9l4 4',
  menu: 'M3 4.5h10M3 8h10M3 11.5h10',
  alert: 'M8 2.5 14.5 13.5h-13ZM8 6.5v3M8 11.5h.01',
  pin: 'M6 2.5h4M6.7 2.5v4L5 9h6L9.3 6.5v-4M8 9v4.5',
  more: 'M3.6 8h.01M8 8h.01M12.4 8h.01',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  open: 'M6 4l4 4-4 4',
  close: 'M4 4l8 8M12 4l-8 8',
  out: 'M9 3h4v4M13 3 7.5 8.5M6.5 4H3v9h9V9.5',
  first: 'M3 3h10M8 13V6M5 9l3-3 3 3',
  last: 'M3 13h10M8 3v7M5 7l3 3 3-3',
};

/** @param {keyof typeof outlines} name */
export function icon(name) {
  const element = document.createElementNS(svg, 'svg');
  element.setAttribute('viewBox', '0 0 16 16');
  element.setAttribute('class', `icon icon-${name}`);
  element.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg, 'path');
  path.setAttribute('d', outlines[name]);
  element.appendChild(path);
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
export function shape(tag, attributes) {
  const element = document.createElementNS(svg, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/**
 * The element with this data-focus inside `within`, or null.
 * @param {ParentNode} within
 * @param {string} key
 * @returns {HTMLElement | null}
 */
export function byFocusKey(within, key) {
  for (const element of within.querySelectorAll('[data-focus]')) {
    if (element instanceof HTMLElement && element.dataset.focus === key) return element;
  }
  return null;
}

/**
 * Replaces what `parent` holds. Focus on a child with a data-focus key passes to the child that has this key afterwards.
 * @param {HTMLElement} parent
 * @param {(Child | Child[])[]} children
 */
export function renew(parent, ...children) {
  const root = /** @type {ShadowRoot | Document} */ (parent.getRootNode());
  const active = root.activeElement;
  const key = active instanceof HTMLElement && parent.contains(active) ? active.dataset.focus : undefined;
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  parent.replaceChildren(fragment);
  if (key) byFocusKey(parent, key)?.focus({ preventScroll: true });
}

/**
 * Makes the children of `parent` these nodes in this order, moving only those that are out of place.
 * @param {HTMLElement} parent
 * @param {Element[]} nodes
 */
export function arrange(parent, nodes) {
  const keep = new Set(nodes);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
}

/**
 * Arrow keys, Home and End move the focus among the elements that match.
 * @param {HTMLElement} parent
 * @param {string} selector
 */
export function arrowKeys(parent, selector) {
  parent.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const target = /** @type {HTMLElement} */ (event.target);
    if (!step || event.ctrlKey || event.altKey || event.metaKey || !target.matches(selector)) return;
    const all = /** @type {HTMLElement[]} */ ([...parent.querySelectorAll(selector)]);
    const next = all[all.indexOf(target) + step];
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  });
}

/** True where keys write text. @param {EventTarget | null | undefined} target */
export function isField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  return target instanceof HTMLInputElement && !['radio', 'checkbox', 'button'].includes(target.type);
}
