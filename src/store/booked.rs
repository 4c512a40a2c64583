//! What was booked in a period, a document a row: two streams along their index, a page of each at a time.

use std::collections::{HashMap, VecDeque};

use super::engine::record::each_of;
use super::engine::statement::{Statement, Tables};
use super::ledger::Period;
use super::{Db, Key, Result, StoreError};
use crate::domain::booked::{Booked, TaxOfBooked};
use crate::domain::document::DocumentKind;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::{params, query};

/// How many of a stream are read at a time.
const PAGE: usize = 500;

/// A tax of the period.
struct Known {
    key: Key,
    id: String,
}

/// What is booked in a period, by accounting date and then in order of creation.
pub struct Documents<'p> {
    period: &'p Period,
    taxes: Vec<Known>,
    streams: [Stream; 2],
}

/// One of the two kinds.
struct Stream {
    kind: DocumentKind,
    page: VecDeque<Booked>,
    after: (String, Key),
    is_done: bool,
}

/// The documents of a kind behind a day and key: `$1, $2`, before the day `$3`, `$4` of them. The day stands there by itself too: an
/// index of an expression is asked for that.
macro_rules! documents {
    ($kind:literal) => {
        query!(
            [document, customer, currency],
            concat!(
                "SELECT d.key, d.id, d.number, d.date, COALESCE(d.accounting_date, d.date), c.id, c.name, d.untaxed, d.tax, d.total,
                   d.currency, cur.digits
                 FROM document d LEFT JOIN customer c ON c.key = d.customer LEFT JOIN currency cur ON cur.code = d.currency
                 WHERE d.kind = '", $kind, "' AND d.state = 'posted'
                   AND COALESCE(d.accounting_date, d.date) >= $1 AND COALESCE(d.accounting_date, d.date) < $3
                   AND (COALESCE(d.accounting_date, d.date), d.key) > ($1, $2)
                 ORDER BY COALESCE(d.accounting_date, d.date), d.key LIMIT $4"
            )
        )
    };
}

fn statement(kind: DocumentKind) -> &'static Statement {
    match kind {
        DocumentKind::Invoice => documents!("invoice"),
        DocumentKind::CreditNote => documents!("credit_note"),
    }
}

impl<'p> Documents<'p> {
    /// Begins to read a period; which taxes there are in it is known first.
    pub fn begin(db: &Db, period: &'p Period) -> Result<Documents<'p>> {
        let known = query!(
            [document, document_line, document_line_tax, tax],
            "SELECT t.key, t.id FROM tax t WHERE EXISTS (SELECT 1 FROM document_line_tax x
               JOIN document_line l ON l.key = x.document_line JOIN document d ON d.key = l.document
               WHERE x.tax = t.key AND d.state = 'posted' AND COALESCE(d.accounting_date, d.date) >= $1
                 AND COALESCE(d.accounting_date, d.date) < $2) ORDER BY t.key"
        );
        let taxes = db.query(known, &period.bounds(), |row| Ok(Known { key: row.get(0)?, id: row.get(1)? }))?;
        let stream =
            |kind| Stream { kind, page: VecDeque::new(), after: (period.from().to_owned(), 0), is_done: false };
        Ok(Documents { period, taxes, streams: [DocumentKind::Invoice, DocumentKind::CreditNote].map(stream) })
    }

    /// What is booked next.
    pub fn next(&mut self, db: &Db) -> Result<Option<Booked>> {
        for stream in &mut self.streams {
            stream.fill(db, self.period.before(), &self.taxes)?;
        }
        let place = |stream: &&mut Stream| stream.page.front().map(|booked| (booked.accounting_date, booked.key));
        let with_any = self.streams.iter_mut().filter(|stream| !stream.page.is_empty());
        Ok(with_any.min_by_key(place).and_then(|stream| stream.page.pop_front()))
    }
}

impl Stream {
    /// Reads the next page, where none is left of the one before.
    fn fill(&mut self, db: &Db, before: &str, known: &[Known]) -> Result<()> {
        if self.is_done || !self.page.is_empty() {
            return Ok(());
        }
        let kind = self.kind;
        let mut page: Vec<Booked> = db.query(
            statement(kind),
            params![&self.after.0, self.after.1, before, i64::try_from(PAGE).unwrap_or(i64::MAX)],
            |row| {
                let currency: Currency = row.currency(10)?;
                let money = |column| Ok::<_, StoreError>(Money::new(row.get(column)?, currency));
                Ok(Booked {
                    key: row.get(0)?,
                    id: row.get(1)?,
                    number: row.get(2)?,
                    kind,
                    date: row.get(3)?,
                    accounting_date: row.get(4)?,
                    customer: row.get(5)?,
                    name: row.get(6)?,
                    untaxed: money(7)?,
                    tax: money(8)?,
                    total: money(9)?,
                    currency,
                    taxes: Vec::new(),
                })
            },
        )?;
        self.is_done = page.len() < PAGE;
        if let Some(last) = page.last() {
            self.after = (last.accounting_date.to_string(), last.key);
        }
        add_taxes(db, &mut page, known)?;
        let signed = page.into_iter().map(Booked::signed).collect::<std::result::Result<_, Overflow>>();
        self.page = signed.map_err(|overflow| StoreError::Damaged(overflow.to_string()))?;
        Ok(())
    }
}

/// Gives each document what every tax of the period is on in it and comes to.
fn add_taxes(db: &Db, page: &mut [Booked], known: &[Known]) -> Result<()> {
    let keys: Vec<Key> = page.iter().map(|booked| booked.key).collect();
    let mut sums: HashMap<(Key, Key), (i64, i64)> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["document_line", "document_line_tax"]) },
        (
            "SELECT l.document, x.tax, CAST(SUM(l.untaxed) AS BIGINT), CAST(SUM(x.amount) AS BIGINT)
             FROM document_line l JOIN document_line_tax x ON x.document_line = l.key",
            "l.document",
            " GROUP BY l.document, x.tax ORDER BY l.document, x.tax",
        ),
        &keys,
        |row| {
            sums.insert((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?));
            Ok(())
        },
    )?;
    for booked in page {
        let of = |known: &Known| {
            let sum = sums.get(&(booked.key, known.key));
            let money = |minor: i64| Money::new(minor, booked.currency);
            TaxOfBooked {
                tax: known.id.clone(),
                base: sum.map(|(base, _)| money(*base)),
                amount: sum.map(|(_, amount)| money(*amount)),
            }
        };
        booked.taxes = known.iter().map(of).collect();
    }
    Ok(())
}
