//! Tickets: made, edited, assigned, moved, noted upon, and what they show (spec A5 to A7).

use crate::support::Shop;
use insta::assert_snapshot;
use serde_json::{Value, json};

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
            "description": null, "tags": [], "created_at": "2026-11-23T10:00:00Z", "merged_into": null,
            "documents": {"credit_notes": [], "coupons": [], "returns": [], "repairs": [], "tasks": []},
            "still_open": [],
            "log": [{"at": "2026-11-23T10:00:00Z", "user": "tester", "kind": "created", "text": "the ticket was created",
                     "document": null, "operation": made["operation"]}],
            "merged": [],
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
    id          T00001
    subject     Lamp
    team        Support
    priority    medium
    stage       New
    closed      no
    created_at  2026-11-23 10:00

    log
    AT                USER    KIND      TEXT                        OPERATION
    2026-11-23 10:00  tester  created   the ticket was created              4
    2026-11-23 10:00  tester  moved     from New to In Progress             5
    2026-11-23 10:00  tester  closed    from In Progress to Solved          6
    2026-11-23 10:00  tester  moved     from Solved to Cancelled            7
    2026-11-23 10:00  tester  reopened  from Cancelled to New               8
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
    assert_eq!(made["created"], json!(["T00001"]), "tags are by-products");
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
    assert_eq!((&ticket["customer"], &ticket["description"]), (&json!(null), &json!(null)));
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
    ID      SUBJECT  TEAM     CUSTOMER        USER  PRIORITY  STAGE   TAGS
    T00001  Lamp     Support  C00001 Ada Ltd        high      New     hot
    T00002  Mug      Support                        medium    Solved
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

/// A desk with something to complain about: a sold lamp of two serial numbers, a mug, and a user.
fn shop() -> Shop {
    let shop = desk();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
           {"command":"product create","id":"LAMP","price":"40","tax":"VAT20","tracking":"serial"}
           {"command":"product create","id":"BULB","price":"5","tracking":"lot"}
           {"command":"product create","id":"MUG","price":"5"}
           {"command":"lot create","id":"SN-1","product":"LAMP"}
           {"command":"lot create","id":"SN-2","product":"LAMP"}
           {"command":"customer create","name":"Bo"}
           {"command":"user create","id":"ann","right":["helpdesk"]}
           {"command":"order create","customer":"C1","line":["LAMP=2","MUG=1"]}
           {"command":"order confirm","order":"S1"}
           {"command":"order create","customer":"C2","line":["MUG=1"]}"#,
    );
    shop
}

#[test]
fn what_a_ticket_names_must_fit() {
    let shop = shop();
    let create = "ticket create --team Support --subject Lamp";
    let made = shop.done(&format!("{create} --customer C1 --order S1 --product LAMP --lot SN-1 --user ann --tag hot"));
    let ticket = &made["result"]["ticket"];
    for (key, expected) in [("order", "S00001"), ("product", "LAMP"), ("lot", "SN-1"), ("user", "ann")] {
        assert_eq!(ticket[key], expected);
    }
    for (words, code, field) in [
        (format!("{create} --customer C2 --order S1"), "order_not_of_customer", "order"),
        (format!("{create} --customer C1 --order S1 --product BULB"), "product_not_on_order", "product"),
        (format!("{create} --product BULB --lot SN-1"), "lot_not_of_product", "lot"),
        (format!("{create} --product MUG --lot SN-1"), "lot_not_tracked", "lot"),
        (format!("{create} --customer C2 --order S2 --lot SN-1"), "product_not_on_order", "product"),
        // A fault of existence or value comes before a rule.
        (format!("{create} --customer C2 --order S1 --lot NONE"), "not_found", "lot"),
        ("ticket create --team Support --customer C2 --order S1 --subject ''".to_owned(), "missing_field", "subject"),
        ("ticket edit T1 --customer C2".to_owned(), "order_not_of_customer", "order"),
        ("ticket edit T1 --product MUG".to_owned(), "lot_not_tracked", "lot"),
        ("ticket edit T1 --product ''".to_owned(), "lot_not_of_product", "lot"),
        ("ticket edit T1 --order S2 --customer C2".to_owned(), "product_not_on_order", "product"),
    ] {
        assert_eq!(shop.refused(&words, code)["field"], field, "{words}");
    }
    shop.done("ticket edit T1 --customer C2 --order S2 --product MUG --lot ''");
    shop.done("ticket edit T1 --customer '' --order '' --product ''");
    let ticket = shop.ok("ticket show T1");
    for key in ["customer", "order", "product", "lot"] {
        assert_eq!(ticket[key], json!(null), "{key}");
    }
}

#[test]
fn a_lot_brings_its_product_along() {
    let shop = shop();
    let made = shop.done("ticket create --team Support --subject Lamp --lot SN-2");
    assert_eq!(made["result"]["ticket"]["product"], "LAMP");
    shop.done("ticket create --team Support --subject Mug");
    assert_eq!(shop.done("ticket edit T2 --lot SN-1")["result"]["ticket"]["product"], "LAMP");
}

#[test]
fn a_ticket_is_assigned_and_taken_back() {
    let shop = shop();
    shop.done("ticket create --team Support --subject Lamp");
    assert_eq!(shop.done("ticket assign T1 --user ann")["result"]["ticket"]["user"], "ann");
    shop.unchanged("ticket assign T1 --user ann");
    assert_eq!(shop.done("ticket assign T1 --user ''")["result"]["ticket"]["user"], json!(null));
    let log = shop.ok("ticket show T1")["log"].clone();
    assert_eq!((&log[1]["kind"], &log[1]["text"]), (&json!("assigned"), &json!("to ann")));
    assert_eq!(log[2]["text"], "to nobody");
}

/// The shop with a posted invoice of its order and a ticket about it.
fn invoiced() -> Shop {
    let shop = shop();
    shop.done("team enable-service Support refunds");
    shop.done("invoice create --order S1");
    shop.done("invoice post D1");
    shop.done("ticket create --team Support --customer C1 --order S1 --product LAMP --lot SN-1 --subject Lamp");
    shop
}

#[test]
fn a_ticket_lists_its_credit_notes_once_posted_and_how_to_open_them() {
    let shop = invoiced();
    shop.done("ticket refund T1 --invoice D1 --line 1=1");
    let documents = |shop: &Shop| shop.ok("ticket show T1")["documents"]["credit_notes"].clone();
    assert_eq!(documents(&shop), json!([]), "a draft is not shown");
    // It is found all the same, since it waits for somebody.
    let command = "aftersales credit-note show D00002";
    assert_eq!(
        shop.ok("ticket show T1")["still_open"],
        json!([{"kind": "credit_note", "id": "D00002", "state": "draft", "command": command}])
    );
    assert!(shop.text("ticket show T1").contains(command));
    shop.done("credit-note post D2");
    assert_eq!(documents(&shop), json!(["D00002"]));
    assert_snapshot!(shop.text("ticket show T1"), @r"
    id          T00001
    subject     Lamp
    team        Support
    customer    C00001 Ada Ltd
    priority    medium
    stage       New
    closed      no
    order       S00001
    product     LAMP
    lot         SN-1
    created_at  2026-11-23 10:00

    documents
    credit_notes  D00002  aftersales credit-note show D00002

    log
    AT                USER    KIND     TEXT                                   DOCUMENT  OPERATION
    2026-11-23 10:00  tester  created  the ticket was created                                  18
    2026-11-23 10:00  tester  refund   Refund of 48.00 EUR on INV/2026/00001  D00002           19
    2026-11-23 10:00  tester  posted   Credit note posted: 48.00 EUR          D00002           20
    ");
    shop.done("credit-note cancel D2");
    assert_eq!(documents(&shop), json!([]), "a cancelled one is not shown");
}

#[test]
fn options_show_the_refund_as_its_form_would() {
    let shop = invoiced();
    let options = shop.ok("ticket options T1");
    assert_eq!((&options["id"], &options["ticket"]), (&json!("T00001"), &json!("T00001")));
    let refunds = &options["services"][0];
    assert_eq!(
        (&refunds["service"], &refunds["available"], &refunds["why_not"]),
        (&json!("refunds"), &json!(true), &json!(null))
    );
    for (field, expected) in [
        ("invoice", json!({"default": [], "choices": ["D00001"], "more": 0})),
        ("order", json!({"default": "S00001", "choices": ["S00001"], "more": 0})),
        ("product", json!({"default": "LAMP", "choices": ["LAMP", "MUG"], "more": 0})),
        // Nothing was delivered, so nobody got a lot.
        ("lot", json!({"default": null, "choices": [], "more": 0})),
        ("reason", json!({"default": "T00001", "choices": null, "more": null})),
        ("journal", json!({"default": "INV", "choices": ["INV"], "more": 0})),
        ("date", json!({"default": "2026-11-23", "choices": null, "more": null})),
        ("allow_excess", json!({"default": false, "choices": null, "more": null})),
    ] {
        assert_eq!(refunds["fields"][field], expected, "{field}");
    }
    shop.done("ticket edit T1 --product MUG --lot ''");
    assert_eq!(shop.ok("ticket options T1")["services"][0]["fields"]["lot"], json!(null), "a mug has no lots");
    shop.done("ticket refund T1 --invoice D1 --product ''");
    let fields = shop.ok("ticket options T1")["services"][0]["fields"].clone();
    assert_eq!(fields["invoice"]["choices"], json!([]), "nothing is left of it");
    assert_eq!(fields["journal"]["default"], json!(null));
    assert_eq!(shop.refused("ticket options T9", "not_found")["field"], "ticket");
}

/// Sixty drills with serial numbers, of which Ada got two on one order and, by an invoice of another system, a third, and Bo one.
fn drills() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"team create","id":"Support","service":["refunds","repairs"]}
           {"command":"product create","id":"DRILL","price":"40","tracking":"serial"}
           {"command":"customer create","name":"Ada Ltd"}
           {"command":"customer create","name":"Bo"}
           {"command":"transfer create","kind":"incoming","line":["DRILL=60"]}
           {"command":"transfer validate","transfer":"WH/IN/1","lot":["1=SN-001..SN-060"]}
           {"command":"order create","customer":"C1","line":["DRILL=2"]}
           {"command":"order confirm","order":"S1"}
           {"command":"transfer create","order":"S1"}
           {"command":"transfer validate","transfer":"WH/OUT/1","lot":["1=SN-007","1=SN-055"]}
           {"command":"invoice create","order":"S1"}
           {"command":"invoice post","invoice":"D1"}
           {"command":"order create","customer":"C2","line":["DRILL=1"]}
           {"command":"order confirm","order":"S2"}
           {"command":"transfer create","order":"S2"}
           {"command":"transfer validate","transfer":"WH/OUT/2","lot":["1=SN-001"]}
           {"command":"invoice create","order":"S2"}
           {"command":"invoice post","invoice":"D2"}"#,
    );
    let elsewhere = r#"{"record":"invoice","id":"INV/2026/00100","customer":"C00001","state":"posted",
        "lines":[{"product":"DRILL","lot":"SN-060","quantity":"1"}]}"#;
    assert_eq!(shop.run_with("import", elsewhere.replace('\n', "")).code, 0);
    shop.done("ticket create --team Support --customer C1 --product DRILL --subject Drill");
    shop
}

#[test]
fn options_offer_only_lots_that_the_customer_got() {
    let shop = drills();
    let lots = |ticket: &str| shop.ok(&format!("ticket options {ticket}"))["services"][0]["fields"]["lot"].clone();
    let offered = |lots: &[&str]| json!({"default": null, "choices": lots, "more": 0});
    assert_eq!(lots("T1"), offered(&["SN-007", "SN-055", "SN-060"]));
    for (invoice, lot) in [("D1", "SN-007"), ("D1", "SN-055"), ("INV/2026/100", "SN-060")] {
        shop.ok(&format!("ticket refund T1 --invoice {invoice} --lot {lot} --dry-run"));
    }
    shop.refused("ticket refund T1 --invoice D1 --lot SN-001", "invoice_not_offered");
    shop.done("ticket create --team Support --customer C1 --order S1 --product DRILL --subject Drill");
    assert_eq!(lots("T2"), offered(&["SN-007", "SN-055"]));
    shop.done("ticket refund T1 --invoice D1 --post");
    assert_eq!(lots("T1"), offered(&["SN-060"]), "of the other invoice nothing is left");
    assert_eq!(lots("T2"), offered(&[]));
}

#[test]
fn many_choices_go_on_in_lines_below() {
    let shop = drills();
    let shown = shop.text("ticket options T1");
    let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 130, "{shown}");
    let repaired = shown.split_once("\nrepairs\n").unwrap().1;
    for n in 1..=50 {
        assert!(repaired.contains(&format!("SN-{n:03}")), "{shown}");
    }
}

#[test]
fn options_tell_fifty_choices_and_how_many_more_there_are() {
    let shop = invoiced();
    let mut lines = String::new();
    for n in 10..70 {
        lines.push_str(&format!(
            "{{\"record\":\"invoice\",\"id\":\"INV/2026/{n:05}\",\"customer\":\"C00001\",\"state\":\"posted\",\
              \"lines\":[{{\"product\":\"LAMP\",\"quantity\":\"1\"}}]}}\n"
        ));
    }
    shop.run_with("import", &lines);
    shop.done("ticket create --team Support --customer C1 --subject 'All of it'");
    let invoices = |shop: &Shop| {
        let field = shop.ok("ticket options T2")["services"][0]["fields"]["invoice"].clone();
        (field["choices"].as_array().unwrap().clone(), field["more"].as_i64().unwrap())
    };
    let (told, more) = invoices(&shop);
    assert_eq!((told.len(), more, &told[0]), (50, 11, &json!("D00001")));
    // What is refunded in full is offered no more, whether it was told or only counted.
    shop.done("ticket refund T2 --invoice INV/2026/00010 --post");
    shop.done("ticket refund T2 --invoice INV/2026/00069");
    let (rest, more) = invoices(&shop);
    assert_eq!((rest.len(), more), (50, 9));
    assert!(!rest.contains(&told[1]) && rest[..49] == [&told[..1], &told[2..]].concat()[..]);
    // Of a part of its value something is left, of all units at nothing too.
    shop.done("ticket refund T2 --invoice INV/2026/00068 --amount 1");
    assert_eq!(invoices(&shop).1, 9);
}

#[test]
fn options_say_why_a_service_is_not_available_and_what_enables_it() {
    let shop = invoiced();
    shop.done("ticket create --team Support --subject 'No customer'");
    let refunds = |ticket: &str| shop.ok(&format!("ticket options {ticket}"))["services"][0].clone();
    let unavailable = refunds("T2");
    assert_eq!((&unavailable["available"], &unavailable["fields"]), (&json!(false), &json!({})));
    assert_eq!(
        unavailable["why_not"],
        "the ticket T00002 has no customer, which it can be given: aftersales customer list"
    );
    shop.done("team disable-service Support refunds");
    assert_eq!(
        refunds("T1")["why_not"],
        "the team Support does not offer refunds: aftersales team enable-service Support refunds"
    );
}

#[test]
fn only_who_may_invoice_is_offered_to_exceed_an_invoice() {
    let shop = invoiced();
    shop.done("user create eve --right admin -y");
    let field = |login: &str| {
        shop.ok(&format!("ticket options T1 --as {login}"))["services"][0]["fields"]["allow_excess"].clone()
    };
    assert_eq!(field("ann"), json!(null));
    assert_eq!(field("eve"), json!({"default": false, "choices": null, "more": null}));
}

/// The shop with every service enabled, a delivered order, and the ticket T00002 about it.
fn delivered() -> Shop {
    let shop = invoiced();
    shop.apply(
        r#"{"command":"project create","name":"Visits"}
           {"command":"team enable-service","team":"Support","service":["coupons","returns","repairs","field-service"],"field_service_project":"Visits"}
           {"command":"coupon-program create","id":"Sorry","reward":"percent=10","on":"order"}
           {"command":"transfer create","kind":"incoming","line":"MUG=3"}
           {"command":"transfer validate","transfer":"WH/IN/1"}
           {"command":"order create","customer":"C1","line":"MUG=2"}
           {"command":"order confirm","order":"S3"}
           {"command":"transfer create","order":"S3"}
           {"command":"transfer validate","transfer":"WH/OUT/1"}
           {"command":"ticket create","team":"Support","customer":"C1","order":"S3","product":"MUG","subject":"Chipped"}"#,
    );
    shop
}

#[test]
fn a_ticket_lists_what_every_service_made_of_it() {
    let shop = delivered();
    shop.done("ticket return T2 --exchange");
    let coupon = shop.done("ticket coupon T2 --program Sorry")["created"][0].as_str().unwrap().to_owned();
    shop.done("ticket repair T2");
    shop.done("ticket plan T2");
    assert_eq!(
        shop.ok("ticket show T2")["documents"],
        json!({"credit_notes": [], "coupons": [coupon], "returns": ["WH/IN/00002"], "repairs": ["WH/RO/00001"],
               "tasks": ["FS00001"]})
    );
    let shown = shop.text("ticket show T2");
    let (_, buttons) = shown.split_once("\ndocuments\n").unwrap();
    let (buttons, _) = buttons.split_once("\n\n").unwrap();
    let opens: Vec<&str> = buttons.lines().map(|line| line.split_once("  aftersales ").unwrap().1).collect();
    assert_eq!(
        opens,
        [&format!("coupon show {coupon}"), "transfer show WH/IN/00002", "repair show WH/RO/00001", "task show FS00001"]
    );
    for command in opens {
        shop.ok(command);
    }
    let still_open = |shop: &Shop| -> Vec<String> {
        let open = shop.ok("ticket show T2")["still_open"].clone();
        let of = |made: &Value| made["command"].as_str().unwrap().strip_prefix("aftersales ").unwrap().to_owned();
        open.as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(
        still_open(&shop),
        ["transfer show WH/IN/00002", "transfer show WH/OUT/00002", "repair show WH/RO/00001", "task show FS00001"]
    );
    for command in still_open(&shop) {
        shop.ok(&command);
    }

    shop.done(&format!("coupon cancel {coupon}"));
    shop.done("transfer cancel WH/IN/2");
    shop.done("repair cancel WH/RO/1");
    shop.done("task cancel FS1");
    let documents = shop.ok("ticket show T2")["documents"].clone();
    assert!(documents.as_object().unwrap().values().all(|ids| *ids == json!([])), "cancelled ones are not shown");
    assert_eq!(still_open(&shop), ["transfer show WH/OUT/00002"], "the replacement is still to be delivered");
    shop.done("transfer cancel WH/OUT/2");
    assert_eq!(still_open(&shop), Vec::<String>::new());
}

#[test]
fn options_list_the_services_in_order_with_every_flag_of_theirs() {
    let shop = delivered();
    let options = shop.ok("ticket options T2");
    let commands = ["ticket refund", "ticket coupon", "ticket return", "ticket repair", "ticket plan"];
    let services = ["refunds", "coupons", "returns", "repairs", "field-service"];
    assert_eq!(options["services"].as_array().unwrap().len(), services.len());
    for ((command, service), shown) in commands.iter().zip(services).zip(options["services"].as_array().unwrap()) {
        assert_eq!((&shown["service"], &shown["available"]), (&json!(service), &json!(true)), "{shown:#}");
        let fields: Vec<&str> = shown["fields"].as_object().unwrap().keys().map(String::as_str).collect();
        let names = aftersales::command::entry(command).unwrap().names();
        let flags: Vec<&str> = names.iter().copied().filter(|name| *name != "ticket").collect();
        assert_eq!(fields, flags, "{command}");
    }
    for service in services {
        shop.done(&format!("team disable-service Support {service}"));
    }
    for (shown, service) in shop.ok("ticket options T2")["services"].as_array().unwrap().iter().zip(services) {
        assert_eq!((&shown["service"], &shown["available"]), (&json!(service), &json!(false)));
        assert_eq!(
            shown["why_not"],
            format!("the team Support does not offer {service}: aftersales team enable-service Support {service}")
        );
    }
}

#[test]
fn a_return_is_not_available_without_a_done_delivery() {
    let shop = delivered();
    shop.done("ticket create --team Support --customer C2 --subject Mug");
    let returns = shop.ok("ticket options T3")["services"][2].clone();
    assert_eq!((&returns["service"], &returns["available"]), (&json!("returns"), &json!(false)));
    let refused = shop.refused("ticket return T3", "no_delivery");
    assert!(returns["why_not"].as_str().unwrap().starts_with(refused["message"].as_str().unwrap()), "{returns:#}");
}

#[test]
fn options_are_tables_for_people() {
    let shop = invoiced();
    shop.done("ticket edit T1 --product MUG --lot ''");
    let shown = shop.text("ticket options T1");
    let (_, refunds) = shown.split_once("\nrefunds\n").unwrap();
    let (refunds, _) = refunds.split_once("\n\n").unwrap_or((refunds, ""));
    assert_snapshot!(refunds, @r"
    FIELD           DEFAULT     CHOICES    MORE
    invoice                     D00001     0
    order           S00001      S00001     0
    product         MUG         LAMP, MUG  0
    reason          T00001
    journal         INV         INV        0
    date            2026-11-23
    create_invoice  no
    line
    line_amount
    amount
    post            no
    allow_excess    no
    ");
}

#[test]
fn a_ticket_about_an_order_is_its_customers() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"team create","id":"Support","service":["repairs","field-service"]}
{"command":"order create","customer":"C1","line":["LAMP=1"]}
{"command":"ticket create","team":"Support","subject":"Flickers","order":"S1"}
{"command":"ticket create","team":"Support","subject":"Hums"}"#,
    );
    assert_eq!(shop.ok("ticket show T1")["customer"], "C00001");
    assert_eq!(shop.done("ticket edit T2 --order S1")["result"]["ticket"]["customer"], "C00001");
    let answer = shop.done("ticket create --team Support --subject Whoever --order S1 --customer ''");
    assert_eq!(answer["result"]["ticket"]["customer"], serde_json::Value::Null);
    let line = r#"{"record":"ticket","id":"T00009","team":"Support","subject":"Came in","order":"S1"}"#;
    assert_eq!(shop.run_with("import", line).code, 0);
    assert_eq!(shop.ok("ticket show T9")["customer"], "C00001");
}

#[test]
fn the_customer_stays_once_something_was_made() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"team create","id":"Support","service":["repairs","field-service"]}
{"command":"project create","id":"Field Service"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Flickers"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Hums"}
{"command":"ticket create","team":"Support","subject":"Whoever"}"#,
    );
    shop.done("ticket edit T1 --customer C2");
    shop.done("ticket repair T1 --product LAMP");
    shop.done("repair cancel WH/RO/1");
    let refused = shop.refused("ticket edit T1 --customer C1", "customer_fixed");
    assert_eq!((&refused["field"], &refused["allowed"]), (&"customer".into(), &"C00002".into()));
    assert_eq!(refused["hint"], "aftersales repair show WH/RO/00001");
    shop.refused("ticket edit T1 --customer ''", "customer_fixed");
    shop.unchanged("ticket edit T1 --customer C2");
    shop.done("ticket plan T2 --project 'Field Service'");
    shop.done("task cancel FS1");
    shop.refused("ticket edit T2 --customer C2", "customer_fixed");
    let line = r#"{"record":"ticket","id":"T00002","team":"Support","customer":"C00002","subject":"Hums"}"#;
    let ran = shop.run_with("import --update -o json", line);
    assert!(ran.code == 13 && ran.stdout.contains("customer_fixed"), "{ran:?}");
    // Who had no customer yet can get one.
    shop.done("ticket repair T3 --product LAMP");
    shop.done("ticket edit T3 --customer C1");
}

#[test]
fn an_imported_ticket_changes_in_what_it_says() {
    let shop = shop();
    let import = |flags: &str, said: &str| {
        let line = format!(r#"{{"record":"ticket","id":"T00009",{said}}}"#);
        let ran = shop.run_with(&format!("import {flags} -o json"), line);
        (ran.code, serde_json::from_str::<Value>(&ran.stdout).unwrap_or_default())
    };
    let whole = r#""team":"Support","customer":"C1","subject":"Hums","user":"ann","priority":"high","stage":"solved",
        "description":"All night","tags":["night"],"created_at":"2026-11-01""#;
    let whole = whole.replace('\n', " ").replace("\"2026-11-01\"", "\"2026-11-01T10:00:00Z\"");
    assert_eq!(import("", &whole).0, 0);
    let before = shop.ok("ticket show T9");
    assert_eq!(import("", &whole).1[0]["status"], "unchanged");
    assert_eq!(import("--update", &whole).1[0]["status"], "unchanged");
    assert_eq!(import("", r#""team":"Support","subject":"Hums""#).1[0]["error"]["code"], "already_exists");

    let keys =
        ["subject", "team", "customer", "user", "priority", "stage", "closed", "description", "tags", "created_at"];
    let (code, answers) = import("--update", r#""priority":"low""#);
    assert_eq!((code, &answers[0]["status"]), (0, &json!("done")), "{answers}");
    let after = shop.ok("ticket show T9");
    assert_eq!(after["priority"], "low");
    for key in keys.iter().filter(|key| **key != "priority") {
        assert_eq!(after[*key], before[*key], "{key} is left out, so it stays");
    }
    assert_eq!(import("--update", r#""user":null,"description":null,"tags":null,"stage":"New""#).0, 0);
    let after = shop.ok("ticket show T9");
    assert_eq!((&after["user"], &after["description"], &after["tags"]), (&Value::Null, &Value::Null, &json!([])));
    assert_eq!((&after["stage"], &after["closed"]), (&json!("New"), &json!(false)));
    assert_eq!(after["log"].as_array().unwrap().last().unwrap()["text"], "user, stage, description, tags");
    for key in ["subject", "team", "stage", "created_at"] {
        let (code, answers) = import("--update", &format!(r#""{key}":null"#));
        assert_eq!((code, &answers[0]["error"]["code"]), (10, &json!("missing_field")), "{key} {answers}");
        assert_eq!(answers[0]["error"]["field"], key);
    }
    shop.ok("verify");
}

#[test]
fn what_waits_for_the_desk_is_listed() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"user create","id":"tester","name":"Tess","right":["admin"]}
           {"command":"customer create","name":"Ada"}
           {"command":"team create","name":"Support"}
           {"command":"ticket create","team":"Support","customer":"C1","subject":"Nobody's"}
           {"command":"ticket create","team":"Support","customer":"C1","subject":"Not begun","user":"tester"}
           {"command":"ticket create","team":"Support","customer":"C1","subject":"Begun","user":"tester"}
           {"command":"ticket create","team":"Support","customer":"C1","subject":"Closed"}
           {"command":"ticket note","ticket":"T3","text":"I called them"}
           {"command":"ticket close","ticket":"T4"}"#,
    );
    let waiting = || shop.ok("ticket list --waiting --jq '[.[].id]'");
    assert_eq!(waiting(), json!(["T00001", "T00002"]));
    shop.done("ticket note T1 'I called them'");
    assert_eq!(waiting(), json!(["T00001", "T00002"]), "it is still nobody's");
    shop.done("ticket assign T1 --user tester");
    shop.done("ticket note T2 'I called them'");
    assert_eq!(waiting(), json!([]));
    shop.done("ticket reopen T4");
    assert_eq!(waiting(), json!(["T00004"]));
}

#[test]
fn a_note_is_for_the_desk_or_for_the_customer_too_and_may_stand_in_a_file() {
    let shop = desk();
    shop.done("ticket create --team Support --subject Lamp");
    shop.write("call.txt", "They called,\nand were nice.\r\n");
    let last = || {
        let log = shop.ok("ticket show T1")["log"].clone();
        let entry = log.as_array().unwrap().last().unwrap().clone();
        (entry["kind"].as_str().unwrap().to_owned(), entry["text"].as_str().unwrap().to_owned())
    };
    let told = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    shop.done("ticket note T1 'We are on our way' --public");
    assert_eq!(last(), told("public_note", "We are on our way"));
    shop.done("ticket note T1 --text-file call.txt");
    assert_eq!(last(), told("note", "They called,\nand were nice."));
    assert_eq!(shop.run_with("ticket note T1 --text-file -", "from a pipe").code, 0);
    assert_eq!(last(), told("note", "from a pipe"));
    // The log has the text, and a key knows it.
    assert_eq!(shop.done("ticket note T1 --text-file call.txt --key k")["status"], "done");
    assert_eq!(shop.ok("ticket note T1 'They called,\nand were nice.' --key k")["status"], "replayed");
    shop.write("call.txt", b"\xff\xfe");
    for (words, field) in [
        ("ticket note T1 typed --text-file call.txt", "text_file"),
        ("ticket note T1 --text-file call.txt", "text_file"),
        ("ticket note T1 --text-file nowhere.txt", "text_file"),
        ("ticket close T1 --comment-file nowhere.txt", "comment_file"),
    ] {
        assert_eq!(shop.refused(words, "invalid_value")["field"], field, "{words}");
    }
    shop.write("empty.txt", "\n");
    assert_eq!(shop.refused("ticket note T1 --text-file empty.txt", "missing_field")["field"], "text");
    assert_eq!(shop.refused("ticket close T1 --public", "missing_field")["field"], "comment");
    let answers = shop.applied("", r#"{"command":"ticket note","ticket":"T1","text_file":"empty.txt"}"#, 3);
    assert_eq!(answers[0]["error"]["code"], "invalid_value");

    shop.done("ticket close T1 --comment 'The new lamp works' --public");
    let log = shop.ok("ticket show T1")["log"].clone();
    let entries = log.as_array().unwrap();
    let kinds: Vec<_> = entries[entries.len() - 2..].iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["public_note", "closed"]);
    shop.done("ticket close T1 --comment 'Once more'");
}

#[test]
fn a_comment_is_noted_also_on_a_ticket_that_is_closed_already() {
    let shop = Shop::new();
    shop.done("team create Support");
    shop.done("ticket create --team Support --subject Dark");
    shop.done("ticket close T1 --comment 'A new bulb'");
    let notes = || shop.ok("ticket show T1 --jq '[.log[] | select(.kind | endswith(\"note\")) | [.kind, .text]]'");
    assert_eq!(notes(), serde_json::json!([["note", "A new bulb"]]));
    shop.unchanged("ticket close T1");
    shop.unchanged("ticket close T1 --comment ' '");
    let again = shop.done("ticket close T1 --comment 'It holds' --public");
    assert_eq!(
        (&again["result"]["ticket"]["closed"], &again["warnings"]),
        (&serde_json::json!(true), &serde_json::json!([]))
    );
    assert_eq!(notes(), serde_json::json!([["note", "A new bulb"], ["public_note", "It holds"]]));
    let moves = shop.ok("ticket show T1 --jq '[.log[] | select(.kind == \"closed\")] | length'");
    assert_eq!(moves, 1);
}

#[test]
fn a_list_is_asked_for_a_time_by_day_month_and_range() {
    let shop = Shop::made_with("--timezone America/New_York");
    shop.done("team create Support");
    for (at, subject) in [
        ("2026-10-31T23:00:00Z", "October"),
        // In New York it is still October.
        ("2026-11-01T03:59:59Z", "the last second"),
        ("2026-11-01T04:00:00Z", "November"),
        ("2026-11-24T04:30:00Z", "the 23rd"),
        ("2026-12-01T05:00:00Z", "December"),
    ] {
        shop.clock(at);
        shop.done(&format!("ticket create --team Support --subject '{subject}'"));
    }
    for (given, found) in [
        ("2026-10", &["T00001", "T00002"][..]),
        ("2026-11", &["T00003", "T00004"]),
        ("2026-11-23", &["T00004"]),
        ("2026-11-24", &[]),
        ("2026-10-31..2026-11-01", &["T00001", "T00002", "T00003"]),
        ("2026-11..", &["T00003", "T00004", "T00005"]),
        ("..2026-10", &["T00001", "T00002"]),
        ("..2026-11-23", &["T00001", "T00002", "T00003", "T00004"]),
        ("2026-11-01T04:00:00Z", &["T00003"]),
        ("2026-11-01T00:00", &["T00003"]),
        ("2026-11-01T04:00:00Z..2026-11-24T04:30:00Z", &["T00003", "T00004"]),
    ] {
        let list = shop.ok(&format!("ticket list --created-at {given} --jq '[.[].id]'"));
        assert_eq!(list, serde_json::json!(found), "{given}");
    }
    for given in ["2026-13", "2026-11-31", "November", ".."] {
        assert_eq!(shop.refused(&format!("ticket list --created-at {given}"), "invalid_value")["field"], "created_at");
    }
}

/// Every key of every list that holds a time takes a day, a month and a range.
#[test]
fn every_time_in_every_list_is_asked_for_the_same_way() {
    use aftersales::command::{Action, COMMANDS};
    use aftersales::store::engine::table::Holds;
    use aftersales::store::tables::of_kind;
    let shop = crate::sample::shop();
    let mut asked = 0;
    for entry in COMMANDS.iter().filter(|entry| entry.name.ends_with(" list")) {
        let Action::Read { kind, .. } = &entry.action else { continue };
        let Some(table) = of_kind(kind) else { continue };
        for column in table.columns.iter().filter(|column| column.is_filter()) {
            // The rows of a list that is made, not stored, have their own few filters.
            if !matches!(column.holds, Holds::Instant | Holds::Day) || !entry.names().contains(&column.shown) {
                continue;
            }
            asked += 1;
            let flag = column.shown.replace('_', "-");
            for given in ["2026-11-23", "2026-11", "2026-11-01..2026-11-30", "2026-11..", "..2026-11"] {
                shop.ok(&format!("{} --{flag} {given}", entry.name));
            }
            let all = shop.ok(&format!("{} --jq '[.[] | select(.{} != null)] | length'", entry.name, column.shown));
            let found = shop.ok(&format!("{} --{flag} 2000-01..2099-12 --jq length", entry.name));
            assert_eq!(all, found, "{} --{flag}", entry.name);
        }
    }
    assert!(asked > 10, "{asked}");
}
