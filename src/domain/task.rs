//! Tasks: the interventions of field service, their stages and what each verb makes of them (spec F2, F5).

use serde::Serialize;

use super::common::StateNotAllowed;
use super::location::STOCK;
use super::product::{ProductType, Tracking};
use super::ticket::OnTicket;
use super::transfer::{TransferLine, lying_at};
use super::worksheet::Worksheet;
use super::{Refusal, Result};
use crate::domain::value::day::Instant;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

pub mod time;

use time::{Time, Timer};

choices! {
    /// How far a task is.
    pub enum Stage: "stage" {
        New = "new",
        Planned = "planned",
        InProgress = "in_progress",
        Done = "done",
        Cancelled = "cancelled",
    }
}

impl Stage {
    /// What a ticket tells of a task planned from it: it is shown unless it is cancelled (spec A7), and open until it is done
    /// (spec A5).
    pub fn on_ticket(self, id: String) -> OnTicket {
        let is_shown = self != Stage::Cancelled;
        OnTicket { id, state: self.word(), is_shown, is_open: is_shown && self != Stage::Done }
    }

    /// Whether nothing of it is still to be done.
    pub fn is_over(self) -> bool {
        matches!(self, Stage::Done | Stage::Cancelled)
    }
}

/// A task as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub title: String,
    pub project: Reference,
    pub stage: Stage,
    pub customer: Option<Reference>,
    pub ticket: Option<Reference>,
    pub assignee: Option<Reference>,
    pub planned_start: Option<Instant>,
    pub planned_end: Option<Instant>,
    /// Time worked, in whole minutes of the sum of all seconds; what still runs is not in it.
    pub worked_minutes: i64,
    pub products: Vec<UsedProduct>,
    pub worksheet: Option<Worksheet>,
    pub timer: Option<Timer>,
    pub timesheet: Vec<Time>,
    /// The invoice that bills it, which is not cancelled or reversed in favour of a copy.
    pub invoice: Option<Reference>,
    /// The open tasks that its assignee has at the same time.
    pub overlaps: Vec<String>,
    /// When it was planned; none: before that was kept.
    pub created_at: Option<Instant>,
}

/// What was used on site: a product, of one lot or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedProduct {
    #[serde(skip)]
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    pub product: Reference,
    #[serde(skip)]
    pub kind: ProductType,
    #[serde(skip)]
    pub tracking: Tracking,
    pub lot: Option<Reference>,
    pub quantity: Quantity,
}

impl UsedProduct {
    /// The line of the transfer that moves it.
    fn moved(&self) -> TransferLine {
        let line = TransferLine::new(self.product.clone(), self.tracking, self.lot.clone(), self.quantity);
        TransferLine { done: self.quantity, ..line }
    }
}

impl Task {
    /// The task as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Whether it takes time of its assignee that is still to come.
    pub fn is_on_agenda(&self) -> bool {
        !self.stage.is_over() && self.planned_start.is_some() && self.assignee.is_some()
    }

    /// The task after cancelling; none where it is cancelled already. Done is final (contract, section 7). A timer that runs is
    /// stopped.
    pub fn cancel(&self, now: Instant) -> Result<Option<Task>> {
        match self.stage {
            Stage::Cancelled => Ok(None),
            Stage::Done => Err(self.not_allowed("cancelled").into()),
            Stage::New | Stage::Planned | Stage::InProgress => self.ended(Stage::Cancelled, now).map(Some),
        }
    }

    /// The task when it is done; none where it is so already. A timer that runs is stopped, and what was used of tracked goods
    /// needs its lot (spec F5).
    pub fn finish(&self, now: Instant) -> Result<Option<Task>> {
        match self.stage {
            Stage::Done => Ok(None),
            Stage::Cancelled => Err(self.not_allowed("done").into()),
            Stage::New | Stage::Planned | Stage::InProgress => {
                let untold = |used: &&UsedProduct| used.tracking != Tracking::None && used.lot.is_none();
                if let Some(UsedProduct { line, product, .. }) = self.products.iter().find(untold) {
                    let (task, product) = (self.id.clone(), product.id.clone());
                    return Err(TaskRefused::LotRequired { task, line: *line, product }.into());
                }
                self.ended(Stage::Done, now).map(Some)
            }
        }
    }

    fn ended(&self, stage: Stage, now: Instant) -> Result<Task> {
        let mut after = Task { stage, overlaps: Vec::new(), ..self.clone() };
        after.end_time(now, false)?;
        after.count_time()?;
        Ok(after)
    }

    /// The lines of the transfer that moves what was used; services lie nowhere.
    pub fn goods(&self) -> Vec<TransferLine> {
        self.products.iter().filter(|used| used.kind == ProductType::Goods).map(UsedProduct::moved).collect()
    }

    /// Refuses to bill it before it is done, or without somebody who is billed (spec F5).
    pub fn check_billable(&self) -> Result<&Reference> {
        if self.stage != Stage::Done {
            let verb = if self.stage == Stage::Cancelled { "show" } else { "done" };
            let hint = Some(format!("aftersales task {verb} {}", shell_word(&self.id)));
            return Err(StateNotAllowed { hint, ..self.not_allowed("billed") }.into());
        }
        let nobody = || TaskRefused::CustomerRequired { task: self.id.clone(), ticket: self.ticket.clone() };
        let customer = self.customer.as_ref().ok_or_else(nobody)?;
        match &self.invoice {
            Some(invoice) => Err(TaskRefused::Billed { task: self.id.clone(), invoice: invoice.id.clone() }.into()),
            None => Ok(customer),
        }
    }

    /// What to tell where it is done and its worksheet is not signed.
    pub fn unsigned(&self) -> Option<String> {
        let worksheet = self.worksheet.as_ref().filter(|worksheet| !worksheet.is_signed())?;
        Some(format!("{} is done, and its worksheet {} is not signed", self.id, worksheet.template))
    }

    /// Refuses to edit a task that is over.
    pub fn check_editable(&self) -> std::result::Result<(), StateNotAllowed> {
        if self.stage.is_over() { Err(self.not_allowed("edited")) } else { Ok(()) }
    }

    /// Lets the stage follow the planned start: with one a new task is planned, without it it is new again (spec F1).
    pub fn follow_planned_start(&mut self) {
        self.stage = match (self.stage, self.planned_start) {
            (Stage::New, Some(_)) => Stage::Planned,
            (Stage::Planned, None) => Stage::New,
            (stage, _) => stage,
        };
    }

    /// Gives it a worksheet of that template, or none; one that it has already stays as it is filled in. Says whether something
    /// was filled in that is gone then.
    pub fn give_template(&mut self, template: Option<Reference>) -> std::result::Result<bool, TaskRefused> {
        if self.worksheet.as_ref().map(|worksheet| &worksheet.template) == template.as_ref() {
            return Ok(false);
        }
        if let Some(worksheet) = self.worksheet.as_ref().filter(|worksheet| worksheet.is_signed()) {
            let by = worksheet.signed_by.clone().unwrap_or_default();
            return Err(TaskRefused::WorksheetSigned { task: self.id.clone(), by });
        }
        let is_filled = self.worksheet.as_ref().is_some_and(|worksheet| worksheet.values().next().is_some());
        self.worksheet = template.map(Worksheet::blank);
        Ok(is_filled)
    }

    /// The refusal of something that its stage does not allow.
    pub fn not_allowed(&self, wanted: &'static str) -> StateNotAllowed {
        StateNotAllowed {
            what: format!("task {}", self.id),
            state: self.stage.to_string(),
            wanted,
            hint: Some(format!("aftersales task show {}", shell_word(&self.id))),
        }
    }
}

/// Why a task is not changed or billed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefused {
    #[error("{by} has signed the worksheet of task {task}, so its template stays")]
    WorksheetSigned { task: String, by: String },
    #[error("{product} is tracked: line {line} of what task {task} used needs its lot, named as --lot {line}=LOT")]
    LotRequired { task: String, line: i64, product: String },
    #[error("task {task} has no customer, who is billed{}", if .ticket.is_some() { ": its ticket can be given one" } else { "" })]
    CustomerRequired { task: String, ticket: Option<Reference> },
    #[error("task {task} is billed by {invoice}")]
    Billed { task: String, invoice: String },
    #[error("task {task} is planned for no time, so it is no appointment")]
    NotPlanned { task: String },
    #[error("nothing was used on task {task}, and no time on it is billed")]
    NothingToBill { task: String },
}

impl Refusal for TaskRefused {
    fn code(&self) -> &'static str {
        match self {
            TaskRefused::WorksheetSigned { .. } => "worksheet_signed",
            TaskRefused::LotRequired { .. } => "lot_required",
            TaskRefused::CustomerRequired { .. } => "customer_required",
            TaskRefused::NotPlanned { .. } => "state_not_allowed",
            TaskRefused::Billed { .. } | TaskRefused::NothingToBill { .. } => "nothing_to_invoice",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            TaskRefused::WorksheetSigned { .. } => Some("worksheet_template"),
            TaskRefused::LotRequired { .. } | TaskRefused::NotPlanned { .. } => None,
            TaskRefused::CustomerRequired { .. } | TaskRefused::Billed { .. } | TaskRefused::NothingToBill { .. } => {
                Some("task")
            }
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            TaskRefused::WorksheetSigned { .. } | TaskRefused::LotRequired { .. } | TaskRefused::NotPlanned { .. } => {
                None
            }
            TaskRefused::CustomerRequired { task, .. }
            | TaskRefused::Billed { task, .. }
            | TaskRefused::NothingToBill { task } => Some(task.clone()),
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            TaskRefused::LotRequired { product, .. } => lying_at(product, STOCK),
            TaskRefused::Billed { invoice, .. } => format!("aftersales invoice show {}", shell_word(invoice)),
            TaskRefused::CustomerRequired { ticket: Some(_), .. } => "aftersales customer list".to_owned(),
            TaskRefused::WorksheetSigned { task, .. }
            | TaskRefused::NotPlanned { task }
            | TaskRefused::NothingToBill { task }
            | TaskRefused::CustomerRequired { task, .. } => format!("aftersales task show {}", shell_word(task)),
        })
    }
}

#[cfg(test)]
pub(in crate::domain) mod tests {
    use super::*;
    use crate::domain::worksheet::FilledField;
    use crate::domain::worksheet_template::{Field, FieldType};

    pub(in crate::domain) fn task(stage: Stage) -> Task {
        Task {
            key: 1,
            id: "FS00001".to_owned(),
            title: "Lamp flickers".to_owned(),
            project: Reference { key: 2, id: "Field Service".to_owned() },
            stage,
            customer: None,
            ticket: None,
            assignee: None,
            planned_start: None,
            planned_end: None,
            worked_minutes: 0,
            products: Vec::new(),
            worksheet: None,
            timer: None,
            timesheet: Vec::new(),
            invoice: None,
            overlaps: Vec::new(),
            created_at: None,
        }
    }

    fn now() -> Instant {
        "2026-11-24T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_not_over_can_be_cancelled_finished_and_edited() {
        let stage = |ended: Result<Option<Task>>| {
            ended.map(|task| task.map(|task| task.stage)).map_err(|refused| refused.fault().message.clone())
        };
        let refused = |text: &str| Err(text.to_owned());
        for (before, cancelled, done, editable) in [
            (Stage::New, Ok(Some(Stage::Cancelled)), Ok(Some(Stage::Done)), true),
            (Stage::Planned, Ok(Some(Stage::Cancelled)), Ok(Some(Stage::Done)), true),
            (Stage::InProgress, Ok(Some(Stage::Cancelled)), Ok(Some(Stage::Done)), true),
            (Stage::Cancelled, Ok(None), refused("task FS00001 is cancelled, so it cannot be done"), false),
            (Stage::Done, refused("task FS00001 is done, so it cannot be cancelled"), Ok(None), false),
        ] {
            let task = task(before);
            assert_eq!(stage(task.cancel(now())), cancelled, "{before}");
            assert_eq!(stage(task.finish(now())), done, "{before}");
            assert_eq!(task.check_editable().is_ok(), editable, "{before}");
        }
    }

    fn used(kind: ProductType, tracking: Tracking, lot: Option<&str>) -> UsedProduct {
        let lot = lot.map(|id| Reference { key: 9, id: id.to_owned() });
        let product = Reference { key: 3, id: "LAMP".to_owned() };
        UsedProduct { key: 1, line: 1, product, kind, tracking, lot, quantity: Quantity::ONE }
    }

    #[test]
    fn what_was_used_goes_by_its_lot_and_services_go_nowhere() {
        use ProductType::{Goods, Service};
        for (used, code, moved) in [
            (used(Goods, Tracking::None, None), None, 1),
            (used(Goods, Tracking::Serial, Some("SN-1")), None, 1),
            (used(Goods, Tracking::Lot, None), Some("lot_required"), 1),
            (used(Service, Tracking::None, None), None, 0),
        ] {
            let task = Task { products: vec![used.clone()], ..task(Stage::InProgress) };
            assert_eq!(task.finish(now()).err().map(|refused| refused.fault().code), code, "{used:?}");
            let goods = task.goods();
            assert_eq!(goods.len(), moved, "{used:?}");
            assert!(goods.iter().all(|line| line.done == used.quantity && line.lot == used.lot));
        }
    }

    #[test]
    fn a_done_task_is_billed_once_to_somebody() {
        let ada = || Some(Reference { key: 2, id: "ADA".to_owned() });
        let bill = || Some(Reference { key: 7, id: "D00001".to_owned() });
        for (stage, customer, invoice, code) in [
            (Stage::Done, ada(), None, None),
            (Stage::Done, ada(), bill(), Some("nothing_to_invoice")),
            (Stage::Done, None, None, Some("customer_required")),
            (Stage::New, ada(), None, Some("state_not_allowed")),
            (Stage::InProgress, None, bill(), Some("state_not_allowed")),
            (Stage::Cancelled, ada(), None, Some("state_not_allowed")),
        ] {
            let task = Task { customer, invoice, ..task(stage) };
            assert_eq!(task.check_billable().err().map(|refused| refused.fault().code), code, "{stage}");
        }
    }

    #[test]
    fn the_planned_start_settles_the_stage_of_what_has_not_begun() {
        let start: Instant = "2026-11-24T09:00:00Z".parse().unwrap();
        for (before, planned_start, after) in [
            (Stage::New, None, Stage::New),
            (Stage::New, Some(start), Stage::Planned),
            (Stage::Planned, Some(start), Stage::Planned),
            (Stage::Planned, None, Stage::New),
            (Stage::InProgress, None, Stage::InProgress),
            (Stage::InProgress, Some(start), Stage::InProgress),
        ] {
            let mut task = Task { planned_start, ..task(before) };
            task.follow_planned_start();
            assert_eq!(task.stage, after, "{before} {planned_start:?}");
        }
    }

    #[test]
    fn a_signed_worksheet_stays_as_it_is() {
        let (visit, other) =
            (Reference { key: 5, id: "Visit".to_owned() }, Reference { key: 6, id: "Other".to_owned() });
        let mut task = task(Stage::New);
        assert_eq!(task.give_template(Some(visit.clone())), Ok(false));
        assert_eq!(task.worksheet, Some(Worksheet::blank(visit.clone())));
        let field = Field::new("pressure", FieldType::Number, Vec::new(), true).unwrap();
        let filled = FilledField { key: 1, line: 1, field, value: Some("2".to_owned()), file: None };
        task.worksheet.as_mut().unwrap().fields.push(filled);
        assert_eq!(task.give_template(Some(visit.clone())), Ok(false));
        assert_eq!(task.worksheet.as_ref().unwrap().fields.len(), 1);
        assert_eq!(task.clone().give_template(Some(other.clone())), Ok(true));

        task.worksheet.as_mut().unwrap().signed_at = Some(now());
        task.give_template(Some(visit)).unwrap();
        for template in [Some(other), None] {
            assert_eq!(task.give_template(template).unwrap_err().code(), "worksheet_signed");
        }
    }
}
