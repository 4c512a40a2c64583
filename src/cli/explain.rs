//! `explain`: what a code means, for people as sentences. No store is needed.

use clap::{Arg, ArgMatches, Command};

use super::report::Exit;
use super::{Outside, Settings, print, records};
use crate::command::{explain, to_json};

/// `explain` as clap sees it.
pub fn explain_command() -> Command {
    Command::new("explain")
        .about("Say what an error code or a warning means, and what to type then")
        .arg(Arg::new("code").value_name("CODE").help("The code, such as refund_exceeds_invoice (default: list them)"))
        .after_help(
            "No store is needed, and no configuration that can be used. 'aftersales help exit-codes' tells what a script does with \
             exit codes.\n\n\
             Examples:\n  aftersales explain refund_exceeds_invoice\n  aftersales explain\n  aftersales explain store-busy --jq .cure",
        )
}

/// Runs `explain`.
pub fn explain(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let Some(code) = matches.get_one::<String>("code") else {
        return records(outside, settings, ("explained", explain::FIELDS), true, &explain::all()?);
    };
    let told = explain::of(code)?;
    match settings.shape.is_plain() {
        true => print(outside, told.text().as_bytes()),
        false => records(outside, settings, ("explained", explain::FIELDS), false, &[to_json(&told)?]),
    }
}
