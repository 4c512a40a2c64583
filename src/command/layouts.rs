//! What tables are told of each kind of record: its columns, what its values are, and what is left out where a terminal has no
//! room for all (contract, section 2). Of a described kind the description tells all three; here stands what it does not tell.
//! The objects in a list, such as `lines`, are known by the list's key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::import::meaning;
use super::{
    app, backup, booked, config, copy, coupon_program, desk, doctor, explain, log, options, overview, report, restore,
    schema, status, subscription, templates, timeline, verify, worksheet,
};
use crate::output::layout::{Bars, Form, Layout};
use crate::store::engine::table::{Column, Holds, Table};
use crate::store::tables;

/// Kinds that are not described, or told otherwise than they are; their columns, and those that tell least, the least telling first.
type Known = (&'static str, &'static [&'static str], &'static [&'static str]);

const KNOWN: &[Known] = &[
    ("app", app::COLUMNS, &[]),
    ("subscription", subscription::COLUMNS, &["added_at", "trial_started_at"]),
    ("options", options::COLUMNS, &[]),
    ("worksheet", worksheet::COLUMNS, &[]),
    ("invoice", INVOICE, &["order", "payment_state", "date", "open"]),
    ("credit_note", CREDIT_NOTE, &["invoice", "payment_state", "date", "open"]),
    ("coupon_program", coupon_program::COLUMNS, &["archived", "currency", "usage_limit", "start", "end", "code"]),
    ("order", ORDER, &["cart", "currency", "date"]),
    ("quotation", ORDER, &["cart", "currency", "date"]),
    ("log", log::COLUMNS, &["touched", "operation"]),
    ("log_head", log::HEAD, &[]),
    ("verify", verify::COLUMNS, &[]),
    ("schema", schema::COLUMNS, &[]),
    ("report", report::COLUMNS, REPORT_LEAST),
    (report::BY_CUSTOMER, report::COLUMNS, REPORT_LEAST),
    (report::BY_PRODUCT, report::COLUMNS, REPORT_LEAST),
    (report::BY_USER, report::COLUMNS, REPORT_LEAST),
    ("overview", overview::COLUMNS, &[]),
    ("happened", timeline::COLUMNS, &["ticket", "currency", "state"]),
    ("booked", booked::COLUMNS, &["currency", "kind", "tax", "untaxed"]),
    ("errors", schema::ERROR_COLUMNS, &[]),
    ("setting", config::COLUMNS, &[]),
    ("setting_alone", config::COLUMNS_ALONE, &[]),
    ("validated", config::VALIDATED, &[]),
    ("config_path", config::PATH, &[]),
    ("check", doctor::FIELDS, &[]),
    ("waiting", status::FIELDS, &[]),
    ("explained", explain::COLUMNS, &["exit", "kind"]),
    ("key", meaning::COLUMNS, &["of"]),
    ("desk", desk::COLUMNS, &["plan", "lock_date"]),
    ("copy", copy::COLUMNS, &["sha256", "lines"]),
    ("backup", backup::COLUMNS, &["hash", "format"]),
    ("templates", templates::COLUMNS, &[]),
    ("restored", restore::COLUMNS, &["hash", "format"]),
    // An answer of a bulk run.
    (
        "answer",
        &["line", "command", "status", "operation", "created", "key", "error"],
        &["key", "operation", "command"],
    ),
    // Lists of objects: their own keys are the columns.
    (
        "lines",
        &[],
        &["coupon", "label", "tax", "untaxed", "taxes", "refunds", "discount", "lot", "invoiced", "delivered"],
    ),
    ("parts", &[], &["price", "lot"]),
    ("timesheet", &[], &["seconds", "user"]),
    ("rewards", &[], &["maximum", "products", "product", "quantity", "on"]),
    ("services", &[], &[]),
    // The sections of the overview, which are lists of rows of reports.
    ("totals", &[], &["untaxed", "tax"]),
    ("months", &[], &["untaxed", "tax"]),
    ("reasons", &[], &["untaxed", "tax"]),
    ("refunded", &[], &["untaxed", "tax", "count"]),
    ("returned", &[], &["count"]),
    ("work", &[], &[]),
    ("coupons", &[], &[]),
    ("customers", &[], &[]),
];

const REPORT_LEAST: &[&str] = &["untaxed", "tax", "rate"];

/// The kinds whose records are rows of reports: each report has some of their keys, and no others ever.
const REPORTS: &[&str] = &["report", report::BY_CUSTOMER, report::BY_PRODUCT, report::BY_USER];

/// Documents are told in another order than their keys: what they come to stands last.
const INVOICE: &[&str] = &["id", "number", "state", "customer", "date", "order", "total", "open", "payment_state"];
const CREDIT_NOTE: &[&str] =
    &["id", "number", "state", "customer", "date", "invoice", "total", "open", "payment_state"];
const ORDER: &[&str] = &["id", "state", "cart", "customer", "date", "total", "currency"];

/// Keys under which a record holds a list of objects.
const LISTS: &[&str] = &[
    "lines",
    "tax_lines",
    "matched",
    "parts",
    "labour",
    "rewards",
    "stock",
    "log",
    "documents",
    "still_open",
    "owes",
    "owed",
    "timesheet",
];

/// The table of the records under that key, where it says which columns are told; some stand under what they are for.
fn described(key: &str) -> Option<&'static Table> {
    let kind = match key {
        "return" | "replacement" => "transfer",
        "email" => "mail",
        kind => kind,
    };
    tables::of_kind(kind).filter(|table| table.columns.iter().any(|column| column.is_listed))
}

/// What is known of the records of `kind`, or of the objects in a list of that key.
pub fn layout_of(kind: &str) -> Layout {
    let found = KNOWN.iter().find(|(known, ..)| *known == kind).copied();
    let described = described(kind);
    if let (None, Some(table)) = (found, described) {
        let Listed { listed, least } = told(table);
        let bars = bars_of(kind);
        return Layout { kind: table.shown, columns: listed, least, lists: LISTS, filled: false, bars, form_of };
    }
    // A list that holds its columns only says what kinds of values they are.
    let list = LISTS.iter().find(|list| **list == kind).copied().unwrap_or("");
    let (kind, columns, least) = found.unwrap_or((list, &[], &[]));
    Layout { kind, columns, least, lists: LISTS, filled: REPORTS.contains(&kind), bars: bars_of(kind), form_of }
}

/// What bars behind the rows of a kind show.
fn bars_of(kind: &str) -> Option<Bars> {
    let of: &[&str] = match kind {
        kind if REPORTS.contains(&kind) => &["total", "quantity", "count"],
        "months" | "reasons" | "refunded" | "customers" => &["total"],
        "returned" => &["rate", "quantity"],
        "work" | "coupons" => &["count"],
        _ => return None,
    };
    Some(Bars { of, within: "currency" })
}

/// The columns of a table of described records, and those of them that are left out first. They are asked for with every record that
/// a table prints, and made once.
struct Listed {
    listed: Vec<&'static str>,
    least: Vec<&'static str>,
}

fn told(table: &'static Table) -> &'static Listed {
    static TOLD: LazyLock<BTreeMap<(&str, &str), Listed>> =
        LazyLock::new(|| tables::TABLES.iter().map(|table| ((table.name, table.shown), Listed::of(table))).collect());
    static NONE: Listed = Listed { listed: Vec::new(), least: Vec::new() };
    TOLD.get(&(table.name, table.shown)).unwrap_or(&NONE)
}

impl Listed {
    fn of(table: &Table) -> Listed {
        let listed = table.columns.iter().filter(|column| column.is_listed).map(|column| column.shown).collect();
        let mut least: Vec<&Column> = table.columns.iter().filter(|column| column.least > 0).collect();
        least.sort_by_key(|column| column.least);
        Listed { listed, least: least.into_iter().map(|column| column.shown).collect() }
    }
}

/// What the value of a described column is to a table.
fn form_of_column(table: &Table, column: &Column) -> Form {
    match column.holds {
        Holds::Link("customer") => Form::Named("customer"),
        Holds::Link("product") => Form::Named("product"),
        Holds::Link("person") => Form::Named("user"),
        Holds::Instant => Form::Time,
        Holds::Text if column.is_cut => Form::Text,
        Holds::Int | Holds::Amount | Holds::Price | Holds::Quantity | Holds::Percent => Form::Number,
        // A list of links is as each of them.
        Holds::List(name) => match table.lists.iter().find(|list| list.shown == name).filter(|list| list.is_plain()) {
            Some(list) => list.exported().next().map_or(Form::Whole, |item| form_of_column(list, item)),
            None => Form::Whole,
        },
        _ => Form::Whole,
    }
}

/// What the value under `key` is in a record of `kind`: as it is described, else as its name tells, since a key means the same
/// everywhere, with few exceptions.
fn form_of(kind: &'static str, key: &str) -> Option<Form> {
    let described = described(kind);
    let column = || described.and_then(|table| Some(form_of_column(table, table.column(key)?)));
    excepted(kind, key).or_else(column).or_else(|| by_name(kind, key))
}

/// What no description tells: where two keys are told together, and what tells nothing.
fn excepted(kind: &'static str, key: &str) -> Option<Form> {
    Some(match (kind, key) {
        ("lines" | "parts", "label") => Form::Label("product"),
        ("invoice" | "credit_note", "date") => Form::Beside("accounting_date", "booked"),
        ("credit_note", "state") => Form::Beside("post_on", "until"),
        ("lines", "discount") => Form::Rare,
        ("timesheet", "from" | "to") => Form::Time,
        ("timesheet", "note") => Form::Text,
        ("log", "actor") => Form::Either(&["user", "customer"]),
        ("refunded" | "returned" | report::BY_PRODUCT, "by") => Form::Named("product"),
        ("customers" | report::BY_CUSTOMER, "by") => Form::Named("customer"),
        (report::BY_USER, "by") => Form::Named("user"),
        ("coupons", "by") => Form::Named("coupon_program"),
        ("reasons", "by") => Form::Text,
        ("work", "days_1" | "days_7" | "days_30" | "days_90" | "older") => Form::Number,
        _ => return None,
    })
}

fn by_name(kind: &'static str, key: &str) -> Option<Form> {
    Some(match (kind, key) {
        ("setting" | "setting_alone", "value")
        | ("waiting" | "check" | "still_open", "command")
        | ("tax_lines", "tax")
        | ("copy", "from" | "to")
        | ("backup" | "restored", "file" | "store") => Form::Whole,
        ("errors" | "explained", "exit") => Form::Number,
        (_, "at" | "created_at" | "recorded_at" | "sent_at" | "signed_at" | "added_at") => Form::Time,
        (_, "trial_started_at" | "trial_ends_at" | "planned_start" | "planned_end") => Form::Time,
        (_, "customer") => Form::Named("customer"),
        (_, "product" | "products" | "time_product") => Form::Named("product"),
        (_, "user" | "assignee" | "responsible" | "members") => Form::Named("user"),
        (
            _,
            "name" | "subject" | "title" | "label" | "text" | "description" | "notes" | "reason" | "email" | "company"
            | "reference" | "why_not" | "message" | "error" | "command" | "needed_by" | "default" | "choices"
            | "meaning",
        ) => Form::Text,
        (
            _,
            "line" | "quantity" | "done" | "delivered" | "invoiced" | "reserved" | "price" | "untaxed" | "tax"
            | "total" | "open" | "amount" | "base" | "rate" | "maximum" | "usage_limit" | "minimum_amount"
            | "minimum_quantity" | "worked_minutes" | "seconds" | "operation" | "value" | "count",
        ) => Form::Number,
        // A list that nobody described: its values tell what they are.
        ("", _) => return None,
        // Ids, words, days, instants, switches.
        _ => Form::Whole,
    })
}
