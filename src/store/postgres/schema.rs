//! The schema that is a store: how it begins, whose it is, and what the server's own catalog tells of it.

use super::super::{Access, Result, StoreError, migrate};
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
pub fn beginning(schema: &str) -> String {
    let schema = quoted(schema);
    format!(
        "DO $$ BEGIN IF to_regnamespace('{}') IS NULL THEN CREATE SCHEMA {schema}; END IF; END $$; \
         CREATE TABLE store_format (application TEXT NOT NULL, version BIGINT NOT NULL)",
        schema.replace('\'', "''")
    )
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
        self.script(&sql.replace(" TEXT", " TEXT COLLATE \"C\""))
    }
}

/// The constraints of each table, each with a query that finds the rows which break it; empty for those that an index keeps.
const CONSTRAINTS: &str = "
    SELECT t.relname::text, c.contype::text, c.convalidated,
      CASE c.contype
        WHEN 'f' THEN format('SELECT 1 FROM %s t WHERE t.%I IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s o WHERE o.%I = t.%I)',
          c.conrelid::regclass, a.attname, c.confrelid::regclass, o.attname, a.attname)
        WHEN 'c' THEN format('SELECT 1 FROM %s WHERE NOT (%s)', c.conrelid::regclass, pg_get_expr(c.conbin, c.conrelid))
        ELSE '' END,
      COALESCE(other.relname::text, '')
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
      LEFT JOIN pg_class other ON other.oid = c.confrelid
      LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      LEFT JOIN pg_attribute o ON o.attrelid = c.confrelid AND o.attnum = c.confkey[1]
    WHERE c.connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.contype IN ('p', 'u', 'f', 'c')
    ORDER BY t.relname, c.conname";

/// The indexes that can be relied on.
const INDEXES: &str = "
    SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND i.indisvalid AND i.indisready";

struct Constraint {
    table: String,
    kind: String,
    is_valid: bool,
    breaches: String,
    other: String,
}

impl Postgres {
    /// What is wrong with the schema itself: tables, constraints or indexes that the migrations made and that are gone, and
    /// rows that break a constraint.
    pub fn faults_of_schema(&self) -> Result<Vec<String>> {
        let constraints = self.constraints()?;
        let mut faults = Vec::new();
        for made in migrate::made() {
            for (kind, word, expected) in [
                ("p", "primary keys", made.primary_keys),
                ("u", "unique constraints", made.uniques),
                ("f", "links", made.links),
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
        let mut indexes = Vec::new();
        self.each(INDEXES, &[], &mut |row| {
            indexes.extend(text(row, 0)?.map(str::to_owned));
            Ok(())
        })?;
        for index in migrate::indexes() {
            if !indexes.iter().any(|known| known == index) {
                faults.push(format!("the index {index} is gone or not valid"));
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
        for link in self.constraints()?.into_iter().filter(|known| known.kind == "f") {
            for _ in 0..self.count(&link.breaches)? {
                broken.push((link.table.clone(), link.other.clone()));
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
                other: word(row, 4)?,
            });
            Ok(())
        })?;
        Ok(constraints)
    }
}
