//! What validating a transfer moves: of each line how much, in which lots, and what stays (spec D5, D8).

use std::fmt;
use std::str::FromStr;

use super::{MoveRefused, Transfer, TransferKind, TransferLine};
use crate::domain::common::ValueRefused;
use crate::domain::line::{LineFault, LineNumber, LineQuantity};
use crate::domain::product::{Lot, Tracking};
use crate::domain::stock::StockInsufficient;
use crate::domain::stock_level::StockLevels;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::text_value;
use crate::domain::{Faults, Result};

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
        let pieces = whole(transfer, line, split(line, quantity, asked.lots)?)?;
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
fn whole(transfer: &Transfer, line: &TransferLine, pieces: Vec<Piece>) -> Result<Vec<Piece>> {
    match pieces.iter().find(|piece| piece.lot.is_none() && line.tracking != Tracking::None) {
        Some(piece) => {
            let at = Some(&transfer.from).filter(|from| from.kind.keeps_stock()).map(|from| from.id.clone());
            let (product, missing) = (line.product.id.clone(), piece.quantity);
            Err(MoveRefused::LotRequired { product, line: line.line, missing, at }.into())
        }
        None => Ok(pieces),
    }
}
