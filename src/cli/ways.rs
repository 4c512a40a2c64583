//! Ways in: files as people have them, read by a map (contract, section 7).

use std::io::{BufRead, Cursor, Read};
use std::sync::{Arc, Mutex};

mod cell;
mod headings;
pub mod kinds;
pub mod map;
pub mod report;
mod rows;
mod suggest;
mod taxes;

use super::csv_frame::{Frame, Known};
use cell::Encoding;
use map::{Map, SPREADSHEET};
pub use rows::{Desk, Notes, Sheet};
pub use suggest::Suggested;

use crate::domain::Result;

/// How much of a file is looked at to suggest how it is read.
const LOOKED_AT: u64 = 1 << 18;

/// A file on its way in.
pub type File = Box<dyn BufRead + Send>;

/// The map of that name for a file, and that which the file suggested; what was looked at of the file stands before the rest of it
/// again.
pub fn map_for(map: &str, name: &str, file: File) -> Result<(Map, File, Option<Suggested>)> {
    if map != SPREADSHEET {
        return Ok((Map::named(map)?, file, None));
    }
    let (suggested, map, file) = looked_at(name, file)?;
    Ok((map, file, Some(suggested.usable()?)))
}

/// The map that comes with the program for files with such a header, where there is one.
pub fn known_layout(file: &mut impl BufRead) -> Option<Map> {
    let frame = Frame::open(file, Known::NOTHING).ok()?;
    suggest::known(&Encoding::Seen.texts(&frame.header)?).map(|(map, _)| map)
}

/// What the file suggests, as far as its header tells how it is read.
pub fn suggested(name: &str, file: File) -> Result<(Suggested, File)> {
    looked_at(name, file).map(|(suggested, _, file)| (suggested, file))
}

/// The same, with the map itself.
fn looked_at(name: &str, mut file: File) -> Result<(Suggested, Map, File)> {
    let mut start = Vec::new();
    file.by_ref().take(LOOKED_AT).read_to_end(&mut start).map_err(|error| super::bulk::unreadable(name, &error))?;
    let (suggested, map) = suggest::map(name, &start)?;
    Ok((suggested, map, Box::new(Cursor::new(start).chain(file))))
}

/// A file behind its header, to be read by the map.
pub fn open(name: &str, file: File, map: Map, desk: Desk) -> Result<(Sheet<File>, Arc<Mutex<Notes>>)> {
    let notes: Arc<Mutex<Notes>> = Arc::default();
    let sheet = Sheet::open(name, file, Arc::new(map), desk, Arc::clone(&notes))?;
    Ok((sheet, notes))
}
