//! What the caller set: flags over environment over project file over user file over what is built in.

use std::path::PathBuf;

use clap::ArgMatches;

use super::{Moment, Outside, report};
use crate::command::pipeline::Mode;
use crate::domain::common::ValueRefused;
use crate::domain::day::Instant;
use crate::domain::desk::Actor;
use crate::domain::{Error, Result};
use crate::output::{Format, Shape};
use crate::store::{Access, Db};

/// The global flags' names, as clap ids.
const GLOBALS: &[&str] = &["store", "output", "fields", "as", "now", "key", "dry-run", "yes", "quiet", "verbose"];

/// Whether `name` is a global flag.
pub fn is_global(name: &str) -> bool {
    GLOBALS.contains(&name)
}

/// The settings of one run.
pub struct Settings {
    pub store: PathBuf,
    pub shape: Shape,
    /// Whether a format was named; bulk commands print ndjson otherwise.
    pub format_given: bool,
    pub actor: Actor,
    pub now: Option<Instant>,
    pub key: Option<String>,
    pub mode: Mode,
    pub yes: bool,
    pub quiet: bool,
    pub verbose: bool,
}

impl Settings {
    /// The settings that flags and environment make.
    pub fn from(matches: &ArgMatches, outside: &Outside<'_>) -> Result<Settings> {
        let environment = |name: &str| (outside.variable)(name).filter(|value| !value.is_empty());
        let flag = |name: &str| matches.get_one::<String>(name).cloned();
        let either = |name: &str, variable: &str| flag(name).or_else(|| environment(variable));

        let format = either("output", "AFTERSALES_OUTPUT");
        let shape = Shape {
            format: match &format {
                Some(text) => {
                    text.parse().map_err(|message| report::usage_error(message, Some("output"), Some(text.clone())))?
                }
                None => Format::Table,
            },
            fields: flag("fields").map(|fields| {
                fields.split(',').map(|field| field.trim().to_owned()).filter(|field| !field.is_empty()).collect()
            }),
            width: outside.stdout_width,
        };
        let now = match either("now", "AFTERSALES_NOW") {
            Some(text) => Some(text.parse().map_err(|fault: crate::domain::day::TimeFault| {
                Error::from(ValueRefused::invalid("now", &text, fault.to_string()))
            })?),
            None => None,
        };
        let key = match flag("key") {
            Some(key) => Some(checked_key(key)?),
            None => None,
        };
        let asked = either("as", "AFTERSALES_AS");
        let yes = matches.get_flag("yes")
            || environment("AFTERSALES_YES").is_some_and(|value| !matches!(value.as_str(), "0" | "false" | "no"));
        Ok(Settings {
            store: match either("store", "AFTERSALES_STORE") {
                Some(path) => PathBuf::from(path),
                None => default_store(&environment),
            },
            shape,
            format_given: format.is_some(),
            actor: Actor::User { asked: asked.is_some(), login: asked.unwrap_or_else(|| outside.login.clone()) },
            now,
            key,
            mode: if matches.get_flag("dry-run") { Mode::DryRun } else { Mode::Commit },
            yes,
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_flag("verbose"),
        })
    }

    /// Whether errors and messages are JSON objects.
    pub fn json_errors(&self) -> bool {
        matches!(self.shape.format, Format::Json | Format::Ndjson)
    }

    /// Opens the store.
    pub fn open(&self, access: Access) -> Result<Db> {
        Ok(Db::open(&self.store, access)?)
    }

    pub(super) fn clock<'o>(&self, machine: &'o dyn Fn() -> Instant) -> Moment<'o> {
        Moment { machine, fixed: self.now }
    }
}

/// A key as it may be kept (contract, section 5): 1 to 255 bytes.
pub fn checked_key(key: String) -> Result<String> {
    if key.is_empty() || key.len() > 255 || key.contains('\0') {
        return Err(ValueRefused::invalid("key", &key, "a key has 1 to 255 bytes").into());
    }
    Ok(key)
}

fn default_store(environment: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let data = environment("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(".local/share")))
        .unwrap_or_else(|| PathBuf::from("."));
    data.join("aftersales").join("desk.db")
}
