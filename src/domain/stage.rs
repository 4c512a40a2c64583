//! Stages: the columns that tickets move through.

use serde::Serialize;

use crate::domain::value::reference::Reference;

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
