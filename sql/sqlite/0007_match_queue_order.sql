-- The records that wait to be compared are taken in the order in which they came.
CREATE INDEX IF NOT EXISTS match_queue_next ON match_queue (queued_us, record_id);
