//! `product`: what is sold, returned and repaired.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming, to_json};
use crate::domain::desk::Right;
use crate::domain::ledger::Account;
use crate::domain::product::{
    Product, ProductType, Tracking, Unit, UnitPrice, check_taxes, checked_price, checked_tracking,
};
use crate::domain::stock::StockOfProduct;
use crate::domain::value::quantity::Price;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::procedure::party;
use crate::store::engine::table::{Column, link, quantity, rows};
use crate::store::{product, stock};

impl Noun for Product {
    const KIND: &'static str = "product";
    const NOUN: &'static str = "product";
    const RIGHT: Right = Right::Inventory;
    const ALSO: &'static [Column] = &[rows(&[
        link("location").called("location"),
        link("lot").optional().called("lot"),
        quantity().called("quantity"),
        quantity().called("reserved"),
    ])
    .called("stock")];

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

/// What can be said of a product.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct ProductForm {
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
    pub tax: Option<Vec<String>>,
    /// The account of the books that its sales are earned on (default: Income:Sales)
    #[arg(long)]
    pub account: Option<Setting<Account>>,
    /// What it is counted in, by the UN/ECE code of the unit: C62 one, HUR hour, KGM kilogram, MTR metre (default: C62)
    #[arg(long, value_name = "CODE")]
    pub unit: Option<Setting<Unit>>,
}

impl Form for ProductForm {
    type Record = Product;
    const CREATE: Help = Help {
        about: "Create a product",
        more: "",
        examples: &[
            "aftersales product create LAMP --name 'Desk lamp' --price 40 --tax VAT20 --tracking serial",
            "aftersales product create HOUR --name 'Hour of work' --price 55 --type service --unit HUR",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a product",
        more: "Orders and invoices keep the price and taxes they were made with, and posted ones the unit. Type and tracking stay once the product has lots, \
               stock or moves. Taxes that are given replace those there are; an empty one takes them all away.",
        examples: &[
            "aftersales product edit LAMP --price 42.50",
            "aftersales product edit LAMP --tax VAT20 --tax ECO",
            "aftersales product edit LAMP --tax ''",
            "aftersales product edit LAMP --account Income:Lamps",
        ],
    };
    const ID: NewId = NewId::Given;
    const LISTS: &'static [(&'static str, &'static str)] = &[("tax", "taxes")];

    fn blank(cx: &Cx<'_>, id: String) -> Result<Product> {
        let price = UnitPrice { price: Price::ZERO, currency: cx.desk.currency };
        let (kind, tracking) = (ProductType::Goods, Tracking::None);
        Ok(Product {
            key: 0,
            name: id.clone(),
            id,
            price,
            kind,
            tracking,
            taxes: Vec::new(),
            account: None,
            unit: Unit::default(),
        })
    }

    fn fill(&self, cx: &Cx<'_>, product: &mut Product) -> Result<()> {
        if let Some(taxes) = &self.tax {
            product.taxes = given::records(cx, "tax", taxes)?;
        }
        let mut faults = Faults::default();
        given::set_or_empty(&mut product.account, self.account.as_ref());
        faults.gather(naming::rename(&mut product.name, self.name.as_deref()));
        faults.gather(given::set(&mut product.price.price, "price", self.price, checked_price));
        faults.gather(given::set(&mut product.kind, "type", self.r#type, Ok));
        faults.gather(given::set(&mut product.tracking, "tracking", self.tracking, Ok));
        faults.gather(given::set(&mut product.unit, "unit", self.unit.clone(), Ok));
        faults.gather(checked_tracking(product.kind, product.tracking).map_err(Error::from));
        faults.gather(check_taxes(&product.taxes, "tax").map_err(Error::from));
        faults.refuse()
    }

    fn check_change(cx: &Cx<'_>, before: &Product, after: &Product) -> Result<()> {
        if (after.kind, after.tracking) == (before.kind, before.tracking) {
            return Ok(());
        }
        // Lots that were entered ahead do not keep a product from being tracked.
        let lot = if before.is_tracked() { product::first_lot(cx.db, after.key)? } else { None };
        let moved = lot.map_or_else(|| product::first_move(cx.db, after.key), |lot| Ok(Some(lot)))?;
        let billed_as_time = product::first_billed_as_time(cx.db, after.key)?;
        Ok(before.check_change(after, moved.as_ref(), billed_as_time.as_ref())?)
    }

    fn insert(cx: &Cx<'_>, product: &mut Product) -> Result<()> {
        check_new_id::<Self>(cx, &product.id)?;
        product.key = cx.db.next_key()?;
        product::insert(cx.db, product)?;
        cx.created("product", &product.id);
        Ok(())
    }

    fn update(cx: &Cx<'_>, before: &Product, after: &Product) -> Result<()> {
        product::update(cx.db, after)?;
        party::keep_product(cx, before, after)?;
        cx.touched("product", &after.id);
        Ok(())
    }

    fn id_of(product: &Product) -> &str {
        &product.id
    }
}
