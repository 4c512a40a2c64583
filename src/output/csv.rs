//! CSV: header and rows with CRLF, cells that a spreadsheet would run made harmless.

use std::io::{self, Write};

use serde_json::Value;

/// The header of records like `record`.
pub fn header(out: &mut dyn Write, record: &Value) -> io::Result<()> {
    let names: Vec<&str> = record.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    header_of(out, &names)
}

/// The header with these names.
pub fn header_of(out: &mut dyn Write, names: &[&str]) -> io::Result<()> {
    line(out, names.iter().map(|name| (*name).to_owned()))
}

/// One record as a row; nested values as JSON text.
pub fn row(out: &mut dyn Write, record: &Value) -> io::Result<()> {
    line(out, record.as_object().into_iter().flatten().map(|(_, value)| cell(value)))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        other => other.to_string(),
    }
}

/// A cell that starts like a formula gets an apostrophe; a number does not (contract, section 2).
fn harmless(text: &str) -> String {
    let start = text.trim_start_matches(' ');
    if !is_number(text) && start.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(cells).map_err(io::Error::other)?;
    writer.flush()
}
