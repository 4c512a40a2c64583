//! `product`: what is sold, returned and repaired.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming, to_json};
use crate::domain::desk::Right;
use crate::domain::product::{Product, ProductType, Tracking, UnitPrice, check_taxes, checked_price, checked_tracking};
use crate::domain::stock::StockOfProduct;
use crate::domain::tax::Tax;
use crate::domain::value::quantity::Price;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::store::{self, Db, Key, Page, product, stock};

impl Record for Product {
    const KIND: &'static str = "product";
    const NOUN: &'static str = "product";
    const RIGHT: Right = Right::Inventory;
    const FIELDS: &'static [&'static str] = &["id", "name", "price", "type", "tracking", "taxes"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "price", "type", "tracking", "taxes"];
    const SCALARS: &'static [&'static str] = &["id", "name", "price", "type", "tracking"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        product::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        product::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        product::complete(db, self)
    }
    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        to_json(&ProductShown { product: self, stock: stock::of_product(cx.db, self.key)? })
    }
}

/// A product with where it lies.
#[derive(Serialize)]
struct ProductShown<'p> {
    #[serde(flatten)]
    product: &'p Product,
    stock: Vec<StockOfProduct>,
}

/// Create a product
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales product create LAMP --name 'Desk lamp' --price 40 --tax VAT20 --tracking serial\n  aftersales product create HOUR --name 'Hour of work' --price 55 --type service"
)]
pub struct ProductCreate {
    /// Its id, such as LAMP
    pub id: String,
    /// Its name (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// The price of one, in the desk's currency, with six digits after the point at most (default: 0)
    #[arg(long)]
    pub price: Option<Setting<Price>>,
    /// goods, which lie in stock, or service (default: goods)
    #[arg(long)]
    pub r#type: Option<Setting<ProductType>>,
    /// none, lot or serial: whether batches or single pieces are told apart (default: none)
    #[arg(long)]
    pub tracking: Option<Setting<Tracking>>,
    /// A tax on it (repeatable)
    #[arg(long)]
    #[serde(default)]
    pub tax: Vec<String>,
}

impl Change for ProductCreate {
    type Outcome = Changed<Product>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Product>> {
        let taxes: Vec<Tax> = given::records(cx, "tax", &self.tax)?;
        let (mut price, mut kind, mut tracking) = (Price::ZERO, ProductType::Goods, Tracking::None);
        let mut faults = Faults::default();
        let id = faults.gather(naming::checked_id(&self.id)).unwrap_or_default();
        let name = faults.gather(naming::name_or_id(self.name.as_deref(), &id)).unwrap_or_default();
        faults.gather(given::set(&mut price, "price", self.price, checked_price));
        faults.gather(given::set(&mut kind, "type", self.r#type, Ok));
        faults
            .gather(given::set(&mut tracking, "tracking", self.tracking, |tracking| checked_tracking(kind, tracking)));
        faults.gather(check_taxes(&taxes, "tax").map_err(Error::from));
        faults.refuse()?;
        naming::check_new(&id, product::by_id(cx.db, &id)?)?;

        let price = UnitPrice { price, currency: cx.desk.currency };
        let product = Product { key: cx.db.next_key()?, id, name, price, kind, tracking, taxes };
        product::insert(cx.db, &product)?;
        cx.created("product", &product.id);
        Ok(Changed(product))
    }
}

/// Edit a product
///
/// Orders and invoices keep the price and taxes they were made with. Type and tracking stay once the product has lots, stock or
/// moves. Taxes that are given replace those there are; an empty one takes them all away.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales product edit LAMP --price 42.50\n  aftersales product edit LAMP --tax VAT20 --tax ECO\n  aftersales product edit LAMP --tax ''"
)]
pub struct ProductEdit {
    /// The product
    pub product: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// The price of one, in the desk's currency, with six digits after the point at most
    #[arg(long)]
    pub price: Option<Setting<Price>>,
    /// goods, which lie in stock, or service
    #[arg(long)]
    pub r#type: Option<Setting<ProductType>>,
    /// none, lot or serial: whether batches or single pieces are told apart
    #[arg(long)]
    pub tracking: Option<Setting<Tracking>>,
    /// A tax on it (repeatable)
    #[arg(long)]
    pub tax: Option<Vec<String>>,
}

impl Change for ProductEdit {
    type Outcome = Changed<Product>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Product>> {
        let before: Product = one(cx, "product", &self.product)?;
        let mut product = before.clone();
        if let Some(taxes) = &self.tax {
            product.taxes = given::records(cx, "tax", taxes)?;
        }
        let mut faults = Faults::default();
        faults.gather(naming::rename(&mut product.name, self.name.as_deref()));
        faults.gather(given::set(&mut product.price.price, "price", self.price, checked_price));
        faults.gather(given::set(&mut product.kind, "type", self.r#type, Ok));
        faults.gather(given::set(&mut product.tracking, "tracking", self.tracking, Ok));
        faults.gather(checked_tracking(product.kind, product.tracking).map_err(Error::from));
        faults.gather(check_taxes(&product.taxes, "tax").map_err(Error::from));
        faults.refuse()?;
        if (product.kind, product.tracking) != (before.kind, before.tracking) {
            // Lots that were entered ahead do not keep a product from being tracked.
            let lot = if before.is_tracked() { product::first_lot(cx.db, product.key)? } else { None };
            let moved = lot.map_or_else(|| product::first_move(cx.db, product.key), |lot| Ok(Some(lot)))?;
            let billed_as_time = product::first_billed_as_time(cx.db, product.key)?;
            before.check_change(&product, moved.as_ref(), billed_as_time.as_ref())?;
        }

        if product != before {
            product::update(cx.db, &product)?;
            cx.touched("product", &product.id);
        }
        Ok(Changed(product))
    }
}
