// The screens of who somebody is for those who do not see or do not point, and in another language: every control by Tab, every name, no word out of the code.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { assertNoWord, inHebrew, made_up } from './made_up.mjs';
import { assertAllNamed, assertNothingCut, heard, named } from './measure.mjs';
import { assertReachedByTab, passByTab } from './measure_keys.mjs';
import { PeopleHost } from './people_host.mjs';
import * as samples from './samples.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const ticket = () => {
  const reply = people.person();
  reply.requesters = samples.several().requesters.slice(0, 3);
  return reply;
};

/** Entries of the menu by their place: words differ by language. */
const entries = { merge: 2, split: 3, why: 4, log: 5 };
const from_menu = (name, part) => async ({ frame }) => {
  await frame.locator('[data-focus="menu"]').press('Enter');
  await frame.getByRole('menuitem').nth(entries[name]).press('Enter');
  await frame.locator(`.pane-${name} ${part}`).first().waitFor();
};
const screens = {
  Compare: async ({ frame }) => {
    await frame.locator('[data-focus="suggestion-compare"]').press('Enter');
    await frame.locator('.sides').waitFor();
  },
  'Why one person, with a question': async (opened) => {
    await from_menu('why', '.part')(opened);
    await opened.frame.locator('[data-focus^="why-off:"]').last().press('Enter');
  },
  'Split, with a question': async (opened) => {
    await from_menu('split', 'input')(opened);
    await opened.frame.getByRole('checkbox').nth(1).check();
    await opened.frame.locator('[data-focus="split-do"]').press('Enter');
  },
  Merge: from_menu('merge', '.part'),
  'the log, with a preview': async (opened) => {
    await from_menu('log', '.part')(opened);
    await opened.frame.locator(`[data-focus="log-undo:${people.inexact.log}"]`).press('Enter');
    await opened.frame.locator('.moves').waitFor();
  },
  'joined, with Undo': async (opened) => {
    await screens.Compare(opened);
    await opened.page.keyboard.press('y');
    await opened.frame.locator('.decided').waitFor();
    await until(() => opened.host.requests.some(({ body }) => body.if_version === opened.host.version()), 'who it is now is here');
  },
  'a message that somebody else wrote': async ({ page, frame }) => {
    await frame.locator('[data-focus="tab:history"]').click();
    const row = frame.locator('.row.in[data-engagement]').last();
    await row.locator('.row-tools').press('Enter');
    await page.keyboard.press('Enter');
    await row.locator('.ask').waitFor();
  },
};

const start = (t, options = {}, host = new PeopleHost(ticket())) => open(t, chromium.browser, host, options);

for (const [name, lead] of Object.entries(screens)) {
  describe(name, () => {
    it('has every control within reach of Tab, in its order, with the focus in sight', async (t) => {
      for (const options of [{ scheme: 'light' }, { forced: true }]) {
        const opened = await start(t, options);
        await until(() => opened.host.calls('attributes').length > 1, 'all attributes');
        await lead(opened);
        if (name === 'a message that somebody else wrote') await passByTab(opened);
        await assertReachedByTab(opened, JSON.stringify(options));
      }
    });

    it('has a name for each control and region, and no two words of one run together', async (t) => {
      const opened = await start(t);
      await lead(opened);
      const nodes = await heard(opened.page);
      assertAllNamed(nodes, name);
      const buttons = named(nodes, 'button').filter((one) => one !== 'more');
      assert.deepEqual(buttons.filter((one, at) => buttons.indexOf(one) !== at && !/^(About who wrote this)$/.test(one)), [], 'what does something else has another name');
    });

    it('takes each word from the locale file, and has room for longer ones', async (t) => {
      const reply = inHebrew(ticket());
      const host = new PeopleHost({ ...reply, suggestions: spell(reply.suggestions) });
      host.attributes = [];
      Object.assign(host.joined, { label: '\u05d0', text: '\u05d0' });
      const panel = host.panel.bind(host);
      host.panel = (body) => (body.pivot && body.pivot !== 'history' ? spell(panel(body)) : panel(body));
      const opened = await start(t, { ...made_up, side: '306px' }, host);
      await lead(opened);
      await assertNoWord(opened.page, name);
      await assertNothingCut(opened.frame, name);
    });
  });
}

const told_of = new Set(['name', 'names', 'value', 'left', 'right', 'handle', 'city', 'sources']);

/** What is told of people and places is data, too; it is written in another script. */
function spell(value, key = '') {
  if (Array.isArray(value)) return value.map((one) => spell(one, key));
  if (typeof value === 'string') return told_of.has(key) ? value.replace(/[A-Za-z]/g, '\u05d0') : value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spell(one, name)]));
}

it('says aloud what was done, and where one is then', async (t) => {
  const { page, frame } = await start(t);
  await frame.locator('.live').evaluate((node) => {
    window.told = [];
    new MutationObserver(() => { if (node.textContent) window.told.push(node.textContent); }).observe(node, { childList: true });
  });
  await screens.Compare({ frame });
  await page.keyboard.press('x');
  await until(async () => (await focused(page)) === 'decided-undo', 'the focus is at Undo');
  assert.deepEqual(await page.evaluate(() => window.told), ['Not the same as Hanna Krane. Remembered.']);
  const nodes = await heard(page);
  assert.ok(nodes.some(({ role, name, states }) => role === 'button' && name === 'Undo: Not the same as Hanna Krane. Remembered.' && states.focused));
});
