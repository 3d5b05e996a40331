// Story 6, the right person, and back: in Chromium against a real hdhost, plugin and database. A shared mailbox and a shared landline join nobody; a sound
// suggestion is accepted, and undone when much has happened since and a note is gone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { focused, startBrowser, until } from './browser.mjs';
import { RealHost, missing } from './real_host.mjs';

const mailbox = 'info@mill.example';
const landline = '+61293744000';
const line_of_the_lees = '+61293744111';
const mill = ['Ann Reed', 'Bo Chan', 'Cleo Diaz', 'Dan Egan', 'Eve Frost', 'Finn Gray', 'Gus Holt'];

/** Mia may say who somebody is; each of the story has a ticket of their own. */
function desk(data) {
  data.agents.find(({ id }) => id === 'mia').scopes.push('identity.merge');
  const like = data.tickets.find(({ id }) => id === '483');
  const ticket = (id, value, name) => ({
    ...like, id, subject: `Story 6: ${name}`, story: 'Story 6', customer: { id: `story6-${id}`, name, identifiers: [{ kind: 'email', value }] },
    requesters: [{ kind: 'email', value, name, role: 'requester' }], messages: [{ by: name, direction: 'in', at: '@-1h', text: `The ticket of ${name}.` }],
  });
  data.tickets.push(ticket('601', mailbox, 'The mill'), ticket('602', 'cora@home.example', 'Cora Voss'), ticket('603', 'dirk@home.example', 'Dirk Voss'),
    ticket('611', 'ann@lee.example', 'Ann Lee'), ticket('612', 'annie@lee.example', 'Annie Lee'));
}

if (missing) it('plays story 6', { skip: missing }, () => {});
else describe('6: the right person, and back', () => {
  let chromium;
  let host;
  let account;
  let number = 0;
  before(async () => {
    chromium = await startBrowser();
    host = await RealHost.start(desk);
    account = await host.addAccount('story6');
  });
  after(async () => {
    await chromium?.close();
    await host?.close();
  });

  /** Somebody writes. */
  async function write(customer, name, identifiers, text) {
    const id = `story6-${++number}`;
    const now = new Date();
    const body = JSON.stringify({ type: 'engagement.created', timestamp: now.toISOString(), data: {
      id, customer: { id: customer, name, identifiers }, direction: 'in', channel: 'chat', occurred_at: now.toISOString(), thread: { id: `thread-${customer}`, subject: 'Story 6', status: 'open' }, text,
    } });
    const answer = await fetch(account.address, { method: 'POST', body, headers: {
      'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now.getTime() / 1000)), 'webhook-signature': new Webhook(account.secret).sign(id, now, body),
    } });
    assert.equal(answer.status, 200, await answer.text());
  }

  const ann = (text) => write('c-ann', 'Ann Lee', [{ kind: 'email', value: 'ann@lee.example' }, { kind: 'phone', value: line_of_the_lees }], text);
  const annie = (text) => write('c-annie', 'Annie Lee', [{ kind: 'email', value: 'annie@lee.example' }, { kind: 'phone', value: line_of_the_lees }], text);
  const texts = async (ticket) => (await host.panel('mia', ticket)).history.rows.map((row) => row.text).sort();

  async function mia(t, ticket, name) {
    const context = await chromium.browser.newContext({ viewport: { width: 1366, height: 768 }, reducedMotion: 'reduce' });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.addInitScript(() => localStorage.setItem('agent', 'mia'));
    await page.goto(host.ticket(ticket));
    const frame = page.locator('identities-sidebar .frame');
    await frame.locator('.name', { hasText: name }).waitFor();
    return { page, frame };
  }

  it('joins nobody of seven who write from one mailbox, and says how many they are', async (t) => {
    for (const [index, name] of mill.entries()) {
      await write(`c-mill-${index}`, name, [{ kind: 'email', value: mailbox }], `I am ${name}.`);
    }
    const { frame } = await mia(t, '601', /./);
    await frame.getByText(`${mailbox} · shared · 7 people write from it`).waitFor();
    assert.equal(await frame.locator('.likes').count(), 0);
    const { identity } = await host.panel('mia', '601');
    assert.equal(identity.status, 'shared');
    assert.equal(identity.shared.people, mill.length);
  });

  it('joins nobody by a shared landline', async () => {
    await write('c-cora', 'Cora Voss', [{ kind: 'email', value: 'cora@home.example' }, { kind: 'phone', value: landline }], 'Cora speaking.');
    await write('c-dirk', 'Dirk Voss', [{ kind: 'email', value: 'dirk@home.example' }, { kind: 'phone', value: landline }], 'Dirk speaking.');
    assert.ok((await texts('602')).includes('Cora speaking.') && !(await texts('602')).includes('Dirk speaking.'));
    assert.ok((await texts('603')).includes('Dirk speaking.') && !(await texts('603')).includes('Cora speaking.'));
  });

  it('joins by y what a sound suggestion names, and gives each side back its own, without the deleted note, for good', async (t) => {
    await ann('Ann, first.');
    await annie('Annie, first.');
    const [ann_before, annie_before] = [await texts('611'), await texts('612')];
    const { page, frame } = await mia(t, '611', 'Ann Lee');
    await frame.locator('.suggestion', { hasText: 'Annie Lee' }).waitFor();
    await frame.locator('[data-focus="suggestion-compare"]').press('Enter');
    await frame.locator('.told-for', { hasText: /same (phone number|landline)/ }).waitFor();
    await page.keyboard.press('y');
    await frame.locator('.decided', { hasText: 'Joined with Annie Lee.' }).waitFor();
    await until(async () => (await texts('611')).includes('Annie, first.'), 'her past is here');

    const marker = `zebrawort${Date.now()}`;
    await frame.locator('.add').click();
    await page.keyboard.type(`Both names. ${marker}`);
    await page.keyboard.press('Control+Enter');
    const note = frame.locator('.note', { hasText: marker });
    await note.waitFor();
    await annie('Annie, after the joining.');
    await note.locator('.note-tools').click();
    await note.getByRole('button', { name: 'Delete', exact: true }).click();
    await note.getByRole('button', { name: 'Delete', exact: true }).click();
    await note.waitFor({ state: 'detached' });

    await page.reload();
    await frame.locator('[data-focus="menu"]').press('Enter');
    await frame.getByRole('menuitem', { name: 'Log' }).press('Enter');
    await frame.getByRole('button', { name: /^Undo: Mia joined Annie Lee/ }).press('Enter');
    await until(async () => (await focused(page)) === 'undo-no' || (await frame.locator('.decided').isVisible()), 'a preview, or done');
    if ((await focused(page)) === 'undo-no') await frame.locator('[data-focus="undo-yes"]').press('Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();

    assert.deepEqual(await texts('611'), ann_before);
    assert.deepEqual(await texts('612'), [...annie_before, 'Annie, after the joining.'].sort());
    for (const ticket of ['611', '612']) assert.equal((await host.panel('mia', ticket)).notes.length, 0);
    await until(async () => !(await host.everything()).includes(marker), 'no file holds a byte of the note');

    await annie('Annie, with the same evidence.');
    assert.ok(!(await texts('611')).includes('Annie, with the same evidence.'));
    assert.deepEqual((await host.panel('mia', '611')).suggestions, []);
  });
});
