//! Invoices and credit notes, printed: lines, taxes by rate, totals, what is reversed, what is still open and where to pay it.

use super::priced::{Priced, PricedLines};
use super::sheet::{Fact, Sheet, Total, printable};
use super::{Letterhead, Printing};
use crate::domain::document::{Document, DocumentKind, DocumentLine, DocumentState};
use crate::domain::product::Tracking;
use crate::domain::value::money::Money;
use crate::domain::value::number::Overflow;

/// How many payments and other documents that settle it are told one by one.
const TOLD_MATCHES: usize = 12;

/// The sheet of an invoice or credit note. `tracking` tells how the lots of a product are called.
pub fn sheet(
    printing: &Printing<'_>,
    document: &Document,
    tracking: impl Fn(&str) -> Tracking,
) -> Result<Sheet, Overflow> {
    let words = printing.words;
    let kind = match document.kind {
        DocumentKind::Invoice => "invoice",
        DocumentKind::CreditNote => "credit_note",
    };
    let mut sheet = printing.sheet(kind, kind, &document.id, document.shown());
    sheet.mark = match document.state {
        DocumentState::Draft => Some(words.text("draft").to_owned()),
        DocumentState::Cancelled => Some(words.text("cancelled").to_owned()),
        DocumentState::Posted => None,
    };
    let named = |key: &'static str, value: Option<&String>| value.map(|value| printing.fact(key, value.as_str()));
    let facts = [
        Some(printing.fact("number", document.shown())),
        Some(printing.fact("date", printing.day(document.date))),
        document
            .due_date
            .filter(|_| document.kind == DocumentKind::Invoice)
            .map(|day| printing.fact("due_date", printing.day(day))),
        named("order", document.order.as_ref().map(|order| &order.id)),
        named("ticket", document.ticket.as_ref().map(|ticket| &ticket.id)),
    ];
    sheet.facts = facts.into_iter().flatten().collect();
    if document.kind == DocumentKind::CreditNote
        && let Some(invoice) = &document.invoice
    {
        sheet.remarks.push(printable(&words.fill("reverses", &[("number", &invoice.id)])));
    }
    sheet.remarks.extend(document.reason.as_deref().map(printable));

    let below = |line: &DocumentLine| -> Vec<String> {
        let lot = line.lot.as_ref().map(|lot| {
            let is_serial = line.product.as_ref().is_some_and(|product| tracking(&product.id) == Tracking::Serial);
            words.fill(if is_serial { "serial" } else { "lot" }, &[("lot", &lot.id)])
        });
        let product = line.product.as_ref().map(|product| product.id.clone()).filter(|id| *id != line.label);
        product.into_iter().chain(lot).collect()
    };
    let lines = document.lines.iter();
    let lines = PricedLines {
        currency: document.currency,
        lines: lines
            .map(|line| Priced { line: line.line, label: &line.label, below: below(line), priced: &line.priced })
            .collect(),
        untaxed: document.untaxed,
        total: document.total,
    };
    sheet.tables = vec![lines.table(printing)?];
    sheet.totals = lines.totals(printing)?;
    if document.state == DocumentState::Posted {
        sheet.totals.extend(settled(printing, document)?);
    }
    // What the program itself wrote on a credit note stands above it in the reader's language already.
    let text = document.text.as_deref().filter(|text| !text.starts_with("Reversal of: ") || document.invoice.is_none());
    sheet.notes.extend(text.map(|text| Fact::new("text", "", text)));
    sheet.notes.extend(payment(printing, document));
    Ok(sheet)
}

/// What settles it so far, and what is left.
fn settled(printing: &Printing<'_>, document: &Document) -> Result<Vec<Total>, Overflow> {
    let words = printing.words;
    let mut totals = Vec::new();
    let mut told = Money::zero(document.currency);
    let total = |key, label: String, amount: Money, strong| Total {
        key,
        label: printable(&label),
        amount: printing.money(amount),
        strong,
    };
    for matched in document.matched.iter().take(TOLD_MATCHES) {
        let label = words.fill("settled_by", &[("with", &matched.with)]);
        totals.push(total("settled", label, matched.amount.checked_neg()?, false));
        told.minor = told.minor.checked_add(matched.amount.minor).ok_or(Overflow)?;
    }
    let all = document.total.minor.checked_sub(document.open.minor).ok_or(Overflow)?;
    let rest = all.checked_sub(told.minor).ok_or(Overflow)?;
    if rest != 0 {
        let rest = Money::new(rest, document.currency).checked_neg()?;
        totals.push(total("settled", words.text("settled").to_owned(), rest, false));
    }
    let key = if document.kind == DocumentKind::Invoice { "open" } else { "open_credit" };
    totals.push(total("open", words.text(key).to_owned(), document.open, true));
    Ok(totals)
}

/// How what is open on an invoice is paid; nothing where nobody said where to.
fn payment(printing: &Printing<'_>, document: &Document) -> Option<Fact> {
    let Letterhead { iban, bic, .. } = printing.letterhead;
    let is_due =
        document.kind == DocumentKind::Invoice && document.state == DocumentState::Posted && document.open.minor > 0;
    let iban = iban.as_deref().filter(|_| is_due)?;
    let words = printing.words;
    let money = printing.money(document.open);
    let day = document.due_date.map(|day| printing.day(day)).unwrap_or_default();
    let values = [("amount", money.as_str()), ("day", &day), ("number", document.shown())];
    let key = if document.due_date.is_some() { "please_pay_by" } else { "please_pay" };
    let bic = bic.as_deref().map(|bic| format!(", {} {bic}", words.text("bic"))).unwrap_or_default();
    let account = format!("{} {iban}{bic}", words.text("iban"));
    Some(Fact::new("payment", words.text("payment"), format!("{}\n{account}", words.fill(key, &values))))
}
