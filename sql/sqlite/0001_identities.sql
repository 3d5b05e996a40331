-- The schema of Identities. Ids are 63 bits and time-ordered, times are microseconds since 1970 UTC.
-- Every fact hangs on one record, never on an identity, so that a merge relabels records and nothing else.
-- BIGINT is written out everywhere because SOCI cuts INTEGER columns to 32 bits. Keys are BLOB, which here holds text as it
-- was given. Any type that SQLite takes for a number would make 007 and 7 the same key.

CREATE TABLE IF NOT EXISTS setting (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

INSERT OR IGNORE INTO setting (name, value) VALUES ('interest_count', '0'), ('purge_wanted', '0'), ('settings_version', '1');

CREATE TABLE IF NOT EXISTS account (
  id BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(64) NOT NULL UNIQUE,
  label VARCHAR(100) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  webhook_key VARCHAR(64) NOT NULL UNIQUE,
  time_zone VARCHAR(64),
  url_ticket VARCHAR(2048),
  url_order VARCHAR(2048),
  url_profile VARCHAR(2048),
  connected_us BIGINT,
  created_us BIGINT NOT NULL,
  disabled_us BIGINT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS account_secret (
  id BIGINT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  sealed BLOB NOT NULL,
  not_before_us BIGINT NOT NULL,
  not_after_us BIGINT
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS account_secret_account ON account_secret (account_id);

CREATE TABLE IF NOT EXISTS identity (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  created_us BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS record (
  id BIGINT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  source_key BLOB NOT NULL,
  identity_id BIGINT NOT NULL REFERENCES identity (id),
  name VARCHAR(200),
  name_us BIGINT NOT NULL DEFAULT 0,
  name_thread_id BIGINT,
  handle VARCHAR(200),
  url VARCHAR(2048),
  bio VARCHAR(2000),
  profile_us BIGINT NOT NULL DEFAULT 0,
  fetched_us BIGINT,
  created_us BIGINT NOT NULL,
  UNIQUE (account_id, source_key)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS record_identity ON record (identity_id);

-- The row that every linking transaction locks first, in order. state 0 normal, 1 shared, 2 blocked.
CREATE TABLE IF NOT EXISTS identifier_value (
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  state SMALLINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (kind, value)
) WITHOUT ROWID;

-- value is the normalised key; shown is what the source wrote; key_version tells by which rules it was normalised.
-- A value that makes no key keeps its row with kind 'raw.<kind>' and links nothing.
CREATE TABLE IF NOT EXISTS identifier (
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  shown VARCHAR(400) NOT NULL,
  verified SMALLINT NOT NULL DEFAULT 0,
  key_version SMALLINT NOT NULL DEFAULT 1,
  first_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (kind, value, record_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS identifier_record ON identifier (record_id);

-- Which threads gave an identifier, so that a view without them does not show it. thread_id 0, it came without a thread.
CREATE TABLE IF NOT EXISTS identifier_thread (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  thread_id BIGINT NOT NULL,
  PRIMARY KEY (record_id, kind, value, thread_id)
) WITHOUT ROWID;

-- Each of partition, subject and status has the time at which its source said so, because an item may bring any of them.
-- partition_key is the unit of rights: 'account' or 'account/partition'. status 0 open, 1 waiting for the customer, 2 closed.
CREATE TABLE IF NOT EXISTS thread (
  id BIGINT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id),
  source_key BLOB NOT NULL,
  partition_key BLOB NOT NULL,
  partition_us BIGINT NOT NULL,
  subject VARCHAR(255) NOT NULL DEFAULT '',
  subject_us BIGINT NOT NULL,
  status SMALLINT NOT NULL DEFAULT 0,
  status_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  UNIQUE (account_id, source_key)
) WITHOUT ROWID;

-- What a record did in a thread. Counts for a view are sums over these rows. first, last and waiting are those of what
-- customer and agents wrote to each other. Internal engagements have their own, because not every view has them.
CREATE TABLE IF NOT EXISTS record_thread (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  thread_id BIGINT NOT NULL REFERENCES thread (id),
  in_count BIGINT NOT NULL DEFAULT 0,
  out_count BIGINT NOT NULL DEFAULT 0,
  internal_count BIGINT NOT NULL DEFAULT 0,
  first_us BIGINT,
  last_us BIGINT,
  last_in_us BIGINT,
  last_out_us BIGINT,
  waiting_since_us BIGINT,
  internal_first_us BIGINT,
  internal_last_us BIGINT,
  PRIMARY KEY (record_id, thread_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS record_thread_thread ON record_thread (thread_id);

-- direction 0 in, 1 out, 2 internal; kind 0 message, 1 order, 2 call, 3 event. attachments: JSON array of {name,type,size}.
CREATE TABLE IF NOT EXISTS engagement (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  occurred_us BIGINT NOT NULL,
  id BIGINT NOT NULL,
  thread_id BIGINT NOT NULL REFERENCES thread (id),
  direction SMALLINT NOT NULL,
  kind SMALLINT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  author_id VARCHAR(200) NOT NULL DEFAULT '',
  author VARCHAR(200) NOT NULL DEFAULT '',
  preview VARCHAR(280) NOT NULL,
  has_more SMALLINT NOT NULL DEFAULT 0,
  edited SMALLINT NOT NULL DEFAULT 0,
  clamped SMALLINT NOT NULL DEFAULT 0,
  attachments TEXT,
  PRIMARY KEY (record_id, occurred_us, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX IF NOT EXISTS engagement_id ON engagement (id);

CREATE INDEX IF NOT EXISTS engagement_thread ON engagement (thread_id, occurred_us);

CREATE TABLE IF NOT EXISTS engagement_body (
  engagement_id BIGINT NOT NULL PRIMARY KEY,
  text TEXT NOT NULL
) WITHOUT ROWID;

-- Idempotency for good, one row for each engagement that its source ever named. engagement_id is 0 once it was deleted.
-- tie decides between two versions of one time, so that their order of arrival does not.
CREATE TABLE IF NOT EXISTS engagement_key (
  account_id BIGINT NOT NULL REFERENCES account (id),
  source_key BLOB NOT NULL,
  engagement_id BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  tie BIGINT NOT NULL,
  PRIMARY KEY (account_id, source_key)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS engagement_key_engagement ON engagement_key (engagement_id);

CREATE TABLE IF NOT EXISTS interest_category (
  id BIGINT NOT NULL PRIMARY KEY,
  label VARCHAR(100) NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS interest (
  id BIGINT NOT NULL PRIMARY KEY,
  category_id BIGINT NOT NULL REFERENCES interest_category (id),
  name VARCHAR(200) NOT NULL,
  sensitive SMALLINT NOT NULL DEFAULT 0,
  UNIQUE (category_id, name)
) WITHOUT ROWID;

-- attribute_key is 'category.name', or 'interest.<interest id>'. type 0 flag, 1 number, 2 date, 3 string, 4 text, 5 list.
-- number_value holds flags (0, 1) and dates (microseconds) too; a list is a JSON array in text_value.
-- party 1 first, 2 second, 3 third. A removed attribute keeps its row (removed = 1, no value), so that an older delivery
-- that comes late does not bring it back.
CREATE TABLE IF NOT EXISTS attribute (
  id BIGINT NOT NULL UNIQUE,
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  attribute_key VARCHAR(80) NOT NULL,
  interest_id BIGINT REFERENCES interest (id),
  label VARCHAR(200) NOT NULL DEFAULT '',
  type SMALLINT NOT NULL,
  number_value DOUBLE,
  text_value TEXT,
  unit VARCHAR(16) NOT NULL DEFAULT '',
  party SMALLINT NOT NULL DEFAULT 1,
  sensitive SMALLINT NOT NULL DEFAULT 0,
  removed SMALLINT NOT NULL DEFAULT 0,
  evidence_count BIGINT NOT NULL DEFAULT 0,
  set_us BIGINT NOT NULL,
  expires_us BIGINT,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (record_id, attribute_key)
) WITHOUT ROWID;

-- The dated evidence for an interest.
CREATE TABLE IF NOT EXISTS interest_trigger (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  occurred_us BIGINT NOT NULL,
  id BIGINT NOT NULL,
  attribute_id BIGINT NOT NULL REFERENCES attribute (id) ON DELETE CASCADE,
  engagement_id BIGINT,
  thread_id BIGINT REFERENCES thread (id),
  words VARCHAR(280) NOT NULL DEFAULT '',
  PRIMARY KEY (record_id, occurred_us, id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS interest_trigger_attribute ON interest_trigger (attribute_id, occurred_us);

CREATE INDEX IF NOT EXISTS interest_trigger_engagement ON interest_trigger (engagement_id);

-- link_kind 0 none, 1 engagement, 2 ticket.
CREATE TABLE IF NOT EXISTS note (
  id BIGINT NOT NULL PRIMARY KEY,
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  author_id VARCHAR(200) NOT NULL,
  author_name VARCHAR(200) NOT NULL,
  created_us BIGINT NOT NULL,
  edited_us BIGINT,
  pinned SMALLINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1,
  link_kind SMALLINT NOT NULL DEFAULT 0,
  link_engagement_id BIGINT,
  link_account_id BIGINT REFERENCES account (id),
  link_thread_key BLOB,
  text TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS note_record ON note (record_id);

CREATE INDEX IF NOT EXISTS note_link ON note (link_engagement_id);

CREATE TABLE IF NOT EXISTS looked (
  agent_id VARCHAR(200) NOT NULL,
  identity_id BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  before_us BIGINT,
  PRIMARY KEY (agent_id, identity_id)
) WITHOUT ROWID;

-- Append-only: ids, kinds, rules and deltas as JSON; never a value or a name.
CREATE TABLE IF NOT EXISTS identity_log (
  id BIGINT NOT NULL PRIMARY KEY,
  at_us BIGINT NOT NULL,
  actor VARCHAR(200) NOT NULL,
  type VARCHAR(32) NOT NULL,
  identity_id BIGINT NOT NULL,
  record_id BIGINT,
  payload TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS identity_log_identity ON identity_log (identity_id, id);

-- Who read or wrote what, and when; ids only.
CREATE TABLE IF NOT EXISTS audit (
  id BIGINT NOT NULL PRIMARY KEY,
  at_us BIGINT NOT NULL,
  agent_id VARCHAR(200) NOT NULL,
  action VARCHAR(32) NOT NULL,
  identity_id BIGINT,
  target_id BIGINT,
  request_id VARCHAR(64) NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS audit_identity ON audit (identity_id, id);

-- What became of each delivery, by the sender's own id. results: JSON without personal data.
CREATE TABLE IF NOT EXISTS delivery (
  account_id BIGINT NOT NULL REFERENCES account (id),
  source_key BLOB NOT NULL,
  id BIGINT NOT NULL,
  body_sha256 BLOB NOT NULL,
  received_us BIGINT NOT NULL,
  status SMALLINT NOT NULL,
  results TEXT NOT NULL,
  PRIMARY KEY (account_id, source_key)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS delivery_received ON delivery (received_us);

-- An agent's command by its idempotency key, so that a repeat gives the first outcome. result: ids only.
CREATE TABLE IF NOT EXISTS command (
  agent_id VARCHAR(200) NOT NULL,
  command_key VARCHAR(64) NOT NULL,
  action VARCHAR(32) NOT NULL,
  identity_id BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  result_id BIGINT NOT NULL,
  PRIMARY KEY (agent_id, command_key)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS command_at ON command (at_us);

-- A job holds its row while it runs, so any number of runners is safe.
CREATE TABLE IF NOT EXISTS lease (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  holder VARCHAR(64) NOT NULL,
  until_us BIGINT NOT NULL
) WITHOUT ROWID;
