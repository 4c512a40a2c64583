//! SQLite behind the seam: opening with the checks and settings of the house, and statements prepared once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi::{SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA, SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};

use super::{Access, Result, StoreError, Value, migrate};
use crate::domain::value::number::Overflow;

/// "aftr" in ASCII: whose file this is, in the header of every store.
pub const APPLICATION_ID: i64 = 0x6166_7472;

/// How long a writer waits for another before it gives up, and how often it looks.
const BUSY_WAIT: Duration = Duration::from_secs(10);
const BUSY_STEP: Duration = Duration::from_millis(2);

/// The statements of a whole command fit; none is prepared twice in a run.
const STATEMENTS_KEPT: usize = 512;

/// How many lines share a transaction.
pub const GROUP_LINES: usize = 1_000;

/// How long the lock is left free between two groups: a waiting writer looks every two milliseconds.
pub const GAP: Duration = Duration::from_millis(5);

pub struct Sqlite {
    connection: Connection,
    /// Where the file goes once it is whole; none for one that is there.
    new: Option<New>,
    /// For each statement (by the address of its text) the `$n` behind each parameter position.
    orders: RefCell<HashMap<usize, Box<[usize]>>>,
}

/// A store that is being made.
struct New {
    file: tempfile::NamedTempFile,
    path: PathBuf,
    /// Whether an empty file is in its place.
    replaces: bool,
}

impl Sqlite {
    pub fn open(path: &Path, access: Access) -> Result<Sqlite> {
        check_header(path)?;
        let flags = match access {
            Access::Read if !writable(path) => return Sqlite::open_unwritable(path),
            _ => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(fault)?;
        Sqlite::configured(connection)
    }

    /// A file that may not be written is read as it stands: immutable where no log lies beside it, since reading a
    /// write-ahead log needs a file of its own beside the store.
    fn open_unwritable(path: &Path) -> Result<Sqlite> {
        let text = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = if has_log(path) { format!("file:{text}?mode=ro") } else { format!("file:{text}?immutable=1") };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri, flags).map_err(fault)?;
        Sqlite::configured(connection)
    }

    /// Opens the store at `path`, or begins one: it is made under another name and takes its place when it is whole, so
    /// that whoever looks sees all of it or nothing. An empty file, as `mktemp` leaves it, counts as none.
    pub fn create(path: &Path) -> Result<Sqlite> {
        let replaces = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 => true,
            Ok(_) => return Sqlite::open(path, Access::Write),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match std::fs::read_link(path) {
                // A link to where nothing is stays a link.
                Ok(target) => return Sqlite::create(&path.parent().unwrap_or(Path::new("")).join(target)),
                Err(_) => false,
            },
            Err(error) => return Err(StoreError::ReadOnly(format!("{}: {error}", path.display()))),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let refused = |error| StoreError::ReadOnly(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(refused)?;
        // Made for its owner alone.
        let file =
            tempfile::Builder::new().prefix(".aftersales-").suffix(".new").tempfile_in(folder).map_err(refused)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file.path(), flags).map_err(fault)?;
        let mut sqlite = Sqlite::configured(connection)?;
        sqlite.new = Some(New { file, path: path.to_owned(), replaces });
        Ok(sqlite)
    }

    /// A store in memory, which is gone with the program.
    pub fn in_memory() -> Result<Sqlite> {
        Sqlite::configured(Connection::open_in_memory().map_err(fault)?)
    }

    /// Puts a new store in its place; says whether another was put there meanwhile, so that this one is dropped.
    pub fn keep(self) -> Result<bool> {
        let Sqlite { connection, new, orders: _ } = self;
        let Some(New { file, path, replaces }) = new else {
            return Ok(true);
        };
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fault)?;
        connection.close().map_err(|(_, error)| fault(error))?;
        file.as_file().sync_all().map_err(|error| StoreError::Full(error.to_string()))?;
        let placed = if replaces { file.persist(&path) } else { file.persist_noclobber(&path) };
        match placed {
            Ok(_) => {}
            Err(taken) if taken.error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
            Err(refused) => return Err(StoreError::ReadOnly(format!("{}: {}", path.display(), refused.error))),
        }
        // The name is durable when its folder is; where a folder cannot be synced, that is all there is to do.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        Ok(true)
    }

    /// Undoes the open transaction; SQLite has done so itself after some faults, such as a full disk.
    pub fn rollback(&self) -> Result<()> {
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }

    /// Undoes what was done since the savepoint.
    pub fn undo(&self) -> Result<()> {
        self.run("ROLLBACK TO SAVEPOINT command")?;
        self.run("RELEASE SAVEPOINT command")
    }

    fn configured(mut connection: Connection) -> Result<Sqlite> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true).map_err(fault)?;
        connection.busy_handler(Some(wait_for_the_other)).map_err(fault)?;
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;")
            .map_err(fault)?;
        Ok(Sqlite { connection, new: None, orders: RefCell::default() })
    }

    pub fn execute(&self, sql: &'static str, params: &[Value<'_>]) -> Result<usize> {
        let mut statement = self.prepared(sql, params)?;
        statement.raw_execute().map_err(fault)
    }

    pub fn each(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        row: &mut dyn FnMut(&rusqlite::Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.prepared(sql, params)?;
        let mut rows = statement.raw_query();
        while let Some(found) = rows.next().map_err(fault)? {
            row(found)?;
        }
        Ok(())
    }

    pub fn run(&self, sql: &'static str) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        statement.raw_execute().map_err(fault).map(drop)
    }

    /// A script in the common subset: BIGINT becomes SQLite's INTEGER (so that a key is the row's own), tables STRICT, and
    /// one whose key is of several columns is that key's own tree, not a table and an index beside it.
    pub fn run_script(&self, sql: &str) -> Result<()> {
        let mut text = String::with_capacity(sql.len() * 2);
        for table in sql.replace("BIGINT", "INTEGER").split_inclusive("\n);") {
            match table.strip_suffix("\n);") {
                Some(columns) if columns.lines().last().is_some_and(|line| line.contains("PRIMARY KEY (")) => {
                    text.extend([columns, "\n) STRICT, WITHOUT ROWID;"]);
                }
                Some(columns) => text.extend([columns, "\n) STRICT;"]),
                None => text.push_str(table),
            }
        }
        self.connection.execute_batch(&text).map_err(fault)
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

    /// What the integrity check tells: torn pages, rows that break a NOT NULL, CHECK or UNIQUE, indexes without their rows; and
    /// which tables and indexes are gone.
    pub fn faults_of_file(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check").map_err(fault)?;
        let told = statement.query_map([], |row| row.get::<_, String>(0)).map_err(fault)?;
        let mut told: Vec<String> = told.collect::<rusqlite::Result<_>>().map_err(fault)?;
        told.retain(|text| text != "ok");
        let mut statement = self.connection.prepare("SELECT name FROM sqlite_schema").map_err(fault)?;
        let there = statement.query_map([], |row| row.get::<_, String>(0)).map_err(fault)?;
        let there: Vec<String> = there.collect::<rusqlite::Result<_>>().map_err(fault)?;
        told.extend(migrate::gone(&there));
        Ok(told)
    }

    /// The tables of each row that refers to what is not there: its own, and the one referred to.
    pub fn broken_links(&self) -> Result<Vec<(String, String)>> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check").map_err(fault)?;
        let told = statement.query_map([], |row| Ok((row.get(0)?, row.get(2)?))).map_err(fault)?;
        told.collect::<rusqlite::Result<_>>().map_err(fault)
    }

    fn prepared(&self, sql: &'static str, params: &[Value<'_>]) -> Result<rusqlite::CachedStatement<'_>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let mut orders = self.orders.borrow_mut();
        let order = match orders.entry(sql.as_ptr() as usize) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(order_of(&statement)?),
        };
        for (position, number) in order.iter().enumerate() {
            let value =
                params.get(number - 1).ok_or_else(|| StoreError::Fault(format!("${number} is not bound in {sql}")))?;
            let bound = match value {
                Value::Null => statement.raw_bind_parameter(position + 1, rusqlite::types::Null),
                Value::Int(int) => statement.raw_bind_parameter(position + 1, int),
                Value::Text(text) => statement.raw_bind_parameter(position + 1, text.as_ref()),
            };
            bound.map_err(fault)?;
        }
        Ok(statement)
    }
}

/// SQLite numbers `$n` by first appearance; this says which n stands at each position.
fn order_of(statement: &Statement<'_>) -> Result<Box<[usize]>> {
    (1..=statement.parameter_count())
        .map(|position| {
            statement
                .parameter_name(position)
                .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok())
                .filter(|number| *number > 0)
                .ok_or_else(|| StoreError::Fault("a statement's parameters are not $1, $2, …".to_owned()))
        })
        .collect()
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

/// Reads the header by hand: a foreign, newer or broken file is told before SQLite opens it, and not a byte changes.
fn check_header(path: &Path) -> Result<()> {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Err(StoreError::ReadOnly(format!("{shown}: {error}")));
        }
        Err(_) => return Err(StoreError::Missing(shown.to_string())),
    };
    if !metadata.is_file() {
        return Err(StoreError::Foreign(format!("{shown} is not a file, so not a store of aftersales")));
    }
    let header = header_of(path)?;
    if header.len() < HEADER || !header.starts_with(b"SQLite format 3\0") {
        return Err(StoreError::Foreign(format!("{shown} is not a store of aftersales")));
    }
    if big_endian(&header, 68) != APPLICATION_ID {
        return Err(StoreError::Foreign(format!("{shown} is a database of another application")));
    }
    match big_endian(&header, 60) {
        version if version > migrate::VERSION => return Err(StoreError::Newer(version)),
        version if version < 1 => return Err(StoreError::Damaged(format!("{shown} has no format version"))),
        _ => {}
    }
    if is_cut_short(path, header)? {
        return Err(StoreError::Damaged(format!("{shown} is shorter than its header says")));
    }
    Ok(())
}

/// The length of a SQLite file's header.
const HEADER: usize = 100;

fn header_of(path: &Path) -> Result<Vec<u8>> {
    let mut header = Vec::with_capacity(HEADER);
    File::open(path)
        .and_then(|file| file.take(HEADER as u64).read_to_end(&mut header))
        .map_err(|error| StoreError::ReadOnly(format!("{}: {error}", path.display())))?;
    Ok(header)
}

/// Whether pages are missing at the end. While a log lies beside the file they may be in there; a writer can have finished
/// between two of our looks, so that only what stays short is short.
fn is_cut_short(path: &Path, mut header: Vec<u8>) -> Result<bool> {
    for _ in 0..3 {
        let page = match big_endian(&header, 16) >> 16 {
            1 => 65_536,
            size => size,
        };
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let whole = u64::try_from(page * big_endian(&header, 28)).unwrap_or(0);
        if length >= whole || has_log(path) {
            return Ok(false);
        }
        std::thread::sleep(BUSY_STEP);
        header = header_of(path)?;
    }
    Ok(true)
}

fn has_log(path: &Path) -> bool {
    std::fs::metadata(log_path(path)).is_ok_and(|log| log.len() > 0)
}

fn big_endian(header: &[u8], at: usize) -> i64 {
    header.iter().skip(at).take(4).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

fn writable(path: &Path) -> bool {
    std::fs::OpenOptions::new().append(true).open(path).is_ok()
        && path.parent().is_none_or(|folder| folder.as_os_str().is_empty() || !is_read_only(folder))
}

fn is_read_only(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().readonly())
}

fn log_path(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Looks again every two milliseconds, so that the gap a bulk run leaves between its groups is not slept through.
fn wait_for_the_other(tries: i32) -> bool {
    if BUSY_STEP * tries.unsigned_abs() >= BUSY_WAIT {
        return false;
    }
    std::thread::sleep(BUSY_STEP);
    true
}

fn fault(error: rusqlite::Error) -> StoreError {
    let text = error.to_string();
    let rusqlite::Error::SqliteFailure(failure, _) = &error else {
        return StoreError::Fault(text);
    };
    match failure.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(text),
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::SystemIoFailure => match failure.extended_code {
            SQLITE_IOERR_READ | SQLITE_IOERR_SHORT_READ | SQLITE_IOERR_DATA | SQLITE_IOERR_CORRUPTFS => {
                StoreError::Damaged(text)
            }
            _ => StoreError::Full(text),
        },
        // An integer that overflows in an expression becomes a REAL, which no column takes; in a SUM it is an error at once.
        ErrorCode::ConstraintViolation if text.starts_with("cannot store REAL value in INTEGER column") => {
            StoreError::TooLarge(Overflow)
        }
        ErrorCode::Unknown if text == "integer overflow" => StoreError::TooLarge(Overflow),
        ErrorCode::ConstraintViolation => StoreError::Constraint(text),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => StoreError::ReadOnly(text),
        _ => StoreError::Fault(text),
    }
}
