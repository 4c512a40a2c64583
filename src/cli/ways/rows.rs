//! The rows of a file, read by a map: rows that follow each other and are of one document become its records, as lines of an import.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};

use csv::ByteRecord;
use serde_json::{Map as Object, Value as Json, json};

use super::cell::{self, scaled, shown};
use super::map::{ColumnId, Condition, Each, LineMap, Map, Reading, RecordMap, SUMS, Sign, Test, ValueKind, Way};
use super::taxes;
use crate::cli::bulk::unreadable;
use crate::cli::csv_frame::{self, Frame, Known};
use crate::command::import::mapped::{CellFault, FAULTS, GROUP, IF_MISSING, NAMES, ROWS, called_by};
use crate::command::pipeline::bulk::{Batch, Line};
use crate::command::pipeline::object::nearest;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Timezone;
use crate::domain::value::money::Currency;
use crate::domain::value::text::letters_and_digits;
use crate::domain::{Error, Fault, Result};

/// How many made-by-the-way records are remembered, so that each is asked for once.
const KEPT: usize = 50_000;

/// How many faults of one document are told, and how many rows beside their records.
const MOST_FAULTS: usize = 20;

/// What the desk says of how cells are meant.
#[derive(Clone)]
pub struct Desk {
    pub timezone: Timezone,
    pub currency: Currency,
}

/// What there is to say of rows beside their records.
#[derive(Debug, Default)]
pub struct Notes {
    /// Rows of sums, which are not read.
    pub totals: Vec<u64>,
    /// Rows of documents that say no day.
    pub undated: Vec<u64>,
}

impl Notes {
    /// The rows as they are told: so many, and whether there are more.
    pub fn told(rows: &[u64]) -> String {
        let told: Vec<String> = rows.iter().take(MOST_FAULTS).map(u64::to_string).collect();
        format!("{}{}", told.join(", "), if rows.len() > MOST_FAULTS { ", …" } else { "" })
    }
}

/// A file behind its header.
pub struct Sheet<R> {
    frame: Frame<R>,
    map: Arc<Map>,
    desk: Desk,
    /// Where in a row each column of the map stands.
    at: Vec<Option<usize>>,
    /// How many columns the header has.
    width: usize,
    notes: Arc<Mutex<Notes>>,
}

/// A row of the file.
struct Row {
    number: u64,
    cells: Vec<String>,
}

impl<R: BufRead> Sheet<R> {
    /// Reads the header, and finds in it the columns that the map reads.
    pub fn open(name: &str, input: R, map: Arc<Map>, desk: Desk, notes: Arc<Mutex<Notes>>) -> Result<Sheet<R>> {
        let unreadable = |error| unreadable(name, &error);
        let frame = Frame::open(input, Known { header: map.header, separator: map.separator }).map_err(unreadable)?;
        let names = map.encoding.texts(&frame.header);
        let names =
            names.ok_or_else(|| unreadable(std::io::Error::other("its header is not UTF-8, as the map says")))?;
        let at = columns_of(name, &map, &names)?;
        Ok(Sheet { frame, map, desk, at, width: names.len(), notes })
    }

    /// Reads the rows and sends their records on as lines.
    pub fn read(mut self, sender: &SyncSender<Batch>) {
        let mut out = Emitting::default();
        csv_frame::send_on(sender, |emit| self.each(&mut out, emit));
    }

    fn each(&mut self, out: &mut Emitting, emit: &mut dyn FnMut(Line) -> bool) -> std::result::Result<(), csv::Error> {
        let mut open: Vec<Row> = Vec::new();
        let mut record = ByteRecord::new();
        while let Some(number) = self.frame.next(&mut record)? {
            let row = match self.row(number, &record) {
                Ok(Some(row)) => row,
                Ok(None) => continue,
                // The row cannot be read at all, so what it belongs to is not known.
                Err(fault) => {
                    if !self.end(out, &mut open, emit) || !emit(out.faulty(number, vec![fault], Vec::new())) {
                        return Ok(());
                    }
                    continue;
                }
            };
            if self.begins(&open, &row) && !self.end(out, &mut open, emit) {
                return Ok(());
            }
            open.push(row);
        }
        self.end(out, &mut open, emit);
        Ok(())
    }

    /// A row that says something; none where it is empty, or of sums.
    fn row(&self, number: u64, record: &ByteRecord) -> std::result::Result<Option<Row>, CellFault> {
        let Some(cells) = self.map.encoding.texts(record) else {
            return Err(fault("invalid_value", number, None, None, "the row is not UTF-8, as the map says"));
        };
        if cells.iter().all(String::is_empty) {
            return Ok(None);
        }
        let row = Row { number, cells };
        if self.is_of_totals(&row) {
            self.note(|notes| &mut notes.totals, number);
            return Ok(None);
        }
        if let Some((at, extra)) = row.cells.iter().enumerate().skip(self.width).find(|(_, cell)| !cell.is_empty()) {
            let message = format!(
                "the header has {} columns, and {extra:?} stands in column {}: is a cell with a separator in it not in quotes?",
                self.width,
                at.saturating_add(1)
            );
            return Err(fault("invalid_value", number, None, Some(extra), &message));
        }
        Ok(Some(row))
    }

    /// Notes a row among those of one kind: those that are told, and one more.
    fn note(&self, kind: impl FnOnce(&mut Notes) -> &mut Vec<u64>, number: u64) {
        if let Ok(mut notes) = self.notes.lock() {
            let rows = kind(&mut notes);
            if rows.len() <= MOST_FAULTS && rows.last() != Some(&number) {
                rows.push(number);
            }
        }
    }

    /// Whether a row holds sums: its first words say so, and it names no document.
    fn is_of_totals(&self, row: &Row) -> bool {
        let Some(first) = row.cells.iter().find(|cell| !cell.is_empty()) else {
            return false;
        };
        let first = first.trim_end_matches([':', ' ']);
        let says_so = self.map.totals.iter().any(|word| same(word, first));
        let named = self.map.group.map_or("", |group| self.cell(row, group));
        says_so && (named.is_empty() || same(named.trim_end_matches([':', ' ']), first))
    }

    fn begins(&self, open: &[Row], row: &Row) -> bool {
        let (Some(first), Some(group)) = (open.first(), self.map.group) else {
            return !open.is_empty();
        };
        let named = self.cell(row, group);
        !named.is_empty() && (named != self.cell(first, group) || self.map.apart.iter().any(|word| word == named))
    }

    fn cell<'r>(&self, row: &'r Row, column: ColumnId) -> &'r str {
        let at = self.at.get(column).copied().flatten();
        at.and_then(|at| row.cells.get(at)).map_or("", String::as_str)
    }

    fn name(&self, column: ColumnId) -> &str {
        self.map.columns.get(column).map_or("", |column| column.name.as_str())
    }

    /// Sends the records of the rows that are of one document.
    fn end(&self, out: &mut Emitting, open: &mut Vec<Row>, emit: &mut dyn FnMut(Line) -> bool) -> bool {
        let rows = std::mem::take(open);
        let Some(first) = rows.first() else {
            return true;
        };
        let mut document = Document { sheet: self, rows: &rows, faults: Vec::new(), taxes: Vec::new() };
        let records = document.records();
        let (faults, taxes) = (document.faults, document.taxes);
        out.group = out.group.saturating_add(1);
        if !faults.is_empty() {
            let names =
                records.iter().filter_map(|made| Some((made.kind.clone(), said(&made.object, "id")?.to_owned())));
            return emit(out.faulty(first.number, faults, names.collect()));
        }
        let taxes = taxes.into_iter().map(|(name, row)| Made {
            kind: "tax".to_owned(),
            if_missing: true,
            rows: vec![row],
            object: [("id".to_owned(), Json::String(name))].into_iter().collect(),
        });
        for made in taxes.chain(records) {
            if let Some(line) = out.line(made)
                && !emit(line)
            {
                return false;
            }
        }
        true
    }
}

/// Where the columns of the map stand; what is missing, or stands twice, is told all at once.
fn columns_of(file: &str, map: &Map, names: &[String]) -> Result<Vec<Option<usize>>> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut at = Vec::with_capacity(map.columns.len());
    for column in &map.columns {
        let exact: Vec<usize> =
            names.iter().enumerate().filter(|(_, name)| **name == column.name).map(|(at, _)| at).collect();
        let near = || names.iter().enumerate().filter(|(_, name)| same(name, &column.name)).map(|(at, _)| at).collect();
        let found: Vec<usize> = if exact.is_empty() { near() } else { exact };
        match found.as_slice() {
            [] if column.optional => {}
            [] => {
                let meant = nearest_column(&column.name, names);
                let meant = meant.map(|meant| format!("; the nearest is {meant:?}")).unwrap_or_default();
                let message =
                    format!("{file} has no column {:?}, which the map {} reads{meant}", column.name, map.name);
                faults.push(of_column("missing_field", &column.name, message));
            }
            [_] => {}
            [first, second, ..] => {
                let message = format!(
                    "{file} has the column {:?} twice, as columns {} and {}; name one of them otherwise",
                    column.name,
                    first.saturating_add(1),
                    second.saturating_add(1)
                );
                faults.push(of_column("invalid_value", &column.name, message));
            }
        }
        at.push(found.first().copied());
    }
    let mut faults = faults.into_iter();
    match faults.next() {
        None => Ok(at),
        Some(first) => Err(Fault { others: faults.collect(), ..first }.into()),
    }
}

/// The column that was meant by a name: one that is called nearly so, else one that holds the name or stands within it. What shares
/// less than a third of the letters, or no three of them, is another.
fn nearest_column<'n>(wanted: &str, names: &'n [String]) -> Option<&'n str> {
    const LEAST: usize = 3;
    let letters = |bare: &str| bare.chars().count();
    let wanted = letters_and_digits(wanted);
    let bare: Vec<(String, &str)> = names.iter().map(|name| (letters_and_digits(name), name.as_str())).collect();
    let told = || bare.iter().filter(|(bare, _)| letters(bare) >= LEAST);
    let meant = nearest(&wanted, told().map(|(bare, _)| bare.as_str()));
    if let Some((_, name)) = meant.and_then(|meant| told().find(|(bare, _)| bare == meant)) {
        return Some(name);
    }
    let shared = |bare: &str| match bare.contains(&wanted) || wanted.contains(bare) {
        true => (letters(bare).min(letters(&wanted)), letters(bare).max(letters(&wanted))),
        false => (0, 1),
    };
    let alike = told().map(|(bare, name)| (shared(bare), *name));
    let alike = alike.filter(|((part, whole), _)| *part >= LEAST && part.saturating_mul(3) >= *whole);
    alike.min_by_key(|((part, whole), _)| whole.saturating_sub(*part)).map(|(_, name)| name)
}

fn of_column(code: &'static str, column: &str, message: String) -> Fault {
    let error: Error = ValueRefused::invalid("file", column, message).into();
    let mut fault = error.fault().clone();
    fault.code = code;
    fault.exit = crate::domain::code::exit_of(code);
    fault.field = Some(column.to_owned());
    fault.given = None;
    fault.line = Some(1);
    fault
}

/// Whether two words are the same, ignoring case.
fn same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

fn fault(code: &str, row: u64, column: Option<&str>, given: Option<&str>, message: &str) -> CellFault {
    let (column, given) = (column.map(str::to_owned), given.map(str::to_owned));
    CellFault { code: code.to_owned(), column, given, message: message.to_owned(), row }
}

/// The text of a key; none where it is empty.
fn said<'o>(object: &'o Object<String, Json>, key: &str) -> Option<&'o str> {
    object.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// Whether a document that is no draft says no day in the column that tells it.
fn is_undated(record: &RecordMap, object: &Object<String, Json>) -> bool {
    let is_read = record.keys.iter().any(|(key, _)| key == "date");
    is_read && said(object, "date").is_none() && said(object, "state").is_some_and(|state| state != "draft")
}

/// A record that was read.
struct Made {
    kind: String,
    if_missing: bool,
    /// Its row, and those of its lines.
    rows: Vec<u64>,
    object: Object<String, Json>,
}

/// Records on their way out.
#[derive(Default)]
struct Emitting {
    group: u64,
    /// What was asked for by the way already.
    asked: HashSet<String>,
}

impl Emitting {
    /// The line of a record; none where the same was made by the way before.
    fn line(&mut self, made: Made) -> Option<Line> {
        let Made { kind, if_missing, rows, object } = made;
        if if_missing {
            let name = called_by(&kind).iter().find_map(|key| said(&object, key).map(|name| (key, name)));
            if self.asked.len() >= KEPT {
                self.asked.clear();
            }
            if let Some((key, name)) = name
                && !self.asked.insert(format!("{kind} {key} {name}"))
            {
                return None;
            }
        }
        let number = rows.first().copied().unwrap_or_default();
        let mut line = Object::new();
        line.insert("record".to_owned(), Json::String(kind));
        line.insert(GROUP.to_owned(), json!(self.group));
        line.insert(ROWS.to_owned(), json!(rows));
        if if_missing {
            line.insert(IF_MISSING.to_owned(), Json::Bool(true));
        }
        line.extend(object);
        Some(Line { number, bytes: serde_json::to_vec(&line).ok() })
    }

    /// The faults of rows, and the kinds and names of the records that are not made for them.
    fn faulty(&mut self, number: u64, mut faults: Vec<CellFault>, names: Vec<(String, String)>) -> Line {
        faults.truncate(MOST_FAULTS);
        let line = json!({ "record": "row", GROUP: self.group, ROWS: [number], FAULTS: faults, NAMES: names });
        Line { number, bytes: serde_json::to_vec(&line).ok() }
    }
}

/// The rows of one document.
struct Document<'d, R> {
    sheet: &'d Sheet<R>,
    rows: &'d [Row],
    faults: Vec<CellFault>,
    /// The taxes that are named, each with the first row that names it.
    taxes: Vec<(String, u64)>,
}

/// A line of a record, before the taxes of the document are shared out.
struct MadeLine {
    row: usize,
    each: Each,
    object: Object<String, Json>,
    /// Whether it bears what the document's taxes are.
    of_document: bool,
}

impl<R: BufRead> Document<'_, R> {
    /// All records of the document, in the order of the map.
    fn records(&mut self) -> Vec<Made> {
        self.check_repeated();
        let mut by_row: HashMap<usize, Vec<String>> = HashMap::new();
        let mut lines_of: Vec<Option<Vec<MadeLine>>> = Vec::new();
        let map = Arc::clone(&self.sheet.map);
        // Lines first: what taxes they bear is what their products are said to bear.
        for record in &map.records {
            if record.lines.is_empty() || !self.holds(&record.when, 0) {
                lines_of.push(None);
                continue;
            }
            let mut lines = self.lines(record);
            self.share_taxes(&mut lines);
            for line in lines.iter().filter(|line| line.each == Each::Row) {
                if let Some(Json::Array(taxes)) = line.object.get("taxes") {
                    let names = taxes.iter().filter_map(Json::as_str).map(str::to_owned).collect();
                    by_row.entry(line.row).or_insert(names);
                }
            }
            lines_of.push(Some(lines));
        }
        let mut made = Vec::new();
        for (record, lines) in map.records.iter().zip(lines_of) {
            let rows = if record.each == Each::Row { 0..self.rows.len() } else { 0..1 };
            for row in rows {
                if self.holds(&record.when, row) {
                    made.extend(self.record(record, row, &by_row));
                }
            }
            let (Some(lines), Some(record)) = (lines, made.last_mut().filter(|_| !record.lines.is_empty())) else {
                continue;
            };
            // A delivery of nothing is none: what was ordered are services.
            if lines.is_empty() && record.kind == "transfer" {
                made.pop();
                continue;
            }
            record.rows.extend(lines.iter().filter_map(|line| self.rows.get(line.row)).map(|row| row.number));
            let lines = lines.into_iter().map(|line| Json::Object(line.object)).collect();
            record.object.insert("lines".to_owned(), Json::Array(lines));
        }
        made
    }

    fn note(&mut self, fault: CellFault) {
        let is_known = self.faults.iter().any(|known| (known.row, &known.column) == (fault.row, &fault.column));
        if !is_known && self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }

    fn note_cell(&mut self, row: usize, column: ColumnId, given: &str, message: &str) {
        let number = self.rows.get(row).map_or(0, |row| row.number);
        let name = self.sheet.name(column).to_owned();
        self.note(fault("invalid_value", number, Some(&name), Some(given), message));
    }

    fn cell(&self, row: usize, column: ColumnId) -> &str {
        self.rows.get(row).map_or("", |row| self.sheet.cell(row, column))
    }

    /// Columns that are read of the document as a whole say the same in all its rows, or nothing.
    fn check_repeated(&mut self) {
        if self.rows.len() < 2 {
            return;
        }
        let map = Arc::clone(&self.sheet.map);
        let mut columns: Vec<ColumnId> = Vec::new();
        for record in map.records.iter().filter(|record| record.each == Each::Document) {
            for (_, reading) in &record.keys {
                columns.extend(reading.ways.iter().flat_map(|way| way.columns.iter().copied().chain(way.less)));
            }
        }
        columns.sort_unstable();
        columns.dedup();
        let Some(group) = map.group else {
            return;
        };
        for row in 1..self.rows.len() {
            let differs = |column: &ColumnId| {
                let other = self.cell(row, *column);
                !other.is_empty() && other != self.cell(0, *column)
            };
            let differing: Vec<ColumnId> = columns.iter().copied().filter(differs).collect();
            let Some(column) = differing.first().copied() else {
                continue;
            };
            // A value that cannot be read is what is wrong, and not that the other row has a better one.
            let mut in_vain = false;
            for column in &differing {
                in_vain |= self.is_read_in_vain(*column, 0) | self.is_read_in_vain(*column, row);
            }
            if in_vain {
                return;
            }
            let (first, named) = (self.rows.first().map_or(0, |row| row.number), self.cell(0, group).to_owned());
            let more = match differing.len() {
                1 => String::new(),
                count => format!(" (and {} columns more)", count.saturating_sub(1)),
            };
            let message = format!(
                "{named:?} is named by rows that say different things: {} is {:?} in row {first} and {:?} here{more}; is it named twice?",
                self.sheet.name(column),
                self.cell(0, column),
                self.cell(row, column)
            );
            return self.note_cell(row, group, &named, &message);
        }
    }

    /// Whether that column of a row holds what cannot be read as the document's keys read it; what is wrong is noted.
    fn is_read_in_vain(&mut self, column: ColumnId, row: usize) -> bool {
        let before = self.faults.len();
        let map = Arc::clone(&self.sheet.map);
        for record in map.records.iter().filter(|record| record.each == Each::Document) {
            for reading in record.keys.iter().map(|(_, reading)| reading).filter(|reading| reading.kind.is_checked()) {
                for way in reading.ways.iter().filter(|way| way.columns.contains(&column) || way.less == Some(column)) {
                    if self.holds(&record.when, row) && self.holds(&way.when, row) {
                        self.by_way(way, reading.kind, row);
                    }
                }
            }
        }
        self.faults.len() > before
    }

    fn holds(&mut self, conditions: &[Condition], row: usize) -> bool {
        conditions.iter().all(|condition| self.holds_one(condition, row))
    }

    fn holds_one(&mut self, condition: &Condition, row: usize) -> bool {
        let (column, test) = match condition {
            Condition::Any(any) => return any.iter().any(|condition| self.holds_one(condition, row)),
            Condition::Of { column, test } => (*column, test),
        };
        let cell = self.cell(row, column).to_owned();
        let mut number = |of: &dyn Fn(i64) -> bool| match cell.is_empty() {
            true => of(0),
            false => self.number(row, column, &cell).is_some_and(of),
        };
        match test {
            Test::Is(words) => words.iter().any(|word| same(word, &cell)),
            Test::Not(words) => !words.iter().any(|word| same(word, &cell)),
            Test::Filled(filled) => cell.is_empty() != *filled,
            Test::Above(bound) => number(&|number| number > *bound),
            Test::From(bound) => number(&|number| number >= *bound),
            Test::Below(bound) => number(&|number| number < *bound),
        }
    }

    /// The number in a cell, in millionths; noted where it is none.
    fn number(&mut self, row: usize, column: ColumnId, cell: &str) -> Option<i64> {
        let decimal = self.sheet.map.decimal;
        let read = cell::number(cell, decimal).and_then(|plain| scaled(&plain));
        if read.is_none() {
            let wanted = if decimal == ',' { "1.234,50" } else { "1234.50" };
            self.note_cell(row, column, cell, &format!("{cell:?} is no number such as {wanted}"));
        }
        read
    }

    fn record(&mut self, record: &RecordMap, row: usize, by_row: &HashMap<usize, Vec<String>>) -> Option<Made> {
        let mut object = Object::new();
        let mut billed = Object::new();
        for (key, reading) in &record.keys {
            let of_document = reading.ways.iter().any(|way| way.of_document);
            let value = match by_row.get(&row).filter(|_| of_document) {
                Some(taxes) => Some(json!(taxes)),
                None if of_document => None,
                None => self.value(reading, row),
            };
            let Some(value) = value else {
                continue;
            };
            match record.has_sums && SUMS.contains(&key.as_str()) {
                true => drop(billed.insert(key.clone(), value)),
                false => drop(object.insert(key.clone(), value)),
            }
        }
        if !billed.is_empty() {
            object.insert("billed".to_owned(), Json::Object(billed));
        }
        // Nothing is made by the way of rows that name nothing.
        if record.if_missing && called_by(&record.kind).iter().all(|key| said(&object, key).is_none()) {
            return None;
        }
        // Prices of products are in the desk's currency, whatever a document is in.
        if record.kind == "product" && record.if_missing && self.is_of_another_currency() {
            object.shift_remove("price");
        }
        if record.has_lines && said(&object, "id").is_none() {
            let id = self.id_of_content(&record.kind)?;
            object.insert("id".to_owned(), Json::String(id));
        }
        if record.has_lines && self.faults.is_empty() && is_undated(record, &object) {
            let number = self.rows.get(row).map_or(0, |row| row.number);
            self.sheet.note(|notes| &mut notes.undated, number);
        }
        let rows = self.rows.get(row).map(|row| row.number).into_iter().collect();
        Some(Made { kind: record.kind.clone(), if_missing: record.if_missing, rows, object })
    }

    /// Whether the document's currency is not that of the desk.
    fn is_of_another_currency(&mut self) -> bool {
        let map = Arc::clone(&self.sheet.map);
        let of = |record: &RecordMap| {
            record.keys.iter().find(|(key, _)| key == "currency").map(|(_, reading)| reading.clone())
        };
        let reading = map.records.iter().filter(|record| record.has_lines).find_map(of);
        let currency = reading.and_then(|reading| self.value(&reading, 0));
        let own = self.sheet.desk.currency.to_string();
        currency.is_some_and(|currency| currency.as_str() != Some(own.as_str()))
    }

    /// An id for a document that the file says has none yet: the same whenever the same is read again.
    fn id_of_content(&mut self, kind: &str) -> Option<String> {
        let number = self.rows.first().map_or(0, |row| row.number);
        let Some(group) = self.sheet.map.group else {
            let message = format!("the map {} reads no id of the {} here", self.sheet.map.name, kind.replace('_', " "));
            self.note(fault("missing_field", number, None, None, &message));
            return None;
        };
        let named = self.cell(0, group).to_owned();
        if !self.sheet.map.apart.contains(&named) {
            let name = self.sheet.name(group).to_owned();
            self.note(fault(
                "missing_field",
                number,
                Some(&name),
                None,
                "the row names no document, and none goes on here",
            ));
            return None;
        }
        let mut hash = blake3::Hasher::new();
        for cell in self.rows.iter().flat_map(|row| &row.cells) {
            hash.update(cell.as_bytes());
            hash.update(&[0]);
        }
        let hex = hash.finalize().to_hex();
        Some(format!("DRAFT-{}", hex.get(..12).unwrap_or_default().to_uppercase()))
    }

    fn lines(&mut self, record: &RecordMap) -> Vec<MadeLine> {
        let mut made = Vec::new();
        for line in record.lines.iter().filter(|line| line.each == Each::Row) {
            for row in 0..self.rows.len() {
                made.extend(self.line(line, row));
            }
        }
        // In the order of the rows, whichever of several ways to read a line each went.
        made.sort_by_key(|line: &MadeLine| line.row);
        for line in record.lines.iter().filter(|line| line.each == Each::Document) {
            made.extend(self.line(line, 0));
        }
        made
    }

    fn line(&mut self, line: &LineMap, row: usize) -> Option<MadeLine> {
        if !self.holds(&line.when, row) {
            return None;
        }
        let mut object = Object::new();
        let mut of_document = false;
        // The keys that say what cannot be read.
        let mut in_vain: Vec<&str> = Vec::new();
        for (key, reading) in &line.keys {
            if reading.ways.iter().any(|way| way.of_document) {
                of_document = true;
                continue;
            }
            let before = self.faults.len();
            if let Some(value) = self.value(reading, row) {
                object.insert(key.clone(), value);
            } else if self.faults.len() > before {
                in_vain.push(key);
            }
        }
        // A row that says nothing of what a line has is a remark, or the header's alone.
        let says = ["product", "quantity", "price"].iter().any(|key| object.contains_key(*key));
        if !says {
            return None;
        }
        // What a product costs by now is not what was charged for it then.
        for (key, reading) in line.keys.iter().filter(|(key, _)| matches!(key.as_str(), "quantity" | "price")) {
            if !object.contains_key(key) && !in_vain.contains(&key.as_str()) {
                self.note_empty(key, reading, row);
            }
        }
        Some(MadeLine { row, each: line.each, object, of_document })
    }

    /// Notes that a row says nothing in the column that a key is read from, where the file has that column.
    fn note_empty(&mut self, key: &str, reading: &Reading, row: usize) {
        let mut columns = Vec::new();
        for way in &reading.ways {
            if self.holds(&way.when, row) {
                columns.extend(way.columns.iter().copied());
            }
        }
        let is_there = |column: &ColumnId| self.sheet.at.get(*column).copied().flatten().is_some();
        let Some(column) = columns.into_iter().find(is_there) else {
            return;
        };
        let number = self.rows.get(row).map_or(0, |row| row.number);
        let name = self.sheet.name(column).to_owned();
        let message = match key {
            "price" => "the price is empty, and a line needs one: 0 where nothing is charged",
            _ => "the quantity is empty, and a line needs one",
        };
        self.note(fault("missing_field", number, Some(&name), None, message));
    }

    /// Gives the lines the taxes that the document tells.
    fn share_taxes(&mut self, lines: &mut [MadeLine]) {
        let map = Arc::clone(&self.sheet.map);
        let Some(of) = map.taxes.as_ref().filter(|_| lines.iter().any(|line| line.of_document)) else {
            return;
        };
        let mut told = Vec::new();
        for (name, amount) in &of.of {
            let (name_cell, amount_cell) = (self.cell(0, *name).to_owned(), self.cell(0, *amount).to_owned());
            let sum = if amount_cell.is_empty() { Some(0) } else { self.number(0, *amount, &amount_cell) };
            let Some(sum) = sum else {
                return;
            };
            match (name_cell.is_empty(), sum) {
                (true, 0) => {}
                (true, _) => {
                    return self.note_cell(0, *name, "", &format!("a tax of {amount_cell} has no name"));
                }
                (false, _) => told.push(taxes::DocumentTax::of(&name_cell, sum)),
            }
        }
        let mut sum_of = |columns: &[ColumnId]| {
            let mut sum = 0_i64;
            for column in columns {
                let cell = self.cell(0, *column).to_owned();
                let number = if cell.is_empty() { 0 } else { self.number(0, *column, &cell)? };
                sum = sum.saturating_add(number);
            }
            Some(sum)
        };
        let (Some(net), Some(tax), Some(total)) = (sum_of(&of.net), sum_of(&[of.tax]), sum_of(&[of.total])) else {
            return;
        };
        let Some(included) = taxes::are_included(net, tax, total) else {
            let names = of.net.iter().map(|column| self.sheet.name(*column).to_owned()).collect::<Vec<_>>().join(" + ");
            let given = self.cell(0, of.total).to_owned();
            let message = format!(
                "{given} does not add up: {names} come to {}, and {} is {}",
                shown(net),
                self.sheet.name(of.tax).to_owned(),
                shown(tax)
            );
            return self.note_cell(0, of.total, &given, &message);
        };
        let units: Vec<taxes::Unit> = lines
            .iter()
            .map(|line| {
                let number = |key: &str| line.object.get(key).and_then(Json::as_str).and_then(scaled);
                let taxable = line.of_document
                    && (line.each == Each::Document
                        || of
                            .taxable
                            .is_none_or(|column| csv_frame::switch(self.cell(line.row, column)) != Some(false)));
                taxes::Unit {
                    value: taxes::value(number("quantity"), number("price"), number("discount")),
                    taxable,
                    of_row: line.each == Each::Row,
                }
            })
            .collect();
        let shared = taxes::share(&told, &units, included);
        for (line, places) in lines.iter_mut().zip(shared) {
            if !line.of_document {
                continue;
            }
            let names: Vec<String> =
                places.into_iter().filter_map(|place| told.get(place)).map(|told| told.called(included)).collect();
            let row = self.rows.get(line.row).map_or(0, |row| row.number);
            names.iter().for_each(|name| self.bears(name, row));
            line.object.insert("taxes".to_owned(), json!(names));
        }
    }

    /// Notes that a tax of that name is borne.
    fn bears(&mut self, name: &str, row: u64) {
        if !self.taxes.iter().any(|(known, _)| known == name) {
            self.taxes.push((name.to_owned(), row));
        }
    }

    /// What a value is of that row; none where its cells are empty.
    fn value(&mut self, reading: &Reading, row: usize) -> Option<Json> {
        for way in &reading.ways {
            if self.holds(&way.when, row)
                && let Some(value) = self.by_way(way, reading.kind, row)
            {
                return Some(value);
            }
        }
        None
    }

    fn by_way(&mut self, way: &Way, kind: ValueKind, row: usize) -> Option<Json> {
        let found = way.columns.iter().copied().find(|column| !self.cell(row, *column).is_empty());
        let (column, cell) = match (found, &way.constant) {
            (Some(column), _) => (Some(column), self.cell(row, column).to_owned()),
            (None, Some(constant)) => (None, constant.clone()),
            // What is told by no column has what the map says instead.
            (None, None) => return way.default.clone().map(Json::String).map(|text| as_kind(text, kind)),
        };
        let told = way.told(&cell);
        let Some(text) = way.word(&told) else {
            let known: Vec<&str> = way.words.iter().map(|(word, _)| word.as_str()).collect();
            let meant = nearest(&told, known.iter().copied()).map(|meant| format!("; did you mean {meant:?}?"));
            let message = format!(
                "{told:?} is none of the words that the map knows: {}{}",
                known.join(", "),
                meant.unwrap_or_default()
            );
            if let Some(column) = column {
                self.note_cell(row, column, &cell, &message);
            }
            return None;
        };
        if text.is_empty() {
            return None;
        }
        let place = column.unwrap_or_default();
        match kind {
            ValueKind::Text => Some(Json::String(format!("{}{text}{}", way.prefix, way.suffix))),
            ValueKind::Number => self.amount(way, column, &text, row).map(Json::String),
            ValueKind::Numbers => {
                let parts = split(&text, way.split.as_deref().unwrap_or(";"));
                let read: Option<Vec<String>> = parts.iter().map(|part| self.amount(way, column, part, row)).collect();
                read.map(|read| json!(read))
            }
            ValueKind::Day => {
                let map = Arc::clone(&self.sheet.map);
                let day = cell::day(&text, &map.days, &self.sheet.desk.timezone);
                if day.is_none() {
                    let forms = map.days.iter().map(|pattern| pattern.text.as_str()).collect::<Vec<_>>().join(" or ");
                    self.note_cell(row, place, &cell, &format!("{text:?} is no day in the form {forms}"));
                }
                day.map(|day| Json::String(day.to_string()))
            }
            ValueKind::Switch => {
                let switch = csv_frame::switch(&text);
                if switch.is_none() {
                    self.note_cell(row, place, &cell, &format!("{text:?} is neither yes nor no"));
                }
                switch.map(Json::Bool)
            }
            ValueKind::List => Some(json!(split(&text, way.split.as_deref().unwrap_or(",")))),
            ValueKind::Taxes => {
                let names = split(&text, way.split.as_deref().unwrap_or(","));
                let names: Vec<String> =
                    names.into_iter().map(|name| format!("{}{name}{}", way.prefix, way.suffix)).collect();
                let number = self.rows.get(row).map_or(0, |row| row.number);
                names.iter().for_each(|name| self.bears(name, number));
                Some(json!(names))
            }
        }
    }

    /// A number as the way says.
    fn amount(&mut self, way: &Way, column: Option<ColumnId>, text: &str, row: usize) -> Option<String> {
        let number = match column {
            Some(column) => self.number(row, column, text)?,
            None => match scaled(text) {
                Some(number) => number,
                None => return Some(text.to_owned()),
            },
        };
        let less = match way.less {
            None => 0,
            Some(column) => {
                let cell = self.cell(row, column).to_owned();
                if cell.is_empty() { 0 } else { self.number(row, column, &cell)? }
            }
        };
        let signed = |number: i64| match way.sign {
            Sign::Keep => number,
            Sign::Drop => number.saturating_abs(),
            Sign::Turn => number.saturating_neg(),
        };
        Some(shown(signed(number).saturating_sub(signed(less))))
    }
}

/// A default as a value of that kind: it is written in the map as the desk reads it.
fn as_kind(text: Json, kind: ValueKind) -> Json {
    match (kind, text.as_str()) {
        (ValueKind::List | ValueKind::Taxes | ValueKind::Numbers, Some(text)) => json!(split(text, ",")),
        (ValueKind::Switch, Some(text)) => Json::Bool(csv_frame::switch(text) == Some(true)),
        _ => text,
    }
}

/// The parts of a text, without blanks around them; empty ones are none.
fn split(text: &str, by: &str) -> Vec<String> {
    text.split(by).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Way {
    /// The cell as it is meant: without the letters that are taken off, and what stands before.
    fn told(&self, cell: &str) -> String {
        let bare = cell.trim_matches(|letter| self.strip.contains(letter)).trim();
        let behind = self.after.as_deref().and_then(|after| bare.split_once(after)).map(|(_, behind)| behind.trim());
        behind.filter(|behind| !behind.is_empty()).unwrap_or(bare).to_owned()
    }

    /// What a word stands for; none where there are words and it is not among them.
    fn word(&self, told: &str) -> Option<String> {
        if self.words.is_empty() {
            return Some(told.to_owned());
        }
        let found = self.words.iter().find(|(word, _)| same(word, told));
        let found = found.or_else(|| self.words.iter().find(|(word, _)| word == "*"));
        found.map(|(_, meant)| if meant == "*" { told.to_owned() } else { meant.clone() })
    }
}
