//! Tags.

use super::engine::table::{FoundBy, Table, folded, id, records, text};
use super::{Db, Result};
use crate::domain::tag::Tag;
use crate::{described, params, query};

described! {
    Tag in TAG {
        id: id(),
        name: text().listed().searched(),
    } beside {
        name_folded: folded("name"),
    }
}

pub static TAG: Table =
    records("tag", "tag", Tag::COLUMNS).found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// The ids of all, in order of creation.
pub fn ids(db: &Db) -> Result<Vec<String>> {
    db.query(query!([tag], "SELECT id FROM tag ORDER BY key"), params![], |row| row.get(0))
}
