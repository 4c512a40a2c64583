//! Every row of every table, read as its description says: each value is one that can stand there, a folded text is what its text
//! folds to, and what a row refers to is there. One go over each table.

use std::sync::LazyLock;

use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::Currency;
use crate::domain::verify::{Breach, DOCUMENT, Invariant};
use crate::params;
use crate::store::engine::statement::Statement;
use crate::store::engine::table::{Column, Holds, Order, Table};
use crate::store::tables::TABLES;
use crate::store::verify::rules::tables_of;
use crate::store::verify::{Pass, Tell, record_of};
use crate::store::{Db, Result, Row};

pub const PASSES: &[Pass] = &[Pass::Made(&[Invariant::Values, Invariant::FoldedNames, Invariant::Links], read_all)];

/// The rows of a table, and how they are read.
struct Reading {
    table: &'static Table,
    /// The kind of the record that a row is or stands in, where it is one with an id; an invoice may be a credit note, and a match is
    /// told by its document.
    kind_of_record: Option<&'static str>,
    /// The record that a row is or stands in, the row that it stands in where it is in none, then each value with, where it is a
    /// link, the key that it leads to.
    statement: &'static Statement,
    /// The columns, each with its place in an answer.
    columns: Vec<(&'static Column, usize)>,
    /// The place of the kind, where rows of several kinds lie in the table.
    kind: Option<usize>,
}

fn read_all(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    static READINGS: LazyLock<Vec<Reading>> = LazyLock::new(|| {
        let mut readings = Vec::new();
        for (place, table) in TABLES.iter().enumerate() {
            // Of two kinds of one table the first reads the rows of both.
            if !TABLES.iter().take(place).any(|before| before.name == table.name) {
                add(&[table], &mut readings);
            }
        }
        readings
    });
    READINGS.iter().try_for_each(|reading| reading.each(db, tell))
}

/// Adds the readings of a table and of the lists in it.
fn add(path: &[&'static Table], readings: &mut Vec<Reading>) {
    let Some(table) = path.last() else {
        return;
    };
    readings.push(Reading::of(path));
    for list in table.lists {
        add(&[path, &[list]].concat(), readings);
    }
}

impl Reading {
    fn of(path: &[&'static Table]) -> Reading {
        let (Some(record), Some(table)) = (path.first(), path.last()) else {
            unreachable!("a path has a table");
        };
        let mut from = format!("{} t", table.name);
        let (mut alias, mut link) = ("t".to_owned(), table.parent);
        for (step, row) in path.iter().rev().skip(1).enumerate() {
            let above = format!("p{step}");
            from.push_str(&format!(
                " LEFT JOIN {} {above} ON {above}.key = {alias}.{}",
                row.name,
                link.unwrap_or_default()
            ));
            (alias, link) = (above, row.parent);
        }
        let told = record_of(record, &alias);
        from.push_str(&told.joins);
        let within = if path.len() > 1 { "p0.key".to_owned() } else { "CAST(1 AS BIGINT)".to_owned() };
        let mut selected = vec![told.sql, within];
        let mut columns = Vec::new();
        for column in table.columns.iter().filter(|column| column.is_stored()) {
            columns.push((column, selected.len()));
            selected.push(format!("t.{}", column.name));
            let number = columns.len();
            let leads_to = match column.holds {
                Holds::Link(linked) | Holds::Numbered(linked) => Some((linked, "key")),
                Holds::Line(lines) => Some((lines.name, "key")),
                Holds::Currency => Some(("currency", "code")),
                _ => None,
            };
            if let Some((linked, key)) = leads_to {
                from.push_str(&format!(" LEFT JOIN {linked} l{number} ON l{number}.{key} = t.{}", column.name));
                selected.push(format!("l{number}.{key}"));
            }
        }
        let kind = table.only.map(|_| {
            selected.push("t.kind".to_owned());
            selected.len().saturating_sub(1)
        });
        let order = match (table.order, table.parent) {
            (Order::Key | Order::KeyedLine(_), _) => "t.key".to_owned(),
            (Order::Column(column), None) => format!("t.{column}"),
            (Order::Column(column) | Order::Place(column), parent) => {
                format!("t.{}, t.{column}", parent.unwrap_or("key"))
            }
        };
        let sql = format!("SELECT {} FROM {from} ORDER BY {order}", selected.join(", "));
        let statement = Statement::made(sql, |sql| Statement::query(tables_of(sql), sql));
        let has_id = record.columns.iter().any(|column| matches!(column.holds, Holds::Id));
        let kind_of_record = match record.name {
            "matching" => Some(DOCUMENT),
            _ => Some(record.shown).filter(|_| has_id),
        };
        Reading { table, kind_of_record, statement, columns, kind }
    }

    fn each(&self, db: &Db, tell: &mut Tell<'_>) -> Result<()> {
        db.each(self.statement, params![], |row| {
            self.row(row, &mut |invariant, what| {
                let record = row.get(0)?;
                tell(invariant, Breach { record, kind: self.kind_of_record, what, ..Breach::default() });
                Ok(())
            })
        })
    }

    fn row(&self, row: &Row<'_>, tell: &mut dyn FnMut(Invariant, String) -> Result<()>) -> Result<()> {
        if row.get::<Option<i64>>(1)?.is_none() {
            tell(Invariant::Links, format!("a row of {} stands in a record that is not there", self.table.name))?;
        }
        for (column, place) in &self.columns {
            self.value(row, column, *place, tell)?;
        }
        if let Some(place) = self.kind
            && let Some(kind) = row.text(place)?
            && !TABLES.iter().any(|table| table.name == self.table.name && table.only == Some(kind))
        {
            tell(Invariant::Values, format!("its kind is {kind:?}"))?;
        }
        Ok(())
    }

    fn value(
        &self,
        row: &Row<'_>,
        column: &Column,
        place: usize,
        tell: &mut dyn FnMut(Invariant, String) -> Result<()>,
    ) -> Result<()> {
        let shown = || {
            if self.table.parent.is_some() {
                format!("{} of its {}", column.shown, self.table.shown)
            } else {
                column.shown.to_owned()
            }
        };
        let told = match column.holds {
            Holds::Folded(of, fold) => {
                let text = self.columns.iter().find(|(known, _)| known.name == of);
                let text = text.map(|(_, place)| row.text(*place)).transpose()?.flatten();
                if text.map(fold).as_deref() != row.text(place)? {
                    tell(Invariant::FoldedNames, of.to_owned())?;
                }
                return Ok(());
            }
            Holds::Link(_) | Holds::Numbered(_) | Holds::Line(_) => {
                if let (Some(_), None) = (row.get::<Option<i64>>(place)?, row.get::<Option<i64>>(place + 1)?) {
                    tell(Invariant::Links, format!("its {} is not there", shown()))?;
                }
                None
            }
            Holds::Switch => {
                row.get::<Option<i64>>(place)?.filter(|value| !matches!(value, 0 | 1)).map(|value| value.to_string())
            }
            Holds::Always(number) => {
                row.get::<Option<i64>>(place)?.filter(|value| *value != number).map(|value| value.to_string())
            }
            Holds::Int | Holds::Amount | Holds::Price | Holds::Quantity | Holds::Percent => None,
            _ => match row.text(place)? {
                Some(text) if !stands(column, text) => Some(format!("{text:?}")),
                Some(code) if matches!(column.holds, Holds::Currency) && row.text(place + 1)?.is_none() => {
                    tell(Invariant::Links, format!("its currency {code} is not kept"))?;
                    None
                }
                _ => None,
            },
        };
        if let Some(value) = told {
            tell(Invariant::Values, format!("its {} is {value}", shown()))?;
        }
        Ok(())
    }
}

/// Whether a text can stand in a column.
fn stands(column: &Column, text: &str) -> bool {
    if let Some(written) = column.written {
        return written(text).as_deref() == Ok(text);
    }
    match column.holds {
        Holds::Words(words) => words.contains(&text),
        Holds::Day => text.parse::<Day>().is_ok_and(|day| day.to_string() == text),
        Holds::Instant => text.parse::<Instant>().is_ok_and(|instant| instant.to_string() == text),
        Holds::Currency => Currency::iso(text).is_some(),
        // The log keeps such, and is read by checks of its own.
        Holds::Json => true,
        // Control characters were not refused in ids from the beginning: a store that has some is as it was made.
        Holds::Id => !text.is_empty() && !text.contains('\0'),
        // An optional text that was emptied is nothing (contract, section 7).
        _ => !(text.contains('\0') || column.is_optional && !column.is_blank_too && text.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::table::{day, id, text, words};

    #[test]
    fn a_text_stands_where_its_column_can_hold_it() {
        for (column, told, expected) in [
            (text(), "", true),
            (text().optional(), "", false),
            (text().optional().or_blank(), "", true),
            (text().optional().or_blank(), "a\0", false),
            (id(), "", false),
            (id(), "a\u{1b}", true),
            (day(), "2026-02-30", false),
            (day(), "2026-2-3", false),
            (words(&["low", "high"]), "hig", false),
        ] {
            assert_eq!(stands(&column, told), expected, "{told:?}");
        }
    }
}
