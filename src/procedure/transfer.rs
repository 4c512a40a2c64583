//! Transfers at work: opening one with what it can reserve, moving its goods, and giving up (spec D5, D8).

use super::context::{Cx, found};
use super::stock::{self, Held};
use super::ticket_log;
use crate::domain::Result;
use crate::domain::location::Location;
use crate::domain::stock::Place;
use crate::domain::transfer::{Asked, ChosenLot, LineLot, Taken, Transfer, TransferLine, TransferState, plan};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::store::transfer::{complete, hold_returned, insert, insert_line, set_state, update_line};
use crate::store::{Key, lot};

/// What becomes of goods that a validation leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They stay to be moved, in a transfer of their own.
    Backorder,
    /// They are not moved any more.
    Dropped,
}

/// Looks up the lots that are named for lines.
pub fn chosen_lots(cx: &Cx<'_>, named: &[LineLot]) -> Result<Vec<ChosenLot>> {
    let mut chosen = Vec::new();
    for choice in named {
        // A lot whose own id holds a colon comes before a lot with a quantity.
        let (lot, quantity) = match (lot::by_id(cx.db, &choice.text)?, choice.lot_and_quantity()) {
            (Some(lot), _) => (Some(lot), None),
            (None, Some((id, quantity))) => (lot::by_id(cx.db, id)?, Some(quantity)),
            (None, None) => (None, None),
        };
        let id = choice.lot_and_quantity().map_or(choice.text.as_str(), |(id, _)| id);
        chosen.push(ChosenLot { line: choice.line, lot: found(lot, "lot", "lot", "lot", id)?, quantity });
    }
    Ok(chosen)
}

/// Opens a transfer that is filled in but for key, id and state, under the next number of its kind.
pub fn open(cx: &Cx<'_>, mut transfer: Transfer) -> Result<Transfer> {
    transfer.id = cx.db.next_reference(transfer.kind.prefix())?;
    open_as(cx, transfer)
}

/// Opens a transfer under the id that it has: numbers its lines, reserves what stock it can, and is ready where that is all of
/// it, else waiting (spec D6, D8).
pub fn open_as(cx: &Cx<'_>, mut transfer: Transfer) -> Result<Transfer> {
    transfer.key = cx.db.next_key()?;
    for (number, line) in (1..).zip(&mut transfer.lines) {
        line.line = number;
        if transfer.from.kind.keeps_stock() {
            let got = stock::reserve(cx, line.place(&transfer.from), line.quantity)?;
            line.reserved = Some(got);
        }
    }
    transfer.state = transfer.open_state();
    insert(cx.db, &mut transfer)?;
    cx.created("transfer", &transfer.id);
    if let Some(order) = &transfer.order {
        cx.touched("order", &order.id);
    }
    Ok(transfer)
}

/// Writes a transfer that is done already, as an import or a finished task brings one, and moves its goods. It is filled in
/// but for its key and its lines' numbers and keys; each line's `done` is what is moved.
pub fn record_done(cx: &Cx<'_>, mut transfer: Transfer) -> Result<Transfer> {
    transfer.key = cx.db.next_key()?;
    transfer.state = TransferState::Done;
    for (number, line) in (1..).zip(&mut transfer.lines) {
        line.line = number;
        line.reserved = None;
    }
    insert(cx.db, &mut transfer)?;
    let goods: Vec<_> = transfer.lines.iter().map(|line| (line.place(&transfer.from), line.done)).collect();
    stock::take_each(cx, &transfer.from, &goods)?;
    for line in &transfer.lines {
        put_down(cx, &transfer, line, line.lot.as_ref(), line.done)?;
    }
    let_others_try(cx, &transfer, &transfer.to)?;
    cx.created("transfer", &transfer.id);
    Ok(transfer)
}

/// Moves what is asked of an open transfer; what is left goes to a backorder or is dropped (spec D5). Answers the transfer,
/// done.
pub fn validate(cx: &Cx<'_>, mut transfer: Transfer, asked: Asked<'_>, rest: Rest) -> Result<Transfer> {
    let taken = plan(&transfer, asked, |line| stock::available(cx.db, line.place(&transfer.from), held(line)))?;
    let mut backorder = match rest {
        Rest::Backorder if taken.iter().any(|taken| !taken.rest.is_zero()) => Some(backorder_of(cx, &transfer)?),
        _ => None,
    };
    let mut added = i64::try_from(transfer.lines.len()).unwrap_or(i64::MAX);
    for taken in &taken {
        let still_held = move_pieces(cx, &transfer, taken)?;
        write_pieces(cx, &transfer, taken, still_held, backorder.as_mut(), &mut added)?;
    }
    if let Some(backorder) = &mut backorder {
        let state = backorder.open_state();
        set_state(cx.db, backorder.key, state, backorder.date)?;
    }
    set_state(cx.db, transfer.key, TransferState::Done, cx.today)?;
    let_others_try(cx, &transfer, &transfer.to)?;
    if rest == Rest::Dropped {
        let_others_try(cx, &transfer, &transfer.from)?;
    }

    transfer.state = TransferState::Done;
    transfer.date = cx.today;
    complete(cx.db, &mut transfer)?;
    tell(cx, &transfer, "done")?;
    if let (Some(backorder), Some(ticket)) = (&backorder, &transfer.ticket) {
        let text = format!("{} is left of {}", backorder.id, transfer.id);
        ticket_log::note(cx, ticket.key, "transfer", &text, Some(&backorder.id))?;
    }
    Ok(transfer)
}

/// Gives up an open transfer: what it reserved, and what it held of the lines that it was to take back (spec D3).
pub fn cancel(cx: &Cx<'_>, mut transfer: Transfer) -> Result<Transfer> {
    for line in &mut transfer.lines {
        stock::release(cx, line.place(&transfer.from), held(line).quantity)?;
        line.reserved = None;
        update_line(cx.db, transfer.key, line)?;
        give_back(cx, line, line.quantity)?;
    }
    set_state(cx.db, transfer.key, TransferState::Cancelled, transfer.date)?;
    transfer.state = TransferState::Cancelled;
    let_others_try(cx, &transfer, &transfer.from)?;
    tell(cx, &transfer, "cancelled")?;
    Ok(transfer)
}

fn held(line: &TransferLine) -> Held<'_> {
    Held { lot: line.lot.as_ref(), quantity: line.reserved.unwrap_or_default() }
}

/// Lets go of what the line held of the line that it takes back.
fn give_back(cx: &Cx<'_>, line: &TransferLine, quantity: Quantity) -> Result<()> {
    match line.return_line {
        Some(source) if !quantity.is_zero() => Ok(hold_returned(cx.db, source, quantity.checked_neg()?)?),
        _ => Ok(()),
    }
}

/// Moves the pieces of a line; answers what of its reservation they left.
fn move_pieces(cx: &Cx<'_>, transfer: &Transfer, taken: &Taken<'_>) -> Result<Quantity> {
    let mut left = held(taken.line);
    for piece in &taken.pieces {
        move_goods(cx, transfer, taken.line, piece.lot.as_ref(), left, piece.quantity)?;
        left.quantity = left.quantity.checked_sub(left.quantity.min(piece.quantity))?;
    }
    Ok(left.quantity)
}

fn move_goods(
    cx: &Cx<'_>,
    transfer: &Transfer,
    line: &TransferLine,
    lot: Option<&Reference>,
    held: Held<'_>,
    quantity: Quantity,
) -> Result<()> {
    stock::take(cx, Place { product: &line.product, location: &transfer.from, lot }, held, quantity)?;
    put_down(cx, transfer, line, lot, quantity)
}

/// Puts what was taken where the transfer goes.
fn put_down(
    cx: &Cx<'_>,
    transfer: &Transfer,
    line: &TransferLine,
    lot: Option<&Reference>,
    quantity: Quantity,
) -> Result<()> {
    check_serial(cx, &transfer.from, &transfer.to, line, lot)?;
    stock::put(cx, Place { product: &line.product, location: &transfer.to, lot }, quantity)
}

/// A piece that comes into stock from outside may not lie there already: a serial number stands for one piece (spec D3).
fn check_serial(
    cx: &Cx<'_>,
    from: &Location,
    to: &Location,
    line: &TransferLine,
    lot: Option<&Reference>,
) -> Result<()> {
    if from.kind.keeps_stock() {
        return Ok(());
    }
    stock::check_single(cx, Place { product: &line.product, location: to, lot }, line.tracking)
}

/// Writes what became of a line: its first piece stands on it, the others on new lines behind the last. A rest that stays to
/// be moved keeps its row, and with it its place among those that wait; the line that was done is then written anew.
fn write_pieces(
    cx: &Cx<'_>,
    transfer: &Transfer,
    taken: &Taken<'_>,
    still_held: Quantity,
    backorder: Option<&mut Transfer>,
    added: &mut i64,
) -> Result<()> {
    let mut pieces = taken.pieces.iter();
    let first = pieces.next();
    let mut more = Quantity::ZERO;
    for piece in pieces {
        *added = added.saturating_add(1);
        more = more.checked_add(piece.quantity)?;
        let mut line = done_line(taken.line, piece.lot.clone(), piece.quantity, piece.quantity);
        line.line = *added;
        insert_line(cx.db, transfer.key, &mut line)?;
    }
    let lot = first.map_or_else(|| taken.line.lot.clone(), |piece| piece.lot.clone());
    let done = first.map_or(Quantity::ZERO, |piece| piece.quantity);
    let mut line = done_line(taken.line, lot, taken.line.quantity.checked_sub(more)?, done);
    match backorder {
        Some(backorder) if !taken.rest.is_zero() => {
            let number = i64::try_from(backorder.lines.len()).unwrap_or(i64::MAX).saturating_add(1);
            let reserved = taken.line.reserved.map(|_| still_held);
            let rest = TransferLine { line: number, quantity: taken.rest, reserved, ..taken.line.clone() };
            update_line(cx.db, backorder.key, &rest)?;
            backorder.lines.push(rest);
            insert_line(cx.db, transfer.key, &mut line)?;
        }
        _ => {
            stock::release(cx, taken.line.place(&transfer.from), still_held)?;
            update_line(cx.db, transfer.key, &line)?;
            give_back(cx, taken.line, taken.rest)?;
        }
    }
    Ok(())
}

fn done_line(line: &TransferLine, lot: Option<Reference>, quantity: Quantity, done: Quantity) -> TransferLine {
    TransferLine { lot, quantity, done, reserved: None, ..line.clone() }
}

/// The transfer for what a validation leaves, empty for now: all that the transfer is, in its own right.
fn backorder_of(cx: &Cx<'_>, transfer: &Transfer) -> Result<Transfer> {
    let mut backorder = Transfer {
        key: cx.db.next_key()?,
        id: cx.db.next_reference(transfer.kind.prefix())?,
        state: TransferState::Ready,
        lines: Vec::new(),
        backorder_of: Some(transfer.reference()),
        ..transfer.clone()
    };
    insert(cx.db, &mut backorder)?;
    cx.created("transfer", &backorder.id);
    Ok(backorder)
}

/// Goods of the transfer's products came free at a location: what waits for them there tries again.
fn let_others_try(cx: &Cx<'_>, transfer: &Transfer, location: &Location) -> Result<()> {
    let mut tried: Vec<Key> = Vec::new();
    for line in &transfer.lines {
        if !tried.contains(&line.product.key) {
            tried.push(line.product.key);
            stock::arrived(cx, line.product.key, location)?;
        }
    }
    Ok(())
}

/// Tells what the change touched, the ticket's log included.
fn tell(cx: &Cx<'_>, transfer: &Transfer, became: &str) -> Result<()> {
    cx.touched("transfer", &transfer.id);
    if let Some(order) = &transfer.order {
        cx.touched("order", &order.id);
    }
    if let Some(source) = &transfer.return_of {
        cx.touched("transfer", &source.id);
    }
    if let Some(ticket) = &transfer.ticket {
        cx.touched("ticket", &ticket.id);
        let text = format!("{} is {became}", transfer.id);
        ticket_log::note(cx, ticket.key, "transfer", &text, Some(&transfer.id))?;
    }
    Ok(())
}
