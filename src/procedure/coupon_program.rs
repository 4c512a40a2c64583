//! Steps of coupon programs that the commands and the import share: a program from what was given, and a code that is its own.

use super::context::{Cx, found};
use super::currency;
use crate::domain::coupon_program::{
    AmountTax, CodeTaken, Conditions, CouponProgram, GivenProgram, GivenReward, Names, ProgramType, Reward, check_code,
    check_days, check_rewards, minimum_quantity, more_than_nothing, reward, usage_limit,
};
use crate::domain::product::Product;
use crate::domain::value::money::Currency;
use crate::domain::value::reference::Reference;
use crate::domain::{Faults, Result};
use crate::store::{coupon, coupon_program, product};

/// The program that was given, its values checked; its key is 0 until it is written.
pub fn made_of(cx: &Cx<'_>, given: &GivenProgram, names: Names) -> Result<CouponProgram> {
    let mut faults = Faults::default();
    // Needed for the amounts, but told in the place of its flag.
    let named = currency::named(cx, given.currency.as_deref());
    let currency = named.as_ref().copied().unwrap_or(cx.desk.currency);

    faults.gather(check_rewards(&given.rewards, names));
    let rewards = rewards(cx, &mut faults, &given.rewards, currency, names)?;
    let conditions = given.conditions.clone().unwrap_or_default();
    let minimum_amount = conditions.minimum_amount.as_ref();
    let minimum_amount =
        minimum_amount.and_then(|amount| faults.gather(more_than_nothing(amount, currency, "minimum_amount")));
    let minimum_quantity = conditions.minimum_quantity.and_then(|least| faults.gather(minimum_quantity(least)));
    let products = products(cx, &conditions.products, "condition_product")?;
    faults.gather(check_days(given.start, given.end));
    let usage_limit = given.usage_limit.and_then(|limit| faults.gather(usage_limit(limit)));
    let kind = given.kind.unwrap_or(ProgramType::Coupons);
    let code = given.code.clone().filter(|code| !code.is_empty());
    faults.gather(check_code(kind, code.as_deref()));
    faults.gather(named);
    faults.refuse()?;

    Ok(CouponProgram {
        key: 0,
        id: given.id.clone(),
        name: given.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| given.id.clone()),
        kind,
        archived: given.archived.unwrap_or(false),
        code,
        currency,
        start: given.start,
        end: given.end,
        usage_limit,
        rewards,
        conditions: Conditions {
            minimum_amount,
            minimum_amount_tax: conditions.minimum_amount_tax.unwrap_or(AmountTax::Included),
            minimum_quantity,
            products,
        },
    })
}

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
    found(cx.db.by_reference(given, |id| product::by_id(cx.db, id))?, "product", "product", field, given)
}

/// Refuses a promo code that another program or a coupon has (contract, section 7).
pub fn check_code_free(cx: &Cx<'_>, program: &CouponProgram) -> Result<()> {
    let Some(code) = program.code.as_deref() else {
        return Ok(());
    };
    let of_program = coupon_program::with_code(cx.db, code)?.filter(|other| *other != program.id);
    if of_program.is_some() || coupon::by_code(cx.db, code)?.is_some() {
        return Err(CodeTaken { code: code.to_owned(), program: of_program }.into());
    }
    Ok(())
}
