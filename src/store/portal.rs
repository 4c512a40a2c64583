//! What the customer's pages tell, asked for by customer alone (spec F4): nothing here answers what is another's.

use std::sync::LazyLock;

use super::engine::record;
use super::engine::statement::{Statement, Tables};
use super::ticket::in_log_of;
use super::{Db, Key, Result};
use crate::domain::coupon::Coupon;
use crate::domain::document::DocumentState;
use crate::domain::order::OrderState;
use crate::domain::portal::{DocumentInBrief, Made, PublicEntry, Seen, TaskInBrief, TicketInBrief};
use crate::domain::repair::RepairState;
use crate::domain::task::Stage;
use crate::domain::transfer::{TransferKind, TransferState};
use crate::domain::value::money::{Currency, Money};
use crate::{params, query, select};

/// A statement that is made when it is first asked.
type Asked = LazyLock<&'static Statement>;

/// A question whose text says which states are seen, which the domain tells.
fn asked(reads: Tables, sql: String) -> &'static Statement {
    Statement::made(sql, |sql| Statement::query(reads, sql))
}

/// That a column holds a word of what a customer sees.
fn seen<S: Seen>(column: &str) -> String {
    format!("{column} IN ('{}')", S::words_seen().join("', '"))
}

/// That a customer sees an invoice or a credit note, which is what `sees_document` says of one.
fn seen_document(row: &str) -> String {
    format!("{row}.number IS NOT NULL AND {}", seen::<DocumentState>(&format!("{row}.state")))
}

/// The customer's tickets: the open ones first, the newest of each first. One that was merged is told by the one that goes
/// on.
pub fn tickets(db: &Db, customer: Key, limit: i64) -> Result<Vec<TicketInBrief>> {
    db.query(
        query!(
            [ticket, stage],
            "SELECT t.id, t.subject, s.name, s.folded, t.created_at FROM ticket t JOIN stage s ON s.key = t.stage
             WHERE t.customer = $1 AND t.merged_into IS NULL ORDER BY s.folded, t.key DESC LIMIT $2"
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

/// The customer's tasks: those that go on first, the newest of each first.
pub fn tasks(db: &Db, customer: Key, limit: i64) -> Result<Vec<TaskInBrief>> {
    static TASKS: Asked = LazyLock::new(|| {
        let seen = seen::<Stage>("t.stage");
        asked(
            const { Tables::of(&["task"]) },
            format!(
                "SELECT t.id, t.title, t.stage, t.planned_start,
                   CASE WHEN t.worksheet_template IS NOT NULL AND t.signed_at IS NULL THEN 1 ELSE 0 END
                 FROM task t WHERE t.customer = $1 AND {seen}
                 ORDER BY CASE WHEN t.stage = 'done' THEN 1 ELSE 0 END, t.key DESC LIMIT $2"
            ),
        )
    });
    db.query(*TASKS, params![customer, limit], |row| {
        Ok(TaskInBrief {
            id: row.get(0)?,
            title: row.get(1)?,
            stage: row.get(2)?,
            planned_start: row.get(3)?,
            unsigned: row.get(4)?,
        })
    })
}

/// The customer's documents, orders and quotations among them; the newest first.
pub fn documents(db: &Db, customer: Key, limit: i64) -> Result<Vec<DocumentInBrief>> {
    static DOCUMENTS: Asked = LazyLock::new(|| {
        let (document, order) = (seen_document("x"), seen::<OrderState>("o.state"));
        asked(
            const { Tables::of(&["document", "sales_order", "currency"]) },
            format!(
                "SELECT d.kind, d.shown, CASE WHEN d.state = 'cancelled' THEN 1 ELSE 0 END, d.date, d.currency,
                   cur.digits, d.total, d.open FROM
                   (SELECT x.key, x.kind, x.number AS shown, x.state, x.date, x.currency, x.total, x.open
                    FROM document x WHERE x.customer = $1 AND {document}
                    UNION ALL SELECT o.key, CASE o.state WHEN 'confirmed' THEN 'order' ELSE 'quotation' END, o.id,
                      o.state, o.date, o.currency, o.total, NULL
                    FROM sales_order o WHERE o.customer = $1 AND {order}) d
                 LEFT JOIN currency cur ON cur.code = d.currency ORDER BY d.date DESC, d.key DESC LIMIT $2"
            ),
        )
    });
    db.query(*DOCUMENTS, params![customer, limit], |row| {
        let currency: Currency = row.currency(4)?;
        let open: Option<i64> = row.get(7)?;
        Ok(DocumentInBrief {
            kind: row.get(0)?,
            shown: row.get(1)?,
            is_cancelled: row.get(2)?,
            date: row.get(3)?,
            total: Money::new(row.get(6)?, currency),
            open: open.map(|open| Money::new(open, currency)),
        })
    })
}

/// What was made for the customer from one of their tickets, oldest first.
pub fn made(db: &Db, customer: Key, ticket: Key) -> Result<Vec<Made>> {
    static MADE: Asked = LazyLock::new(|| {
        let (document, repair, task) = (seen_document("d"), seen::<RepairState>("r.state"), seen::<Stage>("k.stage"));
        let transfer = [seen::<TransferKind>("t.kind"), seen::<TransferState>("t.state")].join(" AND ");
        asked(
            const { Tables::of(&["document", "transfer", "repair", "task", "coupon"]) },
            format!(
                "SELECT m.kind, m.id, m.shown, m.state FROM
                   (SELECT d.key, d.kind, d.id, d.number AS shown,
                      CASE d.state WHEN 'posted' THEN '' ELSE d.state END AS state
                    FROM document d WHERE d.ticket = $2 AND d.customer = $1 AND {document}
                    UNION ALL SELECT t.key, CASE t.kind WHEN 'incoming' THEN 'return_slip' ELSE 'delivery_note' END,
                      t.id, t.id, t.state
                    FROM transfer t WHERE t.ticket = $2 AND t.customer = $1 AND {transfer}
                    UNION ALL SELECT r.key, 'repair', r.id, r.id, r.state FROM repair r
                    WHERE r.ticket = $2 AND r.customer = $1 AND {repair}
                    UNION ALL SELECT k.key, 'worksheet', k.id, k.title, k.stage FROM task k
                    WHERE k.ticket = $2 AND k.customer = $1 AND {task}
                    UNION ALL SELECT t.key, 'coupon', t.id, t.id, '' FROM coupon t
                    WHERE t.ticket = $2 AND t.customer = $1 AND {COUPON_SEEN}) m
                 ORDER BY m.key"
            ),
        )
    });
    db.query(*MADE, params![customer, ticket], |row| {
        Ok(Made { kind: row.get(0)?, id: row.get(1)?, shown: row.get(2)?, state: row.get(3)? })
    })
}

/// The log of a ticket, and of those merged into it, as far as its customer sees it: what a customer did, and the notes
/// that are for them.
pub fn public_log(db: &Db, ticket: Key) -> Result<Vec<PublicEntry>> {
    db.query(
        query!(
            [ticket_log, operation, ticket],
            concat!(
                "SELECT e.at, CASE WHEN o.actor_kind = 'customer' THEN 1 ELSE 0 END, e.kind, e.text
                 FROM ticket_log e JOIN operation o ON o.key = e.operation
                 WHERE ",
                in_log_of!("e", "$1"),
                " AND (e.kind = 'public_note' OR o.actor_kind = 'customer') ORDER BY e.key"
            )
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
