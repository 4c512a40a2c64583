//! The story of a customer, in the order of time: what they came with, ordered, got, were billed and credited, paid and brought back.

use serde::Serialize;

use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::{Currency, Money};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// The record that it happened to, by number where it has one.
    pub id: String,
    /// The day of the record: that of an instant is the desk's.
    pub day: Day,
    /// The moment, where it is known.
    pub at: Option<Instant>,
    /// What it is: a kind of record, or the word of an entry on a ticket.
    pub kind: String,
    pub state: Option<String>,
    pub text: Option<String>,
    pub ticket: Option<String>,
    pub total: Option<Money>,
    pub currency: Option<Currency>,
}
