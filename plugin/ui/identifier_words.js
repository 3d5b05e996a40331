// An address of somebody in words, why one that is blocked joins nobody up, and for whose another is taken.
import { h, icon } from './dom.js';

/** @typedef {import('./types.d.ts').Identifier} Identifier */
/** @typedef {import('./types.d.ts').Lookalike} Lookalike */
/** @typedef {import('./types.d.ts').Sidebar} Sidebar */
/** @typedef {import('./text.js').Text} Text */

/**
 * The value, and before that of a platform or a shop whose it is: nobody knows a customer number by itself.
 * @param {{ kind: string, value: string, scope?: string, account?: string | null }} one
 * @param {Pick<Sidebar, 'text' | 'reply'>} sidebar
 */
export function identifierWords({ kind, value, scope = '', account }, { text, reply }) {
  if (kind === 'email' || kind === 'phone') return value;
  const label = reply.accounts?.[account ?? scope]?.label;
  const source = text.has(`provider.${scope}`) ? text.get(`provider.${scope}`) : label ?? (/^\d*$/.test(scope) ? '' : scope);
  return [source, value].filter(Boolean).join(' ');
}

/** @param {Identifier} one @param {Text} text */
export function blockedWords({ kind, value, why }, text) {
  if (!why) return text.get('identity.blocked', { count: 1, value });
  const domain = kind === 'email' && why === 'placeholder' ? value.slice(value.lastIndexOf('@') + 1) : '';
  return domain ? text.get('identity.blocked_domain', { value: domain }) : text.get(`identity.blocked_${why}`, { value });
}

/** A mark and "looks like bank.example" for behind an address; nothing where its domain looks like no other. @param {Lookalike} one @param {Text} text */
export function lookalikeHint({ imitates }, text) {
  return imitates ? [' ', h('span', { class: 'warned' }, icon('alert'), ' ', text.get('identity.looks_like', { imitated: imitates }))] : [];
}

/** By which rule a record is in its identity. @param {string} rule @param {{ name?: string, id?: string } | null | undefined} actor @param {Text} text */
export function ruleWords(rule, actor, text) {
  if (rule === 'J' || rule === 'agent') {
    const name = actor?.name || actor?.id;
    return name ? text.get('linked.by', { name }) : text.get('linked.agent');
  }
  return text.has(`linked.${rule}`) ? text.get(`linked.${rule}`) : text.get('linked.other');
}
