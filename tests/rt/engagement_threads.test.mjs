// What happens to tickets happens to their history: merged, moved, closed, deleted, shredded; and what must not be copied is not.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { command, holds, messages_of, sweep, thread, until } from './history.mjs';
import { Installation, missing } from './installation.mjs';

const run = promisify(execFile);

if (missing) it('follows tickets', { skip: missing }, () => {});
else describe('threads', { concurrency: 1 }, () => {
  let here;
  before(async () => {
    here = await Installation.start({ settings: { Queues: "{ '*' => 'whole', Sales => 'metadata', HR => 'none' }" } });
    await here.grant({ 'Support team': ['ShowTicket', 'SeeQueue', 'CreateTicket', 'ModifyTicket', 'ReplyToTicket', 'CommentOnTicket', 'DeleteTicket'] });
    await here.restart();
  });
  after(() => here?.close());

  const queues = { Support: '3', HR: '4', Sales: '5' };
  const create = (subject, content, queue = 'Support') => here.rt.ticket('mia', { queue, requestor: 'hanna.crane@mail.example', subject, content });
  const reply = (ticket, content) => here.rt.rest('mia', 'POST', `ticket/${ticket}/correspond`, { Content: content, ContentType: 'text/plain' });
  const change = (ticket, fields) => here.rt.rest('mia', 'PUT', `ticket/${ticket}`, fields);
  const texts = async (ticket) => (await messages_of(here, ticket)).map((one) => one.text);
  const until_texts = async (ticket, expected) => {
    let found;
    await until(async () => JSON.stringify(found = await texts(ticket)) === JSON.stringify(expected), `ticket ${ticket} holding ${expected.join(', ')}`).catch((problem) => {
      throw new Error(`${problem.message}; it holds ${found.join(', ')}`);
    });
  };
  const from_the_beginning = async () => {
    await here.rt.perl('unlink "$RT::VarPath/identities/sweep.json"');
    const { status, said } = await sweep(here);
    assert.equal(status, 0, said);
  };
  const shred = async (...words) => {
    const { stdout, stderr } = await run('rt-shredder-5', ['--force', '--no-sqldump', '--plugin', ...words], { env: here.rt.environment() });
    return stdout + stderr;
  };

  it('merges: the messages stand in the ticket they went to, once, and none in the other', async () => {
    const [first, second, third] = [await create('First', 'one'), await create('Second', 'two'), await create('Third', 'three')];
    await reply(first, 'one again');
    await until_texts(first, ['one', 'one again']);
    await here.rt.perl('my $t = RT::Ticket->new(RT::CurrentUser->new("mia")); $t->Load($ARGV[0]); my ($ok, $m) = $t->MergeInto($ARGV[1]); die $m unless $ok', String(first), String(second));
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(first), []);
    await until_texts(second, ['one', 'two', 'one again']);
    // And once more, by REST 2 as the pages do it, with what had been merged before.
    await change(second, { MergeInto: third });
    await until_texts(third, ['one', 'two', 'three', 'one again']);
    assert.deepEqual(await texts(second), []);
    await reply(first, 'to the old number');
    await until_texts(third, ['one', 'two', 'three', 'one again', 'to the old number']);
    assert.equal((await messages_of(here, third)).some((one) => one.edited), false, 'nobody edited them');
    await here.rt.perl('unlink "$RT::VarPath/identities/sweep.json"');
    assert.equal((await sweep(here)).status, 0, 'from the beginning');
    await until_texts(third, ['one', 'two', 'three', 'one again', 'to the old number']);
  });

  it('moves: the partition is the queue', async () => {
    const ticket = await create('Moving', 'from Support');
    await until_texts(ticket, ['from Support']);
    assert.equal((await thread(here, ticket)).partition, 'rt/3');
    await change(ticket, { Queue: 'General' });
    await until(async () => (await thread(here, ticket)).partition === 'rt/1', 'the move');
    assert.deepEqual(await texts(ticket), ['from Support']);
  });

  it('is resolved, stalled, reopened and renamed without a message', async () => {
    const ticket = await create('Old name', 'a word');
    await until_texts(ticket, ['a word']);
    const becomes = (expected) => until(async () => JSON.stringify(await thread(here, ticket)) === JSON.stringify({ partition: 'rt/3', ...expected }), JSON.stringify(expected));
    await becomes({ subject: 'Old name', status: 'open' });
    await change(ticket, { Status: 'stalled' });
    await becomes({ subject: 'Old name', status: 'waiting' });
    await change(ticket, { Subject: 'New name' });
    await becomes({ subject: 'New name', status: 'waiting' });
    await change(ticket, { Status: 'resolved' });
    await becomes({ subject: 'New name', status: 'closed' });
    // All within one second of RT's clock, whatever the order of the words.
    await here.rt.perl('my $t = RT::Ticket->new(RT::CurrentUser->new("mia")); $t->Load($ARGV[0]); for my $status (qw(open resolved stalled open)) { my ($ok, $m) = $t->SetStatus($status); die $m unless $ok }', String(ticket));
    assert.equal((await sweep(here)).status, 0);
    await becomes({ subject: 'New name', status: 'open' });
    await here.rt.perl('unlink "$RT::VarPath/identities/sweep.json"');
    assert.equal((await sweep(here)).status, 0, 'and from the beginning once more');
    await becomes({ subject: 'New name', status: 'open' });
  });

  it('is with nobody until it has a requestor; then it is all with her', async () => {
    const made = await here.rt.rest('mia', 'POST', 'ticket', { Queue: 'Support', Subject: 'A call', Content: 'Somebody called about a saddle.', ContentType: 'text/plain' });
    await reply(made.id, 'She will call again.');
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(made.id), []);
    await here.rt.perl('my $t = RT::Ticket->new(RT::CurrentUser->new("mia")); $t->Load($ARGV[0]); $t->AddWatcher(Type => "Requestor", Email => "caller\\@mail.example")', String(made.id));
    assert.equal((await sweep(here)).status, 0);
    const said = await messages_of(here, made.id);
    assert.deepEqual(said.map((one) => [one.direction, one.text, one.identifiers]), [['out', 'Somebody called about a saddle.', 'caller@mail.example'], ['out', 'She will call again.', 'caller@mail.example']]);
    // A later requestor does not take over what was with the first one.
    await here.rt.perl('my $t = RT::Ticket->new(RT::CurrentUser->new("mia")); $t->Load($ARGV[0]); $t->AddWatcher(Type => "Requestor", Email => "other\\@mail.example"); $t->DeleteWatcher(Type => "Requestor", Email => "caller\\@mail.example"); unlink "$RT::VarPath/identities/sweep.json"', String(made.id));
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await messages_of(here, made.id), said);
  });

  it('copies a queue as metadata, or not at all, also what is moved there', async () => {
    const sales = await create('Confidential subject', 'Confidential text of Sales', 'Sales');
    await until(async () => (await messages_of(here, sales)).length === 1, 'the metadata');
    assert.deepEqual(await texts(sales), ['(The text of this message is in RT alone.)']);
    assert.equal((await thread(here, sales)).subject, `Ticket ${sales}`);
    const hr = await create('Subject of HR', 'Secret text of HR', 'HR');
    await reply(hr, 'Secret answer of HR');
    assert.equal((await sweep(here)).status, 0);
    assert.equal(await thread(here, hr), undefined);
    for (const word of ['Confidential', 'Secret text of HR', 'Secret answer of HR', 'Subject of HR']) assert.equal(await holds(here, word), false, word);

    const moved = await create('A complaint', 'becomes confidential');
    await reply(moved, 'an answer');
    await until_texts(moved, ['becomes confidential', 'an answer']);
    await change(moved, { Queue: 'Sales' });
    await until_texts(moved, ['(The text of this message is in RT alone.)', '(The text of this message is in RT alone.)']);
    assert.deepEqual(await thread(here, moved), { partition: `rt/${queues.Sales}`, subject: `Ticket ${moved}`, status: 'open' });
    await change(moved, { Queue: 'Support' });
    await until_texts(moved, ['becomes confidential', 'an answer']);
    await change(moved, { Queue: 'HR' });
    await until_texts(moved, []);
    assert.deepEqual(await thread(here, moved), { partition: `rt/${queues.HR}`, subject: `Ticket ${moved}`, status: 'open' });
    await reply(moved, 'Said in HR');
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(moved), []);
    for (const word of ['becomes confidential', 'an answer', 'A complaint', 'Said in HR']) assert.equal(await holds(here, word), false, word);
    await change(moved, { Queue: 'Support' });
    await until_texts(moved, ['becomes confidential', 'an answer', 'Said in HR']);
    assert.deepEqual(await thread(here, moved), { partition: `rt/${queues.Support}`, subject: 'A complaint', status: 'open' });
    await from_the_beginning();
    assert.deepEqual(await texts(moved), ['becomes confidential', 'an answer', 'Said in HR']);
  });

  it('takes back what is merged into a ticket that is not copied', async () => {
    const [plain, secret] = [await create('A plain question', 'a plain word'), await create('Subject of HR', 'Secret text of HR', 'HR')];
    await until_texts(plain, ['a plain word']);
    await here.rt.perl('my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]); my ($ok, $m) = $t->MergeInto($ARGV[1]); die $m unless $ok', String(plain), String(secret));
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual([await texts(plain), await texts(secret)], [[], []]);
    assert.equal((await thread(here, plain)).partition, `rt/${queues.HR}`, 'what it told of its customer is of HR now');
    for (const word of ['a plain word', 'A plain question', 'Secret text of HR']) assert.equal(await holds(here, word), false, word);
  });

  it('hides a long ticket at once when it moves where fewer may see it, and the sweep takes its messages back', async () => {
    const ticket = await create('A long story', 'message 0');
    await here.rt.perl(`my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]);
      $t->_NewTransaction(Type => 'Correspond', ActivateScrips => 0, MIMEObj => MIME::Entity->build(Type => 'text/plain', Data => ["message $_"])) for 1 .. 150`, String(ticket));
    assert.equal((await sweep(here)).status, 0);
    assert.equal((await texts(ticket)).length, 151);
    await change(ticket, { Queue: 'HR' });
    await until(async () => (await thread(here, ticket)).partition === `rt/${queues.HR}`, 'the move, by the worker');
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(ticket), []);
  });

  it('copies nothing while a queue is named that is not there', async () => {
    const settings = (queues) => here.set({ Queues: queues });
    await settings("{ '*' => 'whole', Sales => 'metadata', Hr => 'none' }");
    await here.restart();
    const ticket = await create('Subject of HR', 'Secret text of HR', 'HR');
    const fault = /Set\(%Identities\), Queues: expected names of queues, found "Hr", of which there is none; nothing is handed over until this is corrected/;
    await until(async () => fault.test(await here.rt.logs()), 'the worker says so');
    for (const name of ['rt-identities-sweep', 'rt-identities-import']) {
      const { status, said } = await command(here, name);
      assert.equal(status, 78, said);
      assert.match(said, fault);
    }
    assert.deepEqual(await texts(ticket), []);
    await settings("{ '*' => 'whole', Sales => 'metadata', HR => 'none' }");
    await here.restart();
    const { status, said } = await sweep(here);
    assert.equal(status, 0, said);
    assert.equal(await holds(here, 'Secret text of HR'), false);
  });

  it('never stores decrypted what came encrypted', async () => {
    const ticket = await create('Keys', 'open');
    const boundary = 'b1';
    const parts = (type, body) => `From: Hanna Crane <hanna.crane@mail.example>\nTo: support@example.test\nSubject: Re: [example.test #${ticket}] Keys\nMessage-ID: <${Math.random()}@mail.example>\nMIME-Version: 1.0\nContent-Type: ${type}\n\n${body}\n`;
    await here.rt.mail(parts(`multipart/encrypted; protocol="application/pgp-encrypted"; boundary="${boundary}"`,
      `--${boundary}\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--${boundary}\nContent-Type: application/octet-stream; name="secret-plan.asc"\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n--${boundary}--`));
    await here.rt.mail(parts('text/plain', 'Hello,\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMAinline\n-----END PGP MESSAGE-----'));
    // As RT keeps what it has decrypted: plain parts with a note of it.
    await here.rt.perl(`
      my $t = RT::Ticket->new(RT::CurrentUser->new('hanna.crane@mail.example')); $t->Load($ARGV[0]);
      my $m = MIME::Entity->build(Type => 'multipart/mixed', From => 'hanna.crane@mail.example');
      $m->attach(Type => 'text/plain', Data => ['The decrypted words'], 'X-RT-Incoming-Encryption' => 'Success');
      $m->attach(Type => 'application/pdf', Filename => 'decrypted.pdf', Data => ['%PDF']);
      my ($ok, $message) = $t->Correspond(MIMEObj => $m); die $message unless $ok`, String(ticket));
    assert.equal((await sweep(here)).status, 0);
    const said = await messages_of(here, ticket);
    const marker = '(This message is encrypted. Its text is in RT alone.)';
    assert.deepEqual(said.map((one) => [one.direction, one.text, one.attachments]), [['out', 'open', []], ['in', marker, []], ['in', marker, []], ['in', marker, []]]);
    for (const word of ['The decrypted words', 'decrypted.pdf', 'secret-plan', 'hQEMA']) assert.equal(await holds(here, word), false, word);
  });

  it('forgets a deleted ticket, and what comes late of it', async () => {
    const ticket = await create('To be deleted', 'gone soon');
    await until_texts(ticket, ['gone soon']);
    await change(ticket, { Status: 'deleted' });
    await until_texts(ticket, []);
    await from_the_beginning();
    assert.deepEqual(await texts(ticket), []);
    for (const word of ['gone soon', 'To be deleted']) assert.equal(await holds(here, word), false, word);
    assert.equal((await thread(here, ticket)).partition, 'rt/deleted', 'what it told of its customer is in no queue');
  });

  it('shows a deleted ticket again when it is restored, with what was said meanwhile, however often', async () => {
    const ticket = await create('To be restored', 'back soon');
    await reply(ticket, 'an answer');
    await until_texts(ticket, ['back soon', 'an answer']);
    await change(ticket, { Status: 'deleted' });
    await until_texts(ticket, []);
    await here.rt.perl('my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]); $t->Comment(Content => "said meanwhile")', String(ticket));
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(ticket), []);
    const all = ['back soon', 'an answer', 'said meanwhile'];
    await change(ticket, { Status: 'open' });
    await until_texts(ticket, all);
    assert.deepEqual(await thread(here, ticket), { partition: 'rt/3', subject: 'To be restored', status: 'open' });
    await from_the_beginning();
    assert.deepEqual(await texts(ticket), all);
    await change(ticket, { Status: 'deleted' });
    await until_texts(ticket, []);
    await from_the_beginning();
    assert.deepEqual(await texts(ticket), []);
    // Deleted, restored and moved within one second of RT's clock, handed over by the sweep alone.
    await here.rt.perl(`my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]);
      for ([SetStatus => 'open'], [SetStatus => 'deleted'], [SetQueue => 'HR'], [SetStatus => 'open'], [SetQueue => 'General']) { my ($do, $what) = @$_; my ($ok, $m) = $t->$do($what); die "$do $what: $m" unless $ok }`, String(ticket));
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(ticket), all);
    assert.equal((await thread(here, ticket)).partition, 'rt/1');
    await shred(`Tickets=query,id = ${ticket}`);
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(ticket), []);
  });

  it('forgets what the shredder removes: a ticket, a message, a file', async () => {
    const ticket = await create('Shredded whole', 'whole words');
    const kept = await create('Shredded in part', 'kept words');
    await reply(kept, 'shredded words');
    const { id } = await here.rt.rest('mia', 'GET', `ticket/${kept}`);
    assert.equal(Number(id), kept);
    await here.rt.rest('mia', 'POST', `ticket/${kept}/correspond`, { Content: 'with a file', ContentType: 'text/plain', Attachments: [{ FileName: 'photo.png', FileType: 'image/png', FileContent: btoa('picture') }] });
    await until_texts(kept, ['kept words', 'shredded words', 'with a file']);
    assert.equal((await messages_of(here, kept))[2].attachments.length, 1);
    const [[transaction]] = await here.rt.sql(`select max(t.id) from Transactions t join Attachments a on a.TransactionId = t.id where t.ObjectId = ${kept} and a.Content = 'shredded words'`);
    const [[file]] = await here.rt.sql("select max(id) from Attachments where Filename = 'photo.png'");
    assert.equal((await sweep(here)).status, 0);
    await shred(`Tickets=query,id = ${ticket}`);
    await shred(`Objects=Transaction,${transaction}`);
    await shred(`Objects=Attachment,${file}`);
    const done = await sweep(here, '--verbose');
    assert.equal(done.status, 0, done.said);
    assert.deepEqual(await texts(ticket), []);
    assert.equal((await thread(here, ticket)).partition, '', 'for good');
    await until_texts(kept, ['kept words', 'with a file']);
    assert.deepEqual((await messages_of(here, kept))[1].attachments, []);
    for (const word of ['whole words', 'shredded words']) assert.equal(await holds(here, word), false, word);
    assert.match((await sweep(here, '--verbose')).said, /: 0 handed over, mark/);
  });

  it('notices a message that was removed without the shredder', async () => {
    const ticket = await create('By SQL', 'stays');
    await reply(ticket, 'removed by hand');
    assert.equal((await sweep(here)).status, 0);
    await until_texts(ticket, ['stays', 'removed by hand']);
    await here.rt.perl(`my $t = RT::Transactions->new(RT->SystemUser); $t->Limit(FIELD => 'ObjectId', VALUE => $ARGV[0]); $t->Limit(FIELD => 'Type', VALUE => 'Correspond'); $t->First->Delete`, String(ticket));
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual(await texts(ticket), ['stays']);
  });
});
