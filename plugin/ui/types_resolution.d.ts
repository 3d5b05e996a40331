// Of the same: what crosses about who somebody is.
import type { Identifier, Lookalike, Us } from './types.d.ts';

export interface Suggestion {
  id: string;
  identity: string;
  name: string;
  sources: string[];
  strength: 'strong' | 'possible';
  /** A part of this very person that may be somebody else's. */
  doubted?: string;
  judged?: Judged;
}

/** An agent judged the two to be two people, and since then a rule would have joined them. */
export interface Judged {
  actor: Actor | null;
  at_us: Us;
  since: 'D1' | 'D2' | 'D3' | 'D4';
}

export interface Side {
  identity: string;
  name: string;
  identifiers: Identifier[];
  sources: string[];
  first_us: Us | null;
  last_us: Us | null;
  messages: number;
  city?: string;
  born?: string;
}

export interface EvidenceOf {
  field: 'name' | 'email' | 'phone' | 'landline' | 'address' | 'city' | 'birth_date' | 'customer_id' | 'handle' | 'platform_id' | 'link';
  outcome: 'same' | 'similar' | 'different' | 'missing';
  left: string;
  right: string;
}

export interface Comparison {
  suggestion: string | null;
  left: Side;
  right: Side;
  evidence: EvidenceOf[];
  rule: string | null;
  judged?: Judged;
}

export interface Actor {
  id: string;
  name?: string;
}

export interface Why extends Lookalike {
  kind: Identifier['kind'];
  value: string;
  scope?: string;
  verified: boolean;
  account: string | null;
  record: string;
  name: string;
  rule: string;
  at_us: Us;
  by: 'rule' | 'agent';
  actor?: Actor | null;
  log: string | null;
  /** How many parts came by that event. */
  brought?: number;
}

/** Of whom an entry of the log tells. */
export interface LogPart {
  record: string;
  account: string;
  name: string;
  identifiers: Identifier[];
}

export interface LogEntry {
  id: string;
  at_us: Us;
  actor: Actor | null;
  type: 'merge' | 'autolink' | 'split' | 'unlink' | 'judge_same' | 'judge_not' | 'undo' | 'block_value';
  rule: string | null;
  records: number;
  names: string[];
  parts?: LogPart[];
  taken?: 'part' | Identifier['kind'];
  /** What several people use since. */
  value?: string;
  undoable: boolean;
  undone_by: string | null;
}

export interface UndoMove {
  record: string;
  name: string;
  account: string;
  identifiers?: Identifier[];
  identity_from: string;
  identity_to: string | null;
  /** It is the part by which this ticket's requester is known. */
  requester?: boolean;
}

export interface Undo {
  log: string;
  exact: boolean;
  moves: UndoMove[];
  notes: number;
  engagements: number;
}

/** Whom the agent looked at when they decided something. */
export interface Shown {
  select: number | undefined;
  identity: string | null;
  name: string;
}

/** What was done, to be told to who did it. */
export interface Outcome {
  words: string;
  /** The event, which can be undone. */
  log: string | null;
  of: Shown;
  /** Who it is since. */
  identity?: string | null;
  /** It was an undoing: taking it back is doing it again. */
  undone?: boolean;
}

export interface Part {
  record: string;
  account: string;
  name: string;
  handle: string;
  identifiers: Identifier[];
  messages: number;
  notes?: number;
  first_us: Us | null;
  last_us: Us | null;
}
