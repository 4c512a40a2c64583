//! A shop's store in a file, and how a test looks into it behind the program's back.

use std::any::Any;
use std::fmt::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rusqlite::Connection;

/// What is in the file of a new desk.
static NEW: OnceLock<Vec<u8>> = OnceLock::new();

/// The file.
pub struct File(PathBuf);

impl File {
    pub fn within(folder: &Path) -> File {
        File(folder.join("desk.db"))
    }

    /// A file as `init` made the first one, where it did.
    pub fn ready(folder: &Path) -> Option<File> {
        let file = File::within(folder);
        std::fs::write(&file.0, NEW.get()?).expect("the file can be written");
        std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o600)).expect("it can be kept to its owner");
        Some(file)
    }

    /// Keeps what is in it, which is as every plain `init` makes it.
    pub fn keep_as_new(&self) {
        NEW.get_or_init(|| self.saved());
    }

    pub fn address(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    pub fn exists(&self) -> bool {
        self.0.exists()
    }

    pub fn operations(&self) -> i64 {
        self.opened().query_row("SELECT COUNT(*) FROM operation", [], |row| row.get(0)).expect("a log")
    }

    /// All rows; where there is no readable store, the bytes of whatever is there.
    pub fn state(&self) -> String {
        self.rows().unwrap_or_else(|_| format!("{:?}", std::fs::read(&self.0).ok()))
    }

    fn rows(&self) -> rusqlite::Result<String> {
        if !self.0.is_file() {
            return Err(rusqlite::Error::InvalidQuery);
        }
        let connection = self.opened();
        let mut state = String::new();
        let tables: Vec<String> = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for table in tables {
            let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let cells: Vec<rusqlite::types::Value> =
                    (0..columns).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                writeln!(state, "{table} {cells:?}").expect("a string grows");
            }
        }
        Ok(state)
    }

    pub fn locked(&self) -> Box<dyn Any> {
        let connection = self.opened();
        connection.execute_batch("BEGIN IMMEDIATE").expect("the lock is free");
        Box::new(connection)
    }

    pub fn saved(&self) -> Vec<u8> {
        self.flushed();
        std::fs::read(&self.0).expect("the file can be read")
    }

    pub fn restored(&self, saved: &[u8]) {
        self.flushed();
        std::fs::write(&self.0, saved).expect("the file can be written");
    }

    pub fn tampered(&self, sql: &str) {
        let connection = self.opened();
        connection
            .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            .and_then(|()| connection.execute_batch(sql))
            .expect("the store can be tampered with");
        assert!(connection.total_changes() > 0, "{sql} changes nothing");
    }

    pub fn made_foreign(&self) {
        self.opened().execute_batch("CREATE TABLE customer (id TEXT);").expect("a database");
    }

    pub fn made_of(&self, file: &Path) {
        std::fs::copy(file, &self.0).expect("the file can be copied");
    }

    pub fn state_of_copy(&self) -> Option<String> {
        let folder = self.0.parent().expect("a file is in a folder");
        let files = std::fs::read_dir(folder).expect("the folder can be read").map(|file| file.expect("a file").path());
        let mut copies = files.filter(|file| file.to_string_lossy().ends_with(".bak"));
        let copy = copies.next()?;
        assert!(copies.next().is_none(), "there is more than one copy");
        let name = copy.file_name().expect("a name").to_string_lossy();
        let format = name.strip_prefix("desk.db.format-").and_then(|rest| rest.strip_suffix(".bak"));
        assert!(format.is_some_and(|format| format.parse::<u8>().is_ok()), "{name}");
        assert_eq!(std::fs::metadata(&copy).expect("the copy").permissions().mode() & 0o777, 0o600);
        Some(File(copy).state())
    }

    pub fn made_newer(&self) {
        self.flushed();
        let file = std::fs::OpenOptions::new().write(true).open(&self.0).expect("the file can be written");
        file.write_all_at(&99_u32.to_be_bytes(), 60).expect("the header can be written");
    }

    /// Brings everything into the one file.
    pub fn flushed(&self) {
        self.opened()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
            .map(|busy| assert_eq!(busy, 0, "somebody reads the store"))
            .expect("the store can be flushed");
    }

    fn opened(&self) -> Connection {
        Connection::open(&self.0).expect("the store opens")
    }
}

/// All rows of a store in a file, each with its table and the columns of that; tables in the order in which they were made.
pub fn rows_of(file: &Path) -> Vec<(String, Vec<String>, Vec<rusqlite::types::Value>)> {
    let connection = Connection::open(format!("file:{}?immutable=1", file.display())).expect("the store opens");
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid")
        .expect("a schema");
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).expect("tables").collect::<Result<_, _>>().expect("names");
    let mut found = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let values = (0..columns.len()).map(|at| row.get(at)).collect::<Result<_, _>>().expect("values");
            found.push((table.clone(), columns.clone(), values));
        }
    }
    found
}
