//! What the templates of mails are given, in the words of whoever reads them.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::Reader;
use crate::domain::Result;
use crate::domain::coupon::Coupon;
use crate::domain::coupon_program::{AmountTax, CouponProgram, On, Reward, Worth};
use crate::domain::document::Document;
use crate::domain::line::PricedLine;
use crate::domain::mail::one_line;
use crate::domain::order::Order;
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::reference::Reference;
use crate::output::template::Words;
use crate::procedure::context::Cx;
use crate::store::engine::record;
use crate::store::{self, Key, StoreError};

/// What a mail with a coupon tells, and the customer's page of it.
#[derive(Serialize)]
pub struct CouponValues {
    code: String,
    program: String,
    /// What the code is worth, a sentence each.
    rewards: Vec<String>,
    /// What an order must have for it, a sentence each.
    conditions: Vec<String>,
    /// The last day on which it works.
    valid_until: Option<String>,
    /// Whether nobody else can use it.
    only_customer: bool,
    /// The link that puts it on a cart.
    link: Option<String>,
}

/// What a mail with a document tells; the document itself goes along.
#[derive(Serialize)]
pub struct DocumentValues {
    number: String,
    date: String,
    due_date: Option<String>,
    total: String,
    /// What is left to pay, or to be paid out, where there is anything.
    open: Option<String>,
    lines: Vec<LineValues>,
}

/// A line of a document.
#[derive(Serialize)]
pub struct LineValues {
    label: String,
    quantity: String,
    total: String,
}

fn amount(words: &Words, money: Money) -> String {
    format!("{}\u{a0}{}", words.number(&money.plain()), money.currency)
}

fn day(words: &Words, day: Day) -> String {
    words.day(&day.to_string())
}

/// The names of products by their ids, by which customers know them.
struct Names(HashMap<String, String>);

impl Names {
    /// Those of the products that some programs name.
    fn of(cx: &Cx<'_>, programs: &[CouponProgram]) -> Result<Names> {
        let products = programs.iter().flat_map(|program| {
            program.conditions.products.iter().chain(program.rewards.iter().flat_map(|reward| match reward {
                Reward::FreeProduct { product, .. } => std::slice::from_ref(product),
                Reward::Discount { on: On::Products(products), .. } => products.as_slice(),
                Reward::Discount { on: On::Order | On::Cheapest, .. } => &[],
            }))
        });
        let ids: BTreeSet<&str> = products.map(|product| product.id.as_str()).collect();
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        Ok(Names(store::names::of(cx.db, "product", &ids)?.into_iter().collect()))
    }

    /// The names of products in a sentence.
    fn told(&self, products: &[Reference]) -> String {
        let told = |product: &Reference| {
            let name = self.0.get(&product.id).unwrap_or(&product.id);
            one_line(name, usize::MAX)
        };
        let names: Vec<String> = products.iter().map(told).collect();
        names.join(", ")
    }
}

/// A coupon of a program.
pub fn coupon(cx: &Cx<'_>, words: &Words, coupon: &Coupon, program: &CouponProgram) -> Result<CouponValues> {
    let names = Names::of(cx, std::slice::from_ref(program))?;
    Ok(told_of(words, &names, coupon, program))
}

/// Some coupons, each in its place, with what is told of them read together.
pub fn coupons(cx: &Cx<'_>, words: &Words, coupons: &[Coupon]) -> Result<Vec<CouponValues>> {
    let keys: BTreeSet<Key> = coupons.iter().map(|coupon| coupon.program.key).collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    let programs: Vec<CouponProgram> = record::by_keys(cx.db, &keys)?;
    let names = Names::of(cx, &programs)?;
    let programs: HashMap<Key, CouponProgram> = programs.into_iter().map(|program| (program.key, program)).collect();
    let told = coupons.iter().map(|coupon| {
        let program = programs.get(&coupon.program.key);
        let program = program.ok_or_else(|| StoreError::Damaged(format!("coupon {} is of no program", coupon.id)))?;
        Ok(told_of(words, &names, coupon, program))
    });
    told.collect()
}

fn told_of(words: &Words, names: &Names, coupon: &Coupon, program: &CouponProgram) -> CouponValues {
    let last = [coupon.valid_until, program.end].into_iter().flatten().min();
    let conditions = &program.conditions;
    let mut told = Vec::new();
    if let Some(minimum) = conditions.minimum_amount {
        let key = match conditions.minimum_amount_tax {
            AmountTax::Included => "coupon_minimum",
            AmountTax::Excluded => "coupon_minimum_untaxed",
        };
        told.push(words.fill(key, &[("amount", &amount(words, minimum))]));
    }
    if let Some(minimum) = conditions.minimum_quantity {
        told.push(words.fill("coupon_minimum_quantity", &[("quantity", &words.number(&minimum.to_string()))]));
    }
    if !conditions.products.is_empty() {
        told.push(words.fill("coupon_products", &[("products", &names.told(&conditions.products))]));
    }
    CouponValues {
        code: coupon.id.clone(),
        program: one_line(&program.name, usize::MAX),
        rewards: program.rewards.iter().map(|reward| worth(words, names, reward)).collect(),
        conditions: told,
        valid_until: last.map(|last| day(words, last)),
        only_customer: coupon.only_customer,
        link: coupon.share_link.clone(),
    }
}

/// What a reward is worth, in words.
fn worth(words: &Words, names: &Names, reward: &Reward) -> String {
    let (worth, on, maximum) = match reward {
        Reward::FreeProduct { product, quantity } => {
            let product = names.told(std::slice::from_ref(product));
            let quantity = words.number(&quantity.to_string());
            return words.fill("reward_free", &[("product", &product), ("quantity", &quantity)]);
        }
        Reward::Discount { worth, on, maximum } => (worth, on, maximum),
    };
    let worth = match worth {
        Worth::Percent(percent) => words.percent(&percent.to_string()),
        Worth::Fixed(fixed) => amount(words, *fixed),
    };
    let (key, products) = match on {
        On::Order => ("reward_order", String::new()),
        On::Cheapest => ("reward_cheapest", String::new()),
        On::Products(products) => ("reward_products", names.told(products)),
    };
    let told = words.fill(key, &[("worth", &worth), ("products", &products)]);
    match maximum {
        Some(maximum) => words.fill("reward_maximum", &[("reward", &told), ("amount", &amount(words, *maximum))]),
        None => told,
    }
}

/// A line of a document.
fn told(words: &Words, label: &str, priced: &PricedLine) -> LineValues {
    LineValues {
        label: one_line(label, usize::MAX),
        quantity: words.number(&priced.quantity.to_string()),
        total: amount(words, priced.total),
    }
}

/// A quotation.
pub fn quotation(reader: &Reader, order: &Order) -> DocumentValues {
    let words = &reader.words;
    DocumentValues {
        number: order.id.clone(),
        date: day(words, order.date),
        due_date: None,
        total: amount(words, order.total),
        open: None,
        lines: order.lines.iter().map(|line| told(words, &line.label, &line.priced)).collect(),
    }
}

/// An invoice or a credit note.
pub fn document(reader: &Reader, document: &Document) -> DocumentValues {
    let words = &reader.words;
    DocumentValues {
        number: document.shown().to_owned(),
        date: day(words, document.date),
        due_date: document.due_date.map(|due| day(words, due)),
        total: amount(words, document.total),
        open: (!document.open.is_zero()).then(|| amount(words, document.open)),
        lines: document.lines.iter().map(|line| told(words, &line.label, &line.priced)).collect(),
    }
}
