//! Transfers: goods on their way from one location to another (spec D8), and what validating one moves.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::common::{StateNotAllowed, ValueRefused};
use super::line::{LineFault, LineNumber, LineQuantity};
use super::location::{Location, LocationType};
use super::product::{Lot, Tracking};
use super::stock::{Place, StockInsufficient};
use super::stock_level::{StockLevels, Wanted};
use super::ticket::OnTicket;
use super::{Faults, Refusal, Result};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::{choices, text_value};

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

/// `N=LOT[:QTY]`: a lot of which goods of line N are taken. Whether a colon belongs to the lot is settled when it is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineLot {
    pub line: LineNumber,
    /// What stands after the sign.
    pub text: String,
}

impl LineLot {
    /// The text read as a lot and a quantity, where it can be.
    pub fn lot_and_quantity(&self) -> Option<(&str, Quantity)> {
        let (lot, quantity) = self.text.rsplit_once(':')?;
        Some((lot, quantity.parse().ok()?))
    }
}

impl FromStr for LineLot {
    type Err = LineFault;

    fn from_str(text: &str) -> std::result::Result<Self, LineFault> {
        match text.split_once('=') {
            Some((line, lot)) if !lot.is_empty() => Ok(LineLot { line: line.parse()?, text: lot.to_owned() }),
            _ => Err(LineFault::Form { given: text.to_owned(), form: "N=LOT or N=LOT:QTY, such as 1=SN-001" }),
        }
    }
}

impl fmt::Display for LineLot {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.line, self.text)
    }
}

text_value!(LineLot, "a line and its lot such as \"1=SN-001\"");

/// A lot named for a line, looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenLot {
    pub line: LineNumber,
    pub lot: Lot,
    /// None: one piece of a serial number; of a lot all that no other lot of the line is named for.
    pub quantity: Option<Quantity>,
}

/// Goods of one lot, or of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub lot: Option<Reference>,
    pub quantity: Quantity,
}

/// What is moved of one line when its transfer is validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken<'t> {
    pub line: &'t TransferLine,
    /// What is moved, by lot.
    pub pieces: Vec<Piece>,
    /// What is not moved.
    pub rest: Quantity,
}

/// What is asked of a validation.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What takes part; nothing named: every line, whole.
    pub lines: &'a [LineQuantity],
    pub lots: &'a [ChosenLot],
}

/// What validating the transfer moves of each line (spec D5, D8). `stock` is what lies where it takes from, of which nothing is
/// reserved for the transfer itself any more: what is reserved for one of its lines can go with another. None where no stock
/// is counted.
pub fn plan<'t>(transfer: &'t Transfer, asked: Asked<'_>, stock: Option<&StockLevels>) -> Result<Vec<Taken<'t>>> {
    let mut wanted: Vec<(&TransferLine, Quantity, Option<Quantity>)> = Vec::new();
    for line in &transfer.lines {
        let before = wanted.iter().filter(|(other, ..)| other.product.key == line.product.key);
        let before = before.map(|(other, quantity, _)| other.wanted((*quantity).max(Quantity::ZERO)));
        let available = stock.map(|stock| stock.takeable(line.product.key, line.wanted(line.quantity).lot, before));
        wanted.push((line, asked.quantity_of(line), available.transpose()?));
    }
    let mut faults = Faults::default();
    check_lines(transfer, asked, &wanted, &mut faults);
    check_lots(&transfer.id, &numbers_of(&transfer.lines), asked.lots, &mut faults);
    faults.refuse()?;

    for (line, quantity, available) in &wanted {
        if let Some(available) = available.filter(|available| quantity > available) {
            return Err(StockInsufficient::at(line.place(&transfer.from), *quantity, available).into());
        }
    }
    let mut taken = Vec::new();
    for (line, quantity, _) in wanted {
        let pieces = whole(line, split(line, quantity, asked.lots)?)?;
        taken.push(Taken { line, pieces, rest: line.quantity.checked_sub(quantity)? });
    }
    Ok(taken)
}

impl Asked<'_> {
    fn quantity_of(&self, line: &TransferLine) -> Quantity {
        if self.lines.is_empty() {
            return line.quantity;
        }
        let named = self.lines.iter().find(|asked| asked.line.number() == line.line);
        named.map_or(Quantity::ZERO, |asked| asked.quantity)
    }
}

fn check_lines(
    transfer: &Transfer,
    asked: Asked<'_>,
    wanted: &[(&TransferLine, Quantity, Option<Quantity>)],
    faults: &mut Faults,
) {
    let numbers = numbers_of(&transfer.lines);
    check_numbers(&transfer.id, &numbers, asked.lines, faults);
    for (line, quantity, available) in wanted {
        if quantity.is_negative() {
            let message = format!("{quantity} of line {} cannot be moved", line.line);
            faults.note(ValueRefused::quantity("line", quantity, message));
        } else if line.tracking == Tracking::Serial && !quantity.is_whole() {
            faults.note(part_of_a_serial("line", &line.product, *quantity));
        } else if *quantity > line.quantity && available.is_none_or(|available| *quantity <= available) {
            let message = format!("line {} is for {}, so {quantity} is more than all of it", line.line, line.quantity);
            faults.note(ValueRefused::quantity("line", quantity, message));
        }
    }
    let all_known = asked.lines.iter().all(|named| numbers.contains(&named.line.number()));
    if all_known && wanted.iter().all(|(_, quantity, _)| quantity.is_zero()) {
        faults.note(ValueRefused::quantity("line", 0, format!("nothing of {} would be moved", transfer.id)));
    }
}

/// The numbers of these lines.
pub fn numbers_of(lines: &[TransferLine]) -> Vec<i64> {
    lines.iter().map(|line| line.line).collect()
}

/// Notes a line that the document does not have, or that is named twice.
pub fn check_numbers(document: &str, numbers: &[i64], asked: &[LineQuantity], faults: &mut Faults) {
    for (at, named) in asked.iter().enumerate() {
        if !numbers.contains(&named.line.number()) {
            faults.note(no_such_line("line", document, named.line));
        } else if asked.iter().take(at).any(|before| before.line == named.line) {
            faults.note(ValueRefused::invalid("line", named, format!("line {} is named twice", named.line)));
        }
    }
}

/// The fault of naming a line that is not there.
pub fn no_such_line(field: &'static str, document: &str, line: LineNumber) -> ValueRefused {
    ValueRefused::invalid(field, line, format!("{document} has no line {line}"))
}

/// The fault of a part of a piece that has a serial number.
pub fn part_of_a_serial(field: &'static str, product: &Reference, quantity: Quantity) -> ValueRefused {
    let message = format!("{product} has serial numbers, so {quantity} of it is not a whole number of pieces");
    ValueRefused::quantity(field, quantity, message)
}

/// Refuses a lot that a receipt cannot make for a line: of a product without lots, or one that no record can be called.
pub fn check_new_lot(line: &TransferLine, id: &str) -> Result<()> {
    if line.tracking == Tracking::None {
        let product = line.product.id.clone();
        return Err(MoveRefused::NotTracked { product, line: line.line, given: id.to_owned() }.into());
    }
    if id.trim().is_empty() {
        return Err(ValueRefused::invalid("lot", id, "a lot is named by more than blanks").into());
    }
    Ok(ValueRefused::check_id("lot", id)?)
}

/// Whether lots that are not there yet are made for a transfer of that kind: for what comes in, where it takes nothing back
/// (spec D8).
pub fn makes_lots(kind: TransferKind, takes_back: bool) -> bool {
    kind == TransferKind::Incoming && !takes_back
}

/// Notes what no lot can be named with: a line that is not there, a quantity that is none, a lot twice on a line.
pub fn check_lots(document: &str, numbers: &[i64], chosen: &[ChosenLot], faults: &mut Faults) {
    for (at, choice) in chosen.iter().enumerate() {
        if !numbers.contains(&choice.line.number()) {
            faults.note(no_such_line("lot", document, choice.line));
        }
        if let Some(quantity) = choice.quantity.filter(|quantity| quantity.is_negative() || quantity.is_zero()) {
            let message = format!("{quantity} of the lot {} is no quantity of it", choice.lot.id);
            faults.note(ValueRefused::quantity("lot", quantity, message));
        }
        let same = |other: &&ChosenLot| other.line == choice.line && other.lot.key == choice.lot.key;
        if chosen.iter().take(at).any(|other| same(&other)) {
            let message = format!("the lot {} is named twice for line {}", choice.lot.id, choice.line);
            faults.note(ValueRefused::invalid("lot", &choice.lot.id, message));
        }
    }
}

/// Splits `quantity` of a line by the lots named for it; what no lot is named for is left as a piece without one. One lot
/// stands on a line (spec D3), and of a serial number there is one piece.
pub fn split(line: &TransferLine, quantity: Quantity, chosen: &[ChosenLot]) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut left = quantity;
    for choice in chosen.iter().filter(|choice| choice.line.number() == line.line) {
        check_lot_of(line, &choice.lot)?;
        let of_it = match choice.quantity {
            Some(quantity) => quantity,
            None if line.tracking == Tracking::Serial => Quantity::ONE,
            None => left_for(line, quantity, chosen)?,
        };
        if line.tracking == Tracking::Serial && of_it != Quantity::ONE {
            let message = format!("{} is the serial number of one piece", choice.lot.id);
            return Err(ValueRefused::quantity("lot", of_it, message).into());
        }
        left = left.checked_sub(of_it)?;
        if of_it.is_zero() || left.is_negative() {
            let message = format!("the lots named for line {} hold more than the {quantity} moved of it", line.line);
            return Err(ValueRefused::quantity("lot", of_it, message).into());
        }
        pieces.push(Piece { lot: Some(choice.lot.reference()), quantity: of_it });
    }
    if !left.is_zero() {
        pieces.push(Piece { lot: line.lot.clone(), quantity: left });
    }
    Ok(pieces)
}

/// What the lots that are named with a quantity leave of `quantity`.
fn left_for(line: &TransferLine, quantity: Quantity, chosen: &[ChosenLot]) -> Result<Quantity> {
    let of_line = chosen.iter().filter(|choice| choice.line.number() == line.line);
    let left = of_line.filter_map(|choice| choice.quantity).try_fold(quantity, Quantity::checked_sub)?;
    Ok(left.max(Quantity::ZERO))
}

fn check_lot_of(line: &TransferLine, lot: &Lot) -> Result<()> {
    let product = line.product.id.clone();
    if line.tracking == Tracking::None {
        return Err(MoveRefused::NotTracked { product, line: line.line, given: lot.id.clone() }.into());
    }
    if lot.product.key != line.product.key {
        return Err(MoveRefused::OtherProduct { lot: lot.id.clone(), has: lot.product.id.clone(), product }.into());
    }
    match &line.lot {
        Some(own) if own.key != lot.key => {
            let message = format!("line {} is of the lot {own}, not of {}", line.line, lot.id);
            Err(ValueRefused::invalid("lot", &lot.id, message).into())
        }
        _ => Ok(()),
    }
}

/// The pieces, each of a lot where the product is tracked.
fn whole(line: &TransferLine, pieces: Vec<Piece>) -> Result<Vec<Piece>> {
    match pieces.iter().find(|piece| piece.lot.is_none() && line.tracking != Tracking::None) {
        Some(piece) => {
            Err(MoveRefused::LotRequired { product: line.product.id.clone(), line: line.line, missing: piece.quantity }
                .into())
        }
        None => Ok(pieces),
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
    LotRequired { product: String, line: i64, missing: Quantity },
    #[error("{what} cannot go {way} {location}, which is of type {kind}")]
    Location { what: &'static str, way: &'static str, location: String, kind: LocationType, field: &'static str },
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
            MoveRefused::OtherProduct { product, .. } | MoveRefused::LotRequired { product, .. } => {
                format!("aftersales lot list --product {}", shell_word(product))
            }
            MoveRefused::Location { .. } => "aftersales location list".to_owned(),
        })
    }
}

/// Checks where a transfer of that kind goes from and to: stock comes in from outside, goes out of it, or stays in it.
pub fn check_way(kind: TransferKind, from: &Location, to: &Location) -> Result<()> {
    let inside = |location: &Location| location.kind.keeps_stock();
    let refused = |way, location: &Location, field| {
        let what = match kind {
            TransferKind::Incoming => "a receipt",
            TransferKind::Outgoing => "a delivery",
            TransferKind::Internal => "a move within the stock",
        };
        let (location, kind) = (location.id.clone(), location.kind);
        Err(MoveRefused::Location { what, way, location, kind, field }.into())
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
mod tests {
    use super::*;
    use crate::domain::stock_level::{Row, StockLevel};
    use proptest::prelude::*;

    fn reference(key: i64, id: &str) -> Reference {
        Reference { key, id: id.to_owned() }
    }

    fn location(key: i64, id: &str, kind: LocationType) -> Location {
        Location { key, id: id.to_owned(), kind, return_location: false }
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn line(number: i64, tracking: Tracking, lot: Option<i64>, of: &str) -> TransferLine {
        let product = match tracking {
            Tracking::None => reference(1, "LAMP"),
            Tracking::Lot => reference(2, "GLUE"),
            Tracking::Serial => reference(3, "TV"),
        };
        let lot = lot.map(|key| reference(key, &format!("L{key}")));
        TransferLine { key: number, line: number, ..TransferLine::new(product, tracking, lot, quantity(of)) }
    }

    /// A ready delivery of 3 LAMP, 5.5 GLUE, 2 TV and the TV of lot 30.
    fn delivery() -> Transfer {
        Transfer {
            key: 1,
            id: "WH/OUT/00001".to_owned(),
            kind: TransferKind::Outgoing,
            state: TransferState::Ready,
            origin: None,
            customer: None,
            order: None,
            ticket: None,
            task: None,
            from: location(1, "WH/Stock", LocationType::Internal),
            to: location(2, "Customers", LocationType::Customer),
            lines: vec![
                line(1, Tracking::None, None, "3"),
                line(2, Tracking::Lot, None, "5.5"),
                line(3, Tracking::Serial, None, "2"),
                line(4, Tracking::Serial, Some(30), "1"),
            ],
            return_of: None,
            exchange_of: None,
            backorder_of: None,
            keep_order_quantity: false,
            date: "2026-11-23".parse().unwrap(),
            moved: None,
        }
    }

    /// `2=21:3` names lot 21, which is of the product of its tens: 10s of LAMP, 20s of GLUE, 30s of TV.
    fn lots(texts: &[&str]) -> Vec<ChosenLot> {
        let chosen = |text: &&str| {
            let named: LineLot = text.parse().unwrap();
            let (lot, quantity) = match named.lot_and_quantity() {
                Some((lot, quantity)) => (lot, Some(quantity)),
                None => (named.text.as_str(), None),
            };
            let key: i64 = lot.parse().unwrap();
            let products = [reference(1, "LAMP"), reference(2, "GLUE"), reference(3, "TV")];
            let product = products[usize::try_from(key / 10 - 1).unwrap()].clone();
            ChosenLot { line: named.line, lot: Lot { key, id: format!("L{key}"), product }, quantity }
        };
        texts.iter().map(chosen).collect()
    }

    /// So much of each of the three products, of no lot that a line has.
    fn in_stock(available: &str) -> StockLevels {
        let row = |key| Row {
            key,
            lot: None,
            quantity: quantity(available),
            reserved: Quantity::ZERO,
            pinned: Quantity::ZERO,
        };
        StockLevels((1..=3).map(|product| (product, StockLevel::new(vec![row(product)]))).collect())
    }

    fn planned(lines: &[&str], lot_texts: &[&str], available: Option<&str>) -> std::result::Result<String, String> {
        let transfer = delivery();
        let lines: Vec<LineQuantity> = lines.iter().map(|text| text.parse().unwrap()).collect();
        let lots = lots(lot_texts);
        let stock = available.map(in_stock);
        let plan = plan(&transfer, Asked { lines: &lines, lots: &lots }, stock.as_ref());
        let piece = |piece: &Piece| match &piece.lot {
            Some(lot) => format!("{}x{lot}", piece.quantity),
            None => piece.quantity.to_string(),
        };
        let told = |taken: &Taken<'_>| {
            let pieces: Vec<String> = taken.pieces.iter().map(piece).collect();
            format!("{}: {} rest {}", taken.line.line, pieces.join("+"), taken.rest)
        };
        match plan {
            Ok(taken) => Ok(taken.iter().map(told).collect::<Vec<_>>().join("; ")),
            Err(error) => {
                let fault = error.fault();
                Err(format!("{} {}", fault.code, fault.field.as_deref().unwrap_or_default()))
            }
        }
    }

    #[test]
    fn what_is_asked_is_moved_and_the_rest_is_left() {
        let all = ["2=20:2", "2=21", "3=31", "3=32"];
        for (lines, lots, expected) in [
            (vec![], &all[..], "1: 3 rest 0; 2: 2xL20+3.5xL21 rest 0; 3: 1xL31+1xL32 rest 0; 4: 1xL30 rest 0"),
            (vec!["1=2"], &[][..], "1: 2 rest 1; 2:  rest 5.5; 3:  rest 2; 4:  rest 1"),
            (vec!["1=0", "3=1"], &["3=31"][..], "1:  rest 3; 2:  rest 5.5; 3: 1xL31 rest 1; 4:  rest 1"),
            (vec!["2=0.5"], &["2=20"][..], "1:  rest 3; 2: 0.5xL20 rest 5; 3:  rest 2; 4:  rest 1"),
            (vec!["4=1"], &["4=30"][..], "1:  rest 3; 2:  rest 5.5; 3:  rest 2; 4: 1xL30 rest 0"),
        ] {
            assert_eq!(planned(&lines, lots, None).as_deref(), Ok(expected), "{lines:?} {lots:?}");
        }
    }

    #[test]
    fn what_cannot_be_moved_is_refused_in_a_fixed_order() {
        type Row<'r> = (&'r [&'r str], &'r [&'r str], Option<&'r str>, &'r str);
        let table: &[Row<'_>] = &[
            // Values come before what the stock says, and before what a lot needs.
            (&["9=1"], &[], Some("0"), "invalid_value line"),
            (&["1=1", "1=1"], &[], None, "invalid_value line"),
            (&["1=-1"], &[], Some("0"), "quantity_invalid line"),
            (&["3=0.5"], &[], None, "quantity_invalid line"),
            (&["1=0"], &[], None, "quantity_invalid line"),
            (&["1=4"], &[], None, "quantity_invalid line"),
            (&["1=4"], &[], Some("9"), "quantity_invalid line"),
            (&["1=1"], &["9=20"], None, "invalid_value lot"),
            (&["2=1"], &["2=20:0"], None, "quantity_invalid lot"),
            (&["2=2"], &["2=20:1", "2=20:1"], None, "invalid_value lot"),
            // More than there is, of a line or more than all of it.
            (&["1=3"], &[], Some("2.999999"), "stock_insufficient line"),
            (&["1=4"], &[], Some("3"), "stock_insufficient line"),
            (&["3=2"], &[], Some("1"), "stock_insufficient line"),
            // Lots.
            (&["3=2"], &["3=31"], None, "lot_required lot"),
            (&["2=2"], &["2=20:1"], None, "lot_required lot"),
            (&["1=1"], &["1=10"], None, "lot_not_tracked lot"),
            (&["2=1"], &["2=31"], None, "lot_not_of_product lot"),
            (&["4=1"], &["4=31"], None, "invalid_value lot"),
            (&["3=2"], &["3=31:2"], None, "quantity_invalid lot"),
            (&["3=1"], &["3=31", "3=32"], None, "quantity_invalid lot"),
            (&["2=1"], &["2=20:1.5"], None, "quantity_invalid lot"),
            (&["2=1"], &["2=20:1", "2=21"], None, "quantity_invalid lot"),
            (&["1=1"], &["3=31"], None, "quantity_invalid lot"),
        ];
        for (lines, lots, available, expected) in table {
            assert_eq!(planned(lines, lots, *available), Err((*expected).to_owned()), "{lines:?} {lots:?}");
        }
    }

    #[test]
    fn what_can_be_taken_stands_in_the_refusal() {
        let transfer = delivery();
        let refused = plan(&transfer, Asked { lines: &[], lots: &[] }, Some(&in_stock("2"))).unwrap_err();
        assert_eq!(refused.fault().allowed, Some(crate::domain::Allowed::One("2".to_owned())));
        assert_eq!(refused.fault().message, "3 of LAMP are wanted from WH/Stock, where 2 can be taken");
    }

    #[test]
    fn a_line_and_its_lot_are_read_as_typed() {
        for (text, number, lot, split) in [
            ("1=SN-001", 1, "SN-001", None),
            ("2=B-7:1.5", 2, "B-7:1.5", Some(("B-7", "1.5"))),
            ("2=B:7:3", 2, "B:7:3", Some(("B:7", "3"))),
            ("1=A=B:x", 1, "A=B:x", None),
        ] {
            let read: LineLot = text.parse().unwrap();
            assert_eq!((read.line.number(), read.text.as_str()), (number, lot), "{text}");
            assert_eq!(read.lot_and_quantity(), split.map(|(lot, of)| (lot, quantity(of))), "{text}");
            assert_eq!(read.to_string(), text);
        }
        for text in ["", "1", "1=", "0=A", "x=A", "=A"] {
            assert!(text.parse::<LineLot>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_transfer_is_ready_when_nothing_is_missing() {
        for (reserved, expected) in [
            (vec![None, None], TransferState::Ready),
            (vec![Some("3"), Some("5.5")], TransferState::Ready),
            (vec![Some("3"), Some("5")], TransferState::Waiting),
            (vec![Some("0"), Some("5.5")], TransferState::Waiting),
        ] {
            let mut transfer = delivery();
            transfer.lines.truncate(2);
            for (line, reserved) in transfer.lines.iter_mut().zip(&reserved) {
                line.reserved = reserved.map(quantity);
            }
            assert_eq!(transfer.open_state(), expected, "{reserved:?}");
        }
    }

    #[test]
    fn goods_come_in_go_out_or_stay_within_the_stock() {
        let stock = location(1, "WH/Stock", LocationType::Internal);
        let stock_level = location(2, "WH/StockLevel", LocationType::Internal);
        let scrap = location(3, "Scrap", LocationType::Scrap);
        let customers = location(4, "Customers", LocationType::Customer);
        let suppliers = location(5, "Suppliers", LocationType::Supplier);
        use TransferKind::{Incoming, Internal, Outgoing};
        for (kind, from, to, refused) in [
            (Incoming, &suppliers, &stock, None),
            (Incoming, &customers, &stock_level, None),
            (Incoming, &stock, &stock_level, Some("location_not_allowed from")),
            (Incoming, &suppliers, &customers, Some("location_not_allowed to")),
            (Outgoing, &stock, &customers, None),
            (Outgoing, &customers, &suppliers, Some("location_not_allowed from")),
            (Outgoing, &stock, &stock_level, Some("location_not_allowed to")),
            (Internal, &stock, &scrap, None),
            (Internal, &stock, &customers, Some("location_not_allowed to")),
            (Internal, &suppliers, &stock, Some("location_not_allowed from")),
            (Internal, &stock, &stock, Some("invalid_value to")),
        ] {
            let told = check_way(kind, from, to).map_err(|error| {
                format!("{} {}", error.fault().code, error.fault().field.as_deref().unwrap_or_default())
            });
            assert_eq!(told.err().as_deref(), refused, "{kind} {} {}", from.id, to.id);
        }
    }

    fn ordered(lines: &[(i64, i64, &str)]) -> Vec<ToDeliver> {
        let line = |(order_line, product, left): &(i64, i64, &str)| ToDeliver {
            order_line: *order_line,
            product: reference(*product, &format!("P{product}")),
            tracking: Tracking::None,
            left: quantity(left),
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn a_delivery_holds_what_is_left_of_the_order() {
        let lines = delivery_of(&ordered(&[(11, 1, "3"), (12, 2, "0"), (13, 3, "-1"), (14, 1, "0.5")]));
        let told: Vec<_> = lines.iter().map(|line| (line.order_line, line.product.key, line.quantity)).collect();
        assert_eq!(told, [(Some(11), 1, quantity("3")), (Some(14), 1, quantity("0.5"))]);
        assert!(delivery_of(&ordered(&[(11, 1, "0")])).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_and_rest_are_all_of_a_line(
            of in 1_i64..20,
            taken in 0_i64..25,
            available in prop::option::of(0_i64..25),
            by_lot in prop::collection::vec((20_i64..24, prop::option::of(1_i64..6)), 0..4),
        ) {
            let units = |number: i64| Quantity::from_millionths(number * 1_000_000);
            let mut transfer = delivery();
            transfer.lines = vec![line(1, Tracking::Lot, None, &of.to_string())];
            let asked = [LineQuantity { line: "1".parse().unwrap(), quantity: units(taken) }];
            let texts: Vec<String> = by_lot.iter().map(|(lot, quantity)| match quantity {
                Some(quantity) => format!("1={lot}:{quantity}"),
                None => format!("1={lot}"),
            }).collect();
            let chosen = lots(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            let stock = available.map(|available| in_stock(&available.to_string()));
            let planned = plan(&transfer, Asked { lines: &asked, lots: &chosen }, stock.as_ref());
            if let Ok(planned) = planned {
                let moved: i64 = planned[0].pieces.iter().map(|piece| piece.quantity.millionths()).sum();
                prop_assert_eq!(moved, units(taken).millionths());
                prop_assert_eq!(moved + planned[0].rest.millionths(), units(of).millionths());
                prop_assert!(planned[0].pieces.iter().all(|piece| piece.lot.is_some() && piece.quantity > Quantity::ZERO));
                prop_assert!(!planned[0].rest.is_negative() && available.is_none_or(|available| taken <= available));
            }
        }
    }
}
