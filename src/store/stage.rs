//! Stages.

use super::{Db, Result, Row};
use crate::domain::reference::folded;
use crate::domain::stage::Stage;
use crate::params;

macro_rules! head {
    () => {
        "SELECT s.key, s.id, s.name, s.folded FROM stage s"
    };
}

fn read(row: &Row<'_>) -> Result<Stage> {
    Ok(Stage { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, folded: row.get(3)? })
}

/// The stage with that id or, ignoring case, that name.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Stage>> {
    match db.query_opt(concat!(head!(), " WHERE s.id = $1"), params![id], read)? {
        Some(stage) => Ok(Some(stage)),
        None => db.query_opt(concat!(head!(), " WHERE s.name_folded = $1"), params![folded(id)], read),
    }
}
