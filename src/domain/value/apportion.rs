//! What is left to refund of an invoice line, and how a refund is taken from it to the last cent (spec B5, B12).

use super::money::{round_div, split};
use super::number::Overflow;
use super::quantity::Quantity;
use crate::domain::tax::LineAmounts;

/// An invoice line and what the credit notes that are not cancelled hold of it, drafts too (spec B5).
///
/// "More" and "less" go by magnitude: a line below zero, such as a discount, is refunded by amounts below zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreditedLine {
    /// The quantity on the invoice.
    pub invoiced: Quantity,
    /// The amounts on the invoice, in minor units.
    pub billed: LineAmounts,
    /// The quantity on goods lines of credit notes.
    pub goods: Quantity,
    /// The amounts on all lines of credit notes, goods and value, in minor units.
    pub credited: LineAmounts,
    /// The amounts on value lines alone, in minor units: price reductions, which take no quantity.
    pub reduced: LineAmounts,
    /// The quantities of those goods lines one by one: what rounding left of each goes to the last units.
    pub taken: Vec<Quantity>,
}

impl CreditedLine {
    /// The quantity left to refund, zero where more than was invoiced is held (spec B5).
    pub fn left_quantity(&self) -> Result<Quantity, Overflow> {
        let left = left(self.invoiced.millionths(), self.goods.millionths())?;
        Ok(Quantity::from_millionths(left))
    }

    /// The value left to refund in minor units, each component zero where more than was billed is held (spec B5).
    pub fn left_value(&self) -> Result<LineAmounts, Overflow> {
        self.each_component(|amounts| left(amounts.billed, amounts.credited))
    }

    /// The amounts to propose for refunding that quantity, in minor units (spec B5).
    ///
    /// Up to what is left, the proposal is never more than the value left, and the last units take the cents that rounding
    /// left as well; what an edit kept back of earlier units is not theirs. Beyond (`--allow-excess`) it is the plain
    /// proportion.
    pub fn propose(&self, quantity: Quantity) -> Result<LineAmounts, Overflow> {
        // No units take no value, also where none are left but some value is.
        if quantity.is_zero() {
            return Ok(LineAmounts::zero(self.billed.taxes.len()));
        }
        let left_quantity = self.left_quantity()?;
        let bounded = is_within(quantity.millionths(), left_quantity.millionths());
        self.each_component(|amounts| {
            let worth = left(amounts.billed, amounts.reduced)?;
            if !bounded {
                return share_of(worth, quantity, self.invoiced);
            }
            let share = own_share(worth, quantity, self.invoiced, left_quantity, &self.taken)?;
            Ok(at_most(share, left(amounts.billed, amounts.credited)?))
        })
    }

    /// Works out the untaxed amount, then each tax of the invoice line.
    fn each_component(&self, decide: impl Fn(Component) -> Result<i64, Overflow>) -> Result<LineAmounts, Overflow> {
        let taxes = self.billed.taxes.iter().enumerate().map(|(place, &billed)| {
            decide(Component { billed, credited: self.credited.tax(place), reduced: self.reduced.tax(place) })
        });
        Ok(LineAmounts {
            untaxed: decide(Component {
                billed: self.billed.untaxed,
                credited: self.credited.untaxed,
                reduced: self.reduced.untaxed,
            })?,
            taxes: taxes.collect::<Result<_, _>>()?,
        })
    }
}

/// What that quantity is of an amount that the whole quantity makes up, rounded.
pub fn share_of(amount: i64, quantity: Quantity, whole: Quantity) -> Result<i64, Overflow> {
    // A line of no units has no amount that units could have a share of.
    if whole.is_zero() {
        return Ok(0);
    }
    let product = i128::from(amount).checked_mul(quantity.millionths().into());
    round_div(product.ok_or(Overflow)?, whole.millionths().into())
}

/// The share of a quantity in an amount, where `taken` took theirs before it, whatever was made of that: the last units
/// (all of `left`) take the cents that rounding left as well (spec B5, B15).
fn own_share(
    amount: i64,
    quantity: Quantity,
    whole: Quantity,
    left_of_whole: Quantity,
    taken: &[Quantity],
) -> Result<i64, Overflow> {
    if quantity != left_of_whole {
        return share_of(amount, quantity, whole);
    }
    let mut shares = 0_i64;
    for before in taken {
        shares = shares.checked_add(share_of(amount, *before, whole)?).ok_or(Overflow)?;
    }
    left(amount, shares)
}

/// What is left of a whole quantity when these were taken of it; zero once more than all is taken (spec G6).
pub fn left_of(whole: Quantity, taken: &[Quantity]) -> Result<Quantity, Overflow> {
    let mut sum = 0_i64;
    for quantity in taken {
        sum = sum.checked_add(quantity.millionths()).ok_or(Overflow)?;
    }
    Ok(Quantity::from_millionths(left(whole.millionths(), sum)?))
}

/// The amounts of a line that are those of `quantity` of it, where the quantities `taken` took theirs before: whatever was
/// charged for those, only the cents of rounding move from one to the next (spec B15). Beyond the whole it is the plain
/// proportion.
pub fn own_value(
    amounts: &LineAmounts,
    quantity: Quantity,
    whole: Quantity,
    taken: &[Quantity],
) -> Result<LineAmounts, Overflow> {
    let left_of_whole = left_of(whole, taken)?;
    let beyond = !is_within(quantity.millionths(), left_of_whole.millionths());
    let share = |amount: i64| {
        if quantity.is_zero() {
            return Ok(0);
        }
        if beyond {
            return share_of(amount, quantity, whole);
        }
        // Shares that were rounded up may come to all there is before the last: then nothing is left for those that follow.
        let mut rest = amount;
        for before in taken {
            rest = left(rest, at_most(share_of(amount, *before, whole)?, rest))?;
        }
        match quantity == left_of_whole {
            true => Ok(rest),
            false => Ok(at_most(share_of(amount, quantity, whole)?, rest)),
        }
    };
    Ok(LineAmounts {
        untaxed: share(amounts.untaxed)?,
        taxes: amounts.taxes.iter().map(|&tax| share(tax)).collect::<Result<_, _>>()?,
    })
}

/// One component of a line, the untaxed amount or one tax, in minor units.
struct Component {
    billed: i64,
    credited: i64,
    reduced: i64,
}

/// Why an amount cannot be spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpreadFault {
    /// The amount is more than is left on all lines, or of the other sign.
    #[error("only {left} minor units are left to refund")]
    Exceeds {
        /// What is left on all lines, tax included, in minor units.
        left: i64,
    },
    /// What is left is beyond what 64 bits hold.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// Spreads a tax-included amount in minor units over lines in proportion to the total that is left of each (spec B12).
///
/// The parts sum to the amount exactly, and in no component is a part more than what is left there.
pub fn spread(amount: i64, left: &[LineAmounts]) -> Result<Vec<LineAmounts>, SpreadFault> {
    let totals = left.iter().map(LineAmounts::total).collect::<Result<Vec<_>, _>>()?;
    // Discounts are below zero, so what adds up on the way may be more than the sum.
    let whole = totals.iter().try_fold(0_i128, |sum, &total| sum.checked_add(total.into())).ok_or(Overflow)?;
    let whole = i64::try_from(whole).map_err(|_| Overflow)?;
    if !is_within(amount, whole) {
        return Err(SpreadFault::Exceeds { left: whole });
    }

    let parts = split(amount, &totals).ok_or(Overflow)?;
    let shares = left.iter().zip(parts).map(|(line, part)| share_out(part, line));
    Ok(shares.collect::<Result<_, _>>()?)
}

/// Divides a total over untaxed amount and taxes in the proportion in which they are left.
pub fn share_out(total: i64, left: &LineAmounts) -> Result<LineAmounts, Overflow> {
    let weights: Vec<i64> = left.components().collect();
    let mut shares = split(total, &weights).ok_or(Overflow)?.into_iter();
    Ok(LineAmounts { untaxed: shares.next().unwrap_or_default(), taxes: shares.collect() })
}

/// What is left of a whole, zero once more than the whole is taken.
pub fn left(whole: i64, taken: i64) -> Result<i64, Overflow> {
    let left = whole.checked_sub(taken).ok_or(Overflow)?;
    Ok(if left.signum() == whole.signum() { left } else { 0 })
}

/// Whether a number lies between zero and the bound, both included.
pub fn is_within(number: i64, bound: i64) -> bool {
    number == 0 || (number.signum() == bound.signum() && number.unsigned_abs() <= bound.unsigned_abs())
}

/// The number, or the bound where the number is more.
pub fn at_most(number: i64, bound: i64) -> i64 {
    if number.unsigned_abs() > bound.unsigned_abs() { bound } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tax::{TaxRate, line_amounts};
    use crate::domain::value::money::Currency;
    use crate::domain::value::quantity::{Percent, Price};
    use proptest::prelude::*;

    fn amounts(untaxed: i64, taxes: &[i64]) -> LineAmounts {
        LineAmounts { untaxed, taxes: taxes.to_vec() }
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    /// An invoice line that nothing has been refunded of.
    fn untouched(invoiced: &str, untaxed: i64, taxes: &[i64]) -> CreditedLine {
        CreditedLine {
            invoiced: quantity(invoiced),
            billed: amounts(untaxed, taxes),
            credited: LineAmounts::zero(taxes.len()),
            reduced: LineAmounts::zero(taxes.len()),
            ..CreditedLine::default()
        }
    }

    impl CreditedLine {
        fn take_goods(&mut self, quantity: Quantity, amounts: &LineAmounts) {
            self.goods = self.goods.checked_add(quantity).unwrap();
            self.taken.push(quantity);
            self.credited = self.credited.checked_add(amounts).unwrap();
        }

        fn take_value(&mut self, amounts: &LineAmounts) {
            self.reduced = self.reduced.checked_add(amounts).unwrap();
            self.credited = self.credited.checked_add(amounts).unwrap();
        }
    }

    #[test]
    fn units_take_their_share_and_the_last_ones_the_rest() {
        let mut line = untouched("3", 10000, &[2000, 500]);
        for (untaxed, taxes, left) in [(3333, [667, 167], 2), (3333, [667, 167], 1), (3334, [666, 166], 0)] {
            let share = line.propose(Quantity::ONE).unwrap();
            assert_eq!(share, amounts(untaxed, &taxes));
            line.take_goods(Quantity::ONE, &share);
            assert_eq!(line.left_quantity(), Ok(Quantity::from_millionths(left * 1_000_000)));
        }
        assert!(line.left_value().unwrap().is_zero());
    }

    #[test]
    fn a_price_reduction_lowers_what_units_are_worth() {
        let mut line = untouched("2", 8000, &[1600]);
        line.take_value(&amounts(2000, &[400]));
        assert_eq!(line.left_quantity(), Ok(quantity("2")));
        assert_eq!(line.left_value(), Ok(amounts(6000, &[1200])));
        assert_eq!(line.propose(quantity("1")), Ok(amounts(3000, &[600])));
        assert_eq!(line.propose(quantity("0.5")), Ok(amounts(1500, &[300])));
        assert_eq!(line.propose(quantity("2")), Ok(amounts(6000, &[1200])));
    }

    #[test]
    fn a_proposal_stays_within_the_value_left() {
        let mut line = untouched("10", 10000, &[]);
        line.take_goods(quantity("5"), &amounts(5000, &[]));
        line.take_value(&amounts(4500, &[]));
        // A unit is worth 5.50 by now, but only 5.00 are left for five of them.
        assert_eq!(line.propose(quantity("1")), Ok(amounts(500, &[])));
        assert_eq!(line.propose(quantity("0.5")), Ok(amounts(275, &[])));
        assert_eq!(line.propose(quantity("5")), Ok(amounts(500, &[])));
    }

    #[test]
    fn beyond_what_is_left_the_proposal_is_the_plain_proportion() {
        let mut line = untouched("2", 8000, &[1600]);
        line.take_goods(quantity("2"), &amounts(8000, &[1600]));
        assert_eq!(line.propose(quantity("1")), Ok(amounts(4000, &[800])));
        assert_eq!(line.propose(quantity("3")), Ok(amounts(12000, &[2400])));
    }

    #[test]
    fn what_is_left_is_never_below_zero() {
        let mut line = untouched("2", 8000, &[1600]);
        line.take_goods(quantity("3"), &amounts(12000, &[1000]));
        assert_eq!(line.left_quantity(), Ok(Quantity::ZERO));
        assert_eq!(line.left_value(), Ok(amounts(0, &[600])));

        let mut discount = untouched("1", -800, &[-160]);
        discount.take_value(&amounts(-900, &[-100]));
        assert_eq!(discount.left_value(), Ok(amounts(0, &[-60])));
        assert_eq!(discount.propose(Quantity::ONE), Ok(amounts(0, &[-60])));
    }

    #[test]
    fn no_units_take_nothing() {
        let mut line = untouched("2", 8000, &[1600]);
        assert_eq!(line.propose(Quantity::ZERO), Ok(amounts(0, &[0])));
        // Refunded in full at a lower price: value is left, but no unit to take it.
        line.take_goods(quantity("2"), &amounts(6000, &[1200]));
        assert_eq!(line.propose(Quantity::ZERO), Ok(amounts(0, &[0])));
        assert_eq!(line.left_value(), Ok(amounts(2000, &[400])));

        let empty = untouched("0", 0, &[0]);
        assert_eq!(empty.propose(Quantity::ONE), Ok(amounts(0, &[0])));
    }

    #[test]
    fn too_much_is_an_error() {
        let mut line = untouched("1", i64::MAX, &[]);
        assert_eq!(line.propose(quantity("2")), Err(Overflow));
        line.credited.untaxed = -1;
        assert_eq!(line.left_value(), Err(Overflow));
        let most = amounts(i64::MAX, &[]);
        assert_eq!(spread(1, &[most.clone(), most]), Err(Overflow.into()));
    }

    #[test]
    fn an_amount_is_spread_by_what_is_left() {
        let table: [(i64, &[LineAmounts], &[LineAmounts]); 8] = [
            (2000, &[amounts(8000, &[1600])], &[amounts(1667, &[333])]),
            (1000, &[amounts(3000, &[600]), amounts(1000, &[200])], &[amounts(625, &[125]), amounts(208, &[42])]),
            (100, &[amounts(0, &[0]), amounts(100, &[])], &[amounts(0, &[0]), amounts(100, &[])]),
            (1, &[amounts(5, &[]), amounts(5, &[])], &[amounts(1, &[]), amounts(0, &[])]),
            (4500, &[amounts(10000, &[]), amounts(-1000, &[])], &[amounts(5000, &[]), amounts(-500, &[])]),
            (-50, &[amounts(-80, &[-20])], &[amounts(-40, &[-10])]),
            (0, &[amounts(80, &[20])], &[amounts(0, &[0])]),
            (0, &[], &[]),
        ];
        for (amount, left, parts) in table {
            assert_eq!(spread(amount, left).as_deref(), Ok(parts), "{amount} over {left:?}");
        }
    }

    #[test]
    fn more_than_the_whole_is_refused_with_what_is_left() {
        let left = [amounts(8000, &[1600]), amounts(-500, &[-100])];
        for amount in [9001, i64::MAX, -1, i64::MIN] {
            assert_eq!(spread(amount, &left), Err(SpreadFault::Exceeds { left: 9000 }));
        }
        assert_eq!(spread(9000, &left).as_deref(), Ok(&left[..]));
        assert_eq!(spread(1, &[]), Err(SpreadFault::Exceeds { left: 0 }));
    }

    /// A step of a series of refunds: how many thousandths of what is left, as goods or as value.
    type Step = (bool, i64);

    fn any_line() -> impl Strategy<Value = CreditedLine> {
        let rates = prop::collection::vec((0_i64..3_000, any::<bool>()), 0..4);
        let signs = (any::<bool>(), any::<bool>());
        (1_i64..20_000, 0_i64..500_000, 0_i64..=100, rates, signs).prop_map(|(units, cents, discount, rates, signs)| {
            let taxes: Vec<TaxRate> = rates
                .iter()
                .map(|&(rate, included)| TaxRate { rate: Percent::from_millionths(rate * 10_000), included })
                .collect();
            let turn = |value: i64, negative| if negative { -value } else { value };
            let invoiced = Quantity::from_millionths(turn(units * 1_000, signs.0));
            let price = Price::from_millionths(turn(cents * 1_000, signs.1));
            let discount = Percent::from_millionths(discount * 1_000_000);
            let eur = Currency::iso("EUR").unwrap();
            let billed = line_amounts(invoiced, price, discount, &taxes, eur).unwrap();
            CreditedLine { invoiced, billed, ..CreditedLine::default() }
        })
    }

    fn any_left() -> impl Strategy<Value = LineAmounts> {
        let taxes = prop::collection::vec(0_i64..2_000, 0..3);
        (0_i64..10_000, taxes, any::<bool>()).prop_map(|(untaxed, taxes, negative)| {
            let sign = if negative { -1 } else { 1 };
            amounts(untaxed * sign, &taxes.iter().map(|tax| tax * sign).collect::<Vec<_>>())
        })
    }

    fn within(part: &LineAmounts, left: &LineAmounts) -> bool {
        part.taxes.len() == left.taxes.len()
            && part.components().zip(left.components()).all(|(part, left)| is_within(part, left))
    }

    fn negated(line: &LineAmounts) -> LineAmounts {
        amounts(-line.untaxed, &line.taxes.iter().map(|tax| -tax).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn every_series_of_refunds_ends_at_zero(
            mut line in any_line(),
            steps in prop::collection::vec(any::<bool>().prop_flat_map(|goods| (Just(goods), 0_i64..=1_000)), 0..12),
        ) {
            let steps: Vec<Step> = steps;
            for (goods, thousandths) in steps {
                let left = line.left_value().unwrap();
                if goods {
                    let units = line.left_quantity().unwrap().millionths() * thousandths / 1_000;
                    let taken = Quantity::from_millionths(units);
                    let share = line.propose(taken).unwrap();
                    prop_assert!(within(&share, &left), "{:?} of {:?}", share, left);
                    line.take_goods(taken, &share);
                } else {
                    let amount = left.total().unwrap() * thousandths / 1_000;
                    let [share] = spread(amount, std::slice::from_ref(&left)).unwrap().try_into().unwrap();
                    prop_assert!(within(&share, &left));
                    line.take_value(&share);
                }
            }
            let rest = line.left_quantity().unwrap();
            line.take_goods(rest, &line.propose(rest).unwrap());
            prop_assert!(line.left_quantity().unwrap().is_zero());
            prop_assert!(line.left_value().unwrap().is_zero());
            prop_assert_eq!(&line.credited.untaxed, &line.billed.untaxed);
            prop_assert_eq!(line.credited.total(), line.billed.total());
        }

        #[test]
        fn a_line_below_zero_mirrors_one_above(line in any_line(), taken in 0_i64..30_000_000) {
            let mirror = CreditedLine { billed: negated(&line.billed), ..line.clone() };
            let taken = Quantity::from_millionths(taken * line.invoiced.millionths().signum());
            prop_assert_eq!(mirror.propose(taken).unwrap(), negated(&line.propose(taken).unwrap()));
        }

        #[test]
        fn a_spread_is_exact_and_within_what_is_left(
            left in prop::collection::vec(any_left(), 1..8),
            thousandths in 0_i64..=1_000,
        ) {
            let totals: Vec<i64> = left.iter().map(|line| line.total().unwrap()).collect();
            let whole: i64 = totals.iter().sum();
            let amount = whole * thousandths / 1_000;
            let parts = spread(amount, &left).unwrap();

            let sum: i64 = parts.iter().map(|part| part.total().unwrap()).sum();
            prop_assert_eq!(sum, amount);
            for (part, left) in parts.iter().zip(&left) {
                prop_assert!(within(part, left), "{:?} of {:?}", part, left);
            }
            if amount == whole && whole != 0 {
                prop_assert_eq!(&parts, &left);
            }
            let beyond = whole + if whole < 0 { -1 } else { 1 };
            prop_assert_eq!(spread(beyond, &left), Err(SpreadFault::Exceeds { left: whole }));

            let turned: Vec<LineAmounts> = left.iter().map(negated).collect();
            let mirror: Vec<LineAmounts> = parts.iter().map(negated).collect();
            prop_assert_eq!(spread(-amount, &turned), Ok(mirror));
        }

        #[test]
        fn nothing_panics(numbers in any::<[i64; 9]>()) {
            let [invoiced, goods, taken, billed, tax, credited, credited_tax, reduced, amount] = numbers;
            let line = CreditedLine {
                invoiced: Quantity::from_millionths(invoiced),
                goods: Quantity::from_millionths(goods),
                billed: amounts(billed, &[tax]),
                credited: amounts(credited, &[credited_tax]),
                reduced: amounts(reduced, &[]),
                taken: vec![Quantity::from_millionths(goods)],
            };
            let _ = line.left_quantity();
            let _ = line.left_value();
            let _ = line.propose(Quantity::from_millionths(taken));
            let _ = spread(amount, &[line.billed, line.credited, line.reduced]);
        }
    }
}
