//! Tags: words that tickets and repairs are sorted by.

use serde::Serialize;

use crate::domain::value::reference::Reference;

/// A tag as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tag {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
}

impl Tag {
    /// The tag as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}
