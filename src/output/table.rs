//! Tables for people: aligned, headed, one row a record, never cut off where stdout is no terminal.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use super::Shape;
use super::escape::{self, for_terminal};

/// A table of `records` with these columns; nothing where there is no record.
pub fn print(out: &mut dyn Write, columns: &[String], records: &[Value], shape: &Shape) -> io::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = shape.width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(columns.iter().map(|column| column.to_uppercase()));
    for record in records {
        table.add_row(columns.iter().map(|column| cell(record.get(column.as_str()))));
    }
    for (column, name) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2));
        if records.iter().all(|record| is_number(record.get(name.as_str()))) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (at, line) in table.lines().enumerate() {
        match (at, shape.colored) {
            (0, true) => writeln!(out, "{}", escape::bold(line.trim_end()))?,
            _ => writeln!(out, "{}", line.trim_end())?,
        }
    }
    Ok(())
}

/// What a shown record holds beside its row: its other keys, then a table for each list of objects. Under the keys that
/// `opens` names stand ids; each is printed with the command that opens it.
pub fn print_nested(
    out: &mut dyn Write,
    record: &Value,
    columns: &[String],
    opens: super::Opens,
    shape: &Shape,
) -> io::Result<()> {
    let rest =
        || record.as_object().into_iter().flatten().filter(|(key, _)| !columns.iter().any(|column| column == *key));
    let scalars: Vec<(&String, String)> = rest()
        .filter(|(_, value)| !is_table(value) && !value.is_object())
        .map(|(key, value)| (key, cell(Some(value))))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    if !scalars.is_empty() {
        writeln!(out)?;
        let longest = scalars.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        for (key, text) in scalars {
            writeln!(out, "{key:longest$}  {text}")?;
        }
    }
    for (key, value) in rest() {
        match value {
            Value::Array(records) if is_table(value) => {
                writeln!(out, "\n{key}")?;
                let (sheets, columns): (Vec<String>, Vec<String>) =
                    keys_of(records.first()).partition(|key| records.iter().any(|record| is_sheet(record.get(key))));
                print(out, &columns, records, shape)?;
                for sheet in &sheets {
                    print_sheets(out, records, sheet, shape)?;
                }
            }
            Value::Object(fields) if fields.values().any(|value| !is_empty(value)) => {
                writeln!(out, "\n{key}")?;
                print_fields(out, fields, opens)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn keys_of(record: Option<&Value>) -> impl Iterator<Item = String> {
    record.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.clone())
}

/// An object of objects, such as the fields of a form: a table of its own, a row for each of them.
fn print_sheets(out: &mut dyn Write, records: &[Value], sheet: &str, shape: &Shape) -> io::Result<()> {
    let name = sheet.strip_suffix('s').unwrap_or(sheet);
    for record in records.iter().filter(|record| is_sheet(record.get(sheet))) {
        let rows: Vec<Value> = record
            .get(sheet)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, fields)| {
                let mut row = serde_json::Map::from_iter([(name.to_owned(), Value::from(key.as_str()))]);
                row.extend(fields.as_object()?.clone());
                Some(Value::Object(row))
            })
            .collect();
        let columns: Vec<String> = keys_of(rows.first()).collect();
        let title = record.as_object().and_then(|fields| fields.values().next());
        writeln!(out, "\n{}", cell(title))?;
        print(out, &columns, &rows, shape)?;
    }
    Ok(())
}

fn is_sheet(value: Option<&Value>) -> bool {
    value.and_then(Value::as_object).is_some_and(|fields| fields.values().any(Value::is_object))
}

/// The keys of an object that hold something, a line each; a line for each id that a command opens.
fn print_fields(out: &mut dyn Write, fields: &serde_json::Map<String, Value>, opens: super::Opens) -> io::Result<()> {
    let mut lines: Vec<(&String, String, Option<String>)> = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !is_empty(value)) {
        match (opens.iter().find(|(key, _)| key == name), value) {
            (Some((_, command)), Value::Array(ids)) => lines.extend(ids.iter().map(|id| {
                let id = cell(Some(id));
                let command = format!("{command} {id}");
                (name, id, Some(command))
            })),
            _ => lines.push((name, cell(Some(value)), None)),
        }
    }
    let longest = lines.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let widest = lines.iter().filter(|line| line.2.is_some()).map(|(_, text, _)| text.len()).max().unwrap_or(0);
    for (name, text, command) in lines {
        match command {
            Some(command) => writeln!(out, "{name:longest$}  {text:widest$}  {command}")?,
            None => writeln!(out, "{name:longest$}  {text}")?,
        }
    }
    Ok(())
}

fn is_table(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_object))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn is_number(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => super::is_number(text),
        Some(Value::Number(_) | Value::Null) | None => true,
        Some(_) => false,
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => for_terminal(text),
        Some(Value::Bool(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
        Some(Value::Array(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(", "),
        Some(Value::Object(fields)) if fields.contains_key("code") && fields.contains_key("message") => {
            format!("{}: {}", cell(fields.get("code")), cell(fields.get("message")))
        }
        Some(Value::Object(fields)) => fields
            .iter()
            .filter(|(_, value)| !is_empty(value))
            .map(|(name, value)| format!("{name}={}", cell(Some(value))))
            .collect::<Vec<_>>()
            .join(" "),
        Some(other) => other.to_string(),
    }
}
