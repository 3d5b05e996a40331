-- The same as sqlite/0008_decisions.sql, where it is explained. MySQL has no ADD COLUMN IF NOT EXISTS.
CREATE TABLE IF NOT EXISTS shared_value (
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  log_id BIGINT NOT NULL,
  standing SMALLINT NOT NULL DEFAULT 1,
  PRIMARY KEY (kind, value),
  UNIQUE KEY shared_value_log (log_id),
  CONSTRAINT shared_value_of_value FOREIGN KEY (kind, value) REFERENCES identifier_value (kind, value) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

DROP PROCEDURE IF EXISTS add_decisions;

CREATE PROCEDURE add_decisions()
BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'suggestion' AND column_name = 'asked_after') THEN
    ALTER TABLE suggestion ADD COLUMN asked_after BIGINT NOT NULL DEFAULT 0;
  END IF;
END;

CALL add_decisions();

DROP PROCEDURE IF EXISTS add_decisions;

CREATE TABLE IF NOT EXISTS agent (
  id VARCHAR(200) NOT NULL PRIMARY KEY,
  name VARCHAR(200) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO agent (id, name) SELECT author_id, MAX(author_name) FROM note
  WHERE author_id NOT IN (SELECT id FROM agent) GROUP BY author_id;
