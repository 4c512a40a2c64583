//! The log and the records: what an operation touched is there, and whatever is there was made by an operation. A row that somebody
//! deleted or wrote behind the program's back shows so.

use std::sync::LazyLock;

use super::{Breach, Pass, Tell};
use crate::domain::location::BEGUN_WITH as LOCATIONS;
use crate::domain::stage::BEGUN_WITH as STAGES;
use crate::domain::verify::Invariant;
use crate::params;
use crate::store::engine::statement::Statement;
use crate::store::engine::table::{Holds, Order, Table};
use crate::store::tables::TABLES;
use crate::store::verify::rules::tables_of;
use crate::store::{Db, Result};

pub const PASSES: &[Pass] =
    &[Pass::Made(&[Invariant::LogTouched], gone), Pass::Made(&[Invariant::LogRecords], never_made)];

/// The tables whose records the log names by kind and id.
fn named() -> impl Iterator<Item = &'static Table> {
    let has_id = |table: &Table| {
        table
            .columns
            .iter()
            .any(|column| column.name == "id" && column.is_stored() && matches!(column.holds, Holds::Id))
    };
    TABLES.iter().copied().filter(move |table| matches!(table.order, Order::Key) && has_id(table))
}

fn of_kind(table: &Table) -> String {
    table.only.map(|kind| format!(" AND x.kind = '{kind}'")).unwrap_or_default()
}

/// What operations touched and is not there any more: nothing that has an id is ever taken away.
fn gone(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    static GONE: LazyLock<&'static Statement> = LazyLock::new(|| {
        let mut cases = String::new();
        for table in named() {
            cases.push_str(&format!(
                " WHEN '{}' THEN (SELECT COUNT(*) FROM {} x WHERE x.id = e.id{})",
                table.shown,
                table.name,
                of_kind(table)
            ));
        }
        let sql = format!(
            "SELECT e.operation, e.kind, e.id FROM operation_touch e WHERE CASE e.kind{cases} ELSE 1 END = 0
             ORDER BY e.operation, e.position"
        );
        Statement::made(sql, |sql| Statement::query(tables_of(sql), sql))
    });
    db.each(*GONE, params![], |row| {
        let (operation, kind, id): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let what = format!("operation {operation} touched the {}, which is not there", kind.replace('_', " "));
        let kind = named().map(|table| table.shown).find(|shown| *shown == kind);
        tell(Invariant::LogTouched, Breach { record: Some(id), kind, what, ..Breach::default() });
        Ok(())
    })
}

/// What no operation touched, save what every desk begins with.
fn never_made(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    static NEVER: LazyLock<Vec<(&'static Table, &'static Statement)>> = LazyLock::new(|| {
        let statement = |table: &'static Table| {
            let sql = format!(
                "SELECT x.id FROM {} x WHERE NOT EXISTS (SELECT 1 FROM operation_touch e WHERE e.id = x.id AND e.kind = '{}'){} ORDER BY x.key",
                table.name,
                table.shown,
                of_kind(table)
            );
            (table, Statement::made(sql, |sql| Statement::query(tables_of(sql), sql)))
        };
        named().map(statement).collect()
    });
    for (table, statement) in NEVER.iter() {
        db.each(statement, params![], |row| {
            let id: String = row.get(0)?;
            let is_begun_with = match table.name {
                "location" => LOCATIONS.contains(&id.as_str()),
                "stage" => STAGES.iter().any(|(stage, _)| *stage == id),
                "journal" => id == "INV",
                _ => false,
            };
            if !is_begun_with {
                let what = format!("that made this {}", table.shown.replace('_', " "));
                let kind = Some(table.shown);
                tell(Invariant::LogRecords, Breach { record: Some(id), kind, what, ..Breach::default() });
            }
            Ok(())
        })?;
    }
    Ok(())
}
