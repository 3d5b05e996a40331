// What a screen reader says: Chromium's own accessibility tree, with its names, roles and states.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import { assertAllNamed, heard, named, spoken } from './measure.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, reply = samples.rich(), options = {}) => open(t, chromium.browser, reply instanceof FakeHost ? reply : new FakeHost(reply), options);
describe('names, roles and states', () => {
  it('of the header, the requesters and the notes', async (t) => {
    const { page } = await start(t, samples.several());
    const nodes = await heard(page);
    assertAllNamed(nodes, 'Summary');
    assert.deepEqual(named(nodes, 'radio'), ['Hanna Crane wrote last, 3 notes', 'Ben Okafor 1 note', 'Cc Lee']);
    assert.deepEqual(nodes.filter(({ role }) => role === 'radio').map(({ states }) => states.checked), ['true', 'false', 'false']);
    assert.ok(nodes.find(({ role }) => role === 'radio').inside.inside.name === 'Who writes in this ticket', 'the radios are a group with a name');
    assert.deepEqual(named(nodes, 'heading'), ['Hanna Crane', 'Notes 3']);
    assert.deepEqual(named(nodes, 'term'), ['spent', 'orders', 'average', 'latest order']);
    const notes = nodes.find(({ role, name }) => role === 'list' && name === 'Notes 3');
    assert.equal(nodes.filter(({ role, inside }) => role === 'listitem' && inside === notes).length, 3);
    const buttons = named(nodes, 'button');
    for (const name of ['Wide view', 'Menu', '4 more people', 'Copy h.crane@mail.example, verified', '2 more addresses', '38 more interests', '2 other open tickets, oldest waits 3 days', '+ Add', 'Pin, edit or delete the note of Mia']) {
      assert.ok(buttons.includes(name), name);
    }
  });

  it('of the tabs, and of Summary: one button a line', async (t) => {
    const { page, frame } = await start(t);
    let nodes = await heard(page);
    const tabs = () => nodes.filter(({ role }) => role === 'tab').map(({ name, states }) => `${name}${states.selected ? ', selected' : ''}`);
    assert.deepEqual(tabs(), ['Summary, selected', 'Attributes 214', 'History 46']);
    assert.deepEqual(named(nodes, 'tablist'), ['Views of this customer']);
    assert.deepEqual(named(nodes, 'tabpanel'), ['Summary']);
    const buttons = named(nodes, 'button');
    for (const name of ['Sport 14 interests: Cycling, AFL, Surfing', '2 more (3)', 'Buying 12 orders since 2021 · fav. Bikes']) assert.ok(buttons.includes(name), name);
    await frame.locator('[data-focus="wide"]').click();
    nodes = await heard(page);
    assertAllNamed(nodes, 'wide');
    assert.deepEqual(tabs(), ['Summary, selected', 'Attributes 214']);
    assert.ok(named(nodes, 'region').includes('History 46'));
    assert.ok(named(nodes, 'button').includes('Narrow view'));
  });

  it('of Attributes: what is open says so, and what is being fetched', async (t) => {
    const host = new FakeHost(samples.rich());
    const { page, frame } = await start(t, host);
    await frame.locator('[data-focus="summary:sport"]').click();
    await frame.locator('.attribute').first().click();
    await frame.locator('.evidence').waitFor();
    const nodes = await heard(page);
    assertAllNamed(nodes, 'Attributes');
    const state = (name) => nodes.find((node) => node.role === 'button' && node.name.startsWith(name))?.states.expanded;
    assert.deepEqual([state('Sport 14'), state('Food 7'), state('Cycling'), state('AFL')], [true, false, true, false]);
    assert.deepEqual(nodes.filter(({ role }) => role === 'radio').map(({ name, states }) => `${name}: ${states.checked}`), ['Category: true', 'Source: false', 'Social profile: false']);
    assert.deepEqual(named(nodes, 'radiogroup'), ['Group by']);
    assert.ok(named(nodes, 'list').includes('The words that set it'));
    assert.ok(nodes.some(({ role, states }) => role === 'status' && states.live === 'polite'));
    await frame.getByRole('radio', { name: 'Social profile' }).check();
    assertAllNamed(await heard(page), 'profiles');
  });

  it('of attributes and evidence that are not here yet', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = ({ body }) => (body.pivot === 'attributes' ? 'hang' : undefined);
    const { page, frame } = await start(t, host);
    await frame.locator('[data-focus="tab:attributes"]').click();
    assert.equal(await frame.locator('.sections').getAttribute('aria-busy'), 'true');
    assertAllNamed(await heard(page), 'waiting');
  });

  it('of History: chapters are headings, rows a list, the plot has words', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:first"]').click();
    await frame.locator('.row').first().waitFor();
    const nodes = await heard(page);
    assertAllNamed(nodes, 'History');
    assert.deepEqual(named(nodes, 'heading').slice(0, 2), ['History 46', 'Mail · Support #482 Refund · 3 – 9 Mar 2025 · closed']);
    assert.deepEqual(named(nodes, 'image'), ['44 messages from Mar 2025 to Nov 2026, 2 interests']);
    assert.deepEqual(named(nodes, 'region').slice(-1), ['History, oldest first']);
    assert.deepEqual(named(nodes, 'searchbox'), ['Search history']);
    assert.deepEqual(named(nodes, 'combobox'), ['Channel', 'Account']);
    const who = nodes.find(({ role, name }) => role === 'button' && name === 'Hanna Crane 3 notes');
    assert.equal(who.states.expanded, false);
    const present = nodes.find(({ role, name }) => role === 'button' && name.startsWith('This ticket'));
    assert.equal(present.states.expanded, false);
  });

  it('of the note box, the menu, the keys, and what went wrong', async (t) => {
    const host = new FakeHost(samples.rich());
    const { page, frame } = await start(t, host);
    await frame.locator('.add').click();
    await page.keyboard.type('x');
    host.override = ({ path }) => (path.endsWith('note.add') ? new Refusal(422, 'too long') : undefined);
    await page.keyboard.press('Control+Enter');
    await frame.locator('.note-box .error').waitFor();
    let nodes = await heard(page);
    assertAllNamed(nodes, 'the note box');
    assert.ok(named(nodes, 'textbox').includes('Note on Hanna Crane'));
    assert.ok(nodes.some(({ role, states }) => role === 'alert' && states.live === 'assertive'));
    await frame.locator('[data-focus="menu"]').click();
    nodes = await heard(page);
    assertAllNamed(nodes, 'the menu');
    assert.deepEqual(named(nodes, 'menuitem'), ['Copy a link to this page', 'Wide view', 'Keys']);
    assert.equal(nodes.find(({ role, name }) => role === 'button' && name === 'Menu').states.expanded, true);
    await frame.getByRole('menuitem', { name: 'Keys' }).click();
    nodes = await spoken(page);
    assertAllNamed(nodes.filter(({ role }) => role !== 'textbox'), 'the keys');
    assert.ok(named(nodes, 'dialog').includes('Keys'));
  });

  it('of what stands there without a customer', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => new Refusal(503, 'down');
    const { page } = await start(t, host, { ready: false });
    await page.locator('identities-sidebar .unavailable').waitFor();
    const nodes = await heard(page);
    assertAllNamed(nodes, 'unavailable');
    assert.ok(named(nodes, 'region').includes('Customer'));
    assert.ok(nodes.some(({ role }) => role === 'status'));
  });
});

describe('news', () => {
  it('are said politely and once until they are looked at', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('.row').first().waitFor();
    await frame.locator('.scroller').evaluate((node) => { node.scrollTop = 0; });
    await frame.locator('.live').evaluate((node) => {
      window.told = [];
      new MutationObserver(() => { if (node.textContent) window.told.push(node.textContent); }).observe(node, { childList: true });
    });
    assert.equal(await frame.locator('.live').getAttribute('role'), 'status');
    for (const number of [1, 2, 3]) {
      host.change(({ rows }) => rows.push({ ...rows[30], id: String(8550000000000000000n + BigInt(number)), at_us: samples.now * 1000 + number }));
      await frame.locator('.news', { hasText: String(number) }).waitFor();
    }
    assert.deepEqual(await page.evaluate(() => window.told), ['1 new message below']);
    assert.equal(await frame.locator('.live').evaluate((node) => node.offsetWidth <= 1 || node.textContent === ''), true, 'for the ear only');
  });
});
