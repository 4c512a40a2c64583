//! E-invoices (contract, section 7): a posted invoice or credit note in the terms of EN 16931, or all that is missing for it.
//!
//! What is stored is told and nothing is computed anew: of a line only the price is worked out where the stored one is not the
//! net price of one unit (`price`). `docs/e-invoices.md` says which figure stands in which element. Writing them is `print`'s.

mod address;
mod check;
mod model;
mod price;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use check::{Incomplete, Missing, NotPosted};
pub use model::{Allowance, Breakdown, Cents, Contact, Delivery, EInvoice, Line, Payment, Subject, einvoice};
pub use price::{Discount, Price};

use super::document::DocumentKind;
use super::line::PricedLine;
use super::party::Party;
use super::product::Unit;
use super::tax::TaxOnLine;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::text::choices;

choices! {
    /// The form of an e-invoice: a syntax, and whose rules besides those of EN 16931 hold.
    pub enum Form: "format" {
        /// Peppol BIS Billing 3, in UBL.
        Ubl = "ubl",
        /// XRechnung 3, in UBL.
        Xrechnung = "xrechnung",
        /// Factur-X in its profile EN 16931: CII inside a PDF.
        FacturX = "factur-x",
    }
}

impl Form {
    /// What it is called in a sentence.
    pub const fn called(self) -> &'static str {
        match self {
            Form::Ubl => "Peppol BIS Billing 3",
            Form::Xrechnung => "XRechnung",
            Form::FacturX => "Factur-X",
        }
    }
}

/// All that an e-invoice is made of, as it stood when the document was posted.
#[derive(Debug, Clone)]
pub struct Facts {
    pub kind: DocumentKind,
    pub number: String,
    pub date: Day,
    pub due_date: Option<Day>,
    pub text: Option<String>,
    pub reason: Option<String>,
    pub order: Option<String>,
    /// The document that this one reverses.
    pub preceding: Option<Preceding>,
    /// The day on which the goods of its order were last delivered.
    pub delivered: Option<Day>,
    pub currency: Currency,
    pub seller: Party,
    pub buyer: Party,
    /// The id that commands name the customer by.
    pub customer: String,
    pub lines: Vec<FactLine>,
    pub untaxed: Money,
    pub tax: Money,
    pub total: Money,
    /// What is left to pay.
    pub open: Money,
}

/// A document that an e-invoice goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preceding {
    pub number: String,
    pub date: Day,
}

/// A line with what its product and taxes say of it.
#[derive(Debug, Clone)]
pub struct FactLine {
    pub line: i64,
    pub product: Option<String>,
    pub lot: Option<String>,
    pub label: String,
    /// What its quantity is counted in.
    pub unit: Unit,
    pub priced: PricedLine,
    /// What each of its taxes is, in their order.
    pub taxes: Vec<TaxOnLine>,
    /// Whether it is a discount on other lines (spec B5).
    pub is_discount: bool,
}
