//! Text on its way to a terminal: what untrusted text could steer it with is shown, not sent; our own words may be coloured.

use std::borrow::Cow;

/// Control and bidirectional characters as `\u{1b}`; all else as it is.
pub fn for_terminal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters as `\u{1b}`; all else as it is, so that a text which names something goes on naming it.
pub fn in_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |character: char| match character.is_control() {
        true => character.escape_unicode().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(shown).collect())
}

fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// Bold, as a terminal shows it.
pub fn bold(text: &str) -> String {
    format!("\x1b[1m{text}\x1b[0m")
}

/// A word in that colour of a terminal's sixteen, bold.
pub fn colored(word: &str, color: Color) -> String {
    format!("\x1b[1;{}m{word}\x1b[0m", color as u8)
}

/// The colours of our words, by their number.
#[derive(Debug, Clone, Copy)]
pub enum Color {
    Red = 31,
    Yellow = 33,
    Cyan = 36,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_instead() {
        let table = [
            ("Zoë 李 👍 \u{a0}", "Zoë 李 👍 \u{a0}"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("\u{202e}gpj.exe\u{2066}\u{200b}", "\\u{202e}gpj.exe\\u{2066}\\u{200b}"),
        ];
        for (text, shown) in table {
            assert_eq!(for_terminal(text), shown);
        }
    }
}
