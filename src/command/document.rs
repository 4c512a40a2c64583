//! What invoices and credit notes have in common: their verbs, whichever noun they were called by.

use std::fmt::Display;

use serde::Serialize;

use super::Cx;
use crate::domain::common::ValueRefused;
use crate::domain::document::{Document, DocumentKind, DocumentLine, DocumentRefused, DocumentState, PaymentState};
use crate::domain::journal::{Journal, check_sales_journal};
use crate::domain::line::{LineChange, LineNumber, NewLine, sell};
use crate::domain::payment::{Direction, Item, MatchRefused, Payment, matchable};
use crate::domain::product::Product;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::context::found;
use crate::procedure::matching::{complete, item, match_items, unmatch};
use crate::procedure::{currency, post};
use crate::store::{document, journal, order, payment, product};

/// All keys of a document as listed, in order.
pub const FIELDS: &[&str] = &[
    "id",
    "number",
    "kind",
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
    "post_on",
    "currency",
    "lines",
    "tax_lines",
    "untaxed",
    "tax",
    "total",
    "open",
    "payment_state",
    "matched",
];

/// A document under the name of its kind, as results show it.
pub struct Kinded(pub Document);

impl Serialize for Kinded {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0.kind.word(), &self.0)?;
        map.end()
    }
}

/// The document of `kind` that `given` names, with lines and matches.
pub fn named(cx: &Cx<'_>, kind: DocumentKind, given: &str) -> Result<Document> {
    let field = kind.word();
    let found_document = cx.db.by_reference(given, |id| document::by_id(cx.db, kind, id))?;
    let mut named = found(found_document, kind.words(), kind.noun(), field, given)?;
    complete(cx.db, &mut named)?;
    Ok(named)
}

/// Posts a draft; a posted one stays as it is.
pub fn post(cx: &Cx<'_>, kind: DocumentKind, given: &str) -> Result<Kinded> {
    let mut draft = named(cx, kind, given)?;
    match draft.state {
        DocumentState::Posted => {}
        DocumentState::Cancelled => return Err(refused_state(&draft, "posted")),
        DocumentState::Draft => {
            if let (Some(invoice), false) = (&draft.invoice, draft.allow_excess) {
                check_own_lines(cx, &draft, invoice.key)?;
            }
            post::post(cx, &mut draft)?;
        }
    }
    Ok(Kinded(draft))
}

/// Checks a draft credit note against what the others leave: its own lines are let go of and taken again (spec B5).
fn check_own_lines(cx: &Cx<'_>, draft: &Document, invoice: i64) -> Result<()> {
    post::hold_lines(cx, draft, -1)?;
    let mut source = document::by_key(cx.db, invoice)?;
    document::load_lines(cx.db, &mut source)?;
    post::check_within_left(draft, &source)?;
    post::hold_lines(cx, draft, 1)
}

fn refused_state(document: &Document, wanted: &'static str) -> crate::domain::Error {
    let hint = Some(format!("aftersales {} show {}", document.kind.noun(), document.shown()));
    DocumentRefused::State { document: document.named(), state: document.state, wanted, hint }.into()
}

/// Cancels a document; a cancelled one stays as it is (spec B13).
pub fn cancel(cx: &Cx<'_>, kind: DocumentKind, given: &str) -> Result<Kinded> {
    let mut document = named(cx, kind, given)?;
    if document.state != DocumentState::Cancelled {
        post::cancel(cx, &mut document)?;
    }
    Ok(Kinded(document))
}

/// What paying or matching answers: the document, and the payment where one was made.
#[derive(Serialize)]
pub struct PayOutcome {
    payment: Option<Payment>,
    #[serde(flatten)]
    document: Kinded,
}

/// What was asked of a payment.
pub struct Pay<'p> {
    pub amount: Option<&'p Amount>,
    pub date: Option<&'p Setting<Day>>,
    pub reference: Option<&'p str>,
}

/// Pays an invoice or pays out a credit note, whole or in part (spec B14).
pub fn pay(cx: &Cx<'_>, kind: DocumentKind, given: &str, pay: &Pay<'_>) -> Result<PayOutcome> {
    let mut document = named(cx, kind, given)?;
    let mut faults = Faults::default();
    let asked = pay.amount.and_then(|amount| faults.gather(above_zero("amount", amount, document.currency)));
    let date = match pay.date {
        None => cx.today,
        Some(Setting(Some(date))) => *date,
        Some(Setting(None)) => {
            faults.note(ValueRefused::missing("date"));
            cx.today
        }
    };
    faults.refuse()?;
    let item = Item::of_document(&document)?;
    let amount = match asked {
        Some(asked) if asked.minor > item.open.minor => {
            return Err(MatchRefused::TooMuch { field: "amount", asked, open: item.open }.into());
        }
        Some(asked) => asked,
        None if item.open.minor <= 0 => return Ok(PayOutcome { payment: None, document: Kinded(document) }),
        None => item.open,
    };
    let payment = new_payment(cx, &document, amount, date, pay.reference)?;
    payment::insert(cx.db, &payment)?;
    cx.created("payment", &payment.id);
    match_items(cx, &item, &Item::of_payment(&payment), Some(amount))?;
    reload(cx, &mut document)?;
    let payment = payment::by_id(cx.db, &payment.id)?.map(|mut paid| {
        paid.matched = vec![crate::domain::document::Matched { with: document.shown().to_owned(), amount }];
        paid
    });
    Ok(PayOutcome { payment, document: Kinded(document) })
}

/// A new payment of a document, in for an invoice and out for a credit note.
pub fn new_payment(
    cx: &Cx<'_>,
    document: &Document,
    amount: Money,
    date: Day,
    reference: Option<&str>,
) -> Result<Payment> {
    Ok(Payment {
        key: cx.db.next_key()?,
        id: cx.db.next_reference("P")?,
        direction: if document.kind == DocumentKind::Invoice { Direction::In } else { Direction::Out },
        customer: document.customer.clone(),
        date,
        currency: document.currency,
        amount,
        open: amount,
        reference: reference.filter(|text| !text.is_empty()).map(str::to_owned),
        matched: Vec::new(),
    })
}

/// An amount above zero, in a currency.
pub fn above_zero(field: &'static str, amount: &Amount, currency: Currency) -> Result<Money> {
    let money = amount
        .in_currency(currency)
        .map_err(|fault| crate::domain::Error::from(ValueRefused::invalid(field, amount, fault.to_string())))?;
    if money.minor <= 0 {
        return Err(ValueRefused::quantity(field, amount, format!("{amount} is not an amount above zero")).into());
    }
    Ok(money)
}

/// Matches a document with another document or a payment (spec B8).
pub fn match_with(
    cx: &Cx<'_>,
    kind: DocumentKind,
    given: &str,
    with: Option<&str>,
    amount: Option<&Amount>,
) -> Result<Kinded> {
    let mut document = named(cx, kind, given)?;
    let with = with.filter(|with| !with.is_empty()).ok_or_else(|| ValueRefused::missing("with"))?;
    let other = item(cx, "with", with)?;
    let asked = amount.map(|amount| above_zero("amount", amount, document.currency)).transpose()?;
    let one = Item::of_document(&document)?;
    matchable(&one, &other, asked)?;
    match_items(cx, &one, &other, asked)?;
    reload(cx, &mut document)?;
    Ok(Kinded(document))
}

/// Takes the matches between a document and another document or payment away; no other is touched (spec B8).
pub fn unmatch_with(cx: &Cx<'_>, kind: DocumentKind, given: &str, with: Option<&str>) -> Result<Kinded> {
    let mut document = named(cx, kind, given)?;
    let with = with.filter(|with| !with.is_empty()).ok_or_else(|| ValueRefused::missing("with"))?;
    let other = item(cx, "with", with)?;
    unmatch(cx, &Item::of_document(&document)?, Some(&other), false)?;
    reload(cx, &mut document)?;
    Ok(Kinded(document))
}

fn reload(cx: &Cx<'_>, document: &mut Document) -> Result<()> {
    *document = document::by_key(cx.db, document.key)?;
    Ok(complete(cx.db, document)?)
}

/// What was asked of an edit.
pub struct Edit<'e> {
    pub line: &'e [LineChange],
    pub add_line: &'e [NewLine],
    pub drop_line: &'e [LineNumber],
    pub journal: Option<&'e str>,
    pub date: Option<&'e Setting<Day>>,
    pub due_date: Option<&'e Setting<Day>>,
    pub reason: Option<&'e str>,
    pub allow_excess: bool,
}

/// Edits a draft: lines, journal, dates, reason (spec B4).
pub fn edit(cx: &Cx<'_>, kind: DocumentKind, given: &str, edit: &Edit<'_>) -> Result<Kinded> {
    let before = named(cx, kind, given)?;
    let products =
        edit.add_line.iter().map(|line| named_product(cx, "add_line", &line.product)).collect::<Result<Vec<_>>>()?;
    let journal = match edit.journal.filter(|id| !id.is_empty()) {
        Some(id) => Some(found(journal::by_id(cx.db, id)?, "journal", "journal", "journal", id)?),
        None => None,
    };
    check_edit_values(cx, &before, edit)?;
    if before.state != DocumentState::Draft {
        return Err(refused_state(&before, "edited"));
    }
    let mut draft = before.clone();
    if let Some(journal) = &journal {
        check_sales_journal(journal)?;
        draft.journal = journal.reference();
    }
    edit_terms(&mut draft, edit);
    let lines_change = !(edit.line.is_empty() && edit.add_line.is_empty() && edit.drop_line.is_empty());
    if lines_change || draft.allow_excess != before.allow_excess {
        edit_lines(cx, &before, &mut draft, edit, products)?;
    }
    if draft != before {
        document::update(cx.db, &draft)?;
        cx.touched(kind.word(), &draft.id);
    }
    Ok(Kinded(draft))
}

/// The product of a new line.
pub fn named_product(cx: &Cx<'_>, field: &'static str, id: &str) -> Result<Product> {
    found(product::by_id(cx.db, id)?, "product", "product", field, id)
}

fn check_edit_values(cx: &Cx<'_>, draft: &Document, edit: &Edit<'_>) -> Result<()> {
    let mut faults = Faults::default();
    let line_of = |number: LineNumber| draft.lines.iter().find(|line| line.line == number.number());
    let mut seen: Vec<LineNumber> = Vec::new();
    if edit.journal == Some("") {
        faults.note(ValueRefused::missing("journal"));
    }
    if matches!(edit.date, Some(Setting(None))) {
        faults.note(ValueRefused::missing("date"));
    }
    for change in edit.line {
        match line_of(change.line) {
            None => faults.note(no_such_line(draft, "line", change.line, change.to_string())),
            Some(_) if seen.contains(&change.line) => faults.note(named_twice("line", change.line, change.to_string())),
            Some(line) => {
                faults.gather(check_change(cx, draft, line, change));
            }
        }
        seen.push(change.line);
    }
    for number in edit.drop_line {
        if line_of(*number).is_none() {
            faults.note(no_such_line(draft, "drop_line", *number, number.to_string()));
        } else if seen.contains(number) {
            faults.note(named_twice("drop_line", *number, number.to_string()));
        }
        seen.push(*number);
    }
    faults.refuse()
}

/// Whether a line can have that quantity and price: none is below zero, save the price of an invoice line that takes
/// something off already, and a serial number is never in part.
fn check_change(cx: &Cx<'_>, draft: &Document, line: &DocumentLine, change: &LineChange) -> Result<()> {
    let takes_off = draft.kind == DocumentKind::Invoice && line.priced.price.price.is_negative();
    if change.quantity.is_negative() || change.price.is_some_and(|price| price.is_negative() && !takes_off) {
        let message = format!("{change} would take less than nothing");
        return Err(ValueRefused::quantity("line", change, message).into());
    }
    check_pieces(cx, line, change.quantity, change)
}

/// Whether that quantity of a line's product is a whole number of pieces, where it has serial numbers; `given` as typed.
pub fn check_pieces(cx: &Cx<'_>, line: &DocumentLine, quantity: Quantity, given: impl Display) -> Result<()> {
    let Some(product) = &line.product else {
        return Ok(());
    };
    if !quantity.is_whole() && !product::by_key(cx.db, product.key)?.allows(quantity) {
        let message = format!("{product} has serial numbers, so {quantity} of it is not a whole number of pieces");
        return Err(ValueRefused::quantity("line", given, message).into());
    }
    Ok(())
}

fn named_twice(field: &'static str, line: LineNumber, given: String) -> ValueRefused {
    ValueRefused::invalid(field, given, format!("line {line} is named twice"))
}

fn no_such_line(draft: &Document, field: &'static str, line: LineNumber, given: String) -> ValueRefused {
    ValueRefused::invalid(field, given, format!("{} has no line {line}", draft.shown()))
}

fn edit_terms(draft: &mut Document, edit: &Edit<'_>) {
    if let Some(Setting(Some(date))) = edit.date {
        draft.date = *date;
        // A draft that waits for its day waits for the new one.
        draft.post_on = draft.post_on.map(|_| *date);
    }
    if let Some(Setting(due_date)) = edit.due_date {
        draft.due_date = *due_date;
    }
    if let Some(reason) = edit.reason {
        draft.reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        if let Some(invoice) = &draft.invoice {
            draft.text = Some(crate::domain::refund::text(&invoice.id, draft.reason.as_deref()));
        }
    }
    draft.allow_excess |= edit.allow_excess;
}

/// Lets go of what the old lines hold, decides the new ones against what the others leave, writes and holds those.
fn edit_lines(
    cx: &Cx<'_>,
    before: &Document,
    draft: &mut Document,
    edit: &Edit<'_>,
    products: Vec<Product>,
) -> Result<()> {
    post::hold_lines(cx, before, -1)?;
    let invoice = match &draft.invoice {
        Some(invoice) => {
            let mut invoice = document::by_key(cx.db, invoice.key)?;
            document::load_lines(cx.db, &mut invoice)?;
            Some(invoice)
        }
        None => None,
    };
    draft.lines.retain(|line| !edit.drop_line.iter().any(|dropped| dropped.number() == line.line));
    for change in edit.line {
        for line in draft.lines.iter_mut().filter(|line| line.line == change.line.number()) {
            crate::domain::refund::change_line(line, change.quantity, change.price, invoice.as_ref())?;
        }
    }
    for (new, product) in edit.add_line.iter().zip(products) {
        let next = draft.lines.iter().map(|line| line.line).max().unwrap_or(0).saturating_add(1);
        draft.lines.push(product_line("add_line", next, &product, new, draft.currency)?);
    }
    if let Some(invoice) = &invoice {
        crate::domain::refund::check_added(draft, invoice)?;
        post::check_within_left(draft, invoice)?;
    }
    if draft.lines == before.lines {
        return post::hold_lines(cx, before, 1);
    }
    draft.sum_up()?;
    document::delete_lines(cx.db, draft.key)?;
    document::insert_lines(cx.db, draft)?;
    // What an order's invoices sum up to must stay a number: an order past that could not even be shown.
    if let (DocumentKind::Invoice, Some(billed)) = (draft.kind, &draft.order) {
        order::by_key(cx.db, billed.key)?;
    }
    post::hold_lines(cx, draft, 1)
}

/// A line for a product at its own price and taxes, unless a price was typed.
fn product_line(
    field: &'static str,
    number: i64,
    product: &Product,
    new: &NewLine,
    currency: Currency,
) -> Result<DocumentLine> {
    Ok(DocumentLine {
        key: 0,
        line: number,
        product: Some(product.reference()),
        lot: None,
        label: product.name.clone(),
        priced: sell(product, new.quantity, new.price, currency, field)?,
        refunds: None,
        invoice_line: None,
        order_line: None,
        held: None,
    })
}

/// A new draft of `kind` for a customer; lines and totals are still to come.
pub fn blank(
    cx: &Cx<'_>,
    kind: DocumentKind,
    customer: Reference,
    journal: Reference,
    date: Day,
    currency: Currency,
) -> Result<Document> {
    Ok(Document {
        key: cx.db.next_key()?,
        id: cx.db.next_reference("D")?,
        number: None,
        kind,
        state: DocumentState::Draft,
        journal,
        customer,
        ticket: None,
        order: None,
        invoice: None,
        reason: None,
        text: None,
        date,
        accounting_date: None,
        due_date: None,
        post_on: None,
        currency,
        lines: Vec::new(),
        tax_lines: Vec::new(),
        untaxed: Money::zero(currency),
        tax: Money::zero(currency),
        total: Money::zero(currency),
        open: Money::zero(currency),
        payment_state: PaymentState::NotPaid,
        matched: Vec::new(),
        allow_excess: false,
        replaces: false,
        copy_of: None,
    })
}

/// Writes a new document and tells of it.
pub fn write(cx: &Cx<'_>, document: &mut Document) -> Result<()> {
    document.sum_up()?;
    document::insert(cx.db, document)?;
    cx.created(document.kind.word(), &document.id);
    cx.amounts_to(document.total);
    Ok(())
}

/// What a new document is asked to be. A free one names customer, lines and currency.
pub struct Free<'f> {
    pub customer: Option<&'f str>,
    pub line: &'f [NewLine],
    pub journal: Option<&'f str>,
    pub date: Option<&'f Setting<Day>>,
    pub due_date: Option<Day>,
    pub currency: Option<&'f str>,
    pub reason: Option<&'f str>,
}

impl Free<'_> {
    /// The journal named, INV where none is.
    fn named_journal(&self, cx: &Cx<'_>) -> Result<Journal> {
        let id = self.journal.filter(|id| !id.is_empty()).unwrap_or("INV");
        found(journal::by_id(cx.db, id)?, "journal", "journal", "journal", id)
    }

    /// The date, today where none is named; it cannot be emptied.
    fn dated(&self, cx: &Cx<'_>, faults: &mut Faults) -> Day {
        match self.date {
            None => cx.today,
            Some(Setting(Some(date))) => *date,
            Some(Setting(None)) => {
                faults.note(ValueRefused::missing("date"));
                cx.today
            }
        }
    }
}

/// Drafts an invoice of what of an order can still be billed (spec B15).
pub fn create_for_order(cx: &Cx<'_>, given: &str, asked: &Free<'_>) -> Result<Kinded> {
    let named = cx.db.by_reference(given, |id| order::by_id(cx.db, id))?;
    let mut order = found(named, "order", "order", "order", given)?;
    order::complete(cx.db, &mut order)?;
    let journal = asked.named_journal(cx)?;
    let mut faults = Faults::default();
    let date = asked.dated(cx, &mut faults);
    faults.refuse()?;
    order.check_billable()?;
    check_sales_journal(&journal)?;

    let mut draft =
        blank(cx, DocumentKind::Invoice, order.customer.clone(), journal.reference(), date, order.currency)?;
    draft.due_date = asked.due_date;
    draft.order = Some(order.reference());
    for line in &order.lines {
        let billed = document::billed_of_order_line(cx.db, order.key, line.key)?;
        if let Some(billable) = crate::domain::document::billable(line, &billed)? {
            let line = i64::try_from(draft.lines.len()).unwrap_or(i64::MAX).saturating_add(1);
            draft.lines.push(DocumentLine { line, ..billable });
        }
    }
    if draft.lines.is_empty() {
        return Err(DocumentRefused::NothingToInvoice { order: order.id }.into());
    }
    write(cx, &mut draft)?;
    cx.touched("order", &order.id);
    Ok(Kinded(draft))
}

/// Makes a free draft of `kind`.
pub fn create_free(cx: &Cx<'_>, kind: DocumentKind, free: &Free<'_>) -> Result<Kinded> {
    let customer = match free.customer.filter(|id| !id.is_empty()) {
        Some(id) => Some(found(
            cx.db.by_reference(id, |id| crate::store::customer::by_id(cx.db, id))?,
            "customer",
            "customer",
            "customer",
            id,
        )?),
        None => None,
    };
    let products = free.line.iter().map(|line| named_product(cx, "line", &line.product)).collect::<Result<Vec<_>>>()?;
    let journal = free.named_journal(cx)?;

    let mut faults = Faults::default();
    if customer.is_none() {
        faults.note(ValueRefused::missing("customer"));
    }
    if free.line.is_empty() {
        faults.note(ValueRefused::missing("line"));
    }
    for line in free.line.iter().filter(|line| line.quantity <= Quantity::ZERO) {
        faults.note(ValueRefused::quantity("line", line, format!("{} is not a quantity above zero", line.quantity)));
    }
    let date = free.dated(cx, &mut faults);
    let currency = faults.gather(currency::named(cx, free.currency)).unwrap_or(cx.desk.currency);
    faults.refuse()?;
    let customer = customer.ok_or_else(|| ValueRefused::missing("customer"))?;
    check_sales_journal(&journal)?;

    let reference = Reference { key: customer.key, id: customer.id };
    let mut draft = blank(cx, kind, reference, journal.reference(), date, currency)?;
    draft.due_date = free.due_date;
    draft.reason = free.reason.filter(|reason| !reason.is_empty()).map(str::to_owned);
    draft.text = draft.reason.clone();
    for ((number, new), product) in (1i64..).zip(free.line).zip(&products) {
        draft.lines.push(product_line("line", number, product, new, currency)?);
    }
    write(cx, &mut draft)?;
    Ok(Kinded(draft))
}
