//! The schema that is a store: how it begins, whose it is, and what the server's own catalog tells of it.

use super::super::address::Server;
use super::super::health::ServerHealth;
use super::super::made::{self, Column, Index, Link, Schema, Table};
use super::super::migrate::{self, Refold, Upgraded};
use super::super::statement::{Statement, place};
use super::super::{Access, Result, StoreError};
use super::wire::Param;
use super::{Answered, LOCK, Postgres, Underway, fault, int, text};
use crate::store::tables::NAMES;

/// What begins a transaction and what it is set to, in one script: a pooler that pools by transaction hands any connection to it, so
/// nothing that was set before counts. Settings that an engine does not have are left alone.
///
/// - names are looked for in `path` alone, temporary tables last;
/// - a transaction that is answered is durable, whatever the role or the server is set to;
/// - a writer that vanishes lets go of the store soon;
/// - how long a statement may take is nobody's to say but the command's, as for the server's own tools: cut off once, it would be
///   cut off again;
/// - a writer looks rows up by their indexes, row by row: what it asks for is little, and a plan made while a table was small,
///   or before the server counted its rows, serves a whole bulk run; it is made once, whatever values are asked by.
pub fn begin(path: &str, access: Access) -> String {
    let begin = match access {
        Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
        Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    let of_a_writer = match access {
        Access::Write => {
            ", ('idle_in_transaction_session_timeout', '30000'), \
             ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), \
             ('plan_cache_mode', 'force_generic_plan')"
        }
        Access::Read => "",
    };
    format!(
        "{begin}; SET LOCAL statement_timeout TO 0; SET LOCAL search_path TO {path}, pg_temp; \
         SET LOCAL lock_timeout TO 10000; SET LOCAL client_min_messages TO warning; \
         SELECT set_config(name, value, true) FROM (VALUES ('jit', 'off'), \
         ('tcp_keepalives_idle', '15'), ('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '5'), \
         ('tcp_user_timeout', '30000'){of_a_writer}) AS wanted (name, value) WHERE current_setting(name, true) IS NOT NULL; \
         SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit', true) = 'off'"
    )
}

/// Where only the server's own names are found.
const CATALOG: &str = "pg_catalog";

/// What lies in a schema, asked before a name in it is used: a view instead of a table, a function beside it or a row's policy
/// would run what somebody else wrote, with this role's rights. Only where nothing of that kind is there is the schema looked
/// into at all, which the last column says.
///
/// A role is trusted whose rights this one has anyway, or that needs no trick; a superuser belongs to no role by being one.
static LOOK: Statement = Statement::control(
    "WITH RECURSIVE mine (role) AS (
         SELECT oid FROM pg_roles WHERE rolname = current_user
         UNION SELECT m.roleid FROM pg_auth_members m JOIN mine ON mine.role = m.member),
       trusted (role) AS (SELECT role FROM mine UNION SELECT oid FROM pg_roles WHERE rolsuper),
       desk AS (SELECT oid AS schema FROM pg_namespace WHERE nspname = $1),
       relation AS (
         SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relowner, c.relowner IN (SELECT role FROM trusted) AS is_trusted
         FROM desk JOIN pg_class c ON c.relnamespace = schema WHERE c.relname = ANY ($2)),
       acting (owner) AS (
         SELECT proowner FROM desk JOIN pg_proc ON pronamespace = schema
         UNION ALL SELECT oprowner FROM desk JOIN pg_operator ON oprnamespace = schema),
       seen AS (
         SELECT EXISTS (SELECT 1 FROM desk) AS is_made,
           COALESCE((SELECT has_schema_privilege(schema, 'USAGE') FROM desk), true) AS may_enter,
           EXISTS (SELECT 1 FROM relation r WHERE relname = 'store_format' AND relkind = 'r' AND
             (SELECT COUNT(*) FROM pg_attribute a WHERE a.attrelid = r.oid
                AND (a.attname, a.atttypid) IN (('application', 'text'::regtype), ('version', 'bigint'::regtype))) = 2) AS is_ours,
           (SELECT MIN(relname::text) FROM relation WHERE relkind <> 'r') AS no_table,
           (SELECT MIN(pg_get_userbyid(relowner)::text) FROM relation WHERE NOT is_trusted) AS stranger,
           COALESCE(
             (SELECT MIN(pg_get_userbyid(owner)::text) FROM acting WHERE owner NOT IN (SELECT role FROM trusted)),
             (SELECT MIN(pg_get_userbyid(relowner)::text) FROM relation WHERE relrowsecurity AND NOT is_trusted)) AS acts)
     SELECT is_made, may_enter, is_ours, no_table, stranger, acts,
       is_ours OR EXISTS (SELECT 1 FROM desk JOIN pg_class c ON c.relnamespace = schema WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')),
       current_setting('server_encoding'),
       CASE WHEN is_ours AND no_table IS NULL AND acts IS NULL
         THEN set_config('search_path', quote_ident($1) || ', pg_temp', true) END
     FROM seen",
);

/// The format that a store says it has.
static FORMAT: Statement = Statement::control("SELECT version FROM store_format WHERE application = 'aftersales'");

/// What was found in the schema.
#[derive(Default)]
pub struct Seen {
    is_made: bool,
    may_enter: bool,
    is_ours: bool,
    no_table: Option<String>,
    stranger: Option<String>,
    acts: Option<String>,
    holds_tables: bool,
    encoding: String,
    is_entered: bool,
    /// The format of the store, where it was looked into and may be read.
    format: Option<Option<i64>>,
}

/// Makes the schema, where there is none, and in it what says whose it is: the row that every writer locks.
pub fn beginning(schema: &str, is_there: bool) -> String {
    let made = if is_there { String::new() } else { format!("CREATE SCHEMA {}; ", quoted(schema)) };
    format!("{made}CREATE TABLE store_format (application TEXT NOT NULL, version BIGINT NOT NULL)")
}

/// The tables whose links the server does not guard, of which there are most rows or which have most links: for each row and link it
/// runs a query and locks what the row refers to, which was two thirds of its work in an import. The writer has written what they
/// refer to or looked it up in the same transaction, it is deleted only with them or where nothing refers to it, and `verify` follows
/// these links with the others. A store that was made when more were guarded keeps its guards until a table is rebuilt.
const UNGUARDED: [&str; 11] = [
    "operation_touch",
    "operation_key",
    "ticket_log",
    "order_line",
    "order_line_tax",
    "transfer",
    "transfer_line",
    "document",
    "document_line",
    "document_line_tax",
    "matching",
];

fn is_guarded(table: &str) -> bool {
    !UNGUARDED.contains(&table.strip_suffix(migrate::REBUILT).unwrap_or(table))
}

impl Seen {
    /// What was seen, by what was answered.
    pub fn of(seen: Answered, format: Answered) -> Result<Seen> {
        let found = seen.map_err(|error| fault(&error))?;
        let mut seen = found.first().map_or_else(|| Ok(Seen::default()), Seen::read)?;
        let format = format.map_err(|error| fault(&error));
        match format.and_then(|rows| rows.first().map_or(Ok(None), |row| int(row, 0))) {
            Ok(format) => seen.format = Some(format),
            Err(StoreError::Denied(_)) => {}
            Err(error) if seen.is_entered && seen.may_enter => return Err(error),
            Err(_) => {}
        }
        Ok(seen)
    }

    fn read(row: &tokio_postgres::Row) -> Result<Seen> {
        let is = |column| int(row, column).map(|is| is == Some(1));
        let name = |column| text(row, column).map(|name| name.map(str::to_owned));
        Ok(Seen {
            is_made: is(0)?,
            may_enter: is(1)?,
            is_ours: is(2)?,
            no_table: name(3)?,
            stranger: name(4)?,
            acts: name(5)?,
            holds_tables: is(6)?,
            encoding: word(row, 7)?,
            is_entered: text(row, 8)?.is_some(),
            format: None,
        })
    }

    /// Whether somebody made the schema.
    pub fn is_made(&self) -> bool {
        self.is_made
    }
}

/// A name as the server's SQL takes it, whatever stands in it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Postgres {
    /// Begins a transaction that looks what is in the schema.
    pub(super) fn looking(&self, access: Access) -> Result<Underway> {
        self.begun()?;
        self.begin(&begin(CATALOG, access));
        let names = NAMES.iter().copied().chain(["store_format"]).map(|name| Some(name.to_owned())).collect();
        let seen = self.asked(&LOOK, vec![Param::Text(self.server.schema.clone()), Param::Texts(names)])?;
        let format = self.asked(&FORMAT, Vec::new())?;
        Ok(Underway::Look { seen, format })
    }

    /// Looks what is in the schema, in one round trip with all that leads there. A reader's transaction goes on from there.
    pub fn look(&self, access: Access) -> Result<Seen> {
        let looking = self.looking(access)?;
        self.drained()?;
        let Underway::Look { seen, format } = looking else {
            return Err(StoreError::Fault("nothing is looked at".to_owned()));
        };
        let (seen, format) = self.runtime.block_on(async { (seen.await, format.await) });
        let seen = self.noted(Seen::of(seen, format))?;
        match access {
            Access::Read if seen.format.is_some() => self.is_begun.set(true),
            _ => self.rollback()?,
        }
        Ok(seen)
    }

    /// The format of the store in the schema, none where nothing is there.
    pub fn version(&self, seen: &Seen) -> Result<Option<i64>> {
        let server = &self.server;
        let foreign = || StoreError::Foreign(format!("{server} is a schema of another application"));
        let unread = || StoreError::Refused(format!("{server} may not be read by this role"));
        match (&seen.no_table, &seen.acts, &seen.format) {
            _ if !seen.holds_tables && seen.acts.is_none() => Ok(None),
            _ if !seen.may_enter => Err(unread()),
            (_, Some(role), _) => Err(self.of_a_stranger(role)),
            _ if !seen.is_ours => Err(foreign()),
            (Some(table), _, _) => {
                Err(StoreError::Foreign(format!("{server} is no store: its {table} is not a table")))
            }
            (_, _, None) => Err(unread()),
            (_, _, Some(format)) => format.map(Some).ok_or_else(foreign),
        }
    }

    /// Refuses to write to tables of a role whose rights this one has not: what hangs on them would run with this one's.
    pub fn check_owner(&self, seen: &Seen) -> Result<()> {
        seen.stranger.as_deref().map_or(Ok(()), |role| Err(self.of_a_stranger(role)))
    }

    fn of_a_stranger(&self, role: &str) -> StoreError {
        StoreError::Foreign(format!(
            "{} holds what the role {role} made, to which this role does not belong",
            self.server
        ))
    }

    /// Refuses a database that cannot hold every text.
    pub fn check_encoding(&self, seen: &Seen) -> Result<()> {
        match seen.encoding.as_str() {
            "UTF8" => Ok(()),
            other => Err(StoreError::Refused(format!(
                "{} is in a database that keeps texts in {other}, not in UTF8",
                self.server
            ))),
        }
    }

    /// What the server tells of itself.
    pub fn health(&self) -> Result<ServerHealth> {
        static HEALTH: Statement =
            Statement::control("SELECT current_setting('server_version'), current_setting('server_encoding')");
        let mut found = None;
        self.each(&HEALTH, &[], &mut |row| {
            found = Some(ServerHealth { version: word(row, 0)?, encoding: word(row, 1)? });
            Ok(())
        })?;
        found.ok_or_else(|| StoreError::Fault("the server tells nothing of itself".to_owned()))
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
        static FIRST: Statement =
            Statement::control("INSERT INTO store_format (application, version) VALUES ('aftersales', $1)");
        static NEXT: Statement =
            Statement::control("UPDATE store_format SET version = $1 WHERE application = 'aftersales'");
        self.write(if self.is_new.get() { &FIRST } else { &NEXT }, &[version.into()], true)
    }

    /// A script in the common subset; texts are compared by their bytes, as they are on SQLite. The links to a table that is
    /// dropped, because another takes its name, are taken away before and made again in the end.
    pub fn run_script(&self, sql: &str) -> Result<()> {
        let (mut text, mut links) = (String::with_capacity(sql.len() * 2), Vec::new());
        for statement in migrate::statements(sql) {
            if let Some(table) = migrate::dropped(statement) {
                self.script(&std::mem::take(&mut text))?;
                for link in self.links_to(table)? {
                    text.push_str(&format!("ALTER TABLE {} DROP CONSTRAINT {};\n", link.table, quoted(&link.name)));
                    links.push(link);
                }
            }
            text.extend([&adapted(statement), "\n"]);
        }
        self.script(&text)?;
        text.clear();
        for Taken { of, name, text: link, .. } in links {
            if let Some(table) = self.name_of(of)? {
                text.push_str(&format!("ALTER TABLE {table} ADD CONSTRAINT {} {link};\n", quoted(&name)));
            }
        }
        self.script(&text)
    }

    /// The links to a table, from others and from itself.
    fn links_to(&self, table: &str) -> Result<Vec<Taken>> {
        static LINKS: Statement = Statement::control("
            SELECT CAST(conrelid AS BIGINT), conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass($1) AND conrelid <> confrelid ORDER BY oid");
        let mut links = Vec::new();
        self.each(&LINKS, &[quoted(table).into()], &mut |row| {
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
        static NAMED: Statement =
            Statement::control("SELECT oid::regclass::text FROM pg_class WHERE oid = CAST(CAST($1 AS BIGINT) AS oid)");
        self.each(&NAMED, &[table.into()], &mut |row| {
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
    let (Some(_), Some("TABLE"), Some(table)) = (words.next(), words.next(), words.next()) else {
        return statement.to_owned();
    };
    let is_guarded = is_guarded(table);
    let mut text = String::with_capacity(statement.len() * 2);
    for line in statement.split_inclusive('\n') {
        match line.split_once(" REFERENCES ").filter(|_| !is_guarded) {
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
        let postgres = Postgres::connected(server)?;
        let seen = postgres.look(Access::Write)?;
        let known = postgres.version(&seen)?.ok_or_else(|| StoreError::Missing(server.to_string()))?;
        if let Err(error) = postgres.check_owner(&seen) {
            return Err(StoreError::Older { store: server.to_string(), format: known, why: Some(error.to_string()) });
        }
        postgres.begun()?;
        postgres.begin(&begin(&quoted(&server.schema), Access::Write));
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
        self.script(&format!("SET LOCAL search_path TO {}, pg_temp", quoted(&copy)))?;
        self.script(&beginning(&copy, true))?;
        migrate::scripts_until(format).iter().try_for_each(|script| self.run_script(script))?;
        for table in self.tables_here()? {
            let (table, columns) = (quoted(&table.0), table.1);
            let schema = quoted(&self.server.schema);
            self.script(&format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {schema}.{table}"))?;
        }
        self.script(&format!("SET LOCAL search_path TO {}, pg_temp", quoted(&self.server.schema)))?;
        Ok(copy)
    }

    /// Makes the schema of a copy; one that somebody made and left empty, for a role that may not make any, is taken.
    fn schema_beside(&self, format: i64) -> Result<String> {
        static KNOWN: Statement = Statement::control(
            "
            SELECT EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid), has_schema_privilege(n.oid, 'CREATE')
            FROM pg_namespace n WHERE n.nspname = $1",
        );
        let mut number = 1;
        loop {
            let ending = if number == 1 { format!("_format_{format}") } else { format!("_format_{format}_{number}") };
            let mut name = self.server.schema.clone();
            while name.len() + ending.len() > LONGEST_NAME {
                name.pop();
            }
            name.push_str(&ending);
            let mut known = None;
            self.each(&KNOWN, &[name.as_str().into()], &mut |row| {
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

    /// The tables that the search path leads to, each behind those that it links to, with its columns.
    fn tables_here(&self) -> Result<Vec<(String, String)>> {
        static TABLES: Statement = Statement::control("
            SELECT c.relname::text, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
            FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
              AND c.relkind = 'r' ORDER BY c.oid");
        let mut tables = Vec::new();
        self.each(&TABLES, &[], &mut |row| {
            tables.push((word(row, 0)?, word(row, 1)?));
            Ok(())
        })?;
        // One that was rebuilt is younger than those that link to it.
        tables.sort_by_key(|(table, _)| place(table).unwrap_or(usize::MAX));
        Ok(tables)
    }
}

/// What lies in the schema beside sequences and types: tables, and what looks like one.
static RELATIONS: Statement = Statement::control(
    "
    SELECT c.relname::text, c.relkind = 'r' AND c.relpersistence = 'p',
      c.relrowsecurity OR EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = c.oid OR inhrelid = c.oid)
    FROM pg_class c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname <> 'store_format'
    ORDER BY c.relname",
);

/// The columns of the tables. One that is made from others, or has another order of texts than by bytes, holds something else.
static COLUMNS: Statement = Statement::control("
    SELECT c.relname::text, a.attname::text,
      format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attgenerated <> '' OR a.attidentity <> '' THEN ' made' ELSE '' END
        || CASE WHEN a.attcollation <> 0 AND o.collname <> 'C' THEN ' in another order' ELSE '' END,
      a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation o ON o.oid = a.attcollation
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'store_format'");

/// The constraints of each table; a check with a query that finds the rows which break it.
static CONSTRAINTS: Statement = Statement::control("
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
    ORDER BY t.relname, c.conname");

/// The indexes that no constraint makes and that can be relied on.
static INDEXES: Statement = Statement::control("
    SELECT c.relname::text, t.relname::text, i.indisunique, pg_get_expr(i.indpred, i.indrelid),
      (SELECT string_agg(pg_get_indexdef(i.indexrelid, k.place, true)
         || CASE WHEN i.indoption[k.place - 1] & 1 = 1 THEN ' DESC' ELSE '' END, '; ' ORDER BY k.place)
       FROM generate_series(1, i.indnkeyatts) AS k (place))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND t.relname <> 'store_format'
      AND i.indisvalid AND i.indisready AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))");

/// What acts by itself when rows change.
static ACTING: Statement = Statement::control(
    "
    SELECT 'trigger', g.tgname::text, t.relname::text FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
    WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND NOT g.tgisinternal
    UNION ALL
    SELECT 'rule', r.rulename::text, t.relname::text FROM pg_rewrite r JOIN pg_class t ON t.oid = r.ev_class
    WHERE t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND t.relkind = 'r'
    ORDER BY 1, 2, 3",
);

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
        faults.extend(made::schema()?.differences(&there, &is_guarded));
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
        self.each(&RELATIONS, &[], &mut |row| {
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
        self.each(&COLUMNS, &[], &mut |row| {
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
        self.each(&CONSTRAINTS, &[], &mut |row| {
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
        self.each(&INDEXES, &[], &mut |row| {
            let index = Index {
                table: word(row, 1)?,
                columns: word(row, 4)?.split("; ").map(made::normal).collect(),
                is_unique: int(row, 2)? == Some(1),
                condition: text(row, 3)?.map(made::normal),
            };
            schema.indexes.insert(word(row, 0)?, index);
            Ok(())
        })?;
        self.each(&ACTING, &[], &mut |row| {
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
}
