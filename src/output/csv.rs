//! CSV: header and rows with CRLF, cells that a spreadsheet would run made harmless, and such cells read back.

use std::io::{self, Write};

use serde_json::{Map, Value};

/// Rows on their way out.
pub struct Rows<'o>(csv::Writer<&'o mut dyn Write>);

impl<'o> Rows<'o> {
    /// Prints to `out`.
    pub fn new(out: &'o mut dyn Write) -> Rows<'o> {
        Rows(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out))
    }

    /// The header: the names of the columns.
    pub fn header<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> io::Result<()> {
        self.0.write_record(names).map_err(io_error)
    }

    /// One record as a row; nested values as JSON text.
    pub fn row(&mut self, record: &Value) -> io::Result<()> {
        self.0.write_record(record.as_object().into_iter().flatten().map(|(_, value)| cell(value))).map_err(io_error)
    }

    /// Hands on what was written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The record with the list under that key as columns: an object `{"tax":"VAT20","base":"10.00","amount":"2.00"}` in it is
/// `base_VAT20` and `amount_VAT20`.
pub fn spread_out(record: Value, key: &str) -> Value {
    match record {
        Value::Object(fields) if !key.is_empty() && fields.contains_key(key) => {
            let mut spread = Map::with_capacity(fields.len());
            for (name, value) in fields {
                match value {
                    Value::Array(objects) if name == key => {
                        objects
                            .iter()
                            .filter_map(Value::as_object)
                            .for_each(|object| spread.extend(columns_of(object)));
                    }
                    value => {
                        spread.insert(name, value);
                    }
                }
            }
            Value::Object(spread)
        }
        record => record,
    }
}

fn columns_of(object: &Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    let called = object.values().next().and_then(Value::as_str).unwrap_or_default();
    object.iter().skip(1).map(move |(key, value)| (format!("{key}_{called}"), value.clone()))
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        other => other.to_string(),
    }
}

/// What is put before a cell that a spreadsheet would take for a formula.
const GUARD: char = '\'';

/// A cell that starts like a formula, or like a guarded one, gets an apostrophe; a number does not (contract, section 2).
fn harmless(text: &str) -> String {
    if is_tempting(text) && !super::is_number(text) { format!("{GUARD}{text}") } else { text.to_owned() }
}

/// The text of a cell: without the apostrophe that it was given when it was written.
pub fn text_of(cell: &str) -> &str {
    cell.strip_prefix(GUARD).filter(|text| is_tempting(text)).unwrap_or(cell)
}

/// Whether a text starts like a formula, behind blanks and apostrophes.
fn is_tempting(text: &str) -> bool {
    let is_before = |c: char| c == GUARD || c.is_whitespace() && !matches!(c, '\t' | '\r');
    text.trim_start_matches(is_before).starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_cell_is_never_a_formula_and_a_number_stays_one() {
        let table = [
            (json!("Ada"), "Ada"),
            (json!("=1+1"), "'=1+1"),
            (json!("  @cmd"), "'  @cmd"),
            (json!("\u{a0}\n=1"), "'\u{a0}\n=1"),
            (json!("\t=1"), "'\t=1"),
            (json!("\r"), "'\r"),
            (json!("+49 30"), "'+49 30"),
            (json!("-"), "'-"),
            (json!("-1-2"), "'-1-2"),
            (json!("-12.50"), "-12.50"),
            (json!("12"), "12"),
            (json!("a=b"), "a=b"),
            (json!("'=1"), "''=1"),
            (json!("''-1"), "'''-1"),
            (json!(" '=1"), "' '=1"),
            (json!("'-12.50"), "''-12.50"),
            (json!("'tis"), "'tis"),
            (json!("'"), "'"),
            (json!(null), ""),
            (json!(7), "7"),
            (json!(true), "true"),
            (json!(["=1", {"a": null}]), r#"["=1",{"a":null}]"#),
        ];
        for (value, expected) in table {
            assert_eq!(cell(&value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_a_cell_was_made_of_is_read_back(text in "[ '=+@\t\r\n\u{a0}a0.-]{0,8}") {
            let cell = harmless(&text);
            prop_assert_eq!(text_of(&cell), text.as_str());
            let start = cell.trim_start_matches(|c: char| c.is_whitespace() && !matches!(c, '\t' | '\r'));
            prop_assert!(!start.starts_with(['=', '+', '-', '@', '\t', '\r']) || super::super::is_number(&cell));
        }
    }

    #[test]
    fn rows_end_in_crlf_and_quote_what_needs_it() {
        let mut out = Vec::new();
        let mut rows = Rows::new(&mut out);
        rows.header(["a", "b"].into_iter()).unwrap();
        rows.row(&json!({"a": "x,y", "b": "a \"word\"\n"})).unwrap();
        drop(rows);
        assert_eq!(String::from_utf8(out).unwrap(), "a,b\r\n\"x,y\",\"a \"\"word\"\"\n\"\r\n");
    }
}
