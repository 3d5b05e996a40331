-- Whom a value leads to, so that a look-up reads two rows instead of joining all who have it. holder_id is the one
-- identity that has the value, as far as holder_version equals version and state is 0; else it is searched for.
-- So whoever gives a value to another record, moves a record that has it, or changes its state raises version.
-- Each column is added in one transaction with its position, because here it cannot be added twice.
ALTER TABLE identifier_value ADD COLUMN holder_id BIGINT;

ALTER TABLE identifier_value ADD COLUMN holder_version BIGINT NOT NULL DEFAULT 0;

UPDATE identifier_value SET holder_version = version, holder_id = (
  SELECT CASE WHEN MIN(r.identity_id) = MAX(r.identity_id) THEN MIN(r.identity_id) END
  FROM identifier i JOIN record r ON r.id = i.record_id
  WHERE i.kind = identifier_value.kind AND i.value = identifier_value.value);
