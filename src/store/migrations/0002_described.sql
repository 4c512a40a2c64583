-- Format 2: what the desk learned after its first release. Not released yet: sections are added below until it is.

-- Which operation of the log moved the goods of a transfer or finished a repair: the order in which things happened to a lot. Null
-- where nothing was moved yet, and for what was done before there was this column, which is older than all that has one.
ALTER TABLE transfer ADD COLUMN moved BIGINT;
ALTER TABLE repair ADD COLUMN moved BIGINT;
-- Whether a part of a repair was made to be sold by the line, though the part may be gone by now: it goes with the repaired
-- product, never by a transfer (spec E6). Of older lines the parts that are there tell.
ALTER TABLE order_line ADD COLUMN for_repair BIGINT NOT NULL DEFAULT 0;
CREATE INDEX transfer_line_lot ON transfer_line (lot) WHERE lot IS NOT NULL;
CREATE INDEX repair_lot ON repair (lot) WHERE lot IS NOT NULL;
CREATE INDEX repair_part_lot ON repair_part (lot) WHERE lot IS NOT NULL;
