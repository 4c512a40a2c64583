//! Copies of whole stores, between files and, where this binary plays on a server, between engines.

use aftersales::command::{Action, COMMANDS};
use aftersales::domain::value::reference::shell_word;
use serde_json::Value;

use crate::sample;
use crate::support::Shop;

/// The export of the store at that place.
fn exported(shop: &Shop, store: &str) -> String {
    let ran = shop.run(&format!("export --store {store}"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn a_store_goes_there_and_back_as_it_is() {
    let shop = sample::shop();
    let here = format!("'{}'", shop.store.address());
    let answer = shop.done(&format!("store copy {here} copy.db"));
    let whole = exported(&shop, &here);
    assert_eq!(whole, exported(&shop, "copy.db"));
    let copy = &answer["result"]["copy"];
    assert_eq!((&answer["operation"], &answer["created"]), (&Value::Null, &serde_json::json!([])));
    assert_eq!((copy["lines"].as_u64(), &copy["to"]), (Some(whole.lines().count() as u64), &"copy.db".into()));

    // Once more, and back to where no store is yet.
    shop.unchanged(&format!("store copy {here} copy.db"));
    let other = Shop::without_store();
    let there = format!("'{}'", other.store.address());
    shop.done(&format!("store copy copy.db {there}"));
    assert_eq!(whole, exported(&shop, &there));
    let again = shop.ok(&format!("store copy {here} {there}"));
    assert_eq!((&again["status"], &again["result"]["copy"]["sha256"]), (&"unchanged".into(), &copy["sha256"]));
    // A copy is a store like any other: numbers go on, keys are known.
    other.done("customer create");
    assert_eq!(other.ok("customer create --name Cy --key cy-1")["status"], "replayed");
}

#[test]
fn a_copy_never_goes_over_another_store() {
    let shop = sample::shop();
    let here = format!("'{}'", shop.store.address());
    shop.done(&format!("store copy {here} copy.db"));
    shop.done("customer create --store copy.db");
    let error = shop.refused(&format!("store copy {here} copy.db"), "store_not_empty");
    assert_eq!((&error["field"], &error["given"]), (&"to".into(), &"copy.db".into()));
    let error = shop.refused(&format!("store copy copy.db {here}"), "store_not_empty");
    assert_eq!(error["field"], "to");

    // A store that was made and not used makes way.
    shop.ok("init --store made.db --currency JPY");
    shop.done(&format!("store copy {here} made.db"));
    assert_eq!(exported(&shop, &here), exported(&shop, "made.db"));
}

#[test]
fn what_is_only_tried_leaves_nothing() {
    let shop = sample::shop();
    let here = format!("'{}'", shop.store.address());
    let other = Shop::without_store();
    let there = format!("'{}'", other.store.address());
    for place in ["copy.db", there.as_str()] {
        let planned = shop.ok(&format!("store copy {here} {place} --dry-run"));
        assert_eq!(planned["status"], "planned");
        shop.refused(&format!("store copy {here} {place} --jq '.result | error'"), "usage");
        shop.refused(&format!("store copy {here} {place} --fields nosuch"), "usage");
    }
    assert!(!shop.path("copy.db").exists() && !other.store.exists());

    shop.refused(&format!("store copy nowhere.db {there}"), "store_missing");
    shop.refused(&format!("store copy {here}"), "missing_field");
    shop.refused(&format!("store copy {here} mysql://x"), "usage");
    shop.refused("store", "usage");
    assert!(!other.store.exists());
}

#[test]
fn only_who_may_read_everything_copies_a_store() {
    let shop = Shop::new();
    shop.done("user create root --name Root --right admin -y");
    shop.done("user create ann --name Ann --right helpdesk --as root");
    let here = format!("'{}'", shop.store.address());
    shop.refused(&format!("store copy {here} copy.db --as ann"), "access_denied");
    assert!(!shop.path("copy.db").exists());
    shop.done(&format!("store copy {here} copy.db --as root"));
}

/// What every list and every record is read as, in each format, is the same of a store and of its copy; here the copy is a file,
/// wherever the store is.
#[test]
fn a_copy_is_read_as_what_it_is_a_copy_of() {
    let shop = sample::rich();
    let here = format!("'{}'", shop.store.address());
    shop.done(&format!("store copy {here} copy.db"));
    let both = |words: &str| {
        let [one, other] = [here.as_str(), "copy.db"].map(|store| shop.run(&format!("--store {store} {words}")));
        assert_eq!(one.code, 0, "{words}: {}", one.stderr);
        assert!(one == other, "{words}\n{}\n{}", one.stdout, other.stdout);
        one.stdout
    };
    let reads = COMMANDS.iter().filter(|entry| matches!(entry.action, Action::Read { .. }));
    let reads: Vec<&str> = reads.map(|entry| entry.name).collect();
    let nouns: Vec<&str> = reads.iter().filter_map(|name| name.strip_suffix(" list")).collect();
    assert!(nouns.len() > 20, "{nouns:?}");
    for noun in nouns {
        for format in ["table", "json", "ndjson", "csv"] {
            both(&format!("{noun} list -o {format}"));
        }
        let ids = both(&format!("{noun} list -o ids"));
        assert_eq!(
            both(&format!("{noun} list --newest -o ids")).lines().rev().collect::<Vec<_>>(),
            ids.lines().collect::<Vec<_>>()
        );
        if !reads.contains(&format!("{noun} show").as_str()) {
            continue;
        }
        for id in ids.lines().take(6) {
            both(&format!("{noun} show -o json -- {}", shell_word(id)));
        }
    }
    both("export");
    both("log -o ndjson");
    both("ledger export");
    both("ticket options T1 -o json");
}
