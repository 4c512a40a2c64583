//! Taxes.

use super::engine::record;
use super::engine::table::{Table, id, percent, records, switch, text};
use super::{Db, Result};
use crate::described;
use crate::domain::tax::Tax;

described! {
    Tax in TAX {
        id: id(),
        rate: percent().listed(),
        included: switch().listed(),
        account: text().optional(),
    }
}

pub static TAX: Table = records("tax", "tax", Tax::COLUMNS);

/// The tax with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Tax>> {
    record::by_id(db, id)
}
