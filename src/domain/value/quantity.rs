//! Quantities, unit prices and percentages, each exact in millionths.

use std::fmt;
use std::str::FromStr;

use super::money::{Currency, Money};
use super::number::{NumberFault, Overflow, parse_scaled, show_scaled};
use super::text::text_value;

/// The digits after the point that millionths hold.
const DIGITS: u32 = 6;

/// The millionths in one.
const UNIT: i64 = 1_000_000;

/// A number in millionths: what the three types of this file have in common.
macro_rules! millionths {
    ($(#[$doc:meta])* $name:ident, $expecting:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(i64);

        impl $name {
            /// None of it.
            pub const ZERO: $name = $name(0);

            /// The value of that many millionths.
            pub const fn from_millionths(millionths: i64) -> Self {
                $name(millionths)
            }

            /// The value in millionths.
            pub const fn millionths(self) -> i64 {
                self.0
            }

            /// Whether the value is zero.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Whether the value is below zero.
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// The sum.
            pub fn checked_add(self, other: Self) -> Result<Self, Overflow> {
                self.0.checked_add(other.0).map($name).ok_or(Overflow)
            }

            /// The difference.
            pub fn checked_sub(self, other: Self) -> Result<Self, Overflow> {
                self.0.checked_sub(other.0).map($name).ok_or(Overflow)
            }

            /// The same value with the other sign.
            pub fn checked_neg(self) -> Result<Self, Overflow> {
                self.0.checked_neg().map($name).ok_or(Overflow)
            }
        }

        impl FromStr for $name {
            type Err = NumberFault;

            fn from_str(text: &str) -> Result<Self, NumberFault> {
                parse_scaled(text, DIGITS).map($name)
            }
        }

        /// The decimal text without trailing zeros.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.pad(&show_scaled(self.0, DIGITS, 0))
            }
        }

        text_value!($name, $expecting);
    };
}

millionths! {
    /// How much of a product, in millionths of its unit: `2`, `0.5`, `-1.25`.
    Quantity, "a quantity such as \"2\""
}

millionths! {
    /// The price of one unit, in millionths of a currency unit; below zero on a discount line.
    Price, "a price such as \"40.00\""
}

millionths! {
    /// A percentage, in millionths of a percent: `20`, `17.5`.
    Percent, "a percentage such as \"20\""
}

impl Quantity {
    /// One unit.
    pub const ONE: Quantity = Quantity(UNIT);

    /// Whether there is no part of a unit in it, as a serial number demands.
    pub const fn is_whole(self) -> bool {
        self.0 % UNIT == 0
    }

    /// The number of units, where there is no part of one in it.
    pub const fn whole(self) -> Option<i64> {
        if self.is_whole() { Some(self.0 / UNIT) } else { None }
    }
}

impl Price {
    /// An amount as the price of one unit.
    pub fn of(money: Money) -> Result<Price, Overflow> {
        let missing = DIGITS.checked_sub(money.currency.digits()).ok_or(Overflow)?;
        let scale = 10_i64.checked_pow(missing).ok_or(Overflow)?;
        money.minor.checked_mul(scale).map(Price).ok_or(Overflow)
    }

    /// The decimal text with at least the currency's digits and at most six: `40.00`, `0.425`.
    pub fn show(self, currency: Currency) -> String {
        show_scaled(self.0, DIGITS, currency.digits())
    }
}

impl Percent {
    /// All of it: 100 percent.
    pub const HUNDRED: Percent = Percent(100 * UNIT);

    /// Whether it may stand as a discount: 0 to 100 (contract, section 2).
    pub fn is_discount(self) -> bool {
        (Percent::ZERO..=Percent::HUNDRED).contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_read_and_shown_trimmed() {
        let table = [
            ("2", 2_000_000, "2"),
            ("2.000", 2_000_000, "2"),
            ("0.5", 500_000, "0.5"),
            ("-1.25", -1_250_000, "-1.25"),
            ("0.000001", 1, "0.000001"),
            ("-0.0", 0, "0"),
            ("100", 100_000_000, "100"),
        ];
        for (text, millionths, shown) in table {
            let quantity: Quantity = text.parse().unwrap();
            let price: Price = text.parse().unwrap();
            let percent: Percent = text.parse().unwrap();
            assert_eq!(quantity, Quantity::from_millionths(millionths));
            assert_eq!(price.millionths(), millionths);
            assert_eq!(percent.millionths(), millionths);
            assert_eq!(quantity.to_string(), shown);
            assert_eq!(price.to_string(), shown);
            assert_eq!(percent.to_string(), shown);
            let json = serde_json::to_string(&quantity).unwrap();
            assert_eq!(json, format!("\"{shown}\""));
            assert_eq!(serde_json::from_str::<Quantity>(&json).unwrap(), quantity);
        }
    }

    #[test]
    fn seven_digits_and_other_texts_are_refused() {
        for text in ["0.0000001", "", "1.", "+1", "10000000000000"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
            let json = format!("\"{text}\"");
            assert!(serde_json::from_str::<Price>(&json).is_err(), "{text}");
        }
        let other = serde_json::from_str::<Percent>("true").unwrap_err();
        assert!(other.to_string().contains("expected a percentage such as"), "{other}");
    }

    #[test]
    fn sums_beyond_64_bits_are_an_error() {
        let most = Quantity::from_millionths(i64::MAX);
        let least = Quantity::from_millionths(i64::MIN);
        assert_eq!(Quantity::ONE.checked_add(Quantity::ONE), Ok("2".parse().unwrap()));
        assert_eq!(Quantity::ZERO.checked_sub(Quantity::ONE), Quantity::ONE.checked_neg());
        assert_eq!(most.checked_add(Quantity::ONE), Err(Overflow));
        assert_eq!(least.checked_sub(Quantity::ONE), Err(Overflow));
        assert_eq!(least.checked_neg(), Err(Overflow));
        assert!(Quantity::default().is_zero() && least.is_negative());
    }

    #[test]
    fn only_full_units_are_whole() {
        for (text, whole) in [("0", true), ("3", true), ("-3", true), ("0.5", false), ("-2.000001", false)] {
            let quantity: Quantity = text.parse().unwrap();
            assert_eq!(quantity.is_whole(), whole, "{text}");
            assert_eq!(quantity.whole(), whole.then(|| text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_price_is_shown_with_its_currency_in_mind() {
        let table = [
            ("40", "EUR", "40.00"),
            ("0.425", "EUR", "0.425"),
            ("-12.5", "EUR", "-12.50"),
            ("0.000001", "EUR", "0.000001"),
            ("40", "JPY", "40"),
            ("0.5", "JPY", "0.5"),
            ("1", "KWD", "1.000"),
        ];
        for (text, code, shown) in table {
            let price: Price = text.parse().unwrap();
            assert_eq!(price.show(Currency::iso(code).unwrap()), shown);
        }
    }

    #[test]
    fn an_amount_can_be_a_price() {
        let eur = Currency::iso("EUR").unwrap();
        assert_eq!(Price::of(Money::new(-1250, eur)), Ok("-12.5".parse().unwrap()));
        let fine = Currency::new("XYZ", 6).unwrap();
        assert_eq!(Price::of(Money::new(7, fine)), Ok(Price::from_millionths(7)));
        assert_eq!(Price::of(Money::new(i64::MAX, eur)), Err(Overflow));
    }

    #[test]
    fn a_discount_is_0_to_100() {
        let table = [("0", true), ("100", true), ("17.5", true), ("-0.000001", false), ("100.000001", false)];
        for (text, good) in table {
            assert_eq!(text.parse::<Percent>().unwrap().is_discount(), good, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(millionths in -i64::MAX..=i64::MAX) {
            let quantity = Quantity::from_millionths(millionths);
            prop_assert_eq!(quantity.to_string().parse(), Ok(quantity));
            let price = Price::from_millionths(millionths);
            prop_assert_eq!(price.show(Currency::iso("EUR").unwrap()).parse(), Ok(price));
        }
    }
}
