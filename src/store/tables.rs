//! The list of all tables. A new kind of record is one line in `TABLES`.

use super::engine::statement::is_same;
use super::engine::table::*;
use super::{
    app, coupon, coupon_program, currency, customer, desk, document, file, invitation, journal, location, log, lot,
    mail, order, payment, product, project, reason, repair, stage, stock, tag, task, tax, team, ticket, transfer, user,
    visit, worksheet_template,
};

/// The names of all tables, in the order in which they are made: whatever a row refers to is in the same table or in one before.
/// Tables that were described later stand behind those that the first script made.
pub const NAMES: &[&str] = ALL.0.split_at(ALL.1).0;

/// The names, and how many there are: a set of tables has a bit for each.
#[allow(clippy::indexing_slicing, reason = "evaluated when the program is built")]
const ALL: ([&str; u128::BITS as usize], usize) = {
    let (mut names, mut count) = ([""; u128::BITS as usize], 0);
    while count < MADE_FIRST.len() {
        names[count] = MADE_FIRST[count];
        count += 1;
    }
    let mut at = 0;
    while at < TABLES.len() {
        count = name(TABLES[at], &mut names, count);
        at += 1;
    }
    (names, count)
};

/// Writes the names of a table and of the lists in it behind the `count` that are there, where they are not among them; answers how
/// many there are then.
#[allow(clippy::indexing_slicing, reason = "evaluated when the program is built")]
const fn name(table: &Table, names: &mut [&'static str], mut count: usize) -> usize {
    let (mut at, mut is_there) = (0, false);
    while at < count {
        is_there |= is_same(names[at], table.name);
        at += 1;
    }
    if !is_there {
        names[count] = table.name;
        count += 1;
    }
    let mut list = 0;
    while list < table.lists.len() {
        count = name(&table.lists[list], names, count);
        list += 1;
    }
    count
}

const MADE_FIRST: &[&str] = &[
    "desk",
    "currency",
    "counter",
    "operation",
    "operation_touch",
    "operation_key",
    "app",
    "person",
    "person_right",
    "customer",
    "tax",
    "product",
    "product_tax",
    "lot",
    "location",
    "stock",
    "journal",
    "tag",
    "stage",
    "worksheet_template",
    "worksheet_field",
    "project",
    "team",
    "team_service",
    "team_member",
    "coupon_program",
    "coupon_reward",
    "coupon_product",
    "sales_order",
    "order_line",
    "order_line_tax",
    "ticket",
    "ticket_tag",
    "ticket_log",
    "transfer",
    "transfer_line",
    "document",
    "document_line",
    "document_line_tax",
    "payment",
    "matching",
    "coupon",
    "repair",
    "repair_tag",
    "repair_part",
    "repair_labour",
    "task",
];

/// The kinds of records, in an order in which references stand before their use.
pub static TABLES: &[&Table] = &[
    &currency::CURRENCY,
    &desk::DESK,
    &app::APP,
    &user::USER,
    &tax::TAX,
    &journal::JOURNAL,
    &location::LOCATION,
    &customer::CUSTOMER,
    &invitation::INVITATION,
    &visit::PORTAL_SECRET,
    &visit::ENDED_VISIT,
    &file::FILE,
    &product::PRODUCT,
    &lot::LOT,
    &stock::STOCK,
    &tag::TAG,
    &stage::STAGE,
    &reason::REASON,
    &worksheet_template::WORKSHEET_TEMPLATE,
    &project::PROJECT,
    &coupon_program::COUPON_PROGRAM,
    &team::TEAM,
    &order::ORDER,
    &ticket::TICKET,
    &task::TASK,
    &transfer::TRANSFER,
    &document::INVOICE,
    &document::CREDIT_NOTE,
    &payment::PAYMENT,
    &payment::MATCHING,
    &coupon::COUPON,
    &mail::MAIL,
    &repair::REPAIR,
    &log::OPERATION,
    &records("counter", "counter", &[text().called("id").column("name"), int().called("value")]).by("name"),
];

/// The description of records of that kind, or of the rows of a list that is told under that key.
pub fn of_kind(kind: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.shown == kind).copied()
}

/// The description of the records that lie in a table of that name and that records of the first can link to: of two kinds that
/// lie in one table, the other one, as a credit note names its invoice and an invoice the credit note that it takes back.
pub fn linked_from(table: &Table, name: &str) -> Option<&'static Table> {
    let is_own = |other: &Table| other.name == table.name && other.only.is_some() && other.only == table.only;
    TABLES.iter().find(|other| other.name == name && !is_own(other)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;
    use crate::{params, query};
    use std::collections::BTreeSet;

    /// Every column that the description has, as `table.column`.
    fn described(table: &Table, columns: &mut BTreeSet<String>) {
        let mut names: Vec<&str> =
            table.columns.iter().filter(|column| column.is_stored()).map(|column| column.name).collect();
        names.extend(table.parent);
        names.extend(table.is_keyed().then_some("key"));
        names.extend(table.only.map(|_| "kind"));
        if let Order::Place(place) = table.order {
            names.push(place);
        }
        for name in names {
            columns.insert(format!("{}.{name}", table.name));
        }
        for list in table.lists {
            described(list, columns);
        }
    }

    #[test]
    fn every_column_of_the_store_is_described() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::create(&crate::store::engine::address::Address::File(folder.path().join("desk.db"))).unwrap();
        db.begin_write().unwrap();
        db.migrate_from(0).unwrap();
        db.commit().unwrap();

        let there: Vec<String> = db
            .query(
                query!(
                    [],
                    "SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1"
                ),
                params![],
                |row| row.get(0),
            )
            .unwrap();
        let mut known = BTreeSet::new();
        for table in TABLES {
            described(table, &mut known);
        }
        let there: BTreeSet<String> = there.into_iter().collect();
        assert_eq!(there.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not described");
        assert_eq!(known.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "described, but not there");
    }

    #[test]
    fn links_lead_to_tables_that_stand_before() {
        fn check(table: &Table, before: &[&str]) {
            for column in table.columns.iter().filter(|column| column.is_stored()) {
                let linked = match column.holds {
                    Holds::Link(linked) | Holds::Numbered(linked) => linked,
                    Holds::Line(lines) => lines.of,
                    _ => continue,
                };
                assert!(before.contains(&linked), "{}.{} links to {linked}", table.name, column.name);
            }
            table.lists.iter().for_each(|list| check(list, before));
        }
        let mut before = Vec::new();
        for table in TABLES {
            // A row may link to an earlier one of its own table.
            before.push(table.name);
            check(table, &before);
        }
    }

    #[test]
    fn no_record_shows_two_things_under_one_key() {
        fn check(table: &Table) {
            let mut shown = vec!["record", "position"];
            let lists = table.lists.iter().map(|list| list.shown);
            let columns = table.exported();
            for key in columns.map(|column| column.shown).chain(lists) {
                assert!(!shown.contains(&key), "{} shows {key} twice", table.name);
                shown.push(key);
            }
            table.lists.iter().for_each(check);
        }
        TABLES.iter().for_each(|table| check(table));
    }
}
