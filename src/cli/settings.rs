//! What the caller set, read once into one value.

use std::path::PathBuf;
use std::rc::Rc;

use clap::ArgMatches;

use super::config::{Found, Places, folder};
use super::hint::Carried;
use super::report::{self, Voice};
use super::{Moment, Outside, progress};
use crate::command::pipeline::courier::{Configured, Courier};
use crate::command::pipeline::{Clock, Mode, Session};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Actor;
use crate::domain::value::day::{Instant, TimeFault};
use crate::domain::{Error, Result};
use crate::output::template::{Templates, TextTemplate};
use crate::output::{Format, Shape, jq};
use crate::store::engine::address::{Address, Surroundings};
use crate::store::engine::migrate;
use crate::store::engine::new_file::folder_of;
use crate::store::{Access, Db, Result as StoreResult, StoreError};

/// The settings of one run.
pub struct Settings {
    pub store: Address,
    /// The profile that wants to be asked about what moves money or goods in that store.
    pub protected: Option<String>,
    /// What hints have to say again of the call.
    pub carried: Carried,
    pub shape: Shape,
    /// When it is told how far a long run is.
    pub progress: progress::When,
    /// Whether a format was named; bulk commands print ndjson otherwise.
    pub format_given: bool,
    pub voice: Voice,
    pub actor: Actor,
    pub templates: Templates,
    pub courier: Courier,
    pub now: Option<Instant>,
    pub key: Option<String>,
    pub mode: Mode,
    pub yes: bool,
    pub quiet: bool,
    pub verbose: bool,
}

impl Settings {
    /// The settings that flags, environment and files make, and what is wrong with them: in its place stands what is built in, for
    /// those few commands that are for settings which cannot be used.
    pub fn from(matches: &ArgMatches, outside: &Outside<'_>) -> (Settings, Vec<Error>) {
        let (places, mut faults) = Places::read(matches, outside);
        let output = places.find("output");
        let format = match &output {
            Some(found) => found.text.parse().map_err(|message| found.refused("output", message)),
            None => Ok(Format::Table),
        };
        let format = or_note(&mut faults, format).unwrap_or(Format::Table);
        let color = places.find("color").map(|found| When::of(&found)).transpose();
        let color = or_note(&mut faults, color).flatten();
        let now = places.find("now").map(|found| instant(&found)).transpose();
        let now = or_note(&mut faults, now).flatten();
        let only = places.flag("fields").map(|found| fields(&found)).transpose();
        let filter = places.flag("jq").map(|found| filter(&found, now, outside)).transpose();
        let template = places.flag("template").map(|found| template(&found)).transpose();
        let shape = Shape {
            format,
            template: or_note(&mut faults, template).flatten(),
            fields: or_note(&mut faults, only).flatten(),
            filter: or_note(&mut faults, filter).flatten(),
            width: outside.stdout_width,
            colored: is_colored(color, &places, outside.stdout_is_terminal),
        };
        let store = places.find("store").map(|found| address(&found, &places)).transpose();
        let store = or_note(&mut faults, store).flatten().unwrap_or_else(|| Address::File(default_store(&places)));
        let protected = places.protecting(&store).map(str::to_owned);
        let progress = places.flag("progress").map(|found| progress_of(&found)).transpose();
        if let Some(found) = places.flag("template").filter(|_| places.flag("jq").is_some()) {
            faults.push(
                found
                    .refused("template", "--template and --jq are two ways to print; leave one of them out".to_owned()),
            );
        }
        let unnamed = Actor::User { login: outside.login.clone(), named: false };
        let actor = places.find("as").map(|found| Actor::named(found.text)).transpose().map_err(Error::from);
        let settings = Settings {
            carried: Carried::of(matches),
            courier: courier(&places, outbox(&store, &places)),
            store,
            protected,
            voice: Voice {
                json: matches!(format, Format::Json | Format::Ndjson),
                colored: is_colored(color, &places, outside.stderr_is_terminal),
            },
            shape,
            progress: or_note(&mut faults, progress).flatten().unwrap_or_default(),
            format_given: output.is_some(),
            actor: or_note(&mut faults, actor).flatten().unwrap_or(unnamed),
            templates: Templates::new(places.templates()).at(places.variable("HOME").map(PathBuf::from)),
            now,
            key: places.flag("key").map(|found| found.text),
            mode: if matches!(matches.try_get_one::<bool>("dry-run"), Ok(Some(true))) {
                Mode::DryRun
            } else {
                Mode::Commit
            },
            yes: matches.get_flag("yes") || places.variable("AFTERSALES_YES").is_some_and(|value| is_yes(&value)),
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_flag("verbose"),
        };
        (settings, faults)
    }

    /// Opens the store to read it.
    pub fn open_to_read(&self) -> Result<Db> {
        Ok(Db::open(&self.store, Access::Read)?)
    }

    /// Opens the store for a read that begins at once, which may tell what is wrong with it.
    pub fn open_to_read_at_once(&self) -> Result<Db> {
        Ok(Db::open_to_read_at_once(&self.store)?)
    }

    /// Opens the store to change it.
    pub fn open_to_write(&self, outside: &mut Outside<'_>) -> Result<Db> {
        self.upgrading(outside, &|| Db::open(&self.store, Access::Write))
    }

    /// Opens the store to try what is undone again.
    pub fn open_to_try(&self) -> Result<Db> {
        Ok(Db::open(&self.store, Access::Write)?)
    }

    /// Opens the store to change it, or begins one where there is none.
    pub fn create(&self, outside: &mut Outside<'_>) -> Result<Db> {
        self.upgrading(outside, &|| Db::create(&self.store))
    }

    /// Opens a store that may be of an older format, which is upgraded then and told, unless nothing is to be changed.
    fn upgrading(&self, outside: &mut Outside<'_>, open: &dyn Fn() -> StoreResult<Db>) -> Result<Db> {
        match open() {
            Err(StoreError::Older { why: None, .. }) if self.mode == Mode::Commit => {
                if let Some(upgraded) = migrate::upgrade(&self.store)?
                    && !self.quiet
                {
                    self.voice.upgraded(outside, &upgraded);
                }
                Ok(open()?)
            }
            opened => Ok(opened?),
        }
    }

    /// The caller at a store.
    pub fn session<'s>(&'s self, db: &'s Db, clock: &'s dyn Clock) -> Session<'s> {
        Session {
            db,
            clock,
            actor: self.actor.clone(),
            templates: &self.templates,
            courier: &self.courier,
            yes: self.yes,
            checks: None,
        }
    }

    pub(super) fn clock<'o>(&self, machine: &'o dyn Fn() -> Instant) -> Moment<'o> {
        Moment { machine, fixed: self.now }
    }
}

/// The value, or none where it is at fault, which is noted.
fn or_note<T>(faults: &mut Vec<Error>, value: Result<T>) -> Option<T> {
    value.map_err(|fault| faults.push(fault)).ok()
}

/// When output is coloured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

impl When {
    pub(super) fn of(found: &Found) -> Result<When> {
        match found.text.as_str() {
            "auto" => Ok(When::Auto),
            "always" => Ok(When::Always),
            "never" => Ok(When::Never),
            text => Err(found.refused("color", format!("{text:?} is not one of auto, always, never"))),
        }
    }
}

/// By itself a terminal is coloured, unless its owner wants none (`NO_COLOR`) or it can none.
fn is_colored(asked: Option<When>, places: &Places<'_>, is_terminal: bool) -> bool {
    match asked.unwrap_or(When::Auto) {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            is_terminal && places.variable("NO_COLOR").is_none() && places.variable("TERM").is_none_or(|t| t != "dumb")
        }
    }
}

/// A URL may hold a password, so what was given is not told again.
pub(super) fn address(found: &Found, places: &Places<'_>) -> Result<Address> {
    let around = Surroundings { variable: &|name| places.variable(name) };
    Address::parse(&found.text, &around).map_err(|message| found.refused_unshown("store", message))
}

fn instant(found: &Found) -> Result<Instant> {
    found.text.parse().map_err(|fault: TimeFault| match found.is_flag() {
        true => Error::from(ValueRefused::invalid("now", &found.text, fault.to_string())),
        false => found.refused("now", fault.to_string()),
    })
}

fn fields(found: &Found) -> Result<Vec<String>> {
    let mut fields: Vec<String> = Vec::new();
    for field in found.text.split(',').map(str::trim) {
        if field.is_empty() {
            return Err(
                found.refused("fields", "--fields needs names with commas between them, such as id,name".to_owned())
            );
        }
        if !fields.iter().any(|known| known == field) {
            fields.push(field.to_owned());
        }
    }
    Ok(fields)
}

fn filter(found: &Found, now: Option<Instant>, outside: &Outside<'_>) -> Result<Rc<jq::Filter>> {
    let now = now.unwrap_or_else(outside.clock).utc().timestamp();
    let compiled = (outside.program)()
        .map_err(|error| format!("it cannot be evaluated: {error}"))
        .and_then(|program| jq::Filter::compile(&found.text, now, program));
    compiled.map(Rc::new).map_err(|message| report::bad_expression(&message, Some(found.text.clone())))
}

fn template(found: &Found) -> Result<Rc<TextTemplate>> {
    TextTemplate::compile(&found.text).map(Rc::new).map_err(|message| found.refused("template", message))
}

fn progress_of(found: &Found) -> Result<progress::When> {
    let refused = || found.refused("progress", format!("{:?} is not one of auto, json, never", found.text));
    progress::When::of(&found.text).ok_or_else(refused)
}

fn is_yes(value: &str) -> bool {
    !matches!(value, "0" | "false" | "no")
}

pub(super) fn default_store(places: &Places<'_>) -> PathBuf {
    data_folder(places).join("desk.db")
}

fn data_folder(places: &Places<'_>) -> PathBuf {
    folder(places, "XDG_DATA_HOME", ".local/share").unwrap_or_default().join("aftersales")
}

/// Where mail is laid as files: beside the store, or with the data of whoever uses one on a server.
fn outbox(store: &Address, places: &Places<'_>) -> PathBuf {
    let beside = store.file().map(|file| folder_of(file).to_owned()).unwrap_or_else(|| data_folder(places));
    let outbox = beside.join("outbox");
    std::path::absolute(&outbox).unwrap_or(outbox)
}

/// Who carries the mail of this run. Another run knows it by its process and machine.
fn courier(places: &Places<'_>, outbox: PathBuf) -> Courier {
    let password = places.variable("AFTERSALES_SMTP_PASSWORD");
    let configured = places.smtp().map(|smtp| Configured { password, ..smtp });
    Courier::new(configured, outbox, format!("{}@{}", std::process::id(), machine()), is_gone)
}

fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a run that left its process and machine is over: only what ran on this machine is known to be.
fn is_gone(claim: &str) -> bool {
    let Some((process, _)) = claim.split_once('@').filter(|(_, on)| *on == machine()) else {
        return false;
    };
    match process.parse().ok().and_then(rustix::process::Pid::from_raw) {
        Some(process) => rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH),
        None => false,
    }
}
