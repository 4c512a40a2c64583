//! Locations.

use super::engine::uses;
use super::{Db, Key, Page, Result, Row, stock};
use crate::domain::in_use::Use;
use crate::domain::location::{Location, LocationType};
use crate::{column_of_text, insert, paged, params, query, update};

column_of_text!(LocationType);

macro_rules! head {
    () => {
        "SELECT l.key, l.id, l.type, l.return_location FROM location l"
    };
}

fn read(row: &Row<'_>) -> Result<Location> {
    Ok(Location { key: row.get(0)?, id: row.get(1)?, kind: row.get(2)?, return_location: row.get(3)? })
}

/// The location with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Location>> {
    db.query_opt(concat!(head!(), " WHERE l.id = $1"), params![id], read)
}

/// The location of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Location> {
    db.query_one(concat!(head!(), " WHERE l.key = $1"), params![key], read)
}

/// One page of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Location>> {
    db.page(paged!(head!(), "l.key"), page, read)
}

/// Writes a new location.
pub fn insert(db: &Db, location: &Location) -> Result<()> {
    db.write(
        insert!(location: key Int, id Text, type Text, return_location Int),
        params![location.key, &location.id, location.kind.word(), location.return_location],
    )
}

/// Writes what was changed of a location.
pub fn update(db: &Db, location: &Location) -> Result<()> {
    db.change_one(
        update!(location (Int, Text, Int): "type = $2, return_location = $3"),
        params![location.key, location.kind.word(), location.return_location],
    )
}

/// What lies or lay in the location, moved to or from it, or sends its returns there, where anything did.
pub fn first_use(db: &Db, location: Key) -> Result<Option<Use>> {
    match stock::first_in(db, location)? {
        Some(stock) => Ok(Some(stock)),
        None => uses::first(
            db,
            &[
                (
                    "transfer",
                    query!(
                        [transfer],
                        "SELECT id FROM transfer WHERE source = $1 OR destination = $1 ORDER BY key LIMIT 1"
                    ),
                ),
                ("team", query!([team], "SELECT id FROM team WHERE return_location = $1 ORDER BY key LIMIT 1")),
            ],
            location,
        ),
    }
}

/// Where the team's returns go, where it says so.
pub fn of_team(db: &Db, team: Key) -> Result<Option<Location>> {
    db.query_opt(concat!(head!(), " JOIN team t ON t.return_location = l.key WHERE t.key = $1"), params![team], read)
}

/// The internal locations that take returns, in order of creation.
pub fn taking_returns(db: &Db) -> Result<Vec<Location>> {
    db.query(concat!(head!(), " WHERE l.type = 'internal' AND l.return_location = 1 ORDER BY l.key"), params![], read)
}
