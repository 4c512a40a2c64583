//! PostgreSQL behind the seam: a store is one schema of a database, one writer at a time holds one row locked.
//!
//! Every answer that is waited for costs a round trip, so what answers nothing is not waited for: changes are gathered, and sent
//! together with the next question, rows of one table as one statement.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Statement as Prepared};

use super::address::Server;
use super::statement::{Statement, Tables};
use super::{Access, Result, StoreError, Value};

mod answers;
mod fault;
mod queue;
mod schema;
mod tls;
mod wire;

use answers::{Answers, Question, Questions, Rows, gather};
use fault::fault;
use queue::{Many, Queue, Step, Write};
use schema::Seen;
use wire::Param;
pub use wire::{int, text};

/// How long a connection may take to come about where the URL does not say.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// How soon a server that went away without a word is missed: it is asked after this time, and has as long again to answer.
const SILENCE: Duration = Duration::from_secs(15);

/// Changes that wait to be sent at most.
const WAITING: usize = 1_000;

/// Changes that are underway at most.
const UNDERWAY: usize = 256;

/// How many lines share a transaction: those whose questions are asked together. Others who wait for the store get their turn soon.
pub const GROUP_LINES: usize = 500;

/// How often works are run at most to find out what they ask. Few ask so many things one after the other; and who asks for something
/// else each time, such as whether a code is taken that was drawn by chance, would never come to an end.
const PASSES: usize = 12;

/// The row that every writer locks first.
static LOCK: Statement = Statement::control("SELECT version FROM store_format FOR UPDATE");

static COMMIT: Statement = Statement::control("COMMIT");
static ROLLBACK: Statement = Statement::control("ROLLBACK");
static SAVEPOINT: Statement = Statement::control("SAVEPOINT command");
static RELEASE: Statement = Statement::control("RELEASE SAVEPOINT command");
static UNDO: Statement = Statement::control("ROLLBACK TO SAVEPOINT command");

pub struct Postgres {
    runtime: Runtime,
    client: Rc<Client>,
    server: Box<Server>,
    /// The statements that were run before, by their place. One that was run once was sent together
    /// with its values, as most commands run most of theirs once.
    statements: RefCell<HashMap<usize, Option<Preparing>>>,
    /// Answers that the open transaction got already.
    answers: RefCell<Answers>,
    /// Changes that wait to be sent.
    queue: RefCell<Queue>,
    /// What was sent, in order.
    underway: RefCell<Vec<Underway>>,
    /// Whether a work is only run to find out what it asks.
    finds_out: Cell<bool>,
    /// All that it asked so far, where that is of interest.
    noted: RefCell<Option<Vec<Question>>>,
    /// What it asks that is not known yet.
    wanted: RefCell<Wanted>,
    /// For each statement that writes one row the one that writes many.
    many: RefCell<HashMap<usize, Option<Many>>>,
    /// The statements that are others one behind the other.
    chains: RefCell<HashMap<Vec<usize>, &'static Statement>>,
    pace: Cell<Pace>,
    /// Whether there is no store in the schema yet; and whether there is a schema.
    is_new: Cell<bool>,
    is_made: Cell<bool>,
    /// Whether a transaction is open.
    is_open: Cell<bool>,
    /// Whether it was begun when the store was opened, for the first who reads.
    is_begun: Cell<bool>,
    /// Whether it only reads.
    reads: Cell<bool>,
    /// Whether a statement of the open transaction failed, so that nothing of it can stand.
    failed: Cell<bool>,
    /// Whether a transaction was undone because another got in its way.
    in_conflict: Cell<bool>,
}

type Answered = std::result::Result<Vec<tokio_postgres::Row>, Error>;

type Changing = Pin<Box<dyn Future<Output = std::result::Result<u64, Error>>>>;

type PreparingIt = Pin<Box<dyn Future<Output = std::result::Result<Prepared, Error>>>>;

/// A statement on its way to being prepared.
enum Preparing {
    Underway(PreparingIt),
    Done(Prepared),
    Failed(StoreError),
}

type Asking = Pin<Box<dyn Future<Output = Answered>>>;

/// What was sent and not answered yet.
enum Underway {
    /// A change; and the text of one that must change so many rows.
    Change { outcome: Changing, must: Option<(u64, &'static str)> },
    /// Questions that somebody will ask soon, one, or several as one statement which tells behind each row of which it is; whether a
    /// change made the answers void.
    Ahead { statement: &'static Statement, questions: Vec<Rc<Question>>, rows: Asking, is_void: bool },
    /// The lock of the one writer.
    Lock { version: Asking },
    /// What lies in the schema, and the format of the store in it.
    Look { seen: Asking, format: Asking },
}

/// What is to be asked together.
#[derive(Default)]
struct Wanted {
    /// The questions that are not known yet.
    questions: Questions,
    /// All that was asked since the works began: what a work's own changes make void again is not asked twice.
    seen: HashSet<Rc<Question>>,
    /// Whether the work came to something that is not known.
    is_stuck: bool,
}

/// A statement with its values, ready to be sent.
struct Ready {
    statement: &'static Statement,
    params: Vec<Param>,
    /// How many rows it must change, where that is said.
    must: Option<u64>,
}

/// Whether the fault of a change is to be told by the command that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// It is: each command's changes are waited for.
    Careful,
    /// It need not be, since the whole transaction is run again, carefully, where there is such a fault. They are rare: what
    /// a change could be refused for is checked before.
    Deferred,
}

impl Postgres {
    /// Opens the store in the server's schema.
    pub fn open(server: &Server, access: Access) -> Result<Postgres> {
        let postgres = Postgres::connected(server)?;
        let seen = postgres.look(access)?;
        postgres.check_seen(&seen)?;
        if access == Access::Write {
            postgres.check_owner(&seen)?;
        }
        Ok(postgres)
    }

    /// Opens the store in the server's schema for who reads at once: what is wrong with it is told by the first that is asked.
    pub fn open_to_read_at_once(server: &Server) -> Result<Postgres> {
        let postgres = Postgres::connected(server)?;
        let looking = postgres.looking(Access::Read)?;
        postgres.underway.borrow_mut().push(looking);
        postgres.is_begun.set(true);
        Ok(postgres)
    }

    /// Whether what was seen in the schema is a store that can be read.
    fn check_seen(&self, seen: &Seen) -> Result<()> {
        match self.version(seen)? {
            Some(version) => self.check_version(version),
            None => Err(StoreError::Missing(self.server.to_string())),
        }
    }

    /// Opens the store in the server's schema, or begins one, which is there for others once it is committed.
    pub fn create(server: &Server) -> Result<Postgres> {
        let postgres = Postgres::connected(server)?;
        let seen = postgres.look(Access::Write)?;
        match postgres.version(&seen)? {
            Some(version) => postgres.check_version(version)?,
            None => {
                postgres.check_encoding(&seen)?;
                postgres.is_new.set(true);
                postgres.is_made.set(seen.is_made());
            }
        }
        postgres.check_owner(&seen)?;
        Ok(postgres)
    }

    fn connected(server: &Server) -> Result<Postgres> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| StoreError::Fault(error.to_string()))?;
        let mut config = server.config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WAIT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(2 * SILENCE);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 5).keepalives_retries(5);
        }
        let connector = tls::connector(&server.tls)?;
        // The library's own patience ends when somebody listens, who may never say a word.
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let patience =
            config.get_connect_timeout().copied().unwrap_or(CONNECT_WAIT) * (1 + u32::try_from(hosts).unwrap_or(1));
        let connecting = async { tokio::time::timeout(patience, config.connect(connector)).await };
        let connected = runtime
            .block_on(connecting)
            .map_err(|_| StoreError::Lost(format!("{server} cannot be reached: it does not answer")))?;
        let (client, connection) = connected.map_err(|error| fault::of_connecting(&error, server))?;
        // What ends the connection is told by whatever is asked of it next.
        runtime.spawn(async move { drop(connection.await) });
        Ok(Postgres {
            runtime,
            client: Rc::new(client),
            server: Box::new(server.clone()),
            statements: RefCell::default(),
            answers: RefCell::default(),
            queue: RefCell::default(),
            underway: RefCell::default(),
            finds_out: Cell::new(false),
            noted: RefCell::default(),
            wanted: RefCell::default(),
            many: RefCell::default(),
            chains: RefCell::default(),
            pace: Cell::new(Pace::Careful),
            is_new: Cell::new(false),
            is_made: Cell::new(false),
            is_open: Cell::new(false),
            is_begun: Cell::new(false),
            reads: Cell::new(false),
            failed: Cell::new(false),
            in_conflict: Cell::new(false),
        })
    }

    pub fn execute(&self, statement: &'static Statement, params: &[Value<'_>]) -> Result<usize> {
        if self.finds_out.get() {
            return Err(StoreError::UnknownYet);
        }
        let params: Vec<Param> = params.iter().map(Param::of).collect();
        self.forget_what_changes(statement, &params);
        self.send_before(statement)?;
        let changing = self.sent(statement, params)?;
        self.drained()?;
        let rows = self.runtime.block_on(changing).map_err(|error| fault(&error));
        Ok(usize::try_from(self.noted(rows)?).unwrap_or(usize::MAX))
    }

    /// Takes a change whose outcome nobody waits for, one that must change one row if `of_one`.
    pub fn write(&self, statement: &'static Statement, params: &[Value<'_>], of_one: bool) -> Result<()> {
        let params: Vec<Param> = params.iter().map(Param::of).collect();
        self.forget_what_changes(statement, &params);
        let full = {
            let mut queue = self.queue.borrow_mut();
            queue.push(Write { statement, params, of_one });
            queue.len() >= WAITING
        };
        if full && !self.finds_out.get() { self.send_on() } else { Ok(()) }
    }

    /// Sends what waits, to be at work while the next command is read.
    fn send_on(&self) -> Result<()> {
        self.send()?;
        self.runtime.block_on(tokio::task::yield_now());
        if self.underway.borrow().len() >= UNDERWAY { self.drained() } else { Ok(()) }
    }

    /// Waits for the changes of the command, where their faults are to be told by it.
    pub fn wait_for_writes(&self) -> Result<()> {
        match self.pace.get() {
            Pace::Careful => self.send().and_then(|()| self.drained()),
            Pace::Deferred => Ok(()),
        }
    }

    /// Waits for all changes, now in any case.
    pub fn try_out(&self) -> Result<()> {
        self.send()?;
        self.drained()
    }

    /// Whether the next transaction may be run again from its beginning, and need not say early what is wrong with it.
    pub fn may_run_again(&self, may: bool) {
        self.pace.set(if may { Pace::Deferred } else { Pace::Careful });
    }

    pub fn each(
        &self,
        statement: &'static Statement,
        params: &[Value<'_>],
        row: &mut dyn FnMut(&tokio_postgres::Row) -> Result<()>,
    ) -> Result<()> {
        let params: Vec<Param> = params.iter().map(Param::of).collect();
        if !self.is_open.get() {
            return self.ask(statement, params, row);
        }
        let question = Question { statement: statement.place(), params };
        match self.finds_out.get() {
            true => self.noted.borrow_mut().iter_mut().for_each(|noted| noted.push(question.clone())),
            false => self.answers.borrow_mut().was_asked(&question),
        }
        if let Some(rows) = self.known(&question)? {
            #[cfg(debug_assertions)]
            self.doubt(statement, &question, &rows)?;
            return rows.iter().try_for_each(row);
        }
        if self.finds_out.get() {
            self.want(statement, question, true);
            return Err(StoreError::UnknownYet);
        }
        if self.ask_again(&question)?
            && let Some(rows) = self.known(&question)?
        {
            return rows.iter().try_for_each(row);
        }
        if !Answers::keeps(statement) {
            return self.ask(statement, question.params, row);
        }
        let mut rows = Vec::new();
        let mut few = true;
        self.ask(statement, question.params.clone(), &mut |found| {
            few = few && rows.len() < answers::ROWS;
            if few {
                rows.push(found.clone());
            }
            row(found)
        })?;
        if few {
            self.answers.borrow_mut().put(statement, Rc::new(question), Rc::new(rows));
        }
        Ok(())
    }

    /// Asks all that was made void and will be asked yet, to go along with a question; says whether that is among it.
    fn ask_again(&self, question: &Question) -> Result<bool> {
        let again = self.answers.borrow_mut().take_again();
        let mut is_among = false;
        for (statement, questions) in again {
            is_among |= questions.iter().any(|known| **known == *question);
            self.ask_ahead(statement, questions)?;
        }
        Ok(is_among)
    }

    /// The answer to a question, where it is known or underway.
    fn known(&self, question: &Question) -> Result<Option<Rows>> {
        if let Some(rows) = self.answers.borrow().get(question) {
            return Ok(Some(rows));
        }
        let is_underway = |one: &Underway| match one {
            Underway::Ahead { questions, is_void, .. } => {
                !is_void && questions.iter().any(|known| **known == *question)
            }
            _ => false,
        };
        if !self.underway.borrow().iter().any(is_underway) {
            return Ok(None);
        }
        self.drained()?;
        Ok(self.answers.borrow().get(question))
    }

    /// Asks once more where a test wants it so: what is remembered must be what the server answers.
    #[cfg(debug_assertions)]
    #[allow(clippy::panic, reason = "a mistake of whoever said which rows an answer is made of")]
    fn doubt(&self, statement: &'static Statement, question: &Question, rows: &Rows) -> Result<()> {
        if !self.server.doubts || self.finds_out.get() {
            return Ok(());
        }
        // Behind a row that was asked for together with others stands of which question it is.
        let told =
            |row: &tokio_postgres::Row| row.columns().iter().filter(|column| column.name() != queue::PLACE).count();
        let shown = |row: &tokio_postgres::Row| {
            format!("{:?}", (0..told(row)).map(|column| wire::value(row, column)).collect::<Vec<_>>())
        };
        let mut again = Vec::new();
        self.ask(statement, question.params.clone(), &mut |row| {
            again.push(shown(row));
            Ok(())
        })?;
        let before: Vec<String> = rows.iter().take(again.len().max(rows.len())).map(shown).collect();
        if before != again {
            panic!("{} {:?} is answered {again:?} by now, not {before:?}", statement.sql, question.params);
        }
        Ok(())
    }

    /// Asks what somebody will ask soon, without waiting for the answer; only where the transaction may be run again, since a
    /// fault of it is nobody's.
    pub fn ahead(&self, statement: &'static Statement, params: &[Value<'_>]) -> Result<()> {
        let question = Question { statement: statement.place(), params: params.iter().map(Param::of).collect() };
        if !self.looks_ahead() || self.answers.borrow().get(&question).is_some() {
            return Ok(());
        }
        if self.finds_out.get() {
            self.want(statement, question, false);
            return Ok(());
        }
        self.ask_ahead(statement, vec![Rc::new(question)])
    }

    /// Whether what will be asked can be asked ahead: there is a transaction that may be run again.
    pub fn looks_ahead(&self) -> bool {
        self.is_open.get() && (self.pace.get() == Pace::Deferred || self.reads.get())
    }

    fn want(&self, statement: &'static Statement, question: Question, is_needed: bool) {
        let mut wanted = self.wanted.borrow_mut();
        let question = Rc::new(question);
        if !wanted.seen.insert(question.clone()) {
            let again = wanted.questions.iter().any(|(_, questions)| questions.contains(&question));
            wanted.is_stuck |= is_needed && again;
            return;
        }
        wanted.is_stuck |= is_needed;
        gather(&mut wanted.questions, statement, question);
    }

    /// Finds out what works will ask, and asks it for all of them together: each is run on what is known, as far as that goes, again
    /// and again, until it comes to its end or to what only its own changes bring about. Where they are run one after the other behind
    /// it, what some of them make void and others ask is asked anew together, as soon as any of it is needed.
    pub fn find_out(&self, works: usize, in_turn: bool, work: &mut dyn FnMut(usize)) -> Result<()> {
        self.wanted.borrow_mut().seen.clear();
        let mut open: Vec<usize> = (0..works).collect();
        for _ in 0..PASSES {
            if open.is_empty() || !self.looks_ahead() {
                break;
            }
            self.finds_out.set(true);
            open.retain(|at| {
                self.wanted.borrow_mut().is_stuck = false;
                self.noted.replace(in_turn.then(Vec::new));
                work(*at);
                let is_stuck = self.wanted.borrow().is_stuck;
                if let Some(noted) = self.noted.take().filter(|_| !is_stuck) {
                    self.answers.borrow_mut().await_these(noted);
                }
                is_stuck
            });
            self.finds_out.set(false);
            let questions = std::mem::take(&mut self.wanted.borrow_mut().questions);
            if questions.is_empty() {
                break;
            }
            for (statement, questions) in questions {
                self.ask_ahead(statement, questions)?;
            }
            self.drained()?;
        }
        Ok(())
    }

    /// Whether a work is only run to find out what it asks.
    pub fn finds_out(&self) -> bool {
        self.finds_out.get()
    }

    /// Sends questions of one statement, several as one.
    fn ask_ahead(&self, statement: &'static Statement, questions: Vec<Rc<Question>>) -> Result<()> {
        self.send_before(statement)?;
        let rows = match questions.as_slice() {
            [one] => self.asked(statement, one.params.clone())?,
            several => {
                let (of_many, params) =
                    queue::asked_together(statement, several.iter().map(|one| one.params.as_slice()));
                self.asked(of_many, params)?
            }
        };
        self.underway.borrow_mut().push(Underway::Ahead { statement, questions, rows, is_void: false });
        Ok(())
    }

    /// A change is about to be made: what it may make another is not known any longer.
    fn forget_what_changes(&self, statement: &'static Statement, params: &[Param]) {
        self.answers.borrow_mut().change(statement, params);
        for one in self.underway.borrow_mut().iter_mut() {
            if let Underway::Ahead { statement: asked, is_void, .. } = one {
                *is_void |= asked.reads.touch(statement.writes);
            }
        }
    }

    /// Sends a question; its answer is to be waited for.
    fn asked(&self, statement: &'static Statement, params: Vec<Param>) -> Result<Asking> {
        let prepared = self.statement(statement, &params);
        let client = self.client.clone();
        let mut rows: Asking = Box::pin(async move {
            let rows = match &prepared {
                Some(prepared) => client.query_raw(prepared, params).await?,
                None => client.query_typed_raw(statement.sql, params.into_iter().map(Param::typed)).await?,
            };
            rows.try_collect().await
        });
        if let Poll::Ready(early) = begun(rows.as_mut()) {
            rows = Box::pin(async { early });
        }
        Ok(rows)
    }

    /// Asks the server.
    fn ask(
        &self,
        statement: &'static Statement,
        params: Vec<Param>,
        row: &mut dyn FnMut(&tokio_postgres::Row) -> Result<()>,
    ) -> Result<()> {
        self.send_before(statement)?;
        let prepared = self.statement(statement, &params);
        let client = &*self.client;
        let mut asking = pin!(async move {
            match &prepared {
                Some(prepared) => client.query_raw(prepared, params).await,
                None => client.query_typed_raw(statement.sql, params.into_iter().map(Param::typed)).await,
            }
        });
        let early = begun(asking.as_mut());
        self.drained()?;
        let asked = self.runtime.block_on(async {
            let answered = match early {
                Poll::Ready(answered) => answered,
                Poll::Pending => asking.await,
            };
            let mut rows = pin!(answered.map_err(|error| fault(&error))?);
            while let Some(found) = rows.try_next().await.map_err(|error| fault(&error))? {
                row(&found)?;
            }
            Ok(())
        });
        self.noted(asked)
    }

    /// Sends a statement without a value or an answer.
    pub fn run(&self, statement: &'static Statement) -> Result<()> {
        self.write(statement, &[], false)
    }

    /// Starts the transaction of a changing group: waits for the one writer's turn, up to ten seconds.
    pub fn begin_write(&self) -> Result<()> {
        self.begun()?;
        if self.is_new.get() && self.begin_new()? {
            return Ok(());
        }
        self.begin(&schema::begin(&schema::quoted(&self.server.schema), Access::Write));
        // Whoever asks first waits for the lock.
        let version = self.asked(&LOCK, Vec::new())?;
        self.underway.borrow_mut().push(Underway::Lock { version });
        Ok(())
    }

    /// Checks what the writer's lock says that the store is.
    fn check_locked(&self, rows: &[tokio_postgres::Row]) -> Result<()> {
        match rows.first().map_or(Ok(None), |row| int(row, 0))? {
            Some(version) => self.check_version(version),
            None => Err(StoreError::Damaged(format!("{} has lost its format version", self.server))),
        }
    }

    /// Notes that a transaction is open; one that could not be committed ends here.
    fn begun(&self) -> Result<()> {
        if self.is_open.get() {
            self.rollback()?;
        }
        self.is_open.set(true);
        self.reads.set(false);
        self.failed.set(false);
        Ok(())
    }

    /// Sends what begins a transaction; what is asked next is not waited for before.
    fn begin(&self, sql: &str) {
        let (client, sql) = (self.client.clone(), sql.to_owned());
        let mut outcome: Changing = Box::pin(async move { client.batch_execute(&sql).await.map(|()| 0) });
        if let Poll::Ready(early) = begun(outcome.as_mut()) {
            outcome = Box::pin(async { early });
        }
        self.underway.borrow_mut().push(Underway::Change { outcome, must: None });
    }

    /// Begins the store itself; says whether nobody else did meanwhile.
    fn begin_new(&self) -> Result<bool> {
        let path = schema::quoted(&self.server.schema);
        let begun = |is_made| {
            let beginning = schema::beginning(&self.server.schema, is_made);
            self.script(&format!("{}; {beginning}", schema::begin(&path, Access::Write)))
        };
        let is_made = self.is_made.get();
        match begun(is_made) {
            Ok(()) => Ok(true),
            Err(error) => {
                let seen = self.look(Access::Write)?;
                self.is_made.set(seen.is_made());
                match self.version(&seen)? {
                    Some(version) => {
                        self.is_new.set(false);
                        self.check_version(version)?;
                        self.check_owner(&seen)?;
                        self.begun().map(|()| false)
                    }
                    None => Err(error),
                }
            }
        }
    }

    /// Starts a read of one moment.
    pub fn begin_read(&self) -> Result<()> {
        if self.is_begun.take() && self.is_open.get() {
            self.reads.set(true);
            return Ok(());
        }
        self.begun()?;
        self.reads.set(true);
        self.begin(&schema::begin(&schema::quoted(&self.server.schema), Access::Read));
        Ok(())
    }

    /// Makes the transaction durable. A connection that is lost from here on leaves open whether it was.
    pub fn commit(&self) -> Result<()> {
        self.send()?;
        self.drained()?;
        if self.failed.get() {
            return Err(StoreError::Fault("a statement failed, and its transaction was to be kept".to_owned()));
        }
        self.forget();
        let committing = self.sent(&COMMIT, Vec::new())?;
        let ended = self.runtime.block_on(committing);
        self.noted(ended.map_err(|error| fault::of_committing(&error)))?;
        self.is_new.set(false);
        self.is_open.set(false);
        Ok(())
    }

    /// Forgets what was known in the transaction. What was prepared goes with it, before it ends: a pooler may hand its connection
    /// to others then, who call something else by the same name.
    fn forget(&self) {
        self.answers.borrow_mut().forget();
        for known in self.statements.borrow_mut().values_mut() {
            if let Some(Preparing::Underway(underway)) = known.take() {
                let _ = self.runtime.block_on(underway);
            }
        }
    }

    /// Why a statement of the transaction could not be prepared, which ended the transaction.
    fn fault_of_preparing(&self) -> Option<StoreError> {
        self.statements.borrow_mut().values_mut().find_map(|known| match known.take() {
            Some(Preparing::Failed(fault)) => Some(fault).filter(|fault| !fault::follows(fault)),
            Some(Preparing::Underway(mut underway)) => match begun(underway.as_mut()) {
                Poll::Ready(Ok(prepared)) => {
                    *known = Some(Preparing::Done(prepared));
                    None
                }
                Poll::Ready(Err(error)) => Some(fault(&error)).filter(|fault| !fault::follows(fault)),
                Poll::Pending => {
                    *known = Some(Preparing::Underway(underway));
                    None
                }
            },
            other => {
                *known = other;
                None
            }
        })
    }

    /// Undoes the open transaction; where the line is lost the server does so itself.
    pub fn rollback(&self) -> Result<()> {
        self.queue.borrow_mut().clear();
        self.is_open.set(false);
        // Faults of what is undone are of no more interest.
        let _ = self.drained();
        self.failed.set(false);
        self.forget();
        match self.run(&ROLLBACK).and_then(|()| self.send()).and_then(|()| self.drained()) {
            Ok(()) | Err(StoreError::Lost(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Marks the point to which one command can be undone. Where the transaction may be run
    /// again the server is not told: a command that is refused has sent nothing as a rule, and where it has, the whole transaction
    /// is run again carefully.
    pub fn savepoint(&self) -> Result<()> {
        self.answers.borrow_mut().mark();
        if self.pace.get() == Pace::Careful {
            self.run(&SAVEPOINT)?;
            self.send()?;
        }
        self.queue.borrow_mut().mark();
        Ok(())
    }

    /// Keeps what was done since the savepoint.
    pub fn release(&self) -> Result<()> {
        match self.pace.get() {
            Pace::Careful => self.run(&RELEASE),
            Pace::Deferred => Ok(()),
        }
    }

    /// Undoes what was done since the savepoint, whatever of it failed.
    pub fn undo(&self) -> Result<()> {
        if self.pace.get() == Pace::Deferred {
            return match self.queue.borrow_mut().undo() && !self.failed.get() {
                true => {
                    self.answers.borrow_mut().undo();
                    Ok(())
                }
                false => self.noted(Err(StoreError::Conflict)),
            };
        }
        self.answers.borrow_mut().forget();
        self.queue.borrow_mut().clear();
        // Faults of what is undone are of no more interest.
        let _ = self.drained();
        self.run(&UNDO)?;
        self.run(&RELEASE)?;
        self.send()?;
        self.drained()?;
        self.failed.set(false);
        Ok(())
    }

    /// Marks the point to which a work is undone that is only run to find out what it asks.
    pub fn mark_work(&self) {
        self.answers.borrow_mut().mark();
        self.queue.borrow_mut().mark();
    }

    /// Undoes such a work, of which nothing was sent.
    pub fn take_work_back(&self) {
        self.queue.borrow_mut().undo();
        self.answers.borrow_mut().undo();
    }

    /// Sends the changes that wait.
    fn send(&self) -> Result<()> {
        let steps = self.queue.borrow_mut().take(self.pace.get() == Pace::Deferred);
        self.send_steps(steps)
    }

    /// Sends the changes that have to be made before that statement; where the transaction may be run again the others go on
    /// waiting for more of their kind.
    fn send_before(&self, statement: &Statement) -> Result<()> {
        match self.pace.get() {
            Pace::Careful => self.send(),
            Pace::Deferred => {
                let steps = self.queue.borrow_mut().take_before(statement);
                self.send_steps(steps)
            }
        }
    }

    fn send_steps(&self, steps: Vec<Step<Write>>) -> Result<()> {
        for step in steps {
            let mut ready = Vec::with_capacity(step.runs.len());
            for run in step.runs {
                self.made_ready(run, &mut ready)?;
            }
            if step.writes_rows && ready.len() > 1 {
                let (statement, params) = self.chained(ready);
                self.set_out(statement, params, None)?;
                continue;
            }
            for Ready { statement, params, must } in ready {
                self.set_out(statement, params, must)?;
            }
        }
        Ok(())
    }

    /// Changes of one statement as one, where they are several and that can be.
    fn made_ready(&self, run: Vec<Write>, ready: &mut Vec<Ready>) -> Result<()> {
        let many = if run.len() > 1 { self.many(&run) } else { None };
        match many {
            Some(many) => {
                let must = run.first().filter(|first| first.of_one).map(|_| run.len() as u64);
                let rows = run.into_iter().map(|write| write.params).collect();
                ready.push(Ready { statement: many.statement, params: many.params(rows), must });
            }
            None => ready.extend(run.into_iter().map(|Write { statement, params, of_one }| Ready {
                statement,
                params,
                must: of_one.then_some(1),
            })),
        }
        Ok(())
    }

    /// Statements that write rows as one statement, which is made once.
    fn chained(&self, ready: Vec<Ready>) -> (&'static Statement, Vec<Param>) {
        let places = ready.iter().map(|one| one.statement.place()).collect();
        let statement = *self.chains.borrow_mut().entry(places).or_insert_with(|| {
            let statements: Vec<&str> = ready.iter().map(|one| one.statement.sql).collect();
            let params: Vec<usize> = ready.iter().map(|one| one.params.len()).collect();
            let writes = ready.iter().fold(Tables::NONE, |writes, one| writes.and(one.statement.writes));
            Statement::made(queue::chained(&statements, &params), |sql| Statement::raw(Tables::NONE, writes, sql))
        });
        (statement, ready.into_iter().flat_map(|one| one.params).collect())
    }

    /// Sends a change, which must change so many rows where that is said.
    fn set_out(&self, statement: &'static Statement, params: Vec<Param>, must: Option<u64>) -> Result<()> {
        let outcome = self.sent(statement, params)?;
        self.underway.borrow_mut().push(Underway::Change { outcome, must: must.map(|rows| (rows, statement.sql)) });
        Ok(())
    }

    /// The statement that does the same to many rows.
    fn many(&self, run: &[Write]) -> Option<Many> {
        let first = run.first()?.statement;
        *self.many.borrow_mut().entry(first.place()).or_insert_with(|| Many::of(first))
    }

    /// The statement where it is prepared. It is, without being waited for, from its second run in a transaction on; until that is
    /// done it is sent together with its values.
    fn statement(&self, statement: &'static Statement, params: &[Param]) -> Option<Prepared> {
        // What begins and ends transactions is not of one.
        if statement.touches().is_empty() {
            return None;
        }
        let mut statements = self.statements.borrow_mut();
        match statements.entry(statement.place()) {
            Entry::Vacant(first) => drop(first.insert(None)),
            Entry::Occupied(mut known) => match known.get_mut() {
                Some(Preparing::Done(prepared)) => return Some(prepared.clone()),
                Some(Preparing::Underway(underway)) => match begun(underway.as_mut()) {
                    Poll::Ready(Ok(prepared)) => {
                        known.insert(Some(Preparing::Done(prepared.clone())));
                        return Some(prepared);
                    }
                    // Its fault is told by whatever comes next in the transaction, which has ended with it.
                    Poll::Ready(Err(error)) => drop(known.insert(Some(Preparing::Failed(fault(&error))))),
                    Poll::Pending => {}
                },
                Some(Preparing::Failed(_)) => {}
                None => {
                    let types: Vec<Type> = params.iter().map(Param::type_of).collect();
                    let client = self.client.clone();
                    let mut preparing: PreparingIt =
                        Box::pin(async move { client.prepare_typed(statement.sql, &types).await });
                    if begun(preparing.as_mut()).is_pending() {
                        known.insert(Some(Preparing::Underway(preparing)));
                    }
                }
            },
        }
        None
    }

    /// Sends a change; what is answered is to be waited for.
    fn sent(&self, statement: &'static Statement, params: Vec<Param>) -> Result<Changing> {
        let prepared = self.statement(statement, &params);
        let client = self.client.clone();
        let mut changing: Changing = match prepared {
            Some(prepared) => Box::pin(async move { client.execute_raw(&prepared, params).await }),
            None => Box::pin(async move {
                let typed: Vec<(&(dyn tokio_postgres::types::ToSql + Sync), Type)> =
                    params.iter().map(|param| (param as _, param.type_of())).collect();
                client.execute_typed(statement.sql, &typed).await
            }),
        };
        match begun(changing.as_mut()) {
            Poll::Ready(outcome) => Ok(Box::pin(async { outcome })),
            Poll::Pending => Ok(changing),
        }
    }

    /// Waits for what was sent.
    fn drained(&self) -> Result<()> {
        let underway = self.underway.take();
        if underway.is_empty() {
            return Ok(());
        }
        let mut found = Found::default();
        let ended = self.runtime.block_on(ended(underway, &self.answers, &mut found));
        // What is wrong with the store is why whatever was asked of it failed.
        if let Some(seen) = found.seen {
            self.noted(seen.and_then(|seen| self.check_seen(&seen)))?;
        }
        let ended = match (ended, self.pace.get()) {
            (Ok(()), _) => found.locked.map_or(Ok(()), |rows| self.check_locked(&rows)),
            (Err(error @ (StoreError::Lost(_) | StoreError::Busy)), _) => Err(error),
            (Err(_), Pace::Deferred) => Err(StoreError::Conflict),
            (ended, Pace::Careful) => ended,
        };
        self.noted(ended)
    }

    /// How many rows a query answers whose text is made for it.
    fn count(&self, sql: &str) -> Result<usize> {
        self.send()?;
        self.drained()?;
        let found = self.runtime.block_on(self.client.query_typed(sql, &[])).map_err(|error| fault(&error));
        self.noted(found).map(|rows| rows.len())
    }

    fn noted<T>(&self, outcome: Result<T>) -> Result<T> {
        let outcome = outcome.map_err(|error| match error {
            error if fault::follows(&error) => self.fault_of_preparing().unwrap_or(error),
            error => error,
        });
        if let Err(error) = &outcome {
            self.failed.set(true);
            self.in_conflict.set(self.in_conflict.get() || matches!(error, StoreError::Conflict));
        }
        outcome
    }

    /// Whether a transaction was undone since this was last asked because another got in its way.
    pub fn was_in_conflict(&self) -> bool {
        self.in_conflict.take()
    }

    /// Several statements without values, one after the other.
    fn script(&self, sql: &str) -> Result<()> {
        self.send()?;
        self.drained()?;
        let ran = self.runtime.block_on(self.client.batch_execute(sql)).map_err(|error| fault(&error));
        self.noted(ran)
    }
}

/// Hands a request over to the connection; its answer is waited for later.
fn begun<F: Future + ?Sized>(request: Pin<&mut F>) -> Poll<F::Output> {
    request.poll(&mut Context::from_waker(Waker::noop()))
}

/// What the answers told that are not for who asks a question.
#[derive(Default)]
struct Found {
    locked: Option<Vec<tokio_postgres::Row>>,
    seen: Option<Result<Seen>>,
}

/// Waits for all that is underway, which is answered in order; the first fault is the one to tell, the others follow from it.
async fn ended(underway: Vec<Underway>, answers: &RefCell<Answers>, found: &mut Found) -> Result<()> {
    let mut first = Ok(());
    for one in underway {
        let ended = match one {
            Underway::Change { outcome, must } => match (outcome.await, must) {
                (Ok(rows), Some((wanted, sql))) if rows != wanted => Err(super::db::wrongly_changed(rows, wanted, sql)),
                (Ok(_), _) => Ok(()),
                (Err(error), _) => Err(fault(&error)),
            },
            Underway::Ahead { statement, questions, rows, is_void } => match rows.await {
                Ok(rows) => {
                    if !is_void {
                        arrived(&mut answers.borrow_mut(), statement, questions, rows);
                    }
                    Ok(())
                }
                Err(error) => Err(fault(&error)),
            },
            Underway::Lock { version } => match version.await {
                Ok(rows) => {
                    found.locked = Some(rows);
                    Ok(())
                }
                Err(error) => Err(fault(&error)),
            },
            Underway::Look { seen, format } => {
                let (seen, format) = (seen.await, format.await);
                // Where there is not even a transaction, nothing was seen.
                found.seen = first.is_ok().then(|| Seen::of(seen, format));
                Ok(())
            }
        };
        first = first.and(ended);
    }
    first
}

/// Keeps the answers to questions of one statement; where they are several, the last column tells of which a row is, from 1.
fn arrived(
    answers: &mut Answers,
    statement: &'static Statement,
    questions: Vec<Rc<Question>>,
    rows: Vec<tokio_postgres::Row>,
) {
    if let [question] = questions.as_slice() {
        answers.put(statement, question.clone(), Rc::new(rows));
        return;
    }
    let mut of_each: Vec<Vec<tokio_postgres::Row>> = questions.iter().map(|_| Vec::new()).collect();
    for row in rows {
        if let Param::Int(number) = wire::value(&row, row.len() - 1)
            && let Some(own) = usize::try_from(number - 1).ok().and_then(|at| of_each.get_mut(at))
        {
            own.push(row);
        }
    }
    for (question, rows) in questions.into_iter().zip(of_each) {
        answers.put(statement, question, Rc::new(rows));
    }
}
