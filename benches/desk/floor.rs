//! The floor: the same rows written by plain prepared statements. What a run wrote is found by comparing the store with its
//! copy from before, table by table and by primary key, whatever the tables are; a process of its own then writes it again.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::json;

use crate::Result;
use crate::measure::{self, Taken};

/// How many refunds share a transaction of the floor.
const GROUP: usize = 1_000;

/// A table as the store describes it.
struct Table {
    name: String,
    columns: Vec<String>,
    /// Places of the primary key in `columns`.
    key: Vec<usize>,
    /// Columns that refer to the one-column key of another table, and which table.
    links: Vec<(usize, String)>,
}

/// One row that the run wrote.
struct Write1 {
    table: usize,
    row: Vec<Value>,
    /// Places of the changed columns; none in a new row.
    changed: Option<Vec<usize>>,
}

/// Which operation a row was written by.
type Operation = i64;

/// What was written between two states of a store, as lines that `replay` reads. Rows of one operation stand together, as far
/// as their columns tell to which they belong: a column `operation`, the one counter of all keys, a reference to such a row.
pub fn write_down(before: &Path, after: &Path, to: &Path) -> Result<usize> {
    let db = Connection::open(after)?;
    db.execute("ATTACH $1 AS before", [before.to_string_lossy()])?;
    let tables = tables(&db)?;
    let mut writes = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        rows_of(&db, table, at, &mut writes)?;
    }

    let mut ordered: Vec<(Operation, usize, &Write1)> = Vec::with_capacity(writes.len());
    let owners = Owners::find(&tables, &writes);
    ordered.extend(writes.iter().map(|write| (owners.of(&tables, write), write.table, write)));
    ordered.sort_by_key(|(operation, table, _)| (*operation, *table));

    let mut file = BufWriter::new(std::fs::File::create(to)?);
    for (operation, _, write) in &ordered {
        let (sql, values) = statement(&tables, write)?;
        let values: Vec<serde_json::Value> = values.iter().map(|value| to_json(value)).collect::<Result<_>>()?;
        writeln!(file, "{}", json!([operation, sql, values]))?;
    }
    file.flush()?;
    Ok(ordered.len())
}

fn tables(db: &Connection) -> Result<Vec<Table>> {
    let names = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid";
    let names: Vec<String> = all(db, names, |row| row.get(0))?;
    let table = |name: String| {
        let info = format!("SELECT name, pk FROM pragma_table_info('{name}')");
        let columns: Vec<(String, i64)> = all(db, &info, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut key: Vec<usize> = (0..columns.len()).filter(|at| columns.get(*at).is_some_and(|c| c.1 > 0)).collect();
        key.sort_by_key(|at| columns.get(*at).map(|column| column.1));
        let columns: Vec<String> = columns.into_iter().map(|(name, _)| name).collect();
        let links = format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list('{name}')");
        let links: Vec<(String, String)> = all(db, &links, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let place = |column: &String| columns.iter().position(|known| known == column);
        let links = links.iter().filter_map(|(from, to)| Some((place(from)?, to.clone()))).collect();
        Ok(Table { name, key, links, columns })
    };
    Ok(behind_their_links(names.into_iter().map(table).collect::<Result<_>>()?))
}

/// The tables, each behind those that its rows refer to.
fn behind_their_links(mut left: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |table: &Table| {
            let is_left = |to: &String| *to != table.name && left.iter().any(|other| other.name == *to);
            table.links.iter().any(|(_, to)| is_left(to))
        };
        // Where tables refer to each other in a ring, one of them has to be the first.
        let next = left.iter().position(|table| !waits(table)).unwrap_or_default();
        ordered.push(left.remove(next));
    }
    ordered
}

fn all<T>(db: &Connection, sql: &str, map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
    Ok(db.prepare(sql)?.query_map([], map)?.collect::<rusqlite::Result<_>>()?)
}

/// The rows of a table that are new, or other than before.
fn rows_of(db: &Connection, table: &Table, at: usize, writes: &mut Vec<Write1>) -> Result<()> {
    let names = |places: &[usize]| -> Vec<&String> { places.iter().filter_map(|at| table.columns.get(*at)).collect() };
    let same = names(&table.key).iter().map(|name| format!("o.{name} = n.{name}")).collect::<Vec<_>>().join(" AND ");
    let other = table.columns.iter().map(|name| format!("n.{name} IS NOT o.{name}")).collect::<Vec<_>>().join(" OR ");
    let key = names(&table.key).first().map_or("", |name| name.as_str());
    let name = &table.name;
    let sql = format!(
        "SELECT n.*, o.*, o.{key} IS NULL FROM main.{name} n LEFT JOIN before.{name} o ON {same}
         WHERE o.{key} IS NULL OR {other}"
    );
    let width = table.columns.len();
    let found = all(db, &sql, |row| {
        let new: Vec<Value> = (0..width).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
        let old: Vec<Value> = (width..2 * width).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
        let is_new: bool = row.get(2 * width)?;
        let differ = |at: &usize| new.get(*at) != old.get(*at);
        Ok(Write1 { table: at, changed: (!is_new).then(|| (0..width).filter(differ).collect()), row: new })
    })?;
    writes.extend(found);
    Ok(())
}

/// Which operation wrote the rows with a key of their own.
struct Owners {
    rows: HashMap<(String, i64), Operation>,
}

impl Owners {
    fn find(tables: &[Table], writes: &[Write1]) -> Owners {
        // Keys are drawn from one counter, so a row belongs to the next row on that says whose it is.
        let named: BTreeMap<i64, Operation> = writes
            .iter()
            .filter_map(|write| {
                let table = tables.get(write.table)?;
                Some((column(table, &write.row, "key")?, column(table, &write.row, "operation")?))
            })
            .collect();
        let mut rows = HashMap::new();
        for write in writes.iter().filter(|write| write.changed.is_none()) {
            let Some(table) = tables.get(write.table) else { continue };
            let Some(key) = column(table, &write.row, "key") else { continue };
            let next = named.range(key..).next().map(|(_, operation)| *operation);
            let Some(owner) = (if table.name == "operation" { Some(key) } else { next }) else { continue };
            rows.insert((table.name.clone(), key), owner);
            // What a new row refers to was, if at all, changed because of it.
            for (at, to) in &table.links {
                if let Some(Value::Integer(other)) = write.row.get(*at) {
                    rows.entry((to.clone(), *other)).or_insert(owner);
                }
            }
        }
        Owners { rows }
    }

    /// The operation that wrote a row; what belongs to none, such as counters, comes last.
    fn of(&self, tables: &[Table], write: &Write1) -> Operation {
        let Some(table) = tables.get(write.table) else { return Operation::MAX };
        if let Some(operation) = column(table, &write.row, "operation") {
            return operation;
        }
        if let Some(key) = column(table, &write.row, "key") {
            return self.rows.get(&(table.name.clone(), key)).copied().unwrap_or(Operation::MAX);
        }
        let linked = table.links.iter().filter_map(|(at, to)| match write.row.get(*at) {
            Some(Value::Integer(key)) => self.rows.get(&(to.clone(), *key)).copied(),
            _ => None,
        });
        linked.max().unwrap_or(Operation::MAX)
    }
}

fn column(table: &Table, row: &[Value], name: &str) -> Option<i64> {
    let at = table.columns.iter().position(|known| known == name)?;
    match row.get(at)? {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn statement<'w>(tables: &[Table], write: &'w Write1) -> Result<(String, Vec<&'w Value>)> {
    let table = tables.get(write.table).ok_or("a row of no table")?;
    let places: Vec<usize> = match &write.changed {
        None => (0..table.columns.len()).collect(),
        Some(changed) => changed.iter().chain(&table.key).copied().collect(),
    };
    let values = places.iter().filter_map(|at| write.row.get(*at)).collect();
    let name = |at: &usize| table.columns.get(*at).map_or("", String::as_str);
    let sql = match &write.changed {
        None => {
            let names: Vec<&str> = places.iter().map(name).collect();
            let marks = vec!["?"; names.len()].join(", ");
            format!("INSERT INTO {} ({}) VALUES ({marks})", table.name, names.join(", "))
        }
        Some(changed) => {
            let set: Vec<String> = changed.iter().map(|at| format!("{} = ?", name(at))).collect();
            let same: Vec<String> = table.key.iter().map(|at| format!("{} = ?", name(at))).collect();
            format!("UPDATE {} SET {} WHERE {}", table.name, set.join(", "), same.join(" AND "))
        }
    };
    Ok((sql, values))
}

fn to_json(value: &Value) -> Result<serde_json::Value> {
    match ValueRef::from(value) {
        ValueRef::Null => Ok(json!(null)),
        ValueRef::Integer(number) => Ok(json!(number)),
        ValueRef::Text(text) => Ok(json!(std::str::from_utf8(text)?)),
        _ => Err("a store holds whole numbers and texts only".into()),
    }
}

fn from_json(value: serde_json::Value) -> Result<Value> {
    Ok(match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::String(text) => Value::Text(text),
        number => Value::Integer(number.as_i64().ok_or("no whole number")?),
    })
}

/// Writes the rows into `store`, a group of operations in a transaction, with the settings that the program has. Without
/// `at_work` it does all but the writing, so that the difference of two counts is the writing alone.
pub fn replay(store: &Path, rows: &Path, at_work: bool) -> Result<Taken> {
    let mut statements: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut writes: Vec<(Operation, usize, Vec<Value>)> = Vec::new();
    for line in BufReader::new(std::fs::File::open(rows)?).lines() {
        let (operation, sql, values): (Operation, String, Vec<serde_json::Value>) = serde_json::from_str(&line?)?;
        let at = *places.entry(sql).or_insert_with_key(|sql| {
            statements.push(sql.clone());
            statements.len() - 1
        });
        writes.push((operation, at, values.into_iter().map(from_json).collect::<Result<_>>()?));
    }

    let db = Connection::open(store)?;
    db.set_prepared_statement_cache_capacity(statements.len() + 8);
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000;",
    )?;
    measure::own(|| if at_work { write(&db, &statements, &writes) } else { Ok(()) })
}

fn write(db: &Connection, statements: &[String], writes: &[(Operation, usize, Vec<Value>)]) -> Result<()> {
    let mut in_group = 0;
    let mut last = None;
    db.execute_batch("BEGIN IMMEDIATE")?;
    for (operation, at, values) in writes {
        if last.replace(*operation) != Some(*operation) {
            in_group += 1;
            if in_group > GROUP {
                in_group = 1;
                db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
            }
        }
        let sql = statements.get(*at).ok_or("no such statement")?;
        db.prepare_cached(sql)?.execute(params_from_iter(values))?;
    }
    Ok(db.execute_batch("COMMIT")?)
}
