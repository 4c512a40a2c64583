//! What the schema of a file is, and how it differs from the one that the scripts make.

use std::collections::BTreeMap;

use super::super::made::{self, Column, Index, Link, Schema, Table};
use super::super::{Result, migrate};
use super::{Sqlite, fault};

impl Sqlite {
    /// What the integrity check tells: torn pages, rows that break a NOT NULL, CHECK or UNIQUE, indexes without their rows; and
    /// how the schema differs from what the scripts make.
    pub fn faults_of_file(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check").map_err(fault)?;
        let told = statement.query_map([], |row| row.get::<_, String>(0)).map_err(fault)?;
        let mut told: Vec<String> = told.collect::<rusqlite::Result<_>>().map_err(fault)?;
        told.retain(|text| text != "ok");
        told.extend(self.faults_of_schema()?);
        Ok(told)
    }

    /// How the text of the schema differs from that of a new store.
    pub(in super::super) fn faults_of_schema(&self) -> Result<Vec<String>> {
        let new = Sqlite::in_memory()?;
        migrate::scripts_after(0).iter().try_for_each(|script| new.run_script(script))?;
        let (made, there) = (new.schema_texts()?, self.schema_texts()?);
        let mut faults = Vec::new();
        for ((kind, name), text) in &made {
            match there.get(&(kind.clone(), name.clone())) {
                None if kind == "index" => faults.push(format!("the index {name} is gone or not valid")),
                None => faults.push(format!("the {kind} {name} is gone")),
                Some(found) if found != text => faults.push(format!("the {kind} {name} is another than it was made")),
                Some(_) => {}
            }
        }
        let more = there.keys().filter(|key| !made.contains_key(*key));
        faults.extend(more.map(|(kind, name)| match kind.as_str() {
            "index" => format!("there is an index {name} that is not the store's"),
            kind => format!("there is a {kind} {name} that is not the store's"),
        }));
        Ok(faults)
    }

    /// What makes up the schema, by kind and name, each with the text that makes it. Names in quotes, as a renamed table has them,
    /// are the names without.
    fn schema_texts(&self) -> Result<BTreeMap<(String, String), String>> {
        const TEXTS: &str =
            "SELECT type, name, COALESCE(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'";
        let mut statement = self.connection.prepare(TEXTS).map_err(fault)?;
        let row = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get::<_, String>(2)?.replace('"', "")));
        let texts = statement.query_map([], row).map_err(fault)?;
        texts.collect::<rusqlite::Result<_>>().map_err(fault)
    }

    /// The tables and indexes, by what they are.
    pub(in super::super) fn schema(&self) -> Result<Schema> {
        let mut schema = Schema::default();
        for ((kind, name), text) in self.schema_texts()? {
            match kind.as_str() {
                "table" => drop(schema.tables.insert(name.clone(), self.table(&name, &text)?)),
                "index" => {
                    let indexed = "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1";
                    let table = self.connection.query_row(indexed, [&name], |row| row.get(0)).map_err(fault)?;
                    let index = Index {
                        table,
                        columns: made::columns_in(&text),
                        is_unique: text.starts_with("CREATE UNIQUE"),
                        condition: made::condition_in(&text),
                    };
                    schema.indexes.insert(name, index);
                }
                _ => {}
            }
        }
        Ok(schema)
    }

    fn table(&self, name: &str, text: &str) -> Result<Table> {
        let mut table = Table { checks: made::checks_in(text), ..Table::default() };
        let mut keys: Vec<(i64, String)> = Vec::new();
        self.each_row(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?1)",
            name,
            &mut |row| {
                let (column, place): (String, i64) = (row.get(0)?, row.get(4)?);
                let holds = if row.get::<_, String>(1)? == "TEXT" { "text" } else { "bigint" };
                let default: Option<String> = row.get(3)?;
                let made = Column {
                    holds: holds.to_owned(),
                    is_required: row.get::<_, bool>(2)? || place > 0,
                    default: default.as_deref().map(made::normal),
                };
                if place > 0 {
                    keys.push((place, column.clone()));
                }
                table.columns.insert(column, made);
                Ok(())
            },
        )?;
        keys.sort_unstable();
        table.primary_key = keys.into_iter().map(|(_, column)| column).collect();
        let mut uniques: Vec<String> = Vec::new();
        self.each_row("SELECT name FROM pragma_index_list(?1) WHERE origin = 'u'", name, &mut |row| {
            uniques.push(row.get(0)?);
            Ok(())
        })?;
        for unique in uniques {
            table.uniques.insert(self.index_columns(&unique)?);
        }
        self.each_row("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1)", name, &mut |row| {
            table.links.insert(Link { column: row.get(0)?, other: row.get(1)?, other_column: row.get(2)? });
            Ok(())
        })?;
        Ok(table)
    }

    fn index_columns(&self, name: &str) -> Result<Vec<String>> {
        let mut columns = Vec::new();
        self.each_row("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", name, &mut |row| {
            columns.push(row.get(0)?);
            Ok(())
        })?;
        Ok(columns)
    }

    fn each_row(
        &self,
        sql: &str,
        of: &str,
        row: &mut dyn FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let mut rows = statement.query([of]).map_err(fault)?;
        while let Some(found) = rows.next().map_err(fault)? {
            row(found).map_err(fault)?;
        }
        Ok(())
    }

    /// The tables of each row that refers to what is not there: its own, and the one referred to.
    pub fn broken_links(&self) -> Result<Vec<(String, String)>> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check").map_err(fault)?;
        let told = statement.query_map([], |row| Ok((row.get(0)?, row.get(2)?))).map_err(fault)?;
        told.collect::<rusqlite::Result<_>>().map_err(fault)
    }
}
