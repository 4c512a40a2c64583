//! The tree of commands as clap sees it. Parsing builds only the branch that is taken, with every value as its text; help
//! and usage errors come from the whole tree.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{several, texts};
use crate::command::pipeline::object::{Given, Pairs};
use crate::command::{Action, COMMANDS, Entry, entry};
use crate::procedure::services::SERVICES;

/// The switch by which a service tells what it checks.
pub const EXPLAIN: &str = "explain";

const ABOUT: &str =
    "The after-sales desk in a shell: refunds, coupons, returns, repairs and field service from a ticket";

/// The tree for parsing: only the commands that the arguments can mean, since making a command costs more than looking for
/// its name among a few words. What is not found here is told from the whole tree.
pub fn quick(arguments: &[OsString]) -> Command {
    let is_named = |name: &str| arguments.iter().any(|word| word == name);
    let alone = alone().into_iter().filter(|(name, _)| is_named(name)).map(|(_, command)| command());
    // A flag costs as much to make as a command: those that have no letter are made where they are typed.
    let is_typed = |(name, short, ..): &&Global| {
        let flag = |word: &OsString| {
            let rest = word.as_encoded_bytes().strip_prefix(b"--");
            rest.and_then(|rest| rest.strip_prefix(name.as_bytes())).is_some_and(|rest| matches!(rest, [] | [b'=', ..]))
        };
        short.is_some() || arguments.iter().any(flag)
    };
    COMMANDS.iter().fold(root(Helps::No, is_typed).subcommands(alone), |root, entry| match entry.name.split_once(' ') {
        None if is_named(entry.name) => {
            root.subcommand(Command::new(entry.name).display_name(entry.name).defer(with_verbs))
        }
        Some((noun, _)) if is_named(noun) && root.find_subcommand(noun).is_none() => {
            root.subcommand(Command::new(noun).subcommand_required(true).defer(quick_verbs))
        }
        _ => root,
    })
}

/// Whether that word begins a command.
pub fn is_command(word: &str) -> bool {
    alone().iter().any(|(name, _)| *name == word) || begins_entry(word)
}

fn begins_entry(word: &str) -> bool {
    COMMANDS.iter().any(|entry| entry.name.split(' ').next() == Some(word))
}

/// The first word that is no flag, by its place among the arguments, where it is no command; and the flags before it, with the
/// configuration that is named anywhere.
pub fn first_word(arguments: &[OsString]) -> Option<(ArgMatches, usize)> {
    let mut of_config = Vec::new();
    let mut texts = arguments.iter().skip(1).take_while(|word| *word != "--");
    while let Some(word) = texts.next() {
        match word.to_str() {
            Some("--config") => of_config.extend([word.clone()].into_iter().chain(texts.next().cloned())),
            Some(text) if text.starts_with("--config=") => of_config.push(word.clone()),
            _ => {}
        }
    }
    let globals = || {
        root(Helps::No, |_| true).allow_external_subcommands(true).disable_help_flag(true).disable_version_flag(true)
    };
    let matches = globals().try_get_matches_from(arguments).ok()?;
    let (word, inner) = matches.subcommand()?;
    let behind = inner.get_many::<OsString>("").map_or(0, Iterator::count);
    let at = arguments.len().checked_sub(behind + 1)?;
    if is_command(word) {
        return None;
    }
    // What is named twice would not be read.
    let typed = arguments.get(at)?;
    let before = arguments.get(..at)?.iter().filter(|word| !of_config.contains(word));
    let again = before.chain(&of_config).chain([typed]);
    Some((globals().try_get_matches_from(again).ok()?, at))
}

/// What can be read of words that may end anywhere.
pub fn as_far_as_it_goes(words: &[OsString]) -> Option<ArgMatches> {
    quick(words).ignore_errors(true).try_get_matches_from(words).ok()
}

/// Whether that is a flag that every command has.
pub fn is_global(word: &str) -> bool {
    let flag = word.trim_start_matches('-');
    let is_it = |(name, short, ..): &Global| *name == flag || short.is_some_and(|short| flag.chars().eq([short]));
    word.starts_with('-') && (GLOBALS.iter().any(is_it) || ["help", "h", "version", "V"].contains(&flag))
}

/// Whether a word asks for more to be told, alone or among other letters.
pub fn is_verbose(word: &OsString) -> bool {
    let letters = |word: &str| word.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-') && rest.contains('v'));
    word == "--verbose" || word.to_str().is_some_and(letters)
}

/// A command that can be typed alone, and the verbs under its name.
fn with_verbs(command: Command) -> Command {
    quick_verbs(relaxed_arguments(command))
}

fn quick_verbs(noun: Command) -> Command {
    let name = noun.get_name().to_owned();
    verbs_of(&name).fold(noun, |noun, (verb, entry)| {
        noun.subcommand(Command::new(verb).display_name(entry.name).defer(relaxed_arguments))
    })
}

/// A change takes every value as its text and misses none: the command object has one parser for flags and JSON.
fn relaxed_arguments(command: Command) -> Command {
    let Some(entry) = command.get_display_name().and_then(entry) else {
        return command;
    };
    let command = arguments_of(command, entry);
    match entry.action {
        Action::Read { .. } | Action::Print { .. } => command.mut_args(|argument| {
            if argument.get_action().takes_values() { argument.allow_negative_numbers(true) } else { argument }
        }),
        Action::Change { .. } => command.mut_args(|argument| {
            if argument.get_action().takes_values() {
                argument.required(false).allow_negative_numbers(true).value_parser(clap::value_parser!(String))
            } else {
                argument.required(false)
            }
        }),
    }
}

/// The arguments of a command, with those that a shell has beside the keys of an object.
fn arguments_of(command: Command, entry: &'static Entry) -> Command {
    let command = (entry.arguments)(command);
    match entry.action {
        Action::Change { .. } if SERVICES.iter().any(|service| service.command == entry.name) => {
            let help = "Tell on stderr each check that is made, what it looks at, and what comes of it";
            texts::with_files(command).arg(Arg::new(EXPLAIN).long(EXPLAIN).action(ArgAction::SetTrue).help(help))
        }
        Action::Change { .. } => texts::with_files(several::widened(command, entry.name)),
        Action::Read { .. } | Action::Print { .. } => command,
    }
}

/// The tree for help.
pub fn whole() -> Command {
    let alone = alone().into_iter().map(|(_, command)| command());
    let root = COMMANDS
        .iter()
        .filter(|entry| !entry.name.contains(' ') && verbs_of(entry.name).next().is_none())
        .fold(root(Helps::Yes, |_| true).subcommands(alone), |root, entry| {
            root.subcommand((entry.arguments)(Command::new(entry.name)))
        });
    COMMANDS.nouns().fold(root, |root, (noun, about)| {
        let parent = match entry(noun) {
            Some(alone) => (alone.arguments)(Command::new(*noun)),
            None => Command::new(*noun).about(*about).subcommand_required(true).arg_required_else_help(false),
        };
        root.subcommand(verbs_of(noun).fold(parent, |parent, (verb, entry)| {
            parent.subcommand(arguments_of(Command::new(verb), entry).mut_args(as_text))
        }))
    })
}

fn as_text(argument: Arg) -> Arg {
    if argument.get_action().takes_values() {
        argument.value_parser(clap::value_parser!(String)).allow_negative_numbers(true)
    } else {
        argument
    }
}

fn verbs_of(noun: &str) -> impl Iterator<Item = (&'static str, &'static Entry)> {
    COMMANDS.iter().filter_map(move |entry| {
        entry.name.split_once(' ').filter(|(of, _)| *of == noun).map(|(_, verb)| (verb, entry))
    })
}

/// The commands that open or make a store in a way of their own.
fn alone() -> [(&'static str, fn() -> Command); 19] {
    [
        ("init", super::top::init_command),
        ("demo", super::demo::demo_command),
        ("apply", super::bulk::apply_command),
        ("import", super::bulk::import_command),
        ("export", super::top::export_command),
        ("verify", super::top::verify_command),
        ("backup", super::backup::backup_command),
        ("restore", super::backup::restore_command),
        ("schema", super::top::schema_command),
        ("explain", super::explain::explain_command),
        ("doctor", super::doctor::doctor_command),
        ("completions", super::man::completions_command),
        ("man", super::man::man_command),
        ("help", super::topics::help_command),
        ("config", super::config::command::config_command),
        ("store", super::copy::store_command),
        ("ledger", super::ledger::ledger_command),
        ("templates", super::templates::templates_command),
        ("serve", super::serve::serve_command),
    ]
}

/// Whether a tree tells what its flags are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Helps {
    Yes,
    No,
}

/// A global flag: its name, its letter, what its value is (none for a switch), and what it is for.
type Global = (&'static str, Option<char>, Option<&'static str>, &'static str);

const GLOBALS: &[Global] = &[
    (
        "store",
        None,
        Some("STORE"),
        "A file, or postgres://… on a server; no password here, arguments are seen in the process list (default: $XDG_DATA_HOME/aftersales/desk.db)",
    ),
    ("profile", None, Some("NAME"), "Work in the store of this profile of the configuration"),
    ("output", Some('o'), Some("FORMAT"), "table, json, ndjson, csv or ids (default: table)"),
    ("fields", None, Some("A,B"), "Print only these fields, in this order"),
    ("jq", None, Some("EXPR"), "Print what this jq expression makes of the JSON; texts are printed raw"),
    (
        "template",
        None,
        Some("TEXT"),
        "Print what this template makes of each record, such as '{{ id }}: {{ subject }}'",
    ),
    ("as", None, Some("LOGIN"), "Run as this user; rights guard against mistakes, not against who can open the store"),
    ("now", None, Some("INSTANT"), "Take this as the present moment, such as 2026-11-23T10:00:00Z"),
    ("key", None, Some("KEY"), "Do it once under this key: again it answers what was done"),
    ("color", None, Some("WHEN"), "auto, always or never (default: auto, on a terminal)"),
    ("config", None, Some("FILE"), "The caller's settings (default: $XDG_CONFIG_HOME/aftersales/config.toml)"),
    ("progress", None, Some("WHEN"), "auto, json (lines on stderr) or never (default: auto, on a terminal)"),
    ("dry-run", None, None, "Run the command and undo it: what it would answer"),
    ("yes", Some('y'), None, "Answer questions with yes"),
    ("quiet", Some('q'), None, "No messages beside data and errors"),
    (
        "verbose",
        Some('v'),
        None,
        "With --dry-run: print the command object to stderr; with --version: tell formats and engines",
    ),
];

fn root(helps: Helps, is_made: impl Fn(&&Global) -> bool) -> Command {
    let flag = |(name, letter, value, help): &Global| {
        let action = if value.is_some() { ArgAction::Set } else { ArgAction::SetTrue };
        let flag = Arg::new(*name).long(*name).short(*letter).action(action).global(true);
        match helps {
            Helps::No => flag,
            Helps::Yes => {
                let told = flag.help(*help).help_heading("Global flags");
                value.iter().fold(told, |told, value| told.value_name(*value))
            }
        }
    };
    let root = Command::new("aftersales")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .args(GLOBALS.iter().filter(is_made).map(flag));
    match helps {
        Helps::No => root,
        Helps::Yes => root.about(ABOUT).after_help(super::topics::after_help()),
    }
}

/// The names of the arguments of a command that were typed.
pub fn given<'m>(entry: &'static Entry, matches: &'m ArgMatches) -> impl Iterator<Item = &'static str> + use<'m> {
    entry.names().iter().copied().filter(|name| {
        matches!(matches.try_contains_id(name), Ok(true))
            && matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine)
    })
}

/// What the flags gave, as the pairs that a command is filled from.
pub fn pairs(entry: &'static Entry, matches: &ArgMatches) -> Pairs<'static> {
    given(entry, matches)
        .map(|name| {
            let given = match matches.try_get_many::<String>(name) {
                Ok(Some(values)) => Given::Texts(values.cloned().collect()),
                _ => Given::Switch(true),
            };
            (Cow::Borrowed(name), given)
        })
        .chain(texts::typed(entry, matches))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;

    use super::*;
    use crate::command::{Parsed, layout_of, object};

    /// Every command that clap knows, by its words, with the arguments that are its own.
    fn commands() -> Vec<(String, Command)> {
        fn walk(words: &str, command: &Command, found: &mut Vec<(String, Command)>) {
            for child in command.get_subcommands() {
                let words = format!("{words} {}", child.get_name()).trim().to_owned();
                walk(&words, child, found);
                if !child.is_subcommand_required_set() {
                    found.push((words, child.clone()));
                }
            }
        }
        let mut found = Vec::new();
        walk("", &whole(), &mut found);
        found
    }

    fn own_arguments(command: &Command) -> impl Iterator<Item = &Arg> {
        command.get_arguments().filter(|argument| !argument.is_global_set() && argument.get_id() != "help")
    }

    #[test]
    fn clap_finds_no_fault_with_the_tree() {
        whole().debug_assert();
        let all: Vec<OsString> = COMMANDS.iter().flat_map(|entry| entry.name.split(' ')).map(OsString::from).collect();
        quick(&all).debug_assert();
    }

    #[test]
    fn every_command_is_in_the_help_and_every_noun_is_told() {
        let told: Vec<&str> = COMMANDS.nouns().map(|(noun, _)| *noun).collect();
        let mut nouns: Vec<&str> = Vec::new();
        for (noun, _) in COMMANDS.iter().filter_map(|entry| entry.name.split_once(' ')) {
            if !nouns.contains(&noun) {
                nouns.push(noun);
            }
        }
        assert_eq!(told, nouns, "the nouns of the help and those of the list of commands");
        let names: BTreeSet<String> = commands().into_iter().map(|(words, _)| words).collect();
        for entry in COMMANDS.iter() {
            assert!(names.contains(entry.name), "{}", entry.name);
        }
        assert_eq!(COMMANDS.iter().count(), COMMANDS.iter().map(|entry| entry.name).collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn every_command_and_every_argument_is_told() {
        for (words, command) in commands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.starts_with(char::is_uppercase) && !about.ends_with('.'), "{words}: {about:?}");
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples = after.split_once("Examples:\n").map(|(_, examples)| examples).unwrap_or_default();
            assert!(examples.contains(&format!("aftersales {words}")), "{words} has no example of itself: {after:?}");
            let odd = examples.lines().find(|line| !line.starts_with("  "));
            assert_eq!(odd, None, "{words}: the help ends with the examples");
            for argument in own_arguments(&command) {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{words} --{}", argument.get_id());
            }
        }
    }

    #[test]
    fn flags_carry_names_and_nothing_else() {
        let globals: Vec<&str> = GLOBALS.iter().map(|(name, ..)| *name).collect();
        for (words, command) in commands() {
            for argument in own_arguments(&command) {
                let id = argument.get_id().to_string();
                assert!(argument.get_default_values().is_empty(), "{words} --{id} has a default, which JSON bypasses");
                assert!(argument.get_short().is_none(), "{words} --{id}: short flags are the global ones'");
                if let Some(long) = argument.get_long() {
                    assert_eq!(long, id.replace('_', "-"), "{words}: one word from flag to key");
                    assert!(!globals.contains(&long), "{words} --{id} is a global flag");
                }
            }
        }
    }

    #[test]
    fn what_a_list_shows_and_filters_is_among_the_fields_of_its_records() {
        for entry in COMMANDS.iter() {
            let Action::Read { kind, many: true, fields, .. } = &entry.action else { continue };
            let fields = fields();
            // The rows of a report, and what waits, are no records, and have no id.
            let first = match *kind {
                "report" => "by",
                "waiting" => "what",
                _ => "id",
            };
            assert_eq!(fields.first(), Some(&first), "{}", entry.name);
            assert!(!layout_of(kind).columns.is_empty(), "{} has no table", entry.name);
            for column in layout_of(kind).columns {
                assert!(fields.contains(column), "{}: {column}", entry.name);
            }
            for column in layout_of(kind).least {
                assert!(layout_of(kind).columns.contains(column), "{}: {column} is no column", entry.name);
            }
            if entry.name.ends_with(" list") {
                let others = [
                    "since",
                    "until",
                    "limit",
                    "newest",
                    "sort",
                    "search",
                    "tag",
                    "open",
                    "owes",
                    "duplicates",
                    "waiting",
                    "returns",
                    "merged",
                    "invited",
                ];
                for filter in entry.names().iter().filter(|name| !others.contains(name)) {
                    assert!(fields.contains(filter), "{}: {filter}", entry.name);
                }
            }
        }
    }

    // Flags -> JSON -> command is the identity, for every flag of every command.

    /// Texts of all the shapes that a value may have; the first that an argument takes is used for it.
    const TEXTS: &[&str] = &[
        "Zoë's \"lamp\"\n\\ = 1",
        "1=1",
        "LAMP=1@2.50",
        "LAMP=1",
        "2026-11-23",
        "2026-11-23T10:00:00Z",
        "12.50",
        "3",
        "Europe/Paris",
        "pressure:number:required",
        "percent=10",
        "EUR",
        "Income:Lamps",
        "DE",
        "DE89370400440532013000",
        "COBADEFFXXX",
        "desk@example.com",
    ];

    /// What a change is as an object, given these flags; or the faults of its values, by field.
    fn content(entry: &'static Entry, words: &[String]) -> Result<String, Vec<(Option<String>, String)>> {
        let words = words.iter().map(String::as_str);
        let arguments: Vec<OsString> =
            ["aftersales"].into_iter().chain(entry.name.split(' ')).chain(words).map(OsString::from).collect();
        let matches = quick(&arguments).try_get_matches_from(&arguments).unwrap();
        let mut inner = &matches;
        while let Some((_, deeper)) = inner.subcommand() {
            inner = deeper;
        }
        parsed(entry, pairs(entry, inner))
    }

    fn parsed(entry: &'static Entry, pairs: Pairs<'_>) -> Result<String, Vec<(Option<String>, String)>> {
        let Action::Change { parse } = &entry.action else { panic!("{} changes nothing", entry.name) };
        match parse(entry, pairs) {
            Parsed::Whole(change) => Ok(change.content()),
            Parsed::Faulty { error, .. } => {
                let faults = std::iter::once(error.fault()).chain(&error.fault().others);
                Err(faults.map(|fault| (fault.field.clone(), fault.message.clone())).collect())
            }
        }
    }

    fn words_for(argument: &Arg, text: Option<&str>) -> Vec<String> {
        match (argument.get_long(), text) {
            (Some(long), Some(text)) => vec![format!("--{long}={text}")],
            (Some(long), None) => vec![format!("--{long}")],
            (None, text) => vec![text.unwrap_or_default().to_owned()],
        }
    }

    /// A text that the argument takes, alone or beside what is missing: one of `TEXTS`, or a word that its fault names.
    fn taken(entry: &'static Entry, argument: &Arg, before: &[String]) -> Option<String> {
        let id = argument.get_id().as_str();
        let mut choices: Vec<String> = Vec::new();
        let with = |text: &str| match argument.is_positional() {
            true => [before, &words_for(argument, Some(text))].concat(),
            false => words_for(argument, Some(text)),
        };
        let tried = TEXTS.iter().try_for_each(|text| match content(entry, &with(text)) {
            Err(faults) => match faults.into_iter().find(|(field, _)| field.as_deref() == Some(id)) {
                Some((_, message)) => {
                    let words = message.rsplit_once("one of ").map(|(_, words)| words.to_owned());
                    choices.extend(words.iter().flat_map(|words| words.split(", ").map(str::to_owned)));
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break((*text).to_owned()),
            },
            Ok(_) => ControlFlow::Break((*text).to_owned()),
        });
        match tried {
            ControlFlow::Break(text) => Some(text),
            ControlFlow::Continue(()) => choices.into_iter().next(),
        }
    }

    #[test]
    fn flags_and_json_make_the_same_command() {
        for entry in COMMANDS.iter().filter(|entry| matches!(entry.action, Action::Change { .. })) {
            let command = relaxed_arguments(Command::new("x").display_name(entry.name));
            // Every positional in its place, and one flag after the other beside them; in the end all that go together.
            let mut positionals: Vec<String> = Vec::new();
            let mut flags: Vec<(String, Vec<String>)> = Vec::new();
            let with_key = |argument: &&Arg| entry.names().contains(&argument.get_id().as_str());
            for argument in own_arguments(&command).filter(with_key) {
                let id = argument.get_id().to_string();
                let text = argument.get_action().takes_values().then(|| {
                    taken(entry, argument, &positionals)
                        .unwrap_or_else(|| panic!("{}: no value for {id} in TEXTS", entry.name))
                });
                let words = words_for(argument, text.as_deref());
                if argument.is_positional() {
                    positionals.extend(words);
                } else {
                    let twice =
                        matches!(argument.get_action(), ArgAction::Append) && argument.get_action().takes_values();
                    flags.push((id, if twice { [words.clone(), words].concat() } else { words }));
                }
            }
            let all: Vec<String> = flags.iter().flat_map(|(_, words)| words.clone()).collect();
            for (id, words) in flags.iter().chain([&("all flags".to_owned(), all.clone())]) {
                let given: Vec<String> = words.iter().chain([&"--".to_owned()]).chain(&positionals).cloned().collect();
                // A required flag that is left out is a fault of its own: then all are given.
                let Ok(object) = content(entry, &given) else {
                    let whole: Vec<String> =
                        all.iter().chain([&"--".to_owned()]).chain(&positionals).cloned().collect();
                    assert!(content(entry, &whole).is_ok(), "{}: {:?}", entry.name, content(entry, &whole));
                    continue;
                };
                let mut pairs = object::pairs_of_json(&object).unwrap();
                assert_eq!(pairs.remove(0).0, "command");
                if id != "all flags" {
                    assert!(pairs.iter().any(|(name, _)| name == id), "{} --{id} has no key in {object}", entry.name);
                }
                assert_eq!(parsed(entry, pairs).as_ref(), Ok(&object), "{} --{id}", entry.name);
            }
        }
    }
}
