//! Bars behind the rows of a table on a terminal: plain characters, as long as a number of the row is against the largest.

use std::collections::HashMap;

use serde_json::Value;

use super::layout::{Bars, GAP};

/// The least room in which a bar tells anything, and the most that one takes.
const LEAST: usize = 8;
const MOST: usize = 40;

/// What a bar is made of; and one for what is below zero.
const ABOVE: &str = "#";
const BELOW: &str = "-";

/// The digits behind the point that are looked at: amounts, prices and quantities have no more.
const DIGITS: usize = 6;

/// How long the bars of a table are.
pub struct Scale {
    bars: Bars,
    /// The key of the numbers.
    of: &'static str,
    /// How wide the longest is.
    width: usize,
    /// The largest number, whatever its sign, of each of what they are compared within.
    largest: HashMap<String, u128>,
}

impl Scale {
    /// The scale for these rows in a table that takes so many columns of so many; none where there is no room, or nothing to show.
    pub fn of(bars: Bars, records: &[Value], taken: usize, room: usize) -> Option<Scale> {
        let width = room.saturating_sub(taken + GAP).min(MOST);
        if width < LEAST || records.len() < 2 {
            return None;
        }
        let has_any = |key: &&&'static str| records.iter().any(|record| number(record.get(**key)).is_some());
        let of = *bars.of.iter().find(has_any)?;
        let mut largest: HashMap<String, u128> = HashMap::new();
        for record in records {
            if let Some(number) = number(record.get(of)) {
                let known = largest.entry(within(record, bars)).or_default();
                *known = (*known).max(number.unsigned_abs());
            }
        }
        largest.values().any(|largest| *largest > 0).then_some(Scale { bars, of, width, largest })
    }

    /// How wide the longest bar is.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The bar of a row: none for nothing, and at least one character for anything else.
    pub fn bar(&self, record: &Value) -> String {
        let number = number(record.get(self.of)).unwrap_or_default();
        let largest = self.largest.get(&within(record, self.bars)).copied().unwrap_or_default();
        let (own, width) = (number.unsigned_abs(), u128::try_from(self.width).unwrap_or_default());
        if own == 0 || largest == 0 {
            return String::new();
        }
        // Rounded half up; a row beyond those that told the scale is as long as the longest.
        let long = own.saturating_mul(width).saturating_add(largest / 2).checked_div(largest).unwrap_or_default();
        let long = usize::try_from(long.clamp(1, width)).unwrap_or(self.width);
        if number < 0 { BELOW.repeat(long) } else { ABOVE.repeat(long) }
    }
}

fn within(record: &Value, bars: Bars) -> String {
    record.get(bars.within).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A number as it is told, in millionths.
fn number(value: Option<&Value>) -> Option<i128> {
    let text = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let (sign, text) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain(std::iter::repeat('0')).take(DIGITS).collect();
    let scaled: i128 = format!("{whole}{part}").parse().ok()?;
    Some(sign * scaled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BARS: Bars = Bars { of: &["total", "count"], within: "currency" };

    fn drawn(records: &[Value], taken: usize, room: usize) -> Option<Vec<String>> {
        let scale = Scale::of(BARS, records, taken, room)?;
        Some(records.iter().map(|record| scale.bar(record)).collect())
    }

    #[test]
    fn a_bar_is_as_long_as_its_number_is_against_the_largest() {
        let rows = [
            json!({"total": "100.00", "count": 1, "currency": "EUR"}),
            json!({"total": "-50.00", "count": 9, "currency": "EUR"}),
            json!({"total": "0.01", "count": 1, "currency": "EUR"}),
            json!({"total": "0.00", "count": 1, "currency": "EUR"}),
            json!({"total": "4800", "count": 1, "currency": "JPY"}),
            json!({"total": null, "count": 1, "currency": "EUR"}),
        ];
        let bars = drawn(&rows, 20, 32).unwrap();
        assert_eq!(bars, ["##########", "-----", "#", "", "##########", ""]);
        // No room, one row, and nothing to compare: no bars.
        assert_eq!(drawn(&rows, 20, 29), None);
        assert_eq!(drawn(&rows[..1], 20, 80), None);
        assert_eq!(drawn(&[json!({"total": "0"}), json!({"total": "0"})], 20, 80), None);
        assert_eq!(drawn(&[json!({"by": "x"}), json!({"by": "y"})], 20, 80), None);
        // Where there are no totals, what is counted.
        let counted = [json!({"total": null, "count": 4}), json!({"total": null, "count": 2})];
        assert_eq!(drawn(&counted, 0, 200).unwrap().iter().map(String::len).collect::<Vec<_>>(), [40, 20]);
    }

    #[test]
    fn a_number_is_read_as_it_is_told() {
        for (told, expected) in [
            (json!("12.5"), Some(12_500_000)),
            (json!("-0.000001"), Some(-1)),
            (json!(3), Some(3_000_000)),
            (json!("x"), None),
            (json!(null), None),
        ] {
            assert_eq!(number(Some(&told)), expected, "{told}");
        }
    }
}
