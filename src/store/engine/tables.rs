//! The tables as data: how each row and column is shown outside. From this one description an export is written, a
//! restoration is read and keys are checked; a test holds it against the schema.

use crate::domain::coupon_program;
use crate::domain::value::reference;

/// A table whose rows are records of an export, or stand in a list inside another row.
pub struct Table {
    /// The record's kind, or the key of the list in which its rows stand.
    pub shown: &'static str,
    /// Its name in the store.
    pub name: &'static str,
    /// The `kind` of its rows, where rows of two kinds lie in one table.
    pub only: Option<&'static str>,
    /// What tells its rows apart and puts them in order.
    pub order: Order,
    /// The column that links it to the row it stands in.
    pub parent: Option<&'static str>,
    /// Where its rows' amounts have their currency from.
    pub currency: CurrencyOf,
    pub columns: &'static [Column],
    /// The lists inside each of its rows.
    pub lists: &'static [Table],
}

/// What tells the rows of a table apart and puts them in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A row key from the store's own counter, in order of creation; shown as `position`.
    Key,
    /// A row key, but in a list that a number of its own puts in order; the key is shown as `position`.
    KeyedLine(&'static str),
    /// A column that is shown like any other.
    Column(&'static str),
    /// Its place in the list, counted from 1, in this column and shown by nothing else.
    Place(&'static str),
}

/// Where the amounts of a record, and of the lists in it, have their currency from.
#[derive(Clone, Copy)]
pub enum CurrencyOf {
    /// From the desk.
    Desk,
    /// From its own column `currency`.
    Own,
    /// From what it links to: the column that is not null, and the table it links to.
    Linked([(&'static str, &'static str); 2]),
}

/// A column and how its values are shown.
pub struct Column {
    pub name: &'static str,
    pub shown: &'static str,
    pub holds: Holds,
}

/// What a column holds.
#[derive(Clone, Copy)]
pub enum Holds {
    Text,
    /// A whole number.
    Int,
    /// 0 or 1.
    Switch,
    /// Minor units of the record's currency, or the desk's where it has none.
    Amount,
    /// Millionths of a unit of that currency.
    Price,
    /// Millionths of anything else.
    Millionths,
    /// The key of a row of that table, shown by its id.
    Link(&'static str),
    /// The key of a line, shown by the id of what it is a line of and its number: `S00001:2`.
    Line(&'static Lines),
    /// JSON text, shown as what it is.
    Json,
    /// What another column's text folds to; shown by nothing.
    Folded(&'static str, fn(&str) -> String),
    /// The same in every row; shown by nothing.
    Always(i64),
}

/// A table of lines that other rows refer to.
pub struct Lines {
    pub name: &'static str,
    /// What they are lines of: the table, which is also the name of its last part, and the linking column.
    pub of: &'static str,
    pub column: &'static str,
}

const ORDER_LINES: Lines = Lines { name: "order_line", of: "sales_order", column: "sales_order" };
const TRANSFER_LINES: Lines = Lines { name: "transfer_line", of: "transfer", column: "transfer" };
const DOCUMENT_LINES: Lines = Lines { name: "document_line", of: "document", column: "document" };

const fn column(name: &'static str, holds: Holds) -> Column {
    Column { name, shown: name, holds }
}
const fn text(name: &'static str) -> Column {
    column(name, Holds::Text)
}
const fn int(name: &'static str) -> Column {
    column(name, Holds::Int)
}
const fn switch(name: &'static str) -> Column {
    column(name, Holds::Switch)
}
const fn amount(name: &'static str) -> Column {
    column(name, Holds::Amount)
}
const fn price(name: &'static str) -> Column {
    column(name, Holds::Price)
}
const fn millionths(name: &'static str) -> Column {
    column(name, Holds::Millionths)
}
const fn link(name: &'static str, table: &'static str) -> Column {
    column(name, Holds::Link(table))
}
const fn line(name: &'static str, lines: &'static Lines) -> Column {
    column(name, Holds::Line(lines))
}
const fn json(name: &'static str) -> Column {
    column(name, Holds::Json)
}
const fn folded(name: &'static str, of: &'static str) -> Column {
    column(name, Holds::Folded(of, reference::folded))
}
const fn folded_code(name: &'static str, of: &'static str) -> Column {
    column(name, Holds::Folded(of, coupon_program::folded_code))
}

impl Column {
    const fn shown(self, shown: &'static str) -> Column {
        Column { shown, ..self }
    }
}

/// Records told apart by a row key.
const fn records(shown: &'static str, name: &'static str, columns: &'static [Column]) -> Table {
    Table { shown, name, only: None, order: Order::Key, parent: None, currency: CurrencyOf::Desk, columns, lists: &[] }
}

/// A list inside the rows that `parent` links to.
const fn list(name: &'static str, parent: &'static str, order: Order, columns: &'static [Column]) -> Table {
    Table {
        shown: name,
        name,
        only: None,
        order,
        parent: Some(parent),
        currency: CurrencyOf::Desk,
        columns,
        lists: &[],
    }
}

impl Table {
    const fn with(self, lists: &'static [Table]) -> Table {
        Table { lists, ..self }
    }
    const fn shown(self, shown: &'static str) -> Table {
        Table { shown, ..self }
    }
    const fn by(self, column: &'static str) -> Table {
        Table { order: Order::Column(column), ..self }
    }
    const fn only(self, kind: &'static str) -> Table {
        Table { only: Some(kind), ..self }
    }

    const fn in_own_currency(self) -> Table {
        Table { currency: CurrencyOf::Own, ..self }
    }

    /// Whether its rows have a key from the store's own counter.
    pub const fn is_keyed(&self) -> bool {
        matches!(self.order, Order::Key | Order::KeyedLine(_))
    }

    /// Whether its rows can be read in stretches of their keys, and have lists in them.
    pub fn has_key(&self) -> bool {
        self.is_keyed() || matches!(self.order, Order::Column("key"))
    }

    /// Whether a row is shown as its one value, rather than as an object.
    pub fn is_plain(&self) -> bool {
        self.columns.len() == 1 && !self.is_keyed() && self.lists.is_empty()
    }
}

const BY_PLACE: Order = Order::Place("position");
const BY_LINE: Order = Order::KeyedLine("line");

/// Invoices and credit notes lie in one table.
const DOCUMENTS: Table = records(
    "invoice",
    "document",
    &[
        text("id"),
        text("number"),
        text("state"),
        link("journal", "journal"),
        link("customer", "customer"),
        link("ticket", "ticket"),
        link("sales_order", "sales_order").shown("order"),
        link("task", "task"),
        link("invoice", "document"),
        link("copy_of", "document"),
        link("reversed_by", "document"),
        switch("replaces"),
        switch("allow_excess"),
        text("reason"),
        text("text"),
        text("date"),
        text("accounting_date"),
        text("due_date"),
        text("post_on"),
        text("currency"),
        amount("untaxed"),
        amount("tax"),
        amount("total"),
        amount("open"),
    ],
)
.in_own_currency()
.with(&[list(
    "document_line",
    "document",
    BY_LINE,
    &[
        int("line"),
        link("product", "product"),
        link("lot", "lot"),
        text("label"),
        millionths("quantity"),
        price("price"),
        millionths("discount"),
        text("refunds"),
        line("invoice_line", &DOCUMENT_LINES),
        line("share_of", &DOCUMENT_LINES),
        line("order_line", &ORDER_LINES),
        amount("untaxed"),
        amount("tax"),
        amount("total"),
        millionths("goods"),
        amount("credited"),
        amount("value_credited"),
    ],
)
.shown("lines")
.with(&[list(
    "document_line_tax",
    "document_line",
    BY_PLACE,
    &[
        link("tax", "tax"),
        millionths("rate"),
        switch("included"),
        amount("amount"),
        amount("credited"),
        amount("value_credited"),
    ],
)
.shown("taxes")])]);

/// All tables, in an order in which references stand before their use.
pub static TABLES: &[Table] = &[
    records("currency", "currency", &[text("code").shown("id"), int("digits")]).by("code"),
    records(
        "desk",
        "desk",
        &[
            column("key", Holds::Always(1)),
            text("company"),
            text("currency"),
            text("timezone"),
            text("lock_date"),
            text("shop_url"),
            text("portal_url"),
            text("mail_from"),
            switch("customers_may_close"),
            text("plan"),
            text("created_at"),
            text("trial_started_at"),
            text("subscription_added_at"),
        ],
    )
    .by("key"),
    records("app", "app", &[text("id"), text("installed_at")]),
    records("user", "person", &[text("id"), text("name"), text("email")]).with(&[list(
        "person_right",
        "person",
        BY_PLACE,
        &[text("app")],
    )
    .shown("rights")]),
    records("tax", "tax", &[text("id"), millionths("rate"), switch("included")]),
    records("journal", "journal", &[text("id"), text("name"), text("type"), switch("active")]),
    records("location", "location", &[text("id"), text("type"), switch("return_location")]),
    records("customer", "customer", &[text("id"), text("name"), text("email")]),
    records("product", "product", &[text("id"), text("name"), price("price"), text("type"), text("tracking")])
        .with(&[list("product_tax", "product", BY_PLACE, &[link("tax", "tax")]).shown("taxes")]),
    records("lot", "lot", &[text("id"), link("product", "product")]),
    records(
        "stock",
        "stock",
        &[
            link("product", "product"),
            link("location", "location"),
            link("lot", "lot"),
            millionths("opening"),
            millionths("quantity"),
            millionths("reserved"),
            millionths("pinned"),
        ],
    ),
    records("tag", "tag", &[text("id"), text("name"), folded("name_folded", "name")]),
    records("stage", "stage", &[text("id"), text("name"), folded("name_folded", "name"), switch("folded")]),
    records("worksheet_template", "worksheet_template", &[text("id"), text("name"), folded("name_folded", "name")])
        .with(&[list(
            "worksheet_field",
            "template",
            BY_PLACE,
            &[text("name"), text("type"), switch("required"), text("choices")],
        )
        .shown("fields")]),
    records(
        "project",
        "project",
        &[
            text("id"),
            text("name"),
            folded("name_folded", "name"),
            switch("worksheets"),
            link("worksheet_template", "worksheet_template"),
            link("time_product", "product"),
        ],
    ),
    records(
        "coupon_program",
        "coupon_program",
        &[
            text("id"),
            text("name"),
            folded("name_folded", "name"),
            text("type"),
            switch("archived"),
            text("code"),
            folded_code("code_folded", "code"),
            text("currency"),
            text("start_date").shown("start"),
            text("end_date").shown("end"),
            int("usage_limit"),
            int("used"),
            amount("minimum_amount"),
            text("minimum_amount_tax"),
            millionths("minimum_quantity"),
        ],
    )
    .in_own_currency()
    .with(&[
        list(
            "coupon_reward",
            "program",
            BY_PLACE,
            &[
                text("type"),
                millionths("percent"),
                amount("fixed"),
                text("applies_on").shown("on"),
                link("product", "product"),
                millionths("quantity"),
                amount("maximum"),
            ],
        )
        .shown("rewards"),
        list("coupon_product", "program", BY_PLACE, &[int("reward"), link("product", "product")]).shown("products"),
    ]),
    records(
        "team",
        "team",
        &[
            text("id"),
            text("name"),
            folded("name_folded", "name"),
            link("field_service_project", "project"),
            link("return_location", "location"),
        ],
    )
    .with(&[
        list("team_service", "team", Order::Column("service"), &[text("service")]).shown("services"),
        list("team_member", "team", BY_PLACE, &[link("person", "person")]).shown("members"),
    ]),
    records(
        "order",
        "sales_order",
        &[
            text("id"),
            text("state"),
            switch("cart"),
            link("customer", "customer"),
            text("date"),
            text("currency"),
            amount("untaxed"),
            amount("tax"),
            amount("total"),
        ],
    )
    .in_own_currency()
    .with(&[list(
        "order_line",
        "sales_order",
        BY_LINE,
        &[
            int("line"),
            link("product", "product"),
            text("label"),
            millionths("quantity"),
            price("price"),
            millionths("discount"),
            text("coupon"),
            amount("untaxed"),
            amount("tax"),
            amount("total"),
            switch("for_repair"),
        ],
    )
    .shown("lines")
    .with(&[list(
        "order_line_tax",
        "order_line",
        BY_PLACE,
        &[link("tax", "tax"), millionths("rate"), switch("included"), amount("amount")],
    )
    .shown("taxes")])]),
    records(
        "ticket",
        "ticket",
        &[
            text("id"),
            text("subject"),
            link("team", "team"),
            link("customer", "customer"),
            link("person", "person").shown("user"),
            text("priority"),
            link("stage", "stage"),
            link("sales_order", "sales_order").shown("order"),
            link("product", "product"),
            link("lot", "lot"),
            text("description"),
            text("created_at"),
        ],
    )
    .with(&[
        list("ticket_tag", "ticket", BY_PLACE, &[link("tag", "tag")]).shown("tags"),
        list(
            "ticket_log",
            "ticket",
            Order::Key,
            &[text("at"), text("actor"), text("kind"), text("text"), text("document"), int("operation")],
        )
        .shown("log"),
    ]),
    records(
        "task",
        "task",
        &[
            text("id"),
            text("title"),
            link("project", "project"),
            text("stage"),
            link("customer", "customer"),
            link("ticket", "ticket"),
            link("assignee", "person"),
            text("planned_start"),
            text("planned_end"),
            link("worksheet_template", "worksheet_template"),
            text("signed_by"),
            text("signed_at"),
        ],
    ),
    records(
        "transfer",
        "transfer",
        &[
            text("id"),
            text("kind"),
            text("state"),
            text("origin"),
            link("customer", "customer"),
            link("sales_order", "sales_order").shown("order"),
            link("ticket", "ticket"),
            link("task", "task"),
            link("source", "location").shown("from"),
            link("destination", "location").shown("to"),
            link("return_of", "transfer"),
            link("exchange_of", "transfer"),
            link("backorder_of", "transfer"),
            switch("keep_order_quantity"),
            text("date"),
            int("moved"),
        ],
    )
    .with(&[list(
        "transfer_line",
        "transfer",
        BY_LINE,
        &[
            int("line"),
            link("product", "product"),
            link("lot", "lot"),
            millionths("quantity"),
            millionths("done"),
            millionths("reserved"),
            millionths("returned"),
            line("order_line", &ORDER_LINES),
            line("return_line", &TRANSFER_LINES),
        ],
    )
    .shown("lines")]),
    DOCUMENTS.only("invoice"),
    DOCUMENTS.shown("credit_note").only("credit_note"),
    records(
        "payment",
        "payment",
        &[
            text("id"),
            text("state"),
            text("direction"),
            link("customer", "customer"),
            text("date"),
            text("currency"),
            amount("amount"),
            amount("open"),
            text("reference"),
        ],
    )
    .in_own_currency(),
    Table {
        currency: CurrencyOf::Linked([("debit_document", "document"), ("debit_payment", "payment")]),
        ..records(
            "matching",
            "matching",
            &[
                link("debit_document", "document"),
                link("debit_payment", "payment"),
                link("credit_document", "document"),
                link("credit_payment", "payment"),
                amount("amount"),
            ],
        )
    },
    records(
        "coupon",
        "coupon",
        &[
            text("id"),
            folded_code("code_folded", "id"),
            link("program", "coupon_program"),
            link("ticket", "ticket"),
            link("customer", "customer"),
            switch("only_customer"),
            text("valid_until"),
            switch("cancelled"),
            link("used_by", "sales_order"),
            text("share_link"),
            text("sent_at"),
        ],
    ),
    records(
        "repair",
        "repair",
        &[
            text("id"),
            text("state"),
            link("ticket", "ticket"),
            link("customer", "customer"),
            link("product", "product"),
            link("lot", "lot"),
            millionths("quantity"),
            link("return_transfer", "transfer").shown("return"),
            switch("under_warranty"),
            text("scheduled_date"),
            link("responsible", "person"),
            text("notes"),
            link("quotation", "sales_order"),
            int("moved"),
        ],
    )
    .with(&[
        list("repair_tag", "repair", BY_PLACE, &[link("tag", "tag")]).shown("tags"),
        list(
            "repair_part",
            "repair",
            BY_LINE,
            &[
                int("line"),
                text("kind"),
                link("product", "product"),
                link("lot", "lot"),
                millionths("quantity"),
                millionths("done"),
                millionths("reserved"),
                price("price"),
                line("order_line", &ORDER_LINES),
            ],
        )
        .shown("parts"),
        list(
            "repair_labour",
            "repair",
            BY_LINE,
            &[
                int("line"),
                link("product", "product"),
                millionths("quantity"),
                price("price"),
                line("order_line", &ORDER_LINES),
            ],
        )
        .shown("labour"),
    ]),
    records(
        "operation",
        "operation",
        &[
            int("key").shown("operation"),
            text("at"),
            text("recorded_at"),
            text("actor_kind"),
            text("actor"),
            json("command"),
            text("hash"),
        ],
    )
    .by("key")
    .with(&[
        list("operation_touch", "operation", BY_PLACE, &[text("kind"), text("id")]).shown("touched"),
        list("operation_key", "operation", Order::Column("given"), &[text("given").shown("key"), json("outcome")])
            .shown("keys"),
    ]),
    records("counter", "counter", &[text("name").shown("id"), int("value")]).by("name"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;
    use crate::store::Db;
    use std::collections::BTreeSet;

    /// Every column that the description has, as `table.column`.
    fn described(table: &Table, columns: &mut BTreeSet<String>) {
        let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
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
                "SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1",
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
            for column in table.columns {
                let linked = match column.holds {
                    Holds::Link(linked) => linked,
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
            let columns =
                table.columns.iter().filter(|column| !matches!(column.holds, Holds::Folded(..) | Holds::Always(_)));
            for key in columns.map(|column| column.shown).chain(lists) {
                assert!(!shown.contains(&key), "{} shows {key} twice", table.name);
                shown.push(key);
            }
            table.lists.iter().for_each(check);
        }
        TABLES.iter().for_each(check);
    }
}
