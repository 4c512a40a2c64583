//! The road of every change, the same for all nouns: objects from flags and JSON, groups in a transaction, bulk, answers; and
//! reading records.

mod answer;
pub mod bulk;
mod change;
pub mod content;
pub mod courier;
pub mod filter;
pub mod form;
pub mod given;
pub mod group;
pub mod naming;
pub mod noun;
pub mod object;
mod session;

pub(in crate::command) use answer::raw;
pub use answer::{Answer, Status};
pub use change::*;
pub use group::*;
pub use session::*;

pub use crate::procedure::context::{Cx, Told, Warning, found};
