//! Products and the taxes on them.

use std::collections::HashMap;

use super::choices::choices;
use super::engine::record::{self, Described, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    BY_PLACE, FoundBy, Order, Table, folded_start, id, int, link, list, list_of, price, records, text, value_of, words,
};
use super::engine::uses;
use super::{Db, Key, Result, Value, stock};
use crate::domain::in_use::Use;
use crate::domain::ledger::Account;
use crate::domain::options::Choices;
use crate::domain::product::{Product, ProductBefore, ProductType, Tracking, Unit};
use crate::domain::tax::Tax;
use crate::{described, field_of_text, field_of_words, params, query};

field_of_words!(ProductType, Tracking);
field_of_text!(Unit);

described! {
    Product in PRODUCT {
        id: id(),
        name: text().listed().searched(),
        price: price().listed(),
        kind: words(ProductType::WORDS).called("type").listed().least(3),
        tracking: words(Tracking::WORDS).listed().least(2),
        taxes: list_of("taxes").listed().least(1),
        account: value_of::<Account>().optional(),
        unit: value_of::<Unit>(),
    } beside {
        name_folded: folded_start("name"),
    } complete complete
}

static TAXES: Table = TAX_ROWS;

const TAX_ROWS: Table = list("product_tax", "product", BY_PLACE, &[link("tax").called("tax")]).shown("taxes");

described! {
    ProductBefore in PRODUCT_BEFORE {
        until: int(),
        unit: value_of::<Unit>(),
    }
}

static PRODUCT_BEFORE: Table = BEFORE;

/// What was said of a product earlier, the oldest first: posted documents tell it (see `domain::party`).
const BEFORE: Table = list("product_before", "product", Order::Key, ProductBefore::COLUMNS).shown("before");

pub static PRODUCT: Table = records("product", "product", Product::COLUMNS).with(&[TAX_ROWS, BEFORE]).found_by(&[
    FoundBy::Exactly("id"),
    FoundBy::Padded,
    FoundBy::Folded("name_folded"),
]);

/// Products by the name that another system has for them. One that was made of its name has it as its id, whatever it is called by
/// now.
pub const BY_NAME: &[FoundBy] = &[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")];

/// Loads the taxes of some products.
fn complete(db: &Db, products: &mut [Product]) -> Result<()> {
    let mut taxes: HashMap<Key, Vec<Tax>> = HashMap::new();
    let keys: Vec<Key> = products.iter().map(Described::key).collect();
    each_of(
        db,
        const { Tables::of(&["product_tax", "tax"]) },
        (
            "SELECT pt.product, t.key, t.id, t.rate, t.included, t.account, t.category, t.exemption
             FROM product_tax pt JOIN tax t ON t.key = pt.tax",
            "pt.product",
            " ORDER BY pt.product, pt.position",
        ),
        &keys,
        |row| {
            let mut tax = Tax::bare(row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            tax.account = row.get(5)?;
            tax.own_category = row.get(6)?;
            tax.category = tax.own_category.unwrap_or(tax.category);
            tax.exemption = row.get(7)?;
            taxes.entry(row.get(0)?).or_default().push(tax);
            Ok(())
        },
    )?;
    for product in products {
        product.taxes = taxes.remove(&product.key).unwrap_or_default();
    }
    Ok(())
}

/// The product with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Product>> {
    record::by_id(db, id)
}

/// The product of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Product> {
    record::by_key(db, key)
}

/// The ids of the products of that type, in order of creation.
pub fn ids_of(db: &Db, kind: ProductType) -> Result<Choices> {
    choices!(db, [product], "t.id", "product t WHERE t.type = $1", "t.key", params![kind.word()])
}

/// Writes a new product with its taxes.
pub fn insert(db: &Db, product: &Product) -> Result<()> {
    record::insert(db, product)?;
    record::add_links(db, &TAXES, product, product.taxes.iter().map(|tax| Value::Int(tax.key)))
}

/// Writes a changed product; its taxes are replaced.
pub fn update(db: &Db, product: &Product) -> Result<()> {
    record::update(db, product)?;
    record::set_links(db, &TAXES, product, product.taxes.iter().map(|tax| Value::Int(tax.key)))
}

/// A lot of the product, where there is one.
pub fn first_lot(db: &Db, product: Key) -> Result<Option<Use>> {
    uses::first(db, &[("lot", query!([lot], "SELECT id FROM lot WHERE product = $1 ORDER BY key LIMIT 1"))], product)
}

/// Stock or a move of the product, where there is one: what was counted by its type and tracking.
pub fn first_move(db: &Db, product: Key) -> Result<Option<Use>> {
    match stock::first_of(db, product)? {
        Some(stock) => Ok(Some(stock)),
        None => uses::first(
            db,
            &[
                (
                    "transfer",
                    query!(
                        [transfer_line, transfer],
                        "SELECT t.id FROM transfer_line l JOIN transfer t ON t.key = l.transfer WHERE l.product = $1
                         ORDER BY l.key LIMIT 1"
                    ),
                ),
                (
                    "repair",
                    query!(
                        [repair_part, repair],
                        "SELECT r.id FROM repair_part p JOIN repair r ON r.key = p.repair WHERE p.product = $1
                         ORDER BY p.key LIMIT 1"
                    ),
                ),
                (
                    "task",
                    query!(
                        [task_product, task],
                        "SELECT t.id FROM task_product p JOIN task t ON t.key = p.task WHERE p.product = $1
                         ORDER BY p.key LIMIT 1"
                    ),
                ),
            ],
            product,
        ),
    }
}

/// A project that bills hours as the product, where there is one.
pub fn first_billed_as_time(db: &Db, product: Key) -> Result<Option<Use>> {
    uses::first(
        db,
        &[("project", query!([project], "SELECT id FROM project WHERE time_product = $1 ORDER BY key LIMIT 1"))],
        product,
    )
}
