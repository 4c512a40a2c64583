//! What goes to stderr: errors as sentences or objects, questions; and the exit codes.

use std::ffi::OsString;
use std::io::BufRead;

use serde::Serialize;

use super::Outside;
use crate::domain::{Error, Fault, code};
use crate::output::PrintError;
use crate::output::escape::for_terminal;

/// How a command ended early.
pub enum Exit {
    Refused(Error),
    Print(PrintError),
    /// Everything is said already.
    Code(i32),
}

impl<E: Into<Error>> From<E> for Exit {
    fn from(error: E) -> Self {
        Exit::Refused(error.into())
    }
}

impl From<PrintError> for Exit {
    fn from(error: PrintError) -> Self {
        Exit::Print(error)
    }
}

/// A fault of the call itself, exit 2.
pub fn usage_error(message: String, field: Option<&str>, given: Option<String>) -> Error {
    fault("usage", message, field, given, None)
}

fn fault(
    code: &'static str,
    message: String,
    field: Option<&str>,
    given: Option<String>,
    hint: Option<String>,
) -> Error {
    Fault {
        code,
        exit: code::exit_of(code),
        message,
        field: field.map(str::to_owned),
        given,
        allowed: None,
        hint,
        line: None,
        others: Vec::new(),
        findings: Vec::new(),
    }
    .into()
}

/// A required argument of a read that was left out.
pub fn missing(names: &[String]) -> Error {
    let name = names.first().map(|name| name.trim_matches(['<', '>', '-']).to_lowercase()).unwrap_or_default();
    fault("missing_field", format!("{name} is needed"), Some(&name), None, None)
}

/// Clap's complaint as ours.
pub fn usage_of(error: &clap::Error) -> Error {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("the command cannot be read").trim_start_matches("error: ").to_owned();
    let hint = lines
        .clone()
        .find_map(|line| line.strip_prefix("tip: "))
        .map(str::to_owned)
        .or_else(|| lines.find_map(|line| line.strip_prefix("Usage: ")).map(str::to_owned))
        .or_else(|| Some("aftersales --help".to_owned()));
    fault("usage", message, None, None, hint)
}

/// Whether errors are to be JSON, asked before the arguments could be parsed.
pub fn wants_json(arguments: &[OsString], variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut format = variable("AFTERSALES_OUTPUT");
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    for (at, argument) in texts.iter().enumerate() {
        if matches!(*argument, "-o" | "--output") {
            format = texts.get(at + 1).map(|text| (*text).to_owned());
        } else if let Some(text) = argument.strip_prefix("--output=").or_else(|| argument.strip_prefix("-o")) {
            format = Some(text.trim_start_matches('=').to_owned());
        }
    }
    matches!(format.as_deref(), Some("json" | "ndjson"))
}

#[derive(Serialize)]
struct Wrapped<'f> {
    error: &'f Fault,
}

/// Prints a failure to stderr; answers its exit code.
pub fn failure(outside: &mut Outside<'_>, error: &Error, json: bool) -> i32 {
    let fault = error.fault();
    let _ = if json {
        let text = serde_json::to_string(&Wrapped { error: fault }).unwrap_or_default();
        writeln!(outside.stderr, "{text}")
    } else {
        write!(outside.stderr, "{}", sentences(fault))
    };
    fault.exit
}

/// A fault in sentences: what, the other faults, and what to type next.
pub fn sentences(fault: &Fault) -> String {
    let mut text = format!("error[{}]: {}\n", fault.code, for_terminal(&fault.message));
    for other in &fault.others {
        text.push_str(&format!("  also [{}]: {}\n", other.code, for_terminal(&other.message)));
    }
    for finding in &fault.findings {
        let record = finding.record.as_deref().map(|record| format!(" {record}")).unwrap_or_default();
        let told = for_terminal(&format!("{record}: {}", finding.message));
        text.push_str(&format!("  found [{}]{told}\n", finding.check));
    }
    if let Some(hint) = &fault.hint {
        text.push_str(&format!("hint: {}\n", for_terminal(hint)));
    }
    text
}

/// A stream that would not take the output: a closed pipe is 141, a full disk 43.
pub fn stream_failure(outside: &mut Outside<'_>, error: &std::io::Error, json: bool) -> i32 {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return 141;
    }
    failure(outside, &fault("store_full", format!("the output could not be written: {error}"), None, None, None), json)
}

/// Asks a question on the terminal; anything but yes is no.
pub fn ask(outside: &mut Outside<'_>, question: &str) -> bool {
    let _ = write!(outside.stderr, "{} [y/N] ", for_terminal(question));
    let _ = outside.stderr.flush();
    let mut answer = String::new();
    let read = (outside.stdin)().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
