//! The command line: the tree of nouns and verbs, the global flags, and what is printed where. What a command does is not
//! known here.

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::command::pipeline::{Clock, Mode, Session};
use crate::command::{self, Action, Entry};
use crate::domain::day::Instant;
use crate::output::{self, PrintError, Records};
use crate::store::Access;

mod bulk;
mod report;
mod settings;
mod top;
mod tree;

use report::Exit;
use settings::Settings;

/// Everything outside the program that a run may touch; `main` makes the real one.
pub struct Outside<'o> {
    pub arguments: Vec<OsString>,
    pub variable: &'o dyn Fn(&str) -> Option<String>,
    /// The machine's clock.
    pub clock: &'o dyn Fn() -> Instant,
    /// Opens standard input; called once at most.
    pub stdin: &'o dyn Fn() -> Box<dyn BufRead + Send>,
    pub stdout: &'o mut dyn Write,
    pub stderr: &'o mut dyn Write,
    /// Whether a question can be asked: stdin and stderr are terminals.
    pub can_ask: bool,
    pub stdout_width: Option<u16>,
    pub stderr_is_terminal: bool,
    /// The operating system's user name.
    pub login: String,
    /// The number of the signal that asked the run to end, 0 while none did.
    pub interrupted: Arc<AtomicUsize>,
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

/// Runs the program once; answers its exit code.
pub fn run(mut outside: Outside<'_>) -> i32 {
    let arguments = std::mem::take(&mut outside.arguments);
    let matches = match tree::quick().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return usage(&mut outside, &arguments, &error),
    };
    let settings = match Settings::from(&matches, &outside) {
        Ok(settings) => settings,
        Err(error) => {
            let json = report::wants_json(&arguments, outside.variable);
            return report::failure(&mut outside, &error, json);
        }
    };
    match dispatch(&mut outside, &settings, &matches) {
        Ok(()) => 0,
        Err(Exit::Refused(error)) => report::failure(&mut outside, &error, settings.json_errors()),
        Err(Exit::Code(code)) => code,
        Err(Exit::Print(PrintError::UnknownField(field))) => report::failure(
            &mut outside,
            &report::usage_error(format!("the records have no field {field}"), Some("fields"), Some(field)),
            settings.json_errors(),
        ),
        Err(Exit::Print(PrintError::Stream(error))) => {
            report::stream_failure(&mut outside, &error, settings.json_errors())
        }
    }
}

fn dispatch(outside: &mut Outside<'_>, settings: &Settings, matches: &clap::ArgMatches) -> Result<(), Exit> {
    let Some((noun, matches)) = matches.subcommand() else {
        return Err(report::usage_error("a command is needed".to_owned(), None, None).into());
    };
    match noun {
        "init" => top::init(outside, settings, matches),
        "apply" => bulk::apply(outside, settings, matches),
        "export" => top::export(outside, settings, matches),
        "verify" => top::verify(outside, settings),
        noun => {
            let found = match matches.subcommand() {
                Some((verb, inner)) => command::entry(&format!("{noun} {verb}")).map(|entry| (entry, inner)),
                None => command::entry(noun).map(|entry| (entry, matches)),
            };
            let (entry, matches) =
                found.ok_or_else(|| report::usage_error(format!("{noun} needs a verb"), None, None))?;
            run_entry(outside, settings, entry, matches)
        }
    }
}

fn run_entry(
    outside: &mut Outside<'_>,
    settings: &Settings,
    entry: &'static Entry,
    matches: &clap::ArgMatches,
) -> Result<(), Exit> {
    match &entry.action {
        Action::Change { .. } if bulk::is_due(entry, matches) => bulk::post_due(outside, settings),
        Action::Change { parse } => {
            let pairs = tree::pairs(entry, matches);
            change(outside, settings, &|| parse(entry, pairs.clone()))
        }
        Action::Read { kind, many, right, wider, opens, run } => {
            let db = settings.open(Access::Read)?;
            let clock = settings.clock(outside.clock);
            let session = Session { db: &db, clock: &clock, actor: settings.actor.clone(), yes: settings.yes };
            let mut out = std::io::BufWriter::with_capacity(1 << 16, &mut *outside.stdout);
            let mut records = Records::new(&mut out, &settings.shape, kind, *many, command::columns_of).opening(opens);
            let mut print_fault = None;
            session
                .read_widened(
                    *right,
                    |db| wider(matches, db),
                    |cx| {
                        run(matches, cx, &mut |json| {
                            records.record(json).map_err(|fault| {
                                print_fault = Some(fault);
                                command::internal("the output could not be printed")
                            })
                        })
                    },
                )
                .map_err(|error| print_fault.take().map_or(Exit::Refused(error), Exit::Print))?;
            records.end()?;
            out.flush().map_err(PrintError::Stream)?;
            Ok(())
        }
    }
}

/// Runs one change, asking its question where that is possible, and prints its answer.
fn change(outside: &mut Outside<'_>, settings: &Settings, parsed: &dyn Fn() -> command::Parsed) -> Result<(), Exit> {
    let db = settings.open(Access::Write)?;
    let clock = settings.clock(outside.clock);
    let mut session = Session { db: &db, clock: &clock, actor: settings.actor.clone(), yes: settings.yes };
    let envelope = command::pipeline::Envelope { parsed: parsed(), key: settings.key.clone() };
    if settings.verbose
        && settings.mode == Mode::DryRun
        && let command::Parsed::Whole(change) = &envelope.parsed
    {
        let _ = writeln!(outside.stderr, "{}", change.content());
    }
    let mut answer = session.run_single(&envelope, settings.mode);
    if let Err(error) = &answer
        && error.fault().code == "confirmation_needed"
        && outside.can_ask
        && report::ask(outside, &error.fault().message)
    {
        session.yes = true;
        answer = session.run_single(&envelope, settings.mode);
    }
    let answer = answer?;
    print_answer(outside, settings, &answer)
}

fn print_answer(
    outside: &mut Outside<'_>,
    settings: &Settings,
    answer: &command::pipeline::Answer,
) -> Result<(), Exit> {
    let json = command::to_json(answer)?;
    if !settings.quiet && !settings.json_errors() {
        for warning in &answer.warnings {
            let _ = writeln!(
                outside.stderr,
                "warning[{}]: {}",
                warning.code,
                output::escape::for_terminal(&warning.message)
            );
        }
        if let Some(word) = match answer.status {
            command::pipeline::Status::Unchanged => Some("unchanged: it was so already"),
            command::pipeline::Status::Replayed => Some("replayed: this key was done before"),
            command::pipeline::Status::Planned => Some("planned: nothing was changed"),
            command::pipeline::Status::Done => None,
        } {
            let _ = writeln!(outside.stderr, "{word}");
        }
    }
    output::change(&mut *outside.stdout, &settings.shape, &json, answer.detail, command::columns_of)?;
    Ok(outside.stdout.flush().map_err(PrintError::Stream)?)
}

fn usage(outside: &mut Outside<'_>, arguments: &[OsString], quick: &clap::Error) -> i32 {
    // The quick tree is built for speed; help and messages come from the whole one.
    let error = match tree::whole().try_get_matches_from(arguments) {
        Err(error) => error,
        Ok(_) => return report::failure(outside, &report::usage_error(quick.to_string(), None, None), false),
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = write!(outside.stdout, "{}", error.render());
            0
        }
        kind => {
            let json = report::wants_json(arguments, outside.variable);
            let fault = match (kind, error.get(ContextKind::InvalidArg)) {
                (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(names))) => report::missing(names),
                _ => report::usage_of(&error),
            };
            report::failure(outside, &fault, json)
        }
    }
}
