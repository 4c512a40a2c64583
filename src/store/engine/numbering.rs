//! Numbers: row keys, references and document numbers come from counter rows, so they roll back with the work and leave
//! no gap. A group keeps the counters it moved in memory and writes them once, before its commit.

use std::collections::HashMap;

use super::statement::Statement;
use super::{Db, Key, Result};
use crate::domain::value::reference::generated;
use crate::{params, query, raw};

/// The counter behind every row key.
const KEY: &str = "key";

/// The counters that the open group has asked for, and what they were at the savepoint. There are few of them, so a list is
/// searched faster than anything else.
#[derive(Default)]
pub struct Counters {
    known: Vec<Counter>,
    /// What the store holds of all counters, where they were asked for together.
    all: Option<HashMap<String, i64>>,
    /// What was changed since the savepoint: the place in `known`, and the value before.
    before: Vec<(usize, i64)>,
}

struct Counter {
    name: String,
    /// What the store holds.
    stored: i64,
    value: i64,
}

impl Counters {
    pub fn forget(&mut self) {
        self.known.clear();
        self.all = None;
        self.before.clear();
    }

    pub fn mark(&mut self) {
        self.before.clear();
    }

    pub fn release(&mut self) {
        self.before.clear();
    }

    pub fn undo(&mut self) {
        for (at, value) in self.before.drain(..).rev() {
            if let Some(counter) = self.known.get_mut(at) {
                counter.value = value;
            }
        }
    }

    fn value(&self, name: &str) -> Option<i64> {
        self.known.iter().find(|counter| counter.name == name).map(|counter| counter.value)
    }

    fn learn(&mut self, name: &str, stored: i64) {
        self.known.push(Counter { name: name.to_owned(), stored, value: stored });
    }

    fn set(&mut self, name: &str, value: i64) {
        if let Some((at, counter)) = self.known.iter_mut().enumerate().find(|(_, counter)| counter.name == name) {
            self.before.push((at, counter.value));
            counter.value = value;
        }
    }

    /// The counters that moved, by name.
    fn moved(&self) -> Vec<(String, i64)> {
        let moved = self.known.iter().filter(|counter| counter.value != counter.stored);
        let mut moved: Vec<(String, i64)> = moved.map(|counter| (counter.name.clone(), counter.value)).collect();
        moved.sort_unstable();
        moved
    }
}

/// How many counters are asked for together: a desk has a few for each journal and year.
const TOGETHER: usize = 500;

fn all_counters() -> &'static Statement {
    query!([counter], "SELECT name, value FROM counter ORDER BY name LIMIT 500")
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
        if let Some(value) = self.counters.borrow().value(name) {
            return Ok(value);
        }
        let stored = match self.of_all_counters(name)? {
            Some(stored) => stored,
            None => {
                let one = query!([counter], "SELECT value FROM counter WHERE name = $1", [asked("counter", "name", 1)]);
                self.query_opt(one, params![name], |row| row.get(0))?.unwrap_or(0)
            }
        };
        self.counters.borrow_mut().learn(name, stored);
        Ok(stored)
    }

    /// Lets all counters be asked for together with what else a transaction begins with, where that saves waiting.
    pub fn ahead_of_counters(&self) -> Result<()> {
        self.ahead(all_counters(), params![])
    }

    /// A counter, where all of them are known, or known soon.
    fn of_all_counters(&self, name: &str) -> Result<Option<i64>> {
        if !self.looks_ahead() {
            return Ok(None);
        }
        if self.counters.borrow().all.is_none() {
            let all = self.query(all_counters(), params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
            self.counters.borrow_mut().all = Some(all.into_iter().collect());
        }
        let counters = self.counters.borrow();
        let all = counters.all.as_ref();
        let stored = all.and_then(|all| all.get(name)).copied();
        // Those that are not among the first may be there nevertheless.
        Ok(stored.or_else(|| all.filter(|all| all.len() < TOGETHER).map(|_| 0)))
    }

    pub(super) fn flush_counters(&self) -> Result<()> {
        let moved = self.counters.borrow().moved();
        for (name, value) in moved {
            self.write(
                raw!(writes [counter], reads [], "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2", at name = 1),
                params![name, value],
            )?;
        }
        self.counters.borrow_mut().forget();
        Ok(())
    }
}
