//! Completion: what could stand where something is being typed in bash, zsh or fish. The shell asks this program, by a variable and the
//! words so far; commands and flags are those of the tree, ids are read from the store that the words name. Whatever is wrong is
//! silent: a shell has no place for it.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use clap::{Arg, ArgMatches, Command, ValueHint};
use clap_complete::engine::{ArgValueCompleter, complete};

use super::config::{Places, alias, keys};
use super::settings::Settings;
use super::{Outside, topics, tree};
use crate::command::live::{self, Candidate};
use crate::domain::code::explained;
use crate::domain::desk::Right;
use crate::domain::team::Service;
use crate::output::escape::for_terminal;
use crate::store::engine::table::{Column, Holds};
use crate::store::tables;

mod typed;

use typed::Typed;

/// The variable by which a shell asks.
pub const VARIABLE: &str = "AFTERSALES_COMPLETE";

/// The shells that are known, with the script that makes each ask.
pub const SHELLS: &[(&str, &str)] = &[
    ("bash", include_str!("../../completions/aftersales.bash")),
    ("zsh", include_str!("../../completions/_aftersales")),
    ("fish", include_str!("../../completions/aftersales.fish")),
];

/// Answers what a shell asks: a candidate a line.
pub fn answer(outside: &mut Outside<'_>, shell: &str, arguments: &[OsString]) {
    // The name of the program, two dashes, and what was typed.
    let typed: Vec<String> = arguments.iter().skip(2).map(|word| word.to_string_lossy().into_owned()).collect();
    let Some(typed) = Typed::of(shell, &typed) else {
        return;
    };
    let mut text = String::new();
    for candidate in candidates(outside, &typed) {
        text.push_str(&typed.line(&candidate.value, &for_terminal(&candidate.about)));
    }
    let _ = outside.stdout.write_all(text.as_bytes()).and_then(|()| outside.stdout.flush());
}

/// The argument whose value is being typed: of which command, and what of it stands there.
#[derive(Debug, Clone, Default)]
struct Sought {
    argument: String,
    value: String,
}

fn candidates(outside: &Outside<'_>, typed: &Typed) -> Vec<Candidate> {
    let program = [OsString::from("aftersales")];
    let before: Vec<OsString> = program.into_iter().chain(typed.before.iter().map(OsString::from)).collect();
    let before = alias::expanded(&before, outside).ok().flatten().unwrap_or(before);
    // Behind a word that nobody knows nothing is known either.
    if tree::first_word(&before).is_some() {
        return Vec::new();
    }
    let index = before.len();
    let words: Vec<OsString> = before.iter().cloned().chain([OsString::from(&typed.current)]).collect();

    let sought: Arc<Mutex<Option<Sought>>> = Arc::default();
    let mut tree = tree::whole();
    watch(&mut tree, &sought);
    let found = complete(&mut tree, words, index, None).unwrap_or_default();
    let mut candidates: Vec<Candidate> = found
        .iter()
        .map(|found| Candidate {
            value: found.get_value().to_string_lossy().into_owned(),
            about: found
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default()
                .lines()
                .next()
                .unwrap_or("")
                .to_owned(),
        })
        .collect();
    let sought = sought.lock().map(|sought| sought.clone()).unwrap_or_default();
    if let Some(sought) = sought {
        let matches = tree::as_far_as_it_goes(&before);
        let values = matches.map(|matches| values(outside, &matches, &sought)).unwrap_or_default();
        // Of a flag and its value in one word the flag stands before each.
        let flag = typed.current.strip_suffix(sought.value.as_str()).unwrap_or_default();
        let begins = |candidate: &Candidate| candidate.value.starts_with(&sought.value);
        let mut values: Vec<Candidate> = values.into_iter().filter(begins).collect();
        values.iter_mut().for_each(|candidate| candidate.value.insert_str(0, flag));
        // Whoever has typed nothing yet looks for what there is, not for flags.
        if !values.is_empty() && !typed.current.starts_with('-') {
            candidates.retain(|candidate| !candidate.value.starts_with('-'));
        }
        values.append(&mut candidates);
        candidates = values;
    }
    // The same once, and flags of the whole program behind the command's own.
    let mut seen: Vec<String> = Vec::new();
    candidates.retain(|candidate| {
        !seen.contains(&candidate.value) && {
            seen.push(candidate.value.clone());
            true
        }
    });
    let is_global = |candidate: &Candidate| tree::is_global(&candidate.value);
    candidates.sort_by_key(is_global);
    candidates
}

/// Makes every argument with a value tell that it is the one being typed; files are found by the engine.
fn watch(command: &mut Command, sought: &Arc<Mutex<Option<Sought>>>) {
    let taken = std::mem::replace(command, Command::new(""));
    let mut watched = taken.mut_args(|argument| watched(argument, sought));
    watched.get_subcommands_mut().for_each(|inner| watch(inner, sought));
    *command = watched;
}

fn watched(argument: Arg, sought: &Arc<Mutex<Option<Sought>>>) -> Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    let name = argument.get_id().to_string();
    let is_file = name == "file" || name.ends_with("_file") || ["config", "store", "image"].contains(&name.as_str());
    match name.as_str() {
        "folder" => return argument.value_hint(ValueHint::DirPath),
        _ if is_file => return argument.value_hint(ValueHint::AnyPath),
        _ => {}
    }
    let sought = Arc::clone(sought);
    argument.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
        if let Ok(mut sought) = sought.lock() {
            *sought = Some(Sought { argument: name.clone(), value: current.to_string_lossy().into_owned() });
        }
        Vec::new()
    }))
}

/// What could be the value of the argument that is sought.
fn values(outside: &Outside<'_>, root: &ArgMatches, sought: &Sought) -> Vec<Candidate> {
    let mut words: Vec<&str> = Vec::new();
    let mut matches = root;
    while let Some((word, inner)) = matches.subcommand() {
        words.push(word);
        matches = inner;
    }
    let command = words.join(" ");
    if let Some(fixed) = fixed(outside, root, &command, &sought.argument) {
        return fixed;
    }
    if let Some(words) = of_column(&command, &sought.argument) {
        return words;
    }
    let Some((kind, ending)) = kind_of(&command, &sought.argument) else {
        return Vec::new();
    };
    let ticket = matches.try_get_one::<String>("ticket").ok().flatten().map(String::as_str);
    live_values(outside, root, (&command, ticket), (&sought.argument, kind), &sought.value)
        .into_iter()
        .map(|candidate| Candidate { value: format!("{}{ending}", candidate.value), ..candidate })
        .collect()
}

/// What is read from the store, if it can be.
fn live_values(
    outside: &Outside<'_>,
    root: &ArgMatches,
    (command, ticket): (&str, Option<&str>),
    (argument, kind): (&str, &str),
    prefix: &str,
) -> Vec<Candidate> {
    let (settings, _) = Settings::from(root, outside);
    let Ok(db) = settings.open_to_read_at_once() else {
        return Vec::new();
    };
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    let mut found = Vec::new();
    let of_form = ticket.is_some_and(|ticket| {
        let read = session.read(Right::Helpdesk, |cx| {
            found = live::offered(cx, command, ticket, argument, kind)?.unwrap_or_default();
            Ok(())
        });
        read.is_ok() && !found.is_empty()
    });
    if !of_form && let Some(live) = live::of_kind(kind) {
        // Whatever it fails with is not told here.
        let _ = session.read(live.right, |cx| {
            found = (live.beginning)(cx, prefix)?;
            Ok(())
        });
    }
    found
}

/// What needs no store: words that the program knows, and those of the configuration.
fn fixed(outside: &Outside<'_>, root: &ArgMatches, command: &str, argument: &str) -> Option<Vec<Candidate>> {
    let of_words = |words: &[&str]| Some(words.iter().copied().map(Candidate::word).collect());
    let told = |told: &mut dyn Iterator<Item = (&str, &str)>| -> Option<Vec<Candidate>> {
        Some(told.map(|(value, about)| Candidate { value: value.to_owned(), about: about.to_owned() }).collect())
    };
    match (command, argument) {
        (_, "output") => of_words(&["table", "json", "ndjson", "csv", "ids"]),
        (_, "color") => of_words(&["auto", "always", "never"]),
        (_, "profile") => {
            let (places, _) = Places::read(root, outside);
            Some(places.profiles().map(Candidate::word).collect())
        }
        ("explain", "code") => {
            told(&mut explained::all().filter_map(|code| Some((code, explained::message_of(code)?))))
        }
        ("config get" | "config set", "setting") => {
            told(&mut keys::KEYS.iter().filter(|key| !key.is_open()).map(|key| (key.name, key.about)))
        }
        ("completions", "shell") => Some(SHELLS.iter().map(|(shell, _)| Candidate::word(*shell)).collect()),
        ("man", "noun") => Some(tree::whole().get_subcommands().map(|noun| Candidate::word(noun.get_name())).collect()),
        ("help", "words") => told(&mut topics::TOPICS.iter().map(|topic| (topic.name, topic.about))),
        ("schema", "kind") => Some(crate::command::schema::names().map(Candidate::word).collect()),
        (_, "service") => of_words(Service::WORDS),
        _ => None,
    }
}

/// The words of a column that the argument fills or filters.
fn of_column(command: &str, argument: &str) -> Option<Vec<Candidate>> {
    let (noun, verb) = command.split_once(' ')?;
    let table = tables::of_kind(&noun.replace('-', "_"))?;
    let column: &Column = table.columns.iter().find(|column| column.shown == argument)?;
    match column.holds {
        Holds::Words(words) => Some(words.iter().copied().map(Candidate::word).collect()),
        Holds::Switch if verb == "list" => Some(["yes", "no"].map(Candidate::word).into()),
        _ => None,
    }
}

/// The kind of record that an argument names, and what stands behind each.
fn kind_of(command: &str, argument: &str) -> Option<(&'static str, &'static str)> {
    let (noun, verb) = command.split_once(' ').unwrap_or((command, ""));
    let kind = match argument {
        "as" | "user" | "assignee" | "responsible" | "member" | "members" => "user",
        "program" => "coupon_program",
        "from" | "to" | "location" | "return_location" if noun != "store" => "location",
        "delivery" | "return" | "return_of" | "exchange_of" | "backorder_of" => "transfer",
        "field_service_project" => "project",
        "condition_product" | "time_product" => "product",
        "quotation" => "order",
        "into" => return live::of_kind(&noun.replace('-', "_")).map(|live| (live.kind, "")),
        "with" => "payment",
        "code" => "coupon",
        // Goods with how many of them.
        "line" | "add_line" if matches!(verb, "create") || argument == "add_line" => return Some(("product", "=")),
        "part" | "labour" => return Some(("product", "=")),
        // What is made gets a name of its own.
        name if verb == "create" && name == noun.replace('-', "_") => return None,
        name => name,
    };
    live::of_kind(kind).map(|live| (live.kind, ""))
}
