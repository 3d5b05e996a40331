// Identities in a private RT: the extension as a plugin of it, the bundle of the build that IDENTITIES_BUILD names, a database of its own.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PrivateRt, missing as missing_rt } from './private_rt.mjs';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.IDENTITIES_BUILD ?? '';
const identities = join(build, 'plugin/cli/identities');

/** Why Identities cannot be tried in RT; empty when it can. */
export const missing = missing_rt || (!build ? 'IDENTITIES_BUILD is not set' : existsSync(identities) ? '' : `there is no ${identities}`);

const rights = {
  'Support team': ['SeeIdentity', 'WriteIdentityNotes'],
  Trainees: ['SeeIdentity', 'WriteIdentityNotes'],
};

export class Installation {
  /**
   * A running RT with Identities in it. settings: more of Set(%Identities, ...), as Perl; database, path: of RT; own_bundle: a copy that may be changed;
   * sample: Hanna's story in the other accounts, of which agents see those that `settings` names.
   */
  static async start({ settings = {}, database = 'mysql', path = '', own_bundle = false, sample = false, start = true } = {}) {
    const here = new Installation();
    here.rt = await PrivateRt.make({ database, path });
    try {
      here.folder = join(here.rt.folder, 'identities');
      here.config = join(here.folder, 'identities.json');
      here.bundle = own_bundle ? join(here.rt.folder, 'bundle') : join(build, 'identities');
      if (own_bundle) await cp(join(build, 'identities'), here.bundle, { recursive: true, dereference: true });
      await here.identities('init', here.folder, '--manifest', join(here.bundle, 'plugin.json'), '--listen', `unix:${here.folder}/hdhost.sock`, '--mailbox-domain', 'mail.example', '--mailbox-domain', 'post.example');
      await here.make_database();
      if (sample) await here.identities('sample', 'load', join(top, 'plugin/sample/story.json'), '--config', here.config, '--desk', join(here.folder, 'desk.json'));
      await here.add_account('rt', 'request_tracker', '--ticket-url', `${here.rt.url}/Ticket/Display.html?id={thread}`);
      await symlink(join(top, 'sdk/adapters/request-tracker'), join(here.rt.folder, 'plugins/RT-Extension-Identities'));
      await here.set(settings);
      await here.rt.start('database');
      await here.grant(rights);
      if (start) await here.rt.start('web');
      return here;
    } catch (problem) {
      await here.rt.close();
      throw problem;
    }
  }

  /** The admin command. */
  async identities(...words) {
    const { stdout } = await run(identities, words);
    return stdout;
  }

  /** The database, and rules that do not block the tests' domains, which nobody has. */
  async make_database() {
    await this.identities('migrate', '--config', this.config);
    await this.identities('rules', 'set', join(top, 'plugin/sample/rules.json'), '--config', this.config);
  }

  /** Connects an account; its webhook path and secret. */
  async add_account(name, provider = 'generic', ...options) {
    const text = await this.identities('account', 'add', 'generic', name, '--provider', provider, '--config', this.config, ...options);
    return { path: /address +https?:\/\/[^/]+(\/hooks\/\S+)/.exec(text)?.[1], secret: /secret +(whsec_\S+)/.exec(text)?.[1] };
  }

  /** Writes RT's settings; they hold from the next start of its web server. */
  set(settings) {
    const all = {
      Library: `'${join(build, 'sdk/host/libhelpdesk_host.so.1')}'`, Manifest: `'${this.bundle}/plugin.json'`, Config: `'${this.config}'`,
      Account: `'rt'`, Token: `{ Secret => '${this.folder}/desk_token', Kid => 'desk', Audience => 'identities' }`, ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} => ${value}`).join(', ');
    return this.rt.configure('identities', `Plugin('RT::Extension::Identities'); Set(%Identities, ${lines});`);
  }

  /** Gives groups rights everywhere, or in one queue: {group: [rights]}. */
  grant(groups, queue = '') {
    const code = `
      my ($queue, %groups) = @ARGV;
      my $object = RT->System;
      if (length $queue) { $object = RT::Queue->new(RT->SystemUser); $object->Load($queue) }
      for my $name (keys %groups) {
        my $group = RT::Group->new(RT->SystemUser);
        $group->LoadUserDefinedGroup($name);
        for my $right (split /,/, $groups{$name}) {
          my ($ok, $message) = $group->PrincipalObj->GrantRight(Right => $right, Object => $object);
          die "$name, $right: $message" unless $ok;
        }
      }`;
    return this.rt.perl(code, queue, ...Object.entries(groups).flatMap(([name, list]) => [name, list.join(',')]));
  }

  /** Hands items to the event "engagement", as RT itself does. */
  async hand_over(account, items) {
    const said = await this.rt.perl(`
      require RT::Extension::Identities::Host;
      my $body = JSON->new->utf8->decode($ARGV[0]);
      my ($status, $reply) = RT::Extension::Identities::Host::call(kind => 'event', id => 'engagement', context => {}, body => $body, budget_ms => 2000);
      die "$status: $reply" unless $status eq 'ok';
      print $reply;`, JSON.stringify({ account, items }));
    return JSON.parse(said);
  }

  /** Restarts the web server, so that new settings and rights hold. */
  async restart() {
    await this.rt.stop('web');
    await this.rt.start('web');
  }

  /** A call of the sidebar in an RT session: its status, headers and parsed body. */
  async call(cookie, path, body, options = {}) {
    const answer = await fetch(`${this.rt.url}/identities/${path}`, {
      method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...options,
      headers: { 'content-type': 'application/json', origin: new URL(this.rt.url).origin, ...(cookie ? { cookie } : {}), ...options.headers },
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: text ? JSON.parse(text) : null };
  }

  panel(cookie, ticket, body = {}) {
    return this.call(cookie, `ticket/${ticket}/v1/panel/identities/sidebar`, body);
  }

  action(cookie, ticket, name, args, key = `key-${Math.random().toString(36).slice(2)}-test`) {
    return this.call(cookie, `ticket/${ticket}/v1/action/identities/${name}`, { key, args });
  }

  close() {
    return this.rt.close();
  }
}
