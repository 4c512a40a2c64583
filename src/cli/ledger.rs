//! `ledger export`: a text for another program, printed as it is.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use super::report::{self, Exit};
use super::{Outside, Settings};
use crate::command::internal;
use crate::command::ledger::LedgerExport;
use crate::domain::desk::Right;
use crate::domain::{Error, Result};
use crate::output::spooled::Spooled;
use crate::output::{Format, PrintError};

/// `ledger` as clap sees it.
pub fn ledger_command() -> Command {
    Command::new("ledger")
        .about("The books in double entry, for accounting programs")
        .subcommand_required(true)
        .subcommand(LedgerExport::augment_args(Command::new("export")))
}

/// Runs `ledger export`; nothing is printed before all of it is there.
pub fn ledger(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> std::result::Result<(), Exit> {
    let Some(("export", matches)) = matches.subcommand() else {
        return Err(report::incomplete("ledger needs a verb".to_owned(), "ledger").into());
    };
    check_shape(settings, matches)?;
    let asked = LedgerExport::from_arg_matches(matches).map_err(|error| internal(error.to_string()))?;
    let db = settings.open_to_read()?;
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    let mut spooled = Spooled::new();
    session.read(Right::Invoicing, |cx| asked.run(cx, &mut spooled))?;
    Ok(spooled.send(outside.stdout).map_err(PrintError::Stream)?)
}

/// Refuses flags that choose among records: what is printed is a text. `-o json` says how errors are told, as everywhere.
fn check_shape(settings: &Settings, matches: &ArgMatches) -> Result<()> {
    let is_typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
    let refused = |flag: &str, instead: &str| -> Error {
        let message =
            format!("ledger export prints a text, as --format says, and no records that --{flag} could be of");
        report::fault("usage", message, Some(flag), None, Some(instead.to_owned()))
    };
    let csv = "aftersales ledger export --format csv";
    match settings.shape.format {
        _ if settings.shape.fields.is_some() => Err(refused("fields", csv)),
        _ if settings.shape.filter.is_some() => Err(refused("jq", csv)),
        Format::Csv | Format::Ids if is_typed("output") => Err(refused("output", csv)),
        _ => Ok(()),
    }
}
