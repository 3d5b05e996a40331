-- What suggestions are found by; explained in sqlite/.
CREATE TABLE IF NOT EXISTS match_record (
  record_id BIGINT NOT NULL PRIMARY KEY,
  person VARBINARY(4000) NOT NULL,
  CONSTRAINT match_record_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS match_key (
  match_key BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  PRIMARY KEY (match_key, record_id),
  KEY match_key_record (record_id),
  CONSTRAINT match_key_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS match_queue (
  record_id BIGINT NOT NULL PRIMARY KEY,
  queued_us BIGINT NOT NULL,
  CONSTRAINT match_queue_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS match_model (
  id BIGINT NOT NULL PRIMARY KEY,
  trained_us BIGINT NOT NULL,
  records BIGINT NOT NULL,
  model MEDIUMTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
