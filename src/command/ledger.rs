//! `ledger export`: the books in double entry, as an accounting program or a spreadsheet reads them (contract, section 7).

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use serde_json::json;

use super::Cx;
use super::pipeline::filter::period;
use crate::domain::common::ValueRefused;
use crate::domain::ledger::{Account, Accounts, LedgerFormat, Transaction, account_line, currency_line, transaction};
use crate::domain::{Allowed, Error, Result};
use crate::output::csv::Rows;
use crate::store::StoreError;
use crate::store::ledger::{self, Books, Period};

/// Write the books in double entry
///
/// Every posted document and payment makes postings that add up to nothing, by its accounting date; drafts and what is cancelled make
/// none. Over all time a customer's account holds what is open on their invoices less their open credit; a period tells only what was
/// posted in it. Accounts are Assets:Receivable:CUSTOMER, Assets:Bank, Income:Sales, Income:Returns, Income:Discounts and
/// Liabilities:Tax:TAX, unless 'desk edit', 'product edit' or 'tax edit' set others. What a format cannot have in the name of an account
/// is written as -xHEX-; a name in beancount that begins with no capital and no digit gets X- before it.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ledger export > desk.journal\n  aftersales ledger export --since 2026-11 --until 2026-11 | hledger -f - balance\n  aftersales ledger export --format beancount > desk.beancount\n  aftersales ledger export --format csv > desk.csv"
)]
pub struct LedgerExport {
    /// hledger, beancount or csv (default: hledger)
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Only from this day, or month such as 2026-11, on
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or month, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

/// The columns of the books as CSV.
const COLUMNS: [&str; 6] = ["date", "transaction", "description", "account", "amount", "currency"];

impl LedgerExport {
    /// Writes what was asked for.
    pub fn run(&self, cx: &Cx<'_>, out: &mut dyn Write) -> Result<()> {
        let format = self.format()?;
        let (from, before) = period(self.since.as_deref(), self.until.as_deref())?;
        let period = Period::of(from, before);
        let accounts = Accounts::of(cx.desk);
        match format {
            LedgerFormat::Csv => rows(cx, &period, &accounts, out),
            _ => {
                head(cx, &period, &accounts, format, out)?;
                each(cx, &period, &accounts, |transaction| {
                    let text = match format {
                        LedgerFormat::Beancount => transaction.beancount()?,
                        _ => transaction.hledger(),
                    };
                    written(out.write_all(text.as_bytes()))
                })
            }
        }
    }

    fn format(&self) -> Result<LedgerFormat> {
        let Some(given) = &self.format else {
            return Ok(LedgerFormat::Hledger);
        };
        given.parse().map_err(|message| {
            let allowed = LedgerFormat::WORDS.iter().map(|word| (*word).to_owned()).collect();
            let allowed = Some(Allowed::Several(allowed));
            ValueRefused::Invalid { field: "format", given: given.clone(), message, allowed }.into()
        })
    }
}

/// Tells what was posted in the period, one transaction after the other.
pub(super) fn each(
    cx: &Cx<'_>,
    period: &Period,
    accounts: &Accounts,
    mut tell: impl FnMut(Transaction) -> Result<()>,
) -> Result<()> {
    let mut books = Books::begin(period);
    while let Some(posted) = books.next(cx.db)? {
        tell(transaction(posted, accounts)?)?;
    }
    Ok(())
}

/// What a program is told before the first transaction, so that it can be strict: currencies and accounts.
fn head(cx: &Cx<'_>, period: &Period, accounts: &Accounts, format: LedgerFormat, out: &mut dyn Write) -> Result<()> {
    if format == LedgerFormat::Hledger {
        written(out.write_all(b"decimal-mark .\n"))?;
    }
    for currency in ledger::currencies(cx.db)? {
        let line = currency_line(currency, format).unwrap_or_default();
        written(out.write_all(line.as_bytes()))?;
    }
    let of_products = ledger::product_accounts(cx.db)?;
    let of_taxes = ledger::taxes(cx.db)?.into_iter().map(|(id, own)| accounts.tax(&id, own.as_ref()));
    let known: BTreeSet<Account> = accounts.common().into_iter().cloned().chain(of_products).chain(of_taxes).collect();
    for account in &known {
        written(out.write_all(account_line(account, format).unwrap_or_default().as_bytes()))?;
    }
    let mut written_so_far = Ok(());
    ledger::each_customer(cx.db, period, |customer| {
        let account = accounts.receivable(customer);
        if written_so_far.is_ok() && !known.contains(&account) {
            written_so_far = out.write_all(account_line(&account, format).unwrap_or_default().as_bytes());
        }
        Ok(())
    })?;
    written(written_so_far)
}

/// The postings as rows.
fn rows(cx: &Cx<'_>, period: &Period, accounts: &Accounts, out: &mut dyn Write) -> Result<()> {
    let mut rows = Rows::new(out);
    written(rows.header(COLUMNS.into_iter()))?;
    each(cx, period, accounts, |transaction| {
        let description = transaction.description();
        for (account, amount) in &transaction.postings {
            let (account, currency) = (account.written(LedgerFormat::Csv), amount.currency);
            written(rows.row(&json!({
                "date": transaction.day,
                "transaction": transaction.number,
                "description": description,
                "account": account,
                "amount": amount,
                "currency": currency,
            })))?;
        }
        Ok(())
    })?;
    written(rows.flush())
}

fn written(written: std::io::Result<()>) -> Result<()> {
    written.map_err(|error| -> Error {
        StoreError::Stream(error.kind() == std::io::ErrorKind::BrokenPipe, error.to_string()).into()
    })
}
