ALTER TABLE customers DROP COLUMN status_event;
