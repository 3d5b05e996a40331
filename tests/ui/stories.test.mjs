// The stories that decide, played in a real browser against a real hdhost, plugin and database with the sample data.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { focused, startBrowser, until } from './browser.mjs';
import { RealHost, missing } from './real_host.mjs';

if (missing) it('plays the stories', { skip: missing }, () => {});
else describe('stories', () => {
  let chromium;
  let host;
  before(async () => {
    chromium = await startBrowser();
    host = await RealHost.start();
  });
  after(async () => {
    await chromium?.close();
    await host?.close();
  });

  /** An agent's browser at a ticket; remembers every request and every answer of the sidebar. */
  async function agent(t, name, number, options = {}) {
    const context = await chromium.browser.newContext({ viewport: { width: 1366, height: 768 }, colorScheme: options.scheme ?? 'light', reducedMotion: 'reduce' });
    t.after(() => context.close());
    const page = await context.newPage();
    const asked = [];
    const answers = [];
    page.on('request', (request) => {
      if (/\/v1\/(panel|action)\//.test(request.url())) asked.push(request.postDataJSON());
    });
    page.on('response', async (response) => {
      if (/\/v1\/(panel|action)\//.test(response.url())) answers.push(await response.text().catch(() => ''));
    });
    await page.addInitScript((id) => {
      localStorage.setItem('agent', id);
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const inside = entry.sources.some(({ node }) => node?.getRootNode() instanceof ShadowRoot);
          if (!entry.hadRecentInput && inside) window.shift = (window.shift ?? 0) + entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    }, name);
    await page.goto(host.ticket(number));
    const frame = page.locator('identities-sidebar .frame');
    if (options.ready !== false) await frame.locator('.name').waitFor();
    return { page, frame, asked, answers };
  }

  async function select(page, locator) {
    await locator.evaluate((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      document.getSelection().removeAllRanges();
      document.getSelection().addRange(range);
    });
  }

  const keys = async (frame) => frame.locator('.block > li[data-key]').evaluateAll((rows) => rows.map((row) => row.dataset.key));

  describe('1: opens with the ticket', () => {
    it('shows who this is without click, scroll or second request', async (t) => {
      const { page, frame, asked } = await agent(t, 'mia', '482');
      assert.deepEqual(asked.filter((body) => !body.pivot && !body.key && !body.if_version), [{}]);
      assert.equal(asked[0].pivot, undefined);
      for (const part of ['.name', '.standing', '.identifiers', '.sources', '.likes', '.facts', '.warning', '.note.pinned', '.tabs', '.category:nth-of-type(5)']) {
        const box = await frame.locator(part).first().boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= 768, `${part} is on the screen`);
      }
      assert.equal(await frame.locator('.name').textContent(), 'Hanna Crane');
      assert.match(await frame.locator('.standing').textContent(), /^Customer · Gold · .+ in Perth · English$/);
      assert.match(await frame.locator('.sources').textContent(), /^Instagram @hanna\.c · X @hcrane · /);
      assert.match(await frame.locator('.warning').textContent(), /2 other open tickets, oldest waits 3 days/);
      assert.match(await frame.locator('.facts').textContent(), /Spent\$4,210/);
      assert.match(await frame.locator('.note').first().textContent(), /^pinned: Prefers mail; never call before 17:00/);
      assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
    });

    it('opens on Summary again, though she left on History', async (t) => {
      const { page, frame } = await agent(t, 'mia', '482');
      await frame.locator('[data-focus="tab:history"]').click();
      await page.goto(host.ticket('481'));
      await frame.locator('.name', { hasText: 'Omar Haddad' }).waitFor();
      await page.goto(host.ticket('482'));
      await frame.locator('.name', { hasText: 'Hanna Crane' }).waitFor();
      assert.equal(await frame.getAttribute('data-pivot'), 'summary');
    });

    it('shows a stranger, a thin identity and several requesters', async (t) => {
      const { page, frame } = await agent(t, 'mia', '483');
      assert.match(await frame.locator('.header').textContent(), /First contact .+ not verified/);
      await page.goto(host.ticket('481'));
      await frame.locator('.name', { hasText: 'Omar Haddad' }).waitFor();
      assert.match(await frame.locator('.summary').textContent(), /3 messages/);
      await page.goto(host.ticket('480'));
      await frame.getByRole('radio', { name: /Hanna Crane wrote last, 3 notes/ }).waitFor();
      await frame.getByRole('radio', { name: /Ben Ode/ }).check();
      await frame.locator('.name', { hasText: 'Ben Ode' }).waitFor();
      assert.match(await frame.locator('.note').first().textContent(), /^Signs for the club/);
    });
  });

  it('speaks German to an agent whose token says so', async (t) => {
    const { frame } = await agent(t, 'resi', '483');
    assert.match(await frame.locator('.header').textContent(), /Erster Kontakt .+ nicht bestätigt/);
    assert.equal(await frame.getAttribute('lang'), 'de');
  });

  it('writes the pictures of the README', async (t) => {
    mkdirSync(new URL('screenshots/', import.meta.url), { recursive: true });
    for (const scheme of ['light', 'dark']) {
      const { page, asked } = await agent(t, 'mia', '482', { scheme });
      await until(() => asked.some((body) => body.pivot === 'attributes'), 'everything is there');
      await page.mouse.move(0, 0);
      await page.screenshot({ path: new URL(`screenshots/sidebar-${scheme}.png`, import.meta.url).pathname });
    }
  });

  describe('2: a note, every time', () => {
    it('stands on every ticket and pivot of Hanna, and is gone for good when deleted', async (t) => {
      const mia = await agent(t, 'mia', '482');
      const words = 'Third Tagalong this month with that nut';
      await select(mia.page, mia.page.locator('#conversation .text', { hasText: words }));
      await mia.frame.getByRole('button', { name: 'Save as note' }).waitFor();
      await mia.page.keyboard.press('n');
      const field = mia.frame.locator('.note-box textarea');
      const marker = `zebrawort${Date.now()}`;
      await field.fill(`${await field.inputValue()} ${marker}`);
      await mia.page.keyboard.press('Control+Enter');
      await mia.frame.locator('.note', { hasText: marker }).waitFor();

      const tom = await agent(t, 'tom', '479');
      const note = tom.frame.locator('.note', { hasText: marker });
      await note.waitFor();
      assert.match(await note.textContent(), /— Mia, .* from (this|a) ticket/);
      await tom.page.goto(host.ticket('480'));
      await tom.frame.getByRole('radio', { name: /Hanna Crane/ }).waitFor();
      await note.waitFor();
      await tom.frame.locator('[data-focus="tab:attributes"]').click();
      assert.equal(await note.isVisible(), true);
      await tom.frame.locator('[data-focus="tab:history"]').click();
      assert.match(await tom.frame.locator('.who-button').textContent(), /4 notes/);
      await tom.frame.locator('.who-button').click();
      assert.equal(await note.isVisible(), true);
      assert.equal(await note.locator('.note-tools').count(), 0);
      assert.ok((await host.everything()).includes(marker));

      const own = mia.frame.locator('.note', { hasText: marker });
      await own.locator('.note-tools').click();
      await own.getByRole('button', { name: 'Delete', exact: true }).click();
      await own.getByRole('button', { name: 'Delete', exact: true }).click();
      await own.waitFor({ state: 'detached' });
      await note.waitFor({ state: 'detached' });
      await until(async () => !(await host.everything()).includes(marker), 'no file holds a byte of it');
    });
  });

  describe('3: the whole history', () => {
    it('shows each of 87 once, oldest on top, interests between, the present ticket closed', async (t) => {
      const { page, frame } = await agent(t, 'mia', '482');
      await page.keyboard.press('g');
      await page.keyboard.press('i');
      await page.keyboard.press('3');
      await frame.getByRole('button', { name: 'This ticket, 5 messages: on the left' }).waitFor();
      await page.keyboard.press('Home');
      await frame.locator('.row').first().getByText('I am about to start riding to work').waitFor();
      assert.match(await frame.locator('.block > li').first().textContent(), /connected .+; nothing earlier here$/);
      const scroller = frame.locator('.scroller');
      await until(async () => {
        await scroller.evaluate((node) => { node.scrollTop = node.scrollHeight; });
        return (await frame.locator('.present').count()) > 0 && (await frame.locator('.row').count()) === 82;
      }, 'all but the five of this ticket');
      await frame.locator('.present-toggle').press('Enter');
      assert.equal(await frame.locator('.row').count(), 87);
      const all = await keys(frame);
      assert.equal(new Set(all).size, all.length);
      const times = await frame.locator('.row:not(.present ~ .row) time').evaluateAll((nodes) => nodes.map((node) => node.dateTime));
      assert.deepEqual(times, [...times].sort());
      assert.ok(await frame.locator('.block .interest').count() > 20);
    });

    it('shows Ben nothing of WhatsApp or of internal comments', async (t) => {
      const mia = await agent(t, 'mia', '482');
      const { accounts } = mia.answers.map((text) => JSON.parse(text)).find((reply) => reply.identity);
      const [whatsapp] = Object.entries(accounts).find(([, account]) => account.provider === 'whatsapp');
      const { frame, answers } = await agent(t, 'ben', '482');
      await frame.locator('[data-focus="tab:history"]').click();
      await frame.locator('[data-focus="history:first"]').click();
      await frame.locator('.row').first().waitFor();
      await frame.locator('[data-focus="tab:attributes"]').click();
      await frame.locator('.section-head').first().waitFor();
      const said = answers.join('').toLowerCase();
      for (const word of ['whatsapp', 'tubeless rear loses air', 'told the supplier', whatsapp]) assert.ok(!said.includes(word), word);
    });
  });

  describe('4: explore', () => {
    it('leads from Sport to the words, the message, and back to the same line, by keyboard alone', async (t) => {
      const { page, frame } = await agent(t, 'mia', '482');
      await page.keyboard.press('g');
      await page.keyboard.press('i');
      await page.keyboard.press('Tab');
      assert.match(await focused(page), /^summary:.*Sport$/i);
      const count = Number((await frame.locator('.interest-line .count').first().textContent()).match(/\d+/)[0]);
      await page.keyboard.press('Enter');
      await until(async () => /^section:.*Sport$/i.test(await focused(page) ?? ''), 'the category has the focus');
      assert.equal(await frame.locator('.attribute').count(), count);
      for (let row = 0; row < count && !(await frame.getByRole('button', { name: 'Show in history' }).count()); ++row) {
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await until(async () => (await frame.locator('.details .skeleton').count()) === 0, 'the evidence is there');
      }
      const line = await focused(page);
      assert.match(line, /^attribute:/);
      const evidence = frame.locator('.evidence li', { has: page.getByRole('button') }).first();
      const words = (await evidence.locator('q').textContent()).trim();
      for (let tab = 0; tab < 4 && !/^evidence:/.test(await focused(page) ?? ''); ++tab) await page.keyboard.press('Tab');
      const button = await focused(page);
      await page.keyboard.press('Enter');
      const row = frame.locator('.row.marked');
      await row.waitFor();
      assert.equal(await row.evaluate((node) => node.getRootNode().activeElement === node), true);
      if (await row.locator('.row-more').isVisible()) {
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
      }
      await row.getByText(words.slice(0, 20)).waitFor();
      await page.keyboard.press('Escape');
      assert.equal(await focused(page), button);
      await page.keyboard.press('Escape');
      assert.match(await focused(page), /^summary:.*Sport$/i);
    });

    it('shows social profiles as cards', async (t) => {
      const { frame } = await agent(t, 'mia', '482');
      await frame.locator('[data-focus="tab:attributes"]').click();
      await frame.getByRole('radio', { name: 'Social profile' }).check();
      assert.match(await frame.locator('.card').first().textContent(), /Instagram @hanna\.c.*fetched/);
      assert.equal(await frame.locator('.card').count(), 2);
    });
  });

  describe('7: the helpdesk never suffers', () => {
    it('says one true line beside a ticket that works when the database is stopped', async (t) => {
      const { page } = await agent(t, 'mia', '478', { ready: false });
      await page.locator('identities-sidebar .unavailable', { hasText: /^Unavailable since .+; the ticket works as usual\. Try again/ }).waitFor();
      assert.equal(await page.getByRole('heading', { name: 'Is my lock part of the recall?' }).isVisible(), true);
    });

    it('keeps a half-written note while the server is away, and heals', async (t) => {
      const { page, frame } = await agent(t, 'mia', '482');
      await frame.locator('.add').click();
      await page.keyboard.type('half a note');
      await host.stop('main');
      await frame.locator('.stale').waitFor();
      assert.equal(await frame.locator('.note-box textarea').inputValue(), 'half a note');
      await host.serve('main');
      await until(async () => !(await frame.locator('.stale').isVisible()), 'it is fresh again', 20000);
      assert.equal(await frame.locator('.note-box textarea').inputValue(), 'half a note');
    });
  });

  describe('9: an integrator posts', () => {
    it('and the open panel shows it: a message, and an order in the facts', async (t) => {
      const { page, frame } = await agent(t, 'mia', '482');
      await frame.locator('[data-focus="tab:history"]').click();
      await page.getByRole('button', { name: 'Hanna writes on WhatsApp', exact: true }).click();
      await frame.locator('.row-text', { hasText: 'I am near the shop until six' }).waitFor({ state: 'attached' });
      await frame.locator('[data-focus="tab:summary"]').click();
      assert.equal(await frame.locator('[data-focus="tab:history"] .count').textContent(), ' 88');
      await page.getByRole('button', { name: 'Hanna orders', exact: true }).click();
      await until(async () => (await frame.locator('[data-focus="tab:history"] .count').textContent()) === ' 89', 'the order is in the history');
      assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
    });
  });
});
