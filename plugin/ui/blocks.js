// A long list in blocks: the browser skips whole blocks that are out of view, which keeps thousands of rows quick.
import { arrange, h } from './dom.js';

const block_rows = 40;

/**
 * Makes these nodes, in this order, the rows of the blocks in `parent`. A node stays in its block while the order allows.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} nodes
 */
export function arrangeBlocks(parent, nodes) {
  /** @type {{ block: HTMLElement | null, rows: HTMLElement[] }[]} */
  const groups = [];
  const used = new Set();
  for (const node of nodes) {
    const own = node.parentElement?.parentElement === parent ? node.parentElement : null;
    let group = groups.at(-1);
    if (own && own !== group?.block && !used.has(own)) {
      used.add(own);
      groups.push({ block: own, rows: [node] });
    } else if (!group || (own !== group.block && group.rows.length >= block_rows)) {
      groups.push({ block: null, rows: [node] });
    } else {
      group.rows.push(node);
    }
  }
  arrange(parent, groups.map(({ block, rows }) => {
    const element = block ?? h('ol', { class: 'block' });
    arrange(element, rows);
    return element;
  }));
}

/**
 * The rows that stand between two heights of the screen, from the top.
 * @param {HTMLElement} parent
 * @param {number} top
 * @param {number} bottom
 */
export function rowsBetween(parent, top, bottom) {
  /** @type {HTMLElement[]} */
  const rows = [];
  for (let block = firstBelow(parent, top); block && block.getBoundingClientRect().top < bottom; block = /** @type {HTMLElement | null} */ (block.nextElementSibling)) {
    for (let row = firstBelow(block, top); row && row.getBoundingClientRect().top < bottom; row = /** @type {HTMLElement | null} */ (row.nextElementSibling)) rows.push(row);
  }
  return rows;
}

/** The first child that ends below this height, by halving. @param {HTMLElement} parent @param {number} top */
function firstBelow(parent, top) {
  let low = 0;
  let high = parent.children.length - 1;
  /** @type {HTMLElement | null} */
  let found = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const child = /** @type {HTMLElement} */ (parent.children[middle]);
    if (child.getBoundingClientRect().bottom > top) {
      found = child;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return found;
}
