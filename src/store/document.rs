//! Invoices and credit notes: one table, their lines, the taxes of their lines.

use super::{Db, Key, Page, Result, Row, Value};
use crate::domain::document::{
    Billed, Document, DocumentKind, DocumentLine, DocumentState, HeldOfLine, Refunds, payment_state,
};
use crate::domain::line::{LineTax, PricedLine};
use crate::domain::product::UnitPrice;
use crate::domain::tax::LineAmounts;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::reference::Reference;
use crate::{column_of_text, paged, params};

column_of_text!(DocumentKind, DocumentState, Refunds);

macro_rules! head {
    () => {
        "SELECT d.key, d.id, d.number, d.kind, d.state, j.key, j.id, c.key, c.id, t.key, t.id, o.key, o.id,
                i.key, COALESCE(i.number, i.id), d.reason, d.text, d.date, d.accounting_date, d.due_date, d.post_on,
                cu.code, cu.digits, d.untaxed, d.tax, d.total, d.open, d.allow_excess, d.replaces, d.copy_of,
                (SELECT COUNT(*) FROM matching m WHERE m.debit_document = d.key AND m.credit_payment IS NOT NULL)
         FROM document d JOIN journal j ON j.key = d.journal JOIN customer c ON c.key = d.customer
           JOIN currency cu ON cu.code = d.currency LEFT JOIN ticket t ON t.key = d.ticket
           LEFT JOIN sales_order o ON o.key = d.sales_order LEFT JOIN document i ON i.key = d.invoice"
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

/// One stretch of the list of a kind; without lines.
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

/// The documents made from a ticket, oldest first; without lines.
pub fn of_ticket(db: &Db, ticket: Key) -> Result<Vec<Document>> {
    db.query(concat!(head!(), " WHERE d.ticket = $1 ORDER BY d.key"), params![ticket], read)
}

/// The credit notes of an invoice, oldest first; without lines.
pub fn credit_notes_of(db: &Db, invoice: Key) -> Result<Vec<Document>> {
    db.query(concat!(head!(), " WHERE d.invoice = $1 ORDER BY d.key"), params![invoice], read)
}

/// The drafts to be posted by themselves on or before `today`, oldest day first (spec B9); their keys.
pub fn due(db: &Db, today: Day) -> Result<Vec<String>> {
    db.query(
        "SELECT id FROM document WHERE state = 'draft' AND post_on IS NOT NULL AND post_on <= $1 ORDER BY post_on, key",
        params![today],
        |row| row.get(0),
    )
}

/// The lines of a document, each as often as it has taxes, and once where it has none.
macro_rules! lines {
    ($and:literal) => {
        concat!(
            "SELECT l.key, l.line, p.key, p.id, lo.key, lo.id, l.label, l.quantity, l.price, l.discount, l.refunds,
                    l.untaxed, l.tax, l.total, l.invoice_line, l.order_line, l.goods, l.credited, l.value_credited,
                    t.key, t.id, lt.rate, lt.included, lt.amount, lt.credited, lt.value_credited
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
    load_by(db, document, lines!(""), params![document.key])
}

/// Loads one line only, for what looks at no other; none where the document has no such line.
pub fn load_line(db: &Db, document: &mut Document, number: i64) -> Result<()> {
    load_by(db, document, lines!(" AND l.line = $2"), params![document.key, number])
}

fn load_by(db: &Db, document: &mut Document, sql: &'static str, params: &[Value<'_>]) -> Result<()> {
    let currency = document.currency;
    let mut lines: Vec<DocumentLine> = Vec::new();
    db.each(sql, params, |row| {
        let key: Key = row.get(0)?;
        if lines.last().is_none_or(|line| line.key != key) {
            lines.push(read_line(row, currency)?);
        }
        match (row.optional_reference(19)?, lines.last_mut()) {
            (Some(tax), Some(line)) => read_tax(row, currency, tax, line),
            _ => Ok(()),
        }
    })?;
    document.lines = lines;
    document.sum_taxes().map_err(|overflow| super::StoreError::Damaged(overflow.to_string()))
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
        order_line: row.get(15)?,
        held: Some(HeldOfLine {
            goods: row.get(16)?,
            credited: LineAmounts { untaxed: row.get(17)?, taxes: Vec::new() },
            reduced: LineAmounts { untaxed: row.get(18)?, taxes: Vec::new() },
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
            &document.invoice,
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
                                        order_line, untaxed, tax, total, goods, credited, value_credited)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 0)",
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
                line.priced.total
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

/// What stands for an order line on its invoices that are not cancelled, an invoice reversed in favour of a copy left out
/// (spec B15).
pub fn billed_of_order_line(db: &Db, order: Key, order_line: Key) -> Result<Billed> {
    let (quantity, untaxed) = db.query_one(
        "SELECT CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT), CAST(COALESCE(SUM(l.untaxed), 0) AS BIGINT)
         FROM document d JOIN document_line l ON l.document = d.key
         WHERE d.sales_order = $1 AND l.order_line = $2 AND d.kind = 'invoice' AND d.state <> 'cancelled'
           AND NOT EXISTS (SELECT 1 FROM document r WHERE r.invoice = d.key AND r.replaces = 1 AND r.state = 'posted')",
        params![order, order_line],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let taxes = db.query(
        "SELECT lt.position, CAST(COALESCE(SUM(lt.amount), 0) AS BIGINT)
         FROM document d JOIN document_line l ON l.document = d.key JOIN document_line_tax lt ON lt.document_line = l.key
         WHERE d.sales_order = $1 AND l.order_line = $2 AND d.kind = 'invoice' AND d.state <> 'cancelled'
           AND NOT EXISTS (SELECT 1 FROM document r WHERE r.invoice = d.key AND r.replaces = 1 AND r.state = 'posted')
         GROUP BY lt.position ORDER BY lt.position",
        params![order, order_line],
        |row| row.get(1),
    )?;
    Ok(Billed { quantity, amounts: LineAmounts { untaxed, taxes } })
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
