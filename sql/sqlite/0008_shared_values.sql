-- By which event a value became several people's (S2), so that this can be taken back. standing 0: it was taken back, and
-- the value is not doubted again. The event itself names no value.
CREATE TABLE IF NOT EXISTS shared_value (
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  log_id BIGINT NOT NULL,
  standing SMALLINT NOT NULL DEFAULT 1,
  PRIMARY KEY (kind, value),
  UNIQUE (log_id),
  FOREIGN KEY (kind, value) REFERENCES identifier_value (kind, value) ON DELETE CASCADE
) WITHOUT ROWID;
