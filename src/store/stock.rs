//! Stock by product, location and lot, as it is read.

use super::{Db, Key, Page, Result, Row};
use crate::domain::held::Use;
use crate::domain::stock::{Stock, StockOfProduct, id_of};
use crate::{paged, params};

macro_rules! head {
    () => {
        "SELECT s.key, p.key, p.id, l.key, l.id, t.key, t.id, s.quantity, s.reserved
         FROM stock s JOIN location l ON l.key = s.location LEFT JOIN lot t ON t.key = s.lot
           JOIN product p ON p.key = s.product"
    };
}

/// A place that was emptied keeps its row, for what it was counted with; it is stock no longer.
macro_rules! present {
    () => {
        concat!(head!(), " AND s.quantity > 0")
    };
}

fn read(row: &Row<'_>) -> Result<Stock> {
    let (product, location) = (row.reference(1)?, row.reference(3)?);
    let lot = row.optional_reference(5)?;
    Ok(Stock {
        key: row.get(0)?,
        id: id_of(&product.id, &location.id, lot.as_ref().map(|lot| lot.id.as_str())),
        product,
        location,
        lot,
        quantity: row.get(7)?,
        reserved: row.get(8)?,
    })
}

/// The stock of that id, which is made of the ids of product, location and lot.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Stock>> {
    db.query_opt(
        concat!(present!(), " WHERE p.id || '@' || l.id || COALESCE('#' || t.id, '') = $1 ORDER BY s.key"),
        params![id],
        read,
    )
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Stock>> {
    db.page(paged!(present!(), "s.key"), page, read)
}

/// Where a product lies, in the order in which it came there.
pub fn of_product(db: &Db, product: Key) -> Result<Vec<StockOfProduct>> {
    let stock = db.query(concat!(present!(), " WHERE s.product = $1 ORDER BY s.key"), params![product], read)?;
    Ok(stock
        .into_iter()
        .map(|Stock { location, lot, quantity, reserved, .. }| StockOfProduct { location, lot, quantity, reserved })
        .collect())
}

fn first(db: &Db, sql: &'static str, key: Key) -> Result<Option<Use>> {
    Ok(db.query_opt(sql, params![key], read)?.map(|stock| Use { noun: "stock", id: stock.id }))
}

/// Stock that was ever counted of a product.
pub(super) fn first_of(db: &Db, product: Key) -> Result<Option<Use>> {
    first(db, concat!(head!(), " WHERE s.product = $1 ORDER BY s.key LIMIT 1"), product)
}

/// Stock that was ever counted in a location.
pub(super) fn first_in(db: &Db, location: Key) -> Result<Option<Use>> {
    first(db, concat!(head!(), " WHERE s.location = $1 ORDER BY s.key LIMIT 1"), location)
}

/// Stock that was ever counted of a lot.
pub(super) fn first_of_lot(db: &Db, lot: Key) -> Result<Option<Use>> {
    first(db, concat!(head!(), " WHERE s.lot = $1 ORDER BY s.key LIMIT 1"), lot)
}
