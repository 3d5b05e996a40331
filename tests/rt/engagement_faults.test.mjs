// Each message that RT confirmed stands in the history exactly once, whatever happens between: a transaction rolled back, replies at the same moment,
// a worker killed or aborted, the plugin's database away, a message that is refused.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chown, copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { messages, messages_of, sweep, until } from './history.mjs';
import { Installation, missing } from './installation.mjs';

const build = process.env.IDENTITIES_BUILD ?? '';
const script = join(import.meta.dirname, '../../sdk/adapters/request-tracker/sbin/rt-identities-sweep');
const texts = async (here, ticket) => (await messages_of(here, ticket)).map((one) => one.text);

if (missing) it('loses and doubles nothing', { skip: missing }, () => {});
else describe('exactly once', { concurrency: 1 }, () => {
  let here;
  before(async () => { here = await Installation.start({ own_bundle: true, settings: { HandoverBudget: '60000' } }); });
  after(() => here?.close());

  const create = (subject, content) => here.rt.ticket('mia', { requestor: 'hanna.crane@mail.example', subject, content });
  /** As on the command line: no worker hands it over. */
  const by_perl = (subject, content) => here.rt.perl(`
    my $t = RT::Ticket->new(RT::CurrentUser->new('mia'));
    my ($id) = $t->Create(Queue => 'Support', Subject => $ARGV[0], Requestor => 'hanna.crane@mail.example',
      MIMEObj => MIME::Entity->build(Type => 'text/plain', Data => [$ARGV[1]]));
    print $id; undef $t`, subject, content);
  const reply = (who, ticket, content) => here.rt.rest(who, 'POST', `ticket/${ticket}/correspond`, { Content: content, ContentType: 'text/plain' });
  const state_path = () => join(here.rt.folder, 'var/identities/sweep.json');
  const state = async () => JSON.parse(await readFile(state_path(), 'utf8'));
  const until_texts = (ticket, expected) => until(async () => JSON.stringify(await texts(here, ticket)) === JSON.stringify(expected), `ticket ${ticket} holding ${expected.join(', ')}`);

  /** A process that is given lines and answers lines. */
  function partner(program, ...words) {
    const child = spawn(program, words, { env: here.rt.environment(), stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = new Promise((done) => { child.once('close', done); });
    return { child, ended, says: async () => (await lines.next()).value, tell: (line) => child.stdin.write(`${line}\n`) };
  }

  /** While it is held, nothing is written to the plugin's database; released at the end of the test at the latest. */
  async function hold_database(t) {
    const holder = partner('sqlite3', join(here.folder, 'identities.db'));
    holder.tell('.timeout 10000\nbegin exclusive;\nselect 1;');
    assert.equal(await holder.says(), '1');
    const release = async () => {
      holder.child.stdin.end('rollback;\n');
      await holder.ended;
    };
    t.after(release);
    return release;
  }

  async function with_library(path) {
    const library = join(here.bundle, 'identities.so');
    await copyFile(path, `${library}.new`);
    await rename(`${library}.new`, library);
    await here.restart();
  }

  it('what RT rolled back is not there, and what follows in that worker is', async () => {
    await mkdir(join(here.rt.folder, 'local/html/Test'), { recursive: true });
    await writeFile(join(here.rt.folder, 'local/html/Test/RolledBack.html'), `<%init>
      $RT::Handle->BeginTransaction;
      my ($id) = RT::Ticket->new($session{CurrentUser})->Create(Queue => 'Support', Subject => 'Rolled back', Requestor => 'hanna.crane@mail.example', MIMEObj => MIME::Entity->build(Type => 'text/plain', Data => ['never said']));
      $RT::Handle->Rollback;
      $m->out("made $id and took it back");
      $m->abort;
      </%init>`);
    await here.restart();
    const mia = await here.rt.login('mia');
    assert.match((await here.rt.page(mia, '/Test/RolledBack.html?x=1&y=2')).text, /made \d+ and took it back/);
    const ticket = await create('Follows', 'said');
    await until_texts(ticket, ['said']);
    assert.equal((await sweep(here)).status, 0);
    assert.equal((await messages(here)).some((one) => one.text === 'never said'), false);
    assert.equal((await here.rt.logs()).includes('Identities:'), false, 'nothing to complain of');
  });

  it('replies of two agents at the same moment', async () => {
    const ticket = await create('Both at once', 'begin');
    const said = Array.from({ length: 5 }, (_, i) => [`mia ${i}`, `tom ${i}`]).flat();
    await Promise.all(['mia', 'tom'].map(async (who) => { for (const text of said.filter((one) => one.startsWith(who))) await reply(who, ticket, text); }));
    assert.equal((await sweep(here)).status, 0);
    await until(async () => (await texts(here, ticket)).length === 11, 'all of them');
    assert.deepEqual((await texts(here, ticket)).sort(), ['begin', ...said].sort());
  });

  it('a worker killed between RT\'s commit and the hand-over', async (t) => {
    const ticket = await create('Killed', 'begin');
    await until_texts(ticket, ['begin']);
    const release = await hold_database(t);
    // The answer comes before the hand-over, which now waits for the database.
    await reply('mia', ticket, 'confirmed before the kill');
    for (const pid of await here.rt.workers()) process.kill(pid, 'SIGKILL');
    await release();
    assert.deepEqual(await texts(here, ticket), ['begin']);
    const done = await sweep(here, '--verbose');
    assert.equal(done.status, 0, done.said);
    assert.deepEqual(await texts(here, ticket), ['begin', 'confirmed before the kill']);
    await here.restart();
  });

  it('the plugin\'s database away while tickets are made: the sweep says so, ends with 75, and heals it later', async () => {
    const { mark } = await state();
    const database = join(here.folder, 'identities.db');
    await here.rt.stop('web');
    await rename(database, `${database}.away`);
    await mkdir(database);
    await here.rt.start('web');
    const made = [];
    for (let i = 0; i < 5; ++i) made.push(await create(`Meanwhile ${i}`, `said meanwhile ${i}`));
    const failed = await sweep(here);
    assert.equal(failed.status, 75, failed.said);
    assert.match(failed.said, /^rt-identities-sweep: the database is unavailable; try again later \(unavailable\); 0 handed over/m);
    assert.equal((await state()).mark, mark);
    await here.rt.stop('web');
    await rename(database, `${database}.empty`);
    await rename(`${database}.away`, database);
    await here.rt.start('web');
    assert.equal((await sweep(here)).status, 0);
    for (const [i, ticket] of made.entries()) assert.deepEqual(await texts(here, ticket), [`said meanwhile ${i}`]);
  });

  it('a plugin that aborts a worker: what RT confirmed is handed over once it is mended', async () => {
    const whole = join(here.rt.folder, 'whole.so');
    await copyFile(join(here.bundle, 'identities.so'), whole);
    await with_library(join(build, 'tests/rt/rt_aborts_on_poison.so'));
    const made = [];
    for (let i = 0; i < 3; ++i) {
      const workers = await here.rt.workers();
      made.push(await create('Poison', `poison ${i}`));
      await until(async () => (await here.rt.workers().catch(() => workers)).some((pid) => !workers.includes(pid)), 'another worker');
    }
    // A mail server must not hear of it either, or it would bring the mail again.
    await here.rt.mail('From: hanna.crane@mail.example\nTo: support@example.test\nSubject: Poison\nMessage-ID: <p@mail.example>\n\npoison 3\n');
    const [[count, mailed]] = await here.rt.sql("select count(*), max(id) from Tickets where Subject = 'Poison'");
    assert.equal(Number(count), 4);
    made.push(Number(mailed));

    // The sweep dies of them as well; it finds which ones, and passes each over after three times.
    const harmless = await create('Harmless', 'good words');
    let runs = 0;
    let last;
    do last = await sweep(here, '--verbose').catch((problem) => ({ status: null, said: problem.signal }));
    while (last.status !== 0 && ++runs < 20);
    assert.equal(last.status, 0, `${last.said} after ${runs} runs`);
    const { refused } = await state();
    assert.equal(refused.filter(({ why }) => why === 'the process ended while it was handed over').length, 4);
    const ids = new Set(refused.map(({ id }) => id));
    const [[good]] = await here.rt.sql(`select id from Transactions where ObjectType = 'RT::Ticket' and Type = 'Create' and ObjectId = ${harmless}`);
    assert.equal(ids.has(Number(good)), false);

    await with_library(whole);
    const mended = await sweep(here, '--again', '--verbose');
    assert.equal(mended.status, 0, mended.said);
    for (const [i, ticket] of made.entries()) assert.deepEqual(await texts(here, ticket), [`poison ${i}`]);
    assert.deepEqual((await state()).refused, []);
  });

  it('a message that the plugin refuses is told and passed over, the others are taken', async () => {
    const ticket = await here.rt.perl(`
      my $t = RT::Ticket->new(RT::CurrentUser->new('mia'));
      my ($id) = $t->Create(Queue => 'Support', Subject => 'From the future', Requestor => 'hanna.crane@mail.example', MIMEObj => MIME::Entity->build(Type => 'text/plain', Data => ['before']));
      for my $text ('in the year 2100', 'after') {
        my ($txn) = $t->Correspond(Content => $text);
        $RT::Handle->SimpleQuery("UPDATE Transactions SET Created = '2100-01-01 00:00:00' WHERE id = $txn") if $text =~ /2100/;
      }
      print $id; undef $t;`);
    const done = await sweep(here, '--verbose');
    assert.equal(done.status, 0, done.said);
    const [refusal] = done.said.match(/transaction \d+ is passed over: .*/);
    assert.match(refusal, /passed over: \/items\/0\/timestamp: expected a time at most a day after this server's/);
    assert.match(done.said, /3 handed over, 1 refused/);
    assert.deepEqual(await texts(here, ticket), ['before', 'after']);
    assert.equal((await state()).refused.length, 1);
    assert.match((await sweep(here, '--verbose')).said, /: 0 handed over, mark/);
  });

  it('a transaction that commits long after later ones', async () => {
    const slow = partner('perl', '-e', `use strict; use warnings; use RT -init; $| = 1;
      $RT::Handle->BeginTransaction;
      my ($id) = RT::Ticket->new(RT::CurrentUser->new('mia'))->Create(Queue => 'Support', Subject => 'Slow', Requestor => 'hanna.crane@mail.example', MIMEObj => MIME::Entity->build(Type => 'text/plain', Data => ['committed late']));
      print "$id\\n"; <STDIN>; $RT::Handle->Commit; print "done\\n"`);
    const late = await slow.says();
    const quick = await create('Quick', 'committed first');
    await until_texts(quick, ['committed first']);
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(here, late), []);
    slow.tell('go on');
    assert.equal(await slow.says(), 'done');
    slow.child.stdin.end();
    await slow.ended;
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(here, late), ['committed late']);
  });

  it('the mark follows what an hour has settled, and what it forgets is not sent again', async () => {
    const before_it = await state();
    assert.equal(before_it.mark, 0);
    assert.ok(before_it.taken.length > 20);
    const settled = before_it.observed[0][1];
    await writeFile(state_path(), JSON.stringify({ ...before_it, observed: before_it.observed.map(([time, id]) => [time - 3600, id]) }));
    const done = await sweep(here, '--verbose');
    assert.equal(done.status, 0, done.said);
    const after_it = await state();
    assert.ok(after_it.mark >= settled, `${after_it.mark} is not beyond ${settled}`);
    assert.ok(after_it.taken.every((id) => id > after_it.mark));
    assert.match(done.said, /: 0 handed over/);
  });

  it('two sweeps never run at once', async (t) => {
    const release = await hold_database(t);
    const ticket = await by_perl('Locked', 'waits');
    const first = partner(script);
    // It holds the lock from before it names what it tries.
    await until(async () => (await state()).trying.length > 0, 'the first one is at work');
    const second = await sweep(here);
    assert.deepEqual([second.status, /another one is running/.test(second.said)], [0, true]);
    await release();
    assert.equal(await first.ended, 0);
    assert.deepEqual(await texts(here, ticket), ['waits']);
  });

  it('a sweep killed while it hands over leaves the rest to the next one', async (t) => {
    const release = await hold_database(t);
    const ticket = await by_perl('Killed sweep', 'handed over by the next');
    const killed = partner(script);
    await until(async () => (await state()).trying.length > 0, 'it is at work');
    killed.child.kill('SIGKILL');
    await killed.ended;
    await release();
    const done = await sweep(here, '--verbose');
    assert.equal(done.status, 0, done.said);
    assert.deepEqual(await texts(here, ticket), ['handed over by the next']);
    assert.deepEqual((await state()).trying, []);
  });

  it('what the shredder took back stays, and a broken note of it harms nobody', async () => {
    const ticket = await create('Nearly shredded', 'still there');
    await until_texts(ticket, ['still there']);
    const [[transaction]] = await here.rt.sql(`select id from Transactions where ObjectType = 'RT::Ticket' and Type = 'Create' and ObjectId = ${ticket}`);
    const notes = join(here.rt.folder, 'var/identities/gone');
    const now = Math.floor(Date.now() / 1000);
    // Of now, of long ago, half written, and of things that never were.
    const young = `${now} transaction ${transaction}\n`;
    await writeFile(notes, `${young}${now - 7200} ticket ${ticket}\nnonsense\n${now} transaction\n${now} ticket 99999999\n${now} changed 99999999 99999999\n${now} transaction ${transaction}`);
    const done = await sweep(here, '--verbose');
    assert.equal(done.status, 0, done.said);
    assert.deepEqual(await texts(here, ticket), ['still there']);
    assert.equal(await readFile(notes, 'utf8'), young, 'it may not be committed yet, so it is looked at again');
  });

  it('run once by root, it leaves its files to the folder\'s owner', { skip: process.getuid() !== 0 && 'needs root' }, async () => {
    const folder = join(here.rt.folder, 'var/identities');
    const nobody = 65_534;
    await chown(folder, nobody, nobody);
    assert.equal((await sweep(here)).status, 0);
    for (const name of ['sweep.json', 'sweep.lock']) assert.equal((await stat(join(folder, name))).uid, nobody, name);
    await chown(folder, 0, 0);
  });

  it('says what is wrong with settings, folder and state, and keeps the mark', async () => {
    const good = await readFile(state_path(), 'utf8');
    await writeFile(state_path(), '{"mark": ');
    const broken = await sweep(here);
    assert.equal(broken.status, 78);
    assert.match(broken.said, /sweep\.json: expected the state of an earlier run, found something else; move it away to begin anew/);
    await writeFile(state_path(), good);
    const ticket = await create('Under another account', 'a word');
    await until_texts(ticket, ['a word']);
    await here.rt.perl(`my $t = RT::Ticket->new(RT::CurrentUser->new('mia')); $t->Load($ARGV[0]); $t->Correspond(Content => 'more')`, String(ticket));
    await here.set({ Account: "'nobodys'" });
    const account = await sweep(here);
    assert.equal(account.status, 78, account.said);
    assert.match(account.said, /\/account: expected the name of an account, found another name/);
    await here.set({ Queues: "{ Support => 'all' }" });
    const settings = await sweep(here);
    assert.equal(settings.status, 78);
    assert.match(settings.said, /Set\(%Identities\), Queues: expected a hash of queues, each whole, metadata or none/);
    await here.set({ State: "'/nowhere/at/all'" });
    const folder = await sweep(here);
    assert.equal(folder.status, 78);
    assert.match(folder.said, /\/nowhere\/at\/all: No such file or directory; make it for the user that runs RT/);
    await here.set({});
    assert.equal((await sweep(here, '--nonsense')).status, 64);
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(here, ticket), ['a word', 'more']);
  });
});
