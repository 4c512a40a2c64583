//! `doctor`: every check with what it found; the exit code is that of the first fault.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::config::{Places, command};
use super::report::Exit;
use super::{Outside, Settings, records};
use crate::command::doctor::{Check, Doctor, FIELDS, Health};
use crate::command::to_json;
use crate::domain::{Error, Result};
use crate::output::escape::{Color, colored, for_terminal};

/// `doctor` as clap sees it.
pub fn doctor_command() -> Command {
    Command::new("doctor")
        .about("Check what the desk stands on, from settings to fonts")
        .arg(
            Arg::new("connect")
                .long("connect")
                .action(ArgAction::SetTrue)
                .help("Try whether the mail server can be reached and lets the caller in; nothing is sent"),
        )
        .after_help(
            "It writes nothing and needs no right. A warning is worth a look; a fault ends with its exit code, and each tells what to \
             type. What the records of the store say of each other is checked by 'aftersales verify'.\n\n\
             Examples:\n  aftersales doctor\n  aftersales doctor -o json --jq 'map(select(.status != \"ok\"))'\n  \
             aftersales doctor --connect",
        )
}

/// Runs `doctor`; `faults` are those of the settings.
pub fn doctor(
    outside: &mut Outside<'_>,
    settings: &Settings,
    (root, matches): (&ArgMatches, &ArgMatches),
    faults: &[Error],
) -> std::result::Result<(), Exit> {
    let (places, _) = Places::read(root, outside);
    let mut all = faults.to_vec();
    all.extend(command::faults_of_names(&places));
    let machine = (outside.clock)();
    let doctor = Doctor {
        store: &settings.store,
        settings: &all,
        files: places.files().map(std::path::Path::to_owned).collect(),
        templates: &settings.templates,
        courier: &settings.courier,
        home: places.variable("HOME").map(std::path::PathBuf::from),
        now: settings.now.unwrap_or(machine),
        machine,
        connects: matches.get_flag("connect"),
    };
    let mut checks = doctor.run();
    for check in &mut checks {
        check.command.iter_mut().for_each(|command| settings.carried.complete_command(command));
    }
    if settings.shape.is_plain() {
        let text: String = checks.iter().map(|check| line(check, settings.shape.colored)).collect();
        super::print(outside, text.as_bytes())?;
    } else {
        let told: Vec<String> = checks.iter().map(to_json).collect::<Result<_>>()?;
        records(outside, settings, ("check", FIELDS), true, &told)?;
    }
    match checks.iter().find(|check| check.status == Health::Fault) {
        None => Ok(()),
        Some(first) => Err(Exit::Code(first.exit())),
    }
}

/// A check as a person reads it: what is to be typed stands on a line of its own, so that it can be taken from there.
fn line(check: &Check, is_colored: bool) -> String {
    let (word, color) = match check.status {
        Health::Ok => ("ok", None),
        Health::Warning => ("warning", Some(Color::Yellow)),
        Health::Fault => ("fault", Some(Color::Red)),
    };
    let padded = format!("{word:<7}");
    let status = color.filter(|_| is_colored).map_or(padded.clone(), |color| colored(&padded, color));
    let mut line = format!("{status}  {:<13}  {}\n", check.check, for_terminal(&check.message));
    if let Some(command) = &check.command {
        line.push_str(&format!("{:24}{}\n", "", for_terminal(command)));
    }
    line
}
