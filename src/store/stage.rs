//! Stages of tickets.

use super::{Db, Key, Page, Result, Row};
use crate::domain::stage::Stage;
use crate::domain::value::reference::folded;
use crate::{named, paged, params};

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
    db.by_id_or_name(named!(head!(), "s"), id, read)
}

/// The stage of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Stage> {
    db.query_one(concat!(head!(), " WHERE s.key = $1"), params![key], read)
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Stage>> {
    db.page(paged!(head!(), "s.key"), page, read)
}

/// Writes a new stage.
pub fn insert(db: &Db, stage: &Stage) -> Result<()> {
    db.write(
        "INSERT INTO stage (key, id, name, name_folded, folded) VALUES ($1, $2, $3, $4, $5)",
        params![stage.key, &stage.id, &stage.name, folded(&stage.name), stage.folded],
    )
}

/// Writes what was changed of a stage.
pub fn update(db: &Db, stage: &Stage) -> Result<()> {
    db.change_one(
        "UPDATE stage SET name = $2, name_folded = $3, folded = $4 WHERE key = $1",
        params![stage.key, &stage.name, folded(&stage.name), stage.folded],
    )
}
