//! The story of a customer, out of all tables that know of them, each by its index, in one question.

use super::{Db, Key, Result, StoreError};
use crate::domain::desk::Timezone;
use crate::domain::timeline::Happened;
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::{Currency, Money};
use crate::{params, query};

/// When a record was made that does not say it itself: in the operation that first touched it.
macro_rules! made {
    ($row:literal, $kind:literal) => {
        concat!(
            "(SELECT MIN(w.at) FROM operation_touch v JOIN operation w ON w.key = v.operation WHERE v.id = ",
            $row,
            ".id AND v.kind = '",
            $kind,
            "')"
        )
    };
}

/// What happened to a customer, in the order of time: a day goes before the moments of it.
pub fn of_customer(db: &Db, customer: Key, today: Day, zone: &Timezone) -> Result<Vec<Happened>> {
    let happened = query!(
        [ticket, ticket_log, stage, sales_order, transfer, document, payment, coupon, coupon_program, repair, task, currency,
         operation, operation_touch],
        concat!(
            "SELECT h.at, h.kind, h.id, h.state, h.text, h.ticket, h.total, h.currency, cur.digits FROM (
               SELECT t.created_at AS at, t.key AS place, 'ticket' AS kind, t.id AS id, s.name AS state, t.subject AS text,
                 COALESCE(n.id, t.id) AS ticket, CAST(NULL AS BIGINT) AS total, CAST(NULL AS TEXT) AS currency
               FROM ticket t LEFT JOIN stage s ON s.key = t.stage LEFT JOIN ticket n ON n.key = t.merged_into
               WHERE t.customer = $1
               UNION ALL SELECT e.at, e.key, e.kind, t.id, CAST(NULL AS TEXT), e.text, COALESCE(n.id, t.id),
                 CAST(NULL AS BIGINT), CAST(NULL AS TEXT)
               FROM ticket t JOIN ticket_log e ON e.ticket = t.key LEFT JOIN ticket n ON n.key = t.merged_into
               WHERE t.customer = $1 AND e.document IS NULL AND e.kind NOT IN ('created', 'imported')
               UNION ALL SELECT o.date, o.key, CASE o.cart WHEN 1 THEN 'cart' ELSE 'order' END, o.id, o.state,
                 CAST(NULL AS TEXT), CAST(NULL AS TEXT), o.total, o.currency FROM sales_order o WHERE o.customer = $1
               UNION ALL SELECT f.date, f.key, CASE WHEN f.kind = 'incoming' AND f.return_of IS NOT NULL THEN 'return'
                   WHEN f.kind = 'outgoing' THEN 'delivery' ELSE 'transfer' END, f.id, f.state, f.origin, k.id,
                 CAST(NULL AS BIGINT), CAST(NULL AS TEXT)
               FROM transfer f LEFT JOIN ticket k ON k.key = f.ticket WHERE f.customer = $1
               UNION ALL SELECT COALESCE(d.accounting_date, d.date), d.key, d.kind, COALESCE(d.number, d.id), d.state, d.text,
                 k.id, d.total, d.currency
               FROM document d LEFT JOIN ticket k ON k.key = d.ticket WHERE d.customer = $1
               UNION ALL SELECT p.date, p.key, CASE p.direction WHEN 'out' THEN 'payout' ELSE 'payment' END, p.id, p.state,
                 p.reference, CAST(NULL AS TEXT), p.amount, p.currency FROM payment p WHERE p.customer = $1
               UNION ALL SELECT COALESCE(c.created_at, ", made!("c", "coupon"), "), c.key, 'coupon', c.id,
                 CASE WHEN c.cancelled = 1 THEN 'cancelled' WHEN c.used_by IS NOT NULL THEN 'used'
                   WHEN c.valid_until < $2 THEN 'expired' ELSE 'valid' END, g.name, k.id, CAST(NULL AS BIGINT), CAST(NULL AS TEXT)
               FROM coupon c LEFT JOIN ticket k ON k.key = c.ticket LEFT JOIN coupon_program g ON g.key = c.program
               WHERE c.customer = $1
               UNION ALL SELECT r.scheduled_date, r.key, 'repair', r.id, r.state, r.notes, k.id, CAST(NULL AS BIGINT),
                 CAST(NULL AS TEXT)
               FROM repair r LEFT JOIN ticket k ON k.key = r.ticket WHERE r.customer = $1
               UNION ALL SELECT COALESCE(a.created_at, ", made!("a", "task"), "), a.key, 'task', a.id, a.stage, a.title, k.id,
                 CAST(NULL AS BIGINT), CAST(NULL AS TEXT)
               FROM task a LEFT JOIN ticket k ON k.key = a.ticket WHERE a.customer = $1
             ) h LEFT JOIN currency cur ON cur.code = h.currency ORDER BY h.at NULLS FIRST, h.place"
        )
    );
    db.query(happened, params![customer, today], |row| {
        let when: String = row.get::<Option<String>>(0)?.unwrap_or_default();
        let at: Option<Instant> = when.parse().ok();
        let day = at.map(|at| zone.day_of(at)).or_else(|| when.parse().ok());
        let day = day.ok_or_else(|| StoreError::Damaged(format!("{when:?} is no time")))?;
        let code: Option<String> = row.get(7)?;
        let currency: Option<Currency> = code.map(|_| row.currency(7)).transpose()?;
        let minor: Option<i64> = row.get(6)?;
        Ok(Happened {
            day,
            at,
            kind: row.get(1)?,
            id: row.get(2)?,
            state: row.get(3)?,
            text: row.get(4)?,
            ticket: row.get(5)?,
            total: minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency)),
            currency,
        })
    })
}
