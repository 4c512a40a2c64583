//! Transfers and their lines.

use super::engine::record::{self, Cells, Described};
use super::engine::table::{
    BY_LINE, Column, DayOf, FoundBy, ORDER_LINES, TRANSFER_LINES, Table, day, id, int, line as line_of, link, list,
    list_of, quantity, records, switch, text, words,
};
use super::{Db, Key, Result, StoreError, Value};
use crate::domain::location::{Location, LocationType};
use crate::domain::product::Tracking;
use crate::domain::ticket::OnTicket;
use crate::domain::transfer::{Transfer, TransferKind, TransferLine, TransferState};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::{described, field_of_words, params, query, select, update};

field_of_words!(TransferKind, TransferState);

static COLUMNS: &[Column] = &[
    id().called("id"),
    words(TransferKind::WORDS).called("kind").listed(),
    words(TransferState::WORDS).called("state").listed(),
    text().called("origin").optional().listed().least(1).uncut().searched(),
    link("customer").called("customer").optional().listed().least(5),
    link("sales_order").called("order").column("sales_order").optional().listed().least(3),
    link("ticket").called("ticket").optional().listed().least(2),
    link("location").called("from").column("source").listed().least(6),
    link("location").called("to").column("destination").listed().least(7),
    list_of("lines").called("lines"),
    link("transfer").called("return_of").optional(),
    link("transfer").called("exchange_of").optional(),
    link("transfer").called("backorder_of").optional(),
    switch().called("keep_order_quantity"),
    day().called("date").listed().least(4),
    link("task").called("task").optional().hidden(),
    int().called("moved").optional().hidden(),
    // What else is known of the two locations.
    words(LocationType::WORDS).called("from_type").is("from_.type").hidden(),
    switch().called("from_takes_returns").is("from_.return_location").hidden(),
    words(LocationType::WORDS).called("to_type").is("to_.type").hidden(),
    switch().called("to_takes_returns").is("to_.return_location").hidden(),
];

pub static TRANSFER: Table = records("transfer", "transfer", COLUMNS)
    .with(&[LINE_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Day("t.date"));

impl Described for Transfer {
    fn table() -> &'static Table {
        &TRANSFER
    }

    /// All but the lines.
    fn read(cells: &mut Cells<'_, '_>) -> Result<Transfer> {
        let nowhere = |place: Reference| Location {
            key: place.key,
            id: place.id,
            kind: LocationType::Internal,
            return_location: false,
        };
        let mut transfer = Transfer {
            key: cells.take()?,
            id: cells.take()?,
            kind: cells.take()?,
            state: cells.take()?,
            origin: cells.take()?,
            customer: cells.take()?,
            order: cells.take()?,
            ticket: cells.take()?,
            from: nowhere(cells.take()?),
            to: nowhere(cells.take()?),
            lines: Vec::new(),
            return_of: cells.take()?,
            exchange_of: cells.take()?,
            backorder_of: cells.take()?,
            keep_order_quantity: cells.take()?,
            date: cells.take()?,
            task: cells.take()?,
            moved: cells.take()?,
        };
        for location in [&mut transfer.from, &mut transfer.to] {
            location.kind = cells.take()?;
            location.return_location = cells.take()?;
        }
        Ok(transfer)
    }

    fn values(&self) -> Vec<Value<'_>> {
        params![
            &self.id,
            self.kind.word(),
            self.state.word(),
            &self.origin,
            &self.customer,
            &self.order,
            &self.ticket,
            self.from.key,
            self.to.key,
            Value::Null,
            &self.return_of,
            &self.exchange_of,
            &self.backorder_of,
            self.keep_order_quantity,
            self.date,
            self.task,
            self.moved
        ]
        .to_vec()
    }

    fn key(&self) -> Key {
        self.key
    }

    fn complete(db: &Db, transfers: &mut [Transfer]) -> Result<()> {
        let keys: Vec<Key> = transfers.iter().map(Described::key).collect();
        let mut lines = record::children::<TransferLine>(db, &keys)?;
        for transfer in transfers {
            transfer.lines = lines.remove(&transfer.key).unwrap_or_default();
        }
        Ok(())
    }
}

described! {
    TransferLine in LINES {
        line: int(),
        product: link("product"),
        tracking: words(Tracking::WORDS).is("product_.tracking").hidden(),
        lot: link("lot").optional(),
        quantity: quantity(),
        done: quantity(),
        reserved: quantity().optional().hidden(),
        returned: quantity().hidden(),
        order_line: line_of(&ORDER_LINES).optional().hidden(),
        return_line: line_of(&TRANSFER_LINES).optional().hidden(),
    }
}

static LINES: Table = LINE_ROWS;

const LINE_ROWS: Table = list("transfer_line", "transfer", BY_LINE, TransferLine::COLUMNS).shown("lines");

/// The condition over the row `t` of a transfer that it brings back what a customer had.
pub const RETURNS: &str = "(t.return_of IS NOT NULL AND t.kind = 'incoming')";

/// The transfer with that id, without its lines.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Transfer>> {
    record::first(db, select!(Transfer, "t.id = $1", "", [asked("transfer", "id", 1).keyed(0)]), params![id])
}

/// Asks ahead for the transfer with that id.
pub fn ahead(db: &Db, id: &str) -> Result<()> {
    record::ahead::<Transfer>(db, id)
}

/// The transfer of that key, without its lines.
pub fn by_key(db: &Db, key: Key) -> Result<Transfer> {
    let found = record::first(db, select!(Transfer, "t.key = $1", "", [asked("transfer", "key", 1)]), params![key])?;
    found.ok_or_else(|| StoreError::Damaged(format!("transfer has no row {key}")))
}

/// The lines of a transfer.
pub fn lines(db: &Db, transfer: Key) -> Result<Vec<TransferLine>> {
    let lines =
        select!(TransferLine, "t.transfer = $1", " ORDER BY t.line", [asked("transfer_line", "transfer", 1).keyed(0)]);
    record::all(db, lines, params![transfer])
}

/// The line of that number, where the transfer has it.
pub fn line(db: &Db, transfer: Key, number: i64) -> Result<Option<TransferLine>> {
    let condition = "t.transfer = $1 AND t.line = $2";
    let line = select!(TransferLine, condition, "", [asked("transfer_line", "transfer", 1).keyed(0)]);
    record::first(db, line, params![transfer, number])
}

/// Loads the lines.
pub fn complete(db: &Db, transfer: &mut Transfer) -> Result<()> {
    transfer.lines = lines(db, transfer.key)?;
    Ok(())
}

/// Writes a new transfer with its lines, as they are: key, id, state, what is done and reserved. Each line gets a key.
pub fn insert(db: &Db, transfer: &mut Transfer) -> Result<()> {
    record::insert(db, transfer)?;
    let key = transfer.key;
    transfer.lines.iter_mut().try_for_each(|line| insert_line(db, key, line))
}

/// Writes a new line of a transfer; it gets a key.
pub fn insert_line(db: &Db, transfer: Key, line: &mut TransferLine) -> Result<()> {
    line.key = db.next_key()?;
    record::insert_in(db, transfer, line)
}

/// Writes what moving goods changes of a line; it may go over to another transfer, such as a backorder.
pub fn update_line(db: &Db, transfer: Key, line: &TransferLine) -> Result<()> {
    db.change_one(
        update!(transfer_line (Int, Int, Int, Int, Int, Int, Int): "transfer = $2, line = $3, lot = $4, quantity = $5, done = $6, reserved = $7"),
        params![line.key, transfer, line.line, &line.lot, line.quantity, line.done, line.reserved],
    )
}

/// Writes the state of a transfer whose goods are not moved.
pub fn set_state(db: &Db, transfer: Key, state: TransferState) -> Result<()> {
    db.change_one(update!(transfer (Int, Text): "state = $2"), params![transfer, state.word()])
}

/// Writes that the goods of a transfer were moved: on that day, by that operation of the log.
pub fn set_done(db: &Db, transfer: Key, date: Day, operation: i64) -> Result<()> {
    db.change_one(
        update!(transfer (Int, Text, Int): "state = 'done', date = $2, moved = $3"),
        params![transfer, date, operation],
    )
}

/// Adds to what returns take back of a line; more than was done of it cannot be taken back (spec D3).
pub fn add_returned(db: &Db, line: Key, quantity: Quantity) -> Result<()> {
    db.change_one(
        update!(transfer_line (Int, Int): "returned = returned + $2" if "returned + $2 BETWEEN 0 AND done"),
        params![line, quantity],
    )
}

/// The last day on which goods of an order were delivered to its customer.
pub fn delivered_on(db: &Db, order: Key) -> Result<Option<Day>> {
    let days = query!(
        [transfer],
        "SELECT MAX(t.date) FROM transfer t WHERE t.sales_order = $1 AND t.kind = 'outgoing' AND t.state = 'done'
           AND t.return_of IS NULL AND t.exchange_of IS NULL"
    );
    Ok(db.query_opt(days, params![order], |row| row.get(0))?.flatten())
}

/// The transfers made from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = query!(
        [transfer],
        "SELECT id, state, CASE WHEN return_of IS NULL THEN 0 ELSE 1 END FROM transfer WHERE ticket = $1 ORDER BY key",
        [asked("transfer", "ticket", 1).looks(&["state"])]
    );
    db.query(made, params![ticket], |row| Ok(row.get::<TransferState>(1)?.on_ticket(row.get(0)?, row.get(2)?)))
}
