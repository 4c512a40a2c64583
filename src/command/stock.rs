//! `stock`: how much of what lies where. It is only read: stock changes by transfers and repairs.

use super::pipeline::record::Record;
use crate::domain::desk::Right;
use crate::domain::stock::Stock;
use crate::store::{self, Db, Key, Page, stock};

impl Record for Stock {
    const KIND: &'static str = "stock";
    const NOUN: &'static str = "stock";
    const RIGHT: Right = Right::Inventory;
    const FIELDS: &'static [&'static str] = &["id", "product", "location", "lot", "quantity", "reserved"];
    const COLUMNS: &'static [&'static str] = &["id", "product", "location", "lot", "quantity", "reserved"];
    const SCALARS: &'static [&'static str] = &["id", "product", "location", "lot", "quantity", "reserved"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        stock::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        stock::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}
