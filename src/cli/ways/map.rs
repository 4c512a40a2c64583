//! Maps: which records the rows of a file make, and how its columns are read (contract, section 7). A map is TOML; what is written in
//! it is checked before a row is read.

use std::path::Path;

use toml::{Table, Value};

use super::cell::{Encoding, Pattern};
use crate::command::import::{self, NoSuchKind};
use crate::command::pipeline::object::nearest;
use crate::domain::common::ValueRefused;
use crate::domain::{Allowed, Error, Refusal, Result};

/// The maps that come with the program: their names, and their texts.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("shopify-orders", include_str!("../../../maps/shopify-orders.toml")),
    ("odoo-invoices", include_str!("../../../maps/odoo-invoices.toml")),
];

/// The map that is suggested by the header of the file itself.
pub const SPREADSHEET: &str = "spreadsheet";

/// A column that a map reads, by its place in `Map::columns`.
pub type ColumnId = usize;

/// How a file is read.
#[derive(Debug)]
pub struct Map {
    pub name: String,
    /// What files it is for.
    pub about: String,
    /// The columns that it reads.
    pub columns: Vec<Column>,
    /// Whose value ties rows together; an empty cell goes on with the document before.
    pub group: Option<ColumnId>,
    /// Values of that column that stand for a document of its own each time.
    pub apart: Vec<String>,
    /// The row of the header.
    pub header: u64,
    pub separator: Option<u8>,
    pub encoding: Encoding,
    pub decimal: char,
    pub days: Vec<Pattern>,
    /// What the first cell of a row of sums says: such a row is not read.
    pub totals: Vec<String>,
    pub taxes: Option<DocumentTaxes>,
    pub records: Vec<RecordMap>,
}

/// A column of the file.
#[derive(Debug)]
pub struct Column {
    pub name: String,
    /// Whether the file may do without it.
    pub optional: bool,
}

/// Taxes that a file tells of a document rather than of its lines.
#[derive(Debug)]
pub struct DocumentTaxes {
    /// The columns of each tax: its name and its amount.
    pub of: Vec<(ColumnId, ColumnId)>,
    /// Where a row says no here, it bears none.
    pub taxable: Option<ColumnId>,
    /// The columns without tax on top, of the taxes together, and of the total: they tell whether prices hold the taxes.
    pub net: Vec<ColumnId>,
    pub tax: ColumnId,
    pub total: ColumnId,
}

/// A record that the rows make.
#[derive(Debug)]
pub struct RecordMap {
    pub kind: String,
    /// Whether it is made where it is missing, and else left as it is.
    pub if_missing: bool,
    pub each: Each,
    pub when: Vec<Condition>,
    pub keys: Vec<(String, Reading)>,
    pub lines: Vec<LineMap>,
    /// Whether records of its kind have lines.
    pub has_lines: bool,
    /// Whether they have sums that they are told to come to.
    pub has_sums: bool,
}

/// Lines of a record.
#[derive(Debug, Clone)]
pub struct LineMap {
    pub each: Each,
    pub when: Vec<Condition>,
    pub keys: Vec<(String, Reading)>,
}

/// What something is made once of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    Document,
    Row,
}

/// How a value is read: the first way of which the condition holds and that finds something.
#[derive(Debug, Clone)]
pub struct Reading {
    pub ways: Vec<Way>,
    pub kind: ValueKind,
}

/// A way to read a value.
#[derive(Debug, Clone, Default)]
pub struct Way {
    pub when: Vec<Condition>,
    /// The first of these that is not empty.
    pub columns: Vec<ColumnId>,
    pub constant: Option<String>,
    /// Whether it is what the document's taxes are.
    pub of_document: bool,
    /// What the words of the file stand for; `*` stands for all others.
    pub words: Vec<(String, String)>,
    /// Letters that are taken off both ends.
    pub strip: String,
    /// What is taken behind this text, where it stands in it.
    pub after: Option<String>,
    pub prefix: String,
    pub suffix: String,
    /// What stands for an empty cell.
    pub default: Option<String>,
    /// What parts a list.
    pub split: Option<String>,
    /// A column whose number is taken off.
    pub less: Option<ColumnId>,
    pub sign: Sign,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    #[default]
    Keep,
    Drop,
    Turn,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Number,
    Day,
    Switch,
    /// A list of texts.
    List,
    /// A list of names of taxes.
    Taxes,
    /// A list of numbers.
    Numbers,
}

impl ValueKind {
    /// Whether a cell may hold what is none of that kind, or of the words that a map knows.
    pub fn is_checked(self) -> bool {
        !matches!(self, ValueKind::List | ValueKind::Taxes)
    }
}

/// What has to hold of a row.
#[derive(Debug, Clone)]
pub enum Condition {
    Of { column: ColumnId, test: Test },
    Any(Vec<Condition>),
}

#[derive(Debug, Clone)]
pub enum Test {
    Is(Vec<String>),
    Not(Vec<String>),
    Filled(bool),
    Above(i64),
    From(i64),
    Below(i64),
}

/// A map that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct MapRefused {
    code: &'static str,
    map: String,
    message: String,
    allowed: Option<Vec<String>>,
    hint: Option<String>,
}

impl Refusal for MapRefused {
    fn code(&self) -> &'static str {
        self.code
    }
    fn field(&self) -> Option<&'static str> {
        Some("map")
    }
    fn given(&self) -> Option<String> {
        Some(self.map.clone())
    }
    fn allowed(&self) -> Option<Allowed> {
        self.allowed.clone().map(Allowed::Several)
    }
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// The names of the maps that can be asked for.
fn names() -> Vec<String> {
    BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).chain([SPREADSHEET.to_owned()]).collect()
}

impl Map {
    /// The map of that name, or in that file.
    pub fn named(name: &str) -> Result<Map> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            return Map::parse(name, text);
        }
        if !Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            let known = names();
            let within = known.iter().map(String::as_str).find(|known| !name.is_empty() && known.contains(name));
            let meant = within.or_else(|| nearest(name, known.iter().map(String::as_str)));
            let meant = meant.map(|meant| format!(" (did you mean {meant}?)")).unwrap_or_default();
            let message = format!("there is no map {name:?}{meant}; a map of one's own is a file that ends in .toml");
            let (map, allowed) = (name.to_owned(), Some(known));
            return Err(MapRefused { code: "invalid_value", map, message, allowed, hint: None }.into());
        }
        match std::fs::read_to_string(name) {
            Ok(text) => Map::parse(name, &text),
            Err(error) => Err(ValueRefused::invalid("map", name, format!("{name} cannot be read: {error}")).into()),
        }
    }

    /// Reads the text of a map.
    pub fn parse(name: &str, text: &str) -> Result<Map> {
        let mut parser = Parser { name, columns: Vec::new() };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match text.parse::<Table>() {
            Ok(table) => parser.map(&table),
            Err(error) => Err(parser.bad("", error.to_string().trim().replace('\n', " "))),
        }
    }

    /// The column that each key of each kind is read from.
    pub fn told(&self) -> Vec<(String, String, String)> {
        let mut told = Vec::new();
        for record in &self.records {
            let of_lines = record.lines.iter().flat_map(|line| &line.keys);
            for (key, reading) in record.keys.iter().chain(of_lines) {
                for way in &reading.ways {
                    for column in way.columns.iter().filter_map(|column| self.columns.get(*column)) {
                        told.push((record.kind.clone(), key.clone(), column.name.clone()));
                    }
                    if let (true, Some(taxes)) = (way.of_document, &self.taxes)
                        && let Some(column) = taxes.of.first().and_then(|(name, _)| self.columns.get(*name))
                    {
                        told.push((record.kind.clone(), key.clone(), column.name.clone()));
                        told.push(("tax".to_owned(), "taxes".to_owned(), column.name.clone()));
                    } else if reading.kind == ValueKind::Taxes
                        && let Some(column) = way.columns.first().and_then(|column| self.columns.get(*column))
                    {
                        told.push(("tax".to_owned(), "taxes".to_owned(), column.name.clone()));
                    }
                }
            }
        }
        told
    }
}

/// The keys of a map as a whole.
const OF_MAP: &[&str] =
    &["about", "group", "apart", "header", "separator", "encoding", "decimal", "days", "totals", "taxes", "record"];
/// Those of the taxes of a document.
const OF_TAXES: &[&str] = &["names", "amounts", "taxable", "net", "tax", "total"];
/// Those of a record.
const OF_RECORD: &[&str] = &["kind", "make", "each", "when", "keys", "lines", "lines_of"];
/// Those of its lines.
const OF_LINES: &[&str] = &["each", "when", "keys"];
/// Those of a value.
const OF_VALUE: &[&str] = &[
    "column", "columns", "value", "of", "words", "strip", "after", "prefix", "suffix", "default", "split", "less",
    "sign", "when", "optional",
];
/// Those of a condition.
const OF_CONDITION: &[&str] = &["column", "is", "not", "filled", "above", "from", "below", "any", "optional"];
/// What a map tells in place of the key `billed` of a record, which holds these.
pub const SUMS: &[&str] = &["untaxed", "tax", "total"];

struct Parser<'p> {
    name: &'p str,
    columns: Vec<Column>,
}

impl Parser<'_> {
    fn bad(&self, at: &str, message: impl Into<String>) -> Error {
        let place = if at.is_empty() { String::new() } else { format!(", {at}") };
        let message = format!("the map {}{place}: {}", self.name, message.into());
        MapRefused { code: "invalid_value", map: self.name.to_owned(), message, allowed: None, hint: None }.into()
    }

    /// Refuses a key that is none of those, with the nearest, or all where none is near.
    fn check(&self, at: &str, table: &Table, known: &[&str]) -> Result<()> {
        self.check_of(at, table, known, None)
    }

    /// The same of the keys of a kind of record, which a command tells with what they mean.
    fn check_of(&self, at: &str, table: &Table, known: &[&str], kind: Option<&str>) -> Result<()> {
        let Some(unknown) = table.keys().find(|key| !known.contains(&key.as_str())) else {
            return Ok(());
        };
        let place = if at.is_empty() { String::new() } else { format!(", {at}") };
        let meant = match nearest(unknown, known.iter().copied()) {
            Some(meant) => format!("; did you mean {meant}?"),
            None => format!("; there are {}", known.join(", ")),
        };
        let message = format!("the map {}{place}: there is no key {unknown:?} here{meant}", self.name);
        let allowed = Some(known.iter().map(|key| (*key).to_owned()).collect());
        let (map, hint) = (self.name.to_owned(), kind.map(import::keys_of));
        Err(MapRefused { code: "unknown_key", map, message, allowed, hint }.into())
    }

    fn text(&self, at: &str, table: &Table, key: &str) -> Result<Option<String>> {
        match table.get(key) {
            None => Ok(None),
            Some(value) => self.text_of(&format!("{at}{}{key}", dot(at)), value).map(Some),
        }
    }

    /// A text, or a number or switch as one.
    fn text_of(&self, at: &str, value: &Value) -> Result<String> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Integer(number) => Ok(number.to_string()),
            Value::Boolean(switch) => Ok(switch.to_string()),
            _ => Err(self.bad(at, "a text is wanted here")),
        }
    }

    fn texts(&self, at: &str, table: &Table, key: &str) -> Result<Option<Vec<String>>> {
        let at = format!("{at}{}{key}", dot(at));
        match table.get(key) {
            None => Ok(None),
            Some(Value::Array(texts)) => {
                texts.iter().map(|text| self.text_of(&at, text)).collect::<Result<_>>().map(Some)
            }
            Some(text) => Ok(Some(vec![self.text_of(&at, text)?])),
        }
    }

    fn switch(&self, at: &str, table: &Table, key: &str) -> Result<Option<bool>> {
        match table.get(key) {
            None => Ok(None),
            Some(Value::Boolean(switch)) => Ok(Some(*switch)),
            Some(_) => Err(self.bad(&format!("{at}{}{key}", dot(at)), "true or false is wanted here")),
        }
    }

    /// The column of that name: one that is needed anywhere is needed.
    fn column(&mut self, name: String, optional: bool) -> ColumnId {
        if let Some(at) = self.columns.iter().position(|column| column.name == name) {
            if let Some(column) = self.columns.get_mut(at) {
                column.optional &= optional;
            }
            return at;
        }
        self.columns.push(Column { name, optional });
        self.columns.len().saturating_sub(1)
    }

    fn map(&mut self, table: &Table) -> Result<Map> {
        self.check("", table, OF_MAP)?;
        let about = self.text("", table, "about")?.unwrap_or_default();
        let group = self.text("", table, "group")?.map(|name| self.column(name, false));
        let header = match table.get("header") {
            None => 1,
            Some(Value::Integer(row)) if *row > 0 => u64::try_from(*row).unwrap_or(1),
            Some(_) => return Err(self.bad("header", "the number of a row is wanted here, counted from 1")),
        };
        let separator = match self.text("", table, "separator")?.as_deref() {
            None => None,
            Some("tab" | "\t") => Some(b'\t'),
            Some(text) => match text.as_bytes() {
                [byte] if byte.is_ascii() => Some(*byte),
                _ => return Err(self.bad("separator", "one letter such as \",\" or \";\" is wanted here, or \"tab\"")),
            },
        };
        let encoding = match self.text("", table, "encoding")?.as_deref() {
            None | Some("auto") => Encoding::Seen,
            Some("utf-8") => Encoding::Utf8,
            Some("windows-1252") => Encoding::Windows1252,
            Some(other) => {
                return Err(self.bad("encoding", format!("{other:?} is none of auto, utf-8, windows-1252")));
            }
        };
        let decimal = match self.text("", table, "decimal")?.as_deref() {
            None | Some(".") => '.',
            Some(",") => ',',
            Some(other) => return Err(self.bad("decimal", format!("{other:?} is neither \".\" nor \",\""))),
        };
        let days = self.texts("", table, "days")?.unwrap_or_else(|| vec!["YYYY-MM-DD".to_owned()]);
        let days = days
            .iter()
            .map(|text| {
                Pattern::read(text)
                    .ok_or_else(|| self.bad("days", format!("{text:?} is no form of days such as DD.MM.YYYY")))
            })
            .collect::<Result<Vec<_>>>()?;
        let totals =
            self.texts("", table, "totals")?.unwrap_or_else(|| TOTALS.iter().map(|word| (*word).to_owned()).collect());
        let apart = self.texts("", table, "apart")?.unwrap_or_default();
        let taxes = match table.get("taxes") {
            None => None,
            Some(Value::Table(taxes)) => Some(self.taxes(taxes)?),
            Some(_) => return Err(self.bad("taxes", "a table is wanted here")),
        };
        let records = match table.get("record") {
            Some(Value::Array(records)) => records,
            _ => return Err(self.bad("", "a map has records: [[record]] with kind = \"order\" and its keys")),
        };
        let mut made: Vec<RecordMap> = Vec::with_capacity(records.len());
        for (number, record) in (1..).zip(records) {
            let at = format!("record {number}");
            let Value::Table(record) = record else {
                return Err(self.bad(&at, "a table is wanted here"));
            };
            let record = self.record(&at, record, &made, taxes.is_some())?;
            made.push(record);
        }
        let columns = std::mem::take(&mut self.columns);
        let name = self.name.to_owned();
        Ok(Map {
            name,
            about,
            columns,
            group,
            apart,
            header,
            separator,
            encoding,
            decimal,
            days,
            totals,
            taxes,
            records: made,
        })
    }

    fn taxes(&mut self, table: &Table) -> Result<DocumentTaxes> {
        self.check("taxes", table, OF_TAXES)?;
        let names = self.texts("taxes", table, "names")?.unwrap_or_default();
        let amounts = self.texts("taxes", table, "amounts")?.unwrap_or_default();
        if names.is_empty() || names.len() != amounts.len() {
            return Err(self.bad("taxes", "names and amounts are the columns of the same taxes, as many of each"));
        }
        let needs = |of: Option<String>, key: &str| of.ok_or_else(|| self.bad("taxes", format!("{key} is needed")));
        let tax = needs(self.text("taxes", table, "tax")?, "tax")?;
        let total = needs(self.text("taxes", table, "total")?, "total")?;
        let net = self.texts("taxes", table, "net")?.unwrap_or_default();
        let taxable = self.text("taxes", table, "taxable")?;
        // A file has columns for as many taxes as a document ever had.
        let of = names.into_iter().zip(amounts).enumerate();
        let of = of.map(|(at, (name, amount))| (self.column(name, at > 0), self.column(amount, at > 0))).collect();
        Ok(DocumentTaxes {
            of,
            taxable: taxable.map(|name| self.column(name, true)),
            net: net.into_iter().enumerate().map(|(at, name)| self.column(name, at > 0)).collect(),
            tax: self.column(tax, false),
            total: self.column(total, false),
        })
    }

    fn record(&mut self, at: &str, table: &Table, before: &[RecordMap], has_taxes: bool) -> Result<RecordMap> {
        self.check(at, table, OF_RECORD)?;
        let kind = self.text(at, table, "kind")?.ok_or_else(|| self.bad(at, "kind is needed, such as \"order\""))?;
        let Some(form) = import::form_of(&kind) else {
            return Err(self.bad(at, NoSuchKind::of("kind", &kind).to_string()));
        };
        let at = format!("{at} ({kind})");
        let if_missing = match self.text(&at, table, "make")?.as_deref() {
            None | Some("always") => false,
            Some("missing") if matches!(kind.as_str(), "customer" | "product" | "tax") => true,
            Some("missing") => {
                return Err(
                    self.bad(&at, "customers, products and taxes can be made where they are missing, no others")
                );
            }
            Some(other) => return Err(self.bad(&at, format!("make is \"always\" or \"missing\", not {other:?}"))),
        };
        let each = self.each(&at, table, Each::Document)?;
        let when = self.when(&at, table)?;
        let mut known: Vec<&str> = form.keys.iter().copied().filter(|key| *key != "lines").collect();
        let has_sums = known.contains(&"billed");
        if has_sums {
            known.extend(SUMS);
            known.retain(|key| *key != "billed");
        }
        let keys = self.keys((&at, &kind), table, &known, &form.switches, has_taxes)?;
        let lines = match (table.get("lines"), self.text(&at, table, "lines_of")?) {
            (Some(_), Some(_)) => return Err(self.bad(&at, "lines and lines_of are told; leave one of them out")),
            (Some(Value::Array(lines)), None) => {
                let mut read = Vec::with_capacity(lines.len());
                for (number, line) in (1..).zip(lines) {
                    let at = format!("{at}, lines {number}");
                    let Value::Table(line) = line else {
                        return Err(self.bad(&at, "a table is wanted here"));
                    };
                    self.check(&at, line, OF_LINES)?;
                    let each = self.each(&at, line, Each::Row)?;
                    let when = self.when(&at, line)?;
                    let keys = self.keys((&at, &kind), line, &form.lines, &[], has_taxes)?;
                    read.push(LineMap { each, when, keys });
                }
                read
            }
            (Some(_), None) => return Err(self.bad(&at, "lines are told as [[record.lines]]")),
            (None, Some(of)) => match before.iter().find(|record| record.kind == of) {
                Some(record) => record.lines.clone(),
                None => return Err(self.bad(&at, format!("no record of the kind {of:?} stands before this one"))),
            },
            (None, None) => Vec::new(),
        };
        if !lines.is_empty() && form.lines.is_empty() {
            return Err(self.bad(&at, "records of this kind have no lines"));
        }
        Ok(RecordMap { kind, if_missing, each, when, keys, lines, has_lines: !form.lines.is_empty(), has_sums })
    }

    fn each(&self, at: &str, table: &Table, usual: Each) -> Result<Each> {
        match self.text(at, table, "each")?.as_deref() {
            None => Ok(usual),
            Some("document") => Ok(Each::Document),
            Some("row") => Ok(Each::Row),
            Some(other) => Err(self.bad(at, format!("each is \"row\" or \"document\", not {other:?}"))),
        }
    }

    fn keys(
        &mut self,
        (at, kind): (&str, &str),
        table: &Table,
        known: &[&str],
        switches: &[&str],
        has_taxes: bool,
    ) -> Result<Vec<(String, Reading)>> {
        let at = format!("{at}, keys");
        let keys = match table.get("keys") {
            Some(Value::Table(keys)) => keys,
            None => return Ok(Vec::new()),
            Some(_) => return Err(self.bad(&at, "a table is wanted here")),
        };
        self.check_of(&at, keys, known, Some(kind))?;
        let mut read = Vec::with_capacity(keys.len());
        for (key, value) in keys {
            let at = format!("{at}.{key}");
            let holds = if switches.contains(&key.as_str()) { ValueKind::Switch } else { kind_of(key) };
            let ways = match value {
                Value::Array(ways) => ways.iter().map(|way| self.way(&at, way, holds)).collect::<Result<Vec<_>>>()?,
                way => vec![self.way(&at, way, holds)?],
            };
            if ways.iter().any(|way| way.of_document) && !(has_taxes && holds == ValueKind::Taxes) {
                return Err(
                    self.bad(&at, "of = \"document\" is for taxes, where the map says under [taxes] where they stand")
                );
            }
            read.push((key.clone(), Reading { ways, kind: holds }));
        }
        Ok(read)
    }

    fn way(&mut self, at: &str, value: &Value, kind: ValueKind) -> Result<Way> {
        let table = match value {
            Value::String(name) => {
                return Ok(Way { columns: vec![self.column(name.clone(), false)], ..Way::default() });
            }
            Value::Table(table) => table,
            _ => {
                return Err(
                    self.bad(at, "the name of a column is wanted here, or a table such as { value = \"posted\" }")
                );
            }
        };
        self.check(at, table, OF_VALUE)?;
        let optional = self.switch(at, table, "optional")?.unwrap_or(false);
        let mut names = self.texts(at, table, "columns")?.unwrap_or_default();
        names.extend(self.text(at, table, "column")?);
        let columns: Vec<ColumnId> = names.into_iter().map(|name| self.column(name, optional)).collect();
        let constant = self.text(at, table, "value")?;
        let of_document = match self.text(at, table, "of")?.as_deref() {
            None => false,
            Some("document") => true,
            Some(other) => return Err(self.bad(at, format!("of is \"document\", not {other:?}"))),
        };
        if usize::from(!columns.is_empty()) + usize::from(constant.is_some()) + usize::from(of_document) != 1 {
            return Err(self.bad(at, "a value has one of column, columns, value or of"));
        }
        let words = match table.get("words") {
            None => Vec::new(),
            Some(Value::Table(words)) => words
                .iter()
                .map(|(word, meant)| Ok((word.clone(), self.text_of(&format!("{at}.words"), meant)?)))
                .collect::<Result<Vec<_>>>()?,
            Some(_) => return Err(self.bad(at, "words are a table: what the file says, and what it stands for")),
        };
        let sign = match self.text(at, table, "sign")?.as_deref() {
            None | Some("keep") => Sign::Keep,
            Some("drop") => Sign::Drop,
            Some("turn") => Sign::Turn,
            Some(other) => return Err(self.bad(at, format!("sign is \"keep\", \"drop\" or \"turn\", not {other:?}"))),
        };
        let less = self.text(at, table, "less")?.map(|name| self.column(name, optional));
        if (less.is_some() || sign != Sign::Keep) && !matches!(kind, ValueKind::Number | ValueKind::Numbers) {
            return Err(self.bad(at, "less and sign are for numbers"));
        }
        Ok(Way {
            when: self.when(at, table)?,
            columns,
            constant,
            of_document,
            words,
            strip: self.text(at, table, "strip")?.unwrap_or_default(),
            after: self.text(at, table, "after")?,
            prefix: self.text(at, table, "prefix")?.unwrap_or_default(),
            suffix: self.text(at, table, "suffix")?.unwrap_or_default(),
            default: self.text(at, table, "default")?,
            split: self.text(at, table, "split")?,
            less,
            sign,
        })
    }

    fn when(&mut self, at: &str, table: &Table) -> Result<Vec<Condition>> {
        let at = format!("{at}, when");
        match table.get("when") {
            None => Ok(Vec::new()),
            Some(Value::Array(conditions)) => {
                conditions.iter().map(|condition| self.condition(&at, condition)).collect()
            }
            Some(condition) => Ok(vec![self.condition(&at, condition)?]),
        }
    }

    fn condition(&mut self, at: &str, value: &Value) -> Result<Condition> {
        let Value::Table(table) = value else {
            return Err(self.bad(at, "a condition is a table such as { column = \"Status\", is = \"Posted\" }"));
        };
        self.check(at, table, OF_CONDITION)?;
        if let Some(any) = table.get("any") {
            let Value::Array(any) = any else {
                return Err(self.bad(at, "any is a list of conditions"));
            };
            return Ok(Condition::Any(
                any.iter().map(|condition| self.condition(at, condition)).collect::<Result<_>>()?,
            ));
        }
        let optional = self.switch(at, table, "optional")?.unwrap_or(false);
        let name = self.text(at, table, "column")?.ok_or_else(|| self.bad(at, "column is needed"))?;
        let column = self.column(name, optional);
        let number = |text: Option<String>| match text {
            None => Ok(None),
            Some(text) => match crate::domain::value::number::parse_scaled(&text, super::cell::DIGITS) {
                Ok(number) => Ok(Some(number)),
                Err(fault) => Err(self.bad(at, fault.to_string())),
            },
        };
        let tests = [
            self.texts(at, table, "is")?.map(Test::Is),
            self.texts(at, table, "not")?.map(Test::Not),
            self.switch(at, table, "filled")?.map(Test::Filled),
            number(self.text(at, table, "above")?)?.map(Test::Above),
            number(self.text(at, table, "from")?)?.map(Test::From),
            number(self.text(at, table, "below")?)?.map(Test::Below),
        ];
        let mut tests = tests.into_iter().flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Condition::Of { column, test }),
            _ => Err(self.bad(at, "a condition has one of is, not, filled, above, from or below")),
        }
    }
}

fn dot(at: &str) -> &'static str {
    if at.is_empty() { "" } else { "." }
}

/// What rows of sums begin with, in the languages of documents.
pub const TOTALS: &[&str] = &[
    "total",
    "totals",
    "grand total",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "zwischensumme",
    "total général",
    "somme",
];

/// What the value of a key is, by its name: the same keys are the same of every kind of record.
fn kind_of(key: &str) -> ValueKind {
    match key {
        "date" | "accounting_date" | "due_date" | "start" | "end" => ValueKind::Day,
        "quantity" | "price" | "discount" | "rate" | "paid" | "settled" | "amount" | "untaxed" | "tax" | "total"
        | "done" | "usage_limit" | "refund_limit" | "invoice_line" => ValueKind::Number,
        "taxes" => ValueKind::Taxes,
        "tax_amounts" => ValueKind::Numbers,
        "tags" | "rights" | "services" | "members" => ValueKind::List,
        _ => ValueKind::Text,
    }
}
