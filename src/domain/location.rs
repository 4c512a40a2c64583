//! Locations: where goods lie, and where they come from and go to.

use serde::Serialize;

use super::reference::Reference;
use super::text::choices;

choices! {
    /// What kind of place a location is. Stock is kept for internal and scrap ones.
    pub enum LocationType: "type" {
        Internal = "internal",
        Customer = "customer",
        Supplier = "supplier",
        Production = "production",
        Scrap = "scrap",
    }
}

impl LocationType {
    /// Whether stock is counted there.
    pub fn keeps_stock(self) -> bool {
        matches!(self, LocationType::Internal | LocationType::Scrap)
    }
}

/// A location as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: LocationType,
    /// Whether returned goods may be sent there (spec D4).
    pub return_location: bool,
}

impl Location {
    /// The location as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Whether returned goods may be sent there by name: internal and flagged (spec D4).
    pub fn takes_returns(&self) -> bool {
        self.kind == LocationType::Internal && self.return_location
    }
}

/// The locations that every store has (contract, section 6).
pub const STOCK: &str = "WH/Stock";
/// Where deliveries go to.
pub const CUSTOMERS: &str = "Customers";
/// Where receipts come from.
pub const SUPPLIERS: &str = "Suppliers";
/// Where repairs take parts to.
pub const PRODUCTION: &str = "Production";
/// Where removed parts go to.
pub const SCRAP: &str = "Scrap";
