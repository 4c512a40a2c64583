//! Taxes.

use super::engine::record;
use super::engine::table::{Order, Table, id, int, list, percent, records, switch, value_of, words};
use super::{Db, Result};
use crate::domain::ledger::Account;
use crate::domain::party::OneLine;
use crate::domain::tax::{Tax, TaxBefore, TaxCategory};
use crate::{described, field_of_words};

field_of_words!(TaxCategory);

/// The category of a tax: its own, or what its rate alone makes it.
const CATEGORY: &str = "COALESCE(t.category, CASE WHEN t.rate = 0 THEN 'Z' ELSE 'S' END)";

described! {
    Tax in TAX {
        id: id(),
        rate: percent().listed(),
        included: switch().listed(),
        account: value_of::<Account>().optional(),
        category: words(TaxCategory::WORDS).column("category_told").listed().is(CATEGORY),
        own_category: words(TaxCategory::WORDS).called("category").optional().hidden(),
        exemption: value_of::<OneLine>().optional(),
    }
}

described! {
    TaxBefore in TAX_BEFORE {
        until: int(),
        category: words(TaxCategory::WORDS),
        exemption: value_of::<OneLine>().optional(),
    }
}

static TAX_BEFORE: Table = BEFORE;

/// What was said of a tax earlier, the oldest first: posted documents tell it (see `domain::party`).
const BEFORE: Table = list("tax_before", "tax", Order::Key, TaxBefore::COLUMNS).shown("before");

pub static TAX: Table = records("tax", "tax", Tax::COLUMNS).with(&[BEFORE]);

/// The tax with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Tax>> {
    record::by_id(db, id)
}
