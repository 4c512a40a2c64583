//! What leads to a record and leads to another one once they are merged. Which columns these are is said by the descriptions of the
//! tables: every link goes along, unless its column says that it `stays`.

use super::engine::record;
use super::engine::statement::{Statement, Tables};
use super::engine::table::{Column, CurrencyOf, Holds, MERGED_INTO, Table};
use super::tables::TABLES;
use super::{Db, Key, Result};
use crate::domain::value::money::Currency;
use crate::{params, raw};

/// A column whose link goes along: of the record itself, or of the rows of a list in it.
struct Leading {
    record: &'static Table,
    rows: &'static Table,
    column: &'static Column,
}

/// All columns whose links to records of that table go along with a merge.
fn leading(to: &'static str) -> impl Iterator<Item = Leading> {
    TABLES.iter().flat_map(move |record| {
        std::iter::once(*record).chain(record.lists).flat_map(move |rows| {
            let columns = rows.columns.iter().filter(move |column| column.goes_along(to));
            columns.map(move |column| Leading { record, rows, column })
        })
    })
}

impl Leading {
    /// The question for the records that lead to `$1` by it; none of a table whose records have no id.
    fn records(&self) -> Option<&'static Statement> {
        let Leading { record, rows, column } = self;
        record.columns.iter().find(|column| matches!(column.holds, Holds::Id) && column.is_stored())?;
        let (name, linked) = (record.name, column.name);
        let only = record.only.map(|kind| format!(" AND t.kind = '{kind}'")).unwrap_or_default();
        let sql = match rows.parent {
            None => format!("SELECT t.id FROM {name} t WHERE t.{linked} = $1{only} ORDER BY t.key"),
            Some(parent) => format!(
                "SELECT t.id FROM {name} t WHERE t.key IN (SELECT l.{parent} FROM {} l WHERE l.{linked} = $1){only} ORDER BY t.key",
                rows.name
            ),
        };
        let reads = Tables::of(&[name, rows.name]);
        Some(Statement::made(sql, |sql| Statement::query(reads, sql)))
    }

    /// Lets what leads to `$1` by it lead to `$2`.
    fn turn(&self) -> &'static Statement {
        let (name, linked) = (self.rows.name, self.column.name);
        Statement::made(format!("UPDATE {name} SET {linked} = $2 WHERE {linked} = $1"), |sql| {
            Statement::raw(Tables::NONE, Tables::of(&[name]), sql)
        })
    }
}

/// Lets all that leads to a record lead to another one, what was merged into it before too, and marks it as merged. Answers the
/// records that were changed so, by kind and id, in the order of `TABLES`.
pub fn merge(db: &Db, table: &'static Table, from: Key, into: Key) -> Result<Vec<(&'static str, String)>> {
    let mut led: Vec<(&'static str, String)> = Vec::new();
    // All are asked before the first is changed, since two kinds may lie in one table.
    for leading in leading(table.name) {
        if let Some(records) = leading.records() {
            db.each(records, params![from], |row| {
                let record = (leading.record.shown, row.get(0)?);
                if !led.contains(&record) {
                    led.push(record);
                }
                Ok(())
            })?;
        }
    }
    for leading in leading(table.name) {
        db.write(leading.turn(), params![from, into])?;
    }
    db.write(marking(table), params![from, into])?;
    Ok(led)
}

/// Marks a record as merged into the one of that id; answers whether there is one.
pub fn mark(db: &Db, table: &'static Table, key: Key, into: &str) -> Result<bool> {
    let found = db.query_opt(record::key_by_id(table.name), params![into], |row| row.get::<Key>(0))?;
    if let Some(into) = found {
        db.write(marking(table), params![key, into])?;
    }
    Ok(found.is_some())
}

/// Marks the record of the key `$1` as merged into that of the key `$2`.
fn marking(table: &'static Table) -> &'static Statement {
    let name = table.name;
    Statement::made(format!("UPDATE {name} SET {MERGED_INTO} = $2 WHERE key = $1"), |sql| {
        Statement::raw(Tables::NONE, Tables::of(&[name]), sql)
    })
}

/// Keeps of the documents of a customer that are drafts no more whose name and address they were posted with.
pub fn keep_posted_for(db: &Db, customer: Key) -> Result<()> {
    db.write(
        raw!(
            writes [document],
            reads [],
            "UPDATE document SET posted_for = $1 WHERE customer = $1 AND state <> 'draft' AND posted_for IS NULL"
        ),
        params![customer],
    )
}

/// The ids of what was merged into a record, in the order of creation.
pub fn merged_into(db: &Db, table: &'static Table, key: Key) -> Result<Vec<String>> {
    let name = table.name;
    let sql = format!("SELECT t.id FROM {name} t WHERE t.{MERGED_INTO} = $1 ORDER BY t.key");
    let asked = Statement::made(sql, |sql| Statement::query(Tables::of(&[name]), sql));
    db.query(asked, params![key], |row| row.get(0))
}

/// Tells what still leads to a record that was merged into another: the kind and id of that record, and what does. A record that was
/// merged is led to by nothing, what was merged into it neither, so there are no circles.
pub fn each_left(db: &Db, tell: &mut dyn FnMut(&'static str, String, String)) -> Result<()> {
    for table in TABLES.iter().filter(|table| table.merges()) {
        for Leading { rows, column, record } in leading(table.name) {
            let (name, linked, to) = (rows.name, column.name, table.name);
            let only = record.only.filter(|_| rows.parent.is_none());
            let only = only.map(|kind| format!(" AND t.kind = '{kind}'")).unwrap_or_default();
            let sql = format!(
                "SELECT m.id FROM {to} m WHERE m.{MERGED_INTO} IS NOT NULL AND EXISTS
                   (SELECT 1 FROM {name} t WHERE t.{linked} = m.key{only}) ORDER BY m.key"
            );
            let reads = Tables::of(&[to, name]);
            let asked = Statement::made(sql, |sql| Statement::query(reads, sql));
            let what =
                format!("it was merged into another, and {} is left that leads to it", words_of_kind(record.shown));
            db.each(asked, params![], |row| {
                tell(table.shown, row.get(0)?, what.clone());
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// A record of that kind, in a sentence.
fn words_of_kind(kind: &str) -> String {
    let words = kind.replace('_', " ");
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

/// The currencies in which either of two customers has orders, documents or payments that are not cancelled, in order.
pub fn currencies_of(db: &Db, one: Key, other: Key) -> Result<Vec<Currency>> {
    let is_their_money = |table: &&&'static Table| {
        matches!(table.currency, CurrencyOf::Own) && table.columns.iter().any(|column| column.goes_along("customer"))
    };
    let mut asked: Vec<String> = Vec::new();
    let mut reads = Tables::of(&["currency"]);
    for table in TABLES.iter().filter(is_their_money) {
        let name = table.name;
        let sql = format!("SELECT x.currency FROM {name} x WHERE x.customer IN ($1, $2) AND x.state <> 'cancelled'");
        reads = reads.and(Tables::of(&[name]));
        if !asked.contains(&sql) {
            asked.push(sql);
        }
    }
    let sql = format!(
        "SELECT c.code, c.digits FROM currency c WHERE c.code IN ({}) ORDER BY c.code",
        asked.join(" UNION ALL ")
    );
    db.query(Statement::made(sql, |sql| Statement::query(reads, sql)), params![one, other], |row| row.currency(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every link to `to` in the lists of a table and in the lists of those, by name.
    fn links(rows: &'static Table, to: &str, found: &mut Vec<String>) {
        let of = rows.columns.iter().filter(|column| column.is_stored() && column.holds.linked() == Some(to));
        found.extend(of.map(|column| format!("{}.{}", rows.name, column.name)));
        rows.lists.iter().for_each(|list| links(list, to, found));
    }

    #[test]
    fn every_link_to_what_can_be_merged_goes_along_or_is_known_to_stay() {
        for (to, stays) in [("customer", &["document.posted_for"][..]), ("ticket", &[])] {
            let mut all = Vec::new();
            TABLES.iter().for_each(|table| links(table, to, &mut all));
            all.sort_unstable();
            all.dedup();
            let mut known: Vec<String> =
                leading(to).map(|leading| format!("{}.{}", leading.rows.name, leading.column.name)).collect();
            known.extend(stays.iter().map(|name| (*name).to_owned()));
            known.sort_unstable();
            known.dedup();
            assert_eq!(all, known, "links to {to}: a merge would forget one");
            assert!(all.contains(&format!("{to}.merged_into")), "chains are kept short");
        }
    }

    #[test]
    fn what_can_be_merged_is_named_once() {
        let merging: Vec<&str> = TABLES.iter().filter(|table| table.merges()).map(|table| table.name).collect();
        assert_eq!(merging, ["customer", "ticket"]);
    }

    #[test]
    fn money_of_customers_is_looked_for_in_all_tables_that_hold_some() {
        let own = TABLES.iter().filter(|table| matches!(table.currency, CurrencyOf::Own));
        let mut holding: Vec<&str> = own
            .filter(|table| table.columns.iter().any(|column| column.goes_along("customer")))
            .map(|table| table.shown)
            .collect();
        holding.sort_unstable();
        assert_eq!(holding, ["credit_note", "invoice", "order", "payment"]);
    }
}
