// What the history of an installation holds, read from the plugin's own database, and the commands that bring it there.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until as until_within } from '../ui/browser.mjs';

const run = promisify(execFile);
const sbin = fileURLToPath(new URL('../../sdk/adapters/request-tracker/sbin/', import.meta.url));
const directions = ['in', 'out', 'internal'];
const statuses = ['open', 'waiting', 'closed'];

/** Waits for what another process does: a worker after its answer, a sweep. It is a matter of milliseconds, and of seconds where much else runs. */
export const until = (condition, what) => until_within(condition, what, 30_000);

async function query(here, sql) {
  const { stdout } = await run('sqlite3', ['-json', '-cmd', '.timeout 5000', join(here.folder, 'identities.db'), sql], { maxBuffer: 256 << 20 });
  return stdout.trim() ? JSON.parse(stdout) : [];
}

/** Every message, in RT's order: {id, ticket, partition, direction, channel, author, text, attachments, edited, customer, emails}. */
export async function messages(here) {
  const rows = await query(here, `
    select cast(k.source_key as text) id, cast(t.source_key as text) ticket, cast(t.partition_key as text) partition, e.direction, e.channel, e.author,
      e.author_id, coalesce(b.text, e.preview) text, e.attachments, e.edited, e.occurred_us, cast(r.source_key as text) customer,
      (select group_concat(cast(i.value as text)) from identifier i where i.record_id = r.id) identifiers
    from engagement e join engagement_key k on k.engagement_id = e.id join thread t on t.id = e.thread_id join record r on r.id = e.record_id
    left join engagement_body b on b.engagement_id = e.id order by cast(k.source_key as integer)`);
  return rows.map((row) => ({ ...row, direction: directions[row.direction], attachments: JSON.parse(row.attachments ?? '[]') }));
}

/** The same of one ticket. */
export async function messages_of(here, ticket) {
  return (await messages(here)).filter((one) => one.ticket === String(ticket));
}

/** How a ticket stands: {partition, subject, status}; nothing when the history does not know it. */
export async function thread(here, ticket) {
  const [row] = await query(here, `select cast(partition_key as text) partition, subject, status from thread where cast(source_key as text) = '${ticket}'`);
  return row && { ...row, status: statuses[row.status] };
}

/** Whether a word stands anywhere in the plugin's database, files beside it included. */
export async function holds(here, word) {
  const { stdout } = await run('sh', ['-c', 'cat "$1"/identities.db* | grep -aFc -- "$2" || true', 'sh', here.folder, word]);
  return Number(stdout) > 0;
}

/** Runs a command of the flow: {status, said}. */
export async function command(here, name, ...words) {
  try {
    const { stdout, stderr } = await run(join(sbin, name), words, { env: here.rt.environment(), maxBuffer: 64 << 20 });
    return { status: 0, said: stdout + stderr };
  } catch (problem) {
    if (typeof problem.code !== 'number') throw problem;
    return { status: problem.code, said: problem.stdout + problem.stderr };
  }
}

export const sweep = (here, ...words) => command(here, 'rt-identities-sweep', ...words);
