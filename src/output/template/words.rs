//! The words of a language, and how it writes numbers and days.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::Value;
use minijinja::value::{Kwargs, Serde};
use serde::Deserialize;

/// The language of whoever told none, which says what another does not.
const ENGLISH: &str = "en";

/// How long the tag of a language may be.
const LONGEST_TAG: usize = 35;

/// The words of a language, with how it writes numbers and days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    language: String,
    writing: Writing,
    texts: BTreeMap<String, String>,
}

/// How a language is written, as far as its file says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Writing {
    direction: Option<Direction>,
    /// What stands before the fraction of a number, and between its thousands.
    decimal: Option<String>,
    group: Option<String>,
    /// What stands behind a percentage.
    percent: Option<String>,
    /// A day by `D`, `DD`, `M`, `MM`, `MONTH` and `YYYY`.
    day: Option<String>,
    months: Option<[String; 12]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Ltr,
    Rtl,
}

/// A file of words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsFile {
    #[serde(default)]
    writing: Writing,
    #[serde(default)]
    words: BTreeMap<String, String>,
}

impl Words {
    /// Puts what a file says over what is known; or answers the line that cannot be read, and why.
    pub(super) fn add(&mut self, language: &str, text: &str) -> Result<(), (Option<usize>, String)> {
        let file: WordsFile = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            (before.map(|before| before.matches('\n').count() + 1), error.message().replace('\n', " "))
        })?;
        language.clone_into(&mut self.language);
        let Writing { direction, decimal, group, percent, day, months } = file.writing;
        let writing = &mut self.writing;
        writing.direction = direction.or(writing.direction);
        writing.decimal = decimal.or(writing.decimal.take());
        writing.group = group.or(writing.group.take());
        writing.percent = percent.or(writing.percent.take());
        writing.day = day.or(writing.day.take());
        writing.months = months.or(writing.months.take());
        self.texts.extend(file.words);
        Ok(())
    }

    /// The language whose words they are: the one asked for, or what had to stand in.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// `ltr` or `rtl`.
    pub fn direction(&self) -> &'static str {
        match self.writing.direction {
            Some(Direction::Rtl) => "rtl",
            _ => "ltr",
        }
    }

    /// The words under that key; the key itself where no file has it.
    pub fn text<'w>(&'w self, key: &'w str) -> &'w str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The words under that key, with what belongs into their braces.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        filled(self.text(key), values)
    }

    /// A decimal number, such as `-1234.50`, as the language writes it.
    pub fn number(&self, decimal: &str) -> String {
        let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
        let mut written = sign.to_owned();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                written.push_str(self.writing.group.as_deref().unwrap_or_default());
            }
            written.push(digit);
        }
        if let Some(fraction) = fraction {
            written.push_str(self.writing.decimal.as_deref().unwrap_or("."));
            written.push_str(fraction);
        }
        written
    }

    /// A percentage.
    pub fn percent(&self, decimal: &str) -> String {
        format!("{}{}", self.number(decimal), self.writing.percent.as_deref().unwrap_or("%"))
    }

    /// A day, given as `2026-11-23`.
    pub fn day(&self, iso: &str) -> String {
        let mut parts = iso.splitn(3, '-');
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
            return iso.to_owned();
        };
        let name =
            month.parse::<usize>().ok().and_then(|month| self.writing.months.as_ref()?.get(month.checked_sub(1)?));
        let mut written = String::new();
        let mut pattern = self.writing.day.as_deref().unwrap_or("YYYY-MM-DD");
        while let Some(first) = pattern.chars().next() {
            let parts = [
                ("YYYY", year),
                ("MONTH", name.map_or(month, String::as_str)),
                ("MM", month),
                ("M", month.trim_start_matches('0')),
                ("DD", day),
                ("D", day.trim_start_matches('0')),
            ];
            match parts.iter().find_map(|(part, value)| Some((pattern.strip_prefix(part)?, value))) {
                Some((rest, value)) => {
                    written.push_str(value);
                    pattern = rest;
                }
                None => {
                    written.push(first);
                    pattern = pattern.get(first.len_utf8()..).unwrap_or_default();
                }
            }
        }
        written
    }

    /// A month with its year, given as `2026-11`.
    pub fn month(&self, iso: &str) -> String {
        let name = |month: &str| self.writing.months.as_ref()?.get(month.parse::<usize>().ok()?.checked_sub(1)?);
        match iso.split_once('-').and_then(|(year, month)| Some((year, name(month)?))) {
            Some((year, name)) => format!("{name} {year}"),
            None => iso.to_owned(),
        }
    }

    /// The words by their keys, as templates see them.
    pub(super) fn value(&self) -> Value {
        Value::from(Serde(&self.texts))
    }
}

/// A tag in small letters with hyphens; empty where it is none, so that it can be part of a file's name.
pub(super) fn tag(language: &str) -> String {
    let tag = language.to_ascii_lowercase().replace('_', "-");
    let is_tag = tag.len() <= LONGEST_TAG
        && tag.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if is_tag { tag } else { String::new() }
}

/// The tags whose words count, the last most: English, the main language, and each that is narrower.
pub(super) fn fallbacks(tag: &str) -> impl Iterator<Item = &str> {
    let ends = tag.match_indices('-').map(|(end, _)| end).chain(std::iter::once(tag.len()));
    let narrower = ends.filter_map(|end| tag.get(..end)).filter(|tag| !tag.is_empty() && *tag != ENGLISH);
    std::iter::once(ENGLISH).chain(narrower)
}

/// `{{ words.page | fill(page=1, pages=3) }}`.
pub(super) fn fill_filter(text: &str, values: Kwargs) -> Result<String, minijinja::Error> {
    let mut given = Vec::new();
    for name in values.args() {
        let value: Value = values.get(name)?;
        given.push((name.to_owned(), value.to_string()));
    }
    let values: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Ok(filled(text, &values))
}

/// A text with values in the place of their names in braces; what a value holds is not looked at again.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        written.push_str(before);
        let found = behind
            .split_once('}')
            .and_then(|(name, after)| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after)));
        match found {
            Some((value, after)) => {
                let _ = write!(written, "{value}");
                rest = after;
            }
            None => {
                written.push('{');
                rest = behind;
            }
        }
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Words {
        /// Each key with the names in the braces of its text.
        pub fn placeholders(&self) -> Vec<String> {
            let names = |text: &str| {
                let mut names: Vec<_> = text
                    .split('{')
                    .skip(1)
                    .filter_map(|part| part.split_once('}'))
                    .map(|(name, _)| name.to_owned())
                    .collect();
                names.sort();
                names.join(" ")
            };
            self.texts.iter().map(|(key, text)| format!("{key} {}", names(text))).collect()
        }
    }

    fn words(language: &str) -> std::sync::Arc<Words> {
        super::super::Templates::default().words(language).unwrap()
    }

    #[test]
    fn numbers_and_days_are_written_as_the_language_has_them() {
        let table = [
            ("en", "1,234,567.50", "-999", "-1,000", "12.5%", "3 November 2026"),
            ("de", "1.234.567,50", "-999", "-1.000", "12,5\u{a0}%", "03.11.2026"),
            ("fr", "1\u{202f}234\u{202f}567,50", "-999", "-1\u{202f}000", "12,5\u{202f}%", "03/11/2026"),
            ("xx", "1,234,567.50", "-999", "-1,000", "12.5%", "3 November 2026"),
        ];
        for (language, million, hundreds, thousand, percent, day) in table {
            let words = words(language);
            let numbers = ["1234567.50", "-999", "-1000"].map(|number| words.number(number));
            assert_eq!(numbers, [million, hundreds, thousand], "{language}");
            assert_eq!((words.percent("12.5"), words.day("2026-11-03")), (percent.to_owned(), day.to_owned()));
        }
        assert_eq!(words("en").day("soon"), "soon");
        let months = ["2026-03", "2026-13", "2026-00", "soon"].map(|month| words("de").month(month));
        assert_eq!(months, ["März 2026", "2026-13", "2026-00", "soon"]);
    }

    #[test]
    fn a_language_falls_back_to_what_is_less_narrow() {
        let table: [(&str, &[&str]); 5] = [
            ("", &["en"]),
            ("en", &["en"]),
            ("en-GB", &["en", "en-gb"]),
            ("zh_Hant_TW", &["en", "zh", "zh-hant", "zh-hant-tw"]),
            ("de/../x", &["en"]),
        ];
        for (language, expected) in table {
            let tag = tag(language);
            assert_eq!(fallbacks(&tag).collect::<Vec<_>>(), expected, "{language}");
        }
    }

    #[test]
    fn braces_are_filled_once() {
        let values = [("a", "{b}"), ("b", "2")];
        for (text, filled_in) in
            [("{a} {b}", "{b} 2"), ("{c} {a", "{c} {a"), ("} {{b}}", "} {2}"), ("", ""), ("{}{b}", "{}2")]
        {
            assert_eq!(filled(text, &values), filled_in, "{text}");
        }
    }
}
