//! Erasing what is written of a customer: nothing of it is left, whatever it was written in, and the rest is as it was.

use serde_json::{Value, json};

use crate::support::Shop;

/// What is written of the customer who is erased, and where.
const WRITTEN: &[&str] = &[
    "Ada Lovelace",
    "ada@example.org",
    "Hum of the study",
    "It hums by the bed",
    "called her sister",
    "wishes it by Easter",
    "as Byron said",
    "Handle with tea",
    "Visit at Ockham",
    "From aunt Mary",
    "Engraved for Ada",
    "Mending, by hand",
];

/// What is written of another one.
const OTHERS: &[&str] = &["Bo Bell", "bo@example.org", "Bo has a lamp too", "Bo rang"];

const RECORDS: &str = r#"
{"record":"product","id":"LAMP","name":"Desk lamp","price":"40.00"}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"100"}
{"record":"project","id":"Visits"}
{"record":"team","id":"Support","services":["refunds","coupons","returns","repairs","field-service"],"field_service_project":"Visits"}
{"record":"coupon_program","id":"Spring","type":"promo-code","code":"SPRING-26","rewards":[{"type":"percent","value":"10","on":"order"}]}
{"record":"customer","id":"C00001","name":"Ada Lovelace","email":"ada@example.org"}
{"record":"customer","id":"C00002","name":"Bo Bell","email":"bo@example.org"}
{"record":"order","id":"S00001","customer":"C00001","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","label":"Engraved for Ada","quantity":"3"},{"label":"Mending, by hand","quantity":"1","price":"5.00"}]}
{"record":"invoice","id":"INV/2026/00001","order":"S00001","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","label":"Engraved for Ada","quantity":"3"},{"label":"Mending, by hand","quantity":"1","price":"5.00"}]}
"#;

fn shop() -> Shop {
    let shop = Shop::new();
    let ran = shop.run_with("import -", RECORDS);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for words in [
        // Customers are named by what has to go.
        "ticket create --team Support --customer 'Ada Lovelace' --subject 'Hum of the study' --description 'It hums by the bed' --key t1",
        "ticket create --team Support --customer bo@example.org --subject 'Bo has a lamp too'",
        "ticket note T1 'called her sister'",
        "ticket note T2 'Bo rang'",
        "ticket edit T1 --order S1",
        "ticket refund T1 --invoice INV/2026/1 --line 1=1 --reason 'wishes it by Easter' --post --key r1",
        "ticket refund T1 --invoice INV/2026/1 --line 1=1 --reason 'as Byron said'",
        "ticket repair T1 --product LAMP --notes 'Handle with tea' --key m1",
        "ticket plan T1 --title 'Visit at Ockham'",
        "payment create --customer ada@example.org --amount 7 --reference 'From aunt Mary'",
        "customer edit 'Ada Lovelace' --email ada@example.org --name 'Ada Lovelace, Countess'",
        "customer edit 'Ada Lovelace, Countess' --name 'Ada Lovelace'",
        // What the desk writes itself is nobody's.
        "order create --customer C1 --line LAMP=1",
        "order apply-coupon S2 SPRING-26",
        "order confirm S2",
        "invoice create --order S2",
    ] {
        shop.done(words);
    }
    shop
}

/// Everything that lies in the files of the store, as far as it lies in files.
fn bytes(shop: &Shop) -> Vec<u8> {
    let file = shop.store.address();
    ["", "-wal"].iter().flat_map(|ending| std::fs::read(format!("{file}{ending}")).unwrap_or_default()).collect()
}

fn is_in(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn nothing_that_was_written_of_a_customer_is_left() {
    let shop = shop();
    let before = shop.run("export").stdout;
    for text in WRITTEN.iter().chain(OTHERS) {
        assert!(before.contains(text), "{text}");
    }
    let answer = shop.done("customer erase 'Ada Lovelace' --yes");
    let result = &answer["result"];
    assert_eq!(answer["warnings"][0]["code"], "copies_keep_texts");
    assert_eq!(
        result["customer"],
        json!({
            "id": "C00001", "name": "", "email": null, "street": null, "postcode": null, "city": null, "country": null,
            "tax_id": null, "language": null, "buyer_reference": null, "merged_into": null
        })
    );
    // The customer, the order, two tickets' worth of documents: what had a text, each once.
    assert_eq!((&result["records"], &result["operations"]), (&json!(9), &json!(10)), "{answer}");

    let (after, stored, rows) = (shop.run("export").stdout, bytes(&shop), shop.store.state());
    for text in WRITTEN {
        assert!(!after.contains(text), "{text} is in the export");
        assert!(!rows.contains(text), "{text} is in a row");
        assert!(!is_in(&stored, text), "{text} is in the file");
    }
    for text in OTHERS {
        assert!(after.contains(text), "{text} is gone");
    }
    // The chain holds over it, and the export makes the same store.
    shop.ok("verify");
}

#[test]
fn numbers_amounts_days_and_what_happened_stay() {
    let shop = shop();
    let shown = |words: &str| shop.ok(words);
    let told =
        ["invoice show INV/2026/1", "credit-note show D2", "payment show P1", "ticket show T1", "repair show WH/RO/1"];
    let before: Vec<Value> = told.iter().map(|words| shown(words)).collect();
    let (order, invoices) = (shop.ok("order show S2"), shop.ok("invoice list --order S2"));
    assert_eq!(order["lines"][1]["coupon"], "SPRING-26");
    shop.done("customer erase C1 --yes");
    let after: Vec<Value> = told.iter().map(|words| shown(words)).collect();
    assert_eq!(after[0]["lines"][0]["label"], "Desk lamp");
    assert_eq!(after[0]["lines"][1]["label"], "");
    assert_eq!(
        (&after[1]["reason"], &after[1]["text"]),
        (&json!("T00001"), &json!("Reversal of: INV/2026/00001, T00001"))
    );
    assert_eq!(shop.ok("order show S2"), order);
    assert_eq!(shop.ok("invoice list --order S2"), invoices);
    assert_eq!(after[2]["reference"], Value::Null);
    assert_eq!((&after[3]["subject"], &after[3]["description"]), (&json!(""), &Value::Null));
    assert_eq!(after[4]["notes"], Value::Null);
    for (before, after) in before.iter().zip(&after) {
        for (key, value) in before.as_object().unwrap() {
            let is_text = ["lines", "reason", "text", "reference", "subject", "description", "notes", "log"]
                .contains(&key.as_str());
            assert!(is_text || *value == after[key], "{key}");
        }
    }
    let entries = |ticket: &Value, key: &str| -> Vec<Value> {
        ticket["log"].as_array().unwrap().iter().map(|entry| entry[key].clone()).collect()
    };
    for key in ["at", "user", "kind", "document", "operation"] {
        assert_eq!(entries(&before[3], key), entries(&after[3], key), "{key}");
    }
    // The commands are there without what was written, and say by whom.
    let log = shop.ok("log --touched T1");
    assert_eq!(
        log[0]["command"],
        json!({"command": "ticket create", "team": "Support", "customer": "C00001", "subject": "", "description": null})
    );
    assert_eq!((&log[0]["key"], &log[0]["erased_by"]), (&json!("t1"), &json!(shop.operations())));
    assert_eq!(shop.ok("log --command 'ticket create'").as_array().unwrap().len(), 2);
}

#[test]
fn it_asks_first_and_is_done_once() {
    let shop = shop();
    let before = shop.store.state();
    let error = shop.refused("customer erase C1", "confirmation_needed");
    assert!(error["message"].as_str().unwrap().contains("9 records and in 10 operations of the log"), "{error}");
    let planned = shop.ok("customer erase C1 --dry-run --yes");
    assert_eq!((&planned["status"], &planned["result"]["records"]), (&json!("planned"), &json!(9)));
    assert_eq!(shop.store.state(), before);

    let answer = shop.done("customer erase ada@example.org --yes --key gone");
    let log = shop.ok("log --newest --limit 1");
    assert_eq!(log[0]["command"], json!({"command": "customer erase", "customer": "C00001"}));
    assert_eq!(log[0]["touched"].as_array().unwrap().len(), 9);
    // Under the same key it is the same, although nobody is called so any more.
    let again = shop.ok("customer erase ada@example.org --yes --key gone");
    assert_eq!((&again["status"], &again["operation"]), (&json!("replayed"), &answer["operation"]));
    let again = shop.ok("customer erase C1");
    assert_eq!((&again["status"], &again["result"]["records"]), (&json!("unchanged"), &json!(0)));
    shop.refused("customer erase ada@example.org --yes", "not_found");
    // What is written later is erased as well, and only that.
    shop.done("ticket note T1 'called her sister'");
    let again = shop.done("customer erase C1 --yes");
    assert_eq!((&again["result"]["records"], &again["result"]["operations"]), (&json!(1), &json!(1)));
}

#[test]
fn a_key_of_an_erased_command_is_never_done_again() {
    let shop = shop();
    shop.done("customer erase C1 --yes");
    let documents = shop.ok("credit-note list").as_array().unwrap().len();
    let refund = "ticket refund T1 --invoice INV/2026/1 --line 1=1 --reason 'wishes it by Easter' --post --key r1";
    let again = shop.ok(refund);
    assert_eq!((&again["status"], &again["created"]), (&json!("replayed"), &json!(["D00001"])));
    let credit_note = &again["result"]["credit_notes"][0];
    assert_eq!((&credit_note["number"], &credit_note["total"]), (&json!("RINV/2026/00001"), &json!("40.00")));
    assert_eq!(credit_note["reason"], Value::Null);
    // Another amount is another command, whatever was written in it.
    shop.refused(&refund.replace("1=1", "1=2"), "key_reused");
    // So is another text, of which a byte of a hash is all that is known: of these one may pass, not all.
    let passed = (0..20).filter(|n| shop.run(&refund.replace("Easter", &format!("day {n}"))).code == 0).count();
    assert!(passed < 5, "{passed}");
    assert_eq!(shop.ok("credit-note list").as_array().unwrap().len(), documents);
    // By name or e-mail, who is nobody's any more.
    let ticket = "ticket create --team Support --customer 'Ada Lovelace' --subject 'Hum of the study' --description 'It hums by the bed' --key t1";
    assert_eq!(shop.ok(ticket)["status"], "replayed");
}

#[test]
fn what_is_left_of_an_erased_operation_is_sealed_as_well() {
    let shop = shop();
    shop.abandoned();
    shop.done("customer erase C1 --yes");
    let whole = shop.store.saved();
    for (check, tampering) in [
        ("log_erased", "UPDATE operation SET command = REPLACE(command, '1=1', '1=3') WHERE command LIKE '%1=1%'"),
        ("log_erased", "UPDATE operation_key SET outcome = REPLACE(outcome, '40.00', '41.00')"),
        ("log_erased", "UPDATE ticket_log SET text = 'never mind' WHERE text = '' AND operation = 3"),
        ("log_chain", "UPDATE erasure SET sealed = left_as"),
        ("log_chain", "DELETE FROM erasure WHERE of_operation = 3"),
        ("log_chain", "UPDATE erasure SET content = '00'"),
        ("log_chain", "DELETE FROM operation_key WHERE given = 'r1'"),
    ] {
        shop.store.restored(&whole);
        shop.store.tampered(tampering);
        let error = shop.refused("verify", "store_damaged");
        let findings = error["findings"].as_array().unwrap();
        assert!(findings.iter().any(|finding| finding["check"] == check), "{tampering}\n{error}");
    }
}
