//! Steps of coupon programs that the commands and the import share: rewards from what was given, and a code that is its own.

use super::context::Cx;
use super::look_up;
use crate::domain::coupon_program::{CodeTaken, CouponProgram, GivenReward, Names, Reward, reward};
use crate::domain::product::Product;
use crate::domain::value::money::Currency;
use crate::domain::value::reference::Reference;
use crate::domain::{Faults, Result};
use crate::store::{coupon, coupon_program};

/// The rewards that were given; what is at fault is gathered, an unknown product refused at once.
pub fn rewards(
    cx: &Cx<'_>,
    faults: &mut Faults,
    given: &[GivenReward],
    currency: Currency,
    names: Names,
) -> Result<Vec<Reward>> {
    let mut rewards = Vec::with_capacity(given.len());
    for given in given {
        let free = given.product.as_deref().map(|id| product_of(cx, id, names.reward)).transpose()?;
        let covered = products(cx, &given.products, names.on)?;
        rewards.extend(reward(given, free.as_ref(), covered, currency, names, faults));
    }
    Ok(rewards)
}

/// The products of these ids, each once; an empty text names none.
pub fn products(cx: &Cx<'_>, ids: &[String], field: &'static str) -> Result<Vec<Reference>> {
    let mut products: Vec<Reference> = Vec::with_capacity(ids.len());
    for id in ids.iter().filter(|id| !id.is_empty()) {
        let product = product_of(cx, id, field)?.reference();
        if !products.contains(&product) {
            products.push(product);
        }
    }
    Ok(products)
}

fn product_of(cx: &Cx<'_>, given: &str, field: &'static str) -> Result<Product> {
    look_up::one(cx, field, given)
}

/// Refuses a promo code that another program or a coupon has (contract, section 7).
pub fn check_code_free(cx: &Cx<'_>, program: &CouponProgram) -> Result<()> {
    let Some(code) = program.code.as_deref() else {
        return Ok(());
    };
    let of_program = coupon_program::with_code(cx.db, code)?.filter(|other| *other != program.id);
    if of_program.is_some() || coupon::has_code(cx.db, code)? {
        return Err(CodeTaken { code: code.to_owned(), program: of_program }.into());
    }
    Ok(())
}
