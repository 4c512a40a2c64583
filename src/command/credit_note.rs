//! `credit-note`: what customers are credited, listed, made, posted, paid and matched (spec B).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::document::{Kinded, PayOutcome};
use super::pipeline::noun::{Changed, Noun};
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::document::{CreditNote, DocumentKind, Edit};
use crate::domain::line::{LineChange, LineNumber, NewLine};
use crate::domain::mail::Mail;
use crate::domain::value::day::Day;
use crate::domain::value::money::Amount;
use crate::domain::value::text::Setting;
use crate::procedure::document::{self, Free};
use crate::procedure::mail::Asked;
use crate::procedure::matching::{match_with, unmatch_with};
use crate::procedure::payment::{Pay, pay};
use crate::store;

impl Noun for CreditNote {
    const KIND: &'static str = "credit_note";
    const NOUN: &'static str = "credit-note";
    const RIGHT: Right = Right::Invoicing;
}

/// Draft a free credit note, of no invoice
///
/// To refund an invoice, use `ticket refund`: it knows what is left.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales credit-note create --customer C00001 --line LAMP=1@5.00 --reason 'Goodwill'")]
pub struct CreditNoteCreate {
    /// The customer
    #[arg(long)]
    pub customer: Option<String>,
    /// A line (repeatable; default price: the product's)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub line: Vec<NewLine>,
    /// The reason shown on it: any text, or one of `reason list`
    #[arg(long)]
    pub reason: Option<String>,
    /// The journal to post in (default: INV)
    #[arg(long)]
    pub journal: Option<String>,
    /// Its date (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// Its currency (default: the desk's)
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

impl Change for CreditNoteCreate {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        let free = Free {
            customer: self.customer.as_deref(),
            line: &self.line,
            journal: self.journal.as_deref(),
            date: self.date.as_ref(),
            due_date: None,
            currency: self.currency.as_deref(),
            reason: self.reason.as_deref(),
        };
        document::create_free(cx, DocumentKind::CreditNote, &free).map(Kinded)
    }
}

/// Edit a draft credit note
///
/// --line changes a line and leaves the others; this makes the refund a partial one.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales credit-note edit D00001 --line 1=1 --drop-line 2 --reason 'Only the broken one'")]
pub struct CreditNoteEdit {
    /// The credit note, by id
    pub credit_note: String,
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
    /// The reason shown on it: any text, or one of `reason list` (empty: none)
    #[arg(long)]
    pub reason: Option<String>,
    /// Let it exceed what is left to refund
    #[arg(long)]
    #[serde(default)]
    pub allow_excess: bool,
}

impl Change for CreditNoteEdit {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        let edit = Edit {
            line: &self.line,
            add_line: &self.add_line,
            drop_line: &self.drop_line,
            journal: self.journal.as_deref(),
            date: self.date.as_ref(),
            due_date: None,
            reason: self.reason.as_deref(),
            allow_excess: self.allow_excess,
        };
        document::edit(cx, DocumentKind::CreditNote, &self.credit_note, &edit).map(Kinded)
    }
}

/// Post a draft credit note: number it, make it final, match it with its invoice
///
/// With --due, all that wait for a day that has come, oldest first, each on its own; for cron.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales credit-note post D00001\n  aftersales credit-note post --due")]
pub struct CreditNotePost {
    /// The credit note, by id
    pub credit_note: Option<String>,
    /// Post all whose day has come
    #[arg(long)]
    #[serde(default)]
    pub due: bool,
}

/// The name of the command that posts one credit note.
pub const POST: &str = "credit-note post";

/// A command a line for each draft whose day has come, oldest first (spec B9).
pub fn due(cx: &Cx<'_>) -> Result<String> {
    let mut lines = String::new();
    for id in store::document::due(cx.db, cx.today)? {
        lines.push_str(&super::pipeline::content::to_json(POST, &CreditNotePost { credit_note: Some(id), due: false }));
        lines.push('\n');
    }
    Ok(lines)
}

impl Change for CreditNotePost {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        match (&self.credit_note, self.due) {
            (Some(credit_note), false) => document::post(cx, DocumentKind::CreditNote, credit_note).map(Kinded),
            (None, false) => Err(ValueRefused::missing("credit_note").into()),
            // The shell turns --due into one command for each document; within one command there is no such thing.
            (_, true) => {
                Err(ValueRefused::invalid("due", true, "--due stands alone, and not in a line of bulk").into())
            }
        }
    }
}

/// Send a credit note to its customer by e-mail
///
/// It is posted by then. What the mail says is made by the templates credit_note.mail.txt and credit_note.mail.html, in the customer's language.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales credit-note send RINV/2026/00001\n  aftersales credit-note send RINV/2026/00001 --subject 'Once more' --message 'As you asked for it.'"
)]
pub struct CreditNoteSend {
    /// The credit note, by number or id
    pub credit_note: String,
    /// The subject (default: what the template says)
    #[arg(long)]
    pub subject: Option<String>,
    /// What it begins with (default: what the template says)
    #[arg(long)]
    pub message: Option<String>,
}

impl Change for CreditNoteSend {
    type Outcome = Changed<Mail>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Mail>> {
        let asked = Asked { subject: self.subject.as_deref(), message: self.message.as_deref() };
        document::send(cx, DocumentKind::CreditNote, &self.credit_note, asked).map(Changed)
    }
}

/// Cancel a credit note
///
/// A posted one only while its accounting date is after the lock date (else `credit-note reverse`); its matches are undone and
/// its number stays. One that was paid out asks first.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales credit-note cancel D00001")]
pub struct CreditNoteCancel {
    /// The credit note, by number or id
    pub credit_note: String,
}

impl Change for CreditNoteCancel {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        document::cancel(cx, DocumentKind::CreditNote, &self.credit_note).map(Kinded)
    }
}

/// Reverse a posted credit note: draft the invoice that takes it back
///
/// Once that invoice is posted, what the credit note took of its invoice can be refunded again. This is for credit notes that
/// cannot be cancelled any more, since their period is locked.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales credit-note reverse RINV/2026/00001")]
pub struct CreditNoteReverse {
    /// The credit note, by number or id
    pub credit_note: String,
    /// The date of the invoice (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
}

impl Change for CreditNoteReverse {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        document::reverse(cx, &self.credit_note, self.date.as_ref()).map(Kinded)
    }
}

/// Pay out a credit note: money goes out
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales credit-note pay RINV/2026/00001\n  aftersales credit-note pay RINV/2026/00001 --amount 20.00 --reference 'Bank 17'"
)]
pub struct CreditNotePay {
    /// The credit note, by number or id
    pub credit_note: String,
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

impl Change for CreditNotePay {
    type Outcome = PayOutcome;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<PayOutcome> {
        let asked =
            Pay { amount: self.amount.as_ref(), date: self.date.as_ref(), reference: self.reference.as_deref() };
        let (payment, document) = pay(cx, DocumentKind::CreditNote, &self.credit_note, &asked)?;
        Ok(PayOutcome { payment, document: Kinded(document) })
    }
}

/// Match a credit note with an invoice or money that went out
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales credit-note match RINV/2026/00001 --with INV/2026/00002\n  aftersales credit-note match RINV/2026/00001 --with P00001 --amount 5.00"
)]
pub struct CreditNoteMatch {
    /// The credit note, by number or id
    pub credit_note: String,
    /// The document or payment to match it with (needed)
    #[arg(long)]
    pub with: Option<String>,
    /// The amount (default: the smaller of the two that are open)
    #[arg(long)]
    pub amount: Option<Amount>,
}

impl Change for CreditNoteMatch {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        match_with(cx, DocumentKind::CreditNote, &self.credit_note, self.with.as_deref(), self.amount.as_ref())
            .map(Kinded)
    }
}

/// Take a match of a credit note away
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales credit-note unmatch RINV/2026/00001 --with INV/2026/00002")]
pub struct CreditNoteUnmatch {
    /// The credit note, by number or id
    pub credit_note: String,
    /// The document or payment it is matched with (needed)
    #[arg(long)]
    pub with: Option<String>,
}

impl Change for CreditNoteUnmatch {
    type Outcome = Kinded;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Kinded> {
        unmatch_with(cx, DocumentKind::CreditNote, &self.credit_note, self.with.as_deref()).map(Kinded)
    }
}
