//! Decimal numbers as people write them, held exactly in an integer with a scale: 12.50 with two digits is 1250.

/// Why a text is not a number that may stand here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// The text, which is not ASCII digits with an optional minus and point (contract, section 4).
    #[error("{0:?} is not a number such as 12.50")]
    NotANumber(String),
    /// More digits after the point than are held; a number is never rounded on its way in.
    #[error("{given:?} has more digits after the point than the {allowed} that are kept")]
    TooManyDigits {
        /// The text.
        given: String,
        /// The digits that may stand after the point.
        allowed: u32,
    },
    /// The text of a number beyond what an integer of 64 bits holds at this scale.
    #[error("{0:?} is too large a number")]
    TooLarge(String),
}

/// A result beyond what an integer of 64 bits holds, or a division that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large to be computed")]
pub struct Overflow;

/// Reads a decimal text as an integer of units of 10^-`scale_digits`; zeros beyond the scale are harmless.
///
/// The range is symmetric (`i64::MIN` is too large), so that what was read can always be negated.
pub fn parse_scaled(text: &str, scale_digits: u32) -> Result<i64, NumberFault> {
    let (negative, whole, fraction) = parts(text)?;
    if fraction.len() > scale_digits as usize {
        return Err(NumberFault::TooManyDigits { given: text.to_owned(), allowed: scale_digits });
    }
    let digits = format!("0{whole}{fraction:0<width$}", width = scale_digits as usize);
    let magnitude: i64 = digits.parse().map_err(|_| NumberFault::TooLarge(text.to_owned()))?;
    Ok(if negative { -magnitude } else { magnitude })
}

/// Checks that a text is a decimal number, whatever its digits and size.
pub fn check_decimal(text: &str) -> Result<(), NumberFault> {
    parts(text).map(|_| ())
}

/// Shows `value` units of 10^-`scale_digits` as decimal text, its trailing zeros trimmed down to `min_digits`.
pub fn show_scaled(value: i64, scale_digits: u32, min_digits: u32) -> String {
    let (scale, least) = (scale_digits as usize, min_digits as usize);
    let mut digits = value.unsigned_abs().to_string();
    // One digit stands before the point at least.
    if let Some(missing) = (scale + 1).checked_sub(digits.len()) {
        digits.insert_str(0, &"0".repeat(missing));
    }
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let mut text = String::with_capacity(digits.len() + least + 2);
    if value < 0 {
        text.push('-');
    }
    text.push_str(whole);
    if !fraction.is_empty() || least > 0 {
        text.push('.');
        text.push_str(fraction);
        text.extend(std::iter::repeat_n('0', least.saturating_sub(fraction.len())));
    }
    text
}

/// Whether a decimal text is below zero, and its digits before and behind the point without those that mean nothing. What a
/// number looks like is said here and not by the library, which takes more: exponents, signs, blanks.
fn parts(text: &str) -> Result<(bool, &str, &str), NumberFault> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(NumberFault::NotANumber(text.to_owned()));
    }
    Ok((negative, whole.trim_start_matches('0'), fraction.trim_end_matches('0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly() {
        let table = [
            ("12.50", 2, 1250),
            ("12.5", 2, 1250),
            ("12.500", 2, 1250),
            ("12", 2, 1200),
            ("12.000", 0, 12),
            ("-3", 6, -3_000_000),
            ("0.5", 6, 500_000),
            ("-0.000001", 6, -1),
            ("-0", 2, 0),
            ("007.10", 2, 710),
            ("0.00000000000000000000000000000", 2, 0),
            ("00000000000000000000000000000012", 0, 12),
            ("9223372036854775807", 0, i64::MAX),
            ("-92233720368547758.07", 2, -i64::MAX),
        ];
        for (text, scale, value) in table {
            assert_eq!(parse_scaled(text, scale), Ok(value), "{text} at {scale}");
        }
    }

    #[test]
    fn other_texts_are_not_numbers() {
        let table = [
            "", "-", ".", "-.", "1.", ".5", "-.5", "+1", "--1", "1e3", "1E3", " 1", "1 ", "1,5", "1.2.3", "1_000",
            "0x10", "１", "1.-5", "NaN", "inf", "1\n", "−1", "abc",
        ];
        for text in table {
            let fault = NumberFault::NotANumber(text.to_owned());
            assert_eq!(parse_scaled(text, 2), Err(fault.clone()), "{text:?}");
            assert_eq!(check_decimal(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn digits_beyond_the_scale_are_refused() {
        for (text, allowed) in [("12.505", 2), ("0.5", 0), ("0.0000001", 6), ("1.0000000000000000001", 6)] {
            let fault = NumberFault::TooManyDigits { given: text.to_owned(), allowed };
            assert_eq!(parse_scaled(text, allowed), Err(fault), "{text}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_refused() {
        let table = [
            ("9223372036854775808", 0),
            ("-9223372036854775808", 0),
            ("92233720368547758.08", 2),
            ("1", 19),
            ("99999999999999999999999999999999999999999999", 0),
        ];
        for (text, scale) in table {
            let fault = NumberFault::TooLarge(text.to_owned());
            assert_eq!(parse_scaled(text, scale), Err(fault), "{text}");
        }
    }

    #[test]
    fn faults_are_sentences() {
        let table = [
            ("abc", r#""abc" is not a number such as 12.50"#),
            ("1.234", r#""1.234" has more digits after the point than the 2 that are kept"#),
            ("9223372036854775807", r#""9223372036854775807" is too large a number"#),
        ];
        for (text, sentence) in table {
            assert_eq!(parse_scaled(text, 2).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn numbers_are_shown_with_the_digits_asked_for() {
        let table = [
            (1250, 2, 2, "12.50"),
            (1250, 2, 0, "12.5"),
            (1200, 2, 0, "12"),
            (-1250, 2, 2, "-12.50"),
            (5, 2, 2, "0.05"),
            (-5, 2, 2, "-0.05"),
            (0, 2, 2, "0.00"),
            (0, 6, 0, "0"),
            (0, 0, 0, "0"),
            (-7, 0, 0, "-7"),
            (7, 0, 2, "7.00"),
            (75, 1, 3, "7.500"),
            (40_000_000, 6, 2, "40.00"),
            (425_000, 6, 2, "0.425"),
            (-1_250_000, 6, 0, "-1.25"),
            (i64::MIN, 2, 2, "-92233720368547758.08"),
        ];
        for (value, scale, least, text) in table {
            assert_eq!(show_scaled(value, scale, least), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(value in -i64::MAX..=i64::MAX, scale in 0_u32..20, least in 0_u32..8) {
            let text = show_scaled(value, scale, least);
            prop_assert_eq!(parse_scaled(&text, scale), Ok(value));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", number in "-?[0-9]{0,25}\\.?[0-9]{0,25}", scale in 0_u32..30) {
            let _ = parse_scaled(&text, scale);
            let _ = parse_scaled(&number, scale);
        }

        #[test]
        fn whatever_is_accepted_is_exact(number in "-?[0-9]{1,9}\\.[0-9]{1,8}") {
            if let Ok(value) = parse_scaled(&number, 6) {
                // The text and its value name the same number once zeros that mean nothing are gone.
                let shown = show_scaled(value, 6, 0);
                let sign = if value < 0 { "-" } else { "" };
                let bare = number.trim_start_matches('-').trim_start_matches('0');
                let bare = bare.trim_end_matches('0').trim_end_matches('.');
                let bare = if bare.is_empty() || bare.starts_with('.') { format!("0{bare}") } else { bare.to_owned() };
                prop_assert_eq!(shown, format!("{sign}{bare}"));
            }
        }
    }
}
