//! `/`: the customer's tickets, visits and documents.

use serde::Serialize;

use super::{Beside, Shown, Visitor, amount, day, word};
use crate::domain::Result;
use crate::portal::request::{Answer, part};
use crate::store::portal;

/// How many of each are shown at first, and at most.
const FEW: i64 = 10;
const ALL: i64 = 1_000;

#[derive(Serialize)]
struct Page {
    tickets: Vec<Row>,
    tasks: Vec<Row>,
    documents: Vec<Row>,
    /// Whether there are more than are shown.
    more: bool,
}

/// A line of a list that leads to a page.
#[derive(Serialize)]
struct Row {
    /// The last part of the page's path.
    part: String,
    id: String,
    title: String,
    state: String,
    /// Whether nothing is left to do.
    over: bool,
    day: Option<String>,
    amount: Option<String>,
    /// What the customer may have to do.
    wants: Option<String>,
}

/// The page.
pub fn page(shown: &Shown<'_, '_>, visitor: &Visitor, all: bool) -> Result<Answer> {
    let (db, customer) = (shown.cx.db, visitor.customer.key);
    let words = &*shown.words(Some(visitor))?;
    let limit = if all { ALL } else { FEW };
    let tickets = portal::tickets(db, customer, limit + 1)?.into_iter().map(|ticket| Row {
        part: part(&ticket.id),
        title: ticket.subject,
        state: word(words, "stage", &ticket.stage),
        over: ticket.closed,
        day: Some(day(words, shown.cx.desk.timezone.day_of(ticket.created_at))),
        amount: None,
        wants: None,
        id: ticket.id,
    });
    let tasks = portal::tasks(db, customer, limit + 1)?.into_iter().map(|task| Row {
        part: part(&task.id),
        title: task.title,
        state: word(words, "state", task.stage.word()),
        over: task.stage.is_over(),
        day: task.planned_start.map(|start| shown.moment(words, start)),
        amount: None,
        wants: task.unsigned.then(|| words.text("portal_unsigned").to_owned()),
        id: task.id,
    });
    let documents = portal::documents(db, customer, limit + 1)?.into_iter().map(|document| Row {
        part: part(&document.shown),
        title: words.text(&document.kind).to_owned(),
        state: if document.is_cancelled { word(words, "state", "cancelled") } else { String::new() },
        over: document.is_cancelled,
        day: Some(day(words, document.date)),
        amount: Some(amount(words, document.total)),
        wants: document.open.filter(|open| !open.is_zero()).map(|open| {
            let key = if document.kind == "invoice" { "open" } else { "open_credit" };
            format!("{}: {}", words.text(key), amount(words, open))
        }),
        id: document.shown,
    });
    let (mut tickets, mut tasks, mut documents) =
        (tickets.collect::<Vec<_>>(), tasks.collect::<Vec<_>>(), documents.collect::<Vec<_>>());
    let mut more = false;
    for rows in [&mut tickets, &mut tasks, &mut documents] {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        more |= rows.len() > most;
        rows.truncate(most);
    }
    let title = words.text("portal_home").to_owned();
    let page = Page { tickets, tasks, documents, more: more && !all };
    shown.answered(visitor, "home", title, Beside::default(), page)
}
