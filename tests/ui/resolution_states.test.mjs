// Every new screen, light and dark, narrow, wide and enlarged: nothing cut off, nothing wrong for axe, nothing moves by itself, and hostile names stay names.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open, startBrowser, until } from './browser.mjs';
import { assertAxeClean, assertNothingCut, assertNothingMoved } from './measure.mjs';
import { PeopleHost } from './people_host.mjs';
import * as samples from './samples.mjs';
import * as people from './samples_people.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const compare = async ({ frame }) => {
  await frame.locator('[data-focus="suggestion-compare"]').press('Enter');
  await frame.locator('.sides').waitFor();
};
const menu = async ({ frame }, name, part) => {
  await frame.locator('[data-focus="menu"]').press('Enter');
  await frame.getByRole('menuitem', { name, exact: true }).press('Enter');
  await frame.locator(part).first().waitFor();
};
const close = ({ page }) => page.keyboard.press('Escape');

/** One after the other in one page, each left as it was found. When wide, Compare is given a wider column; who was joined has one source more. */
const screens = {
  'the suggestion': async () => {},
  'the menu': async ({ frame }) => frame.locator('[data-focus="menu"]').press('Enter'),
  Compare: async (opened) => {
    await close(opened);
    await compare(opened);
  },
  'Why one person, with a question': async (opened) => {
    await close(opened);
    await menu(opened, 'Why one person?', '.pane-why .part');
    await opened.frame.getByRole('button', { name: 'Not theirs: Shop C-10042' }).press('Enter');
  },
  'Split, with a question': async (opened) => {
    await close(opened);
    await close(opened);
    await menu(opened, 'Split…', '.pane-split input');
    await opened.frame.getByRole('checkbox').nth(1).check();
    await opened.frame.locator('[data-focus="split-do"]').press('Enter');
  },
  'Merge, with an answer': async (opened) => {
    await close(opened);
    await close(opened);
    await menu(opened, 'Merge…', '.pane-merge .part');
    await opened.frame.getByRole('textbox', { name: 'Mail address or phone number' }).fill('nobody@mail.example');
    await opened.page.keyboard.press('Enter');
    await opened.frame.getByText('Nobody in your view').waitFor();
  },
  'the log, with a preview': async (opened) => {
    await close(opened);
    await menu(opened, 'Log', '.pane-log .part');
    await opened.frame.locator(`[data-focus="log-undo:${people.inexact.log}"]`).press('Enter');
    await opened.frame.locator('.moves').waitFor();
  },
  'joined, with Undo': async (opened) => {
    await close(opened);
    await close(opened);
    await compare(opened);
    await opened.page.keyboard.press('y');
    await opened.frame.locator('.decided').waitFor();
  },
};

const ticket = () => {
  const reply = people.person();
  reply.requesters = samples.several().requesters.slice(0, 3);
  return reply;
};

/** What may be cut off where names are endless is whole where they are not. */
async function assertWhole(frame, where) {
  const cut = await frame.locator('.suggestion-words, .pane-title').evaluateAll((all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent));
  assert.deepEqual(cut, [], where);
}

async function walk(t, options, where, { host = new PeopleHost(ticket()), wide = false, axe = true, hostile = false } = {}) {
  const opened = await open(t, chromium.browser, host, options);
  await until(() => host.calls('attributes').length > 1, 'all attributes');
  if (wide) await opened.frame.locator('[data-focus="wide"]').click();
  await assertNothingMoved(opened.page);
  const above = () => opened.frame.locator('.title, .facts, .suggestion').evaluateAll((all) => all.map((one) => one.offsetTop));
  const places = await above();
  for (const [name, lead] of Object.entries(screens)) {
    await lead(opened);
    if (name !== 'joined, with Undo' && !(wide && name === 'Compare')) assert.deepEqual(await above(), places, `what stands above stays where it is: ${name}, ${where}`);
    await assertNothingCut(opened.frame, `${name}, ${where}`);
    if (!hostile) await assertWhole(opened.frame, `${name}, ${where}`);
    if (axe) await assertAxeClean(opened.page, `${name}, ${where}`);
    const overflow = await opened.frame.evaluate((node) => node.scrollWidth - node.clientWidth);
    assert.equal(overflow, 0, `${name}, ${where}`);
  }
  return opened;
}

describe('every screen of who somebody is', () => {
  for (const scheme of ['light', 'dark']) {
    it(`is clean at 330 px, ${scheme}`, (t) => walk(t, { scheme }, scheme));
    it(`is clean when wide, ${scheme}`, (t) => walk(t, { scheme }, `wide, ${scheme}`, { wide: true }));
  }
  it('is clean at 306 px', (t) => walk(t, { side: '306px' }, '306 px'));
  it('is clean above the ticket at full width', (t) => walk(t, { viewport: { width: 880, height: 768 }, side: '880px' }, '880 px'));
  it('is clean on a laptop at 200 %, beside the ticket', (t) => walk(t, { viewport: { width: 683, height: 384 } }, '200 %', { axe: false }));
  it('is clean where text alone is at 200 %', (t) => walk(t, { side: '306px', root_font: '200%' }, 'text at 200 %', { axe: false }));
  it('can be told apart in forced colours', (t) => walk(t, { forced: true }, 'forced colours', { axe: false }));
});

describe('a message that somebody else wrote', () => {
  for (const [where, options] of Object.entries({ 'light, 306 px': { side: '306px' }, 'dark, 330 px': { scheme: 'dark' }, 'text at 200 %': { side: '306px', root_font: '200%' } })) {
    it(`asks in place, clean and uncut, ${where}`, async (t) => {
      const { page, frame } = await open(t, chromium.browser, new PeopleHost(), options);
      await frame.locator('[data-focus="tab:history"]').click();
      const row = frame.locator('.row.in[data-engagement]').last();
      await row.locator('.row-tools').press('Enter');
      await page.keyboard.press('Enter');
      await row.locator('.ask').waitFor();
      await assertNothingCut(frame, where);
      await assertAxeClean(page, where);
      const box = await row.locator('.row-tools').boundingBox();
      assert.ok(box.width >= 24 && box.height >= 24, 'its button is large enough to be hit');
    });
  }
});

describe('hostile names', () => {
  const names = { markup: samples.hostile_name, 'from the right': '\u202Eenarc annah אבג (VIP)', 'of 200 characters': 'Hanna-'.repeat(34).slice(0, 200), 'of 200 characters without a break': 'x'.repeat(200), 'no name': '' };
  for (const [kind, name] of Object.entries(names)) {
    it(`${kind}: stay words, and break nothing, on every screen`, async (t) => {
      const host = new PeopleHost(ticket());
      host.reply.identity.name = name;
      host.reply.suggestions = host.reply.suggestions.map((one) => ({ ...one, name, sources: [name.slice(0, 100)] }));
      for (const one of Object.values(host.comparisons)) {
        for (const side of [one.left, one.right]) Object.assign(side, { name, city: name.slice(0, 100), sources: [name.slice(0, 100)] });
        for (const each of one.evidence) Object.assign(each, { left: name, right: name });
      }
      host.why = host.why.map((one) => ({ ...one, name }));
      host.parts = host.parts.map((one) => ({ ...one, name }));
      host.log = host.log.map((one) => ({ ...one, names: [name, name], actor: one.actor && { id: 'x', name } }));
      host.previews.set(people.inexact.log, { ...people.inexact, moves: people.inexact.moves.map((one) => ({ ...one, name })) });
      const { page } = await walk(t, { side: '306px' }, kind, { host, axe: false, hostile: true });
      assert.equal(await page.evaluate(() => window.hacked), undefined);
    });
  }
});

describe('states of the header', () => {
  it('a shared mailbox says how many write from it, has no interests, and is not merged or split', async (t) => {
    const { page, frame } = await open(t, chromium.browser, new PeopleHost(people.sharedMailbox()), { side: '306px' });
    await frame.getByText('info@acme.example · shared · 7 people write from it').waitFor();
    assert.equal(await frame.locator('.likes').count(), 0);
    assert.equal(await frame.getByText('not joined up').count(), 0, 'that it is shared says it');
    await frame.locator('[data-focus="menu"]').click();
    assert.deepEqual(await frame.locator('[role="menuitem"]').allTextContents(), ['Copy a link to this page', 'Wide view', 'Why one person?', 'Log', 'Keys']);
    await assertNothingCut(frame, 'shared');
    await assertAxeClean(page, 'shared');
  });

  const reasons = {
    placeholder: ['test@example.com', /^example\.com is a placeholder domain: not joined up$/], role: ['info@acme.example', /^info@acme\.example is a role's address, not a person's: not joined up$/],
    own: ['help@ours.example', /^help@ours\.example is our own address: not joined up$/], shared: ['smiths@mail.example', /^smiths@mail\.example is used by several people: not joined up$/],
  };
  for (const [why, [value, told]] of Object.entries(reasons)) {
    it(`a blocked address says why: ${why}`, async (t) => {
      const reply = samples.blocked();
      reply.identity.identifiers = [{ kind: 'email', value, verified: false, account: null, blocked: true, why }];
      const { page, frame } = await open(t, chromium.browser, new PeopleHost(reply), { side: '306px' });
      assert.match(await frame.locator('.header').getByText('not joined up').textContent(), told);
      await assertNothingCut(frame, why);
      await assertAxeClean(page, why);
    });
  }

  const spoof = (local, more = {}) => ({ kind: 'email', value: `${local}@\u0440\u0430\u0443\u0440\u0430l.example`, verified: false, account: null, imitates: 'paypal.example', domain: 'xn--l-7sba6dbr.example', ...more });
  for (const [where, options] of Object.entries({
    'light, 330 px': {}, 'dark, 306 px': { scheme: 'dark', side: '306px' }, 'text at 200 %': { side: '306px', root_font: '200%' }, 'forced colours': { forced: true, side: '306px' },
  })) {
    it(`of a stranger whose domain only looks like another a warning says which, in words, ${where}`, async (t) => {
      const reply = samples.unknown();
      reply.identity.identifiers = [spoof('anna')];
      const { page, frame } = await open(t, chromium.browser, new PeopleHost(reply), options);
      const warning = frame.locator('.header .lookalike');
      assert.equal(await warning.textContent(), 'Warning: Looks like paypal.example, but is another domain: xn--l-7sba6dbr.example');
      assert.equal(await warning.locator('svg').count(), 1, 'not told by a colour alone');
      const bottom = await warning.evaluate((node) => node.getBoundingClientRect().bottom);
      if (where !== 'text at 200 %') assert.ok(bottom < 200, `it is seen at once: it ends ${bottom} px below the top`);
      await frame.getByRole('button', { name: `Copy ${reply.identity.identifiers[0].value}, looks like paypal.example`, exact: true }).waitFor();
      await assertNothingMoved(page);
      await assertNothingCut(frame, where);
      if (!options.forced) await assertAxeClean(page, where);
    });
  }

  it('of two addresses that read alike it is told which is which, and an honest one has no warning', async (t) => {
    const reply = samples.unknown();
    reply.identity.identifiers = [{ ...spoof('anna'), value: 'anna@paypal.example', imitates: undefined, domain: undefined }, spoof('anna')];
    const { frame } = await open(t, chromium.browser, new PeopleHost(reply), { side: '306px' });
    assert.deepEqual(await frame.locator('.copy').evaluateAll((all) => all.map((one) => one.querySelectorAll('.icon-alert').length)), [0, 1]);
    assert.equal(await frame.locator('.lookalike').count(), 1);
    reply.identity.identifiers.pop();
    const honest = await open(t, chromium.browser, new PeopleHost(reply), { side: '306px' });
    assert.equal(await honest.frame.locator('.lookalike, .icon-alert').count(), 0);
  });

  it('two addresses of one such domain are one warning, and many domains are one line', async (t) => {
    const reply = samples.unknown();
    reply.identity.identifiers = [spoof('anna'), spoof('ben')];
    const one = await open(t, chromium.browser, new PeopleHost(reply));
    assert.equal(await one.frame.locator('.lookalike').count(), 1);
    reply.identity.identifiers = ['a', 'b', 'c'].map((name) => spoof('anna', { domain: `xn--${name}-7sba6dbr.example` }));
    const many = await open(t, chromium.browser, new PeopleHost(reply));
    assert.equal(await many.frame.locator('.lookalike').textContent(), 'Warning: 3 addresses look like those of other domains, but are not');
  });

  it('such an address says so among the requesters, in Compare and where it is told why', async (t) => {
    const host = new PeopleHost(ticket());
    Object.assign(host.reply.requesters[2], { imitates: 'paypal.example', domain: 'xn--l-7sba6dbr.example' });
    Object.values(host.comparisons)[0].right.identifiers.push(spoof('hanna'));
    Object.assign(host.why[0], { imitates: 'paypal.example', domain: 'xn--l-7sba6dbr.example' });
    const opened = await open(t, chromium.browser, host, { side: '306px' });
    const { page, frame } = opened;
    await frame.getByRole('radio', { name: /Lee looks like paypal\.example/ }).waitFor();
    await compare(opened);
    assert.match(await frame.locator('.side').nth(1).textContent(), /looks like paypal\.example/);
    assert.doesNotMatch(await frame.locator('.side').nth(0).textContent(), /looks like/);
    await assertNothingCut(frame, 'Compare');
    await assertAxeClean(page, 'Compare');
    await close(opened);
    await menu(opened, 'Why one person?', '.pane-why .part');
    assert.match(await frame.locator('.pane-why .part-line').first().textContent(), /looks like paypal\.example/);
    await assertNothingCut(frame, 'Why');
    await assertAxeClean(page, 'Why');
  });

  it('a blocked number is no domain, and many blocked addresses are one line', async (t) => {
    const reply = samples.blocked();
    const blocked = { verified: false, account: null, blocked: true };
    reply.identity.identifiers = [{ kind: 'phone', value: '+61000000000', why: 'placeholder', ...blocked }];
    const one = await open(t, chromium.browser, new PeopleHost(reply));
    await one.frame.getByText('+61000000000 is a placeholder: not joined up').waitFor();
    reply.identity.identifiers = ['a', 'b', 'c'].map((name) => ({ kind: 'email', value: `${name}@example.com`, why: 'placeholder', ...blocked }));
    const many = await open(t, chromium.browser, new PeopleHost(reply));
    await many.frame.getByText('3 addresses are blocked: they join nobody up').waitFor();
  });
});
