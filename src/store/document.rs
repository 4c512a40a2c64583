//! Invoices and credit notes: one table, their lines, the taxes of their lines.

use super::{Db, Key, Page, Result, Row, Value};
use crate::domain::document::{
    CreditsOfLine, Document, DocumentKind, DocumentLine, DocumentState, Refunds, Sums, payment_state,
};
use crate::domain::line::{LineTax, PricedLine};
use crate::domain::product::UnitPrice;
use crate::domain::tax::LineAmounts;
use crate::domain::ticket::OnTicket;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::{column_of_text, paged, params};

column_of_text!(DocumentKind, DocumentState, Refunds);

/// Whether a credit note counts against its invoice: it is not cancelled, and no posted invoice gives it back (spec B5, B13).
macro_rules! counts {
    ($credit_note:literal) => {
        concat!(
            $credit_note,
            ".state <> 'cancelled' AND NOT EXISTS
               (SELECT 1 FROM document z WHERE z.key = ",
            $credit_note,
            ".reversed_by AND z.state = 'posted')"
        )
    };
}

/// Whether an invoice stands for what its lines bill of an order: it is not cancelled, it is not reversed in favour of a copy,
/// and it does not itself reverse a credit note (spec B13, B15).
macro_rules! bills {
    ($invoice:literal) => {
        concat!(
            $invoice,
            ".kind = 'invoice' AND ",
            $invoice,
            ".state <> 'cancelled' AND NOT EXISTS (SELECT 1 FROM document x WHERE x.reversed_by = ",
            $invoice,
            ".key) AND NOT EXISTS
               (SELECT 1 FROM document y WHERE y.invoice = ",
            $invoice,
            ".key AND y.replaces = 1 AND y.state = 'posted' AND ",
            counts!("y"),
            ")"
        )
    };
}

pub(super) use {bills, counts};

macro_rules! head {
    () => {
        "SELECT d.key, d.id, d.number, d.kind, d.state, j.key, j.id, c.key, c.id, t.key, t.id, o.key, o.id,
                COALESCE(i.key, w.key), COALESCE(i.number, i.id, w.number, w.id), d.reason, d.text, d.date, d.accounting_date, d.due_date, d.post_on,
                cu.code, cu.digits, d.untaxed, d.tax, d.total, d.open, d.allow_excess, d.replaces, d.copy_of,
                (SELECT COUNT(*) FROM matching m WHERE m.debit_document = d.key AND m.credit_payment IS NOT NULL)
         FROM document d JOIN journal j ON j.key = d.journal JOIN customer c ON c.key = d.customer
           JOIN currency cu ON cu.code = d.currency LEFT JOIN ticket t ON t.key = d.ticket
           LEFT JOIN sales_order o ON o.key = d.sales_order LEFT JOIN document i ON i.key = d.invoice
           LEFT JOIN document w ON w.reversed_by = d.key"
    };
}

/// All but lines, tax lines and matches.
fn read(row: &Row<'_>) -> Result<Document> {
    let currency = row.currency(21)?;
    let (kind, state): (DocumentKind, DocumentState) = (row.get(3)?, row.get(4)?);
    let (total, open) = (row.money(25, currency)?, row.money(26, currency)?);
    Ok(Document {
        key: row.get(0)?,
        id: row.get(1)?,
        number: row.get(2)?,
        kind,
        state,
        journal: row.reference(5)?,
        customer: row.reference(7)?,
        ticket: row.optional_reference(9)?,
        order: row.optional_reference(11)?,
        invoice: row.optional_reference(13)?,
        reason: row.get(15)?,
        text: row.get(16)?,
        date: row.get(17)?,
        accounting_date: row.get(18)?,
        due_date: row.get(19)?,
        post_on: row.get(20)?,
        currency,
        lines: Vec::new(),
        tax_lines: Vec::new(),
        untaxed: row.money(23, currency)?,
        tax: row.money(24, currency)?,
        total,
        open,
        payment_state: payment_state(kind, state, total.minor, open.minor, row.get::<i64>(30)? > 0),
        matched: Vec::new(),
        allow_excess: row.get(27)?,
        replaces: row.get(28)?,
        copy_of: row.get(29)?,
        beyond: Sums::default(),
        line_alone: false,
    })
}

static BY_NUMBER: &str = concat!(head!(), " WHERE d.number = $1 AND d.kind = $2");

/// The document of that kind with that id or number; without lines.
pub fn by_id(db: &Db, kind: DocumentKind, id: &str) -> Result<Option<Document>> {
    let by_number = db.query_opt(BY_NUMBER, params![id, kind.word()], read)?;
    match by_number {
        Some(document) => Ok(Some(document)),
        None => db.query_opt(concat!(head!(), " WHERE d.id = $1 AND d.kind = $2"), params![id, kind.word()], read),
    }
}

/// Asks ahead for the document of that kind with that number.
pub fn ahead(db: &Db, kind: DocumentKind, number: &str) -> Result<()> {
    db.ahead(BY_NUMBER, params![number, kind.word()])
}

/// The document with that number or id, whichever kind it is of; without lines.
pub fn by_any_id(db: &Db, id: &str) -> Result<Option<Document>> {
    let sql = concat!(
        head!(),
        " WHERE d.key = COALESCE((SELECT n.key FROM document n WHERE n.number = $1), (SELECT n.key FROM document n WHERE n.id = $1))"
    );
    db.query_opt(sql, params![id], read)
}

/// The document of that key; without lines.
pub fn by_key(db: &Db, key: Key) -> Result<Document> {
    db.query_one(concat!(head!(), " WHERE d.key = $1"), params![key], read)
}

/// One page of the list of a kind; without lines.
pub fn page(db: &Db, kind: DocumentKind, page: Page) -> Result<Vec<Document>> {
    let statements = match kind {
        DocumentKind::Invoice => paged!(head!(), "d.key", " AND d.kind = 'invoice'"),
        DocumentKind::CreditNote => paged!(head!(), "d.key", " AND d.kind = 'credit_note'"),
    };
    db.page(statements, page, read)
}

/// The posted invoices of a customer, oldest first; without lines.
pub fn posted_invoices_of(db: &Db, customer: Key) -> Result<Vec<Document>> {
    db.query(
        concat!(head!(), " WHERE d.customer = $1 AND d.kind = 'invoice' AND d.state = 'posted' ORDER BY d.key"),
        params![customer],
        read,
    )
}

/// The credit notes made from a ticket, oldest first.
pub fn credit_notes_made(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = crate::query!(
        [document],
        "SELECT id, state FROM document WHERE ticket = $1 AND kind = 'credit_note' ORDER BY key"
    );
    db.query(made, params![ticket], |row| Ok(row.get::<DocumentState>(1)?.on_ticket(row.get(0)?)))
}

/// The invoices made from a ticket, oldest first: the copies of those that were refunded. The ticket does not show them.
pub fn invoices_made(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made =
        crate::query!([document], "SELECT id, state FROM document WHERE ticket = $1 AND kind = 'invoice' ORDER BY key");
    db.query(made, params![ticket], |row| {
        Ok(OnTicket { id: row.get(0)?, state: row.get::<DocumentState>(1)?.word(), is_shown: false, is_open: false })
    })
}

/// The credit notes of an invoice, oldest first; without lines.
pub fn credit_notes_of(db: &Db, invoice: Key) -> Result<Vec<Document>> {
    db.query(concat!(head!(), " WHERE d.invoice = $1 ORDER BY d.key"), params![invoice], read)
}

/// The invoice that reverses a credit note and is not cancelled (spec B13).
pub fn reversal_of(db: &Db, credit_note: Key) -> Result<Option<Document>> {
    let sql = concat!(
        head!(),
        " WHERE d.key = (SELECT n.reversed_by FROM document n WHERE n.key = $1) AND d.state <> 'cancelled'"
    );
    db.query_opt(sql, params![credit_note], read)
}

/// Notes on a credit note the invoice that reverses it.
pub fn set_reversed_by(db: &Db, credit_note: Key, invoice: Key) -> Result<()> {
    db.change_one("UPDATE document SET reversed_by = $2 WHERE key = $1", params![credit_note, invoice])
}

/// The drafts dated after `from` (in the first period at all where there is none), up to and with `to`; their ids.
pub fn drafts_dated(db: &Db, from: Option<Day>, to: Day) -> Result<Vec<String>> {
    db.query(
        "SELECT id FROM document WHERE state = 'draft' AND date <= $1 AND (CAST($2 AS TEXT) IS NULL OR date > $2) ORDER BY key",
        params![to, from],
        |row| row.get(0),
    )
}

/// The drafts to be posted by themselves on or before `today`, oldest day first (spec B9); their keys.
pub fn due(db: &Db, today: Day) -> Result<Vec<String>> {
    db.query(
        "SELECT id FROM document WHERE state = 'draft' AND post_on IS NOT NULL AND post_on <= $1 ORDER BY post_on, key",
        params![today],
        |row| row.get(0),
    )
}

/// The lines of a document, each as often as it has taxes, and once where it has none; beside each how many credit notes may
/// exceed the document, and how many of its lines take something off.
macro_rules! lines {
    ($and:literal) => {
        concat!(
            "SELECT l.key, l.line, p.key, p.id, lo.key, lo.id, l.label, l.quantity, l.price, l.discount, l.refunds,
                    l.untaxed, l.tax, l.total, l.invoice_line, l.order_line, l.goods, l.credited, l.value_credited,
                    t.key, t.id, lt.rate, lt.included, lt.amount, lt.credited, lt.value_credited, l.share_of,
                    (SELECT COUNT(*) FROM document n WHERE n.invoice = $1 AND n.allow_excess = 1),
                    (SELECT COUNT(*) FROM document_line b WHERE b.document = $1 AND b.total < 0)
             FROM document_line l LEFT JOIN product p ON p.key = l.product LEFT JOIN lot lo ON lo.key = l.lot
               LEFT JOIN document_line_tax lt ON lt.document_line = l.key LEFT JOIN tax t ON t.key = lt.tax
             WHERE l.document = $1",
            $and,
            " ORDER BY l.line, lt.position NULLS FIRST"
        )
    };
}

/// Loads lines with their taxes and what is held of them, and sums the tax lines.
pub fn load_lines(db: &Db, document: &mut Document) -> Result<()> {
    load_by(db, document, lines!(""), params![document.key]).map(drop)
}

/// Loads an invoice's lines with all that decides what is left of them (spec B5), without what the credit note `but` takes.
pub fn load_left(db: &Db, invoice: &mut Document, but: Option<Key>) -> Result<()> {
    let seen = load_by(db, invoice, lines!(""), params![invoice.key])?;
    load_taken(db, invoice, but, &seen)
}

/// Loads one line of an invoice where no other can touch what is left of it, else all of them.
pub fn load_left_of_line(db: &Db, invoice: &mut Document, number: i64) -> Result<()> {
    let seen = load_by(db, invoice, lines!(" AND l.line = $2"), params![invoice.key, number])?;
    if seen.exceeding > 0 || seen.below_zero > 0 {
        return load_left(db, invoice, None);
    }
    invoice.line_alone = true;
    load_taken(db, invoice, None, &seen)
}

/// What was seen of a document beside its lines.
#[derive(Default)]
struct Seen {
    exceeding: i64,
    below_zero: i64,
}

fn load_by(db: &Db, document: &mut Document, sql: &'static str, params: &[Value<'_>]) -> Result<Seen> {
    let currency = document.currency;
    let mut lines: Vec<DocumentLine> = Vec::new();
    let mut seen = Seen::default();
    db.each(sql, params, |row| {
        let key: Key = row.get(0)?;
        if lines.last().is_none_or(|line| line.key != key) {
            lines.push(read_line(row, currency)?);
            seen = Seen { exceeding: row.get(27)?, below_zero: row.get(28)? };
        }
        match (row.optional_reference(19)?, lines.last_mut()) {
            (Some(tax), Some(line)) => read_tax(row, currency, tax, line),
            _ => Ok(()),
        }
    })?;
    document.lines = lines;
    document.line_alone = false;
    document.beyond = Sums::default();
    document.sum_taxes().map_err(|overflow| super::StoreError::Damaged(overflow.to_string()))?;
    Ok(seen)
}

/// Loads the quantities of the goods lines on credit notes where there are any, and what lines of theirs come to that refund
/// no line of the invoice.
fn load_taken(db: &Db, invoice: &mut Document, but: Option<Key>, seen: &Seen) -> Result<()> {
    let is_taken = |line: &DocumentLine| line.held.as_ref().is_some_and(|held| !held.goods.is_zero());
    if invoice.lines.iter().any(is_taken) {
        let sql = concat!(
            "SELECT r.invoice_line, r.quantity FROM document n JOIN document_line r ON r.document = n.key
             WHERE n.invoice = $1 AND n.key <> $2 AND r.refunds = 'goods' AND r.invoice_line IS NOT NULL AND ",
            counts!("n"),
            " ORDER BY r.key"
        );
        db.each(sql, params![invoice.key, but.unwrap_or_default()], |row| {
            let (of, quantity): (Key, Quantity) = (row.get(0)?, row.get(1)?);
            let line = invoice.lines.iter_mut().find(|line| line.key == of);
            if let Some(held) = line.and_then(|line| line.held.as_mut()) {
                held.taken.push(quantity);
            }
            Ok(())
        })?;
    }
    if seen.exceeding == 0 {
        return Ok(());
    }
    let damaged = |overflow: Overflow| super::StoreError::Damaged(overflow.to_string());
    let total = concat!(
        "SELECT CAST(COALESCE(SUM(r.total), 0) AS BIGINT) FROM document n JOIN document_line r ON r.document = n.key
         WHERE n.invoice = $1 AND n.key <> $2 AND r.invoice_line IS NULL AND ",
        counts!("n")
    );
    let but = but.unwrap_or_default();
    invoice.beyond.total = db.query_one(total, params![invoice.key, but], |row| row.get(0))?;
    let taxes = concat!(
        "SELECT x.tax, CAST(COALESCE(SUM(x.amount), 0) AS BIGINT)
         FROM document n JOIN document_line r ON r.document = n.key JOIN document_line_tax x ON x.document_line = r.key
         WHERE n.invoice = $1 AND n.key <> $2 AND r.invoice_line IS NULL AND ",
        counts!("n"),
        " GROUP BY x.tax ORDER BY x.tax"
    );
    db.each(taxes, params![invoice.key, but], |row| invoice.beyond.add_tax(row.get(0)?, row.get(1)?).map_err(damaged))
}

/// Reads a tax of a line, and what is held of it.
fn read_tax(row: &Row<'_>, currency: Currency, tax: Reference, line: &mut DocumentLine) -> Result<()> {
    let (rate, included, amount) = (row.get(21)?, row.get(22)?, row.money(23, currency)?);
    line.priced.taxes.push(LineTax { tax, rate, included, amount });
    if let Some(held) = &mut line.held {
        held.credited.taxes.push(row.get(24)?);
        held.reduced.taxes.push(row.get(25)?);
    }
    Ok(())
}

fn read_line(row: &Row<'_>, currency: Currency) -> Result<DocumentLine> {
    Ok(DocumentLine {
        key: row.get(0)?,
        line: row.get(1)?,
        product: row.optional_reference(2)?,
        lot: row.optional_reference(4)?,
        label: row.get(6)?,
        priced: PricedLine {
            quantity: row.get(7)?,
            price: UnitPrice { price: row.get(8)?, currency },
            discount: row.get(9)?,
            taxes: Vec::new(),
            untaxed: row.money(11, currency)?,
            tax: row.money(12, currency)?,
            total: row.money(13, currency)?,
        },
        refunds: row.get(10)?,
        invoice_line: row.get(14)?,
        share_of: row.get(26)?,
        order_line: row.get(15)?,
        held: Some(CreditsOfLine {
            goods: row.get(16)?,
            credited: LineAmounts { untaxed: row.get(17)?, taxes: Vec::new() },
            reduced: LineAmounts { untaxed: row.get(18)?, taxes: Vec::new() },
            taken: Vec::new(),
        }),
    })
}

/// Writes a new document with its lines; gives the lines their keys.
pub fn insert(db: &Db, document: &mut Document) -> Result<()> {
    db.write(
        "INSERT INTO document (key, id, number, kind, state, journal, customer, ticket, sales_order, invoice, copy_of, replaces,
                               allow_excess, reason, text, date, accounting_date, due_date, post_on, currency, untaxed, tax, total, open)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
        params![
            document.key,
            &document.id,
            &document.number,
            document.kind.word(),
            document.state.word(),
            &document.journal,
            &document.customer,
            &document.ticket,
            &document.order,
            document.invoice.as_ref().filter(|_| document.kind == DocumentKind::CreditNote),
            document.copy_of,
            document.replaces,
            document.allow_excess,
            &document.reason,
            &document.text,
            document.date,
            document.accounting_date,
            document.due_date,
            document.post_on,
            document.currency,
            document.untaxed,
            document.tax,
            document.total,
            document.open
        ],
    )?;
    insert_lines(db, document)
}

/// Writes the lines of a document; gives them their keys.
pub fn insert_lines(db: &Db, document: &mut Document) -> Result<()> {
    for line in &mut document.lines {
        line.key = db.next_key()?;
        db.write(
            "INSERT INTO document_line (key, document, line, product, lot, label, quantity, price, discount, refunds, invoice_line,
                                        order_line, untaxed, tax, total, goods, credited, value_credited, share_of)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 0, $16)",
            params![
                line.key,
                document.key,
                line.line,
                &line.product,
                &line.lot,
                &line.label,
                line.priced.quantity,
                line.priced.price.price,
                line.priced.discount,
                line.refunds.map(Refunds::word),
                line.invoice_line,
                line.order_line,
                line.priced.untaxed,
                line.priced.tax,
                line.priced.total,
                line.share_of
            ],
        )?;
        for (position, tax) in (1i64..).zip(&line.priced.taxes) {
            db.write(
                "INSERT INTO document_line_tax (document_line, position, tax, rate, included, amount, credited, value_credited)
                 VALUES ($1, $2, $3, $4, $5, $6, 0, 0)",
                params![line.key, position, &tax.tax, tax.rate, tax.included, tax.amount],
            )?;
        }
    }
    Ok(())
}

/// Removes the lines of a draft, before they are written anew.
pub fn delete_lines(db: &Db, document: Key) -> Result<()> {
    db.write(
        "DELETE FROM document_line_tax WHERE document_line IN (SELECT key FROM document_line WHERE document = $1)",
        params![document],
    )?;
    db.write("DELETE FROM document_line WHERE document = $1", params![document])
}

/// Writes what a verb may change of a document itself: all but kind, id, customer and what it came from.
pub fn update(db: &Db, document: &Document) -> Result<()> {
    db.change_one(
        "UPDATE document SET number = $2, state = $3, journal = $4, reason = $5, text = $6, date = $7, accounting_date = $8,
           due_date = $9, post_on = $10, untaxed = $11, tax = $12, total = $13, open = $14, allow_excess = $15 WHERE key = $1",
        params![
            document.key,
            &document.number,
            document.state.word(),
            &document.journal,
            &document.reason,
            &document.text,
            document.date,
            document.accounting_date,
            document.due_date,
            document.post_on,
            document.untaxed,
            document.tax,
            document.total,
            document.open,
            document.allow_excess
        ],
    )
}

/// Adds what a credit note line takes to what is held of its invoice line; a negative `sign` gives it back (spec B5).
pub fn hold(db: &Db, line: &DocumentLine, sign: i64) -> Result<()> {
    let Some(invoice_line) = line.invoice_line else {
        return Ok(());
    };
    let by_value = i64::from(line.refunds == Some(Refunds::Value));
    let goods = if by_value == 1 { 0 } else { line.priced.quantity.millionths() };
    db.change_one(
        "UPDATE document_line SET goods = goods + $2, credited = credited + $3, value_credited = value_credited + $4
         WHERE key = $1",
        params![
            invoice_line,
            sign * goods,
            sign * line.priced.untaxed.minor,
            sign * by_value * line.priced.untaxed.minor
        ],
    )?;
    for (position, tax) in (1i64..).zip(&line.priced.taxes) {
        db.change_one(
            "UPDATE document_line_tax SET credited = credited + $3, value_credited = value_credited + $4
             WHERE document_line = $1 AND position = $2",
            params![invoice_line, position, sign * tax.amount.minor, sign * by_value * tax.amount.minor],
        )?;
    }
    Ok(())
}

/// Whether a line of the document names the product, and, where one is given, the lot: on the line itself, or on a done
/// delivery of the document's order (spec B2).
pub fn holds(db: &Db, document: &Document, product: Option<Key>, lot: Option<Key>) -> Result<(bool, bool)> {
    let named = |sql: &'static str, key: Option<Key>| -> Result<bool> {
        let Some(key) = key else {
            return Ok(true);
        };
        Ok(db.query_opt(sql, params![document.key, key], |row| row.get::<i64>(0))?.is_some())
    };
    let has_product = named("SELECT key FROM document_line WHERE document = $1 AND product = $2 LIMIT 1", product)?;
    let on_line = named("SELECT key FROM document_line WHERE document = $1 AND lot = $2 LIMIT 1", lot)?;
    let has_lot = on_line || delivered_lot(db, document.order.as_ref().map(|order| order.key), lot)?;
    Ok((has_product, has_lot))
}

fn delivered_lot(db: &Db, order: Option<Key>, lot: Option<Key>) -> Result<bool> {
    let (Some(order), Some(lot)) = (order, lot) else {
        return Ok(false);
    };
    let found = db.query_opt(
        "SELECT l.key FROM transfer t JOIN transfer_line l ON l.transfer = t.key
         WHERE t.sales_order = $1 AND t.kind = 'outgoing' AND t.state = 'done' AND l.lot = $2 AND l.done > 0 LIMIT 1",
        params![order, lot],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Changes what is open on a posted document by `change` minor units.
pub fn change_open(db: &Db, document: Key, change: Money) -> Result<()> {
    db.change_one(
        "UPDATE document SET open = open + $2 WHERE key = $1 AND state = 'posted' AND open + $2 >= 0 AND open + $2 <= total",
        params![document, change],
    )
}

/// The products on a customer's posted invoices, in order of creation.
pub fn products_invoiced_to(db: &Db, customer: Key) -> Result<Vec<Reference>> {
    db.query(
        "SELECT p.key, p.id FROM document d JOIN document_line l ON l.document = d.key JOIN product p ON p.key = l.product
         WHERE d.customer = $1 AND d.kind = 'invoice' AND d.state = 'posted' GROUP BY p.key, p.id ORDER BY p.key",
        params![customer],
        |row| row.reference(0),
    )
}
