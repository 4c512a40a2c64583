//! The command line: the tree of nouns and verbs, the global flags, and what is printed where. What a command does is not
//! known here.

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::command::pipeline::{Answer, Clock, Envelope, Mode, Session, Status};
use crate::command::{self, Action, Entry, Parsed, Warning};
use crate::domain::code::FaultKind;
use crate::domain::common::ConfirmationNeeded;
use crate::domain::value::day::Instant;
use crate::domain::{Error, Result};
use crate::output::names::NO_NAMES;
use crate::output::spooled::Spooled;
use crate::output::{self, Kind, PrintError, Records, Remarks};
use crate::procedure::checks::Checks;
use crate::store::Db;
use crate::store::engine::health::engines;

mod backup;
mod bulk;
mod complete;
mod config;
mod copy;
mod csv_frame;
mod csv_lines;
mod demo;
mod doctor;
mod explain;
mod hint;
mod ledger;
mod man;
mod print;
mod progress;
mod report;
mod serve;
mod settings;
mod several;
mod sheets;
mod templates;
mod texts;
mod top;
mod topics;
mod tree;
mod ways;

use config::alias;
use report::{Exit, Voice};
use settings::Settings;

/// Everything outside the program that a run may touch; `main` makes the real one.
pub struct Outside<'o> {
    pub arguments: Vec<OsString>,
    pub variable: &'o dyn Fn(&str) -> Option<String>,
    /// The machine's clock.
    pub clock: &'o (dyn Fn() -> Instant + Sync),
    /// Opens standard input; called once at most.
    pub stdin: &'o dyn Fn() -> Box<dyn BufRead + Send>,
    pub stdout: &'o mut dyn Write,
    pub stderr: &'o mut dyn Write,
    /// Whether a question can be asked: stdin and stderr are terminals.
    pub can_ask: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// The width of the terminal that stdout is, none where it is no terminal.
    pub stdout_width: Option<u16>,
    /// The operating system's user name.
    pub login: String,
    /// This program, ready to be started again.
    pub program: &'o dyn Fn() -> std::io::Result<std::process::Command>,
    pub signals: Signals,
}

/// What becomes of a signal that asks the program to end.
#[derive(Clone)]
pub struct Signals {
    /// Whether it ends the program at once. A bulk run takes that back, to finish its group first.
    pub end_at_once: Arc<AtomicBool>,
    /// The number of the signal that came, 0 while none did.
    pub came: Arc<AtomicUsize>,
}

struct Moment<'o> {
    machine: &'o dyn Fn() -> Instant,
    fixed: Option<Instant>,
}

impl Clock for Moment<'_> {
    fn now(&self) -> Instant {
        self.fixed.unwrap_or_else(|| (self.machine)())
    }
    fn machine(&self) -> Instant {
        (self.machine)()
    }
}

/// Runs the program once; answers its exit code. A panic is a fault of the program, told like any other.
pub fn run(mut outside: Outside<'_>) -> i32 {
    let arguments = std::mem::take(&mut outside.arguments);
    if let Some(shell) = (outside.variable)(complete::VARIABLE).filter(|shell| !shell.is_empty()) {
        // A shell has no place for what is wrong.
        let _ = catch_unwind(AssertUnwindSafe(|| complete::answer(&mut outside, &shell, &arguments)));
        return 0;
    }
    let ended = catch_unwind(AssertUnwindSafe(|| run_with(&mut outside, &arguments)));
    ended.unwrap_or_else(|_| {
        let voice = Voice::early(&arguments, &outside);
        let told = PANIC.lock().map(|told| told.clone()).unwrap_or_default();
        report::failure(&mut outside, &command::internal(told), voice)
    })
}

/// What the last panic said, and where it was.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Keeps what a panic says for the error that tells it; for the panic hook, so that nothing else is printed.
pub fn keep_panic(panic: &PanicHookInfo<'_>) {
    if let Ok(mut told) = PANIC.lock() {
        *told = panic.to_string().replace('\n', " ");
    }
}

fn run_with(outside: &mut Outside<'_>, arguments: &[OsString]) -> i32 {
    let mut quick = tree::quick(arguments);
    let matches = quick.try_get_matches_from_mut(arguments);
    // Taking the tree apart again would cost a good part of a short run, and the program soon ends.
    std::mem::forget(quick);
    let matches = match matches {
        Ok(matches) => matches,
        Err(error) => match alias::expanded(arguments, outside) {
            // It begins with a command, so that there is no second alias.
            Ok(Some(arguments)) => return run_with(outside, &arguments),
            Ok(None) => return usage(outside, arguments, &error),
            Err(fault) => {
                let voice = Voice::early(arguments, outside);
                return report::failure(outside, &fault, voice);
            }
        },
    };
    let (settings, faults) = Settings::from(&matches, outside);
    if let Some(error) = faults.iter().find(|fault| !is_left_to(matches.subcommand_name(), fault)) {
        let voice = Voice::early(arguments, outside);
        return report::failure(outside, error, voice);
    }
    match dispatch(outside, &settings, &matches, &faults) {
        Ok(()) => 0,
        Err(Exit::Refused(mut error)) => {
            hint::complete(&mut error, arguments, &matches, &settings.carried);
            report::failure(outside, &error, settings.voice)
        }
        Err(Exit::Code(code)) => code,
    }
}

/// Whether a fault of the settings is left to the command, which has to do with settings, or needs none.
fn is_left_to(command: Option<&str>, fault: &Error) -> bool {
    fault.kind() == FaultKind::Config
        && matches!(command, Some("completions" | "config" | "doctor" | "explain" | "help" | "man"))
}

/// Asks before something that moves money or goods in a store that a profile protects; where nobody can be asked, it is refused.
fn check_protected(
    outside: &mut Outside<'_>,
    settings: &Settings,
    noun: &str,
    matches: &clap::ArgMatches,
) -> std::result::Result<(), Exit> {
    let Some(profile) = settings.protected.as_ref().filter(|_| !settings.yes && settings.mode == Mode::Commit) else {
        return Ok(());
    };
    let name = matches.subcommand_name().map_or_else(|| noun.to_owned(), |verb| format!("{noun} {verb}"));
    if !command::moves::moves(&name) || noun == "import" && bulk::imports_nothing(matches) {
        return Ok(());
    }
    let store = &settings.store;
    let question = format!("the profile {profile} is protected, and {name} can move money or goods in {store}; go on?");
    if outside.can_ask && report::ask(outside, &question) {
        return Ok(());
    }
    Err(ConfirmationNeeded { question }.into())
}

fn dispatch(
    outside: &mut Outside<'_>,
    settings: &Settings,
    root: &clap::ArgMatches,
    faults: &[Error],
) -> std::result::Result<(), Exit> {
    let Some((noun, matches)) = root.subcommand() else {
        return Err(report::incomplete("a command is needed".to_owned(), "").into());
    };
    check_protected(outside, settings, noun, matches)?;
    match noun {
        "doctor" => doctor::doctor(outside, settings, (root, matches), faults),
        "help" => topics::help(outside, matches),
        "man" => man::man(outside, matches),
        "completions" => man::completions(outside, matches),
        "config" => config::command::config(outside, settings, (root, matches), faults),
        "init" => top::init(outside, settings, matches),
        "demo" => demo::demo(outside, settings, matches),
        "apply" => bulk::apply(outside, settings, matches),
        "import" => bulk::import(outside, settings, matches),
        "export" => top::export(outside, settings, matches),
        "verify" => top::verify(outside, settings, matches),
        "schema" => top::schema(outside, settings, matches),
        "explain" => explain::explain(outside, settings, matches),
        "store" => copy::store(outside, settings, matches),
        "backup" => backup::backup(outside, settings, matches),
        "restore" => backup::restore(outside, settings, matches),
        "ledger" => ledger::ledger(outside, settings, matches),
        "templates" => templates::templates(outside, settings, matches),
        "serve" => serve::serve(outside, settings, matches),
        noun => {
            // Of a command that can be typed alone, a flag that stands before one of its verbs.
            let alone =
                matches.subcommand().and(command::entry(noun)).and_then(|entry| tree::given(entry, matches).next());
            let found = match matches.subcommand() {
                Some((verb, inner)) => command::entry(&format!("{noun} {verb}")).map(|entry| (entry, inner)),
                None => command::entry(noun).map(|entry| (entry, matches)),
            };
            let (entry, matches) = found.ok_or_else(|| report::incomplete(format!("{noun} needs a verb"), noun))?;
            if let Some(flag) = alone {
                let message = format!("--{} stands for {noun} alone, not for {}", flag.replace('_', "-"), entry.name);
                return Err(report::incomplete(message, entry.name).into());
            }
            match &entry.action {
                Action::Change { .. } if bulk::is_due(entry, matches) => bulk::post_due(outside, settings),
                Action::Change { .. } if bulk::is_round(entry, matches) => bulk::send_due(outside, settings),
                Action::Change { parse } => {
                    if let Some(name) = several::asked(entry, matches) {
                        return several::run(outside, settings, (entry, *parse), &name, matches);
                    }
                    let pairs = texts::read(outside, tree::pairs(entry, matches))?;
                    let explains = matches!(matches.try_get_one::<bool>(tree::EXPLAIN), Ok(Some(true)));
                    let checks = explains.then(Checks::default);
                    let done = change(outside, settings, &|| parse(entry, pairs.clone()), checks.as_ref());
                    checks.iter().for_each(|checks| settings.voice.checks(outside, &checks.all()));
                    done
                }
                Action::Read { page: Some(page), .. } if (page.is_asked)(matches)? => {
                    print::page(outside, settings, entry, matches)
                }
                Action::Read { .. } => Ok(read(outside, settings, entry, matches)?),
                Action::Print { .. } => print::print(outside, settings, entry, matches),
            }
        }
    }
}

/// Runs one read and prints what it answers, when all of it is there.
fn read(
    outside: &mut Outside<'_>,
    settings: &Settings,
    entry: &'static Entry,
    matches: &clap::ArgMatches,
) -> Result<()> {
    let Action::Read { kind, laid_out_as, many, fields, right, wider, ahead, opens, spread, lines, run, .. } =
        &entry.action
    else {
        return Err(command::internal("a change is no read"));
    };
    let nothing = many.then(|| command::noun::nothing_of(kind));
    let kind = laid_out_as(matches)?;
    let kind = Kind { fields: fields().leak(), kind, layout_of: command::layout_of, many: *many, opens, spread, lines };
    let mut spooled = Spooled::new();
    let mut records = Records::new(&mut spooled, &settings.shape, kind)?;
    let mut remarks = Remarks::default();
    let mut warnings = Vec::new();
    let db = settings.open_to_read_at_once()?;
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    session.read_widened(
        *right,
        &|db| ahead(matches, db),
        |db| wider(matches, db),
        |cx| {
            let lookup = |kind: &str, ids| command::names_of(cx.db, kind, ids);
            run(matches, cx, &mut |json| Ok(records.record(json, &lookup)?))?;
            remarks = records.end(&lookup)?;
            warnings = cx.warnings();
            Ok(())
        },
    )?;
    spooled.send(outside.stdout).map_err(PrintError::Stream)?;
    // For people; who reads records sees it in them.
    for warning in warnings.iter().filter(|_| !settings.quiet && !settings.voice.json) {
        settings.voice.warn(outside, warning);
    }
    if !settings.quiet {
        report::remarks(outside, &settings.shape, &remarks, nothing.as_deref());
    }
    Ok(())
}

/// Runs one change, asking its question where that is possible, and prints its answer.
fn change(
    outside: &mut Outside<'_>,
    settings: &Settings,
    parsed: &dyn Fn() -> Parsed,
    checks: Option<&Checks>,
) -> std::result::Result<(), Exit> {
    output::check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let envelope = Envelope { parsed: parsed(), key: settings.key.clone() };
    if settings.verbose
        && settings.mode == Mode::DryRun
        && let Parsed::Whole(change) = &envelope.parsed
    {
        let _ = writeln!(outside.stderr, "{}", change.content());
    }
    let db = settings.open_to_write(outside)?;
    let clock = settings.clock(outside.clock);
    let mut session = Session { checks, ..settings.session(&db, &clock) };
    let mut printed = Printed::default();
    let mut ready = |answer: &Answer| rendered(settings, &db, answer, &mut printed);
    let mut answer = session.run_single(&envelope, settings.mode, &mut ready);
    if let Err(error) = &answer
        && error.kind() == FaultKind::Confirmation
        && outside.can_ask
        && report::ask(outside, &error.fault().message)
    {
        session.yes = true;
        answer = session.run_single(&envelope, settings.mode, &mut ready);
    }
    tell(outside, settings, &answer?, &printed.remarks);
    tell_of_traces(outside, settings, &db);
    print(outside, &printed.bytes)
}

/// Says where texts were erased and something still holds the bytes that they stood in.
fn tell_of_traces(outside: &mut Outside<'_>, settings: &Settings, db: &Db) {
    if let Some(why) = db.traces_left().filter(|_| !settings.quiet) {
        let message = format!(
            "the texts are erased, but traces are left in the files of the store, until the next erasure writes them anew: {why}"
        );
        settings.voice.warn(outside, &Warning { code: "traces_left".into(), message });
    }
}

/// An answer as it will be printed, and what there is to say beside it.
#[derive(Default)]
struct Printed {
    bytes: Vec<u8>,
    remarks: Remarks,
}

/// The answer as it will be printed, made while the change can still be undone, with the names that it sees.
fn rendered(settings: &Settings, db: &Db, answer: &Answer, printed: &mut Printed) -> Result<()> {
    let lookup = |kind: &str, ids| command::names_of(db, kind, ids);
    let json = command::to_json(answer)?;
    printed.bytes.clear();
    printed.remarks =
        output::change(&mut printed.bytes, &settings.shape, &json, answer.detail, command::layout_of, &lookup)?;
    Ok(())
}

/// What is said beside an answer that does not say it itself.
fn tell(outside: &mut Outside<'_>, settings: &Settings, answer: &Answer, remarks: &Remarks) {
    if settings.quiet || settings.voice.json {
        return;
    }
    report::remarks(outside, &settings.shape, remarks, None);
    for warning in &answer.warnings {
        settings.voice.warn(outside, warning);
    }
    let _ = match answer.status {
        Status::Unchanged => writeln!(outside.stderr, "unchanged: it was so already"),
        Status::Replayed => writeln!(outside.stderr, "replayed: this key was done before"),
        Status::Planned => writeln!(outside.stderr, "planned: nothing was changed"),
        Status::Done => Ok(()),
    };
}

/// Prints records that come from no store: of which kind, with all their keys, and whether there may be any number of them.
fn records(
    outside: &mut Outside<'_>,
    settings: &Settings,
    (kind, fields): (&'static str, &'static [&'static str]),
    many: bool,
    records: &[String],
) -> std::result::Result<(), Exit> {
    let kind = Kind { fields, kind, layout_of: command::layout_of, many, opens: &[], spread: "", lines: &[] };
    let mut printed = Vec::new();
    let mut shown = Records::new(&mut printed, &settings.shape, kind)?;
    for record in records {
        shown.record(record, NO_NAMES)?;
    }
    let remarks = shown.end(NO_NAMES)?;
    print(outside, &printed)?;
    if !settings.quiet {
        report::remarks(outside, &settings.shape, &remarks, None);
    }
    Ok(())
}

fn print(outside: &mut Outside<'_>, printed: &[u8]) -> std::result::Result<(), Exit> {
    let written = outside.stdout.write_all(printed).and_then(|()| outside.stdout.flush());
    Ok(written.map_err(PrintError::Stream)?)
}

fn usage(outside: &mut Outside<'_>, arguments: &[OsString], quick: &clap::Error) -> i32 {
    let voice = Voice::early(arguments, outside);
    // The quick tree is built for speed, and knows the version; help and messages come from the whole one.
    let told = match quick.kind() {
        ErrorKind::DisplayVersion => None,
        _ => Some(tree::whole().try_get_matches_from(arguments)),
    };
    let error = match &told {
        None => quick,
        Some(Err(error)) => error,
        Some(Ok(_)) => return report::failure(outside, &report::usage_of(quick), voice),
    };
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (kind @ (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion), _) => {
            let mut told = error.render().to_string();
            if kind == ErrorKind::DisplayVersion && arguments.iter().any(tree::is_verbose) {
                told.extend(engines().map(|(name, of_it)| format!("{name}: {of_it}\n")));
            }
            match print(outside, told.as_bytes()) {
                Err(Exit::Refused(error)) => report::failure(outside, &error, voice),
                _ => 0,
            }
        }
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(names))) => {
            report::failure(outside, &report::missing(names, error), voice)
        }
        _ => report::failure(outside, &report::usage_of(error), voice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault_of_the_program() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(keep_panic));
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let code = run(Outside {
            arguments: ["aftersales", "init", "--dry-run", "-o", "json"].map(OsString::from).to_vec(),
            variable: &|_| None,
            clock: &|| panic!("the clock\nstands still"),
            stdin: &|| panic!("nothing is read"),
            stdout: &mut stdout,
            stderr: &mut stderr,
            can_ask: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            stdout_width: None,
            login: "tester".to_owned(),
            program: &|| panic!("nothing is started"),
            signals: Signals { end_at_once: Arc::default(), came: Arc::default() },
        });
        std::panic::set_hook(before);
        assert_eq!((code, stdout), (1, Vec::new()));
        let error: serde_json::Value = serde_json::from_slice(&stderr).unwrap();
        assert_eq!(error["error"]["code"], "internal");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains("src/cli.rs") && message.ends_with("the clock stands still"), "{message}");
    }
}
