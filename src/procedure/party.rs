//! What posted documents tell of a desk, customer, product or tax that goes on to something else (see `domain::party`).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::desk::Desk;
use crate::domain::party::Party;
use crate::domain::product::Product;
use crate::domain::tax::Tax;
use crate::store::party;

/// Keeps what was said of the desk for documents that are posted.
pub fn keep_desk(cx: &Cx<'_>, before: &Desk, after: &Desk) -> Result<()> {
    match Party::from(before).is_completed_by(&after.into()) {
        true => Ok(()),
        false => Ok(party::keep_desk(cx.db, before, cx.operation()?)?),
    }
}

/// Keeps what was said of a customer for documents that are posted.
pub fn keep_customer(cx: &Cx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    match Party::from(before).is_completed_by(&after.into()) {
        true => Ok(()),
        false => Ok(party::keep_customer(cx.db, before, cx.operation()?)?),
    }
}

/// Keeps what was said of a product for documents that are posted.
pub fn keep_product(cx: &Cx<'_>, before: &Product, after: &Product) -> Result<()> {
    match before.unit == after.unit {
        true => Ok(()),
        false => Ok(party::keep_product(cx.db, before, cx.operation()?)?),
    }
}

/// Keeps what was said of a tax for documents that are posted.
pub fn keep_tax(cx: &Cx<'_>, before: &Tax, after: &Tax) -> Result<()> {
    match before.is_completed_by(after) {
        true => Ok(()),
        false => Ok(party::keep_tax(cx.db, before, cx.operation()?)?),
    }
}
