// The demo from its one command to its stop: RT with the sample's customers, a mail that becomes a ticket, data that a second run keeps. And the
// extension by Best Practical's installer.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { missing } from './installation.mjs';

const run = promisify(execFile);
const adapter = fileURLToPath(new URL('../../sdk/adapters/request-tracker', import.meta.url));

if (missing) it('starts the demo', { skip: missing }, () => {});
else describe('the demo', () => {
  let folder;
  let env;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'identities-rt-demo-'));
    env = { ...process.env, DEMO_STATE: join(folder, 'demo'), DEMO_PRESET: basename(process.env.IDENTITIES_BUILD) };
  });
  after(async () => {
    await demo('--stop').catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });

  const demo = async (...options) => (await run(join(adapter, 'demo.sh'), options, { env, maxBuffer: 16 << 20 })).stdout;

  /** Logs in as what the demo prints says, and shows a page. */
  async function page(said, user, path) {
    const [, url, password] = /(http:\/\/127\.0\.0\.1:\d+)\/ .*password (\S+)/.exec(said);
    const login = await fetch(`${url}/NoAuth/Login.html`, { method: 'POST', body: new URLSearchParams({ user, pass: password }), headers: { referer: `${url}/` }, redirect: 'manual' });
    const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0]).find((one) => one.startsWith('RT_SID'));
    return (await fetch(url + path, { headers: { cookie } })).text();
  }

  const tickets = async () => Number((await run(join(adapter, 'demo/private_rt.sh'), ['run', join(env.DEMO_STATE, 'rt'), 'mariadb', '--no-defaults', '--user=root', `--socket=${env.DEMO_STATE}/rt/run/mysqld.sock`, '-N', 'rt5', '-e', 'select count(*) from Tickets'])).stdout);

  it('shows the customer beside a ticket, takes a mail, and keeps its data', async () => {
    const said = await demo('--yes');
    assert.equal(await tickets(), 5);
    const display = await page(said, 'mia', '/Ticket/Display.html?id=4');
    assert.match(display, /Loose front brake on the gravel bike/);
    const reply = JSON.parse(/<identities-sidebar [^>]*><script type="application\/json">(.*?)<\/script>/.exec(display)[1]);
    assert.equal(reply.identity.name, 'Hanna Crane');
    assert.equal(reply.notes.length, 3);
    assert.match(await page(said, 'root', '/Identities/Status.html'), /yes, in /);
    const mail = spawn(join(adapter, 'demo.sh'), ['--mail'], { env, stdio: ['pipe', 'ignore', 'inherit'] });
    mail.stdin.end('From: Hanna Crane <hanna.crane@mail.example>\nTo: support@example.test\nSubject: One more\n\nText.\n');
    assert.equal(await new Promise((done) => { mail.once('exit', done); }), 0);
    assert.equal(await tickets(), 6);
    const again = await demo('--yes');
    assert.equal(await tickets(), 6);
    assert.match(await page(again, 'ben', '/Ticket/Display.html?id=6'), /One more/);
    await demo('--stop');
    const [, url] = /(http:\/\/127\.0\.0\.1:\d+)\//.exec(said);
    await assert.rejects(fetch(url));
    await assert.rejects(demo('--no-such'), /no option "--no-such"/);
  });

  it('is an extension that Best Practical\'s installer installs whole', async () => {
    const source = join(folder, 'source');
    const prefix = join(folder, 'prefix');
    await cp(adapter, source, { recursive: true });
    const options = { cwd: source, env: { ...process.env, PREFIX: prefix, RTHOME: '/usr/share/request-tracker5' }, maxBuffer: 16 << 20 };
    await run('perl', ['Makefile.PL'], options);
    await run('make', [], options);
    await run('make', ['install'], options);
    const files = async (top, ...parts) => (await Promise.all(parts.map(async (part) => (await readdir(join(top, part), { recursive: true, withFileTypes: true }))
      .filter((one) => one.isFile()).map((one) => join(one.parentPath ?? one.path, one.name).slice(top.length))))).flat().sort();
    const installed = join(prefix, 'plugins/RT-Extension-Identities');
    const expected = await files(adapter, 'lib', 'html', 'etc', 'sbin');
    assert.deepEqual(await files(installed, 'lib', 'html', 'etc', 'sbin'), expected);
    for (const name of expected) assert.deepEqual(await readFile(join(installed, name)), await readFile(join(adapter, name)), name);
    assert.deepEqual((await readdir(installed)).sort(), ['etc', 'html', 'lib', 'sbin']);
  });
});
