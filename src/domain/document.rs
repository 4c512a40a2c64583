//! Invoices and credit notes: their states, what is open on them, and what their verbs allow (spec B7 to B10, B13).

mod bill;
pub mod billed;
mod edit;

pub use bill::{Billed, bill, left_to_bill};
pub use edit::{Edit, check_pieces, check_values, edit_lines, edit_terms};

use serde::{Serialize, Serializer};

use super::line::{LineTax, PricedLine, Totals};
use super::product::UnitPrice;
use super::tax::LineAmounts;
use super::ticket::OnTicket;
use super::{Allowed, Refusal};
use crate::domain::value::apportion::CreditedLine;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Quantity};
use crate::domain::value::reference::{Reference, shell_word};
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

impl DocumentState {
    /// What a ticket tells of a credit note made from it: it is shown once posted (spec A7), and open until then (spec A5).
    pub fn on_ticket(self, id: String) -> OnTicket {
        let (is_shown, is_open) = (self == DocumentState::Posted, self == DocumentState::Draft);
        OnTicket { id, state: self.word(), is_shown, is_open }
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
    /// On a share of a discount, the invoice line whose refund takes it along (spec B5).
    pub share_of: Option<i64>,
    /// The order line that it bills or refunds.
    pub order_line: Option<i64>,
    /// What its amounts are beside what its terms come to, in minor units: an imported document has those that it was billed
    /// with (contract, section 7). Nothing on all others.
    pub billed: LineAmounts,
    /// On an invoice line, what credit notes hold of it.
    pub held: Option<CreditsOfLine>,
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
pub struct CreditsOfLine {
    pub goods: Quantity,
    pub credited: LineAmounts,
    pub reduced: LineAmounts,
    /// The quantities of the goods lines one by one; empty until they are asked for.
    pub taken: Vec<Quantity>,
}

impl DocumentLine {
    /// Whether it is a discount on other lines: of negative value, with no product (spec B5).
    pub fn is_discount(&self) -> bool {
        self.product.is_none() && self.priced.takes_off()
    }

    /// Its amounts as stored, in minor units.
    pub fn amounts(&self) -> LineAmounts {
        self.priced.amounts()
    }

    /// Writes new amounts into it.
    pub fn set_amounts(&mut self, amounts: &LineAmounts) -> Result<(), Overflow> {
        let PricedLine { quantity, price, discount, taxes, .. } = &self.priced;
        self.priced = PricedLine::with_amounts(*quantity, *price, *discount, taxes.clone(), amounts)?;
        self.settle();
        Ok(())
    }

    /// Forgets that it was billed elsewhere with other amounts: what it comes to now was computed here.
    pub fn settle(&mut self) {
        self.billed = LineAmounts::zero(self.priced.taxes.len());
    }

    /// Writes the amounts that it was billed with elsewhere into it, and keeps what they are beside what its terms come to.
    pub fn bill_as(&mut self, amounts: &LineAmounts) -> Result<(), Overflow> {
        let (now, before) = (self.amounts(), self.billed.clone());
        let beside = |billed: i64, now: i64, before: i64| {
            billed.checked_sub(now).and_then(|more| more.checked_add(before)).ok_or(Overflow)
        };
        let untaxed = beside(amounts.untaxed, now.untaxed, before.untaxed)?;
        let taxes = (0..now.taxes.len()).map(|place| beside(amounts.tax(place), now.tax(place), before.tax(place)));
        let taxes = taxes.collect::<Result<Vec<i64>, Overflow>>()?;
        self.set_amounts(amounts)?;
        self.billed = LineAmounts { untaxed, taxes };
        Ok(())
    }

    /// The invoice line with what is held of it, for apportioning (spec B5).
    pub fn held(&self) -> CreditedLine {
        let held = self.held.clone().unwrap_or_default();
        CreditedLine {
            invoiced: self.priced.quantity,
            billed: self.amounts(),
            goods: held.goods,
            credited: held.credited,
            reduced: held.reduced,
            taken: held.taken,
        }
    }
}

/// Sums over a whole document, in minor units: the total, and each tax by its key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    pub total: i64,
    pub taxes: Vec<(i64, i64)>,
}

impl Sums {
    /// What it has of that tax.
    pub fn tax(&self, key: i64) -> i64 {
        self.taxes.iter().find(|(tax, _)| *tax == key).map_or(0, |(_, amount)| *amount)
    }

    /// Adds the amounts of a line that bears these taxes.
    pub fn add(&mut self, taxes: &[LineTax], amounts: &LineAmounts) -> Result<(), Overflow> {
        self.total = self.total.checked_add(amounts.total()?).ok_or(Overflow)?;
        for (place, tax) in taxes.iter().enumerate() {
            self.add_tax(tax.tax.key, amounts.tax(place))?;
        }
        Ok(())
    }

    /// Adds an amount to one tax.
    pub fn add_tax(&mut self, key: i64, amount: i64) -> Result<(), Overflow> {
        match self.taxes.iter_mut().find(|(tax, _)| *tax == key) {
            Some((_, sum)) => *sum = sum.checked_add(amount).ok_or(Overflow)?,
            None => self.taxes.push((key, amount)),
        }
        Ok(())
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
    /// The task that an invoice bills.
    #[serde(skip)]
    pub task: Option<i64>,
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
    /// The user whose limit a draft credit note is above: another has to post it (spec A9).
    pub held_by: Option<Reference>,
    /// The operation that posted it; none in a draft, and in what was posted before that was kept.
    #[serde(skip)]
    pub posted_in: Option<i64>,
    /// Whether the bounds of spec B5 are lifted for this credit note.
    #[serde(skip)]
    pub allow_excess: bool,
    /// Whether this credit note clears its invoice in favour of a copy (spec B6).
    #[serde(skip)]
    pub replaces: bool,
    /// The invoice that this one copies (spec B6).
    #[serde(skip)]
    pub copy_of: Option<i64>,
    /// On an invoice, what its credit notes come to on lines that refund none of its lines: only an excess has such.
    #[serde(skip)]
    pub beyond: Sums,
    /// Whether only one line was loaded, which the others cannot touch: nothing takes off and no credit note may exceed.
    #[serde(skip)]
    pub line_alone: bool,
}

/// A document that is an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Invoice(pub Document);

/// A document that is a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CreditNote(pub Document);

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

/// The accounting date of a document: its own date, or the day after the lock date where that is later (spec B10). None
/// where the period that is locked has no end.
pub fn accounting_date(date: Day, lock_date: Option<Day>) -> Option<Day> {
    match lock_date {
        Some(lock_date) if date <= lock_date => lock_date.plus_days(1),
        _ => Some(date),
    }
}

/// The part of a number before its count, which also names its counter (spec B7).
pub fn number_prefix(kind: DocumentKind, journal: &str, year: i32) -> String {
    let reversal = if kind == DocumentKind::CreditNote { "R" } else { "" };
    format!("{reversal}{journal}/{year:04}/")
}

/// Refuses a document on which nothing stands: one without lines, or with the quantity 0 on each (spec B5).
pub fn check_filled(document: &Document) -> Result<(), DocumentRefused> {
    if document.lines.iter().all(|line| line.priced.quantity.is_zero()) {
        let (id, kind) = (document.id.clone(), document.kind);
        return Err(DocumentRefused::Empty { document: document.named(), id, kind, lines: document.lines.len() });
    }
    Ok(())
}

/// Why a document's verb is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefused {
    #[error("{document} is {state}, so it cannot be {wanted}")]
    State { document: String, state: DocumentState, wanted: &'static str, hint: Option<String> },
    #[error("{document} is dated {date}, which is still to come{}", if *waits { "; credit-note post --due posts it then" } else { "" })]
    NotDue { document: String, id: String, kind: DocumentKind, date: Day, today: Day, waits: bool },
    #[error("{document} is accounted on {date}, and the books are locked up to {lock_date}; it can be reversed")]
    Locked { document: String, date: Day, lock_date: Day, hint: Option<String> },
    #[error(
        "the books are locked up to {lock_date}, and there is no day after it that {document} could be accounted on"
    )]
    LockedForEver { document: String, lock_date: Day },
    #[error("{date} is in the period that is locked up to {lock_date}")]
    PaymentLocked { field: &'static str, date: Day, lock_date: Day },
    #[error("{invoice} has the posted credit note {credit_note}")]
    Credited { invoice: String, credit_note: String },
    #[error("{document} is reversed by the invoice {by}")]
    Reversed { document: String, by: String, draft: bool },
    #[error("{document} reverses {reverses} as a whole, so its lines stay as they are")]
    LinesFixed { document: String, id: String, reverses: String },
    #[error("{document} adds up to {total}, and a document below zero cannot be posted")]
    BelowZero { document: String, id: String, kind: DocumentKind, total: Money },
    #[error("{document} has {}", if *lines == 0 { "no lines" } else { "no line with a quantity, and nothing is no document" })]
    Empty { document: String, id: String, kind: DocumentKind, lines: usize },
    #[error("the invoice {invoice} is {state}, so nothing can be refunded of it")]
    InvoiceNotPosted { invoice: String, state: DocumentState },
    #[error("{reversed} is {state}, so there is nothing of it to reverse")]
    NothingToReverse { reversed: String, id: String, state: DocumentState },
    #[error("nothing of {order} is left to invoice")]
    NothingToInvoice { order: String },
}

impl Refusal for DocumentRefused {
    fn code(&self) -> &'static str {
        match self {
            DocumentRefused::State { .. }
            | DocumentRefused::Credited { .. }
            | DocumentRefused::Reversed { .. }
            | DocumentRefused::LinesFixed { .. }
            | DocumentRefused::BelowZero { .. }
            | DocumentRefused::NothingToReverse { .. }
            | DocumentRefused::Empty { .. } => "state_not_allowed",
            DocumentRefused::NotDue { .. } => "not_due",
            DocumentRefused::Locked { .. }
            | DocumentRefused::LockedForEver { .. }
            | DocumentRefused::PaymentLocked { .. } => "period_locked",
            DocumentRefused::InvoiceNotPosted { .. } => "invoice_not_posted",
            DocumentRefused::NothingToInvoice { .. } => "nothing_to_invoice",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            DocumentRefused::InvoiceNotPosted { .. } => Some("invoice"),
            DocumentRefused::NothingToInvoice { .. } => Some("order"),
            DocumentRefused::PaymentLocked { field, .. } => Some(field),
            _ => None,
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            DocumentRefused::State { state, .. } | DocumentRefused::NothingToReverse { state, .. } => {
                Some(state.to_string())
            }
            DocumentRefused::InvoiceNotPosted { invoice, .. } => Some(invoice.clone()),
            DocumentRefused::NotDue { date, .. }
            | DocumentRefused::Locked { date, .. }
            | DocumentRefused::PaymentLocked { date, .. } => Some(date.to_string()),
            _ => None,
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            DocumentRefused::Locked { lock_date, .. } | DocumentRefused::PaymentLocked { lock_date, .. } => {
                lock_date.plus_days(1).map(|day| Allowed::One(day.to_string()))
            }
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            DocumentRefused::State { hint, .. } | DocumentRefused::Locked { hint, .. } => hint.clone(),
            DocumentRefused::NotDue { id, kind, today, .. } => {
                Some(format!("aftersales {} edit {} --date {today}", kind.noun(), shell_word(id)))
            }
            DocumentRefused::LockedForEver { .. } | DocumentRefused::PaymentLocked { .. } => {
                Some("aftersales desk show".to_owned())
            }
            DocumentRefused::Credited { credit_note, .. } => {
                Some(format!("aftersales credit-note show {}", shell_word(credit_note)))
            }
            DocumentRefused::Reversed { by, draft: true, .. } => {
                Some(format!("aftersales invoice post {}", shell_word(by)))
            }
            DocumentRefused::Reversed { by, .. } => Some(format!("aftersales invoice show {}", shell_word(by))),
            DocumentRefused::LinesFixed { id, .. } => Some(format!("aftersales invoice show {}", shell_word(id))),
            DocumentRefused::BelowZero { id, kind, .. } | DocumentRefused::Empty { id, kind, .. } => {
                Some(format!("aftersales {} show {}", kind.noun(), shell_word(id)))
            }
            DocumentRefused::InvoiceNotPosted { invoice, state: DocumentState::Draft } => {
                Some(format!("aftersales invoice post {}", shell_word(invoice)))
            }
            DocumentRefused::InvoiceNotPosted { invoice, .. } => {
                Some(format!("aftersales invoice show {}", shell_word(invoice)))
            }
            DocumentRefused::NothingToReverse { id, .. } => {
                Some(format!("aftersales credit-note show {}", shell_word(id)))
            }
            DocumentRefused::NothingToInvoice { order } => Some(format!("aftersales order show {}", shell_word(order))),
        }
    }
}

#[cfg(test)]
impl Document {
    /// The posted document INV/2026/00001 of C00001 in EUR, of 23 November 2026, with these lines, summed.
    pub fn for_tests(kind: DocumentKind, lines: Vec<DocumentLine>) -> Document {
        let reference = |id: &str| Reference { key: 1, id: id.to_owned() };
        let currency = Currency::iso("EUR").unwrap();
        let (zero, day): (Money, Day) = (Money::zero(currency), "2026-11-23".parse().unwrap());
        let mut document = Document {
            key: 1,
            id: "D00001".to_owned(),
            number: Some("INV/2026/00001".to_owned()),
            kind,
            state: DocumentState::Posted,
            journal: reference("INV"),
            customer: reference("C00001"),
            ticket: None,
            order: None,
            task: None,
            invoice: None,
            reason: None,
            text: None,
            date: day,
            accounting_date: Some(day),
            due_date: None,
            post_on: None,
            currency,
            lines,
            tax_lines: Vec::new(),
            untaxed: zero,
            tax: zero,
            total: zero,
            open: zero,
            payment_state: PaymentState::NotPaid,
            matched: Vec::new(),
            held_by: None,
            posted_in: Some(1),
            allow_excess: false,
            replaces: false,
            copy_of: None,
            beyond: Sums::default(),
            line_alone: false,
        };
        document.sum_up().unwrap();
        document
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
            assert_eq!(accounting_date(day(date), lock.map(day)), Some(day(expected)), "{date} {lock:?}");
        }
        // After the last day that there is comes none.
        assert_eq!(accounting_date(day("2026-03-10"), Some(day("9999-12-31"))), None);
    }
}
