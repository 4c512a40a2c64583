//! The list of all commands that read or change the store. A new command is one line here.

use super::record::{List, Show};
use super::{Entry, customer, order};
use crate::domain::customer::Customer;
use crate::domain::order::Order;

/// Every command, nouns in the order of the contract.
pub static COMMANDS: &[Entry] = &[
    Entry::change::<order::OrderCreate>("order create"),
    Entry::read::<List<Order>>("order list"),
    Entry::read::<Show<Order>>("order show"),
    Entry::change::<order::OrderEdit>("order edit"),
    Entry::change::<order::OrderConfirm>("order confirm"),
    Entry::change::<order::OrderCancel>("order cancel"),
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
];

/// The columns of a table of records of `kind`.
pub fn columns_of(kind: &str) -> &'static [&'static str] {
    use super::record::Record;
    match kind {
        "customer" => Customer::COLUMNS,
        "order" => Order::COLUMNS,
        _ => &[],
    }
}
