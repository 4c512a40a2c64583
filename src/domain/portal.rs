//! What customers see of the desk on their pages (spec F4).

use serde::Serialize;

use crate::domain::task::Stage;
use crate::domain::ticket::{NOTE, PUBLIC_NOTE};
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::Money;

/// A ticket in the customer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketInBrief {
    pub id: String,
    pub subject: String,
    pub stage: String,
    pub closed: bool,
    pub created_at: Instant,
}

/// A task in the customer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskInBrief {
    pub id: String,
    pub title: String,
    pub stage: Stage,
    pub planned_start: Option<Instant>,
    /// Whether it has a worksheet that nobody signed yet.
    pub unsigned: bool,
}

/// A document in the customer's list: an invoice, a credit note, an order or a quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentInBrief {
    /// The key of the word for what it is.
    pub kind: String,
    pub id: String,
    /// The number, or the id while it has none.
    pub shown: String,
    pub date: Day,
    pub total: Money,
    /// What is open on an invoice or a credit note.
    pub open: Option<Money>,
}

/// What was made from a ticket, as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The key of the word for what it is.
    pub kind: String,
    pub id: String,
    pub shown: String,
    pub state: String,
}

/// An entry of a ticket's log that its customer sees: what they did themselves, and what the desk noted for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicEntry {
    pub at: Instant,
    /// Whether the customer did it.
    pub own: bool,
    pub kind: String,
    pub text: String,
}

impl PublicEntry {
    /// What was written; none of what was done, which is told by its kind.
    pub fn written(&self) -> Option<&str> {
        [NOTE, PUBLIC_NOTE].contains(&self.kind.as_str()).then_some(self.text.as_str())
    }
}
