//! What the customer's pages tell, asked for by customer alone (spec F4): nothing here answers what is another's.

use super::engine::record;
use super::{Db, Key, Result};
use crate::domain::coupon::Coupon;
use crate::domain::portal::{DocumentInBrief, Made, PublicEntry, TaskInBrief, TicketInBrief};
use crate::domain::value::money::{Currency, Money};
use crate::{params, query, select};

/// The customer's tickets: the open ones first, the newest of each first.
pub fn tickets(db: &Db, customer: Key, limit: i64) -> Result<Vec<TicketInBrief>> {
    db.query(
        query!(
            [ticket, stage],
            "SELECT t.id, t.subject, s.name, s.folded, t.created_at FROM ticket t JOIN stage s ON s.key = t.stage
             WHERE t.customer = $1 ORDER BY s.folded, t.key DESC LIMIT $2"
        ),
        params![customer, limit],
        |row| {
            Ok(TicketInBrief {
                id: row.get(0)?,
                subject: row.get(1)?,
                stage: row.get(2)?,
                closed: row.get(3)?,
                created_at: row.get(4)?,
            })
        },
    )
}

/// The customer's tasks that were not called off: those that go on first, the newest of each first.
pub fn tasks(db: &Db, customer: Key, limit: i64) -> Result<Vec<TaskInBrief>> {
    db.query(
        query!(
            [task],
            "SELECT t.id, t.title, t.stage, t.planned_start,
               CASE WHEN t.worksheet_template IS NOT NULL AND t.signed_at IS NULL THEN 1 ELSE 0 END
             FROM task t WHERE t.customer = $1 AND t.stage <> 'cancelled'
             ORDER BY CASE WHEN t.stage = 'done' THEN 1 ELSE 0 END, t.key DESC LIMIT $2"
        ),
        params![customer, limit],
        |row| {
            Ok(TaskInBrief {
                id: row.get(0)?,
                title: row.get(1)?,
                stage: row.get(2)?,
                planned_start: row.get(3)?,
                unsigned: row.get(4)?,
            })
        },
    )
}

/// The customer's documents: invoices and credit notes with a number, and orders that were sent or confirmed; the newest first.
pub fn documents(db: &Db, customer: Key, limit: i64) -> Result<Vec<DocumentInBrief>> {
    db.query(
        query!(
            [document, sales_order, currency],
            "SELECT d.kind, d.id, d.shown, d.date, d.currency, cur.digits, d.total, d.open FROM
               (SELECT x.key, x.kind, x.id, x.number AS shown, x.date, x.currency, x.total, x.open
                FROM document x WHERE x.customer = $1 AND x.number IS NOT NULL AND x.state <> 'draft'
                UNION ALL SELECT o.key, CASE o.state WHEN 'confirmed' THEN 'order' ELSE 'quotation' END, o.id, o.id, o.date,
                  o.currency, o.total, NULL
                FROM sales_order o WHERE o.customer = $1 AND o.state IN ('sent', 'confirmed')) d
             LEFT JOIN currency cur ON cur.code = d.currency ORDER BY d.date DESC, d.key DESC LIMIT $2"
        ),
        params![customer, limit],
        |row| {
            let currency: Currency = row.currency(4)?;
            let open: Option<i64> = row.get(7)?;
            Ok(DocumentInBrief {
                kind: row.get(0)?,
                id: row.get(1)?,
                shown: row.get(2)?,
                date: row.get(3)?,
                total: Money::new(row.get(6)?, currency),
                open: open.map(|open| Money::new(open, currency)),
            })
        },
    )
}

/// What was made for the customer from one of their tickets, oldest first; what was called off is left out.
pub fn made(db: &Db, customer: Key, ticket: Key) -> Result<Vec<Made>> {
    db.query(
        query!(
            [document, transfer, repair, task, coupon],
            "SELECT m.kind, m.id, m.shown, m.state FROM
               (SELECT d.key, d.kind, d.id, d.number AS shown, d.state FROM document d
                WHERE d.ticket = $2 AND d.customer = $1 AND d.state = 'posted' AND d.number IS NOT NULL
                UNION ALL SELECT t.key, CASE t.kind WHEN 'incoming' THEN 'return_slip' ELSE 'delivery_note' END, t.id, t.id, t.state
                FROM transfer t WHERE t.ticket = $2 AND t.customer = $1 AND t.state <> 'cancelled' AND t.kind <> 'internal'
                UNION ALL SELECT r.key, 'repair', r.id, r.id, r.state FROM repair r
                WHERE r.ticket = $2 AND r.customer = $1 AND r.state <> 'cancelled'
                UNION ALL SELECT k.key, 'worksheet', k.id, k.title, k.stage FROM task k
                WHERE k.ticket = $2 AND k.customer = $1 AND k.stage <> 'cancelled'
                UNION ALL SELECT c.key, 'coupon', c.id, c.id, '' FROM coupon c
                WHERE c.ticket = $2 AND c.customer = $1 AND c.cancelled = 0) m
             ORDER BY m.key"
        ),
        params![customer, ticket],
        |row| Ok(Made { kind: row.get(0)?, id: row.get(1)?, shown: row.get(2)?, state: row.get(3)? }),
    )
}

/// The log of a ticket as far as its customer sees it: what a customer did, and the notes that are for them.
pub fn public_log(db: &Db, ticket: Key) -> Result<Vec<PublicEntry>> {
    db.query(
        query!(
            [ticket_log, operation],
            "SELECT e.at, CASE WHEN o.actor_kind = 'customer' THEN 1 ELSE 0 END, e.kind, e.text
             FROM ticket_log e JOIN operation o ON o.key = e.operation
             WHERE e.ticket = $1 AND (e.kind = 'public_note' OR o.actor_kind = 'customer') ORDER BY e.key"
        ),
        params![ticket],
        |row| Ok(PublicEntry { at: row.get(0)?, own: row.get(1)?, kind: row.get(2)?, text: row.get(3)? }),
    )
}

/// How many coupons are told at most.
const COUPONS: i64 = 100;

/// That a customer sees a coupon of theirs, the row `t`: one that was not called off.
const COUPON_SEEN: &str = "t.cancelled = 0";

/// The customer's coupons, the newest first; as they are but for the day.
pub fn coupons(db: &Db, customer: Key) -> Result<Vec<Coupon>> {
    let asked = select!(Coupon, format!("t.customer = $1 AND {COUPON_SEEN}"), " ORDER BY t.key DESC LIMIT $2");
    record::all_complete(db, asked, params![customer, COUPONS])
}
