//! What goes to stderr: errors as sentences or objects, warnings, questions; and the exit codes.

use std::ffi::OsString;
use std::io::BufRead;

use clap::error::{ContextKind, ContextValue};
use serde::Serialize;

use super::Outside;
use crate::command::Warning;
use crate::command::pipeline::bulk::temporary_fault;
use crate::command::pipeline::object::nearest;
use crate::domain::code::{self, FaultKind};
use crate::domain::{Allowed, Error, Fault};
use crate::output::escape::{Color, colored, for_terminal};
use crate::output::spooled::is_of_temporary;
use crate::output::{Format, PrintError, Remarks, Shape};
use crate::procedure::checks::Checked;
use crate::store::engine::address::without_passwords;
use crate::store::engine::migrate::{self, Upgraded};

/// How messages are told.
#[derive(Clone, Copy)]
pub struct Voice {
    /// As JSON objects rather than sentences.
    pub json: bool,
    pub colored: bool,
}

impl Voice {
    /// The voice before the arguments could be read, as far as they can be guessed.
    pub fn early(arguments: &[OsString], outside: &Outside<'_>) -> Voice {
        let set = |name: &str| (outside.variable)(name).filter(|value| !value.is_empty());
        let plain = set("NO_COLOR").is_some()
            || set("TERM").is_some_and(|terminal| terminal == "dumb")
            || set("AFTERSALES_COLOR").is_some_and(|when| when == "never")
            || arguments.iter().any(|argument| argument == "never" || argument == "--color=never");
        Voice { json: wants_json(arguments, outside.variable), colored: outside.stderr_is_terminal && !plain }
    }

    fn word(self, word: &str, color: Color) -> String {
        if self.colored { colored(word, color) } else { word.to_owned() }
    }

    /// A fault in sentences: what, the other faults, and what to type next.
    fn sentences(self, fault: &Fault) -> String {
        let error = self.word("error", Color::Red);
        let mut text = format!("{error}[{}]: {}\n", fault.code, for_terminal(&fault.message));
        for other in &fault.others {
            text.push_str(&format!("  also [{}]: {}\n", other.code, for_terminal(&other.message)));
        }
        for finding in &fault.findings {
            let record = finding.record.as_deref().map(|record| format!(" {record}")).unwrap_or_default();
            let told = for_terminal(&format!("{record}: {}", finding.message));
            text.push_str(&format!("  found [{}]{told}\n", finding.check));
        }
        if FaultKind::of(fault.code) == FaultKind::Internal {
            text.push_str("this is a fault of the program: please report it with the command that led to it\n");
        }
        if let Some(hint) = &fault.hint {
            text.push_str(&format!("{}: {}\n", self.word("hint", Color::Cyan), for_terminal(hint)));
        }
        text
    }

    /// The checks that a service made: a line each, or an object.
    pub fn checks(self, outside: &mut Outside<'_>, checks: &[Checked]) {
        for checked in checks {
            let _ = match self.json {
                true => writeln!(outside.stderr, "{}", serde_json::json!({ "check": checked })),
                false => {
                    let word = if checked.passed { "passed ".to_owned() } else { self.word("refused", Color::Red) };
                    let inputs: Vec<String> =
                        checked.inputs.iter().map(|(name, value)| format!("{name} {value}")).collect();
                    let why = checked.message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                    let told = format!("{} ({}){why}", checked.check, inputs.join(", "));
                    writeln!(outside.stderr, "{word}  {}", for_terminal(&told))
                }
            };
        }
    }

    /// What became of a store of an older format, in a line.
    pub fn upgraded(self, outside: &mut Outside<'_>, Upgraded { from, copy }: &Upgraded) {
        let _ = if self.json {
            let told = serde_json::json!({ "upgraded": { "from": from, "to": migrate::VERSION, "copy": copy } });
            writeln!(outside.stderr, "{told}")
        } else {
            let to = migrate::VERSION;
            let told = format!("the store was upgraded from the format {from} to {to}; as it was it is kept in {copy}");
            writeln!(outside.stderr, "{}", for_terminal(&told))
        };
    }

    /// A warning of a command whose answer is no record: a sentence, or an object of its own.
    pub fn warned(self, outside: &mut Outside<'_>, warning: &Warning) {
        match self.json {
            true => drop(writeln!(outside.stderr, "{}", serde_json::json!({ "warning": warning }))),
            false => self.warn(outside, warning),
        }
    }

    /// A warning in a sentence; JSON answers hold it themselves.
    pub fn warn(self, outside: &mut Outside<'_>, warning: &Warning) {
        let word = self.word("warning", Color::Yellow);
        let _ = writeln!(outside.stderr, "{word}[{}]: {}", warning.code, for_terminal(&warning.message));
    }
}

/// Says on stderr what the terminal had no room for, and that a list is empty where nobody would see it.
pub fn remarks(outside: &mut Outside<'_>, shape: &Shape, remarks: &Remarks, nothing: Option<&str>) {
    for (heading, columns) in &remarks.left_out {
        let of = heading.as_ref().map(|heading| format!(" of {heading}")).unwrap_or_default();
        let width = shape.width.unwrap_or_default();
        let columns = columns.join(", ");
        let _ = writeln!(
            outside.stderr,
            "left out{of}, for want of room in {width} columns: {columns} (-o json tells everything)"
        );
    }
    let is_silent =
        shape.filter.is_none() && shape.template.is_none() && matches!(shape.format, Format::Table | Format::Ids);
    if let Some(nothing) = nothing.filter(|_| remarks.records == 0 && is_silent && outside.stderr_is_terminal) {
        let _ = writeln!(outside.stderr, "{nothing}");
    }
}

/// Under which field of its answer the records of a change stand.
pub const RESULT: &str = "result";

/// How a command ended early.
pub enum Exit {
    Refused(Error),
    /// Everything is said already.
    Code(i32),
}

impl<E: Into<Error>> From<E> for Exit {
    fn from(error: E) -> Self {
        Exit::Refused(error.into())
    }
}

impl From<PrintError> for Error {
    fn from(error: PrintError) -> Self {
        match error {
            PrintError::UnknownField { field, known } => {
                let records = match known.iter().any(|known| known == RESULT) {
                    true => "; the records of a change are in its result",
                    false => "",
                };
                let known_by = known.join(", ");
                let message = format!("there is no field {field} in what is printed, which has {known_by}{records}");
                let mut error = usage_error(message, Some("fields"), Some(field));
                error.fault_mut().allowed = Some(Allowed::Several(known));
                error
            }
            PrintError::Expression(message) => bad_expression(&message, None),
            PrintError::Template(message) => usage_error(message, Some("template"), None),
            PrintError::Stream(error) => stream_fault(&error),
            PrintError::Lookup(failed) => match failed.downcast::<Error>() {
                Ok(error) => *error,
                Err(_) => crate::command::internal("names could not be looked up"),
            },
        }
    }
}

/// An output that would not take it: a closed pipe is 141, a full disk 43.
pub fn stream_fault(error: &std::io::Error) -> Error {
    if is_of_temporary(error) {
        return temporary_fault(error);
    }
    let code = if error.kind() == std::io::ErrorKind::BrokenPipe { CLOSED_PIPE } else { "store_full" };
    fault(code, format!("the output could not be written: {error}"), None, None, None)
}

const CLOSED_PIPE: &str = "closed_pipe";

/// A fault of the call itself, exit 2.
pub fn usage_error(message: String, field: Option<&str>, given: Option<String>) -> Error {
    fault("usage", message, field, given, None)
}

/// A call that ends before it says what to do.
pub fn incomplete(message: String, noun: &str) -> Error {
    let hint = ["aftersales", noun, "--help"].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    fault("usage", message, None, None, Some(hint))
}

/// An expression of `--jq` that cannot be read, or cannot be applied to what would be printed.
pub fn bad_expression(message: &str, given: Option<String>) -> Error {
    fault("usage", format!("the expression cannot be used: {message}"), Some("jq"), given, None)
}

/// A fault with that code.
pub fn fault(
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
pub fn missing(names: &[String], error: &clap::Error) -> Error {
    let name = names.first().map(|name| name.trim_matches(['<', '>', '-', '.']).to_lowercase()).unwrap_or_default();
    fault("missing_field", format!("{name} is needed"), Some(&name), None, Some(help_of(&error.to_string())))
}

/// Clap's complaint as ours. What was meant is named where it is near, and the hint is the help of it: what clap proposes by
/// itself may be far off, or cannot be typed.
pub fn usage_of(error: &clap::Error) -> Error {
    // Words that stand in the wrong place are told, a store's address among them.
    let text = without_passwords(&error.to_string());
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut message = lines.next().unwrap_or("the command cannot be read").trim_start_matches("error: ").to_owned();
    let mut hint = help_of(&text);
    let meant = |given, proposed| {
        let given = error.get(given)?.to_string();
        let proposed = match error.get(proposed)? {
            ContextValue::String(name) => vec![name.as_str()],
            ContextValue::Strings(names) => names.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        nearest(given.trim_start_matches('-'), proposed.iter().map(|name| name.trim_start_matches('-')))
            .map(str::to_owned)
    };
    if let Some(flag) = meant(ContextKind::InvalidArg, ContextKind::SuggestedArg) {
        message.push_str(&format!("; did you mean --{flag}?"));
    } else if let Some(word) = meant(ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand) {
        message.push_str(&format!("; did you mean {word}?"));
        hint = hint.replace(" --help", &format!(" {word} --help"));
    }
    fault("usage", message, None, None, Some(hint))
}

/// The help of the command that was meant, as far as clap's message knows it: its usage line begins with it.
fn help_of(text: &str) -> String {
    let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage: ")).unwrap_or("aftersales");
    let is_command = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let command: Vec<&str> = usage.split(' ').take_while(is_command).collect();
    format!("{} --help", command.join(" "))
}

/// Whether errors are to be JSON, asked before the arguments could be parsed.
fn wants_json(arguments: &[OsString], variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut format = variable("AFTERSALES_OUTPUT");
    let mut texts = arguments.iter().skip(1).map_while(|argument| argument.to_str()).take_while(|text| *text != "--");
    while let Some(argument) = texts.next() {
        if argument == "--output" {
            format = texts.next().map(str::to_owned);
        } else if let Some(text) = argument.strip_prefix("--output=") {
            format = Some(text.to_owned());
        } else if let Some(letters) = argument.strip_prefix('-')
            && let Some(text) = letters.trim_start_matches(['q', 'v', 'y']).strip_prefix('o')
        {
            let attached = Some(text.trim_start_matches('=')).filter(|text| !text.is_empty());
            format = attached.or_else(|| texts.next()).map(str::to_owned);
        }
    }
    matches!(format.as_deref(), Some("json" | "ndjson"))
}

#[derive(Serialize)]
struct Wrapped<'f> {
    error: &'f Fault,
}

/// Takes the passwords out of a fault that addresses in it may hold: a store's address may be given where something else belongs.
pub fn hide_passwords(fault: &mut Fault) {
    let hide = |text: &mut String| *text = without_passwords(text);
    hide(&mut fault.message);
    fault.given.iter_mut().chain(&mut fault.hint).for_each(hide);
    fault.others.iter_mut().for_each(hide_passwords);
}

/// Prints a failure to stderr; answers its exit code. A reader that went away is told nothing.
pub fn failure(outside: &mut Outside<'_>, error: &Error, voice: Voice) -> i32 {
    if error.kind() == FaultKind::Pipe {
        return error.fault().exit;
    }
    let mut fault = error.fault().clone();
    hide_passwords(&mut fault);
    let fault = &fault;
    let _ = if voice.json {
        let text = serde_json::to_string(&Wrapped { error: fault }).unwrap_or_default();
        writeln!(outside.stderr, "{text}")
    } else {
        write!(outside.stderr, "{}", voice.sentences(fault))
    };
    fault.exit
}

/// Asks a question on the terminal; anything but yes is no.
pub fn ask(outside: &mut Outside<'_>, question: &str) -> bool {
    let _ = write!(outside.stderr, "{} [y/N] ", for_terminal(question));
    let _ = outside.stderr.flush();
    let mut answer = String::new();
    let read = (outside.stdin)().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_errors_are_json_where_the_output_would_be() {
        let table = [
            ("", "", false),
            ("-o json", "", true),
            ("-ojson", "", true),
            ("-o=ndjson", "", true),
            ("--output json", "", true),
            ("--output=ndjson", "", true),
            ("-qyo json", "", true),
            ("-o csv", "json", false),
            ("-o", "json", false),
            ("customer list", "json", true),
            ("-- -o json", "", false),
            ("-o json -o table", "", false),
        ];
        for (words, variable, expected) in table {
            let arguments: Vec<OsString> =
                ["aftersales"].into_iter().chain(words.split_whitespace()).map(OsString::from).collect();
            let json = wants_json(&arguments, &|_| Some(variable.to_owned()));
            assert_eq!(json, expected, "{words:?} with {variable:?}");
        }
    }
}
