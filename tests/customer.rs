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
            "tax_id": null, "language": null, "buyer_reference": null, "owes": [], "owed": []
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
    ID      NAME     EMAIL            CITY  COUNTRY
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
