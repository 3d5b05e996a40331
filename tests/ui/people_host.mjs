// The host with scripted answers, for questions and commands about who somebody is: what is joined shows, what is undone is as before.
import { FakeHost, Refusal } from './fake_host.mjs';
import { now } from './samples.mjs';
import * as people from './samples_people.mjs';

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
    this.before = new Map();
    this.done = [];
  }

  panel(body) {
    const version = this.version();
    switch (body.pivot) {
      case 'compare': {
        const compare = body.filter.suggestion ? this.comparisons[body.filter.suggestion] : people.byHand(body.filter.with, 'Ben Okafor');
        if (!compare) throw new Refusal(404, 'There is no such suggestion.');
        return { version, compare };
      }
      case 'why': return { version, why: this.why };
      case 'parts': return { version, parts: this.parts };
      case 'log': return { version, log: this.log };
      case 'undo': return { version, undo: this.previews.get(body.filter.log) ?? { log: body.filter.log, exact: true, moves: [], notes: 0, engagements: 0 } };
      case 'find': return { version, found: this.found };
      default: return super.panel(body);
    }
  }

  act(action, body) {
    if (!/^(suggestion|identity)\./.test(action)) return super.act(action, body);
    const { args } = body;
    const log = String(7000000000000001000n + BigInt(this.log.length));
    this.done.push({ action, args });
    if (action === 'identity.undo') return this.undo(args.log, log);
    this.before.set(log, structuredClone({ identity: this.reply.identity, suggestions: this.reply.suggestions, counts: this.reply.counts, rows: this.rows }));
    const names = this.change_who(action, args);
    const type = { 'suggestion.accept': 'merge', 'identity.merge': 'merge', 'suggestion.refuse': 'judge_not', 'identity.judge': 'judge_not', 'identity.split': 'split', 'identity.unlink': 'unlink' }[action];
    this.log = [{ id: log, at_us: now * 1000, actor: { id: 'mia', name: 'Mia' }, type, rule: 'J', records: names.length, names, undoable: true, undone_by: null }, ...this.log];
    this.change();
    return { ok: true, identity: this.reply.identity.id, log };
  }

  /** @returns the names of whom it is about */
  change_who(action, { suggestion, records, record }) {
    const { reply } = this;
    const one = reply.suggestions.find((each) => each.id === suggestion);
    if (suggestion && !one) throw new Refusal(404, 'There is no such suggestion.');
    reply.suggestions = reply.suggestions.filter((each) => each !== one);
    if (action === 'suggestion.accept') {
      reply.identity = { ...reply.identity, sources: [...reply.identity.sources, { account: '2', provider: 'whatsapp', label: this.joined.label, social: false, record: '7999' }] };
      this.rows = [...this.rows, { id: '7998', type: 'message', at_us: now * 1000 - 60e6, direction: 'in', channel: 'whatsapp', account: '2', thread: '52', by: one.name, text: this.joined.text, record: '7999' }];
    }
    const gone = new Set(records ?? (action === 'identity.unlink' ? [record] : []));
    if (gone.size) this.rows = this.rows.filter((row) => !gone.has(row.record));
    return one ? [one.name] : this.parts.filter((part) => gone.has(part.record)).map((part) => part.name || part.handle);
  }

  undo(target, log) {
    const entry = this.log.find((one) => one.id === target);
    if (!entry?.undoable || entry.undone_by) throw new Refusal(409, 'This was undone already.');
    const before = this.before.get(target);
    if (before) {
      this.rows = before.rows;
      Object.assign(this.reply, { identity: before.identity, suggestions: before.suggestions, counts: before.counts });
    }
    this.log = [{ id: log, at_us: now * 1000, actor: { id: 'mia', name: 'Mia' }, type: 'undo', rule: null, records: 1, names: entry.names, undoable: true, undone_by: null },
      ...this.log.map((one) => (one === entry ? { ...one, undone_by: log } : one))];
    this.change();
    return { ok: true, identity: this.reply.identity.id, log };
  }
}
