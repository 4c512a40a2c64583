//! Journals: where invoices and credit notes are posted.

use serde::Serialize;

use super::Refusal;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::choices;

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

/// Refuses a journal that invoices and credit notes cannot be posted in (spec B3).
pub fn check_sales_journal(journal: &Journal) -> Result<(), JournalRefused> {
    match (journal.kind, journal.active) {
        (JournalType::Sale, true) => Ok(()),
        (JournalType::Sale, false) => Err(JournalRefused { journal: journal.id.clone(), reason: "is not active" }),
        _ => Err(JournalRefused { journal: journal.id.clone(), reason: "is not a sales journal" }),
    }
}

/// A journal that cannot take the document (spec B3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal {journal} {reason}")]
pub struct JournalRefused {
    pub journal: String,
    pub reason: &'static str,
}

impl Refusal for JournalRefused {
    fn code(&self) -> &'static str {
        "journal_not_allowed"
    }
    fn field(&self) -> Option<&'static str> {
        Some("journal")
    }
    fn given(&self) -> Option<String> {
        Some(self.journal.clone())
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales journal list --type sale --active true".to_owned())
    }
}
