//! What must hold in a store, and that a store in which it does not is told by name.

use aftersales::domain::verify::Finding;
use aftersales::procedure::verify::findings;
use aftersales::store::engine::address::{Address, Surroundings};
use aftersales::store::{Access, Db};
use serde_json::Value;

use crate::sample;
use crate::support::{Shop, json};

mod faults;
mod sweep;

use faults::{ANY, BASE, COUPONS, GOODS, LOG, MAIL, MONEY, TICKETS};

/// A fault: the check that finds it, the record at fault (nothing: none), and what is done.
type Fault = &'static (&'static str, &'static str, &'static str);

fn all() -> impl Iterator<Item = Fault> {
    [BASE, LOG, TICKETS, MONEY, COUPONS, GOODS, MAIL].into_iter().flatten()
}

/// What lines are lines of.
const LINES: [(&str, &str); 5] = [
    ("order_line", "sales_order"),
    ("document_line", "document"),
    ("transfer_line", "transfer"),
    ("repair_part", "repair"),
    ("repair_labour", "repair"),
];

/// The key of a record or, where a number stands behind its id, of a line of it.
fn key(table: &str, named: &str) -> String {
    let named = named.trim_matches('\'');
    match (LINES.iter().find(|(lines, _)| *lines == table), named.rsplit_once(':')) {
        (Some((_, of)), Some((id, line))) => {
            format!(
                "(SELECT l.key FROM {table} l JOIN {of} o ON o.key = l.{of} WHERE o.id = '{id}' AND l.line = {line})"
            )
        }
        _ => format!("(SELECT key FROM {table} WHERE id = '{named}')"),
    }
}

/// A record as it begins a change: its table, what it is called, and what is behind that.
fn named(change: &str) -> (&str, &str, &str) {
    let (table, rest) = change.split_once(' ').unwrap();
    let end = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.find('\'').unwrap() + 2,
        None => rest.find(": ").unwrap_or(rest.len()),
    };
    (table, &rest[..end], &rest[end..])
}

/// The statements of a fault.
fn sql_of(fault: &str) -> String {
    let statement = |change: &str| match change.strip_prefix("- ") {
        Some(gone) => {
            let (table, id, _) = named(gone);
            format!("DELETE FROM {table} WHERE key = {}", key(table, id))
        }
        None if change.starts_with(char::is_uppercase) => change.to_owned(),
        None => {
            let (table, id, set) = named(change);
            format!("UPDATE {table} SET {} WHERE key = {}", set.strip_prefix(": ").unwrap(), key(table, id))
        }
    };
    let mut sql = fault.split("; ").map(statement).collect::<Vec<_>>().join("; ");
    while let Some(start) = sql.find('<').filter(|start| sql[start + 1..].starts_with(char::is_lowercase)) {
        let end = start + sql[start..].find('>').unwrap();
        let (table, named) = sql[start + 1..end].split_once(' ').unwrap();
        sql.replace_range(start..=end, &key(table, named));
    }
    sql
}

fn told(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings.iter().map(|finding| (finding.check, finding.record.as_deref().unwrap_or_default())).collect()
}

/// Whether a fault is among what was found, by the check and the record that it says.
fn is_told(fault: Fault, told: &[(&str, &str)]) -> bool {
    let (check, record, _) = fault;
    told.iter().any(|(found, of)| found == check && (of == record || (*record == ANY && !of.is_empty())))
}

/// What `verify` finds in a store.
fn found_in(address: &str) -> Vec<Finding> {
    let address = Address::parse(address, &Surroundings { variable: &|_| None }).unwrap();
    let db = Db::open(&address, Access::Read).unwrap();
    db.begin_read().unwrap();
    let found = findings(&db);
    db.end_read().unwrap();
    found.unwrap()
}

/// Every how many faults one is planted on a server, where that takes longer; in a file all are.
const ON_A_SERVER: usize = 20;

/// Plants each fault into a shop in which everything has happened, and sees it told by its check and record.
fn planted(faults: &'static [(&'static str, &'static str, &'static str)]) {
    let shop = sample::rich();
    shop.abandoned();
    let address = shop.store.address();
    assert_eq!(told(&found_in(&address)), []);
    let whole = shop.store.saved();
    let step = if address.starts_with("postgres") { ON_A_SERVER } else { 1 };
    let mut missed = Vec::new();
    for fault in faults.iter().step_by(step) {
        shop.store.restored(&whole);
        shop.store.tampered(&sql_of(fault.2));
        let found = found_in(&address);
        if !is_told(fault, &told(&found)) {
            missed.push(format!("{fault:?}\n  {:?}", told(&found)));
        }
        let is_said = |finding: &Finding| !finding.message.is_empty() && !finding.message.contains('{');
        assert!(found.iter().all(is_said), "{found:?}");
        // What is found of a record says which, by its kind and the id that commands take, whatever it is called in the text.
        for finding in &found {
            let Finding { kind, id, record, .. } = finding;
            let is_told_by_number = matches!(kind, Some("invoice" | "credit_note"));
            assert!(kind.is_none() || record.is_some() && *kind != Some("document"), "{finding:?}");
            assert!(id.is_none() || kind.is_some() && (is_told_by_number || id == record), "{finding:?}");
        }
    }
    assert!(missed.is_empty(), "{} are not found:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn faults_of_the_desk_and_of_values_are_found_by_name() {
    planted(BASE);
}

#[test]
fn faults_of_the_log_and_of_counters_are_found_by_name() {
    planted(LOG);
}

#[test]
fn faults_of_tickets_are_found_by_name() {
    planted(TICKETS);
}

#[test]
fn faults_of_money_are_found_by_name() {
    planted(MONEY);
}

#[test]
fn faults_of_coupons_are_found_by_name() {
    planted(COUPONS);
}

#[test]
fn faults_of_mail_are_found_by_name() {
    planted(MAIL);
}

#[test]
fn faults_of_goods_are_found_by_name() {
    planted(GOODS);
}

fn verified(shop: &Shop) -> (i32, Value) {
    let ran = shop.run("verify -o json");
    assert!(ran.code == 0 || ran.stdout.is_empty(), "{}", ran.stdout);
    (ran.code, json(if ran.code == 0 { &ran.stdout } else { &ran.stderr }))
}

#[test]
fn what_is_found_is_an_answer_of_its_own() {
    let shop = sample::shop();
    shop.abandoned();
    shop.store.tampered("UPDATE sales_order SET tax = tax + 1 WHERE id = 'S00001'");
    let state = shop.store.state();
    let (code, answer) = verified(&shop);
    assert_eq!(shop.store.state(), state, "verify writes nothing");
    let error = &answer["error"];
    assert_eq!((code, &error["code"]), (42, &"store_damaged".into()), "{answer:#}");
    let found: Vec<&str> =
        error["findings"].as_array().unwrap().iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    assert_eq!(found, ["order_totals"], "{answer:#}");
    let told = serde_json::json!({"check": "order_totals", "kind": "order", "id": "S00001", "record": "S00001"});
    for (key, value) in told.as_object().unwrap() {
        assert_eq!(error["findings"][0][key], *value, "{answer:#}");
    }
}

#[test]
fn every_check_is_known_to_fail() {
    let shop = Shop::new();
    let answer = shop.ok("verify");
    let checks: Vec<&str> =
        answer["checks"].as_array().unwrap().iter().map(|made| made["check"].as_str().unwrap()).collect();
    for check in &checks {
        assert!(all().any(|(name, ..)| name == check), "no fault breaks {check}");
    }
    for (name, ..) in all() {
        assert!(checks.contains(name), "{name} is no check");
    }
}

#[test]
fn a_clean_store_is_said_to_be_so() {
    let shop = Shop::new();
    let answer = shop.ok("verify");
    assert_eq!((&answer["clean"], &answer["findings"]), (&true.into(), &serde_json::json!([])));
    let text = shop.text("verify");
    assert!(text.starts_with("id     store\nclean  yes\n"), "{text}");
}

#[test]
fn people_read_what_was_found() {
    let shop = sample::shop();
    shop.abandoned();
    shop.store.tampered("UPDATE sales_order SET total = total + 1 WHERE id = 'S00001'");
    insta::assert_snapshot!(shop.text("verify"), @r"
    [stderr]
    error[store_damaged]: the store is damaged: 1 finding; keep it as it is, and go on from a copy or an export
      found [order_totals] S00001: its total is 283.33, and its lines come to 283.32
    [exit 42]
    ");
}

#[test]
fn many_findings_of_one_kind_are_counted() {
    let shop = Shop::new();
    shop.abandoned();
    let lines: String = (0..60).map(|n| format!("{{\"record\":\"tag\",\"id\":\"t{n}\"}}\n")).collect();
    assert_eq!(shop.run_with("import", lines).code, 0);
    shop.store.tampered("UPDATE tag SET name_folded = name_folded || '!'");
    let (code, answer) = verified(&shop);
    let findings = answer["error"]["findings"].as_array().unwrap();
    assert_eq!((code, findings.len()), (42, 51));
    assert_eq!(findings[50]["message"], "10 more like these");
}
