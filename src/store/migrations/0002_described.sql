-- Format 2: what the desk learned after its first release. Released, so never edited: what comes next is a format of its own.

-- An optional text that was not given is null everywhere. Rebuilt tables go first, so that what is added below is added to them.
CREATE TABLE ticket_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  team BIGINT NOT NULL REFERENCES team (key),
  customer BIGINT REFERENCES customer (key),
  person BIGINT REFERENCES person (key),
  priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
  stage BIGINT NOT NULL REFERENCES stage (key),
  sales_order BIGINT REFERENCES sales_order (key),
  product BIGINT REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  description TEXT,
  created_at TEXT NOT NULL
);
INSERT INTO ticket_new (key, id, subject, team, customer, person, priority, stage, sales_order, product, lot, description, created_at)
  SELECT key, id, subject, team, customer, person, priority, stage, sales_order, product, lot, NULLIF(description, ''), created_at
  FROM ticket;
DROP TABLE ticket;
ALTER TABLE ticket_new RENAME TO ticket;
CREATE INDEX ticket_customer ON ticket (customer, key);
CREATE TABLE repair_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('draft', 'confirmed', 'under_repair', 'done', 'cancelled')),
  ticket BIGINT REFERENCES ticket (key),
  customer BIGINT REFERENCES customer (key),
  product BIGINT NOT NULL REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  return_transfer BIGINT REFERENCES transfer (key),
  under_warranty BIGINT NOT NULL CHECK (under_warranty IN (0, 1)),
  scheduled_date TEXT NOT NULL,
  responsible BIGINT REFERENCES person (key),
  notes TEXT,
  quotation BIGINT REFERENCES sales_order (key)
);
INSERT INTO repair_new (key, id, state, ticket, customer, product, lot, quantity, return_transfer, under_warranty, scheduled_date,
    responsible, notes, quotation)
  SELECT key, id, state, ticket, customer, product, lot, quantity, return_transfer, under_warranty, scheduled_date,
    responsible, NULLIF(notes, ''), quotation
  FROM repair;
DROP TABLE repair;
ALTER TABLE repair_new RENAME TO repair;
CREATE INDEX repair_ticket ON repair (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX repair_quotation ON repair (quotation) WHERE quotation IS NOT NULL;

-- Services are added: no list of them stands here, their words are the program's.
CREATE TABLE team_service_new (
  team BIGINT NOT NULL REFERENCES team (key),
  service TEXT NOT NULL,
  PRIMARY KEY (team, service)
);
INSERT INTO team_service_new (team, service) SELECT team, service FROM team_service;
DROP TABLE team_service;
ALTER TABLE team_service_new RENAME TO team_service;

-- Lists are answered by an index for what they are asked by most; it holds the keys of each value in order, so that a list is read
-- along it a page at a time.
CREATE INDEX ticket_stage ON ticket (stage, key);
CREATE INDEX ticket_order ON ticket (sales_order, key) WHERE sales_order IS NOT NULL;
CREATE INDEX ticket_person ON ticket (person, key) WHERE person IS NOT NULL;
CREATE INDEX ticket_created ON ticket (created_at, key);
CREATE INDEX ticket_tag_tag ON ticket_tag (tag, ticket);
DROP INDEX document_customer;
CREATE INDEX document_customer ON document (customer, key);
CREATE INDEX document_state ON document (kind, state, key);
CREATE INDEX document_day ON document (kind, (COALESCE(accounting_date, date)), key);
DROP INDEX sales_order_customer;
CREATE INDEX sales_order_customer ON sales_order (customer, key);
CREATE INDEX sales_order_state ON sales_order (state, key);
CREATE INDEX sales_order_date ON sales_order (date, key);
DROP INDEX transfer_customer;
CREATE INDEX transfer_customer ON transfer (customer, key);
DROP INDEX transfer_pending;
CREATE INDEX transfer_state ON transfer (state, key);
CREATE INDEX transfer_date ON transfer (date, key);
DROP INDEX payment_customer;
CREATE INDEX payment_customer ON payment (customer, key);
CREATE INDEX payment_date ON payment (date, key);
CREATE INDEX repair_state ON repair (state, key);
CREATE INDEX repair_customer ON repair (customer, key) WHERE customer IS NOT NULL;
CREATE INDEX repair_date ON repair (scheduled_date, key);
CREATE INDEX coupon_customer ON coupon (customer, key) WHERE customer IS NOT NULL;
CREATE INDEX task_customer ON task (customer, key) WHERE customer IS NOT NULL;
CREATE INDEX task_stage ON task (stage, key);
CREATE INDEX task_assignee ON task (assignee, key) WHERE assignee IS NOT NULL;
CREATE INDEX stock_location ON stock (location, key);
CREATE INDEX stock_lot ON stock (lot, key) WHERE lot IS NOT NULL;

-- Customers are found by their name and e-mail too, ignoring case.
ALTER TABLE customer ADD COLUMN name_folded TEXT;
ALTER TABLE customer ADD COLUMN email_folded TEXT;
CREATE INDEX customer_name ON customer (name_folded);
CREATE INDEX customer_email ON customer (email_folded);

-- Products and journals are found by their name too.
ALTER TABLE product ADD COLUMN name_folded TEXT;
ALTER TABLE journal ADD COLUMN name_folded TEXT;
CREATE INDEX product_name ON product (name_folded);
CREATE INDEX journal_name ON journal (name_folded);

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

-- Users are found by their name too.
ALTER TABLE person ADD COLUMN name_folded TEXT;
CREATE INDEX person_name ON person (name_folded);
