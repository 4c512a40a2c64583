//! `apply`: the input as lines, read by a thread of its own so that a group can end when nothing is waiting; answers and the
//! summary to where they belong.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;

use super::report::{self, Exit};
use super::{Outside, Settings};
use crate::command::Entry;
use crate::command::apply::Apply;
use crate::command::bulk::{Bulk, LONGEST_LINE, Line, Lines, OnError, Summary};
use crate::command::credit_note;
use crate::command::pipeline::Session;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::output::{Format, PrintError, Records, Shape};
use crate::store::{Access, Db};

/// `apply` as clap sees it.
pub fn apply_command() -> Command {
    Command::new("apply")
        .about("Run one command a line, given as JSON objects")
        .arg(Arg::new("file").value_name("FILE").help("The file, or - for standard input (default)"))
        .arg(Arg::new("command").long("command").value_name("COMMAND").help("The command of lines that name none, such as 'ticket refund'"))
        .arg(Arg::new("on-error").long("on-error").value_name("continue|stop").help("After a failing line: go on (default), or skip the rest"))
        .arg(Arg::new("atomic").long("atomic").action(ArgAction::SetTrue).help("All lines or none"))
        .after_help(
            "A line is {\"command\":\"ticket refund\",\"ticket\":\"T00001\",\"invoice\":[\"INV/2026/00001\"],\"key\":\"recall-7\"}.\n\
             --key P gives lines without a key the key P:<line>. Answers are one JSON object a line, in input order.\n\n\
             Examples:\n  aftersales apply recall.ndjson --key recall\n  aftersales apply - --command 'ticket refund' --dry-run < recall.ndjson\n  aftersales apply recall.ndjson --atomic",
        )
}

/// Runs `apply`.
pub fn apply(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let apply = Apply { command: text("command"), key_prefix: settings.key.clone() };
    let bulk = Bulk {
        work: &apply,
        on_error: on_error(matches)?.unwrap_or(OnError::Continue),
        atomic: matches.get_flag("atomic"),
        whole: false,
        mode: settings.mode,
    };
    let db = settings.open(Access::Write)?;
    let lines = Input::open(outside, text("file").as_deref())?;
    run(outside, settings, &db, &bulk, lines)
}

/// Whether this is `credit-note post --due`, which is a run of one command a document.
pub fn is_due(entry: &Entry, matches: &ArgMatches) -> bool {
    entry.name == credit_note::POST && matches.get_flag("due") && matches.get_one::<String>("credit_note").is_none()
}

/// Posts the drafts whose day has come, oldest first, each on its own (spec B9).
pub fn post_due(outside: &mut Outside<'_>, settings: &Settings) -> Result<(), Exit> {
    let db = settings.open(Access::Write)?;
    let clock = settings.clock(outside.clock);
    let session = Session { db: &db, clock: &clock, actor: settings.actor.clone(), yes: settings.yes };
    let mut commands = String::new();
    session.read(Right::Invoicing, |cx| {
        commands = credit_note::due(cx)?;
        Ok(())
    })?;
    let apply = Apply { command: None, key_prefix: settings.key.clone() };
    let bulk = Bulk { work: &apply, on_error: OnError::Continue, atomic: false, whole: false, mode: settings.mode };
    let lines = Input::reading(outside, Box::new(std::io::Cursor::new(commands.into_bytes())));
    run(outside, settings, &db, &bulk, lines)
}

fn on_error(matches: &ArgMatches) -> Result<Option<OnError>, Exit> {
    match matches.get_one::<String>("on-error").map(String::as_str) {
        None => Ok(None),
        Some("continue") => Ok(Some(OnError::Continue)),
        Some("stop") => Ok(Some(OnError::Stop)),
        Some(other) => {
            let message = format!("{other:?} is not continue or stop");
            Err(report::usage_error(message, Some("on_error"), Some(other.to_owned())).into())
        }
    }
}

/// Runs lines and prints their answers to stdout and the summary to stderr.
fn run(outside: &mut Outside<'_>, settings: &Settings, db: &Db, bulk: &Bulk<'_>, mut lines: Input) -> Result<(), Exit> {
    let clock = settings.clock(outside.clock);
    let session = Session { db, clock: &clock, actor: settings.actor.clone(), yes: settings.yes };
    let shape = Shape {
        format: if settings.format_given { settings.shape.format } else { Format::Ndjson },
        ..settings.shape.clone()
    };

    let mut records = Records::new(&mut *outside.stdout, &shape, "line", true, columns_of_lines);
    let mut print_fault = None;
    let (summary, outcome) = bulk.run(&session, &mut lines, &mut |answer| {
        let printed = records.record(answer).and_then(|()| records.flush());
        printed.map_err(|fault| match fault {
            PrintError::Stream(error) => error,
            unknown => {
                print_fault = Some(unknown);
                std::io::Error::other("unknown field")
            }
        })
    });
    if let Some(fault) = print_fault {
        return Err(Exit::Print(fault));
    }
    if outcome.is_ok() {
        records.end()?;
        outside.stdout.flush().map_err(PrintError::Stream)?;
    }
    tell(outside, settings, &summary);
    outcome?;
    match (lines.signal(), summary.exit) {
        (Some(code), _) => Err(Exit::Code(code)),
        (None, 0) => Ok(()),
        (None, code) => Err(Exit::Code(code)),
    }
}

fn columns_of_lines(_kind: &str) -> &'static [&'static str] {
    &["line", "command", "status", "operation", "created", "key", "error"]
}

#[derive(Serialize)]
struct Told<'s> {
    summary: &'s Summary,
}

fn tell(outside: &mut Outside<'_>, settings: &Settings, summary: &Summary) {
    let json = serde_json::to_string(&Told { summary }).unwrap_or_default();
    let _ = if settings.json_errors() {
        writeln!(outside.stderr, "{json}")
    } else if settings.quiet {
        Ok(())
    } else {
        let Summary { lines, done, unchanged, replayed, planned, error, skipped, .. } = summary;
        let sums = serde_json::to_string(&summary.sums).unwrap_or_default();
        writeln!(
            outside.stderr,
            "{lines} lines: {done} done, {unchanged} unchanged, {replayed} replayed, {planned} planned, {error} failed, {skipped} skipped; documents created: {sums}"
        )
    };
}

type Batch = std::io::Result<Vec<Line>>;

/// Lines on their way from the reading thread.
pub struct Input {
    receiver: Receiver<Batch>,
    batch: std::vec::IntoIter<Line>,
    interrupted: Arc<AtomicUsize>,
    began: Instant,
    ended: bool,
}

impl Input {
    /// The lines of a file or of standard input.
    pub fn open(outside: &Outside<'_>, file: Option<&str>) -> Result<Input, Exit> {
        Ok(Input::reading(outside, reader_of(outside, file)?))
    }

    /// The lines of a reader.
    fn reading(outside: &Outside<'_>, reader: Box<dyn BufRead + Send>) -> Input {
        let (sender, receiver) = sync_channel(4);
        std::thread::spawn(move || read_lines(reader, &sender));
        Input {
            receiver,
            batch: Vec::new().into_iter(),
            interrupted: outside.interrupted.clone(),
            began: Instant::now(),
            ended: false,
        }
    }

    /// The exit code of the signal that asked the run to stop.
    pub fn signal(&self) -> Option<i32> {
        match self.interrupted.load(Ordering::Relaxed) {
            0 => None,
            signal => i32::try_from(signal).ok().map(|signal| 128 + signal),
        }
    }
}

impl Lines for Input {
    fn next(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            if self.interrupted() || self.ended {
                return Ok(None);
            }
            if let Some(line) = self.batch.next() {
                return Ok(Some(line));
            }
            match self.receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(batch) => self.batch = batch?.into_iter(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
            }
        }
    }

    fn is_waiting(&mut self) -> bool {
        if self.batch.len() == 0
            && let Ok(Ok(batch)) = self.receiver.try_recv()
        {
            self.batch = batch.into_iter();
        }
        self.batch.len() > 0
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) != 0
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

fn reader_of(outside: &Outside<'_>, file: Option<&str>) -> Result<Box<dyn BufRead + Send>, Exit> {
    match file {
        None | Some("-") => Ok((outside.stdin)()),
        Some(path) => match File::open(path) {
            Ok(file) => Ok(Box::new(BufReader::with_capacity(1 << 16, file))),
            Err(error) => {
                let message = format!("{path} cannot be read: {error}");
                Err(Exit::Refused(ValueRefused::invalid("file", path, message).into()))
            }
        },
    }
}

/// Sends every complete line as soon as it is there; a stretch that is read at once goes as one batch.
fn read_lines(mut reader: Box<dyn BufRead + Send>, sender: &SyncSender<Batch>) {
    let mut partial: Vec<u8> = Vec::new();
    let mut too_long = false;
    let mut number = 0;
    loop {
        let (batch, used) = match reader.fill_buf() {
            Ok([]) => break,
            Ok(available) => {
                let mut batch = Vec::new();
                let mut rest = available;
                while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let (line, after) = rest.split_at(end);
                    keep(&mut partial, &mut too_long, line);
                    number += 1;
                    batch.push(complete(&mut partial, &mut too_long, number));
                    rest = after.get(1..).unwrap_or_default();
                }
                keep(&mut partial, &mut too_long, rest);
                (batch, available.len())
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = sender.send(Err(error));
                return;
            }
        };
        reader.consume(used);
        if !batch.is_empty() && sender.send(Ok(batch)).is_err() {
            return;
        }
    }
    if !partial.is_empty() || too_long {
        let last = complete(&mut partial, &mut too_long, number + 1);
        let _ = sender.send(Ok(vec![last]));
    }
}

fn keep(partial: &mut Vec<u8>, too_long: &mut bool, piece: &[u8]) {
    if partial.len() + piece.len() > LONGEST_LINE {
        *too_long = true;
        partial.clear();
    }
    if !*too_long {
        partial.extend_from_slice(piece);
    }
}

fn complete(partial: &mut Vec<u8>, too_long: &mut bool, number: u64) -> Line {
    let bytes = std::mem::take(partial);
    let bytes = if std::mem::take(too_long) { None } else { Some(bytes) };
    Line { number, bytes }
}
