//! Products and the taxes on them.

use super::{Db, Key, Result, Row, tax};
use crate::domain::money::Currency;
use crate::domain::product::{Product, ProductType, Tracking, UnitPrice};
use crate::{column_of_text, params};

column_of_text!(ProductType, Tracking);

macro_rules! head {
    () => {
        "SELECT p.key, p.id, p.name, p.price, p.type, p.tracking FROM product p"
    };
}

/// All but the taxes.
fn read(row: &Row<'_>, currency: Currency) -> Result<Product> {
    Ok(Product {
        key: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        price: UnitPrice { price: row.get(3)?, currency },
        kind: row.get(4)?,
        tracking: row.get(5)?,
        taxes: Vec::new(),
    })
}

fn complete(db: &Db, product: Option<Product>) -> Result<Option<Product>> {
    let Some(mut product) = product else {
        return Ok(None);
    };
    product.taxes = tax::of_product(db, product.key)?;
    Ok(Some(product))
}

/// The product with that id, taxes included.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Product>> {
    let currency = db.desk_currency()?;
    let product = db.query_opt(concat!(head!(), " WHERE p.id = $1"), params![id], |row| read(row, currency))?;
    complete(db, product)
}

/// The product of that key, taxes included.
pub fn by_key(db: &Db, key: Key) -> Result<Product> {
    let currency = db.desk_currency()?;
    let mut product = db.query_one(concat!(head!(), " WHERE p.key = $1"), params![key], |row| read(row, currency))?;
    product.taxes = tax::of_product(db, key)?;
    Ok(product)
}
