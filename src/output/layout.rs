//! How the columns of a table may be treated, and how a row of them is laid out in the room that there is: names and texts are
//! cut, then the least telling columns are left out; ids, numbers, amounts and days are never broken (contract, section 2).

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width, presets};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What a value is to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An id, a word, a day, a switch: never broken.
    Whole,
    /// A number or an amount: never broken, aligned on the right.
    Number,
    /// A number that tells nothing where it is zero, such as a discount.
    Rare,
    /// A name or a text, which may be cut.
    Text,
    /// The id of a record of that kind: it stands with the record's name, which may be cut.
    Named(&'static str),
    /// A moment, which stands as the clocks of the desk show it: its name in the lookup of names, under the kind `time`.
    Time,
    /// An object that tells the kind and the id of a record of one of those kinds.
    Either(&'static [&'static str]),
    /// A text that tells nothing where it is the name of the record that the key of that kind refers to.
    Label(&'static str),
    /// A value, and behind that word what stands under another key, where the two differ: a day and another, a state and its end.
    Beside(&'static str, &'static str),
}

impl Form {
    /// Whether it stands on the right of its column.
    pub fn is_right(self) -> bool {
        matches!(self, Form::Number | Form::Rare)
    }
}

/// What is known of the records of one kind, or of the objects in a list of that key.
#[derive(Clone, Copy)]
pub struct Layout {
    pub kind: &'static str,
    /// The columns of a table of them; none where their own keys are.
    pub columns: &'static [&'static str],
    /// What is left out where there is no room, the least telling first.
    pub least: &'static [&'static str],
    /// Keys under which lists of objects stand, also where one is empty.
    pub lists: &'static [&'static str],
    /// Whether only columns are told in which something stands.
    pub filled: bool,
    /// What a bar behind each row is as long as, on a terminal that has room for it.
    pub bars: Option<Bars>,
    /// What the value of each of their keys is; nothing where only the values tell it.
    pub form_of: fn(&'static str, &str) -> Option<Form>,
}

/// What the bars of a table show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bars {
    /// The keys of their numbers: the first of them under which any row has one.
    pub of: &'static [&'static str],
    /// The key of what numbers are compared within, such as their currency.
    pub within: &'static str,
}

impl Layout {
    /// What the value under `key` is, as far as it is known.
    pub fn form(&self, key: &str) -> Option<Form> {
        (self.form_of)(self.kind, key)
    }
}

/// The least that is left of a text that is cut, in columns of the terminal.
const LEAST_TEXT: usize = 20;

/// The least that is left of a name that stands beside an id.
const LEAST_NAME: usize = 8;

/// Blanks between two columns.
pub const GAP: usize = 2;

/// What stands in a table where a row and a column meet: one value or several.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cell(Vec<Item>);

/// A value: what is never broken, and what may be cut behind it. Either may be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub whole: String,
    pub text: String,
}

impl Item {
    /// What is never broken.
    pub fn whole(text: String) -> Item {
        Item { whole: text, text: String::new() }
    }

    /// What may be cut.
    pub fn text(text: String) -> Item {
        Item { whole: String::new(), text }
    }

    fn full(&self) -> String {
        match (self.whole.as_str(), self.text.as_str()) {
            (whole, "") => whole.to_owned(),
            ("", text) => text.to_owned(),
            (whole, text) => format!("{whole} {text}"),
        }
    }

    fn without_name(&self) -> &str {
        if self.whole.is_empty() { &self.text } else { &self.whole }
    }

    fn least(&self) -> usize {
        match self.whole.as_str() {
            "" => self.text.width().min(LEAST_TEXT),
            whole if self.text.is_empty() => whole.width(),
            whole => whole.width() + 1 + self.text.width().min(LEAST_NAME),
        }
    }

    fn shown(&self, room: usize) -> String {
        let full = self.full();
        if full.width() <= room {
            return full;
        }
        let left = room.saturating_sub(self.whole.width() + 1);
        match (self.whole.as_str(), self.text.as_str()) {
            (whole, "") => whole.to_owned(),
            ("", text) => cut(text, room),
            // A name of which only the mark would be left tells nothing.
            (whole, _) if left < 2 => whole.to_owned(),
            (whole, text) => format!("{whole} {}", cut(text, left)),
        }
    }
}

impl From<Vec<Item>> for Cell {
    fn from(items: Vec<Item>) -> Cell {
        Cell(items)
    }
}

impl From<Item> for Cell {
    fn from(item: Item) -> Cell {
        Cell(vec![item])
    }
}

impl Cell {
    /// All of it.
    pub fn full(&self) -> String {
        joined(self.0.iter().map(Item::full))
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|item| item.whole.is_empty() && item.text.is_empty())
    }

    /// How wide it is when nothing is cut.
    pub fn width(&self) -> usize {
        self.full().width()
    }

    /// How wide it is at the least.
    fn least(&self) -> usize {
        match self.0.as_slice() {
            [] => 0,
            [one] => one.least(),
            [first, ..] => (first.without_name().width() + MORE.width()).min(self.width()),
        }
    }

    /// As much of it as there is room for: of several values as many as can stand whole, without their names where that makes
    /// room.
    pub fn shown(&self, room: usize) -> String {
        let full = self.full();
        if full.width() <= room {
            return full;
        }
        let (first, rest) = match self.0.as_slice() {
            [] => return String::new(),
            [one] => return one.shown(room),
            [first, rest @ ..] => (first, rest),
        };
        let mut text = first.without_name().to_owned();
        for (at, item) in rest.iter().enumerate() {
            let longer = format!("{text}, {}", item.without_name());
            let more = if at + 1 < rest.len() { MORE.width() } else { 0 };
            if longer.width() + more > room {
                return text + MORE;
            }
            text = longer;
        }
        text
    }

    /// Several values that are wider than that in cells below each other; any other cell as it is.
    pub fn broken(self, room: usize) -> Vec<Cell> {
        if self.0.len() < 2 || self.width() <= room {
            return vec![self];
        }
        self.lines(Some(room)).into_iter().map(|line| Item::whole(line).into()).collect()
    }

    /// All of it in lines of that width, broken between values and words; a word of a text is broken where it is longer than a
    /// line, what is never broken sticks out.
    pub fn lines(&self, room: Option<usize>) -> Vec<String> {
        let Some(room) = room else {
            return vec![self.full()];
        };
        let mut lines = vec![String::new()];
        let last = self.0.len().saturating_sub(1);
        for (at, item) in self.0.iter().enumerate() {
            let comma = if at < last { "," } else { "" };
            let mut words: Vec<(String, bool)> = Vec::new();
            if !item.whole.is_empty() {
                words.push((item.whole.clone(), false));
            }
            words.extend(item.text.split(' ').filter(|word| !word.is_empty()).map(|word| (word.to_owned(), true)));
            if let Some((word, _)) = words.last_mut() {
                word.push_str(comma);
            }
            for (word, breaks) in words {
                add_word(&mut lines, &word, breaks, room.max(1));
            }
        }
        lines
    }
}

/// Stands behind the last value that there was room for.
const MORE: &str = ", …";

fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

fn add_word(lines: &mut Vec<String>, word: &str, breaks: bool, room: usize) {
    let Some(line) = lines.last_mut() else {
        return;
    };
    if line.is_empty() || line.width() + 1 + word.width() <= room {
        if !line.is_empty() {
            line.push(' ');
        }
        if !breaks || word.width() <= room {
            line.push_str(word);
            return;
        }
    } else {
        lines.push(String::new());
        return add_word(lines, word, breaks, room);
    }
    for grapheme in word.graphemes(true) {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.width() + grapheme.width() <= room => line.push_str(grapheme),
            _ => lines.push(grapheme.to_owned()),
        }
    }
}

/// A text cut to that width, with a mark where the rest was.
fn cut(text: &str, room: usize) -> String {
    let mut kept = String::new();
    let mut width = 0;
    for grapheme in text.graphemes(true) {
        width += grapheme.width();
        if width + 1 > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// A column as it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub width: usize,
    /// Whether its texts stand on the right.
    pub right: bool,
}

/// Rows as lines, a text for each column, without blanks at their ends. A text that is wider than its column moves what stands
/// behind it in its row, and nothing else.
pub fn laid_out(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let total: usize = columns.iter().map(|column| column.width + GAP).sum();
    let fits = |row: &Vec<String>| {
        total <= usize::from(u16::MAX) && columns.iter().zip(row).all(|(column, text)| text.width() <= column.width)
    };
    let mut lines = Vec::with_capacity(rows.len());
    for rows in rows.chunk_by(|one, other| fits(one) && fits(other)) {
        match rows {
            [row] if !fits(row) => lines.push(moved(columns, row)),
            rows => lines.extend(in_columns(columns, rows)),
        }
    }
    lines
}

/// Rows in which everything fits.
fn in_columns(columns: &[Column], rows: &[Vec<String>]) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(rows.iter().map(Row::from));
    let gap = u16::try_from(GAP).unwrap_or_default();
    for (column, told) in table.column_iter_mut().zip(columns) {
        let width = u16::try_from(told.width).unwrap_or(u16::MAX);
        column
            .set_padding((0, gap))
            .set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(gap))));
        column.set_cell_alignment(if told.right { CellAlignment::Right } else { CellAlignment::Left });
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// A row in which something is wider than its column, which a table would break into lines.
fn moved(columns: &[Column], row: &[String]) -> String {
    let mut line = String::new();
    for (column, text) in columns.iter().zip(row) {
        let blanks = " ".repeat(column.width.saturating_sub(text.width()));
        let (before, behind) = if column.right { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
        line.extend([before, text, behind]);
        line.push_str(&" ".repeat(GAP));
    }
    line.truncate(line.trim_end().len());
    line
}

/// How wide a column is: all of it, and at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub full: usize,
    pub least: usize,
}

impl Extent {
    /// Under that head, which is never cut.
    pub fn of<'c>(head: &str, cells: impl Iterator<Item = &'c Cell>) -> Extent {
        let head = head.width();
        cells.fold(Extent { full: head, least: head }, |extent, cell| Extent {
            full: extent.full.max(cell.width()),
            least: extent.least.max(cell.least()),
        })
    }
}

/// How wide each column is in the room that there is; none for one that is left out. `order` names columns, the one that is
/// left out first in front; one that it does not name stays.
pub fn fitted(extents: &[Extent], order: &[usize], room: Option<usize>) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = extents.iter().map(|extent| Some(extent.full)).collect();
    let Some(room) = room else {
        return widths;
    };
    let mut order = order.iter();
    let needed = |widths: &[Option<usize>], width_of: fn(&Extent) -> usize| {
        let kept = extents.iter().zip(widths).filter(|(_, width)| width.is_some());
        kept.map(|(extent, _)| width_of(extent) + GAP).sum::<usize>().saturating_sub(GAP)
    };
    let mut left_out = Vec::new();
    while needed(&widths, |extent| extent.least) > room
        && let Some(at) = order.next()
    {
        if let Some(width) = widths.get_mut(*at) {
            *width = None;
            left_out.push(*at);
        }
    }
    // Where a wide one had to go, a narrow one that went before it may come back.
    for at in left_out.into_iter().rev() {
        if let (Some(width), Some(extent)) = (widths.get_mut(at), extents.get(at)) {
            *width = Some(extent.full);
            if needed(&widths, |extent| extent.least) > room
                && let Some(width) = widths.get_mut(at)
            {
                *width = None;
            }
        }
    }
    // The widest gives way first, so that what is short stays whole.
    let mut excess = needed(&widths, |extent| extent.full).saturating_sub(room);
    while excess > 0 {
        let cuttable = widths
            .iter_mut()
            .zip(extents)
            .filter_map(|(width, extent)| width.as_mut().filter(|width| **width > extent.least));
        match cuttable.max_by_key(|width| **width) {
            Some(width) => *width -= 1,
            None => break,
        }
        excess -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, name: &str) -> Item {
        Item { whole: id.to_owned(), text: name.to_owned() }
    }

    #[test]
    fn a_cell_is_cut_where_it_may_be() {
        let text = |text: &str| Cell::from(Item::text(text.to_owned()));
        let whole = |text: &str| Cell::from(Item::whole(text.to_owned()));
        let list = || Cell::from(vec![named("ann", "Ann Smith"), named("bob", "Bob"), named("cyd", "")]);
        let table = [
            (text("Two lamps flicker"), 17, "Two lamps flicker"),
            (text("Two lamps flicker"), 11, "Two lamps…"),
            (text("Two lamps flicker"), 8, "Two lam…"),
            (text("李李李李"), 6, "李李…"),
            (text("e\u{301}e\u{301}e\u{301}"), 2, "e\u{301}…"),
            (text("👩‍🔧👩‍🔧"), 3, "👩‍🔧…"),
            (whole("WH/IN/00001"), 4, "WH/IN/00001"),
            (named("C00001", "Ada Ltd").into(), 14, "C00001 Ada Ltd"),
            (named("C00001", "Ada Ltd").into(), 10, "C00001 Ad…"),
            (named("C00001", "Ada Ltd").into(), 8, "C00001"),
            (named("C00001", "Ada Ltd").into(), 3, "C00001"),
            (list(), 40, "ann Ann Smith, bob Bob, cyd"),
            (list(), 26, "ann, bob, cyd"),
            (list(), 13, "ann, bob, cyd"),
            (list(), 12, "ann, bob, …"),
            (list(), 10, "ann, …"),
            (list(), 5, "ann, …"),
            (Cell::default(), 3, ""),
        ];
        for (cell, room, shown) in table {
            assert_eq!(cell.shown(room), shown, "{cell:?} in {room}");
        }
    }

    #[test]
    fn what_is_wider_than_its_column_moves_its_own_row() {
        let columns =
            [Column { width: 4, right: false }, Column { width: 6, right: true }, Column { width: 3, right: false }];
        let rows = [["id", "amount", "x"], ["李李", "1.00", ""], ["ab cd ef", "2.00", "y"], ["", "12.00", "z"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        let lines = laid_out(&columns, &rows);
        assert_eq!(lines, ["id    amount  x", "李李    1.00", "ab cd ef    2.00  y", "       12.00  z"]);
        // By hand it looks as it does in a table.
        for (row, line) in rows.iter().zip(&lines) {
            assert_eq!(moved(&columns, row), *line);
        }
        let far = "x".repeat(70_000);
        let wide = [Column { width: far.len(), right: false }, Column { width: 1, right: false }];
        let rows = [vec![far.clone(), "y".to_owned()], vec!["z".to_owned(), "y".to_owned()]];
        assert_eq!(laid_out(&wide, &rows), [format!("{far}  y"), format!("z{}  y", " ".repeat(far.len() - 1))]);
    }

    #[test]
    fn lines_break_between_words_and_values() {
        let table = [
            (Cell::from(Item::text("one two three".to_owned())), 7, vec!["one two", "three"]),
            (Cell::from(Item::text("abcdefghij k".to_owned())), 4, vec!["abcd", "efgh", "ij k"]),
            (Cell::from(Item::whole("WH/OUT/00001".to_owned())), 4, vec!["WH/OUT/00001"]),
            (Cell::from(vec![named("ann", "Ann Smith"), named("bob", "")]), 10, vec!["ann Ann", "Smith, bob"]),
            (Cell::default(), 4, vec![""]),
        ];
        for (cell, room, lines) in table {
            assert_eq!(cell.lines(Some(room)), lines, "{cell:?} in {room}");
        }
    }

    #[test]
    fn several_values_go_on_in_cells_below() {
        let cell = |ids: &[&str]| Cell::from(ids.iter().map(|id| named(id, "")).collect::<Vec<_>>());
        let broken = |cell: Cell, room| cell.broken(room).iter().map(Cell::full).collect::<Vec<_>>();
        assert_eq!(broken(cell(&["SN-1", "SN-2", "SN-3"]), 12), ["SN-1, SN-2,", "SN-3"]);
        assert_eq!(broken(cell(&["SN-1", "SN-2"]), 12), ["SN-1, SN-2"]);
        assert_eq!(broken(cell(&["a text that is one value stays one"]), 12), ["a text that is one value stays one"]);
        assert_eq!(broken(Cell::default(), 12), [""]);
    }

    #[test]
    fn texts_give_way_before_columns_do() {
        let extent = |full, least| Extent { full, least };
        let columns = [extent(6, 6), extent(30, 10), extent(20, 8), extent(5, 5)];
        let table: [(Option<usize>, [Option<usize>; 4]); 8] = [
            (None, [Some(6), Some(30), Some(20), Some(5)]),
            (Some(67), [Some(6), Some(30), Some(20), Some(5)]),
            (Some(60), [Some(6), Some(23), Some(20), Some(5)]),
            (Some(35), [Some(6), Some(10), Some(8), Some(5)]),
            (Some(34), [Some(6), Some(19), None, Some(5)]),
            (Some(20), [Some(6), Some(12), None, None]),
            (Some(15), [Some(6), None, None, Some(5)]),
            (Some(3), [Some(6), None, None, None]),
        ];
        for (room, expected) in table {
            assert_eq!(fitted(&columns, &[2, 3, 1], room), expected, "{room:?}");
        }
    }
}
