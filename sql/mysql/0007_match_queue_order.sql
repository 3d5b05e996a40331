-- The same as sqlite/0007_match_queue_order.sql. MySQL has no CREATE INDEX IF NOT EXISTS.
DROP PROCEDURE IF EXISTS add_match_queue_order;

CREATE PROCEDURE add_match_queue_order()
BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE()
    AND table_name = 'match_queue' AND index_name = 'match_queue_next') THEN
    CREATE INDEX match_queue_next ON match_queue (queued_us, record_id);
  END IF;
END;

CALL add_match_queue_order();

DROP PROCEDURE IF EXISTS add_match_queue_order;
