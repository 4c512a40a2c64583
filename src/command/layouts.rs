//! What tables are told of each kind of record: its columns, what its values are, and what is left out where a terminal has no
//! room for all (contract, section 2). The objects in a list, such as `lines`, are known by the list's key.

use super::credit_note::CreditNote;
use super::invoice::Invoice;
use super::pipeline::record::Record;
use super::{copy, desk, log, options, subscription, verify};
use crate::domain::app::AppShown;
use crate::domain::coupon::Coupon;
use crate::domain::coupon_program::CouponProgram;
use crate::domain::location::Location;
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::product::Lot;
use crate::domain::repair::Repair;
use crate::domain::stock::Stock;
use crate::domain::task::Task;
use crate::domain::transfer::Transfer;
use crate::domain::user::User;
use crate::output::layout::{Form, Layout};
use crate::store::engine::table::Table;
use crate::store::tables;

/// Kinds, their columns, and the columns that tell least, the least telling first.
type Known = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The columns are those that the description of the table lists.
const DESCRIBED: &[&str] = &[];

const KNOWN: &[Known] = &[
    ("team", DESCRIBED, &["return_location", "field_service_project", "members"]),
    ("app", AppShown::COLUMNS, &[]),
    ("subscription", subscription::COLUMNS, &["added_at", "trial_started_at"]),
    ("ticket", DESCRIBED, &["tags", "priority", "team", "user", "stage"]),
    ("options", options::COLUMNS, &[]),
    ("invoice", Invoice::COLUMNS, &["order", "payment_state", "date", "open"]),
    ("credit_note", CreditNote::COLUMNS, &["invoice", "payment_state", "date", "open"]),
    ("payment", Payment::COLUMNS, &["reference", "date"]),
    ("coupon_program", CouponProgram::COLUMNS, &["archived", "currency", "usage_limit", "start", "end", "code"]),
    ("coupon", Coupon::COLUMNS, &["only_customer", "order", "ticket", "program", "valid_until"]),
    ("order", Order::COLUMNS, &["cart", "currency", "date"]),
    ("quotation", Order::COLUMNS, &["cart", "currency", "date"]),
    ("repair", Repair::COLUMNS, &["quantity", "responsible", "ticket", "scheduled_date", "lot", "customer"]),
    ("task", Task::COLUMNS, &["project", "ticket", "assignee", "customer", "stage"]),
    ("transfer", Transfer::COLUMNS, TRANSFER),
    ("return", Transfer::COLUMNS, TRANSFER),
    ("replacement", Transfer::COLUMNS, TRANSFER),
    ("customer", DESCRIBED, &[]),
    ("log", log::COLUMNS, &["touched", "operation"]),
    ("verify", verify::COLUMNS, &[]),
    ("desk", desk::COLUMNS, &["plan", "lock_date"]),
    ("copy", copy::COLUMNS, &["sha256", "lines"]),
    ("product", DESCRIBED, &["taxes", "tracking", "type"]),
    ("lot", Lot::COLUMNS, &[]),
    ("tax", DESCRIBED, &[]),
    ("journal", DESCRIBED, &[]),
    ("location", Location::COLUMNS, &[]),
    ("user", User::COLUMNS, &["rights", "email"]),
    ("tag", DESCRIBED, &[]),
    ("project", DESCRIBED, &["time_product", "worksheet_template", "worksheets"]),
    ("worksheet_template", DESCRIBED, &[]),
    ("stage", DESCRIBED, &[]),
    ("stock", Stock::COLUMNS, &["id", "reserved", "lot"]),
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
    ("rewards", &[], &["maximum", "products", "product", "quantity", "on"]),
    ("services", &[], &[]),
];

const TRANSFER: &[&str] = &["origin", "ticket", "order", "date", "customer", "from", "to"];

/// Keys under which a record holds a list of objects.
const LISTS: &[&str] = &["lines", "tax_lines", "matched", "parts", "labour", "rewards", "stock", "log", "documents"];

/// What is known of the records of `kind`, or of the objects in a list of that key.
pub fn layout_of(kind: &str) -> Layout {
    let found = KNOWN.iter().find(|(known, ..)| *known == kind).copied();
    // A list that holds its columns only says what kinds of values they are.
    let list = LISTS.iter().find(|list| **list == kind).copied().unwrap_or("");
    let table = tables::of_kind(kind).filter(|_| list.is_empty());
    let (kind, columns, least) = found.unwrap_or((table.map_or(list, |table| table.shown), DESCRIBED, &[]));
    let columns = match table {
        Some(table) if columns.is_empty() => listed(table),
        _ => columns,
    };
    Layout { kind, columns, least, lists: LISTS, form_of }
}

/// The columns of a table of described records; they are few, and each is asked for once or twice in a run.
fn listed(table: &'static Table) -> &'static [&'static str] {
    let listed = table.columns.iter().filter(|column| column.is_listed).map(|column| column.shown);
    listed.collect::<Vec<_>>().leak()
}

/// What the value under `key` is in a record of `kind`: a key means the same in all of them, with few exceptions.
fn form_of(kind: &'static str, key: &str) -> Option<Form> {
    Some(match (kind, key) {
        ("tax_lines", "tax") | ("copy", "from" | "to") => Form::Whole,
        ("lines" | "parts", "label") => Form::Label("product"),
        ("invoice" | "credit_note", "date") => Form::Beside("accounting_date", "booked"),
        ("lines", "discount") => Form::Rare,
        ("log", "actor") => Form::Either(&["user", "customer"]),
        (_, "at" | "created_at" | "recorded_at" | "sent_at" | "signed_at" | "added_at") => Form::Time,
        (_, "trial_started_at" | "trial_ends_at" | "planned_start" | "planned_end") => Form::Time,
        (_, "customer") => Form::Named("customer"),
        (_, "product" | "products" | "time_product") => Form::Named("product"),
        (_, "user" | "assignee" | "responsible" | "members") => Form::Named("user"),
        (
            _,
            "name" | "subject" | "title" | "label" | "text" | "description" | "notes" | "reason" | "email" | "company"
            | "reference" | "why_not" | "message" | "error" | "command" | "needed_by" | "default" | "choices",
        ) => Form::Text,
        (
            _,
            "line" | "quantity" | "done" | "delivered" | "invoiced" | "reserved" | "price" | "untaxed" | "tax"
            | "total" | "open" | "amount" | "base" | "rate" | "maximum" | "usage_limit" | "minimum_amount"
            | "minimum_quantity" | "worked_minutes" | "operation" | "value",
        ) => Form::Number,
        // A list that nobody described: its values tell what they are.
        ("", _) => return None,
        // Ids, words, days, instants, switches.
        _ => Form::Whole,
    })
}
