//! Stock: how much of a product lies where.

use serde::Serialize;

use super::quantity::Quantity;
use super::reference::Reference;

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
    /// How much of it is promised to transfers and repairs.
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
