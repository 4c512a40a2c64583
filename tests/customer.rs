//! Customers, the simplest noun: made, edited, listed, found again.

use crate::support::Shop;
use insta::assert_snapshot;

#[test]
fn a_customer_is_made_edited_and_shown() {
    let shop = Shop::new();
    let made = shop.done("customer create --name 'Ada Ltd' --email ada@example.org");
    assert_eq!(made["created"], serde_json::json!(["C00001"]));
    assert_eq!(made["operation"], 2);
    shop.done("customer edit C1 --email ''");
    shop.unchanged("customer edit C1 --name 'Ada Ltd'");
    assert_eq!(
        shop.ok("customer show C1"),
        serde_json::json!({
            "id": "C00001", "name": "Ada Ltd", "email": null, "street": null, "postcode": null, "city": null, "country": null,
            "tax_id": null, "language": null, "buyer_reference": null, "merged_into": null, "owes": [], "owed": [], "merged": []
        })
    );
    assert_eq!(shop.operations(), 3);
}

#[test]
fn customers_are_listed_in_order_of_creation() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","name":"Bo"}
           {"command":"customer create","id":"ADA","name":"Ada Ltd","email":"ada@example.org"}"#,
    );
    assert_snapshot!(shop.text("customer list"), @r"
    ID      NAME     EMAIL
    C00001  Bo
    ADA     Ada Ltd  ada@example.org
    ");
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let shop = Shop::new();
    shop.done("customer create ADA --name 'Ada Ltd'");
    for (words, code, field) in [
        ("customer create ADA", "already_exists", "id"),
        ("customer create ''", "missing_field", "id"),
        ("customer edit ADA --name ''", "missing_field", "name"),
        ("customer edit C9 --name Bo", "not_found", "customer"),
        ("customer edit", "missing_field", "customer"),
        ("customer show C9", "not_found", "customer"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
    assert_eq!(shop.done("customer create")["created"], serde_json::json!(["C00001"]), "a refusal takes no number");
}

#[test]
fn an_id_that_looks_like_a_name_is_remarked() {
    let shop = Shop::new();
    let made = shop.done("customer create 'Ann Smith'");
    let remark = "the id is 'Ann Smith', for good; a name is given with --name";
    assert_eq!(made["warnings"], serde_json::json!([{"code": "id_is_name", "message": remark}]));
    for words in ["customer create ADA", "customer create 'Bo B' --name Bo", "customer create --name 'Cy Cole'"] {
        assert_eq!(shop.done(words)["warnings"], serde_json::json!([]), "{words}");
    }
    let ran = shop.run_with("import -", r#"{"record":"customer","id":"Dee Day"}"#);
    assert!(
        ran.code == 0 && !ran.stdout.contains("id_is_name"),
        "what another system calls it is no slip: {}",
        ran.stdout
    );
}

#[test]
fn what_a_customer_owes_and_is_owed_is_told_in_each_currency() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","name":"Ada Ltd"}
           {"command":"customer create","name":"Bo"}
           {"command":"customer create","name":"Cy"}
           {"command":"product create","id":"LAMP","price":"40"}
           {"command":"invoice create","customer":"C1","line":[{"product":"LAMP","quantity":"3"}]}
           {"command":"invoice post","invoice":"D1"}
           {"command":"invoice pay","invoice":"D1","amount":"20"}
           {"command":"payment create","customer":"C1","amount":"7.50","currency":"USD"}
           {"command":"payment create","customer":"C2","amount":"5"}
           {"command":"payment create","customer":"C2","amount":"2","out":true}
           {"command":"payment create","customer":"C3","amount":"9"}
           {"command":"payment cancel","payment":"P5"}"#,
    );
    let in_currency = |amount: &str, currency: &str| serde_json::json!({"currency": currency, "amount": amount});
    let shown = shop.ok("customer show C1");
    assert_eq!(shown["owes"], serde_json::json!([in_currency("100.00", "EUR")]));
    assert_eq!(shown["owed"], serde_json::json!([in_currency("7.50", "USD")]));
    let shown = shop.ok("customer show C2");
    assert_eq!(shown["owes"], serde_json::json!([in_currency("2.00", "EUR")]));
    assert_eq!(shown["owed"], serde_json::json!([in_currency("5.00", "EUR")]));
    assert_eq!(shop.run("customer list --owes -o ids").stdout, "C00001\nC00002\n");
    assert_eq!(shop.run("customer list --owes --search ada -o ids").stdout, "C00001\n");
    shop.done("invoice pay D1");
    shop.done("payment cancel P2");
    assert_eq!(shop.run("customer list --owes -o ids").stdout, "C00002\n");
    assert_snapshot!(shop.text("customer show C2"), @r"
    id    C00002
    name  Bo

    owes
    CURRENCY  AMOUNT
    EUR         2.00

    owed
    CURRENCY  AMOUNT
    EUR         5.00
    ");
}

#[test]
fn customers_who_may_be_one_are_found() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","id":"ADA","name":"Ada Ltd","email":"ada@example.org"}
           {"command":"customer create","id":"BO","name":"Bo","email":"bo@example.org"}
           {"command":"customer create","id":"ADA2","name":"ADA LTD"}
           {"command":"customer create","id":"CY","name":"Cy","email":"Bo@Example.org"}
           {"command":"customer create","id":"DI","name":"Di"}
           {"command":"customer create","id":"EM","name":"Em"}"#,
    );
    shop.done("customer erase DI --yes");
    shop.done("customer erase EM --yes");
    assert_eq!(shop.ok("customer list --duplicates --jq '[.[].id]'"), serde_json::json!(["ADA", "BO", "ADA2", "CY"]));
    assert_eq!(shop.ok("customer list --duplicates --search ada --jq '[.[].id]'"), serde_json::json!(["ADA", "ADA2"]));
    shop.done("customer edit ADA2 --name 'Ada SA'");
    shop.done("customer edit CY --email ''");
    assert_eq!(shop.ok("customer list --duplicates"), serde_json::json!([]));
}

#[test]
fn the_story_of_a_customer_is_told_in_the_order_of_time() {
    let shop = crate::sample::shop();
    shop.done("ticket note T1 'They called'");
    let story = shop.ok("customer timeline C1");
    let rows = story.as_array().unwrap();
    let days: Vec<&str> = rows.iter().map(|row| row["day"].as_str().unwrap()).collect();
    assert!(days.is_sorted(), "{days:?}");
    // Everything that is the customer's is there once, by number where it has one.
    for (list, kind, key) in [
        ("ticket list", "ticket", "id"),
        ("order list", "", "id"),
        ("invoice list", "invoice", "number"),
        ("credit-note list", "credit_note", "number"),
        ("payment list", "payment", "id"),
        ("coupon list", "coupon", "id"),
        ("transfer list", "", "id"),
        ("repair list", "repair", "id"),
        ("task list", "task", "id"),
    ] {
        let records = shop.ok(&format!("{list} --customer C1"));
        assert!(!records.as_array().unwrap().is_empty(), "{list}");
        for record in records.as_array().unwrap() {
            let called = if record[key].is_null() { &record["id"] } else { &record[key] };
            let is_it = |row: &&serde_json::Value| {
                row["id"] == *called && (row["kind"] == kind || kind.is_empty() && row["kind"] != "note")
            };
            assert_eq!(rows.iter().filter(is_it).count(), 1, "{list}: {called}");
        }
    }
    let notes: Vec<&serde_json::Value> = rows.iter().filter(|row| row["kind"] == "note").collect();
    assert_eq!((notes.len(), &notes[0]["text"], &notes[0]["ticket"]), (1, &"They called".into(), &"T00001".into()));
    assert_eq!(
        shop.ok("customer timeline C1 --since 2026-11-02 --until 2026-11-02 --jq '[.[].kind]'"),
        serde_json::json!(["delivery", "invoice", "payment"])
    );
    assert_eq!(shop.ok("customer timeline Cy"), serde_json::json!([]));
    assert_eq!(shop.refused("customer timeline C99", "not_found")["field"], "customer");
}
