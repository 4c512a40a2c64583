//! The books as the accounting programs read them. What people wrote, such as names, stands in it as text and as nothing else.

use std::fmt::Write as _;

use super::{Account, LedgerFormat, LedgerRefused, Transaction};
use crate::domain::value::money::Currency;

/// The years of the days that beancount reads.
const BEANCOUNT_YEARS: std::ops::RangeInclusive<i32> = 1700..=2199;

/// A day before all others, on which accounts are opened for beancount.
const OPENED: &str = "1700-01-01";

/// The line that tells a program of a currency before it is used; none where none is needed.
pub fn currency_line(currency: Currency, format: LedgerFormat) -> Option<String> {
    let digits = usize::try_from(currency.digits()).unwrap_or_default();
    // The point must stand there, also where nothing stands behind it.
    (format == LedgerFormat::Hledger).then(|| format!("commodity 1000.{} {currency}\n", "0".repeat(digits)))
}

/// The line that tells a program of an account before it is used; none where none is needed.
pub fn account_line(account: &Account, format: LedgerFormat) -> Option<String> {
    let written = account.written(format);
    match format {
        LedgerFormat::Hledger => Some(format!("account {written}\n")),
        LedgerFormat::Beancount => Some(format!("{OPENED} open {written}\n")),
        LedgerFormat::Csv => None,
    }
}

/// A text on one line: control characters, and what some programs take for the end of a line, become blanks.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

impl Transaction {
    /// As hledger reads it, behind an empty line.
    pub fn hledger(&self) -> String {
        // A semicolon would begin a remark, and a bar end the name.
        let said = |text: &str| one_line(text).replace(';', ",").replace('|', "/");
        let number = one_line(&self.number).replace('(', "[").replace([')', ';'], "]");
        let note = self.note.as_deref().map(|note| format!(" | {}", said(note))).unwrap_or_default();
        let mut text = format!("\n{} ({number}) {}{note}\n", self.day, said(&self.name));
        for (account, amount) in &self.postings {
            let _ = writeln!(text, "    {}  {amount}", account.written(LedgerFormat::Hledger));
        }
        text
    }

    /// As beancount reads it, behind an empty line.
    pub fn beancount(&self) -> Result<String, LedgerRefused> {
        if !BEANCOUNT_YEARS.contains(&self.day.year()) {
            return Err(LedgerRefused::DayUnknown { number: self.number.clone(), day: self.day });
        }
        let quoted = |text: &str| format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""));
        let note = self.note.as_deref().unwrap_or_default();
        let mut text = format!("\n{} * {} {}\n", self.day, quoted(&self.name), quoted(note));
        let _ = writeln!(text, "  number: {}", quoted(&self.number));
        for (account, amount) in &self.postings {
            let _ = writeln!(text, "  {}  {amount}", account.written(LedgerFormat::Beancount));
        }
        Ok(text)
    }

    /// What is said of it in one cell: the name, and what else there is to say.
    pub fn description(&self) -> String {
        let note = self.note.as_deref().map(|note| format!(", {note}")).unwrap_or_default();
        one_line(&format!("{}{note}", self.name))
    }
}
