//! Lots and serial numbers.

use super::{Db, Key, Result, Row};
use crate::domain::product::Lot;
use crate::params;

macro_rules! head {
    () => {
        "SELECT l.key, l.id, l.product, p.id FROM lot l JOIN product p ON p.key = l.product"
    };
}

fn read(row: &Row<'_>) -> Result<Lot> {
    Ok(Lot { key: row.get(0)?, id: row.get(1)?, product: row.reference(2)? })
}

/// The lot with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Lot>> {
    db.query_opt(concat!(head!(), " WHERE l.id = $1"), params![id], read)
}

/// The lots of a product, in order of creation.
pub fn of_product(db: &Db, product: Key) -> Result<Vec<Lot>> {
    db.query(concat!(head!(), " WHERE l.product = $1 ORDER BY l.key"), params![product], read)
}
