// What the sidebar costs RT's ticket page: rt.page, rt.page.replaced, rt.call. By hand, on a quiet machine:
//   IDENTITIES_BUILD=.build/release node tests/rt/bench.mjs [--pairs 400] [--json FILE]
// One agent sees identities, one may not, one has RT's own lists of the requestor's tickets switched off in favour of ours; they open the same
// ticket in turn, in another order each round. Prints a table and, as tests/bench does, writes a list of {name, value, unit, better, bar, pass, detail}.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Installation, missing } from './installation.mjs';
import { password } from './private_rt.mjs';

const { values: options } = parseArgs({ options: { pairs: { type: 'string', default: '400' }, json: { type: 'string' } } });
const pairs = Number(options.pairs);
if (missing) {
  console.log(`rt.*: ${missing}`);
  process.exit(1);
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const quantile = (list, share) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * share))];
const median = (list) => quantile(list, 0.5);
const rounded = (value) => Math.round(value * 100) / 100;

/** The upper end of the 95 % interval of a median, by its order statistics. */
const upper_end = (list) => sorted(list)[Math.min(list.length - 1, Math.ceil(list.length / 2 + 0.98 * Math.sqrt(list.length)))];

/** Processor time of a process so far, in ms (a tick is 10 ms). */
const cpu_ms = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
};

const here = await Installation.start({ sample: true, settings: { Accounts: '{ mail => 1, whatsapp => 1, instagram => 1, x => 1, shop => 1, crm => 1, support => 1 }' } });
try {
  const ticket = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
  await here.rt.perl(`
    my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('Support');
    for my $name ('blind', 'replaced') {
      my $user = RT::User->new(RT->SystemUser);
      my ($id, $error) = $user->Create(Name => $name, Privileged => 1, Password => '${password}', EmailAddress => "$name\\@example.test");
      die $error unless $id;
      $user->PrincipalObj->GrantRight(Right => $_, Object => $queue)
        for qw(SeeQueue CreateTicket ShowTicket ReplyToTicket OwnTicket TakeTicket ModifyTicket ShowTicketComments CommentOnTicket ShowOutgoingEmail ForwardMessage Watch WatchAsAdminCc DeleteTicket);
      if ($name eq 'replaced') {
        $user->PrincipalObj->GrantRight(Right => $_, Object => RT->System) for qw(SeeIdentity WriteIdentityNotes);
        $user->SetPreferences($RT::System, { MoreAboutRequestorTicketList => 'None' });
      }
    }`);
  // 500 more tickets of the requester, as rows: RT itself makes eight a second.
  await here.rt.sql(`set @ticket = (select max(id) from Tickets), @principal = (select max(id) from Principals), @hanna = (select id from Users where Name = 'hanna.crane@mail.example'), @queue = (select id from Queues where Name = 'Support');
    insert into Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, Creator, LastUpdatedBy, Created, LastUpdated) select @ticket + seq, @ticket + seq, @queue, 'ticket', 6, concat('Earlier ', seq), if(seq % 10, 'resolved', 'open'), 1, 1, now(), now() from seq_1_to_500;
    insert into Principals (id, PrincipalType, Disabled) select @principal + seq, 'Group', 0 from seq_1_to_500;
    insert into \`Groups\` (id, Name, Domain, Instance) select @principal + seq, 'Requestor', 'RT::Ticket-Role', @ticket + seq from seq_1_to_500;
    insert into GroupMembers (GroupId, MemberId) select @principal + seq, @hanna from seq_1_to_500;
    insert into CachedGroupMembers (GroupId, MemberId, Via, ImmediateParentId, Disabled) select @principal + seq, @hanna, 0, @principal + seq, 0 from seq_1_to_500`);

  const cookies = {};
  for (const name of ['mia', 'blind', 'replaced']) cookies[name] = await here.rt.login(name);
  const page = async (name) => {
    const began = performance.now();
    const { status, text } = await here.rt.page(cookies[name], `/Ticket/Display.html?id=${ticket}`);
    const took_ms = performance.now() - began;
    if (status !== 200 || text.includes('identities-sidebar') !== (name !== 'blind')) throw new Error(`${name}: ${status}`);
    return took_ms;
  };
  const names = Object.keys(cookies);
  for (let i = 0; i < 20; ++i) for (const name of names) await page(name);
  const processes = [...await here.rt.workers(), await here.rt.pid('database')];
  const times = { mia: [], blind: [], replaced: [] };
  const cpu = { mia: 0, blind: 0, replaced: 0 };
  for (let round = 0; round < pairs; ++round) {
    for (let turn = 0; turn < names.length; ++turn) {
      const name = names[(round + turn) % names.length];
      const before = processes.reduce((sum, pid) => sum + cpu_ms(pid), 0);
      times[name].push(await page(name));
      cpu[name] += processes.reduce((sum, pid) => sum + cpu_ms(pid), 0) - before;
    }
  }
  const difference = times.mia.map((ms, i) => ms - times.blind[i]);
  const later = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const calls = [];
  for (let i = 0; i < 100; ++i) {
    const loading = page('mia');
    await later(40);
    const began = performance.now();
    const { status } = await here.panel(cookies.mia, ticket);
    calls.push(performance.now() - began);
    if (status !== 200) throw new Error(`panel: ${status}`);
    await loading;
  }
  const medians = Object.fromEntries(names.map((name) => [name, rounded(median(times[name]))]));
  const row = (name, value, unit, bar, detail) => ({ name, value: rounded(value), unit, better: 'lower', bar, pass: value <= bar, detail });
  const rows = [
    row('rt.page', upper_end(difference), 'ms', 5, {
      pairs, median_difference_ms: rounded(median(difference)), with_ms: medians.mia, without_ms: medians.blind, cpu_ratio: rounded(cpu.mia / cpu.blind),
    }),
    row('rt.page.replaced', medians.replaced / medians.blind, 'x', 0.8, { replaced_ms: medians.replaced, without_ms: medians.blind }),
    row('rt.call', quantile(calls, 0.95), 'ms', 20, { calls: calls.length, median_ms: rounded(median(calls)) }),
  ];
  console.table(rows.map(({ detail, ...rest }) => ({ ...rest, detail: JSON.stringify(detail) })));
  if (options.json) writeFileSync(options.json, JSON.stringify(rows, null, 1));
} finally {
  await here.close();
}
