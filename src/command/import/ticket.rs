//! Tickets, with their own ids, stages and times.

use serde::Deserialize;

use super::super::ticket::{needed, stage_named, team_named, user_named};
use super::unseen::Kind;
use super::{Form, Run, Stands, filled};
use crate::domain::Result;
use crate::domain::stage::NEW;
use crate::domain::ticket::{About, Priority, Ticket};
use crate::domain::value::day::GivenTime;
use crate::domain::value::reference::generated_number;
use crate::procedure::context::Cx;
use crate::procedure::{about, tags, ticket_log};
use crate::store::ticket;

#[derive(Deserialize)]
struct TicketRecord {
    id: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    team: Option<String>,
    #[serde(default)]
    customer: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    priority: Option<Priority>,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    created_at: Option<GivenTime>,
}

pub const FORM: Form = Form {
    kind: "ticket",
    keys: &[
        "id",
        "subject",
        "team",
        "customer",
        "user",
        "priority",
        "stage",
        "order",
        "product",
        "lot",
        "description",
        "tags",
        "created_at",
    ],
    lines: &[],
    switches: &[],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Result<()> {
    let (cx, update) = (run.cx, run.update);
    let record: TicketRecord = filled(run, &FORM)?;
    let id = super::checked_id(&record.id)?;
    let before = if run.is_new(Kind::Ticket, &id)? { None } else { ticket::by_id(cx.db, &id)? };
    let told = record.told(cx, id, before.as_ref())?;
    match before {
        None => insert(cx, &told),
        Some(before) => {
            let changed = told.differing(&before);
            if changed.is_empty() {
                return Ok(());
            }
            if !update {
                return Err(Stands { form: &FORM, id: told.id }.into());
            }
            about::check_customer(cx, &before, &told)?;
            ticket::update(cx.db, &before, &told)?;
            ticket_log::note(cx, told.key, "edited", &changed.join(", "), None)?;
            cx.touched("ticket", &told.id);
            Ok(())
        }
    }
}

impl TicketRecord {
    /// The ticket that the record tells. The stage that one has come to stays where the record says nothing of it.
    fn told(&self, cx: &Cx<'_>, id: String, before: Option<&Ticket>) -> Result<Ticket> {
        let team = team_named(cx, self.team.as_deref().unwrap_or_default())?;
        let stage = match (&self.stage, before) {
            (None, Some(before)) => stage_named(cx, &before.stage.id)?,
            (stage, _) => stage_named(cx, stage.as_deref().unwrap_or(NEW))?,
        };
        let named = about::look_up(
            cx,
            &About::default(),
            &about::GivenAbout {
                customer: self.customer.as_deref(),
                order: self.order.as_deref(),
                product: self.product.as_deref(),
                lot: self.lot.as_deref(),
            },
        )?;
        let user = user_named(cx, self.user.as_deref())?;
        let subject = needed("subject", self.subject.as_deref().unwrap_or_default())?;
        let about = named.fitting(cx)?;
        let created_at = self.created_at.map(|given| cx.desk.timezone.moment("created_at", given)).transpose()?;
        let mut ticket = Ticket {
            key: before.map_or(0, |before| before.key),
            id,
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
            description: self.description.clone().filter(|text| !text.is_empty()),
            tags: tags::named(cx, &self.tags)?,
            created_at: created_at.or(before.map(|before| before.created_at)).unwrap_or(cx.now),
        };
        ticket.set_about(about);
        Ok(ticket)
    }
}

fn insert(cx: &Cx<'_>, told: &Ticket) -> Result<()> {
    if let Some(number) = generated_number(&told.id, "T") {
        cx.db.raise_counter("T", number)?;
    }
    let ticket = Ticket { key: cx.db.next_key()?, ..told.clone() };
    ticket::insert(cx.db, &ticket)?;
    cx.created("ticket", &ticket.id);
    ticket_log::note(cx, ticket.key, "imported", "the ticket was imported", None)
}
