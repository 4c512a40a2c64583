//! `doctor`: what the desk stands on, each check with what mends it.

use serde_json::Value;

use crate::sample;
use crate::support::{Ran, Shop, json as parsed};

/// The checks of a run that ends with that code.
fn checks(shop: &Shop, words: &str, code: i32) -> Vec<Value> {
    let Ran { stdout, stderr, code: ended } = shop.run(&format!("doctor {words} -o json"));
    assert_eq!(ended, code, "{stdout}{stderr}");
    parsed(&stdout).as_array().unwrap().clone()
}

fn of<'c>(checks: &'c [Value], name: &str) -> &'c Value {
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name} in {checks:?}"))
}

fn user_file(shop: &Shop, text: &str) {
    std::fs::create_dir_all(shop.path(".config/aftersales")).unwrap();
    shop.write(".config/aftersales/config.toml", text);
}

#[test]
fn a_sound_desk_has_no_fault() {
    let shop = Shop::new();
    let all = checks(&shop, "", 0);
    for check in &all {
        // A machine may have no fonts, and little room.
        let name = check["check"].as_str().unwrap();
        assert!(check["status"] == "ok" || ["fonts", "disk"].contains(&name), "{check}");
        assert_eq!(check["command"].is_null(), check["status"] == "ok", "{check}");
    }
    assert!(of(&all, "schema")["message"].as_str().unwrap().starts_with("format "));
    let of_engine = if shop.store.bytes().is_some() { "journal" } else { "server" };
    assert_eq!(of(&all, of_engine)["status"], "ok");
    // A person sees the same, a line each.
    let text = shop.run("doctor").stdout;
    assert!(text.lines().next().unwrap().starts_with("ok       configuration  "), "{text}");
}

#[test]
fn no_store_is_a_fault_that_names_what_makes_one() {
    let shop = Shop::without_store();
    let all = checks(&shop, "--store none.db", 40);
    assert_eq!(of(&all, "store")["status"], "fault");
    assert_eq!(of(&all, "store")["command"], "aftersales init --store none.db");
    // What needs no store is looked at all the same.
    assert_eq!(of(&all, "mail")["status"], "ok");
    shop.write("note.db", "this is no store");
    assert_eq!(of(&checks(&shop, "--store note.db", 41), "store")["status"], "fault");
}

#[test]
fn settings_that_cannot_be_used_are_the_first_fault() {
    let shop = Shop::new();
    user_file(&shop, "outptu = \"json\"");
    let all = checks(&shop, "", 16);
    assert_eq!(all[0]["status"], "fault");
    assert!(all[0]["message"].as_str().unwrap().ends_with("did you mean output?"), "{}", all[0]);
    assert_eq!(all[0]["command"], "aftersales config validate");
    user_file(&shop, "[profiles.x]\nstore = \"mysql://x\"\n");
    assert_eq!(of(&checks(&shop, "", 16), "configuration")["status"], "fault");
}

#[test]
fn mail_that_failed_is_told_and_the_server_is_tried_where_that_is_asked() {
    let shop = sample::rich();
    let all = checks(&shop, "", 0);
    assert_eq!(of(&all, "outbox")["status"], "warning");
    assert_eq!(of(&all, "outbox")["command"], "aftersales mail list --state failed");
    // Nobody listens there.
    user_file(&shop, "[smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\n");
    assert_eq!(of(&checks(&shop, "", 0), "mail")["status"], "ok");
    assert_eq!(of(&checks(&shop, "--connect", 13), "mail")["status"], "fault");
    user_file(&shop, "[smtp]\nhost = \"mail.example.org\"\ntls = \"none\"\n");
    assert_eq!(of(&checks(&shop, "", 16), "mail")["status"], "fault");
}

#[test]
fn a_clock_that_is_behind_the_log_is_told() {
    let shop = Shop::new();
    shop.store.tampered("UPDATE operation SET recorded_at = '2999-01-01T00:00:00Z'");
    assert_eq!(of(&checks(&shop, "", 0), "clock")["status"], "warning");
    shop.store.tampered("UPDATE operation SET recorded_at = 'soon'");
    assert_eq!(of(&checks(&shop, "", 42), "clock")["status"], "fault");
    shop.abandoned();
}

#[test]
fn an_altered_schema_is_damage() {
    let shop = Shop::new();
    shop.store.tampered("DROP INDEX ticket_customer; UPDATE operation SET recorded_at = recorded_at");
    let all = checks(&shop, "", 42);
    assert_eq!(of(&all, "schema")["status"], "fault");
    assert_eq!(of(&all, "schema")["command"], "aftersales verify");
    shop.abandoned();
}

#[test]
fn a_trial_is_told_before_and_after_its_end() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support --service refunds --yes");
    assert_eq!(of(&checks(&shop, "", 0), "subscription")["status"], "ok");
    shop.clock("2026-12-06T10:00:00Z");
    assert_eq!(of(&checks(&shop, "", 0), "subscription")["status"], "warning");
    shop.clock("2026-12-09T10:00:00Z");
    assert_eq!(of(&checks(&shop, "", 44), "subscription")["command"], "aftersales subscription add");
    shop.done("subscription add");
}

#[test]
fn what_lies_around_a_file_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let shop = Shop::new();
    if shop.store.bytes().is_none() {
        return;
    }
    let word = shop.store.address();
    let file = std::path::PathBuf::from(&word);
    let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let all = checks(&shop, "", 0);
    assert_eq!(of(&all, "store")["status"], "warning");
    assert_eq!(of(&all, "store")["command"], format!("chmod 600 {word}"));
    mode(0o600);
    let left = shop.write(".aftersales-abc.new", "");
    let all = checks(&shop, "", 0);
    assert_eq!(of(&all, "journal")["status"], "warning");
    assert_eq!(of(&all, "journal")["command"], format!("rm {}", left.display()));
    assert!(left.exists(), "the doctor writes nothing");
}
