//! The ids to choose from in a form: the first of them, and how many there are beyond, without loading those.

use super::engine::statement::{Statement, Tables};
use super::engine::table::{MERGED_INTO, Table};
use super::{Db, Result, Value};
use crate::domain::options::{Choices, TOLD};
use crate::params;

/// The ids that a question finds, in order: `choices!(db, [team], "t.id", "team t WHERE t.key > $1", "t.key", params![0])`.
macro_rules! choices {
    ($db:expr, [$($table:ident),* $(,)?], $id:literal, $of:expr, $order:literal, $params:expr) => {
        $crate::store::choices::first_of(
            $db,
            $crate::query!(
                [$($table),*],
                concat!("SELECT ", $id, " FROM ", $of, " ORDER BY ", $order, " LIMIT ", $crate::store::choices::told!())
            ),
            $crate::query!([$($table),*], concat!("SELECT COUNT(*) FROM ", $of)),
            $params,
        )
    };
}

/// How many ids are told, for the text of a statement.
macro_rules! told {
    () => {
        "50"
    };
}

pub(super) use {choices, told};

/// The ids of all records of a table, in order of creation.
pub fn all(db: &Db, table: &'static Table) -> Result<Choices> {
    let asked = |sql: String| Statement::made(sql, |sql| Statement::query(Tables::of(&[table.name]), sql));
    // What was merged into another is no choice any more.
    let only = if table.merges() { format!(" WHERE {MERGED_INTO} IS NULL") } else { String::new() };
    let first = asked(format!("SELECT id FROM {}{only} ORDER BY key LIMIT {TOLD}", table.name));
    // Counting all of them looks at none; those that were merged are few, and an index has them.
    let count = asked(match table.merges() {
        true => format!(
            "SELECT (SELECT COUNT(*) FROM {0}) - (SELECT COUNT(*) FROM {0} WHERE {MERGED_INTO} IS NOT NULL)",
            table.name
        ),
        false => format!("SELECT COUNT(*) FROM {}", table.name),
    });
    first_of(db, first, count, params![])
}

/// The ids that `first` tells, and how many more `count` counts, which is asked only where there may be more.
pub(super) fn first_of(
    db: &Db,
    first: &'static Statement,
    count: &'static Statement,
    params: &[Value<'_>],
) -> Result<Choices> {
    let ids: Vec<String> = db.query(first, params, |row| row.get(0))?;
    let told = ids.len();
    if told < TOLD {
        return Ok(Choices { ids, more: 0 });
    }
    let all: i64 = db.query_one(count, params, |row| row.get(0))?;
    Ok(Choices { ids, more: all.saturating_sub(i64::try_from(told).unwrap_or(all)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_told_as_are_asked_for() {
        assert_eq!(told!(), TOLD.to_string());
    }
}
