//! `invoice`: what customers owe, listed, made, posted, paid and matched (spec B).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::document::{Kinded, PayOutcome};
use super::pipeline::noun::{Changed, Noun};
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::document::{DocumentKind, Edit, Invoice};
use crate::domain::line::{LineChange, LineNumber, NewLine};
use crate::domain::mail::Mail;
use crate::domain::value::day::Day;
use crate::domain::value::money::Amount;
use crate::domain::value::text::Setting;
use crate::procedure::document::{self, Free};
use crate::procedure::mail::Asked;
use crate::procedure::matching::{match_with, unmatch_with};
use crate::procedure::payment::{Pay, pay};

impl Noun for Invoice {
    const KIND: &'static str = "invoice";
    const NOUN: &'static str = "invoice";
    const RIGHT: Right = Right::Invoicing;
}

/// Draft an invoice, for an order, for a task or freely
///
/// For an order: what of it can still be billed; of its discounts, those of coupons too, the part that goes with that. For a task
/// that is done: what was used and, where its project names a time product, the hours; once, unless that invoice is cancelled.
/// Freely: a customer and lines.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales invoice create --order S00001
  aftersales invoice create --task FS00001
  aftersales invoice create --customer C00001 --line LAMP=2 --line LAMP=1@35.00")]
pub struct InvoiceCreate {
    /// The order to bill
    #[arg(long)]
    pub order: Option<String>,
    /// The field-service task to bill
    #[arg(long)]
    pub task: Option<String>,
    /// The customer of a free invoice
    #[arg(long)]
    pub customer: Option<String>,
    /// A line of a free invoice (repeatable; default price: the product's)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub line: Vec<NewLine>,
    /// The journal to post in (default: INV)
    #[arg(long)]
    pub journal: Option<String>,
    /// The invoice date (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// The day by which it is to be paid (default: none)
    #[arg(long, value_name = "DAY")]
    pub due_date: Option<Day>,
    /// Its currency (default: the desk's, or the order's)
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

impl Change for InvoiceCreate {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        let free = Free {
            customer: self.customer.as_deref(),
            line: &self.line,
            journal: self.journal.as_deref(),
            date: self.date.as_ref(),
            due_date: self.due_date,
            currency: self.currency.as_deref(),
            reason: None,
        };
        let given = |given: &'_ Option<String>| given.clone().filter(|given| !given.is_empty());
        match (given(&self.order), given(&self.task)) {
            (None, None) => document::create_free(cx, DocumentKind::Invoice, &free).map(Kinded),
            (Some(order), None) => {
                self.check_alone("order")?;
                document::create_for_order(cx, &order, &free).map(Kinded)
            }
            (None, Some(task)) => {
                self.check_alone("task")?;
                document::create_for_task(cx, &task, &free).map(Kinded)
            }
            (Some(_), Some(task)) => {
                let message = "--task is for the bill of a task; leave --order out".to_owned();
                Err(ValueRefused::invalid("task", task, message).into())
            }
        }
    }
}

impl InvoiceCreate {
    /// Refuses what a free invoice alone can say, where it is one of what that flag names.
    fn check_alone(&self, of: &str) -> Result<()> {
        for (field, given) in [
            ("customer", self.customer.clone()),
            ("line", self.line.first().map(ToString::to_string)),
            ("currency", self.currency.clone()),
        ] {
            if let Some(given) = given {
                let message = format!("--{field} is for a free invoice; --{of} brings its own");
                return Err(ValueRefused::invalid(field, given, message).into());
            }
        }
        Ok(())
    }
}

/// Edit a draft invoice
///
/// --line changes a line and leaves the others; only a discount of an order, such as a coupon's, goes with what is billed of its
/// lines, unless its own line is named.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales invoice edit D00001 --line 1=2@35.00 --add-line LAMP=1 --date 2026-12-01")]
pub struct InvoiceEdit {
    /// The invoice, by id
    pub invoice: String,
    /// A new quantity, and maybe price, of a line (repeatable)
    #[arg(long, value_name = "N=QTY[@PRICE]")]
    #[serde(default)]
    pub line: Vec<LineChange>,
    /// One more line (repeatable)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub add_line: Vec<NewLine>,
    /// A line to remove (repeatable)
    #[arg(long, value_name = "N")]
    #[serde(default)]
    pub drop_line: Vec<LineNumber>,
    /// The journal to post in
    #[arg(long)]
    pub journal: Option<String>,
    /// Its date
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// The day by which it is to be paid (empty: none)
    #[arg(long, value_name = "DAY")]
    pub due_date: Option<Setting<Day>>,
}

impl Change for InvoiceEdit {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        let edit = Edit {
            line: &self.line,
            add_line: &self.add_line,
            drop_line: &self.drop_line,
            journal: self.journal.as_deref(),
            date: self.date.as_ref(),
            due_date: self.due_date.as_ref(),
            reason: None,
            allow_excess: false,
        };
        document::edit(cx, DocumentKind::Invoice, &self.invoice, &edit).map(Kinded)
    }
}

/// Post a draft invoice: number it and make it final
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales invoice post D00001")]
pub struct InvoicePost {
    /// The invoice, by id
    pub invoice: String,
}

impl Change for InvoicePost {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        document::post(cx, DocumentKind::Invoice, &self.invoice).map(Kinded)
    }
}

/// Cancel an invoice
///
/// A posted one only while its accounting date is after the lock date and no credit note of it is posted; its matches are undone and
/// its number stays. One that was paid asks first.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales invoice cancel D00001")]
pub struct InvoiceCancel {
    /// The invoice, by number or id
    pub invoice: String,
}

impl Change for InvoiceCancel {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        document::cancel(cx, DocumentKind::Invoice, &self.invoice).map(Kinded)
    }
}

/// Send an invoice to its customer by e-mail
///
/// It is posted by then. What the mail says is made by the templates invoice.mail.txt and invoice.mail.html, in the customer's language.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales invoice send INV/2026/00001\n  aftersales invoice send INV/2026/00001 --subject 'Once more' --message 'As you asked for it.'"
)]
pub struct InvoiceSend {
    /// The invoice, by number or id
    pub invoice: String,
    /// The subject (default: what the template says)
    #[arg(long)]
    pub subject: Option<String>,
    /// What it begins with (default: what the template says)
    #[arg(long)]
    pub message: Option<String>,
}

impl Change for InvoiceSend {
    type Outcome = Changed<Mail>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Mail>> {
        let asked = Asked { subject: self.subject.as_deref(), message: self.message.as_deref() };
        document::send(cx, DocumentKind::Invoice, &self.invoice, asked).map(Changed)
    }
}

/// Pay an invoice: money came in
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales invoice pay INV/2026/00001\n  aftersales invoice pay INV/2026/00001 --amount 20.00 --reference 'Bank 17'"
)]
pub struct InvoicePay {
    /// The invoice, by number or id
    pub invoice: String,
    /// The amount (default: all that is open)
    #[arg(long)]
    pub amount: Option<Amount>,
    /// The day of the payment (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// What the payment is known by elsewhere
    #[arg(long)]
    pub reference: Option<String>,
}

impl Change for InvoicePay {
    type Outcome = PayOutcome;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<PayOutcome> {
        let asked =
            Pay { amount: self.amount.as_ref(), date: self.date.as_ref(), reference: self.reference.as_deref() };
        let (payment, document) = pay(cx, DocumentKind::Invoice, &self.invoice, &asked)?;
        Ok(PayOutcome { payment, document: Kinded(document) })
    }
}

/// Match an invoice with a credit note or money that came in
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales invoice match INV/2026/00001 --with RINV/2026/00001\n  aftersales invoice match INV/2026/00001 --with P00001 --amount 5.00"
)]
pub struct InvoiceMatch {
    /// The invoice, by number or id
    pub invoice: String,
    /// The document or payment to match it with (needed)
    #[arg(long)]
    pub with: Option<String>,
    /// The amount (default: the smaller of the two that are open)
    #[arg(long)]
    pub amount: Option<Amount>,
}

impl Change for InvoiceMatch {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        match_with(cx, DocumentKind::Invoice, &self.invoice, self.with.as_deref(), self.amount.as_ref()).map(Kinded)
    }
}

/// Take a match of an invoice away
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales invoice unmatch INV/2026/00001 --with RINV/2026/00001")]
pub struct InvoiceUnmatch {
    /// The invoice, by number or id
    pub invoice: String,
    /// The document or payment it is matched with (needed)
    #[arg(long)]
    pub with: Option<String>,
}

impl Change for InvoiceUnmatch {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        unmatch_with(cx, DocumentKind::Invoice, &self.invoice, self.with.as_deref()).map(Kinded)
    }
}
