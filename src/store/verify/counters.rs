//! Counters: none is behind a key, an id or a number, and numbers leave no gap.

use std::collections::BTreeMap;

use crate::domain::value::reference;
use crate::domain::verify::Invariant;
use crate::store::engine::exchange;
use crate::store::engine::statement::Statement;
use crate::store::verify::{Breach, Pass, Tell};
use crate::store::{Db, Result};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[Invariant::CounterOfKeys], keys_ahead),
    Pass::Made(&[Invariant::CounterOfIds], ids_ahead),
    Pass::Made(&[Invariant::PostedNumbers], missing_numbers),
];

fn keys_ahead(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let counter = counter(db, "key")?;
    for exchanged in exchange::tables() {
        for (table, key) in exchanged.last_keys(db)? {
            if key > counter {
                tell(
                    Invariant::CounterOfKeys,
                    Breach {
                        record: Some(table.to_owned()),
                        stored: counter.to_string(),
                        derived: key.to_string(),
                        ..Breach::default()
                    },
                );
            }
        }
    }
    Ok(())
}

fn counter(db: &Db, name: &str) -> Result<i64> {
    let value =
        db.query_opt(query!([counter], "SELECT value FROM counter WHERE name = $1"), params![name], |row| row.get(0))?;
    Ok(value.unwrap_or_default())
}

/// Where ids are generated: the table's ids, and the prefixes of its counters. Numbers of documents have a counter for each
/// journal and year, whatever these are called.
fn generated() -> [(&'static Statement, &'static [&'static str]); 9] {
    [
        (query!([customer], "SELECT id FROM customer ORDER BY key"), &["C"][..]),
        (query!([ticket], "SELECT id FROM ticket ORDER BY key"), &["T"][..]),
        (query!([sales_order], "SELECT id FROM sales_order ORDER BY key"), &["S"][..]),
        (query!([document], "SELECT id FROM document ORDER BY key"), &["D"][..]),
        (query!([payment], "SELECT id FROM payment ORDER BY key"), &["P"][..]),
        (query!([transfer], "SELECT id FROM transfer ORDER BY key"), &["WH/IN/", "WH/OUT/", "WH/INT/"][..]),
        (query!([repair], "SELECT id FROM repair ORDER BY key"), &["WH/RO/"][..]),
        (query!([task], "SELECT id FROM task ORDER BY key"), &["FS"][..]),
        (query!([document], "SELECT number FROM document WHERE number IS NOT NULL ORDER BY key"), &[][..]),
    ]
}

fn ids_ahead(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    for (statement, prefixes) in generated() {
        let mut highest: BTreeMap<String, i64> = BTreeMap::new();
        db.each(statement, params![], |row| {
            let id: String = row.get(0)?;
            let generated = reference::generated_parts(&id)
                .filter(|(prefix, _)| prefixes.contains(prefix) || (prefixes.is_empty() && prefix.ends_with('/')));
            if let Some((prefix, number)) = generated {
                match highest.get_mut(prefix) {
                    Some(known) => *known = number.max(*known),
                    None => drop(highest.insert(prefix.to_owned(), number)),
                }
            }
            Ok(())
        })?;
        for (prefix, number) in highest {
            let counter = counter(db, &prefix)?;
            if number > counter {
                tell(
                    Invariant::CounterOfIds,
                    Breach {
                        record: None,
                        what: prefix.clone(),
                        stored: counter.to_string(),
                        derived: reference::generated(&prefix, number),
                    },
                );
            }
        }
    }
    Ok(())
}

/// Numbers that a journal and year went past. An imported document brings its own number; whether one was imported is told by
/// the log.
fn missing_numbers(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    db.each(
        query!(
            [document, operation_touch, operation],
            "SELECT d.number, CASE WHEN EXISTS
           (SELECT 1 FROM operation_touch t JOIN operation o ON o.key = t.operation
            WHERE t.id = d.id AND substr(o.command, 1, 19) = '{\"command\":\"import\"') THEN 1 ELSE 0 END
         FROM document d WHERE d.number IS NOT NULL ORDER BY length(d.number), d.number"
        ),
        params![],
        |row| {
            let number: String = row.get(0)?;
            let imported: bool = row.get(1)?;
            let Some((prefix, count)) = reference::generated_parts(&number).filter(|(prefix, _)| prefix.ends_with('/'))
            else {
                return Ok(());
            };
            let before = last.insert(prefix.to_owned(), count).unwrap_or_default();
            if count != before + 1 && !imported {
                let what = reference::generated(prefix, count - 1);
                tell(Invariant::PostedNumbers, Breach { record: Some(number.clone()), what, ..Breach::default() });
            }
            Ok(())
        },
    )
}
