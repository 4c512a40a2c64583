//! Products and the taxes on them.

use super::engine::uses;
use super::{Db, Key, Page, Result, Row, stock, tax};
use crate::domain::held::Use;
use crate::domain::product::{Product, ProductType, Tracking, UnitPrice};
use crate::domain::value::money::Currency;
use crate::{column_of_text, paged, params};

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

/// Loads the taxes.
pub fn complete(db: &Db, product: &mut Product) -> Result<()> {
    product.taxes = tax::of_product(db, product.key)?;
    Ok(())
}

/// The product with that id, taxes included.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Product>> {
    let currency = db.desk_currency()?;
    let found = db.query_opt(concat!(head!(), " WHERE p.id = $1"), params![id], |row| read(row, currency))?;
    let Some(mut product) = found else {
        return Ok(None);
    };
    complete(db, &mut product)?;
    Ok(Some(product))
}

/// The product of that key, taxes included.
pub fn by_key(db: &Db, key: Key) -> Result<Product> {
    let currency = db.desk_currency()?;
    let mut product = db.query_one(concat!(head!(), " WHERE p.key = $1"), params![key], |row| read(row, currency))?;
    complete(db, &mut product)?;
    Ok(product)
}

/// The ids of the products of that type, in order of creation.
pub fn ids_of(db: &Db, kind: ProductType) -> Result<Vec<String>> {
    db.query("SELECT id FROM product WHERE type = $1 ORDER BY key", params![kind.word()], |row| row.get(0))
}

/// One stretch of the list, without taxes.
pub fn page(db: &Db, page: Page) -> Result<Vec<Product>> {
    let currency = db.desk_currency()?;
    db.page(paged!(head!(), "p.key"), page, |row| read(row, currency))
}

/// Writes a new product with its taxes.
pub fn insert(db: &Db, product: &Product) -> Result<()> {
    db.write(
        "INSERT INTO product (key, id, name, price, type, tracking) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            product.key,
            &product.id,
            &product.name,
            product.price.price,
            product.kind.word(),
            product.tracking.word()
        ],
    )?;
    insert_taxes(db, product)
}

/// Writes what was changed of a product; its taxes are replaced.
pub fn update(db: &Db, product: &Product) -> Result<()> {
    db.change_one(
        "UPDATE product SET name = $2, price = $3, type = $4, tracking = $5 WHERE key = $1",
        params![product.key, &product.name, product.price.price, product.kind.word(), product.tracking.word()],
    )?;
    db.write("DELETE FROM product_tax WHERE product = $1", params![product.key])?;
    insert_taxes(db, product)
}

fn insert_taxes(db: &Db, product: &Product) -> Result<()> {
    for (tax, position) in product.taxes.iter().zip(1..) {
        db.write(
            "INSERT INTO product_tax (product, position, tax) VALUES ($1, $2, $3)",
            params![product.key, position, tax.key],
        )?;
    }
    Ok(())
}

/// A lot of the product, where there is one.
pub fn first_lot(db: &Db, product: Key) -> Result<Option<Use>> {
    uses::first(db, &[("lot", "SELECT id FROM lot WHERE product = $1 ORDER BY key LIMIT 1")], product)
}

/// Stock or a move of the product, where there is one: what was counted by its type and tracking.
pub fn first_move(db: &Db, product: Key) -> Result<Option<Use>> {
    match stock::first_of(db, product)? {
        Some(stock) => Ok(Some(stock)),
        None => uses::first(
            db,
            &[
                (
                    "transfer",
                    "SELECT t.id FROM transfer_line l JOIN transfer t ON t.key = l.transfer WHERE l.product = $1
                     ORDER BY l.key LIMIT 1",
                ),
                (
                    "repair",
                    "SELECT r.id FROM repair_part p JOIN repair r ON r.key = p.repair WHERE p.product = $1
                     ORDER BY p.key LIMIT 1",
                ),
            ],
            product,
        ),
    }
}

/// A project that bills hours as the product, where there is one.
pub fn first_billed_as_time(db: &Db, product: Key) -> Result<Option<Use>> {
    uses::first(db, &[("project", "SELECT id FROM project WHERE time_product = $1 ORDER BY key LIMIT 1")], product)
}
