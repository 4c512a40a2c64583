//! Imports: records of other systems come in with their own ids, numbers and states, once.

use serde_json::Value;

use crate::support::terminal::Shows;
use crate::support::{Ran, Shop, json};

/// The records of the contract, section 6.
const RECORDS: &str = r#"{"record":"tax","id":"VAT20","rate":"20","included":false}
{"record":"journal","id":"INV","name":"Customer invoices","type":"sale"}
{"record":"location","id":"WH/Stock","type":"internal","return_location":true}
{"record":"customer","id":"C00001","name":"Ada Ltd","email":"ada@example.org"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"40.00","type":"goods","tracking":"none","taxes":["VAT20"]}
{"record":"product","id":"DRILL","name":"Drill","price":129,"tracking":"serial"}
{"record":"lot","id":"SN-001","product":"DRILL"}
{"record":"stock","product":"LAMP","location":"WH/Stock","lot":null,"quantity":"100"}
{"record":"stock","product":"DRILL","location":"WH/Stock","lot":"SN-001","quantity":"1"}
{"record":"user","id":"ann","name":"Ann","email":null,"rights":["helpdesk"]}
{"record":"worksheet_template","id":"Visit","fields":[{"name":"pressure","type":"number","required":true}]}
{"record":"project","id":"Field Service","worksheets":true,"worksheet_template":"Visit","time_product":null}
{"record":"coupon_program","id":"Sorry 10","type":"coupons","rewards":[{"type":"percent","value":"10","on":"order","maximum":null}],"conditions":{"minimum_amount":"50.00"},"start":null,"end":null,"usage_limit":null,"currency":null}
{"record":"team","id":"Support","services":["refunds","returns"],"field_service_project":null}
{"record":"order","id":"S00001","customer":"C00001","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"3","price":"40.00","taxes":["VAT20"]}]}
{"record":"transfer","id":"WH/OUT/00001","kind":"outgoing","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"3","lot":null}]}
{"record":"invoice","id":"INV/2026/00001","customer":"C00001","order":"S00001","journal":"INV","date":"2026-11-02","state":"posted","paid":"44.00","lines":[{"product":"LAMP","quantity":"3","price":"40.00","discount":"0","taxes":["VAT20"]}]}
{"record":"credit_note","id":"RINV/2026/00001","invoice":"INV/2026/00001","date":"2026-11-03","state":"posted","reason":"Flickers","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp flickers","order":"S00001","product":"LAMP","lot":null}
"#;

fn imported(shop: &Shop, flags: &str, lines: &str, code: i32) -> Vec<Value> {
    let Ran { stdout, stderr, code: ended } = shop.run_with(&format!("import {flags}"), lines);
    assert_eq!(ended, code, "{stdout}{stderr}");
    stdout.lines().map(json).collect()
}

fn statuses(answers: &[Value]) -> Vec<&str> {
    answers.iter().map(|answer| answer["status"].as_str().unwrap()).collect()
}

/// A shop with those records.
fn shop() -> Shop {
    let shop = Shop::new();
    imported(&shop, "", RECORDS, 0);
    shop
}

#[test]
fn records_come_in_once() {
    let shop = Shop::new();
    let answers = imported(&shop, "", RECORDS, 0);
    assert_eq!(answers.len(), RECORDS.lines().count());
    for (answer, line) in answers.iter().zip(1..) {
        // A new store has these two already.
        let expected = if matches!(line, 2 | 3) { "unchanged" } else { "done" };
        assert_eq!((&answer["status"], &answer["line"]), (&expected.into(), &line.into()), "{answer}");
        assert_eq!(answer["operation"], if expected == "done" { Value::from(2) } else { Value::Null });
    }
    assert_eq!(answers[16]["created"], serde_json::json!(["INV/2026/00001", "P00001"]));
    assert_eq!(answers[13]["created"], serde_json::json!(["Support"]));

    let again = imported(&shop, "", RECORDS, 0);
    assert!(statuses(&again).iter().all(|status| *status == "unchanged"), "{again:#?}");
    // One row for the run, and none for the run that found everything there.
    assert_eq!(shop.operations(), 2);
    let log = shop.ok("log --touched INV/2026/00001");
    assert_eq!(log[0]["command"], serde_json::json!({"command":"import"}));
}

#[test]
fn what_a_line_refers_to_is_as_the_lines_before_it_left_it() {
    let shop = shop();
    let order = |id: &str, customer: &str, product: &str, state: &str| {
        format!(
            r#"{{"record":"order","id":"{id}","customer":"{customer}","date":"2026-11-05","state":"{state}","lines":[{{"product":"{product}","quantity":"1"}}]}}"#
        )
    };
    let invoice = |id: &str, order: &str, state: &str| {
        format!(
            r#"{{"record":"invoice","id":"{id}","order":"{order}","date":"2026-11-05","state":"{state}","lines":[{{"product":"LAMP","quantity":"1"}}]}}"#
        )
    };
    let lines = [
        order("A1", "C00001", "desk lamp", "draft"),
        // Under its name it has the new price, and another product has its name later.
        r#"{"record":"product","id":"LAMP","price":"50.00"}"#.to_owned(),
        order("A2", "C00001", "desk lamp", "draft"),
        r#"{"record":"product","id":"LAMP","name":"Floor lamp"}"#.to_owned(),
        r#"{"record":"product","id":"DESK","name":"Desk lamp","price":"7.00"}"#.to_owned(),
        order("A3", "C00001", "desk lamp", "draft"),
        // An id goes before a shorter one, as soon as it is there.
        order("A4", "C1", "LAMP", "draft"),
        r#"{"record":"customer","id":"C1","name":"Another"}"#.to_owned(),
        order("A5", "C1", "LAMP", "draft"),
        // An order is confirmed under its shorter id too.
        order("S00050", "C00001", "LAMP", "draft"),
        invoice("F1", "S50", "cancelled"),
        order("S00050", "C00001", "LAMP", "confirmed"),
        invoice("F2", "S50", "posted"),
    ];
    imported(&shop, "--update", &lines.join("\n"), 0);
    for (id, product, price) in [("A1", "LAMP", "40.00"), ("A2", "LAMP", "50.00"), ("A3", "DESK", "7.00")] {
        let line = &shop.ok(&format!("order show {id}"))["lines"][0];
        assert_eq!((&line["product"], &line["price"]), (&product.into(), &price.into()), "{id}");
    }
    let customer = |id: &str| shop.ok(&format!("order show {id}"))["customer"].clone();
    assert_eq!((customer("A4"), customer("A5")), ("C00001".into(), "C1".into()));
    // A second of the name, and nobody knows which of them is meant.
    let lines = [
        order("B1", "ADA LTD", "LAMP", "draft"),
        r#"{"record":"customer","id":"ADA","name":"Ada Ltd"}"#.to_owned(),
        order("B2", "ADA LTD", "LAMP", "draft"),
    ];
    let answers = imported(&shop, "", &lines.join("\n"), 12);
    assert_eq!(answers[2]["error"]["code"], "ambiguous", "{answers:#?}");
    // Nothing is named by nothing, not even one of whom nothing is known any more.
    shop.done("customer create --name Gone");
    shop.done("customer erase Gone --yes");
    let answers = imported(&shop, "", &order("B3", "", "LAMP", "draft"), 10);
    assert_eq!(
        (&answers[0]["error"]["code"], &answers[0]["error"]["field"]),
        (&"missing_field".into(), &"customer".into())
    );
}

#[test]
fn what_is_derived_follows_from_the_documents() {
    let shop = shop();
    let line = &shop.ok("order show S1")["lines"][0];
    assert_eq!((&line["delivered"], &line["invoiced"]), (&"3".into(), &"2".into()));
    let invoice = shop.ok("invoice show INV/2026/1");
    assert_eq!((&invoice["total"], &invoice["open"]), (&"144.00".into(), &"52.00".into()));
    assert_eq!(invoice["payment_state"], "partial");
    assert_eq!((&invoice["number"], &invoice["accounting_date"]), (&invoice["id"], &"2026-11-02".into()));
    let credit_note = shop.ok("credit-note show RINV/2026/1");
    assert_eq!((&credit_note["total"], &credit_note["open"]), (&"48.00".into(), &"0.00".into()));
    assert_eq!(credit_note["text"], "Reversal of: INV/2026/00001, Flickers");
    assert_eq!(shop.ok("payment show P1")["date"], "2026-11-02");
    let stock = shop.ok("stock list --product LAMP");
    assert_eq!((&stock[0]["quantity"], &stock[0]["reserved"]), (&"97".into(), &"0".into()));
    // Refunds and returns find what is left of them.
    let refund = shop.done("ticket refund T1 --invoice INV/2026/1 --post");
    assert_eq!(refund["result"]["credit_notes"][0]["lines"][0]["quantity"], "2");
    shop.refused("ticket return T1 --delivery WH/OUT/1 --line 1=4", "return_exceeds_delivered");
    shop.done("ticket return T1 --delivery WH/OUT/1 --line 1=3");
}

#[test]
fn counters_go_on_after_the_highest() {
    let shop = Shop::new();
    let lines = r#"{"record":"customer","id":"C00041"}
{"record":"customer","id":"C00007"}
{"record":"product","id":"LAMP","price":"1"}
{"record":"team","id":"Support"}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"10"}
{"record":"order","id":"S00382","customer":"C00007","state":"confirmed","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"transfer","id":"WH/OUT/00100","order":"S382","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"invoice","id":"D00009","number":"INV/2026/00017","customer":"C00007","date":"2026-01-02","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"invoice","id":"536365","customer":"C00007","date":"2026-01-02","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"ticket","id":"T00382","team":"Support","subject":"x"}
"#;
    imported(&shop, "", lines, 0);
    for (words, id) in [
        ("customer create", "C00042"),
        ("order create --customer C41 --line LAMP=1", "S00383"),
        ("transfer create --kind outgoing --line LAMP=1", "WH/OUT/00101"),
        ("invoice create --customer C41 --line LAMP=1", "D00010"),
        ("ticket create --team Support --subject y", "T00383"),
    ] {
        assert_eq!(shop.done(words)["created"][0], id, "{words}");
    }
    assert_eq!(shop.done("invoice post D10")["result"]["invoice"]["number"], "INV/2026/00018");
    assert_eq!(shop.ok("invoice show 536365")["number"], "536365");
}

#[test]
fn a_different_record_is_refused_unless_it_is_to_change() {
    let shop = shop();
    for (line, id, code) in [
        (
            r#"{"record":"customer","id":"C00001","name":"Ada SA","email":"ada@example.org"}"#,
            "C00001",
            "already_exists",
        ),
        // What is left out is the default, which is another thing here.
        (r#"{"record":"customer","id":"C00001","name":"Ada Ltd"}"#, "C00001", "already_exists"),
        (r#"{"record":"tax","id":"VAT20","rate":"19"}"#, "VAT20", "already_exists"),
        // Also where an edit would be refused for another reason.
        (r#"{"record":"lot","id":"SN-001","product":"LAMP"}"#, "SN-001", "already_exists"),
        (r#"{"record":"product","id":"DRILL","name":"Drill","price":129,"tracking":"lot"}"#, "DRILL", "already_exists"),
        (
            r#"{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"99"}"#,
            "LAMP@WH/Stock",
            "already_exists",
        ),
        (
            r#"{"record":"coupon_program","id":"Sorry 10","rewards":[{"type":"percent","value":"11","on":"order"}]}"#,
            "Sorry 10",
            "already_exists",
        ),
        (
            r#"{"record":"order","id":"S00001","customer":"C00001","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"4","price":"40.00"}]}"#,
            "S00001",
            "already_exists",
        ),
        (
            r#"{"record":"transfer","id":"WH/OUT/00001","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"2"}]}"#,
            "WH/OUT/00001",
            "already_exists",
        ),
        (
            r#"{"record":"invoice","id":"INV/2026/00001","order":"S00001","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","quantity":"3","price":"41.00"}]}"#,
            "INV/2026/00001",
            "already_exists",
        ),
        (
            r#"{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp hums","order":"S00001","product":"LAMP"}"#,
            "T00001",
            "already_exists",
        ),
    ] {
        let answers = imported(&shop, "", line, 13);
        let error = &answers[0]["error"];
        assert_eq!((&error["code"], &error["given"]), (&code.into(), &id.into()), "{line}\n{error:#}");
    }
    assert_eq!(shop.operations(), 2);

    let changes = r#"{"record":"customer","id":"C00001","name":"Ada SA"}
{"record":"tax","id":"VAT20","rate":"19"}
{"record":"user","id":"ann","name":"Ann","email":null,"rights":null}
{"record":"team","id":"Support","name":"After sales","services":["repairs"]}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"50"}
{"record":"coupon_program","id":"Sorry 10","name":"Sorry","rewards":[{"type":"fixed","value":"5","on":"cheapest"}],"usage_limit":"7"}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp hums","order":null,"priority":"high","tags":["new"]}
"#;
    shop.done("user edit ann --name Anna --email ann@example.org");
    let said = r#"{"record":"user","id":"ann","name":"Ann"}"#;
    assert_eq!(imported(&shop, "--update", said, 0)[0]["status"], "done");
    let ann = shop.ok("user show ann");
    assert_eq!((&ann["name"], &ann["email"]), (&"Ann".into(), &"ann@example.org".into()));
    assert_ne!(ann["rights"], serde_json::json!([]), "what is left out stays");
    let answers = imported(&shop, "--update", changes, 0);
    assert!(statuses(&answers).iter().all(|status| *status == "done"), "{answers:#?}");
    assert_eq!(shop.ok("customer show C1")["email"], "ada@example.org", "what is left out stays");
    assert_eq!(shop.ok("tax show VAT20")["rate"], "19");
    assert_eq!(shop.ok("user show ann")["rights"], serde_json::json!([]));
    assert_eq!(shop.ok("team show 'after sales'")["services"], serde_json::json!(["repairs"]));
    assert_eq!(shop.ok("stock list --product LAMP")[0]["quantity"], "47");
    assert_eq!(shop.ok("coupon-program show sorry")["usage_limit"], 7);
    let ticket = shop.ok("ticket show T1");
    assert_eq!(
        (&ticket["priority"], &ticket["tags"][0], &ticket["order"]),
        (&"high".into(), &"new".into(), &Value::Null)
    );
    let again = imported(&shop, "--update", changes, 0);
    assert!(statuses(&again).iter().all(|status| *status == "unchanged"), "{again:#?}");

    // What is final stays.
    for line in [
        r#"{"record":"transfer","id":"WH/OUT/00001","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"2"}]}"#,
        r#"{"record":"invoice","id":"INV/2026/00001","order":"S00001","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","quantity":"3","price":"41.00"}]}"#,
        r#"{"record":"order","id":"S00001","customer":"C00001","date":"2026-11-01","lines":[{"product":"LAMP","quantity":"4"}]}"#,
    ] {
        let answers = imported(&shop, "--update", line, 13);
        assert_eq!(answers[0]["error"]["code"], "state_not_allowed", "{line}");
    }
}

#[test]
fn draft_orders_are_replaced_on_request() {
    let shop = shop();
    let line = |quantity: &str| {
        format!(
            r#"{{"record":"order","id":"S00002","customer":"C00001","lines":[{{"product":"LAMP","quantity":"{quantity}"}},{{"label":"By hand","quantity":"1","price":"-5"}}]}}"#
        )
    };
    imported(&shop, "", &line("2"), 0);
    assert_eq!(shop.ok("order show S2")["total"], "91.00");
    imported(&shop, "--update", &line("1"), 0);
    let order = shop.ok("order show S2");
    assert_eq!(
        (&order["total"], &order["state"], &order["date"]),
        (&"43.00".into(), &"draft".into(), &"2026-11-23".into())
    );
}

#[test]
fn an_import_is_all_or_nothing_unless_it_is_to_continue() {
    let lines = r#"{"record":"customer","id":"A"}

{"record":"customer","id":"B","email":7}
{"record":"customer","id":"C"}
not json
"#;
    let shop = Shop::new();
    let answers = imported(&shop, "", lines, 10);
    assert_eq!(statuses(&answers), ["skipped", "error", "skipped", "error"]);
    assert_eq!((&answers[1]["line"], &answers[1]["error"]["line"]), (&3.into(), &3.into()));
    assert_eq!(answers[1]["error"]["field"], "email");
    assert_eq!(shop.operations(), 1);

    let answers = imported(&shop, "--on-error stop", lines, 10);
    assert_eq!(statuses(&answers), ["skipped", "error", "skipped", "skipped"]);

    let answers = imported(&shop, "--on-error continue", lines, 3);
    assert_eq!(statuses(&answers), ["done", "error", "done", "error"]);
    assert_eq!(shop.ok("customer list --fields id"), serde_json::json!([{"id":"A"},{"id":"C"}]));
    assert_eq!(shop.operations(), 2);
}

#[test]
fn a_dry_run_says_what_would_be() {
    let shop = Shop::new();
    let answers = imported(&shop, "--dry-run", RECORDS, 0);
    assert!(statuses(&answers).iter().all(|status| matches!(*status, "planned" | "unchanged")), "{answers:#?}");
    assert!(answers.iter().all(|answer| answer["operation"].is_null()));
    assert_eq!(shop.operations(), 1);
    assert_eq!(shop.done("customer create")["created"][0], "C00001");
}

#[test]
fn a_dry_run_knows_the_key_of_an_import_that_was_done() {
    let shop = Shop::new();
    let records = "{\"record\":\"customer\",\"id\":\"A\"}\n{\"record\":\"customer\",\"id\":\"B\"}\n";
    assert_eq!(statuses(&imported(&shop, "--key k --dry-run", records, 0)), ["planned", "planned"]);
    assert_eq!(statuses(&imported(&shop, "--key k", records, 0)), ["done", "done"]);
    let answers = imported(&shop, "--key k --dry-run", records, 0);
    assert_eq!(statuses(&answers), ["replayed", "replayed"]);
    assert_eq!(answers[0]["operation"], 2);
    for flags in ["--key k --update --dry-run", "--key k --update"] {
        assert_eq!(imported(&shop, flags, records, 21)[0]["error"]["code"], "key_reused", "{flags}");
    }
    assert_eq!(imported(&shop, &format!("--key {}", "k".repeat(256)), records, 10)[0]["error"]["field"], "key");
    assert_eq!(shop.operations(), 2);
}

#[test]
fn what_is_billed_and_what_is_taken_back_are_two_sums() {
    let shop = Shop::new();
    let more = r#"{"record":"invoice","id":"D7","customer":"C00001","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"invoice","id":"INV/2026/00002","customer":"C00001","state":"cancelled","lines":[{"product":"LAMP","quantity":"2"}]}
{"record":"order","id":"S00002","customer":"C00001","lines":[{"product":"LAMP","quantity":"1"}]}
"#;
    let ran = shop.run_with("import -", format!("{RECORDS}{more}"));
    let summary = ran.stderr.lines().last().unwrap();
    assert_eq!(
        summary.split_once("; ").unwrap().1,
        "invoices of 144.00 EUR, credit notes of 48.00 EUR, draft invoices of 48.00 EUR, cancelled invoices of 96.00 EUR, \
         orders of 144.00 EUR, quotations of 48.00 EUR"
    );
    // In the sums of the summary are the documents, whatever they are.
    let ran = Shop::new().run_with("import - -o ndjson", format!("{RECORDS}{more}"));
    let summary = json(ran.stderr.lines().last().unwrap())["summary"].clone();
    assert_eq!(summary["sums"], serde_json::json!({ "EUR": "336.00" }));
}

#[test]
fn the_keys_of_a_kind_are_told_in_every_format() {
    let shop = Shop::new();
    let all = shop.ok("import --kinds --kind invoice");
    let keys: Vec<&str> = all.as_array().unwrap().iter().map(|key| key["key"].as_str().unwrap()).collect();
    assert!(keys.contains(&"due_date") && keys.contains(&"tax_amounts"), "{keys:?}");
    let table = shop.text("import --kinds --kind invoice");
    let mut lines = table.lines();
    assert_eq!(lines.next().unwrap().split_whitespace().collect::<Vec<_>>(), ["KIND", "KEY", "OF", "MEANING"]);
    let told: Vec<&str> = lines.map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(told, keys);
    for width in [60, 100] {
        let shown = shop.on_terminal(width, Shows::Stdout, None, "import --kinds --kind invoice").stdout;
        assert_eq!(shown.lines().count(), keys.len() + 1, "{shown}");
        assert!(shown.contains("MEANING"), "{shown}");
    }
    assert_eq!(shop.text("import --kinds").lines().count(), shop.ok("import --kinds").as_array().unwrap().len() + 1);
}

#[test]
fn a_key_that_is_none_is_told_with_the_command_that_tells_all() {
    let shop = shop();
    for (line, kind) in [
        (r#"{"record":"customer","id":"A","payment_state":"paid"}"#, "customer"),
        (r#"{"record":"invoice","id":"A","payment_state":"paid"}"#, "invoice"),
        (r#"{"record":"invoice","id":"A","lines":[{"payment_state":"paid"}]}"#, "invoice"),
    ] {
        let error = &imported(&shop, "", line, 10)[0]["error"];
        let hint = format!("aftersales import --kinds --kind {kind}");
        assert_eq!((&error["code"], &error["hint"]), (&"unknown_key".into(), &hint.into()), "{error}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    let shop = shop();
    for (line, code, field) in [
        (r#"{"id":"A"}"#, "missing_field", "record"),
        (r#"{"record":"lamp","id":"A"}"#, "invalid_value", "record"),
        (r#"{"record":"customer","name":"A"}"#, "missing_field", "id"),
        (r#"{"record":"customer","id":""}"#, "missing_field", "id"),
        (r#"{"record":"customer","id":"A","mail":"x"}"#, "unknown_key", "mail"),
        (r#"{"record":"customer","id":"C00001","mail":"x"}"#, "unknown_key", "mail"),
        (r#"{"record":"tax","id":"A"}"#, "missing_field", "rate"),
        (r#"{"record":"tax","id":"A","rate":"a"}"#, "invalid_value", "rate"),
        (r#"{"record":"product","id":"A","taxes":["VAT7"]}"#, "not_found", "tax"),
        (r#"{"record":"user","id":"A","rights":["all"]}"#, "invalid_value", "rights"),
        (r#"{"record":"team","id":"A","services":"all"}"#, "invalid_value", "services"),
        (r#"{"record":"team","id":"A","name":"SUPPORT"}"#, "already_exists", "name"),
        (
            r#"{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"-1"}"#,
            "quantity_invalid",
            "quantity",
        ),
        (
            r#"{"record":"stock","product":"LAMP","location":"Customers","quantity":"1"}"#,
            "location_not_allowed",
            "location",
        ),
        (
            r#"{"record":"stock","product":"DRILL","location":"WH/Stock","lot":"SN-001","quantity":"2"}"#,
            "quantity_invalid",
            "quantity",
        ),
        (
            r#"{"record":"stock","product":"LAMP","location":"WH/Stock","lot":"SN-001","quantity":"1"}"#,
            "lot_not_tracked",
            "lot",
        ),
        (r#"{"record":"order","id":"S9","customer":"C9","lines":[]}"#, "not_found", "customer"),
        (r#"{"record":"order","id":"S9","customer":"C1"}"#, "missing_field", "lines"),
        (r#"{"record":"order","id":"S9","customer":"C1","state":"open","lines":[]}"#, "invalid_value", "state"),
        (
            r#"{"record":"order","id":"S9","customer":"C1","lines":[{"product":"LAMP","quantity":"0"}]}"#,
            "quantity_invalid",
            "quantity",
        ),
        (
            r#"{"record":"order","id":"S9","customer":"C1","lines":[{"product":"LAMP","quantity":"1","price":"-1"}]}"#,
            "quantity_invalid",
            "price",
        ),
        (
            r#"{"record":"order","id":"S9","customer":"C1","lines":[{"product":"LAMP","quantity":"1","discount":"101"}]}"#,
            "quantity_invalid",
            "discount",
        ),
        (
            r#"{"record":"order","id":"S9","customer":"C1","lines":[{"product":"LAMP","quantity":"1","colour":"red"}]}"#,
            "unknown_key",
            "lines",
        ),
        (
            r#"{"record":"order","id":"S9","customer":"C1","lines":[{"quantity":"1","price":"1"}]}"#,
            "missing_field",
            "label",
        ),
        (
            r#"{"record":"order","id":"S9","customer":"C1","currency":"JPY","lines":[{"product":"LAMP","quantity":"1"}]}"#,
            "currency_mismatch",
            "price",
        ),
        (
            r#"{"record":"transfer","id":"X","order":"S1","state":"done","lines":[{"product":"LAMP","quantity":"98"}]}"#,
            "stock_insufficient",
            "line",
        ),
        (
            r#"{"record":"transfer","id":"X","state":"done","lines":[{"product":"DRILL","quantity":"1"}]}"#,
            "lot_required",
            "lot",
        ),
        (
            r#"{"record":"transfer","id":"X","kind":"internal","lines":[{"product":"LAMP","quantity":"1"}]}"#,
            "missing_field",
            "to",
        ),
        (
            r#"{"record":"transfer","id":"X","from":"Customers","lines":[{"product":"LAMP","quantity":"1"}]}"#,
            "location_not_allowed",
            "from",
        ),
        (
            r#"{"record":"transfer","id":"X","lines":[{"product":"LAMP","quantity":"1","done":"1"}]}"#,
            "quantity_invalid",
            "done",
        ),
        (
            r#"{"record":"transfer","id":"X","kind":"incoming","return_of":"WH/OUT/1","state":"done","lines":[{"product":"LAMP","quantity":"4"}]}"#,
            "return_exceeds_delivered",
            "line",
        ),
        (r#"{"record":"invoice","id":"X","state":"posted","lines":[]}"#, "missing_field", "customer"),
        (r#"{"record":"invoice","id":"X","customer":"C1","state":"posted","lines":[]}"#, "state_not_allowed", ""),
        (
            r#"{"record":"invoice","id":"X","customer":"C1","number":"INV/2026/00001","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
            "already_exists",
            "number",
        ),
        (
            r#"{"record":"invoice","id":"X","customer":"C1","state":"posted","paid":"48.01","lines":[{"product":"LAMP","quantity":"1"}]}"#,
            "invalid_value",
            "paid",
        ),
        (
            r#"{"record":"invoice","id":"X","customer":"C1","paid":"1","lines":[{"product":"LAMP","quantity":"1"}]}"#,
            "state_not_allowed",
            "",
        ),
        (
            r#"{"record":"credit_note","id":"X","customer":"C1","state":"posted","lines":[{"label":"less","quantity":"1","price":"-1"}]}"#,
            "state_not_allowed",
            "",
        ),
        (
            r#"{"record":"credit_note","id":"X","invoice":"INV/2026/1","state":"posted","lines":[{"product":"LAMP","quantity":"3"}]}"#,
            "refund_exceeds_invoice",
            "line",
        ),
        (
            r#"{"record":"credit_note","id":"X","invoice":"INV/2026/1","lines":[{"product":"DRILL","quantity":"1"}]}"#,
            "invalid_value",
            "product",
        ),
        (
            r#"{"record":"credit_note","id":"X","invoice":"INV/2026/1","lines":[{"product":"LAMP","quantity":"1","taxes":[]}]}"#,
            "invalid_value",
            "taxes",
        ),
        (
            r#"{"record":"credit_note","id":"X","invoice":"INV/2026/1","lines":[{"invoice_line":2,"quantity":"1"}]}"#,
            "invalid_value",
            "invoice_line",
        ),
        (r#"{"record":"ticket","id":"X","team":"Support"}"#, "missing_field", "subject"),
        (r#"{"record":"ticket","id":"X","subject":"x"}"#, "missing_field", "team"),
        (
            r#"{"record":"ticket","id":"X","team":"Support","subject":"x","order":"S1","product":"DRILL","customer":"C1"}"#,
            "product_not_on_order",
            "product",
        ),
        (r#"{"record":"export","format":1}"#, "store_not_empty", ""),
    ] {
        let answers = imported(
            &shop,
            "--on-error continue",
            &format!("\n{line}"),
            if field.is_empty() && line.contains("export") { 13 } else { 3 },
        );
        let error = &answers[0]["error"];
        let told =
            (error["code"].as_str().unwrap(), error["field"].as_str().unwrap_or_default(), error["line"].as_i64());
        assert_eq!(told, (code, field, Some(2)), "{line}\n{error:#}");
    }
    assert_eq!(shop.operations(), 2, "nothing of it was done");
}

#[test]
fn returned_goods_come_in_as_they_went_out() {
    let shop = shop();
    let lines = r#"{"record":"transfer","id":"WH/IN/00001","kind":"incoming","order":"S00001","return_of":"WH/OUT/00001","date":"2026-11-04","state":"done","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"transfer","id":"WH/OUT/00002","lines":[{"product":"LAMP","quantity":"200"}]}
{"record":"transfer","id":"WH/OUT/00003","state":"cancelled","lines":[{"product":"LAMP","quantity":"1"}]}
"#;
    imported(&shop, "", lines, 0);
    assert_eq!(shop.ok("order show S1")["lines"][0]["delivered"], "2");
    assert_eq!(shop.ok("stock list --product LAMP")[0]["quantity"], "98");
    assert_eq!(shop.ok("transfer show WH/OUT/2")["state"], "waiting");
    let again = imported(&shop, "", lines, 0);
    assert!(statuses(&again).iter().all(|status| *status == "unchanged"), "{again:#?}");
    shop.refused("transfer return WH/OUT/1 --line 1=3", "return_exceeds_delivered");

    // One that names only what it takes back is of the same order and customer.
    let bare = r#"{"record":"transfer","id":"WH/IN/00002","kind":"incoming","return_of":"WH/OUT/00001","state":"done","lines":[{"product":"LAMP","quantity":"1"}]}
"#;
    imported(&shop, "", bare, 0);
    let shown = shop.ok("transfer show WH/IN/2");
    for (key, value) in [("order", "S00001"), ("customer", "C00001"), ("origin", "Return of WH/OUT/00001")] {
        assert_eq!(shown[key], value);
    }
    assert_eq!(shop.ok("order show S1")["lines"][0]["delivered"], "1");
    assert_eq!(statuses(&imported(&shop, "", bare, 0)), ["unchanged"]);
}

#[test]
fn a_serial_number_is_counted_once_and_a_count_stays_a_number() {
    let shop = shop();
    let lines = r#"{"record":"product","id":"CAM","tracking":"serial"}
{"record":"lot","id":"S-1","product":"CAM"}
{"record":"stock","product":"CAM","location":"WH/Stock","lot":"S-1","quantity":"1"}
{"record":"stock","product":"CAM","location":"Scrap","lot":"S-1","quantity":"1"}
"#;
    assert_eq!(imported(&shop, "", lines, 13)[3]["error"]["code"], "lot_elsewhere");
    let less = r#"{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"2"}
"#;
    let error = &imported(&shop, "--update", less, 13)[0]["error"];
    assert_eq!((&error["given"], &error["allowed"]), (&"3".into(), &"2".into()), "three went out: {error}");
    let lines = r#"{"record":"product","id":"INK","tracking":"lot"}
{"record":"lot","id":"B-1","product":"INK"}
{"record":"lot","id":"B-2","product":"INK"}
{"record":"stock","product":"INK","location":"WH/Stock","lot":"B-1","quantity":"9223372036854"}
"#;
    imported(&shop, "", lines, 0);
    let more = r#"{"record":"stock","product":"INK","location":"WH/Stock","lot":"B-2","quantity":"1"}
"#;
    assert_eq!(imported(&shop, "", more, 10)[0]["error"]["code"], "invalid_value");
    for lot in ["B-1", "B-2"] {
        shop.done(&format!("transfer create --kind incoming --line INK=1 --lot 1={lot}"));
    }
    shop.refused("transfer validate WH/IN/1", "invalid_value");
    shop.refused("transfer validate WH/IN/2", "invalid_value");
}

#[test]
fn whatever_is_printed_as_csv_comes_back_equal() {
    const TEXT: &str = r#"'=both, "said"; \t[1]\n"#;
    let noun = |kind: &str| kind.replace('_', "-");
    let kinds: Vec<&str> = aftersales::command::import::kinds().collect();
    let records = format!(
        "{RECORDS}{}",
        r#"{"record":"customer","id":"ODD","name":TEXT,"email":"'@home"}
{"record":"product","id":"-1","name":"[1]","price":"0.123456","type":"service","taxes":[]}
{"record":"user","id":"bo","name":"-5","email":"{}","rights":["sales","admin"]}
{"record":"tag","id":"=tag","name":TEXT}
{"record":"stage","id":"Odd","name":"\"true\"","folded":true}
{"record":"journal","id":"MISC","name":"null","type":"purchase","active":false}
{"record":"lot","id":"''-SN","product":"DRILL"}
{"record":"worksheet_template","id":"Odd","name":TEXT,"fields":[{"name":"kind","type":"choice","choices":["a","b"]}]}
{"record":"project","id":"Odd","name":"'","worksheets":false}
{"record":"reason","id":"Odd","name":TEXT,"active":false}
{"record":"location","id":"=WH","type":"internal","return_location":false}
{"record":"coupon_program","id":"Odd","name":TEXT,"type":"promo-code","code":"SPRING-26","archived":true,"rewards":[{"type":"free_product","product":"LAMP","quantity":"2"}],"start":"2026-03-01","end":"2026-05-31","usage_limit":"100"}
{"record":"team","id":"Odd","name":TEXT,"services":[],"members":["ann","bo"]}
{"record":"order","id":"S00002","customer":"ODD","state":"draft","cart":true,"date":"2026-11-05","currency":"JPY","lines":[{"product":"LAMP","label":TEXT,"quantity":"1.5","price":"3"},{"product":"-1","quantity":"2","price":"3","discount":"17.5"}]}
{"record":"invoice","id":"D00001","customer":"ODD","date":"2026-11-05","due_date":"2026-12-05","state":"draft","reason":"=why","lines":[{"label":TEXT,"quantity":"2","price":"3.333333"},{"label":TEXT,"quantity":"2","price":"3.333333"}]}
{"record":"invoice","id":"D00002","number":"INV/2026/00009","customer":"ODD","date":"2026-11-05","state":"posted","lines":[{"label":"whole","quantity":"1","price":"5"}],"paid":"5.00"}
{"record":"ticket","id":"T00002","team":"Odd","subject":TEXT,"description":"\t","tags":["=tag","b,c"],"priority":"urgent","user":"bo","stage":"Odd"}
"#
        .replace("TEXT", &serde_json::to_string(TEXT).unwrap())
    );
    let shop = Shop::new();
    imported(&shop, "--yes", &records, 0);
    let listed = |words: &str| shop.run(&format!("{words} --as bo"));
    let copy = "--store copy.db";
    assert_eq!(shop.run(&format!("init {copy}")).code, 0);
    // In an order in which what is referred to comes first.
    let order = [
        "tax",
        "journal",
        "location",
        "customer",
        "product",
        "lot",
        "tag",
        "stage",
        "worksheet_template",
        "project",
        "reason",
        "stock",
        "user",
        "team",
        "coupon_program",
        "order",
        "transfer",
        "invoice",
        "credit_note",
        "ticket",
    ];
    assert_eq!(kinds.iter().collect::<std::collections::BTreeSet<_>>(), order.iter().collect(), "the kinds");
    for kind in order {
        let csv = listed(&format!("{} list -o csv", noun(kind))).stdout;
        assert!(csv.lines().count() > 1, "{kind}: nothing to read\n{csv}");
        // Where they are there already they are the same; stock is counted once and has moved since.
        if kind != "stock" {
            let ran = shop.run_with(&format!("import - --format csv --kind {kind} --as bo"), &csv);
            assert_eq!(ran.code, 0, "{kind}\n{csv}\n{}{}", ran.stdout, ran.stderr);
            let answers: Vec<Value> = ran.stdout.lines().map(json).collect();
            assert!(statuses(&answers).iter().all(|status| *status == "unchanged"), "{kind}\n{}", ran.stdout);
        }
    }
    // Into another desk, counts first.
    for kind in order {
        let csv = match kind {
            "stock" => "product;location;lot;quantity\nLAMP;WH/Stock;;100\nDRILL;WH/Stock;SN-001;1\n".to_owned(),
            _ => listed(&format!("{} list -o csv", noun(kind))).stdout,
        };
        shop.write("records.csv", &csv);
        let ran = shop.run(&format!("import records.csv --kind {kind} {copy} --as bo -y -o ndjson"));
        assert_eq!(ran.code, 0, "{kind}\n{csv}\n{}{}", ran.stdout, ran.stderr);
    }
    for kind in order {
        let words = format!("{} list -o csv", noun(kind));
        assert_eq!(listed(&format!("{words} {copy}")).stdout, listed(&words).stdout, "{kind}");
    }
}

#[test]
fn csv_comes_in_too() {
    let shop = shop();
    shop.write(
        "customers.csv",
        "id,name,email\r\nC00001,Ada Ltd,ada@example.org\r\nC00002,\"Bo, \"\"and\"\" sons\",\r\n",
    );
    let ran = shop.run("import customers.csv --kind customer");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answers: Vec<Value> = ran.stdout.lines().map(json).collect();
    assert_eq!(statuses(&answers), ["unchanged", "done"]);
    assert_eq!(answers[1]["line"], 3);
    assert_eq!(shop.ok("customer show C2")["name"], "Bo, \"and\" sons");

    // What a list prints is read again.
    let listed = shop.run("product list -o csv").stdout;
    shop.write("products.csv", &listed);
    let ran = shop.run("import products.csv --kind product");
    let answers: Vec<Value> = ran.stdout.lines().map(json).collect();
    assert_eq!(statuses(&answers), ["unchanged", "unchanged"], "{listed}{}", ran.stderr);

    // Documents repeat their columns on the rows of their lines.
    shop.write(
        "orders.csv",
        "id,customer,state,cart,product,quantity,price,taxes\nS00007,C1,confirmed,false,LAMP,2,,\nS00007,C1,confirmed,false,DRILL,1,100,\"[\"\"VAT20\"\"]\"\nS00008,C2,draft,true,LAMP,1,30.5,VAT20\n",
    );
    let ran = shop.run("import orders.csv --kind order");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let order = shop.ok("order show S7");
    assert_eq!((&order["lines"].as_array().unwrap().len(), &order["total"]), (&2, &"216.00".into()));
    assert_eq!(shop.ok("order show S8")["cart"], true);

    shop.refused("import customers.csv", "missing_field");
    shop.refused("import customers.csv --kind lamps", "invalid_value");
    shop.refused("import nowhere.csv --kind customer", "invalid_value");
}

#[test]
fn a_keyed_import_is_done_once() {
    let shop = Shop::new();
    let line = r#"{"record":"customer","id":"A"}"#;
    assert_eq!(statuses(&imported(&shop, "--key first", line, 0)), ["done"]);
    shop.done("customer edit A --name B");
    let again = imported(&shop, "--key first", line, 0);
    assert_eq!((&again[0]["status"], &again[0]["operation"]), (&"replayed".into(), &2.into()));
    let other = imported(&shop, "--key first --update", line, 21);
    assert_eq!(other[0]["error"]["code"], "key_reused");
    assert_eq!(shop.operations(), 3);
}

#[test]
fn a_team_brings_its_applications_and_asks_where_that_starts_a_trial() {
    let shop = Shop::made_with("--plan one-app-free");
    let line = r#"{"record":"team","id":"Support","services":["refunds"]}"#;
    let answers = imported(&shop, "", line, 14);
    assert_eq!(answers[0]["error"]["code"], "confirmation_needed");
    let answers = imported(&shop, "--yes", line, 0);
    assert_eq!(answers[0]["created"], serde_json::json!(["Support"]));
    assert_eq!(answers[0]["warnings"][0]["code"], "trial_started");
    shop.clock("2026-12-24T10:00:00Z");
    shop.refused("import", "trial_over");
}

#[test]
fn an_import_is_an_admins() {
    let shop = Shop::new();
    shop.done("user create ann --right helpdesk");
    shop.done("user create root --right admin -y");
    shop.write("a.ndjson", "{\"record\":\"customer\",\"id\":\"A\"}\n");
    shop.refused("import a.ndjson --as ann", "access_denied");
    assert_eq!(shop.run("import a.ndjson --as root").code, 0);
}

#[test]
fn people_read_what_became_of_their_records() {
    let shop = Shop::new();
    shop.write("a.ndjson", "{\"record\":\"customer\",\"id\":\"A\"}\n{\"record\":\"lamp\"}\n");
    insta::assert_snapshot!(shop.text("import a.ndjson -o table --fields line,status,created"), @r"
    LINE  STATUS   CREATED
       1  skipped
       2  error
    [stderr]
    2 lines: 0 done, 1 failed, 1 skipped
    [exit 10]
    ");
    insta::assert_snapshot!(shop.text("import a.ndjson --jq .status --on-error continue"), @r"
    done
    error
    [stderr]
    2 lines: 1 done, 1 failed
    [exit 3]
    ");
}

/// What no command could have made is not taken in either: the record, and the code and field of its refusal.
const IMPOSSIBLE: &[(&str, &str, &str)] = &[
    (
        r#"{"record":"invoice","id":"X","customer":"C00001","journal":"BILL","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "journal_not_allowed",
        "journal",
    ),
    (
        r#"{"record":"invoice","id":"X","customer":"C00001","journal":"BILL","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "journal_not_allowed",
        "journal",
    ),
    (
        r#"{"record":"invoice","id":"X","customer":"C00001","journal":"OLD","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "journal_not_allowed",
        "journal",
    ),
    (
        r#"{"record":"credit_note","id":"X","customer":"C00001","journal":"OLD","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "journal_not_allowed",
        "journal",
    ),
    (
        r#"{"record":"invoice","id":"X","order":"S00002","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "state_not_allowed",
        "",
    ),
    (
        r#"{"record":"invoice","id":"X","order":"S00003","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "state_not_allowed",
        "",
    ),
    (
        r#"{"record":"invoice","id":"X","order":"S00001","currency":"USD","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1","price":"4"}]}"#,
        "currency_mismatch",
        "currency",
    ),
    (
        r#"{"record":"invoice","id":"X","customer":"C00002","ticket":"T00001","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "ticket",
    ),
    (
        r#"{"record":"credit_note","id":"X","invoice":"INV/2026/00001","order":"S00004","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "order",
    ),
    (
        r#"{"record":"invoice","id":"X","customer":"C00001","date":"2026-09-30","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "period_locked",
        "date",
    ),
    (
        r#"{"record":"invoice","id":"X","customer":"C00001","date":"2026-11-04","accounting_date":"2026-09-30","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "period_locked",
        "date",
    ),
    // Numbers that another journal, year or kind of this desk comes to by itself.
    (
        r#"{"record":"invoice","id":"X","number":"WEB/2026/00007","customer":"C00001","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "number",
    ),
    (
        r#"{"record":"invoice","id":"INV/2025/00007","customer":"C00001","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "number",
    ),
    (
        r#"{"record":"invoice","id":"RINV/2026/00007","customer":"C00001","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "number",
    ),
    (
        r#"{"record":"transfer","id":"X","order":"S00002","date":"2026-11-04","state":"done","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "state_not_allowed",
        "",
    ),
    (
        r#"{"record":"transfer","id":"X","order":"S00003","date":"2026-11-04","state":"done","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "state_not_allowed",
        "",
    ),
    (
        r#"{"record":"transfer","id":"X","order":"S00002","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "state_not_allowed",
        "",
    ),
    (
        r#"{"record":"transfer","id":"X","customer":"C00002","ticket":"T00001","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "ticket",
    ),
    (
        r#"{"record":"transfer","id":"X","date":"2026-11-04","state":"done","lines":[{"product":"LAMP","quantity":"1","done":"2"}]}"#,
        "quantity_invalid",
        "done",
    ),
    (
        r#"{"record":"transfer","id":"X","kind":"incoming","return_of":"WH/OUT/00001","order":"S00004","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "order",
    ),
    (
        r#"{"record":"transfer","id":"X","kind":"incoming","return_of":"WH/OUT/00001","from":"Suppliers","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "from",
    ),
    (
        r#"{"record":"transfer","id":"X","kind":"outgoing","return_of":"WH/OUT/00001","from":"WH/Stock","date":"2026-11-04","lines":[{"product":"LAMP","quantity":"1"}]}"#,
        "invalid_value",
        "kind",
    ),
    (
        r#"{"record":"transfer","id":"X","date":"2026-11-04","state":"done","lines":[{"product":"HOUR","quantity":"1"}]}"#,
        "invalid_value",
        "product",
    ),
    (
        r#"{"record":"transfer","id":"X","kind":"incoming","from":"Suppliers","date":"2026-11-04","state":"done","lines":[{"product":"DRILL","quantity":"1","lot":"SN-001"}]}"#,
        "lot_elsewhere",
        "lot",
    ),
];

#[test]
fn what_no_command_could_have_made_is_not_taken_in() {
    let shop = shop();
    let more = r#"{"record":"journal","id":"BILL","type":"purchase"}
{"record":"journal","id":"OLD","active":false}
{"record":"journal","id":"WEB"}
{"record":"customer","id":"C00002","name":"Bo"}
{"record":"product","id":"HOUR","type":"service"}
{"record":"order","id":"S00002","customer":"C00001","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"order","id":"S00003","customer":"C00001","state":"cancelled","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"order","id":"S00004","customer":"C00001","state":"confirmed","lines":[{"product":"LAMP","quantity":"1"}]}
"#;
    imported(&shop, "", more, 0);
    shop.done("desk edit --lock-date 2026-09-30");
    let state = shop.store.state();
    for (record, code, field) in IMPOSSIBLE {
        let ran = shop.run_with("import", record);
        let answer = json(&ran.stdout);
        let error = &answer["error"];
        assert_eq!(
            (error["code"].as_str(), error["field"].as_str().unwrap_or_default()),
            (Some(*code), *field),
            "{record}\n{answer:#}"
        );
        assert_eq!(shop.store.state(), state, "{record}");
    }
    // A cancelled one of an order that came to nothing stands beside it.
    let cancelled = r#"{"record":"transfer","id":"X","order":"S00002","date":"2026-11-04","state":"cancelled","lines":[{"product":"LAMP","quantity":"1"}]}"#;
    imported(&shop, "", cancelled, 0);
}

#[test]
fn an_order_that_a_ticket_names_stays_its_customers() {
    let shop = shop();
    let draft = |customer: &str| {
        format!(
            "{{\"record\":\"order\",\"id\":\"S00002\",\"customer\":\"{customer}\",\"lines\":[{{\"product\":\"LAMP\",\"quantity\":\"1\"}}]}}"
        )
    };
    imported(&shop, "", &draft("C00001"), 0);
    shop.done("customer create C00002 --name Bo");
    shop.done("ticket create --team Support --customer C00001 --subject Which --order S00002");
    let answer = imported(&shop, "--update", &draft("C00002"), 13);
    assert_eq!(answer[0]["error"]["code"], "order_not_of_customer", "{answer:#?}");
}

#[test]
fn an_order_that_documents_are_of_stays_its_customers_and_is_edited_all_the_same() {
    let shop = shop();
    let records = r#"{"record":"customer","id":"C00002","name":"Bo"}
{"record":"order","id":"S00002","customer":"C00001","lines":[{"product":"LAMP","quantity":"1"},{"product":"LAMP","quantity":"2"}]}
{"record":"transfer","id":"X1","order":"S00002","date":"2026-11-04","state":"cancelled","lines":[{"product":"LAMP","quantity":"2"}]}
{"record":"order","id":"S00003","customer":"C00001","lines":[{"product":"LAMP","quantity":"1"}]}
{"record":"invoice","id":"D00077","order":"S00003","date":"2026-11-04","state":"cancelled","lines":[{"product":"LAMP","quantity":"1"}]}
"#;
    imported(&shop, "", records, 0);
    // A transfer that came to nothing holds no line of it.
    shop.done("order edit S00002 --drop-line 2");
    for (order, hint) in [("S00002", "aftersales transfer show X1"), ("S00003", "aftersales invoice show D00077")] {
        let error = shop.refused(&format!("order edit {order} --customer C00002"), "order_not_of_customer");
        assert_eq!(error["hint"], hint, "{error:#}");
    }
}

#[test]
fn a_transfer_that_is_called_as_one_of_another_kind_raises_that_kinds_counter() {
    let shop = shop();
    let record = r#"{"record":"transfer","id":"WH/OUT/00012","kind":"incoming","from":"Suppliers","date":"2026-11-04","state":"done","lines":[{"product":"LAMP","quantity":"1"}]}"#;
    imported(&shop, "", record, 0);
    let made = shop.done("transfer create --kind outgoing --customer C00001 --line LAMP=1");
    assert_eq!(made["created"], serde_json::json!(["WH/OUT/00013"]));
}
