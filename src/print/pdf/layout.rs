//! A sheet on pages of A4: where each line, rule and picture stands. Rows are not torn while they fit a page, the head of a table is
//! repeated, and a sum goes on from page to page. Lengths are those of [`super::text`].

use super::fonts::Fonts;
use super::text::{self, Length, Line, POINT, Style};
use crate::print::sheet::{Fact, Party, Row, Sheet, Table};

/// A4.
pub const PAGE: (Length, Length) = (595_276, 841_890);

const LEFT: Length = 56_693;
const RIGHT: Length = PAGE.0 - 56_693;
const WIDTH: Length = RIGHT - LEFT;
const TOP: Length = 45_000;
/// Where the foot of a page begins.
const FOOT: Length = PAGE.1 - 52_000;
/// How far down what is printed may come.
const BOTTOM: Length = FOOT - 10_000;

const SMALL: Style = Style { size: 8 * POINT, bold: false, grey: true };
const PLAIN: Style = Style { size: 9 * POINT + 500, bold: false, grey: false };
const BOLD: Style = Style { bold: true, ..PLAIN };
const HEAD: Style = Style { size: 8 * POINT, bold: true, grey: false };
const NAME: Style = Style { size: 14 * POINT, bold: true, grey: false };
const TITLE: Style = Style { size: 17 * POINT, bold: true, grey: false };

/// Between the columns of a table, and above and below its rows.
const GAP: Length = 9_000;
const PAD: Length = 3_500;
/// How wide a column of numbers may be, of a thousandth of the page; what is wider is broken.
const WIDEST_NUMBER: Length = 230;
/// What a column of texts has at least.
const NARROWEST_TEXT: Length = 60_000;
/// How wide the code is, with the white around it.
const CODE: Length = 85_000;
/// How wide and high a picture may be.
const PICTURE: (Length, Length) = (300_000, 200_000);

/// What is drawn on a page; places are from its top left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A line of text, by its left end and its baseline.
    Text { x: Length, y: Length, line: Line, style: Style },
    /// A thin line across.
    Rule { x: Length, y: Length, width: Length, dark: bool },
    /// A box: a ground for the head of a table.
    Ground { x: Length, y: Length, width: Length, height: Length },
    /// The frame around a mark.
    Frame { x: Length, y: Length, width: Length, height: Length },
    /// The code of the sheet.
    Code { x: Length, y: Length, size: Length },
    /// A picture of the sheet, by its place there.
    Picture { x: Length, y: Length, width: Length, height: Length, picture: usize },
}

/// The items of a page.
pub type Page = Vec<Item>;

/// Lays a sheet out. `sizes` are those of its pictures, in pixels; none of one that cannot be drawn.
pub fn pages(fonts: &mut Fonts, sheet: &Sheet, sizes: &[Option<(u32, u32)>]) -> Vec<Page> {
    let mut setter = Setter { fonts, sheet, pages: vec![Page::new()], y: TOP };
    setter.head();
    setter.opening();
    for table in &sheet.tables {
        setter.table(table);
    }
    setter.totals();
    for note in &sheet.notes {
        setter.note(note);
    }
    setter.pictures(sizes);
    setter.feet();
    setter.pages
}

/// What is set so far.
struct Setter<'s> {
    fonts: &'s mut Fonts,
    sheet: &'s Sheet,
    pages: Vec<Page>,
    /// How far down the last page is filled.
    y: Length,
}

/// A cell of a table, ready to be set: its lines, each with its style.
type SetCell = Vec<(Line, Style)>;

/// Where a column stands.
struct Place {
    x: Length,
    width: Length,
    number: bool,
}

impl Setter<'_> {
    fn push(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    fn lines(&mut self, text: &str, style: Style, width: Length) -> Vec<Line> {
        text::lines(self.fonts, text, style, width)
    }

    /// Sets lines below one another from `y` on; answers where they end.
    fn set(&mut self, lines: Vec<Line>, style: Style, x: Length, y: Length) -> Length {
        let mut y = y;
        for line in lines {
            self.push(Item::Text { x, y: y + style.ascent(), line, style });
            y += style.leading();
        }
        y
    }

    /// Sets a line so that it ends at `right`.
    fn set_to_right(&mut self, line: Line, style: Style, right: Length, y: Length) {
        let x = right - line.width;
        self.push(Item::Text { x, y: y + style.ascent(), line, style });
    }

    /// Begins another page, which says what it is of.
    fn next_page(&mut self) {
        let sheet = self.sheet;
        self.pages.push(Page::new());
        self.y = TOP;
        let of = [sheet.seller.name.as_str(), &sheet.title].into_iter().filter(|text| !text.is_empty());
        let lines = self.clipped(&of.collect::<Vec<_>>().join(" · ").replace('\n', " "), SMALL, WIDTH, 1);
        self.y = self.set(lines, SMALL, LEFT, self.y) + 6_000;
    }

    /// Whether nothing of what is set is on the last page yet but what says what it is of.
    fn is_fresh(&self) -> bool {
        self.pages.len() > 1 && self.pages.last().is_some_and(|page| page.len() <= 1)
    }

    /// Begins another page where so much does not fit any more.
    fn make_room(&mut self, height: Length) {
        if self.y + height > BOTTOM && !self.is_fresh() {
            self.next_page();
        }
    }

    /// Sets lines that may go on over pages.
    fn flow(&mut self, lines: Vec<Line>, style: Style, x: Length) {
        for line in lines {
            self.make_room(style.leading());
            self.y = self.set(vec![line], style, x, self.y);
        }
    }

    /// Who sends it, to whom, and what it is about.
    fn head(&mut self) {
        let sheet = self.sheet;
        let top = self.y;
        let mut right_end = top;
        let mut width = WIDTH;
        if let Some(code) = &sheet.code {
            let (x, size) = (RIGHT - CODE, CODE);
            self.push(Item::Code { x, y: top, size });
            let label = self.clipped(&code.text, SMALL, CODE, 2);
            right_end = top + size;
            for line in label {
                let x = x + (size - line.width) / 2;
                right_end = self.set(vec![line], SMALL, x, right_end);
            }
            width -= CODE + GAP;
        }
        if let Some(mark) = sheet.mark.clone() {
            let style = Style { size: 13 * POINT, bold: true, grey: false };
            let line = self.lines(&mark, style, WIDTH / 3).into_iter().next().unwrap_or_default();
            let (mark_width, height) = (line.width + 16_000, style.leading() + 6_000);
            let x = LEFT + width - mark_width;
            self.push(Item::Frame { x, y: top, width: mark_width, height });
            self.push(Item::Text { x: x + 8_000, y: top + 3_000 + style.ascent(), line, style });
            width -= mark_width + GAP;
        }
        let seller = sheet.seller.clone();
        let left_end = self.party_in_brief(&seller, width);
        self.y = left_end.max(right_end) + 26_000;

        let top = self.y;
        let (left_width, facts_x) = (WIDTH * 50 / 100, LEFT + WIDTH * 55 / 100);
        let left_end = match sheet.buyer.clone() {
            Some(buyer) => self.party(&buyer, LEFT, left_width, top),
            None => top,
        };
        let pages_before = self.pages.len();
        self.y = top;
        let facts = sheet.facts.clone();
        let facts_end = self.facts(&facts, facts_x, RIGHT - facts_x, top);
        if self.pages.len() == pages_before {
            self.y = left_end.max(facts_end) + 22_000;
        }
    }

    /// The sender: its name, then what else there is of it, small.
    fn party_in_brief(&mut self, party: &Party, width: Length) -> Length {
        let mut y = self.y;
        if !party.name.is_empty() {
            let lines = self.clipped(&party.name, NAME, width, 4);
            y = self.set(lines, NAME, LEFT, y);
        }
        for line in &party.address {
            let lines = self.clipped(line, SMALL, width, 3);
            y = self.set(lines, SMALL, LEFT, y);
        }
        let facts: Vec<String> = party.facts.iter().map(|fact| format!("{} {}", fact.label, fact.value)).collect();
        if !facts.is_empty() {
            let lines = self.clipped(&facts.join(" · "), SMALL, width, 3);
            y = self.set(lines, SMALL, LEFT, y);
        }
        y
    }

    /// The receiver, as an envelope's window shows it.
    fn party(&mut self, party: &Party, x: Length, width: Length, top: Length) -> Length {
        let lines = self.clipped(&party.name, BOLD, width, 6);
        let mut y = self.set(lines, BOLD, x, top);
        for line in &party.address {
            let lines = self.clipped(line, PLAIN, width, 3);
            y = self.set(lines, PLAIN, x, y);
        }
        for fact in &party.facts {
            let lines = self.clipped(&format!("{} {}", fact.label, fact.value), SMALL, width, 2);
            y = self.set(lines, SMALL, x, y);
        }
        y
    }

    /// The lines of a text, of which only so many are told: what a name of thousands of characters says beyond them helps nobody.
    fn clipped(&mut self, text: &str, style: Style, width: Length, most: usize) -> Vec<Line> {
        // A line holds no more characters than this, whatever they are.
        let room = usize::try_from(width / (style.size / 5)).unwrap_or_default() * most;
        let (shown, is_cut) = match text.char_indices().nth(room) {
            Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
            None => (text, false),
        };
        let mut lines = self.lines(shown, style, width);
        if is_cut || lines.len() > most {
            lines.truncate(most);
            // The last line makes room for the sign that there is more.
            let last = lines.pop().unwrap_or_default();
            let mut text: String = last.runs.iter().map(|run| run.text.as_str()).collect();
            loop {
                let set = self.lines(&format!("{text}…"), style, width);
                if set.len() <= 1 || text.pop().is_none() {
                    lines.extend(set.into_iter().next());
                    break;
                }
            }
        }
        lines
    }

    /// Labels with their values beside them.
    fn facts(&mut self, facts: &[Fact], x: Length, width: Length, top: Length) -> Length {
        let label_width =
            facts.iter().map(|fact| text::width_of(self.fonts, &fact.label, SMALL)).max().unwrap_or_default();
        let label_width = label_width.min(width / 2);
        let value_x = x + label_width + GAP;
        let mut y = top;
        for fact in facts {
            let labels = self.clipped(&fact.label, SMALL, label_width, 2);
            let values = self.clipped(&fact.value, PLAIN, x + width - value_x, 6);
            // The baselines of the two styles are the same.
            let label_end = self.set(labels, SMALL, x, y + PLAIN.ascent() - SMALL.ascent());
            y = self.set(values, PLAIN, value_x, y).max(label_end);
        }
        y
    }

    /// What it is, and what stands above its tables.
    fn opening(&mut self) {
        let sheet = self.sheet;
        let title = self.clipped(&sheet.title, TITLE, WIDTH, 3);
        self.flow(title, TITLE, LEFT);
        self.y += 4_000;
        for remark in sheet.remarks.clone() {
            let lines = self.lines(&remark, PLAIN, WIDTH);
            self.flow(lines, PLAIN, LEFT);
        }
        self.y += 10_000;
    }

    fn table(&mut self, table: &Table) {
        let places = self.places(table);
        let head = self.set_head(table, &places);
        let head_height = height_of(&head) + 2 * PAD;
        let row_least = PLAIN.leading() + 2 * PAD;
        if let Some(heading) = &table.heading {
            let lines = self.lines(heading, BOLD, WIDTH);
            let height = BOLD.leading() * Length::try_from(lines.len()).unwrap_or_default();
            self.make_room(height + head_height + row_least);
            self.y = self.set(lines, BOLD, LEFT, self.y) + 3_000;
        } else {
            self.make_room(head_height + row_least);
        }
        self.head_of_table(&head, &places);
        let mut sum: Option<&str> = None;
        for row in &table.rows {
            self.row(row, &places, &head, sum);
            sum = row.sum.as_deref().or(sum);
        }
        self.y += 12_000;
    }

    /// Where the columns stand: numbers have what they need, texts share what is left by what they would need.
    fn places(&mut self, table: &Table) -> Vec<Place> {
        let columns = Length::try_from(table.columns.len()).unwrap_or(1);
        let room = WIDTH - GAP * (columns - 1) - 2 * PAD;
        let mut needs: Vec<Length> = Vec::new();
        for (place, column) in table.columns.iter().enumerate() {
            let mut need = text::width_of(self.fonts, &column.label, HEAD);
            for cell in table.rows.iter().filter_map(|row| row.cells.get(place)) {
                // Beyond the width of the page it makes no difference how long a text is.
                let shown: String = cell.text.chars().take(200).collect();
                need = need.max(text::width_of(self.fonts, &shown, PLAIN));
            }
            needs.push(need.min(if column.number { room * WIDEST_NUMBER / 1000 } else { room }) + 200);
        }
        let of = |number: bool| table.columns.iter().zip(&needs).filter(move |(column, _)| column.number == number);
        let numbers: Length = of(true).map(|(_, need)| *need).sum();
        let texts: Length = of(false).map(|(_, need)| *need).sum();
        let left = (room - numbers).max(NARROWEST_TEXT);
        let mut x = LEFT + PAD;
        let mut places = Vec::new();
        for (column, need) in table.columns.iter().zip(&needs) {
            let width = match column.number {
                true => *need,
                false => (left * need / texts.max(1)).max(20_000),
            };
            places.push(Place { x, width, number: column.number });
            x += width + GAP;
        }
        places
    }

    fn set_head(&mut self, table: &Table, places: &[Place]) -> Vec<SetCell> {
        let cells = table.columns.iter().zip(places);
        cells
            .map(|(column, place)| {
                self.lines(&column.label, HEAD, place.width).into_iter().map(|line| (line, HEAD)).collect()
            })
            .collect()
    }

    fn head_of_table(&mut self, head: &[SetCell], places: &[Place]) {
        let height = height_of(head) + 2 * PAD;
        self.push(Item::Ground { x: LEFT, y: self.y, width: WIDTH, height });
        self.cells(head.to_vec(), places, self.y + PAD);
        self.y += height;
    }

    /// Sets the lines of cells side by side.
    fn cells(&mut self, cells: Vec<SetCell>, places: &[Place], top: Length) {
        for (cell, place) in cells.into_iter().zip(places) {
            let mut y = top;
            for (line, style) in cell {
                if place.number {
                    self.set_to_right(line, style, place.x + place.width, y);
                } else {
                    self.push(Item::Text { x: place.x, y: y + style.ascent(), line, style });
                }
                y += style.leading();
            }
        }
    }

    /// Sets a row, on another page where it does not fit; `sum` is what was come to before it.
    fn row(&mut self, row: &Row, places: &[Place], head: &[SetCell], sum: Option<&str>) {
        let mut cells: Vec<SetCell> = Vec::new();
        for (cell, place) in row.cells.iter().zip(places) {
            let mut set: SetCell =
                self.lines(&cell.text, PLAIN, place.width).into_iter().map(|line| (line, PLAIN)).collect();
            for below in &cell.below {
                set.extend(self.lines(below, SMALL, place.width).into_iter().map(|line| (line, SMALL)));
            }
            cells.push(set);
        }
        // Below the last row of a page stands what is carried over.
        let reserved = if row.sum.is_some() { PLAIN.leading() + 2 * PAD } else { 0 };
        let fits = |y: Length, height: Length| y + height + 2 * PAD + reserved <= BOTTOM;
        let whole_page = BOTTOM - TOP - 2 * PLAIN.leading() - height_of(head) - 2 * reserved - 6 * PAD;
        let is_torn = height_of(&cells) > whole_page && self.y + 8 * PLAIN.leading() < BOTTOM;
        if !fits(self.y, height_of(&cells)) && !is_torn {
            self.break_table(head, places, sum);
        }
        // What is longer than a page goes on over several.
        while !fits(self.y, height_of(&cells)) {
            let room = BOTTOM - reserved - 2 * PAD - self.y;
            let first: Vec<SetCell> = cells.iter_mut().map(|cell| split_off(cell, room)).collect();
            if first.iter().all(Vec::is_empty) {
                break;
            }
            self.cells(first, places, self.y + PAD);
            self.y = BOTTOM - reserved;
            self.break_table(head, places, sum);
        }
        let height = height_of(&cells) + 2 * PAD;
        self.cells(cells, places, self.y + PAD);
        self.y += height;
        self.push(Item::Rule { x: LEFT, y: self.y, width: WIDTH, dark: false });
    }

    /// Ends a page within a table and goes on with it on the next: the sum so far stands below and above.
    fn break_table(&mut self, head: &[SetCell], places: &[Place], sum: Option<&str>) {
        if let Some(sum) = sum {
            self.carried(sum);
        }
        self.next_page();
        self.head_of_table(head, places);
        if let Some(sum) = sum {
            self.carried(sum);
            self.push(Item::Rule { x: LEFT, y: self.y, width: WIDTH, dark: false });
        }
    }

    fn carried(&mut self, sum: &str) {
        let sheet = self.sheet;
        let amount = self.lines(sum, BOLD, WIDTH / 3).into_iter().next().unwrap_or_default();
        let mut label = self.lines(&sheet.carried_over.clone(), PLAIN, WIDTH / 2);
        label.truncate(1);
        self.set(label, PLAIN, LEFT + PAD, self.y + PAD);
        self.set_to_right(amount, BOLD, RIGHT - PAD, self.y + PAD);
        self.y += PLAIN.leading() + 2 * PAD;
    }

    /// What it comes to: not torn from page to page.
    fn totals(&mut self) {
        let sheet = self.sheet;
        let totals = sheet.totals.clone();
        if totals.is_empty() {
            return;
        }
        let (x, right) = (LEFT + WIDTH * 45 / 100, RIGHT - PAD);
        let style_of = |strong| if strong { BOLD } else { PLAIN };
        let widest = totals.iter().map(|total| text::width_of(self.fonts, &total.amount, style_of(total.strong))).max();
        let amount_width = widest.unwrap_or_default().min(WIDTH / 3);
        let mut set = Vec::new();
        for total in &totals {
            let style = style_of(total.strong);
            let labels = self.lines(&total.label, style, right - amount_width - GAP - x);
            let amounts = self.lines(&total.amount, style, amount_width);
            let lines = Length::try_from(labels.len().max(amounts.len())).unwrap_or(1);
            set.push((labels, amounts, style, lines * style.leading() + 2_500));
        }
        let height: Length = set.iter().map(|(.., height)| *height).sum();
        self.make_room(height);
        for (labels, amounts, style, height) in set {
            if style.bold {
                self.push(Item::Rule { x, y: self.y, width: RIGHT - x, dark: true });
            }
            self.set(labels, style, x, self.y + 1_500);
            let mut y = self.y + 1_500;
            for amount in amounts {
                self.set_to_right(amount, style, right, y);
                y += style.leading();
            }
            self.y += height;
        }
        self.y += 14_000;
    }

    fn note(&mut self, note: &Fact) {
        if !note.label.is_empty() {
            let lines = self.lines(&note.label, BOLD, WIDTH);
            self.make_room(BOLD.leading() + PLAIN.leading());
            self.flow(lines, BOLD, LEFT);
        }
        let lines = self.lines(&note.value, PLAIN, WIDTH);
        self.flow(lines, PLAIN, LEFT);
        self.y += 7_000;
    }

    fn pictures(&mut self, sizes: &[Option<(u32, u32)>]) {
        let sheet = self.sheet;
        let labels: Vec<String> = sheet.pictures.iter().map(|picture| picture.label.clone()).collect();
        for (picture, label) in labels.iter().enumerate() {
            let (width, height) = match sizes.get(picture).copied().flatten() {
                Some((width, height)) => fitted(width.into(), height.into()),
                None => (0, 0),
            };
            let mut lines = self.lines(label, SMALL, WIDTH);
            lines.truncate(3);
            self.make_room(height + SMALL.leading() * 3);
            if width > 0 {
                self.push(Item::Picture { x: LEFT, y: self.y, width, height, picture });
                self.y += height + 2_000;
            }
            self.flow(lines, SMALL, LEFT);
            self.y += 8_000;
        }
    }

    /// The foot of each page, once it is known how many there are.
    fn feet(&mut self) {
        let sheet = self.sheet;
        let pages = self.pages.len();
        let foot = self.clipped(&sheet.foot, SMALL, WIDTH * 75 / 100, 2);
        for number in 1..=pages {
            let told = sheet.page.replace("{page}", &number.to_string()).replace("{pages}", &pages.to_string());
            let mut told = self.lines(&told, SMALL, WIDTH * 23 / 100);
            told.truncate(1);
            let Some(page) = self.pages.get_mut(number - 1) else { continue };
            page.push(Item::Rule { x: LEFT, y: FOOT, width: WIDTH, dark: false });
            let mut y = FOOT + 4_000;
            for line in told {
                page.push(Item::Text { x: RIGHT - line.width, y: y + SMALL.ascent(), line, style: SMALL });
            }
            for line in foot.clone() {
                page.push(Item::Text { x: LEFT, y: y + SMALL.ascent(), line, style: SMALL });
                y += SMALL.leading();
            }
        }
    }
}

/// How high cells are side by side.
fn height_of(cells: &[SetCell]) -> Length {
    let of = |cell: &SetCell| cell.iter().map(|(_, style)| style.leading()).sum();
    cells.iter().map(of).max().unwrap_or_default()
}

/// Takes from the beginning of a cell the lines that fit.
fn split_off(cell: &mut SetCell, room: Length) -> SetCell {
    let ends = cell.iter().scan(0, |height, (_, style)| {
        *height += style.leading();
        Some(*height)
    });
    let count = ends.take_while(|end| *end <= room).count();
    let rest = cell.split_off(count);
    std::mem::replace(cell, rest)
}

/// The size of a picture that is not wider and not higher than it may be: a pixel is three quarters of a point at most.
fn fitted(width: Length, height: Length) -> (Length, Length) {
    let (width, height) = (width.max(1), height.max(1));
    let scale = [PICTURE.0 * 1000 / width, PICTURE.1 * 1000 / height, 750 * 1000].into_iter().min().unwrap_or(1000);
    (width * scale / 1000, height * scale / 1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::print::code::Code;
    use crate::print::sheet::{Cell, Column, Total};

    fn column(key: &'static str, number: bool) -> Column {
        Column { key, label: key.to_owned(), number }
    }

    /// A sheet with these labels, each on a line of a growing sum.
    fn sheet(labels: &[String], name: &str, coded: bool) -> Sheet {
        let party = || Party {
            name: name.to_owned(),
            address: vec![name.to_owned(), "1 Street".into()],
            facts: vec![Fact::new("tax_id", "Tax id", name)],
        };
        let rows = labels.iter().enumerate().map(|(place, label)| Row {
            cells: vec![
                Cell::from(place.to_string()),
                Cell { text: label.clone(), below: vec!["SKU".into(), label.chars().rev().collect()] },
                Cell::from(format!("{}.00", place * 40)),
            ],
            sum: Some(format!("sum-{place}")),
        });
        Sheet {
            kind: "invoice",
            id: "D00001".into(),
            number: "INV/1".into(),
            title: format!("Invoice {name}"),
            mark: coded.then(|| "Draft".to_owned()),
            seller: party(),
            buyer: Some(party()),
            facts: vec![Fact::new("number", "Number", name), Fact::new("date", name, "today")],
            remarks: vec![name.to_owned()],
            tables: vec![Table {
                key: "lines",
                heading: coded.then(|| name.to_owned()),
                columns: vec![column("line", true), column("product", false), column("amount", true)],
                rows: rows.collect(),
            }],
            totals: vec![Total { key: "total", label: name.to_owned(), amount: "1.00".into(), strong: true }],
            notes: vec![Fact::new("notes", name, labels.concat())],
            pictures: Vec::new(),
            code: coded.then(|| Code::of("WH/IN/00001")).flatten(),
            foot: name.to_owned(),
            page: "Page {page} of {pages}".into(),
            carried_over: "Carried over".into(),
        }
    }

    /// Left, top, right and bottom of what is seen of an item; none of what other items stand on.
    fn box_of(item: &Item) -> Option<(Length, Length, Length, Length)> {
        match item {
            Item::Text { x, y, line, style } => Some((*x, y - style.size * 7 / 10, x + line.width, y + style.size / 5)),
            Item::Code { x, y, size } => Some((*x, *y, x + size, y + size)),
            Item::Picture { x, y, width, height, .. } => Some((*x, *y, x + width, y + height)),
            Item::Rule { .. } | Item::Ground { .. } | Item::Frame { .. } => None,
        }
    }

    fn text_of(line: &Line) -> String {
        line.runs.iter().map(|run| run.text.as_str()).collect()
    }

    /// Holds pages against all that must be true of them.
    fn check(pages: &[Page]) {
        let mut carried: Option<String> = None;
        for (place, page) in pages.iter().enumerate() {
            let boxes: Vec<_> = page.iter().filter_map(|item| Some((box_of(item)?, item))).collect();
            for ((left, top, right, bottom), item) in &boxes {
                assert!(*left >= LEFT - POINT && *right <= RIGHT + POINT, "page {place}: {item:?} is beside the page");
                assert!(*top >= 0 && *bottom <= PAGE.1, "page {place}: {item:?} is below the page");
            }
            for (number, ((left, top, right, bottom), item)) in boxes.iter().enumerate() {
                for ((other_left, other_top, other_right, other_bottom), other) in boxes.iter().skip(number + 1) {
                    let overlap = left.max(other_left) + 300 < *right.min(other_right)
                        && top.max(other_top) + 300 < *bottom.min(other_bottom);
                    assert!(!overlap, "page {place}: {item:?} and {other:?} overlap");
                }
            }
            let texts: Vec<String> = page
                .iter()
                .filter_map(|item| if let Item::Text { line, .. } = item { Some(text_of(line)) } else { None })
                .collect();
            assert!(texts.contains(&format!("Page {} of {}", place + 1, pages.len())));
            // A sum that is told on a page is carried over to it, away from it, or both.
            let mut sums = texts.iter().filter(|text| text.starts_with("sum-"));
            if let Some(carried) = carried.take() {
                assert_eq!(
                    sums.next(),
                    Some(&carried),
                    "page {} begins with what the one before ended with",
                    place + 1
                );
            }
            carried = sums.next().cloned();
            assert_eq!(sums.next(), None, "page {}", place + 1);
        }
        assert_eq!(carried, None, "nothing is carried over from the last page");
    }

    #[test]
    fn a_short_sheet_is_one_page() {
        let mut fonts = Fonts::built_in().unwrap();
        let pages = pages(&mut fonts, &sheet(&["Lamp".to_owned()], "Ada Ltd", true), &[]);
        assert_eq!(pages.len(), 1);
        check(&pages);
    }

    #[test]
    fn a_row_longer_than_a_page_goes_on_over_several() {
        let mut fonts = Fonts::built_in().unwrap();
        let label = "word ".repeat(4000);
        let pages =
            pages(&mut fonts, &sheet(&["Lamp".to_owned(), label.clone(), "Lamp".to_owned()], "Ada Ltd", false), &[]);
        check(&pages);
        let all: Vec<String> = pages
            .iter()
            .flatten()
            .filter_map(|item| if let Item::Text { line, .. } = item { Some(text_of(line)) } else { None })
            .collect();
        assert!(all.concat().matches("word").count() >= 4000, "nothing of it is lost");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn nothing_overlaps_whatever_stands_on_a_sheet(
            labels in proptest::collection::vec("[a-zA-Z \\PC]{0,200}", 0..60),
            name in "\\PC{0,400}",
            coded: bool,
        ) {
            let mut fonts = Fonts::built_in().unwrap();
            let labels: Vec<String> = labels.iter().map(|label| crate::print::sheet::printable(label)).collect();
            check(&pages(&mut fonts, &sheet(&labels, &crate::print::sheet::printable(&name), coded), &[]));
        }
    }
}
