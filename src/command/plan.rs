//! `ticket plan`: a field service task from a ticket (spec F1).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::{Change, Cx};
use crate::domain::desk::Right;
use crate::domain::plan::{self, PlannedTime, Window};
use crate::domain::project::Project;
use crate::domain::task::{Stage, Task};
use crate::domain::team::Service;
use crate::domain::user::User;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::domain::worksheet::Worksheet;
use crate::domain::worksheet_template::WorksheetTemplate;
use crate::domain::{Error, Faults, Result};
use crate::output::Detail;
use crate::procedure::checks::or_none;
use crate::procedure::look_up;
use crate::procedure::plan::default_project;
use crate::procedure::task::warn_of_overlaps;
use crate::procedure::{service, ticket_log};
use crate::store::project::PROJECT;
use crate::store::{choices, task};

/// Plan a field service intervention from a ticket
///
/// The title defaults to the ticket's subject, the project to the one of the ticket's team, the worksheet template to the
/// project's own where the project has worksheets. A start or end is a moment such as 2026-11-24T09:00:00Z or a day of the
/// desk's time zone, which starts with its first second and ends with its last. A task with a start is planned, one without
/// is new.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket plan T00001\n  aftersales ticket plan T00001 --start 2026-11-24T09:00:00Z --end 2026-11-24T11:00:00Z\n  aftersales ticket plan T00001 --title 'Change it' --start 2026-11-24 --end 2026-11-24 --view"
)]
pub struct TicketPlan {
    /// The ticket to plan from
    pub ticket: String,
    /// What the task is called (default: the ticket's subject)
    #[arg(long)]
    pub title: Option<String>,
    /// The project to plan in (default: the team's)
    #[arg(long)]
    pub project: Option<String>,
    /// The template of the worksheet to fill in (default: the project's; empty: no worksheet)
    #[arg(long)]
    pub worksheet_template: Option<String>,
    /// The user who goes there
    #[arg(long, value_name = "LOGIN")]
    pub assignee: Option<String>,
    /// When it starts: a time, or a day, which starts with its first second
    #[arg(long, value_name = "TIME")]
    pub start: Option<Setting<PlannedTime>>,
    /// When it ends: a time, or a day, which ends with its last second
    #[arg(long, value_name = "TIME")]
    pub end: Option<Setting<PlannedTime>>,
    /// Print the whole task, not only its row
    #[arg(long)]
    #[serde(default)]
    pub view: bool,
}

impl Change for TicketPlan {
    type Outcome = Changed<Task>;
    const RIGHT: Right = Right::Helpdesk;

    fn detail(&self) -> Detail {
        if self.view { Detail::Whole } else { Detail::Row }
    }

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Task>> {
        let ticket = service::ticket(cx, &self.ticket)?;
        let named: Result<Option<Project>> = look_up::optional(cx, "project", self.project.as_deref());
        let named = cx.checked("the project is there", || vec![or_none("project", self.project.as_deref())], named)?;
        let template = template_given(cx, self.worksheet_template.as_deref())?;
        let assignee: Result<Option<User>> = look_up::optional(cx, "assignee", self.assignee.as_deref());
        let inputs = || vec![or_none("assignee", self.assignee.as_deref())];
        let assignee = cx.checked("the assignee is there", inputs, assignee)?;
        service::check_offered(cx, &ticket, Service::FieldService)?;

        let mut faults = Faults::default();
        let title = faults.gather(plan::title(self.title.as_deref(), &ticket.subject).map_err(Error::from));
        faults.gather(plan::check_project(self.project.as_deref()).map_err(Error::from));
        let times = Window::default().with(self.start.as_ref(), self.end.as_ref(), &cx.desk.timezone);
        let window = faults.gather(times.map_err(Error::from)).unwrap_or_default();
        let titles = || vec![or_none("title", self.title.as_deref()), ("subject", ticket.subject.clone())];
        cx.checked("title, start and end can be used", titles, faults.refuse())?;
        let default = default_project(cx.db, &ticket)?;
        let other = match named.is_none() && default.is_none() {
            true => choices::all(cx.db, &PROJECT)?.ids.into_iter().next(),
            false => None,
        };
        let project = plan::project(named, default, &ticket.team.id, other).map_err(Error::from);
        let inputs = || vec![("team", ticket.team.id.clone()), or_none("project", self.project.as_deref())];
        let project = cx.checked("the visit has a project", inputs, project)?;
        let template = plan::template(&project, template).map_err(Error::from);
        let inputs = || vec![("project", project.id.clone()), or_none("template", self.worksheet_template.as_deref())];
        let template = cx.checked("the project has worksheets, where one is asked for", inputs, template)?;

        let mut task = Task {
            key: cx.db.next_key()?,
            id: cx.db.next_reference("FS")?,
            title: title.unwrap_or_default(),
            project: project.reference(),
            stage: Stage::New,
            customer: ticket.customer.clone(),
            ticket: Some(Reference { key: ticket.key, id: ticket.id.clone() }),
            assignee: assignee.map(|user| user.reference()),
            planned_start: window.start,
            planned_end: window.end,
            worked_minutes: 0,
            products: Vec::new(),
            worksheet: template.map(Worksheet::blank),
            timer: None,
            timesheet: Vec::new(),
            invoice: None,
            overlaps: Vec::new(),
            created_at: Some(cx.now),
        };
        task.follow_planned_start();
        task::insert(cx.db, &task)?;
        warn_of_overlaps(cx, &mut task)?;
        cx.created("task", &task.id);
        cx.touched("ticket", &ticket.id);
        ticket_log::note(cx, ticket.key, "task", &format!("Task {} planned: {}", task.id, task.title), Some(&task.id))?;
        Ok(Changed(task))
    }
}

/// The worksheet template that was given, emptied or named; none where it was left out.
pub fn template_given(cx: &Cx<'_>, given: Option<&str>) -> Result<Option<Setting<Reference>>> {
    let template: Option<WorksheetTemplate> = look_up::optional(cx, "worksheet_template", given)?;
    Ok(given.map(|_| Setting(template.map(|template| template.reference()))))
}
