//! `report`: figures over a period, summed by what is asked for (contract, section 7 "Reports").

use std::collections::BTreeMap;
use std::marker::PhantomData;

use clap::{ArgMatches, Args, FromArgMatches};

use super::ledger::each;
use super::pipeline::filter::period;
use super::{Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::ledger::{Account, Accounts, LedgerFormat};
use crate::domain::report::{By, ReportRow, summed_by};
use crate::domain::value::money::Money;
use crate::store::engine::table::{Column, amount, currency, int, percent, quantity, text};
use crate::store::ledger::Period;
use crate::store::report::{COUPONS, Figures, OWED, REFUNDS, REPAIRS, RETURNS};

/// What a row is told by.
pub const KEYS: &[Column] = &[
    text().optional().called("by"),
    int().called("count"),
    quantity().optional().called("quantity"),
    percent().optional().called("rate"),
    amount().optional().called("untaxed"),
    amount().optional().called("tax"),
    amount().optional().called("total"),
    currency().optional().called("currency"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["by", "count", "quantity", "rate", "untaxed", "tax", "total", "currency"];

/// The kinds of rows that are laid out as those of a report, but for what they are summed by: records that have names.
pub const BY_CUSTOMER: &str = "report_by_customer";
pub const BY_PRODUCT: &str = "report_by_product";
pub const BY_USER: &str = "report_by_user";

/// What can be asked of every report.
#[derive(Args, Debug)]
struct Asked {
    /// What to sum by
    #[arg(long, value_name = "WHAT")]
    by: Option<String>,
    /// Only from this day, or month such as 2026-11, on
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or month, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

/// One of the reports.
pub trait Reported: 'static {
    /// What its help says, and after it.
    const ABOUT: &'static str;
    const MORE: &'static str;
    const EXAMPLES: &'static str;
    const RIGHT: Right;
    /// What it can be summed by, by itself the first.
    fn ways() -> Vec<By>;
    /// Its rows.
    fn rows(cx: &Cx<'_>, by: By, period: &Period) -> Result<Vec<ReportRow>>;
}

/// `report NAME`.
pub struct Report<R> {
    asked: Asked,
    report: PhantomData<R>,
}

impl<R: Reported> FromArgMatches for Report<R> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        Ok(Report { asked: Asked::from_arg_matches(matches)?, report: PhantomData })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        self.asked.update_from_arg_matches(matches)
    }
}

impl<R: Reported> Args for Report<R> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let ways: Vec<&str> = R::ways().into_iter().map(By::word).collect();
        let help = match ways.as_slice() {
            [only] => format!("What to sum by: {only}"),
            several => format!("What to sum by: {} (default: the first)", several.join(", ")),
        };
        let command = Asked::augment_args(command).mut_arg("by", |by| by.help(help));
        command.about(R::ABOUT).long_about(format!("{}\n\n{}", R::ABOUT, R::MORE)).after_help(R::EXAMPLES)
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<R: Reported> Read for Report<R> {
    const KIND: &'static str = "report";
    const MANY: bool = true;
    const RIGHT: Right = R::RIGHT;

    fn laid_out_as(&self) -> &'static str {
        match summed_by(self.asked.by.as_deref(), &R::ways()) {
            Ok(By::Customer) => BY_CUSTOMER,
            Ok(By::Product) => BY_PRODUCT,
            Ok(By::User) => BY_USER,
            // What is no way to sum is refused where it is run.
            _ => Self::KIND,
        }
    }

    fn fields() -> Vec<&'static str> {
        KEYS.iter().map(|column| column.shown).collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let by = summed_by(self.asked.by.as_deref(), &R::ways())?;
        let (from, before) = period(self.asked.since.as_deref(), self.asked.until.as_deref())?;
        for row in R::rows(cx, by, &Period::of(from, before))? {
            emit(&to_json(&row)?)?;
        }
        Ok(())
    }
}

/// A report whose figures the store sums.
macro_rules! reported {
    ($name:ident of $figures:ident for $right:ident: $about:literal, $more:literal, $examples:literal) => {
        pub struct $name;

        impl Reported for $name {
            const ABOUT: &'static str = $about;
            const MORE: &'static str = $more;
            const EXAMPLES: &'static str = concat!("Examples:\n", $examples);
            const RIGHT: Right = Right::$right;
            fn ways() -> Vec<By> {
                ways_of(&$figures)
            }
            fn rows(cx: &Cx<'_>, by: By, period: &Period) -> Result<Vec<ReportRow>> {
                Ok($figures.rows(cx.db, by, period)?)
            }
        }
    };
}

fn ways_of(figures: &Figures) -> Vec<By> {
    figures.ways.iter().map(|way| way.by).collect()
}

reported!(Refunds of REFUNDS for Invoicing: "Sum what was refunded",
    "Posted credit notes by accounting date, but those that an invoice reverses. By product goods are counted, and 'rate' is how many \
     percent they are of what was billed of the product in the same period. User and team are those of the ticket.",
    "  aftersales report refunds --since 2026-11\n  aftersales report refunds --by product -o csv");
reported!(Coupons of COUPONS for Sales: "Sum what codes took off",
    "Codes on confirmed orders by the date of the order: how often they were used, and what they took off. User and team are those of \
     the ticket that a coupon was made from.",
    "  aftersales report coupons --since 2026-11\n  aftersales report coupons --by team");
reported!(Returns of RETURNS for Inventory: "Sum what was returned",
    "Returns that arrived, by their date. By product 'rate' is how many percent they are of what was delivered of it in the same \
     period. User and team are those of the ticket.",
    "  aftersales report returns --since 2026-11\n  aftersales report returns --by team -o json");
reported!(Repairs of REPAIRS for Repair: "Sum what is and was repaired",
    "Repairs that are not cancelled, by the day for which they are scheduled; the amounts are those of their quotations. The user is \
     whoever is responsible, the team that of the ticket.",
    "  aftersales report repairs --since 2026-11\n  aftersales report repairs --by user");
reported!(Owed of OWED for Invoicing: "Sum what customers owe",
    "What is open now on invoices, credit notes and payments of the period, by accounting date: above zero where a customer owes it, \
     below zero where it is owed to them.",
    "  aftersales report owed\n  aftersales report owed --by month");

/// The trial balance.
pub struct TrialBalance;

impl Reported for TrialBalance {
    const ABOUT: &'static str = "Sum the books by account: the trial balance";
    const MORE: &'static str = "What 'ledger export' posts in the period: 'count' is how many postings an account has, and 'total' its \
                                balance, debits above zero. All balances of a currency add up to nothing.";
    const EXAMPLES: &'static str =
        "Examples:\n  aftersales report accounts\n  aftersales report accounts --since 2026-11 --until 2026-11 -o csv";
    const RIGHT: Right = Right::Invoicing;

    fn ways() -> Vec<By> {
        vec![By::Account]
    }

    fn rows(cx: &Cx<'_>, _: By, period: &Period) -> Result<Vec<ReportRow>> {
        let mut sums = BTreeMap::new();
        each(cx, period, &Accounts::of(cx.desk), |transaction| {
            for (account, amount) in transaction.postings {
                let sum = sums.entry((account, amount.currency)).or_insert((0, Money::zero(amount.currency)));
                *sum = (sum.0 + 1, sum.1.checked_add(amount)?);
            }
            Ok(())
        })?;
        let row = |((account, currency), (count, total)): ((Account, _), _)| ReportRow {
            by: Some(account.written(LedgerFormat::Csv)),
            count,
            quantity: None,
            rate: None,
            untaxed: None,
            tax: None,
            total: Some(total),
            currency: Some(currency),
        };
        Ok(sums.into_iter().map(row).collect())
    }
}
