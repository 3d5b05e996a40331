// A private hdhost with the real plugin, a new database and the sample, out of the build folder that IDENTITIES_BUILD names.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from './browser.mjs';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.IDENTITIES_BUILD ?? '';
const hdhost = join(build, 'sdk/server/hdhost');
const identities = join(build, 'plugin/cli/identities');

/** Why the stories cannot be played; empty when they can. */
export const missing = !build ? 'IDENTITIES_BUILD is not set' : [hdhost, identities].filter((file) => !existsSync(file)).map((file) => `there is no ${file}`).join('; ');

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** An agent like Mia whose token says that she works in Vienna, and what else a story needs. */
async function addToDesk(desk, add) {
  const data = JSON.parse(await readFile(desk, 'utf8'));
  data.agents.push({ ...data.agents.find(({ id }) => id === 'mia'), id: 'resi', name: 'Resi', locale: 'de-AT', time_zone: 'Europe/Vienna' });
  add(data);
  await writeFile(desk, JSON.stringify(data));
}

export class RealHost {
  /** Loads the sample and serves it, beside a second host whose database is not there. @param {(desk: object) => void} [add] agents or tickets of a story's own */
  static async start(add = () => {}) {
    const host = new RealHost();
    host.log = '';
    host.processes = new Map();
    host.folder = await mkdtemp(join(tmpdir(), 'identities-story-'));
    host.url = `http://127.0.0.1:${await freePort()}`;
    host.stopped_url = `http://127.0.0.1:${await freePort()}`;
    const [main, stopped, desk] = ['main', 'stopped', 'desk.json'].map((name) => join(host.folder, name));
    const config = ['--config', join(main, 'identities.json')];
    const options = (url) => ['--manifest', join(build, 'identities/plugin.json'), '--listen', url.slice('http://'.length), '--status-listen', '127.0.0.1:0'];
    try {
      await run(identities, ['init', main, ...options(host.url), '--desk-pages', join(top, 'sdk/server/desk'), '--desk-data', desk, '--mailbox-domain', 'mail.example', '--mailbox-domain', 'post.example']);
      await run(identities, ['init', stopped, ...options(host.stopped_url), '--cors', host.url, '--database', `sqlite:${join(stopped, 'not-there/identities.db')}`]);
      await cp(join(main, 'desk_token'), join(stopped, 'desk_token'), { force: true });
      await run(identities, ['migrate', ...config]);
      await run(identities, ['sample', 'load', join(top, 'plugin/sample/story.json'), ...config, '--desk', desk, '--stopped-host', host.stopped_url]);
      await addToDesk(desk, add);
      await host.serve('main');
      await host.serve('stopped');
      return host;
    } catch (problem) {
      await host.close();
      throw problem;
    }
  }

  /** Starts one of the two servers; returns when it answers. */
  async serve(name) {
    const child = spawn(hdhost, ['--config', join(this.folder, name, 'identities.json')], { stdio: ['ignore', 'ignore', 'pipe'] });
    const entry = { child, gone: false, ended: undefined };
    entry.ended = new Promise((done) => {
      child.once('exit', () => {
        entry.gone = true;
        done();
      });
    });
    child.stderr.on('data', (text) => { this.log += text; });
    this.processes.set(name, entry);
    const url = name === 'main' ? this.url : this.stopped_url;
    await until(async () => entry.gone || fetch(`${url}/healthz`).then((answer) => answer.ok, () => false), `${name} answers`, 20000);
    if (entry.gone) throw new Error(`hdhost ended: ${this.log}`);
  }

  async stop(name) {
    const entry = this.processes.get(name);
    if (!entry) return;
    if (!entry.gone) entry.child.kill('SIGTERM');
    await entry.ended;
    this.processes.delete(name);
  }

  /** Connects an account as an admin does. @returns {Promise<{address: string, secret: string}>} */
  async addAccount(name, provider = 'generic') {
    const { stdout } = await run(identities, ['account', 'add', 'generic', name, '--provider', provider, '--config', join(this.folder, 'main', 'identities.json')]);
    const path = /address +https?:\/\/[^/]+(\/hooks\/\S+)/.exec(stdout)[1];
    return { address: this.url + path, secret: /secret +(whsec_\S+)/.exec(stdout)[1] };
  }

  /** What the panel answers this agent at this ticket of the desk. */
  async panel(agent, ticket, body = {}) {
    const json = { 'content-type': 'application/json' };
    const { token } = await (await fetch(`${this.url}/desk/api/token`, { method: 'POST', headers: json, body: JSON.stringify({ agent, ticket }) })).json();
    const answer = await fetch(`${this.url}/v1/panel/identities/sidebar`, { method: 'POST', headers: { ...json, authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
    return answer.json();
  }

  ticket(number) {
    return `${this.url}/desk/#/ticket/${number}`;
  }

  /** Every byte that this host keeps: database, journals, logs. */
  async everything() {
    const files = (await readdir(this.folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
    const parts = await Promise.all(files.map((one) => readFile(join(one.parentPath ?? one.path, one.name))));
    return Buffer.concat([...parts, Buffer.from(this.log)]);
  }

  async close() {
    for (const name of [...this.processes.keys()]) await this.stop(name);
    await rm(this.folder, { recursive: true, force: true });
  }
}
