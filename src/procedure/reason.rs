//! The reason that a credit note shows: any text, or one of the list that the desk keeps.

use super::context::Cx;
use crate::domain::Result;
use crate::store::reason;

/// The reason that was typed as it is written: one of the list, found by its id or name, by its name. An empty text stays one.
pub fn written(cx: &Cx<'_>, given: Option<&str>) -> Result<Option<String>> {
    Ok(match given {
        Some(text) if !text.is_empty() => Some(reason::named(cx.db, text)?),
        other => other.map(str::to_owned),
    })
}
