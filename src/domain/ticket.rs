//! Tickets: what a customer came with, and what was done from it (spec A5 to A7).

use serde::Serialize;

use super::in_use::Use;
use super::product::{Lot, Product};
use super::stage::Stage;
use super::{Allowed, Refusal};
use crate::domain::value::day::Instant;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

choices! {
    /// How urgent a ticket is (spec A5).
    pub enum Priority: "priority" {
        Low = "low",
        Medium = "medium",
        High = "high",
        Urgent = "urgent",
    }
}

/// A ticket as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ticket {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub subject: String,
    pub team: Reference,
    pub customer: Option<Reference>,
    pub user: Option<Reference>,
    pub priority: Priority,
    pub stage: Reference,
    /// Whether its stage is a folded one.
    pub closed: bool,
    pub order: Option<Reference>,
    pub product: Option<Reference>,
    pub lot: Option<Reference>,
    pub description: Option<String>,
    pub tags: Vec<Reference>,
    pub created_at: Instant,
    /// The ticket that it was merged into: every reference to this one leads there.
    pub merged_into: Option<Reference>,
}

impl Ticket {
    /// Puts the ticket in a stage; in a folded one it is closed (spec A5).
    pub fn put_in(&mut self, stage: &Stage) {
        self.stage = stage.reference();
        self.closed = stage.folded;
    }

    /// The ticket as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Refuses another customer, or none, once something was made from the ticket: `made` is the first of it, cancelled or not
    /// (spec A5). One that had no customer can still get one.
    pub fn check_customer(&self, after: &Ticket, made: Option<&Use>) -> Result<(), TicketRefused> {
        match (&self.customer, made) {
            (Some(customer), Some(made)) if self.customer != after.customer => Err(TicketRefused::CustomerFixed {
                ticket: self.id.clone(),
                customer: customer.id.clone(),
                given: after.customer.as_ref().map(|customer| customer.id.clone()).unwrap_or_default(),
                made: made.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// What the ticket is about.
    pub fn about(&self) -> About {
        About {
            customer: self.customer.clone(),
            order: self.order.clone(),
            product: self.product.clone(),
            lot: self.lot.clone(),
        }
    }

    /// Sets what the ticket is about.
    pub fn set_about(&mut self, about: About) {
        let About { customer, order, product, lot } = about;
        (self.customer, self.order, self.product, self.lot) = (customer, order, product, lot);
    }

    /// The keys in which two states of a ticket differ, in the order in which it is shown. Every field is named here, so that one
    /// that is added is not forgotten.
    pub fn differing(&self, other: &Ticket) -> Vec<&'static str> {
        let Ticket {
            key: _,
            id: _,
            subject,
            team,
            customer,
            user,
            priority,
            stage,
            closed: _,
            order,
            product,
            lot,
            description,
            tags,
            created_at,
            merged_into,
        } = self;
        [
            ("subject", *subject != other.subject),
            ("team", *team != other.team),
            ("customer", *customer != other.customer),
            ("user", *user != other.user),
            ("priority", *priority != other.priority),
            ("stage", *stage != other.stage),
            ("order", *order != other.order),
            ("product", *product != other.product),
            ("lot", *lot != other.lot),
            ("description", *description != other.description),
            ("tags", *tags != other.tags),
            ("created_at", *created_at != other.created_at),
            ("merged_into", *merged_into != other.merged_into),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}

/// Whom and what a ticket is about: what must fit each other (spec A5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    pub customer: Option<Reference>,
    pub order: Option<Reference>,
    pub product: Option<Reference>,
    pub lot: Option<Reference>,
}

/// A sales order as a ticket may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedOrder {
    pub order: Reference,
    pub customer: Reference,
}

/// The customer of a ticket: the one it has, else the order's (spec A5), unless it is said to have none.
pub fn customer_of(
    customer: Option<Reference>,
    order: Option<&NamedOrder>,
    said_to_have_none: bool,
) -> Option<Reference> {
    let of_order = order.filter(|_| !said_to_have_none).map(|named| named.customer.clone());
    customer.or(of_order)
}

/// Checks that the order is the customer's, the product on the order, and the lot one of the product, which must be
/// tracked (spec A5). What is not named fits; only a lot needs its product. `holds_product` says whether a line of the order
/// holds the product, where both are named.
pub fn check_fit(
    customer: Option<&Reference>,
    order: Option<&NamedOrder>,
    holds_product: bool,
    product: Option<&Product>,
    lot: Option<&Lot>,
) -> Result<(), TicketRefused> {
    if let (Some(customer), Some(named)) = (customer, order)
        && named.customer.key != customer.key
    {
        return Err(TicketRefused::OrderNotOfCustomer { order: named.order.id.clone(), customer: customer.id.clone() });
    }
    if let (Some(named), Some(product)) = (order, product)
        && !holds_product
    {
        return Err(TicketRefused::ProductNotOnOrder { product: product.id.clone(), order: named.order.id.clone() });
    }
    match (product, lot) {
        (_, None) => Ok(()),
        (Some(product), Some(lot)) if !product.is_tracked() => {
            Err(TicketRefused::LotNotTracked { lot: lot.id.clone(), product: product.id.clone() })
        }
        (Some(product), Some(lot)) if lot.product.key == product.key => Ok(()),
        (product, Some(lot)) => Err(TicketRefused::LotNotOfProduct {
            lot: lot.id.clone(),
            of: lot.product.id.clone(),
            product: product.map(|product| product.id.clone()),
        }),
    }
}

/// What a ticket names does not fit (spec A5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefused {
    #[error("{order} is not an order of {customer}")]
    OrderNotOfCustomer { order: String, customer: String },
    #[error("{product} is not on {order}")]
    ProductNotOnOrder { product: String, order: String },
    #[error("{product} has no lots or serial numbers, so {lot} cannot be one of it")]
    LotNotTracked { lot: String, product: String },
    #[error("{lot} is of {of}, {}", .product.as_ref().map_or("and no product is named".to_owned(), |product| format!("not of {product}")))]
    LotNotOfProduct { lot: String, of: String, product: Option<String> },
    #[error("{} {} was made from {ticket}, so its customer stays {customer}", .made.noun, .made.id)]
    CustomerFixed { ticket: String, customer: String, given: String, made: Use },
}

impl Refusal for TicketRefused {
    fn code(&self) -> &'static str {
        match self {
            TicketRefused::OrderNotOfCustomer { .. } => "order_not_of_customer",
            TicketRefused::ProductNotOnOrder { .. } => "product_not_on_order",
            TicketRefused::LotNotTracked { .. } => "lot_not_tracked",
            TicketRefused::LotNotOfProduct { .. } => "lot_not_of_product",
            TicketRefused::CustomerFixed { .. } => "customer_fixed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some(match self {
            TicketRefused::OrderNotOfCustomer { .. } => "order",
            TicketRefused::ProductNotOnOrder { .. } => "product",
            TicketRefused::LotNotTracked { .. } | TicketRefused::LotNotOfProduct { .. } => "lot",
            TicketRefused::CustomerFixed { .. } => "customer",
        })
    }
    fn given(&self) -> Option<String> {
        let (TicketRefused::OrderNotOfCustomer { order: given, .. }
        | TicketRefused::ProductNotOnOrder { product: given, .. }
        | TicketRefused::LotNotTracked { lot: given, .. }
        | TicketRefused::LotNotOfProduct { lot: given, .. }
        | TicketRefused::CustomerFixed { given, .. }) = self;
        Some(given.clone())
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            TicketRefused::CustomerFixed { customer, .. } => Some(Allowed::One(customer.clone())),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            TicketRefused::OrderNotOfCustomer { customer, .. } => {
                format!("aftersales order list --customer {}", shell_word(customer))
            }
            TicketRefused::ProductNotOnOrder { order, .. } => format!("aftersales order show {}", shell_word(order)),
            TicketRefused::LotNotTracked { product, .. } => format!("aftersales product show {}", shell_word(product)),
            TicketRefused::LotNotOfProduct { lot, product: None, .. } => {
                format!("aftersales lot show {}", shell_word(lot))
            }
            TicketRefused::CustomerFixed { made, .. } => {
                format!("aftersales {} show {}", made.noun, shell_word(&made.id))
            }
            TicketRefused::LotNotOfProduct { product: Some(product), .. } => {
                format!("aftersales lot list --product {}", shell_word(product))
            }
        })
    }
}

/// What a ticket tells of a record that a service made from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTicket {
    pub id: String,
    /// The word for its state.
    pub state: &'static str,
    /// Whether the ticket shows it (spec A7).
    pub is_shown: bool,
    /// Whether something is still to be done with it, of which closing the ticket warns (spec A5).
    pub is_open: bool,
}

/// The kind of an entry that somebody of the desk wrote for the desk, and of one that the customer reads too.
pub const NOTE: &str = "note";
pub const PUBLIC_NOTE: &str = "public_note";

/// An entry of a ticket's log as shown (spec A6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    pub at: Instant,
    pub user: Option<String>,
    pub kind: String,
    pub text: String,
    pub document: Option<String>,
    pub operation: i64,
}

/// A service that needs to know whom it serves was asked for on a ticket without a customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ticket {ticket} has no customer, which it can be given")]
pub struct CustomerRequired {
    pub ticket: String,
}

impl Refusal for CustomerRequired {
    fn code(&self) -> &'static str {
        "customer_required"
    }
    fn field(&self) -> Option<&'static str> {
        Some("customer")
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales customer list".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::product::{ProductType, Tracking, Unit, UnitPrice};
    use crate::domain::value::money::Currency;

    fn reference(key: i64, id: &str) -> Reference {
        Reference { key, id: id.to_owned() }
    }

    fn product(key: i64, id: &str, tracking: Tracking) -> Product {
        let price = UnitPrice { price: "1".parse().unwrap(), currency: Currency::iso("EUR").unwrap() };
        let (id, name) = (id.to_owned(), id.to_owned());
        Product {
            key,
            id,
            name,
            price,
            kind: ProductType::Goods,
            tracking,
            taxes: Vec::new(),
            account: None,
            unit: Unit::default(),
        }
    }

    #[test]
    fn order_product_and_lot_must_fit() {
        let (ada, bo) = (reference(1, "ADA"), reference(2, "BO"));
        let order = NamedOrder { order: reference(9, "S00001"), customer: ada.clone() };
        // The order, and whether it holds the product.
        let (with, without) = (Some((&order, true)), Some((&order, false)));
        let (lamp, desk) = (product(3, "LAMP", Tracking::Serial), product(4, "DESK", Tracking::Lot));
        let mug = product(5, "MUG", Tracking::None);
        let lot = Lot { key: 6, id: "SN-1".to_owned(), product: lamp.reference() };
        let code = |result: Result<(), TicketRefused>| result.map_err(|refused| refused.code()).err();

        for (customer, order, product, lot, expected) in [
            (None, None, None, None, None),
            (Some(&ada), with, Some(&lamp), Some(&lot), None),
            (Some(&ada), without, None, None, None),
            (None, with, Some(&lamp), None, None),
            (Some(&bo), with, None, None, Some("order_not_of_customer")),
            (Some(&bo), None, None, None, None),
            (Some(&ada), without, Some(&lamp), None, Some("product_not_on_order")),
            (Some(&ada), None, Some(&desk), Some(&lot), Some("lot_not_of_product")),
            (Some(&ada), None, None, Some(&lot), Some("lot_not_of_product")),
            (Some(&ada), None, Some(&mug), Some(&lot), Some("lot_not_tracked")),
            (Some(&ada), None, Some(&mug), None, None),
            // Several faults: the first in the order of the spec is told.
            (Some(&bo), without, Some(&mug), Some(&lot), Some("order_not_of_customer")),
            (Some(&ada), without, Some(&mug), Some(&lot), Some("product_not_on_order")),
        ] {
            let (order, holds) = order.unzip();
            let given = (customer, holds, product.map(|product| &product.id), lot.map(|lot| &lot.id));
            assert_eq!(code(check_fit(customer, order, holds.unwrap_or(false), product, lot)), expected, "{given:?}");
        }
    }

    #[test]
    fn every_refusal_names_its_field_and_what_to_type_next() {
        let text = |text: &str| text.to_owned();
        for (refused, field, given, next) in [
            (
                TicketRefused::OrderNotOfCustomer { order: text("S00001"), customer: text("BO") },
                "order",
                "S00001",
                "aftersales order list --customer BO",
            ),
            (
                TicketRefused::ProductNotOnOrder { product: text("LAMP"), order: text("S00001") },
                "product",
                "LAMP",
                "aftersales order show S00001",
            ),
            (
                TicketRefused::LotNotTracked { lot: text("SN-1"), product: text("MUG") },
                "lot",
                "SN-1",
                "aftersales product show MUG",
            ),
            (
                TicketRefused::LotNotOfProduct { lot: text("SN-1"), of: text("LAMP"), product: Some(text("DESK")) },
                "lot",
                "SN-1",
                "aftersales lot list --product DESK",
            ),
            (
                TicketRefused::LotNotOfProduct { lot: text("SN-1"), of: text("LAMP"), product: None },
                "lot",
                "SN-1",
                "aftersales lot show SN-1",
            ),
        ] {
            assert_eq!((refused.field(), refused.given().as_deref()), (Some(field), Some(given)), "{refused}");
            assert!(refused.hint().unwrap().contains(next), "{refused}");
        }
    }
}
