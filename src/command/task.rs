//! `task`: the interventions of field service (spec F2).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::plan::PlanOutcome;
use super::record::{Record, one};
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::plan::{self, PlannedTime, Window};
use crate::domain::reference::Reference;
use crate::domain::task::{Task, Worksheet};
use crate::domain::text::Setting;
use crate::procedure::plan::{assignee_named, project_named, template_named};
use crate::procedure::ticket_log;
use crate::store::{self, Db, Key, Page, project, task};

impl Record for Task {
    const KIND: &'static str = "task";
    const NOUN: &'static str = "task";
    const RIGHT: Right = Right::FieldService;
    const COLUMNS: &'static [&'static str] =
        &["id", "title", "project", "stage", "customer", "ticket", "assignee", "planned_start"];
    const SCALARS: &'static [&'static str] = &[
        "id",
        "title",
        "project",
        "stage",
        "customer",
        "ticket",
        "assignee",
        "planned_start",
        "planned_end",
        "worked_minutes",
    ];
    const DAY: Option<&'static str> = Some("planned_start");

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        db.by_reference(given, |id| task::by_id(db, id))
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        task::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
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
    type Outcome = PlanOutcome;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<PlanOutcome> {
        let before: Task = one(cx, "task", &self.task)?;
        let project = match self.project.as_deref() {
            Some(given) => project_named(cx, given)?,
            None => project::by_key(cx.db, before.project.key)?,
        };
        let template = self.worksheet_template.as_deref().map(|given| template_named(cx, given)).transpose()?;
        let assignee = self.assignee.as_deref().map(|given| assignee_named(cx, given)).transpose()?;

        let mut task = before.clone();
        if let Some(title) = self.title.as_deref() {
            task.title = plan::title(Some(title), &before.title)?;
        }
        let window = Window { start: before.planned_start, end: before.planned_end };
        let window = window.with(self.start.as_ref(), self.end.as_ref(), cx.desk.timezone)?;
        (task.planned_start, task.planned_end) = (window.start, window.end);
        if let Some(assignee) = assignee {
            task.assignee = assignee;
        }
        let moved = project.key != before.project.key;
        task.project = project.reference();
        let kept = before.worksheet.as_ref().map(|worksheet| &worksheet.template);
        let template = plan::edited_template(&project, moved, kept, template)?;
        task.give_template(template)?;
        task.settle_stage();

        if task != before {
            before.check_editable()?;
            task::update(cx.db, &task)?;
            told(cx, &task, "edited")?;
        }
        Ok(PlanOutcome { task })
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
    type Outcome = PlanOutcome;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<PlanOutcome> {
        let mut task: Task = one(cx, "task", &self.task)?;
        if let Some(stage) = task.cancel()? {
            task.stage = stage;
            task::update(cx.db, &task)?;
            told(cx, &task, "cancelled")?;
        }
        Ok(PlanOutcome { task })
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
