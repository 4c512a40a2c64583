//! `ticket refund`: credit notes from a ticket (spec B).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::document::check_pieces;
use super::{Change, Cx};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::document::{Document, DocumentKind, DocumentLine, DocumentState, HeldOfLine, PaymentState};
use crate::domain::journal::{Journal, check_sales_journal};
use crate::domain::line::LineQuantity;
use crate::domain::refund::{self, Ask};
use crate::domain::team::Service;
use crate::domain::ticket::Ticket;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Amount, Money};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::context::found;
use crate::procedure::refund::{Given, check_offer, form, holders, look_up, named_invoice, offers};
use crate::procedure::{post, service, ticket_log};
use crate::store::{Db, document, journal, ticket};

/// Refund a customer with a credit note
///
/// Without --line and --amount a draft credit note is made for all that is left of each invoice; edit it, then post it. With
/// a date to come, --post and --create-invoice are carried out on that day by `credit-note post --due`.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales ticket refund T00001 --invoice INV/2026/00001
  aftersales ticket refund T00001 --invoice INV/2026/00001 --line 2=1 --post
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
    /// The reason shown on the credit note (default: the ticket's number)
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
        Ok(self.invoice.iter().try_for_each(|invoice| document::ahead(db, DocumentKind::Invoice, invoice))?)
    }

    fn run(&self, cx: &Cx<'_>) -> Result<RefundOutcome> {
        if self.allow_excess {
            crate::procedure::access::check(cx.db, cx.actor, Right::Invoicing)?;
        }
        let ticket = service::ticket(cx, &self.ticket)?;
        let given = Given { order: self.order.as_deref(), product: self.product.as_deref(), lot: self.lot.as_deref() };
        let named = look_up(cx, given)?;
        let mut invoices = self.named_invoices(cx)?;
        let journal = self.named_journal(cx)?;
        service::check_offered(cx, &ticket, Service::Refunds)?;
        for invoice in &mut invoices {
            match self.line.as_slice() {
                [one] => document::load_line(cx.db, invoice, one.line.number())?,
                _ => document::load_lines(cx.db, invoice)?,
            }
        }
        let (ask, date) = self.checked(cx, &invoices)?;
        let form = form(cx, &ticket, service::customer_of(&ticket)?, named)?;
        if invoices.is_empty() {
            offers(cx, &form)?;
            return Err(ValueRefused::missing("invoice").into());
        }
        for invoice in &invoices {
            check_offer(cx, &form, invoice)?;
        }
        if let Some(journal) = &journal {
            check_sales_journal(journal)?;
        }

        let mut outcome = RefundOutcome { credit_notes: Vec::new(), invoices: Vec::new() };
        for mut invoice in invoices {
            let left_out = if fully_uncredited(&invoice) { Vec::new() } else { holders(cx, &invoice)? };
            let lines = match refund::decide(&invoice, &ask, self.allow_excess, &left_out) {
                // Whether anything at all is left is told by the other lines too.
                Err(_) if self.line.len() == 1 => {
                    document::load_lines(cx.db, &mut invoice)?;
                    refund::decide(&invoice, &ask, self.allow_excess, &left_out)?
                }
                decided => decided?,
            };
            let mut credit_note = self.draft(cx, &ticket, &invoice, journal.as_ref(), date, lines)?;
            let at_once = (self.post || self.create_invoice) && date <= cx.today;
            if at_once {
                post::make_final(cx, &mut credit_note, Some(&invoice))?;
            }
            write(cx, &ticket, &invoice, &mut credit_note)?;
            if self.create_invoice {
                warn_of_earlier_credit(cx, &invoice);
                outcome.invoices.push(copy_of(cx, &invoice, &ticket)?);
            }
            if at_once {
                post::settle(cx, &mut credit_note, Some(invoice))?;
            }
            outcome.credit_notes.push(credit_note);
        }
        Ok(outcome)
    }
}

impl TicketRefund {
    fn named_invoices(&self, cx: &Cx<'_>) -> Result<Vec<Document>> {
        self.invoice.iter().map(|given| named_invoice(cx, given)).collect()
    }

    fn named_journal(&self, cx: &Cx<'_>) -> Result<Option<Journal>> {
        let Some(id) = self.journal.as_deref().filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        found(journal::by_id(cx.db, id)?, "journal", "journal", "journal", id).map(Some)
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
        let ask = match (&self.amount, self.line.is_empty()) {
            (Some(amount), _) => Ask::Amount(amount.clone()),
            (None, false) => Ask::Lines(self.line.clone()),
            (None, true) => Ask::Everything,
        };
        self.check_shortcuts(&mut faults);
        if let [invoice] = invoices {
            refund::check_asked(invoice, &ask, &mut faults);
            self.check_pieces(cx, invoice, &mut faults);
        }
        faults.refuse()?;
        Ok((ask, date))
    }

    fn check_pieces(&self, cx: &Cx<'_>, invoice: &Document, faults: &mut Faults) {
        for asked in &self.line {
            let named = invoice.lines.iter().find(|line| line.line == asked.line.number());
            if let Some(line) = named.filter(|_| asked.quantity > Quantity::ZERO) {
                faults.gather(check_pieces(cx, line, asked.quantity, asked));
            }
        }
    }

    /// The shortcuts need exactly one invoice, and exclude each other and the copy (spec B12).
    fn check_shortcuts(&self, faults: &mut Faults) {
        let shortcuts = [
            ("line", self.line.first().map(ToString::to_string)),
            ("amount", self.amount.as_ref().map(ToString::to_string)),
        ];
        for (field, given) in shortcuts.iter().filter_map(|(field, given)| Some((*field, given.as_ref()?))) {
            if self.invoice.len() > 1 {
                faults.note(ValueRefused::invalid(field, given, format!("--{field} needs exactly one --invoice")));
            }
            if self.create_invoice {
                let message = format!("--{field} and --create-invoice exclude each other");
                faults.note(ValueRefused::invalid(field, given, message));
            }
        }
        if let (false, Some(amount)) = (self.line.is_empty(), &self.amount) {
            faults.note(ValueRefused::invalid("amount", amount, "--line and --amount exclude each other"));
        }
    }

    fn draft(
        &self,
        cx: &Cx<'_>,
        ticket: &Ticket,
        invoice: &Document,
        journal: Option<&Journal>,
        date: Day,
        lines: Vec<DocumentLine>,
    ) -> Result<Document> {
        let reason = match self.reason.as_deref() {
            None => Some(ticket.id.clone()),
            Some("") => None,
            Some(reason) => Some(reason.to_owned()),
        };
        let mut draft = Document {
            text: Some(refund::text(invoice.shown(), reason.as_deref())),
            reason,
            kind: DocumentKind::CreditNote,
            journal: journal.map_or_else(|| invoice.journal.clone(), Journal::reference),
            ticket: Some(ticket_reference(ticket)),
            invoice: Some(invoice.reference()),
            post_on: Some(date).filter(|date| (self.post || self.create_invoice) && *date > cx.today),
            allow_excess: self.allow_excess,
            replaces: self.create_invoice,
            lines,
            ..blank(cx, invoice, date)?
        };
        draft.sum_up()?;
        Ok(draft)
    }
}

fn ticket_reference(ticket: &Ticket) -> crate::domain::value::reference::Reference {
    crate::domain::value::reference::Reference { key: ticket.key, id: ticket.id.clone() }
}

/// A new draft with the customer, order and currency of `source`; lines and totals are still to come.
fn blank(cx: &Cx<'_>, source: &Document, date: Day) -> Result<Document> {
    Ok(Document {
        key: cx.db.next_key()?,
        id: cx.db.next_reference("D")?,
        number: None,
        kind: source.kind,
        state: DocumentState::Draft,
        journal: source.journal.clone(),
        customer: source.customer.clone(),
        ticket: None,
        order: source.order.clone(),
        invoice: None,
        reason: None,
        text: None,
        date,
        accounting_date: None,
        due_date: None,
        post_on: None,
        currency: source.currency,
        lines: Vec::new(),
        tax_lines: Vec::new(),
        untaxed: Money::zero(source.currency),
        tax: Money::zero(source.currency),
        total: Money::zero(source.currency),
        open: Money::zero(source.currency),
        payment_state: PaymentState::NotPaid,
        matched: Vec::new(),
        allow_excess: false,
        replaces: false,
        copy_of: None,
    })
}

fn fully_uncredited(invoice: &Document) -> bool {
    invoice
        .lines
        .iter()
        .all(|line| line.held.as_ref().is_none_or(|held| *held == HeldOfLine::default() || is_zero(held)))
}

fn is_zero(held: &HeldOfLine) -> bool {
    held.goods.is_zero() && held.credited.is_zero()
}

fn write(cx: &Cx<'_>, ticket: &Ticket, invoice: &Document, credit_note: &mut Document) -> Result<()> {
    document::insert(cx.db, credit_note)?;
    post::hold_lines(cx, credit_note, 1)?;
    cx.created("credit_note", &credit_note.id);
    cx.amounts_to(credit_note.total);
    cx.touched("ticket", &ticket.id);
    cx.touched("invoice", &invoice.id);
    let text = format!("Refund of {} on {}", credit_note.total, invoice.shown());
    ticket_log::note(cx, ticket.key, "refund", &text, Some(&credit_note.id))
}

fn warn_of_earlier_credit(cx: &Cx<'_>, invoice: &Document) {
    if !fully_uncredited(invoice) {
        let message =
            format!("{} was credited in part before; the new invoice bills those goods again", invoice.shown());
        cx.warn("credited_before", message);
    }
}

/// The draft invoice that takes the place of a reversed one: everything copied, dated anew (spec B6).
fn copy_of(cx: &Cx<'_>, invoice: &Document, ticket: &Ticket) -> Result<Document> {
    let term = invoice.due_date.map(|due| (due.date() - invoice.date.date()).num_days());
    let lines = invoice.lines.iter().map(|line| DocumentLine { key: 0, held: None, ..line.clone() }).collect();
    let mut copy = Document {
        ticket: Some(ticket_reference(ticket)),
        due_date: term.and_then(|days| cx.today.plus_days(days)),
        text: invoice.text.clone(),
        copy_of: Some(invoice.key),
        lines,
        ..blank(cx, invoice, cx.today)?
    };
    copy.sum_up()?;
    document::insert(cx.db, &mut copy)?;
    cx.created("invoice", &copy.id);
    cx.amounts_to(copy.total);
    ticket_log::note(
        cx,
        ticket.key,
        "refund",
        &format!("New draft invoice in place of {}", invoice.shown()),
        Some(&copy.id),
    )?;
    Ok(copy)
}
