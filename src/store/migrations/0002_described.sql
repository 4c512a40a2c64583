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
-- Money. A share of a discount that a refunded line takes along names that line of the invoice (spec B5).
ALTER TABLE document_line ADD COLUMN share_of BIGINT REFERENCES document_line (key);
-- The invoice that takes a credit note back (spec B13).
ALTER TABLE document ADD COLUMN reversed_by BIGINT REFERENCES document (key);
CREATE INDEX document_reversed ON document (reversed_by) WHERE reversed_by IS NOT NULL;
-- Whether a line of an invoice takes something off: then its lines cannot be refunded without a look at the whole.
CREATE INDEX document_line_below_zero ON document_line (document) WHERE total < 0;
-- A payment that was taken back stays as a record (spec B14).
ALTER TABLE payment ADD COLUMN state TEXT NOT NULL DEFAULT 'posted';
