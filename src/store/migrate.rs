//! The store's format: which version this program writes, and how an empty or older store gets there.

use super::{Db, Result};

/// The format that this program reads and writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_desk.sql")];

impl Db {
    /// Makes the tables of a new store, inside the open transaction.
    pub fn migrate_from(&self, version: i64) -> Result<()> {
        let done = usize::try_from(version).unwrap_or(0);
        for script in MIGRATIONS.iter().skip(done) {
            self.run_script(script)?;
        }
        self.mark_as_ours(VERSION)
    }
}

/// What the migrations make of a table: how many constraints of each kind.
pub(super) struct Made {
    pub table: &'static str,
    pub primary_keys: usize,
    pub uniques: usize,
    pub links: usize,
    pub checks: usize,
}

/// The tables that the migrations make, read from their text.
pub(super) fn made() -> impl Iterator<Item = Made> {
    let tables = MIGRATIONS.iter().flat_map(|script| script.split("CREATE TABLE ").skip(1));
    tables.filter_map(|text| {
        let (table, rest) = text.split_once(" (")?;
        let (columns, _) = rest.split_once("\n);")?;
        let count = |word: &str| columns.matches(word).count();
        Some(Made {
            table,
            primary_keys: count("PRIMARY KEY"),
            uniques: count("UNIQUE"),
            links: count("REFERENCES"),
            checks: count("CHECK ("),
        })
    })
}

/// The indexes that the migrations make beside those of constraints.
pub(super) fn indexes() -> impl Iterator<Item = &'static str> {
    let made = MIGRATIONS.iter().flat_map(|script| script.split("INDEX ").skip(1));
    made.filter_map(|text| text.split_once(" ON ").map(|(name, _)| name))
}
