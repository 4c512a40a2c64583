//! Opening counts: what lay at a place before all transfers.

use serde::Deserialize;

use super::{Form, Run, Stands, filled};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::location::Location;
use crate::domain::lot::Coming;
use crate::domain::product::Tracking;
use crate::domain::stock::{Place, StockInsufficient, check_count, id_of};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::procedure;
use crate::procedure::context::Cx;
use crate::store::stock_level::{self, Counted};

#[derive(Deserialize)]
struct StockRecord {
    product: String,
    location: String,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    quantity: Option<Quantity>,
}

pub const FORM: Form =
    Form { kind: "stock", keys: &["product", "location", "lot", "quantity"], lines: &[], switches: &[], run };

/// Counts goods as having been there before all transfers, which one that is brought takes: the stock stays what it was.
pub fn count_taken(
    cx: &Cx<'_>,
    product: &Reference,
    tracking: Tracking,
    (location, lot): (&Location, Option<&Reference>),
    taken: Quantity,
) -> Result<()> {
    if taken.is_zero() || !location.kind.keeps_stock() {
        return Ok(());
    }
    cx.touched("stock", &id_of(&product.id, &location.id, lot.map(|lot| lot.id.as_str())));
    let lot_key = lot.map(|lot| lot.key);
    // What lies there is as a rule known by now: deliveries take of the same goods over and over.
    let mut known = stock_level::load(cx.db, product.key, location.key)?;
    known.room_for(taken)?;
    if known.open(lot_key, taken)? {
        return Ok(stock_level::save(cx.db, product.key, location.key, known)?);
    }
    match stock_level::counted(cx.db, product.key, location.key, lot_key)?.0 {
        None => {
            procedure::stock::check_coming(cx, Place { product, location, lot }, tracking, Coming::FromOutside)?;
            stock_level::count(cx.db, product.key, location.key, lot_key, taken)?;
        }
        Some(Counted { key, opening, quantity, .. }) => {
            stock_level::recount(cx.db, key, opening.checked_add(taken)?, quantity.checked_add(taken)?)?;
        }
    }
    Ok(())
}

fn run(run: &mut Run<'_, '_>) -> Result<()> {
    let (cx, update) = (run.cx, run.update);
    let record: StockRecord = filled(run, &FORM)?;
    let product = run.lookup.product(cx, &record.product)?;
    let location = run.lookup.location(cx, "location", &record.location)?;
    let lot = record.lot.as_deref().filter(|lot| !lot.is_empty()).map(|lot| run.lookup.lot(cx, lot)).transpose()?;
    let opening = record.quantity.ok_or(ValueRefused::missing("quantity"))?;
    check_count(&product, &location, lot.as_ref(), opening)?;

    let lot = lot.map(|lot| lot.reference());
    let id = id_of(&product.id, &location.id, lot.as_ref().map(|lot| lot.id.as_str()));
    let lot_key = lot.as_ref().map(|lot| lot.key);
    let (counted, stock_level) = stock_level::counted(cx.db, product.key, location.key, lot_key)?;
    let before = counted.as_ref().map_or(Quantity::ZERO, |counted| counted.opening);
    if before == opening {
        return Ok(());
    }
    if !before.is_zero() && !update {
        return Err(Stands { form: &FORM, id }.into());
    }
    let place = Place { product: &product.reference(), location: &location, lot: lot.as_ref() };
    if before.is_zero() {
        procedure::stock::check_coming(cx, place, product.tracking, Coming::FromOutside)?;
    }
    stock_level.room_for(opening.checked_sub(before)?)?;
    match counted {
        None => stock_level::count(cx.db, product.key, location.key, lot_key, opening)?,
        Some(Counted { key, quantity, reserved, .. }) => {
            let quantity = quantity.checked_add(opening.checked_sub(before)?)?;
            if quantity < reserved {
                // What went out and what is spoken for came out of the count.
                let wanted = opening.checked_sub(quantity)?.checked_add(reserved)?;
                return Err(StockInsufficient::at(place, wanted, opening).into());
            }
            stock_level::recount(cx.db, key, opening, quantity)?;
        }
    }
    match before.is_zero() {
        true => cx.created("stock", &id),
        false => cx.touched("stock", &id),
    }
    procedure::stock::serve(cx, product.key, &location)
}
