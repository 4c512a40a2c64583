//! Transfers at work: opening one with what it can reserve, moving its goods, and giving up (spec D5, D8).

use super::context::{Cx, found};
use super::stock::{self, Taking};
use super::ticket_log;
use crate::domain::location::{INVENTORY_LOSS, Location, LocationType};
use crate::domain::lot::{self, Coming, is_piece};
use crate::domain::product::Lot;
use crate::domain::stock::Place;
use crate::domain::transfer::{
    Asked, ChosenLot, LineLot, Taken, Transfer, TransferKind, TransferLine, TransferState, check_new_lot, check_way,
    plan,
};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::domain::{Result, transfer};
use crate::store::engine::record;
use crate::store::transfer::{add_returned, complete, insert, insert_line, set_done, set_state, update_line};
use crate::store::{self, Key};

/// What becomes of goods that a validation leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They stay to be moved, in a transfer of their own.
    Backorder,
    /// They are not moved any more.
    Dropped,
}

/// Looks up the lots that are named for the lines of a transfer, a range as every lot of it. A receipt makes those that are not
/// there yet (spec D8).
pub fn chosen_lots(
    cx: &Cx<'_>,
    named: &[LineLot],
    makes_lots: bool,
    document: &str,
    lines: &[TransferLine],
) -> Result<Vec<ChosenLot>> {
    let mut chosen = Vec::new();
    for choice in named {
        // A lot whose own id holds a colon or points comes before a lot with a quantity and before a range.
        if let Some(lot) = store::lot::by_id(cx.db, &choice.text)? {
            chosen.push(ChosenLot { line: choice.line, lot, quantity: None });
            continue;
        }
        let (text, quantity) = match choice.lot_and_quantity() {
            Some((text, quantity)) => (text, Some(quantity)),
            None => (choice.text.as_str(), None),
        };
        let ids = match store::lot::by_id(cx.db, text)? {
            None => lot::range(text).unwrap_or_else(|| vec![text.to_owned()]),
            Some(_) => vec![text.to_owned()],
        };
        for id in ids {
            let known = store::lot::by_id(cx.db, &id)?;
            let lot = match known {
                None if makes_lots => make_lot(cx, document, lines, choice, &id)?,
                known => found(known, "lot", "lot", "lot", &id)?,
            };
            chosen.push(ChosenLot { line: choice.line, lot, quantity });
        }
    }
    Ok(chosen)
}

/// Makes a lot of the product of a line.
fn make_lot(cx: &Cx<'_>, document: &str, lines: &[TransferLine], choice: &LineLot, id: &str) -> Result<Lot> {
    let line = lines.iter().find(|line| line.line == choice.line.number());
    let line = line.ok_or_else(|| transfer::no_such_line("lot", document, choice.line))?;
    check_new_lot(line, id)?;
    let lot = Lot { key: cx.db.next_key()?, id: id.to_owned(), product: line.product.clone() };
    record::insert(cx.db, &lot)?;
    cx.touched("lot", &lot.id);
    Ok(lot)
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
    warn_of_wanted(cx, &transfer)?;
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
    transfer.moved = Some(cx.operation()?);
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
    serve_arrived(cx, &transfer, &transfer.to)?;
    cx.created("transfer", &transfer.id);
    Ok(transfer)
}

/// Moves what is asked of an open transfer; what is left goes to a backorder or is dropped (spec D5). Answers the transfer,
/// done.
pub fn validate(cx: &Cx<'_>, mut transfer: Transfer, asked: Asked<'_>, rest: Rest) -> Result<Transfer> {
    let from = transfer.from.clone();
    let reserved: Vec<_> = transfer.lines.iter().map(|line| (line.product.key, line.wanted(reserved(line)))).collect();
    let mut taking = stock::begin_taking(cx, &from, &reserved)?;
    let taken = plan(&transfer, asked, taking.as_ref().map(|taking| &taking.levels))?;
    let mut backorder = match rest {
        Rest::Backorder if taken.iter().any(|taken| !taken.rest.is_zero()) => Some(backorder_of(cx, &transfer)?),
        _ => None,
    };
    let kept = match &mut taking {
        Some(taking) => take(&transfer, &taken, taking, backorder.is_some())?,
        None => vec![Quantity::ZERO; taken.len()],
    };
    let freed = taking.map(|taking| taking.end(cx)).transpose()?.unwrap_or_default();
    let mut added = i64::try_from(transfer.lines.len()).unwrap_or(i64::MAX);
    for (taken, kept) in taken.iter().zip(kept) {
        for piece in &taken.pieces {
            put_down(cx, &transfer, taken.line, piece.lot.as_ref(), piece.quantity)?;
        }
        write_pieces(cx, &transfer, taken, kept, backorder.as_mut(), &mut added)?;
    }
    if let Some(backorder) = &mut backorder {
        set_state(cx.db, backorder.key, backorder.open_state())?;
    }
    set_done(cx.db, transfer.key, cx.today, cx.operation()?)?;
    serve_arrived(cx, &transfer, &transfer.to)?;
    stock::serve_each(cx, freed, &from)?;

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

/// Takes the pieces of all lines; answers what is reserved again for the rest of each line that stays to be moved: what was
/// reserved for it before and did not go, as far as other lines left it.
fn take(transfer: &Transfer, taken: &[Taken<'_>], taking: &mut Taking<'_>, rest_stays: bool) -> Result<Vec<Quantity>> {
    for taken in taken {
        for piece in &taken.pieces {
            let place = Place { product: &taken.line.product, location: &transfer.from, lot: piece.lot.as_ref() };
            taking.take(place, piece.quantity)?;
        }
    }
    let mut kept = Vec::with_capacity(taken.len());
    for taken in taken {
        let went = taken.line.quantity.checked_sub(taken.rest)?;
        let was = reserved(taken.line);
        let wanted = if rest_stays { was.checked_sub(was.min(went))?.min(taken.rest) } else { Quantity::ZERO };
        kept.push(taking.keep(taken.line.product.key, taken.line.wanted(wanted))?);
    }
    Ok(kept)
}

/// Writes what a count found more (or, below zero, less) at a place, as a done move from or to the inventory loss with its reason
/// (spec D8).
pub fn count(cx: &Cx<'_>, place: Place<'_>, difference: Quantity, reason: Option<&str>) -> Result<()> {
    let loss = inventory_loss(cx)?;
    let tracking = store::product::by_key(cx.db, place.product.key)?.tracking;
    let found_more = difference > Quantity::ZERO;
    let quantity = if found_more { difference } else { difference.checked_neg()? };
    let (from, to) = if found_more { (&loss, place.location) } else { (place.location, &loss) };
    check_way(TransferKind::Internal, from, to)?;
    if found_more {
        stock::check_coming(cx, place, tracking, Coming::FromOutside)?;
        stock::put(cx, place, quantity)?;
    } else {
        stock::take_counted(cx, place, quantity)?;
    }
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let line = TransferLine::new(place.product.clone(), tracking, place.lot.cloned(), quantity);
    let mut counted = Transfer {
        key: cx.db.next_key()?,
        id: cx.db.next_reference(TransferKind::Internal.prefix())?,
        kind: TransferKind::Internal,
        state: TransferState::Done,
        origin: Some(reason.map_or_else(|| format!("Count of {}", place.product), str::to_owned)),
        customer: None,
        order: None,
        ticket: None,
        task: None,
        from: from.clone(),
        to: to.clone(),
        lines: vec![TransferLine { line: 1, done: quantity, ..line }],
        return_of: None,
        exchange_of: None,
        backorder_of: None,
        keep_order_quantity: false,
        date: cx.today,
        moved: Some(cx.operation()?),
    };
    insert(cx.db, &mut counted)?;
    cx.created("transfer", &counted.id);
    if found_more {
        stock::serve(cx, place.product.key, place.location)?;
    }
    Ok(())
}

/// Where counts put what they miss: made where there is none yet.
fn inventory_loss(cx: &Cx<'_>) -> Result<Location> {
    if let Some(loss) = store::location::by_id(cx.db, INVENTORY_LOSS)? {
        return Ok(loss);
    }
    let loss = Location {
        key: cx.db.next_key()?,
        id: INVENTORY_LOSS.to_owned(),
        kind: LocationType::Production,
        return_location: false,
    };
    record::insert(cx.db, &loss)?;
    cx.touched("location", &loss.id);
    Ok(loss)
}

/// Gives up an open transfer: what is reserved for it, and what it was to take back of other lines (spec D3).
pub fn cancel(cx: &Cx<'_>, mut transfer: Transfer) -> Result<Transfer> {
    for line in &mut transfer.lines {
        stock::release(cx, line.place(&transfer.from), reserved(line))?;
        line.reserved = None;
        update_line(cx.db, transfer.key, line)?;
        give_back(cx, line, line.quantity)?;
    }
    set_state(cx.db, transfer.key, TransferState::Cancelled)?;
    transfer.state = TransferState::Cancelled;
    serve_arrived(cx, &transfer, &transfer.from)?;
    tell(cx, &transfer, "cancelled")?;
    Ok(transfer)
}

fn reserved(line: &TransferLine) -> Quantity {
    line.reserved.unwrap_or_default()
}

/// Leaves to be returned by others what the line does not take back.
fn give_back(cx: &Cx<'_>, line: &TransferLine, quantity: Quantity) -> Result<()> {
    match line.return_line {
        Some(source) if !quantity.is_zero() => Ok(add_returned(cx.db, source, quantity.checked_neg()?)?),
        _ => Ok(()),
    }
}

/// Puts what was taken where the transfer goes. A piece that comes into stock from outside may not be elsewhere: a serial
/// number stands for one piece (spec D8).
fn put_down(
    cx: &Cx<'_>,
    transfer: &Transfer,
    line: &TransferLine,
    lot: Option<&Reference>,
    quantity: Quantity,
) -> Result<()> {
    let place = Place { product: &line.product, location: &transfer.to, lot };
    if !transfer.from.kind.keeps_stock() && !quantity.is_zero() {
        stock::check_coming(cx, place, line.tracking, coming(transfer, line))?;
    }
    stock::put(cx, place, quantity)
}

/// From where the goods of a line come into stock.
fn coming<'t>(transfer: &'t Transfer, line: &TransferLine) -> Coming<'t> {
    match (line.return_line, transfer.from.kind) {
        (Some(returned), LocationType::Customer) => Coming::Returned(returned),
        (None, LocationType::Customer) => Coming::FromCustomer(transfer.customer.as_ref()),
        _ => Coming::FromOutside,
    }
}

/// Warns where a piece that an open delivery is to bring is wanted by an open repair or another delivery (spec D8).
fn warn_of_wanted(cx: &Cx<'_>, transfer: &Transfer) -> Result<()> {
    if transfer.kind != TransferKind::Outgoing {
        return Ok(());
    }
    for lot in transfer.lines.iter().filter(|line| is_piece(line.tracking)).filter_map(|line| line.lot.as_ref()) {
        stock::warn_of_wanted(cx, lot, transfer.key, &transfer.id)?;
    }
    Ok(())
}

/// Writes what became of a line: its first piece stands on it, the others on new lines behind the last. A rest that stays to
/// be moved keeps its row, and with it its place among those that wait; the line that was done is then written anew. `kept` is
/// what stays reserved for the rest.
fn write_pieces(
    cx: &Cx<'_>,
    transfer: &Transfer,
    taken: &Taken<'_>,
    kept: Quantity,
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
            let reserved = taken.line.reserved.map(|_| kept);
            let rest = TransferLine { line: number, quantity: taken.rest, reserved, ..taken.line.clone() };
            update_line(cx.db, backorder.key, &rest)?;
            backorder.lines.push(rest);
            insert_line(cx.db, transfer.key, &mut line)?;
        }
        _ => {
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

/// Goods of the transfer's products came to a location, or came free there: those that wait for them are served.
fn serve_arrived(cx: &Cx<'_>, transfer: &Transfer, location: &Location) -> Result<()> {
    let mut served: Vec<Key> = Vec::new();
    for line in &transfer.lines {
        if !served.contains(&line.product.key) {
            served.push(line.product.key);
            stock::serve(cx, line.product.key, location)?;
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
