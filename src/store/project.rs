//! Field-service projects.

use super::engine::record;
use super::engine::table::{FoundBy, Table, folded, id, link, records, switch, text};
use super::{Db, Key, Result};
use crate::described;
use crate::domain::project::Project;

described! {
    Project in PROJECT {
        id: id(),
        name: text().listed().searched(),
        worksheets: switch().listed().least(3),
        worksheet_template: link("worksheet_template").optional().listed().least(2),
        time_product: link("product").optional().listed().least(1),
    } beside {
        name_folded: folded("name"),
    }
}

pub static PROJECT: Table =
    records("project", "project", Project::COLUMNS).found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// The project of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Project> {
    record::by_key(db, key)
}
