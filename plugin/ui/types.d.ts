// The shapes that cross between the plugin and this element: manifest/schemas/panel_reply.json and action.json in TypeScript's words.
import type { Suggestion, Comparison, Why, LogEntry, Undo, Part, Shown, Outcome } from './types_resolution.d.ts';

export type * from './types_resolution.d.ts';

export type Us = number;
export type FactType = 'flag' | 'number' | 'date' | 'string' | 'text' | 'list';
export type Group = 'interest' | 'crm' | 'loyalty' | 'service' | 'person';
export type Pivot = 'summary' | 'attributes' | 'history';

export interface Item {
  key: string;
  label?: string;
  type: FactType;
  value: boolean | number | string | unknown[];
  unit?: string;
}

/** Of an address whose domain looks like another. */
export interface Lookalike {
  imitates?: string;
  domain?: string;
}

export interface Identifier extends Lookalike {
  kind: 'email' | 'phone' | 'platform' | 'customer';
  value: string;
  scope?: string;
  verified: boolean;
  account: string | null;
  blocked?: boolean;
  why?: 'placeholder' | 'role' | 'own' | 'shared';
}

export interface Source {
  account: string;
  record?: string;
  provider: string;
  label: string;
  handle?: string;
  url?: string;
  social: boolean;
}

export interface Identity {
  id: string | null;
  status: 'known' | 'new' | 'shared';
  name: string;
  initials: string;
  standing?: string;
  tier?: string;
  city?: string;
  time_zone?: string;
  language?: string;
  identifiers: Identifier[];
  sources: Source[];
  interests: { top: string[]; count: number };
  facts: Item[];
  open_tickets: { count: number; waiting_since_us: Us | null } | null;
  first_contact: { at_us: Us; channel: string } | null;
  shared?: { value: string; people: number };
}

export interface Requester extends Lookalike {
  index: number;
  kind: string;
  value: string;
  name: string;
  role: 'requester' | 'cc';
  identity: string | null;
  notes: number;
  selected: boolean;
  last_wrote_us: Us | null;
}

export interface NoteLink {
  kind: 'engagement' | 'ticket';
  engagement?: string;
  thread?: string;
  account?: string;
  at_us?: Us;
  url?: string;
}

export interface Note {
  id: string;
  text: string;
  author: { id: string; name: string };
  created_us: Us;
  edited_us: Us | null;
  pinned: boolean;
  version: number;
  may_edit: boolean;
  link: NoteLink | null;
}

export interface Category {
  id: string;
  group: Group;
  label: string;
  count: number;
  top?: string[];
  items?: Item[];
}

export interface Profile {
  record: string;
  account: string;
  provider: string;
  handle?: string;
  name?: string;
  bio?: string;
  url?: string;
  fetched_us?: Us | null;
  count: number;
}

export interface AttributeRow {
  id: string;
  category: string;
  interest: boolean;
  key?: string;
  name: string;
  type: FactType;
  value: boolean | number | string | unknown[];
  unit?: string;
  account: string;
  record: string;
  party: 'first' | 'second' | 'third';
  source?: string;
  set_us: Us;
  expires_us: Us | null;
  evidence: number;
  sensitive?: boolean;
}

export interface Attributes {
  total: number;
  categories: Category[];
  profiles: Profile[];
  rows: AttributeRow[];
  next: string | null;
}

export interface Evidence {
  at_us: Us;
  words: string;
  engagement: string | null;
  thread?: string | null;
  account: string;
}

export interface Attachment {
  name: string;
  type?: string;
  size?: number;
}

export interface HistoryRow {
  id: string;
  type: 'message' | 'order' | 'call' | 'event' | 'interest';
  at_us: Us;
  direction?: 'in' | 'out' | 'internal';
  channel?: string;
  account: string;
  thread?: string;
  by?: string;
  record?: string;
  text: string;
  more?: boolean;
  attachments?: Attachment[];
  edited?: boolean;
  clamped?: boolean;
  interest?: { attribute: string; name: string; category: string; engagement: string | null };
}

export interface Thread {
  key: string;
  subject: string;
  status: 'open' | 'waiting' | 'closed';
  account: string;
  partition?: string;
  first_us: Us;
  last_us: Us;
  messages: number;
  present: boolean;
  url?: string;
}

export interface Activity {
  from_us: Us;
  step_us: Us;
  messages: number[];
  interests: number[];
}

export interface History {
  rows: HistoryRow[];
  before: string | null;
  after: string | null;
  threads: Record<string, Thread>;
  channels?: string[];
  gaps?: { account: string; since_us: Us }[];
  activity?: Activity;
}

export interface Account {
  label: string;
  provider: string;
  connected_us?: Us;
}

export interface Since {
  at_us: Us;
  engagements?: number;
  orders?: number;
  notes?: number;
  identifiers?: number;
  attributes?: number;
}

export interface Counts {
  notes: number;
  attributes: number;
  interests: number;
  taxonomy: number;
  history: number;
}

export interface Reply {
  may?: string[];
  version: string;
  unchanged?: boolean;
  as_of_us?: Us;
  requesters?: Requester[];
  identity?: Identity;
  notes?: Note[];
  summary?: Category[];
  counts?: Counts;
  accounts?: Record<string, Account>;
  since?: Since | null;
  history?: History;
  attributes?: Attributes;
  evidence?: Evidence[];
  engagement?: { id: string; text: string; attachments?: Attachment[] };
  suggestions?: Suggestion[];
  compare?: Comparison;
  why?: Why[];
  log?: LogEntry[];
  log_next?: string | null;
  undo?: Undo;
  parts?: Part[];
  found?: { identity: string; name: string } | null;
  seen?: string;
  errors?: { part: string; message: string }[];
}

export interface Filter {
  account?: string;
  channel?: string;
  search?: string;
  around?: string;
  attribute?: string;
  engagement?: string;
  suggestion?: string;
  with?: string;
  log?: string;
  find?: { kind: Identifier['kind']; value: string };
}

export interface PanelCall {
  select?: number;
  pivot?: 'attributes' | 'history' | 'evidence' | 'engagement' | 'compare' | 'why' | 'log' | 'undo' | 'parts' | 'find';
  cursor?: string;
  filter?: Filter;
  if_version?: string;
}

export interface ActionArgs {
  id?: string;
  text?: string;
  pinned?: boolean;
  version?: number;
  link?: { kind: 'engagement' | 'ticket'; engagement?: string };
  suggestion?: string;
  with?: string;
  same?: boolean;
  records?: string[];
  record?: string;
  kind?: Identifier['kind'];
  value?: string;
  scope?: string;
  log?: string;
  seen?: string;
}

export interface ActionReply {
  ok: true;
  note?: Note;
  identity?: string | null;
  log?: string | null;
}

export type Message = string | Record<string, string>;

export interface Pattern {
  use: string[];
  text: Message;
}

export interface Messages {
  language: string;
  texts: Record<string, Message>;
  lines: Record<string, Pattern[]>;
}

/** What the parts of the sidebar share: one object for the life of the element. */
export interface Sidebar {
  host: HTMLElement;
  root: ShadowRoot;
  frame: HTMLElement;
  text: import('./text.js').Text;
  format: import('./format.js').Format;
  api: import('./api.js').Api;
  commands: import('./commands.js').Commands;
  resolution: import('./resolution.js').Resolution;
  reply: Reply;
  pivot: Pivot;
  wide: boolean;
  say(message: string, unseen?: boolean): void;
  show(pivot: Pivot): void;
  lead(pivot: Pivot, from: string): void;
  leave(focus_key: string): void;
  back(): boolean;
  backLabel(): string | null;
  openCategory(id: string): void;
  openEngagement(id: string, from: string): Promise<void>;
  writeNote(text: string, link: NoteLink | null): void;
  refresh(): Promise<void>;
  toggleWide(): void;
  enter(): void;
  showWho(): void;
  shown(): Shown;
  resolved(outcome: Outcome): void;
  may(scope: string): boolean;
  mayMerge(): boolean;
  mayWrite(): boolean;
}
