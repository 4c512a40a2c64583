//! Invoices and credit notes: their states, what is open on them, and what their verbs allow (spec B7 to B10, B13).

use serde::{Serialize, Serializer};

use super::line::{LineTax, PricedLine, Totals};
use super::order::OrderLine;
use super::product::UnitPrice;
use super::tax::LineAmounts;
use super::{Allowed, Refusal};
use crate::domain::value::apportion::Held;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Quantity};
use crate::domain::value::reference::Reference;
use crate::domain::value::text::choices;

choices! {
    /// Which of the two a document is.
    pub enum DocumentKind: "kind" {
        Invoice = "invoice",
        CreditNote = "credit_note",
    }
}

impl DocumentKind {
    /// The words for it in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            DocumentKind::Invoice => "invoice",
            DocumentKind::CreditNote => "credit note",
        }
    }

    /// The noun of its commands.
    pub const fn noun(self) -> &'static str {
        match self {
            DocumentKind::Invoice => "invoice",
            DocumentKind::CreditNote => "credit-note",
        }
    }
}

choices! {
    /// A draft is editable and unnumbered, a posted document final and numbered.
    pub enum DocumentState: "state" {
        Draft = "draft",
        Posted = "posted",
        Cancelled = "cancelled",
    }
}

choices! {
    /// What a credit note line takes of its invoice line: a quantity, or value only (spec B5).
    pub enum Refunds: "refunds" {
        Goods = "goods",
        Value = "value",
    }
}

choices! {
    /// How far a document is paid (spec B8).
    pub enum PaymentState: "payment state" {
        NotPaid = "not_paid",
        Partial = "partial",
        Paid = "paid",
        Reversed = "reversed",
    }
}

/// A line of an invoice or credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLine {
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    pub product: Option<Reference>,
    pub lot: Option<Reference>,
    pub label: String,
    /// Terms and amounts, as stored.
    pub priced: PricedLine,
    /// On a credit note, what it takes of its invoice line.
    pub refunds: Option<Refunds>,
    /// The invoice line that a credit note line refunds.
    pub invoice_line: Option<i64>,
    /// The order line that it bills or refunds.
    pub order_line: Option<i64>,
    /// On an invoice line, what credit notes hold of it.
    pub held: Option<HeldOfLine>,
}

impl Serialize for DocumentLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'l> {
            line: i64,
            product: &'l Option<Reference>,
            lot: &'l Option<Reference>,
            label: &'l str,
            quantity: Quantity,
            price: UnitPrice,
            discount: Percent,
            taxes: &'l [LineTax],
            refunds: Option<Refunds>,
            untaxed: Money,
            tax: Money,
            total: Money,
        }
        let PricedLine { quantity, price, discount, taxes, untaxed, tax, total } = &self.priced;
        Shown {
            line: self.line,
            product: &self.product,
            lot: &self.lot,
            label: &self.label,
            quantity: *quantity,
            price: *price,
            discount: *discount,
            taxes,
            refunds: self.refunds,
            untaxed: *untaxed,
            tax: *tax,
            total: *total,
        }
        .serialize(serializer)
    }
}

/// What credit notes that are not cancelled hold of an invoice line, as stored beside it (spec B5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeldOfLine {
    pub goods: Quantity,
    pub credited: LineAmounts,
    pub reduced: LineAmounts,
}

impl DocumentLine {
    /// Its amounts as stored, in minor units.
    pub fn amounts(&self) -> LineAmounts {
        self.priced.amounts()
    }

    /// Writes new amounts into it.
    pub fn set_amounts(&mut self, amounts: &LineAmounts) -> Result<(), Overflow> {
        let PricedLine { quantity, price, discount, taxes, .. } = &self.priced;
        self.priced = PricedLine::with_amounts(*quantity, *price, *discount, taxes.clone(), amounts)?;
        Ok(())
    }

    /// The invoice line with what is held of it, for apportioning (spec B5).
    pub fn held(&self) -> Held {
        let held = self.held.clone().unwrap_or_default();
        Held {
            invoiced: self.priced.quantity,
            billed: self.amounts(),
            goods: held.goods,
            credited: held.credited,
            reduced: held.reduced,
        }
    }
}

/// The sum of one tax over a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaxLine {
    pub tax: Reference,
    pub base: Money,
    pub amount: Money,
}

/// A match with another document or a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matched {
    pub with: String,
    pub amount: Money,
}

/// An invoice or credit note as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub number: Option<String>,
    pub kind: DocumentKind,
    pub state: DocumentState,
    pub journal: Reference,
    pub customer: Reference,
    pub ticket: Option<Reference>,
    pub order: Option<Reference>,
    /// What a credit note reverses.
    pub invoice: Option<Reference>,
    pub reason: Option<String>,
    pub text: Option<String>,
    pub date: Day,
    pub accounting_date: Option<Day>,
    pub due_date: Option<Day>,
    /// The day on which it is posted by itself (spec B9).
    pub post_on: Option<Day>,
    pub currency: Currency,
    pub lines: Vec<DocumentLine>,
    pub tax_lines: Vec<TaxLine>,
    pub untaxed: Money,
    pub tax: Money,
    pub total: Money,
    /// What is left to pay; zero while it is not posted.
    pub open: Money,
    pub payment_state: PaymentState,
    pub matched: Vec<Matched>,
    /// Whether the bounds of spec B5 are lifted for this credit note.
    #[serde(skip)]
    pub allow_excess: bool,
    /// Whether this credit note clears its invoice in favour of a copy (spec B6).
    #[serde(skip)]
    pub replaces: bool,
    /// The invoice that this one copies (spec B6).
    #[serde(skip)]
    pub copy_of: Option<i64>,
}

impl Document {
    /// The number once posted, the id before.
    pub fn shown(&self) -> &str {
        self.number.as_deref().unwrap_or(&self.id)
    }

    /// The document as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.shown().to_owned() }
    }

    /// Both words: `credit note RINV/2026/00001`.
    pub fn named(&self) -> String {
        format!("{} {}", self.kind.words(), self.shown())
    }

    /// Sums the lines into totals and tax lines (spec B11).
    pub fn sum_up(&mut self) -> Result<(), Overflow> {
        let totals = Totals::of(self.currency, self.lines.iter().map(|line| &line.priced))?;
        (self.untaxed, self.tax, self.total) = (totals.untaxed, totals.tax, totals.total);
        self.sum_taxes()
    }

    /// Sums the lines into tax lines, each tax once, in the order in which lines bring them.
    pub fn sum_taxes(&mut self) -> Result<(), Overflow> {
        let add = |one: Money, other: Money| {
            one.minor.checked_add(other.minor).map(|minor| Money::new(minor, one.currency)).ok_or(Overflow)
        };
        self.tax_lines.clear();
        for line in &self.lines {
            for applied in &line.priced.taxes {
                match self.tax_lines.iter_mut().find(|known| known.tax.key == applied.tax.key) {
                    Some(known) => {
                        known.base = add(known.base, line.priced.untaxed)?;
                        known.amount = add(known.amount, applied.amount)?;
                    }
                    None => self.tax_lines.push(TaxLine {
                        tax: applied.tax.clone(),
                        base: line.priced.untaxed,
                        amount: applied.amount,
                    }),
                }
            }
        }
        Ok(())
    }
}

/// How far a posted document is paid (spec B8): `by_payment` says whether a payment, not only credit notes or invoices,
/// is matched with it.
pub fn payment_state(
    kind: DocumentKind,
    state: DocumentState,
    total: i64,
    open: i64,
    by_payment: bool,
) -> PaymentState {
    match (state, open, total) {
        (DocumentState::Draft | DocumentState::Cancelled, ..) => PaymentState::NotPaid,
        (DocumentState::Posted, _, 0) => PaymentState::Paid,
        (DocumentState::Posted, 0, _) if kind == DocumentKind::Invoice && !by_payment => PaymentState::Reversed,
        (DocumentState::Posted, 0, _) => PaymentState::Paid,
        (DocumentState::Posted, open, total) if open == total => PaymentState::NotPaid,
        (DocumentState::Posted, ..) => PaymentState::Partial,
    }
}

/// The accounting date of a document: its own date, or the day after the lock date where that is later (spec B10).
pub fn accounting_date(date: Day, lock_date: Option<Day>) -> Day {
    let first_open = lock_date.and_then(|lock| lock.plus_days(1));
    first_open.map_or(date, |first| first.max(date))
}

/// What stands for an order line on its invoices (spec B15).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Billed {
    pub quantity: Quantity,
    /// In minor units.
    pub amounts: LineAmounts,
}

/// The invoice line for what of an order line can still be billed, apportioned from the order line's stored amounts so that
/// its invoices end at exactly what was ordered (spec B11, B15). None where nothing is left.
pub fn billable(line: &OrderLine, billed: &Billed) -> Result<Option<DocumentLine>, Overflow> {
    let held = Held {
        invoiced: line.priced.quantity,
        billed: line.priced.amounts(),
        goods: billed.quantity,
        credited: billed.amounts.clone(),
        reduced: LineAmounts::default(),
    };
    let quantity = held.left_quantity()?;
    if quantity.is_zero() {
        return Ok(None);
    }
    let amounts = held.propose(quantity)?;
    let PricedLine { price, discount, taxes, .. } = line.priced.clone();
    Ok(Some(DocumentLine {
        key: 0,
        line: line.line,
        product: line.product.clone(),
        lot: None,
        label: line.label.clone(),
        priced: PricedLine::with_amounts(quantity, price, discount, taxes, &amounts)?,
        refunds: None,
        invoice_line: None,
        order_line: Some(line.key),
        held: None,
    }))
}

/// Why a document's verb is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefused {
    #[error("{document} is {state}, so it cannot be {wanted}")]
    State { document: String, state: DocumentState, wanted: &'static str, hint: Option<String> },
    #[error("{document} is dated {date}, which is still to come")]
    NotDue { document: String, date: Day, hint: String },
    #[error("{document} is accounted on {date}, and the books are locked up to {lock_date}")]
    Locked { document: String, date: Day, lock_date: Day, hint: String },
    #[error("{invoice} has the posted credit note {credit_note}")]
    Credited { invoice: String, credit_note: String },
    #[error("{document} adds up to {total}, and a document below zero cannot be posted")]
    BelowZero { document: String, total: Money },
    #[error("{document} has no lines")]
    NoLines { document: String },
    #[error("the invoice {invoice} is {state}, so nothing can be refunded of it")]
    InvoiceNotPosted { invoice: String, state: DocumentState },
    #[error("nothing of {order} is left to invoice")]
    NothingToInvoice { order: String },
}

impl Refusal for DocumentRefused {
    fn code(&self) -> &'static str {
        match self {
            DocumentRefused::State { .. }
            | DocumentRefused::Credited { .. }
            | DocumentRefused::BelowZero { .. }
            | DocumentRefused::NoLines { .. } => "state_not_allowed",
            DocumentRefused::NotDue { .. } => "not_due",
            DocumentRefused::Locked { .. } => "period_locked",
            DocumentRefused::InvoiceNotPosted { .. } => "invoice_not_posted",
            DocumentRefused::NothingToInvoice { .. } => "nothing_to_invoice",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            DocumentRefused::InvoiceNotPosted { .. } => Some("invoice"),
            DocumentRefused::NothingToInvoice { .. } => Some("order"),
            _ => None,
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            DocumentRefused::State { state, .. } => Some(state.to_string()),
            DocumentRefused::InvoiceNotPosted { invoice, .. } => Some(invoice.clone()),
            DocumentRefused::NotDue { date, .. } | DocumentRefused::Locked { date, .. } => Some(date.to_string()),
            _ => None,
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            DocumentRefused::Locked { lock_date, .. } => {
                lock_date.plus_days(1).map(|day| Allowed::One(day.to_string()))
            }
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            DocumentRefused::State { hint, .. } => hint.clone(),
            DocumentRefused::NotDue { hint, .. } | DocumentRefused::Locked { hint, .. } => Some(hint.clone()),
            DocumentRefused::Credited { credit_note, .. } => Some(format!("aftersales credit-note show {credit_note}")),
            DocumentRefused::BelowZero { .. } => Some("change its lines first".to_owned()),
            DocumentRefused::NoLines { document } => Some(format!("add a line first, or cancel {document}")),
            DocumentRefused::InvoiceNotPosted { invoice, state: DocumentState::Draft } => {
                Some(format!("aftersales invoice post {invoice}"))
            }
            DocumentRefused::InvoiceNotPosted { invoice, .. } => Some(format!("aftersales invoice show {invoice}")),
            DocumentRefused::NothingToInvoice { order } => Some(format!("aftersales order show {order}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payment_state_follows_from_what_is_open_and_how_it_was_cleared() {
        use DocumentKind::{CreditNote, Invoice};
        use DocumentState::{Cancelled, Draft, Posted};
        for (kind, state, total, open, by_payment, expected) in [
            (Invoice, Draft, 100, 0, false, PaymentState::NotPaid),
            (Invoice, Cancelled, 100, 0, false, PaymentState::NotPaid),
            (Invoice, Posted, 100, 100, false, PaymentState::NotPaid),
            (Invoice, Posted, 100, 40, true, PaymentState::Partial),
            (Invoice, Posted, 100, 0, true, PaymentState::Paid),
            (Invoice, Posted, 100, 0, false, PaymentState::Reversed),
            (Invoice, Posted, 0, 0, false, PaymentState::Paid),
            (CreditNote, Posted, 100, 0, false, PaymentState::Paid),
            (CreditNote, Posted, 100, 100, false, PaymentState::NotPaid),
        ] {
            assert_eq!(payment_state(kind, state, total, open, by_payment), expected, "{kind} {state} {total} {open}");
        }
    }

    #[test]
    fn the_accounting_date_is_never_in_the_locked_period() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        for (date, lock, expected) in [
            ("2026-03-10", None, "2026-03-10"),
            ("2026-03-10", Some("2026-02-28"), "2026-03-10"),
            ("2026-03-10", Some("2026-03-10"), "2026-03-11"),
            ("2026-03-10", Some("2026-03-31"), "2026-04-01"),
        ] {
            assert_eq!(accounting_date(day(date), lock.map(day)), day(expected), "{date} {lock:?}");
        }
    }
}
