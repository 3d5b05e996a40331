-- What suggestions are found by (core/matching/). All of it is made out of the records again by `identities suggest --train`
-- and goes with the record it is of.

-- The normalised values of a record that are compared, as core/matching/known_person.hpp encodes them.
CREATE TABLE IF NOT EXISTS match_record (
  record_id BIGINT NOT NULL PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE,
  person BLOB NOT NULL
) WITHOUT ROWID;

-- Records that share a key are compared. The key is a hash of parts of a record's values.
CREATE TABLE IF NOT EXISTS match_key (
  match_key BIGINT NOT NULL,
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  PRIMARY KEY (match_key, record_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS match_key_record ON match_key (record_id);

-- Records that are new or changed, until the job has compared them.
CREATE TABLE IF NOT EXISTS match_queue (
  record_id BIGINT NOT NULL PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE,
  queued_us BIGINT NOT NULL
) WITHOUT ROWID;

-- What was learnt, as JSON: weights, and how often the values are that many people share. No value that is one person's.
CREATE TABLE IF NOT EXISTS match_model (
  id BIGINT NOT NULL PRIMARY KEY,
  trained_us BIGINT NOT NULL,
  records BIGINT NOT NULL,
  model TEXT NOT NULL
) WITHOUT ROWID;
