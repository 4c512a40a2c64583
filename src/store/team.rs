//! Teams, their services and members.

use super::{Db, Key, Page, Result, Row};
use crate::domain::app::Offer;
use crate::domain::team::{Service, Team};
use crate::domain::value::reference::folded;
use crate::{column_of_text, paged, params};

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

/// Every service that a team offers: teams in order of creation, services in the order of the spec.
pub fn offers_of_all(db: &Db) -> Result<Vec<Offer>> {
    let mut offers = db.query(
        "SELECT t.key, t.id, s.service FROM team_service s JOIN team t ON t.key = s.team ORDER BY t.key",
        params![],
        |row| Ok(Offer { team: row.reference(0)?, service: row.get(2)? }),
    )?;
    offers.sort_by_key(|offer| (offer.team.key, offer.service));
    Ok(offers)
}

/// One stretch of the list, without services and members.
pub fn page(db: &Db, page: Page) -> Result<Vec<Team>> {
    db.page(paged!(head!(), "t.key"), page, read)
}

/// Writes a new team with its services and members.
pub fn insert(db: &Db, team: &Team) -> Result<()> {
    db.write(
        "INSERT INTO team (key, id, name, name_folded, field_service_project, return_location) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            team.key,
            &team.id,
            &team.name,
            folded(&team.name),
            &team.field_service_project,
            &team.return_location
        ],
    )?;
    insert_services(db, team)?;
    insert_members(db, team)
}

/// Writes a changed team with its services and members.
pub fn update(db: &Db, team: &Team) -> Result<()> {
    db.change_one(
        "UPDATE team SET name = $2, name_folded = $3, field_service_project = $4, return_location = $5 WHERE key = $1",
        params![team.key, &team.name, folded(&team.name), &team.field_service_project, &team.return_location],
    )?;
    db.write("DELETE FROM team_service WHERE team = $1", params![team.key])?;
    insert_services(db, team)?;
    db.write("DELETE FROM team_member WHERE team = $1", params![team.key])?;
    insert_members(db, team)
}

fn insert_services(db: &Db, team: &Team) -> Result<()> {
    for service in &team.services {
        db.write("INSERT INTO team_service (team, service) VALUES ($1, $2)", params![team.key, service.word()])?;
    }
    Ok(())
}

fn insert_members(db: &Db, team: &Team) -> Result<()> {
    for (position, member) in (1i64..).zip(&team.members) {
        db.write(
            "INSERT INTO team_member (team, position, person) VALUES ($1, $2, $3)",
            params![team.key, position, member],
        )?;
    }
    Ok(())
}
