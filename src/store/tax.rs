//! Taxes.

use super::{Db, Key, Page, Result, Row};
use crate::domain::tax::Tax;
use crate::{paged, params};

macro_rules! head {
    () => {
        "SELECT t.key, t.id, t.rate, t.included FROM tax t"
    };
}

fn read(row: &Row<'_>) -> Result<Tax> {
    Ok(Tax { key: row.get(0)?, id: row.get(1)?, rate: row.get(2)?, included: row.get(3)? })
}

/// The tax with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Tax>> {
    db.query_opt(concat!(head!(), " WHERE t.id = $1"), params![id], read)
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Tax>> {
    db.page(paged!(head!(), "t.key"), page, read)
}

/// Writes a new tax.
pub fn insert(db: &Db, tax: &Tax) -> Result<()> {
    db.write(
        "INSERT INTO tax (key, id, rate, included) VALUES ($1, $2, $3, $4)",
        params![tax.key, &tax.id, tax.rate, tax.included],
    )
}

/// Writes a tax's rate and whether prices hold it; lines keep what they were computed with.
pub fn update(db: &Db, tax: &Tax) -> Result<()> {
    db.change_one("UPDATE tax SET rate = $2, included = $3 WHERE key = $1", params![tax.key, tax.rate, tax.included])
}

/// The taxes of a product, in order.
pub fn of_product(db: &Db, product: Key) -> Result<Vec<Tax>> {
    db.query(
        concat!(head!(), " JOIN product_tax pt ON pt.tax = t.key WHERE pt.product = $1 ORDER BY pt.position"),
        params![product],
        read,
    )
}
