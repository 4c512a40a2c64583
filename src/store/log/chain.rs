//! How the log is sealed: each operation by a hash over the operation before it and over all that is kept of itself.
//!
//! # The rule
//!
//! Two hashes are made for an operation, both BLAKE3 over parts that are told with their lengths, so that no two lists of parts
//! are one text:
//!
//! - the hash of its **texts**: its salt, then each entry that it left in the logs of tickets, the outcome kept for its key, and
//!   its command as given. People write in these, so they can be erased (spec G2); the salt, random and erased with them, keeps
//!   anybody from finding a short text again by trying which one has this hash.
//! - the hash of its **row**: each record that it touched, each erasure that it made, its number, its two moments, who, its key,
//!   the hash of its texts, and the hash of the row before it. It stands in the row, and the next row builds on it.
//!
//! # What is erased
//!
//! An operation that empties texts writes for each operation that had some an *erasure*: the hash of the texts as they were
//! (`sealed`), which the chain goes on with, and that of the texts as they are left (`left`, under a new salt), which they must
//! have from then on. Both are sealed by the operation that erased, so that what was erased is told from what was tampered with,
//! and what is left can be tampered with no more than before.
//!
//! # Older rows
//!
//! Format 3 made the same hashes with SHA-256, which takes several times as long where the processor has no instructions for it.
//! Its rows keep theirs; the salt of a row says which it is sealed by (`Rule`).
//!
//! Formats 1 and 2 sealed number, moments, who and the command of a row, the command by its bare SHA-256 and without a salt; keys,
//! outcomes, what was touched and the logs of tickets stood outside. Their rows keep their hashes, and are known by having no salt.
//! The first row that has one builds on a hash over the last of them and over all that they left outside, so that from then on
//! nothing of it can go either.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use crate::store::{Db, Key, Result, Row, StoreError};
use crate::{params, query};

/// How many operations, and how many entries of ticket logs, are read at a time.
const PAGE: i64 = 500;

/// What an operation is sealed by: its salt says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The row alone, without a salt: formats 1 and 2.
    Bare,
    /// All of it, by SHA-256: format 3.
    Sha256,
    /// All of it, by BLAKE3.
    Blake3,
}

impl Rule {
    /// The rule of the rows that are written now.
    pub const PRESENT: Rule = Rule::Blake3;

    /// The rule of a row with that salt.
    pub fn of(salt: Option<&str>) -> Rule {
        match salt {
            None => Rule::Bare,
            Some(salt) if salt.starts_with(BLAKE3) => Rule::Blake3,
            Some(_) => Rule::Sha256,
        }
    }

    /// A new salt for a row of that rule: what nobody can guess.
    pub fn new_salt(self) -> Result<Option<String>> {
        let random = || {
            let mut bytes = [0; 16];
            getrandom::fill(&mut bytes)
                .map_err(|error| StoreError::Fault(format!("the system gives no random bytes: {error}")))?;
            Ok(super::hex(&bytes))
        };
        match self {
            Rule::Bare => Ok(None),
            Rule::Sha256 => random().map(Some),
            Rule::Blake3 => random().map(|random| Some(format!("{BLAKE3}{random}"))),
        }
    }
}

/// How a salt begins whose row is sealed by BLAKE3.
const BLAKE3: &str = "b3:";

/// Parts on their way into a hash. Some are gathered before they are hashed: hashing a few bytes at a time takes twice as long.
#[derive(Clone)]
struct Parts {
    gathered: Vec<u8>,
    hashed: Hashed,
}

/// What was hashed so far.
#[derive(Clone)]
enum Hashed {
    Sha256(Sha256),
    Blake3(Box<blake3::Hasher>),
}

/// How many bytes are gathered: what a command leaves is less.
const GATHERED: usize = 16 << 10;

impl Parts {
    fn of(rule: Rule) -> Parts {
        let hashed = match rule {
            Rule::Bare | Rule::Sha256 => Hashed::Sha256(Sha256::new()),
            Rule::Blake3 => Hashed::Blake3(Box::default()),
        };
        Parts { gathered: Vec::with_capacity(1 << 10), hashed }
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        if self.gathered.len() >= GATHERED {
            self.hash_gathered();
        }
        self.gathered.extend_from_slice(bytes);
    }

    fn hash_gathered(&mut self) {
        match &mut self.hashed {
            Hashed::Sha256(hasher) => hasher.update(&self.gathered),
            Hashed::Blake3(hasher) => {
                hasher.update(&self.gathered);
            }
        }
        self.gathered.clear();
    }

    /// Adds a text, told from its neighbours by its length.
    fn add(&mut self, part: &str) {
        self.add_bytes(&(part.len() as u64).to_le_bytes());
        self.add_bytes(part.as_bytes());
    }

    fn add_optional(&mut self, part: Option<&str>) {
        match part {
            Some(part) => self.add(part),
            None => self.add_bytes(&u64::MAX.to_le_bytes()),
        }
    }

    fn add_number(&mut self, number: i64) {
        self.add_bytes(&number.to_le_bytes());
    }

    fn hash(mut self) -> [u8; 32] {
        self.hash_gathered();
        match self.hashed {
            Hashed::Sha256(hasher) => hasher.finalize().into(),
            Hashed::Blake3(hasher) => hasher.finalize().into(),
        }
    }
}

fn hash_of(text: &str) -> String {
    super::hex(&Sha256::digest(text.as_bytes()))
}

/// The entry that an operation left in the log of a ticket.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Key,
    pub ticket: Key,
    pub at: String,
    pub actor: Option<String>,
    pub kind: String,
    pub text: String,
    pub document: Option<String>,
}

/// What one operation writes on another whose texts it emptied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub of: Key,
    /// The hash of the texts as they were when the operation was sealed.
    pub sealed: String,
    /// The hash of the texts as they are left.
    pub left: String,
    /// What is kept to tell another command under the same key, see `content_check`.
    pub content: Option<String>,
}

/// The fixed parts of an operation's row.
pub struct Head<'a> {
    pub operation: Key,
    pub at: &'a str,
    pub recorded_at: &'a str,
    pub actor_kind: &'a str,
    pub actor: Option<&'a str>,
    pub key: Option<&'a str>,
}

/// The texts of an operation on their way into their hash: entries first, then `close`.
#[derive(Clone)]
pub struct Texts {
    rule: Rule,
    parts: Parts,
}

impl Texts {
    pub fn salted(salt: Option<&str>) -> Texts {
        let rule = Rule::of(salt);
        let mut parts = Parts::of(rule);
        parts.add_optional(salt);
        Texts { rule, parts }
    }

    pub fn entry(&mut self, entry: &Entry) {
        self.parts.add_number(entry.key);
        self.parts.add_number(entry.ticket);
        self.parts.add(&entry.at);
        self.parts.add_optional(entry.actor.as_deref());
        self.parts.add(&entry.kind);
        self.parts.add(&entry.text);
        self.parts.add_optional(entry.document.as_deref());
    }

    /// The hash with outcome and command. Of a bare row the command stands for itself beside it, as it was sealed.
    pub fn close(mut self, outcome: Option<&str>, command: &str) -> String {
        self.parts.add_optional(outcome);
        if self.rule == Rule::Bare {
            return format!("{} {}", hash_of(command), super::hex(&self.parts.hash()));
        }
        self.parts.add(command);
        super::hex(&self.parts.hash())
    }
}

/// The row of an operation on its way into its hash: what it touched first, then its erasures, then `close`.
#[derive(Clone)]
pub struct Sealing(Parts);

impl Sealing {
    pub fn by(rule: Rule) -> Sealing {
        Sealing(Parts::of(rule))
    }

    pub fn touched(&mut self, kind: &str, id: &str) {
        self.0.add_bytes(b"t");
        self.0.add(kind);
        self.0.add(id);
    }

    pub fn erased(&mut self, erasure: &Erasure) {
        self.0.add_bytes(b"e");
        self.0.add_number(erasure.of);
        self.0.add(&erasure.sealed);
        self.0.add(&erasure.left);
        self.0.add_optional(erasure.content.as_deref());
    }

    /// The hash of the row.
    pub fn close(mut self, before: &str, head: &Head<'_>, texts: &str) -> String {
        self.0.add_bytes(b"o");
        self.0.add_number(head.operation);
        self.0.add(head.at);
        self.0.add(head.recorded_at);
        self.0.add(head.actor_kind);
        self.0.add_optional(head.actor);
        self.0.add_optional(head.key);
        self.0.add(texts);
        self.0.add(before);
        super::hex(&self.0.hash())
    }

    /// What a bare row left outside its hash.
    fn left_outside(mut self, operation: Key, key: Option<&str>, texts: &str) -> [u8; 32] {
        self.0.add_bytes(b"s");
        self.0.add_number(operation);
        self.0.add_optional(key);
        self.0.add(texts);
        self.0.hash()
    }
}

/// The hash of a row by the rule of formats 1 and 2: `command` is the SHA-256 of the command.
fn older_hash(before: &str, head: &Head<'_>, command: &str) -> String {
    let mut hasher = Sha256::new();
    let number = head.operation.to_string();
    for part in [before, &number, head.at, head.recorded_at, head.actor_kind, head.actor.unwrap_or("")] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.update(super::bytes_of_hex(command));
    super::hex(&hasher.finalize())
}

/// One operation with all that is sealed of it, as it is stored now.
pub struct Stored {
    pub operation: Key,
    pub at: String,
    pub recorded_at: String,
    pub actor_kind: String,
    pub actor: Option<String>,
    pub command: String,
    pub hash: String,
    rule: Rule,
    pub key: Option<String>,
    pub outcome: Option<String>,
    sealing: Sealing,
    texts: Texts,
    erased: Option<Erasure>,
}

impl Stored {
    fn read(row: &Row<'_>) -> Result<Stored> {
        let salt: Option<String> = row.get(7)?;
        let rule = Rule::of(salt.as_deref());
        Ok(Stored {
            operation: row.get(0)?,
            at: row.get(1)?,
            recorded_at: row.get(2)?,
            actor_kind: row.get(3)?,
            actor: row.get(4)?,
            command: row.get(5)?,
            hash: row.get(6)?,
            key: None,
            outcome: None,
            sealing: Sealing::by(rule),
            texts: Texts::salted(salt.as_deref()),
            erased: None,
            rule,
        })
    }

    fn head(&self) -> Head<'_> {
        Head {
            operation: self.operation,
            at: &self.at,
            recorded_at: &self.recorded_at,
            actor_kind: &self.actor_kind,
            actor: self.actor.as_deref(),
            key: self.key.as_deref(),
        }
    }

    /// The hash of its texts as they are stored now.
    fn texts_now(&self) -> String {
        self.texts.clone().close(self.outcome.as_deref(), &self.command)
    }
}

/// What is wrong with the seal of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Its row does not bear the hash of its content and of the row before it.
    Seal,
    /// Its texts are not those that were left when some of them were erased.
    Left,
}

/// The chain being walked, from the first operation on.
#[derive(Default)]
struct Walk {
    /// The hash that the next row builds on.
    before: String,
    /// Over what older rows left outside their hashes, while there were only such rows.
    outside: Option<Sha256>,
    is_past_older: bool,
}

impl Walk {
    /// Goes on by one operation; tells what is wrong with it.
    fn step(&mut self, stored: Stored, tell: &mut dyn FnMut(Key, Broken)) {
        let now = stored.texts_now();
        let sealed = match &stored.erased {
            None => now.clone(),
            Some(erasure) => {
                if erasure.left != now {
                    tell(stored.operation, Broken::Left);
                }
                erasure.sealed.clone()
            }
        };
        let hash = if stored.rule == Rule::Bare {
            let (command, others) = sealed.split_once(' ').unwrap_or_default();
            let hash = older_hash(&self.before, &stored.head(), command);
            let outside = stored.sealing.clone().left_outside(stored.operation, stored.key.as_deref(), others);
            self.outside.get_or_insert_default().update(outside);
            // Nothing is sealed by the older rule any more once there is a row of the new one.
            if self.is_past_older { String::new() } else { hash }
        } else {
            self.end_older();
            stored.sealing.clone().close(&self.before, &stored.head(), &sealed)
        };
        if hash != stored.hash {
            tell(stored.operation, Broken::Seal);
        }
        self.before = stored.hash;
    }

    /// From the last older row to the first that seals everything.
    fn end_older(&mut self) {
        self.is_past_older = true;
        if let Some(outside) = self.outside.take() {
            let mut parts = Parts::of(Rule::Sha256);
            parts.add(&self.before);
            parts.add_bytes(&outside.finalize());
            self.before = super::hex(&parts.hash());
        }
    }
}

/// Walks the whole chain and tells where it is broken.
pub fn each_broken(db: &Db, tell: &mut dyn FnMut(Key, Broken)) -> Result<()> {
    let mut walk = Walk::default();
    let mut orphans = Vec::new();
    each(db, &mut |stored| walk.step(stored, tell), &mut |operation| orphans.push(operation))?;
    orphans.into_iter().for_each(|operation| tell(operation, Broken::Seal));
    Ok(())
}

/// What the first row of the present rule builds on where there are older ones before it. It may have erased texts of those already,
/// and these are sealed as they were.
pub fn over_older(db: &Db, erasures: &[Erasure]) -> Result<String> {
    let mut walk = Walk::default();
    let erased_now: HashMap<Key, &Erasure> = erasures.iter().map(|erasure| (erasure.of, erasure)).collect();
    let mut step = |mut stored: Stored| {
        stored.erased = erased_now.get(&stored.operation).copied().cloned().or(stored.erased);
        walk.step(stored, &mut |_, _| {});
    };
    each(db, &mut step, &mut |_| {})?;
    walk.end_older();
    Ok(walk.before)
}

/// Tells every operation with all that is sealed of it, and each operation that an entry of a ticket's log names although it was
/// over before that entry was written.
fn each(db: &Db, tell: &mut dyn FnMut(Stored), late: &mut dyn FnMut(Key)) -> Result<()> {
    let mut after = i64::MIN;
    let mut entries = Entries::default();
    loop {
        let page = db.query(
            query!(
                [operation],
                "SELECT key, at, recorded_at, actor_kind, actor, command, hash, salt FROM operation
                 WHERE key > $1 ORDER BY key LIMIT $2"
            ),
            params![after, PAGE],
            Stored::read,
        )?;
        let (Some(first), Some(last)) = (page.first().map(|row| row.operation), page.last().map(|row| row.operation))
        else {
            return Ok(());
        };
        after = last;
        let mut page: BTreeMap<Key, Stored> = page.into_iter().map(|row| (row.operation, row)).collect();
        complete(db, &mut page, first, last)?;
        entries.until(db, last, &mut |operation, entry| match page.get_mut(&operation) {
            Some(stored) => stored.texts.entry(entry),
            None => late(operation),
        })?;
        page.into_values().for_each(&mut *tell);
    }
}

/// Adds what some operations touched and erased, their keys, and what was erased of them.
fn complete(db: &Db, page: &mut BTreeMap<Key, Stored>, first: Key, last: Key) -> Result<()> {
    db.each(
        query!(
            [operation_touch],
            "SELECT operation, kind, id FROM operation_touch WHERE operation BETWEEN $1 AND $2 ORDER BY operation, position"
        ),
        params![first, last],
        |row| {
            if let Some(stored) = page.get_mut(&row.get(0)?) {
                stored.sealing.touched(&row.get::<String>(1)?, &row.get::<String>(2)?);
            }
            Ok(())
        },
    )?;
    db.each(
        query!(
            [erasure],
            "SELECT of_operation, sealed, left_as, content, operation FROM erasure WHERE operation BETWEEN $1 AND $2
             ORDER BY operation, position"
        ),
        params![first, last],
        |row| {
            if let Some(stored) = page.get_mut(&row.get(4)?) {
                stored.sealing.erased(&erasure(row)?);
            }
            Ok(())
        },
    )?;
    db.each(
        query!(
            [operation_key],
            "SELECT operation, given, outcome FROM operation_key WHERE operation BETWEEN $1 AND $2"
        ),
        params![first, last],
        |row| {
            if let Some(stored) = page.get_mut(&row.get(0)?) {
                (stored.key, stored.outcome) = (row.get(1)?, row.get(2)?);
            }
            Ok(())
        },
    )?;
    for (of, erasure) in erasures_of(db, first, last)? {
        if let Some(stored) = page.get_mut(&of) {
            stored.erased = Some(erasure);
        }
    }
    Ok(())
}

fn erasure(row: &Row<'_>) -> Result<Erasure> {
    Ok(Erasure { of: row.get(0)?, sealed: row.get(1)?, left: row.get(2)?, content: row.get(3)? })
}

/// The last erasure of each operation in a range that had texts erased.
fn erasures_of(db: &Db, first: Key, last: Key) -> Result<HashMap<Key, Erasure>> {
    let mut found = HashMap::new();
    db.each(
        query!(
            [erasure],
            "SELECT of_operation, sealed, left_as, content FROM erasure WHERE of_operation BETWEEN $1 AND $2
             ORDER BY of_operation, operation"
        ),
        params![first, last],
        |row| {
            let erasure = erasure(row)?;
            found.insert(erasure.of, erasure);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The last erasure of an operation, where texts of it were erased.
pub fn erasure_of(db: &Db, operation: Key) -> Result<Option<Erasure>> {
    Ok(erasures_of(db, operation, operation)?.remove(&operation))
}

/// Tells every entry of the tickets' logs with the operation that left it.
pub fn each_entry(db: &Db, tell: &mut dyn FnMut(Key, &Entry)) -> Result<()> {
    Entries::default().until(db, i64::MAX, tell)
}

/// The entries of all tickets' logs, read along their keys: later entries are of later operations.
struct Entries {
    after: Key,
    read: std::vec::IntoIter<(Key, Entry)>,
    next: Option<(Key, Entry)>,
    is_over: bool,
}

impl Default for Entries {
    fn default() -> Entries {
        Entries { after: i64::MIN, read: Vec::new().into_iter(), next: None, is_over: false }
    }
}

impl Entries {
    /// Tells the entries that come next, up to those of the operation `last`.
    fn until(&mut self, db: &Db, last: Key, tell: &mut dyn FnMut(Key, &Entry)) -> Result<()> {
        loop {
            let next = match self.next.take().or_else(|| self.read.next()) {
                Some(next) => next,
                None if self.is_over => return Ok(()),
                None => {
                    self.read_on(db)?;
                    continue;
                }
            };
            if next.0 > last {
                self.next = Some(next);
                return Ok(());
            }
            tell(next.0, &next.1);
        }
    }

    fn read_on(&mut self, db: &Db) -> Result<()> {
        let read = db.query(
            query!(
                [ticket_log],
                "SELECT key, ticket, at, actor, kind, text, document, operation FROM ticket_log WHERE key > $1 ORDER BY key LIMIT $2"
            ),
            params![self.after, PAGE],
            |row| {
                let entry = Entry {
                    key: row.get(0)?,
                    ticket: row.get(1)?,
                    at: row.get(2)?,
                    actor: row.get(3)?,
                    kind: row.get(4)?,
                    text: row.get(5)?,
                    document: row.get(6)?,
                };
                Ok((row.get(7)?, entry))
            },
        )?;
        match read.last() {
            Some((_, entry)) => self.after = entry.key,
            None => self.is_over = true,
        }
        self.read = read.into_iter();
        Ok(())
    }
}
