//! What a table is described by: its columns in order, each with what it holds and how it is told outside. From this one
//! description come the statements that read and write its rows, the keys that are printed and filtered, tables and CSV, the
//! export and the schema that `verify` looks for.

use std::fmt::Display;
use std::str::FromStr;

use super::statement::Kind;
use crate::domain::coupon_program;
use crate::domain::value::reference;

/// A table whose rows are records of an export, or stand in a list inside another row.
pub struct Table {
    /// The record's kind, or the key of the list in which its rows stand.
    pub shown: &'static str,
    /// Its name in the store.
    pub name: &'static str,
    /// The `kind` of its rows, where rows of two kinds lie in one table.
    pub only: Option<&'static str>,
    /// Whether few of the rows are of that kind.
    pub is_seldom: bool,
    /// What tells its rows apart and puts them in order.
    pub order: Order,
    /// The column that links it to the row it stands in.
    pub parent: Option<&'static str>,
    /// Where its rows' amounts have their currency from.
    pub currency: CurrencyOf,
    pub columns: &'static [Column],
    /// The lists inside each of its rows.
    pub lists: &'static [Table],
    /// What a typed reference to a record is looked up in, one after the other.
    pub found_by: &'static [FoundBy],
    /// What `--since` and `--until` compare.
    pub day: DayOf,
    /// Whether as a list it grows without bounds.
    pub is_long: bool,
    /// Whether one of its rows may be so large that no more of them are to be held at once.
    pub is_bulky: bool,
    /// Whether no export and no copy tells it: it holds secrets of this very store.
    pub is_kept_back: bool,
}

/// How a typed reference finds a record (contract, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// The text as it was typed, in this column; one record at most has it.
    Exactly(&'static str),
    /// The id, with the padding that generation would have given it.
    Padded,
    /// The same of a number in this column, such as that of a posted document.
    PaddedIn(&'static str),
    /// The text as it is compared, in this folded column; several records may have it.
    Folded(&'static str),
}

/// The day of a record (contract, section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOf {
    /// It has none.
    Nothing,
    /// The day in this expression over the row `t`.
    Day(&'static str),
    /// The day, in the desk's zone, of the instant in this expression over the row `t`.
    Instant(&'static str),
}

/// What tells the rows of a table apart and puts them in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A row key from the store's own counter, in order of creation; shown as `position`.
    Key,
    /// A row key, but in a list that a number of its own puts in order; the key is shown as `position`.
    KeyedLine(&'static str),
    /// A column that is shown like any other.
    Column(&'static str),
    /// Its place in the list, counted from 1, in this column and shown by nothing else.
    Place(&'static str),
}

/// Where the amounts of a record, and of the lists in it, have their currency from.
#[derive(Clone, Copy)]
pub enum CurrencyOf {
    /// From the desk.
    Desk,
    /// From its own column `currency`.
    Own,
    /// From what it links to: the column that is not null, and the table it links to.
    Linked([(&'static str, &'static str); 2]),
}

/// A column and how its values are told.
#[derive(Clone, Copy)]
pub struct Column {
    /// Its name in the store.
    pub name: &'static str,
    /// The key under which it is told.
    pub shown: &'static str,
    pub holds: Holds,
    /// Where its value comes from.
    pub from: From,
    /// What it is on a day, where that depends on one: an expression in which `$day` stands for the day. A list is filtered and
    /// sorted by it.
    pub on_day: Option<&'static str>,
    /// The key under which an export tells it, where that is another than a record does.
    exported_as: Option<&'static str>,
    /// The tables that this reads beside those that the record links to.
    pub reads: &'static [&'static str],
    /// The rows that its expression finds by questions of its own.
    pub found: &'static [Finding],
    /// How a text that is a value of its own kind is written; what that kind cannot read is refused by a filter, and told by `verify`.
    pub written: Option<fn(&str) -> std::result::Result<String, String>>,
    /// Whether it may hold nothing.
    pub is_optional: bool,
    /// Whether an empty text may stand in it beside nothing, from before that was refused.
    pub is_blank_too: bool,
    /// Whether a record is told with it; an export tells what is stored all the same.
    pub is_shown: bool,
    /// Whether a table of such records has a column of it.
    pub is_listed: bool,
    /// When that column is left out where a terminal has no room for all: 1 first, then 2, and so on; 0 after those, the last
    /// column first.
    pub least: u8,
    /// Whether a table may cut it, as far as it is a text.
    pub is_cut: bool,
    /// Whether `--search` looks in it.
    pub is_searched: bool,
    /// Whether it is a text that people write in, of the customer whom the row belongs to; and what is left where it is erased.
    pub personal: Personal,
    /// Whether it goes on leading to the same record where that was merged into another.
    stays: bool,
}

/// What becomes of a text when its customer is erased (spec G2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// It is none of a customer's, or tells nothing of one.
    No,
    /// It is emptied.
    Emptied,
    /// This expression over the row `t` takes its place, which is what the desk would have written itself.
    Left { sql: &'static str, reads: &'static [&'static str] },
}

/// Rows that an expression finds: of which table, the column in which they name the record's key, and what else of them counts.
pub type Finding = (&'static str, &'static str, &'static [&'static str]);

/// Where the value of a column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// A column of the table, written from the record's field.
    Field,
    /// A column of the table that no field of the record holds: this number, or nothing, in a new row, and changed by statements of
    /// its own.
    Store(Option<i64>),
    /// An expression over the row `t` and the rows it links to, each called by its key with `_` behind.
    Sql(&'static str),
    /// The record itself: it is made when the record is read, and a filter looks at the record.
    Record,
}

/// What a column holds.
#[derive(Clone, Copy)]
pub enum Holds {
    /// The id by which a record is told apart for good.
    Id,
    /// A text, and a choice of a list that grows.
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
    Day,
    Instant,
    /// A whole number.
    Int,
    /// 0 or 1.
    Switch,
    /// The code of the record's currency.
    Currency,
    /// Minor units of the record's currency, or the desk's where it has none.
    Amount,
    /// Millionths of a unit of that currency.
    Price,
    /// Millionths of a unit of goods.
    Quantity,
    /// Millionths of a percent.
    Percent,
    /// The key of a row of that table, shown by its id.
    Link(&'static str),
    /// The same, shown by the number where it has one, and else by its id.
    Numbered(&'static str),
    /// The key of a line, shown by the id of what it is a line of and its number: `S00001:2`.
    Line(&'static Lines),
    /// JSON text, shown as what it is.
    Json,
    /// What another column's text folds to; shown by nothing.
    Folded(&'static str, fn(&str) -> String),
    /// The same in every row; shown by nothing.
    Always(i64),
    /// The list of that name among the table's; no column of the table itself.
    List(&'static str),
    /// Ids of other records, or words.
    Ids,
    /// Objects with these keys; no column of any table.
    Rows(&'static [Column]),
    /// One object with these keys; no column of any table.
    Object(&'static [Column]),
    /// An object that has, under names of its own, objects with these keys or nothing; no column of any table.
    ByName(&'static [Column]),
}

impl Holds {
    /// Whether it stands in a row of the table.
    pub const fn is_in_row(&self) -> bool {
        !matches!(self, Holds::List(_) | Holds::Ids | Holds::Rows(_) | Holds::Object(_) | Holds::ByName(_))
    }

    /// Whether it is one value, by which a list can be filtered and sorted.
    pub const fn is_scalar(&self) -> bool {
        !matches!(
            self,
            Holds::Line(_)
                | Holds::Json
                | Holds::Folded(..)
                | Holds::Always(_)
                | Holds::List(_)
                | Holds::Ids
                | Holds::Rows(_)
                | Holds::Object(_)
                | Holds::ByName(_)
        )
    }

    /// The table that it links to.
    pub const fn linked(&self) -> Option<&'static str> {
        match self {
            Holds::Link(table) | Holds::Numbered(table) => Some(table),
            _ => None,
        }
    }

    /// How a value of it is bound.
    pub const fn kind(&self) -> Kind {
        match self {
            Holds::Id
            | Holds::Text
            | Holds::Words(_)
            | Holds::Day
            | Holds::Instant
            | Holds::Currency
            | Holds::Json
            | Holds::Folded(..) => Kind::Text,
            _ => Kind::Int,
        }
    }
}

/// A table of lines that other rows refer to.
pub struct Lines {
    pub name: &'static str,
    /// What they are lines of: the table, which is also the name of its last part, and the linking column.
    pub of: &'static str,
    pub column: &'static str,
}

pub const ORDER_LINES: Lines = Lines { name: "order_line", of: "sales_order", column: "sales_order" };
pub const TRANSFER_LINES: Lines = Lines { name: "transfer_line", of: "transfer", column: "transfer" };
pub const DOCUMENT_LINES: Lines = Lines { name: "document_line", of: "document", column: "document" };

/// A column that holds that; the name that it is told by is set by `called` or by the field that it is written beside.
pub const fn holding(holds: Holds) -> Column {
    Column {
        name: "",
        shown: "",
        holds,
        from: From::Field,
        on_day: None,
        exported_as: None,
        reads: &[],
        found: &[],
        written: None,
        is_optional: false,
        is_blank_too: false,
        is_shown: true,
        is_listed: false,
        least: 0,
        is_cut: true,
        is_searched: false,
        personal: Personal::No,
        stays: false,
    }
}
pub const fn id() -> Column {
    holding(Holds::Id).listed()
}
pub const fn text() -> Column {
    holding(Holds::Text)
}
/// A text that is a value of that kind.
pub const fn value_of<T: FromStr<Err = String> + Display>() -> Column {
    Column { written: Some(written::<T>), ..text() }
}
fn written<T: FromStr<Err = String> + Display>(text: &str) -> std::result::Result<String, String> {
    text.parse::<T>().map(|value| value.to_string())
}
pub const fn words(words: &'static [&'static str]) -> Column {
    holding(Holds::Words(words))
}
pub const fn day() -> Column {
    holding(Holds::Day)
}
pub const fn instant() -> Column {
    holding(Holds::Instant)
}
pub const fn int() -> Column {
    holding(Holds::Int)
}
pub const fn switch() -> Column {
    holding(Holds::Switch)
}
pub const fn currency() -> Column {
    holding(Holds::Currency)
}
pub const fn amount() -> Column {
    holding(Holds::Amount)
}
pub const fn price() -> Column {
    holding(Holds::Price)
}
pub const fn quantity() -> Column {
    holding(Holds::Quantity)
}
pub const fn percent() -> Column {
    holding(Holds::Percent)
}
pub const fn link(table: &'static str) -> Column {
    holding(Holds::Link(table))
}
pub const fn numbered(table: &'static str) -> Column {
    holding(Holds::Numbered(table))
}
pub const fn line(lines: &'static Lines) -> Column {
    holding(Holds::Line(lines))
}
pub const fn json() -> Column {
    holding(Holds::Json)
}
pub const fn always(number: i64) -> Column {
    holding(Holds::Always(number)).hidden()
}
pub const fn folded(of: &'static str) -> Column {
    holding(Holds::Folded(of, reference::folded)).hidden()
}
/// The same of a text of any length, which several records may have: its beginning.
pub const fn folded_start(of: &'static str) -> Column {
    holding(Holds::Folded(of, reference::folded_start)).hidden().optional()
}
pub const fn folded_code(of: &'static str) -> Column {
    holding(Holds::Folded(of, coupon_program::folded_code)).hidden()
}
/// The list of that name among the table's.
pub const fn list_of(name: &'static str) -> Column {
    Column { from: From::Record, ..holding(Holds::List(name)) }
}
/// Ids of other records, or words; made when the record is read.
pub const fn ids() -> Column {
    Column { from: From::Record, ..holding(Holds::Ids) }
}
/// Objects, made when the record is read.
pub const fn rows(columns: &'static [Column]) -> Column {
    Column { from: From::Record, ..holding(Holds::Rows(columns)) }
}
/// One object, made when the record is read.
pub const fn object(columns: &'static [Column]) -> Column {
    Column { from: From::Record, ..holding(Holds::Object(columns)) }
}
/// An object of objects, or of nothing, by names; made when the record is read.
pub const fn by_name(columns: &'static [Column]) -> Column {
    Column { from: From::Record, ..holding(Holds::ByName(columns)) }
}

impl Column {
    /// Gives it the name that it is told by, and has in the store as long as that has no other.
    pub const fn called(self, shown: &'static str) -> Column {
        let name = if self.name.is_empty() { shown } else { self.name };
        Column { shown, name, ..self }
    }
    /// Gives it the name of a field, where it has no name of its own yet.
    pub const fn of_field(self, field: &'static str) -> Column {
        if self.shown.is_empty() { self.called(field) } else { self }
    }
    /// Its name in the store, where that is another than it is told by.
    pub const fn column(self, name: &'static str) -> Column {
        Column { name, ..self }
    }
    /// It may hold nothing.
    pub const fn optional(self) -> Column {
        Column { is_optional: true, ..self }
    }
    /// No record is told with it.
    pub const fn hidden(self) -> Column {
        Column { is_shown: false, ..self }
    }
    /// A table of such records has a column of it.
    pub const fn listed(self) -> Column {
        Column { is_listed: true, ..self }
    }
    /// Where a terminal has no room for all columns, this one is the first to go, or the second, and so on.
    pub const fn least(self, place: u8) -> Column {
        Column { least: place, ..self }
    }
    /// A table never cuts it, as a number or a code.
    pub const fn uncut(self) -> Column {
        Column { is_cut: false, ..self }
    }
    /// `--search` looks in it.
    pub const fn searched(self) -> Column {
        Column { is_searched: true, ..self }
    }
    /// People write in it, of the customer whom the row belongs to: it is emptied when the customer is erased.
    pub const fn personal(self) -> Column {
        Column { personal: Personal::Emptied, ..self }
    }
    /// The same of one in which this expression over the row `t`, which reads those tables, takes the place of what was written.
    pub const fn personal_but(self, sql: &'static str, reads: &'static [&'static str]) -> Column {
        Column { personal: Personal::Left { sql, reads }, ..self }
    }
    /// A link that goes on leading to the record as it was, where that was merged into another.
    pub const fn stays(self) -> Column {
        Column { stays: true, ..self }
    }
    /// No field of the record holds it: a new row has this number.
    pub const fn starts_at(self, number: i64) -> Column {
        Column { from: From::Store(Some(number)), is_shown: false, ..self }
    }
    /// An empty text may stand in it beside nothing, from before that was refused.
    pub const fn or_blank(self) -> Column {
        Column { is_blank_too: true, ..self }
    }
    /// No field of the record holds it: a new row has nothing there.
    pub const fn starts_empty(self) -> Column {
        Column { from: From::Store(None), is_shown: false, is_optional: true, ..self }
    }
    /// What its expression reads beside the tables that the record links to.
    pub const fn reading(self, reads: &'static [&'static str]) -> Column {
        Column { reads, ..self }
    }
    /// The rows that its expression finds by questions of its own.
    pub const fn finding(self, found: &'static [Finding]) -> Column {
        Column { found, ..self }
    }
    /// It is no column of the table, but this expression over its row `t`.
    pub const fn is(self, sql: &'static str) -> Column {
        Column { from: From::Sql(sql), ..self }
    }
    /// On a day it is this expression, in which `$day` stands for the day; what is read is made so by `Described::as_of`.
    pub const fn on_day(self, sql: &'static str) -> Column {
        Column { on_day: Some(sql), ..self }
    }
    /// An export tells it under another key than a record does.
    pub const fn exported_as(self, key: &'static str) -> Column {
        Column { exported_as: Some(key), ..self }
    }
    /// It is no column of the table, but made when the record is read.
    pub const fn of_record(self) -> Column {
        Column { from: From::Record, ..self }
    }

    /// Whether it leads to another record of that table from now on where the one that it leads to is merged into that.
    pub fn goes_along(&self, table: &str) -> bool {
        self.is_stored() && !self.stays && self.holds.linked() == Some(table)
    }

    /// Whether it is a column of the table.
    pub const fn is_stored(&self) -> bool {
        matches!(self.from, From::Field | From::Store(_)) && self.holds.is_in_row()
    }

    /// Whether it stands in an export.
    pub const fn is_exported(&self) -> bool {
        self.is_stored() && !matches!(self.holds, Holds::Folded(..) | Holds::Always(_))
    }

    /// The key under which an export tells it.
    pub fn in_export(&self) -> &'static str {
        self.exported_as.unwrap_or(self.shown)
    }

    /// Whether `list` can be filtered and sorted by it.
    pub const fn is_filter(&self) -> bool {
        self.is_shown && self.holds.is_scalar()
    }
}

/// Records told apart by a row key.
pub const fn records(shown: &'static str, name: &'static str, columns: &'static [Column]) -> Table {
    Table {
        shown,
        name,
        only: None,
        is_seldom: false,
        order: Order::Key,
        parent: None,
        currency: CurrencyOf::Desk,
        columns,
        lists: &[],
        found_by: &[FoundBy::Exactly("id")],
        day: DayOf::Nothing,
        is_long: false,
        is_bulky: false,
        is_kept_back: false,
    }
}

/// A list inside the rows that `parent` links to.
pub const fn list(name: &'static str, parent: &'static str, order: Order, columns: &'static [Column]) -> Table {
    Table { shown: name, order, parent: Some(parent), found_by: &[], ..records(name, name, columns) }
}

impl Table {
    pub const fn with(self, lists: &'static [Table]) -> Table {
        Table { lists, ..self }
    }
    pub const fn shown(self, shown: &'static str) -> Table {
        Table { shown, ..self }
    }
    pub const fn by(self, column: &'static str) -> Table {
        Table { order: Order::Column(column), ..self }
    }
    pub const fn only(self, kind: &'static str) -> Table {
        Table { only: Some(kind), ..self }
    }
    /// Few of the rows are of its kind.
    pub const fn seldom(self) -> Table {
        Table { is_seldom: true, ..self }
    }
    pub const fn in_own_currency(self) -> Table {
        Table { currency: CurrencyOf::Own, ..self }
    }
    /// What a typed reference is looked up in.
    pub const fn found_by(self, found_by: &'static [FoundBy]) -> Table {
        Table { found_by, ..self }
    }
    /// What `--since` and `--until` compare.
    pub const fn dated(self, day: DayOf) -> Table {
        Table { day, ..self }
    }

    /// It grows without bounds: an export tells it in pieces, none of which is too long for a line.
    pub const fn long(self) -> Table {
        Table { is_long: true, ..self }
    }

    /// One of its rows may be large: an export holds one at a time.
    pub const fn bulky(self) -> Table {
        Table { is_bulky: true, ..self }
    }

    /// It holds secrets of this very store: no export and no copy tells it.
    pub const fn kept_back(self) -> Table {
        Table { is_kept_back: true, ..self }
    }

    /// The condition that `row` is of its kind, where several kinds lie in one table. An engine that does not know how many there are
    /// of each may search an index by the kind alone, and so read most of the table, unless it cannot: only where that is
    /// what is to be read (`leads`) is the kind compared as it is.
    pub fn of_kind(&self, row: &str, leads: bool) -> Option<String> {
        let bare = if leads { "" } else { " || ''" };
        self.only.map(|kind| format!("{row}.kind{bare} = '{kind}'"))
    }

    /// Whether its records can be merged, each into another of them.
    pub fn merges(&self) -> bool {
        self.columns.iter().any(|column| column.name == MERGED_INTO)
    }

    /// Whether its rows have a key from the store's own counter.
    pub const fn is_keyed(&self) -> bool {
        matches!(self.order, Order::Key | Order::KeyedLine(_))
    }

    /// Whether its rows can be read in pages of their keys, and have lists in them.
    pub fn has_key(&self) -> bool {
        self.is_keyed() || matches!(self.order, Order::Column("key"))
    }

    /// The columns that stand in an export.
    pub fn exported(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|column| column.is_exported())
    }

    /// Whether a row is shown as its one value, rather than as an object.
    pub fn is_plain(&self) -> bool {
        self.exported().count() == 1 && !self.is_keyed() && self.lists.is_empty()
    }

    /// The keys of a record, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.columns.iter().filter(|column| column.is_shown).map(|column| column.shown)
    }

    /// The column that is told by that key.
    pub fn column(&self, key: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.is_shown && column.shown == key)
    }
}

/// The column of records that can be merged: the one that a record was merged into, to which every reference to it leads.
pub const MERGED_INTO: &str = "merged_into";

pub const BY_PLACE: Order = Order::Place("position");
pub const BY_LINE: Order = Order::KeyedLine("line");
