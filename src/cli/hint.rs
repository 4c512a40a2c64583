//! The hint of an error as it can be typed where the error is told, be it of the call or of a line of a bulk run: in the store and
//! by the user that this call named; and the call itself, where it is the call that has to be given again.

use std::ffi::OsString;

use clap::ArgMatches;

use super::report::RESULT;
use crate::command::pipeline::object::nearest;
use crate::domain::code::FaultKind;
use crate::domain::value::reference::shell_word;
use crate::domain::{Allowed, Error, Fault};
use crate::store::engine::address::without_passwords;

/// The flags by which a call names where it looks and who asks; what stands in the environment holds for the hint too.
const CARRIED: [&str; 4] = ["config", "profile", "store", "as"];

/// What of a call its hints have to say again.
#[derive(Debug, Clone)]
pub struct Carried(Vec<(&'static str, String)>);

impl Carried {
    pub fn of(matches: &ArgMatches) -> Carried {
        let given = |name| Some((name, without_passwords(matches.try_get_one::<String>(name).ok().flatten()?)));
        Carried(CARRIED.into_iter().filter_map(given).collect())
    }

    /// Makes the hint of a fault one that can be typed as it stands. A command of ours gets the flags that make it find what this
    /// call found; help is the same everywhere.
    pub fn complete(&self, fault: &mut Fault) {
        let Some(hint) =
            fault.hint.as_mut().filter(|hint| hint.starts_with("aftersales ") && !hint.ends_with(" --help"))
        else {
            return;
        };
        self.complete_command(hint);
    }

    /// Makes a command of ours one that finds what this call found; any other stays as it is.
    pub fn complete_command(&self, hint: &mut String) {
        if !hint.starts_with("aftersales ") {
            return;
        }
        for (name, given) in &self.0 {
            if !hint.contains(&format!(" --{name} ")) {
                hint.push_str(&format!(" --{name} {}", shell_word(given)));
            }
        }
    }
}

/// Makes the hint of `error` one that can be typed as it stands.
pub fn complete(error: &mut Error, arguments: &[OsString], matches: &ArgMatches, carried: &Carried) {
    let given_again = match error.kind() {
        FaultKind::Usage => by_expression(error.fault(), arguments),
        FaultKind::Confirmation => again(arguments, " --yes"),
        FaultKind::Busy if is_safe_again(matches) => again(arguments, ""),
        FaultKind::Unknown if is_safe_again(matches) && matches!(matches.try_contains_id("key"), Ok(true)) => {
            again(arguments, "")
        }
        _ => None,
    };
    match given_again {
        Some(again) => error.fault_mut().hint = Some(again),
        None => carried.complete(error.fault_mut()),
    }
}

/// The call again, with an expression for the fields of the records of a change, where `--fields` looked for these beside them. A
/// change answers one record, or a list of them, under a key for each kind.
fn by_expression(fault: &Fault, arguments: &[OsString]) -> Option<String> {
    let Some(Allowed::Several(known)) = fault.allowed.as_ref().filter(|_| fault.field.as_deref() == Some(FIELDS))
    else {
        return None;
    };
    let is_of_change = known.iter().any(|known| known == RESULT);
    if !is_of_change || nearest(fault.given.as_deref()?, known.iter().map(String::as_str)).is_some() {
        return None;
    }
    let (rest, fields) = without_fields(arguments)?;
    let fields: Vec<&str> = fields.split(',').filter(|field| !known.iter().any(|known| known == field)).collect();
    let is_key = |field: &&str| field.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_'));
    let told = match fields.as_slice() {
        fields if !fields.iter().all(is_key) => return None,
        [field] => format!(".{field}"),
        fields => format!("{{{}}}", fields.join(", ")),
    };
    let expression = format!("[.{RESULT}[]?] | flatten[] | objects | {told}");
    again(&rest, &format!(" --jq {}", shell_word(&expression)))
}

const FIELDS: &str = "fields";

/// The call without its `--fields`, and what these were.
fn without_fields(arguments: &[OsString]) -> Option<(Vec<OsString>, String)> {
    let texts: Vec<&str> = arguments.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    let is_flag = |text: &&str| *text == "--fields" || text.starts_with("--fields=");
    let at = texts.iter().take_while(|text| **text != "--").position(is_flag)?;
    let (fields, taken) = match texts.get(at)?.split_once('=') {
        Some((_, fields)) => (fields, 1),
        None => (*texts.get(at + 1)?, 2),
    };
    let rest = arguments.iter().enumerate().filter(|(place, _)| !(at..at + taken).contains(place));
    Some((rest.map(|(_, word)| word.clone()).collect(), fields.to_owned()))
}

/// Whether the call did nothing where it says so. A bulk run may have done the lines that it answered.
fn is_safe_again(matches: &ArgMatches) -> bool {
    !matches!(matches.subcommand_name(), Some("apply" | "import"))
}

/// The call as it was typed, with that behind its first word, or behind all where nothing speaks against it.
fn again(arguments: &[OsString], with: &str) -> Option<String> {
    let words: Option<Vec<&str>> = arguments.iter().skip(1).map(|word| word.to_str()).collect();
    let words = words?;
    let typed: Vec<String> = words.iter().map(|word| shell_word(&without_passwords(word))).collect();
    let typed = typed.join(" ");
    // Behind two dashes a flag would be a text.
    Some(match words.contains(&"--") {
        true => format!("aftersales{with} {typed}"),
        false => format!("aftersales {typed}{with}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_given_again_as_it_was_typed() {
        for (words, with, expected) in [
            (&["customer", "list"][..], "", "aftersales customer list"),
            (&["ticket", "note", "T1", "it's on"], " --yes", "aftersales ticket note T1 \"it's on\" --yes"),
            (&["tag", "create", "--", "-x"], " --yes", "aftersales --yes tag create -- -x"),
        ] {
            let arguments: Vec<OsString> = [&["/usr/bin/aftersales"], words].concat().iter().map(Into::into).collect();
            assert_eq!(again(&arguments, with).as_deref(), Some(expected));
        }
    }
}
