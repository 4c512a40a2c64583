//! The pipeline: a group of changes in one transaction, each on its own savepoint: access, key, run, log row; then one
//! commit, and only then the answers. A single command is a group of one, a dry run is the same path with a rollback.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{AnyChange, Cx, Parsed, Told, Warning};
use crate::domain::code::FaultKind;
use crate::domain::common::ValueRefused;
use crate::domain::desk::{Actor, Desk, KeyReused, Right, TrialOver};
use crate::domain::value::day::Instant;
use crate::domain::value::money::Money;
use crate::domain::{Error, Fault, Result};
use crate::output::Detail;
use crate::procedure;
use crate::store::log::{KeptOutcome, NewOperation, Tail};
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

impl Answer {
    /// Its keys as printed.
    pub const FIELDS: &[&str] = &["command", "status", "operation", "created", "result", "warnings"];
}

/// An answer kept for its key.
#[derive(Serialize)]
struct Keeping<'a> {
    created: &'a [String],
    result: &'a RawValue,
    warnings: &'a [Warning],
}

/// What is told again of an answer that was kept.
#[derive(serde::Deserialize)]
struct Kept {
    created: Vec<String>,
    result: Box<RawValue>,
    warnings: Vec<KeptWarning>,
}

#[derive(serde::Deserialize)]
struct KeptWarning {
    code: String,
    message: String,
}

/// How often a transaction is tried that others get in the way of.
const TRIES: usize = 10;

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
    /// The rights that were found to be there; nobody else writes while the group is open.
    checked: Vec<Right>,
    /// The first operation of a dry run: from it on, operations are planned and will not stand in the log.
    first_planned: Option<Key>,
}

impl<'s> Session<'s> {
    /// Opens a group. The store is locked for writing from here on.
    pub fn open_group(&'s self, mode: Mode) -> Result<Group<'s>> {
        self.db.begin_write()?;
        match self.group_begun(mode) {
            Ok(group) => Ok(group),
            Err(error) => {
                // The first fault is the one to tell.
                let _ = self.db.rollback();
                Err(error)
            }
        }
    }

    fn group_begun(&'s self, mode: Mode) -> Result<Group<'s>> {
        let desk = store::desk::load(self.db)?;
        Ok(Group { session: self, desk, tail: None, mode, checked: Vec::new(), first_planned: None })
    }

    /// Runs one change as a group of its own. `ready` gets the answer while it can still be undone: an answer that cannot be
    /// printed as asked is refused before it is true.
    pub fn run_single(
        &self,
        envelope: &Envelope,
        mode: Mode,
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        retried(self.db, || {
            let mut group = self.open_group(mode)?;
            match group.run(envelope).and_then(|answer| ready(&answer).map(|()| answer)) {
                Ok(answer) => group.finish().map(|()| answer),
                Err(error) => {
                    group.abandon();
                    Err(error)
                }
            }
        })
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
        let ended = self.db.end_read();
        read.and(ended.map_err(Error::from))
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
        if let Err(denied) = procedure::access::check(self.db, &self.actor, right) {
            let wider = if denied.is_of_the_store() { None } else { wider(self.db)? };
            if !wider.map_or(Ok(false), |wider| procedure::access::may(self.db, &self.actor, wider))? {
                return Err(denied);
            }
        }
        run(&Cx::new(self.db, &desk, &self.actor, now, self.yes))
    }

    /// Refuses who has no right to it, and everybody when the trial is over (spec A4, A9).
    pub(in crate::command) fn check(&self, desk: &Desk, now: Instant, right: Right) -> Result<()> {
        check_trial(desk, now, right)?;
        procedure::access::check(self.db, &self.actor, right)
    }
}

/// Runs a transaction; again from its beginning where another got in its way, which undid this one, and then with a care that
/// the first time can do without: each command's changes are waited for, so that a fault of theirs is its own.
pub(in crate::command) fn retried<T>(db: &Db, mut transaction: impl FnMut() -> Result<T>) -> Result<T> {
    // What was before is of no interest.
    db.was_in_conflict();
    db.may_run_again(true);
    for _ in 1..TRIES {
        let ended = transaction();
        db.may_run_again(false);
        if !db.was_in_conflict() || ended.is_ok() {
            return ended;
        }
    }
    transaction()
}

impl Group<'_> {
    /// Runs one change of the group: done, or undone without a trace.
    pub fn run(&mut self, envelope: &Envelope) -> Result<Answer> {
        let db = self.session.db;
        db.savepoint()?;
        // What is only underway may still fail, and then it is this command's fault.
        match self.on_savepoint(envelope).and_then(|answer| db.wait_for_writes().map(|()| answer).map_err(Error::from))
        {
            // Nothing was to be changed, so nothing is: numbers that were only looked at go back.
            Ok(answer) if answer.status == Status::Unchanged => db.undo().map(|()| answer).map_err(Error::from),
            Ok(answer) => {
                db.release()?;
                Ok(answer)
            }
            Err(mut error) => {
                if !error.is_of_the_store() {
                    db.undo()?;
                }
                if let Parsed::Whole(change) = &envelope.parsed {
                    error.suggest_help(change.name());
                }
                Err(error)
            }
        }
    }

    /// Keeps the group, or undoes it where it was a dry run.
    pub fn finish(self) -> Result<()> {
        match self.mode {
            Mode::Commit => Ok(self.session.db.commit()?),
            Mode::DryRun => {
                let tried = self.session.db.try_out();
                let undone = self.session.db.rollback();
                Ok(tried.and(undone)?)
            }
        }
    }

    /// Undoes the whole group, for a reason that is told instead of any fault in undoing it: what is not committed is
    /// undone in any case when the store is closed.
    pub fn abandon(self) {
        let _ = self.session.db.rollback();
    }

    fn on_savepoint(&mut self, envelope: &Envelope) -> Result<Answer> {
        let now = self.session.clock.now();
        let key = envelope.key.as_deref();
        match &envelope.parsed {
            Parsed::Whole(change) => {
                self.check_access(change.right(), now)?;
                self.change(change.as_ref(), key, now)
            }
            // Faults of access, key, existence and service come before faults of values (contract, section 3).
            Parsed::Faulty { right, rest, error } => {
                self.check_access(*right, now)?;
                key.map_or(Ok(()), |key| self.check_unused(key))?;
                match rest.as_deref().map(|rest| rest.run(&self.view(now))) {
                    Some(Err(earlier)) if comes_before_values(&earlier, error) => Err(earlier),
                    _ => Err(error.clone()),
                }
            }
        }
    }

    fn check_access(&mut self, right: Right, now: Instant) -> Result<()> {
        if self.checked.contains(&right) {
            return check_trial(&self.desk, now, right);
        }
        self.session.check(&self.desk, now, right)?;
        self.checked.push(right);
        Ok(())
    }

    fn view(&self, now: Instant) -> Cx<'_> {
        let cx = Cx::new(self.session.db, &self.desk, &self.session.actor, now, self.session.yes);
        if self.mode == Mode::DryRun { cx.as_plan() } else { cx }
    }

    fn change(&mut self, change: &dyn AnyChange, key: Option<&str>, now: Instant) -> Result<Answer> {
        let session = self.session;
        let content = change.content();
        change.ahead(session.db)?;
        if let Some(key) = key
            && let Some(replayed) = self.replay(change, key, &content)?
        {
            return Ok(replayed);
        }

        let cx = self.view(now);
        let result = change.run(&cx)?;
        let operation = if cx.changed_anything() { Some(cx.operation()?) } else { None };
        let Told { created, touched, warnings, amounts } = cx.into_told();
        let Some(operation) = operation else {
            return Ok(answer(change, Status::Unchanged, None, created, result, warnings, amounts));
        };
        for (kind, _) in &touched {
            match *kind {
                "desk" => self.desk = store::desk::load(session.db)?,
                "user" => self.checked.clear(),
                _ => {}
            }
        }

        // A dry run takes every step, so that a line which comes later finds the key of this one (contract, section 4).
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
            let keeping = Keeping { created: &created, result: &result, warnings: &warnings };
            session.db.keep_outcome(operation, key, &super::to_json(&keeping)?)?;
        }
        let (status, operation) = match self.mode {
            Mode::Commit => (Status::Done, Some(operation)),
            Mode::DryRun => {
                self.first_planned.get_or_insert(operation);
                (Status::Planned, None)
            }
        };
        Ok(answer(change, status, operation, created, result, warnings, amounts))
    }

    /// What was done under a key before, be it only planned by this very run.
    fn kept(&self, key: &str) -> Result<Option<KeptOutcome>> {
        check_key(key)?;
        Ok(self.session.db.kept_outcome(key)?)
    }

    /// The number under which the log knows an operation; none where it is only planned.
    fn logged(&self, operation: Key) -> Option<Key> {
        Some(operation).filter(|operation| self.first_planned.is_none_or(|first| *operation < first))
    }

    /// Refuses a key that stands for a change already done, for a command that cannot be that change.
    fn check_unused(&self, key: &str) -> Result<()> {
        match self.kept(key)? {
            None => Ok(()),
            Some(kept) => Err(KeyReused { key: key.to_owned(), operation: self.logged(kept.operation) }.into()),
        }
    }

    /// The stored answer of a key already used for the same content; `key_reused` where the content differs.
    fn replay(&self, change: &dyn AnyChange, key: &str, content: &str) -> Result<Option<Answer>> {
        let Some(kept) = self.kept(key)? else {
            return Ok(None);
        };
        let operation = self.logged(kept.operation);
        if kept.command != content {
            return Err(KeyReused { key: key.to_owned(), operation }.into());
        }
        let told: Kept = serde_json::from_str(&kept.outcome).map_err(|error| super::internal(error.to_string()))?;
        let warnings = told.warnings.into_iter().map(|w| Warning { code: w.code.into(), message: w.message }).collect();
        Ok(Some(answer(change, Status::Replayed, operation, told.created, told.result, warnings, Vec::new())))
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

/// A key as it may be kept (contract, section 5): 1 to 255 bytes.
pub(in crate::command) fn check_key(key: &str) -> Result<()> {
    if key.is_empty() || key.len() > 255 || key.contains('\0') {
        return Err(ValueRefused::invalid("key", key, "a key has 1 to 255 bytes").into());
    }
    Ok(())
}

/// Whether `earlier` is a fault of existence or service, in something else than the values at fault.
fn comes_before_values(earlier: &Error, values: &Error) -> bool {
    let field = &earlier.fault().field;
    let at_fault = |fault: &Fault| fault.field.is_some() && fault.field == *field;
    let of_values = at_fault(values.fault()) || values.fault().others.iter().any(at_fault);
    matches!(earlier.kind(), FaultKind::NotFound | FaultKind::Ambiguous | FaultKind::Access | FaultKind::Service)
        && !of_values
}

/// From its last instant on, an ended trial leaves only what gets a subscription or the data out (spec A4).
fn check_trial(desk: &Desk, now: Instant, right: Right) -> Result<()> {
    if desk.trial_over(now) && right != Right::Rescue {
        return Err(TrialOver::of(desk).into());
    }
    Ok(())
}
