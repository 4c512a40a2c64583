//! Cells as people write them: numbers with a comma or a currency sign, days in the form of a country, times with their zone, texts in an
//! older encoding.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveTime};
use csv::ByteRecord;

use crate::domain::desk::Timezone;
use crate::domain::value::day::{Day, GivenTime};
use crate::domain::value::number::{parse_scaled, show_scaled};

/// How many digits after the point numbers are held with on their way through a map.
pub const DIGITS: u32 = 6;

/// How the bytes of a file are letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As UTF-8; a row that is none is read as Windows-1252.
    Seen,
    Utf8,
    Windows1252,
}

impl Encoding {
    /// Bytes as a text; none where they are not of the encoding.
    pub fn text(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Encoding::Windows1252 => Some(Cow::Owned(windows_1252(bytes))),
            Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Encoding::Seen => match std::str::from_utf8(bytes) {
                Ok(text) => Some(Cow::Borrowed(text)),
                Err(_) => Some(Cow::Owned(windows_1252(bytes))),
            },
        }
    }

    /// The cells of a row as texts, without blanks around them; none where one is not of the encoding.
    pub fn texts(self, row: &ByteRecord) -> Option<Vec<String>> {
        row.iter().map(|cell| self.text(cell).map(|text| text.trim().to_owned())).collect()
    }
}

/// The letters 0x80 to 0x9F of Windows-1252; all others are those of Unicode.
const LETTERS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

fn windows_1252(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte {
        0x80..=0x9f => LETTERS.chars().nth(usize::from(byte - 0x80)).unwrap_or('\u{fffd}'),
        byte => char::from(*byte),
    };
    bytes.iter().map(letter).collect()
}

/// Reads a number as it is written in a sheet: with that decimal sign, with signs between its thousands, with a currency or a
/// percent sign, below zero by a minus before or behind it or in parentheses. Answers a plain decimal.
pub fn number(text: &str, decimal: char) -> Option<String> {
    let text = text.trim();
    let (text, in_parentheses) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (text, before) = sign_off(without_unit(text));
    let text = without_unit(text);
    let (text, behind) = match text.strip_suffix(['-', '−']) {
        Some(text) => (without_unit(text.trim_end()), true),
        None => (text, false),
    };
    if usize::from(in_parentheses) + usize::from(before) + usize::from(behind) > 1 {
        return None;
    }
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.is_some_and(|fraction| !digits(fraction)) {
        return None;
    }
    let whole = thousands(whole, decimal)?;
    let minus = if in_parentheses || before || behind { "-" } else { "" };
    Some(match fraction {
        Some(fraction) => format!("{minus}{whole}.{fraction}"),
        None => format!("{minus}{whole}"),
    })
}

/// A minus or plus off the front; whether it was a minus.
fn sign_off(text: &str) -> (&str, bool) {
    match text.strip_prefix(['-', '−']) {
        Some(text) => (text.trim_start(), true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    }
}

/// The text without a currency or a percent sign at either end.
fn without_unit(text: &str) -> &str {
    let is_unit = |letter: char| {
        letter.is_alphabetic() || matches!(letter, '€' | '$' | '£' | '¥' | '₹' | '%') || letter.is_whitespace()
    };
    let bare = text.trim_matches(is_unit);
    let word = |unit: &str| unit.chars().filter(|letter| letter.is_alphabetic()).count() <= 3;
    let start = text.len().saturating_sub(text.trim_start_matches(is_unit).len());
    let end = text.trim_end_matches(is_unit).len();
    let ends = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    if word(ends.0) && word(ends.1) { bare } else { text }
}

/// The digits before the decimal sign, in groups of three or in one.
fn thousands(whole: &str, decimal: char) -> Option<String> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(whole) {
        return Some(whole.to_owned());
    }
    let separator = whole.chars().find(|letter| !letter.is_ascii_digit())?;
    let other = if decimal == ',' { '.' } else { ',' };
    if separator != other && !matches!(separator, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’') {
        return None;
    }
    let mut groups = whole.split(separator);
    let first = groups.next().filter(|first| is_digits(first) && first.len() <= 3)?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || !is_digits(group) {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

/// A plain decimal, in millionths.
pub fn scaled(plain: &str) -> Option<i64> {
    parse_scaled(plain, DIGITS).ok()
}

/// Millionths as a plain decimal.
pub fn shown(millionths: i64) -> String {
    show_scaled(millionths, DIGITS, 0)
}

/// A form of days: `DD.MM.YYYY`, `M/D/YYYY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// So many digits, or two of this century.
    Year(usize),
    Month,
    Day,
    Letter(char),
}

impl Pattern {
    /// Reads the form; none where it has not each of day, month and year once.
    pub fn read(text: &str) -> Option<Pattern> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let run = rest.len().saturating_sub(rest.trim_start_matches(letter).len());
            let (part, used) = match letter {
                'Y' if run == 4 || run == 2 => (Part::Year(run), run),
                'M' if run <= 2 => (Part::Month, run),
                'D' if run <= 2 => (Part::Day, run),
                letter if !letter.is_alphanumeric() => (Part::Letter(letter), letter.len_utf8()),
                _ => return None,
            };
            parts.push(part);
            rest = rest.get(used..)?;
        }
        let count = |of: fn(&Part) -> bool| parts.iter().filter(|part| of(part)).count();
        let once = [
            count(|part| matches!(part, Part::Year(_))),
            count(|part| *part == Part::Month),
            count(|part| *part == Part::Day),
        ];
        (once == [1, 1, 1]).then(|| Pattern { text: text.to_owned(), parts })
    }

    /// Takes a day of that form off the front of a text; answers it with the rest.
    fn take<'t>(&self, text: &'t str) -> Option<(NaiveDate, &'t str)> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let mut rest = text;
        for part in &self.parts {
            match part {
                Part::Letter(letter) => rest = rest.strip_prefix(*letter)?,
                Part::Year(4) => (year, rest) = digits(rest, 4, 4)?,
                Part::Year(_) => {
                    (year, rest) = digits(rest, 2, 2)?;
                    year = year.checked_add(2000)?;
                }
                Part::Month => (month, rest) = digits(rest, 1, 2)?,
                Part::Day => (day, rest) = digits(rest, 1, 2)?,
            }
        }
        Some((NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, rest))
    }
}

/// So many digits off the front, as a number.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (digits, rest) = text.split_at_checked(count)?;
    Some((digits.parse().ok()?, rest))
}

/// Reads a day in one of these forms; a time behind it, and its zone, say which day it is at the desk.
pub fn day(text: &str, patterns: &[Pattern], zone: &Timezone) -> Option<Day> {
    let text = text.trim();
    patterns.iter().find_map(|pattern| {
        let (date, rest) = pattern.take(text)?;
        let rest = rest.strip_prefix('T').unwrap_or(rest).trim();
        if rest.is_empty() {
            return Day::from_date(date);
        }
        let (clock, offset) = time(rest)?;
        let Some(offset) = offset else {
            return Day::from_date(date);
        };
        // A time with its zone is read as everywhere.
        let there = format!("{}T{}{offset}", date.format("%Y-%m-%d"), clock.format("%H:%M:%S"));
        match there.parse::<GivenTime>().ok()? {
            GivenTime::Moment(moment) => Some(zone.day_of(moment)),
            GivenTime::Clock(_) => Day::from_date(date),
        }
    })
}

/// Reads `HH:MM`, with seconds and parts of them or without, AM or PM, and a zone; the zone as `Z` or `+01:00`.
fn time(text: &str) -> Option<(NaiveTime, Option<String>)> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, mut rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let mut second = 0;
    if let Some(behind) = rest.strip_prefix(':') {
        (second, rest) = digits(behind, 2, 2)?;
        if let Some(parts) = rest.strip_prefix('.') {
            rest = parts.trim_start_matches(|letter: char| letter.is_ascii_digit());
        }
    }
    let rest = rest.trim_start();
    let upper = rest.to_ascii_uppercase();
    let (hour, rest) = match upper.get(..2) {
        Some("AM") if (1..=12).contains(&hour) => (hour % 12, rest.get(2..)?.trim_start()),
        Some("PM") if (1..=12).contains(&hour) => (hour % 12 + 12, rest.get(2..)?.trim_start()),
        _ => (hour, rest),
    };
    let clock = NaiveTime::from_hms_opt(hour, minute, second)?;
    let zone = match rest {
        "" => None,
        "Z" | "UTC" | "GMT" => Some("Z".to_owned()),
        offset => {
            let (sign, ahead) = offset.split_at_checked(1).filter(|(sign, _)| matches!(*sign, "+" | "-"))?;
            let (hours, behind) = digits(ahead, 2, 2)?;
            let behind = behind.strip_prefix(':').unwrap_or(behind);
            let minutes =
                if behind.is_empty() { 0 } else { digits(behind, 2, 2).filter(|(_, rest)| rest.is_empty())?.0 };
            Some(format!("{sign}{hours:02}:{minutes:02}"))
        }
    };
    Some((clock, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_sheets_have_them() {
        for (text, decimal, read) in [
            ("1.040,00", ',', Some("1040.00")),
            ("4,50", ',', Some("4.50")),
            ("1,234.56", '.', Some("1234.56")),
            ("1 234,5 €", ',', Some("1234.5")),
            ("€ 1'234.50", '.', Some("1234.50")),
            ("EUR 12", '.', Some("12")),
            ("19 %", ',', Some("19")),
            ("-48.00", '.', Some("-48.00")),
            ("48.00-", '.', Some("-48.00")),
            ("(48.00)", '.', Some("-48.00")),
            ("-€5.00", '.', Some("-5.00")),
            ("1\u{a0}000", ',', Some("1000")),
            ("0", '.', Some("0")),
            ("1.04,00", ',', None),
            ("1,2,3", '.', None),
            ("12.345.6", ',', None),
            ("1.5", ',', None),
            ("1,5", '.', None),
            ("--1", '.', None),
            ("(-1)", '.', None),
            ("twelve", '.', None),
            ("", '.', None),
            ("1e3", '.', None),
            ("12 stück", '.', None),
        ] {
            assert_eq!(number(text, decimal).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn days_are_read_in_the_form_that_is_said() {
        let zone: Timezone = "Europe/Berlin".parse().unwrap();
        let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::read(text).unwrap()).collect::<Vec<_>>();
        for (text, forms, read) in [
            ("03.11.2026", &["DD.MM.YYYY"][..], Some("2026-11-03")),
            ("3.11.2026", &["DD.MM.YYYY"], Some("2026-11-03")),
            ("3.11.26", &["D.M.YY"], Some("2026-11-03")),
            ("11/03/2026", &["MM/DD/YYYY"], Some("2026-11-03")),
            ("2026-10-30 23:30:00 +0100", &["YYYY-MM-DD"], Some("2026-10-30")),
            ("2026-10-30 23:30:00 +0000", &["YYYY-MM-DD"], Some("2026-10-31")),
            ("2026-10-30T23:30:00.123Z", &["YYYY-MM-DD"], Some("2026-10-31")),
            ("2026-10-30 23:30:00 UTC", &["YYYY-MM-DD"], Some("2026-10-31")),
            ("2026-10-30 23:30", &["YYYY-MM-DD"], Some("2026-10-30")),
            ("10/30/2026 11:30 PM", &["MM/DD/YYYY"], Some("2026-10-30")),
            ("2026-10-30", &["DD.MM.YYYY", "YYYY-MM-DD"], Some("2026-10-30")),
            ("2026-02-30", &["YYYY-MM-DD"], None),
            ("2026-13-01", &["YYYY-MM-DD"], None),
            ("31.02.2026", &["DD.MM.YYYY"], None),
            ("2026-10-30 25:00", &["YYYY-MM-DD"], None),
            ("2026-10-30 soon", &["YYYY-MM-DD"], None),
            ("2026-10-30 10:00 +1", &["YYYY-MM-DD"], None),
            ("yesterday", &["YYYY-MM-DD"], None),
        ] {
            let day = day(text, &patterns(forms), &zone).map(|day| day.to_string());
            assert_eq!(day.as_deref(), read, "{text}");
        }
        for text in ["", "YYYY", "YYYY-MM", "DD-DD-MM-YYYY", "YYY-MM-DD", "%Y-%m-%d", "hh"] {
            assert!(Pattern::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn older_encodings_are_seen() {
        assert_eq!(Encoding::Seen.text("Zoë".as_bytes()).unwrap(), "Zoë");
        assert_eq!(Encoding::Seen.text(b"Zo\xeb \x80").unwrap(), "Zoë €");
        assert_eq!(Encoding::Windows1252.text(b"\x9f\x80").unwrap(), "Ÿ€");
        assert_eq!(Encoding::Utf8.text(b"Zo\xeb"), None);
        assert_eq!(LETTERS.chars().count(), 32);
    }
}
