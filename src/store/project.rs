//! Field service projects.

use super::{Db, Result};
use crate::domain::reference::{Reference, folded};
use crate::params;

/// The project with that id or, ignoring case, that name.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Reference>> {
    let by_id = db.query_opt("SELECT key, id FROM project WHERE id = $1", params![id], |row| row.reference(0))?;
    match by_id {
        Some(project) => Ok(Some(project)),
        None => db.query_opt("SELECT key, id FROM project WHERE name_folded = $1", params![folded(id)], |row| {
            row.reference(0)
        }),
    }
}
