//! Exports and their restoration: everything that is in a store comes out as records, and the same store comes of them.

use serde_json::Value;

use crate::sample;
use crate::support::{Shop, json};

fn exported(shop: &Shop) -> String {
    let ran = shop.run("export");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

#[test]
fn whatever_happened_is_restored_as_it_stands() {
    let shop = sample::shop();
    let export = exported(&shop);

    let other = Shop::made_with("--currency JPY --company Other");
    let ran = other.run_with("import", &export);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.lines().map(json).all(|answer| answer["status"] == "done" && answer["operation"].is_null()));
    assert_eq!(ran.stdout.lines().count(), export.lines().count());

    assert_eq!(exported(&other), export);
    for words in
        ["ticket show T00001", "log", "stock list", "invoice list", "payment list", "repair list", "order list"]
    {
        assert_eq!(shop.ok(words), other.ok(words), "{words}");
    }
    // It goes on where the other one stopped.
    assert_eq!(other.done("customer create")["created"][0], shop.done("customer create")["created"][0]);
    // That last change was made twice, and the log keeps the machine's clock beside the desk's.
    let but_the_last = |export: String| {
        let is_last = |line: &&str| !line.contains(r#""command":{"command":"customer create"}"#);
        export.lines().filter(is_last).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(but_the_last(exported(&other)), but_the_last(exported(&shop)));
    let kept = other.ok("customer create --name Cy --key cy-1");
    assert_eq!(kept["status"], "replayed");
}

#[test]
fn an_export_is_records_that_people_can_read() {
    let shop = sample::shop();
    let export = exported(&shop);
    let records: Vec<Value> = export.lines().map(json).collect();
    assert_eq!(records[0].to_string(), r#"{"record":"export","format":1}"#);
    let of = |kind: &str, id: &str| {
        let found = records.iter().find(|record| record["record"] == kind && record["id"] == id);
        found.unwrap_or_else(|| panic!("no {kind} {id}")).clone()
    };
    let line = &of("invoice", "INV/2026/00001")["lines"][1];
    assert_eq!((&line["product"], &line["order_line"]), (&Value::from("DRILL"), &Value::from("S00001:2")));
    assert_eq!((&line["price"], &line["discount"], &line["total"]), (&"129.00".into(), &"10".into(), &"139.32".into()));
    assert_eq!(line["taxes"][0]["amount"], "23.22");
    assert_eq!(of("product", "BULB")["taxes"], serde_json::json!(["VAT20", "ECO5"]));
    // Amounts have the digits of their own currency.
    assert_eq!(of("invoice", "J-1")["total"], "1852");
    let in_yen =
        records.iter().find(|record| record["record"] == "matching" && record["debit_document"] == "J-1").unwrap();
    assert_eq!(in_yen["amount"], "1000");
    // What a record refers to stands before it.
    let place = |kind: &str| records.iter().position(|record| record["record"] == kind).unwrap();
    for (before, after) in [("tax", "product"), ("order", "ticket"), ("ticket", "transfer"), ("invoice", "credit_note")]
    {
        assert!(place(before) < place(after), "{before} {after}");
    }
}

#[test]
fn a_file_comes_to_its_name_whole() {
    let shop = sample::shop();
    let ran = shop.run("export desk.ndjson");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let export = exported(&shop);
    assert_eq!(std::fs::read_to_string(shop.path("desk.ndjson")).unwrap(), export);
    shop.refused("export nowhere/desk.ndjson", "invalid_value");
    assert_eq!(shop.run("export - --quiet").stdout, export);
}

#[test]
fn only_a_new_store_takes_an_export() {
    let export = exported(&sample::shop());
    let used = Shop::new();
    used.done("customer create");
    let answers = used.run_with("import --on-error continue", &export);
    assert_eq!(answers.code, 13);
    let first = json(answers.stdout.lines().next().unwrap());
    assert_eq!((&first["status"], &first["error"]["code"]), (&"error".into(), &"store_not_empty".into()));
    assert!(answers.stdout.lines().skip(1).map(json).all(|answer| answer["status"] == "skipped"));
    assert_eq!(used.operations(), 2);

    // An export stands alone.
    let mixed = format!("{{\"record\":\"tag\",\"id\":\"a\"}}\n{export}");
    let new = Shop::new();
    let ran = new.run_with("import", &mixed);
    assert_eq!(ran.code, 10);
    assert_eq!(new.operations(), 1);
}

#[test]
fn a_restoration_is_all_or_nothing_and_checked() {
    let export = exported(&sample::shop());
    let changed = |from: &str, to: &str| {
        assert!(export.contains(from), "{from}");
        export.replacen(from, to, 1)
    };
    // The line at fault, its code and its field.
    for (name, file, code, field) in [
        ("a later format", changed("\"format\":1", "\"format\":2"), "invalid_value", "format"),
        (
            "a key more",
            changed("\"record\":\"tag\",", "\"record\":\"tag\",\"colour\":\"red\","),
            "unknown_key",
            "colour",
        ),
        ("a key less", changed("\"subject\":\"Lamp flickers\",", ""), "missing_field", "subject"),
        ("a link to nothing", changed("\"team\":\"Support\"", "\"team\":\"Sales\""), "not_found", "team"),
        ("no number", changed("\"rate\":\"20\"", "\"rate\":\"a fifth\""), "invalid_value", "rate"),
        ("too many digits", changed("\"total\":\"139.32\"", "\"total\":\"139.321\""), "invalid_value", "total"),
        ("no switch", changed("\"included\":false", "\"included\":\"no\""), "invalid_value", "included"),
        ("no word of the table", changed("\"type\":\"goods\"", "\"type\":\"good\""), "invalid_value", ""),
        ("one id twice", changed("\"id\":\"C00002\"", "\"id\":\"C00001\""), "invalid_value", ""),
        (
            "an id that is too long",
            changed("\"id\":\"C00002\"", &format!("\"id\":\"{}\"", "x".repeat(2_403))),
            "invalid_value",
            "id",
        ),
        ("no kind", changed("\"record\":\"tag\"", "\"record\":\"tags\""), "invalid_value", "record"),
    ] {
        let shop = Shop::new();
        let before = exported(&shop);
        let ran = shop.run_with("import", &file);
        let failed: Vec<Value> = ran.stdout.lines().map(json).filter(|answer| answer["status"] == "error").collect();
        assert_eq!(failed.len(), 1, "{name}: {}", ran.stderr);
        assert_eq!(failed[0]["error"]["code"], code, "{name}: {}", failed[0]);
        assert_eq!(failed[0]["error"]["field"].as_str().unwrap_or_default(), field, "{name}: {}", failed[0]);
        assert_eq!(exported(&shop), before, "{name}");
    }
    // What can be read and does not hold together is told as `verify` tells it.
    let shop = Shop::new();
    let ran = shop.run_with("import -o ndjson", changed("\"quantity\":\"97\"", "\"quantity\":\"98\""));
    assert_eq!((ran.code, ran.stdout.as_str()), (42, ""));
    let error = json(ran.stderr.lines().last().unwrap());
    assert_eq!(error["error"]["findings"][0]["check"], "stock_quantity", "{error:#}");
    assert_eq!(shop.operations(), 1);
}

#[test]
fn a_dry_run_of_a_restoration_restores_nothing() {
    let export = exported(&sample::shop());
    let shop = Shop::new();
    let ran = shop.run_with("import --dry-run", &export);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.lines().map(json).all(|answer| answer["status"] == "planned"));
    assert_eq!(shop.operations(), 1);
}

#[test]
fn an_export_is_an_admins_also_when_the_trial_is_over() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support --service refunds --yes");
    shop.done("user create root --right admin -y");
    shop.clock("2027-01-01T10:00:00Z");
    shop.refused("customer list", "trial_over");
    shop.refused("export", "access_denied");
    assert_eq!(shop.run("export --as root").code, 0);
    assert_eq!(shop.run("verify").code, 0);
}
