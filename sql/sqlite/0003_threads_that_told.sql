-- What each thread told of a customer, so that a view without the thread is not shown it, and so that it goes when the
-- thread is deleted. thread_id 0, it came without a thread. internal 1, an internal engagement told it. record holds the
-- newest of the names, identifier what all told of a value. identifier_told takes the place of identifier_thread.
-- A deleted thread is remembered as a row of thread without a partition_key; no view holds that.
CREATE TABLE IF NOT EXISTS record_told (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  thread_id BIGINT NOT NULL,
  internal SMALLINT NOT NULL,
  name VARCHAR(200),
  name_us BIGINT NOT NULL,
  PRIMARY KEY (record_id, thread_id, internal)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS record_told_thread ON record_told (thread_id);

CREATE TABLE IF NOT EXISTS identifier_told (
  record_id BIGINT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  thread_id BIGINT NOT NULL,
  internal SMALLINT NOT NULL,
  shown VARCHAR(400) NOT NULL,
  verified SMALLINT NOT NULL,
  first_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (record_id, kind, value, thread_id, internal)
) WITHOUT ROWID;

-- Deleted threads whose rows are being removed, step by step. While there are any, the setting threads_going counts them.
CREATE TABLE IF NOT EXISTS thread_removal (
  thread_id BIGINT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

INSERT OR IGNORE INTO setting (name, value) VALUES ('threads_going', '0');

INSERT OR IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT id, COALESCE(name_thread_id, 0), 0, name, name_us FROM record WHERE name IS NOT NULL;

INSERT OR IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, thread_id, 0, NULL, -9223372036854775807 - 1 FROM record_thread;

INSERT OR IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, thread_id, 0, NULL, -9223372036854775807 - 1 FROM identifier_thread;

INSERT OR IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, COALESCE(thread_id, 0), 0, NULL, -9223372036854775807 - 1 FROM interest_trigger;

INSERT OR IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, 0, 0, NULL, -9223372036854775807 - 1 FROM attribute WHERE interest_id IS NULL;

INSERT OR IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT id, 0, 0, NULL, -9223372036854775807 - 1 FROM record WHERE profile_us <> 0;

INSERT OR IGNORE INTO identifier_told (record_id, kind, value, thread_id, internal, shown, verified, first_us, created_us)
  SELECT i.record_id, i.kind, i.value, x.thread_id, 0, i.shown, i.verified, i.first_us, i.created_us
  FROM identifier_thread x JOIN identifier i ON i.record_id = x.record_id AND i.kind = x.kind AND i.value = x.value;
