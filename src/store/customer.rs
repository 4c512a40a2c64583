//! Customers.

use super::engine::table::{FoundBy, Order, Table, folded_start, id, int, link, list, records, text, value_of};
use super::{Db, Key, Result};
use crate::domain::customer::{Customer, OpenOf};
use crate::domain::party::{Country, CustomerBefore, Language, OneLine};
use crate::domain::value::money::{Currency, Money};
use crate::{described, params, query};

described! {
    Customer in CUSTOMER {
        id: id(),
        name: text().listed().searched().personal(),
        email: text().optional().listed().searched().personal(),
        street: value_of::<OneLine>().optional().searched().personal(),
        postcode: value_of::<OneLine>().optional().searched().personal(),
        city: value_of::<OneLine>().optional().searched().personal(),
        country: value_of::<Country>().optional().personal(),
        tax_id: value_of::<OneLine>().optional().searched().personal(),
        language: value_of::<Language>().optional().personal(),
        buyer_reference: value_of::<OneLine>().optional().searched().personal(),
        merged_into: link("customer").optional(),
    } beside {
        name_folded: folded_start("name"),
        email_folded: folded_start("email"),
    }
}

described! {
    CustomerBefore in CUSTOMER_BEFORE {
        until: int(),
        name: text().personal(),
        email: text().optional().personal(),
        street: value_of::<OneLine>().optional().personal(),
        postcode: value_of::<OneLine>().optional().personal(),
        city: value_of::<OneLine>().optional().personal(),
        country: value_of::<Country>().optional().personal(),
        tax_id: value_of::<OneLine>().optional().personal(),
        language: value_of::<Language>().optional().personal(),
        buyer_reference: value_of::<OneLine>().optional().personal(),
    }
}

static CUSTOMER_BEFORE: Table = BEFORE;

/// What was said of a customer earlier, the oldest first: posted documents tell it (see `domain::party`).
const BEFORE: Table = list("customer_before", "customer", Order::Key, CustomerBefore::COLUMNS).shown("before");

pub static CUSTOMER: Table = records("customer", "customer", Customer::COLUMNS).with(&[BEFORE]).found_by(&[
    FoundBy::Exactly("id"),
    FoundBy::Padded,
    FoundBy::Folded("email_folded"),
    FoundBy::Folded("name_folded"),
]);

/// Customers by what they are called alone, whatever ids are called so too.
pub const BY_EMAIL: &[FoundBy] = &[FoundBy::Folded("email_folded")];
pub const BY_NAME: &[FoundBy] = &[FoundBy::Folded("name_folded")];

/// What another system names customers by that tells no number of them: an e-mail or a name, which goes before what is an id of this
/// desk by chance.
pub const FOUND_BY_ELSEWHERE: &[FoundBy] =
    &[FoundBy::Folded("email_folded"), FoundBy::Folded("name_folded"), FoundBy::Exactly("id"), FoundBy::Padded];

/// The customer with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Customer>> {
    super::engine::record::by_id(db, id)
}

/// The customer of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Customer> {
    super::engine::record::by_key(db, key)
}

/// Who has anything open: on invoices or credit notes, or of a payment.
pub const HAS_OPEN: &str = "t.key IN (SELECT d.customer FROM document d WHERE d.open <> 0
  UNION SELECT p.customer FROM payment p WHERE p.open <> 0)";

/// Whose e-mail or name another customer has too, ignoring case. Of an erased one nothing is known.
pub const HAS_DOUBLE: &str =
    "(EXISTS (SELECT 1 FROM customer o WHERE o.email_folded = t.email_folded AND o.key <> t.key AND o.merged_into IS NULL)
  OR t.name_folded <> '' AND EXISTS (SELECT 1 FROM customer o WHERE o.name_folded = t.name_folded AND o.key <> t.key
    AND o.merged_into IS NULL))";

/// What is open of a customer, in the order of the currencies.
pub fn open_of(db: &Db, customer: Key) -> Result<Vec<OpenOf>> {
    db.query(
        query!(
            [document, payment, currency],
            "SELECT o.currency, cur.digits, CAST(SUM(o.owes) AS BIGINT), CAST(SUM(o.owed) AS BIGINT) FROM
               (SELECT d.currency, CASE d.kind WHEN 'invoice' THEN d.open ELSE 0 END AS owes,
                  CASE d.kind WHEN 'invoice' THEN 0 ELSE d.open END AS owed
                FROM document d WHERE d.customer = $1 AND d.open <> 0
                UNION ALL SELECT p.currency, CASE p.direction WHEN 'out' THEN p.open ELSE 0 END,
                  CASE p.direction WHEN 'out' THEN 0 ELSE p.open END
                FROM payment p WHERE p.customer = $1 AND p.open <> 0) o
             LEFT JOIN currency cur ON cur.code = o.currency GROUP BY o.currency, cur.digits ORDER BY o.currency"
        ),
        params![customer],
        |row| {
            let currency: Currency = row.currency(0)?;
            Ok(OpenOf { owes: Money::new(row.get(2)?, currency), owed: Money::new(row.get(3)?, currency) })
        },
    )
}
