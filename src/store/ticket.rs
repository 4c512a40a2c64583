//! Tickets and their log.

use super::engine::uses;
use super::{Db, Key, Page, Result, Row};
use crate::domain::held::Use;
use crate::domain::ticket::{Documents, LogEntry, NamedOrder, Priority, Ticket};
use crate::domain::value::day::Instant;
use crate::domain::value::reference::Reference;
use crate::{column_of_text, paged, params};

column_of_text!(Priority);

macro_rules! head {
    () => {
        "SELECT t.key, t.id, t.subject, t.team, tm.id, c.key, c.id, u.key, u.id, t.priority, t.stage, s.id, s.folded,
                o.key, o.id, p.key, p.id, l.key, l.id, t.description, t.created_at
         FROM ticket t JOIN team tm ON tm.key = t.team JOIN stage s ON s.key = t.stage
           LEFT JOIN customer c ON c.key = t.customer LEFT JOIN person u ON u.key = t.person
           LEFT JOIN sales_order o ON o.key = t.sales_order LEFT JOIN product p ON p.key = t.product
           LEFT JOIN lot l ON l.key = t.lot"
    };
}

/// All but the tags.
fn read(row: &Row<'_>) -> Result<Ticket> {
    Ok(Ticket {
        key: row.get(0)?,
        id: row.get(1)?,
        subject: row.get(2)?,
        team: row.reference(3)?,
        customer: row.optional_reference(5)?,
        user: row.optional_reference(7)?,
        priority: row.get(9)?,
        stage: row.reference(10)?,
        closed: row.get(12)?,
        order: row.optional_reference(13)?,
        product: row.optional_reference(15)?,
        lot: row.optional_reference(17)?,
        description: row.get(19)?,
        tags: Vec::new(),
        created_at: row.get(20)?,
    })
}

static BY_ID: &str = concat!(head!(), " WHERE t.id = $1");

/// The ticket with that id, without its tags.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Ticket>> {
    db.query_opt(BY_ID, params![id], read)
}

/// Asks ahead for the ticket with that id.
pub fn ahead(db: &Db, id: &str) -> Result<()> {
    db.ahead(BY_ID, params![id])
}

/// Loads a ticket's tags.
pub fn complete(db: &Db, ticket: &mut Ticket) -> Result<()> {
    ticket.tags = db.query(
        "SELECT g.key, g.id FROM ticket_tag tt JOIN tag g ON g.key = tt.tag WHERE tt.ticket = $1 ORDER BY tt.position",
        params![ticket.key],
        |row| row.reference(0),
    )?;
    Ok(())
}

/// One stretch of the list, without tags.
pub fn page(db: &Db, page: Page) -> Result<Vec<Ticket>> {
    db.page(paged!(head!(), "t.key"), page, read)
}

/// Writes a new ticket, without its tags.
pub fn insert(db: &Db, ticket: &Ticket) -> Result<()> {
    db.write(
        "INSERT INTO ticket (key, id, subject, team, customer, person, priority, stage, sales_order, product, lot,
                             description, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            ticket.key,
            &ticket.id,
            &ticket.subject,
            &ticket.team,
            &ticket.customer,
            &ticket.user,
            ticket.priority.word(),
            &ticket.stage,
            &ticket.order,
            &ticket.product,
            &ticket.lot,
            &ticket.description,
            ticket.created_at
        ],
    )
}

/// Writes a changed ticket, without its tags.
pub fn update(db: &Db, ticket: &Ticket) -> Result<()> {
    db.change_one(
        "UPDATE ticket SET subject = $2, team = $3, customer = $4, person = $5, priority = $6, stage = $7,
                           sales_order = $8, product = $9, lot = $10, description = $11
         WHERE key = $1",
        params![
            ticket.key,
            &ticket.subject,
            &ticket.team,
            &ticket.customer,
            &ticket.user,
            ticket.priority.word(),
            &ticket.stage,
            &ticket.order,
            &ticket.product,
            &ticket.lot,
            &ticket.description
        ],
    )
}

/// Writes the ticket's tags in place of those before.
pub fn set_tags(db: &Db, ticket: Key, tags: &[Reference]) -> Result<()> {
    db.write("DELETE FROM ticket_tag WHERE ticket = $1", params![ticket])?;
    for (position, tag) in (1i64..).zip(tags) {
        db.write("INSERT INTO ticket_tag (ticket, position, tag) VALUES ($1, $2, $3)", params![ticket, position, tag])?;
    }
    Ok(())
}

/// The sales order with that id, and whose it is.
pub fn named_order(db: &Db, id: &str) -> Result<Option<NamedOrder>> {
    db.query_opt(
        "SELECT o.key, o.id, c.key, c.id FROM sales_order o JOIN customer c ON c.key = o.customer WHERE o.id = $1",
        params![id],
        |row| Ok(NamedOrder { order: row.reference(0)?, customer: row.reference(2)? }),
    )
}

/// Whether a line of the order holds the product.
pub fn order_holds(db: &Db, order: Key, product: Key) -> Result<bool> {
    let line = db.query_opt(
        "SELECT key FROM order_line WHERE sales_order = $1 AND product = $2 ORDER BY line LIMIT 1",
        params![order, product],
        |row| row.get::<Key>(0),
    )?;
    Ok(line.is_some())
}

/// The first that was made from the ticket, cancelled or not.
pub fn first_made(db: &Db, ticket: Key) -> Result<Option<Use>> {
    uses::first(
        db,
        &[
            ("credit-note", "SELECT id FROM document WHERE ticket = $1 AND kind = 'credit_note' ORDER BY key LIMIT 1"),
            ("invoice", "SELECT id FROM document WHERE ticket = $1 AND kind = 'invoice' ORDER BY key LIMIT 1"),
            ("coupon", "SELECT id FROM coupon WHERE ticket = $1 ORDER BY key LIMIT 1"),
            ("transfer", "SELECT id FROM transfer WHERE ticket = $1 ORDER BY key LIMIT 1"),
            ("repair", "SELECT id FROM repair WHERE ticket = $1 ORDER BY key LIMIT 1"),
            ("task", "SELECT id FROM task WHERE ticket = $1 ORDER BY key LIMIT 1"),
        ],
        ticket,
    )
}

/// What was made from the ticket: credit notes once posted, the rest at once, cancelled ones not (spec A7).
pub fn documents(db: &Db, ticket: Key) -> Result<Documents> {
    let ids = |sql| db.query(sql, params![ticket], |row| row.get(0));
    Ok(Documents {
        credit_notes: ids(
            "SELECT id FROM document WHERE ticket = $1 AND kind = 'credit_note' AND state = 'posted' ORDER BY key",
        )?,
        coupons: ids("SELECT id FROM coupon WHERE ticket = $1 AND cancelled = 0 ORDER BY key")?,
        returns: ids(
            "SELECT id FROM transfer WHERE ticket = $1 AND return_of IS NOT NULL AND state <> 'cancelled' ORDER BY key",
        )?,
        repairs: ids("SELECT id FROM repair WHERE ticket = $1 AND state <> 'cancelled' ORDER BY key")?,
        tasks: ids("SELECT id FROM task WHERE ticket = $1 AND stage <> 'cancelled' ORDER BY key")?,
    })
}

/// The ticket's log, from its first entry on.
pub fn log(db: &Db, ticket: Key) -> Result<Vec<LogEntry>> {
    db.query(
        "SELECT at, actor, kind, text, document, operation FROM ticket_log WHERE ticket = $1 ORDER BY key",
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

/// An entry of a ticket's log (spec A6).
pub struct NewLogEntry<'a> {
    pub at: Instant,
    pub actor: Option<&'a str>,
    pub kind: &'static str,
    pub text: &'a str,
    pub document: Option<&'a str>,
    pub operation: Key,
}

/// Writes an entry of the ticket's log.
pub fn insert_log(db: &Db, ticket: Key, entry: &NewLogEntry<'_>) -> Result<()> {
    db.write(
        "INSERT INTO ticket_log (key, ticket, at, actor, kind, text, document, operation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![db.next_key()?, ticket, entry.at, entry.actor, entry.kind, entry.text, entry.document, entry.operation],
    )
}

/// The customer's confirmed orders, those with the product where one is named, in order of creation.
pub fn orders_of(db: &Db, customer: Key, product: Option<Key>) -> Result<Vec<Reference>> {
    db.query(
        "SELECT o.key, o.id FROM sales_order o
         WHERE o.customer = $1 AND o.state = 'confirmed'
           AND (CAST($2 AS BIGINT) IS NULL
                OR EXISTS (SELECT 1 FROM order_line l WHERE l.sales_order = o.key AND l.product = $2))
         ORDER BY o.key",
        params![customer, product],
        |row| row.reference(0),
    )
}

/// The products on an order, in the order of its lines.
pub fn products_on(db: &Db, order: Key) -> Result<Vec<Reference>> {
    db.query(
        "SELECT p.key, p.id FROM order_line l JOIN product p ON p.key = l.product
         WHERE l.sales_order = $1 GROUP BY p.key, p.id ORDER BY MIN(l.line)",
        params![order],
        |row| row.reference(0),
    )
}
