// A private Request Tracker for a test file, made by the adapter's private_rt.sh: its database, two Starman workers, agents, queues, mail.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../..', import.meta.url));
const script = join(top, 'sdk/adapters/request-tracker/demo/private_rt.sh');
const templates = join(top, '.build/rt-templates');

export const password = 'identities';

/** Why there can be no RT here; empty when there can. */
export const missing = existsSync('/usr/share/request-tracker5/libexec/rt-server') ? '' : 'request-tracker5 is not installed; sdk/packages.sh install rt installs it';

/** The databases of RT that can be had here: mysql, sqlite, and pg where PostgreSQL is installed. */
export const databases = ['mysql', 'sqlite', ...(existsSync('/usr/lib/postgresql') && readdirSync('/usr/lib/postgresql').length ? ['pg'] : [])];

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export class PrivateRt {
  /** Makes one that is not running yet. database: mysql, pg or sqlite; path: where it is below its host. */
  static async make({ database = 'mysql', path = '' } = {}) {
    const rt = new PrivateRt();
    rt.database = database;
    rt.folder = await mkdtemp(join(tmpdir(), 'identities-rt-'));
    const port = await freePort();
    rt.url = `http://127.0.0.1:${port}${path}`;
    try {
      await rt.command('make', '--database', database, '--port', String(port), '--path', path, '--template', templates);
      return rt;
    } catch (problem) {
      await rm(rt.folder, { recursive: true, force: true });
      throw problem;
    }
  }

  /** private_rt.sh with this folder; its error holds the end of the log. */
  async command(task, ...options) {
    const { stdout } = await run(script, [task, this.folder, ...options], { env: { ...process.env, PRIVATE_RT_PASSWORD: password }, maxBuffer: 64 << 20 });
    return stdout;
  }

  /** As private_rt.sh has it for what it starts. */
  environment() {
    const { folder } = this;
    return {
      ...process.env, RT_SITE_CONFIG: join(folder, 'etc/RT_SiteConfig.pm'), RT_SITE_CONFIG_DIR: join(folder, 'etc/none'), TMPDIR: join(folder, 'tmp'),
      PERL5LIB: '/usr/share/request-tracker5/lib', LC_ALL: 'C.UTF-8',
    };
  }

  /** More configuration; takes effect at the next start of the web server. */
  configure(name, text) {
    return writeFile(join(this.folder, 'etc/more', `${name}.pm`), `${text}\n1;\n`);
  }

  /** part: database, web; without one both. */
  start(part = '') {
    return this.command('start', ...[part].filter(Boolean));
  }

  stop(part = '') {
    return this.command('stop', ...[part].filter(Boolean));
  }

  async pid(part) {
    return Number.parseInt(await readFile(join(this.folder, 'run', `${part}.pid`), 'utf8'), 10);
  }

  /** The processes that serve, without their master. */
  async workers() {
    const master = await this.pid('web');
    return (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).split(' ').filter(Boolean).map(Number);
  }

  /** Runs Perl with RT initialised; what it prints. */
  perl(code, ...args) {
    return this.command('run', 'perl', '-e', `use strict; use warnings; use RT -init; ${code}`, ...args);
  }

  /** Rows of RT's database, each an array of texts. */
  async sql(query) {
    const answer = await this.command('run', ...{
      mysql: ['mariadb', '--no-defaults', '--user=root', `--socket=${this.folder}/run/mysqld.sock`, '-N', '-B', 'rt5', '-e', query],
      pg: ['psql', '-h', join(this.folder, 'run'), '-U', 'postgres', '-A', '-t', '-F', '\t', '-q', '-v', 'ON_ERROR_STOP=1', '-c', query, 'rt5'],
      sqlite: ['sqlite3', '-separator', '\t', join(this.folder, 'db/rt.sqlite'), query],
    }[this.database]);
    return answer.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  /** A call of REST 2 as this user; the parsed reply. Throws on any status from 400 on. */
  async rest(user, method, path, body) {
    const answer = await fetch(`${this.url}/REST/2.0/${path}`, {
      method,
      headers: { authorization: `Basic ${btoa(`${user}:${password}`)}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} as ${user}: ${answer.status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  /** Creates a ticket by REST 2 as an agent; its id. */
  async ticket(user, { queue = 'Support', requestor, cc, subject, content }) {
    const made = await this.rest(user, 'POST', 'ticket', { Queue: queue, Subject: subject, Requestor: requestor, Cc: cc, Content: content, ContentType: 'text/plain' });
    return Number(made.id);
  }

  /** Hands a mail to RT's mail gateway, as a mail server does. */
  async mail(message, { queue = 'Support', action = 'correspond' } = {}) {
    const child = spawn('rt-mailgate-5', ['--queue', queue, '--action', action, '--url', this.url], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
    const ended = new Promise((done) => { child.once('close', done); });
    child.stdin.end(message.replaceAll(/\r?\n/g, '\n'));
    const status = await ended;
    if (status !== 0) throw new Error(`rt-mailgate ended with ${status}: ${said}`);
  }

  /** A session of RT's pages: the value of a Cookie header. */
  async login(user) {
    const answer = await fetch(`${this.url}/NoAuth/Login.html`, {
      method: 'POST', redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', referer: `${this.url}/` },
      body: new URLSearchParams({ user, pass: password }),
    });
    const cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0]).find((one) => one.startsWith('RT_SID'));
    const text = await answer.text();
    if (!cookie || !text.includes(`"Name":"${user}"`)) throw new Error(`${user} cannot log in: ${answer.status}; ${await this.logs()}`);
    return cookie;
  }

  /** A page of RT in such a session: its status and text. */
  async page(cookie, path, options = {}) {
    const answer = await fetch(this.url + path, { redirect: 'manual', ...options, headers: { cookie, referer: `${this.url}/`, ...options.headers } });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** What RT sent. */
  sent() {
    return readFile(join(this.folder, 'mail'), 'utf8').catch(() => '');
  }

  /** What its processes wrote, the latest 4,000 characters of each. */
  async logs() {
    const names = await readdir(join(this.folder, 'log'));
    const texts = await Promise.all(names.map(async (name) => `${name}:\n${(await readFile(join(this.folder, 'log', name), 'utf8')).slice(-4000)}`));
    return texts.join('\n');
  }

  async close() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
