//! Accounts of the books: names behind colons, as each format can write them.

use std::fmt;
use std::str::FromStr;

use super::LedgerFormat;
use crate::domain::value::text::text_value;

/// What every account begins with. Accounting programs tell by it on which side of the books an account stands.
const ROOTS: [&str; 5] = ["Assets", "Liabilities", "Equity", "Income", "Expenses"];

/// An account: one of `ROOTS` and the names below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(Vec<String>);

impl Account {
    /// An account of the program's own.
    pub(super) fn known(names: &[&str]) -> Account {
        Account(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The account of that name below this one. The name is anything that a record can be called, colons included.
    pub fn below(&self, name: &str) -> Account {
        Account(self.0.iter().cloned().chain([name.to_owned()]).collect())
    }

    /// The account as that format writes it: two accounts are never written alike.
    pub fn written(&self, format: LedgerFormat) -> String {
        let name = match format {
            LedgerFormat::Beancount => beancount_name,
            LedgerFormat::Hledger | LedgerFormat::Csv => plain_name,
        };
        self.0.iter().map(|part| name(part)).collect::<Vec<_>>().join(":")
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(":"))
    }
}

impl FromStr for Account {
    type Err = String;
    fn from_str(text: &str) -> Result<Account, String> {
        let names: Vec<String> = text.split(':').map(str::to_owned).collect();
        let is_name = |name: &String| !name.is_empty() && name.trim() == name && !name.contains(char::is_control);
        let has_root = names.first().is_some_and(|root| ROOTS.contains(&root.as_str()));
        if has_root && names.len() > 1 && names.iter().all(is_name) {
            return Ok(Account(names));
        }
        let roots = ROOTS.join(", ");
        Err(format!(
            "{text:?} is no account, such as Income:Lamps: names with colons between, the first one of {roots}"
        ))
    }
}

text_value!(Account, "an account such as Income:Lamps");

/// A name with every character that may not stand in it replaced by `-xHEX-`. A hyphen is replaced too where what follows would
/// make it look like such a replacement, so that the name can be read back, and no two names fall together.
fn replaced(name: &str, may_stand: impl Fn(Option<char>, char, Option<char>) -> bool) -> String {
    let mut written = String::with_capacity(name.len());
    let mut before = None;
    let mut rest = name.chars().peekable();
    while let Some(this) = rest.next() {
        let after = rest.peek().copied();
        let is_like_a_replacement = this == '-' && after == Some('x');
        if may_stand(before, this, after) && !is_like_a_replacement {
            written.push(this);
        } else {
            written.push_str(&format!("-x{:X}-", u32::from(this)));
        }
        before = Some(this);
    }
    written
}

/// In hledger a name ends at two blanks, and a semicolon begins a remark. A single blank may stand between two words.
pub(super) fn plain_name(name: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    replaced(name, |before, this, after| match this {
        ' ' => is_word(before) && is_word(after),
        ':' | ';' => false,
        other => !other.is_whitespace() && !other.is_control(),
    })
}

/// What a name of beancount gets before it where it does not begin as it must.
const MARK: &str = "X-";

/// In beancount a name begins with a capital or a digit and goes on with letters, digits and hyphens. Letters beyond ASCII are
/// known to some of its versions only.
fn beancount_name(name: &str) -> String {
    let written = replaced(name, |_, this, _| this.is_ascii_alphanumeric() || this == '-');
    let begins = written.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    // What begins with the mark by itself gets another, so that it is not taken for what it is not.
    if begins && !written.starts_with(MARK) { written } else { format!("{MARK}{written}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_written_as_each_format_can_read_them() {
        let table = [
            ("C00001", "C00001", "C00001"),
            ("VAT20-in", "VAT20-in", "VAT20-in"),
            ("ann", "ann", "X-ann"),
            ("X-ann", "X-ann", "X-X-ann"),
            ("X/", "X/", "X-X-x2F-"),
            ("A:B", "A-x3A-B", "A-x3A-B"),
            ("VAT 20%", "VAT 20%", "VAT-x20-20-x25-"),
            ("a  b ", "a-x20--x20-b-x20-", "X-a-x20--x20-b-x20-"),
            ("B;C", "B-x3B-C", "B-x3B-C"),
            ("box-x1", "box-x2D-x1", "X-box-x2D-x1"),
            ("Zoë", "Zoë", "Zo-xEB-"),
            ("-1", "-1", "X--1"),
            ("\u{3000}A", "-x3000-A", "X--x3000-A"),
        ];
        for (name, plain, beancount) in table {
            let account = Account::known(&["Assets", "Receivable"]).below(name);
            for (format, expected) in
                [(LedgerFormat::Hledger, plain), (LedgerFormat::Csv, plain), (LedgerFormat::Beancount, beancount)]
            {
                assert_eq!(account.written(format), format!("Assets:Receivable:{expected}"), "{name:?} {format}");
            }
        }
    }

    #[test]
    fn an_account_begins_with_what_programs_know() {
        for text in ["Income:Lamps", "Assets:Bank:Main account", "Liabilities:VAT 20%", "Expenses:7"] {
            assert_eq!(text.parse::<Account>().map(|account| account.to_string()).as_deref(), Ok(text));
        }
        for text in
            ["", "Income", "Lamps", "Lamps:Income", "Income:", "Income::A", "Income: A", "Income:A\nB", "income:A"]
        {
            assert!(text.parse::<Account>().is_err(), "{text:?}");
        }
    }

    /// What a written name was made of.
    fn read_back(written: &str) -> String {
        let mut name = String::new();
        let mut rest = written;
        while let Some(this) = rest.chars().next() {
            match rest.strip_prefix("-x").and_then(|coded| coded.split_once('-')) {
                Some((hex, after)) => {
                    name.push(u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).unwrap());
                    rest = after;
                }
                None => {
                    name.push(this);
                    rest = &rest[this.len_utf8()..];
                }
            }
        }
        name
    }

    proptest! {
        #[test]
        fn no_two_names_fall_together(name in "[-xX2 F:;/Aaé\u{a0}\"%\\[(]{1,12}") {
            let plain = plain_name(&name);
            prop_assert_eq!(&read_back(&plain), &name);
            prop_assert!(!plain.contains([':', ';', '\n']) && !plain.contains("  ") && plain.trim() == plain);

            let written = beancount_name(&name);
            prop_assert_eq!(read_back(written.strip_prefix(MARK).unwrap_or(&written)), name);
            prop_assert!(written.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()));
            prop_assert!(written.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        }
    }
}
