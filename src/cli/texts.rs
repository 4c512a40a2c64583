//! Texts that stand in a file, or come from standard input, in place of being typed: `--text-file F` is `text`. A command object has the
//! text itself, so that its key, its log and its retry know what was said, whatever becomes of the file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};

use clap::{Arg, ArgMatches, Command};

use super::Outside;
use crate::command::Entry;
use crate::command::pipeline::object::{Given, Pairs};
use crate::domain::Result;
use crate::domain::common::ValueRefused;

/// How a key ends that names the file of a text.
const FILE: &str = "_file";

/// How many bytes such a text has at most, as a line of bulk input has.
const LONGEST: u64 = 16 << 20;

/// The pairs with the texts of files in the place of the files' names.
pub fn read(outside: &Outside<'_>, pairs: Pairs<'static>) -> Result<Pairs<'static>> {
    let typed: Vec<String> = pairs.iter().map(|(name, _)| name.to_string()).collect();
    pairs
        .into_iter()
        .map(|(name, given)| match (of_file(&name), &given) {
            (Some((field, of)), Given::Texts(paths)) => {
                let path = paths.first().map_or("", String::as_str);
                if typed.iter().any(|name| name == of) {
                    let message = format!("the {of} is typed and stands in {path} too; leave one of them out");
                    return Err(ValueRefused::invalid(field, path, message).into());
                }
                Ok((Cow::Borrowed(of), Given::Texts(vec![text_of(outside, field, path)?])))
            }
            _ => Ok((name, given)),
        })
        .collect()
}

/// The keys under which files of texts are named, with what they are the text of.
const TEXTS: &[(&str, &str)] = &[
    ("text_file", "text"),
    ("comment_file", "comment"),
    ("description_file", "description"),
    ("message_file", "message"),
    ("notes_file", "notes"),
    ("note_file", "note"),
];

/// The command with a flag for the file of each text that it takes; a key in an object is the text itself.
pub fn with_files(mut command: Command) -> Command {
    for (file, text) in TEXTS {
        let has =
            |name: &str| command.get_arguments().any(|argument| argument.get_id() == name && !argument.is_positional());
        if has(text) && !has(file) {
            let help = format!("Take the {text} from this file, or from standard input (-)");
            command = command.arg(Arg::new(*file).long(file.replace('_', "-")).value_name("FILE").help(help));
        }
    }
    command
}

/// The files of texts that were typed, of a command that has no key for them.
pub fn typed(entry: &'static Entry, matches: &ArgMatches) -> Pairs<'static> {
    let without_key = TEXTS.iter().filter(|(file, _)| !entry.names().contains(file));
    let given = without_key.filter_map(|(file, _)| {
        let path = matches.try_get_one::<String>(file).ok().flatten()?;
        Some((Cow::Borrowed(*file), Given::Texts(vec![path.clone()])))
    });
    given.collect()
}

/// The key that names the file of a text, with what it is the text of, where the name is one.
pub fn of_file(name: &str) -> Option<(&'static str, &'static str)> {
    debug_assert!(TEXTS.iter().all(|(file, text)| file.strip_suffix(FILE) == Some(text)));
    TEXTS.iter().find(|(file, _)| *file == name).copied()
}

/// What stands in a file, or comes from standard input (`-`); the end of the last line is none of it.
fn text_of(outside: &Outside<'_>, field: &'static str, path: &str) -> Result<String> {
    let refused = |why: String| ValueRefused::invalid(field, path, format!("{path} {why}"));
    let mut reader: Box<dyn Read> = match path {
        "" => return Err(ValueRefused::missing(field).into()),
        "-" => Box::new((outside.stdin)()),
        path => {
            Box::new(BufReader::new(File::open(path).map_err(|error| refused(format!("cannot be read: {error}")))?))
        }
    };
    let mut bytes = Vec::new();
    let read = reader.by_ref().take(LONGEST.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| refused(format!("cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(refused(format!("has more than {LONGEST} bytes")).into());
    }
    let mut text = String::from_utf8(bytes).map_err(|_| refused("is no text in UTF-8".to_owned()))?;
    let end = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(end.unwrap_or(text.len()));
    Ok(text)
}
