//! Repairs with their parts, labour and tags.

use super::{Db, Key, Page, Result, Row};
use crate::domain::product::UnitPrice;
use crate::domain::repair::part::{Labour, Part, PartKind};
use crate::domain::repair::{Repair, RepairState};
use crate::domain::ticket::OnTicket;
use crate::{column_of_text, paged, params};

column_of_text!(RepairState, PartKind);

macro_rules! head {
    () => {
        "SELECT r.key, r.id, r.state, k.key, k.id, c.key, c.id, p.key, p.id, l.key, l.id, r.quantity, t.key, t.id,
                r.under_warranty, r.scheduled_date, u.key, u.id, r.notes, o.key, o.id
         FROM repair r JOIN product p ON p.key = r.product LEFT JOIN ticket k ON k.key = r.ticket
           LEFT JOIN customer c ON c.key = r.customer LEFT JOIN lot l ON l.key = r.lot
           LEFT JOIN transfer t ON t.key = r.return_transfer LEFT JOIN person u ON u.key = r.responsible
           LEFT JOIN sales_order o ON o.key = r.quotation"
    };
}

/// All but parts, labour and tags.
fn read(row: &Row<'_>) -> Result<Repair> {
    Ok(Repair {
        key: row.get(0)?,
        id: row.get(1)?,
        state: row.get(2)?,
        ticket: row.optional_reference(3)?,
        customer: row.optional_reference(5)?,
        product: row.reference(7)?,
        lot: row.optional_reference(9)?,
        quantity: row.get(11)?,
        from_return: row.optional_reference(12)?,
        under_warranty: row.get(14)?,
        scheduled_date: row.get(15)?,
        responsible: row.optional_reference(16)?,
        tags: Vec::new(),
        parts: Vec::new(),
        labour: Vec::new(),
        notes: row.get(18)?,
        quotation: row.optional_reference(19)?,
    })
}

/// The repair with that id, complete.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Repair>> {
    let repair = db.query_opt(concat!(head!(), " WHERE r.id = $1"), params![id], read)?;
    repair.map(|repair| completed(db, repair)).transpose()
}

/// The repair of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<Repair> {
    completed(db, db.query_one(concat!(head!(), " WHERE r.key = $1"), params![key], read)?)
}

/// One page of the list, without parts, labour and tags.
pub fn page(db: &Db, page: Page) -> Result<Vec<Repair>> {
    db.page(paged!(head!(), "r.key"), page, read)
}

fn completed(db: &Db, mut repair: Repair) -> Result<Repair> {
    complete(db, &mut repair)?;
    Ok(repair)
}

/// Loads parts, labour and tags.
pub fn complete(db: &Db, repair: &mut Repair) -> Result<()> {
    let currency = db.desk_currency()?;
    repair.parts = db.query(
        "SELECT a.key, a.line, a.kind, p.key, p.id, p.tracking, l.key, l.id, a.quantity, a.done, a.reserved, a.price,
                a.order_line
         FROM repair_part a JOIN product p ON p.key = a.product LEFT JOIN lot l ON l.key = a.lot
         WHERE a.repair = $1 ORDER BY a.line",
        params![repair.key],
        |row| {
            Ok(Part {
                key: row.get(0)?,
                line: row.get(1)?,
                kind: row.get(2)?,
                product: row.reference(3)?,
                tracking: row.get(5)?,
                lot: row.optional_reference(6)?,
                quantity: row.get(8)?,
                done: row.get(9)?,
                reserved: row.get(10)?,
                price: UnitPrice { price: row.get(11)?, currency },
                order_line: row.get(12)?,
            })
        },
    )?;
    repair.labour = db.query(
        "SELECT a.key, a.line, p.key, p.id, a.quantity, a.price, a.order_line
         FROM repair_labour a JOIN product p ON p.key = a.product WHERE a.repair = $1 ORDER BY a.line",
        params![repair.key],
        |row| {
            Ok(Labour {
                key: row.get(0)?,
                line: row.get(1)?,
                product: row.reference(2)?,
                quantity: row.get(4)?,
                price: UnitPrice { price: row.get(5)?, currency },
                order_line: row.get(6)?,
            })
        },
    )?;
    repair.tags = db.query(
        "SELECT g.key, g.id FROM repair_tag rt JOIN tag g ON g.key = rt.tag WHERE rt.repair = $1 ORDER BY rt.position",
        params![repair.key],
        |row| row.reference(0),
    )?;
    Ok(())
}

/// Whether the repair with that id was made from a ticket.
pub fn is_of_ticket(db: &Db, id: &str) -> Result<Option<bool>> {
    db.query_opt("SELECT ticket FROM repair WHERE id = $1", params![id], |row| Ok(row.get::<Option<Key>>(0)?.is_some()))
}

/// The ids of the returns, oldest first, that are ready or done and bring the product (none: any): of that customer, or (none)
/// of anybody.
pub fn returns_with(db: &Db, product: Option<Key>, customer: Option<Key>) -> Result<Vec<String>> {
    db.query(
        "SELECT t.id FROM transfer t
         WHERE t.kind = 'incoming' AND t.return_of IS NOT NULL AND t.state IN ('ready', 'done')
           AND (CAST($2 AS BIGINT) IS NULL OR t.customer = $2)
           AND (CAST($1 AS BIGINT) IS NULL
             OR EXISTS (SELECT 1 FROM transfer_line l WHERE l.transfer = t.key AND l.product = $1))
         ORDER BY t.key",
        params![product, customer],
        |row| row.get(0),
    )
}

/// Writes a new repair with parts, labour and tags.
pub fn insert(db: &Db, repair: &Repair) -> Result<()> {
    db.write(
        "INSERT INTO repair (key, id, state, ticket, customer, product, lot, quantity, return_transfer, under_warranty,
                             scheduled_date, responsible, notes, quotation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            repair.key,
            &repair.id,
            repair.state.word(),
            &repair.ticket,
            &repair.customer,
            &repair.product,
            &repair.lot,
            repair.quantity,
            &repair.from_return,
            repair.under_warranty,
            repair.scheduled_date,
            &repair.responsible,
            &repair.notes,
            &repair.quotation
        ],
    )?;
    repair.parts.iter().try_for_each(|part| insert_part(db, repair.key, part))?;
    repair.labour.iter().try_for_each(|labour| insert_labour(db, repair.key, labour))?;
    insert_tags(db, repair)
}

/// Writes what changed of a repair; parts and labour are told apart by their keys.
pub fn update(db: &Db, before: &Repair, after: &Repair) -> Result<()> {
    db.change_one(
        "UPDATE repair SET state = $2, customer = $3, product = $4, lot = $5, quantity = $6, return_transfer = $7,
                           under_warranty = $8, scheduled_date = $9, responsible = $10, notes = $11, quotation = $12
         WHERE key = $1",
        params![
            after.key,
            after.state.word(),
            &after.customer,
            &after.product,
            &after.lot,
            after.quantity,
            &after.from_return,
            after.under_warranty,
            after.scheduled_date,
            &after.responsible,
            &after.notes,
            &after.quotation
        ],
    )?;
    if before.tags != after.tags {
        db.write("DELETE FROM repair_tag WHERE repair = $1", params![after.key])?;
        insert_tags(db, after)?;
    }
    update_parts(db, before, after)?;
    update_labour(db, before, after)
}

/// Lines only move up, into numbers that are free: what is gone goes first, what is new comes last.
fn update_parts(db: &Db, before: &Repair, after: &Repair) -> Result<()> {
    for gone in before.parts.iter().filter(|part| !after.parts.iter().any(|kept| kept.key == part.key)) {
        db.change_one("DELETE FROM repair_part WHERE key = $1", params![gone.key])?;
    }
    for part in &after.parts {
        match before.parts.iter().find(|known| known.key == part.key) {
            Some(known) if known == part => {}
            Some(_) => db.change_one(
                "UPDATE repair_part SET line = $2, kind = $3, lot = $4, quantity = $5, done = $6, reserved = $7, price = $8,
                                        order_line = $9
                 WHERE key = $1",
                params![
                    part.key,
                    part.line,
                    part.kind.word(),
                    &part.lot,
                    part.quantity,
                    part.done,
                    part.reserved,
                    part.price.price,
                    part.order_line
                ],
            )?,
            None => insert_part(db, after.key, part)?,
        }
    }
    Ok(())
}

/// Notes which operation of the log finished a repair.
pub fn set_moved(db: &Db, repair: Key, operation: i64) -> Result<()> {
    db.change_one("UPDATE repair SET moved = $2 WHERE key = $1", params![repair, operation])
}

/// Marks a line of a quotation as one that sells a part: the repair delivers it (spec E6).
pub fn mark_as_part(db: &Db, order_line: Key) -> Result<()> {
    db.change_one("UPDATE order_line SET for_repair = 1 WHERE key = $1", params![order_line])
}

/// Gives a part another key, which is its place among those that wait for stock.
pub fn move_part(db: &Db, part: Key, to: Key) -> Result<()> {
    db.change_one("UPDATE repair_part SET key = $2 WHERE key = $1", params![part, to])
}

fn update_labour(db: &Db, before: &Repair, after: &Repair) -> Result<()> {
    for gone in before.labour.iter().filter(|labour| !after.labour.iter().any(|kept| kept.key == labour.key)) {
        db.change_one("DELETE FROM repair_labour WHERE key = $1", params![gone.key])?;
    }
    for labour in &after.labour {
        match before.labour.iter().find(|known| known.key == labour.key) {
            Some(known) if known == labour => {}
            Some(_) => db.change_one(
                "UPDATE repair_labour SET line = $2, quantity = $3, price = $4, order_line = $5 WHERE key = $1",
                params![labour.key, labour.line, labour.quantity, labour.price.price, labour.order_line],
            )?,
            None => insert_labour(db, after.key, labour)?,
        }
    }
    Ok(())
}

fn insert_part(db: &Db, repair: Key, part: &Part) -> Result<()> {
    db.write(
        "INSERT INTO repair_part (key, repair, line, kind, product, lot, quantity, done, reserved, price, order_line)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            part.key,
            repair,
            part.line,
            part.kind.word(),
            &part.product,
            &part.lot,
            part.quantity,
            part.done,
            part.reserved,
            part.price.price,
            part.order_line
        ],
    )
}

fn insert_labour(db: &Db, repair: Key, labour: &Labour) -> Result<()> {
    db.write(
        "INSERT INTO repair_labour (key, repair, line, product, quantity, price, order_line)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            labour.key,
            repair,
            labour.line,
            &labour.product,
            labour.quantity,
            labour.price.price,
            labour.order_line
        ],
    )
}

fn insert_tags(db: &Db, repair: &Repair) -> Result<()> {
    for (position, tag) in (1_i64..).zip(&repair.tags) {
        db.write(
            "INSERT INTO repair_tag (repair, position, tag) VALUES ($1, $2, $3)",
            params![repair.key, position, tag],
        )?;
    }
    Ok(())
}

/// The repairs made from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = crate::query!([repair], "SELECT id, state FROM repair WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(row.get::<RepairState>(1)?.on_ticket(row.get(0)?)))
}
