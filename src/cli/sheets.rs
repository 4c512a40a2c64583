//! Commands that come as a sheet or as a list of ids, as lines of `apply`: each row, and each id, becomes the JSON object that it would be.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::mpsc::SyncSender;

use clap::{ArgAction, Command};
use csv::ByteRecord;
use serde_json::value::RawValue;

use super::csv_frame::{self, Frame, Known};
use crate::command::pipeline::bulk::{Batch, Line};
use crate::command::{Action, Entry, entry};
use crate::domain::Result;
use crate::output::csv::text_of;

/// A sheet of commands behind its header.
pub struct Sheet<R> {
    frame: Frame<R>,
    /// The keys that its columns are named for.
    names: Vec<String>,
    /// The command of rows that name none.
    command: Option<String>,
}

/// The name of what a changing command is done to: its first argument without a flag. None where it makes what it names.
pub fn reference_of(entry: &Entry) -> Option<&'static str> {
    if !matches!(entry.action, Action::Change { .. }) {
        return None;
    }
    let command = (entry.arguments)(Command::new("command"));
    let first = command.get_positionals().next()?.get_id().as_str().to_owned();
    (first != "id").then(|| &*first.leak())
}

impl<R: BufRead> Sheet<R> {
    /// Reads the header. What is done is said by a column `command`, or by what was given for all rows.
    pub fn open(name: &str, input: R, command: Option<String>) -> Result<Sheet<R>> {
        let frame = Frame::open(input, Known::NOTHING).map_err(|error| super::bulk::unreadable(name, &error))?;
        let names: Vec<String> = frame.header.iter().map(key_of).collect();
        if command.is_none() && !names.iter().any(|name| name == COMMAND) {
            let message = format!("{name} has no column command, and --command does not say what its rows do");
            let hint = Some("aftersales apply --help".to_owned());
            return Err(super::report::fault("missing_field", message, Some(COMMAND), None, hint));
        }
        Ok(Sheet { frame, names, command })
    }

    /// Sends rows on as commands.
    pub fn read(mut self, sender: &SyncSender<Batch>) {
        csv_frame::send_on(sender, |emit| self.each(emit));
    }

    fn each(&mut self, emit: &mut dyn FnMut(Line) -> bool) -> std::result::Result<(), csv::Error> {
        let Sheet { frame, names, command } = self;
        let at = names.iter().position(|name| name == COMMAND);
        let mut switches: HashMap<String, Vec<String>> = HashMap::new();
        let mut row = ByteRecord::new();
        while let Some(number) = frame.next(&mut row)? {
            if row.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let named = at.and_then(|at| row.get(at)).map(|cell| String::from_utf8_lossy(cell).trim().to_owned());
            let named = named.filter(|named| !named.is_empty()).or_else(|| command.clone()).unwrap_or_default();
            let switches = switches.entry(named).or_insert_with_key(|named| switches_of(named));
            let bytes = line_of(names, switches, &row);
            if !emit(Line { number, bytes: Some(bytes) }) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The column that says what is done.
const COMMAND: &str = "command";

/// A name of a column as the key that it means: `Credit note` and `credit-note` are `credit_note`.
fn key_of(name: &[u8]) -> String {
    String::from_utf8_lossy(name).trim().to_lowercase().replace([' ', '-'], "_")
}

/// The keys of a command that are true or false.
fn switches_of(command: &str) -> Vec<String> {
    let Some(entry) = entry(command) else {
        return Vec::new();
    };
    let arguments = (entry.arguments)(Command::new("command"));
    let is_switch = |argument: &&clap::Arg| matches!(argument.get_action(), ArgAction::SetTrue);
    arguments.get_arguments().filter(is_switch).map(|argument| argument.get_id().to_string()).collect()
}

/// A row as the object of a command: an empty cell says nothing.
fn line_of(names: &[String], switches: &[String], row: &ByteRecord) -> Vec<u8> {
    let mut object: Vec<u8> = Vec::from(b"{");
    for (place, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let name = names.get(place).cloned().unwrap_or_else(|| format!("column {}", place.saturating_add(1)));
        if object.len() > 1 {
            object.push(b',');
        }
        object.extend(serde_json::to_vec(&name).unwrap_or_default());
        object.push(b':');
        let Ok(text) = std::str::from_utf8(cell) else {
            // Left as it is, so that the line is refused for it.
            object.extend(cell);
            continue;
        };
        let is_nested = text.starts_with(['[', '{']) && serde_json::from_str::<&RawValue>(text).is_ok();
        let switch = if switches.contains(&name) { csv_frame::switch(text) } else { None };
        let value = match switch {
            Some(true) => b"true".to_vec(),
            // A flag that is not set is not said.
            Some(false) => b"null".to_vec(),
            None if is_nested => text.replace(['\r', '\n'], " ").into_bytes(),
            None => serde_json::to_vec(text_of(text)).unwrap_or_default(),
        };
        object.extend(value);
    }
    object.push(b'}');
    object
}

/// Sends ids on as commands, one a line: `command` done to each.
pub fn read_ids(input: impl BufRead, command: &str, reference: &str, sender: &SyncSender<Batch>) {
    csv_frame::send_on(sender, |emit| each_id(input, command, reference, emit));
}

fn each_id(
    input: impl BufRead,
    command: &str,
    reference: &str,
    emit: &mut dyn FnMut(Line) -> bool,
) -> std::io::Result<()> {
    for (number, line) in (1..).zip(input.split(b'\n')) {
        let bytes = line?;
        let bytes = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.is_empty() {
            continue;
        }
        let line = match std::str::from_utf8(bytes) {
            Ok(id) => done_to(command, reference, id),
            Err(_) => bytes.to_vec(),
        };
        if !emit(Line { number, bytes: Some(line) }) {
            break;
        }
    }
    Ok(())
}

/// The object of a command that is done to one record.
fn done_to(command: &str, reference: &str, id: &str) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({ "command": command, reference: id })).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(csv: &str, command: Option<&str>) -> Vec<(u64, String)> {
        let mut lines = Vec::new();
        let mut sheet = Sheet::open("sheet.csv", csv.as_bytes(), command.map(str::to_owned)).unwrap();
        sheet
            .each(&mut |line| {
                lines.push((line.number, String::from_utf8(line.bytes.unwrap()).unwrap()));
                true
            })
            .unwrap();
        lines
    }

    #[test]
    fn rows_are_commands() {
        let csv = "\u{feff}Command;Ticket;invoice;post;line\r\nticket refund;T1;INV/2026/1;yes;\"[\"\"1=1\"\",\"\"2=1\"\"]\"\r\n;;;;\r\nticket note;T1;;;x\r\n";
        assert_eq!(
            lines(csv, None),
            [
                (2, r#"{"command":"ticket refund","ticket":"T1","invoice":"INV/2026/1","post":true,"line":["1=1","2=1"]}"#.to_owned()),
                (4, r#"{"command":"ticket note","ticket":"T1","line":"x"}"#.to_owned()),
            ]
        );
        // What is no switch of the command is a text.
        assert_eq!(
            lines("ticket,text\nT1,true\n", Some("ticket note")),
            [(2, r#"{"ticket":"T1","text":"true"}"#.to_owned())]
        );
        assert_eq!(
            lines("ticket\nT1,more\n", Some("ticket note")),
            [(2, r#"{"ticket":"T1","column 2":"more"}"#.to_owned())]
        );
        // As a spreadsheet writes it for another, and in another language.
        assert_eq!(
            lines("sep=|\r\n\"Command\"|ticket|post\r\nticket refund|T1|Ja\r\nticket refund|T2|FALSE\r\n", None),
            [
                (3, r#"{"command":"ticket refund","ticket":"T1","post":true}"#.to_owned()),
                (4, r#"{"command":"ticket refund","ticket":"T2","post":null}"#.to_owned()),
            ]
        );
    }

    #[test]
    fn ids_are_done_one_by_one() {
        let (sender, receiver) = std::sync::mpsc::sync_channel(4);
        read_ids(&b"\xef\xbb\xbfD1\r\n\nD2"[..], "invoice post", "invoice", &sender);
        let lines: Vec<(u64, String)> = receiver
            .try_iter()
            .flat_map(|batch| batch.unwrap())
            .map(|line| (line.number, String::from_utf8(line.bytes.unwrap()).unwrap()))
            .collect();
        let line = |id: &str| format!(r#"{{"command":"invoice post","invoice":"{id}"}}"#);
        assert_eq!(lines, [(1, line("D1")), (3, line("D2"))]);
    }

    #[test]
    fn what_a_command_is_done_to_is_its_first_word() {
        let of = |name: &str| reference_of(entry(name).unwrap());
        assert_eq!(of("invoice post"), Some("invoice"));
        assert_eq!(of("ticket refund"), Some("ticket"));
        assert_eq!(of("customer create"), None);
        assert_eq!(of("customer list"), None);
    }
}
