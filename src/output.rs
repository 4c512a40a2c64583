//! Formats: what a record or the answer of a change looks like as table, JSON, CSV or ids, whole or in part. Knows no service;
//! it is given JSON and the names of columns.

use std::io::{self, Write};
use std::rc::Rc;

use serde_json::Value;

mod csv;
pub mod escape;
pub mod held;
pub mod jq;
mod table;

/// How data is printed (contract, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Ndjson,
    Csv,
    Ids,
}

impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "table" => Ok(Format::Table),
            "json" => Ok(Format::Json),
            "ndjson" => Ok(Format::Ndjson),
            "csv" => Ok(Format::Csv),
            "ids" => Ok(Format::Ids),
            _ => Err(format!("{text:?} is no output format; it is one of table, json, ndjson, csv, ids")),
        }
    }
}

/// Why something could not be printed.
#[derive(Debug)]
pub enum PrintError {
    /// The stream would not take it.
    Stream(io::Error),
    /// A field that the records do not have, and those they have.
    UnknownField { field: String, known: Vec<String> },
    /// The expression of `--jq` fails on what it was given.
    Expression(String),
}

impl From<io::Error> for PrintError {
    fn from(error: io::Error) -> Self {
        PrintError::Stream(error)
    }
}

impl From<jq::FilterError> for PrintError {
    fn from(error: jq::FilterError) -> Self {
        match error {
            jq::FilterError::Expression(message) => PrintError::Expression(message),
            jq::FilterError::Stream(error) => PrintError::Stream(error),
        }
    }
}

/// The result of printing.
pub type Result<T> = std::result::Result<T, PrintError>;

/// What was asked of the output.
#[derive(Clone)]
pub struct Shape {
    pub format: Format,
    pub fields: Option<Vec<String>>,
    pub filter: Option<Rc<jq::Filter>>,
    /// The width of the terminal that stdout is, none where it is no terminal.
    pub width: Option<u16>,
    /// Whether the heads of tables are coloured.
    pub colored: bool,
}

/// Columns of the tables, by kind of record.
pub type ColumnsOf = fn(&str) -> &'static [&'static str];

/// How much of the records that a change answers a table tells; the other formats tell everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// A row a record.
    Row,
    /// What stands beside the row too, as where the record is shown.
    Whole,
}

/// Keys of a record under which ids of others stand, each with the command that opens one of them.
pub type Opens = &'static [(&'static str, &'static str)];

/// What is known of the records of a read before the first of them is there.
#[derive(Clone, Copy)]
pub struct Kind {
    /// All keys in order; empty where only the record itself tells them.
    pub fields: &'static [&'static str],
    /// The columns of its table.
    pub columns: &'static [&'static str],
    /// Whether there may be any number of them, rather than one.
    pub many: bool,
    pub opens: Opens,
}

/// Prints the records of a read, one after the other.
pub struct Records<'o> {
    shape: &'o Shape,
    kind: Kind,
    printed: u64,
    printer: Printer<'o>,
}

enum Printer<'o> {
    Json(&'o mut dyn Write),
    Ndjson(&'o mut dyn Write),
    Ids(&'o mut dyn Write),
    Csv(Box<csv::Rows<'o>>),
    Table {
        out: &'o mut dyn Write,
        kept: Vec<Value>,
    },
    /// Through `--jq`, each record as it comes or the array of all.
    Filtered {
        out: &'o mut dyn Write,
        filter: Rc<jq::Filter>,
        each: bool,
        kept: Vec<jq::Input>,
    },
}

impl<'o> Records<'o> {
    /// A printer of records of one kind; a field that they do not have is refused before anything is printed.
    pub fn new(out: &'o mut dyn Write, shape: &'o Shape, kind: Kind) -> Result<Records<'o>> {
        if !kind.fields.is_empty() {
            check_fields(shape, kind.fields.iter().copied())?;
        }
        let printer = match (&shape.filter, shape.format) {
            (Some(filter), format) => {
                let each = format == Format::Ndjson || !kind.many;
                Printer::Filtered { out, filter: filter.clone(), each, kept: Vec::new() }
            }
            (None, Format::Json) => Printer::Json(out),
            (None, Format::Ndjson) => Printer::Ndjson(out),
            (None, Format::Ids) => Printer::Ids(out),
            (None, Format::Csv) => Printer::Csv(Box::new(csv::Rows::new(out))),
            (None, Format::Table) => Printer::Table { out, kept: Vec::new() },
        };
        Ok(Records { shape, kind, printed: 0, printer })
    }

    /// Prints one record, given as JSON.
    pub fn record(&mut self, json: &str) -> Result<()> {
        let first = self.printed == 0;
        self.printed += 1;
        match &mut self.printer {
            Printer::Json(out) => {
                let before = match (self.kind.many, first) {
                    (false, _) => "",
                    (true, true) => "[\n",
                    (true, false) => ",\n",
                };
                write!(out, "{before}{}", selected_json(json, self.shape)?)?;
            }
            Printer::Ndjson(out) => writeln!(out, "{}", selected_json(json, self.shape)?)?,
            Printer::Ids(out) => {
                let record = parsed(json);
                check_fields(self.shape, keys_of(&record))?;
                print_ids(*out, &record)?;
            }
            Printer::Csv(rows) => {
                let record = selected(json, self.shape)?;
                if first {
                    rows.header(keys_of(&record))?;
                }
                rows.row(&record)?;
            }
            Printer::Table { kept, .. } => {
                let record = selected(json, self.shape)?;
                let whole = !self.kind.many || self.shape.fields.is_some();
                kept.push(if whole { record } else { only(record, self.kind.columns) });
            }
            Printer::Filtered { out, filter, each, kept } => {
                let value = jq::input(&selected_json(json, self.shape)?)?;
                if *each {
                    filter.run(value, out)?;
                } else {
                    kept.push(value);
                }
            }
        }
        Ok(())
    }

    /// Hands what was printed on, so that an answer is seen as soon as it stands.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.printer {
            Printer::Csv(rows) => Ok(rows.flush()?),
            Printer::Json(out)
            | Printer::Ndjson(out)
            | Printer::Ids(out)
            | Printer::Table { out, .. }
            | Printer::Filtered { out, .. } => Ok(out.flush()?),
        }
    }

    /// Ends the output: closes the array, prints the table.
    pub fn end(mut self) -> Result<()> {
        let fields = self.shape.fields.as_deref();
        match &mut self.printer {
            Printer::Json(out) => match (self.kind.many, self.printed) {
                (true, 0) => writeln!(out, "[]")?,
                (true, _) => writeln!(out, "\n]")?,
                (false, _) => writeln!(out)?,
            },
            Printer::Csv(rows) if self.printed == 0 => match fields {
                Some(fields) => rows.header(fields.iter().map(String::as_str))?,
                None => rows.header(self.kind.fields.iter().copied())?,
            },
            Printer::Table { out, kept } => {
                let names = columns(fields, self.kind.columns);
                table::print(out, &names, kept, self.shape)?;
                if let ([record], false, None) = (kept.as_slice(), self.kind.many, fields) {
                    table::print_nested(out, record, &names, self.kind.opens, self.shape)?;
                }
            }
            Printer::Filtered { out, filter, each: false, kept } => {
                filter.run(jq::array(std::mem::take(kept)), out)?;
            }
            Printer::Ndjson(_) | Printer::Ids(_) | Printer::Csv(_) | Printer::Filtered { .. } => {}
        }
        self.flush()
    }
}

fn columns(fields: Option<&[String]>, known: &[&str]) -> Vec<String> {
    match fields {
        Some(fields) => fields.to_vec(),
        None => known.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Refuses a field asked for that is not among those known.
pub fn check_fields<'k>(shape: &Shape, known: impl Iterator<Item = &'k str> + Clone) -> Result<()> {
    let unknown = |field: &&String| !known.clone().any(|name| name == field.as_str());
    match shape.fields.iter().flatten().find(unknown) {
        None => Ok(()),
        Some(field) => {
            Err(PrintError::UnknownField { field: field.clone(), known: known.map(str::to_owned).collect() })
        }
    }
}

fn selected_json<'j>(json: &'j str, shape: &Shape) -> Result<std::borrow::Cow<'j, str>> {
    match &shape.fields {
        None => Ok(json.into()),
        Some(_) => Ok(selected(json, shape)?.to_string().into()),
    }
}

/// The fields asked for, in the order asked.
fn selected(json: &str, shape: &Shape) -> Result<Value> {
    let value = parsed(json);
    let Some(fields) = &shape.fields else {
        return Ok(value);
    };
    check_fields(shape, keys_of(&value))?;
    Ok(only(value, fields))
}

fn only(record: Value, names: &[impl AsRef<str>]) -> Value {
    let Value::Object(mut record) = record else {
        return record;
    };
    let kept = names.iter().map(AsRef::as_ref);
    Value::Object(kept.filter_map(|name| Some((name.to_owned(), record.remove(name)?))).collect())
}

fn keys_of(record: &Value) -> impl Iterator<Item = &str> + Clone {
    record.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}

/// Prints the answer of a change.
pub fn change(out: &mut dyn Write, shape: &Shape, answer: &str, detail: Detail, columns_of: ColumnsOf) -> Result<()> {
    if let Some(filter) = &shape.filter {
        return Ok(filter.run(jq::input(&selected_json(answer, shape)?)?, out)?);
    }
    match shape.format {
        Format::Json | Format::Ndjson => writeln!(out, "{}", selected_json(answer, shape)?)?,
        Format::Csv => {
            let value = selected(answer, shape)?;
            let mut rows = csv::Rows::new(out);
            rows.header(keys_of(&value))?;
            rows.row(&value)?;
            rows.flush()?;
        }
        Format::Ids => {
            let value = parsed(answer);
            check_fields(shape, keys_of(&value))?;
            print_ids(out, &value)?;
        }
        Format::Table => {
            let value = selected(answer, shape)?;
            match &shape.fields {
                Some(fields) => table::print(out, fields, &[value], shape)?,
                None => change_as_tables(out, shape, &value, detail, columns_of)?,
            }
        }
    }
    Ok(())
}

/// The records that a change made or changed: a table for each kind.
fn change_as_tables(
    out: &mut dyn Write,
    shape: &Shape,
    answer: &Value,
    detail: Detail,
    columns_of: ColumnsOf,
) -> Result<()> {
    let mut first = true;
    for (name, value) in answer.get("result").and_then(Value::as_object).into_iter().flatten() {
        let records: &[Value] = match value {
            Value::Array(records) if !records.is_empty() => records,
            Value::Object(_) => std::slice::from_ref(value),
            _ => continue,
        };
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let kind = name.strip_suffix('s').filter(|_| value.is_array()).unwrap_or(name);
        let names = match columns_of(kind) {
            [] => records.first().into_iter().flat_map(keys_of).map(str::to_owned).collect(),
            known => columns(None, known),
        };
        table::print(out, &names, records, shape)?;
        if let ([record], Detail::Whole) = (records, detail) {
            table::print_nested(out, record, &names, &[], shape)?;
        }
    }
    Ok(())
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or(Value::Null)
}

/// The id of a record, or the ids of what a change made.
fn print_ids(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    let id = value.get("id").into_iter();
    for id in id.chain(value.get("created").and_then(Value::as_array).into_iter().flatten()) {
        match id {
            Value::String(id) => writeln!(out, "{id}")?,
            other => writeln!(out, "{other}")?,
        }
    }
    Ok(())
}

/// Whether a text is a number as records hold them: digits with an optional minus and point.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    [whole, fraction].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
