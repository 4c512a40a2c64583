//! The commands without a noun that open or make a store in a way of their own, or need none: `init`, `export`, `verify`,
//! `schema`.

use clap::{Arg, ArgMatches, Command};

use std::io::Write;
use std::path::Path;

use super::report::{self, Exit};
use super::{Outside, Printed, Settings, print, rendered, tell};
use crate::command::backup::is_same_file;
use crate::command::init::Init;
use crate::command::pipeline::{Answer, Clock as _, Envelope, Mode};
use crate::command::{Parsed, export, internal, layout_of, schema, verify};
use crate::domain::Error;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::output::{PrintError, check_fields};
use crate::store::Db;
use crate::store::engine::new_file::{NewFile, is_want_of_room};

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
        .after_help("On a store in use it changes nothing, and is refused where a flag asks for something else than is there.\n\nExamples:\n  aftersales init\n  aftersales init --currency GBP --company 'Ada Ltd' --timezone Europe/London --store shop.db")
}

/// Runs `init`.
pub fn init(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let init =
        Init { currency: text("currency"), company: text("company"), plan: text("plan"), timezone: text("timezone") };
    let new = init.checked()?;
    let envelope = Envelope { parsed: Parsed::Whole(Box::new(new.clone())), key: settings.key.clone() };
    let clock = settings.clock(outside.clock);
    let mut printed = Printed::default();
    let answer = loop {
        let imagined = settings.mode == Mode::DryRun && settings.store.file().is_some_and(|file| !file.exists());
        let db = if imagined { Db::imagined()? } else { settings.create(outside)? };
        let mut ready = |answer: &Answer| rendered(settings, &db, answer, &mut printed);
        let session = settings.session(&db, &clock);
        let answer = session.run_single_of(&envelope, settings.mode, |db| new.of(db, clock.now()), &mut ready)?;
        // Where another `init` was faster, there is a store by now, and this one finds it in use.
        if settings.mode == Mode::DryRun || db.keep()? {
            break answer;
        }
    };
    tell(outside, settings, &answer, &printed.remarks);
    print(outside, &printed.bytes)
}

/// `export` as clap sees it.
pub fn export_command() -> Command {
    Command::new("export")
        .about("Write the whole store as records, one JSON object a line")
        .arg(Arg::new("file").value_name("FILE").help("The file to write, or - for standard output (default)"))
        .after_help(
            "The log and keys are in it: 'aftersales import' of the file makes the same store where a new one was made.\n\n\
             Examples:\n  aftersales export desk.ndjson\n  aftersales export | gzip > desk.ndjson.gz",
        )
}

/// Runs `export`: a file comes to its name only when it is whole.
pub fn export(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let db = settings.open_to_read()?;
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    let mut lines = 0;
    let mut write = |out: &mut dyn Write| {
        let mut out = std::io::BufWriter::with_capacity(1 << 16, out);
        session.read(Right::Rescue, |cx| {
            lines = export::run(cx, &mut out)?;
            Ok(())
        })?;
        Ok(out.flush().map_err(PrintError::Stream)?)
    };
    match matches.get_one::<String>("file").map(String::as_str) {
        None | Some("-") => write(&mut *outside.stdout),
        Some(file) => {
            let path = Path::new(file);
            let unwritable = |error: std::io::Error| not_written(file, &error);
            if settings.store.file().is_some_and(|store| is_same_file(path, store)) {
                return Err(ValueRefused::invalid("file", file, format!("{file} is the store itself")).into());
            }
            if path.exists() && !path.is_file() {
                // A device or a pipe takes what it is given as it comes.
                return write(&mut std::fs::File::create(path).map_err(unwritable)?);
            }
            let whole = NewFile::beside(path).map_err(unwritable)?;
            write(&mut whole.as_file())?;
            whole.replace(path).map_err(unwritable)?;
            if !settings.quiet {
                let _ = writeln!(outside.stderr, "{lines} lines written to {file}");
            }
            Ok(())
        }
    }
}

/// Why a file that was named could not be written: its disk is full, or it is none to write to.
pub(super) fn not_written(file: &str, error: &std::io::Error) -> Error {
    let message = format!("{file} cannot be written: {error}");
    match is_want_of_room(error) {
        true => report::fault("store_full", message, Some("file"), Some(file.to_owned()), None),
        false => ValueRefused::invalid("file", file, message).into(),
    }
}

/// `verify` as clap sees it.
pub fn verify_command() -> Command {
    Command::new("verify")
        .about("Check that the store holds what it must")
        .arg(
            Arg::new("head").long("head").value_name("N:HASH").help(
                "Check too that the log passes through what 'log head' told earlier: operation N bears this hash",
            ),
        )
        .after_help(
            "It writes nothing. What it finds is in the error's findings, and the exit code is 42.\n\n\
             Examples:\n  aftersales verify\n  aftersales verify -o json\n  \
             aftersales verify --head \"$(tail -n 1 heads.txt)\"",
        )
}

/// Runs `verify`.
pub fn verify(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let head = matches.get_one::<String>("head").map(|given| verify::head_of(given)).transpose()?;
    let verified = verify::run(settings.open_to_read(), head.as_ref())?;
    super::records(outside, settings, ("verify", verify::FIELDS), false, &[verified])
}

/// `schema` as clap sees it.
pub fn schema_command() -> Command {
    Command::new("schema")
        .about("Print the JSON Schema of a kind of record, or the error codes")
        .arg(Arg::new("kind").value_name("KIND").help("The kind, such as credit_note, or errors (default: list them)"))
        .after_help(
            "It is JSON Schema 2020-12 of the record as show prints it; answer is what a change prints. No store is needed.\n\n\
             Examples:\n  aftersales schema ticket\n  aftersales schema ticket --jq '.required[]'\n  \
             aftersales schema errors -o json\n  aftersales schema",
        )
}

/// Runs `schema`. A schema is JSON whatever the format, indented for people.
pub fn schema(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let (kind, many, records) = match matches.get_one::<String>("kind").map(String::as_str) {
        None => ("schema", true, schema::kinds()?),
        Some(schema::ERRORS) => ("errors", true, schema::errors()?),
        Some(kind) => {
            let schema = schema::of(kind)?;
            if settings.shape.is_plain() {
                let text = serde_json::to_string_pretty(&schema).map_err(|error| internal(error.to_string()))?;
                return print(outside, format!("{text}\n").as_bytes());
            }
            ("schema", false, vec![schema.to_string()])
        }
    };
    let fields = if many { layout_of(kind).columns } else { &[] };
    super::records(outside, settings, (kind, fields), many, &records)
}
