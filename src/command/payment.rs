//! `payment`: money that came in or went out; made by paying an invoice or a credit note, or by itself (spec B14).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::Noun;
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::payment::{Direction, Payment};
use crate::domain::value::day::Day;
use crate::domain::value::money::Amount;
use crate::domain::value::text::Setting;
use crate::procedure::payment::{Free, Pay, cancel, create};

impl Noun for Payment {
    const KIND: &'static str = "payment";
    const NOUN: &'static str = "payment";
    const RIGHT: Right = Right::Invoicing;
}

/// Take money in, or pay it out, without a document
///
/// It is open credit of the customer, to be matched with invoices; with --out it is money that went out.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales payment create --customer C00001 --amount 50.00
  aftersales payment create --customer C00001 --amount 20 --out --reference 'Bank 18'")]
pub struct PaymentCreate {
    /// The customer
    #[arg(long)]
    pub customer: Option<String>,
    /// The amount
    #[arg(long)]
    pub amount: Option<Amount>,
    /// The day of the payment (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// Money went out
    #[arg(long)]
    #[serde(default)]
    pub out: bool,
    /// Its currency (default: the desk's)
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// What the payment is known by elsewhere
    #[arg(long)]
    pub reference: Option<String>,
}

impl Change for PaymentCreate {
    type Outcome = Changed<Payment>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Payment>> {
        let free = Free {
            customer: self.customer.as_deref(),
            direction: if self.out { Direction::Out } else { Direction::In },
            currency: self.currency.as_deref(),
            pay: Pay { amount: self.amount.as_ref(), date: self.date.as_ref(), reference: self.reference.as_deref() },
        };
        create(cx, &free).map(Changed)
    }
}

/// Cancel a payment
///
/// Its matches are undone, so that what it paid is open again; the record stays. One in a locked period stays as it is.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales payment cancel P00001")]
pub struct PaymentCancel {
    /// The payment
    pub payment: String,
}

impl Change for PaymentCancel {
    type Outcome = Changed<Payment>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Payment>> {
        cancel(cx, &self.payment).map(Changed)
    }
}
