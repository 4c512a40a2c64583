//! A desk at work: the open store, who asks, and the clock; and what runs in one transaction of it.

use super::courier::Courier;
use super::{Answer, Cx, Envelope, Group, Mode, Parsed};
use crate::domain::desk::{Actor, Desk, Right, TrialOver};
use crate::domain::value::day::Instant;
use crate::domain::{Error, Result};
use crate::output::template::Templates;
use crate::procedure;
use crate::procedure::checks::Checks;
use crate::store::log::Tail;
use crate::store::{self, Db};

/// Where the time comes from; only `main` makes one that reads a clock.
pub trait Clock {
    /// The moment that commands see, fixed by `--now`.
    fn now(&self) -> Instant;
    /// The machine's own, which the log keeps beside it.
    fn machine(&self) -> Instant;
}

/// How often a transaction is tried that others get in the way of.
const TRIES: usize = 10;

/// A desk at work: the open store, who asks, and the clock.
pub struct Session<'a> {
    pub db: &'a Db,
    pub clock: &'a dyn Clock,
    pub actor: Actor,
    pub templates: &'a Templates,
    pub courier: &'a Courier,
    pub yes: bool,
    /// Where the checks of a change are noted, for whoever asks.
    pub checks: Option<&'a Checks>,
}

impl<'a> Session<'a> {
    /// The same caller at another store.
    pub fn at<'b>(&'b self, db: &'b Db) -> Session<'b>
    where
        'a: 'b,
    {
        let Session { clock, templates, courier, yes, checks, .. } = *self;
        Session { db, clock, actor: self.actor.clone(), templates, courier, yes, checks }
    }

    /// Opens a group. The store is locked for writing from here on.
    pub fn open_group(&self, mode: Mode) -> Result<Group<'_>> {
        self.open_group_of(mode, &|_| (), |db| Ok(store::desk::load(db)?))
    }

    /// Opens a group in a store that may only be made by it: `desk` says, in the open transaction, whose it is or will be. What it
    /// begins with is asked together with what `ahead` asks.
    pub fn open_group_of(
        &self,
        mode: Mode,
        ahead: &dyn Fn(&Db),
        desk: impl FnOnce(&Db) -> Result<Desk>,
    ) -> Result<Group<'_>> {
        let db = self.db;
        db.begin_write()?;
        let asked = if db.has_tables()? {
            db.together(&[
                &|| drop(store::desk::find(db)),
                &|| drop(procedure::access::check(db, &self.actor, Right::Admin)),
                &|| drop(Tail::load(db)),
                &|| drop(db.ahead_of_counters()),
                &|| drop(procedure::limit::ahead(db, &self.actor)),
                &|| ahead(db),
            ])
        } else {
            Ok(())
        };
        match asked.map_err(Error::from).and_then(|()| desk(db)) {
            Ok(desk) => Ok(Group::begun(self, desk, mode)),
            Err(error) => {
                // The first fault is the one to tell.
                let _ = self.db.rollback();
                Err(error)
            }
        }
    }

    /// Runs one change as a group of its own. `ready` gets the answer while it can still be undone: an answer that cannot be
    /// printed as asked is refused before it is true.
    pub fn run_single(
        &self,
        envelope: &Envelope,
        mode: Mode,
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        self.run_single_of(envelope, mode, |db| Ok(store::desk::load(db)?), ready)
    }

    /// Runs one change as a group of its own, in a store that may only be made by it.
    pub fn run_single_of(
        &self,
        envelope: &Envelope,
        mode: Mode,
        desk: impl Fn(&Db) -> Result<Desk>,
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        let mut answer = self.in_group(
            || self.open_group_of(mode, &|db| ahead_of(envelope, db), &desk),
            |group| {
                let answer = group.run(envelope)?;
                ready(&answer).map(|()| answer)
            },
        )?;
        if !answer.after.is_empty() {
            self.follow(&mut answer)?;
            self.looking(|| ready(&answer))?;
        }
        Ok(answer)
    }

    /// Looks something up over one moment of the store, for whoever had the right to what it is for.
    pub(super) fn looking<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.db.begin_read()?;
        let found = work();
        let ended = self.db.end_read();
        found.and_then(|found| ended.map(|()| found).map_err(Error::from))
    }

    /// Runs all that a group does, and keeps it where that goes well; again from its beginning where another got in its way.
    pub fn in_group<'s, T>(
        &'s self,
        mut open: impl FnMut() -> Result<Group<'s>>,
        mut work: impl FnMut(&mut Group<'s>) -> Result<T>,
    ) -> Result<T> {
        retried(self.db, || {
            let mut group = open()?;
            match work(&mut group) {
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
        self.read_widened(right, &|_| (), |_| Ok(None), run)
    }

    /// Runs a read that another right may open too, depending on what is read: `wider` is asked where `right` is missing.
    /// What it begins with is asked together with what `ahead` asks.
    pub fn read_widened(
        &self,
        right: Right,
        ahead: &dyn Fn(&Db),
        wider: impl FnOnce(&Db) -> Result<Option<Right>>,
        run: impl FnOnce(&Cx<'_>) -> Result<()>,
    ) -> Result<()> {
        let db = self.db;
        db.begin_read()?;
        let asked = db.together(&[
            &|| drop(store::desk::find(db)),
            &|| drop(procedure::access::check(db, &self.actor, right)),
            &|| ahead(db),
        ]);
        let read = asked.map_err(Error::from).and_then(|()| self.read_begun(right, wider, run));
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
        run(&Cx::new(self.db, &desk, &self.actor, now, self.templates, self.yes))
    }

    /// Refuses who has no right to it, and everybody when the trial is over (spec A4, A9).
    pub(in crate::command) fn check(&self, desk: &Desk, now: Instant, right: Right) -> Result<()> {
        check_trial(desk, now, right)?;
        procedure::access::check(self.db, &self.actor, right)
    }
}

/// Asks ahead what a change will ask first, under which key it may have been done before, and what follows of that.
fn ahead_of(envelope: &Envelope, db: &Db) {
    if let Parsed::Whole(change) = &envelope.parsed {
        let key = envelope.key.as_deref();
        // What is wrong with it is told when the change is run.
        drop(db.together(&[&|| drop(key.map(|key| db.kept_outcome(key))), &|| drop(change.ahead(db))]));
    }
}

/// Runs a transaction; again from its beginning where another got in its way, or where a command was refused that had written
/// something already, and then with a care that the first time can do without: each command can be undone alone, and its
/// changes are waited for, so that a fault of theirs is its own.
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

/// From its last instant on, an ended trial leaves only what gets a subscription or the data out (spec A4).
pub(super) fn check_trial(desk: &Desk, now: Instant, right: Right) -> Result<()> {
    if desk.trial_over(now) && right != Right::Rescue {
        return Err(TrialOver::of(desk).into());
    }
    Ok(())
}
