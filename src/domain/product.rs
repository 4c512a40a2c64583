//! Products: what is sold, returned, repaired; goods lie in stock, services do not.

use serde::Serialize;

use super::money::Currency;
use super::quantity::{Price, Quantity};
use super::reference::Reference;
use super::tax::Tax;
use super::text::choices;

choices! {
    /// Whether a product lies in stock.
    pub enum ProductType: "type" {
        Goods = "goods",
        Service = "service",
    }
}

choices! {
    /// Whether single pieces or batches of a product are told apart.
    pub enum Tracking: "tracking" {
        None = "none",
        Lot = "lot",
        Serial = "serial",
    }
}

/// A price with the currency it is in; shown with at least that currency's digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitPrice {
    pub price: Price,
    pub currency: Currency,
}

impl Serialize for UnitPrice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.price.show(self.currency))
    }
}

/// A product as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    /// In the desk's currency.
    pub price: UnitPrice,
    #[serde(rename = "type")]
    pub kind: ProductType,
    pub tracking: Tracking,
    /// By id, in order.
    #[serde(serialize_with = "tax_ids")]
    pub taxes: Vec<Tax>,
}

fn tax_ids<S: serde::Serializer>(taxes: &[Tax], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(taxes.iter().map(|tax| &tax.id))
}

impl Product {
    /// The product as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Whether its pieces or batches are told apart.
    pub fn is_tracked(&self) -> bool {
        self.tracking != Tracking::None
    }

    /// Whether that quantity can stand for it: a serial number is one whole piece.
    pub fn allows(&self, quantity: Quantity) -> bool {
        self.tracking != Tracking::Serial || quantity.is_whole()
    }
}

/// A lot or serial number as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lot {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub product: Reference,
}

impl Lot {
    /// The lot as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}
