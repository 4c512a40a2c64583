//! Documents of other systems keep the amounts that they were billed with, where these are next to what their lines come to
//! (contract, section 7): a system that rounds taxes over the whole document is cents away from one that rounds line by line.

use super::{Document, DocumentLine};
use crate::domain::common::ValueRefused;
use crate::domain::line::Totals;
use crate::domain::tax::LineAmounts;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::{Allowed, Refusal, Result};

/// What a document is said to have been billed with, as far as that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SaidSums {
    pub untaxed: Option<Money>,
    pub tax: Option<Money>,
    pub total: Option<Money>,
}

/// By how much a document may have been billed beside what its lines come to, in millionths: 0.05.
pub const MOST: i64 = 50_000;

/// The same in minor units of a currency; nothing in one that has no cents.
pub fn most(currency: Currency) -> i64 {
    let digits = Currency::MAX_DIGITS.saturating_sub(currency.digits());
    10_i64.checked_pow(digits).and_then(|unit| MOST.checked_div(unit)).unwrap_or_default()
}

/// An amount that is too far from what the lines come to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} was billed with {billed}, and comes to {comes_to} by its quantities, prices and taxes; they may differ by {most} at most"
)]
pub struct BilledRefused {
    field: &'static str,
    what: String,
    billed: Money,
    comes_to: Money,
    most: Money,
}

impl Refusal for BilledRefused {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.billed.plain())
    }
    fn allowed(&self) -> Option<Allowed> {
        Some(Allowed::One(self.comes_to.plain()))
    }
}

/// Writes into a line the amounts that it was billed with; one for each of its taxes, where these are told.
pub fn bill_line(line: &mut DocumentLine, untaxed: Option<Money>, taxes: Option<&[Money]>) -> Result<()> {
    if untaxed.is_none() && taxes.is_none() {
        return Ok(());
    }
    let mut amounts = line.amounts();
    if let Some(untaxed) = untaxed {
        amounts.untaxed = untaxed.minor;
    }
    if let Some(taxes) = taxes {
        if taxes.len() != amounts.taxes.len() {
            let message = format!("the line has {} taxes, and {} amounts are told", amounts.taxes.len(), taxes.len());
            return Err(ValueRefused::invalid("tax_amounts", taxes.len(), message).into());
        }
        amounts.taxes = taxes.iter().map(|tax| tax.minor).collect();
    }
    line.bill_as(&amounts)?;
    check_line(line)
}

/// Refuses a line with an amount that is too far from what its terms come to.
fn check_line(line: &DocumentLine) -> Result<()> {
    let currency = line.priced.price.currency;
    let most = most(currency);
    let amounts = line.amounts();
    for (place, (billed, beside)) in amounts.components().zip(line.billed.components()).enumerate() {
        if beside.unsigned_abs() > most.unsigned_abs() {
            let (field, part) = if place == 0 { ("untaxed", "the line") } else { ("tax_amounts", "a tax of the line") };
            let comes_to = billed.checked_sub(beside).ok_or(Overflow)?;
            let money = |minor| Money::new(minor, currency);
            let (billed, comes_to, most) = (money(billed), money(comes_to), money(most));
            return Err(BilledRefused { field, what: part.to_owned(), billed, comes_to, most }.into());
        }
    }
    Ok(())
}

/// Gives a document the sums that it was billed with: the cents by which its lines come to something else go to the largest
/// of them. Answers by how much the document is beside what its lines come to by themselves, all amounts told.
pub fn bill_whole(document: &mut Document, told: SaidSums) -> Result<()> {
    let now = Totals::of(document.currency, document.lines.iter().map(|line| &line.priced))?;
    let minus = |one: Money, other: Money| one.minor.checked_sub(other.minor).ok_or(Overflow);
    let tax = match told {
        SaidSums { tax: Some(tax), .. } => tax.minor,
        SaidSums { untaxed: Some(untaxed), total: Some(total), .. } => minus(total, untaxed)?,
        // What the total alone tells is as a rule the rounding of taxes.
        SaidSums { total: Some(total), untaxed: None, .. } if !now.tax.is_zero() => {
            now.tax.minor.checked_add(minus(total, now.total)?).ok_or(Overflow)?
        }
        _ => now.tax.minor,
    };
    let untaxed = match told {
        SaidSums { untaxed: Some(untaxed), .. } => untaxed.minor,
        SaidSums { total: Some(total), .. } => total.minor.checked_sub(tax).ok_or(Overflow)?,
        _ => now.untaxed.minor,
    };
    let sums = SaidSums { untaxed: Some(now.untaxed), tax: Some(now.tax), total: Some(now.total) };
    check_sums(&document.named(), document.currency, told, sums)?;
    if let Some(total) = told.total.filter(|total| untaxed.checked_add(tax) != Some(total.minor)) {
        let message = format!(
            "{} is said to come to {total}, which its amount without tax and its taxes do not",
            document.named()
        );
        return Err(ValueRefused::invalid("total", total.plain(), message).into());
    }
    let (more, more_tax) =
        (untaxed.checked_sub(now.untaxed.minor).ok_or(Overflow)?, tax.checked_sub(now.tax.minor).ok_or(Overflow)?);
    add_to_largest(document, more, |line| vec![line.priced.untaxed.minor], |amounts, _| &mut amounts.untaxed)?;
    let taxes = |line: &DocumentLine| line.priced.taxes.iter().map(|tax| tax.amount.minor).collect();
    add_to_largest(document, more_tax, taxes, |amounts, place| match amounts.taxes.get_mut(place) {
        Some(tax) => tax,
        None => &mut amounts.untaxed,
    })?;
    check_whole(document)
}

/// Adds some minor units to the amount that is the largest of those that lines have.
fn add_to_largest(
    document: &mut Document,
    more: i64,
    of: impl Fn(&DocumentLine) -> Vec<i64>,
    at: impl Fn(&mut LineAmounts, usize) -> &mut i64,
) -> Result<()> {
    if more == 0 {
        return Ok(());
    }
    let mut largest: Option<(u64, usize, usize)> = None;
    for (line, of_line) in document.lines.iter().map(&of).enumerate() {
        for (place, amount) in of_line.into_iter().enumerate() {
            if largest.is_none_or(|(most, ..)| amount.unsigned_abs() > most) {
                largest = Some((amount.unsigned_abs(), line, place));
            }
        }
    }
    let Some((_, line, place)) = largest else {
        let message = "there is a tax on it, and no line bears one";
        return Err(ValueRefused::invalid("tax", more, message).into());
    };
    if let Some(line) = document.lines.get_mut(line) {
        let mut amounts = line.amounts();
        let part = at(&mut amounts, place);
        *part = part.checked_add(more).ok_or(Overflow)?;
        line.bill_as(&amounts)?;
    }
    Ok(())
}

/// Refuses sums that are too far from those that a record comes to.
pub fn check_sums(named: &str, currency: Currency, told: SaidSums, now: SaidSums) -> Result<()> {
    let parts = [
        ("total", "the total of ", told.total, now.total),
        ("tax", "the taxes of ", told.tax, now.tax),
        ("untaxed", "the amount without tax of ", told.untaxed, now.untaxed),
    ];
    let most = most(currency);
    for (field, part, billed, comes_to) in parts {
        let (Some(billed), Some(comes_to)) = (billed, comes_to) else {
            continue;
        };
        let apart = billed.minor.checked_sub(comes_to.minor).ok_or(Overflow)?;
        if apart.unsigned_abs() > most.unsigned_abs() {
            let (what, most) = (format!("{part}{named}"), Money::new(most, currency));
            return Err(BilledRefused { field, what, billed, comes_to, most }.into());
        }
    }
    Ok(())
}

/// Refuses a document that was billed too far beside what its lines come to: in total, without tax, or in any line.
pub fn check_whole(document: &Document) -> Result<()> {
    document.lines.iter().try_for_each(check_line)?;
    let Some((untaxed, tax)) = beside(document)? else {
        return Ok(());
    };
    let now = Totals::of(document.currency, document.lines.iter().map(|line| &line.priced))?;
    let total = untaxed.checked_add(tax).ok_or(Overflow)?;
    let by_terms = |billed: Money, beside: i64| {
        billed.minor.checked_sub(beside).map(|minor| Some(Money::new(minor, billed.currency))).ok_or(Overflow)
    };
    let billed = SaidSums { untaxed: Some(now.untaxed), tax: Some(now.tax), total: Some(now.total) };
    let comes_to = SaidSums {
        untaxed: by_terms(now.untaxed, untaxed)?,
        tax: by_terms(now.tax, tax)?,
        total: by_terms(now.total, total)?,
    };
    check_sums(&document.named(), document.currency, billed, comes_to)
}

/// By how much a document was billed beside what its lines come to, without tax and in taxes; none where no line was.
pub fn beside(document: &Document) -> std::result::Result<Option<(i64, i64)>, Overflow> {
    if document.lines.iter().all(|line| line.billed.is_zero()) {
        return Ok(None);
    }
    let (mut untaxed, mut tax) = (0_i64, 0_i64);
    for line in &document.lines {
        untaxed = untaxed.checked_add(line.billed.untaxed).ok_or(Overflow)?;
        tax = tax.checked_add(line.billed.tax_total()?).ok_or(Overflow)?;
    }
    Ok(Some((untaxed, tax)))
}

/// What is told of a document that is kept as it was billed.
pub fn warning(document: &Document) -> std::result::Result<Option<String>, Overflow> {
    let Some((untaxed, tax)) = beside(document)? else {
        return Ok(None);
    };
    let off = untaxed.checked_add(tax).ok_or(Overflow)?;
    let total = Totals::of(document.currency, document.lines.iter().map(|line| &line.priced))?.total;
    let by_terms = Money::new(total.minor.checked_sub(off).ok_or(Overflow)?, total.currency);
    Ok(Some(match off {
        0 => format!(
            "{} is kept as it was billed: its lines differ by cents from what they come to, its total does not",
            document.named()
        ),
        _ => format!("{} is kept as it was billed, with {total}; its lines come to {by_terms}", document.named()),
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{CreditsOfLine, DocumentKind, Refunds};
    use super::*;
    use crate::domain::line::{LineQuantity, PricedLine};
    use crate::domain::product::UnitPrice;
    use crate::domain::refund::{Ask, decide};
    use crate::domain::tax::Tax;
    use crate::domain::value::quantity::{Percent, Quantity};
    use crate::domain::value::reference::Reference;

    fn eur() -> Currency {
        Currency::iso("EUR").unwrap()
    }

    fn money(minor: i64) -> Money {
        Money::new(minor, eur())
    }

    /// A line of so many units at a price in cents, with a tax of 20 %.
    fn line(number: i64, quantity: i64, cents: i64) -> DocumentLine {
        let price =
            UnitPrice { price: format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap(), currency: eur() };
        let tax = Tax::bare(9, "VAT20".to_owned(), "20".parse().unwrap(), false);
        let quantity: Quantity = quantity.to_string().parse().unwrap();
        DocumentLine {
            key: number,
            line: number,
            product: Some(Reference { key: number, id: format!("P{number}") }),
            lot: None,
            label: "x".to_owned(),
            priced: PricedLine::compute(quantity, price, Percent::ZERO, &[tax]).unwrap(),
            refunds: None,
            invoice_line: None,
            share_of: None,
            order_line: None,
            billed: LineAmounts::default(),
            held: Some(CreditsOfLine {
                credited: LineAmounts::zero(1),
                reduced: LineAmounts::zero(1),
                ..Default::default()
            }),
        }
    }

    fn invoice(lines: Vec<DocumentLine>) -> Document {
        Document::for_tests(DocumentKind::Invoice, lines)
    }

    #[test]
    fn cents_go_to_the_largest_line_and_no_further_than_they_may() {
        let told = |total: i64| SaidSums { total: Some(money(total)), ..SaidSums::default() };
        // 9.99 + 2.00 and 7.77 + 1.55.
        for (total, fits) in [(2131, true), (2132, true), (2136, true), (2126, true), (2137, false), (2125, false)] {
            let mut document = invoice(vec![line(1, 3, 333), line(2, 7, 111)]);
            assert_eq!(document.total, money(2131));
            assert_eq!(bill_whole(&mut document, told(total)).is_ok(), fits, "{total}");
            document.sum_up().unwrap();
            if fits {
                assert_eq!(document.total, money(total));
                assert_eq!(document.lines[0].billed.tax(0), total - 2131);
                assert_eq!(document.lines[1].billed, LineAmounts::default());
                assert_eq!(warning(&document).unwrap().is_some(), total != 2131);
            }
        }
        // What has no cents has no room.
        for (digits, expected) in [(0, 0), (1, 0), (2, 5), (3, 50), (4, 500), (5, 5000), (6, 50_000)] {
            assert_eq!(most(Currency::new("XXX", digits).unwrap()), expected, "{digits}");
        }
    }

    #[test]
    fn what_is_computed_anew_is_billed_no_more() {
        let mut line = line(1, 3, 333);
        bill_line(&mut line, Some(money(1001)), None).unwrap();
        assert_eq!((line.amounts().untaxed, line.billed.untaxed), (1001, 2));
        // Billed once more it is still beside its terms by all of it.
        bill_line(&mut line, Some(money(1003)), Some(&[money(201)])).unwrap();
        assert_eq!(line.billed, LineAmounts { untaxed: 4, taxes: vec![1] });
        line.set_amounts(&LineAmounts { untaxed: 999, taxes: vec![200] }).unwrap();
        assert!(line.billed.is_zero());
        assert!(bill_line(&mut line, Some(money(1010)), None).is_err());
    }

    proptest! {
        /// A series of refunds of what was billed elsewhere ends at exactly nothing, whatever it was billed with (spec B5).
        #[test]
        fn refunds_of_billed_documents_end_at_zero(
            terms in prop::collection::vec((1_i64..5, 1_i64..3000, -5_i64..=5, -5_i64..=5), 1..4),
            order in prop::collection::vec(any::<prop::sample::Index>(), 40),
        ) {
            let lines = (1..).zip(&terms).map(|(number, (quantity, cents, off, tax))| {
                let mut line = line(number, *quantity, *cents);
                let amounts = line.amounts();
                let (untaxed, tax) = ((amounts.untaxed + off).max(0), (amounts.tax(0) + tax).max(0));
                bill_line(&mut line, Some(money(untaxed)), Some(&[money(tax)])).unwrap();
                line
            });
            let mut document = invoice(lines.collect());
            let mut picks = order.iter();
            loop {
                let left: Vec<i64> = document
                    .lines
                    .iter()
                    .filter(|line| !line.held().left_quantity().unwrap().is_zero())
                    .map(|line| line.line)
                    .collect();
                let ask = match picks.next() {
                    Some(pick) if !left.is_empty() => {
                        let asked: LineQuantity = format!("{}=1", pick.get(&left)).parse().unwrap();
                        Ask::Lines { lines: vec![asked], amounts: Vec::new() }
                    }
                    _ => Ask::Everything,
                };
                let is_last = ask == Ask::Everything;
                let Ok(taken) = decide(&document, &ask, false, &[]) else {
                    prop_assert!(is_last, "a unit that is left can be taken");
                    break;
                };
                for credit in taken {
                    let of = document.lines.iter_mut().find(|line| Some(line.key) == credit.invoice_line).unwrap();
                    let held = of.held.as_mut().unwrap();
                    held.credited = held.credited.checked_add(&credit.amounts()).unwrap();
                    if credit.refunds == Some(Refunds::Value) {
                        held.reduced = held.reduced.checked_add(&credit.amounts()).unwrap();
                    } else {
                        held.goods = held.goods.checked_add(credit.priced.quantity).unwrap();
                        held.taken.push(credit.priced.quantity);
                    }
                }
            }
            for line in &document.lines {
                prop_assert_eq!(line.held().left_value().unwrap(), LineAmounts::zero(1));
            }
        }
    }
}
