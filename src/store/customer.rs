//! Customers.

use super::{Db, Key, Page, Result, Row};
use crate::domain::customer::Customer;
use crate::{paged, params};

macro_rules! head {
    () => {
        "SELECT c.key, c.id, c.name, c.email FROM customer c"
    };
}

fn read(row: &Row<'_>) -> Result<Customer> {
    Ok(Customer { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, email: row.get(3)? })
}

/// The customer with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Customer>> {
    db.query_opt(concat!(head!(), " WHERE c.id = $1"), params![id], read)
}

/// The customer of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Customer> {
    db.query_one(concat!(head!(), " WHERE c.key = $1"), params![key], read)
}

/// The ids of all, in order of creation.
pub fn ids(db: &Db) -> Result<Vec<String>> {
    db.query("SELECT id FROM customer ORDER BY key", params![], |row| row.get(0))
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Customer>> {
    db.page(paged!(head!(), "c.key"), page, read)
}

/// Writes a new customer.
pub fn insert(db: &Db, customer: &Customer) -> Result<()> {
    db.write(
        "INSERT INTO customer (key, id, name, email) VALUES ($1, $2, $3, $4)",
        params![customer.key, &customer.id, &customer.name, &customer.email],
    )
}

/// Writes a customer's changed texts.
pub fn update(db: &Db, customer: &Customer) -> Result<()> {
    db.change_one(
        "UPDATE customer SET name = $2, email = $3 WHERE key = $1",
        params![customer.key, &customer.name, &customer.email],
    )
}
