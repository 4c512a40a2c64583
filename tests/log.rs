//! The log: who did what, found by number, record, command, person and time.

use serde_json::Value;

use crate::support::{Shop, json};

fn operations(shop: &Shop, words: &str) -> Vec<i64> {
    shop.ok(words).as_array().unwrap().iter().map(|row| row["operation"].as_i64().unwrap()).collect()
}

#[test]
fn every_change_is_told_with_its_command_its_key_and_what_it_touched() {
    let shop = Shop::new();
    shop.done("customer create --name Ada --key ada");
    let log = shop.ok("log");
    let row = &log[1];
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["id", "operation", "at", "recorded_at", "actor", "command", "key", "touched", "more", "erased_by", "hash"]
            .iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(row["command"], serde_json::json!({"command":"customer create","name":"Ada"}));
    assert_eq!((&row["id"], &row["operation"], &row["key"]), (&"2".into(), &2.into(), &"ada".into()));
    assert_eq!(row["actor"], serde_json::json!({"kind":"user","id":"tester"}));
    assert_eq!(row["touched"], serde_json::json!(["C00001"]));
    assert_eq!(row["at"], "2026-11-23T10:00:00Z");
    assert_eq!(row["hash"].as_str().unwrap().len(), 64);
}

#[test]
fn operations_are_found_by_what_is_known_of_them() {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    shop.clock("2026-11-24T10:00:00Z");
    shop.done("customer create --name Bo --as ann");
    shop.done("customer edit C1 --name 'Ada Ltd'");
    shop.done("product create LAMP --price 40");
    shop.done("invoice create --customer C1 --line LAMP=1");
    shop.done("invoice post D1");
    for (words, expected) in [
        ("log", vec![1, 2, 3, 4, 5, 6, 7]),
        ("log --newest --limit 2", vec![7, 6]),
        ("log --limit 0", vec![]),
        ("log --operation 3 --operation 1", vec![1, 3]),
        ("log --operation 99", vec![]),
        ("log --touched C1", vec![2, 4]),
        ("log --touched C00001 --newest", vec![4, 2]),
        ("log --touched C1 --touched C2", vec![2, 3, 4]),
        ("log --touched C1 --operation 4 --operation 3", vec![4]),
        // A document is known by its number too.
        ("log --touched INV/2026/1", vec![6, 7]),
        ("log --touched D1 --command 'invoice post'", vec![7]),
        ("log --command 'customer create'", vec![2, 3]),
        ("log --command 'customer create' --command init", vec![1, 2, 3]),
        ("log --actor ann", vec![3]),
        ("log --since 2026-11-24", vec![3, 4, 5, 6, 7]),
        ("log --until 2026-11-23", vec![1, 2]),
        ("log --operation 2..3 --operation 7", vec![2, 3, 7]),
        ("log --operation 6.. --sort=-operation", vec![7, 6]),
        ("log --actor ''", vec![]),
        ("log --at 2026-11", vec![1, 2, 3, 4, 5, 6, 7]),
        ("log --at 2026-11-23..2026-11-23", vec![1, 2]),
        ("log --sort actor --limit 2", vec![3, 1]),
        ("log --since 2026-11-23T10:00:01Z --until 2026-11-24T10:00:00Z --limit 1", vec![3]),
    ] {
        assert_eq!(operations(&shop, words), expected, "{words}");
    }
    shop.refused("log --since yesterday", "invalid_value");
    shop.refused("log --command 'customer list'", "invalid_value");
    shop.refused("log --command refund", "invalid_value");
    shop.refused("log --sort command", "invalid_value");
    shop.refused("log --operation last", "invalid_value");
    shop.refused("log --limit=-1", "invalid_value");
}

#[test]
fn refused_commands_reads_and_dry_runs_leave_no_row() {
    let shop = Shop::new();
    shop.refused("customer show C9", "not_found");
    shop.ok("customer list");
    shop.ok("customer create --dry-run");
    assert_eq!(operations(&shop, "log"), [1]);
}

#[test]
fn the_log_is_an_admins_once_there_is_one() {
    let shop = Shop::new();
    shop.done("user create ann --right helpdesk");
    shop.ok("log --as ann");
    shop.done("user create root --right admin -y");
    shop.refused("log --as ann", "access_denied");
    let log: Value = shop.ok("log --as root --touched root");
    assert_eq!(log.as_array().unwrap().len(), 1);
}

#[test]
fn a_day_of_the_log_is_one_of_the_desk() {
    let shop = Shop::made_with("--timezone Europe/Paris");
    // The first of December in Paris, the last of November in UTC.
    shop.clock("2026-11-30T23:30:00Z");
    shop.done("customer create --name Ada");
    assert_eq!(operations(&shop, "log --since 2026-12-01"), [2]);
    assert_eq!(operations(&shop, "log --until 2026-11-30"), [1]);
    assert_eq!(operations(&shop, "log --at 2026-12-01"), [2]);
    assert_eq!(operations(&shop, "log --since 2026-12-01T00:30 --until 2026-11-30T23:30:00Z"), [2]);
}

#[test]
fn of_what_an_operation_touched_the_first_fifty_are_told() {
    let shop = Shop::new();
    let lines = |from: usize, to: usize| -> String {
        (from..to).map(|n| format!("{{\"record\":\"tag\",\"id\":\"t{n}\"}}\n")).collect()
    };
    assert_eq!(shop.run_with("import", lines(0, 50)).code, 0);
    assert_eq!(shop.run_with("import", lines(50, 203)).code, 0);
    let log = shop.ok("log --newest");
    for (row, first, more) in [(&log[0], "t50", 103), (&log[1], "t0", 0), (&log[2], "desk", 0)] {
        let touched = row["touched"].as_array().unwrap();
        assert_eq!((&touched[0], &row["more"]), (&first.into(), &more.into()), "{row}");
        assert!(touched.len() <= 50);
    }
    // All of them are found, and all of them are in the export.
    assert_eq!(operations(&shop, "log --touched t202"), [3]);
    assert!(shop.run("export").stdout.contains("{\"kind\":\"tag\",\"id\":\"t202\"}"));
}

#[test]
fn a_head_that_is_kept_elsewhere_tells_another_log_apart() {
    let shop = Shop::new();
    shop.abandoned();
    shop.done("customer create --name Ada --key ada");
    let head = shop.ok("log head");
    assert_eq!(head, serde_json::json!({"operations": 2, "hash": shop.ok("log")[1]["hash"]}));
    let kept = shop.run("log head --jq '\"\\(.operations):\\(.hash)\"'").stdout.trim().to_owned();
    let before = shop.store.saved();
    shop.done("customer create --name Bo");
    let answer = shop.ok(&format!("verify --head {kept}"));
    let checks = answer["checks"].as_array().unwrap();
    assert_eq!(checks.last().unwrap()["check"], "log_head");
    let later = shop.run("log head --jq '\"\\(.operations):\\(.hash)\"'").stdout.trim().to_owned();

    // The log as it was, gone on with otherwise: nothing in the store itself tells so.
    shop.store.restored(&before);
    shop.done("customer create --name Cy");
    shop.ok("verify");
    shop.ok(&format!("verify --head {kept}"));
    let error = shop.refused(&format!("verify --head {later}"), "store_damaged");
    assert_eq!(error["findings"][0]["check"], "log_head");
    assert!(error["findings"][0]["message"].as_str().unwrap().starts_with("operation 3 bears the hash"), "{error}");
    // The same cut off.
    shop.store.restored(&before);
    let error = shop.refused(&format!("verify --head {later}"), "store_damaged");
    assert_eq!(error["findings"][0]["message"], "the log ends at operation 2, before operation 3 that was kept");

    for odd in ["7", "7:abc", "x"] {
        shop.refused(&format!("verify --head {odd}"), "invalid_value");
    }
    shop.refused("log --limit 1 head", "usage");
    assert_eq!(json(&shop.run("log -o json head").stdout)["operations"], 2);
}

#[test]
fn the_end_of_the_log_is_not_cut_off_unseen() {
    let shop = Shop::new();
    shop.abandoned();
    shop.done("customer create --name Ada");
    shop.done("customer create --name Bo --key bo");
    // All that the last operation left in the log is gone, and the counter goes along.
    shop.store.tampered(
        "DELETE FROM operation_key WHERE operation = 3; DELETE FROM operation_touch WHERE operation = 3;
         DELETE FROM operation WHERE key = 3; UPDATE counter SET value = 2 WHERE name = 'operation'",
    );
    let error = shop.refused("verify", "store_damaged");
    assert_eq!(error["findings"][0]["check"], "log_records");
    assert_eq!(error["findings"][0]["record"], "C00002");
}
