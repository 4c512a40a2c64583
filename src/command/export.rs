//! `export`: the whole store as records, keys and log included, from which it can be restored (contract, section 6).

use std::io::Write;

use super::import::HEADER;
use super::{Cx, internal};
use crate::domain::desk::Right;
use crate::domain::{Error, Result};
use crate::procedure::access;
use crate::store::StoreError;
use crate::store::engine::exchange::{self, Cell, Piece, ShownRow};
use crate::store::engine::table::Table;

/// What the first line of an export says; a later form of it would count on.
pub const FORMAT: i64 = 1;

/// The keys of a line that goes on with a long list of a record which stands before it: the record's own key, and the place of the
/// first entry.
pub const CONTINUED: &str = "continued";
pub const FROM: &str = "from";

/// Writes every record of the store, one a line; answers how many lines there are.
pub fn run(cx: &Cx<'_>, out: &mut dyn Write) -> Result<u64> {
    each_line(cx, &mut |line| {
        writeln!(out, "{line}").map_err(|error| {
            StoreError::Stream(error.kind() == std::io::ErrorKind::BrokenPipe, error.to_string()).into()
        })
    })
}

/// Whether a line is the first of an export. Whatever stands behind it was in a store, so that no line of it is too long.
pub fn is_first_line(line: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct First<'a> {
        record: Option<&'a str>,
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    serde_json::from_slice(line).is_ok_and(|First { record }| record == Some(HEADER))
}

/// Tells the lines of the store's export one by one; answers how many there are.
pub fn each_line(cx: &Cx<'_>, tell: &mut dyn FnMut(&str) -> Result<()>) -> Result<u64> {
    // Getting the data out stays possible when a trial is over, but stays an admin's.
    access::check(cx.db, cx.actor, Right::Admin)?;
    let mut lines = 1;
    tell(&format!("{{\"record\":\"export\",\"format\":{FORMAT}}}"))?;
    let mut line = String::new();
    for exchanged in exchange::tables() {
        exchanged.each(cx.db, |piece| {
            line.clear();
            line.push_str("{\"record\":");
            push_text(&mut line, exchanged.table.shown)?;
            match piece {
                Piece::Record(row) => push_fields(&mut line, exchanged.table, row, true)?,
                Piece::More { key, list, from, rows } => {
                    line.push_str(&format!(",\"{CONTINUED}\":{key},\"{FROM}\":{from},\"{}\":", list.shown));
                    push_list(&mut line, list, rows)?;
                }
            }
            line.push('}');
            lines += 1;
            tell(&line)
        })?;
    }
    Ok(lines)
}

fn push_fields(line: &mut String, table: &'static Table, row: &ShownRow, mut follows: bool) -> Result<()> {
    let mut name = |line: &mut String, name: &str| {
        if std::mem::replace(&mut follows, true) {
            line.push(',');
        }
        line.push('"');
        line.push_str(name);
        line.push_str("\":");
    };
    for (column, cell) in table.exported().zip(&row.cells) {
        name(line, column.in_export());
        push_cell(line, cell)?;
    }
    if table.is_keyed() {
        name(line, "position");
        line.push_str(&row.key.to_string());
    }
    for (list, rows) in table.lists.iter().zip(&row.lists) {
        name(line, list.shown);
        push_list(line, list, rows)?;
    }
    Ok(())
}

fn push_list(line: &mut String, list: &'static Table, rows: &[ShownRow]) -> Result<()> {
    line.push('[');
    for (place, row) in rows.iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        match row.cells.first() {
            Some(cell) if list.is_plain() => push_cell(line, cell)?,
            _ => {
                line.push('{');
                push_fields(line, list, row, false)?;
                line.push('}');
            }
        }
    }
    line.push(']');
    Ok(())
}

fn push_cell(line: &mut String, cell: &Cell) -> Result<()> {
    match cell {
        Cell::Null => line.push_str("null"),
        Cell::Text(text) => push_text(line, text)?,
        Cell::Int(number) => line.push_str(&number.to_string()),
        Cell::Switch(on) => line.push_str(if *on { "true" } else { "false" }),
        Cell::Json(json) => line.push_str(json),
    }
    Ok(())
}

fn push_text(line: &mut String, text: &str) -> Result<()> {
    line.push_str(&serde_json::to_string(text).map_err(|error| -> Error { internal(error.to_string()) })?);
    Ok(())
}
