// Notes: every time, for everybody, and never lost.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, reply = samples.rich()) => open(t, chromium.browser, new FakeHost(reply));
const texts = (frame) => frame.locator('.note-text').allTextContents();

function many(count) {
  const reply = samples.rich();
  reply.notes = Array.from({ length: count }, (_, index) => samples.note(index, `Note ${index}. ${'long words that go on '.repeat(12)}`, 'Mia', samples.us(2026, 0, 1 + index), { pinned: index === 2 }));
  return reply;
}

describe('notes', () => {
  it('stand above all three pivots, pinned first, then newest, with author, time and link', async (t) => {
    const { frame } = await start(t);
    assert.deepEqual(await texts(frame), ['pinned: Prefers mail; never call before 17:00. Speaks to Mia only.', 'Refund until 31 Dec agreed.', 'Old address still on parcels.']);
    assert.equal(await frame.locator('.note .by').nth(1).textContent(), '— Tom, 2 Nov from this messagemore');
    assert.equal(await frame.locator('.note .by').nth(2).textContent(), '— Ana, 9 Jan from this ticketmore');
    await frame.locator('[data-focus="tab:attributes"]').click();
    assert.equal(await frame.locator('.note').first().isVisible(), true);
    await frame.locator('[data-focus="tab:history"]').click();
    assert.equal(await frame.locator('.who-button').textContent(), 'Hanna Crane3 notes');
    assert.equal(await frame.locator('.bar').evaluate((bar) => bar.offsetHeight), 28);
    await frame.locator('.who-button').click();
    assert.equal(await frame.locator('.note').first().isVisible(), true);
  });

  it('take three lines each for the first three, then one, from the seventh on in a scroll of their own', async (t) => {
    const { frame } = await start(t, many(12));
    const heights = await frame.locator('.note-text').evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().height / 18)));
    assert.deepEqual(heights.slice(0, 6), [3, 3, 3, 1, 1, 1]);
    assert.equal(await frame.locator('.note-rest .note').count(), 6);
    assert.ok(await frame.locator('.note-rest').evaluate((list) => list.scrollHeight > list.clientHeight));
    assert.match((await texts(frame))[0], /^pinned: Note 2\./);
    await frame.locator('.note').nth(4).getByRole('button', { name: 'more', exact: true }).press('Enter');
    assert.ok(await frame.locator('.note-text').nth(4).evaluate((one) => one.getBoundingClientRect().height > 60));
  });

  it('are added at once and appear without a reload', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('.add').click();
    await frame.getByText('Colleagues see this. The customer may ask to read it.').waitFor();
    await page.keyboard.type('Rides on Sundays.');
    await page.keyboard.press('Control+Enter');
    await frame.locator('.note', { hasText: 'Rides on Sundays.' }).waitFor();
    assert.equal(await frame.locator('#notes-title').textContent(), 'Notes 4');
    assert.equal(host.requests.filter(({ path }) => path.endsWith('note.add')).length, 1);
    assert.equal(await frame.locator('.note-box').isVisible(), false);
  });

  it('are sent again under the same key when the answer was lost', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('.add').click();
    await page.keyboard.type('Once only.');
    host.override = ({ path, body }) => {
      if (!path.endsWith('note.add')) return undefined;
      host.override = undefined;
      host.actions.set(body.key, host.act('note.add', body));
      return new Refusal(504, '');
    };
    await page.keyboard.press('Control+Enter');
    await frame.locator('.note-box').getByText('Not reached; nothing is lost.').waitFor();
    await frame.locator('.note-box').getByRole('button', { name: 'Try again' }).click();
    await until(async () => !(await frame.locator('.note-box').isVisible()), 'saved');
    assert.equal(host.reply.notes.filter((one) => one.text === 'Once only.').length, 1);
    assert.equal(await frame.locator('.note', { hasText: 'Once only.' }).count(), 1);
  });

  it('ask once before deleting, in place, and are gone from another open panel', async (t) => {
    const { page, frame, host, site } = await start(t);
    const other = await page.context().newPage();
    await other.clock.setFixedTime(samples.now);
    await other.goto(site.url);
    const there = other.locator('identities-sidebar .note', { hasText: 'Prefers mail' });
    await there.waitFor();
    await frame.locator('.note-tools').click();
    await frame.getByRole('button', { name: 'Delete', exact: true }).click();
    await frame.getByText('Delete for everyone, for good?').waitFor();
    assert.match(await focused(page), /^note-delete-no/);
    await frame.getByRole('button', { name: 'Delete', exact: true }).click();
    await frame.locator('.note', { hasText: 'Prefers mail' }).waitFor({ state: 'detached' });
    assert.equal(host.reply.notes.length, 2);
    assert.equal(await focused(page), 'note-add');
    await other.bringToFront();
    await there.waitFor({ state: 'detached' });
  });

  it('are unpinned and pinned by those who may', async (t) => {
    const { frame } = await start(t);
    assert.equal(await frame.locator('.note-tools').count(), 1);
    await frame.locator('.note-tools').click();
    await frame.getByRole('button', { name: 'Unpin' }).click();
    await until(async () => (await texts(frame))[0] === 'Refund until 31 Dec agreed.', 'the newest is first');
  });
});

describe('two who edit one note', () => {
  async function editing(t) {
    const opened = await start(t);
    await opened.frame.locator('.note-tools').click();
    await opened.frame.getByRole('button', { name: 'Edit', exact: true }).click();
    await opened.page.keyboard.press('End');
    await opened.page.keyboard.type(' Mine.');
    return { ...opened, field: opened.frame.locator('.note textarea') };
  }
  const theirs = (host) => host.change(({ reply }) => {
    reply.notes[0] = { ...reply.notes[0], text: 'Theirs.', version: 2 };
  });

  it('are told by the poll, and neither text is lost', async (t) => {
    const { frame, host, field } = await editing(t);
    const before = await field.boundingBox();
    theirs(host);
    await frame.getByText('A colleague changed this note while you wrote.').waitFor();
    assert.equal(await frame.locator('.told blockquote').textContent(), 'Theirs.');
    assert.match(await field.inputValue(), / Mine\.$/);
    assert.equal(await field.evaluate((node) => node.getRootNode().activeElement === node), true);
    assert.deepEqual(await field.boundingBox(), before);
    await frame.getByRole('button', { name: 'Save mine instead' }).click();
    await until(() => host.reply.notes[0].text.endsWith(' Mine.'), 'mine is saved');
  });

  it('are told by the refusal when both save', async (t) => {
    const { frame, host, field } = await editing(t);
    host.reply.notes[0] = { ...host.reply.notes[0], text: 'Theirs.', version: 2 };
    host.number += 1;
    await frame.locator('.note').getByRole('button', { name: 'Save', exact: true }).click();
    await frame.getByText('A colleague changed this note while you wrote.').waitFor();
    assert.match(await field.inputValue(), / Mine\.$/);
    await frame.getByRole('button', { name: 'Keep theirs' }).click();
    assert.equal((await texts(frame))[0], 'pinned: Theirs.');
  });

  it('keep what was typed when the other deleted it', async (t) => {
    const { frame, host, field } = await editing(t);
    host.change(({ reply }) => reply.notes.shift());
    await frame.getByText('A colleague deleted this note while you wrote.').waitFor();
    assert.match(await field.inputValue(), / Mine\.$/);
    await frame.getByRole('button', { name: 'Save as a new note' }).click();
    await frame.locator('.note-text', { hasText: 'Mine.' }).waitFor();
    assert.equal(host.reply.notes.length, 3);
  });
});

describe('selected text becomes a note', () => {
  async function select(page, locator) {
    await locator.evaluate((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      const selection = node.getRootNode().getSelection?.() ?? document.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    });
  }

  it('from the ticket, by key n', async (t) => {
    const { page, frame, host } = await start(t);
    await select(page, page.locator('#ticket .message').nth(1));
    await frame.getByRole('button', { name: 'Save as note' }).waitFor();
    await page.keyboard.press('n');
    assert.equal(await frame.locator('.note-box textarea').inputValue(), 'We are sorry to hear that, Hanna. Could you send a picture?');
    await page.keyboard.press('Control+Enter');
    await until(() => host.reply.notes.length === 4, 'saved');
    assert.deepEqual(host.reply.notes[0].link, { kind: 'ticket' });
  });

  it('from a message of History, by the button, with a link back that leads there', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:first"]').click();
    const row = frame.locator('.row').nth(4);
    const engagement = await row.getAttribute('data-engagement');
    await select(page, row.locator('.row-text'));
    await frame.getByRole('button', { name: 'Save as note' }).click();
    await page.keyboard.press('Control+Enter');
    await until(() => host.reply.notes.length === 4, 'saved');
    assert.deepEqual(host.reply.notes[0].link, { kind: 'engagement', engagement });
    await frame.locator('[data-focus="tab:summary"]').click();
    await frame.locator('.note', { hasText: 'Refund of $351' }).getByRole('button', { name: 'from this message' }).click();
    await frame.locator('.row.marked').waitFor();
    assert.equal(await frame.locator('.row.marked').getAttribute('data-engagement'), engagement);
    await page.keyboard.press('Escape');
    assert.equal(await frame.getAttribute('data-pivot'), 'summary');
    assert.match(await focused(page), /^note-link:/);
  });

  it('is not offered for other text of the page', async (t) => {
    const { page, frame } = await start(t);
    await select(page, page.locator('h1'));
    await page.keyboard.press('n');
    assert.equal(await frame.locator('.note-box').isVisible(), false);
  });

  it('shows why when the server refuses', async (t) => {
    const { page, frame, host } = await start(t);
    host.override = ({ path }) => (path.endsWith('note.add') ? new Refusal(422, 'A note holds at most 10,000 characters.') : undefined);
    await frame.locator('.add').click();
    await page.keyboard.type('x');
    await page.keyboard.press('Control+Enter');
    await frame.getByText('Not done: A note holds at most 10,000 characters.').waitFor();
  });
});
