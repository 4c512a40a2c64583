//! Repairs: made from a ticket, with parts and labour, confirmed, worked on, finished, quoted (spec E).

use crate::support::Shop;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A desk that repairs: Ada's lamp with the serial number SN-1 came back with the return WH/IN/00003, which is done; ten bulbs,
/// two cables and no switch are in stock. T1 is Ada's, about the lamp.
fn desk() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"LAMP","price":"40.00","tax":["VAT20"],"tracking":"serial"}
{"command":"product create","id":"CHAIR","price":"90.00"}
{"command":"product create","id":"BULB","price":"4.00","tax":["VAT20"]}
{"command":"product create","id":"CABLE","price":"3.00"}
{"command":"product create","id":"SWITCH","price":"2.00"}
{"command":"product create","id":"MOTOR","price":"25.00","tracking":"serial"}
{"command":"product create","id":"HOUR","price":"60.00","type":"service","tax":["VAT20"]}
{"command":"lot create","id":"SN-1","product":"LAMP"}
{"command":"lot create","id":"SN-2","product":"LAMP"}
{"command":"lot create","id":"M-1","product":"MOTOR"}
{"command":"lot create","id":"M-2","product":"MOTOR"}
{"command":"customer create","name":"Ada Ltd","email":"ada@example.org"}
{"command":"customer create","name":"Bo"}
{"command":"user create","id":"ann","name":"Ann"}
{"command":"team create","id":"Support","service":["repairs","returns"]}
{"command":"transfer create","kind":"incoming","line":["LAMP=1","BULB=10","CABLE=2"]}
{"command":"transfer validate","transfer":"WH/IN/1","lot":["1=SN-1"]}
{"command":"order create","customer":"C1","line":["LAMP=1"]}
{"command":"order confirm","order":"S1"}
{"command":"transfer create","order":"S1"}
{"command":"transfer validate","transfer":"WH/OUT/1","lot":["1=SN-1"]}
{"command":"transfer return","transfer":"WH/OUT/1"}
{"command":"transfer validate","transfer":"WH/IN/2"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers","product":"LAMP","lot":"SN-1"}
{"command":"ticket create","team":"Support","subject":"Somebody's chair"}"#,
    );
    shop
}

/// The repair in an answer.
fn repair(answer: &Value) -> &Value {
    &answer["result"]["repair"]
}

/// Kind, product, quantity, done, price and state of each part.
fn parts(repair: &Value) -> Vec<String> {
    let word = |part: &Value, key: &str| part[key].as_str().unwrap().to_owned();
    let keys = ["kind", "product", "quantity", "done", "price", "state"];
    let part = |part: &Value| keys.map(|key| word(part, key)).join(" ");
    repair["parts"].as_array().unwrap().iter().map(part).collect()
}

/// Product, quantity and price of each line of an order.
fn lines(order: &Value) -> Vec<String> {
    let line = |line: &Value| {
        let word = |key: &str| line[key].as_str().unwrap().to_owned();
        [word("product"), word("quantity"), word("price")].join(" ")
    };
    order["lines"].as_array().unwrap().iter().map(line).collect()
}

/// What lies of a product: place, lot where there is one, quantity and what is reserved of it.
fn stock(shop: &Shop, product: &str) -> Vec<String> {
    let line = |stock: &Value| {
        let lot = stock["lot"].as_str().map(|lot| format!("#{lot}")).unwrap_or_default();
        let word = |key: &str| stock[key].as_str().unwrap();
        format!("{}{lot} {} {}", word("location"), word("quantity"), word("reserved"))
    };
    shop.ok(&format!("stock list --product {product}")).as_array().unwrap().iter().map(line).collect()
}

fn states(shop: &Shop, repair: &str) -> Vec<String> {
    let shown = shop.ok(&format!("repair show {repair}"));
    shown["parts"].as_array().unwrap().iter().map(|part| part["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_ticket_makes_a_draft_with_its_own_customer_product_and_lot() {
    let shop = desk();
    let made = shop.done("ticket repair T1");
    assert_eq!(made["created"], json!(["WH/RO/00001"]));
    let shown = json!({
        "id": "WH/RO/00001", "state": "draft", "ticket": "T00001", "customer": "C00001", "product": "LAMP", "lot": "SN-1",
        "quantity": "1", "return": null, "under_warranty": false, "scheduled_date": "2026-11-23", "responsible": null,
        "tags": [], "parts": [], "labour": [], "notes": null, "quotation": null,
    });
    assert_eq!(made["result"], json!({"repair": shown, "quotation": null}));
    assert_eq!(shop.ok("repair show WH/RO/1"), shown);
    assert_eq!(shop.ok("repair list"), json!([shown]));

    let ticket = shop.ok("ticket show T1");
    assert_eq!(ticket["documents"]["repairs"], json!(["WH/RO/00001"]));
    let log = ticket["log"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&log["kind"], &log["document"]), (&json!("repair"), &json!("WH/RO/00001")));
    assert_eq!(log["operation"], made["operation"]);
}

#[test]
fn everything_on_the_form_can_be_filled_in() {
    let shop = desk();
    shop.done("tag create Urgent");
    let made = shop.done(
        "ticket repair T1 --customer C1 --product LAMP --lot SN-1 --quantity 1 --return WH/IN/2 --under-warranty \
         --scheduled-date 2026-11-30 --responsible ann --tag urgent --tag 'Table lamps' --tag URGENT \
         --part BULB=2@3.50 --part remove:SWITCH=1 --part recycle:CABLE=1 --labour HOUR=0.5 --notes 'Smells burnt'",
    );
    assert_eq!(made["created"], json!(["WH/RO/00001"]));
    let made = repair(&made);
    assert_eq!(made["tags"], json!(["Urgent", "Table lamps"]));
    assert_eq!(
        (&made["return"], &made["scheduled_date"], &made["responsible"], &made["notes"]),
        (&json!("WH/IN/00002"), &json!("2026-11-30"), &json!("ann"), &json!("Smells burnt"))
    );
    assert_eq!(
        parts(made),
        ["add BULB 2 0 0.00 draft", "remove SWITCH 1 0 0.00 draft", "recycle CABLE 1 0 0.00 draft"]
    );
    assert_eq!(made["labour"], json!([{"line": 1, "product": "HOUR", "quantity": "0.5", "price": "0.00"}]));

    // Off warranty the prices come back, the one that was named too.
    let off = shop.done("repair edit WH/RO/1 --no-under-warranty");
    assert_eq!(
        parts(repair(&off)),
        ["add BULB 2 0 3.50 draft", "remove SWITCH 1 0 2.00 draft", "recycle CABLE 1 0 3.00 draft"]
    );
    assert_eq!(repair(&off)["labour"][0]["price"], "60.00");
    shop.unchanged("repair edit WH/RO/1 --no-under-warranty");
}

#[test]
fn what_the_form_cannot_hold_is_refused_in_its_order() {
    let shop = desk();
    for (words, code, field) in [
        ("T9", "not_found", "ticket"),
        ("T1 --customer C9", "not_found", "customer"),
        ("T1 --product NONE", "not_found", "product"),
        ("T1 --lot NONE", "not_found", "lot"),
        ("T1 --return WH/IN/9", "not_found", "return"),
        ("T1 --responsible bo", "not_found", "responsible"),
        ("T1 --part NONE=1", "not_found", "part"),
        ("T1 --labour NONE=1", "not_found", "labour"),
        ("T2", "missing_field", "product"),
        ("T1 --product ''", "missing_field", "product"),
        ("T1 --quantity ''", "missing_field", "quantity"),
        ("T1 --scheduled-date ''", "missing_field", "scheduled_date"),
        ("T1 --quantity 0", "quantity_invalid", "quantity"),
        ("T1 --quantity -1", "quantity_invalid", "quantity"),
        ("T1 --quantity 2", "quantity_invalid", "quantity"),
        ("T1 --quantity 0.5 --lot ''", "quantity_invalid", "quantity"),
        ("T1 --product HOUR", "invalid_value", "product"),
        ("T1 --part HOUR=1", "invalid_value", "part"),
        ("T1 --part BULB", "invalid_value", "part"),
        ("T1 --part drop:BULB=1", "not_found", "part"),
        ("T1 --part BULB=1@-1", "quantity_invalid", "part"),
        ("T1 --part MOTOR=0.5", "quantity_invalid", "part"),
        ("T1 --labour HOUR=-1", "quantity_invalid", "labour"),
        ("T1 --product CHAIR --lot SN-1", "lot_not_tracked", "lot"),
        ("T1 --lot M-1", "lot_not_of_product", "lot"),
        ("T1 --return WH/IN/1", "return_not_offered", "return"),
        ("T1 --customer C2 --return WH/IN/2", "return_not_offered", "return"),
        ("T1 --product CHAIR --return WH/IN/2", "product_not_in_return", "product"),
        ("T1 --lot SN-2 --return WH/IN/2", "product_not_in_return", "lot"),
        ("T2 --product CHAIR --quote", "customer_required", "customer"),
    ] {
        assert_eq!(shop.refused(&format!("ticket repair {words}"), code)["field"], field, "{words}");
    }
    let several = shop.refused("ticket repair T1 --quantity 0 --part BULB=1@-1 --labour HOUR=-1", "quantity_invalid");
    let fields: Vec<&Value> = several["others"].as_array().unwrap().iter().map(|other| &other["field"]).collect();
    assert_eq!((&several["field"], fields), (&json!("quantity"), vec![&json!("part"), &json!("labour")]));

    // A return that was cancelled, and a team that does not repair: existence goes before the service.
    shop.done("team create Bare");
    shop.done("ticket create --team Bare --subject Chair");
    shop.refused("ticket repair T3 --product NONE", "not_found");
    let off = shop.refused("ticket repair T3 --product CHAIR --quantity 0", "service_not_enabled");
    assert_eq!(off["hint"], "aftersales team enable-service Bare repairs");
    assert_eq!(shop.ok("repair list"), json!([]));
    shop.done("ticket repair T2 --product CHAIR");
}

#[test]
fn a_return_on_its_way_can_be_named_and_is_where_the_product_is_looked_for() {
    let shop = desk();
    shop.apply(
        r#"{"command":"transfer create","kind":"outgoing","customer":"C1","line":["LAMP=1"],"lot":["1=SN-1"]}
{"command":"transfer validate","transfer":"WH/OUT/2"}
{"command":"transfer return","transfer":"WH/OUT/2"}"#,
    );
    let refused = shop.refused("ticket repair T1 --return WH/IN/3 --confirm", "confirmation_needed");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("1 of LAMP SN-1 are to be repaired, and 0 are at WH/Stock"), "{message}");
    assert!(message.contains("'transfer validate WH/IN/00003' brings them, --yes goes on without"), "{message}");
    let refused = shop.refused("ticket repair T1 --confirm", "confirmation_needed");
    assert!(refused["message"].as_str().unwrap().contains("'ticket return T00001' brings back"), "{refused}");
    shop.done("ticket repair T1 --return WH/IN/3");
    shop.refused("repair confirm WH/RO/1", "confirmation_needed");
    shop.done("transfer validate WH/IN/3");
    assert_eq!(repair(&shop.done("repair confirm WH/RO/1"))["state"], "confirmed");

    shop.apply(
        r#"{"command":"transfer create","kind":"outgoing","customer":"C1","line":["LAMP=1"],"lot":["1=SN-1"]}
{"command":"transfer validate","transfer":"WH/OUT/3"}
{"command":"transfer return","transfer":"WH/OUT/3"}
{"command":"transfer cancel","transfer":"WH/IN/4"}"#,
    );
    let refused = shop.refused("ticket repair T1 --return WH/IN/4", "return_not_offered");
    assert!(refused["message"].as_str().unwrap().ends_with("it is cancelled"), "{refused}");
    // Not on hand, and said so: with a yes it is confirmed and the answer warns.
    let answer = shop.done("ticket repair T1 --confirm --yes");
    assert_eq!(answer["warnings"][0]["code"], "stock_insufficient");
    assert_eq!(repair(&answer)["state"], "confirmed");
}

#[test]
fn confirming_reserves_what_is_there_and_shows_what_is_missing() {
    let shop = desk();
    shop.done(
        "ticket repair T1 --part BULB=8 --part CABLE=3 --part SWITCH=1 --part remove:SWITCH=1 --part recycle:CABLE=1",
    );
    assert_eq!(stock(&shop, "BULB"), ["WH/Stock 10 0"]);
    let confirmed = shop.done("repair confirm WH/RO/1");
    assert_eq!(
        parts(repair(&confirmed)),
        [
            "add BULB 8 0 4.00 reserved",
            "add CABLE 3 0 3.00 partly_reserved",
            "add SWITCH 1 0 2.00 missing",
            "remove SWITCH 1 0 2.00 reserved",
            "recycle CABLE 1 0 3.00 reserved",
        ]
    );
    assert_eq!(
        (stock(&shop, "BULB"), stock(&shop, "CABLE")),
        (vec!["WH/Stock 10 8".into()], vec!["WH/Stock 2 2".into()])
    );
    shop.unchanged("repair confirm WH/RO/1");

    // First come, first served: the second repair gets what is left, and what comes in goes to the first.
    shop.done("ticket repair T1 --part BULB=4 --part SWITCH=2 --confirm");
    assert_eq!(states(&shop, "WH/RO/2"), ["partly_reserved", "missing"]);
    shop.done("transfer create --kind incoming --line SWITCH=2 --line CABLE=5");
    shop.done("transfer validate WH/IN/3");
    assert_eq!(states(&shop, "WH/RO/1"), ["reserved", "reserved", "reserved", "reserved", "reserved"]);
    assert_eq!(states(&shop, "WH/RO/2"), ["partly_reserved", "partly_reserved"]);

    // Whoever cancels, or needs less, lets the next in line have it.
    shop.done("repair edit-part WH/RO/1 1 --quantity 7");
    assert_eq!(states(&shop, "WH/RO/2"), ["partly_reserved", "partly_reserved"]);
    shop.done("repair cancel WH/RO/1");
    assert_eq!(states(&shop, "WH/RO/1"), ["cancelled"; 5]);
    assert_eq!(states(&shop, "WH/RO/2"), ["reserved", "reserved"]);
    assert_eq!(stock(&shop, "BULB"), ["WH/Stock 10 4"]);
    shop.done("repair reopen WH/RO/1");
    assert_eq!(states(&shop, "WH/RO/1"), ["draft"; 5]);
}

#[test]
fn what_waits_came_with_its_confirmation() {
    let shop = desk();
    shop.done("ticket repair T1 --part SWITCH=1");
    shop.done("ticket repair T1 --part SWITCH=1 --confirm");
    shop.done("transfer create --kind outgoing --customer C1 --line SWITCH=1");
    shop.done("repair confirm WH/RO/1");
    for (receipt, served) in [("WH/IN/3", ["missing", "reserved"]), ("WH/IN/4", ["missing", "reserved"])] {
        shop.done("transfer create --kind incoming --line SWITCH=1");
        shop.done(&format!("transfer validate {receipt}"));
        assert_eq!([states(&shop, "WH/RO/1"), states(&shop, "WH/RO/2")].concat(), served, "{receipt}");
    }
    assert_eq!(shop.ok("transfer show WH/OUT/2")["state"], "ready");
    shop.done("repair cancel WH/RO/2");
    assert_eq!(states(&shop, "WH/RO/1"), ["reserved"]);
}

#[test]
fn a_part_below_zero_is_refused_by_confirm() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=-1");
    assert_eq!(shop.refused("repair confirm WH/RO/1", "quantity_invalid")["field"], "part");
    shop.refused("ticket repair T1 --part BULB=-1 --confirm", "quantity_invalid");
    shop.done("repair edit-part WH/RO/1 1 --quantity 1");
    shop.done("repair confirm WH/RO/1");
    shop.refused("repair edit-part WH/RO/1 1 --quantity -1", "quantity_invalid");
    shop.refused("repair add-part WH/RO/1 BULB=-1", "quantity_invalid");
    shop.refused("repair edit WH/RO/1 --part BULB=-1", "quantity_invalid");
}

#[test]
fn a_finished_repair_moved_its_parts() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=2 --part remove:SWITCH=1 --part recycle:CABLE=1 --part CABLE=1 --confirm");
    shop.refused("repair finish WH/RO/1", "state_not_allowed");
    assert_eq!(repair(&shop.done("repair start WH/RO/1"))["state"], "under_repair");
    shop.unchanged("repair start WH/RO/1");
    let refused = shop.refused("repair confirm WH/RO/1", "state_not_allowed");
    assert_eq!(refused["hint"], "aftersales repair finish WH/RO/00001");

    let done = shop.done("repair finish WH/RO/1");
    assert_eq!(repair(&done)["state"], "done");
    assert_eq!(
        parts(repair(&done)),
        [
            "add BULB 2 2 4.00 done",
            "remove SWITCH 1 1 2.00 done",
            "recycle CABLE 1 1 3.00 done",
            "add CABLE 1 1 3.00 done",
        ]
    );
    assert_eq!(stock(&shop, "BULB"), ["WH/Stock 8 0"]);
    assert_eq!(stock(&shop, "SWITCH"), ["Scrap 1 0"]);
    assert_eq!(stock(&shop, "CABLE"), ["WH/Stock 2 0"]);

    shop.unchanged("repair finish WH/RO/1");
    for verb in ["cancel", "confirm", "start", "reopen"] {
        shop.refused(&format!("repair {verb} WH/RO/1"), "state_not_allowed");
    }
    shop.refused("repair edit WH/RO/1 --notes Late", "state_not_allowed");
    shop.refused("repair add-part WH/RO/1 BULB=1", "state_not_allowed");
    shop.refused("repair remove-part WH/RO/1 1", "state_not_allowed");
    let texts: Vec<_> =
        shop.ok("ticket show T1")["log"].as_array().unwrap().iter().map(|e| e["text"].clone()).collect();
    assert_eq!(
        texts[1..],
        [
            "Repair WH/RO/00001 of LAMP made",
            "Repair WH/RO/00001 confirmed",
            "Repair WH/RO/00001 started",
            "Repair WH/RO/00001 finished"
        ]
    );
}

#[test]
fn only_what_is_named_is_used_and_never_more_than_there_is() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=4 --part CABLE=2 --part SWITCH=1 --confirm");
    shop.done("repair start WH/RO/1");
    let short = shop.refused("repair finish WH/RO/1", "stock_insufficient");
    assert_eq!((&short["given"], &short["allowed"]), (&json!("1"), &json!("0")));
    for (line, code) in [("4=1", "invalid_value"), ("1=-1", "quantity_invalid"), ("1=11", "stock_insufficient")] {
        assert_eq!(shop.refused(&format!("repair finish WH/RO/1 --line {line}"), code)["field"], "line");
    }
    shop.refused("repair finish WH/RO/1 --line 1=1 --line 1=2", "invalid_value");
    let done = shop.done("repair finish WH/RO/1 --line 1=5 --line 2=1 --line 3=0");
    assert_eq!(
        parts(repair(&done)),
        ["add BULB 4 5 4.00 done", "add CABLE 2 1 3.00 done", "add SWITCH 1 0 2.00 cancelled"]
    );
    assert_eq!(
        (stock(&shop, "BULB"), stock(&shop, "CABLE")),
        (vec!["WH/Stock 5 0".into()], vec!["WH/Stock 1 0".into()])
    );
}

#[test]
fn what_has_lots_is_finished_with_them() {
    let shop = desk();
    shop.done("transfer create --kind incoming --line MOTOR=2");
    shop.done("transfer validate WH/IN/3 --lot 1=M-1 --lot 1=M-2");
    shop.done("ticket repair T1 --lot '' --part MOTOR=1 --part remove:MOTOR=1 --confirm");
    assert_eq!(shop.ok("repair show WH/RO/1")["lot"], Value::Null);
    // Reserved is one of the two, whichever; no lot was filled in.
    assert_eq!(states(&shop, "WH/RO/1"), ["reserved", "reserved"]);
    shop.done("repair start WH/RO/1");

    let refused = shop.refused("repair finish WH/RO/1", "lot_required");
    assert_eq!(
        (&refused["field"], &refused["hint"]),
        (&json!("lot"), &json!("aftersales stock list --location WH/Stock --product MOTOR"))
    );
    shop.refused("repair edit-part WH/RO/1 1 --lot SN-1", "lot_not_of_product");
    shop.done("repair edit-part WH/RO/1 1 --lot M-2");
    assert_eq!(stock(&shop, "MOTOR"), ["WH/Stock#M-1 1 0", "WH/Stock#M-2 1 1"]);
    shop.refused("repair edit-part WH/RO/1 1 --quantity 2", "quantity_invalid");
    let refused = shop.refused("repair finish WH/RO/1 --line 1=1", "lot_required");
    assert_eq!(refused["hint"], "aftersales lot list --product LAMP");
    shop.done("repair edit WH/RO/1 --lot SN-1");
    shop.refused("repair finish WH/RO/1", "lot_required");

    // What is taken out of the lamp cannot be a motor that lies in stock.
    shop.done("repair edit-part WH/RO/1 2 --lot M-1");
    assert_eq!(shop.refused("repair finish WH/RO/1", "lot_elsewhere")["given"], "M-1");
    shop.done("lot create M-3 --product MOTOR");
    shop.done("repair edit-part WH/RO/1 2 --lot M-3");
    shop.done("repair finish WH/RO/1");
    assert_eq!(stock(&shop, "MOTOR"), ["WH/Stock#M-1 1 0", "Scrap#M-3 1 0"]);
}

#[test]
fn parts_are_added_edited_and_removed() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=1");
    shop.done("repair add-part WH/RO/1 recycle:CABLE=1@1.00");
    let three = shop.done("repair add-part WH/RO/1 SWITCH=2");
    assert_eq!(
        parts(repair(&three)),
        ["add BULB 1 0 4.00 draft", "recycle CABLE 1 0 1.00 draft", "add SWITCH 2 0 2.00 draft"]
    );
    shop.done("repair edit-part WH/RO/1 2 --kind remove --quantity 2 --price 1.50");
    shop.unchanged("repair edit-part WH/RO/1 2 --kind remove --quantity 2 --price 1.50");
    assert_eq!(parts(repair(&shop.done("repair edit-part WH/RO/1 2 --price ''")))[1], "remove CABLE 2 0 3.00 draft");
    let two = shop.done("repair remove-part WH/RO/1 1");
    assert_eq!(parts(repair(&two)), ["remove CABLE 2 0 3.00 draft", "add SWITCH 2 0 2.00 draft"]);
    assert_eq!((&repair(&two)["parts"][0]["line"], &repair(&two)["parts"][1]["line"]), (&json!(1), &json!(2)));

    for (words, code, field) in [
        ("edit-part WH/RO/1 3 --quantity 1", "invalid_value", "n"),
        ("edit-part WH/RO/1 0 --quantity 1", "invalid_value", "n"),
        ("edit-part WH/RO/1", "missing_field", "n"),
        ("edit-part WH/RO/1 1 --quantity ''", "missing_field", "quantity"),
        ("edit-part WH/RO/1 1 --price -1", "quantity_invalid", "price"),
        ("edit-part WH/RO/1 1 --kind drop", "invalid_value", "kind"),
        ("edit-part WH/RO/1 1 --lot SN-1", "lot_not_tracked", "lot"),
        ("remove-part WH/RO/1 3", "invalid_value", "n"),
        ("add-part WH/RO/1", "missing_field", "part"),
        ("add-part WH/RO/1 HOUR=1", "invalid_value", "part"),
        ("add-part WH/RO/1 BULB=1 --lot SN-1", "lot_not_tracked", "lot"),
        ("add-part WH/RO/9 BULB=1", "not_found", "repair"),
    ] {
        assert_eq!(shop.refused(&format!("repair {words}"), code)["field"], field, "{words}");
    }

    // A list replaces the one before; what stands at its place stays what it is.
    shop.done("repair edit WH/RO/1 --part MOTOR=1 --part SWITCH=2");
    shop.done("repair edit-part WH/RO/1 1 --lot M-1");
    let again = shop.done("repair edit WH/RO/1 --part MOTOR=1@20.00");
    assert_eq!(parts(repair(&again)), ["add MOTOR 1 0 20.00 draft"]);
    assert_eq!(repair(&again)["parts"][0]["lot"], "M-1");
    shop.unchanged("repair edit WH/RO/1 --part MOTOR=1@20.00");
    assert_eq!(repair(&shop.done("repair edit WH/RO/1 --part ''"))["parts"], json!([]));
}

#[test]
fn a_repair_is_edited_as_far_as_its_state_lets_it() {
    let shop = desk();
    shop.done("ticket repair T1 --tag Lamps --labour HOUR=1 --responsible ann --notes Old --return WH/IN/2");
    let edited = shop.done(
        "repair edit WH/RO/1 --customer C2 --product CHAIR --quantity 2 --return '' --responsible '' --tag '' \
         --labour '' --notes '' --scheduled-date 2026-12-01",
    );
    assert_eq!(
        repair(&edited),
        &json!({
            "id": "WH/RO/00001", "state": "draft", "ticket": "T00001", "customer": "C00002", "product": "CHAIR", "lot": null,
            "quantity": "2", "return": null, "under_warranty": false, "scheduled_date": "2026-12-01", "responsible": null,
            "tags": [], "parts": [], "labour": [], "notes": null, "quotation": null,
        })
    );
    shop.unchanged("repair edit WH/RO/1 --product CHAIR --quantity 2.0");
    shop.refused("repair edit WH/RO/1 --lot SN-1", "lot_not_tracked");
    shop.refused("repair edit WH/RO/1 --product LAMP --return WH/IN/2", "return_not_offered");
    assert_eq!(
        shop.refused("repair edit WH/RO/1 --under-warranty --no-under-warranty", "invalid_value")["field"],
        "under_warranty"
    );
    shop.done("repair edit WH/RO/1 --customer C1 --product LAMP --quantity 1 --return WH/IN/2 --lot SN-1");

    shop.done("repair confirm WH/RO/1");
    for flags in ["--product CHAIR --lot '' --return ''", "--quantity 2 --lot ''", "--return ''"] {
        shop.refused(&format!("repair edit WH/RO/1 {flags}"), "state_not_allowed");
    }
    shop.done("repair edit WH/RO/1 --customer C1 --lot '' --notes New --tag Urgent --part BULB=1");
    assert_eq!(states(&shop, "WH/RO/1"), ["reserved"]);
    shop.done("repair cancel WH/RO/1");
    assert_eq!(shop.refused("repair edit WH/RO/1 --tag Other", "state_not_allowed")["given"], "cancelled");
    assert_eq!(shop.ok("tag list").as_array().unwrap().len(), 2);
    shop.unchanged("repair cancel WH/RO/1");
    assert_eq!(shop.ok("ticket show T1")["documents"]["repairs"], json!([]));
    shop.done("repair reopen WH/RO/1");
    shop.unchanged("repair reopen WH/RO/1");
}

#[test]
fn a_quotation_sells_added_parts_and_labour() {
    let shop = desk();
    let made = shop.done("ticket repair T1 --part BULB=2 --part remove:SWITCH=1 --labour HOUR=0.5@80.00 --quote");
    assert_eq!(made["created"], json!(["WH/RO/00001", "S00002"]));
    let quotation = &made["result"]["quotation"];
    assert_eq!(
        (&quotation["id"], &quotation["state"], &quotation["customer"], &quotation["cart"], &quotation["total"]),
        (&json!("S00002"), &json!("draft"), &json!("C00001"), &json!(false), &json!("57.60"))
    );
    assert_eq!(lines(quotation), ["BULB 2 4.00", "HOUR 0.5 80.00"]);
    assert_eq!(repair(&made)["quotation"], "S00002");
    assert_eq!(shop.ok("order show S2"), *quotation);
    let refused = shop.refused("repair quote WH/RO/1", "already_quoted");
    assert_eq!((&refused["given"], &refused["hint"]), (&json!("S00002"), &json!("aftersales order show S00002")));

    // What becomes of the parts goes to it, and what was written on it by hand stays.
    shop.done("order edit S2 --line 1=2@3.00");
    shop.done("repair edit-part WH/RO/1 1 --quantity 3");
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 3 3.00", "HOUR 0.5 80.00"]);
    shop.done("repair edit WH/RO/1 --notes 'No more than three'");
    shop.done("repair confirm WH/RO/1");
    shop.done("repair add-part WH/RO/1 CABLE=1");
    shop.done("repair edit-part WH/RO/1 2 --kind add");
    let four = ["BULB 3 3.00", "HOUR 0.5 80.00", "CABLE 1 3.00", "SWITCH 1 2.00"];
    assert_eq!(lines(&shop.ok("order show S2")), four);
    shop.done("repair edit-part WH/RO/1 2 --kind recycle");
    shop.done("repair remove-part WH/RO/1 3");
    shop.done("repair edit WH/RO/1 --labour HOUR=1");
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 3 3.00", "HOUR 1 60.00", "CABLE 0 3.00", "SWITCH 0 2.00"]);

    // Under warranty everything is free; off again the prices come back.
    shop.done("repair edit WH/RO/1 --under-warranty");
    assert_eq!(shop.ok("order show S2")["total"], "0.00");
    shop.done("repair edit WH/RO/1 --no-under-warranty");
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 3 4.00", "HOUR 1 60.00", "CABLE 0 3.00", "SWITCH 0 2.00"]);

    // Cancelled it sells no parts, reopened it does again.
    shop.done("repair cancel WH/RO/1");
    assert_eq!(lines(&shop.ok("order show S2"))[..2], ["BULB 0 4.00", "HOUR 1 60.00"]);
    shop.done("repair reopen WH/RO/1");
    assert_eq!(lines(&shop.ok("order show S2"))[..2], ["BULB 3 4.00", "HOUR 1 60.00"]);
    shop.refused("repair edit-part WH/RO/1 1 --quantity -1", "quantity_invalid");
    shop.refused("repair edit WH/RO/1 --customer C2", "already_quoted");
}

#[test]
fn a_quotation_that_is_confirmed_stays_and_one_that_is_cancelled_no_longer_counts() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=2 --quote");
    shop.done("order confirm S2");
    shop.done("repair edit-part WH/RO/1 1 --quantity 5");
    shop.done("repair cancel WH/RO/1");
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 2 4.00"]);
    shop.refused("repair quote WH/RO/1", "state_not_allowed");
    shop.done("repair reopen WH/RO/1");
    shop.refused("repair quote WH/RO/1", "already_quoted");

    shop.done("order cancel S2");
    shop.done("repair edit WH/RO/1 --customer C2");
    let again = shop.done("repair quote WH/RO/1");
    assert_eq!((&again["created"], &repair(&again)["quotation"]), (&json!(["S00003"]), &json!("S00003")));
    assert_eq!(lines(&again["result"]["quotation"]), ["BULB 5 4.00"]);
    shop.done("repair edit-part WH/RO/1 1 --quantity 6");
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 2 4.00"]);
    assert_eq!(lines(&shop.ok("order show S3")), ["BULB 6 4.00"]);

    // A line that was dropped from the quotation does not come back by itself.
    shop.done("order edit S3 --add-line CABLE=1 --drop-line 1");
    shop.done("repair edit-part WH/RO/1 1 --quantity 7");
    assert_eq!(lines(&shop.ok("order show S3")), ["CABLE 1 3.00"]);
    let log = shop.ok("ticket show T1")["log"].clone();
    assert!(log.as_array().unwrap().iter().any(|entry| entry["document"] == "S00003"), "{log}");

    shop.done("ticket repair T2 --product CHAIR");
    let refused = shop.refused("repair quote WH/RO/2", "customer_required");
    assert_eq!(refused["hint"], "aftersales customer list");
    shop.done("repair edit WH/RO/2 --customer C2");
    assert_eq!(shop.done("repair quote WH/RO/2")["result"]["quotation"]["lines"], json!([]));
}

#[test]
fn a_finished_repair_sells_and_delivers_what_it_used() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=4 --part CABLE=2 --labour HOUR=1 --confirm --quote");
    shop.done("repair start WH/RO/1");
    shop.done("repair finish WH/RO/1 --line 1=3");
    // The draft follows: nobody pays for what was not used.
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 3 4.00", "CABLE 0 3.00", "HOUR 1 60.00"]);

    // A confirmed one stays as it was agreed. What its repair uses is not delivered by a transfer too.
    shop.done("ticket repair T1 --part BULB=4 --confirm --quote");
    shop.done("order edit S3 --add-line CABLE=1");
    shop.done("order confirm S3");
    let delivery = shop.done("transfer create --order S3");
    let delivery = &delivery["result"]["transfer"];
    assert_eq!((&delivery["lines"][0]["product"], delivery["lines"].as_array().unwrap().len()), (&json!("CABLE"), 1));
    shop.done("repair start WH/RO/2");
    shop.done("repair finish WH/RO/2 --line 1=3");
    let order = shop.ok("order show S3");
    assert_eq!((&order["lines"][0]["quantity"], &order["lines"][0]["delivered"]), (&json!("4"), &json!("3")));
    assert_eq!(stock(&shop, "BULB"), ["WH/Stock 4 0"]);
    shop.refused("order cancel S3", "state_not_allowed");
}

#[test]
fn whoever_may_read_the_ticket_may_read_its_repair() {
    let shop = desk();
    shop.done("ticket repair T1");
    shop.done("user create root --right admin -y");
    for (login, right) in [("helen", "helpdesk"), ("rob", "repair"), ("sam", "sales")] {
        shop.done(&format!("user create {login} --right {right} --as root"));
    }
    let shown = shop.ok("repair show WH/RO/1 --as rob");
    assert_eq!(shop.ok("repair show WH/RO/1 --as helen"), shown);
    shop.refused("repair show WH/RO/1 --as sam", "access_denied");
    shop.refused("repair show WH/RO/9 --as helen", "access_denied");
    shop.refused("repair show WH/RO/1 --as nobody", "access_denied");
    shop.refused("repair list --as helen", "access_denied");
    shop.refused("repair confirm WH/RO/1 --as helen", "access_denied");
    shop.refused("ticket repair T1 --as rob", "access_denied");
    shop.done("ticket repair T1 --confirm --quote --as helen");
    shop.done("repair start WH/RO/2 --as rob");
}

#[test]
fn options_show_the_form() {
    let shop = desk();
    shop.done("tag create Urgent");
    let form = |ticket: &str| {
        let options = shop.ok(&format!("ticket options {ticket}"));
        let services = options["services"].as_array().unwrap().clone();
        services.into_iter().find(|service| service["service"] == "repairs").unwrap()
    };
    let goods = json!(["LAMP", "CHAIR", "BULB", "CABLE", "SWITCH", "MOTOR"]);
    let free = |default: Value| json!({"default": default, "choices": null, "more": null});
    assert_eq!(
        form("T1"),
        json!({"service": "repairs", "available": true, "why_not": null, "fields": {
            "customer": {"default": "C00001", "choices": ["C00001", "C00002"], "more": 0},
            "product": {"default": "LAMP", "choices": goods, "more": 0},
            "lot": {"default": "SN-1", "choices": ["SN-1", "SN-2"], "more": 0},
            "quantity": free(json!("1")),
            "return": {"default": null, "choices": ["WH/IN/00002"], "more": 0},
            "under_warranty": free(json!(false)),
            "scheduled_date": free(json!("2026-11-23")),
            "responsible": {"default": null, "choices": ["ann"], "more": 0},
            "tag": {"default": [], "choices": ["Urgent"], "more": 0},
            "part": free(json!([])),
            "labour": free(json!([])),
            "notes": free(json!(null)),
            "confirm": free(json!(false)),
            "quote": free(json!(false)),
        }})
    );
    let bare = form("T2")["fields"].clone();
    assert_eq!((&bare["customer"]["default"], &bare["lot"]), (&json!(null), &json!(null)));
    shop.done("ticket edit T1 --lot '' --product CHAIR");
    let chair = form("T1")["fields"].clone();
    assert_eq!((&chair["lot"], &chair["return"]["choices"]), (&json!(null), &json!([])));
    shop.done("team disable-service Support repairs");
    assert_eq!(form("T1")["available"], false);
}

#[test]
fn repairs_run_in_bulk_and_from_objects() {
    let shop = desk();
    let answers = shop.apply(
        r#"{"command":"ticket repair","ticket":"T1","part":["BULB=2","remove:SWITCH=1"],"labour":[{"product":"HOUR","quantity":"1","price":"50.00"}],"quote":true,"quantity":1}
{"command":"repair edit","repair":"WH/RO/1","under_warranty":true,"return":"WH/IN/2","tag":"Lamps"}
{"command":"repair edit","repair":"WH/RO/1","under_warranty":false}
{"command":"repair add-part","repair":"WH/RO/1","part":"CABLE=1"}
{"command":"repair edit-part","repair":"WH/RO/1","n":3,"quantity":2,"price":1.5}
{"command":"repair remove-part","repair":"WH/RO/1","n":"2"}
{"command":"repair confirm","repair":"WH/RO/1"}
{"command":"repair start","repair":"WH/RO/1"}
{"command":"repair finish","repair":"WH/RO/1","line":{"1":"1","2":"2"}}"#,
    );
    let last = repair(answers.last().unwrap());
    assert_eq!(parts(last), ["add BULB 2 1 4.00 done", "add CABLE 2 2 1.50 done"]);
    assert_eq!(lines(&shop.ok("order show S2")), ["BULB 1 4.00", "HOUR 1 50.00", "CABLE 2 1.50"]);
    let planned = shop.ok("ticket repair T1 --part BULB=1 --confirm --quote --dry-run");
    assert_eq!((&planned["status"], &planned["operation"]), (&json!("planned"), &Value::Null));
    assert_eq!(shop.ok("repair list").as_array().unwrap().len(), 1);
}

#[test]
fn a_person_sees_the_repair_and_its_parts() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=20 --labour HOUR=1 --confirm");
    assert_snapshot!(shop.text("repair show WH/RO/1"), @r"
    id              WH/RO/00001
    state           confirmed
    ticket          T00001
    customer        C00001 Ada Ltd
    product         LAMP
    lot             SN-1
    quantity        1
    under_warranty  no
    scheduled_date  2026-11-23

    parts
    LINE  KIND  PRODUCT  QUANTITY  DONE  PRICE  STATE
       1  add   BULB           20     0   4.00  partly_reserved

    labour
    LINE  PRODUCT  QUANTITY  PRICE
       1  HOUR            1  60.00
    ");
    assert_snapshot!(shop.text("repair finish WH/RO/1"), @r"
    [stderr]
    error[state_not_allowed]: repair WH/RO/00001 is confirmed, so it cannot be finished
    hint: aftersales repair start WH/RO/00001
    [exit 13]
    ");
    assert_snapshot!(shop.text("ticket repair T1 --part CABLE=1 --quote"), @r"
    repair
    id              WH/RO/00002
    state           draft
    ticket          T00001
    customer        C00001 Ada Ltd
    product         LAMP
    lot             SN-1
    quantity        1
    scheduled_date  2026-11-23

    parts
    LINE  KIND  PRODUCT  QUANTITY  DONE  PRICE  STATE
       1  add   CABLE           1     0   3.00  draft

    quotation
    id        S00002
    state     draft
    cart      no
    customer  C00001 Ada Ltd
    date      2026-11-23
    total     3.00
    currency  EUR

    lines
    LINE  PRODUCT  QUANTITY  DELIVERED  INVOICED  PRICE  UNTAXED   TAX  TOTAL
       1  CABLE           1          0         0   3.00     3.00  0.00   3.00
    [stderr]
    warning[lot_wanted_twice]: SN-1, which WH/RO/00002 wants, is wanted by WH/RO/00001 too
    ");
}

#[test]
fn what_a_repair_sells_is_never_shipped() {
    let shop = desk();
    shop.done("ticket repair T1 --part BULB=3 --part CABLE=1 --confirm --yes --quote");
    shop.done("order edit S2 --add-line CABLE=2");
    shop.done("order confirm S2");
    // Of a quotation only what the repair does not bring is delivered, whatever becomes of the repair.
    let planned = shop.ok("transfer create --order S2 --dry-run");
    assert_eq!(planned["result"]["transfer"]["lines"].as_array().unwrap().len(), 1);
    assert_eq!(planned["result"]["transfer"]["lines"][0]["quantity"], "2");
    shop.done("repair start WH/RO/1");
    shop.done("repair remove-part WH/RO/1 2");
    shop.done("repair finish WH/RO/1 --line 1=1");
    let planned = shop.ok("transfer create --order S2 --dry-run");
    assert_eq!(planned["result"]["transfer"]["lines"].as_array().unwrap().len(), 1);
    // An imported delivery belongs to what is delivered, too.
    let line = r#"{"record":"transfer","id":"WH/OUT/77","order":"S2","state":"done","lines":[{"product":"CABLE","quantity":"2"}]}"#;
    assert_eq!(shop.run_with("import", line).code, 0);
    let order = shop.ok("order show S2");
    let delivered: Vec<_> = order["lines"].as_array().unwrap().iter().map(|line| line["delivered"].clone()).collect();
    assert_eq!(delivered, ["1", "0", "2"]);
    shop.refused("transfer create --order S2", "state_not_allowed");
}

#[test]
fn what_a_repair_sells_is_billed_as_it_was_used() {
    let shop = desk();
    shop.done("stock count BULB --quantity 9");
    shop.done("stock count CABLE --quantity 9");
    shop.done("ticket repair T1 --part BULB=3 --part CABLE=1 --part BULB=0 --labour HOUR=1 --confirm --yes --quote");
    shop.done("order confirm S2");
    shop.done("repair start WH/RO/1");
    // Nothing of the parts is used yet, only the work is billed.
    let bill = shop.ok("invoice create --order S2 --dry-run");
    assert_eq!(lines(&bill["result"]["invoice"]), ["HOUR 1 60.00"]);
    shop.done("repair edit-part WH/RO/1 3 --quantity 2");
    shop.done("repair remove-part WH/RO/1 2");
    shop.done("repair finish WH/RO/1 --line 1=2 --line 2=2");
    let bill = shop.done("invoice create --order S2");
    assert_eq!(lines(&bill["result"]["invoice"]), ["BULB 2 4.00", "BULB 2 4.00", "HOUR 1 60.00"]);
    let delivered = shop.ok("order show S2");
    let delivered: Vec<_> =
        delivered["lines"].as_array().unwrap().iter().map(|line| line["delivered"].clone()).collect();
    assert_eq!(delivered, ["2", "0", "2", "0"]);
    shop.refused("invoice create --order S2", "nothing_to_invoice");
}

#[test]
fn a_return_brings_its_only_lot_to_the_repair() {
    let shop = desk();
    shop.apply(
        r#"{"command":"transfer create","kind":"outgoing","customer":"C1","line":["LAMP=1"],"lot":["1=SN-1"]}
{"command":"transfer validate","transfer":"WH/OUT/2"}
{"command":"transfer return","transfer":"WH/OUT/2"}
{"command":"ticket edit","ticket":"T1","lot":""}"#,
    );
    let answer = shop.done("ticket repair T1 --return WH/IN/3");
    assert_eq!(repair(&answer)["lot"], "SN-1");
    // It is finished, though it never came.
    shop.done("repair confirm WH/RO/1 --yes");
    shop.done("repair start WH/RO/1");
    let answer = shop.done("repair finish WH/RO/1");
    assert_eq!(answer["warnings"][0]["code"], "return_not_done");
}

#[test]
fn a_piece_is_no_part_of_itself_and_wanted_once() {
    let shop = desk();
    shop.done("ticket repair T1 --lot SN-1");
    let refused = shop.refused("repair add-part WH/RO/1 LAMP=1 --lot SN-1", "lot_elsewhere");
    assert_eq!(refused["field"], "lot");
    shop.done("repair add-part WH/RO/1 LAMP=1");
    shop.refused("repair edit-part WH/RO/1 1 --lot SN-1", "lot_elsewhere");
    let answer = shop.done("ticket repair T1 --lot SN-1");
    assert_eq!(answer["warnings"][0]["code"], "lot_wanted_twice");
    let message = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("WH/RO/00001"), "{message}");
    let answer = shop.done("transfer create --kind outgoing --line LAMP=1 --lot 1=SN-1");
    assert_eq!(answer["warnings"][0]["code"], "lot_wanted_twice");
    shop.done("repair cancel WH/RO/1");
    shop.done("repair cancel WH/RO/2");
    let answer = shop.done("ticket repair T1 --lot SN-1");
    assert!(answer["warnings"][0]["message"].as_str().unwrap().contains("WH/OUT/00002"), "{answer}");
}

#[test]
fn a_list_of_repairs_is_asked_by_what_they_are_and_when() {
    let shop = desk();
    shop.apply(
        r#"{"command":"ticket repair","ticket":"T1","return":"WH/IN/2","scheduled_date":"2026-12-24","tag":["urgent","lamps"],"part":["BULB=1","CABLE=2"],"labour":["HOUR=0.5"]}
{"command":"ticket repair","ticket":"T2","product":"CHAIR","quantity":"2.5","scheduled_date":"2027-01-05","responsible":"ann","notes":"Mind the varnish","under_warranty":true,"tag":["urgent"]}
{"command":"ticket repair","ticket":"T2","product":"CHAIR","scheduled_date":"2026-12-01","part":["SWITCH=1"]}
{"command":"repair cancel","repair":"WH/RO/3"}"#,
    );
    for (words, ids) in [
        ("--state draft", "1 2"),
        ("--state cancelled --state draft --newest", "3 2 1"),
        ("--ticket T2", "2 3"),
        ("--customer ada@example.org", "1"),
        ("--customer ''", "2 3"),
        ("--product CHAIR --responsible ''", "3"),
        ("--responsible ann", "2"),
        ("--lot SN-1", "1"),
        ("--return WH/IN/2", "1"),
        ("--quantity 2..", "2"),
        ("--quantity 1", "1 3"),
        ("--under-warranty yes", "2"),
        ("--quotation ''", "1 2 3"),
        ("--id WH/RO/2", "2"),
        ("--scheduled-date 2026-12", "1 3"),
        ("--scheduled-date 2026-12-24..", "1 2"),
        ("--since 2026-12-24 --until 2027-01-04", "1"),
        ("--tag LAMPS", "1"),
        ("--tag urgent", "1 2"),
        ("--search VARNISH", "2"),
        ("--sort scheduled_date", "3 1 2"),
        ("--sort -quantity --limit 1", "2"),
    ] {
        let found = shop.run(&format!("repair list {words} -o ids")).stdout;
        let found: Vec<&str> = found.lines().map(|id| id.trim_start_matches("WH/RO/0000")).collect();
        assert_eq!(found.join(" "), ids, "{words}");
    }
    for (words, code, field) in [
        ("--state broken", "invalid_value", "state"),
        ("--scheduled-date 2026-13", "invalid_value", "scheduled_date"),
        ("--quantity many", "invalid_value", "quantity"),
        ("--responsible bob", "not_found", "responsible"),
        ("--tag slow", "not_found", "tag"),
    ] {
        assert_eq!(shop.refused(&format!("repair list {words}"), code)["field"], field, "{words}");
    }
    // A page tells each repair with its own tags, parts and labour.
    let told = |repair: &Value| {
        let keys = |list: &str, key: &str| {
            let rows = repair[list].as_array().unwrap().iter();
            rows.map(|row| row.get(key).unwrap_or(row).as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
        };
        [keys("tags", ""), keys("parts", "product"), keys("labour", "product")].join(" | ")
    };
    let listed: Vec<String> = shop.ok("repair list").as_array().unwrap().iter().map(told).collect();
    assert_eq!(listed, ["urgent lamps | BULB CABLE | HOUR", "urgent |  | ", " | SWITCH | "]);
}
