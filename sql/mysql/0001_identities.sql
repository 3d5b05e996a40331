-- The schema of Identities for MySQL and MariaDB, the same as sqlite/0001_identities.sql, where each table is explained.
-- Ids are 63 bits and time-ordered, times are microseconds since 1970 UTC. Keys are VARBINARY, because a collation takes
-- 'x' and 'x ' for the same key. Indexes stand in their table, because MySQL has no CREATE INDEX IF NOT EXISTS, and a
-- foreign key only where an index serves it already.

CREATE TABLE IF NOT EXISTS setting (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value VARCHAR(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO setting (name, value) VALUES ('interest_count', '0'), ('purge_wanted', '0'), ('settings_version', '1');

CREATE TABLE IF NOT EXISTS account (
  id BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  label VARCHAR(100) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  webhook_key VARCHAR(64) NOT NULL,
  time_zone VARCHAR(64),
  url_ticket VARCHAR(2048),
  url_order VARCHAR(2048),
  url_profile VARCHAR(2048),
  connected_us BIGINT,
  created_us BIGINT NOT NULL,
  disabled_us BIGINT,
  UNIQUE KEY account_name (name),
  UNIQUE KEY account_webhook_key (webhook_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS account_secret (
  id BIGINT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL,
  sealed VARBINARY(1024) NOT NULL,
  not_before_us BIGINT NOT NULL,
  not_after_us BIGINT,
  KEY account_secret_account (account_id),
  CONSTRAINT account_secret_of_account FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identity (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  created_us BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS record (
  id BIGINT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL,
  source_key VARBINARY(1300) NOT NULL,
  identity_id BIGINT NOT NULL,
  name VARCHAR(200),
  name_us BIGINT NOT NULL DEFAULT 0,
  name_thread_id BIGINT,
  handle VARCHAR(200),
  url VARCHAR(2048),
  bio VARCHAR(2000),
  profile_us BIGINT NOT NULL DEFAULT 0,
  fetched_us BIGINT,
  created_us BIGINT NOT NULL,
  UNIQUE KEY record_source (account_id, source_key),
  KEY record_identity (identity_id),
  CONSTRAINT record_of_account FOREIGN KEY (account_id) REFERENCES account (id),
  CONSTRAINT record_of_identity FOREIGN KEY (identity_id) REFERENCES identity (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identifier_value (
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  state SMALLINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (kind, value)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identifier (
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  record_id BIGINT NOT NULL,
  shown VARCHAR(400) NOT NULL,
  verified SMALLINT NOT NULL DEFAULT 0,
  key_version SMALLINT NOT NULL DEFAULT 1,
  first_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (kind, value, record_id),
  KEY identifier_record (record_id),
  CONSTRAINT identifier_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identifier_thread (
  record_id BIGINT NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  thread_id BIGINT NOT NULL,
  PRIMARY KEY (record_id, kind, value, thread_id),
  CONSTRAINT identifier_thread_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS thread (
  id BIGINT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL,
  source_key VARBINARY(800) NOT NULL,
  partition_key VARBINARY(900) NOT NULL,
  partition_us BIGINT NOT NULL,
  subject VARCHAR(255) NOT NULL DEFAULT '',
  subject_us BIGINT NOT NULL,
  status SMALLINT NOT NULL DEFAULT 0,
  status_us BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  UNIQUE KEY thread_source (account_id, source_key),
  CONSTRAINT thread_of_account FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS record_thread (
  record_id BIGINT NOT NULL,
  thread_id BIGINT NOT NULL,
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
  PRIMARY KEY (record_id, thread_id),
  KEY record_thread_thread (thread_id),
  CONSTRAINT record_thread_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE,
  CONSTRAINT record_thread_of_thread FOREIGN KEY (thread_id) REFERENCES thread (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS engagement (
  record_id BIGINT NOT NULL,
  occurred_us BIGINT NOT NULL,
  id BIGINT NOT NULL,
  thread_id BIGINT NOT NULL,
  direction SMALLINT NOT NULL,
  kind SMALLINT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  author_id VARCHAR(200) NOT NULL DEFAULT '',
  author VARCHAR(200) NOT NULL DEFAULT '',
  preview VARCHAR(280) NOT NULL,
  has_more SMALLINT NOT NULL DEFAULT 0,
  edited SMALLINT NOT NULL DEFAULT 0,
  clamped SMALLINT NOT NULL DEFAULT 0,
  attachments MEDIUMTEXT,
  PRIMARY KEY (record_id, occurred_us, id),
  UNIQUE KEY engagement_id (id),
  KEY engagement_thread (thread_id, occurred_us),
  CONSTRAINT engagement_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE,
  CONSTRAINT engagement_of_thread FOREIGN KEY (thread_id) REFERENCES thread (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS engagement_body (
  engagement_id BIGINT NOT NULL PRIMARY KEY,
  text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS engagement_key (
  account_id BIGINT NOT NULL,
  source_key VARBINARY(800) NOT NULL,
  engagement_id BIGINT NOT NULL,
  changed_us BIGINT NOT NULL,
  tie BIGINT NOT NULL,
  PRIMARY KEY (account_id, source_key),
  KEY engagement_key_engagement (engagement_id),
  CONSTRAINT engagement_key_of_account FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS interest_category (
  id BIGINT NOT NULL PRIMARY KEY,
  label VARCHAR(100) NOT NULL,
  UNIQUE KEY interest_category_label (label)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS interest (
  id BIGINT NOT NULL PRIMARY KEY,
  category_id BIGINT NOT NULL,
  name VARCHAR(200) NOT NULL,
  `sensitive` SMALLINT NOT NULL DEFAULT 0,
  UNIQUE KEY interest_name (category_id, name),
  CONSTRAINT interest_of_category FOREIGN KEY (category_id) REFERENCES interest_category (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS attribute (
  id BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  attribute_key VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  interest_id BIGINT,
  label VARCHAR(200) NOT NULL DEFAULT '',
  type SMALLINT NOT NULL,
  number_value DOUBLE,
  text_value MEDIUMTEXT,
  unit VARCHAR(16) NOT NULL DEFAULT '',
  party SMALLINT NOT NULL DEFAULT 1,
  `sensitive` SMALLINT NOT NULL DEFAULT 0,
  removed SMALLINT NOT NULL DEFAULT 0,
  evidence_count BIGINT NOT NULL DEFAULT 0,
  set_us BIGINT NOT NULL,
  expires_us BIGINT,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (record_id, attribute_key),
  UNIQUE KEY attribute_id (id),
  CONSTRAINT attribute_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS interest_trigger (
  record_id BIGINT NOT NULL,
  occurred_us BIGINT NOT NULL,
  id BIGINT NOT NULL,
  attribute_id BIGINT NOT NULL,
  engagement_id BIGINT,
  thread_id BIGINT,
  words VARCHAR(280) NOT NULL DEFAULT '',
  PRIMARY KEY (record_id, occurred_us, id),
  KEY interest_trigger_attribute (attribute_id, occurred_us),
  KEY interest_trigger_engagement (engagement_id),
  CONSTRAINT interest_trigger_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE,
  CONSTRAINT interest_trigger_of_attribute FOREIGN KEY (attribute_id) REFERENCES attribute (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS note (
  id BIGINT NOT NULL PRIMARY KEY,
  record_id BIGINT NOT NULL,
  author_id VARCHAR(200) NOT NULL,
  author_name VARCHAR(200) NOT NULL,
  created_us BIGINT NOT NULL,
  edited_us BIGINT,
  pinned SMALLINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1,
  link_kind SMALLINT NOT NULL DEFAULT 0,
  link_engagement_id BIGINT,
  link_account_id BIGINT,
  link_thread_key VARBINARY(800),
  text TEXT NOT NULL,
  KEY note_record (record_id),
  KEY note_link (link_engagement_id),
  CONSTRAINT note_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS looked (
  agent_id VARCHAR(200) NOT NULL,
  identity_id BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  before_us BIGINT,
  PRIMARY KEY (agent_id, identity_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identity_log (
  id BIGINT NOT NULL PRIMARY KEY,
  at_us BIGINT NOT NULL,
  actor VARCHAR(220) NOT NULL,
  type VARCHAR(32) NOT NULL,
  identity_id BIGINT NOT NULL,
  record_id BIGINT,
  payload MEDIUMTEXT NOT NULL,
  KEY identity_log_identity (identity_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS audit (
  id BIGINT NOT NULL PRIMARY KEY,
  at_us BIGINT NOT NULL,
  agent_id VARCHAR(200) NOT NULL,
  action VARCHAR(32) NOT NULL,
  identity_id BIGINT,
  target_id BIGINT,
  request_id VARCHAR(64) NOT NULL,
  KEY audit_identity (identity_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS delivery (
  account_id BIGINT NOT NULL,
  source_key VARBINARY(800) NOT NULL,
  id BIGINT NOT NULL,
  body_sha256 BINARY(32) NOT NULL,
  received_us BIGINT NOT NULL,
  status SMALLINT NOT NULL,
  results MEDIUMTEXT NOT NULL,
  PRIMARY KEY (account_id, source_key),
  KEY delivery_received (received_us),
  CONSTRAINT delivery_of_account FOREIGN KEY (account_id) REFERENCES account (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS command (
  agent_id VARCHAR(200) NOT NULL,
  command_key VARCHAR(64) NOT NULL,
  action VARCHAR(32) NOT NULL,
  identity_id BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  result_id BIGINT NOT NULL,
  PRIMARY KEY (agent_id, command_key),
  KEY command_at (at_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS lease (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  holder VARCHAR(64) NOT NULL,
  until_us BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
