//! Lots and serial numbers.

use super::engine::uses;
use super::{Db, Key, Page, Result, Row, stock};
use crate::domain::held::Use;
use crate::domain::product::Lot;
use crate::{paged, params};

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

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Lot>> {
    db.page(paged!(head!(), "l.key"), page, read)
}

/// Writes a new lot.
pub fn insert(db: &Db, lot: &Lot) -> Result<()> {
    db.write("INSERT INTO lot (key, id, product) VALUES ($1, $2, $3)", params![lot.key, &lot.id, &lot.product])
}

/// Writes a lot's product.
pub fn update(db: &Db, lot: &Lot) -> Result<()> {
    db.change_one("UPDATE lot SET product = $2 WHERE key = $1", params![lot.key, &lot.product])
}

/// A record that names the lot, where there is one.
pub fn first_use(db: &Db, lot: Key) -> Result<Option<Use>> {
    match stock::first_of_lot(db, lot)? {
        Some(stock) => Ok(Some(stock)),
        None => uses::first(
            db,
            &[
                (
                    "transfer",
                    "SELECT t.id FROM transfer_line l JOIN transfer t ON t.key = l.transfer WHERE l.lot = $1
                     ORDER BY l.key LIMIT 1",
                ),
                (
                    "invoice",
                    "SELECT d.id FROM document_line l JOIN document d ON d.key = l.document
                     WHERE l.lot = $1 AND d.kind = 'invoice' ORDER BY l.key LIMIT 1",
                ),
                (
                    "credit-note",
                    "SELECT d.id FROM document_line l JOIN document d ON d.key = l.document
                     WHERE l.lot = $1 AND d.kind = 'credit_note' ORDER BY l.key LIMIT 1",
                ),
                ("ticket", "SELECT id FROM ticket WHERE lot = $1 ORDER BY key LIMIT 1"),
                ("repair", "SELECT id FROM repair WHERE lot = $1 ORDER BY key LIMIT 1"),
                (
                    "repair",
                    "SELECT r.id FROM repair_part p JOIN repair r ON r.key = p.repair WHERE p.lot = $1
                     ORDER BY p.key LIMIT 1",
                ),
            ],
            lot,
        ),
    }
}
