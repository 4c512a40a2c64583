//! `backup` and `restore`: whole stores that are files, to a file beside and back.

use clap::{Arg, ArgMatches, Command};

use super::progress::Progress;
use super::report::{self, Exit};
use super::{Outside, Printed, Settings, print, rendered, tell};
use crate::command::backup::{Backup, OnServer, Sign};
use crate::command::pipeline::{Answer, Session};
use crate::command::restore::{Replaced, Restore};
use crate::domain::Result;
use crate::domain::code::FaultKind;
use crate::domain::common::ValueRefused;
use crate::domain::value::reference::shell_word;
use crate::output::check_fields;
use crate::store::engine::backup::Standing;
use crate::store::engine::migrate;
use crate::store::{Access, Db};

/// `backup` as clap sees it.
pub fn backup_command() -> Command {
    Command::new("backup")
        .about("Copy the store, a file, into a file of one moment")
        .arg(Arg::new("file").value_name("FILE").required(true).help("The file that the backup is to be"))
        .after_help(
            "Others go on working meanwhile. The backup is a store itself: it is checked as verify does before it gets its \
             name, is for its owner alone, and can be opened with --store. A file that is there already is not touched \
             without --yes.\n\n\
             Examples:\n  aftersales backup desk-monday.db\n  aftersales backup /backups/desk.db --yes -q",
        )
}

/// `restore` as clap sees it.
pub fn restore_command() -> Command {
    Command::new("restore")
        .about("Put what a backup holds in the place of the store")
        .arg(Arg::new("file").value_name("FILE").required(true).help("The backup, as backup made it; of an older format too"))
        .after_help(
            "The backup is checked as verify does before anything changes. A store that is there already, damaged or not, is \
             written over with --yes alone: in one step, so that whoever works on it sees the one or the other. What was done \
             in it since the backup is gone. --dry-run checks the backup and changes nothing.\n\n\
             Examples:\n  aftersales restore desk-monday.db --dry-run\n  aftersales restore desk-monday.db --yes\n  \
             aftersales restore desk-monday.db --store other.db",
        )
}

/// Runs `backup`.
pub fn backup(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> std::result::Result<(), Exit> {
    check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let file = file(matches)?;
    let Some(store) = settings.store.file() else {
        let instead =
            "'aftersales export' writes it as records, and pg_dump or a base backup keeps it as the server does";
        return Err(on_server("backup", settings, instead, "aftersales export".to_owned()).into());
    };
    let backup = Backup { store, file };
    let db = settings.open_to_read()?;
    let clock = settings.clock(outside.clock);
    let mut printed = Printed::default();
    let answer = asked(outside, settings, &mut |yes, sign| {
        let session = Session { yes, ..settings.session(&db, &clock) };
        backup.run(&session, settings.mode, sign, &mut |answer| rendered(settings, &db, answer, &mut printed))
    })?;
    tell(outside, settings, &answer, &printed.remarks);
    print(outside, &printed.bytes)
}

/// Runs `restore`.
pub fn restore(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> std::result::Result<(), Exit> {
    check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let file = file(matches)?;
    let shown = settings.store.to_string();
    let Some(store) = settings.store.file() else {
        let instead = "'aftersales store copy' takes a backup to a place on a server where no store is yet";
        let hint = format!("aftersales store copy {} {}", shell_word(file), shell_word(&shown));
        return Err(on_server("restore", settings, instead, hint).into());
    };
    let restore = Restore { file, store, shown: &shown };
    let replaced = replaced(outside, settings, &restore)?;
    let none = Db::imagined()?;
    let mut printed = Printed::default();
    let answer = asked(outside, settings, &mut |yes, sign| {
        let ready = &mut |answer: &Answer| rendered(settings, &none, answer, &mut printed);
        restore.run(&replaced, settings.mode, yes, sign, ready)
    })?;
    tell(outside, settings, &answer, &printed.remarks);
    print(outside, &printed.bytes)
}

/// What the restoration would write over. Only a store of this format knows who may do what; of an older or a damaged one whoever
/// can write the file may.
fn replaced(outside: &Outside<'_>, settings: &Settings, restore: &Restore<'_>) -> Result<Replaced> {
    let standing = restore.standing()?;
    if standing != Standing::Store(migrate::VERSION) {
        return Ok(Replaced { standing, head: None });
    }
    let clock = settings.clock(outside.clock);
    let head = Db::open(&settings.store, Access::Read)
        .map_err(Into::into)
        .and_then(|db| restore.head(&settings.session(&db, &clock)));
    match head {
        Ok(head) => Ok(Replaced { standing, head: Some(head) }),
        Err(error) if error.kind() == FaultKind::Damaged => Ok(Replaced { standing: Standing::Damaged, head: None }),
        Err(error) => Err(error),
    }
}

/// Runs it, showing on a terminal how far it is; once more where a question had to be answered first.
fn asked(
    outside: &mut Outside<'_>,
    settings: &Settings,
    run: &mut dyn FnMut(bool, &mut dyn FnMut(Sign)) -> Result<Answer>,
) -> Result<Answer> {
    let is_terminal = outside.stderr_is_terminal;
    let mut once = |outside: &mut Outside<'_>, yes| {
        let mut told = Progress::begin(&mut *outside.stderr, is_terminal, settings, "pages");
        let ran = run(yes, &mut |sign| match sign {
            Sign::Copied(progress) => told.step(progress.pages, Some(progress.of)),
            Sign::Checking => told.say("checking"),
        });
        told.clear();
        ran
    };
    match once(outside, settings.yes) {
        Err(error)
            if error.kind() == FaultKind::Confirmation
                && outside.can_ask
                && report::ask(outside, &error.fault().message) =>
        {
            once(outside, true)
        }
        ran => ran,
    }
}

fn file(matches: &ArgMatches) -> Result<&str> {
    Ok(matches.get_one::<String>("file").ok_or_else(|| ValueRefused::missing("file"))?)
}

fn on_server(what: &'static str, settings: &Settings, instead: &'static str, hint: String) -> OnServer {
    OnServer { what, store: settings.store.to_string(), instead, hint }
}
