//! The store's format: which one this program reads and writes, and how an empty or an older store gets there.
//!
//! A format is a script in the subset of SQL that both engines share. A new store is made by all of them, one after the other; an
//! older one is upgraded by those it has not seen, in one transaction, after a copy beside it. A table is rebuilt by four statements:
//!
//! ```sql
//! CREATE TABLE ticket_new ( … );
//! INSERT INTO ticket_new (key, …) SELECT key, … FROM ticket;
//! DROP TABLE ticket;
//! ALTER TABLE ticket_new RENAME TO ticket;
//! ```
//!
//! and its indexes are made anew behind them. Whatever links to the table goes on linking to it.

use super::address::Address;
use super::statement::{Statement, Tables};
use super::table::Holds;
use super::{Db, Result, StoreError, postgres, sqlite};
use crate::store::tables::TABLES;

/// The format that this program reads and writes.
pub const VERSION: i64 = SCRIPTS.len() as i64;

const SCRIPTS: [&str; 4] = [
    include_str!("../migrations/0001_desk.sql"),
    include_str!("../migrations/0002_described.sql"),
    include_str!("../migrations/0003_sealed.sql"),
    include_str!("../migrations/0004_people.sql"),
];

/// The scripts that a store in the format `version` has not seen; all of them for an empty one.
pub(super) fn scripts_after(version: i64) -> &'static [&'static str] {
    usize::try_from(version).ok().and_then(|done| SCRIPTS.get(done..)).unwrap_or_default()
}

/// The scripts that made a store of that format.
pub(super) fn scripts_until(version: i64) -> &'static [&'static str] {
    usize::try_from(version).ok().and_then(|done| SCRIPTS.get(..done)).unwrap_or(&SCRIPTS)
}

/// The statements of a script: each ends at the end of a line. What is said between them is left out.
pub(super) fn statements(script: &str) -> impl Iterator<Item = &str> {
    script.split_inclusive(";\n").filter_map(|text| {
        let is_said = |line: &&str| line.trim().is_empty() || line.starts_with("--");
        let said: usize = text.split_inclusive('\n').take_while(is_said).map(str::len).sum();
        text.get(said..).map(str::trim_end).filter(|statement| !statement.is_empty())
    })
}

/// The table that a statement drops, where it does.
pub(super) fn dropped(statement: &str) -> Option<&str> {
    statement.strip_prefix("DROP TABLE ").map(|table| table.trim_end_matches(';').trim())
}

impl Db {
    /// Brings the tables of a store from the format `version`, 0 where there are none yet, to the present one, inside the open
    /// transaction.
    pub fn migrate_from(&self, version: i64) -> Result<()> {
        scripts_after(version).iter().try_for_each(|script| self.run_script(script))?;
        self.mark_as_ours(VERSION)
    }

    /// Sets links aside that a script's rebuilt tables would break for a moment, before its transaction begins.
    pub fn without_links(&self) -> Result<()> {
        match self.sqlite() {
            Some(sqlite) => sqlite.without_links(),
            // The adapter does so itself, link by link.
            None => Ok(()),
        }
    }
}

/// What an upgrade did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgraded {
    /// The format that the store was of.
    pub from: i64,
    /// The store as it was.
    pub copy: String,
}

/// Brings an older store to the format of this program, after a copy beside it; nothing where that was done by another meanwhile.
/// Whatever ends it early leaves the store as it was.
pub fn upgrade(address: &Address) -> Result<Option<Upgraded>> {
    match address {
        Address::File(path) => sqlite::Sqlite::upgrade(path),
        Address::Server(server) => postgres::Postgres::upgrade(server),
    }
}

/// Checks that a store is of the format of this program; `store` is how it is named to people.
pub(super) fn check(version: i64, store: &dyn std::fmt::Display) -> Result<()> {
    match version {
        VERSION => Ok(()),
        newer if newer > VERSION => Err(StoreError::Newer(newer)),
        broken if broken < 1 => Err(StoreError::Damaged(format!("{store} has no format version"))),
        format => Err(StoreError::Older { store: store.to_string(), format, why: None }),
    }
}

/// A folded column that a script added: texts are folded in Rust, so a script leaves it empty (design, "One SQL, two engines").
pub(super) struct Refold {
    /// Key and text of some rows behind the key `$1` whose text is not folded yet.
    pub ask: &'static Statement,
    /// Writes the folded text of the row of a key.
    pub write: &'static Statement,
    pub fold: fn(&str) -> String,
}

/// How many rows are folded at a time.
pub(super) const FOLDED_AT_ONCE: usize = 1_000;

/// Every folded column of the tables.
pub(super) fn refolds() -> impl Iterator<Item = Refold> {
    TABLES.iter().flat_map(|table| {
        table.columns.iter().filter_map(|column| {
            let Holds::Folded(of, fold) = column.holds else {
                return None;
            };
            let own = Tables::of(&[table.name]);
            let (name, folded) = (table.name, column.name);
            let ask = format!(
                "SELECT key, {of} FROM {name} WHERE key > $1 AND {folded} IS NULL AND {of} IS NOT NULL
                 ORDER BY key LIMIT {FOLDED_AT_ONCE}"
            );
            let write = format!("UPDATE {name} SET {folded} = $2 WHERE key = $1");
            Some(Refold {
                ask: Statement::made(ask, |sql| Statement::query(own, sql)),
                write: Statement::made(write, |sql| Statement::raw(Tables::NONE, own, sql)),
                fold,
            })
        })
    })
}

/// How the name of a table ends while it is being rebuilt.
pub(super) const REBUILT: &str = "_new";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_statements() {
        let script = "-- What it is for.\n\nCREATE TABLE a (\n  key BIGINT PRIMARY KEY,\n  -- said inside\n  b TEXT\n);\n\
                      -- Rebuilt.\nDROP TABLE a;\nCREATE INDEX c ON a (b) WHERE b <> ';';\n-- The end.\n";
        let found: Vec<&str> = statements(script).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("CREATE TABLE a (") && found[0].ends_with("\n);"), "{found:?}");
        assert_eq!((dropped(found[1]), dropped(found[2])), (Some("a"), None));
        assert!(
            scripts_after(0).iter().flat_map(|script| statements(script)).all(|statement| statement.ends_with(';'))
        );
    }

    #[test]
    fn every_format_has_its_scripts() {
        assert_eq!(scripts_after(0).len(), SCRIPTS.len());
        assert_eq!((scripts_after(VERSION).len(), scripts_until(1).len()), (0, 1));
        assert!(check(VERSION, &"here").is_ok());
        assert!(matches!(check(VERSION + 1, &"here"), Err(StoreError::Newer(_))));
        assert!(matches!(check(1, &"here"), Err(StoreError::Older { format: 1, .. })));
        assert!(matches!(check(0, &"here"), Err(StoreError::Damaged(_))));
    }
}
