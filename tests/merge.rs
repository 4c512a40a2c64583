//! Customers who turn out to be one, and tickets about the same: merged, and one from then on.

use serde_json::{Value, json};

use crate::sample;
use crate::support::Shop;

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

/// Two customers with a ticket each, and a bill of the first.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"team create","name":"Support","service":["refunds","coupons","returns","repairs","field-service"]}
           {"command":"product create","id":"LAMP","price":"40"}
           {"command":"customer create","name":"Ada Ltd","email":"ada@example.org"}
           {"command":"customer create","name":"Ada L.","email":"a.l@example.org"}
           {"command":"customer create","name":"Bo"}
           {"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers"}
           {"command":"ticket create","team":"Support","customer":"C2","subject":"Lamp is dark"}
           {"command":"invoice create","customer":"C1","line":[{"product":"LAMP","quantity":"1"}]}
           {"command":"invoice post","invoice":"D1"}"#,
    );
    shop
}

/// The lists that customers are named in, each with what it lists of one.
const LISTS: [&str; 11] = [
    "ticket list",
    "order list",
    "invoice list",
    "credit-note list",
    "payment list",
    "coupon list",
    "transfer list",
    "repair list",
    "task list",
    "mail list",
    "customer timeline",
];

fn told(shop: &Shop, list: &str, customer: &str) -> Value {
    match list {
        "customer timeline" => shop.ok(&format!("{list} {customer} --jq '[.[].id]'")),
        _ => shop.ok(&format!("{list} --customer {customer} --jq '[.[].id]'")),
    }
}

#[test]
fn all_that_is_a_customers_is_the_others_once_they_are_merged() {
    let shop = sample::rich();
    let before: Vec<Value> = LISTS.iter().map(|list| told(&shop, list, "C00001")).collect();
    for (list, told) in LISTS.iter().zip(&before) {
        assert!(!told.as_array().unwrap().is_empty(), "{list} is empty, which proves nothing");
    }
    let owed = shop.ok("customer show C1");
    let balance =
        |shop: &Shop| shop.ok("report accounts --jq '[.[] | select(.by | startswith(\"Assets:Receivable\"))]'");
    let receivable = balance(&shop);
    let printed = shop.run("invoice print INV/2026/00001").stdout;
    shop.done("customer create NEW --name 'Ada and daughters' --email new@example.org --street '1 New St'");

    let merged = shop.done("customer merge C1 NEW");
    assert_eq!(merged["result"]["customer"]["id"], "NEW");
    assert_eq!((&merged["created"], &merged["warnings"]), (&json!([]), &json!([])));
    for (list, told_before) in LISTS.iter().zip(&before) {
        for customer in ["NEW", "C00001", "C1", "ada@example.org", "'Ada Ltd'"] {
            assert_eq!(told(&shop, list, customer), *told_before, "{list} of {customer}");
        }
        if *list != "customer timeline" {
            let found = shop.ok(&format!("{list} --jq '[.[] | select(.customer == \"C00001\")]'"));
            assert_eq!(found, json!([]), "{list} leads to the merged customer");
        }
    }
    let shown = shop.ok("customer show NEW");
    assert_eq!((&shown["owes"], &shown["owed"]), (&owed["owes"], &owed["owed"]));
    assert_eq!((&shown["name"], &shown["street"]), (&json!("Ada and daughters"), &json!("1 New St")));
    let sorted = |rows: &Value| {
        let mut rows: Vec<String> = rows.as_array().unwrap().iter().map(Value::to_string).collect();
        rows.sort_unstable();
        rows
    };
    let renamed: Value = serde_json::from_str(&receivable.to_string().replace("C00001", "NEW")).unwrap();
    assert_eq!(sorted(&balance(&shop)), sorted(&renamed), "the receivable goes along");
    assert_eq!(shop.run("invoice print INV/2026/00001").stdout, printed, "what was posted says what it said");

    // And it goes on as one customer.
    shop.done("ticket create --team Support --customer C1 --subject 'One more'");
    assert_eq!(shop.ok("ticket list --newest --limit 1")[0]["customer"], "NEW");
    let imported = r#"{"record":"order","id":"S00099","customer":"C00001","date":"2026-11-20","state":"confirmed","lines":[{"product":"LAMP","quantity":"1"}]}"#;
    assert_eq!(shop.run_with("import - -o ndjson", imported).code, 0);
    assert_eq!(shop.ok("order show S99")["customer"], "NEW");
}

#[test]
fn a_merged_customer_says_where_it_went() {
    let shop = shop();
    shop.done("customer merge C1 C2");
    shop.unchanged("customer merge C1 C2");
    shop.unchanged("customer merge C00001 a.l@example.org");
    let shown = shop.ok("customer show C1");
    assert_eq!((&shown["id"], &shown["merged"]), (&json!("C00002"), &json!(["C00001"])));
    assert_eq!(shop.run("customer show C1").stderr, "warning[merged]: C00001 was merged into C00002\n");
    assert_eq!(shop.run("customer show C2").stderr, "");
    assert_eq!(ids(&shop.ok("customer list")), ["C00002", "C00003"]);
    assert_eq!(ids(&shop.ok("customer list --merged")), ["C00001"]);
    assert_eq!(ids(&shop.ok("customer list --merged-into C2")), ["C00001"]);
    assert_eq!(shop.ok("customer list --merged")[0]["merged_into"], "C00002");
    assert_eq!(ids(&shop.ok("customer list --id C1")), ["C00002"]);
    // A change that is made by the old name tells so.
    let noted = shop.done("invoice create --customer C1 --line LAMP=1");
    assert_eq!(noted["warnings"], json!([{"code": "merged", "message": "C00001 was merged into C00002"}]));
    assert_eq!(noted["result"]["invoice"]["customer"], "C00002");
    assert_eq!(shop.ok("customer list --duplicates"), json!([]));
    shop.done("customer create --name 'ada ltd'");
    assert_eq!(shop.ok("customer list --duplicates"), json!([]), "a merged one is nobody's double");
    assert_eq!(shop.refused("customer show 'Ada Ltd'", "ambiguous")["field"], "customer");
}

#[test]
fn chains_lead_to_their_end_and_circles_are_refused() {
    let shop = shop();
    assert_eq!(shop.refused("customer merge C1 C1", "invalid_value")["field"], "into");
    shop.done("customer merge C1 C2");
    let elsewhere = shop.refused("customer merge C1 C3", "state_not_allowed");
    assert_eq!(
        (&elsewhere["allowed"], &elsewhere["hint"]),
        (&json!("C00002"), &json!("aftersales customer merge C00002 C00003"))
    );
    assert_eq!(shop.refused("customer merge C2 C1", "invalid_value")["field"], "into", "a circle");
    shop.done("customer merge C2 C3");
    assert_eq!(shop.ok("customer show C1")["id"], "C00003");
    assert_eq!(shop.ok("customer show C3")["merged"], json!(["C00001", "C00002"]));
    shop.unchanged("customer merge C1 C2");
    shop.unchanged("customer merge C1 C3");
    shop.refused("customer merge C3 C1", "invalid_value");
    shop.refused("customer merge C9 C1", "not_found");
    assert_eq!(shop.refused("customer merge C1 C9", "not_found")["field"], "into");
    assert_eq!(shop.ok("ticket list --jq '[.[].customer]'"), json!(["C00003", "C00003"]));
    let edited = shop.done("customer edit C1 --name 'Ada at last'");
    assert_eq!(edited["result"]["customer"]["id"], "C00003");
}

#[test]
fn what_would_mix_money_or_carts_is_refused() {
    let shop = shop();
    shop.done("payment create --customer C2 --amount 5 --currency USD");
    let mixed = shop.refused("customer merge C2 C1", "currency_mismatch");
    assert_eq!((&mixed["field"], &mixed["hint"]), (&json!("into"), &json!("aftersales customer timeline C00002")));
    shop.done("payment cancel P1");
    shop.done("order create --customer C1 --line LAMP=1 --cart");
    shop.done("order create --customer C2 --line LAMP=2 --cart");
    let carts = shop.refused("customer merge C2 C1", "already_exists");
    assert_eq!(carts["hint"], "aftersales order cancel S00002");
    shop.done("order cancel S2");
    shop.done("customer merge C2 C1 --key m");
    assert_eq!(shop.ok("customer merge C2 C1 --key m")["status"], "replayed");
    assert_eq!(shop.ok("customer merge C3 C1 --dry-run")["status"], "planned");
    assert_eq!(ids(&shop.ok("customer list")), ["C00001", "C00003"]);
}

#[test]
fn posted_documents_say_what_they_said_and_drafts_what_stands() {
    let shop = shop();
    shop.done("customer edit C1 --street '1 Old St' --city York --country GB");
    shop.done("invoice create --customer C1 --line LAMP=1");
    shop.done("customer merge C1 C2");
    let posted = shop.run("invoice print INV/2026/00001").stdout;
    assert!(posted.contains("Ada Ltd") && posted.contains("1 Old St") && !posted.contains("Ada L."), "{posted}");
    let draft = shop.run("invoice print D2").stdout;
    assert!(draft.contains("Ada L.") && !draft.contains("Ada Ltd"), "{draft}");
    // Also when they go on to a third, and when that one moves.
    shop.done("customer merge C2 C3");
    shop.done("customer edit C3 --name 'Bo at last'");
    assert_eq!(shop.run("invoice print INV/2026/00001").stdout, posted);
    assert!(shop.run("invoice print D2").stdout.contains("Bo at last"));
}

#[test]
fn erasing_a_customer_erases_whom_was_merged_into_them() {
    let shop = shop();
    shop.done("ticket note T1 'Ada called'");
    shop.done("customer merge 'Ada Ltd' C2");
    shop.done("ticket note T1 'Ada called again'");
    shop.done("customer erase C1 --yes");
    let exported = shop.run("export").stdout;
    for text in ["Ada", "ada@example.org", "a.l@example.org", "called", "flickers", "is dark"] {
        assert!(!exported.contains(text), "{text} is left in {exported}");
    }
    assert_eq!(shop.ok("customer show C1")["id"], "C00002");
    shop.unchanged("customer erase C2 --yes");
}

#[test]
fn a_merge_comes_back_from_lists_and_imports_as_it_is() {
    let shop = shop();
    shop.done("customer merge C1 C2");
    shop.done("ticket merge T1 T2");
    for (kind, list) in [("customer", "customer list --merged"), ("ticket", "ticket list --merged")] {
        let csv = shop.run(&format!("{list} -o csv")).stdout;
        let ran = shop.run_with(&format!("import - --format csv --kind {kind} -o ndjson"), &csv);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("\"status\":\"unchanged\""), "{}", ran.stdout);
    }
    let import = |record: &str, flags: &str| {
        let ran = shop.run_with(&format!("import - -o ndjson {flags}"), record);
        (ran.code, ran.stdout)
    };
    let (code, out) = import(r#"{"record":"customer","id":"C00001","name":"Other"}"#, "--update");
    assert!(code == 13 && out.contains("state_not_allowed") && out.contains("was merged into C00002"), "{out}");
    let (code, out) = import(r#"{"record":"customer","id":"C00003","merged_into":"C00002"}"#, "--update");
    assert!(code == 13 && out.contains("aftersales customer merge C00003 C00002"), "{out}");
    // Into another desk they come as they are.
    let (code, out) = import(r#"{"record":"customer","id":"OLD","name":"Old","merged_into":"C00003"}"#, "");
    assert_eq!(code, 0, "{out}");
    assert_eq!(shop.ok("customer show OLD")["id"], "C00003");
}

#[test]
fn tickets_are_merged_with_all_that_was_made_from_them() {
    let shop = sample::rich();
    let documents = |ticket: &str| shop.ok(&format!("ticket show {ticket} --jq .documents"));
    let (one, other) = (documents("T1"), documents("T7"));
    let logs: usize =
        ["T1", "T7"].iter().map(|of| shop.ok(&format!("ticket show {of}"))["log"].as_array().unwrap().len()).sum();
    shop.done("ticket edit T1 --tag lamps --tag bench");
    let merged = shop.done("ticket merge T1 T7");
    assert_eq!(merged["result"]["ticket"]["id"], "T00007");
    let shown = shop.ok("ticket show T1");
    assert_eq!((&shown["id"], &shown["subject"]), (&json!("T00007"), &json!("Many things")));
    assert_eq!(shown["merged"], json!(["T00001"]));
    for key in ["credit_notes", "coupons", "returns", "repairs", "tasks"] {
        let count = |documents: &Value| documents[key].as_array().unwrap().len();
        assert!(count(&one) > 0, "{key}: nothing proves nothing");
        assert_eq!(count(&shown["documents"]), count(&one) + count(&other), "{key}");
    }
    assert!(shown["tags"].as_array().unwrap().contains(&json!("bench")), "{shown:#}");
    let log = shown["log"].as_array().unwrap();
    // One entry of the edit, and one on each of the two.
    assert_eq!(log.len(), logs + 3);
    let operations: Vec<i64> = log.iter().map(|entry| entry["operation"].as_i64().unwrap()).collect();
    assert!(operations.is_sorted(), "{operations:?}");
    let told: Vec<&Value> = log.iter().filter(|entry| entry["kind"] == "merged").map(|entry| &entry["text"]).collect();
    assert_eq!(told, [&json!("into T00007"), &json!("T00001: Lamp flickers")]);
    for list in ["credit-note list", "coupon list", "transfer list", "repair list", "task list", "mail list"] {
        let left = shop.ok(&format!("{list} --jq '[.[] | select(.ticket == \"T00001\")]'"));
        assert_eq!(left, json!([]), "{list}");
        assert_eq!(shop.ok(&format!("{list} --ticket T1")), shop.ok(&format!("{list} --ticket T7")), "{list}");
    }
    // It is worked on under either name.
    shop.done("ticket note T1 'They called'");
    let refund = shop.done("ticket refund T1 --invoice INV/2026/00001 --amount 1.00");
    assert_eq!(refund["result"]["credit_notes"][0]["ticket"], "T00007");
    assert_eq!(refund["warnings"][0]["code"], "merged");
}

#[test]
fn a_merged_ticket_is_closed_and_left_out_of_lists() {
    let shop = shop();
    shop.done("customer merge C2 C1");
    shop.done("ticket edit T1 --description 'It goes on and off'");
    assert_eq!(shop.ok("ticket list --open --jq '[.[].id]'"), json!(["T00001", "T00002"]));
    shop.done("ticket merge T1 T2");
    shop.unchanged("ticket merge T1 T2");
    assert_eq!(ids(&shop.ok("ticket list")), ["T00002"]);
    assert_eq!(ids(&shop.ok("ticket list --waiting")), ["T00002"]);
    let gone = &shop.ok("ticket list --merged")[0];
    assert_eq!(
        (&gone["id"], &gone["merged_into"], &gone["closed"], &gone["stage"]),
        (&json!("T00001"), &json!("T00002"), &json!(true), &json!("Solved"))
    );
    assert_eq!(shop.run("ticket show T1").stderr, "warning[merged]: T00001 was merged into T00002\n");
    let log = shop.ok("ticket show T2")["log"].clone();
    assert!(log.to_string().contains("T00001: Lamp flickers\\nIt goes on and off"), "{log}");
    for (words, code, field) in [
        ("ticket merge T2 T2", "invalid_value", "into"),
        ("ticket merge T2 T1", "invalid_value", "into"),
        ("ticket merge T9 T2", "not_found", "ticket"),
        ("ticket merge T2 T9", "not_found", "into"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
    shop.done("ticket create --team Support --customer C1 --subject Third");
    assert_eq!(
        shop.refused("ticket merge T1 T3", "state_not_allowed")["hint"],
        "aftersales ticket merge T00002 T00003"
    );
    shop.done("ticket merge T2 T3");
    assert_eq!(shop.ok("ticket show T1")["merged"], json!(["T00001", "T00002"]));
}

#[test]
fn tickets_of_two_customers_are_not_merged_and_one_of_none_takes_the_others() {
    let shop = shop();
    let refused = shop.refused("ticket merge T1 T2", "customer_fixed");
    assert_eq!(
        (&refused["field"], &refused["hint"]),
        (&json!("into"), &json!("aftersales customer merge C00001 C00002"))
    );
    shop.done("project create Visits");
    shop.done("ticket create --team Support --subject 'Who is it?'");
    shop.done("ticket plan T3 --project Visits");
    let merged = shop.done("ticket merge T1 T3");
    assert_eq!(merged["result"]["ticket"]["customer"], "C00001");
    assert_eq!(shop.ok("task show FS1")["customer"], "C00001");
    shop.done("user create sam --right sales");
    shop.done("user create helen --right helpdesk");
    shop.done("user create root --right admin -y");
    shop.refused("ticket merge T2 T1 --as sam", "access_denied");
    shop.refused("customer merge C2 C1 --as sam", "access_denied");
    shop.done("customer merge C2 C1 --as helen");
    shop.done("ticket merge T2 T1 --as helen");
    assert_eq!(shop.ok("ticket show T2 --as helen")["log"].as_array().unwrap().last().unwrap()["user"], "helen");
}

#[test]
fn what_is_left_of_a_merged_record_is_found() {
    let shop = shop();
    shop.done("customer merge C1 C3");
    shop.store
        .tampered("UPDATE ticket SET customer = (SELECT key FROM customer WHERE id = 'C00001') WHERE id = 'T00002'");
    let found = shop.run("verify -o json");
    assert_eq!(found.code, 42);
    assert!(found.stderr.contains("a ticket is left that leads to it"), "{}", found.stderr);
    shop.store.tampered(
        "UPDATE customer SET merged_into = (SELECT key FROM customer WHERE id = 'C00001') WHERE id = 'C00003'",
    );
    let found = shop.run("verify -o json");
    assert!(found.stderr.contains("a customer is left that leads to it"), "a circle: {}", found.stderr);
    shop.abandoned();
}
