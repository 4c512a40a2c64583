//! `team`: who serves tickets, and which services they offer (spec A1, A2).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::record::{Record, one};
use super::{Change, Cx, found};
use crate::domain::Result;
use crate::domain::app::{App, AppShown};
use crate::domain::common::{AlreadyExists, ValueRefused};
use crate::domain::desk::Right;
use crate::domain::reference::Reference;
use crate::domain::team::{self as decide, Service, Team};
use crate::procedure::install;
use crate::store::{self, Db, Key, Page, location, project, team, user};

impl Record for Team {
    const KIND: &'static str = "team";
    const NOUN: &'static str = "team";
    const RIGHT: Right = Right::Helpdesk;
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "services", "field_service_project", "return_location", "members"];
    const SCALARS: &'static [&'static str] = &["id", "name", "field_service_project", "return_location"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        team::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        team::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        team::complete(db, self)
    }
}

/// What a change of a team answers.
#[derive(Serialize)]
pub struct TeamOutcome {
    team: Team,
    /// The applications that were installed for it.
    apps: Vec<AppShown>,
}

impl TeamOutcome {
    fn of(cx: &Cx<'_>, team: Team, installed: &[App]) -> Result<TeamOutcome> {
        Ok(TeamOutcome { team, apps: install::shown_of(cx, installed)? })
    }
}

/// Create a team
///
/// Applications that its services need are installed with it; on a one-app-free database that starts a trial and asks first.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales team create Support\n  aftersales team create Support --service refunds --service returns"
)]
pub struct TeamCreate {
    /// Its id, which is its name too where --name gives no other
    #[arg(value_name = "NAME")]
    pub id: Option<String>,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// A service that it offers: refunds, coupons, returns, repairs, field-service (repeatable)
    #[arg(long)]
    #[serde(default)]
    pub service: Vec<Service>,
    /// Where its field service tasks are planned, unless another project is named
    #[arg(long)]
    pub field_service_project: Option<String>,
    /// Where goods that its customers return go, unless another location is named
    #[arg(long)]
    pub return_location: Option<String>,
    /// A user in the team (repeatable)
    #[arg(long)]
    #[serde(default)]
    pub member: Vec<String>,
}

impl Change for TeamCreate {
    type Outcome = TeamOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TeamOutcome> {
        // The id stands for the name and the name for the id, so that `{"name": …}` makes a team as well.
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let name = given(&self.name).or_else(|| given(&self.id));
        let name = name.ok_or_else(|| ValueRefused::missing("name"))?;
        let id = given(&self.id).unwrap_or_else(|| name.clone());
        if team::by_id(cx.db, &id)?.is_some() {
            return Err(taken(&id));
        }
        refuse_taken_name(cx, &name, None)?;

        let mut team = Team {
            key: cx.db.next_key()?,
            id,
            name,
            services: decide::in_order(self.service.iter().copied()),
            field_service_project: None,
            return_location: None,
            members: members(cx, &self.member)?,
        };
        set_defaults(cx, &mut team, self.field_service_project.as_deref(), self.return_location.as_deref())?;
        team::insert(cx.db, &team)?;
        cx.created("team", &team.id);
        let installed = install::for_services(cx, &team.services)?;
        TeamOutcome::of(cx, team, &installed)
    }
}

/// Edit a team
///
/// An empty value empties the field; a list replaces the list before it.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales team edit Support --name 'After sales'\n  aftersales team edit Support --return-location WH/Stock"
)]
pub struct TeamEdit {
    /// The team
    pub team: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// A service that it offers: refunds, coupons, returns, repairs, field-service (repeatable, replaces all)
    #[arg(long)]
    pub service: Option<Vec<String>>,
    /// Where its field service tasks are planned, unless another project is named
    #[arg(long)]
    pub field_service_project: Option<String>,
    /// Where goods that its customers return go, unless another location is named
    #[arg(long)]
    pub return_location: Option<String>,
    /// A user in the team (repeatable, replaces all)
    #[arg(long)]
    pub member: Option<Vec<String>>,
}

impl Change for TeamEdit {
    type Outcome = TeamOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TeamOutcome> {
        let before: Team = one(cx, "team", &self.team)?;
        let mut team = before.clone();
        if let Some(given) = &self.member {
            team.members = members(cx, given)?;
        }
        if let Some(name) = &self.name {
            if name.trim().is_empty() {
                return Err(ValueRefused::missing("name").into());
            }
            refuse_taken_name(cx, name, Some(team.key))?;
            team.name.clone_from(name);
        }
        if let Some(given) = &self.service {
            team.services = services(given)?;
        }
        set_defaults(cx, &mut team, self.field_service_project.as_deref(), self.return_location.as_deref())?;
        kept(cx, &before, team)
    }
}

/// Enable after-sales services for a team
///
/// Applications that they need are installed in the same step; on a one-app-free database that starts a trial and asks
/// first.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales team enable-service Support refunds returns\n  aftersales team enable-service Support returns --return-location WH/Stock"
)]
pub struct TeamEnableService {
    /// The team
    pub team: String,
    /// The services: refunds, coupons, returns, repairs, field-service
    #[arg(required = true)]
    pub service: Vec<Service>,
    /// Where its field service tasks are planned, unless another project is named
    #[arg(long)]
    pub field_service_project: Option<String>,
    /// Where goods that its customers return go, unless another location is named
    #[arg(long)]
    pub return_location: Option<String>,
}

impl Change for TeamEnableService {
    type Outcome = TeamOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TeamOutcome> {
        let before: Team = one(cx, "team", &self.team)?;
        let mut team = before.clone();
        set_defaults(cx, &mut team, self.field_service_project.as_deref(), self.return_location.as_deref())?;
        refuse_none(&self.service)?;
        team.services = decide::in_order(before.services.iter().chain(&self.service).copied());
        kept(cx, &before, team)
    }
}

/// Disable after-sales services of a team
///
/// It hides them for new work: what was made stays and stays reachable, and applications stay installed.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales team disable-service Support coupons")]
pub struct TeamDisableService {
    /// The team
    pub team: String,
    /// The services: refunds, coupons, returns, repairs, field-service
    #[arg(required = true)]
    pub service: Vec<Service>,
}

impl Change for TeamDisableService {
    type Outcome = TeamOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TeamOutcome> {
        let before: Team = one(cx, "team", &self.team)?;
        refuse_none(&self.service)?;
        let mut team = before.clone();
        team.services.retain(|service| !self.service.contains(service));
        kept(cx, &before, team)
    }
}

/// Writes the team where it changed, and installs what services that are new to it need.
fn kept(cx: &Cx<'_>, before: &Team, team: Team) -> Result<TeamOutcome> {
    if team == *before {
        return TeamOutcome::of(cx, team, &[]);
    }
    team::update(cx.db, &team)?;
    cx.touched("team", &team.id);
    let new: Vec<Service> =
        team.services.iter().copied().filter(|service| !before.services.contains(service)).collect();
    let installed = install::for_services(cx, &new)?;
    TeamOutcome::of(cx, team, &installed)
}

/// Sets the team's default project and return location where they are given; an empty one empties.
fn set_defaults(
    cx: &Cx<'_>,
    team: &mut Team,
    field_service_project: Option<&str>,
    return_location: Option<&str>,
) -> Result<()> {
    if let Some(given) = field_service_project {
        team.field_service_project = match given {
            "" => None,
            given => {
                let project = project::by_id(cx.db, given)?;
                Some(found(project, "project", "project", "field_service_project", given)?.reference())
            }
        };
    }
    if let Some(given) = return_location {
        team.return_location = match given {
            "" => None,
            given => {
                let location = location::by_id(cx.db, given)?;
                let location = found(location, "location", "location", "return_location", given)?;
                Some(decide::return_location(&location)?)
            }
        };
    }
    Ok(())
}

/// The users of these logins, each once.
fn members(cx: &Cx<'_>, logins: &[String]) -> Result<Vec<Reference>> {
    let mut members: Vec<Reference> = Vec::new();
    for login in logins.iter().filter(|login| !login.is_empty()) {
        let member = found(user::by_id(cx.db, login)?, "user", "user", "member", login)?.reference();
        if !members.contains(&member) {
            members.push(member);
        }
    }
    Ok(members)
}

/// Services as they were given to `edit`, where an empty text empties the list.
fn services(given: &[String]) -> Result<Vec<Service>> {
    let mut services = Vec::new();
    for word in given.iter().filter(|word| !word.is_empty()) {
        services.push(word.parse().map_err(|message: String| ValueRefused::invalid("service", word, message))?);
    }
    Ok(decide::in_order(services))
}

fn refuse_none(services: &[Service]) -> Result<()> {
    if services.is_empty() { Err(ValueRefused::missing("service").into()) } else { Ok(()) }
}

/// A name that another team is found by cannot be taken (spec A1).
fn refuse_taken_name(cx: &Cx<'_>, name: &str, own: Option<Key>) -> Result<()> {
    match team::by_id(cx.db, name)? {
        Some(other) if Some(other.key) != own => Err(taken(name)),
        _ => Ok(()),
    }
}

fn taken(name: &str) -> crate::domain::Error {
    AlreadyExists { kind: "team", noun: "team", field: "name", given: name.to_owned() }.into()
}
