//! `/tickets/<id>`: what a ticket is about, what was said on it, and what was made from it; forms to reply and to close it.

use serde::Serialize;

use super::{Beside, Made, Notice, Shown, Visitor, day, word};
use crate::command::pipeline::whole;
use crate::command::ticket::{TicketClose, TicketNote};
use crate::domain::Result;
use crate::domain::ticket::Ticket;
use crate::portal::request::{Answer, Asked, part};
use crate::store::portal;

#[derive(Serialize)]
struct Page {
    id: String,
    part: String,
    subject: String,
    description: Option<String>,
    state: String,
    closed: bool,
    day: String,
    product: Option<String>,
    log: Vec<Entry>,
    made: Vec<Item>,
    may_close: bool,
    /// What was written and not taken.
    text: String,
}

/// An entry of the log.
#[derive(Serialize)]
struct Entry {
    at: String,
    own: bool,
    /// What was done, where nothing was written.
    done: Option<String>,
    text: Option<String>,
}

/// What was made from the ticket.
#[derive(Serialize)]
struct Item {
    what: String,
    shown: String,
    state: String,
    /// The page that shows it, under the path of the portal.
    page: Option<String>,
}

/// The page.
pub fn page(shown: &Shown<'_, '_>, visitor: &Visitor, id: &str, beside: Beside, text: &str) -> Result<Answer> {
    let (db, customer) = (shown.cx.db, visitor.customer.key);
    let words = &*shown.words(Some(visitor))?;
    let named: Option<Ticket> = shown.named(id)?;
    let Some(ticket) = named.filter(|ticket| visitor.owns(ticket.customer.as_ref())) else {
        return shown.message(Some(visitor), Notice::Nothing);
    };
    let log = portal::public_log(db, ticket.key)?.into_iter().map(|entry| Entry {
        at: shown.moment(words, entry.at),
        own: entry.own,
        done: entry.written().is_none().then(|| word(words, "done", &entry.kind)),
        text: entry.written().map(str::to_owned),
    });
    let made = portal::made(db, customer, ticket.key)?.into_iter().map(|made| {
        let page = match made.kind.as_str() {
            "repair" => None,
            "worksheet" => Some(format!("/tasks/{}", part(&made.id))),
            "coupon" => Some("/coupons".to_owned()),
            _ => Some(format!("/documents/{}", part(&made.shown))),
        };
        let what = match made.kind.as_str() {
            "repair" | "coupon" | "worksheet" => words.text(&format!("portal_{}", made.kind)).to_owned(),
            kind => words.text(kind).to_owned(),
        };
        let state = if made.state.is_empty() { String::new() } else { word(words, "state", &made.state) };
        Item { what, shown: made.shown, state, page }
    });
    let title = format!("{} {}", words.text("ticket"), ticket.id);
    let page = Page {
        part: part(&ticket.id),
        state: word(words, "stage", &ticket.stage.id),
        closed: ticket.closed,
        day: day(words, shown.cx.desk.timezone.day_of(ticket.created_at)),
        product: ticket.product.as_ref().map(|product| product.id.clone()),
        log: log.collect(),
        made: made.collect(),
        may_close: shown.cx.desk.customers_may_close && !ticket.closed,
        text: text.to_owned(),
        id: ticket.id,
        subject: ticket.subject,
        description: ticket.description,
    };
    shown.answered(visitor, "ticket", title, beside, page)
}

/// What its forms ask: to reply, or to close the ticket, with a word where one was written.
pub fn change(asked: &Asked, id: &str) -> Made {
    let text = asked.form("text").unwrap_or_default().replace("\r\n", "\n");
    let text = Some(text.trim_end().to_owned()).filter(|text| !text.trim().is_empty());
    if asked.form("act") == Some("close") {
        let public = text.is_some();
        let close = TicketClose { ticket: id.to_owned(), comment: text, comment_file: None, public };
        return Made { parsed: whole("ticket close", close), said: "closed" };
    }
    let note = TicketNote { ticket: id.to_owned(), text, text_file: None, public: true };
    Made { parsed: whole("ticket note", note), said: "replied" }
}
