//! Customers.

use super::engine::table::{FoundBy, Table, folded_start, id, records, text};
use super::{Db, Key, Result};
use crate::described;
use crate::domain::customer::Customer;

described! {
    Customer in CUSTOMER {
        id: id(),
        name: text().listed().searched().personal(),
        email: text().optional().listed().searched().personal(),
    } beside {
        name_folded: folded_start("name"),
        email_folded: folded_start("email"),
    }
}

pub static CUSTOMER: Table = records("customer", "customer", Customer::COLUMNS).found_by(&[
    FoundBy::Exactly("id"),
    FoundBy::Padded,
    FoundBy::Folded("email_folded"),
    FoundBy::Folded("name_folded"),
]);

/// The customer with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Customer>> {
    super::engine::record::by_id(db, id)
}

/// The customer of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Customer> {
    super::engine::record::by_key(db, key)
}
