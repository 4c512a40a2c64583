//! The log of operations: one row per change, chained by hash, what it touched beside it, and the outcomes kept for keys.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{Db, Key, Page, Result, Row, StoreError};
use crate::domain::desk::Actor;
use crate::domain::log::{LoggedActor, LoggedOperation};
use crate::domain::value::day::Instant;
use crate::{insert, paged, params, query};

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

macro_rules! head {
    () => {
        "SELECT o.key, o.at, o.recorded_at, o.actor_kind, o.actor, o.command, k.given, o.hash
         FROM operation o LEFT JOIN operation_key k ON k.operation = o.key"
    };
}

/// All but what it touched.
fn read(row: &Row<'_>) -> Result<LoggedOperation> {
    let operation: Key = row.get(0)?;
    let unreadable =
        |error| StoreError::Damaged(format!("the command of operation {operation} cannot be read: {error}"));
    Ok(LoggedOperation {
        id: operation.to_string(),
        operation,
        at: row.get(1)?,
        recorded_at: row.get(2)?,
        actor: LoggedActor { kind: row.get(3)?, id: row.get(4)? },
        command: RawValue::from_string(row.get(5)?).map_err(unreadable)?,
        key: row.get(6)?,
        touched: Vec::new(),
        hash: row.get(7)?,
    })
}

/// One page of the log, without what was touched.
pub fn page(db: &Db, page: Page) -> Result<Vec<LoggedOperation>> {
    db.page(paged!(head!(), "o.key"), page, read)
}

/// The operation of that number, without what it touched.
pub fn by_operation(db: &Db, operation: Key) -> Result<Option<LoggedOperation>> {
    db.query_opt(concat!(head!(), " WHERE o.key = $1"), params![operation], read)
}

/// The ids of what an operation touched, in order.
pub fn touched(db: &Db, operation: Key) -> Result<Vec<String>> {
    db.query(
        query!([operation_touch], "SELECT id FROM operation_touch WHERE operation = $1 ORDER BY position"),
        params![operation],
        |row| row.get(0),
    )
}

/// The numbers of the operations that touched the record `id`, in order.
pub fn operations_touching(db: &Db, id: &str) -> Result<Vec<Key>> {
    db.query(
        query!([operation_touch], "SELECT DISTINCT operation FROM operation_touch WHERE id = $1 ORDER BY operation"),
        params![id],
        |row| row.get(0),
    )
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
