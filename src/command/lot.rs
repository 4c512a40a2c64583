//! `lot`: lots and serial numbers of tracked products.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming, to_json};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::in_use::InUse;
use crate::domain::lot::{LotShown, at_customers};
use crate::domain::product::{Lot, Product};
use crate::store::{self, Db, Key, Page, lot};

impl Record for Lot {
    const KIND: &'static str = "lot";
    const NOUN: &'static str = "lot";
    const RIGHT: Right = Right::Inventory;
    const FIELDS: &'static [&'static str] = &["id", "product"];
    const COLUMNS: &'static [&'static str] = &["id", "product"];
    const SCALARS: &'static [&'static str] = &["id", "product"];
    const DAY: Option<&'static str> = None;

    // A serial number is taken as it stands: SN-1 is another piece than SN-00001.
    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        lot::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        lot::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    /// Where it is, and its life: received, sold to whom, returned, repaired.
    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        let life = lot::life(cx.db, self.key)?;
        to_json(&LotShown { lot: self, stock: lot::in_stock(cx.db, self.key)?, customers: at_customers(&life), life })
    }
}

/// Create a lot or serial number
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales lot create SN-001 --product LAMP\n  aftersales lot list --product LAMP"
)]
pub struct LotCreate {
    /// The lot or serial number
    pub id: String,
    /// The product it is of; one that is not tracked yet gets a warning
    #[arg(long)]
    pub product: Option<String>,
}

impl Change for LotCreate {
    type Outcome = Changed<Lot>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Lot>> {
        let product: Option<Product> = given::record(cx, "product", self.product.as_deref())?;
        let id = naming::checked_id(&self.id)?;
        let product = product.ok_or(ValueRefused::missing("product"))?;
        if !product.is_tracked() {
            let message =
                format!("{} is not tracked: the lot can be named once its tracking is lot or serial", product.id);
            cx.warn("lot_not_tracked", message);
        }
        naming::check_new(&id, lot::by_id(cx.db, &id)?)?;
        let lot = Lot { key: cx.db.next_key()?, id, product: product.reference() };
        lot::insert(cx.db, &lot)?;
        cx.created("lot", &lot.id);
        Ok(Changed(lot))
    }
}

/// Edit a lot or serial number
///
/// Its product stays once anything names the lot.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales lot edit SN-001 --product LAMP\n  aftersales lot show SN-001")]
pub struct LotEdit {
    /// The lot or serial number
    pub lot: String,
    /// The product it is of, a tracked one
    #[arg(long)]
    pub product: Option<String>,
}

impl Change for LotEdit {
    type Outcome = Changed<Lot>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Lot>> {
        let before: Lot = one(cx, "lot", &self.lot)?;
        let Some(given) = &self.product else {
            return Ok(Changed(before));
        };
        if given.is_empty() {
            return Err(ValueRefused::missing("product").into());
        }
        let product: Product = one(cx, "product", given)?;
        if product.reference() == before.product {
            return Ok(Changed(before));
        }
        product.check_tracked()?;
        let used_by = lot::first_use(cx.db, before.key)?;
        InUse::check(&before.id, "product", &before.product.id, &product.id, used_by.as_ref())?;
        let lot = Lot { product: product.reference(), ..before };
        lot::update(cx.db, &lot)?;
        cx.touched("lot", &lot.id);
        Ok(Changed(lot))
    }
}
