//! The figures of reports: each a question for items, and what they can be summed by.

use std::collections::HashMap;

use super::document::counts;
use super::engine::statement::{Statement, Tables};
use super::ledger::Period;
use super::{Db, Result, Row, StoreError};
use crate::domain::report::{By, ReportRow, rate};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Quantity};

/// What a report counts.
pub struct Figures {
    /// What its rows can be summed by, by itself the first.
    pub ways: &'static [Way],
    /// What the goods of a product are held against.
    pub(super) whole: Option<&'static Way>,
}

/// A way to sum: the expression over the tables of the items, and the question for these, in which it stands as `{by}`: its
/// columns are `by_`, `currency_`, `item`, `quantity`, `untaxed`, `tax`, `total`, and its period is from `$1` to before `$2`.
pub struct Way {
    pub by: By,
    expression: &'static str,
    items: &'static str,
    pub(super) reads: &'static [&'static str],
}

const fn way(by: By, expression: &'static str, (items, reads): (&'static str, &'static [&'static str])) -> Way {
    Way { by, expression, items, reads }
}

type Items = (&'static str, &'static [&'static str]);

/// The day of a document in the books.
const BOOKED: &str = "SUBSTR(COALESCE(d.accounting_date, d.date), 1, 7)";

/// Posted credit notes, but those that an invoice takes back (spec B13).
const REFUNDED: Items = (
    concat!(
        "SELECT {by} AS by_, d.currency AS currency_, d.key AS item, CAST(NULL AS BIGINT) AS quantity, d.untaxed AS untaxed,
           d.tax AS tax, d.total AS total
         FROM document d LEFT JOIN customer c ON c.key = d.customer LEFT JOIN ticket t ON t.key = d.ticket
         LEFT JOIN team m ON m.key = t.team LEFT JOIN person u ON u.key = t.person
         WHERE d.kind = 'credit_note' AND d.state = 'posted' AND COALESCE(d.accounting_date, d.date) >= $1
           AND COALESCE(d.accounting_date, d.date) < $2 AND ",
        counts!("d")
    ),
    &["document", "customer", "ticket", "team", "person", "currency"],
);

/// Their lines. The share of a discount is of the product of the line that takes it along (spec B5).
const REFUNDED_LINES: Items = (
    concat!(
        "SELECT {by} AS by_, d.currency AS currency_, d.key AS item,
           CASE WHEN l.refunds = 'goods' THEN l.quantity ELSE 0 END AS quantity, l.untaxed AS untaxed, l.tax AS tax,
           l.total AS total
         FROM document d JOIN document_line l ON l.document = d.key LEFT JOIN document_line s ON s.key = l.share_of
         LEFT JOIN product p ON p.key = COALESCE(l.product, s.product)
         WHERE d.kind = 'credit_note' AND d.state = 'posted' AND COALESCE(d.accounting_date, d.date) >= $1
           AND COALESCE(d.accounting_date, d.date) < $2 AND ",
        counts!("d")
    ),
    &["document", "document_line", "product", "currency"],
);

/// What was billed of goods, but by invoices that take a credit note back.
const BILLED: Items = (
    "SELECT {by} AS by_, d.currency AS currency_, d.key AS item, l.quantity AS quantity, l.untaxed AS untaxed, l.tax AS tax,
       l.total AS total
     FROM document d JOIN document_line l ON l.document = d.key JOIN product p ON p.key = l.product
     WHERE d.kind = 'invoice' AND d.state = 'posted' AND COALESCE(d.accounting_date, d.date) >= $1
       AND COALESCE(d.accounting_date, d.date) < $2
       AND NOT EXISTS (SELECT 1 FROM document x WHERE x.reversed_by = d.key)",
    &["document", "document_line", "product", "currency"],
);

/// What was refunded.
pub static REFUNDS: Figures = Figures {
    ways: &[
        way(By::Reason, "d.reason", REFUNDED),
        way(By::Product, "p.id", REFUNDED_LINES),
        way(By::Customer, "c.id", REFUNDED),
        way(By::User, "u.id", REFUNDED),
        way(By::Month, BOOKED, REFUNDED),
        way(By::Team, "m.id", REFUNDED),
    ],
    whole: Some(&way(By::Product, "p.id", BILLED)),
};

/// What codes took off confirmed orders.
const TAKEN_OFF: Items = (
    "SELECT {by} AS by_, o.currency AS currency_, o.key || ' ' || l.coupon AS item, CAST(NULL AS BIGINT) AS quantity,
       -l.untaxed AS untaxed, -l.tax AS tax, -l.total AS total
     FROM sales_order o JOIN order_line l ON l.sales_order = o.key LEFT JOIN customer c ON c.key = o.customer
     LEFT JOIN coupon k ON k.id = l.coupon LEFT JOIN ticket t ON t.key = k.ticket LEFT JOIN team m ON m.key = t.team
     LEFT JOIN person u ON u.key = t.person
     WHERE o.state = 'confirmed' AND l.coupon IS NOT NULL AND o.date >= $1 AND o.date < $2",
    &["sales_order", "order_line", "customer", "coupon", "ticket", "team", "person", "currency"],
);

/// What coupons came to.
pub static COUPONS: Figures = Figures {
    ways: &[
        way(By::Month, "SUBSTR(o.date, 1, 7)", TAKEN_OFF),
        way(By::Customer, "c.id", TAKEN_OFF),
        way(By::User, "u.id", TAKEN_OFF),
        way(By::Team, "m.id", TAKEN_OFF),
    ],
    whole: None,
};

/// Goods that came back on returns.
const RETURNED: Items = (
    "SELECT {by} AS by_, CAST(NULL AS TEXT) AS currency_, f.key AS item, l.done AS quantity, CAST(NULL AS BIGINT) AS untaxed,
       CAST(NULL AS BIGINT) AS tax, CAST(NULL AS BIGINT) AS total
     FROM transfer f JOIN transfer_line l ON l.transfer = f.key LEFT JOIN product p ON p.key = l.product
     LEFT JOIN customer c ON c.key = f.customer LEFT JOIN ticket t ON t.key = f.ticket LEFT JOIN team m ON m.key = t.team
     LEFT JOIN person u ON u.key = t.person
     WHERE f.kind = 'incoming' AND f.state = 'done' AND f.return_of IS NOT NULL AND l.done > 0 AND f.date >= $1
       AND f.date < $2",
    &["transfer", "transfer_line", "product", "customer", "ticket", "team", "person", "currency"],
);

/// Goods that were delivered, but what went back to a customer after its return.
const DELIVERED: Items = (
    "SELECT {by} AS by_, CAST(NULL AS TEXT) AS currency_, f.key AS item, l.done AS quantity, CAST(NULL AS BIGINT) AS untaxed,
       CAST(NULL AS BIGINT) AS tax, CAST(NULL AS BIGINT) AS total
     FROM transfer f JOIN transfer_line l ON l.transfer = f.key JOIN product p ON p.key = l.product
     WHERE f.kind = 'outgoing' AND f.state = 'done' AND f.return_of IS NULL AND f.date >= $1 AND f.date < $2",
    &["transfer", "transfer_line", "product", "currency"],
);

/// What was returned.
pub static RETURNS: Figures = Figures {
    ways: &[
        way(By::Product, "p.id", RETURNED),
        way(By::Customer, "c.id", RETURNED),
        way(By::User, "u.id", RETURNED),
        way(By::Month, "SUBSTR(f.date, 1, 7)", RETURNED),
        way(By::Team, "m.id", RETURNED),
    ],
    whole: Some(&way(By::Product, "p.id", DELIVERED)),
};

/// Repairs with what their quotations come to.
const REPAIRED: Items = (
    "SELECT {by} AS by_, q.currency AS currency_, r.key AS item, r.quantity AS quantity, q.untaxed AS untaxed, q.tax AS tax,
       q.total AS total
     FROM repair r LEFT JOIN sales_order q ON q.key = r.quotation AND q.state <> 'cancelled'
     LEFT JOIN product p ON p.key = r.product LEFT JOIN customer c ON c.key = r.customer
     LEFT JOIN ticket t ON t.key = r.ticket LEFT JOIN team m ON m.key = t.team LEFT JOIN person u ON u.key = r.responsible
     WHERE r.state <> 'cancelled' AND r.scheduled_date >= $1 AND r.scheduled_date < $2",
    &["repair", "sales_order", "product", "customer", "ticket", "team", "person", "currency"],
);

/// What is and was repaired.
pub static REPAIRS: Figures = Figures {
    ways: &[
        way(By::Product, "p.id", REPAIRED),
        way(By::Customer, "c.id", REPAIRED),
        way(By::User, "u.id", REPAIRED),
        way(By::Month, "SUBSTR(r.scheduled_date, 1, 7)", REPAIRED),
        way(By::Team, "m.id", REPAIRED),
    ],
    whole: None,
};

/// What is open on documents and payments: above zero where a customer owes it, below where it is owed to them. The day
/// is not the column itself, so that an engine looks through what is open, rather than through all payments of those
/// days.
const OPEN: Items = (
    "SELECT {by} AS by_, o.currency AS currency_, o.key AS item, CAST(NULL AS BIGINT) AS quantity,
       CAST(NULL AS BIGINT) AS untaxed, CAST(NULL AS BIGINT) AS tax, o.open AS total
     FROM (SELECT d.key, d.customer, d.ticket, COALESCE(d.accounting_date, d.date) AS day, d.currency,
         CASE d.kind WHEN 'invoice' THEN d.open ELSE -d.open END AS open
       FROM document d WHERE d.open <> 0
       UNION ALL SELECT p.key, p.customer, CAST(NULL AS BIGINT), p.date || '', p.currency,
         CASE p.direction WHEN 'out' THEN p.open ELSE -p.open END
       FROM payment p WHERE p.open <> 0) o
     LEFT JOIN customer c ON c.key = o.customer LEFT JOIN ticket t ON t.key = o.ticket LEFT JOIN team m ON m.key = t.team
     WHERE o.day >= $1 AND o.day < $2",
    &["document", "payment", "customer", "ticket", "team", "currency"],
);

/// What customers owe, less what they are owed.
pub static OWED: Figures = Figures {
    ways: &[way(By::Customer, "c.id", OPEN), way(By::Month, "SUBSTR(o.day, 1, 7)", OPEN), way(By::Team, "m.id", OPEN)],
    whole: None,
};

impl Way {
    /// The same figures, all in one.
    pub(super) const fn as_one(&self) -> Way {
        Way { by: self.by, expression: "CAST(NULL AS TEXT)", items: self.items, reads: self.reads }
    }

    /// The question for the rows, in no order: what they are summed by, the currency with its digits, and the sums.
    pub(super) fn summed(&self) -> String {
        let items = self.items.replace("{by}", self.expression);
        format!(
            "SELECT r.by_, r.currency_, cur.digits, COUNT(DISTINCT r.item) AS count_,
               CAST(SUM(r.quantity) AS BIGINT) AS quantity_, CAST(SUM(r.untaxed) AS BIGINT) AS untaxed_,
               CAST(SUM(r.tax) AS BIGINT) AS tax_, CAST(SUM(r.total) AS BIGINT) AS total_
             FROM ({items}) r LEFT JOIN currency cur ON cur.code = r.currency_ GROUP BY r.by_, r.currency_, cur.digits"
        )
    }

    /// The rows, in order of what they are summed by; without a rate.
    pub(super) fn rows(&self, db: &Db, period: &Period) -> Result<Vec<ReportRow>> {
        let sql = format!("{} ORDER BY r.by_ NULLS LAST, r.currency_ NULLS LAST", self.summed());
        let reads = Tables::of(self.reads);
        db.query(Statement::made(sql, |sql| Statement::query(reads, sql)), &period.bounds(), row_of)
    }
}

/// A row as `Way::summed` tells it; without a rate.
pub(super) fn row_of(row: &Row<'_>) -> Result<ReportRow> {
    let code: Option<String> = row.get(1)?;
    let currency: Option<Currency> = code.map(|_| row.currency(1)).transpose()?;
    let money = |column: usize| -> Result<Option<Money>> {
        let minor: Option<i64> = row.get(column)?;
        Ok(minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency)))
    };
    Ok(ReportRow {
        by: row.get(0)?,
        count: row.get(3)?,
        quantity: row.get(4)?,
        rate: None,
        untaxed: money(5)?,
        tax: money(6)?,
        total: money(7)?,
        currency,
    })
}

/// How many percent goods are of others.
pub(super) fn rate_of(part: Quantity, whole: Quantity) -> Result<Option<Percent>> {
    rate(part, whole).map_err(|_| StoreError::Damaged("a rate is too large".to_owned()))
}

impl Figures {
    /// The way to sum them by that.
    pub(super) fn way(&self, by: By) -> Option<&'static Way> {
        self.ways.iter().find(|way| way.by == by)
    }

    /// The rows by that way, in order, with rates where goods are held against others.
    pub fn rows(&self, db: &Db, by: By, period: &Period) -> Result<Vec<ReportRow>> {
        let Some(way) = self.way(by) else {
            return Ok(Vec::new());
        };
        let mut rows = way.rows(db, period)?;
        if let Some(whole) = self.whole.filter(|whole| whole.by == by) {
            let of = |row: &ReportRow| (row.by.clone(), row.currency);
            let whole: HashMap<_, Quantity> =
                whole.rows(db, period)?.iter().filter_map(|row| Some((of(row), row.quantity?))).collect();
            for row in &mut rows {
                if let (Some(part), Some(whole)) = (row.quantity, whole.get(&of(row))) {
                    row.rate = rate_of(part, *whole)?;
                }
            }
        }
        Ok(rows)
    }
}
