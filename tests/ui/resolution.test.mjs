// Who is this: the suggestion, Compare by keyboard alone, joined or refused, and taken back; nothing of it without the right.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { Refusal } from './fake_host.mjs';
import { spoken } from './measure.mjs';
import { PeopleHost } from './people_host.mjs';
import { comparing as toCompare, focus, press, words } from './people_page.mjs';
import * as samples from './samples.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, host = new PeopleHost(), options = {}) => open(t, chromium.browser, host, options);
const commands = (host) => host.requests.filter(({ path }) => /\/(suggestion|identity)\.\w+$/.test(path));

const comparing = (t, host) => toCompare(t, chromium.browser, host);

describe('the suggestion', () => {
  it('is one line between header and notes, in words and without a weight', async (t) => {
    const { page, frame } = await start(t);
    const line = frame.locator('.suggestion');
    assert.match(await words(line), /^\? ?May also be Hanna Krane \(WhatsApp Shop\) ?\+1 ?Compare$/);
    const [header, one, notes] = await Promise.all(['.header', '.suggestion', '.notes'].map((part) => frame.locator(part).boundingBox()));
    assert.ok(header.y + header.height <= one.y && one.y + one.height <= notes.y + 1);
    assert.ok(one.height < 2 * 24, `it is ${one.height} px high`);
    const { frame: alone } = await start(t, new PeopleHost(people.person({ suggestions: [{ ...people.suggestions[0], sources: ['WhatsApp'] }] })));
    assert.ok((await alone.locator('.suggestion').boundingBox()).height < 36, 'one alone is one line');
    assert.equal(await page.evaluate(() => window.shift ?? 0), 0);
  });

  it('says "Probably also" where the evidence is strong, which is no fact yet, and its name to a screen reader', async (t) => {
    const { page, frame } = await start(t, new PeopleHost(people.person({ suggestions: [people.suggestions[1]] })));
    assert.match(await words(frame.locator('.suggestion')), /^\? ?Probably also H\. Crane \(Shop, X\) ?Compare$/);
    const nodes = await spoken(page);
    const group = nodes.find(({ role, name }) => role === 'group' && name === 'Perhaps the same person');
    assert.ok(group);
    assert.ok(nodes.some(({ role, name }) => role === 'button' && name === 'Compare with H. Crane'));
  });

  it('leads to the next one without deciding this one', async (t) => {
    const { page, frame, host } = await start(t);
    await frame.locator('[data-focus="suggestion-next"]').press('Enter');
    assert.match(await words(frame.locator('.suggestion')), /Probably also H\. Crane/);
    assert.equal(await focused(page), 'suggestion-next');
    await press(page, 'Enter');
    assert.match(await words(frame.locator('.suggestion')), /May also be Hanna Krane/);
    assert.deepEqual(host.done, []);
  });

  it('is gone when it is no longer one, and its line with it', async (t) => {
    const { frame, host } = await start(t);
    host.change(({ reply }) => { reply.suggestions = []; });
    await frame.locator('.suggestion').waitFor({ state: 'hidden' });
  });
});

describe('without the right', () => {
  for (const [name, may] of Object.entries({ 'an agent who only reads and writes notes': ['note.write'], 'an agent who may only look up': ['identity.find'] })) {
    it(`${name} finds nothing of it in page or menu, and it asks nothing`, async (t) => {
      const { page, frame, host } = await start(t, new PeopleHost(people.person({ may })));
      assert.equal(await frame.locator('.suggestion, .pane, .decided').locator('visible=true').count(), 0);
      await frame.locator('[data-focus="menu"]').click();
      assert.deepEqual(await frame.locator('[role="menuitem"]').allTextContents(), ['Copy a link to this page', 'Wide view', 'Keys']);
      await frame.getByRole('menuitem', { name: 'Keys' }).click();
      assert.equal(await frame.getByText('in Compare').count(), 0);
      await press(page, 'Escape');
      await frame.locator('[data-focus="tab:history"]').click();
      await frame.locator('.row').first().waitFor();
      assert.equal(await frame.locator('.row-tools').count(), 0);
      assert.deepEqual(host.requests.filter(({ body }) => ['compare', 'why', 'log', 'undo', 'parts', 'find'].includes(body.pivot)), []);
      const html = await page.locator('identities-sidebar').evaluate((one) => one.shadowRoot.innerHTML);
      assert.doesNotMatch(html, /Krane|Merge|Split/);
    });
  }

  it('somebody new has nothing to join or split', async (t) => {
    const { frame } = await start(t, new PeopleHost({ ...samples.unknown(), may: people.may, suggestions: [] }));
    await frame.locator('[data-focus="menu"]').click();
    assert.equal(await frame.locator('[role="menuitem"]').count(), 3);
  });

  it('a right that is taken away closes what was open', async (t) => {
    const { page, frame, host } = await comparing(t, new PeopleHost());
    host.change(({ reply }) => { reply.may = ['note.write']; });
    await frame.locator('.pane').waitFor({ state: 'detached' });
    assert.equal(await frame.locator('.suggestion').isVisible(), false);
    await focus(page, 'tab:summary');
  });
});

describe('Compare', () => {
  it('says for and against in words, shows both sides, and never a number that weighs', async (t) => {
    const { page, frame } = await comparing(t);
    assert.equal(await words(frame.locator('.told-for')), 'Forsame phone number +61412345409similar name Hanna Crane · Hanna Krane');
    assert.equal(await words(frame.locator('.told-against')), 'Againstdifferent city Perth · Sydney');
    assert.equal(await words(frame.locator('.told-one_side')), 'Only onehas a date of birth 1988');
    const sides = await Promise.all([0, 1].map((index) => words(frame.locator('.side').nth(index))));
    assert.match(sides[0], /^Hanna CraneSupport, Shop, Instagramh\.crane@mail\.example ✓ verified.*Perth · born 1988.*87 messages, 2 May 2019 – 23 Nov 2026$/);
    assert.match(sides[1], /^Hanna KraneWhatsApp Shop\+61412345409Sydney3 messages, 30 Oct – 20 Nov 2026$/);
    assert.doesNotMatch(await words(frame.locator('.pane')), /weight|score|%|\d\.\d/i);
    const nodes = await spoken(page);
    assert.ok(nodes.some(({ role, name }) => role === 'region' && name === 'Is this one person?'));
    for (const name of ['Same person', 'Not the same', 'Close', 'Next suggestion']) assert.ok(nodes.some((node) => node.role === 'button' && node.name === name), name);
  });

  it('stands on a laptop with its answer and its buttons without a scroll', async (t) => {
    const { frame } = await comparing(t);
    for (const part of ['.verdict', '.side:last-child', '.pane .buttons']) {
      const box = await frame.locator(part).boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= 768, `${part} ends at ${box.y + box.height}`);
    }
  });

  it('puts the two side by side where there is room, else one below the other', async (t) => {
    for (const [side, beside] of [['306px', false], ['620px', false], ['880px', true]]) {
      const { frame } = await start(t, new PeopleHost(), { side });
      await frame.locator('[data-focus="suggestion-compare"]').click();
      const [left, right] = await Promise.all([0, 1].map((index) => frame.locator('.side').nth(index).boundingBox()));
      assert.equal(right.x >= left.x + left.width, beside, side);
    }
  });

  it('joins by y alone, says so with Undo in place, and shows who it is now', async (t) => {
    const { page, frame, host } = await start(t);
    await page.locator('#reply').focus();
    await press(page, 'Tab');
    await page.locator('#reply').blur();
    await press(page, 'g', 'i');
    for (let steps = 0; await focused(page) !== 'suggestion-compare'; ++steps) {
      assert.ok(steps < 40, 'Shift+Tab comes to Compare');
      await press(page, 'Shift+Tab');
    }
    await press(page, 'Enter');
    await frame.locator('.sides').waitFor();
    assert.equal(await focused(page), 'pane:compare');
    await press(page, 'y');
    await focus(page, 'decided-undo');
    assert.match(await words(frame.locator('.decided')), /^Joined with Hanna Krane\. ?Undo$/);
    assert.deepEqual(host.done, [{ action: 'suggestion.accept', args: { suggestion: people.suggestions[0].id } }]);
    assert.equal(await frame.locator('.pane').count(), 0);
    await frame.locator('.sources', { hasText: 'WhatsApp Perth' }).waitFor();
    assert.match(await words(frame.locator('.suggestion')), /Probably also H\. Crane/, 'the next one follows');
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:last"]').click();
    await frame.locator('.row', { hasText: 'Joined with her past.' }).first().waitFor({ state: 'attached' });
  });

  it('refuses by x alone; the suggestion is gone and stays gone', async (t) => {
    const { page, frame, host } = await comparing(t);
    await press(page, 'x');
    await focus(page, 'decided-undo');
    assert.match(await words(frame.locator('.decided')), /^Not the same as Hanna Krane\. Remembered\. ?Undo$/);
    assert.equal(host.done[0].action, 'suggestion.refuse');
    assert.match(await words(frame.locator('.suggestion')), /^\? ?Probably also H\. Crane \(Shop, X\) ?Compare$/, 'no +1 any more');
    host.change();
    await until(() => host.requests.at(-1).body.if_version === host.version(), 'another poll');
    assert.equal(await frame.getByText('Krane (WhatsApp Shop)').count(), 0);
  });

  it('goes back by Esc, to where one was, and nothing is done', async (t) => {
    const { page, frame, host } = await comparing(t);
    await press(page, 'Tab', 'Tab', 'Escape');
    assert.equal(await focused(page), 'suggestion-compare');
    assert.equal(await frame.locator('.pane').count(), 0);
    assert.deepEqual(host.done, []);
    await press(page, 'y', 'x');
    assert.deepEqual(host.done, [], 'y and x are keys of Compare alone');
  });

  it('leads through all suggestions, one after the other', async (t) => {
    const { page, frame, host } = await comparing(t);
    assert.match(await words(frame.locator('.pane-aside')), /^1 of 2/);
    await frame.locator('[data-focus="compare-next"]').press('Enter');
    await frame.locator('.side', { hasText: 'hc@work.example' }).waitFor();
    assert.match(await words(frame.locator('.pane-aside')), /^2 of 2/);
    assert.equal(await focused(page), 'pane:compare');
    await press(page, 'y');
    await focus(page, 'decided-undo');
    assert.deepEqual(host.done, [{ action: 'suggestion.accept', args: { suggestion: people.suggestions[1].id } }]);
  });

  it('is told when a colleague decided meanwhile, and cannot decide any more', async (t) => {
    const { page, frame, host } = await comparing(t);
    host.change(({ reply }) => { reply.suggestions = reply.suggestions.slice(1); });
    await frame.getByText('This suggestion is gone').waitFor();
    assert.equal(await focused(page), 'pane:compare');
    await press(page, 'y', 'x');
    assert.deepEqual(host.done, []);
    await press(page, 'Escape');
    await until(async () => (await frame.locator('.pane').count()) === 0, 'closed');
  });

  it('is not told gone where it may only wait behind five others', async (t) => {
    const { frame, host } = await comparing(t);
    host.change(({ reply }) => { reply.suggestions = ['1', '2', '3', '4', '5'].map((id) => ({ ...people.suggestions[1], id })); });
    await frame.locator('.suggestion .plus', { hasText: '+4' }).waitFor();
    assert.equal(await frame.locator('.pane [data-focus="compare-same"]').count(), 1);
    assert.equal(await frame.getByText('This suggestion is gone').count(), 0);
  });
});

describe('Undo in place', () => {
  async function joined(t, host = new PeopleHost()) {
    const opened = await comparing(t, host);
    await opened.page.keyboard.press('y');
    await focus(opened.page, 'decided-undo');
    await opened.frame.locator('.sources', { hasText: 'WhatsApp Perth' }).waitFor();
    return opened;
  }

  it('takes the joining back at once where it is exact, and can itself be taken back', async (t) => {
    const { page, frame, host } = await joined(t);
    await press(page, 'Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
    assert.equal(host.done.at(-1).action, 'identity.undo');
    await frame.locator('.sources', { hasText: 'WhatsApp Perth' }).waitFor({ state: 'detached' });
    assert.match(await words(frame.locator('.suggestion')), /\+1/, 'the suggestion is back');
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('.row').first().waitFor();
    assert.equal(await frame.getByText('Joined with her past.').count(), 0, 'the other\'s messages left with them');
    await frame.locator('[data-focus="tab:summary"]').click();
    assert.equal(await frame.locator('.decided [data-focus="decided-undo"]').count(), 1);
  });

  it('shows first what would move where it is not exact; Esc and "Leave it" do nothing', async (t) => {
    const { page, frame, host } = await joined(t);
    host.previews.set(host.log[0].id, { ...people.inexact, log: host.log[0].id });
    await press(page, 'Enter');
    await frame.locator('.undoing .moves').waitFor();
    assert.equal(await words(frame.locator('.undoing .moves')), 'Hanna (WhatsApp Shop, +61412345409) leaves Hanna Crane and is another personAnna (X anna.c) comes back to Hanna Crane');
    await frame.getByText('1 note and 20 messages go with it.').waitFor();
    assert.equal(await focused(page), 'undo-no');
    await press(page, 'Escape');
    assert.equal(await focused(page), 'decided-undo');
    await press(page, 'Enter');
    await focus(page, 'undo-no');
    await press(page, 'Enter');
    assert.equal(await focused(page), 'decided-undo');
    assert.deepEqual(host.done.map(({ action }) => action), ['suggestion.accept']);
    await press(page, 'Enter');
    await focus(page, 'undo-no');
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: 'Undone.' }).waitFor();
    assert.equal(host.done.at(-1).action, 'identity.undo');
  });

  it('stays through polls and pivots, and goes with the person', async (t) => {
    const { frame, host } = await joined(t);
    host.change();
    await until(() => host.requests.at(-1).body.if_version === host.version(), 'another poll');
    for (const pivot of ['attributes', 'summary']) await frame.locator(`[data-focus="tab:${pivot}"]`).click();
    assert.equal(await frame.locator('.decided').isVisible(), true);
  });

  it('does nothing unseen: without a preview it is not undone', async (t) => {
    const { page, frame, host } = await joined(t);
    host.override = ({ body }) => (body.pivot === 'undo' ? { version: host.version() } : undefined);
    await press(page, 'Enter');
    await frame.locator('.undoing').getByText('Not reached').waitFor();
    assert.deepEqual(host.done.map(({ action }) => action), ['suggestion.accept']);
  });

  it('tells when it was undone by somebody else already', async (t) => {
    const { page, frame, host } = await joined(t);
    host.log[0].undone_by = '7';
    await press(page, 'Enter');
    await frame.locator('.undoing').getByText('Not done: this was undone already.').waitFor();
    await frame.locator('.undoing').getByRole('button', { name: 'Refresh' }).click();
    assert.equal(await focused(page), 'decided-undo');
    assert.equal(host.done.filter(({ action }) => action === 'identity.undo').length, 1);
  });
});

describe('what goes wrong', () => {
  const refusals = { 404: /no longer there, or no longer in your view.*Refresh/, 409: /Not done: The identity is too large\. Refresh/, 422: /Not done: The identity is too large\..*Refresh/, 403: /you may not do this here/ };
  for (const [status, told] of Object.entries(refusals)) {
    it(`${status} is told in words, with the way on, and shows nothing as done`, async (t) => {
      const { page, frame, host } = await comparing(t);
      host.override = ({ path }) => (path.endsWith('suggestion.accept') ? new Refusal(Number(status), 'The identity is too large.') : undefined);
      await press(page, 'y');
      await frame.locator('.pane .error').waitFor();
      assert.match(await words(frame.locator('.pane .error')), told);
      assert.equal(await frame.locator('.decided').isVisible(), false);
      assert.equal(await frame.locator('.pane [role="alert"] .error').count(), 1);
      host.override = undefined;
      if (status === '403') return;
      const asked = host.calls('compare').length;
      await frame.getByRole('button', { name: 'Refresh' }).press('Enter');
      await until(() => host.calls('compare').length === asked + 1, 'it looks again');
      await frame.locator('.sides').waitFor();
      assert.equal(await frame.locator('.pane .error').count(), 0);
      assert.equal(await focused(page), 'pane:compare');
    });
  }

  it('no answer says that it is not known, and the second try goes under the same key', async (t) => {
    const { page, frame, host } = await comparing(t);
    host.override = ({ path, body }) => {
      if (!path.endsWith('suggestion.accept')) return undefined;
      host.override = undefined;
      host.actions.set(body.key, host.act('suggestion.accept', body));
      return new Refusal(504, '');
    };
    await press(page, 'y');
    await frame.getByText('whether it was done is not known').waitFor();
    assert.equal(await frame.locator('.decided').isVisible(), false);
    await frame.locator('.pane').getByRole('button', { name: 'Try again' }).press('Enter');
    await focus(page, 'decided-undo');
    const sent = commands(host);
    assert.equal(sent.length, 2);
    assert.equal(sent[0].body.key, sent[1].body.key);
    assert.equal(host.done.length, 1, 'it was done once');
  });

  it('what is pressed twice is sent once', async (t) => {
    const { page, frame, host } = await comparing(t);
    let answer;
    host.override = ({ path, body }) => {
      if (!path.endsWith('suggestion.accept')) return undefined;
      return new Promise((done) => { answer = () => done(host.act('suggestion.accept', body)); });
    };
    await frame.locator('[data-focus="compare-same"]').dblclick();
    await press(page, 'y', 'x', 'y');
    await until(() => answer, 'it is sent');
    host.override = undefined;
    answer();
    await focus(page, 'decided-undo');
    assert.equal(commands(host).length, 1);
  });

  it('a comparison that does not come says so, and comes again', async (t) => {
    const { page, frame, host } = await start(t);
    host.override = ({ body }) => (body.pivot === 'compare' ? new Refusal(503, '') : undefined);
    await frame.locator('[data-focus="suggestion-compare"]').press('Enter');
    await frame.getByText('Not reached; nothing is lost.').waitFor();
    await press(page, 'y');
    assert.deepEqual(host.done, [], 'nothing can be decided unseen');
    host.override = undefined;
    await frame.locator('.pane').getByRole('button', { name: 'Try again' }).press('Enter');
    await frame.locator('.sides').waitFor();
    assert.equal(await focused(page), 'pane:compare');
  });

  it('what answers too late, after Esc, shows nothing', async (t) => {
    const { page, frame, host } = await start(t);
    let answer;
    host.override = ({ body }) => (body.pivot === 'compare' ? new Promise((done) => { answer = () => done(host.panel(body)); }) : undefined);
    await frame.locator('[data-focus="suggestion-compare"]').press('Enter');
    await until(() => answer, 'it is asked');
    await press(page, 'Escape');
    answer();
    await until(async () => (await focused(page)) === 'suggestion-compare', 'back');
    assert.equal(await frame.locator('.sides').count(), 0);
  });
});
