//! The schema that is a store: how it begins, whose it is, and what the server's own catalog tells of it.

use super::super::address::Server;
use super::super::made::{self, Column, Index, Link, Schema, Table};
use super::super::migrate::{self, Refold, Upgraded};
use super::super::{Access, Result, StoreError};
use super::{LOCK, Postgres, int, text};

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
    let table = table.strip_suffix(migrate::REBUILT).unwrap_or(table);
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
        migrate::check(version, &self.server)
    }

    /// Whether any table was made.
    pub fn has_tables(&self) -> bool {
        !self.is_new.get()
    }

    /// Marks the schema as a store of aftersales in `version`.
    pub fn mark(&self, version: i64) -> Result<()> {
        // The row stays the same one, since others wait for it.
        let sql = match self.is_new.get() {
            true => "INSERT INTO store_format (application, version) VALUES ('aftersales', $1)",
            false => "UPDATE store_format SET version = $1 WHERE application = 'aftersales'",
        };
        self.write(sql, &[version.into()], true)
    }

    /// A script in the common subset; texts are compared by their bytes, as they are on SQLite. The links to a table that is
    /// dropped, because another takes its name, are taken away before and made again in the end.
    pub fn run_script(&self, sql: &str) -> Result<()> {
        let (mut text, mut links) = (String::with_capacity(sql.len() * 2), Vec::new());
        for statement in migrate::statements(sql) {
            if let Some(table) = migrate::dropped(statement) {
                self.script(&std::mem::take(&mut text))?;
                for link in self.links_to(table)? {
                    self.script(&format!("ALTER TABLE {} DROP CONSTRAINT {}", link.table, quoted(&link.name)))?;
                    links.push(link);
                }
            }
            text.extend([&adapted(statement), "\n"]);
        }
        self.script(&text)?;
        for Taken { of, name, text, .. } in links {
            if let Some(table) = self.name_of(of)? {
                self.script(&format!("ALTER TABLE {table} ADD CONSTRAINT {} {text}", quoted(&name)))?;
            }
        }
        Ok(())
    }

    /// The links to a table, from others and from itself.
    fn links_to(&self, table: &str) -> Result<Vec<Taken>> {
        const LINKS: &str = "
            SELECT CAST(conrelid AS BIGINT), conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass($1) AND conrelid <> confrelid ORDER BY oid";
        let mut links = Vec::new();
        self.each(LINKS, &[quoted(table).into()], &mut |row| {
            links.push(Taken {
                of: int(row, 0)?.unwrap_or_default(),
                table: word(row, 1)?,
                name: word(row, 2)?,
                text: word(row, 3)?,
            });
            Ok(())
        })?;
        Ok(links)
    }

    /// How a table is called by now, if it is there.
    fn name_of(&self, table: i64) -> Result<Option<String>> {
        let mut name = None;
        let named = "SELECT oid::regclass::text FROM pg_class WHERE oid = CAST(CAST($1 AS BIGINT) AS oid)";
        self.each(named, &[table.into()], &mut |row| {
            name = Some(word(row, 0)?);
            Ok(())
        })?;
        Ok(name)
    }
}

/// A link that was taken away: the table that it is of, by its key in the catalog and by its name, and the link's own name and text.
struct Taken {
    of: i64,
    table: String,
    name: String,
    text: String,
}

/// A statement of the common subset as the server takes it.
fn adapted(statement: &str) -> String {
    let mut words = statement.split_whitespace();
    let (Some(verb), Some("TABLE"), Some(table)) = (words.next(), words.next(), words.next()) else {
        return statement.to_owned();
    };
    let mut text = String::with_capacity(statement.len() * 2);
    for line in statement.split_inclusive('\n') {
        // `key BIGINT …`, or `ALTER TABLE ticket ADD COLUMN key BIGINT …`.
        let at = if verb == "ALTER" { 5 } else { 0 };
        let column = line.split_whitespace().nth(at).unwrap_or_default();
        match line.split_once(" REFERENCES ").filter(|_| !is_guarded(table, column)) {
            Some((column, to)) => text.extend([column, to.split_once(')').map_or("", |(_, rest)| rest)]),
            None => text.push_str(line),
        }
    }
    text.replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// The longest name that the server takes, in bytes.
const LONGEST_NAME: usize = 63;

impl Postgres {
    /// Upgrades the store in the server's schema: says from which format, and where the copy is; nothing where it is of this one by
    /// now. The copy is a schema beside, made in the same transaction: both are there in the end or neither.
    pub fn upgrade(server: &Server) -> Result<Option<Upgraded>> {
        let postgres = Postgres::connected(server, Access::Write)?;
        let known = postgres.version()?.ok_or_else(|| StoreError::Missing(server.to_string()))?;
        postgres.script("BEGIN ISOLATION LEVEL READ COMMITTED")?;
        postgres.is_open.set(true);
        let upgraded = postgres.upgraded(known);
        match &upgraded {
            Ok(Some(_)) => postgres.commit()?,
            _ => drop(postgres.rollback()),
        }
        upgraded
    }

    fn upgraded(&self, known: i64) -> Result<Option<Upgraded>> {
        let mut version = None;
        let locked = self.each(&LOCK, &[], &mut |row| {
            version = int(row, 0)?;
            Ok(())
        });
        let refused = |error: StoreError| match error {
            // A right that is missing, or something of somebody's that hangs on a table that has to go.
            StoreError::Denied(why) | StoreError::InUse(why) => {
                StoreError::Older { store: self.server.to_string(), format: known, why: Some(why) }
            }
            error => error,
        };
        locked.map_err(refused)?;
        let from = version.unwrap_or_default();
        // Another may have been faster.
        match self.check_version(from) {
            Err(StoreError::Older { .. }) => {}
            checked => return checked.map(|()| None),
        }
        let copy = self.copied_beside(from).map_err(refused)?;
        migrate::scripts_after(from).iter().try_for_each(|script| self.run_script(script)).map_err(refused)?;
        migrate::refolds().try_for_each(|refold| self.refold(&refold))?;
        self.mark(migrate::VERSION)?;
        self.try_out().map_err(refused)?;
        Ok(Some(Upgraded { from, copy: format!("the schema {copy}") }))
    }

    fn refold(&self, refold: &Refold) -> Result<()> {
        let mut after = i64::MIN;
        loop {
            let mut some = Vec::new();
            self.each(refold.ask, &[after.into()], &mut |row| {
                some.extend(int(row, 0)?.zip(text(row, 1)?.map(refold.fold)));
                Ok(())
            })?;
            for (key, folded) in &some {
                self.write(refold.write, &[(*key).into(), folded.into()], true)?;
                after = *key;
            }
            if some.len() < migrate::FOLDED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Copies the store into a schema beside it, which is a store of that format itself: `desk_format_1`, or with a number where
    /// something has that name.
    fn copied_beside(&self, format: i64) -> Result<String> {
        let copy = self.schema_beside(format)?;
        self.script(&format!("SET LOCAL search_path TO {}", quoted(&copy)))?;
        self.script(&beginning(&copy, true))?;
        migrate::scripts_until(format).iter().try_for_each(|script| self.run_script(script))?;
        for table in self.tables_here()? {
            let (table, columns) = (quoted(&table.0), table.1);
            let schema = quoted(&self.server.schema);
            self.script(&format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {schema}.{table}"))?;
        }
        self.script(&format!("SET LOCAL search_path TO {}", quoted(&self.server.schema)))?;
        Ok(copy)
    }

    /// Makes the schema of a copy; one that somebody made and left empty, for a role that may not make any, is taken.
    fn schema_beside(&self, format: i64) -> Result<String> {
        const KNOWN: &str = "
            SELECT EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid), has_schema_privilege(n.oid, 'CREATE')
            FROM pg_namespace n WHERE n.nspname = $1";
        let mut number = 1;
        loop {
            let ending = if number == 1 { format!("_format_{format}") } else { format!("_format_{format}_{number}") };
            let mut name = self.server.schema.clone();
            while name.len() + ending.len() > LONGEST_NAME {
                name.pop();
            }
            name.push_str(&ending);
            let mut known = None;
            self.each(KNOWN, &[name.as_str().into()], &mut |row| {
                known = Some((int(row, 0)? == Some(1), int(row, 1)? == Some(1)));
                Ok(())
            })?;
            match known {
                Some((false, true)) => return Ok(name),
                Some(_) => number += 1,
                None => {
                    return match self.script(&format!("CREATE SCHEMA {}", quoted(&name))) {
                        Ok(()) => Ok(name),
                        Err(StoreError::Denied(why)) => Err(StoreError::Denied(self.schema_wanted(&name, &why))),
                        Err(error) => Err(error),
                    };
                }
            }
        }
    }

    fn schema_wanted(&self, name: &str, why: &str) -> String {
        let role = quoted(self.server.config.get_user().unwrap_or_default());
        format!(
            "its copy goes into the schema {name}, which this role may not make ({why}); who may makes it by \
             CREATE SCHEMA {} AUTHORIZATION {role}",
            quoted(name)
        )
    }

    /// The tables that the search path leads to, in the order in which they were made, each with its columns.
    fn tables_here(&self) -> Result<Vec<(String, String)>> {
        const TABLES: &str = "
            SELECT c.relname::text, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
            FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
              AND c.relkind = 'r' ORDER BY c.oid";
        let mut tables = Vec::new();
        self.each(TABLES, &[], &mut |row| {
            tables.push((word(row, 0)?, word(row, 1)?));
            Ok(())
        })?;
        Ok(tables)
    }
}

/// What lies in the schema beside sequences and types: tables, and what looks like one.
const RELATIONS: &str = "
    SELECT c.relname::text, c.relkind = 'r' AND c.relpersistence = 'p',
      c.relrowsecurity OR EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = c.oid OR inhrelid = c.oid)
    FROM pg_class c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname <> 'store_format'
    ORDER BY c.relname";

/// The columns of the tables. One that is made from others, or has another order of texts than by bytes, holds something else.
const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text,
      format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attgenerated <> '' OR a.attidentity <> '' THEN ' made' ELSE '' END
        || CASE WHEN a.attcollation <> 0 AND o.collname <> 'C' THEN ' in another order' ELSE '' END,
      a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation o ON o.oid = a.attcollation
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'store_format'";

/// The constraints of each table; a check with a query that finds the rows which break it.
const CONSTRAINTS: &str = "
    SELECT t.relname::text, c.contype::text, c.convalidated,
      CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid) END,
      (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
      (SELECT relname::text FROM pg_class WHERE oid = c.confrelid),
      (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
         JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number),
      CASE c.contype
        WHEN 'c' THEN format('SELECT 1 FROM %s WHERE NOT (%s)', c.conrelid::regclass, pg_get_expr(c.conbin, c.conrelid))
        ELSE '' END
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.contype IN ('p', 'u', 'f', 'c')
    ORDER BY t.relname, c.conname";

/// The indexes that no constraint makes and that can be relied on.
const INDEXES: &str = "
    SELECT c.relname::text, t.relname::text, i.indisunique, pg_get_expr(i.indpred, i.indrelid),
      (SELECT string_agg(pg_get_indexdef(i.indexrelid, k.place, true)
         || CASE WHEN i.indoption[k.place - 1] & 1 = 1 THEN ' DESC' ELSE '' END, '; ' ORDER BY k.place)
       FROM generate_series(1, i.indnkeyatts) AS k (place))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND t.relname <> 'store_format'
      AND i.indisvalid AND i.indisready AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))";

/// What acts by itself when rows change.
const ACTING: &str = "
    SELECT 'trigger', g.tgname::text, t.relname::text FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
    WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND NOT g.tgisinternal
    UNION ALL
    SELECT 'rule', r.rulename::text, t.relname::text FROM pg_rewrite r JOIN pg_class t ON t.oid = r.ev_class
    WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND t.relkind = 'r'
    ORDER BY 1, 2, 3";

fn word(row: &tokio_postgres::Row, column: usize) -> Result<String> {
    Ok(text(row, column)?.unwrap_or_default().to_owned())
}

fn words(row: &tokio_postgres::Row, column: usize) -> Result<Vec<String>> {
    Ok(word(row, column)?.split(',').map(str::to_owned).collect())
}

impl Postgres {
    /// What is wrong with the schema itself: where it differs from what the scripts make, what acts in it by itself, and rows that
    /// break a check.
    pub fn faults_of_schema(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        let (there, breaches) = self.schema(&mut faults)?;
        faults.extend(made::schema()?.differences(&there, &|table, link| is_guarded(table, &link.column)));
        for (table, breaches) in breaches {
            if self.count(&breaches)? > 0 {
                faults.push(format!("CHECK constraint failed in {table}"));
            }
        }
        Ok(faults)
    }

    /// The tables and indexes as the catalog tells them; what is not to be there at all is told at once. And for each check its table
    /// and the query that finds the rows which break it.
    fn schema(&self, faults: &mut Vec<String>) -> Result<(Schema, Vec<(String, String)>)> {
        let mut schema = Schema::default();
        self.each(RELATIONS, &[], &mut |row| {
            let name = word(row, 0)?;
            if int(row, 2)? == Some(1) {
                faults.push(format!("the table {name} shows other rows than it holds"));
            }
            if int(row, 1)? == Some(1) {
                schema.tables.insert(name, Table::default());
            } else if !made::schema()?.tables.contains_key(&name) {
                faults.push(format!("there is a table {name} that is not the store's"));
            }
            Ok(())
        })?;
        self.each(COLUMNS, &[], &mut |row| {
            let column = Column {
                holds: word(row, 2)?,
                is_required: int(row, 3)? == Some(1),
                default: text(row, 4)?.map(made::normal),
            };
            if let Some(table) = schema.tables.get_mut(&word(row, 0)?) {
                table.columns.insert(word(row, 1)?, column);
            }
            Ok(())
        })?;
        let mut breaches = Vec::new();
        self.each(CONSTRAINTS, &[], &mut |row| {
            let (name, kind, is_valid) = (word(row, 0)?, word(row, 1)?, int(row, 2)? == Some(1));
            if kind == "c" {
                breaches.push((name.clone(), word(row, 7)?));
            }
            let Some(table) = schema.tables.get_mut(&name).filter(|_| is_valid) else {
                return Ok(());
            };
            match kind.as_str() {
                "p" => table.primary_key = words(row, 4)?,
                "u" => drop(table.uniques.insert(words(row, 4)?)),
                "c" => drop(table.checks.insert(made::normal(&word(row, 3)?))),
                _ => {
                    let link = Link { column: word(row, 4)?, other: word(row, 5)?, other_column: word(row, 6)? };
                    table.links.insert(link);
                }
            }
            Ok(())
        })?;
        self.each(INDEXES, &[], &mut |row| {
            let index = Index {
                table: word(row, 1)?,
                columns: word(row, 4)?.split("; ").map(made::normal).collect(),
                is_unique: int(row, 2)? == Some(1),
                condition: text(row, 3)?.map(made::normal),
            };
            schema.indexes.insert(word(row, 0)?, index);
            Ok(())
        })?;
        self.each(ACTING, &[], &mut |row| {
            faults.push(format!(
                "there is a {} {} on {} that is not the store's",
                word(row, 0)?,
                word(row, 1)?,
                word(row, 2)?
            ));
            Ok(())
        })?;
        Ok((schema, breaches))
    }

    /// The tables of each row that refers to what is not there: its own, and the one referred to.
    pub fn broken_links(&self) -> Result<Vec<(String, String)>> {
        let mut broken = Vec::new();
        for (table, made) in &made::schema()?.tables {
            for Link { column, other, other_column } in &made.links {
                let sql = format!(
                    "SELECT 1 FROM {table} t WHERE t.{column} IS NOT NULL
                       AND NOT EXISTS (SELECT 1 FROM {other} o WHERE o.{other_column} = t.{column})"
                );
                for _ in 0..self.count(&sql)? {
                    broken.push((table.to_owned(), other.to_owned()));
                }
            }
        }
        Ok(broken)
    }
}
