//! Amounts of money in whole minor units of a currency, and how an amount is divided without losing any.

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::number::{NumberFault, Overflow, check_decimal, parse_scaled, show_scaled};
use super::text::text_value;

/// A currency: its code of three letters and the digits of its minor unit, 0 to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    digits: u32,
}

impl Currency {
    /// The most digits a minor unit may have: those of a unit price, which is in millionths.
    pub const MAX_DIGITS: u32 = 6;

    /// The currency with this code of three ASCII capitals and these digits; `None` for any other code or more than 6.
    pub fn new(code: &str, digits: u32) -> Option<Currency> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        let capitals = code.iter().all(u8::is_ascii_uppercase);
        (capitals && digits <= Self::MAX_DIGITS).then_some(Currency { code, digits })
    }

    /// The active currency of ISO 4217 with this code, as written there; `None` for any other.
    pub fn iso(code: &str) -> Option<Currency> {
        // Codes without a minor unit (gold, drawing rights, testing) are left out: nothing is sold in them. The standard lists
        // the bolivar's old code beside its new one, which the crate takes for its successor.
        let is_active = |known: &iso_currency::Currency| known.is_superseded().is_none() || code == "VES";
        let known = iso_currency::Currency::from_code(code).filter(is_active)?;
        Currency::new(code, known.exponent()?.into())
    }

    /// The code of three capitals, such as `EUR`.
    pub fn code(&self) -> &str {
        // `new` lets only ASCII in, so that there is always a text.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// The digits of the minor unit: 2 for cents.
    pub const fn digits(self) -> u32 {
        self.digits
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Why two amounts have no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyFault {
    /// The sum is beyond what 64 bits hold.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// The amounts are in two currencies; nothing is converted (spec G4).
    #[error("an amount in {0} and one in {1} cannot be added up")]
    CurrencyMismatch(Currency, Currency),
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in minor units of the currency: 1250 for 12.50 EUR.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// That many minor units of the currency.
    pub const fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// No money, in that currency.
    pub const fn zero(currency: Currency) -> Money {
        Money::new(0, currency)
    }

    /// Whether the amount is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum, of one currency only (spec G4).
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyFault> {
        self.combine(other, i64::checked_add)
    }

    /// The difference, of one currency only (spec G4).
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyFault> {
        self.combine(other, i64::checked_sub)
    }

    /// The same amount with the other sign.
    pub fn checked_neg(self) -> Result<Money, Overflow> {
        let minor = self.minor.checked_neg().ok_or(Overflow)?;
        Ok(Money::new(minor, self.currency))
    }

    /// Which amount is larger; `None` for two currencies, which have no order (spec G4).
    pub fn compare(self, other: Money) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }

    /// The amount alone, with the digits of its currency: `12.50`.
    pub fn plain(self) -> String {
        let digits = self.currency.digits();
        show_scaled(self.minor, digits, digits)
    }

    fn combine(self, other: Money, operation: fn(i64, i64) -> Option<i64>) -> Result<Money, MoneyFault> {
        if self.currency != other.currency {
            return Err(MoneyFault::CurrencyMismatch(self.currency, other.currency));
        }
        let minor = operation(self.minor, other.minor).ok_or(Overflow)?;
        Ok(Money::new(minor, self.currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.plain(), self.currency)
    }
}

/// The decimal text with the currency's digits; the currency stands in a key of its own (contract, section 2).
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.plain())
    }
}

/// An amount as somebody typed it: a decimal number whose currency, and with it its digits, is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Amount(String);

impl Amount {
    /// The text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The amount in that currency; more digits than it has are a fault, never rounded.
    pub fn in_currency(&self, currency: Currency) -> Result<Money, NumberFault> {
        let minor = parse_scaled(&self.0, currency.digits())?;
        Ok(Money::new(minor, currency))
    }
}

impl FromStr for Amount {
    type Err = NumberFault;

    fn from_str(text: &str) -> Result<Self, NumberFault> {
        check_decimal(text)?;
        Ok(Amount(text.to_owned()))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Amount, "an amount such as \"12.50\"");

/// The quotient, rounded half away from zero (spec B11); a division by zero has none.
pub fn round_div(numerator: i128, denominator: i128) -> Result<i64, Overflow> {
    let quotient = numerator.checked_div(denominator).ok_or(Overflow)?;
    let remainder = numerator.checked_rem(denominator).ok_or(Overflow)?;
    // Half or more: asked by what is missing to a whole, since twice the remainder could overflow.
    let over = remainder.unsigned_abs();
    let missing = denominator.unsigned_abs().saturating_sub(over);
    let step = if over >= missing { numerator.signum().saturating_mul(denominator.signum()) } else { 0 };
    let rounded = quotient.checked_add(step).ok_or(Overflow)?;
    i64::try_from(rounded).map_err(|_| Overflow)
}

/// Divides a total in proportion to the weights by largest remainder, so that the parts sum to it exactly.
///
/// Equal remainders go to the earlier part, and the parts of `-total` are the negated parts of `total`. Weights may
/// differ in sign (a discount line among products). As long as the total is no more than the sum of the weights and of its
/// sign, no part is more than its weight. `None` where there is no proportion: weights that sum to zero under a total
/// that is not zero, or a part beyond 64 bits.
pub fn split(total: i64, weights: &[i64]) -> Option<Vec<i64>> {
    if total == 0 {
        return Some(vec![0; weights.len()]);
    }
    let whole = weights.iter().try_fold(0_i128, |sum, &weight| sum.checked_add(weight.into()))?;
    if whole == 0 {
        return None;
    }

    // Worked out with a positive total over a positive whole, and turned back at the end: this makes it symmetric.
    let magnitude = i128::from(total.unsigned_abs());
    let mut shares =
        weights.iter().map(|&weight| Share::floor(magnitude, weight, whole)).collect::<Option<Vec<_>>>()?;

    let given = shares.iter().try_fold(0_i128, |sum, share| sum.checked_add(share.part))?;
    let missing = usize::try_from(magnitude.checked_sub(given)?).ok()?;
    let mut by_remainder: Vec<&mut Share> = shares.iter_mut().collect();
    by_remainder.sort_by_key(|share| Reverse(share.remainder)); // stable: the earlier stays first
    for share in by_remainder.into_iter().take(missing) {
        share.part = share.part.checked_add(1)?;
    }

    let sign = i128::from(total.signum());
    shares.iter().map(|share| i64::try_from(share.part.checked_mul(sign)?).ok()).collect()
}

/// A part of a split: whole units, and what was cut off to get there.
struct Share {
    part: i128,
    remainder: i128,
}

impl Share {
    fn floor(total: i128, weight: i64, whole: i128) -> Option<Share> {
        let turned = i128::from(weight).checked_mul(whole.signum())?;
        let divided = total.checked_mul(turned)?;
        let divisor = whole.checked_abs()?;
        Some(Share { part: divided.checked_div_euclid(divisor)?, remainder: divided.checked_rem_euclid(divisor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::iso("EUR").unwrap())
    }

    #[test]
    fn iso_currencies_have_their_digits() {
        let table = [
            ("EUR", Some(2)),
            ("USD", Some(2)),
            ("JPY", Some(0)),
            ("KWD", Some(3)),
            ("CLF", Some(4)),
            ("HUF", Some(2)),
            ("ISK", Some(0)),
            ("XAF", Some(0)),
            ("UYW", Some(4)),
            ("VES", Some(2)),
            ("VED", Some(2)),
            ("BGN", None),
            ("HRK", None),
            ("XAU", None),
            ("XXX", None),
            ("eur", None),
            ("EU", None),
            ("", None),
            ("EUR USD", None),
        ];
        for (code, digits) in table {
            assert_eq!(Currency::iso(code).map(Currency::digits), digits, "{code}");
        }
        let capitals = || (b'A'..=b'Z').map(char::from);
        let codes =
            capitals().flat_map(|a| capitals().flat_map(move |b| capitals().map(move |c| format!("{a}{b}{c}"))));
        // Those of list one of January 2026: with another number the list has changed, which is to be looked at.
        assert_eq!(codes.filter(|code| Currency::iso(code).is_some()).count(), 165);
    }

    #[test]
    fn a_currency_is_three_capitals_and_at_most_six_digits() {
        for (code, digits, good) in [
            ("EUR", 2, true),
            ("ABC", 6, true),
            ("ABC", 7, false),
            ("abc", 2, false),
            ("AB", 2, false),
            ("ABCD", 2, false),
            ("A1C", 2, false),
            ("É€", 2, false),
            ("ÉA", 2, false),
        ] {
            assert_eq!(Currency::new(code, digits).is_some(), good, "{code}");
        }
        let currency = Currency::new("BTC", 6).unwrap();
        assert_eq!((currency.code(), currency.to_string().as_str()), ("BTC", "BTC"));
        assert_eq!(serde_json::to_string(&currency).unwrap(), r#""BTC""#);
    }

    #[test]
    fn money_is_shown_with_the_digits_of_its_currency() {
        let table = [
            ("EUR", 1250, "12.50", "12.50 EUR"),
            ("EUR", -5, "-0.05", "-0.05 EUR"),
            ("EUR", 0, "0.00", "0.00 EUR"),
            ("JPY", 1250, "1250", "1250 JPY"),
            ("KWD", 1250, "1.250", "1.250 KWD"),
        ];
        for (code, minor, plain, shown) in table {
            let money = Money::new(minor, Currency::iso(code).unwrap());
            assert_eq!(money.plain(), plain);
            assert_eq!(money.to_string(), shown);
            assert_eq!(serde_json::to_string(&money).unwrap(), format!("\"{plain}\""));
        }
    }

    #[test]
    fn money_adds_up_in_one_currency() {
        let usd = Money::zero(Currency::iso("USD").unwrap());
        assert_eq!(eur(1).checked_add(eur(2)), Ok(eur(3)));
        assert_eq!(eur(1).checked_sub(eur(2)), Ok(eur(-1)));
        assert_eq!(eur(1).checked_neg(), Ok(eur(-1)));
        assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(Overflow.into()));
        assert_eq!(eur(i64::MIN).checked_sub(eur(1)), Err(Overflow.into()));
        assert_eq!(eur(i64::MIN).checked_neg(), Err(Overflow));
        assert_eq!(
            eur(1).checked_add(usd).unwrap_err().to_string(),
            "an amount in EUR and one in USD cannot be added up"
        );
        assert_eq!(eur(1).compare(eur(2)), Some(Ordering::Less));
        assert_eq!(eur(1).compare(usd), None);
        assert!(eur(0).is_zero() && eur(-1).is_negative() && !eur(1).is_zero());
    }

    #[test]
    fn an_amount_waits_for_its_currency() {
        let amount: Amount = "12.50".parse().unwrap();
        assert_eq!(amount.in_currency(eur(0).currency), Ok(eur(1250)));
        assert_eq!((amount.as_str(), amount.to_string().as_str()), ("12.50", "12.50"));
        let yen = Currency::iso("JPY").unwrap();
        let fault = NumberFault::TooManyDigits { given: "12.50".to_owned(), allowed: 0 };
        assert_eq!(amount.in_currency(yen), Err(fault));

        assert_eq!(serde_json::to_string(&amount).unwrap(), r#""12.50""#);
        assert_eq!(serde_json::from_str::<Amount>(r#""12.50""#).unwrap(), amount);
        assert!(serde_json::from_str::<Amount>(r#""1e3""#).is_err());
        assert!("".parse::<Amount>().is_err());
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let table = [
            (0, 7, 0),
            (5, 10, 1),
            (-5, 10, -1),
            (5, -10, -1),
            (-5, -10, 1),
            (4, 10, 0),
            (-4, 10, 0),
            (15, 10, 2),
            (-15, 10, -2),
            (14, 10, 1),
            (1, 3, 0),
            (2, 3, 1),
            (-2, 3, -1),
            (i128::from(i64::MAX), 1, i64::MAX),
            (i128::MAX, i128::MAX, 1),
            (i128::MIN, i128::MIN, 1),
            (1, i128::MIN, 0),
        ];
        for (numerator, denominator, rounded) in table {
            assert_eq!(round_div(numerator, denominator), Ok(rounded), "{numerator}/{denominator}");
        }
        for (numerator, denominator) in [(1, 0), (0, 0), (i128::MIN, -1), (i128::MAX, 1), (1 << 63, 1)] {
            assert_eq!(round_div(numerator, denominator), Err(Overflow));
        }
    }

    #[test]
    fn a_split_gives_the_largest_remainders_first() {
        let table: [(i64, &[i64], &[i64]); 14] = [
            (100, &[1, 1, 1], &[34, 33, 33]),
            (101, &[1, 1, 1], &[34, 34, 33]),
            (-100, &[1, 1, 1], &[-34, -33, -33]),
            (10, &[1, 2], &[3, 7]),
            (10, &[2, 1], &[7, 3]),
            (5, &[1, 1], &[3, 2]),
            (1, &[0, 1], &[0, 1]),
            (7, &[7], &[7]),
            (100, &[-1, -1, -1], &[34, 33, 33]),
            (45, &[100, -10], &[50, -5]),
            (1, &[100, -10], &[1, 0]),
            (0, &[0, 0], &[0, 0]),
            (0, &[], &[]),
            (i64::MIN, &[i64::MAX, i64::MAX], &[i64::MIN / 2, i64::MIN / 2]),
        ];
        for (total, weights, parts) in table {
            assert_eq!(split(total, weights).as_deref(), Some(parts), "{total} over {weights:?}");
        }
    }

    #[test]
    fn a_split_without_a_proportion_is_none() {
        let table: [(i64, &[i64]); 5] =
            [(1, &[]), (1, &[0, 0]), (1, &[5, -5]), (i64::MAX, &[i64::MAX, -i64::MAX + 1]), (i64::MIN, &[-1, 2])];
        for (total, weights) in table {
            assert_eq!(split(total, weights), None, "{total} over {weights:?}");
        }
    }

    proptest! {
        #[test]
        fn rounding_is_within_half_and_symmetric(n in -1_000_000_i128..1_000_000, d in 1_i128..1_000) {
            let rounded = round_div(n, d).unwrap();
            let error = n - i128::from(rounded) * d;
            prop_assert!(2 * error.abs() <= d);
            if 2 * error.abs() == d {
                prop_assert!((i128::from(rounded) * d).abs() > n.abs());
            }
            prop_assert_eq!(round_div(-n, d), Ok(-rounded));
            prop_assert_eq!(round_div(n, -d), Ok(-rounded));
        }

        #[test]
        fn no_division_or_split_panics(
            n in any::<i128>(),
            d in any::<i128>(),
            total in any::<i64>(),
            weights in prop::collection::vec(any::<i64>(), 0..5),
        ) {
            let _ = round_div(n, d);
            if let Some(parts) = split(total, &weights) {
                let sum: i128 = parts.iter().map(|&part| i128::from(part)).sum();
                prop_assert_eq!(sum, i128::from(total));
            }
        }

        #[test]
        fn parts_are_near_their_share_and_symmetric(
            total in -100_000_i64..100_000,
            weights in prop::collection::vec(0_i64..1_000, 1..8),
        ) {
            let whole: i64 = weights.iter().sum();
            prop_assume!(whole > 0);
            let parts = split(total, &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((part * whole - total * weight).abs() < whole);
            }
            let mirrored: Vec<i64> = split(-total, &weights).unwrap().iter().map(|part| -part).collect();
            prop_assert_eq!(&parts, &mirrored);
            let equal_weights: Vec<i64> = weights.iter().map(|_| 1).collect();
            prop_assert!(split(total.abs(), &equal_weights).unwrap().is_sorted_by(|earlier, later| earlier >= later));
        }

        #[test]
        fn no_part_is_more_than_its_weight(
            weights in prop::collection::vec(-1_000_i64..1_000, 1..8),
            portion in 0_i64..=1_000,
        ) {
            let whole: i64 = weights.iter().sum();
            let total = whole * portion / 1_000;
            let parts = split(total, &weights).unwrap();
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(part.abs() <= weight.abs() && part * weight >= 0);
            }
            if total == whole && whole != 0 {
                prop_assert_eq!(parts, weights);
            }
        }
    }
}
