//! The log of operations: one row per change, chained by hash, what it touched beside it, and the outcomes kept for keys.

use std::collections::HashMap;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::engine::record::{Cells, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{BY_PLACE, Column, DayOf, Order, Table, instant, int, json, list, records, text};
use super::{Db, Key, Result, StoreError, Value};
use crate::domain::desk::Actor;
use crate::domain::log::{LoggedActor, LoggedOperation};
use crate::domain::value::day::Instant;
use crate::{insert, params, query};

/// A change to be recorded (spec G2).
pub struct NewOperation<'a> {
    pub operation: Key,
    pub at: Instant,
    pub recorded_at: Instant,
    pub actor: &'a Actor,
    /// The command as given, as its JSON object.
    pub command: &'a str,
    pub touched: &'a [(&'static str, String)],
}

/// The end of the chain: the hash that the next row builds on.
pub struct Tail {
    hash: String,
}

impl Tail {
    /// Reads where the chain ends; an empty log ends in the empty hash.
    pub fn load(db: &Db) -> Result<Tail> {
        let hash = db.query_opt(
            query!([operation], "SELECT hash FROM operation ORDER BY key DESC LIMIT 1"),
            params![],
            |row| row.get(0),
        )?;
        Ok(Tail { hash: hash.unwrap_or_default() })
    }

    /// Writes the row of one operation and what it touched.
    pub fn append(self, db: &Db, row: &NewOperation<'_>) -> Result<Tail> {
        let at = row.at.to_string();
        let recorded_at = row.recorded_at.to_string();
        let hash = chained(&self.hash, row.operation, &at, &recorded_at, row.actor.kind(), row.actor.id(), row.command);
        db.write(
            insert!(operation: key Int, at Text, recorded_at Text, actor_kind Text, actor Text, command Text, hash Text),
            params![row.operation, &at, &recorded_at, row.actor.kind(), row.actor.id(), row.command, &hash],
        )?;
        for (position, (kind, id)) in (1i64..).zip(row.touched) {
            touch(db, row.operation, position, kind, id)?;
        }
        Ok(Tail { hash })
    }
}

/// Writes that an operation touched a record, as the one of that place.
pub fn touch(db: &Db, operation: Key, position: i64, kind: &str, id: &str) -> Result<()> {
    db.write(
        insert!(operation_touch: operation Int, position Int, kind Text, id Text),
        params![operation, position, kind, id],
    )
}

/// The hash of a row over the row before it; the command enters by its own digest, so that a text can be erased later.
pub fn chained(
    before: &str,
    operation: Key,
    at: &str,
    recorded_at: &str,
    actor_kind: &str,
    actor: Option<&str>,
    command: &str,
) -> String {
    let mut hasher = Sha256::new();
    let number = operation.to_string();
    for part in [before, &number, at, recorded_at, actor_kind, actor.unwrap_or("")] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.update(Sha256::digest(command.as_bytes()));
    hex(&hasher.finalize())
}

/// A digest as it is stored and shown.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?')));
        }
    }
    text
}

/// The operations as their rows; beside what is told, `verify` reads the chain of hashes.
pub static OPERATION: Table =
    records("operation", "operation", COLUMNS).by("key").with(LISTS).found_by(&[]).dated(DayOf::Instant("t.at"));

const COLUMNS: &[Column] = &[
    int().called("operation").column("key"),
    instant().called("at"),
    instant().called("recorded_at"),
    text().called("actor_kind").hidden(),
    text().called("actor").optional(),
    json().called("command"),
    text().called("hash").hidden(),
];

/// What operations touched.
pub static TOUCHED: Table = TOUCHED_ROWS;

const TOUCHED_ROWS: Table =
    list("operation_touch", "operation", BY_PLACE, &[text().called("kind"), text().called("id")]).shown("touched");

const LISTS: &[Table] = &[
    TOUCHED_ROWS,
    list(
        "operation_key",
        "operation",
        Order::Column("given"),
        &[text().called("key").column("given"), json().called("outcome")],
    )
    .shown("keys"),
];

impl Described for LoggedOperation {
    fn table() -> &'static Table {
        &OPERATION
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<LoggedOperation> {
        let (operation, _): (Key, Key) = (cells.take()?, cells.take()?);
        let unreadable =
            |error| StoreError::Damaged(format!("the command of operation {operation} cannot be read: {error}"));
        Ok(LoggedOperation {
            id: operation.to_string(),
            operation,
            at: cells.take()?,
            recorded_at: cells.take()?,
            actor: LoggedActor { kind: cells.take()?, id: cells.take()? },
            command: RawValue::from_string(cells.take()?).map_err(unreadable)?,
            key: None,
            touched: Vec::new(),
            hash: cells.take()?,
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            self.operation.bind(),
            self.at.bind(),
            self.recorded_at.bind(),
            self.actor.kind.bind(),
            self.actor.id.bind(),
            Value::from(self.command.get()),
            self.hash.bind(),
        ]
    }

    fn key(&self) -> Key {
        self.operation
    }

    /// Loads the keys of some operations and the ids of what they touched.
    fn complete(db: &Db, operations: &mut [LoggedOperation]) -> Result<()> {
        let numbers: Vec<Key> = operations.iter().map(Described::key).collect();
        let mut keys: HashMap<Key, String> = HashMap::new();
        each_of(
            db,
            const { Tables::of(&["operation_key"]) },
            ("SELECT operation, given FROM operation_key", "operation", ""),
            &numbers,
            |row| {
                keys.insert(row.get(0)?, row.get(1)?);
                Ok(())
            },
        )?;
        let mut touched: HashMap<Key, Vec<String>> = HashMap::new();
        each_of(
            db,
            const { Tables::of(&["operation_touch"]) },
            ("SELECT operation, id FROM operation_touch", "operation", " ORDER BY operation, position"),
            &numbers,
            |row| {
                touched.entry(row.get(0)?).or_default().push(row.get(1)?);
                Ok(())
            },
        )?;
        for operation in operations {
            operation.key = keys.remove(&operation.operation);
            operation.touched = touched.remove(&operation.operation).unwrap_or_default();
        }
        Ok(())
    }
}

/// The id of the posted document that has this number, under which the log knows it.
pub fn document_numbered(db: &Db, number: &str) -> Result<Option<String>> {
    db.query_opt(query!([document], "SELECT id FROM document WHERE number = $1"), params![number], |row| row.get(0))
}

/// What a key stands for.
pub struct KeptOutcome {
    pub operation: Key,
    pub command: String,
    pub outcome: String,
}

impl Db {
    /// Keeps the outcome of a keyed change.
    pub fn keep_outcome(&self, operation: Key, key: &str, outcome: &str) -> Result<()> {
        self.write(insert!(operation_key: operation Int, given Text, outcome Text), params![operation, key, outcome])
    }

    /// What was done under a key.
    pub fn kept_outcome(&self, key: &str) -> Result<Option<KeptOutcome>> {
        self.query_opt(
            query!([operation_key, operation], "SELECT k.operation, o.command, k.outcome FROM operation_key k JOIN operation o ON o.key = k.operation WHERE k.given = $1"),
            params![key],
            |row| Ok(KeptOutcome { operation: row.get(0)?, command: row.get(1)?, outcome: row.get(2)? }),
        )
    }
}
