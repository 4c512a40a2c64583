-- Format 4: whom the desk deals with, and what reaches them. Rebuilt tables go first, so that what is added below is added to them.

-- The words of a column are compared one by one. A list of three or more of them SQLite lays out as a table, anew for every row that is
-- written, which was a tenth of what a command takes. The tables are the same otherwise.
CREATE TABLE operation_new (
  key BIGINT PRIMARY KEY,
  at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind = 'user' OR actor_kind = 'customer' OR actor_kind = 'system'),
  actor TEXT,
  command TEXT NOT NULL,
  hash TEXT NOT NULL,
  salt TEXT
);
INSERT INTO operation_new (key, at, recorded_at, actor_kind, actor, command, hash, salt)
  SELECT key, at, recorded_at, actor_kind, actor, command, hash, salt
  FROM operation;
DROP TABLE operation;
ALTER TABLE operation_new RENAME TO operation;
CREATE INDEX operation_at ON operation (at, key);
CREATE TABLE sales_order_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state = 'draft' OR state = 'sent' OR state = 'confirmed' OR state = 'cancelled'),
  cart BIGINT NOT NULL CHECK (cart IN (0, 1)),
  customer BIGINT NOT NULL REFERENCES customer (key),
  date TEXT NOT NULL,
  currency TEXT NOT NULL REFERENCES currency (code),
  untaxed BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL
);
INSERT INTO sales_order_new (key, id, state, cart, customer, date, currency, untaxed, tax, total)
  SELECT key, id, state, cart, customer, date, currency, untaxed, tax, total
  FROM sales_order;
DROP TABLE sales_order;
ALTER TABLE sales_order_new RENAME TO sales_order;
CREATE UNIQUE INDEX sales_order_cart ON sales_order (customer) WHERE cart = 1 AND state = 'draft';
CREATE INDEX sales_order_customer ON sales_order (customer, key);
CREATE INDEX sales_order_state ON sales_order (state, key);
CREATE INDEX sales_order_date ON sales_order (date, key);
CREATE TABLE ticket_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  team BIGINT NOT NULL REFERENCES team (key),
  customer BIGINT REFERENCES customer (key),
  person BIGINT REFERENCES person (key),
  priority TEXT NOT NULL CHECK (priority = 'low' OR priority = 'medium' OR priority = 'high' OR priority = 'urgent'),
  stage BIGINT NOT NULL REFERENCES stage (key),
  sales_order BIGINT REFERENCES sales_order (key),
  product BIGINT REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  description TEXT,
  created_at TEXT NOT NULL
);
INSERT INTO ticket_new (key, id, subject, team, customer, person, priority, stage, sales_order, product, lot, description,
    created_at)
  SELECT key, id, subject, team, customer, person, priority, stage, sales_order, product, lot, description, created_at
  FROM ticket;
DROP TABLE ticket;
ALTER TABLE ticket_new RENAME TO ticket;
CREATE INDEX ticket_customer ON ticket (customer, key);
CREATE INDEX ticket_stage ON ticket (stage, key);
CREATE INDEX ticket_order ON ticket (sales_order, key) WHERE sales_order IS NOT NULL;
CREATE INDEX ticket_person ON ticket (person, key) WHERE person IS NOT NULL;
CREATE INDEX ticket_created ON ticket (created_at, key);
CREATE TABLE transfer_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind = 'incoming' OR kind = 'outgoing' OR kind = 'internal'),
  state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'ready' OR state = 'done' OR state = 'cancelled'),
  origin TEXT,
  customer BIGINT REFERENCES customer (key),
  sales_order BIGINT REFERENCES sales_order (key),
  ticket BIGINT REFERENCES ticket (key),
  task BIGINT,
  source BIGINT NOT NULL REFERENCES location (key),
  destination BIGINT NOT NULL REFERENCES location (key),
  return_of BIGINT REFERENCES transfer (key),
  exchange_of BIGINT REFERENCES transfer (key),
  backorder_of BIGINT REFERENCES transfer (key),
  keep_order_quantity BIGINT NOT NULL CHECK (keep_order_quantity IN (0, 1)),
  date TEXT NOT NULL,
  moved BIGINT
);
INSERT INTO transfer_new (key, id, kind, state, origin, customer, sales_order, ticket, task, source, destination, return_of,
    exchange_of, backorder_of, keep_order_quantity, date, moved)
  SELECT key, id, kind, state, origin, customer, sales_order, ticket, task, source, destination, return_of, exchange_of,
    backorder_of, keep_order_quantity, date, moved
  FROM transfer;
DROP TABLE transfer;
ALTER TABLE transfer_new RENAME TO transfer;
CREATE INDEX transfer_order ON transfer (sales_order) WHERE sales_order IS NOT NULL;
CREATE INDEX transfer_ticket ON transfer (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX transfer_return ON transfer (return_of) WHERE return_of IS NOT NULL;
CREATE INDEX transfer_exchange ON transfer (exchange_of) WHERE exchange_of IS NOT NULL;
CREATE INDEX transfer_customer ON transfer (customer, key);
CREATE INDEX transfer_state ON transfer (state, key);
CREATE INDEX transfer_date ON transfer (date, key);
CREATE INDEX transfer_delivered_order ON transfer (sales_order, kind, state, key) WHERE kind = 'outgoing' AND state = 'done';
CREATE INDEX transfer_delivered_customer ON transfer (customer, kind, state, key) WHERE kind = 'outgoing' AND state = 'done';
CREATE TABLE document_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  number TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  state TEXT NOT NULL CHECK (state = 'draft' OR state = 'posted' OR state = 'cancelled'),
  journal BIGINT NOT NULL REFERENCES journal (key),
  customer BIGINT NOT NULL REFERENCES customer (key),
  ticket BIGINT REFERENCES ticket (key),
  sales_order BIGINT REFERENCES sales_order (key),
  task BIGINT,
  invoice BIGINT REFERENCES document (key),
  copy_of BIGINT REFERENCES document (key),
  replaces BIGINT NOT NULL CHECK (replaces IN (0, 1)),
  allow_excess BIGINT NOT NULL CHECK (allow_excess IN (0, 1)),
  reason TEXT,
  text TEXT,
  date TEXT NOT NULL,
  accounting_date TEXT,
  due_date TEXT,
  post_on TEXT,
  currency TEXT NOT NULL REFERENCES currency (code),
  untaxed BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL,
  open BIGINT NOT NULL,
  reversed_by BIGINT REFERENCES document (key),
  CHECK (state <> 'posted' OR (number IS NOT NULL AND accounting_date IS NOT NULL)),
  CHECK (state = 'posted' OR open = 0)
);
INSERT INTO document_new (key, id, number, kind, state, journal, customer, ticket, sales_order, task, invoice, copy_of, replaces,
    allow_excess, reason, text, date, accounting_date, due_date, post_on, currency, untaxed, tax, total, open, reversed_by)
  SELECT key, id, number, kind, state, journal, customer, ticket, sales_order, task, invoice, copy_of, replaces, allow_excess,
    reason, text, date, accounting_date, due_date, post_on, currency, untaxed, tax, total, open, reversed_by
  FROM document;
DROP TABLE document;
ALTER TABLE document_new RENAME TO document;
CREATE UNIQUE INDEX document_number ON document (number) WHERE number IS NOT NULL;
CREATE INDEX document_order ON document (sales_order) WHERE sales_order IS NOT NULL;
CREATE INDEX document_ticket ON document (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX document_invoice ON document (invoice) WHERE invoice IS NOT NULL;
CREATE INDEX document_copy ON document (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX document_due ON document (post_on) WHERE state = 'draft' AND post_on IS NOT NULL;
CREATE INDEX document_customer ON document (customer, key);
CREATE INDEX document_state ON document (kind, state, key);
CREATE INDEX document_day ON document (kind, (COALESCE(accounting_date, date)), key);
CREATE INDEX document_reversed ON document (reversed_by) WHERE reversed_by IS NOT NULL;
CREATE INDEX document_open ON document (customer, currency) WHERE open <> 0;
CREATE INDEX document_exceeding ON document (invoice) WHERE allow_excess = 1;
CREATE TABLE repair_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state = 'draft' OR state = 'confirmed' OR state = 'under_repair' OR state = 'done' OR state = 'cancelled'),
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
  quotation BIGINT REFERENCES sales_order (key),
  moved BIGINT
);
INSERT INTO repair_new (key, id, state, ticket, customer, product, lot, quantity, return_transfer, under_warranty, scheduled_date,
    responsible, notes, quotation, moved)
  SELECT key, id, state, ticket, customer, product, lot, quantity, return_transfer, under_warranty, scheduled_date, responsible,
    notes, quotation, moved
  FROM repair;
DROP TABLE repair;
ALTER TABLE repair_new RENAME TO repair;
CREATE INDEX repair_ticket ON repair (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX repair_quotation ON repair (quotation) WHERE quotation IS NOT NULL;
CREATE INDEX repair_state ON repair (state, key);
CREATE INDEX repair_customer ON repair (customer, key) WHERE customer IS NOT NULL;
CREATE INDEX repair_date ON repair (scheduled_date, key);
CREATE INDEX repair_lot ON repair (lot) WHERE lot IS NOT NULL;
CREATE TABLE repair_part_new (
  key BIGINT PRIMARY KEY,
  repair BIGINT NOT NULL REFERENCES repair (key),
  line BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind = 'add' OR kind = 'remove' OR kind = 'recycle'),
  product BIGINT NOT NULL REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  quantity BIGINT NOT NULL,
  done BIGINT NOT NULL CHECK (done >= 0),
  reserved BIGINT NOT NULL CHECK (reserved >= 0),
  price BIGINT NOT NULL,
  order_line BIGINT REFERENCES order_line (key),
  UNIQUE (repair, line)
);
INSERT INTO repair_part_new (key, repair, line, kind, product, lot, quantity, done, reserved, price, order_line)
  SELECT key, repair, line, kind, product, lot, quantity, done, reserved, price, order_line
  FROM repair_part;
DROP TABLE repair_part;
ALTER TABLE repair_part_new RENAME TO repair_part;
CREATE INDEX repair_part_lot ON repair_part (lot) WHERE lot IS NOT NULL;
CREATE TABLE task_new (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  project BIGINT NOT NULL REFERENCES project (key),
  stage TEXT NOT NULL CHECK (stage = 'new' OR stage = 'planned' OR stage = 'in_progress' OR stage = 'done' OR stage = 'cancelled'),
  customer BIGINT REFERENCES customer (key),
  ticket BIGINT REFERENCES ticket (key),
  assignee BIGINT REFERENCES person (key),
  planned_start TEXT,
  planned_end TEXT,
  worksheet_template BIGINT REFERENCES worksheet_template (key),
  signed_by TEXT,
  signed_at TEXT,
  created_at TEXT
);
INSERT INTO task_new (key, id, title, project, stage, customer, ticket, assignee, planned_start, planned_end, worksheet_template,
    signed_by, signed_at, created_at)
  SELECT key, id, title, project, stage, customer, ticket, assignee, planned_start, planned_end, worksheet_template, signed_by,
    signed_at, created_at
  FROM task;
DROP TABLE task;
ALTER TABLE task_new RENAME TO task;
CREATE INDEX task_ticket ON task (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX task_customer ON task (customer, key) WHERE customer IS NOT NULL;
CREATE INDEX task_stage ON task (stage, key);
CREATE INDEX task_assignee ON task (assignee, key) WHERE assignee IS NOT NULL;
CREATE INDEX task_created ON task (COALESCE(created_at, ''), key);

-- Files that belong to records, each kept once by what it holds: in base64, and nothing where its customer was erased.
CREATE TABLE file (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL CHECK (size >= 0),
  data TEXT
);

-- Parties as documents need them: addresses, by what e-invoices and banks know somebody, and what taxes and products are to others.
ALTER TABLE desk ADD COLUMN street TEXT;
ALTER TABLE desk ADD COLUMN postcode TEXT;
ALTER TABLE desk ADD COLUMN city TEXT;
ALTER TABLE desk ADD COLUMN country TEXT;
ALTER TABLE desk ADD COLUMN tax_id TEXT;
ALTER TABLE desk ADD COLUMN language TEXT;
ALTER TABLE desk ADD COLUMN iban TEXT;
ALTER TABLE desk ADD COLUMN bic TEXT;
ALTER TABLE desk ADD COLUMN contact_name TEXT;
ALTER TABLE desk ADD COLUMN phone TEXT;
ALTER TABLE customer ADD COLUMN street TEXT;
ALTER TABLE customer ADD COLUMN postcode TEXT;
ALTER TABLE customer ADD COLUMN city TEXT;
ALTER TABLE customer ADD COLUMN country TEXT;
ALTER TABLE customer ADD COLUMN tax_id TEXT;
ALTER TABLE customer ADD COLUMN language TEXT;
ALTER TABLE customer ADD COLUMN buyer_reference TEXT;
ALTER TABLE product ADD COLUMN unit TEXT NOT NULL DEFAULT 'C62';
-- The category of a tax where its rate alone does not say it.
ALTER TABLE tax ADD COLUMN category TEXT;
ALTER TABLE tax ADD COLUMN exemption TEXT;
-- Which operation posted a document; null in a draft, and in what was posted before there was this column.
ALTER TABLE document ADD COLUMN posted_in BIGINT;
-- What was said before an operation changed it: what was posted by earlier ones goes on telling it.
CREATE TABLE desk_before (
  key BIGINT PRIMARY KEY,
  desk BIGINT NOT NULL REFERENCES desk (key),
  until BIGINT NOT NULL,
  company TEXT NOT NULL,
  mail_from TEXT,
  street TEXT,
  postcode TEXT,
  city TEXT,
  country TEXT,
  tax_id TEXT,
  language TEXT,
  iban TEXT,
  bic TEXT,
  contact_name TEXT,
  phone TEXT
);
CREATE INDEX desk_before_desk ON desk_before (desk, key);
CREATE TABLE customer_before (
  key BIGINT PRIMARY KEY,
  customer BIGINT NOT NULL REFERENCES customer (key),
  until BIGINT NOT NULL,
  name TEXT NOT NULL,
  email TEXT,
  street TEXT,
  postcode TEXT,
  city TEXT,
  country TEXT,
  tax_id TEXT,
  language TEXT,
  buyer_reference TEXT
);
CREATE INDEX customer_before_customer ON customer_before (customer, key);
CREATE TABLE product_before (
  key BIGINT PRIMARY KEY,
  product BIGINT NOT NULL REFERENCES product (key),
  until BIGINT NOT NULL,
  unit TEXT NOT NULL
);
CREATE INDEX product_before_product ON product_before (product, key);
CREATE TABLE tax_before (
  key BIGINT PRIMARY KEY,
  tax BIGINT NOT NULL REFERENCES tax (key),
  until BIGINT NOT NULL,
  category TEXT NOT NULL,
  exemption TEXT
);
CREATE INDEX tax_before_tax ON tax_before (tax, key);

-- Reasons of refunds, so that the same one is written the same each time.
CREATE TABLE reason (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  id_folded TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  active BIGINT NOT NULL
);

-- Field service: the time worked on a task, what was used, and what its worksheet says. Each row of a timesheet is a span that was
-- worked through; one runs as long as it has no end. A worksheet has its fields for itself, and what is signed is sealed.
ALTER TABLE task ADD COLUMN signature BIGINT REFERENCES file (key);
ALTER TABLE task ADD COLUMN seal TEXT;
CREATE TABLE timesheet (
  key BIGINT PRIMARY KEY,
  task BIGINT NOT NULL REFERENCES task (key),
  line BIGINT NOT NULL,
  actor TEXT,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  seconds BIGINT CHECK (seconds >= 0),
  note TEXT,
  paused BIGINT NOT NULL CHECK (paused IN (0, 1)),
  UNIQUE (task, line)
);
CREATE INDEX timesheet_running ON timesheet (actor) WHERE ended_at IS NULL;
CREATE TABLE task_product (
  key BIGINT PRIMARY KEY,
  task BIGINT NOT NULL REFERENCES task (key),
  line BIGINT NOT NULL,
  product BIGINT NOT NULL REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  UNIQUE (task, line)
);
CREATE INDEX task_product_product ON task_product (product);
CREATE INDEX task_product_lot ON task_product (lot) WHERE lot IS NOT NULL;
CREATE TABLE worksheet_value (
  key BIGINT PRIMARY KEY,
  task BIGINT NOT NULL REFERENCES task (key),
  line BIGINT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  required BIGINT NOT NULL CHECK (required IN (0, 1)),
  choices TEXT NOT NULL,
  value TEXT,
  file BIGINT REFERENCES file (key),
  UNIQUE (task, line)
);
CREATE INDEX worksheet_value_file ON worksheet_value (file) WHERE file IS NOT NULL;
-- The agenda of an assignee, what is planned for some days, and what came of a task.
CREATE INDEX task_agenda ON task (assignee, planned_start) WHERE planned_start IS NOT NULL AND stage <> 'done' AND stage <> 'cancelled';
CREATE INDEX task_planned ON task (planned_start, key) WHERE planned_start IS NOT NULL;
CREATE INDEX transfer_task ON transfer (task) WHERE task IS NOT NULL;
CREATE INDEX document_task ON document (task) WHERE task IS NOT NULL;
-- Mail to customers: what it says, what goes along, and how often it was tried.
CREATE TABLE mail (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  customer BIGINT NOT NULL REFERENCES customer (key),
  ticket BIGINT REFERENCES ticket (key),
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('outbox', 'sent', 'failed')),
  path TEXT,
  at TEXT NOT NULL,
  document TEXT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  attempts BIGINT NOT NULL CHECK (attempts >= 0),
  error TEXT,
  next_at TEXT,
  sent_at TEXT,
  body TEXT,
  html TEXT,
  claimed_by TEXT,
  CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
  CHECK (state <> 'sent' OR next_at IS NULL)
);
CREATE INDEX mail_due ON mail (next_at, key) WHERE next_at IS NOT NULL;
CREATE INDEX mail_customer ON mail (customer, key);
CREATE INDEX mail_document ON mail (document, key);
CREATE INDEX mail_at ON mail (at, key);
CREATE TABLE mail_attachment (
  key BIGINT PRIMARY KEY,
  mail BIGINT NOT NULL REFERENCES mail (key),
  line BIGINT NOT NULL,
  name TEXT NOT NULL,
  file BIGINT NOT NULL REFERENCES file (key),
  UNIQUE (mail, line)
);
CREATE INDEX mail_attachment_file ON mail_attachment (file);
CREATE TABLE mail_try (
  key BIGINT PRIMARY KEY,
  mail BIGINT NOT NULL REFERENCES mail (key),
  line BIGINT NOT NULL,
  at TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'put_off', 'refused', 'unknown')),
  error TEXT,
  UNIQUE (mail, line)
);

-- Customers and tickets that turned out to be another one: each leads to the one that all of its records went to.
ALTER TABLE customer ADD COLUMN merged_into BIGINT REFERENCES customer (key);
CREATE INDEX customer_merged ON customer (merged_into) WHERE merged_into IS NOT NULL;
ALTER TABLE ticket ADD COLUMN merged_into BIGINT REFERENCES ticket (key);
CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into IS NOT NULL;
-- Whose name and address a document was posted with, where its customer was merged into another since.
ALTER TABLE document ADD COLUMN posted_for BIGINT REFERENCES customer (key);
-- Up to what a user may refund, in minor units of the desk's currency; and whom it stopped at a credit note, which waits for another.
ALTER TABLE person ADD COLUMN refund_limit BIGINT CHECK (refund_limit >= 0);
ALTER TABLE document ADD COLUMN held_by BIGINT REFERENCES person (key);
CREATE INDEX document_held ON document (held_by) WHERE held_by IS NOT NULL;
-- Ways in: what a line of an imported document was billed with beside what its terms come to.
ALTER TABLE document_line ADD COLUMN billed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE document_line_tax ADD COLUMN billed BIGINT NOT NULL DEFAULT 0;
-- The customer's pages: links by the digests of their tokens, the secret that cookies of visits are signed with, and visits that
-- were ended.
CREATE TABLE invitation (
  key BIGINT PRIMARY KEY,
  customer BIGINT NOT NULL REFERENCES customer (key),
  token TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  revoked_at TEXT
);
CREATE INDEX invitation_customer ON invitation (customer, key);
CREATE TABLE portal_secret (
  key BIGINT PRIMARY KEY CHECK (key = 1),
  secret TEXT NOT NULL,
  made_at TEXT NOT NULL
);
CREATE TABLE ended_visit (
  key BIGINT PRIMARY KEY,
  visit TEXT NOT NULL UNIQUE,
  ended_at TEXT NOT NULL
);
CREATE INDEX ended_visit_at ON ended_visit (ended_at);
