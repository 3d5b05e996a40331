// RT's past comes into the history by rt-identities-import: estimated first, at a rate, interrupted and gone on with, each message once.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { command, holds, messages, messages_of, thread, until } from './history.mjs';
import { Installation, missing } from './installation.mjs';

const script = join(import.meta.dirname, '../../sdk/adapters/request-tracker/sbin/rt-identities-import');

if (missing) it('imports', { skip: missing }, () => {});
else describe('the past', { concurrency: 1 }, () => {
  let here;
  /** Ids of the tickets by their subjects. */
  let tickets;
  before(async () => {
    here = await Installation.start({ settings: { Queues: "{ '*' => 'whole', HR => 'none' }" }, start: false });
    // 12 tickets of 4 messages: ten in Support, one in Sales, one in HR; of those in Support one merged, one deleted, one resolved.
    const said = await here.rt.perl(`
      my %id;
      for my $number (1 .. 12) {
        my $t = RT::Ticket->new(RT->SystemUser);
        my ($id) = $t->Create(Queue => $number == 11 ? 'Sales' : $number == 12 ? 'HR' : 'Support', Subject => "Past $number", Requestor => "customer$number\\@mail.example", MIMEObj => MIME::Entity->build(Type => 'text/plain', Data => ["first words of $number"]));
        my $mia = RT::Ticket->new(RT::CurrentUser->new($number == 11 ? RT->SystemUser->id : 'root'));
        $mia->Load($id);
        $mia->Correspond(Content => "answer of $number");
        $mia->Comment(Content => "comment of $number");
        my $customer = RT::CurrentUser->new; $customer->LoadByEmail("customer$number\\@mail.example");
        my $hers = RT::Ticket->new($customer); $hers->Load($id);
        $hers->Correspond(Content => "thanks of $number");
        $id{$number} = $id;
        print "$id\\n";
      }
      my $of = sub { my $t = RT::Ticket->new(RT->SystemUser); $t->Load($id{$_[0]}); $t };
      $of->(1)->MergeInto($id{2});
      $of->(3)->SetStatus('deleted');
      $of->(4)->SetStatus('resolved');
      $RT::Handle->SimpleQuery("UPDATE Transactions SET Created = '2020-03-01 12:00:00' WHERE ObjectType = 'RT::Ticket' AND ObjectId <= $id{5}");`);
    tickets = [0, ...said.trim().split('\n').map(Number)];
  });
  after(() => here?.close());

  const run = (...words) => command(here, 'rt-identities-import', ...words);
  const state = () => JSON.parse(readFileSync(join(here.rt.folder, 'var/identities/import.json'), 'utf8'));
  const quiet = (said) => said.split('\n').filter((line) => line && !line.includes('internal HTML converter')).join('\n');

  it('is estimated first, and nothing is stored by that', async () => {
    const { status, said } = await run('--estimate', '--rate', '2');
    assert.equal(status, 0, said);
    assert.equal(quiet(said), '48 messages, about 24 s at 2 a second');
    assert.deepEqual(await messages(here), []);
  });

  it('takes its choices only as they can be', async () => {
    for (const [words, expected] of [
      [['--queue', 'Nowhere'], /--queue: there is no queue "Nowhere"/],
      [['--since', 'yesterday'], /--since: expected a day as 2025-01-31, found "yesterday"/],
      [['--since', '2025-02-31'], /--since: expected a day/],
      [['--rate', '0'], /Usage:/],
      [['--rate', 'fast'], /Usage:/],
      [['everything'], /Usage:/],
    ]) {
      const { status, said } = await run(...words);
      assert.equal(status, 64, words.join(' '));
      assert.match(said, expected);
    }
    assert.deepEqual(await messages(here), []);
  });

  it('is killed, interrupted, and goes on where it was', async () => {
    const child = spawn(script, ['--rate', '5'], { env: here.rt.environment(), stdio: 'ignore' });
    const ended = new Promise((done) => { child.once('exit', done); });
    const path = join(here.rt.folder, 'var/identities/import.json');
    await until(() => existsSync(path) && state().done >= 5, 'the first five');
    child.kill('SIGKILL');
    await ended;
    const killed = state();
    assert.ok(killed.done < killed.total);

    const other = await run('--queue', 'Sales');
    assert.equal(other.status, 64);
    assert.match(other.said, /an import with other choices \(\) is not finished; finish it, or begin anew with --restart/);

    const second = spawn(script, ['--rate', '5'], { env: here.rt.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [second.stdout, second.stderr]) stream.on('data', (text) => { said += text; });
    const second_ended = new Promise((done) => { second.once('close', done); });
    await until(() => state().done > killed.done, 'it went on');
    second.kill('SIGINT');
    assert.equal(await second_ended, 75, said);
    assert.match(said, /^\d+ of 48 are done; \d+ messages, about/m);
    assert.match(said, /rt-identities-import: \d+ of 48 messages; run it again to go on/);

    const whole = await run('--rate', '1000');
    assert.equal(whole.status, 0, whole.said);
    assert.match(whole.said, /^48 messages brought in$/m);
  });

  it('brought each message in once, as its ticket stands now', async () => {
    const all = await messages(here);
    // 12 tickets of 4, without the deleted one and the one of HR.
    assert.equal(all.length, 40);
    assert.equal(new Set(all.map((one) => one.id)).size, 40);
    assert.deepEqual((await messages_of(here, tickets[4])).map((one) => [one.direction, one.text]), [['out', 'first words of 4'], ['out', 'answer of 4'], ['internal', 'comment of 4'], ['in', 'thanks of 4']]);
    assert.deepEqual(await thread(here, tickets[4]), { partition: 'rt/3', subject: 'Past 4', status: 'closed' });
    assert.equal((await messages_of(here, tickets[2])).length, 8, 'with those of the merged ticket');
    assert.equal((await messages_of(here, tickets[1])).length, 0);
    assert.equal((await messages_of(here, tickets[3])).length, 0, 'deleted');
    assert.equal((await messages_of(here, tickets[12])).length, 0, 'HR is not copied');
  });

  it('changes nothing when it comes again, and brings in what came since', async () => {
    const before_it = await messages(here);
    assert.match((await run()).said, /^0 messages, about 0 s/m);
    const again = await run('--restart', '--rate', '1000');
    assert.match(again.said, /^48 messages brought in$/m);
    assert.deepEqual(await messages(here), before_it);
    await here.rt.perl('my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]); $t->Correspond(Content => "later")', String(tickets[5]));
    assert.match((await run()).said, /^1 messages brought in$/m);
    assert.equal((await messages(here)).length, before_it.length + 1);
  });

  it('takes one queue, or what is younger than a day', async () => {
    assert.equal(quiet((await run('--estimate', '--queue', 'Sales', '--restart')).said), '4 messages, about 1 s at 50 a second');
    // Of 49 messages those of the first five tickets are of 2020.
    assert.equal(quiet((await run('--estimate', '--since', '2021-01-01')).said), '29 messages, about 1 s at 50 a second');
  });

  it('applies another setting of queues to what is in the history, and back', async () => {
    const whole = await messages(here);
    const set = (queues) => here.set({ Queues: queues });
    const kept = '(The text of this message is in RT alone.)';
    const of = async (number) => (await messages_of(here, tickets[number])).map((one) => one.text);
    const words = await of(11);
    await set("{ '*' => 'whole', Support => 'metadata', Sales => 'none' }");
    assert.equal((await run('--restart', '--rate', '1000')).status, 0);
    assert.deepEqual([await of(11), (await of(12)).length, (await of(4))[0]], [words, 4, 'first words of 4'], 'an import changes nothing that is there');

    const { status, said } = await run('--apply', '--rate', '1000');
    assert.equal(status, 0, said);
    assert.match(said, /^49 messages gone through$/m);
    assert.deepEqual([await of(11), (await of(12)).length, await of(4)], [[], 4, Array(4).fill(kept)]);
    assert.deepEqual(await of(3), [], 'deleted');
    assert.deepEqual((await thread(here, tickets[4])).subject, `Ticket ${tickets[4]}`);
    for (const word of ['first words of 11', 'first words of 4', 'Past 11', 'Past 4']) assert.equal(await holds(here, word), false, word);

    // Killed, and gone on with; but with another setting it begins anew.
    await set("{ '*' => 'whole', HR => 'none' }");
    const child = spawn(script, ['--apply', '--rate', '5'], { env: here.rt.environment(), stdio: 'ignore' });
    const ended = new Promise((done) => { child.once('exit', done); });
    const path = join(here.rt.folder, 'var/identities/apply.json');
    await until(() => JSON.parse(readFileSync(path, 'utf8')).done < 49, 'it is at work');
    child.kill('SIGKILL');
    await ended;
    await set("{ '*' => 'whole', HR => 'none', General => 'none' }");
    assert.match((await run('--apply', '--estimate')).said, /^49 messages, about/m);
    await set("{ '*' => 'whole', HR => 'none' }");
    assert.match((await run('--apply', '--rate', '1000')).said, /^\d+ of 49 are done; /m);
    assert.deepEqual(await messages(here), whole);
    assert.equal(await holds(here, 'first words of 12'), false);
    assert.equal(quiet((await run('--apply', '--estimate', '--queue', 'Sales')).said), '4 messages, about 1 s at 50 a second');
  });

  it('draws a bar on a terminal', () => {
    const { stdout } = spawnSync('script', ['-qec', `${script} --restart --rate 1000`, '/dev/null'], { env: { ...here.rt.environment(), TERM: 'xterm' }, encoding: 'utf8' });
    assert.match(stdout, /\r\[#{30}\] 49 of 49 messages, 100 %, \d+ a second, about 0 s left/);
  });
});
