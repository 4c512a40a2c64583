//! Emptying texts of operations, so that the chain still holds: see `chain`, "What is erased".

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::chain::{self, Entry, Erasure, Rule, Texts};
use super::content_check;
use crate::store::engine::record::each_of;
use crate::store::engine::statement::Tables;
use crate::store::{Db, Key, Result};
use crate::{params, raw, update};

/// An operation, as it is and as it is to be left.
struct Emptying {
    command: String,
    outcome: Option<String>,
    left_command: Option<String>,
    left_outcome: Option<String>,
    salt: Option<String>,
    before: Texts,
    after: Texts,
    is_changed: bool,
}

/// Empties commands, outcomes and entries of some operations: `left_of` says what is left of a text that changes, `tickets` are
/// those whose entries go. Answers what was erased, for the operation that did it.
pub fn empty(
    db: &Db,
    operations: &BTreeSet<Key>,
    tickets: &HashSet<Key>,
    left_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Erasure>> {
    let mut found = read(db, operations, left_of)?;
    chain::each_entry(db, &mut |operation, entry| {
        if let Some(emptying) = found.get_mut(&operation) {
            emptying.before.entry(entry);
            if tickets.contains(&entry.ticket) && !entry.text.is_empty() {
                emptying.after.entry(&Entry { text: String::new(), ..entry.clone() });
                emptying.is_changed = true;
            } else {
                emptying.after.entry(entry);
            }
        }
    })?;
    found.retain(|_, emptying| emptying.is_changed);
    found.into_iter().map(|(operation, emptying)| emptying.write(db, operation)).collect()
}

fn read(
    db: &Db,
    operations: &BTreeSet<Key>,
    left_of: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<Key, Emptying>> {
    let mut rows: Vec<(Key, String, Option<String>, Option<String>)> = Vec::new();
    let keys: Vec<Key> = operations.iter().copied().collect();
    each_of(
        db,
        const { Tables::of(&["operation", "operation_key"]) },
        (
            "SELECT o.key, o.command, o.salt, k.outcome FROM operation o LEFT JOIN operation_key k ON k.operation = o.key",
            "o.key",
            "",
        ),
        &keys,
        |row| {
            rows.push((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            Ok(())
        },
    )?;
    rows.into_iter()
        .map(|(operation, command, old_salt, outcome)| {
            let (left_command, left_outcome) = (left_of(&command), outcome.as_deref().and_then(left_of));
            let salt = Rule::of(old_salt.as_deref()).new_salt()?;
            let emptying = Emptying {
                before: Texts::salted(old_salt.as_deref()),
                after: Texts::salted(salt.as_deref()),
                is_changed: left_command.is_some() || left_outcome.is_some(),
                command,
                outcome,
                left_command,
                left_outcome,
                salt,
            };
            Ok((operation, emptying))
        })
        .collect()
}

impl Emptying {
    fn write(self, db: &Db, operation: Key) -> Result<Erasure> {
        let Emptying { command, outcome, left_command, left_outcome, salt, before, after, .. } = self;
        let content = outcome.as_ref().map(|_| content_check(&command));
        let sealed = before.close(outcome.as_deref(), &command);
        if let Some(left) = &left_outcome {
            db.write(
                raw!(writes [operation_key], reads [], "UPDATE operation_key SET outcome = $2 WHERE operation = $1"),
                params![operation, left],
            )?;
        }
        let (command, outcome) = (left_command.unwrap_or(command), left_outcome.or(outcome));
        let left = after.close(outcome.as_deref(), &command);
        db.change_one(
            update!(operation (Int, Text, Text): "command = $2, salt = $3"),
            params![operation, command, salt],
        )?;
        Ok(match chain::erasure_of(db, operation)? {
            // Some of it was erased before: the chain goes on with what was sealed at first.
            Some(earlier) => Erasure { left, ..earlier },
            None => Erasure { of: operation, sealed, left, content },
        })
    }
}
