//! `status`: what waits today, each with the command that lists it. A figure is what that very command would list, so that the two
//! can never tell two things.

use clap::{Args, FromArgMatches as _};
use serde::Serialize;

use super::pipeline::noun::{List, Noun};
use super::{Cx, Read, internal, to_json};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::document::{CreditNote, Invoice};
use crate::domain::mail::Mail;
use crate::domain::order::Order;
use crate::domain::repair::Repair;
use crate::domain::task::Task;
use crate::domain::ticket::Ticket;
use crate::domain::transfer::Transfer;
use crate::domain::value::day::Day;
use crate::procedure::access;
use crate::store::engine::table::{Column, int, text};

/// What is told of what waits.
pub const KEYS: &[Column] = &[text().called("what"), int().called("count"), text().called("command")];

/// Its keys, which are the columns of its table.
pub const FIELDS: &[&str] = &["what", "count", "command"];

/// Show what waits today
///
/// Each figure is what its command lists, counted by the day of the desk. What you have no right to is left out.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aftersales status\n  aftersales status -o json --jq 'map(select(.count != 0))'")]
pub struct Status {}

/// Something that may wait.
pub(super) struct Wait {
    pub what: &'static str,
    noun: &'static str,
    right: Right,
    /// The flags of its list as they are typed, in which `$yesterday`, `$today` and `$tomorrow` stand for those days.
    flags: &'static str,
    /// The column by which it is young or old; none: by the day of the record.
    aged_by: Option<&'static str>,
    count_before: CountBefore,
}

type CountBefore = fn(&Cx<'_>, &[String], Option<&str>, &[Day]) -> Result<Vec<i64>>;

pub(super) const fn wait<R: Noun>(what: &'static str, flags: &'static str) -> Wait {
    Wait { what, noun: R::NOUN, right: R::RIGHT, flags, aged_by: None, count_before: counted_before::<R> }
}

impl Wait {
    /// The same, young or old by that column.
    pub(super) const fn aged_by(self, column: &'static str) -> Wait {
        Wait { aged_by: Some(column), ..self }
    }

    /// That of this name.
    pub(super) fn named(what: &str) -> Option<&'static Wait> {
        WAITS.iter().find(|wait| wait.what == what)
    }

    /// Whether the caller may know of it.
    pub(super) fn is_open_to(&self, cx: &Cx<'_>) -> Result<bool> {
        access::may(cx.db, cx.actor, self.right)
    }

    /// How many there are, and how many of them are from before each of these days.
    pub(super) fn count_before(&self, cx: &Cx<'_>, days: &[Day]) -> Result<Vec<i64>> {
        (self.count_before)(cx, &words(&self.flags(cx)), self.aged_by, days)
    }

    /// The flags as they are typed today.
    fn flags(&self, cx: &Cx<'_>) -> String {
        let days = [("$yesterday", -1), ("$today", 0), ("$tomorrow", 1)];
        days.iter().fold(self.flags.to_owned(), |flags, (name, days)| {
            flags.replace(name, &cx.today.plus_days(*days).unwrap_or(cx.today).to_string())
        })
    }
}

/// The words of flags, in which two quotes stand for nothing, as they do in a shell.
fn words(flags: &str) -> Vec<String> {
    flags.split(' ').map(|word| if word == "''" { String::new() } else { word.to_owned() }).collect()
}

static WAITS: &[Wait] = &[
    wait::<Ticket>("tickets waiting for the desk", "--waiting"),
    wait::<Ticket>("open tickets", "--open"),
    // What waits for its day needs nobody before.
    wait::<CreditNote>("draft credit notes", "--state draft --post-on ''"),
    wait::<CreditNote>("credit notes to post", "--post-on ..$today"),
    wait::<CreditNote>("credit notes that wait for their day", "--post-on $tomorrow.."),
    wait::<Invoice>("draft invoices", "--state draft"),
    wait::<Invoice>(
        "invoices due",
        "--state posted --payment-state not_paid --payment-state partial --due-date ..$today",
    ),
    wait::<Transfer>("returns to receive", "--returns --state waiting --state ready"),
    wait::<Transfer>("deliveries ready", "--kind outgoing --state ready"),
    wait::<Transfer>("deliveries waiting for stock", "--kind outgoing --state waiting"),
    wait::<Repair>("repairs overdue", "--state confirmed --state under_repair --scheduled-date ..$yesterday"),
    wait::<Repair>("repairs today", "--state confirmed --state under_repair --scheduled-date $today"),
    wait::<Task>("visits overdue", "--stage planned --planned-start ..$yesterday").aged_by("planned_start"),
    wait::<Task>("visits today", "--stage planned --stage in_progress --planned-start $today"),
    wait::<Task>("visits without a day", "--stage new"),
    wait::<Order>("quotations sent", "--state sent"),
    wait::<Mail>("mails failed", "--state failed"),
    wait::<Mail>("mails in the outbox", "--state outbox"),
];

/// What waits, as it is told.
#[derive(Serialize)]
struct Waiting {
    what: &'static str,
    count: i64,
    command: String,
}

impl Read for Status {
    const KIND: &'static str = "waiting";
    const MANY: bool = true;
    const RIGHT: Right = Right::AnyUser;

    fn fields() -> Vec<&'static str> {
        FIELDS.to_vec()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        for wait in WAITS {
            if !wait.is_open_to(cx)? {
                continue;
            }
            let Wait { what, noun, .. } = wait;
            let count = wait.count_before(cx, &[])?.first().copied().unwrap_or_default();
            emit(&to_json(&Waiting { what, count, command: format!("aftersales {noun} list {}", wait.flags(cx)) })?)?;
        }
        Ok(())
    }
}

fn counted_before<R: Noun>(cx: &Cx<'_>, words: &[String], by: Option<&str>, days: &[Day]) -> Result<Vec<i64>> {
    let command = List::<R>::augment_args(clap::Command::new(R::NOUN).no_binary_name(true));
    let matches = command.try_get_matches_from(words).map_err(|error| internal(error.to_string()))?;
    let list = List::<R>::from_arg_matches(&matches).map_err(|error| internal(error.to_string()))?;
    list.count_before(cx, by, days)
}
