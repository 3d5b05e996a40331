// The host with scripted answers, for questions and commands about who somebody is: what is joined shows, what is undone is as before, and what was
// decided on something else than is there now is refused.
import { createHash } from 'node:crypto';
import { FakeHost, Refusal } from './fake_host.mjs';
import { now, unknown } from './samples.mjs';
import * as people from './samples_people.mjs';

const types = { 'suggestion.accept': 'merge', 'identity.merge': 'merge', 'suggestion.refuse': 'judge_not', 'identity.judge': 'judge_not', 'identity.split': 'split', 'identity.unlink': 'unlink' };

export class PeopleHost extends FakeHost {
  constructor(reply = people.person()) {
    super(reply);
    this.comparisons = structuredClone(people.comparisons);
    this.why = structuredClone(people.why);
    this.parts = structuredClone(people.parts);
    this.log = structuredClone(people.log);
    this.previews = new Map([[people.inexact.log, people.inexact]]);
    this.found = null;
    /** What comes with somebody who is joined. */
    this.joined = { label: 'WhatsApp Perth', text: 'Joined with her past.' };
    /** Complete replies for other requesters of the ticket, by their index. */
    this.others = new Map();
    /** How many entries of the log a page has. */
    this.page_entries = 50;
    /** A server that knows nothing of `seen` yet. */
    this.older = false;
    /** How often colleagues changed who is who. */
    this.regrouped = 0;
    this.before = new Map();
    this.done = [];
  }

  /** A colleague changes who belongs to whom. */
  regroup(what) {
    this.regrouped += 1;
    return this.change(what);
  }

  /** Which state of it this is. */
  seen(...what) {
    return createHash('sha256').update(JSON.stringify([what, this.regrouped])).digest('hex').slice(0, 24);
  }

  panel(body) {
    const version = this.version();
    const whole = (part, ...what) => ({ version, ...part, ...(this.older ? {} : { seen: this.seen(...what) }) });
    if (this.reply.identity.id === null && /^(compare|why|parts|log)$/.test(body.pivot)) throw new Refusal(404, 'Nothing is known of this requester yet.');
    switch (body.pivot) {
      case 'compare': {
        const compare = body.filter.suggestion ? this.comparisons[body.filter.suggestion] : people.byHand(body.filter.with, 'Ben Okafor');
        if (!compare) throw new Refusal(404, 'There is no such suggestion.');
        return whole({ compare }, 'own', compare.right.identity);
      }
      case 'why': return whole({ why: this.why }, 'own');
      case 'parts': return whole({ parts: this.parts }, 'own');
      case 'log': return { version, ...this.log_from(body.cursor) };
      case 'undo': return whole({ undo: this.previews.get(body.filter.log) ?? { log: body.filter.log, exact: true, moves: [], notes: 0, engagements: 0 } }, 'undo', body.filter.log);
      case 'find': return { version, found: this.found };
      default: return this.open_reply(body);
    }
  }

  open_reply(body) {
    const other = body.pivot ? undefined : this.others.get(body.select);
    if (!other || body.if_version === this.version()) return super.panel(body);
    return { ...other, version: this.version(), requesters: this.reply.requesters.map((one) => ({ ...one, selected: one.index === body.select })) };
  }

  log_from(cursor) {
    const from = cursor ? this.log.findIndex(({ id }) => `e${id}` === cursor) + 1 : 0;
    const log = this.log.slice(from, from + this.page_entries);
    if (this.older) return { log };
    return { log, log_next: from + log.length < this.log.length ? `e${log.at(-1).id}` : null };
  }

  /** Of what reply a command has to say which state it was decided on. */
  decided_on(action, { suggestion, with: other, log }) {
    if (action === 'identity.undo') return ['undo', log];
    const compared = suggestion && !this.reply.suggestions.find(({ id }) => id === suggestion)?.doubted ? this.comparisons[suggestion]?.right.identity : other;
    return compared ? ['own', compared] : ['own'];
  }

  act(action, body) {
    if (!/^(suggestion|identity)\./.test(action)) return super.act(action, body);
    const { seen, ...args } = body.args;
    if (!this.older && seen === undefined) throw new Error(`${action} came without what it was decided on`);
    if (seen !== undefined && seen !== this.seen(...this.decided_on(action, args))) throw new Refusal(409, 'changed: this changed since you looked at it; look again');
    const log = String(7000000000000001000n + BigInt(this.log.length));
    this.done.push({ action, args });
    if (action === 'identity.undo') return this.undo(args.log, log);
    this.before.set(log, this.who());
    const names = this.change_who(action, args);
    this.log = [{ id: log, at_us: now * 1000, actor: { id: 'mia', name: 'Mia' }, type: types[action], rule: 'J', records: names.length, names, undoable: true, undone_by: null }, ...this.log];
    this.change();
    return { ok: true, identity: this.reply.identity.id, log };
  }

  /** @returns the names of whom it is about */
  change_who(action, { suggestion, records, record, kind, value }) {
    const { reply } = this;
    const one = reply.suggestions.find((each) => each.id === suggestion);
    if (suggestion && !one) throw new Refusal(404, 'There is no such suggestion.');
    reply.suggestions = reply.suggestions.filter((each) => each !== one);
    if (action === 'suggestion.accept') {
      reply.identity = { ...reply.identity, sources: [...reply.identity.sources, { account: '2', provider: 'whatsapp', label: this.joined.label, social: false, record: '7999' }] };
      this.rows = [...this.rows, { id: '7998', type: 'message', at_us: now * 1000 - 60e6, direction: 'in', channel: 'whatsapp', account: '2', thread: '52', by: one.name, text: this.joined.text, record: '7999' }];
    }
    if (kind && reply.requesters.some((each) => each.selected && each.kind === kind && each.value === value)) this.forget();
    const gone = new Set(records ?? (action === 'identity.unlink' && !kind ? [record] : []));
    reply.suggestions = reply.suggestions.filter(({ doubted }) => !gone.has(doubted));
    if (gone.size) this.rows = this.rows.filter((row) => !gone.has(row.record));
    return one ? [one.name] : this.parts.filter((part) => gone.has(part.record)).map((part) => part.name || part.handle);
  }

  /** By what this requester wrote from, nobody is found any more. */
  forget() {
    const { kind, value } = this.reply.requesters.find((each) => each.selected);
    const identity = { ...unknown().identity, initials: value[0].toUpperCase(), identifiers: [{ kind, value, verified: false, account: null }] };
    Object.assign(this.reply, { identity, suggestions: [], notes: [], summary: unknown().summary });
    this.rows = [];
  }

  /** All that an undo gives back. */
  who() {
    const { identity, suggestions, counts, notes, summary } = this.reply;
    return structuredClone({ reply: { identity, suggestions, counts, notes, summary }, rows: this.rows });
  }

  undo(target, log) {
    const entry = this.log.find((one) => one.id === target);
    if (!entry) throw new Refusal(409, 'gone: there is no such entry in the log');
    if (!entry.undoable) throw new Refusal(409, 'nothing-to-undo: this entry changed nothing that could be taken back');
    if (entry.undone_by) throw new Refusal(409, 'undone-already: this was undone already');
    const undone = this.who();
    const before = this.before.get(target);
    if (before) {
      this.rows = before.rows;
      Object.assign(this.reply, before.reply);
    }
    this.before.set(log, undone);
    this.log = [{ id: log, at_us: now * 1000, actor: { id: 'mia', name: 'Mia' }, type: 'undo', rule: null, records: 1, names: entry.names, undoable: true, undone_by: null },
      ...this.log.map((one) => (one === entry ? { ...one, undone_by: log } : one))];
    this.change();
    return { ok: true, identity: this.reply.identity.id, log };
  }
}
