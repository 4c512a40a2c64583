//! Tickets: what a customer came with, and what was done from it (spec A5 to A7).

use serde::Serialize;

use super::Refusal;
use super::day::Instant;
use super::reference::Reference;
use super::text::choices;

choices! {
    /// How urgent a ticket is (spec A5).
    pub enum Priority: "priority" {
        Low = "low",
        Medium = "medium",
        High = "high",
        Urgent = "urgent",
    }
}

/// A ticket as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ticket {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub subject: String,
    pub team: Reference,
    pub customer: Option<Reference>,
    pub user: Option<Reference>,
    pub priority: Priority,
    pub stage: Reference,
    /// Whether its stage is a folded one.
    pub closed: bool,
    pub order: Option<Reference>,
    pub product: Option<Reference>,
    pub lot: Option<Reference>,
    pub description: String,
    pub tags: Vec<Reference>,
    pub created_at: Instant,
}

/// A service that needs to know whom it serves was asked for on a ticket without a customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ticket {ticket} has no customer")]
pub struct CustomerRequired {
    pub ticket: String,
}

impl Refusal for CustomerRequired {
    fn code(&self) -> &'static str {
        "customer_required"
    }
    fn field(&self) -> Option<&'static str> {
        Some("customer")
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales ticket edit {} --customer CUSTOMER", self.ticket))
    }
}
