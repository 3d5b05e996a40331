// The element in states that a server cannot easily give: first reply, tokens, failures, rights, keys, hostile texts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, reply = samples.rich(), options = {}) => open(t, chromium.browser, reply instanceof FakeHost ? reply : new FakeHost(reply), options);
const texts = (locator) => locator.allTextContents();

describe('the header', () => {
  it('reads as drawn', async (t) => {
    const { frame } = await start(t);
    assert.equal(await frame.locator('.standing').textContent(), 'Customer · Gold · 22:05 in Perth · English');
    assert.equal(await frame.locator('.sources').textContent(), 'Instagram @hanna.c · X @hcrane · WhatsApp · Shop');
    assert.equal(await frame.locator('.likes').textContent(), 'Likes Cycling · Coffee · Camping+38');
    assert.deepEqual(await texts(frame.locator('.facts dd')), ['$4,210', '12', '$351', '3 Nov']);
    assert.deepEqual(await texts(frame.locator('.facts dt')), ['spent', 'orders', 'average', 'latest order']);
    assert.equal(await frame.locator('.warning').textContent(), '!2 other open tickets, oldest waits 3 days');
    assert.equal(await frame.getByRole('button', { name: 'Copy +61 4… 409, +61412345409, verified' }).textContent(), '+61 4… 409✓');
  });

  it('copies an identifier by Enter and says so', async (t) => {
    const { page, frame } = await start(t);
    await frame.getByRole('button', { name: /Copy h.crane/ }).focus();
    await page.keyboard.press('Enter');
    await frame.getByText('Copied h.crane@mail.example').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'h.crane@mail.example');
  });

  it('expands +2 and keeps the focus there', async (t) => {
    const { page, frame } = await start(t);
    await frame.getByRole('button', { name: '2 more addresses' }).press('Enter');
    assert.equal(await frame.locator('.identifiers .copy').count(), 4);
    assert.equal(await focused(page), 'more:identifiers');
  });

  it('says of a new customer what is known', async (t) => {
    const { frame } = await start(t, samples.unknown());
    assert.equal(await frame.locator('.name').textContent(), 'someone@new.example');
    assert.equal(await frame.locator('.header .dots').first().textContent(), 'First contact today 14:58 · mail · not verified');
    assert.equal(await frame.locator('#notes-title').textContent(), 'Notes 0');
  });

  it('leaves out what is not there', async (t) => {
    const { frame } = await start(t, samples.thin());
    for (const absent of ['.likes', '.facts', '.since', '.requesters', '.note']) assert.equal(await frame.locator(absent).locator('visible=true').count(), 0, absent);
  });
});

describe('the summary', () => {
  it('puts facts into words and falls back to label and value', async (t) => {
    const reply = samples.rich();
    reply.summary.at(-1).items.push({ key: 'person.shoe', label: 'shoe size', type: 'number', value: 41 });
    const { frame } = await start(t, reply);
    assert.deepEqual(await texts(frame.locator('.fact-words')), [
      '12 orders since 2021 · fav. Bikes', 'Gold since 2024 · 3,120 points', '87 messages since 2019 · mail, WhatsApp · answers evenings',
      'Perth AU · born 1988 · speaks English · shoe size 41']);
    assert.equal(await frame.locator('.since').textContent(), 'Since 4 Nov: +1 order, new address, 1 note');
  });

  it('shows eight interests, then reaches all', async (t) => {
    const { page, frame } = await start(t);
    assert.equal(await frame.locator('.interest-line').count(), 8);
    await frame.getByRole('button', { name: '2 more (3)' }).press('Enter');
    assert.equal(await frame.locator('.interest-line').count(), 10);
    assert.equal(await focused(page), 'summary:pets');
  });

  it('is what shows at every opening', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="tab:history"]').click();
    await page.reload();
    await frame.locator('.panel-summary').waitFor();
  });
});

describe('several requesters', () => {
  it('chooses another by the radio row', async (t) => {
    const { page, frame, host } = await start(t, samples.several());
    assert.match(await frame.locator('.requesters').textContent(), /Hanna Cranewrote last, 3 notesBen Okafor1 noteCcLee\+4/);
    host.override = ({ body }) => (body.select === 1 && !body.pivot && !body.key ? { ...samples.thin(), version: 'ben', requesters: samples.several().requesters.map((one) => ({ ...one, selected: one.index === 1 })) } : undefined);
    await frame.getByRole('radio', { name: /Ben Okafor/ }).check();
    await frame.locator('.name', { hasText: 'Ben Okafor' }).waitFor();
    assert.equal(await focused(page), 'requester:1');
    await frame.locator('.add').click();
    assert.equal(await frame.locator('.note-box textarea').getAttribute('aria-label'), 'Note on Ben Okafor');
  });

  it('stays with the one before when the other cannot be had', async (t) => {
    const { frame, host } = await start(t, samples.several());
    host.override = ({ body }) => (body.select === 1 ? new Refusal(503, 'down') : undefined);
    await frame.getByRole('radio', { name: /Ben Okafor/ }).click();
    await until(async () => frame.getByRole('radio', { name: /Hanna Crane/ }).isChecked(), 'the first is chosen again');
    assert.equal(await frame.locator('.name').textContent(), 'Hanna Crane');
  });
});

describe('who may', () => {
  it('renders nothing and reserves no space without the right', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => new Refusal(403, 'no');
    const { page } = await start(t, host, { ready: false });
    await until(async () => page.locator('identities-sidebar').evaluate((one) => one.hasAttribute('data-empty')), 'it is empty');
    const { height, children } = await page.locator('identities-sidebar').evaluate((one) => ({ height: one.offsetHeight, children: one.shadowRoot.childElementCount }));
    assert.deepEqual({ height, children }, { height: 0, children: 0 });
  });

  it('asks for another token at 401', async (t) => {
    const host = new FakeHost(samples.rich());
    let given = 0;
    host.token = () => `token-${++given}`;
    host.override = () => (host.tokens.at(-1) === 'Bearer token-1' ? new Refusal(401, 'expired') : undefined);
    const { frame } = await start(t, host);
    assert.equal(await frame.locator('.name').textContent(), 'Hanna Crane');
    assert.deepEqual(host.tokens.slice(0, 2), ['Bearer token-1', 'Bearer token-2']);
  });

  it('tells the host with each call what the embedder says about it', async (t) => {
    const { page, host } = await start(t);
    assert.equal('people' in host.requests[0].body, false);
    host.override = () => new Refusal(503, 'later');
    await page.evaluate(() => { document.querySelector('identities-sidebar').about = { people: 'ann@post.example' }; });
    const asked = host.requests.length;
    await until(() => host.requests.length > asked, 'it asks again');
    assert.equal(host.requests.at(-1).body.people, 'ann@post.example');
  });

  it('waits for the page to give a token', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => (host.tokens.at(-1) ? undefined : new Refusal(401, 'who?'));
    const { page, frame } = await start(t, host, { wait_for_token: true, ready: false });
    await until(() => host.requests.length > 0, 'it asked without');
    await page.addScriptTag({ url: '/page.js', type: 'module' });
    await frame.locator('.name').waitFor();
  });

  it('offers no notes to write where the token does not allow it', async (t) => {
    const host = new FakeHost(samples.rich());
    host.token = () => `e30.${Buffer.from(JSON.stringify({ exp: 4e9, scopes: ['identity.see'] })).toString('base64url')}.x`;
    const { frame } = await start(t, host);
    assert.equal(await frame.locator('.add').isVisible(), false);
  });
});

describe('when it cannot be had', () => {
  it('says so in one line, and heals by "Try again"', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => new Refusal(503, 'down');
    const { page, frame } = await start(t, host, { ready: false });
    const line = page.locator('identities-sidebar .unavailable');
    await line.waitFor();
    assert.equal(await line.textContent(), 'Unavailable since 15:05; the ticket works as usual. Try again · User page of the helpdesk');
    assert.equal(await line.getByRole('link').getAttribute('href'), '/user/7');
    host.override = undefined;
    await line.getByRole('button', { name: 'Try again' }).click();
    await frame.locator('.name').waitFor();
  });

  it('heals alone', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => 'cut';
    const { page, frame } = await start(t, host, { ready: false });
    await page.locator('identities-sidebar .unavailable').waitFor();
    host.override = undefined;
    await frame.locator('.name').waitFor();
  });

  it('shows grey lines while it waits', async (t) => {
    const host = new FakeHost(samples.rich());
    host.override = () => 'hang';
    const { page } = await start(t, host, { ready: false });
    await page.locator('identities-sidebar .skeleton').waitFor();
  });

  it('says of when it is, keeps a half-written note, and heals', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('.add').click();
    await page.keyboard.type('half a note');
    host.override = () => new Refusal(503, 'down');
    await frame.locator('.stale').waitFor();
    assert.equal(await frame.locator('.stale').textContent(), 'As of 15:05. Refresh');
    await frame.getByRole('button', { name: 'Save' }).click();
    await frame.locator('.error', { hasText: 'Not reached; nothing is lost.' }).waitFor();
    assert.equal(await frame.locator('.note-box textarea').inputValue(), 'half a note');
    host.override = undefined;
    await frame.locator('.stale button').click();
    await until(async () => !(await frame.locator('.stale').isVisible()), 'it is fresh again');
    await frame.getByRole('button', { name: 'Try again' }).click();
    await frame.locator('.note', { hasText: 'half a note' }).waitFor();
    assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
  });

  it('names the part that is missing', async (t) => {
    const { frame } = await start(t, { ...samples.rich(), errors: [{ part: 'history', message: 'late' }] });
    assert.equal(await frame.locator('.fault').textContent(), 'Not available just now: History');
  });
});

describe('live', () => {
  it('asks with the version it has, and takes in what changed without taking the focus', async (t) => {
    const { page, frame, host } = await start(t);
    await page.locator('#reply').fill('Dear Hanna');
    await until(() => host.requests.some(({ body }) => body.if_version === 'v1'), 'a poll');
    host.change(({ reply }) => {
      reply.identity.name = 'Hanna Crane-Ode';
      reply.summary[0].count = 15;
    });
    await frame.locator('.name', { hasText: 'Hanna Crane-Ode' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reply');
    assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
  });

  it('keeps the focus on a line that is drawn anew', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('[data-focus="summary:food"]').focus();
    host.change(({ reply }) => { reply.summary[1].count = 8; });
    await frame.locator('[data-focus="summary:food"]', { hasText: '8' }).waitFor();
    assert.equal(await focused(page), 'summary:food');
  });
});

describe('hostile texts', () => {
  it('are texts', async (t) => {
    for (const options of [{}, { inline: samples.hostile() }]) {
      const { page, frame } = await start(t, samples.hostile(), options);
      assert.equal(await frame.locator('.name').textContent(), samples.hostile_name);
      await frame.locator('[data-focus="tab:history"]').click();
      await frame.locator('.row').first().waitFor();
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      assert.equal(await frame.locator('img, script').count(), 0);
      assert.equal(await frame.locator('.sources a[href^="javascript"]').count(), 0);
      assert.equal(await frame.evaluate((node) => node.scrollWidth - node.clientWidth), 0);
    }
  });
});

describe('by keyboard alone', () => {
  it('g i enters, Esc goes back', async (t) => {
    const { page } = await start(t);
    await page.getByRole('heading', { name: '#611' }).evaluate((node) => {
      node.tabIndex = -1;
      node.id = 'title';
      node.focus();
    });
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    assert.equal(await focused(page), 'tab:summary');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'title');
  });

  it('1 2 3 and arrows choose pivots; s searches; the helpdesk gets its own keys', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="tab:summary"]').focus();
    for (const [key, pivot] of [['2', 'attributes'], ['3', 'history'], ['1', 'summary'], ['ArrowRight', 'attributes'], ['ArrowLeft', 'summary'], ['ArrowLeft', 'history']]) {
      await page.keyboard.press(key);
      assert.equal(await focused(page), `tab:${pivot}`);
      assert.equal(await frame.getAttribute('data-pivot'), pivot);
    }
    for (const key of ['r', 'c', '/', '?']) await page.keyboard.press(key);
    assert.deepEqual(await page.evaluate(() => window.keys), ['r', 'c', '/', '?']);
    await page.keyboard.press('s');
    await page.keyboard.type('n1w2');
    assert.equal(await frame.locator('.panel-history .search').inputValue(), 'n1w2');
  });

  it('n writes a note; nothing is a key in the page or its fields', async (t) => {
    const { page, frame } = await start(t);
    await page.locator('#reply').focus();
    await page.keyboard.type('gin 123w');
    assert.equal(await page.locator('#reply').inputValue(), 'gin 123w');
    await frame.locator('[data-focus="tab:summary"]').focus();
    await page.keyboard.press('n');
    await page.keyboard.type('w1');
    assert.equal(await frame.locator('.note-box textarea').inputValue(), 'w1');
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), 'note-add');
  });

  it('w widens: three columns at once, Esc back', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="tab:summary"]').focus();
    await page.keyboard.press('w');
    assert.equal(await frame.evaluate((node) => node.offsetWidth), 900);
    for (const part of ['.header', '.notes', '.panel-summary', '.panel-history']) assert.equal(await frame.locator(part).isVisible(), true, part);
    await page.keyboard.press('2');
    assert.equal(await frame.locator('.panel-history').isVisible(), true);
    await page.keyboard.press('Escape');
    assert.equal(await frame.evaluate((node) => node.offsetWidth), 330);
    assert.equal(await focused(page), 'tab:attributes');
  });

  it('the menu opens, moves and closes', async (t) => {
    const { page, frame } = await start(t);
    await frame.locator('[data-focus="menu"]').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await frame.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    assert.deepEqual(await page.evaluate(() => window.keys), ['Enter', 'Enter']);
  });
});
