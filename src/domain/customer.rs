//! Customers: whom the desk serves.

use serde::Serialize;

use crate::domain::value::reference::Reference;

/// A customer as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    pub email: Option<String>,
}

impl Customer {
    /// The customer as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}
