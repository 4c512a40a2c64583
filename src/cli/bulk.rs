//! `apply`: the input as lines, read by a thread of its own so that a group can end when nothing is waiting; answers and the
//! summary to where they belong.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;

use super::csv_lines::Rows;
use super::hint::Carried;
use super::progress::Progress;
use super::report::{self, Exit};
use super::ways;
use super::ways::report::Grouped;
use super::{Outside, Settings, Signals, csv_lines, sheets};
use crate::command::apply::Apply;
use crate::command::doctor::counted_mails;
use crate::command::import::mapped::Mapping;
use crate::command::import::{self, CsvForm, Import};
use crate::command::pipeline::bulk::{Answers, Batch, Bulk, LONGEST_LINE, Line, LineAnswer, Lines, OnError, Summary};
use crate::command::pipeline::{Mode, Session, courier};
use crate::command::{Entry, Warning, credit_note, entry, export, layout_of, mail};
use crate::domain::code::FaultKind;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Fault, Result};
use crate::output::escape::for_terminal;
use crate::output::names::NO_NAMES;
use crate::output::{self, Format, Kind, Records, Remarks, Shape, check_fields};
use crate::store::Db;

/// `apply` as clap sees it.
pub fn apply_command() -> Command {
    Command::new("apply")
        .about("Run one command a line, given as JSON objects")
        .arg(Arg::new("file").value_name("FILE").help("The file, or - for standard input (default)"))
        .arg(Arg::new("command").long("command").value_name("COMMAND").help("The command of lines that name none, such as 'ticket refund'"))
        .arg(Arg::new("on-error").long("on-error").value_name("continue|stop").help("After a failing line: go on (default), or skip the rest"))
        .arg(Arg::new("atomic").long("atomic").action(ArgAction::SetTrue).help("All lines or none"))
        .arg(Arg::new("format").long("format").value_name("ndjson|csv|ids").help("What the input is (default: ndjson, or csv for a file that ends in .csv)"))
        .after_help(
            "A line is {\"command\":\"ticket refund\",\"ticket\":\"T00001\",\"invoice\":[\"INV/2026/00001\"],\"key\":\"recall-7\"}.\n\
             --key P gives lines without a key the key P:<line>. Answers are one JSON object a line, in input order.\n\n\
             In CSV the header names the keys, command among them unless --command says it, and an empty cell says nothing; a list is \
             JSON in its cell. --format ids takes one id a line and does the command of --command to each.\n\n\
             Examples:\n  aftersales apply recall.ndjson --key recall\n  aftersales apply - --command 'ticket refund' --dry-run < recall.ndjson\n  aftersales apply recall.ndjson --atomic\n  aftersales apply recall.csv --command 'ticket refund' --key recall\n  aftersales ticket list --open -o ids | aftersales apply - --format ids --command 'ticket close'",
        )
}

/// Runs `apply`.
pub fn apply(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> std::result::Result<(), Exit> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let apply = Apply { command: text("command"), key_prefix: settings.key.clone() };
    let bulk = Bulk {
        work: &apply,
        on_error: on_error(matches)?.unwrap_or(OnError::Continue),
        atomic: matches.get_flag("atomic"),
        whole: false,
        mode: settings.mode,
    };
    let shape = shape_of(settings)?;
    let file = text("file");
    let form = form_of(file.as_deref(), text("format").as_deref())?;
    let done_to = match (&form, &apply.command) {
        (Lined::Ids, Some(command)) => Some((command.clone(), reference_of(command)?)),
        (Lined::Ids, None) => {
            let message = "--format ids needs --command, which says what is done to each".to_owned();
            return Err(report::usage_error(message, Some("command"), None).into());
        }
        _ => None,
    };
    let db = settings.open_to_write(outside)?;
    let lines = match (form, done_to) {
        (Lined::Csv, _) => {
            let (name, reader) = reader_of(outside, file.as_deref())?;
            let sheet = sheets::Sheet::open(name, reader, apply.command.clone())?;
            Input::read_by(outside, name, move |sender| sheet.read(sender))
        }
        (Lined::Ids, Some((command, reference))) => {
            let (name, reader) = reader_of(outside, file.as_deref())?;
            Input::read_by(outside, name, move |sender| {
                sheets::read_ids(reader, &command, reference, sender);
            })
        }
        _ => Input::open(outside, file.as_deref(), |_| false)?,
    };
    run(outside, settings, &shape, &db, &bulk, lines)
}

/// What the lines of a bulk run are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lined {
    Json,
    Csv,
    Ids,
}

fn form_of(file: Option<&str>, format: Option<&str>) -> Result<Lined> {
    match format {
        None if file.is_some_and(|file| file.to_ascii_lowercase().ends_with(".csv")) => Ok(Lined::Csv),
        None | Some("ndjson") => Ok(Lined::Json),
        Some("csv") => Ok(Lined::Csv),
        Some("ids") => Ok(Lined::Ids),
        Some(other) => {
            let message = format!("{other:?} is no format of commands; it is one of ndjson, csv, ids");
            Err(ValueRefused::invalid("format", other, message).into())
        }
    }
}

/// What a command is done to; refused where it is none, or makes what it names.
fn reference_of(command: &str) -> Result<&'static str> {
    entry(command).and_then(sheets::reference_of).ok_or_else(|| {
        let message = format!("{command:?} is no command that is done to a record, such as \"invoice post\"");
        ValueRefused::invalid("command", command, message).into()
    })
}

/// Whether this is `credit-note post --due`, which is a run of one command a document.
pub fn is_due(entry: &Entry, matches: &ArgMatches) -> bool {
    entry.name == credit_note::POST && matches.get_flag("due") && matches.get_one::<String>("credit_note").is_none()
}

/// Whether this is `mail send` of all that is due, which is a run of one command a mail.
pub fn is_round(entry: &Entry, matches: &ArgMatches) -> bool {
    entry.name == courier::SEND && matches.get_one::<String>("mail").is_none()
}

/// Tries the mails that are due, oldest first (spec C4).
pub fn send_due(outside: &mut Outside<'_>, settings: &Settings) -> std::result::Result<(), Exit> {
    let left = Cell::new(0);
    let due = |session: &Session<'_>| {
        let mut commands = String::new();
        session.read(Right::Sales, |cx| {
            commands = mail::due(cx)?;
            Ok(())
        })?;
        // Without a server nothing is tried, and nothing is changed.
        if !settings.courier.has_server()? {
            left.set(std::mem::take(&mut commands).lines().count());
        }
        Ok(commands)
    };
    let sent = each_due(outside, settings, "the due mails", &due);
    if left.get() > 0 && !settings.quiet && !settings.voice.json {
        let mails = counted_mails(i64::try_from(left.get()).unwrap_or(i64::MAX));
        let _ = writeln!(outside.stderr, "no server is configured, so {mails} left in the outbox");
    }
    sent
}

/// Posts the drafts whose day has come, oldest first, each on its own (spec B9).
pub fn post_due(outside: &mut Outside<'_>, settings: &Settings) -> std::result::Result<(), Exit> {
    let due = |session: &Session<'_>| {
        let mut commands = String::new();
        session.read(Right::Invoicing, |cx| {
            commands = credit_note::due(cx)?;
            Ok(())
        })?;
        Ok(commands)
    };
    each_due(outside, settings, "the due documents", &due)
}

/// Runs one command for each of what is due, as a run of that many lines.
fn each_due(
    outside: &mut Outside<'_>,
    settings: &Settings,
    what: &str,
    due: &dyn Fn(&Session<'_>) -> Result<String>,
) -> std::result::Result<(), Exit> {
    let shape = shape_of(settings)?;
    let db = settings.open_to_write(outside)?;
    let clock = settings.clock(outside.clock);
    let commands = due(&settings.session(&db, &clock))?;
    run_each(outside, settings, (what, commands), &shape, &db)
}

/// Runs commands, a line each, as a run of that many lines.
pub fn run_commands(
    outside: &mut Outside<'_>,
    settings: &Settings,
    what: &str,
    commands: String,
) -> std::result::Result<(), Exit> {
    let shape = shape_of(settings)?;
    let db = settings.open_to_write(outside)?;
    run_each(outside, settings, (what, commands), &shape, &db)
}

fn run_each(
    outside: &mut Outside<'_>,
    settings: &Settings,
    (what, commands): (&str, String),
    shape: &Shape,
    db: &Db,
) -> std::result::Result<(), Exit> {
    let apply = Apply { command: None, key_prefix: settings.key.clone() };
    let bulk = Bulk { work: &apply, on_error: OnError::Continue, atomic: false, whole: false, mode: settings.mode };
    let of = u64::try_from(commands.lines().count()).ok();
    let lines = Input::reading(outside, what, |_| false, Box::new(std::io::Cursor::new(commands.into_bytes())));
    run(outside, settings, shape, db, &bulk, Input { of, ..lines })
}

/// `import` as clap sees it.
pub fn import_command() -> Command {
    Command::new("import")
        .about("Take records in, one JSON object a line, or restore an export")
        .arg(Arg::new("file").value_name("FILE").help("The file, or - for standard input (default); one that ends in .csv is CSV"))
        .arg(Arg::new("kind").long("kind").value_name("KIND").help("The kind of records that name none, such as customer; CSV needs it"))
        .arg(Arg::new("format").long("format").value_name("ndjson|csv").help("What the input is (default: ndjson, or csv for a file that ends in .csv)"))
        .arg(Arg::new("update").long("update").action(ArgAction::SetTrue).help("Change records that are there already and are different"))
        .arg(Arg::new("on-error").long("on-error").value_name("continue|stop").help("After a failing line: keep the others (continue), or none of them (default)"))
        .arg(Arg::new("map").long("map").value_name("MAP").help("Read a CSV file of another system by a map: shopify-orders, odoo-invoices, spreadsheet (as --suggest-map would), or a file that ends in .toml"))
        .arg(Arg::new("check").long("check").action(ArgAction::SetTrue).help("With --map: read everything, tell what is wrong by kind with its rows and columns, and write nothing"))
        .arg(Arg::new("suggest-map").long("suggest-map").action(ArgAction::SetTrue).help("Print a map that reads the file as it stands, suggested by its header, and import nothing; what the header does not tell is left to fill in"))
        .arg(Arg::new("kinds").long("kinds").action(ArgAction::SetTrue).help("Print the keys of every kind of record with their meaning, and import nothing (--kind K: of that kind)"))
        .after_help(format!(
            "A line is {{\"record\":\"customer\",\"id\":\"C00001\",\"name\":\"Ada Ltd\"}}; what it refers to stands before it. \
             Keys left out are their default, in records that are there already too. All lines are done or none, and stand as \
             one row in the log.\n\n\
             Kinds: {}.\n\n\
             In CSV a comma, a semicolon or a tab parts the columns, a cell with a list is JSON text, and the rows of a document \
             repeat its columns or have its lines as JSON in one cell: what a list prints with -o csv can be read.\n\n\
             A file of another system, such as the orders export of a shop, is read by a map. It makes customers, products and taxes \
             that are missing, keeps bills as they were billed, and counts what deliveries take as having been there. The same \
             file again changes nothing. docs/ways-in.md explains a map by an example.\n\n\
             A file that begins with {{\"record\":\"export\",…}} is restored as it stands, into a store where nothing was done yet.\n\n\
             Examples:\n  aftersales import records.ndjson --dry-run\n  aftersales import customers.csv --kind customer --update\n  aftersales product list -o csv | aftersales import - --format csv --kind product --store new.db\n  aftersales import desk.ndjson --store new.db\n  aftersales import --kinds --kind invoice\n  aftersales import orders.csv --map shopify-orders --check\n  aftersales import sheet.csv --suggest-map > sheet.toml\n  aftersales import sheet.csv --map sheet.toml",
            import::kinds().collect::<Vec<_>>().join(", ")
        ))
}

/// Whether an import is asked for that writes nothing: what it tells or prints needs no question.
pub fn imports_nothing(matches: &ArgMatches) -> bool {
    ["kinds", "suggest-map", "check"].into_iter().any(|flag| matches.get_flag(flag))
}

/// Runs `import`.
pub fn import(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> std::result::Result<(), Exit> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    if matches.get_flag("kinds") {
        return ways::kinds::print(outside, settings, text("kind").as_deref());
    }
    if matches.get_flag("suggest-map") {
        let file = text("file");
        let (name, reader) = reader_of(outside, file.as_deref())?;
        let (suggested, _) = ways::suggested(name, reader)?;
        warn_of_map(outside, settings, suggested.unfinished.as_slice());
        return super::print(outside, suggested.text.as_bytes());
    }
    if let Some(map) = text("map") {
        return import_by_map(outside, settings, matches, &map);
    }
    if matches.get_flag("check") {
        let message = "--check reads a file by a map; --dry-run tries any other import".to_owned();
        return Err(report::usage_error(message, Some("check"), None).into());
    }
    let on_error = on_error(matches)?;
    let import = Import {
        map: None,
        file: text("file"),
        kind: text("kind"),
        format: text("format"),
        update: matches.get_flag("update"),
        on_error: text("on-error"),
        key: settings.key.clone(),
    };
    let form = import.csv_form().map_err(|error| match &import {
        Import { kind: None, file: Some(file), .. } if error.kind() == FaultKind::Value => of_no_kind(file, error),
        _ => error,
    })?;
    let bulk = Bulk {
        work: &import,
        on_error: on_error.unwrap_or(OnError::Continue),
        atomic: on_error != Some(OnError::Continue),
        whole: true,
        mode: settings.mode,
    };
    let shape = shape_of(settings)?;
    let db = settings.open_to_write(outside)?;
    let lines = match form {
        Some(form) => open_csv(outside, settings, import.file.as_deref(), form)?,
        None => Input::open(outside, import.file.as_deref(), export::is_first_line)?,
    };
    run(outside, settings, &shape, &db, &bulk, lines)
}

/// Rows of which nothing says what they are: they may be those of another system.
fn of_no_kind(file: &str, error: Error) -> Error {
    if error.fault().field.as_deref() != Some("kind") {
        return error;
    }
    let known = File::open(file).ok().and_then(|file| ways::known_layout(&mut BufReader::new(file)));
    let (message, hint) = match known {
        Some(map) => (
            format!(
                "{file} has the layout that the map {} reads ({}); the rows of any other file are of the kind that --kind names",
                map.name, map.about
            ),
            format!("aftersales import {} --map {} --check", shell_word(file), map.name),
        ),
        None => (
            format!(
                "kind is needed: --kind says what the rows of {file} are, and --map how a file of another system is read"
            ),
            format!("aftersales import {} --suggest-map", shell_word(file)),
        ),
    };
    report::fault("missing_field", message, Some("kind"), None, Some(hint))
}

/// Imports a file of another system, as a map reads it.
fn import_by_map(
    outside: &mut Outside<'_>,
    settings: &Settings,
    matches: &ArgMatches,
    named: &str,
) -> std::result::Result<(), Exit> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    if let Some(flag) = ["kind", "format"].into_iter().find(|flag| text(flag).is_some()) {
        let message = format!("--{flag} says what --map says already; leave one of them out");
        return Err(report::usage_error(message, Some(flag), text(flag)).into());
    }
    let check = matches.get_flag("check");
    let on_error = on_error(matches)?;
    let shape = shape_of(settings)?;
    let file = text("file");
    let (name, reader) = reader_of(outside, file.as_deref())?;
    let (map, reader, suggested) = ways::map_for(named, name, reader)?;
    let mapping = Mapping { name: named.to_owned(), columns: map.told() };
    // A check is a dry run.
    let mode = if check { Mode::DryRun } else { settings.mode };
    let db = if check { settings.open_to_try()? } else { settings.open_to_write(outside)? };
    let clock = settings.clock(outside.clock);
    let mut desk = None;
    settings.session(&db, &clock).read(Right::Admin, |cx| {
        desk = Some(ways::Desk { timezone: cx.desk.timezone.clone(), currency: cx.desk.currency });
        Ok(())
    })?;
    let desk = desk.ok_or_else(|| crate::command::internal("the desk was not read"))?;
    let (sheet, notes) = ways::open(name, reader, map, desk)?;
    if let Some(suggested) = &suggested {
        tell_of_sheet(outside, settings, suggested);
    }
    let name = name.to_owned();
    let import = Import {
        file,
        kind: None,
        format: None,
        update: matches.get_flag("update"),
        on_error: text("on-error"),
        map: Some(mapping),
        key: settings.key.clone(),
    };
    let bulk = Bulk {
        work: &import,
        on_error: on_error.unwrap_or(OnError::Continue),
        atomic: on_error != Some(OnError::Continue),
        whole: true,
        mode,
    };
    let lines = Input::read_by(outside, &name, move |sender| sheet.read(sender));
    let mut grouped = Telling { faults: Grouped::default(), check };
    let ended = run_telling(outside, settings, &shape, &db, &bulk, lines, Some(&mut grouped));
    if let Ok(notes) = notes.lock() {
        tell_of_rows(outside, settings, &notes);
    }
    match (ended, grouped.faults.fault()) {
        // The faults say it all, and the first of them how the run ended.
        (Err(Exit::Code(code)), Some(fault)) => {
            report::failure(outside, &Error::from(fault), settings.voice);
            Err(Exit::Code(code))
        }
        (ended, _) => ended,
    }
}

/// Says what a sheet is read as, and what is missing of it.
fn tell_of_sheet(outside: &mut Outside<'_>, settings: &Settings, suggested: &ways::Suggested) {
    // To people it is a remark, and nothing to be warned of.
    if settings.voice.json {
        settings.voice.warned(outside, &suggested.read_as);
    } else if !settings.quiet {
        let _ = writeln!(outside.stderr, "{}", for_terminal(&suggested.read_as.message));
    }
    warn_of_map(outside, settings, &suggested.untold);
}

fn warn_of_map(outside: &mut Outside<'_>, settings: &Settings, warnings: &[Warning]) {
    for warning in warnings.iter().filter(|_| settings.voice.json || !settings.quiet) {
        settings.voice.warned(outside, warning);
    }
}

/// Says which rows are read otherwise than they stand.
fn tell_of_rows(outside: &mut Outside<'_>, settings: &Settings, notes: &ways::Notes) {
    let told = ways::Notes::told;
    if !notes.totals.is_empty() && !settings.quiet && !settings.voice.json {
        let _ = writeln!(outside.stderr, "not read, since sums stand there: row {}", told(&notes.totals));
    }
    if !notes.undated.is_empty() {
        let message =
            format!("dated the day they are first imported, since no day stands there: row {}", told(&notes.undated));
        warn_of_map(outside, settings, &[Warning { code: "undated".into(), message }]);
    }
}

/// How the faults of a run are told beside its answers.
struct Telling {
    faults: Grouped,
    /// Whether they are all that is answered.
    check: bool,
}

/// The records of CSV, as lines. Columns that are passed over are told.
fn open_csv(outside: &mut Outside<'_>, settings: &Settings, file: Option<&str>, form: CsvForm) -> Result<Input> {
    let (name, reader) = reader_of(outside, file)?;
    let rows = Rows::of(reader, form).map_err(|error| unreadable(name, &error))?;
    let passed_over = rows.passed_over().collect::<Vec<_>>().join(", ");
    if !passed_over.is_empty() && !settings.quiet && !settings.voice.json {
        let passed_over = for_terminal(&passed_over);
        let _ = writeln!(outside.stderr, "not read, since the desk works it out itself: {passed_over}");
    }
    Ok(Input::read_by(outside, name, move |sender| csv_lines::read(rows, sender)))
}

fn on_error(matches: &ArgMatches) -> Result<Option<OnError>> {
    match matches.get_one::<String>("on-error").map(String::as_str) {
        None => Ok(None),
        Some("continue") => Ok(Some(OnError::Continue)),
        Some("stop") => Ok(Some(OnError::Stop)),
        Some(other) => {
            let message = format!("{other:?} is not continue or stop");
            Err(report::usage_error(message, Some("on_error"), Some(other.to_owned())))
        }
    }
}

/// How answers are printed: ndjson unless a format was named. An expression gets them one by one, since they are printed as
/// soon as they are true, not when all are there.
fn shape_of(settings: &Settings) -> Result<Shape> {
    let is_made = settings.shape.filter.is_some() || settings.shape.template.is_some();
    let format = match (settings.format_given, is_made) {
        (true, false) => settings.shape.format,
        _ => Format::Ndjson,
    };
    let shape = Shape { format, ..settings.shape.clone() };
    check_fields(&shape, LineAnswer::FIELDS.iter().copied())?;
    Ok(shape)
}

/// Runs lines and prints their answers to stdout and the summary to stderr.
fn run(
    outside: &mut Outside<'_>,
    settings: &Settings,
    shape: &Shape,
    db: &Db,
    bulk: &Bulk<'_>,
    lines: Input,
) -> std::result::Result<(), Exit> {
    run_telling(outside, settings, shape, db, bulk, lines, None)
}

/// The same; `telling` gathers the faults.
fn run_telling(
    outside: &mut Outside<'_>,
    settings: &Settings,
    shape: &Shape,
    db: &Db,
    bulk: &Bulk<'_>,
    mut lines: Input,
    telling: Option<&mut Telling>,
) -> std::result::Result<(), Exit> {
    let clock = settings.clock(outside.clock);
    let session = settings.session(db, &clock);
    let mut stdout = BufWriter::with_capacity(1 << 16, &mut *outside.stdout);
    // A terminal that shows the answers shows how far it is.
    let draws = outside.stderr_is_terminal && !outside.stdout_is_terminal;
    let progress = Progress::begin(&mut *outside.stderr, draws, settings, "lines");
    let of = if progress.is_told() { lines.count() } else { None };
    let progress = progress.of(of);
    let mut out = Out {
        carried: &settings.carried,
        records: Records::new(&mut stdout, shape, LINES)?,
        shape,
        telling,
        lines: 0,
        progress,
    };
    let (mut summary, outcome) = bulk.run(&session, &mut lines, &mut out);
    // What is answered can be read also where the run ended early; where nothing is, the error alone tells it.
    let tells = outcome.is_ok() || summary.lines > 0;
    let ended = out.end(tells);
    drop(stdout);
    if let (Ok(()), Some(signal)) = (&outcome, lines.signal()) {
        summary.exit = signal;
    }
    if tells {
        tell(outside, settings, &summary);
    }
    super::tell_of_traces(outside, settings, db);
    outcome?;
    let remarks = ended?;
    if !settings.quiet {
        report::remarks(outside, shape, &remarks, None);
    }
    match summary.exit {
        0 => Ok(()),
        code => Err(Exit::Code(code)),
    }
}

/// What the answers of a bulk run are as records.
const LINES: Kind =
    Kind { fields: LineAnswer::FIELDS, kind: "answer", layout_of, many: true, opens: &[], spread: "", lines: &[] };

/// Where answers go: stdout, and a count of them to a terminal that does not show them itself.
struct Out<'o> {
    carried: &'o Carried,
    records: Records<'o>,
    shape: &'o Shape,
    telling: Option<&'o mut Telling>,
    lines: u64,
    progress: Progress<'o>,
}

impl Answers for Out<'_> {
    fn complete(&self, fault: &mut Fault) {
        report::hide_passwords(fault);
        self.carried.complete(fault);
    }

    fn check(&mut self, answer: &str) -> Result<()> {
        Ok(output::check_made(self.shape, answer)?)
    }

    fn print(&mut self, answer: &str) -> Result<()> {
        self.lines += 1;
        if let Some(telling) = &mut self.telling {
            if answer.contains("\"status\":\"error\"") {
                telling.faults.add(answer);
            }
            if telling.check {
                return Ok(());
            }
        }
        Ok(self.records.record(answer, NO_NAMES)?)
    }

    fn flush(&mut self) -> Result<()> {
        self.progress.step(self.lines, None);
        Ok(self.records.flush()?)
    }
}

impl Out<'_> {
    /// Ends what was printed, if anything is to be.
    fn end(mut self, prints: bool) -> Result<Remarks> {
        self.progress.clear();
        if let Some(telling) = self.telling.filter(|telling| telling.check && prints) {
            for answer in telling.faults.answers() {
                self.records.record(&answer, NO_NAMES)?;
            }
        }
        if prints { Ok(self.records.end(NO_NAMES)?) } else { Ok(Remarks::default()) }
    }
}

#[derive(Serialize)]
struct Wrapped<'s> {
    summary: &'s Summary,
}

fn tell(outside: &mut Outside<'_>, settings: &Settings, summary: &Summary) {
    let json = serde_json::to_string(&Wrapped { summary }).unwrap_or_default();
    let _ = if settings.voice.json {
        writeln!(outside.stderr, "{json}")
    } else if settings.quiet {
        Ok(())
    } else {
        writeln!(outside.stderr, "{}", sentence(summary))
    };
}

/// A summary for people: what there is something to say of.
fn sentence(summary: &Summary) -> String {
    let Summary { lines, done, unchanged, replayed, planned, error, skipped, sums, exit: _ } = summary;
    let mut told = format!("{lines} {}: {done} done", if *lines == 1 { "line" } else { "lines" });
    let others = [
        (unchanged, "unchanged"),
        (replayed, "replayed"),
        (planned, "planned"),
        (error, "failed"),
        (skipped, "skipped"),
    ];
    for (count, word) in others.into_iter().filter(|(count, _)| **count > 0) {
        told.push_str(&format!(", {count} {word}"));
    }
    for (at, (kind, sums)) in sums.apart().enumerate() {
        let sums: Vec<String> = sums.iter().map(ToString::to_string).collect();
        told.push_str(&format!("{} {kind} of {}", if at == 0 { ";" } else { "," }, sums.join(" and ")));
    }
    told
}

pub fn unreadable(name: &str, error: &std::io::Error) -> Error {
    ValueRefused::invalid("file", name, format!("{name} cannot be read: {error}")).into()
}

/// What the file is called that is no file.
pub const STANDARD_INPUT: &str = "standard input";

fn reader_of<'n>(outside: &Outside<'_>, file: Option<&'n str>) -> Result<(&'n str, Box<dyn BufRead + Send>)> {
    match file {
        None | Some("-") => Ok((STANDARD_INPUT, (outside.stdin)())),
        Some(path) => {
            let file = File::open(path).map_err(|error| unreadable(path, &error))?;
            Ok((path, Box::new(BufReader::with_capacity(1 << 16, file))))
        }
    }
}

/// Lines on their way from the reading thread.
pub struct Input {
    name: String,
    receiver: Receiver<Batch>,
    batch: std::vec::IntoIter<Line>,
    signals: Signals,
    began: Instant,
    /// The file, or how many lines there are, as far as that is known.
    file: Option<PathBuf>,
    of: Option<u64>,
    ended: bool,
    /// What went wrong with reading, to be told when it is reached.
    fault: Option<std::io::Error>,
}

impl Input {
    /// The lines of a file or of standard input; `unbounded` knows a first line behind which they may be of any length.
    fn open(outside: &Outside<'_>, file: Option<&str>, unbounded: fn(&[u8]) -> bool) -> Result<Input> {
        let (name, reader) = reader_of(outside, file)?;
        let path = file.filter(|file| *file != "-").map(PathBuf::from).filter(|path| path.is_file());
        Ok(Input { file: path, ..Input::reading(outside, name, unbounded, reader) })
    }

    /// The lines of a reader.
    fn reading(
        outside: &Outside<'_>,
        name: &str,
        unbounded: fn(&[u8]) -> bool,
        reader: Box<dyn BufRead + Send>,
    ) -> Input {
        Input::read_by(outside, name, move |sender| read_lines(reader, unbounded, sender))
    }

    /// What `read` sends, from a thread of its own. From here on a signal ends the run after its group, not the program at once.
    fn read_by(outside: &Outside<'_>, name: &str, read: impl FnOnce(&SyncSender<Batch>) + Send + 'static) -> Input {
        outside.signals.end_at_once.store(false, Ordering::SeqCst);
        let (sender, receiver) = sync_channel(4);
        std::thread::spawn(move || read(&sender));
        Input {
            name: name.to_owned(),
            receiver,
            batch: Vec::new().into_iter(),
            signals: outside.signals.clone(),
            began: Instant::now(),
            file: None,
            of: None,
            ended: false,
            fault: None,
        }
    }

    /// How many lines there are, where that is known or can be counted.
    fn count(&self) -> Option<u64> {
        let counted = |path: &PathBuf| {
            let mut file = BufReader::with_capacity(1 << 16, File::open(path).ok()?);
            let (mut lines, mut last) = (0_u64, b'\n');
            loop {
                let read = file.fill_buf().ok()?;
                let Some(end) = read.last().copied() else { break };
                lines += u64::try_from(read.iter().filter(|byte| **byte == b'\n').count()).ok()?;
                last = end;
                let used = read.len();
                file.consume(used);
            }
            Some(if last == b'\n' { lines } else { lines + 1 })
        };
        self.of.or_else(|| self.file.as_ref().and_then(counted))
    }

    /// The exit code of the signal that asked the run to stop.
    pub fn signal(&self) -> Option<i32> {
        match self.signals.came.load(Ordering::SeqCst) {
            0 => None,
            signal => i32::try_from(signal).ok().map(|signal| 128 + signal),
        }
    }

    fn take(&mut self, batch: Batch) {
        match batch {
            Ok(lines) => self.batch = lines.into_iter(),
            Err(fault) => self.fault = Some(fault),
        }
    }
}

impl Lines for Input {
    fn next(&mut self) -> Result<Option<Line>> {
        loop {
            if self.interrupted() || self.ended {
                return Ok(None);
            }
            if let Some(line) = self.batch.next() {
                return Ok(Some(line));
            }
            if let Some(fault) = &self.fault {
                return Err(unreadable(&self.name, fault));
            }
            match self.receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(batch) => self.take(batch),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
            }
        }
    }

    fn next_waiting(&mut self) -> Option<Line> {
        if self.is_waiting() { self.batch.next() } else { None }
    }

    fn is_waiting(&mut self) -> bool {
        if self.batch.len() == 0
            && self.fault.is_none()
            && let Ok(batch) = self.receiver.try_recv()
        {
            self.take(batch);
        }
        self.batch.len() > 0
    }

    fn interrupted(&self) -> bool {
        self.signal().is_some()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Sends every complete line as soon as it is there; what is read at once goes as one batch. Behind a first line that `unbounded`
/// knows, a line may be of any length.
fn read_lines(mut reader: Box<dyn BufRead + Send>, unbounded: fn(&[u8]) -> bool, sender: &SyncSender<Batch>) {
    let mut lines = Splitting { partial: Vec::new(), too_long: false, longest: LONGEST_LINE, number: 0, unbounded };
    loop {
        let (batch, used) = match reader.fill_buf() {
            Ok([]) => break,
            Ok(available) => {
                let mut batch = Vec::new();
                let mut rest = available;
                while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let (line, after) = rest.split_at(end);
                    lines.keep(line);
                    batch.push(lines.complete());
                    rest = after.get(1..).unwrap_or_default();
                }
                lines.keep(rest);
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
    if !lines.partial.is_empty() || lines.too_long {
        let _ = sender.send(Ok(vec![lines.complete()]));
    }
}

/// Bytes on their way to being lines.
struct Splitting {
    partial: Vec<u8>,
    too_long: bool,
    longest: usize,
    /// How many lines are complete.
    number: u64,
    unbounded: fn(&[u8]) -> bool,
}

impl Splitting {
    fn keep(&mut self, piece: &[u8]) {
        if self.partial.len() + piece.len() > self.longest {
            self.too_long = true;
            self.partial.clear();
        }
        if !self.too_long {
            self.partial.extend_from_slice(piece);
        }
    }

    fn complete(&mut self) -> Line {
        self.number += 1;
        let bytes = std::mem::take(&mut self.partial);
        if self.number == 1 && (self.unbounded)(&bytes) {
            self.longest = usize::MAX;
        }
        let bytes = if std::mem::take(&mut self.too_long) { None } else { Some(bytes) };
        Line { number: self.number, bytes }
    }
}
