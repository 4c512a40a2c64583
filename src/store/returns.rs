//! What can be returned: deliveries that are done, and what returns hold of them.

use super::choices::choices;
use super::{Db, Key, Result};
use crate::domain::options::Choices;
use crate::domain::returns::About;
use crate::domain::value::reference::Reference;
use crate::{params, query};

/// Done deliveries that hold something of what a ticket is about: those of which something is left, or any.
macro_rules! deliveries {
    ($by:literal, $line:literal) => {
        concat!(
            "transfer t WHERE t.",
            $by,
            " = $1 AND t.kind = 'outgoing' AND t.state = 'done'
               AND EXISTS (SELECT 1 FROM transfer_line l WHERE l.transfer = t.key AND ",
            $line,
            " AND (CAST($2 AS BIGINT) IS NULL OR l.product = $2) AND (CAST($3 AS BIGINT) IS NULL OR l.lot = $3))"
        )
    };
    ($by:literal, $line:literal, $end:literal) => {
        query!(
            [transfer, transfer_line],
            concat!("SELECT t.key, t.id FROM ", deliveries!($by, $line), " ORDER BY t.key", $end)
        )
    };
}

/// The done deliveries of an order by their lines, each with whether something is left of what the ticket is about: all of them, so
/// that it is known which rows make the answer.
const OF_ORDER: &str = "SELECT t.key, t.id, l.key, CASE WHEN l.returned < l.done
         AND (CAST($2 AS BIGINT) IS NULL OR l.product = $2) AND (CAST($3 AS BIGINT) IS NULL OR l.lot = $3) THEN 1 ELSE 0 END
     FROM transfer t JOIN transfer_line l ON l.transfer = t.key
     WHERE t.sales_order = $1 AND t.kind = 'outgoing' AND t.state = 'done' ORDER BY t.key, l.key";

/// Whose deliveries are meant: those of an order, or all of a customer.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    Order(&'a Reference),
    Customer(&'a Reference),
}

/// The deliveries of which something is left to return of what the ticket is about, in order of creation.
pub fn candidates(db: &Db, whose: Whose<'_>, about: About) -> Result<Vec<Reference>> {
    match whose {
        Whose::Order(order) => candidates_of_order(db, order, about),
        Whose::Customer(customer) => db.query(
            deliveries!("customer", "l.returned < l.done", ""),
            params![customer, about.product, about.lot],
            |row| row.reference(0),
        ),
    }
}

fn candidates_of_order(db: &Db, order: &Reference, about: About) -> Result<Vec<Reference>> {
    let lines = query!(
        [transfer, transfer_line],
        OF_ORDER,
        [asked("transfer", "sales_order", 1).looks(&["kind", "state"]), told("transfer_line", "transfer", 0).keyed(2),]
    );
    let mut candidates: Vec<Reference> = Vec::new();
    db.each(lines, params![order, about.product, about.lot], |row| {
        let delivery = row.reference(0)?;
        if row.get::<i64>(3)? == 1 && candidates.last() != Some(&delivery) {
            candidates.push(delivery);
        }
        Ok(())
    })?;
    Ok(candidates)
}

/// The same deliveries, as they are chosen from.
pub fn deliveries_of(db: &Db, whose: Whose<'_>, about: About) -> Result<Choices> {
    match whose {
        Whose::Order(order) => choices!(
            db,
            [transfer, transfer_line],
            "t.id",
            deliveries!("sales_order", "l.returned < l.done"),
            "t.key",
            params![order, about.product, about.lot]
        ),
        Whose::Customer(customer) => choices!(
            db,
            [transfer, transfer_line],
            "t.id",
            deliveries!("customer", "l.returned < l.done"),
            "t.key",
            params![customer, about.product, about.lot]
        ),
    }
}

/// Whether a delivery that holds what the ticket is about is done, returned or not.
pub fn any_done(db: &Db, whose: Whose<'_>, about: About) -> Result<bool> {
    let (sql, of) = match whose {
        Whose::Order(order) => (deliveries!("sales_order", "l.done > 0", " LIMIT 1"), order),
        Whose::Customer(customer) => (deliveries!("customer", "l.done > 0", " LIMIT 1"), customer),
    };
    Ok(db.query_opt(sql, params![of, about.product, about.lot], |row| row.reference(0))?.is_some())
}

/// Whether anything is left to return of what is asked about of a transfer.
pub fn anything_left(db: &Db, transfer: Key, about: About) -> Result<bool> {
    let left = db.query_opt(
        query!(
            [transfer_line],
            "SELECT key FROM transfer_line WHERE transfer = $1 AND returned < done
           AND (CAST($2 AS BIGINT) IS NULL OR product = $2) AND (CAST($3 AS BIGINT) IS NULL OR lot = $3)
         ORDER BY line LIMIT 1"
        ),
        params![transfer, about.product, about.lot],
        |row| row.get::<Key>(0),
    )?;
    Ok(left.is_some())
}

/// Whether a transfer moved something of what the ticket is about.
pub fn holds(db: &Db, transfer: Key, about: About) -> Result<bool> {
    let line = db.query_opt(
        query!(
            [transfer_line],
            "SELECT key FROM transfer_line WHERE transfer = $1 AND done > 0
           AND (CAST($2 AS BIGINT) IS NULL OR product = $2) AND (CAST($3 AS BIGINT) IS NULL OR lot = $3)
         ORDER BY line LIMIT 1"
        ),
        params![transfer, about.product, about.lot],
        |row| row.get::<Key>(0),
    )?;
    Ok(line.is_some())
}

/// The returns of a transfer that are not cancelled and take something of its line back, where one is named; in order of creation.
pub fn of(db: &Db, transfer: Key, line: Option<Key>) -> Result<Vec<String>> {
    db.query(
        query!(
            [transfer, transfer_line],
            "SELECT t.id FROM transfer t WHERE t.return_of = $1 AND t.state <> 'cancelled'
           AND (CAST($2 AS BIGINT) IS NULL
             OR EXISTS (SELECT 1 FROM transfer_line l WHERE l.transfer = t.key AND l.return_line = $2))
         ORDER BY t.key"
        ),
        params![transfer, line],
        |row| row.get(0),
    )
}

/// The orders of a customer whose deliveries have something left to return of what the ticket is about, in order of creation.
pub fn orders_of(db: &Db, customer: Key, about: About) -> Result<Choices> {
    choices!(
        db,
        [sales_order, transfer, transfer_line],
        "t.id",
        "sales_order t WHERE t.customer = $1
           AND EXISTS (SELECT 1 FROM transfer d JOIN transfer_line l ON l.transfer = d.key
             WHERE d.sales_order = t.key AND d.kind = 'outgoing' AND d.state = 'done' AND l.returned < l.done
               AND (CAST($2 AS BIGINT) IS NULL OR l.product = $2) AND (CAST($3 AS BIGINT) IS NULL OR l.lot = $3))",
        "t.key",
        params![customer, about.product, about.lot]
    )
}
