//! `ticket`: what a customer came with; made, edited, assigned, moved through its stages, noted upon (spec A5, A6).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Record, one};
use super::{Change, Cx, given, to_json};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::stage::{NEW, SOLVED, Stage};
use crate::domain::team::Team;
use crate::domain::ticket::{About, Documents, LogEntry, Priority, Ticket};
use crate::domain::user::User;
use crate::domain::value::reference::Reference;
use crate::output::Opens;
use crate::procedure::{about, tags, ticket_log};
use crate::store::{self, Db, Key, Page, ticket};

impl Record for Ticket {
    const KIND: &'static str = "ticket";
    const NOUN: &'static str = "ticket";
    const RIGHT: Right = Right::Helpdesk;
    const FIELDS: &'static [&'static str] = &[
        "id",
        "subject",
        "team",
        "customer",
        "user",
        "priority",
        "stage",
        "closed",
        "order",
        "product",
        "lot",
        "description",
        "tags",
        "created_at",
    ];
    const COLUMNS: &'static [&'static str] =
        &["id", "subject", "team", "customer", "user", "priority", "stage", "tags"];
    const SCALARS: &'static [&'static str] = &[
        "id",
        "subject",
        "team",
        "customer",
        "user",
        "priority",
        "stage",
        "closed",
        "order",
        "product",
        "lot",
        "description",
        "created_at",
    ];
    const DAY: Option<&'static str> = Some("created_at");
    const OPENS: Opens = &[
        ("credit_notes", "aftersales credit-note show"),
        ("coupons", "aftersales coupon show"),
        ("returns", "aftersales transfer show"),
        ("repairs", "aftersales repair show"),
        ("tasks", "aftersales task show"),
    ];

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        let Some(mut ticket) = db.by_reference(given, |id| ticket::by_id(db, id))? else {
            return Ok(None);
        };
        ticket::complete(db, &mut ticket)?;
        Ok(Some(ticket))
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        ticket::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        ticket::complete(db, self)
    }
    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        to_json(&TicketShown {
            ticket: self,
            documents: ticket::documents(cx.db, self.key)?,
            log: ticket::log(cx.db, self.key)?,
        })
    }
}

/// A ticket with what was made from it and its log (spec A6, A7).
#[derive(Serialize)]
struct TicketShown<'t> {
    #[serde(flatten)]
    ticket: &'t Ticket,
    documents: Documents,
    log: Vec<LogEntry>,
}

/// What a change of a ticket answers.
#[derive(Serialize)]
pub struct TicketOutcome {
    ticket: Ticket,
}

/// Create a ticket
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket create --team Support --customer C00001 --subject 'Lamp flickers'\n  aftersales ticket create --team Support --subject 'Lamp flickers' --priority high --tag lamps"
)]
pub struct TicketCreate {
    /// The team that serves it
    #[arg(long)]
    pub team: String,
    /// Whose ticket it is (services need one; default: the order's)
    #[arg(long)]
    pub customer: Option<String>,
    /// What it is about, in a line
    #[arg(long)]
    pub subject: String,
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
    #[serde(default)]
    pub tag: Vec<String>,
}

impl Change for TicketCreate {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let team = team_named(cx, &self.team)?;
        let named = about::look_up(
            cx,
            &About::default(),
            &about::Given {
                customer: self.customer.as_deref(),
                order: self.order.as_deref(),
                product: self.product.as_deref(),
                lot: self.lot.as_deref(),
            },
        )?;
        let user = user_named(cx, self.user.as_deref())?;
        let subject = needed("subject", &self.subject)?;
        let about = named.fitting(cx)?;
        let stage = stage_named(cx, NEW)?;

        let mut ticket = Ticket {
            key: cx.db.next_key()?,
            id: cx.db.next_reference("T")?,
            subject,
            team,
            customer: None,
            user,
            priority: self.priority.unwrap_or(Priority::Medium),
            stage: stage.reference(),
            closed: stage.folded,
            order: None,
            product: None,
            lot: None,
            description: self.description.clone().unwrap_or_default(),
            tags: Vec::new(),
            created_at: cx.now,
        };
        ticket.set_about(about);
        ticket::insert(cx.db, &ticket)?;
        cx.created("ticket", &ticket.id);
        if !self.tag.is_empty() {
            ticket.tags = tags::named(cx, &self.tag)?;
            ticket::set_tags(cx.db, ticket.key, &ticket.tags)?;
        }
        ticket_log::note(cx, ticket.key, "created", "the ticket was created", None)?;
        Ok(TicketOutcome { ticket })
    }
}

/// Edit a ticket
///
/// An empty value empties the field; tags replace the tags before them.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket edit T00001 --order S00001 --product LAMP\n  aftersales ticket edit T00001 --lot '' --priority urgent"
)]
pub struct TicketEdit {
    /// The ticket
    pub ticket: String,
    /// The team that serves it
    #[arg(long)]
    pub team: Option<String>,
    /// Whose ticket it is (services need one)
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
    /// The lot or serial number of the product
    #[arg(long)]
    pub lot: Option<String>,
    /// low, medium, high or urgent
    #[arg(long)]
    pub priority: Option<Priority>,
    /// Whom it is assigned to, by login
    #[arg(long)]
    pub user: Option<String>,
    /// What it is about, at length
    #[arg(long)]
    pub description: Option<String>,
    /// A tag, made where there is none of that name (repeatable, replaces all)
    #[arg(long)]
    pub tag: Option<Vec<String>>,
}

impl Change for TicketEdit {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let before: Ticket = one(cx, "ticket", &self.ticket)?;
        let mut ticket = before.clone();
        if let Some(given) = &self.team {
            ticket.team = team_named(cx, given)?;
        }
        let given = about::Given {
            customer: self.customer.as_deref(),
            order: self.order.as_deref(),
            product: self.product.as_deref(),
            lot: self.lot.as_deref(),
        };
        let named = about::look_up(cx, &before.about(), &given)?;
        if self.user.is_some() {
            ticket.user = user_named(cx, self.user.as_deref())?;
        }
        if let Some(subject) = &self.subject {
            ticket.subject = needed("subject", subject)?;
        }
        // What is not touched stays as it is, even where an order has changed since.
        if given.anything() {
            ticket.set_about(named.fitting(cx)?);
        }
        ticket.priority = self.priority.unwrap_or(before.priority);
        if let Some(description) = &self.description {
            ticket.description.clone_from(description);
        }
        if let Some(given) = &self.tag {
            ticket.tags = tags::named(cx, given)?;
        }
        about::check_customer(cx, &before, &ticket)?;
        kept(cx, &before, ticket, |changed| Entry { kind: "edited", text: changed.join(", ") })
    }
}

/// Note something on a ticket
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales ticket note T00001 'The customer sent a photo'")]
pub struct TicketNote {
    /// The ticket
    pub ticket: String,
    /// What to note
    pub text: String,
}

impl Change for TicketNote {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let ticket: Ticket = one(cx, "ticket", &self.ticket)?;
        let text = needed("text", &self.text)?;
        ticket_log::note(cx, ticket.key, "note", &text, None)?;
        cx.touched("ticket", &ticket.id);
        Ok(TicketOutcome { ticket })
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
/// It moves to the stage Solved; services work on closed tickets too.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales ticket close T00001")]
pub struct TicketClose {
    /// The ticket
    pub ticket: String,
}

impl Change for TicketClose {
    type Outcome = TicketOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<TicketOutcome> {
        let before: Ticket = one(cx, "ticket", &self.ticket)?;
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
        ticket::update(cx.db, &ticket)?;
        if ticket.tags != before.tags {
            ticket::set_tags(cx.db, ticket.key, &ticket.tags)?;
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
    kept(cx, before, ticket, |_| Entry { kind, text })
}

pub(super) fn team_named(cx: &Cx<'_>, given: &str) -> Result<Reference> {
    let team: Team = one(cx, "team", &needed("team", given)?)?;
    Ok(Reference { key: team.key, id: team.id })
}

/// The user of that login; none where it is empty or not given.
pub(super) fn user_named(cx: &Cx<'_>, login: Option<&str>) -> Result<Option<Reference>> {
    let user: Option<User> = given::record(cx, "user", login)?;
    Ok(user.map(|user| user.reference()))
}

pub(super) fn stage_named(cx: &Cx<'_>, given: &str) -> Result<Stage> {
    one(cx, "stage", &needed("stage", given)?)
}

/// A text that may not be empty.
pub(super) fn needed(field: &'static str, text: &str) -> Result<String> {
    if text.trim().is_empty() { Err(ValueRefused::missing(field).into()) } else { Ok(text.to_owned()) }
}
