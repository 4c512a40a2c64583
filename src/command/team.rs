//! `team`: who serves tickets, and which services they offer (spec A1, A2).

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::pipeline::form::{Form, Help, NewId, check_free};
use super::pipeline::noun::{Noun, one};
use super::{Change, Cx, given, internal, naming};
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
use crate::procedure::{install, look_up};
use crate::store::team;

impl Noun for Team {
    const KIND: &'static str = "team";
    const NOUN: &'static str = "team";
    const RIGHT: Right = Right::Helpdesk;
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

/// What can be said of a team.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct TeamForm {
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long, help = format!("A service that it offers: {} (repeatable)", Service::WORDS.join(", ")))]
    pub service: Option<Vec<Setting<Service>>>,
    /// Where its field service tasks are planned, unless another project is named
    #[arg(long)]
    pub field_service_project: Option<String>,
    /// Where goods that its customers return go, unless another location is named
    #[arg(long)]
    pub return_location: Option<String>,
    /// A user in the team (repeatable)
    #[arg(long)]
    pub member: Option<Vec<String>>,
}

impl Form for TeamForm {
    type Record = Team;
    const CREATE: Help = Help {
        about: "Create a team",
        more: "Applications that its services need are installed with it; on a one-app-free database that starts a trial and asks \
               first.",
        examples: &[
            "aftersales team create Support",
            "aftersales team create Support --service refunds --service returns",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a team",
        more: "An empty value empties the field; a list replaces the list before it.",
        examples: &[
            "aftersales team edit Support --name 'After sales'",
            "aftersales team edit Support --return-location WH/Stock",
        ],
    };
    const ID: NewId = NewId::GivenOrName;
    const LISTS: &'static [(&'static str, &'static str)] = &[("service", "services"), ("member", "members")];

    fn blank(_: &Cx<'_>, id: String) -> Result<Team> {
        Ok(Team {
            key: 0,
            name: id.clone(),
            id,
            services: Vec::new(),
            field_service_project: None,
            return_location: None,
            members: Vec::new(),
        })
    }

    fn fill(&self, cx: &Cx<'_>, team: &mut Team) -> Result<()> {
        if let Some(given) = &self.member {
            team.members = members(cx, given)?;
        }
        set_defaults(cx, team, self.field_service_project.as_deref(), self.return_location.as_deref())?;
        naming::name_of_record(&mut team.id, &mut team.name, self.name.as_deref())?;
        if let Some(given) = &self.service {
            team.services = decide::in_order(given::list(given));
        }
        Ok(())
    }

    fn check_change(cx: &Cx<'_>, _: &Team, after: &Team) -> Result<()> {
        check_free::<Self>(cx, "name", &after.name, Some(after.key))
    }

    fn insert(cx: &Cx<'_>, team: &mut Team) -> Result<()> {
        check_free::<Self>(cx, "id", &team.id, None)?;
        check_free::<Self>(cx, "name", &team.name, None)?;
        team.key = cx.db.next_key()?;
        team::insert(cx.db, team)?;
        cx.created("team", &team.id);
        install::for_services(cx, &team.services).map(drop)
    }

    fn update(cx: &Cx<'_>, before: &Team, after: &Team) -> Result<()> {
        updated(cx, before, after).map(drop)
    }

    fn id_of(team: &Team) -> &str {
        &team.id
    }

    fn beside(cx: &Cx<'_>) -> Result<Option<(&'static str, Box<RawValue>)>> {
        let installed: Vec<App> = cx.touched_of("app").iter().filter_map(|app| app.parse().ok()).collect();
        let shown = serde_json::value::to_raw_value(&install::shown_of(cx, &installed)?);
        Ok(Some(("apps", shown.map_err(|error| internal(error.to_string()))?)))
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
    #[arg(required = true, help = format!("The services: {}", Service::WORDS.join(", ")))]
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
    #[arg(required = true, help = format!("The services: {}", Service::WORDS.join(", ")))]
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
    let installed = updated(cx, before, &team)?;
    TeamOutcome::of(cx, team, &installed)
}

/// Writes a changed team, and answers which applications were installed for services that are new to it.
fn updated(cx: &Cx<'_>, before: &Team, team: &Team) -> Result<Vec<App>> {
    team::update(cx.db, team)?;
    cx.touched("team", &team.id);
    let new: Vec<Service> =
        team.services.iter().copied().filter(|service| !before.services.contains(service)).collect();
    install::for_services(cx, &new)
}

/// Sets the team's default project and return location where they are given; an empty one empties.
fn set_defaults(
    cx: &Cx<'_>,
    team: &mut Team,
    field_service_project: Option<&str>,
    return_location: Option<&str>,
) -> Result<()> {
    let project: Option<Project> = look_up::optional(cx, "field_service_project", field_service_project)?;
    let location: Option<Location> = look_up::optional(cx, "return_location", return_location)?;
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
