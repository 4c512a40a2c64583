//! `task`: the interventions of field service (spec F2).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::{Noun, one};
use super::plan::template_given;
use super::{Change, Cx, given};
use crate::domain::desk::Right;
use crate::domain::line::NewLine;
use crate::domain::plan::{self, PlannedTime, Window};
use crate::domain::product::Product;
use crate::domain::project::Project;
use crate::domain::task::Task;
use crate::domain::task::time::TimeStep;
use crate::domain::transfer::LineLot;
use crate::domain::user::User;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::procedure::look_up;
use crate::procedure::order::products_of;
use crate::procedure::task::{GivenProducts, finish, tell, time, warn_of_overlaps};
use crate::store::{product, project, task};

impl Noun for Task {
    const KIND: &'static str = "task";
    const NOUN: &'static str = "task";
    const RIGHT: Right = Right::FieldService;
    const ALIASES: &'static [(&'static str, &'static str)] = &[("planned_start", "start"), ("planned_end", "end")];
}

/// Edit a task
///
/// An empty value empties the field. A task with a start is planned; without one, and not begun, it is new. Products are what was
/// used: those that are given take the place of those before, --lot says of which lot a line of them is, and their stock moves
/// when the task is done. A task that is done or cancelled cannot be edited.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales task edit FS00001 --start 2026-11-24T09:00:00Z --end 2026-11-24T11:00:00Z\n  aftersales task edit FS00001 --assignee ann --worksheet-template ''\n  aftersales task edit FS00001 --product BULB=2 --product DRILL=1 --lot 2=SN-001"
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
    /// A product that was used, and how much of it (repeatable)
    #[arg(long, value_name = "SKU=QTY")]
    #[serde(default)]
    pub product: Vec<Setting<NewLine>>,
    /// The lot or serial number of a line of what was used, maybe with how much of it (repeatable)
    #[arg(long, value_name = "N=LOT[:QTY]")]
    #[serde(default)]
    pub lot: Vec<LineLot>,
}

impl Change for TaskEdit {
    type Outcome = Changed<Task>;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Task>> {
        let before: Task = one(cx, "task", &self.task)?;
        let named: Option<Project> = look_up::optional(cx, "project", self.project.as_deref())?;
        let template = template_given(cx, self.worksheet_template.as_deref())?;
        let assignee: Option<User> = look_up::optional(cx, "assignee", self.assignee.as_deref())?;
        let lines = (!self.product.is_empty()).then(|| given::list(&self.product));
        let used = GivenProducts { lines, lots: &self.lot };
        let products = self.products(cx, &before, &used)?;
        let products = used.named(cx, &before, products)?;

        let mut faults = Faults::default();
        let title = faults.gather(plan::title(self.title.as_deref(), &before.title).map_err(Error::from));
        faults.gather(plan::check_project(self.project.as_deref()).map_err(Error::from));
        let window = Window { start: before.planned_start, end: before.planned_end };
        let window = window.with(self.start.as_ref(), self.end.as_ref(), &cx.desk.timezone);
        let window = faults.gather(window.map_err(Error::from)).unwrap_or_default();
        if let Some(products) = &products {
            used.check(&before, products, &mut faults);
        }
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
        let loses = task.give_template(template)?;
        task.follow_planned_start();
        if let Some(products) = products {
            task.products = products.used(&before)?;
        }

        if task == before {
            return Ok(Changed(task));
        }
        before.check_editable()?;
        if loses {
            cx.confirm(format!(
                "the worksheet of {} is begun, and what was filled in goes with its template",
                task.id
            ))?;
        }
        task::update(cx.db, &before, &mut task)?;
        let agenda = |task: &Task| (task.assignee.clone(), task.planned_start, task.planned_end);
        if agenda(&task) != agenda(&before) {
            warn_of_overlaps(cx, &mut task)?;
        }
        tell(cx, &task, "edited")?;
        Ok(Changed(task))
    }
}

impl TaskEdit {
    /// The products of the lines that are given, or of those that stay where lots are named for them.
    fn products(&self, cx: &Cx<'_>, before: &Task, given: &GivenProducts<'_>) -> Result<Vec<Product>> {
        match &given.lines {
            Some(lines) => products_of(cx, lines, "product"),
            None if self.lot.is_empty() => Ok(Vec::new()),
            None => before.products.iter().map(|used| Ok(product::by_key(cx.db, used.product.key)?)).collect(),
        }
    }
}

/// Start the work on a task: its timer runs
///
/// The task is in progress from then on. A timer that was paused is resumed instead. On a task that is done the timer completes
/// its timesheet, and nothing else changes.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales task start FS00001\n  aftersales task start FS00001 --now 2026-11-24T09:00:00Z"
)]
pub struct TaskStart {
    /// The task
    pub task: String,
}

/// Pause the timer of a task
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales task pause FS00001")]
pub struct TaskPause {
    /// The task
    pub task: String,
}

/// Resume the timer of a task after a pause
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales task resume FS00001")]
pub struct TaskResume {
    /// The task
    pub task: String,
}

/// Stop the timer of a task
///
/// What was worked since it was started, or resumed, is a row of the timesheet. A note stands on the last row; it can be given
/// another one by stopping again.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales task stop FS00001 --note 'Changed both lamps'\n  aftersales task stop FS00001 --now 2026-11-24T11:30:00Z"
)]
pub struct TaskStop {
    /// The task
    pub task: String,
    /// What was done
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// The commands of the timer.
macro_rules! time_steps {
    ($($command:ty => $step:expr, $note:expr);+ $(;)?) => { $(
        impl Change for $command {
            type Outcome = Changed<Task>;
            const RIGHT: Right = Right::FieldService;

            fn run(&self, cx: &Cx<'_>) -> Result<Changed<Task>> {
                let before: Task = one(cx, "task", &self.task)?;
                let note: fn(&$command) -> Option<&str> = $note;
                time(cx, before, $step, note(self)).map(Changed)
            }
        }
    )+ };
}

time_steps! {
    TaskStart => TimeStep::Start, |_| None;
    TaskPause => TimeStep::Pause, |_| None;
    TaskResume => TimeStep::Resume, |_| None;
    TaskStop => TimeStep::Stop, |stop| stop.note.as_deref();
}

/// Finish a task
///
/// A timer that runs is stopped, and what was used leaves the stock for the customer; then it can be billed. A worksheet that is
/// not signed is warned of, and can still be filled in and signed. Done is final but for the timesheet.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales task done FS00001\n  aftersales invoice create --task FS00001")]
pub struct TaskDone {
    /// The task
    pub task: String,
}

impl Change for TaskDone {
    type Outcome = Changed<Task>;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Task>> {
        let before: Task = one(cx, "task", &self.task)?;
        finish(cx, before).map(Changed)
    }
}

/// Cancel a task
///
/// A timer that runs is stopped; what was used is not moved. What is done cannot be cancelled.
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
        let before: Task = one(cx, "task", &self.task)?;
        let Some(mut task) = before.cancel(cx.now)? else {
            return Ok(Changed(before));
        };
        task::update(cx.db, &before, &mut task)?;
        tell(cx, &task, "cancelled")?;
        Ok(Changed(task))
    }
}
