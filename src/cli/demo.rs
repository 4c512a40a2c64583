//! `demo`: a small made-up shop in a temporary store, and a tour of the five services: each command, then what it prints.

use clap::{ArgMatches, Command};

use super::report::Exit;
use super::{Outside, Settings};
use crate::output::PrintError;

/// The commands of the tour; every line is one, `#` starts a heading, and lines of JSON are piped into the one before.
const TOUR: &str = include_str!("../../fixtures/demo.txt");

/// `demo` as clap sees it.
pub fn demo_command() -> Command {
    Command::new("demo")
        .about("Tour the five services in a small made-up shop")
        .long_about(
            "Tour the five services in a small made-up shop\n\nThe shop lives in a temporary store that is gone afterwards; \
             your own store is not touched.",
        )
        .after_help("Examples:\n  aftersales demo")
}

/// Runs the tour. A command that ends otherwise than the tour says ends it.
pub fn demo(outside: &mut Outside<'_>, _settings: &Settings, _matches: &ArgMatches) -> Result<(), Exit> {
    let folder = tempfile::tempdir().map_err(PrintError::Stream)?;
    let store = folder.path().join("desk.db").to_string_lossy().into_owned();
    for step in steps() {
        match step {
            Step::Heading(text) => writeln!(outside.stdout, "\n== {text} ==").map_err(PrintError::Stream)?,
            Step::Command { words, input, code } => {
                let ended = run(outside, &store, words, &input)?;
                if ended != code {
                    return Err(Exit::Code(ended.max(1)));
                }
            }
        }
    }
    Ok(())
}

/// One line of the tour.
enum Step {
    Heading(&'static str),
    Command { words: &'static str, input: String, code: i32 },
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in TOUR.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (line.strip_prefix("# "), steps.last_mut()) {
            (Some(heading), _) => steps.push(Step::Heading(heading)),
            (None, Some(Step::Command { input, .. })) if line.starts_with('{') => {
                input.push_str(line);
                input.push('\n');
            }
            // `! 13 …`: this one is to be refused.
            (None, _) => {
                let refused = line.strip_prefix("! ").and_then(|rest| rest.split_once(' '));
                let (code, words) = refused.map_or((0, line), |(code, words)| (code.parse().unwrap_or(1), words));
                steps.push(Step::Command { words, input: String::new(), code });
            }
        }
    }
    steps
}

/// Prints a command as it would be typed, then runs it as it would run.
fn run(outside: &mut Outside<'_>, store: &str, words: &'static str, input: &str) -> Result<i32, Exit> {
    for line in input.lines() {
        writeln!(outside.stdout, "\n$ echo '{line}' |").map_err(PrintError::Stream)?;
    }
    let lead = if input.is_empty() { "\n$ " } else { "    " };
    writeln!(outside.stdout, "{lead}aftersales {words}").map_err(PrintError::Stream)?;

    let bytes = input.as_bytes().to_vec();
    let variable = |name: &str| match name {
        "AFTERSALES_STORE" => Some(store.to_owned()),
        "AFTERSALES_OUTPUT" => Some("table".to_owned()),
        _ => None,
    };
    let mut complaints: Vec<u8> = Vec::new();
    let code = super::run(Outside {
        arguments: std::iter::once("aftersales".into()).chain(split(words).into_iter().map(Into::into)).collect(),
        variable: &variable,
        clock: outside.clock,
        stdin: &|| Box::new(std::io::Cursor::new(bytes.clone())),
        stdout: &mut *outside.stdout,
        stderr: &mut complaints,
        can_ask: false,
        stdout_is_terminal: outside.stdout_is_terminal,
        stderr_is_terminal: false,
        stdout_width: outside.stdout_width,
        login: outside.login.clone(),
        program: outside.program,
        signals: outside.signals.clone(),
    });
    // The tour reads top to bottom, so what a shell shows beside the data stands in its place.
    outside.stdout.write_all(&complaints).map_err(PrintError::Stream)?;
    Ok(code)
}

/// Words as a shell splits them; single quotes hold blanks together.
fn split(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (at, piece) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            match words.last_mut() {
                Some(last) => last.push_str(piece),
                None => words.push(piece.to_owned()),
            }
            continue;
        }
        words.extend(piece.split_whitespace().map(str::to_owned));
        // A quote that follows a blank starts a word of its own.
        if piece.ends_with(' ') {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_does() {
        assert_eq!(split("ticket close T1"), ["ticket", "close", "T1"]);
        assert_eq!(split("a --b 'c d' e"), ["a", "--b", "c d", "e"]);
        assert_eq!(split("a --b='c d'"), ["a", "--b=c d"]);
    }
}
