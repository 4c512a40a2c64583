//! CSV as lines: each record becomes the JSON object that it would be, so that everything behind reads one form.

use std::io::BufRead;
use std::sync::mpsc::SyncSender;

use csv::ByteRecord;
use serde_json::value::RawValue;

use super::csv_frame::{self, Frame, Known};
use crate::command::import::{CsvForm, NESTED, WORKED_OUT_OF_LINES};
use crate::command::pipeline::bulk::{Batch, Line};
use crate::command::pipeline::object::{Given, pairs_of_json, text_of as text_given};
use crate::domain::value::number::{parse_scaled, show_scaled};
use crate::domain::value::reference::generated_parts;
use crate::output::csv::text_of;

/// Reads CSV and sends its records on as lines; rows of one document follow each other and become one.
pub fn read<R: BufRead>(mut rows: Rows<R>, sender: &SyncSender<Batch>) {
    csv_frame::send_on(sender, |emit| rows.each(emit));
}

/// Rows behind their header.
pub struct Rows<R> {
    frame: Frame<R>,
    form: CsvForm,
    columns: Vec<Column>,
}

/// A column and what is done with its cells.
struct Column {
    name: String,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The desk works it out itself.
    PassedOver,
    /// A value of the record, or of a line of its own where it is a document.
    Value { of_line: bool, kind: Kind },
    /// What a document is matched with, of which payments tell what was paid.
    Matched,
    /// A column that the records do not have: refused where it says anything.
    Unknown,
}

/// What a cell is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Switch,
    /// A list or an object.
    Nested,
    /// The lines of a document.
    Lines,
}

impl<R: BufRead> Rows<R> {
    /// Reads the header.
    pub fn of(input: R, form: CsvForm) -> std::io::Result<Rows<R>> {
        let frame = Frame::open(input, Known::NOTHING)?;
        let names = frame.header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned());
        let columns = names.map(|name| Column { role: Role::of(&name, &form), name }).collect();
        Ok(Rows { frame, form, columns })
    }

    /// The columns that are not read.
    pub fn passed_over(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|column| column.role == Role::PassedOver).map(|column| column.name.as_str())
    }

    fn each(&mut self, emit: &mut dyn FnMut(Line) -> bool) -> Result<(), csv::Error> {
        // A cell with the lines themselves makes each row a document of its own.
        let has_lines = |column: &Column| matches!(column.role, Role::Value { kind: Kind::Lines, .. });
        let lines_in_rows = !self.form.lines.is_empty() && !self.columns.iter().any(has_lines);
        let mut open: Option<Document> = None;
        let mut row = ByteRecord::new();
        while let Some(number) = self.frame.next(&mut row)? {
            let (mut whole, mut line) = (Fields::default(), Fields::default());
            for (place, cell) in row.iter().enumerate() {
                match self.columns.get(place) {
                    Some(Column { name, role: role @ Role::Value { of_line: true, .. } }) => {
                        line.push(name, *role, cell)
                    }
                    Some(Column { name, role }) => whole.push(name, *role, cell),
                    None => whole.push(&format!("column {}", place + 1), Role::Unknown, cell),
                }
            }
            match &mut open {
                // The same document goes on while its own columns are repeated.
                Some(document) if lines_in_rows && document.whole == whole.0 => {
                    document.lines.push(line.0);
                }
                _ => {
                    let begun = Document { number, whole: whole.0, lines: vec![line.0] };
                    if let Some(before) = open.replace(begun)
                        && !emit(before.line(lines_in_rows))
                    {
                        return Ok(());
                    }
                }
            }
        }
        if let Some(last) = open {
            emit(last.line(lines_in_rows));
        }
        Ok(())
    }
}

impl Role {
    fn of(name: &str, form: &CsvForm) -> Role {
        // A sum that the list shows is that of the document.
        let of_line = form.lines.contains(&name) && !form.shown.contains(&name);
        let kind = match name {
            "lines" => Kind::Lines,
            _ if form.switches.contains(&name) => Kind::Switch,
            _ if NESTED.contains(&name) => Kind::Nested,
            _ => Kind::Text,
        };
        if of_line || form.keys.contains(&name) {
            Role::Value { of_line, kind }
        } else if name == "matched" && form.keys.contains(&"paid") {
            Role::Matched
        } else if form.shown.contains(&name) {
            Role::PassedOver
        } else {
            Role::Unknown
        }
    }
}

/// A record being put together.
struct Document {
    /// The line that it begins on.
    number: u64,
    whole: Vec<u8>,
    lines: Vec<Vec<u8>>,
}

impl Document {
    fn line(self, lines_in_rows: bool) -> Line {
        let mut record = Fields(self.whole);
        let mut lines = self.lines.iter().filter(|line| !line.is_empty()).peekable();
        // Lines beside a cell with lines are told too, and refused as what is given twice.
        if lines_in_rows || lines.peek().is_some() {
            let lines: Vec<Vec<u8>> = lines.map(|line| [b"{", line.as_slice(), b"}"].concat()).collect();
            record.value("lines", &[b"[", lines.join(&b',').as_slice(), b"]"].concat());
        }
        Line { number: self.number, bytes: Some([b"{", record.0.as_slice(), b"}"].concat()) }
    }
}

/// The keys and values of an object, without its braces.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    /// Adds a cell; an empty one is null where the record has such a key, and says nothing elsewhere.
    fn push(&mut self, name: &str, role: Role, cell: &[u8]) {
        let kind = match role {
            Role::PassedOver => return,
            Role::Value { of_line: false, .. } if cell.is_empty() => return self.value(name, b"null"),
            _ if cell.is_empty() => return,
            Role::Value { kind, .. } => kind,
            Role::Matched | Role::Unknown => Kind::Text,
        };
        let Ok(text) = std::str::from_utf8(cell) else {
            // Left as it is, so that the line is refused for it.
            return self.value(name, cell);
        };
        let is_nested = text.starts_with(['[', '{']) && serde_json::from_str::<&RawValue>(text).is_ok();
        let switch = if kind == Kind::Switch { csv_frame::switch(text) } else { None };
        match (kind, switch) {
            _ if role == Role::Matched => self.value("paid", &as_json(&paid(text))),
            (_, Some(switch)) => self.value(name, switch.to_string().as_bytes()),
            (Kind::Lines, _) if is_nested => self.value(name, as_told(text).as_bytes()),
            (Kind::Nested, _) if is_nested => self.value(name, in_one_line(text).as_bytes()),
            _ => self.value(name, &as_json(text_of(text))),
        }
    }

    fn value(&mut self, name: &str, json: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.0.extend(as_json(name));
        self.0.push(b':');
        self.0.extend(json);
    }
}

fn as_json(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}

fn in_one_line(json: &str) -> String {
    json.replace(['\r', '\n'], " ")
}

/// Lines as they may be told: without what the desk works out of them itself, and without what is null.
fn as_told(lines: &str) -> String {
    let told = |line: &&RawValue| match pairs_of_json(line.get()) {
        Ok(pairs) => {
            let mut told = Fields::default();
            for (name, given) in pairs {
                if let (Given::Json(value), false) = (&given, given.is_null() || WORKED_OUT_OF_LINES.contains(&&*name))
                {
                    told.value(&name, value.get().as_bytes());
                }
            }
            format!("{{{}}}", String::from_utf8_lossy(&told.0))
        }
        // Refused as what it is.
        Err(_) => line.get().to_owned(),
    };
    match serde_json::from_str::<Vec<&RawValue>>(lines) {
        Ok(lines) => in_one_line(&format!("[{}]", lines.iter().map(told).collect::<Vec<_>>().join(","))),
        Err(_) => in_one_line(lines),
    }
}

/// What was paid of a document, by what it is matched with: payments have ids of their own, the rest are documents.
fn paid(matched: &str) -> String {
    const DIGITS: u32 = 6;
    let amount = |matched: &&RawValue| {
        let pairs = pairs_of_json(matched.get()).ok()?;
        let text =
            |name: &str| pairs.iter().find(|(known, _)| known == name).and_then(|(_, given)| text_given(given).ok()?);
        generated_parts(&text("with")?).filter(|(prefix, _)| *prefix == "P")?;
        parse_scaled(&text("amount")?, DIGITS).ok()
    };
    let matched = serde_json::from_str::<Vec<&RawValue>>(matched).unwrap_or_default();
    let paid = matched.iter().filter_map(amount).fold(0, i64::saturating_add);
    show_scaled(paid, DIGITS, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(csv: &str, form: CsvForm) -> Vec<(u64, String)> {
        let mut lines = Vec::new();
        let mut rows = Rows::of(csv.as_bytes(), form).unwrap();
        rows.each(&mut |line| {
            lines.push((line.number, String::from_utf8(line.bytes.unwrap()).unwrap()));
            true
        })
        .unwrap();
        lines
    }

    fn form(keys: &[&'static str], lines: &[&'static str], switches: &[&'static str]) -> CsvForm {
        let shown = &["id", "total", "matched"];
        CsvForm { keys: keys.to_vec(), lines: lines.to_vec(), switches: switches.to_vec(), shown: shown.to_vec() }
    }

    #[test]
    fn a_row_is_the_object_that_it_would_be() {
        let csv = concat!(
            "\u{feff}id,name,included,taxes,total\r\n",
            "A,\"Ada, \"\"Ltd\"\"\nand sons\",Yes,\"[\"\"VAT20\"\"]\",12.00\r\n",
            "B,'=1+1,,,\r\n",
            "C,'tis,maybe,VAT20,,extra\r\n",
            "D,\"[1]\",false,[,\r\n"
        );
        assert_eq!(
            lines(csv, form(&["id", "name", "included", "taxes"], &[], &["included"])),
            [
                (2, r#"{"id":"A","name":"Ada, \"Ltd\"\nand sons","included":true,"taxes":["VAT20"]}"#.to_owned()),
                (4, r#"{"id":"B","name":"=1+1","included":null,"taxes":null}"#.to_owned()),
                (5, r#"{"id":"C","name":"'tis","included":"maybe","taxes":"VAT20","column 6":"extra"}"#.to_owned()),
                (6, r#"{"id":"D","name":"[1]","included":false,"taxes":"["}"#.to_owned()),
            ]
        );
    }

    #[test]
    fn what_parts_the_columns_is_seen_from_the_header() {
        for (csv, expected) in [
            ("id;name\nA;a,b\n", r#"{"id":"A","name":"a,b"}"#),
            ("id\tname\nA\ta;b\n", r#"{"id":"A","name":"a;b"}"#),
            ("id,name\nA,a;b\n", r#"{"id":"A","name":"a;b"}"#),
            ("id\nA;b\n", r#"{"id":"A;b"}"#),
            ("\"id\";\"a,b,c\nd\"\nA;1\n", "{\"id\":\"A\",\"a,b,c\\nd\":\"1\"}"),
        ] {
            let lines = lines(csv, form(&["id", "name"], &[], &[]));
            assert_eq!(lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>(), [expected], "{csv:?}");
        }
    }

    #[test]
    fn the_lines_of_a_document_may_stand_in_one_cell() {
        let form = form(&["id", "paid", "lines"], &["product", "quantity"], &[]);
        let csv = concat!(
            "id,lines,matched,total\n",
            "I1,\"[{\"\"line\"\":1,\"\"product\"\":\"\"LAMP\"\",\"\"lot\"\":null,\n\"\"quantity\"\":12345678.123456,\"\"total\"\":\"\"1\"\"}]\",[],9.00\n",
            "I1,\"[{\"\"line\"\":1,\"\"product\"\":\"\"LAMP\"\",\"\"lot\"\":null,\n\"\"quantity\"\":12345678.123456,\"\"total\"\":\"\"1\"\"}]\",[],9.00\n",
            "I2,LAMP,\"[{\"\"with\"\":\"\"P00001\"\",\"\"amount\"\":\"\"1.50\"\"},{\"\"with\"\":\"\"D00002\"\",\"\"amount\"\":\"\"7\"\"},{\"\"with\"\":\"\"P00002\"\",\"\"amount\"\":\"\"2\"\"}]\",\n",
        );
        let told = r#"{"id":"I1","lines":[{"product":"LAMP","quantity":12345678.123456}],"paid":"0"}"#;
        assert_eq!(
            lines(csv, form.clone()),
            [(2, told.to_owned()), (4, told.to_owned()), (6, r#"{"id":"I2","lines":"LAMP","paid":"3.5"}"#.to_owned()),]
        );
        // Told in both ways they are told twice, which is refused.
        assert_eq!(
            lines("id,lines,product\nI1,[],LAMP\n", form),
            [(2, r#"{"id":"I1","lines":[],"lines":[{"product":"LAMP"}]}"#.to_owned())]
        );
    }

    #[test]
    fn rows_that_repeat_their_document_are_its_lines() {
        let form = form(&["id", "customer", "lines"], &["product", "quantity"], &[]);
        let csv = "id,customer,product,quantity\nS1,C1,LAMP,3\nS1,C1,BULB,1\nS2,C1,LAMP,2\nS1,C2,LAMP,1\nS3,C3,,\n";
        assert_eq!(
            lines(csv, form),
            [
                (
                    2,
                    r#"{"id":"S1","customer":"C1","lines":[{"product":"LAMP","quantity":"3"},{"product":"BULB","quantity":"1"}]}"#
                        .to_owned()
                ),
                (4, r#"{"id":"S2","customer":"C1","lines":[{"product":"LAMP","quantity":"2"}]}"#.to_owned()),
                (5, r#"{"id":"S1","customer":"C2","lines":[{"product":"LAMP","quantity":"1"}]}"#.to_owned()),
                (6, r#"{"id":"S3","customer":"C3","lines":[]}"#.to_owned()),
            ]
        );
    }
}
