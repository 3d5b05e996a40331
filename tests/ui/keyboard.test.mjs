// Everything by keyboard alone: reached, seen, worked, left again; and the helpdesk's own keys stay the helpdesk's.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { FakeHost } from './fake_host.mjs';
import { assertReachedByTab } from './measure_keys.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, reply = samples.rich(), options = {}) => open(t, chromium.browser, new FakeHost(reply), options);
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const isFocused = (locator) => locator.evaluate((node) => node.getRootNode().activeElement === node);

const screens = {
  Summary: async () => {},
  'Attributes with a row open': async ({ page, frame }) => {
    await frame.locator('[data-focus="summary:outdoors"]').press('Enter');
    await frame.locator('.attribute').first().press('Enter');
    await frame.locator('.evidence').waitFor();
    await page.locator('#reply').focus();
  },
  History: async ({ page, frame }) => {
    await frame.locator('[data-focus="tab:history"]').press('Enter');
    await page.keyboard.press('3');
    await frame.locator('.row').first().waitFor();
    await page.locator('#reply').focus();
  },
  'the note box and the tools of a note': async ({ page, frame }) => {
    await frame.locator('.note-tools').press('Enter');
    await frame.locator('.add').press('Enter');
    await page.locator('#reply').focus();
  },
};

for (const [name, lead] of Object.entries(screens)) {
  it(`reaches every control of ${name} by Tab, in its order, with the focus in sight`, async (t) => {
    for (const options of [{ scheme: 'light' }, { scheme: 'dark' }, { forced: true }]) {
      const opened = await start(t, samples.several(), options);
      await until(() => opened.host.calls('attributes').length > 1, 'all attributes');
      await lead(opened);
      await assertReachedByTab(opened, JSON.stringify(options));
    }
  });
}

describe('works without a mouse', () => {
  it('explores: category, attribute, its words, that very message, and back the same way', async (t) => {
    const { page, frame } = await start(t);
    await until(async () => (await frame.locator('[data-focus="tab:attributes"] .count').textContent()) !== '', 'drawn');
    await press(page, 'g', 'i', 'Tab');
    assert.equal(await focused(page), 'summary:sport');
    await press(page, 'Enter');
    await until(async () => (await focused(page)) === 'section:sport', 'its category');
    await press(page, 'ArrowDown', 'Space');
    const line = await focused(page);
    await frame.locator('.evidence').waitFor();
    assert.equal(await focused(page), line);
    await press(page, 'Tab', 'Enter');
    await frame.locator('.row.marked').waitFor();
    await until(() => isFocused(frame.locator('.row.marked')), 'that very message');
    await press(page, 'Tab', 'Enter');
    await frame.getByText('And this is the whole text.').waitFor();
    await press(page, 'Escape');
    assert.match(await focused(page), /^evidence:/);
    await press(page, 'Escape');
    assert.equal(await focused(page), 'summary:sport');
  });

  it('writes, pins, edits and deletes a note', async (t) => {
    const { page, frame, host } = await start(t);
    await press(page, 'g', 'i', 'n');
    await page.keyboard.type('Rides on Sundays.');
    await press(page, 'Tab');
    await press(page, 'Tab', 'Tab', 'Space', 'Shift+Tab', 'Shift+Tab', 'Enter');
    const own = frame.locator('.note', { hasText: 'Rides on Sundays.' });
    await own.waitFor();
    assert.equal(host.reply.notes[0].pinned, true);
    assert.equal(await focused(page), 'note-add');
    await press(page, 'Tab', 'Enter', 'Tab', 'Tab', 'Enter');
    await press(page, 'End');
    await page.keyboard.type(' Mostly.');
    await press(page, 'Control+Enter');
    await frame.locator('.note', { hasText: 'Mostly.' }).waitFor();
    assert.match(await focused(page), /^note:/);
    await press(page, 'Enter', 'Tab', 'Tab', 'Tab', 'Enter');
    assert.match(await focused(page), /^note-delete-no:/);
    await press(page, 'Escape');
    assert.match(await focused(page), /^note:/);
    assert.equal(host.reply.notes.length, 4);
    await press(page, 'Enter', 'Tab', 'Tab', 'Tab', 'Enter', 'Shift+Tab', 'Enter');
    await own.waitFor({ state: 'detached' });
    assert.equal(host.reply.notes.length, 3);
    assert.equal(await focused(page), 'note-add');
  });

  it('chooses requesters and groupings by arrow keys, filters History, and copies an address', async (t) => {
    const { page, frame, host } = await start(t, samples.several());
    await frame.locator('[data-focus="more:requesters"]').focus();
    await press(page, 'Space');
    assert.equal(await focused(page), 'requester:3', 'the first of those that were hidden');
    await frame.locator('[data-focus="requester:0"]').focus();
    await press(page, 'ArrowDown');
    await until(() => host.requests.some(({ body }) => body.select === 1 && !body.pivot), 'the next is asked for');
    await until(async () => (await frame.getAttribute('aria-busy')) === null, 'it is there');
    assert.equal(await focused(page), 'requester:1');
    await frame.locator('[data-focus^="identifier:email"]').focus();
    await press(page, 'Space');
    await frame.getByText('Copied h.crane@mail.example').waitFor();
    await press(page, 'g', 'i', '2');
    await frame.locator('[data-focus="grouping:category"]').focus();
    await press(page, 'ArrowRight');
    assert.equal(await focused(page), 'grouping:source');
    await frame.locator('.section-name', { hasText: 'Instagram' }).waitFor();
    await press(page, 'Escape');
    await press(page, 'g', 'i', '3', 's');
    await page.keyboard.type('coffee');
    await frame.locator('mark').first().waitFor();
    await press(page, 'Escape');
    assert.equal(await frame.locator('.panel-history .search').inputValue(), '');
    await until(async () => (await frame.locator('mark').count()) === 0, 'all of it again');
  });

  it('leads from the warning and from "+38" to where they point, and back', async (t) => {
    const { page, frame } = await start(t);
    for (const [from, pivot] of [['open-tickets', 'history'], ['likes', 'attributes']]) {
      await frame.locator(`[data-focus="${from}"]`).focus();
      await press(page, 'Enter');
      assert.equal(await frame.getAttribute('data-pivot'), pivot);
      assert.equal(await focused(page), `tab:${pivot}`);
      await press(page, 'Escape');
      assert.equal(await frame.getAttribute('data-pivot'), 'summary');
      assert.equal(await focused(page), from);
    }
  });

  it('opens and leaves the menu, the keys and the wide view', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="menu"]').focus();
    await press(page, 'ArrowDown', 'End', 'Enter');
    await frame.getByRole('dialog', { name: 'Keys' }).waitFor();
    await press(page, 'Escape');
    await press(page, 'w');
    assert.equal(await frame.evaluate((node) => node.offsetWidth), 900);
    await press(page, 'Escape');
    assert.equal(await frame.evaluate((node) => node.offsetWidth), 330);
  });
});

describe('Esc', () => {
  it('leads back to where one came from, by whichever way one came in', async (t) => {
    const { page, frame } = await start(t);
    const back = async (how) => {
      await press(page, 'Escape');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'reply', how);
    };
    await page.locator('#reply').focus();
    await press(page, 'Tab');
    assert.equal(await focused(page), 'wide');
    await back('by Tab');
    await frame.locator('[data-focus="tab:attributes"]').click();
    await back('by a click');
  });
});

describe('the focus', () => {
  it('stays where it is whatever the poll brings', async (t) => {
    const { page, frame, host } = await start(t, samples.several());
    const change = async (number) => {
      host.change(({ reply, rows }) => {
        reply.identity.name = `Hanna ${number}`;
        reply.identity.facts[1].value = number;
        reply.summary[0].count = 20 + number;
        reply.requesters[1].notes = number;
        reply.notes = [...reply.notes.slice(0, 3), samples.note(100 + number, `News ${number}`, 'Tom', samples.now * 1000)];
        reply.since = { ...reply.since, orders: number };
        rows.push({ ...rows.at(-1), id: String(8550000000000000000n + BigInt(number)), thread: '52', at_us: samples.now * 1000 + number });
      });
      await frame.locator('.name', { hasText: `Hanna ${number}` }).waitFor({ state: 'attached' });
    };
    let number = 1;
    for (const key of ['requester:0', 'identifier:email:h.crane@mail.example', 'likes', 'open-tickets', `note:${samples.rich().notes[0].id}`, 'tab:summary', 'summary:sport', 'menu']) {
      await frame.locator(`[data-focus="${key}"]`).focus();
      await change(number++);
      assert.equal(await focused(page), key);
    }
    await press(page, 'g', 'i', '3');
    await frame.locator('.scroller').focus();
    await change(number++);
    assert.equal(await focused(page), 'history:scroller');
    await page.locator('#reply').focus();
    await change(number++);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reply');
  });
});

describe('the keys of the helpdesk', () => {
  it('reach it from the page, and never from what is typed into a field of ours', async (t) => {
    const { page, frame } = await start(t, samples.rich(), { before: (one) => one.addInitScript(() => {
      window.heard = [];
      for (const type of ['keydown', 'keypress', 'keyup']) addEventListener(type, (event) => window.heard.push(`${type} ${event.key}`));
    }) });
    const heard = () => page.evaluate(() => window.heard.splice(0));
    await page.locator('h1').evaluate((node) => {
      node.tabIndex = -1;
      node.focus();
    });
    await press(page, 'r', 'c', '/', '?', 'x', '1', 's', 'w');
    assert.deepEqual((await heard()).filter((one) => one.startsWith('keydown')), ['r', 'c', '/', '?', 'x', '1', 's', 'w'].map((key) => `keydown ${key}`));
    assert.equal(await frame.getAttribute('data-pivot'), 'summary');
    await frame.locator('.add').press('Enter');
    await heard();
    await page.keyboard.type('rc/?');
    assert.equal(await frame.locator('.note-box textarea').inputValue(), 'rc/?');
    await press(page, 'Escape', '2', 's');
    await heard();
    await page.keyboard.type('rc/?');
    assert.equal(await frame.locator('.panel-attributes .search').inputValue(), 'rc/?');
    assert.deepEqual(await heard(), []);
  });
});
