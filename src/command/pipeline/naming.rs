//! How records are called: the id and the name of a new one, and the name that one gets by an edit. An id is for good; some
//! kinds have a name beside it that they are found by, ignoring case (contract, section 2).

use super::Cx;
use super::form::NewId;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::value::reference::generated_number;

/// An id that a new record can have: one line of text, not blank.
pub fn checked_id(id: &str) -> Result<String> {
    if id.trim().is_empty() {
        return Err(ValueRefused::missing("id").into());
    }
    ValueRefused::check_id("id", id)?;
    Ok(id.to_owned())
}

/// The id of a new record that may be left to the counter `prefix`. One that was given in the counter's own shape moves the
/// counter, so that no later record is refused for it.
pub fn id_or_next(cx: &Cx<'_>, id: Option<&str>, prefix: &str) -> Result<String> {
    let Some(id) = id else {
        return Ok(cx.db.next_reference(prefix)?);
    };
    if let Some(number) = generated_number(id, prefix) {
        cx.db.raise_counter(prefix, number)?;
    }
    checked_id(id)
}

/// The id that an import gives a new record; one in the counter's own shape moves the counter.
pub fn counted_id(cx: &Cx<'_>, id: &str, new: NewId) -> Result<String> {
    match new {
        NewId::GivenOrNext(prefix) | NewId::Next(prefix) => id_or_next(cx, Some(id), prefix),
        NewId::Given | NewId::GivenOrName => checked_id(id),
    }
}

/// The name of a new record, which is its id where none was given.
pub fn name_or_id(name: Option<&str>, id: &str) -> Result<String> {
    match name {
        Some(name) if name.trim().is_empty() => Err(ValueRefused::missing("name").into()),
        Some(name) => Ok(name.to_owned()),
        None => Ok(id.to_owned()),
    }
}

/// Gives a record that is found by its name the one that is said, if one is; the id of a new one that was not given is its name.
pub fn name_of_record(id: &mut String, name: &mut String, given: Option<&str>) -> Result<()> {
    if let Some(given) = given {
        ValueRefused::check_length("name", given)?;
        *name = name_or_id(Some(given), "")?;
    }
    if id.is_empty() {
        if name.is_empty() {
            return Err(ValueRefused::missing("name").into());
        }
        *id = checked_id(name)?;
    }
    Ok(())
}

/// Gives a record the name that an edit names, if it names one.
pub fn rename(name: &mut String, given: Option<&str>) -> Result<()> {
    if let Some(given) = given {
        *name = name_or_id(Some(given), "")?;
    }
    Ok(())
}
