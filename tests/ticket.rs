//! Tickets: made, edited, assigned, moved, noted upon, and what they show (spec A5 to A7).

use crate::support::Shop;
use insta::assert_snapshot;
use serde_json::json;

/// A desk with a team and a customer.
fn desk() -> Shop {
    let shop = Shop::new();
    shop.done("team create Support");
    shop.done("customer create --name 'Ada Ltd'");
    shop
}

#[test]
fn a_ticket_begins_new_with_medium_priority_and_a_log() {
    let shop = desk();
    let made = shop.done("ticket create --team support --customer C1 --subject 'Lamp flickers'");
    assert_eq!(made["created"], json!(["T00001"]));
    assert_eq!(
        shop.ok("ticket show T1"),
        json!({
            "id": "T00001", "subject": "Lamp flickers", "team": "Support", "customer": "C00001", "user": null,
            "priority": "medium", "stage": "New", "closed": false, "order": null, "product": null, "lot": null,
            "description": "", "tags": [], "created_at": "2026-11-23T10:00:00Z",
            "documents": {"credit_notes": [], "coupons": [], "returns": [], "repairs": [], "tasks": []},
            "log": [{"at": "2026-11-23T10:00:00Z", "user": "tester", "kind": "created", "text": "the ticket was created",
                     "document": null, "operation": made["operation"]}],
        })
    );
    assert_eq!(shop.done("ticket create --team Support --subject 'No customer'")["created"], json!(["T00002"]));
    assert_eq!(shop.ok("ticket show T2")["customer"], json!(null));
}

#[test]
fn a_ticket_moves_through_its_stages() {
    let shop = desk();
    shop.done("ticket create --team Support --subject Lamp");
    shop.done("ticket move T1 'in progress'");
    shop.unchanged("ticket move T1 'IN PROGRESS'");
    shop.unchanged("ticket reopen T1");
    let closed = shop.done("ticket close T1");
    assert_eq!(
        (&closed["result"]["ticket"]["stage"], &closed["result"]["ticket"]["closed"]),
        (&json!("Solved"), &json!(true))
    );
    shop.unchanged("ticket close T1");
    shop.done("ticket move T1 Cancelled");
    shop.unchanged("ticket close T1");
    let open = shop.done("ticket reopen T1");
    assert_eq!(
        (&open["result"]["ticket"]["stage"], &open["result"]["ticket"]["closed"]),
        (&json!("New"), &json!(false))
    );
    assert_eq!(shop.refused("ticket move T1 Nowhere", "not_found")["field"], "stage");
    assert_eq!(shop.refused("ticket close T9", "not_found")["field"], "ticket");
    assert_snapshot!(shop.text("ticket show T1"), @r"
    ID      SUBJECT  TEAM     CUSTOMER  USER  PRIORITY  STAGE  TAGS
    T00001  Lamp     Support                  medium    New

    closed      no
    created_at  2026-11-23T10:00:00Z

    log
    AT                    USER    KIND      TEXT                        DOCUMENT  OPERATION
    2026-11-23T10:00:00Z  tester  created   the ticket was created                        4
    2026-11-23T10:00:00Z  tester  moved     from New to In Progress                       5
    2026-11-23T10:00:00Z  tester  closed    from In Progress to Solved                    6
    2026-11-23T10:00:00Z  tester  moved     from Solved to Cancelled                      7
    2026-11-23T10:00:00Z  tester  reopened  from Cancelled to New                         8
    ");
}

#[test]
fn everything_done_to_a_ticket_is_in_its_log() {
    let shop = desk();
    shop.done("ticket create --team Support --subject Lamp");
    shop.clock("2026-11-23T11:00:00Z");
    let noted = shop.done("ticket note T1 'The customer sent a photo'");
    shop.done("ticket edit T1 --subject 'Lamp flickers' --priority urgent --customer C1");
    shop.unchanged("ticket edit T1 --subject 'Lamp flickers'");
    let log = shop.ok("ticket show T1")["log"].clone();
    assert_eq!(
        log[1],
        json!({"at": "2026-11-23T11:00:00Z", "user": "tester", "kind": "note", "text": "The customer sent a photo",
               "document": null, "operation": noted["operation"]})
    );
    assert_eq!((&log[2]["kind"], &log[2]["text"]), (&json!("edited"), &json!("subject, customer, priority")));
    assert_eq!(log.as_array().unwrap().len(), 3);
}

#[test]
fn unknown_tags_are_made_and_known_ones_found_in_any_case() {
    let shop = desk();
    let made = shop.done("ticket create --team Support --subject Lamp --tag hot --tag Lamps --tag HOT");
    assert_eq!(made["created"], json!(["T00001", "hot", "Lamps"]));
    assert_eq!(made["result"]["ticket"]["tags"], json!(["hot", "Lamps"]));
    let again = shop.done("ticket create --team Support --subject Lamp --tag lamps");
    assert_eq!((&again["created"], &again["result"]["ticket"]["tags"]), (&json!(["T00002"]), &json!(["Lamps"])));

    shop.done("ticket edit T1 --tag cold");
    assert_eq!(shop.ok("ticket show T1")["tags"], json!(["cold"]), "a list replaces the list");
    shop.done("ticket edit T1 --tag ''");
    assert_eq!(shop.ok("ticket show T1")["tags"], json!([]));
}

#[test]
fn an_empty_value_empties_and_what_must_stand_cannot_be_emptied() {
    let shop = desk();
    shop.done("ticket create --team Support --customer C1 --subject Lamp --description 'At home'");
    shop.done("ticket edit T1 --customer '' --description ''");
    let ticket = shop.ok("ticket show T1");
    assert_eq!((&ticket["customer"], &ticket["description"]), (&json!(null), &json!("")));
    for (words, code, field) in [
        ("ticket create --team Support", "missing_field", "subject"),
        ("ticket create --team Support --subject ''", "missing_field", "subject"),
        ("ticket create --subject Lamp", "missing_field", "team"),
        ("ticket create --team Nobody --subject ''", "not_found", "team"),
        ("ticket create --team Support --subject Lamp --customer C9", "not_found", "customer"),
        ("ticket create --team Support --subject Lamp --order S9", "not_found", "order"),
        ("ticket create --team Support --subject Lamp --product NONE", "not_found", "product"),
        ("ticket create --team Support --subject Lamp --lot NONE", "not_found", "lot"),
        ("ticket create --team Support --subject Lamp --user nobody", "not_found", "user"),
        ("ticket create --team Support --subject Lamp --priority worst", "invalid_value", "priority"),
        ("ticket edit T1 --subject ''", "missing_field", "subject"),
        ("ticket edit T1 --team ''", "missing_field", "team"),
        ("ticket note T1 ''", "missing_field", "text"),
        ("ticket note T1", "missing_field", "text"),
        ("ticket assign T1", "missing_field", "user"),
        ("ticket assign T1 --user nobody", "not_found", "user"),
        ("ticket move T1 ''", "missing_field", "stage"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
    assert_eq!(shop.done("ticket create --team Support --subject Lamp")["created"], json!(["T00002"]));
}

#[test]
fn tickets_are_listed_and_filtered() {
    let shop = desk();
    shop.apply(
        r#"{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp","priority":"high","tag":["hot"]}
           {"command":"ticket create","team":"Support","subject":"Mug"}
           {"command":"ticket close","ticket":"T2"}"#,
    );
    assert_snapshot!(shop.text("ticket list"), @r"
    ID      SUBJECT  TEAM     CUSTOMER  USER  PRIORITY  STAGE   TAGS
    T00001  Lamp     Support  C00001          high      New     hot
    T00002  Mug      Support                  medium    Solved
    ");
    for (flags, expected) in [
        ("--closed true", "T00002\n"),
        ("--stage new", "T00001\n"),
        ("--priority high --priority low", "T00001\n"),
        ("--customer ''", "T00002\n"),
        ("--customer C1", "T00001\n"),
        ("--since 2026-11-24", ""),
        ("--until 2026-11-23 --newest", "T00002\nT00001\n"),
    ] {
        assert_eq!(shop.run(&format!("ticket list {flags} -o ids")).stdout, expected, "{flags}");
    }
}
