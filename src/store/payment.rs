//! Payments, and the matches between them and documents.

use std::collections::HashMap;

use super::engine::record::{self, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    Column, CurrencyOf, DayOf, FoundBy, Table, amount, currency, day, id, link, records, rows, text, words,
};
use super::{Db, Key, Result};
use crate::domain::document::Matched;
use crate::domain::payment::{Direction, Item, Payment, Side, Standing};
use crate::domain::value::money::Money;
use crate::{described, field_of_words, insert, params, raw, update};

field_of_words!(Direction, Standing);

/// What a record tells of each match.
pub(super) const MATCHED: &[Column] = &[text().called("with"), amount().called("amount")];

described! {
    Payment in PAYMENT {
        id: id(),
        state: words(Standing::WORDS).listed(),
        direction: words(Direction::WORDS).listed(),
        customer: link("customer").listed(),
        date: day().listed().least(2),
        currency: currency(),
        amount: amount().listed(),
        open: amount().listed(),
        reference: text().optional().listed().least(1).searched().personal(),
        matched: rows(MATCHED),
    } complete complete
}

pub static PAYMENT: Table = records("payment", "payment", Payment::COLUMNS)
    .in_own_currency()
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Day("t.date"));

pub static MATCHING: Table = Table {
    currency: CurrencyOf::Linked([("debit_document", "document"), ("debit_payment", "payment")]),
    ..records(
        "matching",
        "matching",
        &[
            link("document").called("debit_document").optional(),
            link("payment").called("debit_payment").optional(),
            link("document").called("credit_document").optional(),
            link("payment").called("credit_payment").optional(),
            amount().called("amount"),
        ],
    )
};

/// Loads the matches of some payments.
fn complete(db: &Db, payments: &mut [Payment]) -> Result<()> {
    for (direction, side) in [(Direction::In, Side::Credit), (Direction::Out, Side::Debit)] {
        let of_side = || payments.iter().filter(|payment| payment.direction == direction);
        let mut matched = matched(db, &of_side().map(|payment| payment.key).collect::<Vec<_>>(), true, side)?;
        for payment in payments.iter_mut().filter(|payment| payment.direction == direction) {
            payment.matched = told(matched.remove(&payment.key), payment.amount);
        }
    }
    Ok(())
}

/// Writes a new payment.
pub fn insert(db: &Db, payment: &Payment) -> Result<()> {
    record::insert(db, payment)
}

/// Takes a payment back, on which nothing is matched: it stays as a record with nothing open (spec B14).
pub fn cancel(db: &Db, payment: Key) -> Result<()> {
    db.change_one(update!(payment (Int): "state = 'cancelled', open = 0" if "state = 'posted'"), params![payment])
}

/// Changes what is open on a payment by `change` minor units.
pub fn change_open(db: &Db, payment: Key, change: Money) -> Result<()> {
    db.change_one(update!(payment (Int, Int): "open = open + $2"), params![payment, change])
}

/// Writes a match of two items.
pub fn insert_match(db: &Db, one: &Item, other: &Item, amount: Money) -> Result<()> {
    let (debit, credit) = if one.side == Side::Debit { (one, other) } else { (other, one) };
    let split = |item: &Item| if item.is_payment { (None, Some(item.key)) } else { (Some(item.key), None) };
    let ((debit_document, debit_payment), (credit_document, credit_payment)) = (split(debit), split(credit));
    db.write(
        insert!(matching: key Int, debit_document Int, debit_payment Int, credit_document Int, credit_payment Int, amount Int),
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
        (
            concat!(
                "SELECT m.",
                $end,
                ", m.key, d.key, d.id, COALESCE(d.number, d.id), p.key, p.id, m.amount
                 FROM matching m LEFT JOIN document d ON d.key = m.",
                $document,
                " LEFT JOIN payment p ON p.key = m.",
                $payment,
            ),
            concat!("m.", $end),
            " ORDER BY m.key",
        )
    };
}

/// Tells each match of some documents, or of some payments, that are on that side, with the key of the one it is of: oldest first.
fn each_match(db: &Db, keys: &[Key], is_payment: bool, side: Side, mut tell: impl FnMut(Key, Match)) -> Result<()> {
    let question = match (side, is_payment) {
        (Side::Debit, false) => matches_with!("debit_document", "credit_document", "credit_payment"),
        (Side::Debit, true) => matches_with!("debit_payment", "credit_document", "credit_payment"),
        (Side::Credit, false) => matches_with!("credit_document", "debit_document", "debit_payment"),
        (Side::Credit, true) => matches_with!("credit_payment", "debit_document", "debit_payment"),
    };
    each_of(db, const { Tables::of(&["matching", "document", "payment"]) }, question, keys, |row| {
        let document: Option<Key> = row.get(2)?;
        let (other, other_id, other_shown) = match document {
            Some(other) => (other, row.get(3)?, row.get(4)?),
            None => (row.get(5)?, row.get(6)?, row.get(6)?),
        };
        let other_is_payment = document.is_none();
        let found = Match { key: row.get(1)?, other, other_is_payment, other_id, other_shown, amount: row.get(7)? };
        tell(row.get(0)?, found);
        Ok(())
    })
}

/// The matches of a document or payment, oldest first.
pub fn matches_of(db: &Db, key: Key, is_payment: bool, side: Side) -> Result<Vec<Match>> {
    let mut matches = Vec::new();
    each_match(db, &[key], is_payment, side, |_, found| matches.push(found))?;
    Ok(matches)
}

/// What each of some documents or payments on that side is matched with, by its key: how that is shown, and the minor units.
pub(super) fn matched(db: &Db, keys: &[Key], is_payment: bool, side: Side) -> Result<HashMap<Key, Vec<(String, i64)>>> {
    let mut matched: HashMap<Key, Vec<(String, i64)>> = HashMap::new();
    each_match(db, keys, is_payment, side, |of, found| {
        matched.entry(of).or_default().push((found.other_shown, found.amount));
    })?;
    Ok(matched)
}

/// The matches as a record tells them, in the currency of its amounts.
pub(super) fn told(matched: Option<Vec<(String, i64)>>, like: Money) -> Vec<Matched> {
    let matched = matched.unwrap_or_default().into_iter();
    matched.map(|(with, amount)| Matched { with, amount: Money::new(amount, like.currency) }).collect()
}

/// Takes a match away.
pub fn delete_match(db: &Db, key: Key) -> Result<()> {
    db.change_one(raw!(writes [matching], reads [], "DELETE FROM matching WHERE key = $1"), params![key])
}
