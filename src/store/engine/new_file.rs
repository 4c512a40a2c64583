//! Files that come to their name whole: each is made under another name in the folder where it will be, and what a run that was
//! ended early has left there is removed by the next.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::StoreError;

/// How the names of files begin and end that are still being made.
const MAKING: (&str, &str) = (".aftersales-", ".new");

/// What SQLite lays beside a file while it works on it.
pub const BESIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// A file that is being made, for its owner alone. It is locked for as long as somebody is at it, so that what nobody is at any
/// longer is known as left over. Dropped, it is gone.
pub struct NewFile(NamedTempFile);

/// What became of a file that was to get its name.
pub enum Placed {
    Done,
    /// Another had the name already.
    Taken(NewFile),
}

impl NewFile {
    /// A file in the folder of `path`, where it will be.
    pub fn beside(path: &Path) -> Result<NewFile> {
        let folder = folder_of(path);
        remove_leftovers(folder);
        loop {
            let file = tempfile::Builder::new().prefix(MAKING.0).suffix(MAKING.1).tempfile_in(folder)?;
            // A file system without locks has no leftovers removed either.
            let _ = file.as_file().lock();
            // Another may have taken it for a leftover before it was locked.
            if file.path().exists() {
                return Ok(NewFile(file));
            }
        }
    }

    /// Where it lies while it is made.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The file itself, to write to.
    pub fn as_file(&self) -> &File {
        self.0.as_file()
    }

    /// Gives the file its name, in the place of whatever has it: whoever looks sees the one or the other, whole and durable.
    pub fn replace(self, path: &Path) -> Result<()> {
        self.0.as_file().sync_all()?;
        self.0.persist(path).map_err(|kept| kept.error)?;
        sync_folder(folder_of(path));
        Ok(())
    }

    /// Gives the file its name as [`NewFile::replace`] does, but durable only when the system gets to it: for what can be made again.
    pub fn put(self, path: &Path) -> Result<()> {
        self.0.persist(path).map_err(|kept| kept.error)?;
        Ok(())
    }

    /// Gives the file its name where nothing has it.
    pub fn place(self, path: &Path) -> Result<Placed> {
        self.0.as_file().sync_all()?;
        match self.0.persist_noclobber(path) {
            Ok(_) => {
                sync_folder(folder_of(path));
                Ok(Placed::Done)
            }
            Err(kept) if kept.error.kind() == ErrorKind::AlreadyExists => Ok(Placed::Taken(NewFile(kept.file))),
            Err(kept) => Err(kept.error),
        }
    }
}

/// Removes what runs that were ended early have left in a folder.
pub fn remove_leftovers(folder: &Path) {
    each_leftover(folder, |path| drop(std::fs::remove_file(path)));
}

/// What runs that were ended early have left in a folder, in order.
pub fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    each_leftover(folder, |path| found.push(path.to_owned()));
    found.sort();
    found
}

/// Goes over what is left in a folder, each while it is known that nobody is at it.
fn each_leftover(folder: &Path, mut left: impl FnMut(&Path)) {
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
        let is_left = match File::open(folder.join(made)) {
            Ok(file) => file.try_lock().is_ok(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if is_left {
            left(&file.path());
        }
    }
}

/// The path of a file beside another, which is named after it.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The folder in which a file lies.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name is durable when its folder is; where a folder cannot be synced, that is all there is to do.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Why a file could not be written: for want of room, or because it may not be.
pub fn unwritable(path: &Path, error: &Error) -> StoreError {
    // An error that is not the system's own tells what the file is called until it has its name, which is of no interest.
    let why = error.raw_os_error().map_or_else(|| error.kind().to_string(), |_| error.to_string());
    let told = format!("{}: {why}", path.display());
    if is_want_of_room(error) { StoreError::Full(told) } else { StoreError::ReadOnly(told) }
}

/// Whether more room would mend it.
pub fn is_want_of_room(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// Whether two files hold the same.
pub fn is_same(one: &Path, other: &Path) -> bool {
    fn read(path: &Path) -> Result<std::io::BufReader<File>> {
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
