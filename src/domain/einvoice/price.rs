//! The net price of a line, so that quantity and price come to exactly the amount that is stored.

use crate::domain::value::money::round_div;
use crate::domain::value::number::show_scaled;
use crate::domain::value::quantity::{Percent, Quantity};

/// The most digits a price gets before it is told for more units than one.
const MOST_DIGITS: u32 = 8;

/// All of an amount, in the millionths of a percent that rates and discounts are in.
const WHOLE: i128 = Percent::HUNDRED.millionths() as i128;

/// What a line says besides its amount, so that `quantity x amount / base - allowance` is that amount to the cent, and not only
/// within the two cents that Peppol allows (PEPPOL-EN16931-R120).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The quantity; below zero where the line takes off, since a price may not be (BR-27).
    pub quantity: Quantity,
    /// The price without tax, and the digits behind its point.
    pub amount: i64,
    pub digits: u32,
    /// How many units have that price, where it is not one.
    pub base: Option<Quantity>,
    /// What the line's discount takes off.
    pub discount: Option<Discount>,
}

/// A percentage of the amount before it, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discount {
    pub percent: Percent,
    pub of: i64,
    pub amount: i64,
}

/// The terms of a line as they are stored, and the tax that its price holds.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub quantity: Quantity,
    /// In millionths.
    pub price: i64,
    pub discount: Percent,
    /// The rate that the price holds.
    pub included: Option<Percent>,
    /// What the line comes to without tax, in cents.
    pub untaxed: i64,
}

impl Price {
    /// The price as a decimal, with two digits at least.
    pub fn shown(&self) -> String {
        show_scaled(self.amount, self.digits, 2)
    }

    /// The price of a line: the stored one without its tax, in as few digits as come to the amount, with the line's discount;
    /// where no such price does (a part of a line was taken back, a bill was imported as it was), the amount by the quantity.
    /// None only for an amount of no quantity.
    pub fn of(terms: Terms) -> Option<Price> {
        // A price below zero is told as a quantity below zero.
        let Terms { quantity, price, .. } = terms;
        let (quantity, price) =
            if price < 0 { (quantity.checked_neg().ok()?, price.checked_neg()?) } else { (quantity, price) };
        let terms = Terms { quantity, price, ..terms };
        stored(terms).or_else(|| by_quantity(terms))
    }
}

/// The stored price, without the tax that it holds.
fn stored(terms: Terms) -> Option<Price> {
    let Terms { quantity, price, discount, included, untaxed } = terms;
    let scale = WHOLE.checked_add(included.map_or(0, Percent::millionths).into())?;
    // Six digits are what is stored; a price that is rounded has two at first, and more where they are needed.
    let digits = if included.is_some() { 2..=MOST_DIGITS } else { 6..=6 };
    digits.into_iter().find_map(|digits| {
        let numerator = i128::from(price).checked_mul(WHOLE)?.checked_mul(10_i128.checked_pow(digits)?)?;
        let amount = round_div(numerator, scale.checked_mul(1_000_000)?).ok()?;
        let of = cents(quantity, amount, digits)?;
        let discount = match of.checked_sub(untaxed)? {
            0 => None,
            off if is_discount(discount, of, off) => Some(Discount { percent: discount, of, amount: off }),
            _ => return None,
        };
        Some(Price { quantity, amount, digits, base: None, discount })
    })
}

/// Whether `off` is that percentage of `of`, to the cent. An allowance of less than nothing is none.
fn is_discount(percent: Percent, of: i64, off: i64) -> bool {
    let share = i128::from(of).checked_mul(percent.millionths().into());
    let share = share.and_then(|share| round_div(share, WHOLE).ok());
    off > 0 && !percent.is_zero() && share.is_some_and(|share| share.abs_diff(off) <= 1)
}

/// The amount by the quantity: in as few digits as come to it again, else for that many units.
fn by_quantity(terms: Terms) -> Option<Price> {
    let Terms { quantity, untaxed, .. } = terms;
    let (positive, negative) = match quantity.is_negative() {
        true => (quantity.checked_neg().ok()?, quantity),
        false => (quantity, quantity.checked_neg().ok()?),
    };
    if quantity.is_zero() {
        return None;
    }
    let whole = untaxed.checked_abs()?;
    // What nothing is paid for keeps the sign it has.
    let quantity = match untaxed {
        0 => quantity,
        untaxed if untaxed > 0 => positive,
        _ => negative,
    };
    let one = (2..=MOST_DIGITS).find_map(|digits| {
        let numerator =
            i128::from(whole).checked_mul(1_000_000)?.checked_mul(10_i128.checked_pow(digits.checked_sub(2)?)?)?;
        let amount = round_div(numerator, positive.millionths().into()).ok()?;
        (cents(positive, amount, digits) == Some(whole)).then_some(Price {
            quantity,
            amount,
            digits,
            base: None,
            discount: None,
        })
    });
    Some(one.unwrap_or(Price { quantity, amount: whole, digits: 2, base: Some(positive), discount: None }))
}

/// Quantity x price, rounded to cents.
fn cents(quantity: Quantity, amount: i64, digits: u32) -> Option<i64> {
    let product = i128::from(quantity.millionths()).checked_mul(amount.into())?;
    // Six digits of the quantity and those of the price, less the two that stay.
    round_div(product, 10_i128.checked_pow(digits.checked_add(4)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(quantity: &str, price: &str, discount: &str, included: Option<&str>, untaxed: i64) -> Terms {
        Terms {
            quantity: quantity.parse().unwrap(),
            price: price.parse::<crate::domain::value::quantity::Price>().unwrap().millionths(),
            discount: discount.parse().unwrap(),
            included: included.map(|rate| rate.parse().unwrap()),
            untaxed,
        }
    }

    fn told(price: &Price) -> String {
        let Price { quantity, amount, digits, base, discount } = price;
        let mut told = format!("{quantity} x {amount}e-{digits}");
        if let Some(base) = base {
            told.push_str(&format!(" per {base}"));
        }
        if let Some(Discount { percent, of, amount }) = discount {
            told.push_str(&format!(" - {amount} ({percent} % of {of})"));
        }
        told
    }

    #[test]
    fn the_price_comes_to_the_amount() {
        for (quantity, price, discount, included, untaxed, expected) in [
            ("3", "40.00", "0", None, 12000, "3 x 40000000e-6"),
            ("3", "40.00", "10", None, 10800, "3 x 40000000e-6 - 1200 (10 % of 12000)"),
            ("1", "9.99", "17.5", None, 824, "1 x 9990000e-6 - 175 (17.5 % of 999)"),
            ("3", "40.00", "100", None, 0, "3 x 40000000e-6 - 12000 (100 % of 12000)"),
            ("1", "120.00", "0", Some("20"), 10000, "1 x 10000e-2"),
            ("3", "9.99", "0", Some("19"), 2518, "3 x 839496e-5"), // 8.39 x 3 is 25.17, and 8.395 x 3 is 25.19
            ("7", "0.99", "25", Some("7"), 486, "7 x 925e-3 - 162 (25 % of 648)"),
            ("-2", "40.00", "0", None, -8000, "-2 x 40000000e-6"),
            ("1", "-5.00", "0", None, -500, "-1 x 5000000e-6"),
            ("-2", "-5.00", "0", None, 1000, "2 x 5000000e-6"),
            // A part of a line, as a credit note takes it back.
            ("1", "40.00", "0", None, 3333, "1 x 3333e-2"),
            ("3", "40.00", "0", None, 10000, "3 x 33333e-3"), // 33.33 x 3 is 99.99
            ("2", "40.00", "10", None, 1, "2 x 5e-3"),
            // A price so small that no digits are enough.
            ("9000000000", "0.01", "0", None, 7, "9000000000 x 7e-2 per 9000000000"),
            ("0", "40.00", "0", None, 0, "0 x 40000000e-6"),
        ] {
            let price = Price::of(terms(quantity, price, discount, included, untaxed));
            assert_eq!(price.as_ref().map(told).as_deref(), Some(expected), "{quantity} {untaxed}");
        }
        // Nothing of a product costs nothing.
        assert_eq!(Price::of(terms("0", "40.00", "0", None, 1)), None);
    }

    proptest! {
        #[test]
        fn every_price_comes_to_its_amount(
            quantity in -50_000_000_i64..50_000_000,
            price in -500_000_000_i64..500_000_000,
            discount in 0_i64..=100,
            rate in prop::option::of(0_i64..30),
            off in -3_i64..=3,
        ) {
            let quantity = Quantity::from_millionths(quantity);
            let percent = |whole: i64| Percent::from_millionths(whole * 1_000_000);
            let paid = i128::from(100 - discount);
            let gross = i128::from(quantity.millionths()) * i128::from(price) * paid;
            let with = 100 + i128::from(rate.unwrap_or(0));
            let untaxed = i64::try_from(gross / 1_000_000 / 10_000 / with).unwrap() + off;
            let terms = Terms { quantity, price, discount: percent(discount), included: rate.map(percent), untaxed };
            let Some(price) = Price::of(terms) else {
                prop_assert!(quantity.is_zero());
                return Ok(());
            };
            prop_assert!(price.amount >= 0);
            let gross = match price.base {
                None => cents(price.quantity, price.amount, price.digits).unwrap(),
                Some(base) => {
                    prop_assert!(!base.is_negative() && !base.is_zero());
                    price.amount * price.quantity.millionths() / base.millionths()
                }
            };
            let discount = price.discount.map_or(0, |discount| discount.amount);
            prop_assert!(discount >= 0);
            prop_assert_eq!(gross - discount, untaxed);
        }
    }
}
