//! The books: what a posted document and a payment come to in double entry, derived and never typed (contract, section 7
//! "Ledger"). A customer's account holds what is open on their invoices less their open credit (spec B8, B14).

mod account;
mod text;

pub use account::Account;
pub use text::{account_line, currency_line, one_line};

use super::Refusal;
use super::desk::Desk;
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::number::Overflow;
use crate::domain::value::text::choices;

choices! {
    /// Who reads the books: one of two accounting programs, or a spreadsheet.
    pub enum LedgerFormat: "format" {
        Hledger = "hledger",
        Beancount = "beancount",
        Csv = "csv",
    }
}

/// The accounts of the desk, as they are set or by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    receivable: Account,
    bank: Account,
    sales: Account,
    returns: Account,
    discounts: Account,
    taxes: Account,
}

impl Accounts {
    /// The accounts that a desk posts to.
    pub fn of(desk: &Desk) -> Accounts {
        let set = |account: &Option<Account>, known: &[&str]| account.clone().unwrap_or_else(|| Account::known(known));
        Accounts {
            receivable: set(&desk.receivable_account, &["Assets", "Receivable"]),
            bank: set(&desk.bank_account, &["Assets", "Bank"]),
            sales: Account::known(&["Income", "Sales"]),
            returns: set(&desk.returns_account, &["Income", "Returns"]),
            discounts: set(&desk.discounts_account, &["Income", "Discounts"]),
            taxes: Account::known(&["Liabilities", "Tax"]),
        }
    }

    /// What a customer owes, less what they are owed.
    pub fn receivable(&self, customer: &str) -> Account {
        self.receivable.below(customer)
    }

    /// What a tax of that id comes to: on an account of its own, where it has one.
    pub fn tax(&self, id: &str, own: Option<&Account>) -> Account {
        own.cloned().unwrap_or_else(|| self.taxes.below(id))
    }

    /// Those that are neither a customer's, nor a product's, nor a tax's.
    pub fn common(&self) -> [&Account; 4] {
        [&self.bank, &self.sales, &self.returns, &self.discounts]
    }

    fn of_part(&self, part: &PartOf) -> Account {
        match part {
            PartOf::Sales(own) => own.clone().unwrap_or_else(|| self.sales.clone()),
            PartOf::Discounts => self.discounts.clone(),
            PartOf::Returns => self.returns.clone(),
            PartOf::Tax { id, own } => self.tax(id, own.as_ref()),
            PartOf::Money => self.bank.clone(),
        }
    }
}

/// What a part of a posted document or payment is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartOf {
    /// What was sold, on the account of its product where that has one.
    Sales(Option<Account>),
    /// A discount that is a line of its own; a percentage off a line is within what was sold.
    Discounts,
    /// What a credit note takes back, shares of discounts too, and what an invoice takes back of a credit note (spec B13).
    Returns,
    /// A tax, on an account of its own where it has one.
    Tax { id: String, own: Option<Account> },
    /// Money that came in or went out.
    Money,
}

/// A posted document or payment, as the books see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub key: i64,
    /// The accounting date.
    pub day: Day,
    /// The number of the document, or the id of the payment.
    pub number: String,
    /// The customer's id and name.
    pub customer: String,
    pub name: String,
    /// What else is said of it, such as which invoice a credit note reverses.
    pub note: Option<String>,
    /// Whether the customer owes it, as an invoice, or is owed it, as a credit note.
    pub is_owed_to_us: bool,
    pub total: Money,
    /// What the total is made of, in minor units.
    pub parts: Vec<(PartOf, i64)>,
}

/// Postings that add up to nothing, of one day and one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub day: Day,
    pub number: String,
    pub name: String,
    pub note: Option<String>,
    /// Each account once: debits above zero, credits below.
    pub postings: Vec<(Account, Money)>,
}

/// What a posted document or payment comes to on the accounts.
pub fn transaction(posted: Posted, accounts: &Accounts) -> Result<Transaction, LedgerRefused> {
    let Posted { day, number, customer, name, note, is_owed_to_us, total, parts, .. } = posted;
    let overflow = |Overflow| LedgerRefused::Unbalanced { number: number.clone() };
    let (receivable, signed): (_, fn(i64) -> Option<i64>) =
        if is_owed_to_us { (Some(total.minor), i64::checked_neg) } else { (total.minor.checked_neg(), Some) };
    let receivable = receivable.ok_or(Overflow).map_err(overflow)?;
    let mut postings = vec![(accounts.receivable(&customer), receivable)];
    for (of, amount) in &parts {
        let amount = signed(*amount).ok_or(Overflow).map_err(overflow)?;
        let account = accounts.of_part(of);
        match postings.iter_mut().find(|(known, _)| *known == account) {
            Some((_, sum)) => *sum = sum.checked_add(amount).ok_or(Overflow).map_err(overflow)?,
            None => postings.push((account, amount)),
        }
    }
    let sum: i128 = postings.iter().map(|(_, amount)| i128::from(*amount)).sum();
    if sum != 0 {
        return Err(LedgerRefused::Unbalanced { number });
    }
    // What comes to nothing is told for the customer alone, so that a document of 0.00 is in the books too.
    let mut first = true;
    postings.retain(|(_, amount)| std::mem::take(&mut first) || *amount != 0);
    let money = |(account, minor)| (account, Money::new(minor, total.currency));
    Ok(Transaction { day, number, name, note, postings: postings.into_iter().map(money).collect() })
}

/// Why the books cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRefused {
    #[error("what stands on {number} does not add up to its total")]
    Unbalanced { number: String },
    #[error("{number} is booked on {day}, and beancount reads days of the years 1700 to 2199 alone")]
    DayUnknown { number: String, day: Day },
}

impl Refusal for LedgerRefused {
    fn code(&self) -> &'static str {
        match self {
            LedgerRefused::Unbalanced { .. } => "store_damaged",
            LedgerRefused::DayUnknown { .. } => "invalid_value",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            LedgerRefused::Unbalanced { .. } => None,
            LedgerRefused::DayUnknown { .. } => Some("format"),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            LedgerRefused::Unbalanced { .. } => None,
            LedgerRefused::DayUnknown { .. } => Some(LedgerFormat::Beancount.to_string()),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            LedgerRefused::Unbalanced { .. } => Some("aftersales verify".to_owned()),
            LedgerRefused::DayUnknown { .. } => Some("aftersales ledger export --format hledger".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
