//! Customers: whom the desk serves.

use serde::Serialize;

/// A customer as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    pub email: Option<String>,
}
