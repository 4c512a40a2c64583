//! Teams, their services and members.

use super::{Db, Key, Result, Row};
use crate::domain::reference::folded;
use crate::domain::team::{Service, Team};
use crate::{column_of_text, params};

column_of_text!(Service);

macro_rules! head {
    () => {
        "SELECT t.key, t.id, t.name, p.key, p.id, l.key, l.id
         FROM team t LEFT JOIN project p ON p.key = t.field_service_project LEFT JOIN location l ON l.key = t.return_location"
    };
}

/// All but services and members.
fn read(row: &Row<'_>) -> Result<Team> {
    Ok(Team {
        key: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        services: Vec::new(),
        field_service_project: row.optional_reference(3)?,
        return_location: row.optional_reference(5)?,
        members: Vec::new(),
    })
}

/// Loads services, in the order of the spec, and members.
pub fn complete(db: &Db, team: &mut Team) -> Result<()> {
    team.services =
        db.query("SELECT service FROM team_service WHERE team = $1", params![team.key], |row| row.get(0))?;
    team.services.sort_unstable();
    team.members = db.query(
        "SELECT p.key, p.id FROM team_member m JOIN person p ON p.key = m.person WHERE m.team = $1 ORDER BY m.position",
        params![team.key],
        |row| row.reference(0),
    )?;
    Ok(())
}

/// The team with that id or, ignoring case, that name; complete.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Team>> {
    let by_id = db.query_opt(concat!(head!(), " WHERE t.id = $1"), params![id], read)?;
    let team = match by_id {
        Some(team) => Some(team),
        None => db.query_opt(concat!(head!(), " WHERE t.name_folded = $1"), params![folded(id)], read)?,
    };
    let Some(mut team) = team else {
        return Ok(None);
    };
    complete(db, &mut team)?;
    Ok(Some(team))
}

/// The team of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<Team> {
    let mut team = db.query_one(concat!(head!(), " WHERE t.key = $1"), params![key], read)?;
    complete(db, &mut team)?;
    Ok(team)
}

/// Whether the team offers the service.
pub fn offers(db: &Db, team: Key, service: Service) -> Result<bool> {
    let found = db.query_opt(
        "SELECT team FROM team_service WHERE team = $1 AND service = $2",
        params![team, service.word()],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}
