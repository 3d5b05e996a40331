-- What taking decisions back needs. By which event a value became several people's (S2); the event itself names no value.
-- standing 0: that was taken back, and the value is not doubted again.
CREATE TABLE IF NOT EXISTS shared_value (
  kind VARCHAR(16) NOT NULL,
  value BLOB NOT NULL,
  log_id BIGINT NOT NULL,
  standing SMALLINT NOT NULL DEFAULT 1,
  PRIMARY KEY (kind, value),
  UNIQUE (log_id),
  FOREIGN KEY (kind, value) REFERENCES identifier_value (kind, value) ON DELETE CASCADE
) WITHOUT ROWID;

-- A pair that was asked about and parted since is asked about again by new evidence: what kept it apart up to this id does
-- not hide the question. In a suggestion of rule J1, that evidence contradicts a judgement, the larger id stands first, so
-- that it has a row of its own beside the pair's other question.
ALTER TABLE suggestion ADD COLUMN asked_after BIGINT NOT NULL DEFAULT 0;

-- How agents who decided who is who were called when they last did, for the log tells who it was by their ids alone.
CREATE TABLE IF NOT EXISTS agent (
  id VARCHAR(200) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL
) WITHOUT ROWID;

INSERT INTO agent (id, name) SELECT author_id, MAX(author_name) FROM note
  WHERE author_id NOT IN (SELECT id FROM agent) GROUP BY author_id;
