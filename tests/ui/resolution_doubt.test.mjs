// A part that may be somebody else's: the line says so, Look shows the parts with that one ticked, and one splits it off or says that it is right where it is.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { Refusal } from './fake_host.mjs';
import { assertAxeClean, assertNothingCut, spoken } from './measure.mjs';
import { PeopleHost } from './people_host.mjs';
import { focus, press, words } from './people_page.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const { doubt } = people;
const doubted = (more = []) => new PeopleHost(people.person({ suggestions: [structuredClone(doubt), ...more] }));

async function looking(t, host = doubted(), options = {}) {
  const opened = await open(t, chromium.browser, host, options);
  await opened.frame.locator('[data-focus="suggestion-compare"]').press('Enter');
  await opened.frame.locator('.pane-split input').first().waitFor();
  return { ...opened, pane: opened.frame.locator('.pane') };
}

describe('a part in doubt', () => {
  it('is told in the line of suggestions, in its own words, and asks nothing about a pair', async (t) => {
    const { page, frame } = await open(t, chromium.browser, doubted([people.suggestions[0]]));
    assert.match(await words(frame.locator('.suggestion')), /^\? ?Hanna \(WhatsApp Shop\) may be somebody else ?\+1 ?Look$/);
    assert.ok((await spoken(page)).some(({ role, name }) => role === 'button' && name === 'Look at Hanna'));
    await frame.locator('[data-focus="suggestion-next"]').press('Enter');
    assert.match(await words(frame.locator('.suggestion')), /May also be Hanna Krane \(WhatsApp Shop\) ?\+1 ?Compare$/);
  });

  it('is told without a source, and in German', async (t) => {
    const { frame } = await open(t, chromium.browser, new PeopleHost(people.person({ suggestions: [{ ...doubt, sources: [], name: '' }] })));
    assert.match(await words(frame.locator('.suggestion')), /^\? ?Unknown customer may be somebody else ?Look$/);
    const german = await open(t, chromium.browser, doubted(), { locale: 'de' });
    assert.match(await words(german.frame.locator('.suggestion')), /^\? ?Hanna \(WhatsApp Shop\) ist vielleicht jemand anderes ?Ansehen$/);
  });

  it('comes ticked, with what would follow; Esc leads back to the line, and nothing is done', async (t) => {
    const { page, frame, pane, host } = await looking(t);
    assert.equal(await focused(page), 'pane:split');
    assert.deepEqual(await pane.getByRole('checkbox').evaluateAll((all) => all.map((one) => one.checked)), [false, true, false, false]);
    assert.equal(await words(pane.locator('.outcome')), '1 part with 20 messages becomes another person; Hanna Crane keeps 3 parts with 67 messages.');
    assert.deepEqual(await pane.locator('.buttons button').allTextContents(), ['Split', 'One person', 'Cancel']);
    await press(page, 'Escape');
    assert.equal(await focused(page), 'suggestion-compare');
    assert.equal(await frame.locator('.pane').count(), 0);
    assert.deepEqual(host.done, []);
  });

  it('is split off by the keyboard alone', async (t) => {
    const { page, frame, host } = await looking(t);
    for (let steps = 0; await focused(page) !== 'split-do'; ++steps) {
      assert.ok(steps < 12, 'Tab comes to Split');
      await press(page, 'Tab');
    }
    await press(page, 'Enter');
    assert.equal(await focused(page), 'split-no');
    await press(page, 'Shift+Tab', 'Enter');
    await frame.locator('.decided', { hasText: '1 part split off.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'identity.split', args: { records: [doubt.doubted] } }]);
    await focus(page, 'decided-undo');
    assert.equal(await frame.locator('.suggestion').isVisible(), false, 'its line goes at once');
  });

  it('is kept by "One person", which is remembered and can be taken back', async (t) => {
    const { page, frame, pane, host } = await looking(t);
    await pane.getByRole('button', { name: 'One person' }).press('Enter');
    await frame.locator('.decided', { hasText: 'Kept as one person: Hanna Crane.' }).waitFor();
    assert.deepEqual(host.done, [{ action: 'suggestion.refuse', args: { suggestion: doubt.id } }]);
    assert.equal(await frame.locator('.suggestion').isVisible(), false);
    await focus(page, 'decided-undo');
    await press(page, 'Enter');
    await frame.locator('.suggestion', { hasText: 'may be somebody else' }).waitFor();
  });

  it('that a colleague settled while one looks is told, and can no longer be refused', async (t) => {
    const { page, pane, host } = await looking(t);
    host.change(({ reply }) => { reply.suggestions = []; });
    await pane.locator('.changed', { hasText: 'This suggestion is gone' }).waitFor();
    await until(async () => (await pane.locator('.buttons button').allTextContents()).join() === 'Split,Cancel', 'what can be done');
    assert.deepEqual(await pane.getByRole('checkbox').evaluateAll((all) => all.map((one) => one.checked)), [false, false, false, false]);
    assert.equal(await focused(page), 'pane:split');
    assert.deepEqual(host.done, []);
  });

  it('is not told gone where it may only wait behind five others', async (t) => {
    const { frame, pane, host } = await looking(t);
    host.change(({ reply }) => { reply.suggestions = ['1', '2', '3', '4', '5'].map((id) => ({ ...people.suggestions[1], id })); });
    await frame.locator('.suggestion .plus', { hasText: '+4' }).waitFor();
    assert.equal(await pane.getByRole('button', { name: 'One person' }).count(), 1);
  });

  it('that was decided a moment ago is told at the press, with the way to what is there now', async (t) => {
    const { page, pane, host } = await looking(t);
    host.override = ({ path }) => (path.endsWith('suggestion.refuse') ? new Refusal(409, 'decided: a colleague decided this meanwhile; refresh') : undefined);
    await pane.getByRole('button', { name: 'One person' }).press('Enter');
    await pane.locator('.error', { hasText: 'Not done: a colleague decided this meanwhile.' }).waitFor();
    host.change(({ reply }) => { reply.suggestions = []; });
    await pane.getByRole('button', { name: 'Refresh' }).press('Enter');
    await pane.locator('.changed', { hasText: 'This suggestion is gone' }).waitFor();
    assert.equal(await focused(page), 'pane:split');
  });

  it('whose parts changed is shown as they are now before it is split', async (t) => {
    const { page, pane, host } = await looking(t);
    host.regrouped += 1;
    host.parts = host.parts.slice(0, 3);
    await pane.locator('[data-focus="split-do"]').press('Enter');
    await press(page, 'Shift+Tab', 'Enter');
    await pane.locator('.changed', { hasText: 'This changed meanwhile; this is how it is now.' }).waitFor();
    await until(async () => (await pane.getByRole('checkbox').count()) === 3, 'the parts of now');
    assert.equal(await pane.getByRole('checkbox').nth(1).isChecked(), true);
    assert.deepEqual(host.done, []);
  });

  it('that is nobody\'s part any more is not ticked unseen', async (t) => {
    const host = doubted();
    host.parts = host.parts.filter(({ record }) => record !== doubt.doubted);
    const { pane } = await looking(t, host);
    assert.equal(await words(pane.locator('.outcome')), 'Nothing is ticked: all stays together.');
    assert.equal(await pane.getByRole('button', { name: 'Split', exact: true }).isDisabled(), true);
  });

  for (const [where, options] of Object.entries({ 'light, 330 px': {}, 'dark, 306 px': { scheme: 'dark', side: '306px' }, 'German, 306 px': { locale: 'de', side: '306px' }, 'text at 200 %': { side: '306px', root_font: '200%' } })) {
    it(`is clean and uncut, line and screen, ${where}`, async (t) => {
      const { page, frame, pane } = await looking(t, doubted(), options);
      await assertNothingCut(frame, where);
      await assertAxeClean(page, where);
      await pane.locator('[data-focus="split-do"]').press('Enter');
      await assertNothingCut(frame, `${where}, asked`);
      await assertAxeClean(page, `${where}, asked`);
    });
  }
});
