//! Reasons of refunds that the desk keeps, so that the same one is written the same each time.

use serde::Serialize;

/// A reason as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    /// Whether it is offered.
    pub active: bool,
}
