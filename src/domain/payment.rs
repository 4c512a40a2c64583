//! Payments and matching: what clears what (spec B8, B14).

use serde::Serialize;

use super::common::ValueRefused;
use super::document::{Document, DocumentKind, DocumentRefused, DocumentState, Matched};
use super::{Allowed, Refusal};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

choices! {
    /// Whether money came in (an invoice was paid) or went out (a credit note was).
    pub enum Direction: "direction" {
        In = "in",
        Out = "out",
    }
}

choices! {
    /// A payment that was taken back stays as a record (spec B14).
    pub enum Standing: "state" {
        Posted = "posted",
        Cancelled = "cancelled",
    }
}

/// A payment as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub state: Standing,
    pub direction: Direction,
    pub customer: Reference,
    pub date: Day,
    pub currency: Currency,
    pub amount: Money,
    /// What of it is matched with nothing.
    pub open: Money,
    pub reference: Option<String>,
    pub matched: Vec<Matched>,
}

choices! {
    /// The two sides of a match: invoices and money out are debits, credit notes and money in are credits.
    pub enum Side: "side" {
        Debit = "debit",
        Credit = "credit",
    }
}

/// One end of a match: a posted document or a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub key: i64,
    /// Its id, as the log of changes names it.
    pub id: String,
    /// Its number or id, as people name it.
    pub shown: String,
    pub is_payment: bool,
    pub kind: &'static str,
    pub side: Side,
    pub customer: Reference,
    pub open: Money,
}

impl Item {
    /// A posted document as an end of a match.
    pub fn of_document(document: &Document) -> Result<Item, MatchRefused> {
        if document.state != DocumentState::Posted {
            let (id, noun) = (document.id.clone(), document.kind.noun());
            return Err(MatchRefused::NotPosted { document: document.named(), id, noun, state: document.state });
        }
        Ok(Item {
            key: document.key,
            id: document.id.clone(),
            shown: document.shown().to_owned(),
            is_payment: false,
            kind: document.kind.word(),
            side: if document.kind == DocumentKind::Invoice { Side::Debit } else { Side::Credit },
            customer: document.customer.clone(),
            open: document.open,
        })
    }

    /// A payment as an end of a match.
    pub fn of_payment(payment: &Payment) -> Result<Item, MatchRefused> {
        if payment.state == Standing::Cancelled {
            return Err(MatchRefused::PaymentCancelled { payment: payment.id.clone() });
        }
        Ok(Item {
            key: payment.key,
            id: payment.id.clone(),
            shown: payment.id.clone(),
            is_payment: true,
            kind: "payment",
            side: if payment.direction == Direction::In { Side::Credit } else { Side::Debit },
            customer: payment.customer.clone(),
            open: payment.open,
        })
    }
}

/// An amount above zero, in a currency.
pub fn above_zero(field: &'static str, amount: &Amount, currency: Currency) -> super::Result<Money> {
    let money = amount
        .in_currency(currency)
        .map_err(|fault| super::Error::from(ValueRefused::invalid(field, amount, fault.to_string())))?;
    if money.minor <= 0 {
        return Err(ValueRefused::quantity(field, amount, format!("{amount} is not an amount above zero")).into());
    }
    Ok(money)
}

/// Refuses the day of a payment that lies in a locked period (spec B10).
pub fn check_day(field: &'static str, date: Day, lock_date: Option<Day>) -> Result<(), DocumentRefused> {
    match lock_date {
        Some(lock_date) if date <= lock_date => Err(DocumentRefused::PaymentLocked { field, date, lock_date }),
        _ => Ok(()),
    }
}

/// The amount that a match of two takes: the smaller open one, or what was asked up to it (spec B7, B8). None where
/// nothing is open on one of them.
pub fn matchable(one: &Item, other: &Item, asked: Option<Money>) -> Result<Option<Money>, MatchRefused> {
    if one.side == other.side {
        return Err(MatchRefused::SameSide {
            one: one.shown.clone(),
            other: other.shown.clone(),
            customer: one.customer.id.clone(),
        });
    }
    if one.customer.key != other.customer.key {
        return Err(MatchRefused::OtherCustomer {
            one: one.shown.clone(),
            other: other.shown.clone(),
            customer: one.customer.id.clone(),
        });
    }
    if one.open.currency != other.open.currency {
        return Err(MatchRefused::Currency {
            has: one.shown.clone(),
            one: one.open.currency,
            other: other.open.currency,
            with: other.shown.clone(),
        });
    }
    let most = if one.open.minor <= other.open.minor { one.open } else { other.open };
    match asked {
        _ if most.minor <= 0 => Ok(None),
        Some(asked) if asked.minor > most.minor => {
            Err(MatchRefused::TooMuch { field: "amount", asked, open: most, hint: None })
        }
        Some(asked) => Ok(Some(asked)),
        None => Ok(Some(most)),
    }
}

/// Why a payment or a match is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchRefused {
    #[error("{document} is {state}, so nothing can be paid or matched on it")]
    NotPosted { document: String, id: String, noun: &'static str, state: DocumentState },
    #[error("the payment {payment} is cancelled, so nothing can be matched with it")]
    PaymentCancelled { payment: String },
    #[error("nothing is open on {on}, so there is nothing to match")]
    NothingOpen { on: String, hint: String },
    #[error(
        "{one} and {other} are on the same side, so neither clears the other: \
         an invoice is matched with a credit note or money in, a credit note also with money out"
    )]
    SameSide { one: String, other: String, customer: String },
    #[error("{other} is not of {customer}, whose {one} is")]
    OtherCustomer { one: String, other: String, customer: String },
    #[error("{has} and {with} are in {one} and {other}: nothing is converted")]
    Currency { has: String, one: Currency, other: Currency, with: String },
    #[error("{asked} is more than the {open} that is open")]
    TooMuch { field: &'static str, asked: Money, open: Money, hint: Option<String> },
}

impl Refusal for MatchRefused {
    fn code(&self) -> &'static str {
        match self {
            MatchRefused::NotPosted { .. } | MatchRefused::PaymentCancelled { .. } => "state_not_allowed",
            MatchRefused::NothingOpen { .. } => "nothing_to_match",
            MatchRefused::Currency { .. } => "currency_mismatch",
            MatchRefused::SameSide { .. } | MatchRefused::OtherCustomer { .. } | MatchRefused::TooMuch { .. } => {
                "invalid_value"
            }
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            MatchRefused::NotPosted { .. } => None,
            MatchRefused::TooMuch { field, .. } => Some(field),
            _ => Some("with"),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            MatchRefused::NotPosted { state, .. } => Some(state.to_string()),
            MatchRefused::PaymentCancelled { payment } => Some(payment.clone()),
            MatchRefused::NothingOpen { .. } => None,
            MatchRefused::SameSide { other, .. } | MatchRefused::OtherCustomer { other, .. } => Some(other.clone()),
            MatchRefused::Currency { with, .. } => Some(with.clone()),
            MatchRefused::TooMuch { asked, .. } => Some(asked.plain()),
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            MatchRefused::TooMuch { open, .. } => Some(Allowed::One(open.plain())),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            MatchRefused::NotPosted { id, noun, state: DocumentState::Draft, .. } => {
                Some(format!("aftersales {noun} post {}", shell_word(id)))
            }
            MatchRefused::NotPosted { id, noun, .. } => Some(format!("aftersales {noun} show {}", shell_word(id))),
            MatchRefused::PaymentCancelled { payment } => {
                Some(format!("aftersales payment show {}", shell_word(payment)))
            }
            MatchRefused::NothingOpen { hint, .. } => Some(hint.clone()),
            MatchRefused::SameSide { customer, .. } | MatchRefused::OtherCustomer { customer, .. } => {
                Some(format!("aftersales credit-note list --customer {}", shell_word(customer)))
            }
            MatchRefused::Currency { one, .. } => Some(format!("aftersales credit-note list --currency {one}")),
            MatchRefused::TooMuch { hint, .. } => hint.clone(),
        }
    }
}
