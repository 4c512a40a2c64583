//! `ledger export`: a text for another program, printed as it is.

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use super::print::check_shape;
use super::report::{self, Exit};
use super::{Outside, Settings};
use crate::command::internal;
use crate::command::ledger::LedgerExport;
use crate::domain::desk::Right;
use crate::output::PrintError;
use crate::output::spooled::Spooled;

/// `ledger` as clap sees it.
pub fn ledger_command() -> Command {
    Command::new("ledger")
        .about("The books in double entry, for accounting programs")
        .subcommand_required(true)
        .subcommand(LedgerExport::augment_args(Command::new("export")))
}

/// Runs `ledger export`; nothing is printed before all of it is there.
pub fn ledger(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let Some(("export", matches)) = matches.subcommand() else {
        return Err(report::incomplete("ledger needs a verb".to_owned(), "ledger").into());
    };
    check_shape(settings, matches, "ledger export", "aftersales ledger export --format csv")?;
    let asked = LedgerExport::from_arg_matches(matches).map_err(|error| internal(error.to_string()))?;
    let db = settings.open_to_read()?;
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    let mut spooled = Spooled::new();
    session.read(Right::Invoicing, |cx| asked.run(cx, &mut spooled))?;
    Ok(spooled.send(outside.stdout).map_err(PrintError::Stream)?)
}
