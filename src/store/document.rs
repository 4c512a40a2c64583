//! Invoices and credit notes: one table, their lines, the taxes of their lines.

use std::collections::HashMap;

use super::engine::record::{self, Cells, Described, Field as _, each_of};
use super::engine::statement::{Statement, Tables};
use super::engine::table::{
    BY_LINE, BY_PLACE, Column, DOCUMENT_LINES, DayOf, Finding, FoundBy, ORDER_LINES, Table, amount, currency, day, id,
    ids, int, line, link, list, list_of, numbered, percent, price, quantity, records, rows, switch, text, words,
};
use super::payment::{MATCHED, matched, told};
use super::{Db, Key, Result, Row, Value};
use crate::domain::document::{
    CreditNote, CreditsOfLine, Document, DocumentKind, DocumentLine, DocumentState, Invoice, PaymentState, Refunds,
    Sums,
};
use crate::domain::line::{LineTax, PricedLine};
use crate::domain::payment::Side;
use crate::domain::product::UnitPrice;
use crate::domain::tax::LineAmounts;
use crate::domain::ticket::OnTicket;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::{field_of_words, insert, params, query, raw, select, update};

field_of_words!(DocumentKind, DocumentState, PaymentState, Refunds);

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
/// and it does not itself reverse a credit note (spec B13, B15). That it is an invoice is said so that no engine reads all invoices for
/// those of one order: it may not know how many there are of a kind.
macro_rules! bills {
    ($invoice:literal) => {
        concat!(
            $invoice,
            ".kind <> 'credit_note' AND ",
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

/// How far a document is paid, as `domain::document::payment_state` decides it (spec B8).
const PAYMENT_STATE: &str = "CASE WHEN t.state <> 'posted' THEN 'not_paid' WHEN t.total = 0 THEN 'paid'
  WHEN t.open = 0 AND t.kind = 'invoice' AND NOT EXISTS
    (SELECT 1 FROM matching m WHERE m.debit_document = t.key AND m.credit_payment IS NOT NULL) THEN 'reversed'
  WHEN t.open = 0 THEN 'paid' WHEN t.open = t.total THEN 'not_paid' ELSE 'partial' END";

/// The credit note that an invoice takes back (spec B13).
const TAKEN_BACK: &str = "(SELECT MIN(w.key) FROM document w WHERE w.reversed_by = t.key)";

/// What a document is about: the invoice that a credit note reverses, or the credit note that an invoice takes back.
const REVERSED: &str = "COALESCE(t.invoice, (SELECT MIN(w.key) FROM document w WHERE w.reversed_by = t.key))";

/// The reason that a reversal has where none is typed (spec B1), and the text with it.
const USUAL_REASON: &str = "(SELECT k.id FROM ticket k WHERE k.key = t.ticket)";
const USUAL_TEXT: &str = "'Reversal of: ' || (SELECT COALESCE(v.number, v.id) FROM document v WHERE v.key =
      COALESCE(t.invoice, (SELECT MIN(w.key) FROM document w WHERE w.reversed_by = t.key)))
    || COALESCE(', ' || (SELECT k.id FROM ticket k WHERE k.key = t.ticket), '')";

/// What a line is called by itself; that of a coupon, and what is credited of it, is called by the desk.
const USUAL_LABEL: &str = "CASE WHEN EXISTS (SELECT 1 FROM order_line o WHERE o.coupon IS NOT NULL AND o.key =
      COALESCE(t.order_line, (SELECT v.order_line FROM document_line v WHERE v.key = t.invoice_line))) THEN t.label
    ELSE (SELECT p.name FROM product p WHERE p.key = t.product) END";

/// What both of these find: the documents that name the record as what reverses them.
const TAKING_BACK: &[Finding] = &[("document", "reversed_by", &[])];

/// Which of the documents a description is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Both,
    Invoices,
    CreditNotes,
}

/// The columns of documents, in the order in which they are told.
const fn columns(which: Which) -> [Column; 33] {
    let kind = words(DocumentKind::WORDS).called("kind");
    let invoice = numbered("document").called("invoice").optional();
    [
        id().called("id"),
        text().called("number").optional().uncut().searched(),
        match which {
            Which::Both => kind,
            _ => kind.is("t.kind"),
        },
        words(DocumentState::WORDS).called("state"),
        link("journal").called("journal"),
        link("customer").called("customer"),
        link("customer").called("posted_for").stays().starts_empty(),
        link("ticket").called("ticket").optional(),
        link("sales_order").called("order").column("sales_order").optional(),
        link("task").called("task").optional().hidden(),
        match which {
            Which::Both => invoice.is(REVERSED).finding(TAKING_BACK),
            Which::Invoices => invoice.is(TAKEN_BACK).finding(TAKING_BACK),
            Which::CreditNotes => invoice.is("t.invoice"),
        },
        link("document").called("invoice").optional().hidden(),
        link("document").called("copy_of").optional().hidden(),
        link("document").called("reversed_by").starts_empty(),
        switch().called("replaces").hidden(),
        switch().called("allow_excess").hidden(),
        int().called("posted_in").optional().hidden(),
        text().called("reason").optional().searched().personal_but(USUAL_REASON, &["ticket"]),
        text().called("text").optional().searched().personal_but(USUAL_TEXT, &["ticket"]),
        day().called("date"),
        day().called("accounting_date").optional(),
        day().called("due_date").optional(),
        day().called("post_on").optional(),
        currency().called("currency"),
        list_of("lines").called("lines"),
        rows(TAX_LINES).called("tax_lines"),
        amount().called("untaxed"),
        amount().called("tax"),
        amount().called("total"),
        amount().called("open"),
        words(PaymentState::WORDS).called("payment_state").is(PAYMENT_STATE).reading(&["matching"]).finding(&[(
            "matching",
            "debit_document",
            &["credit_payment"],
        )]),
        rows(MATCHED).called("matched"),
        link("person").called("held_by").optional(),
    ]
}

const TAX_LINES: &[Column] = &[link("tax").called("tax"), amount().called("base"), amount().called("amount")];

const TAXES: Table = list(
    "document_line_tax",
    "document_line",
    BY_PLACE,
    &[
        link("tax").called("tax"),
        percent().called("rate"),
        switch().called("included"),
        amount().called("amount"),
        amount().called("credited").hidden(),
        amount().called("value_credited").hidden(),
        amount().called("billed").hidden(),
    ],
)
.shown("taxes");

const LINES: Table = list(
    "document_line",
    "document",
    BY_LINE,
    &[
        int().called("line"),
        link("product").called("product").optional(),
        link("lot").called("lot").optional(),
        text().called("label").personal_but(USUAL_LABEL, &["product", "order_line"]),
        quantity().called("quantity"),
        price().called("price"),
        percent().called("discount"),
        ids().called("taxes"),
        words(Refunds::WORDS).called("refunds").optional(),
        line(&DOCUMENT_LINES).called("invoice_line").optional().hidden(),
        line(&DOCUMENT_LINES).called("share_of").optional().hidden(),
        line(&ORDER_LINES).called("order_line").optional().hidden(),
        amount().called("untaxed"),
        amount().called("tax"),
        amount().called("total"),
        quantity().called("goods").hidden(),
        amount().called("credited").hidden(),
        amount().called("value_credited").hidden(),
        amount().called("billed").hidden(),
    ],
)
.shown("lines")
.with(&[TAXES]);

const fn documents(shown: &'static str, columns: &'static [Column]) -> Table {
    records(shown, "document", columns)
        .in_own_currency()
        .with(&[LINES])
        .found_by(&[FoundBy::Exactly("number"), FoundBy::Exactly("id"), FoundBy::PaddedIn("number"), FoundBy::Padded])
        .dated(DayOf::Day("COALESCE(t.accounting_date, t.date)"))
}

/// Invoices and credit notes together, as they are written.
static DOCUMENT: Table = documents("document", &columns(Which::Both));
pub static INVOICE: Table = documents("invoice", &columns(Which::Invoices)).only("invoice");
pub static CREDIT_NOTE: Table = documents("credit_note", &columns(Which::CreditNotes)).only("credit_note").seldom();

/// Of either kind, by its row alone: without lines, tax lines and matches.
impl Described for Document {
    fn table() -> &'static Table {
        &DOCUMENT
    }
    fn read(cells: &mut Cells<'_, '_>) -> Result<Self> {
        let (key, id, number, kind, state) =
            (cells.take()?, cells.take()?, cells.take()?, cells.take()?, cells.take()?);
        let (journal, customer, ticket, order) = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
        let (task, invoice) = (cells.take()?, cells.take()?);
        // What is stored of it is told with it.
        let _: Option<Key> = cells.take()?;
        Ok(Document {
            key,
            id,
            number,
            kind,
            state,
            journal,
            customer,
            ticket,
            order,
            task,
            invoice,
            copy_of: cells.take()?,
            replaces: cells.take()?,
            allow_excess: cells.take()?,
            posted_in: cells.take()?,
            reason: cells.take()?,
            text: cells.take()?,
            date: cells.take()?,
            accounting_date: cells.take()?,
            due_date: cells.take()?,
            post_on: cells.take()?,
            currency: cells.take()?,
            lines: Vec::new(),
            tax_lines: Vec::new(),
            untaxed: cells.take()?,
            tax: cells.take()?,
            total: cells.take()?,
            open: cells.take()?,
            payment_state: cells.take()?,
            matched: Vec::new(),
            held_by: cells.take()?,
            beyond: Sums::default(),
            line_alone: false,
        })
    }
    fn values(&self) -> Vec<Value<'_>> {
        // What an invoice takes back is stored with that credit note.
        let invoice = self.invoice.as_ref().filter(|_| self.kind == DocumentKind::CreditNote);
        let made = || Value::Null;
        vec![
            self.id.bind(),
            self.number.bind(),
            self.kind.bind(),
            self.state.bind(),
            self.journal.bind(),
            self.customer.bind(),
            made(),
            self.ticket.bind(),
            self.order.bind(),
            self.task.bind(),
            made(),
            invoice.map_or(Value::Null, Into::into),
            self.copy_of.bind(),
            made(),
            self.replaces.bind(),
            self.allow_excess.bind(),
            self.posted_in.bind(),
            self.reason.bind(),
            self.text.bind(),
            self.date.bind(),
            self.accounting_date.bind(),
            self.due_date.bind(),
            self.post_on.bind(),
            self.currency.bind(),
            made(),
            made(),
            self.untaxed.bind(),
            self.tax.bind(),
            self.total.bind(),
            self.open.bind(),
            made(),
            made(),
            self.held_by.bind(),
        ]
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// A kind of document, with all that is told of it.
macro_rules! of_kind {
    ($kind:ident, $table:ident) => {
        impl Described for $kind {
            fn table() -> &'static Table {
                &$table
            }
            fn read(cells: &mut Cells<'_, '_>) -> Result<Self> {
                Document::read(cells).map($kind)
            }
            fn values(&self) -> Vec<Value<'_>> {
                self.0.values()
            }
            fn key(&self) -> Key {
                self.0.key
            }
            fn complete(db: &Db, documents: &mut [Self]) -> Result<()> {
                complete_all(db, &mut documents.iter_mut().map(|document| &mut document.0).collect::<Vec<_>>())
            }
        }
    };
}
of_kind!(Invoice, INVOICE);
of_kind!(CreditNote, CREDIT_NOTE);

/// What a user posted of credit notes of an invoice, those left out that were taken back, in minor units. It is not summed, and
/// answered as nothing, where an invoice comes to no more than `enough`: all its credit notes together come to no more than it does,
/// unless one of them may exceed it.
pub fn credited_in_person(db: &Db, invoice: Key, login: &str, enough: Option<Money>) -> Result<i64> {
    db.query_one(
        query!(
            [document, operation],
            concat!(
                "SELECT CASE WHEN i.total <= CAST($3 AS BIGINT) AND NOT EXISTS
                   (SELECT 1 FROM document e WHERE e.invoice = i.key AND e.allow_excess = 1) THEN 0 ELSE
                   (SELECT CAST(COALESCE(SUM(d.total), 0) AS BIGINT) FROM document d JOIN operation o ON o.key = d.posted_in
                    WHERE d.invoice = i.key AND d.kind <> 'invoice' AND d.state = 'posted' AND o.actor_kind = 'user'
                      AND o.actor = $2 AND ",
                counts!("d"),
                ") END FROM document i WHERE i.key = $1"
            )
        ),
        params![invoice, login, enough.map(|enough| enough.minor)],
        |row| row.get(0),
    )
}

/// Loads lines and matches of a document.
pub fn complete(db: &Db, document: &mut Document) -> Result<()> {
    complete_all(db, &mut [document])
}

/// Loads lines and matches of some documents.
fn complete_all(db: &Db, documents: &mut [&mut Document]) -> Result<()> {
    load_lines_of(db, documents)?;
    for (kind, side) in [(DocumentKind::Invoice, Side::Debit), (DocumentKind::CreditNote, Side::Credit)] {
        let keys: Vec<Key> =
            documents.iter().filter(|document| document.kind == kind).map(|document| document.key).collect();
        let mut matched = matched(db, &keys, false, side)?;
        for document in documents.iter_mut().filter(|document| document.kind == kind) {
            document.matched = told(matched.remove(&document.key), document.total);
        }
    }
    Ok(())
}

/// Asks ahead for the document of that kind with that number.
pub fn ahead(db: &Db, kind: DocumentKind, number: &str) -> Result<()> {
    match kind {
        DocumentKind::Invoice => record::ahead::<Invoice>(db, number),
        DocumentKind::CreditNote => record::ahead::<CreditNote>(db, number),
    }
}

/// The document with exactly that number or id, whichever kind it is of; without lines.
pub fn by_any_id(db: &Db, id: &str) -> Result<Option<Document>> {
    let statement = select!(
        Document,
        "t.key = COALESCE((SELECT n.key FROM document n WHERE n.number = $1), (SELECT n.key FROM document n WHERE n.id = $1))",
        ""
    );
    record::first(db, statement, params![id])
}

/// The document of that key; without lines.
pub fn by_key(db: &Db, key: Key) -> Result<Document> {
    record::by_key(db, key)
}

/// The credit notes made from a ticket, oldest first.
pub fn credit_notes_made(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = query!(
        [document],
        "SELECT id, state FROM document WHERE ticket = $1 AND kind <> 'invoice' ORDER BY key",
        [asked("document", "ticket", 1).looks(&["state"])]
    );
    db.query(made, params![ticket], |row| Ok(row.get::<DocumentState>(1)?.on_ticket(row.get(0)?)))
}

/// The invoices made from a ticket, oldest first: the copies of those that were refunded. The ticket does not show them.
pub fn invoices_made(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made =
        query!([document], "SELECT id, state FROM document WHERE ticket = $1 AND kind <> 'credit_note' ORDER BY key");
    db.query(made, params![ticket], |row| {
        Ok(OnTicket { id: row.get(0)?, state: row.get::<DocumentState>(1)?.word(), is_shown: false, is_open: false })
    })
}

/// The drafts of credit notes of an invoice, oldest first.
pub fn drafts_on(db: &Db, invoice: Key) -> Result<Vec<String>> {
    db.query(
        query!([document], "SELECT id FROM document WHERE invoice = $1 AND state = 'draft' ORDER BY key"),
        params![invoice],
        |row| row.get(0),
    )
}

/// The posted credit notes of an invoice on which something is open, oldest first; without lines.
pub fn open_credit_notes_of(db: &Db, invoice: Key) -> Result<Vec<Document>> {
    let condition = "t.invoice = $1 AND t.state = 'posted' AND t.open <> 0";
    record::all(db, select!(Document, condition, " ORDER BY t.key"), params![invoice])
}

/// The first posted credit note of an invoice that no posted invoice reverses, as it is shown.
pub fn credited_by(db: &Db, invoice: Key) -> Result<Option<String>> {
    db.query_opt(
        query!(
            [document],
            "SELECT COALESCE(n.number, n.id) FROM document n WHERE n.invoice = $1 AND n.state = 'posted'
               AND NOT EXISTS (SELECT 1 FROM document r WHERE r.key = n.reversed_by AND r.state = 'posted')
             ORDER BY n.key LIMIT 1"
        ),
        params![invoice],
        |row| row.get(0),
    )
}

/// The invoice that reverses a credit note and is not cancelled (spec B13).
pub fn reversal_of(db: &Db, credit_note: Key) -> Result<Option<Document>> {
    let condition = "t.key = (SELECT n.reversed_by FROM document n WHERE n.key = $1) AND t.state <> 'cancelled'";
    record::first(db, select!(Document, condition, ""), params![credit_note])
}

/// Notes on a credit note the invoice that reverses it.
pub fn set_reversed_by(db: &Db, credit_note: Key, invoice: Key) -> Result<()> {
    db.change_one(update!(document (Int, Int): "reversed_by = $2"), params![credit_note, invoice])
}

/// The drafts dated after `from` (in the first period at all where there is none), up to and with `to`; their ids.
pub fn drafts_dated(db: &Db, from: Option<Day>, to: Day) -> Result<Vec<String>> {
    db.query(
        query!([document], "SELECT id FROM document WHERE state = 'draft' AND date <= $1 AND (CAST($2 AS TEXT) IS NULL OR date > $2) ORDER BY key"),
        params![to, from],
        |row| row.get(0),
    )
}

/// The drafts to be posted by themselves on or before `today`, oldest day first (spec B9); their keys.
pub fn due(db: &Db, today: Day) -> Result<Vec<String>> {
    db.query(
        query!([document], "SELECT id FROM document WHERE state = 'draft' AND post_on IS NOT NULL AND post_on <= $1 ORDER BY post_on, key"),
        params![today],
        |row| row.get(0),
    )
}

/// The lines of documents, each as often as it has taxes, and once where it has none; `read_line` and `read_tax` read them.
macro_rules! lines {
    ($($more:literal)?) => {
        concat!(
            "SELECT l.key, l.line, p.key, p.id, lo.key, lo.id, l.label, l.quantity, l.price, l.discount, l.refunds,
                    l.untaxed, l.tax, l.total, l.invoice_line, l.order_line, l.goods, l.credited, l.value_credited,
                    t.key, t.id, lt.rate, lt.included, lt.amount, lt.credited, lt.value_credited, l.share_of,
                    l.billed, lt.billed",
            $($more,)?
            " FROM document_line l LEFT JOIN product p ON p.key = l.product LEFT JOIN lot lo ON lo.key = l.lot
               LEFT JOIN document_line_tax lt ON lt.document_line = l.key LEFT JOIN tax t ON t.key = lt.tax"
        )
    };
}

/// The lines of one document; beside each how many credit notes may exceed the document, and how many of its lines take
/// something off.
macro_rules! lines_left {
    ($and:literal) => {
        query!(
            [document, document_line, document_line_tax, product, lot, tax],
            concat!(
                lines!(
                    ", (SELECT COUNT(*) FROM document n WHERE n.invoice = $1 AND n.allow_excess = 1),
                    (SELECT COUNT(*) FROM document_line b WHERE b.document = $1 AND b.total < 0)"
                ),
                " WHERE l.document = $1",
                $and,
                " ORDER BY l.line, lt.position NULLS FIRST"
            ),
            [
                asked("document_line", "document", 1).keyed(0),
                asked("document_line", "document", 1).looks(&["total"]),
                asked("document", "invoice", 1).looks(&["allow_excess"]),
                told("document_line_tax", "document_line", 0),
                told("product", "key", 2),
                told("lot", "key", 4),
                told("tax", "key", 19),
            ]
        )
    };
}

/// Loads lines with their taxes and what is held of them, and sums the tax lines.
pub fn load_lines(db: &Db, document: &mut Document) -> Result<()> {
    load_lines_of(db, &mut [document])
}

/// The same of some documents.
fn load_lines_of(db: &Db, documents: &mut [&mut Document]) -> Result<()> {
    let keys: Vec<Key> = documents.iter().map(|document| document.key).collect();
    let places: HashMap<Key, usize> = keys.iter().copied().zip(0..).collect();
    documents.iter_mut().for_each(|document| document.lines.clear());
    each_of(
        db,
        const { Tables::of(&["document_line", "document_line_tax", "product", "lot", "tax"]) },
        (lines!(", l.document"), "l.document", " ORDER BY l.document, l.line, lt.position NULLS FIRST"),
        &keys,
        |row| match places.get(&row.get(29)?).and_then(|place| documents.get_mut(*place)) {
            Some(document) => read_line_or_tax(row, document.currency, &mut document.lines).map(drop),
            None => Ok(()),
        },
    )?;
    for document in documents {
        lines_loaded(document)?;
    }
    Ok(())
}

/// Takes a row of `lines!`: a line that is not the one before, and a tax of it where it has any. Whether it was another line.
fn read_line_or_tax(row: &Row<'_>, currency: Currency, lines: &mut Vec<DocumentLine>) -> Result<bool> {
    let key: Key = row.get(0)?;
    let is_new = lines.last().is_none_or(|line| line.key != key);
    if is_new {
        lines.push(read_line(row, currency)?);
    }
    if let (Some(tax), Some(line)) = (row.optional_reference(19)?, lines.last_mut()) {
        read_tax(row, currency, tax, line)?;
    }
    Ok(is_new)
}

/// Makes true of a document what follows from its lines.
fn lines_loaded(document: &mut Document) -> Result<()> {
    document.line_alone = false;
    document.beyond = Sums::default();
    document.sum_taxes().map_err(|overflow| super::StoreError::Damaged(overflow.to_string()))
}

/// Loads an invoice's lines with what is left of each and of the whole (spec B5), without what the credit note `but` takes. The
/// cents of the last units need `load_taken` beside it.
pub fn load_left(db: &Db, invoice: &mut Document, but: Option<Key>) -> Result<()> {
    let seen = load_by(db, invoice, lines_left!(""), params![invoice.key])?;
    load_beyond(db, invoice, but, &seen)
}

/// Loads one line of an invoice where no other can touch what is left of it, else all of them.
pub fn load_left_of_line(db: &Db, invoice: &mut Document, number: i64) -> Result<()> {
    let seen = load_by(db, invoice, lines_left!(" AND l.line = $2"), params![invoice.key, number])?;
    if seen.exceeding > 0 || seen.below_zero > 0 {
        return load_left(db, invoice, None);
    }
    invoice.line_alone = true;
    Ok(())
}

/// What was seen of a document beside its lines.
#[derive(Default)]
struct Seen {
    exceeding: i64,
    below_zero: i64,
}

fn load_by(db: &Db, document: &mut Document, statement: &'static Statement, params: &[Value<'_>]) -> Result<Seen> {
    let currency = document.currency;
    let mut seen = Seen::default();
    document.lines.clear();
    db.each(statement, params, |row| {
        if read_line_or_tax(row, currency, &mut document.lines)? {
            seen = Seen { exceeding: row.get(29)?, below_zero: row.get(30)? };
        }
        Ok(())
    })?;
    lines_loaded(document)?;
    Ok(seen)
}

/// Loads the quantities of the goods lines on credit notes one by one: what rounding left of each goes to the last units. They
/// are as many as there were refunds, so they are loaded where last units are asked for alone.
pub fn load_taken(db: &Db, invoice: &mut Document, but: Option<Key>) -> Result<()> {
    let is_taken = |line: &DocumentLine| line.held.as_ref().is_some_and(|held| !held.goods.is_zero());
    if !invoice.lines.iter().any(is_taken) {
        return Ok(());
    }
    let sql = query!(
        [document, document_line],
        concat!(
            "SELECT r.invoice_line, r.quantity FROM document n JOIN document_line r ON r.document = n.key
             WHERE n.invoice = $1 AND n.key <> $2 AND r.refunds = 'goods' AND r.invoice_line IS NOT NULL AND ",
            counts!("n"),
            " ORDER BY r.key"
        )
    );
    db.each(sql, params![invoice.key, but.unwrap_or_default()], |row| {
        let (of, quantity): (Key, Quantity) = (row.get(0)?, row.get(1)?);
        let line = invoice.lines.iter_mut().find(|line| line.key == of);
        if let Some(held) = line.and_then(|line| line.held.as_mut()) {
            held.taken.push(quantity);
        }
        Ok(())
    })
}

/// Loads what lines of credit notes come to that refund no line of the invoice; only those that may exceed it have such.
fn load_beyond(db: &Db, invoice: &mut Document, but: Option<Key>, seen: &Seen) -> Result<()> {
    if seen.exceeding == 0 {
        return Ok(());
    }
    let damaged = |overflow: Overflow| super::StoreError::Damaged(overflow.to_string());
    let total = query!(
        [document, document_line],
        concat!(
        "SELECT CAST(COALESCE(SUM(r.total), 0) AS BIGINT) FROM document n JOIN document_line r ON r.document = n.key
         WHERE n.invoice = $1 AND n.key <> $2 AND r.invoice_line IS NULL AND ",
        counts!("n")
    )
    );
    let but = but.unwrap_or_default();
    invoice.beyond.total = db.query_one(total, params![invoice.key, but], |row| row.get(0))?;
    let taxes = query!(
        [document, document_line, document_line_tax],
        concat!(
            "SELECT x.tax, CAST(COALESCE(SUM(x.amount), 0) AS BIGINT)
         FROM document n JOIN document_line r ON r.document = n.key JOIN document_line_tax x ON x.document_line = r.key
         WHERE n.invoice = $1 AND n.key <> $2 AND r.invoice_line IS NULL AND ",
            counts!("n"),
            " GROUP BY x.tax ORDER BY x.tax"
        )
    );
    db.each(taxes, params![invoice.key, but], |row| invoice.beyond.add_tax(row.get(0)?, row.get(1)?).map_err(damaged))
}

/// Reads a tax of a line, and what is held of it.
fn read_tax(row: &Row<'_>, currency: Currency, tax: Reference, line: &mut DocumentLine) -> Result<()> {
    let (rate, included, amount) = (row.get(21)?, row.get(22)?, row.money(23, currency)?);
    line.priced.taxes.push(LineTax { tax, rate, included, amount });
    line.billed.taxes.push(row.get(28)?);
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
        billed: LineAmounts { untaxed: row.get(27)?, taxes: Vec::new() },
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
    record::insert(db, document)?;
    insert_lines(db, document)
}

/// Writes the lines of a document; gives them their keys.
pub fn insert_lines(db: &Db, document: &mut Document) -> Result<()> {
    for line in &mut document.lines {
        line.key = db.next_key()?;
        db.write(
            insert!(
                document_line: key Int, document Int, line Int, product Int, lot Int, label Text, quantity Int, price Int,
                discount Int, refunds Text, invoice_line Int, order_line Int, untaxed Int, tax Int, total Int, share_of Int,
                goods Int, credited Int, value_credited Int, billed Int
            ),
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
                line.share_of,
                0,
                0,
                0,
                line.billed.untaxed
            ],
        )?;
        for (place, (position, tax)) in (1i64..).zip(&line.priced.taxes).enumerate() {
            db.write(
                insert!(
                    document_line_tax: document_line Int, position Int, tax Int, rate Int, included Int, amount Int,
                    credited Int, value_credited Int, billed Int
                ),
                params![line.key, position, &tax.tax, tax.rate, tax.included, tax.amount, 0, 0, line.billed.tax(place)],
            )?;
        }
    }
    Ok(())
}

/// Removes the lines of a draft, before they are written anew.
pub fn delete_lines(db: &Db, document: Key) -> Result<()> {
    db.write(
        raw!(
            writes[document_line_tax],
            reads[document_line],
            "DELETE FROM document_line_tax WHERE document_line IN (SELECT key FROM document_line WHERE document = $1)"
        ),
        params![document],
    )?;
    db.write(
        raw!(writes [document_line], reads [], "DELETE FROM document_line WHERE document = $1", at document = 1),
        params![document],
    )
}

/// Writes what a verb may change of a document itself: all but kind, id, customer and what it came from.
pub fn update(db: &Db, document: &Document) -> Result<()> {
    db.change_one(
        update!(document (Int, Text, Text, Int, Text, Text, Text, Text, Text, Text, Int, Int, Int, Int, Int, Int, Int): "number = $2, state = $3, journal = $4, reason = $5, text = $6, date = $7, accounting_date = $8, due_date = $9, post_on = $10, untaxed = $11, tax = $12, total = $13, open = $14, allow_excess = $15, posted_in = $16, held_by = $17"),
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
            document.allow_excess,
            document.posted_in,
            &document.held_by
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
        update!(document_line (Int, Int, Int, Int): "goods = goods + $2, credited = credited + $3, value_credited = value_credited + $4"),
        params![
            invoice_line,
            sign * goods,
            sign * line.priced.untaxed.minor,
            sign * by_value * line.priced.untaxed.minor
        ],
    )?;
    for (position, tax) in (1i64..).zip(&line.priced.taxes) {
        db.change_one(
            raw!(writes [document_line_tax], reads [], "UPDATE document_line_tax SET credited = credited + $3, value_credited = value_credited + $4
             WHERE document_line = $1 AND position = $2", at document_line = 1),
            params![invoice_line, position, sign * tax.amount.minor, sign * by_value * tax.amount.minor],
        )?;
    }
    Ok(())
}

/// Whether a line of the document names the product, and, where one is given, the lot: on the line itself, or on a done
/// delivery of the document's order (spec B2).
pub fn holds(db: &Db, document: &Document, product: Option<Key>, lot: Option<Key>) -> Result<(bool, bool)> {
    let named = |sql: &'static Statement, key: Option<Key>| -> Result<bool> {
        let Some(key) = key else {
            return Ok(true);
        };
        Ok(db.query_opt(sql, params![document.key, key], |row| row.get::<i64>(0))?.is_some())
    };
    let has_product = named(
        query!(
            [document_line],
            "SELECT key FROM document_line WHERE document = $1 AND product = $2 LIMIT 1",
            [asked("document_line", "document", 1).looks(&["product"])]
        ),
        product,
    )?;
    let on_line = named(
        query!(
            [document_line],
            "SELECT key FROM document_line WHERE document = $1 AND lot = $2 LIMIT 1",
            [asked("document_line", "document", 1).looks(&["lot"])]
        ),
        lot,
    )?;
    let has_lot = on_line || delivered_lot(db, document.order.as_ref().map(|order| order.key), lot)?;
    Ok((has_product, has_lot))
}

fn delivered_lot(db: &Db, order: Option<Key>, lot: Option<Key>) -> Result<bool> {
    let (Some(order), Some(lot)) = (order, lot) else {
        return Ok(false);
    };
    let found = db.query_opt(
        query!(
            [transfer, transfer_line],
            "SELECT l.key FROM transfer t JOIN transfer_line l ON l.transfer = t.key
         WHERE t.sales_order = $1 AND t.kind = 'outgoing' AND t.state = 'done' AND l.lot = $2 AND l.done > 0 LIMIT 1"
        ),
        params![order, lot],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Changes what is open on a posted document by `change` minor units.
pub fn change_open(db: &Db, document: Key, change: Money) -> Result<()> {
    db.change_one(
        update!(document (Int, Int): "open = open + $2" if "state = 'posted' AND open + $2 >= 0 AND open + $2 <= total"),
        params![document, change],
    )
}
