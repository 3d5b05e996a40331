// A part of an identity in words: one source's view of somebody.

/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./types.d.ts').Part} Part */

/** "Hanna (WhatsApp Shop)". @param {{ name: string, account: string | null, handle?: string }} part @param {Sidebar} sidebar */
export function partWords({ name, account, handle }, { text, reply }) {
  const source = account === null ? '' : reply.accounts?.[account]?.label ?? '';
  const who = name || handle || '';
  if (who && source) return text.get('parts.named', { name: who, source });
  return who || source || text.get('parts.unnamed');
}

/** "14 messages, 3 May – 2 Nov 2026". @param {{ messages: number, first_us: number | null, last_us: number | null }} side @param {Sidebar} sidebar */
export function spanWords({ messages, first_us, last_us }, { text, format }) {
  if (!messages || first_us === null || last_us === null) return text.get('parts.messages', { count: messages });
  return text.get('parts.messages_between', { count: messages, span: format.range(first_us, last_us) });
}

/** @param {Part[]} parts */
export function messagesOf(parts) {
  return parts.reduce((sum, part) => sum + part.messages, 0);
}
