//! The log: who did what, found by number, record, command, person and time.

use serde_json::Value;

use crate::support::Shop;

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
        ["id", "operation", "at", "recorded_at", "actor", "command", "key", "touched", "hash"]
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
