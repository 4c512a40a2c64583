//! What is to be repaired and where it came from: the fields of the form that limit each other (spec E1).

use super::RepairRefused;
use super::part::check_pieces;
use crate::domain::common::ValueRefused;
use crate::domain::product::{Lot, Product, ProductType};
use crate::domain::quantity::Quantity;
use crate::domain::reference::Reference;
use crate::domain::{Error, Result};

/// Whether a lot or serial number can be that of the product (spec E1).
pub fn check_lot(product: &Product, lot: &Lot) -> std::result::Result<(), RepairRefused> {
    if !product.is_tracked() {
        return Err(RepairRefused::LotNotTracked { lot: lot.id.clone(), product: product.id.clone() });
    }
    if lot.product.key != product.key {
        return Err(RepairRefused::LotNotOfProduct {
            lot: lot.id.clone(),
            of: lot.product.id.clone(),
            product: product.id.clone(),
        });
    }
    Ok(())
}

/// What is to be repaired, and where it came from: the fields of the form that limit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub customer: Option<Reference>,
    pub product: Product,
    pub lot: Option<Lot>,
    pub quantity: Quantity,
    pub from_return: Option<ReturnOrder>,
}

/// A transfer that was named as the return with which the product came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnOrder {
    pub transfer: Reference,
    /// Whether it is an incoming transfer that returns another one.
    pub is_return: bool,
    pub state: String,
    pub customer: Option<Reference>,
    /// What it brings: the product, and its lot where it has one.
    pub holds: Vec<(i64, Option<i64>)>,
}

impl ReturnOrder {
    /// Whether it brings the product, of that lot where one is named.
    pub fn holds(&self, product: i64, lot: Option<i64>) -> bool {
        self.holds.iter().any(|(held, of)| *held == product && (lot.is_none() || *of == lot))
    }

    /// Whether it can be named on a repair for that customer: a return, ready or done, and theirs (spec E1).
    pub fn check_offered(&self, customer: Option<&Reference>) -> std::result::Result<(), RepairRefused> {
        let refused = |why: String| RepairRefused::ReturnNotOffered { transfer: self.transfer.id.clone(), why };
        if !self.is_return {
            return Err(refused("it is no return from a customer".to_owned()));
        }
        if !matches!(self.state.as_str(), "ready" | "done") {
            return Err(refused(format!("it is {}", self.state)));
        }
        match (customer, &self.customer) {
            (Some(wanted), Some(other)) if wanted.key != other.key => {
                Err(refused(format!("it is of {other}, not of {wanted}")))
            }
            (Some(wanted), None) => Err(refused(format!("it is not of {wanted}"))),
            _ => Ok(()),
        }
    }
}

impl Item {
    /// Whether the fields can stand and fit each other, in the order of the form (spec E1).
    pub fn check(&self) -> Result<()> {
        let Item { product, lot, quantity, .. } = self;
        if *quantity <= Quantity::ZERO {
            let message = format!("{quantity} cannot be repaired; it is 1 or more");
            return Err(ValueRefused::quantity("quantity", quantity, message).into());
        }
        check_pieces("quantity", &product.id, product.tracking, lot.is_some(), *quantity)?;
        if product.kind == ProductType::Service {
            let message = format!("{} is a service, which cannot be repaired", product.id);
            return Err(ValueRefused::invalid("product", &product.id, message).into());
        }
        if let Some(lot) = lot {
            check_lot(product, lot)?;
        }
        let Some(from) = &self.from_return else {
            return Ok(());
        };
        from.check_offered(self.customer.as_ref())?;
        if !from.holds(product.key, None) {
            return Err(self.not_in(from, product.id.clone(), "product"));
        }
        match lot {
            Some(lot) if !from.holds(product.key, Some(lot.key)) => Err(self.not_in(from, lot.id.clone(), "lot")),
            _ => Ok(()),
        }
    }

    fn not_in(&self, from: &ReturnOrder, given: String, field: &'static str) -> Error {
        let product = match field {
            "lot" => format!("{} {given}", self.product.id),
            _ => given.clone(),
        };
        RepairRefused::ProductNotInReturn { product, transfer: from.transfer.id.clone(), given, field }.into()
    }
}
