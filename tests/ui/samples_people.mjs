// What crosses about who somebody is: suggestions, comparisons, reasons, parts and log of the sample's Hanna Crane. All people are invented.
import { rich, us } from './samples.mjs';

const id = (number) => String(7000000000000000000n + BigInt(number));
const email = (value, more = {}) => ({ kind: 'email', value, verified: false, account: null, ...more });
const phone = (value, more = {}) => ({ kind: 'phone', value, verified: false, account: null, ...more });

export const may = ['identity.find', 'note.write', 'identity.merge'];

export const suggestions = [
  { id: id(801), identity: id(71), name: 'Hanna Krane', sources: ['WhatsApp Shop'], strength: 'possible' },
  { id: id(802), identity: id(72), name: 'H. Crane', sources: ['Shop', 'X'], strength: 'strong' },
];

/** Hanna as an agent sees her who may join and take apart; her messages say whose record they hang on. */
export function person(more = {}) {
  const reply = rich();
  for (const row of reply.history.rows) if (row.type === 'message') row.record = row.account === '2' ? id(62) : id(61);
  reply.identity.sources = reply.identity.sources.map((source, index) => ({ ...source, record: id(61 + index) }));
  return { ...reply, may, suggestions: structuredClone(suggestions), ...more };
}

export const left = {
  identity: rich().identity.id, name: 'Hanna Crane', sources: ['Support', 'Shop', 'Instagram'], first_us: us(2019, 4, 2), last_us: us(2026, 10, 23), messages: 87, city: 'Perth', born: '1988',
  identifiers: [email('h.crane@mail.example', { verified: true }), phone('+61412345409', { verified: true }), { kind: 'platform', scope: 'instagram', value: 'hanna.c', verified: false, account: '4' }],
};

export const comparisons = {
  [id(801)]: {
    suggestion: id(801), rule: 'match', left,
    right: { identity: id(71), name: 'Hanna Krane', sources: ['WhatsApp Shop'], first_us: us(2026, 9, 30), last_us: us(2026, 10, 20), messages: 3, city: 'Sydney', identifiers: [phone('+61412345409')] },
    evidence: [
      { field: 'phone', outcome: 'same', left: '+61412345409', right: '+61412345409' },
      { field: 'name', outcome: 'similar', left: 'Hanna Crane', right: 'Hanna Krane' },
      { field: 'city', outcome: 'different', left: 'Perth', right: 'Sydney' },
      { field: 'birth_date', outcome: 'missing', left: '1988', right: '' },
    ],
  },
  [id(802)]: {
    suggestion: id(802), rule: 'D3', left,
    right: { identity: id(72), name: 'H. Crane', sources: ['Shop', 'X'], first_us: us(2025, 1, 3), last_us: us(2025, 7, 9), messages: 11, identifiers: [email('h.crane@mail.example', { verified: true }), email('hc@work.example')] },
    evidence: [{ field: 'email', outcome: 'same', left: 'h.crane@mail.example', right: 'h.crane@mail.example' }, { field: 'name', outcome: 'similar', left: 'Hanna Crane', right: 'H. Crane' }],
  },
};

/** A comparison that an agent asked for by hand. */
export function byHand(identity, name) {
  return {
    suggestion: null, rule: null, left,
    right: { identity, name, sources: ['Support'], first_us: null, last_us: null, messages: 0, identifiers: [email('ben.okafor@mail.example')] },
    evidence: [{ field: 'name', outcome: 'different', left: 'Hanna Crane', right: name }],
  };
}

export const why = [
  { ...email('h.crane@mail.example', { verified: true }), account: '1', record: id(61), name: 'Hanna Crane', rule: 'first', at_us: us(2019, 4, 2), by: 'rule', log: null },
  { ...phone('+61412345409'), account: '1', record: id(61), name: 'Hanna Crane', rule: 'first', at_us: us(2019, 4, 2), by: 'rule', log: null },
  { ...phone('+61412345409', { verified: true }), account: '2', record: id(62), name: 'Hanna', rule: 'D4', at_us: us(2026, 4, 3), by: 'rule', log: id(901), brought: 1 },
  { kind: 'customer', value: 'C-10042', verified: true, account: '3', record: id(63), name: 'Crane, H.', rule: 'D3', at_us: us(2021, 2, 2), by: 'rule', log: id(902), brought: 2 },
  { kind: 'platform', scope: 'instagram', value: 'hanna.c', verified: false, account: '4', record: id(64), name: 'Hanna C', rule: 'J', at_us: us(2026, 10, 2), by: 'agent', actor: { id: 'mia', name: 'Mia' }, log: id(903), brought: 1 },
];

export const parts = [
  { record: id(61), account: '1', name: 'Hanna Crane', handle: '', identifiers: [email('h.crane@mail.example', { verified: true }), phone('+61412345409')], messages: 67, first_us: us(2019, 4, 2), last_us: us(2026, 10, 23) },
  { record: id(62), account: '2', name: 'Hanna', handle: '', identifiers: [phone('+61412345409', { verified: true })], messages: 20, first_us: us(2026, 4, 3), last_us: us(2026, 9, 1) },
  { record: id(63), account: '3', name: 'Crane, H.', handle: '', identifiers: [{ kind: 'customer', value: 'C-10042', verified: true, account: '3' }], messages: 0, first_us: null, last_us: null },
  { record: id(64), account: '4', name: '', handle: 'hanna.c', identifiers: [], messages: 0, first_us: null, last_us: null },
];

const told = ({ record, account, name, handle, identifiers }) => ({ record, account, name: name || handle, identifiers });
const anna = { record: id(65), account: '5', name: 'Anna', identifiers: [{ kind: 'platform', scope: 'x', value: 'anna.c', verified: false, account: '5' }] };

/** Newest first. What came in is no entry of it. */
export const log = [
  { id: id(905), at_us: us(2026, 10, 20, 9), actor: { id: 'tom', name: 'Tom' }, type: 'judge_not', rule: 'J', records: 2, names: ['Anna Crane'], parts: [{ ...anna, name: 'Anna Crane' }], undoable: true, undone_by: null },
  { id: id(904), at_us: us(2026, 10, 9, 9), actor: { id: 'tom', name: 'Tom' }, type: 'undo', rule: null, records: 1, names: ['H. C.'], undoable: true, undone_by: null },
  { id: id(903), at_us: us(2026, 10, 2, 9), actor: { id: 'mia', name: 'Mia' }, type: 'merge', rule: 'J', records: 1, names: ['hanna.c'], parts: [told(parts[3])], undoable: true, undone_by: null },
  { id: id(906), at_us: us(2026, 9, 2, 9), actor: { id: 'ana' }, type: 'merge', rule: 'J', records: 1, names: ['H. C.'], undoable: true, undone_by: id(904) },
  { id: id(901), at_us: us(2026, 4, 3, 9), actor: null, type: 'autolink', rule: 'D4', records: 1, names: ['Hanna'], parts: [told(parts[1])], undoable: true, undone_by: null },
  { id: id(902), at_us: us(2021, 2, 2, 9), actor: null, type: 'autolink', rule: 'D3', records: 1, names: [], undoable: true, undone_by: null },
];

/** What undoing the automatic link of 2026 would do now that something happened since. */
export const inexact = {
  log: id(901), exact: false, notes: 1, engagements: 20, moves: [
    { record: id(62), name: 'Hanna', account: '2', identifiers: parts[1].identifiers, identity_from: rich().identity.id, identity_to: null },
    { ...anna, identity_from: id(73), identity_to: rich().identity.id },
  ],
};

export function sharedMailbox() {
  const reply = rich();
  Object.assign(reply.identity, {
    status: 'shared', name: '', shared: { value: 'info@acme.example', people: 7 }, identifiers: [email('info@acme.example', { blocked: true, why: 'role' })], tier: undefined, standing: undefined,
  });
  return { ...reply, may, suggestions: [] };
}

/** A part of hers that may be somebody else's: the number it came by is told by others, too. */
export const doubt = { id: id(803), identity: rich().identity.id, name: 'Hanna', sources: ['WhatsApp Shop'], strength: 'possible', doubted: id(62) };

/** Whom Mia judged to be somebody else, and who has the same mobile since. */
export const judged = {
  id: id(804), identity: id(71), name: 'Hanna Krane', sources: ['WhatsApp Shop'], strength: 'strong',
  judged: { actor: { id: 'mia', name: 'Mia' }, at_us: us(2026, 9, 2, 9), since: 'D4' },
};
