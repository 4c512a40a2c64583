//! What the scripts make of a store, told from a store in memory that they made: what `verify` holds a store's own schema against.
//! An engine that keeps the text of its schema is compared by that; one that keeps a catalog by what its tables are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::migrate;
use super::sqlite::Sqlite;
use super::{Result, StoreError};

/// The tables and indexes of a store, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Schema {
    pub tables: BTreeMap<String, Table>,
    pub indexes: BTreeMap<String, Index>,
}

/// A table, by what is said of it rather than how.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: BTreeMap<String, Column>,
    pub primary_key: Vec<String>,
    pub uniques: BTreeSet<Vec<String>>,
    /// Each as `normal` writes it.
    pub checks: BTreeSet<String>,
    pub links: BTreeSet<Link>,
}

/// A column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// `text` or `bigint`.
    pub holds: String,
    pub is_required: bool,
    /// As `normal` writes it.
    pub default: Option<String>,
}

/// A column whose values are those of a column of another table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub column: String,
    pub other: String,
    pub other_column: String,
}

/// An index that no constraint makes.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    pub table: String,
    /// Columns or expressions, each as `normal` writes it.
    pub columns: Vec<String>,
    pub is_unique: bool,
    /// Of which rows it is, as `normal` writes it.
    pub condition: Option<String>,
}

/// The schema of a store of the present format.
pub fn schema() -> Result<&'static Schema> {
    static MADE: LazyLock<std::result::Result<Schema, String>> =
        LazyLock::new(|| made_by(migrate::scripts_after(0)).map_err(|error| error.to_string()));
    MADE.as_ref().map_err(|error| StoreError::Fault(error.clone()))
}

/// The schema of the first format, of which the first exports are.
fn first() -> Result<&'static Schema> {
    static MADE: LazyLock<std::result::Result<Schema, String>> =
        LazyLock::new(|| made_by(migrate::scripts_until(1)).map_err(|error| error.to_string()));
    MADE.as_ref().map_err(|error| StoreError::Fault(error.clone()))
}

fn made_by(scripts: &[&str]) -> Result<Schema> {
    let sqlite = Sqlite::in_memory()?;
    scripts.iter().try_for_each(|script| sqlite.run_script(script))?;
    sqlite.schema()
}

/// What stands in a column that an export of an earlier format does not know: what an upgrade puts there. None where the column was
/// there from the beginning, or has to be said.
pub fn added_since(table: &str, column: &str) -> Result<Option<super::Value<'static>>> {
    let in_first = first()?.tables.get(table).is_some_and(|table| table.columns.contains_key(column));
    if in_first {
        return Ok(None);
    }
    let column = schema()?.tables.get(table).and_then(|table| table.columns.get(column));
    Ok(column.and_then(|column| match (&column.default, column.is_required) {
        (Some(default), _) => Some(match default.parse::<i64>() {
            Ok(number) => super::Value::Int(number),
            Err(_) => super::Value::from(default.trim_matches('\'').replace("''", "'")),
        }),
        (None, false) => Some(super::Value::Null),
        (None, true) => None,
    }))
}

/// Whether a table came with a later format than the first.
pub fn is_later(table: &str) -> Result<bool> {
    Ok(!first()?.tables.contains_key(table))
}

impl Schema {
    /// How another schema differs from this one, a sentence each; of the links those have to be there that the engine guards.
    pub fn differences(&self, there: &Schema, is_guarded: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut told = Vec::new();
        for (name, table) in &self.tables {
            match there.tables.get(name) {
                None => told.push(format!("the table {name} is gone")),
                Some(found) => table.differences(name, found, is_guarded, &mut told),
            }
        }
        for (name, index) in &self.indexes {
            match there.indexes.get(name) {
                None => told.push(format!("the index {name} is gone or not valid")),
                Some(found) if found != index => told.push(format!("the index {name} is another than it was made")),
                Some(_) => {}
            }
        }
        let tables = there.tables.keys().filter(|name| !self.tables.contains_key(*name));
        told.extend(tables.map(|name| format!("there is a table {name} that is not the store's")));
        let indexes = there.indexes.keys().filter(|name| !self.indexes.contains_key(*name));
        told.extend(indexes.map(|name| format!("there is an index {name} that is not the store's")));
        told
    }
}

impl Table {
    fn differences(&self, name: &str, there: &Table, is_guarded: &dyn Fn(&str) -> bool, told: &mut Vec<String>) {
        let links = if is_guarded(name) { self.links.clone() } else { BTreeSet::new() };
        for (column, made) in &self.columns {
            match there.columns.get(column) {
                None => told.push(format!("the column {column} of the table {name} is gone")),
                Some(found) if found != made => {
                    told.push(format!("the column {column} of the table {name} is another than it was made"));
                }
                Some(_) => {}
            }
        }
        let columns = there.columns.keys().filter(|column| !self.columns.contains_key(*column));
        told.extend(columns.map(|column| format!("the table {name} has a column {column} that is not the store's")));
        let mut count = |what: &str, gone: usize, more: usize| {
            if gone > 0 {
                told.push(format!("the table {name} has lost {gone} of its {what}"));
            }
            if more > 0 {
                told.push(format!("the table {name} has {more} {what} that are not the store's"));
            }
        };
        if self.primary_key != there.primary_key {
            count("primary keys", 1, 0);
        }
        count(
            "unique constraints",
            self.uniques.difference(&there.uniques).count(),
            there.uniques.difference(&self.uniques).count(),
        );
        count("checks", self.checks.difference(&there.checks).count(), there.checks.difference(&self.checks).count());
        count("links", links.difference(&there.links).count(), there.links.difference(&self.links).count());
    }
}

/// The conditions of the checks in the text that makes a table.
pub(super) fn checks_in(text: &str) -> BTreeSet<String> {
    let mut checks = BTreeSet::new();
    let mut words = Words(text).peekable();
    while let Some(word) = words.next() {
        if word != "CHECK" {
            continue;
        }
        let (mut depth, mut condition) = (0, String::new());
        for word in words.by_ref() {
            match word {
                "(" => depth += 1,
                ")" => depth -= 1,
                word => condition.extend([word, " "]),
            }
            if depth == 0 {
                break;
            }
        }
        checks.insert(normal(&condition));
    }
    checks
}

/// The columns of an index, in the text that makes it.
pub(super) fn columns_in(text: &str) -> Vec<String> {
    let (mut depth, mut columns, mut column) = (0, Vec::new(), String::new());
    for word in Words(text).skip_while(|word| *word != "(") {
        match word {
            ")" if depth == 1 => break,
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 1 => columns.push(normal(&std::mem::take(&mut column))),
            word => column.extend([word, " "]),
        }
    }
    columns.push(normal(&column));
    columns
}

/// The condition of an index, in the text that makes it.
pub(super) fn condition_in(text: &str) -> Option<String> {
    let mut words = Words(text);
    words.by_ref().find(|word| *word == "WHERE")?;
    Some(normal(words.0))
}

/// An expression as its words, so that what two engines make of one text is the same: without parentheses and casts, `IN` and
/// `BETWEEN` written out as the server does it.
pub(super) fn normal(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut words = Words(text)
        .filter(|word| !matches!(*word, "(" | ")" | "[" | "]" | "," | "ARRAY" | "COLLATE" | "\"C\""))
        .peekable();
    let mut between = None;
    while let Some(word) = words.next() {
        match word {
            "::" => {
                words.next();
            }
            "IN" => out.extend(["=", "ANY"]),
            "BETWEEN" => {
                between = out.last().copied();
                out.push(">=");
            }
            "AND" if between.is_some() => {
                out.push("AND");
                out.extend(between.take());
                out.push("<=");
            }
            word => out.push(word),
        }
    }
    out.join(" ")
}

/// The words of a text of SQL: names, numbers, texts in quotes, signs.
struct Words<'t>(&'t str);

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.0.trim_start();
        let first = text.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let is_sign = |c: char| "<>=!:|".contains(c);
        let length = match first {
            '\'' | '"' => text.char_indices().skip(1).find(|(_, c)| *c == first).map_or(text.len(), |(at, _)| at + 1),
            c if is_word(c) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
            c if is_sign(c) => text.find(|c| !is_sign(c)).unwrap_or(text.len()),
            c => c.len_utf8(),
        };
        let (word, rest) = text.split_at(length);
        self.0 = rest;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_engines_make_of_a_condition_is_the_same() {
        for (ours, theirs) in [
            ("cart = 1 AND state = 'draft'", "((cart = 1) AND (state = 'draft'::text))"),
            ("state IN ('waiting', 'ready')", "(state = ANY (ARRAY['waiting'::text, 'ready'::text]))"),
            ("discount BETWEEN 0 AND 100000000", "((discount >= 0) AND (discount <= 100000000))"),
            (
                "(debit_document IS NULL) <> (debit_payment IS NULL)",
                "((debit_document IS NULL) <> (debit_payment IS NULL))",
            ),
        ] {
            assert_eq!(normal(ours), normal(theirs));
        }
        let columns = columns_in("CREATE UNIQUE INDEX a ON b (c, COALESCE(d, 0), e DESC) WHERE f IN (1, 2)");
        assert_eq!(columns, ["c", "COALESCE d 0", "e DESC"].map(str::to_owned));
        assert_eq!(normal("COALESCE(lot, 0)"), normal("COALESCE(lot, (0)::bigint)"));
        assert_ne!(normal("quantity >= 0"), normal("quantity >= 1"));
    }

    #[test]
    fn a_schema_that_is_another_is_told() {
        let made = schema().unwrap();
        assert_eq!(made.differences(made, &|_| true), Vec::<String>::new());
        assert!(made.tables["desk"].checks.contains("key = 1"), "{:?}", made.tables["desk"]);
        let team = &made.tables["team_service"];
        assert_eq!(team.primary_key, ["team", "service"]);
        assert!(made.tables["transfer_line"].uniques.contains(&vec!["transfer".to_owned(), "line".to_owned()]));
        let other = made_by(&["CREATE TABLE desk (\n  key BIGINT PRIMARY KEY,\n  more TEXT\n);\n"]).unwrap();
        let told = made.differences(&other, &|_| true);
        for expected in [
            "the table ticket is gone",
            "the index ticket_customer is gone or not valid",
            "the column plan of the table desk is gone",
            "the table desk has a column more that is not the store's",
        ] {
            assert!(told.iter().any(|told| told == expected), "{expected}\n{told:#?}");
        }
    }
}
