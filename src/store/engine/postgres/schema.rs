//! The schema that is a store: how it begins, whose it is, and what the server's own catalog tells of it.

use super::super::migrate::{self, Link};
use super::super::{Access, Result, StoreError};
use super::{Postgres, int, text};

/// What a session is set to, in one script. Settings that an engine does not have are left alone.
///
/// - a transaction that is answered is durable, whatever the role or the server is set to;
/// - a writer looks rows up by their indexes, row by row: what it asks for is little, and a plan made while a table was small,
///   or before the server counted its rows, serves a whole bulk run.
pub fn settings(schema: &str, access: Access) -> String {
    let schema = quoted(schema);
    let planning = match access {
        Access::Write => ", ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off')",
        Access::Read => "",
    };
    format!(
        "SET search_path TO {schema}; SET lock_timeout TO 10000; SET client_min_messages TO warning; \
         SELECT set_config(name, value, false) FROM (VALUES ('jit', 'off'){planning}) AS wanted (name, value) \
         WHERE current_setting(name, true) IS NOT NULL; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit', true) = 'off'"
    )
}

/// Makes the schema, where there is none, and in it what says whose it is: the row that every writer locks.
pub fn beginning(schema: &str, is_there: bool) -> String {
    let made = if is_there { String::new() } else { format!("CREATE SCHEMA {}; ", quoted(schema)) };
    format!("{made}CREATE TABLE store_format (application TEXT NOT NULL, version BIGINT NOT NULL)")
}

/// The links of lines that the server does not guard: for each row and link it runs a query and locks what the row refers to,
/// which was half of its work in an import. Nothing that a line refers to is ever deleted, the writer has looked it up in the
/// same transaction, and `verify` follows these links with the others.
const UNGUARDED: [(&str, &[&str]); 3] = [
    ("order_line", &["product"]),
    ("transfer_line", &["product", "lot", "order_line", "return_line"]),
    ("document_line", &["product", "lot", "order_line", "invoice_line"]),
];

fn is_guarded(table: &str, column: &str) -> bool {
    !UNGUARDED.iter().any(|(of, columns)| *of == table && columns.contains(&column))
}

/// A name as the server's SQL takes it, whatever stands in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Postgres {
    /// The format of the store in the schema, none where nothing is there.
    pub fn version(&self) -> Result<Option<i64>> {
        // What says that a schema is ours has these two columns.
        const TABLES: &str = "SELECT c.relname = 'store_format' AND
               (SELECT COUNT(*) FROM pg_attribute a WHERE a.attrelid = c.oid
                  AND (a.attname, a.atttypid) IN (('application', 'text'::regtype), ('version', 'bigint'::regtype))) = 2
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname";
        let (mut tables, mut ours) = (0, false);
        self.each(TABLES, &[self.server.schema.as_str().into()], &mut |row| {
            tables += 1;
            ours |= int(row, 0)? == Some(1);
            Ok(())
        })?;
        if tables == 0 {
            return Ok(None);
        }
        let foreign = || StoreError::Foreign(format!("{} is a schema of another application", self.server));
        if !ours {
            return Err(foreign());
        }
        let mut version = None;
        let asked = self.each("SELECT version FROM store_format WHERE application = 'aftersales'", &[], &mut |row| {
            version = int(row, 0)?;
            Ok(())
        });
        match asked {
            // Without a right to the schema it is as if there were no such table.
            Err(StoreError::Denied(_) | StoreError::Fault(_)) => {
                Err(StoreError::Refused(format!("{} may not be read by this role", self.server)))
            }
            Err(error) => Err(error),
            Ok(()) => version.map(Some).ok_or_else(foreign),
        }
    }

    /// Whether somebody made the schema.
    pub fn is_made(&self) -> Result<bool> {
        let mut is_made = false;
        let name = self.server.schema.as_str().into();
        self.each("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[name], &mut |_| {
            is_made = true;
            Ok(())
        })?;
        Ok(is_made)
    }

    /// Refuses a database that cannot hold every text.
    pub fn check_encoding(&self) -> Result<()> {
        let mut encoding = String::new();
        self.each("SELECT current_setting('server_encoding')", &[], &mut |row| {
            encoding.extend(text(row, 0)?);
            Ok(())
        })?;
        if encoding == "UTF8" {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "{} is in a database that keeps texts in {encoding}, not in UTF8",
            self.server
        )))
    }

    pub fn check_version(&self, version: i64) -> Result<()> {
        match version {
            newer if newer > migrate::VERSION => Err(StoreError::Newer(newer)),
            broken if broken < 1 => Err(StoreError::Damaged(format!("{} has no format version", self.server))),
            _ => Ok(()),
        }
    }

    /// Whether any table was made.
    pub fn has_tables(&self) -> bool {
        !self.is_new.get()
    }

    /// Marks the schema as a store of aftersales in `version`.
    pub fn mark(&self, version: i64) -> Result<()> {
        self.run("DELETE FROM store_format")?;
        self.write("INSERT INTO store_format (application, version) VALUES ('aftersales', $1)", &[version.into()], true)
    }

    /// A script in the common subset; texts are compared by their bytes, as they are on SQLite.
    pub fn run_script(&self, sql: &str) -> Result<()> {
        let (mut text, mut table) = (String::with_capacity(sql.len() * 2), "");
        for line in sql.split_inclusive('\n') {
            table = line.strip_prefix("CREATE TABLE ").and_then(|line| line.split(' ').next()).unwrap_or(table);
            let column = line.trim().split(' ').next().unwrap_or_default();
            match line.split_once(" REFERENCES ").filter(|_| !is_guarded(table, column)) {
                Some((column, to)) => text.extend([column, to.split_once(')').map_or("", |(_, rest)| rest)]),
                None => text.push_str(line),
            }
        }
        self.script(&text.replace(" TEXT", " TEXT COLLATE \"C\""))
    }
}

/// The constraints of each table; a check with a query that finds the rows which break it.
const CONSTRAINTS: &str = "
    SELECT t.relname::text, c.contype::text, c.convalidated,
      CASE c.contype
        WHEN 'c' THEN format('SELECT 1 FROM %s WHERE NOT (%s)', c.conrelid::regclass, pg_get_expr(c.conbin, c.conrelid))
        ELSE '' END
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.contype IN ('p', 'u', 'f', 'c')
    ORDER BY t.relname, c.conname";

/// The tables, and the indexes that can be relied on.
const THERE: &str = "
    SELECT c.relname::text FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND (c.relkind = 'r' OR (c.relkind = 'i' AND i.indisvalid AND i.indisready))";

struct Constraint {
    table: String,
    kind: String,
    is_valid: bool,
    breaches: String,
}

impl Postgres {
    /// What is wrong with the schema itself: tables, constraints or indexes that the migrations made and that are gone, and
    /// rows that break a constraint.
    pub fn faults_of_schema(&self) -> Result<Vec<String>> {
        let mut there = Vec::new();
        self.each(THERE, &[], &mut |row| {
            there.extend(text(row, 0)?.map(str::to_owned));
            Ok(())
        })?;
        let mut faults = migrate::gone(&there);
        let constraints = self.constraints()?;
        for made in migrate::made().filter(|made| there.iter().any(|table| table == made.table)) {
            let links = migrate::links().filter(|link| link.table == made.table && is_guarded(link.table, link.column));
            for (kind, word, expected) in [
                ("p", "primary keys", made.primary_keys),
                ("u", "unique constraints", made.uniques),
                ("f", "links", links.count()),
                ("c", "checks", made.checks),
            ] {
                let there = constraints
                    .iter()
                    .filter(|known| known.table == made.table && known.kind == kind && known.is_valid);
                let there = there.count();
                if there < expected {
                    faults.push(format!("the table {} has {there} of its {expected} {word}", made.table));
                }
            }
        }
        for check in constraints.iter().filter(|known| known.kind == "c") {
            if self.count(&check.breaches)? > 0 {
                faults.push(format!("CHECK constraint failed in {}", check.table));
            }
        }
        Ok(faults)
    }

    /// The tables of each row that refers to what is not there: its own, and the one referred to.
    pub fn broken_links(&self) -> Result<Vec<(String, String)>> {
        let mut broken = Vec::new();
        for Link { table, column, other, other_column } in migrate::links() {
            let sql = format!(
                "SELECT 1 FROM {table} t WHERE t.{column} IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM {other} o WHERE o.{other_column} = t.{column})"
            );
            for _ in 0..self.count(&sql)? {
                broken.push((table.to_owned(), other.to_owned()));
            }
        }
        Ok(broken)
    }

    fn constraints(&self) -> Result<Vec<Constraint>> {
        let mut constraints = Vec::new();
        let word = |row: &tokio_postgres::Row, column| -> Result<String> {
            Ok(text(row, column)?.unwrap_or_default().to_owned())
        };
        self.each(CONSTRAINTS, &[], &mut |row| {
            constraints.push(Constraint {
                table: word(row, 0)?,
                kind: word(row, 1)?,
                is_valid: int(row, 2)? == Some(1),
                breaches: word(row, 3)?,
            });
            Ok(())
        })?;
        Ok(constraints)
    }
}
