//! `demo`: a small made-up shop in a temporary store, and a tour of the five services: each command, then what it prints.

use clap::{ArgMatches, Command};

use super::report::Exit;
use super::{Outside, Settings};
use crate::output::PrintError;
use crate::output::spooled::temporary_folder;

/// The commands of the tour; every line is one, `#` starts a heading, and lines of JSON are piped into the one before.
const TOUR: &str = include_str!("../../fixtures/demo.txt");

/// `demo` as clap sees it.
pub fn demo_command() -> Command {
    Command::new("demo")
        .about("Tour the five services in a small made-up shop")
        .long_about(
            "Tour the five services in a small made-up shop\n\nThe shop lives in a temporary store that is gone afterwards; \
             your own store is not touched. What stands behind each $ can be pasted into a shell.",
        )
        .after_help("Examples:\n  aftersales demo")
}

/// Runs the tour. A command that ends otherwise than the tour says ends it.
pub fn demo(outside: &mut Outside<'_>, _settings: &Settings, _matches: &ArgMatches) -> Result<(), Exit> {
    let folder = temporary_folder().map_err(PrintError::Stream)?;
    let store = folder.path().join("desk.db").to_string_lossy().into_owned();
    // The commands can be pasted into a shell; there the shop stays.
    writeln!(outside.stdout, "$ export AFTERSALES_STORE=demo.db").map_err(PrintError::Stream)?;
    for step in steps() {
        match step {
            Step::Heading(text) => writeln!(outside.stdout, "\n== {text} ==").map_err(PrintError::Stream)?,
            Step::Command { words, input, code } => {
                let ended = run(outside, &store, words, &input)?;
                if ended != code {
                    return Err(Exit::Code(ended.max(1)));
                }
            }
        }
    }
    Ok(())
}

/// One line of the tour.
enum Step {
    Heading(&'static str),
    Command { words: &'static str, input: String, code: i32 },
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in TOUR.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (line.strip_prefix("# "), steps.last_mut()) {
            (Some(heading), _) => steps.push(Step::Heading(heading)),
            (None, Some(Step::Command { input, .. })) if line.starts_with('{') => {
                input.push_str(line);
                input.push('\n');
            }
            // `! 13 …`: this one is to be refused.
            (None, _) => {
                let refused = line.strip_prefix("! ").and_then(|rest| rest.split_once(' '));
                let (code, words) = refused.map_or((0, line), |(code, words)| (code.parse().unwrap_or(1), words));
                steps.push(Step::Command { words, input: String::new(), code });
            }
        }
    }
    steps
}

/// Prints a command as it would be typed, then runs it as it would run.
fn run(outside: &mut Outside<'_>, store: &str, words: &'static str, input: &str) -> Result<i32, Exit> {
    let typed = match input {
        "" => format!("aftersales {words}"),
        lines => format!("aftersales {words} <<'END'\n{lines}END"),
    };
    writeln!(outside.stdout, "\n$ {typed}").map_err(PrintError::Stream)?;

    let words = shlex::split(words).unwrap_or_default();
    let arguments = std::iter::once("aftersales".into()).chain(words.into_iter().map(Into::into)).collect();
    let bytes = input.as_bytes().to_vec();
    let variable = |name: &str| match name {
        "AFTERSALES_STORE" => Some(store.to_owned()),
        _ => None,
    };
    let mut complaints: Vec<u8> = Vec::new();
    let code = super::run(Outside {
        arguments,
        variable: &variable,
        clock: outside.clock,
        stdin: &|| Box::new(std::io::Cursor::new(bytes.clone())),
        stdout: &mut *outside.stdout,
        stderr: &mut complaints,
        can_ask: false,
        stdout_is_terminal: outside.stdout_is_terminal,
        stderr_is_terminal: false,
        stdout_width: outside.stdout_width,
        login: outside.login.clone(),
        program: outside.program,
        signals: outside.signals.clone(),
    });
    // The tour reads top to bottom, so what a shell shows beside the data stands in its place.
    outside.stdout.write_all(&complaints).map_err(PrintError::Stream)?;
    Ok(code)
}
