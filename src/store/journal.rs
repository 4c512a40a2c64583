//! Journals.

use super::engine::record;
use super::engine::table::{FoundBy, Table, folded_start, id, records, switch, text, words};
use super::engine::uses;
use super::{Db, Key, Result};
use crate::domain::in_use::Use;
use crate::domain::journal::{Journal, JournalType};
use crate::{described, field_of_words, query};

field_of_words!(JournalType);

described! {
    Journal in JOURNAL {
        id: id(),
        name: text().listed().searched(),
        kind: words(JournalType::WORDS).called("type").listed(),
        active: switch().listed(),
    } beside {
        name_folded: folded_start("name"),
    }
}

pub static JOURNAL: Table =
    records("journal", "journal", Journal::COLUMNS).found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// The journal with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Journal>> {
    record::by_id(db, id)
}

/// The journal of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Journal> {
    record::by_key(db, key)
}

/// All journals, in order of creation.
pub fn all(db: &Db) -> Result<Vec<Journal>> {
    record::all(db, record::select::<Journal>().with(&[], " ORDER BY t.key"), &[])
}

/// A document of the journal, where there is one.
pub fn first_use(db: &Db, journal: Key) -> Result<Option<Use>> {
    uses::first(
        db,
        &[
            (
                "invoice",
                query!(
                    [document],
                    "SELECT id FROM document WHERE journal = $1 AND kind <> 'credit_note' ORDER BY key LIMIT 1"
                ),
            ),
            (
                "credit-note",
                query!(
                    [document],
                    "SELECT id FROM document WHERE journal = $1 AND kind <> 'invoice' ORDER BY key LIMIT 1"
                ),
            ),
        ],
        journal,
    )
}
