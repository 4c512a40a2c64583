//! The lines that imported lines may belong to, with what no other line belongs to yet.

use std::collections::HashMap;

use super::engine::record::each_of;
use super::engine::statement::Tables;
use super::{Db, Key, Result, Row, transfer};
use crate::domain::document::left_to_bill;
use crate::domain::linking::Source;
use crate::domain::transfer::{ToDeliver, TransferLine};
use crate::domain::value::quantity::Quantity;
use crate::{params, query};

fn read(row: &Row<'_>) -> Result<Source> {
    Ok(Source { key: row.get(0)?, product: row.get(1)?, lot: None, price: row.get(2)?, left: row.get(3)? })
}

macro_rules! order_lines {
    () => {
        "SELECT l.key, l.product, l.price,
           CASE WHEN l.for_repair = 1 OR EXISTS
             (SELECT 1 FROM repair r JOIN repair_part a ON a.repair = r.key WHERE r.quotation = $1 AND a.order_line = l.key)
           THEN (SELECT CAST(COALESCE(SUM(a.done), 0) AS BIGINT) FROM repair r JOIN repair_part a ON a.repair = r.key
                 WHERE r.quotation = $1 AND a.order_line = l.key AND r.state = 'done' AND a.kind = 'add')
           ELSE l.quantity END
         FROM order_line l WHERE l.sales_order = $1 ORDER BY l.line"
    };
}

/// The lines of an order with all that is to be billed of them: what is ordered, of a part of a repair what was used (spec E6).
pub fn of_order(db: &Db, order: Key) -> Result<Vec<Source>> {
    db.query(query!([order_line, repair, repair_part], order_lines!()), params![order], read)
}

/// The lines of an order with what can still be billed of each: what `invoice create --order` would bill (spec B15, G6).
pub fn to_bill(db: &Db, order: Key) -> Result<Vec<Source>> {
    let mut sources = of_order(db, order)?;
    let bills = super::order::bills(db, order, None)?;
    for source in &mut sources {
        let of_line = bills.get(&source.key).map_or(&[][..], Vec::as_slice);
        source.left =
            left_to_bill(source.left, of_line).map_err(|overflow| super::StoreError::Damaged(overflow.to_string()))?;
    }
    Ok(sources)
}

/// What moved of the lines of an order, in millionths. Transfers that keep the order's quantity do not count (spec D7).
#[derive(Debug, Clone, Copy, Default)]
pub struct Moved {
    /// What done transfers brought the customer, less what they took back; below zero where more came back.
    pub delivered: i64,
    /// What stands on open deliveries.
    pub going: i64,
    /// What stands on open returns.
    pub coming: i64,
}

/// What moved of each line of an order, by its key: what is delivered is counted here and nowhere else (spec G6).
pub fn moved(db: &Db, order: Key) -> Result<HashMap<Key, Moved>> {
    moved_of(db, &[order])
}

/// The same of some orders.
pub(super) fn moved_of(db: &Db, orders: &[Key]) -> Result<HashMap<Key, Moved>> {
    let mut moved = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["transfer", "transfer_line"]) },
        (
            "SELECT l.order_line,
               CAST(COALESCE(SUM(CASE WHEN t.state <> 'done' THEN 0 WHEN t.kind = 'outgoing' THEN l.done ELSE -l.done END), 0) AS BIGINT),
               CAST(COALESCE(SUM(CASE WHEN t.state <> 'done' AND t.kind = 'outgoing' THEN l.quantity ELSE 0 END), 0) AS BIGINT),
               CAST(COALESCE(SUM(CASE WHEN t.state <> 'done' AND t.kind = 'incoming' THEN l.quantity ELSE 0 END), 0) AS BIGINT)
             FROM transfer t JOIN transfer_line l ON l.transfer = t.key",
            "t.sales_order",
            " AND t.state <> 'cancelled' AND t.kind IN ('outgoing', 'incoming') AND t.keep_order_quantity = 0
              AND l.order_line IS NOT NULL GROUP BY l.order_line ORDER BY l.order_line",
        ),
        orders,
        |row| {
            moved.insert(row.get(0)?, Moved { delivered: row.get(1)?, going: row.get(2)?, coming: row.get(3)? });
            Ok(())
        },
    )?;
    Ok(moved)
}

/// The lines of an order that hold goods, as if nothing of them had moved: all of them is left to deliver, but nothing of
/// what a repair delivers (spec E6).
pub fn unmoved(db: &Db, order: Key) -> Result<Vec<ToDeliver>> {
    db.query(
        query!([repair, repair_part, order_line, product], "SELECT l.key, p.key, p.id, p.tracking,
           CASE WHEN l.for_repair = 1 OR EXISTS
             (SELECT 1 FROM repair r JOIN repair_part a ON a.repair = r.key WHERE r.quotation = $1 AND a.order_line = l.key)
           THEN 0 ELSE l.quantity END
         FROM order_line l JOIN product p ON p.key = l.product
         WHERE l.sales_order = $1 AND p.type = 'goods' ORDER BY l.line"),
        params![order],
        |row| {
            Ok(ToDeliver {
                order_line: row.get(0)?,
                product: row.reference(1)?,
                tracking: row.get(3)?,
                left: row.get(4)?,
            })
        },
    )
}

fn lines_of(db: &Db, order: Key, left: impl Fn(&ToDeliver, Moved) -> i64) -> Result<Vec<ToDeliver>> {
    let mut lines = unmoved(db, order)?;
    let moved = moved(db, order)?;
    for line in &mut lines {
        let of_line = moved.get(&line.order_line).copied().unwrap_or_default();
        line.left = Quantity::from_millionths(left(line, of_line));
    }
    Ok(lines)
}

/// The lines of an order that hold goods, with what is left to deliver of them: what was ordered, less what was delivered and what
/// stands on open deliveries; below zero where that is more. Whoever asks what can still be delivered asks here (spec G6).
pub fn to_deliver(db: &Db, order: Key) -> Result<Vec<ToDeliver>> {
    lines_of(db, order, |line, moved| {
        line.left.millionths().saturating_sub(moved.delivered).saturating_sub(moved.going)
    })
}

/// The lines of an order that hold goods, with what can be taken back of them where no delivery is named: what was delivered
/// and no open return takes back.
pub fn to_take_back(db: &Db, order: Key) -> Result<Vec<ToDeliver>> {
    lines_of(db, order, |_, moved| moved.delivered.saturating_sub(moved.coming))
}

/// The lines of a done transfer, with what is left to return of them (spec D3).
pub fn to_return(db: &Db, transfer: Key) -> Result<Vec<TransferLine>> {
    transfer::lines(db, transfer)
}
