// Mails as the world writes them: by Outlook, Gmail and Apple, in old character sets, with files and mails in them, empty, huge and hostile. Through
// RT's mail gateway into the history.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { messages_of, sweep, until } from './history.mjs';
import { Installation, missing } from './installation.mjs';

if (missing) it('reads mails', { skip: missing }, () => {});
else describe('mails', { concurrency: 1 }, () => {
  let here;
  let number = 0;
  before(async () => { here = await Installation.start(); });
  after(() => here?.close());

  const newest = async () => Number((await here.rt.sql('select max(id) from Tickets'))[0][0]);

  /** What the history holds of a mail that opens a ticket, or answers one. body: all that follows Subject. */
  async function received(body, { from = 'Hanna Crane <hanna.crane@mail.example>', ticket = 0, subject = 'A mail' } = {}) {
    const before_it = ticket ? (await messages_of(here, ticket)).length : 0;
    const head = `From: ${from}\nTo: support@example.test\nSubject: ${ticket ? `Re: [example.test #${ticket}]` : subject}\nMessage-ID: <m${++number}@mail.example>\nMIME-Version: 1.0\n`;
    await here.rt.mail(head + body);
    const id = ticket || await newest();
    let found = [];
    await until(async () => (found = await messages_of(here, id)).length > before_it, 'the mail in the history');
    assert.equal(found.length, before_it + 1);
    return found.at(-1);
  }

  const part = (type, body, more = '') => `--b\nContent-Type: ${type}\n${more}\n${body}\n`;
  const multipart = (kind, ...parts) => `Content-Type: multipart/${kind}; boundary="b"\n\n${parts.join('')}--b--\n`;
  const base64 = (text) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n');

  it('of Gmail: the plain part, without the quote', async () => {
    const first = await received('\nWhich brake is it?\n');
    const mail = await received(multipart('alternative',
      part('text/plain; charset="UTF-8"', 'The front one.\n\nOn Wed, Nov 25, 2026 at 3:14 PM Mia via Support <support@example.test>\nwrote:\n\n> Which brake is it?\n>\n'),
      part('text/html; charset="UTF-8"', '<div dir="ltr">The front one.</div><br><div class="gmail_quote"><div class="gmail_attr">On Wed, Nov 25, 2026 Mia wrote:<br></div><blockquote class="gmail_quote">Which brake is it?</blockquote></div>')), { ticket: first.ticket });
    assert.equal(mail.text, 'The front one.');
  });

  it('of Gmail in HTML alone: between two quotes the answers stay', async () => {
    const { text } = await received(`Content-Type: text/html; charset="UTF-8"\n\n<div>Hello Mia,</div><div class="gmail_quote"><div>On Wed, Nov 25, 2026 at 3:14 PM Mia &lt;support@example.test&gt; wrote:<br></div><blockquote class="gmail_quote" style="x"><div>Which brake?</div></blockquote></div><div>The front one.</div><blockquote class="gmail_quote">And when?</blockquote><div>On Thursday, as the <blockquote>manual</blockquote> says.</div>\n`);
    assert.match(text, /^Hello Mia,\s+The front one\.\s+On Thursday, as the\s+manual\s+says\.$/);
    const list = await received('Content-Type: text/html; charset="UTF-8"\n\nHello,<div>I need</div><ul><li>a brake</li><li>a bell</li></ul><div>Thanks</div><div>Hanna</div><div class="gmail_quote"><div>On 25 Nov 2026 Mia &lt;support@example.test&gt; wrote:<br></div><blockquote type="cite">What<br>do you need?</blockquote></div>\n');
    assert.match(list.text, /^Hello,\nI need\s+\* a brake\s+\* a bell\s+Thanks\nHanna$/);
  });

  it('of Outlook in HTML alone: what it appends goes, for the ticket has it', async () => {
    const first = await received('\nMy brake is loose, and the bell does not ring any more.\n');
    await here.rt.rest('mia', 'POST', `ticket/${first.ticket}/correspond`, { Content: 'Dear Hanna,\n\nwhich of the two brakes is it that is loose?\n\nMia', ContentType: 'text/plain' });
    await until(async () => (await messages_of(here, first.ticket)).length === 2, 'the answer');
    const { text } = await received(`Content-Type: text/html; charset="utf-8"\n\n<html><body><p class="MsoNormal">Die vordere, danke.</p><div style="border-top:solid"><p class="MsoNormal"><b>Von:</b> Mia &lt;support@example.test&gt;<br><b>Gesendet:</b> Mittwoch, 25. November 2026 15:14<br><b>An:</b> Hanna Crane<br><b>Betreff:</b> AW: Bremse</p></div><p>Dear Hanna,</p><p>which of the two brakes is it that is loose?</p><p>Mia</p></body></html>\n`, { ticket: first.ticket });
    assert.equal(text, 'Die vordere, danke.');
  });

  it('of Apple: text before and after a picture is one message', async () => {
    const mail = await received(multipart('mixed', part('text/plain; charset=utf-8', 'Look at this:'), part('image/png; name="brake.png"', base64('picture'), 'Content-Transfer-Encoding: base64\nContent-Disposition: inline; filename="brake.png"\n'), part('text/plain; charset=utf-8', 'It was worse before.')));
    assert.equal(mail.text, 'Look at this:\n\nIt was worse before.');
    assert.deepEqual(mail.attachments, [{ name: 'brake.png', type: 'image/png', size: 7 }]);
  });

  it('with a mail in it: that is one file, and its text is not the sender\'s', async () => {
    const mail = await received(multipart('mixed', part('text/plain', 'See what they wrote me.'), part('message/rfc822', 'From: shop@shop.example\nSubject: Refused\nContent-Type: text/plain\n\nWe refuse.\n')));
    assert.equal(mail.text, 'See what they wrote me.');
    assert.deepEqual(mail.attachments.map(({ name, type }) => [name, type]), [['message.eml', 'message/rfc822']]);
  });

  it('in an old character set, with an encoded name and a long subject', async () => {
    const subject = `=?iso-8859-1?Q?Gr=FC=DFe?= ${'very long '.repeat(40)}`;
    const body = Buffer.from('Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nDie Bremse h=E4lt nicht, =\nsch=F6ne Gr=FC=DFe\n').toString();
    const mail = await received(body, { from: '=?utf-8?B?SsO8cmdlbiDwn5qy?= <juergen@mail.example>', subject });
    assert.equal(mail.text, 'Die Bremse hält nicht, schöne Grüße');
    assert.equal(mail.author, 'Jürgen 🚲');
    assert.equal(mail.identifiers, 'juergen@mail.example');
  });

  it('by a form: who wrote is in Reply-To, and so is the name', async () => {
    const mail = await received('Reply-To: "Frida Form" <frida@mail.example>\n\nSent by the form.\n', { from: 'Website <noreply@shop.example>' });
    assert.deepEqual([mail.author, mail.identifiers, mail.direction], ['Frida Form', 'frida@mail.example', 'in']);
  });

  it('that says nothing, or nothing but a file', async () => {
    assert.equal((await received('\n\n')).text, '');
    const file = await received(`Content-Type: application/pdf; name="order.pdf"\nContent-Disposition: attachment; filename="order.pdf"\nContent-Transfer-Encoding: base64\n\n${base64('%PDF')}\n`);
    assert.deepEqual([file.text, file.attachments], ['', [{ name: 'order.pdf', type: 'application/pdf', size: 4 }]]);
    assert.equal((await received(multipart('alternative', part('text/plain', ' '), part('text/html', '<p>Only here</p>')))).text, 'Only here');
  });

  it('that is hostile: control characters, a file named by a path and markup, a hundred files, names without end', async () => {
    const control = await received('Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n' + base64('a\u0000b\u0007c\u001b[31m</script>\u202e\r\nd\ufffe\n') + '\n');
    assert.equal(control.text.startsWith('abc[31m</script>\u202e\nd'), true, JSON.stringify(control.text));
    const named = await received(multipart('mixed', part('text/plain', 'x'), part(`application/x; name="../../etc/<b>${'n'.repeat(400)}"`, 'y', 'Content-Disposition: attachment\n')));
    assert.equal(named.attachments.length, 1);
    assert.ok(named.attachments[0].name.length <= 255);
    const many = await received(multipart('mixed', part('text/plain', 'many'), ...Array.from({ length: 100 }, (_, i) => part(`text/plain; name="${i}.txt"`, 'z', `Content-Disposition: attachment; filename="${i}.txt"\n`))));
    assert.equal(many.attachments.length, 50, 'as many as the schema takes');
    const long = await received('\nx\n', { from: `"${'N'.repeat(900)}" <long@mail.example>` });
    assert.equal(long.author.length, 200);
    const deep = await received(`Content-Type: text/html\n\n${'<blockquote type="cite">'.repeat(300)}deep${'</blockquote>'.repeat(300)}\n`);
    assert.match(deep.text, /deep/);
  });

  it('that is longer than the schema takes, or a megabyte of HTML', async () => {
    const line = 'All work and no play makes a dull boy of it. \u00e4\n';
    const long = await received(`Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${base64(line.repeat(13_000))}\n`);
    assert.equal([...long.text].length, 500_000);
    assert.equal(long.text.startsWith(line.repeat(3)), true);
    const html = await received(`Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${base64(`<p>${'words and words '.repeat(60_000)}</p>`)}\n`);
    assert.match(html.text, /^words and words/);
    assert.equal((await sweep(here)).status, 0);
  });

  it('from nobody: a bounce is taken like any other', async () => {
    const bounce = await received(`Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n${part('text/plain', 'It could not be delivered.')}${part('message/delivery-status', 'Status: 5.1.1\n')}--b--\n`, { from: 'Mail Delivery <mailer@post.example>' });
    assert.equal(bounce.text, 'It could not be delivered.');
  });
});
