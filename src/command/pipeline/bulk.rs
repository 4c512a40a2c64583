//! Bulk: a line in, an answer out, in groups that share a transaction (contract, section 4). What a line is, a command or a
//! record, is the work's.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::courier::Round;
use super::session::retried;
use super::{Mode, Session, Status, Warning, internal, object};
use crate::domain::document::{DocumentKind, DocumentState};
use crate::domain::order::OrderState;
use crate::domain::value::money::Money;
use crate::domain::{Error, Fault, Refusal, Result};
use crate::output::spooled;
use crate::procedure::context::{After, Made};
use crate::store::StoreError;
use crate::store::engine::new_file::is_want_of_room;

/// What ends a run that met a failing line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    Continue,
    Stop,
}

/// What is done with each line.
pub trait Work {
    /// Opens the transaction of a group of lines.
    fn begin<'s>(&'s self, session: &'s Session<'s>, mode: Mode) -> Result<Box<dyn Running + 's>>;
    /// The answer to a line that is not run, because of another.
    fn skipped(&self, line: &Line) -> LineAnswer;
}

/// A group of lines at work, in one transaction.
pub trait Running {
    /// Runs one line: its own faults are its answer, a fault of the store ends the run.
    fn line(&mut self, line: &Line) -> Result<Answered>;
    /// Lets what some lines will ask be asked together, where the store is far away; says of how many of them, of one at least: those
    /// behind are looked at when it is their turn.
    fn look_ahead(&mut self, lines: &[Line]) -> Result<usize> {
        Ok(lines.len())
    }
    /// Whether the lines so far are such that all must be done or none, whatever was asked.
    fn is_atomic(&self) -> bool {
        false
    }
    /// Keeps the group, or undoes it where it was a dry run.
    fn finish(self: Box<Self>) -> Result<()>;
    /// Undoes the whole group.
    fn abandon(self: Box<Self>);
}

/// The answer to a line, and the totals of the documents it made.
pub type Answered = (LineAnswer, Vec<Made>);

/// What was asked of a bulk run.
pub struct Bulk<'w> {
    pub work: &'w dyn Work,
    pub on_error: OnError,
    /// All lines or none.
    pub atomic: bool,
    /// One transaction for all lines, although some may fail.
    pub whole: bool,
    pub mode: Mode,
}

/// A line of the input, by its physical number from 1.
pub struct Line {
    pub number: u64,
    /// Its bytes without the line end; none where it was too long to be kept.
    pub bytes: Option<Vec<u8>>,
}

/// Lines that were read at once, or why reading ended.
pub type Batch = std::io::Result<Vec<Line>>;

/// The longest line that is read, in bytes.
pub const LONGEST_LINE: usize = 16 << 20;

/// Where lines come from.
pub trait Lines {
    /// The next line, waiting for it; none at the end or when the run is to stop.
    fn next(&mut self) -> Result<Option<Line>>;
    /// The next line where a complete one is waiting to be read.
    fn next_waiting(&mut self) -> Option<Line>;
    /// Whether a complete line is waiting to be read.
    fn is_waiting(&mut self) -> bool;
    /// Whether the run was asked to stop.
    fn interrupted(&self) -> bool;
    /// Time since the run began.
    fn elapsed(&self) -> Duration;
}

/// Where answers go, one JSON text a line.
pub trait Answers {
    /// Makes the fault of a line what is told of it: its hint has to run where it is told.
    fn complete(&self, fault: &mut Fault);
    /// Refuses an answer that could not be printed as asked, while what it tells of can still be undone.
    fn check(&mut self, answer: &str) -> Result<()>;
    /// Prints an answer of what is durable.
    fn print(&mut self, answer: &str) -> Result<()>;
    /// Hands on what was printed.
    fn flush(&mut self) -> Result<()>;
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    Done,
    Unchanged,
    Replayed,
    Planned,
    Error,
    Skipped,
}

impl From<Status> for LineStatus {
    fn from(status: Status) -> LineStatus {
        match status {
            Status::Done => LineStatus::Done,
            Status::Unchanged => LineStatus::Unchanged,
            Status::Replayed => LineStatus::Replayed,
            Status::Planned => LineStatus::Planned,
        }
    }
}

/// The answer to one line.
#[derive(Debug, Serialize)]
pub struct LineAnswer {
    pub command: Option<String>,
    pub status: LineStatus,
    pub operation: Option<i64>,
    pub created: Vec<String>,
    pub result: Option<Box<RawValue>>,
    pub warnings: Vec<Warning>,
    pub line: u64,
    pub key: Option<String>,
    pub error: Option<Fault>,
    /// What is to be done outside once it is kept.
    #[serde(skip)]
    pub after: After,
}

/// What a run did, in figures.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub lines: u64,
    pub done: u64,
    pub unchanged: u64,
    pub replayed: u64,
    pub planned: u64,
    pub error: u64,
    pub skipped: u64,
    /// Totals of the documents created, by currency.
    pub sums: Sums,
    pub exit: i32,
}

/// What was made comes to: all documents together, as the summary has it, and each kind of what was made apart.
#[derive(Debug, Default, Clone)]
pub struct Sums {
    documents: ByCurrency,
    /// By what it is told as.
    apart: BTreeMap<(usize, &'static str), ByCurrency>,
}

/// Amounts by currency, in the order of their codes.
type ByCurrency = BTreeMap<String, Money>;

/// As what something counts, after its place among all that is told.
fn told_as(made: Made) -> (usize, &'static str) {
    use DocumentKind::{CreditNote, Invoice};
    match made {
        Made::Document(Invoice, DocumentState::Posted, _) => (0, "invoices"),
        Made::Document(CreditNote, DocumentState::Posted, _) => (1, "credit notes"),
        Made::Document(Invoice, DocumentState::Draft, _) => (2, "draft invoices"),
        Made::Document(CreditNote, DocumentState::Draft, _) => (3, "draft credit notes"),
        Made::Document(Invoice, DocumentState::Cancelled, _) => (4, "cancelled invoices"),
        Made::Document(CreditNote, DocumentState::Cancelled, _) => (5, "cancelled credit notes"),
        Made::Order(OrderState::Confirmed, _) => (6, "orders"),
        Made::Order(OrderState::Draft | OrderState::Sent, _) => (7, "quotations"),
        Made::Order(OrderState::Cancelled, _) => (8, "cancelled orders"),
    }
}

impl Serialize for Sums {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(&self.documents)
    }
}

impl Sums {
    /// What was made, each kind with its amounts, one a currency.
    pub fn apart(&self) -> impl Iterator<Item = (&'static str, Vec<&Money>)> {
        self.apart.iter().map(|((_, told), sums)| (*told, sums.values().collect()))
    }

    fn add(&mut self, made: &[Made]) {
        for made in made {
            let total = match *made {
                Made::Document(_, _, total) => {
                    add(&mut self.documents, total);
                    total
                }
                Made::Order(_, total) => total,
            };
            add(self.apart.entry(told_as(*made)).or_default(), total);
        }
    }
}

fn add(sums: &mut ByCurrency, amount: Money) {
    let sum = sums.entry(amount.currency.to_string()).or_insert(Money::zero(amount.currency));
    // A sum past what a number holds is told as far as it went.
    *sum = sum.checked_add(amount).unwrap_or(*sum);
}

impl Summary {
    fn count(&mut self, status: LineStatus) {
        self.lines += 1;
        let counter = match status {
            LineStatus::Done => &mut self.done,
            LineStatus::Unchanged => &mut self.unchanged,
            LineStatus::Replayed => &mut self.replayed,
            LineStatus::Planned => &mut self.planned,
            LineStatus::Error => &mut self.error,
            LineStatus::Skipped => &mut self.skipped,
        };
        *counter += 1;
    }
}

/// A group ends after as many lines as the store takes at once, or this long, or when no complete line is waiting; or when its lines or
/// answers are so long that holding them would show in the memory. Of a store that is far away each group is waited for a few times,
/// however many lines it has, so there only what keeps others from the store for too long ends it.
const GROUP_BYTES: usize = 8 << 20;
const GROUP_TIME: Duration = Duration::from_millis(100);
const GROUP_TIME_AFAR: Duration = Duration::from_secs(2);

impl Bulk<'_> {
    /// Runs all lines; the summary tells what was done, also where the run ended early with a fault of the store.
    pub fn run(&self, session: &Session<'_>, lines: &mut dyn Lines, out: &mut dyn Answers) -> (Summary, Result<()>) {
        let mut summary = Summary::default();
        let outcome = if self.atomic || self.whole || self.mode == Mode::DryRun {
            self.run_whole(session, lines, out, &mut summary)
        } else {
            self.run_grouped(session, lines, out, &mut summary)
        };
        match &outcome {
            Err(error) => summary.exit = error.exit(),
            Ok(()) if summary.error > 0 && summary.exit == 0 => summary.exit = 3,
            Ok(()) => {}
        }
        (summary, outcome)
    }

    fn run_grouped(
        &self,
        session: &Session<'_>,
        lines: &mut dyn Lines,
        out: &mut dyn Answers,
        summary: &mut Summary,
    ) -> Result<()> {
        let mut stopped = false;
        while let Some(first) = next_line(lines)? {
            let group = if stopped {
                self.skip_waiting(first, lines, session.db.group_lines())?
            } else {
                let group = self.run_group(session, first, lines, out)?;
                stopped = self.on_error == OnError::Stop && group.statuses.contains(&LineStatus::Error);
                group
            };
            group.tell(session, lines, out, summary)?;
            if let Some(gap) = session.db.gap().filter(|_| !stopped && lines.is_waiting()) {
                std::thread::sleep(gap);
            }
        }
        Ok(())
    }

    /// Runs the lines that are waiting, up to a group's size, and makes them durable; again from its first line where another
    /// transaction got in the way.
    fn run_group(
        &self,
        session: &Session<'_>,
        first: Line,
        lines: &mut dyn Lines,
        out: &mut dyn Answers,
    ) -> Result<Unsent> {
        let mut taken = vec![first];
        retried(session.db, || self.try_group(session, &mut taken, lines, out))
    }

    /// Runs the lines that were taken, and takes more as they are waiting.
    fn try_group(
        &self,
        session: &Session<'_>,
        taken: &mut Vec<Line>,
        lines: &mut dyn Lines,
        out: &mut dyn Answers,
    ) -> Result<Unsent> {
        let mut group = self.work.begin(session, Mode::Commit)?;
        let mut told = Unsent::default();
        let began = lines.elapsed();
        let (mut bytes, mut stops) = (0, false);
        let looks_ahead = session.db.looks_ahead();
        let longest = if looks_ahead { GROUP_TIME_AFAR } else { GROUP_TIME };
        // How many of the lines were looked at ahead.
        let mut looked = 0;
        while told.statuses.len() < taken.len() {
            if looks_ahead && !stops && looked <= told.statuses.len() {
                take_waiting(session, taken, lines);
                match group.look_ahead(taken.get(looked..).unwrap_or_default()) {
                    Ok(more) => looked += more,
                    Err(error) => {
                        group.abandon();
                        return Err(error);
                    }
                }
            }
            let Some(line) = taken.get(told.statuses.len()) else {
                break;
            };
            bytes += line.bytes.as_ref().map_or(0, Vec::len);
            let ran = if stops { Ok(self.skip(line)) } else { group.line(line) };
            let ran = ran.and_then(|(mut answer, amounts)| {
                let text = checked(&mut answer, out)?;
                Ok((answer, text, amounts))
            });
            match ran {
                Ok((answer, text, amounts)) => told.push(answer, &text, amounts),
                Err(error) => {
                    group.abandon();
                    return Err(error);
                }
            }
            stops |= told.statuses.last() == Some(&LineStatus::Error) && self.on_error == OnError::Stop;
            let full = told.is_full(session.db.group_lines())
                || bytes >= GROUP_BYTES
                || lines.elapsed().saturating_sub(began) >= longest;
            if !stops && !full && taken.len() == told.statuses.len() {
                taken.extend(next_waiting(lines));
            }
        }
        group.finish()?;
        Ok(told)
    }

    fn skip_waiting(&self, first: Line, lines: &mut dyn Lines, most: usize) -> Result<Unsent> {
        let mut told = Unsent::default();
        let mut next = Some(first);
        while let Some(line) = next.take() {
            let (answer, amounts) = self.skip(&line);
            let text = super::to_json(&answer)?;
            told.push(answer, &text, amounts);
            if !told.is_full(most) {
                next = next_waiting(lines);
            }
        }
        Ok(told)
    }

    /// The whole input in one transaction; the lock is taken only when all of it has been read.
    fn run_whole(
        &self,
        session: &Session<'_>,
        lines: &mut dyn Lines,
        out: &mut dyn Answers,
        summary: &mut Summary,
    ) -> Result<()> {
        let (mut input, count) = kept_input(lines)?;
        if lines.interrupted() {
            return Ok(());
        }
        let (run, kept) = retried(session.db, || {
            input.seek(SeekFrom::Start(0)).map_err(no_room)?;
            let mut kept = std::io::BufWriter::new(spooled::temporary().map_err(no_room)?);
            let mut group = self.work.begin(session, self.mode)?;
            let together = session.db.looks_ahead().then(|| session.db.group_lines());
            let ran = self.run_kept(group.as_mut(), (&mut input, count, together), lines, out, &mut kept);
            match ran {
                Ok(run) if run.finished && !run.fails => group.finish().map(|()| (run, kept)),
                ran => {
                    group.abandon();
                    ran.map(|run| (run, kept))
                }
            }
        })?;
        if !run.finished {
            return Ok(());
        }

        let mut round = Round::of(session, Vec::new());
        let mut answers = kept.into_inner().map_err(|error| no_room(error.into_error()))?;
        answers.seek(SeekFrom::Start(0)).map_err(no_room)?;
        for line in BufReader::new(answers).lines() {
            let line = line.map_err(no_room)?;
            let (after, line) = line.split_once('\t').unwrap_or(("", line.as_str()));
            let mut answer: KeptAnswer = serde_json::from_str(line).map_err(|error| internal(error.to_string()))?;
            if run.fails && answer.status != "error" {
                answer.skip();
                out.print(&super::to_json(&answer)?)?;
            } else if after.is_empty() {
                out.print(line)?;
            } else {
                let after: After = serde_json::from_str(after).map_err(|error| internal(error.to_string()))?;
                let count = after.mails.len();
                session.discard(&after.files);
                round.add(after.mails);
                let (line, fails) = round.tell_anew(count, line, &|| lines.interrupted())?;
                out.print(&line)?;
                summary.count(if fails { LineStatus::Error } else { answer.line_status() });
                continue;
            }
            summary.count(answer.line_status());
        }
        out.flush()?;
        if run.fails {
            summary.exit = run.first_fault.unwrap_or(0);
        } else {
            summary.sums = run.sums;
        }
        Ok(())
    }

    /// Runs the kept lines to their end, keeping their answers; an interrupt leaves it unfinished.
    fn run_kept(
        &self,
        group: &mut (dyn Running + '_),
        (input, count, together): (&mut impl std::io::Read, u64, Option<usize>),
        lines: &dyn Lines,
        out: &mut dyn Answers,
        kept: &mut impl Write,
    ) -> Result<WholeRun> {
        let mut run = WholeRun::default();
        let mut stopped = false;
        // The lines that were read and not run, and how many of the first of them were looked at ahead.
        let (mut taken, mut looked) = (VecDeque::new(), 0);
        for left in (1..=count).rev() {
            if lines.interrupted() {
                return Ok(run);
            }
            if taken.is_empty() {
                let mut bytes = 0;
                let most = usize::try_from(left).unwrap_or(usize::MAX).min(together.unwrap_or(1));
                while taken.len() < most && bytes < GROUP_BYTES {
                    let line = read_kept(input).map_err(no_room)?;
                    bytes += line.bytes.as_ref().map_or(0, Vec::len);
                    taken.push_back(line);
                }
            }
            if together.is_some() && !stopped && looked == 0 {
                looked = group.look_ahead(taken.make_contiguous())?;
            }
            let Some(line) = taken.pop_front() else {
                return Ok(run);
            };
            looked = looked.saturating_sub(1);
            let (mut answer, amounts) = if stopped { self.skip(&line) } else { group.line(&line)? };
            if let Some(fault) = &answer.error {
                run.first_fault.get_or_insert(fault.exit);
                stopped |= self.on_error == OnError::Stop;
            }
            run.sums.add(&amounts);
            let text = checked(&mut answer, out)?;
            // JSON has no bare tab, so what is to be done outside can stand before one.
            let after = if answer.after.is_empty() { String::new() } else { super::to_json(&answer.after)? + "\t" };
            writeln!(kept, "{after}{text}").map_err(no_room)?;
        }
        run.finished = true;
        run.fails = run.first_fault.is_some() && (self.atomic || group.is_atomic());
        Ok(run)
    }

    fn skip(&self, line: &Line) -> Answered {
        (self.work.skipped(line), Vec::new())
    }
}

/// Takes the other lines that are waiting, as many as a group has.
fn take_waiting(session: &Session<'_>, taken: &mut Vec<Line>, lines: &mut dyn Lines) {
    let mut bytes: usize = taken.iter().filter_map(|line| line.bytes.as_ref()).map(Vec::len).sum();
    while taken.len() < session.db.group_lines() && bytes < GROUP_BYTES {
        let Some(line) = next_waiting(lines) else {
            break;
        };
        bytes += line.bytes.as_ref().map_or(0, Vec::len);
        taken.push(line);
    }
}

/// An answer as it is told, which can be printed as asked.
fn checked(answer: &mut LineAnswer, out: &mut dyn Answers) -> Result<String> {
    if let Some(fault) = &mut answer.error {
        out.complete(fault);
    }
    let text = super::to_json(answer)?;
    out.check(&text)?;
    Ok(text)
}

/// A line that cannot be read at all.
#[derive(Debug, thiserror::Error)]
enum UnreadLine {
    #[error("the line is longer than 16 MiB")]
    TooLong,
    #[error("the line is not UTF-8")]
    NotUtf8,
}

impl Refusal for UnreadLine {
    fn code(&self) -> &'static str {
        "usage"
    }
}

impl Line {
    /// The line as text, without the mark that some editors put before the first.
    pub fn text(&self) -> Result<&str> {
        let bytes = self.bytes.as_deref().ok_or(UnreadLine::TooLong)?;
        let bytes = if self.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        std::str::from_utf8(bytes).map_err(|_| UnreadLine::NotUtf8.into())
    }
}

/// Takes the text of the key `name` out of a line's object.
pub(in crate::command) fn take_text(pairs: &mut object::Pairs<'_>, name: &'static str) -> Result<Option<String>> {
    let Some(at) = pairs.iter().position(|(known, _)| known == name) else {
        return Ok(None);
    };
    let (_, given) = pairs.remove(at);
    object::text_of(&given).map_err(|mut fault| {
        fault.field = Some(name.to_owned());
        fault.into()
    })
}

fn is_blank(line: &Line) -> bool {
    line.bytes.as_ref().is_some_and(|bytes| {
        let bytes = if line.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        bytes.iter().all(u8::is_ascii_whitespace)
    })
}

impl LineAnswer {
    /// Its keys as printed.
    pub const FIELDS: &[&str] =
        &["command", "status", "operation", "created", "result", "warnings", "line", "key", "error"];

    pub(in crate::command) fn of(
        line: u64,
        command: Option<String>,
        key: Option<String>,
        status: LineStatus,
    ) -> LineAnswer {
        LineAnswer {
            command,
            status,
            operation: None,
            created: Vec::new(),
            result: None,
            warnings: Vec::new(),
            line,
            key,
            error: None,
            after: After::default(),
        }
    }

    pub(in crate::command) fn with_error(mut self, mut error: Error) -> LineAnswer {
        error.fault_mut().line = Some(self.line);
        if let Some(command) = &self.command {
            error.suggest_help(command);
        }
        self.error = Some(error.fault().clone());
        self
    }
}

/// An answer read back from the temporary file.
#[derive(Serialize, serde::Deserialize)]
struct KeptAnswer {
    command: Option<String>,
    status: String,
    operation: Option<i64>,
    created: Vec<String>,
    result: Option<Box<RawValue>>,
    warnings: Vec<serde_json::Value>,
    line: u64,
    key: Option<String>,
    error: Option<Box<RawValue>>,
}

impl KeptAnswer {
    fn skip(&mut self) {
        "skipped".clone_into(&mut self.status);
        self.operation = None;
        self.created.clear();
        self.result = None;
        self.warnings.clear();
    }

    fn line_status(&self) -> LineStatus {
        match self.status.as_str() {
            "done" => LineStatus::Done,
            "unchanged" => LineStatus::Unchanged,
            "replayed" => LineStatus::Replayed,
            "planned" => LineStatus::Planned,
            "skipped" => LineStatus::Skipped,
            _ => LineStatus::Error,
        }
    }
}

/// How a whole run in one transaction went.
#[derive(Default)]
struct WholeRun {
    finished: bool,
    first_fault: Option<i32>,
    /// Whether a fault undoes all lines.
    fails: bool,
    sums: Sums,
}

/// What a group has to tell, held back until it is durable.
#[derive(Default)]
struct Unsent {
    texts: String,
    statuses: Vec<LineStatus>,
    sums: Vec<Made>,
    /// What is to be done outside once it is durable, with the place of its line.
    after: Vec<(usize, After)>,
}

impl Unsent {
    fn push(&mut self, answer: LineAnswer, text: &str, amounts: Vec<Made>) {
        if !answer.after.is_empty() {
            self.after.push((self.statuses.len(), answer.after));
        }
        self.statuses.push(answer.status);
        self.sums.extend(amounts);
        self.texts.push_str(text);
        self.texts.push('\n');
    }

    fn is_full(&self, lines: usize) -> bool {
        self.statuses.len() >= lines || self.texts.len() >= GROUP_BYTES
    }

    /// Tells what is durable by now. The mails that it wrote are carried first, each before its line is told.
    fn tell(
        self,
        session: &Session<'_>,
        lines: &dyn Lines,
        out: &mut dyn Answers,
        summary: &mut Summary,
    ) -> Result<()> {
        summary.sums.add(&self.sums);
        let mails = self.after.iter().flat_map(|(_, after)| after.mails.iter().cloned());
        let mut round = Round::of(session, mails);
        let mut after = self.after.iter().peekable();
        for (place, (text, status)) in self.texts.lines().zip(self.statuses).enumerate() {
            match after.next_if(|(at, _)| *at == place) {
                None => {
                    summary.count(status);
                    out.print(text)?;
                }
                Some((_, after)) => {
                    session.discard(&after.files);
                    let (text, fails) = round.tell_anew(after.mails.len(), text, &|| lines.interrupted())?;
                    summary.count(match (fails, status) {
                        (true, _) => LineStatus::Error,
                        (false, LineStatus::Unchanged) if text.contains("\"status\":\"done\"") => LineStatus::Done,
                        (false, status) => status,
                    });
                    out.print(&text)?;
                    out.flush()?;
                }
            }
        }
        out.flush()
    }
}

/// The next line that is not blank, waiting for it.
fn next_line(lines: &mut dyn Lines) -> Result<Option<Line>> {
    while let Some(line) = lines.next()? {
        if !is_blank(&line) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

/// The next line that is not blank, where one is waiting.
fn next_waiting(lines: &mut dyn Lines) -> Option<Line> {
    while !lines.interrupted() {
        let line = lines.next_waiting()?;
        if !is_blank(&line) {
            return Some(line);
        }
    }
    None
}

/// All lines up to the end of the input in a temporary file, and how many they are.
fn kept_input(lines: &mut dyn Lines) -> Result<(BufReader<std::fs::File>, u64)> {
    let mut writer = std::io::BufWriter::new(spooled::temporary().map_err(no_room)?);
    let mut count = 0u64;
    while let Some(line) = next_line(lines)? {
        count += 1;
        let bytes = line.bytes.as_deref();
        let length = bytes.map_or(-1i64, |bytes| i64::try_from(bytes.len()).unwrap_or(-1));
        let header = [line.number.to_le_bytes(), length.to_le_bytes()].concat();
        writer.write_all(&header).map_err(no_room)?;
        writer.write_all(bytes.unwrap_or_default()).map_err(no_room)?;
    }
    let mut file = writer.into_inner().map_err(|error| no_room(error.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(no_room)?;
    Ok((BufReader::new(file), count))
}

fn read_kept(input: &mut impl std::io::Read) -> std::io::Result<Line> {
    let mut eight = [0u8; 8];
    input.read_exact(&mut eight)?;
    let number = u64::from_le_bytes(eight);
    input.read_exact(&mut eight)?;
    let bytes = match usize::try_from(i64::from_le_bytes(eight)) {
        Ok(length) => {
            let mut bytes = vec![0; length];
            input.read_exact(&mut bytes)?;
            Some(bytes)
        }
        Err(_) => None,
    };
    Ok(Line { number, bytes })
}

/// A fault of the temporary files that input and answers lie in meanwhile.
fn no_room(error: std::io::Error) -> Error {
    let error = if spooled::is_of_temporary(&error) { error } else { spooled::of_temporary(error) };
    temporary_fault(&error)
}

/// A temporary file that failed: for want of room, or because the folder that the caller set is none.
pub fn temporary_fault(error: &std::io::Error) -> Error {
    let told = error.to_string();
    if is_want_of_room(error) { StoreError::Full(told).into() } else { StoreError::Refused(told).into() }
}
