// Attributes and History.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, host = new FakeHost(samples.rich())) => open(t, chromium.browser, host);

async function history(t, host) {
  const opened = await start(t, host);
  await opened.frame.locator('[data-focus="tab:history"]').click();
  await opened.frame.locator('.row').first().waitFor();
  const scroller = opened.frame.locator('.scroller');
  return { ...opened, scroller, scroll: (to) => scroller.evaluate((node, top) => { node.scrollTop = top < 0 ? node.scrollHeight : top; }, to) };
}

/** Where a row stands on the screen. */
const top = (frame, id) => frame.locator(`[data-engagement="${id}"]`).evaluate((node) => node.getBoundingClientRect().top);

describe('attributes', () => {
  it('open at the category of a Summary line, and Esc leads back to that line', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="summary:sport"]').press('Enter');
    await until(async () => (await focused(page)) === 'section:sport', 'the category has the focus');
    assert.equal(await frame.locator('.attribute').count(), 14);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await frame.locator('.evidence').waitFor();
    assert.deepEqual(await frame.locator('.details dt').allTextContents(), ['Source', 'Party', 'Set', 'Expires']);
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), 'summary:sport');
  });

  it('lead from the evidence to that very message, and back to the same line', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="summary:sport"]').press('Enter');
    await frame.locator('.attribute').first().press('Enter');
    await frame.getByRole('button', { name: 'Show in history' }).press('Enter');
    await frame.locator('.row.marked').waitFor();
    assert.equal(await frame.locator('.row.marked').getAttribute('data-engagement'), samples.evidence()[0].engagement);
    assert.equal(await frame.locator('.row.marked').evaluate((node) => node.getRootNode().activeElement === node), true);
    await page.keyboard.press('Escape');
    assert.match(await focused(page), /^evidence:.*:0$/);
    assert.equal(await frame.getAttribute('data-pivot'), 'attributes');
  });

  it('are searched', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="tab:attributes"]').click();
    await frame.getByText('214 attributes of 12,431 interests').waitFor();
    await page.keyboard.press('s');
    await page.keyboard.type('ramen');
    await frame.getByText('1 of 214 attributes').waitFor();
    assert.deepEqual(await frame.locator('.attribute-name').allTextContents(), ['Ramen']);
  });

  it('are grouped by source, and by social profile as cards', async (t) => {
    const { frame } = await start(t);
    await frame.locator('[data-focus="tab:attributes"]').click();
    await frame.getByRole('radio', { name: 'Source' }).check();
    assert.deepEqual(await frame.locator('.section-name').allTextContents(), ['Instagram', 'X', 'Support', 'Shop']);
    await frame.getByRole('radio', { name: 'Social profile' }).check();
    const card = frame.locator('.card').first();
    assert.equal(await card.getByRole('link').getAttribute('rel'), 'noopener noreferrer');
    assert.equal(await card.locator('.bio').evaluate((node) => node.offsetHeight), 36);
    assert.match(await card.textContent(), /Instagram @hanna\.c.*fetched 2 Nov 2026/);
    await card.locator('.section-head').press('Enter');
    assert.equal(await card.locator('.attribute').count(), 15);
  });

  it('say so and try again where they cannot be had', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = ({ body }) => (body.pivot === 'attributes' ? new Refusal(503, 'late') : undefined);
    const { frame, page } = await start(t, host);
    await frame.locator('[data-focus="tab:attributes"]').click();
    const again = frame.locator('.panel-attributes').getByRole('button', { name: 'Try again' });
    await again.waitFor();
    // In one go: from now on the sidebar may also find them by itself, and the button goes.
    await page.exposeFunction('answer', () => { host.override = undefined; });
    await again.evaluate(async (button) => {
      await window.answer();
      button.click();
    });
    await frame.locator('.section-head').first().waitFor();
  });
});

describe('history', () => {
  it('opens at the bottom, oldest on top, the present ticket closed at its end', async (t) => {
    const { frame, scroller } = await history(t);
    assert.ok(await scroller.evaluate((node) => node.scrollTop + node.clientHeight >= node.scrollHeight - 1));
    assert.equal(await frame.locator('.block > li').last().textContent(), 'This ticket, 5 messages: on the left');
    assert.deepEqual((await frame.locator('.chapter').allTextContents()).slice(0, 2), ['Mail · Support #482 Refund · 3 – 9 Mar 2025 · closed', 'WhatsApp · WhatsApp Shop · 3 May – 1 Oct 2026 · open']);
    await frame.locator('.present-toggle').press('Enter');
    assert.equal(await frame.locator('.present ~ .row, .present ~ * .row').count(), 5);
  });

  it('dates interests between the messages, keeps orders on one line, marks what is internal, names attachments and gaps', async (t) => {
    const { frame } = await history(t);
    assert.equal(await frame.locator('.interest').first().textContent(), '◆12 Mar 2025 Cycling (Sport): “love my gravel bike”');
    assert.equal(await frame.locator('.row.order .row-text').evaluate((node) => node.offsetHeight), 18);
    assert.match(await frame.locator('.row.internal .row-head').first().textContent(), /^internal/);
    assert.equal(await frame.locator('.attachments').textContent(), 'Attached: invoice-482.pdf, label.jpg');
    assert.equal(await frame.locator('.gap').textContent(), 'WhatsApp Shop connected 3 May 2026; nothing earlier here');
    assert.match(await frame.locator('.row').first().locator('.row-head').textContent(), /^inHanna3 Mar 2025 11:00/);
  });

  it('clamps to four lines and fetches the whole text on "more"', async (t) => {
    const { frame } = await history(t);
    await frame.locator('[data-focus="history:first"]').click();
    const row = frame.locator('.row').nth(1);
    assert.equal(await row.locator('.row-text').evaluate((node) => node.clientHeight), 76);
    await row.getByRole('button', { name: 'more' }).click();
    await row.getByText('And this is the whole text.').waitFor();
    await row.getByRole('button', { name: 'less' }).click();
    assert.equal(await row.locator('.row-text').evaluate((node) => node.clientHeight), 76);
  });

  it('is filtered by channel and account, and searched', async (t) => {
    const { frame, host } = await history(t);
    await frame.getByLabel('Channel').selectOption('whatsapp');
    await until(async () => (await frame.locator('.row').count()) === 20, 'only WhatsApp');
    await frame.getByLabel('Channel').selectOption('');
    await frame.getByLabel('Account').selectOption('3');
    await until(async () => (await frame.locator('.row').count()) === 1, 'only the shop');
    await frame.getByLabel('Account').selectOption('');
    await frame.getByLabel('Search history').fill('coffee');
    await frame.locator('mark').first().waitFor();
    assert.deepEqual(host.calls('history').at(-1).body, { pivot: 'history', cursor: 'last', filter: { search: 'coffee' } });
    await frame.getByLabel('Search history').fill('no such words');
    await frame.getByText('Nothing found.').waitFor();
  });

  it('takes in new messages without moving what is read, and counts them', async (t) => {
    const { page, frame, host, scroll, scroller } = await history(t);
    await scroll(200);
    const read = await frame.locator('.row').nth(3).getAttribute('data-engagement');
    const before = await top(frame, read);
    host.change(({ rows }) => {
      for (const number of [1, 2]) rows.push({ id: `855000000000000000${number}`, type: 'message', at_us: samples.now * 1000 + number, direction: 'in', channel: 'whatsapp', account: '2', thread: '52', by: 'Hanna', text: `News ${number}` });
    });
    await frame.getByRole('button', { name: '2 new messages below' }).waitFor();
    assert.equal(await top(frame, read), before);
    await frame.getByRole('button', { name: '2 new messages below' }).click();
    assert.ok(await scroller.evaluate((node) => node.scrollTop + node.clientHeight >= node.scrollHeight - 1));
    assert.equal(await frame.locator('.news').isVisible(), false);
    assert.equal(await frame.locator('.row').last().locator('.row-text').textContent(), 'News 2');
    assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
  });

  it('drops what was deleted and changes what was edited', async (t) => {
    const { frame, host } = await history(t);
    const [first, second] = host.rows;
    host.change((one) => {
      one.rows = one.rows.slice(1);
      one.rows[0] = { ...second, text: 'Edited words.', edited: true };
    });
    await frame.locator('.row-text', { hasText: 'Edited words.' }).waitFor({ state: 'attached' });
    assert.equal(await frame.locator(`[data-engagement="${first.id}"]`).count(), 0);
  });

  it('draws activity with a lane for interests from twenty engagements on', async (t) => {
    const { frame } = await history(t);
    assert.equal(await frame.locator('.activity svg').getAttribute('aria-label'), '44 messages from Mar 2025 to Nov 2026, 2 interests');
    assert.equal(await frame.locator('.activity .liked').count(), 2);
    const reply = samples.rich();
    reply.history.activity = { from_us: samples.us(2019, 4, 2), step_us: 30 * 86_400_000_000, messages: Array.from({ length: 90 }, (_, index) => index % 4), interests: Array.from({ length: 90 }, () => 1) };
    const { frame: whole } = await open(t, chromium.browser, new FakeHost(reply));
    assert.equal(await whole.locator('.activity svg').getAttribute('aria-label'), '133 messages from May 2019 to Sept 2026, 90 interests');
    const { frame: thin } = await open(t, chromium.browser, new FakeHost(samples.thin()));
    await thin.locator('[data-focus="tab:history"]').click();
    assert.equal(await thin.locator('.activity').isVisible(), false);
  });
});

describe('a history', () => {
  it('stays where the last key led, however slow the frames', async (t) => {
    const reply = samples.rich();
    const rows = samples.manyRows().slice(-40);
    reply.history = { ...reply.history, rows, threads: samples.manyThreads(rows), gaps: [], before: null, after: null };
    const { frame, page, scroller } = await history(t, new FakeHost(reply));
    await until(() => scroller.evaluate((node) => node.scrollTop > 200), 'it opens at its end');
    const tops = await page.evaluate(async () => {
      const root = document.querySelector('identities-sidebar').shadowRoot;
      const node = root.querySelector('.scroller');
      for (const key of ['End', 'Home']) node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
      const seen = [node.scrollTop];
      for (let frames = 0; frames < 4; ++frames) {
        await new Promise(requestAnimationFrame);
        seen.push(node.scrollTop);
      }
      return seen;
    });
    assert.deepEqual(tops, [0, 0, 0, 0, 0]);
    assert.ok(await frame.locator('.row').first().isVisible());
  });
});

describe('a history of 5,000', () => {
  function manyHost() {
    const reply = samples.rich();
    const rows = samples.manyRows();
    reply.history = { ...reply.history, rows, threads: samples.manyThreads(rows), gaps: [] };
    reply.counts.history = rows.length;
    return new FakeHost(reply);
  }

  it('pages upwards and keeps the place', async (t) => {
    const { frame, scroll, host } = await history(t, manyHost());
    for (let page = 1; page <= 4; ++page) {
      const count = await frame.locator('.row').count();
      await scroll(400);
      const read = await frame.locator('.row').nth(8).getAttribute('data-engagement');
      const before = await top(frame, read);
      await until(async () => (await frame.locator('.row').count()) > count, 'another page');
      await frame.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.ok(Math.abs((await top(frame, read)) - before) <= 1, `moved by ${(await top(frame, read)) - before}`);
    }
    assert.ok(host.calls('history').every(({ body }) => body.cursor.startsWith('b')));
  });

  it('reaches the very first by Home and the very last by End, each once', async (t) => {
    const { page, frame, scroll, scroller } = await history(t, manyHost());
    await page.keyboard.press('Home');
    await frame.locator('.row-text', { hasText: /^Message 1\. / }).waitFor();
    await until(() => scroller.evaluate((node) => node.scrollTop === 0), 'the top is reached');
    await scroll(-1);
    await frame.locator('.row-text', { hasText: /^Message 60\. / }).waitFor({ state: 'attached' });
    await page.keyboard.press('End');
    await frame.locator('.row-text', { hasText: /^Message 5000\. / }).waitFor();
    const ids = await frame.locator('.row').evaluateAll((rows) => rows.map((row) => row.dataset.engagement));
    assert.equal(new Set(ids).size, ids.length);
  });

  it('stays quick with all of it loaded', async (t) => {
    const host = manyHost();
    host.page_rows = 400;
    const { frame, scroll, page } = await history(t, host);
    while ((await frame.locator('.row').count()) < 5000) {
      const count = await frame.locator('.row').count();
      await scroll(0);
      await until(async () => (await frame.locator('.row').count()) > count, 'another page');
    }
    const texts = await frame.locator('.row-text').evaluateAll((all) => all.map((one) => Number(one.textContent.match(/\d+/)[0])));
    assert.deepEqual(texts, Array.from({ length: 5000 }, (_, index) => index + 1));
    const frames_ms = await page.evaluate(async () => {
      const scroller = document.querySelector('identities-sidebar').shadowRoot.querySelector('.scroller');
      const start = performance.now();
      for (let step = 0; step < 30; ++step) {
        scroller.scrollTop += 1500;
        await new Promise(requestAnimationFrame);
      }
      return (performance.now() - start) / 30;
    });
    t.diagnostic(`a frame of scrolling among 5,000 rows: ${frames_ms.toFixed(1)} ms`);
    host.change(({ rows }) => rows.push({ ...rows.at(-1), id: '8999999999999999999', at_us: samples.now * 1000, text: 'Brand new' }));
    await frame.locator('.row-text', { hasText: 'Brand new' }).waitFor({ state: 'attached' });
    assert.equal(await frame.locator('.row').count(), 5001);
  });
});
