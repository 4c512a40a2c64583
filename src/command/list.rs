//! The list of all commands that read or change the store. A new command is one line here.

use super::record::{List, Show};
use super::{Entry, customer, log, verify};
use crate::domain::customer::Customer;

/// Every command, nouns in the order of the contract.
pub static COMMANDS: &[Entry] = &[
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
    Entry::read::<log::Log>("log"),
];

/// The columns of a table of records of `kind`.
pub fn columns_of(kind: &str) -> &'static [&'static str] {
    use super::record::Record;
    match kind {
        "customer" => Customer::COLUMNS,
        "log" => log::COLUMNS,
        "verify" => verify::COLUMNS,
        _ => &[],
    }
}
