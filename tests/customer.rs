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
    assert_eq!(shop.ok("customer show C1"), serde_json::json!({"id": "C00001", "name": "Ada Ltd", "email": null}));
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
