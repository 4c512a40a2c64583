//! `ticket refund`: credit notes from a ticket (spec B).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Change, Cx};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::document::{Document, DocumentKind, Invoice, check_pieces};
use crate::domain::journal::{Journal, check_sales_journal};
use crate::domain::line::{LineAmount, LineQuantity};
use crate::domain::refund::{self, Ask};
use crate::domain::team::Service;
use crate::domain::ticket::Ticket;
use crate::domain::value::day::Day;
use crate::domain::value::money::Amount;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::shell_word;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::procedure::checks::or_none;
use crate::procedure::refund::{
    Asked, GivenNarrowing, check_any_offered, check_offer, form, look_up, named_invoice, refund,
};
use crate::procedure::{reason, service};
use crate::store::engine::record::{self, Found};
use crate::store::{self, Db, document, product, team, ticket};

/// Refund a customer with a credit note
///
/// Without --line and --amount a draft credit note is made for all that is left of each invoice; edit it, then post it. With
/// a date to come, --post and --create-invoice are carried out on that day by `credit-note post --due`.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales ticket refund T00001 --invoice INV/2026/00001
  aftersales ticket refund T00001 --invoice INV/2026/00001 --line 2=1 --post
  aftersales ticket refund T00001 --invoice INV/2026/00001 --line-amount 1=5.00
  aftersales ticket refund T00001 --invoice INV/2026/00001 --amount 20 --reason Scratched --post
  aftersales ticket refund T00001 --invoice INV/2026/00001 --create-invoice")]
pub struct TicketRefund {
    /// The ticket to refund from
    pub ticket: String,
    /// An invoice to refund, by number or id (repeatable, needed)
    #[arg(long)]
    #[serde(default)]
    pub invoice: Vec<String>,
    /// Only invoices of this order (default: the ticket's; empty: of any)
    #[arg(long)]
    pub order: Option<String>,
    /// Only invoices with this product (default: the ticket's; empty: with any)
    #[arg(long)]
    pub product: Option<String>,
    /// Only invoices with this lot or serial number of the product
    #[arg(long)]
    pub lot: Option<String>,
    /// The reason shown on the credit note: any text, or one of `reason list` (default: the ticket's number)
    #[arg(long)]
    pub reason: Option<String>,
    /// The journal to post in (default: each invoice's own)
    #[arg(long)]
    pub journal: Option<String>,
    /// The reversal date (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// Post the credit note at once and draft an invoice with all lines of the original
    #[arg(long)]
    #[serde(default)]
    pub create_invoice: bool,
    /// Refund this quantity of an invoice line (repeatable; default: all that is left)
    #[arg(long, value_name = "N=QTY")]
    #[serde(default)]
    pub line: Vec<LineQuantity>,
    /// Take this amount, tax included, off one invoice line (repeatable)
    #[arg(long, value_name = "N=X")]
    #[serde(default)]
    pub line_amount: Vec<LineAmount>,
    /// Refund this amount, tax included, spread over what is left
    #[arg(long)]
    pub amount: Option<Amount>,
    /// Post the credit note at once
    #[arg(long)]
    #[serde(default)]
    pub post: bool,
    /// Let the credit note exceed what is left; needs the right to invoicing
    #[arg(long)]
    #[serde(default)]
    pub allow_excess: bool,
}

/// The credit notes, and the new draft invoices of --create-invoice.
#[derive(Serialize)]
pub struct RefundOutcome {
    credit_notes: Vec<Document>,
    invoices: Vec<Document>,
}

impl Change for TicketRefund {
    type Outcome = RefundOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn ahead(&self, db: &Db) -> Result<()> {
        ticket::ahead(db, &self.ticket)?;
        self.invoice.iter().try_for_each(|invoice| document::ahead(db, DocumentKind::Invoice, invoice))?;
        self.ahead_of_records(db);
        Ok(())
    }

    fn run(&self, cx: &Cx<'_>) -> Result<RefundOutcome> {
        if self.allow_excess {
            let allowed = crate::procedure::access::check(cx.db, cx.actor, Right::Invoicing);
            cx.checked("more than is left may be refunded", || vec![("right", Right::Invoicing.to_string())], allowed)?;
        }
        let ticket = service::ticket(cx, &self.ticket)?;
        let given =
            GivenNarrowing { order: self.order.as_deref(), product: self.product.as_deref(), lot: self.lot.as_deref() };
        let names = || {
            vec![
                or_none("order", self.order.as_deref()),
                or_none("product", self.product.as_deref()),
                or_none("lot", self.lot.as_deref()),
            ]
        };
        let named = cx.checked("what narrows the form is there", names, look_up(cx, given))?;
        let invoices = self.named_invoices(cx);
        let mut invoices =
            cx.checked("the invoices are there", || vec![("invoice", self.invoice.join(" "))], invoices)?;
        let journal = || vec![or_none("journal", self.journal.as_deref())];
        let journal = cx.checked("the journal is there", journal, self.named_journal(cx))?;
        let reason = reason::written(cx, self.reason.as_deref())?;
        service::check_offered(cx, &ticket, Service::Refunds)?;
        for invoice in &mut invoices {
            self.load_left(cx.db, invoice)?;
        }
        let values = || {
            let amount = self.amount.as_ref().map(ToString::to_string);
            vec![or_none("amount", amount.as_deref()), ("lines", self.line.len().to_string())]
        };
        let (ask, date) = cx.checked("the values can be used", values, self.checked(cx, &invoices))?;
        let whose = || vec![or_none("customer", ticket.customer.as_ref().map(|customer| customer.id.as_str()))];
        let customer = cx.checked("the ticket has a customer", whose, service::customer_of(&ticket))?;
        let form = cx.checked("order, product and lot fit together", names, form(cx, &ticket, customer, named))?;
        if invoices.is_empty() {
            check_any_offered(cx, &form)?;
            // What there is to choose from.
            let mut missing: Error = ValueRefused::missing("invoice").into();
            missing.fault_mut().hint = Some(format!("aftersales ticket options {}", shell_word(&ticket.id)));
            return Err(missing);
        }
        for invoice in &invoices {
            check_offer(cx, &form, invoice)?;
        }
        if let Some(journal) = &journal {
            let sales = check_sales_journal(journal).map_err(Error::from);
            cx.checked("the journal takes credit notes", || vec![("journal", journal.id.clone())], sales)?;
        }

        let asked = Asked {
            ask: &ask,
            reason: reason.as_deref(),
            journal: journal.as_ref(),
            date,
            create_invoice: self.create_invoice,
            post: self.post,
            allow_excess: self.allow_excess,
        };
        let mut outcome = RefundOutcome { credit_notes: Vec::new(), invoices: Vec::new() };
        for invoice in invoices {
            let (credit_note, copy) = refund(cx, &ticket, invoice, &asked)?;
            outcome.credit_notes.push(credit_note);
            outcome.invoices.extend(copy);
        }
        Ok(outcome)
    }
}

impl TicketRefund {
    /// Asks for what hangs on the ticket and the invoices. What is wrong with them is told when they are looked up.
    fn ahead_of_records(&self, db: &Db) {
        let ticket = match record::find_bare::<Ticket>(db, &self.ticket) {
            Ok(Found::One(ticket)) => Some(ticket),
            _ => None,
        };
        if let Some(ticket) = &ticket {
            drop(team::offers(db, ticket.team.key, Service::Refunds));
        }
        if let Some(reason) = self.reason.as_deref().filter(|reason| !reason.is_empty()) {
            drop(store::reason::named(db, reason));
        }
        for given in &self.invoice {
            if let Ok(Found::One(Invoice(mut invoice))) = record::find_bare::<Invoice>(db, given) {
                drop(self.load_left(db, &mut invoice));
                if let Some(product) = ticket.as_ref().and_then(|ticket| ticket.product.as_ref()) {
                    drop(document::holds(db, &invoice, Some(product.key), None));
                }
            }
        }
    }

    /// Loads what is left of an invoice: of the one line that is asked for, where no other counts.
    fn load_left(&self, db: &Db, invoice: &mut Document) -> Result<()> {
        match (self.line.as_slice(), self.line_amount.as_slice()) {
            ([one], []) => document::load_left_of_line(db, invoice, one.line.number())?,
            ([], [one]) => document::load_left_of_line(db, invoice, one.line.number())?,
            _ => document::load_left(db, invoice, None)?,
        }
        Ok(())
    }

    fn named_invoices(&self, cx: &Cx<'_>) -> Result<Vec<Document>> {
        self.invoice.iter().map(|given| named_invoice(cx, given)).collect()
    }

    fn named_journal(&self, cx: &Cx<'_>) -> Result<Option<Journal>> {
        let Some(id) = self.journal.as_deref().filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        super::pipeline::noun::one(cx, "journal", id).map(Some)
    }

    /// The values, checked one by one: what is asked of the invoices, and the reversal date (spec B1, B12).
    fn checked(&self, cx: &Cx<'_>, invoices: &[Document]) -> Result<(Ask, Day)> {
        let mut faults = Faults::default();
        for (at, invoice) in invoices.iter().enumerate() {
            if invoices.iter().take(at).any(|before| before.key == invoice.key) {
                let message = format!("{} is named twice", invoice.shown());
                faults.note(ValueRefused::invalid("invoice", invoice.shown(), message));
            }
        }
        if self.journal.as_deref() == Some("") {
            faults.note(ValueRefused::missing("journal"));
        }
        let date = match &self.date {
            None => cx.today,
            Some(Setting(Some(date))) => *date,
            Some(Setting(None)) => {
                faults.note(ValueRefused::missing("date"));
                cx.today
            }
        };
        let ask = match (&self.amount, self.line.is_empty() && self.line_amount.is_empty()) {
            (Some(amount), _) => Ask::Amount(amount.clone()),
            (None, false) => Ask::Lines { lines: self.line.clone(), amounts: self.line_amount.clone() },
            (None, true) => Ask::Everything,
        };
        self.check_shortcuts(&mut faults);
        if let [invoice] = invoices {
            refund::check_asked(invoice, &ask, &mut faults);
            self.check_pieces(cx, invoice, &mut faults)?;
        }
        faults.refuse()?;
        Ok((ask, date))
    }

    /// Whether serial numbers are asked for whole: a product is looked up only where the number is not.
    fn check_pieces(&self, cx: &Cx<'_>, invoice: &Document, faults: &mut Faults) -> Result<()> {
        let in_part = |asked: &&LineQuantity| asked.quantity > Quantity::ZERO && !asked.quantity.is_whole();
        for asked in self.line.iter().filter(in_part) {
            let named = invoice.lines.iter().find(|line| line.line == asked.line.number());
            if let Some(of) = named.and_then(|line| line.product.as_ref()) {
                faults.gather(check_pieces(&product::by_key(cx.db, of.key)?, asked.quantity, asked));
            }
        }
        Ok(())
    }

    /// The shortcuts need exactly one invoice, and exclude each other and the copy (spec B12).
    fn check_shortcuts(&self, faults: &mut Faults) {
        let shortcuts = [
            ("line", self.line.first().map(ToString::to_string)),
            ("line_amount", self.line_amount.first().map(ToString::to_string)),
            ("amount", self.amount.as_ref().map(ToString::to_string)),
        ];
        for (field, given) in shortcuts.iter().filter_map(|(field, given)| Some((*field, given.as_ref()?))) {
            if self.invoice.len() > 1 {
                faults.note(ValueRefused::invalid(
                    field,
                    given,
                    format!("--{} needs exactly one --invoice", field.replace('_', "-")),
                ));
            }
            if self.create_invoice {
                let message = format!("--{} and --create-invoice exclude each other", field.replace('_', "-"));
                faults.note(ValueRefused::invalid(field, given, message));
            }
        }
        for (is_given, flag) in [(!self.line.is_empty(), "--line"), (!self.line_amount.is_empty(), "--line-amount")] {
            if let (true, Some(amount)) = (is_given, &self.amount) {
                faults.note(ValueRefused::invalid("amount", amount, format!("{flag} and --amount exclude each other")));
            }
        }
    }
}
