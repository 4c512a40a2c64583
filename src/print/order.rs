//! Orders and quotations, printed.

use super::Printing;
use super::priced::{Priced, PricedLines};
use super::sheet::Sheet;
use crate::domain::order::{Order, OrderLine, OrderState};
use crate::domain::value::number::Overflow;

/// The sheet of an order; while it is not confirmed it is a quotation.
pub fn sheet(printing: &Printing<'_>, order: &Order) -> Result<Sheet, Overflow> {
    let words = printing.words;
    let is_quotation = matches!(order.state, OrderState::Draft | OrderState::Sent);
    let title = if is_quotation { "quotation" } else { "order" };
    let mut sheet = printing.sheet("order", title, &order.id, &order.id);
    sheet.mark = match order.state {
        OrderState::Draft => Some(words.text("draft").to_owned()),
        OrderState::Cancelled => Some(words.text("cancelled").to_owned()),
        OrderState::Sent | OrderState::Confirmed => None,
    };
    sheet.facts = vec![printing.fact("number", order.id.as_str()), printing.fact("date", printing.day(order.date))];
    if !order.coupons.is_empty() {
        sheet.facts.push(printing.fact("coupons", order.coupons.join(", ")));
    }
    let below = |line: &OrderLine| -> Vec<String> {
        line.product.iter().map(|product| product.id.clone()).filter(|id| *id != line.label).collect()
    };
    let lines = order.lines.iter();
    let lines = PricedLines {
        currency: order.currency,
        lines: lines
            .map(|line| Priced { line: line.line, label: &line.label, below: below(line), priced: &line.priced })
            .collect(),
        untaxed: order.untaxed,
        total: order.total,
    };
    sheet.tables = vec![lines.table(printing)?];
    sheet.totals = lines.totals(printing)?;
    Ok(sheet)
}
