//! Keeping what a file holds for a record that will name it (spec F3).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::value::reference::Reference;
use crate::store;

/// Keeps a file, unless the store holds the same already; the log knows which operation brought it.
pub fn keep(cx: &Cx<'_>, media_type: &str, bytes: &[u8]) -> Result<Reference> {
    let kept = store::file::keep(cx.db, media_type, bytes)?;
    if kept.is_new {
        cx.touched("file", &kept.file.id);
    }
    Ok(kept.file)
}
