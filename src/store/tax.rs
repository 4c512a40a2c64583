//! Taxes.

use super::{Db, Key, Result, Row};
use crate::domain::tax::Tax;
use crate::params;

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

/// The taxes of a product, in order.
pub fn of_product(db: &Db, product: Key) -> Result<Vec<Tax>> {
    db.query(
        concat!(head!(), " JOIN product_tax pt ON pt.tax = t.key WHERE pt.product = $1 ORDER BY pt.position"),
        params![product],
        read,
    )
}
