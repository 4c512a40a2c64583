//! Payments and matching: what clears what (spec B8, B14).

use serde::Serialize;

use super::document::{Document, DocumentKind, DocumentState, Matched};
use super::{Allowed, Refusal};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::reference::Reference;
use crate::domain::value::text::choices;

choices! {
    /// Whether money came in (an invoice was paid) or went out (a credit note was).
    pub enum Direction: "direction" {
        In = "in",
        Out = "out",
    }
}

/// A payment as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
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
            return Err(MatchRefused::NotPosted { document: document.named(), state: document.state });
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
    pub fn of_payment(payment: &Payment) -> Item {
        Item {
            key: payment.key,
            id: payment.id.clone(),
            shown: payment.id.clone(),
            is_payment: true,
            kind: "payment",
            side: if payment.direction == Direction::In { Side::Credit } else { Side::Debit },
            customer: payment.customer.clone(),
            open: payment.open,
        }
    }
}

/// The amount that a match of two takes: the smaller open one, or what was asked up to it (spec B7, B8). None where
/// nothing is open on one of them.
pub fn matchable(one: &Item, other: &Item, asked: Option<Money>) -> Result<Option<Money>, MatchRefused> {
    if one.side == other.side {
        return Err(MatchRefused::SameSide { one: one.shown.clone(), other: other.shown.clone() });
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
            one: one.open.currency,
            other: other.open.currency,
            with: other.shown.clone(),
        });
    }
    let most = if one.open.minor <= other.open.minor { one.open } else { other.open };
    match asked {
        Some(asked) if asked.minor > most.minor => Err(MatchRefused::TooMuch { field: "amount", asked, open: most }),
        Some(asked) => Ok(Some(asked)),
        None if most.minor <= 0 => Ok(None),
        None => Ok(Some(most)),
    }
}

/// Why a payment or a match is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchRefused {
    #[error("{document} is {state}, so nothing can be paid or matched on it")]
    NotPosted { document: String, state: DocumentState },
    #[error("{one} and {other} are on the same side, so neither clears the other")]
    SameSide { one: String, other: String },
    #[error("{other} is not of {customer}, whose {one} is")]
    OtherCustomer { one: String, other: String, customer: String },
    #[error("{one} and {other} cannot be matched with each other")]
    Currency { one: Currency, other: Currency, with: String },
    #[error("{asked} is more than the {open} that is open")]
    TooMuch { field: &'static str, asked: Money, open: Money },
}

impl Refusal for MatchRefused {
    fn code(&self) -> &'static str {
        match self {
            MatchRefused::NotPosted { .. } => "state_not_allowed",
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
        let hint = match self {
            MatchRefused::NotPosted { .. } => "post it first".to_owned(),
            MatchRefused::SameSide { .. } => {
                "an invoice is matched with a credit note or money in, a credit note also with money out".to_owned()
            }
            MatchRefused::OtherCustomer { customer, .. } => {
                format!("aftersales credit-note list --customer {customer}")
            }
            MatchRefused::Currency { .. } => "nothing is converted; take one of the same currency".to_owned(),
            MatchRefused::TooMuch { .. } => "leave --amount out to take all that is open".to_owned(),
        };
        Some(hint)
    }
}
