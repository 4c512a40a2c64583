//! Amounts of lines, derived again from what they were written by: by the same functions that wrote them. Where a line took a share
//! of another one, cents of rounding may lie on either side, one for each line that shares.

use crate::domain::tax::{LineAmounts, TaxRate, from_total, line_amounts};
use crate::domain::value::apportion::share_of;
use crate::domain::value::money::Currency;
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Price, Quantity};

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub quantity: Quantity,
    pub price: Price,
    pub discount: Percent,
    pub taxes: Vec<TaxRate>,
    pub amounts: LineAmounts,
    pub currency: Currency,
}

/// The line that another one takes a share of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub quantity: Quantity,
    pub price: Price,
    pub discount: Percent,
    pub amounts: LineAmounts,
}

/// An amount that is not what it should be: which one (nothing: the untaxed one; else the place of the tax), what is stored, and
/// what it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Off {
    pub tax: Option<usize>,
    pub stored: i64,
    pub derived: i64,
}

impl Stored {
    /// What its own terms come to (spec B11).
    fn by_terms(&self) -> Result<LineAmounts, Overflow> {
        line_amounts(self.quantity, self.price, self.discount, &self.taxes, self.currency)
    }

    /// Where the amounts are not those of its own terms.
    pub fn off_terms(&self) -> Option<Off> {
        self.off(self.by_terms(), |stored, derived| stored == derived)
    }

    /// Where the amounts of a discount line are not those of its total (contract, section 7).
    pub fn off_total(&self) -> Option<Off> {
        let derived = self.amounts.total().and_then(|total| from_total(total, &self.taxes));
        self.off(derived, |stored, derived| stored == derived)
    }

    /// Whether it stands at the terms of the line that it takes a share of.
    fn is_at_terms_of(&self, source: &Source) -> bool {
        (self.price, self.discount) == (source.price, source.discount)
            && self.amounts.taxes.len() == source.amounts.taxes.len()
    }

    /// Where a bill has not the order line's own value for its quantity; `bills` is how many bill that line (spec B15).
    pub fn off_bill(&self, of: &Source, bills: usize) -> Option<Off> {
        if of.quantity.is_zero() || !self.is_at_terms_of(of) {
            return self.off_terms();
        }
        let slack = i64::try_from(bills).unwrap_or(i64::MAX).saturating_add(1);
        self.off(self.share(of), |stored, derived| stored.abs_diff(derived) <= slack.unsigned_abs())
    }

    /// Where a line of a credit note takes more than the share of its quantity; `others` is how many take of that line. What
    /// reductions took before is not its any more, so it may be less (spec B5).
    pub fn off_credit(&self, of: &Source, others: usize) -> Option<Off> {
        if of.quantity.is_zero() || !self.is_at_terms_of(of) {
            return self.off_terms();
        }
        let slack = u64::try_from(others).unwrap_or(u64::MAX).saturating_add(1);
        self.off(self.share(of), |stored, derived| {
            let is_turned = stored.signum() * derived.signum() < 0 && stored.unsigned_abs() > slack;
            !is_turned && stored.unsigned_abs() <= derived.unsigned_abs().saturating_add(slack)
        })
    }

    /// Where the price of a line that takes value alone is not what it takes: the untaxed amount and the taxes in the price.
    pub fn off_value(&self) -> Option<Off> {
        let gross =
            line_amounts(self.quantity, self.price, self.discount, &[], self.currency).map(|gross| gross.untaxed);
        let included =
            self.taxes.iter().zip(&self.amounts.taxes).filter(|(tax, _)| tax.included).map(|(_, amount)| *amount);
        let within: i64 = included.fold(self.amounts.untaxed, i64::saturating_add);
        match gross {
            Ok(gross) if gross == within => None,
            Ok(derived) => Some(Off { tax: None, stored: within, derived }),
            Err(Overflow) => Some(Off { tax: None, stored: within, derived: 0 }),
        }
    }

    fn share(&self, of: &Source) -> Result<LineAmounts, Overflow> {
        let share = |amount: i64| share_of(amount, self.quantity, of.quantity);
        Ok(LineAmounts {
            untaxed: share(of.amounts.untaxed)?,
            taxes: of.amounts.taxes.iter().map(|amount| share(*amount)).collect::<Result<_, _>>()?,
        })
    }

    fn off(&self, derived: Result<LineAmounts, Overflow>, fits: impl Fn(i64, i64) -> bool) -> Option<Off> {
        // What comes to more than can be kept was never written.
        let derived = derived.unwrap_or_default();
        let parts = self.amounts.components().zip(derived.components().chain(std::iter::repeat(0)));
        let (at, (stored, derived)) = parts.enumerate().find(|(_, (stored, derived))| !fits(*stored, *derived))?;
        Some(Off { tax: at.checked_sub(1), stored, derived })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: &str, price: &str, untaxed: i64, tax: i64) -> Stored {
        Stored {
            quantity: quantity.parse().unwrap(),
            price: price.parse().unwrap(),
            discount: Percent::ZERO,
            taxes: vec![TaxRate { rate: "20".parse().unwrap(), included: false }],
            amounts: LineAmounts { untaxed, taxes: vec![tax] },
            currency: Currency::iso("EUR").unwrap(),
        }
    }

    fn source(quantity: &str, price: &str, untaxed: i64, tax: i64) -> Source {
        let Stored { quantity, price, discount, amounts, .. } = line(quantity, price, untaxed, tax);
        Source { quantity, price, discount, amounts }
    }

    #[test]
    fn a_line_comes_to_its_terms() {
        assert_eq!(line("3", "40", 12000, 2400).off_terms(), None);
        assert_eq!(line("2", "40", 12000, 2400).off_terms(), Some(Off { tax: None, stored: 12000, derived: 8000 }));
        assert_eq!(line("3", "40", 12000, 2401).off_terms(), Some(Off { tax: Some(0), stored: 2401, derived: 2400 }));
    }

    #[test]
    fn a_bill_takes_its_share_but_for_cents() {
        let of = source("3", "3.333333", 1000, 200);
        assert_eq!(line("1", "3.333333", 333, 67).off_bill(&of, 3), None);
        assert_eq!(line("1", "3.333333", 334, 66).off_bill(&of, 3), None);
        assert!(line("2", "3.333333", 333, 67).off_bill(&of, 3).is_some());
        // At a price of its own it comes to that.
        assert_eq!(line("1", "4", 400, 80).off_bill(&of, 3), None);
        assert!(line("1", "5", 400, 80).off_bill(&of, 3).is_some());
    }

    #[test]
    fn a_credit_takes_no_more_than_its_share() {
        let of = source("3", "40", 12000, 2400);
        for (quantity, untaxed, tax, fits) in
            [("1", 4000, 800, true), ("1", 3000, 600, true), ("1", 4010, 800, false), ("1", -4000, -800, false)]
        {
            assert_eq!(line(quantity, "40", untaxed, tax).off_credit(&of, 1).is_none(), fits, "{untaxed}");
        }
    }

    #[test]
    fn value_is_taken_at_its_price() {
        assert_eq!(line("1", "5", 500, 100).off_value(), None);
        assert_eq!(line("1", "6", 500, 100).off_value(), Some(Off { tax: None, stored: 500, derived: 600 }));
    }
}
