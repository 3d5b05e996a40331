// What the keyboard alone reaches: every control, and whether one sees where one is.
import assert from 'node:assert/strict';

/** Every control that shows, less those of a group that another stands for: tabs that are not chosen, radios, entries of lists one walks by arrow keys. */
const controls = (frame) => frame.evaluate((node) => [...node.querySelectorAll('button, a[href], input, select, textarea, [tabindex="0"]')]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && one.tabIndex >= 0 && !(one.type === 'radio' && !one.checked) && !one.disabled)
  .map((one) => one.dataset.focus ?? one.id ?? one.className));

/** Goes through the whole sidebar by Tab; what had the focus, and whether one could see it there. */
async function walk(page) {
  const seen = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const one = document.querySelector('identities-sidebar').shadowRoot.activeElement;
      if (!one) return null;
      const drawn = [one, one.closest('label')].filter(Boolean).map((each) => getComputedStyle(each));
      const box = (one.type === 'radio' ? one.closest('label') : one).getBoundingClientRect();
      return {
        key: one.dataset.focus ?? one.id ?? one.className,
        ring: drawn.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && (style.outlineColor !== style.backgroundColor || parseFloat(style.outlineOffset) > 0)),
        in_view: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
      };
    });
    if (!at) return seen;
    seen.push(at);
    if (seen.length > 150) throw new Error('Tab leads out nowhere');
  }
}

/** Goes through all of it once: which rows of History are cut off, and so offer more, is known once they were in view. */
export async function passByTab({ page }) {
  await page.locator('#reply').focus();
  await walk(page);
}

/** Asserts that Tab leads from the ticket through every control that shows, in its order, each in view with a ring around it. */
export async function assertReachedByTab({ page, frame }, where) {
  await page.locator('#reply').focus();
  const expected = await controls(frame);
  const seen = await walk(page);
  assert.deepEqual(seen.map(({ key }) => key), expected, where);
  for (const { key, ring, in_view } of seen) {
    assert.ok(ring, `${key} shows that it has the focus, ${where}`);
    assert.ok(in_view, `${key} is in view, ${where}`);
  }
}
