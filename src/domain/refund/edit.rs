//! Editing the lines of a draft credit note: what a line takes of its invoice, and the shares of discounts that go with it
//! (spec B4, B5).

use super::{Left, share_line};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::document::{Document, DocumentLine, Refunds};
use crate::domain::line::{LineChange, LineNumber};
use crate::domain::value::quantity::Quantity;

/// Changes and drops lines of a draft. A goods line at its invoice line's own price is apportioned, any other is priced
/// anew; a line that changes or goes takes its share of each discount along. What is as it was stays as it is. `invoice` is
/// what the draft reverses, with nothing of the draft held.
pub fn edit_lines(
    draft: &mut Document,
    changes: &[LineChange],
    drops: &[LineNumber],
    invoice: Option<&Document>,
) -> Result<()> {
    drop_lines(draft, drops);
    let mut goods = Vec::new();
    for change in changes {
        let Some(line) = draft.lines.iter_mut().find(|line| line.line == change.line.number()) else {
            continue;
        };
        let price = change.price.unwrap_or(line.priced.price.price);
        if change.quantity == line.priced.quantity && price == line.priced.price.price {
            continue;
        }
        if line.refunds == Some(Refunds::Value) && change.quantity != Quantity::ONE {
            let message = format!("line {} reduces a price: its quantity is 1, its price can be changed", line.line);
            return Err(ValueRefused::quantity("line", change, message).into());
        }
        line.priced = line
            .priced
            .changed(change.quantity, price)
            .map_err(|fault| ValueRefused::invalid("line", change, fault.to_string()))?;
        line.settle();
        if line.refunds == Some(Refunds::Goods) {
            goods.push(line.line);
        }
    }
    let Some(invoice) = invoice.filter(|_| !goods.is_empty()) else {
        return Ok(());
    };
    let named = |line: &DocumentLine| changes.iter().any(|change| change.line.number() == line.line);
    for number in goods {
        take_along(draft, number, invoice, &named)?;
    }
    Ok(())
}

/// Drops lines, and with each the shares that it took along.
fn drop_lines(draft: &mut Document, drops: &[LineNumber]) {
    let is_dropped = |line: &DocumentLine| drops.iter().any(|dropped| dropped.number() == line.line);
    let gone: Vec<i64> =
        draft.lines.iter().filter(|line| is_dropped(line)).filter_map(|line| line.invoice_line).collect();
    draft.lines.retain(|line| !is_dropped(line));
    let stays: Vec<i64> = draft.lines.iter().filter_map(|line| line.invoice_line).collect();
    draft.lines.retain(|line| line.share_of.is_none_or(|of| !gone.contains(&of) || stays.contains(&of)));
}

/// Apportions a goods line that changed, and its shares of discounts; a share that was `named` itself stays as it was given.
fn take_along(
    draft: &mut Document,
    number: i64,
    invoice: &Document,
    named: &dyn Fn(&DocumentLine) -> bool,
) -> Result<()> {
    let Some(place) = draft.lines.iter().position(|line| line.line == number) else {
        return Ok(());
    };
    let Some(of) = draft.lines.get(place).and_then(|line| line.invoice_line) else {
        return Ok(());
    };
    let goes_along = |line: &DocumentLine| line.share_of == Some(of) && !named(line);
    let mut left = Left::of(invoice, draft.allow_excess)?;
    for line in draft.lines.iter().filter(|line| line.line != number && !goes_along(line)) {
        left.take(line)?;
    }
    let Some(at) = draft.lines.get(place).and_then(|line| left.place_of(line)) else {
        return Ok(());
    };
    let Some((_, source)) = left.lines().find(|(known, _)| *known == at) else {
        return Ok(());
    };
    let Some(line) = draft.lines.get_mut(place) else {
        return Ok(());
    };
    let quantity = line.priced.quantity;
    let rest = left.held(at)?.left_quantity()?;
    let beyond = quantity.millionths().unsigned_abs() > rest.millionths().unsigned_abs();
    let proposed = left.held(at)?.propose(quantity)?;
    if line.priced.price == source.priced.price {
        line.set_amounts(&proposed)?;
    }
    left.take(line)?;
    let shares = if quantity.is_zero() { Vec::new() } else { left.shares(at, &proposed, beyond)? };

    // A share that goes on keeps its line; one that is new comes last, one that is no more goes.
    let mut along: Vec<(i64, DocumentLine)> = Vec::new();
    for (place, share) in &shares {
        if let Some(line) = share_line(&left, at, *place, share)? {
            along.push((line.invoice_line.unwrap_or_default(), line));
        }
    }
    draft.lines.retain(|line| !goes_along(line) || along.iter().any(|(of, _)| Some(*of) == line.invoice_line));
    for (discount, share) in along {
        let stands =
            draft.lines.iter_mut().find(|line| line.share_of == Some(of) && line.invoice_line == Some(discount));
        match stands {
            Some(line) if named(line) || line.amounts() == share.amounts() => {}
            Some(line) => line.priced = share.priced,
            None => {
                let next = draft.lines.iter().map(|line| line.line).max().unwrap_or(0).saturating_add(1);
                draft.lines.push(DocumentLine { line: next, ..share });
            }
        }
    }
    Ok(())
}
