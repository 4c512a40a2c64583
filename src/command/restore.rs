//! `restore`: what a backup holds in the place of a store that is a file.

use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Serialize;

use super::backup::{Sign, checked, is_same_file};
use super::export;
use super::pipeline::{Answer, Mode, Session, Status};
use crate::domain::code::FaultKind;
use crate::domain::common::{ConfirmationNeeded, ValueRefused};
use crate::domain::desk::Right;
use crate::domain::log::LogHead;
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Refusal, Result};
use crate::output::spooled::temporary_folder;
use crate::procedure::access;
use crate::store::StoreError;
use crate::store::engine::backup::{self, FileCopy, Source, Standing};
use crate::store::engine::new_file::{folder_of, unwritable};
use crate::store::log;

/// The columns of the table that tells what was restored.
pub const COLUMNS: &[&str] = &["store", "file", "operations", "format", "hash"];

/// The file is an export, which is restored by another command.
#[derive(Debug, thiserror::Error)]
#[error("{file} is an export; it is restored by importing it into a new store")]
struct IsExport {
    file: String,
}

impl Refusal for IsExport {
    fn code(&self) -> &'static str {
        "store_foreign"
    }
    fn field(&self) -> Option<&'static str> {
        Some("file")
    }
    fn given(&self) -> Option<String> {
        Some(self.file.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales import {}", shell_word(&self.file)))
    }
}

#[derive(Serialize)]
struct Restored<'r> {
    store: &'r str,
    file: &'r str,
    format: i64,
    operations: i64,
    hash: &'r str,
}

#[derive(Serialize)]
struct Outcome<'r> {
    restored: Restored<'r>,
}

/// A restoration that was asked for.
pub struct Restore<'r> {
    pub file: &'r str,
    /// Where the store is to be, and how that is shown.
    pub store: &'r Path,
    pub shown: &'r str,
}

/// What a restoration would write over.
pub struct Replaced {
    pub standing: Standing,
    /// Where the log of the store ends that stands there, as far as it can be read.
    pub head: Option<LogHead>,
}

impl Restore<'_> {
    /// What stands in the store's place: nothing, a store, or one that is damaged.
    pub fn standing(&self) -> Result<Standing> {
        if is_same_file(Path::new(self.file), self.store) {
            return Err(ValueRefused::invalid("file", self.file, format!("{} is the store itself", self.file)).into());
        }
        Ok(backup::standing(self.store)?)
    }

    /// Where the log of the store ends that stands there; refuses whoever may not put another in its place.
    pub fn head(&self, session: &Session<'_>) -> Result<LogHead> {
        let mut head = LogHead::default();
        session.read(Right::Rescue, |cx| {
            access::check(cx.db, cx.actor, Right::Admin)?;
            head = log::head(cx.db)?;
            Ok(())
        })?;
        Ok(head)
    }

    /// Restores the backup. `ready` gets the answer while the store is still as it was.
    pub fn run(
        &self,
        replaced: &Replaced,
        mode: Mode,
        yes: bool,
        sign: &mut dyn FnMut(Sign),
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        let source = Source::open(Path::new(self.file)).map_err(|error| self.unreadable(error))?;
        if replaced.standing != Standing::Nothing && mode == Mode::Commit && !yes {
            return Err(self.question(replaced).into());
        }
        // Nothing of it is left when it is only tried.
        let tried = if mode == Mode::DryRun { Some(temporary_folder().map_err(no_temporary)?) } else { None };
        let place = match &tried {
            Some(folder) => folder.path().join("desk.db"),
            None => backup::place_of(self.store),
        };
        let folder = folder_of(&place);
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        let copy = source.copy(&place, &mut |progress| sign(Sign::Copied(progress)))?;
        sign(Sign::Checking);
        let head = checked(&copy).map_err(|error| self.damaged(error))?;
        let restored = Restored {
            store: self.shown,
            file: self.file,
            format: copy.format,
            operations: head.operations,
            hash: &head.hash,
        };
        let status = if mode == Mode::DryRun { Status::Planned } else { Status::Done };
        let answer = Answer::outside_the_log("restore", status, &Outcome { restored })?;
        ready(&answer)?;
        if mode == Mode::Commit {
            put(copy, &place, replaced.standing, sign)?;
        }
        Ok(answer)
    }

    fn question(&self, replaced: &Replaced) -> ConfirmationNeeded {
        let there = match &replaced.head {
            Some(head) => format!("a store of {} operations, which is gone then", head.operations),
            None => "a store that cannot be read as it is, which is gone then".to_owned(),
        };
        let (shown, file) = (self.shown, self.file);
        ConfirmationNeeded { question: format!("{shown} is {there}; put what {file} holds in its place?") }
    }

    /// Why the file cannot be restored, told of the file.
    fn unreadable(&self, error: StoreError) -> Error {
        match error {
            StoreError::Missing(_) => {
                ValueRefused::invalid("file", self.file, format!("there is no file {}", self.file)).into()
            }
            StoreError::Foreign(_) if is_export(Path::new(self.file)) => IsExport { file: self.file.to_owned() }.into(),
            error => self.damaged(error.into()),
        }
    }

    fn damaged(&self, mut error: Error) -> Error {
        let is_damaged = error.kind() == FaultKind::Damaged;
        let fault = error.fault_mut();
        fault.message = format!("{} cannot be restored: {}", self.file, fault.message);
        if is_damaged {
            fault.hint = Some(format!("aftersales verify --store {}", shell_word(self.file)));
        }
        error
    }
}

fn put(copy: FileCopy, place: &Path, standing: Standing, sign: &mut dyn FnMut(Sign)) -> Result<()> {
    match standing {
        Standing::Store(_) | Standing::Damaged => {
            Ok(copy.put_into(place, standing, &mut |progress| sign(Sign::Copied(progress)))?)
        }
        Standing::Nothing => match copy.place(place)? {
            true => Ok(()),
            // Another made a store there meanwhile.
            false => Err(StoreError::Busy.into()),
        },
    }
}

fn is_export(file: &Path) -> bool {
    let mut first = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| {
        let mut start = std::io::Read::take(BufReader::new(file), 1_000);
        start.read_until(b'\n', &mut first)
    });
    read.is_ok() && export::is_first_line(&first)
}

fn no_temporary(error: std::io::Error) -> Error {
    super::pipeline::bulk::temporary_fault(&error)
}
