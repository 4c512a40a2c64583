//! `task`: the interventions of field service (spec F2).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::{Noun, one};
use super::plan::template_given;
use super::{Change, Cx};
use crate::domain::desk::Right;
use crate::domain::plan::{self, PlannedTime, Window};
use crate::domain::project::Project;
use crate::domain::task::Task;
use crate::domain::user::User;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::procedure::{look_up, ticket_log};
use crate::store::{project, task};

impl Noun for Task {
    const KIND: &'static str = "task";
    const NOUN: &'static str = "task";
    const RIGHT: Right = Right::FieldService;
}

/// Edit a task
///
/// An empty value empties the field. A task with a start is planned; without one, and not begun, it is new. A task that is done
/// or cancelled cannot be edited.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales task edit FS00001 --start 2026-11-24T09:00:00Z --end 2026-11-24T11:00:00Z\n  aftersales task edit FS00001 --assignee ann --worksheet-template ''"
)]
pub struct TaskEdit {
    /// The task
    pub task: String,
    /// What it is called
    #[arg(long)]
    pub title: Option<String>,
    /// The project it is planned in
    #[arg(long)]
    pub project: Option<String>,
    /// The template of the worksheet to fill in
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
}

impl Change for TaskEdit {
    type Outcome = Changed<Task>;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Task>> {
        let before: Task = one(cx, "task", &self.task)?;
        let named: Option<Project> = look_up::optional(cx, "project", self.project.as_deref())?;
        let template = template_given(cx, self.worksheet_template.as_deref())?;
        let assignee: Option<User> = look_up::optional(cx, "assignee", self.assignee.as_deref())?;

        let mut faults = Faults::default();
        let title = faults.gather(plan::title(self.title.as_deref(), &before.title).map_err(Error::from));
        faults.gather(plan::check_project(self.project.as_deref()).map_err(Error::from));
        let window = Window { start: before.planned_start, end: before.planned_end };
        let window = window.with(self.start.as_ref(), self.end.as_ref(), &cx.desk.timezone);
        let window = faults.gather(window.map_err(Error::from)).unwrap_or_default();
        faults.refuse()?;

        let mut task = before.clone();
        task.title = title.unwrap_or_default();
        (task.planned_start, task.planned_end) = (window.start, window.end);
        if self.assignee.is_some() {
            task.assignee = assignee.map(|user| user.reference());
        }
        let project = match named {
            Some(project) => project,
            None => project::by_key(cx.db, before.project.key)?,
        };
        let moved = project.key != before.project.key;
        let kept = before.worksheet.as_ref().map(|worksheet| &worksheet.template);
        let template = plan::edited_template(&project, moved, kept, template)?;
        task.project = project.reference();
        task.give_template(template)?;
        task.follow_planned_start();

        if task != before {
            before.check_editable()?;
            task::update(cx.db, &task)?;
            told(cx, &task, "edited")?;
        }
        Ok(Changed(task))
    }
}

/// Cancel a task
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales task cancel FS00001")]
pub struct TaskCancel {
    /// The task
    pub task: String,
}

impl Change for TaskCancel {
    type Outcome = Changed<Task>;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Task>> {
        let mut task: Task = one(cx, "task", &self.task)?;
        if let Some(stage) = task.cancel()? {
            task.stage = stage;
            task::update(cx.db, &task)?;
            told(cx, &task, "cancelled")?;
        }
        Ok(Changed(task))
    }
}

/// Tells that the task was changed, on its ticket too.
fn told(cx: &Cx<'_>, task: &Task, what: &str) -> Result<()> {
    cx.touched("task", &task.id);
    if let Some(ticket) = &task.ticket {
        cx.touched("ticket", &ticket.id);
        ticket_log::note(cx, ticket.key, "task", &format!("Task {} {what}", task.id), Some(&task.id))?;
    }
    Ok(())
}
