-- The same as sqlite/0004_value_holder.sql, where it is explained. MySQL has no ADD COLUMN IF NOT EXISTS.
DROP PROCEDURE IF EXISTS add_value_holder;

CREATE PROCEDURE add_value_holder()
BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'identifier_value' AND column_name = 'holder_id') THEN
    ALTER TABLE identifier_value ADD COLUMN holder_id BIGINT, ADD COLUMN holder_version BIGINT NOT NULL DEFAULT 0;
  END IF;
END;

CALL add_value_holder();

DROP PROCEDURE IF EXISTS add_value_holder;

UPDATE identifier_value SET holder_version = version, holder_id = (
  SELECT CASE WHEN MIN(r.identity_id) = MAX(r.identity_id) THEN MIN(r.identity_id) END
  FROM identifier i JOIN record r ON r.id = i.record_id
  WHERE i.kind = identifier_value.kind AND i.value = identifier_value.value);
