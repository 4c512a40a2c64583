//! Exports and their restoration: everything that is in a store comes out as records, and the same store comes of them.

use serde_json::Value;

use crate::sample;
use crate::support::{Shop, is_told_on_files, json};

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

/// An export in which what was parted over several lines stands in one again, as they were written before.
fn undivided(export: &str) -> String {
    let mut records: Vec<Value> = Vec::new();
    for line in export.lines().map(json) {
        let Some(key) = line.get("continued") else {
            records.push(line);
            continue;
        };
        let kind = line["record"].clone();
        let its = |record: &&mut Value| {
            record["record"] == kind && (record.get("operation") == Some(key) || record.get("position") == Some(key))
        };
        let record = records.iter_mut().find(its).expect("the record stands before");
        for (list, entries) in line.as_object().unwrap().iter().filter(|(_, value)| value.is_array()) {
            let place = record[list].as_array().unwrap().len() + 1;
            assert_eq!(line["from"], place, "{kind} {key}");
            record[list].as_array_mut().unwrap().extend(entries.as_array().unwrap().iter().cloned());
        }
    }
    records.iter().map(|record| format!("{record}\n")).collect()
}

#[test]
fn an_import_of_any_size_comes_back() {
    if is_told_on_files() {
        return;
    }
    let shop = Shop::new();
    let records: String = (0..2_500).map(|n| format!("{{\"record\":\"tag\",\"id\":\"tag {n}\"}}\n")).collect();
    assert_eq!(shop.run_with("import -q", &records).code, 0);
    shop.done("team create Support");
    shop.done("ticket create --team Support --subject 'Lamp flickers'");
    let notes: String =
        (0..1_100).map(|n| format!("{{\"command\":\"ticket note\",\"ticket\":\"T1\",\"text\":\"{n}\"}}\n")).collect();
    shop.apply(&notes);

    let export = exported(&shop);
    let continued = |kind: &str| {
        let lines = export.lines().map(json).filter(|line| line["record"] == kind && line.get("continued").is_some());
        lines.map(|line| line["from"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((continued("operation"), continued("ticket")), (vec![1_001, 2_001], vec![1_001]));

    // Both as it is written now, and as it was written before.
    for export in [export.clone(), undivided(&export)] {
        let other = Shop::new();
        let ran = other.run_with("import -q", &export);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(exported(&other), exported(&shop));
    }

    // A line that goes on with what is not there, or elsewhere.
    for (from, to) in [
        ("\"continued\":2,\"from\":1001", "\"continued\":2,\"from\":1002"),
        ("\"continued\":2,", "\"continued\":7777,"),
    ] {
        assert!(export.contains(from), "{from}");
        let other = Shop::new();
        let ran = other.run_with("import -q", export.replacen(from, to, 1));
        assert!(matches!(ran.code, 10 | 42), "{to}: {}", ran.code);
        assert_eq!(other.operations(), 1);
    }
}

#[test]
fn a_record_of_any_length_comes_back() {
    if is_told_on_files() {
        return;
    }
    let shop = Shop::new();
    shop.done("team create Support");
    let text = "a long story ".repeat(800_000);
    // Kept as the command, as its outcome, and in the log of the ticket.
    for number in 1..=2 {
        let line = format!(
            "{{\"command\":\"ticket create\",\"team\":\"Support\",\"subject\":\"Lamp\",\"description\":\"{text}\",\"key\":\"{number}\"}}\n\
             {{\"command\":\"ticket note\",\"ticket\":\"T1\",\"text\":\"{text}\"}}\n"
        );
        shop.apply(&line);
    }
    let longest = exported(&shop).lines().map(str::len).max().unwrap();
    assert!(longest > 16 << 20, "{longest}");
    // The story's end restores it.
    shop.told_to_the_end();
}
