//! Currencies that the store has met, with the digits they had then.

use super::engine::table::{Table, int, records, text};
use super::{Db, Result};
use crate::domain::value::money::Currency;
use crate::{params, query, raw};

pub static CURRENCY: Table =
    records("currency", "currency", &[text().called("id").column("code"), int().called("digits")]).by("code");

/// Keeps a currency and its digits, so that stored amounts stay readable whatever the tables of a later program say.
pub fn keep(db: &Db, currency: Currency) -> Result<()> {
    db.write(
        raw!(writes [currency], reads [], "INSERT INTO currency (code, digits) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING"),
        params![currency, i64::from(currency.digits())],
    )
}

/// The currency of that code as the store knows it.
pub fn by_code(db: &Db, code: &str) -> Result<Option<Currency>> {
    db.query_opt(query!([currency], "SELECT code, digits FROM currency WHERE code = $1"), params![code], |row| {
        row.currency(0)
    })
}
