//! Copies of whole files, page by page, while others go on working on them: backups, and what is restored from them.

use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::super::new_file::{BESIDE, NewFile, Placed, beside, folder_of, unwritable};
use super::super::{Db, Result, StoreError, migrate};
use super::file::{check_header, check_no_log, check_one_name, has_log, resolved};
use super::{Sqlite, fault, unconfirmed, wait_for_the_other};

/// How many pages are copied between two signs of life.
const PAGES: i32 = 1_000;

/// How much of a copy is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub pages: u64,
    pub of: u64,
}

/// A store in a file that has no name yet.
pub struct FileCopy {
    file: NewFile,
    /// The format that it is of.
    pub format: i64,
}

/// What stands in the place where a store is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Nothing,
    /// A store of that format.
    Store(i64),
    /// A store of ours that cannot be read.
    Damaged,
}

/// A store in a file that is read to be copied, as it is at one moment; of this or of an older format.
pub struct Source {
    sqlite: Sqlite,
    pub format: i64,
}

impl Source {
    /// Opens the file of a store, of which not a byte changes.
    pub fn open(path: &Path) -> Result<Source> {
        let file = resolved(path)?;
        check_header(&file)?;
        if has_log(&file) {
            check_one_name(&file)?;
        }
        let sqlite = Sqlite::open_to_read(&file)?;
        sqlite.run("BEGIN DEFERRED")?;
        let format = sqlite.version()?;
        match migrate::check(format, &path.display()) {
            Ok(()) | Err(StoreError::Older { .. }) => Ok(Source { sqlite, format }),
            Err(refused) => {
                sqlite.leave_log_alone();
                Err(refused)
            }
        }
    }

    /// Copies it into a file beside `place`.
    pub fn copy(self, place: &Path, progress: &mut dyn FnMut(Progress)) -> Result<FileCopy> {
        let copy = FileCopy::of(&self.sqlite, place, progress)?;
        self.sqlite.end_read()?;
        Ok(copy)
    }
}

impl Db {
    /// Copies what the open read sees into a file beside `place`; none where the store is no file.
    pub fn copy_of_file(&self, place: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Option<FileCopy>> {
        self.sqlite().map(|sqlite| FileCopy::of(sqlite, place, progress)).transpose()
    }
}

impl FileCopy {
    fn of(sqlite: &Sqlite, place: &Path, progress: &mut dyn FnMut(Progress)) -> Result<FileCopy> {
        let file = NewFile::beside(place).map_err(|error| unwritable(folder_of(place), &error))?;
        sqlite.copy_to_new(&file, progress)?;
        Ok(FileCopy { file, format: sqlite.version()? })
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.file.as_file().metadata().map_or(0, |metadata| metadata.len())
    }

    /// Lets somebody look into it. What is of an older format is looked at as its upgrade would leave it.
    pub fn look<T>(&self, look: impl FnOnce(&Db) -> T) -> Result<T> {
        let sqlite = if self.format < migrate::VERSION {
            let sqlite = Sqlite::open_file(self.file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            sqlite.without_links()?;
            sqlite.run("BEGIN IMMEDIATE")?;
            sqlite.upgraded_from(self.format).map_err(|error| match error {
                StoreError::Fault(text) | StoreError::Constraint(text) => {
                    StoreError::Damaged(format!("it cannot be upgraded: {text}"))
                }
                error => error,
            })?;
            sqlite
        } else {
            let sqlite = Sqlite::open_unwritable(self.file.path())?;
            sqlite.begin_read()?;
            sqlite
        };
        let db = Db::of_file(sqlite);
        let looked = look(&db);
        db.rollback()?;
        Ok(looked)
    }

    /// Gives it its name, where nothing has that, or an empty file; says whether it was done.
    pub fn place(self, path: &Path) -> Result<bool> {
        if is_empty(path) {
            return self.replace(path).map(|()| true);
        }
        check_no_log(path)?;
        let placed = self.file.place(path).map_err(|error| unwritable(path, &error))?;
        Ok(matches!(placed, Placed::Done))
    }

    /// Gives it its name, in the place of a file that has it and that nobody works on.
    pub fn replace(self, path: &Path) -> Result<()> {
        check_no_log(path)?;
        self.file.replace(path).map_err(|error| unwritable(path, &error))
    }

    /// Puts what is in it into the store that stands at `store`, in one transaction under the locks of that one: who works on it sees
    /// the one or the other, and whatever ends this early leaves it as it was.
    pub fn put_into(&self, store: &Path, standing: Standing, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        let store = resolved(store)?;
        let source = Sqlite::open_unwritable(self.file.path())?;
        let whole = match standing {
            Standing::Damaged => Err(StoreError::Damaged(String::new())),
            _ => Sqlite::open_file(&store, OpenFlags::SQLITE_OPEN_READ_WRITE)
                .and_then(|target| source.copy_into(target, progress)),
        };
        match whole {
            // What cannot be read is taken for empty.
            Err(StoreError::Damaged(_)) => source.copy_into(Sqlite::open_to_overwrite(&store)?, progress),
            whole => whole,
        }
    }
}

/// What stands at `path`; refuses what is not a store of ours, and what a newer program made.
pub fn standing(path: &Path) -> Result<Standing> {
    let file = match resolved(path) {
        Err(StoreError::Missing(_)) => return Ok(Standing::Nothing),
        resolved => resolved?,
    };
    if is_empty(&file) {
        return Ok(Standing::Nothing);
    }
    let checked = check_header(&file);
    check_one_name(&file)?;
    let read = checked.and_then(|_| Sqlite::open_to_read(&file)?.version());
    match read {
        Ok(newer) if newer > migrate::VERSION => Err(StoreError::Newer(newer)),
        Ok(format) if format < 1 => Ok(Standing::Damaged),
        Ok(format) => Ok(Standing::Store(format)),
        Err(StoreError::Missing(_)) => Ok(Standing::Nothing),
        Err(StoreError::Damaged(_)) => Ok(Standing::Damaged),
        Err(refused) => Err(refused),
    }
}

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0)
}

/// The file that a store at `path` would be, where a link leads there.
pub fn place_of(path: &Path) -> PathBuf {
    match (path.canonicalize(), std::fs::read_link(path)) {
        (Ok(file), _) => file,
        (Err(_), Ok(target)) => folder_of(path).join(target),
        (Err(_), Err(_)) => path.to_owned(),
    }
}

/// What lies beside a store that somebody works on, if anything does.
pub fn beside_store(path: &Path) -> impl Iterator<Item = PathBuf> {
    let path = path.to_owned();
    BESIDE.into_iter().map(move |ending| beside(&path, ending))
}

impl Sqlite {
    /// Copies what the open transaction sees into a new file.
    pub(super) fn copy_to_new(&self, file: &NewFile, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        let target = Sqlite::open_file(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        target.connection.pragma_update(None, "journal_mode", "MEMORY").map_err(fault)?;
        self.copy_into(target, progress)
    }

    /// Copies what it holds into the place of what `target` holds, in one transaction. In the open read of a source, what others
    /// write meanwhile neither shows nor makes it begin again.
    fn copy_into(&self, target: Sqlite, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        let mut target = target.connection.into_connection();
        let backup = Backup::new(&self.connection, &mut target).map_err(fault)?;
        loop {
            let step = backup.step(PAGES).map_err(|error| unconfirmed(&error).unwrap_or_else(|| fault(error)))?;
            let done = backup.progress();
            let count = |pages: i32| u64::try_from(pages).unwrap_or_default();
            progress(Progress { pages: count(done.pagecount - done.remaining), of: count(done.pagecount) });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(StoreError::Busy),
            }
        }
        drop(backup);
        target.close().map_err(|(_, error)| fault(error))
    }

    /// A store that cannot be read, to be written over as a whole: nothing of it is looked at.
    fn open_to_overwrite(path: &Path) -> Result<Sqlite> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(fault)?;
        connection.busy_handler(Some(wait_for_the_other)).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true).map_err(fault)?;
        Ok(Sqlite::of(connection))
    }
}
