//! A group: changes in one transaction, each whole or without a trace: access, key, run, log row; then one commit, and only
//! then the answers. A single command is a group of one, a dry run is the same path with a rollback. A change of many steps,
//! such as an import, has one row of the log for all of them; a restoration brings the log with it.

use std::cell::OnceCell;

use super::answer::{NOTHING_TOLD, Telling};
use super::session::check_trial;
use super::{Action, Answer, AnyChange, Cx, Parsed, Session, Status, Told, entry};
use crate::domain::code::FaultKind;
use crate::domain::common::ValueRefused;
use crate::domain::desk::{Desk, KeyReused, Right};
use crate::domain::user::User;
use crate::domain::value::day::Instant;
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Fault, Result};
use crate::procedure::services::SERVICES;
use crate::procedure::{access, erase};
use crate::store::log::{KeptOutcome, NewOperation, Opened, Tail};
use crate::store::{self, Db, Key};

/// One command with its key.
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

/// A group that is open: its transaction runs until `finish`.
pub struct Group<'s> {
    session: &'s Session<'s>,
    desk: Desk,
    tail: Option<Tail>,
    /// The row of a change of many steps, which is sealed when the last of them is done.
    opened: Option<Opened>,
    mode: Mode,
    /// The rights that were found to be there; nobody else writes while the group is open.
    checked: Vec<Right>,
    /// The user who runs it, once somebody asked.
    acting: OnceCell<Option<User>>,
    /// The first operation of a dry run: from it on, operations are planned and will not stand in the log.
    first_planned: Option<Key>,
    /// Whether anything was done so far that is to be kept.
    keeps: bool,
}

/// A change of many steps: one row of the log, one moment.
pub struct Stepwise {
    operation: Key,
    now: Instant,
}

/// How a change of many steps begins.
pub enum Begun {
    New(Stepwise),
    /// Its key was used for the same before.
    Replayed(Key),
}

/// What one step of a change did.
pub struct Step<T> {
    pub result: T,
    pub status: Status,
    pub operation: Option<Key>,
    pub told: Told,
}

impl<'s> Group<'s> {
    pub(super) fn begun(session: &'s Session<'s>, desk: Desk, mode: Mode) -> Group<'s> {
        let (checked, acting) = (Vec::new(), OnceCell::new());
        Group { session, desk, tail: None, opened: None, mode, checked, acting, first_planned: None, keeps: false }
    }

    /// Runs one change of the group: done, or undone without a trace.
    pub fn run(&mut self, envelope: &Envelope) -> Result<Answer> {
        let ran = self.apart(|answer: &Answer| answer.status, |group| group.enveloped(envelope));
        ran.map_err(|mut error| {
            if let Parsed::Whole(change) = &envelope.parsed {
                error.suggest_help(change.name());
                self.lead_on(change.as_ref(), &mut error);
            }
            error
        })
    }

    /// Who runs a service from a ticket needs no right to what it works with, and may not read that. Where a hint reads such a
    /// thing, the options of the ticket lead on instead: they tell what can be chosen.
    fn lead_on(&self, change: &dyn AnyChange, error: &mut Error) {
        let Session { db, actor, .. } = self.session;
        let is_service = SERVICES.iter().any(|service| service.command == change.name());
        let right = error.fault().hint.as_deref().and_then(right_to_read);
        if !is_service
            || error.is_of_the_store()
            || right.is_none_or(|right| access::may(db, actor, right) != Ok(false))
        {
            return;
        }
        let content: Option<serde_json::Value> = serde_json::from_str(&change.content()).ok();
        if let Some(ticket) = content.as_ref().and_then(|content| content.get("ticket")?.as_str()) {
            error.fault_mut().hint = Some(format!("aftersales ticket options {}", shell_word(ticket)));
        }
    }

    /// Runs a change that follows from one which the caller had the right to.
    pub(super) fn run_own(&mut self, change: &dyn AnyChange) -> Result<Answer> {
        let now = self.session.clock.now();
        self.apart(|answer: &Answer| answer.status, |group| group.change(change, None, now))
    }

    /// Lets what some changes will ask be asked together, where the store is far away: each is run on what is known by then, as far
    /// as that goes, and undone.
    pub fn look_ahead(&mut self, envelopes: &[Envelope]) -> Result<()> {
        let now = self.session.clock.now();
        let db = self.session.db;
        Ok(db.look_ahead(envelopes.len(), true, &mut |at| {
            if let Some(Envelope { parsed: Parsed::Whole(change), key }) = envelopes.get(at)
                && self.check_access(change.right(), now).is_ok()
            {
                let is_done = key.as_deref().is_some_and(|key| matches!(self.kept(key), Ok(Some(_))));
                if !is_done {
                    drop(change.run(&self.view(now)));
                }
            }
        })?)
    }

    /// The same of steps: each of so many works is run as a step would be.
    pub fn look_ahead_of_steps(&self, works: usize, work: &mut dyn FnMut(&Cx<'_>, usize)) -> Result<()> {
        let cx = self.view(self.session.clock.now()).within(0);
        Ok(self.session.db.look_ahead(works, false, &mut |at| work(&cx, at))?)
    }

    /// Begins a change whose steps come one by one; its row of the log stands before them.
    pub fn begin_steps(&mut self, content: &str, key: Option<&str>) -> Result<Begun> {
        if let Some(key) = key
            && let Some(kept) = self.kept_of(key, content)?
        {
            return Ok(Begun::Replayed(kept.operation));
        }
        let (operation, now) = (self.session.db.next_number("operation")?, self.session.clock.now());
        let tail = self.tail()?;
        let row = self.row(operation, now, content, key.map(|key| (key, NOTHING_TOLD)));
        self.opened = Some(tail.open(self.session.db, &row)?);
        Ok(Begun::New(Stepwise { operation, now }))
    }

    /// Runs one step of such a change: done, or undone without a trace.
    pub fn step<T>(&mut self, steps: &Stepwise, work: impl FnOnce(&Cx<'_>) -> Result<T>) -> Result<Step<T>> {
        let step = self.apart(
            |step: &Step<T>| step.status,
            |group| {
                let cx = group.view(steps.now).within(steps.operation);
                let result = work(&cx)?;
                let told = cx.into_told();
                if let Some(opened) = &group.opened {
                    opened.touch(group.session.db, &told.touched)?;
                }
                group.learn_from(&told)?;
                let (status, operation) = group.ended(&told, steps.operation);
                Ok(Step { result, status, operation, told })
            },
        )?;
        if let Some(opened) = self.opened.as_mut().filter(|_| step.status != Status::Unchanged) {
            opened.stands(&step.told.touched, &step.told.entries);
        }
        Ok(step)
    }

    /// The store, to write in it what stands in another one as it stands there, its log included; `keep_as_it_stands` keeps it.
    pub fn to_restore(&self) -> &'s Db {
        self.session.db
    }

    /// Keeps what was restored.
    pub fn keep_as_it_stands(&mut self) {
        self.keeps = true;
    }

    /// Refuses who has no right to what the group is opened for.
    pub fn admit(&mut self, right: Right) -> Result<()> {
        self.check_access(right, self.session.clock.now())
    }

    /// Keeps the group, or undoes it where it was a dry run or changed nothing.
    pub fn finish(mut self) -> Result<()> {
        let db = self.session.db;
        if let Some(opened) = self.opened.take().filter(|_| self.keeps) {
            opened.close(db)?;
        }
        if self.keeps && self.mode == Mode::Commit {
            return Ok(db.commit()?);
        }
        let tried = if self.keeps { db.try_out() } else { Ok(()) };
        let undone = db.rollback();
        Ok(tried.and(undone)?)
    }

    /// Undoes the whole group, for a reason that is told instead of any fault in undoing it: what is not committed is
    /// undone in any case when the store is closed.
    pub fn abandon(self) {
        let _ = self.session.db.rollback();
    }

    /// Runs a part of the group that can be undone alone, and says by its status what becomes of it.
    fn apart<T>(&mut self, status: impl FnOnce(&T) -> Status, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let db = self.session.db;
        db.savepoint()?;
        // What is only underway may still fail, and then it is this part's fault.
        let ran = work(self).and_then(|done| db.wait_for_writes().map(|()| done).map_err(Error::from));
        match ran {
            Ok(done) => {
                match status(&done) {
                    // Nothing was to be changed, so nothing is: numbers that were only looked at go back.
                    Status::Unchanged => db.undo()?,
                    Status::Replayed => db.release()?,
                    Status::Done | Status::Planned => {
                        db.release()?;
                        self.keeps = true;
                    }
                }
                Ok(done)
            }
            Err(error) => {
                if !error.is_of_the_store() {
                    db.undo()?;
                }
                Err(error)
            }
        }
    }

    fn enveloped(&mut self, envelope: &Envelope) -> Result<Answer> {
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
        let Session { db, actor, templates, courier, yes, checks, .. } = self.session;
        let cx = Cx::new(db, &self.desk, actor, now, templates, *yes).with_mailing(*courier).with_checks(*checks);
        let cx = cx.with_acting(&self.acting);
        if self.mode == Mode::DryRun { cx.as_plan() } else { cx }
    }

    fn change(&mut self, change: &dyn AnyChange, key: Option<&str>, now: Instant) -> Result<Answer> {
        let db = self.session.db;
        let content = change.content();
        if let Some(key) = key
            && let Some(kept) = self.kept_of(key, &content)?
        {
            let told = Telling::again(&kept.outcome)?;
            return Ok(Answer::to(change, Status::Replayed, self.logged(kept.operation), told));
        }

        let cx = self.view(now);
        let result = change.run(&cx)?;
        let operation = if cx.changed_anything() { Some(cx.operation()?) } else { None };
        let mut told = cx.into_told();
        let telling = Telling::of(result, &mut told);
        let Some(operation) = operation else {
            return Ok(Answer::to(change, Status::Unchanged, None, telling));
        };
        self.learn_from(&told)?;

        // A dry run takes every step, so that a line which comes later finds the key of this one (contract, section 4).
        let outcome = key.map(|_| telling.kept()).transpose()?;
        let tail = self.tail()?;
        let row = NewOperation {
            kept: told.kept.as_deref(),
            touched: &told.touched,
            entries: &told.entries,
            erasures: &told.erasures,
            ..self.row(operation, now, &content, key.zip(outcome.as_deref()))
        };
        self.tail = Some(tail.append(db, &row)?);
        let (status, logged) = self.ended(&told, operation);
        Ok(Answer::to(change, status, logged, telling))
    }

    /// Takes in what a change did to what the group itself looks at.
    fn learn_from(&mut self, told: &Told) -> Result<()> {
        for (kind, _) in &told.touched {
            match *kind {
                "desk" => self.desk = store::desk::load(self.session.db)?,
                "user" => {
                    self.checked.clear();
                    self.acting.take();
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The end of the log, which the next row is chained to.
    fn tail(&mut self) -> Result<Tail> {
        Ok(self.tail.take().map_or_else(|| Tail::load(self.session.db), Ok)?)
    }

    /// A change's row of the log.
    fn row<'r>(
        &'r self,
        operation: Key,
        at: Instant,
        command: &'r str,
        key: Option<(&'r str, &'r str)>,
    ) -> NewOperation<'r> {
        let Session { clock, actor, .. } = self.session;
        NewOperation::new(operation, at, clock.machine(), actor, command, key)
    }

    /// How a change ended that told this, and the number under which the log knows it from now on.
    fn ended(&mut self, told: &Told, operation: Key) -> (Status, Option<Key>) {
        match self.mode {
            _ if told.touched.is_empty() => (Status::Unchanged, None),
            Mode::Commit => (Status::Done, Some(operation)),
            Mode::DryRun => {
                self.first_planned.get_or_insert(operation);
                (Status::Planned, None)
            }
        }
    }

    /// What was done under a key before, be it only planned by this very run.
    fn kept(&self, key: &str) -> Result<Option<KeptOutcome>> {
        check_key(key)?;
        Ok(self.session.db.kept_outcome(key)?)
    }

    /// What was done under a key before, of the same content; `key_reused` where the content differs.
    fn kept_of(&self, key: &str, content: &str) -> Result<Option<KeptOutcome>> {
        match self.kept(key)? {
            Some(kept) if !erase::is_same(self.session.db, &kept, content)? => Err(self.reused(key, &kept)),
            kept => Ok(kept),
        }
    }

    /// The number under which the log knows an operation; none where it is only planned.
    fn logged(&self, operation: Key) -> Option<Key> {
        Some(operation).filter(|operation| self.first_planned.is_none_or(|first| *operation < first))
    }

    /// Refuses a key that stands for a change already done, for a command that cannot be that change.
    fn check_unused(&self, key: &str) -> Result<()> {
        self.kept(key)?.map_or(Ok(()), |kept| Err(self.reused(key, &kept)))
    }

    fn reused(&self, key: &str, kept: &KeptOutcome) -> Error {
        KeyReused { key: key.to_owned(), operation: self.logged(kept.operation) }.into()
    }
}

/// A key as it may be kept (contract, section 5): 1 to 255 bytes.
fn check_key(key: &str) -> Result<()> {
    if key.is_empty() || key.len() > 255 || key.contains('\0') {
        return Err(ValueRefused::invalid("key", key, "a key has 1 to 255 bytes").into());
    }
    Ok(())
}

/// The right that a hint needs, where it only reads.
fn right_to_read(hint: &str) -> Option<Right> {
    let mut words = hint.strip_prefix("aftersales ")?.split(' ');
    let name = format!("{} {}", words.next()?, words.next()?);
    match entry(&name)?.action {
        Action::Read { right, .. } => Some(right),
        _ => None,
    }
}

/// Whether `earlier` is a fault of existence or service, in something else than the values at fault.
fn comes_before_values(earlier: &Error, values: &Error) -> bool {
    let field = &earlier.fault().field;
    let at_fault = |fault: &Fault| fault.field.is_some() && fault.field == *field;
    let of_values = at_fault(values.fault()) || values.fault().others.iter().any(at_fault);
    matches!(earlier.kind(), FaultKind::NotFound | FaultKind::Ambiguous | FaultKind::Access | FaultKind::Service)
        && !of_values
}
