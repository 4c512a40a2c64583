-- Format 4: whom the desk deals with, and what reaches them. Rebuilt tables go first, so that what is added below is added to them.


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
