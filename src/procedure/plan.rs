//! The form of an intervention: what it shows at first, for `ticket plan` and `ticket options` alike (spec F1, A8).

use super::context::Cx;
use super::services::{Makes, ServiceEntry};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::options::Fields;
use crate::domain::plan;
use crate::domain::project::Project;
use crate::domain::team::Service;
use crate::domain::ticket::Ticket;
use crate::store::project::PROJECT;
use crate::store::user::USER;
use crate::store::worksheet_template::WORKSHEET_TEMPLATE;
use crate::store::{self, Db, choices, project, task, team};

/// Field service (spec F).
pub const SERVICE: ServiceEntry = ServiceEntry {
    service: Service::FieldService,
    command: "ticket plan",
    apps: &[App::FieldService],
    form: offer,
    makes: &[Makes {
        shown_as: Some("tasks"),
        noun: "task",
        opened_by: "aftersales task show",
        of_ticket: task::made_from,
    }],
};

/// The project that the form shows at first: the default of the ticket's team.
pub fn default_project(db: &Db, ticket: &Ticket) -> store::Result<Option<Project>> {
    team::field_service_project(db, ticket.team.key)?.map(|default| project::by_key(db, default)).transpose()
}

/// The form of `ticket plan` for the ticket. The worksheet template is shown where the project has worksheets.
pub fn offer(cx: &Cx<'_>, ticket: &Ticket) -> Result<Fields> {
    let project = default_project(cx.db, ticket)?;
    let users = choices::all(cx.db, &USER)?;
    let fields = Fields::default().free("title", Some(ticket.subject.clone())).choice(
        "project",
        project.as_ref().map(|project| project.id.clone()),
        choices::all(cx.db, &PROJECT)?,
    );
    let fields = match project.filter(|project| project.worksheets) {
        None => fields.hidden("worksheet_template"),
        Some(project) => {
            let default = plan::default_template(&project).map(|template| template.id);
            fields.choice("worksheet_template", default, choices::all(cx.db, &WORKSHEET_TEMPLATE)?)
        }
    };
    Ok(fields.choice("assignee", None, users).free("start", None).free("end", None).switch("view"))
}
