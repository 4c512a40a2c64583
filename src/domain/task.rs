//! Tasks: the interventions of field service, their stages and what each verb makes of them (spec F2).

use std::collections::BTreeMap;

use serde::Serialize;

use super::Refusal;
use super::common::StateNotAllowed;
use super::ticket::OnTicket;
use crate::domain::value::day::Instant;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

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
    /// Time worked, in whole minutes.
    pub worked_minutes: i64,
    pub products: Vec<UsedProduct>,
    pub worksheet: Option<Worksheet>,
    /// When it was planned; none: before that was kept.
    pub created_at: Option<Instant>,
}

/// What was used on site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedProduct {
    pub product: Reference,
    pub quantity: Quantity,
}

/// The report that a task's work is written down in (spec F3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Worksheet {
    pub template: Reference,
    /// What was filled in, by the name of the field.
    pub values: BTreeMap<String, String>,
    pub signed_by: Option<String>,
    pub signed_at: Option<Instant>,
}

impl Worksheet {
    /// A worksheet in which nothing is written yet.
    pub fn blank(template: Reference) -> Worksheet {
        Worksheet { template, values: BTreeMap::new(), signed_by: None, signed_at: None }
    }
}

impl Task {
    /// The stage after cancelling; none where the task is cancelled already. Done is final (contract, section 7).
    pub fn cancel(&self) -> Result<Option<Stage>, StateNotAllowed> {
        match self.stage {
            Stage::Cancelled => Ok(None),
            Stage::Done => Err(self.not_allowed("cancelled")),
            Stage::New | Stage::Planned | Stage::InProgress => Ok(Some(Stage::Cancelled)),
        }
    }

    /// Refuses to edit a task that is over.
    pub fn check_editable(&self) -> Result<(), StateNotAllowed> {
        match self.stage {
            Stage::Done | Stage::Cancelled => Err(self.not_allowed("edited")),
            Stage::New | Stage::Planned | Stage::InProgress => Ok(()),
        }
    }

    /// Lets the stage follow the planned start: with one a new task is planned, without it it is new again (spec F1).
    pub fn follow_planned_start(&mut self) {
        self.stage = match (self.stage, self.planned_start) {
            (Stage::New, Some(_)) => Stage::Planned,
            (Stage::Planned, None) => Stage::New,
            (stage, _) => stage,
        };
    }

    /// Gives it a worksheet of that template, or none; one that it has already stays as it is filled in.
    pub fn give_template(&mut self, template: Option<Reference>) -> Result<(), TaskRefused> {
        if self.worksheet.as_ref().map(|worksheet| &worksheet.template) == template.as_ref() {
            return Ok(());
        }
        match self.worksheet.as_ref().and_then(|worksheet| worksheet.signed_by.as_ref()) {
            Some(by) => Err(TaskRefused::WorksheetSigned { task: self.id.clone(), by: by.clone() }),
            None => {
                self.worksheet = template.map(Worksheet::blank);
                Ok(())
            }
        }
    }

    fn not_allowed(&self, wanted: &'static str) -> StateNotAllowed {
        StateNotAllowed {
            what: format!("task {}", self.id),
            state: self.stage.to_string(),
            wanted,
            hint: Some(format!("aftersales task show {}", shell_word(&self.id))),
        }
    }
}

/// Why a task is not changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefused {
    #[error("{by} has signed the worksheet of task {task}, so its template stays")]
    WorksheetSigned { task: String, by: String },
}

impl Refusal for TaskRefused {
    fn code(&self) -> &'static str {
        "worksheet_signed"
    }
    fn field(&self) -> Option<&'static str> {
        Some("worksheet_template")
    }
    fn hint(&self) -> Option<String> {
        let TaskRefused::WorksheetSigned { task, .. } = self;
        Some(format!("aftersales task show {}", shell_word(task)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(stage: Stage) -> Task {
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
            created_at: None,
        }
    }

    #[test]
    fn what_is_not_over_can_be_cancelled_and_edited() {
        for (stage, cancelled, editable) in [
            (Stage::New, Ok(Some(Stage::Cancelled)), true),
            (Stage::Planned, Ok(Some(Stage::Cancelled)), true),
            (Stage::InProgress, Ok(Some(Stage::Cancelled)), true),
            (Stage::Cancelled, Ok(None), false),
            (Stage::Done, Err("task FS00001 is done, so it cannot be cancelled"), false),
        ] {
            let task = task(stage);
            assert_eq!(
                task.cancel().map_err(|refused| refused.to_string()),
                cancelled.map_err(str::to_owned),
                "{stage}"
            );
            assert_eq!(task.check_editable().is_ok(), editable, "{stage}");
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
        task.give_template(Some(visit.clone())).unwrap();
        assert_eq!(task.worksheet, Some(Worksheet::blank(visit.clone())));
        task.worksheet.as_mut().unwrap().values.insert("pressure".to_owned(), "2".to_owned());
        task.give_template(Some(visit.clone())).unwrap();
        assert_eq!(task.worksheet.as_ref().unwrap().values.len(), 1);

        task.worksheet.as_mut().unwrap().signed_by = Some("Ada".to_owned());
        task.give_template(Some(visit)).unwrap();
        for template in [Some(other), None] {
            assert_eq!(task.give_template(template).unwrap_err().code(), "worksheet_signed");
        }
    }
}
