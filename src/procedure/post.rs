//! Posting and cancelling invoices and credit notes (spec B7, B9, B10, B13).

use super::context::Cx;
use super::matching::{match_items, match_stored, unmatch};
use super::ticket_log;
use crate::domain::Result;
use crate::domain::document::{
    Document, DocumentKind, DocumentRefused, DocumentState, Matched, accounting_date, payment_state,
};
use crate::domain::payment::{Item, matchable};
use crate::domain::refund;
use crate::domain::value::money::Money;
use crate::store::document;

/// Posts a stored draft, complete with its lines: number, accounting date, matching with the invoice it reverses.
/// Afterwards it is as stored.
pub fn post(cx: &Cx<'_>, draft: &mut Document) -> Result<()> {
    let invoice = match &draft.invoice {
        Some(invoice) => Some(document::by_key(cx.db, invoice.key)?),
        None => None,
    };
    make_final(cx, draft, invoice.as_ref())?;
    document::update(cx.db, draft)?;
    cx.touched(draft.kind.word(), &draft.id);
    settle(cx, draft, invoice)
}

/// Makes a draft final in memory: state, number, accounting date, and open what it does not clear of the invoice it reverses
/// (spec B7, B10). That invoice must still be posted.
pub fn make_final(cx: &Cx<'_>, draft: &mut Document, invoice: Option<&Document>) -> Result<()> {
    if draft.date > cx.today {
        return Err(DocumentRefused::NotDue { document: draft.named(), date: draft.date, hint: due_hint(draft) }.into());
    }
    check_postable(draft)?;
    if let Some(invoice) = invoice.filter(|invoice| invoice.state != DocumentState::Posted) {
        let refused = DocumentRefused::InvoiceNotPosted { invoice: invoice.shown().to_owned(), state: invoice.state };
        return Err(refused.into());
    }
    let accounted = accounting_date(draft.date, cx.desk.lock_date);
    draft.number = Some(next_number(cx, draft, accounted.year())?);
    draft.accounting_date = Some(accounted);
    draft.state = DocumentState::Posted;
    draft.post_on = None;
    draft.open = draft.total;
    match invoice {
        // What such a one clears is known only when the payments of its invoice are released.
        Some(invoice) if !draft.replaces => clear_ahead(draft, invoice),
        _ => Ok(()),
    }
}

/// Takes what a document will clear of its invoice from what is open on it, before it is stored (spec B7).
fn clear_ahead(draft: &mut Document, invoice: &Document) -> Result<()> {
    if let Some(amount) = matchable(&Item::of_document(draft)?, &Item::of_document(invoice)?, None)? {
        cleared(draft, invoice, amount);
    }
    Ok(())
}

/// Notes on a document that `amount` of it was cleared with an invoice.
fn cleared(document: &mut Document, invoice: &Document, amount: Money) {
    document.open = Money::new(document.open.minor - amount.minor, document.currency);
    document.matched.push(Matched { with: invoice.shown().to_owned(), amount });
}

/// Matches a document that was just made final, and stored, with the invoice it reverses (spec B6, B7).
pub fn settle(cx: &Cx<'_>, posted: &mut Document, invoice: Option<Document>) -> Result<()> {
    if let Some(mut invoice) = invoice {
        if posted.replaces {
            release_payments(cx, &invoice)?;
            clear_with_earlier(cx, posted.key, invoice.key)?;
            invoice = document::by_key(cx.db, invoice.key)?;
            clear(cx, posted, &invoice)?;
        } else if let Some(ahead) = posted.matched.first() {
            match_stored(cx, &Item::of_document(posted)?, &Item::of_document(&invoice)?, ahead.amount)?;
        }
    }
    posted.payment_state = payment_state(posted.kind, posted.state, posted.total.minor, posted.open.minor, false);
    log_on_ticket(cx, posted, "posted")
}

/// Only what was asked to be posted on its day waits for `post --due`; any other draft is posted by hand (spec B9).
fn due_hint(draft: &Document) -> String {
    let noun = draft.kind.word().replace('_', "-");
    match draft.post_on {
        Some(_) => "it is posted on that day by: aftersales credit-note post --due".to_owned(),
        None => format!("post it on that day, or give it another: aftersales {noun} edit {} --date DAY", draft.id),
    }
}

fn check_postable(draft: &Document) -> Result<()> {
    if draft.lines.is_empty() {
        return Err(DocumentRefused::NoLines { document: draft.named() }.into());
    }
    if draft.total.is_negative() {
        return Err(DocumentRefused::BelowZero { document: draft.named(), total: draft.total }.into());
    }
    Ok(())
}

/// The next number of the journal and year of the accounting date: `INV/2026/00001`, credit notes `RINV/2026/00001`.
fn next_number(cx: &Cx<'_>, draft: &Document, year: i32) -> Result<String> {
    let prefix = number_prefix(draft.kind, &draft.journal.id, year);
    Ok(cx.db.next_reference(&prefix)?)
}

/// The part of a number before its count, which also names its counter (spec B7).
pub fn number_prefix(kind: DocumentKind, journal: &str, year: i32) -> String {
    let reversal = if kind == DocumentKind::CreditNote { "R" } else { "" };
    format!("{reversal}{journal}/{year:04}/")
}

/// Payments matched with an invoice become open credit of its customer again (spec B6).
pub fn release_payments(cx: &Cx<'_>, invoice: &Document) -> Result<Money> {
    let freed = unmatch(cx, &Item::of_document(invoice)?, None, true)?;
    if !freed.is_zero() {
        cx.warn(
            "payments_released",
            format!("{freed} paid on {} is open credit of {} now", invoice.shown(), invoice.customer.id),
        );
    }
    Ok(freed)
}

/// What earlier credit notes of an invoice left open while it was paid clears it now that its payments are released, so
/// that a reversed invoice ends with nothing open (spec B6).
fn clear_with_earlier(cx: &Cx<'_>, but: i64, invoice: i64) -> Result<()> {
    for mut earlier in document::credit_notes_of(cx.db, invoice)? {
        if earlier.key != but && earlier.state == DocumentState::Posted && !earlier.open.is_zero() {
            clear(cx, &mut earlier, &document::by_key(cx.db, invoice)?)?;
        }
    }
    Ok(())
}

/// Matches a credit note with its invoice, up to the smaller of the two open amounts (spec B7).
fn clear(cx: &Cx<'_>, credit_note: &mut Document, invoice: &Document) -> Result<()> {
    let (one, other) = (Item::of_document(credit_note)?, Item::of_document(invoice)?);
    if let Some(amount) = match_items(cx, &one, &other, None)? {
        cleared(credit_note, invoice, amount);
    }
    Ok(())
}

/// Cancels a draft or a posted document (spec B13). The document is complete with its lines.
pub fn cancel(cx: &Cx<'_>, document: &mut Document) -> Result<()> {
    if document.state == DocumentState::Posted {
        check_cancellable(cx, document)?;
        unmatch(cx, &Item::of_document(document)?, None, false)?;
        document.matched.clear();
    }
    hold_lines(cx, document, -1)?;
    document.state = DocumentState::Cancelled;
    document.post_on = None;
    document.open = Money::zero(document.currency);
    document.payment_state = payment_state(document.kind, document.state, document.total.minor, 0, false);
    document::update(cx.db, document)?;
    cx.touched(document.kind.word(), &document.id);
    log_on_ticket(cx, document, "cancelled")
}

fn check_cancellable(cx: &Cx<'_>, posted: &Document) -> Result<()> {
    if let (Some(date), Some(lock_date)) = (posted.accounting_date, cx.desk.lock_date)
        && date <= lock_date
    {
        let hint = match posted.kind {
            DocumentKind::Invoice => {
                "reverse it instead: aftersales ticket refund TICKET --invoice ".to_owned() + posted.shown()
            }
            DocumentKind::CreditNote => "write a new invoice instead: aftersales invoice create --help".to_owned(),
        };
        return Err(DocumentRefused::Locked { document: posted.named(), date, lock_date, hint }.into());
    }
    if posted.kind == DocumentKind::Invoice {
        let credit_notes = document::credit_notes_of(cx.db, posted.key)?;
        if let Some(credit_note) = credit_notes.iter().find(|known| known.state == DocumentState::Posted) {
            return Err(DocumentRefused::Credited {
                invoice: posted.named(),
                credit_note: credit_note.shown().to_owned(),
            }
            .into());
        }
    }
    Ok(())
}

/// Takes (`1`) or gives back (`-1`) what the lines of a credit note hold of its invoice (spec B5).
pub fn hold_lines(cx: &Cx<'_>, credit_note: &Document, sign: i64) -> Result<()> {
    for line in &credit_note.lines {
        document::hold(cx.db, line, sign)?;
    }
    Ok(())
}

/// Checks the lines of a credit note against what the others leave, unless the bounds are lifted (spec B5). Its own lines
/// must hold nothing at that moment.
pub fn check_within_left(credit_note: &Document, invoice: &Document) -> Result<()> {
    if credit_note.allow_excess {
        return Ok(());
    }
    let mut taken: Vec<crate::domain::document::DocumentLine> = Vec::new();
    for line in &credit_note.lines {
        let Some(source) = invoice.lines.iter().find(|source| Some(source.key) == line.invoice_line) else {
            continue;
        };
        let mut held = source.held();
        for before in taken.iter().filter(|before| before.invoice_line == line.invoice_line) {
            held.credited = held.credited.checked_add(&before.amounts())?;
            if before.refunds == Some(crate::domain::document::Refunds::Value) {
                held.reduced = held.reduced.checked_add(&before.amounts())?;
            } else {
                held.goods = held.goods.checked_add(before.priced.quantity)?;
            }
        }
        refund::check_line(line, &held, invoice.shown())?;
        taken.push(line.clone());
    }
    Ok(())
}

fn log_on_ticket(cx: &Cx<'_>, document: &Document, what: &'static str) -> Result<()> {
    let Some(ticket) = &document.ticket else {
        return Ok(());
    };
    cx.touched("ticket", &ticket.id);
    ticket_log::note(
        cx,
        ticket.key,
        what,
        &format!("{} {what}: {}", capitalised(document.kind), document.total),
        Some(&document.id),
    )
}

fn capitalised(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Invoice => "Invoice",
        DocumentKind::CreditNote => "Credit note",
    }
}
