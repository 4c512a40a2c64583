//! `team`: who serves tickets, and which services they offer (spec A1, A2).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::Result;
use crate::domain::app::{App, AppShown};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::location::Location;
use crate::domain::project::Project;
use crate::domain::team::{self as decide, Service, Team};
use crate::domain::user::User;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::procedure::install;
use crate::store::{self, Db, Key, Page, team};

impl Record for Team {
    const KIND: &'static str = "team";
    const NOUN: &'static str = "team";
    const RIGHT: Right = Right::Helpdesk;
    const FIELDS: &'static [&'static str] =
        &["id", "name", "services", "field_service_project", "return_location", "members"];
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
        let mut team = Team {
            key: cx.db.next_key()?,
            id: String::new(),
            name: String::new(),
            services: decide::in_order(self.service.iter().copied()),
            field_service_project: None,
            return_location: None,
            members: members(cx, &self.member)?,
        };
        set_defaults(cx, &mut team, self.field_service_project.as_deref(), self.return_location.as_deref())?;
        (team.id, team.name) = naming::id_and_name(self.id.as_deref(), self.name.as_deref())?;
        naming::check_new_names(cx.db, &team.id, &team.name, team::by_id)?;
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
    pub service: Option<Vec<Setting<Service>>>,
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
        set_defaults(cx, &mut team, self.field_service_project.as_deref(), self.return_location.as_deref())?;
        naming::rename_found(&mut team.name, self.name.as_deref())?;
        if let Some(given) = &self.service {
            team.services = decide::in_order(given::list(given));
        }
        naming::check_name(cx.db, &team.name, team.key, team::by_id)?;
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
    let project: Option<Project> = given::record(cx, "field_service_project", field_service_project)?;
    let location: Option<Location> = given::record(cx, "return_location", return_location)?;
    if field_service_project.is_some() {
        team.field_service_project = project.map(|project| project.reference());
    }
    if return_location.is_some() {
        team.return_location = location.as_ref().map(decide::return_location).transpose()?;
    }
    Ok(())
}

/// The users of these logins, each once.
fn members(cx: &Cx<'_>, logins: &[String]) -> Result<Vec<Reference>> {
    let mut members: Vec<Reference> = Vec::new();
    for user in given::records::<User>(cx, "member", logins)? {
        if !members.iter().any(|member| member.key == user.key) {
            members.push(user.reference());
        }
    }
    Ok(members)
}

fn refuse_none(services: &[Service]) -> Result<()> {
    if services.is_empty() { Err(ValueRefused::missing("service").into()) } else { Ok(()) }
}
