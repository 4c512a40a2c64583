//! `init`: a store where there is none.

use clap::{Arg, ArgMatches, Command};

use super::report::Exit;
use super::{Outside, Settings, print_answer};
use crate::command::init::Init;
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
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let init =
        Init { currency: text("currency"), company: text("company"), plan: text("plan"), timezone: text("timezone") };
    let plan = init.checked()?;
    let db = Db::create(&settings.store)?;
    let clock = settings.clock(outside.clock);
    let answer = plan.run(&db, &clock, &settings.actor, settings.mode)?;
    print_answer(outside, settings, &answer)
}
