-- The same as sqlite/0008_shared_values.sql, where it is explained.
CREATE TABLE IF NOT EXISTS shared_value (
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  log_id BIGINT NOT NULL,
  standing SMALLINT NOT NULL DEFAULT 1,
  PRIMARY KEY (kind, value),
  UNIQUE KEY shared_value_log (log_id),
  CONSTRAINT shared_value_of_value FOREIGN KEY (kind, value) REFERENCES identifier_value (kind, value) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
