//! What `config` tells: settings, each with where it comes from (contract, section 7 "Settings").

use serde::Serialize;

use crate::store::engine::table::{Column, text};

/// What is told of a setting.
pub const KEYS: &[Column] = &[text().called("key"), text().optional().called("value"), text().called("origin")];

/// Its keys.
pub const FIELDS: &[&str] = &["key", "value", "origin"];

/// The columns of its table, and those where nobody asks where it comes from.
pub const COLUMNS: &[&str] = &["key", "value", "origin"];
pub const COLUMNS_ALONE: &[&str] = &["key", "value"];

/// The keys of what is told of settings that are valid, and of where they stand.
pub const VALIDATED: &[&str] = &["valid", "files"];
pub const PATH: &[&str] = &["path", "exists"];

/// A setting as it counts.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    pub key: String,
    pub value: Option<String>,
    pub origin: String,
}
