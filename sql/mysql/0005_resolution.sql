-- The same as sqlite/0005_resolution.sql, where it is explained. MySQL has no ADD COLUMN IF NOT EXISTS.
DROP PROCEDURE IF EXISTS add_resolution;

CREATE PROCEDURE add_resolution()
BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'account' AND column_name = 'region') THEN
    ALTER TABLE account ADD COLUMN region VARCHAR(2) CHARACTER SET ascii COLLATE ascii_bin;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'identity' AND column_name = 'kind') THEN
    ALTER TABLE identity ADD COLUMN kind SMALLINT NOT NULL DEFAULT 0;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'identifier' AND column_name = 'detached_by') THEN
    ALTER TABLE identifier ADD COLUMN detached_by BIGINT NOT NULL DEFAULT 0;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'identity_log' AND column_name = 'target_id') THEN
    ALTER TABLE identity_log ADD COLUMN target_id BIGINT, ADD KEY identity_log_target (target_id);
  END IF;
END;

CALL add_resolution();

DROP PROCEDURE IF EXISTS add_resolution;

CREATE TABLE IF NOT EXISTS identity_log_record (
  record_id BIGINT NOT NULL,
  log_id BIGINT NOT NULL,
  PRIMARY KEY (record_id, log_id),
  KEY identity_log_record_log (log_id),
  CONSTRAINT identity_log_record_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS identity_redirect (
  identity_id BIGINT NOT NULL PRIMARY KEY,
  live_id BIGINT NOT NULL,
  KEY identity_redirect_live (live_id),
  CONSTRAINT identity_redirect_of_identity FOREIGN KEY (identity_id) REFERENCES identity (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS cannot_link (
  record_id BIGINT NOT NULL,
  other_record_id BIGINT NOT NULL,
  log_id BIGINT NOT NULL,
  PRIMARY KEY (record_id, other_record_id),
  KEY cannot_link_other (other_record_id),
  KEY cannot_link_log (log_id),
  CONSTRAINT cannot_link_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE,
  CONSTRAINT cannot_link_of_other FOREIGN KEY (other_record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS suggestion (
  id BIGINT NOT NULL PRIMARY KEY,
  record_id BIGINT NOT NULL,
  other_record_id BIGINT NOT NULL,
  rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  review SMALLINT NOT NULL DEFAULT 0,
  weight DOUBLE NOT NULL,
  reasons TEXT NOT NULL,
  state SMALLINT NOT NULL DEFAULT 0,
  created_us BIGINT NOT NULL,
  decided_us BIGINT,
  UNIQUE KEY suggestion_pair (record_id, other_record_id),
  KEY suggestion_other (other_record_id),
  CONSTRAINT suggestion_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE,
  CONSTRAINT suggestion_of_other FOREIGN KEY (other_record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS weak_key (
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value VARBINARY(1700) NOT NULL,
  record_id BIGINT NOT NULL,
  PRIMARY KEY (kind, value, record_id),
  KEY weak_key_record (record_id),
  CONSTRAINT weak_key_of_record FOREIGN KEY (record_id) REFERENCES record (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS rule_set (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value MEDIUMTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The procedure of 0002, which now leaves out what is detached; its shape is as it was.
DROP PROCEDURE IF EXISTS open_identity_v1;

CREATE PROCEDURE open_identity_v1(
  IN p_identity BIGINT,
  IN p_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin,
  IN p_value VARBINARY(1700),
  IN p_account BIGINT,
  IN p_agent VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_format SMALLINT,
  IN p_threads INT,
  IN p_triggers INT,
  IN p_rows INT)
READS SQL DATA
SQL SECURITY INVOKER
BEGIN
  DECLARE v_identity BIGINT DEFAULT p_identity;
  DECLARE v_record BIGINT;
  DECLARE v_last BIGINT;
  DECLARE v_state SMALLINT DEFAULT 0;
  DECLARE v_count INT DEFAULT 0;
  DECLARE v_card SMALLINT DEFAULT 0;
  IF p_identity = 0 THEN
    SELECT state INTO v_state FROM identifier_value WHERE kind = p_kind AND value = p_value;
    SELECT MIN(r.identity_id), MAX(r.identity_id) INTO v_identity, v_last
      FROM identifier i JOIN record r ON r.id = i.record_id WHERE i.kind = p_kind AND i.value = p_value AND i.detached_by = 0;
    IF v_state <> 0 OR v_identity <> v_last THEN
      SET v_identity = 0;
      SELECT r.identity_id INTO v_identity FROM identifier i JOIN record r ON r.id = i.record_id
        WHERE i.kind = p_kind AND i.value = p_value AND i.detached_by = 0 AND (v_state = 0 OR r.account_id = p_account)
        ORDER BY r.account_id <> p_account, r.identity_id LIMIT 1;
    END IF;
  END IF;
  SELECT s.value, c.value, d.id, d.version, l.at_us, l.before_us, g.value, o.body
    FROM setting s JOIN setting c ON c.name = 'interest_count' LEFT JOIN setting g ON g.name = 'threads_going'
    LEFT JOIN identity d ON d.id = v_identity
    LEFT JOIN looked l ON l.agent_id = p_agent AND l.identity_id = d.id
    LEFT JOIN opening_card o ON o.identity_id = d.id AND o.version = d.version AND o.format = p_format WHERE s.name = 'settings_version';
  SELECT COUNT(*) INTO v_card FROM opening_card o JOIN identity d ON d.id = o.identity_id
    WHERE o.identity_id = v_identity AND o.version = d.version AND o.format = p_format;
  IF v_identity <> 0 AND v_card = 0 THEN
    SELECT r.id, r.account_id, r.name, r.name_us, r.handle, r.url, r.bio, r.fetched_us, r.created_us,
      i.kind, i.value, i.shown, i.verified, i.created_us, i.first_us
      FROM record r LEFT JOIN identifier i ON i.record_id = r.id AND i.detached_by = 0 WHERE r.identity_id = v_identity;
    SELECT n.id, n.record_id, n.author_id, n.author_name, n.created_us, n.edited_us, n.pinned, n.version, n.link_kind,
      n.link_engagement_id, n.link_account_id, n.link_thread_key, n.text
      FROM record r JOIN note n ON n.record_id = r.id WHERE r.identity_id = v_identity;
    SELECT b.id, b.record_id, b.attribute_key, b.interest_id, b.label, b.type, b.number_value, b.text_value, b.unit,
      b.party, b.`sensitive`, b.expires_us, b.created_us, b.set_us, b.evidence_count
      FROM record r JOIN attribute b ON b.record_id = r.id WHERE r.identity_id = v_identity AND b.removed = 0;
    SELECT t.id, t.source_key, t.partition_key, t.subject, t.status, t.account_id, rt.first_us, rt.last_us,
      rt.in_count, rt.out_count, rt.internal_count, rt.internal_first_us, rt.internal_last_us, rt.waiting_since_us
      FROM record r JOIN record_thread rt ON rt.record_id = r.id JOIN thread t ON t.id = rt.thread_id
      WHERE r.identity_id = v_identity LIMIT p_threads;
    SELECT g.id, g.occurred_us, g.record_id, g.attribute_id, g.engagement_id, g.thread_id, g.words
      FROM record r JOIN interest_trigger g ON g.record_id = r.id
      WHERE r.identity_id = v_identity AND g.words <> '' LIMIT p_triggers;
    SELECT MIN(id) INTO v_record FROM record WHERE identity_id = v_identity;
    WHILE v_record IS NOT NULL AND v_count < 32 DO
      SELECT e.id, e.occurred_us, e.record_id, e.thread_id, e.direction, e.kind, e.channel, e.author, e.preview,
        e.has_more, e.edited, e.clamped, e.attachments
        FROM engagement e WHERE e.record_id = v_record ORDER BY e.occurred_us DESC, e.id DESC LIMIT p_rows;
      SET v_count = v_count + 1;
      SELECT MIN(id) INTO v_record FROM record WHERE identity_id = v_identity AND id > v_record;
    END WHILE;
  END IF;
END;
