//! Numbers: row keys, references and document numbers come from counter rows, so they roll back with the work and leave
//! no gap. A group keeps the counters it moved in memory and writes them once, before its commit.

use std::collections::HashMap;

use super::{Db, Key, Result};
use crate::domain::reference::generated;
use crate::params;

/// The counter behind every row key.
const KEY: &str = "key";

/// The counters that the open group has moved, and what they were at the savepoint.
#[derive(Default)]
pub struct Counters {
    values: HashMap<String, i64>,
    before: Vec<(String, i64)>,
}

impl Counters {
    pub fn forget(&mut self) {
        self.values.clear();
        self.before.clear();
    }

    pub fn mark(&mut self) {
        self.before.clear();
    }

    pub fn release(&mut self) {
        self.before.clear();
    }

    pub fn undo(&mut self) {
        for (name, value) in self.before.drain(..).rev() {
            self.values.insert(name, value);
        }
    }

    fn set(&mut self, name: &str, value: i64) {
        match self.values.get_mut(name) {
            Some(known) => {
                self.before.push((name.to_owned(), *known));
                *known = value;
            }
            None => {
                self.values.insert(name.to_owned(), value);
            }
        }
    }
}

impl Db {
    /// The next row key.
    pub fn next_key(&self) -> Result<Key> {
        self.next_number(KEY)
    }

    /// Takes the next number of the counter `name`, from 1.
    pub fn next_number(&self, name: &str) -> Result<i64> {
        let next = self.counter(name)? + 1;
        self.counters.borrow_mut().set(name, next);
        Ok(next)
    }

    /// The next generated reference such as `T00001` or `WH/IN/00001`, five digits at least.
    pub fn next_reference(&self, prefix: &str) -> Result<String> {
        Ok(generated(prefix, self.next_number(prefix)?))
    }

    /// Lets the counter `name` go on after `value`, as an import does.
    pub fn raise_counter(&self, name: &str, value: i64) -> Result<()> {
        if value > self.counter(name)? {
            self.counters.borrow_mut().set(name, value);
        }
        Ok(())
    }

    fn counter(&self, name: &str) -> Result<i64> {
        if let Some(value) = self.counters.borrow().values.get(name) {
            return Ok(*value);
        }
        let value =
            self.query_opt("SELECT value FROM counter WHERE name = $1", params![name], |row| row.get(0))?.unwrap_or(0);
        // Remembered as read, so that an undo finds what it was before.
        self.counters.borrow_mut().values.insert(name.to_owned(), value);
        Ok(value)
    }

    pub(super) fn flush_counters(&self) -> Result<()> {
        let mut moved: Vec<(String, i64)> =
            self.counters.borrow().values.iter().map(|(name, value)| (name.clone(), *value)).collect();
        moved.sort_unstable();
        for (name, value) in moved {
            self.execute(
                "INSERT INTO counter (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = $2 WHERE counter.value <> $2",
                params![name, value],
            )?;
        }
        self.counters.borrow_mut().forget();
        Ok(())
    }
}
