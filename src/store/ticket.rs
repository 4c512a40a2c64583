//! Tickets and their log.

use std::collections::HashMap;

use super::choices::choices;
use super::engine::record::{self, each_reached};
use super::engine::statement::{Reach, Tables, asked, told};
use super::engine::table::{
    BY_PLACE, DayOf, FoundBy, Order, Table, id, instant, int, link, list, list_of, records, switch, text, words,
};
use super::log::chain::Entry;
use super::{Db, Key, Result};
use crate::domain::options::Choices;
use crate::domain::ticket::{LogEntry, Priority, Ticket};
use crate::domain::value::reference::Reference;
use crate::{described, field_of_words, insert, params, query};

field_of_words!(Priority);

described! {
    Ticket in TICKET {
        id: id(),
        subject: text().listed().searched().personal(),
        team: link("team").listed().least(3),
        customer: link("customer").optional().listed(),
        user: link("person").column("person").optional().listed().least(4),
        priority: words(Priority::WORDS).listed().least(2),
        stage: link("stage").listed().least(5),
        closed: switch().is("stage_.folded"),
        order: link("sales_order").column("sales_order").optional(),
        product: link("product").optional(),
        lot: link("lot").optional(),
        description: text().optional().searched().personal(),
        tags: list_of("tags").listed().least(1),
        created_at: instant(),
        merged_into: link("ticket").optional(),
    } complete complete
}

/// That an entry, a row of that name, is in the log of a ticket: it was written on it, or on one that was merged into it.
/// It is sealed with the ticket that it was written on, so it stays there.
macro_rules! in_log_of {
    ($entry:literal, $ticket:literal) => {
        concat!(
            "(",
            $entry,
            ".ticket = ",
            $ticket,
            " OR ",
            $entry,
            ".ticket IN (SELECT mt.key FROM ticket mt WHERE mt.merged_into = ",
            $ticket,
            "))"
        )
    };
}

pub(super) use in_log_of;

/// That a ticket, the row `t`, waits for the desk: it is not closed, and it is nobody's, nothing was done on it yet, or its customer
/// was the last who did something.
pub const WAITING: &str = concat!(
    "t.stage IN (SELECT key FROM stage WHERE folded = 0) AND (t.person IS NULL
  OR NOT EXISTS (SELECT 1 FROM ticket_log e WHERE ",
    in_log_of!("e", "t.key"),
    " AND e.kind NOT IN ('created', 'imported', 'merged'))
  OR 'customer' = (SELECT o.actor_kind FROM ticket_log e JOIN operation o ON o.key = e.operation WHERE ",
    in_log_of!("e", "t.key"),
    " AND e.kind <> 'merged' ORDER BY e.key DESC LIMIT 1))"
);

/// That a ticket, the row `t`, is not closed.
pub const OPEN: &str = "t.stage IN (SELECT key FROM stage WHERE folded = 0)";

const TAGS: Table = list("ticket_tag", "ticket", BY_PLACE, &[link("tag").called("tag")]).shown("tags");

const LOG: Table = list(
    "ticket_log",
    "ticket",
    Order::Key,
    &[
        instant().called("at"),
        text().called("actor").optional(),
        text().called("kind"),
        text().called("text").personal(),
        text().called("document").optional(),
        int().called("operation"),
    ],
)
.shown("log")
.long();

static LISTS: &[Table] = &[TAGS, LOG];

pub static TICKET: Table = records("ticket", "ticket", Ticket::COLUMNS)
    .with(LISTS)
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Instant("t.created_at"));

/// Loads the tags of some tickets.
fn complete(db: &Db, tickets: &mut [Ticket]) -> Result<()> {
    let mut tags: HashMap<Key, Vec<Reference>> = HashMap::new();
    let keys: Vec<Key> = tickets.iter().map(|ticket| ticket.key).collect();
    const REACHES: &[Reach] = &[asked("ticket_tag", "ticket", 1), told("tag", "key", 1)];
    each_reached(
        db,
        const { Tables::of(&["ticket_tag", "tag"]) },
        REACHES,
        (
            "SELECT tt.ticket, g.key, g.id FROM ticket_tag tt JOIN tag g ON g.key = tt.tag",
            "tt.ticket",
            " ORDER BY tt.ticket, tt.position",
        ),
        &keys,
        |row| {
            tags.entry(row.get(0)?).or_default().push(row.reference(1)?);
            Ok(())
        },
    )?;
    for ticket in tickets {
        ticket.tags = tags.remove(&ticket.key).unwrap_or_default();
    }
    Ok(())
}

/// Asks ahead for the ticket that `given` stands for.
pub fn ahead(db: &Db, given: &str) -> Result<()> {
    record::ahead::<Ticket>(db, given)
}

/// Writes a new ticket with its tags.
pub fn insert(db: &Db, ticket: &Ticket) -> Result<()> {
    record::insert(db, ticket)?;
    record::add_links(db, &TAGS_LIST, ticket, ticket.tags.iter().map(Into::into))
}

/// Writes a changed ticket with its tags.
pub fn update(db: &Db, before: &Ticket, ticket: &Ticket) -> Result<()> {
    record::update(db, ticket)?;
    if ticket.tags != before.tags {
        record::set_links(db, &TAGS_LIST, ticket, ticket.tags.iter().map(Into::into))?;
    }
    Ok(())
}

static TAGS_LIST: Table = TAGS;

/// Whether a line of the order holds the product.
pub fn order_holds(db: &Db, order: Key, product: Key) -> Result<bool> {
    let line = db.query_opt(
        query!(
            [order_line],
            "SELECT key FROM order_line WHERE sales_order = $1 AND product = $2 ORDER BY line LIMIT 1",
            [asked("order_line", "sales_order", 1).looks(&["product", "line"])]
        ),
        params![order, product],
        |row| row.get::<Key>(0),
    )?;
    Ok(line.is_some())
}

/// The ticket's log, from its first entry on, with those of the tickets that were merged into it.
pub fn log(db: &Db, ticket: Key) -> Result<Vec<LogEntry>> {
    db.query(
        query!(
            [ticket_log, ticket],
            concat!(
                "SELECT e.at, e.actor, e.kind, e.text, e.document, e.operation FROM ticket_log e WHERE ",
                in_log_of!("e", "$1"),
                " ORDER BY e.key"
            )
        ),
        params![ticket],
        |row| {
            Ok(LogEntry {
                at: row.get(0)?,
                user: row.get(1)?,
                kind: row.get(2)?,
                text: row.get(3)?,
                document: row.get(4)?,
                operation: row.get(5)?,
            })
        },
    )
}

/// Writes an entry that an operation leaves in a ticket's log (spec A6).
pub fn insert_log(db: &Db, operation: Key, entry: &Entry) -> Result<()> {
    db.write(
        insert!(ticket_log: key Int, ticket Int, at Text, actor Text, kind Text, text Text, document Text, operation Int),
        params![
            entry.key,
            entry.ticket,
            &entry.at,
            &entry.actor,
            &entry.kind,
            &entry.text,
            &entry.document,
            operation
        ],
    )
}

/// The customer's confirmed orders, those with the product where one is named, in order of creation.
pub fn orders_of(db: &Db, customer: Key, product: Option<Key>) -> Result<Choices> {
    choices!(
        db,
        [sales_order, order_line],
        "t.id",
        "sales_order t WHERE t.customer = $1 AND t.state = 'confirmed'
           AND (CAST($2 AS BIGINT) IS NULL
                OR EXISTS (SELECT 1 FROM order_line l WHERE l.sales_order = t.key AND l.product = $2))",
        "t.key",
        params![customer, product]
    )
}

/// The products on an order, in the order of its lines.
pub fn products_on(db: &Db, order: Key) -> Result<Choices> {
    choices!(
        db,
        [order_line, product],
        "p.id",
        "(SELECT l.product AS product, MIN(l.line) AS line FROM order_line l
            WHERE l.sales_order = $1 AND l.product IS NOT NULL GROUP BY l.product) o
          JOIN product p ON p.key = o.product",
        "o.line",
        params![order]
    )
}
