//! Output held back until all of it is there, so that a command that fails has printed nothing (contract, section 2). What is
//! long lies in a temporary file meanwhile: a list of any length takes the same memory.

use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

/// How much is held in memory, in bytes.
const IN_MEMORY: usize = 4 << 20;

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
        let mut whole = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        whole.seek(SeekFrom::Start(0))?;
        let mut piece = vec![0; 1 << 16];
        loop {
            match whole.read(&mut piece)? {
                0 => return out.flush(),
                length => out.write_all(piece.get(..length).unwrap_or_default())?,
            }
        }
    }
}

impl Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
