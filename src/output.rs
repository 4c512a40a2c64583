//! Output: records as JSON text in, one of five formats out. Knows no service; which columns a table has is told.

use std::io::{self, Write};

use serde_json::Value;

mod csv;
pub mod escape;
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
    fn from_str(text: &str) -> Result<Self, String> {
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
    /// A field that the records do not have.
    UnknownField(String),
}

impl From<io::Error> for PrintError {
    fn from(error: io::Error) -> Self {
        PrintError::Stream(error)
    }
}

/// What was asked of the output.
#[derive(Debug, Clone)]
pub struct Shape {
    pub format: Format,
    pub fields: Option<Vec<String>>,
    /// The width of the terminal that stdout is, none where it is no terminal.
    pub width: Option<u16>,
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

/// Prints the records of a read, one after the other.
pub struct Records<'o> {
    out: &'o mut dyn Write,
    shape: &'o Shape,
    many: bool,
    kind: &'o str,
    columns_of: ColumnsOf,
    opens: Opens,
    printed: u64,
    kept: Vec<Value>,
}

impl<'o> Records<'o> {
    /// A printer of one record, or of an array (`many`), of `kind`.
    pub fn new(
        out: &'o mut dyn Write,
        shape: &'o Shape,
        kind: &'o str,
        many: bool,
        columns_of: ColumnsOf,
    ) -> Records<'o> {
        Records { out, shape, many, kind, columns_of, opens: &[], printed: 0, kept: Vec::new() }
    }

    /// With the commands that open what the records name.
    pub fn opening(self, opens: Opens) -> Records<'o> {
        Records { opens, ..self }
    }

    /// Prints one record, given as JSON.
    pub fn record(&mut self, json: &str) -> Result<(), PrintError> {
        self.printed += 1;
        match self.shape.format {
            Format::Json => {
                let json = self.selected_json(json)?;
                let before = match (self.many, self.printed) {
                    (false, _) => "",
                    (true, 1) => "[\n",
                    (true, _) => ",\n",
                };
                write!(self.out, "{before}{json}")?;
            }
            Format::Ndjson => {
                let json = self.selected_json(json)?;
                writeln!(self.out, "{json}")?;
            }
            Format::Ids => writeln!(self.out, "{}", id_of(&parsed(json)))?,
            Format::Csv => {
                let value = self.selected(parsed(json))?;
                if self.printed == 1 {
                    csv::header(self.out, &value)?;
                }
                csv::row(self.out, &value)?;
            }
            Format::Table => {
                let value = self.selected(parsed(json))?;
                self.kept.push(value);
            }
        }
        Ok(())
    }

    /// Hands what was printed on, so that an answer is seen as soon as it stands.
    pub fn flush(&mut self) -> Result<(), PrintError> {
        Ok(self.out.flush()?)
    }

    /// Ends the output: closes the array, prints the table.
    pub fn end(self) -> Result<(), PrintError> {
        let columns = (self.columns_of)(self.kind);
        match self.shape.format {
            Format::Json if self.many && self.printed == 0 => writeln!(self.out, "[]")?,
            Format::Json if self.many => writeln!(self.out, "\n]")?,
            Format::Json => writeln!(self.out)?,
            Format::Csv if self.printed == 0 => {
                let names: Vec<&str> = match &self.shape.fields {
                    Some(fields) => fields.iter().map(String::as_str).collect(),
                    None => columns.to_vec(),
                };
                csv::header_of(self.out, &names)?;
            }
            Format::Table => {
                let names: Vec<String> = match &self.shape.fields {
                    Some(fields) => fields.clone(),
                    None => columns.iter().map(|name| (*name).to_owned()).collect(),
                };
                table::print(self.out, &names, &self.kept, self.shape.width)?;
                if let ([record], false, None) = (self.kept.as_slice(), self.many, &self.shape.fields) {
                    table::print_nested(self.out, record, &names, self.opens, self.shape.width)?;
                }
            }
            Format::Ndjson | Format::Ids | Format::Csv => {}
        }
        Ok(())
    }

    fn selected_json(&self, json: &str) -> Result<String, PrintError> {
        match &self.shape.fields {
            None => Ok(json.to_owned()),
            Some(_) => Ok(self.selected(parsed(json))?.to_string()),
        }
    }

    fn selected(&self, value: Value) -> Result<Value, PrintError> {
        select(value, self.shape.fields.as_deref())
    }
}

/// The fields asked for, in the order asked.
fn select(value: Value, fields: Option<&[String]>) -> Result<Value, PrintError> {
    let (Some(fields), Value::Object(mut record)) = (fields, value.clone()) else {
        return Ok(value);
    };
    let mut selected = serde_json::Map::new();
    for field in fields {
        let value = record.remove(field).ok_or_else(|| PrintError::UnknownField(field.clone()))?;
        selected.insert(field.clone(), value);
    }
    Ok(Value::Object(selected))
}

/// Prints the answer of a change.
pub fn change(
    out: &mut dyn Write,
    shape: &Shape,
    answer: &str,
    detail: Detail,
    columns_of: ColumnsOf,
) -> Result<(), PrintError> {
    match shape.format {
        Format::Json | Format::Ndjson => match &shape.fields {
            None => writeln!(out, "{answer}")?,
            fields => writeln!(out, "{}", select(parsed(answer), fields.as_deref())?)?,
        },
        Format::Csv => {
            let value = select(parsed(answer), shape.fields.as_deref())?;
            csv::header(out, &value)?;
            csv::row(out, &value)?;
        }
        Format::Ids => {
            let value = parsed(answer);
            for id in value.get("created").and_then(Value::as_array).into_iter().flatten() {
                writeln!(out, "{}", id.as_str().unwrap_or_default())?;
            }
        }
        Format::Table => {
            let value = select(parsed(answer), shape.fields.as_deref())?;
            match &shape.fields {
                Some(fields) => table::print(out, fields, &[value], shape.width)?,
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
) -> Result<(), PrintError> {
    let mut first = true;
    for (name, value) in answer.get("result").and_then(Value::as_object).into_iter().flatten() {
        let records: Vec<Value> = match value {
            Value::Array(records) if !records.is_empty() => records.clone(),
            Value::Object(_) => vec![value.clone()],
            _ => continue,
        };
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let kind = name.strip_suffix('s').filter(|_| value.is_array()).unwrap_or(name);
        let columns: Vec<String> = match columns_of(kind) {
            [] => {
                records.first().and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.clone()).collect()
            }
            known => known.iter().map(|column| (*column).to_owned()).collect(),
        };
        table::print(out, &columns, &records, shape.width)?;
        if let ([record], Detail::Whole) = (records.as_slice(), detail) {
            table::print_nested(out, record, &columns, &[], shape.width)?;
        }
    }
    Ok(())
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or(Value::Null)
}

fn id_of(record: &Value) -> String {
    match record.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
