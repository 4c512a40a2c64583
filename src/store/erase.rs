//! What is written of a customer, and how it is emptied (spec G2). Which texts these are is said once, by `personal` in the
//! descriptions of the tables; whose a row is follows from its links.

use std::collections::{BTreeSet, HashSet};

use super::engine::statement::{Statement, Tables};
use super::engine::table::{Column, Holds, Personal, Table};
use super::tables::TABLES;
use super::{Db, Key, Result};
use crate::domain::erase::Keys;
use crate::{params, query, update};

/// The keys under which records and commands tell such texts.
pub fn keys() -> Keys {
    let all = TABLES.iter().flat_map(|table| std::iter::once(*table).chain(table.lists));
    Keys::of(
        all.flat_map(personal)
            .flat_map(|column| [column.shown, column.in_export()].into_iter().map(|key| (key, column.is_optional))),
    )
}

/// The texts of a table that are personal.
fn personal(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().filter(|column| column.is_stored() && column.personal != Personal::No)
}

/// The tables whose rows belong to customers. What has no id, as a link, holds no texts, and no operation names it.
fn of_customers() -> impl Iterator<Item = (&'static Table, Whose)> {
    let has_id = |table: &Table| table.columns.iter().any(|column| matches!(column.holds, Holds::Id));
    TABLES.iter().filter(move |table| has_id(table)).filter_map(|table| Whose::of(table).map(|whose| (*table, whose)))
}

/// Whose the rows of a table are.
struct Whose {
    /// The column that links to the customer; none for customers themselves.
    customer: Option<&'static Column>,
    /// Columns that link to what is a customer's, for rows that name no customer, with the table.
    through: Vec<(&'static str, &'static str)>,
}

impl Whose {
    fn of(table: &'static Table) -> Option<Whose> {
        if table.name == "customer" {
            return Some(Whose { customer: None, through: Vec::new() });
        }
        let link = |to: &str| table.columns.iter().find(|column| column.goes_along(to));
        let customer = link("customer")?;
        let through = if customer.is_optional { &["ticket", "sales_order"][..] } else { &[] };
        let through = through.iter().filter_map(|to| Some((link(to)?.name, *to))).collect();
        Some(Whose { customer: Some(customer), through })
    }

    /// That the row called `row` is of the customer `$1`.
    fn condition(&self, row: &str) -> String {
        let Some(customer) = self.customer else {
            // What was merged into a customer is of them too.
            return format!("({row}.key = $1 OR {row}.merged_into = $1)");
        };
        let own = format!("{row}.{} = $1", customer.name);
        let through = self.through.iter().map(|(column, table)| {
            format!(
                "({row}.{} IS NULL AND {row}.{column} IN (SELECT x.key FROM {table} x WHERE x.customer = $1))",
                customer.name
            )
        });
        format!("({})", std::iter::once(own).chain(through).collect::<Vec<_>>().join(" OR "))
    }

    fn reads(&self) -> Tables {
        self.through.iter().fold(Tables::NONE, |reads, (_, table)| reads.and(Tables::of(&[table])))
    }
}

/// Of which kind the rows are, where those of two kinds lie in one table.
fn only(table: &Table, row: &str) -> String {
    table.of_kind(row, false).map(|only| format!(" AND {only}")).unwrap_or_default()
}

/// What is left of a text.
fn left(column: &Column) -> String {
    let name = column.name;
    match (column.personal, column.is_optional) {
        (Personal::Left { sql, .. }, true) => format!("CASE WHEN t.{name} IS NOT NULL THEN ({sql}) END"),
        (Personal::Left { sql, .. }, false) => format!("COALESCE(({sql}), '')"),
        (_, true) => "NULL".to_owned(),
        (_, false) => "''".to_owned(),
    }
}

/// That one of these texts of the row `t` says more than what would be left of it.
fn says_more(table: &'static Table) -> String {
    let says = personal(table).map(|column| match (column.personal, column.is_optional) {
        (Personal::Left { sql, .. }, _) => format!("t.{} <> COALESCE(({sql}), '')", column.name),
        (_, true) => format!("t.{} IS NOT NULL", column.name),
        (_, false) => format!("t.{} <> ''", column.name),
    });
    let says: Vec<String> = says.collect();
    format!("({})", says.join(" OR "))
}

/// The tables that the expressions for what is left read.
fn reads_for_left(table: &'static Table) -> Tables {
    personal(table).fold(Tables::NONE, |reads, column| match column.personal {
        Personal::Left { reads: more, .. } => reads.and(Tables::of(more)),
        _ => reads,
    })
}

fn has_texts(table: &'static Table) -> bool {
    personal(table).next().is_some()
}

/// The records of a customer in which something is written, by kind and id, in the order of `TABLES`.
pub fn written(db: &Db, customer: Key) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    for (table, whose) in of_customers() {
        let (mut reads, mut says) = (Tables::of(&[table.name]).and(whose.reads()), Vec::new());
        if has_texts(table) {
            reads = reads.and(reads_for_left(table));
            says.push(says_more(table));
        }
        for list in table.lists.iter().filter(|list| has_texts(list)) {
            reads = reads.and(Tables::of(&[list.name])).and(reads_for_left(list));
            let parent = list.parent.unwrap_or_default();
            says.push(format!(
                "t.key IN (SELECT t.{parent} FROM {} t WHERE t.{parent} IN (SELECT r.key FROM {} r WHERE {}) AND {})",
                list.name,
                table.name,
                whose.condition("r"),
                says_more(list),
            ));
        }
        if says.is_empty() {
            continue;
        }
        let sql = format!(
            "SELECT t.id FROM {} t WHERE {}{} AND ({}) ORDER BY t.key",
            table.name,
            whose.condition("t"),
            only(table, "t"),
            says.join(" OR "),
        );
        let statement = Statement::made(sql, |sql| Statement::query(reads, sql));
        db.each(statement, params![customer], |row| {
            found.push((table.shown, row.get(0)?));
            Ok(())
        })?;
    }
    Ok(found)
}

/// Which rows name files: those of a record's table or of a list in it, as the question for them, and of which records they are.
struct Naming {
    /// `SELECT the file's key FROM the rows`, up to the condition.
    select: String,
    reads: Tables,
    whose: Option<Whose>,
    /// What the record's row is called.
    record: &'static str,
    only: String,
}

/// Every column that links to a file.
fn namings() -> Vec<Naming> {
    let mut namings = Vec::new();
    for table in TABLES {
        let links = |of: &'static Table| {
            of.columns.iter().filter(|column| column.is_stored() && matches!(column.holds, Holds::Link("file")))
        };
        let own = links(table)
            .map(|column| (format!("SELECT t.{} AS file FROM {} t", column.name, table.name), "t", table.name));
        let in_lists = table.lists.iter().flat_map(|list| {
            links(list).map(|column| {
                let (name, parent) = (list.name, list.parent.unwrap_or_default());
                (
                    format!(
                        "SELECT l.{} AS file FROM {name} l JOIN {} t ON t.key = l.{parent}",
                        column.name, table.name
                    ),
                    "t",
                    name,
                )
            })
        });
        for (select, record, of) in own.chain(in_lists) {
            let whose = Whose::of(table);
            let reads = Tables::of(&[table.name, of]).and(whose.as_ref().map_or(Tables::NONE, Whose::reads));
            namings.push(Naming { select, reads, whose, record, only: only(table, record) });
        }
    }
    namings
}

/// The files that records of a customer name and nobody else's, and that hold something: each with its id.
pub fn files(db: &Db, customer: Key) -> Result<Vec<(Key, String)>> {
    let namings = namings();
    let asked = |is_theirs: bool| -> String {
        let parts = namings.iter().filter_map(|Naming { select, whose, record, only, .. }| {
            let condition = match (whose, is_theirs) {
                (Some(whose), true) => whose.condition(record),
                // Of what is told of nobody, this is no customer's.
                (Some(whose), false) => format!("CASE WHEN {} THEN 1 ELSE 0 END = 0", whose.condition(record)),
                (None, true) => return None,
                (None, false) => "1 = 1".to_owned(),
            };
            Some(format!("{select} WHERE {condition}{only}"))
        });
        parts.collect::<Vec<_>>().join(" UNION ALL ")
    };
    let (theirs, others) = (asked(true), asked(false));
    if theirs.is_empty() {
        return Ok(Vec::new());
    }
    let reads = namings.iter().fold(Tables::of(&["file"]), |reads, naming| reads.and(naming.reads));
    let sql = format!(
        "SELECT f.key, f.id FROM file f WHERE f.data IS NOT NULL AND f.key IN ({theirs})
         AND NOT EXISTS (SELECT 1 FROM ({others}) o WHERE o.file = f.key) ORDER BY f.key"
    );
    db.query(Statement::made(sql, |sql| Statement::query(reads, sql)), params![customer], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Empties files; what they were called and how long they were stays.
pub fn empty_files(db: &Db, files: &[(Key, String)]) -> Result<()> {
    files.iter().try_for_each(|(key, _)| db.change_one(update!(file (Int): "data = NULL"), params![*key]))
}

/// Empties what is written in the records of a customer.
pub fn empty(db: &Db, customer: Key) -> Result<()> {
    for (table, whose) in of_customers() {
        for list in table.lists.iter().filter(|list| has_texts(list)) {
            let condition = format!(
                "t.{} IN (SELECT r.key FROM {} r WHERE {}{})",
                list.parent.unwrap_or_default(),
                table.name,
                whose.condition("r"),
                only(table, "r"),
            );
            let reads = Tables::of(&[table.name]).and(whose.reads());
            update(db, list, &condition, reads, customer)?;
        }
        if has_texts(table) {
            let condition = format!("{}{}", whose.condition("t"), only(table, "t"));
            update(db, table, &condition, whose.reads(), customer)?;
        }
    }
    db.texts_were_erased();
    Ok(())
}

fn update(db: &Db, table: &'static Table, condition: &str, reads: Tables, customer: Key) -> Result<()> {
    let mut set: Vec<String> = personal(table).map(|column| format!("{} = {}", column.name, left(column))).collect();
    // What folds to what is found by goes with it.
    for column in table.columns {
        let Holds::Folded(of, fold) = column.holds else {
            continue;
        };
        if let Some(text) = personal(table).find(|text| text.name == of) {
            let folded = if text.is_optional { "NULL".to_owned() } else { format!("'{}'", fold("")) };
            set.push(format!("{} = {folded}", column.name));
        }
    }
    let sql = format!("UPDATE {} AS t SET {} WHERE {condition} AND {}", table.name, set.join(", "), says_more(table));
    let reads = reads.and(reads_for_left(table));
    let statement = Statement::made(sql, |sql| Statement::raw(reads, Tables::of(&[table.name]), sql));
    db.write(statement, params![customer])
}

/// The operations that have to do with a customer: those that touched what is theirs, or left an entry on it, and their own.
pub fn operations(db: &Db, customer: Key) -> Result<BTreeSet<Key>> {
    let mut found = BTreeSet::new();
    let mut ask = |statement: &'static Statement| {
        db.each(statement, params![customer], |row| {
            found.insert(row.get(0)?);
            Ok(())
        })
    };
    for (table, whose) in of_customers() {
        let sql = format!(
            "SELECT DISTINCT o.operation FROM {} t JOIN operation_touch o ON o.id = t.id WHERE {}{}",
            table.name,
            whose.condition("t"),
            only(table, "t"),
        );
        let reads = Tables::of(&[table.name, "operation_touch"]).and(whose.reads());
        ask(Statement::made(sql, |sql| Statement::query(reads, sql)))?;
    }
    ask(query!(
        [ticket_log, ticket],
        "SELECT DISTINCT e.operation FROM ticket_log e JOIN ticket t ON t.key = e.ticket WHERE t.customer = $1"
    ))?;
    ask(query!(
        [operation, customer],
        "SELECT o.key FROM operation o JOIN customer c ON c.id = o.actor
         WHERE o.actor_kind = 'customer' AND (c.key = $1 OR c.merged_into = $1)"
    ))?;
    Ok(found)
}

/// The tickets of a customer, whose logs are emptied.
pub fn tickets(db: &Db, customer: Key) -> Result<HashSet<Key>> {
    let tickets = query!([ticket], "SELECT key FROM ticket WHERE customer = $1");
    Ok(db.query(tickets, params![customer], |row| row.get(0))?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of rows of customers that are no texts of theirs: names of documents, codes, and words of the desk.
    const KEPT: &[&str] = &[
        "invoice.number",
        "credit_note.number",
        "order_line.coupon",
        "transfer.origin",
        "coupon.share_link",
        "ticket_log.actor",
        "ticket_log.kind",
        "ticket_log.document",
        "timesheet.actor",
        "worksheet_value.name",
        "worksheet_value.choices",
        "mail.sender",
        "mail.path",
        "mail.document",
        "mail.message_id",
        "mail.claimed_by",
        "mail_attachment.name",
    ];

    #[test]
    fn every_text_of_a_customer_is_personal_or_known_to_be_none() {
        let mut others = Vec::new();
        for (table, _) in of_customers() {
            for rows in std::iter::once(table).chain(table.lists) {
                let is_open = |column: &&Column| {
                    column.is_stored()
                        && matches!(column.holds, Holds::Text | Holds::Json)
                        && column.personal == Personal::No
                };
                others.extend(
                    rows.columns
                        .iter()
                        .filter(is_open)
                        .map(|column| format!("{}.{}", rows.shown_as(table), column.name)),
                );
            }
        }
        others.sort_unstable();
        others.dedup();
        let mut kept: Vec<String> = KEPT.iter().map(|name| (*name).to_owned()).collect();
        kept.sort_unstable();
        assert_eq!(others, kept, "mark what people write in as personal, or name it here");
    }

    impl Table {
        /// A record by its kind, a list by its table.
        fn shown_as(&self, record: &Table) -> &'static str {
            if std::ptr::eq(self, record) { self.shown } else { self.name }
        }
    }
}
