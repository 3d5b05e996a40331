// What an agent may see, by RT's rights: requesters, scopes and view of a call, with how many queries; and that nothing else leaves.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Installation, missing } from './installation.mjs';

const accounts = '{ whatsapp => { Group => "Support team" }, shop => 1, crm => { Right => "SeeSensitiveIdentity", Internal => 1 }, mail => 0 }';

/** Prints the context of ARGV's user at ARGV's ticket as JSON, with the statements that MariaDB counted for it. */
const print_context = `
  require RT::Extension::Identities::Host; require RT::Extension::Identities::Context;
  my $questions = sub { ($RT::Handle->dbh->selectrow_array("SHOW SESSION STATUS LIKE 'Questions'"))[1] };
  my $user = RT::CurrentUser->new($ARGV[0]);
  my $ticket = RT::Ticket->new($user);
  $ticket->Load($ARGV[1]);
  my $settings = RT::Extension::Identities::Host::settings();
  $ticket->CurrentUserHasRight('ShowTicket');
  my $before = $questions->();
  my $asking = RT::Extension::Identities::Context::of_ticket($user, $ticket, $settings);
  my $queries = $questions->() - $before - 1;
  print JSON->new->utf8->canonical->encode({ context => $asking && $asking->{context}, left_out => $asking && $asking->{left_out}, queries => $queries });`;

if (missing) it('asks with what RT lets an agent see', { skip: missing }, () => {});
else describe('the view of an agent', () => {
  let here;
  let queue;
  before(async () => {
    here = await Installation.start({ settings: { Accounts: accounts } });
    queue = Object.fromEntries((await here.rt.sql('select Name, id from Queues')).map(([name, id]) => [name, Number(id)]));
  });
  after(() => here?.close());

  const asking = async (user, ticket) => JSON.parse(await here.rt.perl(print_context, user, String(ticket)));

  describe('by groups', () => {
    let support;
    before(async () => { support = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Brake', content: 'Hello' }); });

    it('holds queues with ShowTicket, and what is internal where ShowTicketComments is granted', async () => {
      const { context } = await asking('mia', support);
      assert.equal(context.view.all, false);
      assert.deepEqual(context.view.partitions, ['rt', 'shop', 'whatsapp', `rt/${queue.Support}`, `rt/${queue.HR}`]);
      assert.deepEqual(context.view.internal_partitions, ['shop', `rt/${queue.Support}`, `rt/${queue.HR}`]);
      assert.deepEqual(context.view.threads, []);
    });

    it('holds no queue, comment or account of which nothing was granted', async () => {
      const { context } = await asking('ben', support);
      assert.deepEqual(context.view.partitions, ['rt', 'shop', `rt/${queue.Support}`]);
      assert.deepEqual(context.view.internal_partitions, ['shop']);
    });

    it('gives scopes by rights, of this queue and everywhere', async () => {
      assert.deepEqual((await asking('mia', support)).context.scopes, ['identity.see', 'note.write']);
      await here.grant({ Trainees: ['ModerateIdentityNotes', 'SeeSensitiveIdentity'] }, 'Support');
      assert.deepEqual((await asking('ben', support)).context.scopes, ['note.moderate', 'identity.see', 'attribute.sensitive', 'note.write']);
      const hr = await here.rt.ticket('mia', { queue: 'HR', requestor: 'hanna.crane@mail.example', subject: 'Only HR', content: 'Hello' });
      assert.deepEqual((await asking('mia', hr)).context.scopes, ['identity.see', 'note.write'], 'what Ben got in Support is not here');
      assert.equal((await asking('ben', hr)).context, null, 'who may not see a ticket asks nothing');
    });

    it('an account that needs a global right is not shown for the right in one queue', async () => {
      assert.equal((await asking('ben', support)).context.view.partitions.includes('crm'), false);
      await here.grant({ Trainees: ['SeeSensitiveIdentity'] });
      const { view } = (await asking('ben', support)).context;
      assert.deepEqual([view.partitions.includes('crm'), view.internal_partitions.includes('crm')], [true, true]);
    });

    it('costs few queries, whatever the number of queues', async () => {
      const few = (await asking('mia', support)).queries;
      await here.rt.sql("insert into Queues (Name, Lifecycle, Disabled) select concat('Many ', seq), 'default', 0 from seq_1_to_300");
      await here.rt.sql(`insert into ACL (PrincipalType, PrincipalId, RightName, ObjectType, ObjectId)
        select 'Group', (select id from Groups where Name = 'Support team'), 'ShowTicket', 'RT::Queue', id from Queues where Name like 'Many %'`);
      const { context, queries } = await asking('mia', support);
      assert.equal(context.view.partitions.length, 5 + 300);
      assert.equal(queries, few);
      assert.ok(queries <= 11, `${queries} queries`);
    });

    it('leaves out what is more than the schema takes, never the queue at hand', async () => {
      await here.rt.sql("insert into Queues (Name, Lifecycle, Disabled) select concat('More ', seq), 'default', 0 from seq_1_to_900");
      await here.rt.sql(`insert into ACL (PrincipalType, PrincipalId, RightName, ObjectType, ObjectId)
        select 'Group', (select id from Groups where Name = 'Support team'), 'ShowTicket', 'RT::Queue', id from Queues where Name like 'More %'`);
      const { context: { view }, left_out } = await asking('mia', support);
      assert.equal(view.partitions.length, 1000);
      assert.deepEqual(left_out, ['all but 1000 queues and accounts']);
      const cut = (await here.panel(await here.rt.login('mia'), support)).json;
      assert.deepEqual(cut.errors, [{ part: 'view', message: 'Left out: all but 1000 queues and accounts' }]);
      assert.equal(cut.identity.name, 'Hanna Crane');
      const mia = (await here.rt.sql("select id from Users where Name = 'mia'"))[0][0];
      assert.match(await here.rt.logs(), new RegExp(`the view of agent ${mia} is too large and was cut: all but 1000 queues and accounts`));
      assert.deepEqual(view.partitions.slice(0, 4), ['rt', 'shop', 'whatsapp', `rt/${queue.Support}`]);
      await here.rt.sql("delete from ACL where ObjectType = 'RT::Queue' and ObjectId in (select id from Queues where Name like 'M%')");
      await here.rt.sql("delete from Queues where Name like 'Many %' or Name like 'More %'");
    });
  });

  describe('by roles', () => {
    it('holds tickets of Sales where he is owner, AdminCc or Cc, without comments, and no other', async () => {
      const make = (more) => here.rt.rest('root', 'POST', 'ticket', { Queue: 'Sales', Subject: 'Offer', Requestor: 'ann@post.example', ContentType: 'text/plain', Content: 'x', ...more }).then(({ id }) => String(id));
      const owned = await make({ Owner: 'tom' });
      const watched = await make({ AdminCc: 'tom@example.test' });
      const copied = await make({ Cc: 'tom@example.test' });
      const other = await make({});
      const { view } = (await asking('tom', owned)).context;
      assert.deepEqual(view.threads, [copied, watched, owned]);
      assert.equal(view.partitions.includes(`rt/${queue.Sales}`), false);
      assert.equal(view.internal_partitions.includes(`rt/${queue.Sales}`), false);
      assert.equal((await asking('tom', other)).context, null);
      const { view: of_ben } = (await asking('ben', await here.rt.ticket('mia', { requestor: 'ann@post.example', subject: 'Other', content: 'x' }))).context;
      assert.deepEqual(of_ben.threads, []);
    });

    it('holds tickets of which a group of his has a role, directly or through another group', async () => {
      const made = await here.rt.rest('root', 'POST', 'ticket', { Queue: 'Sales', Subject: 'By group', Requestor: 'ann@post.example', ContentType: 'text/plain', Content: 'x' });
      const other = await here.rt.ticket('mia', { requestor: 'ann@post.example', subject: 'Other', content: 'x' });
      await here.rt.perl(`my $inner = RT::Group->new(RT->SystemUser); $inner->LoadUserDefinedGroup('Trainees');
        my $outer = RT::Group->new(RT->SystemUser); $outer->CreateUserDefinedGroup(Name => 'Everybody in training'); $outer->AddMember($inner->PrincipalId);
        my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]); my ($ok, $m) = $t->AddWatcher(Type => 'AdminCc', PrincipalId => $outer->PrincipalId); die $m unless $ok;`, String(made.id));
      assert.match((await here.rt.page(await here.rt.login('ben'), `/Ticket/Display.html?id=${made.id}`)).text, /By group/, 'as RT itself has it');
      assert.deepEqual((await asking('ben', other)).context.view.threads, [String(made.id)]);
      await here.rt.perl("my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup('Everybody in training'); my ($ok, $m) = $g->SetDisabled(1); die $m unless $ok");
      assert.deepEqual((await asking('ben', other)).context.view.threads, []);
    });

    it('holds the whole queue for who watches the queue itself, without comments', async () => {
      const ticket = await here.rt.ticket('mia', { requestor: 'ann@post.example', subject: 'Other', content: 'x' });
      const watch = (task, type) => here.rt.perl(`my $q = RT::Queue->new(RT->SystemUser); $q->Load('Sales'); my $u = RT::User->new(RT->SystemUser); $u->Load('ben');
        my ($ok, $m) = $q->${task}(Type => '${type}', PrincipalId => $u->id); die $m unless $ok;`);
      // AdminCcs see tickets of Sales by a right of that queue, and of every queue by one that is granted everywhere.
      for (const [type, right] of [['AdminCc', 'in the queue'], ['Cc', 'everywhere']]) {
        await watch('AddWatcher', type);
        if (right === 'everywhere') await here.rt.sql(`delete from ACL where PrincipalType = 'Cc' and RightName = 'ShowTicket';
          insert into ACL (PrincipalType, PrincipalId, RightName, ObjectType, ObjectId) select 'Cc', id, 'ShowTicket', 'RT::System', 1 from \`Groups\` where Domain = 'RT::System-Role' and Name = 'Cc'`);
        const { view } = (await asking('ben', ticket)).context;
        assert.equal(view.partitions.includes(`rt/${queue.Sales}`), true, right);
        assert.equal(view.partitions.includes(`rt/${queue.HR}`), false, right);
        assert.equal(view.internal_partitions.includes(`rt/${queue.Sales}`), false, right);
        assert.deepEqual(view.threads, []);
        await watch('DeleteWatcher', type);
        assert.equal((await asking('ben', ticket)).context.view.partitions.includes(`rt/${queue.Sales}`), false);
      }
    });

    it('shows comments by roles where all tickets of a queue that he sees by roles have them', async () => {
      const make = (more) => here.rt.rest('root', 'POST', 'ticket', { Queue: 'General', Subject: 'Rent', Requestor: 'rita@post.example', ContentType: 'text/plain', Content: 'x', ...more }).then(({ id }) => String(id));
      const grant = (role, right) => here.rt.perl(`my $g = RT::System->RoleGroup($ARGV[0]); my ($ok, $m) = $g->PrincipalObj->GrantRight(Right => $ARGV[1], Object => RT->System); die $m unless $ok`, role, right);
      const general = `rt/${queue.General}`;
      for (const role of ['AdminCc', 'Cc']) await grant(role, 'ShowTicket').catch(() => {});
      const watched = await make({ AdminCc: 'ben@example.test' });
      await here.rt.rest('root', 'POST', `ticket/${watched}/comment`, { Content: 'an aside of General', ContentType: 'text/plain' });
      await here.grant({ Trainees: ['SeeIdentity'] }, 'General');
      const ben = await here.rt.login('ben');
      const history = async () => (await here.panel(ben, watched, { pivot: 'history' })).text;
      const internal = async () => (await asking('ben', watched)).context.view.internal_partitions.includes(general);
      assert.equal(await internal(), false, 'no role has the right');
      assert.equal((await history()).includes('an aside of General'), false);
      await grant('AdminCc', 'ShowTicketComments');
      assert.equal(await internal(), true);
      assert.equal((await asking('ben', watched)).context.view.partitions.includes(general), false);
      assert.match(await history(), /an aside of General/);
      const copied = await make({ Cc: 'ben@example.test' });
      assert.deepEqual((await asking('ben', watched)).context.view.threads.slice(0, 2), [copied, watched]);
      assert.equal(await internal(), false, 'of one of them he may not see the comments');
      assert.equal((await history()).includes('an aside of General'), false);
      await here.grant({ Trainees: ['ShowTicketComments'] }, 'General');
      assert.equal(await internal(), true, 'a group of his may see those of the whole queue');
      await here.rt.perl(`my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup('Trainees'); my $q = RT::Queue->new(RT->SystemUser); $q->Load('General');
        my ($ok, $m) = $g->PrincipalObj->RevokeRight(Right => 'ShowTicketComments', Object => $q); die $m unless $ok;
        my $u = RT::User->new(RT->SystemUser); $u->Load('ben'); ($ok, $m) = $q->AddWatcher(Type => 'AdminCc', PrincipalId => $u->id); die $m unless $ok`);
      const { view } = (await asking('ben', watched)).context;
      assert.deepEqual([view.partitions.includes(general), view.internal_partitions.includes(general), view.threads], [true, true, []], 'he watches the whole queue');
    });

    it('holds the newest 10,000 of more tickets', async () => {
      const [[tom]] = await here.rt.sql("select id from Users where Name = 'tom'");
      const [[owned]] = await here.rt.sql("select max(id) from Tickets where Owner = " + tom);
      await here.rt.sql(`set @ticket = (select max(id) from Tickets), @principal = (select max(id) from Principals);
        insert into Tickets (id, EffectiveId, Queue, Type, Owner, Subject, Status, Creator, LastUpdatedBy)
          select @ticket + seq, @ticket + seq, ${queue.Sales}, 'ticket', ${tom}, 'Many', 'open', 1, 1 from seq_1_to_10050;
        insert into Principals (id, PrincipalType, Disabled) select @principal + seq, 'Group', 0 from seq_1_to_10050;
        insert into \`Groups\` (id, Name, Domain, Instance) select @principal + seq, 'Owner', 'RT::Ticket-Role', @ticket + seq from seq_1_to_10050;
        insert into CachedGroupMembers (GroupId, MemberId, Via, ImmediateParentId, Disabled) select @principal + seq, ${tom}, 0, @principal + seq, 0 from seq_1_to_10050`);
      const [[last]] = await here.rt.sql('select max(id) from Tickets');
      const { view } = (await asking('tom', owned)).context;
      assert.equal(view.threads.length, 10_000);
      assert.equal(view.threads[0], last);
    });
  });

  describe('by everything', () => {
    it('is all for who may see every queue with comments and every account', async () => {
      const ticket = await here.rt.ticket('mia', { requestor: 'hanna.crane@mail.example', subject: 'Brake', content: 'Hello' });
      const { view } = (await asking('root', ticket)).context;
      assert.equal(view.all, false);
      assert.deepEqual(view.partitions.filter((one) => one.startsWith('rt/')).length, (await here.rt.sql('select id from Queues')).length);
      await here.set({ Accounts: "{ '*' => 1 }" });
      assert.deepEqual((await asking('root', ticket)).context.view, { all: true });
      assert.equal((await asking('mia', ticket)).context.view.all, false);
      await here.set({ Accounts: accounts });
    });
  });

  describe('requesters', () => {
    it('are each requestor and Cc once, with their names, agents in them too, groups not', async () => {
      const made = await here.rt.rest('root', 'POST', 'ticket', {
        Queue: 'Support', Subject: 'Several', ContentType: 'text/plain', Content: 'x',
        Requestor: ['Hanna Crane <hanna.crane@mail.example>', 'Ben Ode <ode@post.example>'], Cc: ['lee@post.example', 'hanna.crane@mail.example', 'tom@example.test'],
      });
      await here.rt.perl(`my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]); my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup('HR team');
        my ($ok, $m) = $t->AddWatcher(Type => 'Cc', PrincipalId => $g->id); die $m unless $ok;`, String(made.id));
      const { context } = await asking('mia', made.id);
      assert.deepEqual(context.requester, [
        { kind: 'email', name: 'Hanna Crane', role: 'requester', value: 'hanna.crane@mail.example' },
        { kind: 'email', name: 'Ben Ode', role: 'requester', value: 'ode@post.example' },
        { kind: 'email', role: 'cc', value: 'lee@post.example' },
        { kind: 'email', name: 'Tom', role: 'cc', value: 'tom@example.test' },
      ]);
      assert.deepEqual(context.ticket, { account: 'rt', partition: String(queue.Support), thread: String(made.id) });
      assert.equal(context.agent.name, 'Mia');
      assert.equal(context.agent.time_zone, 'UTC');
    });

    it('are at most fifty; who has no address is known by the number of the user', async () => {
      const many = Array.from({ length: 60 }, (_, i) => `many${i}@post.example`);
      const made = await here.rt.rest('root', 'POST', 'ticket', { Queue: 'Support', Subject: 'Many', ContentType: 'text/plain', Content: 'x', Requestor: many });
      assert.equal((await asking('mia', made.id)).context.requester.length, 50);
      const id = await here.rt.perl("my $u = RT::User->new(RT->SystemUser); $u->Create(Name => 'walk-in', RealName => 'Walk In'); print $u->id");
      const ticket = await here.rt.rest('root', 'POST', 'ticket', { Queue: 'Support', Subject: 'No address', ContentType: 'text/plain', Content: 'x', Requestor: 'walk-in' });
      assert.deepEqual((await asking('mia', ticket.id)).context.requester, [{ kind: 'customer', name: 'Walk In', role: 'requester', value: id }]);
      const mia = await here.rt.login('mia');
      assert.equal((await here.panel(mia, ticket.id)).json.identity.name, 'Walk In');
    });
  });
});
