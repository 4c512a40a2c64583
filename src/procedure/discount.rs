//! Codes on orders: looked up, worked out anew at each change of a draft, consumed when the order is confirmed and given back when it
//! is cancelled (spec C6 to C8).

use super::context::Cx;
use crate::domain::common::ValueRefused;
use crate::domain::coupon::{Coupon, CouponState};
use crate::domain::coupon_program::{CouponProgram, Reward, folded_code};
use crate::domain::discount::{self, Code, CodeRefused, Dropped, Settled, Standing};
use crate::domain::order::{Order, OrderLine};
use crate::domain::value::reference::Reference;
use crate::domain::{Refusal, Result};
use crate::store::{coupon, coupon_program, product};

/// The code that was typed, of a coupon or of a program.
pub fn named(cx: &Cx<'_>, given: &str) -> Result<Code> {
    if given.is_empty() {
        return Err(ValueRefused::missing("code").into());
    }
    look_up(cx, given)?.ok_or_else(|| CodeRefused::Unknown { code: given.to_owned() }.into())
}

fn look_up(cx: &Cx<'_>, given: &str) -> Result<Option<Code>> {
    if folded_code(given).is_empty() {
        return Ok(None);
    }
    if let Some(coupon) = coupon::by_code(cx.db, given)? {
        let program = coupon_program::by_key(cx.db, coupon.program.key)?;
        return Ok(Some(Code { coupon: Some(coupon.clone()), ..code_of(cx, coupon.id, program)? }));
    }
    match coupon_program::of_code(cx.db, given)? {
        None => Ok(None),
        Some(program) => {
            let code = program.code.clone().unwrap_or_default();
            Ok(Some(code_of(cx, code, program)?))
        }
    }
}

/// A program's code, with what the program gives free.
fn code_of(cx: &Cx<'_>, code: String, program: CouponProgram) -> Result<Code> {
    let mut free = Vec::new();
    for reward in &program.rewards {
        if let Reward::FreeProduct { product, .. } = reward {
            free.push(product::by_key(cx.db, product.key)?);
        }
    }
    Ok(Code { code, uses: coupon_program::uses(cx.db, program.key)?, program, coupon: None, free })
}

/// The codes on an order, in the order in which they were applied.
fn standing(cx: &Cx<'_>, order: &Order) -> Result<Vec<Standing>> {
    let codes = order.coupons.iter();
    codes.map(|code| Ok(Standing { code: code.clone(), known: look_up(cx, code)? })).collect()
}

/// Works out anew what the codes of a draft make, after any change of it; one that fails its checks is taken off, with a
/// warning. Where nothing but discounts changes, it is as it was.
pub fn settle(cx: &Cx<'_>, order: &mut Order) -> Result<()> {
    if order.coupons.is_empty() {
        return Ok(());
    }
    let settled = discount::settle(order, &standing(cx, order)?, cx.today)?;
    put(cx, order, settled)
}

/// Applies one more code.
pub fn apply(cx: &Cx<'_>, order: &mut Order, code: &Code) -> Result<()> {
    let settled = discount::apply(order, &standing(cx, order)?, code, cx.today)?;
    put(cx, order, settled)
}

/// Works out what the codes of an order make on which it is confirmed: one that fails its checks is refused, never silently
/// dropped (spec C8). What came out otherwise than the draft said is told.
pub fn settle_to_confirm(cx: &Cx<'_>, order: &mut Order) -> Result<()> {
    if order.coupons.is_empty() {
        return Ok(());
    }
    let settled = discount::settle(order, &standing(cx, order)?, cx.today)?;
    if let Some(dropped) = settled.dropped.first() {
        return Err(dropped.clone().into());
    }
    let before = order.total;
    put(cx, order, settled)?;
    if order.total != before {
        let message =
            format!("its programs changed since, so the order comes to {} and no longer to {before}", order.total);
        cx.warn("discount_changed", message);
    }
    Ok(())
}

/// Puts the lines that codes make in the place of those that they made before, and warns of codes that are gone.
fn put(cx: &Cx<'_>, order: &mut Order, settled: Settled) -> Result<()> {
    let mut before: Vec<OrderLine> = order.lines.iter().filter(|line| line.coupon.is_some()).cloned().collect();
    let mut made = settled.lines;
    for line in &mut made {
        // A line of the same code, product and taxes is the same line, with what it comes to by now.
        line.key = match before.iter().position(|known| is_same_line(known, line)) {
            Some(place) => before.swap_remove(place).key,
            None => cx.db.next_key()?,
        };
    }
    order.put_code_lines(made)?;
    settled.dropped.iter().for_each(|dropped| warn_of(cx, dropped));
    Ok(())
}

fn warn_of(cx: &Cx<'_>, Dropped { order, code, why }: &Dropped) {
    cx.warn(why.code(), format!("{code} is taken off {order}: {why}"));
}

fn is_same_line(known: &OrderLine, line: &OrderLine) -> bool {
    let taxes = |line: &OrderLine| line.priced.taxes.iter().map(|tax| tax.tax.key).collect::<Vec<_>>();
    (&known.coupon, &known.program, &known.product, known.priced.quantity)
        == (&line.coupon, &line.program, &line.product, line.priced.quantity)
        && taxes(known) == taxes(line)
}

/// Consumes the codes of an order that is confirmed: each coupon is used by it, each program once more (spec C8).
pub fn consume(cx: &Cx<'_>, order: &Order) -> Result<()> {
    for Standing { known, .. } in standing(cx, order)? {
        let Some(code) = known else {
            continue;
        };
        if let Some(coupon) = &code.coupon {
            coupon::use_up(cx.db, coupon.key, order.key)?;
            cx.touched("coupon", &coupon.id);
        }
        coupon_program::count_use(cx.db, code.program.key)?;
        cx.touched("coupon_program", &code.program.id);
    }
    Ok(())
}

/// A code of an order of another system: as it is spelled here, and its program, where it is known here.
pub fn known(cx: &Cx<'_>, given: &str) -> Result<(String, Option<Reference>)> {
    Ok(match look_up(cx, given)? {
        Some(known) => (known.code, Some(known.program.reference())),
        None => (given.to_owned(), None),
    })
}

/// Consumes the codes of an order that comes in confirmed. What was agreed elsewhere stands, so that the limit of a program is no
/// bound here; but a coupon works once.
pub fn consume_foreign(cx: &Cx<'_>, order: &Order) -> Result<()> {
    for Standing { code, known } in standing(cx, order)? {
        let Some(coupon) = known.and_then(|known| known.coupon) else {
            continue;
        };
        match coupon.state {
            CouponState::Cancelled => return Err(CodeRefused::Cancelled { code }.into()),
            CouponState::Used => {
                let by = coupon.order.map(|order| order.id);
                return Err(CodeRefused::Used { code, order: by }.into());
            }
            CouponState::Valid | CouponState::Expired => coupon::use_up(cx.db, coupon.key, order.key)?,
        }
        cx.touched("coupon", &coupon.id);
    }
    for program in order.programs() {
        coupon_program::count_foreign_use(cx.db, program.key)?;
        cx.touched("coupon_program", &program.id);
    }
    Ok(())
}

/// Gives back what a confirmed order consumed that is cancelled (spec C8).
pub fn give_back(cx: &Cx<'_>, order: &Order) -> Result<()> {
    for code in &order.coupons {
        let used = coupon::by_code(cx.db, code)?;
        let is_ours = |coupon: &Coupon| coupon.order.as_ref().is_some_and(|by| by.key == order.key);
        if let Some(coupon) = used.filter(is_ours) {
            coupon::give_back(cx.db, coupon.key, order.key)?;
            cx.touched("coupon", &coupon.id);
        }
    }
    for program in order.programs() {
        coupon_program::take_use_back(cx.db, program.key)?;
        cx.touched("coupon_program", &program.id);
    }
    Ok(())
}
