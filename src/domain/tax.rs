//! The amounts of a line: what its quantity, price, discount and taxes come to (spec B11).

pub mod named;

use super::Refusal;
use super::common::ValueRefused;
use super::ledger::Account;
use super::party::OneLine;
use crate::domain::value::money::{Currency, round_div, split};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::shell_word;
use crate::domain::value::text::choices;

/// All of an amount, in the millionths of a percent that rates and discounts are in.
const WHOLE: i128 = Percent::HUNDRED.millionths() as i128;

/// A tax as shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tax {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub rate: Percent,
    /// Whether prices hold it already.
    pub included: bool,
    /// Its account of the books, where it is not the one that its id gives it.
    pub account: Option<Account>,
    /// What it is to the authorities: its own category, or what its rate alone makes it.
    pub category: TaxCategory,
    /// Its category where its rate alone does not say it.
    #[serde(skip)]
    pub own_category: Option<TaxCategory>,
    /// Why nothing is raised, where the category is one that says so.
    pub exemption: Option<OneLine>,
}

choices! {
    /// What a tax is to the authorities, by the codes of UNCL 5305 (contract, section 7).
    pub enum TaxCategory: "category" {
        /// Raised at its rate.
        Standard = "S",
        /// Raised at a rate of zero.
        ZeroRated = "Z",
        /// Exempt.
        Exempt = "E",
        /// Owed by the buyer: reverse charge.
        ReverseCharge = "AE",
        /// A supply within the European Union.
        IntraCommunity = "K",
        /// An export.
        Export = "G",
        /// Outside the scope of the tax.
        OutOfScope = "O",
    }
}

impl TaxCategory {
    /// What a rate alone makes a tax.
    pub fn of_rate(rate: Percent) -> TaxCategory {
        if rate.is_zero() { TaxCategory::ZeroRated } else { TaxCategory::Standard }
    }

    /// Whether a tax of that rate can be of it: the standard one is above zero, and all others are zero.
    pub fn fits(self, rate: Percent) -> bool {
        (self == TaxCategory::Standard) != rate.is_zero()
    }

    /// Whether it is one for which a reason is given.
    pub fn has_exemption(self) -> bool {
        !matches!(self, TaxCategory::Standard | TaxCategory::ZeroRated)
    }
}

/// What a document tells of a tax on its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxOnLine {
    pub category: TaxCategory,
    pub exemption: Option<OneLine>,
}

impl TaxOnLine {
    /// The same for a line that bears the tax at that rate: a line keeps its rate while the tax goes on to another, and where the
    /// two do not fit the rate of the line says what it is.
    pub fn at(&self, rate: Percent) -> TaxOnLine {
        if self.category.fits(rate) {
            return self.clone();
        }
        TaxOnLine { category: TaxCategory::of_rate(rate), exemption: None }
    }
}

/// What was said of a tax until the operation `until` changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxBefore {
    pub key: i64,
    pub until: i64,
    pub category: TaxCategory,
    pub exemption: Option<OneLine>,
}

/// Why a tax cannot be of a category, or have a reason for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CategoryRefused {
    #[error("the category {category} is of taxes {}, and the rate of {tax} is {rate} %", of_rates(*.category))]
    OtherRate { tax: String, category: TaxCategory, rate: Percent, by_rate: bool },
    #[error("a reason for an exemption is of the categories {}, and {tax} is {category}", .allowed.join(", "))]
    NoExemption { tax: String, category: TaxCategory, exemption: String, allowed: Vec<String> },
}

fn of_rates(category: TaxCategory) -> &'static str {
    if category == TaxCategory::Standard { "above 0 %" } else { "of 0 %" }
}

impl Refusal for CategoryRefused {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            CategoryRefused::OtherRate { by_rate: true, .. } => Some("rate"),
            CategoryRefused::OtherRate { .. } => Some("category"),
            CategoryRefused::NoExemption { .. } => Some("exemption"),
        }
    }
    fn given(&self) -> Option<String> {
        Some(match self {
            CategoryRefused::OtherRate { by_rate: true, rate, .. } => rate.to_string(),
            CategoryRefused::OtherRate { category, .. } => category.to_string(),
            CategoryRefused::NoExemption { exemption, .. } => exemption.clone(),
        })
    }
    fn allowed(&self) -> Option<super::Allowed> {
        match self {
            CategoryRefused::OtherRate { by_rate: true, .. } => None,
            CategoryRefused::OtherRate { rate, .. } => {
                let fitting = TaxCategory::ALL.iter().filter(|category| category.fits(*rate));
                Some(super::Allowed::Several(fitting.map(TaxCategory::to_string).collect()))
            }
            CategoryRefused::NoExemption { allowed, .. } => Some(super::Allowed::Several(allowed.clone())),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            CategoryRefused::OtherRate { tax, by_rate: true, rate, .. } => {
                Some(format!("aftersales tax edit {} --rate {rate} --category '' --exemption ''", shell_word(tax)))
            }
            _ => None,
        }
    }
}

impl Tax {
    /// Gives it the category that was named, or keeps its own; what its rate alone says is not kept as its own. `named` is none
    /// where nothing was said, and holds nothing where it is to follow the rate.
    pub fn settle_category(&mut self, named: Option<Option<TaxCategory>>) -> Result<(), CategoryRefused> {
        let own = named.unwrap_or(self.own_category);
        self.category = own.unwrap_or_else(|| TaxCategory::of_rate(self.rate));
        self.own_category = own.filter(|category| *category != TaxCategory::of_rate(self.rate));
        if !self.category.fits(self.rate) {
            let (tax, category, rate) = (self.id.clone(), self.category, self.rate);
            return Err(CategoryRefused::OtherRate { tax, category, rate, by_rate: named.is_none() });
        }
        match &self.exemption {
            Some(exemption) if !self.category.has_exemption() => Err(CategoryRefused::NoExemption {
                tax: self.id.clone(),
                category: self.category,
                exemption: exemption.to_string(),
                allowed: TaxCategory::ALL
                    .iter()
                    .filter(|category| category.has_exemption())
                    .map(TaxCategory::to_string)
                    .collect(),
            }),
            _ => Ok(()),
        }
    }

    /// What a document tells of it.
    pub fn on_line(&self) -> TaxOnLine {
        TaxOnLine { category: self.category, exemption: self.exemption.clone() }
    }

    /// Whether what documents tell of it goes on in `after`: nothing was changed or taken away.
    pub fn is_completed_by(&self, after: &Tax) -> bool {
        self.category == after.category && (self.exemption.is_none() || self.exemption == after.exemption)
    }
}

/// The rate as that of a tax, which is not below zero.
pub fn checked_rate(rate: Percent) -> Result<Percent, ValueRefused> {
    if rate.is_negative() {
        return Err(ValueRefused::quantity("rate", rate, format!("{rate} is below zero, which no rate of a tax is")));
    }
    Ok(rate)
}

impl Tax {
    /// A tax of which only that is known.
    pub fn bare(key: i64, id: String, rate: Percent, included: bool) -> Tax {
        let category = TaxCategory::of_rate(rate);
        Tax { key, id, rate, included, account: None, category, own_category: None, exemption: None }
    }

    /// What computing needs of it.
    pub fn rate(&self) -> TaxRate {
        TaxRate { rate: self.rate, included: self.included }
    }
}

/// A tax as a line bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaxRate {
    /// The rate on the untaxed amount.
    pub rate: Percent,
    /// Whether the price already has the tax in it.
    pub included: bool,
}

/// The amounts of one line, in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct LineAmounts {
    /// The amount without any tax, in minor units.
    pub untaxed: i64,
    /// Each tax in minor units, in the order in which the line names its taxes.
    pub taxes: Vec<i64>,
}

impl LineAmounts {
    /// No amounts, for a line with that many taxes.
    pub fn zero(taxes: usize) -> LineAmounts {
        LineAmounts { untaxed: 0, taxes: vec![0; taxes] }
    }

    /// The tax at that place in minor units, 0 where there is none.
    pub fn tax(&self, place: usize) -> i64 {
        self.taxes.get(place).copied().unwrap_or_default()
    }

    /// All taxes together, in minor units.
    pub fn tax_total(&self) -> Result<i64, Overflow> {
        sum(self.taxes.iter().copied())
    }

    /// The amount with all taxes, in minor units.
    pub fn total(&self) -> Result<i64, Overflow> {
        sum(self.components())
    }

    /// Whether the untaxed amount and every tax is nothing.
    pub fn is_zero(&self) -> bool {
        self.components().all(|component| component == 0)
    }

    /// The sum, component by component; where only one has a tax, the other counts as 0 there.
    pub fn checked_add(&self, other: &LineAmounts) -> Result<LineAmounts, Overflow> {
        let count = self.taxes.len().max(other.taxes.len());
        let taxes = (0..count).map(|place| sum([self.tax(place), other.tax(place)]));
        Ok(LineAmounts { untaxed: sum([self.untaxed, other.untaxed])?, taxes: taxes.collect::<Result<_, _>>()? })
    }

    /// The untaxed amount and then each tax, in minor units.
    pub fn components(&self) -> impl Iterator<Item = i64> + '_ {
        std::iter::once(self.untaxed).chain(self.taxes.iter().copied())
    }
}

/// The amounts of a line in minor units (spec B11): rounded half away from zero, no tax on tax, and of the opposite sign for
/// the opposite quantity or price.
pub fn line_amounts(
    quantity: Quantity,
    price: Price,
    discount: Percent,
    taxes: &[TaxRate],
    currency: Currency,
) -> Result<LineAmounts, Overflow> {
    let gross = gross(quantity, price, discount, currency)?;
    let included: Vec<Percent> = taxes.iter().filter(|tax| tax.included).map(|tax| tax.rate).collect();
    let (untaxed, shares) = take_out(gross, &included)?;

    let mut shares = shares.into_iter();
    let taxes = taxes.iter().map(|tax| {
        if tax.included {
            // There is one share for each included tax, in their order.
            shares.next().ok_or(Overflow)
        } else {
            add_on(untaxed, tax.rate)
        }
    });
    Ok(LineAmounts { untaxed, taxes: taxes.collect::<Result<_, _>>()? })
}

/// The amounts of a line of which only the total with all taxes is known, in minor units, such as a discount line
/// (contract, section 7): whether a tax is included in a price makes no difference here.
pub fn from_total(total: i64, taxes: &[TaxRate]) -> Result<LineAmounts, Overflow> {
    let rates: Vec<Percent> = taxes.iter().map(|tax| tax.rate).collect();
    let (untaxed, taxes) = take_out(total, &rates)?;
    Ok(LineAmounts { untaxed, taxes })
}

/// Quantity x price x (1 - discount %), rounded to minor units.
fn gross(quantity: Quantity, price: Price, discount: Percent, currency: Currency) -> Result<i64, Overflow> {
    /// Digits after the point of the product: six of the quantity, six of the price, eight of the part that is paid.
    const DIGITS: u32 = 20;

    let paid = WHOLE.checked_sub(discount.millionths().into()).ok_or(Overflow)?;
    let product = i128::from(quantity.millionths())
        .checked_mul(price.millionths().into())
        .and_then(|product| product.checked_mul(paid))
        .ok_or(Overflow)?;
    let minor_unit =
        DIGITS.checked_sub(currency.digits()).and_then(|digits| 10_i128.checked_pow(digits)).ok_or(Overflow)?;
    round_div(product, minor_unit)
}

/// Takes taxes of these rates out of an amount that has them in it: the untaxed rest, and each tax by largest remainder.
fn take_out(amount: i64, rates: &[Percent]) -> Result<(i64, Vec<i64>), Overflow> {
    let rates: Vec<i64> = rates.iter().map(|rate| rate.millionths()).collect();
    let with_taxes = WHOLE.checked_add(sum(rates.iter().copied())?.into()).ok_or(Overflow)?;
    let scaled = i128::from(amount).checked_mul(WHOLE).ok_or(Overflow)?;
    let untaxed = round_div(scaled, with_taxes)?;
    let rest = amount.checked_sub(untaxed).ok_or(Overflow)?;
    Ok((untaxed, split(rest, &rates).ok_or(Overflow)?))
}

/// The tax of that rate on top of an untaxed amount.
fn add_on(untaxed: i64, rate: Percent) -> Result<i64, Overflow> {
    let scaled = i128::from(untaxed).checked_mul(rate.millionths().into());
    round_div(scaled.ok_or(Overflow)?, WHOLE)
}

fn sum(amounts: impl IntoIterator<Item = i64>) -> Result<i64, Overflow> {
    // In 128 bits, so that the order of the amounts does not decide whether their sum fits.
    let sum = amounts.into_iter().try_fold(0_i128, |sum, amount| sum.checked_add(amount.into()));
    i64::try_from(sum.ok_or(Overflow)?).map_err(|_| Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Taxes written as their rates, an included one with an `i` behind it: `20i`.
    fn taxes(texts: &[&str]) -> Vec<TaxRate> {
        let tax =
            |text: &&str| TaxRate { rate: text.trim_end_matches('i').parse().unwrap(), included: text.ends_with('i') };
        texts.iter().map(tax).collect()
    }

    fn amounts(untaxed: i64, taxes: &[i64]) -> LineAmounts {
        LineAmounts { untaxed, taxes: taxes.to_vec() }
    }

    type Row = (&'static str, &'static str, &'static str, &'static [&'static str], i64, &'static [i64]);

    #[test]
    fn lines_come_to_their_amounts() {
        let table: [Row; 17] = [
            // quantity, price, discount, taxes, untaxed, each tax
            ("3", "40.00", "0", &["20"], 12000, &[2400]),
            ("3", "40.00", "0", &[], 12000, &[]),
            ("3", "40.00", "0", &["0"], 12000, &[0]),
            ("3", "40.00", "100", &["20"], 0, &[0]),
            ("1", "9.99", "17.5", &["20"], 824, &[165]), // 8.24175
            ("0.5", "0.01", "0", &["20"], 1, &[0]),      // a half goes away from zero
            ("3", "0.425", "0", &["20"], 128, &[26]),    // 1.275
            ("1", "120.00", "0", &["20i"], 10000, &[2000]),
            ("1", "10.00", "0", &["20i"], 833, &[167]),
            ("1", "1.00", "0", &["5i", "5i"], 91, &[5, 4]), // nine cents for two equal taxes
            ("1", "1.00", "0", &["5i", "10i"], 87, &[4, 9]), // 13 by 1 to 2: 4.33 and 8.67
            ("1", "120.00", "0", &["20i", "10"], 10000, &[2000, 1000]),
            ("1", "120.00", "0", &["10", "20i"], 10000, &[1000, 2000]), // in the order given
            ("-3", "40.00", "0", &["20"], -12000, &[-2400]),
            ("1", "-1.00", "0", &["5i", "10i"], -87, &[-4, -9]),
            ("-1", "-10.00", "0", &["20i"], 833, &[167]),
            ("1", "100.00", "0", &["20", "-5"], 10000, &[2000, -500]), // a tax that is withheld
        ];
        let eur = Currency::iso("EUR").unwrap();
        for (quantity, price, discount, rates, untaxed, each) in table {
            let line = line_amounts(
                quantity.parse().unwrap(),
                price.parse().unwrap(),
                discount.parse().unwrap(),
                &taxes(rates),
                eur,
            );
            assert_eq!(line, Ok(amounts(untaxed, each)), "{quantity} x {price} - {discount}% {rates:?}");
        }
    }

    #[test]
    fn the_currency_decides_the_rounding() {
        for (code, untaxed) in [("JPY", 1), ("EUR", 123), ("KWD", 1235), ("CLF", 12346)] {
            let currency = Currency::iso(code).unwrap();
            let line = line_amounts(Quantity::ONE, "1.234567".parse().unwrap(), Percent::ZERO, &[], currency);
            assert_eq!(line, Ok(amounts(untaxed, &[])), "{code}");
        }
    }

    #[test]
    fn a_total_gives_back_its_amounts() {
        let table: [(i64, &[&str], i64, &[i64]); 7] = [
            (-1000, &["20"], -833, &[-167]),
            (-1000, &["20i"], -833, &[-167]),
            (1000, &[], 1000, &[]),
            (1000, &["0"], 1000, &[0]),
            (100, &["5", "5i"], 91, &[5, 4]),
            (-100, &["5", "10"], -87, &[-4, -9]),
            (0, &["20", "10"], 0, &[0, 0]),
        ];
        for (total, rates, untaxed, each) in table {
            assert_eq!(from_total(total, &taxes(rates)), Ok(amounts(untaxed, each)), "{total} {rates:?}");
        }
    }

    #[test]
    fn too_much_is_an_error() {
        let most = i64::MAX;
        let eur = Currency::iso("EUR").unwrap();
        let line = |quantity, price, rates: &[&str]| {
            let (quantity, price) = (Quantity::from_millionths(quantity), Price::from_millionths(price));
            line_amounts(quantity, price, Percent::ZERO, &taxes(rates), eur)
        };
        assert_eq!(line(most, most, &[]), Err(Overflow));
        assert_eq!(line(i64::MIN, i64::MIN, &[]), Err(Overflow));
        assert_eq!(line(90_000_000_000_000_000, 1_000_000_000_000, &["200"]), Err(Overflow));
        assert_eq!(line(1_000_000, 1_000_000, &["-100i"]), Err(Overflow)); // no untaxed amount has this total
        assert_eq!(amounts(most, &[1]).total(), Err(Overflow));
        assert_eq!(amounts(most, &[1, -1]).total(), Ok(most));
        assert_eq!(amounts(most, &[]).checked_add(&amounts(1, &[])), Err(Overflow));
    }

    #[test]
    fn amounts_add_up_by_component() {
        let sum = amounts(5, &[1]).checked_add(&amounts(2, &[3, 4])).unwrap();
        assert_eq!(sum, amounts(7, &[4, 4]));
        assert_eq!((sum.total(), sum.tax_total()), (Ok(15), Ok(8)));
        assert_eq!((sum.tax(1), sum.tax(2)), (4, 0));
        assert!(LineAmounts::zero(2).is_zero() && !sum.is_zero());
    }

    fn any_taxes() -> impl Strategy<Value = Vec<TaxRate>> {
        let tax = (0_i64..300_000, any::<bool>())
            .prop_map(|(rate, included)| TaxRate { rate: Percent::from_millionths(rate * 100), included });
        prop::collection::vec(tax, 0..4)
    }

    fn negated(line: &LineAmounts) -> LineAmounts {
        amounts(-line.untaxed, &line.taxes.iter().map(|tax| -tax).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn lines_are_symmetric_and_add_up(
            quantity in 0_i64..100_000_000,
            price in 0_i64..1_000_000_000,
            discount in 0_i64..=100,
            taxes in any_taxes(),
        ) {
            let eur = Currency::iso("EUR").unwrap();
            let discount = Percent::from_millionths(discount * 1_000_000);
            let line = |quantity, price| {
                let (quantity, price) = (Quantity::from_millionths(quantity), Price::from_millionths(price));
                line_amounts(quantity, price, discount, &taxes, eur).unwrap()
            };
            let plain = line(quantity, price);
            prop_assert_eq!(&line(-quantity, price), &negated(&plain));
            prop_assert_eq!(&line(quantity, -price), &negated(&plain));
            prop_assert_eq!(&line(-quantity, -price), &plain);
            prop_assert!(plain.components().all(|component| component >= 0));

            let without = gross(Quantity::from_millionths(quantity), Price::from_millionths(price), discount, eur).unwrap();
            let included: i64 = taxes.iter().zip(&plain.taxes).filter(|(tax, _)| tax.included).map(|(_, tax)| tax).sum();
            prop_assert_eq!(plain.untaxed + included, without);
        }

        #[test]
        fn a_total_stays_a_total(total in -1_000_000_i64..1_000_000, taxes in any_taxes()) {
            let line = from_total(total, &taxes).unwrap();
            prop_assert_eq!(line.total(), Ok(total));
            prop_assert_eq!(from_total(-total, &taxes).unwrap(), negated(&line));
        }

        #[test]
        fn nothing_panics(numbers in any::<[i64; 5]>(), included in any::<bool>(), digits in 0_u32..=6) {
            let [quantity, price, discount, rate, total] = numbers;
            let taxes = [TaxRate { rate: Percent::from_millionths(rate), included }];
            let currency = Currency::new("XYZ", digits).unwrap();
            let discount = Percent::from_millionths(discount);
            let _ = line_amounts(Quantity::from_millionths(quantity), Price::from_millionths(price), discount, &taxes, currency);
            let _ = from_total(total, &taxes);
        }
    }
}
