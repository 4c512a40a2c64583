//! Formats: what a record or the answer of a change looks like as table, JSON, CSV or ids, whole or in part. Knows no service;
//! it is given JSON and the names of columns.

use std::any::Any;
use std::io::{self, Write};
use std::rc::Rc;

use serde_json::Value;

mod bars;
pub mod calendar;
pub mod csv;
pub mod escape;
pub mod jq;
pub mod layout;
pub mod letter;
pub mod names;
pub mod smtp;
pub mod spooled;
mod table;
pub mod template;

use layout::{Form, Layout};
use names::{Lookup, Names};
pub use table::LeftOut;
use template::TextTemplate;

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
    /// The template of `--template` fails on what it was given.
    Template(String),
    /// Names could not be looked up, with what that failed with.
    Lookup(Box<dyn Any>),
}

impl From<io::Error> for PrintError {
    fn from(error: io::Error) -> Self {
        PrintError::Stream(error)
    }
}

impl From<Box<dyn Any>> for PrintError {
    fn from(failed: Box<dyn Any>) -> Self {
        PrintError::Lookup(failed)
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
    /// What is made of each record in the place of a format.
    pub template: Option<Rc<TextTemplate>>,
    /// The width of the terminal that stdout is, none where it is no terminal.
    pub width: Option<u16>,
    /// Whether the heads of tables are coloured.
    pub colored: bool,
}

impl Shape {
    /// Whether people read all of it, so that a text may stand in the place of a table.
    pub fn is_plain(&self) -> bool {
        self.format == Format::Table && self.filter.is_none() && self.fields.is_none() && self.template.is_none()
    }
}

/// What is known of the records of a kind, or of the objects in a list of that key.
pub type LayoutOf = fn(&str) -> Layout;

/// What there is to say beside what was printed.
#[derive(Debug, Default)]
pub struct Remarks {
    /// How many records there were.
    pub records: u64,
    /// What the terminal had no room for.
    pub left_out: Vec<LeftOut>,
}

/// How much of the records that a change answers a table tells; the other formats tell everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Its columns and the lists that it holds.
    Row,
    /// Everything, as where the record is shown.
    Whole,
}

/// Keys of a record under which ids of others stand, each with the command that opens one of them.
pub type Opens = &'static [(&'static str, &'static str)];

/// What is known of the records of a read before the first of them is there.
#[derive(Clone, Copy)]
pub struct Kind {
    /// All keys in order; empty where only the record itself tells them.
    pub fields: &'static [&'static str],
    /// What it is called.
    pub kind: &'static str,
    pub layout_of: LayoutOf,
    /// Whether there may be any number of them, rather than one.
    pub many: bool,
    pub opens: Opens,
    /// The key of a list of objects that are columns of their own in CSV; empty where there is none.
    pub spread: &'static str,
    /// The keys of the lines that a record of lists is in CSV and NDJSON, the first of which tells the list; none where
    /// a record is a line.
    pub lines: &'static [&'static str],
}

impl Kind {
    /// What is known of its records. A table of any number of them has all of their keys where nobody says which are told, so that
    /// it is never without columns.
    fn layout(&self) -> Layout {
        let layout = (self.layout_of)(self.kind);
        match layout.columns {
            [] if self.many => Layout { columns: self.fields, ..layout },
            _ => layout,
        }
    }

    /// Whether its records are printed as lines in that shape.
    fn is_lines(&self, shape: &Shape) -> bool {
        let is_plain = shape.filter.is_none() && shape.template.is_none();
        !self.lines.is_empty()
            && match shape.format {
                Format::Ndjson => true,
                Format::Csv => is_plain,
                Format::Table | Format::Json | Format::Ids => false,
            }
    }
}

/// Prints the records of a read, one after the other.
pub struct Records<'o> {
    shape: &'o Shape,
    kind: Kind,
    /// The keys of the lines that a record is printed as; none where it is printed whole.
    lines: &'static [&'static str],
    printed: u64,
    printer: Printer<'o>,
}

enum Printer<'o> {
    /// Through `--template`, each record as it comes.
    Made(&'o mut dyn Write, Rc<TextTemplate>),
    Json(&'o mut dyn Write),
    Ndjson(&'o mut dyn Write),
    Ids(&'o mut dyn Write),
    Csv(Box<csv::Rows<'o>>),
    Table(Box<LongTable<'o>>),
    /// Through `--jq`, each record as it comes or the array of all.
    Filtered {
        out: &'o mut dyn Write,
        filter: Rc<jq::Filter>,
        each: bool,
        kept: Vec<jq::Input>,
    },
}

/// A table that is being printed: its first rows tell how wide its columns are, the others follow in batches as long.
struct LongTable<'o> {
    out: &'o mut dyn Write,
    kept: Vec<Value>,
    /// What is kept of each record.
    keys: Vec<String>,
    columns: Option<table::Columns>,
    left_out: Vec<LeftOut>,
}

/// How many rows tell the columns of a table.
const BATCH: usize = 1000;

impl LongTable<'_> {
    /// Prints the rows that were kept, with the names that they are told by.
    fn batch(&mut self, shape: &Shape, kind: Kind, lookup: Lookup<'_>) -> Result<()> {
        let kept = std::mem::take(&mut self.kept);
        let layout = kind.layout();
        let names = Names::of(kind.kind, kept.iter(), kind.layout_of, lookup)?;
        let left_out = std::mem::take(&mut self.left_out);
        let mut printer =
            table::Tables { out: &mut *self.out, shape, layout_of: kind.layout_of, names, left_out, is_begun: false };
        let keys = columns(shape.fields.as_deref(), layout.columns);
        match (&self.columns, kept.as_slice()) {
            (None, []) => {}
            // The lists that were asked for are tables, whatever stands above them.
            (None, [record]) if !kind.many && !kind.lines.is_empty() => {
                let above = layout.columns.iter().filter(|key| record.get(**key).is_some());
                let above: Vec<String> = above.map(|key| (*key).to_owned()).collect();
                printer.record(layout, &above, record, true, kind.opens)?;
            }
            (None, [record]) if !kind.many => {
                printer.record(layout, &keys, record, shape.fields.is_none(), kind.opens)?;
            }
            // In a longer table a column may be filled further below.
            (None, records) if layout.filled && shape.fields.is_none() && records.len() < BATCH => {
                // What a row is of stands there, be it nothing.
                let (of, rest) = keys.split_at(keys.len().min(1));
                let keys = [of, &printer.filled(layout, rest, records)].concat();
                self.columns = Some(printer.table(None, layout, &keys, records)?);
            }
            (None, records) => self.columns = Some(printer.table(None, layout, &keys, records)?),
            (Some(columns), records) => printer.rows(columns, records)?,
        }
        self.left_out = printer.left_out;
        Ok(())
    }
}

/// The columns, and the keys that are told beside one of them.
fn kept_keys(layout: Layout) -> Vec<String> {
    let beside = |key: &&&'static str| match layout.form(key) {
        Some(Form::Beside(other, _)) => Some(other),
        _ => None,
    };
    let besides = layout.columns.iter().filter_map(|key| beside(&key));
    layout.columns.iter().copied().chain(besides).map(str::to_owned).collect()
}

impl<'o> Records<'o> {
    /// A printer of records of one kind; a field that they do not have is refused before anything is printed.
    pub fn new(out: &'o mut dyn Write, shape: &'o Shape, kind: Kind) -> Result<Records<'o>> {
        let lines = if kind.is_lines(shape) { kind.lines } else { &[] };
        let kind = if lines.is_empty() { kind } else { Kind { fields: lines, many: true, ..kind } };
        if !kind.fields.is_empty() {
            check_fields(shape, kind.fields.iter().copied())?;
        }
        if let Some(template) = &shape.template {
            return Ok(Records { shape, kind, lines, printed: 0, printer: Printer::Made(out, template.clone()) });
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
            (None, Format::Table) => {
                let keys = kept_keys(kind.layout());
                Printer::Table(Box::new(LongTable { out, kept: Vec::new(), keys, columns: None, left_out: Vec::new() }))
            }
        };
        Ok(Records { shape, kind, lines, printed: 0, printer })
    }

    /// Prints one record, given as JSON, or the lines that it is made of; names are looked up for the rows of a table
    /// that are printed together.
    pub fn record(&mut self, json: &str, lookup: Lookup<'_>) -> Result<()> {
        match self.lines {
            [] => self.one(json, lookup),
            keys => lines_of(&parsed(json), keys).try_for_each(|line| self.one(&line.to_string(), lookup)),
        }
    }

    fn one(&mut self, json: &str, lookup: Lookup<'_>) -> Result<()> {
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
                let record = csv::spread_out(selected(json, self.shape)?, self.kind.spread);
                if first {
                    rows.header(keys_of(&record))?;
                }
                rows.row(&record)?;
            }
            Printer::Table(table) => {
                let record = selected(json, self.shape)?;
                let whole = !self.kind.many || self.shape.fields.is_some();
                table.kept.push(if whole { record } else { only(record, &table.keys) });
                if table.kept.len() >= BATCH {
                    table.batch(self.shape, self.kind, lookup)?;
                }
            }
            Printer::Made(out, template) => made(*out, template, &selected(json, self.shape)?)?,
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
            | Printer::Made(out, _)
            | Printer::Filtered { out, .. } => Ok(out.flush()?),
            Printer::Table(table) => Ok(table.out.flush()?),
        }
    }

    /// Ends the output: closes the array, prints what is left of the table.
    pub fn end(mut self, lookup: Lookup<'_>) -> Result<Remarks> {
        let fields = self.shape.fields.as_deref();
        let mut remarks = Remarks { records: self.printed, left_out: Vec::new() };
        match &mut self.printer {
            Printer::Json(out) => match (self.kind.many, self.printed) {
                (true, 0) => writeln!(out, "[]")?,
                (true, _) => writeln!(out, "\n]")?,
                (false, _) => writeln!(out)?,
            },
            Printer::Csv(rows) if self.printed == 0 => match fields {
                Some(fields) => rows.header(fields.iter().map(String::as_str))?,
                None => rows.header(self.kind.fields.iter().copied().filter(|field| *field != self.kind.spread))?,
            },
            Printer::Table(table) => {
                table.batch(self.shape, self.kind, lookup)?;
                remarks.left_out = std::mem::take(&mut table.left_out);
            }
            Printer::Filtered { out, filter, each: false, kept } => {
                filter.run(jq::array(std::mem::take(kept)), out)?;
            }
            Printer::Ndjson(_) | Printer::Ids(_) | Printer::Csv(_) | Printer::Made(..) | Printer::Filtered { .. } => {}
        }
        self.flush()?;
        Ok(remarks)
    }
}

/// The lines that a record of lists is made of: all of these keys, the first of which tells the list.
fn lines_of<'r>(record: &'r Value, keys: &'r [&'static str]) -> impl Iterator<Item = Value> + 'r {
    let lists = record.as_object().into_iter().flatten().filter_map(|(list, value)| Some((list, value.as_array()?)));
    lists.flat_map(move |(list, rows)| {
        rows.iter().map(move |row| {
            let value = |(at, key): (usize, &&str)| match at {
                0 => Value::from(list.as_str()),
                _ => row.get(*key).cloned().unwrap_or_default(),
            };
            Value::Object(keys.iter().enumerate().map(|told| ((*told.1).to_owned(), value(told))).collect())
        })
    })
}

/// What a template makes of a record, as a line or lines.
fn made(out: &mut dyn Write, template: &TextTemplate, record: &Value) -> Result<()> {
    let text = template.render(record).map_err(PrintError::Template)?;
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    Ok(write!(out, "{text}{end}")?)
}

/// Refuses an answer of which an expression or a template that was asked for can make nothing.
pub fn check_made(shape: &Shape, answer: &str) -> Result<()> {
    if let Some(template) = &shape.template {
        made(&mut io::sink(), template, &selected(answer, shape)?)?;
    }
    if let Some(filter) = &shape.filter {
        filter.run(jq::input(&selected_json(answer, shape)?)?, &mut io::sink())?;
    }
    Ok(())
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
pub fn change(
    out: &mut dyn Write,
    shape: &Shape,
    answer: &str,
    detail: Detail,
    layout_of: LayoutOf,
    lookup: Lookup<'_>,
) -> Result<Remarks> {
    let mut remarks = Remarks::default();
    if let Some(template) = &shape.template {
        made(out, template, &selected(answer, shape)?)?;
        return Ok(remarks);
    }
    if let Some(filter) = &shape.filter {
        filter.run(jq::input(&selected_json(answer, shape)?)?, out)?;
        return Ok(remarks);
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
            let names = match (&shape.fields, value.get("result")) {
                (None, Some(result)) => Names::of_result(result, layout_of, lookup)?,
                _ => Names::default(),
            };
            let mut printer = table::Tables { out, shape, layout_of, names, left_out: Vec::new(), is_begun: false };
            match &shape.fields {
                Some(fields) => printer.record(layout_of("answer"), fields, &value, false, &[])?,
                None => change_as_tables(&mut printer, &value, detail)?,
            }
            remarks.left_out = printer.left_out;
        }
    }
    Ok(remarks)
}

/// The records that a change made or changed, each under its name in the result where there are several kinds: one with its
/// lists, several as a table and then the lists of each.
fn change_as_tables(printer: &mut table::Tables<'_>, answer: &Value, detail: Detail) -> io::Result<()> {
    let result = answer.get("result").and_then(Value::as_object).into_iter().flatten();
    let parts: Vec<(&str, &str, &[Value])> = result
        .filter_map(|(name, value)| match value {
            Value::Array(records) if !records.is_empty() => Some((name.as_str(), kind_of(name, value), &**records)),
            Value::Object(_) => Some((name.as_str(), kind_of(name, value), std::slice::from_ref(value))),
            _ => None,
        })
        .collect();
    for (at, (name, kind, records)) in parts.iter().enumerate() {
        match (at, parts.len()) {
            (0, 1) => {}
            (0, _) => printer.heading_on_top(name)?,
            _ => printer.heading(name)?,
        }
        let layout = (printer.layout_of)(kind);
        let keys = match layout.columns {
            [] => records.first().into_iter().flat_map(keys_of).map(str::to_owned).collect(),
            known => columns(None, known),
        };
        match records {
            [record] => printer.record(layout, &keys, record, detail == Detail::Whole, &[])?,
            records => printer.records(layout, &keys, records)?,
        }
    }
    Ok(())
}

/// The kind of the records that stand under that name in a result: a list is named by their plural.
fn kind_of<'n>(name: &'n str, value: &Value) -> &'n str {
    name.strip_suffix('s').filter(|_| value.is_array()).unwrap_or(name)
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or(Value::Null)
}

/// The id of a record, or of what a change made; of one that made nothing, what it was done to (contract, section 2).
fn print_ids(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    let created = value.get("created").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // The first record of the answer; the others tell what happened beside it.
    let result = value.get("result").and_then(Value::as_object).filter(|_| created.is_empty());
    let done_to = result.into_iter().flatten().find_map(|(_, record)| record.get("id"));
    let ids = value.get("id").into_iter().chain(created).chain(done_to).filter(|id| !id.is_null());
    for id in ids {
        match id {
            // Ids have no control characters, but those of a store that was made before they were refused.
            Value::String(id) => writeln!(out, "{}", escape::in_one_line(id))?,
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn layout_of(kind: &str) -> Layout {
        let kind = if kind == "ticket" { "ticket" } else { "" };
        Layout {
            kind,
            columns: &["id", "customer"],
            least: &[],
            lists: &[],
            filled: false,
            bars: None,
            form_of: |_, key| (key == "customer").then_some(Form::Named("customer")),
        }
    }

    #[test]
    fn a_list_is_printed_in_batches_and_names_are_asked_for_once_a_batch() {
        let shape = Shape {
            format: Format::Table,
            fields: None,
            filter: None,
            template: None,
            width: Some(80),
            colored: false,
        };
        let kind = Kind {
            fields: &["id", "customer"],
            kind: "ticket",
            layout_of,
            many: true,
            opens: &[],
            spread: "",
            lines: &[],
        };
        let asked = RefCell::new(Vec::new());
        let lookup = |kind: &str, ids: Vec<String>| -> std::result::Result<Vec<(String, String)>, Box<dyn Any>> {
            asked.borrow_mut().push(format!("{kind} {}", ids.join(" ")));
            Ok(ids.into_iter().map(|id| (id.clone(), format!("of {id}"))).collect())
        };
        let mut out = Vec::new();
        let mut records = Records::new(&mut out, &shape, kind).unwrap();
        for number in 0..2500 {
            records.record(&format!("{{\"id\":\"{number}\",\"customer\":\"C{}\"}}", number % 2), &lookup).unwrap();
            assert_eq!(asked.borrow().len(), (number + 1) / BATCH, "after {number} rows");
        }
        assert_eq!(records.end(&lookup).unwrap().records, 2500);
        assert_eq!(*asked.borrow(), ["customer C0 C1"; 3]);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2501);
        assert_eq!(text.lines().nth(2).unwrap(), "  1  C1 of C1");
    }

    #[test]
    fn a_table_of_a_kind_that_nobody_laid_out_has_all_keys() {
        let layout_of = |kind: &str| Layout { columns: &[], ..layout_of(kind) };
        let fields: &[&str] = &["id", "customer"];
        let kind = Kind { fields, kind: "weather", layout_of, many: true, opens: &[], spread: "", lines: &[] };
        let shape =
            Shape { format: Format::Table, fields: None, filter: None, template: None, width: None, colored: false };
        let mut out = Vec::new();
        let mut records = Records::new(&mut out, &shape, kind).unwrap();
        records.record("{\"id\":\"W1\",\"customer\":\"C1\"}", names::NO_NAMES).unwrap();
        records.end(names::NO_NAMES).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ID  CUSTOMER\nW1  C1\n");
    }

    #[test]
    fn a_record_of_lists_is_lines_where_rows_are_printed() {
        let record = r#"{"since":"2026-11-01","one":[{"by":"a","count":1},{"by":"b","count":2}],"none":null,"two":[{"by":"c","age":3}]}"#;
        let kind = Kind {
            fields: &["since", "one", "none", "two"],
            kind: "",
            layout_of,
            many: false,
            opens: &[],
            spread: "",
            lines: &["list", "by", "count", "age"],
        };
        let printed = |format, record: Option<&str>| {
            let shape = Shape { format, fields: None, filter: None, template: None, width: None, colored: false };
            let mut out = Vec::new();
            let mut records = Records::new(&mut out, &shape, kind).unwrap();
            record.into_iter().for_each(|record| records.record(record, names::NO_NAMES).unwrap());
            records.end(names::NO_NAMES).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(printed(Format::Csv, Some(record)), "list,by,count,age\r\none,a,1,\r\none,b,2,\r\ntwo,c,,3\r\n");
        assert_eq!(printed(Format::Csv, Some("{\"one\":[]}")), "list,by,count,age\r\n");
        assert_eq!(
            printed(Format::Ndjson, Some(record)).lines().last(),
            Some(r#"{"list":"two","by":"c","count":null,"age":3}"#)
        );
        assert_eq!(printed(Format::Json, Some(record)), format!("{record}\n"));
    }

    #[test]
    fn names_are_asked_for_where_a_table_is_printed_and_nowhere_else() {
        for format in [Format::Json, Format::Ndjson, Format::Csv, Format::Ids] {
            let shape = Shape { format, fields: None, filter: None, template: None, width: Some(80), colored: false };
            let kind = Kind {
                fields: &["id", "customer"],
                kind: "ticket",
                layout_of,
                many: true,
                opens: &[],
                spread: "",
                lines: &[],
            };
            let mut out = Vec::new();
            let mut records = Records::new(&mut out, &shape, kind).unwrap();
            let lookup = |_: &str, _| panic!("{format:?} needs no names");
            records.record("{\"id\":\"T1\",\"customer\":\"C1\"}", &lookup).unwrap();
            records.end(&lookup).unwrap();
            let answer = "{\"created\":[],\"result\":{\"ticket\":{\"id\":\"T1\",\"customer\":\"C1\"}}}";
            change(&mut Vec::new(), &shape, answer, Detail::Row, layout_of, &lookup).unwrap();
        }
    }

    #[test]
    fn what_a_lookup_fails_with_comes_back() {
        let shape =
            Shape { format: Format::Table, fields: None, filter: None, template: None, width: None, colored: false };
        let answer = "{\"result\":{\"ticket\":{\"id\":\"T1\",\"customer\":\"C1\"}}}";
        let lookup = |_: &str, _| Err(Box::new("gone") as Box<dyn Any>);
        match change(&mut Vec::new(), &shape, answer, Detail::Row, layout_of, &lookup) {
            Err(PrintError::Lookup(failed)) => assert_eq!(failed.downcast_ref(), Some(&"gone")),
            _ => panic!("it did not fail"),
        }
    }
}
