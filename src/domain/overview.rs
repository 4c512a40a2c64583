//! The overview: what the desk gave back in a period and why, and what is open, outstanding and owed now (contract,
//! section 7 "Reports").

use chrono::{Datelike as _, Months};
use serde::Serialize;

use super::common::ValueRefused;
use super::report::ReportRow;
use crate::domain::value::day::Day;

/// The days that an overview is of, both of them within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub since: Day,
    pub until: Day,
}

impl Span {
    /// From the first of the month to today, but for what is said otherwise.
    pub fn of(since: Option<Day>, until: Option<Day>, today: Day) -> Result<Span, ValueRefused> {
        let until = until.unwrap_or(today);
        let since = since.unwrap_or_else(|| first_of_month(until, 0));
        match since <= until {
            true => Ok(Span { since, until }),
            false => Err(ValueRefused::invalid("since", since, format!("{since} is behind {until}, the last day"))),
        }
    }

    /// The months up to the one in which it ends, a year of them.
    pub fn year(self) -> Span {
        Span { since: first_of_month(self.until, MONTHS - 1), until: self.until }
    }

    /// The months of the year with which it ends, the first in front, each as `2026-11`.
    pub fn months(self) -> Vec<String> {
        let mut months: Vec<String> = (0..MONTHS).map(|back| month_of(first_of_month(self.until, back))).collect();
        months.dedup();
        months.reverse();
        months
    }
}

/// How many months an overview looks back.
const MONTHS: u32 = 12;

/// The first day of the month so many months before that of a day.
fn first_of_month(day: Day, back: u32) -> Day {
    let first = day.date().with_day(1).and_then(|first| first.checked_sub_months(Months::new(back)));
    first.and_then(Day::from_date).unwrap_or(Day::FIRST)
}

/// The month of a day, as `2026-11`.
fn month_of(day: Day) -> String {
    day.to_string().chars().take("2026-11".len()).collect()
}

/// How many of a figure's groups are told where there may be any number of them: the largest.
pub const LARGEST: usize = 10;

/// The ages that open work is told by, in days: up to that many, and more than the last.
pub const AGES: [i64; 4] = [1, 7, 30, 90];

/// What is open of a kind, by how many days ago it came, or was to be done; what is still to come is as young as any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Work {
    pub by: &'static str,
    pub count: i64,
    pub days_1: i64,
    pub days_7: i64,
    pub days_30: i64,
    pub days_90: i64,
    pub older: i64,
}

impl Work {
    /// Of so many in all, and so many that are older than each of the ages.
    pub fn of(by: &'static str, count: i64, older_than: [i64; AGES.len()]) -> Work {
        let [day, week, month, quarter] = older_than;
        Work {
            by,
            count,
            days_1: count - day,
            days_7: day - week,
            days_30: week - month,
            days_90: month - quarter,
            older: quarter,
        }
    }

    /// How many there are of each age, the youngest first.
    pub fn by_age(&self) -> [i64; AGES.len() + 1] {
        [self.days_1, self.days_7, self.days_30, self.days_90, self.older]
    }
}

/// What the totals are of.
pub mod total {
    pub const REFUNDS: &str = "refunds";
    pub const COUPONS: &str = "coupons";
    /// What customers owe, and what is owed to customers.
    pub const OWES: &str = "owes";
    pub const OWED: &str = "owed";
}

/// The overview. Rows are those of the other reports; what the caller has no right to is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    pub since: Day,
    pub until: Day,
    /// What was refunded and what codes took off in these days, and what is owed now.
    pub totals: Vec<ReportRow>,
    /// What was refunded in each of twelve months, up to the last day.
    pub months: Vec<ReportRow>,
    /// Why it was refunded, the largest reasons of each currency.
    pub reasons: Vec<ReportRow>,
    /// The products for which most was refunded in each currency, with how many percent of the goods billed were.
    pub refunded: Vec<ReportRow>,
    /// The products of which most goods came back, with how many percent of those delivered they are.
    pub returned: Option<Vec<ReportRow>>,
    pub work: Vec<Work>,
    /// The coupons that can still be used, by program.
    pub coupons: Option<Vec<ReportRow>>,
    /// Who owes most, or is owed most, in each currency.
    pub customers: Vec<ReportRow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn an_overview_is_of_this_month_unless_it_is_said() {
        let table = [
            (None, None, "2026-11-01..2026-11-23"),
            (Some("2026-09-15"), None, "2026-09-15..2026-11-23"),
            (None, Some("2026-10-15"), "2026-10-01..2026-10-15"),
            (Some("2026-10-15"), Some("2026-10-15"), "2026-10-15..2026-10-15"),
            (None, Some("0001-01-01"), "0001-01-01..0001-01-01"),
            (None, Some("9999-12-31"), "9999-12-01..9999-12-31"),
        ];
        for (since, until, expected) in table {
            let span = Span::of(since.map(day), until.map(day), day("2026-11-23")).unwrap();
            assert_eq!(format!("{}..{}", span.since, span.until), expected);
        }
        let refused = Span::of(Some(day("2026-11-24")), None, day("2026-11-23")).unwrap_err();
        assert_eq!(refused.to_string(), "2026-11-24 is behind 2026-11-23, the last day");
    }

    #[test]
    fn a_year_is_twelve_months_as_far_as_there_are_so_many() {
        let year = |until: &str| Span { since: day(until), until: day(until) }.year();
        assert_eq!(year("2026-11-23").since, day("2025-12-01"));
        let months = year("2026-11-30").months();
        assert_eq!((months.len(), months[0].as_str(), months[11].as_str()), (12, "2025-12", "2026-11"));
        assert_eq!(year("0001-02-28").months(), ["0001-01", "0001-02"]);
    }

    #[test]
    fn each_piece_of_work_is_of_one_age() {
        let work = Work::of("tickets", 15, [10, 6, 3, 1]);
        assert_eq!(work.by_age(), [5, 4, 3, 2, 1]);
        assert_eq!(work.by_age().iter().sum::<i64>(), work.count);
    }
}
