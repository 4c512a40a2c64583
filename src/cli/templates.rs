//! `templates export`: the templates and words that the program brings along, as files to change.

use clap::{Arg, ArgMatches, Command};

use super::report::{self, Exit};
use super::{Outside, Printed, Settings, print, rendered, tell};
use crate::command::pipeline::Answer;
use crate::command::templates::TemplatesExport;
use crate::domain::code::FaultKind;
use crate::domain::common::ValueRefused;
use crate::output::check_fields;
use crate::store::Db;

/// `templates` as clap sees it.
pub fn templates_command() -> Command {
    let folder = Arg::new("folder").value_name("DIR").required(true).help("The folder to write them into");
    Command::new("templates")
        .about("What printed documents and mails are made by")
        .subcommand_required(true)
        .subcommand(
            Command::new("export")
                .about("Write the templates and words of the program into a folder, to change them")
                .arg(folder)
                .after_help(
                    "A folder that the configuration names by '[templates] folder' has its files used in the place of the \
                     program's; what it does not have stays as it is, so keep there only what you change. A file that is \
                     there already and is another is not touched without --yes. No store is needed.\n\n\
                     Examples:\n  aftersales templates export templates",
                ),
        )
}

/// Runs `templates export`.
pub fn templates(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let Some(("export", matches)) = matches.subcommand() else {
        return Err(report::incomplete("templates needs a verb".to_owned(), "templates").into());
    };
    check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let folder = matches.get_one::<String>("folder").ok_or_else(|| ValueRefused::missing("folder"))?;
    let none = Db::imagined()?;
    let mut printed = Printed::default();
    let mut once = |yes| {
        let export = TemplatesExport { folder };
        export.run(settings.mode, yes, &mut |answer| rendered(settings, &none, answer, &mut printed))
    };
    let answer = match once(settings.yes) {
        Err(error)
            if error.kind() == FaultKind::Confirmation
                && outside.can_ask
                && report::ask(outside, &error.fault().message) =>
        {
            once(true)
        }
        answer => answer,
    }?;
    tell(outside, settings, &answer, &printed.remarks);
    print(outside, &printed.bytes)
}
