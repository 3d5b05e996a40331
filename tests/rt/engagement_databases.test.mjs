// The flow on RT's other databases, SQLite and PostgreSQL; on each, and on MariaDB, what fails of ours costs RT nothing: PostgreSQL refuses all that
// follows a failed statement in a transaction.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { command, messages_of, sweep, thread, until } from './history.mjs';
import { Installation, missing } from './installation.mjs';
import { databases } from './private_rt.mjs';

// Loaded after the extension; each of its steps fails as the file "fails" in RT's folder says.
const saboteur = `package RT::Extension::Saboteur;
use strict; use warnings; no warnings 'redefine';
our $VERSION = '1';
sub fault { open my $file, '<', "$RT::VarPath/fails" or return ''; my $line = <$file> // ''; chomp $line; return $line }
my $remember = \\&RT::Extension::Identities::Rule::remember;
*RT::Extension::Identities::Rule::remember = sub { die "the rule fails\\n" if fault() eq 'rule'; goto &$remember };
require RT::Extension::Identities::Handover;
my $hand_over = \\&RT::Extension::Identities::Handover::hand_over;
*RT::Extension::Identities::Handover::hand_over = sub {
    if (fault() eq 'statement') { eval { $RT::Handle->dbh->do('SELECT nothing FROM nowhere') }; die "the statement failed\\n" }
    goto &$hand_over;
};
1;
`;

for (const database of ['mysql', 'sqlite', 'pg']) {
  const skip = missing || (databases.includes(database) ? '' : `${database} is not installed`);
  if (skip) it(`hands over from ${database}`, { skip }, () => {});
  else describe(`RT on ${database}`, { concurrency: 1 }, () => {
    it('hands over, sweeps and imports, and survives what fails of ours', async () => {
      const here = await Installation.start({ database, start: false });
      try {
        const folder = join(here.rt.folder, 'plugins/RT-Extension-Saboteur/lib/RT/Extension');
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, 'Saboteur.pm'), saboteur);
        await here.rt.configure('saboteur', "Plugin('RT::Extension::Saboteur');");
        await here.rt.start('web');
        const fails = (what) => writeFile(join(here.rt.folder, 'var/fails'), `${what}\n`);
        const texts = async (ticket) => (await messages_of(here, ticket)).map((one) => one.text);
        const create = (content) => here.rt.ticket('mia', { requestor: 'hanna.crane@mail.example', subject: 'On it', content });

        const ticket = await create('by REST');
        await here.rt.mail(`From: hanna.crane@mail.example\nTo: support@example.test\nSubject: Re: [example.test #${ticket}]\nMessage-ID: <m@mail.example>\n\nby mail\n`);
        await until(async () => (await texts(ticket)).length === 2, 'both by the worker');
        assert.deepEqual(await texts(ticket), ['by REST', 'by mail']);
        assert.equal((await thread(here, ticket)).status, 'open');

        const made = [];
        for (const what of ['rule', 'statement']) {
          await fails(what);
          // As many as meet each of the two workers, before and after its failure.
          for (let i = 0; i < 4; ++i) made.push([await create(`while the ${what} fails ${i}`), `while the ${what} fails ${i}`]);
        }
        await until(async () => (await readFile(join(here.rt.folder, 'log/web.log'), 'utf8')).split('Identities: the statement failed').length === 5, 'the last hand-over failed');
        await fails('');
        for (const [id, text] of made) {
          assert.match((await here.rt.page(await here.rt.login('mia'), `/Ticket/Display.html?id=${id}`)).text, /On it/);
          assert.deepEqual(await texts(id), [], text);
        }
        const done = await sweep(here);
        assert.equal(done.status, 0, done.said);
        for (const [id, text] of made) assert.deepEqual(await texts(id), [text]);
        const imported = await command(here, 'rt-identities-import', '--rate', '1000', '--queue', 'Support');
        assert.match(imported.said, /^10 messages brought in$/m);
        for (const [id, text] of made) assert.deepEqual(await texts(id), [text]);
      } finally {
        await here.close();
      }
    });
  });
}
