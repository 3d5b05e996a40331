// Other languages and the other direction: every word comes from the locale files, each text keeps its own direction, and longer words fit.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { focused, open, startBrowser, until } from './browser.mjs';
import { FakeHost, Refusal } from './fake_host.mjs';
import { assertNoWord, inHebrew, made_up } from './made_up.mjs';
import { assertAxeClean, assertNothingCut, assertNothingMoved } from './measure.mjs';
import * as samples from './samples.mjs';

let chromium;
before(async () => { chromium = await startBrowser(); });
after(() => chromium.close());

const start = (t, reply, options) => open(t, chromium.browser, reply instanceof FakeHost ? reply : new FakeHost(reply), options);
const folder = new URL('../../manifest/locales/', import.meta.url);
const ui = new URL('../../plugin/ui/', import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const english = read('en.json');
const forms = (message) => (typeof message === 'string' ? [message] : Object.values(message));
const placeholders = (message) => [...new Set(forms(message).join(' ').match(/\{[\w.]+\}/g) ?? [])].sort();

describe('the locale files', () => {
  it('are those that the element knows', () => {
    const [, known] = /const languages = \[(.*)\];/.exec(readFileSync(new URL('text.js', ui), 'utf8'));
    assert.deepEqual(known.match(/\w+/g).map((language) => `${language}.json`).sort(), files.sort());
  });

  for (const file of files) {
    describe(file, () => {
      const { texts, lines } = read(file);
      const plural = new Intl.PluralRules(file.replace('.json', ''));

      it('has exactly the keys of en.json, in their order', () => assert.deepEqual(Object.keys(texts), Object.keys(english.texts)));

      it('has in every text the placeholders of en.json, and in every form those that say more than the count', () => {
        for (const [key, message] of Object.entries(texts)) {
          assert.deepEqual(placeholders(message), placeholders(english.texts[key]), key);
          for (const form of forms(message)) {
            for (const name of placeholders(message)) assert.ok(name === '{count}' || form.includes(name) || !forms(english.texts[key]).every((one) => one.includes(name)), `${key}: ${form}`);
          }
        }
      });

      it('has all the plural forms of its language and no others, wherever en.json counts', () => {
        const wanted = [...plural.resolvedOptions().pluralCategories].sort();
        for (const [key, message] of [...Object.entries(texts), ...Object.values(lines).flat().map(({ use, text }) => [use.join(' '), text])]) {
          if (typeof message !== 'string') assert.deepEqual(Object.keys(message).filter((one) => !one.startsWith('=')).sort(), wanted, key);
        }
        for (const [key, message] of Object.entries(english.texts)) assert.equal(typeof texts[key], typeof message, key);
      });

      it('puts the same facts into lines', () => {
        const shape = (all) => Object.fromEntries(Object.entries(all).map(([group, patterns]) => [group, patterns.map(({ use, text }) => [use, placeholders(text)])]));
        assert.deepEqual(shape(lines), shape(english.lines));
      });

      it('leaves no text empty', () => {
        for (const [key, message] of Object.entries(texts)) for (const form of forms(message)) assert.ok(form.trim(), key);
      });
    });
  }

  it('has every text that the code asks for', () => {
    const asked = readdirSync(ui).filter((name) => name.endsWith('.js')).flatMap((name) => [...readFileSync(new URL(name, ui), 'utf8').matchAll(/text\.(?:get|has)\('([^']+)'/g)].map(([, key]) => key));
    assert.ok(asked.length > 60);
    assert.deepEqual(asked.filter((key) => !(key in english.texts)), []);
  });
});

describe('a made-up language, 40 % longer and from the right', () => {
  function host(sample) {
    const made = new FakeHost(inHebrew(sample()));
    made.attributes = inHebrew(made.attributes);
    const panel = made.panel.bind(made);
    made.panel = (body) => (['evidence', 'attributes'].includes(body.pivot) ? inHebrew(panel(body)) : panel(body));
    return made;
  }
  const options = made_up;

  it('shows no word that stands in the code, and cuts nothing off at 306 px', async (t) => {
    const made = host(() => ({ ...samples.several(), errors: [{ part: 'history', message: '' }] }));
    const { page, frame } = await start(t, made, { ...options, side: '306px' });
    await until(() => made.calls('attributes').length > 1, 'all attributes');
    assert.equal(await frame.evaluate((node) => getComputedStyle(node).direction), 'rtl');
    await frame.locator('[data-focus="more:requesters"]').click();
    await frame.locator('[data-focus="more:identifiers"]').click();
    await frame.locator('.note-tools').click();
    await frame.locator('.add').click();
    await frame.locator('[data-focus="menu"]').click();
    await assertNoWord(page, 'Summary');
    await assertNothingCut(frame, 'Summary');
    await page.keyboard.press('Escape');
    await frame.locator('[data-focus="summary:sport"]').click();
    await frame.locator('.attribute').first().click();
    await frame.locator('.evidence').waitFor();
    await assertNoWord(page, 'Attributes');
    await assertNothingCut(frame, 'Attributes');
    await frame.locator('[data-focus="grouping:profile"]').check();
    await assertNoWord(page, 'profiles');
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:first"]').click();
    await frame.locator('.row').first().waitFor();
    await assertNoWord(page, 'History');
    await assertNothingCut(frame, 'History');
    await frame.locator('.note-box').locator('visible=true').count();
    await assertNothingMoved(page);
    await assertAxeClean(page);
  });

  it('says what went wrong in no other words', async (t) => {
    const made = host(samples.unknown);
    made.attributes = [];
    made.override = () => new Refusal(503, 'down');
    const { page, frame } = await start(t, made, { ...options, ready: false, side: '306px' });
    await page.locator('identities-sidebar .unavailable').waitFor();
    await assertNoWord(page, 'unavailable');
    made.override = undefined;
    await page.locator('identities-sidebar .unavailable button').click();
    await frame.waitFor();
    made.override = () => new Refusal(503, 'down');
    await frame.locator('.stale').waitFor();
    await assertNoWord(page, 'stale');
    await assertNothingCut(frame, 'stale');
  });
});

describe('from right to left', () => {
  it('is taken from the page, and mirrors places, arrows and time', async (t) => {
    const { page, frame } = await start(t, samples.rich(), { dir: 'rtl' });
    const box = (selector) => frame.locator(selector).first().boundingBox();
    assert.ok((await box('.initials')).x > (await box('.name')).x, 'the initials stand at the right');
    assert.ok((await box('.interest-line .label')).x > (await box('.interest-line .topics')).x, 'labels stand at the right');
    assert.ok((await box('.corner')).x < (await box('.name')).x, 'the menu stands at the left');
    await frame.locator('[data-focus="tab:summary"]').focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focused(page), 'tab:attributes');
    await page.keyboard.press('ArrowRight');
    await frame.locator('[data-focus="summary:sport"]').click();
    assert.match(await frame.locator('.back .icon').evaluate((node) => getComputedStyle(node).transform), /^matrix\(-1,/);
    await frame.locator('[data-focus="tab:history"]').click();
    assert.match(await frame.locator('.activity svg').evaluate((node) => getComputedStyle(node).transform), /^matrix\(-1,/);
    assert.equal(await frame.locator('.present-toggle').textContent(), 'This ticket, 5 messages: on the right');
    await frame.locator('[data-focus="tab:summary"]').click();
    await frame.locator('[data-focus="wide"]').click();
    assert.equal((await frame.boundingBox()).x, 0, 'wide opens on the side where the sidebar is');
    await assertNothingCut(frame, 'wide');
  });

  /** Where the first and the last character of some text stand on the screen: left of each other or right. */
  const order = (locator, words) => locator.evaluate((node, wanted) => {
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const at = text.data.indexOf(wanted);
      if (at < 0) continue;
      const left = [at, at + wanted.length - 1].map((from) => {
        const range = document.createRange();
        range.setStart(text, from);
        range.setEnd(text, from + 1);
        return range.getBoundingClientRect().left;
      });
      return left[0] < left[1] ? 'ltr' : 'rtl';
    }
    return `no "${wanted}"`;
  }, words);

  function mixed() {
    const reply = structuredClone(samples.rich());
    reply.identity.name = 'חנה כהן (VIP)';
    reply.identity.interests.top = ['אופניים', 'Coffee', 'קמפינג'];
    reply.notes[0].text = 'להתקשר אחרי 17:00, רק +61 412 345 409.';
    reply.notes[1].author.name = 'תום';
    reply.history.threads[51].subject = 'החזר #482 (דחוף)';
    reply.history.rows[0].text = 'שלום! הזמנה 1042 לא הגיעה.';
    reply.history.rows[0].by = 'חנה';
    return reply;
  }

  it('keeps a Hebrew customer in an English page from scrambling what stands beside', async (t) => {
    const { frame } = await start(t, mixed(), {});
    const x = async (locator) => (await locator.boundingBox()).x;
    assert.equal(await order(frame.locator('.name'), 'חנה כהן'), 'rtl');
    assert.equal(await order(frame.locator('.likes'), 'Likes'), 'ltr');
    assert.ok(await x(frame.locator('.likes .plus')) > await x(frame.locator('.likes .dots')), 'the count stays at its end');
    assert.equal(await order(frame.locator('.note').first(), '17:00'), 'ltr');
    assert.equal(await order(frame.locator('.note .by').nth(1), ', 2 Nov'), 'ltr', 'the date stays behind the name');
    const by = frame.locator('.note .by-whom').nth(1);
    assert.match(await by.textContent(), /^— \u2068תום\u2069, 2 Nov$/);
    assert.equal(await order(frame.locator('.note').nth(1).locator('.by-whom'), '— '), 'ltr');
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:first"]').click();
    const chapter = frame.locator('.chapter').first();
    assert.equal(await order(chapter, '3 – 9 Mar 2025'), 'ltr');
    assert.equal(await chapter.locator('a bdi').count(), 1);
    assert.equal(await order(frame.locator('.row-text').first(), 'שלום! הזמנה'), 'rtl');
    assert.equal(await order(frame.locator('.row-text').first(), '1042'), 'ltr');
    assert.equal(await order(frame.locator('.row time').first(), '3 Mar 2025'), 'ltr');
  });

  it('keeps English data in an Arabic page from being scrambled', async (t) => {
    const { frame } = await start(t, samples.rich(), { dir: 'rtl', locale: 'ar-EG' });
    assert.equal(await order(frame.locator('[data-focus^="identifier:phone"]'), '+61 4… 409'), 'ltr');
    assert.equal(await order(frame.locator('.note').first(), '17:00.'), 'ltr');
    assert.equal(await frame.locator('.note-text').first().evaluate((node) => getComputedStyle(node.querySelector('bdi')).unicodeBidi), 'isolate');
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:first"]').click();
    assert.equal(await order(frame.locator('.chapter').first(), 'Support #482 Refund'), 'ltr');
    assert.equal(await order(frame.locator('.attachments'), 'invoice-482.pdf'), 'ltr');
    assert.match(await frame.locator('.attachments').textContent(), /^Attached: invoice-482\.pdf، label\.jpg$/, 'a comma as the agent writes it, and no "and"');
    assert.equal(await order(frame.locator('.row-text').first(), 'The parcel still'), 'ltr');
    assert.match(await frame.locator('.row time').first().textContent(), /[٠-٩]/, 'dates as the agent writes them');
  });
});

describe('German', () => {
  it('speaks throughout, with its plurals, dates and numbers', async (t) => {
    const { frame, site } = await start(t, samples.rich(), { locale: 'de-AT' });
    assert.equal(await frame.getAttribute('lang'), 'de');
    assert.equal(await frame.locator('.warning').textContent(), '!2 weitere offene Tickets, das älteste wartet 3 Tage');
    assert.deepEqual(await frame.locator('.facts dt').allTextContents(), ['Umsatz', 'Käufe', 'im Schnitt', 'letzter Kauf']);
    assert.deepEqual(await frame.locator('.fact-words').allTextContents(), [
      '12 Bestellungen seit 2021 · am liebsten Bikes', 'Gold seit 2024 · 3.120 Punkte'.replace('.', new Intl.NumberFormat('de-AT').format(1234)[1]), '87 Nachrichten seit 2019 · E-Mail, WhatsApp · antwortet abends',
      'Perth Australien · Jahrgang 1988 · spricht Englisch'.replace('Australien', 'AU')]);
    assert.deepEqual(await frame.locator('.fact-line .label').allTextContents(), ['Einkäufe', 'Treue', 'Service', 'Person']);
    assert.equal(await frame.locator('.since').textContent(), 'Seit 4. Nov.: +1 Bestellung, neue Adresse, 1 Notiz');
    assert.deepEqual(await frame.locator('.tab').allTextContents(), ['Überblick', 'Merkmale 214', 'Verlauf 46']);
    assert.deepEqual(site.fetched.filter((path) => path.includes('/locales/')), ['/assets/identities/locales/de.json'], 'one file, asked for once');
  });

  for (const [name, sample] of Object.entries({ rich: samples.rich, thin: samples.thin, new: samples.blocked, several: samples.several })) {
    it(`fits at 306 px, ${name}`, async (t) => {
      const { page, frame, host } = await start(t, sample(), { locale: 'de', side: '306px' });
      await until(() => host.calls('attributes').length > 0, 'all');
      await assertNothingCut(frame, 'Überblick');
      await frame.locator('.add').click();
      await assertNothingCut(frame, 'Notiz');
      await page.keyboard.press('Escape');
      for (const pivot of ['attributes', 'history']) {
        await frame.locator(`[data-focus="tab:${pivot}"]`).click();
        await assertNothingCut(frame, pivot);
      }
    });
  }
});

describe('a language that is not there', () => {
  for (const [locale, file] of [['de-AT', 'de'], ['de_CH', 'de'], ['en-NZ', 'en'], ['pl', 'en'], ['zh-Hant-TW', 'en'], ['no such thing', 'en']]) {
    it(`is spoken for by the next: ${locale} by ${file}`, async (t) => {
      const { frame, site } = await start(t, samples.thin(), { locale });
      assert.equal(await frame.locator('[data-focus="tab:history"] span').first().textContent(), read(`${file}.json`).texts['tab.history']);
      assert.deepEqual(site.fetched.filter((path) => path.includes('/locales/')), [`/assets/identities/locales/${file}.json`]);
    });
  }

  it('is spoken for by English where its file is missing from the server', async (t) => {
    const { frame } = await start(t, samples.thin(), { locale: 'de', before: (page) => page.route('**/locales/de.json', (route) => route.fulfill({ status: 404 })) });
    assert.equal(await frame.locator('.warning').textContent(), '!1 other open ticket, waits 1 Tag');
    assert.equal(await frame.getAttribute('lang'), 'en');
  });

  it('is asked for again after the server was away', async (t) => {
    let down = true;
    const { frame } = await start(t, samples.thin(), { locale: 'de', before: (page) => page.route('**/locales/de.json', (route) => {
      if (!down) return route.continue();
      down = false;
      return route.fulfill({ status: 503 });
    }) });
    await frame.locator('.warning', { hasText: '1 weiteres offenes Ticket, wartet 1 Tag' }).waitFor();
  });
});
