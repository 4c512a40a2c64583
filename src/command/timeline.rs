//! `customer timeline`: the story of a customer, in the order of time.

use clap::Args;

use super::pipeline::filter::period;
use super::pipeline::noun::one;
use super::{Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::store::engine::table::{Column, amount, currency, day, id, instant, link, text};
use crate::store::timeline;

/// What a row is told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    day().called("day"),
    instant().optional().called("at"),
    text().called("kind"),
    text().optional().called("state"),
    text().optional().called("text"),
    link("ticket").optional().called("ticket"),
    amount().optional().called("total"),
    currency().optional().called("currency"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["day", "kind", "id", "state", "text", "ticket", "total", "currency"];

/// Tell the story of a customer
///
/// In the order of time: tickets and what was noted on them, orders, deliveries and returns, invoices, credit notes, payments, coupons,
/// repairs and interventions, each with what it is now. Documents stand on the day on which they are accounted, repairs on the day
/// for which they are scheduled.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  aftersales customer timeline C00001
  aftersales customer timeline ada@example.org --since 2026-11 -o json")]
pub struct CustomerTimeline {
    /// The customer
    customer: String,
    /// Only from this day, or month such as 2026-11, on
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or month, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

impl Read for CustomerTimeline {
    const KIND: &'static str = "happened";
    const MANY: bool = true;
    const RIGHT: Right = Right::Helpdesk;

    fn fields() -> Vec<&'static str> {
        KEYS.iter().map(|column| column.shown).collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let customer: Customer = one(cx, "customer", &self.customer)?;
        let (from, before) = period(self.since.as_deref(), self.until.as_deref())?;
        for happened in timeline::of_customer(cx.db, customer.key, cx.today, &cx.desk.timezone)? {
            if from.is_none_or(|from| happened.day >= from) && before.is_none_or(|day| happened.day < day) {
                emit(&to_json(&happened)?)?;
            }
        }
        Ok(())
    }
}
