//! Locations.

use super::engine::record;
use super::engine::statement::Tables;
use super::engine::table::{Table, id, records, switch, words};
use super::engine::uses;
use super::{Db, Key, Result, stock};
use crate::domain::in_use::Use;
use crate::domain::location::{Location, LocationType};
use crate::{described, field_of_words, params, query, select};

field_of_words!(LocationType);

described! {
    Location in LOCATION {
        id: id(),
        kind: words(LocationType::WORDS).called("type").listed(),
        return_location: switch().listed(),
    }
}

pub static LOCATION: Table = records("location", "location", Location::COLUMNS);

/// The location with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Location>> {
    record::by_id(db, id)
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
    let of_team = "t.key = (SELECT return_location FROM team WHERE key = $1)".to_owned();
    let statement = record::select::<Location>().reading(const { Tables::of(&["team"]) }, (&[of_team], false), "");
    record::first(db, statement, params![team])
}

/// The internal locations that take returns, in order of creation.
pub fn taking_returns(db: &Db) -> Result<Vec<Location>> {
    record::all(db, select!(Location, "t.type = 'internal' AND t.return_location = 1", " ORDER BY t.key"), params![])
}
