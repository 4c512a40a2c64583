//! Stages of tickets.

use super::engine::table::{FoundBy, Table, folded, id, records, switch, text};
use super::{Db, Key, Result};
use crate::described;
use crate::domain::stage::Stage;

described! {
    Stage in STAGE {
        id: id(),
        name: text().listed().searched(),
        folded: switch().listed(),
    } beside {
        name_folded: folded("name"),
    }
}

pub static STAGE: Table =
    records("stage", "stage", Stage::COLUMNS).found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// The stage of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Stage> {
    super::engine::record::by_key(db, key)
}
