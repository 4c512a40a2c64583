//! What was given for a field: left as it is, emptied, or set. One place for what flags and JSON mean in every `create` and
//! `edit` (contract, sections 1 and 4).

use super::Cx;
use super::record::{Record, one};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::text::Setting;

/// The value of a field that a record cannot be without, none where it was not given; emptying it is a fault.
pub fn value<T: Copy>(field: &'static str, given: Option<Setting<T>>) -> Result<Option<T>> {
    match given {
        Some(Setting(None)) => Err(ValueRefused::missing(field).into()),
        Some(Setting(Some(value))) => Ok(Some(value)),
        None => Ok(None),
    }
}

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

/// The values of a list; an empty text stands for none, so one alone empties the list.
pub fn list<T: Clone>(given: &[Setting<T>]) -> Vec<T> {
    given.iter().filter_map(|value| value.0.clone()).collect()
}

/// The records that a list names, in its order; an empty text stands for none.
pub fn records<R: Record>(cx: &Cx<'_>, field: &'static str, given: &[String]) -> Result<Vec<R>> {
    given.iter().filter(|given| !given.is_empty()).map(|given| one(cx, field, given)).collect()
}

/// The record that an optional reference names; none where it was left out or emptied.
pub fn record<R: Record>(cx: &Cx<'_>, field: &'static str, given: Option<&str>) -> Result<Option<R>> {
    given.filter(|given| !given.is_empty()).map(|given| one(cx, field, given)).transpose()
}

/// What a switch and its `--no-` twin say: on, off, or nothing.
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
