//! Calendar days of the desk and instants of the clock (spec G4).

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::text::text_value;

/// The years whose text has four digits, which is what keeps texts in the order of the days.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// Why a text is no day or no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// The text, which is no day of the calendar written `YYYY-MM-DD`.
    #[error("{0:?} is not a day such as 2026-11-23")]
    NotADay(String),
    /// The text, which is no time in whole seconds with `Z` or an offset.
    #[error("{0:?} is not a time such as 2026-11-23T10:00:00Z")]
    NotAnInstant(String),
}

/// A calendar day in the desk's time zone, of the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// The first day there is: 0001-01-01.
    pub const FIRST: Day = match NaiveDate::from_ymd_opt(1, 1, 1) {
        Some(first) => Day(first),
        None => Day(NaiveDate::MIN),
    };

    /// The last day there is: 9999-12-31.
    pub const LAST: Day = match NaiveDate::from_ymd_opt(9999, 12, 31) {
        Some(last) => Day(last),
        None => Day(NaiveDate::MAX),
    };

    /// The day of that date; `None` outside the years 0001 to 9999.
    pub fn from_date(date: NaiveDate) -> Option<Day> {
        YEARS.contains(&date.year()).then_some(Day(date))
    }

    /// The day as a date of the calendar.
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The day that many days later, or earlier when below zero; `None` outside the years 0001 to 9999.
    pub fn plus_days(self, days: i64) -> Option<Day> {
        let count = Days::new(days.unsigned_abs());
        let date = if days < 0 { self.0.checked_sub_days(count)? } else { self.0.checked_add_days(count)? };
        Day::from_date(date)
    }
}

impl FromStr for Day {
    type Err = TimeFault;

    fn from_str(text: &str) -> Result<Self, TimeFault> {
        read_day(text).ok_or_else(|| TimeFault::NotADay(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(str::from_utf8(&day_text(self.0)).unwrap_or_default())
    }
}

text_value!(Day, "a day such as \"2026-11-23\"");

/// A moment in UTC, in whole seconds, of the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// The first moment there is: 0001-01-01T00:00:00Z.
    pub const FIRST: Instant = Instant(NaiveDateTime::new(Day::FIRST.0, NaiveTime::MIN).and_utc());

    /// The last whole second at that moment; `None` outside the years 0001 to 9999.
    pub fn from_utc(time: DateTime<Utc>) -> Option<Instant> {
        let whole = time.with_nanosecond(0)?;
        YEARS.contains(&whole.year()).then_some(Instant(whole))
    }

    /// The moment as a time of the calendar, to be shown in a time zone or told its day there.
    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// The moment that many seconds later, or earlier when below zero; `None` outside the years 0001 to 9999.
    pub fn plus_seconds(self, seconds: i64) -> Option<Instant> {
        let delta = TimeDelta::try_seconds(seconds)?;
        Instant::from_utc(self.0.checked_add_signed(delta)?)
    }

    /// How many seconds it is after another moment; below zero where it is before that.
    pub fn seconds_after(self, other: Instant) -> i64 {
        self.0.signed_duration_since(other.0).num_seconds()
    }
}

impl FromStr for Instant {
    type Err = TimeFault;

    /// Reads `2026-11-23T10:00:00Z`, or the same with an offset such as `+01:00`, which is converted.
    fn from_str(text: &str) -> Result<Self, TimeFault> {
        read_instant(text).ok_or_else(|| TimeFault::NotAnInstant(text.to_owned()))
    }
}

/// Fixed width, so that texts are in the order of the moments.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Each part that is asked of a time with a zone is worked out with the zone's offset.
        let utc = self.0.naive_utc();
        let [y1, y2, y3, y4, m1, m2, m3, d1, d2, d3] = day_text(utc.date());
        let ([h1, h2], [n1, n2]) = (two_digits(utc.hour()), two_digits(utc.minute()));
        let [s1, s2] = two_digits(utc.second());
        let text = [y1, y2, y3, y4, m1, m2, m3, d1, d2, d3, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'];
        f.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

text_value!(Instant, "a time such as \"2026-11-23T10:00:00Z\"");

/// A time as somebody gave it: a moment, or what the clocks of the desk show (spec G4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenTime {
    /// With `Z` or an offset.
    Moment(Instant),
    /// Without: in the desk's time zone.
    Clock(NaiveDateTime),
}

impl FromStr for GivenTime {
    type Err = TimeFault;

    /// Reads `2026-11-23T10:00`, with seconds or without, and with `Z`, an offset or neither. A blank may stand for the `T`, as
    /// in the times that tables show.
    fn from_str(text: &str) -> Result<Self, TimeFault> {
        read_time(text).ok_or_else(|| TimeFault::NotAnInstant(text.to_owned()))
    }
}

impl fmt::Display for GivenTime {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            GivenTime::Moment(moment) => moment.fmt(f),
            GivenTime::Clock(clock) => clock.format("%Y-%m-%dT%H:%M:%S").fmt(f),
        }
    }
}

text_value!(GivenTime, "a time such as \"2026-11-23T10:00\"");

/// `YYYY-MM-DD`, digit by digit: every row that is written or shown has such texts, so no format is read for them.
fn day_text(date: NaiveDate) -> [u8; 10] {
    let year = date.year().unsigned_abs();
    let ([y1, y2], [y3, y4]) = (two_digits(year / 100), two_digits(year));
    let ([m1, m2], [d1, d2]) = (two_digits(date.month()), two_digits(date.day()));
    [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]
}

/// The last two digits of a number, in ASCII.
fn two_digits(number: u32) -> [u8; 2] {
    let digit = |number: u32| u8::try_from(number % 10).map_or(b'0', |digit| b'0' + digit);
    [digit(number / 10), digit(number)]
}

/// Reads `YYYY-MM-DD`.
fn read_day(text: &str) -> Option<Day> {
    let [year, month, day] = fields(text, b'-', [4, 2, 2])?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Day::from_date(date)
}

/// Reads `YYYY-MM-DDTHH:MM:SS` and what stands behind it: `Z` or an offset.
fn read_instant(text: &str) -> Option<Instant> {
    let (day, rest) = text.split_once('T')?;
    let (time, offset) = rest.split_at_checked("HH:MM:SS".len())?;
    moment(read_clock(day, time)?, offset)
}

/// Reads a time with or without seconds, and with or without an offset.
fn read_time(text: &str) -> Option<GivenTime> {
    let (day, rest) = text.split_once(['T', ' '])?;
    let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at_checked(end)?;
    let clock = read_clock(day, time)?;
    if offset.is_empty() { Some(GivenTime::Clock(clock)) } else { moment(clock, offset).map(GivenTime::Moment) }
}

/// Reads the day, and `HH:MM` or `HH:MM:SS`.
fn read_clock(day: &str, time: &str) -> Option<NaiveDateTime> {
    let [hour, minute, second] =
        fields(time, b':', [2, 2, 2]).or_else(|| fields(time, b':', [2, 2]).map(|[hour, minute]| [hour, minute, 0]))?;
    // Hour 24 and leap seconds are refused here: they have no instant of their own.
    Some(read_day(day)?.date().and_time(NaiveTime::from_hms_opt(hour, minute, second)?))
}

fn moment(clock: NaiveDateTime, offset: &str) -> Option<Instant> {
    // As the store has it.
    if offset == "Z" {
        return Instant::from_utc(clock.and_utc());
    }
    let there = clock.and_local_timezone(read_offset(offset)?).single()?;
    Instant::from_utc(there.to_utc())
}

/// Reads `+HH:MM` or `-HH:MM`.
fn read_offset(text: &str) -> Option<FixedOffset> {
    let (sign, ahead) = match text.strip_prefix('+') {
        Some(ahead) => (1, ahead),
        None => (-1, text.strip_prefix('-')?),
    };
    let [hours, minutes] = fields(ahead, b':', [2, 2])?;
    let time = NaiveTime::from_hms_opt(hours, minutes, 0)?;
    let seconds = i32::try_from(time.num_seconds_from_midnight()).ok()?;
    FixedOffset::east_opt(seconds.checked_mul(sign)?)
}

/// Reads numbers of exactly these widths in ASCII digits with one separator between them, and nothing else; byte by byte, since every
/// line of a bulk run has such texts.
fn fields<const N: usize>(text: &str, separator: u8, widths: [usize; N]) -> Option<[u32; N]> {
    let mut rest = text.as_bytes();
    let mut numbers = [0; N];
    for (at, (number, width)) in numbers.iter_mut().zip(widths).enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(&[separator])?;
        }
        let (digits, behind) = rest.split_at_checked(width)?;
        for digit in digits {
            *number = *number * 10 + char::from(*digit).to_digit(10)?;
        }
        rest = behind;
    }
    rest.is_empty().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_read_and_shown() {
        for text in ["2026-11-23", "0001-01-01", "9999-12-31", "2024-02-29", "0987-06-05"] {
            assert_eq!(day(text).to_string(), text);
            let json = serde_json::to_string(&day(text)).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Day>(&json).unwrap(), day(text));
        }
        assert_eq!(day("2026-11-23").year(), 2026);
        assert!(day("2026-11-23") < day("2026-12-01"));
    }

    #[test]
    fn other_texts_are_no_days() {
        let table = [
            "",
            "2026",
            "2026-11",
            "2026-11-3",
            "2026-1-03",
            "26-11-23",
            "12026-11-23",
            "+2026-11-23",
            "-026-11-23",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-11-31",
            "2026-11-00",
            "0000-01-01",
            "2026/11/23",
            "20261123",
            " 2026-11-23",
            "2026-11-23 ",
            "2026-11-23T10:00:00Z",
            "２０２６-11-23",
            "2026-11-+3",
            "2026-11-23-",
            "today",
        ];
        for text in table {
            assert_eq!(text.parse::<Day>(), Err(TimeFault::NotADay(text.to_owned())), "{text}");
        }
        let fault = "x".parse::<Day>().unwrap_err();
        assert_eq!(fault.to_string(), r#""x" is not a day such as 2026-11-23"#);
    }

    #[test]
    fn days_are_counted() {
        let table = [
            ("2026-11-23", 0, Some("2026-11-23")),
            ("2026-12-31", 1, Some("2027-01-01")),
            ("2024-03-01", -1, Some("2024-02-29")),
            ("9999-12-31", 1, None),
            ("0001-01-01", -1, None),
            ("2026-11-23", i64::MAX, None),
            ("2026-11-23", i64::MIN, None),
        ];
        for (from, days, to) in table {
            assert_eq!(day(from).plus_days(days), to.map(day), "{from} {days}");
        }
    }

    #[test]
    fn instants_are_read_and_shown_in_utc() {
        let table = [
            ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00+00:00", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00-00:00", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00Z"),
            ("2026-11-23T22:15:30-05:45", "2026-11-24T04:00:30Z"),
            ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ];
        for (text, shown) in table {
            let instant: Instant = text.parse().unwrap();
            assert_eq!(instant.to_string(), shown, "{text}");
            let json = serde_json::to_string(&instant).unwrap();
            assert_eq!(json, format!("\"{shown}\""));
            assert_eq!(serde_json::from_str::<Instant>(&json).unwrap(), instant);
        }
    }

    #[test]
    fn other_texts_are_no_instants() {
        let table = [
            "",
            "2026-11-23",
            "2026-11-23T10:00:00",
            "2026-11-23T10:00Z",
            "2026-11-23 10:00:00Z",
            "2026-11-23t10:00:00Z",
            "2026-11-23T10:00:00z",
            "2026-11-23T10:00:00.5Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T10:60:00Z",
            "2026-11-23T23:59:60Z",
            "2026-11-23T10:00:00+1:00",
            "2026-11-23T10:00:00+0100",
            "2026-11-23T10:00:00+24:00",
            "2026-11-23T10:00:00+01:60",
            "2026-11-23T10:00:00ZZ",
            "2026-11-23T10:00:00+",
            "2026-13-23T10:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-11-23T1０:00:00Z",
            "2026-11-23T10:00:0é",
        ];
        for text in table {
            let fault = TimeFault::NotAnInstant(text.to_owned());
            assert_eq!(text.parse::<Instant>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn times_are_given_with_an_offset_or_without() {
        let table = [
            ("2026-11-23T10:00", "2026-11-23T10:00:00", false),
            ("2026-11-23T10:00:30", "2026-11-23T10:00:30", false),
            ("2026-11-23T10:00Z", "2026-11-23T10:00:00Z", true),
            ("2026-11-23T10:00-01:00", "2026-11-23T11:00:00Z", true),
            ("2026-11-23T10:00:05+01:00", "2026-11-23T09:00:05Z", true),
            ("2026-11-23 10:00", "2026-11-23T10:00:00", false),
            ("2026-11-23 10:00:30", "2026-11-23T10:00:30", false),
        ];
        for (text, shown, is_moment) in table {
            let time: GivenTime = text.parse().unwrap();
            assert_eq!((time.to_string().as_str(), matches!(time, GivenTime::Moment(_))), (shown, is_moment), "{text}");
            assert_eq!(shown.parse(), Ok(time));
        }
        for text in ["2026-11-23", "10:00", "2026-11-23T", "2026-11-23T10", "2026-11-23T24:00", "2026-11-23T10:00+1"] {
            assert!(text.parse::<GivenTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn instants_are_whole_seconds_and_counted() {
        let start: Instant = "2026-11-23T10:00:00Z".parse().unwrap();
        let fraction = start.utc() + TimeDelta::milliseconds(999);
        assert_eq!(Instant::from_utc(fraction), Some(start));
        let later = start.plus_seconds(15 * 24 * 3600).unwrap();
        assert_eq!(later.to_string(), "2026-12-08T10:00:00Z");
        assert_eq!(later.plus_seconds(-15 * 24 * 3600), Some(start));
        assert_eq!(start.plus_seconds(i64::MAX), None);
        assert_eq!(start.plus_seconds(300_000_000_000), None);
        assert_eq!(Instant::from_utc(DateTime::<Utc>::MAX_UTC), None);
        assert_eq!(Instant::from_utc(DateTime::<Utc>::MIN_UTC), None);
    }

    proptest! {
        #[test]
        fn texts_are_in_the_order_of_time(a in -60_000_000_000_i64..250_000_000_000, b in -60_000_000_000_i64..250_000_000_000) {
            let instant = |seconds| Instant::from_utc(DateTime::from_timestamp(seconds, 0).unwrap()).unwrap();
            let (a, b) = (instant(a), instant(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            let day = Day::from_date(a.utc().date_naive()).unwrap();
            prop_assert_eq!(day.to_string().parse(), Ok(day));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\PC{0,7}") {
            let _ = text.parse::<Day>();
            let _ = text.parse::<Instant>();
            let _ = near.parse::<Instant>();
        }
    }
}
