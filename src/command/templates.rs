//! `templates export`: the templates and words that the program brings along, as files.

use std::path::Path;

use serde::Serialize;

use super::pipeline::{Answer, Mode, Status};
use crate::domain::common::{ConfirmationNeeded, ValueRefused};
use crate::domain::{Error, Result};
use crate::output::template::FILES;
use crate::store::StoreError;
use crate::store::engine::new_file::{self, NewFile};

/// The columns of the table that tells an export.
pub const COLUMNS: &[&str] = &["folder", "files"];

/// What was written where.
#[derive(Serialize)]
struct Exported<'e> {
    folder: &'e str,
    files: Vec<&'static str>,
}

#[derive(Serialize)]
struct Outcome<'e> {
    templates: Exported<'e>,
}

/// An export that was asked for.
pub struct TemplatesExport<'e> {
    pub folder: &'e str,
}

impl TemplatesExport<'_> {
    /// Writes the files that are not there as they are; none before it is known that all may be. `ready` gets the answer while
    /// nothing is written yet.
    pub fn run(&self, mode: Mode, yes: bool, ready: &mut dyn FnMut(&Answer) -> Result<()>) -> Result<Answer> {
        let folder = Path::new(self.folder);
        if folder.exists() && !folder.is_dir() {
            return Err(ValueRefused::invalid("folder", self.folder, format!("{} is no folder", self.folder)).into());
        }
        let is_there =
            |name: &str, text: &str| std::fs::read(folder.join(name)).is_ok_and(|held| held == text.as_bytes());
        let to_write: Vec<_> = FILES.iter().filter(|(name, text)| !is_there(name, text)).collect();
        let taken = to_write.iter().find(|(name, _)| std::fs::symlink_metadata(folder.join(name)).is_ok());
        if let Some((name, _)) = taken.filter(|_| !yes) {
            let question = format!("{name} in {} is another, and would be replaced; go on?", self.folder);
            return Err(ConfirmationNeeded { question }.into());
        }
        let status = match (mode, to_write.is_empty()) {
            (_, true) => Status::Unchanged,
            (Mode::DryRun, false) => Status::Planned,
            (Mode::Commit, false) => Status::Done,
        };
        let files = FILES.iter().map(|(name, _)| *name).collect();
        let outcome = Outcome { templates: Exported { folder: self.folder, files } };
        let answer = Answer::outside_the_log("templates export", status, &outcome)?;
        ready(&answer)?;
        if status == Status::Done {
            std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
            for (name, text) in to_write {
                let path = folder.join(name);
                write(&path, text).map_err(|error| unwritten(&path, &error))?;
            }
        }
        Ok(answer)
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let file = NewFile::beside(path)?;
    file.as_file().write_all(text.as_bytes())?;
    file.replace(path)
}

/// A place that cannot be written to is the caller's to change; a disk without room is not.
fn unwritten(path: &Path, error: &std::io::Error) -> Error {
    match new_file::unwritable(path, error) {
        StoreError::Full(why) => StoreError::Full(why).into(),
        _ => {
            let shown = path.to_string_lossy();
            ValueRefused::invalid("folder", shown.clone(), format!("{shown} cannot be written: {error}")).into()
        }
    }
}
