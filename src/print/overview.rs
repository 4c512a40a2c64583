//! The overview as a page: its figures in words, and how long the bars beside them are. Lengths are whole thousandths
//! of the longest bar, so that a page of the same figures is the same everywhere.

use std::collections::HashMap;

use serde::Serialize;

use super::Printing;
use super::sheet::{Cell, Column, printable};
use crate::domain::overview::{AGES, Overview, Span, Work, total};
use crate::domain::report::ReportRow;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money, MoneyFault};

/// What a template is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    pub title: String,
    pub company: String,
    /// Which days it is of, and of which day is told what is open now.
    pub period: String,
    pub now: String,
    pub figures: Vec<Figure>,
    pub sections: Vec<Section>,
    /// What the reader has no right to.
    pub left_out: Option<String>,
}

/// What is seen first: a figure or two under a label, and what they are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub key: &'static str,
    pub label: String,
    pub values: Vec<String>,
    pub note: String,
}

/// A chart with its figures. Each row of the table has its bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    pub key: &'static str,
    pub heading: String,
    /// What the figures are of.
    pub note: String,
    /// Charts over time, one for each currency.
    pub charts: Vec<Chart>,
    /// The first is what a row is of.
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// Bars over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    pub label: String,
    /// What the longest bar stands for.
    pub top: String,
    pub bars: Vec<Bar>,
}

/// A bar over time, what stands below it, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub length: u32,
    pub tick: String,
    /// The year, where it begins.
    pub year: String,
    pub text: String,
}

/// A row of a table: what it is of, its bar, and a cell for each further column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub of: Cell,
    pub pieces: Vec<Piece>,
    pub cells: Vec<String>,
}

/// A piece of a bar, in thousandths of the longest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    pub kind: &'static str,
    pub from: u32,
    pub length: u32,
}

/// What customers and programs are called, by id.
#[derive(Default)]
pub struct Names {
    pub customers: HashMap<String, String>,
    pub programs: HashMap<String, String>,
}

/// How pieces are told apart by the styles: what is above zero, what is below, what sums others, and the ages of work.
const ABOVE: &str = "above";
const BELOW: &str = "below";
const REST: &str = "rest";
const OF_AGE: [&str; AGES.len() + 1] = ["age1", "age2", "age3", "age4", "age5"];

/// What stands in a cell that tells nothing.
const NOTHING: &str = "–";

/// The page, as it is read on that day.
pub fn page(
    printing: &Printing<'_>,
    (company, today): (&str, Day),
    overview: &Overview,
    names: &Names,
) -> Result<Page, MoneyFault> {
    let words = printing.words;
    let (since, until) = (printing.day(overview.since), printing.day(overview.until));
    let period = words.fill("overview_period", &[("since", &since), ("until", &until)]);
    let now = words.fill("overview_now", &[("day", &printing.day(today))]);
    let making = Making { printing, overview, period: &period, now: &now };
    let left_out: Vec<&str> = [
        overview.returned.is_none().then(|| words.text("overview_returned")),
        overview.coupons.is_none().then(|| words.text("overview_coupons")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let left_out =
        (!left_out.is_empty()).then(|| words.fill("overview_left_out", &[("sections", &left_out.join(", "))]));
    let sections = [
        Some(making.months()),
        Some(making.reasons()?),
        Some(making.refunded()),
        overview.returned.as_ref().map(|rows| making.returned(rows)),
        Some(making.work()),
        Some(making.customers(&names.customers)),
        overview.coupons.as_ref().map(|rows| making.coupons(rows, &names.programs)),
    ];
    Ok(Page {
        title: words.text("overview").to_owned(),
        company: printable(company),
        figures: making.figures()?,
        sections: sections.into_iter().flatten().collect(),
        left_out,
        period: period.clone(),
        now: now.clone(),
    })
}

struct Making<'m> {
    printing: &'m Printing<'m>,
    overview: &'m Overview,
    period: &'m str,
    now: &'m str,
}

impl Making<'_> {
    fn text(&self, key: &str) -> String {
        self.printing.words.text(key).to_owned()
    }

    fn column(&self, key: &'static str, number: bool) -> Column {
        Column { key, label: self.text(key), number }
    }

    /// A section whose columns but the first are numbers.
    fn section(&self, key: &'static str, note: &str, columns: &[&'static str], rows: Vec<Row>) -> Section {
        let columns = columns.iter().enumerate().map(|(at, key)| self.column(key, at > 0)).collect();
        let name = key.strip_prefix("overview_").unwrap_or(key);
        Section { key: name, heading: self.text(key), note: note.to_owned(), charts: Vec::new(), columns, rows }
    }

    fn number(&self, count: i64) -> String {
        self.printing.words.number(&count.to_string())
    }

    fn money(&self, money: Option<Money>) -> String {
        money.map_or_else(|| NOTHING.to_owned(), |money| self.printing.money(money))
    }

    /// What stands at the top of the page.
    fn figures(&self) -> Result<Vec<Figure>, MoneyFault> {
        let figure = |key: &'static str, of: &'static str, note: &str| -> Result<Option<Figure>, MoneyFault> {
            let rows: Vec<&ReportRow> =
                self.overview.totals.iter().filter(|row| row.by.as_deref() == Some(of)).collect();
            let above_zero = |money: Money| if money.is_negative() { money.checked_neg() } else { Ok(money) };
            let values = rows.iter().filter_map(|row| row.total);
            let values = values.map(|total| Ok(self.printing.money(above_zero(total)?)));
            let values = values.collect::<Result<Vec<_>, MoneyFault>>()?;
            let count = self.number(rows.iter().map(|row| row.count).sum());
            let counted = self.printing.words.fill(&format!("{key}_count"), &[("count", &count)]);
            let note = if note.is_empty() { counted } else { format!("{counted} · {note}") };
            Ok((!values.is_empty()).then(|| Figure { key: of, label: self.text(key), values, note }))
        };
        let open = self.overview.work.iter().map(|work| work.count).sum();
        let work = Figure {
            key: "work",
            label: self.text("overview_total_work"),
            values: vec![self.number(open)],
            note: self.now.to_owned(),
        };
        let told = [
            figure("overview_total_refunds", total::REFUNDS, "")?,
            figure("overview_total_coupons", total::COUPONS, "")?,
            figure("overview_total_owes", total::OWES, self.now)?,
            figure("overview_total_owed", total::OWED, self.now)?,
            Some(work),
        ];
        Ok(told.into_iter().flatten().collect())
    }

    fn months(&self) -> Section {
        let Overview { since, until, months: rows, .. } = self.overview;
        let words = self.printing.words;
        let months = Span { since: *since, until: *until }.months();
        let mut currencies: Vec<Currency> = Vec::new();
        for currency in rows.iter().filter_map(|row| row.currency) {
            if !currencies.contains(&currency) {
                currencies.push(currency);
            }
        }
        // The year stands below January; below the first month only where that does not follow at once.
        let is_told = |at: usize, number: &str| number == "01" || (at == 0 && number != "12");
        let chart = |currency: &Currency| {
            let of = |month: &str| {
                let is_of = |row: &&ReportRow| row.by.as_deref() == Some(month) && row.currency == Some(*currency);
                rows.iter().find(is_of).and_then(|row| row.total).unwrap_or(Money::zero(*currency))
            };
            let totals: Vec<Money> = months.iter().map(|month| of(month)).collect();
            let largest = totals.iter().map(|total| total.minor.unsigned_abs()).max().unwrap_or_default();
            let top = totals.iter().find(|total| total.minor.unsigned_abs() == largest);
            let bars = months.iter().zip(&totals).enumerate().map(|(at, (month, total))| {
                let (year, number) = month.split_once('-').unwrap_or((month, ""));
                Bar {
                    length: length(total.minor.unsigned_abs(), largest),
                    tick: number.trim_start_matches('0').to_owned(),
                    year: if is_told(at, number) { year.to_owned() } else { String::new() },
                    text: format!("{}: {}", words.month(month), self.printing.money(*total)),
                }
            });
            Chart {
                label: format!("{}, {currency}", words.text("overview_months")),
                top: self.money(top.copied()),
                bars: bars.collect(),
            }
        };
        let charts = currencies.iter().map(chart).collect();
        let told = rows.iter().map(|row| Row {
            of: Cell::from(words.month(row.by.as_deref().unwrap_or_default())),
            pieces: Vec::new(),
            cells: vec![self.number(row.count), self.money(row.total)],
        });
        let columns = ["overview_month", "overview_credit_notes", "total"];
        Section { charts, ..self.section("overview_months", "", &columns, told.collect()) }
    }

    /// Why it was given back: the largest reasons, and what all others come to.
    fn reasons(&self) -> Result<Section, MoneyFault> {
        let of = |row: &ReportRow| match &row.by {
            Some(reason) => Cell::from(reason.as_str()),
            None => Cell::from(self.text("overview_no_reason")),
        };
        let mut rows = Vec::new();
        for of_currency in self.overview.reasons.chunk_by(|one, next| one.currency == next.currency) {
            let rest = self.rest(of_currency)?;
            let largest = largest(of_currency.iter().chain(&rest));
            let told = |row: &ReportRow, of: Cell, kind: Option<&'static str>| Row {
                of,
                pieces: piece(row.total, largest, kind),
                cells: vec![self.number(row.count), self.money(row.total)],
            };
            rows.extend(of_currency.iter().map(|row| told(row, of(row), None)));
            rows.extend(rest.iter().map(|row| told(row, Cell::from(self.text("overview_others")), Some(REST))));
        }
        let columns = ["overview_reason", "overview_credit_notes", "total"];
        Ok(self.section("overview_reasons", self.period, &columns, rows))
    }

    /// What is refunded in a currency for reasons that are not told; none where all are.
    fn rest(&self, told: &[ReportRow]) -> Result<Option<ReportRow>, MoneyFault> {
        let Some(currency) = told.first().and_then(|row| row.currency) else {
            return Ok(None);
        };
        let is_all = |row: &&ReportRow| row.by.as_deref() == Some(total::REFUNDS) && row.currency == Some(currency);
        let Some(mut rest) = self.overview.totals.iter().find(is_all).cloned() else {
            return Ok(None);
        };
        for row in told {
            rest.count -= row.count;
            rest.total = match rest.total.zip(row.total) {
                Some((all, own)) => Some(all.checked_sub(own)?),
                None => rest.total,
            };
        }
        Ok(Some(rest).filter(|rest| rest.count > 0))
    }

    /// The products for which most was refunded in each currency.
    fn refunded(&self) -> Section {
        let mut rows = Vec::new();
        for of_currency in self.overview.refunded.chunk_by(|one, next| one.currency == next.currency) {
            let largest = largest(of_currency.iter());
            rows.extend(of_currency.iter().map(|row| {
                let [goods, rate] = self.goods(row);
                let cells = vec![goods, rate, self.money(row.total)];
                Row { of: self.product(row), pieces: piece(row.total, largest, None), cells }
            }));
        }
        let columns = ["product", "overview_goods", "overview_of_billed", "total"];
        self.section("overview_refunded", self.period, &columns, rows)
    }

    /// The products of which most came back.
    fn returned(&self, rows: &[ReportRow]) -> Section {
        let rate = |row: &ReportRow| row.rate.map_or(0, |rate| rate.millionths().unsigned_abs());
        let most = rows.iter().map(rate).max().unwrap_or_default();
        let told = rows.iter().map(|row| Row {
            of: self.product(row),
            pieces: vec![Piece { kind: ABOVE, from: 0, length: length(rate(row), most) }],
            cells: self.goods(row).to_vec(),
        });
        let columns = ["product", "overview_goods", "overview_of_delivered"];
        self.section("overview_returned", self.period, &columns, told.collect())
    }

    fn product(&self, row: &ReportRow) -> Cell {
        self.printing.product_lines(row.by.as_deref().unwrap_or_default())
    }

    /// How many goods there are, and how many percent these are of others.
    fn goods(&self, row: &ReportRow) -> [String; 2] {
        [
            row.quantity.map_or_else(|| NOTHING.to_owned(), |quantity| self.printing.quantity(quantity)),
            row.rate.map_or_else(|| NOTHING.to_owned(), |rate| self.printing.percent(rate)),
        ]
    }

    fn work(&self) -> Section {
        let most = self.overview.work.iter().map(|work| work.count).max().unwrap_or_default().unsigned_abs();
        let told = self.overview.work.iter().map(|work| Row {
            of: Cell::from(self.text(&format!("overview_{}", work.by.replace(' ', "_")))),
            pieces: pieces(work, most),
            cells: std::iter::once(work.count).chain(work.by_age()).map(|count| self.number(count)).collect(),
        });
        let columns = [
            "overview_what",
            "overview_all",
            "overview_days_1",
            "overview_days_7",
            "overview_days_30",
            "overview_days_90",
            "overview_older",
        ];
        self.section("overview_work", self.now, &columns, told.collect())
    }

    fn customers(&self, names: &HashMap<String, String>) -> Section {
        let mut rows = Vec::new();
        for of_currency in self.overview.customers.chunk_by(|one, next| one.currency == next.currency) {
            let largest = largest(of_currency.iter());
            rows.extend(of_currency.iter().map(|row| Row {
                of: called(row, names),
                pieces: piece(row.total, largest, None),
                cells: vec![self.number(row.count), self.money(row.total)],
            }));
        }
        self.section("overview_customers", self.now, &["overview_customer", "overview_items", "overview_open"], rows)
    }

    fn coupons(&self, rows: &[ReportRow], names: &HashMap<String, String>) -> Section {
        let most = rows.iter().map(|row| row.count).max().unwrap_or_default().unsigned_abs();
        let told = rows.iter().map(|row| Row {
            of: called(row, names),
            pieces: vec![Piece { kind: ABOVE, from: 0, length: length(row.count.unsigned_abs(), most) }],
            cells: vec![self.number(row.count), self.money(row.total)],
        });
        let columns = ["overview_program", "overview_coupons_count", "overview_worth"];
        self.section("overview_coupons", self.now, &columns, told.collect())
    }
}

/// What a row's id is called, and below it the id where that is another.
fn called(row: &ReportRow, names: &HashMap<String, String>) -> Cell {
    let id = row.by.as_deref().unwrap_or_default();
    match names.get(id).filter(|name| !name.is_empty() && *name != id) {
        Some(name) => Cell { text: printable(name), below: vec![printable(id)] },
        None => Cell::from(id),
    }
}

/// The largest total, whatever its sign.
fn largest<'r>(rows: impl Iterator<Item = &'r ReportRow>) -> u64 {
    rows.filter_map(|row| row.total).map(|total| total.minor.unsigned_abs()).max().unwrap_or_default()
}

/// The bar of a total.
fn piece(total: Option<Money>, largest: u64, kind: Option<&'static str>) -> Vec<Piece> {
    let one = |total: Money| Piece {
        kind: kind.unwrap_or(if total.is_negative() { BELOW } else { ABOVE }),
        from: 0,
        length: length(total.minor.unsigned_abs(), largest),
    };
    total.map(one).into_iter().collect()
}

/// The bar of work, a piece for each age: each ends where it would if it stood there with those before it alone.
fn pieces(work: &Work, most: u64) -> Vec<Piece> {
    let (mut sum, mut from) = (0_u64, 0);
    let piece = |(kind, count): (&'static str, i64)| {
        sum = sum.saturating_add(count.unsigned_abs());
        let end = length(sum, most);
        let piece = Piece { kind, from, length: end.saturating_sub(from) };
        from = end;
        piece
    };
    OF_AGE.into_iter().zip(work.by_age()).map(piece).filter(|piece| piece.length > 0).collect()
}

/// How long the longest bar is.
const LONGEST: u128 = 1000;

/// How long a bar is, rounded half up: none for nothing, and at least a thousandth for anything else.
fn length(part: u64, whole: u64) -> u32 {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let length = (part * LONGEST + whole / 2).checked_div(whole).unwrap_or_default();
    let least = u128::from(part > 0 && whole > 0);
    u32::try_from(length.clamp(least, LONGEST)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_figure_is_against_the_largest() {
        let table = [
            ((0, 0), 0),
            ((0, 5), 0),
            ((5, 0), 0),
            ((1, 3), 333),
            ((2, 3), 667),
            ((3, 3), 1000),
            ((1, 10_000), 1),
            ((1, u64::MAX), 1),
            ((u64::MAX, u64::MAX), 1000),
        ];
        for ((part, whole), expected) in table {
            assert_eq!(length(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn the_pieces_of_a_bar_lie_beside_one_another() {
        let work = Work::of("tickets", 7, [6, 4, 4, 1]);
        let pieces = pieces(&work, 9);
        let told: Vec<_> = pieces.iter().map(|piece| (piece.kind, piece.from, piece.length)).collect();
        assert_eq!(told, [("age1", 0, 111), ("age2", 111, 222), ("age4", 333, 334), ("age5", 667, 111)]);
        assert_eq!(told.iter().map(|(_, _, length)| length).sum::<u32>(), length(7, 9));
    }
}
