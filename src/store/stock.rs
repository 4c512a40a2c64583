//! Stock by product, location and lot, as it is read.

use super::engine::record;
use super::engine::statement::Statement;
use super::engine::table::{Table, id, link, quantity, records};
use super::{Db, Key, Result};
use crate::domain::in_use::Use;
use crate::domain::stock::{Stock, StockOfProduct};
use crate::{described, params, select};

described! {
    Stock in STOCK {
        id: id().is("product_.id || '@' || location_.id || COALESCE('#' || lot_.id, '')").least(1),
        product: link("product").listed(),
        location: link("location").listed(),
        lot: link("lot").optional().listed().least(3),
        quantity: quantity().listed(),
        reserved: quantity().listed().least(2),
    } beside {
        opening: quantity().starts_at(0),
        pinned: quantity().starts_at(0),
    }
}

pub static STOCK: Table = records("stock", "stock", Stock::COLUMNS);

/// A place that was emptied keeps its row, for what it was counted with; it is stock no longer.
pub const PRESENT: &str = "t.quantity > 0";

/// The stock of that id, which is made of the ids of product, location and lot; nothing may lie there any more.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Stock>> {
    record::by_id(db, id)
}

/// The stock at that place; nothing may lie there any more.
pub fn at(db: &Db, product: Key, location: Key, lot: Option<Key>) -> Result<Option<Stock>> {
    let statement = select!(Stock, "t.product = $1 AND t.location = $2 AND COALESCE(t.lot, 0) = $3", "");
    record::first(db, statement, params![product, location, lot.unwrap_or(0)])
}

/// Where a product lies, in the order in which it came there.
pub fn of_product(db: &Db, product: Key) -> Result<Vec<StockOfProduct>> {
    let statement = select!(Stock, "t.product = $1 AND t.quantity > 0", " ORDER BY t.key");
    let stock = record::all::<Stock>(db, statement, params![product])?;
    Ok(stock
        .into_iter()
        .map(|Stock { location, lot, quantity, reserved, .. }| StockOfProduct { location, lot, quantity, reserved })
        .collect())
}

fn first(db: &Db, statement: &'static Statement, key: Key) -> Result<Option<Use>> {
    Ok(record::first::<Stock>(db, statement, params![key])?.map(|stock| Use { noun: "stock", id: stock.id }))
}

/// Stock that was ever counted of a product.
pub(super) fn first_of(db: &Db, product: Key) -> Result<Option<Use>> {
    first(db, select!(Stock, "t.product = $1", " ORDER BY t.key LIMIT 1"), product)
}

/// Stock that was ever counted in a location.
pub(super) fn first_in(db: &Db, location: Key) -> Result<Option<Use>> {
    first(db, select!(Stock, "t.location = $1", " ORDER BY t.key LIMIT 1"), location)
}

/// Stock that was ever counted of a lot.
pub(super) fn first_of_lot(db: &Db, lot: Key) -> Result<Option<Use>> {
    first(db, select!(Stock, "t.lot = $1", " ORDER BY t.key LIMIT 1"), lot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::{Desk, Plan};
    use crate::domain::party::Details;
    use crate::domain::product::{Lot, Product, ProductType, Tracking, Unit, UnitPrice};
    use crate::domain::value::day::Instant;
    use crate::domain::value::money::Currency;
    use crate::domain::value::quantity::{Price, Quantity};
    use crate::store::engine::address;
    use crate::store::{currency, desk, location, lot, product, stock_level};

    fn store(folder: &std::path::Path) -> Db {
        let db = Db::create(&address::Address::File(folder.join("desk.db"))).unwrap();
        db.begin_write().unwrap();
        db.migrate_from(0).unwrap();
        let desk = Desk {
            company: String::new(),
            currency: Currency::iso("EUR").unwrap(),
            timezone: "UTC".parse().unwrap(),
            lock_date: None,
            shop_url: None,
            portal_url: None,
            mail_from: None,
            customers_may_close: false,
            plan: Plan::Standard,
            created_at: Instant::FIRST,
            trial_started_at: None,
            subscription_added_at: None,
            receivable_account: None,
            bank_account: None,
            returns_account: None,
            discounts_account: None,
            details: Details::default(),
        };
        currency::keep(&db, desk.currency).unwrap();
        desk::save(&db, &desk).unwrap();
        desk::seed(&db).unwrap();
        db
    }

    #[test]
    fn a_stock_level_that_is_kept_back_is_undone_with_its_command_even_if_it_was_written_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let db = store(folder.path());
        let price = UnitPrice { price: Price::ZERO, currency: Currency::iso("EUR").unwrap() };
        let (id, name) = ("LAMP".to_owned(), "Lamp".to_owned());
        let (kind, tracking, taxes) = (ProductType::Goods, Tracking::None, Vec::new());
        let lamp = Product {
            key: db.next_key().unwrap(),
            id,
            name,
            price,
            kind,
            tracking,
            taxes,
            account: None,
            unit: Unit::default(),
        };
        product::insert(&db, &lamp).unwrap();
        let here = location::by_id(&db, "WH/Stock").unwrap().unwrap().key;
        stock_level::add(&db, lamp.key, here, None, "10".parse().unwrap()).unwrap();
        let take = |quantity: &str| {
            let mut stock_level = stock_level::load(&db, lamp.key, here).unwrap();
            stock_level.take(None, quantity.parse().unwrap()).unwrap();
            stock_level::save(&db, lamp.key, here, stock_level).unwrap();
        };
        let known = || stock_level::load(&db, lamp.key, here).unwrap().free().unwrap().to_string();
        let written = || stock_level::on_hand(&db, lamp.key, here, None).unwrap().to_string();

        db.savepoint().unwrap();
        take("2");
        db.release().unwrap();
        // The next command takes more, its table is asked for, more is taken, and then it is refused.
        db.savepoint().unwrap();
        take("3");
        assert_eq!(written(), "5");
        take("1");
        assert_eq!(known(), "4");
        db.undo().unwrap();
        assert_eq!(known(), "8");
        assert_eq!(written(), "8");
        // One that is refused before anything was written.
        db.savepoint().unwrap();
        take("8");
        db.undo().unwrap();
        assert_eq!(known(), "8");
        db.savepoint().unwrap();
        take("1");
        db.release().unwrap();
        db.commit().unwrap();
        db.begin_read().unwrap();
        assert_eq!(written(), "7");
        db.end_read().unwrap();
    }

    #[test]
    fn what_lies_somewhere_is_stock_and_what_lay_there_still_holds() {
        let folder = tempfile::tempdir().unwrap();
        let db = store(folder.path());
        let price = UnitPrice { price: Price::ZERO, currency: Currency::iso("EUR").unwrap() };
        let lamp = Product {
            key: db.next_key().unwrap(),
            id: "LAMP".to_owned(),
            name: "Lamp".to_owned(),
            price,
            kind: ProductType::Goods,
            tracking: Tracking::Lot,
            taxes: Vec::new(),
            account: None,
            unit: Unit::default(),
        };
        product::insert(&db, &lamp).unwrap();
        let batch = Lot { key: db.next_key().unwrap(), id: "B1".to_owned(), product: lamp.reference() };
        record::insert(&db, &batch).unwrap();
        let place = |id| location::by_id(&db, id).unwrap().unwrap().key;
        let (here, scrap) = (place("WH/Stock"), place("Scrap"));
        stock_level::add(&db, lamp.key, here, Some(batch.key), "2".parse().unwrap()).unwrap();
        stock_level::add(&db, lamp.key, scrap, None, Quantity::ZERO).unwrap();

        let present = record::select::<Stock>().with(&[PRESENT.to_owned()], " ORDER BY t.key");
        let listed: Vec<Stock> = record::all(&db, present, &[]).unwrap();
        assert_eq!(listed.iter().map(|stock| stock.id.as_str()).collect::<Vec<_>>(), ["LAMP@WH/Stock#B1"]);
        assert_eq!(by_id(&db, "LAMP@WH/Stock#B1").unwrap().as_ref(), listed.first());
        assert_eq!(at(&db, lamp.key, here, Some(batch.key)).unwrap().as_ref(), listed.first());
        assert_eq!(at(&db, lamp.key, here, None).unwrap(), None);
        assert_eq!(by_id(&db, "LAMP@Scrap").unwrap().unwrap().quantity, Quantity::ZERO);
        assert_eq!(by_id(&db, "LAMP@WH/Stock").unwrap(), None);
        let shown = of_product(&db, lamp.key).unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].location.id.as_str(), shown[0].quantity.to_string()), ("WH/Stock", "2".to_owned()));

        assert_eq!(first_of(&db, lamp.key).unwrap().unwrap().id, "LAMP@WH/Stock#B1");
        assert_eq!(first_of_lot(&db, batch.key).unwrap().unwrap().id, "LAMP@WH/Stock#B1");
        assert_eq!(location::first_use(&db, scrap).unwrap().unwrap().id, "LAMP@Scrap");
        assert_eq!(location::first_use(&db, place("Customers")).unwrap(), None);
        db.rollback().unwrap();
    }

    #[test]
    fn every_search_for_a_use_can_be_asked() {
        let folder = tempfile::tempdir().unwrap();
        let db = store(folder.path());
        for nothing in [
            product::first_move(&db, 999),
            product::first_billed_as_time(&db, 999),
            lot::first_use(&db, 999),
            location::first_use(&db, 999),
            crate::store::journal::first_use(&db, 999),
        ] {
            assert_eq!(nothing.unwrap(), None);
        }
        db.rollback().unwrap();
    }
}
