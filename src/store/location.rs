//! Locations.

use super::{Db, Key, Result, Row};
use crate::domain::location::{Location, LocationType};
use crate::{column_of_text, params};

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
