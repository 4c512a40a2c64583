//! Repairs: the steps that bring stock, quotation and log along with whatever becomes of a repair (spec E).

use super::context::Cx;
use super::{stock, ticket_log};
use crate::domain::line::LineQuantity;
use crate::domain::location::{Location, SCRAP, STOCK};
use crate::domain::order::Order;
use crate::domain::repair::part::{Part, PartKind};
use crate::domain::repair::{Repair, Step};
use crate::domain::stock::Place;
use crate::domain::value::quantity::Quantity;
use crate::domain::{Error, Result};
use crate::store::{Key, StoreError, location, product, repair, stock_level, transfer};

pub mod form;
pub mod quotation;

/// Writes a new repair, which has no tags yet, under the next number.
pub fn create(cx: &Cx<'_>, mut new: Repair) -> Result<Repair> {
    new.key = cx.db.next_key()?;
    new.id = cx.db.next_reference("WH/RO/")?;
    repair::insert(cx.db, &new)?;
    cx.created("repair", &new.id);
    tell(cx, &new, &format!("Repair {} of {} made", new.id, new.product), &new.id)?;
    Ok(new)
}

/// Writes what becomes of a repair and brings stock and quotation along: parts of a repair that is confirmed or under way are
/// reserved, what is reserved beyond that is given back. Answers the repair as it is then.
pub fn save(cx: &Cx<'_>, before: &Repair, after: Repair) -> Result<Repair> {
    save_and_free(cx, before, after, Vec::new())
}

/// As `save`, where stock of the products `freed` has come free already.
fn save_and_free(cx: &Cx<'_>, before: &Repair, mut after: Repair, mut freed: Vec<Key>) -> Result<Repair> {
    let stock = own_location(cx, STOCK)?;
    release(cx, before, &mut after, &stock, &mut freed)?;
    reserve(cx, &mut after, &stock)?;
    quotation::follow(cx, before, &mut after)?;
    repair::update(cx.db, before, &after)?;
    cx.touched("repair", &after.id);
    freed.sort_unstable();
    freed.dedup();
    for product in freed {
        stock::arrived(cx, product, &stock)?;
    }
    // Other parts of the same repair may have waited for what came free.
    Ok(repair::by_key(cx.db, after.key)?)
}

/// Gives back what is reserved for parts that are gone, need less or another lot, or wait no longer.
fn release(cx: &Cx<'_>, before: &Repair, after: &mut Repair, stock: &Location, freed: &mut Vec<Key>) -> Result<()> {
    let holds = after.state.holds_stock();
    for old in &before.parts {
        let now = after.parts.iter_mut().find(|part| part.key == old.key);
        let kept = match &now {
            Some(now) if holds && now.kind == PartKind::Add && now.lot == old.lot => old.reserved.min(now.quantity),
            _ => Quantity::ZERO,
        };
        if let Some(now) = now {
            now.reserved = kept;
        }
        if kept < old.reserved {
            stock::release(cx, place(old, stock), old.reserved.checked_sub(kept)?)?;
            freed.push(old.product.key);
        }
    }
    Ok(())
}

/// Reserves what parts still need; what is not there stays missing (spec E3).
fn reserve(cx: &Cx<'_>, after: &mut Repair, stock: &Location) -> Result<()> {
    if !after.state.holds_stock() {
        return Ok(());
    }
    for part in after.parts.iter_mut().filter(|part| part.kind == PartKind::Add && part.reserved < part.quantity) {
        let missing = part.quantity.checked_sub(part.reserved)?;
        let got = stock::reserve(cx, place(part, stock), missing)?;
        part.reserved = part.reserved.checked_add(got)?;
    }
    Ok(())
}

fn place<'p>(part: &'p Part, location: &'p Location) -> Place<'p> {
    Place { product: &part.product, location, lot: part.lot.as_ref() }
}

/// Takes a step; unchanged where the repair is there already.
pub fn step(cx: &Cx<'_>, before: Repair, step: Step) -> Result<Repair> {
    let Some(state) = before.step(step)? else {
        return Ok(before);
    };
    if step == Step::Confirm {
        before.check_parts()?;
        check_on_hand(cx, &before)?;
    }
    let mut after = save(cx, &before, Repair { state, ..before.clone() })?;
    if step == Step::Confirm {
        queue(cx, &mut after)?;
    }
    tell_of(cx, &after, step.done())?;
    Ok(after)
}

/// Sends the parts that wait to the end of those that do: they come with their confirmation, however old the draft is
/// (spec D8).
fn queue(cx: &Cx<'_>, repair: &mut Repair) -> Result<()> {
    for part in repair.parts.iter_mut().filter(|part| part.kind == PartKind::Add && part.reserved < part.quantity) {
        let last = cx.db.next_key()?;
        repair::move_part(cx.db, part.key, last)?;
        part.key = last;
    }
    Ok(())
}

/// Asks where the product to repair is not where it is said to be: where its return brings it, else in the main stock
/// (spec E3).
fn check_on_hand(cx: &Cx<'_>, repair: &Repair) -> Result<()> {
    let place = match &repair.from_return {
        Some(from) => transfer::by_key(cx.db, from.key)?.to,
        None => own_location(cx, STOCK)?,
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
    cx.confirm(format!("{short}; confirm the repair all the same?"))?;
    cx.warn("stock_insufficient", short);
    Ok(())
}

/// Finishes the work: what was used of each part moves stock, the rest is let go (spec E4).
pub fn finish(cx: &Cx<'_>, before: Repair, asked: &[LineQuantity]) -> Result<Repair> {
    let Some(state) = before.step(Step::Finish)? else {
        return Ok(before);
    };
    let used = before.used(asked, &product::by_key(cx.db, before.product.key)?)?;
    let (stock, scrap) = (own_location(cx, STOCK)?, own_location(cx, SCRAP)?);
    // What was taken is reserved no longer: only the rest is there to be given back.
    let (mut left, mut after) = (before.clone(), Repair { state, ..before.clone() });
    let mut freed = Vec::new();
    for ((part, now), quantity) in left.parts.iter_mut().zip(&mut after.parts).zip(used) {
        now.done = quantity;
        if quantity.is_zero() {
            continue;
        }
        match part.kind {
            PartKind::Add => {
                let held = stock::Held { lot: part.lot.as_ref(), quantity: part.reserved };
                stock::take(cx, place(part, &stock), held, quantity)?;
                part.reserved = part.reserved.checked_sub(part.reserved.min(quantity))?;
            }
            PartKind::Remove => put(cx, part, &scrap, quantity)?,
            PartKind::Recycle => {
                put(cx, part, &stock, quantity)?;
                freed.push(part.product.key);
            }
        }
    }
    let after = save_and_free(cx, &left, after, freed)?;
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

fn put(cx: &Cx<'_>, part: &Part, location: &Location, quantity: Quantity) -> Result<()> {
    stock::check_single(cx, place(part, location), part.tracking)?;
    stock::put(cx, place(part, location), quantity)
}

/// One of the locations that every desk has.
fn own_location(cx: &Cx<'_>, id: &str) -> Result<Location> {
    let missing = || Error::from(StoreError::Damaged(format!("the location {id} is missing")));
    location::by_id(cx.db, id)?.ok_or_else(missing)
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
