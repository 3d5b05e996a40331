// An address of somebody in words, and why one that is blocked joins nobody up.

/** @typedef {import('./types.d.ts').Identifier} Identifier */
/** @typedef {import('./text.js').Text} Text */

/** The value with the platform or source it belongs to. @param {{ kind: string, value: string, scope?: string }} one @param {Text} text */
export function identifierWords({ kind, value, scope }, text) {
  return [scope && kind !== 'phone' ? text.name('provider', scope) : '', value].filter(Boolean).join(' ');
}

/** @param {Identifier} one @param {Text} text */
export function blockedWords({ kind, value, why }, text) {
  if (!why) return text.get('identity.blocked', { count: 1, value });
  const domain = kind === 'email' && why === 'placeholder' ? value.slice(value.lastIndexOf('@') + 1) : '';
  return domain ? text.get('identity.blocked_domain', { value: domain }) : text.get(`identity.blocked_${why}`, { value });
}

/** By which rule a record is in its identity. @param {string} rule @param {{ name?: string, id?: string } | null | undefined} actor @param {Text} text */
export function ruleWords(rule, actor, text) {
  if (rule === 'J' || rule === 'agent') {
    const name = actor?.name || actor?.id;
    return name ? text.get('linked.by', { name }) : text.get('linked.agent');
  }
  return text.has(`linked.${rule}`) ? text.get(`linked.${rule}`) : text.get('linked.other');
}
