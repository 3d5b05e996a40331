// Copies a text; also on pages that are not served over TLS, where navigator.clipboard is missing.
import { h } from './dom.js';

/** @param {string} value @param {ShadowRoot} root @returns {Promise<boolean>} */
export async function copy(value, root) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return copyBySelection(value, root);
  }
}

/** @param {string} value @param {ShadowRoot} root */
function copyBySelection(value, root) {
  const active = /** @type {HTMLElement | null} */ (root.activeElement);
  const field = h('textarea', { class: 'unseen', tabindex: '-1', 'aria-hidden': 'true' });
  field.value = value;
  root.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  active?.focus({ preventScroll: true });
  return done;
}
