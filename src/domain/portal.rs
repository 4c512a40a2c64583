//! What customers see of the desk on their pages (spec F4).

use crate::domain::document::{Document, DocumentState};
use crate::domain::order::{Order, OrderState};
use crate::domain::repair::RepairState;
use crate::domain::task::{Stage, Task};
use crate::domain::ticket::{NOTE, PUBLIC_NOTE};
use crate::domain::transfer::{Transfer, TransferKind, TransferState};
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::Money;

/// How far a record has to be, or of which kind, for its customer to see it. Lists, pages and downloads all ask this;
/// the words are for statements. A coupon has no state of its own to ask: which are seen is said in `store/portal.rs`.
pub trait Seen: Copy {
    /// Whether a record in that state, or of that kind, is seen.
    fn is_seen(self) -> bool;
    /// The words of those that are seen.
    fn words_seen() -> Vec<&'static str>;
}

macro_rules! seen {
    ($($(#[$doc:meta])* $of:ident: $is_seen:expr;)+) => {$(
        $(#[$doc])*
        impl Seen for $of {
            fn is_seen(self) -> bool {
                let is_seen: fn($of) -> bool = $is_seen;
                is_seen(self)
            }
            fn words_seen() -> Vec<&'static str> {
                $of::ALL.iter().filter(|one| one.is_seen()).map(|one| one.word()).collect()
            }
        }
    )+};
}

seen! {
    /// A draft is the desk's own. What was posted stays seen when it is cancelled: the customer may have it, and it says
    /// so itself.
    DocumentState: |state| state != DocumentState::Draft;
    /// A quotation from when it was sent on; what was called off is gone.
    OrderState: |state| matches!(state, OrderState::Sent | OrderState::Confirmed);
    /// What is moved within the warehouse is the desk's own.
    TransferKind: |kind| kind != TransferKind::Internal;
    TransferState: |state| state != TransferState::Cancelled;
    RepairState: |state| state != RepairState::Cancelled;
    /// A visit that was called off is gone, with its page and its report.
    Stage: |stage| stage != Stage::Cancelled;
}

/// Whether its customer sees an invoice or a credit note: a draft that was cancelled never got a number.
pub fn sees_document(document: &Document) -> bool {
    document.state.is_seen() && document.number.is_some()
}

/// Whether its customer sees an order.
pub fn sees_order(order: &Order) -> bool {
    order.state.is_seen()
}

/// Whether its customer sees a transfer.
pub fn sees_transfer(transfer: &Transfer) -> bool {
    transfer.kind.is_seen() && transfer.state.is_seen()
}

/// Whether its customer sees a task.
pub fn sees_task(task: &Task) -> bool {
    task.stage.is_seen()
}

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
    /// The number, or the id of what has none.
    pub shown: String,
    pub is_cancelled: bool,
    pub date: Day,
    pub total: Money,
    /// What is open on an invoice or a credit note.
    pub open: Option<Money>,
}

/// What was made from a ticket, as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The key of the word for what it is.
    pub kind: String,
    pub id: String,
    pub shown: String,
    /// The word of its state; empty where there is nothing to say of it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_making_or_called_off_is_not_seen() {
        assert_eq!(DocumentState::words_seen(), ["posted", "cancelled"]);
        assert_eq!(OrderState::words_seen(), ["sent", "confirmed"]);
        assert_eq!(TransferKind::words_seen(), ["incoming", "outgoing"]);
        assert_eq!(TransferState::words_seen(), ["waiting", "ready", "done"]);
        assert_eq!(RepairState::words_seen(), ["draft", "confirmed", "under_repair", "done"]);
        assert_eq!(Stage::words_seen(), ["new", "planned", "in_progress", "done"]);
    }
}
