//! An open store: one way to say a statement, whichever engine answers.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::address::Address;
use super::row::RowOf;
use super::statement::{Statement, Tables};
use super::{Result, Row, StoreError, Value, numbering, postgres, sqlite};
use crate::domain::value::money::Currency;
use crate::domain::value::reference;
use crate::store::{desk, stock_level};

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// An open store.
pub struct Db {
    engine: Engine,
    pub(super) counters: RefCell<numbering::Counters>,
    pub(in crate::store) stock_levels: RefCell<stock_level::StockLevels>,
    currency: Cell<Option<Currency>>,
    /// Whether the open transaction erases texts, which are then to be gone from what the engine keeps as well.
    erases: Cell<bool>,
    traces: RefCell<Option<String>>,
}

enum Engine {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(Box<postgres::Postgres>),
}

impl Db {
    /// Opens an existing store, checking whose it is before anything is read from it (contract, section 7 "Stores").
    pub fn open(address: &Address, access: Access) -> Result<Db> {
        Ok(Db::over(match address {
            Address::File(path) => Engine::Sqlite(Box::new(sqlite::Sqlite::open(path, access)?)),
            Address::Server(server) => Engine::Postgres(Box::new(postgres::Postgres::open(server, access)?)),
        }))
    }

    /// Opens an existing store for who reads at once: what is wrong with it may be told only by the first that is asked.
    pub fn open_to_read_at_once(address: &Address) -> Result<Db> {
        match address {
            Address::File(_) => Db::open(address, Access::Read),
            Address::Server(server) => {
                Ok(Db::over(Engine::Postgres(Box::new(postgres::Postgres::open_to_read_at_once(server)?))))
            }
        }
    }

    /// Opens the store at `address`; where there is none, begins an empty one, which is there for others once it is kept.
    pub fn create(address: &Address) -> Result<Db> {
        Ok(Db::over(match address {
            Address::File(path) => Engine::Sqlite(Box::new(sqlite::Sqlite::create(path)?)),
            Address::Server(server) => Engine::Postgres(Box::new(postgres::Postgres::create(server)?)),
        }))
    }

    /// An empty store that nobody keeps, for a dry run.
    pub fn imagined() -> Result<Db> {
        Ok(Db::over(Engine::Sqlite(Box::new(sqlite::Sqlite::in_memory()?))))
    }

    /// Closes the store, putting a new one in its place; says whether that was done, or another was there by then.
    pub fn keep(self) -> Result<bool> {
        match self.engine {
            Engine::Sqlite(sqlite) => sqlite.keep(),
            // It came to its place when it was committed.
            Engine::Postgres(_) => Ok(true),
        }
    }

    /// How many lines of a bulk run share a transaction at most.
    pub fn group_lines(&self) -> usize {
        match &self.engine {
            Engine::Sqlite(_) => sqlite::GROUP_LINES,
            Engine::Postgres(_) => postgres::GROUP_LINES,
        }
    }

    /// How long the lock is to be left free between two groups, where writers do not queue for it.
    pub fn gap(&self) -> Option<Duration> {
        match &self.engine {
            Engine::Sqlite(_) => Some(sqlite::GAP),
            Engine::Postgres(_) => None,
        }
    }

    /// A store in a file that was opened already.
    pub(super) fn of_file(sqlite: sqlite::Sqlite) -> Db {
        Db::over(Engine::Sqlite(Box::new(sqlite)))
    }

    fn over(engine: Engine) -> Db {
        Db {
            engine,
            counters: RefCell::default(),
            stock_levels: RefCell::default(),
            currency: Cell::default(),
            erases: Cell::default(),
            traces: RefCell::default(),
        }
    }

    /// The desk's currency, which is settled for good when the store is made.
    pub fn desk_currency(&self) -> Result<Currency> {
        if let Some(currency) = self.currency.get() {
            return Ok(currency);
        }
        let currency = desk::load(self)?.currency;
        self.currency.set(Some(currency));
        Ok(currency)
    }

    /// Runs a guarded change; says how many rows it changed.
    pub fn execute(&self, statement: &'static Statement, params: &[Value<'_>]) -> Result<usize> {
        let statement = self.about_to_run(statement)?;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(statement.sql, params),
            Engine::Postgres(postgres) => postgres.execute(statement, params),
        }
    }

    /// Runs a change of any number of rows. Its fault may be told by a later statement of the transaction instead, `wait_for_writes`
    /// at the latest: an engine that is far away is not waited for.
    pub fn write(&self, statement: &'static Statement, params: &[Value<'_>]) -> Result<()> {
        let statement = self.about_to_run(statement)?;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(statement.sql, params).map(drop),
            Engine::Postgres(postgres) => postgres.write(statement, params, false),
        }
    }

    /// Runs a change, as `write` does, that must change one row; anything else is a damaged store.
    pub fn change_one(&self, statement: &'static Statement, params: &[Value<'_>]) -> Result<()> {
        let statement = self.about_to_run(statement)?;
        match &self.engine {
            Engine::Sqlite(sqlite) => match sqlite.execute(statement.sql, params)? {
                1 => Ok(()),
                rows => Err(wrongly_changed(rows, 1, statement.sql)),
            },
            Engine::Postgres(postgres) => postgres.write(statement, params, true),
        }
    }

    /// Whether the transaction that begins now is run again where `was_in_conflict` says so: then a fault of something written
    /// need not be told by the very command that wrote it.
    pub fn may_run_again(&self, may: bool) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.may_run_again(may),
            Engine::Postgres(postgres) => postgres.may_run_again(may),
        }
    }

    /// Writes whatever is kept back and waits for all of it: what is undone next could have been kept.
    pub fn try_out(&self) -> Result<()> {
        self.write_stock_levels()?;
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => postgres.try_out(),
        }
    }

    /// Waits for all that was written so far, unless the transaction may be run again.
    pub fn wait_for_writes(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => postgres.wait_for_writes(),
        }
    }

    /// All rows of an answer, mapped in order.
    pub fn query<T>(
        &self,
        statement: &'static Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(statement, params, |row| {
            rows.push(map(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of an answer, or none.
    pub fn query_opt<T>(
        &self,
        statement: &'static Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.each(statement, params, |row| {
            if first.is_none() {
                first = Some(map(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// The one row of an answer; none is a damaged store.
    pub fn query_one<T>(
        &self,
        statement: &'static Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.query_opt(statement, params, map)?
            .ok_or_else(|| StoreError::Damaged(format!("no row answers {}", statement.sql)))
    }

    /// Streams the rows of an answer; the callback must not ask the store for more.
    pub fn each(
        &self,
        statement: &'static Statement,
        params: &[Value<'_>],
        row: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let statement = self.about_to_run(statement)?;
        self.each_of_spot(statement, params, row)
    }

    /// Lets the engine find out already what will be asked in the same words soon, where that saves waiting for it.
    pub fn ahead(&self, statement: &'static Statement, params: &[Value<'_>]) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => {
                let statement = self.about_to_run(statement)?;
                postgres.ahead(statement, params)
            }
        }
    }

    /// Finds out what works will ask that change something, and asks it for all of them together where that saves waiting: each is run
    /// on what is known by now, and undone. What they answer is of no interest.
    ///
    /// `in_turn` says that they are run one after the other behind it: what some make void and others ask is asked anew together.
    pub fn look_ahead(&self, works: usize, in_turn: bool, work: &mut dyn FnMut(usize)) -> Result<()> {
        let Engine::Postgres(postgres) = &self.engine else {
            return Ok(());
        };
        postgres.find_out(works, in_turn, &mut |at| {
            self.counters.borrow_mut().mark();
            self.stock_levels.borrow_mut().mark();
            postgres.mark_work();
            work(at);
            postgres.take_work_back();
            self.stock_levels.borrow_mut().undo();
            self.counters.borrow_mut().undo();
        })
    }

    /// The same of works that only read.
    pub fn together(&self, works: &[&dyn Fn()]) -> Result<()> {
        self.together_of(works, |work| work())
    }

    /// The same of one work on each of some things.
    pub fn together_of<T>(&self, things: &[T], work: impl Fn(&T)) -> Result<()> {
        let Engine::Postgres(postgres) = &self.engine else {
            return Ok(());
        };
        let run = |at: usize| things.get(at).into_iter().for_each(&work);
        // Within works whose questions are found out, these are a part of them.
        if postgres.finds_out() {
            (0..things.len()).for_each(run);
            return Ok(());
        }
        postgres.find_out(things.len(), false, &mut |at| run(at))
    }

    /// Whether what several works ask is asked together, so that they are best known before the first of them is run.
    pub fn looks_ahead(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(postgres) => postgres.looks_ahead(),
        }
    }

    /// Brings the table of stock up to date where the statement has to do with it.
    fn about_to_run(&self, statement: &'static Statement) -> Result<&'static Statement> {
        const STOCK: Tables = Tables::of(&["stock"]);
        #[cfg(debug_assertions)]
        statement.check();
        if statement.touches().touch(STOCK) && !self.stock_levels.borrow().is_empty() {
            self.write_stock_levels()?;
        }
        Ok(statement)
    }

    /// Streams the rows of an answer about products and locations of which nothing is kept back.
    pub(in crate::store) fn each_of_spot(
        &self,
        statement: &'static Statement,
        params: &[Value<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.each(statement.sql, params, &mut |found| row(&Row(RowOf::Sqlite(found)))),
            Engine::Postgres(postgres) => {
                postgres.each(statement, params, &mut |found| row(&Row(RowOf::Postgres(found))))
            }
        }
    }

    /// Runs a script of several statements, such as a migration.
    pub fn run_script(&self, sql: &str) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.run_script(sql),
            Engine::Postgres(postgres) => postgres.run_script(sql),
        }
    }

    /// Forgets what a transaction keeps back until its end.
    fn forget_what_is_kept(&self) {
        self.counters.borrow_mut().forget();
        self.stock_levels.borrow_mut().forget();
        self.erases.set(false);
    }

    /// Tells that the open transaction erases texts.
    pub(in crate::store) fn texts_were_erased(&self) {
        self.erases.set(true);
    }

    /// Why erased texts could not be taken out of all that lies in the store's files, where they could not.
    pub fn traces_left(&self) -> Option<String> {
        self.traces.take()
    }

    /// Starts the transaction of a changing group: one writer at a time, waiting up to ten seconds (spec G1).
    pub fn begin_write(&self) -> Result<()> {
        self.forget_what_is_kept();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.begin_write(),
            Engine::Postgres(postgres) => postgres.begin_write(),
        }
    }

    /// Starts a read of one moment: every statement until `end_read` sees the same store.
    pub fn begin_read(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.begin_read(),
            Engine::Postgres(postgres) => postgres.begin_read(),
        }
    }

    /// Ends a read begun by `begin_read`.
    pub fn end_read(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.end_read(),
            Engine::Postgres(_) => self.rollback(),
        }
    }

    /// Makes the group durable; the counters it moved are written first.
    pub fn commit(&self) -> Result<()> {
        self.write_stock_levels()?;
        self.flush_counters()?;
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.commit()?;
                if self.erases.take() {
                    // What was committed is done, whatever becomes of this.
                    self.traces.replace(sqlite.scrub().err().map(|error| error.to_string()));
                }
                Ok(())
            }
            Engine::Postgres(postgres) => postgres.commit(),
        }
    }

    /// Undoes the whole group.
    pub fn rollback(&self) -> Result<()> {
        self.forget_what_is_kept();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.rollback(),
            Engine::Postgres(postgres) => postgres.rollback(),
        }
    }

    /// Marks the point to which one command of the group can be undone.
    pub fn savepoint(&self) -> Result<()> {
        self.counters.borrow_mut().mark();
        self.stock_levels.borrow_mut().mark();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.savepoint(),
            Engine::Postgres(postgres) => postgres.savepoint(),
        }
    }

    /// Keeps what was done since the savepoint.
    pub fn release(&self) -> Result<()> {
        self.counters.borrow_mut().release();
        self.stock_levels.borrow_mut().mark();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.release(),
            Engine::Postgres(postgres) => postgres.release(),
        }
    }

    /// Undoes what was done since the savepoint, numbers included (spec G3).
    pub fn undo(&self) -> Result<()> {
        self.counters.borrow_mut().undo();
        self.stock_levels.borrow_mut().undo();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.undo(),
            Engine::Postgres(postgres) => postgres.undo(),
        }
    }

    /// What the statements so far cost, of a store on SQLite.
    #[cfg(test)]
    pub fn cost(&self) -> sqlite::Cost {
        self.sqlite().map(|sqlite| sqlite.cost.get()).unwrap_or_default()
    }

    pub(super) fn sqlite(&self) -> Option<&sqlite::Sqlite> {
        if let Engine::Sqlite(sqlite) = &self.engine { Some(sqlite) } else { None }
    }

    pub(super) fn postgres(&self) -> Option<&postgres::Postgres> {
        if let Engine::Postgres(postgres) = &self.engine { Some(postgres) } else { None }
    }

    /// Whether the store has its tables already.
    pub fn has_tables(&self) -> Result<bool> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.has_tables(),
            Engine::Postgres(postgres) => Ok(postgres.has_tables()),
        }
    }

    /// What the engine finds wrong with its own file.
    pub fn faults_of_file(&self) -> Result<Vec<String>> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.faults_of_file(),
            Engine::Postgres(postgres) => postgres.faults_of_schema(),
        }
    }

    /// Marks the store as ours, in the format `version`.
    pub fn mark_as_ours(&self, version: i64) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.mark(version),
            Engine::Postgres(postgres) => postgres.mark(version),
        }
    }

    /// Whether a transaction has to be run again since this was last asked: another got in its way, or a command of it that had
    /// written something was refused, and for speed nothing had been set that it could have been undone to alone.
    pub fn was_in_conflict(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.was_in_conflict(),
            Engine::Postgres(postgres) => postgres.was_in_conflict(),
        }
    }
}

/// A change that must change so many rows changed others too, or fewer.
pub(super) fn wrongly_changed(rows: impl std::fmt::Display, wanted: u64, sql: &str) -> StoreError {
    StoreError::Damaged(format!("{rows} rows instead of {wanted} changed by {sql}"))
}

impl Db {
    /// Looks a typed reference up exactly, then, where it has the shape of a generated one, with its padding
    /// (contract, section 2).
    pub fn by_reference<T>(&self, given: &str, find: impl Fn(&str) -> Result<Option<T>>) -> Result<Option<T>> {
        if let Some(found) = find(given)? {
            return Ok(Some(found));
        }
        match reference::padded(given) {
            Some(padded) => find(&padded),
            None => Ok(None),
        }
    }
}
