// Story 9 and the length of story 3: an integrator with the Standard Webhooks library, unmodified, against a real hdhost and
// database; openapi.yaml and README say all that is used here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { startBrowser } from './browser.mjs';
import { RealHost, missing } from './real_host.mjs';

/** @param {string} id @param {object} [data] */
function message(id, data = {}) {
  const at = '2026-11-03T10:12:00Z';
  return {
    type: 'engagement.created', timestamp: at,
    data: {
      id, customer: { id: 'c-1', name: 'Noor Aziz', identifiers: [{ kind: 'email', value: 'noor.aziz@post.example' }] }, direction: 'in', channel: 'chat',
      occurred_at: at, thread: { id: 't-1', subject: 'Hello', status: 'open' }, text: `text of ${id}`, ...data,
    },
  };
}

async function deliver({ address, secret }, id, items, query = '') {
  const body = JSON.stringify(items);
  const now = new Date();
  const answer = await fetch(address + query, {
    method: 'POST', body,
    headers: {
      'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    },
  });
  return { status: answer.status, json: await answer.json() };
}

/** The same order for everybody who runs it. */
function shuffled(list, seed = 7) {
  const result = [...list];
  for (let at = result.length - 1; at > 0; --at) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const other = seed % (at + 1);
    [result[at], result[other]] = [result[other], result[at]];
  }
  return result;
}

if (missing) it('posts as an integrator', { skip: missing }, () => {});
else describe('an integrator', () => {
  let host;
  let account;
  before(async () => {
    host = await RealHost.start();
    account = await host.addAccount('chat');
  });
  after(() => host?.close());

  it('is told by a dry run what is wrong, by pointer, and nothing is stored', async () => {
    const { status, json } = await deliver(account, 'try-1', [message('m-1'), message('m-2', { direction: 'sideways' })], '?dry_run=1');
    assert.equal(status, 207);
    assert.deepEqual(json.results.map((result) => result.status), ['stored', 'rejected']);
    assert.equal(json.results[1].errors[0].pointer, '/1/data/direction');
    assert.equal((await host.panel('mia', '483')).counts.history, 1);
  });

  it('sees a 2xx in the panel at once, may send it again, and can ask for its fate', async () => {
    assert.equal((await deliver(account, 'msg-1', message('m-1'))).status, 200);
    assert.match(JSON.stringify((await host.panel('mia', '483')).history), /text of m-1/);
    assert.equal((await deliver(account, 'msg-1', message('m-1'))).json.duplicate, true);
    const now = new Date();
    const asked = await fetch(`${account.address}/deliveries/msg-1`, {
      headers: { 'webhook-id': 'msg-1', 'webhook-timestamp': String(Math.floor(now.getTime() / 1000)), 'webhook-signature': new Webhook(account.secret).sign('msg-1', now, '') },
    });
    assert.equal((await asked.json()).results[0].status, 'stored');
  });

  it('edits and deletes', async () => {
    const edited = { ...message('m-1', { text: 'mended' }), type: 'engagement.edited', timestamp: '2026-11-04T00:00:00Z' };
    assert.equal((await deliver(account, 'msg-2', edited)).json.results[0].status, 'updated');
    assert.match(JSON.stringify((await host.panel('mia', '483')).history), /mended/);
    const deleted = { type: 'engagement.deleted', timestamp: '2026-11-05T00:00:00Z', data: { id: 'm-1' } };
    assert.equal((await deliver(account, 'msg-3', deleted)).json.results[0].status, 'deleted');
    assert.doesNotMatch(JSON.stringify((await host.panel('mia', '483')).history), /mended|text of m-1/);
  });

  it('brings 5,000 engagements of five accounts, shuffled and some doubled, and each is there once, oldest on top', async (t) => {
    const accounts = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => host.addAccount(`past-${name}`)));
    const first = Date.parse('2015-01-01T00:00:00Z');
    const items = Array.from({ length: 5000 }, (_, number) => ({
      account: number % 5,
      item: message(`past-${number}`, { occurred_at: new Date(first + number * 3600_000).toISOString(), direction: number % 3 ? 'in' : 'out', text: `past ${number}`, thread: { id: `t-${number % 40}`, status: 'closed' } }),
    }));
    const sent = shuffled([...items, ...items.slice(0, 300)]);
    for (const [number, target] of accounts.entries()) {
      const own = sent.filter(({ account: of }) => of === number).map(({ item }) => item);
      for (let at = 0; at < own.length; at += 500) {
        const { status } = await deliver(target, `past-${number}-${at}`, own.slice(at, at + 500));
        assert.equal(status, 200);
      }
    }
    const seen = [];
    for (let cursor = 'first'; cursor;) {
      const { history } = await host.panel('mia', '483', { pivot: 'history', cursor });
      seen.push(...history.rows.filter((row) => row.type !== 'interest'));
      cursor = history.after;
    }
    const past = seen.filter((row) => row.text.startsWith('past '));
    assert.deepEqual(past.map((row) => row.text), items.map((_, number) => `past ${number}`));

    const chromium = await startBrowser();
    t.after(() => chromium.close());
    const page = await chromium.browser.newPage({ viewport: { width: 1366, height: 768 } });
    await page.goto(host.ticket('483'));
    const frame = page.locator('identities-sidebar .frame');
    await frame.locator('[data-focus="tab:history"]').click();
    await frame.locator('[data-focus="history:first"]').click();
    await frame.locator('.row-text', { hasText: /^past 0$/ }).waitFor();
  });
});
