//! `print`: where printed documents and pages go: to standard output, into a file, or into a folder.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::report::Exit;
use super::top::not_written;
use super::{Outside, Settings, report};
use crate::command::backup::is_same_file;
use crate::command::print::{Asked, Goes, Outlet, Printout};
use crate::command::{Action, Cx, Entry, Warning, internal};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::{Error, Result};
use crate::output::{Format, PrintError};
use crate::store::Db;
use crate::store::engine::new_file::NewFile;

/// Runs one `print`.
pub fn print(
    outside: &mut Outside<'_>,
    settings: &Settings,
    entry: &'static Entry,
    matches: &ArgMatches,
) -> std::result::Result<(), Exit> {
    let Action::Print { references, right, wider, run } = &entry.action else {
        return Err(internal("it prints nothing").into());
    };
    check_shape(settings, matches, entry.name, &format!("aftersales {} --help", entry.name))?;
    let given = given(outside, matches, references)?;
    written(outside, settings, *right, &|db| wider(db, &given), &mut |cx, sink| {
        run(&Asked::of(matches), &given, cx, sink)
    })
}

/// Writes the page of a read.
pub fn page(
    outside: &mut Outside<'_>,
    settings: &Settings,
    entry: &'static Entry,
    matches: &ArgMatches,
) -> std::result::Result<(), Exit> {
    let Action::Read { right, page: Some(page), .. } = &entry.action else {
        return Err(internal("it has no page").into());
    };
    check_shape(settings, matches, entry.name, &format!("aftersales {} -o json", entry.name))?;
    written(outside, settings, *right, &|_| Ok(None), &mut |cx, sink| (page.write)(matches, cx, sink))
}

/// Writes what `write` prints over one moment of the store, and says where it went and what is to be said of it.
fn written(
    outside: &mut Outside<'_>,
    settings: &Settings,
    right: Right,
    wider: &dyn Fn(&Db) -> Result<Option<Right>>,
    write: &mut dyn FnMut(&Cx<'_>, &mut dyn Outlet) -> Result<()>,
) -> std::result::Result<(), Exit> {
    let db = settings.open_to_read_at_once()?;
    let clock = settings.clock(outside.clock);
    let session = settings.session(&db, &clock);
    let mut sink = Sink { outside: &mut *outside, settings, goes: Goes::ToStdout, printed: 0, warned: Vec::new() };
    session.read_widened(right, &|_| (), wider, |cx| {
        for stranger in cx.templates.strangers()? {
            let meant = stranger.meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            let message = format!("nothing asks for {}{meant}", stranger.path.display());
            sink.warned.push(Warning { code: "template_unknown".into(), message });
        }
        write(cx, &mut sink)
    })?;
    let Sink { goes, printed, warned, .. } = sink;
    if settings.quiet {
        return Ok(());
    }
    let told = match goes {
        Goes::ToStdout | Goes::ToStdoutRaw => None,
        Goes::ToFile(file) => Some(format!("written to {file}")),
        Goes::ToFolder(folder) => Some(format!("{printed} documents written to {folder}")),
    };
    for warning in &warned {
        settings.voice.warned(outside, warning);
    }
    if let Some(told) = told {
        let _ = writeln!(outside.stderr, "{told}");
    }
    Ok(())
}

/// Refuses flags that choose among records: what is printed is a text, or a file. `-o json` says how errors are told, as everywhere.
pub fn check_shape(settings: &Settings, matches: &ArgMatches, command: &str, instead: &str) -> Result<()> {
    let is_typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
    let refused = |flag: &str| -> Error {
        let message = format!("{command} prints what --format says, and no records that --{flag} could be of");
        report::fault("usage", message, Some(flag), None, Some(instead.to_owned()))
    };
    match settings.shape.format {
        _ if settings.shape.fields.is_some() => Err(refused("fields")),
        _ if settings.shape.filter.is_some() => Err(refused("jq")),
        _ if settings.shape.template.is_some() => Err(refused("template")),
        Format::Csv | Format::Ids if is_typed("output") => Err(refused("output")),
        _ => Ok(()),
    }
}

/// The references that were typed, and those of standard input in the place of `-`.
pub fn given(outside: &Outside<'_>, matches: &ArgMatches, name: &str) -> std::result::Result<Vec<String>, Exit> {
    let mut given = Vec::new();
    let mut is_read = false;
    for reference in matches.get_many::<String>(name).into_iter().flatten() {
        if reference != "-" {
            given.push(reference.clone());
        } else if !std::mem::replace(&mut is_read, true) {
            for line in (outside.stdin)().lines() {
                let line = line.map_err(PrintError::Stream)?;
                given.extend(Some(line.trim().to_owned()).filter(|line| !line.is_empty()));
            }
        }
    }
    Ok(given)
}

/// Takes printed documents to where they go.
struct Sink<'s, 'o> {
    outside: &'s mut Outside<'o>,
    settings: &'s Settings,
    goes: Goes,
    printed: u64,
    warned: Vec<Warning>,
}

/// How many warnings are told of one run.
const TOLD_WARNINGS: usize = 20;

impl Outlet for Sink<'_, '_> {
    fn open(&mut self, goes: Goes) -> Result<()> {
        match &goes {
            Goes::ToStdoutRaw if self.outside.stdout_is_terminal => {
                let message = "this would be bytes on a terminal; name a file, or lead standard output elsewhere";
                return Err(ValueRefused::invalid("file", "-", message).into());
            }
            Goes::ToFile(file)
                if self.settings.store.file().is_some_and(|store| is_same_file(Path::new(file), store)) =>
            {
                return Err(ValueRefused::invalid("file", file, format!("{file} is the store itself")).into());
            }
            Goes::ToFolder(folder) => {
                std::fs::create_dir_all(folder).map_err(|error| {
                    let message = format!("{folder} cannot be a folder to write into: {error}");
                    ValueRefused::invalid("folder", folder, message)
                })?;
            }
            _ => {}
        }
        self.goes = goes;
        Ok(())
    }

    fn take(&mut self, printout: Printout) -> Result<()> {
        self.printed += 1;
        for warning in printout.warnings {
            if self.warned.len() < TOLD_WARNINGS {
                self.warned.push(warning);
            }
        }
        match &self.goes {
            Goes::ToStdout | Goes::ToStdoutRaw => {
                let written = self.outside.stdout.write_all(&printout.bytes).and_then(|()| self.outside.stdout.flush());
                Ok(written.map_err(PrintError::Stream)?)
            }
            Goes::ToFile(file) => write(Path::new(file), &printout.bytes),
            Goes::ToFolder(folder) => write(&PathBuf::from(folder).join(&printout.name), &printout.bytes),
        }
    }
}

/// Writes a file, which comes to its name when it is whole; a device or a pipe takes what it is given as it comes.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = || -> std::io::Result<()> {
        if path.exists() && !path.is_file() {
            return std::fs::File::create(path)?.write_all(bytes);
        }
        let file = NewFile::beside(path)?;
        file.as_file().write_all(bytes)?;
        file.put(path)
    };
    written().map_err(|error| not_written(&path.to_string_lossy(), &error))
}
