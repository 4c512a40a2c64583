//! What was given for a field: left as it is, emptied, or set. One place for what flags and JSON mean in every `create` and
//! `edit` (contract, sections 1 and 4).

use super::Cx;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::procedure::look_up::{self, one};
use crate::store::engine::record::Described;
use crate::store::engine::table::Table;

/// The checked value of a field that a record cannot be without.
pub fn needed<T>(field: &'static str, given: Option<Setting<T>>, checked: impl FnOnce(T) -> Checked<T>) -> Result<T> {
    let value = given.and_then(|given| given.0).ok_or(ValueRefused::missing(field))?;
    Ok(checked(value)?)
}

/// Sets a field that always has a value, if it was given; emptying it is a fault.
pub fn set<T>(
    before: &mut T,
    field: &'static str,
    given: Option<Setting<T>>,
    checked: impl FnOnce(T) -> Checked<T>,
) -> Result<()> {
    if given.is_some() {
        *before = needed(field, given, checked)?;
    }
    Ok(())
}

/// The value given for a field that cannot be emptied; none where it was left out.
pub fn value<T>(field: &'static str, given: Option<Setting<T>>) -> Result<Option<T>> {
    match given {
        None => Ok(None),
        Some(Setting(Some(value))) => Ok(Some(value)),
        Some(Setting(None)) => Err(ValueRefused::missing(field).into()),
    }
}

/// A value of which the domain said whether it can stand.
type Checked<T> = std::result::Result<T, ValueRefused>;

/// An optional text of a new record; the empty text is none.
pub fn text(given: Option<&str>) -> Option<String> {
    given.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Sets or empties an optional text, if it was given.
pub fn set_text(before: &mut Option<String>, given: Option<&str>) {
    if given.is_some() {
        *before = text(given);
    }
}

/// Sets or empties an optional value, if it was given.
pub fn set_or_empty<T: Clone>(before: &mut Option<T>, given: Option<&Setting<T>>) {
    if let Some(given) = given {
        before.clone_from(&given.0);
    }
}

/// Sets or empties what a record was merged into, if it was given.
pub fn set_merged(
    cx: &Cx<'_>,
    before: &mut Option<Reference>,
    given: Option<&str>,
    table: &'static Table,
) -> Result<()> {
    *before = match given {
        None => return Ok(()),
        Some("") => None,
        Some(given) => Some(look_up::reference(cx, table, "merged_into", given)?),
    };
    Ok(())
}

/// The values of a list; an empty text stands for none, so one alone empties the list.
pub fn list<T: Clone>(given: &[Setting<T>]) -> Vec<T> {
    given.iter().filter_map(|value| value.0.clone()).collect()
}

/// The records that a list names, in its order; an empty text stands for none.
pub fn records<R: Described>(cx: &Cx<'_>, field: &'static str, given: &[String]) -> Result<Vec<R>> {
    given.iter().filter(|given| !given.is_empty()).map(|given| one(cx, field, given)).collect()
}

/// What a switch and its `--no-` twin say; none where neither was given.
pub fn switch(field: &'static str, on: bool, off: bool) -> Result<Option<bool>> {
    match (on, off) {
        (true, true) => {
            let flag = field.replace('_', "-");
            Err(ValueRefused::invalid(field, true, format!("--{flag} and --no-{flag} cannot both be given")).into())
        }
        (true, false) => Ok(Some(true)),
        (false, true) => Ok(Some(false)),
        (false, false) => Ok(None),
    }
}

/// Turns a switch on, or by its `--no-` twin off.
pub fn set_switch(before: &mut bool, field: &'static str, on: bool, off: bool) -> Result<()> {
    if let Some(given) = switch(field, on, off)? {
        *before = given;
    }
    Ok(())
}
