//! Stock levels: what lies of a product at a location and is reserved, and who waits for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{self as store, Db, Key, Result, Value};
use crate::domain::location;
use crate::domain::stock_level::{Row, StockLevel, Wanted};
use crate::domain::value::quantity::Quantity;
use crate::{insert, params, query, raw, update};

fn read(row: &store::Row<'_>) -> Result<Row> {
    let (quantity, reserved, pinned, opening) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
    Ok(Row { key: row.get(0)?, lot: row.get(1)?, quantity, reserved, pinned, opening })
}

/// A product at a location.
type LevelKey = (Key, Key);

/// The stock levels that the open transaction has looked at, as they are by now: a run that takes from a stock level over and over writes
/// it once. They are written, and forgotten, before any other statement names the table, and before the commit.
#[derive(Default)]
pub struct StockLevels {
    known: HashMap<LevelKey, StockLevel>,
    /// Those that were changed since they were written.
    unwritten: BTreeSet<LevelKey>,
    /// What was changed since the savepoint, as it was before.
    before: Vec<(LevelKey, Option<StockLevel>)>,
}

/// How many stock levels are remembered.
const KEPT: usize = 20_000;

impl StockLevels {
    pub fn forget(&mut self) {
        *self = StockLevels::default();
    }

    pub fn mark(&mut self) {
        self.before.clear();
    }

    pub fn undo(&mut self) {
        for (at, stock_level) in std::mem::take(&mut self.before).into_iter().rev() {
            self.set(at, stock_level);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn put(&mut self, at: LevelKey, stock_level: StockLevel) {
        let before = self.known.get(&at).cloned();
        self.before.push((at, before));
        self.set(at, Some(stock_level));
    }

    fn set(&mut self, at: LevelKey, stock_level: Option<StockLevel>) {
        if stock_level.as_ref().is_some_and(|stock_level| stock_level.changed().next().is_some()) {
            self.unwritten.insert(at);
        } else {
            self.unwritten.remove(&at);
        }
        match stock_level {
            Some(stock_level) => self.known.insert(at, stock_level),
            None => self.known.remove(&at),
        };
    }

    /// Gives up all of them; answers those that are to be written.
    fn take_all(&mut self) -> Vec<StockLevel> {
        let unwritten = std::mem::take(&mut self.unwritten);
        let known = std::mem::take(&mut self.known);
        let written = unwritten.iter().filter_map(|at| known.get(at).cloned()).collect();
        // An undo brings back those that it finds unwritten again; what was only looked at need not come back.
        self.before.extend(known.into_iter().filter(|(at, _)| unwritten.contains(at)).map(|(at, was)| (at, Some(was))));
        written
    }
}

impl Db {
    /// Writes what is known of stock levels, and forgets it.
    pub(super) fn write_stock_levels(&self) -> Result<()> {
        let stock_levels = self.stock_levels.borrow_mut().take_all();
        for row in stock_levels.iter().flat_map(StockLevel::changed) {
            self.change_one(
                update!(stock (Int, Int, Int, Int, Int): "quantity = $2, reserved = $3, pinned = $4, opening = $5"),
                params![row.key, row.quantity, row.reserved, row.pinned, row.opening],
            )?;
        }
        Ok(())
    }
}

/// What lies of a product at a location. The order is not the key's own, along which an engine could look through all that lies at
/// the location.
pub fn load(db: &Db, product: Key, location: Key) -> Result<StockLevel> {
    if let Some(stock_level) = db.stock_levels.borrow().known.get(&(product, location)) {
        return Ok(stock_level.clone());
    }
    let mut rows = Vec::new();
    db.each_of_spot(
        query!(
            [stock],
            "SELECT s.key, s.lot, s.quantity, s.reserved, s.pinned, s.opening FROM stock s
         WHERE s.product = $1 AND s.location = $2 AND s.quantity > 0 ORDER BY s.key + 0"
        ),
        params![product, location],
        |row| {
            rows.push(read(row)?);
            Ok(())
        },
    )?;
    Ok(StockLevel::new(rows))
}

/// How many products are looked up at once.
const AT_ONCE: usize = 16;

/// What lies of each of some products at a location.
pub fn load_each(db: &Db, products: &BTreeSet<Key>, location: Key) -> Result<BTreeMap<Key, StockLevel>> {
    if db.looks_ahead() {
        return load_together(db, products, location);
    }
    let mut stock_levels: BTreeMap<Key, StockLevel> = BTreeMap::new();
    let mut unknown: BTreeMap<Key, Vec<Row>> = BTreeMap::new();
    for product in products {
        match db.stock_levels.borrow().known.get(&(*product, location)) {
            Some(stock_level) => drop(stock_levels.insert(*product, stock_level.clone())),
            None => drop(unknown.insert(*product, Vec::new())),
        }
    }
    let products: Vec<Key> = unknown.keys().copied().collect();
    for some in products.chunks(AT_ONCE) {
        let mut params: Vec<Value<'_>> = vec![location.into()];
        // A place that is left over asks for the first again.
        params.extend((0..AT_ONCE).map(|at| Value::from(some.get(at).or(some.first()).copied())));
        db.each_of_spot(
            query!(
                [stock],
                "SELECT s.key, s.lot, s.quantity, s.reserved, s.pinned, s.opening, s.product FROM stock s
             WHERE s.location = $1 AND s.quantity > 0 AND s.product IN
               ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
            ),
            &params,
            |row| {
                unknown.entry(row.get(6)?).or_default().push(read(row)?);
                Ok(())
            },
        )?;
    }
    // They are brought into order here: asked for in that order, an engine may read all that lies at the location.
    stock_levels.extend(unknown.into_iter().map(|(product, mut rows)| {
        rows.sort_unstable_by_key(|row| row.key);
        (product, StockLevel::new(rows))
    }));
    Ok(stock_levels)
}

/// The same where what several ask is asked together: each for itself, so that what is known of one is not asked again.
fn load_together(db: &Db, products: &BTreeSet<Key>, location: Key) -> Result<BTreeMap<Key, StockLevel>> {
    let products: Vec<Key> = products.iter().copied().collect();
    db.together_of(&products, |product| drop(load(db, *product, location)))?;
    products.into_iter().map(|product| Ok((product, load(db, product, location)?))).collect()
}

/// Keeps what became of a stock level.
pub fn save(db: &Db, product: Key, location: Key, stock_level: StockLevel) -> Result<()> {
    if db.stock_levels.borrow().known.len() >= KEPT {
        db.write_stock_levels()?;
    }
    db.stock_levels.borrow_mut().put((product, location), stock_level);
    Ok(())
}

/// Puts goods where none of the kind lie yet.
pub fn add(db: &Db, product: Key, location: Key, lot: Option<Key>, quantity: Quantity) -> Result<()> {
    let rows = db.execute(
        raw!(writes [stock], reads [], "UPDATE stock SET quantity = quantity + $4 WHERE product = $1 AND location = $2 AND COALESCE(lot, 0) = $3"),
        params![product, location, lot.unwrap_or(0), quantity],
    )?;
    if rows == 0 {
        insert(db, product, location, lot, (Quantity::ZERO, quantity))?;
    }
    Ok(())
}

/// How much of a product lies at a location, of one lot or of all.
pub fn on_hand(db: &Db, product: Key, location: Key, lot: Option<Key>) -> Result<Quantity> {
    db.query_one(
        query!(
            [stock],
            "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM stock
         WHERE product = $1 AND location = $2 AND (CAST($3 AS BIGINT) IS NULL OR lot = $3)"
        ),
        params![product, location, lot],
        |row| row.get(0),
    )
}

/// How much lies at a location of exactly that lot, or without one.
pub fn at(db: &Db, product: Key, location: Key, lot: Option<Key>) -> Result<Quantity> {
    db.query_one(
        query!(
            [stock],
            "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM stock
         WHERE product = $1 AND location = $2 AND COALESCE(lot, 0) = $3"
        ),
        params![product, location, lot.unwrap_or(0)],
        |row| row.get(0),
    )
}

/// Something that waits for stock.
pub struct Waiting {
    /// The key of its row, which is its place in the queue.
    pub key: Key,
    pub waiter: Waiter,
    /// The shown id of the transfer or repair.
    pub id: String,
    /// What is not reserved for it yet.
    pub missing: Wanted,
}

/// Something for which stock is reserved.
pub struct Reservation {
    /// The key of its row, which is its place in the queue.
    pub key: Key,
    pub waiter: Waiter,
    /// The shown id of the transfer or repair.
    pub id: String,
    pub reserved: Wanted,
}

/// Who waits: the row is a line of that transfer, or a part of a repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiter {
    Transfer(Key),
    Repair,
}

/// The next `limit` of those that wait for a product at a location, oldest first, after the one of key `after`.
pub fn waiting(db: &Db, product: Key, location: Key, after: Key, limit: i64) -> Result<Vec<Waiting>> {
    // Parts are taken from the main stock (spec E4).
    db.query(
        query!([transfer_line, transfer, repair, repair_part, location], "SELECT l.key, l.transfer, t.id, l.lot, l.quantity - l.reserved FROM transfer_line l JOIN transfer t ON t.key = l.transfer
         WHERE l.product = $1 AND l.reserved < l.quantity AND l.key > $3 AND t.source = $2
         UNION ALL
         SELECT p.key, CAST(NULL AS BIGINT), r.id, p.lot, p.quantity - p.reserved FROM repair r JOIN repair_part p ON p.repair = r.key
         WHERE r.state IN ('confirmed', 'under_repair') AND p.product = $1 AND p.kind = 'add'
           AND p.reserved < p.quantity AND p.key > $3 AND $2 = (SELECT s.key FROM location s WHERE s.id = $5)
         ORDER BY 1 LIMIT $4"),
        params![product, location, after, limit, location::STOCK],
        |row| {
            let (key, waiter, id, missing) = waiter(row)?;
            Ok(Waiting { key, waiter, id, missing })
        },
    )
}

/// All for whom something of a product at a location is reserved, oldest first.
pub fn reserved(db: &Db, product: Key, location: Key) -> Result<Vec<Reservation>> {
    db.query(
        query!([transfer, transfer_line, repair, repair_part, location], "SELECT l.key, l.transfer, t.id, l.lot, l.reserved FROM transfer t JOIN transfer_line l ON l.transfer = t.key
         WHERE t.state IN ('waiting', 'ready') AND l.product = $1 AND l.reserved > 0 AND t.source = $2
         UNION ALL
         SELECT p.key, CAST(NULL AS BIGINT), r.id, p.lot, p.reserved FROM repair r JOIN repair_part p ON p.repair = r.key
         WHERE r.state IN ('confirmed', 'under_repair') AND p.product = $1 AND p.reserved > 0
           AND $2 = (SELECT s.key FROM location s WHERE s.id = $3)
         ORDER BY 1"),
        params![product, location, location::STOCK],
        |row| {
            let (key, waiter, id, reserved) = waiter(row)?;
            Ok(Reservation { key, waiter, id, reserved })
        },
    )
}

fn waiter(row: &store::Row<'_>) -> Result<(Key, Waiter, String, Wanted)> {
    let transfer: Option<Key> = row.get(1)?;
    let wanted = Wanted { lot: row.get(3)?, quantity: row.get(4)? };
    Ok((row.get(0)?, transfer.map_or(Waiter::Repair, Waiter::Transfer), row.get(2)?, wanted))
}

/// Adds to what is reserved for a row that waits, or takes of it what is below zero.
pub fn add_reserved(db: &Db, waiter: Waiter, row: Key, quantity: Quantity) -> Result<()> {
    let sql = match waiter {
        Waiter::Transfer(_) => update!(transfer_line (Int, Int): "reserved = reserved + $2"),
        Waiter::Repair => update!(repair_part (Int, Int): "reserved = reserved + $2"),
    };
    db.change_one(sql, params![row, quantity])
}

/// Makes a waiting transfer ready where all of it is reserved; says whether it is so now.
pub fn become_ready(db: &Db, transfer: Key) -> Result<bool> {
    let rows = db.execute(
        raw!(
            writes[transfer],
            reads[transfer_line],
            "UPDATE transfer SET state = 'ready' WHERE key = $1 AND state = 'waiting'
           AND NOT EXISTS (SELECT 1 FROM transfer_line l WHERE l.transfer = $1 AND l.reserved < l.quantity)"
        ),
        params![transfer],
    )?;
    Ok(rows == 1)
}

/// Makes a transfer wait of which not all is reserved any more.
pub fn wait_again(db: &Db, transfer: Key) -> Result<()> {
    db.write(update!(transfer (Int): "state = 'waiting'" if "state = 'ready'"), params![transfer])
}

/// The count of a place: what it was opened with, what lies there, what of it is reserved.
pub struct Counted {
    pub key: Key,
    pub opening: Quantity,
    pub quantity: Quantity,
    pub reserved: Quantity,
}

/// The count of a place, where one was ever made or something was ever put there; and all that lies of the product there.
pub fn counted(db: &Db, product: Key, location: Key, lot: Option<Key>) -> Result<(Option<Counted>, StockLevel)> {
    let (mut counted, mut rows) = (None, Vec::new());
    db.each(
        query!(
            [stock],
            "SELECT s.key, s.lot, s.quantity, s.reserved, s.pinned, s.opening FROM stock s
         WHERE s.product = $1 AND s.location = $2 ORDER BY s.key + 0",
            // A row of another place is not told, and never becomes one of this place.
            [asked("stock", "product", 1).keyed(0)]
        ),
        params![product, location],
        |row| {
            let found = read(row)?;
            if found.lot == lot {
                let Row { key, opening, quantity, reserved, .. } = found;
                counted = Some(Counted { key, opening, quantity, reserved });
            }
            rows.push(found);
            Ok(())
        },
    )?;
    Ok((counted, StockLevel::new(rows)))
}

/// Writes the opening count of a place where nothing ever lay.
pub fn count(db: &Db, product: Key, location: Key, lot: Option<Key>, opening: Quantity) -> Result<()> {
    insert(db, product, location, lot, (opening, opening))
}

/// Writes the row of a place where nothing ever lay: what it was opened with, and what lies there.
fn insert(
    db: &Db,
    product: Key,
    location: Key,
    lot: Option<Key>,
    (opening, quantity): (Quantity, Quantity),
) -> Result<()> {
    let none = Quantity::ZERO;
    db.write(
        insert!(stock: key Int, product Int, location Int, lot Int, opening Int, quantity Int, reserved Int, pinned Int),
        params![db.next_key()?, product, location, lot, opening, quantity, none, none],
    )
}

/// Writes another opening count of a place, and what lies there by it.
pub fn recount(db: &Db, key: Key, opening: Quantity, quantity: Quantity) -> Result<()> {
    db.change_one(update!(stock (Int, Int, Int): "opening = $2, quantity = $3"), params![key, opening, quantity])
}
