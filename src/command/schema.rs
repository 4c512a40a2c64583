//! `schema`: what the records of each kind look like, as JSON Schema 2020-12, made from their description; and the error codes
//! (contract, sections 2 and 3).

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::pipeline::{Action, Keys};
use super::{
    COMMANDS, app, booked, config, desk, doctor, explain, log, options, overview, report, status, subscription,
    timeline, to_json, verify, worksheet,
};
use crate::domain::common::ValueRefused;
use crate::domain::{Allowed, Result, code};
use crate::store::engine::table::{Column, Holds, Table, ids, int, json as any, rows, text, words};

/// The columns of the tables that list the kinds and the errors.
pub const COLUMNS: &[&str] = &["id"];
pub const ERROR_COLUMNS: &[&str] = &["code", "exit", "message"];

/// What asks for the error codes in place of a kind.
pub const ERRORS: &str = "errors";

/// The answer of a change (contract, section 2).
const ANSWER: &[Column] = &[
    text().called("command"),
    words(&["done", "unchanged", "replayed", "planned"]).called("status"),
    int().optional().called("operation"),
    ids().called("created"),
    any().called("result"),
    rows(&[text().called("code"), text().called("message")]).called("warnings"),
];

/// What is told of no table: the kind and its keys.
const OTHERS: &[(&str, &[Column])] = &[
    ("app", app::KEYS),
    ("subscription", subscription::KEYS),
    ("options", options::KEYS),
    ("worksheet", worksheet::KEYS),
    ("desk", desk::KEYS),
    ("log", log::KEYS),
    ("log_head", log::HEAD_KEYS),
    ("verify", verify::KEYS),
    ("explained", explain::KEYS),
    ("setting", config::KEYS),
    ("check", doctor::KEYS),
    ("waiting", status::KEYS),
    ("report", report::KEYS),
    ("overview", overview::KEYS),
    ("booked", booked::KEYS),
    ("happened", timeline::KEYS),
    ("answer", ANSWER),
];

/// What is listed where no kind is named.
#[derive(Serialize)]
struct Known {
    id: &'static str,
}

/// An error code as it is told.
#[derive(Serialize)]
struct Code {
    code: &'static str,
    exit: i32,
    message: &'static str,
}

/// The kinds that `show` tells, in the order of the nouns, then what has no table of its own.
fn described() -> impl Iterator<Item = (&'static str, Described)> {
    let shown = COMMANDS.iter().filter_map(|entry| match entry.action {
        Action::Read { kind, described, .. } => Some((kind, Described::Record(described()?))),
        Action::Change { .. } | Action::Print { .. } => None,
    });
    shown.chain(OTHERS.iter().map(|(kind, columns)| (*kind, Described::Other(columns))))
}

enum Described {
    Record(Keys),
    Other(&'static [Column]),
}

/// What can be asked for, a record each.
pub fn kinds() -> Result<Vec<String>> {
    names().map(|id| to_json(&Known { id })).collect()
}

/// What can be asked for.
pub fn names() -> impl Iterator<Item = &'static str> {
    described().map(|(id, _)| id).chain([ERRORS])
}

/// The error codes, a record each, by their exit codes.
pub fn errors() -> Result<Vec<String>> {
    code::CODES.iter().map(|(code, exit, message)| to_json(&Code { code, exit: *exit, message })).collect()
}

/// The schema of a kind, named as in a result (`credit_note`) or as a noun (`credit-note`).
pub fn of(given: &str) -> Result<Json> {
    let kind = given.replace('-', "_");
    match described().find(|(known, _)| *known == kind) {
        Some((kind, described)) => {
            let mut schema = Map::new();
            schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
            schema.insert("title".to_owned(), json!(kind));
            schema.extend(match described {
                Described::Record(keys) => record(keys),
                Described::Other(columns) => keys_of(columns.iter().map(|column| (column.shown, value(column, &[])))),
            });
            Ok(Json::Object(schema))
        }
        None => {
            let known: Vec<String> = described().map(|(known, _)| known).chain([ERRORS]).map(str::to_owned).collect();
            let message = format!("there is no schema of {given:?}; there are those of {}", known.join(", "));
            let allowed = Some(Allowed::Several(known));
            Err(ValueRefused::Invalid { field: "kind", given: given.to_owned(), message, allowed }.into())
        }
    }
}

/// The record as `show` prints it; `list` leaves out what is said to be told there alone.
fn record(keys: Keys) -> Map<String, Json> {
    let own = shown(keys.table).map(|column| (column.shown, value(column, keys.table.lists)));
    let also = keys.also.iter().map(|column| {
        let mut told = value(column, keys.table.lists);
        if let Json::Object(told) = &mut told {
            told.insert("description".to_owned(), json!("told by show, not by list"));
        }
        (column.shown, told)
    });
    keys_of(own.chain(also))
}

fn shown(table: &Table) -> impl Iterator<Item = &'static Column> + use<> {
    table.columns.iter().filter(|column| column.is_shown)
}

/// An object of exactly these keys, in this order.
fn keys_of(keys: impl Iterator<Item = (&'static str, Json)>) -> Map<String, Json> {
    let properties: Map<String, Json> = keys.map(|(key, schema)| (key.to_owned(), schema)).collect();
    let required: Vec<&String> = properties.keys().collect();
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("object"));
    object.insert("required".to_owned(), json!(required));
    object.insert("properties".to_owned(), Json::Object(properties));
    object.insert("additionalProperties".to_owned(), json!(false));
    object
}

fn objects(columns: &'static [Column]) -> Json {
    Json::Object(keys_of(columns.iter().map(|column| (column.shown, value(column, &[])))))
}

/// A decimal, as a text so that no reader rounds it.
const DECIMAL: &str = "^-?[0-9]+([.][0-9]+)?$";
const INSTANT: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";

/// What stands under a key; `lists` are those inside the record.
fn value(column: &Column, lists: &'static [Table]) -> Json {
    let mut schema = match column.holds {
        Holds::Words(words) => json!({ "type": "string", "enum": words }),
        Holds::Day => json!({ "type": "string", "format": "date" }),
        Holds::Instant => json!({ "type": "string", "format": "date-time", "pattern": INSTANT }),
        Holds::Int => json!({ "type": "integer" }),
        Holds::Switch => json!({ "type": "boolean" }),
        Holds::Currency => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        Holds::Amount | Holds::Price | Holds::Quantity | Holds::Percent => {
            json!({ "type": "string", "pattern": DECIMAL })
        }
        Holds::Id
        | Holds::Text
        | Holds::Link(_)
        | Holds::Numbered(_)
        | Holds::Line(_)
        | Holds::Folded(..)
        | Holds::Always(_) => json!({ "type": "string" }),
        Holds::Json => json!({}),
        Holds::List(name) => json!({ "type": "array", "items": items(name, lists) }),
        Holds::Ids => json!({ "type": "array", "items": { "type": "string" } }),
        Holds::Rows(columns) => json!({ "type": "array", "items": objects(columns) }),
        Holds::Object(columns) => objects(columns),
        Holds::ByName(columns) => {
            let mut named = objects(columns);
            allow_nothing(&mut named);
            json!({ "type": "object", "additionalProperties": named })
        }
    };
    if column.is_optional {
        allow_nothing(&mut schema);
    }
    schema
}

/// A row of the list of that name: its one value, or an object.
fn items(name: &str, lists: &'static [Table]) -> Json {
    match lists.iter().find(|list| list.shown == name) {
        None => json!({}),
        Some(list) if list.is_plain() => {
            shown(list).next().map_or_else(|| json!({}), |column| value(column, list.lists))
        }
        Some(list) => Json::Object(keys_of(shown(list).map(|column| (column.shown, value(column, list.lists))))),
    }
}

/// Where there is nothing, null stands under the key.
fn allow_nothing(schema: &mut Json) {
    if let Some(Json::Array(words)) = schema.get_mut("enum") {
        words.push(Json::Null);
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind, "null"]);
    }
}
