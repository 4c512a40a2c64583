//! Codes on orders: which of them an order takes, and the lines that they make (spec C6 to C8; contract, section 7).
//!
//! Everything is worked out anew at each change of a draft: from its product lines, and from its codes in the order in which they
//! were applied. What an order was before does not matter, so that removing a code leaves what there was without it.

mod acting;
mod refused;
#[cfg(test)]
mod tests;

pub use refused::{CodeRefused, Dropped};

use super::common::CurrencyMismatch;
use super::coupon::{Coupon, CouponState};
use super::coupon_program::{AmountTax, CouponProgram, On, Reward, Worth};
use super::line::PricedLine;
use super::order::{Order, OrderLine};
use super::product::Product;
use crate::domain::value::day::Day;
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::{Percent, Quantity};
use acting::Acted;

/// A code that somebody gave out: that of a coupon, or the one that a program has for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// As its coupon or program spells it.
    pub code: String,
    pub program: CouponProgram,
    /// On how many confirmed orders the program is.
    pub uses: i64,
    /// None where the code is the program's own.
    pub coupon: Option<Coupon>,
    /// The products that the program gives free.
    pub free: Vec<Product>,
}

/// A code that stands on an order; unknown by now, where the program has another one since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub code: String,
    pub known: Option<Code>,
}

/// What an order's codes come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The lines that the codes make, code by code in the order in which they were applied; neither numbered nor keyed yet.
    pub lines: Vec<OrderLine>,
    /// The codes that the order does not keep.
    pub dropped: Vec<Dropped>,
}

/// Works out what the codes on an order come to on that day: each is checked again, after those before it.
pub fn settle(order: &Order, standing: &[Standing], today: Day) -> Result<Settled, Overflow> {
    let (kept, dropped) = kept_of(order, standing, today)?;
    Ok(Settled { lines: Acted::of(order, &kept)?.into_lines(&kept, order.currency)?, dropped })
}

/// The same with one more code, which is applied after those that the order keeps, or refused (spec C6).
pub fn apply(order: &Order, standing: &[Standing], new: &Code, today: Day) -> Result<Settled, CodeRefused> {
    let (mut kept, mut dropped) = kept_of(order, standing, today)?;
    admit(order, &mut kept, new, today, &mut dropped)?;
    Ok(Settled { lines: Acted::of(order, &kept)?.into_lines(&kept, order.currency)?, dropped })
}

/// The codes that an order keeps, and those that it does not.
fn kept_of<'c>(order: &Order, standing: &'c [Standing], today: Day) -> Result<(Vec<&'c Code>, Vec<Dropped>), Overflow> {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for Standing { code, known } in standing {
        let admitted = match known {
            Some(known) => admit(order, &mut kept, known, today, &mut dropped),
            None => Err(CodeRefused::Unknown { code: code.clone() }),
        };
        match admitted {
            Ok(()) => {}
            Err(CodeRefused::Overflow(overflow)) => return Err(overflow),
            Err(why) => dropped.push(Dropped { order: order.id.clone(), code: code.clone(), why }),
        }
    }
    Ok((kept, dropped))
}

/// Takes a code behind those that are kept, or says why not, by the first of the checks that it fails (spec C6). A smaller
/// percentage on the order gives way to it (spec C8).
fn admit<'c>(
    order: &Order,
    kept: &mut Vec<&'c Code>,
    code: &'c Code,
    today: Day,
    dropped: &mut Vec<Dropped>,
) -> Result<(), CodeRefused> {
    code.check_usable(order, today)?;
    if let Some(other) = kept.iter().find(|other| other.program.key == code.program.key) {
        let (order, program) = (order.id.clone(), code.program.id.clone());
        return Err(CodeRefused::AlreadyApplied { code: code.code.clone(), other: other.code.clone(), program, order });
    }
    let rivals: Vec<&Code> = match code.percent_on_order() {
        None => Vec::new(),
        Some(_) => kept.iter().copied().filter(|other| other.percent_on_order().is_some()).collect(),
    };
    if let Some(better) = rivals.iter().find(|other| other.percent_on_order() >= code.percent_on_order()) {
        let (order, better) = (order.id.clone(), better.code.clone());
        return Err(CodeRefused::BetterApplied { code: code.code.clone(), better, order });
    }
    let mut with: Vec<&Code> = kept.iter().copied().filter(|other| !rivals.contains(other)).collect();
    code.check_conditions(order, &Acted::of(order, &with)?, &with)?;
    with.push(code);
    if !Acted::of(order, &with)?.last_gives_something() {
        return Err(CodeRefused::NothingToDiscount { code: code.code.clone(), order: order.id.clone() });
    }
    *kept = with;
    dropped.extend(rivals.into_iter().map(|rival| {
        let why = CodeRefused::Replaced { code: rival.code.clone(), by: code.code.clone(), order: order.id.clone() };
        Dropped { order: order.id.clone(), code: rival.code.clone(), why }
    }));
    Ok(())
}

impl Code {
    /// Whether it can be used at all by that order on that day, whatever stands on it.
    fn check_usable(&self, order: &Order, today: Day) -> Result<(), CodeRefused> {
        let (code, program) = (self.code.clone(), &self.program);
        if !program.is_active(today) {
            return Err(CodeRefused::Inactive { code, program: program.id.clone() });
        }
        if let Some(coupon) = &self.coupon {
            check_coupon(coupon, order, today)?;
        }
        match program.usage_limit {
            Some(limit) if self.uses >= limit => {
                return Err(CodeRefused::UsageLimit { code, program: program.id.clone(), limit });
            }
            _ => {}
        }
        if program.currency != order.currency {
            return Err(CodeRefused::Currency(CurrencyMismatch {
                field: "code",
                what: format!("the program {}", program.id),
                has: program.currency,
                wanted: order.currency,
                way_out: "",
            }));
        }
        Ok(())
    }

    /// The highest percentage that it takes off the whole order, where it takes one (contract, section 7).
    fn percent_on_order(&self) -> Option<Percent> {
        let percent = |reward: &Reward| match reward {
            Reward::Discount { worth: Worth::Percent(percent), on: On::Order, .. } => Some(*percent),
            _ => None,
        };
        self.program.rewards.iter().filter_map(percent).max()
    }

    /// Whether the order qualifies, after the codes `before` it acted as told.
    fn check_conditions(&self, order: &Order, acted: &Acted<'_>, before: &[&Code]) -> Result<(), CodeRefused> {
        let conditions = &self.program.conditions;
        let counts = |line: &&OrderLine| {
            let named = |product| conditions.products.iter().any(|named| named.key == product);
            let product = line.product.as_ref().filter(|_| line.coupon.is_none());
            product.is_some_and(|product| conditions.products.is_empty() || named(product.key))
        };
        let counted: Vec<&OrderLine> = order.lines.iter().filter(counts).collect();
        let of_tax = |priced: &PricedLine| match conditions.minimum_amount_tax {
            AmountTax::Included => priced.total,
            AmountTax::Excluded => priced.untaxed,
        };
        if let Some(minimum) = conditions.minimum_amount {
            let mut amount: i128 = counted.iter().map(|line| i128::from(of_tax(&line.priced).minor)).sum();
            // Named products count as they are priced; all of them less what is taken off already.
            if conditions.products.is_empty() {
                let lines = acted.discounts(before)?;
                let taken = lines.iter().chain(standing_discounts(order).map(|line| &line.priced));
                amount = taken.fold(amount, |sum, priced| sum.saturating_add(of_tax(priced).minor.into()));
            }
            if amount < i128::from(minimum.minor) {
                let (order, code) = (order.id.clone(), self.code.clone());
                return Err(CodeRefused::MinimumAmount { code, minimum, tax: conditions.minimum_amount_tax, order });
            }
        }
        let quantity: i128 = counted.iter().map(|line| i128::from(line.priced.quantity.millionths())).sum();
        // Of products that are named the order needs at least one.
        let one_at_least = conditions.products.is_empty() || quantity > 0;
        let minimum = conditions.minimum_quantity.unwrap_or(Quantity::ZERO);
        if !one_at_least || quantity < i128::from(minimum.millionths()) {
            let products = conditions.products.iter().map(|product| product.id.clone()).collect();
            let (order, code) = (order.id.clone(), self.code.clone());
            let minimum = conditions.minimum_quantity;
            return Err(CodeRefused::MinimumQuantity { code, minimum, products, order });
        }
        Ok(())
    }
}

/// Whether the order may use that coupon on that day.
fn check_coupon(coupon: &Coupon, order: &Order, today: Day) -> Result<(), CodeRefused> {
    let code = coupon.id.clone();
    if coupon.state == CouponState::Cancelled {
        return Err(CodeRefused::Cancelled { code });
    }
    if let Some(valid_until) = coupon.valid_until.filter(|last| *last < today) {
        return Err(CodeRefused::Expired { code, valid_until });
    }
    if coupon.state == CouponState::Used {
        return Err(CodeRefused::Used { code, order: coupon.order.as_ref().map(|order| order.id.clone()) });
    }
    let is_theirs = coupon.customer.as_ref().is_some_and(|customer| customer.key == order.customer.key);
    if coupon.only_customer && !is_theirs {
        return Err(CodeRefused::OtherCustomer { code });
    }
    Ok(())
}

/// Lines that take something off without a code, as orders of another system have them.
fn standing_discounts(order: &Order) -> impl Iterator<Item = &OrderLine> {
    order.lines.iter().filter(|line| line.coupon.is_none() && line.is_discount())
}
