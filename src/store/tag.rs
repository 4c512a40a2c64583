//! Tags.

use super::engine::table::{FoundBy, Table, folded, id, records, text};
use crate::described;
use crate::domain::tag::Tag;

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
