//! Payments, and the matches between them and documents.

use super::{Db, Key, Page, Result, Row};
use crate::domain::document::Matched;
use crate::domain::payment::{Direction, Item, Payment, Side, Standing};
use crate::domain::value::money::{Currency, Money};
use crate::{column_of_text, paged, params};

column_of_text!(Direction, Standing);

macro_rules! head {
    () => {
        "SELECT p.key, p.id, p.direction, c.key, c.id, p.date, cu.code, cu.digits, p.amount, p.open, p.reference, p.state
         FROM payment p JOIN customer c ON c.key = p.customer JOIN currency cu ON cu.code = p.currency"
    };
}

fn read(row: &Row<'_>) -> Result<Payment> {
    let currency = row.currency(6)?;
    Ok(Payment {
        key: row.get(0)?,
        id: row.get(1)?,
        direction: row.get(2)?,
        customer: row.reference(3)?,
        date: row.get(5)?,
        currency,
        amount: row.money(8, currency)?,
        open: row.money(9, currency)?,
        reference: row.get(10)?,
        state: row.get(11)?,
        matched: Vec::new(),
    })
}

/// The payment with that id, without its matches.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Payment>> {
    db.query_opt(concat!(head!(), " WHERE p.id = $1"), params![id], read)
}

/// One page of the list, without matches.
pub fn page(db: &Db, page: Page) -> Result<Vec<Payment>> {
    db.page(paged!(head!(), "p.key"), page, read)
}

/// Writes a new payment.
pub fn insert(db: &Db, payment: &Payment) -> Result<()> {
    db.write(
        "INSERT INTO payment (key, id, direction, customer, date, currency, amount, open, reference, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            payment.key,
            &payment.id,
            payment.direction.word(),
            &payment.customer,
            payment.date,
            payment.currency,
            payment.amount,
            payment.open,
            &payment.reference,
            payment.state.word()
        ],
    )
}

/// Takes a payment back, on which nothing is matched: it stays as a record with nothing open (spec B14).
pub fn cancel(db: &Db, payment: Key) -> Result<()> {
    db.change_one(
        "UPDATE payment SET state = 'cancelled', open = 0 WHERE key = $1 AND state = 'posted'",
        params![payment],
    )
}

/// Changes what is open on a payment by `change` minor units.
pub fn change_open(db: &Db, payment: Key, change: Money) -> Result<()> {
    db.change_one("UPDATE payment SET open = open + $2 WHERE key = $1", params![payment, change])
}

/// Writes a match of two items.
pub fn insert_match(db: &Db, one: &Item, other: &Item, amount: Money) -> Result<()> {
    let (debit, credit) = if one.side == Side::Debit { (one, other) } else { (other, one) };
    let split = |item: &Item| if item.is_payment { (None, Some(item.key)) } else { (Some(item.key), None) };
    let ((debit_document, debit_payment), (credit_document, credit_payment)) = (split(debit), split(credit));
    db.write(
        "INSERT INTO matching (key, debit_document, debit_payment, credit_document, credit_payment, amount)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![db.next_key()?, debit_document, debit_payment, credit_document, credit_payment, amount],
    )
}

/// A match as stored: its ends are documents or payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub key: Key,
    /// The end that was not asked from: its key, whether it is a payment, its id and how it is shown.
    pub other: Key,
    pub other_is_payment: bool,
    pub other_id: String,
    pub other_shown: String,
    pub amount: i64,
}

macro_rules! matches_with {
    ($end:literal, $document:literal, $payment:literal) => {
        concat!(
            "SELECT m.key, d.key, d.id, COALESCE(d.number, d.id), p.key, p.id, m.amount
             FROM matching m LEFT JOIN document d ON d.key = m.",
            $document,
            " LEFT JOIN payment p ON p.key = m.",
            $payment,
            " WHERE m.",
            $end,
            " = $1 ORDER BY m.key"
        )
    };
}

/// The matches of a document or payment, oldest first.
pub fn matches_of(db: &Db, key: Key, is_payment: bool, side: Side) -> Result<Vec<Match>> {
    let sql = match (side, is_payment) {
        (Side::Debit, false) => matches_with!("debit_document", "credit_document", "credit_payment"),
        (Side::Debit, true) => matches_with!("debit_payment", "credit_document", "credit_payment"),
        (Side::Credit, false) => matches_with!("credit_document", "debit_document", "debit_payment"),
        (Side::Credit, true) => matches_with!("credit_payment", "debit_document", "debit_payment"),
    };
    db.query(sql, params![key], |row| {
        let document: Option<Key> = row.get(1)?;
        Ok(match document {
            Some(other) => Match {
                key: row.get(0)?,
                other,
                other_is_payment: false,
                other_id: row.get(2)?,
                other_shown: row.get(3)?,
                amount: row.get(6)?,
            },
            None => Match {
                key: row.get(0)?,
                other: row.get(4)?,
                other_is_payment: true,
                other_id: row.get(5)?,
                other_shown: row.get(5)?,
                amount: row.get(6)?,
            },
        })
    })
}

/// The matches as records show them.
pub fn matched(db: &Db, key: Key, is_payment: bool, side: Side, currency: Currency) -> Result<Vec<Matched>> {
    let matches = matches_of(db, key, is_payment, side)?;
    Ok(matches
        .into_iter()
        .map(|found| Matched { with: found.other_shown, amount: Money::new(found.amount, currency) })
        .collect())
}

/// Takes a match away.
pub fn delete_match(db: &Db, key: Key) -> Result<()> {
    db.change_one("DELETE FROM matching WHERE key = $1", params![key])
}
