//! The store: one way to say a statement, whichever engine answers. Each file below holds one service's SQL and its row
//! mapping; none decides anything. Statements are written once, in the subset that SQLite and PostgreSQL share.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::str::FromStr;
use std::time::Duration;

use self::address::Address;
use crate::domain::Refusal;
use crate::domain::day::{Day, Instant};
use crate::domain::money::{Currency, Money};
use crate::domain::number::Overflow;
use crate::domain::quantity::{Percent, Price, Quantity};
use crate::domain::reference::{self, Reference};

pub mod address;
pub mod app;
pub mod coupon;
pub mod coupon_program;
pub mod currency;
pub mod customer;
pub mod desk;
pub mod document;
pub mod exchange;
pub mod journal;
pub mod linking;
pub mod location;
pub mod log;
pub mod lot;
pub mod migrate;
pub mod numbering;
pub mod order;
pub mod payment;
mod postgres;
pub mod product;
pub mod project;
pub mod repair;
pub mod returns;
pub mod shelf;
mod sqlite;
pub mod stage;
pub mod stock;
pub mod tables;
pub mod tag;
pub mod task;
pub mod tax;
pub mod team;
pub mod ticket;
pub mod transfer;
pub mod user;
mod uses;
pub mod verify;
pub mod worksheet_template;

/// The internal key of a row: used for joins and order, never shown.
pub type Key = i64;

/// What the store answers when it cannot do what was asked; `command` turns it into the contract's codes.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no store at {0}")]
    Missing(String),
    /// There is not even a database in which a store could be: a sentence, and how one is made.
    #[error("{0}")]
    NoDatabase(String, String),
    #[error("{0}")]
    Foreign(String),
    #[error("the store was written by a newer version of aftersales (its format is {0})")]
    Newer(i64),
    #[error("the store is of an older format ({0}) and may not be migrated here")]
    Older(i64),
    #[error("the store is damaged: {0}")]
    Damaged(String),
    #[error("the store cannot grow: {0}")]
    Full(String),
    #[error("the store cannot be written: {0}")]
    ReadOnly(String),
    /// The server lets the role read, and no more.
    #[error("the store cannot be written: {0}")]
    Denied(String),
    #[error("another command is writing to the store")]
    Busy,
    /// Two transactions got in each other's way, and this one was undone: it can be run again from its beginning.
    #[error("another command got in the way")]
    Conflict,
    /// The server went away, or never came, and nothing was committed.
    #[error("{0}")]
    Lost(String),
    /// The server went away while committing.
    #[error("{0}")]
    Unknown(String),
    /// The server cannot be used with what was set.
    #[error("{0}")]
    Refused(String),
    /// A sum that a statement was to make does not fit the numbers that are stored.
    #[error(transparent)]
    TooLarge(#[from] Overflow),
    /// A rule of the tables themselves that a row would break; what writes rows checks it before, so the program is wrong.
    #[error("{0}")]
    Constraint(String),
    /// A stream of the caller's broke (whether it was closed): not the store's doing, but as final.
    #[error("{1}")]
    Stream(bool, String),
    #[error("{0}")]
    Fault(String),
}

impl Refusal for StoreError {
    fn code(&self) -> &'static str {
        match self {
            StoreError::Missing(_) | StoreError::NoDatabase(..) => "store_missing",
            StoreError::Foreign(_) => "store_foreign",
            StoreError::Newer(_) => "store_newer",
            StoreError::Older(_) => "store_older",
            StoreError::Damaged(_) => "store_damaged",
            StoreError::Full(_) => "store_full",
            StoreError::ReadOnly(_) | StoreError::Denied(_) => "store_read_only",
            StoreError::Busy | StoreError::Conflict | StoreError::Lost(_) => "store_busy",
            StoreError::Unknown(_) => "outcome_unknown",
            StoreError::Refused(_) => "config_invalid",
            StoreError::TooLarge(fault) => fault.code(),
            StoreError::Stream(true, _) => "closed_pipe",
            StoreError::Stream(false, _) => "store_full",
            StoreError::Constraint(_) | StoreError::Fault(_) => "internal",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            StoreError::Missing(path) => {
                return Some(format!("aftersales init --store {}", reference::shell_word(path)));
            }
            StoreError::NoDatabase(_, command) => return Some(command.clone()),
            StoreError::Foreign(_) => "name the store with --store",
            StoreError::Newer(_) => "use the version of aftersales that wrote it, or a newer one",
            StoreError::Older(_) => "run a command that may write to the store, which migrates it",
            StoreError::Damaged(_) => "aftersales verify says what is wrong; keep it as it is and go on from a copy",
            StoreError::Full(_) => "make room, then run the same command again",
            StoreError::ReadOnly(_) => "make the file and its folder writable, then run the same command again",
            StoreError::Denied(_) => "use a role that may change the store, on a server that takes changes",
            StoreError::Busy | StoreError::Conflict => "run the same command again",
            StoreError::Lost(_) => "nothing was changed: run the same command again",
            StoreError::Unknown(_) => {
                "with a --key the same command again is safe; without one look first whether it was done"
            }
            StoreError::Refused(_) => "correct the store's URL, or what it takes from the environment and its files",
            StoreError::TooLarge(fault) => return fault.hint(),
            StoreError::Stream(..) => "run the same command again; with keys nothing is done twice",
            StoreError::Constraint(_) | StoreError::Fault(_) => "please report this with the command that led to it",
        };
        Some(hint.to_owned())
    }
}

/// A store's own result.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A value bound to a statement. Everything is a whole number, a text or nothing.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Int(i64::from(value))
    }
}
impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}
impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Value::Text(Cow::Owned(value))
    }
}
impl From<Quantity> for Value<'_> {
    fn from(value: Quantity) -> Self {
        Value::Int(value.millionths())
    }
}
impl From<Price> for Value<'_> {
    fn from(value: Price) -> Self {
        Value::Int(value.millionths())
    }
}
impl From<Percent> for Value<'_> {
    fn from(value: Percent) -> Self {
        Value::Int(value.millionths())
    }
}
impl From<Money> for Value<'_> {
    fn from(value: Money) -> Self {
        Value::Int(value.minor)
    }
}
impl From<Day> for Value<'_> {
    fn from(value: Day) -> Self {
        Value::Text(Cow::Owned(value.to_string()))
    }
}
impl From<Instant> for Value<'_> {
    fn from(value: Instant) -> Self {
        Value::Text(Cow::Owned(value.to_string()))
    }
}
impl From<Currency> for Value<'_> {
    fn from(value: Currency) -> Self {
        Value::Text(Cow::Owned(value.to_string()))
    }
}
impl From<&Reference> for Value<'_> {
    fn from(value: &Reference) -> Self {
        Value::Int(value.key)
    }
}
impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Value::from)
    }
}
impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().map_or(Value::Null, Value::from)
    }
}
impl<'a> From<&'a Option<Reference>> for Value<'a> {
    fn from(value: &'a Option<Reference>) -> Self {
        value.as_ref().map_or(Value::Null, Value::from)
    }
}

/// Binds values to a statement's `$1, $2, …` in order.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Value::from($value)),*] };
}

/// One row of an answer; columns are counted from 0.
pub struct Row<'a>(RowOf<'a>);

enum RowOf<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column as `T`; a value of another shape is a damaged store.
    pub fn get<T: Column>(&self, column: usize) -> Result<T> {
        T::read(self, column)
    }

    /// Two columns, key and shown id, as a reference.
    pub fn reference(&self, column: usize) -> Result<Reference> {
        Ok(Reference { key: self.get(column)?, id: self.get(column + 1)? })
    }

    /// Two columns, key and shown id, both null where there is no such reference.
    pub fn optional_reference(&self, column: usize) -> Result<Option<Reference>> {
        match self.int(column)? {
            Some(key) => Ok(Some(Reference { key, id: self.get(column + 1)? })),
            None => Ok(None),
        }
    }

    /// An amount in minor units of `currency`.
    pub fn money(&self, column: usize, currency: Currency) -> Result<Money> {
        Ok(Money { minor: self.get(column)?, currency })
    }

    /// A value that is stored as its text, if there is one.
    pub fn parsed<T: FromStr>(&self, column: usize) -> Result<Option<T>> {
        let Some(text) = self.text(column)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(StoreError::Damaged(format!("{text:?} is not stored as it should be"))),
        }
    }

    /// Two columns, code and digits, as a currency.
    pub fn currency(&self, column: usize) -> Result<Currency> {
        let code = self.text(column)?.ok_or_else(|| missing(column))?;
        let digits: i64 = self.get(column + 1)?;
        u32::try_from(digits)
            .ok()
            .and_then(|digits| Currency::new(code, digits))
            .ok_or_else(|| StoreError::Damaged(format!("{code} with {digits} digits is no currency")))
    }

    fn int(&self, column: usize) -> Result<Option<i64>> {
        match &self.0 {
            RowOf::Sqlite(row) => sqlite::int(row, column),
            RowOf::Postgres(row) => postgres::int(row, column),
        }
    }

    fn text(&self, column: usize) -> Result<Option<&str>> {
        match &self.0 {
            RowOf::Sqlite(row) => sqlite::text(row, column),
            RowOf::Postgres(row) => postgres::text(row, column),
        }
    }
}

/// What a column can be read as.
pub trait Column: Sized {
    /// Reads column `column` of `row`.
    fn read(row: &Row<'_>, column: usize) -> Result<Self>;
}

/// A column that must hold something, and does not.
fn missing(column: usize) -> StoreError {
    StoreError::Damaged(format!("column {column} of an answer is empty"))
}

impl Column for i64 {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        row.int(column)?.ok_or_else(|| missing(column))
    }
}
impl Column for Option<i64> {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        row.int(column)
    }
}
impl Column for bool {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        Ok(i64::read(row, column)? != 0)
    }
}
impl Column for String {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        row.text(column)?.map(str::to_owned).ok_or_else(|| missing(column))
    }
}
impl Column for Option<String> {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

macro_rules! column_of_millionths {
    ($($kind:ident),*) => { $(
        impl Column for $kind {
            fn read(row: &Row<'_>, column: usize) -> Result<Self> {
                i64::read(row, column).map($kind::from_millionths)
            }
        }
        impl Column for Option<$kind> {
            fn read(row: &Row<'_>, column: usize) -> Result<Self> {
                Ok(row.int(column)?.map($kind::from_millionths))
            }
        }
    )* };
}
column_of_millionths!(Quantity, Price, Percent);

/// Makes types that are stored as their text readable from a column.
#[macro_export]
macro_rules! column_of_text {
    ($($kind:ty),* $(,)?) => { $(
        impl $crate::store::Column for $kind {
            fn read(row: &$crate::store::Row<'_>, column: usize) -> $crate::store::Result<Self> {
                row.parsed(column)?.ok_or_else(|| $crate::store::missing(column))
            }
        }
        impl $crate::store::Column for Option<$kind> {
            fn read(row: &$crate::store::Row<'_>, column: usize) -> $crate::store::Result<Self> {
                row.parsed(column)
            }
        }
    )* };
}
column_of_text!(Day, Instant);

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// An open store.
pub struct Db {
    engine: Engine,
    counters: RefCell<numbering::Counters>,
    shelves: RefCell<shelf::Shelves>,
    currency: Cell<Option<Currency>>,
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

    fn over(engine: Engine) -> Db {
        Db { engine, counters: RefCell::default(), shelves: RefCell::default(), currency: Cell::default() }
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
    pub fn execute(&self, sql: &'static str, params: &[Value<'_>]) -> Result<usize> {
        self.shelves_before(sql)?;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(sql, params),
            Engine::Postgres(postgres) => postgres.execute(sql, params),
        }
    }

    /// Runs a change of any number of rows. Its fault may be told by a later statement of the transaction instead, `settle`
    /// at the latest: an engine that is far away is not waited for.
    pub fn write(&self, sql: &'static str, params: &[Value<'_>]) -> Result<()> {
        self.shelves_before(sql)?;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.execute(sql, params).map(drop),
            Engine::Postgres(postgres) => postgres.write(sql, params, false),
        }
    }

    /// Runs a change, as `write` does, that must change one row; anything else is a damaged store.
    pub fn change_one(&self, sql: &'static str, params: &[Value<'_>]) -> Result<()> {
        self.shelves_before(sql)?;
        match &self.engine {
            Engine::Sqlite(sqlite) => match sqlite.execute(sql, params)? {
                1 => Ok(()),
                rows => Err(wrongly_changed(rows, 1, sql)),
            },
            Engine::Postgres(postgres) => postgres.write(sql, params, true),
        }
    }

    /// Whether the transaction that begins now is run again where `was_in_conflict` says so: then a fault of something written
    /// need not be told by the very command that wrote it.
    pub fn hurry(&self, may: bool) {
        match &self.engine {
            Engine::Sqlite(_) => {}
            Engine::Postgres(postgres) => postgres.hurry(may),
        }
    }

    /// Writes whatever is kept back and waits for all of it: what is undone next could have been kept.
    pub fn try_out(&self) -> Result<()> {
        self.write_shelves()?;
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => postgres.try_out(),
        }
    }

    /// Waits for all that was written so far, unless the transaction is hurried.
    pub fn settle(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => postgres.settle(),
        }
    }

    /// All rows of an answer, mapped in order.
    pub fn query<T>(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            rows.push(map(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of an answer, or none.
    pub fn query_opt<T>(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.each(sql, params, |row| {
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
        sql: &'static str,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.query_opt(sql, params, map)?.ok_or_else(|| StoreError::Damaged(format!("no row answers {sql}")))
    }

    /// Streams the rows of an answer; the callback must not ask the store for more.
    pub fn each(&self, sql: &'static str, params: &[Value<'_>], row: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        self.shelves_before(sql)?;
        self.each_of_spot(sql, params, row)
    }

    /// Lets the engine find out already what will be asked in the same words soon, where that saves waiting for it.
    pub fn ahead(&self, sql: &'static str, params: &[Value<'_>]) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(postgres) => {
                self.shelves_before(sql)?;
                postgres.ahead(sql, params)
            }
        }
    }

    /// Brings the table of stock up to date where a statement names it, before that is run.
    fn shelves_before(&self, sql: &str) -> Result<()> {
        if self.shelves.borrow().is_empty() || !sql.contains("stock") {
            return Ok(());
        }
        self.write_shelves()
    }

    /// Streams the rows of an answer about products and locations of which nothing is kept back.
    fn each_of_spot(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.each(sql, params, &mut |found| row(&Row(RowOf::Sqlite(found)))),
            Engine::Postgres(postgres) => postgres.each(sql, params, &mut |found| row(&Row(RowOf::Postgres(found)))),
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
        self.shelves.borrow_mut().forget();
    }

    /// Starts the transaction of a changing group: one writer at a time, waiting up to ten seconds (spec G1).
    pub fn begin_write(&self) -> Result<()> {
        self.forget_what_is_kept();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.run("BEGIN IMMEDIATE"),
            Engine::Postgres(postgres) => postgres.begin_write(),
        }
    }

    /// Starts a read of one moment: every statement until `end_read` sees the same store.
    pub fn begin_read(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.run("BEGIN DEFERRED"),
            Engine::Postgres(postgres) => postgres.begin_read(),
        }
    }

    /// Ends a read begun by `begin_read`.
    pub fn end_read(&self) -> Result<()> {
        self.rollback()
    }

    /// Makes the group durable; the counters it moved are written first.
    pub fn commit(&self) -> Result<()> {
        self.write_shelves()?;
        self.flush_counters()?;
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.run("COMMIT"),
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
        self.shelves.borrow_mut().mark();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.run("SAVEPOINT command"),
            Engine::Postgres(postgres) => postgres.savepoint(),
        }
    }

    /// Keeps what was done since the savepoint.
    pub fn release(&self) -> Result<()> {
        self.counters.borrow_mut().release();
        self.shelves.borrow_mut().mark();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.run("RELEASE SAVEPOINT command"),
            Engine::Postgres(postgres) => postgres.release(),
        }
    }

    /// Undoes what was done since the savepoint, numbers included (spec G3).
    pub fn undo(&self) -> Result<()> {
        self.counters.borrow_mut().undo();
        self.shelves.borrow_mut().undo();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.undo(),
            Engine::Postgres(postgres) => postgres.undo(),
        }
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

    /// The rows that refer to what is not there, each as the two tables.
    pub fn broken_links(&self) -> Result<Vec<(String, String)>> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.broken_links(),
            Engine::Postgres(postgres) => postgres.broken_links(),
        }
    }

    /// Marks the store as ours, in the format `version`.
    pub fn mark_as_ours(&self, version: i64) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.mark(version),
            Engine::Postgres(postgres) => postgres.mark(version),
        }
    }

    /// Whether a transaction was undone since this was last asked because another got in its way: it can be run again.
    pub fn was_in_conflict(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(postgres) => postgres.was_in_conflict(),
        }
    }
}

/// A change that must change so many rows changed others too, or fewer.
fn wrongly_changed(rows: impl std::fmt::Display, wanted: u64, sql: &str) -> StoreError {
    StoreError::Damaged(format!("{rows} rows instead of {wanted} changed by {sql}"))
}

/// A stretch of a list, in order of creation or (newest) against it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The last key of the stretch before, where there was one.
    pub after: Option<Key>,
    pub newest: bool,
    pub limit: i64,
}

/// The two statements of a list: `head`, then rows from a key on, forwards and backwards.
#[macro_export]
macro_rules! paged {
    ($head:expr, $key:literal) => {
        $crate::paged!($head, $key, "")
    };
    ($head:expr, $key:literal, $and:literal) => {
        (
            concat!($head, " WHERE ", $key, " > $1", $and, " ORDER BY ", $key, " LIMIT $2"),
            concat!($head, " WHERE ", $key, " < $1", $and, " ORDER BY ", $key, " DESC LIMIT $2"),
        )
    };
}

/// The two statements of a lookup by id or, ignoring case, by name, over rows called `alias`.
#[macro_export]
macro_rules! named {
    ($head:expr, $alias:literal) => {
        (concat!($head, " WHERE ", $alias, ".id = $1"), concat!($head, " WHERE ", $alias, ".name_folded = $1"))
    };
}

impl Db {
    /// The record with that id or else, ignoring case, that name (contract, section 2), by the statements that `named!` makes.
    pub fn by_id_or_name<T>(
        &self,
        statements: (&'static str, &'static str),
        given: &str,
        map: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.query_opt(statements.0, params![given], &map)? {
            Some(found) => Ok(Some(found)),
            None => self.query_opt(statements.1, params![reference::folded(given)], &map),
        }
    }

    /// One stretch of a list, by the statements that `paged!` makes.
    pub fn page<T>(
        &self,
        statements: (&'static str, &'static str),
        page: Page,
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let (sql, from) = if page.newest { (statements.1, i64::MAX) } else { (statements.0, i64::MIN) };
        self.query(sql, params![page.after.unwrap_or(from), page.limit], map)
    }

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
