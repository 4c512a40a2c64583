//! Stock: how much of a product lies where.

use serde::Serialize;

use super::common::ValueRefused;
use super::location::{Location, LocationType};
use super::product::{Lot, Product, ProductType, Tracking};
use super::transfer::MoveRefused;
use super::{Allowed, Refusal, Result};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};

/// What lies of a product, or of one of its lots, in one location, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stock {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub product: Reference,
    pub location: Reference,
    pub lot: Option<Reference>,
    pub quantity: Quantity,
    /// How much of it is reserved for transfers and repairs.
    pub reserved: Quantity,
}

/// The id of a stock record: `LAMP@WH/Stock`, or `LAMP@WH/Stock#SN-001` for a lot.
pub fn id_of(product: &str, location: &str, lot: Option<&str>) -> String {
    match lot {
        Some(lot) => format!("{product}@{location}#{lot}"),
        None => format!("{product}@{location}"),
    }
}

/// What lies of a known product, as the product shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockOfProduct {
    pub location: Reference,
    pub lot: Option<Reference>,
    pub quantity: Quantity,
    pub reserved: Quantity,
}

/// Goods at a place: a product, of one lot or none, at a location.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub product: &'a Reference,
    pub location: &'a Location,
    /// The lot; none for a product that has none, or, when reserving, for any.
    pub lot: Option<&'a Reference>,
}

/// Whether so much of a product can be counted at a place: goods, whole pieces where they have serial numbers, of a lot where they
/// have lots, at a location where stock is kept.
pub fn check_count(product: &Product, location: &Location, lot: Option<&Lot>, quantity: Quantity) -> Result<()> {
    let refused = |message: String| Err(ValueRefused::quantity("quantity", quantity, message).into());
    if quantity.is_negative() {
        return refused(format!("{quantity} is below zero, which no count is"));
    }
    if !product.allows(quantity) {
        return refused(format!(
            "{} has serial numbers, so {quantity} of it is not a whole number of pieces",
            product.id
        ));
    }
    if lot.is_some() && product.tracking == Tracking::Serial && quantity > Quantity::ONE {
        return refused("a serial number stands for one piece".to_owned());
    }
    if product.kind != ProductType::Goods {
        let message = format!("{} is a service, which does not lie anywhere", product.id);
        return Err(ValueRefused::invalid("product", &product.id, message).into());
    }
    match lot {
        Some(lot) => {
            product.check_tracked()?;
            if lot.product.key != product.key {
                let (lot, has, product) = (lot.id.clone(), lot.product.id.clone(), product.id.clone());
                return Err(MoveRefused::OtherProduct { lot, has, product }.into());
            }
        }
        None if product.is_tracked() => return Err(CountWithoutLot { product: product.id.clone() }.into()),
        None => {}
    }
    if !location.kind.keeps_stock() {
        let (what, way, kind, field) = ("a count", "to", location.kind, "location");
        let (location, wants) = (location.id.clone(), LocationType::Internal);
        return Err(MoveRefused::Location { what, way, location, kind, field, wants }.into());
    }
    Ok(())
}

/// What is tracked is counted lot by lot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{product} is tracked: it is counted lot by lot, so the lot is needed")]
pub struct CountWithoutLot {
    pub product: String,
}

impl Refusal for CountWithoutLot {
    fn code(&self) -> &'static str {
        "lot_required"
    }
    fn field(&self) -> Option<&'static str> {
        Some("lot")
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales lot list --product {}", shell_word(&self.product)))
    }
}

/// Refuses to tell what lies where no stock is kept, which would always be nothing.
pub fn check_listed_at(location: &Location) -> Result<()> {
    match location.kind.keeps_stock() {
        true => Ok(()),
        false => Err(NoStockKept { location: location.id.clone(), kind: location.kind }.into()),
    }
}

/// Stock is kept at internal and scrap locations alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no stock is kept at {location}, which is of type {kind}: transfers tell what went there, lot show where a piece is"
)]
pub struct NoStockKept {
    pub location: String,
    pub kind: LocationType,
}

impl Refusal for NoStockKept {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("location")
    }
    fn given(&self) -> Option<String> {
        Some(self.location.clone())
    }
    fn hint(&self) -> Option<String> {
        let way = if self.kind == LocationType::Supplier { "from" } else { "to" };
        Some(format!("aftersales transfer list --{way} {} --state done", shell_word(&self.location)))
    }
}

/// More was to be moved than is reserved for it and free (spec D8).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} of {} are wanted from {location}, where {available} can be taken", .lot.as_ref().unwrap_or(product))]
pub struct StockInsufficient {
    pub product: String,
    /// The lot, where one is named.
    pub lot: Option<String>,
    pub location: String,
    pub wanted: Quantity,
    /// What is reserved for it and free.
    pub available: Quantity,
}

impl StockInsufficient {
    /// The refusal of `wanted` at a place where only `available` can be taken.
    pub fn at(place: Place<'_>, wanted: Quantity, available: Quantity) -> StockInsufficient {
        StockInsufficient {
            product: place.product.id.clone(),
            lot: place.lot.map(|lot| lot.id.clone()),
            location: place.location.id.clone(),
            wanted,
            available,
        }
    }
}

impl Refusal for StockInsufficient {
    fn code(&self) -> &'static str {
        "stock_insufficient"
    }
    fn field(&self) -> Option<&'static str> {
        Some("line")
    }
    fn given(&self) -> Option<String> {
        Some(self.wanted.to_string())
    }
    fn allowed(&self) -> Option<Allowed> {
        Some(Allowed::One(self.available.to_string()))
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales stock list --product {}", shell_word(&self.product)))
    }
}
