//! The store's format: which version this program writes, and how an empty or older store gets there.

use std::sync::LazyLock;

use super::{Db, Result};

/// The format that this program reads and writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/0001_desk.sql"), include_str!("../migrations/0002_described.sql")];

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
    pub checks: usize,
}

/// The tables that the migrations make, read from their text.
pub(super) fn made() -> impl Iterator<Item = Made> {
    tables().map(|(table, columns)| {
        let count = |word: &str| columns.matches(word).count();
        Made { table, primary_keys: count("PRIMARY KEY"), uniques: count("UNIQUE"), checks: count("CHECK (") }
    })
}

/// The tables in the order in which they were made: whatever a row refers to is in the same table or in one before.
pub(super) static TABLES: LazyLock<Vec<&'static str>> = LazyLock::new(|| tables().map(|(table, _)| table).collect());

/// The tables that the migrations make, each with the text of its columns.
fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = MIGRATIONS.iter().flat_map(|script| script.split("CREATE TABLE ").skip(1));
    tables.filter_map(|text| {
        let (table, rest) = text.split_once(" (")?;
        Some((table, rest.split_once("\n);")?.0))
    })
}

/// A column whose values are those of a column of another table.
pub(super) struct Link {
    pub table: &'static str,
    pub column: &'static str,
    pub other: &'static str,
    pub other_column: &'static str,
}

/// The links that the migrations make.
pub(super) fn links() -> impl Iterator<Item = Link> {
    tables().flat_map(|(table, columns)| {
        columns.lines().filter_map(move |line| {
            let (column, to) = (line.trim().split(' ').next()?, line.split_once("REFERENCES ")?.1);
            let (other, rest) = to.split_once(" (")?;
            Some(Link { table, column, other, other_column: rest.split_once(')')?.0 })
        })
    })
}

/// What the migrations made and that is not among the names of the tables and indexes `there`.
pub(super) fn gone(there: &[String]) -> Vec<String> {
    let is_gone = |name: &&str| !there.iter().any(|known| known == name);
    let tables = made().map(|made| made.table).filter(is_gone).map(|table| format!("the table {table} is gone"));
    let indexes = indexes().filter(is_gone).map(|index| format!("the index {index} is gone or not valid"));
    tables.chain(indexes).collect()
}

/// The indexes that the migrations make beside those of constraints.
pub(super) fn indexes() -> impl Iterator<Item = &'static str> {
    let made = MIGRATIONS.iter().flat_map(|script| script.split("INDEX ").skip(1));
    made.filter_map(|text| text.split_once(" ON ").map(|(name, _)| name))
}
