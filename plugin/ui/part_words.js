// A part of an identity in words: one source's view of somebody.
import { identifierWords } from './identifier_words.js';

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Part} Part */
/** @typedef {import('./types.d.ts').Identifier} Identifier */

/** "Hanna (WhatsApp Shop)". @param {{ name: string, account: string | null, handle?: string }} part @param {Sidebar} sidebar */
export function partWords({ name, account, handle }, { text, reply }) {
  const source = account === null ? '' : reply.accounts?.[account]?.label ?? '';
  const who = name || handle || '';
  if (who && source) return text.get('parts.named', { name: who, source });
  return who || source || text.get('parts.unnamed');
}

/**
 * "Hanna (WhatsApp Shop, +61412345409)": where parts are told from each other, their names may be alike.
 * @param {{ name: string, account: string, identifiers?: Identifier[] }} part
 * @param {Sidebar} sidebar
 */
export function partToldApart({ name, account, identifiers = [] }, sidebar) {
  const { text, format, reply } = sidebar;
  const known = identifiers.find((one) => !one.blocked) ?? identifiers[0];
  const by = known ? identifierWords(known, sidebar) : '';
  if (!name || !by) return partWords({ name: name || by, account }, sidebar);
  const source = reply.accounts?.[account]?.label ?? '';
  return text.get('parts.named', { name, source: !source || by.startsWith(`${source} `) ? by : format.list([source, by]) });
}

/** "14 messages, 3 May – 2 Nov 2026". @param {{ messages: number, first_us: number | null, last_us: number | null }} side @param {Sidebar} sidebar */
export function spanWords({ messages, first_us, last_us }, { text, format }) {
  if (!messages || first_us === null || last_us === null) return text.get('parts.messages', { count: messages });
  return text.get('parts.messages_between', { count: messages, span: format.range(first_us, last_us) });
}

/** What goes where these parts go: "12 messages and 3 notes". @param {Part[]} parts @param {Sidebar} sidebar */
export function carriedWords(parts, { text }) {
  const sum = (/** @type {(part: Part) => number} */ of) => parts.reduce((total, part) => total + of(part), 0);
  const messages = text.get('carried.messages', { count: sum((part) => part.messages) });
  const notes = sum((part) => part.notes ?? 0);
  return notes ? text.get('carried.both', { messages, notes: text.get('carried.notes', { count: notes }) }) : messages;
}
