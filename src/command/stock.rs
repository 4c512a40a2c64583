//! `stock`: how much of what lies where. Stock changes by transfers and repairs, and where a count finds something else.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::Noun;
use super::{Change, Cx, given};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::location::{Location, STOCK};
use crate::domain::product::{Lot, Product};
use crate::domain::stock::{Place, Stock, check_count, check_listed_at, id_of};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::look_up;
use crate::procedure::transfer::count;
use crate::store::{stock, stock_level};

impl Noun for Stock {
    const KIND: &'static str = "stock";
    const NOUN: &'static str = "stock";
    const RIGHT: Right = Right::Inventory;
    const LISTED: Option<&'static str> = Some(stock::PRESENT);

    fn check_filter(cx: &Cx<'_>, key: &str, given: &str) -> Result<()> {
        if key != "location" || given.is_empty() {
            return Ok(());
        }
        check_listed_at(&look_up::one::<Location>(cx, "location", given)?)
    }
}

/// Count what lies somewhere: the difference is written as a done move
///
/// What is there too much comes from Inventory Loss, what is missing goes there, with the reason as the move's origin. What is
/// reserved and not there is given up by those who came last: they wait again.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales stock count LAMP --quantity 97
  aftersales stock count GLUE --quantity 2.5 --lot B-1 --location WH/Stock --reason 'Dried up'")]
pub struct StockCount {
    /// The product that is counted
    pub product: String,
    /// How much of it is there
    #[arg(long, value_name = "QTY")]
    pub quantity: Option<Setting<Quantity>>,
    /// Where it was counted (default: WH/Stock)
    #[arg(long)]
    pub location: Option<String>,
    /// The lot or serial number, where the product has one
    #[arg(long)]
    pub lot: Option<String>,
    /// Why it is another quantity than expected
    #[arg(long)]
    pub reason: Option<String>,
}

impl Change for StockCount {
    type Outcome = Changed<Stock>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Stock>> {
        let product: Product = look_up::one(cx, "product", &self.product)?;
        let location: Option<Location> = look_up::optional(cx, "location", self.location.as_deref())?;
        let location = location.map_or_else(|| look_up::one(cx, "location", STOCK), Ok)?;
        let lot: Option<Lot> = look_up::optional(cx, "lot", self.lot.as_deref())?;

        let mut faults = Faults::default();
        let counted = faults.gather(given::value("quantity", self.quantity)).flatten();
        if counted.is_none() {
            faults.note(ValueRefused::missing("quantity"));
        }
        faults.refuse()?;
        let counted = counted.ok_or(ValueRefused::missing("quantity"))?;
        check_count(&product, &location, lot.as_ref(), counted)?;

        let (product, lot) = (product.reference(), lot.map(|lot| lot.reference()));
        let place = Place { product: &product, location: &location, lot: lot.as_ref() };
        let lot_key = lot.as_ref().map(|lot| lot.key);
        let there = stock_level::at(cx.db, product.key, location.key, lot_key)?;
        if there != counted {
            count(cx, place, counted.checked_sub(there)?, self.reason.as_deref())?;
        }
        let nothing = || Stock {
            key: 0,
            id: id_of(&product.id, &location.id, lot.as_ref().map(|lot| lot.id.as_str())),
            product: product.clone(),
            location: location.reference(),
            lot: lot.clone(),
            quantity: Quantity::ZERO,
            reserved: Quantity::ZERO,
        };
        Ok(Changed(stock::at(cx.db, product.key, location.key, lot_key)?.unwrap_or_else(nothing)))
    }
}
