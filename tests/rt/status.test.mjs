// What the status page tells of the hand-over: whether the sweep runs, how far it is, what it passed over, whether the queues are copied as the setting
// says; and in socket mode that it alone hands over.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { command, sweep } from './history.mjs';
import { Installation, missing } from './installation.mjs';

if (missing) it('tells of the hand-over', { skip: missing }, () => {});
else describe('the status page', { concurrency: 1 }, () => {
  let here;
  let root;
  before(async () => {
    here = await Installation.start({ settings: { Queues: "{ '*' => 'whole', HR => 'none' }" } });
    root = await here.rt.login('root');
  });
  after(() => here?.close());

  const state_path = () => join(here.rt.folder, 'var/identities/sweep.json');
  const state = async () => JSON.parse(await readFile(state_path(), 'utf8'));
  const change_state = async (change) => writeFile(state_path(), JSON.stringify({ ...await state(), ...change }));
  /** The rows of the second table: {heading: text}; of a heading that comes twice the first. */
  async function hand_over() {
    const { status, text } = await here.rt.page(root, '/Identities/Status.html');
    assert.equal(status, 200);
    const [, table] = /<table id="identities-hand-over"[^>]*>(.*?)<\/table>/s.exec(text);
    const plain = (html) => html.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
    const rows = [...table.matchAll(/<th scope="row">(.*?)<\/th><td>(.*?)<\/td>/gs)].map(([, heading, value]) => [heading, plain(value)]);
    return { ...Object.fromEntries(rows.reverse()), advice: rows.reverse().filter(([heading]) => heading === 'What to do').map(([, value]) => value) };
  }

  it('says that no sweep ever ran, and what to do', async () => {
    const told = await hand_over();
    assert.equal(told.Sweep, 'has never run with this folder');
    assert.equal(told['Handed over by'], 'each process after its answer; the sweep hands over what no process did');
    assert.deepEqual(told.advice, ['Run it every minute as RT\'s user, as etc/rt-identities-sweep.timer does ("systemctl status rt-identities-sweep.timer").']);
    assert.match(told.Folder, /\/var\/identities$/);
  });

  it('says when it ran, where its mark is, and how far it is behind', async () => {
    await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
    assert.equal((await sweep(here)).status, 0);
    const { mark } = await state();
    let told = await hand_over();
    assert.match(told.Sweep, /\d\d:\d\d:\d\d \d{4}: \d+ handed over, mark \d+$/);
    assert.equal(told.Mark, `all up to transaction ${mark} is settled`);
    assert.equal(told.Behind, 'nothing');
    assert.equal(told['Passed over'], undefined);
    assert.deepEqual(told.advice, []);
    await here.rt.perl("my $t = RT::Ticket->new(RT->SystemUser); $t->Load(1); $t->Comment(Content => $_) for 1 .. 3");
    told = await hand_over();
    assert.equal(told.Behind, '3 transactions not looked at yet');
    await change_state({ refused: [{ id: 1, at: 1, why: 'x' }] });
    assert.match((await hand_over())['Passed over'], /^1; sweep\.json says which and why/);
  });

  it('says that it has stopped, that it fails, and that its state is of no use', async () => {
    const { ran } = await state();
    await change_state({ ran: { ...ran, at: ran.at - 7200 } });
    assert.match((await hand_over()).advice[0], /^It has not run for 1\d\d minutes\. Run it every minute/);
    await change_state({ ran: { ...ran, outcome: 'wait', message: 'the database is unavailable' } });
    const failed = await hand_over();
    assert.match(failed.Sweep, /: failed: the database is unavailable$/);
    assert.match(failed.advice[0], /^Run "identities status"/);
    const good = await readFile(state_path(), 'utf8');
    await writeFile(state_path(), '{');
    const broken = await hand_over();
    assert.match(broken.Sweep, /sweep\.json: expected the state of an earlier run, found something else; move it away to begin anew/);
    await writeFile(state_path(), good);
    assert.equal((await sweep(here)).status, 0);
    assert.deepEqual((await hand_over()).advice, []);
  });

  it('says which queues are copied in another way than what is in the history, until that is applied', async () => {
    assert.equal((await hand_over()).Queues, 'copied as the setting says');
    await here.set({ Queues: "{ '*' => 'whole', HR => 'metadata', Sales => 'none' }" });
    await here.restart();
    let told = await hand_over();
    assert.equal(told.Queues, 'changed since they were copied (HR: none, now metadata; Sales: whole, now none)');
    assert.match(told.advice[0], /Run "rt-identities-import --apply" as RT's user/);
    assert.equal((await command(here, 'rt-identities-import', '--apply', '--queue', 'HR')).status, 0);
    told = await hand_over();
    assert.equal(told.Queues, 'changed since they were copied (Sales: whole, now none)');
    assert.equal((await command(here, 'rt-identities-import', '--apply')).status, 0);
    assert.equal((await hand_over()).Queues, 'copied as the setting says');
    await here.set({ Queues: "{ Humans => 'none' }" });
    await here.restart();
    told = await hand_over();
    assert.match(told.Queues, /found "Humans", of which there is none; nothing is handed over until this is corrected$/);
    assert.deepEqual(told.advice, ['Correct the setting in RT_SiteConfig.pm and restart RT.']);
  });

  it('says that in socket mode the sweep alone hands over', async () => {
    await here.set({ Socket: `'${here.folder}/hdhost.sock'` });
    await here.restart();
    await change_state({ ran: undefined });
    const told = await hand_over();
    assert.equal(told['Handed over by'], 'the sweep alone: hdhost takes no events from RT. A message is in the history after its next run');
    assert.match(told.advice[0], /, or better with --every 5\.$/);
  });
});
