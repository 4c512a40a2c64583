//! Rules over the rows of a table: conditions that no row fulfils which commands could have made. All of a table are asked in one go
//! over it, with what its rows refer to beside them.

use super::Tell;
use crate::domain::verify::{Breach, Invariant};
use crate::params;
use crate::store::engine::statement::{Statement, Tables};
use crate::store::tables::NAMES;
use crate::store::{Db, Result};

/// The rules over the rows of a table.
pub struct Rules {
    /// The rows, called `t`, and what is joined to them; what may be missing is joined `LEFT`.
    pub from: &'static str,
    /// How the record of a row is told.
    pub record: &'static str,
    /// What the row is of its record, such as a line; empty where it is the record itself.
    pub part: &'static str,
    pub rules: &'static [Rule],
}

/// What breaks an invariant: the condition, and the sentence for it.
pub struct Rule(pub Invariant, pub &'static str, pub &'static str);

/// Of a row that was made from a ticket: the log of that ticket does not name it.
macro_rules! unknown_to_its_ticket {
    () => {
        concat!(
            "t.ticket IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ticket_log n WHERE ",
            $crate::store::ticket::in_log_of!("n", "t.ticket"),
            " AND n.document = t.id)"
        )
    };
}

/// The operation in the row of that name is an import.
macro_rules! is_import {
    ($row:literal) => {
        concat!("substr(", $row, ".command, 1, 19) = '{\"command\":\"import\"'")
    };
}

/// No import touched the row; what was imported stands in no log of a ticket, and was not made by the commands that leave traces.
macro_rules! not_imported {
    () => {
        not_imported!("")
    };
    ($kind:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation a ON a.key = e.operation WHERE ",
            $kind,
            "e.id = t.id AND ",
            is_import!("a"),
            ")"
        )
    };
}

/// No operation that touched the row of that kind was at the moment at which it says it was made.
macro_rules! made_at_no_operation {
    ($kind:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation a ON a.key = e.operation WHERE e.kind = '",
            $kind,
            "' AND e.id = t.id AND a.at = COALESCE(t.created_at, a.at))"
        )
    };
}

pub(super) use {is_import, made_at_no_operation, not_imported, unknown_to_its_ticket};

/// How it is told that the log of a ticket does not name what was made from it.
pub const NOT_IN_LOG: &str = "the log of its ticket does not know it";

/// How it is told that no operation was at the moment at which a record says it was made.
pub const MADE_AT_NO_TIME: &str = "no operation made it at the time that it says";

impl Rules {
    /// What they tell breaches of.
    pub fn of(&self) -> Vec<Invariant> {
        let mut invariants: Vec<Invariant> = Vec::new();
        for Rule(invariant, ..) in self.rules {
            if !invariants.contains(invariant) {
                invariants.push(*invariant);
            }
        }
        invariants
    }

    /// Tells every row that breaks one.
    pub fn run(&self, db: &Db, tell: &mut Tell<'_>) -> Result<()> {
        db.each(self.statement(), params![], |row| {
            let part: Option<String> = row.get(1)?;
            for (place, Rule(invariant, _, sentence)) in (2..).zip(self.rules) {
                if row.get(place)? {
                    let what = match &part {
                        Some(part) => format!("{part}: {sentence}"),
                        None => (*sentence).to_owned(),
                    };
                    tell(*invariant, Breach { record: row.get(0)?, what, ..Breach::default() });
                }
            }
            Ok(())
        })
    }

    fn statement(&self) -> &'static Statement {
        let conditions: Vec<&str> = self.rules.iter().map(|Rule(_, condition, _)| *condition).collect();
        let flags: Vec<String> =
            conditions.iter().map(|condition| format!("CASE WHEN {condition} THEN 1 ELSE 0 END")).collect();
        let part = if self.part.is_empty() { "CAST(NULL AS TEXT)" } else { self.part };
        let flags: Vec<String> = flags.into_iter().map(|flag| format!("CAST({flag} AS BIGINT)")).collect();
        let sql = format!(
            "SELECT {}, {part}, {} FROM {} WHERE ({}) ORDER BY t.key",
            self.record,
            flags.join(", "),
            self.from,
            conditions.join(") OR (")
        );
        Statement::made(sql, |sql| Statement::query(tables_of(sql), sql))
    }
}

/// The tables that a text asks.
pub fn tables_of(sql: &str) -> Tables {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // A text between apostrophes names nothing.
    let words = sql.split('\'').step_by(2).flat_map(|bare| bare.split(|c| !is_word(c)).filter(|word| !word.is_empty()));
    let (mut tables, mut before) = (Tables::NONE, "");
    for word in words {
        if matches!(before, "FROM" | "JOIN")
            && let Some(place) = NAMES.iter().position(|name| *name == word)
        {
            tables = tables.and(Tables::at(place));
        }
        before = word;
    }
    tables
}
