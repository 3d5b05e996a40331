// Large: the browser's zoom at 200 % and more, text alone at 200 %, more contrast and forced colours. Nothing is lost, and nothing scrolls in two directions.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open, startBrowser, until } from './browser.mjs';
import { FakeHost } from './fake_host.mjs';
import { assertAxeClean, assertNothingCut, assertNothingMoved } from './measure.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

/** Every line that stands on a laptop at 100 % is still there, can be brought into view by scrolling down, and is whole. */
async function assertAllReachable(frame, selectors) {
  for (const selector of selectors) {
    const part = frame.locator(selector).first();
    await part.scrollIntoViewIfNeeded();
    const [box, view] = await Promise.all([part.boundingBox(), frame.boundingBox()]);
    assert.ok(box, `${selector} is there`);
    assert.ok(box.x >= view.x - 1 && box.x + box.width <= view.x + view.width + 1, `${selector} is not cut at the side`);
  }
}

const lines = ['.requesters', '.name', '.standing', '.identifiers', '.sources', '.likes', '.facts', '.warning', '.note:nth-child(3)', '.add', '.tabs', '.category:nth-of-type(5) .count', '.fact-line:last-of-type .fact-words'];

/** All of it, on all pivots, with everything that opens opened. */
async function useAll({ page, frame, host }, where) {
  await until(() => host.calls('attributes').length > 1, 'all attributes');
  await assertAllReachable(frame, lines);
  await assertNothingCut(frame, `${where}: Summary`);
  await frame.locator('.note-tools').click();
  await frame.locator('.add').click();
  await page.keyboard.type('A note');
  await assertNothingCut(frame, `${where}: a note`);
  await frame.getByRole('button', { name: 'Save' }).click();
  await frame.locator('.note', { hasText: 'A note' }).waitFor();
  await frame.locator('[data-focus="menu"]').click();
  await assertNothingCut(frame, `${where}: the menu`);
  await page.keyboard.press('Escape');
  await frame.locator('[data-focus="summary:sport"]').click();
  await frame.locator('.attribute').first().click();
  await frame.getByRole('button', { name: 'Show in history' }).scrollIntoViewIfNeeded();
  await assertNothingCut(frame, `${where}: Attributes`);
  await frame.getByRole('button', { name: 'Show in history' }).click();
  await frame.locator('.row.marked').waitFor();
  await assertNothingCut(frame, `${where}: History`);
  const { height } = await frame.locator('.scroller').boundingBox();
  assert.ok(height >= 90, `History has ${height} px to read in`);
  await assertNothingMoved(page);
}

describe('zoomed', () => {
  for (const [name, options] of Object.entries({
    'a laptop at 200 %, on top at full width': { viewport: { width: 683, height: 384 }, side: '100vw' },
    'a laptop at 200 %, beside the ticket': { viewport: { width: 683, height: 384 } },
    '320 CSS px (1280 at 400 %)': { viewport: { width: 320, height: 256 }, side: '320px' },
  })) {
    it(name, async (t) => useAll(await open(t, chromium.browser, new FakeHost(samples.several()), options), name));
  }
});

describe('text alone', () => {
  for (const side of ['306px', '330px']) {
    it(`at 200 % in ${side} is twice as large, and all of it is there`, async (t) => {
      const opened = await open(t, chromium.browser, new FakeHost(samples.several()), { side, root_font: '200%' });
      for (const [selector, size] of [['.name', 32], ['.category .label', 26], ['.facts dt', 22]]) {
        assert.equal(await opened.frame.locator(selector).first().evaluate((node) => parseFloat(getComputedStyle(node).fontSize)), size, selector);
      }
      await useAll(opened, side);
    });
  }

  it('is never smaller than drawn, however small the page sets its own', async (t) => {
    const { frame } = await open(t, chromium.browser, new FakeHost(samples.rich()), { root_font: '62.5%' });
    assert.equal(await frame.evaluate((node) => getComputedStyle(node).fontSize), '13px');
  });

  it('at 200 % stands in one column in the wide view, at 100 % in three', async (t) => {
    for (const [root_font, columns] of [['100%', true], ['200%', false]]) {
      const { frame } = await open(t, chromium.browser, new FakeHost(samples.rich()), { root_font, viewport: { width: 1000, height: 700 } });
      await frame.locator('[data-focus="wide"]').click();
      const [who, panel] = await Promise.all([frame.locator('.who').boundingBox(), frame.locator('.panel-summary').boundingBox()]);
      assert.equal(panel.x > who.x + who.width - 2, columns);
      await assertNothingCut(frame, root_font);
    }
  });
});

describe('what the system asks for', () => {
  it('more contrast: 7:1 for all text', async (t) => {
    for (const scheme of ['light', 'dark']) {
      const { page, frame } = await open(t, chromium.browser, new FakeHost(samples.rich()), { contrast: true, scheme });
      const ratios = await frame.evaluate((node) => {
        const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        const light = (colors) => {
          canvas.clearRect(0, 0, 1, 1);
          for (const color of colors) {
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
          }
          const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const found = {};
        for (const selector of ['.name', '.standing', '.likes', '.facts dt', '.warning', '.note .by', '.note a, .note .link', '.since', '.topics', '.tab', '.plus', '.pin-word']) {
          const one = node.querySelector(selector);
          const papers = [];
          for (let up = one; up instanceof Element; up = up.parentElement) papers.unshift(getComputedStyle(up).backgroundColor);
          const [ink, paper] = [light([...papers, getComputedStyle(one).color]), light(papers)];
          found[selector] = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        }
        return found;
      });
      for (const [selector, ratio] of Object.entries(ratios)) assert.ok(ratio >= 7, `${selector}: ${ratio.toFixed(2)}, ${scheme}`);
      await assertAxeClean(page);
    }
  });

  it('forced colours: what is chosen, marked and drawn can be told from what is not', async (t) => {
    const { frame } = await open(t, chromium.browser, new FakeHost(samples.rich()), { forced: true });
    const style = (selector, name) => frame.locator(selector).first().evaluate((node, property) => getComputedStyle(node)[property], name);
    assert.notEqual(await style('.tab[aria-selected="true"]', 'borderBlockEndColor'), await style('.tab[aria-selected="false"]', 'borderBlockEndColor'));
    const other = await style('.tab[aria-selected="false"]', 'borderBlockEndColor');
    const paper = await frame.evaluate((node) => getComputedStyle(node).backgroundColor);
    assert.equal(other, paper, 'only the chosen tab is underlined');
    assert.notEqual(await style('.bar-fill', 'backgroundColor'), paper);
    await frame.locator('[data-focus="tab:attributes"]').click();
    assert.notEqual(await style('.segments .chosen', 'borderBlockStartColor'), await style('.segments label:not(.chosen)', 'borderBlockStartColor'));
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('.row').first().waitFor();
    assert.notEqual(await style('.row.in .row-text', 'borderInlineStartWidth'), '0px');
    for (const lane of ['said', 'liked']) assert.equal(await style(`.activity .${lane}`, 'fill'), await style('.row-text', 'color'));
  });

  it('less motion: nothing runs or fades', async (t) => {
    const { frame } = await open(t, chromium.browser, new FakeHost(samples.rich()));
    assert.deepEqual(await frame.evaluate((node) => [...node.querySelectorAll('*')].filter((one) => !/^(none|all 0s ease 0s|all)$/.test(getComputedStyle(one).transition)).map((one) => one.className)), []);
    assert.equal(await frame.evaluate((node) => node.getAnimations({ subtree: true }).length), 0);
  });
});
