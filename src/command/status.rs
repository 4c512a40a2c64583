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
struct Wait {
    what: &'static str,
    noun: &'static str,
    right: Right,
    /// The flags of its list, in which `$today` and `$yesterday` stand for those days.
    flags: &'static str,
    count: fn(&Cx<'_>, &[String]) -> Result<usize>,
}

const fn wait<R: Noun>(what: &'static str, flags: &'static str) -> Wait {
    Wait { what, noun: R::NOUN, right: R::RIGHT, flags, count: counted::<R> }
}

static WAITS: &[Wait] = &[
    wait::<Ticket>("tickets waiting for the desk", "--waiting"),
    wait::<Ticket>("open tickets", "--open"),
    wait::<CreditNote>("draft credit notes", "--state draft"),
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
    wait::<Task>("visits overdue", "--stage planned --planned-start ..$yesterday"),
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
    count: usize,
    command: String,
}

impl Read for Status {
    const KIND: &'static str = "waiting";
    const MANY: bool = true;
    const RIGHT: Right = Right::Anybody;

    fn fields() -> Vec<&'static str> {
        FIELDS.to_vec()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let today = cx.today.to_string();
        let yesterday = cx.today.plus_days(-1).unwrap_or(cx.today).to_string();
        for Wait { what, noun, right, flags, count } in WAITS {
            if !access::may(cx.db, cx.actor, *right)? {
                continue;
            }
            let flags = flags.replace("$today", &today).replace("$yesterday", &yesterday);
            let words: Vec<String> = flags.split(' ').map(str::to_owned).collect();
            let count = count(cx, &words)?;
            emit(&to_json(&Waiting { what, count, command: format!("aftersales {noun} list {flags}") })?)?;
        }
        Ok(())
    }
}

fn counted<R: Noun>(cx: &Cx<'_>, words: &[String]) -> Result<usize> {
    let command = List::<R>::augment_args(clap::Command::new(R::NOUN).no_binary_name(true));
    let matches = command.try_get_matches_from(words).map_err(|error| internal(error.to_string()))?;
    List::<R>::from_arg_matches(&matches).map_err(|error| internal(error.to_string()))?.count(cx)
}
