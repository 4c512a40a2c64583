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
