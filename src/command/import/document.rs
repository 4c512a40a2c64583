//! Invoices and credit notes, with their own ids, numbers, days and states; what was paid of them comes as one payment.

use serde::Deserialize;

use super::lines::{Terms, checked_quantity, of_line};
use super::unseen::Kind;
use super::{Form, Run, Stands, filled};
use crate::domain::Result;
use crate::domain::common::{AlreadyExists, CurrencyMismatch, StateNotAllowed, ValueRefused};
use crate::domain::document::billed::SaidSums;
use crate::domain::document::{
    Document, DocumentKind, DocumentLine, DocumentRefused, DocumentState, Invoice, PaymentState, Refunds, Sums, billed,
    check_filled, number_prefix,
};
use crate::domain::journal::{Journal, JournalType, check_sales_journal};
use crate::domain::line::PricedLine;
use crate::domain::linking::{Source, find_billed_line, find_line};
use crate::domain::order::OrderInBrief;
use crate::domain::payment::{Item, MatchRefused, above_zero, check_day};
use crate::domain::product::{Lot, Product, UnitPrice};
use crate::domain::refund::{self, Ask};
use crate::domain::tax::{LineAmounts, Tax};
use crate::domain::ticket::{Ticket, TicketRefused};
use crate::domain::transfer::MoveRefused;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::{Reference, generated_number, generated_parts, shell_word};
use crate::procedure::context::{Cx, Made};
use crate::procedure::matching::match_items;
use crate::procedure::payment::{direction_of, new_payment};
use crate::procedure::{currency, look_up, post};
use crate::store::{document, journal, linking, payment};

#[derive(Deserialize)]
struct DocumentRecord {
    id: String,
    #[serde(default)]
    number: Option<String>,
    #[serde(default)]
    state: Option<DocumentState>,
    #[serde(default)]
    journal: Option<String>,
    #[serde(default)]
    customer: Option<String>,
    #[serde(default)]
    ticket: Option<String>,
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    invoice: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    date: Option<Day>,
    #[serde(default)]
    accounting_date: Option<Day>,
    #[serde(default)]
    due_date: Option<Day>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    paid: Option<Amount>,
    #[serde(default)]
    settled: Option<Amount>,
    #[serde(default)]
    amount: Option<Amount>,
    #[serde(default)]
    billed: Option<BilledRecord>,
    #[serde(default)]
    lines: Vec<LineRecord>,
}

/// What a document was billed with elsewhere, as far as that is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilledRecord {
    #[serde(default)]
    untaxed: Option<Amount>,
    #[serde(default)]
    tax: Option<Amount>,
    #[serde(default)]
    total: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRecord {
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    quantity: Option<Quantity>,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default)]
    discount: Option<Percent>,
    #[serde(default)]
    taxes: Option<Vec<String>>,
    #[serde(default)]
    untaxed: Option<Amount>,
    #[serde(default)]
    tax_amounts: Option<Vec<Amount>>,
    #[serde(default)]
    refunds: Option<Refunds>,
    #[serde(default)]
    invoice_line: Option<i64>,
}

pub const INVOICE: Form = Form {
    kind: "invoice",
    keys: &[
        "id",
        "number",
        "state",
        "journal",
        "customer",
        "ticket",
        "order",
        "reason",
        "text",
        "date",
        "accounting_date",
        "due_date",
        "currency",
        "paid",
        "billed",
        "lines",
    ],
    lines: &["product", "lot", "label", "quantity", "price", "discount", "taxes", "untaxed", "tax_amounts"],
    switches: &[],
    run: |run| import(run, DocumentKind::Invoice, &INVOICE),
};

pub const CREDIT_NOTE: Form = Form {
    kind: "credit_note",
    keys: &[
        "id",
        "number",
        "state",
        "journal",
        "customer",
        "ticket",
        "order",
        "invoice",
        "reason",
        "text",
        "date",
        "accounting_date",
        "due_date",
        "currency",
        "paid",
        "settled",
        "amount",
        "billed",
        "lines",
    ],
    lines: &[
        "product",
        "lot",
        "label",
        "quantity",
        "price",
        "discount",
        "taxes",
        "untaxed",
        "tax_amounts",
        "refunds",
        "invoice_line",
    ],
    switches: &[],
    run: |run| import(run, DocumentKind::CreditNote, &CREDIT_NOTE),
};

fn import(run: &mut Run<'_, '_>, kind: DocumentKind, form: &'static Form) -> Result<()> {
    let cx = run.cx;
    let record: DocumentRecord = filled(run, form)?;
    // What an amount takes of an invoice is told by what stands: by now it is taken.
    let stands = match &record.amount {
        Some(_) => named(run, &record.id)?.map(|before| completed(cx, before)).transpose()?,
        None => None,
    };
    let mut told = ImportedDocument::of(run, kind, &record, stands.as_ref())?;
    if let Some(before) = named(run, &told.document.id)? {
        let before = completed(cx, before)?;
        // A day that is not told is that on which the record came.
        if record.date.is_none() {
            told.keep_day_of(&before, &record);
        }
        return match is_same(&before, &told) {
            true => Ok(()),
            false if run.update => Err(unchangeable(&before)),
            false => Err(Stands { form, id: before.id }.into()),
        };
    }
    if let Some(number) = &told.document.number
        && *number != told.document.id
        && named(run, number)?.is_some()
    {
        let (kind, noun) = (kind.words(), kind.noun());
        return Err(AlreadyExists { kind, noun, field: "number", given: number.clone() }.into());
    }
    told.check_new(cx)?;
    // A credit note takes nothing of an order.
    let is_first = match &told.document.order {
        Some(order) if kind == DocumentKind::Invoice => run.is_new(Kind::DocumentOfOrder, &order.id)?,
        _ => false,
    };
    insert(run, told, is_first)
}

fn completed(cx: &Cx<'_>, mut before: Document) -> Result<Document> {
    document::complete(cx.db, &mut before)?;
    Ok(before)
}

/// The document of that id or number.
fn named(run: &mut Run<'_, '_>, id: &str) -> Result<Option<Document>> {
    if run.is_new(Kind::Document, id)? {
        return Ok(None);
    }
    Ok(document::by_any_id(run.cx.db, id)?)
}

fn unchangeable(before: &Document) -> crate::domain::Error {
    let hint = Some(format!("aftersales {} show {}", before.kind.noun(), shell_word(before.shown())));
    StateNotAllowed { what: before.named(), state: before.state.to_string(), wanted: "changed by an import", hint }
        .into()
}

/// A document as the record tells it, not written yet.
struct ImportedDocument {
    document: Document,
    /// The invoice that a credit note reverses, with its lines.
    invoice: Option<Document>,
    /// What was paid of it, and whether a credit note clears its invoice with that as far as it can.
    paid: Money,
    clears_first: bool,
    /// Whether it is told what it was billed with.
    is_billed: bool,
    journal: Journal,
    /// The order that it names itself.
    named: Option<OrderInBrief>,
}

impl ImportedDocument {
    fn of(
        run: &mut Run<'_, '_>,
        kind: DocumentKind,
        record: &DocumentRecord,
        stands: Option<&Document>,
    ) -> Result<ImportedDocument> {
        let cx = run.cx;
        let invoice = record.invoice.as_deref().map(|id| reversed(cx, id)).transpose()?;
        let order = record.order.as_deref().map(|id| run.order(id)).transpose()?;
        let customer = match (&record.customer, &invoice, &order) {
            (Some(id), ..) => run.lookup.customer(cx, id)?,
            (None, Some(invoice), _) => invoice.customer.clone(),
            (None, None, Some(named)) => named.customer.clone(),
            (None, None, None) => return Err(ValueRefused::missing("customer").into()),
        };
        if let Some(named) = order.as_ref().filter(|named| named.customer.key != customer.key) {
            let (order, customer) = (named.order.id.clone(), customer.id);
            return Err(TicketRefused::OrderNotOfCustomer { order, customer }.into());
        }
        let journal = run.lookup.journal(cx, record.journal.as_deref().unwrap_or("INV"))?;
        let ticket = record.ticket.as_deref().map(|id| ticket_of(cx, id, Some(&customer))).transpose()?;
        let ticket = ticket.map(|(ticket, _)| ticket);
        let currency = match (&record.currency, &invoice) {
            (None, Some(invoice)) => invoice.currency,
            (named, _) => currency::named(cx, named.as_deref())?,
        };
        let state = record.state.unwrap_or(DocumentState::Draft);
        let date = record.date.unwrap_or(cx.today);
        let id = super::checked_id(&record.id)?;
        let number = match state {
            DocumentState::Draft => None,
            DocumentState::Posted => Some(record.number.clone().unwrap_or_else(|| id.clone())),
            DocumentState::Cancelled => record.number.clone(),
        };
        ValueRefused::check_id("number", number.as_deref().unwrap_or_default())?;
        let named = order;
        let (order, invoice_order) =
            (named.as_ref().map(|named| named.order.clone()), invoice.as_ref().and_then(|i| i.order.clone()));
        let reason = record.reason.clone().filter(|reason| !reason.is_empty());
        let text = record.text.clone().or_else(|| {
            let invoice = invoice.as_ref()?;
            Some(refund::text(invoice.shown(), reason.as_deref()))
        });
        let zero = Money::zero(currency);
        let mut document = Document {
            key: 0,
            id,
            number,
            kind,
            state,
            journal: journal.reference(),
            customer,
            ticket,
            order: order.or(invoice_order),
            invoice: invoice.as_ref().map(Document::reference),
            reason,
            text,
            date,
            accounting_date: match state {
                DocumentState::Draft => None,
                _ => Some(record.accounting_date.unwrap_or(date)),
            },
            // A credit note is due on its date (spec B4).
            due_date: record.due_date.or(Some(date).filter(|_| kind == DocumentKind::CreditNote)),
            post_on: None,
            task: None,
            currency,
            lines: Vec::with_capacity(record.lines.len()),
            tax_lines: Vec::new(),
            untaxed: zero,
            tax: zero,
            total: zero,
            open: zero,
            payment_state: PaymentState::NotPaid,
            matched: Vec::new(),
            held_by: None,
            // What it is told with is what stands when it comes.
            posted_in: match state {
                DocumentState::Posted => Some(cx.operation()?),
                DocumentState::Draft | DocumentState::Cancelled => None,
            },
            allow_excess: false,
            replaces: false,
            copy_of: None,
            beyond: Sums::default(),
            line_alone: false,
        };
        match &record.amount {
            None => add_lines(run, &mut document, invoice.as_ref(), &record.lines)?,
            Some(amount) => document.lines = lines_of_amount(cx, invoice.as_ref(), record, amount, stands)?,
        }
        if let Some(billed) = &record.billed {
            billed::bill_whole(&mut document, billed.told(currency)?)?;
        } else {
            billed::check_whole(&document)?;
        }
        document.sum_up()?;
        check(&document, invoice.as_ref())?;
        let (field, given) = match &record.settled {
            Some(settled) => ("settled", Some(settled)),
            None => ("paid", record.paid.as_ref()),
        };
        let paid = paid(&document, field, given)?;
        let is_billed = record.billed.is_some() || record.lines.iter().any(LineRecord::is_billed);
        let clears_first = record.settled.is_some();
        Ok(ImportedDocument { document, invoice, paid, clears_first, is_billed, journal, named })
    }

    /// Takes the days of the one that stands, where the record tells none.
    fn keep_day_of(&mut self, before: &Document, record: &DocumentRecord) {
        self.document.date = before.date;
        if record.due_date.is_none() {
            self.document.due_date = before.due_date;
        }
        if record.accounting_date.is_none() {
            self.document.accounting_date = before.accounting_date;
        }
    }
}

impl BilledRecord {
    /// The sums in the currency of the document.
    pub fn told(&self, currency: Currency) -> Result<SaidSums> {
        let read = |field: &'static str, amount: &Option<Amount>| {
            amount.as_ref().map(|amount| in_currency(field, amount, currency)).transpose()
        };
        Ok(SaidSums {
            untaxed: read("untaxed", &self.untaxed)?,
            tax: read("tax", &self.tax)?,
            total: read("total", &self.total)?,
        })
    }
}

fn in_currency(field: &'static str, amount: &Amount, currency: Currency) -> Result<Money> {
    let read = amount.in_currency(currency);
    Ok(read.map_err(|fault| ValueRefused::invalid(field, amount, fault.to_string()))?)
}

/// The lines of a credit note of which only the amount is known: those that a refund of that amount has, and all that is left where
/// that is the amount (spec B5, B12). `stands` is the one that was made of the same record before.
fn lines_of_amount(
    cx: &Cx<'_>,
    invoice: Option<&Document>,
    record: &DocumentRecord,
    amount: &Amount,
    stands: Option<&Document>,
) -> Result<Vec<DocumentLine>> {
    let Some(invoice) = invoice else {
        return Err(
            ValueRefused::invalid("amount", amount, "an amount is taken of an invoice, and none is named").into()
        );
    };
    if !record.lines.is_empty() {
        let message = "the amount and the lines are told; leave one of them out";
        return Err(ValueRefused::invalid("amount", amount, message).into());
    }
    let asked = in_currency("amount", amount, invoice.currency)?;
    if let Some(before) = stands.filter(|before| before.total == asked) {
        return Ok(before.lines.clone());
    }
    let mut invoice = invoice.clone();
    document::load_taken(cx.db, &mut invoice, None)?;
    let mut left = 0_i64;
    for line in &invoice.lines {
        left = left.saturating_add(line.held().left_value()?.total()?);
    }
    let ask = if left == asked.minor && left > 0 { Ask::Everything } else { Ask::Amount(amount.clone()) };
    refund::decide(&invoice, &ask, false, &document::drafts_on(cx.db, invoice.key)?)
}

impl ImportedDocument {
    /// Refuses a new document that no command could have made (spec B3, B7, B10): in a journal that takes none, for an order that is
    /// not confirmed, in a period that is locked, under a number that another journal or year will come to.
    fn check_new(&self, cx: &Cx<'_>) -> Result<()> {
        let ImportedDocument { document, invoice, named, journal, .. } = self;
        if document.state != DocumentState::Cancelled || journal.kind != JournalType::Sale {
            check_sales_journal(journal)?;
        }
        if let (Some(named), Some(invoice)) = (named, invoice)
            && invoice.order.as_ref().map(|order| order.key) != Some(named.order.key)
        {
            let message = format!("{} is an invoice of another order", invoice.shown());
            return Err(ValueRefused::invalid("order", &named.order, message).into());
        }
        if let Some(named) = named {
            if document.state != DocumentState::Cancelled {
                named.check_confirmed("invoiced")?;
            }
            if named.currency != document.currency {
                let (has, wanted) = (named.currency, document.currency);
                let what = format!("the order {}", named.order);
                return Err(CurrencyMismatch { field: "currency", what, has, wanted, way_out: "" }.into());
            }
        }
        if document.state == DocumentState::Posted
            && let Some(accounted) = document.accounting_date
        {
            check_day("date", accounted, cx.desk.lock_date)?;
        }
        check_number(cx, document, &journal.id)
    }
}

/// Refuses a number that another kind, journal or year of this desk comes to by itself.
fn check_number(cx: &Cx<'_>, document: &Document, journal: &str) -> Result<()> {
    let (Some(number), Some(accounted)) = (&document.number, document.accounting_date) else {
        return Ok(());
    };
    let Some((prefix, _)) = generated_parts(number) else {
        return Ok(());
    };
    let own = number_prefix(document.kind, journal, accounted.year());
    let Some((of, year)) = prefix.strip_suffix('/').and_then(|named| named.rsplit_once('/')).filter(|_| prefix != own)
    else {
        return Ok(());
    };
    let is_year = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
    let mut is_a_journal = false;
    for id in [Some(of), of.strip_prefix('R')].into_iter().flatten() {
        is_a_journal |= journal::by_id(cx.db, id)?.is_some();
    }
    if is_year && is_a_journal {
        let message =
            format!("{} would be numbered {own}…, and another one will come to this number", document.kind.words());
        return Err(ValueRefused::invalid("number", number, message).into());
    }
    Ok(())
}

/// The ticket of that id, with its customer, who must be that one where it has one.
pub fn ticket_of(cx: &Cx<'_>, id: &str, customer: Option<&Reference>) -> Result<(Reference, Option<Reference>)> {
    let ticket: Ticket = look_up::bare(cx, "ticket", id)?;
    match (&ticket.customer, customer) {
        (Some(theirs), Some(customer)) if theirs.key != customer.key => {
            let message = format!("{} is a ticket of {theirs}, not of {customer}", ticket.id);
            Err(ValueRefused::invalid("ticket", id, message).into())
        }
        _ => Ok((ticket.reference(), ticket.customer)),
    }
}

/// The invoice that a credit note reverses, with its lines and what is held of them.
fn reversed(cx: &Cx<'_>, given: &str) -> Result<Document> {
    let Invoice(mut invoice) = look_up::bare(cx, "invoice", given)?;
    document::load_left(cx.db, &mut invoice, None)?;
    Ok(invoice)
}

fn add_lines(
    run: &mut Run<'_, '_>,
    document: &mut Document,
    invoice: Option<&Document>,
    records: &[LineRecord],
) -> Result<()> {
    let mut of_invoice: Vec<Source> = invoice.map(sources_of).unwrap_or_default();
    for (number, record) in (1_i64..).zip(records) {
        let line = match invoice {
            Some(invoice) => record.reversing(run, invoice, &mut of_invoice, number),
            None => record.plain(run, document.currency, number),
        };
        let line = line.and_then(|line| record.billed(line, document.currency));
        document.lines.push(line.map_err(|error| of_line(number, error))?);
    }
    Ok(())
}

fn sources_of(invoice: &Document) -> Vec<Source> {
    let source = |line: &DocumentLine| Source {
        key: line.key,
        product: line.product.as_ref().map(|product| product.key),
        lot: line.lot.as_ref().map(|lot| lot.key),
        price: None,
        left: line.held().left_quantity().unwrap_or(Quantity::ZERO),
    };
    invoice.lines.iter().map(source).collect()
}

impl LineRecord {
    fn is_billed(&self) -> bool {
        self.untaxed.is_some() || self.tax_amounts.is_some()
    }

    /// The line with the amounts that it was billed with, where these are told.
    fn billed(&self, mut line: DocumentLine, currency: Currency) -> Result<DocumentLine> {
        let untaxed = self.untaxed.as_ref().map(|untaxed| in_currency("untaxed", untaxed, currency)).transpose()?;
        let taxes = match &self.tax_amounts {
            Some(taxes) => {
                Some(taxes.iter().map(|tax| in_currency("tax_amounts", tax, currency)).collect::<Result<Vec<_>>>()?)
            }
            None => None,
        };
        billed::bill_line(&mut line, untaxed, taxes.as_deref())?;
        Ok(line)
    }

    /// A line that stands for itself.
    fn plain(&self, run: &mut Run<'_, '_>, currency: Currency, number: i64) -> Result<DocumentLine> {
        if let Some(line) = self.invoice_line {
            return Err(ValueRefused::invalid("invoice_line", line, "no invoice is named").into());
        }
        let terms = Terms {
            product: self.product.as_deref(),
            label: self.label.as_deref(),
            quantity: self.quantity,
            price: self.price,
            discount: self.discount,
            taxes: self.taxes.as_deref(),
        };
        let told = terms.told(run.cx, run.lookup, currency)?;
        let lot = self.lot_of(run, told.product.as_deref(), number)?;
        Ok(DocumentLine {
            key: 0,
            line: number,
            product: told.product.map(|product| product.reference()),
            lot,
            label: told.label,
            priced: told.priced,
            refunds: self.refunds,
            invoice_line: None,
            share_of: None,
            order_line: None,
            billed: LineAmounts::default(),
            held: None,
        })
    }

    /// A line of a credit note, which takes from a line of the invoice; what it does not tell is as it is there.
    fn reversing(
        &self,
        run: &mut Run<'_, '_>,
        invoice: &Document,
        left: &mut [Source],
        number: i64,
    ) -> Result<DocumentLine> {
        let product = self.product.as_deref().map(|id| run.lookup.product(run.cx, id)).transpose()?;
        let lot = self.lot_of(run, product.as_deref(), number)?;
        // A discount has no units that could be taken back: a line of it takes value (spec B5).
        let takes_off = product.is_none() && self.price.is_some_and(Price::is_negative);
        let refunds = self.refunds.unwrap_or(if takes_off { Refunds::Value } else { Refunds::Goods });
        let quantity = match (refunds, self.quantity) {
            (Refunds::Value, None) => Quantity::ONE,
            (Refunds::Value, Some(quantity)) if quantity != Quantity::ONE => {
                let message = format!("a price reduction has the quantity 1, not {quantity}");
                return Err(ValueRefused::quantity("quantity", quantity, message).into());
            }
            (_, quantity) => checked_quantity(quantity, product.as_deref())?,
        };
        let taken = if refunds == Refunds::Value { Quantity::ZERO } else { quantity };
        let source = match self.invoice_line {
            Some(line) => invoice.lines.iter().find(|source| source.line == line),
            None => {
                let product = product.as_ref().map(|product| product.key);
                let key = find_line(left, product, lot.as_ref().map(|lot| lot.key), taken);
                invoice.lines.iter().find(|source| Some(source.key) == key)
            }
        };
        let Some(source) = source else {
            let message = format!("{} has no line that it could be of", invoice.shown());
            return Err(match self.invoice_line {
                Some(line) => ValueRefused::invalid("invoice_line", line, message),
                None => ValueRefused::invalid("product", self.product.as_deref().unwrap_or_default(), message),
            }
            .into());
        };
        let fits = |key: Option<i64>, of: &Option<Reference>| key.is_none() || key == of.as_ref().map(|of| of.key);
        if !fits(product.as_ref().map(|product| product.key), &source.product) {
            let message = format!("line {} of {} is of another product", source.line, invoice.shown());
            return Err(ValueRefused::invalid("product", self.product.as_deref().unwrap_or_default(), message).into());
        }
        if let (Some(lot), Some(of)) = (&lot, &source.lot)
            && lot.key != of.key
        {
            let message = format!("line {} of {} is of the lot {of}", source.line, invoice.shown());
            return Err(ValueRefused::invalid("lot", lot, message).into());
        }
        self.check_taxes(run, source, invoice)?;
        let rates: Vec<Tax> = source
            .priced
            .taxes
            .iter()
            .map(|tax| Tax::bare(tax.tax.key, tax.tax.id.clone(), tax.rate, tax.included))
            .collect();
        let price = self.price.unwrap_or(source.priced.price.price);
        let price = UnitPrice { price, currency: invoice.currency };
        let discount = self.discount.unwrap_or(source.priced.discount);
        if !discount.is_discount() {
            let message = format!("a discount is 0 to 100 percent, not {discount}");
            return Err(ValueRefused::quantity("discount", discount, message).into());
        }
        Ok(DocumentLine {
            key: 0,
            line: number,
            product: source.product.clone(),
            lot: lot.or_else(|| source.lot.clone()),
            label: self.label.clone().filter(|label| !label.is_empty()).unwrap_or_else(|| source.label.clone()),
            priced: PricedLine::compute(quantity, price, discount, &rates)?,
            refunds: Some(refunds),
            invoice_line: Some(source.key),
            share_of: None,
            order_line: source.order_line,
            billed: LineAmounts::default(),
            held: None,
        })
    }

    /// A credit note takes from its invoice tax by tax, so it has the same ones.
    fn check_taxes(&self, run: &mut Run<'_, '_>, source: &DocumentLine, invoice: &Document) -> Result<()> {
        let Some(given) = &self.taxes else {
            return Ok(());
        };
        if given.iter().eq(source.priced.taxes.iter().map(|tax| &tax.tax.id)) {
            return Ok(());
        }
        // Another system may call them otherwise.
        let mut meant = Vec::with_capacity(given.len());
        for id in given {
            meant.push(match run.lookup.tax(run.cx, id) {
                Ok(tax) => tax.id,
                Err(error) if error.is_of_the_store() => return Err(error),
                Err(_) => id.clone(),
            });
        }
        if meant.iter().ne(source.priced.taxes.iter().map(|tax| &tax.tax.id)) {
            let message = format!("the taxes of line {} of {} are others", source.line, invoice.shown());
            return Err(ValueRefused::invalid("taxes", given.join(", "), message).into());
        }
        Ok(())
    }

    fn lot_of(&self, run: &mut Run<'_, '_>, product: Option<&Product>, number: i64) -> Result<Option<Reference>> {
        let Some(id) = self.lot.as_deref().filter(|lot| !lot.is_empty()) else {
            return Ok(None);
        };
        let lot: Lot = run.lookup.lot(run.cx, id)?;
        match product {
            Some(product) if !product.is_tracked() => {
                Err(MoveRefused::NotTracked { product: product.id.clone(), line: number, given: lot.id }.into())
            }
            Some(product) if product.key == lot.product.key => Ok(Some(lot.reference())),
            product => {
                let product = product.map(|product| product.id.clone()).unwrap_or_default();
                Err(MoveRefused::OtherProduct { lot: lot.id, has: lot.product.id, product }.into())
            }
        }
    }
}

fn check(document: &Document, invoice: Option<&Document>) -> Result<()> {
    if document.state == DocumentState::Posted {
        check_filled(document)?;
        // Books that were kept elsewhere have invoices below zero, such as for bad debts; they come in as they are, and
        // nothing can be paid or matched on them.
        if document.total.is_negative() && document.kind == DocumentKind::CreditNote {
            let (id, kind) = (document.id.clone(), document.kind);
            return Err(
                DocumentRefused::BelowZero { document: document.named(), id, kind, total: document.total }.into()
            );
        }
    }
    let Some(invoice) = invoice else {
        return Ok(());
    };
    if invoice.state != DocumentState::Posted && document.state != DocumentState::Cancelled {
        return Err(DocumentRefused::InvoiceNotPosted { invoice: invoice.id.clone(), state: invoice.state }.into());
    }
    if invoice.customer.key != document.customer.key {
        let message = format!("{} is an invoice of {}", invoice.shown(), invoice.customer);
        return Err(ValueRefused::invalid("customer", &document.customer, message).into());
    }
    if invoice.currency != document.currency {
        return Err(CurrencyMismatch {
            field: "currency",
            what: invoice.named(),
            has: invoice.currency,
            wanted: document.currency,
            way_out: "",
        }
        .into());
    }
    Ok(())
}

/// What was paid of the document: up to its total, and nothing while it is not posted.
fn paid(document: &Document, field: &'static str, paid: Option<&Amount>) -> Result<Money> {
    let zero = Money::zero(document.currency);
    let Some(given) = paid else {
        return Ok(zero);
    };
    let is_nothing = given.in_currency(document.currency).is_ok_and(Money::is_zero);
    if is_nothing {
        return Ok(zero);
    }
    let paid = above_zero(field, given, document.currency)?;
    if document.state != DocumentState::Posted {
        let (id, noun) = (document.id.clone(), document.kind.noun());
        return Err(MatchRefused::NotPosted { document: document.named(), id, noun, state: document.state }.into());
    }
    if paid.minor > document.total.minor {
        return Err(MatchRefused::TooMuch { field, asked: paid, open: document.total, hint: None }.into());
    }
    Ok(paid)
}

/// Writes a new document; `is_first` says that its order has no invoice yet.
fn insert(run: &Run<'_, '_>, told: ImportedDocument, is_first: bool) -> Result<()> {
    let cx = run.cx;
    let ImportedDocument { mut document, invoice, mut paid, clears_first, named, .. } = told;
    if let Some(warning) = billed::warning(&document)? {
        cx.warn("billed", warning);
    }
    raise_counters(cx, &document)?;
    if document.state == DocumentState::Posted {
        document.open = document.total;
    }
    // The lines of an order that can be edited yet are written anew, so that none of them is billed.
    let is_editable = named.is_some_and(|named| named.state.is_editable());
    if let (None, Some(order), false) = (&invoice, &document.order, is_editable) {
        let mut left = if is_first { run.lookup.unbilled(cx, order.key)? } else { linking::to_bill(cx.db, order.key)? };
        for line in &mut document.lines {
            let product = line.product.as_ref().map(|product| product.key);
            line.order_line = find_billed_line(&mut left, product, line.priced.quantity, line.priced.price.price);
        }
    }
    if let Some(invoice) = invoice.as_ref().filter(|_| document.state != DocumentState::Cancelled) {
        refund::check_within_left(&document, invoice, ("lines", &document.id))?;
    }
    document.key = cx.db.next_key()?;
    document::insert(cx.db, &mut document)?;
    cx.created(document.kind.word(), &document.id);
    cx.amounts_to(Made::document(&document));
    if document.state != DocumentState::Cancelled {
        post::hold_lines(cx, &document, 1)?;
    }
    if let Some(ticket) = &document.ticket {
        cx.touched("ticket", &ticket.id);
    }
    // What was settled of a credit note is first of all what it clears of its invoice.
    if let Some(invoice) = invoice.as_ref().filter(|invoice| clears_first && !paid.is_zero() && !invoice.open.is_zero())
    {
        let most = Money::new(paid.minor.min(invoice.open.minor), document.currency);
        if let Some(cleared) =
            match_items(cx, &Item::of_document(&document)?, &Item::of_document(invoice)?, Some(most))?
        {
            document.open = Money::new(document.open.minor - cleared.minor, document.currency);
            paid = Money::new(paid.minor - cleared.minor, document.currency);
        }
    }
    if !paid.is_zero() {
        let direction = direction_of(document.kind);
        let payment = new_payment(cx, direction, document.customer.clone(), paid, document.date, None)?;
        payment::insert(cx.db, &payment)?;
        cx.created("payment", &payment.id);
        match_items(cx, &Item::of_document(&document)?, &Item::of_payment(&payment)?, Some(paid))?;
        document.open = Money::new(document.open.minor - paid.minor, document.currency);
    }
    // What a credit note leaves open clears its invoice, up to what is open there (spec B7).
    if let (Some(invoice), DocumentState::Posted, false) = (&invoice, document.state, clears_first) {
        match_items(cx, &Item::of_document(&document)?, &Item::of_document(invoice)?, None)?;
    }
    Ok(())
}

/// Counters go on after the highest imported number.
fn raise_counters(cx: &Cx<'_>, document: &Document) -> Result<()> {
    if let Some(number) = generated_number(&document.id, "D") {
        cx.db.raise_counter("D", number)?;
    }
    if let Some((prefix, number)) = document.number.as_deref().and_then(generated_parts)
        && prefix.ends_with('/')
    {
        cx.db.raise_counter(prefix, number)?;
    }
    Ok(())
}

/// Whether a document is what a record tells; what came of it since, such as further payments, does not count.
fn is_same(stored: &Document, told: &ImportedDocument) -> bool {
    let key = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.key);
    // In a store of the first format, credit notes were due on no day.
    let due = |document: &Document| match document.kind {
        DocumentKind::CreditNote => document.due_date.or(Some(document.date)),
        DocumentKind::Invoice => document.due_date,
    };
    let head = |document: &Document| {
        (
            (document.id.clone(), document.number.clone(), document.kind, document.state),
            (document.journal.key, document.customer.key, document.currency),
            (key(&document.ticket), key(&document.order), key(&document.invoice)),
            (document.reason.clone(), document.text.clone()),
            (document.date, document.accounting_date, due(document)),
        )
    };
    let line = |line: &DocumentLine| {
        let taxes: Vec<i64> = line.priced.taxes.iter().map(|tax| tax.tax.key).collect();
        let terms = (line.priced.quantity, line.priced.price, line.priced.discount);
        (key(&line.product), key(&line.lot), line.label.clone(), terms, taxes, line.refunds)
    };
    let document = &told.document;
    let settled = stored.total.minor.saturating_sub(stored.open.minor);
    head(stored) == head(document)
        && stored.lines.iter().map(line).eq(document.lines.iter().map(line))
        && (told.paid.is_zero() || settled >= told.paid.minor)
        && (!told.is_billed
            || stored.lines.iter().map(DocumentLine::amounts).eq(document.lines.iter().map(DocumentLine::amounts)))
}
