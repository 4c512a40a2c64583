//! Teams, their services and members.

use std::collections::HashMap;

use super::engine::record::{self, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{BY_PLACE, FoundBy, Order, Table, folded, id, link, list, list_of, records, text, words};
use super::{Db, Key, Result};
use crate::domain::app::Offer;
use crate::domain::team::{Service, Team};
use crate::domain::value::reference::Reference;
use crate::{described, field_of_words, params, query};

field_of_words!(Service);

described! {
    Team in TEAM {
        id: id(),
        name: text().listed().searched(),
        services: list_of("services").listed(),
        field_service_project: link("project").optional().listed().least(2),
        return_location: link("location").optional().listed().least(1),
        members: list_of("members").listed().least(3),
    } beside {
        name_folded: folded("name"),
    } complete complete
}

static SERVICES: Table = SERVICE_ROWS;
static MEMBERS: Table = MEMBER_ROWS;

const SERVICE_ROWS: Table =
    list("team_service", "team", Order::Column("service"), &[words(Service::WORDS).called("service")])
        .shown("services");
const MEMBER_ROWS: Table = list("team_member", "team", BY_PLACE, &[link("person").called("person")]).shown("members");

pub static TEAM: Table = records("team", "team", Team::COLUMNS)
    .with(&[SERVICE_ROWS, MEMBER_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// Loads services, in the order of the spec, and members of some teams.
fn complete(db: &Db, teams: &mut [Team]) -> Result<()> {
    let keys: Vec<Key> = teams.iter().map(Described::key).collect();
    let mut services: HashMap<Key, Vec<Service>> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["team_service"]) },
        ("SELECT team, service FROM team_service", "team", " ORDER BY team, service"),
        &keys,
        |row| {
            services.entry(row.get(0)?).or_default().push(row.get(1)?);
            Ok(())
        },
    )?;
    let mut members: HashMap<Key, Vec<Reference>> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["team_member", "person"]) },
        (
            "SELECT m.team, p.key, p.id FROM team_member m JOIN person p ON p.key = m.person",
            "m.team",
            " ORDER BY m.team, m.position",
        ),
        &keys,
        |row| {
            members.entry(row.get(0)?).or_default().push(row.reference(1)?);
            Ok(())
        },
    )?;
    for team in teams {
        team.services = services.remove(&team.key).unwrap_or_default();
        team.services.sort_unstable();
        team.members = members.remove(&team.key).unwrap_or_default();
    }
    Ok(())
}

/// The project that a team's interventions go into unless another is named.
pub fn field_service_project(db: &Db, team: Key) -> Result<Option<Key>> {
    db.query_one(
        query!([team], "SELECT field_service_project FROM team WHERE key = $1", [asked("team", "key", 1)]),
        params![team],
        |row| row.get(0),
    )
}

/// Whether the team offers the service.
pub fn offers(db: &Db, team: Key, service: Service) -> Result<bool> {
    let found = db.query_opt(
        query!([team_service], "SELECT team FROM team_service WHERE team = $1 AND service = $2"),
        params![team, service.word()],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Every service that a team offers: teams in order of creation, services in the order of the spec.
pub fn offers_of_all(db: &Db) -> Result<Vec<Offer>> {
    let mut offers = db.query(
        query!(
            [team_service, team],
            "SELECT t.key, t.id, s.service FROM team_service s JOIN team t ON t.key = s.team ORDER BY t.key"
        ),
        params![],
        |row| Ok(Offer { team: row.reference(0)?, service: row.get(2)? }),
    )?;
    offers.sort_by_key(|offer| (offer.team.key, offer.service));
    Ok(offers)
}

/// Writes a new team with its services and members.
pub fn insert(db: &Db, team: &Team) -> Result<()> {
    record::insert(db, team)?;
    record::add_links(db, &SERVICES, team, team.services.iter().map(|service| service.bind()))?;
    record::add_links(db, &MEMBERS, team, team.members.iter().map(Into::into))
}

/// Writes a changed team with its services and members.
pub fn update(db: &Db, team: &Team) -> Result<()> {
    record::update(db, team)?;
    record::set_links(db, &SERVICES, team, team.services.iter().map(|service| service.bind()))?;
    record::set_links(db, &MEMBERS, team, team.members.iter().map(Into::into))
}
