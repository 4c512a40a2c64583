//! Stores: what a command does where there is none, with one that is not ours, newer or busy, and when several come at once.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Shop, finished, split};

/// Commands that read, change, and read and change many.
const COMMANDS: [&str; 3] = ["customer list", "customer create", "apply lines.ndjson"];

/// Every command is refused with `code`, and neither the store nor anything beside it changes.
pub fn all_refused(shop: &Shop, code: &str) {
    shop.abandoned();
    shop.write("lines.ndjson", "{\"command\":\"customer create\"}\n");
    let before = everything(shop);
    for words in COMMANDS {
        shop.refused(words, code);
        assert_eq!(before, everything(shop), "{words}");
    }
}

/// All files of the shop's folder, with their bytes.
pub fn everything(shop: &Shop) -> Vec<(String, Option<Vec<u8>>)> {
    let mut files: Vec<_> = fs::read_dir(shop.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).ok()))
        .collect();
    files.sort();
    files
}

#[test]
fn no_command_makes_a_store_but_init() {
    let shop = Shop::without_store();
    all_refused(&shop, "store_missing");
    let error = shop.refused("customer list", "store_missing");
    let hint = error["hint"].as_str().unwrap().to_owned();
    assert_eq!(split(&hint), ["aftersales", "init", "--store", &shop.store.address()]);
    assert_eq!(shop.run(hint.strip_prefix("aftersales ").unwrap()).code, 0, "the hint can be typed");
    shop.done("customer create");
}

#[test]
fn init_checks_its_flags_before_it_makes_anything() {
    let shop = Shop::without_store();
    assert_eq!(shop.ok("init --dry-run")["status"], "planned");
    for words in ["--currency XXY", "--timezone Mars/Base", "--plan free"] {
        shop.refused(&format!("init {words}"), "invalid_value");
    }
    shop.refused("init --fields nosuch", "usage");
    shop.refused("init --jq '.status | error'", "usage");
    assert!(!shop.store.exists() && everything(&shop).is_empty(), "nothing is made");

    shop.done("init --currency GBP --company 'Ada Ltd' --timezone Europe/London");
    for flags in ["", "--currency GBP --company 'Ada Ltd' --plan standard --timezone Europe/London", "--dry-run"] {
        let again = shop.unchanged(&format!("init {flags}"));
        assert_eq!(again["operation"], serde_json::Value::Null);
        assert_eq!(again["result"]["desk"]["currency"], "GBP");
    }
    // Who asks for another desk is told that this one is not it.
    for (flags, field, given, has) in [
        ("--currency JPY", "currency", "JPY", "GBP"),
        ("--company Bo --timezone UTC", "company", "Bo", "Ada Ltd"),
        ("--company ''", "company", "", "Ada Ltd"),
        ("--plan one-app-free", "plan", "one-app-free", "standard"),
        ("--currency GBP --timezone UTC --dry-run", "timezone", "UTC", "Europe/London"),
    ] {
        let error = shop.refused(&format!("init {flags}"), "already_exists");
        assert_eq!((&error["field"], &error["given"], &error["allowed"]), (&field.into(), &given.into(), &has.into()));
    }
}

#[test]
fn init_is_done_once_under_its_key() {
    let shop = Shop::without_store();
    let made = shop.done("init --company 'Ada Ltd' --key first");
    let again = shop.ok("init --company 'Ada Ltd' --key first");
    assert_eq!((&again["status"], &again["operation"]), (&"replayed".into(), &made["operation"]));
    assert_eq!(again["result"], made["result"]);
    assert_eq!(shop.refused("init --key first", "key_reused")["field"], "key");
    shop.unchanged("init --key second");
    shop.done("tag create loud --key second");
    assert_eq!(shop.ok("log")[0]["key"], "first");
}

#[test]
fn another_applications_tables_are_left_alone() {
    let shop = Shop::without_store();
    shop.store.made_foreign();
    all_refused(&shop, "store_foreign");
    shop.refused("init", "store_foreign");
}

#[test]
fn a_newer_store_is_left_alone() {
    let shop = Shop::new();
    shop.store.made_newer();
    all_refused(&shop, "store_newer");
    shop.refused("init", "store_newer");
}

#[test]
fn a_store_that_stays_busy_is_told_after_ten_seconds() {
    let shop = Shop::new();
    let lock = shop.store.locked();
    let began = Instant::now();
    assert_eq!(shop.ok("customer list"), serde_json::json!([]), "who reads does not wait");
    assert!(began.elapsed() < Duration::from_secs(5));
    let ran = shop.run("customer create -o json");
    assert_eq!((ran.code, ran.stdout.as_str()), (30, ""));
    assert!(ran.stderr.contains("\"code\":\"store_busy\""), "{}", ran.stderr);
    assert!(began.elapsed() > Duration::from_secs(10));
    drop(lock);
    shop.done("customer create");
}

#[test]
fn a_writer_waits_for_the_other() {
    let shop = Shop::new();
    let lock = shop.store.locked();
    let waiting = shop.command("customer create").spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(lock);
    assert_eq!(finished(waiting).code, 0);
}

#[test]
fn an_init_that_is_killed_leaves_nothing_half_made() {
    let began = Instant::now();
    let whole = Shop::made_with("");
    let step = began.elapsed() / 8;
    drop(whole);
    // Wherever the end comes, there is no store or a whole one; each comes a little later, until some come too late.
    let (mut early, mut late) = (0, 0);
    while late < 3 {
        let shop = Shop::without_store();
        let mut child = shop.command("init -q").spawn().unwrap();
        std::thread::sleep(step * (early + late));
        child.kill().unwrap();
        child.wait().unwrap();
        // An engine that is far away may come to the end of what it was asked after the one who asked is gone.
        match shop.ok("init")["status"].as_str().unwrap() {
            "done" => early += 1,
            _ => late += 1,
        }
        shop.done("customer create");
    }
    assert!(early > 0, "no init was ended early");
}

#[test]
fn of_two_inits_one_makes_the_store() {
    let shop = Shop::without_store();
    let inits: Vec<_> = (0..6).map(|_| shop.command("init -o json").spawn().unwrap()).collect();
    let mut words: Vec<String> = inits
        .into_iter()
        .map(finished)
        .map(|ran| crate::support::json(&ran.stdout)["status"].as_str().unwrap().to_owned())
        .collect();
    words.sort();
    assert_eq!(words, ["done", "unchanged", "unchanged", "unchanged", "unchanged", "unchanged"]);
    let beside = everything(&shop).into_iter().filter(|(file, _)| file != "desk.db");
    assert_eq!(beside.count(), 0, "nothing is left beside it");
    shop.done("customer create");
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let shop = Shop::new();
    shop.told_to_the_end();
    let children: Vec<_> = (0..8)
        .map(|n| shop.command(&format!("customer create --name {n} --key {n} -o json")).spawn().unwrap())
        .collect();
    for child in children {
        assert_eq!(finished(child).code, 0);
    }
    let ids: Vec<_> = shop.run("customer list -o ids").stdout.lines().map(str::to_owned).collect();
    let expected: Vec<_> = (1..=8).map(|n| format!("C{n:05}")).collect();
    assert_eq!(ids, expected, "numbers without a gap, in order of creation");
}
