//! CSV as lines: each record becomes the JSON object that it would be, so that everything behind reads one form.

use std::io::BufRead;
use std::sync::mpsc::SyncSender;

use csv::{ByteRecord, ReaderBuilder};

use crate::command::import::CsvForm;
use crate::command::pipeline::bulk::{Batch, Line};

/// How many records go on at a time.
const BATCH: usize = 100;

/// What our own CSV puts before a cell that a spreadsheet would take for a formula.
const GUARD: char = '\'';

/// Reads CSV and sends its records on as lines; rows of one document follow each other and become one.
pub fn read(reader: Box<dyn BufRead + Send>, form: CsvForm, sender: &SyncSender<Batch>) {
    let mut rows = Rows::of(reader, form);
    let mut batch = Vec::new();
    let ended = rows.each(&mut |line| {
        batch.push(line);
        batch.len() < BATCH || sender.send(Ok(std::mem::take(&mut batch))).is_ok()
    });
    let _ = match ended {
        Ok(()) => sender.send(Ok(batch)),
        Err(error) => sender.send(Ok(batch)).and_then(|()| sender.send(Err(std::io::Error::other(error)))),
    };
}

struct Rows<R> {
    reader: csv::Reader<R>,
    form: CsvForm,
    /// What is added to the line that the reader tells: it takes the second half of CR LF for the next record's.
    ahead: u64,
}

impl<R: BufRead> Rows<R> {
    fn of(mut reader: R, form: CsvForm) -> Rows<R> {
        // A fault of reading is met again by the reader itself.
        let ahead = reader.fill_buf().is_ok_and(|bytes| {
            let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or_default();
            end > 0 && bytes.get(end - 1) == Some(&b'\r')
        });
        Rows { reader: ReaderBuilder::new().flexible(true).from_reader(reader), form, ahead: u64::from(ahead) }
    }

    fn each(&mut self, emit: &mut dyn FnMut(Line) -> bool) -> Result<(), csv::Error> {
        let names: Vec<String> =
            self.reader.byte_headers()?.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let is_of_line = |name: &str| self.form.lines.contains(&name);
        let mut open: Option<Document> = None;
        let mut row = ByteRecord::new();
        while self.reader.read_byte_record(&mut row)? {
            let number = row.position().map_or(0, csv::Position::line) + self.ahead;
            let (mut whole, mut line) = (Fields::default(), Fields::default());
            for (place, cell) in row.iter().enumerate() {
                let name = names.get(place).cloned().unwrap_or_else(|| format!("column {}", place + 1));
                let fields = if is_of_line(&name) { &mut line } else { &mut whole };
                fields.push(&name, cell, self.form.switches.contains(&name.as_str()));
            }
            match &mut open {
                // The same document goes on while its own columns are repeated.
                Some(document) if !self.form.lines.is_empty() && document.whole == whole.0 => {
                    document.lines.push(line.0);
                }
                _ => {
                    let begun = Document { number, whole: whole.0, lines: vec![line.0] };
                    if let Some(before) = open.replace(begun)
                        && !emit(before.line(&self.form))
                    {
                        return Ok(());
                    }
                }
            }
        }
        if let Some(last) = open {
            emit(last.line(&self.form));
        }
        Ok(())
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
    fn line(self, form: &CsvForm) -> Line {
        let mut bytes = b"{".to_vec();
        bytes.extend(&self.whole);
        if !form.lines.is_empty() {
            if !self.whole.is_empty() {
                bytes.push(b',');
            }
            bytes.extend(b"\"lines\":[");
            for (place, line) in self.lines.iter().filter(|line| !line.is_empty()).enumerate() {
                if place > 0 {
                    bytes.push(b',');
                }
                bytes.push(b'{');
                bytes.extend(line);
                bytes.push(b'}');
            }
            bytes.push(b']');
        }
        bytes.push(b'}');
        Line { number: self.number, bytes: Some(bytes) }
    }
}

/// The keys and values of an object, without its braces.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    /// Adds a cell; an empty one says nothing.
    fn push(&mut self, name: &str, cell: &[u8], is_switch: bool) {
        if cell.is_empty() {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.0.extend(as_json(name));
        self.0.push(b':');
        match std::str::from_utf8(cell) {
            Ok(text) if is_switch && matches!(text, "true" | "false") => self.0.extend(cell),
            // Nested values stand in a cell as JSON text.
            Ok(text) if text.starts_with(['[', '{']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => {
                self.0.extend(text.replace(['\r', '\n'], " ").as_bytes());
            }
            Ok(text) => self.0.extend(as_json(without_guard(text))),
            // Left as it is, so that the line is refused for it.
            Err(_) => self.0.extend(cell),
        }
    }
}

fn as_json(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}

fn without_guard(text: &str) -> &str {
    match text.strip_prefix(GUARD) {
        Some(guarded) if guarded.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r']) => guarded,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(csv: &str, form: CsvForm) -> Vec<(u64, String)> {
        let mut lines = Vec::new();
        let mut rows = Rows::of(csv.as_bytes(), form);
        rows.each(&mut |line| {
            lines.push((line.number, String::from_utf8(line.bytes.unwrap()).unwrap()));
            true
        })
        .unwrap();
        lines
    }

    #[test]
    fn a_row_is_the_object_that_it_would_be() {
        let form = CsvForm { lines: Vec::new(), switches: vec!["included"] };
        let csv = "\u{feff}id,name,included,taxes\r\nA,\"Ada, \"\"Ltd\"\"\nand sons\",true,\"[\"\"VAT20\"\"]\"\r\nB,'=1+1,,\r\nC,'tis,x,,extra\r\n";
        assert_eq!(
            lines(csv, form),
            [
                (2, r#"{"id":"A","name":"Ada, \"Ltd\"\nand sons","included":true,"taxes":["VAT20"]}"#.to_owned()),
                (4, r#"{"id":"B","name":"=1+1"}"#.to_owned()),
                (5, r#"{"id":"C","name":"'tis","included":"x","column 5":"extra"}"#.to_owned()),
            ]
        );
    }

    #[test]
    fn rows_that_repeat_their_document_are_its_lines() {
        let form = CsvForm { lines: vec!["product", "quantity"], switches: Vec::new() };
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
