//! What is to be repaired and where it came from: the fields of the form that limit each other (spec E1).

use super::RepairRefused;
use super::part::check_pieces;
use crate::domain::common::ValueRefused;
use crate::domain::product::{Lot, Product, ProductType};
use crate::domain::ticket::check_fit;
use crate::domain::transfer::{Transfer, TransferKind, TransferLine, TransferState};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::domain::{Error, Faults, Result};

/// What is to be repaired, and where it came from: the fields of the form that limit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub customer: Option<Reference>,
    pub product: Product,
    pub lot: Option<Lot>,
    pub quantity: Quantity,
    pub from_return: Option<Transfer>,
}

/// The lot that the form shows at first: the ticket's, where it can be that of the product and of the return named, else the
/// only one of that return (spec E1).
pub fn default_lot(product: &Product, of_ticket: Option<&Lot>, from: Option<&Transfer>) -> Option<Reference> {
    if !product.is_tracked() {
        return None;
    }
    let in_return = |lot: &&Lot| from.is_none_or(|from| holds(from, product.key, Some(lot.key)));
    let of_ticket = of_ticket.filter(|lot| lot.product.key == product.key).filter(in_return);
    of_ticket.map(Lot::reference).or_else(|| from.and_then(|from| only_lot(product, from)))
}

/// The one lot of the product that a transfer brings; none where it brings several.
fn only_lot(product: &Product, from: &Transfer) -> Option<Reference> {
    let brings = |line: &&TransferLine| {
        let quantity = if from.state == TransferState::Done { line.done } else { line.quantity };
        line.product.key == product.key && !quantity.is_zero()
    };
    let mut lots = from.lines.iter().filter(brings).map(|line| line.lot.as_ref());
    let first = lots.next()??;
    lots.all(|lot| lot.is_some_and(|lot| lot.key == first.key)).then(|| first.clone())
}

/// Whether the transfer brings the product, of that lot where one is named.
pub fn holds(from: &Transfer, product: i64, lot: Option<i64>) -> bool {
    let of_lot = |held: &Option<Reference>| lot.is_none() || held.as_ref().map(|held| held.key) == lot;
    from.lines.iter().any(|line| line.product.key == product && of_lot(&line.lot))
}

/// Whether the transfer can be named as the return on a repair for that customer: it takes back a delivery, is ready or done,
/// and is theirs (spec E1). Where there is no customer it is anybody's.
pub fn check_offered(from: &Transfer, customer: Option<&Reference>) -> std::result::Result<(), RepairRefused> {
    let refused = |why: String| RepairRefused::ReturnNotOffered { transfer: from.id.clone(), why };
    if from.kind != TransferKind::Incoming || from.return_of.is_none() {
        return Err(refused("it is no return from a customer".to_owned()));
    }
    if !matches!(from.state, TransferState::Ready | TransferState::Done) {
        return Err(refused(format!("it is {}", from.state)));
    }
    match (customer, &from.customer) {
        (Some(wanted), Some(other)) if wanted.key != other.key => {
            Err(refused(format!("it is of {other}, not of {wanted}")))
        }
        (Some(wanted), None) => Err(refused(format!("it is not of {wanted}"))),
        _ => Ok(()),
    }
}

impl Item {
    /// Whether each field can stand at all; what is at fault is gathered, in the order of the flags.
    pub fn check_values(&self, faults: &mut Faults) {
        let Item { product, lot, quantity, .. } = self;
        faults.gather(self.check_product());
        faults.gather(check_positive(*quantity));
        let pieces = check_pieces("quantity", &product.reference(), product.tracking, lot.is_some(), *quantity);
        faults.gather(pieces.map_err(Error::from));
    }

    /// Whether the fields fit each other, in the order of the form (spec E1).
    pub fn check_fit(&self) -> Result<()> {
        let Item { customer, product, lot, from_return, .. } = self;
        check_fit(None, None, false, Some(product), lot.as_ref())?;
        let Some(from) = from_return else {
            return Ok(());
        };
        check_offered(from, customer.as_ref())?;
        if !holds(from, product.key, None) {
            return Err(self.not_in(from, product.id.clone(), "product"));
        }
        match lot {
            Some(lot) if !holds(from, product.key, Some(lot.key)) => Err(self.not_in(from, lot.id.clone(), "lot")),
            _ => Ok(()),
        }
    }

    fn check_product(&self) -> Result<()> {
        match self.product.kind {
            ProductType::Goods => Ok(()),
            ProductType::Service => {
                let id = &self.product.id;
                Err(ValueRefused::invalid("product", id, format!("{id} is a service, which cannot be repaired")).into())
            }
        }
    }

    fn not_in(&self, from: &Transfer, given: String, field: &'static str) -> Error {
        let product = match field {
            "lot" => format!("{} {given}", self.product.id),
            _ => given.clone(),
        };
        RepairRefused::ProductNotInReturn { product, transfer: from.id.clone(), given, field }.into()
    }
}

/// Whether that many can be repaired: more than none.
fn check_positive(quantity: Quantity) -> Result<()> {
    if quantity > Quantity::ZERO {
        return Ok(());
    }
    Err(ValueRefused::quantity("quantity", quantity, format!("{quantity} is not above zero, so nothing is repaired"))
        .into())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{product, reference};
    use super::*;
    use crate::domain::location::{Location, LocationType};
    use crate::domain::product::Tracking;
    use crate::domain::transfer::TransferLine;

    fn returned(
        is_return: bool,
        state: TransferState,
        customer: Option<i64>,
        holds: &[(i64, Option<i64>)],
    ) -> Transfer {
        let place = |id: &str, kind| Location { key: 9, id: id.to_owned(), kind, return_location: true };
        let line = |(product, lot): &(i64, Option<i64>)| {
            let lot = lot.map(|key| reference(key, &format!("SN-{key}")));
            TransferLine::new(reference(*product, "LAMP"), Tracking::None, lot, Quantity::ONE)
        };
        Transfer {
            key: 20,
            id: "WH/IN/00001".to_owned(),
            kind: TransferKind::Incoming,
            state,
            origin: None,
            customer: customer.map(|key| reference(key, if key == 2 { "ADA" } else { "BO" })),
            order: None,
            ticket: None,
            task: None,
            from: place("Customers", LocationType::Customer),
            to: place("WH/Stock", LocationType::Internal),
            lines: holds.iter().map(line).collect(),
            return_of: is_return.then(|| reference(19, "WH/OUT/00001")),
            exchange_of: None,
            backorder_of: None,
            keep_order_quantity: false,
            date: "2026-11-23".parse().unwrap(),
            moved: None,
        }
    }

    fn item(tracking: Tracking) -> Item {
        Item {
            customer: Some(reference(2, "ADA")),
            product: product(3, "LAMP", tracking),
            lot: None,
            quantity: Quantity::ONE,
            from_return: None,
        }
    }

    fn lot(key: i64, of: i64) -> Option<Lot> {
        Some(Lot { key, id: format!("SN-{key}"), product: reference(of, "LAMP") })
    }

    #[test]
    fn a_return_limits_product_and_lot() {
        let theirs = |holds: &[(i64, Option<i64>)]| returned(true, TransferState::Done, Some(2), holds);
        let nobody = Item { customer: None, ..item(Tracking::None) };
        let table = [
            // item, lot, return, code and field
            (item(Tracking::None), None, theirs(&[(3, None)]), None),
            (item(Tracking::None), None, returned(true, TransferState::Ready, Some(2), &[(3, None)]), None),
            (item(Tracking::Serial), lot(5, 3), theirs(&[(3, Some(4)), (3, Some(5))]), None),
            (item(Tracking::Serial), None, theirs(&[(3, Some(4))]), None),
            (nobody, None, returned(true, TransferState::Done, Some(8), &[(3, None)]), None),
            (
                item(Tracking::None),
                None,
                returned(false, TransferState::Done, Some(2), &[(3, None)]),
                Some(("return_not_offered", "return")),
            ),
            (
                item(Tracking::None),
                None,
                returned(true, TransferState::Cancelled, Some(2), &[(3, None)]),
                Some(("return_not_offered", "return")),
            ),
            (
                item(Tracking::None),
                None,
                returned(true, TransferState::Waiting, Some(2), &[(3, None)]),
                Some(("return_not_offered", "return")),
            ),
            (
                item(Tracking::None),
                None,
                returned(true, TransferState::Done, Some(8), &[(3, None)]),
                Some(("return_not_offered", "return")),
            ),
            (
                item(Tracking::None),
                None,
                returned(true, TransferState::Done, None, &[(3, None)]),
                Some(("return_not_offered", "return")),
            ),
            (item(Tracking::None), None, theirs(&[(4, None)]), Some(("product_not_in_return", "product"))),
            (item(Tracking::None), None, theirs(&[]), Some(("product_not_in_return", "product"))),
            (item(Tracking::Serial), lot(5, 3), theirs(&[(3, Some(4))]), Some(("product_not_in_return", "lot"))),
            // The lot is checked before the return.
            (item(Tracking::None), lot(5, 3), theirs(&[]), Some(("lot_not_tracked", "lot"))),
            (item(Tracking::Serial), lot(5, 9), theirs(&[]), Some(("lot_not_of_product", "lot"))),
        ];
        for (item, lot, from_return, expected) in table {
            let item = Item { lot, from_return: Some(from_return), ..item };
            let refused = item.check_fit().err();
            let told = refused.as_ref().map(|error| (error.fault().code, error.fault().field.as_deref().unwrap_or("")));
            assert_eq!(told, expected, "{item:?}");
        }
        assert_eq!(item(Tracking::Serial).check_fit(), Ok(()));
    }

    #[test]
    fn only_goods_in_whole_numbers_of_pieces_are_repaired() {
        let service = Product { kind: ProductType::Service, ..product(3, "HOUR", Tracking::None) };
        let table = [
            (item(Tracking::None), "1", None, Vec::new()),
            (item(Tracking::None), "0.5", None, Vec::new()),
            (item(Tracking::Lot), "0.5", lot(5, 3), Vec::new()),
            (item(Tracking::Serial), "2", None, Vec::new()),
            (item(Tracking::None), "0", None, vec!["quantity_invalid"]),
            (item(Tracking::None), "-1", None, vec!["quantity_invalid"]),
            (item(Tracking::Serial), "0.5", None, vec!["quantity_invalid"]),
            (item(Tracking::Serial), "2", lot(5, 3), vec!["quantity_invalid"]),
            (Item { product: service, ..item(Tracking::None) }, "-1", None, vec!["invalid_value", "quantity_invalid"]),
        ];
        for (item, quantity, lot, expected) in table {
            let item = Item { quantity: quantity.parse().unwrap(), lot, ..item };
            let mut faults = Faults::default();
            item.check_values(&mut faults);
            let codes = match faults.refuse() {
                Ok(()) => Vec::new(),
                Err(error) => {
                    let fault = error.fault();
                    std::iter::once(fault.code).chain(fault.others.iter().map(|other| other.code)).collect()
                }
            };
            assert_eq!(codes, expected, "{item:?}");
        }
    }
}
