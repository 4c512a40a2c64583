//! Stock: reserving, taking, putting, and serving those who wait (spec D8). Transfers and the parts of repairs all go through
//! here. Stock is counted at internal and scrap locations; elsewhere goods come from nowhere and go for good, so these steps do
//! nothing there.

use super::context::Cx;
use crate::domain::location::Location;
use crate::domain::lot::{Coming, Whereabouts, is_piece};
use crate::domain::product::Tracking;
use crate::domain::stock::{Place, StockInsufficient};
use crate::domain::stock_level::{StockLevel, StockLevelFault, StockLevels, Wanted};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::domain::{Error, Result};
use crate::store::stock_level::{self, Waiter};
use crate::store::{Key, StoreError, location, lot};

/// How many of those that wait are looked at at a time.
const QUEUE_PAGE: i64 = 100;

/// One of the locations that every desk has.
pub fn own_location(cx: &Cx<'_>, id: &str) -> Result<Location> {
    let missing = || Error::from(StoreError::Damaged(format!("the location {id} is missing")));
    location::by_id(cx.db, id)?.ok_or_else(missing)
}

/// Reserves up to `wanted` at a place, of its lot or of any, for somebody who comes last: whoever waited was served before.
/// Answers how much was got, which the caller keeps on its own row.
pub fn reserve(cx: &Cx<'_>, place: Place<'_>, wanted: Quantity) -> Result<Quantity> {
    if !place.location.kind.keeps_stock() {
        return Ok(wanted);
    }
    let mut stock_level = stock_level::load(cx.db, place.product.key, place.location.key)?;
    let got = stock_level.reserve(key_of(place.lot), wanted)?;
    stock_level::save(cx.db, place.product.key, place.location.key, stock_level)?;
    Ok(got)
}

/// Gives a reservation back. The caller calls `serve` when it has given back all it will.
pub fn release(cx: &Cx<'_>, place: Place<'_>, quantity: Quantity) -> Result<()> {
    if !place.location.kind.keeps_stock() || quantity.is_zero() {
        return Ok(());
    }
    let mut stock_level = stock_level::load(cx.db, place.product.key, place.location.key)?;
    stock_level.release(key_of(place.lot), quantity)?;
    Ok(stock_level::save(cx.db, place.product.key, place.location.key, stock_level)?)
}

/// The stock of several products at a location, as one document takes of it.
#[derive(Debug)]
pub struct Taking<'l> {
    location: &'l Location,
    pub levels: StockLevels,
    free_before: Vec<(Key, Quantity)>,
}

/// Begins to take goods from a location by a document for which that is reserved there, which is given back first: what is
/// reserved for one of its lines can go with another. None where no stock is counted.
pub fn begin_taking<'l>(cx: &Cx<'_>, location: &'l Location, reserved: &[(Key, Wanted)]) -> Result<Option<Taking<'l>>> {
    if !location.kind.keeps_stock() {
        return Ok(None);
    }
    let products = reserved.iter().map(|(product, _)| *product).collect();
    let mut levels = StockLevels(stock_level::load_each(cx.db, &products, location.key)?);
    let free_before = levels.free()?;
    for (product, reservation) in reserved {
        if let Some(level) = levels.0.get_mut(product) {
            level.release(reservation.lot, reservation.quantity)?;
        }
    }
    Ok(Some(Taking { location, levels, free_before }))
}

impl Taking<'_> {
    /// Takes goods of exactly the lot of the place away; more than there is free is `stock_insufficient`.
    pub fn take(&mut self, place: Place<'_>, quantity: Quantity) -> Result<()> {
        match self.levels.0.get_mut(&place.product.key) {
            Some(level) => take_from(level, place, quantity),
            None => Ok(()),
        }
    }

    /// Reserves up to `wanted` again for a line that stays; answers how much it got.
    pub fn keep(&mut self, product: Key, wanted: Wanted) -> Result<Quantity> {
        match self.levels.0.get_mut(&product) {
            Some(level) => Ok(level.reserve(wanted.lot, wanted.quantity)?),
            None => Ok(Quantity::ZERO),
        }
    }

    /// Keeps what became of the stock; answers the products of which more is free than before, for which the caller calls
    /// `serve` when all else is written.
    pub fn end(self, cx: &Cx<'_>) -> Result<Vec<Key>> {
        let mut freed = Vec::new();
        for ((product, free), (_, before)) in self.levels.free()?.into_iter().zip(&self.free_before) {
            if free > *before {
                freed.push(product);
            }
        }
        for (product, level) in self.levels.0 {
            stock_level::save(cx.db, product, self.location.key, level)?;
        }
        Ok(freed)
    }
}

fn take_from(stock_level: &mut StockLevel, place: Place<'_>, quantity: Quantity) -> Result<()> {
    match stock_level.take(key_of(place.lot), quantity) {
        Err(StockLevelFault::Short(available)) => Err(StockInsufficient::at(place, quantity, available).into()),
        taken => Ok(taken?),
    }
}

/// Takes goods away from a location, one after the other, for somebody for whom nothing is reserved.
pub fn take_each(cx: &Cx<'_>, location: &Location, goods: &[(Place<'_>, Quantity)]) -> Result<()> {
    if !location.kind.keeps_stock() {
        return Ok(());
    }
    let products = goods.iter().map(|(place, _)| place.product.key).collect();
    let mut stock_levels = stock_level::load_each(cx.db, &products, location.key)?;
    for (place, quantity) in goods {
        if let Some(stock_level) = stock_levels.get_mut(&place.product.key) {
            take_from(stock_level, *place, *quantity)?;
        }
    }
    for (product, stock_level) in stock_levels {
        stock_level::save(cx.db, product, location.key, stock_level)?;
    }
    Ok(())
}

/// Puts goods at a place. The caller calls `serve` when it has put down all it will.
pub fn put(cx: &Cx<'_>, place: Place<'_>, quantity: Quantity) -> Result<()> {
    if !place.location.kind.keeps_stock() || quantity.is_zero() {
        return Ok(());
    }
    let mut stock_level = stock_level::load(cx.db, place.product.key, place.location.key)?;
    stock_level.room_for(quantity)?;
    if stock_level.put(key_of(place.lot), quantity)? {
        return Ok(stock_level::save(cx.db, place.product.key, place.location.key, stock_level)?);
    }
    Ok(stock_level::add(cx.db, place.product.key, place.location.key, key_of(place.lot), quantity)?)
}

/// Refuses a piece with a serial number that comes into stock and is elsewhere (spec D8).
pub fn check_coming(cx: &Cx<'_>, place: Place<'_>, tracking: Tracking, coming: Coming<'_>) -> Result<()> {
    match place.lot {
        Some(lot) if is_piece(tracking) && place.location.kind.keeps_stock() => check_piece(cx, lot, coming),
        _ => Ok(()),
    }
}

/// Refuses a piece that cannot come from there, wherever it is to go.
pub fn check_piece(cx: &Cx<'_>, lot: &Reference, coming: Coming<'_>) -> Result<()> {
    Ok(whereabouts(cx, lot)?.check_coming(lot, coming)?)
}

/// Warns where a piece is wanted by an open repair or delivery beside the record of that key (spec D8).
pub fn warn_of_wanted(cx: &Cx<'_>, piece: &Reference, by: Key, id: &str) -> Result<()> {
    let others = lot::wanted_by(cx.db, piece.key, by)?;
    if !others.is_empty() {
        cx.warn("lot_wanted_twice", format!("{piece}, which {id} wants, is wanted by {} too", others.join(", ")));
    }
    Ok(())
}

/// Where a piece is.
fn whereabouts(cx: &Cx<'_>, piece: &Reference) -> Result<Whereabouts> {
    Ok(match lot::in_stock(cx.db, piece.key)?.into_iter().next() {
        Some(there) => Whereabouts::InStock { location: there.location.id },
        None => lot::last_place(cx.db, piece.key)?,
    })
}

/// Serves those that wait for a product at a location, the oldest first, over transfers and the parts of repairs: whatever
/// freed or brought some of it calls this (spec D8, first come, first served). A transfer that has all it needs becomes ready.
pub fn serve(cx: &Cx<'_>, product: Key, location: &Location) -> Result<()> {
    if !location.kind.keeps_stock() {
        return Ok(());
    }
    let mut after = Key::MIN;
    loop {
        let queue = stock_level::waiting(cx.db, product, location.key, after, QUEUE_PAGE)?;
        let Some(last) = queue.last() else {
            return Ok(());
        };
        after = last.key;
        let mut level = stock_level::load(cx.db, product, location.key)?;
        let got = level.serve(queue.iter().map(|waiting| waiting.missing))?;
        let free = level.free()?;
        stock_level::save(cx.db, product, location.key, level)?;
        for (waiting, got) in queue.iter().zip(got).filter(|(_, got)| !got.is_zero()) {
            stock_level::add_reserved(cx.db, waiting.waiter, waiting.key, got)?;
            match waiting.waiter {
                Waiter::Transfer(transfer) if stock_level::become_ready(cx.db, transfer)? => {
                    cx.touched("transfer", &waiting.id);
                }
                Waiter::Transfer(_) => {}
                Waiter::Repair => cx.touched("repair", &waiting.id),
            }
        }
        if free.is_zero() {
            return Ok(());
        }
    }
}

/// Serves those that wait for any of these products at a location.
pub fn serve_each(cx: &Cx<'_>, mut products: Vec<Key>, location: &Location) -> Result<()> {
    products.sort_unstable();
    products.dedup();
    products.into_iter().try_for_each(|product| serve(cx, product, location))
}

/// Takes goods away that are not there, whoever has reserved them: who came last waits again, with a warning. For counts,
/// which tell what is (spec D8).
pub fn take_counted(cx: &Cx<'_>, place: Place<'_>, quantity: Quantity) -> Result<()> {
    let (product, location) = (place.product.key, place.location);
    let reserved = stock_level::reserved(cx.db, product, location.key)?;
    let mut level = stock_level::load(cx.db, product, location.key)?;
    let wanted: Vec<Wanted> = reserved.iter().map(|reservation| reservation.reserved).collect();
    let given = level.give_up(key_of(place.lot), quantity, &wanted)?;
    take_from(&mut level, place, quantity)?;
    stock_level::save(cx.db, product, location.key, level)?;
    for (reservation, given) in reserved.iter().zip(given).filter(|(_, given)| !given.is_zero()) {
        stock_level::add_reserved(cx.db, reservation.waiter, reservation.key, given.checked_neg()?)?;
        let noun = match reservation.waiter {
            Waiter::Transfer(transfer) => {
                stock_level::wait_again(cx.db, transfer)?;
                "transfer"
            }
            Waiter::Repair => "repair",
        };
        cx.touched(noun, &reservation.id);
        let message = format!("{} waits again for {given} of {}", reservation.id, place.product);
        cx.warn("stock_insufficient", message);
    }
    // Of another lot there may be some for those that gave theirs up.
    serve(cx, product, location)
}

fn key_of(lot: Option<&Reference>) -> Option<Key> {
    lot.map(|lot| lot.key)
}
