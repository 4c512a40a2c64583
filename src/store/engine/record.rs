//! Records read and written by the description of their table: a struct says once which field is which column, and the
//! statements are made from that.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use super::places::{ByPlace, Place, place_of};
use super::row::Row;
use super::statement::{Kind, Reach, Row as NewRow, Statement, Tables, asked, told};
use super::table::{Column, CurrencyOf, FoundBy, From, Holds, MERGED_INTO, Order, Table};
use super::{Db, Key, Result, StoreError, Value};
use crate::domain::product::UnitPrice;
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::{self, Reference};
use crate::params;

/// A struct whose fields are columns of a described table; `described!` makes it one.
pub trait Described: Sized + 'static {
    /// The table that its rows lie in.
    fn table() -> &'static Table;
    /// The record of a row that `select` of its table answers.
    fn read(cells: &mut Cells<'_, '_>) -> Result<Self>;
    /// The values of its fields, in the order of the columns.
    fn values(&self) -> Vec<Value<'_>>;
    /// The key of its row.
    fn key(&self) -> Key;
    /// Makes true what depends on the day, such as whether a coupon is expired; filters see it so.
    fn as_of(&mut self, _today: Day) {}
    /// Loads what does not stand in the rows themselves, such as lines, for all of them together.
    fn complete(_db: &Db, _records: &mut [Self]) -> Result<()> {
        Ok(())
    }
}

/// The columns of a row, taken one after the other.
pub struct Cells<'c, 'r> {
    row: &'c Row<'r>,
    at: usize,
    currency: Option<Currency>,
}

impl<'c, 'r> Cells<'c, 'r> {
    /// The columns of a row; amounts are in that currency until one is read.
    pub fn of(row: &'c Row<'r>, currency: Option<Currency>) -> Cells<'c, 'r> {
        Cells { row, at: 0, currency }
    }

    /// The value of the next field.
    pub fn take<T: Field>(&mut self) -> Result<T> {
        T::take(self)
    }

    /// The next column as it is.
    fn next<T: super::row::Column>(&mut self) -> Result<T> {
        self.at += 1;
        T::read(self.row, self.at - 1)
    }

    fn currency(&self) -> Result<Currency> {
        self.currency.ok_or_else(|| StoreError::Fault("an amount is read before its currency".to_owned()))
    }
}

/// What a field of a record can be: how it is taken from the columns of a row, and bound to them.
pub trait Field: Sized {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self>;
    fn bind(&self) -> Value<'_>;
}

macro_rules! plain_fields {
    ($($kind:ty),* $(,)?) => { $(
        impl Field for $kind {
            fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
                cells.next()
            }
            fn bind(&self) -> Value<'_> {
                Value::from(*self)
            }
        }
    )* };
}
plain_fields!(
    i64,
    Option<i64>,
    bool,
    Quantity,
    Option<Quantity>,
    Price,
    Option<Price>,
    Percent,
    Option<Percent>,
    Day,
    Option<Day>,
    Instant,
    Option<Instant>
);

/// Makes a type that is stored as its word a field of records, and readable from a column.
#[macro_export]
macro_rules! field_of_words {
    ($($kind:ty),* $(,)?) => { $(
        $crate::field_stored_as!($kind, |value| $crate::store::Value::from(value.word()));
    )* };
}

/// Makes a type that is stored as its text a field of records, and readable from a column.
#[macro_export]
macro_rules! field_of_text {
    ($($kind:ty),* $(,)?) => { $(
        $crate::field_stored_as!($kind, |value| $crate::store::Value::from(value.to_string()));
    )* };
}

/// Makes a type that is stored as a text a field of records, and readable from a column.
#[macro_export]
macro_rules! field_stored_as {
    ($kind:ty, |$value:ident| $stored:expr) => {
        $crate::column_of_text!($kind);
        impl $crate::store::engine::record::Field for $kind {
            fn take(cells: &mut $crate::store::engine::record::Cells<'_, '_>) -> $crate::store::Result<Self> {
                cells.take_column()
            }
            fn bind(&self) -> $crate::store::Value<'_> {
                let $value = self;
                $stored
            }
        }
        impl $crate::store::engine::record::Field for Option<$kind> {
            fn take(cells: &mut $crate::store::engine::record::Cells<'_, '_>) -> $crate::store::Result<Self> {
                cells.take_column()
            }
            fn bind(&self) -> $crate::store::Value<'_> {
                self.as_ref().map_or($crate::store::Value::Null, |$value| $stored)
            }
        }
    };
}

impl Cells<'_, '_> {
    /// The next column as it is; for fields that `field_of_words` makes.
    pub fn take_column<T: super::row::Column>(&mut self) -> Result<T> {
        self.next()
    }
}

impl Field for String {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        cells.next()
    }
    fn bind(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl Field for Option<String> {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        cells.next()
    }
    fn bind(&self) -> Value<'_> {
        Value::from(self)
    }
}

impl Field for Reference {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        Ok(Reference { key: cells.next()?, id: cells.next()? })
    }
    fn bind(&self) -> Value<'_> {
        Value::Int(self.key)
    }
}

impl Field for Option<Reference> {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        let (key, id): (Option<Key>, Option<String>) = (cells.next()?, cells.next()?);
        Ok(key.zip(id).map(|(key, id)| Reference { key, id }))
    }
    fn bind(&self) -> Value<'_> {
        Value::from(self)
    }
}

impl Field for Currency {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        let currency = cells.row.currency(cells.at)?;
        cells.at += 2;
        cells.currency = Some(currency);
        Ok(currency)
    }
    fn bind(&self) -> Value<'_> {
        Value::from(*self)
    }
}

impl Field for Money {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        Ok(Money { currency: cells.currency()?, minor: cells.next()? })
    }
    fn bind(&self) -> Value<'_> {
        Value::Int(self.minor)
    }
}

impl Field for Option<Money> {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        let currency = cells.currency()?;
        Ok(cells.next::<Option<i64>>()?.map(|minor| Money { minor, currency }))
    }
    fn bind(&self) -> Value<'_> {
        Value::from(self.map(|money| money.minor))
    }
}

impl Field for UnitPrice {
    fn take(cells: &mut Cells<'_, '_>) -> Result<Self> {
        Ok(UnitPrice { currency: cells.currency()?, price: cells.next()? })
    }
    fn bind(&self) -> Value<'_> {
        Value::from(self.price)
    }
}

/// A list stands in rows of its own, which `complete` loads.
impl<T> Field for Vec<T> {
    fn take(_: &mut Cells<'_, '_>) -> Result<Self> {
        Ok(Vec::new())
    }
    fn bind(&self) -> Value<'_> {
        Value::Null
    }
}

/// Says which field of a struct is which column of its table, in the order in which a record is told, and behind `beside` the
/// columns that no field holds:
///
/// ```ignore
/// described! { Tag in TAG { id: id(), name: text().searched() } beside { name_folded: folded("name") } }
/// pub static TAG: Table = records("tag", "tag", Tag::COLUMNS);
/// ```
#[macro_export]
macro_rules! described {
    ($record:ident in $table:ident { $($field:ident: $column:expr),* $(,)? }
     $(beside { $($other:ident: $beside:expr),* $(,)? })? $(complete $complete:ident)? $(as_of $as_of:path)?) => {
        impl $record {
            /// The columns of its table, in the order in which a record is told.
            const COLUMNS: &'static [$crate::store::engine::table::Column] = &[
                $($column.of_field(stringify!($field)),)*
                $($($beside.of_field(stringify!($other)),)*)?
            ];
        }
        impl $crate::store::engine::record::Described for $record {
            fn table() -> &'static $crate::store::engine::table::Table {
                &$table
            }
            fn read(cells: &mut $crate::store::engine::record::Cells<'_, '_>) -> $crate::store::Result<Self> {
                Ok($record { key: cells.take()?, $($field: cells.take()?),* })
            }
            fn values(&self) -> Vec<$crate::store::Value<'_>> {
                vec![$($crate::store::engine::record::Field::bind(&self.$field)),*]
            }
            fn key(&self) -> $crate::store::Key {
                self.key
            }
            $(fn complete(db: &$crate::store::Db, records: &mut [Self]) -> $crate::store::Result<()> {
                $complete(db, records)
            })?
            $(fn as_of(&mut self, today: $crate::domain::value::day::Day) {
                $as_of(self, today);
            })?
        }
    };
}

/// The statements of a table, each made from its description when it is first asked for.
struct Made {
    table: &'static Table,
    select: OnceLock<Select>,
    insert: OnceLock<&'static Statement>,
    update: OnceLock<Option<&'static Statement>>,
    by_id: OnceLock<&'static Statement>,
    by_exact: OnceLock<Vec<&'static Statement>>,
    by_key: OnceLock<&'static Statement>,
    children: OnceLock<Option<&'static Children>>,
    delete_rows: OnceLock<Option<&'static Statement>>,
}

impl Made {
    fn select(&self) -> &Select {
        self.select.get_or_init(|| select_of(self.table))
    }

    fn insert(&self) -> &'static Statement {
        self.insert.get_or_init(|| insert_of(self.table))
    }

    fn update(&self) -> Option<&'static Statement> {
        *self.update.get_or_init(|| update_of(self.table))
    }

    fn by_id(&self) -> &'static Statement {
        self.by_id.get_or_init(|| self.by("id"))
    }

    /// By what a reference is looked up in first, as far as that is the text as it was typed.
    fn by_exact(&self) -> &[&'static Statement] {
        self.by_exact.get_or_init(|| exact_columns(self.table).map(|column| self.by(column)).collect())
    }

    fn by_key(&self) -> &'static Statement {
        self.by_key.get_or_init(|| self.by("key"))
    }

    fn by(&self, column: &'static str) -> &'static Statement {
        let compared = if column == "id" { id_of(self.table) } else { format!("t.{column}") };
        self.select().by(self.table, column, &compared)
    }

    /// The question for the rows of a list in some records; none of a table that is no list.
    fn children(&self) -> Option<&'static Children> {
        *self
            .children
            .get_or_init(|| Some(Box::leak(Box::new(Children::of(self.table, self.table.parent?, self.select())))))
    }

    /// What removes the rows of a list in a record; none of a table that is no list.
    fn delete_rows(&self) -> Option<&'static Statement> {
        *self.delete_rows.get_or_init(|| {
            let (name, parent) = (self.table.name, self.table.parent?);
            Some(Statement::made(format!("DELETE FROM {name} WHERE {parent} = $1"), |sql| {
                Statement::raw(Tables::NONE, Tables::of(&[name]), sql).at(parent, 1)
            }))
        })
    }
}

/// The question for the rows of a list, in pieces around the keys of the records that they stand in.
struct Children {
    head: String,
    parent: String,
    rest: String,
    reads: Tables,
    reaches: &'static [Reach],
}

impl Children {
    fn of(table: &Table, parent: &'static str, select: &Select) -> Children {
        let order = match table.order {
            Order::Key => "key",
            Order::KeyedLine(column) | Order::Column(column) | Order::Place(column) => column,
        };
        let own = asked(table.name, parent, 1);
        Children {
            head: format!("SELECT {}, t.{parent} FROM {}", select.columns, select.from),
            parent: format!("t.{parent}"),
            rest: format!(" ORDER BY t.{parent}, t.{order}"),
            reads: select.reads.and(select.told),
            reaches: select.all_reaches(&[if table.has_key() { own.keyed(0) } else { own }]),
        }
    }
}

/// `SELECT columns FROM the table and what it links to`, to be followed by conditions.
pub struct Select {
    columns: String,
    from: String,
    /// The tables that rows come from.
    reads: Tables,
    /// The tables that expressions among the columns read beside them.
    told: Tables,
    table: &'static Table,
    /// The rows that columns are read from beside those of the table itself; none where that is not known of all of them.
    reaches: Option<Vec<Reach>>,
}

fn made(table: &'static Table) -> &'static Made {
    static MADE: LazyLock<Mutex<ByPlace<usize, &'static Made>>> = LazyLock::new(Mutex::default);
    let place = std::ptr::from_ref(table) as usize;
    MADE.lock().unwrap_or_else(PoisonError::into_inner).entry(place).or_insert_with(|| {
        Box::leak(Box::new(Made {
            table,
            select: OnceLock::new(),
            insert: OnceLock::new(),
            update: OnceLock::new(),
            by_id: OnceLock::new(),
            by_exact: OnceLock::new(),
            by_key: OnceLock::new(),
            children: OnceLock::new(),
            delete_rows: OnceLock::new(),
        }))
    })
}

/// What the id of a record is compared by: its own column, or what it is made of.
fn id_of(table: &Table) -> String {
    let id = table.columns.iter().find(|column| matches!(column.holds, Holds::Id));
    match id.map(|column| column.from) {
        Some(From::Sql(sql)) => format!("({sql})"),
        _ => "t.id".to_owned(),
    }
}

/// The columns that a reference is looked up in first, as it was typed.
fn exact_columns(table: &Table) -> impl Iterator<Item = &'static str> + use<> {
    table.found_by.iter().map_while(|found_by| match found_by {
        FoundBy::Exactly(column) => Some(*column),
        _ => None,
    })
}

/// The statement that writes a row: the values of its columns, then its key, the row it stands in and its place there, as far as
/// the table has them.
pub fn insert_of(table: &'static Table) -> &'static Statement {
    let mut columns: Vec<(&str, Kind)> = table
        .columns
        .iter()
        .filter(|column| column.is_stored())
        .map(|column| (column.name, column.holds.kind()))
        .collect();
    if table.is_keyed() {
        columns.push(("key", Kind::Int));
    }
    columns.extend(table.parent.map(|parent| (parent, Kind::Int)));
    if let Order::Place(place) = table.order {
        columns.push((place, Kind::Int));
    }
    let always = table.only.map(|kind| ("kind", kind));
    NewRow { table: table.name, columns: columns.leak(), always }.insert(Tables::of(&[table.name]))
}

/// The columns that an edit may change: all that fields hold, and what is folded from them, but the id.
fn changeable(table: &Table) -> impl Iterator<Item = &'static Column> + use<> {
    table.columns.iter().filter(|column| {
        column.holds.is_in_row()
            && matches!(column.from, From::Field)
            && !matches!(column.holds, Holds::Id | Holds::Always(_))
    })
}

fn update_of(table: &'static Table) -> Option<&'static Statement> {
    if !table.is_keyed() {
        return None;
    }
    let set: Vec<String> =
        (2..).zip(changeable(table)).map(|(number, column)| format!("{} = ${number}", column.name)).collect();
    if set.is_empty() {
        return None;
    }
    let mut kinds = vec![Kind::Int];
    kinds.extend(changeable(table).map(|column| column.holds.kind()));
    let change =
        super::statement::Change { table: table.name, set: set.join(", ").leak(), guard: None, kinds: kinds.leak() };
    let sql = format!("UPDATE {} SET {} WHERE key = $1", table.name, change.set);
    Some(Statement::made(sql, |sql| Statement::update(Tables::of(&[table.name]), sql, change)))
}

/// What the row that a column links to is called in a statement.
fn alias(column: &Column) -> String {
    format!("{}_", column.shown)
}

fn select_of(table: &'static Table) -> Select {
    let mut columns = vec!["t.key".to_owned()];
    let mut from = format!("{} t", table.name);
    let (mut reads, mut told_of) = (Tables::of(&[table.name]), Tables::NONE);
    let mut reaches = Some(Vec::new());
    let is_field = |column: &&Column| match column.from {
        From::Field => !matches!(column.holds, Holds::Folded(..) | Holds::Always(_)),
        From::Sql(_) => true,
        From::Store(_) | From::Record => false,
    };
    for column in table.columns.iter().filter(is_field).filter(|column| column.holds.is_in_row()) {
        let own = match column.from {
            From::Sql(sql) => format!("({sql})"),
            _ => format!("t.{}", column.name),
        };
        told_of = told_of.and(Tables::of(column.reads));
        let place = columns.len();
        columns.push(own.clone());
        if let From::Sql(sql) = column.from {
            reaches = reaches.filter(|_| !sql.contains("SELECT") || !column.found.is_empty());
        }
        let found = reaches.iter_mut();
        found.for_each(|reaches| {
            reaches.extend(column.found.iter().map(|(table, by, columns)| told(table, by, 0).looks(columns)))
        });
        let linked = match column.holds {
            Holds::Link(linked) => Some((linked, format!("{}.id", alias(column)))),
            Holds::Numbered(linked) => Some((linked, format!("COALESCE({0}.number, {0}.id)", alias(column)))),
            _ => None,
        };
        if let Some((linked, id)) = linked.filter(|_| column.is_shown) {
            // Never an inner one, from which an engine could begin: the row itself is what conditions and order are about. And a
            // question that asks for nothing of what is linked is answered without it.
            from.push_str(&format!(" LEFT JOIN {linked} {0} ON {0}.key = {own}", alias(column)));
            reads = reads.and(Tables::of(&[linked]));
            reaches.iter_mut().for_each(|reaches| reaches.push(told(linked, "key", place)));
            columns.push(id);
        }
        if matches!(column.holds, Holds::Currency) {
            reaches.iter_mut().for_each(|reaches| reaches.push(told("currency", "code", place)));
            from.push_str(&format!(" JOIN currency currency_ ON currency_.code = {own}"));
            reads = reads.and(Tables::of(&["currency"]));
            columns.push("currency_.digits".to_owned());
        }
    }
    Select { columns: columns.join(", "), from, reads, told: told_of, table, reaches }
}

/// Conditions over the row `t`, and whether the kind of the record leads before them.
pub(in crate::store) type Led<'c> = (&'c [String], bool);

impl Select {
    /// The question whose condition, order and limit are `rest`.
    pub fn with(&self, conditions: &[String], rest: &str) -> &'static Statement {
        self.reading(Tables::NONE, (conditions, false), rest)
    }

    /// The question for the rows that have the value `$1` in a column, which is compared as `compared`.
    fn by(&self, table: &Table, column: &'static str, compared: &str) -> &'static Statement {
        let own = asked(table.name, column, 1);
        let own = if column == "key" { own } else { own.keyed(0) };
        let is_stored = column == "key" || compared == format!("t.{column}");
        let reaches: &[Reach] = if is_stored { &[own] } else { &[] };
        self.of_rows(reaches, &[format!("{compared} = $1")], "")
    }

    /// The question whose condition, order and limit are `rest`, of which is known which of its table's rows answer it.
    pub fn of_rows(&self, own: &[Reach], conditions: &[String], rest: &str) -> &'static Statement {
        self.of(&self.columns, self.told, self.all_reaches(own), (conditions, false), rest)
    }

    /// The rows that an answer is made of, where that is known of the table's own and of all others.
    fn all_reaches(&self, own: &[Reach]) -> &'static [Reach] {
        match &self.reaches {
            Some(reaches) if !own.is_empty() => [own, reaches].concat().leak(),
            _ => &[],
        }
    }

    /// The same, where conditions read other tables beside, and it is said whether the kind of the record leads (`Table::of_kind`).
    pub(in crate::store) fn reading(&self, also: Tables, conditions: Led<'_>, rest: &str) -> &'static Statement {
        self.of(&self.columns, also.and(self.told), &[], conditions, rest)
    }

    /// The question for nothing but the keys.
    pub(super) fn keys(&self, also: Tables, conditions: Led<'_>, rest: &str) -> &'static Statement {
        self.of("t.key", also, &[], conditions, rest)
    }

    /// The question for figures over all of the rows.
    pub(super) fn figures(&self, figures: &str, also: Tables, conditions: Led<'_>) -> &'static Statement {
        self.of(figures, also, &[], conditions, "")
    }

    fn of(
        &self,
        columns: &str,
        also: Tables,
        reaches: &'static [Reach],
        (conditions, kind_leads): Led<'_>,
        rest: &str,
    ) -> &'static Statement {
        let only = self.table.of_kind("t", kind_leads);
        let conditions: Vec<&str> = conditions.iter().chain(&only).map(String::as_str).collect();
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let reads = self.reads.and(also);
        Statement::made(format!("SELECT {columns} FROM {}{filter}{rest}", self.from), |sql| {
            Statement::query(reads, sql).made_of(reaches)
        })
    }
}

/// The question for records of a kind, to be completed by conditions over the row `t`.
pub fn select<T: Described>() -> &'static Select {
    made(T::table()).select()
}

/// The currency that amounts of such records are in, where they name none of their own.
fn currency_of<T: Described>(db: &Db) -> Result<Option<Currency>> {
    let table = T::table();
    let has_amounts = table.columns.iter().any(|column| matches!(column.holds, Holds::Amount | Holds::Price));
    match table.currency {
        CurrencyOf::Desk if has_amounts => db.desk_currency().map(Some),
        _ => Ok(None),
    }
}

/// The records that a question made by `select` answers, without what `complete` loads.
pub fn all<T: Described>(db: &Db, statement: &'static Statement, params: &[Value<'_>]) -> Result<Vec<T>> {
    let currency = currency_of::<T>(db)?;
    db.query(statement, params, |row| T::read(&mut Cells::of(row, currency)))
}

fn one<T: Described>(db: &Db, statement: &'static Statement, params: &[Value<'_>]) -> Result<Option<T>> {
    let currency = currency_of::<T>(db)?;
    db.query_opt(statement, params, |row| T::read(&mut Cells::of(row, currency)))
}

/// Records that a question made by `select!` answers, complete.
pub fn all_complete<T: Described>(db: &Db, statement: &'static Statement, params: &[Value<'_>]) -> Result<Vec<T>> {
    let mut records = all(db, statement, params)?;
    T::complete(db, &mut records)?;
    Ok(records)
}

/// The first record that a question made by `select!` answers, without what `complete` loads.
pub fn first<T: Described>(db: &Db, statement: &'static Statement, params: &[Value<'_>]) -> Result<Option<T>> {
    one(db, statement, params)
}

/// The question for records of a kind by a condition over their row `t` and what follows it, made once:
/// `select!(Coupon, "t.code_folded = $1", "")`. Behind it may be said which rows of the table answer it, as with `query!`.
#[macro_export]
macro_rules! select {
    ($record:ty, $condition:expr, $rest:expr, [$($reach:expr),* $(,)?]) => {{
        #[allow(unused_imports)]
        use $crate::store::engine::statement::{asked, told};
        static STATEMENT: std::sync::OnceLock<&'static $crate::store::engine::statement::Statement> =
            std::sync::OnceLock::new();
        *STATEMENT.get_or_init(|| {
            $crate::store::engine::record::select::<$record>().of_rows(&[$($reach),*], &[($condition).to_owned()], $rest)
        })
    }};
    ($record:ty, $condition:expr, $rest:expr) => {{
        static STATEMENT: std::sync::OnceLock<&'static $crate::store::engine::statement::Statement> =
            std::sync::OnceLock::new();
        *STATEMENT
            .get_or_init(|| $crate::store::engine::record::select::<$record>().with(&[($condition).to_owned()], $rest))
    }};
}

/// The record of that key, complete; none there is a damaged store.
pub fn by_key<T: Described>(db: &Db, key: Key) -> Result<T> {
    let found = one::<T>(db, made(T::table()).by_key(), params![key])?;
    let found = found.ok_or_else(|| StoreError::Damaged(format!("{} has no row {key}", T::table().name)))?;
    completed(db, found)
}

/// The records of those keys, complete, in the order of the keys; one that is not there is left out.
pub fn by_keys<T: Described>(db: &Db, keys: &[Key]) -> Result<Vec<T>> {
    let mut found: HashMap<Key, T> = HashMap::with_capacity(keys.len());
    for some in keys.chunks(TOGETHER) {
        let places = places_for(some);
        let statement = select::<T>().with(&[format!("t.key IN ({})", parameters(places))], "");
        found.extend(all::<T>(db, statement, &padded(some, places))?.into_iter().map(|record| (record.key(), record)));
    }
    let mut records: Vec<T> = keys.iter().filter_map(|key| found.remove(key)).collect();
    T::complete(db, &mut records)?;
    Ok(records)
}

/// How many places a statement for these keys has.
fn places_for(keys: &[Key]) -> usize {
    if keys.len() <= FEW { FEW } else { TOGETHER }
}

/// So many parameters, as they stand in a statement.
fn parameters(places: usize) -> String {
    (1..=places).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Some keys as the values of a statement with so many places: one that is left over asks for the first again.
fn padded(keys: &[Key], places: usize) -> Vec<Value<'static>> {
    (0..places).filter_map(|at| keys.get(at).or(keys.first())).map(|key| Value::Int(*key)).collect()
}

/// The record with that id, complete.
pub fn by_id<T: Described>(db: &Db, id: &str) -> Result<Option<T>> {
    let found = one::<T>(db, made(T::table()).by_id(), params![id])?;
    found.map(|found| completed(db, found)).transpose()
}

/// The question for the key of the row with the id `$1`.
pub fn key_by_id(table: &'static str) -> &'static Statement {
    Statement::made(format!("SELECT key FROM {table} WHERE id = $1"), |sql| {
        Statement::query(Tables::of(&[table]), sql).made_of(vec![asked(table, "id", 1).looks(&[])].leak())
    })
}

/// Whether a record of the table has exactly that id.
pub fn has_id(db: &Db, table: &'static Table, id: &str) -> Result<bool> {
    Ok(db.query_opt(key_by_id(table.name), params![id], |row| row.get::<Key>(0))?.is_some())
}

/// Asks ahead for the records that a typed reference may stand for, where that saves waiting for them.
pub fn ahead<T: Described>(db: &Db, given: &str) -> Result<()> {
    let made = made(T::table());
    made.by_exact().first().map_or(Ok(()), |statement| db.ahead(statement, params![given]))?;
    match reference::padded(given) {
        Some(padded) => db.ahead(made.by_id(), params![padded]),
        None => Ok(()),
    }
}

/// The record with what `complete` loads.
pub fn completed<T: Described>(db: &Db, record: T) -> Result<T> {
    let mut records = [record];
    T::complete(db, &mut records)?;
    let [record] = records;
    Ok(record)
}

/// What a typed reference stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    Nothing,
    One(T),
    /// Several records have that name; their ids.
    Several(Vec<String>),
}

impl<T> Found<T> {
    /// The same of something made from it.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Found::Nothing => Found::Nothing,
            Found::One(one) => Found::One(make(one)),
            Found::Several(ids) => Found::Several(ids),
        }
    }
}

/// What a typed reference stands for, and the id of the record that it names where that was merged into the found one.
pub struct Traced<T> {
    pub found: Found<T>,
    pub merged: Option<String>,
}

impl<T> std::convert::From<Found<T>> for Traced<T> {
    fn from(found: Found<T>) -> Traced<T> {
        Traced { found, merged: None }
    }
}

/// Looks a typed reference up in what records of the table are found by, one after the other (contract, section 2). An id that
/// it has the shape of goes before a name.
pub fn find_key(db: &Db, table: &'static Table, given: &str) -> Result<Found<Reference>> {
    Ok(trace_key(db, table, given)?.found)
}

/// The same, telling whether what it names was merged.
pub fn trace_key(db: &Db, table: &'static Table, given: &str) -> Result<Traced<Reference>> {
    find_key_by(db, table, table.found_by, given)
}

/// The same, looked up in these one after the other.
pub fn find_key_by(db: &Db, table: &'static Table, found_by: &[FoundBy], given: &str) -> Result<Traced<Reference>> {
    let own = Tables::of(&[table.name]);
    if let Some(Column { from: From::Sql(_), .. }) =
        table.columns.iter().find(|column| matches!(column.holds, Holds::Id))
    {
        let found = db.query_opt(made(table).by_id(), params![given], |row| row.get::<Key>(0))?;
        let one = |key| Found::One(Reference { key, id: given.to_owned() });
        return Ok(found.map_or(Found::Nothing, one).into());
    }
    let ask = |column: &'static str, text: &str| -> Result<(Vec<Reference>, Option<String>)> {
        let statement = of_pieces(["key, id", table.name, table.only.unwrap_or_default(), column], || {
            let only = table.of_kind("t", false).map(|only| format!(" AND {only}")).unwrap_or_default();
            let name = table.name;
            // What was merged stands for the one that it was merged into.
            let (merged, join) = match table.merges() {
                true => (", m.key, m.id", format!(" LEFT JOIN {name} m ON m.key = t.{MERGED_INTO}")),
                false => ("", String::new()),
            };
            let merged_rows = table.merges().then(|| told(name, "key", 2));
            let reaches: Vec<Reach> = [asked(name, column, 1).keyed(0)].into_iter().chain(merged_rows).collect();
            let sql = format!(
                "SELECT t.key, t.id{merged} FROM {name} t{join} WHERE t.{column} = $1{only} ORDER BY t.key LIMIT 20"
            );
            Statement::made(sql, |sql| Statement::query(own, sql).made_of(reaches.leak()))
        });
        let (mut found, mut merged) = (Vec::new(), None);
        db.each(statement, params![text], |row| {
            let mut one = row.reference(0)?;
            if let Some(into) = if table.merges() { row.optional_reference(2)? } else { None } {
                merged = Some(std::mem::replace(&mut one, into).id);
            }
            if !found.contains(&one) {
                found.push(one);
            }
            Ok(())
        })?;
        Ok((found, merged))
    };
    let padded_in = |column: &'static str| match reference::padded(given) {
        Some(padded) => ask(column, &padded),
        None => Ok((Vec::new(), None)),
    };
    for found_by in found_by {
        let (found, merged) = match found_by {
            FoundBy::Exactly(column) => ask(column, given)?,
            FoundBy::Padded => padded_in("id")?,
            FoundBy::PaddedIn(column) => padded_in(column)?,
            // A name or an e-mail means whoever has it by now.
            FoundBy::Folded(column) => (ask(column, &folded_as(table, column, given))?.0, None),
        };
        let mut found = found.into_iter();
        match (found.next(), found.len()) {
            (None, _) => {}
            (Some(one), 0) => return Ok(Traced { found: Found::One(one), merged }),
            (Some(one), _) => {
                return Ok(Found::Several(std::iter::once(one).chain(found).map(|one| one.id).collect()).into());
            }
        }
    }
    Ok(Found::Nothing.into())
}

/// The text as that folded column would hold it.
fn folded_as(table: &Table, column: &str, text: &str) -> String {
    let fold = table.columns.iter().find(|known| known.name == column).and_then(|known| match known.holds {
        Holds::Folded(_, fold) => Some(fold),
        _ => None,
    });
    fold.map_or_else(|| text.to_owned(), |fold| fold(text))
}

/// The record that a found one stands for: the one that it was merged into, where it was.
fn merged<T: Described>(db: &Db, found: T) -> Result<Traced<T>> {
    let Some(key) = merged_into(&found) else {
        return Ok(Found::One(found).into());
    };
    let into = one::<T>(db, made(T::table()).by_key(), params![key])?
        .ok_or_else(|| StoreError::Damaged(format!("{} has no row {key}", T::table().name)))?;
    Ok(Traced { found: Found::One(into), merged: reference_of(&found).map(|found| found.id) })
}

/// The key of the record that this one was merged into.
pub fn merged_into<T: Described>(record: &T) -> Option<Key> {
    let place = T::table().columns.iter().position(|column| column.name == MERGED_INTO)?;
    match record.values().get(place) {
        Some(Value::Int(key)) => Some(*key),
        _ => None,
    }
}

/// Key and id of a record of a table whose records can be merged; none of another.
pub fn reference_of<T: Described>(record: &T) -> Option<Reference> {
    let table = T::table();
    let place = table.columns.iter().position(|column| matches!(column.holds, Holds::Id)).filter(|_| table.merges())?;
    match record.values().get(place) {
        Some(Value::Text(id)) => Some(Reference { key: record.key(), id: id.to_string() }),
        _ => None,
    }
}

/// The record that a typed reference stands for, complete.
pub fn find<T: Described>(db: &Db, given: &str) -> Result<Found<T>> {
    match find_bare(db, given)? {
        Found::One(found) => Ok(Found::One(completed(db, found)?)),
        other => Ok(other),
    }
}

/// The same without what `complete` loads.
pub fn find_bare<T: Described>(db: &Db, given: &str) -> Result<Found<T>> {
    Ok(trace(db, given)?.found)
}

/// The same, telling whether what it names was merged.
pub fn trace<T: Described>(db: &Db, given: &str) -> Result<Traced<T>> {
    let table = T::table();
    // What most references are: one question for it and all of its record.
    let by_exact = made(table).by_exact();
    for statement in by_exact {
        if let Some(found) = one::<T>(db, statement, params![given])? {
            return merged(db, found);
        }
    }
    let mut others = table.found_by.get(by_exact.len()..).unwrap_or_default();
    if let Some((FoundBy::Padded, behind)) = others.split_first() {
        others = behind;
        if let Some(padded) = reference::padded(given)
            && let Some(found) = one::<T>(db, made(table).by_id(), params![padded])?
        {
            return merged(db, found);
        }
    }
    let Traced { found, merged } = find_key_by(db, table, others, given)?;
    let found = match found {
        Found::One(reference) => {
            one::<T>(db, made(table).by_key(), params![reference.key])?.map_or(Found::Nothing, Found::One)
        }
        Found::Nothing => Found::Nothing,
        Found::Several(ids) => Found::Several(ids),
    };
    Ok(Traced { found, merged })
}

/// The values of a record's columns as they are stored, in the order of the description.
fn stored_values<'v, T: Described>(record: &'v T, is_written: impl Fn(&Column) -> bool) -> Vec<Value<'v>> {
    let table = T::table();
    let fields = record.values();
    let text_of = |name: &str| {
        table.columns.iter().zip(&fields).find(|(column, _)| column.name == name).and_then(|(_, value)| match value {
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        })
    };
    let mut values = Vec::with_capacity(table.columns.len() + 1);
    for (place, column) in table.columns.iter().enumerate().filter(|(_, column)| is_written(column)) {
        values.push(match (column.from, column.holds) {
            (From::Store(number), _) => Value::from(number),
            (_, Holds::Always(number)) => Value::Int(number),
            (_, Holds::Folded(of, fold)) => text_of(of).map_or(Value::Null, |text| Value::from(fold(&text))),
            _ => fields.get(place).cloned().unwrap_or(Value::Null),
        });
    }
    values
}

/// Writes a new record, without what stands in rows of its own.
pub fn insert<T: Described>(db: &Db, record: &T) -> Result<()> {
    let mut values = stored_values(record, Column::is_stored);
    values.push(Value::Int(record.key()));
    db.write(made(T::table()).insert(), &values)
}

/// Writes a new record that stands in a list of that row.
pub fn insert_in<T: Described>(db: &Db, parent: Key, record: &T) -> Result<()> {
    let mut values = stored_values(record, Column::is_stored);
    values.extend([Value::Int(record.key()), Value::Int(parent)]);
    db.write(made(T::table()).insert(), &values)
}

/// Writes the rows of a list of a record as they are after a change. What is gone goes first, so that the numbers of its lines are
/// free; lines only move up, and what is new comes last.
pub fn update_rows<T: Described + PartialEq>(db: &Db, parent: Key, before: &[T], after: &[T]) -> Result<()> {
    for gone in before.iter().filter(|row| !after.iter().any(|kept| kept.key() == row.key())) {
        delete(db, gone)?;
    }
    for row in after {
        match before.iter().find(|known| known.key() == row.key()) {
            Some(known) if known == row => {}
            Some(_) => update(db, row)?,
            None => insert_in(db, parent, row)?,
        }
    }
    Ok(())
}

/// Writes what an edit may have changed of a record: every field but its id, without what stands in rows of its own.
pub fn update<T: Described>(db: &Db, record: &T) -> Result<()> {
    let table = T::table();
    let statement = made(table)
        .update()
        .ok_or_else(|| StoreError::Fault(format!("rows of {} are not changed by their key", table.name)))?;
    let is_changeable = |column: &Column| changeable(table).any(|other| other.name == column.name);
    let mut values = vec![Value::Int(record.key())];
    values.extend(stored_values(record, is_changeable));
    db.change_one(statement, &values)
}

/// Removes a row that stands in a list of another.
pub fn delete<T: Described>(db: &Db, row: &T) -> Result<()> {
    let name = T::table().name;
    let delete = Statement::made(format!("DELETE FROM {name} WHERE key = $1"), |sql| {
        Statement::raw(Tables::NONE, Tables::of(&[name]), sql).at("key", 1)
    });
    db.change_one(delete, params![row.key()])
}

/// Writes the rows of a list that hold one value each, such as a record's tags, in place of those before.
pub fn set_links<'k, T: Described>(
    db: &Db,
    list: &'static Table,
    record: &T,
    linked: impl Iterator<Item = Value<'k>>,
) -> Result<()> {
    delete_rows(db, list, record)?;
    add_links(db, list, record, linked)
}

/// Removes the rows of a list in a record.
pub fn delete_rows<T: Described>(db: &Db, list: &'static Table, record: &T) -> Result<()> {
    let Some(delete) = made(list).delete_rows() else {
        return Err(StoreError::Fault(format!("{} is no list", list.name)));
    };
    db.write(delete, params![record.key()])
}

/// Writes the rows of a list in a new record that hold one value each.
pub fn add_links<'k, T: Described>(
    db: &Db,
    list: &'static Table,
    record: &T,
    linked: impl Iterator<Item = Value<'k>>,
) -> Result<()> {
    add_rows(db, list, record, linked.map(|value| vec![value]))
}

/// Writes the rows of a list in a new record, each as the values of its columns.
pub fn add_rows<'k, T: Described>(
    db: &Db,
    list: &'static Table,
    record: &T,
    rows: impl Iterator<Item = Vec<Value<'k>>>,
) -> Result<()> {
    for (place, mut values) in (1i64..).zip(rows) {
        values.push(Value::Int(record.key()));
        if matches!(list.order, Order::Place(_)) {
            values.push(Value::Int(place));
        }
        db.write(made(list).insert(), &values)?;
    }
    Ok(())
}

/// The rows of a list in some records, by the key of the record that they stand in, each list in its order.
pub fn children<T: Described>(db: &Db, parents: &[Key]) -> Result<HashMap<Key, Vec<T>>> {
    let Some(Children { head, parent, rest, reads, reaches }) = made(T::table()).children() else {
        return Err(StoreError::Fault(format!("{} is no list", T::table().name)));
    };
    let currency = currency_of::<T>(db)?;
    let mut children: HashMap<Key, Vec<T>> = HashMap::new();
    each_reached(db, *reads, reaches, (head, parent, rest), parents, |row| {
        let mut cells = Cells::of(row, currency);
        let child = T::read(&mut cells)?;
        children.entry(cells.next()?).or_default().push(child);
        Ok(())
    })?;
    Ok(children)
}

/// How many records' lists are asked for at once, at most and where they are few: a statement with more places takes longer to prepare.
const TOGETHER: usize = 50;
const FEW: usize = 4;

/// Runs a question about some keys, `head` followed by `column IN (…)` and `rest`, for all of them: as few times as can be.
/// The row's key of which it tells something is for the callback to read.
pub fn each_of(
    db: &Db,
    reads: Tables,
    pieces: (&'static str, &'static str, &'static str),
    keys: &[Key],
    row: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    each_reached(db, reads, &[], pieces, keys, row)
}

/// The same of a question of which is known which rows answer it for one key, as with `query!`.
pub fn each_reached(
    db: &Db,
    reads: Tables,
    reaches: &'static [Reach],
    (head, column, rest): (&'static str, &'static str, &'static str),
    keys: &[Key],
    mut row: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    if let [key] = keys {
        let statement = of_pieces([head, column, " = $1", rest], || {
            Statement::made(format!("{head} WHERE {column} = $1{rest}"), |sql| {
                Statement::query(reads, sql).made_of(reaches)
            })
        });
        return db.each(statement, params![*key], row);
    }
    for some in keys.chunks(TOGETHER) {
        let places = places_for(some);
        let statement = of_pieces([head, column, if places == FEW { " IN few" } else { " IN" }, rest], || {
            let sql = format!("{head} WHERE {column} IN ({}){rest}", parameters(places));
            Statement::made(sql, |sql| Statement::query(reads, sql))
        });
        db.each(statement, &padded(some, places), &mut row)?;
    }
    Ok(())
}

/// A statement that is put together of pieces which lie in the program: it is found again by where they lie, since putting it together
/// takes as long as running it.
fn of_pieces(pieces: [&'static str; 4], make: impl FnOnce() -> &'static Statement) -> &'static Statement {
    static KNOWN: LazyLock<Mutex<ByPlace<[Place; 4], &'static Statement>>> = LazyLock::new(Mutex::default);
    let places = pieces.map(place_of);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&places).copied();
    known.unwrap_or_else(|| {
        let made = make();
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(places, made);
        made
    })
}
