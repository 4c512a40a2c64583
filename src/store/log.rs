//! The log of operations: one row per change, chained by hash, what it touched beside it, and the outcomes kept for keys.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::value::RawValue;

use super::engine::record::{Cells, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{BY_PLACE, Column, DayOf, Order, Table, instant, int, json, list, records, text};
use super::{Db, Key, Result, StoreError, Value};
use crate::domain::desk::Actor;
use crate::domain::log::{LogHead, LoggedActor, LoggedOperation, TOUCHED_TOLD};
use crate::domain::value::day::Instant;
use crate::{insert, params, query, update};
use sha2::{Digest, Sha256};

pub mod chain;
pub mod erase;

use chain::{Entry, Erasure, Head, Rule, Sealing, Texts};

/// A change to be recorded (spec G2).
pub struct NewOperation<'a> {
    pub operation: Key,
    pub at: Instant,
    pub recorded_at: Instant,
    pub actor: &'a Actor,
    /// The command as given, as its JSON object.
    pub command: &'a str,
    /// The same without the texts that may not be kept, where it had some.
    pub kept: Option<&'a str>,
    /// Its key, and what is answered to that from now on.
    pub key: Option<(&'a str, &'a str)>,
    pub touched: &'a [(&'static str, String)],
    /// What it left in the logs of tickets.
    pub entries: &'a [Entry],
    /// What it erased of others.
    pub erasures: &'a [Erasure],
}

/// The end of the chain: the hash that the next row builds on.
pub struct Tail {
    hash: String,
    /// Whether the last row is of an older format, which left things outside its hash.
    is_older: bool,
}

impl Tail {
    /// Reads where the chain ends; an empty log ends in the empty hash.
    pub fn load(db: &Db) -> Result<Tail> {
        let last = db.query_opt(
            query!([operation], "SELECT hash, salt FROM operation ORDER BY key DESC LIMIT 1"),
            params![],
            |row| Ok((row.get::<String>(0)?, row.get::<Option<String>>(1)?)),
        )?;
        let is_older = matches!(last, Some((_, None)));
        Ok(Tail { hash: last.map(|(hash, _)| hash).unwrap_or_default(), is_older })
    }

    /// What the next row builds on; what it erases itself is sealed as it was before.
    fn before(self, db: &Db, erasures: &[Erasure]) -> Result<String> {
        if self.is_older { chain::over_older(db, erasures) } else { Ok(self.hash) }
    }

    /// Writes the row of one operation with all that is kept of it.
    pub fn append(self, db: &Db, row: &NewOperation<'_>) -> Result<Tail> {
        let (at, recorded_at) = (row.at.to_string(), row.recorded_at.to_string());
        let texts_of = |salt: &Option<String>, command: &str| {
            let mut texts = Texts::salted(salt.as_deref());
            row.entries.iter().for_each(|entry| texts.entry(entry));
            texts.close(row.key.map(|(_, outcome)| outcome), command)
        };
        let mut salt = Rule::PRESENT.new_salt()?;
        let sealed = texts_of(&salt, row.command);
        let mut erasures = row.erasures.to_vec();
        if let Some(kept) = row.kept {
            salt = Rule::PRESENT.new_salt()?;
            let (left, content) = (texts_of(&salt, kept), row.key.map(|_| content_check(row.command)));
            erasures.push(Erasure { of: row.operation, sealed: sealed.clone(), left, content });
        }
        let before = self.before(db, &erasures)?;
        let mut sealing = Sealing::by(Rule::PRESENT);
        row.touched.iter().for_each(|(kind, id)| sealing.touched(kind, id));
        erasures.iter().for_each(|erasure| sealing.erased(erasure));
        let head = row.head(&at, &recorded_at);
        let hash = sealing.close(&before, &head, &sealed);
        write(db, &head, row.kept.unwrap_or(row.command), salt.as_deref(), &hash)?;
        for (position, (kind, id)) in (1i64..).zip(row.touched) {
            touch(db, row.operation, position, kind, id)?;
        }
        for (position, erasure) in (1i64..).zip(&erasures) {
            keep_erasure(db, row.operation, position, erasure)?;
        }
        if let Some((key, outcome)) = row.key {
            keep_outcome(db, row.operation, key, outcome)?;
        }
        Ok(Tail { hash, is_older: false })
    }

    /// Writes the row of an operation that is told bit by bit what it does, as an import is; it is sealed at its end.
    pub fn open<'a>(self, db: &Db, row: &NewOperation<'a>) -> Result<Opened> {
        let (before, salt) = (self.before(db, &[])?, Rule::PRESENT.new_salt()?);
        let (at, recorded_at) = (row.at.to_string(), row.recorded_at.to_string());
        write(db, &row.head(&at, &recorded_at), row.command, salt.as_deref(), "")?;
        if let Some((key, outcome)) = row.key {
            keep_outcome(db, row.operation, key, outcome)?;
        }
        Ok(Opened {
            before,
            operation: row.operation,
            at,
            recorded_at,
            actor: row.actor.clone(),
            command: row.command.to_owned(),
            key: row.key.map(|(key, outcome)| (key.to_owned(), outcome.to_owned())),
            touched: 0,
            sealing: Sealing::by(Rule::PRESENT),
            texts: Texts::salted(salt.as_deref()),
        })
    }
}

/// An operation whose row is written and not sealed yet.
pub struct Opened {
    before: String,
    operation: Key,
    at: String,
    recorded_at: String,
    actor: Actor,
    command: String,
    key: Option<(String, String)>,
    /// How many records were touched so far.
    touched: i64,
    sealing: Sealing,
    texts: Texts,
}

impl Opened {
    /// Writes what a step of it touched; `stands` says afterwards that the step was kept.
    pub fn touch(&self, db: &Db, touched: &[(&'static str, String)]) -> Result<()> {
        (self.touched + 1..)
            .zip(touched)
            .try_for_each(|(position, (kind, id))| touch(db, self.operation, position, kind, id))
    }

    /// Seals what a step of it did.
    pub fn stands(&mut self, touched: &[(&'static str, String)], entries: &[Entry]) {
        touched.iter().for_each(|(kind, id)| self.sealing.touched(kind, id));
        entries.iter().for_each(|entry| self.texts.entry(entry));
        self.touched += i64::try_from(touched.len()).unwrap_or(0);
    }

    /// Seals the row.
    pub fn close(self, db: &Db) -> Result<()> {
        let key = self.key.as_ref();
        let texts = self.texts.close(key.map(|(_, outcome)| outcome.as_str()), &self.command);
        let head = Head {
            operation: self.operation,
            at: &self.at,
            recorded_at: &self.recorded_at,
            actor_kind: self.actor.kind(),
            actor: self.actor.id(),
            key: key.map(|(key, _)| key.as_str()),
        };
        let hash = self.sealing.close(&self.before, &head, &texts);
        db.change_one(update!(operation (Int, Text): "hash = $2"), params![self.operation, hash])
    }
}

impl<'a> NewOperation<'a> {
    /// One that tells nothing of what it did so far.
    pub fn new(
        operation: Key,
        at: Instant,
        recorded_at: Instant,
        actor: &'a Actor,
        command: &'a str,
        key: Option<(&'a str, &'a str)>,
    ) -> NewOperation<'a> {
        NewOperation {
            operation,
            at,
            recorded_at,
            actor,
            command,
            key,
            kept: None,
            touched: &[],
            entries: &[],
            erasures: &[],
        }
    }

    fn head(&self, at: &'a str, recorded_at: &'a str) -> Head<'a> {
        Head {
            operation: self.operation,
            at,
            recorded_at,
            actor_kind: self.actor.kind(),
            actor: self.actor.id(),
            key: self.key.map(|(key, _)| key),
        }
    }
}

fn write(db: &Db, head: &Head<'_>, command: &str, salt: Option<&str>, hash: &str) -> Result<()> {
    db.write(
        insert!(operation: key Int, at Text, recorded_at Text, actor_kind Text, actor Text, command Text, hash Text, salt Text),
        params![head.operation, head.at, head.recorded_at, head.actor_kind, head.actor, command, hash, salt],
    )
}

fn touch(db: &Db, operation: Key, position: i64, kind: &str, id: &str) -> Result<()> {
    db.write(
        insert!(operation_touch: operation Int, position Int, kind Text, id Text),
        params![operation, position, kind, id],
    )
}

fn keep_erasure(db: &Db, operation: Key, position: i64, erasure: &Erasure) -> Result<()> {
    db.write(
        insert!(erasure: operation Int, position Int, of_operation Int, sealed Text, left_as Text, content Text),
        params![operation, position, erasure.of, &erasure.sealed, &erasure.left, &erasure.content],
    )
}

fn keep_outcome(db: &Db, operation: Key, key: &str, outcome: &str) -> Result<()> {
    db.write(insert!(operation_key: operation Int, given Text, outcome Text), params![operation, key, outcome])
}

/// What is kept of a command with a key that was erased, so that another one under the same key is still refused: a single byte of
/// its hash. Of 256 other commands one passes for it; who tries texts learns as little.
pub fn content_check(command: &str) -> String {
    hex(Sha256::digest(command.as_bytes()).get(..1).unwrap_or_default())
}

/// A digest as it is stored and shown.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    let mut digits = vec![0; bytes.len() * 2];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    String::from_utf8(digits).unwrap_or_default()
}

/// The bytes that are told by such a text; one that tells none is none.
fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).unwrap_or_default()).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | (*digit as u8))).collect()
}

/// The operations as their rows; beside what is told, `verify` reads the chain of hashes.
pub static OPERATION: Table =
    records("operation", "operation", COLUMNS).by("key").with(LISTS).found_by(&[]).dated(DayOf::Instant("t.at"));

const COLUMNS: &[Column] = &[
    int().called("operation").column("key"),
    instant().called("at"),
    instant().called("recorded_at"),
    text().called("actor_kind").hidden(),
    text().called("actor").optional().or_blank(),
    json().called("command"),
    text().called("hash").hidden(),
    text().called("salt").starts_empty(),
];

/// What operations touched.
pub static TOUCHED: Table = TOUCHED_ROWS;

const TOUCHED_ROWS: Table =
    list("operation_touch", "operation", BY_PLACE, &[text().called("kind"), text().called("id")])
        .shown("touched")
        .long();

const LISTS: &[Table] = &[
    TOUCHED_ROWS,
    list(
        "operation_key",
        "operation",
        Order::Column("given"),
        &[text().called("key").column("given"), json().called("outcome")],
    )
    .shown("keys"),
    list(
        "erasure",
        "operation",
        BY_PLACE,
        &[
            int().called("of").column("of_operation"),
            text().called("sealed"),
            text().called("left").column("left_as"),
            text().called("content").optional(),
        ],
    )
    .shown("erased"),
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
            more: 0,
            erased_by: None,
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

    /// Loads the keys of some operations, the ids of the first records that they touched, and by what texts of them were erased.
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
        static FIRST: LazyLock<String> =
            LazyLock::new(|| format!(" AND position <= {TOUCHED_TOLD} ORDER BY operation, position"));
        each_of(
            db,
            const { Tables::of(&["operation_touch"]) },
            ("SELECT operation, id FROM operation_touch", "operation", FIRST.as_str()),
            &numbers,
            |row| {
                touched.entry(row.get(0)?).or_default().push(row.get(1)?);
                Ok(())
            },
        )?;
        let mut erased: HashMap<Key, Key> = HashMap::new();
        each_of(
            db,
            const { Tables::of(&["erasure"]) },
            ("SELECT of_operation, operation FROM erasure", "of_operation", " ORDER BY of_operation, operation"),
            &numbers,
            |row| {
                erased.insert(row.get(0)?, row.get(1)?);
                Ok(())
            },
        )?;
        let is_long = |number: &&Key| touched.get(number).is_some_and(|ids| ids.len() >= TOUCHED_TOLD);
        let long: Vec<Key> = numbers.iter().filter(is_long).copied().collect();
        let mut all = all_touched(db, &long)?;
        for operation in operations {
            operation.key = keys.remove(&operation.operation);
            operation.touched = touched.remove(&operation.operation).unwrap_or_default();
            operation.erased_by = erased.remove(&operation.operation);
            let told = i64::try_from(operation.touched.len()).unwrap_or_default();
            operation.more = all.remove(&operation.operation).map_or(0, |all| all - told);
        }
        Ok(())
    }
}

/// How many records some operations touched, by the number of each.
fn all_touched(db: &Db, operations: &[Key]) -> Result<HashMap<Key, i64>> {
    let mut all = HashMap::new();
    // The last place is found by the index, however many there are before it.
    let last =
        "SELECT o.key, (SELECT MAX(t.position) FROM operation_touch t WHERE t.operation = o.key) FROM operation o";
    let reads = const { Tables::of(&["operation", "operation_touch"]) };
    each_of(db, reads, (last, "o.key", ""), operations, |row| {
        all.insert(row.get(0)?, row.get(1)?);
        Ok(())
    })?;
    Ok(all)
}

/// Whether a user made a record: the first operation that touched it was theirs.
pub fn made_by(db: &Db, kind: &str, id: &str, login: &str) -> Result<bool> {
    let made = db.query_opt(
        query!(
            [operation, operation_touch],
            "SELECT o.key FROM operation o WHERE o.actor_kind = 'user' AND o.actor = $3 AND o.key =
               (SELECT MIN(t.operation) FROM operation_touch t WHERE t.kind = $1 AND t.id = $2)"
        ),
        params![kind, id, login],
        |row| row.get::<Key>(0),
    )?;
    Ok(made.is_some())
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

/// How many operations there are, and the hash of the last: who keeps them elsewhere can tell later whether the log still passes
/// through them.
pub fn head(db: &Db) -> Result<LogHead> {
    let head = db.query_opt(
        query!([operation], "SELECT key, hash FROM operation ORDER BY key DESC LIMIT 1"),
        params![],
        |row| Ok(LogHead { operations: row.get(0)?, hash: row.get(1)? }),
    )?;
    Ok(head.unwrap_or_default())
}

/// What the clock of the machine said when the last operation was recorded.
pub fn last_recorded(db: &Db) -> Result<Option<String>> {
    let last = query!([operation], "SELECT recorded_at FROM operation ORDER BY key DESC LIMIT 1");
    db.query_opt(last, params![], |row| row.get(0))
}

/// The hash that an operation bears.
pub fn hash_of(db: &Db, operation: Key) -> Result<Option<String>> {
    db.query_opt(query!([operation], "SELECT hash FROM operation WHERE key = $1"), params![operation], |row| row.get(0))
}

impl Db {
    /// What was done under a key.
    pub fn kept_outcome(&self, key: &str) -> Result<Option<KeptOutcome>> {
        self.query_opt(
            query!(
                [operation_key, operation],
                "SELECT k.operation, o.command, k.outcome FROM operation_key k JOIN operation o ON o.key = k.operation
                 WHERE k.given = $1",
                [asked("operation_key", "given", 1), told("operation", "key", 0)]
            ),
            params![key],
            |row| Ok(KeptOutcome { operation: row.get(0)?, command: row.get(1)?, outcome: row.get(2)? }),
        )
    }
}
