-- The desk as it begins. One text for both engines: BIGINT and TEXT only, never edited after release.
-- Amounts are minor units of the row's currency; quantities, prices, rates and discounts are millionths;
-- days are ISO text, instants fixed-width UTC text, switches 0 or 1.

CREATE TABLE desk (
  key BIGINT PRIMARY KEY CHECK (key = 1),
  company TEXT NOT NULL,
  currency TEXT NOT NULL,
  timezone TEXT NOT NULL,
  lock_date TEXT,
  shop_url TEXT,
  portal_url TEXT,
  mail_from TEXT,
  customers_may_close BIGINT NOT NULL CHECK (customers_may_close IN (0, 1)),
  plan TEXT NOT NULL CHECK (plan IN ('standard', 'one-app-free')),
  created_at TEXT NOT NULL,
  trial_started_at TEXT,
  subscription_added_at TEXT
);
CREATE TABLE currency (
  code TEXT PRIMARY KEY,
  digits BIGINT NOT NULL CHECK (digits BETWEEN 0 AND 4)
);
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL CHECK (value >= 0)
);

-- What was done: one row per change, what it touched, and the outcome of keyed ones.
CREATE TABLE operation (
  key BIGINT PRIMARY KEY,
  at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'customer', 'system')),
  actor TEXT,
  command TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE TABLE operation_touch (
  operation BIGINT NOT NULL REFERENCES operation (key),
  position BIGINT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (operation, position)
);
CREATE INDEX operation_touch_id ON operation_touch (id);
CREATE TABLE operation_key (
  operation BIGINT PRIMARY KEY REFERENCES operation (key),
  given TEXT NOT NULL UNIQUE,
  outcome TEXT NOT NULL
);

-- The applications, users and rights.
CREATE TABLE app (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  installed_at TEXT NOT NULL
);
CREATE TABLE person (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT
);
CREATE TABLE person_right (
  person BIGINT NOT NULL REFERENCES person (key),
  position BIGINT NOT NULL,
  app TEXT NOT NULL,
  PRIMARY KEY (person, app)
);

-- What is sold, to whom, and where it lies.
CREATE TABLE customer (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT
);
CREATE TABLE tax (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  rate BIGINT NOT NULL CHECK (rate >= 0),
  included BIGINT NOT NULL CHECK (included IN (0, 1))
);
CREATE TABLE product (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  price BIGINT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('goods', 'service')),
  tracking TEXT NOT NULL CHECK (tracking IN ('none', 'lot', 'serial'))
);
CREATE TABLE product_tax (
  product BIGINT NOT NULL REFERENCES product (key),
  position BIGINT NOT NULL,
  tax BIGINT NOT NULL REFERENCES tax (key),
  PRIMARY KEY (product, position)
);
CREATE TABLE lot (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  product BIGINT NOT NULL REFERENCES product (key)
);
CREATE INDEX lot_product ON lot (product);
CREATE TABLE location (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type IN ('internal', 'customer', 'supplier', 'production', 'scrap')),
  return_location BIGINT NOT NULL CHECK (return_location IN (0, 1))
);
-- Kept for internal and scrap locations; opening is the count before all transfers, the rest is derived from done moves.
-- reserved is what of it is spoken for, pinned what of that names this lot: the rest stands for any lot of the product.
CREATE TABLE stock (
  key BIGINT PRIMARY KEY,
  product BIGINT NOT NULL REFERENCES product (key),
  location BIGINT NOT NULL REFERENCES location (key),
  lot BIGINT REFERENCES lot (key),
  opening BIGINT NOT NULL CHECK (opening >= 0),
  quantity BIGINT NOT NULL CHECK (quantity >= 0),
  reserved BIGINT NOT NULL CHECK (reserved >= 0 AND reserved <= quantity),
  pinned BIGINT NOT NULL CHECK (pinned >= 0 AND pinned <= reserved)
);
CREATE UNIQUE INDEX stock_place ON stock (product, location, COALESCE(lot, 0));
CREATE TABLE journal (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('sale', 'purchase', 'bank', 'cash', 'general')),
  active BIGINT NOT NULL CHECK (active IN (0, 1))
);
CREATE TABLE tag (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE
);

-- The helpdesk.
CREATE TABLE stage (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  folded BIGINT NOT NULL CHECK (folded IN (0, 1))
);
CREATE TABLE worksheet_template (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE
);
CREATE TABLE worksheet_field (
  template BIGINT NOT NULL REFERENCES worksheet_template (key),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('text', 'number', 'yes_no', 'date', 'choice', 'photo')),
  required BIGINT NOT NULL CHECK (required IN (0, 1)),
  choices TEXT NOT NULL,
  PRIMARY KEY (template, position)
);
CREATE TABLE project (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  worksheets BIGINT NOT NULL CHECK (worksheets IN (0, 1)),
  worksheet_template BIGINT REFERENCES worksheet_template (key),
  time_product BIGINT REFERENCES product (key)
);
CREATE TABLE team (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  field_service_project BIGINT REFERENCES project (key),
  return_location BIGINT REFERENCES location (key)
);
CREATE TABLE team_service (
  team BIGINT NOT NULL REFERENCES team (key),
  service TEXT NOT NULL CHECK (service IN ('refunds', 'coupons', 'returns', 'repairs', 'field-service')),
  PRIMARY KEY (team, service)
);
CREATE TABLE team_member (
  team BIGINT NOT NULL REFERENCES team (key),
  position BIGINT NOT NULL,
  person BIGINT NOT NULL REFERENCES person (key),
  PRIMARY KEY (team, person)
);

-- Sales orders (drafts are quotations, a marked draft is a cart).
CREATE TABLE sales_order (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('draft', 'sent', 'confirmed', 'cancelled')),
  cart BIGINT NOT NULL CHECK (cart IN (0, 1)),
  customer BIGINT NOT NULL REFERENCES customer (key),
  date TEXT NOT NULL,
  currency TEXT NOT NULL REFERENCES currency (code),
  untaxed BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL
);
CREATE INDEX sales_order_customer ON sales_order (customer);
CREATE UNIQUE INDEX sales_order_cart ON sales_order (customer) WHERE cart = 1 AND state = 'draft';
CREATE TABLE order_line (
  key BIGINT PRIMARY KEY,
  sales_order BIGINT NOT NULL REFERENCES sales_order (key),
  line BIGINT NOT NULL,
  product BIGINT REFERENCES product (key),
  label TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  price BIGINT NOT NULL,
  discount BIGINT NOT NULL CHECK (discount BETWEEN 0 AND 100000000),
  coupon TEXT,
  untaxed BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL,
  UNIQUE (sales_order, line)
);
CREATE TABLE order_line_tax (
  order_line BIGINT NOT NULL REFERENCES order_line (key),
  position BIGINT NOT NULL,
  tax BIGINT NOT NULL REFERENCES tax (key),
  rate BIGINT NOT NULL,
  included BIGINT NOT NULL CHECK (included IN (0, 1)),
  amount BIGINT NOT NULL,
  PRIMARY KEY (order_line, position)
);

CREATE TABLE ticket (
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
  description TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX ticket_customer ON ticket (customer);
CREATE TABLE ticket_tag (
  ticket BIGINT NOT NULL REFERENCES ticket (key),
  position BIGINT NOT NULL,
  tag BIGINT NOT NULL REFERENCES tag (key),
  PRIMARY KEY (ticket, position)
);
CREATE TABLE ticket_log (
  key BIGINT PRIMARY KEY,
  ticket BIGINT NOT NULL REFERENCES ticket (key),
  at TEXT NOT NULL,
  actor TEXT,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  document TEXT,
  operation BIGINT NOT NULL
);
CREATE INDEX ticket_log_ticket ON ticket_log (ticket);

-- Transfers. A line carries one lot or none; reserved is what it holds of the stock at its source, null where it holds none
-- (no stock is kept there, or it is done or cancelled); returned is what returns of it that are not cancelled hold (spec D3).
CREATE TABLE transfer (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('incoming', 'outgoing', 'internal')),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'done', 'cancelled')),
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
  date TEXT NOT NULL
);
CREATE INDEX transfer_customer ON transfer (customer);
CREATE INDEX transfer_order ON transfer (sales_order) WHERE sales_order IS NOT NULL;
CREATE INDEX transfer_ticket ON transfer (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX transfer_return ON transfer (return_of) WHERE return_of IS NOT NULL;
CREATE INDEX transfer_exchange ON transfer (exchange_of) WHERE exchange_of IS NOT NULL;
CREATE INDEX transfer_pending ON transfer (state) WHERE state IN ('waiting', 'ready');
CREATE TABLE transfer_line (
  key BIGINT PRIMARY KEY,
  transfer BIGINT NOT NULL REFERENCES transfer (key),
  line BIGINT NOT NULL,
  product BIGINT NOT NULL REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  quantity BIGINT NOT NULL CHECK (quantity >= 0),
  done BIGINT NOT NULL CHECK (done >= 0),
  reserved BIGINT CHECK (reserved >= 0 AND reserved <= quantity),
  returned BIGINT NOT NULL CHECK (returned >= 0 AND returned <= done),
  order_line BIGINT REFERENCES order_line (key),
  return_line BIGINT REFERENCES transfer_line (key),
  UNIQUE (transfer, line)
);
CREATE INDEX transfer_line_short ON transfer_line (product, key) WHERE reserved < quantity;

-- Invoices and credit notes.
CREATE TABLE document (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  number TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  state TEXT NOT NULL CHECK (state IN ('draft', 'posted', 'cancelled')),
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
  CHECK (state <> 'posted' OR (number IS NOT NULL AND accounting_date IS NOT NULL)),
  CHECK (state = 'posted' OR open = 0)
);
CREATE UNIQUE INDEX document_number ON document (number) WHERE number IS NOT NULL;
CREATE INDEX document_customer ON document (customer);
CREATE INDEX document_order ON document (sales_order) WHERE sales_order IS NOT NULL;
CREATE INDEX document_ticket ON document (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX document_invoice ON document (invoice) WHERE invoice IS NOT NULL;
CREATE INDEX document_copy ON document (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX document_due ON document (post_on) WHERE state = 'draft' AND post_on IS NOT NULL;
-- On an invoice line: goods is the quantity that goods lines of credit notes took, credited the untaxed value that all their
-- lines took, value_credited what value lines took of it (spec B5). Cancelled credit notes do not count.
CREATE TABLE document_line (
  key BIGINT PRIMARY KEY,
  document BIGINT NOT NULL REFERENCES document (key),
  line BIGINT NOT NULL,
  product BIGINT REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  label TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  price BIGINT NOT NULL,
  discount BIGINT NOT NULL CHECK (discount BETWEEN 0 AND 100000000),
  refunds TEXT CHECK (refunds IN ('goods', 'value')),
  invoice_line BIGINT REFERENCES document_line (key),
  order_line BIGINT REFERENCES order_line (key),
  untaxed BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL,
  goods BIGINT NOT NULL,
  credited BIGINT NOT NULL,
  value_credited BIGINT NOT NULL,
  UNIQUE (document, line)
);
CREATE TABLE document_line_tax (
  document_line BIGINT NOT NULL REFERENCES document_line (key),
  position BIGINT NOT NULL,
  tax BIGINT NOT NULL REFERENCES tax (key),
  rate BIGINT NOT NULL,
  included BIGINT NOT NULL CHECK (included IN (0, 1)),
  amount BIGINT NOT NULL,
  credited BIGINT NOT NULL,
  value_credited BIGINT NOT NULL,
  PRIMARY KEY (document_line, position)
);
CREATE TABLE payment (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  customer BIGINT NOT NULL REFERENCES customer (key),
  date TEXT NOT NULL,
  currency TEXT NOT NULL REFERENCES currency (code),
  amount BIGINT NOT NULL CHECK (amount > 0),
  open BIGINT NOT NULL CHECK (open >= 0 AND open <= amount),
  reference TEXT
);
CREATE INDEX payment_customer ON payment (customer);
-- The debit side is an invoice or money out, the credit side a credit note or money in.
CREATE TABLE matching (
  key BIGINT PRIMARY KEY,
  debit_document BIGINT REFERENCES document (key),
  debit_payment BIGINT REFERENCES payment (key),
  credit_document BIGINT REFERENCES document (key),
  credit_payment BIGINT REFERENCES payment (key),
  amount BIGINT NOT NULL CHECK (amount > 0),
  CHECK ((debit_document IS NULL) <> (debit_payment IS NULL)),
  CHECK ((credit_document IS NULL) <> (credit_payment IS NULL))
);
CREATE INDEX matching_debit_document ON matching (debit_document) WHERE debit_document IS NOT NULL;
CREATE INDEX matching_debit_payment ON matching (debit_payment) WHERE debit_payment IS NOT NULL;
CREATE INDEX matching_credit_document ON matching (credit_document) WHERE credit_document IS NOT NULL;
CREATE INDEX matching_credit_payment ON matching (credit_payment) WHERE credit_payment IS NOT NULL;

-- Coupons. Codes are compared folded: without case, spaces and dashes.
CREATE TABLE coupon_program (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type IN ('coupons', 'promo-code')),
  archived BIGINT NOT NULL CHECK (archived IN (0, 1)),
  code TEXT,
  code_folded TEXT UNIQUE,
  currency TEXT NOT NULL REFERENCES currency (code),
  start_date TEXT,
  end_date TEXT,
  usage_limit BIGINT,
  used BIGINT NOT NULL CHECK (used >= 0),
  minimum_amount BIGINT,
  minimum_amount_tax TEXT NOT NULL CHECK (minimum_amount_tax IN ('included', 'excluded')),
  minimum_quantity BIGINT
);
CREATE TABLE coupon_reward (
  program BIGINT NOT NULL REFERENCES coupon_program (key),
  position BIGINT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('percent', 'fixed', 'free_product')),
  percent BIGINT,
  fixed BIGINT,
  applies_on TEXT CHECK (applies_on IN ('order', 'cheapest', 'products')),
  product BIGINT REFERENCES product (key),
  quantity BIGINT,
  maximum BIGINT,
  PRIMARY KEY (program, position)
);
-- The products named by a reward, or (reward null) by the program's conditions.
CREATE TABLE coupon_product (
  program BIGINT NOT NULL REFERENCES coupon_program (key),
  position BIGINT NOT NULL,
  reward BIGINT,
  product BIGINT NOT NULL REFERENCES product (key),
  PRIMARY KEY (program, position)
);
CREATE TABLE coupon (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  code_folded TEXT NOT NULL UNIQUE,
  program BIGINT NOT NULL REFERENCES coupon_program (key),
  ticket BIGINT REFERENCES ticket (key),
  customer BIGINT REFERENCES customer (key),
  only_customer BIGINT NOT NULL CHECK (only_customer IN (0, 1)),
  valid_until TEXT,
  cancelled BIGINT NOT NULL CHECK (cancelled IN (0, 1)),
  used_by BIGINT REFERENCES sales_order (key),
  share_link TEXT,
  sent_at TEXT,
  CHECK (cancelled = 0 OR used_by IS NULL),
  CHECK (only_customer = 0 OR customer IS NOT NULL)
);
CREATE INDEX coupon_program_key ON coupon (program);
CREATE INDEX coupon_ticket ON coupon (ticket) WHERE ticket IS NOT NULL;

-- Repairs.
CREATE TABLE repair (
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
  notes TEXT NOT NULL,
  quotation BIGINT REFERENCES sales_order (key)
);
CREATE INDEX repair_ticket ON repair (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX repair_pending ON repair (state) WHERE state IN ('confirmed', 'under_repair');
CREATE INDEX repair_quotation ON repair (quotation) WHERE quotation IS NOT NULL;
CREATE TABLE repair_tag (
  repair BIGINT NOT NULL REFERENCES repair (key),
  position BIGINT NOT NULL,
  tag BIGINT NOT NULL REFERENCES tag (key),
  PRIMARY KEY (repair, position)
);
-- How far a part is follows from its repair, what is reserved for it and what of it was used.
CREATE TABLE repair_part (
  key BIGINT PRIMARY KEY,
  repair BIGINT NOT NULL REFERENCES repair (key),
  line BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('add', 'remove', 'recycle')),
  product BIGINT NOT NULL REFERENCES product (key),
  lot BIGINT REFERENCES lot (key),
  quantity BIGINT NOT NULL,
  done BIGINT NOT NULL CHECK (done >= 0),
  reserved BIGINT NOT NULL CHECK (reserved >= 0),
  price BIGINT NOT NULL,
  order_line BIGINT REFERENCES order_line (key),
  UNIQUE (repair, line)
);
CREATE TABLE repair_labour (
  key BIGINT PRIMARY KEY,
  repair BIGINT NOT NULL REFERENCES repair (key),
  line BIGINT NOT NULL,
  product BIGINT NOT NULL REFERENCES product (key),
  quantity BIGINT NOT NULL,
  price BIGINT NOT NULL,
  order_line BIGINT REFERENCES order_line (key),
  UNIQUE (repair, line)
);

-- Field service.
CREATE TABLE task (
  key BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  project BIGINT NOT NULL REFERENCES project (key),
  stage TEXT NOT NULL CHECK (stage IN ('new', 'planned', 'in_progress', 'done', 'cancelled')),
  customer BIGINT REFERENCES customer (key),
  ticket BIGINT REFERENCES ticket (key),
  assignee BIGINT REFERENCES person (key),
  planned_start TEXT,
  planned_end TEXT,
  worksheet_template BIGINT REFERENCES worksheet_template (key),
  signed_by TEXT,
  signed_at TEXT
);
CREATE INDEX task_ticket ON task (ticket) WHERE ticket IS NOT NULL;
