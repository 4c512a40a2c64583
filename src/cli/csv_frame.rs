//! The frame of CSV, whatever its rows are: what parts the columns, which a line `sep=;` above the header may say; the header; the
//! words for yes and no; and the way of rows to the thread that runs them.

use std::io::{BufRead, Chain, Cursor, Error, Read, Result};
use std::sync::mpsc::SyncSender;

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::command::pipeline::bulk::{Batch, Line};

/// How many lines go on at a time.
const BATCH: usize = 100;

/// What parts the columns, in the order of preference.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// What is known of a file before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The row of the header, counted from 1.
    pub header: u64,
    /// What parts the columns; none where that is to be seen.
    pub separator: Option<u8>,
}

impl Known {
    /// Nothing: the header is the first row, and shows what parts it.
    pub const NOTHING: Known = Known { header: 1, separator: None };
}

/// A file behind its header.
pub struct Frame<R> {
    reader: Reader<Chain<Cursor<Vec<u8>>, R>>,
    /// The names of the columns.
    pub header: ByteRecord,
    pub separator: u8,
    /// What is added to the line that the reader tells: the lines above the header, and the second half of its CR LF, which the
    /// reader takes for the next record's.
    ahead: u64,
}

impl<R: BufRead> Frame<R> {
    /// Reads the header.
    pub fn open(mut input: R, known: Known) -> Result<Frame<R>> {
        let start = input.fill_buf()?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(Error::other("it is UTF-16; save it as CSV in UTF-8"));
        }
        for _ in 1..known.header {
            input.read_until(b'\n', &mut Vec::new())?;
        }
        let Head { bytes, separator, above } = head_of(&mut input)?;
        let ahead = u64::from(bytes.len() > 2 && bytes.ends_with(b"\r\n"));
        let ahead = ahead.saturating_add(above).saturating_add(known.header.saturating_sub(1));
        let separator = known.separator.or(separator).unwrap_or_else(|| separator_of(&bytes));
        let input = Cursor::new(bytes).chain(input);
        let mut reader = ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(input);
        let header = reader.byte_headers().map_err(Error::other)?.clone();
        Ok(Frame { reader, header, separator, ahead })
    }

    /// Reads the next row; answers its line, or none at the end.
    pub fn next(&mut self, row: &mut ByteRecord) -> std::result::Result<Option<u64>, csv::Error> {
        if !self.reader.read_byte_record(row)? {
            return Ok(None);
        }
        Ok(Some(row.position().map_or(0, csv::Position::line).saturating_add(self.ahead)))
    }
}

/// The line that names the columns.
struct Head {
    bytes: Vec<u8>,
    /// What parts the columns, where a line above says it.
    separator: Option<u8>,
    /// How many lines stand above.
    above: u64,
}

/// Reads the header, which may go on inside quotes; a line `sep=;` above it is what spreadsheets write for each other.
fn head_of(input: &mut impl BufRead) -> Result<Head> {
    let mut read = || {
        let mut line = Vec::new();
        let in_quotes = |line: &[u8]| line.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        while input.read_until(b'\n', &mut line)? > 0 && in_quotes(&line) {}
        Result::Ok(line)
    };
    let first = read()?;
    let bare = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&first);
    let is_end = |byte: &u8| b" \r\n".contains(byte);
    match bare {
        [b's', b'e', b'p', b'=', separator, end @ ..] if !is_end(separator) && end.iter().all(is_end) => {
            Ok(Head { separator: Some(*separator), above: 1, bytes: read()? })
        }
        _ => Ok(Head { separator: None, above: 0, bytes: first }),
    }
}

/// What parts the names of a header: the one of the three that stands most often outside quotes.
fn separator_of(header: &[u8]) -> u8 {
    let mut in_quotes = false;
    let mut counts = SEPARATORS.map(|separator| (separator, 0_usize));
    for byte in header {
        in_quotes ^= *byte == b'"';
        for (separator, count) in &mut counts {
            *count += usize::from(!in_quotes && byte == separator);
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max();
    counts.iter().find(|(_, count)| Some(*count) == most).map_or(b',', |(separator, _)| *separator)
}

/// What a cell says as a switch, in the languages of the desk; none where it is neither.
pub fn switch(cell: &str) -> Option<bool> {
    const YES: &[&str] = &["yes", "true", "1", "ja", "oui", "y", "x"];
    const NO: &[&str] = &["no", "false", "0", "nein", "non", "n"];
    let is_one_of = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    if is_one_of(YES) { Some(true) } else { is_one_of(NO).then_some(false) }
}

/// Sends lines on, some at a time, and behind them why no more can be read. `each` hands them over until it is told that nobody
/// waits for them any more.
pub fn send_on<E: Into<Error>>(
    sender: &SyncSender<Batch>,
    each: impl FnOnce(&mut dyn FnMut(Line) -> bool) -> std::result::Result<(), E>,
) {
    let mut batch = Vec::new();
    let ended = each(&mut |line| {
        batch.push(line);
        batch.len() < BATCH || sender.send(Ok(std::mem::take(&mut batch))).is_ok()
    });
    let _ = match ended {
        Ok(()) => sender.send(Ok(batch)),
        Err(error) => sender.send(Ok(batch)).and_then(|()| sender.send(Err(error.into()))),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What parts the columns, their names, and the rows with their lines.
    fn read(csv: &str, known: Known) -> (char, String, Vec<(u64, String)>) {
        let mut frame = Frame::open(csv.as_bytes(), known).unwrap();
        let told = |row: &ByteRecord| row.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join("|");
        let (names, mut rows, mut row) = (told(&frame.header), Vec::new(), ByteRecord::new());
        while let Some(line) = frame.next(&mut row).unwrap() {
            rows.push((line, told(&row)));
        }
        (char::from(frame.separator), names, rows)
    }

    #[test]
    fn a_file_is_read_as_its_header_and_what_stands_above_it_say() {
        let below = Known { header: 3, separator: None };
        for (csv, known, separator, names, line) in [
            ("id;name\nA;a,b\n", Known::NOTHING, ';', "id|name", 2),
            ("id\tname\r\nA\ta,b\r\n", Known::NOTHING, '\t', "id|name", 2),
            ("\u{feff}id;name\r\nA;a,b\r\n", Known::NOTHING, ';', "id|name", 2),
            ("sep=;\r\nid;name\r\nA;a,b\r\n", Known::NOTHING, ';', "id|name", 3),
            ("\u{feff}sep=|\nid|name\nA|a,b\n", Known::NOTHING, '|', "id|name", 3),
            ("sep=\t\nid\tname\nA\ta,b\n", Known::NOTHING, '\t', "id|name", 3),
            ("id,\"a;b;c\nd\"\nA,\"a,b\"\n", Known::NOTHING, ',', "id|a;b;c\nd", 3),
            ("Report;;\n;;\nid;name\nA;a,b\n", below, ';', "id|name", 4),
            ("id,n;a;m;e\nA,\"a,b\"\n", Known { header: 1, separator: Some(b',') }, ',', "id|n;a;m;e", 2),
        ] {
            let expected = (separator, names.to_owned(), vec![(line, "A|a,b".to_owned())]);
            assert_eq!(read(csv, known), expected, "{csv:?}");
        }
        let refused = Frame::open(&b"\xff\xfei\x00d\x00"[..], Known::NOTHING).err().unwrap();
        assert!(refused.to_string().contains("UTF-16"), "{refused}");
    }

    #[test]
    fn switches_are_said_in_many_words() {
        for (cell, said) in [
            ("TRUE", Some(true)),
            ("Ja", Some(true)),
            ("x", Some(true)),
            ("no", Some(false)),
            ("False", Some(false)),
            ("0", Some(false)),
            ("maybe", None),
            ("", None),
        ] {
            assert_eq!(switch(cell), said, "{cell}");
        }
    }
}
