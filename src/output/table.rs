//! Tables for people: aligned, headed, one row a record; and a record on a page of its own, where it is wide or holds others.
//! They fit the terminal that they are printed on, and are never cut off anywhere else.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::bars::Scale;
use super::escape::{bold, for_terminal};
use super::layout::{self, Cell, Extent, Form, GAP, Item, Layout, fitted, laid_out};
use super::names::{Names, TIME};
use super::{LayoutOf, Opens, Shape};

/// What there was no room for: the table's heading where it stands below others, and its columns.
pub type LeftOut = (Option<String>, Vec<String>);

/// Where tables are printed, and what is known of what they hold.
pub struct Tables<'p> {
    pub out: &'p mut dyn Write,
    pub shape: &'p Shape,
    pub layout_of: LayoutOf,
    pub names: Names,
    pub left_out: Vec<LeftOut>,
    /// Whether anything stands already above what comes next.
    pub is_begun: bool,
}

/// The columns of a table, fitted to its first rows.
pub struct Columns {
    columns: Vec<Column>,
    /// The bars behind them.
    bars: Option<Scale>,
}

impl Columns {
    /// Those that are not left out, each with its width.
    fn kept(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().filter_map(|column| Some((column.width?, column)))
    }

    fn places(&self) -> Vec<layout::Column> {
        let bars = self.bars.iter().map(|bars| layout::Column { width: bars.width(), right: false });
        self.kept().map(|(width, column)| layout::Column { width, right: column.form.is_right() }).chain(bars).collect()
    }
}

impl Columns {
    /// The rows with the bar of each at its end, where there are bars.
    fn with_bars(&self, mut rows: Vec<Vec<Cell>>, records: &[Value]) -> Vec<Vec<Cell>> {
        if let Some(bars) = &self.bars {
            for (row, record) in rows.iter_mut().zip(records) {
                row.push(Item::whole(bars.bar(record)).into());
            }
        }
        rows
    }
}

struct Column {
    key: String,
    /// Its place among all of them.
    at: usize,
    form: Form,
    /// None where it is left out.
    width: Option<usize>,
}

impl Tables<'_> {
    fn room(&self) -> Option<usize> {
        self.shape.width.map(usize::from)
    }

    /// Prints a head and rows; answers the columns, for the rows that follow.
    pub fn table(
        &mut self,
        heading: Option<&str>,
        layout: Layout,
        keys: &[String],
        records: &[Value],
    ) -> io::Result<Columns> {
        let (columns, rows) = self.fitted(layout, keys, records);
        self.fitted_table(heading, columns, rows)
    }

    fn fitted(&self, layout: Layout, keys: &[String], records: &[Value]) -> (Columns, Vec<Vec<Cell>>) {
        let mut columns: Vec<Column> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| Column { key: key.clone(), at, form: form_among(layout, key, records), width: None })
            .collect();
        let rows: Vec<Vec<Cell>> = records.iter().map(|record| self.row(&columns, record)).collect();
        let extents: Vec<Extent> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| Extent::of(&column.key.to_uppercase(), rows.iter().filter_map(|row| row.get(at))))
            .collect();
        let widths = fitted(&extents, &order(layout, keys), self.room());
        let taken = widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        let bars = match (layout.bars, self.room()) {
            // What a column says goes before a picture of it.
            (Some(bars), Some(room)) if widths.iter().all(Option::is_some) => Scale::of(bars, records, taken, room),
            _ => None,
        };
        for (column, width) in columns.iter_mut().zip(widths) {
            column.width = width;
        }
        let columns = Columns { columns, bars };
        let rows = columns.with_bars(rows, records);
        (columns, rows)
    }

    fn fitted_table(&mut self, heading: Option<&str>, columns: Columns, rows: Vec<Vec<Cell>>) -> io::Result<Columns> {
        let left_out: Vec<String> =
            columns.columns.iter().filter(|column| column.width.is_none()).map(|column| column.key.clone()).collect();
        if !left_out.is_empty() {
            self.left_out.push((heading.map(str::to_owned), left_out));
        }
        self.is_begun = true;
        let heads = columns.kept().map(|(_, column)| column.key.to_uppercase());
        let head = heads.chain(columns.bars.iter().map(|_| String::new())).collect();
        for head in laid_out(&columns.places(), &[head]) {
            writeln!(self.out, "{}", if self.shape.colored { bold(&head) } else { head })?;
        }
        self.print_rows(&columns, rows)?;
        Ok(columns)
    }

    /// Prints more rows under a head that stands already.
    pub fn rows(&mut self, columns: &Columns, records: &[Value]) -> io::Result<()> {
        let rows = records.iter().map(|record| self.row(&columns.columns, record)).collect();
        self.print_rows(columns, columns.with_bars(rows, records))
    }

    fn print_rows(&mut self, columns: &Columns, rows: Vec<Vec<Cell>>) -> io::Result<()> {
        // Off a terminal a later row may be wider than the first ones were; then it sticks out rather than being cut.
        let room = |width: usize| if self.shape.width.is_some() { width } else { usize::MAX };
        let shown = |row: &Vec<Cell>| {
            let cells = columns.kept().filter_map(|(width, column)| Some((width, row.get(column.at)?)));
            let bar = row.get(columns.columns.len()).filter(|_| columns.bars.is_some()).map(Cell::full);
            cells.map(|(width, cell)| cell.shown(room(width))).chain(bar).collect()
        };
        let rows: Vec<Vec<String>> = rows.iter().map(shown).collect();
        for line in laid_out(&columns.places(), &rows) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn row(&self, columns: &[Column], record: &Value) -> Vec<Cell> {
        columns.iter().map(|column| self.cell(column.form, record.get(column.key.as_str()), record)).collect()
    }

    /// Prints one record: as a row where that holds it and there is room for it, else on a page. `whole` tells everything that
    /// it holds rather than its columns and its lists.
    pub fn record(
        &mut self,
        layout: Layout,
        keys: &[String],
        record: &Value,
        whole: bool,
        opens: Opens,
    ) -> io::Result<()> {
        let is_column = |key: &String| keys.contains(key);
        let fields = || record.as_object().into_iter().flatten();
        let nests = fields().any(|(key, value)| !is_column(key) && self.is_nested(layout, key, value));
        let holds_more = whole && fields().any(|(key, _)| !is_column(key));
        if !nests && !holds_more {
            let (columns, rows) = self.fitted(layout, keys, std::slice::from_ref(record));
            let total: usize = columns
                .columns
                .iter()
                .zip(rows.iter().flatten())
                .fold(0, |total, (column, cell)| total + cell.width().max(column.key.len()) + GAP);
            if self.room().is_none_or(|room| total <= room + GAP) {
                return self.fitted_table(None, columns, rows).map(drop);
            }
        }
        let nested = |key: &String, value: &Value| !is_column(key) && self.is_nested(layout, key, value);
        let own: Vec<&String> = match whole {
            true => fields().filter(|(key, value)| !nested(key, value)).map(|(key, _)| key).collect(),
            false => keys.iter().collect(),
        };
        self.fields(layout, &own, record)?;
        self.nested(layout, keys, record, opens, "")
    }

    /// Prints several records: a row each, then the lists that each of them holds.
    pub fn records(&mut self, layout: Layout, keys: &[String], records: &[Value]) -> io::Result<()> {
        self.table(None, layout, keys, records)?;
        for record in records {
            let id = record.get("id").map(text).unwrap_or_default();
            self.nested(layout, keys, record, &[], &format!("{id} "))?;
        }
        Ok(())
    }

    /// A field a line, those that hold something; long ones go on in lines below.
    fn fields(&mut self, layout: Layout, keys: &[&String], record: &Value) -> io::Result<()> {
        let cells = keys.iter().map(|key| {
            let value = record.get(key.as_str());
            let form = match layout.form(key) {
                // The other one has a line of its own.
                Some(Form::Beside(other, _)) if keys.iter().any(|key| *key == other) => Form::Whole,
                Some(Form::Label(_)) => Form::Text,
                form => form.unwrap_or_else(|| form_of(value)),
            };
            (*key, self.cell(form, value, record))
        });
        let cells: Vec<(&String, Cell)> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        let longest = cells.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        self.is_begun |= !cells.is_empty();
        for (key, cell) in cells {
            let lines = cell.lines(self.room().map(|room| room.saturating_sub(longest + GAP)));
            for (at, line) in lines.iter().enumerate() {
                let key = if at == 0 { key.as_str() } else { "" };
                writeln!(self.out, "{key:longest$}  {line}")?;
            }
        }
        Ok(())
    }

    /// What a record holds beside its fields: a table for each list of objects, the fields of each object. Under the keys that
    /// `opens` names stand ids; each is printed with the command that opens it. Headings are the keys, behind `of`.
    fn nested(&mut self, layout: Layout, columns: &[String], record: &Value, opens: Opens, of: &str) -> io::Result<()> {
        for (key, value) in record.as_object().into_iter().flatten() {
            if columns.contains(key) || !self.is_nested(layout, key, value) {
                continue;
            }
            match value {
                Value::Array(records) => self.list(&format!("{of}{key}"), key, records)?,
                Value::Object(fields) if fields.values().any(|value| !is_empty(value)) => {
                    self.heading(&format!("{of}{key}"))?;
                    self.object(key, fields, opens)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A list of objects under a heading; columns in which nothing stands are not printed.
    fn list(&mut self, heading: &str, key: &str, records: &[Value]) -> io::Result<()> {
        let Some(first) = records.first() else {
            return Ok(());
        };
        let layout = (self.layout_of)(key);
        let (sheets, keys): (Vec<String>, Vec<String>) =
            keys_of(first).partition(|key| records.iter().any(|record| is_sheet(record.get(key))));
        let keys = self.filled(layout, &keys, records);
        self.heading(heading)?;
        self.table(Some(heading), layout, &keys, records)?;
        for sheet in &sheets {
            for record in records.iter().filter(|record| is_sheet(record.get(sheet))) {
                self.sheet(layout, record, sheet)?;
            }
        }
        Ok(())
    }

    /// Those of the keys under which something stands in any of the records.
    pub fn filled(&self, layout: Layout, keys: &[String], records: &[Value]) -> Vec<String> {
        let holds = |key: &&String| {
            records.iter().any(|record| {
                let value = record.get(key.as_str());
                !self.cell(form_among(layout, key, records), value, record).is_empty()
            })
        };
        keys.iter().filter(holds).cloned().collect()
    }

    /// An object of objects, such as the fields of a form: a table of its own, a row for each of them.
    fn sheet(&mut self, layout: Layout, record: &Value, sheet: &str) -> io::Result<()> {
        let name = sheet.strip_suffix('s').unwrap_or(sheet);
        let objects = record.get(sheet).and_then(Value::as_object);
        let rows: Vec<(&String, &Map<String, Value>)> =
            objects.into_iter().flatten().filter_map(|(key, fields)| Some((key, fields.as_object()?))).collect();
        let Some((_, first)) = rows.first() else {
            return Ok(());
        };
        let heading =
            self.cell(Form::Text, record.as_object().and_then(|fields| fields.values().next()), record).full();
        self.heading(&heading)?;
        let head = |(at, key): (usize, &str)| Column { key: key.to_owned(), at, form: Form::Text, width: None };
        let mut columns: Vec<Column> =
            std::iter::once(name).chain(first.keys().map(String::as_str)).enumerate().map(head).collect();
        let sheet_layout = (self.layout_of)(sheet);
        let cells = rows.iter().map(|(key, fields)| {
            // A field whose values are ids of others is told by its own name.
            let form = sheet_layout.form(key).filter(|form| matches!(form, Form::Named(_)));
            let own = std::iter::once(Cell::from(Item::whole(for_terminal(key))));
            own.chain(fields.values().map(|value| self.cell(form.unwrap_or(form_of(Some(value))), Some(value), record)))
                .collect::<Vec<Cell>>()
        });
        let cells: Vec<Vec<Cell>> = match self.room() {
            Some(_) => cells.collect(),
            None => cells.flat_map(below_each_other).collect(),
        };
        let keys: Vec<String> = columns.iter().map(|column| column.key.clone()).collect();
        let extents = columns
            .iter()
            .enumerate()
            .map(|(at, column)| Extent::of(&column.key.to_uppercase(), cells.iter().filter_map(|row| row.get(at))));
        let widths = fitted(&extents.collect::<Vec<_>>(), &order(layout, &keys), self.room());
        for (column, width) in columns.iter_mut().zip(widths) {
            column.width = width;
        }
        self.fitted_table(Some(&heading), Columns { columns, bars: None }, cells).map(drop)
    }

    /// A heading, a line below what stands before it.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        if self.is_begun {
            writeln!(self.out)?;
        }
        self.heading_on_top(text)
    }

    /// A heading before which nothing stands.
    pub fn heading_on_top(&mut self, text: &str) -> io::Result<()> {
        self.is_begun = true;
        writeln!(self.out, "{}", if self.shape.colored { bold(text) } else { text.to_owned() })
    }

    /// The keys of an object that hold something, a line each; a line for each id that a command opens.
    fn object(&mut self, kind: &str, object: &Map<String, Value>, opens: Opens) -> io::Result<()> {
        let opened = |key: &str| opens.iter().find(|(name, _)| *name == key).map(|(_, command)| *command);
        let mut ids: Vec<(&String, String, &str)> = Vec::new();
        for (key, value) in object {
            if let (Some(command), Value::Array(items)) = (opened(key), value) {
                let texts = items.iter().filter_map(Value::as_str);
                ids.extend(texts.map(|id| (key, for_terminal(id), command)));
            }
        }
        if ids.is_empty() {
            let layout = (self.layout_of)(kind);
            return self.fields(layout, &object.keys().collect::<Vec<_>>(), &Value::Object(object.clone()));
        }
        let longest = ids.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
        let widest = ids.iter().map(|(_, id, _)| id.len()).max().unwrap_or(0);
        for (key, id, command) in ids {
            writeln!(self.out, "{key:longest$}  {id:widest$}  {command} {id}")?;
        }
        Ok(())
    }

    fn is_nested(&self, layout: Layout, key: &str, value: &Value) -> bool {
        match value {
            Value::Object(_) => true,
            Value::Array(items) => match items.first() {
                Some(item) => item.is_object(),
                None => layout.lists.contains(&key),
            },
            _ => false,
        }
    }

    fn cell(&self, form: Form, value: Option<&Value>, record: &Value) -> Cell {
        match value {
            Some(Value::Array(items)) => {
                items.iter().map(|item| self.item(form, item, record)).collect::<Vec<_>>().into()
            }
            Some(value) => self.item(form, value, record).into(),
            None => Cell::default(),
        }
    }

    fn item(&self, form: Form, value: &Value, record: &Value) -> Item {
        let own = text(value);
        let other = |key: &str| record.get(key).and_then(Value::as_str);
        match (form, value) {
            (Form::Named(kind), Value::String(id)) => {
                Item { text: self.names.name(kind, id).map(for_terminal).unwrap_or_default(), whole: own }
            }
            (Form::Time, Value::String(moment)) => {
                Item::whole(self.names.name(TIME, moment).map(for_terminal).unwrap_or(own))
            }
            (Form::Either(_), Value::Object(fields)) => {
                let field = |key: &str| fields.get(key).and_then(Value::as_str);
                let name = field("kind").zip(field("id")).and_then(|(kind, id)| self.names.name(kind, id));
                Item {
                    whole: field("id").or(field("kind")).map(for_terminal).unwrap_or_default(),
                    text: name.map(for_terminal).unwrap_or_default(),
                }
            }
            (Form::Label(kind), Value::String(label)) => {
                let name = other(kind).map(|id| self.names.name(kind, id).unwrap_or(id));
                Item::text(if name == Some(label) { String::new() } else { own })
            }
            (Form::Beside(key, word), Value::String(day)) => match other(key) {
                Some(differs) if differs != day => Item::whole(format!("{own} {word} {}", for_terminal(differs))),
                _ => Item::whole(own),
            },
            (Form::Rare, Value::String(number)) if number.bytes().all(|digit| matches!(digit, b'0' | b'.')) => {
                Item::default()
            }
            (Form::Text, Value::String(_)) | (_, Value::Object(_)) => Item::text(own),
            _ => Item::whole(own),
        }
    }
}

/// How wide a cell of several values may be where no terminal says how much room there is.
const VALUES: usize = 60;

/// A row whose cells of many values go on in rows below it: all of them are told off a terminal, and none of them in a line of
/// hundreds of characters.
fn below_each_other(row: Vec<Cell>) -> Vec<Vec<Cell>> {
    let mut columns: Vec<_> = row.into_iter().map(|cell| cell.broken(VALUES).into_iter()).collect();
    let rows = columns.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
    (0..rows).map(|_| columns.iter_mut().map(|column| column.next().unwrap_or_default()).collect()).collect()
}

/// The columns by how little they tell; the first one is never left out.
fn order(layout: Layout, keys: &[String]) -> Vec<usize> {
    let place = |key: &str| keys.iter().position(|known| known == key).filter(|at| *at > 0);
    let mut order: Vec<usize> = layout.least.iter().filter_map(|key| place(key)).collect();
    for at in (1..keys.len()).rev() {
        if !order.contains(&at) {
            order.push(at);
        }
    }
    order
}

fn keys_of(record: &Value) -> impl Iterator<Item = String> {
    record.as_object().into_iter().flatten().map(|(key, _)| key.clone())
}

/// What the values under `key` are: as it is known, else as they look.
fn form_among(layout: Layout, key: &str, records: &[Value]) -> Form {
    layout.form(key).unwrap_or_else(|| {
        let values = || records.iter().filter_map(|record| record.get(key)).filter(|value| !value.is_null());
        match values()
            .map(|value| form_of(Some(value)))
            .reduce(|one, other| if one == other { one } else { Form::Text })
        {
            Some(form) => form,
            None => Form::Whole,
        }
    })
}

fn form_of(value: Option<&Value>) -> Form {
    match value {
        Some(Value::Number(_)) => Form::Number,
        Some(Value::String(text)) if super::is_number(text) => Form::Number,
        Some(Value::String(_) | Value::Object(_)) => Form::Text,
        _ => Form::Whole,
    }
}

fn is_sheet(value: Option<&Value>) -> bool {
    value.and_then(Value::as_object).is_some_and(|fields| fields.values().any(Value::is_object))
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

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => for_terminal(text),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("code"), fields.get("message")) {
            (Some(code), Some(message)) => format!("{}: {}", text(code), text(message)),
            _ => fields
                .iter()
                .filter(|(_, value)| !is_empty(value))
                .map(|(name, value)| match name.as_str() {
                    // What was done is told as it was typed.
                    "command" => text(value),
                    name => format!("{}={}", for_terminal(name), text(value)),
                })
                .collect::<Vec<_>>()
                .join(" "),
        },
        Value::Number(number) => number.to_string(),
    }
}
