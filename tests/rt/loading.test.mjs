// RT's own processes load the plugin: which of them, when, what it costs, and how a new one comes. Starman with two workers, and FastCGI.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../ui/browser.mjs';
import { request } from './fastcgi.mjs';
import { Installation, missing } from './installation.mjs';

const maps = (pid) => readFileSync(`/proc/${pid}/maps`, 'utf8');
const loaded = (pid) => /libhelpdesk_host|identities\.so/.test(maps(pid));
/** Memory of this process alone, in kilobytes. */
const private_kb = (pid) => [...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_(?:Clean|Dirty): +(\d+)/gm)].reduce((sum, [, kb]) => sum + Number(kb), 0);

/** Is somebody there? The file is, before anybody listens at it. @param {string} socket */
const listens = (socket) => new Promise((done) => {
  const tried = connect(socket, () => {
    tried.destroy();
    done(true);
  }).once('error', () => done(false));
});

if (missing) it('loads the plugin', { skip: missing }, () => {});
else describe('loading', () => {
  let here;
  let mia;
  let ticket;
  before(async () => {
    // Tickets hand nothing over, so that the first call is the one that a test makes.
    here = await Installation.start({ own_bundle: true, settings: { Queues: "{ '*' => 'none' }" } });
    ticket = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
    mia = await here.rt.login('mia');
  });
  after(() => here?.close());

  /** Asks at once as many times as workers can be busy, until each of them has answered. */
  async function reach_all() {
    const workers = await here.rt.workers();
    await until(async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => here.panel(mia, ticket)));
      for (const { status, text } of answers) assert.equal(status, 200, text);
      return workers.every(loaded);
    }, 'each worker has been asked');
    return workers;
  }

  it('happens in a worker at its first call, and never in the master', async () => {
    const workers = await here.rt.workers();
    assert.equal(workers.length, 2);
    const master = await here.rt.pid('web');
    await here.rt.page(mia, '/');
    assert.equal([...workers, master].some(loaded), false, 'a page without a sidebar loads nothing');
    await reach_all();
    assert.equal(loaded(master), false);
  });

  it('puts a new library to work at HUP, without a restart', async () => {
    const before_hup = await reach_all();
    const library = join(here.bundle, 'identities.so');
    const old_inode = statSync(library).ino;
    await copyFile(library, `${library}.new`);
    await rename(`${library}.new`, library);
    assert.notEqual(statSync(library).ino, old_inode);
    const master = await here.rt.pid('web');
    process.kill(master, 'SIGHUP');
    await until(async () => {
      const now = await here.rt.workers().catch(() => []);
      return now.length === 2 && !now.some((pid) => before_hup.includes(pid));
    }, 'new workers');
    const workers = await reach_all();
    for (const pid of workers) assert.match(maps(pid), new RegExp(` ${statSync(library).ino} +\\S+identities\\.so`));
    assert.equal(loaded(await here.rt.pid('web')), false);
  });

  it('costs a worker at most 15 MB of memory of its own', async (t) => {
    await here.rt.stop('web');
    await here.rt.start('web');
    const workers = await here.rt.workers();
    const root = await here.rt.login('root');
    // Pages with all that RT itself loads for them, of an agent who may not see identities.
    await here.rt.perl('my $u = RT::User->new(RT->SystemUser); $u->Create(Name => "nora", Privileged => 1, Password => "identities", EmailAddress => "nora\\@example.test"); $u->PrincipalObj->GrantRight(Object => RT->System, Right => $_) for qw(ShowTicket SeeQueue ShowTicketComments)');
    const nora = await here.rt.login('nora');
    for (let i = 0; i < 5; ++i) await Promise.all([nora, root, nora].map((who) => here.rt.page(who, who === root ? '/' : `/Ticket/Display.html?id=${ticket}`)));
    assert.equal(workers.some(loaded), false);
    const before_call = new Map(workers.map((pid) => [pid, private_kb(pid)]));
    await reach_all();
    for (let i = 0; i < 5; ++i) await Promise.all([mia, mia].map((who) => here.rt.page(who, `/Ticket/Display.html?id=${ticket}`)));
    for (const pid of workers) {
      const grown = private_kb(pid) - before_call.get(pid);
      assert.ok(grown <= 15 * 1024, `worker ${pid} grew by ${grown} kB`);
      t.diagnostic(`worker ${pid} grew by ${grown} kB`);
    }
  });

  it('leaks nothing in 10,000 panel calls of one process of RT', async () => {
    const said = await here.rt.perl(`
      require RT::Extension::Identities::Host; require RT::Extension::Identities::Context;
      sub private_kb { my $kb = 0; open my $map, '<', '/proc/self/smaps_rollup' or die; while (<$map>) { $kb += $1 if /^Private_(?:Clean|Dirty):\\s+(\\d+)/ } $kb }
      my $user = RT::CurrentUser->new('mia');
      my $ticket = RT::Ticket->new($user);
      $ticket->Load($ARGV[0]);
      my $asking = RT::Extension::Identities::Context::of_ticket($user, $ticket, RT::Extension::Identities::Host::settings());
      my $ask = sub {
        my ($status, $reply) = RT::Extension::Identities::Host::call(kind => 'panel', id => 'sidebar', context => $asking->{context}, body => {}, budget_ms => 1000);
        die "$status: $reply" if $status ne 'ok';
      };
      $ask->() for 1 .. 1000;
      my $before = private_kb();
      $ask->() for 1 .. 10_000;
      print private_kb() - $before;`, String(ticket));
    assert.ok(Number(said) < 500, `grew by ${said} kB`);
  });

  it('works in FastCGI processes, each of which loads it for itself', async () => {
    const socket = join(here.rt.folder, 'run/fcgi.sock');
    const server = spawn('spawn-fcgi', ['-n', '-s', socket, '--', '/usr/share/request-tracker5/libexec/rt-server.fcgi'], { env: here.rt.environment(), stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    server.stderr.on('data', (text) => { said += text; });
    const ended = new Promise((done) => { server.once('exit', done); });
    try {
      const port = new URL(here.rt.url).port;
      await until(() => listens(socket), 'the FastCGI socket');
      const page = await request(socket, { path: '/Ticket/Display.html', query: `id=${ticket}`, port, headers: { cookie: mia, referer: `${here.rt.url}/` } });
      assert.equal(page.status, 200, said);
      assert.match(page.body, /<identities-sidebar [^>]*><script type="application\/json">\{"version":/);
      assert.equal(loaded(server.pid), true);
      const panel = await request(socket, {
        method: 'POST', path: `/identities/ticket/${ticket}/v1/panel/identities/sidebar`, port, body: '{}',
        headers: { cookie: mia, origin: here.rt.url, 'content-type': 'application/json' },
      });
      assert.equal(panel.status, 200, said);
      assert.equal(JSON.parse(panel.body).identity.name, 'Hanna Crane');
    } finally {
      server.kill('SIGTERM');
      await ended;
    }
  });
});
