//! `payment`: money that came in or went out; made by paying an invoice or a credit note (spec B14).

use super::pipeline::record::Record;
use crate::domain::desk::Right;
use crate::domain::payment::{Direction, Payment, Side};
use crate::store::{self, Db, Key, Page, payment};

impl Record for Payment {
    const KIND: &'static str = "payment";
    const NOUN: &'static str = "payment";
    const RIGHT: Right = Right::Invoicing;
    const FIELDS: &'static [&'static str] =
        &["id", "direction", "customer", "date", "currency", "amount", "open", "reference", "matched"];
    const COLUMNS: &'static [&'static str] = &["id", "direction", "customer", "date", "amount", "open", "reference"];
    const SCALARS: &'static [&'static str] =
        &["id", "direction", "customer", "date", "currency", "amount", "open", "reference"];
    const DAY: Option<&'static str> = Some("date");

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        let Some(mut found) = db.by_reference(given, |id| payment::by_id(db, id))? else {
            return Ok(None);
        };
        found.complete(db)?;
        Ok(Some(found))
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        payment::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        let side = if self.direction == Direction::In { Side::Credit } else { Side::Debit };
        self.matched = payment::matched(db, self.key, true, side, self.currency)?;
        Ok(())
    }
}
