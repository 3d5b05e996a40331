// A host with scripted answers: keeps one customer in memory, validates all it says and hears against the schemas, and remembers every request.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import { attributeRows, evidence, now, profiles } from './samples.mjs';

const schema = (name) => JSON.parse(readFileSync(new URL(`../../manifest/schemas/${name}.json`, import.meta.url), 'utf8'));
const ajv = new Ajv({ allErrors: true, strict: false, formats: { 'date-time': true } });
const reply_schema = ajv.compile(schema('panel_reply'));
const request_schema = ajv.compile(schema('panel_request'));
const action_schema = ajv.compile(schema('action'));
const action_reply_schema = ajv.compile({ ...schema('action').definitions.reply, $id: 'action_reply' });

/** What a host adds to what the element sends. */
const context = {
  requester: [{ kind: 'email', value: 'h.crane@mail.example' }], ticket: { account: 'desk', thread: '611' }, agent: { id: 'mia', name: 'Mia' }, scopes: ['identity.see', 'note.write'], view: { all: true },
};

export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export class FakeHost {
  constructor(reply) {
    this.reply = reply;
    this.rows = reply.history?.rows ?? [];
    this.attributes = attributeRows();
    this.page_rows = 50;
    this.requests = [];
    this.number = 1;
    this.next_id = 1;
    this.actions = new Map();
    /** Set to answer instead: ({path, body}) => a reply, a Refusal, 'hang' or undefined for the usual. */
    this.override = undefined;
    this.tokens = [];
  }

  /** Something changed: the next poll brings a complete reply. */
  change(what) {
    what?.(this);
    this.number += 1;
    return this;
  }

  version() {
    return `v${this.number}`;
  }

  calls(pivot) {
    return this.requests.filter(({ path, body }) => path.startsWith('/v1/panel/') && (pivot === 'open' ? !body.pivot : body.pivot === pivot));
  }

  answer(path, body) {
    this.requests.push({ path, body });
    const forced = this.override?.({ path, body });
    if (forced instanceof Refusal) throw forced;
    if (forced !== undefined) return forced;
    if (path === '/v1/panel/identities/sidebar') {
      check(request_schema, { ...context, ...body });
      const reply = this.panel(body);
      check(reply_schema, reply);
      return reply;
    }
    const action = path.split('/').pop();
    check(action_schema, { ...context, ...body, action });
    const reply = this.actions.get(body.key) ?? this.act(action, body);
    this.actions.set(body.key, reply);
    check(action_reply_schema, reply);
    return reply;
  }

  panel(body) {
    const version = this.version();
    if (body.pivot === 'attributes') return { version, attributes: this.attributes_page(body.cursor) };
    if (body.pivot === 'evidence') return { version, evidence: evidence() };
    if (body.pivot === 'engagement') {
      const row = this.rows.find((one) => one.id === body.filter.engagement);
      return { version, engagement: { id: body.filter.engagement, text: `${row?.text ?? ''} And this is the whole text.` } };
    }
    if (body.pivot === 'history') return { version, history: this.history(body) };
    if (body.if_version === version) return { version, unchanged: true };
    const requesters = this.reply.requesters?.map((one) => (body.select === undefined ? one : { ...one, selected: one.index === body.select }));
    return { ...this.reply, version, requesters, history: this.history({ cursor: 'last' }) };
  }

  attributes_page(cursor) {
    const from = cursor ? Number(cursor.slice(1)) : 0;
    const rows = this.attributes.slice(from, from + 150);
    const next = from + 150 < this.attributes.length ? `n${from + 150}` : null;
    return { total: this.attributes.length, categories: this.reply.summary ?? [], profiles, rows, next };
  }

  history({ cursor = 'last', filter = {} }) {
    const rows = this.rows.filter((row) => (!filter.channel || row.channel === filter.channel) && (!filter.account || row.account === filter.account)
      && (!filter.search || row.text.toLowerCase().includes(filter.search.toLowerCase())));
    let from = Math.max(0, rows.length - this.page_rows);
    if (filter.around) from = Math.max(0, rows.findIndex((row) => row.id === filter.around) - this.page_rows / 2);
    if (cursor === 'first') from = 0;
    const at = cursor.slice(cursor.indexOf('.') + 1);
    if (cursor[0] === 'b') {
      const end = rows.findIndex((row) => row.id === at);
      from = Math.max(0, end - this.page_rows);
      return this.history_page(rows, from, end);
    }
    if (cursor[0] === 'a') {
      from = rows.findIndex((row) => row.id === at) + 1;
    }
    return this.history_page(rows, from, from + this.page_rows);
  }

  history_page(rows, from, to) {
    const page = rows.slice(from, to);
    const first = page[0];
    const last = page.at(-1);
    const { threads = {}, channels = [], gaps = [], activity } = this.reply.history ?? {};
    const near = Object.fromEntries(Object.entries(threads).filter(([key, one]) => one.present || page.some((row) => row.thread === key)));
    return {
      rows: page, threads: near, channels, gaps, ...(activity ? { activity } : {}),
      before: from > 0 ? `b${first.at_us}.${first.id}` : null,
      after: to < rows.length ? `a${last.at_us}.${last.id}` : null,
    };
  }

  act(action, { args }) {
    const { notes } = this.reply;
    const note = notes.find((one) => one.id === args.id);
    if (action === 'looked') return { ok: true };
    if (action === 'note.add') {
      const added = {
        id: String(8000000000000000000n + BigInt(this.next_id++)), text: args.text, author: { id: 'mia', name: 'Mia' }, created_us: now * 1000, edited_us: null,
        pinned: args.pinned ?? false, version: 1, may_edit: true, link: args.link ?? null,
      };
      this.reply.notes = [added, ...notes];
      this.change();
      return { ok: true, note: added, identity: this.reply.identity.id };
    }
    if (!note) throw new Refusal(404, 'There is no such note.');
    if (args.version !== undefined && args.version !== note.version) throw new Refusal(409, 'The note has changed.');
    if (action === 'note.delete') this.reply.notes = notes.filter((one) => one !== note);
    const changed = { ...note, version: note.version + 1 };
    if (action === 'note.edit') Object.assign(changed, { text: args.text, edited_us: now * 1000 });
    if (action === 'note.pin') changed.pinned = args.pinned;
    if (action !== 'note.delete') this.reply.notes = notes.map((one) => (one === note ? changed : one));
    this.change();
    return action === 'note.delete' ? { ok: true } : { ok: true, note: changed };
  }
}

function check(validate, value) {
  if (!validate(value)) throw new Error(`against the schema: ${ajv.errorsText(validate.errors)}`);
}
