//! `man` and `completions`: what comes along with the program, as it prints them itself; the folders `man/` and `completions/` hold the
//! same.

use std::io;

use clap::{Arg, ArgMatches, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::complete::SHELLS;
use super::report::Exit;
use super::topics::TOPICS;
use super::{Outside, print, tree};
use crate::command::internal;
use crate::command::pipeline::object::meant;
use crate::domain::common::ValueRefused;
use crate::domain::{Allowed, Error};

/// `man` as clap sees it.
pub fn man_command() -> Command {
    Command::new("man")
        .about("Print a manual page")
        .arg(
            Arg::new("noun")
                .value_name("NOUN")
                .help("The noun, or command without one (default: the page of the program)"),
        )
        .after_help(
            "No store is needed.\n\nExamples:\n  aftersales man\n  aftersales man ticket | man -l -\n  \
             aftersales man ticket > aftersales-ticket.1",
        )
}

/// `completions` as clap sees it.
pub fn completions_command() -> Command {
    Command::new("completions")
        .about("Print what makes a shell complete commands, flags and ids of the store")
        .arg(Arg::new("shell").value_name("SHELL").required(true).help("bash, zsh or fish"))
        .after_help(
            "Ids are read from the store that the line being typed names, with a few words on each in zsh and fish; nothing is \
             written. Without a store there are commands and flags alone.\n\n\
             Examples:\n  aftersales completions bash > ~/.local/share/bash-completion/completions/aftersales\n  \
             aftersales completions zsh > ~/.zsh/completions/_aftersales\n  \
             aftersales completions fish > ~/.config/fish/completions/aftersales.fish",
        )
}

/// Runs `completions`.
pub fn completions(outside: &mut Outside<'_>, matches: &ArgMatches) -> Result<(), Exit> {
    let shell = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    match SHELLS.iter().find(|(known, _)| *known == shell) {
        Some((_, script)) => print(outside, script.as_bytes()),
        None => Err(none_of("shell", shell, SHELLS.iter().map(|(shell, _)| (*shell).to_owned()).collect()).into()),
    }
}

/// Runs `man`.
pub fn man(outside: &mut Outside<'_>, matches: &ArgMatches) -> Result<(), Exit> {
    let tree = tree::whole();
    let page = match matches.get_one::<String>("noun") {
        None => of_program(tree),
        Some(noun) => match tree.find_subcommand(noun) {
            Some(found) => of_noun(found.clone()),
            None => {
                let known = tree.get_subcommands().map(|noun| noun.get_name().to_owned()).collect();
                return Err(none_of("noun", noun, known).into());
            }
        },
    };
    let page = page.map_err(|error| internal(error.to_string()))?;
    print(outside, &page)
}

fn none_of(field: &'static str, given: &str, known: Vec<String>) -> Error {
    let meant = meant(given, known.iter().map(String::as_str));
    let message = format!("{given:?} is not one of {}{meant}", known.join(", "));
    ValueRefused::Invalid { field, given: given.to_owned(), message, allowed: Some(Allowed::Several(known)) }.into()
}

/// The page of the program: its commands, its flags, and what concerns all of them.
fn of_program(tree: Command) -> io::Result<Vec<u8>> {
    let nouns: Vec<(String, String)> =
        tree.get_subcommands().map(|noun| (noun.get_name().to_owned(), about(noun))).collect();
    let mut page = Vec::new();
    let man = Man::new(tree);
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let mut commands = Roff::new();
    commands.control("SH", ["COMMANDS"]);
    for (noun, about) in nouns {
        commands.control("TP", []);
        commands.text([bold(format!("aftersales {noun}"))]);
        commands.text([roman(about)]);
    }
    commands.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut rest = Roff::new();
    for topic in TOPICS {
        rest.control("SH", [topic.name.to_uppercase().replace('-', " ").as_str()]);
        as_it_stands(&mut rest, &topic.text());
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text([roman("The page of each noun, such as "), bold("aftersales-ticket"), roman("(1).")]);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// The page of a noun: each of its verbs.
fn of_noun(noun: Command) -> io::Result<Vec<u8>> {
    let name = format!("aftersales-{}", noun.get_name());
    let mut page = Vec::new();
    let title = Man::new(Command::new(name.clone()).about(about(&noun)).version(env!("CARGO_PKG_VERSION")));
    title.render_title(&mut page)?;
    title.render_name_section(&mut page)?;
    let verbs: Vec<Command> = noun.get_subcommands().filter(|verb| verb.get_name() != "help").cloned().collect();
    let words = format!("aftersales {}", noun.get_name());
    if !noun.is_subcommand_required_set() {
        of_verb(&mut page, &words, without_verbs(noun))?;
    }
    for verb in verbs {
        of_verb(&mut page, &format!("{words} {}", verb.get_name()), verb)?;
    }
    let mut rest = Roff::new();
    rest.control("SH", ["SEE ALSO"]);
    rest.text([bold("aftersales"), roman("(1), which tells the flags that every command has, exit codes and output.")]);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// A command that can be typed alone, without the verbs under its name.
fn without_verbs(noun: Command) -> Command {
    let mut alone = Command::new(noun.get_name().to_owned()).args(noun.get_arguments().cloned());
    alone = noun.get_about().into_iter().fold(alone, |alone, about| alone.about(about.clone()));
    alone = noun.get_long_about().into_iter().fold(alone, |alone, about| alone.long_about(about.clone()));
    noun.get_after_help().into_iter().fold(alone, |alone, help| alone.after_help(help.clone()))
}

fn of_verb(page: &mut Vec<u8>, words: &str, verb: Command) -> io::Result<()> {
    let mut head = Roff::new();
    head.control("SH", [words.to_uppercase().trim_start_matches("AFTERSALES ")]);
    let said = verb.get_long_about().or_else(|| verb.get_about()).map(ToString::to_string).unwrap_or_default();
    for (at, paragraph) in said.split("\n\n").enumerate() {
        if at > 0 {
            head.control("PP", []);
        }
        head.text([roman(paragraph.replace('\n', " "))]);
    }
    head.to_writer(page)?;
    let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(verb.bin_name(words.to_owned()).disable_help_flag(true));
    let mut sections = Vec::new();
    man.render_synopsis_section(&mut sections)?;
    let mut options = Vec::new();
    man.render_options_section(&mut options)?;
    // Of a command without any it is a heading alone.
    if String::from_utf8_lossy(&options).contains(".TP") {
        sections.append(&mut options);
    }
    // The sections of a verb stand below its own.
    let sections = String::from_utf8_lossy(&sections)
        .replace(".SH SYNOPSIS\n", ".PP\n")
        .replace("\n.SH OPTIONS\n", "\n.SS Arguments\n");
    page.extend(without_preamble(&sections).as_bytes());
    let mut rest = Roff::new();
    let (more, examples) = help.split_once("Examples:\n").unwrap_or((help.as_str(), ""));
    if !more.trim().is_empty() {
        rest.control("PP", []);
        rest.text([roman(more.trim().replace('\n', " "))]);
    }
    if !examples.is_empty() {
        rest.control("SS", ["Examples"]);
        as_it_stands(&mut rest, examples);
    }
    rest.to_writer(page)
}

/// What every piece begins with stands once on a page.
fn without_preamble(piece: &str) -> String {
    let is_preamble = |line: &&str| !line.starts_with(".ie ") && !line.starts_with(".el ");
    let kept: Vec<&str> = piece.lines().filter(is_preamble).collect();
    format!("{}\n", kept.join("\n"))
}

/// Lines that are not to be filled.
fn as_it_stands(page: &mut Roff, text: &str) {
    page.control("nf", []);
    for line in text.trim_end().lines() {
        page.text([roman(if line.is_empty() { " " } else { line })]);
    }
    page.control("fi", []);
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}
