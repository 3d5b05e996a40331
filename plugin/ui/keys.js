// The keys. Only handled ones stop here; r, c, / and ? belong to the helpdesk, and nothing is a key while somebody types.
import { isField } from './dom.js';
import { pivots } from './tabs.js';

/** @typedef {import('./view.js').View} View */

const sequence_ms = 1500;

export class Keys {
  /** @param {View} view */
  constructor(view) {
    this.view_ = view;
    this.g_at_ms_ = 0;
    /** @type {HTMLElement | null} */
    this.came_from_ = null;
    this.outside_ = (/** @type {KeyboardEvent} */ event) => this.page_key_(event);
    view.frame.addEventListener('keydown', (event) => this.inside_key_(event));
    for (const type of ['keydown', 'keypress', 'keyup']) view.frame.addEventListener(type, keepTyped);
    view.frame.addEventListener('focusin', (event) => this.entered_(event));
    view.frame.addEventListener('focusout', (event) => this.left_(event));
  }

  start() {
    document.addEventListener('keydown', this.outside_, { capture: true });
  }

  stop() {
    document.removeEventListener('keydown', this.outside_, { capture: true });
  }

  /** `g i` anywhere on the page; `n` with a selection. @param {KeyboardEvent} event */
  page_key_(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const [target] = event.composedPath();
    if (isField(target)) return;
    const after_g = performance.now() - this.g_at_ms_ < sequence_ms;
    this.g_at_ms_ = event.key === 'g' ? performance.now() : 0;
    if (event.key === 'i' && after_g) {
      this.view_.enter();
    } else if (event.key === 'n' && this.view_.selected.ready) {
      this.view_.selected.save();
    } else {
      return;
    }
    handled(event);
  }

  /** However one came in, by `g i`, Tab or a click: Esc leads back to there. @param {FocusEvent} event */
  entered_({ relatedTarget }) {
    if (relatedTarget instanceof HTMLElement && !this.view_.root.contains(relatedTarget)) this.came_from_ = relatedTarget;
  }

  /** Who left to elsewhere on the page is not led back to where they were before. @param {FocusEvent} event */
  left_({ relatedTarget }) {
    if (relatedTarget instanceof HTMLElement && !this.view_.root.contains(relatedTarget)) this.came_from_ = null;
  }

  /** @param {KeyboardEvent} event */
  inside_key_(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (isField(event.target) && event.key !== 'Escape') return;
    if (this.act_(event.key)) handled(event);
  }

  /** @param {string} key */
  act_(key) {
    const view = this.view_;
    const pivot = pivots[Number(key) - 1];
    if (pivot && key.length === 1) {
      view.show(pivot);
      view.focusPivot(pivot);
      return true;
    }
    switch (key) {
      case 'n':
        if (!view.mayWrite()) return false;
        view.writeNote('', null);
        return true;
      case 's': return view.search();
      case 'w':
        view.toggleWide();
        return true;
      case 'Home': return view.goHistory('first');
      case 'End': return view.goHistory('last');
      case 'Escape': return this.escape_();
      default: return false;
    }
  }

  /** Back to where one was: the line that led here, the narrow view, the page. */
  escape_() {
    const view = this.view_;
    if (view.back()) return true;
    if (view.wide) {
      view.toggleWide();
      return true;
    }
    const from = this.came_from_;
    this.came_from_ = null;
    if (from?.isConnected && from !== document.body) from.focus();
    else /** @type {HTMLElement | null} */ (view.root.activeElement)?.blur();
    return true;
  }
}

/** What is typed into a field of ours is no key of the helpdesk, which sees only that it came from this element. @param {Event} event */
function keepTyped(event) {
  const { ctrlKey, altKey, metaKey } = /** @type {KeyboardEvent} */ (event);
  if (isField(event.target) && !ctrlKey && !altKey && !metaKey) event.stopPropagation();
}

/** @param {KeyboardEvent} event */
function handled(event) {
  event.preventDefault();
  event.stopPropagation();
}
