//! What can be told of a store from outside its records: its file and the disk that it lies on, its server, how its schema differs from
//! what the scripts make. Nothing of it changes here.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::migrate::VERSION;
use super::new_file::{beside, folder_of, leftovers};
use super::{Db, Result};

/// The oldest major version of PostgreSQL that is maintained.
pub const OLDEST_SERVER: u32 = 14;

/// What this program can open: the formats of stores, and the engines under them; a name and what is told of it each.
pub fn engines() -> [(&'static str, String); 3] {
    [
        ("store format", format!("{VERSION} (reads 1 to {VERSION})")),
        ("sqlite", super::sqlite::version().to_owned()),
        ("postgresql", format!("{OLDEST_SERVER} or newer")),
    ]
}

/// A store's file, and what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHealth {
    pub bytes: u64,
    /// The rights of the file, as `chmod` knows them.
    pub mode: u32,
    pub can_write: bool,
    /// What lies in the log beside it, and is not in the file yet.
    pub log_bytes: u64,
    /// What runs that were ended early have left in its folder.
    pub leftovers: Vec<PathBuf>,
    /// How much room the disk has left; none where it does not tell.
    pub free_bytes: Option<u64>,
}

impl FileHealth {
    /// Looks at the file of a store.
    pub fn of(path: &Path) -> FileHealth {
        let metadata = std::fs::metadata(path).ok();
        FileHealth {
            bytes: metadata.as_ref().map_or(0, std::fs::Metadata::len),
            mode: metadata.as_ref().map_or(0, |metadata| metadata.mode() & 0o7777),
            can_write: super::sqlite::can_write(path),
            log_bytes: std::fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len()),
            leftovers: leftovers(folder_of(path)),
            free_bytes: free_bytes(folder_of(path)),
        }
    }
}

/// How much room is left where a folder is, for who is no administrator.
fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

/// What a server tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHealth {
    pub version: String,
    pub encoding: String,
}

impl Db {
    /// How the embedded engine keeps what is not in the file yet; none on a server.
    pub fn journal_mode(&self) -> Result<Option<String>> {
        self.sqlite().map(super::sqlite::Sqlite::journal_mode).transpose()
    }

    /// What the server tells of itself; none of a file.
    pub fn server(&self) -> Result<Option<ServerHealth>> {
        self.postgres().map(super::postgres::Postgres::health).transpose()
    }

    /// How the schema differs from what the scripts make.
    pub fn faults_of_schema(&self) -> Result<Vec<String>> {
        match (self.sqlite(), self.postgres()) {
            (Some(sqlite), _) => sqlite.faults_of_schema(),
            (None, Some(postgres)) => postgres.faults_of_schema(),
            (None, None) => Ok(Vec::new()),
        }
    }
}
