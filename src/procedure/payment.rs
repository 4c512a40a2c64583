//! Payments: money that came in or went out, for a document or by itself, and taken back (spec B14).

use super::context::Cx;
use super::document::named;
use super::matching::{match_items, unmatch};
use super::{currency, limit, look_up};
use crate::domain::common::ValueRefused;
use crate::domain::customer::Customer;
use crate::domain::document::{Document, DocumentKind, Matched};
use crate::domain::payment::{Direction, Item, MatchRefused, Payment, Standing, above_zero, check_day};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::{document, payment};

/// What was asked of a payment.
pub struct Pay<'p> {
    pub amount: Option<&'p Amount>,
    pub date: Option<&'p Setting<Day>>,
    pub reference: Option<&'p str>,
}

/// The day of a payment, today where none is given.
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

/// Pays an invoice or pays out a credit note, whole or in part: the payment, where there is anything to pay, and the document.
pub fn pay(cx: &Cx<'_>, kind: DocumentKind, given: &str, pay: &Pay<'_>) -> Result<(Option<Payment>, Document)> {
    let mut document = named(cx, kind, given)?;
    let mut faults = Faults::default();
    let asked = pay.amount.and_then(|amount| faults.gather(above_zero("amount", amount, document.currency)));
    let date = dated(cx, pay.date, &mut faults);
    faults.refuse()?;
    let item = Item::of_document(&document)?;
    let amount = match asked {
        Some(asked) if asked.minor > item.open.minor => {
            let hint = format!("aftersales {} show {}", kind.noun(), shell_word(document.shown()));
            return Err(MatchRefused::TooMuch { field: "amount", asked, open: item.open, hint: Some(hint) }.into());
        }
        Some(asked) => asked,
        None if item.open.minor <= 0 => return Ok((None, document)),
        None => item.open,
    };
    check_day("date", date, cx.desk.lock_date)?;
    let direction = direction_of(kind);
    let mut paid = new_payment(cx, direction, document.customer.clone(), amount, date, pay.reference)?;
    payment::insert(cx.db, &paid)?;
    cx.created("payment", &paid.id);
    match_items(cx, &item, &Item::of_payment(&paid)?, Some(amount))?;
    document = document::by_key(cx.db, document.key)?;
    document::complete(cx.db, &mut document)?;
    paid.open = Money::zero(document.currency);
    paid.matched = vec![Matched { with: document.shown().to_owned(), amount }];
    Ok((Some(paid), document))
}

/// An invoice is paid by money in, a credit note by money out.
pub const fn direction_of(kind: DocumentKind) -> Direction {
    match kind {
        DocumentKind::Invoice => Direction::In,
        DocumentKind::CreditNote => Direction::Out,
    }
}

/// A new payment, not written yet and matched with nothing.
pub fn new_payment(
    cx: &Cx<'_>,
    direction: Direction,
    customer: Reference,
    amount: Money,
    date: Day,
    reference: Option<&str>,
) -> Result<Payment> {
    Ok(Payment {
        key: cx.db.next_key()?,
        id: cx.db.next_reference("P")?,
        state: Standing::Posted,
        direction,
        customer,
        date,
        currency: amount.currency,
        amount,
        open: amount,
        reference: reference.filter(|text| !text.is_empty()).map(str::to_owned),
        matched: Vec::new(),
    })
}

/// What a payment without a document is asked to be.
pub struct Free<'f> {
    pub customer: Option<&'f str>,
    pub direction: Direction,
    pub currency: Option<&'f str>,
    pub pay: Pay<'f>,
}

/// Takes money in, or pays it out, without a document: open credit, or debit, of the customer (spec B14).
pub fn create(cx: &Cx<'_>, free: &Free<'_>) -> Result<Payment> {
    let customer: Option<Customer> = look_up::optional(cx, "customer", free.customer)?;
    let mut faults = Faults::default();
    if customer.is_none() {
        faults.note(ValueRefused::missing("customer"));
    }
    let currency: Currency = faults.gather(currency::named(cx, free.currency)).unwrap_or(cx.desk.currency);
    let amount = match free.pay.amount {
        Some(amount) => faults.gather(above_zero("amount", amount, currency)),
        None => {
            faults.note(ValueRefused::missing("amount"));
            None
        }
    };
    let date = dated(cx, free.pay.date, &mut faults);
    faults.refuse()?;
    let customer = customer.ok_or_else(|| ValueRefused::missing("customer"))?;
    let amount = amount.ok_or_else(|| ValueRefused::missing("amount"))?;
    if free.direction == Direction::Out {
        limit::check_pay_out(cx, amount)?;
    }
    check_day("date", date, cx.desk.lock_date)?;
    let made = new_payment(cx, free.direction, customer.reference(), amount, date, free.pay.reference)?;
    payment::insert(cx.db, &made)?;
    cx.created("payment", &made.id);
    cx.touched("customer", &customer.id);
    Ok(made)
}

/// Takes a payment back: its matches are undone, and the record stays (spec B14). One in a locked period stays as it is.
pub fn cancel(cx: &Cx<'_>, given: &str) -> Result<Payment> {
    let mut known: Payment = look_up::bare(cx, "payment", given)?;
    if known.state == Standing::Cancelled {
        return Ok(known);
    }
    check_day("payment", known.date, cx.desk.lock_date)?;
    unmatch(cx, &Item::of_payment(&known)?, None, false)?;
    payment::cancel(cx.db, known.key)?;
    cx.touched("payment", &known.id);
    (known.state, known.open) = (Standing::Cancelled, Money::zero(known.currency));
    Ok(known)
}
