//! Tags.

use super::{Db, Result, Row};
use crate::domain::reference::folded;
use crate::domain::tag::Tag;
use crate::params;

macro_rules! head {
    () => {
        "SELECT g.key, g.id, g.name FROM tag g"
    };
}

fn read(row: &Row<'_>) -> Result<Tag> {
    Ok(Tag { key: row.get(0)?, id: row.get(1)?, name: row.get(2)? })
}

/// The tag with that id or, ignoring case, that name.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Tag>> {
    match db.query_opt(concat!(head!(), " WHERE g.id = $1"), params![id], read)? {
        Some(tag) => Ok(Some(tag)),
        None => db.query_opt(concat!(head!(), " WHERE g.name_folded = $1"), params![folded(id)], read),
    }
}

/// Writes a new tag.
pub fn insert(db: &Db, tag: &Tag) -> Result<()> {
    db.execute(
        "INSERT INTO tag (key, id, name, name_folded) VALUES ($1, $2, $3, $4)",
        params![tag.key, &tag.id, &tag.name, folded(&tag.name)],
    )
    .map(drop)
}
