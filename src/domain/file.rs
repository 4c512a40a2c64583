//! Files that belong to records: photos, signatures, documents that went out by mail (spec F3).

use serde::Serialize;

use crate::domain::value::reference::Reference;

/// A file as it is told: kept once, whichever records name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    #[serde(skip)]
    pub key: i64,
    /// The SHA-256 of what it holds.
    pub id: String,
    pub media_type: String,
    /// How many bytes it holds, or held before it was emptied.
    pub size: i64,
}

impl File {
    /// The file as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}
