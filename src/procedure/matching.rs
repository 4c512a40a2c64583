//! Matching: clearing documents and payments against each other, and taking that back (spec B7, B8, B14).

use super::context::{Cx, found};
use super::document::named;
use crate::domain::common::ValueRefused;
use crate::domain::document::{Document, DocumentKind};
use crate::domain::payment::{Item, MatchRefused, Payment, Side, above_zero, matchable};
use crate::domain::value::money::{Amount, Money};
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Result};
use crate::store::engine::record::{self, Found};
use crate::store::{self, document, payment};

/// Matches two items up to the smaller open amount, or up to `asked`; answers what was matched, none where nothing is open.
pub fn match_items(cx: &Cx<'_>, one: &Item, other: &Item, asked: Option<Money>) -> Result<Option<Money>> {
    let Some(amount) = matchable(one, other, asked)? else {
        return Ok(None);
    };
    payment::insert_match(cx.db, one, other, amount)?;
    take(cx, one, amount)?;
    take(cx, other, amount)?;
    Ok(Some(amount))
}

/// Matches a document that was stored with what `amount` leaves open of it: only the other end is still to be changed.
pub fn match_stored(cx: &Cx<'_>, stored: &Item, other: &Item, amount: Money) -> Result<()> {
    payment::insert_match(cx.db, stored, other, amount)?;
    cx.touched(stored.kind, &stored.id);
    take(cx, other, amount)
}

/// Matches a document with another document or a payment (spec B8).
pub fn match_with(
    cx: &Cx<'_>,
    kind: DocumentKind,
    given: &str,
    with: Option<&str>,
    amount: Option<&Amount>,
) -> Result<Document> {
    let mut document = named(cx, kind, given)?;
    let with = with.filter(|with| !with.is_empty()).ok_or_else(|| ValueRefused::missing("with"))?;
    let other = item(cx, "with", with)?;
    let asked = amount.map(|amount| above_zero("amount", amount, document.currency)).transpose()?;
    let one = Item::of_document(&document)?;
    if match_items(cx, &one, &other, asked)?.is_none() {
        return Err(nothing_open(&one, &other).into());
    }
    reload(cx, &mut document)?;
    Ok(document)
}

/// The refusal of a match where nothing is open on one of the two.
fn nothing_open(one: &Item, other: &Item) -> MatchRefused {
    let closed = if one.open.minor <= 0 { one } else { other };
    let noun = closed.kind.replace('_', "-");
    MatchRefused::NothingOpen {
        on: closed.shown.clone(),
        hint: format!("aftersales {noun} show {}", shell_word(&closed.shown)),
    }
}

/// Takes the matches between a document and another document or payment away; no other is touched (spec B8).
pub fn unmatch_with(cx: &Cx<'_>, kind: DocumentKind, given: &str, with: Option<&str>) -> Result<Document> {
    let mut document = named(cx, kind, given)?;
    let with = with.filter(|with| !with.is_empty()).ok_or_else(|| ValueRefused::missing("with"))?;
    let other = item(cx, "with", with)?;
    unmatch(cx, &Item::of_document(&document)?, Some(&other), false)?;
    reload(cx, &mut document)?;
    Ok(document)
}

fn reload(cx: &Cx<'_>, document: &mut Document) -> Result<()> {
    *document = document::by_key(cx.db, document.key)?;
    Ok(document::complete(cx.db, document)?)
}

/// Takes a matched amount from what is open on an item.
fn take(cx: &Cx<'_>, item: &Item, amount: Money) -> Result<()> {
    change_open(cx, item.key, item.is_payment, amount.checked_neg()?)?;
    cx.touched(item.kind, &item.id);
    Ok(())
}

/// Takes matches of `item` away: those with `with` (a document's or payment's key), or, where none is named, all of them.
/// Answers the sum.
pub fn unmatch(cx: &Cx<'_>, item: &Item, with: Option<&Item>, only_payments: bool) -> Result<Money> {
    let mut freed = Money::zero(item.open.currency);
    for found in payment::matches_of(cx.db, item.key, item.is_payment, item.side)? {
        let is_wanted = with.is_none_or(|with| found.other == with.key && found.other_is_payment == with.is_payment);
        if !is_wanted || (only_payments && !found.other_is_payment) {
            continue;
        }
        let amount = Money::new(found.amount, item.open.currency);
        payment::delete_match(cx.db, found.key)?;
        change_open(cx, item.key, item.is_payment, amount)?;
        change_open(cx, found.other, found.other_is_payment, amount)?;
        cx.touched(item.kind, &item.id);
        cx.touched(if found.other_is_payment { "payment" } else { other_kind(item.side) }, &found.other_id);
        freed = freed.checked_add(amount).map_err(refused)?;
    }
    Ok(freed)
}

/// A document on the other side of a match is of the other kind.
fn other_kind(side: Side) -> &'static str {
    match side {
        Side::Debit => DocumentKind::CreditNote.word(),
        Side::Credit => DocumentKind::Invoice.word(),
    }
}

fn change_open(cx: &Cx<'_>, key: i64, is_payment: bool, change: Money) -> store::Result<()> {
    if is_payment { payment::change_open(cx.db, key, change) } else { document::change_open(cx.db, key, change) }
}

/// Two currencies, or a sum past what a number holds.
pub fn refused(fault: crate::domain::value::money::MoneyFault) -> Error {
    fault.into()
}

/// The document or payment that `given` names, as an end of a match.
pub fn item(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<Item> {
    if let Found::One(document) = record::find_bare(cx.db, given)? {
        return Ok(Item::of_document(&document)?);
    }
    let payment = match record::find_bare::<Payment>(cx.db, given)? {
        Found::One(payment) => Some(payment),
        _ => None,
    };
    Ok(Item::of_payment(&found(payment, "document or payment", "payment", field, given)?)?)
}
