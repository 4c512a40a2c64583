//! Editing a draft: what may be asked of it, its terms, and the lines of an invoice (spec B4, B15). The lines of a credit note
//! are edited by `domain::refund`.

use super::{Billed, Document, DocumentKind, DocumentLine};
use crate::domain::common::ValueRefused;
use crate::domain::line::{LineChange, LineNumber, NewLine, PricedLine};
use crate::domain::order::OrderLine;
use crate::domain::product::Product;
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result, refund};

/// What was asked of an edit.
pub struct Edit<'e> {
    pub line: &'e [LineChange],
    pub add_line: &'e [NewLine],
    pub drop_line: &'e [LineNumber],
    pub journal: Option<&'e str>,
    pub date: Option<&'e Setting<Day>>,
    pub due_date: Option<&'e Setting<Day>>,
    pub reason: Option<&'e str>,
    pub allow_excess: bool,
}

impl Edit<'_> {
    /// Whether it names lines at all.
    pub fn names_lines(&self) -> bool {
        !(self.line.is_empty() && self.add_line.is_empty() && self.drop_line.is_empty())
    }

    /// The flag that a passed bound of the whole invoice is the fault of, and what was given there.
    pub fn blamed(&self) -> (&'static str, String) {
        match (self.line.last(), self.drop_line.last(), self.add_line.last()) {
            (Some(change), ..) => ("line", change.to_string()),
            (None, Some(dropped), _) => ("drop_line", dropped.to_string()),
            (None, None, Some(added)) => ("add_line", added.to_string()),
            (None, None, None) => ("credit_note", String::new()),
        }
    }
}

/// Checks the values of an edit one by one; `products` are those of lines that are asked for a part of a piece.
pub fn check_values(draft: &Document, edit: &Edit<'_>, products: &[Product]) -> Result<()> {
    let mut faults = Faults::default();
    let line_of = |number: LineNumber| draft.lines.iter().find(|line| line.line == number.number());
    let mut seen: Vec<LineNumber> = Vec::new();
    if edit.journal == Some("") {
        faults.note(ValueRefused::missing("journal"));
    }
    if matches!(edit.date, Some(Setting(None))) {
        faults.note(ValueRefused::missing("date"));
    }
    for change in edit.line {
        match line_of(change.line) {
            None => faults.note(no_such_line(draft, "line", change.line, change.to_string())),
            Some(_) if seen.contains(&change.line) => faults.note(named_twice("line", change.line, change.to_string())),
            Some(line) => {
                faults.gather(check_change(draft, line, change, products));
            }
        }
        seen.push(change.line);
    }
    for number in edit.drop_line {
        if line_of(*number).is_none() {
            faults.note(no_such_line(draft, "drop_line", *number, number.to_string()));
        } else if seen.contains(number) {
            faults.note(named_twice("drop_line", *number, number.to_string()));
        }
        seen.push(*number);
    }
    faults.refuse()
}

/// Whether a line can have that quantity and price: none is below zero, save the price of a line that takes something off
/// already, and a serial number is never in part.
fn check_change(draft: &Document, line: &DocumentLine, change: &LineChange, products: &[Product]) -> Result<()> {
    let takes_off =
        line.priced.price.price.is_negative() && (draft.kind == DocumentKind::Invoice || line.is_discount());
    if change.quantity.is_negative() || change.price.is_some_and(|price| price.is_negative() && !takes_off) {
        let message = format!("{change} would take less than nothing");
        return Err(ValueRefused::quantity("line", change, message).into());
    }
    let sold = |product: &&Product| line.product.as_ref().is_some_and(|of| of.key == product.key);
    match products.iter().find(sold) {
        Some(product) => check_pieces(product, change.quantity, change),
        None => Ok(()),
    }
}

/// Whether that quantity of a product is a whole number of pieces, where it has serial numbers; `given` as typed.
pub fn check_pieces(product: &Product, quantity: Quantity, given: impl std::fmt::Display) -> Result<()> {
    if product.allows(quantity) {
        return Ok(());
    }
    let message = format!("{} has serial numbers, so {quantity} of it is not a whole number of pieces", product.id);
    Err(ValueRefused::quantity("line", given, message).into())
}

fn named_twice(field: &'static str, line: LineNumber, given: String) -> ValueRefused {
    ValueRefused::invalid(field, given, format!("line {line} is named twice"))
}

fn no_such_line(draft: &Document, field: &'static str, line: LineNumber, given: String) -> ValueRefused {
    ValueRefused::invalid(field, given, format!("{} has no line {line}", draft.shown()))
}

/// Changes date, due date and reason of a draft.
pub fn edit_terms(draft: &mut Document, edit: &Edit<'_>) {
    if let Some(Setting(Some(date))) = edit.date {
        draft.date = *date;
        // A draft that waits for its day waits for the new one, and a credit note is due on its date.
        draft.post_on = draft.post_on.map(|_| *date);
        if draft.kind == DocumentKind::CreditNote {
            draft.due_date = Some(*date);
        }
    }
    if let Some(Setting(due_date)) = edit.due_date {
        draft.due_date = *due_date;
    }
    if let Some(reason) = edit.reason {
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        match &draft.invoice {
            Some(invoice) => draft.text = Some(refund::text(&invoice.id, reason.as_deref())),
            // A free one says its reason and nothing else, unless it came in with a text of its own.
            None if draft.text == draft.reason => draft.text.clone_from(&reason),
            None => {}
        }
        draft.reason = reason;
    }
    draft.allow_excess |= edit.allow_excess;
}

/// Changes and drops lines of a draft invoice; `billed` is the order that it bills. A line at its order line's own price bills that
/// line's own value for the quantity, any other is priced anew. A discount of the order goes with what is billed, save where it is
/// named itself; what is as it was stays as it is.
pub fn edit_lines(
    draft: &mut Document,
    changes: &[LineChange],
    drops: &[LineNumber],
    billed: Option<Billed<'_>>,
) -> Result<()> {
    let before = goods_of(draft);
    draft.lines.retain(|line| !drops.iter().any(|dropped| dropped.number() == line.line));
    for change in changes {
        let Some(line) = draft.lines.iter_mut().find(|line| line.line == change.line.number()) else {
            continue;
        };
        let price = change.price.unwrap_or(line.priced.price.price);
        if change.quantity == line.priced.quantity && price == line.priced.price.price {
            continue;
        }
        line.priced = line
            .priced
            .changed(change.quantity, price)
            .map_err(|fault| ValueRefused::invalid("line", change, fault.to_string()))?;
        line.settle();
        let Some((billed, of)) = billed.and_then(|billed| Some((billed, billed.sold(line.order_line?)?))) else {
            continue;
        };
        // What an order's invoices sum up to must stay a number.
        billed
            .of(of.key)
            .iter()
            .try_fold(change.quantity, |sum, bill| sum.checked_add(*bill))
            .map_err(|fault| ValueRefused::invalid("line", change, fault.to_string()))?;
        if is_at_its_terms(line, of) {
            line.set_amounts(&billed.value(of, change.quantity)?)?;
        }
    }
    match billed {
        Some(billed) if goods_of(draft) != before => {
            share_discounts(draft, billed, |line| changes.iter().any(|change| change.line.number() == line))
        }
        _ => Ok(()),
    }
}

/// The order lines that a draft bills other than discounts, each with its quantity.
fn goods_of(draft: &Document) -> Vec<(i64, Quantity)> {
    let goods = draft.lines.iter().filter(|line| !line.is_discount());
    goods.filter_map(|line| Some((line.order_line?, line.priced.quantity))).collect()
}

/// Whether an invoice line stands at the price, discount and taxes of the order line that it bills.
fn is_at_its_terms(line: &DocumentLine, of: &OrderLine) -> bool {
    let taxes = |priced: &PricedLine| priced.taxes.iter().map(|tax| tax.tax.key).collect::<Vec<_>>();
    let (own, agreed) = (&line.priced, &of.priced);
    (own.price, own.discount) == (agreed.price, agreed.discount) && taxes(own) == taxes(agreed)
}

/// Lets each discount of the order that a draft bills at its terms go with what the draft bills, unless its line was `named`.
fn share_discounts(draft: &mut Document, billed: Billed<'_>, named: impl Fn(i64) -> bool) -> Result<()> {
    let goods = goods_of(draft);
    let with =
        |wanted: i64| goods.iter().find(|(line, _)| *line == wanted).map_or(Quantity::ZERO, |(_, billed)| *billed);
    for line in draft.lines.iter_mut().filter(|line| !named(line.line)) {
        let of = line.order_line.and_then(|of| billed.sold(of)).filter(|of| of.is_discount());
        if let Some(of) = of.filter(|of| is_at_its_terms(line, of)) {
            let quantity = billed.share(of, with)?;
            let PricedLine { price, discount, taxes, .. } = line.priced.clone();
            line.priced = PricedLine::with_amounts(quantity, price, discount, taxes, &billed.value(of, quantity)?)?;
            line.settle();
        }
    }
    Ok(())
}
