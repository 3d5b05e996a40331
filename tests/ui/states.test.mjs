// Every state of the screen: what shows, what must not, that nothing moves or sticks out, and that axe is content, in light and dark; the states
// that two_seconds.test.mjs walks through with axe on all pivots are not looked at by it once more.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inlineJson, open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import { assertAxeClean, assertNothingCut, assertNothingMoved } from './measure.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const header = '.name, .notes, .tabs';
const states = {
  'new, unknown': {
    sample: samples.unknown,
    shows: { '.name': /^someone@new\.example$/, '.header': /First contact today 14:58 · mail · not verified/, '#notes-title': /^Notes 0$/, '.summary': /Service1 message · mail · last 23 Nov/ },
    hides: ['.standing', '.sources', '.likes', '.facts', '.warning', '.since', '.requesters', '.note', '.interest-line'],
  },
  'new, with a blocked address': {
    sample: samples.blocked, axe: true,
    shows: { '.header': /info@shared\.example is blocked: it joins nobody up/ },
    hides: ['.standing', '.likes', '.facts', '.note'],
  },
  thin: {
    sample: samples.thin,
    shows: {
      '.standing': /^Customer · English$/, '.warning': /1 other open ticket, waits 1 day/,
      '.summary': /9 messages since 2025 · mail · answers mornings · tickets: 2 open, 4 in all.*speaks English · Okafor Ltd/,
    },
    hides: ['.likes', '.facts', '.since', '.requesters', '.note', '.interest-line', '.empty'],
  },
  rich: {
    sample: samples.rich,
    shows: { '.likes': /Cycling/, '.facts': /\$4,210/, '.note.pinned': /^pinned: Prefers mail/, '.since': /^Since 4 Nov/, '.interest-line': /^Sport14/ },
    hides: ['.requesters', '.unavailable', '.stale', '.fault', '.skeleton', '.back'],
  },
  'several requesters': {
    sample: samples.several,
    shows: { '.requesters': /Hanna Crane.*wrote last, 3 notes.*Ben Okafor.*1 note.*Cc.*Lee.*\+4/, '.name': /^Hanna Crane$/ },
    hides: ['.requesters label:nth-of-type(4)'],
  },
  'a part is missing': {
    sample: () => ({ ...samples.rich(), errors: [{ part: 'history', message: 'late' }, { part: 'summary', message: 'late' }] }),
    axe: true,
    shows: { '.fault': /^Not available just now: History, Summary$/, [header]: /./ },
    hides: ['.stale'],
  },
};

/** Opened, shown to be what it should be, and left at 306 px. */
async function examine(t, { sample, shows, hides, axe }, scheme) {
  const opened = await open(t, chromium.browser, new FakeHost(sample()), { scheme });
  const { page, frame, host } = opened;
  await until(() => host.calls('attributes').length > 0, 'all that comes by itself has come');
  for (const [selector, words] of Object.entries(shows)) {
    const part = frame.locator(selector).first();
    assert.equal(await part.isVisible(), true, selector);
    assert.match((await part.textContent()).replace(/\s+/g, ' '), words);
  }
  for (const selector of hides) assert.equal(await frame.locator(selector).locator('visible=true').count(), 0, `${selector} does not show`);
  await assertNothingMoved(page);
  if (axe) await assertAxeClean(page);
  await page.evaluate(() => document.body.style.setProperty('--side', '306px'));
  for (const pivot of ['attributes', 'history', 'summary']) {
    await frame.locator(`[data-focus="tab:${pivot}"]`).click();
    await assertNothingCut(frame, `${pivot} at 306 px`);
  }
}

for (const [state, told] of Object.entries(states)) {
  describe(state, () => {
    for (const scheme of ['light', 'dark']) it(`shows what it should and nothing else, ${scheme}`, (t) => examine(t, told, scheme));

    it('takes at most 30 KB in the page', () => {
      const bytes = Buffer.byteLength(inlineJson(told.sample()));
      assert.ok(bytes <= 30 * 1024, `${bytes} bytes`);
    });
  });
}

describe('loading', () => {
  it('is grey lines under a name that says so, and moves nothing when the answer comes', async (t) => {
    const host = new FakeHost(samples.rich());
    let answer;
    host.override = () => new Promise((done) => {
      host.override = undefined;
      answer = () => done({ ...samples.rich(), version: 'v1' });
    });
    const { page, frame } = await open(t, chromium.browser, host, { ready: false });
    const grey = page.locator('identities-sidebar .skeleton');
    await grey.getByText('Loading').waitFor();
    assert.equal(await grey.getAttribute('aria-busy'), 'true');
    assert.equal(await page.locator('identities-sidebar').locator('button, a').count(), 0);
    await assertAxeClean(page);
    answer();
    await frame.waitFor();
    assert.equal(await page.locator('identities-sidebar .skeleton.whole').count(), 0);
    await assertNothingMoved(page);
  });
});

describe('unavailable', () => {
  for (const scheme of ['light', 'dark']) {
    it(`is one line with a way on, ${scheme}`, async (t) => {
      const host = new FakeHost(samples.rich());
      host.override = () => new Refusal(503, 'down');
      const { page, frame } = await open(t, chromium.browser, host, { ready: false, scheme, side: '306px' });
      const line = page.locator('identities-sidebar .unavailable');
      await line.waitFor();
      assert.equal(await frame.count(), 0);
      await assertNothingCut(line, '306 px');
      await assertAxeClean(page);
      await line.getByRole('button').focus();
      host.override = undefined;
      await page.keyboard.press('Enter');
      await frame.waitFor();
      assert.equal(await page.evaluate(() => document.querySelector('identities-sidebar').shadowRoot.activeElement?.id), 'tab-summary', 'the focus is not lost');
    });
  }
});

describe('stale', () => {
  for (const scheme of ['light', 'dark']) {
    it(`says of when it is, once, hides no last line, and keeps a half-written note, ${scheme}`, async (t) => {
      const { page, frame, host } = await open(t, chromium.browser, new FakeHost(samples.rich()), { scheme, side: '306px' });
      await frame.locator('.add').click();
      await page.keyboard.type('half a note');
      await frame.evaluate((node) => {
        window.told = [];
        new MutationObserver(() => window.told.push(node.querySelector('.live').textContent)).observe(node.querySelector('.live'), { childList: true });
      });
      host.override = () => new Refusal(503, 'down');
      await frame.locator('.stale').waitFor();
      const asked = host.requests.length;
      await until(() => host.requests.length > asked, 'it asks again by itself');
      assert.deepEqual((await page.evaluate(() => window.told)).filter(Boolean), ['As of 15:05.']);
      assert.equal(await frame.locator('.note-box textarea').inputValue(), 'half a note');
      await frame.evaluate((node) => { node.scrollTop = node.scrollHeight; });
      const [last, line] = await Promise.all([frame.locator('.category').last().boundingBox(), frame.locator('.stale').boundingBox()]);
      assert.ok(last.y + last.height <= line.y + 1, `the last line ends at ${last.y + last.height}, the notice begins at ${line.y}`);
      await assertNothingCut(frame, '306 px');
      await assertAxeClean(page);
      await assertNothingMoved(page);
    });
  }
});

describe('no right', () => {
  it('takes no room, is silent, and asks no more', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => new Refusal(403, 'no');
    const { page } = await open(t, chromium.browser, host, { ready: false, before: (one) => one.clock.install({ time: samples.now }) });
    const element = page.locator('identities-sidebar');
    await until(async () => element.evaluate((one) => one.hasAttribute('data-empty')), 'it is empty');
    await page.clock.runFor(60_000);
    assert.equal(host.requests.length, 1);
    assert.deepEqual(await element.evaluate((one) => [one.offsetHeight, one.shadowRoot.childElementCount]), [0, 0]);
  });
});

describe('out of sight', () => {
  const show = (page, state) => page.evaluate((to) => {
    Object.defineProperty(document, 'visibilityState', { value: to, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

  it('asks every two seconds while the page is seen, nothing while it is hidden, and at once when it is seen again', async (t) => {
    const { page, host } = await open(t, chromium.browser, new FakeHost(samples.rich()), { before: (one) => one.clock.install({ time: samples.now }) });
    const polls = () => host.requests.filter(({ body }) => body.if_version).length;
    for (let seen = 1; seen <= 3; ++seen) {
      const asked = polls();
      await page.clock.runFor(2000);
      await until(() => polls() === asked + 1, 'a poll after two seconds');
      await page.waitForLoadState('networkidle');
    }
    await show(page, 'hidden');
    const asked = polls();
    await page.clock.runFor(60_000);
    assert.equal(polls(), asked);
    await show(page, 'visible');
    await until(() => polls() === asked + 1, 'it asks at once');
  });
});
