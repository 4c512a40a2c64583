//! Journals: where invoices and credit notes are posted.

use serde::Serialize;

use super::reference::Reference;
use super::text::choices;

choices! {
    /// What is posted in a journal.
    pub enum JournalType: "type" {
        Sale = "sale",
        Purchase = "purchase",
        Bank = "bank",
        Cash = "cash",
        General = "general",
    }
}

/// A journal as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Journal {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: JournalType,
    /// Whether new documents can be put in it (spec B3).
    pub active: bool,
}

impl Journal {
    /// The journal as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}
