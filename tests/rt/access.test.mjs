// The sidebar's address below RT: who is let in, what is refused and how; and that customers in SelfService get no byte of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Installation, missing } from './installation.mjs';
import { databases, password } from './private_rt.mjs';

if (missing) it('lets in whom RT lets in', { skip: missing }, () => {});
else describe('access', () => {
  let here;
  let ticket;
  let mia;
  before(async () => {
    here = await Installation.start();
    ticket = await here.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
    mia = await here.rt.login('mia');
  });
  after(() => here?.close());

  const panel = 'v1/panel/identities/sidebar';
  const problem = (answer, status) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual(Object.keys(answer.json).sort(), ['detail', 'status', 'title', 'type']);
    return answer.json.detail;
  };
  /** Changes a session of RT by RT's own class; gives the value of a key before. */
  const session = (cookie, code) => here.rt.perl(`require RT::Interface::Web::Session; tie my %s, 'RT::Interface::Web::Session', $ARGV[0]; ${code}; untie %s;`, cookie.split('=')[1]);

  describe('a session', () => {
    it('lets an agent in, and the answer is kept by nobody', async () => {
      const answer = await here.panel(mia, ticket);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(answer.json.identity.name, 'Hanna Crane');
      assert.equal((await here.rt.page(mia, `/Ticket/Display.html?id=${ticket}`)).status, 200);
      assert.doesNotMatch(await here.rt.logs(), /RT-Extension-Identities|Identities:/, 'and leaves no line in the log of RT');
    });

    it('is needed, and must be one of RT', async () => {
      const [name] = mia.split('=');
      for (const cookie of ['', 'RT_SID_other=00000000000000000000000000000000', `${name}=`, `${name}=00000000000000000000000000000000`, `${name}=../../../etc/passwd`, `${name}=${'a'.repeat(5000)}`, `${name}=' or 1=1`]) {
        problem(await here.panel(cookie, ticket), 401);
      }
    });

    it('is over after a logout', async () => {
      const cookie = await here.rt.login('mia');
      assert.equal((await here.panel(cookie, ticket)).status, 200);
      await here.rt.page(cookie, '/NoAuth/Logout.html');
      problem(await here.panel(cookie, ticket), 401);
    });

    it('of a user who was disabled meanwhile is refused', async () => {
      const cookie = await here.rt.login('tom');
      assert.equal((await here.panel(cookie, ticket)).status, 200);
      const disable = (value) => here.rt.perl(`my $u = RT::User->new(RT->SystemUser); $u->Load('tom'); my ($ok, $m) = $u->SetDisabled(${value}); die $m unless $ok`);
      await disable(1);
      assert.match(problem(await here.panel(cookie, ticket), 403), /disabled/);
      await disable(0);
      assert.equal((await here.panel(cookie, ticket)).status, 200);
    });

    it('of a customer is refused', async () => {
      const hanna = await here.rt.login('hanna.crane@mail.example');
      assert.match(problem(await here.panel(hanna, ticket), 403), /only privileged users/);
    });

    it('ends with AutoLogoff, and looking at the sidebar does not prolong it', async () => {
      await here.rt.configure('logoff', 'Set($AutoLogoff, 10);');
      await here.restart();
      const cookie = await here.rt.login('mia');
      const now = Math.floor(Date.now() / 60_000);
      await session(cookie, `$s{_session_last_update} = ${now - 9}`);
      assert.equal((await here.panel(cookie, ticket)).status, 200);
      assert.equal(await session(cookie, 'print $s{_session_last_update}'), String(now - 9));
      await session(cookie, `$s{_session_last_update} = ${now - 12}`);
      problem(await here.panel(cookie, ticket), 401);
      await here.rt.configure('logoff', '');
      await here.restart();
    });

    it('is read while a page of the same agent holds it', async () => {
      const holder = spawn('mariadb', ['--no-defaults', '--user=root', `--socket=${here.rt.folder}/run/mysqld.sock`, '-N', '--unbuffered'], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        holder.stdin.write(`select get_lock('Apache-Session-${mia.split('=')[1]}', 0);\n`);
        assert.equal(String(await new Promise((done) => { holder.stdout.once('data', done); })).trim(), '1', 'the lock is held');
        assert.equal((await here.panel(mia, ticket)).status, 200);
        assert.equal((await here.rt.sql(`select is_free_lock('Apache-Session-${mia.split('=')[1]}')`))[0][0], '0', 'and still is');
      } finally {
        holder.stdin.end();
        await new Promise((done) => { holder.once('exit', done); });
      }
    });
  });

  describe('a request', () => {
    it('comes from RT\'s own pages', async () => {
      const { port } = new URL(here.rt.url);
      for (const origin of ['https://evil.example', 'null', '', `http://localhost:${port}`, `https://127.0.0.1:${port}`, `${here.rt.url}.evil.example`, here.rt.url.replace(port, String(Number(port) + 1)), `${here.rt.url}/`, `http://evil.example@127.0.0.1:${port}`]) {
        assert.match(problem(await here.call(mia, `ticket/${ticket}/${panel}`, {}, { headers: { origin } }), 403), /Origin/, origin);
      }
      const bare = await fetch(`${here.rt.url}/identities/ticket/${ticket}/${panel}`, { method: 'POST', body: '{}', headers: { cookie: mia, 'content-type': 'application/json' } });
      assert.equal(bare.status, 403, 'without an origin');
    });

    it('is JSON by POST', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', '']) {
        problem(await here.call(mia, `ticket/${ticket}/${panel}`, '{}', { headers: { 'content-type': type } }), 415);
      }
      assert.equal((await here.call(mia, `ticket/${ticket}/${panel}`, '{}', { headers: { 'content-type': 'application/json; charset=utf-8' } })).status, 200);
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await fetch(`${here.rt.url}/identities/ticket/${ticket}/${panel}`, { method, headers: { cookie: mia, origin: here.rt.url } });
        assert.equal(answer.status, 405, method);
      }
    });

    it('holds one small object of what an agent may choose', async () => {
      for (const body of ['', '[]', '"x"', '{', 'null', '\u0000', '{"select":1}}', '{"a":'.repeat(40) + '1' + '}'.repeat(40)]) {
        assert.match(problem(await here.call(mia, `ticket/${ticket}/${panel}`, body), 422), /expected one JSON object/, body.slice(0, 20));
      }
      problem(await here.call(mia, `ticket/${ticket}/${panel}`, { select: 50 }), 422);
      problem(await here.call(mia, `ticket/${ticket}/${panel}`, { pivot: 'everything' }), 422);
      problem(await here.call(mia, `ticket/${ticket}/${panel}`, { filter: { search: '' } }), 422);
      problem(await here.call(mia, `ticket/${ticket}/${panel}`, `{"cursor":"${'x'.repeat(200_000)}"}`), 413);
      const stream = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 40; ++i) controller.enqueue(new TextEncoder().encode('x'.repeat(10_000)));
          controller.close();
        },
      });
      assert.equal((await here.call(mia, `ticket/${ticket}/${panel}`, stream, { body: stream, duplex: 'half' })).status, 413, 'of unknown length');
    });

    it('names something that is there', async () => {
      for (const path of ['', 'x', 'ticket', `ticket/0/${panel}`, `ticket/-1/${panel}`, `ticket/1e3/${panel}`, `ticket/${'9'.repeat(30)}/${panel}`, `ticket/${ticket}/v1/panel/other/sidebar`, `ticket/${ticket}/v1/event/identities/engagement`, `ticket/${ticket}/${panel}/x`, `group/1/${panel}`]) {
        problem(await here.call(mia, path, {}), 404);
      }
      problem(await here.call(mia, `ticket/${ticket}/v1/panel/identities/other`, {}), 404);
      problem(await here.call(mia, `ticket/${ticket}/v1/action/identities/note.burn`, { key: 'a-key-of-mine', args: {} }), 404);
      problem(await here.call(mia, `ticket/${'9'.repeat(18)}/${panel}`, {}), 403);
    });
  });

  describe('a right', () => {
    it('is needed for each action, and for seeing at all', async () => {
      await here.rt.perl(`my $u = RT::User->new(RT->SystemUser); $u->Create(Name => 'vera', Privileged => 1, Password => '${password}', EmailAddress => 'vera@example.test');
        my $q = RT::Queue->new(RT->SystemUser); $q->Load('Support'); $u->PrincipalObj->GrantRight(Object => $q, Right => $_) for qw(SeeQueue ShowTicket)`);
      const vera = await here.rt.login('vera');
      problem(await here.panel(vera, ticket), 403);
      const before_right = await here.rt.page(vera, `/Ticket/Display.html?id=${ticket}`);
      assert.match(before_right.text, /Loose brake/);
      assert.equal(/identities/i.test(before_right.text), false, 'and without it there is nothing in a page');
      const see = (task) => here.rt.perl(`my $u = RT::User->new(RT->SystemUser); $u->Load('vera'); my $q = RT::Queue->new(RT->SystemUser); $q->Load('Support'); my ($ok, $m) = $u->PrincipalObj->${task}(Object => $q, Right => 'SeeIdentity'); die $m unless $ok`);
      await see('GrantRight');
      assert.equal((await here.panel(vera, ticket)).status, 200);
      assert.match(problem(await here.action(vera, ticket, 'note.add', { text: 'Mine' }), 403), /note\.write/);
      await see('RevokeRight');
      problem(await here.panel(vera, ticket), 403);
    });

    it('is FindIdentity for who is no requester of the ticket at hand', async () => {
      const [[user]] = await here.rt.sql("select id from Users where Name = 'hanna.crane@mail.example'");
      problem(await here.call(mia, `user/${user}/${panel}`, {}), 403);
      assert.equal((await here.rt.page(mia, `/User/Summary.html?id=${user}`)).text.includes('identities-sidebar'), false);
      await here.grant({ 'Support team': ['FindIdentity'] });
      assert.equal((await here.call(mia, `user/${user}/${panel}`, {})).json.identity.name, 'Hanna Crane');
      assert.match((await here.rt.page(mia, `/User/Summary.html?id=${user}`)).text, new RegExp(`<identities-sidebar api="/identities/user/${user}"`));
    });

    it('is AdminIdentities for the status page, and its entry in the menu', async () => {
      const refused = await here.rt.page(mia, '/Identities/Status.html');
      assert.equal(refused.status, 403);
      assert.equal(refused.text.includes('libhelpdesk_host'), false);
      assert.equal((await here.rt.page(mia, '/')).text.includes('/Identities/Status.html'), false);
      const root = await here.rt.login('root');
      assert.match((await here.rt.page(root, '/')).text, /href="\/Identities\/Status\.html"/);
      const status = (await here.rt.page(root, '/Identities/Status.html')).text;
      for (const part of ['yes, in ', "in RT&#39;s own process", 'libhelpdesk_host.so.1', 'plugin.json', 'identities.json', '0.1.0', '>asks<', '>none<']) assert.ok(status.includes(part), part);
    });
  });

  describe('the files of the sidebar', () => {
    it('are kept by browsers under the address of their version, and nothing else is served', async () => {
      const page = (await here.rt.page(mia, `/Ticket/Display.html?id=${ticket}`)).text;
      const base = /base="([^"]+)"/.exec(page)[1];
      const script = await fetch(`${here.rt.url}${base}/ui/identities-sidebar.js`);
      assert.equal(script.status, 200);
      assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
      assert.match(script.headers.get('cache-control'), /immutable/);
      const old = await fetch(`${here.rt.url}/identities/assets/00/locales/de.json`);
      assert.equal(old.headers.get('cache-control'), 'no-store');
      assert.ok((await old.json()).texts);
      for (const path of ['ui/../plugin.json', 'ui/%2e%2e/plugin.json', 'ui/.hidden', 'ui/nothing.js', 'identities.so', 'ui/', 'locales/en.json/x', 'ui/README.md']) {
        assert.equal((await fetch(`${here.rt.url}${base}/${path}`)).status, 404, path);
      }
      assert.equal((await fetch(`${here.rt.url}${base}/ui/api.js`, { method: 'POST' })).status, 405);
    });
  });

  describe('SelfService', () => {
    it('holds no byte of ours on any of its pages', async () => {
      const hanna = await here.rt.login('hanna.crane@mail.example');
      const files = (await readdir('/usr/share/request-tracker5/html/SelfService', { recursive: true, withFileTypes: true }))
        .filter((one) => one.isFile() && /\.html$|^[A-Z]\w+$/.test(one.name) && !/Elements/.test(one.parentPath ?? one.path))
        .map((one) => `/SelfService/${`${one.parentPath ?? one.path}/${one.name}`.split('/SelfService/')[1]}`);
      assert.ok(files.length >= 15, `${files.length} pages`);
      const waiting = [...files.map((path) => `${path}?id=${ticket}`), '/', '/SelfService/', '/SelfService/index.html', `/SelfService/Display.html?id=${ticket}`, `/Ticket/Display.html?id=${ticket}`, '/Identities/Status.html', `/Ticket/Update.html?id=${ticket}`, '/User/Summary.html?id=1'];
      const opened = new Map();
      while (waiting.length) {
        const path = waiting.shift();
        if (opened.has(path)) continue;
        const page = await here.rt.page(hanna, path);
        opened.set(path, page.status);
        assert.equal(/identities/i.test(page.text), false, `${path}: ${/.{0,80}identities.{0,80}/i.exec(page.text)}`);
        for (const [, link] of page.text.matchAll(/href="(\/[^"#]*)/g)) {
          const next = link.replaceAll('&amp;', '&');
          if (/^\/(SelfService|Ticket|User)\//.test(next) && opened.size + waiting.length < 150) waiting.push(next);
        }
      }
      assert.equal(opened.get(`/SelfService/Display.html?id=${ticket}`), 200);
      assert.ok(opened.size >= 25, `${opened.size} pages were opened`);
    });

    it('holds none for an agent who opens it either', async () => {
      const text = (await here.rt.page(mia, `/SelfService/Display.html?id=${ticket}`)).text;
      assert.match(text, /Loose brake/);
      assert.equal(/identities-/i.test(text), false);
    });
  });

  it('is below RT, wherever RT is on its host', async () => {
    const below = await Installation.start({ path: '/desk/rt', database: 'sqlite' });
    try {
      const id = await below.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
      const cookie = await below.rt.login('mia');
      const page = (await below.rt.page(cookie, `/Ticket/Display.html?id=${id}`)).text;
      const [, api, base, user_page] = /<identities-sidebar api="([^"]+)" base="([^"]+)" [^>]* user-page="([^"]+)"/.exec(page);
      assert.deepEqual([api, user_page.split('?')[0]], [`/desk/rt/identities/ticket/${id}`, '/desk/rt/User/Summary.html']);
      assert.equal((await fetch(new URL(`${base}/ui/api.js`, below.rt.url))).status, 200);
      assert.equal((await below.panel(cookie, id)).json.identity.name, 'Hanna Crane');
      assert.equal((await fetch(new URL(`/identities/ticket/${id}/${panel}`, below.rt.url), { method: 'POST' })).status, 404, 'and nowhere else');
    } finally {
      await below.close();
    }
  });

  for (const database of databases.filter((one) => one !== 'mysql')) {
    it(`is the same on ${database}, where RT keeps sessions in another way`, async () => {
      const other = await Installation.start({ database });
      try {
        const id = await other.rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'Loose brake', content: 'Hello' });
        const owned = await other.rt.rest('root', 'POST', 'ticket', { Queue: 'Sales', Subject: 'Offer', Requestor: 'hanna.crane@mail.example', Owner: 'tom', ContentType: 'text/plain', Content: 'x' });
        const cookie = await other.rt.login('mia');
        assert.match((await other.rt.page(cookie, `/Ticket/Display.html?id=${id}`)).text, /<identities-sidebar [^>]*><script type="application\/json">/);
        assert.equal((await other.panel(cookie, id)).json.identity.name, 'Hanna Crane');
        assert.equal((await other.action(cookie, id, 'note.add', { text: `On ${database}` })).json.ok, true);
        const tom = await other.rt.login('tom');
        assert.equal((await other.panel(tom, owned.id)).json.notes[0].text, `On ${database}`, 'by a role on a ticket');
        assert.equal((await other.panel(cookie, owned.id)).status, 403, 'and by it alone');
        await other.rt.page(cookie, '/NoAuth/Logout.html');
        problem(await other.panel(cookie, id), 401);
        assert.doesNotMatch(await other.rt.logs(), /Identities:|RT-Extension-Identities/);
      } finally {
        await other.close();
      }
    });
  }
});
