//! `backup`: a copy of a store that is a file, of one moment of it, which gets its name when it is whole and checked.

use std::path::Path;

use serde::Serialize;

use super::internal;
use super::pipeline::{Answer, Mode, Session, Status};
use crate::domain::common::{ConfirmationNeeded, ValueRefused};
use crate::domain::desk::Right;
use crate::domain::log::LogHead;
use crate::domain::verify::StoreDamaged;
use crate::domain::{Error, Refusal, Result};
use crate::procedure::{self, access};
use crate::store::engine::backup::{FileCopy, Progress, beside_store};
use crate::store::{StoreError, log};

/// The columns of the table that tells a backup.
pub const COLUMNS: &[&str] = &["file", "operations", "bytes", "format", "hash"];

/// The store is on a server, whose own backups are the ones to make.
#[derive(Debug, thiserror::Error)]
#[error("{what} is for stores that are files, and {store} is on a server; {instead}")]
pub struct OnServer {
    pub what: &'static str,
    pub store: String,
    pub instead: &'static str,
    pub hint: String,
}

impl Refusal for OnServer {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("store")
    }
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

/// A sign of life.
pub enum Sign {
    Copied(Progress),
    Checking,
}

/// A store in a file, and what it holds.
#[derive(Serialize)]
struct BackedUp<'b> {
    file: &'b str,
    format: i64,
    bytes: u64,
    /// How many operations its log has, and the hash of the last.
    operations: i64,
    hash: &'b str,
}

#[derive(Serialize)]
struct Outcome<'b> {
    backup: BackedUp<'b>,
}

/// A backup that was asked for.
pub struct Backup<'b> {
    /// The store, and the file that the backup is to be.
    pub store: &'b Path,
    pub file: &'b str,
}

impl Backup<'_> {
    /// Makes the backup. `ready` gets the answer while the file has no name yet.
    pub fn run(
        &self,
        session: &Session<'_>,
        mode: Mode,
        sign: &mut dyn FnMut(Sign),
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        let place = Path::new(self.file);
        let mut copy = None;
        session.read(Right::Rescue, |cx| {
            access::check(cx.db, cx.actor, Right::Admin)?;
            self.check_place(place)?;
            self.check_free(place, session.yes)?;
            let copied = cx.db.copy_of_file(place, &mut |progress| sign(Sign::Copied(progress)));
            copy = copied.map_err(|error| self.unwritten(error))?;
            Ok(())
        })?;
        let copy = copy.ok_or_else(|| internal("a backup of what is no file"))?;
        sign(Sign::Checking);
        let head = checked(&copy)?;
        let backup = BackedUp {
            file: self.file,
            format: copy.format,
            bytes: copy.bytes(),
            operations: head.operations,
            hash: &head.hash,
        };
        let status = if mode == Mode::DryRun { Status::Planned } else { Status::Done };
        let answer = Answer::outside_the_log("backup", status, &Outcome { backup })?;
        ready(&answer)?;
        match (mode, session.yes) {
            (Mode::DryRun, _) => {}
            (Mode::Commit, true) => copy.replace(place).map_err(|error| self.unwritten(error))?,
            (Mode::Commit, false) if copy.place(place).map_err(|error| self.unwritten(error))? => {}
            // Another made a file of that name meanwhile.
            (Mode::Commit, false) => return Err(self.taken().into()),
        }
        Ok(answer)
    }

    /// Refuses a place where no file of ours can be: the store's own, and that of a store that somebody works on.
    fn check_place(&self, place: &Path) -> Result<()> {
        let refused = |why: String| -> Result<()> { Err(ValueRefused::invalid("file", self.file, why).into()) };
        let file = self.file;
        let whole = |path: &Path| path.canonicalize().ok();
        if is_same_place(place, self.store) || beside_store(self.store).any(|path| is_same_place(place, &path)) {
            return refused(format!("{file} is the store itself"));
        }
        if place.is_dir() || (whole(place).is_some() && !place.is_file()) {
            return refused(format!("{file} is no file that a backup could take the place of"));
        }
        if beside_store(place).any(|path| path.exists()) {
            return refused(format!("{file} is a store that somebody works on, or whose log still lies beside it"));
        }
        Ok(())
    }

    /// Why the file could not be made: its place is none to write to, or the store itself failed.
    fn unwritten(&self, error: StoreError) -> Error {
        let file = self.file;
        match error {
            StoreError::ReadOnly(why) => {
                ValueRefused::invalid("file", file, format!("{file} cannot be written: {why}")).into()
            }
            error => error.into(),
        }
    }

    fn check_free(&self, place: &Path, yes: bool) -> Result<()> {
        if std::fs::symlink_metadata(place).is_ok() && !yes { Err(self.taken().into()) } else { Ok(()) }
    }

    fn taken(&self) -> ConfirmationNeeded {
        ConfirmationNeeded {
            question: format!("{} is there already, and the backup would take its place; go on?", self.file),
        }
    }
}

/// Checks a copy as `verify` does; answers where its log ends.
pub fn checked(copy: &FileCopy) -> Result<LogHead> {
    copy.look(|db| match StoreDamaged::of(procedure::verify::findings(db)?) {
        Some(damaged) => Err(damaged.into()),
        None => Ok(log::head(db)?),
    })?
}

/// Whether two paths lead to one file.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// Whether two paths lead to one file, or would once it is there.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    is_same_file(one, other) || whole_name(one).is_some_and(|name| Some(name) == whole_name(other))
}

/// The path of a file that need not be there, from the root.
fn whole_name(path: &Path) -> Option<std::path::PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}
