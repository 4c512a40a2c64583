//! References: how records name each other, and what a typed reference may stand for.

use serde::{Serialize, Serializer};

/// Another record: its internal key, and the id (or, for posted documents, the number) that it is shown by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub key: i64,
    pub id: String,
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.id)
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id)
    }
}

/// How many digits a generated reference has at least.
const DIGITS: usize = 5;

/// `T1` as `T00001`: a reference in the shape of a generated one, with the padding that generation gives it
/// (contract, section 2). None where it has no such shape or the padding already.
pub fn padded(text: &str) -> Option<String> {
    let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (prefix, number) = text.split_at(text.len() - digits);
    if number.is_empty() || prefix.is_empty() {
        return None;
    }
    let bare = number.trim_start_matches('0');
    let padded = format!("{prefix}{bare:0>DIGITS$}");
    (padded != text).then_some(padded)
}

/// The number in a reference that the counter `prefix` could have generated: 12 for `C00012`. None for every other id.
pub fn generated_number(id: &str, prefix: &str) -> Option<i64> {
    // More digits than this no counter will reach, and an id is free to have them.
    const MOST: usize = 15;
    let digits = id.strip_prefix(prefix).filter(|digits| digits.len() <= MOST)?;
    let number = digits.parse().ok()?;
    (number > 0 && id == generated(prefix, number)).then_some(number)
}

/// Prefix and number of a reference that some counter could have generated. None for every other id.
pub fn generated_parts(id: &str) -> Option<(&str, i64)> {
    let prefix = id.trim_end_matches(|c: char| c.is_ascii_digit());
    // A prefix that ends in digits of its own would be another counter's, so there is one reading only.
    generated_number(id, prefix).filter(|_| !prefix.is_empty()).map(|number| (prefix, number))
}

/// The reference of that number: `C00012`, five digits at least.
pub fn generated(prefix: &str, number: i64) -> String {
    format!("{prefix}{number:0DIGITS$}")
}

/// A name as it is compared: without case and surrounding blanks.
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The beginning of a name as it is compared: of a name of any length, as much as every engine can look up by an index.
pub fn folded_start(name: &str) -> String {
    let mut folded = folded(name);
    folded.truncate(folded.floor_char_boundary(LONGEST_FOLDED));
    folded
}

/// How many bytes of a folded name are compared where names may be longer than what an index holds.
const LONGEST_FOLDED: usize = 800;

/// A text as one word of a shell command, quoted where it needs to be; for hints.
pub fn shell_word(text: &str) -> String {
    // Only NUL cannot stand in a word, and no text holds it.
    shlex::try_quote(text).map_or_else(|_| String::new(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_padding_is_ignored_in_generated_shapes() {
        for (given, expected) in [
            ("T1", Some("T00001")),
            ("T0000001", Some("T00001")),
            ("T00001", None),
            ("INV/2026/7", Some("INV/2026/00007")),
            ("WH/OUT/00012", None),
            ("D123456", None),
            ("LAMP", None),
            ("42", None),
            ("", None),
        ] {
            assert_eq!(padded(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn only_ids_that_a_counter_makes_have_a_number() {
        for (id, number) in [
            ("C00012", Some(12)),
            ("C123456", Some(123_456)),
            ("C12", None),
            ("C0000012", None),
            ("C00000", None),
            ("C", None),
            ("C-0001", None),
            ("C+0001", None),
            ("D00012", None),
            ("C9999999999999999999", None),
        ] {
            assert_eq!(generated_number(id, "C"), number, "{id}");
        }
    }

    #[test]
    fn generated_references_fall_into_prefix_and_number() {
        for (id, parts) in [
            ("T00001", Some(("T", 1))),
            ("INV/2026/00042", Some(("INV/2026/", 42))),
            ("T123456", Some(("T", 123_456))),
            ("T1", None),
            ("00536", None),
            ("536365", None),
            ("LAMP", None),
        ] {
            assert_eq!(generated_parts(id), parts, "{id}");
        }
    }

    #[test]
    fn words_with_blanks_or_quotes_are_quoted_for_the_shell() {
        assert_eq!(shell_word("INV/2026/00001"), "INV/2026/00001");
        assert_eq!(shell_word("Field Service"), "'Field Service'");
        assert_eq!(shell_word("it's"), "\"it's\"");
        assert_eq!(shell_word(""), "''");
    }
}
