//! Reasons of refunds.

use super::choices::choices;
use super::engine::table::{FoundBy, Table, folded, id, records, switch, text};
use super::{Db, Result};
use crate::domain::options::Choices;
use crate::domain::reason::Reason;
use crate::domain::value::reference::folded as folded_text;
use crate::{described, params, query};

described! {
    Reason in REASON {
        id: id(),
        name: text().listed().searched(),
        active: switch().listed(),
    } beside {
        id_folded: folded("id"),
        name_folded: folded("name"),
    }
}

pub static REASON: Table = records("reason", "reason", Reason::COLUMNS).found_by(&[
    FoundBy::Exactly("id"),
    FoundBy::Folded("id_folded"),
    FoundBy::Folded("name_folded"),
]);

/// The ids of those that are offered, in order of creation.
pub fn offered(db: &Db) -> Result<Choices> {
    choices!(db, [reason], "t.id", "reason t WHERE t.active = 1", "t.key", params![])
}

/// The name under which a reason is written: that of the one on the list that is found by the text, else the text itself.
pub fn named(db: &Db, given: &str) -> Result<String> {
    // An id goes before a name, as everywhere.
    let found = query!(
        [reason],
        "SELECT name FROM reason WHERE id_folded = $1 OR name_folded = $1 ORDER BY CASE WHEN id_folded = $1 THEN 0 ELSE 1 END LIMIT 1"
    );
    let name = db.query_opt(found, params![folded_text(given)], |row| row.get(0))?;
    Ok(name.unwrap_or_else(|| given.to_owned()))
}
