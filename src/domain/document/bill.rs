//! Bills of an order: what can still be billed of its lines, at which value, and which part of a discount goes with it (spec B15).

use std::collections::HashMap;

use super::DocumentLine;
use crate::domain::line::{PricedLine, discounted};
use crate::domain::order::{Order, OrderLine};
use crate::domain::tax::LineAmounts;
use crate::domain::value::apportion::{left_of, own_value};
use crate::domain::value::money::round_div;
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;

/// An order, and what its invoices that count have of each line, by its key; one that is put together is left out.
#[derive(Clone, Copy)]
pub struct Billed<'o> {
    pub order: &'o Order,
    pub bills: &'o HashMap<i64, Vec<Quantity>>,
}

/// What of an order line can still be billed: what was ordered, less what its bills have (spec B15, G6). `bills` are the
/// quantities of the line on its invoices that count.
pub fn left_to_bill(ordered: Quantity, bills: &[Quantity]) -> Result<Quantity, Overflow> {
    left_of(ordered, bills)
}

/// The lines of an invoice for what of an order can still be billed: of what it sells all that is left, of its discounts the part
/// that goes with it. Discounts alone are no bill.
pub fn bill(billed: Billed<'_>) -> Result<Vec<DocumentLine>, Overflow> {
    let (mut lines, mut with): (Vec<DocumentLine>, HashMap<i64, Quantity>) = (Vec::new(), HashMap::new());
    for line in billed.order.lines.iter().filter(|line| !line.is_discount()) {
        let quantity = left_to_bill(line.to_bill(), billed.of(line.key))?;
        if !quantity.is_zero() {
            with.insert(line.key, quantity);
            lines.push(billed.line(line, quantity)?);
        }
    }
    if lines.is_empty() {
        return Ok(lines);
    }
    for discount in billed.order.lines.iter().filter(|line| line.is_discount()) {
        let quantity = billed.share(discount, |line| with.get(&line).copied().unwrap_or_default())?;
        if !quantity.is_zero() {
            lines.push(billed.line(discount, quantity)?);
        }
    }
    // They stand as on the order.
    lines.sort_by_key(|line| line.line);
    for (number, line) in (1..).zip(&mut lines) {
        line.line = number;
    }
    Ok(lines)
}

impl<'o> Billed<'o> {
    /// The line of the order with that key.
    pub fn sold(self, key: i64) -> Option<&'o OrderLine> {
        self.order.lines.iter().find(|line| line.key == key)
    }

    /// The bills of a line of the order.
    pub fn of(self, line: i64) -> &'o [Quantity] {
        self.bills.get(&line).map_or(&[], Vec::as_slice)
    }

    /// The amounts of a bill for that quantity of an order line: the line's own value for it, whatever earlier bills charged;
    /// only the cents of rounding move from one bill to the next (spec B15).
    pub fn value(self, line: &OrderLine, quantity: Quantity) -> Result<LineAmounts, Overflow> {
        own_value(&line.priced.amounts(), quantity, line.priced.quantity, self.of(line.key))
    }

    /// How much of a discount goes with a bill that has the quantities `with` of the lines that it is on: the part that the value
    /// billed by then, with this bill, is of the value of all of them, less what earlier bills have of it. So the bill of the last
    /// of them brings the rest, and a bill of less never takes more off than its part.
    pub fn share(self, discount: &OrderLine, with: impl Fn(i64) -> Quantity) -> Result<Quantity, Overflow> {
        let lines = &self.order.lines;
        let covered = discounted(&discount.priced, lines.iter().enumerate().map(|(at, line)| (at, &line.priced)));
        let (mut whole, mut by_then) = (0_i128, 0_i128);
        for line in covered.into_iter().filter_map(|at| lines.get(at)) {
            let (total, ordered) = (line.priced.total.minor, line.priced.quantity.millionths());
            let mut quantity = with(line.key);
            for earlier in self.of(line.key) {
                quantity = quantity.checked_add(*earlier)?;
            }
            let part = i128::from(total).checked_mul(quantity.millionths().min(ordered).into()).ok_or(Overflow)?;
            whole = whole.checked_add(total.into()).ok_or(Overflow)?;
            by_then = by_then.checked_add(round_div(part, ordered.into())?.into()).ok_or(Overflow)?;
        }
        let all = discount.priced.quantity;
        let by_then = match whole {
            0 => all,
            _ => {
                let part = by_then.checked_mul(all.millionths().into()).ok_or(Overflow)?;
                Quantity::from_millionths(round_div(part, whole)?)
            }
        };
        left_to_bill(by_then, self.of(discount.key))
    }

    /// The invoice line for that quantity of an order line (spec B11, B15).
    fn line(self, line: &OrderLine, quantity: Quantity) -> Result<DocumentLine, Overflow> {
        let PricedLine { price, discount, taxes, .. } = line.priced.clone();
        // A repair may use of a part of which none was quoted in the end: then there is no value to share.
        let amounts = match line.priced.quantity.is_zero() {
            true => line.priced.changed(quantity, price.price)?.amounts(),
            false => self.value(line, quantity)?,
        };
        Ok(DocumentLine {
            key: 0,
            line: line.line,
            product: line.product.clone(),
            lot: None,
            label: line.label.clone(),
            priced: PricedLine::with_amounts(quantity, price, discount, taxes, &amounts)?,
            refunds: None,
            invoice_line: None,
            share_of: None,
            order_line: Some(line.key),
            billed: LineAmounts::default(),
            held: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::line::{LineTax, Totals};
    use crate::domain::order::OrderState;
    use crate::domain::product::UnitPrice;
    use crate::domain::tax::Tax;
    use crate::domain::value::money::{Currency, Money};
    use crate::domain::value::quantity::{Percent, Price};
    use crate::domain::value::reference::Reference;
    use proptest::prelude::*;

    fn eur() -> Currency {
        Currency::iso("EUR").unwrap()
    }

    /// A line of so many thousandths at a price in cents under the taxes of these places; without a product where that takes off.
    fn line(key: i64, quantity: i64, cents: i64, taxes: &[usize]) -> OrderLine {
        let rates = ["20", "7", "10"];
        let tax = |place: &usize| {
            Tax::bare(
                i64::try_from(*place).unwrap(),
                rates[*place].to_owned(),
                rates[*place].parse().unwrap(),
                *place == 2,
            )
        };
        let taxes: Vec<Tax> = taxes.iter().map(tax).collect();
        let price = UnitPrice { price: Price::from_millionths(cents * 10_000), currency: eur() };
        let quantity = Quantity::from_millionths(quantity * 1000);
        let priced = PricedLine::compute(quantity, price, Percent::ZERO, &taxes).unwrap();
        let reference = Reference { key, id: format!("P{key}") };
        let product = Some(reference.clone()).filter(|_| cents >= 0);
        OrderLine { product, line: key, ..OrderLine::new(key, reference, format!("Line {key}"), priced) }
    }

    fn order(lines: Vec<OrderLine>) -> Order {
        Order::for_tests(OrderState::Confirmed, lines)
    }

    /// Bills these quantities of the first lines; answers quantity and total of each discount's part.
    fn billed(order: &Order, bills: &mut HashMap<i64, Vec<Quantity>>, units: &[&str]) -> Vec<String> {
        let with: Vec<(i64, Quantity)> =
            order.lines.iter().zip(units).map(|(line, units)| (line.key, units.parse().unwrap())).collect();
        let of = |key: i64| with.iter().find(|(line, _)| *line == key).map_or(Quantity::ZERO, |(_, units)| *units);
        let mut told = Vec::new();
        let mut parts = with.clone();
        for discount in order.lines.iter().filter(|line| line.is_discount()) {
            let now = Billed { order, bills };
            let share = now.share(discount, of).unwrap();
            let total = now.value(discount, share).unwrap().total().unwrap();
            told.push(format!("{share} {}", Money::new(total, eur()).plain()));
            parts.push((discount.key, share));
        }
        for (key, units) in parts.into_iter().filter(|(_, units)| !units.is_zero()) {
            bills.entry(key).or_default().push(units);
        }
        told
    }

    #[test]
    fn a_discount_goes_with_what_is_billed() {
        let of = order(vec![line(1, 3000, 1000, &[0]), line(2, 1000, 600, &[1]), line(3, 1000, -333, &[0])]);
        let mut bills = HashMap::new();
        // A third of the lines that it is on, nothing of another set of taxes, and the rest with the last.
        assert_eq!(billed(&of, &mut bills, &["1", "0"]), ["0.333333 -1.33"]);
        assert_eq!(billed(&of, &mut bills, &["0", "1"]), ["0 0.00"]);
        assert_eq!(billed(&of, &mut bills, &["1", "0"]), ["0.333334 -1.33"]);
        assert_eq!(billed(&of, &mut bills, &["1", "0"]), ["0.333333 -1.34"]);
        assert_eq!(billed(&of, &mut bills, &["0", "0"]), ["0 0.00"]);

        // What an earlier bill left out comes with the next one.
        let mut bills = HashMap::from([(1, vec![Quantity::ONE])]);
        assert_eq!(billed(&of, &mut bills, &["1", "0"]), ["0.666667 -2.67"]);
        // More than was ordered takes no more off.
        assert_eq!(billed(&of, &mut bills, &["5", "0"]), ["0.333333 -1.33"]);
        // A discount on nothing is billed at once.
        let alone = order(vec![line(1, 1000, 0, &[]), line(2, 1000, -100, &[])]);
        assert_eq!(billed(&alone, &mut HashMap::new(), &["0"]), ["1 -1.00"]);
    }

    #[test]
    fn discounts_alone_are_no_bill() {
        let of = order(vec![line(1, 1000, 1000, &[]), line(2, 1000, -100, &[])]);
        let whole = bill(Billed { order: &of, bills: &HashMap::new() }).unwrap();
        assert_eq!(whole.iter().map(|line| line.priced.total.plain()).collect::<Vec<_>>(), ["10.00", "-1.00"]);
        let bills = HashMap::from([(1, vec![Quantity::ONE])]);
        assert_eq!(bill(Billed { order: &of, bills: &bills }).unwrap(), []);
    }

    proptest! {
        #[test]
        fn all_bills_of_an_order_come_to_the_order(
            sold in prop::collection::vec((1_i64..4000, 0_i64..9000, 0_usize..3), 1..5),
            less in prop::collection::vec((1_i64..3000, 0_usize..3), 0..3),
            cuts in prop::collection::vec(prop::collection::vec(0_i64..100, 4), 0..4),
        ) {
            let sets: [&[usize]; 3] = [&[0], &[1, 0], &[2]];
            let mut lines: Vec<OrderLine> =
                (1..).zip(sold).map(|(key, (quantity, cents, set))| line(key, quantity, cents, sets[set])).collect();
            let first = i64::try_from(lines.len()).unwrap() + 1;
            lines.extend((first..).zip(less).map(|(key, (cents, set))| line(key, 1000, -cents, sets[set])));
            let of = order(lines);
            let mut bills: HashMap<i64, Vec<Quantity>> = HashMap::new();
            let mut made: Vec<DocumentLine> = Vec::new();
            for cut in &cuts {
                // Of each line a part of what is left, as an edited draft has it.
                let now = Billed { order: &of, bills: &bills };
                let mut with: HashMap<i64, Quantity> = HashMap::new();
                for (line, percent) in of.lines.iter().filter(|line| !line.is_discount()).zip(cut) {
                    let left = left_to_bill(line.priced.quantity, now.of(line.key)).unwrap();
                    with.insert(line.key, Quantity::from_millionths(left.millionths() * percent / 100));
                }
                let mut some = Vec::new();
                for line in &of.lines {
                    let quantity = match line.is_discount() {
                        true => now.share(line, |key| with.get(&key).copied().unwrap_or_default()).unwrap(),
                        false => with.get(&line.key).copied().unwrap_or_default(),
                    };
                    if !quantity.is_zero() {
                        some.push(now.line(line, quantity).unwrap());
                    }
                }
                for line in &some {
                    bills.entry(line.order_line.unwrap()).or_default().push(line.priced.quantity);
                }
                made.extend(some);
            }
            made.extend(bill(Billed { order: &of, bills: &bills }).unwrap());
            // Whatever was billed when: the sums of each line are the line, to the cent in every tax.
            for line in &of.lines {
                let parts: Vec<&PricedLine> =
                    made.iter().filter(|made| made.order_line == Some(line.key)).map(|made| &made.priced).collect();
                let totals = Totals::of(eur(), parts.iter().copied()).unwrap();
                prop_assert_eq!(totals.untaxed, line.priced.untaxed, "{}", &line.label);
                for (place, tax) in line.priced.taxes.iter().enumerate() {
                    let of_part = |part: &&PricedLine| part.taxes.get(place).map_or(0, |tax: &LineTax| tax.amount.minor);
                    prop_assert_eq!(parts.iter().map(of_part).sum::<i64>(), tax.amount.minor);
                }
            }
        }
    }
}
