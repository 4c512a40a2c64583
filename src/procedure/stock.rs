//! Stock: reserving, taking, putting, and letting those who wait try again (spec D8). Transfers and the parts of repairs
//! all go through here. Stock is counted at internal and scrap locations; elsewhere goods come from nowhere and go for good,
//! so these steps do nothing there.

use super::context::Cx;
use crate::domain::Result;
use crate::domain::location::Location;
use crate::domain::product::Tracking;
use crate::domain::stock::{Place, StockInsufficient};
use crate::domain::stock_level::{StockLevel, StockLevelFault};
use crate::domain::transfer::MoveRefused;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::store::stock_level::{self, Waiter};
use crate::store::{Db, Key};

/// How many of those that wait are looked at at a time.
const STRETCH: i64 = 100;

/// A reservation that somebody holds: how much, and of which lot (none: of any).
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    pub lot: Option<&'a Reference>,
    pub quantity: Quantity,
}

/// Reserves up to `wanted` at a place, of its lot or of any; answers how much was got, which the caller keeps on its own row.
pub fn reserve(cx: &Cx<'_>, place: Place<'_>, wanted: Quantity) -> Result<Quantity> {
    if !place.location.kind.keeps_stock() {
        return Ok(wanted);
    }
    let mut stock_level = stock_level::load(cx.db, place.product.key, place.location.key)?;
    let got = stock_level.reserve(key_of(place.lot), wanted)?;
    stock_level::save(cx.db, place.product.key, place.location.key, stock_level)?;
    Ok(got)
}

/// Gives back what `reserve` got. The caller calls `arrived` when it has given back all it will.
pub fn release(cx: &Cx<'_>, place: Place<'_>, quantity: Quantity) -> Result<()> {
    if !place.location.kind.keeps_stock() || quantity.is_zero() {
        return Ok(());
    }
    let mut stock_level = stock_level::load(cx.db, place.product.key, place.location.key)?;
    stock_level.release(key_of(place.lot), quantity)?;
    Ok(stock_level::save(cx.db, place.product.key, place.location.key, stock_level)?)
}

/// How much somebody who holds that reservation could take at a place, of its lot or of any: what is reserved for it and what
/// is free. Without bound (none) where no stock is counted.
pub fn available(db: &Db, place: Place<'_>, held: Held<'_>) -> Result<Option<Quantity>> {
    if !place.location.kind.keeps_stock() {
        return Ok(None);
    }
    let mut stock_level = stock_level::load(db, place.product.key, place.location.key)?;
    stock_level.release(key_of(held.lot), held.quantity)?;
    Ok(Some(match place.lot {
        Some(lot) => stock_level.takeable(Some(lot.key))?,
        None => stock_level.free()?,
    }))
}

/// Takes goods of exactly the lot of the place away, out of the reservation `held` and of what is free; more than that is
/// `stock_insufficient`. What of `held` is not needed for it stays reserved.
pub fn take(cx: &Cx<'_>, place: Place<'_>, held: Held<'_>, quantity: Quantity) -> Result<()> {
    if !place.location.kind.keeps_stock() {
        return Ok(());
    }
    let mut stock_level = stock_level::load(cx.db, place.product.key, place.location.key)?;
    stock_level.release(key_of(held.lot), held.quantity.min(quantity))?;
    take_from(&mut stock_level, place, quantity)?;
    Ok(stock_level::save(cx.db, place.product.key, place.location.key, stock_level)?)
}

fn take_from(stock_level: &mut StockLevel, place: Place<'_>, quantity: Quantity) -> Result<()> {
    match stock_level.take(key_of(place.lot), quantity) {
        Err(StockLevelFault::Short(available)) => Err(StockInsufficient::at(place, quantity, available).into()),
        taken => Ok(taken?),
    }
}

/// Takes goods away from a location, one after the other as `take` would, by somebody for whom nothing is reserved.
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

/// Puts goods at a place. The caller calls `arrived` when it has put down all it will.
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

/// A serial number stands for one piece: one that comes into stock from outside may not lie there already, wherever that is.
pub fn check_single(cx: &Cx<'_>, place: Place<'_>, tracking: Tracking) -> Result<()> {
    match place.lot {
        Some(lot) if tracking == Tracking::Serial && place.location.kind.keeps_stock() => {
            if stock_level::of_lot(cx.db, place.product.key, lot.key)?.is_zero() {
                return Ok(());
            }
            Err(MoveRefused::SerialInStock { product: place.product.id.clone(), lot: lot.id.clone() }.into())
        }
        _ => Ok(()),
    }
}

/// Stock of the product became free at the location: what waits for it tries again, oldest first, over transfers and the
/// parts of repairs. A transfer that has all it needs becomes ready.
pub fn arrived(cx: &Cx<'_>, product: Key, location: &Location) -> Result<()> {
    if !location.kind.keeps_stock() {
        return Ok(());
    }
    let mut after = Key::MIN;
    loop {
        let queue = stock_level::waiting(cx.db, product, location.key, after, STRETCH)?;
        let Some(last) = queue.last() else {
            return Ok(());
        };
        after = last.key;
        let mut stock_level = stock_level::load(cx.db, product, location.key)?;
        let mut served = Vec::new();
        for waiting in &queue {
            let got = stock_level.reserve(waiting.lot, waiting.missing)?;
            if !got.is_zero() {
                stock_level::hold(cx.db, waiting, got)?;
                served.push(waiting);
            }
        }
        let free = stock_level.free()?;
        stock_level::save(cx.db, product, location.key, stock_level)?;
        for waiting in served {
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

fn key_of(lot: Option<&Reference>) -> Option<Key> {
    lot.map(|lot| lot.key)
}
