//! A connection with the statements that were prepared on it, each kept by the place of its text in the program: finding one
//! again by its text, as the cache of the connection does, takes a good part of what a short statement takes.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use rusqlite::{Connection, PrepFlags, Statement};

use super::super::places::{ByPlace, Place, place_of};
use super::super::{Result, StoreError, Value};
use super::fault;

/// The statements of a whole command fit; none is prepared twice in a run.
const KEPT: usize = 512;

/// A connection, and the statements prepared on it.
pub struct Connected(Both);

type Statements<'c> = RefCell<ByPlace<Place, Rc<RefCell<Prepared<'c>>>>>;

self_cell::self_cell!(
    struct Both {
        owner: Connection,
        #[not_covariant]
        dependent: Statements,
    }
);

/// A statement, and which `$n` stands at each of its parameters.
struct Prepared<'c> {
    statement: Statement<'c>,
    order: Box<[usize]>,
}

impl Deref for Connected {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.0.borrow_owner()
    }
}

impl Connected {
    pub fn new(connection: Connection) -> Connected {
        Connected(Both::new(connection, |_| RefCell::default()))
    }

    /// The connection without its statements.
    pub fn into_connection(self) -> Connection {
        self.0.into_owner()
    }

    /// Runs a statement with these values; it is prepared the first time.
    pub fn run<T>(
        &self,
        sql: &'static str,
        params: &[Value<'_>],
        unprepared: impl FnOnce(rusqlite::Error) -> StoreError,
        run: impl FnOnce(&mut Statement<'_>) -> Result<T>,
    ) -> Result<T> {
        self.0.with_dependent(|connection, statements| {
            let place = place_of(sql);
            let known = statements.borrow().get(&place).cloned();
            let known = match known {
                Some(known) => known,
                None => {
                    let made = Rc::new(RefCell::new(Prepared::of(connection, sql, unprepared)?));
                    let mut statements = statements.borrow_mut();
                    if statements.len() >= KEPT {
                        statements.clear();
                    }
                    statements.insert(place, made.clone());
                    made
                }
            };
            match known.try_borrow_mut() {
                Ok(mut prepared) => prepared.bind(sql, params).and_then(|()| run(&mut prepared.statement)),
                Err(_) => Err(StoreError::Fault(format!("asked while it is answered: {sql}"))),
            }
        })
    }
}

impl<'c> Prepared<'c> {
    fn of(
        connection: &'c Connection,
        sql: &'static str,
        unprepared: impl FnOnce(rusqlite::Error) -> StoreError,
    ) -> Result<Prepared<'c>> {
        // Told that a statement is kept, SQLite takes its memory from the system. Otherwise the first few statements use up what is set
        // aside for small pieces, and each later run of each has to ask the system for its own.
        let statement = connection.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT).map_err(unprepared)?;
        let order = order_of(&statement)?;
        Ok(Prepared { statement, order })
    }

    fn bind(&mut self, sql: &str, params: &[Value<'_>]) -> Result<()> {
        let Prepared { statement, order } = self;
        for (position, number) in order.iter().enumerate() {
            let value =
                params.get(number - 1).ok_or_else(|| StoreError::Fault(format!("${number} is not bound in {sql}")))?;
            let bound = match value {
                Value::Null => statement.raw_bind_parameter(position + 1, rusqlite::types::Null),
                Value::Int(int) => statement.raw_bind_parameter(position + 1, int),
                Value::Text(text) => statement.raw_bind_parameter(position + 1, text.as_ref()),
            };
            bound.map_err(fault)?;
        }
        Ok(())
    }
}

/// SQLite numbers `$n` by first appearance; this says which n stands at each position.
fn order_of(statement: &Statement<'_>) -> Result<Box<[usize]>> {
    (1..=statement.parameter_count())
        .map(|position| {
            statement
                .parameter_name(position)
                .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok())
                .filter(|number| *number > 0)
                .ok_or_else(|| StoreError::Fault("a statement's parameters are not $1, $2, …".to_owned()))
        })
        .collect()
}
