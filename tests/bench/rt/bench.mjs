// rt.page, rt.page.replaced, rt.page.down, rt.panel and rt.call: the sidebar in a real Request Tracker. Web servers share one RT database: without
// Identities, with it, with it in the place of RT's own lists of the requestor's tickets, and with its database away. Pages are asked for by turns.
//   bench.mjs --data FOLDER --library FILE --bundle FOLDER --identities FILE [--only NAME,...] [--pairs N] [--json FILE [--append]]
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { PrivateRt, missing } from '../../rt/private_rt.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const extension = fileURLToPath(new URL('../../../sdk/adapters/request-tracker', import.meta.url));

const names = ['rt.page', 'rt.page.replaced', 'rt.page.down', 'rt.panel', 'rt.call'];
const warm_up = 30;
const { values: options } = parseArgs({
  options: {
    data: { type: 'string' }, library: { type: 'string' }, bundle: { type: 'string' }, identities: { type: 'string' }, only: { type: 'string', default: '' },
    pairs: { type: 'string', default: '400' }, json: { type: 'string', default: '' }, append: { type: 'boolean', default: false },
  },
});
const pairs = Number(options.pairs);
const only = options.only ? options.only.split(',') : names;

// ---- Numbers --------------------------------------------------------------------------------------------------------------------

const sorted = (list) => [...list].sort((a, b) => a - b);
const quantile = (list, part) => sorted(list)[Math.min(list.length - 1, Math.floor(part * list.length))];
const median = (list) => quantile(list, 0.5);
const rounded = (number) => Math.round(number * 1000) / 1000;

/** The upper end of the 95 % interval of the median, by the binomial law of how many of a sample lie below it. */
function upper_end_of_median(list) {
  const place = Math.ceil(list.length / 2 + 0.98 * Math.sqrt(list.length));
  return sorted(list)[Math.min(list.length - 1, place)];
}

const spread = (list) => ({ median_ms: rounded(median(list)), p10_ms: rounded(quantile(list, 0.1)), p90_ms: rounded(quantile(list, 0.9)), p95_ms: rounded(quantile(list, 0.95)) });

// ---- The RTs --------------------------------------------------------------------------------------------------------------------

/** The database of RT and of Identities, filled once and kept. */
async function filled() {
  const rt = await PrivateRt.make();
  const config = join(rt.folder, 'identities');
  const kept = join(options.data, 'db');
  await cp(join(options.bundle), join(rt.folder, 'bundle'), { recursive: true, dereference: true });
  await symlink(extension, join(rt.folder, 'plugins/RT-Extension-Identities'));
  const known = existsSync(join(options.data, 'tickets.json'));
  if (known) {
    await rm(join(rt.folder, 'db'), { recursive: true });
    await run('cp', ['-a', kept, join(rt.folder, 'db')]);
  }
  await rt.start('database');
  const admin = (...words) => run(options.identities, words);
  await admin('init', config, '--manifest', join(rt.folder, 'bundle/plugin.json'), '--listen', `unix:${rt.folder}/hdhost.sock`,
    '--database', `mysql://root@localhost/identities?socket=${rt.folder}/run/mysqld.sock`, '--no-password');
  const file = join(config, 'identities.json');
  const settings = `Plugin('RT::Extension::Identities'); Set(%Identities, Library => '${options.library}', Manifest => '${rt.folder}/bundle/plugin.json', Config => '${file}');`;
  await rt.configure('identities', settings);
  if (known) return { rt, settings, tickets: JSON.parse(await readFile(join(options.data, 'tickets.json'), 'utf8')) };

  await rt.sql('CREATE DATABASE identities CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
  await admin('migrate', '--config', file);
  await admin('account', 'add', 'generic', 'support', '--provider', 'request_tracker', '--config', file);
  await rt.perl(`
    my $group = RT::Group->new(RT->SystemUser);
    $group->LoadUserDefinedGroup('Support team');
    for my $right (qw(SeeIdentity WriteIdentityNotes)) {
      my ($ok, $message) = $group->PrincipalObj->GrantRight(Right => $right, Object => RT->System);
      die $message unless $ok;
    }`);
  const told = await rt.command('run', 'perl', '-I', join(extension, 'lib'), join(here, 'seed.pl'), options.library, join(rt.folder, 'bundle/plugin.json'), file);
  await rt.sql('ANALYZE TABLE Tickets, Transactions, Groups, CachedGroupMembers, GroupMembers, Principals');
  await rt.stop('database');
  await mkdir(options.data, { recursive: true });
  await rm(kept, { recursive: true, force: true });
  await run('cp', ['-a', join(rt.folder, 'db'), `${kept}.new`]);
  await rename(`${kept}.new`, kept);
  await writeFile(join(options.data, 'tickets.json'), told.trim().split('\n').at(-1));
  await rt.start('database');
  return { rt, settings, tickets: JSON.parse(told.trim().split('\n').at(-1)) };
}

/** A configuration of Identities whose database is not there. */
async function without_database(rt) {
  const folder = join(rt.folder, 'identities_away');
  await run(options.identities, ['init', folder, '--manifest', join(rt.folder, 'bundle/plugin.json'), '--listen', `unix:${rt.folder}/away.sock`,
    '--database', `mysql://root@localhost/identities?socket=${rt.folder}/run/away.sock`, '--no-password']);
  return join(folder, 'identities.json');
}

/** One more web server over the same database. */
async function beside(main, configuration) {
  const rt = await PrivateRt.make();
  await symlink(extension, join(rt.folder, 'plugins/RT-Extension-Identities'));
  const settings = join(rt.folder, 'etc/RT_SiteConfig.pm');
  await writeFile(settings, (await readFile(settings, 'utf8')).replaceAll(`${rt.folder}/run/mysqld.sock`, `${main.folder}/run/mysqld.sock`));
  await rt.configure('more', configuration);
  return rt;
}

class Site {
  constructor(rt) {
    this.rt = rt;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  async open() {
    await this.rt.start('web');
    this.cookie = await this.rt.login('mia');
    return this;
  }

  /** Milliseconds until the whole answer is there; and its text. */
  ask(path, { method = 'GET', headers = {}, body = '', agent = this.agent } = {}) {
    const began = performance.now();
    return new Promise((done, failed) => {
      const request = http.request(this.rt.url + path, { method, agent, headers: { cookie: this.cookie, referer: `${this.rt.url}/`, ...headers } }, (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode !== 200) failed(new Error(`${path}: ${answer.statusCode} ${text.slice(0, 300)}`));
          else done({ ms: performance.now() - began, text });
        });
      });
      request.on('error', failed);
      request.end(body);
    });
  }

  page(ticket) {
    return this.ask(`/Ticket/Display.html?id=${ticket}`);
  }
}

/** Processor milliseconds that these processes have used. */
async function cpu_ms(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

// ---- Benches --------------------------------------------------------------------------------------------------------------------

const has_sidebar = (text) => text.includes('<identities-sidebar');

/** Both must be what they are said to be, else nothing is compared. */
async function expect_pages(without, with_it, ticket, replies) {
  const [plain, ours] = [(await without.page(ticket)).text, (await with_it.page(ticket)).text];
  if (has_sidebar(plain)) throw new Error('the page without Identities has a sidebar');
  if (!has_sidebar(ours)) throw new Error('the page with Identities has no sidebar');
  if (ours.includes('<script type="application/json">{') !== replies) throw new Error(`the page with Identities ${replies ? 'lacks' : 'has'} a first reply`);
  return { without: plain.length, with: ours.length };
}

async function compare(without, with_it, ticket, database_pid, replies = true) {
  const bytes = await expect_pages(without, with_it, ticket, replies);
  for (let round = 0; round < warm_up; ++round) for (const site of [without, with_it]) await site.page(ticket);
  const a = [];
  const b = [];
  for (let pair = 0; pair < pairs; ++pair) {
    const order = pair % 2 ? [[with_it, b], [without, a]] : [[without, a], [with_it, b]];
    for (const [site, list] of order) list.push((await site.page(ticket)).ms);
  }
  // Processor time needs blocks: a clock tick is 10 ms.
  const cpu = { without: [], with: [] };
  for (let block = 0; block < 8; ++block) {
    for (const [name, site] of [['without', without], ['with', with_it]]) {
      const pids = [...await site.rt.workers(), database_pid];
      const before = await cpu_ms(pids);
      for (let page = 0; page < 25; ++page) await site.page(ticket);
      cpu[name].push((await cpu_ms(pids) - before) / 25);
    }
  }
  return { a, b, differences: b.map((ms, index) => ms - a[index]), bytes, cpu_ratio: rounded(median(cpu.with) / median(cpu.without)), cpu_ms: { without: median(cpu.without), with: median(cpu.with) } };
}

const detail_of = (compared) => ({
  pairs: compared.a.length, without: spread(compared.a), with: spread(compared.b), difference: spread(compared.differences), bytes: compared.bytes,
  cpu_ratio: compared.cpu_ratio, cpu_ms: compared.cpu_ms,
});

async function panel_parts(site, ticket) {
  await site.ask(`/Bench/Parts?id=${ticket}&rounds=5`);
  const parts = JSON.parse((await site.ask(`/Bench/Parts?id=${ticket}&rounds=40`)).text);
  const [ours, theirs] = [median(parts.ours) * 1000, median(parts.theirs) * 1000];
  return { ratio: rounded(ours / theirs), ours_ms: rounded(ours), theirs_ms: rounded(theirs), ours_p95_ms: rounded(quantile(parts.ours, 0.95) * 1000), bytes: { ours: parts.bytes_of_ours, theirs: parts.bytes_of_theirs } };
}

/** A panel call 40 ms into the same agent's page load, when RT holds the session's lock; on a connection of its own. */
async function calls_within_pages(site, ticket) {
  const call = () => site.ask(`/identities/ticket/${ticket}/v1/panel/identities/sidebar`, {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json', origin: site.rt.url }, agent: new http.Agent(),
  });
  for (let round = 0; round < 10; ++round) await Promise.all([site.page(ticket), call()]);
  const took = [];
  const alone = [];
  while (took.length < 100) {
    const page = site.page(ticket);
    await new Promise((done) => { setTimeout(done, 40); });
    took.push((await call()).ms);
    await page;
    alone.push((await call()).ms);
  }
  return { took, alone };
}

// rt.page misses its bar when the view takes a query a queue, when the library is opened a page, or when the reply is written or escaped twice.
// rt.page.replaced when our part costs more than half of what RT's own lists do. rt.panel likewise, or when its cost grows with the requestor's
// tickets. rt.page.down when a page waits for a database that is away although the breaker is open. rt.call when the endpoint waits for RT's session lock or sets a whole RT request up.
async function results() {
  const main = await filled();
  const rts = [main.rt];
  try {
    await mkdir(join(main.rt.folder, 'local/html'), { recursive: true });
    await cp(join(here, 'html'), join(main.rt.folder, 'local/html'), { recursive: true });
    const plain = await beside(main.rt, '');
    rts.push(plain);
    const replaced = await beside(main.rt, `${main.settings} Set($MoreAboutRequestorTicketList, 'None');`);
    rts.push(replaced);
    const away = await beside(main.rt, main.settings.replace(/Config => '[^']*'/, `Config => '${await without_database(main.rt)}'`));
    rts.push(away);
    const [without, with_it, instead, down] = await Promise.all([plain, main.rt, replaced, away].map((rt) => new Site(rt).open()));
    const database_pid = await main.rt.pid('database');
    const about = { rt: (await run('dpkg-query', ['-W', '-f', '${Version}', 'request-tracker5'])).stdout, database: (await main.rt.sql('SELECT VERSION()'))[0][0], workers: 2 };
    const list = [];
    const judge = (name, value, unit, bar, detail) => list.push({ name, value: rounded(value), unit, better: 'lower', bar, pass: value <= bar, detail: { ...about, ...detail } });
    if (only.includes('rt.page')) {
      const usual = await compare(without, with_it, main.tickets.usual, database_pid);
      const busy = await compare(without, with_it, main.tickets.busy, database_pid);
      judge('rt.page', Math.max(...[usual, busy].map((one) => upper_end_of_median(one.differences))), 'ms', 5, { usual: detail_of(usual), busy: detail_of(busy) });
    }
    if (only.includes('rt.page.replaced')) {
      const busy = await compare(without, instead, main.tickets.busy, database_pid);
      judge('rt.page.replaced', median(busy.b) / median(busy.a), 'x', 0.8, { busy: detail_of(busy) });
    }
    if (only.includes('rt.page.down')) {
      const busy = await compare(without, down, main.tickets.busy, database_pid, false);
      judge('rt.page.down', median(busy.b) / median(busy.a), 'x', 1.05, { busy: detail_of(busy) });
    }
    if (only.includes('rt.panel')) {
      const parts = { of_500_tickets: await panel_parts(with_it, main.tickets.busy), of_5000_tickets: await panel_parts(with_it, main.tickets.busiest) };
      judge('rt.panel', Math.max(...Object.values(parts).map((one) => one.ratio)), 'x RT\'s', 0.04, parts);
    }
    if (only.includes('rt.call')) {
      const { took, alone } = await calls_within_pages(with_it, main.tickets.busy);
      judge('rt.call', quantile(took, 0.95), 'ms', 20, { within_a_page: spread(took), alone: spread(alone) });
    }
    return list;
  } finally {
    for (const rt of rts.reverse()) await rt.close();
  }
}

function print(list) {
  for (const one of list) {
    const words = one.skipped ? ['', '', '', `skipped: ${one.skipped}`] : [one.value.toFixed(3), one.unit, `<= ${one.bar.toFixed(2).padStart(7)}`, one.pass ? 'pass' : 'MISSED'];
    console.log(`${one.name.padEnd(24)} ${words[0].padStart(10)} ${words[1].padEnd(14)} ${words[2].padStart(10)}  ${words[3]}`);
  }
}

const list = missing ? names.filter((name) => only.includes(name)).map((name) => ({ name, skipped: missing })) : await results();
print(list);
if (options.json) {
  const before = options.append ? JSON.parse(await readFile(options.json, 'utf8')) : [];
  await writeFile(options.json, `${JSON.stringify([...before, ...list])}\n`);
}
