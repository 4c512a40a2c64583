//! What can be refunded: a customer's posted invoices, narrowed as the form says, of which something is left.

use super::choices::choices;
use super::{Db, Key, Result, Value};
use crate::domain::options::Choices;
use crate::domain::value::reference::Reference;
use crate::{params, query};

/// What narrows the invoices on offer (spec B2).
#[derive(Debug, Clone, Copy)]
pub struct Narrowed {
    pub customer: Key,
    pub order: Option<Key>,
    pub product: Option<Key>,
    pub lot: Option<Key>,
}

impl Narrowed {
    fn and(self, more: &[Key]) -> Vec<Value<'static>> {
        let mut params = vec![self.customer.into(), self.order.into(), self.product.into(), self.lot.into()];
        params.extend(more.iter().map(|key| Value::Int(*key)));
        params
    }
}

/// The invoices that the form does not rule out, as `procedure::refund::check_offer` decides it of one: posted, the customer's,
/// of the order, with product and lot, and none that reverses a credit note.
macro_rules! fitting {
    () => {
        "document t WHERE t.customer = $1 AND t.kind <> 'credit_note' AND t.state = 'posted' AND t.invoice IS NULL
           AND (CAST($2 AS BIGINT) IS NULL OR t.sales_order = $2)
           AND (CAST($3 AS BIGINT) IS NULL
             OR EXISTS (SELECT 1 FROM document_line l WHERE l.document = t.key AND l.product = $3))
           AND (CAST($4 AS BIGINT) IS NULL
             OR EXISTS (SELECT 1 FROM document_line l WHERE l.document = t.key AND l.lot = $4)
             OR EXISTS (SELECT 1 FROM transfer d JOIN transfer_line l ON l.transfer = d.key
                  WHERE d.sales_order = t.sales_order AND d.kind = 'outgoing' AND d.state = 'done' AND l.lot = $4
                    AND l.done > 0))"
    };
}

/// Of which something is left for certain: units of value, and no credit note that may exceed the invoice.
macro_rules! certain {
    () => {
        "EXISTS (SELECT 1 FROM document_line l WHERE l.document = t.key AND l.quantity > 0 AND l.goods < l.quantity
             AND l.untaxed > 0 AND l.credited < l.untaxed)
           AND NOT EXISTS (SELECT 1 FROM document n WHERE n.invoice = t.key AND n.allow_excess = 1)"
    };
}

/// Of which something may be left: a line of which not all units, or not all value, were taken. What is less than certain is
/// decided with the lines.
macro_rules! possible {
    () => {
        "EXISTS (SELECT 1 FROM document_line l WHERE l.document = t.key
             AND (l.credited <> l.untaxed OR (l.goods <> l.quantity AND (l.product IS NOT NULL OR l.total >= 0))
               OR EXISTS (SELECT 1 FROM document_line_tax x WHERE x.document_line = l.key AND x.credited <> x.amount)))"
    };
}

/// How sure it is that something is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Something may be left.
    Possible,
    /// Something may be left, but it is not certain.
    Unsure,
}

/// How many invoices are looked at at a time.
pub const PAGE: usize = 50;

/// The next invoices that fit and of which something may be left, oldest first, after the one of key `after`.
pub fn next(db: &Db, narrowed: Narrowed, rest: Rest, after: Key) -> Result<Vec<Key>> {
    let sql = match rest {
        Rest::Possible => query!(
            [document, document_line, document_line_tax, transfer, transfer_line],
            concat!("SELECT t.key FROM ", fitting!(), " AND t.key > $5 AND ", possible!(), " ORDER BY t.key LIMIT 50")
        ),
        Rest::Unsure => query!(
            [document, document_line, document_line_tax, transfer, transfer_line],
            concat!(
                "SELECT t.key FROM ",
                fitting!(),
                " AND t.key > $5 AND ",
                possible!(),
                " AND NOT (",
                certain!(),
                ") ORDER BY t.key LIMIT 50"
            )
        ),
    };
    db.query(sql, &narrowed.and(&[after]), |row| row.get(0))
}

/// How many invoices fit and have something left for certain, after the one of key `after`; and how many of these are not of
/// that journal.
pub fn certain_after(db: &Db, narrowed: Narrowed, after: Key, journal: Key) -> Result<(i64, i64)> {
    db.query_one(
        query!(
            [document, document_line, transfer, transfer_line],
            concat!(
                "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN t.journal <> $6 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM ",
                fitting!(),
                " AND t.key > $5 AND ",
                certain!()
            )
        ),
        &narrowed.and(&[after, journal]),
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The last invoice that fits, whether something is left of it or not, as it is shown.
pub fn last_fitting(db: &Db, narrowed: Narrowed) -> Result<Option<String>> {
    db.query_opt(
        query!(
            [document, document_line, transfer, transfer_line],
            concat!("SELECT COALESCE(t.number, t.id) FROM ", fitting!(), " ORDER BY t.key DESC LIMIT 1")
        ),
        &narrowed.and(&[]),
        |row| row.get(0),
    )
}

/// Whether the customer has a posted invoice at all.
pub fn any_posted(db: &Db, customer: &Reference) -> Result<bool> {
    let statement = query!(
        [document],
        "SELECT key FROM document WHERE customer = $1 AND kind <> 'credit_note' AND state = 'posted' ORDER BY key LIMIT 1"
    );
    Ok(db.query_opt(statement, params![customer], |row| row.get::<Key>(0))?.is_some())
}

/// The lots of the form's product that an invoice which fits, and of which something may be left, names on a line, or that a done delivery
/// of its order carried; in order of creation. They are found from the customer's invoices, not from all lots of the product.
pub fn lots_on_offer(db: &Db, narrowed: Narrowed) -> Result<Choices> {
    choices!(
        db,
        [document, document_line, document_line_tax, transfer, transfer_line, lot],
        "p.id",
        concat!(
            "(SELECT n.lot AS lot FROM document_line n WHERE n.lot IS NOT NULL AND n.document IN (SELECT t.key FROM ",
            fitting!(),
            " AND ",
            possible!(),
            ") UNION SELECT g.lot AS lot FROM transfer v JOIN transfer_line g ON g.transfer = v.key
               WHERE v.kind = 'outgoing' AND v.state = 'done' AND g.lot IS NOT NULL AND g.done > 0
                 AND v.sales_order IN (SELECT t.sales_order FROM ",
            fitting!(),
            " AND ",
            possible!(),
            ")) o JOIN lot p ON p.key = o.lot WHERE p.product = $3"
        ),
        "p.key",
        &narrowed.and(&[])
    )
}

/// The products on a customer's posted invoices, in order of creation.
pub fn products_invoiced_to(db: &Db, customer: Key) -> Result<Choices> {
    choices!(
        db,
        [document, document_line, product],
        "p.id",
        "(SELECT DISTINCT l.product AS product FROM document d JOIN document_line l ON l.document = d.key
            WHERE d.customer = $1 AND d.kind <> 'credit_note' AND d.state = 'posted' AND l.product IS NOT NULL) o
          JOIN product p ON p.key = o.product",
        "p.key",
        params![customer]
    )
}
