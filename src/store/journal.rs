//! Journals.

use super::engine::uses;
use super::{Db, Key, Page, Result, Row};
use crate::domain::held::Use;
use crate::domain::journal::{Journal, JournalType};
use crate::{column_of_text, paged, params};

column_of_text!(JournalType);

macro_rules! head {
    () => {
        "SELECT j.key, j.id, j.name, j.type, j.active FROM journal j"
    };
}

fn read(row: &Row<'_>) -> Result<Journal> {
    Ok(Journal { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, kind: row.get(3)?, active: row.get(4)? })
}

/// The journal with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Journal>> {
    db.query_opt(concat!(head!(), " WHERE j.id = $1"), params![id], read)
}

/// The journal of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Journal> {
    db.query_one(concat!(head!(), " WHERE j.key = $1"), params![key], read)
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Journal>> {
    db.page(paged!(head!(), "j.key"), page, read)
}

/// Writes a new journal.
pub fn insert(db: &Db, journal: &Journal) -> Result<()> {
    db.write(
        "INSERT INTO journal (key, id, name, type, active) VALUES ($1, $2, $3, $4, $5)",
        params![journal.key, &journal.id, &journal.name, journal.kind.word(), journal.active],
    )
}

/// Writes what was changed of a journal.
pub fn update(db: &Db, journal: &Journal) -> Result<()> {
    db.change_one(
        "UPDATE journal SET name = $2, type = $3, active = $4 WHERE key = $1",
        params![journal.key, &journal.name, journal.kind.word(), journal.active],
    )
}

/// A document of the journal, where there is one.
pub fn first_use(db: &Db, journal: Key) -> Result<Option<Use>> {
    uses::first(
        db,
        &[
            ("invoice", "SELECT id FROM document WHERE journal = $1 AND kind = 'invoice' ORDER BY key LIMIT 1"),
            ("credit-note", "SELECT id FROM document WHERE journal = $1 AND kind = 'credit_note' ORDER BY key LIMIT 1"),
        ],
        journal,
    )
}

/// All journals, in order of creation.
pub fn all(db: &Db) -> Result<Vec<Journal>> {
    db.query(concat!(head!(), " ORDER BY j.key"), params![], read)
}
