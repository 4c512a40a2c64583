//! Copies of a whole file, page by page, while others go on working on it.

use rusqlite::backup::{Backup, StepResult};

use super::super::new_file::NewFile;
use super::super::{Result, StoreError};
use super::{Sqlite, fault};
use rusqlite::OpenFlags;

/// How many pages are copied between two signs of life.
const PAGES: i32 = 1_000;

/// How much of a copy is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    pub pages: u64,
    pub of: u64,
}

impl Sqlite {
    /// Copies what the open transaction sees into a new file, whose own the copy is until it has its name.
    pub(super) fn copy_to_new(&self, file: &NewFile, progress: &mut dyn FnMut(Copied)) -> Result<()> {
        let mut target = Sqlite::open_file(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        target.connection.pragma_update(None, "journal_mode", "MEMORY").map_err(fault)?;
        self.copy_pages(&mut target, progress)?;
        target.connection.close().map_err(|(_, error)| fault(error))
    }

    fn copy_pages(&self, target: &mut Sqlite, progress: &mut dyn FnMut(Copied)) -> Result<()> {
        let backup = Backup::new(&self.connection, &mut target.connection).map_err(fault)?;
        loop {
            let step = backup.step(PAGES).map_err(fault)?;
            let done = backup.progress();
            let count = |pages: i32| u64::try_from(pages).unwrap_or_default();
            progress(Copied { pages: count(done.pagecount - done.remaining), of: count(done.pagecount) });
            match step {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                _ => return Err(StoreError::Busy),
            }
        }
    }
}
