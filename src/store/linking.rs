//! The lines that imported lines may belong to, with what no other line belongs to yet.

use super::{Db, Key, Result, Row};
use crate::domain::linking::Source;
use crate::domain::value::quantity::Quantity;
use crate::params;

fn sources(db: &Db, sql: &'static str, taken: &'static str, of: Key) -> Result<Vec<Source>> {
    let mut sources = db.query(sql, params![of], read)?;
    db.each(taken, params![of], |row| {
        let (key, quantity): (Key, Quantity) = (row.get(0)?, row.get(1)?);
        if let Some(source) = sources.iter_mut().find(|source| source.key == key) {
            source.left = source.left.checked_sub(quantity).unwrap_or(Quantity::ZERO);
        }
        Ok(())
    })?;
    Ok(sources)
}

fn read(row: &Row<'_>) -> Result<Source> {
    Ok(Source { key: row.get(0)?, product: row.get(1)?, lot: row.get(2)?, left: row.get(3)? })
}

macro_rules! order_lines {
    () => {
        "SELECT key, product, CAST(NULL AS BIGINT), quantity FROM order_line WHERE sales_order = $1 ORDER BY line"
    };
}

/// The lines of an order of which nothing is delivered, invoiced or taken back yet.
pub fn of_order(db: &Db, order: Key) -> Result<Vec<Source>> {
    db.query(order_lines!(), params![order], read)
}

/// The lines of an order, less what stands on its invoices.
pub fn to_bill(db: &Db, order: Key) -> Result<Vec<Source>> {
    let taken = "SELECT l.order_line, CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT)
         FROM document d JOIN document_line l ON l.document = d.key
         WHERE d.sales_order = $1 AND d.kind = 'invoice' AND d.state <> 'cancelled' AND l.order_line IS NOT NULL
         GROUP BY l.order_line ORDER BY l.order_line";
    sources(db, order_lines!(), taken, order)
}

/// The lines of an order, less what stands on its deliveries.
pub fn to_deliver(db: &Db, order: Key) -> Result<Vec<Source>> {
    let taken = "SELECT l.order_line, CAST(COALESCE(SUM(CASE WHEN t.state = 'done' THEN l.done ELSE l.quantity END), 0) AS BIGINT)
         FROM transfer t JOIN transfer_line l ON l.transfer = t.key
         WHERE t.sales_order = $1 AND t.kind = 'outgoing' AND t.state <> 'cancelled' AND l.order_line IS NOT NULL
         GROUP BY l.order_line ORDER BY l.order_line";
    sources(db, order_lines!(), taken, order)
}

/// The lines of an order, less what was taken back of them.
pub fn to_take_back(db: &Db, order: Key) -> Result<Vec<Source>> {
    let taken = "SELECT l.order_line, CAST(COALESCE(SUM(CASE WHEN t.state = 'done' THEN l.done ELSE l.quantity END), 0) AS BIGINT)
         FROM transfer t JOIN transfer_line l ON l.transfer = t.key
         WHERE t.sales_order = $1 AND t.kind = 'incoming' AND t.state <> 'cancelled' AND l.order_line IS NOT NULL
         GROUP BY l.order_line ORDER BY l.order_line";
    sources(db, order_lines!(), taken, order)
}

/// The lines of a done transfer, less what returns of them hold; and the order line behind each.
pub fn to_return(db: &Db, transfer: Key) -> Result<(Vec<Source>, Vec<Option<Key>>)> {
    let lines = db.query(
        "SELECT key, product, lot, done - returned, order_line FROM transfer_line WHERE transfer = $1 ORDER BY line",
        params![transfer],
        |row| Ok((read(row)?, row.get::<Option<Key>>(4)?)),
    )?;
    Ok(lines.into_iter().unzip())
}
