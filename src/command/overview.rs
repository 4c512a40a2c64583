//! `report overview`: what the other reports tell, in one look: as an object, as tables with bars, as one file of rows,
//! or as a page with charts (contract, section 7 "Reports").

use clap::Args;

use super::pipeline::filter::period;
use super::print::{Asked, Outlet, PrintFormat, Printout};
use super::report::KEYS as ROW;
use super::status::{Wait, wait};
use super::{Cx, Paged, Read, to_json};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::overview::{AGES, Overview, Span, Work, total};
use crate::domain::repair::Repair;
use crate::domain::report::By;
use crate::domain::value::day::Day;
use crate::procedure::{self, access};
use crate::store;
use crate::store::engine::table::{Column, day, int, rows, text};
use crate::store::ledger::Period;
use crate::store::report::{COUPONS, OWED, REFUNDS, RETURNS};

/// What it is told by.
pub const KEYS: &[Column] = &[
    day().called("since"),
    day().called("until"),
    rows(ROW).called("totals"),
    rows(ROW).called("months"),
    rows(ROW).called("reasons"),
    rows(ROW).called("refunded"),
    rows(ROW).optional().called("returned"),
    rows(WORK).called("work"),
    rows(ROW).optional().called("coupons"),
    rows(ROW).called("customers"),
];

const WORK: &[Column] = &[
    text().called("by"),
    int().called("count"),
    int().called("days_1"),
    int().called("days_7"),
    int().called("days_30"),
    int().called("days_90"),
    int().called("older"),
];

/// What stands above the tables of its sections.
pub const COLUMNS: &[&str] = &["since", "until"];

/// What a row is told by where all sections are one list.
const LINES: &[&str] = &[
    "section", "by", "count", "quantity", "rate", "untaxed", "tax", "total", "currency", "days_1", "days_7", "days_30",
    "days_90", "older",
];

/// The work whose age is told: what `status` lists by these names, and below it what it does not tell.
const OPEN: &[&str] = &[
    "open tickets",
    "draft credit notes",
    "credit notes to post",
    "draft invoices",
    "returns to receive",
    "deliveries ready",
    "deliveries waiting for stock",
    "visits overdue",
];
static REPAIRS: Wait = wait::<Repair>("repairs not done", "--state draft --state confirmed --state under_repair");

/// The formats of what it is written as, the default first.
const FORMATS: &[PrintFormat] = &[PrintFormat::Html, PrintFormat::Json];

/// Show the desk in one look
///
/// What was refunded in these days and why, and what codes took off; what was refunded in each of twelve months; the
/// products for which most was refunded, and those of which most came back, with their rates; and as of now, whatever the days: open work by
/// age, coupons that can still be used, and what customers owe and are owed. Every figure is that of 'report refunds',
/// 'report returns', 'report coupons', 'report owed', 'status', or what 'repair list' and 'coupon list' list; of
/// reasons, products and customers the ten largest of each currency are told.
///
/// Work is of the day of its record, repairs and visits of the day for which they were planned: 'days_1' came up to a day ago, or
/// is still to come, 'days_7' up to 7 days ago, and so on. What coupons are worth is known where all that their
/// program takes off are fixed amounts. What you have no right to is null, and left out of tables.
///
/// With -o csv and ndjson every row is a line, with its section before it. --format html writes one page with charts
/// and all that it needs in it; its template and words can be a site's own: see 'aftersales templates export --help'.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  aftersales report overview
  aftersales report overview --since 2026-10 --until 2026-10 -o csv
  aftersales report overview --format html > overview.html
  aftersales report overview --format html --language de --file overview.html
  aftersales report overview --fields work,customers -o json")]
pub struct ReportOverview {
    /// Only from this day, or month such as 2026-11, on (default: from the first of the month)
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or month, inclusive (default: today, by the desk's time zone)
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// One of html, json (default: html, where a file or a language is named)
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// The file to write, or - for standard output (default)
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// The page in this language, such as de (default: the desk's)
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
}

impl Read for ReportOverview {
    const KIND: &'static str = "overview";
    const MANY: bool = false;
    const RIGHT: Right = Right::Invoicing;
    const LINES: &'static [&'static str] = LINES;

    fn fields() -> Vec<&'static str> {
        KEYS.iter().map(|column| column.shown).collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        emit(&to_json(&self.overview(cx)?)?)
    }
}

impl Paged for ReportOverview {
    fn is_page(&self) -> bool {
        self.format.is_some() || self.file.is_some() || self.language.is_some()
    }

    fn page(&self, cx: &Cx<'_>, outlet: &mut dyn Outlet) -> Result<()> {
        let asked = Asked::one(self.format.as_deref(), self.file.as_deref());
        let format = asked.format(FORMATS)?;
        outlet.open(asked.goes(format, 1)?)?;
        let overview = self.overview(cx)?;
        let text = match format {
            PrintFormat::Json => to_json(&overview)? + "\n",
            _ => procedure::overview::page(cx, &overview, self.language.as_deref().filter(|tag| !tag.is_empty()))?,
        };
        outlet.take(Printout { name: String::new(), bytes: text.into_bytes(), warnings: Vec::new() })
    }
}

impl ReportOverview {
    fn span(&self, cx: &Cx<'_>) -> Result<Span> {
        let (since, before) = period(self.since.as_deref(), self.until.as_deref())?;
        let last = before.map_or(Some(Day::LAST), |before| before.plus_days(-1));
        Ok(Span::of(since, last.filter(|_| self.until.is_some()), cx.today)?)
    }

    /// All of it, by a number of questions that does not depend on how much there is.
    fn overview(&self, cx: &Cx<'_>) -> Result<Overview> {
        let span = self.span(cx)?;
        let (days, year, ever) = (period_of(span), period_of(span.year()), Period::of(None, None));
        let db = cx.db;
        let may = |right| access::may(db, cx.actor, right);
        let (sells, stores) = (may(Right::Sales)?, may(Right::Inventory)?);
        let mut totals = store::overview::in_all(db, &REFUNDS, total::REFUNDS, &days)?;
        if sells {
            totals.extend(store::overview::in_all(db, &COUPONS, total::COUPONS, &days)?);
        }
        totals.extend(store::overview::owed_in_all(db, &OWED, &ever)?);
        Ok(Overview {
            since: span.since,
            until: span.until,
            totals,
            months: REFUNDS.rows(db, By::Month, &year)?,
            reasons: store::overview::largest(db, &REFUNDS, By::Reason, &days)?,
            refunded: store::overview::most_of_products(db, &REFUNDS, &days)?,
            returned: stores.then(|| store::overview::most_of_products(db, &RETURNS, &days)).transpose()?,
            work: work(cx)?,
            coupons: sells.then(|| store::overview::coupons(db, cx.today)).transpose()?,
            customers: store::overview::largest(db, &OWED, By::Customer, &ever)?,
        })
    }
}

fn period_of(span: Span) -> Period {
    Period::of(Some(span.since), span.until.plus_days(1))
}

/// What is open, by age; of each kind that the caller has a right to.
fn work(cx: &Cx<'_>) -> Result<Vec<Work>> {
    let days = AGES.map(|age| cx.today.plus_days(-age).unwrap_or(Day::FIRST));
    let mut work = Vec::new();
    for wait in OPEN.iter().filter_map(|name| Wait::named(name)).chain([&REPAIRS]) {
        if wait.is_open_to(cx)?
            && let [count, day, week, month, quarter] = *wait.count_before(cx, &days)?
        {
            work.push(Work::of(wait.what, count, [day, week, month, quarter]));
        }
    }
    Ok(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_what_status_tells() {
        for name in OPEN {
            assert!(Wait::named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_line_has_the_keys_of_every_section() {
        for column in ROW.iter().chain(WORK) {
            assert!(LINES.contains(&column.shown), "{}", column.shown);
        }
    }
}
