//! Where a shop's store is and how a test looks into it behind the program's back: the one place that knows the engine.

use std::any::Any;
use std::path::Path;

use super::postgres::{self, Schema};
use super::sqlite::File;

/// Whether this test binary plays its stories on PostgreSQL: they are the same, it is built once for each engine.
pub const ON_POSTGRES: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"postgres");

/// A shop's store, made or not.
pub enum Store {
    File(File),
    Schema(Box<Schema>),
}

/// A store as it was.
pub enum Saved {
    File(Vec<u8>),
    Schema(postgres::Saved),
}

impl Store {
    /// The place of a new shop's store.
    pub fn of(folder: &Path) -> Store {
        if ON_POSTGRES { Store::Schema(Box::new(Schema::new())) } else { Store::File(File::within(folder)) }
    }

    /// A new desk's store for a shop in that folder, where one can be had without the program.
    pub fn ready(folder: &Path) -> Option<Store> {
        if ON_POSTGRES {
            Schema::ready().map(|schema| Store::Schema(Box::new(schema)))
        } else {
            File::ready(folder).map(Store::File)
        }
    }

    /// Keeps the store, which the program just made as it makes any new desk's, for the shops that come after.
    pub fn keep_as_new(&self) {
        match self {
            Store::File(file) => file.keep_as_new(),
            Store::Schema(schema) => schema.keep_as_new(),
        }
    }

    /// The schema, for stories that only a server has.
    #[allow(dead_code, reason = "files have no such stories")]
    pub fn schema(&self) -> &Schema {
        match self {
            Store::File(_) => panic!("the store is a file"),
            Store::Schema(schema) => schema,
        }
    }

    /// What `--store` is given.
    pub fn address(&self) -> String {
        match self {
            Store::File(file) => file.address(),
            Store::Schema(schema) => schema.address(),
        }
    }

    /// Whether a store was made.
    pub fn exists(&self) -> bool {
        match self {
            Store::File(file) => file.exists(),
            Store::Schema(schema) => schema.exists(),
        }
    }

    /// How many operations the log holds.
    pub fn operations(&self) -> i64 {
        match self {
            Store::File(file) => file.operations(),
            Store::Schema(schema) => schema.operations(),
        }
    }

    /// Everything in the store as one text, log and counters included: what must be the same where nothing was changed.
    /// Where there is no store, whatever is there.
    pub fn state(&self) -> String {
        match self {
            Store::File(file) => file.state(),
            Store::Schema(schema) => schema.state(),
        }
    }

    /// Holds the store's lock for writing, which must be free, until what is answered is dropped.
    pub fn locked(&self) -> Box<dyn Any> {
        match self {
            Store::File(file) => file.locked(),
            Store::Schema(schema) => schema.locked(),
        }
    }

    /// The whole store, to be put back with `restored`.
    pub fn saved(&self) -> Saved {
        match self {
            Store::File(file) => Saved::File(file.saved()),
            Store::Schema(schema) => Saved::Schema(schema.saved()),
        }
    }

    /// Puts a store back that was `saved`.
    pub fn restored(&self, saved: &Saved) {
        match (self, saved) {
            (Store::File(file), Saved::File(saved)) => file.restored(saved),
            (Store::Schema(schema), Saved::Schema(saved)) => schema.restored(saved),
            _ => panic!("it was saved on another engine"),
        }
    }

    /// The whole store as the bytes of its file, where it is one.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Store::File(file) => Some(file.saved()),
            Store::Schema(_) => None,
        }
    }

    /// Changes the store behind the program's back, past the rules of its tables.
    pub fn tampered(&self, sql: &str) {
        match self {
            Store::File(file) => file.tampered(sql),
            Store::Schema(schema) => schema.tampered(sql),
        }
    }

    /// Puts another application's tables where the store would be.
    pub fn made_foreign(&self) {
        match self {
            Store::File(file) => file.made_foreign(),
            Store::Schema(schema) => schema.made_foreign(),
        }
    }

    /// Makes a store of an earlier format: the one that the program of that time left in a file of `fixtures/stores`.
    pub fn made_of_format(&self, format: usize) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/stores/format-{format}.db"));
        match self {
            Store::File(store) => store.made_of(&file),
            Store::Schema(schema) => schema.made_of_format(format, &file),
        }
    }

    /// The rows of the store that an upgrade left beside this one, where there is one such store and no more.
    pub fn state_of_copy(&self) -> Option<String> {
        match self {
            Store::File(file) => file.state_of_copy(),
            Store::Schema(schema) => schema.state_of_copy(),
        }
    }

    /// Makes it say that a later version of the program wrote it.
    pub fn made_newer(&self) {
        match self {
            Store::File(file) => file.made_newer(),
            Store::Schema(schema) => schema.made_newer(),
        }
    }
}
