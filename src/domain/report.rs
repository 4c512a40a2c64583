//! Reports: what was refunded, returned, repaired, taken off by coupons, is owed, and stands on the accounts of the books, summed by
//! what is asked for (contract, section 7 "Reports").

use serde::Serialize;

use super::Allowed;
use super::common::ValueRefused;
use crate::domain::value::money::{Currency, Money, round_div};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Quantity};
use crate::domain::value::text::choices;

choices! {
    /// What the rows of a report are summed by.
    pub enum By: "way to sum a report" {
        Account = "account",
        Reason = "reason",
        Product = "product",
        Customer = "customer",
        User = "user",
        Month = "month",
        Team = "team",
    }
}

/// What was asked to be summed by, or the first way that a report has; another than it has is refused.
pub fn summed_by(given: Option<&str>, ways: &[By]) -> Result<By, ValueRefused> {
    let words: Vec<String> = ways.iter().map(ToString::to_string).collect();
    let asked = match given {
        None => ways.first().copied(),
        Some(word) => ways.iter().find(|way| way.word() == word).copied(),
    };
    asked.ok_or_else(|| {
        let given = given.unwrap_or_default().to_owned();
        let message = format!("this report is not summed by {given:?}; it is by {}", words.join(", "));
        ValueRefused::Invalid { field: "by", given, message, allowed: Some(Allowed::Several(words)) }
    })
}

/// A row of a report. What it does not count is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// What is summed here; null for what has no such thing, as a refund without a ticket has no team.
    pub by: Option<String>,
    /// How many there are: credit notes, transfers, repairs, uses of codes, open items, or postings.
    pub count: i64,
    /// How many goods.
    pub quantity: Option<Quantity>,
    /// How many percent they are of the goods that were billed, or delivered, in the same period.
    pub rate: Option<Percent>,
    pub untaxed: Option<Money>,
    pub tax: Option<Money>,
    pub total: Option<Money>,
    pub currency: Option<Currency>,
}

/// How many percent a quantity is of another, to two digits; none of nothing.
pub fn rate(part: Quantity, whole: Quantity) -> Result<Option<Percent>, Overflow> {
    if whole.millionths() <= 0 {
        return Ok(None);
    }
    let hundredths = round_div(i128::from(part.millionths()) * 10_000, whole.millionths().into())?;
    Ok(Some(Percent::from_millionths(hundredths.checked_mul(10_000).ok_or(Overflow)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_percentage_to_two_digits() {
        for (part, whole, expected) in
            [("1", "3", Some("33.33")), ("2", "3", Some("66.67")), ("0", "5", Some("0")), ("1", "0", None)]
        {
            let made = rate(part.parse().unwrap(), whole.parse().unwrap()).unwrap();
            assert_eq!(made.map(|rate| rate.to_string()).as_deref(), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn a_report_is_summed_by_what_it_has() {
        let ways = [By::Customer, By::Month];
        assert_eq!(summed_by(None, &ways), Ok(By::Customer));
        assert_eq!(summed_by(Some("month"), &ways), Ok(By::Month));
        for word in ["team", "weather", ""] {
            let refused = summed_by(Some(word), &ways).unwrap_err();
            assert!(refused.to_string().ends_with("it is by customer, month"), "{refused}");
        }
    }
}
