//! Taxes as other systems name them: `VAT 20%`, `7% incl`, `19 %`. The name tells the rate, and whether prices hold it.

use super::Tax;
use crate::domain::Refusal;
use crate::domain::value::quantity::Percent;
use crate::domain::value::text::letters_and_digits;

/// What a name tells of a tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTax {
    /// The name, in one line.
    pub name: String,
    /// The rate, where the name holds a percentage.
    pub rate: Option<Percent>,
    /// Whether prices hold it.
    pub included: bool,
    /// What the name says beside that, as letters and digits alone.
    words: String,
}

/// The words that say that prices hold a tax.
const INCLUDED: &[&str] = &["included", "inclusive", "incl", "inkl", "inklusive", "enthalten", "ttc", "compris", "inc"];

impl NamedTax {
    /// Reads a name.
    pub fn read(name: &str) -> NamedTax {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let percent = percentage(&name);
        let rest = match &percent {
            Some((start, end, _)) => {
                format!("{} {}", name.get(..*start).unwrap_or_default(), name.get(*end..).unwrap_or_default())
            }
            None => name.clone(),
        };
        let mut included = false;
        let mut words = String::new();
        for word in rest.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let word = word.to_lowercase();
            if INCLUDED.contains(&word.as_str()) {
                included = true;
            } else {
                words.push_str(&word);
            }
        }
        let rate = percent.map(|(.., rate)| rate);
        NamedTax { name, rate, included, words }
    }

    /// Whether that tax is the one that is meant: called so, or of that rate and called alike. A name that is a rate alone is
    /// any tax of that rate.
    pub fn is(&self, tax: &Tax) -> bool {
        if tax.id == self.name {
            return true;
        }
        let Some(rate) = self.rate else {
            return letters_and_digits(&tax.id) == letters_and_digits(&self.name);
        };
        rate == tax.rate
            && self.included == tax.included
            && (self.words.is_empty()
                || letters_and_digits(&tax.id) == letters_and_digits(&self.name)
                || NamedTax::read(&tax.id).words == self.words)
    }
}

/// The first percentage of a text: where it begins and ends, and what it is.
fn percentage(text: &str) -> Option<(usize, usize, Percent)> {
    let sign = text.find('%')?;
    let before = text.get(..sign)?.trim_end();
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, letter)| letter.is_ascii_digit() || matches!(letter, '.' | ','))
        .last()?
        .0;
    let number = before.get(start..)?.replace(',', ".");
    Some((start, sign.saturating_add(1), number.parse().ok()?))
}

/// A tax that the desk does not have, of which the name does not tell the rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the desk has no tax {name:?}, and the name tells no rate such as 20% by which it could be made")]
pub struct UnknownTax {
    pub name: String,
}

impl Refusal for UnknownTax {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("taxes")
    }
    fn given(&self) -> Option<String> {
        Some(self.name.clone())
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales tax create --help".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_rates() {
        for (name, rate, included) in [
            ("VAT 20%", Some("20"), false),
            ("7% incl", Some("7"), true),
            ("19 %", Some("19"), false),
            ("MwSt. 7,5 % (inkl.)", Some("7.5"), true),
            ("CA State Tax 7.25%", Some("7.25"), false),
            ("GST", None, false),
            ("%", None, false),
            ("1.2.3%", None, false),
            ("ä%ö", None, false),
        ] {
            let named = NamedTax::read(name);
            assert_eq!((named.rate, named.included), (rate.map(|rate| rate.parse().unwrap()), included), "{name}");
        }
    }

    #[test]
    fn a_tax_is_found_by_name_and_rate() {
        let tax = |id: &str, rate: &str, included| Tax::bare(1, id.to_owned(), rate.parse().unwrap(), included);
        for (name, id, rate, included, is) in [
            ("VAT 20%", "VAT 20%", "20", false, true),
            ("VAT 20%", "VAT20", "20", false, true),
            ("VAT 20%", "vat-20", "20", false, true),
            ("VAT 20%", "VAT20", "21", false, false),
            ("VAT 20%", "VAT20", "20", true, false),
            ("VAT 20%", "TVA20", "20", false, false),
            ("20%", "VAT20", "20", false, true),
            ("7% incl", "R7", "7", true, true),
            ("7% incl", "R7", "7", false, false),
            ("GST", "gst", "10", false, true),
            ("GST", "PST", "10", false, false),
        ] {
            assert_eq!(NamedTax::read(name).is(&tax(id, rate, included)), is, "{name} {id}");
        }
    }
}
