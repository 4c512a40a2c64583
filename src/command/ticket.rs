//! `ticket`: what a customer came with; made, edited, assigned, moved through its stages, noted upon (spec A5, A6).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Emptied, Form, Help, NewId};
use super::pipeline::noun::{MERGED, Noun, Switch, one};
use super::{Change, Cx, given, to_json};
use crate::domain::Result;
use crate::domain::common::{NotFound, ValueRefused};
use crate::domain::desk::{AccessDenied, Actor, Right};
use crate::domain::merge::check_edited;
use crate::domain::stage::{NEW, SOLVED, Stage};
use crate::domain::ticket::{LogEntry, NOTE, PUBLIC_NOTE, Priority, Ticket};
use crate::domain::user::User;
use crate::domain::value::day::GivenTime;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::output::Opens;
use crate::procedure::services::{self, Documents, StillOpen};
use crate::procedure::{self, about, access, look_up, tags, ticket_log};
use crate::store::engine::table::{Column, ids, instant, int, object, rows, text};
use crate::store::team::TEAM;
use crate::store::ticket::TICKET;
use crate::store::{Db, Key, merge, task, ticket};

impl Noun for Ticket {
    const KIND: &'static str = "ticket";
    const NOUN: &'static str = "ticket";
    const RIGHT: Right = Right::Helpdesk;
    const OPENS: Opens = &services::OPENED_BY;
    const SWITCHES: &'static [Switch] = &[
        Switch { name: "open", help: "Only those that are not closed", condition: ticket::OPEN, reads: &[] },
        Switch {
            name: "waiting",
            help: "Only those that wait for the desk: not closed, and nobody's, not begun, or with a word of the customer last",
            condition: ticket::WAITING,
            reads: &["ticket_log", "operation"],
        },
        MERGED,
    ];
    const ALSO: &'static [Column] = &[
        object(&[
            ids().called("credit_notes"),
            ids().called("coupons"),
            ids().called("returns"),
            ids().called("repairs"),
            ids().called("tasks"),
        ])
        .called("documents"),
        rows(&[text().called("kind"), text().called("id"), text().called("state"), text().called("command")])
            .called("still_open"),
        rows(&[
            instant().called("at"),
            text().optional().called("user"),
            text().called("kind"),
            text().called("text"),
            text().optional().called("document"),
            int().called("operation"),
        ])
        .called("log"),
        ids().called("merged"),
    ];

    fn ahead_of_shown(db: &Db, key: Key) {
        services::ahead_of_documents(db, key);
        drop(ticket::log(db, key));
        drop(merge::merged_into(db, &TICKET, key));
    }

    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        let (documents, still_open) = services::documents(cx.db, self.key)?;
        to_json(&TicketShown {
            ticket: self,
            documents,
            still_open,
            log: ticket::log(cx.db, self.key)?,
            merged: merge::merged_into(cx.db, &TICKET, self.key)?,
        })
    }
}

/// A ticket with what was made from it and its log (spec A6, A7).
#[derive(Serialize)]
struct TicketShown<'t> {
    #[serde(flatten)]
    ticket: &'t Ticket,
    documents: Documents,
    /// What was made from it and is not done.
    still_open: Vec<StillOpen>,
    log: Vec<LogEntry>,
    /// The tickets that were merged into this one.
    merged: Vec<String>,
}

/// What a change of a ticket answers.
#[derive(Serialize)]
pub struct TicketOutcome {
    ticket: Ticket,
}

/// What can be said of a ticket.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct TicketForm {
    /// The team that serves it
    #[arg(long)]
    pub team: Option<String>,
    /// Whose ticket it is (services need one; default: the order's)
    #[arg(long)]
    pub customer: Option<String>,
    /// What it is about, in a line
    #[arg(long)]
    pub subject: Option<String>,
    /// The sales order that it is about, one of the customer's
    #[arg(long)]
    pub order: Option<String>,
    /// The product that it is about, on the order where one is named
    #[arg(long)]
    pub product: Option<String>,
    /// The lot or serial number of the product; without --product it brings its product along
    #[arg(long)]
    pub lot: Option<String>,
    /// low, medium, high or urgent (default: medium)
    #[arg(long)]
    pub priority: Option<Priority>,
    /// Whom it is assigned to, by login
    #[arg(long)]
    pub user: Option<String>,
    /// What it is about, at length
    #[arg(long)]
    pub description: Option<String>,
    /// A tag, made where there is none of that name (repeatable)
    #[arg(long)]
    pub tag: Option<Vec<String>>,
    /// The stage of an imported one, which `move` changes later.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    pub stage: Option<String>,
    /// When an imported one was made.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    pub created_at: Option<Setting<GivenTime>>,
    /// What an imported one was merged into, which `merge` does later.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    pub merged_into: Option<String>,
}

impl Form for TicketForm {
    type Record = Ticket;
    const CREATE: Help = Help {
        about: "Create a ticket",
        more: "",
        examples: &[
            "aftersales ticket create --team Support --customer C00001 --subject 'Lamp flickers'",
            "aftersales ticket create --team Support --subject 'Lamp flickers' --priority high --tag lamps",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a ticket",
        more: "An empty value empties the field; tags replace the tags before them.",
        examples: &[
            "aftersales ticket edit T00001 --order S00001 --product LAMP",
            "aftersales ticket edit T00001 --lot '' --priority urgent",
        ],
    };
    const ID: NewId = NewId::Next("T");
    const LISTS: &'static [(&'static str, &'static str)] = &[("tag", "tags")];
    const RECORD: &'static [(&'static str, Emptied)] = &[
        ("subject", Emptied::Text),
        ("team", Emptied::Text),
        ("customer", Emptied::Text),
        ("user", Emptied::Text),
        ("priority", Emptied::Text),
        ("stage", Emptied::Text),
        ("order", Emptied::Text),
        ("product", Emptied::Text),
        ("lot", Emptied::Text),
        ("description", Emptied::Text),
        ("tags", Emptied::List),
        ("created_at", Emptied::Text),
        ("merged_into", Emptied::Text),
    ];

    fn blank(cx: &Cx<'_>, id: String) -> Result<Ticket> {
        let stage = stage_named(cx, NEW)?;
        let nobody = Reference { key: 0, id: String::new() };
        Ok(Ticket {
            key: 0,
            id,
            subject: String::new(),
            team: nobody,
            customer: None,
            user: None,
            priority: Priority::Medium,
            stage: stage.reference(),
            closed: stage.folded,
            order: None,
            product: None,
            lot: None,
            description: None,
            tags: Vec::new(),
            created_at: cx.now,
            merged_into: None,
        })
    }

    /// The stage that a ticket has come to, when it was made, and what it was merged into stay where a record says nothing of them.
    fn blank_like(cx: &Cx<'_>, before: &Ticket) -> Result<Ticket> {
        let blank = Self::blank(cx, before.id.clone())?;
        Ok(Ticket {
            stage: before.stage.clone(),
            closed: before.closed,
            created_at: before.created_at,
            merged_into: before.merged_into.clone(),
            ..blank
        })
    }

    fn fill(&self, cx: &Cx<'_>, ticket: &mut Ticket) -> Result<()> {
        if self.team.is_some() || ticket.team.id.is_empty() {
            ticket.team = team_named(cx, self.team.as_deref().unwrap_or_default())?;
        }
        let given = about::GivenAbout {
            customer: self.customer.as_deref(),
            order: self.order.as_deref(),
            product: self.product.as_deref(),
            lot: self.lot.as_deref(),
        };
        if let Some(stage) = &self.stage {
            ticket.put_in(&stage_named(cx, stage)?);
        }
        let named = about::look_up(cx, &ticket.about(), &given)?;
        if self.user.is_some() {
            ticket.user = user_named(cx, self.user.as_deref())?;
        }
        ticket.subject = needed("subject", self.subject.as_deref().unwrap_or(&ticket.subject))?;
        // What is not touched stays as it is, even where an order has changed since.
        if given.anything() {
            ticket.set_about(named.fitting(cx)?);
        }
        ticket.priority = self.priority.unwrap_or(ticket.priority);
        given::set_text(&mut ticket.description, self.description.as_deref());
        if let Some(made) = given::value("created_at", self.created_at)? {
            ticket.created_at = cx.desk.timezone.moment("created_at", made)?;
        }
        if let Some(given) = &self.tag {
            ticket.tags = tags::named(cx, given)?;
        }
        given::set_merged(cx, &mut ticket.merged_into, self.merged_into.as_deref(), &TICKET)
    }

    fn check_change(cx: &Cx<'_>, before: &Ticket, after: &Ticket) -> Result<()> {
        check_edited("ticket", (&before.id, &before.merged_into), &after.merged_into)?;
        about::check_customer(cx, before, after)
    }

    fn insert(cx: &Cx<'_>, ticket: &mut Ticket) -> Result<()> {
        inserted(cx, ticket)?;
        ticket_log::note(cx, ticket.key, "created", "the ticket was created", None)
    }

    fn import(cx: &Cx<'_>, ticket: &mut Ticket) -> Result<()> {
        inserted(cx, ticket)?;
        ticket_log::note(cx, ticket.key, "imported", "the ticket was imported", None)
    }

    fn update(cx: &Cx<'_>, before: &Ticket, after: &Ticket) -> Result<()> {
        kept(cx, before, after.clone(), |changed| Entry { kind: "edited", text: changed.join(", ") }).map(drop)
    }

    fn id_of(ticket: &Ticket) -> &str {
        &ticket.id
    }
}

fn inserted(cx: &Cx<'_>, ticket: &mut Ticket) -> Result<()> {
    ticket.key = cx.db.next_key()?;
    ticket::insert(cx.db, ticket)?;
    cx.created("ticket", &ticket.id);
    Ok(())
}

/// Note something on a ticket
///
/// A note is for the desk alone, unless it is public: then the customer reads it too.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket note T00001 'The customer sent a photo'\n  aftersales ticket note T00001 'We are on our way' --public\n  aftersales ticket note T00001 --text-file call.txt\n  aftersales ticket note T00001 --text-file - < call.txt"
)]
pub struct TicketNote {
    /// The ticket
    pub ticket: String,
    /// What to note
    pub text: Option<String>,
    /// The file in which it stands; - is standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<String>,
    /// The customer reads it too
    #[arg(long)]
    #[serde(default)]
    pub public: bool,
}

impl Change for TicketNote {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let ticket: Ticket = own(cx, &self.ticket)?;
        check_typed("text_file", self.text_file.as_deref())?;
        let text = needed("text", self.text.as_deref().unwrap_or_default())?;
        noted(cx, &ticket, &text, self.public)?;
        Ok(TicketOutcome { ticket })
    }
}

/// The ticket that `given` stands for; of a customer's they know their own alone (spec F4).
fn own(cx: &Cx<'_>, given: &str) -> Result<Ticket> {
    let ticket: Ticket = one(cx, "ticket", given)?;
    let missing = NotFound { kind: "ticket", noun: "ticket", field: "ticket", given: given.to_owned() };
    access::check_own(cx, ticket.customer.as_ref(), missing)?;
    Ok(ticket)
}

/// Leaves a note in the log of a ticket.
fn noted(cx: &Cx<'_>, ticket: &Ticket, text: &str, is_public: bool) -> Result<()> {
    ticket_log::note(cx, ticket.key, if is_public { PUBLIC_NOTE } else { NOTE }, text, None)?;
    cx.touched("ticket", &ticket.id);
    Ok(())
}

/// The command line reads the file of a text; a line of JSON has the text.
fn check_typed(field: &'static str, file: Option<&str>) -> Result<()> {
    match file {
        Some(file) => {
            let message = format!("{field} is for the command line, and here the text itself is needed");
            Err(ValueRefused::invalid(field, file, message).into())
        }
        None => Ok(()),
    }
}

/// Assign a ticket to a user
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket assign T00001 --user ann\n  aftersales ticket assign T00001 --user ''"
)]
pub struct TicketAssign {
    /// The ticket
    pub ticket: String,
    /// Whom to assign it to, by login; an empty one assigns it to nobody
    #[arg(long)]
    pub user: String,
}

impl Change for TicketAssign {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let before: Ticket = one(cx, "ticket", &self.ticket)?;
        let mut ticket = before.clone();
        ticket.user = user_named(cx, Some(&self.user))?;
        let whom = ticket.user.as_ref().map_or("nobody", |user| &user.id).to_owned();
        kept(cx, &before, ticket, |_| Entry { kind: "assigned", text: format!("to {whom}") })
    }
}

/// Move a ticket to a stage
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket move T00001 'In Progress'\n  aftersales ticket move T00001 cancelled"
)]
pub struct TicketMove {
    /// The ticket
    pub ticket: String,
    /// The stage; in a folded one the ticket is closed
    pub stage: String,
}

impl Change for TicketMove {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let before: Ticket = one(cx, "ticket", &self.ticket)?;
        let stage = stage_named(cx, &self.stage)?;
        put_in(cx, &before, &stage, "moved")
    }
}

/// Close a ticket
///
/// It moves to the stage Solved, with a warning of what is still open on it; services work on closed tickets too. A comment is noted
/// with it, for the desk alone unless it is public, also on a ticket that is closed already.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket close T00001\n  aftersales ticket close T00001 --comment 'The new lamp works' --public\n  aftersales ticket close T00001 --comment-file - < summary.txt"
)]
pub struct TicketClose {
    /// The ticket
    pub ticket: String,
    /// What to note with it
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// The file in which the comment stands; - is standard input
    #[arg(long, value_name = "FILE")]
    pub comment_file: Option<String>,
    /// The customer reads the comment too
    #[arg(long)]
    #[serde(default)]
    pub public: bool,
}

impl Change for TicketClose {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let before: Ticket = own(cx, &self.ticket)?;
        if matches!(cx.actor, Actor::Customer(_)) && !cx.desk.customers_may_close {
            return Err(AccessDenied::Closing.into());
        }
        check_typed("comment_file", self.comment_file.as_deref())?;
        let comment = self.comment.as_deref().filter(|comment| !comment.trim().is_empty());
        if self.public && comment.is_none() {
            return Err(ValueRefused::missing("comment").into());
        }
        if let Some(comment) = comment {
            noted(cx, &before, comment, self.public)?;
        }
        if before.closed {
            return Ok(TicketOutcome { ticket: before });
        }
        let stage = stage_named(cx, SOLVED)?;
        put_in(cx, &before, &stage, "closed")
    }
}

/// Reopen a closed ticket
///
/// It moves to the stage New.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales ticket reopen T00001")]
pub struct TicketReopen {
    /// The ticket
    pub ticket: String,
}

impl Change for TicketReopen {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let before: Ticket = one(cx, "ticket", &self.ticket)?;
        if !before.closed {
            return Ok(TicketOutcome { ticket: before });
        }
        let stage = stage_named(cx, NEW)?;
        put_in(cx, &before, &stage, "reopened")
    }
}

/// Merge a ticket into another: both are one from then on
///
/// Every reference to the first leads to the second, which has all that was made from either, and what was written in the logs of both
/// in the order of time. The second keeps what is said of it, and has the tags of both; subject and description of the first are noted
/// on it. The first is closed. Both are of one customer, or one of them of none yet. It cannot be undone.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket merge T00007 T00002\n  aftersales ticket show T00007\n  aftersales ticket list --merged"
)]
pub struct TicketMerge {
    /// The ticket that is about the same as another one
    pub ticket: String,
    /// The ticket that goes on
    pub into: String,
}

impl Change for TicketMerge {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        Ok(TicketOutcome { ticket: procedure::merge::tickets(cx, &self.ticket, &self.into)? })
    }
}

/// What a change leaves in the ticket's log.
struct Entry {
    kind: &'static str,
    text: String,
}

/// Writes the ticket and its log entry where it changed; the entry is made from the names of the changed keys.
fn kept(
    cx: &Cx<'_>,
    before: &Ticket,
    ticket: Ticket,
    entry: impl FnOnce(&[&'static str]) -> Entry,
) -> Result<TicketOutcome> {
    let changed = ticket.differing(before);
    if !changed.is_empty() {
        ticket::update(cx.db, before, &ticket)?;
        // What was planned for nobody yet is for them.
        if let (None, Some(customer)) = (&before.customer, &ticket.customer) {
            task::follow_customer(cx.db, ticket.key, customer.key)?;
        }
        let Entry { kind, text } = entry(&changed);
        ticket_log::note(cx, ticket.key, kind, &text, None)?;
        cx.touched("ticket", &ticket.id);
    }
    Ok(TicketOutcome { ticket })
}

fn put_in(cx: &Cx<'_>, before: &Ticket, stage: &Stage, kind: &'static str) -> Result<TicketOutcome> {
    let mut ticket = before.clone();
    ticket.put_in(stage);
    let text = format!("from {} to {}", before.stage, stage.id);
    let outcome = kept(cx, before, ticket, |_| Entry { kind, text })?;
    if outcome.ticket.closed && !before.closed {
        services::warn_of_open(cx, &outcome.ticket)?;
    }
    Ok(outcome)
}

pub(super) fn team_named(cx: &Cx<'_>, given: &str) -> Result<Reference> {
    look_up::reference(cx, &TEAM, "team", &needed("team", given)?)
}

/// The user of that login; none where it is empty or not given.
pub(super) fn user_named(cx: &Cx<'_>, login: Option<&str>) -> Result<Option<Reference>> {
    let user: Option<User> = look_up::optional(cx, "user", login)?;
    Ok(user.map(|user| user.reference()))
}

pub(super) fn stage_named(cx: &Cx<'_>, given: &str) -> Result<Stage> {
    one(cx, "stage", &needed("stage", given)?)
}

/// A text that may not be empty.
pub(super) fn needed(field: &'static str, text: &str) -> Result<String> {
    if text.trim().is_empty() { Err(ValueRefused::missing(field).into()) } else { Ok(text.to_owned()) }
}
