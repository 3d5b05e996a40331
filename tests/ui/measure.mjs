// What can be measured on the screen: what is cut off, what needs a second direction of scrolling, what axe and the accessibility tree say.
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

/** Where a customer's own words may end in an ellipsis or after a few lines: the whole is one key away. */
const may_be_cut = '.unseen, .topics, .topics span, .row-text, .note-text, .bio, .fact-words, .attribute-source, .row-by, .who-name, .label, .facts dd, .by-whom, .initials, .live.quiet, .copy-value, .suggestion-words, .pane-title';

/** Asserts that nothing scrolls sideways and that none of our own words are cut off. */
export async function assertNothingCut(frame, where) {
  const cut = await frame.evaluate((node, allowed) => {
    const name = (one) => `${one.tagName.toLowerCase()}.${one.className?.baseVal ?? one.className} "${one.textContent.trim().slice(0, 40)}"`;
    const found = [];
    const edge = node.getBoundingClientRect();
    for (const one of [node, ...node.querySelectorAll('*')]) {
      if (!one.checkVisibility({ checkVisibilityCSS: true }) || one.matches('textarea, select, input, svg *') || one.matches(allowed) || one.closest('.unseen')) continue;
      const { overflowX, overflowY } = getComputedStyle(one);
      const wide = one.scrollWidth > one.clientWidth + 1;
      if (overflowX !== 'visible' && one.clientWidth && wide) found.push(`${name(one)} is ${one.scrollWidth} px wide in ${one.clientWidth}`);
      if (overflowY === 'hidden' && one.clientHeight && one.scrollHeight > one.clientHeight + 1) found.push(`${name(one)} is ${one.scrollHeight} px high in ${one.clientHeight}`);
      const box = one.getBoundingClientRect();
      if (box.width && (box.left < edge.left - 1 || box.right > edge.right + 1) && !one.closest(`${allowed}, [popover]:not(.frame), dialog`)) found.push(`${name(one)} reaches over the edge`);
    }
    return found;
  }, may_be_cut);
  assert.deepEqual(cut, [], where);
}

/** Asserts that axe finds nothing wrong in the element. */
export async function assertAxeClean(page, where) {
  const { violations } = await new AxeBuilder({ page }).include('identities-sidebar').analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`), [], where);
}

/** Asserts that nothing moved by itself since the page was opened. */
export async function assertNothingMoved(page) {
  assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
}

/** The accessibility tree as a screen reader gets it: nodes in reading order with role, name, states and depth; those it skips left out. */
export async function spoken(page) {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  await client.detach();
  const by_id = new Map(nodes.map((node) => [node.nodeId, node]));
  const found = [];
  const visit = (node, inside) => {
    if (!node) return;
    const states = Object.fromEntries((node.properties ?? []).map(({ name, value }) => [name, value.value]));
    const one = { role: node.role?.value ?? '', name: node.name?.value ?? '', states, inside };
    if (!node.ignored) found.push(one);
    for (const child of node.childIds ?? []) visit(by_id.get(child), node.ignored ? inside : one);
  };
  visit(nodes[0], undefined);
  return found;
}

const controls = new Set(['button', 'link', 'radio', 'checkbox', 'tab', 'menuitem', 'textbox', 'searchbox', 'combobox', 'MenuListPopup', 'option', 'switch', 'slider']);
const regions = new Set(['region', 'tablist', 'tabpanel', 'group', 'radiogroup', 'menu', 'dialog', 'heading', 'image', 'complementary']);

/** The part of the tree under the sidebar's own region. */
export async function heard(page) {
  const all = await spoken(page);
  const inside = (node) => node && (node.role === 'complementary' || inside(node.inside));
  return all.filter((node) => inside(node));
}

/** @returns names of the nodes of a role */
export const named = (nodes, role) => nodes.filter((node) => node.role === role).map((node) => node.name);

export function assertAllNamed(nodes, where) {
  const bare = nodes.filter(({ role, name }) => (controls.has(role) && role !== 'MenuListPopup' || regions.has(role)) && !name.trim());
  assert.deepEqual(bare.map(({ role, inside }) => `${role} in ${inside?.role} "${inside?.name}"`), [], where);
  const joined = nodes.filter(({ role, name }) => controls.has(role) && /\p{Ll}\d|\d\p{L}{3}|\p{Ll}\p{Lu}\p{Ll}/u.test(name.replace(/\S*[@.]\S*|WhatsApp/g, '')));
  assert.deepEqual(joined.map(({ name }) => name), [], `${where}: no two words run together`);
}
