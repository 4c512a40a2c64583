//! Coupon programs, their rewards and conditions.

use super::engine::uses;
use super::{Db, Key, Page, Result, Row, StoreError};
use crate::domain::coupon_program::{
    AmountTax, Conditions, CouponProgram, Covers, On, ProgramType, Reward, RewardType, Worth, folded_code,
};
use crate::domain::in_use::Use;
use crate::domain::value::money::Money;
use crate::domain::value::reference::{Reference, folded};
use crate::{column_of_text, insert, named, paged, params, query, raw, update};

column_of_text!(ProgramType, RewardType, Covers, AmountTax);

macro_rules! head {
    () => {
        "SELECT p.key, p.id, p.name, p.type, p.archived, p.code, cu.code, cu.digits, p.start_date, p.end_date, p.usage_limit,
                p.minimum_amount, p.minimum_amount_tax, p.minimum_quantity
         FROM coupon_program p JOIN currency cu ON cu.code = p.currency"
    };
}

/// All but the rewards and the products of the conditions.
fn read(row: &Row<'_>) -> Result<CouponProgram> {
    let currency = row.currency(6)?;
    let minimum_amount: Option<i64> = row.get(11)?;
    Ok(CouponProgram {
        key: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        kind: row.get(3)?,
        archived: row.get(4)?,
        code: row.get(5)?,
        currency,
        start: row.get(8)?,
        end: row.get(9)?,
        usage_limit: row.get(10)?,
        rewards: Vec::new(),
        conditions: Conditions {
            minimum_amount: minimum_amount.map(|minor| Money::new(minor, currency)),
            minimum_amount_tax: row.get(12)?,
            minimum_quantity: row.get(13)?,
            products: Vec::new(),
        },
    })
}

/// The program with that id or, ignoring case, that name; complete.
pub fn by_id(db: &Db, id: &str) -> Result<Option<CouponProgram>> {
    let program = db.by_id_or_name(named!(head!(), "p"), id, read)?;
    program.map(|program| completed(db, program)).transpose()
}

/// The program of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<CouponProgram> {
    completed(db, db.query_one(concat!(head!(), " WHERE p.key = $1"), params![key], read)?)
}

/// One page of the list, without rewards and conditions' products.
pub fn page(db: &Db, page: Page) -> Result<Vec<CouponProgram>> {
    db.page(paged!(head!(), "p.key"), page, read)
}

/// Every program that is not archived and makes coupons, in order of creation, without rewards: what a ticket may offer.
pub fn making_coupons(db: &Db) -> Result<Vec<CouponProgram>> {
    db.query(concat!(head!(), " WHERE p.archived = 0 AND p.type = 'coupons' ORDER BY p.key"), params![], read)
}

/// The id of the program that has that promo code, whatever its spelling.
pub fn with_code(db: &Db, code: &str) -> Result<Option<String>> {
    db.query_opt(
        query!([coupon_program], "SELECT id FROM coupon_program WHERE code_folded = $1"),
        params![folded_code(code)],
        |row| row.get(0),
    )
}

/// The first coupon that was made of the program.
pub fn first_coupon(db: &Db, program: Key) -> Result<Option<Use>> {
    uses::first(
        db,
        &[("coupon", query!([coupon], "SELECT id FROM coupon WHERE program = $1 ORDER BY key LIMIT 1"))],
        program,
    )
}

fn completed(db: &Db, mut program: CouponProgram) -> Result<CouponProgram> {
    complete(db, &mut program)?;
    Ok(program)
}

/// Loads the rewards and the products of the conditions.
pub fn complete(db: &Db, program: &mut CouponProgram) -> Result<()> {
    let named: Vec<(Option<i64>, Reference)> = db.query(
        query!(
            [coupon_product, product],
            "SELECT cp.reward, p.key, p.id FROM coupon_product cp JOIN product p ON p.key = cp.product
         WHERE cp.program = $1 ORDER BY cp.position"
        ),
        params![program.key],
        |row| Ok((row.get(0)?, row.reference(1)?)),
    )?;
    let products_of = |reward: Option<i64>| -> Vec<Reference> {
        named.iter().filter(|(of, _)| *of == reward).map(|(_, product)| product.clone()).collect()
    };
    program.conditions.products = products_of(None);
    let currency = program.currency;
    program.rewards = db.query(
        query!(
            [coupon_reward, product],
            "SELECT r.position, r.type, r.percent, r.fixed, r.applies_on, p.key, p.id, r.quantity, r.maximum
         FROM coupon_reward r LEFT JOIN product p ON p.key = r.product WHERE r.program = $1 ORDER BY r.position"
        ),
        params![program.key],
        |row| {
            let worth = match row.get(1)? {
                RewardType::Percent => Worth::Percent(filled(row.get(2)?)?),
                RewardType::Fixed => Worth::Fixed(Money::new(filled(row.get(3)?)?, currency)),
                RewardType::FreeProduct => {
                    let (product, quantity) = (filled(row.optional_reference(5)?)?, filled(row.get(7)?)?);
                    return Ok(Reward::FreeProduct { product, quantity });
                }
            };
            let on = match filled(row.get(4)?)? {
                Covers::Order => On::Order,
                Covers::Cheapest => On::Cheapest,
                Covers::Products => On::Products(products_of(Some(row.get(0)?))),
            };
            let maximum: Option<i64> = row.get(8)?;
            Ok(Reward::Discount { worth, on, maximum: maximum.map(|minor| Money::new(minor, currency)) })
        },
    )?;
    Ok(())
}

fn filled<T>(column: Option<T>) -> Result<T> {
    column.ok_or_else(|| StoreError::Damaged("a coupon reward is not complete".to_owned()))
}

/// Writes a new program.
pub fn insert(db: &Db, program: &CouponProgram) -> Result<()> {
    db.write(
        raw!(writes [coupon_program], reads [], "INSERT INTO coupon_program (key, id, name, name_folded, type, archived, code, code_folded, currency, start_date,
           end_date, usage_limit, used, minimum_amount, minimum_amount_tax, minimum_quantity)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15)"),
        params![
            program.key,
            &program.id,
            &program.name,
            folded(&program.name),
            program.kind.word(),
            program.archived,
            &program.code,
            program.code.as_deref().map(folded_code),
            program.currency,
            program.start,
            program.end,
            program.usage_limit,
            program.conditions.minimum_amount,
            program.conditions.minimum_amount_tax.word(),
            program.conditions.minimum_quantity
        ],
    )?;
    insert_rewards(db, program)
}

/// Writes what was changed of a program; its rewards and named products are replaced.
pub fn update(db: &Db, program: &CouponProgram) -> Result<()> {
    db.change_one(
        update!(coupon_program (Int, Text, Text, Text, Int, Text, Text, Text, Text, Text, Int, Int, Text, Int): "name = $2, name_folded = $3, type = $4, archived = $5, code = $6, code_folded = $7, currency = $8, start_date = $9, end_date = $10, usage_limit = $11, minimum_amount = $12, minimum_amount_tax = $13, minimum_quantity = $14"),
        params![
            program.key,
            &program.name,
            folded(&program.name),
            program.kind.word(),
            program.archived,
            &program.code,
            program.code.as_deref().map(folded_code),
            program.currency,
            program.start,
            program.end,
            program.usage_limit,
            program.conditions.minimum_amount,
            program.conditions.minimum_amount_tax.word(),
            program.conditions.minimum_quantity
        ],
    )?;
    db.write(
        raw!(writes [coupon_product], reads [], "DELETE FROM coupon_product WHERE program = $1"),
        params![program.key],
    )?;
    db.write(
        raw!(writes [coupon_reward], reads [], "DELETE FROM coupon_reward WHERE program = $1"),
        params![program.key],
    )?;
    insert_rewards(db, program)
}

fn insert_rewards(db: &Db, program: &CouponProgram) -> Result<()> {
    let mut named: Vec<(Option<i64>, &Reference)> = Vec::new();
    for (position, reward) in (1_i64..).zip(&program.rewards) {
        let (percent, fixed, on, maximum, product, quantity) = match reward {
            Reward::Discount { worth: Worth::Percent(percent), on, maximum } => {
                (Some(*percent), None, Some(on), *maximum, None, None)
            }
            Reward::Discount { worth: Worth::Fixed(fixed), on, maximum } => {
                (None, Some(*fixed), Some(on), *maximum, None, None)
            }
            Reward::FreeProduct { product, quantity } => (None, None, None, None, Some(product), Some(*quantity)),
        };
        db.write(
            insert!(coupon_reward: program Int, position Int, type Text, percent Int, fixed Int, applies_on Text, product Int, quantity Int, maximum Int),
            params![
                program.key,
                position,
                reward.kind().word(),
                percent,
                fixed,
                on.map(|on| on.covers().word()),
                product,
                quantity,
                maximum
            ],
        )?;
        named.extend(on.map_or(&[][..], On::products).iter().map(|product| (Some(position), product)));
    }
    named.extend(program.conditions.products.iter().map(|product| (None, product)));
    for (position, (reward, product)) in (1_i64..).zip(named) {
        db.write(
            insert!(coupon_product: program Int, position Int, reward Int, product Int),
            params![program.key, position, reward, product],
        )?;
    }
    Ok(())
}
