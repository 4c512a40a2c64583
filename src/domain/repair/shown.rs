//! A repair as the contract shows it: prices as the warranty leaves them (spec E5), states of parts derived.

use serde::{Serialize, Serializer};

use super::part::{Labour, Part, PartKind, PartState};
use super::{Repair, RepairState};
use crate::domain::product::UnitPrice;
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;

#[derive(Serialize)]
struct RepairShown<'r> {
    id: &'r str,
    state: RepairState,
    ticket: &'r Option<Reference>,
    customer: &'r Option<Reference>,
    product: &'r Reference,
    lot: &'r Option<Reference>,
    quantity: Quantity,
    #[serde(rename = "return")]
    from_return: &'r Option<Reference>,
    under_warranty: bool,
    scheduled_date: Day,
    responsible: &'r Option<Reference>,
    tags: &'r [Reference],
    parts: Vec<PartShown<'r>>,
    labour: Vec<LabourShown<'r>>,
    notes: Option<&'r str>,
    quotation: &'r Option<Reference>,
}

#[derive(Serialize)]
struct PartShown<'r> {
    line: i64,
    kind: PartKind,
    product: &'r Reference,
    lot: &'r Option<Reference>,
    quantity: Quantity,
    done: Quantity,
    price: UnitPrice,
    state: PartState,
}

#[derive(Serialize)]
struct LabourShown<'r> {
    line: i64,
    product: &'r Reference,
    quantity: Quantity,
    price: UnitPrice,
}

impl<'r> RepairShown<'r> {
    fn of(repair: &'r Repair) -> RepairShown<'r> {
        RepairShown {
            id: &repair.id,
            state: repair.state,
            ticket: &repair.ticket,
            customer: &repair.customer,
            product: &repair.product,
            lot: &repair.lot,
            quantity: repair.quantity,
            from_return: &repair.from_return,
            under_warranty: repair.under_warranty,
            scheduled_date: repair.scheduled_date,
            responsible: &repair.responsible,
            tags: &repair.tags,
            parts: repair.parts.iter().map(|part| PartShown::of(part, repair)).collect(),
            labour: repair.labour.iter().map(|labour| LabourShown::of(labour, repair)).collect(),
            notes: repair.notes.as_deref(),
            quotation: &repair.quotation,
        }
    }
}

impl<'r> PartShown<'r> {
    fn of(part: &'r Part, repair: &Repair) -> PartShown<'r> {
        PartShown {
            line: part.line,
            kind: part.kind,
            product: &part.product,
            lot: &part.lot,
            quantity: part.quantity,
            done: part.done,
            price: repair.sale_price(part.price),
            state: part.state(repair.state),
        }
    }
}

impl<'r> LabourShown<'r> {
    fn of(labour: &'r Labour, repair: &Repair) -> LabourShown<'r> {
        LabourShown {
            line: labour.line,
            product: &labour.product,
            quantity: labour.quantity,
            price: repair.sale_price(labour.price),
        }
    }
}

impl Serialize for Repair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RepairShown::of(self).serialize(serializer)
    }
}
