-- The same as sqlite/0003_threads_that_told.sql, where it is explained.
CREATE TABLE IF NOT EXISTS record_told (
  record_id BIGINT NOT NULL,
  thread_id BIGINT NOT NULL,
  internal SMALLINT NOT NULL,
  name VARCHAR(200),
  name_us BIGINT NOT NULL,
  PRIMARY KEY (record_id, thread_id, internal),
  KEY record_told_thread (thread_id),
  CONSTRAINT record_told_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identifier_told (
  record_id BIGINT NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  thread_id BIGINT NOT NULL,
  internal SMALLINT NOT NULL,
  shown VARCHAR(400) NOT NULL,
  verified SMALLINT NOT NULL,
  first_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (record_id, kind, value, thread_id, internal),
  CONSTRAINT identifier_told_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS thread_removal (
  thread_id BIGINT NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO setting (name, value) VALUES ('threads_going', '0');

INSERT IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT id, COALESCE(name_thread_id, 0), 0, name, name_us FROM record WHERE name IS NOT NULL;

INSERT IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, thread_id, 0, NULL, -9223372036854775807 - 1 FROM record_thread;

INSERT IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, thread_id, 0, NULL, -9223372036854775807 - 1 FROM identifier_thread;

INSERT IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, COALESCE(thread_id, 0), 0, NULL, -9223372036854775807 - 1 FROM interest_trigger;

INSERT IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT record_id, 0, 0, NULL, -9223372036854775807 - 1 FROM attribute WHERE interest_id IS NULL;

INSERT IGNORE INTO record_told (record_id, thread_id, internal, name, name_us)
  SELECT id, 0, 0, NULL, -9223372036854775807 - 1 FROM record WHERE profile_us <> 0;

INSERT IGNORE INTO identifier_told (record_id, kind, value, thread_id, internal, shown, verified, first_us, created_us)
  SELECT i.record_id, i.kind, i.value, x.thread_id, 0, i.shown, i.verified, i.first_us, i.created_us
  FROM identifier_thread x JOIN identifier i ON i.record_id = x.record_id AND i.kind = x.kind AND i.value = x.value;
