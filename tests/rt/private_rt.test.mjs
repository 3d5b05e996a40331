// The ground under the other tests: a private RT works by web, REST 2 and mail, on both databases, and leaves nothing running.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PrivateRt, databases, missing } from './private_rt.mjs';

const mail = `From: "Mail Person" <mail.person@post.example>
To: support@example.test
Subject: By mail
Message-ID: <one@post.example>

The front brake is loose.
`;

/** Whether a process runs; one that ended and waits for its parent does not. */
function runs(pid) {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

if (missing) it('starts a private RT', { skip: missing }, () => {});
else describe('a private RT', { concurrency: 1 }, () => {
  for (const database of databases) {
    it(`takes tickets by REST 2 and mail and shows them to who may see them, on ${database}`, async () => {
      const rt = await PrivateRt.make({ database });
      try {
        await rt.start();
        const support = await rt.ticket('mia', { requestor: 'Hanna Crane <hanna.crane@mail.example>', subject: 'By REST', content: 'Hello' });
        const hr = await rt.ticket('mia', { queue: 'HR', requestor: 'hanna.crane@mail.example', subject: 'Only HR', content: 'Secret' });
        await rt.mail(mail);
        const [[from_mail]] = await rt.sql("select max(id) from Tickets where Subject = 'By mail'");
        assert.equal(Number(from_mail), hr + 1);
        const ben = await rt.login('ben');
        assert.match((await rt.page(ben, `/Ticket/Display.html?id=${support}`)).text, /By REST/);
        assert.match((await rt.page(ben, `/Ticket/Display.html?id=${from_mail}`)).text, /By mail/);
        assert.match((await rt.page(ben, `/Ticket/Display.html?id=${hr}`)).text, /No permission to view ticket/);
        assert.match((await rt.page(await rt.login('mia'), `/Ticket/Display.html?id=${hr}`)).text, /Only HR/);
        assert.match((await rt.page(await rt.login('hanna.crane@mail.example'), `/SelfService/Display.html?id=${support}`)).text, /By REST/);
        assert.match(await rt.sent(), /To: .*mail\.person@post\.example/i);
        assert.equal((await rt.perl('print RT::Queue->new(RT->SystemUser)->Load("HR")')) > 0, true);
      } finally {
        const pids = await Promise.all((database === 'sqlite' ? ['web'] : ['web', 'database']).map((part) => rt.pid(part)));
        await rt.close();
        assert.deepEqual(pids.filter(runs), []);
        assert.equal(existsSync(rt.folder), false);
      }
    });
  }

  it('says why it does not start, with the end of the log', async () => {
    const rt = await PrivateRt.make({ database: 'sqlite' });
    try {
      await rt.configure('broken', 'die "this line is in the log";');
      await assert.rejects(rt.start(), /this line is in the log[^]*the web did not start/);
    } finally {
      await rt.close();
    }
  });
});
