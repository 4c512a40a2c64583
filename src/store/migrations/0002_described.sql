-- Format 2: what the desk learned after its first release. Not released yet: sections are added below until it is.

-- Which operation of the log moved the goods of a transfer or finished a repair: the order in which things happened to a lot. Null
-- where nothing was moved yet, and for what was done before there was this column, which is older than all that has one.
ALTER TABLE transfer ADD COLUMN moved BIGINT;
ALTER TABLE repair ADD COLUMN moved BIGINT;
-- Whether a part of a repair is sold by the line: it goes with the repaired product, never by a transfer (spec E6).
ALTER TABLE order_line ADD COLUMN for_repair BIGINT NOT NULL DEFAULT 0;
UPDATE order_line SET for_repair = 1 WHERE key IN (SELECT p.order_line FROM repair_part p WHERE p.order_line IS NOT NULL);
CREATE INDEX transfer_line_lot ON transfer_line (lot) WHERE lot IS NOT NULL;
CREATE INDEX repair_lot ON repair (lot) WHERE lot IS NOT NULL;
CREATE INDEX repair_part_lot ON repair_part (lot) WHERE lot IS NOT NULL;
