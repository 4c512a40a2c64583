//! Field-service projects: what interventions are planned in.

use serde::Serialize;

use super::common::ValueRefused;
use super::product::{Product, ProductType};
use crate::domain::value::reference::Reference;

/// A project as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    /// Whether its tasks have worksheets (spec F1).
    pub worksheets: bool,
    /// The template that its tasks start with.
    pub worksheet_template: Option<Reference>,
    /// The service that hours worked are billed as (spec F5).
    pub time_product: Option<Reference>,
}

impl Project {
    /// The project as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}

/// The product as what hours are billed as, which only a service can be.
pub fn time_product(product: &Product) -> Result<Reference, ValueRefused> {
    match product.kind {
        ProductType::Service => Ok(product.reference()),
        ProductType::Goods => Err(ValueRefused::invalid(
            "time_product",
            &product.id,
            format!("{} is goods; hours are billed as a service", product.id),
        )),
    }
}
