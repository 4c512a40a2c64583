//! What must hold in every store: named invariants, each a sentence and how a breach of it is told (spec G1, examples 15).

use serde::Serialize;

/// A breach of an invariant, as `error.findings` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The invariant's name.
    pub check: &'static str,
    /// The record at fault, where it is one.
    pub record: Option<String>,
    pub message: String,
}
