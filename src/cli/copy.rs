//! `store copy`: a whole store to another place.

use clap::{Arg, ArgMatches, Command};

use super::progress::Progress;
use super::report::{self, Exit};
use super::{Outside, Printed, Settings, print, rendered, tell};
use crate::command::copy::Copy;
use crate::command::pipeline::{Answer, Mode};
use crate::domain::common::ValueRefused;
use crate::output::check_fields;
use crate::store::engine::address::{Address, Surroundings};
use crate::store::{Access, Db};

/// How many lines go by between two signs of life.
const STEP: u64 = 500;

/// `store` as clap sees it.
pub fn store_command() -> Command {
    let place = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).value_name(value).required(true).help(help)
    };
    Command::new("store").about("Stores as a whole").subcommand_required(true).subcommand(
        Command::new("copy")
            .about("Copy a store to another place, on whichever engine, and check the copy")
            .arg(place("from", "FROM", "The store to copy: a path or a postgres:// URL"))
            .arg(place("to", "TO", "Where the copy goes: a place without a store, or with a new and empty one"))
            .after_help(
                "One moment of the store is copied, log and keys included, while others go on working on it. The copy is kept \
                 only when it is checked as verify does and its export is that of the store, byte for byte. Where the same \
                 store is there already, nothing is changed; a store with other records is never overwritten.\n\n\
                 Examples:\n  aftersales store copy desk.db 'postgres://ann@db.example.org/shop?schema=desk'\n  \
                 aftersales store copy 'postgres://ann@db.example.org/shop?schema=desk' copy.db",
            ),
    )
}

/// Runs `store copy`.
pub fn store(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let Some(("copy", matches)) = matches.subcommand() else {
        return Err(report::usage_error("store needs a verb".to_owned(), None, None).into());
    };
    check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let from = address(outside, matches, "from")?;
    let to = address(outside, matches, "to")?;
    let (from_shown, to_shown) = (from.to_string(), to.to_string());
    let copy = Copy { from: &from_shown, to: &to_shown };
    let db = Db::open(&from, Access::Read)?;
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    let is_terminal = outside.stderr_is_terminal;
    let mut printed = Printed::default();
    let answer = loop {
        let imagined = settings.mode == Mode::DryRun && to.file().is_some_and(|file| !file.exists());
        let target = if imagined { Db::imagined()? } else { Db::create(&to)? };
        let mut told = Progress::begin(&mut *outside.stderr, is_terminal, settings, "lines");
        let mut progress = |lines: u64| {
            if lines.is_multiple_of(STEP) {
                told.step(lines, None);
            }
        };
        let mut ready = |answer: &Answer| rendered(settings, &target, answer, &mut printed);
        let copied = copy.run(&session, &target, settings.mode, &mut progress, &mut ready);
        told.clear();
        let answer = copied?;
        // Where another made a store there meanwhile, this copy was dropped, and what is there by now is looked at.
        if settings.mode == Mode::DryRun || target.keep()? {
            break answer;
        }
    };
    tell(outside, settings, &answer, &printed.remarks);
    print(outside, &printed.bytes)
}

/// The place that an argument names; it may hold a password, so what was given is not told again.
fn address(outside: &Outside<'_>, matches: &ArgMatches, name: &'static str) -> crate::domain::Result<Address> {
    let given = matches.get_one::<String>(name).ok_or_else(|| ValueRefused::missing(name))?;
    let around = Surroundings { variable: &|name| (outside.variable)(name).filter(|value| !value.is_empty()) };
    Address::parse(given, &around).map_err(|message| report::usage_error(message, Some(name), None))
}
