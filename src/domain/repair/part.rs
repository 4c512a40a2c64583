//! Parts and labour of a repair: how they are typed, what may stand, and how far a part is (spec E3, E4).

use std::fmt;
use std::str::FromStr;

use super::RepairState;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::line::{LineFault, NewLine, check_price, check_quantity};
use crate::domain::lot::is_piece;
use crate::domain::product::{Product, ProductType, Tracking, UnitPrice};
use crate::domain::stock_level::Wanted;
use crate::domain::transfer::part_of_a_serial;
use crate::domain::value::quantity::{Price, Quantity};
use crate::domain::value::reference::Reference;
use crate::domain::value::text::{choices, text_value};

choices! {
    /// What is done with a part: taken from stock, removed to scrap, or recycled to stock (spec E4).
    pub enum PartKind: "kind" {
        Add = "add",
        Remove = "remove",
        Recycle = "recycle",
    }
}

choices! {
    /// How far a part is, derived from its repair and what is reserved.
    pub enum PartState: "state" {
        Draft = "draft",
        Missing = "missing",
        PartlyReserved = "partly_reserved",
        Reserved = "reserved",
        Done = "done",
        Cancelled = "cancelled",
    }
}

/// A part of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    pub kind: PartKind,
    pub product: Reference,
    pub tracking: Tracking,
    pub lot: Option<Reference>,
    pub quantity: Quantity,
    /// What was used of it.
    pub done: Quantity,
    /// What of the stock is reserved for it.
    pub reserved: Quantity,
    /// Its own price, whatever the warranty makes of it.
    pub price: UnitPrice,
    /// The line of the quotation that sells it.
    pub order_line: Option<i64>,
}

/// A labour line of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labour {
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    pub product: Reference,
    pub quantity: Quantity,
    /// Its own price, whatever the warranty makes of it.
    pub price: UnitPrice,
    /// The line of the quotation that sells it.
    pub order_line: Option<i64>,
}

impl Part {
    /// What is reserved for it.
    pub fn reservation(&self) -> Wanted {
        Wanted { lot: self.lot.as_ref().map(|lot| lot.key), quantity: self.reserved }
    }

    /// Whether it is one piece with a serial number.
    pub fn piece(&self) -> Option<&Reference> {
        self.lot.as_ref().filter(|_| is_piece(self.tracking))
    }

    /// The same part with another quantity and own price.
    #[must_use]
    pub fn with(mut self, quantity: Quantity, price: Price) -> Part {
        self.quantity = quantity;
        self.price.price = price;
        self
    }

    /// How much of it the quotation sells, as a part of a repair in that state; none where it is not sold, as what
    /// is removed or recycled (spec E6). A finished one sells what was used.
    pub fn sold(&self, of: RepairState) -> Option<Quantity> {
        match (self.kind, of) {
            (PartKind::Add, RepairState::Cancelled) => Some(Quantity::ZERO),
            (PartKind::Add, RepairState::Done) => Some(self.done),
            (PartKind::Add, _) => Some(self.quantity),
            (PartKind::Remove | PartKind::Recycle, _) => None,
        }
    }

    /// How far it is, as a part of a repair in that state.
    pub fn state(&self, of: RepairState) -> PartState {
        match of {
            RepairState::Draft => PartState::Draft,
            RepairState::Cancelled => PartState::Cancelled,
            RepairState::Done if self.done.is_zero() => PartState::Cancelled,
            RepairState::Done => PartState::Done,
            // Only what is added comes from stock; the others wait for nothing.
            RepairState::Confirmed | RepairState::UnderRepair if self.kind != PartKind::Add => PartState::Reserved,
            RepairState::Confirmed | RepairState::UnderRepair if self.reserved >= self.quantity => PartState::Reserved,
            RepairState::Confirmed | RepairState::UnderRepair if self.reserved.is_zero() => PartState::Missing,
            RepairState::Confirmed | RepairState::UnderRepair => PartState::PartlyReserved,
        }
    }
}

/// A part as it is typed: `[add:|remove:|recycle:]SKU=QTY[@PRICE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart {
    /// None where it is not said, which is add for a new part.
    pub kind: Option<PartKind>,
    pub line: NewLine,
}

impl FromStr for NewPart {
    type Err = LineFault;

    fn from_str(text: &str) -> std::result::Result<Self, LineFault> {
        let kind_of = |kind: &PartKind| {
            text.strip_prefix(kind.word()).and_then(|rest| rest.strip_prefix(':')).map(|rest| (*kind, rest))
        };
        match PartKind::ALL.iter().find_map(kind_of) {
            Some((kind, line)) => Ok(NewPart { kind: Some(kind), line: line.parse()? }),
            None => Ok(NewPart { kind: None, line: text.parse()? }),
        }
    }
}

impl fmt::Display for NewPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind {
            write!(f, "{kind}:")?;
        }
        self.line.fmt(f)
    }
}

text_value!(NewPart, "a part such as \"BULB=1\" or \"remove:BULB=1\"");

/// What can be used of a part: not less than nothing, and a serial number is one piece.
pub(super) fn check_used(part: &Part, quantity: Quantity) -> std::result::Result<(), ValueRefused> {
    if quantity.is_negative() {
        return Err(ValueRefused::quantity(
            "line",
            quantity,
            format!("{quantity} is below zero, which cannot be used"),
        ));
    }
    check_pieces("line", &part.product, part.tracking, part.lot.is_some(), quantity)
}

/// A serial number is one whole piece: no part of one, and under one number not more than one.
pub(super) fn check_pieces(
    field: &'static str,
    product: &Reference,
    tracking: Tracking,
    with_lot: bool,
    quantity: Quantity,
) -> std::result::Result<(), ValueRefused> {
    if tracking != Tracking::Serial {
        return Ok(());
    }
    if !quantity.is_whole() {
        return Err(part_of_a_serial(field, product, quantity));
    }
    if with_lot && quantity > Quantity::ONE {
        let message = format!("one serial number is one {product}, not {quantity}");
        return Err(ValueRefused::quantity(field, quantity, message));
    }
    Ok(())
}

/// A part that is confirmed is not below zero (spec E3).
pub fn check_confirmed_quantity(product: &str, quantity: Quantity) -> std::result::Result<(), ValueRefused> {
    if quantity.is_negative() {
        return Err(ValueRefused::quantity("part", quantity, format!("{quantity} of {product} is below zero")));
    }
    Ok(())
}

/// Whether that can stand as a part: goods, in whole pieces where they have serial numbers. A draft may hold a quantity below
/// zero, which confirming refuses (contract, section 7 "Repairs").
pub fn check_part(
    field: &'static str,
    product: &Product,
    with_lot: bool,
    quantity: Quantity,
    price: Option<Price>,
) -> Result<()> {
    if product.kind == ProductType::Service {
        let message = format!("{} is a service, which is labour and no part", product.id);
        return Err(ValueRefused::invalid(field, &product.id, message).into());
    }
    check_pieces(field, &product.reference(), product.tracking, with_lot, quantity)?;
    price.map_or(Ok(()), |price| check_price(price, field))
}

/// Whether that can stand as labour.
pub fn check_labour(product: &Product, line: &NewLine) -> Result<()> {
    check_quantity(product, line.quantity, "labour")?;
    line.price.map_or(Ok(()), |price| check_price(price, "labour"))
}
