//! `log`: what was done, when and by whom (spec G2).

use std::collections::BTreeSet;

use clap::Args;

use super::pipeline::record::{bound, is_between, limit_of};
use super::{Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::log::LoggedOperation;
use crate::domain::value::reference::padded;
use crate::store::engine::table::{Column, id, ids, instant, int, json, object, text, words};
use crate::store::{Db, Key, Page, log};

/// What an operation is told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    int().called("operation"),
    instant().called("at"),
    instant().called("recorded_at"),
    object(&[words(&["user", "customer", "system"]).called("kind"), text().optional().called("id")]).called("actor"),
    json().called("command"),
    text().optional().called("key"),
    ids().called("touched"),
    text().called("hash"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["operation", "at", "actor", "command", "touched"];

/// How many operations are read at a time.
const PAGE: i64 = 500;

/// Show what was done: every change in order, chained by hash
///
/// A day given to --since and --until is one in UTC, as the log's times are.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aftersales log --newest --limit 10\n  aftersales log --touched T00001 -o json\n  aftersales log --command 'ticket refund' --since 2026-11-01"
)]
pub struct Log {
    /// Only the operation of this number (repeatable)
    #[arg(long, value_name = "N")]
    operation: Vec<String>,
    /// Only what made or changed the record of this id or number (repeatable)
    #[arg(long, value_name = "ID")]
    touched: Vec<String>,
    /// Only this command, such as 'ticket refund' (repeatable)
    #[arg(long, value_name = "NAME")]
    command: Vec<String>,
    /// Only what this user or customer did (repeatable)
    #[arg(long, value_name = "ID")]
    actor: Vec<String>,
    /// Only from this day or time on
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or time, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// At most N of them
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// The newest first (default: in order)
    #[arg(long)]
    newest: bool,
}

impl Read for Log {
    const KIND: &'static str = "log";
    const MANY: bool = true;
    const RIGHT: Right = Right::Admin;

    fn fields() -> Vec<&'static str> {
        KEYS.iter().map(|column| column.shown).collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let mut left = limit_of(self.limit.as_deref())?;
        let since = bound("since", self.since.as_deref())?;
        let until = bound("until", self.until.as_deref())?;
        let mut pages = Pages::of(cx.db, self.named(cx.db)?, self.newest);
        while left > 0
            && let Some(records) = pages.next()?
        {
            for mut operation in records {
                if left == 0 || !self.fits(&operation, since, until) {
                    continue;
                }
                operation.touched = log::touched(cx.db, operation.operation)?;
                emit(&to_json(&operation)?)?;
                left -= 1;
            }
        }
        Ok(())
    }
}

impl Log {
    /// The numbers of the operations that were asked for by number or by what they touched; none where neither was.
    fn named(&self, db: &Db) -> Result<Option<BTreeSet<Key>>> {
        let mut named: Option<BTreeSet<Key>> = None;
        if !self.operation.is_empty() {
            named = Some(self.operation.iter().map(|given| number_of(given)).collect::<Result<_>>()?);
        }
        if !self.touched.is_empty() {
            let mut touching = BTreeSet::new();
            for given in &self.touched {
                touching.extend(operations_on(db, given)?);
            }
            named = Some(match named {
                Some(named) => named.intersection(&touching).copied().collect(),
                None => touching,
            });
        }
        Ok(named)
    }

    fn fits(&self, operation: &LoggedOperation, since: Option<&str>, until: Option<&str>) -> bool {
        let is_one_of = |asked: &[String], value: Option<&str>| {
            asked.is_empty() || asked.iter().any(|asked| asked == value.unwrap_or_default())
        };
        is_between(Some(&operation.at.to_string()), since, until)
            && is_one_of(&self.actor, operation.actor.id.as_deref())
            && (self.command.is_empty() || is_one_of(&self.command, operation.command_name().as_deref()))
    }
}

fn number_of(given: &str) -> Result<Key> {
    given.parse().map_err(|_| {
        ValueRefused::invalid("operation", given, format!("{given:?} is not the number of an operation")).into()
    })
}

/// The operations that touched a record, named by id or number, whatever its padding.
fn operations_on(db: &Db, given: &str) -> Result<Vec<Key>> {
    let mut operations = Vec::new();
    for spelt in [Some(given.to_owned()), padded(given)].into_iter().flatten() {
        operations.extend(log::operations_touching(db, &spelt)?);
        if let Some(id) = log::document_numbered(db, &spelt)? {
            operations.extend(log::operations_touching(db, &id)?);
        }
    }
    Ok(operations)
}

/// The log in pages: all of it, or the operations of some numbers.
struct Pages<'d> {
    db: &'d Db,
    newest: bool,
    named: Option<BTreeSet<Key>>,
    /// Where the next page begins; none at the end.
    page: Option<Page>,
}

impl<'d> Pages<'d> {
    fn of(db: &'d Db, named: Option<BTreeSet<Key>>, newest: bool) -> Pages<'d> {
        Pages { db, newest, named, page: Some(Page { after: None, newest, limit: PAGE }) }
    }

    fn next(&mut self) -> Result<Option<Vec<LoggedOperation>>> {
        if let Some(named) = &mut self.named {
            let next = if self.newest { named.pop_last() } else { named.pop_first() };
            let Some(number) = next else {
                return Ok(None);
            };
            return Ok(Some(log::by_operation(self.db, number)?.into_iter().collect()));
        }
        let Some(page) = self.page else {
            return Ok(None);
        };
        let records = log::page(self.db, page)?;
        self.page = match records.last() {
            Some(last) if records.len() == usize::try_from(PAGE).unwrap_or(0) => {
                Some(Page { after: Some(last.operation), ..page })
            }
            _ => None,
        };
        Ok(Some(records))
    }
}
