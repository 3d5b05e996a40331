// Panel replies for states of the sidebar. All people are invented. Times are relative to `now`, which the browser's clock is set to.

export const now = Date.UTC(2026, 10, 23, 14, 5);
export const us = (...date) => Date.UTC(...date) * 1000;
const ago = (days, hours = 0) => (now - (days * 24 + hours) * 3600e3) * 1000;
const id = (number) => String(7000000000000000000n + BigInt(number));

export const accounts = {
  1: { label: 'Support', provider: 'request_tracker' },
  2: { label: 'WhatsApp Shop', provider: 'whatsapp', connected_us: us(2026, 4, 3) },
  3: { label: 'Shop', provider: 'shopify' },
  4: { label: 'Instagram', provider: 'instagram' },
  5: { label: 'X', provider: 'x' },
};

export function note(number, text, author, created_us, more = {}) {
  return {
    id: id(900 + number), text, author: { id: author.toLowerCase(), name: author }, created_us, edited_us: null,
    pinned: false, version: 1, may_edit: author === 'Mia', link: null, ...more,
  };
}

function interestCategories() {
  return [
    ['sport', 'Sport', 14, ['Cycling', 'AFL', 'Surfing']], ['food', 'Food', 7, ['Coffee', 'Ramen']], ['outdoors', 'Outdoors', 6, ['Camping', 'Hiking', 'Kayaks']],
    ['music', 'Music', 4, ['Jazz', 'Vinyl']], ['travel', 'Travel', 4, ['Japan', 'Trains']], ['home', 'Home', 3, ['Plants']],
    ['film', 'Film', 2, ['Documentaries']], ['tech', 'Technology', 2, ['E-bikes']], ['pets', 'Pets', 2, ['Dogs']], ['art', 'Art', 1, ['Ceramics']],
  ].map(([category, label, count, top]) => ({ id: category, group: 'interest', label, count, top }));
}

const factCategories = [
  { id: 'buying', group: 'crm', label: 'Buying', count: 9, items: [
    { key: 'buying.orders', type: 'number', value: 12 }, { key: 'buying.first_order', type: 'date', value: us(2021, 2, 2) },
    { key: 'buying.favourite', type: 'string', value: 'Bikes' }] },
  { id: 'loyalty', group: 'loyalty', label: 'Loyalty', count: 3, items: [
    { key: 'loyalty.tier', type: 'string', value: 'Gold' }, { key: 'loyalty.since', type: 'date', value: us(2024, 5, 1) },
    { key: 'loyalty.points', type: 'number', value: 3120 }] },
  { id: 'service', group: 'service', label: 'Service', count: 7, items: [
    { key: 'service.messages', type: 'number', value: 87 }, { key: 'service.first_contact', type: 'date', value: us(2019, 4, 2) },
    { key: 'service.channels', type: 'list', value: ['mail', 'whatsapp'] }, { key: 'service.hours', type: 'string', value: 'evening' }] },
  { id: 'person', group: 'person', label: 'Person', count: 5, items: [
    { key: 'person.city', type: 'string', value: 'Perth' }, { key: 'person.country', type: 'string', value: 'AU' },
    { key: 'person.birth_year', type: 'number', value: 1988 }, { key: 'person.language', type: 'string', value: 'en' }] },
];

export function requester(index, name, more = {}) {
  return { index, kind: 'email', value: `${name.toLowerCase().replace(' ', '.')}@mail.example`, name, role: 'requester', identity: id(index + 1), notes: 0, selected: false, last_wrote_us: null, ...more };
}

const threads = {
  51: { key: '482', subject: 'Refund', status: 'closed', account: '1', first_us: us(2025, 2, 3, 10), last_us: us(2025, 2, 9, 16), messages: 18, present: false, url: 'https://desk.example/482' },
  52: { key: 'wa-61412345409-2026', subject: '', status: 'open', account: '2', first_us: us(2026, 4, 3, 8), last_us: us(2026, 9, 1, 8), messages: 20, present: false },
  53: { key: '611', subject: 'Loose brake on the gravel bike', status: 'open', account: '1', first_us: us(2026, 10, 21, 18), last_us: us(2026, 10, 23, 12), messages: 5, present: true },
};

const said = [
  'The parcel still shows the old address. I changed it in my account last week, could you have a look?',
  'Hello Hanna, thanks for the note. I corrected the address by hand and the parcel is on its way to Perth now; you should have it on Thursday. If anything else looks odd, just answer to this message and it reaches me directly, also outside office hours. Have a good ride on Sunday, and tell us how the new wheels feel on gravel.',
  'Great, thank you!',
  'love my gravel bike, the coffee ride on Sunday was perfect',
  'Refund of $351 is on its way, it takes up to five days.',
];

/** Rows of a rich history, oldest first. */
export function richRows() {
  const rows = [];
  for (let index = 0; index < 18; ++index) {
    rows.push({
      id: id(100 + index), type: 'message', at_us: us(2025, 2, 3, 10 + index * 8), direction: index % 5 === 4 ? 'internal' : index % 2 ? 'out' : 'in',
      channel: 'mail', account: '1', thread: '51', by: index % 2 || index % 5 === 4 ? 'Mia' : 'Hanna', text: said[index % said.length], more: index % 5 === 1,
      ...(index === 2 ? { attachments: [{ name: 'invoice-482.pdf', type: 'application/pdf', size: 31000 }, { name: 'label.jpg' }] } : {}),
    });
  }
  rows.push({ id: id(140), type: 'interest', at_us: us(2025, 2, 12, 9), account: '4', text: 'love my gravel bike', interest: { attribute: id(300), name: 'Cycling', category: 'sport', engagement: id(103) } });
  rows.push({ id: id(141), type: 'order', at_us: us(2026, 3, 14, 11), direction: 'in', channel: 'shop', account: '3', text: 'Order #1042: Gravel wheels, $351', by: '' });
  for (let index = 0; index < 20; ++index) {
    rows.push({
      id: id(200 + index), type: 'message', at_us: us(2026, 4, 3, 8 + index * 60), direction: index % 2 ? 'out' : 'in', channel: 'whatsapp', account: '2', thread: '52',
      by: index % 2 ? 'Tom' : 'Hanna', text: said[(index + 2) % said.length], more: false, ...(index === 5 ? { edited: true } : {}),
    });
  }
  rows.push({ id: id(241), type: 'interest', at_us: us(2026, 6, 8, 9), account: '2', thread: '52', text: 'coffee ride on Sunday', interest: { attribute: id(314), name: 'Coffee', category: 'food', engagement: id(211) } });
  for (let index = 0; index < 5; ++index) {
    rows.push({
      id: id(260 + index), type: 'message', at_us: us(2026, 10, 21, 18 + index * 10), direction: index % 2 ? 'out' : 'in', channel: 'mail', account: '1', thread: '53',
      by: index % 2 ? 'Mia' : 'Hanna', text: said[index], more: false,
    });
  }
  return rows;
}

/** 5,000 rows over five accounts. */
export function manyRows(count = 5000) {
  return Array.from({ length: count }, (_, index) => ({
    id: id(10000 + index), type: 'message', at_us: us(2016, 0, 1) + index * 68_000_000_000, direction: index % 2 ? 'out' : 'in',
    channel: ['mail', 'whatsapp', 'chat', 'instagram', 'x'][Math.floor(index / 7) % 5], account: String((Math.floor(index / 7) % 5) + 1), thread: String(1000 + Math.floor(index / 7)),
    by: index % 2 ? 'Mia' : 'Hanna', text: `Message ${index + 1}. ${said[index % said.length]}`, more: false,
  }));
}

export function manyThreads(rows) {
  const found = {};
  for (const row of rows) {
    found[row.thread] ??= { key: row.thread, subject: `Talk ${row.thread}`, status: 'closed', account: row.account, first_us: row.at_us, last_us: row.at_us, messages: 0, present: false };
    found[row.thread].last_us = row.at_us;
    found[row.thread].messages += 1;
  }
  return found;
}

export function attributeRows() {
  const names = { sport: ['Cycling', 'AFL', 'Surfing'], food: ['Coffee', 'Ramen'], outdoors: ['Camping', 'Hiking', 'Kayaks'] };
  const rows = [];
  for (const { id: category, label, count } of interestCategories()) {
    for (let index = 0; index < count; ++index) {
      const source = rows.length % 3;
      rows.push({
        id: id(300 + rows.length), category, interest: true, name: names[category]?.[index] ?? `${label} topic ${index + 1}`, type: 'flag', value: true,
        account: ['4', '5', '1'][source], record: ['61', '62', '63'][source], party: ['third', 'third', 'first'][source], source: ['Instagram', 'X', 'Support'][source],
        set_us: us(2025, index % 12, 12), expires_us: index % 2 ? us(2027, 5, 1) : null, evidence: 2,
      });
    }
  }
  for (const { id: category, items } of factCategories) {
    for (const item of items) {
      rows.push({ id: id(300 + rows.length), category, interest: false, key: item.key, name: item.key.split('.')[1].replace('_', ' '), type: item.type, value: item.value, account: '3', record: '64', party: 'first', source: 'Shop', set_us: us(2026, 1, 1), expires_us: null, evidence: 0 });
    }
  }
  while (rows.length < 214) {
    const number = rows.length;
    rows.push({ id: id(300 + number), category: 'reading', interest: true, name: `Book ${number}`, type: 'flag', value: true, account: '5', record: '62', party: 'third', source: 'X', set_us: us(2025, 4, 2), expires_us: null, evidence: 0 });
  }
  return rows;
}

export const profiles = [
  { record: '61', account: '4', provider: 'instagram', handle: '@hanna.c', name: 'Hanna C', bio: 'Gravel, coffee and the long way home. Perth. Dog person; ceramics on rainy days, and always one more hill than planned.', url: 'https://instagram.example/hanna.c', fetched_us: us(2026, 10, 2), count: 16 },
  { record: '62', account: '5', provider: 'x', handle: '@hcrane', name: 'Hanna', bio: 'Opinions on tyres.', url: 'https://x.example/hcrane', fetched_us: us(2026, 9, 20), count: 15 },
];

export function evidence() {
  return [
    { at_us: us(2025, 2, 12), words: 'love my gravel bike', engagement: id(103), thread: '51', account: '1' },
    { at_us: us(2025, 5, 1), words: 'sold the car, cycling to work', engagement: null, account: '4' },
  ];
}

export function rich() {
  return {
    version: 'v1', as_of_us: now * 1000,
    requesters: [requester(0, 'Hanna Crane', { selected: true, notes: 3, last_wrote_us: ago(0, 2) })],
    identity: {
      id: id(1), status: 'known', name: 'Hanna Crane', initials: 'HC', standing: 'Customer', tier: 'Gold', city: 'Perth', time_zone: 'Australia/Perth', language: 'en',
      identifiers: [
        { kind: 'email', value: 'h.crane@mail.example', verified: true, account: null }, { kind: 'phone', value: '+61412345409', verified: true, account: null },
        { kind: 'platform', value: '@hanna.c', scope: 'instagram', verified: false, account: '4' }, { kind: 'customer', value: 'C-10042', verified: true, account: '3' },
      ],
      sources: [
        { account: '2', provider: 'whatsapp', label: 'WhatsApp', social: false }, { account: '3', provider: 'shopify', label: 'Shop', social: false },
        { account: '4', record: '61', provider: 'instagram', label: 'Instagram', handle: '@hanna.c', url: 'https://instagram.example/hanna.c', social: true },
        { account: '5', record: '62', provider: 'x', label: 'X', handle: '@hcrane', url: 'https://x.example/hcrane', social: true },
      ],
      interests: { top: ['Cycling', 'Coffee', 'Camping'], count: 41 },
      facts: [
        { key: 'buying.spent', type: 'number', value: 4210, unit: 'USD' }, { key: 'buying.orders', type: 'number', value: 12 },
        { key: 'buying.average', type: 'number', value: 351, unit: 'USD' }, { key: 'buying.latest_order', type: 'date', value: us(2026, 10, 3) },
      ],
      open_tickets: { count: 2, waiting_since_us: ago(3) },
      first_contact: { at_us: us(2019, 4, 2), channel: 'mail' },
    },
    notes: [
      note(1, 'Prefers mail; never call before 17:00. Speaks to Mia only.', 'Mia', us(2025, 2, 3), { pinned: true }),
      note(2, 'Refund until 31 Dec agreed.', 'Tom', us(2026, 10, 2), { link: { kind: 'engagement', engagement: id(104), thread: '51', account: '1', at_us: us(2025, 2, 4) } }),
      note(3, 'Old address still on parcels.', 'Ana', us(2026, 0, 9), { link: { kind: 'ticket', thread: '53' } }),
    ],
    summary: [...interestCategories(), ...factCategories],
    counts: { notes: 3, attributes: 214, interests: 41, taxonomy: 12431, history: 46 },
    accounts,
    since: { at_us: us(2026, 10, 4), orders: 1, identifiers: 1, notes: 1 },
    history: { rows: richRows(), before: null, after: null, threads, channels: ['mail', 'whatsapp', 'shop'], gaps: [{ account: '2', since_us: us(2026, 4, 3) }] },
    suggestions: [], errors: [],
  };
}

export function thin() {
  const reply = rich();
  return {
    ...reply,
    requesters: [requester(0, 'Ben Okafor', { selected: true, last_wrote_us: ago(0, 1) })],
    identity: {
      id: id(2), status: 'known', name: 'Ben Okafor', initials: 'BO', standing: 'Customer', language: 'en',
      identifiers: [{ kind: 'email', value: 'ben@okafor.example', verified: true, account: null }],
      sources: [{ account: '1', provider: 'request_tracker', label: 'Support', social: false }],
      interests: { top: [], count: 0 }, facts: [], open_tickets: { count: 1, waiting_since_us: ago(1) }, first_contact: { at_us: us(2025, 8, 2), channel: 'mail' },
    },
    notes: [], since: null,
    summary: [
      { id: 'service', group: 'service', label: 'Service', count: 6, items: [
        { key: 'service.messages', type: 'number', value: 9 }, { key: 'service.first_contact', type: 'date', value: us(2025, 8, 2) },
        { key: 'service.channels', type: 'list', value: ['mail'] }, { key: 'service.hours', type: 'string', value: 'morning' },
        { key: 'service.tickets_open', type: 'number', value: 2 }, { key: 'service.tickets_total', type: 'number', value: 4 }] },
      { id: 'person', group: 'person', label: 'Person', count: 2, items: [
        { key: 'person.organisation', type: 'string', value: 'Okafor Ltd' }, { key: 'person.language', type: 'string', value: 'en' }] },
    ],
    counts: { notes: 0, attributes: 8, interests: 0, taxonomy: 12431, history: 9 },
    history: { rows: richRows().slice(0, 9), before: null, after: null, threads: { 51: threads[51] }, channels: ['mail'], gaps: [] },
  };
}

export function unknown() {
  return {
    ...thin(),
    requesters: [requester(0, '', { value: 'someone@new.example', identity: null, selected: true, last_wrote_us: ago(0, 0) })],
    identity: {
      id: null, status: 'new', name: '', initials: 'S', identifiers: [{ kind: 'email', value: 'someone@new.example', verified: false, account: null }],
      sources: [], interests: { top: [], count: 0 }, facts: [], open_tickets: null, first_contact: { at_us: (now - 7 * 60e3) * 1000, channel: 'mail' },
    },
    summary: [{ id: 'service', group: 'service', label: 'Service', count: 3, items: [
      { key: 'service.messages', type: 'number', value: 1 }, { key: 'service.channels', type: 'list', value: ['mail'] }, { key: 'service.last_contact', type: 'date', value: (now - 7 * 60e3) * 1000 }] }],
    counts: { notes: 0, attributes: 3, interests: 0, taxonomy: 12431, history: 1 },
    history: { rows: richRows().slice(-1), before: null, after: null, threads: { 53: { ...threads[53], messages: 1 } }, channels: ['mail'], gaps: [] },
  };
}

export function blocked() {
  const reply = unknown();
  reply.identity.identifiers[0] = { kind: 'email', value: 'info@shared.example', verified: false, account: null, blocked: true };
  return reply;
}

export function several() {
  const reply = rich();
  reply.requesters = [
    requester(0, 'Hanna Crane', { selected: true, notes: 3, last_wrote_us: ago(0, 2) }), requester(1, 'Ben Okafor', { notes: 1, last_wrote_us: ago(4) }),
    requester(2, 'Lee', { role: 'cc' }), requester(3, 'Kim', { role: 'cc' }), requester(4, 'Ola', { role: 'cc' }), requester(5, 'Uma', { role: 'cc' }), requester(6, 'Zoe', { role: 'cc' }),
  ];
  return reply;
}

export const hostile_name = '</script><img src=x onerror="window.hacked=1">';

export function hostile() {
  const reply = rich();
  reply.identity.name = hostile_name;
  reply.identity.sources[2].url = 'javascript:window.hacked=1';
  reply.notes[0].text = `${hostile_name} <b>bold</b> ${'long'.repeat(60)}`;
  reply.summary[0].label = '<img src=x onerror=window.hacked=1>';
  reply.history.rows.at(-8).text = `<script>window.hacked=1</script> ${'x'.repeat(300)}`;
  return reply;
}
