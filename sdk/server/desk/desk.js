// The helpdesk of the demo. It owns tickets, agents and their rights, and embeds the sidebar as any web helpdesk would: one script, one
// element, one function that fetches a token. The rest of this file is the helpdesk itself and the outside systems that it plays.
// Everything shown goes through textContent.

const $ = (id) => document.getElementById(id);

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

let desk = { title: 'Helpdesk', agents: [], tickets: [], deliveries: [] };
let agent = null;
let ticket = null;

// ---- Times ----------------------------------------------------------------------------------------------------------------------

// Sample data gives times as "@now" and "@-3d5h30m", before now.
const SPAN = /^@(?:now|-(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?)$/;

function resolvedTime(text) {
  const span = SPAN.exec(text);
  if (!span) return text;
  const [days, hours, minutes] = span.slice(1).map((part) => Number(part ?? 0));
  return new Date(Date.now() - ((days * 24 + hours) * 60 + minutes) * 60_000).toISOString();
}

function shownTime(text) {
  const at = new Date(resolvedTime(text));
  if (Number.isNaN(at.getTime())) return '';
  const sameYear = at.getFullYear() === new Date().getFullYear();
  const parts = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: agent.time_zone };
  return new Intl.DateTimeFormat(agent.locale, sameYear ? parts : { ...parts, weekday: undefined, year: 'numeric' }).format(at);
}

function waitedFor(text) {
  const minutes = Math.max(0, Math.round((Date.now() - new Date(resolvedTime(text)).getTime()) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}

// ---- Rights ---------------------------------------------------------------------------------------------------------------------

// The helpdesk's own rule, the same that the token's view tells the plugin: a partition's name is "account/partition".
const maySee = (one) => allows(agent.view.partitions, one);
const maySeeInternal = (one) => allows(agent.view.internal_partitions, one);

function allows(partitions, one) {
  return agent.view.all || (partitions ?? []).includes(`${one.account}/${one.partition}`);
}

// ---- The list -------------------------------------------------------------------------------------------------------------------

const STATUS = { open: 'Open', waiting: 'Waiting', closed: 'Closed' };

function showList() {
  const list = $('ticket-list');
  list.replaceChildren();
  const visible = desk.tickets.filter(maySee);
  const active = visible.filter((one) => one.status !== 'closed');
  $('ticket-count').textContent = `${active.length} open`;
  for (const [title, tickets] of [['Open', active], ['Closed', visible.filter((one) => one.status === 'closed')]]) {
    if (!tickets.length) continue;
    list.append(make('h2', '', title));
    const rows = make('ul');
    for (const one of tickets) rows.append(listRow(one));
    list.append(rows);
  }
}

function listRow(one) {
  const link = make('a');
  link.href = `#/ticket/${encodeURIComponent(one.id)}`;
  if (ticket?.id === one.id) link.setAttribute('aria-current', 'page');
  const last = one.messages.at(-1);
  const top = make('span', 'top');
  top.append(make('span', 'name', one.requesters[0]?.name ?? 'Unknown'), make('span', 'age', last ? waitedFor(last.at) : ''));
  link.append(top, make('span', 'line', one.subject), make('span', 'note', `#${one.id} \u00b7 ${one.story}`));
  const row = make('li');
  row.append(link);
  return row;
}

// ---- The conversation -----------------------------------------------------------------------------------------------------------

function initials(name) {
  return name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join('');
}

function message(one) {
  const row = make('li', one.direction);
  const face = make('span', 'face', initials(one.by));
  face.setAttribute('aria-hidden', 'true');
  const head = make('p', 'head');
  head.append(make('strong', '', one.by));
  if (one.direction === 'internal') head.append(make('span', 'tag', 'Internal comment'));
  const time = make('time', '', shownTime(one.at));
  time.dateTime = resolvedTime(one.at);
  head.append(time);
  const body = make('div', 'body');
  body.append(head, make('p', 'text', one.text));
  for (const file of one.attachments ?? []) body.append(make('p', 'file', `${file.name}${file.size ? `, ${shownSize(file.size)}` : ''}`));
  row.append(face, body);
  return row;
}

function shownSize(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function showConversation() {
  const seen = ticket.messages.filter((one) => one.direction !== 'internal' || maySeeInternal(ticket));
  $('conversation').replaceChildren(...seen.map(message));
}

// This helpdesk has no storage of its own: what was added to the sample stays in the browser, for as long as the sample is the same one.
const keptUnder = () => `messages ${desk.deliveries[0]?.address}`;
const keptMessages = () => JSON.parse(localStorage.getItem(keptUnder()) ?? '[]');

function addMessage(target, one) {
  target.messages.push(one);
  localStorage.setItem(keptUnder(), JSON.stringify([...keptMessages(), { ticket: target.id, message: one }]));
  if (target === ticket) showConversation();
  showList();
}

function showTicket() {
  $('opened').hidden = !ticket;
  $('notice').hidden = Boolean(ticket);
  document.title = ticket ? `#${ticket.id} ${ticket.subject} \u00b7 ${desk.title}` : desk.title;
  if (!ticket) return;
  $('story').textContent = ticket.story;
  $('subject').textContent = ticket.subject;
  const people = ticket.requesters.map((one) => (one.role === 'cc' ? `Cc ${one.name}` : one.name)).join(', ');
  const status = make('span', `status ${ticket.status}`, STATUS[ticket.status] ?? ticket.status);
  $('facts').replaceChildren(status, `#${ticket.id} \u00b7 ${ticket.partition} \u00b7 ${people}`);
  showConversation();
  $('reply').hidden = !ticket.customer || !channelOf(ticket.account);
  $('reply-label').textContent = `Reply to ${ticket.requesters[0]?.name ?? 'the customer'}`;
  $('reply-status').textContent = '';
  showDeliveries();
}

// ---- The sidebar: all that a helpdesk has to do ---------------------------------------------------------------------------------

function showSidebar() {
  const side = $('side');
  side.replaceChildren();
  if (!ticket) return;
  if (!customElements.get('identities-sidebar')) {
    side.append(make('p', 'quiet', 'The sidebar could not be loaded; the ticket works as usual.'));
    return;
  }
  const about = { agent: agent.id, ticket: ticket.id };
  const sidebar = document.createElement('identities-sidebar');
  sidebar.setAttribute('base', '/assets/identities');
  sidebar.setAttribute('ticket-text', '#conversation');
  if (/^https?:\/\//.test(ticket.host ?? '')) sidebar.setAttribute('api', ticket.host);
  sidebar.token = async () => (await post('/desk/api/token', JSON.stringify(about))).token;
  side.append(sidebar);
}

async function post(address, body, headers = {}) {
  const answer = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.json();
}

// ---- Outside systems, played by this page ---------------------------------------------------------------------------------------

// One delivery's address and secret serve its whole account.
function channelOf(account) {
  return desk.deliveries.find((one) => one.account === account && one.address && one.secret);
}

// A copy of the item as it happens now: times resolved, {n} a number that was never used.
function freshItem(template) {
  const fresh = (value) => {
    if (typeof value === 'string') return resolvedTime(value).replaceAll('{n}', serial);
    if (Array.isArray(value)) return value.map(fresh);
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fresh(inner)]));
    return value;
  };
  const serial = String(Date.now());
  const item = fresh(template);
  item.timestamp = new Date().toISOString();
  if (item.data.occurred_at) item.data.occurred_at = item.timestamp;
  return item;
}

// Standard Webhooks: HMAC-SHA256 over "id.timestamp.body", with the bytes behind "whsec_" as key.
async function signed(channel, item) {
  const body = JSON.stringify(item);
  const id = `msg_${crypto.randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const secret = Uint8Array.from(atob(channel.secret.replace(/^whsec_/, '')), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  const signature = `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`;
  return { address: channel.address, body, headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } };
}

async function deliver(channel, item) {
  const request = await signed(channel, item);
  const started = performance.now();
  const answer = await fetch(request.address, {
    method: 'POST', headers: { 'content-type': 'application/json', ...request.headers }, body: request.body,
  });
  const ms = Math.round(performance.now() - started);
  return { ok: answer.ok, text: `${answer.status} ${answer.statusText}`.trim() + ` in ${ms} ms` };
}

function curlLine(request) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = Object.entries({ 'content-type': 'application/json', ...request.headers }).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ['curl -i', ...headers, '--data-raw', quoted(request.body), quoted(new URL(request.address, location.href).href)].join(' ');
}

// What arrives in this helpdesk's own account is a message of the ticket, too.
function addDelivered(item, account) {
  const target = desk.tickets.find((one) => one.id === item.data.thread?.id && one.account === account);
  if (target) addMessage(target, { by: item.data.author?.name ?? '', direction: item.data.direction, at: item.data.occurred_at, text: item.data.text });
}

function deliveryRow(delivery) {
  const status = $('delivery-status');
  const send = make('button', '', delivery.label);
  const copy = make('button', '', 'curl');
  copy.setAttribute('aria-label', `Copy as a curl line: ${delivery.label}`);
  send.type = copy.type = 'button';
  send.addEventListener('click', async () => {
    status.textContent = 'Sending ...';
    try {
      const item = freshItem(delivery.item);
      const outcome = await deliver(delivery, item);
      status.textContent = `${delivery.label}: ${outcome.text}`;
      if (outcome.ok) addDelivered(item, delivery.account);
    } catch (error) {
      status.textContent = `${delivery.label}: not delivered, ${error.message}`;
    }
  });
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(curlLine(await signed(delivery, freshItem(delivery.item))));
      status.textContent = 'Copied as a curl line; its signature is good for five minutes.';
    } catch (error) {
      status.textContent = `Not copied: ${error.message}`;
    }
  });
  const row = make('li');
  row.append(send, copy);
  return row;
}

function showDeliveries() {
  const own = desk.deliveries.filter((one) => one.ticket === ticket.id && one.address && one.secret);
  $('outside').hidden = !own.length;
  $('delivery-status').textContent = '';
  $('deliveries').replaceChildren(...own.map(deliveryRow));
}

// ---- Replies: this helpdesk tells the plugin about its own messages, by the same kind of webhook --------------------------------

async function sendReply(event) {
  event.preventDefault();
  const text = $('reply-text').value.trim();
  if (!text) return;
  const target = ticket;
  const internal = $('reply-internal').checked;
  const at = new Date().toISOString();
  const item = {
    type: 'engagement.created',
    timestamp: at,
    data: {
      id: `${target.id}-${crypto.randomUUID()}`,
      customer: target.customer,
      direction: internal ? 'internal' : 'out',
      kind: 'message',
      channel: 'web',
      occurred_at: at,
      thread: { id: target.id, subject: target.subject, status: target.status, partition: target.partition },
      author: { id: agent.id, name: agent.name },
      text,
    },
  };
  const author = agent.name;
  try {
    const outcome = await deliver(channelOf(target.account), item);
    $('reply-status').textContent = outcome.ok ? 'Sent.' : `Not sent: ${outcome.text}`;
    if (!outcome.ok) return;
    $('reply-text').value = '';
    $('reply-internal').checked = false;
    addMessage(target, { by: author, direction: item.data.direction, at, text });
  } catch (error) {
    $('reply-status').textContent = `Not sent: ${error.message}`;
  }
}

// ---- Wiring ---------------------------------------------------------------------------------------------------------------------

function route() {
  const wanted = /^#\/ticket\/([^/]+)$/.exec(location.hash);
  if (!wanted && location.hash.length > 1) return;
  const visible = desk.tickets.filter(maySee);
  const id = wanted ? decodeURIComponent(wanted[1]) : visible[0]?.id;
  const previous = ticket;
  ticket = visible.find((one) => one.id === id) ?? null;
  $('notice').textContent = ticket ? '' : id ? `There is no ticket #${id} here that ${agent.name} may see.` : 'No tickets.';
  showList();
  showTicket();
  showSidebar();
  if (!previous || previous === ticket) return;
  if (narrow.matches) $('ticket-box').open = false;
  $('ticket').focus({ preventScroll: true });
  window.scrollTo(0, 0);
  $('ticket').scrollTop = 0;
}

const narrow = matchMedia('(max-width: 899.98px)');

// Only a narrow window folds the list away.
function fitList() {
  $('ticket-box').open = !narrow.matches;
  $('ticket-box').firstElementChild.tabIndex = narrow.matches ? 0 : -1;
}

async function start() {
  try {
    const answer = await fetch('/desk/api/desk');
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    desk = await answer.json();
  } catch (error) {
    $('notice').textContent = `The desk could not be loaded: ${error.message}`;
    return;
  }
  for (const kept of keptMessages()) desk.tickets.find((one) => one.id === kept.ticket)?.messages.push(kept.message);
  $('brand').textContent = desk.title;
  for (const one of desk.agents) $('agent').append(new Option(one.name, one.id));
  agent = desk.agents.find((one) => one.id === localStorage.getItem('agent')) ?? desk.agents[0];
  $('agent').value = agent.id;
  $('agent').addEventListener('change', () => {
    agent = desk.agents.find((one) => one.id === $('agent').value);
    localStorage.setItem('agent', agent.id);
    route();
  });
  $('reply').addEventListener('submit', sendReply);
  $('skip').addEventListener('click', (event) => {
    event.preventDefault();
    $('conversation').focus();
  });
  narrow.addEventListener('change', fitList);
  window.addEventListener('hashchange', route);
  fitList();
  route();
}

start();
