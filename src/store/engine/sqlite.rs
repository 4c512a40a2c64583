//! SQLite behind the seam: opening with the checks and settings of the house, and statements prepared once.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(test)]
use rusqlite::Statement;
use rusqlite::config::DbConfig;
use rusqlite::ffi::{
    SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA, SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ,
    SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_WRITE,
};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::new_file::{NewFile, Placed, folder_of, unwritable};
use super::{Access, Result, StoreError, Value, migrate};
use crate::domain::value::number::Overflow;

pub mod backup;
mod file;
mod prepared;
mod schema;
mod upgrade;

use file::{Stamp, check_header, check_no_log, check_one_name, has_log, resolved, writable};
use prepared::Connected;

/// The version of SQLite that is built in.
pub fn version() -> &'static str {
    rusqlite::version()
}

/// Whether the file and its folder can be written.
pub fn can_write(path: &Path) -> bool {
    resolved(path).is_ok_and(|file| writable(&file))
}

/// "aftr" in ASCII: whose file this is, in the header of every store.
pub const APPLICATION_ID: i64 = 0x6166_7472;

/// How long a writer waits for another before it gives up, and how often it looks.
const BUSY_WAIT: Duration = Duration::from_secs(10);
const BUSY_STEP: Duration = Duration::from_millis(2);

/// How many lines share a transaction.
pub const GROUP_LINES: usize = 1_000;

/// How long the lock is left free between two groups: a waiting writer looks every two milliseconds.
pub const GAP: Duration = Duration::from_millis(5);

pub struct Sqlite {
    connection: Connected,
    /// Where the file goes once it is whole; none for one that is there.
    new: Option<New>,
    /// The version of the schema that the first transaction found: a restoration counts it on.
    schema_version: Cell<Option<i64>>,
    /// A file that is read without its locks, as it was when it was opened.
    unlocked: Option<(PathBuf, Option<Stamp>)>,
    pace: Pace,
    /// What statements cost, for tests of what a command may cost.
    #[cfg(test)]
    pub(in crate::store) cost: Cell<Cost>,
}

/// What statements cost: rows that were read, and steps of SQLite's machine, which counts also what it only looks at.
#[cfg(test)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub rows: u64,
    pub steps: u64,
}

/// Whether the open transaction may be run again from its beginning. Then no savepoint is set for each command, which costs a
/// good part of it: a command that is refused has written nothing as a rule, and where it has, all of it is run again with
/// savepoints.
#[derive(Default)]
struct Pace {
    may_run_again: Cell<bool>,
    /// How many rows had been written at the point to which one command can be undone.
    written: Cell<u64>,
    /// Whether something written was to be undone since a transaction last began without savepoints: where one had to be run
    /// again, the next may as well.
    is_wary: Cell<bool>,
    in_conflict: Cell<bool>,
}

/// A store that is being made.
struct New {
    file: NewFile,
    path: PathBuf,
    /// Whether an empty file is in its place.
    replaces: bool,
}

impl Sqlite {
    pub fn open(path: &Path, access: Access) -> Result<Sqlite> {
        let file = resolved(path)?;
        let version = check_header(&file)?;
        check_one_name(&file)?;
        let logged = has_log(&file);
        if !logged {
            migrate::check(version, &path.display())?;
        }
        let sqlite = match access {
            Access::Read => Sqlite::open_to_read(&file)?,
            Access::Write => Sqlite::open_file(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?,
        };
        // What another wrote into the log counts, and the header in the file does not show it yet.
        if logged {
            sqlite.check_version(&path.display())?;
        }
        Ok(sqlite)
    }

    fn open_file(path: &Path, flags: OpenFlags) -> Result<Sqlite> {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(fault)?;
        Sqlite::configured(connection)
    }

    /// Opens a file to read it. SQLite lays a file of its own beside it, with which readers and writers know of each other; where
    /// that cannot be, for want of a right or of room, the file is read as it stands.
    fn open_to_read(path: &Path) -> Result<Sqlite> {
        if !writable(path) {
            return Sqlite::open_unwritable(path);
        }
        let opened = Sqlite::open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        match opened.and_then(|sqlite| sqlite.version().map(|_| sqlite)) {
            Err(StoreError::Full(_) | StoreError::ReadOnly(_)) if !has_log(path) => Sqlite::open_unwritable(path),
            Err(StoreError::Full(_) | StoreError::ReadOnly(_)) => Sqlite::open_alone(path),
            opened => opened,
        }
    }

    /// A file that may not be written is read as it stands: immutable where no log lies beside it, since reading a
    /// write-ahead log needs a file of its own beside the store.
    fn open_unwritable(path: &Path) -> Result<Sqlite> {
        let logged = has_log(path);
        let unlocked = (!logged).then(|| (path.to_owned(), Stamp::of(path)));
        let text = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = if logged { format!("file:{text}?mode=ro") } else { format!("file:{text}?immutable=1") };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri, flags).map_err(fault)?;
        Ok(Sqlite { unlocked, ..Sqlite::configured(connection)? })
    }

    /// Reads a file with its log where nothing can be laid beside it: alone, while no other has it open, and writing nothing.
    fn open_alone(path: &Path) -> Result<Sqlite> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(fault)?;
        let sqlite = Sqlite::configured(connection)?;
        sqlite.leave_log_alone();
        Ok(sqlite)
    }

    /// The format of the store, 0 while it is being made.
    fn version(&self) -> Result<i64> {
        self.number("PRAGMA user_version")
    }

    /// How what is not in the file yet is kept.
    pub fn journal_mode(&self) -> Result<String> {
        self.connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(fault)
    }

    fn number(&self, pragma: &'static str) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(pragma).map_err(fault)?;
        statement.query_row([], |row| row.get(0)).map_err(fault)
    }

    /// Refuses a store of another format, of which not a byte is to change: the log is left as it lies there.
    fn check_version(&self, shown: &dyn std::fmt::Display) -> Result<()> {
        let checked = migrate::check(self.version()?, shown);
        if checked.is_err() {
            self.leave_log_alone();
        }
        checked
    }

    /// Closing the store is not to bring what lies in its log into the file.
    fn leave_log_alone(&self) {
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Starts the transaction of a writer, of which there is one at a time.
    pub fn begin_write(&self) -> Result<()> {
        self.run("BEGIN IMMEDIATE")?;
        self.check_begun()
    }

    /// Starts a read of one moment.
    pub fn begin_read(&self) -> Result<()> {
        self.run("BEGIN DEFERRED")?;
        self.check_begun()
    }

    /// Leaves a store that was upgraded or restored since it was opened to a run that knows it as it is now.
    fn check_begun(&self) -> Result<()> {
        let begun = self.version().and_then(|version| match version {
            0 => Ok(()),
            version => migrate::check(version, &"the store"),
        });
        let begun = begun.and_then(|()| self.check_same_schema());
        if begun.is_err() {
            // The first fault is the one to tell.
            let _ = self.rollback();
        }
        begun
    }

    fn check_same_schema(&self) -> Result<()> {
        let found = self.number("PRAGMA schema_version")?;
        match self.schema_version.replace(Some(found)) {
            Some(known) if known != found && self.new.is_none() => Err(StoreError::Replaced),
            _ => Ok(()),
        }
    }

    /// Ends a read; says where the file was written meanwhile that was read without its locks.
    pub fn end_read(&self) -> Result<()> {
        self.rollback()?;
        match &self.unlocked {
            Some((path, stamp)) if has_log(path) || Stamp::of(path) != *stamp => Err(StoreError::Busy),
            _ => Ok(()),
        }
    }

    /// Makes the transaction durable.
    pub fn commit(&self) -> Result<()> {
        let committed = self.connection.prepare_cached("COMMIT").and_then(|mut statement| statement.raw_execute());
        committed.map(drop).map_err(|error| unconfirmed(&error).unwrap_or_else(|| self.told(error)))
    }

    /// Opens the store at `path`, or begins one: it is made under another name and takes its place when it is whole, so
    /// that whoever looks sees all of it or nothing. An empty file, as `mktemp` leaves it, counts as none.
    pub fn create(path: &Path) -> Result<Sqlite> {
        let replaces = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 => {
                let file = resolved(path)?;
                if file != path {
                    return Sqlite::create(&file);
                }
                true
            }
            Ok(_) => return Sqlite::open(path, Access::Write),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match std::fs::read_link(path) {
                // A link to where nothing is stays a link.
                Ok(target) => return Sqlite::create(&path.parent().unwrap_or(Path::new("")).join(target)),
                Err(_) => false,
            },
            Err(error) => return Err(unwritable(path, &error)),
        };
        check_no_log(path)?;
        let folder = folder_of(path);
        let refused = |error| unwritable(folder, &error);
        std::fs::create_dir_all(folder).map_err(refused)?;
        let file = NewFile::beside(path).map_err(refused)?;
        let mut sqlite = Sqlite::open_file(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Until it is whole nobody needs it after a fault, so that no journal has to lie beside it.
        sqlite.connection.pragma_update(None, "journal_mode", "MEMORY").map_err(fault)?;
        sqlite.new = Some(New { file, path: path.to_owned(), replaces });
        Ok(sqlite)
    }

    /// A store in memory, which is gone with the program.
    pub fn in_memory() -> Result<Sqlite> {
        Sqlite::configured(Connection::open_in_memory().map_err(fault)?)
    }

    /// Puts a new store in its place; says whether another was put there meanwhile, so that this one is dropped.
    pub fn keep(self) -> Result<bool> {
        let Some(New { file, path, replaces }) = self.new else {
            return Ok(true);
        };
        self.connection.pragma_update(None, "journal_mode", "WAL").map_err(fault)?;
        self.connection.into_connection().close().map_err(|(_, error)| fault(error))?;
        check_no_log(&path)?;
        let refused = |error| unwritable(&path, &error);
        if replaces {
            return file.replace(&path).map(|()| true).map_err(refused);
        }
        match file.place(&path).map_err(refused)? {
            Placed::Done => Ok(true),
            Placed::Taken(_) => Ok(false),
        }
    }

    /// Writes the file anew and empties the log beside it, so that of what is no row any more no byte is left in them.
    pub fn scrub(&self) -> Result<()> {
        // The file that it is written to on the way is no smaller than the store.
        self.connection
            .execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY;")
            .map_err(fault)?;
        // A file that is written anew counts as one of another schema, also to who wrote it.
        self.schema_version.set(Some(self.number("PRAGMA schema_version")?));
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        match emptied.map_err(fault)? {
            0 => Ok(()),
            _ => Err(StoreError::Fault("another command is reading the store".to_owned())),
        }
    }

    /// Undoes the open transaction; SQLite has done so itself after some faults, such as a full disk.
    pub fn rollback(&self) -> Result<()> {
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }

    /// Whether the transaction that begins now may be run again.
    pub fn may_run_again(&self, may: bool) {
        self.pace.may_run_again.set(may && !self.pace.is_wary.take());
    }

    /// Whether a transaction has to be run again since this was last asked.
    pub fn was_in_conflict(&self) -> bool {
        self.pace.in_conflict.take()
    }

    /// Marks the point to which one command can be undone.
    pub fn savepoint(&self) -> Result<()> {
        self.pace.written.set(self.connection.total_changes());
        if self.pace.may_run_again.get() { Ok(()) } else { self.run("SAVEPOINT command") }
    }

    /// Keeps what was done since the savepoint.
    pub fn release(&self) -> Result<()> {
        if self.pace.may_run_again.get() { Ok(()) } else { self.run("RELEASE SAVEPOINT command") }
    }

    /// Undoes what was done since the savepoint.
    pub fn undo(&self) -> Result<()> {
        let has_written = self.connection.total_changes() != self.pace.written.get();
        if has_written {
            self.pace.is_wary.set(true);
        }
        match self.pace.may_run_again.get() {
            true if has_written => {
                self.pace.in_conflict.set(true);
                Err(StoreError::Conflict)
            }
            true => Ok(()),
            false => {
                self.run("ROLLBACK TO SAVEPOINT command")?;
                self.run("RELEASE SAVEPOINT command")
            }
        }
    }

    fn configured(mut connection: Connection) -> Result<Sqlite> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true).map_err(fault)?;
        // No store has triggers or views; what somebody planted does not run.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(fault)?;
        connection.busy_handler(Some(wait_for_the_other)).map_err(fault)?;
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA temp_store = FILE; PRAGMA cache_size = -16000;")
            .map_err(fault)?;
        Ok(Sqlite::of(connection))
    }

    fn of(connection: Connection) -> Sqlite {
        Sqlite {
            connection: Connected::new(connection),
            new: None,
            schema_version: Cell::default(),
            unlocked: None,
            pace: Pace::default(),
            #[cfg(test)]
            cost: Cell::default(),
        }
    }

    pub fn execute(&self, sql: &'static str, params: &[Value<'_>]) -> Result<usize> {
        self.connection.run(
            sql,
            params,
            |error| self.not_prepared(error),
            |statement| {
                let executed = statement.raw_execute().map_err(|error| self.told(error));
                #[cfg(test)]
                self.note_cost(0, statement);
                executed
            },
        )
    }

    #[cfg(test)]
    fn note_cost(&self, rows: u64, statement: &Statement<'_>) {
        let steps = u64::try_from(statement.reset_status(rusqlite::StatementStatus::VmStep)).unwrap_or_default();
        let Cost { rows: before, steps: taken } = self.cost.get();
        self.cost.set(Cost { rows: before + rows, steps: taken + steps });
    }

    pub fn each(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        row: &mut dyn FnMut(&rusqlite::Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.connection.run(
            sql,
            params,
            |error| self.not_prepared(error),
            |statement| {
                #[cfg(test)]
                let mut read = 0;
                let mut rows = statement.raw_query();
                while let Some(found) = rows.next().map_err(|error| self.told(error))? {
                    row(found)?;
                    #[cfg(test)]
                    {
                        read += 1;
                    }
                }
                drop(rows);
                #[cfg(test)]
                self.note_cost(read, statement);
                Ok(())
            },
        )
    }

    pub fn run(&self, sql: &'static str) -> Result<()> {
        self.execute(sql, &[]).map(drop)
    }

    /// A script in the common subset: BIGINT becomes SQLite's INTEGER (so that a key is the row's own), tables STRICT, and
    /// one whose key is of several columns is that key's own tree, not a table and an index beside it.
    pub fn run_script(&self, sql: &str) -> Result<()> {
        let mut text = String::with_capacity(sql.len() * 2);
        for statement in migrate::statements(sql) {
            let is_table = statement.starts_with("CREATE TABLE ");
            match statement.strip_suffix("\n);").filter(|_| is_table).map(|table| table.replace("BIGINT", "INTEGER")) {
                Some(table) if table.lines().last().is_some_and(|line| line.trim().starts_with("PRIMARY KEY (")) => {
                    text.extend([&table, "\n) STRICT, WITHOUT ROWID;\n"]);
                }
                Some(table) => text.extend([&table, "\n) STRICT;\n"]),
                None => text.extend([&statement.replace("BIGINT", "INTEGER"), "\n"]),
            }
        }
        self.connection.execute_batch(&text).map_err(fault)?;
        // What this run made of the schema is no surprise to it.
        self.schema_version.set(None);
        Ok(())
    }

    /// Marks the file as a store of aftersales in `version`, in its header.
    pub fn mark(&self, version: i64) -> Result<()> {
        self.connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault)?;
        self.connection.pragma_update(None, "user_version", version).map_err(fault)
    }

    /// Whether any table was made.
    pub fn has_tables(&self) -> Result<bool> {
        self.connection
            .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
            .map(|count| count > 0)
            .map_err(fault)
    }
}

impl Sqlite {
    /// The fault of a statement. A store that is damaged is left as it is, down to its log.
    fn told(&self, error: rusqlite::Error) -> StoreError {
        let fault = fault(error);
        if matches!(fault, StoreError::Damaged(_)) {
            self.leave_log_alone();
        }
        fault
    }

    /// The fault of a statement that SQLite does not understand: one of ours is right, unless the schema is not.
    fn not_prepared(&self, error: rusqlite::Error) -> StoreError {
        match (self.told(error), self.faults_of_schema()) {
            (StoreError::Fault(text), Ok(faults)) if !faults.is_empty() => {
                self.leave_log_alone();
                StoreError::Damaged(text)
            }
            (StoreError::Fault(_), Err(fault)) => fault,
            (fault, _) => fault,
        }
    }
}

pub fn int(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<i64>> {
    match row.get_ref(column).map_err(fault)? {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(value) => Ok(Some(value)),
        other => Err(StoreError::Damaged(format!("column {column} holds {} instead of a number", other.data_type()))),
    }
}

pub fn text<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Result<Option<&'a str>> {
    match row.get_ref(column).map_err(fault)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| StoreError::Damaged(format!("column {column} holds bytes that are no text"))),
        other => Err(StoreError::Damaged(format!("column {column} holds {} instead of a text", other.data_type()))),
    }
}

/// Looks again every two milliseconds, so that the gap a bulk run leaves between its groups is not slept through.
fn wait_for_the_other(tries: i32) -> bool {
    if BUSY_STEP * tries.unsigned_abs() >= BUSY_WAIT {
        return false;
    }
    std::thread::sleep(BUSY_STEP);
    true
}

/// The fault of a commit that the disk did not confirm: all of it was handed over, and whether it arrived nobody knows.
fn unconfirmed(error: &rusqlite::Error) -> Option<StoreError> {
    let code = error.sqlite_error()?.extended_code;
    matches!(code, SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC)
        .then(|| StoreError::Unknown(format!("the disk did not confirm what was written: {error}")))
}

fn fault(error: rusqlite::Error) -> StoreError {
    let text = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        return match error {
            // What is told of the schema is text and numbers, unless somebody wrote into it.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::Utf8Error(..) => StoreError::Damaged(text),
            _ => StoreError::Fault(text),
        };
    };
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => StoreError::Busy,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(text),
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::SystemIoFailure => match failure.extended_code {
            SQLITE_IOERR_READ | SQLITE_IOERR_SHORT_READ | SQLITE_IOERR_DATA | SQLITE_IOERR_CORRUPTFS => {
                StoreError::Damaged(text)
            }
            // A quota or a limit of the process is told as no other fault of writing is.
            SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE | SQLITE_IOERR_SHMOPEN => StoreError::Full(text),
            _ => StoreError::ReadOnly(text),
        },
        // An integer that overflows in an expression becomes a REAL, which no column takes; in a SUM it is an error at once.
        ErrorCode::ConstraintViolation if text.starts_with("cannot store REAL value in INTEGER column") => {
            StoreError::TooLarge(Overflow)
        }
        ErrorCode::Unknown if text == "integer overflow" => StoreError::TooLarge(Overflow),
        // A header that names no way of writing a schema that the engine knows; it has no code of its own for that.
        ErrorCode::Unknown if text == "unsupported file format" => StoreError::Damaged(text),
        ErrorCode::ConstraintViolation => StoreError::Constraint(text),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => StoreError::ReadOnly(text),
        ErrorCode::OutOfMemory => StoreError::Full(text),
        _ => StoreError::Fault(text),
    }
}
