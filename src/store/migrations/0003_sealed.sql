-- Format 3: what is known of when and by whom. Rebuilt tables go first, so that what is added below is added to them.

-- When a coupon was made and a task was planned, by which lists find them between two days. Null in what was made before.
ALTER TABLE coupon ADD COLUMN created_at TEXT;
ALTER TABLE task ADD COLUMN created_at TEXT;
CREATE INDEX coupon_created ON coupon (COALESCE(created_at, ''), key);
CREATE INDEX task_created ON task (COALESCE(created_at, ''), key);

-- The log seals what is kept of an operation. The salt that its texts are hashed with is gone with them; null in a row of an older
-- format, of which only the command is sealed.
ALTER TABLE operation ADD COLUMN salt TEXT;
-- What an operation erased of the texts of others: the hash that they were sealed by, and that of what is left of them.
CREATE TABLE erasure (
  operation BIGINT NOT NULL REFERENCES operation (key),
  position BIGINT NOT NULL,
  of_operation BIGINT NOT NULL REFERENCES operation (key),
  sealed TEXT NOT NULL,
  left_as TEXT NOT NULL,
  content TEXT,
  PRIMARY KEY (operation, position)
);
CREATE INDEX erasure_of ON erasure (of_operation, operation);
-- The log is asked for days too.
CREATE INDEX operation_at ON operation (at, key);

-- What is open of a customer, and who has anything open.
CREATE INDEX document_open ON document (customer, currency) WHERE open <> 0;
CREATE INDEX payment_open ON payment (customer, currency) WHERE open <> 0;

-- The accounts of the books, where they are not those that the program has by itself.
ALTER TABLE desk ADD COLUMN receivable_account TEXT;
ALTER TABLE desk ADD COLUMN bank_account TEXT;
ALTER TABLE desk ADD COLUMN returns_account TEXT;
ALTER TABLE desk ADD COLUMN discounts_account TEXT;
ALTER TABLE product ADD COLUMN account TEXT;
ALTER TABLE tax ADD COLUMN account TEXT;

-- The program of the code that made a line: what a confirmed order used stays known when the program gets another code.
ALTER TABLE order_line ADD COLUMN program BIGINT REFERENCES coupon_program (key);

-- What most have none of, or few: credit notes that may exceed their invoice, and deliveries beside the returns of them. Without
-- these each refund of an invoice, and each return of an order, goes through all those before it.
CREATE INDEX document_exceeding ON document (invoice) WHERE allow_excess = 1;
CREATE INDEX transfer_delivered_order ON transfer (sales_order, kind, state, key) WHERE kind = 'outgoing' AND state = 'done';
CREATE INDEX transfer_delivered_customer ON transfer (customer, kind, state, key) WHERE kind = 'outgoing' AND state = 'done';
