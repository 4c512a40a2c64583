//! Refunds: what is asked of an invoice, what is left of it, and the credit note lines that follow (spec B1 to B6, B12).

mod edit;
mod left;

pub use edit::edit_lines;
pub use left::Left;

use super::code::FaultKind;
use super::common::ValueRefused;
use super::document::{Document, DocumentKind, DocumentLine, DocumentRefused, DocumentState, Refunds};
use super::line::{LineAmount, LineQuantity};
use super::product::UnitPrice;
use super::tax::LineAmounts;
use super::{Allowed, Error, Faults, Refusal, Result};
use crate::domain::value::apportion::{is_within, share_out, spread};
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::shell_word;

/// What is to be refunded of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// All that is left.
    Everything,
    /// These quantities of these lines, and these amounts off these.
    Lines { lines: Vec<LineQuantity>, amounts: Vec<LineAmount> },
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
    #[error("nothing is left to refund on {invoice}{}", held_by(holders))]
    NothingLeft { invoice: String, holders: Vec<String> },
    #[error("{asked} is more than the {left} left to refund on {of}{}", held_by(holders))]
    Exceeds {
        field: &'static str,
        given: String,
        asked: String,
        left: String,
        allowed: String,
        of: String,
        invoice: String,
        holders: Vec<String>,
    },
}

/// The drafts that hold what is not left, at the end of a sentence.
fn held_by(drafts: &[String]) -> String {
    match drafts {
        [] => String::new(),
        [draft] => format!("; the draft {draft} holds some of it"),
        drafts => format!("; the drafts {} hold some of it", drafts.join(", ")),
    }
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
        Some(match self {
            RefundRefused::NoPostedInvoice { customer, .. } | RefundRefused::NoInvoiceWithProduct { customer, .. } => {
                format!("aftersales invoice list --customer {}", shell_word(customer))
            }
            RefundRefused::NotPosted { invoice, state: DocumentState::Draft } => {
                format!("aftersales invoice post {}", shell_word(invoice))
            }
            RefundRefused::NotPosted { invoice, .. } => format!("aftersales invoice show {}", shell_word(invoice)),
            RefundRefused::NotOffered { ticket, .. } => format!("aftersales ticket options {}", shell_word(ticket)),
            RefundRefused::NothingLeft { holders, invoice } | RefundRefused::Exceeds { holders, invoice, .. } => {
                match holders.first() {
                    Some(draft) => format!("aftersales credit-note cancel {}", shell_word(draft)),
                    None => format!("aftersales credit-note list --invoice {}", shell_word(invoice)),
                }
            }
        })
    }
}

/// What credit notes leave of an invoice as a whole (spec B5).
pub fn left_of(invoice: &Document) -> Result<Money> {
    Ok(Money::new(Left::of(invoice, false)?.whole().total, invoice.currency))
}

/// Whether a refund of everything has anything to take of an invoice (spec B5). That needs no quantity one by one: what last
/// units do not take of the value that is left, value lines do.
pub fn anything_left(invoice: &Document) -> Result<bool> {
    Ok(!everything(&mut Left::of(invoice, false)?)?.is_empty())
}

/// Whether the last units of a line are asked for: what rounding left of all those before is theirs (spec B5).
pub fn takes_last(invoice: &Document, ask: &Ask) -> Result<bool> {
    let asked = match ask {
        Ask::Everything => return Ok(true),
        // Amounts are spread over what is left of the value, whatever the units took.
        Ask::Amount(_) => return Ok(false),
        Ask::Lines { lines, .. } => lines,
    };
    for line in &invoice.lines {
        let named = asked.iter().find(|asked| asked.line.number() == line.line);
        if let Some(asked) = named
            && line.held().left_quantity()? == asked.quantity
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The lines of the credit note that reverses what is asked of `invoice` (spec B4, B5, B12).
///
/// `holders` are the drafts that hold what is not left, for the refusal.
pub fn decide(invoice: &Document, ask: &Ask, allow_excess: bool, holders: &[String]) -> Result<Vec<DocumentLine>> {
    let mut left = Left::of(invoice, allow_excess)?;
    let over = Over { invoice: invoice.shown(), holders };
    let lines = match ask {
        Ask::Everything => everything(&mut left)?,
        // An invoice with nothing left is not on offer, whatever is asked of it (spec B2); goods can be taken at nothing.
        Ask::Lines { .. } if !allow_excess && !left.any_units()? && !anything_left(invoice)? => Vec::new(),
        Ask::Lines { lines, amounts } => named_lines(&mut left, lines, amounts, &over)?,
        Ask::Amount(_) if !allow_excess && !anything_left(invoice)? => Vec::new(),
        Ask::Amount(amount) => {
            by_amount(&left, amount, &over).map_err(|error| too_large(error, "amount", amount.as_str()))?
        }
    };
    if lines.is_empty() {
        return Err(
            RefundRefused::NothingLeft { invoice: invoice.shown().to_owned(), holders: holders.to_vec() }.into()
        );
    }
    Ok(lines)
}

/// What a refusal of too much tells beside the figures.
struct Over<'o> {
    invoice: &'o str,
    holders: &'o [String],
}

/// A number past what is kept is the fault of what was given.
fn too_large(error: Error, field: &'static str, given: &str) -> Error {
    match error.fault().field {
        None if error.kind() == FaultKind::Value => {
            ValueRefused::invalid(field, given, format!("{given}: {}", error.fault().message)).into()
        }
        _ => error,
    }
}

/// The value faults of what is asked of an invoice, whatever is left of it.
pub fn check_asked(invoice: &Document, ask: &Ask, faults: &mut Faults) {
    match ask {
        Ask::Everything => {}
        Ask::Lines { lines, amounts } => {
            for (at, asked) in lines.iter().enumerate() {
                let twice = lines.iter().take(at).any(|before| before.line == asked.line);
                faults.gather(check_asked_line(invoice, asked, twice));
            }
            for (at, asked) in amounts.iter().enumerate() {
                let twice = amounts.iter().take(at).any(|before| before.line == asked.line);
                faults.gather(
                    named_line(invoice, "line_amount", asked.line.number(), asked, twice)
                        .and_then(|_| asked_amount("line_amount", asked, &asked.amount, invoice.currency)),
                );
            }
        }
        Ask::Amount(amount) => {
            faults.gather(asked_amount("amount", amount, amount, invoice.currency));
        }
    }
}

/// The line that a flag names; a discount is never refunded by itself (spec B5).
fn named_line<'i>(
    invoice: &'i Document,
    field: &'static str,
    number: i64,
    given: &dyn std::fmt::Display,
    twice: bool,
) -> Result<&'i DocumentLine> {
    let refuse = |message: String| Err(ValueRefused::invalid(field, given, message).into());
    match invoice.lines.iter().find(|line| line.line == number) {
        None => refuse(format!("{} has no line {number}", invoice.shown())),
        Some(_) if twice => refuse(format!("line {number} is named twice")),
        Some(line) if line.is_discount() => {
            refuse(format!("line {number} is a discount, which the lines that it is on take along"))
        }
        Some(line) => Ok(line),
    }
}

fn check_asked_line(invoice: &Document, asked: &LineQuantity, twice: bool) -> Result<()> {
    let (number, quantity) = (asked.line.number(), asked.quantity);
    let source = named_line(invoice, "line", number, asked, twice)?;
    let wrong_sign =
        if source.priced.quantity.is_negative() { quantity > Quantity::ZERO } else { quantity.is_negative() };
    if wrong_sign || quantity.is_zero() {
        let message = format!("{quantity} of line {number} cannot be refunded");
        return Err(ValueRefused::quantity("line", asked, message).into());
    }
    Ok(())
}

/// An amount above zero of that currency; `given` is how it was typed.
fn asked_amount(
    field: &'static str,
    given: &dyn std::fmt::Display,
    amount: &Amount,
    currency: Currency,
) -> Result<Money> {
    let asked = amount
        .in_currency(currency)
        .map_err(|fault| Error::from(ValueRefused::invalid(field, given, fault.to_string())))?;
    if asked.minor <= 0 {
        let message = format!("{amount} cannot be refunded: an amount above zero can");
        return Err(ValueRefused::quantity(field, given, message).into());
    }
    Ok(asked)
}

/// All that is left: of each line its units, then what edits kept back of its value, then what is left of discounts.
fn everything(left: &mut Left<'_>) -> Result<Vec<DocumentLine>> {
    let mut lines: Vec<DocumentLine> = Vec::new();
    let mut shares = Vec::new();
    let had_value = left.had_value();
    for (at, source) in left.lines().filter(|(_, line)| !line.is_discount()) {
        let (quantity, value) = (left.held(at)?.left_quantity()?, left.held(at)?.left_value()?);
        // Units left without value are refunded by naming their line alone, where the invoice had a value.
        let worthless = had_value && value.is_zero();
        if !quantity.is_zero() && !worthless {
            let proposed = left.held(at)?.propose(quantity)?;
            let line = goods_line(source, quantity, &proposed, lines.len())?;
            left.take(&line)?;
            lines.push(line);
            take_shares(left, at, &proposed, false, &mut shares)?;
        }
    }
    for (at, source) in left.lines().filter(|(_, line)| !line.is_discount()) {
        let value = left.held(at)?.left_value()?;
        if !value.is_zero() {
            let line = value_line(source, &value, lines.len())?;
            left.take(&line)?;
            lines.push(line);
        }
    }
    // A discount goes with the last line of the credit note where the lines that it is on are gone.
    let last = lines.last().and_then(|line| line.invoice_line);
    for (at, source) in left.lines().filter(|(_, line)| line.is_discount()) {
        let value = left.held(at)?.left_value()?;
        if !value.is_zero() {
            let line = DocumentLine { share_of: last, ..value_line(source, &value, 0)? };
            left.take(&line)?;
            shares.push(line);
        }
    }
    if !left.excess() && !within_whole(left) {
        return rest_of_whole(left);
    }
    // What adds up to nothing and takes no unit back is no refund.
    let nothing = left.own().total == 0 && left.own().taxes.iter().all(|(_, amount)| *amount == 0);
    if nothing && !lines.iter().any(|line| line.refunds == Some(Refunds::Goods)) {
        return Ok(Vec::new());
    }
    Ok(numbered(lines, shares))
}

/// Whether what a credit note comes to is within what the others leave of the invoice as a whole.
fn within_whole(left: &Left<'_>) -> bool {
    let (own, whole) = (left.own(), left.whole());
    is_within(own.total, whole.total) && own.taxes.iter().all(|(tax, amount)| is_within(*amount, whole.tax(*tax)))
}

/// Where an excess took more of some lines than they had, less is left of the whole than of its lines: that is value alone.
fn rest_of_whole(left: &Left<'_>) -> Result<Vec<DocumentLine>> {
    let before = left.anew()?;
    match before.whole().total {
        total if total > 0 => value_lines(&before, total),
        _ => Ok(Vec::new()),
    }
}

/// An amount as value lines, spread in proportion to what is left of each line.
fn value_lines(left: &Left<'_>, amount: i64) -> Result<Vec<DocumentLine>> {
    let rests = left.lines().map(|(at, _)| left.held(at)?.left_value()).collect::<std::result::Result<Vec<_>, _>>()?;
    let mut parts = spread(amount, &rests).map_err(|_| Overflow)?;
    left.fit_taxes(&mut parts)?;
    lines_of(left, &parts)
}

/// The value lines of these parts, one for each line of the invoice.
fn lines_of(left: &Left<'_>, parts: &[LineAmounts]) -> Result<Vec<DocumentLine>> {
    let mut lines = Vec::new();
    for ((_, source), part) in left.lines().zip(parts) {
        if !part.is_zero() {
            lines.push(value_line(source, part, lines.len())?);
        }
    }
    Ok(lines)
}

/// The lines, and behind them the shares that they take along, numbered on.
fn numbered(mut lines: Vec<DocumentLine>, shares: Vec<DocumentLine>) -> Vec<DocumentLine> {
    lines.extend(shares);
    for (number, line) in (1..).zip(&mut lines) {
        line.line = number;
    }
    lines
}

/// Takes the shares that refunding goods of the line at `at` takes along, as value lines of the discounts.
fn take_shares(
    left: &mut Left<'_>,
    at: usize,
    proposed: &LineAmounts,
    beyond: bool,
    shares: &mut Vec<DocumentLine>,
) -> Result<()> {
    for (place, share) in left.shares(at, proposed, beyond)? {
        if let Some(line) = share_line(left, at, place, &share)? {
            left.take(&line)?;
            shares.push(line);
        }
    }
    Ok(())
}

/// A share of the discount at `place`, taken along by the line at `at`.
fn share_line(left: &Left<'_>, at: usize, place: usize, share: &LineAmounts) -> Result<Option<DocumentLine>> {
    let line_at = |wanted: usize| left.lines().find(|(at, _)| *at == wanted).map(|(_, line)| line);
    let (Some(line), Some(discount)) = (line_at(at), line_at(place)) else {
        return Ok(None);
    };
    Ok(Some(DocumentLine { share_of: Some(line.key), ..value_line(discount, share, 0)? }))
}

fn named_lines(
    left: &mut Left<'_>,
    asked: &[LineQuantity],
    amounts: &[LineAmount],
    over: &Over<'_>,
) -> Result<Vec<DocumentLine>> {
    let (mut lines, mut shares) = (Vec::new(), Vec::new());
    // Credit note lines stand in the order of the invoice's, however they were named.
    for (at, source) in left.lines() {
        if let Some(asked) = asked.iter().find(|asked| asked.line.number() == source.line) {
            goods_asked(left, at, asked, over, &mut lines, &mut shares)
                .map_err(|error| too_large(error, "line", &asked.to_string()))?;
        }
    }
    for (at, source) in left.lines() {
        if let Some(asked) = amounts.iter().find(|asked| asked.line.number() == source.line) {
            amount_off(left, at, asked, over, &mut lines)
                .map_err(|error| too_large(error, "line_amount", &asked.to_string()))?;
        }
    }
    Ok(numbered(lines, shares))
}

/// Takes a quantity of the line at `at`, with its shares of discounts.
fn goods_asked(
    left: &mut Left<'_>,
    at: usize,
    asked: &LineQuantity,
    over: &Over<'_>,
    lines: &mut Vec<DocumentLine>,
    shares: &mut Vec<DocumentLine>,
) -> Result<()> {
    let Some((_, source)) = left.lines().find(|(place, _)| *place == at) else {
        return Ok(());
    };
    let quantity = asked.quantity;
    let rest = left.held(at)?.left_quantity()?;
    let beyond = quantity.millionths().unsigned_abs() > rest.millionths().unsigned_abs();
    if beyond && !left.excess() {
        let figures = Figures {
            field: "line",
            given: asked.to_string(),
            asked: quantity.to_string(),
            left: rest.to_string(),
            allowed: rest.to_string(),
        };
        return Err(exceeds(figures, format!("line {} of {}", source.line, over.invoice), over));
    }
    let proposed = left.held(at)?.propose(quantity)?;
    let line = goods_line(source, quantity, &proposed, lines.len())?;
    left.take(&line)?;
    lines.push(line);
    take_shares(left, at, &proposed, beyond, shares)?;
    check_whole(left, "line", &asked.to_string(), over)
}

/// Takes an amount off the line at `at`, with its own taxes and no share of a discount (spec B12).
fn amount_off(
    left: &mut Left<'_>,
    at: usize,
    asked: &LineAmount,
    over: &Over<'_>,
    lines: &mut Vec<DocumentLine>,
) -> Result<()> {
    let Some((_, source)) = left.lines().find(|(place, _)| *place == at) else {
        return Ok(());
    };
    let field = "line_amount";
    let amount = asked_amount(field, asked, &asked.amount, source.priced.total.currency)?;
    let rest = left.held(at)?.left_value()?;
    let of_line = rest.total()?.max(0);
    let part = if amount.minor <= of_line {
        let mut parts = vec![LineAmounts::default(); at];
        parts.push(share_out(amount.minor, &rest)?);
        left.fit_taxes(&mut parts)?;
        parts.pop().unwrap_or_default()
    } else if left.excess() {
        super::tax::from_total(amount.minor, &source.priced.rates())?
    } else {
        let left_of = Money::new(of_line, amount.currency);
        let figures = Figures::of(field, asked.to_string(), amount, left_of);
        return Err(exceeds(figures, format!("line {} of {}", source.line, over.invoice), over));
    };
    let line = value_line(source, &part, lines.len())?;
    left.take(&line)?;
    lines.push(line);
    check_whole(left, field, &asked.to_string(), over)
}

fn by_amount(left: &Left<'_>, amount: &Amount, over: &Over<'_>) -> Result<Vec<DocumentLine>> {
    let currency = left.currency();
    let asked = asked_amount("amount", amount, amount, currency)?;
    let mut sum = 0_i128;
    for (at, _) in left.lines() {
        sum = sum.checked_add(left.held(at)?.left_value()?.total()?.into()).ok_or(Overflow)?;
    }
    let most = i64::try_from(sum).map_err(|_| Overflow)?.min(left.whole().total).max(0);
    if asked.minor <= most {
        value_lines(left, asked.minor)
    } else if left.excess() {
        lines_of(left, &spread_beyond(asked.minor, left, amount)?)
    } else {
        let figures = Figures::of("amount", amount.to_string(), asked, Money::new(most, currency));
        Err(exceeds(figures, over.invoice.to_owned(), over))
    }
}

/// With the bounds lifted, an amount is spread in proportion to what was billed.
fn spread_beyond(amount: i64, left: &Left<'_>, given: &Amount) -> Result<Vec<LineAmounts>> {
    let weights: Vec<i64> = left.lines().map(|(_, line)| line.priced.total.minor).collect();
    if weights.iter().all(|weight| *weight == 0) {
        let message = "the invoice is worth nothing, so that an amount cannot be shared by its lines; name one with --line-amount";
        return Err(ValueRefused::invalid("amount", given, message).into());
    }
    let shares = crate::domain::value::money::split(amount, &weights).ok_or(Overflow)?;
    let mut parts = Vec::with_capacity(shares.len());
    for (share, (_, line)) in shares.into_iter().zip(left.lines()) {
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

impl Figures {
    fn of(field: &'static str, given: String, asked: Money, left: Money) -> Figures {
        Figures { field, given, asked: asked.to_string(), left: left.to_string(), allowed: left.plain() }
    }
}

fn exceeds(figures: Figures, of: String, over: &Over<'_>) -> Error {
    let Figures { field, given, asked, left, allowed } = figures;
    let (invoice, holders) = (over.invoice.to_owned(), over.holders.to_vec());
    RefundRefused::Exceeds { field, given, asked, left, allowed, of, invoice, holders }.into()
}

/// Checks what a credit note comes to against what the others leave of the invoice as a whole, in total and in each tax
/// (spec B5).
fn check_whole(left: &Left<'_>, field: &'static str, given: &str, over: &Over<'_>) -> Result<()> {
    if left.excess() || left.line_alone() {
        return Ok(());
    }
    let money = |minor| Money::new(minor, left.currency());
    let refuse = |own: i64, bound: i64, of: String| {
        Err(exceeds(Figures::of(field, given.to_owned(), money(own), money(bound)), of, over))
    };
    let (own, whole) = (left.own(), left.whole());
    if !is_within(own.total, whole.total) {
        return refuse(own.total, whole.total, format!("{} as a whole", over.invoice));
    }
    for (tax, amount) in &own.taxes {
        if !is_within(*amount, whole.tax(*tax)) {
            let taxes = left.lines().flat_map(|(_, line)| &line.priced.taxes);
            let name = taxes.into_iter().find(|known| known.tax.key == *tax).map_or("a tax", |known| &known.tax.id);
            return refuse(*amount, whole.tax(*tax), format!("{}, of its {name} as a whole", over.invoice));
        }
    }
    Ok(())
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
        share_of: None,
        billed: LineAmounts::zero(source.priced.taxes.len()),
        held: None,
        ..source.clone()
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
            invoice: invoice.shown().to_owned(),
            holders: Vec::new(),
        }
        .into()),
        _ => Ok(()),
    }
}

/// Checks the lines of a credit note against what the others leave of its invoice: line by line, and of the whole in total
/// and in each tax, unless the bounds are lifted (spec B5). Its own lines must hold nothing at that moment; `blamed` is the
/// flag that a passed whole is the fault of, and what was given there.
pub fn check_within_left(credit_note: &Document, invoice: &Document, blamed: (&'static str, &str)) -> Result<()> {
    let mut left = Left::of(invoice, credit_note.allow_excess)?;
    let over = Over { invoice: invoice.shown(), holders: &[] };
    for line in &credit_note.lines {
        if let Some(at) = left.place_of(line).filter(|_| !credit_note.allow_excess) {
            check_line(line, &left, at, &over)?;
        }
        left.take(line)?;
    }
    if left.own().total < 0 {
        let total = Money::new(left.own().total, credit_note.currency);
        let (document, id, kind) = (credit_note.named(), credit_note.id.clone(), DocumentKind::CreditNote);
        return Err(DocumentRefused::BelowZero { document, id, kind, total }.into());
    }
    check_whole(&left, blamed.0, blamed.1, &over)
}

/// Checks a credit note line against what the others leave of its invoice line.
fn check_line(line: &DocumentLine, left: &Left<'_>, at: usize, over: &Over<'_>) -> Result<()> {
    let (quantity, value) = (left.held(at)?.left_quantity()?, left.held(at)?.left_value()?);
    let given = format!("{}={}", line.line, line.priced.quantity);
    let of = || format!("the invoice line behind line {}, on {}", line.line, over.invoice);
    if line.refunds == Some(Refunds::Goods) && !is_within(line.priced.quantity.millionths(), quantity.millionths()) {
        let asked = line.priced.quantity.to_string();
        let figures =
            Figures { field: "line", given, asked, left: quantity.to_string(), allowed: quantity.to_string() };
        return Err(exceeds(figures, of(), over));
    }
    let within = line.amounts().components().zip(value.components()).all(|(asked, left)| is_within(asked, left));
    if !within {
        let rest = Money::new(value.total()?, line.priced.total.currency);
        return Err(exceeds(Figures::of("line", given, line.priced.total, rest), of(), over));
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

#[cfg(test)]
mod tests;
