//! Every column of every table: what becomes of a store in which one value of it is another one that could stand there. What `verify`
//! does not notice is listed with the reason, so that a new column is thought of.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::{found_in, told};
use crate::sample;

/// Columns that say nothing which anything else in the store contradicts, and why.
const FREE: &[(&str, &[&str])] = &[
    (
        "the desk settles it at will",
        &[
            "desk.company",
            "desk.street",
            "desk.postcode",
            "desk.city",
            "desk.tax_id",
            "desk.language",
            "desk.contact_name",
            "desk.phone",
            "desk.lock_date",
            "desk.shop_url",
            "desk.portal_url",
            "desk.mail_from",
            "desk.receivable_account",
            "desk.bank_account",
            "desk.returns_account",
            "desk.discounts_account",
            "tax.account",
            "product.account",
        ],
    ),
    (
        "a text, a name or a note, which says what it says",
        &[
            "person.email",
            "customer.street",
            "customer.postcode",
            "customer.city",
            "customer.tax_id",
            "customer.language",
            "customer.buyer_reference",
            "customer_before.name",
            "customer_before.email",
            "customer_before.street",
            "customer_before.postcode",
            "customer_before.city",
            "customer_before.tax_id",
            "customer_before.language",
            "customer_before.buyer_reference",
            "desk_before.company",
            "desk_before.mail_from",
            "desk_before.street",
            "desk_before.postcode",
            "desk_before.city",
            "desk_before.tax_id",
            "desk_before.language",
            "desk_before.contact_name",
            "desk_before.phone",
            "tax.exemption",
            "tax_before.exemption",
            "order_line.label",
            "document_line.label",
            "document.reason",
            "document.text",
            "transfer.origin",
            "payment.reference",
            "task.title",
            "timesheet.actor",
            "timesheet.note",
            "worksheet_field.name",
            "mail_attachment.name",
            "ticket.subject",
            "ticket.description",
            "repair.notes",
            "mail.sender",
            "mail.recipient",
            "mail.subject",
            "mail.path",
            "mail.error",
        ],
    ),
    ("there is one desk", &["desk_before.desk"]),
    (
        "a choice that can be made anew at any time",
        &[
            "product_tax.tax",
            "project.worksheet_template",
            "team.field_service_project",
            "team_member.person",
            "ticket.team",
            "ticket.person",
            "ticket.stage",
            "ticket_tag.tag",
            "repair_tag.tag",
            "repair.customer",
            "repair.product",
            "repair.responsible",
            "repair.scheduled_date",
            "task.project",
            "task.assignee",
            "task.worksheet_template",
            "coupon.valid_until",
            "coupon_program.currency",
            "coupon_program.end_date",
        ],
    ),
    (
        "a day that whoever wrote the record chose; of what is posted here the number holds the year",
        &["sales_order.date", "transfer.date", "payment.date", "document.date", "document.due_date"],
    ),
    (
        "a draft, and what is imported, may be in any sales journal; of what is posted here the number names it",
        &["document.journal"],
    ),
    (
        "a row that goes over to another record takes its place there, which an index refuses or a total tells",
        &[
            "product_tax.product",
            "worksheet_field.template",
            "team_member.team",
            "team_service.team",
            "order_line.sales_order",
            "order_line_tax.order_line",
            "coupon_reward.program",
            "mail_attachment.mail",
            "repair_tag.repair",
            "repair_part.repair",
        ],
    ),
    ("a mail alone tells what it was and what went along", &["mail.message_id", "mail_attachment.file"]),
    (
        "the shop has none: the faults plant some",
        &[
            "desk.trial_started_at",
            "desk.subscription_added_at",
            "coupon.used_by",
            "coupon.share_link",
            "mail.claimed_by",
        ],
    ),
];

/// The log seals its own rows, which its tests tamper with.
const SEALED: [&str; 5] = ["operation", "operation_touch", "operation_key", "erasure", "ticket_log"];

/// A column with what it links to.
struct Column {
    table: String,
    name: String,
    is_optional: bool,
    links_to: Option<(String, String)>,
    /// The columns that tell the rows of its table apart.
    key: String,
}

fn columns(connection: &Connection) -> Vec<Column> {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut columns = Vec::new();
    for table in texts(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid",
    ) {
        if SEALED.contains(&table.as_str()) {
            continue;
        }
        let key = texts(&format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk")).join(", ");
        let mut statement = connection
            .prepare(&format!(
                "SELECT c.name, c.\"notnull\", f.\"table\", f.\"to\" FROM pragma_table_info('{table}') c
                 LEFT JOIN pragma_foreign_key_list('{table}') f ON f.\"from\" = c.name WHERE c.name <> 'key'"
            ))
            .unwrap();
        let found = statement.query_map([], |row| {
            let required: bool = row.get(1)?;
            let (other, to): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            Ok(Column {
                table: table.clone(),
                name: row.get(0)?,
                is_optional: !required,
                links_to: other.map(|other| (other, to.unwrap_or_else(|| "key".to_owned()))),
                key: key.clone(),
            })
        });
        columns.extend(found.unwrap().map(Result::unwrap));
    }
    columns
}

impl Column {
    /// Other values that could stand where this one does.
    fn others(&self, connection: &Connection, value: &Value) -> Vec<Value> {
        let Column { table, name, .. } = self;
        let asked = |sql: String| -> Vec<Value> {
            let mut statement = connection.prepare(&sql).unwrap();
            statement.query_map([value], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let mut others = match (&self.links_to, value) {
            (Some((other, to)), _) => asked(format!("SELECT {to} FROM {other} WHERE {to} <> ?1 ORDER BY 1 LIMIT 2")),
            (None, Value::Integer(number @ (0 | 1))) => vec![Value::Integer(1 - number), Value::Integer(5_000_000)],
            (None, Value::Integer(number)) => vec![Value::Integer(number + 1_000_000), Value::Integer(-number)],
            (None, Value::Text(text)) if text.len() == 10 && text.starts_with("20") => {
                vec![Value::Text("2026-10-05".to_owned())]
            }
            (None, Value::Text(text)) if text.len() == 20 && text.ends_with('Z') => {
                vec![Value::Text("2026-10-05T10:00:00Z".to_owned())]
            }
            (None, Value::Text(text)) => {
                let mut others =
                    asked(format!("SELECT DISTINCT {name} FROM {table} WHERE {name} <> ?1 ORDER BY 1 LIMIT 2"));
                others.push(Value::Text(format!("{text}x")));
                others
            }
            _ => Vec::new(),
        };
        if self.is_optional {
            others.push(Value::Null);
        }
        others
    }

    /// Whether some change of the column is noticed: of its first row that holds something, or of the last.
    fn is_noticed(&self, whole: &[u8], file: &Path) -> bool {
        let Column { table, name, key, .. } = self;
        let last = key.split(", ").map(|part| format!("{part} DESC")).collect::<Vec<_>>().join(", ");
        [key.clone(), last].into_iter().any(|order| {
            let row = format!("FROM {table} WHERE {name} IS NOT NULL ORDER BY {order} LIMIT 1");
            std::fs::write(file, whole).unwrap();
            let connection = Connection::open(file).unwrap();
            let value: Value = match connection.query_row(&format!("SELECT {name} {row}"), [], |row| row.get(0)) {
                Ok(value) => value,
                Err(_) => {
                    assert!(self.is_optional, "the shop has nothing in {table}.{name}");
                    return false;
                }
            };
            let others = self.others(&connection, &value);
            drop(connection);
            others.into_iter().any(|other| {
                std::fs::write(file, whole).unwrap();
                let connection = Connection::open(file).unwrap();
                connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
                let set = format!("UPDATE {table} SET {name} = ?1 WHERE ({key}) = (SELECT {key} {row})");
                // What an index or the engine refuses cannot be planted.
                let is_planted = matches!(connection.execute(&set, [&other]), Ok(rows) if rows > 0);
                drop(connection);
                is_planted && !told(&found_in(&file.to_string_lossy())).is_empty()
            })
        })
    }
}

#[test]
fn every_column_is_held_against_something_or_free_for_a_reason() {
    let shop = sample::rich();
    shop.abandoned();
    let Some(whole) = shop.store.bytes() else {
        return;
    };
    let file = shop.path("copy.db");
    std::fs::write(&file, &whole).unwrap();
    let free: Vec<&str> = FREE.iter().flat_map(|(_, columns)| *columns).copied().collect();
    let all = columns(&Connection::open(&file).unwrap());
    let (mut unnoticed, mut noticed) = (Vec::new(), Vec::new());
    for column in &all {
        let name = format!("{}.{}", column.table, column.name);
        match column.is_noticed(&whole, &file) {
            false if !free.contains(&name.as_str()) => unnoticed.push(name),
            true if free.contains(&name.as_str()) => noticed.push(name),
            _ => {}
        }
    }
    assert!(unnoticed.is_empty(), "{} columns can be changed unnoticed: {unnoticed:?}", unnoticed.len());
    assert!(noticed.is_empty(), "these are not free any more: {noticed:?}");
    let known: Vec<String> = all.iter().map(|column| format!("{}.{}", column.table, column.name)).collect();
    assert!(free.iter().all(|name| known.iter().any(|known| known == name)), "a column that is free is gone");
}
