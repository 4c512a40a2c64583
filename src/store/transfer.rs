//! Transfers and their lines.

use super::{Db, Key, Page, Result, Row};
use crate::domain::location::Location;
use crate::domain::ticket::OnTicket;
use crate::domain::transfer::{Transfer, TransferKind, TransferLine, TransferState};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::{column_of_text, paged, params};

column_of_text!(TransferKind, TransferState);

macro_rules! head {
    () => {
        "SELECT t.key, t.id, t.kind, t.state, t.origin, c.key, c.id, o.key, o.id, k.key, k.id, t.task,
                s.key, s.id, s.type, s.return_location, d.key, d.id, d.type, d.return_location,
                r.key, r.id, e.key, e.id, b.key, b.id, t.keep_order_quantity, t.date, t.moved
         FROM transfer t JOIN location s ON s.key = t.source JOIN location d ON d.key = t.destination
           LEFT JOIN customer c ON c.key = t.customer LEFT JOIN sales_order o ON o.key = t.sales_order
           LEFT JOIN ticket k ON k.key = t.ticket LEFT JOIN transfer r ON r.key = t.return_of
           LEFT JOIN transfer e ON e.key = t.exchange_of LEFT JOIN transfer b ON b.key = t.backorder_of"
    };
}

/// All but the lines.
fn read(row: &Row<'_>) -> Result<Transfer> {
    Ok(Transfer {
        key: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        state: row.get(3)?,
        origin: row.get(4)?,
        customer: row.optional_reference(5)?,
        order: row.optional_reference(7)?,
        ticket: row.optional_reference(9)?,
        task: row.get(11)?,
        from: location(row, 12)?,
        to: location(row, 16)?,
        lines: Vec::new(),
        return_of: row.optional_reference(20)?,
        exchange_of: row.optional_reference(22)?,
        backorder_of: row.optional_reference(24)?,
        keep_order_quantity: row.get(26)?,
        date: row.get(27)?,
        moved: row.get(28)?,
    })
}

fn location(row: &Row<'_>, column: usize) -> Result<Location> {
    Ok(Location {
        key: row.get(column)?,
        id: row.get(column + 1)?,
        kind: row.get(column + 2)?,
        return_location: row.get(column + 3)?,
    })
}

/// The transfer with that id, without its lines.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Transfer>> {
    db.query_opt(BY_ID, params![id], read)
}

static BY_ID: &str = concat!(head!(), " WHERE t.id = $1");

/// Asks ahead for the transfer with that id.
pub fn ahead(db: &Db, id: &str) -> Result<()> {
    db.ahead(BY_ID, params![id])
}

/// The transfer of that key, without its lines.
pub fn by_key(db: &Db, key: Key) -> Result<Transfer> {
    db.query_one(concat!(head!(), " WHERE t.key = $1"), params![key], read)
}

/// One page of the list, without lines.
pub fn page(db: &Db, page: Page) -> Result<Vec<Transfer>> {
    db.page(paged!(head!(), "t.key"), page, read)
}

macro_rules! lines {
    () => {
        "SELECT l.key, l.line, p.key, p.id, p.tracking, n.key, n.id, l.quantity, l.done, l.reserved, l.returned,
                l.order_line, l.return_line
         FROM transfer_line l JOIN product p ON p.key = l.product LEFT JOIN lot n ON n.key = l.lot"
    };
}

fn read_line(row: &Row<'_>) -> Result<TransferLine> {
    Ok(TransferLine {
        key: row.get(0)?,
        line: row.get(1)?,
        product: row.reference(2)?,
        tracking: row.get(4)?,
        lot: row.optional_reference(5)?,
        quantity: row.get(7)?,
        done: row.get(8)?,
        reserved: row.get(9)?,
        returned: row.get(10)?,
        order_line: row.get(11)?,
        return_line: row.get(12)?,
    })
}

/// The lines of a transfer.
pub fn lines(db: &Db, transfer: Key) -> Result<Vec<TransferLine>> {
    db.query(concat!(lines!(), " WHERE l.transfer = $1 ORDER BY l.line"), params![transfer], read_line)
}

/// The line of that number, where the transfer has it.
pub fn line(db: &Db, transfer: Key, number: i64) -> Result<Option<TransferLine>> {
    db.query_opt(concat!(lines!(), " WHERE l.transfer = $1 AND l.line = $2"), params![transfer, number], read_line)
}

/// Loads the lines.
pub fn complete(db: &Db, transfer: &mut Transfer) -> Result<()> {
    transfer.lines = lines(db, transfer.key)?;
    Ok(())
}

/// Writes a new transfer with its lines, as they are: key, id, state, what is done and reserved. Each line gets a key.
pub fn insert(db: &Db, transfer: &mut Transfer) -> Result<()> {
    db.write(
        "INSERT INTO transfer (key, id, kind, state, origin, customer, sales_order, ticket, task, source, destination,
           return_of, exchange_of, backorder_of, keep_order_quantity, date, moved)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        params![
            transfer.key,
            &transfer.id,
            transfer.kind.word(),
            transfer.state.word(),
            &transfer.origin,
            &transfer.customer,
            &transfer.order,
            &transfer.ticket,
            transfer.task,
            transfer.from.key,
            transfer.to.key,
            &transfer.return_of,
            &transfer.exchange_of,
            &transfer.backorder_of,
            transfer.keep_order_quantity,
            transfer.date,
            transfer.moved
        ],
    )?;
    for line in &mut transfer.lines {
        insert_line(db, transfer.key, line)?;
    }
    Ok(())
}

/// Writes a new line of a transfer; it gets a key.
pub fn insert_line(db: &Db, transfer: Key, line: &mut TransferLine) -> Result<()> {
    line.key = db.next_key()?;
    db.write(
        "INSERT INTO transfer_line (key, transfer, line, product, lot, quantity, done, reserved, returned, order_line, return_line)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            line.key,
            transfer,
            line.line,
            &line.product,
            &line.lot,
            line.quantity,
            line.done,
            line.reserved,
            line.returned,
            line.order_line,
            line.return_line
        ],
    )
}

/// Writes what moving goods changes of a line; it may go over to another transfer, such as a backorder.
pub fn update_line(db: &Db, transfer: Key, line: &TransferLine) -> Result<()> {
    db.change_one(
        "UPDATE transfer_line SET transfer = $2, line = $3, lot = $4, quantity = $5, done = $6, reserved = $7 WHERE key = $1",
        params![line.key, transfer, line.line, &line.lot, line.quantity, line.done, line.reserved],
    )
}

/// Writes the state of a transfer whose goods are not moved.
pub fn set_state(db: &Db, transfer: Key, state: TransferState) -> Result<()> {
    db.change_one("UPDATE transfer SET state = $2 WHERE key = $1", params![transfer, state.word()])
}

/// Writes that the goods of a transfer were moved: on that day, by that operation of the log.
pub fn set_done(db: &Db, transfer: Key, date: Day, operation: i64) -> Result<()> {
    db.change_one(
        "UPDATE transfer SET state = 'done', date = $2, moved = $3 WHERE key = $1",
        params![transfer, date, operation],
    )
}

/// Adds to what returns take back of a line; more than was done of it cannot be taken back (spec D3).
pub fn add_returned(db: &Db, line: Key, quantity: Quantity) -> Result<()> {
    db.change_one(
        "UPDATE transfer_line SET returned = returned + $2 WHERE key = $1 AND returned + $2 BETWEEN 0 AND done",
        params![line, quantity],
    )
}

/// The transfers made from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = crate::query!(
        [transfer],
        "SELECT id, state, CASE WHEN return_of IS NULL THEN 0 ELSE 1 END FROM transfer WHERE ticket = $1 ORDER BY key"
    );
    db.query(made, params![ticket], |row| Ok(row.get::<TransferState>(1)?.on_ticket(row.get(0)?, row.get(2)?)))
}
