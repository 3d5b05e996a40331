// The words about who somebody is: parts that share a name are told apart, nothing is said as a fact that is not one, names do not scramble sentences,
// and the log can be read to its beginning.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open, startBrowser, until } from './browser.mjs';
import { Refusal } from './fake_host.mjs';
import { PeopleHost } from './people_host.mjs';
import { comparing as toCompare, focus, press, screen as toScreen, words } from './people_page.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const screen = (t, name, host, options) => toScreen(t, chromium.browser, name, host, options);
const mail = (value) => ({ kind: 'email', value, verified: false, account: null });
const pia = (record, value, account = '3') => ({ record, account, name: 'Pia Quist', identifiers: [mail(value)] });
const entry = (more) => ({ id: '1', at_us: people.log[0].at_us, actor: null, type: 'autolink', rule: 'D3', records: 1, names: ['Pia Quist'], undoable: true, undone_by: null, ...more });
const told = (pane) => pane.locator('.log-list .part p:first-child').evaluateAll((all) => all.map((one) => one.textContent));

async function logOf(t, entries, options) {
  const host = new PeopleHost();
  host.log = entries.map((one, index) => entry({ id: String(100 - index), ...one }));
  const opened = await screen(t, options?.locale === 'de' ? 'Protokoll' : 'Log', host, options);
  await opened.pane.locator('.part').first().waitFor();
  return opened;
}

describe('an entry of the log', () => {
  it('tells parts of one name apart by source and address', async (t) => {
    const { pane } = await logOf(t, [
      { parts: [pia('61', 'pia@x.de')] },
      { parts: [pia('61', 'pia@x.de', '9')] },
      { parts: [{ ...pia('61', 'pia@x.de'), name: '' }] },
      { parts: [{ ...pia('61', ''), identifiers: [{ kind: 'customer', value: 'C-7', verified: true, account: '3' }] }] },
      { parts: [{ ...pia('61', ''), identifiers: [{ ...mail('info@x.de'), blocked: true }, mail('pia@x.de')] }] },
      { parts: [pia('61', '1@x.de'), pia('62', '2@x.de'), pia('63', '3@x.de'), pia('64', '4@x.de'), pia('65', '5@x.de')] },
      { names: ['Pia Quist', 'Pia'] },
    ]);
    assert.deepEqual(await told(pane), [
      'A rule joined Pia Quist (Shop, pia@x.de): same mail address',
      'A rule joined Pia Quist (pia@x.de): same mail address',
      'A rule joined pia@x.de (Shop): same mail address',
      'A rule joined Pia Quist (Shop C-7): same mail address',
      'A rule joined Pia Quist (Shop, pia@x.de): same mail address',
      'A rule joined Pia Quist (Shop, 1@x.de), Pia Quist (Shop, 2@x.de), Pia Quist (Shop, 3@x.de) and 2 more: same mail address',
      'A rule joined Pia Quist, Pia: same mail address',
    ]);
  });

  it('gives no grounds where none may be seen, or the rule is not known here', async (t) => {
    const { pane } = await logOf(t, [{ rule: 'rule' }, { rule: null }, { rule: 'D9' }]);
    assert.deepEqual(await told(pane), ['A rule joined Pia Quist', 'A rule joined Pia Quist', 'A rule joined Pia Quist']);
  });

  it('says what several people use since, or that they use something, and that it was undone', async (t) => {
    const names = ['Ann Lee', 'Olga Berg', 'Raj Patel', 'Zoe Fox'];
    const parts = names.map((name, index) => ({ ...pia(String(61 + index), 'desk@acme.io'), name }));
    const shared = { type: 'block_value', rule: 'S2', names, parts, records: 4 };
    const undone = { type: 'undo', rule: null, actor: { id: 'tom', name: 'Tom' } };
    const log = [undone, { ...shared, value: 'desk@acme.io', undoable: false, undone_by: '100' }, { ...shared, parts: [], names: [] }];
    const english = await logOf(t, log);
    assert.deepEqual(await told(english.pane), [
      'Tom undid: Several people use desk@acme.io, so that it joins nobody any more: Ann Lee, Olga Berg, Raj Patel and 1 more',
      'Several people use desk@acme.io, so that it joins nobody any more: Ann Lee, Olga Berg, Raj Patel and 1 more',
      'Several people use one address or number, so that it joins nobody any more: 4 parts',
    ]);
    const german = await logOf(t, log.slice(1), { locale: 'de' });
    assert.match((await told(german.pane))[0], /^Mehrere benutzen desk@acme\.io; es führt niemanden mehr zusammen: Ann Lee, Olga Berg, Raj Patel/);
  });

  const taken = {
    part: ['Mia moved Pia Quist out', 'Mia löste Pia Quist heraus'], email: ['Mia took a mail address off Pia Quist', 'Mia entfernte eine Mailadresse von Pia Quist'],
    phone: ['Mia took a phone number off Pia Quist', 'Mia entfernte eine Telefonnummer von Pia Quist'],
    platform: ['Mia took a social account off Pia Quist', 'Mia entfernte ein Konto einer Plattform von Pia Quist'],
    customer: ['Mia took a customer number off Pia Quist', 'Mia entfernte eine Kundennummer von Pia Quist'], undefined: ['Mia took Pia Quist off', 'Mia entfernte Pia Quist'],
  };
  for (const [at, locale] of ['en-GB', 'de'].entries()) {
    it(`says what was taken off, ${locale}`, async (t) => {
      const entries = Object.keys(taken).map((what) => ({ type: 'unlink', rule: 'J', actor: { id: 'mia', name: 'Mia' }, ...(what === 'undefined' ? {} : { taken: what }) }));
      const { pane } = await logOf(t, entries, { locale });
      assert.deepEqual(await told(pane), Object.values(taken).map((both) => both[at]));
    });
  }
});

describe('the pages of the log', () => {
  const many = (count) => Array.from({ length: count }, (_, index) => ({ names: [`Part ${index + 1}`] }));

  async function paged(t, count) {
    const host = new PeopleHost();
    host.page_entries = 20;
    host.log = many(count).map((one, index) => entry({ id: String(1000 - index), ...one }));
    const opened = await screen(t, 'Log', host);
    await opened.pane.locator('.part').first().waitFor();
    return { ...opened, older: opened.pane.getByRole('button', { name: 'Further back' }) };
  }

  it('come one by one by the same key, to the very first entry', async (t) => {
    const { page, pane, host, older } = await paged(t, 45);
    assert.equal((await told(pane)).filter((one) => one.startsWith('A rule')).length, 20);
    await older.press('Enter');
    await pane.getByText('Part 40:').waitFor();
    await focus(page, 'log-older');
    assert.deepEqual(host.calls('log').map(({ body }) => body.cursor), [undefined, 'e981']);
    await press(page, 'Enter');
    await pane.getByText('Part 45:').waitFor();
    assert.equal(await older.count(), 0);
    assert.deepEqual(await told(pane), many(45).map(({ names }) => `A rule joined ${names[0]}: same mail address`));
    const at = await page.evaluate(() => document.querySelector('identities-sidebar').shadowRoot.activeElement.textContent);
    assert.match(at, /^A rule joined Part 41:/, 'the focus is at the first that came');
  });

  it('stay where one is in the list, also when something of it is undone', async (t) => {
    const { pane, host, older } = await paged(t, 60);
    await older.scrollIntoViewIfNeeded();
    const top = () => pane.locator('.log-list').evaluate((list) => list.scrollTop);
    const before = await top();
    assert.ok(before > 0);
    await older.press('Enter');
    await pane.getByText('Part 21:').waitFor();
    assert.ok(Math.abs(await top() - before) < 40, `it was at ${before}, and is at ${await top()}`);
    host.previews.set('985', { log: '985', exact: false, moves: [], notes: 0, engagements: 0 });
    await pane.getByRole('button', { name: 'Undo: A rule joined Part 16:' }).press('Enter');
    await pane.locator('.undoing .buttons').waitFor();
    assert.ok(await top() > 0);
  });

  it('that does not come says so, and what is there stays', async (t) => {
    const { pane, host, older } = await paged(t, 30);
    host.override = ({ body }) => (body.cursor ? new Refusal(503, '') : undefined);
    await older.press('Enter');
    await pane.getByText('Not reached; nothing is lost.').waitFor();
    assert.equal((await told(pane)).filter((one) => one.startsWith('A rule')).length, 20);
    host.override = undefined;
    await pane.getByRole('button', { name: 'Try again' }).press('Enter');
    await pane.getByText('Part 30:').waitFor();
    assert.equal(await pane.locator('.error').count(), 0);
  });

  it('tell what an entry undid once that entry is there', async (t) => {
    const host = new PeopleHost();
    host.page_entries = 1;
    host.log = [entry({ id: '9', type: 'undo', rule: null, actor: { id: 'tom', name: 'Tom' } }), entry({ id: '8', undone_by: '9' })];
    const { pane } = await screen(t, 'Log', host);
    await pane.getByText('Tom undid an earlier entry').waitFor();
    await pane.getByRole('button', { name: 'Further back' }).press('Enter');
    await pane.getByText('Tom undid: A rule joined Pia Quist: same mail address').waitFor();
  });
});

describe('undoing at one part', () => {
  const moves = (count) => Array.from({ length: count }, (_, index) => ({ ...pia(String(61 + index), `${index + 1}@x.de`), identity_from: people.person().identity.id, identity_to: null }));
  const preview = (log, count, more) => ({ log, exact: true, moves: moves(count), notes: 0, engagements: 4, ...more });
  const links = { several: [people.why[3], 2], one: [people.why[4], 1], 'an unknown number': [people.why[3], undefined] };

  for (const [name, [one, brought]] of Object.entries(links)) {
    it(`of ${name} that came by the same event ${brought === 1 ? 'is done at once' : 'is shown first'}`, async (t) => {
      const host = new PeopleHost();
      host.why = host.why.map((each) => (each.record === one.record ? { ...each, brought } : each));
      host.previews.set(one.log, preview(one.log, brought ?? 1));
      const { page, frame, pane } = await screen(t, 'Why one person?', host);
      await pane.locator(`[data-focus="why-undo:${one.record}"]`).press('Enter');
      if (brought !== 1) {
        await focus(page, 'undo-no');
        assert.equal(await words(pane.locator('.undoing .ask')), 'If you undo it:');
        assert.equal(await pane.locator('.moves li').count(), brought ?? 1);
        assert.deepEqual(host.done, []);
        await press(page, 'Shift+Tab', 'Enter');
      }
      await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
      assert.equal(host.done.length, 1);
    });
  }

  for (const [name, count, more, asks] of [['one part', 1, {}, false], ['two parts', 2, {}, true], ['no part but messages', 0, {}, true], ['no part but notes', 0, { notes: 1, engagements: 0 }, true], ['nothing', 0, { engagements: 0 }, false]]) {
    it(`in the log of what moves ${name} ${asks ? 'is shown first' : 'is done at once'}`, async (t) => {
      const host = new PeopleHost();
      const { id } = people.log[2];
      host.previews.set(id, preview(id, count, more));
      const { page, frame, pane } = await screen(t, 'Log', host);
      await pane.locator(`[data-focus="log-undo:${id}"]`).press('Enter');
      if (asks) {
        await focus(page, 'undo-no');
        assert.deepEqual(host.done, []);
      } else {
        await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
      }
    });
  }

  it('tells in the preview which part is which, and which is this ticket\'s', async (t) => {
    const host = new PeopleHost();
    const { id } = people.log[2];
    const here = people.person().identity.id;
    const [own, other, back] = moves(3);
    host.previews.set(id, { ...preview(id, 0), moves: [
      { ...own, requester: true }, other, { ...back, identity_from: '55', identity_to: here }, { ...back, requester: true, identity_from: '55', identity_to: '56' }, { ...back, identity_from: '55', identity_to: '56' },
    ] });
    const { pane } = await screen(t, 'Log', host);
    await pane.locator(`[data-focus="log-undo:${id}"]`).press('Enter');
    await pane.locator('.moves').waitFor();
    assert.deepEqual(await pane.locator('.moves li').allTextContents(), [
      "This ticket's Pia Quist (Shop, 1@x.de) leaves Hanna Crane and is another person", 'Pia Quist (Shop, 2@x.de) leaves Hanna Crane and is another person',
      'Pia Quist (Shop, 3@x.de) comes back to Hanna Crane', "This ticket's Pia Quist (Shop, 3@x.de) comes to another person", 'Pia Quist (Shop, 3@x.de) moves from one other person to another',
    ]);
  });
});

describe('after an undo', () => {
  for (const [locale, redo, done, undo] of [['en-GB', 'Redo', 'Done again.', 'Undo'], ['de', 'Wiederherstellen', 'Wiederhergestellt.', 'Rückgängig']]) {
    it(`it can be done again, and is called so, ${locale}`, async (t) => {
      const { page, frame, host } = await toCompare(t, chromium.browser, new PeopleHost(), { locale });
      await press(page, 'y');
      await focus(page, 'decided-undo');
      await press(page, 'Enter');
      await frame.locator('.decided').getByRole('button', { name: redo, exact: true }).waitFor();
      await frame.locator('.sources', { hasText: 'WhatsApp Perth' }).waitFor({ state: 'detached' });
      host.previews.set(host.log[0].id, { ...people.inexact, log: host.log[0].id });
      await press(page, 'Enter');
      await frame.locator('.undoing').getByRole('button', { name: locale === 'de' ? 'Wiederherstellen' : 'Do it again' }).press('Enter');
      await frame.locator('.decided', { hasText: done }).waitFor();
      assert.equal(await frame.locator('.decided button').textContent(), undo);
      await frame.locator('.sources', { hasText: 'WhatsApp Perth' }).waitFor();
    });
  }
});

describe('what leaves with a part', () => {
  const parts = () => people.parts.map((part, index) => ({ ...part, notes: [3, 1, 0][index] }));

  for (const [locale, line, outcome, moved] of [
    ['en-GB', '20 messages, 3 May – 1 Oct 2026 · 1 note', '2 parts with 20 messages and 1 note become another person; Hanna Crane keeps 2 parts with 67 messages and 3 notes.', 'with 20 messages and 1 note and becomes'],
    ['de', '20 Nachrichten, 3. Mai – 1. Okt. 2026 · 1 Notiz', '2 Teile mit 20 Nachrichten und 1 Notiz werden eine andere Person; Hanna Crane behält 2 Teile mit 67 Nachrichten und 3 Notizen.', 'mit 20 Nachrichten und 1 Notiz und wird'],
  ]) {
    it(`are its notes, too: in Split and at a message, ${locale}`, async (t) => {
      const host = new PeopleHost();
      host.parts = parts();
      const { page, frame, pane } = await screen(t, locale === 'de' ? 'Aufteilen…' : 'Split…', host, { locale });
      await pane.getByRole('checkbox').nth(1).check();
      await pane.getByRole('checkbox').nth(2).check();
      assert.equal(await pane.locator('.part').nth(1).locator('.muted').textContent(), line);
      assert.equal(await words(pane.locator('.outcome')), outcome);
      await press(page, 'Escape');
      await frame.locator('[data-focus="tab:history"]').click();
      const row = frame.locator('.row.in[data-engagement]').last();
      await row.locator('.row-tools').press('Enter');
      await press(page, 'Enter');
      await row.locator('.ask').waitFor();
      assert.ok((await words(row.locator('.ask'))).includes(moved));
    });
  }

  it('is told in German grammar where it is nothing', async (t) => {
    const { pane } = await screen(t, 'Aufteilen…', new PeopleHost(), { locale: 'de' });
    await pane.getByRole('checkbox').nth(2).check();
    assert.match(await words(pane.locator('.outcome')), /^1 Teil mit keinen Nachrichten wird/);
  });
});

describe('Compare', () => {
  it('says of a landline that a household may share it', async (t) => {
    const host = new PeopleHost();
    host.comparisons[people.suggestions[0].id].evidence = ['same', 'similar', 'different', 'missing'].map((outcome) => ({ field: 'landline', outcome, left: '+61893744111', right: outcome === 'same' ? '+61893744111' : '' }));
    const { frame } = await toCompare(t, chromium.browser, host);
    assert.equal(await words(frame.locator('.told-for')), 'Forsame landline (a household may share it) +61893744111similar landline number +61893744111');
    assert.equal(await words(frame.locator('.told-against')), 'Againstdifferent landline number +61893744111');
    assert.equal(await words(frame.locator('.told-one_side')), 'Only onehas a landline number +61893744111');
  });
});

describe('a customer number', () => {
  it('says whose it is: the platform\'s name where there is one, else the account\'s', async (t) => {
    const host = new PeopleHost();
    const customer = (value, account, scope) => ({ kind: 'customer', value, verified: true, account, ...(scope ? { scope } : {}) });
    host.reply.identity.identifiers = [customer('C-1', '3'), customer('C-2', '3', 'shopify'), customer('C-3', null, '3'), customer('C-4', null, '77'), customer('C-5', null)];
    host.comparisons[people.suggestions[0].id].right.identifiers = [customer('C-6', '3')];
    const { frame } = await toCompare(t, chromium.browser, host);
    await frame.locator('[data-focus="more:identifiers"]').click();
    assert.deepEqual(await frame.locator('.header .copy-value').allTextContents(), ['Shop C-1', 'Shopify C-2', 'Shop C-3', 'C-4', 'C-5']);
    assert.equal(await words(frame.locator('.side').nth(1).locator('li')), 'Shop C-6 ✓ verified');
  });
});

describe('a long mail address', () => {
  it('breaks behind its @ and dots, and not within its last part', async (t) => {
    const value = 'hanna.margarethe.crane@customer-relations.example-industries.example';
    const host = new PeopleHost();
    host.reply.identity.identifiers[0].value = value;
    host.comparisons[people.suggestions[0].id].right.identifiers = [mail(value)];
    host.why[0].value = value;
    for (const [where, lead] of Object.entries({
      Compare: async (frame) => frame.locator('[data-focus="suggestion-compare"]').press('Enter'),
      Why: async (frame) => {
        await frame.locator('[data-focus="menu"]').press('Enter');
        await frame.getByRole('menuitem', { name: 'Why one person?' }).press('Enter');
      },
    })) {
      const { frame } = await open(t, chromium.browser, host, {});
      await frame.locator('[data-focus="wide"]').click();
      await lead(frame);
      const line = frame.locator('.pane bdi', { hasText: value }).first();
      await line.waitFor();
      const pieces = await line.evaluate((node) => [...node.childNodes].filter((one) => one instanceof Text).map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return [one.data, new Set([...range.getClientRects()].map(({ top }) => top)).size];
      }));
      assert.equal(pieces.map(([words_]) => words_).join(''), value);
      assert.ok(pieces.length === 6, where);
      const tops = new Set(pieces.filter(([piece]) => !piece.includes('-')).map(([, lines]) => lines));
      assert.deepEqual([...tops], [1], `${where}: ${JSON.stringify(pieces)}`);
    }
  });
});

describe('a name that turns the direction of text', () => {
  const turning = 'Zoe Marsh \u202E\u2067(VIP)';
  const controls = /[\u202A-\u202E\u2066\u2067]/;

  async function told_(t) {
    const host = new PeopleHost();
    host.reply.identity.name = turning;
    host.reply.suggestions[0].name = turning;
    host.why = host.why.map((one) => ({ ...one, name: turning }));
    host.log = host.log.map((one) => ({ ...one, names: [turning], parts: undefined, actor: { id: 'x', name: turning } }));
    return host;
  }

  it('leaves no such control in any text or label, and no isolate open', async (t) => {
    const host = await told_(t);
    const { frame, page } = await open(t, chromium.browser, host);
    const all = () => page.locator('identities-sidebar').evaluate(({ shadowRoot }) => [...shadowRoot.querySelectorAll('.who *, .bar *')].flatMap((one) => [
      ...[...one.childNodes].filter((node) => node instanceof Text).map(({ data }) => data), one.getAttribute('aria-label') ?? '']));
    for (const name of ['Why one person?', 'Log', 'Split…']) {
      await frame.locator('[data-focus="menu"]').press('Enter');
      await frame.getByRole('menuitem', { name }).press('Enter');
      await frame.locator('.pane .part').first().waitFor();
      const said = await all();
      assert.ok(said.some((one) => one.includes('Zoe Marsh (VIP)')), name);
      assert.deepEqual(said.filter((one) => controls.test(one)), [], name);
      assert.deepEqual(said.filter((one) => one.split('\u2068').length !== one.split('\u2069').length), [], name);
      await press(page, 'Escape');
    }
  });

  it('leaves a question in its order on the screen', async (t) => {
    const { frame, page } = await open(t, chromium.browser, await told_(t));
    await frame.locator('[data-focus="menu"]').press('Enter');
    await frame.getByRole('menuitem', { name: 'Why one person?' }).press('Enter');
    await frame.getByRole('button', { name: 'Not theirs: Shop C-10042' }).press('Enter');
    const ask = frame.locator('.pane .ask');
    assert.equal(await ask.textContent(), 'Take Shop C-10042 off Zoe Marsh (VIP)? It will no longer join anybody to them.');
    await until(async () => (await ask.boundingBox()) !== null, 'it is drawn');
    const places = await ask.evaluate((node) => {
      const [text] = node.childNodes;
      const at = (word) => {
        const range = document.createRange();
        range.setStart(text, text.data.indexOf(word));
        range.setEnd(text, text.data.indexOf(word) + word.length);
        const { left, top } = range.getBoundingClientRect();
        return { left, top };
      };
      return ['Take', 'off', 'Zoe', '(VIP'].map(at);
    });
    for (const [index, { left, top }] of places.slice(1).entries()) assert.ok(top > places[index].top || left > places[index].left, JSON.stringify(places));
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  });

  it('of another direction is set apart in a list, too', async (t) => {
    const { pane } = await logOf(t, [{ names: ['אבג (VIP)', 'Zoe'] }]);
    assert.deepEqual(await told(pane), ['A rule joined \u2068\u2068אבג (VIP)\u2069, Zoe\u2069: same mail address']);
  });
});
