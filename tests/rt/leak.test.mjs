// Story 5 in RT: an HR ticket, an internal comment and WhatsApp rows that Ben may not see. Whatever he asks, no byte of an answer holds them, and
// no number counts them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Installation, missing } from './installation.mjs';

const hanna = { kind: 'email', value: 'hanna.crane@mail.example', verified: true };
const phone = { kind: 'phone', value: '+61491570156', verified: true };

if (missing) it('leaks nothing', { skip: missing }, () => {});
else describe('what Ben may not see', () => {
  let here;
  let seen;
  let hidden;
  const secrets = ['zebra-hr', 'zebra-comment', 'zebra-chat', 'zebra-subject', 'Zebracycling', '491570156'];
  before(async () => {
    // Nothing but what is handed over here is in the history.
    here = await Installation.start({ settings: { Accounts: '{ whatsapp => { Group => "Support team" } }', Queues: "{ '*' => 'none' }" } });
    await here.add_account('whatsapp', 'whatsapp');
    const queue = Object.fromEntries(await here.rt.sql('select Name, id from Queues'));
    seen = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
    hidden = await here.rt.ticket('mia', { queue: 'HR', requestor: 'hanna.crane@mail.example', subject: 'zebra-subject', content: 'Application' });
    const [[user]] = await here.rt.sql("select id from Users where Name = 'hanna.crane@mail.example'");
    const item = (id, minute, thread, more) => ({
      type: 'engagement.created', timestamp: '2026-03-01T10:00:00Z',
      data: {
        id, customer: { id: user, name: 'Hanna Crane', identifiers: [hanna] }, direction: 'in', kind: 'message', channel: 'mail',
        occurred_at: `2026-03-01T10:${minute}:00Z`, thread, ...more,
      },
    });
    const support = { id: String(seen), subject: 'Loose brake', status: 'open', partition: queue.Support };
    await here.hand_over('rt', [
      item('1', '01', support, { text: 'The brake is loose' }),
      item('2', '02', support, { direction: 'internal', author: { id: 'mia', name: 'Mia' }, text: 'zebra-comment she is difficult' }),
      item('3', '03', { id: String(hidden), subject: 'zebra-subject', status: 'open', partition: queue.HR }, {
        text: 'zebra-hr here is my application', interests: [{ category: 'Sport', name: 'Zebracycling', words: 'zebra-hr' }],
      }),
      item('4', '04', support, { direction: 'out', author: { id: 'mia', name: 'Mia' }, text: 'We have a look' }),
    ]);
    await here.hand_over('whatsapp', [
      item('w1', '05', { id: 'chat', subject: 'Chat' }, { customer: { id: '61491570156', name: 'Hanna Zebra', identifiers: [hanna, phone] }, channel: 'whatsapp', text: 'zebra-chat hi there' }),
    ]);
  });
  after(() => here?.close());

  /** All that an agent can ask of an identity at a ticket, with what it answered. */
  async function everything(name) {
    const cookie = await here.rt.login(name);
    const answers = [await here.rt.page(cookie, `/Ticket/Display.html?id=${seen}`)];
    const ask = async (body) => answers[answers.push(await here.panel(cookie, seen, body)) - 1].json;
    const whole = await ask({});
    await ask({ if_version: whole.version });
    for (const cursor of ['first', 'last']) await ask({ pivot: 'history', cursor });
    for (const search of ['zebra', 'zebra-hr', 'zebra-comment', 'zebra-chat', 'brake']) await ask({ pivot: 'history', cursor: 'first', filter: { search } });
    for (const channel of ['mail', 'whatsapp']) await ask({ pivot: 'history', cursor: 'first', filter: { channel } });
    await ask({ pivot: 'attributes' });
    const rows = [...(await ask({ pivot: 'history', cursor: 'first' })).history.rows];
    for (const { id } of rows.filter((row) => row.id)) await ask({ pivot: 'engagement', filter: { engagement: id } });
    for (const page of ['Update.html', 'History.html', 'ModifyPeople.html', 'Modify.html', 'Reminders.html']) {
      answers.push(await here.rt.page(cookie, `/Ticket/${page}?id=${seen}`));
    }
    return { whole, rows, texts: answers.map(({ text }) => text) };
  }

  it('is there, for Mia', async () => {
    const { whole, texts } = await everything('mia');
    const all = texts.join('\n');
    for (const secret of secrets) assert.ok(all.includes(secret), `${secret} is somewhere in what Mia gets, else this test shows nothing`);
    assert.equal(whole.counts.history, 5);
    assert.equal(whole.counts.interests, 1);
  });

  it('is in no byte of what Ben gets, and in no number', async () => {
    const { whole, rows, texts } = await everything('ben');
    for (const text of texts) {
      for (const secret of ['zebra', ...secrets]) {
        // What he searched for himself comes back to nobody; RT's own pages name no ticket of HR to him either.
        assert.equal(text.toLowerCase().includes(secret.toLowerCase()), false, `${secret}: ${text.slice(0, 400)}`);
      }
    }
    assert.equal(whole.identity.name, 'Hanna Crane');
    assert.deepEqual(rows.filter((row) => row.kind !== 'interest').map((row) => row.preview ?? row.text), ['The brake is loose', 'We have a look']);
    assert.equal(whole.counts.history, 2);
    assert.equal(whole.counts.interests, 0);
    assert.deepEqual(whole.identity.identifiers.map(({ kind }) => kind), ['email']);
    assert.equal(Object.keys(whole.accounts).length, 1);
  });

  it('is not asked for at the ticket that he may not see, nor at one that is not there: both answers are the same', async () => {
    const ben = await here.rt.login('ben');
    const forbidden = await here.panel(ben, hidden);
    const absent = await here.panel(ben, 999_999);
    assert.equal(forbidden.status, 403);
    assert.deepEqual([forbidden.status, forbidden.text], [absent.status, absent.text]);
  });

  it('stays hidden when the request itself says otherwise', async () => {
    const ben = await here.rt.login('ben');
    for (const more of [{ view: { all: true } }, { scopes: ['identity.admin'] }, { requester: [hanna] }, { ticket: { account: 'rt', thread: String(hidden) } }, { agent: { id: '1', name: 'root' } }]) {
      const answer = await here.panel(ben, seen, more);
      assert.equal(answer.status, 422, JSON.stringify(more));
      assert.equal(answer.text.includes('zebra'), false);
    }
  });

  it('moves with the ticket: what was in Support is hidden once it is in HR', async () => {
    const moved = await here.rt.ticket('mia', { requestor: 'hanna.crane@mail.example', subject: 'Second', content: 'x' });
    const ben = await here.rt.login('ben');
    assert.equal((await here.panel(ben, moved)).status, 200);
    await here.rt.rest('mia', 'PUT', `ticket/${moved}`, { Queue: 'HR' });
    assert.equal((await here.panel(ben, moved)).status, 403);
  });
});
