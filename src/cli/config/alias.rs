//! Aliases: a word of the caller's own for a command, `[aliases] r = "ticket refund"`. They are looked up only where the first word is
//! no command, so that no command can be hidden by one, and none costs anything where there is no alias.

use std::ffi::OsString;

use super::Places;
use crate::cli::{Outside, tree};
use crate::domain::Result;

/// The arguments with the command in the place of its alias, where the first word is one. Of settings that cannot be used nobody knows
/// whether it would be.
pub fn expanded(arguments: &[OsString], outside: &Outside<'_>) -> Result<Option<Vec<OsString>>> {
    let Some((matches, at)) = tree::first_word(arguments) else {
        return Ok(None);
    };
    let (places, faults) = Places::read(&matches, outside);
    match faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(in_place(arguments, at, &places)),
    }
}

fn in_place(arguments: &[OsString], at: usize, places: &Places<'_>) -> Option<Vec<OsString>> {
    let word = arguments.get(at)?.to_str()?;
    let words = places.aliases().find(|(name, _)| *name == word).and_then(|(_, words)| words_of(words))?;
    let (before, after) = (arguments.get(..at)?, arguments.get(at + 1..)?);
    Some([before, &words, after].concat())
}

/// The words of an alias, whose first is a command: an alias of an alias is none.
fn words_of(words: &str) -> Option<Vec<OsString>> {
    let words = shlex::split(words)?;
    tree::is_command(words.first()?).then(|| words.into_iter().map(OsString::from).collect())
}

/// Why an alias cannot be used.
pub fn fault_of(name: &str, words: &str) -> Option<String> {
    if tree::is_command(name) {
        return Some(format!("{name} is a command, which an alias cannot hide"));
    }
    if name.is_empty() || name.starts_with('-') || name.contains(char::is_whitespace) {
        return Some(format!("{name:?} is no word that could be typed as a command"));
    }
    words_of(words).is_none().then(|| format!("{words:?} begins with no command"))
}
