//! `init`: a store where there is none.

use clap::{Arg, ArgMatches, Command};

use super::report::Exit;
use super::{Outside, Settings, print, rendered, tell};
use crate::command::init::Init;
use crate::command::pipeline::{Answer, Mode};
use crate::output::check_fields;
use crate::store::Db;

/// `init` as clap sees it.
pub fn init_command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("init")
        .about("Make a store")
        .arg(text("currency", "CODE", "The desk's currency, settled for good (default: EUR)"))
        .arg(text("company", "NAME", "The company's name (default: empty)"))
        .arg(text("plan", "PLAN", "standard or one-app-free (default: standard)"))
        .arg(text("timezone", "ZONE", "The time zone that days are counted in (default: UTC)"))
        .after_help("On a store in use it changes nothing.\n\nExamples:\n  aftersales init\n  aftersales init --currency GBP --company 'Ada Ltd' --timezone Europe/London --store shop.db")
}

/// Runs `init`.
pub fn init(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let init =
        Init { currency: text("currency"), company: text("company"), plan: text("plan"), timezone: text("timezone") };
    let plan = init.checked()?;
    let clock = settings.clock(outside.clock);
    let mut printed = Vec::new();
    let answer = loop {
        let imagined = settings.mode == Mode::DryRun && !settings.store.exists();
        let db = if imagined { Db::imagined()? } else { Db::create(&settings.store)? };
        let mut ready = |answer: &Answer| {
            printed.clear();
            rendered(settings, answer, &mut printed)
        };
        let answer = plan.run(&db, &clock, &settings.actor, settings.mode, &mut ready)?;
        // Where another `init` was faster, there is a store by now, and this one finds it in use.
        if settings.mode == Mode::DryRun || db.keep()? {
            break answer;
        }
    };
    tell(outside, settings, &answer);
    print(outside, &printed)
}
