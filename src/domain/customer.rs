//! Customers: whom the desk serves.

use serde::Serialize;

use super::party::{Country, Language, OneLine};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::reference::Reference;

/// A customer as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    pub email: Option<String>,
    pub street: Option<OneLine>,
    pub postcode: Option<OneLine>,
    pub city: Option<OneLine>,
    pub country: Option<Country>,
    pub tax_id: Option<OneLine>,
    /// In which documents and mail are written for them.
    pub language: Option<Language>,
    /// What they want to be named on their invoices.
    pub buyer_reference: Option<OneLine>,
    /// The customer that this one turned out to be: every reference to this one leads there.
    pub merged_into: Option<Reference>,
}

/// What is open between the desk and a customer in one currency (spec B14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOf {
    /// On invoices, and of money that was paid out for nothing yet.
    pub owes: Money,
    /// On credit notes, and of money that came in for nothing yet.
    pub owed: Money,
}

/// An amount with the currency that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InCurrency {
    pub currency: Currency,
    pub amount: Money,
}

impl InCurrency {
    /// The amount, where there is any.
    pub fn of(amount: Money) -> Option<InCurrency> {
        (!amount.is_zero()).then_some(InCurrency { currency: amount.currency, amount })
    }
}

impl Customer {
    /// The customer as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}
