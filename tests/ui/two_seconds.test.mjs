// The answer in two seconds: at 1366x768, light and dark, everything that matters stands on the screen at once, and nothing moves.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { inlineJson, open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const states = { rich: samples.rich, thin: samples.thin, new: samples.unknown, several: samples.several };
const lines = {
  rich: ['.name', '.standing', '.identifiers', '.sources', '.likes', '.facts', '.warning', '.notes-head', '.note:nth-child(1)', '.tabs', '.category:nth-of-type(5)'],
  thin: ['.name', '.standing', '.identifiers', '.sources', '.warning', '.notes-head', '.tabs', '.category:nth-of-type(2)'],
  new: ['.name', '.header .dots', '.identifiers', '.notes-head', '.tabs', '.category'],
  several: ['.requesters', '.name', '.standing', '.identifiers', '.sources', '.likes', '.facts', '.warning', '.notes-head', '.note:nth-child(1)', '.tabs', '.category:nth-of-type(5)'],
};

export async function axe(page, allowed = []) {
  const { violations } = await new AxeBuilder({ page }).include('identities-sidebar').disableRules(allowed).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`), []);
}

for (const scheme of ['light', 'dark']) {
  for (const [state, sample] of Object.entries(states)) {
    describe(`${state}, ${scheme}`, () => {
      it('shows every line without a scroll, in the fixed order', async (t) => {
        const { page, frame } = await open(t, chromium.browser, new FakeHost(sample()), { scheme });
        let last = -1;
        for (const line of lines[state]) {
          const box = await frame.locator(line).first().boundingBox();
          assert.ok(box, `${line} is shown`);
          assert.ok(box.y >= 0 && box.y + box.height <= 768, `${line} ends at ${box.y + box.height}`);
          assert.ok(box.y > last || line === '.standing', `${line} stands in its order`);
          last = box.y;
        }
        assert.equal(await page.locator('identities-sidebar').evaluate((host) => host.shadowRoot.activeElement), null);
      });

      it('moves nothing and is clean for axe on all pivots', async (t) => {
        const { page, frame, host } = await open(t, chromium.browser, new FakeHost(sample()), { scheme });
        await until(() => host.calls('attributes').length > 0, 'attributes are fetched ahead');
        await axe(page);
        for (const pivot of ['attributes', 'history', 'summary']) {
          await frame.locator(`[data-focus="tab:${pivot}"]`).click();
          await axe(page);
        }
        assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
      });
    });
  }

  it(`is clean for axe where it cannot be reached, ${scheme}`, async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => new Refusal(503, 'down');
    const { page } = await open(t, chromium.browser, host, { scheme, ready: false });
    await page.locator('identities-sidebar .unavailable').waitFor();
    await axe(page);
  });

  it(`is clean for axe when wide, with a row, a note's tools, the note box, the menu and the keys open, ${scheme}`, async (t) => {
    const { page, frame } = await open(t, chromium.browser, new FakeHost(samples.rich()), { scheme });
    await frame.locator('[data-focus="summary:sport"]').click();
    await frame.locator('.attribute').first().click();
    await frame.locator('.evidence').waitFor();
    await frame.locator('.note-tools').click();
    await frame.locator('.add').click();
    await axe(page);
    await frame.locator('[data-focus="menu"]').click();
    await axe(page);
    await frame.getByRole('menuitem', { name: 'Keys' }).click();
    await axe(page);
    await page.keyboard.press('Escape');
    await frame.locator('[data-focus="wide"]').click();
    await axe(page);
  });
}

it('switches pivots without a request', async (t) => {
  const { frame, host } = await open(t, chromium.browser, new FakeHost(samples.rich()));
  await until(() => host.calls('attributes').length === 2, 'all pages of attributes are fetched ahead');
  const asked = () => host.requests.filter(({ body }) => !body.if_version).length;
  const before_switch = asked();
  for (const pivot of ['attributes', 'history', 'summary', 'attributes']) {
    await frame.locator(`[data-focus="tab:${pivot}"]`).click();
    await frame.locator(`.panel-${pivot}`).waitFor();
  }
  await frame.locator('.section-head').first().waitFor();
  assert.equal(asked(), before_switch);
});

it('opens with one request, and says that it was looked at after that', async (t) => {
  const { host } = await open(t, chromium.browser, new FakeHost(samples.rich()));
  await until(() => host.calls('attributes').length > 0, 'the idle time');
  assert.deepEqual(host.requests[0], { path: '/v1/panel/identities/sidebar', body: {} });
  assert.match(host.requests[1].path, /action\/identities\/looked$/);
});

it('takes at most 30 KB in the page, and needs no request to show', async (t) => {
  const reply = samples.rich();
  assert.ok(Buffer.byteLength(inlineJson(reply)) <= 30 * 1024, `${Buffer.byteLength(inlineJson(reply))} bytes`);
  const host = new FakeHost(reply);
  host.override = ({ body }) => (body.pivot || body.key ? undefined : 'hang');
  const { frame } = await open(t, chromium.browser, host, { inline: reply });
  assert.equal(await frame.locator('.name').textContent(), 'Hanna Crane');
});

it('shows all of it at 306 and at 900 px, and in forced colours', async (t) => {
  for (const width of [306, 620, 900]) {
    const { page, frame } = await open(t, chromium.browser, new FakeHost(samples.rich()), { forced: width === 900, before: (one) => one.addInitScript((side) => {
      document.addEventListener('DOMContentLoaded', () => document.body.style.setProperty('--side', `${side}px`));
    }, width) });
    const overflow = await frame.evaluate((node) => node.scrollWidth - node.clientWidth);
    assert.equal(overflow, 0, `${width} px`);
    assert.equal(Math.round((await page.locator('identities-sidebar').boundingBox()).width), width);
  }
});

it('is not printed', async (t) => {
  const { page } = await open(t, chromium.browser, new FakeHost(samples.rich()));
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('identities-sidebar').isVisible(), false);
});

it('writes the pictures of the README', async (t) => {
  if (process.env.IDENTITIES_BUILD) return t.skip('the stories write them from a real host');
  mkdirSync(new URL('screenshots/', import.meta.url), { recursive: true });
  for (const scheme of ['light', 'dark']) {
    const { page, host } = await open(t, chromium.browser, new FakeHost(samples.rich()), { scheme });
    await until(() => host.calls('attributes').length > 0, 'everything is there');
    await page.screenshot({ path: new URL(`screenshots/sidebar-${scheme}.png`, import.meta.url).pathname });
  }
});
