//! Statements as values: each knows which tables it reads and writes, so that what gathers, queues, remembers or forgets asks the
//! statement and reads no SQL. In a debug build, and so in every test, what is declared is held against the text.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::store::tables::NAMES;

/// Some of the tables, each by its place in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tables(u128);

impl Tables {
    /// None of them.
    pub const NONE: Tables = Tables(0);

    /// The tables of those names; a name that is none does not compile where the set is a constant.
    #[allow(clippy::indexing_slicing, clippy::panic, reason = "evaluated when the program is built")]
    pub const fn of(names: &[&str]) -> Tables {
        let (mut set, mut at) = (0, 0);
        while at < names.len() {
            match place(names[at]) {
                Some(place) => set |= 1 << place,
                None => panic!("there is no table of that name"),
            }
            at += 1;
        }
        Tables(set)
    }

    /// The table at that place.
    pub const fn at(place: usize) -> Tables {
        Tables(1 << place)
    }

    /// These and those.
    pub const fn and(self, others: Tables) -> Tables {
        Tables(self.0 | others.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether they have a table in common.
    pub const fn touch(self, others: Tables) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether all of them are among those.
    pub const fn are_within(self, others: Tables) -> bool {
        self.0 & !others.0 == 0
    }

    /// The places of all of them, in order.
    pub fn places(self) -> impl DoubleEndedIterator<Item = usize> {
        (0..NAMES.len()).filter(move |place| self.0 & (1 << place) != 0)
    }
}

/// The place of a table in the order in which they were made: whatever a row refers to is in the same table or in one before.
#[allow(clippy::indexing_slicing, reason = "evaluated when the program is built")]
pub const fn place(name: &str) -> Option<usize> {
    let mut place = 0;
    while place < NAMES.len() {
        if is_same(NAMES[place], name) {
            return Some(place);
        }
        place += 1;
    }
    None
}

#[allow(clippy::indexing_slicing, reason = "evaluated when the program is built")]
pub(in crate::store) const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A statement with what it reads and writes. Its values are `$1, $2, …`.
#[derive(Debug)]
pub struct Statement {
    pub sql: &'static str,
    pub reads: Tables,
    pub writes: Tables,
    pub does: Does,
    /// The rows that a question's answer is made of; none where that is not said.
    pub reaches: &'static [Reach],
    /// Of a change of several rows: all of them have in that column the value of the parameter of that number.
    pub at: Option<(&'static str, usize)>,
}

/// Rows of a table that an answer is made of: those whose column has a value that was asked by, or that the answer itself tells. No
/// other row of the table, be it new or changed, makes the answer another one.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub table: &'static str,
    pub column: &'static str,
    pub by: By,
    /// The column of the answer that tells the keys of these rows, where all of them are told.
    pub keyed: Option<usize>,
    /// What of these rows makes the answer another, beside that they are there; unless it is said, anything may.
    pub looks_at: Option<&'static [&'static str]>,
}

/// Where the value comes from by which rows are reached.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// The parameter of that number, from 1.
    Value(usize),
    /// That column of the answer, from 0; a row that it does not name yet can only come to it by a change of those that are reached.
    Column(usize),
}

/// The rows whose column has the value of the parameter of that number.
pub const fn asked(table: &'static str, column: &'static str, number: usize) -> Reach {
    Reach { table, column, by: By::Value(number), keyed: None, looks_at: None }
}

/// The rows whose column has a value that a column of the answer tells.
pub const fn told(table: &'static str, column: &'static str, answered: usize) -> Reach {
    Reach { table, column, by: By::Column(answered), keyed: None, looks_at: None }
}

impl Reach {
    /// All of them are told, with their keys in that column.
    pub const fn keyed(self, answered: usize) -> Reach {
        Reach { keyed: Some(answered), ..self }
    }

    /// Only these columns of them count.
    pub const fn looks(self, columns: &'static [&'static str]) -> Reach {
        Reach { looks_at: Some(columns), ..self }
    }
}

impl Change {
    /// Whether it sets that column.
    pub fn sets(&self, column: &str) -> bool {
        self.set.split(',').filter_map(|one| one.split_once('=')).any(|(name, _)| name.trim() == column)
    }
}

/// What a statement does, as far as the same can be done to many rows at once.
#[derive(Debug, Clone, Copy)]
pub enum Does {
    /// Writes one row, its values in the order of the columns.
    Insert(Row),
    /// Changes the row of the key `$1`.
    Update(Change),
    /// Anything else.
    Other,
}

/// A row that is written: the columns, and the constant ones that stand in every row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub table: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    /// A column that is the same text in all rows that the statement writes.
    pub always: Option<(&'static str, &'static str)>,
}

/// A change of the row of the key `$1`: what is set, under which further condition, and the kinds of `$1, $2, …`.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub table: &'static str,
    pub set: &'static str,
    pub guard: Option<&'static str>,
    pub kinds: &'static [Kind],
}

/// How a value is bound: everything is a whole number or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    Text,
}

impl Kind {
    /// The type of many such values.
    const fn array(self) -> &'static str {
        match self {
            Kind::Int => "bigint[]",
            Kind::Text => "text[]",
        }
    }
}

impl Statement {
    /// A question.
    pub const fn query(reads: Tables, sql: &'static str) -> Statement {
        Statement { sql, reads, writes: Tables::NONE, does: Does::Other, reaches: &[], at: None }
    }

    /// A change that is not one of a single row: what it looks at, and what it changes.
    pub const fn raw(reads: Tables, writes: Tables, sql: &'static str) -> Statement {
        Statement { sql, reads, writes, does: Does::Other, reaches: &[], at: None }
    }

    /// A change of the row of a key; `sql` is what `set` and `guard` come to.
    pub const fn update(writes: Tables, sql: &'static str, change: Change) -> Statement {
        Statement { sql, reads: Tables::NONE, writes, does: Does::Update(change), reaches: &[], at: None }
    }

    /// What begins and ends transactions, which is of no table.
    pub const fn control(sql: &'static str) -> Statement {
        Statement { sql, reads: Tables::NONE, writes: Tables::NONE, does: Does::Other, reaches: &[], at: None }
    }

    /// The same, of which is said which rows its answer is made of.
    pub const fn made_of(self, reaches: &'static [Reach]) -> Statement {
        Statement { reaches, ..self }
    }

    /// The same, of which is said which rows it changes.
    pub const fn at(self, column: &'static str, number: usize) -> Statement {
        Statement { at: Some((column, number)), ..self }
    }

    /// All tables that it has to do with.
    pub const fn touches(&self) -> Tables {
        self.reads.and(self.writes)
    }

    /// What tells it from every other statement of the program.
    pub fn place(&'static self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// The statement of a text that is made while the program runs; the same text is the same statement.
    pub fn made(sql: String, make: impl FnOnce(&'static str) -> Statement) -> &'static Statement {
        static MADE: LazyLock<Mutex<HashMap<&'static str, &'static Statement>>> = LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(sql.as_str()) {
            #[cfg(debug_assertions)]
            assert_eq!(known.reaches.len(), make(known.sql).reaches.len(), "another says of the rows of {sql}");
            return known;
        }
        let sql: &'static str = sql.leak();
        let statement: &'static Statement = Box::leak(Box::new(make(sql)));
        made.insert(sql, statement);
        statement
    }

    /// The kinds of its values, where it does to a row what can be done to many.
    pub fn kinds(&self) -> Option<Vec<Kind>> {
        match self.does {
            Does::Insert(row) => Some(row.columns.iter().map(|(_, kind)| *kind).collect()),
            Does::Update(change) => Some(change.kinds.to_vec()),
            Does::Other => None,
        }
    }

    /// The text that does to many rows what this one does to one, each value an array.
    pub fn of_many(&self) -> Option<String> {
        let kinds = self.kinds()?;
        let columns: Vec<String> = (1..=kinds.len()).map(|number| format!("c{number}")).collect();
        let arrays: Vec<String> =
            (1..).zip(&kinds).map(|(number, kind)| format!("${number}::{}", kind.array())).collect();
        let rows = format!("FROM unnest({}) AS v ({})", arrays.join(", "), columns.join(", "));
        let in_row = |text: &str| text.replace('$', "v.c");
        Some(match self.does {
            Does::Insert(row) => {
                let values: Vec<String> = (1..=kinds.len()).map(|number| format!("v.c{number}")).collect();
                let (names, values) = row.names_and(values);
                format!("INSERT INTO {} ({names}) SELECT {values} {rows}", row.table)
            }
            Does::Update(Change { table, set, guard, .. }) => {
                let guard = guard.map(|guard| format!(" AND {}", in_row(guard))).unwrap_or_default();
                format!("UPDATE {table} SET {} {rows} WHERE key = v.c1{guard}", in_row(set))
            }
            Does::Other => return None,
        })
    }
}

impl Row {
    /// The statement that writes one such row.
    pub fn insert(self, writes: Tables) -> &'static Statement {
        let values = (1..=self.columns.len()).map(|number| format!("${number}")).collect();
        let (names, values) = self.names_and(values);
        let sql = format!("INSERT INTO {} ({names}) VALUES ({values})", self.table);
        Statement::made(sql, |sql| Statement { does: Does::Insert(self), ..Statement::raw(Tables::NONE, writes, sql) })
    }

    /// The names of the columns and the values for them, the constant ones included.
    fn names_and(&self, mut values: Vec<String>) -> (String, String) {
        let mut names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        if let Some((name, always)) = self.always {
            names.push(name);
            values.push(format!("'{always}'"));
        }
        (names.join(", "), values.join(", "))
    }
}

/// A question to some tables: `query!([ticket, team], "SELECT …")`; the text may be pieced together from several. Behind it may be said
/// which rows its answer is made of: `[asked("ticket", "id", 1).keyed(0), told("team", "key", 2)]`.
#[macro_export]
macro_rules! query {
    ([$($table:ident),* $(,)?], $sql:expr, [$($reach:expr),* $(,)?]) => {{
        #[allow(unused_imports)]
        use $crate::store::engine::statement::{asked, told};
        static STATEMENT: $crate::store::engine::statement::Statement = $crate::store::engine::statement::Statement::query(
            const { $crate::store::engine::statement::Tables::of(&[$(stringify!($table)),*]) },
            $sql,
        )
        .made_of(&[$($reach),*]);
        &STATEMENT
    }};
    ([$($table:ident),* $(,)?], $sql:expr) => {{
        static STATEMENT: $crate::store::engine::statement::Statement = $crate::store::engine::statement::Statement::query(
            const { $crate::store::engine::statement::Tables::of(&[$(stringify!($table)),*]) },
            $sql,
        );
        &STATEMENT
    }};
}

/// A change that is not one of a single row, with the tables that it writes and those that it only reads:
/// `raw!(writes [ticket_tag], reads [], "DELETE FROM …")`; and where all rows that it writes have a value in common, which:
/// `raw!(writes [ticket_tag], reads [], "DELETE FROM ticket_tag WHERE ticket = $1", at ticket = 1)`.
#[macro_export]
macro_rules! raw {
    (writes [$($written:ident),* $(,)?], reads [$($read:ident),* $(,)?], $sql:expr, at $column:ident = $number:literal $(,)?) => {{
        static STATEMENT: $crate::store::engine::statement::Statement = $crate::store::engine::statement::Statement::raw(
            const { $crate::store::engine::statement::Tables::of(&[$(stringify!($read)),*]) },
            const { $crate::store::engine::statement::Tables::of(&[$(stringify!($written)),*]) },
            $sql,
        )
        .at(stringify!($column), $number);
        &STATEMENT
    }};
    (writes [$($written:ident),* $(,)?], reads [$($read:ident),* $(,)?], $sql:expr) => {{
        static STATEMENT: $crate::store::engine::statement::Statement = $crate::store::engine::statement::Statement::raw(
            const { $crate::store::engine::statement::Tables::of(&[$(stringify!($read)),*]) },
            const { $crate::store::engine::statement::Tables::of(&[$(stringify!($written)),*]) },
            $sql,
        );
        &STATEMENT
    }};
}

/// A row that is written, its values in that order, which many rows can be at once: `insert!(ticket_tag: ticket Int, tag Int)`.
#[macro_export]
macro_rules! insert {
    ($table:ident: $($column:ident $kind:ident),* $(,)?) => {{
        static STATEMENT: std::sync::OnceLock<&'static $crate::store::engine::statement::Statement> =
            std::sync::OnceLock::new();
        *STATEMENT.get_or_init(|| {
            $crate::store::engine::statement::Row {
                table: stringify!($table),
                columns: &[$((stringify!($column), $crate::store::engine::statement::Kind::$kind)),*],
                always: None,
            }
            .insert(const { $crate::store::engine::statement::Tables::of(&[stringify!($table)]) })
        })
    }};
}

/// A change of the row of the key `$1`, which many rows can have at once: `update!(document (Int, Int): "open = open + $2")`, and
/// with a further condition `… if "open + $2 >= 0")`.
#[macro_export]
macro_rules! update {
    ($table:ident ($($kind:ident),* $(,)?): $set:literal $(if $guard:literal)?) => {{
        static STATEMENT: $crate::store::engine::statement::Statement = $crate::store::engine::statement::Statement::update(
            const { $crate::store::engine::statement::Tables::of(&[stringify!($table)]) },
            concat!("UPDATE ", stringify!($table), " SET ", $set, " WHERE key = $1", $(" AND ", $guard)?),
            $crate::store::engine::statement::Change {
                table: stringify!($table),
                set: $set,
                guard: $crate::update!(@guard $($guard)?),
                kinds: &[$($crate::store::engine::statement::Kind::$kind),*],
            },
        );
        &STATEMENT
    }};
    (@guard) => { None };
    (@guard $guard:literal) => { Some($guard) };
}

#[cfg(debug_assertions)]
impl Statement {
    /// Panics where the text names other tables than are declared: what relies on the declaration would be wrong.
    #[allow(clippy::panic, reason = "a mistake of whoever wrote the statement, told by the first test that runs it")]
    pub fn check(&'static self) {
        // Once each: what runs over and over stays as it was written.
        static CHECKED: LazyLock<Mutex<super::places::ByPlace<usize, ()>>> = LazyLock::new(Mutex::default);
        let place_of_it = std::ptr::from_ref(self) as usize;
        if CHECKED.lock().unwrap_or_else(PoisonError::into_inner).insert(place_of_it, ()).is_some() {
            return;
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (mut named, mut mentioned, mut before) = (Tables::NONE, Tables::NONE, "");
        // A text between apostrophes names nothing.
        for word in
            self.sql.split('\'').step_by(2).flat_map(|bare| bare.split(|c| !is_word(c))).filter(|word| !word.is_empty())
        {
            if let Some(place) = place(word) {
                mentioned = mentioned.and(Tables::at(place));
                // The name of a table may also be the one of a column; only the keyword before tells them apart.
                if ["FROM", "JOIN", "INTO", "UPDATE"].contains(&before) {
                    named = named.and(Tables::at(place));
                }
            }
            before = word;
        }
        let reached = |table: usize| self.reaches.iter().any(|reach| place(reach.table) == Some(table));
        if !self.reaches.is_empty() && !self.reads.places().all(reached) {
            panic!("it is not said which rows of all its tables it reaches: {}", self.sql);
        }
        if !named.are_within(self.touches()) || !self.touches().are_within(mentioned) {
            panic!("what is declared of its tables is not what it names: {}", self.sql);
        }
    }
}
