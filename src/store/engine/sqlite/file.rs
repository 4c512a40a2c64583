//! The file of a store before SQLite opens it: whether it is one of ours, of which format, and whether it is whole. Not a byte of it
//! changes here.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::super::new_file::{beside, folder_of, remove_leftovers};
use super::super::{Result, StoreError, migrate};
use super::{APPLICATION_ID, BUSY_STEP};

/// The file itself where `path` is a link to it: SQLite names its log after the file.
pub fn resolved(path: &Path) -> Result<PathBuf> {
    match std::fs::symlink_metadata(path) {
        Ok(link) if link.is_symlink() => path.canonicalize().map_err(|error| unreadable(path, &error)),
        _ => Ok(path.to_owned()),
    }
}

/// Refuses a file that has a second name (a hard link): SQLite names its log after the one that it is opened by, so that whoever
/// comes by the other would not see what was done, and lose it.
pub fn check_one_name(path: &Path) -> Result<()> {
    let names = || std::fs::metadata(path).map_or(1, |metadata| metadata.nlink());
    if names() > 1 {
        // A new store that was just put in its place may have had two for a moment.
        remove_leftovers(folder_of(path));
    }
    match names() {
        0 | 1 => Ok(()),
        names => Err(StoreError::Foreign(format!(
            "{} is one file under {names} names (hard links), and what is done under one of them is lost under the others; \
             a store needs a file of its own, to which symbolic links may lead",
            path.display()
        ))),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::PermissionDenied => StoreError::ReadOnly(format!("{}: {error}", path.display())),
        _ => StoreError::Missing(path.display().to_string()),
    }
}

/// Reads the header by hand: a foreign or broken file is told before SQLite opens it, and not a byte changes. Answers the format.
pub fn check_header(path: &Path) -> Result<i64> {
    let shown = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
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
    File::open(path).and_then(|file| file.take(HEADER as u64).read_to_end(&mut header)).map_err(|error| match error
        .kind()
    {
        ErrorKind::PermissionDenied => unreadable(path, &error),
        _ => StoreError::Damaged(format!("{}: {error}", path.display())),
    })?;
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

/// Whether a log with something in it lies beside the file.
pub fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

fn big_endian(header: &[u8], at: usize) -> i64 {
    header.iter().skip(at).take(4).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

/// Whether the file and its folder can be written.
pub fn writable(path: &Path) -> bool {
    std::fs::OpenOptions::new().append(true).open(path).is_ok()
        && path.parent().is_none_or(|folder| folder.as_os_str().is_empty() || !is_read_only(folder))
}

fn is_read_only(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().readonly())
}

/// Refuses a place where a log lies without its store: SQLite would take it for that of the store that is put there.
pub fn check_no_log(path: &Path) -> Result<()> {
    let of_another = ["-wal", "-journal"].map(|ending| beside(path, ending));
    match of_another.iter().find(|log| std::fs::metadata(log).is_ok_and(|log| log.len() > 0)) {
        None => Ok(()),
        Some(log) => Err(StoreError::Foreign(format!(
            "{} is the log of a store that is not there, and what comes in its place would be damaged by it; it goes back beside \
             its store, or away",
            log.display()
        ))),
    }
}

/// What tells whether a file was written: its length and when that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The file as it is now.
    pub fn of(path: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Stamp { length: metadata.len(), modified: (metadata.mtime(), metadata.mtime_nsec()) })
    }
}
