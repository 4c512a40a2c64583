//! Refunds: what is asked of an invoice, what is left of it, and the credit note lines that follow (spec B1 to B6, B12).

use super::common::ValueRefused;
use super::document::{Document, DocumentLine, DocumentState, Refunds};
use super::line::LineQuantity;
use super::product::UnitPrice;
use super::tax::LineAmounts;
use super::{Allowed, Error, Faults, Refusal, Result};
use crate::domain::value::apportion::{SpreadFault, spread};
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Price, Quantity};

/// What is to be refunded of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// All that is left.
    Everything,
    /// These quantities of these lines.
    Lines(Vec<LineQuantity>),
    /// An amount with tax included, as a price reduction (spec B12).
    Amount(Amount),
}

/// Why a refund is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
    /// `of` is empty, or names the order that narrows the invoices.
    #[error("the customer {customer} has no posted invoice{of}")]
    NoPostedInvoice { customer: String, of: String },
    /// `of` is empty, or names the lot and the order that narrow the invoices further.
    #[error("no posted invoice of {customer} has the product {product}{of}")]
    NoInvoiceWithProduct { customer: String, product: String, of: String },
    #[error("the invoice {invoice} is {state}, not posted")]
    NotPosted { invoice: String, state: DocumentState },
    #[error("the invoice {invoice} {test}")]
    NotOffered { invoice: String, test: String, ticket: String },
    #[error("nothing is left to refund on {invoice}")]
    NothingLeft { invoice: String, holders: Vec<String> },
    #[error("{asked} is more than the {left} left to refund on {of}")]
    Exceeds {
        field: &'static str,
        given: String,
        asked: String,
        left: String,
        allowed: String,
        of: String,
        hint: String,
    },
}

impl Refusal for RefundRefused {
    fn code(&self) -> &'static str {
        match self {
            RefundRefused::NoPostedInvoice { .. } => "no_posted_invoice",
            RefundRefused::NoInvoiceWithProduct { .. } => "no_invoice_with_product",
            RefundRefused::NotPosted { .. } => "invoice_not_posted",
            RefundRefused::NotOffered { .. } => "invoice_not_offered",
            RefundRefused::NothingLeft { .. } => "nothing_to_refund",
            RefundRefused::Exceeds { .. } => "refund_exceeds_invoice",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            RefundRefused::Exceeds { field, .. } => Some(field),
            _ => Some("invoice"),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            RefundRefused::NoPostedInvoice { .. } | RefundRefused::NoInvoiceWithProduct { .. } => None,
            RefundRefused::NotPosted { invoice, .. }
            | RefundRefused::NotOffered { invoice, .. }
            | RefundRefused::NothingLeft { invoice, .. } => Some(invoice.clone()),
            RefundRefused::Exceeds { given, .. } => Some(given.clone()),
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            RefundRefused::Exceeds { allowed, .. } => Some(Allowed::One(allowed.clone())),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        let hint = match self {
            RefundRefused::NoPostedInvoice { customer, .. } => format!("aftersales invoice list --customer {customer}"),
            RefundRefused::NoInvoiceWithProduct { customer, .. } => {
                format!("give --product '' to see all of them, or look: aftersales invoice list --customer {customer}")
            }
            RefundRefused::NotPosted { invoice, state: DocumentState::Draft } => {
                format!("aftersales invoice post {invoice}")
            }
            RefundRefused::NotPosted { .. } => "name another invoice".to_owned(),
            RefundRefused::NotOffered { ticket, .. } => {
                format!("aftersales ticket options {ticket} lists those that can be refunded")
            }
            RefundRefused::NothingLeft { holders, invoice } if holders.is_empty() => {
                format!("aftersales invoice show {invoice}")
            }
            RefundRefused::NothingLeft { holders, .. } => {
                format!(
                    "drafts hold it: {}; edit or cancel one: aftersales credit-note cancel {}",
                    holders.join(", "),
                    holders.first().map_or("", String::as_str)
                )
            }
            RefundRefused::Exceeds { hint, .. } => hint.clone(),
        };
        Some(hint)
    }
}

/// Whether any value is left of an invoice; a quantity that is worth nothing any more is nothing to refund (spec B5).
pub fn anything_left(invoice: &Document) -> Result<bool> {
    for line in &invoice.lines {
        if !line.held().left_value()?.is_zero() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The lines of the credit note that reverses what is asked of `invoice` (spec B4, B5, B12).
///
/// `holders` are the drafts that hold what is not left, for the hint.
pub fn decide(invoice: &Document, ask: &Ask, allow_excess: bool, holders: &[String]) -> Result<Vec<DocumentLine>> {
    let nothing_left = || {
        let invoice = invoice.shown().to_owned();
        RefundRefused::NothingLeft { invoice, holders: holders.to_vec() }
    };
    // An invoice with nothing left is not on offer, whatever is asked of it (spec B2); goods can be taken at nothing.
    let is_over = match ask {
        Ask::Everything | Ask::Amount(_) => !anything_left(invoice)?,
        Ask::Lines(_) => !anything_left(invoice)? && !any_goods_left(invoice)?,
    };
    if is_over && !allow_excess {
        return Err(nothing_left().into());
    }
    let lines = match ask {
        Ask::Everything => everything(invoice)?,
        Ask::Lines(asked) => named_lines(invoice, asked, allow_excess, holders)?,
        Ask::Amount(amount) => by_amount(invoice, amount, allow_excess, holders)?,
    };
    if lines.is_empty() {
        return Err(nothing_left().into());
    }
    Ok(lines)
}

fn any_goods_left(invoice: &Document) -> Result<bool> {
    for line in &invoice.lines {
        if !line.held().left_quantity()?.is_zero() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The value faults of what is asked of an invoice, whatever is left of it.
pub fn check_asked(invoice: &Document, ask: &Ask, faults: &mut Faults) {
    match ask {
        Ask::Everything => {}
        Ask::Lines(asked) => {
            for (at, line) in asked.iter().enumerate() {
                faults.gather(check_asked_line(invoice, line, asked.iter().take(at)));
            }
        }
        Ask::Amount(amount) => {
            faults.gather(asked_amount(amount, invoice.currency));
        }
    }
}

fn check_asked_line<'l>(
    invoice: &Document,
    asked: &LineQuantity,
    mut before: impl Iterator<Item = &'l LineQuantity>,
) -> Result<()> {
    let (number, quantity) = (asked.line.number(), asked.quantity);
    let Some(source) = invoice.lines.iter().find(|line| line.line == number) else {
        return Err(ValueRefused::invalid("line", asked, format!("{} has no line {number}", invoice.shown())).into());
    };
    if before.any(|before| before.line == asked.line) {
        return Err(ValueRefused::invalid("line", asked, format!("line {number} is named twice")).into());
    }
    let wrong_sign =
        if source.priced.quantity.is_negative() { quantity > Quantity::ZERO } else { quantity.is_negative() };
    if wrong_sign || quantity.is_zero() {
        let message = format!("{quantity} of line {number} cannot be refunded");
        return Err(ValueRefused::quantity("line", asked, message).into());
    }
    Ok(())
}

fn asked_amount(amount: &Amount, currency: Currency) -> Result<Money> {
    let asked = amount
        .in_currency(currency)
        .map_err(|fault| Error::from(ValueRefused::invalid("amount", amount, fault.to_string())))?;
    if asked.minor <= 0 {
        let message = format!("{amount} cannot be refunded: an amount above zero can");
        return Err(ValueRefused::quantity("amount", amount, message).into());
    }
    Ok(asked)
}

fn everything(invoice: &Document) -> Result<Vec<DocumentLine>> {
    let mut lines = Vec::new();
    if !anything_left(invoice)? {
        return Ok(lines);
    }
    for line in &invoice.lines {
        let held = line.held();
        let (quantity, value) = (held.left_quantity()?, held.left_value()?);
        if !quantity.is_zero() {
            lines.push(goods_line(line, quantity, &value, lines.len())?);
        } else if !value.is_zero() {
            lines.push(value_line(line, &value, lines.len())?);
        }
    }
    Ok(lines)
}

fn named_lines(
    invoice: &Document,
    asked: &[LineQuantity],
    allow_excess: bool,
    holders: &[String],
) -> Result<Vec<DocumentLine>> {
    let mut lines = Vec::new();
    for line in asked {
        let (number, quantity) = (line.line.number(), line.quantity);
        let Some(source) = invoice.lines.iter().find(|source| source.line == number) else {
            continue;
        };
        let held = source.held();
        let left = held.left_quantity()?;
        if !allow_excess && quantity.millionths().unsigned_abs() > left.millionths().unsigned_abs() {
            let figures = Figures {
                field: "line",
                given: line.to_string(),
                asked: quantity.to_string(),
                left: left.to_string(),
                allowed: left.to_string(),
            };
            return Err(exceeds(figures, format!("line {number} of {}", invoice.shown()), invoice, holders));
        }
        lines.push(goods_line(source, quantity, &held.propose(quantity)?, lines.len())?);
    }
    lines.sort_by_key(|line: &DocumentLine| asked_place(invoice, line));
    for (number, line) in (1..).zip(&mut lines) {
        line.line = number;
    }
    Ok(lines)
}

/// Credit note lines stand in the order of the invoice's, however they were named.
fn asked_place(invoice: &Document, line: &DocumentLine) -> Option<usize> {
    invoice.lines.iter().position(|source| Some(source.key) == line.invoice_line)
}

fn by_amount(invoice: &Document, amount: &Amount, allow_excess: bool, holders: &[String]) -> Result<Vec<DocumentLine>> {
    let asked = asked_amount(amount, invoice.currency)?;
    let mut left = Vec::with_capacity(invoice.lines.len());
    for line in &invoice.lines {
        left.push(line.held().left_value()?);
    }
    let parts = match spread(asked.minor, &left) {
        Ok(parts) => parts,
        Err(SpreadFault::Overflow(overflow)) => return Err(overflow.into()),
        Err(SpreadFault::Exceeds { .. }) if allow_excess => spread_beyond(asked.minor, invoice)?,
        Err(SpreadFault::Exceeds { left }) => {
            let left = Money::new(left, invoice.currency);
            let figures = Figures {
                field: "amount",
                given: amount.to_string(),
                asked: asked.to_string(),
                left: left.to_string(),
                allowed: left.plain(),
            };
            return Err(exceeds(figures, invoice.shown().to_owned(), invoice, holders));
        }
    };
    let mut lines = Vec::new();
    for (source, part) in invoice.lines.iter().zip(&parts) {
        if !part.is_zero() {
            lines.push(value_line(source, part, lines.len())?);
        }
    }
    Ok(lines)
}

/// With the bounds lifted, an amount is spread in proportion to what was billed.
fn spread_beyond(amount: i64, invoice: &Document) -> Result<Vec<LineAmounts>> {
    let weights: Vec<i64> = invoice.lines.iter().map(|line| line.priced.total.minor).collect();
    let shares = crate::domain::value::money::split(amount, &weights).ok_or(Overflow)?;
    let mut parts = Vec::with_capacity(shares.len());
    for (share, line) in shares.into_iter().zip(&invoice.lines) {
        parts.push(super::tax::from_total(share, &line.priced.rates())?);
    }
    Ok(parts)
}

/// The figures of a refusal: what was given and asked, what is left, and that in the form of the flag.
struct Figures {
    field: &'static str,
    given: String,
    asked: String,
    left: String,
    allowed: String,
}

fn exceeds(figures: Figures, of: String, invoice: &Document, holders: &[String]) -> Error {
    let Figures { field, given, asked, left, allowed } = figures;
    let hint = match holders.first() {
        Some(first) => format!(
            "drafts hold some of it: {}; edit or cancel one: aftersales credit-note cancel {first}",
            holders.join(", ")
        ),
        None => format!(
            "leave --{field} out to refund the rest; aftersales credit-note list --invoice {} shows what went before",
            invoice.shown()
        ),
    };
    RefundRefused::Exceeds { field, given, asked, left, allowed, of, hint }.into()
}

/// A line that takes a quantity of its invoice line; everything else is copied (spec B4).
fn goods_line(source: &DocumentLine, quantity: Quantity, amounts: &LineAmounts, place: usize) -> Result<DocumentLine> {
    let mut line = copied(source, place);
    line.priced.quantity = quantity;
    line.refunds = Some(Refunds::Goods);
    line.set_amounts(amounts)?;
    Ok(line)
}

/// A line that takes value only: quantity 1, priced in the terms of its taxes (spec B5, B12).
fn value_line(source: &DocumentLine, amounts: &LineAmounts, place: usize) -> Result<DocumentLine> {
    let mut line = copied(source, place);
    line.priced.quantity = Quantity::ONE;
    line.refunds = Some(Refunds::Value);
    line.priced.discount = Percent::ZERO;
    line.lot = None;
    line.set_amounts(amounts)?;
    let included: i64 = line.priced.taxes.iter().filter(|tax| tax.included).map(|tax| tax.amount.minor).sum();
    let priced = Money::new(amounts.untaxed.checked_add(included).ok_or(Overflow)?, line.priced.total.currency);
    line.priced.price = UnitPrice { price: Price::of(priced)?, currency: priced.currency };
    Ok(line)
}

fn copied(source: &DocumentLine, place: usize) -> DocumentLine {
    DocumentLine {
        key: 0,
        line: i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1),
        invoice_line: Some(source.key),
        held: None,
        ..source.clone()
    }
}

/// Changes quantity and price of a draft's line. A goods line at its invoice line's own price is apportioned, any other is
/// priced anew (spec B4, B5).
pub fn change_line(
    line: &mut DocumentLine,
    quantity: Quantity,
    price: Option<Price>,
    invoice: Option<&Document>,
) -> Result<()> {
    if line.refunds == Some(Refunds::Value) && quantity != Quantity::ONE {
        let given = format!("{}={quantity}", line.line);
        let message = format!("line {} reduces a price: its quantity is 1, its price can be changed", line.line);
        return Err(ValueRefused::quantity("line", given, message).into());
    }
    let price = price.unwrap_or(line.priced.price.price);
    line.priced = line.priced.changed(quantity, price)?;
    let source = invoice.and_then(|invoice| invoice.lines.iter().find(|source| Some(source.key) == line.invoice_line));
    match source {
        Some(source) if line.refunds == Some(Refunds::Goods) && line.priced.price == source.priced.price => {
            Ok(line.set_amounts(&source.held().propose(quantity)?)?)
        }
        _ => Ok(()),
    }
}

/// Refuses lines of a credit note that refund no line of its invoice, unless the bounds are lifted.
pub fn check_added(credit_note: &Document, invoice: &Document) -> Result<()> {
    match credit_note.lines.iter().find(|line| line.invoice_line.is_none()) {
        Some(line) if !credit_note.allow_excess => Err(RefundRefused::Exceeds {
            field: "add_line",
            given: format!(
                "{}={}",
                line.product.as_ref().map_or(line.label.as_str(), |product| product.id.as_str()),
                line.priced.quantity
            ),
            asked: line.priced.total.to_string(),
            left: Money::zero(line.priced.total.currency).to_string(),
            allowed: Money::zero(line.priced.total.currency).plain(),
            of: format!("{} for a line that it does not have", invoice.shown()),
            hint: "give --allow-excess to credit more than the invoice".to_owned(),
        }
        .into()),
        _ => Ok(()),
    }
}

/// Checks an edited or posted credit note line against what the others leave of its invoice line (spec B5). `held` is
/// without this line itself.
pub fn check_line(line: &DocumentLine, held: &crate::domain::value::apportion::Held, of: &str) -> Result<()> {
    let left_quantity = held.left_quantity()?;
    let left_value = held.left_value()?;
    if line.refunds == Some(Refunds::Goods)
        && line.priced.quantity.millionths().unsigned_abs() > left_quantity.millionths().unsigned_abs()
    {
        return Err(RefundRefused::Exceeds {
            field: "line",
            given: format!("{}={}", line.line, line.priced.quantity),
            asked: line.priced.quantity.to_string(),
            left: left_quantity.to_string(),
            allowed: left_quantity.to_string(),
            of: format!("the invoice line behind line {}, on {of}", line.line),
            hint: "take less, or give --allow-excess".to_owned(),
        }
        .into());
    }
    let beyond = line
        .amounts()
        .components()
        .zip(left_value.components())
        .any(|(asked, left)| asked.unsigned_abs() > left.unsigned_abs());
    if beyond {
        let left = Money::new(left_value.total()?, line.priced.total.currency);
        return Err(RefundRefused::Exceeds {
            field: "line",
            given: format!("{}={}", line.line, line.priced.quantity),
            asked: line.priced.total.to_string(),
            left: left.to_string(),
            allowed: left.plain(),
            of: format!("the invoice line behind line {}, on {of}", line.line),
            hint: "take less, or give --allow-excess".to_owned(),
        }
        .into());
    }
    Ok(())
}

/// The text on the credit note (spec B4).
pub fn text(invoice: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("Reversal of: {invoice}, {reason}"),
        None => format!("Reversal of: {invoice}"),
    }
}
