//! Commands that come as a sheet or as a list of ids, as lines of `apply`: each row, and each id, becomes the JSON object that it would be.

use std::collections::HashMap;
use std::io::{BufRead, Cursor, Read as _};
use std::sync::mpsc::SyncSender;

use clap::{ArgAction, Command};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::value::RawValue;

use super::csv_lines::separator_of;
use crate::command::pipeline::bulk::{Batch, Line};
use crate::command::{Action, Entry, entry};
use crate::output::csv::text_of;

/// How many lines go on at a time.
const BATCH: usize = 100;

/// The name of what a changing command is done to: its first argument without a flag. None where it makes what it names.
pub fn reference_of(entry: &Entry) -> Option<&'static str> {
    if !matches!(entry.action, Action::Change { .. }) {
        return None;
    }
    let command = (entry.arguments)(Command::new("command"));
    let first = command.get_positionals().next()?.get_id().as_str().to_owned();
    (first != "id").then(|| &*first.leak())
}

/// Sends rows on as commands: the header names their keys, and `command` is one of them where none is given for all.
pub fn read(mut input: impl BufRead, command: Option<String>, sender: &SyncSender<Batch>) {
    let mut batch = Vec::new();
    let ended = each(&mut input, command, &mut |line| {
        batch.push(line);
        batch.len() < BATCH || sender.send(Ok(std::mem::take(&mut batch))).is_ok()
    });
    let _ = match ended {
        Ok(()) => sender.send(Ok(batch)),
        Err(error) => sender.send(Ok(batch)).and_then(|()| sender.send(Err(std::io::Error::other(error)))),
    };
}

/// The sheet, where it says what is done: by a column `command`, or by what was given for all rows.
pub fn with_commands(
    name: &str,
    mut input: Box<dyn BufRead + Send>,
    is_given: bool,
) -> crate::domain::Result<Box<dyn BufRead + Send>> {
    let mut header = Vec::new();
    input.read_until(b'\n', &mut header).map_err(|error| super::bulk::unreadable(name, &error))?;
    let named = || {
        header
            .split(|byte| b",;\t".contains(byte))
            .any(|name| key_of(name).trim_matches(['"', '\u{feff}']) == "command")
    };
    if !is_given && !named() {
        let message = format!("{name} has no column command, and --command does not say what its rows do");
        let hint = Some("aftersales apply --help".to_owned());
        return Err(super::report::fault("missing_field", message, Some("command"), None, hint));
    }
    Ok(Box::new(Cursor::new(header).chain(input)))
}

fn each(
    input: &mut impl BufRead,
    command: Option<String>,
    emit: &mut dyn FnMut(Line) -> bool,
) -> Result<(), csv::Error> {
    let mut header = Vec::new();
    input.read_until(b'\n', &mut header)?;
    let ahead = u64::from(header.len() > 2 && header.ends_with(b"\r\n"));
    let separator = separator_of(&header);
    let mut reader =
        ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(Cursor::new(header).chain(input));
    let names: Vec<String> = reader.byte_headers()?.iter().map(key_of).collect();
    let mut switches: HashMap<String, Vec<String>> = HashMap::new();
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row)? {
        if row.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let number = row.position().map_or(0, csv::Position::line) + ahead;
        let at = names.iter().position(|name| name == "command");
        let named = at.and_then(|at| row.get(at)).map(|cell| String::from_utf8_lossy(cell).trim().to_owned());
        let named = named.filter(|named| !named.is_empty()).or_else(|| command.clone()).unwrap_or_default();
        let switches = switches.entry(named).or_insert_with_key(|named| switches_of(named));
        let bytes = line_of(&names, switches, &row);
        if !emit(Line { number, bytes: Some(bytes) }) {
            return Ok(());
        }
    }
    Ok(())
}

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
        let value = match text {
            text if is_nested => text.replace(['\r', '\n'], " ").into_bytes(),
            "true" | "yes" | "1" | "x" if switches.contains(&name) => b"true".to_vec(),
            "false" | "no" | "0" if switches.contains(&name) => b"null".to_vec(),
            text => serde_json::to_vec(text_of(text)).unwrap_or_default(),
        };
        object.extend(value);
    }
    object.push(b'}');
    object
}

/// Sends ids on as commands, one a line: `command` done to each.
pub fn read_ids(input: impl BufRead, command: &str, reference: &str, sender: &SyncSender<Batch>) {
    let mut batch = Vec::new();
    for (number, line) in (1..).zip(input.split(b'\n')) {
        let bytes = match line {
            Ok(bytes) => bytes,
            Err(error) => {
                let _ = sender.send(Ok(batch)).and_then(|()| sender.send(Err(error)));
                return;
            }
        };
        let bytes = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.is_empty() {
            continue;
        }
        let line = match std::str::from_utf8(bytes) {
            Ok(id) => done_to(command, reference, id),
            Err(_) => bytes.to_vec(),
        };
        batch.push(Line { number, bytes: Some(line) });
        if batch.len() >= BATCH && sender.send(Ok(std::mem::take(&mut batch))).is_err() {
            return;
        }
    }
    let _ = sender.send(Ok(batch));
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
        each(&mut csv.as_bytes(), command.map(str::to_owned), &mut |line| {
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
        assert_eq!(lines("ticket\nT1,more\n", None), [(2, r#"{"ticket":"T1","column 2":"more"}"#.to_owned())]);
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
