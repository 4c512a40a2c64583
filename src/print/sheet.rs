//! What a printed document says, whatever it is printed as: HTML and PDF are both made of a sheet. Every text in it is as it will be
//! read, in the words of its language; nothing is computed from here on.

use serde::Serialize;

use super::code::Code;
use super::picture::Picture;

/// A document to print.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Sheet {
    /// The stem of its template's name.
    pub kind: &'static str,
    pub id: String,
    /// What it is named by: its number, or its id while it has none.
    pub number: String,
    /// What it is, with its number.
    pub title: String,
    /// That it is a draft, or cancelled.
    pub mark: Option<String>,
    pub seller: Party,
    pub buyer: Option<Party>,
    /// What stands beside the address.
    pub facts: Vec<Fact>,
    /// What stands above the tables.
    pub remarks: Vec<String>,
    pub tables: Vec<Table>,
    pub totals: Vec<Total>,
    /// What stands below them: each a label, which may be empty, and a text.
    pub notes: Vec<Fact>,
    pub pictures: Vec<Picture>,
    pub code: Option<Code>,
    /// What stands at the foot of each page.
    pub foot: String,
    /// What is written for `{page}` and `{pages}`, and before a sum that goes on from page to page.
    pub page: String,
    pub carried_over: String,
}

/// One of the two sides of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Party {
    pub name: String,
    /// Its address, a line each.
    pub address: Vec<String>,
    pub facts: Vec<Fact>,
}

/// A value with its label. Templates find it by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    pub key: &'static str,
    pub label: String,
    pub value: String,
}

/// A table, as long as it needs to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    pub key: &'static str,
    pub heading: Option<String>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    pub key: &'static str,
    pub label: String,
    /// Whether it holds numbers, which stand below one another.
    pub number: bool,
}

/// A row of a table, with a cell for each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// What the rows come to up to this one; none in a table that is no sum.
    pub sum: Option<String>,
}

/// A cell, with what stands small below its text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cell {
    pub text: String,
    pub below: Vec<String>,
}

/// A line of what it all comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    pub key: &'static str,
    pub label: String,
    pub amount: String,
    /// Whether it is what the reader looks for first.
    pub strong: bool,
}

impl Fact {
    /// A value with its label.
    pub fn new(key: &'static str, label: &str, value: impl Into<String>) -> Fact {
        Fact { key, label: label.to_owned(), value: printable(&value.into()) }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell { text: printable(text), below: Vec::new() }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::from(text.as_str())
    }
}

/// A text that somebody wrote, as it may be printed: without control characters, and without those that would turn what stands
/// beside it around. Lines stay lines.
pub fn printable(text: &str) -> String {
    let is_printed = |c: &char| {
        *c == '\n'
            || !(c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
    };
    text.replace("\r\n", "\n").replace('\t', " ").chars().filter(is_printed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_page_is_not_printed() {
        let table = [
            ("Zoë 李 שלום 👩\u{200d}🔧 a\u{a0}b", "Zoë 李 שלום 👩\u{200d}🔧 a\u{a0}b"),
            ("two\r\nlines\n", "two\nlines\n"),
            ("\u{202e}gpj.exe\u{2066}\u{feff}", "gpj.exe"),
            ("a\tb\u{0}\u{1b}[2J\u{85}", "a b[2J"),
        ];
        for (text, printed) in table {
            assert_eq!(printable(text), printed);
        }
    }
}
