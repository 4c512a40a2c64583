//! Coupon programs, their rewards and conditions.

use std::collections::HashMap;

use super::choices::choices;
use super::engine::record::{self, Cells, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    BY_PLACE, Column, FoundBy, Table, amount, currency, day, folded, folded_code, id, ids, int, link, list, object,
    percent, quantity, records, rows, switch, text, words,
};
use super::engine::uses;
use super::{Db, Key, Result, Row, StoreError, Value};
use crate::domain::coupon_program::{
    AmountTax, Conditions, CouponProgram, Covers, On, ProgramType, Reward, RewardType, Worth, folded_code as fold,
};
use crate::domain::in_use::Use;
use crate::domain::options::Choices;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Quantity};
use crate::domain::value::reference::Reference;
use crate::{field_of_words, params, query, select, update};

field_of_words!(ProgramType, RewardType, Covers, AmountTax);

pub static COUPON_PROGRAM: Table = records("coupon_program", "coupon_program", COLUMNS)
    .in_own_currency()
    .with(&[REWARD_ROWS, PRODUCT_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

const COLUMNS: &[Column] = &[
    id().called("id"),
    text().called("name").listed().searched(),
    words(ProgramType::WORDS).called("type").listed(),
    switch().called("archived").listed(),
    text().called("code").optional().listed().uncut(),
    currency().called("currency").listed(),
    day().called("start").column("start_date").optional().listed(),
    day().called("end").column("end_date").optional().listed(),
    int().called("usage_limit").optional().listed(),
    // A reward is told by one set of keys, whichever type it is of.
    rows(&[
        words(RewardType::WORDS).called("type"),
        amount().called("value").optional(),
        words(Covers::WORDS).called("on").optional(),
        ids().called("products"),
        link("product").called("product").optional(),
        quantity().called("quantity").optional(),
        amount().called("maximum").optional(),
    ])
    .called("rewards"),
    object(&[
        amount().called("minimum_amount").optional(),
        words(AmountTax::WORDS).called("minimum_amount_tax"),
        quantity().called("minimum_quantity").optional(),
        ids().called("products"),
    ])
    .called("conditions"),
    // The conditions, as they are stored.
    amount().called("minimum_amount").optional().hidden(),
    words(AmountTax::WORDS).called("minimum_amount_tax").hidden(),
    quantity().called("minimum_quantity").optional().hidden(),
    folded("name").called("name_folded"),
    folded_code("code").called("code_folded"),
    int().called("used").starts_at(0),
];

/// That the codes of a program, the row `p`, can be used on a day: what `CouponProgram::is_active` and the limit of its uses say, and
/// `coupons_that_no_order_takes_are_not_outstanding` holds the two together.
pub(super) const USABLE_ON_DAY: &str = "p.archived = 0 AND (p.start_date IS NULL OR p.start_date <= $day)
    AND (p.end_date IS NULL OR p.end_date >= $day) AND (p.usage_limit IS NULL OR p.used < p.usage_limit)";

static REWARDS: Table = REWARD_ROWS;
static PRODUCTS: Table = PRODUCT_ROWS;

const REWARD_ROWS: Table = list(
    "coupon_reward",
    "program",
    BY_PLACE,
    &[
        words(RewardType::WORDS).called("type"),
        percent().called("percent").optional(),
        amount().called("fixed").optional(),
        words(Covers::WORDS).called("on").column("applies_on").optional(),
        link("product").called("product").optional(),
        quantity().called("quantity").optional(),
        amount().called("maximum").optional(),
    ],
)
.shown("rewards");

/// The products that a reward names, by its place, or, where that is null, the conditions.
const PRODUCT_ROWS: Table = list(
    "coupon_product",
    "program",
    BY_PLACE,
    &[int().called("reward").optional(), link("product").called("product")],
)
.shown("products");

impl Described for CouponProgram {
    fn table() -> &'static Table {
        &COUPON_PROGRAM
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<CouponProgram> {
        Ok(CouponProgram {
            key: cells.take()?,
            id: cells.take()?,
            name: cells.take()?,
            kind: cells.take()?,
            archived: cells.take()?,
            code: cells.take()?,
            currency: cells.take()?,
            start: cells.take()?,
            end: cells.take()?,
            usage_limit: cells.take()?,
            rewards: Vec::new(),
            conditions: Conditions {
                minimum_amount: cells.take()?,
                minimum_amount_tax: cells.take()?,
                minimum_quantity: cells.take()?,
                products: Vec::new(),
            },
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            self.id.bind(),
            self.name.bind(),
            self.kind.bind(),
            self.archived.bind(),
            self.code.bind(),
            self.currency.bind(),
            self.start.bind(),
            self.end.bind(),
            self.usage_limit.bind(),
            Value::Null,
            Value::Null,
            self.conditions.minimum_amount.bind(),
            self.conditions.minimum_amount_tax.bind(),
            self.conditions.minimum_quantity.bind(),
        ]
    }

    fn key(&self) -> Key {
        self.key
    }

    fn complete(db: &Db, programs: &mut [CouponProgram]) -> Result<()> {
        let keys: Vec<Key> = programs.iter().map(Described::key).collect();
        let mut products = products_of(db, &keys)?;
        let mut rewards = rewards_of(db, &keys)?;
        for program in programs {
            let mut products = products.remove(&program.key).unwrap_or_default();
            program.conditions.products = products.remove(&None).unwrap_or_default();
            let rewards = rewards.remove(&program.key).unwrap_or_default().into_iter();
            program.rewards =
                rewards.map(|stored| stored.reward(program.currency, &mut products)).collect::<Result<_>>()?;
        }
        Ok(())
    }
}

/// The products that a program names, by the place of the reward that names them, or none for the conditions.
type Named = HashMap<Option<i64>, Vec<Reference>>;

/// The products that some programs name.
fn products_of(db: &Db, programs: &[Key]) -> Result<HashMap<Key, Named>> {
    let mut products: HashMap<Key, Named> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["coupon_product", "product"]) },
        (
            "SELECT cp.program, cp.reward, p.key, p.id FROM coupon_product cp JOIN product p ON p.key = cp.product",
            "cp.program",
            " ORDER BY cp.program, cp.position",
        ),
        programs,
        |row| {
            products.entry(row.get(0)?).or_default().entry(row.get(1)?).or_default().push(row.reference(2)?);
            Ok(())
        },
    )?;
    Ok(products)
}

/// The rewards of some programs, in order.
fn rewards_of(db: &Db, programs: &[Key]) -> Result<HashMap<Key, Vec<StoredReward>>> {
    let mut rewards: HashMap<Key, Vec<StoredReward>> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["coupon_reward", "product"]) },
        (
            "SELECT r.program, r.position, r.type, r.percent, r.fixed, r.applies_on, p.key, p.id, r.quantity, r.maximum
             FROM coupon_reward r LEFT JOIN product p ON p.key = r.product",
            "r.program",
            " ORDER BY r.program, r.position",
        ),
        programs,
        |row| {
            rewards.entry(row.get(0)?).or_default().push(StoredReward::read(row)?);
            Ok(())
        },
    )?;
    Ok(rewards)
}

/// A reward as its row has it, without the products that it names.
struct StoredReward {
    place: i64,
    kind: RewardType,
    percent: Option<Percent>,
    fixed: Option<i64>,
    on: Option<Covers>,
    product: Option<Reference>,
    quantity: Option<Quantity>,
    maximum: Option<i64>,
}

impl StoredReward {
    fn read(row: &Row<'_>) -> Result<StoredReward> {
        Ok(StoredReward {
            place: row.get(1)?,
            kind: row.get(2)?,
            percent: row.get(3)?,
            fixed: row.get(4)?,
            on: row.get(5)?,
            product: row.optional_reference(6)?,
            quantity: row.get(8)?,
            maximum: row.get(9)?,
        })
    }

    fn reward(self, currency: Currency, named: &mut Named) -> Result<Reward> {
        let worth = match self.kind {
            RewardType::Percent => Worth::Percent(filled(self.percent)?),
            RewardType::Fixed => Worth::Fixed(Money::new(filled(self.fixed)?, currency)),
            RewardType::FreeProduct => {
                return Ok(Reward::FreeProduct { product: filled(self.product)?, quantity: filled(self.quantity)? });
            }
        };
        let on = match filled(self.on)? {
            Covers::Order => On::Order,
            Covers::Cheapest => On::Cheapest,
            Covers::Products => On::Products(named.remove(&Some(self.place)).unwrap_or_default()),
        };
        Ok(Reward::Discount { worth, on, maximum: self.maximum.map(|minor| Money::new(minor, currency)) })
    }
}

fn filled<T>(column: Option<T>) -> Result<T> {
    column.ok_or_else(|| StoreError::Damaged("a coupon reward is not complete".to_owned()))
}

/// The programs that a ticket gives coupons of on that day, as `domain::coupon::check_offered` decides it of one.
pub fn making_coupons(db: &Db, today: Day) -> Result<Choices> {
    choices!(
        db,
        [coupon_program],
        "t.id",
        "coupon_program t WHERE t.archived = 0 AND t.type = 'coupons' AND (t.start_date IS NULL OR t.start_date <= $1)
           AND (t.end_date IS NULL OR t.end_date >= $1)",
        "t.key",
        params![today]
    )
}

/// The id of the program that has that promo code, whatever its spelling.
pub fn with_code(db: &Db, code: &str) -> Result<Option<String>> {
    db.query_opt(
        query!([coupon_program], "SELECT id FROM coupon_program WHERE code_folded = $1"),
        params![fold(code)],
        |row| row.get(0),
    )
}

/// The program of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<CouponProgram> {
    record::by_key(db, key)
}

/// The program that has that promo code, whatever its spelling; complete.
pub fn of_code(db: &Db, code: &str) -> Result<Option<CouponProgram>> {
    let found = record::all_complete(db, select!(CouponProgram, "t.code_folded = $1", ""), params![fold(code)])?;
    Ok(found.into_iter().next())
}

/// On how many confirmed orders the program is.
pub fn uses(db: &Db, program: Key) -> Result<i64> {
    let uses = query!([coupon_program], "SELECT used FROM coupon_program WHERE key = $1");
    Ok(db.query_opt(uses, params![program], |row| row.get(0))?.unwrap_or_default())
}

/// Counts a confirmed order of the program, which may be as many as its limit at most (spec C8).
pub fn count_use(db: &Db, program: Key) -> Result<()> {
    let counted = update!(coupon_program (Int): "used = used + 1" if "(usage_limit IS NULL OR used < usage_limit)");
    db.change_one(counted, params![program])
}

/// Counts a confirmed order of another system, whatever the limit: what was agreed there stands.
pub fn count_foreign_use(db: &Db, program: Key) -> Result<()> {
    db.change_one(update!(coupon_program (Int): "used = used + 1"), params![program])
}

/// Counts an order no more that was cancelled.
pub fn take_use_back(db: &Db, program: Key) -> Result<()> {
    db.change_one(update!(coupon_program (Int): "used = used - 1" if "used > 0"), params![program])
}

/// The first coupon that was made of the program.
pub fn first_coupon(db: &Db, program: Key) -> Result<Option<Use>> {
    uses::first(
        db,
        &[("coupon", query!([coupon], "SELECT id FROM coupon WHERE program = $1 ORDER BY key LIMIT 1"))],
        program,
    )
}

/// Writes a new program.
pub fn insert(db: &Db, program: &CouponProgram) -> Result<()> {
    record::insert(db, program)?;
    add_rows(db, program)
}

/// Writes what was changed of a program; its rewards and named products are replaced.
pub fn update(db: &Db, program: &CouponProgram) -> Result<()> {
    record::update(db, program)?;
    record::delete_rows(db, &PRODUCTS, program)?;
    record::delete_rows(db, &REWARDS, program)?;
    add_rows(db, program)
}

fn add_rows(db: &Db, program: &CouponProgram) -> Result<()> {
    record::add_rows(db, &REWARDS, program, program.rewards.iter().map(stored))?;
    let of_rewards = (1_i64..).zip(&program.rewards).flat_map(|(place, reward)| {
        let products = match reward {
            Reward::Discount { on, .. } => on.products(),
            Reward::FreeProduct { .. } => &[],
        };
        products.iter().map(move |product| (Some(place), product))
    });
    let of_conditions = program.conditions.products.iter().map(|product| (None, product));
    let named = of_rewards.chain(of_conditions);
    record::add_rows(db, &PRODUCTS, program, named.map(|(place, product)| vec![Value::from(place), product.into()]))
}

/// A reward as the values of its row.
fn stored(reward: &Reward) -> Vec<Value<'_>> {
    let (percent, fixed, on, maximum, product, quantity) = match reward {
        Reward::Discount { worth: Worth::Percent(percent), on, maximum } => {
            (Some(*percent), None, Some(on), *maximum, None, None)
        }
        Reward::Discount { worth: Worth::Fixed(fixed), on, maximum } => {
            (None, Some(*fixed), Some(on), *maximum, None, None)
        }
        Reward::FreeProduct { product, quantity } => (None, None, None, None, Some(product), Some(*quantity)),
    };
    vec![
        Value::from(reward.kind().word()),
        Value::from(percent),
        Value::from(fixed.map(|fixed: Money| fixed.minor)),
        Value::from(on.map(|on| on.covers().word())),
        product.map_or(Value::Null, Value::from),
        Value::from(quantity),
        Value::from(maximum.map(|maximum: Money| maximum.minor)),
    ]
}
