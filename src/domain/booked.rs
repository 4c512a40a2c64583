//! What was booked, a document a row, as an accountant takes it over: what it comes to, and each tax by itself.

use serde::Serialize;

use super::document::DocumentKind;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;

/// A posted document. What a credit note takes back is below zero, so that a column adds up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Booked {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub number: Option<String>,
    pub kind: DocumentKind,
    pub date: Day,
    pub accounting_date: Day,
    pub customer: String,
    pub name: String,
    pub untaxed: Money,
    pub tax: Money,
    pub total: Money,
    pub currency: Currency,
    /// Every tax of the period, in the order in which they were made.
    pub taxes: Vec<TaxOfBooked>,
}

/// What one tax is on in a document, and what it comes to; nothing where the document does not bear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaxOfBooked {
    pub tax: String,
    pub base: Option<Money>,
    pub amount: Option<Money>,
}

impl Booked {
    /// The row with its sign: a credit note's is the other one.
    pub fn signed(mut self) -> Result<Booked, Overflow> {
        if self.kind == DocumentKind::CreditNote {
            let turned = |amount: &mut Money| -> Result<(), Overflow> {
                amount.minor = amount.minor.checked_neg().ok_or(Overflow)?;
                Ok(())
            };
            for amount in [&mut self.untaxed, &mut self.tax, &mut self.total] {
                turned(amount)?;
            }
            for tax in &mut self.taxes {
                for amount in [&mut tax.base, &mut tax.amount].into_iter().flatten() {
                    turned(amount)?;
                }
            }
        }
        Ok(self)
    }
}
