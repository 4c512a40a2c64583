//! `report documents`: what was booked in a period, a document a row, for the accountant.

use clap::Args;

use super::pipeline::filter::period;
use super::{Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::document::DocumentKind;
use crate::store::booked::Documents;
use crate::store::engine::table::{Column, amount, currency, day, id, link, rows, text, words};
use crate::store::ledger::Period;

/// What a row is told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    text().optional().called("number"),
    words(DocumentKind::WORDS).called("kind"),
    day().called("date"),
    day().called("accounting_date"),
    link("customer").called("customer"),
    text().called("name"),
    amount().called("untaxed"),
    amount().called("tax"),
    amount().called("total"),
    currency().called("currency"),
    rows(&[link("tax").called("tax"), amount().optional().called("base"), amount().optional().called("amount")])
        .called("taxes"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["number", "kind", "accounting_date", "customer", "untaxed", "tax", "total", "currency"];

/// List what was booked, with every tax by itself
///
/// A row for each posted invoice and credit note, by accounting date; what a credit note takes back is below zero, so that a column
/// adds up. With -o csv every tax of the period has two columns: base_TAX, what it is on, and amount_TAX, what it comes to.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  aftersales report documents --since 2026-11 --until 2026-11 -o csv
  aftersales report documents --since 2026-10-01")]
pub struct ReportDocuments {
    /// Only from this day, or month such as 2026-11, on
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or month, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

impl Read for ReportDocuments {
    const KIND: &'static str = "booked";
    const MANY: bool = true;
    const RIGHT: Right = Right::Invoicing;
    const SPREAD: &'static str = "taxes";

    fn fields() -> Vec<&'static str> {
        KEYS.iter().map(|column| column.shown).collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let (from, before) = period(self.since.as_deref(), self.until.as_deref())?;
        let period = Period::of(from, before);
        let mut documents = Documents::begin(cx.db, &period)?;
        while let Some(booked) = documents.next(cx.db)? {
            emit(&to_json(&booked)?)?;
        }
        Ok(())
    }
}
