//! The pipeline: a group of changes in one transaction, each on its own savepoint: access, key, run, log row; then one
//! commit, and only then the answers. A single command is a group of one, a dry run is the same path with a rollback.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{AnyChange, Cx, Parsed, Told, Warning};
use crate::domain::day::Instant;
use crate::domain::desk::{Actor, Desk, KeyReused, Right, TrialOver};
use crate::domain::money::Money;
use crate::domain::{Error, Fault, Result};
use crate::output::Detail;
use crate::procedure;
use crate::store::log::{NewOperation, Tail};
use crate::store::{self, Db, Key};

/// Where the time comes from; only `main` makes one that reads a clock.
pub trait Clock {
    /// The moment that commands see, fixed by `--now`.
    fn now(&self) -> Instant;
    /// The machine's own, which the log keeps beside it.
    fn machine(&self) -> Instant;
}

/// One command with who, when and key.
pub struct Envelope {
    pub parsed: Parsed,
    pub key: Option<String>,
}

/// Whether what a group did is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Commit,
    DryRun,
}

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Done,
    Unchanged,
    Replayed,
    Planned,
}

/// The answer to one change (contract, section 2).
#[derive(Debug, Serialize)]
pub struct Answer {
    pub command: String,
    pub status: Status,
    pub operation: Option<Key>,
    pub created: Vec<String>,
    pub result: Box<RawValue>,
    pub warnings: Vec<Warning>,
    /// Totals of the documents made.
    #[serde(skip)]
    pub amounts: Vec<Money>,
    /// How much of each record of the result a table tells.
    #[serde(skip)]
    pub detail: Detail,
}

/// An answer kept for its key: what a replay tells again.
#[derive(Serialize, serde::Deserialize)]
struct Kept {
    created: Vec<String>,
    result: Box<RawValue>,
    warnings: Vec<KeptWarning>,
}

#[derive(Serialize, serde::Deserialize)]
struct KeptWarning {
    code: String,
    message: String,
}

/// A desk at work: the open store, who asks, and the clock.
pub struct Session<'a> {
    pub db: &'a Db,
    pub clock: &'a dyn Clock,
    pub actor: Actor,
    pub yes: bool,
}

/// A group that is open: its transaction runs until `finish`.
pub struct Group<'s> {
    session: &'s Session<'s>,
    desk: Desk,
    tail: Option<Tail>,
    mode: Mode,
}

impl<'s> Session<'s> {
    /// Opens a group. The store is locked for writing from here on.
    pub fn open_group(&'s self, mode: Mode) -> Result<Group<'s>> {
        self.db.begin_write()?;
        match self.group_begun(mode) {
            Ok(group) => Ok(group),
            Err(error) => {
                self.db.rollback()?;
                Err(error)
            }
        }
    }

    fn group_begun(&'s self, mode: Mode) -> Result<Group<'s>> {
        let desk = store::desk::load(self.db)?;
        Ok(Group { session: self, desk, tail: None, mode })
    }

    /// Runs one change as a group of its own.
    pub fn run_single(&self, envelope: &Envelope, mode: Mode) -> Result<Answer> {
        let mut group = self.open_group(mode)?;
        let answer = group.run(envelope);
        match &answer {
            Ok(_) => group.finish()?,
            Err(_) => group.abandon()?,
        }
        answer
    }

    /// Runs a read over one moment of the store.
    pub fn read(&self, right: Right, run: impl FnOnce(&Cx<'_>) -> Result<()>) -> Result<()> {
        self.read_widened(right, |_| Ok(None), run)
    }

    /// Runs a read that another right may open too, depending on what is read: `wider` is asked where `right` is missing.
    pub fn read_widened(
        &self,
        right: Right,
        wider: impl FnOnce(&Db) -> Result<Option<Right>>,
        run: impl FnOnce(&Cx<'_>) -> Result<()>,
    ) -> Result<()> {
        self.db.begin_read()?;
        let read = self.read_begun(right, wider, run);
        self.db.end_read()?;
        read
    }

    fn read_begun(
        &self,
        right: Right,
        wider: impl FnOnce(&Db) -> Result<Option<Right>>,
        run: impl FnOnce(&Cx<'_>) -> Result<()>,
    ) -> Result<()> {
        let desk = store::desk::load(self.db)?;
        let now = self.clock.now();
        check_trial(&desk, now, right)?;
        if let Err(denied) = self.check_access(right) {
            let wider = if denied.is_of_the_store() { None } else { wider(self.db)? };
            if !wider.map_or(Ok(false), |wider| procedure::access::may(self.db, &self.actor, wider))? {
                return Err(denied);
            }
        }
        run(&Cx::new(self.db, &desk, &self.actor, now, self.yes))
    }

    fn check_access(&self, right: Right) -> Result<()> {
        procedure::access::check(self.db, &self.actor, right)
    }
}

impl Group<'_> {
    /// Runs one change of the group: done, or undone without a trace.
    pub fn run(&mut self, envelope: &Envelope) -> Result<Answer> {
        let db = self.session.db;
        db.savepoint()?;
        match self.on_savepoint(envelope) {
            Ok(answer) => {
                db.release()?;
                Ok(answer)
            }
            Err(error) => {
                if !error.is_of_the_store() {
                    db.undo()?;
                }
                Err(error)
            }
        }
    }

    /// Keeps the group, or undoes it where it was a dry run.
    pub fn finish(self) -> Result<()> {
        match self.mode {
            Mode::Commit => Ok(self.session.db.commit()?),
            Mode::DryRun => Ok(self.session.db.rollback()?),
        }
    }

    /// Undoes the whole group.
    pub fn abandon(self) -> Result<()> {
        Ok(self.session.db.rollback()?)
    }

    fn on_savepoint(&mut self, envelope: &Envelope) -> Result<Answer> {
        match &envelope.parsed {
            Parsed::Whole(change) => self.change(change.as_ref(), envelope.key.as_deref()),
            Parsed::Faulty { rest: None, error } => Err(error.clone()),
            // Faults of access, key, existence and service come before faults of values (contract, section 3).
            Parsed::Faulty { rest: Some(rest), error } => match self.change(rest.as_ref(), None) {
                Err(earlier) if comes_before_values(&earlier) => Err(earlier),
                _ => Err(error.clone()),
            },
        }
    }

    fn change(&mut self, change: &dyn AnyChange, key: Option<&str>) -> Result<Answer> {
        let session = self.session;
        let now = session.clock.now();
        check_trial(&self.desk, now, change.right())?;
        session.check_access(change.right())?;
        let key = key.filter(|_| self.mode == Mode::Commit);
        let content = change.content();
        if let Some(replayed) = key.map(|key| replay(session.db, change, key, &content)).transpose()?.flatten() {
            return Ok(replayed);
        }

        let cx = Cx::new(session.db, &self.desk, &session.actor, now, session.yes);
        let result = raw(change.run(&cx)?)?;
        let operation = if cx.changed_anything() { Some(cx.operation()?) } else { None };
        let Told { created, touched, warnings, amounts } = cx.into_told();
        let Some(operation) = operation else {
            return Ok(answer(change, Status::Unchanged, None, created, result, warnings, amounts));
        };
        if touched.iter().any(|(kind, _)| *kind == "desk") {
            self.desk = store::desk::load(session.db)?;
        }
        if self.mode == Mode::DryRun {
            return Ok(answer(change, Status::Planned, None, created, result, warnings, amounts));
        }

        let row = NewOperation {
            operation,
            at: now,
            recorded_at: session.clock.machine(),
            actor: &session.actor,
            command: &content,
            touched: &touched,
        };
        let tail = match self.tail.take() {
            Some(tail) => tail,
            None => Tail::load(session.db)?,
        };
        self.tail = Some(tail.append(session.db, &row)?);
        if let Some(key) = key {
            let kept = Kept {
                created: created.clone(),
                result: result.clone(),
                warnings: warnings
                    .iter()
                    .map(|w| KeptWarning { code: w.code.to_string(), message: w.message.clone() })
                    .collect(),
            };
            session.db.keep_outcome(operation, key, &super::to_json(&kept)?)?;
        }
        Ok(answer(change, Status::Done, Some(operation), created, result, warnings, amounts))
    }
}

fn answer(
    change: &dyn AnyChange,
    status: Status,
    operation: Option<Key>,
    created: Vec<String>,
    result: Box<RawValue>,
    warnings: Vec<Warning>,
    amounts: Vec<Money>,
) -> Answer {
    let detail = change.detail();
    Answer { command: change.name().to_owned(), status, operation, created, result, warnings, amounts, detail }
}

/// The stored answer of a key already used for the same content; `key_reused` where the content differs.
fn replay(db: &Db, change: &dyn AnyChange, key: &str, content: &str) -> Result<Option<Answer>> {
    let Some(stored) = db.kept_outcome(key)? else {
        return Ok(None);
    };
    if stored.command != content {
        return Err(KeyReused { key: key.to_owned(), operation: stored.operation }.into());
    }
    let kept: Kept = serde_json::from_str(&stored.outcome).map_err(|error| super::internal(error.to_string()))?;
    Ok(Some(Answer {
        command: change.name().to_owned(),
        status: Status::Replayed,
        operation: Some(stored.operation),
        created: kept.created,
        result: kept.result,
        amounts: Vec::new(),
        detail: change.detail(),
        warnings: kept.warnings.into_iter().map(|w| Warning { code: w.code.into(), message: w.message }).collect(),
    }))
}

fn raw(json: String) -> Result<Box<RawValue>> {
    RawValue::from_string(json).map_err(|error| super::internal(error.to_string()))
}

fn comes_before_values(error: &Error) -> bool {
    let Fault { code, exit, .. } = error.fault();
    matches!(exit, 11 | 12 | 15 | 21 | 44) || *code == "service_not_enabled"
}

/// From its last instant on, an ended trial leaves only what gets a subscription or the data out (spec A4).
fn check_trial(desk: &Desk, now: Instant, right: Right) -> Result<()> {
    if desk.trial_over(now) && right != Right::Rescue {
        return Err(TrialOver::of(desk).into());
    }
    Ok(())
}
