//! The amounts of lines, derived again: of orders, of documents that were written by their terms, of bills and of credit notes. Each
//! is one go over the lines in the order of what they are of.

use super::{Breach, Pass, Tell};
use crate::domain::document::billed::most;
use crate::domain::tax::{LineAmounts, TaxRate};
use crate::domain::value::money::Currency;
use crate::domain::value::number::show_scaled;
use crate::domain::verify::Invariant::{self, *};
use crate::domain::verify::amounts::{Off, Source, Stored};
use crate::store::engine::statement::Statement;
use crate::store::{Db, Result, Row};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[OrderAmounts], orders),
    Pass::Made(&[DocumentAmounts], documents),
    Pass::Made(&[DocumentAmounts], billed),
    Pass::Made(&[BillAmounts], bills),
    Pass::Made(&[CreditAmounts], credits),
];

/// A line as it was read.
struct Line {
    key: i64,
    record: String,
    number: i64,
    stored: Stored,
    /// Of which kind it is, as its statement says.
    kind: i64,
    /// The line that it takes a share of, and its key.
    source: Option<(i64, Source)>,
}

/// What a statement answers of a line, as often as it has taxes and once where it has none: its key, the record, its number, currency
/// and digits, quantity, price, discount, untaxed amount; rate, included and amount of the tax.
macro_rules! answered {
    ($record:literal) => {
        concat!(
            "SELECT l.key, ",
            $record,
            ", l.line, c.code, c.digits, l.quantity, l.price, l.discount, l.untaxed, x.rate, x.included, x.amount, "
        )
    };
}

/// Then what kind of line it is, and of its source the key, quantity, price, discount, untaxed amount and the amount of that tax; last
/// what the line, and that tax of it, was billed with beside what its terms come to.
const ORDERS: &str = concat!(
    answered!("d.id"),
    "CASE WHEN l.coupon IS NULL THEN 0 WHEN l.product IS NULL THEN 1 ELSE 2 END,
       CAST(NULL AS BIGINT), 0, 0, 0, 0, 0, 0, 0
     FROM order_line l JOIN sales_order d ON d.key = l.sales_order LEFT JOIN currency c ON c.code = d.currency
       LEFT JOIN order_line_tax x ON x.order_line = l.key
     ORDER BY l.key, x.position"
);

/// Lines that bill no order and refund no invoice. Beside them those of the invoice that theirs copies, or of the credit note that it
/// takes back; of a reversal that was cancelled and made again nothing tells that any more but its text.
const DOCUMENTS: &str = concat!(
    answered!("COALESCE(d.number, d.id)"),
    "0, s.key, COALESCE(s.quantity, 0), COALESCE(s.price, 0), COALESCE(s.discount, 0), COALESCE(s.untaxed, 0), y.amount,
       l.billed, COALESCE(x.billed, 0)
     FROM document_line l JOIN document d ON d.key = l.document LEFT JOIN currency c ON c.code = d.currency
       LEFT JOIN document_line_tax x ON x.document_line = l.key
       LEFT JOIN document r ON r.reversed_by = d.key
       LEFT JOIN document_line s ON s.document = COALESCE(d.copy_of, r.key) AND s.line = l.line
       LEFT JOIN document_line_tax y ON y.document_line = s.key AND y.position = x.position
     WHERE l.invoice_line IS NULL AND l.order_line IS NULL
       AND NOT (d.state = 'cancelled' AND r.key IS NULL AND substr(COALESCE(d.text, ''), 1, 13) = 'Reversal of: ')
     ORDER BY l.key, x.position"
);

/// Lines, and taxes of lines, that were billed elsewhere with more or less than what they come to: the record, the number of the line,
/// by how much, and in which currency.
const BILLED: &str = "SELECT COALESCE(d.number, d.id), b.line, b.billed, c.code, c.digits
     FROM (SELECT l.document, l.line, l.billed FROM document_line l WHERE l.billed <> 0
           UNION ALL SELECT l.document, l.line, x.billed FROM document_line_tax x JOIN document_line l ON l.key = x.document_line
             WHERE x.billed <> 0) b
       JOIN document d ON d.key = b.document JOIN currency c ON c.code = d.currency
     ORDER BY d.key, b.line";

const BILLS: &str = concat!(
    answered!("COALESCE(d.number, d.id)"),
    "0, s.key, s.quantity, s.price, s.discount, s.untaxed, y.amount, l.billed, COALESCE(x.billed, 0)
     FROM document_line l JOIN document d ON d.key = l.document LEFT JOIN currency c ON c.code = d.currency
       JOIN order_line s ON s.key = l.order_line
       LEFT JOIN document_line_tax x ON x.document_line = l.key
       LEFT JOIN order_line_tax y ON y.order_line = s.key AND y.position = x.position
     WHERE l.invoice_line IS NULL
     ORDER BY l.order_line, l.key, x.position"
);

const CREDITS: &str = concat!(
    answered!("COALESCE(d.number, d.id)"),
    "CASE WHEN l.refunds = 'goods' THEN 0 ELSE 1 END, s.key, s.quantity, s.price, s.discount, s.untaxed, y.amount,
       l.billed, COALESCE(x.billed, 0)
     FROM document_line l JOIN document d ON d.key = l.document LEFT JOIN currency c ON c.code = d.currency
       JOIN document_line s ON s.key = l.invoice_line
       LEFT JOIN document_line_tax x ON x.document_line = l.key
       LEFT JOIN document_line_tax y ON y.document_line = s.key AND y.position = x.position
     ORDER BY l.invoice_line, l.key, x.position"
);

/// The currency of a row, its code and its digits; none where it is not kept, which is told of elsewhere.
fn currency(row: &Row<'_>, at: usize) -> Result<Option<Currency>> {
    let (Some(code), Some(digits)) = (row.text(at)?, row.get::<Option<i64>>(at.saturating_add(1))?) else {
        return Ok(None);
    };
    Ok(u32::try_from(digits).ok().and_then(|digits| Currency::new(code, digits)))
}

impl Line {
    /// The line of a row; none where its currency is not kept, which is told of elsewhere.
    fn read(row: &Row<'_>) -> Result<Option<Line>> {
        let Some(currency) = currency(row, 3)? else {
            return Ok(None);
        };
        let stored = Stored {
            quantity: row.get(5)?,
            price: row.get(6)?,
            discount: row.get(7)?,
            taxes: Vec::new(),
            amounts: LineAmounts { untaxed: row.get::<i64>(8)?.saturating_sub(row.get(19)?), taxes: Vec::new() },
            currency,
        };
        let source = match row.get::<Option<i64>>(13)? {
            Some(key) => Some((
                key,
                Source {
                    quantity: row.get(14)?,
                    price: row.get(15)?,
                    discount: row.get(16)?,
                    amounts: LineAmounts { untaxed: row.get(17)?, taxes: Vec::new() },
                },
            )),
            None => None,
        };
        Ok(Some(Line {
            key: row.get(0)?,
            record: row.get(1)?,
            number: row.get(2)?,
            stored,
            kind: row.get(12)?,
            source,
        }))
    }

    /// Adds the tax of a row.
    fn add_tax(&mut self, row: &Row<'_>) -> Result<()> {
        if let Some(rate) = row.get(9)? {
            self.stored.taxes.push(TaxRate { rate, included: row.get(10)? });
            self.stored.amounts.taxes.push(row.get::<i64>(11)?.saturating_sub(row.get(20)?));
            if let Some((_, source)) = &mut self.source
                && let Some(amount) = row.get(18)?
            {
                source.amounts.taxes.push(amount);
            }
        }
        Ok(())
    }

    fn tell(&self, invariant: Invariant, off: Option<Off>, tell: &mut Tell<'_>) {
        let Some(Off { tax, stored, derived }) = off else {
            return;
        };
        let what = match tax {
            None => format!("the untaxed amount of line {}", self.number),
            Some(place) => format!("tax {} of line {}", place.saturating_add(1), self.number),
        };
        let digits = self.stored.currency.digits();
        let shown = |amount| show_scaled(amount, digits, digits);
        tell(
            invariant,
            Breach {
                record: Some(self.record.clone()),
                what,
                stored: shown(stored),
                derived: shown(derived),
                ..Breach::default()
            },
        );
    }
}

/// Reads the lines of a statement one after the other.
fn each_line(db: &Db, statement: &'static Statement, mut decide: impl FnMut(Line)) -> Result<()> {
    let mut last: Option<Line> = None;
    db.each(statement, params![], |row| {
        let key: i64 = row.get(0)?;
        if last.as_ref().is_none_or(|line| line.key != key) {
            last.take().into_iter().for_each(&mut decide);
            last = Line::read(row)?;
        }
        match &mut last {
            Some(line) => line.add_tax(row),
            None => Ok(()),
        }
    })?;
    last.into_iter().for_each(decide);
    Ok(())
}

/// Reads the lines of a statement, those that take a share of one line together.
fn each_group(db: &Db, statement: &'static Statement, mut decide: impl FnMut(&[Line])) -> Result<()> {
    let mut group: Vec<Line> = Vec::new();
    each_line(db, statement, |line| {
        let source = |line: &Line| line.source.as_ref().map(|(key, _)| *key);
        if group.first().is_some_and(|first| source(first) != source(&line)) {
            decide(&group);
            group.clear();
        }
        group.push(line);
    })?;
    decide(&group);
    Ok(())
}

fn orders(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    each_line(db, query!([order_line, sales_order, currency, order_line_tax], ORDERS), |line| {
        let off = match line.kind {
            0 => line.stored.off_terms(),
            // An imported one was priced by its terms.
            1 => line.stored.off_total().and(line.stored.off_terms()),
            // A free product is on the order at nothing.
            _ => line.stored.amounts.components().find(|amount| *amount != 0).map(|stored| Off {
                tax: None,
                stored,
                derived: 0,
            }),
        };
        line.tell(OrderAmounts, off, tell);
    })
}

fn documents(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    each_line(db, query!([document_line, document, currency, document_line_tax], DOCUMENTS), |line| {
        // What copies or takes back another document has its amounts.
        let is_copied = line.source.as_ref().is_some_and(|(_, source)| {
            source.quantity == line.stored.quantity
                && source.amounts == line.stored.amounts
                && source.price == line.stored.price
        });
        if !is_copied {
            line.tell(DocumentAmounts, line.stored.off_terms(), tell);
        }
    })
}

/// What was billed elsewhere is beside what it comes to by no more than a document may be.
fn billed(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    db.each(query!([document_line, document, document_line_tax, currency], BILLED), params![], |row| {
        let (line, beside): (i64, i64) = (row.get(1)?, row.get(2)?);
        let Some(currency) =
            currency(row, 3)?.filter(|currency| beside.unsigned_abs() > most(*currency).unsigned_abs())
        else {
            return Ok(());
        };
        let shown = |amount| show_scaled(amount, currency.digits(), currency.digits());
        let what = format!("what line {line} was billed beside its terms");
        let (stored, derived) = (shown(beside), shown(0));
        tell(DocumentAmounts, Breach { record: row.get(0)?, what, stored, derived, ..Breach::default() });
        Ok(())
    })
}

fn bills(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let statement = query!([document_line, document, currency, document_line_tax, order_line, order_line_tax], BILLS);
    each_group(db, statement, |group| {
        for line in group {
            if let Some((_, of)) = &line.source {
                line.tell(BillAmounts, line.stored.off_bill(of, group.len()), tell);
            }
        }
    })
}

fn credits(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    each_group(db, query!([document_line, document, currency, document_line_tax], CREDITS), |group| {
        for line in group {
            if let Some((_, of)) = &line.source {
                let off = match line.kind {
                    0 => line.stored.off_credit(of, group.len()),
                    _ => line.stored.off_value(),
                };
                line.tell(CreditAmounts, off, tell);
            }
        }
    })
}
