//! The tree of commands as clap sees it. Parsing builds only the branch that is taken, with every value as its text; help
//! and usage errors come from the whole tree.

use std::borrow::Cow;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::command::object::{Given, Pairs};
use crate::command::{Action, COMMANDS, Entry, entry};

const ABOUT: &str =
    "The after-sales desk in a shell: refunds, coupons, returns, repairs and field service from a ticket";

/// What each noun is, for the help.
const NOUNS: &[(&str, &str)] = &[
    ("team", "Who serves tickets, and which services they offer"),
    ("app", "The applications that services need, and what is installed"),
    ("subscription", "The plan of the database and its trial"),
    ("ticket", "What customers came with, and the five services run from it"),
    ("invoice", "What customers owe"),
    ("credit-note", "What customers are credited"),
    ("payment", "Money that came in or went out"),
    ("coupon-program", "What codes are worth, and under which conditions"),
    ("coupon", "Codes that each work once, made from tickets"),
    ("order", "What customers order; quotations and carts are drafts"),
    ("transfer", "Goods on their way: deliveries, receipts, moves and returns"),
    ("repair", "Broken products, repaired with parts and labour"),
    ("task", "Interventions of field service"),
    ("customer", "Whom the desk serves"),
    ("product", "What is sold, returned and repaired"),
    ("stock", "How much of what lies where"),
    ("lot", "Lots and serial numbers of tracked products"),
    ("tax", "What is added to prices, or held by them"),
    ("journal", "Where invoices and credit notes are posted"),
    ("location", "Where goods lie, and where they come from and go to"),
    ("user", "Who works at the desk, and with which rights"),
    ("tag", "Words that tickets and repairs are sorted by"),
    ("project", "What interventions are planned in"),
    ("worksheet-template", "The fields that the work on site is written down in"),
    ("stage", "The columns that tickets move through"),
    ("desk", "The settings of the desk"),
];

/// The tree for parsing.
pub fn quick() -> Command {
    COMMANDS.iter().fold(root(), |root, entry| match entry.name.split_once(' ') {
        None => root.subcommand(Command::new(entry.name).display_name(entry.name).defer(relaxed_arguments)),
        Some((noun, _)) if root.get_subcommands().any(|known| known.get_name() == noun) => root,
        Some((noun, _)) => root.subcommand(Command::new(noun).subcommand_required(true).defer(quick_verbs)),
    })
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
    let command = (entry.arguments)(command);
    match entry.action {
        Action::Read { .. } => command,
        Action::Change { .. } => command.mut_args(|argument| {
            if argument.get_action().takes_values() {
                argument.required(false).allow_negative_numbers(true).value_parser(clap::value_parser!(String))
            } else {
                argument.required(false)
            }
        }),
    }
}

/// The tree for help.
pub fn whole() -> Command {
    let root = COMMANDS
        .iter()
        .filter(|entry| !entry.name.contains(' '))
        .fold(root(), |root, entry| root.subcommand((entry.arguments)(Command::new(entry.name))));
    NOUNS.iter().fold(root, |root, (noun, about)| {
        let parent = Command::new(*noun).about(*about).subcommand_required(true).arg_required_else_help(false);
        root.subcommand(verbs_of(noun).fold(parent, |parent, (verb, entry)| {
            parent.subcommand((entry.arguments)(Command::new(verb)).mut_args(as_text))
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

fn root() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).global(true).help_heading("Global flags")
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help).global(true).help_heading("Global flags")
    };
    Command::new("aftersales")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .subcommand_required(true)
        .arg(text("store", "PATH", "The store (default: $XDG_DATA_HOME/aftersales/desk.db)"))
        .arg(text("output", "FORMAT", "table, json, ndjson, csv or ids (default: table)").short('o'))
        .arg(text("fields", "A,B", "Print only these fields, in this order"))
        .arg(text("jq", "EXPR", "Print what this jq expression makes of the JSON; texts are printed raw"))
        .arg(text("as", "LOGIN", "Run as this user; rights guard against mistakes, not against who can open the store"))
        .arg(text("now", "INSTANT", "Take this as the present moment, such as 2026-11-23T10:00:00Z"))
        .arg(text("key", "KEY", "Do it once under this key: again it answers what was done"))
        .arg(text("color", "WHEN", "auto, always or never (default: auto, on a terminal)"))
        .arg(text("config", "FILE", "The caller's settings (default: $XDG_CONFIG_HOME/aftersales/config.toml)"))
        .arg(switch("dry-run", "Run the command and undo it: what it would answer"))
        .arg(switch("yes", "Answer questions with yes").short('y'))
        .arg(switch("quiet", "No messages beside data and errors").short('q'))
        .arg(switch("verbose", "With --dry-run: print the command object to stderr").short('v'))
        .subcommand(super::top::init_command())
        .subcommand(super::demo::demo_command())
        .subcommand(super::bulk::apply_command())
        .subcommand(super::bulk::import_command())
        .subcommand(super::top::export_command())
        .subcommand(super::top::verify_command())
}

/// What the flags gave, as the pairs that a command is filled from.
pub fn pairs(entry: &'static Entry, matches: &ArgMatches) -> Pairs<'static> {
    let given = entry.names().iter().filter(|name| {
        matches!(matches.try_contains_id(name), Ok(true))
            && matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine)
    });
    given
        .map(|name| {
            let given = match matches.try_get_many::<String>(name) {
                Ok(Some(values)) => Given::Texts(values.cloned().collect()),
                _ => Given::Switch(true),
            };
            (Cow::Borrowed(*name), given)
        })
        .collect()
}
