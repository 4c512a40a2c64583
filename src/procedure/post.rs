//! Posting and cancelling invoices and credit notes (spec B7, B9, B10, B13).

use super::context::Cx;
use super::matching::{match_items, match_stored, unmatch};
use super::ticket_log;
use crate::domain::Result;
use crate::domain::document::{
    Document, DocumentKind, DocumentRefused, DocumentState, Matched, accounting_date, check_filled, number_prefix,
    payment_state,
};
use crate::domain::payment::{Item, Side, matchable};
use crate::domain::refund;
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::reference::shell_word;
use crate::store::{document, payment};

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
    match_final(cx, draft, invoice)
}

/// Makes a draft final in memory: state, number, accounting date, and open what it does not clear of the document it reverses
/// (spec B7, B10). That one must still be posted.
pub fn make_final(cx: &Cx<'_>, draft: &mut Document, reversed: Option<&Document>) -> Result<()> {
    if draft.date > cx.today {
        let (document, id, kind) = (draft.named(), draft.id.clone(), draft.kind);
        let waits = draft.post_on.is_some();
        return Err(DocumentRefused::NotDue { document, id, kind, date: draft.date, today: cx.today, waits }.into());
    }
    check_filled(draft)?;
    if draft.total.is_negative() {
        let (document, id, kind) = (draft.named(), draft.id.clone(), draft.kind);
        return Err(DocumentRefused::BelowZero { document, id, kind, total: draft.total }.into());
    }
    if let Some(reversed) = reversed.filter(|reversed| reversed.state != DocumentState::Posted) {
        let (shown, state) = (reversed.shown().to_owned(), reversed.state);
        return Err(match reversed.kind {
            DocumentKind::Invoice => DocumentRefused::InvoiceNotPosted { invoice: shown, state },
            DocumentKind::CreditNote => {
                DocumentRefused::NothingToReverse { reversed: reversed.named(), id: reversed.id.clone(), state }
            }
        }
        .into());
    }
    let accounted = accounted_on(cx, draft)?;
    draft.number = Some(next_number(cx, draft, accounted.year())?);
    draft.accounting_date = Some(accounted);
    draft.posted_in = Some(cx.operation()?);
    draft.state = DocumentState::Posted;
    draft.post_on = None;
    draft.held_by = None;
    draft.open = draft.total;
    match reversed {
        // What such a one clears is known only when the payments of its invoice are released.
        Some(reversed) if !draft.replaces => clear_ahead(draft, reversed),
        _ => Ok(()),
    }
}

/// The day on which a draft is accounted; where that is not its own, the caller is told (spec B10).
fn accounted_on(cx: &Cx<'_>, draft: &Document) -> Result<Day> {
    let lock_date = cx.desk.lock_date;
    let Some(accounted) = accounting_date(draft.date, lock_date) else {
        let lock_date = lock_date.unwrap_or(draft.date);
        return Err(DocumentRefused::LockedForEver { document: draft.named(), lock_date }.into());
    };
    if accounted != draft.date {
        let text =
            format!("{} is dated {} and accounted on {accounted}: the books are locked before", draft.id, draft.date);
        cx.warn("accounted_later", text);
    }
    Ok(accounted)
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
pub fn match_final(cx: &Cx<'_>, posted: &mut Document, reversed: Option<Document>) -> Result<()> {
    if let Some(mut invoice) = reversed {
        if posted.replaces {
            let freed = release_payments(cx, &invoice)?;
            clear_with_earlier(cx, posted.key, &invoice, freed)?;
            invoice = document::by_key(cx.db, invoice.key)?;
            clear(cx, posted, &invoice)?;
        } else if let Some(ahead) = posted.matched.first() {
            match_stored(cx, &Item::of_document(posted)?, &Item::of_document(&invoice)?, ahead.amount)?;
        }
        if invoice.kind == DocumentKind::CreditNote {
            give_back(cx, &mut invoice, -1)?;
        }
    }
    posted.payment_state = payment_state(posted.kind, posted.state, posted.total.minor, posted.open.minor, false);
    log_on_ticket(cx, posted, "posted")
}

/// The next number of the journal and year of the accounting date: `INV/2026/00001`, credit notes `RINV/2026/00001`.
fn next_number(cx: &Cx<'_>, draft: &Document, year: i32) -> Result<String> {
    let prefix = number_prefix(draft.kind, &draft.journal.id, year);
    Ok(cx.db.next_reference(&prefix)?)
}

/// What a reversed credit note took of its invoice is given back (`-1`), or taken again (`1`), where that is still left
/// (spec B13).
fn give_back(cx: &Cx<'_>, credit_note: &mut Document, sign: i64) -> Result<()> {
    document::load_lines(cx.db, credit_note)?;
    if let (Some(invoice), 1) = (&credit_note.invoice, sign) {
        let mut invoice = document::by_key(cx.db, invoice.key)?;
        document::load_left(cx.db, &mut invoice, Some(credit_note.key))?;
        refund::check_within_left(credit_note, &invoice, ("invoice", credit_note.shown()))?;
    }
    hold_lines(cx, credit_note, sign)?;
    cx.touched(credit_note.kind.word(), &credit_note.id);
    if let Some(invoice) = &credit_note.invoice {
        cx.touched(DocumentKind::Invoice.word(), &document::by_key(cx.db, invoice.key)?.id);
    }
    Ok(())
}

/// Payments matched with an invoice become open credit of its customer again (spec B6).
fn release_payments(cx: &Cx<'_>, invoice: &Document) -> Result<Money> {
    let freed = unmatch(cx, &Item::of_document(invoice)?, None, true)?;
    if !freed.is_zero() {
        cx.warn(
            "payments_released",
            format!("{freed} paid on {} is open credit of {} now", invoice.shown(), invoice.customer.id),
        );
    }
    Ok(freed)
}

/// Tells at once what will be released on the day on which a reversal is posted (spec B6, B9).
pub fn warn_of_release(cx: &Cx<'_>, invoice: &Document, date: Day) -> Result<()> {
    let mut paid = Money::zero(invoice.currency);
    for found in payment::matches_of(cx.db, invoice.key, false, Side::Debit)? {
        if found.other_is_payment {
            paid = paid.checked_add(Money::new(found.amount, invoice.currency))?;
        }
    }
    if !paid.is_zero() {
        let text =
            format!("{paid} paid on {} will be open credit of {} on {date}", invoice.shown(), invoice.customer.id);
        cx.warn("payments_released", text);
    }
    Ok(())
}

/// Tells the caller of a draft that waits for a day to come.
pub fn warn_of_waiting(cx: &Cx<'_>, draft: &Document) {
    if let Some(day) = draft.post_on.filter(|day| *day > cx.today) {
        let text =
            format!("{} stays a draft until {day}: 'credit-note post --due' posts it from then on", draft.named());
        cx.warn("not_due", text);
    }
}

/// What earlier credit notes of an invoice left open while it was paid clears it now that its payments are released, so
/// that a reversed invoice ends with nothing open (spec B6). No more than was released: what somebody unmatched by hand stays
/// so. What is matched is told.
fn clear_with_earlier(cx: &Cx<'_>, but: i64, invoice: &Document, freed: Money) -> Result<()> {
    let mut freed = freed;
    if freed.is_zero() {
        return Ok(());
    }
    for mut earlier in document::open_credit_notes_of(cx.db, invoice.key)? {
        if earlier.key == but || freed.is_zero() {
            continue;
        }
        let invoice = document::by_key(cx.db, invoice.key)?;
        let most = earlier.open.minor.min(invoice.open.minor).min(freed.minor);
        if most > 0 {
            let amount = Money::new(most, freed.currency);
            match_items(cx, &Item::of_document(&earlier)?, &Item::of_document(&invoice)?, Some(amount))?;
            cleared(&mut earlier, &invoice, amount);
            freed = Money::new(freed.minor.saturating_sub(most), freed.currency);
            cx.warn("matched", format!("{amount} of {} is matched with {}", earlier.shown(), invoice.shown()));
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
        let payments = confirm_payments(cx, document)?;
        unmatch(cx, &Item::of_document(document)?, None, false)?;
        document.matched.clear();
        for (payment, amount) in payments {
            let customer = &document.customer.id;
            let (stands, never) = match document.kind {
                DocumentKind::Invoice => (format!("it is open credit of {customer}"), "came in"),
                DocumentKind::CreditNote => (format!("it went out, so {customer} owes it"), "left"),
            };
            let cure = format!("where the money never {never}: aftersales payment cancel {}", shell_word(&payment));
            cx.warn("payments_released", format!("{amount} of {payment} is open again: {stands}; {cure}"));
        }
        // A reversal that is taken back takes again of the first invoice what it gave back.
        if let (DocumentKind::Invoice, Some(credit_note)) = (document.kind, &document.invoice) {
            let mut credit_note = document::by_key(cx.db, credit_note.key)?;
            give_back(cx, &mut credit_note, 1)?;
        }
    }
    if document.kind == DocumentKind::CreditNote {
        hold_lines(cx, document, -1)?;
    }
    document.state = DocumentState::Cancelled;
    document.post_on = None;
    document.held_by = None;
    document.open = Money::zero(document.currency);
    document.payment_state = payment_state(document.kind, document.state, document.total.minor, 0, false);
    document::update(cx.db, document)?;
    cx.touched(document.kind.word(), &document.id);
    log_on_ticket(cx, document, "cancelled")
}

/// Asks before a document is cancelled that was paid or paid out; answers the payments, with what is matched of each.
fn confirm_payments(cx: &Cx<'_>, document: &Document) -> Result<Vec<(String, Money)>> {
    let side = Item::of_document(document)?.side;
    let matches = payment::matches_of(cx.db, document.key, false, side)?;
    let amount = |found: &payment::Match| Money::new(found.amount, document.currency);
    let paid: Vec<(String, Money)> = matches
        .iter()
        .filter(|found| found.other_is_payment)
        .map(|found| (found.other_shown.clone(), amount(found)))
        .collect();
    if !paid.is_empty() {
        let names: Vec<&str> = paid.iter().map(|(payment, _)| payment.as_str()).collect();
        let done = if document.kind == DocumentKind::Invoice { "paid" } else { "paid out" };
        let names = names.join(", ");
        cx.confirm(format!("{} is {done} by {names}; cancel it, so that {names} is open again?", document.named()))?;
    }
    Ok(paid)
}

fn check_cancellable(cx: &Cx<'_>, posted: &Document) -> Result<()> {
    if let (Some(date), Some(lock_date)) = (posted.accounting_date, cx.desk.lock_date)
        && date <= lock_date
    {
        return Err(
            DocumentRefused::Locked { document: posted.named(), date, lock_date, hint: reversing(posted) }.into()
        );
    }
    match posted.kind {
        DocumentKind::Invoice => {
            if let Some(credit_note) = document::credited_by(cx.db, posted.key)? {
                return Err(DocumentRefused::Credited { invoice: posted.named(), credit_note }.into());
            }
        }
        DocumentKind::CreditNote => {
            if let Some(known) = document::reversal_of(cx.db, posted.key)?
                && known.state == DocumentState::Posted
            {
                let (document, by) = (posted.named(), known.shown().to_owned());
                return Err(DocumentRefused::Reversed { document, by, draft: false }.into());
            }
        }
    }
    Ok(())
}

/// The command that reverses a posted document; an invoice is reversed from a ticket.
fn reversing(posted: &Document) -> Option<String> {
    let shown = shell_word(posted.shown());
    match (posted.kind, &posted.ticket) {
        (DocumentKind::CreditNote, _) => Some(format!("aftersales credit-note reverse {shown}")),
        (DocumentKind::Invoice, Some(ticket)) => {
            Some(format!("aftersales ticket refund {} --invoice {shown}", shell_word(&ticket.id)))
        }
        (DocumentKind::Invoice, None) => {
            Some(format!("aftersales ticket list --customer {}", shell_word(&posted.customer.id)))
        }
    }
}

/// Takes (`1`) or gives back (`-1`) what the lines of a credit note hold of its invoice (spec B5).
pub fn hold_lines(cx: &Cx<'_>, credit_note: &Document, sign: i64) -> Result<()> {
    for line in &credit_note.lines {
        document::hold(cx.db, line, sign)?;
    }
    Ok(())
}

/// Names the drafts dated in a period that moving the lock date closes: they are accounted on the day after it (spec B10).
pub fn warn_of_closed_in(cx: &Cx<'_>, after: Option<Day>) -> Result<()> {
    let before = cx.desk.lock_date;
    let Some(after) = after.filter(|after| before.is_none_or(|before| *after > before)) else {
        return Ok(());
    };
    let drafts = document::drafts_dated(cx.db, before, after)?;
    let more = drafts.len().saturating_sub(DRAFTS_TOLD);
    if !drafts.is_empty() {
        let told = match drafts.get(..DRAFTS_TOLD) {
            Some(told) => told.join(", "),
            None => drafts.join(", "),
        };
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        cx.warn(
            "drafts_closed_in",
            format!("drafts dated up to {after} are accounted on a later day when they are posted: {told}{more}"),
        );
    }
    Ok(())
}

/// How many drafts a warning names.
const DRAFTS_TOLD: usize = 50;

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
