//! Lots and serial numbers.

use super::choices::choices;
use super::engine::record;
use super::engine::table::{Table, id, link, records};
use super::engine::uses;
use super::{Db, Key, Result, stock};
use crate::domain::in_use::Use;
use crate::domain::location::{self, LocationType};
use crate::domain::lot::{LotAtLocation, LotEvent, LotEventKind, Whereabouts};
use crate::domain::options::Choices;
use crate::domain::product::Lot;
use crate::{column_of_text, described, params, query};

column_of_text!(LotEventKind);

described! {
    Lot in LOT {
        id: id(),
        product: link("product").listed(),
    }
}

// A serial number is taken as it stands: SN-1 is another piece than SN-00001.
pub static LOT: Table = records("lot", "lot", Lot::COLUMNS);

/// The lot with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Lot>> {
    record::by_id(db, id)
}

/// The lots of a product, in order of creation.
pub fn of_product(db: &Db, product: Key) -> Result<Choices> {
    choices!(db, [lot], "t.id", "lot t WHERE t.product = $1", "t.key", params![product])
}

/// Where a lot lies in stock, in the order in which it came there.
pub fn in_stock(db: &Db, lot: Key) -> Result<Vec<LotAtLocation>> {
    db.query(
        query!([lot, stock, location], "SELECT l.key, l.id, s.quantity, s.reserved FROM lot b JOIN stock s ON s.product = b.product AND s.lot = b.key
           JOIN location l ON l.key = s.location
         WHERE b.key = $1 AND s.quantity > 0 ORDER BY s.key"),
        params![lot],
        |row| Ok(LotAtLocation { location: row.reference(0)?, quantity: row.get(2)?, reserved: row.get(3)? }),
    )
}

/// Where the last move of a piece brought it, or the last repair of which it was a part.
pub fn last_place(db: &Db, lot: Key) -> Result<Whereabouts> {
    let last = db.query_opt(
        query!([transfer_line, transfer, location, customer, repair_part, repair], "SELECT COALESCE(t.moved, 0), t.key, d.type, d.id, c.key, c.id, t.id, l.key
         FROM transfer_line l JOIN transfer t ON t.key = l.transfer JOIN location d ON d.key = t.destination
           LEFT JOIN customer c ON c.key = t.customer
         WHERE l.lot = $1 AND l.done > 0 AND t.state = 'done'
         UNION ALL
         SELECT COALESCE(r.moved, 0), r.key, CASE WHEN p.kind = 'add' THEN 'customer' ELSE 'scrap' END, p.kind, c.key, c.id, r.id,
           CAST(NULL AS BIGINT)
         FROM repair_part p JOIN repair r ON r.key = p.repair LEFT JOIN customer c ON c.key = r.customer
         WHERE p.lot = $1 AND p.done > 0 AND r.state = 'done'
         ORDER BY 1 DESC, 2 DESC LIMIT 1"),
        params![lot],
        |row| {
            let kind: LocationType = row.get(2)?;
            Ok(match kind {
                LocationType::Customer => Whereabouts::AtCustomer {
                    customer: row.optional_reference(4)?,
                    document: row.get(6)?,
                    line: row.get(7)?,
                },
                _ => Whereabouts::Away { location: row.get(3)? },
            })
        },
    )?;
    Ok(last.unwrap_or(Whereabouts::Unseen))
}

/// What happened to goods of a lot, the oldest first.
pub fn life(db: &Db, lot: Key) -> Result<Vec<LotEvent>> {
    db.query(
        query!([lot, stock, location, transfer_line, transfer, customer, repair, repair_part], "SELECT CAST(-1 AS BIGINT), s.key, CAST(NULL AS TEXT), 'counted', s.opening, CAST(NULL AS TEXT), CAST(NULL AS BIGINT),
           CAST(NULL AS TEXT), CAST(NULL AS TEXT), l.id
         FROM lot b JOIN stock s ON s.product = b.product AND s.lot = b.key JOIN location l ON l.key = s.location
         WHERE b.key = $1 AND s.opening > 0
         UNION ALL
         SELECT COALESCE(t.moved, 0), l.key, t.date,
           CASE WHEN s.id = $2 OR d.id = $2 THEN 'counted'
             WHEN t.kind = 'internal' THEN 'moved'
             WHEN t.kind = 'outgoing' AND d.type = 'customer' THEN CASE WHEN t.return_of IS NULL THEN 'delivered' ELSE 'sent_back' END
             WHEN t.kind = 'outgoing' THEN 'sent_back'
             WHEN s.type = 'customer' THEN 'returned' ELSE 'received' END,
           l.done, t.id, c.key, c.id, s.id, d.id
         FROM transfer_line l JOIN transfer t ON t.key = l.transfer JOIN location s ON s.key = t.source
           JOIN location d ON d.key = t.destination LEFT JOIN customer c ON c.key = t.customer
         WHERE l.lot = $1 AND l.done > 0 AND t.state = 'done'
         UNION ALL
         SELECT COALESCE(r.moved, 0), r.key, r.scheduled_date, 'repaired', r.quantity, r.id, c.key, c.id, CAST(NULL AS TEXT),
           CAST(NULL AS TEXT)
         FROM repair r LEFT JOIN customer c ON c.key = r.customer WHERE r.lot = $1 AND r.state = 'done'
         UNION ALL
         SELECT COALESCE(r.moved, 0), p.key, r.scheduled_date,
           CASE p.kind WHEN 'add' THEN 'added' WHEN 'remove' THEN 'removed' ELSE 'recycled' END,
           p.done, r.id, c.key, c.id, CAST(NULL AS TEXT), CAST(NULL AS TEXT)
         FROM repair_part p JOIN repair r ON r.key = p.repair LEFT JOIN customer c ON c.key = r.customer
         WHERE p.lot = $1 AND p.done > 0 AND r.state = 'done'
         ORDER BY 1, 2"),
        params![lot, location::INVENTORY_LOSS],
        |row| {
            Ok(LotEvent {
                date: row.get(2)?,
                kind: row.get(3)?,
                quantity: row.get(4)?,
                document: row.get(5)?,
                customer: row.optional_reference(6)?,
                from: row.get(8)?,
                to: row.get(9)?,
            })
        },
    )
}

/// The open repairs that are about a piece or need it as a part, and the open deliveries that are to bring it, but for the
/// repair or transfer of key `but`; in order of creation.
pub fn wanted_by(db: &Db, lot: Key, but: Key) -> Result<Vec<String>> {
    db.query(
        query!([repair, repair_part, transfer_line, transfer], "SELECT r.key, r.id FROM repair r WHERE r.lot = $1 AND r.key <> $2 AND r.state IN ('draft', 'confirmed', 'under_repair')
         UNION
         SELECT r.key, r.id FROM repair_part p JOIN repair r ON r.key = p.repair
         WHERE p.lot = $1 AND p.kind = 'add' AND r.key <> $2 AND r.state IN ('draft', 'confirmed', 'under_repair')
         UNION
         SELECT t.key, t.id FROM transfer_line l JOIN transfer t ON t.key = l.transfer
         WHERE l.lot = $1 AND t.key <> $2 AND t.kind = 'outgoing' AND t.state IN ('waiting', 'ready')
         ORDER BY 1"),
        params![lot, but],
        |row| row.get(1),
    )
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
                    query!(
                        [transfer_line, transfer],
                        "SELECT t.id FROM transfer_line l JOIN transfer t ON t.key = l.transfer WHERE l.lot = $1
                     ORDER BY l.key LIMIT 1"
                    ),
                ),
                (
                    "invoice",
                    query!(
                        [document_line, document],
                        "SELECT d.id FROM document_line l JOIN document d ON d.key = l.document
                     WHERE l.lot = $1 AND d.kind <> 'credit_note' ORDER BY l.key LIMIT 1"
                    ),
                ),
                (
                    "credit-note",
                    query!(
                        [document_line, document],
                        "SELECT d.id FROM document_line l JOIN document d ON d.key = l.document
                     WHERE l.lot = $1 AND d.kind <> 'invoice' ORDER BY l.key LIMIT 1"
                    ),
                ),
                ("ticket", query!([ticket], "SELECT id FROM ticket WHERE lot = $1 ORDER BY key LIMIT 1")),
                ("repair", query!([repair], "SELECT id FROM repair WHERE lot = $1 ORDER BY key LIMIT 1")),
                (
                    "repair",
                    query!(
                        [repair_part, repair],
                        "SELECT r.id FROM repair_part p JOIN repair r ON r.key = p.repair WHERE p.lot = $1
                     ORDER BY p.key LIMIT 1"
                    ),
                ),
                (
                    "task",
                    query!(
                        [task_product, task],
                        "SELECT t.id FROM task_product p JOIN task t ON t.key = p.task WHERE p.lot = $1
                     ORDER BY p.key LIMIT 1"
                    ),
                ),
            ],
            lot,
        ),
    }
}
