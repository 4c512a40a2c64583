//! Output held back until all of it is there, so that a command that fails has printed nothing (contract, section 2). What is
//! long lies in a temporary file meanwhile: a list of any length takes the same memory.

use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use std::fs::File;
use std::path::PathBuf;

use tempfile::{SpooledTempFile, TempDir};

/// How much is held in memory, in bytes.
const IN_MEMORY: usize = 4 << 20;

/// A temporary file that could not be made, or took no more.
#[derive(Debug, thiserror::Error)]
#[error("a temporary file in {} (TMPDIR names the folder): {error}", .folder.display())]
pub struct NoTemporary {
    folder: PathBuf,
    error: io::Error,
}

/// A fault of a temporary file, as such.
pub fn of_temporary(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), NoTemporary { folder: std::env::temp_dir(), error })
}

/// Whether it was a temporary file that failed.
pub fn is_of_temporary(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NoTemporary>())
}

/// A temporary file without a name, which is gone with the program.
pub fn temporary() -> io::Result<File> {
    tempfile::tempfile().map_err(of_temporary)
}

/// A temporary folder, which is gone with its value.
pub fn temporary_folder() -> io::Result<TempDir> {
    tempfile::tempdir().map_err(of_temporary)
}

/// Output that nobody has seen yet.
pub struct Spooled(BufWriter<SpooledTempFile>);

impl Spooled {
    /// Nothing yet.
    #[expect(clippy::new_without_default, reason = "there is no default output")]
    pub fn new() -> Spooled {
        Spooled(BufWriter::new(SpooledTempFile::new(IN_MEMORY)))
    }

    /// Prints all of it.
    pub fn send(self, out: &mut dyn Write) -> io::Result<()> {
        let mut whole = self.0.into_inner().map_err(|error| of_temporary(error.into_error()))?;
        whole.seek(SeekFrom::Start(0)).map_err(of_temporary)?;
        let mut piece = vec![0; 1 << 16];
        loop {
            match whole.read(&mut piece).map_err(of_temporary)? {
                0 => return out.flush(),
                length => out.write_all(piece.get(..length).unwrap_or_default())?,
            }
        }
    }
}

impl Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(of_temporary)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(of_temporary)
    }
}
