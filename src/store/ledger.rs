//! What the books are made of, read by accounting date and then in order of creation: three streams along their indexes, a page of
//! each at a time.

use std::collections::{HashMap, VecDeque};

use super::engine::record::each_of;
use super::engine::statement::{Statement, Tables};
use super::{Db, Key, Result, Row, Value};
use crate::domain::ledger::{Account, PartOf, Posted};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::{field_of_text, params, query};

field_of_text!(Account);

/// From a day on and to before another, each as it is stored. A bound that was not given is before or behind all days.
pub struct Period {
    from: String,
    before: String,
}

impl Period {
    /// The bounds, as values of a statement.
    pub(super) fn bounds(&self) -> [Value<'_>; 2] {
        [Value::from(&self.from), Value::from(&self.before)]
    }

    /// The first day, as it is compared.
    pub(super) fn from(&self) -> &str {
        &self.from
    }

    /// The day behind the last, as it is compared.
    pub(super) fn before(&self) -> &str {
        &self.before
    }

    /// The days from the one on, and those before the other.
    pub fn of(from: Option<Day>, before: Option<Day>) -> Period {
        let text = |day: Option<Day>, none: &str| day.map_or_else(|| none.to_owned(), |day| day.to_string());
        Period { from: text(from, ""), before: text(before, "~") }
    }
}

/// How many of a stream are read at a time.
const PAGE: usize = 500;

/// What is posted in a period, in order.
pub struct Books<'p> {
    period: &'p Period,
    streams: [Stream; 3],
}

/// One of the three things that are posted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Invoices,
    CreditNotes,
    Payments,
}

struct Stream {
    of: Of,
    page: VecDeque<Posted>,
    /// The day and key of the last one read.
    after: (String, Key),
    is_done: bool,
}

impl<'p> Books<'p> {
    /// Begins to read a period.
    pub fn begin(period: &'p Period) -> Books<'p> {
        let stream = |of| Stream { of, page: VecDeque::new(), after: (period.from.clone(), 0), is_done: false };
        Books { period, streams: [Of::Invoices, Of::CreditNotes, Of::Payments].map(stream) }
    }

    /// What is posted next.
    pub fn next(&mut self, db: &Db) -> Result<Option<Posted>> {
        for stream in &mut self.streams {
            stream.fill(db, &self.period.before)?;
        }
        let place = |stream: &&mut Stream| stream.page.front().map(|posted| (posted.day, posted.key));
        let with_any = self.streams.iter_mut().filter(|stream| !stream.page.is_empty());
        Ok(with_any.min_by_key(place).and_then(|stream| stream.page.pop_front()))
    }
}

/// The documents of a kind behind a day and key: `$1, $2`, before the day `$3`, `$4` of them. The day stands there by itself too: an
/// index of an expression is asked for that.
macro_rules! documents {
    ($kind:literal) => {
        query!(
            [document, customer, currency],
            concat!(
                "SELECT d.key, COALESCE(d.accounting_date, d.date), COALESCE(d.number, d.id), c.id, c.name, d.text, d.currency,
                   cur.digits, d.total, d.untaxed,
                   CASE WHEN EXISTS (SELECT 1 FROM document w WHERE w.reversed_by = d.key) THEN 1 ELSE 0 END
                 FROM document d LEFT JOIN customer c ON c.key = d.customer LEFT JOIN currency cur ON cur.code = d.currency
                 WHERE d.kind = '", $kind, "' AND d.state = 'posted'
                   AND COALESCE(d.accounting_date, d.date) >= $1 AND COALESCE(d.accounting_date, d.date) < $3
                   AND (COALESCE(d.accounting_date, d.date), d.key) > ($1, $2)
                 ORDER BY COALESCE(d.accounting_date, d.date), d.key LIMIT $4"
            )
        )
    };
}

/// The payments behind a day and key.
const PAYMENTS: &str = "SELECT p.key, p.date, p.id, c.id, c.name, p.reference, p.currency, cur.digits, p.amount, p.amount, \
   CASE WHEN p.direction = 'out' THEN 1 ELSE 0 END \
   FROM payment p LEFT JOIN customer c ON c.key = p.customer LEFT JOIN currency cur ON cur.code = p.currency \
   WHERE p.state = 'posted' AND (p.date, p.key) > ($1, $2) AND p.date < $3 ORDER BY p.date, p.key LIMIT $4";

impl Of {
    fn statement(self) -> &'static Statement {
        match self {
            Of::Invoices => documents!("invoice"),
            Of::CreditNotes => documents!("credit_note"),
            Of::Payments => query!([payment, customer, currency], PAYMENTS),
        }
    }

    /// What is posted by a row of its statement, and whether the parts of an invoice are to be looked at one by one.
    fn read(self, row: &Row<'_>) -> Result<(Posted, bool)> {
        let currency: Currency = row.currency(6)?;
        let (whole, special): (i64, bool) = (row.get(9)?, row.get(10)?);
        let (is_owed_to_us, parts) = match (self, special) {
            (Of::Invoices, false) => (true, Vec::new()),
            (Of::Invoices, true) => (true, vec![(PartOf::Returns, whole)]),
            (Of::CreditNotes, _) => (false, vec![(PartOf::Returns, whole)]),
            (Of::Payments, is_out) => (is_out, vec![(PartOf::Money, whole)]),
        };
        let is_sale = parts.is_empty();
        let posted = Posted {
            key: row.get(0)?,
            day: row.get(1)?,
            number: row.get(2)?,
            customer: row.get(3)?,
            name: row.get(4)?,
            note: row.get(5)?,
            is_owed_to_us,
            total: Money::new(row.get(8)?, currency),
            parts,
        };
        Ok((posted, is_sale))
    }
}

impl Stream {
    /// Reads the next page, where none is left of the one before.
    fn fill(&mut self, db: &Db, before: &str) -> Result<()> {
        if self.is_done || !self.page.is_empty() {
            return Ok(());
        }
        let (day, key) = &self.after;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let mut found: Vec<(Posted, bool)> =
            db.query(self.of.statement(), params![day, *key, before, limit], |row| self.of.read(row))?;
        self.is_done = found.len() < PAGE;
        if let Some((last, _)) = found.last() {
            self.after = (last.day.to_string(), last.key);
        }
        if self.of != Of::Payments {
            add_parts(db, &mut found)?;
        }
        self.page = found.into_iter().map(|(posted, _)| posted).collect();
        Ok(())
    }
}

/// What lines of invoices come to by the account of their product, discounts apart: a line of no product that takes something off, as
/// `DocumentLine::is_discount` has it.
const SALES: (&str, &str, &str) = (
    "SELECT l.document, p.account,
       CASE WHEN l.product IS NULL AND (l.untaxed < 0 OR EXISTS
         (SELECT 1 FROM document_line_tax x WHERE x.document_line = l.key AND x.amount < 0)) THEN 1 ELSE 0 END,
       CAST(SUM(l.untaxed) AS BIGINT)
     FROM document_line l LEFT JOIN product p ON p.key = l.product",
    "l.document",
    " GROUP BY 1, 2, 3 ORDER BY 1, MIN(l.line)",
);

/// What documents bear of each tax.
const TAXES: (&str, &str, &str) = (
    "SELECT l.document, t.id, t.account, CAST(SUM(x.amount) AS BIGINT)
     FROM document_line l JOIN document_line_tax x ON x.document_line = l.key JOIN tax t ON t.key = x.tax",
    "l.document",
    " GROUP BY 1, 2, 3 ORDER BY 1, MIN(l.line), MIN(x.position)",
);

/// Completes documents with what their lines come to.
fn add_parts(db: &Db, found: &mut [(Posted, bool)]) -> Result<()> {
    let mut parts: HashMap<Key, Vec<(PartOf, i64)>> = HashMap::new();
    let sales: Vec<Key> = found.iter().filter(|(_, is_sale)| *is_sale).map(|(posted, _)| posted.key).collect();
    let of_lines = const { Tables::of(&["document_line", "document_line_tax", "product"]) };
    each_of(db, of_lines, SALES, &sales, |row| {
        let of = if row.get(2)? { PartOf::Discounts } else { PartOf::Sales(row.get(1)?) };
        parts.entry(row.get(0)?).or_default().push((of, row.get(3)?));
        Ok(())
    })?;
    let all: Vec<Key> = found.iter().map(|(posted, _)| posted.key).collect();
    let of_taxes = const { Tables::of(&["document_line", "document_line_tax", "tax"]) };
    each_of(db, of_taxes, TAXES, &all, |row| {
        let of = PartOf::Tax { id: row.get(1)?, own: row.get(2)? };
        parts.entry(row.get(0)?).or_default().push((of, row.get(3)?));
        Ok(())
    })?;
    for (posted, _) in found {
        posted.parts.extend(parts.remove(&posted.key).unwrap_or_default());
    }
    Ok(())
}

/// Tells the ids of the customers of whom anything is posted in a period, in order of creation.
pub fn each_customer(db: &Db, period: &Period, mut tell: impl FnMut(&str) -> Result<()>) -> Result<()> {
    db.each(
        query!(
            [customer, document, payment],
            "SELECT c.id FROM customer c
             WHERE EXISTS (SELECT 1 FROM document d WHERE d.customer = c.key AND d.state = 'posted'
                 AND COALESCE(d.accounting_date, d.date) >= $1 AND COALESCE(d.accounting_date, d.date) < $2)
               OR EXISTS (SELECT 1 FROM payment p WHERE p.customer = c.key AND p.state = 'posted'
                 AND p.date >= $1 AND p.date < $2)
             ORDER BY c.key"
        ),
        params![&period.from, &period.before],
        |row| tell(&row.get::<String>(0)?),
    )
}

/// The accounts that products have of their own.
pub fn product_accounts(db: &Db) -> Result<Vec<Account>> {
    let statement =
        query!([product], "SELECT DISTINCT account FROM product WHERE account IS NOT NULL ORDER BY account");
    db.query(statement, params![], |row| row.get(0))
}

/// All taxes by their ids, each with the account that it has of its own.
pub fn taxes(db: &Db) -> Result<Vec<(String, Option<Account>)>> {
    db.query(query!([tax], "SELECT id, account FROM tax ORDER BY key"), params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The currencies that the desk knows.
pub fn currencies(db: &Db) -> Result<Vec<Currency>> {
    db.query(query!([currency], "SELECT code, digits FROM currency ORDER BY code"), params![], |row| row.currency(0))
}
