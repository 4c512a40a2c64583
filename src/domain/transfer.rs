//! Transfers: goods on their way from one location to another (spec D8), and what validating one moves.

use serde::{Serialize, Serializer};

use super::common::{StateNotAllowed, ValueRefused};
use super::location::{Location, LocationType};
use super::product::Tracking;
use super::stock::Place;
use super::stock_level::Wanted;
use super::ticket::OnTicket;
use super::{Refusal, Result};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

mod moving;

pub use moving::{
    Asked, ChosenLot, LineLot, Piece, Taken, check_lots, check_new_lot, check_numbers, makes_lots, no_such_line,
    numbers_of, part_of_a_serial, plan, split,
};

choices! {
    /// Which way the goods go.
    pub enum TransferKind: "kind" {
        Incoming = "incoming",
        Outgoing = "outgoing",
        Internal = "internal",
    }
}

choices! {
    /// How far a transfer is. Waiting: not all of it is reserved. Done and cancelled are final (spec D8).
    pub enum TransferState: "state" {
        Waiting = "waiting",
        Ready = "ready",
        Done = "done",
        Cancelled = "cancelled",
    }
}

impl TransferState {
    /// What a ticket tells of a transfer made from it: returns are shown unless they are cancelled (spec A7), and they and
    /// replacements are open until they are done (spec A5).
    pub fn on_ticket(self, id: String, is_return: bool) -> OnTicket {
        let is_open = matches!(self, TransferState::Waiting | TransferState::Ready);
        OnTicket { id, state: self.word(), is_shown: is_return && self != TransferState::Cancelled, is_open }
    }
}

impl TransferKind {
    /// What the ids of such transfers begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            TransferKind::Incoming => "WH/IN/",
            TransferKind::Outgoing => "WH/OUT/",
            TransferKind::Internal => "WH/INT/",
        }
    }

    /// The kind of the transfer that takes the goods back.
    pub const fn reversed(self) -> TransferKind {
        match self {
            TransferKind::Incoming => TransferKind::Outgoing,
            TransferKind::Outgoing => TransferKind::Incoming,
            TransferKind::Internal => TransferKind::Internal,
        }
    }
}

impl TransferState {
    /// Whether the goods are still to be moved.
    pub const fn is_open(self) -> bool {
        matches!(self, TransferState::Waiting | TransferState::Ready)
    }
}

/// A transfer as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transfer {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub kind: TransferKind,
    pub state: TransferState,
    /// What it was made for, in words or by id.
    pub origin: Option<String>,
    pub customer: Option<Reference>,
    pub order: Option<Reference>,
    pub ticket: Option<Reference>,
    /// The field service task whose products it moves.
    #[serde(skip)]
    pub task: Option<i64>,
    #[serde(serialize_with = "as_id")]
    pub from: Location,
    #[serde(serialize_with = "as_id")]
    pub to: Location,
    pub lines: Vec<TransferLine>,
    /// The transfer whose goods it takes back.
    pub return_of: Option<Reference>,
    /// The return that it replaces the goods of (spec D6).
    pub exchange_of: Option<Reference>,
    pub backorder_of: Option<Reference>,
    /// Whether the order's delivered quantity stays as it is (spec D7).
    pub keep_order_quantity: bool,
    /// The day it is planned for, then the day it was done.
    pub date: Day,
    /// The operation of the log that moved its goods.
    #[serde(skip)]
    pub moved: Option<i64>,
}

/// A line of a transfer: a product, of one lot or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferLine {
    #[serde(skip)]
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    pub product: Reference,
    #[serde(skip)]
    pub tracking: Tracking,
    pub lot: Option<Reference>,
    /// What is to be moved.
    pub quantity: Quantity,
    /// What was moved.
    pub done: Quantity,
    /// What is reserved for it of the stock where it takes from; none where nothing is reserved for it (any more).
    #[serde(skip)]
    pub reserved: Option<Quantity>,
    /// What returns of it take back that are not cancelled (spec D3).
    #[serde(skip)]
    pub returned: Quantity,
    /// The line of the order that it delivers, or takes back of.
    #[serde(skip)]
    pub order_line: Option<i64>,
    /// The line of the transfer that it takes back.
    #[serde(skip)]
    pub return_line: Option<i64>,
}

fn as_id<S: Serializer>(location: &Location, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&location.id)
}

impl Transfer {
    /// The transfer as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// What its lines say of its state while it is open: ready when nothing is missing.
    pub fn open_state(&self) -> TransferState {
        let short = |line: &TransferLine| line.reserved.is_some_and(|reserved| reserved < line.quantity);
        if self.lines.iter().any(short) { TransferState::Waiting } else { TransferState::Ready }
    }

    /// The refusal of what its state does not allow; `wanted` is a participle.
    pub fn not_allowed(&self, wanted: &'static str) -> StateNotAllowed {
        StateNotAllowed {
            what: format!("the transfer {}", self.id),
            state: self.state.to_string(),
            wanted,
            hint: Some(format!("aftersales transfer show {}", shell_word(&self.id))),
        }
    }
}

impl TransferLine {
    /// A line to be written: how much of which product, for what.
    pub fn new(product: Reference, tracking: Tracking, lot: Option<Reference>, quantity: Quantity) -> TransferLine {
        TransferLine {
            key: 0,
            line: 0,
            product,
            tracking,
            lot,
            quantity,
            done: Quantity::ZERO,
            reserved: None,
            returned: Quantity::ZERO,
            order_line: None,
            return_line: None,
        }
    }

    /// What of it can still be returned (spec D3).
    pub fn returnable(&self) -> Result<Quantity> {
        Ok(self.done.checked_sub(self.returned)?)
    }

    /// So much of its product, of its lot or of any.
    pub fn wanted(&self, quantity: Quantity) -> Wanted {
        Wanted { lot: self.lot.as_ref().map(|lot| lot.key), quantity }
    }

    /// The place of its goods at a location.
    pub fn place<'t>(&'t self, location: &'t Location) -> Place<'t> {
        Place { product: &self.product, location, lot: self.lot.as_ref() }
    }
}

/// Why goods cannot be moved as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefused {
    #[error("{product} has no lots or serial numbers, so line {line} has none")]
    NotTracked { product: String, line: i64, given: String },
    #[error("the lot {lot} is of {has}, not of {product}")]
    OtherProduct { lot: String, has: String, product: String },
    #[error("{product} is tracked: line {line} needs the lots of {missing} more, named as --lot {line}=LOT")]
    LotRequired {
        product: String,
        line: i64,
        missing: Quantity,
        /// Where lots to name lie; none where they come in and are named for the first time.
        at: Option<String>,
    },
    #[error("{what} cannot go {way} {location}, which is of type {kind}")]
    Location {
        what: &'static str,
        way: &'static str,
        location: String,
        kind: LocationType,
        field: &'static str,
        /// The type of one that would do.
        wants: LocationType,
    },
}

impl Refusal for MoveRefused {
    fn code(&self) -> &'static str {
        match self {
            MoveRefused::NotTracked { .. } => "lot_not_tracked",
            MoveRefused::OtherProduct { .. } => "lot_not_of_product",
            MoveRefused::LotRequired { .. } => "lot_required",
            MoveRefused::Location { .. } => "location_not_allowed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            MoveRefused::Location { field, .. } => Some(field),
            _ => Some("lot"),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            MoveRefused::NotTracked { given, .. } => Some(given.clone()),
            MoveRefused::OtherProduct { lot, .. } => Some(lot.clone()),
            MoveRefused::LotRequired { .. } => None,
            MoveRefused::Location { location, .. } => Some(location.clone()),
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            MoveRefused::NotTracked { product, .. } => format!("aftersales product show {}", shell_word(product)),
            MoveRefused::OtherProduct { product, .. } => {
                format!("aftersales lot list --product {}", shell_word(product))
            }
            MoveRefused::LotRequired { product, at: Some(location), .. } => lying_at(product, location),
            MoveRefused::LotRequired { at: None, .. } => "aftersales lot create --help".to_owned(),
            MoveRefused::Location { wants, .. } => format!("aftersales location list --type {wants}"),
        })
    }
}

/// The command that tells which lots of a product lie at a location.
pub fn lying_at(product: &str, location: &str) -> String {
    format!("aftersales stock list --location {} --product {}", shell_word(location), shell_word(product))
}

/// Checks where a transfer of that kind goes from and to: stock comes in from outside, goes out of it, or stays in it.
pub fn check_way(kind: TransferKind, from: &Location, to: &Location) -> Result<()> {
    let inside = |location: &Location| location.kind.keeps_stock();
    let refused = |way, location: &Location, field| {
        let wants = match (kind, field) {
            (TransferKind::Incoming, "from") => LocationType::Supplier,
            (TransferKind::Outgoing, "to") => LocationType::Customer,
            _ => LocationType::Internal,
        };
        let what = match kind {
            TransferKind::Incoming => "a receipt",
            TransferKind::Outgoing => "a delivery",
            TransferKind::Internal => "a move within the stock",
        };
        let (location, kind) = (location.id.clone(), location.kind);
        Err(MoveRefused::Location { what, way, location, kind, field, wants }.into())
    };
    // What a count finds or misses comes from or goes to where losses are told (spec D8), and is no receipt and no delivery.
    let counted = |location: &Location| kind == TransferKind::Internal && location.is_inventory_loss();
    if inside(from) != (kind != TransferKind::Incoming) && !(counted(from) && inside(to)) {
        return refused("from", from, "from");
    }
    if inside(to) != (kind != TransferKind::Outgoing) && !(counted(to) && inside(from)) {
        return refused("to", to, "to");
    }
    if from.key == to.key {
        return Err(ValueRefused::invalid("to", &to.id, format!("the goods are at {} already", to.id)).into());
    }
    Ok(())
}

/// A line of an order as its deliveries see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToDeliver {
    pub order_line: i64,
    pub product: Reference,
    pub tracking: Tracking,
    /// What was ordered, less what was delivered or is on an open delivery; below zero where it was more.
    pub left: Quantity,
}

/// The lines of the delivery of what is left, none where nothing is.
pub fn delivery_of(order: &[ToDeliver]) -> Vec<TransferLine> {
    let left = order.iter().filter(|line| line.left > Quantity::ZERO);
    left.map(|line| TransferLine {
        order_line: Some(line.order_line),
        ..TransferLine::new(line.product.clone(), line.tracking, None, line.left)
    })
    .collect()
}

#[cfg(test)]
mod tests;
