// Story 7 in RT: database stopped or hanging, library missing, plugin throwing, aborting or late, module broken, hdhost killed. Tickets are shown and
// created all the while, the sidebar says so in one true line, and all heals alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, chmod, copyFile, cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startBrowser, until } from '../ui/browser.mjs';
import { Installation, missing } from './installation.mjs';
import { freePort } from './private_rt.mjs';

const build = process.env.IDENTITIES_BUILD ?? '';
const heal_ms = 25_000;

/** A MariaDB for Identities alone, which can be stopped while RT's own serves. */
class OwnDatabase {
  constructor(folder) {
    this.folder = folder;
    this.socket = join(folder, 'mysqld.sock');
  }

  static async make(rt) {
    const database = new OwnDatabase(join(rt.folder, 'identities-db'));
    database.options = ['--no-defaults', `--datadir=${database.folder}`, `--socket=${database.socket}`, '--skip-networking', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M', ...(process.getuid() === 0 ? ['--user=root'] : [])];
    await rt.command('run', 'mariadb-install-db', ...database.options.filter((one) => !/skip-networking|innodb|socket/.test(one)), '--auth-root-authentication-method=normal', '--skip-test-db');
    await database.start();
    await rt.command('run', 'mariadb', '--no-defaults', '--user=root', `--socket=${database.socket}`, '-e', 'create database identities character set utf8mb4 collate utf8mb4_bin');
    return database;
  }

  async start() {
    this.child = spawn('/usr/sbin/mariadbd', this.options, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.ended = new Promise((done) => { this.child.once('exit', done); });
    let said = '';
    await new Promise((done, fail) => {
      this.child.stderr.on('data', (text) => {
        said += text;
        if (/ready for connections/.test(said)) done();
      });
      this.child.once('exit', () => fail(new Error(said)));
    });
  }

  async stop() {
    this.child.kill('SIGCONT');
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

if (missing) it('leaves RT as it was', { skip: missing }, () => {});
else describe('when Identities fails', () => {
  let chromium;
  before(async () => { chromium = await startBrowser(); });
  after(() => chromium?.close());

  /** RT itself works: a ticket is made, shown and answered, by web, REST 2 and mail. */
  async function rt_works(here, cookie) {
    const id = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Made meanwhile', content: 'Hello' });
    const page = await here.rt.page(cookie, `/Ticket/Display.html?id=${id}`);
    assert.equal(page.status, 200);
    assert.match(page.text, /Made meanwhile/);
    assert.match(page.text, /Copyright 1996/, 'to its very end');
    await here.rt.rest('mia', 'POST', `ticket/${id}/correspond`, { Content: 'An answer', ContentType: 'text/plain' });
    await here.rt.mail(`From: hanna.crane@mail.example\nTo: support@example.test\nSubject: Re: [example.test #${id}] Made meanwhile\n\nBy mail\n`);
    const [[count]] = await here.rt.sql(`select count(*) from Transactions where ObjectType = 'RT::Ticket' and ObjectId = ${id} and Type in ('Create', 'Correspond')`);
    assert.equal(count, '3');
    return { id, page };
  }

  /** The sidebar of that ticket says that it is not there; returns its page. */
  async function says_so(t, here, cookie, id) {
    const context = await chromium.browser.newContext({ viewport: { width: 1366, height: 768 } });
    t.after(() => context.close());
    const [name, value] = cookie.split('=');
    await context.addCookies([{ name, value, url: here.rt.url }]);
    const page = await context.newPage();
    await page.goto(`${here.rt.url}/Ticket/Display.html?id=${id}`);
    const line = page.locator('identities-sidebar .unavailable');
    await line.waitFor();
    assert.match(await line.textContent(), /^Unavailable since .+; the ticket works as usual\. Try again · User page of the helpdesk$/);
    assert.match(await line.locator('a').getAttribute('href'), /^\/User\/Summary\.html\?id=\d+$/);
    return page;
  }

  const answers = (here, cookie, id) => until(async () => (await here.panel(cookie, id)).status === 200, 'it answers again', heal_ms);
  const status_page = async (here) => (await here.rt.page(await here.rt.login('root'), '/Identities/Status.html')).text;

  describe('its database', () => {
    let here;
    let database;
    let mia;
    before(async () => {
      here = await Installation.start({ database: 'mysql', start: false });
      database = await OwnDatabase.make(here.rt);
      await rm(here.folder, { recursive: true });
      await here.identities('init', here.folder, '--manifest', join(here.bundle, 'plugin.json'), '--database', `mysql://root@localhost/identities?socket=${database.socket}`, '--no-password');
      await here.make_database();
      await here.add_account('rt', 'request_tracker');
      await here.rt.start('web');
      mia = await here.rt.login('mia');
    });
    after(async () => {
      await here?.close();
      await database?.stop();
    });

    for (const [what, fail, heal] of [
      ['stopped', () => database.stop(), () => database.start()],
      ['hanging', () => database.child.kill('SIGSTOP'), () => database.child.kill('SIGCONT')],
    ]) {
      it(`is ${what}: tickets go on, the panel says so, and it comes back by itself`, async (t) => {
        const { id: first } = await rt_works(here, mia);
        await answers(here, mia, first);
        await fail();
        const { id } = await rt_works(here, mia);
        const refused = await here.panel(mia, id);
        assert.ok([503, 504].includes(refused.status), refused.text);
        assert.equal(refused.headers.get('content-type'), 'application/problem+json');
        const page = await says_so(t, here, mia, id);
        await until(async () => (await here.panel(mia, id)).json.detail?.includes('rests after failures'), 'the breaker opens');
        assert.match(await status_page(here), /no: /);
        assert.equal((await here.action(mia, id, 'note.add', { text: 'x' })).status >= 500, true);
        await heal();
        await answers(here, mia, id);
        await page.locator('identities-sidebar .frame .name').waitFor();
        await until(async () => /yes, in/.test(await status_page(here)), 'the status page agrees', heal_ms);
      });
    }
  });

  describe('what is installed', () => {
    let here;
    let mia;
    let whole;
    before(async () => {
      here = await Installation.start({ own_bundle: true });
      whole = join(here.bundle, 'whole.so');
      await copyFile(library(), whole);
      mia = await here.rt.login('mia');
    });
    after(() => here?.close());

    const library = () => join(here.bundle, 'identities.so');
    async function with_library(file) {
      await copyFile(file, `${library()}.new`);
      await rename(`${library()}.new`, library());
      await here.restart();
    }

    it('lacks the host library: RT starts and works, and the status page says what to do', async (t) => {
      await here.set({ Library: "'/nowhere/libhelpdesk_host.so.1'" });
      await here.restart();
      const { id } = await rt_works(here, mia);
      assert.equal((await here.panel(mia, id)).status, 503);
      await says_so(t, here, mia, id);
      const status = await status_page(here);
      assert.match(status, /library: expected a file that can be read, found \/nowhere\/libhelpdesk_host\.so\.1/);
      assert.match(status, /Install Identities on this machine/);
      await here.set({});
      await here.restart();
      assert.equal((await here.panel(mia, id)).status, 200);
    });

    it('lacks the plugin, or holds half of it', async (t) => {
      await rm(library());
      await here.restart();
      const { id } = await rt_works(here, mia);
      await says_so(t, here, mia, id);
      await writeFile(`${library()}.half`, (await readFile(whole)).subarray(0, 4096));
      await with_library(`${library()}.half`);
      await rt_works(here, mia);
      assert.equal((await here.panel(mia, id)).status, 503);
      assert.match(await status_page(here), /identities\.so: library: expected the \d+ bytes that its head promises, found 4096/);
      await with_library(whole);
      await answers(here, mia, id);
    });

    it('lacks the whole bundle: one line in the page, with a link to RT\'s user page', async () => {
      await here.set({ Manifest: "'/nowhere/plugin.json'" });
      await here.restart();
      const { id, page } = await rt_works(here, mia);
      assert.match(page.text, /<aside id="identities-unavailable"[^>]*>\s*<p>Identities is unavailable; the ticket works as usual\./);
      assert.equal(page.text.includes('<identities-sidebar'), false);
      assert.equal((await here.panel(mia, id)).status, 503);
      assert.match(await status_page(here), /Say with Manifest =&gt; where/);
      await here.set({});
      await here.restart();
      assert.equal((await here.panel(mia, id)).status, 200);
    });

    it('is set up wrongly: the fault is named to the administrator alone', async () => {
      await here.set({ Libary: "'/x'" });
      await here.restart();
      const { page } = await rt_works(here, mia);
      assert.match(page.text, /Identities is unavailable/);
      assert.equal(page.text.includes('Libary'), false);
      const status = await status_page(here);
      assert.match(status, /there is no setting &#34;Libary&#34;; there are Account, Accounts, ActionBudget/);
      assert.match(status, /Correct the setting in RT_SiteConfig\.pm/);
      await here.set({});
      await here.restart();
    });

    it('throws in every handler: it is contained, and the worker goes on', async (t) => {
      await with_library(join(build, 'tests/rt/rt_throws.so'));
      const workers = await here.rt.workers();
      const { id } = await rt_works(here, mia);
      await says_so(t, here, mia, id);
      const answer = await here.panel(mia, id);
      assert.ok([500, 503].includes(answer.status), answer.text);
      assert.equal(answer.text.includes('jane'), false);
      assert.deepEqual(await here.rt.workers(), workers);
      assert.equal((await here.rt.logs()).includes('jane'), false);
      await with_library(whole);
      await answers(here, mia, id);
    });

    it('comes back late: the library\'s breaker and RT\'s go between', async (t) => {
      await with_library(join(build, 'tests/rt/rt_overruns.so'));
      const { id } = await rt_works(here, mia);
      await says_so(t, here, mia, id);
      await until(async () => /rests|breaker/.test((await here.panel(mia, id)).json.detail), 'nothing waits for it any more');
      await with_library(whole);
      await answers(here, mia, id);
    });

    it('aborts its worker: RT starts another, and no ticket that RT confirmed is lost', async () => {
      await with_library(join(build, 'tests/rt/rt_aborts.so'));
      const confirmed = [];
      for (let i = 0; i < 6; ++i) {
        const id = await here.rt.ticket('mia', { requestor: 'hanna.crane@mail.example', subject: `Confirmed ${i}`, content: 'Hello' });
        confirmed.push(id);
        // The head of the page may have left before its worker died.
        const shown = await here.rt.page(mia, `/Ticket/Display.html?id=${id}`).then(({ text }) => text, () => '');
        assert.doesNotMatch(shown, /Copyright 1996/, 'the worker died while it showed the ticket');
        await until(() => here.rt.page('', '/NoAuth/Login.html').then(({ status }) => status === 200, () => false), 'a worker answers', heal_ms);
      }
      const [[count]] = await here.rt.sql(`select count(*) from Tickets where id in (${confirmed.join(',')}) and Status = 'new'`);
      assert.equal(Number(count), confirmed.length);
      assert.match(await here.rt.logs(), /signal was 6|aborted|terminate/i);
      await with_library(whole);
      for (const id of confirmed) assert.equal((await here.rt.page(mia, `/Ticket/Display.html?id=${id}`)).status, 200);
    });

    it('is an extension with a broken module: RT starts and works', async () => {
      const plugins = join(here.rt.folder, 'plugins/RT-Extension-Identities');
      const source = join(here.rt.folder, 'extension');
      await cp(plugins, source, { recursive: true, dereference: true });
      await rm(plugins);
      await cp(source, plugins, { recursive: true });
      for (const module of ['Page', 'Endpoint', 'Host']) {
        await appendFile(join(plugins, `lib/RT/Extension/Identities/${module}.pm`), '\nthis is no Perl {{{\n');
        await here.restart();
        const { id, page } = await rt_works(here, mia);
        assert.equal(page.text.includes('no Perl'), false);
        // The address below RT does not need the module that writes the page.
        const answer = await here.panel(mia, id);
        assert.equal(answer.status, module === 'Page' ? 200 : 503, module);
        assert.ok(answer.json);
        assert.equal((await here.rt.page(await here.rt.login('root'), '/Identities/Status.html')).status, 200);
        await copyFile(join(source, `lib/RT/Extension/Identities/${module}.pm`), join(plugins, `lib/RT/Extension/Identities/${module}.pm`));
      }
      await here.restart();
      const { id } = await rt_works(here, mia);
      assert.equal((await here.panel(mia, id)).status, 200);
    });
  });

  describe('hdhost, asked by its socket', () => {
    let here;
    let mia;
    let server;
    let ticket;
    before(async () => {
      here = await Installation.start({ start: false });
      const config = JSON.parse(await readFile(here.config, 'utf8'));
      config.hdhost.tokens.keys[0].issuer = 'rt';
      config.hdhost.status_listen = `127.0.0.1:${await freePort()}`;
      await writeFile(here.config, JSON.stringify(config));
      await here.set({ Socket: `'${here.folder}/hdhost.sock'`, Library: "'/nowhere/libhelpdesk_host.so.1'" });
      await serve();
      await here.rt.start('web');
      mia = await here.rt.login('mia');
      ticket = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
    });
    after(async () => {
      await stop('SIGKILL');
      await here?.close();
    });

    async function serve() {
      await rm(join(here.folder, 'hdhost.sock'), { force: true });
      const child = spawn(join(build, 'sdk/server/hdhost'), ['--config', here.config], { stdio: ['ignore', 'ignore', 'pipe'] });
      server = { child, said: '', ended: new Promise((done) => { child.once('exit', done); }) };
      child.stderr.on('data', (text) => { server.said += text; });
      await until(() => existsSync(join(here.folder, 'hdhost.sock')) || child.exitCode !== null, 'hdhost listens');
      assert.equal(child.exitCode, null, server.said);
    }

    async function stop(signal) {
      if (!server || server.child.exitCode !== null || server.child.signalCode) return;
      server.child.kill('SIGCONT');
      server.child.kill(signal);
      await server.ended;
    }

    it('serves pages, polls and writes, and nothing of the plugin is in RT\'s processes', async () => {
      const page = await here.rt.page(mia, `/Ticket/Display.html?id=${ticket}`);
      assert.match(page.text, /<identities-sidebar [^>]*><script type="application\/json">\{/);
      const whole = await here.panel(mia, ticket);
      assert.equal(whole.status, 200, whole.text);
      assert.equal(whole.json.identity.name, 'Hanna Crane');
      assert.equal((await here.panel(mia, ticket, { if_version: whole.json.version })).json.unchanged, true);
      const key = 'the-key-of-this-note';
      const note = await here.action(mia, ticket, 'note.add', { text: 'By the socket' }, key);
      assert.equal(note.json.note.author.name, 'Mia');
      assert.equal((await here.action(mia, ticket, 'note.add', { text: 'By the socket' }, key)).json.note.id, note.json.note.id, 'the same key, the same note');
      assert.equal((await here.panel(mia, ticket)).json.notes.length, 1);
      assert.equal((await here.action(mia, ticket, 'note.add', { text: '' })).status, 422);
      assert.equal((await here.action(mia, ticket, 'note.delete', { id: '1', version: 1 })).status, 404);
      const workers = await here.rt.workers();
      assert.equal(workers.some((pid) => /libhelpdesk_host|identities\.so/.test(readFileSync(`/proc/${pid}/maps`, 'utf8'))), false);
      assert.match(await status_page(here), /hdhost by \S+hdhost\.sock/);
    });

    it('takes the largest view there is, cut to what a header holds, and says so', async () => {
      const said = await here.rt.perl(`
        require RT::Extension::Identities::Host;
        my @answers;
        for my $size ([0, 0, 1], [1000, 10_000, 50], [1000, 0, 50], [0, 10_000, 1], [10, 10, 50]) {
          my ($partitions, $threads, $people) = @$size;
          my ($status, $reply) = RT::Extension::Identities::Host::call(kind => 'panel', id => 'sidebar', body => {}, budget_ms => 5000, context => {
            requester => [map { { kind => 'email', value => 'a' x 300 . "$_\\@mail.example", name => 'N' x 200, role => 'cc' } } 1 .. $people],
            ticket => { account => 'rt', thread => '1', partition => '1' }, agent => { id => '1', name => 'Mia' }, scopes => ['identity.see'],
            view => { all => JSON::false, partitions => [map { "rt/$_" } 1 .. $partitions], internal_partitions => [map { "rt/$_" } 1 .. $partitions], threads => [map { "" . (1_000_000 - $_) } 1 .. $threads] },
          });
          my $told = $status eq 'ok' && JSON->new->utf8->decode($reply);
          push @answers, $told ? { requesters => scalar @{ $told->{requesters} }, errors => $told->{errors} } : "$status: $reply";
        }
        print JSON->new->utf8->encode({ answers => [@answers], report => RT::Extension::Identities::Host::report()->{cut} });`);
      const { answers, report } = JSON.parse(said);
      const counts = answers.map(({ requesters }) => requesters);
      assert.equal(counts[0], 1, said);
      assert.equal(counts[3], 1, said);
      for (const count of counts) assert.ok(count >= 1, said);
      const told = answers.map(({ errors }) => errors.map(({ part, message }) => `${part}: ${message.replaceAll(/\d+/g, 'N')}`));
      const [queues, comments, tickets, people] = ['queues and accounts', 'queues with comments', 'tickets seen by a role', 'requestors and Ccs'].map((what) => `all but N ${what}`);
      const left_out = (...lists) => [`view: Left out: ${lists.join(', ')}`];
      assert.deepEqual(told, [[], left_out(people, tickets, queues, comments), left_out(people, queues, comments), left_out(tickets), left_out(people)]);
      // Each has its share: who sees many tickets by a role sees queues, too.
      const kept = (answer, what) => Number(new RegExp(`all but (\\d+) ${what}`).exec(answer.errors[0].message)[1]);
      assert.ok(kept(answers[1], 'queues and accounts') >= 200, said);
      assert.ok(kept(answers[3], 'tickets') >= 1000, said);
      assert.ok(counts[4] >= 10, said);
      assert.match(report, /^the view of agent 1 is too large and was cut: all but \d+ requestors and Ccs$/);
    });

    for (const [what, fail, heal] of [
      ['killed', () => stop('SIGKILL'), () => serve()],
      ['hanging', () => server.child.kill('SIGSTOP'), () => server.child.kill('SIGCONT')],
    ]) {
      it(`is ${what}: tickets go on, the panel says so, and it comes back by itself`, async (t) => {
        await answers(here, mia, ticket);
        await fail();
        const { id } = await rt_works(here, mia);
        const refused = await here.panel(mia, id);
        assert.ok([503, 504].includes(refused.status), refused.text);
        const page = await says_so(t, here, mia, id);
        await until(async () => (await here.panel(mia, id)).json.detail?.includes('rests after failures'), 'the breaker opens');
        await heal();
        await answers(here, mia, id);
        await page.locator('identities-sidebar .frame .name').waitFor();
      });
    }

    it('holds a plugin that comes back late: RT gives up by its own clock, and asks no more for a while', async (t) => {
      const own = await Installation.start({ own_bundle: true, start: false });
      const manifest = join(own.bundle, 'plugin.json');
      const config = JSON.parse(await readFile(own.config, 'utf8'));
      Object.assign(config.hdhost, { status_listen: '127.0.0.1:0', tokens: { audience: 'identities', keys: [{ kid: 'desk', issuer: 'rt', secret: 'desk_token' }] } });
      await writeFile(own.config, JSON.stringify(config));
      await copyFile(join(build, 'tests/rt/rt_overruns.so'), join(own.bundle, 'late.so'));
      await rename(join(own.bundle, 'late.so'), join(own.bundle, 'identities.so'));
      await own.set({ Socket: `'${own.folder}/hdhost.sock'`, Manifest: `'${manifest}'`, PanelBudget: '200' });
      const late = spawn(join(build, 'sdk/server/hdhost'), ['--config', own.config], { stdio: ['ignore', 'ignore', 'pipe'] });
      late.stderr.resume();
      const ended = new Promise((done) => { late.once('exit', done); });
      try {
        await until(() => existsSync(join(own.folder, 'hdhost.sock')), 'hdhost listens');
        await own.rt.start('web');
        const cookie = await own.rt.login('mia');
        const { id } = await rt_works(own, cookie);
        const answer = await own.panel(cookie, id);
        assert.ok([503, 504].includes(answer.status), answer.text);
        await says_so(t, own, cookie, id);
        await until(async () => (await own.panel(cookie, id)).json.detail.includes('rests after failures'), 'the breaker opens');
        await rt_works(own, cookie);
      } finally {
        late.kill('SIGKILL');
        await ended;
        await own.close();
      }
    });

    it('refuses RT\'s token: that is no fault of the agent, and the status page names it', async () => {
      await here.set({ Socket: `'${here.folder}/hdhost.sock'`, Token: `{ Secret => '${here.folder}/desk_token', Kid => 'desk', Audience => 'somebody' }` });
      await here.restart();
      const answer = await here.panel(mia, ticket);
      assert.equal(answer.status, 500);
      assert.match(answer.json.detail, /hdhost refused RT's token/);
      assert.match(await status_page(here), /Compare Token =&gt;/);
    });

    it('is not asked with a secret that others can read', async () => {
      await here.set({ Socket: `'${here.folder}/hdhost.sock'` });
      await chmod(join(here.folder, 'desk_token'), 0o644);
      await here.restart();
      assert.equal((await here.panel(mia, ticket)).status, 503);
      assert.match(await status_page(here), /expected \S+desk_token to be for its owner alone .+ found mode 644/);
    });
  });
});
