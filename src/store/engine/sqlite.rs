//! SQLite behind the seam: opening with the checks and settings of the house, and statements prepared once.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::ffi::{SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA, SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};

use super::made::{self, Column, Index, Link, Schema, Table};
use super::migrate::{Refold, Upgraded};
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
        let version = check_header(path)?;
        let logged = has_log(path);
        if !logged {
            migrate::check(version, &path.display())?;
        }
        let sqlite = match access {
            Access::Read if !writable(path) => Sqlite::open_unwritable(path)?,
            _ => Sqlite::open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?,
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

    /// The format of the store, 0 while it is being made.
    fn version(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("PRAGMA user_version").map_err(fault)?;
        statement.query_row([], |row| row.get(0)).map_err(fault)
    }

    /// Refuses a store of another format, of which not a byte is to change: the log is left as it lies there.
    fn check_version(&self, shown: &dyn std::fmt::Display) -> Result<()> {
        let checked = migrate::check(self.version()?, shown);
        if checked.is_err() {
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fault)?;
        }
        checked
    }

    /// Starts the transaction of a writer, of which there is one at a time; a store that was upgraded since it was opened is
    /// left to a program that knows it.
    pub fn begin_write(&self) -> Result<()> {
        self.run("BEGIN IMMEDIATE")?;
        match self.version()? {
            0 | migrate::VERSION => Ok(()),
            other => {
                self.rollback()?;
                migrate::check(other, &"the store")
            }
        }
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
        let folder = folder_of(path);
        let refused = |error| StoreError::ReadOnly(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(refused)?;
        let file = new_file(folder).map_err(refused)?;
        let mut sqlite = Sqlite::open_file(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Until it is whole nobody needs it after a fault, so that no journal has to lie beside it.
        sqlite.connection.pragma_update(None, "journal_mode", "MEMORY").map_err(fault)?;
        sqlite.new = Some(New { file, path: path.to_owned(), replaces });
        Ok(sqlite)
    }

    /// Upgrades the store at `path`: says from which format, and where the copy is; nothing where it is of this one by now.
    pub fn upgrade(path: &Path) -> Result<Option<Upgraded>> {
        // A copy lies beside the file itself, not beside a link to it.
        let file = match std::fs::symlink_metadata(path) {
            Ok(link) if link.is_symlink() => path.canonicalize().map_err(|error| unwritable(path, &error))?,
            _ => path.to_owned(),
        };
        check_header(&file)?;
        if !writable(&file) {
            let why = "it is of an older format, and neither the upgrade nor the copy beside it can be written";
            return Err(StoreError::ReadOnly(format!("{}: {why}", file.display())));
        }
        let sqlite = Sqlite::open_file(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        sqlite.without_links()?;
        sqlite.run("BEGIN IMMEDIATE")?;
        let from = sqlite.version()?;
        match migrate::check(from, &file.display()) {
            Err(StoreError::Older { .. }) => {}
            ended => return ended.map(|()| None),
        }
        // Nobody writes from here on, so that what is copied is what is upgraded.
        let copy = sqlite.copied_beside(&file, from)?;
        if let Err(error) = sqlite.upgraded_from(from) {
            // Where the store stays as it is, a copy of it is of no use.
            copy.unmade();
            return Err(error);
        }
        sqlite.run("COMMIT")?;
        Ok(Some(Upgraded { from, copy: copy.path.display().to_string() }))
    }

    /// Sets links aside, outside a transaction: a table that is rebuilt is away for a moment, and what links to it, or looks into
    /// it as a view of somebody's does, is not to mind. Links are checked before the commit.
    pub fn without_links(&self) -> Result<()> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true).map_err(fault)?;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false).map(drop).map_err(fault)
    }

    /// Runs the scripts in the open transaction and checks what they made.
    fn upgraded_from(&self, from: i64) -> Result<()> {
        migrate::scripts_after(from).iter().try_for_each(|script| self.run_script(script))?;
        migrate::refolds().try_for_each(|refold| self.refold(&refold))?;
        self.mark(migrate::VERSION)?;
        match self.broken_links()?.first() {
            Some((table, other)) => Err(StoreError::Damaged(format!(
                "a row of {table} refers to a row of {other} that is not there; it was not upgraded"
            ))),
            None => Ok(()),
        }
    }

    fn refold(&self, refold: &Refold) -> Result<()> {
        let mut after = i64::MIN;
        loop {
            let mut some = Vec::new();
            self.each(refold.ask.sql, &[after.into()], &mut |row| {
                some.extend(int(row, 0)?.zip(text(row, 1)?.map(refold.fold)));
                Ok(())
            })?;
            for (key, folded) in &some {
                self.execute(refold.write.sql, &[(*key).into(), folded.into()])?;
                after = *key;
            }
            if some.len() < migrate::FOLDED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// A copy of the store as it is, whole and durable, in a file of its own: `desk.db.format-1.bak`, or with a number where
    /// something else has that name.
    fn copied_beside(&self, path: &Path, format: i64) -> Result<BackupFile> {
        let folder = folder_of(path);
        let refused = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                StoreError::Full(format!("the copy of {}: {error}", path.display()))
            }
            _ => unwritable(folder, &error),
        };
        let mut file = new_file(folder).map_err(refused)?;
        // One connection writes or reads the file; the log beside it is read with it.
        let source = Sqlite::open_file(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut target = Sqlite::open_file(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        target.connection.pragma_update(None, "journal_mode", "MEMORY").map_err(fault)?;
        let backup = Backup::new(&source.connection, &mut target.connection).map_err(fault)?;
        match backup.step(-1).map_err(fault)? {
            StepResult::Done => {}
            _ => return Err(StoreError::Busy),
        }
        drop(backup);
        target.connection.close().map_err(|(_, error)| fault(error))?;
        file.as_file().sync_all().map_err(refused)?;
        for number in 1u32.. {
            let name = match number {
                1 => beside(path, &format!(".format-{format}.bak")),
                _ => beside(path, &format!(".format-{format}.{number}.bak")),
            };
            match file.persist_noclobber(&name) {
                Ok(_) => {
                    sync_folder(folder);
                    return Ok(BackupFile { path: name, made: true });
                }
                Err(taken) if taken.error.kind() == std::io::ErrorKind::AlreadyExists => {
                    // An upgrade that was ended early has left the same there.
                    if is_same(taken.file.path(), &name) {
                        return Ok(BackupFile { path: name, made: false });
                    }
                    file = taken.file;
                }
                Err(taken) => return Err(refused(taken.error)),
            }
        }
        Err(StoreError::Fault("there are names enough for a copy".to_owned()))
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
        sync_folder(folder_of(&path));
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
        // No store has triggers or views; what somebody planted does not run.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false).map_err(fault)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(fault)?;
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
    /// how the schema differs from what the scripts make.
    pub fn faults_of_file(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check").map_err(fault)?;
        let told = statement.query_map([], |row| row.get::<_, String>(0)).map_err(fault)?;
        let mut told: Vec<String> = told.collect::<rusqlite::Result<_>>().map_err(fault)?;
        told.retain(|text| text != "ok");
        told.extend(self.faults_of_schema()?);
        Ok(told)
    }

    /// How the text of the schema differs from that of a new store.
    fn faults_of_schema(&self) -> Result<Vec<String>> {
        let new = Sqlite::in_memory()?;
        migrate::scripts_after(0).iter().try_for_each(|script| new.run_script(script))?;
        let (made, there) = (new.schema_texts()?, self.schema_texts()?);
        let mut faults = Vec::new();
        for ((kind, name), text) in &made {
            match there.get(&(kind.clone(), name.clone())) {
                None if kind == "index" => faults.push(format!("the index {name} is gone or not valid")),
                None => faults.push(format!("the {kind} {name} is gone")),
                Some(found) if found != text => faults.push(format!("the {kind} {name} is another than it was made")),
                Some(_) => {}
            }
        }
        let more = there.keys().filter(|key| !made.contains_key(*key));
        faults.extend(more.map(|(kind, name)| match kind.as_str() {
            "index" => format!("there is an index {name} that is not the store's"),
            kind => format!("there is a {kind} {name} that is not the store's"),
        }));
        Ok(faults)
    }

    /// What makes up the schema, by kind and name, each with the text that makes it. Names in quotes, as a renamed table has them,
    /// are the names without.
    fn schema_texts(&self) -> Result<BTreeMap<(String, String), String>> {
        const TEXTS: &str =
            "SELECT type, name, COALESCE(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'";
        let mut statement = self.connection.prepare(TEXTS).map_err(fault)?;
        let row = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get::<_, String>(2)?.replace('"', "")));
        let texts = statement.query_map([], row).map_err(fault)?;
        texts.collect::<rusqlite::Result<_>>().map_err(fault)
    }

    /// The tables and indexes, by what they are.
    pub(super) fn schema(&self) -> Result<Schema> {
        let mut schema = Schema::default();
        for ((kind, name), text) in self.schema_texts()? {
            match kind.as_str() {
                "table" => drop(schema.tables.insert(name.clone(), self.table(&name, &text)?)),
                "index" => {
                    let indexed = "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1";
                    let table = self.connection.query_row(indexed, [&name], |row| row.get(0)).map_err(fault)?;
                    let index = Index {
                        table,
                        columns: made::columns_in(&text),
                        is_unique: text.starts_with("CREATE UNIQUE"),
                        condition: made::condition_in(&text),
                    };
                    schema.indexes.insert(name, index);
                }
                _ => {}
            }
        }
        Ok(schema)
    }

    fn table(&self, name: &str, text: &str) -> Result<Table> {
        let mut table = Table { checks: made::checks_in(text), ..Table::default() };
        let mut keys: Vec<(i64, String)> = Vec::new();
        self.each_row(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?1)",
            name,
            &mut |row| {
                let (column, place): (String, i64) = (row.get(0)?, row.get(4)?);
                let holds = if row.get::<_, String>(1)? == "TEXT" { "text" } else { "bigint" };
                let default: Option<String> = row.get(3)?;
                let made = Column {
                    holds: holds.to_owned(),
                    is_required: row.get::<_, bool>(2)? || place > 0,
                    default: default.as_deref().map(made::normal),
                };
                if place > 0 {
                    keys.push((place, column.clone()));
                }
                table.columns.insert(column, made);
                Ok(())
            },
        )?;
        keys.sort_unstable();
        table.primary_key = keys.into_iter().map(|(_, column)| column).collect();
        let mut uniques: Vec<String> = Vec::new();
        self.each_row("SELECT name FROM pragma_index_list(?1) WHERE origin = 'u'", name, &mut |row| {
            uniques.push(row.get(0)?);
            Ok(())
        })?;
        for unique in uniques {
            table.uniques.insert(self.index_columns(&unique)?);
        }
        self.each_row("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1)", name, &mut |row| {
            table.links.insert(Link { column: row.get(0)?, other: row.get(1)?, other_column: row.get(2)? });
            Ok(())
        })?;
        Ok(table)
    }

    fn index_columns(&self, name: &str) -> Result<Vec<String>> {
        let mut columns = Vec::new();
        self.each_row("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", name, &mut |row| {
            columns.push(row.get(0)?);
            Ok(())
        })?;
        Ok(columns)
    }

    fn each_row(
        &self,
        sql: &str,
        of: &str,
        row: &mut dyn FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let mut rows = statement.query([of]).map_err(fault)?;
        while let Some(found) = rows.next().map_err(fault)? {
            row(found).map_err(fault)?;
        }
        Ok(())
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

/// The path of a file beside a store, which is named after it.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name is durable when its folder is; where a folder cannot be synced, that is all there is to do.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::ReadOnly(format!("{}: {error}", path.display()))
}

/// How the names of files begin and end that are still being made, in the folder where they will be.
const MAKING: (&str, &str) = (".aftersales-", ".new");

/// What SQLite lays beside a file while it works on it.
const BESIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// A file to be made, for its owner alone. It is locked for as long as somebody is at it, so that what nobody is at any longer is
/// known as what a run that was ended early has left, and is removed here.
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    remove_leftovers(folder);
    loop {
        let file = tempfile::Builder::new().prefix(MAKING.0).suffix(MAKING.1).tempfile_in(folder)?;
        // A file system without locks has no leftovers removed either.
        let _ = file.as_file().lock();
        // Another may have taken it for a leftover before it was locked.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

fn remove_leftovers(folder: &Path) {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files {
        let name = file.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(MAKING.0)) else {
            continue;
        };
        let made = BESIDE.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        if !made.ends_with(MAKING.1) {
            continue;
        }
        let made = folder.join(made);
        let is_left = match File::open(&made) {
            Ok(file) => file.try_lock().is_ok(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if is_left {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    fn read(path: &Path) -> std::io::Result<std::io::BufReader<File>> {
        File::open(path).map(|file| std::io::BufReader::with_capacity(1 << 16, file))
    }
    let length = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len()).ok();
    match (read(one), read(other)) {
        (Ok(one_file), Ok(other_file)) if length(one) == length(other) => {
            one_file.bytes().zip(other_file.bytes()).all(|bytes| matches!(bytes, (Ok(one), Ok(other)) if one == other))
        }
        _ => false,
    }
}

/// The copy of a store before its upgrade, and whether it was made by this run.
struct BackupFile {
    path: PathBuf,
    made: bool,
}

impl BackupFile {
    fn unmade(&self) {
        if self.made {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads the header by hand: a foreign or broken file is told before SQLite opens it, and not a byte changes. Answers the format.
fn check_header(path: &Path) -> Result<i64> {
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
    let version = big_endian(&header, 60);
    if version <= migrate::VERSION && is_cut_short(path, header)? {
        return Err(StoreError::Damaged(format!("{shown} is shorter than its header says")));
    }
    Ok(version)
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
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
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
