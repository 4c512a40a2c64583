//! What codes take off: one after the other, each from what those before it left (spec C7).

use std::cmp::Reverse;

use super::Code;
use crate::domain::coupon_program::{On, Reward, Worth};
use crate::domain::line::PricedLine;
use crate::domain::order::{Order, OrderLine};
use crate::domain::product::{Product, UnitPrice};
use crate::domain::tax::from_total;
use crate::domain::value::money::{Currency, Money, round_div, split};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::Reference;

/// All of an amount, in the millionths of a percent that a percentage is in.
const WHOLE: i128 = Percent::HUNDRED.millionths() as i128;

/// The product lines of an order, and what codes took of each.
pub struct Acted<'o> {
    sold: Vec<&'o OrderLine>,
    /// What is left of the total of each line, in minor units.
    left: Vec<i64>,
    /// What the order comes to by now: no code takes more, whatever it covers.
    rest: i64,
    /// What each code did, in their order.
    deeds: Vec<Deed>,
}

/// What one code did.
#[derive(Default)]
struct Deed {
    /// What it took of each product line, in minor units.
    taken: Vec<i64>,
    /// What it gives, by the product's key.
    free: Vec<(i64, Quantity)>,
}

impl<'o> Acted<'o> {
    /// Lets these codes act on the order, one after the other.
    pub fn of(order: &'o Order, codes: &[&Code]) -> Result<Acted<'o>, Overflow> {
        let own: Vec<&OrderLine> = order.lines.iter().filter(|line| line.coupon.is_none()).collect();
        let rest: i128 = own.iter().map(|line| i128::from(line.priced.total.minor)).sum();
        let sold: Vec<&OrderLine> = own.into_iter().filter(|line| line.product.is_some()).collect();
        let left = sold.iter().map(|line| line.priced.total.minor.max(0)).collect();
        let rest = i64::try_from(rest).map_err(|_| Overflow)?;
        let mut acted = Acted { sold, left, rest, deeds: Vec::new() };
        for code in codes {
            acted.act(code)?;
        }
        Ok(acted)
    }

    /// Whether the last code took or gives anything.
    pub fn last_gives_something(&self) -> bool {
        self.deeds.last().is_some_and(|deed| !deed.free.is_empty() || deed.taken.iter().any(|part| *part != 0))
    }

    /// Lets a code act: its rewards in turn.
    fn act(&mut self, code: &Code) -> Result<(), Overflow> {
        let mut deed = Deed { taken: vec![0; self.sold.len()], free: Vec::new() };
        for reward in &code.program.rewards {
            match reward {
                Reward::FreeProduct { product, quantity } => deed.free.push((product.key, *quantity)),
                Reward::Discount { worth, on, maximum } => {
                    let weights = self.covered(on);
                    let amount = self.amount(*worth, on, &weights, *maximum)?;
                    for (at, part) in split(amount, &weights).ok_or(Overflow)?.into_iter().enumerate() {
                        let (Some(left), Some(taken)) = (self.left.get_mut(at), deed.taken.get_mut(at)) else {
                            continue;
                        };
                        *left = left.checked_sub(part).ok_or(Overflow)?;
                        *taken = taken.checked_add(part).ok_or(Overflow)?;
                    }
                    self.rest = self.rest.checked_sub(amount).ok_or(Overflow)?;
                }
            }
        }
        self.deeds.push(deed);
        Ok(())
    }

    /// What is left of each line that a reward covers; nothing of the others.
    fn covered(&self, on: &On) -> Vec<i64> {
        let cheapest = self.cheapest();
        let covers = |(at, line): (usize, &&OrderLine)| match on {
            On::Order => true,
            On::Cheapest => Some(at) == cheapest,
            On::Products(products) => {
                line.product.as_ref().is_some_and(|product| products.iter().any(|named| named.key == product.key))
            }
        };
        let lines = self.sold.iter().enumerate().map(covers);
        lines.zip(&self.left).map(|(covered, left)| if covered { *left } else { 0 }).collect()
    }

    /// The line whose unit is the cheapest, its own discount taken off, among those of which something is left; of equal ones the
    /// earlier (contract, section 7).
    fn cheapest(&self) -> Option<usize> {
        let price = |line: &OrderLine| {
            let paid = WHOLE.saturating_sub(line.priced.discount.millionths().into());
            i128::from(line.priced.price.price.millionths()).saturating_mul(paid)
        };
        let lines = self.sold.iter().zip(&self.left).enumerate();
        let with_units = lines.filter(|(_, (line, left))| **left > 0 && line.priced.quantity > Quantity::ZERO);
        with_units.min_by_key(|(at, (line, _))| (price(line), *at)).map(|(at, _)| at)
    }

    /// What a reward takes off the lines of which that is left: limited by its maximum, by what it covers, and by what the order
    /// comes to.
    fn amount(&self, worth: Worth, on: &On, covered: &[i64], maximum: Option<Money>) -> Result<i64, Overflow> {
        let sum: i128 = covered.iter().map(|left| i128::from(*left)).sum();
        let (part, limit) = match on {
            On::Order | On::Products(_) => (None, sum),
            // Of the cheapest line one unit is covered: its part of what is left.
            On::Cheapest => {
                let quantity = self
                    .cheapest()
                    .and_then(|at| self.sold.get(at))
                    .map_or(0, |line| line.priced.quantity.millionths());
                let unit =
                    if quantity == 0 { 0 } else { share(sum, Quantity::ONE.millionths().into(), quantity.into())? };
                (Some(quantity), i128::from(unit).min(sum))
            }
        };
        let amount = match (worth, part) {
            (Worth::Fixed(amount), _) => amount.minor,
            (Worth::Percent(percent), None) => share(sum, percent.millionths().into(), WHOLE)?,
            (Worth::Percent(_), Some(0)) => 0,
            // Rounded once, after the percentage.
            (Worth::Percent(percent), Some(quantity)) => {
                let times = i128::from(percent.millionths()).checked_mul(Quantity::ONE.millionths().into());
                let whole = WHOLE.checked_mul(quantity.into());
                share(sum, times.ok_or(Overflow)?, whole.ok_or(Overflow)?)?
            }
        };
        let amount = maximum.map_or(amount, |maximum| amount.min(maximum.minor));
        let limited = i128::from(amount).min(limit).min(self.rest.into()).max(0);
        i64::try_from(limited).map_err(|_| Overflow)
    }

    /// What these codes took, as lines for each set of taxes (contract, section 7).
    pub fn discounts(&self, codes: &[&Code]) -> Result<Vec<PricedLine>, Overflow> {
        let mut discounts = Vec::new();
        for (deed, _) in self.deeds.iter().zip(codes) {
            discounts.extend(self.discounts_of(deed)?);
        }
        Ok(discounts)
    }

    fn discounts_of(&self, deed: &Deed) -> Result<Vec<PricedLine>, Overflow> {
        let mut sums: Vec<(&OrderLine, Terms, i64)> = Vec::new();
        for (line, part) in self.sold.iter().zip(&deed.taken).filter(|(_, part)| **part != 0) {
            let terms = terms_of(&line.priced);
            match sums.iter_mut().find(|(_, known, _)| *known == terms) {
                Some((_, _, sum)) => *sum = sum.checked_add(*part).ok_or(Overflow)?,
                None => sums.push((line, terms, *part)),
            }
        }
        sums.into_iter().map(|(line, _, sum)| discount_of(&line.priced, sum)).collect()
    }

    /// The lines that these codes, which acted, make on an order of that currency.
    pub fn into_lines(self, codes: &[&Code], currency: Currency) -> Result<Vec<OrderLine>, Overflow> {
        let mut lines = Vec::new();
        for (deed, code) in self.deeds.iter().zip(codes) {
            for priced in self.discounts_of(deed)? {
                lines.push(line_of(code, None, &code.program.name, priced));
            }
            for (key, quantity) in &deed.free {
                if let Some(product) = code.free.iter().find(|product| product.key == *key) {
                    let priced = free_line(product, *quantity, currency)?;
                    lines.push(line_of(code, Some(product.reference()), &product.name, priced));
                }
            }
        }
        Ok(lines)
    }
}

/// A line that a code makes.
fn line_of(code: &Code, product: Option<Reference>, label: &str, priced: PricedLine) -> OrderLine {
    OrderLine {
        key: 0,
        line: 0,
        product,
        label: label.to_owned(),
        delivered: Quantity::ZERO,
        invoiced: Quantity::ZERO,
        coupon: Some(code.code.clone()),
        program: Some(code.program.reference()),
        used: None,
        priced,
    }
}

/// A set of taxes, in an order of its own: each by its key, at the rate and in the way in which the line bears it.
type Terms = Vec<(i64, i64, bool)>;

fn terms_of(priced: &PricedLine) -> Terms {
    let mut terms: Terms = priced.taxes.iter().map(|tax| (tax.tax.key, tax.rate.millionths(), tax.included)).collect();
    terms.sort_unstable_by_key(|terms| Reverse(*terms));
    terms
}

/// Amount x times / whole, rounded.
fn share(amount: i128, times: i128, whole: i128) -> Result<i64, Overflow> {
    round_div(amount.checked_mul(times).ok_or(Overflow)?, whole)
}

/// The line that takes a sum with taxes off, under the taxes that `like` bears; its price is in their terms.
fn discount_of(like: &PricedLine, sum: i64) -> Result<PricedLine, Overflow> {
    let currency = like.total.currency;
    let total = sum.checked_neg().ok_or(Overflow)?;
    let amounts = from_total(total, &like.rates())?;
    let included = like.taxes.iter().zip(&amounts.taxes).filter(|(tax, _)| tax.included);
    let price = included.map(|(_, amount)| *amount).try_fold(amounts.untaxed, i64::checked_add).ok_or(Overflow)?;
    let price = UnitPrice { price: Price::of(Money::new(price, currency))?, currency };
    PricedLine::with_amounts(Quantity::ONE, price, Percent::ZERO, like.taxes.clone(), &amounts)
}

/// A product for nothing, under its own taxes.
fn free_line(product: &Product, quantity: Quantity, currency: Currency) -> Result<PricedLine, Overflow> {
    let price = UnitPrice { price: Price::ZERO, currency };
    PricedLine::compute(quantity, price, Percent::ZERO, &product.taxes)
}
