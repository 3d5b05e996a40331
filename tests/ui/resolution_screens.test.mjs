// The screens of the menu: why one person, split, merge by hand, log; and a message that somebody else wrote.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { Refusal } from './fake_host.mjs';
import { PeopleHost } from './people_host.mjs';
import { focus, press, screen as toScreen, words } from './people_page.mjs';
import * as samples from './samples.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const screen = (t, name, host, options) => toScreen(t, chromium.browser, name, host, options);

describe('Why one person', () => {
  it('says for each part what brought it here, by whom, and its addresses', async (t) => {
    const { page, pane } = await screen(t, 'Why one person?');
    await pane.locator('.part').first().waitFor();
    assert.equal(await focused(page), 'pane:why');
    const parts = pane.locator('.parts > .part');
    const told = await parts.evaluateAll((all) => all.map((one) => one.textContent.replace(/\s+/g, ' ')));
    assert.equal(told.length, 4);
    assert.match(told[0], /^Hanna Crane \(Support\)came first · 2 May 2019h\.crane@mail\.example ✓ verifiedNot theirs\+61412345409Not theirs$/);
    assert.match(told[1], /^Hanna \(WhatsApp Shop\)same mobile number · 3 May 2026Undo link\+61412345409 ✓ verifiedNot theirs$/);
    assert.match(told[2], /^Crane, H\. \(Shop\)same mail address · 2 Mar 2021Undo linkShop C-10042/);
    assert.match(told[3], /^Hanna C \(Instagram\)joined by Mia · 2 Nov 2026Undo linkInstagram hanna\.cNot theirs$/);
  });

  it('takes an address off after asking once, in place', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Why one person?');
    const off = pane.getByRole('button', { name: 'Not theirs: Shop C-10042' });
    await off.press('Enter');
    await pane.getByText('Take Shop C-10042 off Hanna Crane? It will no longer join anybody to them.').waitFor();
    assert.equal(await focused(page), 'why-no');
    await press(page, 'Escape');
    assert.match(await focused(page), /^why-off:.*C-10042$/);
    assert.equal(await pane.count(), 1, 'Esc leaves the question, not the screen');
    await press(page, 'Enter');
    await focus(page, 'why-no');
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: 'Shop C-10042 taken off.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.unlink', args: { record: people.why[3].record, kind: 'customer', value: 'C-10042' } }]);
    await focus(page, 'decided-undo');
  });

  it('tells of which platform it is where the value alone does not', async (t) => {
    const { page, pane, host } = await screen(t, 'Why one person?');
    await pane.getByRole('button', { name: 'Not theirs: Instagram hanna.c' }).press('Enter');
    await press(page, 'Shift+Tab', 'Enter');
    await until(() => host.done.length === 1, 'done');
    assert.deepEqual(host.done[0].args, { record: people.why[4].record, kind: 'platform', value: 'hanna.c', scope: 'instagram' });
  });

  it('undoes a link after a preview where things happened since', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Why one person?');
    await pane.getByRole('button', { name: 'Undo link: Hanna (WhatsApp Shop)' }).press('Enter');
    await pane.locator('.part', { hasText: 'same mobile number' }).locator('.moves').waitFor();
    await focus(page, 'undo-no');
    assert.deepEqual(host.done, []);
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.undo', args: { log: people.why[2].log } }]);
  });

  it('leads back to the menu by Esc', async (t) => {
    const { page, frame } = await screen(t, 'Why one person?');
    await press(page, 'Escape');
    assert.equal(await focused(page), 'menu');
    assert.equal(await frame.locator('.pane').count(), 0);
  });

  it('tells of a rule that this page does not know, and of nobody by no name', async (t) => {
    const host = new PeopleHost();
    host.why = [{ ...people.why[0], rule: 'D9', name: '', account: null }, { ...people.why[4], record: '5', actor: null }, { ...people.why[3], record: '6', by: 'agent', actor: { id: 'tom' } }];
    const { pane } = await screen(t, 'Why one person?', host);
    await pane.locator('.part').first().waitFor();
    assert.match(await words(pane), /A part without a name ?joined by a rule.*joined by a colleague.*joined by tom/);
  });
});

describe('Split', () => {
  it('tells what would follow while one ticks, asks in place, and then does it', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Split…');
    await pane.locator('input').first().waitFor();
    assert.equal(await words(pane.locator('.outcome')), 'Nothing is ticked: all stays together.');
    assert.equal(await pane.getByRole('button', { name: 'Split', exact: true }).isDisabled(), true);
    assert.deepEqual(await pane.getByRole('checkbox').evaluateAll((all) => all.map((one) => one.closest('label').textContent.replace(/\s+/g, ' ').trim())), [
      'Hanna Crane (Support) h.crane@mail.example, +61412345409 67 messages, 2 May 2019 – 23 Nov 2026',
      'Hanna (WhatsApp Shop) +61412345409 20 messages, 3 May – 1 Oct 2026', 'Crane, H. (Shop) Shop C-10042 no messages', 'hanna.c (Instagram) no messages',
    ]);
    await pane.getByRole('checkbox').nth(1).press('Space');
    assert.equal(await words(pane.locator('.outcome')), '1 part with 20 messages becomes another person; Hanna Crane keeps 3 parts with 67 messages.');
    await pane.getByRole('checkbox').nth(3).press('Space');
    assert.match(await words(pane.locator('.outcome')), /^2 parts with 20 messages become another person; Hanna Crane keeps 2 parts/);
    await pane.getByRole('button', { name: 'Split', exact: true }).press('Enter');
    assert.equal(await focused(page), 'split-no');
    assert.deepEqual(host.done, []);
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: '2 parts split off.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.split', args: { records: [people.parts[1].record, people.parts[3].record] } }]);
  });

  it('leaves somebody behind: not all can be ticked', async (t) => {
    const { pane } = await screen(t, 'Split…');
    await pane.locator('input').first().waitFor();
    for (const box of await pane.getByRole('checkbox').all()) await box.check();
    assert.equal(await words(pane.locator('.outcome')), 'All is ticked: leave at least one part.');
    assert.equal(await pane.getByRole('button', { name: 'Split', exact: true }).isDisabled(), true);
  });

  it('goes back step by step: from the question to the ticks, from there to the menu', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Split…');
    await pane.getByRole('checkbox').nth(1).check();
    await pane.getByRole('button', { name: 'Split', exact: true }).press('Enter');
    await press(page, 'Escape');
    assert.equal(await focused(page), 'split-do');
    assert.equal(await pane.getByRole('checkbox').nth(1).isChecked(), true);
    await press(page, 'Escape');
    assert.equal(await focused(page), 'menu');
    assert.equal(await frame.locator('.pane').count(), 0);
    assert.deepEqual(host.done, []);
  });

  it('says so where there is one part only', async (t) => {
    const host = new PeopleHost();
    host.parts = host.parts.slice(0, 1);
    const { pane } = await screen(t, 'Split…', host);
    await pane.getByText('There is one part only: nothing to split.').waitFor();
    assert.equal(await pane.getByRole('checkbox').count(), 0);
  });
});

describe('Merge by hand', () => {
  const several = () => {
    const reply = people.person();
    reply.requesters = samples.several().requesters.slice(0, 3);
    reply.requesters[2] = { ...reply.requesters[2], identity: null };
    return reply;
  };

  it('offers the others of the ticket who are known, then compares, and y joins', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Merge…', new PeopleHost(several()));
    assert.deepEqual(await pane.locator('.part').evaluateAll((all) => all.map((one) => one.textContent.replace(/\s+/g, ' '))), ['Ben Okafor ben.okafor@mail.exampleCompare']);
    await pane.getByRole('button', { name: 'Compare with Ben Okafor' }).press('Enter');
    await frame.locator('.told-against', { hasText: 'different name' }).waitFor();
    assert.deepEqual(host.calls('compare').at(-1).body, { pivot: 'compare', filter: { with: several().requesters[1].identity } });
    assert.equal(await words(frame.locator('.told-for')), 'Fornothing is the same');
    await press(page, 'y');
    await frame.locator('.decided', { hasText: 'Joined with Ben Okafor.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.merge', args: { with: several().requesters[1].identity } }]);
  });

  it('leads back to the choice by Esc, and remembers x as "not the same"', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Merge…', new PeopleHost(several()));
    await pane.getByRole('button', { name: 'Compare with Ben Okafor' }).press('Enter');
    await frame.locator('.sides').waitFor();
    await press(page, 'Escape');
    await focus(page, 'pane:merge');
    await frame.getByRole('button', { name: 'Compare with Ben Okafor' }).press('Enter');
    await frame.locator('.sides').waitFor();
    await press(page, 'x');
    await frame.locator('.decided', { hasText: 'Not the same as Ben Okafor.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.judge', args: { with: several().requesters[1].identity, same: false } }]);
  });

  it('finds by a mail address or a phone number, and says what it did not find', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Merge…');
    const field = pane.getByRole('textbox', { name: 'Mail address or phone number' });
    const find = async (value) => {
      await field.fill(value);
      await field.press('Enter');
    };
    await find('Ben');
    await pane.getByText('Type a whole mail address or phone number').waitFor();
    assert.equal(host.calls('find').length, 0);
    await find('  nobody@mail.example ');
    await pane.getByText('Nobody in your view has nobody@mail.example.').waitFor();
    assert.deepEqual(host.calls('find').at(-1).body, { pivot: 'find', filter: { find: { kind: 'email', value: 'nobody@mail.example' } } });
    host.found = { identity: host.reply.identity.id, name: 'Hanna Crane' };
    await find('(04) 12 345-409');
    await pane.getByText('(04) 12 345-409 is theirs already.').waitFor();
    assert.equal(host.calls('find').at(-1).body.filter.find.kind, 'phone');
    host.found = { identity: '71', name: 'Ben Okafor' };
    await find('ben@okafor.example');
    await frame.locator('.sides').waitFor();
    assert.equal(await focused(page), 'pane:compare');
    assert.equal(host.calls('compare').at(-1).body.filter.with, '71');
  });

  it('offers no look-up to whom it is not given, and says so where nothing is left', async (t) => {
    const { pane } = await screen(t, 'Merge…', new PeopleHost(people.person({ may: ['identity.merge'] })));
    await pane.getByText('Nobody else who is known writes in this ticket').waitFor();
    assert.equal(await pane.getByRole('textbox').count(), 0);
  });

  it('tells what went wrong with looking up', async (t) => {
    const { pane, host } = await screen(t, 'Merge…');
    host.override = ({ body }) => (body.pivot === 'find' ? new Refusal(422, 'The number has no country.') : undefined);
    await pane.getByRole('textbox').fill('0412 345 409');
    await pane.getByRole('button', { name: 'Find' }).click();
    await pane.getByText('Not done: The number has no country.').waitFor();
  });
});

describe('the log', () => {
  it('tells in words who did what when, newest first, and what was undone', async (t) => {
    const { pane } = await screen(t, 'Log');
    await pane.locator('.part').first().waitFor();
    assert.deepEqual(await pane.locator('.part').evaluateAll((all) => all.map((one) => [...one.querySelectorAll('p')].map((each) => each.textContent.replace(/\s+/g, ' ')).join(' | '))), [
      'Tom: not the same as Anna Crane (X anna.c) | 20 Nov 10:00', 'Tom undid: ana joined H. C. | 9 Nov 10:00', 'Mia joined hanna.c (Instagram) | 2 Nov 10:00', 'ana joined H. C. | 2 Oct 11:00 · undone',
      'A rule joined Hanna (WhatsApp Shop, +61412345409): same mobile number | 3 May 11:00', 'A rule joined 1 part: same mail address | 2 Mar 2021 10:00',
    ]);
    assert.deepEqual(await pane.getByRole('button', { name: /^Undo: / }).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))), [
      'Undo: Tom: not the same as Anna Crane (X anna.c)', 'Undo: Tom undid: ana joined H. C.', 'Undo: Mia joined hanna.c (Instagram)', 'Undo: A rule joined Hanna (WhatsApp Shop, +61412345409): same mobile number', 'Undo: A rule joined 1 part: same mail address',
    ]);
  });

  it('undoes what is exact at once, and then shows it as undone', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Log');
    await pane.getByRole('button', { name: 'Undo: Mia joined hanna.c (Instagram)' }).press('Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.undo', args: { log: people.log[2].id } }]);
    await focus(page, 'decided-undo');
    await frame.locator('[data-focus="menu"]').press('Enter');
    await frame.getByRole('menuitem', { name: 'Log' }).press('Enter');
    await frame.locator('.part', { hasText: 'Mia undid: Mia joined hanna.c (Instagram)' }).waitFor();
    assert.equal(await frame.getByRole('button', { name: 'Undo: Mia joined hanna.c (Instagram)', exact: true }).count(), 0);
    assert.equal(await frame.getByRole('button', { name: 'Undo: Mia undid: Mia joined hanna.c (Instagram)' }).count(), 1, 'an undo can be undone');
  });

  it('shows what moves before it undoes what is not exact', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Log');
    await pane.getByRole('button', { name: 'Undo: A rule joined Hanna (WhatsApp Shop, +61412345409): same mobile number' }).press('Enter');
    await pane.locator('.moves').waitFor();
    assert.deepEqual(host.done, []);
    await press(page, 'Escape');
    assert.match(await focused(page), /^log-undo:/);
    assert.equal(await pane.count(), 1);
    await press(page, 'Enter');
    await focus(page, 'undo-no');
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
    assert.deepEqual(host.done.map(({ args }) => args.log), [people.inexact.log]);
  });

  it('tells when somebody undid it meanwhile, and looks again', async (t) => {
    const { page, pane, host } = await screen(t, 'Log');
    await pane.locator('.part').first().waitFor();
    host.log[2].undone_by = '9';
    await pane.getByRole('button', { name: 'Undo: Mia joined hanna.c (Instagram)' }).press('Enter');
    await pane.getByText('Not done: this was undone already.').waitFor();
    await pane.getByRole('button', { name: 'Refresh' }).press('Enter');
    await pane.locator('.part.undone', { hasText: 'Mia joined hanna.c' }).waitFor();
    assert.equal(await focused(page), 'pane:log');
    assert.equal(host.done.length, 1);
  });

  it('says so where nothing happened yet', async (t) => {
    const host = new PeopleHost();
    host.log = [];
    const { pane } = await screen(t, 'Log', host);
    await pane.getByText('Nothing was joined or taken apart yet.').waitFor();
  });
});

describe('a message that somebody else wrote', () => {
  async function message(t, host = new PeopleHost(), options = {}) {
    const opened = await open(t, chromium.browser, host, options);
    await opened.frame.locator('[data-focus="tab:history"]').click();
    const row = opened.frame.locator('.row.in[data-engagement]').last();
    await row.waitFor();
    return { ...opened, row };
  }

  it('offers it at what came in, previews what leaves with it, and does it once confirmed', async (t) => {
    const { page, frame, host, row } = await message(t);
    assert.equal(await frame.locator('.row.out .row-tools, .row.internal .row-tools').count(), 0);
    await row.locator('.row-tools').press('Enter');
    assert.equal(await focused(page), 'wrote-else');
    await press(page, 'Enter');
    await row.getByText('Hanna (WhatsApp Shop) leaves Hanna Crane with 20 messages and becomes another person.').waitFor();
    assert.equal(await focused(page), 'wrote-no');
    assert.deepEqual(host.done, []);
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: 'Hanna (WhatsApp Shop) is another person now.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.unlink', args: { record: people.parts[1].record } }]);
    await focus(page, 'decided-undo');
    await until(async () => (await frame.locator('.row[data-engagement]').count()) > 0
      && !(await frame.locator('.chapter').allTextContents()).some((one) => one.includes('WhatsApp')), 'their messages left');
  });

  it('is left by Esc, and nothing is done', async (t) => {
    const { page, host, row } = await message(t);
    await row.locator('.row-tools').press('Enter');
    await press(page, 'Enter');
    await row.locator('.ask').waitFor();
    await press(page, 'Escape');
    assert.match(await focused(page), /^wrote:e/);
    assert.equal(await row.locator('.wrote').isVisible(), false);
    assert.deepEqual(host.done, []);
  });

  it('says so where it is the only part', async (t) => {
    const host = new PeopleHost();
    host.parts = host.parts.slice(1, 2);
    const { page, row } = await message(t, host);
    await row.locator('.row-tools').press('Enter');
    await press(page, 'Enter');
    await row.getByText('This is the only part of Hanna Crane').waitFor();
    assert.equal(await row.getByRole('button', { name: 'Move it out' }).count(), 0);
  });

  it('tells a conflict in place', async (t) => {
    const { page, host, row } = await message(t);
    await row.locator('.row-tools').press('Enter');
    await press(page, 'Enter');
    await row.locator('.ask').waitFor();
    host.override = ({ path }) => (path.endsWith('identity.unlink') ? new Refusal(409, 'gone: that record is no longer there') : undefined);
    await press(page, 'Shift+Tab', 'Enter');
    await row.getByText('Not done: this is no longer there, or no longer in your view.').waitFor();
    assert.equal(await focused(page), 'trouble');
  });
});
