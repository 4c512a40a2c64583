//! Journals.

use super::{Db, Key, Result, Row};
use crate::domain::journal::{Journal, JournalType};
use crate::{column_of_text, params};

column_of_text!(JournalType);

macro_rules! head {
    () => {
        "SELECT j.key, j.id, j.name, j.type, j.active FROM journal j"
    };
}

fn read(row: &Row<'_>) -> Result<Journal> {
    Ok(Journal { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, kind: row.get(3)?, active: row.get(4)? })
}

/// The journal with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Journal>> {
    db.query_opt(concat!(head!(), " WHERE j.id = $1"), params![id], read)
}

/// The journal of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Journal> {
    db.query_one(concat!(head!(), " WHERE j.key = $1"), params![key], read)
}

/// All journals, in order of creation.
pub fn all(db: &Db) -> Result<Vec<Journal>> {
    db.query(concat!(head!(), " ORDER BY j.key"), params![], read)
}
