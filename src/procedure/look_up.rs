//! Typed references: the record that one stands for, or the refusal that says why none does (contract, section 2).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::common::{Ambiguous, NotFound, ValueRefused, noun_of, words_of};
use crate::domain::order::Order;
use crate::domain::ticket::NamedOrder;
use crate::domain::value::reference::Reference;
use crate::store::engine::record::{self, Described, Found, Traced};
use crate::store::engine::table::Table;

/// The record that `given` stands for, or the refusal `not_found` or `ambiguous` on `field`; an empty reference is a missing one.
pub fn one<R: Described>(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<R> {
    let mut record = record::completed(cx.db, bare::<R>(cx, field, given)?)?;
    record.as_of(cx.today);
    Ok(record)
}

/// The same without what `complete` loads, for what looks at the record alone.
pub fn bare<R: Described>(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<R> {
    check_given(field, given)?;
    let Traced { found, merged } = record::trace::<R>(cx.db, given)?;
    let record = the_one(found, R::table(), field, given)?;
    if let (Some(merged), Some(into)) = (merged, record::reference_of(&record)) {
        tell_of_merge(cx, &merged, &into);
    }
    Ok(record)
}

/// The same of a reference that may be left out or empty.
pub fn optional<R: Described>(cx: &Cx<'_>, field: &'static str, given: Option<&str>) -> Result<Option<R>> {
    given.filter(|given| !given.is_empty()).map(|given| one(cx, field, given)).transpose()
}

/// The order that `given` stands for, and whose it is.
pub fn order(cx: &Cx<'_>, given: &str) -> Result<NamedOrder> {
    let order: Order = bare(cx, "order", given)?;
    Ok(NamedOrder { order: order.reference(), customer: order.customer })
}

/// Key and id of the record of a table that `given` stands for.
pub fn reference(cx: &Cx<'_>, table: &'static Table, field: &'static str, given: &str) -> Result<Reference> {
    check_given(field, given)?;
    let Traced { found, merged } = record::trace_key(cx.db, table, given)?;
    let found = the_one(found, table, field, given)?;
    if let Some(merged) = merged {
        tell_of_merge(cx, &merged, &found);
    }
    Ok(found)
}

/// Says where what was named by its id went.
fn tell_of_merge(cx: &Cx<'_>, merged: &str, into: &Reference) {
    cx.warn_once("merged", format!("{merged} was merged into {into}"));
}

/// Refuses an empty reference: nothing is named by it.
pub fn check_given(field: &'static str, given: &str) -> Result<()> {
    if given.is_empty() { Err(ValueRefused::missing(field).into()) } else { Ok(()) }
}

/// What was found, or the refusal that says why nothing was.
pub fn the_one<T>(found: Found<T>, table: &'static Table, field: &'static str, given: &str) -> Result<T> {
    let (kind, noun, given) = (words_of(table.shown), noun_of(table.shown), given.to_owned());
    match found {
        Found::One(one) => Ok(one),
        Found::Nothing => Err(NotFound { kind, noun, field, given }.into()),
        Found::Several(candidates) => Err(Ambiguous { noun, field, given, candidates }.into()),
    }
}
