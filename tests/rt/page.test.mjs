// The sidebar in RT's pages, in a real browser: where it stands, what it costs the layout, its first paint, and stories 1 and 2.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { startBrowser, until } from '../ui/browser.mjs';
import { Installation, missing } from './installation.mjs';

const accounts = `{ support => 1, 'support/Support' => { Group => 'Support team', Internal => 1 }, mail => 1, whatsapp => { Group => 'Support team' },
  instagram => 1, x => 1, shop => 1, crm => 1 }`;

if (missing) it('shows the sidebar in RT', { skip: missing }, () => {});
else describe('in RT\'s pages', () => {
  let here;
  let chromium;
  let ticket;
  let second;
  let hanna;
  const cookies = new Map();
  before(async () => {
    here = await Installation.start({ sample: true, settings: { Accounts: accounts, InlineBudget: 1000 } });
    chromium = await startBrowser();
    ticket = await here.rt.ticket('mia', {
      requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake on the gravel bike',
      content: 'Hello, since the last service the front brake is loose. I ride to work every day, please help me soon.',
    });
    second = await here.rt.ticket('mia', { requestor: 'hanna.crane@mail.example', cc: 'lee@post.example', subject: 'Wrong nut', content: 'Third Tagalong this month with that nut.' });
    const [[queue]] = await here.rt.sql("select id from Queues where Name = 'Support'");
    [[hanna]] = await here.rt.sql("select id from Users where Name = 'hanna.crane@mail.example'");
    await here.hand_over('rt', [{
      type: 'engagement.created', timestamp: new Date().toISOString(),
      data: {
        id: 'first', customer: { id: hanna, name: 'Hanna Crane', identifiers: [{ kind: 'email', value: 'hanna.crane@mail.example', verified: true }] }, direction: 'in',
        channel: 'mail', occurred_at: new Date().toISOString(), thread: { id: String(second), subject: 'Wrong nut', status: 'open', partition: queue },
        text: 'Third Tagalong this month with that nut.',
      },
    }]);
    await here.grant({ 'Support team': ['FindIdentity'] });
  });
  after(async () => {
    await chromium?.close();
    await here?.close();
  });

  /** An agent's browser at a page of RT; remembers what the sidebar asks, and how far things moved inside and outside of it. */
  async function agent(t, name, path, { width = 1366, height = 768, ready = true, ...options } = {}) {
    if (!cookies.has(name)) cookies.set(name, await here.rt.login(name));
    const context = await chromium.browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce', ...options });
    t.after(() => context.close());
    const [cookie, value] = cookies.get(name).split('=');
    await context.addCookies([{ name: cookie, value, url: here.rt.url }]);
    const page = await context.newPage();
    const asked = [];
    const complaints = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/')) asked.push({ path: new URL(request.url()).pathname, body: request.postDataJSON() });
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    t.after(() => assert.deepEqual(complaints, []));
    await page.addInitScript(() => {
      window.moved = 0;
      new PerformanceObserver((list) => {
        // RT's own history slides in when it has arrived; what the sidebar moves, or what moves in it, counts.
        for (const entry of list.getEntries()) {
          const ours = entry.sources.some(({ node }) => node && (node.getRootNode() instanceof ShadowRoot || node.closest?.('#identities-place')));
          if (!entry.hadRecentInput && ours) window.moved += entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    // As from RT's own menu: without a referrer it takes some pages for forged.
    await page.goto(here.rt.url + path, { referer: `${here.rt.url}/` });
    const frame = page.locator('identities-sidebar .frame');
    if (ready) {
      await frame.locator('.name').first().waitFor().catch(async (problem) => {
        throw new Error(`${path}: ${(await page.locator('body').innerText()).slice(0, 500)}`, { cause: problem });
      });
    }
    return { page, frame, asked, place: page.locator('#identities-place') };
  }

  const display = (id) => `/Ticket/Display.html?id=${id}`;
  const style = (name, sheet) => here.rt.perl(`my $u = RT::User->new(RT->SystemUser); $u->Load('${name}');
    my ($ok, $m) = $u->SetPreferences($RT::System, { WebDefaultStylesheet => '${sheet}' }); die $m unless $ok`);
  const pages = (id) => ['Display', 'Update', 'Modify', 'ModifyAll', 'ModifyDates', 'ModifyLinks', 'ModifyPeople', 'History', 'Forward', 'Reminders'].map((page) => `/Ticket/${page}.html?id=${id}`);

  describe('where it stands', () => {
    it('is at the right of every ticket page from 1200 px on, and RT\'s own content ends before it', async (t) => {
      for (const path of [...pages(ticket), `/User/Summary.html?id=${hanna}`]) {
        const { page, place, frame } = await agent(t, 'mia', path);
        const box = await place.boundingBox();
        assert.deepEqual([box.x + box.width, box.width, box.y + box.height], [1366, 330, 768], path);
        const header = await page.locator('#rt-header-container').boundingBox();
        assert.ok(box.y >= header.y + header.height - 1, `${path}: below the menu`);
        const widest = await page.locator('#body').evaluate((body) => Math.max(...[...body.querySelectorAll('.titlebox, form, .history')].filter((one) => !one.closest('#identities-place') && one.offsetParent).map((one) => one.getBoundingClientRect().right)));
        assert.ok(widest <= box.x, `${path}: RT's content ends at ${widest}, the sidebar begins at ${box.x}`);
        assert.equal(await frame.isVisible(), true);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${path}: nothing to scroll sideways`);
      }
    });

    it('stays at the right of what is scrolled', async (t) => {
      const { page, place } = await agent(t, 'mia', display(ticket));
      await page.evaluate(() => scrollTo(0, 400));
      const box = await place.boundingBox();
      assert.deepEqual([box.x + box.width, box.y + box.height], [1366, 768]);
    });

    it('is the first box of the right column from 900 px on', async (t) => {
      const { page, place } = await agent(t, 'mia', display(ticket), { width: 1000 });
      assert.equal(await place.evaluate((node) => node.parentElement.matches('.ticket-summary > .boxcontainer:last-child') && node === node.parentElement.firstElementChild), true);
      const box = await place.boundingBox();
      const left = await page.locator('.ticket-summary > .boxcontainer').first().boundingBox();
      assert.ok(box.x >= left.x + left.width && box.y < 200 && box.width >= 306, JSON.stringify(box));
      const update = await agent(t, 'mia', `/Ticket/Update.html?id=${ticket}`, { width: 1000 });
      assert.equal(await update.place.evaluate((node) => node === document.querySelector('#ticket-update-metadata').firstElementChild), true);
      const single = await agent(t, 'mia', `/Ticket/ModifyPeople.html?id=${ticket}`, { width: 1000 });
      const at = await single.place.boundingBox();
      assert.deepEqual([at.x + at.width, at.width], [1000, 330], 'fixed where the page has one column');
    });

    it('is on top, as wide as the page, below 900 px, with header and notes open', async (t) => {
      for (const path of [display(ticket), `/Ticket/Update.html?id=${ticket}`, `/Ticket/ModifyPeople.html?id=${ticket}`]) {
        const { page, place, frame } = await agent(t, 'mia', path, { width: 700, height: 900 });
        const box = await place.boundingBox();
        assert.ok(box.width > 600 && box.y < 150, JSON.stringify(box));
        const below = await page.locator('#body .titlebox').first().boundingBox();
        assert.ok(below.y >= box.y + box.height, path);
        assert.equal(await frame.locator('.note.pinned').isVisible(), true);
      }
    });

    it('moves along when the window changes, and keeps what it shows', async (t) => {
      const { page, place, frame } = await agent(t, 'mia', display(ticket));
      await frame.locator('[data-focus="tab:history"]').click();
      await page.setViewportSize({ width: 1000, height: 768 });
      await until(() => place.evaluate((node) => node.parentElement.matches('.boxcontainer')), 'it is in the column');
      assert.equal(await frame.getAttribute('data-pivot'), 'history');
      await page.setViewportSize({ width: 1366, height: 768 });
      await until(async () => (await place.boundingBox()).x === 1036, 'it is at the right');
      assert.equal(await frame.getAttribute('data-pivot'), 'history');
    });

    it('is not printed', async (t) => {
      const { page, place } = await agent(t, 'mia', display(ticket));
      await page.emulateMedia({ media: 'print' });
      assert.equal(await place.isVisible(), false);
      const body = await page.locator('#body').evaluate((node) => getComputedStyle(node).paddingRight);
      assert.equal(body, '0px', 'as RT prints it');
    });

    it('moves nothing after the first paint, at any width', async (t) => {
      for (const [width, height] of [[1366, 768], [1000, 768], [700, 900]]) {
        const { page, asked } = await agent(t, 'mia', display(ticket), { width, height });
        await until(() => asked.some(({ body }) => body.pivot === 'attributes'), 'everything is there');
        assert.equal(await page.evaluate(() => window.moved), 0, `${width} wide`);
      }
    });
  });

  describe('how it looks', () => {
    for (const theme of ['light', 'dark']) {
      it(`is ${theme} with elevator-${theme}, whatever the system prefers, and writes the pictures`, async (t) => {
        await style('mia', `elevator-${theme}`);
        mkdirSync(new URL('screenshots/', import.meta.url), { recursive: true });
        const { page, frame, asked } = await agent(t, 'mia', display(ticket), { colorScheme: theme === 'light' ? 'dark' : 'light' });
        const paper = await frame.evaluate((node) => getComputedStyle(node).backgroundColor.match(/\d+/g).map(Number));
        assert.equal(paper[0] > 128, theme === 'light', String(paper));
        await until(() => asked.some(({ body }) => body.pivot === 'attributes'), 'everything is there');
        await page.waitForLoadState('networkidle');
        await page.mouse.move(0, 0);
        await page.screenshot({ path: new URL(`screenshots/rt-${theme}.png`, import.meta.url).pathname });
        await style('mia', 'elevator-light');
      });
    }

    it('speaks the language that the agent chose in RT', async (t) => {
      const lang = (value) => here.rt.perl(`my $u = RT::User->new(RT->SystemUser); $u->Load('mia'); my ($ok, $m) = $u->SetLang('${value}'); die $m unless $ok`);
      await lang('de');
      const { frame } = await agent(t, 'mia', display(ticket));
      assert.equal(await frame.getAttribute('lang'), 'de');
      await lang('');
    });
  });

  describe('a new ticket', () => {
    it('shows the customer once one is typed, another when it is another, and nobody without one', async (t) => {
      const [[queue]] = await here.rt.sql("select id from Queues where Name = 'Support'");
      const { page, place, frame, asked } = await agent(t, 'mia', `/Ticket/Create.html?Queue=${queue}`, { ready: false });
      const value = () => page.locator('input[name=Requestors]').evaluate((node) => node.value);
      const field = page.locator('#Requestors + .selectize-control input');
      const enter = async (text) => {
        // RT locks its field for a moment after a name is taken out.
        await page.locator('#Requestors + .selectize-control .selectize-input:not(.locked)').waitFor();
        await field.pressSequentially(text);
        await field.press('Enter');
      };
      await field.waitFor();
      assert.equal(await value(), 'mia@example.test', 'RT proposes the agent herself');
      assert.equal(await place.isVisible(), false);
      const width = await page.locator('#body').evaluate((node) => getComputedStyle(node).paddingRight);
      assert.equal(width, '20px', 'and no room is kept');
      await field.press('Backspace');
      await enter('hanna.crane@mail.example');
      await frame.locator('.name', { hasText: 'Hanna Crane' }).waitFor();
      assert.equal(await frame.locator('.note.pinned').isVisible(), true);
      await field.press('Backspace');
      await place.waitFor({ state: 'hidden' });
      await enter('somebody.new@post.example');
      await frame.locator('.name', { hasText: 'somebody.new@post.example' }).waitFor();
      await enter('hanna.crane@mail.example');
      await frame.getByRole('radio', { name: /Hanna Crane|hanna\.crane/ }).waitFor();
      assert.equal(asked.every(({ path }) => !path.includes('hanna') && !path.includes('%40')), true, 'no address is in an address');
      assert.doesNotMatch(await here.rt.logs(), /somebody\.new|not a valid email/);
    });

    it('shows nothing to who may not look people up', async (t) => {
      const [[queue]] = await here.rt.sql("select id from Queues where Name = 'Support'");
      const { page } = await agent(t, 'ben', `/Ticket/Create.html?Queue=${queue}`, { ready: false });
      await page.locator('#Requestors + .selectize-control input').waitFor();
      assert.equal(/identities/i.test(await page.content()), false);
      const answer = await here.call(cookies.get('ben'), `queue/${queue}/v1/panel/identities/sidebar`, { people: 'hanna.crane@mail.example' });
      assert.equal(answer.status, 403);
    });

    it('asks for what can be somebody\'s address alone', async () => {
      const [[queue]] = await here.rt.sql("select id from Queues where Name = 'Support'");
      if (!cookies.has('mia')) cookies.set('mia', await here.rt.login('mia'));
      const ask = (body) => here.call(cookies.get('mia'), `queue/${queue}/v1/panel/identities/sidebar`, body);
      for (const people of ['', 'nobody', '@', 'group:Support team', '<>', '\u0000', ',,,', undefined]) assert.equal((await ask({ people })).status, 403, people);
      for (const people of [['a@post.example'], { a: 1 }, 7e30, 'a@post.example,'.repeat(2000)]) assert.equal((await ask({ people })).status, people === 7e30 ? 403 : 422, String(people).slice(0, 20));
      const several = await ask({ people: 'Ann Lee <ann@post.example>, bo@post.example, Ann@post.example, "Quoted, Name" <q@post.example>' });
      assert.deepEqual(several.json.requesters.map(({ name, value }) => [name, value]), [['Ann Lee', 'ann@post.example'], ['bo@post.example', 'bo@post.example'], ['Quoted, Name', 'q@post.example']]);
      assert.equal((await ask({ people: Array.from({ length: 60 }, (_, i) => `many${i}@post.example`).join(', ') })).json.requesters.length, 50);
      assert.equal((await here.call(cookies.get('mia'), `ticket/${ticket}/v1/panel/identities/sidebar`, { people: 'a@post.example' })).status, 422, 'at a ticket, RT alone says who');
    });
  });

  it('takes a customer called </script> and a stray separator for what they are', async (t) => {
    const odd = '</script><img src=x onerror="window.hacked = true">\u2028 & Co';
    const id = await here.rt.perl(`
      my $u = RT::User->new(RT->SystemUser); $u->Create(Name => 'odd', EmailAddress => 'odd@post.example', RealName => Encode::decode('UTF-8', $ARGV[0]));
      my $t = RT::Ticket->new(RT->SystemUser); my ($id, undef, $m) = $t->Create(Queue => 'Support', Requestor => 'odd@post.example', Subject => 'Odd'); print $id; undef $t`, odd);
    const { page, frame, asked } = await agent(t, 'mia', display(id));
    assert.equal((await frame.locator('.name').textContent()).includes('</script><img'), true);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(asked.filter(({ body }) => !body.pivot && !body.key && !body.if_version).length, 0, 'the inline reply was read');
  });

  describe('1: opens with the ticket', () => {
    it('shows who this is without click, scroll or second request', async (t) => {
      const { page, frame, asked } = await agent(t, 'mia', display(ticket));
      for (const part of ['.name', '.standing', '.identifiers', '.sources', '.likes', '.facts', '.warning', '.note.pinned', '.tabs', '.category:nth-of-type(5)']) {
        const box = await frame.locator(part).first().boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= 768, `${part} is on the screen: ${JSON.stringify(box)}`);
      }
      assert.equal(await frame.locator('.name').textContent(), 'Hanna Crane');
      assert.match(await frame.locator('.standing').textContent(), /^Customer · Gold · .+ in Perth · English$/);
      assert.match(await frame.locator('.sources').textContent(), /^Instagram @hanna\.c · X @hcrane · .*WhatsApp/);
      assert.match(await frame.locator('.warning').textContent(), /other open tickets, oldest waits/);
      assert.match(await frame.locator('.facts').textContent(), /Spent\$4,210/);
      assert.match(await frame.locator('.facts').textContent(), /Orders12|12Orders/);
      assert.match(await frame.locator('.note').first().textContent(), /^pinned: Prefers mail; never call before 17:00/);
      await until(() => asked.some(({ path }) => path.endsWith('/looked')), 'after the paint');
      assert.deepEqual(asked.filter(({ body }) => !body.pivot && !body.key && !body.if_version), [], 'the first reply came with the page');
      const inline = await page.locator('identities-sidebar > script').evaluate((node) => node.textContent.length);
      assert.ok(inline <= 30 * 1024, `${inline} bytes inline`);
    });

    it('opens on Summary again, though she left on History', async (t) => {
      const { page, frame } = await agent(t, 'mia', display(ticket));
      await frame.locator('[data-focus="tab:history"]').click();
      await page.goto(here.rt.url + display(second));
      await frame.locator('.name').first().waitFor();
      assert.equal(await frame.getAttribute('data-pivot'), 'summary');
    });

    it('has keys of its own that do not reach RT\'s, and RT keeps its own', async (t) => {
      const { page, frame } = await agent(t, 'mia', display(ticket));
      await page.keyboard.press('g');
      await page.keyboard.press('i');
      await page.keyboard.press('3');
      await until(async () => (await frame.getAttribute('data-pivot')) === 'history', 'g i 3 opens History');
      await page.keyboard.press('n');
      const field = frame.locator('.note-box textarea');
      await field.waitFor();
      await field.pressSequentially('rc?/h');
      assert.equal(await field.inputValue(), 'rc?/h');
      assert.match(page.url(), /Display\.html/, 'no letter went to RT');
      assert.equal(await page.locator('.modal.show').count(), 0);
    });
  });

  describe('2: a note, every time', () => {
    it('made of selected text stands on every page of every ticket of Hanna, and leaves every panel when deleted', async (t) => {
      const mia = await agent(t, 'mia', display(second));
      const message = mia.page.locator('.history .messagebody, .history .message-stanza').filter({ hasText: 'Third Tagalong' }).first();
      await message.waitFor();
      await message.evaluate((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        document.getSelection().removeAllRanges();
        document.getSelection().addRange(range);
      });
      await mia.frame.getByRole('button', { name: 'Save as note' }).waitFor();
      await mia.page.keyboard.press('n');
      const field = mia.frame.locator('.note-box textarea');
      const marker = `zebrawort${Date.now()}`;
      await field.waitFor();
      assert.match(await field.inputValue(), /Third Tagalong this month/);
      await field.fill(`${await field.inputValue()} ${marker}`);
      await mia.page.keyboard.press('Control+Enter');
      await mia.frame.locator('.note', { hasText: marker }).waitFor();

      const tom = await agent(t, 'tom', display(ticket));
      const note = tom.frame.locator('.note', { hasText: marker });
      await note.waitFor();
      assert.match(await note.textContent(), /— Mia, .* from (this|a) ticket/);
      for (const path of pages(second)) {
        await tom.page.goto(here.rt.url + path);
        await note.waitFor();
      }
      for (const pivot of ['attributes', 'history']) {
        await tom.frame.locator(`[data-focus="tab:${pivot}"]`).click();
        if (pivot === 'history') await tom.frame.locator('.who-button').click();
        assert.equal(await note.isVisible(), true, pivot);
      }
      assert.equal(await note.locator('.note-tools').count(), 0, 'Tom may not change it');

      const own = mia.frame.locator('.note', { hasText: marker });
      await own.locator('.note-tools').click();
      await own.getByRole('button', { name: 'Delete', exact: true }).click();
      await own.getByRole('button', { name: 'Delete', exact: true }).click();
      await own.waitFor({ state: 'detached' });
      await note.waitFor({ state: 'detached' });
      assert.equal((await here.rt.logs()).includes(marker), false);
    });

    it('hangs on the requester that was chosen', async (t) => {
      const { page, frame } = await agent(t, 'mia', display(second));
      await frame.getByRole('radio', { name: /lee@post\.example/ }).check();
      await frame.locator('.name', { hasText: 'lee@post.example' }).waitFor();
      await frame.getByRole('button', { name: /Add/ }).first().click();
      await frame.locator('.note-box textarea').fill('Only mornings');
      await page.keyboard.press('Control+Enter');
      await frame.locator('.note', { hasText: 'Only mornings' }).waitFor();
      const other = await agent(t, 'tom', display(ticket));
      assert.equal(await other.frame.locator('.note', { hasText: 'Only mornings' }).count(), 0);
    });
  });
});
