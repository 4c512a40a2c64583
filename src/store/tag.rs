//! Tags.

use super::{Db, Key, Page, Result, Row};
use crate::domain::tag::Tag;
use crate::domain::value::reference::folded;
use crate::{named, paged, params};

macro_rules! head {
    () => {
        "SELECT t.key, t.id, t.name FROM tag t"
    };
}

fn read(row: &Row<'_>) -> Result<Tag> {
    Ok(Tag { key: row.get(0)?, id: row.get(1)?, name: row.get(2)? })
}

/// The tag with that id or, ignoring case, that name.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Tag>> {
    db.by_id_or_name(named!(head!(), "t"), id, read)
}

/// The tag of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Tag> {
    db.query_one(concat!(head!(), " WHERE t.key = $1"), params![key], read)
}

/// The ids of all, in order of creation.
pub fn ids(db: &Db) -> Result<Vec<String>> {
    db.query("SELECT id FROM tag ORDER BY key", params![], |row| row.get(0))
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Tag>> {
    db.page(paged!(head!(), "t.key"), page, read)
}

/// Writes a new tag.
pub fn insert(db: &Db, tag: &Tag) -> Result<()> {
    db.write(
        "INSERT INTO tag (key, id, name, name_folded) VALUES ($1, $2, $3, $4)",
        params![tag.key, &tag.id, &tag.name, folded(&tag.name)],
    )
}

/// Writes a tag's changed name.
pub fn update(db: &Db, tag: &Tag) -> Result<()> {
    db.change_one(
        "UPDATE tag SET name = $2, name_folded = $3 WHERE key = $1",
        params![tag.key, &tag.name, folded(&tag.name)],
    )
}
