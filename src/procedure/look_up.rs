//! Typed references: the record that one stands for, or the refusal that says why none does (contract, section 2).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::common::{Ambiguous, NotFound, ValueRefused, noun_of, words_of};
use crate::domain::order::Order;
use crate::domain::ticket::NamedOrder;
use crate::domain::value::reference::{Reference, padded};
use crate::store::engine::record::{self, Described, Found};
use crate::store::engine::table::Table;
use crate::store::merge;

/// The record that `given` stands for, or the refusal `not_found` or `ambiguous` on `field`; an empty reference is a missing one.
pub fn one<R: Described>(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<R> {
    if given.is_empty() {
        return Err(ValueRefused::missing(field).into());
    }
    let mut record: R = the_one(record::find(cx.db, given)?, R::table(), field, given)?;
    if let Some(found) = record::reference_of(&record) {
        tell_of_merge(cx, R::table(), given, &found)?;
    }
    record.as_of(cx.today);
    Ok(record)
}

/// The same without what `complete` loads, for what looks at the record alone.
pub fn bare<R: Described>(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<R> {
    if given.is_empty() {
        return Err(ValueRefused::missing(field).into());
    }
    let record: R = the_one(record::find_bare(cx.db, given)?, R::table(), field, given)?;
    if let Some(found) = record::reference_of(&record) {
        tell_of_merge(cx, R::table(), given, &found)?;
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
    if given.is_empty() {
        return Err(ValueRefused::missing(field).into());
    }
    let found = the_one(record::find_key(cx.db, table, given)?, table, field, given)?;
    if table.merges() {
        tell_of_merge(cx, table, given, &found)?;
    }
    Ok(found)
}

/// Says where what was named by its id went, where it was merged into another since.
fn tell_of_merge(cx: &Cx<'_>, table: &'static Table, given: &str, found: &Reference) -> Result<()> {
    let padded = padded(given);
    if given == found.id || padded.as_ref() == Some(&found.id) {
        return Ok(());
    }
    for id in std::iter::once(given).chain(padded.as_deref()) {
        if let Some(into) = merge::of_id(cx.db, table, id)?.filter(|into| into.key == found.key) {
            cx.warn_once("merged", format!("{id} was merged into {}", into.id));
        }
    }
    Ok(())
}

fn the_one<T>(found: Found<T>, table: &'static Table, field: &'static str, given: &str) -> Result<T> {
    let (kind, noun, given) = (words_of(table.shown), noun_of(table.shown), given.to_owned());
    match found {
        Found::One(one) => Ok(one),
        Found::Nothing => Err(NotFound { kind, noun, field, given }.into()),
        Found::Several(candidates) => Err(Ambiguous { noun, field, given, candidates }.into()),
    }
}
