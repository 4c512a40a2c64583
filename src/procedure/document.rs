//! Invoices and credit notes: finding them, making them, editing, posting, cancelling and reversing them, whichever noun they
//! were called by (spec B).

use super::context::{Cx, Made};
use super::mail::{self, Asked, Writing};
use super::{currency, limit, look_up, post, printed, reason, ticket_log};
use crate::domain::common::ValueRefused;
use crate::domain::customer::Customer;
use crate::domain::document::{
    Billed, CreditNote, Document, DocumentKind, DocumentLine, DocumentRefused, DocumentState, Edit, Invoice,
    PaymentState, Sums, bill, check_values, edit_lines, edit_terms,
};
use crate::domain::journal::{Journal, check_sales_journal};
use crate::domain::line::{NewLine, sell};
use crate::domain::mail::{Mail, MailKind};
use crate::domain::order::Order;
use crate::domain::product::Product;
use crate::domain::refund;
use crate::domain::task::{Task, TaskRefused};
use crate::domain::tax::LineAmounts;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::{document, order, product, project};

/// The document of `kind` that `given` names, with lines and matches.
pub fn named(cx: &Cx<'_>, kind: DocumentKind, given: &str) -> Result<Document> {
    match kind {
        DocumentKind::Invoice => look_up::one::<Invoice>(cx, kind.word(), given).map(|invoice| invoice.0),
        DocumentKind::CreditNote => look_up::one::<CreditNote>(cx, kind.word(), given).map(|credit_note| credit_note.0),
    }
}

/// Posts a draft; a posted one stays as it is.
pub fn post(cx: &Cx<'_>, kind: DocumentKind, given: &str) -> Result<Document> {
    let mut draft = named(cx, kind, given)?;
    match draft.state {
        DocumentState::Posted => {}
        DocumentState::Cancelled => return Err(refused_state(&draft, "posted")),
        DocumentState::Draft => {
            limit::check_post(cx, &draft)?;
            if draft.kind == DocumentKind::CreditNote && draft.invoice.is_some() {
                check_own_lines(cx, &draft)?;
            }
            post::post(cx, &mut draft)?;
        }
    }
    Ok(draft)
}

/// Checks a draft credit note against what the others leave: its own lines are let go of and taken again (spec B5).
fn check_own_lines(cx: &Cx<'_>, draft: &Document) -> Result<()> {
    post::hold_lines(cx, draft, -1)?;
    if let Some(invoice) = reversed_by(cx, draft)? {
        refund::check_within_left(draft, &invoice, ("credit_note", draft.shown()))?;
    }
    post::hold_lines(cx, draft, 1)
}

/// The invoice that a credit note reverses, with all that decides what the others leave of it.
fn reversed_by(cx: &Cx<'_>, credit_note: &Document) -> Result<Option<Document>> {
    let Some(invoice) = &credit_note.invoice else {
        return Ok(None);
    };
    let mut invoice = document::by_key(cx.db, invoice.key)?;
    document::load_left(cx.db, &mut invoice, Some(credit_note.key))?;
    Ok(Some(invoice))
}

fn refused_state(document: &Document, wanted: &'static str) -> crate::domain::Error {
    let hint = Some(format!("aftersales {} show {}", document.kind.noun(), shell_word(document.shown())));
    DocumentRefused::State { document: document.named(), state: document.state, wanted, hint }.into()
}

/// Writes the mail that brings a posted document to its customer.
pub fn send(cx: &Cx<'_>, kind: DocumentKind, given: &str, asked: Asked<'_>) -> Result<Mail> {
    let document = named(cx, kind, given)?;
    match document.state {
        DocumentState::Posted => {}
        DocumentState::Draft => {
            let hint = Some(format!("aftersales {} post {}", kind.noun(), shell_word(&document.id)));
            let (document, state) = (document.named(), document.state);
            return Err(DocumentRefused::State { document, state, wanted: "sent", hint }.into());
        }
        DocumentState::Cancelled => return Err(refused_state(&document, "sent")),
    }
    let reader = mail::reader(cx, document.customer.key)?;
    let kind = match kind {
        DocumentKind::Invoice => MailKind::Invoice,
        DocumentKind::CreditNote => MailKind::CreditNote,
    };
    let values = mail::document(&reader, &document);
    let ticket = document.ticket.as_ref();
    let printed = printed::of_document(cx, &document, Some(&reader.language))?;
    let files = vec![printed::going_along(cx, (document.shown(), &document.id), &printed)?];
    let writing = Writing { kind, ticket, document: &document.id, asked, files };
    let mail = mail::write(cx, &reader, writing, &values)?;
    cx.touched(document.kind.word(), &document.id);
    Ok(mail)
}

/// Cancels a document; a cancelled one stays as it is (spec B13).
pub fn cancel(cx: &Cx<'_>, kind: DocumentKind, given: &str) -> Result<Document> {
    let mut document = named(cx, kind, given)?;
    if document.state == DocumentState::Posted {
        limit::check_cancel(cx, &document)?;
    }
    if document.state != DocumentState::Cancelled {
        post::cancel(cx, &mut document)?;
    }
    Ok(document)
}

/// Drafts the invoice that reverses a posted credit note; once posted, it gives back to the first invoice what the credit note
/// took of it (spec B13).
pub fn reverse(cx: &Cx<'_>, given: &str, date: Option<&Setting<Day>>) -> Result<Document> {
    let credit_note = named(cx, DocumentKind::CreditNote, given)?;
    let mut faults = Faults::default();
    let date = dated(cx, date, &mut faults);
    faults.refuse()?;
    if credit_note.state != DocumentState::Posted {
        let (reversed, id, state) = (credit_note.named(), credit_note.id.clone(), credit_note.state);
        return Err(DocumentRefused::NothingToReverse { reversed, id, state }.into());
    }
    if let Some(known) = document::reversal_of(cx.db, credit_note.key)? {
        let draft = known.state == DocumentState::Draft;
        let (document, by) = (credit_note.named(), known.shown().to_owned());
        return Err(DocumentRefused::Reversed { document, by, draft }.into());
    }
    let (customer, journal) = (credit_note.customer.clone(), credit_note.journal.clone());
    let line = |line: &DocumentLine| DocumentLine {
        key: 0,
        refunds: None,
        invoice_line: None,
        share_of: None,
        order_line: None,
        held: None,
        ..line.clone()
    };
    let mut draft = Document {
        ticket: credit_note.ticket.clone(),
        order: credit_note.order.clone(),
        invoice: Some(credit_note.reference()),
        text: Some(refund::text(credit_note.shown(), None)),
        lines: credit_note.lines.iter().map(line).collect(),
        ..blank(cx, DocumentKind::Invoice, customer, journal, date, credit_note.currency)?
    };
    write(cx, &mut draft)?;
    document::set_reversed_by(cx.db, credit_note.key, draft.key)?;
    cx.touched(credit_note.kind.word(), &credit_note.id);
    if let Some(ticket) = &draft.ticket {
        cx.touched("ticket", &ticket.id);
        let text = format!("New draft invoice that reverses {}", credit_note.shown());
        ticket_log::note(cx, ticket.key, "reversal", &text, Some(&draft.id))?;
    }
    Ok(draft)
}

/// Edits a draft: lines, journal, dates, reason (spec B4).
pub fn edit(cx: &Cx<'_>, kind: DocumentKind, given: &str, edit: &Edit<'_>) -> Result<Document> {
    let before = named(cx, kind, given)?;
    let products =
        edit.add_line.iter().map(|line| named_product(cx, "add_line", &line.product)).collect::<Result<Vec<_>>>()?;
    let journal: Option<Journal> = look_up::optional(cx, "journal", edit.journal)?;
    check_values(&before, edit, &products_in_part(cx, &before, edit)?)?;
    if before.state != DocumentState::Draft {
        return Err(refused_state(&before, "edited"));
    }
    let mut draft = before.clone();
    if let Some(journal) = &journal {
        check_sales_journal(journal)?;
        draft.journal = journal.reference();
    }
    let reason = reason::written(cx, edit.reason)?;
    edit_terms(&mut draft, &Edit { reason: reason.as_deref(), ..*edit });
    if edit.names_lines() || draft.allow_excess != before.allow_excess {
        match kind {
            DocumentKind::Invoice => edit_invoice(cx, &before, &mut draft, edit, products)?,
            DocumentKind::CreditNote => edit_credit_note(cx, &before, &mut draft, edit, products)?,
        }
    }
    if draft.total != before.total {
        limit::hold_edited(cx, &before, &mut draft)?;
    }
    if draft != before {
        document::update(cx.db, &draft)?;
        cx.touched(kind.word(), &draft.id);
        post::warn_of_waiting(cx, &draft);
    }
    Ok(draft)
}

/// The products of lines that are asked for a part of a piece: only these may refuse it.
fn products_in_part(cx: &Cx<'_>, draft: &Document, edit: &Edit<'_>) -> Result<Vec<Product>> {
    let mut products = Vec::new();
    for change in edit.line.iter().filter(|change| !change.quantity.is_whole()) {
        let line = draft.lines.iter().find(|line| line.line == change.line.number());
        if let Some(product) = line.and_then(|line| line.product.as_ref()) {
            products.push(product::by_key(cx.db, product.key)?);
        }
    }
    Ok(products)
}

/// The product of a new line.
pub fn named_product(cx: &Cx<'_>, field: &'static str, id: &str) -> Result<Product> {
    look_up::one(cx, field, id)
}

fn edit_invoice(
    cx: &Cx<'_>,
    before: &Document,
    draft: &mut Document,
    edit: &Edit<'_>,
    products: Vec<Product>,
) -> Result<()> {
    let bills = match &draft.order {
        Some(of) => Some((order::by_key(cx.db, of.key)?, order::bills(cx.db, of.key, Some(draft.key))?)),
        None => None,
    };
    let billed = bills.as_ref().map(|(order, bills)| Billed { order, bills });
    edit_lines(draft, edit.line, edit.drop_line, billed)?;
    add_lines(draft, edit.add_line, products)?;
    if draft.lines == before.lines {
        return Ok(());
    }
    if let Some(reversed) = &draft.invoice {
        let (document, id) = (draft.named(), draft.id.clone());
        return Err(DocumentRefused::LinesFixed { document, id, reverses: reversed.id.clone() }.into());
    }
    rewrite_lines(cx, draft)
}

/// Lets go of what the old lines hold, decides the new ones against what the others leave, writes and holds those.
fn edit_credit_note(
    cx: &Cx<'_>,
    before: &Document,
    draft: &mut Document,
    edit: &Edit<'_>,
    products: Vec<Product>,
) -> Result<()> {
    post::hold_lines(cx, before, -1)?;
    let mut invoice = reversed_by(cx, before)?;
    if let Some(invoice) = invoice.as_mut().filter(|_| !edit.line.is_empty()) {
        document::load_taken(cx.db, invoice, Some(before.key))?;
    }
    refund::edit_lines(draft, edit.line, edit.drop_line, invoice.as_ref())?;
    add_lines(draft, edit.add_line, products)?;
    if let Some(invoice) = &invoice {
        refund::check_added(draft, invoice)?;
        let (field, given) = edit.blamed();
        refund::check_within_left(draft, invoice, (field, &given))?;
    }
    if draft.lines != before.lines {
        rewrite_lines(cx, draft)?;
    }
    post::hold_lines(cx, draft, 1)
}

fn add_lines(draft: &mut Document, added: &[NewLine], products: Vec<Product>) -> Result<()> {
    for (new, product) in added.iter().zip(products) {
        let next = draft.lines.iter().map(|line| line.line).max().unwrap_or(0).saturating_add(1);
        draft.lines.push(product_line("add_line", next, &product, new, draft.currency)?);
    }
    Ok(())
}

/// Writes the lines of a draft anew and sums them up.
fn rewrite_lines(cx: &Cx<'_>, draft: &mut Document) -> Result<()> {
    draft.sum_up()?;
    document::delete_lines(cx.db, draft.key)?;
    Ok(document::insert_lines(cx.db, draft)?)
}

/// The date given, today where none is; it cannot be emptied.
fn dated(cx: &Cx<'_>, date: Option<&Setting<Day>>, faults: &mut Faults) -> Day {
    match date {
        None => cx.today,
        Some(Setting(Some(date))) => *date,
        Some(Setting(None)) => {
            faults.note(ValueRefused::missing("date"));
            cx.today
        }
    }
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
        share_of: None,
        order_line: None,
        billed: LineAmounts::default(),
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
        task: None,
        invoice: None,
        reason: None,
        text: None,
        date,
        accounting_date: None,
        // A credit note is due on its date (spec B4).
        due_date: Some(date).filter(|_| kind == DocumentKind::CreditNote),
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
        held_by: None,
        posted_in: None,
        allow_excess: false,
        replaces: false,
        copy_of: None,
        beyond: Sums::default(),
        line_alone: false,
    })
}

/// Writes a new document and tells of it.
pub fn write(cx: &Cx<'_>, document: &mut Document) -> Result<()> {
    document.sum_up()?;
    document::insert(cx.db, document)?;
    cx.created(document.kind.word(), &document.id);
    cx.amounts_to(Made::document(document));
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
        look_up::one(cx, "journal", id)
    }
}

/// Drafts an invoice of what of an order can still be billed (spec B15).
pub fn create_for_order(cx: &Cx<'_>, given: &str, asked: &Free<'_>) -> Result<Document> {
    let order: Order = look_up::one(cx, "order", given)?;
    let journal = asked.named_journal(cx)?;
    let mut faults = Faults::default();
    let date = dated(cx, asked.date, &mut faults);
    faults.refuse()?;
    order.check_billable()?;
    check_sales_journal(&journal)?;

    let mut draft =
        blank(cx, DocumentKind::Invoice, order.customer.clone(), journal.reference(), date, order.currency)?;
    draft.due_date = asked.due_date;
    draft.order = Some(order.reference());
    let bills = order::bills(cx.db, order.key, None)?;
    draft.lines = bill(Billed { order: &order, bills: &bills })?;
    if draft.lines.is_empty() {
        return Err(DocumentRefused::NothingToInvoice { order: order.id }.into());
    }
    write(cx, &mut draft)?;
    cx.touched("order", &order.id);
    Ok(draft)
}

/// Drafts the invoice of a task that is done: what was used, and the hours where its project names what they are billed as
/// (spec F5).
pub fn create_for_task(cx: &Cx<'_>, given: &str, asked: &Free<'_>) -> Result<Document> {
    let task: Task = look_up::one(cx, "task", given)?;
    let journal = asked.named_journal(cx)?;
    let mut faults = Faults::default();
    let date = dated(cx, asked.date, &mut faults);
    faults.refuse()?;
    let customer = task.check_billable()?.clone();
    check_sales_journal(&journal)?;

    let mut draft = blank(cx, DocumentKind::Invoice, customer, journal.reference(), date, cx.desk.currency)?;
    draft.due_date = asked.due_date;
    draft.ticket = task.ticket.clone();
    draft.task = Some(task.key);
    draft.lines = task_lines(cx, &task, draft.currency)?;
    if draft.lines.is_empty() {
        return Err(TaskRefused::NothingToBill { task: task.id }.into());
    }
    write(cx, &mut draft)?;
    cx.touched("task", &task.id);
    if let Some(ticket) = &task.ticket {
        cx.touched("ticket", &ticket.id);
        ticket_log::note(cx, ticket.key, "invoice", &format!("Task {} billed", task.id), Some(&draft.id))?;
    }
    Ok(draft)
}

/// The lines that bill a task, each product at its own price.
fn task_lines(cx: &Cx<'_>, task: &Task, currency: Currency) -> Result<Vec<DocumentLine>> {
    let line = |product: &Product, quantity: Quantity| {
        let new = NewLine { product: product.id.clone(), quantity, price: None };
        product_line("task", 0, product, &new, currency)
    };
    let mut lines = Vec::with_capacity(task.products.len().saturating_add(1));
    for used in &task.products {
        let sold = line(&product::by_key(cx.db, used.product.key)?, used.quantity)?;
        lines.push(DocumentLine { lot: used.lot.clone(), ..sold });
    }
    let hours = task.hours()?;
    if let (Some(time), false) = (project::by_key(cx.db, task.project.key)?.time_product, hours.is_zero()) {
        lines.push(line(&product::by_key(cx.db, time.key)?, hours)?);
    }
    for (number, line) in (1..).zip(&mut lines) {
        line.line = number;
    }
    Ok(lines)
}

/// Makes a free draft of `kind`.
pub fn create_free(cx: &Cx<'_>, kind: DocumentKind, free: &Free<'_>) -> Result<Document> {
    let customer: Option<Customer> = look_up::optional(cx, "customer", free.customer)?;
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
    let date = dated(cx, free.date, &mut faults);
    let currency = faults.gather(currency::named(cx, free.currency)).unwrap_or(cx.desk.currency);
    faults.refuse()?;
    let customer = customer.ok_or_else(|| ValueRefused::missing("customer"))?;
    check_sales_journal(&journal)?;

    let reference = Reference { key: customer.key, id: customer.id };
    let mut draft = blank(cx, kind, reference, journal.reference(), date, currency)?;
    draft.due_date = free.due_date.or(draft.due_date);
    draft.reason = reason::written(cx, free.reason)?.filter(|reason| !reason.is_empty());
    draft.text = draft.reason.clone();
    for ((number, new), product) in (1i64..).zip(free.line).zip(&products) {
        draft.lines.push(product_line("line", number, product, new, currency)?);
    }
    draft.sum_up()?;
    limit::hold(cx, &mut draft)?;
    write(cx, &mut draft)?;
    Ok(draft)
}
