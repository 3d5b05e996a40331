// Two whom a colleague judged to be two people, and who have something in common since: the line and Compare say both in words, and the answer is that they are one
// person or still two.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open, startBrowser } from './browser.mjs';
import { assertAxeClean, assertNothingCut, spoken } from './measure.mjs';
import { PeopleHost } from './people_host.mjs';
import { comparing as toCompare, focus, press, words } from './people_page.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

function judged(more = {}, next = []) {
  const one = { ...structuredClone(people.judged), ...more };
  const host = new PeopleHost(people.person({ suggestions: [one, ...next] }));
  host.comparisons[one.id] = { ...structuredClone(people.comparisons[people.suggestions[0].id]), suggestion: one.id, rule: 'J1', judged: one.judged };
  return host;
}
const since = (rule, actor = people.judged.judged.actor) => ({ judged: { ...people.judged.judged, actor, since: rule } });
const line = async (t, host, options) => {
  const { frame } = await open(t, chromium.browser, host, options);
  return words(frame.locator('.suggestion'));
};
const comparing = (t, host = judged(), options = {}) => toCompare(t, chromium.browser, host, options);

describe('a judgement that something speaks against since', () => {
  it('is told in the line of suggestions: who judged, and what they have in common', async (t) => {
    const { page, frame } = await open(t, chromium.browser, judged({}, [people.suggestions[1]]));
    assert.match(await words(frame.locator('.suggestion')),
      /^\? ?Mia judged Hanna Krane \(WhatsApp Shop\) to be somebody else; since then: same mobile number ?\+1 ?Compare$/);
    const nodes = await spoken(page);
    assert.ok(nodes.some(({ role, name }) => role === 'button' && name === 'Compare with Hanna Krane'));
    await frame.locator('[data-focus="suggestion-next"]').press('Enter');
    assert.match(await words(frame.locator('.suggestion')), /Probably also H\. Crane/, 'another is told as before');
  });

  const told = { D1: 'a source calls them one customer', D2: 'same account on the platform', D3: 'same mail address', D4: 'same mobile number' };
  for (const [rule, what] of Object.entries(told))
    it(`says ${what}, and "A colleague" where the name is not known`, async (t) => {
      assert.match(await line(t, judged({ ...since(rule, { id: '17' }), sources: [], name: '' })),
        new RegExp(`^\\? ?A colleague judged Unknown customer to be somebody else; since then: ${what} ?Compare$`));
    });

  it('is told in German', async (t) => {
    assert.match(await line(t, judged(), { locale: 'de' }),
      /^\? ?Mia hielt Hanna Krane \(WhatsApp Shop\) für jemand anderen; seither: gleiche Mobilnummer ?Vergleichen$/);
    assert.match(await line(t, judged(since('D4', null)), { locale: 'de' }), /^\? ?Jemand aus dem Team hielt Hanna Krane/);
  });

  it('stands above the comparison, and its answers are one person or still two', async (t) => {
    const { frame } = await comparing(t);
    assert.match(await words(frame.locator('.pane .judged')), /^Mia judged them to be two people \(2 Oct.*\)\. Since then: same mobile number\.$/);
    assert.match(await words(frame.locator('.told-for')), /^Forsame phone number \+61412345409/);
    assert.deepEqual(await frame.locator('.pane .buttons button').allTextContents(), ['Same persony', 'Still two peoplex']);
    const { frame: usual } = await comparing(t, new PeopleHost());
    assert.equal(await usual.locator('.pane .judged').count(), 0);
    assert.deepEqual(await usual.locator('.pane .buttons button').allTextContents(), ['Same persony', 'Not the samex']);
  });

  it('is said again by x, is gone, and comes back when that is undone', async (t) => {
    const { page, frame, host } = await comparing(t);
    await press(page, 'x');
    await focus(page, 'decided-undo');
    assert.deepEqual(host.done, [{ action: 'suggestion.refuse', args: { suggestion: people.judged.id } }]);
    assert.match(await words(frame.locator('.decided')), /^Not the same as Hanna Krane\. Remembered\. ?Undo$/);
    assert.equal(await frame.locator('.suggestion').isVisible(), false);
    await press(page, 'Enter');
    await frame.locator('.suggestion', { hasText: 'since then' }).waitFor();
  });

  it('is taken back by y, which joins them', async (t) => {
    const { page, frame, host } = await comparing(t);
    await press(page, 'y');
    await focus(page, 'decided-undo');
    assert.deepEqual(host.done, [{ action: 'suggestion.accept', args: { suggestion: people.judged.id } }]);
    assert.match(await words(frame.locator('.decided')), /^Joined with Hanna Krane\. ?Undo$/);
  });

  for (const [where, options] of Object.entries({ 'light, 330 px': {}, 'dark, 306 px': { scheme: 'dark', side: '306px' }, 'German, 306 px': { locale: 'de', side: '306px' }, 'text at 200 %': { side: '306px', root_font: '200%' } })) {
    it(`is clean and uncut, line and screen, ${where}`, async (t) => {
      const { page, frame } = await comparing(t, judged(since('D2', null)), options);
      const box = await frame.locator('.suggestion-words').evaluate((one) => [one.scrollHeight, one.clientHeight]);
      assert.ok(box[0] <= box[1], `the line is ${box[0]} px high, and ${box[1]} show`);
      await assertNothingCut(frame, where);
      await assertAxeClean(page, where);
    });
  }
});
