//! Counters: each stands at the last id or number that it gave, and numbers leave no gap.

use std::collections::BTreeMap;

use super::{Breach, Pass, Tell};
use crate::domain::document::{DocumentKind, number_prefix};
use crate::domain::value::day::Day;
use crate::domain::value::reference;
use crate::domain::verify::Invariant::{self, *};
use crate::store::engine::exchange;
use crate::store::engine::statement::Statement;
use crate::store::{Db, Result};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[CounterOfKeys], keys_ahead),
    Pass::Made(&[CounterOfIds, CounterNames], ids_counted),
    Pass::Made(&[PostedNumbers, DocumentNumbers, DocumentStates], numbers),
];

/// The counters of rows and of operations, which are checked by themselves.
const OF_ROWS: [&str; 2] = ["key", "operation"];

fn keys_ahead(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let counter =
        db.query_opt(query!([counter], "SELECT value FROM counter WHERE name = 'key'"), params![], |row| row.get(0))?;
    let counter: i64 = counter.unwrap_or_default();
    for exchanged in exchange::all_tables() {
        for (table, key) in exchanged.last_keys(db)? {
            if key > counter {
                tell(
                    CounterOfKeys,
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

/// Where ids are generated: the table's ids, and the prefixes of its counters. Numbers of documents have a counter for each
/// journal and year, whatever these are called.
fn generated() -> [(&'static Statement, &'static [&'static str]); 10] {
    [
        (query!([customer], "SELECT id FROM customer ORDER BY key"), &["C"][..]),
        (query!([ticket], "SELECT id FROM ticket ORDER BY key"), &["T"][..]),
        (query!([sales_order], "SELECT id FROM sales_order ORDER BY key"), &["S"][..]),
        (query!([document], "SELECT id FROM document ORDER BY key"), &["D"][..]),
        (query!([payment], "SELECT id FROM payment ORDER BY key"), &["P"][..]),
        (query!([transfer], "SELECT id FROM transfer ORDER BY key"), &["WH/IN/", "WH/OUT/", "WH/INT/"][..]),
        (query!([repair], "SELECT id FROM repair ORDER BY key"), &["WH/RO/"][..]),
        (query!([task], "SELECT id FROM task ORDER BY key"), &["FS"][..]),
        (query!([mail], "SELECT id FROM mail ORDER BY key"), &["M"][..]),
        (query!([document], "SELECT number FROM document WHERE number IS NOT NULL ORDER BY key"), &[][..]),
    ]
}

/// Nothing that was counted is ever taken away, and what is imported raises its counter: so each stands at the last that there is.
fn ids_counted(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut highest: BTreeMap<String, i64> = BTreeMap::new();
    for (statement, prefixes) in generated() {
        db.each(statement, params![], |row| {
            let Some(id) = row.text(0)? else {
                return Ok(());
            };
            let generated = reference::generated_parts(id)
                .filter(|(prefix, _)| prefixes.contains(prefix) || (prefixes.is_empty() && prefix.ends_with('/')));
            if let Some((prefix, number)) = generated {
                match highest.get_mut(prefix) {
                    Some(known) => *known = number.max(*known),
                    None => drop(highest.insert(prefix.to_owned(), number)),
                }
            }
            Ok(())
        })?;
    }
    let mut told = |prefix: String, counter: i64, last: i64| {
        let derived = if last == 0 { "none".to_owned() } else { reference::generated(&prefix, last) };
        tell(
            CounterOfIds,
            Breach {
                record: Some(prefix.clone()),
                what: prefix,
                stored: counter.to_string(),
                derived,
                ..Breach::default()
            },
        );
    };
    let mut unknown = Vec::new();
    db.each(query!([counter], "SELECT name, value FROM counter ORDER BY name"), params![], |row| {
        let (name, counter): (String, i64) = (row.get(0)?, row.get(1)?);
        let is_known = generated().iter().any(|(_, prefixes)| prefixes.contains(&name.as_str()));
        match highest.remove(&name) {
            Some(last) if last == counter => {}
            Some(last) => told(name, counter, last),
            None if OF_ROWS.contains(&name.as_str()) || (counter == 0 && is_known) => {}
            None if is_known => told(name, counter, 0),
            None => unknown.push(name),
        }
        Ok(())
    })?;
    highest.into_iter().for_each(|(prefix, last)| told(prefix, 0, last));
    for name in unknown {
        tell(CounterNames, Breach { record: Some(name), ..Breach::default() });
    }
    Ok(())
}

/// The numbers of documents: those that were posted here are of their journal and year, and a journal and year leave none out. An
/// imported document brings its own number; whether one was imported is told by the log.
fn numbers(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let has_lock: bool = db.query_one(
        query!(
            [operation_touch],
            "SELECT CASE WHEN COUNT(*) > 1 THEN 1 ELSE 0 END FROM operation_touch WHERE id = 'desk' AND kind = 'desk'"
        ),
        params![],
        |row| row.get(0),
    )?;
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    db.each(
        query!(
            [document, journal, operation_touch, operation],
            "SELECT d.number, CASE WHEN EXISTS
           (SELECT 1 FROM operation_touch t JOIN operation o ON o.key = t.operation
            WHERE t.id = d.id AND substr(o.command, 1, 19) = '{\"command\":\"import\"') THEN 1 ELSE 0 END,
           d.kind, j.id, d.accounting_date, d.date
         FROM document d LEFT JOIN journal j ON j.key = d.journal
         WHERE d.number IS NOT NULL ORDER BY length(d.number), d.number"
        ),
        params![],
        |row| {
            let (number, imported): (String, bool) = (row.get(0)?, row.get(1)?);
            let (kind, journal, accounted): (Option<DocumentKind>, Option<String>, Option<Day>) =
                (word(row.text(2)?), row.get(3)?, word(row.text(4)?));
            if let (false, Some(kind), Some(journal), Some(accounted)) = (imported, kind, journal, accounted) {
                let prefix = number_prefix(kind, &journal, accounted.year());
                if !number.starts_with(&prefix) {
                    tell(DocumentNumbers, Breach { record: Some(number.clone()), what: prefix, ..Breach::default() });
                }
                let date: Option<Day> = word(row.text(5)?);
                if date.is_some_and(|date| accounted < date || (accounted > date && !has_lock)) {
                    let what = "it is accounted on another day than its own, which no lock date moved".to_owned();
                    tell(DocumentStates, Breach { record: Some(number.clone()), what, ..Breach::default() });
                }
            }
            gap(&number, imported, &mut last, tell);
            Ok(())
        },
    )
}

/// A word or day; what cannot be read is told of by whoever reads the values.
fn word<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

/// Tells a number that does not come next after the last one of its journal and year.
fn gap(number: &str, imported: bool, last: &mut BTreeMap<String, i64>, tell: &mut Tell<'_>) {
    let Some((prefix, count)) = reference::generated_parts(number).filter(|(prefix, _)| prefix.ends_with('/')) else {
        return;
    };
    let before = last.insert(prefix.to_owned(), count).unwrap_or_default();
    if count != before + 1 && !imported {
        let what = reference::generated(prefix, count - 1);
        tell(Invariant::PostedNumbers, Breach { record: Some(number.to_owned()), what, ..Breach::default() });
    }
}
