//! Whom and what a ticket is about: customer, order, product and lot as given, found, and checked to fit each other (spec A5).

use super::context::Cx;
use super::{look_up, services};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::product::{Lot, Product};
use crate::domain::ticket::{About, NamedOrder, Ticket, check_fit, customer_of};
use crate::domain::value::reference::Reference;
use crate::store::{product, ticket};

/// What was given of them; none leaves one as it is, an empty text empties it.
#[derive(Default)]
pub struct GivenAbout<'g> {
    pub customer: Option<&'g str>,
    pub order: Option<&'g str>,
    pub product: Option<&'g str>,
    pub lot: Option<&'g str>,
}

impl GivenAbout<'_> {
    /// Whether anything was given at all.
    pub fn anything(&self) -> bool {
        [self.customer, self.order, self.product, self.lot].iter().any(Option::is_some)
    }
}

/// What a ticket names, found but not yet checked.
pub struct Found {
    customer: Option<Reference>,
    order: Option<NamedOrder>,
    product: Option<Product>,
    lot: Option<Lot>,
}

/// Looks up what the ticket names after `given`, before any rule is asked. A lot whose product is not said brings it along.
pub fn look_up(cx: &Cx<'_>, before: &About, given: &GivenAbout<'_>) -> Result<Found> {
    let customer: Option<Customer> = look_up::optional(cx, "customer", chosen(given.customer, &before.customer))?;
    let customer = customer.map(|customer| customer.reference());
    let order = chosen(given.order, &before.order).map(|given| look_up::order(cx, given)).transpose()?;
    let product: Option<Product> = look_up::optional(cx, "product", chosen(given.product, &before.product))?;
    let lot: Option<Lot> = look_up::optional(cx, "lot", chosen(given.lot, &before.lot))?;
    let customer = customer_of(customer, order.as_ref(), given.customer.is_some_and(str::is_empty));
    let product = match (product, &lot) {
        (None, Some(lot)) if given.product.is_none() => Some(product::by_key(cx.db, lot.product.key)?),
        (product, _) => product,
    };
    Ok(Found { customer, order, product, lot })
}

impl Found {
    /// What the ticket is about, where it all fits.
    pub fn fitting(self, cx: &Cx<'_>) -> Result<About> {
        let Found { customer, order, product, lot } = self;
        let holds_product = match (&order, &product) {
            (Some(named), Some(product)) => ticket::order_holds(cx.db, named.order.key, product.key)?,
            _ => false,
        };
        check_fit(customer.as_ref(), order.as_ref(), holds_product, product.as_ref(), lot.as_ref())?;
        Ok(About {
            customer,
            order: order.map(|named| named.order),
            product: product.map(|product| product.reference()),
            lot: lot.map(|lot| lot.reference()),
        })
    }
}

/// What is asked for in the end: what was given, else what was there; none for nothing.
fn chosen<'t>(given: Option<&'t str>, before: &'t Option<Reference>) -> Option<&'t str> {
    match given {
        Some(given) => Some(given).filter(|given| !given.is_empty()),
        None => before.as_ref().map(|reference| reference.id.as_str()),
    }
}

/// Refuses another customer for a ticket from which something was made (spec A5).
pub fn check_customer(cx: &Cx<'_>, before: &Ticket, after: &Ticket) -> Result<()> {
    if before.customer == after.customer {
        return Ok(());
    }
    Ok(before.check_customer(after, services::first_made(cx.db, before.key)?.as_ref())?)
}
