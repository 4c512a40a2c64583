//! `log`: what was done, when and by whom (spec G2).

use clap::Args;

use super::pipeline::filter::tests_of;
use super::pipeline::noun::limit_of;
use super::pipeline::noun::{days_between, sort_of};
use super::{Action, Cx, Read, entry, to_json};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::log::LoggedOperation;
use crate::domain::value::reference::padded;
use crate::store::engine::filter::{Asked, Condition, Listing, Test};
use crate::store::engine::table::{Column, id, ids, instant, int, json, object, text, words};
use crate::store::log::{self, OPERATION};
use crate::store::{Db, Value};

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
    int().called("more"),
    int().optional().called("erased_by"),
    text().called("hash"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["operation", "at", "actor", "command", "touched"];

/// Show what was done: every change in order, chained by hash
///
/// Days are those of the desk's time zone. Of what an operation touched the first 50 are told, and in 'more' how many there are
/// beside them. 'erased_by' is the operation that erased texts of it.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aftersales log --newest --limit 10\n  aftersales log --touched T00001 -o json\n  aftersales log --command 'ticket refund' --since 2026-11-01"
)]
pub struct Log {
    /// Only the operation of this number, or of a range such as 10..20 (repeatable: any of them)
    #[arg(long, value_name = "N")]
    operation: Vec<String>,
    /// Only what made or changed the record of this id or number (repeatable: any of them)
    #[arg(long, value_name = "ID")]
    touched: Vec<String>,
    /// Only this command, such as 'ticket refund' (repeatable: any of them)
    #[arg(long, value_name = "NAME")]
    command: Vec<String>,
    /// Only what this user or customer did (repeatable: any of them, empty: the program itself)
    #[arg(long, value_name = "ID")]
    actor: Vec<String>,
    /// Only at this time (a day, a month such as 2026-11, or a range such as 2026-11-01..2026-11-30; repeatable: any of them)
    #[arg(long, value_name = "AT")]
    at: Vec<String>,
    /// The same by the machine's own clock (repeatable: any of them)
    #[arg(long, value_name = "AT")]
    recorded_at: Vec<String>,
    /// Only from this day or time on
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Only up to this day or time, inclusive
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// By this key, and by -KEY against its order (default: in order)
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    sort: Option<String>,
    /// At most N of them
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// The newest first (default: in order)
    #[arg(long)]
    newest: bool,
}

/// What the end of the log is told by.
pub const HEAD_KEYS: &[Column] = &[int().called("operations"), text().called("hash")];

/// The columns of its table.
pub const HEAD: &[&str] = &["operations", "hash"];

/// Show how many operations there are and the hash of the last, to keep elsewhere
///
/// The hash is over all of the log. Who can write the store can also write another log, which then has another hash: append what this
/// prints to a file on another machine, and 'aftersales verify --head N:HASH' fails where the log does not pass through it any more.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aftersales log head\n  aftersales log head --jq '\"\\(.operations):\\(.hash)\"'\n  aftersales verify --head \"$(tail -n 1 heads.txt)\""
)]
pub struct Head {}

impl Read for Head {
    const KIND: &'static str = "log_head";
    const MANY: bool = false;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        emit(&to_json(&log::head(cx.db)?)?)
    }
}

impl Read for Log {
    const KIND: &'static str = "log";
    const MANY: bool = true;
    const RIGHT: Right = Right::Admin;

    fn fields() -> Vec<&'static str> {
        KEYS.iter().map(|column| column.shown).collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let limit = usize::try_from(limit_of(self.limit.as_deref())?).unwrap_or(usize::MAX);
        let asked = self.asked(cx)?;
        let mut listing = Listing::begin::<LoggedOperation>(cx.db, &asked, limit)?;
        while let Some(stretch) = listing.next::<LoggedOperation>(cx.db)? {
            for operation in stretch {
                emit(&to_json(&operation)?)?;
            }
        }
        Ok(())
    }
}

impl Log {
    /// What the store is asked.
    fn asked(&self, cx: &Cx<'_>) -> Result<Asked> {
        let mut asked = Asked { newest: self.newest, day: Some(cx.today), ..Asked::default() };
        for (key, given) in [("operation", &self.operation), ("at", &self.at), ("recorded_at", &self.recorded_at)] {
            require(&mut asked, key, given, |column, given| tests_of(cx, &OPERATION, column, given))?;
        }
        require(&mut asked, "actor", &self.actor, |_, given| Ok(actors(given)))?;
        require(&mut asked, "command", &self.command, |_, given| Ok(vec![command_named(given)?]))?;
        if !self.touched.is_empty() {
            let mut ids = Vec::new();
            for given in &self.touched {
                ids.extend(touched_as(cx.db, given)?);
            }
            asked.linked.push((&log::TOUCHED, "id", ids));
        }
        asked.days = days_between(cx, &OPERATION, self.since.as_deref(), self.until.as_deref())?;
        asked.sort = self.sort.as_deref().map(|given| sort_of(&OPERATION, given)).transpose()?;
        Ok(asked)
    }
}

/// Asks for the operations that fulfil a test of any of what was typed for a key; where nothing was, all do.
fn require(
    asked: &mut Asked,
    key: &str,
    given: &[String],
    tests: impl Fn(&'static Column, &str) -> Result<Vec<Test>>,
) -> Result<()> {
    if let Some(column) = OPERATION.column(key).filter(|_| !given.is_empty()) {
        let any: Vec<Vec<Test>> = given.iter().map(|given| tests(column, given)).collect::<Result<_>>()?;
        asked.conditions.push(Condition { column, any: any.into_iter().flatten().collect() });
    }
    Ok(())
}

/// Who is meant by an actor: a login, or the id of a customer, whatever its padding. The log knows people who are no users.
fn actors(given: &str) -> Vec<Test> {
    if given.is_empty() {
        return vec![Test::Nothing];
    }
    let spelt = [Some(given.to_owned()), padded(given)].into_iter().flatten();
    spelt.map(|spelt| Test::Is(Value::from(spelt))).collect()
}

/// Commands that the log knows beside those that a line of `apply` can name.
const OTHERS: &[&str] = &["init", "import"];

/// The test for the command of that name, which the log keeps as a JSON object that begins with it.
fn command_named(given: &str) -> Result<Test> {
    let is_change = entry(given).is_some_and(|entry| matches!(entry.action, Action::Change { .. }));
    if !is_change && !OTHERS.contains(&given) {
        let message = format!("{given:?} is no command that changes anything, such as 'ticket refund'");
        return Err(ValueRefused::invalid("command", given, message).into());
    }
    Ok(Test::Begins(format!("{{\"command\":\"{given}\"")))
}

/// The ids under which the log knows a record that is named by id or number, whatever its padding.
fn touched_as(db: &Db, given: &str) -> Result<Vec<Value<'static>>> {
    let mut ids = Vec::new();
    for spelt in [Some(given.to_owned()), padded(given)].into_iter().flatten() {
        ids.extend(log::document_numbered(db, &spelt)?.map(Value::from));
        ids.push(Value::from(spelt));
    }
    Ok(ids)
}
