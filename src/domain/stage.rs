//! Stages: the columns that tickets move through.

use serde::Serialize;

use crate::domain::value::reference::Reference;

/// The stages that every desk begins with, and whether a ticket in them is closed.
pub const BEGUN_WITH: [(&str, bool); 5] =
    [("New", false), ("In Progress", false), ("On Hold", false), ("Solved", true), ("Cancelled", true)];

/// A stage as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    /// Whether tickets in it are closed (spec A5).
    pub folded: bool,
}

impl Stage {
    /// The stage as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}

/// Where new and reopened tickets stand (contract, section 7 "Ticket").
pub const NEW: &str = "New";
/// Where closing moves a ticket.
pub const SOLVED: &str = "Solved";
