//! What is left of an invoice while a credit note of it is put together: line by line, of each discount, and as a whole
//! (spec B5).

use crate::domain::document::{Document, DocumentLine, Refunds, Sums};
use crate::domain::line::discounted;
use crate::domain::tax::LineAmounts;
use crate::domain::value::apportion::{CreditedLine, at_most, is_within, left};
use crate::domain::value::money::{Currency, round_div};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;

/// An invoice, what credit notes hold of it, and what the one that is put together takes so far.
pub struct Left<'i> {
    invoice: &'i Document,
    held: Vec<CreditedLine>,
    /// What the other credit notes leave of the invoice as a whole.
    whole: Sums,
    /// What this credit note comes to so far.
    own: Sums,
    /// Whether the bounds are lifted for this credit note.
    excess: bool,
}

/// A share of a discount that a refunded line takes along: the place of the discount's line, and the amounts.
pub type Share = (usize, LineAmounts);

/// A part of a line's amounts: without tax, or one tax by its key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Untaxed,
    Tax(i64),
}

impl<'i> Left<'i> {
    /// What is left before anything is taken. Nothing of this credit note may be held at that moment.
    pub fn of(invoice: &'i Document, excess: bool) -> Result<Left<'i>, Overflow> {
        let held: Vec<CreditedLine> = invoice.lines.iter().map(DocumentLine::held).collect();
        let (mut billed, mut credited) = (Sums::default(), invoice.beyond.clone());
        for (line, held) in invoice.lines.iter().zip(&held) {
            billed.add(&line.priced.taxes, &held.billed)?;
            credited.add(&line.priced.taxes, &held.credited)?;
        }
        let mut whole = Sums { total: left(billed.total, credited.total)?, taxes: Vec::new() };
        for (tax, amount) in &billed.taxes {
            whole.taxes.push((*tax, left(*amount, credited.tax(*tax))?));
        }
        Ok(Left { invoice, held, whole, own: Sums::default(), excess })
    }

    /// What is left before this credit note took anything.
    pub fn anew(&self) -> Result<Left<'i>, Overflow> {
        Left::of(self.invoice, self.excess)
    }

    /// The lines of the invoice, each with its place.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'i DocumentLine)> + use<'i> {
        self.invoice.lines.iter().enumerate()
    }

    /// The place of the invoice line that a line refunds.
    pub fn place_of(&self, line: &DocumentLine) -> Option<usize> {
        self.invoice.lines.iter().position(|source| Some(source.key) == line.invoice_line)
    }

    /// What credit notes, this one too, hold of the line at that place.
    pub fn held(&self, at: usize) -> Result<&CreditedLine, Overflow> {
        self.held.get(at).ok_or(Overflow)
    }

    /// What the other credit notes leave of the invoice as a whole.
    pub fn whole(&self) -> &Sums {
        &self.whole
    }

    /// What this credit note comes to so far.
    pub fn own(&self) -> &Sums {
        &self.own
    }

    /// Whether the bounds are lifted for this credit note.
    pub fn excess(&self) -> bool {
        self.excess
    }

    /// Whether one line of the invoice is known only.
    pub fn line_alone(&self) -> bool {
        self.invoice.line_alone
    }

    /// The currency of the invoice.
    pub fn currency(&self) -> Currency {
        self.invoice.currency
    }

    /// Counts a line as taken by this credit note.
    pub fn take(&mut self, line: &DocumentLine) -> Result<(), Overflow> {
        let amounts = line.amounts();
        self.own.add(&line.priced.taxes, &amounts)?;
        let Some(held) = self.place_of(line).and_then(|at| self.held.get_mut(at)) else {
            return Ok(());
        };
        held.credited = held.credited.checked_add(&amounts)?;
        if line.refunds == Some(Refunds::Value) {
            held.reduced = held.reduced.checked_add(&amounts)?;
        } else {
            held.goods = held.goods.checked_add(line.priced.quantity)?;
            held.taken.push(line.priced.quantity);
        }
        Ok(())
    }

    /// The places of the lines that a discount is on.
    fn covered(&self, discount: &DocumentLine) -> Vec<usize> {
        discounted(&discount.priced, self.lines().map(|(at, line)| (at, &line.priced)))
    }

    /// The shares that refunding goods of the line at `at` takes along, for the value `proposed` of their quantity: of each
    /// discount on it. The goods themselves are taken already; `beyond` says that they are more than was left.
    pub fn shares(&self, at: usize, proposed: &LineAmounts, beyond: bool) -> Result<Vec<Share>, Overflow> {
        let mut shares = Vec::new();
        for (place, discount) in self.lines().filter(|(_, line)| line.is_discount()) {
            let covered = self.covered(discount);
            if !covered.contains(&at) {
                continue;
            }
            let rest = self.held(place)?.left_value()?;
            let share = match !beyond && self.all_taken(&covered)? {
                true => rest,
                false => self.plain_share(at, discount, &covered, proposed)?,
            };
            shares.push((place, if beyond { share } else { self.bounded(place, &share)? }));
        }
        self.fit(&mut shares)?;
        shares.retain(|(_, share)| !share.is_zero());
        Ok(shares)
    }

    /// Whether no unit is left of any of these lines.
    fn all_taken(&self, places: &[usize]) -> Result<bool, Overflow> {
        for at in places {
            if !self.held(*at)?.left_quantity()?.is_zero() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Part by part, the discount times the proposed value, over the value of all the lines that it is on.
    fn plain_share(
        &self,
        at: usize,
        discount: &DocumentLine,
        covered: &[usize],
        proposed: &LineAmounts,
    ) -> Result<LineAmounts, Overflow> {
        let line = self.invoice.lines.get(at).ok_or(Overflow)?;
        let of = |part: Part, amount: i64| -> Result<i64, Overflow> {
            let mut whole = 0_i64;
            for place in covered {
                let line = self.invoice.lines.get(*place).ok_or(Overflow)?;
                whole = whole.checked_add(part_of(line, &line.amounts(), part)).ok_or(Overflow)?;
            }
            let share = i128::from(amount).checked_mul(part_of(line, proposed, part).into()).ok_or(Overflow)?;
            if whole == 0 { Ok(0) } else { round_div(share, whole.into()) }
        };
        // A tax that none of the lines bears goes by their untaxed amounts.
        let bears = |tax: i64| {
            let has = |place: &usize| {
                self.invoice.lines.get(*place).is_some_and(|line| part_of(line, &line.amounts(), Part::Tax(tax)) != 0)
            };
            if covered.iter().any(has) { Part::Tax(tax) } else { Part::Untaxed }
        };
        let amounts = discount.amounts();
        let taxes = discount.priced.taxes.iter().zip(&amounts.taxes);
        Ok(LineAmounts {
            untaxed: of(Part::Untaxed, amounts.untaxed)?,
            taxes: taxes.map(|(tax, &amount)| of(bears(tax.tax.key), amount)).collect::<Result<_, _>>()?,
        })
    }

    /// A share of the discount at that place, no more of any part than is left of it.
    fn bounded(&self, place: usize, share: &LineAmounts) -> Result<LineAmounts, Overflow> {
        let rest = self.held(place)?.left_value()?;
        let bound = |part: i64, rest: i64| if is_within(part, rest) { part } else { at_most(part, rest) };
        let taxes = share.taxes.iter().enumerate().map(|(at, &tax)| bound(tax, rest.tax(at)));
        Ok(LineAmounts { untaxed: bound(share.untaxed, rest.untaxed), taxes: taxes.collect() })
    }

    /// Raises or lowers the shares where rounding would pass the whole invoice, or make the credit note negative: first in
    /// each tax, then in total.
    fn fit(&self, shares: &mut [Share]) -> Result<(), Overflow> {
        let mut taxes: Vec<i64> = Vec::new();
        for (place, _) in shares.iter() {
            let bears = self.invoice.lines.get(*place).into_iter().flat_map(|line| &line.priced.taxes);
            taxes.extend(bears.map(|tax| tax.tax.key));
        }
        taxes.sort_unstable();
        taxes.dedup();
        for tax in taxes {
            let sum = self.sum_with(shares, Part::Tax(tax), self.own.tax(tax))?;
            self.fit_part(shares, Part::Tax(tax), sum, self.whole.tax(tax))?;
        }
        let mut sum = self.own.total;
        for (_, share) in shares.iter() {
            sum = sum.checked_add(share.total()?).ok_or(Overflow)?;
        }
        self.fit_part(shares, Part::Untaxed, sum, self.whole.total)
    }

    fn sum_with(&self, shares: &[Share], part: Part, own: i64) -> Result<i64, Overflow> {
        shares.iter().try_fold(own, |sum, (place, share)| {
            let line = self.invoice.lines.get(*place).ok_or(Overflow)?;
            sum.checked_add(part_of(line, share, part)).ok_or(Overflow)
        })
    }

    /// Brings a sum between zero and its bound by what is left of that part of the discounts.
    fn fit_part(&self, shares: &mut [Share], part: Part, sum: i64, bound: i64) -> Result<(), Overflow> {
        let (least, most) = (bound.min(0), bound.max(0));
        let mut over = if self.excess { 0 } else { sum.checked_sub(most).ok_or(Overflow)?.max(0) };
        let mut under = least.checked_sub(sum).ok_or(Overflow)?.max(0);
        for (place, share) in shares.iter_mut() {
            let line = self.invoice.lines.get(*place).ok_or(Overflow)?;
            let rest = self.held(*place)?.left_value()?;
            for (at, tax) in std::iter::once(None).chain(line.priced.taxes.iter().map(Some)).enumerate() {
                let is_part = match (part, tax) {
                    (Part::Untaxed, None) => true,
                    (Part::Tax(key), Some(tax)) => tax.tax.key == key,
                    _ => false,
                };
                if !is_part {
                    continue;
                }
                let rest = if at == 0 { rest.untaxed } else { rest.tax(at - 1) };
                let Some(amount) = (if at == 0 { Some(&mut share.untaxed) } else { share.taxes.get_mut(at - 1) })
                else {
                    continue;
                };
                // A discount is below zero: what is left of it is at most as far below.
                let raise = over.min(amount.saturating_sub(rest).max(0));
                let lower = under.min(amount.saturating_neg().max(0));
                *amount = amount.checked_sub(raise).and_then(|amount| amount.checked_add(lower)).ok_or(Overflow)?;
                (over, under) = (over.saturating_sub(raise), under.saturating_sub(lower));
            }
        }
        Ok(())
    }

    /// Moves cents between tax and untaxed amount inside the parts of a spread, one for each line, where rounding would pass
    /// what is left of a tax as a whole; the sums stay.
    pub fn fit_taxes(&self, parts: &mut [LineAmounts]) -> Result<(), Overflow> {
        for (key, _) in &self.whole.taxes {
            let key = *key;
            let mut sum = self.own.tax(key);
            for ((_, line), part) in self.lines().zip(parts.iter()) {
                sum = sum.checked_add(part_of(line, part, Part::Tax(key))).ok_or(Overflow)?;
            }
            let bound = self.whole.tax(key);
            // Above zero there is too much of the tax, below zero too little.
            let mut off = match (sum.checked_sub(bound.max(0)), sum.checked_sub(bound.min(0))) {
                (Some(over), _) if over > 0 => over,
                (_, Some(under)) if under < 0 => under,
                _ => 0,
            };
            for ((at, line), part) in self.lines().zip(parts.iter_mut()) {
                let rest = self.held(at)?.left_value()?;
                let bears = line.priced.taxes.iter().enumerate().filter(|(_, tax)| tax.tax.key == key);
                for (place, _) in bears {
                    let Some(amount) = part.taxes.get_mut(place) else {
                        continue;
                    };
                    // How far the tax can fall, or rise, with the untaxed amount making up for it: both stay within what is left.
                    let (tax_rest, untaxed_rest) = (rest.tax(place), rest.untaxed);
                    let fall =
                        amount.saturating_sub(tax_rest.min(0)).min(untaxed_rest.max(0).saturating_sub(part.untaxed));
                    let rise =
                        tax_rest.max(0).saturating_sub(*amount).min(part.untaxed.saturating_sub(untaxed_rest.min(0)));
                    let moved = if off > 0 { off.min(fall.max(0)) } else { -off.saturating_neg().min(rise.max(0)) };
                    *amount = amount.checked_sub(moved).ok_or(Overflow)?;
                    part.untaxed = part.untaxed.checked_add(moved).ok_or(Overflow)?;
                    off = off.saturating_sub(moved);
                }
            }
        }
        Ok(())
    }

    /// Whether units are left of any line that is no discount.
    pub fn any_units(&self) -> Result<bool, Overflow> {
        for (at, _) in self.lines().filter(|(_, line)| !line.is_discount()) {
            if self.held(at)?.left_quantity()? != Quantity::ZERO {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the invoice was worth anything.
    pub fn had_value(&self) -> bool {
        self.lines().any(|(_, line)| !line.amounts().is_zero())
    }
}

/// That part of the amounts of a line; nothing where it does not bear the tax.
fn part_of(line: &DocumentLine, amounts: &LineAmounts, part: Part) -> i64 {
    match part {
        Part::Untaxed => amounts.untaxed,
        Part::Tax(key) => {
            let place = line.priced.taxes.iter().position(|tax| tax.tax.key == key);
            place.map_or(0, |place| amounts.tax(place))
        }
    }
}
