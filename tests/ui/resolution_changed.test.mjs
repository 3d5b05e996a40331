// Others decide, too, and agents go on before the answer is here: what was decided on must still be so, a refusal says why, and nothing is said of another.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { Refusal } from './fake_host.mjs';
import { PeopleHost } from './people_host.mjs';
import { comparing as toCompare, focus, press, screen as toScreen, words } from './people_page.mjs';
import * as samples from './samples.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const comparing = (t, host) => toCompare(t, chromium.browser, host);
const screen = (t, name, host) => toScreen(t, chromium.browser, name, host);
const texts = (language) => JSON.parse(readFileSync(new URL(`../../manifest/locales/${language}.json`, import.meta.url), 'utf8')).texts;
const now_so = 'This changed meanwhile; this is how it is now.';
const refuse = (host, action, detail, status = 409) => {
  host.override = ({ path }) => (path.endsWith(action) ? new Refusal(status, detail) : undefined);
};
const several = () => {
  const reply = people.person();
  reply.requesters = samples.several().requesters.slice(0, 3);
  return reply;
};

describe('the only address of somebody, taken off', () => {
  async function asked(t, host = new PeopleHost()) {
    const opened = await screen(t, 'Why one person?', host);
    await opened.pane.getByRole('button', { name: 'Not theirs: h.crane@mail.example' }).press('Enter');
    await opened.pane.locator('.ask').waitFor();
    return opened;
  }

  it('is warned of before, where it is the one that this ticket was sent from, however it is written', async (t) => {
    const host = new PeopleHost();
    host.reply.requesters[0].value = ' H.Crane@Mail.example';
    const { pane } = await asked(t, host);
    assert.equal(await words(pane.locator('.warned')), 'This ticket was sent from it: the sidebar will no longer know who that is.');
    await pane.getByRole('button', { name: 'Not theirs: Shop C-10042' }).press('Enter');
    await pane.getByText('Take Shop C-10042 off').waitFor();
    assert.equal(await pane.locator('.warned').count(), 0, 'of another address it is not said');
  });

  it('leaves its Undo in place although nobody is known any more, and it brings them back', async (t) => {
    const host = new PeopleHost();
    host.reply.requesters[0].value = 'h.crane@mail.example';
    const { page, frame } = await asked(t, host);
    await press(page, 'Shift+Tab', 'Enter');
    await frame.getByText('First contact').waitFor();
    assert.equal(await words(frame.locator('.decided')), 'h.crane@mail.example taken off. Undo');
    await focus(page, 'decided-undo');
    host.change();
    await until(() => host.requests.at(-1).body.if_version === host.version(), 'another poll');
    for (const pivot of ['attributes', 'summary']) await frame.locator(`[data-focus="tab:${pivot}"]`).click();
    await frame.locator('[data-focus="decided-undo"]').press('Enter');
    await frame.locator('.name', { hasText: 'Hanna Crane' }).waitFor();
    assert.deepEqual(host.done.map(({ action }) => action), ['identity.unlink', 'identity.undo']);
    assert.match(await words(frame.locator('.decided')), /^Undone\. Redo$/);
  });

  it('is no longer offered to be taken back once another writer of the ticket is chosen, or the right is gone', async (t) => {
    const host = new PeopleHost(several());
    host.reply.requesters[0].value = 'h.crane@mail.example';
    host.others.set(1, { ...samples.thin(), may: people.may });
    const { page, frame } = await asked(t, host);
    await press(page, 'Shift+Tab', 'Enter');
    await frame.getByText('First contact').waitFor();
    await frame.locator('[data-focus="requester:1"]').click();
    await frame.locator('.name', { hasText: 'Ben Okafor' }).waitFor();
    assert.equal(await frame.locator('.decided').isVisible(), false);
  });
});

describe('what changed since it was looked at', () => {
  it('is not joined unseen: Compare shows how it is now, says so, and then joins', async (t) => {
    const { page, frame, host } = await comparing(t);
    host.regrouped += 1;
    host.comparisons[people.suggestions[0].id].right.messages = 44;
    await press(page, 'y');
    await frame.locator('.pane > .changed', { hasText: now_so }).waitFor();
    await frame.locator('.side', { hasText: '44 messages' }).waitFor();
    assert.equal(await focused(page), 'pane:compare');
    assert.deepEqual(host.done, []);
    assert.equal(await frame.locator('.pane .error').count(), 0);
    await press(page, 'y');
    await focus(page, 'decided-undo');
    assert.equal(host.done.length, 1);
  });

  it('is not refused unseen either', async (t) => {
    const { page, frame, host } = await comparing(t);
    host.regrouped += 1;
    await press(page, 'x');
    await frame.locator('.pane > .changed', { hasText: now_so }).waitFor();
    await frame.locator('.sides').waitFor();
    assert.deepEqual(host.done, []);
  });

  it('is not split unseen: the ticks stay, and what follows is told anew', async (t) => {
    const { page, frame, pane, host } = await screen(t, 'Split…');
    await pane.getByRole('checkbox').nth(1).check();
    await pane.locator('[data-focus="split-do"]').press('Enter');
    host.regrouped += 1;
    host.parts[1].messages = 31;
    await press(page, 'Shift+Tab', 'Enter');
    await pane.locator('.changed', { hasText: now_so }).waitFor();
    await pane.getByText('1 part with 31 messages becomes another person').waitFor();
    assert.equal(await focused(page), 'pane:split');
    assert.deepEqual(host.done, []);
    await pane.locator('[data-focus="split-do"]').press('Enter');
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: '1 part split off.' }).waitFor();
  });

  it('is not taken off unseen', async (t) => {
    const { page, pane, host } = await screen(t, 'Why one person?');
    await pane.getByRole('button', { name: 'Not theirs: Shop C-10042' }).press('Enter');
    host.regrouped += 1;
    host.why = host.why.slice(0, 3);
    await press(page, 'Shift+Tab', 'Enter');
    await pane.locator('.changed', { hasText: now_so }).waitFor();
    await until(async () => (await pane.locator('.parts > .part').count()) === 2, 'it is shown as it is now');
    assert.equal(await focused(page), 'pane:why');
    assert.deepEqual(host.done, []);
  });

  it('is not moved out unseen, at a message', async (t) => {
    const { page, frame, host } = await open(t, chromium.browser, new PeopleHost());
    await frame.locator('[data-focus="tab:history"]').click();
    const row = frame.locator('.row.in[data-engagement]').last();
    await row.locator('.row-tools').press('Enter');
    await press(page, 'Enter');
    await row.locator('.ask').waitFor();
    host.regrouped += 1;
    host.parts[1].messages = 31;
    await press(page, 'Shift+Tab', 'Enter');
    await row.getByText(now_so).waitFor();
    await row.getByText('leaves Hanna Crane with 31 messages').waitFor();
    assert.equal(await focused(page), 'wrote-no');
    assert.deepEqual(host.done, []);
  });

  it('is not undone at once although it was exact: what would move now is shown first', async (t) => {
    const { page, frame, host } = await comparing(t);
    await press(page, 'y');
    await focus(page, 'decided-undo');
    host.override = ({ path }) => {
      if (!path.endsWith('identity.undo')) return undefined;
      host.override = undefined;
      host.regrouped += 1;
      return undefined;
    };
    await press(page, 'Enter');
    await frame.locator('.undoing').getByText(now_so).waitFor();
    assert.equal(await words(frame.locator('.undoing .ask')), 'If you undo it:');
    await focus(page, 'undo-no');
    assert.deepEqual(host.done.map(({ action }) => action), ['suggestion.accept']);
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
  });

  it('is not undone by an old preview', async (t) => {
    const { page, pane, host } = await screen(t, 'Log');
    await pane.locator(`[data-focus="log-undo:${people.inexact.log}"]`).press('Enter');
    await focus(page, 'undo-no');
    host.regrouped += 1;
    host.previews.set(people.inexact.log, { ...people.inexact, engagements: 31 });
    await press(page, 'Shift+Tab', 'Enter');
    await pane.getByText(now_so).waitFor();
    await pane.getByText('1 note and 31 messages go with it.').waitFor();
    assert.equal(await focused(page), 'undo-no');
    assert.deepEqual(host.done, []);
  });

  it('an older server, which says nothing of what was looked at, is sent nothing of it', async (t) => {
    const host = new PeopleHost();
    host.older = true;
    const { page } = await comparing(t, host);
    await press(page, 'y');
    await focus(page, 'decided-undo');
    await press(page, 'Enter');
    await until(() => host.done.length === 2, 'undone');
    assert.ok(host.requests.every(({ body }) => body.args?.seen === undefined));
  });
});

describe('a conflict', () => {
  const with_refresh = ['changed', 'decided', 'gone', 'one-already', 'undone-already'];
  const reasons = [...with_refresh, 'two-already', 'shared-mailbox', 'too-many', 'too-much-since', 'nothing-to-undo', 'parts', 'key-reused'];

  it('has a text for each reason in every language', () => {
    for (const language of ['en', 'de']) {
      const told = reasons.map((reason) => texts(language)[`conflict.${reason}`]);
      assert.ok(told.every(Boolean), language);
      assert.ok(new Set(told).size === told.length, 'each its own');
    }
  });

  for (const reason of reasons.filter((one) => one !== 'changed')) {
    it(`is told by its reason, with Refresh only where looking again helps: ${reason}`, async (t) => {
      const { page, frame, pane, host } = await screen(t, 'Split…');
      await pane.getByRole('checkbox').nth(1).check();
      await pane.locator('[data-focus="split-do"]').press('Enter');
      refuse(host, 'identity.split', `${reason}: words of the server`);
      await press(page, 'Shift+Tab', 'Enter');
      await pane.locator('.error').waitFor();
      const told = texts('en')[`conflict.${reason}`];
      assert.equal(await words(pane.locator('.error')), with_refresh.includes(reason) ? `${told} Refresh` : told);
      assert.equal(await frame.getByText('words of the server').count(), 0);
    });
  }

  it('whose reason is not known is told in the words of the server, without it', async (t) => {
    const { page, frame, host } = await comparing(t);
    refuse(host, 'suggestion.accept', 'moon-phase: wait for the next quarter');
    await press(page, 'y');
    await frame.locator('.pane .error').waitFor();
    assert.equal(await words(frame.locator('.pane .error')), 'Not done: wait for the next quarter');
  });

  it('that two are two already is what "Not the same" wanted, so it counts as done', async (t) => {
    const { page, frame, host } = await comparing(t);
    refuse(host, 'suggestion.refuse', 'two-already: they are known to be two people already');
    await press(page, 'x');
    await frame.locator('.decided', { hasText: 'Not the same as Hanna Krane. Remembered.' }).waitFor();
    assert.equal(await frame.locator('.decided button').count(), 0, 'there is nothing to undo');
    assert.equal(await frame.locator('.pane').count(), 0);
    await focus(page, 'tab:summary');
  });

  it('that two are two already is none for who joins them', async (t) => {
    const { page, frame, host } = await comparing(t);
    refuse(host, 'suggestion.accept', 'two-already: they are known to be two people already');
    await press(page, 'y');
    await frame.locator('.pane .error', { hasText: 'They are known to be two people already.' }).waitFor();
    assert.equal(await frame.locator('.decided').isVisible(), false);
  });
});

describe('an answer that comes when another is looked at', () => {
  function ticket() {
    const host = new PeopleHost(several());
    host.others.set(1, { ...samples.thin(), may: people.may, suggestions: [] });
    return host;
  }

  /** Holds the answers to one command back. */
  function hold(host, action) {
    const held = { body: null, go: () => {} };
    host.override = ({ path, body }) => {
      if (!path.endsWith(action)) return undefined;
      return new Promise((done, refused) => Object.assign(held, { body, go: (problem) => (problem ? refused(problem) : done(host.act(action, body))) }));
    };
    return held;
  }

  const chooseBen = async (frame) => {
    await frame.locator('[data-focus="requester:1"]').click();
    await frame.locator('.name', { hasText: 'Ben Okafor' }).waitFor();
  };

  it('is told by name, and not on the screen of the other', async (t) => {
    const { page, frame, host } = await comparing(t, ticket());
    const held = hold(host, 'suggestion.accept');
    await press(page, 'y');
    await until(() => held.body, 'it is sent');
    await chooseBen(frame);
    held.go();
    await frame.locator('.live', { hasText: 'Hanna Crane: Joined with Hanna Krane.' }).waitFor();
    assert.equal(await frame.locator('.decided').isVisible(), false);
    assert.equal(await words(frame.locator('.name')), 'Ben Okafor');
  });

  it('is told by name also where it was not done', async (t) => {
    const { page, frame, host } = await comparing(t, ticket());
    const held = hold(host, 'suggestion.accept');
    await press(page, 'y');
    await until(() => held.body, 'it is sent');
    await chooseBen(frame);
    held.go(new Refusal(409, 'shared-mailbox: nobody\'s alone'));
    await frame.locator('.live', { hasText: 'Hanna Crane: Not done: several people write from this mailbox' }).waitFor();
    assert.equal(await frame.locator('.resolution .error').count(), 0);
  });

  it('is told by name of what was undone, too', async (t) => {
    const { page, frame, host } = await comparing(t, ticket());
    await press(page, 'y');
    await focus(page, 'decided-undo');
    const held = hold(host, 'identity.undo');
    await press(page, 'Enter');
    await until(() => held.body, 'it is sent');
    await chooseBen(frame);
    held.go();
    await frame.locator('.live', { hasText: 'Hanna Crane: Undone.' }).waitFor();
    assert.equal(await frame.locator('.decided').isVisible(), false);
  });

  it('is of who was on the screen, although another was chosen already', async (t) => {
    const { page, frame, host } = await comparing(t, ticket());
    let answer;
    host.override = ({ body }) => (body.select === 1 && !body.pivot && !body.key ? new Promise((done) => { answer = () => done(host.panel(body)); }) : undefined);
    await frame.locator('[data-focus="requester:1"]').click();
    await until(() => answer, 'Ben is asked for');
    await frame.locator('[data-focus="compare-same"]').press('y');
    await until(() => host.done.length === 1, 'it is done');
    const { body } = host.requests.find(({ path }) => path.endsWith('suggestion.accept'));
    assert.equal(body.select, undefined, 'it is about who wrote last, as the reply on the screen is');
    host.override = undefined;
    answer();
    await frame.locator('.name', { hasText: 'Ben Okafor' }).waitFor();
    assert.equal(await frame.locator('.decided').isVisible(), false);
  });
});

describe('two compared by hand whom a colleague joins', () => {
  async function byHand(t) {
    const opened = await screen(t, 'Merge…', new PeopleHost(several()));
    await opened.pane.getByRole('button', { name: 'Compare with Ben Okafor' }).press('Enter');
    await opened.frame.locator('.sides').waitFor();
    return opened;
  }
  const one = 'They are one person already.';
  const joinedElsewhere = (host) => {
    const panel = host.panel.bind(host);
    host.panel = (body) => {
      if (body.pivot === 'compare') throw new Refusal(409, 'one-already: they are one identity already');
      return panel(body);
    };
  };

  it('are said to be one where the other\'s id is the one that stays', async (t) => {
    const { page, frame, host } = await byHand(t);
    host.regroup(({ reply }) => { reply.identity = { ...reply.identity, id: several().requesters[1].identity }; });
    await frame.locator('.decided', { hasText: one }).waitFor();
    assert.equal(await frame.locator('.pane').count(), 0);
    assert.equal(await frame.locator('.decided button').count(), 0);
    await focus(page, 'tab:summary');
    await press(page, 'y');
    assert.deepEqual(host.done, []);
  });

  it('are said to be one where this one\'s id stays', async (t) => {
    const { frame, host } = await byHand(t);
    joinedElsewhere(host);
    host.regroup(({ reply }) => { reply.identity = { ...reply.identity, sources: [...reply.identity.sources, { account: '1', provider: 'request_tracker', label: 'Support', social: false, record: '7997' }] }; });
    await frame.locator('.decided', { hasText: one }).waitFor();
    assert.equal(await frame.locator('.pane').count(), 0);
  });

  it('are said to be one where that comes as the answer to y or x', async (t) => {
    const { page, frame, host } = await byHand(t);
    refuse(host, 'identity.merge', 'one-already: they are one identity already');
    await press(page, 'y');
    await frame.locator('.decided', { hasText: one }).waitFor();
    assert.equal(await frame.locator('.pane').count(), 0);
  });

  it('are shown as they are now where they only changed', async (t) => {
    const { page, frame, host } = await byHand(t);
    const asked = host.calls('compare').length;
    host.regroup(({ reply }) => { reply.identity = { ...reply.identity, sources: reply.identity.sources.slice(1) }; });
    await frame.locator('.pane > .changed', { hasText: now_so }).waitFor();
    assert.equal(host.calls('compare').length, asked + 1);
    await press(page, 'y');
    await frame.locator('.decided', { hasText: 'Joined with Ben Okafor.' }).waitFor();
  });

  it('are not asked about where something else changed', async (t) => {
    const { frame, host } = await byHand(t);
    const asked = host.calls('compare').length;
    host.change(({ reply }) => { reply.notes = reply.notes.slice(1); });
    await until(() => host.requests.at(-1).body.if_version === host.version(), 'another poll');
    assert.equal(host.calls('compare').length, asked);
    assert.equal(await frame.locator('.sides').count(), 1);
  });
});
