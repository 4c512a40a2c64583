//! Products: what is sold, returned, repaired; goods lie in stock, services do not.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::Refusal;
use super::common::ValueRefused;
use super::in_use::{InUse, Use};
use super::ledger::Account;
use super::tax::Tax;
use crate::domain::value::money::Currency;
use crate::domain::value::quantity::{Price, Quantity};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::{choices, text_value};

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
    /// The account of the books that its sales are earned on, where it is not that of all others.
    pub account: Option<Account>,
    /// What it is counted in.
    pub unit: Unit,
}

/// What was said of a product until the operation `until` changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductBefore {
    pub key: i64,
    pub until: i64,
    pub unit: Unit,
}

/// A unit of measure, by its code of UN/ECE recommendation 20, or 21 for packages: two or three capital letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unit(String);

impl Unit {
    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl Default for Unit {
    /// One piece.
    fn default() -> Unit {
        Unit("C62".to_owned())
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Unit {
    type Err = String;
    fn from_str(text: &str) -> Result<Unit, String> {
        let code = text.to_ascii_uppercase();
        let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then_some(Unit(code)).ok_or_else(|| {
            format!("{text:?} is no code of a unit: two or three letters and digits, such as C62 (one), HUR (hour) or KGM (kilogram)")
        })
    }
}

text_value!(Unit, "the code of a unit such as C62");

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

/// The price as that of a product, which is not below zero.
pub fn checked_price(price: Price) -> Result<Price, ValueRefused> {
    if price.is_negative() {
        let message = format!("{price} is below zero, which no price of a product is");
        return Err(ValueRefused::quantity("price", price, message));
    }
    Ok(price)
}

/// The tracking as that of a product of this type: what does not lie in stock has no lots or serial numbers.
pub fn checked_tracking(kind: ProductType, tracking: Tracking) -> Result<Tracking, ValueRefused> {
    match (kind, tracking) {
        (ProductType::Service, Tracking::Lot | Tracking::Serial) => {
            Err(ValueRefused::invalid("tracking", tracking, "a service has no lots or serial numbers"))
        }
        _ => Ok(tracking),
    }
}

/// Refuses one tax twice, on a product or a line; `field` is the flag or key that named it.
pub fn check_taxes(taxes: &[Tax], field: &'static str) -> Result<(), ValueRefused> {
    let mut known = std::collections::HashSet::new();
    match taxes.iter().find(|tax| !known.insert(tax.key)) {
        Some(twin) => Err(ValueRefused::invalid(field, &twin.id, format!("the tax {} is named twice", twin.id))),
        None => Ok(()),
    }
}

impl Product {
    /// Refuses that what stock, lots and moves were counted by changes under them, and that hours are billed as goods.
    pub fn check_change(
        &self,
        after: &Product,
        moved: Option<&Use>,
        billed_as_time: Option<&Use>,
    ) -> Result<(), InUse> {
        InUse::check(&self.id, "type", &self.kind, &after.kind, moved.or(billed_as_time))?;
        InUse::check(&self.id, "tracking", &self.tracking, &after.tracking, moved)
    }

    /// Refuses a lot or serial number of a product that has none.
    pub fn check_tracked(&self) -> Result<(), LotNotTracked> {
        if self.is_tracked() { Ok(()) } else { Err(LotNotTracked { product: self.id.clone() }) }
    }
}

/// A lot or serial number was named for a product that has none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{product} has no lots or serial numbers")]
pub struct LotNotTracked {
    pub product: String,
}

impl Refusal for LotNotTracked {
    fn code(&self) -> &'static str {
        "lot_not_tracked"
    }
    fn field(&self) -> Option<&'static str> {
        Some("lot")
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales product show {}", shell_word(&self.product)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_goods_are_tracked() {
        for kind in ProductType::ALL {
            for tracking in Tracking::ALL {
                let allowed = *kind == ProductType::Goods || *tracking == Tracking::None;
                assert_eq!(checked_tracking(*kind, *tracking).is_ok(), allowed, "{kind} {tracking}");
            }
        }
    }

    #[test]
    fn a_price_is_zero_or_more() {
        for (price, code) in [("0", None), ("0.000001", None), ("-0.01", Some("quantity_invalid"))] {
            let refused = checked_price(price.parse().unwrap()).err();
            assert_eq!(refused.map(|refused| refused.code()), code, "{price}");
        }
    }

    #[test]
    fn type_and_tracking_stay_while_something_was_counted_by_them() {
        let product = |kind, tracking| Product {
            key: 1,
            id: "LAMP".to_owned(),
            name: "Desk lamp".to_owned(),
            price: UnitPrice { price: Price::ZERO, currency: Currency::iso("EUR").unwrap() },
            kind,
            tracking,
            taxes: Vec::new(),
            account: None,
            unit: Unit::default(),
        };
        let lot = Use { noun: "lot", id: "SN-001".to_owned() };
        let project = Use { noun: "project", id: "Visits".to_owned() };
        let goods = product(ProductType::Goods, Tracking::None);
        let serial = product(ProductType::Goods, Tracking::Serial);
        let service = product(ProductType::Service, Tracking::None);
        let table = [
            (&serial, &goods, Some(&lot), None, Some("LAMP is used by the lot SN-001, so its tracking stays serial")),
            (&serial, &serial, Some(&lot), None, None),
            (&serial, &goods, None, None, None),
            (&goods, &service, Some(&lot), None, Some("LAMP is used by the lot SN-001, so its type stays goods")),
            (
                &service,
                &goods,
                None,
                Some(&project),
                Some("LAMP is used by the project Visits, so its type stays service"),
            ),
            (&goods, &serial, None, Some(&project), None),
        ];
        for (before, after, moved, billed, sentence) in table {
            let refused = before.check_change(after, moved, billed).err().map(|held| held.to_string());
            assert_eq!(refused.as_deref(), sentence);
        }
    }
}
