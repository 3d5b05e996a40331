-- What merging, splitting and undoing need. Every fact hangs on its record, so a merge changes record.identity_id and nothing
-- else. Each column is added in one transaction with its position, because here it cannot be added twice.

-- ISO 3166 country of numbers that were written without theirs.
ALTER TABLE account ADD COLUMN region VARCHAR(2);

-- 0 a person, 1 whoever writes from a shared mailbox; that one never takes part in a merge.
ALTER TABLE identity ADD COLUMN kind SMALLINT NOT NULL DEFAULT 0;

-- The event that took it off its record, by an agent or because a number has another owner now; 0, it is the record's.
-- What is detached is kept, so that it does not come back with the next message; it links nobody and is not shown.
ALTER TABLE identifier ADD COLUMN detached_by BIGINT NOT NULL DEFAULT 0;

-- The event that this one undoes.
ALTER TABLE identity_log ADD COLUMN target_id BIGINT;

CREATE INDEX IF NOT EXISTS identity_log_target ON identity_log (target_id);

-- The records that an event moved or spoke of.
CREATE TABLE IF NOT EXISTS identity_log_record (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  log_id BIGINT NOT NULL REFERENCES identity_log (id) ON DELETE CASCADE,
  PRIMARY KEY (record_id, log_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS identity_log_record_log ON identity_log_record (log_id);

-- Where the facts of a retired identity are now, in one step. Its row stays, and an undo revives it.
CREATE TABLE IF NOT EXISTS identity_redirect (
  identity_id BIGINT NOT NULL PRIMARY KEY REFERENCES identity (id) ON DELETE CASCADE,
  live_id BIGINT NOT NULL REFERENCES identity (id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS identity_redirect_live ON identity_redirect (live_id);

-- Two records that an agent judged to be two people, the smaller id first. It beats all evidence until it is withdrawn.
CREATE TABLE IF NOT EXISTS cannot_link (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  other_record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  log_id BIGINT NOT NULL,
  PRIMARY KEY (record_id, other_record_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS cannot_link_other ON cannot_link (other_record_id);

CREATE INDEX IF NOT EXISTS cannot_link_log ON cannot_link (log_id);

-- Two records that may be one person, the smaller id first. rule: the code of a rule, or 'match' for weighed evidence.
-- reasons: JSON of fields and outcomes, never a value. state 0 open, 1 accepted, 2 refused, 3 no longer of use.
-- review 1: they are in one identity, and what linked them is doubted now.
CREATE TABLE IF NOT EXISTS suggestion (
  id BIGINT NOT NULL PRIMARY KEY,
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  other_record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  rule VARCHAR(16) NOT NULL,
  review SMALLINT NOT NULL DEFAULT 0,
  weight DOUBLE NOT NULL,
  reasons TEXT NOT NULL,
  state SMALLINT NOT NULL DEFAULT 0,
  created_us BIGINT NOT NULL,
  decided_us BIGINT,
  UNIQUE (record_id, other_record_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS suggestion_other ON suggestion (other_record_id);

-- What two records may have in common without being one person's for sure: an address without its tag, a number's last
-- digits, a handle. It only suggests. kind: the rule's code.
CREATE TABLE IF NOT EXISTS weak_key (
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value, record_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS weak_key_record ON weak_key (record_id);

-- The rules as an administrator set them, as JSON; those that are not named are as core/resolution_rules.hpp has them.
CREATE TABLE IF NOT EXISTS rule_set (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
