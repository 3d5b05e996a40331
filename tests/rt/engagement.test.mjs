// What is said in RT's tickets stands in the history, each message once: by the pages, REST 2, mail and the command line, by the worker and the sweep.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { messages, messages_of, sweep, thread, until } from './history.mjs';
import { Installation, missing } from './installation.mjs';

const hanna = 'Hanna Crane <hanna.crane@mail.example>';

if (missing) it('hands engagements over', { skip: missing }, () => {});
else describe('engagements', { concurrency: 1 }, () => {
  let here;
  let mia;
  before(async () => {
    here = await Installation.start();
    mia = await here.rt.login('mia');
  });
  after(() => here?.close());

  /** A form of RT's pages; must be taken. */
  async function post(cookie, path, fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, ...(Array.isArray(value) ? value : [value]));
    const answer = await here.rt.page(cookie, path, { method: 'POST', body });
    assert.equal(answer.status, 302, answer.text.slice(0, 2000));
    return answer;
  }

  /** The messages of a ticket, once there are as many. */
  async function arrived(ticket, count) {
    let found = [];
    await until(async () => (found = await messages_of(here, ticket)).length >= count, `${count} messages of ticket ${ticket}`);
    assert.equal(found.length, count);
    return found;
  }

  const newest = async () => Number((await here.rt.sql('select max(id) from Tickets'))[0][0]);

  it('takes what an agent creates, answers and comments in the pages, with files', async () => {
    await post(mia, '/Ticket/Create.html', {
      id: 'new', Queue: '3', Requestors: hanna, Subject: 'Loose brake', Content: 'You told me by phone that the brake is loose.', ContentType: 'text/plain', Status: 'new', SubmitTicket: 'Create',
    });
    const ticket = await newest();
    const update = `/Ticket/Update.html?id=${ticket}`;
    await post(mia, update, {
      id: String(ticket), Action: 'Respond', UpdateType: 'response', UpdateSubject: 'Loose brake', UpdateContent: '<p>Is it the <b>front</b> one?</p>', UpdateContentType: 'text/html',
      Attach: [new Blob(['%PDF-1.4 a manual'], { type: 'application/pdf' }), 'Größe der Bremse.pdf'], SubmitTicket: 'Update Ticket',
    });
    await post(mia, update, { id: String(ticket), UpdateType: 'private', UpdateContent: 'She sounded angry.', UpdateContentType: 'text/plain', SubmitTicket: 'Update Ticket' });
    const [created, answered, commented] = await arrived(ticket, 3);
    assert.deepEqual([created.direction, answered.direction, commented.direction], ['out', 'out', 'internal']);
    assert.deepEqual([created.channel, answered.channel, commented.channel], ['web', 'web', 'web']);
    assert.equal(created.text, 'You told me by phone that the brake is loose.');
    assert.equal(answered.text, 'Is it the front one?');
    assert.deepEqual(answered.attachments, [{ name: 'Größe der Bremse.pdf', type: 'application/pdf', size: 17 }]);
    assert.equal(commented.text, 'She sounded angry.');
    for (const one of [created, answered, commented]) {
      assert.equal(one.author, 'Mia');
      assert.match(one.customer, /^u\d+$/);
      assert.equal(one.identifiers, 'hanna.crane@mail.example');
      assert.equal(one.partition, 'rt/3');
    }
    // The reply opened the ticket.
    assert.deepEqual(await thread(here, ticket), { partition: 'rt/3', subject: 'Loose brake', status: 'open' });
  });

  it('takes what comes by mail from the customer, with the name of the mail and without what it quotes', async () => {
    const mail = (subject, text, more = '') => `From: "Paul Person" <paul@post.example>\nTo: support@example.test\nSubject: ${subject}\nMessage-ID: <${Math.random()}@post.example>\nX-RT-Interface: Web\n${more}\n${text}\n`;
    await here.rt.mail(mail('By mail', 'The chain is too long.'));
    const ticket = await newest();
    await here.rt.rest('mia', 'POST', `ticket/${ticket}/correspond`, { Content: 'By how many links?', ContentType: 'text/plain' });
    await here.rt.mail(mail(`Re: [example.test #${ticket}] By mail`, 'By two.\n\nOn Wed Nov 25 15:14:00 2026, mia wrote:\n> By how many links?'));
    const [first, second, third] = await arrived(ticket, 3);
    assert.deepEqual([first, second, third].map((one) => [one.direction, one.channel, one.author, one.text]), [
      ['in', 'mail', 'Paul Person', 'The chain is too long.'],
      ['out', 'api', 'Mia', 'By how many links?'],
      ['in', 'mail', 'Paul Person', 'By two.'],
    ]);
    assert.equal(new Set([first, second, third].map((one) => one.customer)).size, 1);
    assert.equal(first.identifiers, 'paul@post.example');
  });

  it('says who an answer was with: of several requestors who wrote last, else the first', async () => {
    const made = await here.rt.rest('mia', 'POST', 'ticket', { Queue: 'Support', Subject: 'Two of them', Requestor: ['one@mail.example', 'two@mail.example'], Content: 'Hello both', ContentType: 'text/plain' });
    await here.rt.mail(`From: two@mail.example\nTo: support@example.test\nSubject: Re: [example.test #${made.id}]\nMessage-ID: <two@mail.example>\n\nHere is two.\n`);
    await here.rt.rest('mia', 'POST', `ticket/${made.id}/comment`, { Content: 'Two is quick.', ContentType: 'text/plain' });
    const said = await arrived(made.id, 3);
    assert.deepEqual(said.map((one) => one.identifiers), ['one@mail.example', 'two@mail.example', 'two@mail.example']);
  });

  it('counts an agent who is the requestor for a customer, and a Cc who is none', async () => {
    const made = await here.rt.rest('mia', 'POST', 'ticket', { Queue: 'Support', Subject: 'My own chair', Requestor: 'mia@example.test', Cc: 'cc@mail.example', Content: 'It squeaks.', ContentType: 'text/plain' });
    await here.rt.mail(`From: cc@mail.example\nTo: support@example.test\nSubject: Re: [example.test #${made.id}]\nMessage-ID: <cc@mail.example>\n\nI hear it.\n`);
    await here.rt.rest('tom', 'POST', `ticket/${made.id}/correspond`, { Content: 'Oil comes.', ContentType: 'text/plain' });
    const said = await arrived(made.id, 3);
    assert.deepEqual(said.map((one) => [one.direction, one.identifiers]), [['in', 'mia@example.test'], ['in', 'cc@mail.example'], ['out', 'cc@mail.example']]);
  });

  it('brings in by the sweep what is made on the command line, and nothing twice', async () => {
    const before_it = await messages(here);
    const ticket = Number(await here.rt.perl(`
      my $t = RT::Ticket->new(RT::CurrentUser->new('mia'));
      my ($id, undef, $message) = $t->Create(Queue => 'Support', Subject => 'By hand', Requestor => 'cli@mail.example', MIMEObj => MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Data => ['Made by Perl']));
      die $message unless $id;
      $t->Correspond(Content => 'And answered by Perl');
      $t->SetSubject('By hand, renamed');
      $t->SetStatus('stalled');
      print $id; undef $t;`));
    assert.deepEqual(await messages_of(here, ticket), []);
    const first = await sweep(here, '--verbose');
    assert.equal(first.status, 0, first.said);
    const said = await messages_of(here, ticket);
    assert.deepEqual(said.map((one) => [one.direction, one.channel, one.text]), [['out', 'ticket', 'Made by Perl'], ['out', 'api', 'And answered by Perl']]);
    const second = await sweep(here, '--verbose');
    assert.match(second.said, /^rt-identities-sweep: 0 handed over/m);
    const all = await messages(here);
    assert.deepEqual(all.filter((one) => one.ticket !== String(ticket)), before_it, 'what the workers handed over is as it was');
    assert.equal(new Set(all.map((one) => one.id)).size, all.length);
  });

  it('is swept every second where RT asks hdhost, which takes no events', async (t) => {
    t.after(() => here.set({}).then(() => here.restart()));
    await here.set({ Socket: `'${here.folder}/hdhost.sock'` });
    await here.restart();
    const sweeping = spawn(join(import.meta.dirname, '../../sdk/adapters/request-tracker/sbin/rt-identities-sweep'), ['--every', '1'], { env: here.rt.environment(), stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = new Promise((done) => { sweeping.once('close', done); });
    let said = '';
    sweeping.stderr.on('data', (text) => { said += text; });
    try {
      const ticket = await here.rt.ticket('mia', { requestor: hanna, subject: 'By hdhost', content: 'swept' });
      assert.deepEqual((await arrived(ticket, 1)).map((one) => one.text), ['swept']);
      const [one, two] = [await here.rt.ticket('mia', { requestor: hanna, subject: 'One', content: 'in one' }), await here.rt.ticket('mia', { requestor: hanna, subject: 'Two', content: 'in two' })];
      await arrived(two, 1);
      await here.rt.rest('mia', 'PUT', `ticket/${one}`, { MergeInto: two });
      assert.deepEqual((await arrived(two, 2)).map((each) => each.text), ['in one', 'in two']);
    } finally {
      sweeping.kill('SIGTERM');
      assert.equal(await ended, 0, said);
    }
    assert.equal(said.includes('rt-identities-sweep:'), false, said);
  });
});
