//! Repairs: the steps that bring stock, quotation and log along with whatever becomes of a repair (spec E).

use super::context::Cx;
use super::services::{Makes, ServiceEntry};
use super::{stock, ticket_log};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::line::LineQuantity;
use crate::domain::location::{Location, SCRAP, STOCK};
use crate::domain::lot::{self, Coming};
use crate::domain::order::Order;
use crate::domain::repair::part::{Part, PartKind};
use crate::domain::repair::{Repair, Step};
use crate::domain::stock::Place;
use crate::domain::team::Service;
use crate::domain::value::quantity::Quantity;
use crate::store::{Key, product, repair, stock_level, transfer};

pub mod form;
pub mod quotation;

/// Repairs (spec E).
pub const SERVICE: ServiceEntry = ServiceEntry {
    service: Service::Repairs,
    command: "ticket repair",
    apps: &[App::Repair],
    form: form::offer,
    makes: &[Makes {
        shown_as: Some("repairs"),
        noun: "repair",
        opened_by: "aftersales repair show",
        of_ticket: repair::made_from,
    }],
};

/// Writes a new repair, which has no tags yet, under the next number.
pub fn create(cx: &Cx<'_>, mut new: Repair) -> Result<Repair> {
    new.key = cx.db.next_key()?;
    new.id = cx.db.next_reference("WH/RO/")?;
    repair::insert(cx.db, &new)?;
    cx.created("repair", &new.id);
    tell(cx, &new, &format!("Repair {} of {} made", new.id, new.product), &new.id)?;
    Ok(new)
}

/// Writes what becomes of a repair and brings stock and quotation along: what is reserved and not needed any more is given
/// back, and parts of a repair that is confirmed or under way stand in the queue for what they miss, like all who wait for
/// stock (spec D8, E3). Answers the repair as it is then.
pub fn save(cx: &Cx<'_>, before: &Repair, mut after: Repair) -> Result<Repair> {
    let stock = stock::own_location(cx, STOCK)?;
    let freed = release(cx, before, &mut after, &stock)?;
    take_up(cx, &mut after, &freed, &stock)?;
    write(cx, before, &mut after)?;
    if before.pieces() != after.pieces() {
        warn_of_wanted(cx, &after)?;
    }
    stock::serve_each(cx, freed, &stock)?;
    Ok(repair::by_key(cx.db, after.key)?)
}

/// Writes what becomes of a repair, and of its quotation with it.
fn write(cx: &Cx<'_>, before: &Repair, after: &mut Repair) -> Result<()> {
    quotation::follow(cx, before, after)?;
    repair::update(cx.db, before, after)?;
    cx.touched("repair", &after.id);
    Ok(())
}

/// Gives back what is reserved for parts that are gone, need less or another lot, or wait no longer; answers of which products.
fn release(cx: &Cx<'_>, before: &Repair, after: &mut Repair, stock: &Location) -> Result<Vec<Key>> {
    let mut freed = Vec::new();
    for old in &before.parts {
        let kept = after.still_reserved(old);
        for now in after.parts.iter_mut().filter(|part| part.key == old.key) {
            now.reserved = kept;
        }
        if kept < old.reserved {
            stock::release(cx, place(old, stock), old.reserved.checked_sub(kept)?)?;
            freed.push(old.product.key);
        }
    }
    Ok(freed)
}

/// Reserves what its parts miss of what is free: nobody else who waits could use that, or would have it by now. Of products of which
/// something was given back the whole queue is served.
fn take_up(cx: &Cx<'_>, after: &mut Repair, freed: &[Key], stock: &Location) -> Result<()> {
    let keys: Vec<Key> = after.waiting().map(|part| part.key).collect();
    for part in after.parts.iter_mut().filter(|part| keys.contains(&part.key) && !freed.contains(&part.product.key)) {
        let got = stock::reserve(cx, place(part, stock), part.quantity.checked_sub(part.reserved)?)?;
        part.reserved = part.reserved.checked_add(got)?;
    }
    Ok(())
}

fn place<'p>(part: &'p Part, location: &'p Location) -> Place<'p> {
    Place { product: &part.product, location, lot: part.lot.as_ref() }
}

/// Takes a step; unchanged where the repair is there already.
pub fn step(cx: &Cx<'_>, mut before: Repair, step: Step) -> Result<Repair> {
    let Some(state) = before.step(step)? else {
        return Ok(before);
    };
    if step == Step::Confirm {
        before.check_parts()?;
        check_on_hand(cx, &before)?;
        queue(cx, &mut before)?;
    }
    let after = save(cx, &before, Repair { state, ..before.clone() })?;
    if step == Step::Confirm {
        after.shortages().for_each(|short| cx.warn("stock_insufficient", short));
        warn_of_wanted(cx, &after)?;
    }
    tell_of(cx, &after, step.done())?;
    Ok(after)
}

/// Sends the parts to the end of those that wait: they come with their confirmation, however old the draft is (spec D8).
fn queue(cx: &Cx<'_>, repair: &mut Repair) -> Result<()> {
    for part in repair.parts.iter_mut().filter(|part| part.kind == PartKind::Add) {
        let last = cx.db.next_key()?;
        repair::move_part(cx.db, part.key, last)?;
        part.key = last;
    }
    Ok(())
}

/// Warns where a piece that the repair is about, or that is a part of it, is wanted by another repair or a delivery too.
pub fn warn_of_wanted(cx: &Cx<'_>, repair: &Repair) -> Result<()> {
    let is_piece = match &repair.lot {
        Some(_) => lot::is_piece(product::by_key(cx.db, repair.product.key)?.tracking),
        None => false,
    };
    let own = repair.lot.iter().filter(|_| is_piece);
    for piece in own.chain(repair.pieces_added()) {
        stock::warn_of_wanted(cx, piece, repair.key, &repair.id)?;
    }
    Ok(())
}

/// Asks where the product to repair is not where it is said to be: where its return brings it, else in the main stock
/// (spec E3).
fn check_on_hand(cx: &Cx<'_>, repair: &Repair) -> Result<()> {
    let place = match &repair.from_return {
        Some(from) => transfer::by_key(cx.db, from.key)?.to,
        None => stock::own_location(cx, STOCK)?,
    };
    let lot = repair.lot.as_ref().map(|lot| lot.key);
    let there = stock_level::on_hand(cx.db, repair.product.key, place.key, lot)?;
    if there >= repair.quantity {
        return Ok(());
    }
    let goods = match &repair.lot {
        Some(lot) => format!("{} {lot}", repair.product),
        None => repair.product.id.clone(),
    };
    let short = format!("{} of {goods} are to be repaired, and {there} are at {}", repair.quantity, place.id);
    // Goods that are still at the customer come by a return; what lies in the workshop uncounted is not waited for.
    let way = match (&repair.from_return, &repair.ticket) {
        (Some(from), _) => format!("'transfer validate {from}' brings them"),
        (None, Some(ticket)) => format!("'ticket return {ticket}' brings back what a customer has"),
        (None, None) => format!("'stock count {}' tells what is there", repair.product),
    };
    cx.confirm(format!("{short}: {way}, --yes goes on without; confirm the repair all the same?"))?;
    cx.warn("stock_insufficient", short);
    Ok(())
}

/// Finishes the work: what was used of each part moves stock, the rest is let go (spec E4).
pub fn finish(cx: &Cx<'_>, before: Repair, asked: &[LineQuantity]) -> Result<Repair> {
    let Some(state) = before.step(Step::Finish)? else {
        return Ok(before);
    };
    let used = before.used(asked, &product::by_key(cx.db, before.product.key)?)?;
    let (stock, scrap) = (stock::own_location(cx, STOCK)?, stock::own_location(cx, SCRAP)?);
    let reserved: Vec<_> = before.parts.iter().map(|part| (part.product.key, part.reservation())).collect();
    let taking = stock::begin_taking(cx, &stock, &reserved)?;
    let mut freed = Vec::new();
    if let Some(mut taking) = taking {
        for (part, quantity) in before.parts.iter().zip(&used).filter(|(part, _)| part.kind == PartKind::Add) {
            taking.take(place(part, &stock), *quantity)?;
        }
        freed = taking.end(cx)?;
    }
    let mut scrapped = Vec::new();
    for (part, quantity) in before.parts.iter().zip(&used).filter(|(_, quantity)| !quantity.is_zero()) {
        match part.kind {
            PartKind::Add => {}
            PartKind::Remove => {
                put(cx, &before, part, &scrap, *quantity)?;
                scrapped.push(part.product.key);
            }
            PartKind::Recycle => {
                put(cx, &before, part, &stock, *quantity)?;
                freed.push(part.product.key);
            }
        }
    }
    let mut after = Repair { state, ..before.clone() };
    for (part, quantity) in after.parts.iter_mut().zip(used) {
        part.done = quantity;
        part.reserved = Quantity::ZERO;
    }
    write(cx, &before, &mut after)?;
    repair::set_moved(cx.db, after.key, cx.operation()?)?;
    stock::serve_each(cx, freed, &stock)?;
    stock::serve_each(cx, scrapped, &scrap)?;
    if let Some(from) = &after.from_return
        && let Some(never_came) = after.missing_return(transfer::by_key(cx.db, from.key)?.state)
    {
        cx.warn("return_not_done", never_came);
    }
    tell_of(cx, &after, Step::Finish.done())?;
    Ok(after)
}

/// Makes the quotation of a repair (spec E6).
pub fn quote(cx: &Cx<'_>, before: &Repair) -> Result<(Repair, Order)> {
    let mut after = before.clone();
    let order = quotation::make(cx, &mut after)?;
    repair::update(cx.db, before, &after)?;
    cx.touched("repair", &after.id);
    tell(cx, &after, &format!("Quotation {} made for repair {}", order.id, after.id), &order.id)?;
    Ok((after, order))
}

/// Puts what was taken out of the repaired product at a location.
fn put(cx: &Cx<'_>, repair: &Repair, part: &Part, location: &Location, quantity: Quantity) -> Result<()> {
    stock::check_coming(cx, place(part, location), part.tracking, Coming::TakenOut(repair.customer.as_ref()))?;
    stock::put(cx, place(part, location), quantity)
}

/// Tells on the ticket what was done to the repair.
pub fn tell_of(cx: &Cx<'_>, repair: &Repair, what: &str) -> Result<()> {
    tell(cx, repair, &format!("Repair {} {what}", repair.id), &repair.id)
}

/// Notes something on the repair's ticket, with the document that it is about (spec E7).
fn tell(cx: &Cx<'_>, repair: &Repair, text: &str, document: &str) -> Result<()> {
    let Some(ticket) = &repair.ticket else {
        return Ok(());
    };
    cx.touched("ticket", &ticket.id);
    ticket_log::note(cx, ticket.key, "repair", text, Some(document))
}
