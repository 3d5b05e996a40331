// Of the same: what crosses about who somebody is.
import type { Identifier, Us } from './types.d.ts';

export interface Suggestion {
  id: string;
  identity: string;
  name: string;
  sources: string[];
  strength: 'strong' | 'possible';
  /** A part of this very person that may be somebody else's. */
  doubted?: string;
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
  field: 'name' | 'email' | 'phone' | 'address' | 'city' | 'birth_date' | 'customer_id' | 'handle' | 'platform_id' | 'link';
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
}

export interface Actor {
  id: string;
  name?: string;
}

export interface Why {
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
}

export interface LogEntry {
  id: string;
  at_us: Us;
  actor: Actor | null;
  type: 'merge' | 'autolink' | 'split' | 'unlink' | 'judge_same' | 'judge_not' | 'undo' | 'observe';
  rule: string | null;
  records: number;
  names: string[];
  undoable: boolean;
  undone_by: string | null;
}

export interface UndoMove {
  record: string;
  name: string;
  account: string;
  identity_from: string;
  identity_to: string | null;
}

export interface Undo {
  log: string;
  exact: boolean;
  moves: UndoMove[];
  notes: number;
  engagements: number;
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
