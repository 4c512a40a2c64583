//! Taxes that a file tells of a document as a whole: whether its prices hold them, and which line bears which.

use crate::domain::document::billed::MOST;
use crate::domain::tax::named::NamedTax;

/// What sums may be off by, in millionths: what a document may be billed beside what it comes to.
const SLACK: i64 = MOST;

/// How many ways to share taxes among lines are tried.
const MOST_TRIES: usize = 50_000;

/// A tax of a document: its name, and what it comes to in millionths.
#[derive(Debug, Clone)]
pub struct DocumentTax {
    named: NamedTax,
    amount: i64,
}

impl DocumentTax {
    pub fn of(name: &str, amount: i64) -> DocumentTax {
        DocumentTax { named: NamedTax::read(name), amount }
    }

    /// What it is called where prices hold it, or do not.
    pub fn called(&self, included: bool) -> String {
        let NamedTax { name, included: says_so, .. } = &self.named;
        if included && !says_so { format!("{name} incl") } else { name.clone() }
    }
}

/// What may bear taxes: a line of goods, or what is told of the document once, such as shipping or a discount.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    /// In millionths.
    pub value: i64,
    pub taxable: bool,
    pub of_row: bool,
}

/// Quantity x price, less the discount in percent.
pub fn value(quantity: Option<i64>, price: Option<i64>, discount: Option<i64>) -> i64 {
    const ONE: i128 = 1_000_000;
    let product = i128::from(quantity.unwrap_or_default()) * i128::from(price.unwrap_or_default()) / ONE;
    let paid = 100 * ONE - i128::from(discount.unwrap_or_default());
    i64::try_from(product.saturating_mul(paid) / (100 * ONE)).unwrap_or_default()
}

/// Whether prices hold the taxes: then the total has none on top. None where it adds up neither way.
pub fn are_included(net: i64, tax: i64, total: i64) -> Option<bool> {
    let near = |sum: i64| sum.abs_diff(total) <= SLACK.unsigned_abs();
    if near(net.saturating_add(tax)) {
        Some(false)
    } else if near(net) {
        Some(true)
    } else {
        None
    }
}

/// The places of the taxes that each unit bears: all that may bear taxes bear all of them, where that comes to what is told; else
/// shipping bears none; else each bears one. Where nothing comes to it all bear all, and the document is refused for its sums.
pub fn share(told: &[DocumentTax], units: &[Unit], included: bool) -> Vec<Vec<usize>> {
    let all = |bears: &dyn Fn(&Unit) -> bool| -> Vec<Vec<usize>> {
        units.iter().map(|unit| if bears(unit) { (0..told.len()).collect() } else { Vec::new() }).collect()
    };
    let everything = all(&|unit| unit.taxable);
    let rates: Option<Vec<i64>> = told.iter().map(|told| told.named.rate.map(|rate| rate.millionths())).collect();
    let Some(rates) = rates else {
        return everything;
    };
    let without_extras = all(&|unit| unit.taxable && (unit.of_row || unit.value < 0));
    for shared in [everything.clone(), without_extras] {
        if comes_to(told, &rates, units, &shared, included) {
            return shared;
        }
    }
    if told.len() > 1
        && let Some(shared) = one_each(told, &rates, units, included)
    {
        return shared;
    }
    everything
}

/// Whether taxes so shared come to what is told, but for rounding.
fn comes_to(told: &[DocumentTax], rates: &[i64], units: &[Unit], shared: &[Vec<usize>], included: bool) -> bool {
    let mut sums = vec![0_i64; told.len()];
    for (unit, places) in units.iter().zip(shared) {
        let with: i64 = places.iter().filter_map(|place| rates.get(*place)).sum();
        for place in places {
            if let (Some(sum), Some(rate)) = (sums.get_mut(*place), rates.get(*place)) {
                *sum = sum.saturating_add(tax_of(unit.value, *rate, with, included));
            }
        }
    }
    let slack = SLACK.max(i64::try_from(units.len()).unwrap_or(0).saturating_mul(5_000));
    told.iter().zip(sums).all(|(told, sum)| sum.abs_diff(told.amount) <= slack.unsigned_abs())
}

/// The tax of that rate on a value; `with` is the rate of all that it bears.
fn tax_of(value: i64, rate: i64, with: i64, included: bool) -> i64 {
    const WHOLE: i128 = 100_000_000;
    let whole = if included { WHOLE.saturating_add(with.into()) } else { WHOLE };
    if whole == 0 {
        return 0;
    }
    i64::try_from(i128::from(value) * i128::from(rate) / whole).unwrap_or_default()
}

/// Each unit with one of the taxes, such that they come to what is told.
fn one_each(told: &[DocumentTax], rates: &[i64], units: &[Unit], included: bool) -> Option<Vec<Vec<usize>>> {
    let bearing: Vec<usize> = units.iter().enumerate().filter(|(_, unit)| unit.taxable).map(|(at, _)| at).collect();
    let tries = u32::try_from(bearing.len()).ok().and_then(|count| told.len().checked_pow(count));
    let tries = tries.filter(|tries| *tries <= MOST_TRIES)?;
    (0..tries).find_map(|mut choice| {
        let mut shared = vec![Vec::new(); units.len()];
        // Of several ways that come to the same the first has the taxes in the order of the lines.
        for at in bearing.iter().rev() {
            if let Some(places) = shared.get_mut(*at) {
                places.push(choice % told.len());
            }
            choice /= told.len();
        }
        comes_to(told, rates, units, &shared, included).then_some(shared)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(value: &str, of_row: bool) -> Unit {
        Unit { value: crate::cli::ways::cell::scaled(value).unwrap(), taxable: true, of_row }
    }

    fn told(name: &str, amount: &str) -> DocumentTax {
        DocumentTax::of(name, crate::cli::ways::cell::scaled(amount).unwrap())
    }

    #[test]
    fn sums_tell_whether_prices_hold_taxes() {
        let scaled = |text: &str| crate::cli::ways::cell::scaled(text).unwrap();
        for (net, tax, total, included) in [
            ("89.50", "17.90", "107.40", Some(false)),
            ("120", "20", "120", Some(true)),
            ("120", "0", "120", Some(false)),
            ("89.50", "17.90", "99.00", None),
        ] {
            assert_eq!(are_included(scaled(net), scaled(tax), scaled(total)), included, "{net}");
        }
    }

    #[test]
    fn taxes_are_shared_as_they_come_to_what_is_told() {
        let lamps = [unit("80", true), unit("4.5", true), unit("5", false)];
        assert_eq!(share(&[told("VAT 20%", "17.90")], &lamps, false), [[0], [0], [0]]);
        assert_eq!(share(&[told("VAT 20%", "16.90")], &lamps, false), [vec![0], vec![0], vec![]]);
        // State and county.
        let both = share(&[told("State 6%", "5.37"), told("County 1%", "0.90")], &lamps, false);
        assert_eq!(both, [[0, 1], [0, 1], [0, 1]]);
        // A book beside a lamp.
        let mixed = [unit("100", true), unit("10", true)];
        assert_eq!(share(&[told("VAT 19%", "19.00"), told("VAT 7%", "0.70")], &mixed, false), [[0], [1]]);
        assert_eq!(share(&[told("VAT 19%", "15.97"), told("VAT 7%", "0.65")], &mixed, true), [[0], [1]]);
        // Nothing fits: all bear all, and the sums are refused later.
        assert_eq!(share(&[told("VAT 20%", "1.00")], &lamps, false), [[0], [0], [0]]);
        assert_eq!(share(&[told("GST", "1.00")], &mixed, false), [[0], [0]]);
    }

    #[test]
    fn values_are_less_their_discount() {
        let scaled = |text: &str| crate::cli::ways::cell::scaled(text);
        assert_eq!(value(scaled("2"), scaled("40"), None), 80_000_000);
        assert_eq!(value(scaled("1"), scaled("122.22"), scaled("10")), 109_998_000);
        assert_eq!(value(None, scaled("1"), None), 0);
    }
}
