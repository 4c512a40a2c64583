//! `schema`: every record that is printed is as its schema says, and has its keys in that order (contract, section 2).

use serde_json::{Value, json};

use crate::sample;
use crate::support::Shop;

fn list(records: &Value) -> &[Value] {
    records.as_array().unwrap()
}

/// The keys that only `show` tells.
fn told_by_show_alone(schema: &Value) -> Vec<String> {
    let properties = schema["properties"].as_object().unwrap();
    let also = properties.iter().filter(|(_, told)| told["description"] == "told by show, not by list");
    also.map(|(key, _)| key.clone()).collect()
}

/// The schema of the record as `list` prints it.
fn as_listed(schema: &Value) -> Value {
    let also = told_by_show_alone(schema);
    let mut listed = schema.clone();
    listed["required"].as_array_mut().unwrap().retain(|key| !also.iter().any(|also| key == also));
    listed["properties"].as_object_mut().unwrap().retain(|key, _| !also.contains(key));
    listed
}

/// What is not as the schema says.
fn faults(schema: &Value, record: &Value, what: &str) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let told = |place: &dyn std::fmt::Display, fault: String| format!("{what} {} {place}: {fault}", record["id"]);
    let mut faults: Vec<String> =
        validator.iter_errors(record).map(|fault| told(fault.instance_path(), fault.to_string())).collect();
    if faults.is_empty() && !in_order(schema, record) {
        faults.push(told(&"", "the keys stand in another order".to_owned()));
    }
    faults
}

/// Whether the keys stand in the order of the schema, at every depth.
fn in_order(schema: &Value, value: &Value) -> bool {
    match (value, schema["properties"].as_object()) {
        (Value::Object(record), Some(properties)) => {
            record.keys().eq(properties.keys()) && record.iter().all(|(key, value)| in_order(&properties[key], value))
        }
        (Value::Array(items), _) => items.iter().all(|item| in_order(&schema["items"], item)),
        _ => true,
    }
}

#[test]
fn every_record_is_as_its_schema_says() {
    let shop = sample::rich();
    let kinds = shop.ok("schema");
    let mut found = Vec::new();
    let mut check = |schema: &Value, record: &Value, what: &str| found.extend(faults(schema, record, what));
    for kind in list(&kinds).iter().map(|kind| kind["id"].as_str().unwrap()).filter(|kind| *kind != "errors") {
        let schema = shop.ok(&format!("schema {kind}"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{kind}");
        let noun = kind.replace('_', "-");
        match kind {
            "subscription" | "desk" => check(&schema, &shop.ok(&format!("{kind} show")), kind),
            "verify" => check(&schema, &shop.ok("verify"), kind),
            "setting" => list(&shop.ok("config list")).iter().for_each(|record| check(&schema, record, kind)),
            "check" => list(&shop.ok("doctor")).iter().for_each(|record| check(&schema, record, kind)),
            "waiting" => list(&shop.ok("status")).iter().for_each(|record| check(&schema, record, kind)),
            "explained" => list(&shop.ok("explain")).iter().for_each(|record| check(&schema, record, kind)),
            "worksheet" => check(&schema, &shop.ok("worksheet show FS1"), kind),
            "options" => check(&schema, &shop.ok("ticket options T1"), kind),
            "answer" => {
                check(&schema, &shop.done("ticket note T1 'It hums'"), kind);
                check(&schema, &shop.ok("ticket close T1 --dry-run"), kind);
            }
            "log_head" => check(&schema, &shop.ok("log head"), kind),
            "report" => {
                for report in ["accounts", "refunds", "coupons", "returns", "repairs", "owed"] {
                    let rows = shop.ok(&format!("report {report}"));
                    list(&rows).iter().for_each(|row| check(&schema, row, report));
                }
            }
            "booked" | "happened" => {
                let words = if kind == "booked" { "report documents" } else { "customer timeline C00001" };
                list(&shop.ok(words)).iter().for_each(|row| check(&schema, row, words));
            }
            "overview" => check(&schema, &shop.ok("report overview"), kind),
            "log" => list(&shop.ok("log")).iter().for_each(|record| check(&schema, record, kind)),
            _ => {
                let listed = as_listed(&schema);
                let records = shop.ok(&format!("{noun} list"));
                assert!(!list(&records).is_empty(), "the shop has no {kind}");
                for record in list(&records) {
                    check(&listed, record, &format!("{noun} list"));
                    if kind != "app" {
                        let id = record["id"].as_str().unwrap();
                        check(&schema, &shop.ok(&format!("{noun} show '{id}'")), &format!("{noun} show"));
                    }
                }
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_schema_tells_the_shape_of_each_key() {
    let shop = Shop::without_store();
    let ticket = shop.ok("schema ticket");
    let of = |key: &str| ticket["properties"][key].clone();
    assert_eq!(of("id"), json!({ "type": "string" }));
    assert_eq!(of("priority"), json!({ "type": "string", "enum": ["low", "medium", "high", "urgent"] }));
    assert_eq!(of("customer"), json!({ "type": ["string", "null"] }));
    assert_eq!(of("closed"), json!({ "type": "boolean" }));
    assert_eq!(of("tags"), json!({ "type": "array", "items": { "type": "string" } }));
    assert_eq!(of("created_at")["format"], "date-time");
    assert_eq!(of("documents")["required"], json!(["credit_notes", "coupons", "returns", "repairs", "tasks"]));
    assert_eq!(told_by_show_alone(&ticket), ["documents", "still_open", "log", "merged"]);
    assert_eq!(ticket["additionalProperties"], json!(false));
    let required: Vec<&String> = ticket["properties"].as_object().unwrap().keys().collect();
    assert_eq!(ticket["required"], json!(required));
    let price = &shop.ok("schema product")["properties"]["price"];
    let decimal = jsonschema::validator_for(price).unwrap();
    assert!(decimal.is_valid(&json!("-12.50")) && !decimal.is_valid(&json!("1,5")) && !decimal.is_valid(&json!(1.5)));
}

#[test]
fn errors_and_kinds_are_listed_without_a_store() {
    let shop = Shop::without_store();
    let errors = shop.ok("schema errors");
    let refund = list(&errors).iter().find(|error| error["code"] == "refund_exceeds_invoice").unwrap();
    assert_eq!(
        *refund,
        json!({ "code": "refund_exceeds_invoice", "exit": 13, "message": "more than is left to refund" })
    );
    let kinds = shop.run("schema -o ids").stdout;
    assert!(kinds.lines().any(|kind| kind == "ticket") && kinds.lines().any(|kind| kind == "errors"), "{kinds}");
    assert_eq!(shop.run("schema ticket --jq .title").stdout, "ticket\n");
    assert_eq!(shop.run("schema worksheet-template --jq .title").stdout, "worksheet_template\n");
    let refused = shop.run("schema tikcet -o json");
    let error: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(
        (refused.code, &error["error"]["code"], &error["error"]["field"]),
        (10, &json!("invalid_value"), &json!("kind"))
    );
}
