//! Rows out and in, as an export tells them and a restoration reads them. The statements are made from the description of each
//! table once, and live as long as the program.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::statement::{Statement, Tables};
use super::table::{Column, CurrencyOf, Holds, Lines, Order, Table};
use super::{Db, Key, Result, Row, StoreError, Value, record};
use crate::domain::value::number::show_scaled;
use crate::store::tables::TABLES;
use crate::{params, query};

/// How many records are read at a time.
const PAGE: i64 = 200;

/// The digits of quantities, prices and rates.
const MILLIONTHS: u32 = 6;

/// The tables that are told to other stores, with their statements, in the order of `TABLES`.
pub fn tables() -> &'static [Exchanged] {
    static MADE: LazyLock<Vec<Exchanged>> = LazyLock::new(|| {
        TABLES.iter().filter(|table| !table.is_kept_back).map(|table| Exchanged::of(table, &[])).collect()
    });
    &MADE
}

/// The same of all tables, those too that are kept back.
pub fn all_tables() -> &'static [Exchanged] {
    static MADE: LazyLock<Vec<Exchanged>> =
        LazyLock::new(|| TABLES.iter().map(|table| Exchanged::of(table, &[])).collect());
    &MADE
}

/// A table with the statements that read and write its rows.
pub struct Exchanged {
    pub table: &'static Table,
    pub lists: Vec<Exchanged>,
    select: &'static Statement,
    insert: &'static Statement,
    delete: &'static Statement,
    by_id: Option<&'static Statement>,
    last_key: Option<&'static Statement>,
    misplaced: Option<&'static Statement>,
    lookups: Vec<Option<&'static Statement>>,
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Null,
    Text(String),
    Int(i64),
    Switch(bool),
    Json(String),
}

/// A row as it is shown: its values in the order of the columns that are shown, and the lists in it.
pub struct ShownRow {
    pub key: Key,
    pub cells: Vec<Cell>,
    pub lists: Vec<Vec<ShownRow>>,
}

/// What is told of a record at once.
pub enum Piece<'r> {
    /// The record, and of a long list in it the first entries.
    Record(&'r ShownRow),
    /// Further entries of a long list in the record of that key, and the place of the first of them, from 1.
    More { key: Key, list: &'static Table, from: i64, rows: &'r [ShownRow] },
}

/// How many entries of a long list, or how many bytes of them, are told at once.
const PIECE_ROWS: usize = 1_000;
const PIECE_BYTES: usize = 1 << 20;

impl Cell {
    /// About how many bytes it takes.
    fn len(&self) -> usize {
        match self {
            Cell::Text(text) | Cell::Json(text) => text.len(),
            Cell::Null | Cell::Int(_) | Cell::Switch(_) => 8,
        }
    }
}

impl Exchanged {
    /// A table, and those above it that lead there from the record.
    fn of(table: &'static Table, above: &[&'static Table]) -> Exchanged {
        let path = [above, &[table]].concat();
        let lists = table.lists.iter().map(|list| Exchanged::of(list, &path)).collect();
        let has_id = table.is_keyed() && table.columns.iter().any(|column| column.name == "id");
        let own = Tables::of(&[table.name]);
        let asked = |sql: String| Statement::made(sql, |sql| Statement::query(own, sql));
        let (sql, reads) = select(&path);
        Exchanged {
            table,
            lists,
            select: Statement::made(sql, |sql| Statement::query(reads, sql)),
            insert: record::insert_of(table),
            delete: Statement::made(format!("DELETE FROM {}", table.name), |sql| {
                Statement::raw(Tables::NONE, own, sql)
            }),
            by_id: has_id.then(|| record::key_by_id(table.name)),
            last_key: table
                .is_keyed()
                .then(|| asked(format!("SELECT CAST(COALESCE(MAX(key), 0) AS BIGINT) FROM {}", table.name))),
            misplaced: misplaced(&path).map(|(sql, reads)| Statement::made(sql, |sql| Statement::query(reads, sql))),
            lookups: table.columns.iter().map(lookup).collect(),
        }
    }

    /// Reads all records of the table in order, a page at a time. What is told may not be asked more of the store.
    pub fn each<E: From<StoreError>>(
        &self,
        db: &Db,
        mut emit: impl FnMut(Piece<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut after = i64::MIN;
        let page = if self.table.is_bulky { 1 } else { PAGE };
        loop {
            let params: &[Value<'_>] = if self.table.has_key() { params![after, page] } else { params![] };
            let mut rows: Vec<ShownRow> = self.rows(db, params)?.into_iter().map(|(_, row)| row).collect();
            let (Some(first), Some(last)) = (rows.first().map(|row| row.key), rows.last().map(|row| row.key)) else {
                return Ok(());
            };
            for list in &self.lists {
                let mut found = if list.table.is_long { HashMap::new() } else { list.within(db, first, last)? };
                for row in &mut rows {
                    row.lists.push(found.remove(&row.key).unwrap_or_default());
                }
            }
            match self.lists.iter().position(|list| list.table.is_long) {
                Some(long) => self.each_with_long(db, &mut rows, long, &mut emit)?,
                None => rows.iter().try_for_each(|row| emit(Piece::Record(row)))?,
            }
            if !self.table.has_key() || rows.len() < usize::try_from(page).unwrap_or(0) {
                return Ok(());
            }
            after = last;
        }
    }

    /// Tells the records of a page, and a long list in them piece by piece, of which never more than one is held.
    fn each_with_long<E: From<StoreError>>(
        &self,
        db: &Db,
        page: &mut [ShownRow],
        at: usize,
        emit: &mut impl FnMut(Piece<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let (Some(list), Some(first), Some(last)) = (self.lists.get(at), page.first(), page.last()) else {
            return Ok(());
        };
        let desk = db.desk_currency()?.digits();
        let (first, last) = (first.key, last.key);
        let mut telling = Telling { page: page.iter_mut(), list: list.table, at, open: None };
        let mut told = Ok(());
        db.each(list.select, params![first, last], |row| {
            let (parent, shown) = list.shown(row, desk)?;
            if told.is_ok() {
                told = telling.row(parent, shown, emit);
            }
            Ok(())
        })?;
        told?;
        telling.end(emit)
    }

    /// The rows of this list in the records of a page, by the row they stand in.
    fn within(&self, db: &Db, first: Key, last: Key) -> Result<HashMap<Key, Vec<ShownRow>>> {
        let mut inner = Vec::new();
        for list in &self.lists {
            inner.push(list.within(db, first, last)?);
        }
        let mut found: HashMap<Key, Vec<ShownRow>> = HashMap::new();
        for (parent, mut row) in self.rows(db, params![first, last])? {
            row.lists = inner.iter_mut().map(|list| list.remove(&row.key).unwrap_or_default()).collect();
            found.entry(parent).or_default().push(row);
        }
        Ok(found)
    }

    fn rows(&self, db: &Db, params: &[Value<'_>]) -> Result<Vec<(Key, ShownRow)>> {
        let desk = db.desk_currency()?.digits();
        db.query(self.select, params, |row| self.shown(row, desk))
    }

    /// A row, and the key of the one it stands in.
    fn shown(&self, row: &Row<'_>, desk: u32) -> Result<(Key, ShownRow)> {
        let digits = row.get::<Option<i64>>(2)?.and_then(|digits| u32::try_from(digits).ok()).unwrap_or(desk);
        let mut at = 3;
        let cells = self
            .table
            .exported()
            .map(|column| {
                let cell = cell(row, at, column, digits);
                at += if matches!(column.holds, Holds::Line(_)) { 2 } else { 1 };
                cell
            })
            .collect::<Result<_>>()?;
        Ok((row.get(1)?, ShownRow { key: row.get(0)?, cells, lists: Vec::new() }))
    }

    /// Writes a row: the values of all its columns, then its key, the row it stands in and its place there, as far as the
    /// table has them.
    pub fn insert(&self, db: &Db, mut values: Vec<Value<'_>>, key: Key, parent: Key, place: i64) -> Result<()> {
        if self.table.is_keyed() {
            values.push(Value::Int(key));
        }
        if self.table.parent.is_some() {
            values.push(Value::Int(parent));
        }
        if matches!(self.table.order, Order::Place(_)) {
            values.push(Value::Int(place));
        }
        db.write(self.insert, &values)
    }

    /// The key of the row that the column at that place links to, by the id and line that it is shown by.
    pub fn linked(&self, db: &Db, column: usize, id: &str, line: i64) -> Result<Option<Key>> {
        match (self.lookups.get(column), self.table.columns.get(column).map(|column| column.holds)) {
            (Some(Some(statement)), Some(Holds::Line(_))) => {
                db.query_opt(statement, params![id, line], |row| row.get(0))
            }
            (Some(Some(statement)), _) => db.query_opt(statement, params![id], |row| row.get(0)),
            _ => Ok(None),
        }
    }

    /// Removes all rows, those of its lists first.
    pub fn clear(&self, db: &Db) -> Result<()> {
        for list in &self.lists {
            list.clear(db)?;
        }
        db.write(self.delete, params![])
    }

    /// Tells the entries of lists that are not counted from 1 without a gap: the record, the list, the place and the right one.
    pub fn each_misplaced(&self, db: &Db, tell: &mut dyn FnMut(Misplaced)) -> Result<()> {
        if let Some(statement) = self.misplaced {
            let list = self.table.shown;
            db.each(statement, params![], |row| {
                tell(Misplaced { record: row.get(0)?, list, place: row.get(1)?, right: row.get(2)? });
                Ok(())
            })?;
        }
        self.lists.iter().try_for_each(|list| list.each_misplaced(db, tell))
    }

    /// The highest key in the table and the lists in it, each with its table's name.
    pub fn last_keys(&self, db: &Db) -> Result<Vec<(&'static str, Key)>> {
        let mut keys = Vec::new();
        if let Some(statement) = self.last_key {
            keys.push((self.table.name, db.query_one(statement, params![], |row| row.get(0))?));
        }
        for list in &self.lists {
            keys.extend(list.last_keys(db)?);
        }
        Ok(keys)
    }
}

/// The records of a page on their way out, with a long list in them.
struct Telling<'p> {
    page: std::slice::IterMut<'p, ShownRow>,
    list: &'static Table,
    /// The place of the list among those of the record.
    at: usize,
    open: Option<Open<'p>>,
}

/// The record that is being told.
struct Open<'p> {
    record: &'p mut ShownRow,
    rows: Vec<ShownRow>,
    bytes: usize,
    /// How many of its entries were told before these.
    told: i64,
}

impl Telling<'_> {
    fn row<E>(
        &mut self,
        parent: Key,
        row: ShownRow,
        emit: &mut impl FnMut(Piece<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        while self.open.as_ref().is_none_or(|open| open.record.key < parent) {
            self.close(emit)?;
            let Some(record) = self.page.next() else {
                return Ok(());
            };
            self.open = Some(Open { record, rows: Vec::new(), bytes: 0, told: 0 });
        }
        if let Some(open) = &mut self.open {
            open.bytes += row.cells.iter().map(Cell::len).sum::<usize>();
            open.rows.push(row);
            if open.rows.len() >= PIECE_ROWS || open.bytes >= PIECE_BYTES {
                open.tell(self.list, self.at, emit)?;
            }
        }
        Ok(())
    }

    fn close<E>(
        &mut self,
        emit: &mut impl FnMut(Piece<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        match self.open.take() {
            Some(mut open) if open.told == 0 || !open.rows.is_empty() => open.tell(self.list, self.at, emit),
            _ => Ok(()),
        }
    }

    fn end<E>(mut self, emit: &mut impl FnMut(Piece<'_>) -> std::result::Result<(), E>) -> std::result::Result<(), E> {
        self.close(emit)?;
        self.page.try_for_each(|record| emit(Piece::Record(record)))
    }
}

impl Open<'_> {
    fn tell<E>(
        &mut self,
        list: &'static Table,
        at: usize,
        emit: &mut impl FnMut(Piece<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let rows = std::mem::take(&mut self.rows);
        let before = self.told;
        self.told += i64::try_from(rows.len()).unwrap_or_default();
        self.bytes = 0;
        if before > 0 {
            return emit(Piece::More { key: self.record.key, list, from: before + 1, rows: &rows });
        }
        if let Some(place) = self.record.lists.get_mut(at) {
            *place = rows;
        }
        let told = emit(Piece::Record(self.record));
        self.record.lists.clear();
        told
    }
}

/// Whether the store was made and nothing else was done in it.
pub fn is_fresh(db: &Db) -> Result<bool> {
    db.query_one(
        query!([operation], "SELECT COUNT(*) FROM (SELECT key FROM operation LIMIT 2) done"),
        params![],
        |row| row.get::<i64>(0),
    )
    .map(|operations| operations < 2)
}

/// Whether a table that rows have keys in holds none.
pub fn is_empty(db: &Db, table: &str) -> Result<bool> {
    match tables().iter().find(|exchanged| exchanged.table.name == table).and_then(|exchanged| exchanged.last_key) {
        Some(statement) => db.query_one(statement, params![], |row| row.get::<Key>(0)).map(|last| last == 0),
        None => Ok(false),
    }
}

/// Whether a record of that kind has that id.
pub fn has(db: &Db, kind: &str, id: &str) -> Result<bool> {
    match tables().iter().find(|exchanged| exchanged.table.shown == kind).and_then(|exchanged| exchanged.by_id) {
        Some(statement) => Ok(db.query_opt(statement, params![id], |row| row.get::<Key>(0))?.is_some()),
        None => Ok(false),
    }
}

/// An entry of a list that is not counted as it should be.
pub struct Misplaced {
    pub record: String,
    pub list: &'static str,
    pub place: i64,
    pub right: i64,
}

/// The digits of the currency that a document or payment is in.
pub fn digits_of(db: &Db, table: &str, key: Key) -> Result<Option<u32>> {
    let statement = match table {
        "document" => query!(
            [document, currency],
            "SELECT c.digits FROM document d JOIN currency c ON c.code = d.currency WHERE d.key = $1"
        ),
        _ => query!(
            [payment, currency],
            "SELECT c.digits FROM payment p JOIN currency c ON c.code = p.currency WHERE p.key = $1"
        ),
    };
    let digits = db.query_opt(statement, params![key], |row| row.get::<i64>(0))?;
    Ok(digits.and_then(|digits| u32::try_from(digits).ok()))
}

fn cell(row: &Row<'_>, at: usize, column: &Column, digits: u32) -> Result<Cell> {
    let scaled = |scale: u32, least: u32| {
        let value: Option<i64> = row.get(at)?;
        Ok(value.map_or(Cell::Null, |value| Cell::Text(show_scaled(value, scale, least))))
    };
    match column.holds {
        Holds::Amount => scaled(digits, digits),
        Holds::Price => scaled(MILLIONTHS, digits),
        Holds::Quantity | Holds::Percent => scaled(MILLIONTHS, 0),
        Holds::Int => Ok(row.get::<Option<i64>>(at)?.map_or(Cell::Null, Cell::Int)),
        Holds::Switch => Ok(row.get::<Option<i64>>(at)?.map_or(Cell::Null, |value| Cell::Switch(value != 0))),
        Holds::Json => Ok(row.get::<Option<String>>(at)?.map_or(Cell::Null, Cell::Json)),
        Holds::Line(_) => match row.get::<Option<String>>(at)? {
            Some(id) => Ok(Cell::Text(format!("{id}:{}", row.get::<i64>(at + 1)?))),
            None => Ok(Cell::Null),
        },
        Holds::Folded(..) | Holds::Always(_) | Holds::List(_) | Holds::Ids | Holds::Rows(_) => Ok(Cell::Null),
        _ => Ok(row.get::<Option<String>>(at)?.map_or(Cell::Null, Cell::Text)),
    }
}

/// The table at the end of the path as `t`, joined with the rows that it stands in up to the record; and the record's alias.
fn joined(path: &[&'static Table]) -> (String, String, Tables) {
    let mut rows = path.iter().rev();
    let Some(table) = rows.next() else {
        return (String::new(), String::new(), Tables::NONE);
    };
    let mut reads = Tables::of(&[table.name]);
    let mut from = format!("{} t", table.name);
    let (mut alias, mut link) = ("t".to_owned(), table.parent);
    for (step, row) in rows.enumerate() {
        let above = format!("p{step}");
        from.push_str(&format!(" JOIN {} {above} ON {above}.key = {alias}.{}", row.name, link.unwrap_or_default()));
        reads = reads.and(Tables::of(&[row.name]));
        (alias, link) = (above, row.parent);
    }
    (from, alias, reads)
}

/// `SELECT key, key of the row it stands in, digits of the currency, columns …`, for a page of records.
fn select(path: &[&'static Table]) -> (String, Tables) {
    let (Some(record), Some(table)) = (path.first(), path.last()) else {
        return (String::new(), Tables::NONE);
    };
    let (mut from, root, mut reads) = joined(path);
    let mut columns = vec![
        if table.has_key() { "t.key".to_owned() } else { "CAST(0 AS BIGINT)".to_owned() },
        table.parent.map_or_else(|| "CAST(0 AS BIGINT)".to_owned(), |parent| format!("t.{parent}")),
    ];
    columns.push(match record.currency {
        CurrencyOf::Desk => "CAST(NULL AS BIGINT)".to_owned(),
        CurrencyOf::Own => {
            from.push_str(&format!(" JOIN currency c ON c.code = {root}.currency"));
            reads = reads.and(Tables::of(&["currency"]));
            "c.digits".to_owned()
        }
        CurrencyOf::Linked([one, other]) => {
            for (alias, (column, linked)) in [("c1", one), ("c2", other)] {
                from.push_str(&format!(" LEFT JOIN {linked} {alias} ON {alias}.key = {root}.{column}"));
                reads = reads.and(Tables::of(&[linked]));
            }
            from.push_str(" JOIN currency c ON c.code = COALESCE(c1.currency, c2.currency)");
            reads = reads.and(Tables::of(&["currency"]));
            "c.digits".to_owned()
        }
    });
    for (number, column) in table.exported().enumerate() {
        match column.holds {
            Holds::Link(linked) | Holds::Numbered(linked) => {
                reads = reads.and(Tables::of(&[linked]));
                from.push_str(&format!(" LEFT JOIN {linked} j{number} ON j{number}.key = t.{}", column.name));
                columns.push(format!("j{number}.id"));
            }
            Holds::Line(Lines { name, of, column: lines_of }) => {
                reads = reads.and(Tables::of(&[name, of]));
                from.push_str(&format!(
                    " LEFT JOIN {name} j{number} ON j{number}.key = t.{} LEFT JOIN {of} k{number} ON k{number}.key = j{number}.{lines_of}",
                    column.name
                ));
                columns.push(format!("k{number}.id, j{number}.line"));
            }
            _ => columns.push(format!("t.{}", column.name)),
        }
    }
    let kind = record.of_kind(&root, false);
    let page = match (path.len(), record.has_key()) {
        (1, true) => Some("t.key > $1".to_owned()),
        (1, false) => None,
        // The list itself is in that order already.
        (2, _) => table.parent.map(|parent| format!("t.{parent} >= $1 AND t.{parent} <= $2")),
        _ => Some(format!("{root}.key >= $1 AND {root}.key <= $2")),
    };
    let conditions: Vec<String> = page.into_iter().chain(kind).collect();
    let condition = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let order = match (table.order, table.parent) {
        (Order::Key, None) => "t.key".to_owned(),
        (Order::Column(column), None) => format!("t.{column}"),
        (Order::Key, Some(parent)) => format!("t.{parent}, t.key"),
        (Order::KeyedLine(column) | Order::Column(column) | Order::Place(column), parent) => {
            format!("t.{}, t.{column}", parent.unwrap_or("key"))
        }
    };
    let limit = if path.len() == 1 && record.has_key() { " LIMIT $2" } else { "" };
    (format!("SELECT {} FROM {from}{condition} ORDER BY {order}{limit}", columns.join(", ")), reads)
}

/// `SELECT record, place, right place`, of entries of a list that are not counted from 1 without a gap.
fn misplaced(path: &[&'static Table]) -> Option<(String, Tables)> {
    let (record, table) = (path.first()?, path.last()?);
    let (Order::Place(place), Some(parent)) = (table.order, table.parent) else {
        return None;
    };
    let (from, root, reads) = joined(path);
    let named = record.columns.first()?.name;
    // Of the list of an invoice and that of a credit note, which lie in one table, each is checked with its own.
    let condition = record.of_kind(&root, false).map(|only| format!(" WHERE {only}")).unwrap_or_default();
    let sql = format!(
        "SELECT record, place, expected FROM
           (SELECT CAST({root}.{named} AS TEXT) AS record, t.{parent} AS list, t.{place} AS place,
              ROW_NUMBER() OVER (PARTITION BY t.{parent} ORDER BY t.{place}) AS expected FROM {from}{condition}) counted
         WHERE place <> expected ORDER BY list, place"
    );
    Some((sql, reads))
}

/// The statement that finds the row which a column links to.
fn lookup(column: &'static Column) -> Option<&'static Statement> {
    let (sql, reads) = match column.holds {
        Holds::Link(linked) | Holds::Numbered(linked) => return Some(record::key_by_id(linked)),
        Holds::Line(Lines { name, of, column }) => (
            format!("SELECT l.key FROM {of} o JOIN {name} l ON l.{column} = o.key WHERE o.id = $1 AND l.line = $2"),
            Tables::of(&[name, of]),
        ),
        _ => return None,
    };
    Some(Statement::made(sql, |sql| Statement::query(reads, sql)))
}
