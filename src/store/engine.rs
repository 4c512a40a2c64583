//! What stands under every statement: the two engines, where a store is, how it is made, and rows described as data.

pub mod address;
mod db;
mod error;
pub mod exchange;
pub mod filter;
pub mod health;
pub mod made;
pub mod migrate;
pub mod new_file;
mod numbering;
mod places;
mod postgres;
pub mod record;
pub mod row;
mod sqlite;
pub mod statement;
pub mod table;
pub mod uses;
mod value;

pub use db::{Access, Db};
pub use error::{Result, StoreError};
pub use row::{Column, Row};
#[cfg(test)]
pub use sqlite::Cost;
pub use sqlite::backup;
pub use value::Value;

/// The internal key of a row: used for joins and order, never shown.
pub type Key = i64;
