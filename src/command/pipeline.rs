//! The road of every change, the same for all nouns: objects from flags and JSON, groups in a transaction, bulk, answers; and
//! reading records.

pub mod bulk;
mod change;
pub mod content;
pub mod filter;
pub mod form;
pub mod given;
pub mod group;
pub mod naming;
pub mod noun;
pub mod object;

pub use change::*;
pub use group::*;

pub use crate::procedure::context::{Cx, Told, Warning, found};
