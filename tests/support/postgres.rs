//! A shop's store in a schema of a PostgreSQL server, and how a test looks into it behind the program's back.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use aftersales::store::Db;
use aftersales::store::engine::address::{Address, Surroundings};
use postgres::{Client, SimpleQueryMessage, Statement};

use rusqlite::types::Value;

use super::server;

/// The schema, with a connection that looks into it.
pub struct Schema {
    name: String,
    inside: RefCell<Inside>,
    /// Whether it holds a store as `init` makes it, changed by the program alone: after its story it can serve another one.
    is_reusable: Cell<bool>,
}

/// The schemas whose stores are new again, and the tables that hold rows in such a store: they lie in the schema `new desk`.
static READY: Mutex<Vec<String>> = Mutex::new(Vec::new());
static NEW: OnceLock<Vec<String>> = OnceLock::new();

struct Inside {
    client: Client,
    /// How all rows are read, and of which tables.
    rows: Option<(Vec<String>, Statement)>,
}

/// A store as it was.
pub struct Saved {
    schema: String,
    /// The indexes that no constraint makes, and how each is made.
    indexes: Vec<(String, String)>,
}

impl Schema {
    /// A name that nobody else has, with what has to be quoted in it.
    pub fn new() -> Schema {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let name = format!("desk {}", COUNT.fetch_add(1, Ordering::Relaxed));
        let client = connected(&name);
        Schema { name, inside: RefCell::new(Inside { client, rows: None }), is_reusable: Cell::new(false) }
    }

    /// A schema with a new store in it that served another story before; none where there is none. Making a store's tables is
    /// a third of what a server does for a story.
    pub fn ready() -> Option<Schema> {
        let name = READY.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        let inside = RefCell::new(Inside { client: connected(&name), rows: None });
        Some(Schema { name, inside, is_reusable: Cell::new(true) })
    }

    /// Keeps what is in it, which is as every plain `init` makes it, so that this schema and others can be made new again.
    pub fn keep_as_new(&self) {
        let client = &mut self.inside.borrow_mut().client;
        NEW.get_or_init(|| {
            let filled: Vec<String> = tables(client).into_iter().filter(|table| has_rows(client, table)).collect();
            let each =
                filled.iter().map(|table| format!("CREATE TABLE \"new desk\".\"{table}\" AS TABLE \"{table}\"; "));
            let copied = format!("CREATE SCHEMA \"new desk\"; {}", each.collect::<String>());
            client.batch_execute(&copied).expect("a new store can be copied");
            filled
        });
        self.is_reusable.set(true);
    }

    /// Makes the store in it a new one again; whether that was possible.
    fn emptied(&self) -> bool {
        let Some(new) = NEW.get().filter(|_| self.is_reusable.get() && !std::thread::panicking()) else { return false };
        let client = &mut self.inside.borrow_mut().client;
        let mut sql = format!(
            "SET client_min_messages TO warning; BEGIN; SET LOCAL lock_timeout TO '5s';
             SET LOCAL session_replication_role = replica; DROP SCHEMA IF EXISTS \"{} saved\" CASCADE; ",
            self.name
        );
        for table in tables(client) {
            sql.push_str(&format!("DELETE FROM \"{table}\"; "));
        }
        for table in new {
            sql.push_str(&format!("INSERT INTO \"{table}\" SELECT * FROM \"new desk\".\"{table}\"; "));
        }
        client.batch_execute(&format!("{sql} COMMIT")).is_ok()
    }

    #[allow(dead_code, reason = "asked for by the stories of the server alone")]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements as the owner of all, in the schema.
    #[allow(dead_code, reason = "asked for by the stories of the server alone")]
    pub fn sql(&self, sql: &str) {
        self.is_reusable.set(false);
        self.inside.borrow_mut().client.batch_execute(sql).expect(sql);
    }

    pub fn address(&self) -> String {
        server::shared().address(&self.name)
    }

    pub fn exists(&self) -> bool {
        let client = &mut self.inside.borrow_mut().client;
        client.query_one("SELECT to_regclass('store_format') IS NOT NULL", &[]).expect("an answer").get(0)
    }

    pub fn operations(&self) -> i64 {
        let client = &mut self.inside.borrow_mut().client;
        client.query_one("SELECT COUNT(*) FROM operation", &[]).expect("a log").get(0)
    }

    /// All rows of all tables.
    pub fn state(&self) -> String {
        let Inside { client, rows } = &mut *self.inside.borrow_mut();
        let tables = tables(client);
        if rows.as_ref().is_none_or(|(known, _)| *known != tables) {
            let each = tables.iter().map(|table| format!("SELECT '{table} ' || rows::text FROM \"{table}\" rows"));
            let all = each.collect::<Vec<_>>().join(" UNION ALL ");
            let all = if all.is_empty() { "SELECT 'nothing'".to_owned() } else { all };
            *rows = Some((tables, client.prepare(&all).expect("the tables can be read")));
        }
        let statement = rows.as_ref().map(|(_, statement)| statement).expect("it was just made");
        let found = client.query(statement, &[]).expect("the rows can be read");
        let mut lines: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    pub fn locked(&self) -> Box<dyn Any> {
        let mut client = connected(&self.name);
        client.batch_execute("BEGIN; SELECT version FROM store_format FOR UPDATE NOWAIT").expect("the lock is free");
        Box::new(Lock(client))
    }

    /// A copy of all rows, in a schema beside.
    pub fn saved(&self) -> Saved {
        let client = &mut self.inside.borrow_mut().client;
        let schema = format!("{} saved", self.name);
        let mut copied = format!("CREATE SCHEMA \"{schema}\"; ");
        for table in tables(client) {
            copied.push_str(&format!("CREATE TABLE \"{schema}\".\"{table}\" AS TABLE \"{table}\"; "));
        }
        client.batch_execute(&copied).expect("the store can be copied");
        Saved { schema, indexes: indexes(client) }
    }

    pub fn restored(&self, saved: &Saved) {
        let client = &mut self.inside.borrow_mut().client;
        let tables = tables(client);
        let mut copied = "BEGIN; SET LOCAL session_replication_role = replica; ".to_owned();
        for table in &tables {
            copied.push_str(&format!("DELETE FROM \"{table}\"; "));
        }
        let there = indexes(client);
        for (_, made) in saved.indexes.iter().filter(|index| !there.contains(index)) {
            copied.push_str(&format!("{made}; "));
        }
        for table in &tables {
            copied.push_str(&format!("INSERT INTO \"{table}\" SELECT * FROM \"{}\".\"{table}\"; ", saved.schema));
        }
        client.batch_execute(&format!("{copied} COMMIT")).expect("the copy can be put back");
    }

    /// Links are not looked at by who repeats what another server did, and a table that is said to have no checks has none.
    /// The catalog goes on to claim that they hold.
    pub fn tampered(&self, sql: &str) {
        self.is_reusable.set(false);
        let client = &mut self.inside.borrow_mut().client;
        let past = format!(
            "BEGIN; SET LOCAL session_replication_role = replica;
             CREATE TEMPORARY TABLE checked ON COMMIT DROP AS
               SELECT oid, relchecks FROM pg_class WHERE relnamespace = to_regnamespace('\"{}\"') AND relchecks > 0;
             UPDATE pg_class SET relchecks = 0 WHERE oid IN (SELECT oid FROM checked)",
            self.name
        );
        client.batch_execute(&past).expect("the rules can be set aside");
        let told = client.simple_query(sql).expect("the store can be tampered with");
        let changed = told.iter().any(|told| matches!(told, SimpleQueryMessage::CommandComplete(rows) if *rows > 0));
        assert!(changed, "{sql} changes nothing");
        let back =
            "UPDATE pg_class SET relchecks = checked.relchecks FROM checked WHERE checked.oid = pg_class.oid; COMMIT";
        client.batch_execute(back).expect("the rules can be put back");
    }

    pub fn made_foreign(&self) {
        let made = format!("CREATE SCHEMA \"{}\"; CREATE TABLE customer (id TEXT)", self.name);
        self.inside.borrow_mut().client.batch_execute(&made).expect("a table");
    }

    /// Makes the tables by the first scripts, as the program did, and puts the rows of the file into them.
    pub fn made_of_format(&self, format: usize, file: &Path) {
        const SCRIPTS: [&str; 3] = [
            include_str!("../../src/store/migrations/0001_desk.sql"),
            include_str!("../../src/store/migrations/0002_described.sql"),
            include_str!("../../src/store/migrations/0003_sealed.sql"),
        ];
        let address = Address::parse(&self.address(), &Surroundings { variable: &|_| None }).expect("an address");
        let db = Db::create(&address).expect("a place for a store");
        db.begin_write().expect("a new schema");
        for script in SCRIPTS.iter().take(format) {
            db.run_script(script).expect("the script of a format");
        }
        db.mark_as_ours(i64::try_from(format).expect("a small number")).expect("the mark of a store");
        db.commit().expect("the tables");
        drop(db);
        let mut rows = "BEGIN; SET LOCAL session_replication_role = replica; ".to_owned();
        for (table, columns, values) in super::sqlite::rows_of(file) {
            let values: Vec<String> = values
                .iter()
                .map(|value| match value {
                    Value::Integer(number) => number.to_string(),
                    Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
                    _ => "NULL".to_owned(),
                })
                .collect();
            rows.push_str(&format!("INSERT INTO {table} ({}) VALUES ({}); ", columns.join(", "), values.join(", ")));
        }
        self.sql(&format!("{rows} COMMIT"));
    }

    pub fn state_of_copy(&self) -> Option<String> {
        let listed =
            format!("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE '{}!_format%' ESCAPE '!'", self.name);
        let client = &mut self.inside.borrow_mut().client;
        let copies: Vec<String> = client.query(&listed, &[]).expect("an answer").iter().map(|row| row.get(0)).collect();
        let [copy] = copies.as_slice() else {
            assert!(copies.is_empty(), "there is more than one copy");
            return None;
        };
        let format = copy.strip_prefix(&format!("{}_format_", self.name));
        assert!(format.is_some_and(|format| format.parse::<u8>().is_ok()), "{copy}");
        let inside = Inside { client: connected(copy), rows: None };
        let copy = std::mem::ManuallyDrop::new(Schema {
            name: copy.clone(),
            inside: RefCell::new(inside),
            is_reusable: Cell::new(false),
        });
        Some(copy.state())
    }

    pub fn made_newer(&self) {
        self.is_reusable.set(false);
        let client = &mut self.inside.borrow_mut().client;
        client.batch_execute("UPDATE store_format SET version = 99").expect("a store");
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if self.emptied() {
            READY.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
            return;
        }
        let dropped = format!(
            "SET client_min_messages TO warning; SET lock_timeout TO '20s';
             DROP SCHEMA IF EXISTS \"{0}\" CASCADE; DROP SCHEMA IF EXISTS \"{0} saved\" CASCADE;
             DROP SCHEMA IF EXISTS \"{0}_format_1\" CASCADE",
            self.name
        );
        let ended = self.inside.borrow_mut().client.batch_execute(&dropped);
        // A story that failed may have left somebody in there; its own fault is the one to tell.
        assert!(ended.is_ok() || std::thread::panicking(), "{ended:?}");
    }
}

/// A transaction that holds what every writer waits for.
struct Lock(Client);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.batch_execute("ROLLBACK");
    }
}

fn connected(schema: &str) -> Client {
    let mut client = server::shared().client();
    client.batch_execute(&format!("SET search_path TO \"{schema}\"")).expect("a name");
    client
}

/// The tables of the schema that the connection looks into.
fn tables(client: &mut Client) -> Vec<String> {
    let listed = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1";
    client.query(listed, &[]).expect("the tables can be listed").iter().map(|row| row.get(0)).collect()
}

fn has_rows(client: &mut Client, table: &str) -> bool {
    client.query_one(&format!("SELECT EXISTS (SELECT 1 FROM \"{table}\")"), &[]).expect("a table").get(0)
}

/// Its indexes that no constraint makes, and how each is made.
fn indexes(client: &mut Client) -> Vec<(String, String)> {
    let listed = "SELECT c.relname::text, pg_get_indexdef(c.oid)
                  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = current_schema() AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = c.oid)";
    client.query(listed, &[]).expect("the indexes can be listed").iter().map(|row| (row.get(0), row.get(1))).collect()
}
