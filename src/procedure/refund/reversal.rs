//! Writing what `ticket refund` decided: credit notes, posted where asked, and the draft invoices that take the place of
//! reversed ones (spec B4, B6, B9).

use crate::domain::document::{Document, DocumentKind, DocumentLine};
use crate::domain::journal::Journal;
use crate::domain::refund::{Ask, decide, left_of, takes_last, text};
use crate::domain::ticket::Ticket;
use crate::domain::value::day::Day;
use crate::domain::{Error, Result};
use crate::procedure::checks::{Inputs, or_none};
use crate::procedure::context::{Cx, Made};
use crate::procedure::document::{blank, write};
use crate::procedure::{limit, post, ticket_log};
use crate::store::document;

/// What a refund of one invoice is asked to be, checked.
pub struct Asked<'a> {
    pub ask: &'a Ask,
    /// None: the ticket's number; empty: none.
    pub reason: Option<&'a str>,
    /// None: the invoice's own.
    pub journal: Option<&'a Journal>,
    pub date: Day,
    pub create_invoice: bool,
    pub post: bool,
    pub allow_excess: bool,
}

impl Asked<'_> {
    /// Whether the credit note is to be posted, now or on its day.
    fn posted(&self) -> bool {
        self.post || self.create_invoice
    }

    /// What is looked at to tell whether it is left: of an invoice of which one line is known, that line's figure.
    fn inputs(&self, invoice: &Document) -> Inputs {
        let left = left_of(invoice).map(|left| left.to_string()).ok();
        let amount = match self.ask {
            Ask::Amount(amount) => Some(amount.to_string()),
            Ask::Everything | Ask::Lines { .. } => None,
        };
        let left_of = if invoice.line_alone { "left_of_line" } else { "left" };
        vec![
            ("invoice", invoice.shown().to_owned()),
            or_none(left_of, left.as_deref()),
            or_none("amount", amount.as_deref()),
        ]
    }
}

/// Refunds one invoice: the credit note, and the new draft invoice where one was asked for.
pub fn refund(
    cx: &Cx<'_>,
    ticket: &Ticket,
    mut invoice: Document,
    asked: &Asked<'_>,
) -> Result<(Document, Option<Document>)> {
    let inputs = cx.looked_at(|| asked.inputs(&invoice));
    let lines = decided(cx, &mut invoice, asked);
    let lines = cx.checked("what is asked for is left of the invoice", || inputs, lines)?;
    let credited_before = !untouched(&invoice);
    let mut credit_note = draft(cx, ticket, &invoice, asked, lines)?;
    let is_held = limit::hold(cx, &mut credit_note)?;
    credit_note.post_on = credit_note.post_on.filter(|_| !is_held);
    let at_once = asked.posted() && asked.date <= cx.today && !is_held;
    if at_once {
        let posted = post::make_final(cx, &mut credit_note, Some(&invoice));
        let inputs = || {
            let lock_date = cx.desk.lock_date.map(|day| day.to_string());
            let (date, total) = (credit_note.date.to_string(), credit_note.total.to_string());
            vec![("date", date), or_none("lock_date", lock_date.as_deref()), ("total", total)]
        };
        cx.checked("the credit note can be posted", inputs, posted)?;
    }
    write_credit_note(cx, ticket, &invoice, &mut credit_note)?;
    let mut copy = None;
    if asked.create_invoice {
        if credited_before {
            let again = "was credited in part before; the new invoice bills those goods again";
            cx.warn("credited_before", format!("{} {again}", invoice.shown()));
        }
        if !at_once {
            post::warn_of_release(cx, &invoice, asked.date)?;
        }
        copy = Some(copy_of(cx, &invoice, ticket)?);
    }
    if at_once {
        post::match_final(cx, &mut credit_note, Some(invoice))?;
    }
    post::warn_of_waiting(cx, &credit_note);
    Ok((credit_note, copy))
}

/// The lines of the credit note. What a refusal tells of drafts, and of lines that were not loaded, is looked up then only.
fn decided(cx: &Cx<'_>, invoice: &mut Document, asked: &Asked<'_>) -> Result<Vec<DocumentLine>> {
    if takes_last(invoice, asked.ask)? {
        document::load_taken(cx.db, invoice, None)?;
    }
    let refused: Error = match decide(invoice, asked.ask, asked.allow_excess, &[]) {
        Ok(lines) => return Ok(lines),
        Err(refused) => refused,
    };
    if refused.is_of_the_store() {
        return Err(refused);
    }
    document::load_left(cx.db, invoice, None)?;
    document::load_taken(cx.db, invoice, None)?;
    decide(invoice, asked.ask, asked.allow_excess, &document::drafts_on(cx.db, invoice.key)?)
}

/// Whether no credit note holds anything of an invoice.
fn untouched(invoice: &Document) -> bool {
    invoice.lines.iter().all(|line| {
        line.held.as_ref().is_none_or(|held| held.goods.is_zero() && held.credited.is_zero() && held.reduced.is_zero())
    })
}

fn draft(
    cx: &Cx<'_>,
    ticket: &Ticket,
    invoice: &Document,
    asked: &Asked<'_>,
    lines: Vec<DocumentLine>,
) -> Result<Document> {
    let reason = match asked.reason {
        None => Some(ticket.id.clone()),
        Some("") => None,
        Some(reason) => Some(reason.to_owned()),
    };
    let journal = asked.journal.map_or_else(|| invoice.journal.clone(), Journal::reference);
    let (customer, currency) = (invoice.customer.clone(), invoice.currency);
    let mut draft = Document {
        text: Some(text(invoice.shown(), reason.as_deref())),
        reason,
        ticket: Some(ticket.reference()),
        order: invoice.order.clone(),
        invoice: Some(invoice.reference()),
        post_on: Some(asked.date).filter(|date| asked.posted() && *date > cx.today),
        allow_excess: asked.allow_excess,
        replaces: asked.create_invoice,
        lines,
        ..blank(cx, DocumentKind::CreditNote, customer, journal, asked.date, currency)?
    };
    draft.sum_up()?;
    Ok(draft)
}

fn write_credit_note(cx: &Cx<'_>, ticket: &Ticket, invoice: &Document, credit_note: &mut Document) -> Result<()> {
    document::insert(cx.db, credit_note)?;
    post::hold_lines(cx, credit_note, 1)?;
    cx.created("credit_note", &credit_note.id);
    cx.amounts_to(Made::document(credit_note));
    cx.touched("ticket", &ticket.id);
    cx.touched("invoice", &invoice.id);
    let text = format!("Refund of {} on {}", credit_note.total, invoice.shown());
    ticket_log::note(cx, ticket.key, "refund", &text, Some(&credit_note.id))
}

/// The draft invoice that takes the place of a reversed one: everything copied, dated anew (spec B6).
fn copy_of(cx: &Cx<'_>, invoice: &Document, ticket: &Ticket) -> Result<Document> {
    let term = invoice.due_date.map(|due| (due.date() - invoice.date.date()).num_days());
    let lines = invoice.lines.iter().map(|line| DocumentLine { key: 0, held: None, ..line.clone() }).collect();
    let (customer, journal) = (invoice.customer.clone(), invoice.journal.clone());
    let mut copy = Document {
        ticket: Some(ticket.reference()),
        order: invoice.order.clone(),
        task: invoice.task,
        due_date: term.and_then(|days| cx.today.plus_days(days)),
        text: invoice.text.clone(),
        copy_of: Some(invoice.key),
        lines,
        ..blank(cx, DocumentKind::Invoice, customer, journal, cx.today, invoice.currency)?
    };
    write(cx, &mut copy)?;
    let text = format!("New draft invoice in place of {}", invoice.shown());
    ticket_log::note(cx, ticket.key, "refund", &text, Some(&copy.id))?;
    Ok(copy)
}
