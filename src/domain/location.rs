//! Locations: where goods lie, and where they come from and go to.

use serde::Serialize;

use super::Refusal;
use super::in_use::{InUse, Use};
use crate::domain::value::reference::Reference;
use crate::domain::value::text::choices;

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

    /// Whether it is where counts put what they miss and take what they find (spec D8).
    pub fn is_inventory_loss(&self) -> bool {
        self.id == INVENTORY_LOSS && !self.kind.keeps_stock()
    }

    /// Whether returned goods may be sent there by name: internal and flagged (spec D4).
    pub fn takes_returns(&self) -> bool {
        self.kind == LocationType::Internal && self.return_location
    }
}

impl Location {
    /// Refuses a new location of a type that its id does not stand for.
    pub fn check_new(&self) -> Result<(), LocationRefused> {
        match own_type(&self.id) {
            Some(kind) if kind != self.kind => Err(LocationRefused::Own { id: self.id.clone(), kind }),
            _ => Ok(()),
        }
    }

    /// Refuses that a location changes its type while stock or moves were counted by it, where a team's returns go there, or
    /// where every desk relies on it.
    pub fn check_change(&self, after: &Location, used_by: Option<&Use>) -> Result<(), LocationRefused> {
        if self.kind != after.kind {
            after.check_new()?;
        }
        Ok(InUse::check(&self.id, "type", &self.kind, &after.kind, used_by)?)
    }
}

/// A location cannot become another kind of place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationRefused {
    #[error("every desk relies on the location {id}, which is of type {kind}")]
    Own { id: String, kind: LocationType },
    #[error(transparent)]
    InUse(#[from] InUse),
}

impl Refusal for LocationRefused {
    fn code(&self) -> &'static str {
        "state_not_allowed"
    }
    fn field(&self) -> Option<&'static str> {
        Some("type")
    }
    fn allowed(&self) -> Option<super::Allowed> {
        match self {
            LocationRefused::Own { kind, .. } => Some(super::Allowed::One(kind.to_string())),
            LocationRefused::InUse(held) => held.allowed(),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            LocationRefused::Own { .. } => Some("aftersales location list".to_owned()),
            LocationRefused::InUse(held) => held.hint(),
        }
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

/// Where counts put what they miss and take what they find (spec D8). It is made by the first count that needs it: stores that
/// were made before there were counts have none.
pub const INVENTORY_LOSS: &str = "Inventory Loss";

/// The locations that every desk begins with.
pub const BEGUN_WITH: [&str; 5] = [STOCK, CUSTOMERS, SUPPLIERS, PRODUCTION, SCRAP];

/// The locations whose types the services rely on.
const OWN: [(&str, LocationType); 6] = [
    (STOCK, LocationType::Internal),
    (CUSTOMERS, LocationType::Customer),
    (SUPPLIERS, LocationType::Supplier),
    (PRODUCTION, LocationType::Production),
    (SCRAP, LocationType::Scrap),
    (INVENTORY_LOSS, LocationType::Production),
];

/// The type that a location of that id has to be of, where the services rely on it.
pub fn own_type(id: &str) -> Option<LocationType> {
    OWN.iter().find(|(own, _)| *own == id).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_stays_where_it_was_counted_by_or_relied_on() {
        let location = |id: &str, kind| Location { key: 1, id: id.to_owned(), kind, return_location: false };
        let stock = Use { noun: "stock", id: "LAMP@StockLevel".to_owned() };
        let (internal, scrap) = (LocationType::Internal, LocationType::Scrap);
        let table = [
            ("StockLevel", internal, scrap, None, None),
            ("StockLevel", internal, internal, Some(&stock), None),
            (
                "StockLevel",
                internal,
                scrap,
                Some(&stock),
                Some("StockLevel is used by the stock LAMP@StockLevel, so its type stays internal"),
            ),
            (
                STOCK,
                internal,
                scrap,
                None,
                Some("every desk relies on the location WH/Stock, which is of type internal"),
            ),
            (STOCK, internal, internal, None, None),
            (
                INVENTORY_LOSS,
                LocationType::Production,
                internal,
                None,
                Some("every desk relies on the location Inventory Loss, which is of type production"),
            ),
        ];
        for (id, before, after, used_by, sentence) in table {
            let refused = location(id, before).check_change(&location(id, after), used_by).err();
            assert_eq!(refused.map(|refused| refused.to_string()).as_deref(), sentence);
        }
    }
}
