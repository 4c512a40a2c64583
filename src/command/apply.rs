//! `apply`: lines that are commands, each run as if it were typed (contract, section 4).

use super::pipeline::bulk::{Answered, Line, LineAnswer, LineStatus, Running, Work, take_text};
use super::pipeline::{Answer, Envelope, Group, Mode, Session};
use super::{Action, COMMANDS, Entry, Parsed, entry, internal, object};
use crate::domain::common::ValueRefused;
use crate::domain::{Error, Refusal, Result};

/// What lines are read as.
pub struct Apply {
    /// The command of lines that name none.
    pub command: Option<String>,
    /// Lines without a key get `prefix:line`.
    pub key_prefix: Option<String>,
}

impl Work for Apply {
    fn begin<'s>(&'s self, session: &'s Session<'s>, mode: Mode) -> Result<Box<dyn Running + 's>> {
        Ok(Box::new(Applying { apply: self, group: session.open_group(mode)? }))
    }

    fn skipped(&self, line: &Line) -> LineAnswer {
        let (command, key) = match self.read(line) {
            Ok((command, envelope)) => (Some(command), envelope.key),
            Err(unread) => (unread.command, unread.key),
        };
        LineAnswer::of(line.number, command, key, LineStatus::Skipped)
    }
}

struct Applying<'s> {
    apply: &'s Apply,
    group: Group<'s>,
}

impl Running for Applying<'_> {
    fn line(&mut self, line: &Line) -> Result<Answered> {
        let number = line.number;
        let (command, envelope) = match self.apply.read(line) {
            Ok(read) => read,
            Err(unread) => {
                let answer = LineAnswer::of(number, unread.command, unread.key, LineStatus::Error);
                return Ok((answer.with_error(unread.error), Vec::new()));
            }
        };
        match self.group.run(&envelope) {
            Ok(answer) => Ok(answered(number, envelope.key, answer)),
            Err(error) if error.is_of_the_store() => Err(error),
            Err(error) => {
                let answer = LineAnswer::of(number, Some(command), envelope.key, LineStatus::Error);
                Ok((answer.with_error(error), Vec::new()))
            }
        }
    }

    fn look_ahead(&mut self, lines: &[Line]) -> Result<usize> {
        let read = lines.iter().filter_map(|line| self.apply.read(line).ok());
        let envelopes: Vec<Envelope> = read.map(|(_, envelope)| envelope).collect();
        self.group.look_ahead(&envelopes)?;
        Ok(lines.len())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.group.finish()
    }

    fn abandon(self: Box<Self>) {
        self.group.abandon();
    }
}

impl Apply {
    /// A line as a command with its key.
    fn read(&self, line: &Line) -> std::result::Result<(String, Envelope), Unread> {
        let mut pairs = object::pairs_of_line(line.text().map_err(unread)?).map_err(|fault| unread(fault.into()))?;
        let named = take_text(&mut pairs, "command").map_err(unread)?;
        let key = take_text(&mut pairs, "key").map_err(unread)?;
        let Some(name) = named.or_else(|| self.command.clone()) else {
            return Err(Unread { command: None, key, error: ValueRefused::missing("command").into() });
        };
        let key = key.or_else(|| self.key_prefix.as_ref().map(|prefix| format!("{prefix}:{}", line.number)));
        let known: Option<&'static Entry> = entry(&name).filter(|entry| matches!(entry.action, Action::Change { .. }));
        let fail = |error: Error| Unread { command: Some(name.clone()), key: key.clone(), error };
        let Some(entry) = known else {
            return Err(fail(NoSuchCommand::of(name.clone()).into()));
        };
        let Action::Change { parse } = &entry.action else {
            return Err(fail(internal("a read in the bulk")));
        };
        let parsed: Parsed = parse(entry, pairs);
        Ok((name, Envelope { parsed, key }))
    }
}

struct Unread {
    command: Option<String>,
    key: Option<String>,
    error: Error,
}

fn unread(error: Error) -> Unread {
    Unread { command: None, key: None, error }
}

/// A line names a command that is none, or that changes nothing.
#[derive(Debug, thiserror::Error)]
#[error("there is no command {given:?} that changes anything{}", meant.map_or_else(String::new, |name| format!("; did you mean {name:?}?")))]
struct NoSuchCommand {
    given: String,
    meant: Option<&'static str>,
}

impl NoSuchCommand {
    fn of(given: String) -> NoSuchCommand {
        let changes = COMMANDS.iter().filter(|entry| matches!(entry.action, Action::Change { .. }));
        NoSuchCommand { meant: object::nearest(&given, changes.map(|entry| entry.name)), given }
    }
}

impl Refusal for NoSuchCommand {
    fn code(&self) -> &'static str {
        "unknown_command"
    }
    fn field(&self) -> Option<&'static str> {
        Some("command")
    }
    fn given(&self) -> Option<String> {
        Some(self.given.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(self.meant.map_or_else(|| "aftersales --help".to_owned(), |name| format!("aftersales {name} --help")))
    }
}

fn answered(line: u64, key: Option<String>, answer: Answer) -> Answered {
    let Answer { command, status, operation, created, result, warnings, amounts, after, .. } = answer;
    let answer = LineAnswer {
        operation,
        created,
        result: Some(result),
        warnings,
        after,
        ..LineAnswer::of(line, Some(command), key, status.into())
    };
    (answer, amounts)
}
