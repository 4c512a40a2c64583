//! The steps of planning an intervention that its command, the editing of a task and `ticket options` share (spec F1, A8).

use super::context::{Cx, found};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::project::Project;
use crate::domain::reference::Reference;
use crate::domain::text::Setting;
use crate::domain::ticket::Ticket;
use crate::store::{self, Db, project, team, user, worksheet_template};

/// The project that `given` stands for; a task cannot be without one.
pub fn project_named(cx: &Cx<'_>, given: &str) -> Result<Project> {
    if given.is_empty() {
        return Err(ValueRefused::missing("project").into());
    }
    found(project::by_id(cx.db, given)?, "project", "project", "project", given)
}

/// The worksheet template that `given` stands for, nothing where it is emptied.
pub fn template_named(cx: &Cx<'_>, given: &str) -> Result<Setting<Reference>> {
    if given.is_empty() {
        return Ok(Setting(None));
    }
    let template = worksheet_template::by_id(cx.db, given)?;
    let template =
        found(template, "worksheet template", "worksheet-template", "worksheet_template", given)?.reference();
    Ok(Setting(Some(template)))
}

/// The user that `given` stands for, nobody where it is emptied.
pub fn assignee_named(cx: &Cx<'_>, given: &str) -> Result<Option<Reference>> {
    user_named(cx, "assignee", given)
}

/// The user that `given` stands for in `field`, nobody where it is emptied.
pub fn user_named(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<Option<Reference>> {
    if given.is_empty() {
        return Ok(None);
    }
    let key = found(user::by_id(cx.db, given)?, "user", "user", field, given)?;
    Ok(Some(Reference { key, id: given.to_owned() }))
}

/// The project that the form shows at first: the default of the ticket's team.
pub fn default_project(db: &Db, ticket: &Ticket) -> store::Result<Option<Project>> {
    let team = team::by_key(db, ticket.team.key)?;
    team.field_service_project.map(|default| project::by_key(db, default.key)).transpose()
}
