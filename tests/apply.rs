//! Bulk: `apply`, its input, its answers, its groups, and keys.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Shop, finished, json};

/// The summary on stderr of a run that printed JSON.
fn summary(stderr: &str) -> Value {
    json(stderr.lines().next().unwrap())["summary"].clone()
}

fn statuses(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["status"].as_str().unwrap()).collect()
}

// Answers.

#[test]
fn each_line_is_answered_in_order_and_a_bad_one_undoes_no_good_one() {
    let shop = Shop::new();
    let lines = concat!(
        r#"{"command":"customer create","name":"Ada","key":"a"}"#,
        "\n",
        r#"{"command":"customer edit","customer":"C9","name":"Bo"}"#,
        "\n",
        r#"{"command":"customer edit","customer":"C1","name":"Ada"}"#,
        "\n",
        r#"{"command":"customer create","name":"Ada","key":"a"}"#,
        "\n",
    );
    let ran = shop.run_with("apply", lines);
    assert_eq!(ran.code, 3);
    assert_snapshot!(ran.stdout, @r#"
    {"command":"customer create","status":"done","operation":2,"created":["C00001"],"result":{"customer":{"id":"C00001","name":"Ada","email":null,"street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}},"warnings":[],"line":1,"key":"a","error":null}
    {"command":"customer edit","status":"error","operation":null,"created":[],"result":null,"warnings":[],"line":2,"key":null,"error":{"code":"not_found","exit":11,"message":"there is no customer C9","field":"customer","given":"C9","allowed":null,"hint":"aftersales customer list","line":2,"others":[]}}
    {"command":"customer edit","status":"unchanged","operation":null,"created":[],"result":{"customer":{"id":"C00001","name":"Ada","email":null,"street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}},"warnings":[],"line":3,"key":null,"error":null}
    {"command":"customer create","status":"replayed","operation":2,"created":["C00001"],"result":{"customer":{"id":"C00001","name":"Ada","email":null,"street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}},"warnings":[],"line":4,"key":"a","error":null}
    "#);
    assert_snapshot!(ran.stderr, @"4 lines: 1 done, 1 unchanged, 1 replayed, 1 failed");
    assert_eq!(shop.operations(), 2, "neither the refused nor the unchanged has a row");
}

#[test]
fn the_summary_is_an_object_where_answers_are() {
    let shop = Shop::new();
    let ran = shop.run_with("apply -o json", "{\"command\":\"customer create\"}\n{}\n");
    assert_eq!(json(&ran.stdout).as_array().unwrap().len(), 2);
    assert_eq!(
        ran.stderr,
        "{\"summary\":{\"lines\":2,\"done\":1,\"unchanged\":0,\"replayed\":0,\"planned\":0,\"error\":1,\"skipped\":0,\"sums\":{},\"exit\":3}}\n"
    );
    let ran = shop.run_with("apply -o json", "\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "[]\n"));
    let ran = shop.run_with("apply -o ids", "{\"command\":\"customer create\"}\n{}\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (3, "C00002\n"), "what was created");
    let ran = shop.run_with("apply -o table", "{\"command\":\"customer create\"}\n{\"command\":\"no\"}");
    assert_snapshot!(ran.stdout, @r#"
    LINE  COMMAND          STATUS  OPERATION  CREATED  KEY  ERROR
       1  customer create  done            4  C00003
       2  no               error                            unknown_command: there is no command "no" that changes anything
    "#);
}

#[test]
fn sums_are_totals_of_the_documents_created() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
           {"command":"customer create","id":"ADA"}"#,
    );
    let invoice = r#"{"command":"invoice create","customer":"ADA","line":["LAMP=2"],"key":"k"}"#;
    let ran = shop.run_with("apply -o ndjson", format!("{invoice}\n{invoice}\n"));
    let summary = summary(&ran.stderr);
    assert_eq!((&summary["done"], &summary["replayed"]), (&json!(1), &json!(1)), "{summary}");
    assert_eq!(summary["sums"], json!({"EUR": "80.00"}), "a replay creates nothing");
    let yen = r#"{"command":"invoice create","customer":"ADA","line":["LAMP=1@500"],"currency":"JPY"}"#;
    let ran = shop.run_with("apply", format!("{yen}\n{}\n{}\n", invoice.replace("\"k\"", "\"l\""), invoice));
    assert_eq!(ran.stderr, "3 lines: 2 done, 1 replayed; draft invoices of 80.00 EUR and 500 JPY\n");
}

#[test]
fn a_line_is_answered_while_the_next_is_still_to_be_written() {
    let shop = Shop::new();
    let mut child = shop.command("apply").stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for id in ["C00001", "C00002", "C00003"] {
        // Half a line and blank ones hold nothing up, and hold no lock.
        stdin.write_all(b"{\"command\":\"customer create\"}\n\n  \n{\"comm").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(json(&answer)["created"], json!([id]));
        drop(shop.store.locked());
        stdin.write_all(b"and\":\"no\"}\n").unwrap();
        answer.clear();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(json(&answer)["error"]["code"], "unknown_command");
    }
    drop(stdin);
    assert_eq!(finished(child).code, 3);
}

#[test]
fn another_writer_gets_its_turn_between_groups() {
    let shop = Shop::new();
    let lines: String = (0..2_000).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n}\"}}\n")).collect();
    shop.write("lines.ndjson", lines);
    let bulk = shop.command("apply lines.ndjson -o ndjson").spawn().unwrap();
    while shop.operations() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let made = shop.done("customer create --name between");
    let bulk = finished(bulk);
    assert_eq!(bulk.code, 0);
    let operation = made["operation"].as_i64().unwrap();
    assert!(operation < 2_002, "the single command had to wait for all lines: {operation}");
}

// Input.

#[test]
fn blank_lines_marks_and_line_ends_of_other_systems_are_harmless() {
    let shop = Shop::new();
    let input = "\u{feff}\r\n\r\n{\"command\":\"customer create\"}\r\n   \n\t\n{\"command\":\"customer create\"}";
    let answers = shop.applied("", input, 0);
    assert_eq!(answers.iter().map(|answer| answer["line"].as_i64().unwrap()).collect::<Vec<_>>(), [3, 6]);
    let answers = shop.applied("", "\u{feff}{\"command\":\"customer create\"}", 0);
    assert_eq!(statuses(&answers), ["done"]);
}

#[test]
fn a_line_that_is_no_command_fails_alone() {
    let shop = Shop::new();
    let deep = format!("{{\"command\":\"customer create\",\"name\":{}{}}}", "[".repeat(128), "]".repeat(128));
    let long = format!("{{\"command\":\"customer create\",\"name\":\"{}\"}}", "x".repeat(16 << 20));
    let table: [(&[u8], &str, Value); 17] = [
        (b"nonsense", "usage", json!(null)),
        (b"[]", "usage", json!(null)),
        (b"{\"command\":\"customer create\"", "usage", json!(null)),
        (b"{\"command\":\"customer create\"} {}", "usage", json!(null)),
        (b"{\"command\":\"customer create\",\"name\":\"\xff\"}", "usage", json!(null)),
        (b"{\"command\":\"customer create\",\"name\":01}", "usage", json!(null)),
        (deep.as_bytes(), "usage", json!(null)),
        (long.as_bytes(), "usage", json!(null)),
        (b"{}", "missing_field", json!("command")),
        (b"{\"command\":null}", "missing_field", json!("command")),
        (b"{\"command\":\"customer nosuch\"}", "unknown_command", json!("command")),
        (b"{\"command\":\"customer list\"}", "unknown_command", json!("command")),
        (b"{\"command\":\"customer create\",\"name\":\"a\",\"name\":\"b\"}", "invalid_value", json!("name")),
        (b"{\"command\":\"customer create\",\"command\":\"x\"}", "invalid_value", json!("command")),
        (b"{\"command\":\"customer create\",\"name\":\"a\\u0000b\"}", "invalid_value", json!("name")),
        (b"{\"command\":\"customer create\",\"name\":\"\\ud800\"}", "invalid_value", json!("name")),
        (b"{\"command\":\"customer create\",\"nmae\":\"x\"}", "unknown_key", json!("nmae")),
    ];
    let before = shop.store.state();
    let mut input = Vec::new();
    for (line, _, _) in &table {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    let ran = shop.run_with("apply", input);
    assert_eq!(ran.code, 3);
    let answers: Vec<Value> = ran.stdout.lines().map(json).collect();
    assert_eq!(answers.len(), table.len());
    for (at, (answer, (line, code, field))) in answers.iter().zip(&table).enumerate() {
        let line = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        assert_eq!(answer["status"], "error", "{line}");
        assert_eq!((&answer["error"]["code"], &answer["error"]["field"]), (&json!(code), field), "{line}: {answer}");
        assert_eq!((&answer["line"], &answer["error"]["line"]), (&json!(at + 1), &json!(at + 1)));
        assert_eq!(
            (&answer["created"], &answer["operation"], &answer["result"]),
            (&json!([]), &json!(null), &json!(null))
        );
    }
    assert!(answers[16]["error"]["message"].as_str().unwrap().ends_with("did you mean name?"));
    assert_eq!(before, shop.store.state());
    // One less is not too deep or too long.
    let deep = format!("{{\"command\":\"customer create\",\"name\":{}{}}}", "[".repeat(127), "]".repeat(127));
    assert_eq!(shop.applied("", &deep, 3)[0]["error"]["code"], "invalid_value");
}

#[test]
fn every_kind_of_value_is_read_as_a_flag_would_be() {
    let shop = Shop::new();
    let made = |line: &str| shop.applied("--command 'product create'", line, 0)[0]["result"]["product"].clone();
    let refused = |line: &str| shop.applied("--command 'product create'", line, 3)[0]["error"].clone();
    for (at, (price, shown)) in [
        ("\"40\"", "40.00"),
        ("40", "40.00"),
        ("40.000000", "40.00"),
        ("0.123456", "0.123456"),
        ("-0", "0.00"),
        ("9007199254740.993", "9007199254740.993"),
        ("null", "0.00"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(made(&format!("{{\"id\":\"P{at}\",\"price\":{price}}}"))["price"], shown, "{price}");
    }
    for price in
        ["1e3", "1E3", "\"1e3\"", "\"+1\"", "\" 1\"", "\"1,5\"", "\".5\"", "0.1234567", "true", "[1,2]", "{}", "1e-2"]
    {
        let error = refused(&format!("{{\"id\":\"Q\",\"price\":{price}}}"));
        assert_eq!((&error["code"], &error["field"]), (&json!("invalid_value"), &json!("price")), "{price}: {error}");
    }
    shop.done("tax create VAT --rate 20");
    shop.done("tax create ECO --rate 1");
    assert_eq!(made(r#"{"id":"R1","tax":"VAT"}"#)["taxes"], json!(["VAT"]), "one value is a list of one");
    assert_eq!(made(r#"{"id":"R2","tax":["ECO","VAT"]}"#)["taxes"], json!(["ECO", "VAT"]));
    assert_eq!(made(r#"{"id":"R3","tax":null,"name":null}"#)["name"], "R3", "null is absent");
    assert_eq!(refused(r#"{"id":null}"#)["code"], "missing_field");
    assert_eq!(refused(r#"{"id":"R4","name":7}"#)["code"], "invalid_value", "a text is in quotes");
}

#[test]
fn an_empty_text_empties_and_a_text_is_kept_as_given() {
    let shop = Shop::new();
    shop.apply(r#"{"command":"customer create","id":"ADA","name":"  Zoë\t\u0001 ","email":"a@b.c"}"#);
    assert_eq!(shop.ok("customer show ADA")["name"], "  Zoë\t\u{1} ");
    shop.apply(r#"{"command":"customer edit","customer":"ADA","email":""}"#);
    assert_eq!(shop.ok("customer show ADA")["email"], json!(null));
    let answer = &shop.applied("", r#"{"command":"customer edit","customer":"ADA","name":""}"#, 3)[0];
    assert_eq!((&answer["error"]["code"], &answer["error"]["field"]), (&json!("missing_field"), &json!("name")));
}

#[test]
fn flags_make_the_object_that_can_be_piped() {
    let shop = Shop::new();
    let ran = shop.run("customer create ADA --name 'Ada \"A\" Ltd' --dry-run -v -o json");
    assert_eq!(ran.stderr, "{\"command\":\"customer create\",\"id\":\"ADA\",\"name\":\"Ada \\\"A\\\" Ltd\"}\n");
    assert_eq!(json(&ran.stdout)["status"], "planned");
    shop.apply(&ran.stderr);
    assert_eq!(shop.ok("customer show ADA")["name"], "Ada \"A\" Ltd");
}

#[test]
fn input_that_cannot_be_read_is_told() {
    let shop = Shop::new();
    for file in ["nosuch.ndjson", "."] {
        let error = shop.refused(&format!("apply {file}"), "invalid_value");
        assert_eq!((&error["field"], &error["given"]), (&json!("file"), &json!(file)));
    }
    shop.write("lines.ndjson", "{\"command\":\"customer create\"}\n");
    assert_eq!(shop.run("apply lines.ndjson -q -o ids").code, 0);
    assert_eq!(shop.run("apply -").code, 0, "an empty input is no fault");
}

// What a failing line does to the others.

/// Two good lines about a bad one.
const GOOD_BAD_GOOD: &str = concat!(
    "{\"command\":\"customer create\",\"id\":\"A\"}\n",
    "{\"command\":\"customer edit\",\"customer\":\"C9\",\"key\":\"k\"}\n",
    "{\"command\":\"customer create\",\"id\":\"B\",\"key\":\"b\"}\n",
    "{\"command\":\"customer create\",\"id\":\"B\"}\n",
);

#[test]
fn by_itself_a_run_goes_on() {
    let shop = Shop::new();
    assert_eq!(statuses(&shop.applied("", GOOD_BAD_GOOD, 3)), ["done", "error", "done", "error"]);
    assert_eq!(shop.run("customer list -o ids").stdout, "A\nB\n");
}

#[test]
fn a_run_can_stop_at_the_first_failing_line() {
    let shop = Shop::new();
    let ran = shop.run_with("apply --on-error stop -o ndjson", GOOD_BAD_GOOD);
    let answers: Vec<Value> = ran.stdout.lines().map(json).collect();
    assert_eq!((ran.code, statuses(&answers)), (3, vec!["done", "error", "skipped", "skipped"]));
    assert_eq!(
        answers[2],
        json!({"command": "customer create", "status": "skipped", "operation": null, "created": [], "result": null,
            "warnings": [], "line": 3, "key": "b", "error": null})
    );
    assert_eq!((&summary(&ran.stderr)["skipped"], &summary(&ran.stderr)["exit"]), (&json!(2), &json!(3)));
    assert_eq!(shop.run("customer list -o ids").stdout, "A\n");
}

/// A group is first run without anything that one command of it could be undone to alone: a refusal after something was written
/// has all of it run again, and nobody can tell.
#[test]
fn what_is_refused_after_it_has_written_leaves_no_trace() {
    const RECORDS: &str = r#"
{"record":"customer","id":"C00001","name":"Ada Ltd"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"5.00"}
{"record":"team","id":"Support","services":["refunds"]}
{"record":"invoice","id":"INV/2026/00001","customer":"C00001","state":"posted","lines":[{"product":"LAMP","quantity":"9"}]}
{"record":"invoice","id":"INV/2026/00002","customer":"C00001","state":"posted","lines":[{"product":"LAMP","quantity":"2"}]}
{"record":"invoice","id":"INV/2026/00003","customer":"C00001","state":"posted","lines":[{"product":"LAMP","quantity":"2"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"All of it"}
"#;
    let shop = || {
        let shop = Shop::new();
        assert_eq!(shop.run_with("import", RECORDS).code, 0);
        shop.done("ticket refund T1 --invoice INV/2026/00003 --post");
        shop
    };
    let part = |key: &str| {
        format!(
            r#"{{"command":"ticket refund","ticket":"T1","invoice":"INV/2026/00001","line":{{"1":"1"}},"post":true,"key":"{key}"}}"#
        )
    };
    // The first invoice is refunded, the second has nothing left.
    let refused = r#"{"command":"ticket refund","ticket":"T1","invoice":["INV/2026/00002","INV/2026/00003"],"post":true,"key":"no"}"#;
    let lines = [part("a"), refused.to_owned(), part("b"), refused.to_owned(), part("c")];
    let input = lines.join("\n");
    let told = |answers: &[Value]| -> Vec<Value> {
        let told =
            |answer: &Value| json!([answer["status"], answer["operation"], answer["created"], answer["error"]["code"]]);
        answers.iter().map(told).collect()
    };
    let numbers = |shop: &Shop| {
        let listed = shop.ok("credit-note list");
        listed.as_array().unwrap().iter().map(|note| json!([note["id"], note["number"]])).collect::<Vec<_>>()
    };

    let (alone, together) = (shop(), shop());
    let one_by_one: Vec<Value> =
        lines.iter().flat_map(|line| alone.applied("", line, if line == refused { 3 } else { 0 })).collect();
    assert_eq!(statuses(&one_by_one), ["done", "error", "done", "error", "done"]);
    assert_eq!(told(&together.applied("", &input, 3)), told(&one_by_one));
    assert_eq!(numbers(&together), numbers(&alone));
    assert_eq!(numbers(&together).len(), 4);
    assert_eq!(together.operations(), alone.operations());

    let planned = shop();
    let answers = planned.applied("--dry-run", &input, 3);
    assert_eq!(statuses(&answers), ["planned", "error", "planned", "error", "planned"]);
    let whole = shop();
    assert_eq!(statuses(&whole.applied("--atomic", &input, 13)), ["skipped", "error", "skipped", "error", "skipped"]);
    assert_eq!((numbers(&planned).len(), numbers(&whole).len()), (1, 1));
    let stopped = shop();
    let answers = stopped.applied("--on-error stop", &input, 3);
    assert_eq!(statuses(&answers), ["done", "error", "skipped", "skipped", "skipped"]);
    assert_eq!(numbers(&stopped).len(), 2);
    // A key that was refused is free.
    assert_eq!(stopped.applied("", &part("no"), 0)[0]["status"], "done");
}

#[test]
fn all_lines_or_none() {
    let shop = Shop::new();
    let before = shop.store.state();
    let answers = shop.applied("--atomic", GOOD_BAD_GOOD, 11);
    assert_eq!(statuses(&answers), ["skipped", "error", "skipped", "error"]);
    assert_eq!(
        (&answers[0]["created"], &answers[0]["operation"], &answers[0]["result"]),
        (&json!([]), &json!(null), &json!(null))
    );
    assert_eq!(before, shop.store.state());
    let answers = shop.applied("--atomic --on-error stop", GOOD_BAD_GOOD, 11);
    assert_eq!(statuses(&answers), ["skipped", "error", "skipped", "skipped"]);
    assert_eq!(before, shop.store.state());

    let answers =
        shop.applied("--atomic --key p", "{\"command\":\"customer create\"}\n{\"command\":\"customer create\"}", 0);
    assert_eq!((statuses(&answers), &answers[1]["key"]), (vec!["done", "done"], &json!("p:2")));
}

#[test]
fn in_a_dry_run_each_line_sees_the_lines_before_it() {
    let shop = Shop::new();
    shop.apply("{\"command\":\"customer create\",\"key\":\"k\"}");
    let before = shop.store.state();
    let lines = concat!(
        "{\"command\":\"customer create\"}\n",
        "{\"command\":\"customer edit\",\"customer\":\"C2\",\"name\":\"Bo\"}\n",
        "{\"command\":\"customer edit\",\"customer\":\"C2\",\"name\":\"Bo\"}\n",
    );
    let answers = shop.applied("--dry-run", lines, 0);
    assert_eq!(statuses(&answers), ["planned", "planned", "unchanged"]);
    assert_eq!(answers[0]["created"], json!(["C00002"]));
    assert_eq!(answers[1]["result"]["customer"]["name"], "Bo");
    assert!(answers.iter().all(|answer| answer["operation"].is_null()));
    assert_eq!(statuses(&shop.applied("--dry-run", GOOD_BAD_GOOD, 3)), ["planned", "error", "planned", "error"]);
    assert_eq!(
        statuses(&shop.applied("--dry-run --atomic", GOOD_BAD_GOOD, 21)),
        ["skipped", "error", "skipped", "error"]
    );
    assert_eq!(before, shop.store.state());
}

#[test]
fn in_a_dry_run_keys_count_as_they_would() {
    let shop = Shop::new();
    shop.apply("{\"command\":\"customer create\",\"name\":\"Ada\",\"key\":\"old\"}");
    let lines = concat!(
        // Done before: with its content, with another, with values that are at fault.
        "{\"command\":\"customer create\",\"name\":\"Ada\",\"key\":\"old\"}\n",
        "{\"command\":\"customer create\",\"name\":\"Bo\",\"key\":\"old\"}\n",
        "{\"command\":\"desk edit\",\"lock_date\":\"soon\",\"key\":\"old\"}\n",
        // Done by an earlier line: likewise.
        "{\"command\":\"customer create\",\"name\":\"Cy\",\"key\":\"new\"}\n",
        "{\"command\":\"customer create\",\"name\":\"Cy\",\"key\":\"new\"}\n",
        "{\"command\":\"customer create\",\"name\":\"Di\",\"key\":\"new\"}\n",
        "{\"command\":\"desk edit\",\"lock_date\":\"soon\",\"key\":\"new\"}\n",
        // Not done: the key is free for the next line.
        "{\"command\":\"customer edit\",\"customer\":\"C9\",\"key\":\"free\"}\n",
        "{\"command\":\"customer edit\",\"customer\":\"C1\",\"name\":\"Ada\",\"key\":\"free\"}\n",
        "{\"command\":\"customer create\",\"key\":\"free\"}\n",
    );
    let before = shop.store.state();
    let planned = shop.applied("--dry-run", lines, 3);
    assert_eq!(before, shop.store.state());
    let done = shop.applied("", lines, 3);
    assert_eq!(
        statuses(&done),
        ["replayed", "error", "error", "done", "replayed", "error", "error", "error", "unchanged", "done"]
    );
    for (planned, done) in planned.iter().zip(&done) {
        let status = if done["status"] == "done" { "planned" } else { done["status"].as_str().unwrap() };
        assert_eq!(planned["status"], status, "{planned:#}");
        assert_eq!(planned["error"]["code"], done["error"]["code"], "{planned:#}");
        assert_eq!((&planned["created"], &planned["result"]), (&done["created"], &done["result"]));
    }
    // What is only planned has no number, neither where it is replayed nor where its key is taken.
    let operations: Vec<&Value> = planned.iter().map(|answer| &answer["operation"]).collect();
    assert_eq!(operations[0], 2);
    assert!(operations[1..].iter().all(|operation| operation.is_null()), "{operations:?}");
    assert_eq!(planned[1]["error"]["hint"], "aftersales log --operation 2");
    assert_ne!(
        planned[5]["error"]["hint"], planned[1]["error"]["hint"],
        "no operation is named that will not be there"
    );

    // The same of a resumed run, whole, and of a single command.
    let resumed = "{\"command\":\"customer create\"}\n{\"command\":\"customer create\"}\n";
    shop.applied("--key p", &resumed[..resumed.len() / 2], 0);
    for flags in ["--dry-run --key p", "--dry-run --atomic --key p"] {
        assert_eq!(statuses(&shop.applied(flags, resumed, 0)), ["replayed", "planned"], "{flags}");
    }
    assert_eq!(shop.ok("customer create --name Ada --key old --dry-run")["operation"], 2);
    shop.refused("customer create --name Bo --key old --dry-run", "key_reused");
    shop.refused(&format!("customer create --dry-run --key {}", "k".repeat(256)), "invalid_value");
}

#[test]
fn a_single_dry_run_answers_what_would_be() {
    let shop = Shop::new();
    let before = shop.store.state();
    let planned = shop.ok("customer create --name Bo --dry-run --key k");
    assert_eq!(
        planned,
        json!({"command": "customer create", "status": "planned", "operation": null, "created": ["C00001"],
            "result": {"customer": {"id": "C00001", "name": "Bo", "email": null, "street": null, "postcode": null, "city": null,
                                    "country": null, "tax_id": null, "language": null, "buyer_reference": null, "merged_into": null}}, "warnings": []})
    );
    shop.refused("customer edit C9 --dry-run", "not_found");
    assert_eq!(before, shop.store.state());
    assert_eq!(shop.done("customer create --name Bo --key k")["created"], planned["created"]);
}

#[test]
fn yes_answers_for_all_lines() {
    let shop = Shop::new();
    shop.done("desk edit --lock-date 2026-10-31");
    let lines = "{\"command\":\"desk edit\",\"lock_date\":\"2026-09-30\"}\n{\"command\":\"desk edit\",\"lock_date\":\"2026-08-31\"}\n";
    assert_eq!(shop.applied("", lines, 3)[0]["error"]["code"], "confirmation_needed");
    assert_eq!(statuses(&shop.applied("-y", lines, 0)), ["done", "done"]);
}

// Keys.

#[test]
fn a_key_is_done_once() {
    let shop = Shop::new();
    let first = shop.done("customer create --name Ada --key k1");
    let again = shop.ok("customer create --name Ada --key k1 --now 2027-01-01T00:00:00Z --as eve -y");
    assert_eq!(again["status"], "replayed");
    for field in ["operation", "created", "result", "warnings"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    let error = shop.refused("customer create --name Bo --key k1", "key_reused");
    assert_eq!((&error["field"], &error["given"]), (&json!("key"), &json!("k1")));
    shop.refused("customer edit C1 --name Ada --key k1", "key_reused");
    // The stored answer stands, whatever became of the record.
    shop.done("customer edit C1 --name Bo");
    assert_eq!(shop.ok("customer create --name Ada --key k1")["result"]["customer"]["name"], "Ada");
    assert_eq!(shop.operations(), 3);
}

#[test]
fn a_key_is_kept_only_by_what_was_committed() {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    shop.refused("customer edit C9 --name Bo --key k", "not_found");
    shop.unchanged("customer edit C1 --name Ada --key k");
    assert_eq!(shop.ok("customer create --dry-run --key k")["status"], "planned");
    assert_eq!(shop.run("customer list --key k").code, 0, "a read takes no key");
    shop.applied("--atomic", "{\"command\":\"customer create\",\"key\":\"k\"}\n{}", 10);
    shop.done("customer create --name Bo --key k");
}

#[test]
fn a_key_has_up_to_255_bytes() {
    let shop = Shop::new();
    shop.done(&format!("customer create --key {}", "é".repeat(127)));
    shop.done(&format!("customer create --key {}", "k".repeat(255)));
    for key in ["k".repeat(256), "é".repeat(128), String::new()] {
        let error = shop.refused(&format!("customer create --key '{key}'"), "invalid_value");
        assert_eq!(error["field"], "key");
        let line = json!({"command": "customer create", "key": key}).to_string();
        assert_eq!(shop.applied("", &line, 3)[0]["error"]["field"], "key");
        assert_eq!(shop.run(&format!("customer list --key '{key}'")).code, 0);
    }
    let answers = shop.applied(&format!("--key {}", "k".repeat(253)), "{\"command\":\"customer create\"}", 0);
    assert_eq!(answers[0]["key"], json!(format!("{}:1", "k".repeat(253))));
    let answers = shop.applied(&format!("--key {}", "k".repeat(254)), "{\"command\":\"customer create\"}", 3);
    assert_eq!(answers[0]["error"]["field"], "key");
}

#[test]
fn lines_without_a_key_get_one_from_the_prefix() {
    let shop = Shop::new();
    let lines = "\n{\"command\":\"customer create\"}\n{\"command\":\"customer create\",\"key\":\"own\"}\n{\"command\":\"customer create\",\"key\":null}\n";
    let keys = |answers: &[Value]| answers.iter().map(|answer| answer["key"].clone()).collect::<Vec<_>>();
    let answers = shop.applied("--key p", lines, 0);
    assert_eq!(keys(&answers), [json!("p:2"), json!("own"), json!("p:4")]);
    assert_eq!(statuses(&shop.applied("--key p", lines, 0)), ["replayed", "replayed", "replayed"]);
    assert_eq!(statuses(&shop.applied("--key q", lines, 0)), ["done", "replayed", "done"]);
}

#[test]
fn content_is_the_command_however_it_was_written() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
           {"command":"customer create","id":"C00007"}
           {"command":"order create","customer":"C00007","line":["LAMP=1"],"key":"made"}
           {"command":"order edit","order":"S00001","line":["1=2"],"key":"edited"}"#,
    );
    for same in [
        r#"{"key":"made","line":"LAMP=1","customer":"C00007","cart":false,"command":"order create"}"#,
        r#"{"command":"order create","customer":"C00007","line":[{"product":"LAMP","quantity":"1"}],"key":"made"}"#,
        r#"{"command":"order create","customer":"C00007","line":[{"quantity":1,"product":"LAMP","price":null}],"key":"made"}"#,
        r#"{"command":"order edit","order":"S00001","line":"1=2","key":"edited"}"#,
        r#"{"command":"order edit","order":"S00001","line":{"1":"2"},"key":"edited"}"#,
        r#"{"command":"order edit","order":"S00001","line":{"1":2},"key":"edited"}"#,
    ] {
        assert_eq!(statuses(&shop.applied("", same, 0)), ["replayed"], "{same}");
    }
    assert_eq!(shop.ok("order edit S00001 --line 1=2 --key edited")["status"], "replayed");
    for other in [
        r#"{"command":"order create","customer":"C7","line":["LAMP=1"],"key":"made"}"#,
        r#"{"command":"order create","customer":"C00007","line":["LAMP=2"],"key":"made"}"#,
        r#"{"command":"order create","customer":"C00007","line":["LAMP=1"],"cart":true,"key":"made"}"#,
        r#"{"command":"order edit","order":"S1","line":["1=2"],"key":"edited"}"#,
    ] {
        assert_eq!(shop.applied("", other, 3)[0]["error"]["code"], "key_reused", "{other}");
    }
}

#[test]
fn many_keys_are_read_as_fast_as_they_are_many() {
    let shop = Shop::new();
    let many = |begin: &str, of: &str| {
        let keys: Vec<String> = (0..80_000).map(|n| format!("\"{of}{n}\":\"1\"")).collect();
        format!("{{\"command\":\"customer create\",{begin}{}}}", keys.join(","))
    };
    let began = std::time::Instant::now();
    let unknown = &shop.applied("", &many("", "k"), 3)[0]["error"];
    assert_eq!(
        (&unknown["code"], &unknown["field"], &unknown["others"]),
        (&json!("unknown_key"), &json!("k0"), &json!([]))
    );
    let twice = &shop.applied("", &many("\"k79999\":1,", "k"), 3)[0]["error"];
    assert_eq!((&twice["code"], &twice["field"]), (&json!("invalid_value"), &json!("k79999")));
    let nested = many("\"name\":{\"a\":1,", "k").replace("}", "}}");
    assert_eq!(shop.applied("", &nested, 3)[0]["error"]["field"], "name");
    let ran =
        shop.run_with("import -", many("", "k").replace("\"command\":\"customer create\"", "\"record\":\"order\""));
    assert_eq!(json(&ran.stdout)["error"]["field"], "k0");
    // Compared with each other they took 22 seconds.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

// The order of checks.

#[test]
fn checks_run_in_the_order_of_the_contract() {
    let shop = Shop::new();
    shop.done("user create ann --right helpdesk");
    shop.done("user create root --right admin -y");
    let code = |words: &str, line: &str| {
        let ran = shop.run_with(&format!("apply {words} -o ndjson"), line);
        json(ran.stdout.lines().next().unwrap())["error"].clone()
    };
    shop.applied("--as root", r#"{"command":"customer create","id":"ADA","key":"used"}"#, 0);
    // Everything is wrong at once; what is wrong first is told.
    let product = r#"{"command":"product edit","product":"NONE","price":"x","key":"used"}"#;
    assert_eq!(code("--as nobody", product)["code"], "access_denied");
    assert_eq!(code("--as ann", product)["code"], "access_denied");
    assert_eq!(code("--as root", product)["code"], "key_reused");
    let product = r#"{"command":"product edit","product":"NONE","price":"x"}"#;
    assert_eq!(code("--as root", product)["code"], "not_found");
    shop.applied("--as root", r#"{"command":"product create","id":"LAMP"}"#, 0);
    let error =
        code("--as root", r#"{"command":"product edit","product":"LAMP","price":"x","type":"y","tax":["NONE"]}"#);
    assert_eq!((&error["code"], &error["field"]), (&json!("not_found"), &json!("tax")), "existence before values");
    let error = code("--as root", r#"{"command":"product edit","type":"y","product":"LAMP","price":"x"}"#);
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("invalid_value"), &json!("price")),
        "in the order of the flags"
    );
    assert_eq!(error["others"][0]["field"], "type");
    // A required field that is left out is told with the other values, and a reference that is there is looked up first.
    let error = code("--as root", r#"{"command":"order create","line":["LAMP=x"]}"#);
    assert_eq!((&error["code"], &error["field"]), (&json!("missing_field"), &json!("customer")));
    assert_eq!(error["others"][0]["field"], "line", "{error}");
    shop.abandoned();
}

// The end of the world.

#[test]
fn killed_anywhere_and_fed_again_nothing_is_lost_and_nothing_done_twice() {
    let shop = Shop::new();
    shop.told_to_the_end();
    let count = 4_000;
    let lines: String =
        (1..=count).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n}\"}}\n")).collect();
    shop.write("lines.ndjson", &lines);
    let mut answered: BTreeSet<(i64, String)> = BTreeSet::new();
    let mut kills = 0;
    for round in 0..4_u64 {
        let mut child = shop.command("apply lines.ndjson --key run -o ndjson").spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).filter(|line| line.ends_with('}')).collect::<Vec<_>>()
        });
        std::thread::sleep(Duration::from_millis(100 + 130 * round));
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        kills += i32::from(running);
        for line in reader.join().unwrap() {
            let answer = json(&line);
            answered.insert((answer["line"].as_i64().unwrap(), answer["created"][0].as_str().unwrap().to_owned()));
        }
    }
    assert!(kills > 0, "every run was faster than its end");
    let ran = shop.run("apply lines.ndjson --key run -o ndjson");
    assert_eq!(ran.code, 0);
    let finally: BTreeSet<(i64, String)> = ran
        .stdout
        .lines()
        .map(json)
        .map(|answer| (answer["line"].as_i64().unwrap(), answer["created"][0].as_str().unwrap().to_owned()))
        .collect();
    assert!(answered.is_subset(&finally), "what was answered once is answered the same again");
    assert_eq!(finally.len(), count);
    let names = shop.run("customer list --jq '.[].name'").stdout;
    assert_eq!(names.lines().count(), count, "each line was done once");
    let ids: BTreeSet<&String> = finally.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), count);
    assert_eq!(shop.done("customer create")["created"], json!([format!("C{:05}", count + 1)]), "no number is lost");
}
