//! Several records for one verb of a state: `invoice post D1 D2`, or the ids of a pipe in the place of `-`. It is a run of that many
//! lines, and is answered as `apply` does.

use std::borrow::Cow;

use clap::{ArgAction, ArgMatches, Command};

use super::report::{self, Exit};
use super::{Outside, Settings, bulk, print, texts, tree};
use crate::command::pipeline::object::{Given, Pairs};
use crate::command::{Entry, Parsed};

/// How a command is made of what was given.
type Parse = fn(&'static Entry, Pairs<'_>) -> Parsed;

/// The verbs that bring a record into a state, for which nothing else has to be said of it.
const VERBS: &[&str] = &[
    "close", "reopen", "post", "cancel", "send", "archive", "confirm", "validate", "start", "pause", "resume", "stop",
    "done", "finish", "reverse",
];

/// The argument of a command that takes several records, where it does.
fn positional(command: &Command, name: &str) -> Option<String> {
    let (_, verb) = name.split_once(' ')?;
    if !VERBS.contains(&verb) {
        return None;
    }
    let mut positionals = command.get_positionals();
    let first = positionals.next()?.get_id().to_string();
    positionals.next().is_none().then_some(first)
}

/// The command that changes something as one that takes several records, where its verb does.
pub fn widened(command: Command, name: &str) -> Command {
    match positional(&command, name) {
        Some(name) => command.mut_arg(name, |argument| {
            let help = argument.get_help().map(|help| format!("{help}; several, or - for ids from standard input"));
            let help = help.unwrap_or_default();
            argument.action(ArgAction::Append).num_args(1..).help(help)
        }),
        None => command,
    }
}

/// The argument under which several records are named, or `-`.
pub fn asked(entry: &'static Entry, matches: &ArgMatches) -> Option<String> {
    let is_several = |name: &str| {
        let given: Vec<&String> = matches.try_get_many::<String>(name).ok().flatten().into_iter().flatten().collect();
        given.len() > 1 || given.iter().any(|given| *given == "-")
    };
    // The command is made once more only where it may be one of those.
    entry.names().iter().find(|name| is_several(name))?;
    positional(&(entry.arguments)(Command::new(entry.name)), entry.name).filter(|name| is_several(name))
}

/// Runs the command for each of the records.
pub fn run(
    outside: &mut Outside<'_>,
    settings: &Settings,
    (entry, parse): (&'static Entry, Parse),
    name: &str,
    matches: &ArgMatches,
) -> Result<(), Exit> {
    let pairs = tree::pairs(entry, matches);
    // Of any other key a dash is a text like others.
    let takes_input = |key: &str| key == name || texts::of_file(key).is_some();
    let is_dash = |given: &Given<'_>| matches!(given, Given::Texts(texts) if texts.iter().any(|text| text == "-"));
    let is_read = |(key, given): &&(Cow<'_, str>, Given<'_>)| takes_input(key) && is_dash(given);
    let read: Vec<&str> = pairs.iter().filter(is_read).map(|(key, _)| key.as_ref()).collect();
    if let [_, second, ..] = read.as_slice() {
        let message = format!("standard input can be read once, and {} is to be too", second.replace('_', "-"));
        return Err(report::usage_error(message, Some(second), Some("-".to_owned())).into());
    }
    let records = print::given(outside, matches, name)?;
    let pairs = texts::read(outside, pairs)?;
    let mut commands = String::new();
    for record in records {
        let of_one: Pairs<'static> = pairs
            .iter()
            .map(|(key, given)| match key.as_ref() == name {
                true => (Cow::clone(key), Given::Texts(vec![record.clone()])),
                false => (Cow::clone(key), given.clone()),
            })
            .collect();
        match parse(entry, of_one) {
            Parsed::Whole(change) => commands.push_str(&change.content()),
            // What is wrong with the flags is wrong for each.
            Parsed::Faulty { error, .. } => return Err(error.into()),
        }
        commands.push('\n');
    }
    bulk::run_commands(outside, settings, "the records", commands)
}
