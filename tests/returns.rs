//! Returns and exchanges, from a ticket and from a transfer (spec D1 to D7; contract, section 7 "Returns").

use serde_json::{Value, json};

use crate::support::Shop;

/// Ada ordered three lamps and two televisions and has them, by WH/OUT/1; Bo ordered a lamp and has nothing yet. The ticket
/// T1 is Ada's, of the team that takes returns.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"product create","id":"TV","price":"400.00","tracking":"serial"}
{"command":"product create","id":"BULB","price":"2.00"}
{"command":"lot create","id":"SN-1","product":"TV"}
{"command":"lot create","id":"SN-2","product":"TV"}
{"command":"lot create","id":"SN-3","product":"TV"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"location create","id":"WH/Returns","type":"internal","return_location":true}
{"command":"location create","id":"WH/StockLevel","type":"internal"}
{"command":"team create","id":"Support","service":["returns"]}
{"command":"team create","id":"Sales"}
{"command":"transfer create","kind":"incoming","line":["LAMP=5","TV=3","BULB=10"]}
{"command":"transfer validate","transfer":"WH/IN/1","lot":["2=SN-1","2=SN-2","2=SN-3"]}
{"command":"order create","customer":"C1","line":["LAMP=3","TV=2"]}
{"command":"order confirm","order":"S1"}
{"command":"transfer create","order":"S1"}
{"command":"transfer validate","transfer":"WH/OUT/1","lot":["2=SN-1","2=SN-2"]}
{"command":"order create","customer":"C2","line":["LAMP=1"]}
{"command":"order confirm","order":"S2"}
{"command":"transfer create","order":"S2"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers","order":"S1"}"#,
    );
    shop
}

/// A second delivery to Ada, of the order S3: two bulbs, by WH/OUT/3.
fn second_delivery(shop: &Shop) {
    shop.apply(
        r#"{"command":"order create","customer":"C1","line":["BULB=2"]}
{"command":"order confirm","order":"S3"}
{"command":"transfer create","order":"S3"}
{"command":"transfer validate","transfer":"WH/OUT/3"}"#,
    );
}

fn lines(transfer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |line: &Value| ["line", "product", "lot", "quantity", "done"].map(|key| text(&line[key])).join(" ");
    transfer["lines"].as_array().unwrap().iter().map(line).collect()
}

fn delivered(shop: &Shop, order: &str) -> Vec<Value> {
    let order = shop.ok(&format!("order show {order}"));
    order["lines"].as_array().unwrap().iter().map(|line| line["delivered"].clone()).collect()
}

fn lamps(shop: &Shop) -> Value {
    shop.ok("stock show LAMP@WH/Stock")["quantity"].clone()
}

#[test]
fn a_delivery_comes_back_whole() {
    let shop = shop();
    let answer = shop.done("ticket return T1");
    let returned = &answer["result"]["return"];
    assert_eq!(answer["created"], json!(["WH/IN/00002"]));
    assert_eq!(answer["result"]["replacement"], Value::Null);
    assert_eq!(
        [
            &returned["kind"],
            &returned["state"],
            &returned["origin"],
            &returned["customer"],
            &returned["order"],
            &returned["ticket"],
            &returned["from"],
            &returned["to"],
            &returned["return_of"],
        ],
        [
            "incoming",
            "ready",
            "Return of WH/OUT/00001",
            "C00001",
            "S00001",
            "T00001",
            "Customers",
            "WH/Stock",
            "WH/OUT/00001"
        ]
    );
    assert_eq!(lines(returned), ["1 LAMP null 3 0", "2 TV SN-1 1 0", "3 TV SN-2 1 0"]);
    // Nothing has come yet.
    assert_eq!((lamps(&shop), delivered(&shop, "S1")), ("2".into(), vec!["3".into(), "2".into()]));
    let ticket = shop.ok("ticket show T1");
    assert_eq!(ticket["documents"]["returns"], json!(["WH/IN/00002"]));
    let entry = ticket["log"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&entry["kind"], &entry["document"]), (&"return".into(), &"WH/IN/00002".into()));

    shop.done("transfer validate WH/IN/2");
    assert_eq!((lamps(&shop), delivered(&shop, "S1")), ("5".into(), vec!["0".into(), "0".into()]));
    let error = shop.refused("ticket return T1", "nothing_to_return");
    assert_eq!(error["exit"], 13);
    let error = shop.refused("ticket return T1 --delivery WH/OUT/1", "nothing_to_return");
    assert!(error["hint"].as_str().unwrap().contains("WH/IN/00002"), "{error}");
}

#[test]
fn lines_are_named_or_dropped() {
    let shop = shop();
    let answer = shop.done("ticket return T1 --line 1=2");
    assert_eq!(lines(&answer["result"]["return"]), ["1 LAMP null 2 0"]);
    let error = shop.refused("ticket return T1 --line 1=2", "return_exceeds_delivered");
    assert_eq!((&error["field"], &error["given"], &error["allowed"]), (&"line".into(), &"1=2".into(), &"1".into()));
    let answer = shop.done("ticket return T1 --drop-line 1 --drop-line 3");
    assert_eq!(lines(&answer["result"]["return"]), ["1 TV SN-1 1 0"]);
    // The defaults are what no return holds.
    let answer = shop.done("ticket return T1");
    assert_eq!(lines(&answer["result"]["return"]), ["1 LAMP null 1 0", "2 TV SN-2 1 0"]);
    // Cancelling gives back what was held.
    shop.done("transfer cancel WH/IN/2");
    let answer = shop.done("ticket return T1");
    assert_eq!(lines(&answer["result"]["return"]), ["1 LAMP null 2 0"]);
    assert_eq!(shop.ok("ticket show T1")["documents"]["returns"], json!(["WH/IN/00003", "WH/IN/00004", "WH/IN/00005"]));
}

#[test]
fn values_are_checked_before_rules() {
    let shop = shop();
    for (words, code, field) in [
        ("--line 9=1", "invalid_value", "line"),
        ("--line 0=1", "invalid_value", "line"),
        ("--line 1=x", "invalid_value", "line"),
        ("--line 1=1 --line 1=1", "invalid_value", "line"),
        ("--line 1=-1", "quantity_invalid", "line"),
        ("--line 2=0.5", "quantity_invalid", "line"),
        ("--drop-line 9", "invalid_value", "drop_line"),
        ("--line 1=1 --drop-line 1", "invalid_value", "drop_line"),
        ("--line 1=0", "nothing_to_return", "line"),
        ("--drop-line 1 --drop-line 2 --drop-line 3", "nothing_to_return", "line"),
        ("--line 1=3.000001", "return_exceeds_delivered", "line"),
        ("--order S1 --delivery WH/OUT/1", "invalid_value", "delivery"),
        ("--order S9", "not_found", "order"),
        ("--delivery WH/OUT/9", "not_found", "delivery"),
        ("--location Nowhere", "not_found", "location"),
        ("--location WH/StockLevel", "location_not_allowed", "location"),
        ("--location Customers", "location_not_allowed", "location"),
    ] {
        let error = shop.refused(&format!("ticket return T1 {words}"), code);
        assert_eq!(error["field"], field, "{words}");
    }
    let error = shop.refused("ticket return T1 --location Scrap", "location_not_allowed");
    assert_eq!(error["allowed"], json!(["WH/Stock", "WH/Returns"]));
    // A delivery that is named is looked at before whether it may be returned.
    shop.refused("ticket return T1 --delivery WH/OUT/2 --line 9=1", "invalid_value");
    shop.refused("ticket return T9 --delivery WH/OUT/9", "not_found");
}

#[test]
fn the_delivery_must_be_the_customers_and_done() {
    let shop = shop();
    let error = shop.refused("ticket return T1 --delivery WH/OUT/2", "delivery_not_offered");
    assert_eq!(error["given"], "WH/OUT/00002");
    shop.refused("ticket return T1 --delivery WH/IN/1", "delivery_not_offered");
    let error = shop.refused("ticket return T1 --order S2", "order_not_of_customer");
    assert_eq!(error["field"], "order");
    // Bo has only what is not done.
    shop.done("ticket create --team Support --customer C2 --subject Late --order S2");
    shop.refused("ticket return T2", "no_delivery");
    shop.refused("ticket return T2 --order S2", "no_delivery");
    let error = shop.refused("ticket return T2 --delivery WH/OUT/2", "delivery_not_done");
    assert_eq!(error["hint"], "aftersales transfer validate WH/OUT/00002");
    shop.refused("transfer return WH/OUT/2", "delivery_not_done");
    let options = shop.ok("ticket options T2");
    let returns = options["services"].as_array().unwrap().iter().find(|of| of["service"] == "returns").unwrap();
    assert_eq!((&returns["available"], &returns["fields"]), (&false.into(), &json!({})));
    shop.done("transfer cancel WH/OUT/2");
    shop.refused("ticket return T2 --delivery WH/OUT/2", "delivery_not_done");
}

#[test]
fn the_service_must_be_on_and_the_ticket_have_a_customer() {
    let shop = shop();
    shop.done("ticket create --team Sales --customer C1 --subject Wrong");
    let error = shop.refused("ticket return T2 --line 9=-1", "service_not_enabled");
    assert_eq!(error["hint"], "aftersales team enable-service Sales returns");
    // What is named must be there first.
    shop.refused("ticket return T2 --delivery WH/OUT/9", "not_found");
    shop.done("ticket create --team Support --subject Anonymous");
    shop.refused("ticket return T3", "customer_required");
}

#[test]
fn one_candidate_is_taken_and_several_are_listed() {
    let shop = shop();
    second_delivery(&shop);
    shop.done("ticket create --team Support --customer C1 --subject Both");
    let error = shop.refused("ticket return T2", "delivery_ambiguous");
    assert_eq!(error["exit"], 12);
    assert_eq!(error["allowed"], json!(["WH/OUT/00001", "WH/OUT/00003"]));
    assert_eq!(error["hint"], "aftersales ticket return T00002 --delivery WH/OUT/00001");
    // The ticket's order, an order named, the ticket's product.
    assert_eq!(shop.done("ticket return T1 --line 1=1")["result"]["return"]["return_of"], "WH/OUT/00001");
    assert_eq!(shop.done("ticket return T2 --order S3 --line 1=1")["result"]["return"]["return_of"], "WH/OUT/00003");
    shop.refused("ticket return T1 --order ''", "delivery_ambiguous");
    shop.done("ticket create --team Support --customer C1 --subject Bulbs --product BULB");
    assert_eq!(shop.done("ticket return T3 --line 1=1")["result"]["return"]["return_of"], "WH/OUT/00003");
    shop.refused("ticket return T3", "nothing_to_return");
    let error = shop.refused("ticket return T3 --delivery WH/OUT/1", "delivery_not_offered");
    assert!(error["message"].as_str().unwrap().contains("BULB"), "{error}");
    shop.refused("ticket return T3 --order S1", "product_not_on_order");
    // Only one of Ada's deliveries has something left by now.
    assert_eq!(shop.done("ticket return T2")["result"]["return"]["return_of"], "WH/OUT/00001");
    shop.refused("ticket return T2", "nothing_to_return");
    // A serial number narrows like its product.
    shop.done("ticket create --team Support --customer C1 --subject Screen --product TV --lot SN-3");
    shop.refused("ticket return T4", "no_delivery");
}

#[test]
fn returns_go_where_the_team_says() {
    let shop = shop();
    shop.done("ticket return T1 --line 1=1 --location WH/Returns");
    shop.done("team edit Support --return-location WH/Returns");
    let answer = shop.done("ticket return T1 --line 1=1");
    assert_eq!(answer["result"]["return"]["to"], "WH/Returns");
    let answer = shop.done("ticket return T1 --line 1=1 --location WH/Stock");
    assert_eq!(answer["result"]["return"]["to"], "WH/Stock");
    // Without a ticket there is no team.
    let answer = shop.done("transfer return WH/OUT/1 --line 2=1");
    assert_eq!(
        (&answer["result"]["return"]["to"], &answer["result"]["return"]["ticket"]),
        (&"WH/Stock".into(), &Value::Null)
    );
    shop.done("transfer validate WH/IN/3");
    assert_eq!(shop.ok("stock show LAMP@WH/Returns")["quantity"], "1");
}

#[test]
fn an_exchange_sends_the_same_again() {
    let shop = shop();
    let answer = shop.done("ticket return T1 --line 1=3 --line 2=1 --exchange");
    assert_eq!(answer["created"], json!(["WH/IN/00002", "WH/OUT/00003"]));
    let replacement = &answer["result"]["replacement"];
    assert_eq!(
        [&replacement["kind"], &replacement["exchange_of"], &replacement["ticket"], &replacement["to"]],
        ["outgoing", "WH/IN/00002", "T00001", "Customers"]
    );
    assert_eq!(replacement["return_of"], Value::Null);
    // The other piece is chosen when it goes out; there is one lamp too few, as Bo's is reserved.
    assert_eq!(lines(replacement), ["1 LAMP null 3 0", "2 TV null 1 0"]);
    assert_eq!(replacement["state"], "waiting");
    assert_eq!(shop.ok("ticket show T1")["documents"]["returns"], json!(["WH/IN/00002"]));
    // It does not wait for the receipt, but what comes back may serve it.
    shop.done("transfer validate WH/OUT/3 --line 2=1 --lot 2=SN-3");
    assert_eq!(delivered(&shop, "S1"), ["3", "3"]);
    shop.done("transfer validate WH/IN/2");
    assert_eq!(delivered(&shop, "S1"), ["0", "2"]);
    assert_eq!(shop.ok("transfer show WH/OUT/4")["state"], "ready");
    shop.done("transfer validate WH/OUT/4");
    assert_eq!(delivered(&shop, "S1"), ["3", "2"]);
    // The replacement is a delivery like any other.
    shop.done("ticket return T1 --delivery WH/OUT/4 --line 1=1");
    let error = shop.refused("transfer return WH/IN/2 --exchange", "invalid_value");
    assert_eq!(error["field"], "exchange");
}

#[test]
fn cancelling_the_return_leaves_its_replacement() {
    let shop = shop();
    shop.done("ticket return T1 --line 1=1 --exchange");
    shop.done("transfer cancel WH/IN/2");
    assert_eq!(shop.ok("transfer show WH/OUT/3")["state"], "ready");
    assert_eq!(shop.ok("ticket show T1")["documents"]["returns"], json!([]));
    shop.done("ticket return T1 --line 1=3");
}

#[test]
fn an_order_can_keep_its_quantity() {
    let shop = shop();
    let answer = shop.done("ticket return T1 --line 1=1 --exchange --keep-order-quantity");
    assert_eq!(answer["result"]["return"]["keep_order_quantity"], true);
    assert_eq!(answer["result"]["replacement"]["keep_order_quantity"], true);
    shop.done("transfer validate WH/IN/2");
    shop.done("transfer validate WH/OUT/3");
    assert_eq!(delivered(&shop, "S1"), ["3", "2"]);
    // Undoing such a return changes nothing either; taking the replacement back does.
    let answer = shop.done("transfer return WH/IN/2");
    assert_eq!(answer["result"]["return"]["keep_order_quantity"], true);
    shop.done("transfer validate WH/OUT/4");
    assert_eq!(delivered(&shop, "S1"), ["3", "2"]);
    shop.done("ticket return T1 --delivery WH/OUT/3");
    shop.done("transfer validate WH/IN/3");
    assert_eq!(delivered(&shop, "S1"), ["2", "2"]);
}

#[test]
fn a_return_can_itself_be_returned() {
    let shop = shop();
    shop.done("ticket return T1 --line 1=2 --line 2=1");
    shop.refused("transfer return WH/IN/2", "delivery_not_done");
    shop.done("transfer validate WH/IN/2");
    assert_eq!(delivered(&shop, "S1"), ["1", "1"]);
    shop.refused("transfer return WH/IN/2 --location WH/Stock", "location_not_allowed");
    let answer = shop.done("transfer return WH/IN/2 --drop-line 1");
    let back = &answer["result"]["return"];
    assert_eq!(lines(back), ["1 TV SN-1 1 0"]);
    assert_eq!(
        [&back["id"], &back["kind"], &back["from"], &back["to"], &back["origin"], &back["return_of"]],
        ["WH/OUT/00003", "outgoing", "WH/Stock", "Customers", "Return of WH/IN/00002", "WH/IN/00002"]
    );
    shop.done("transfer validate WH/OUT/3");
    assert_eq!(delivered(&shop, "S1"), ["1", "2"]);
    // The ticket has both, and tells the whole story.
    let ticket = shop.ok("ticket show T1");
    assert_eq!(ticket["documents"]["returns"], json!(["WH/IN/00002", "WH/OUT/00003"]));
    assert_eq!(ticket["log"].as_array().unwrap().last().unwrap()["document"], "WH/OUT/00003");
    shop.refused("transfer return WH/IN/2 --line 2=1", "return_exceeds_delivered");
    shop.done("transfer return WH/IN/2");
    // A receipt goes back to where it came from.
    let answer = shop.done("transfer return WH/IN/1 --line 3=4");
    assert_eq!(
        (&answer["result"]["return"]["to"], &answer["result"]["return"]["kind"]),
        (&"Suppliers".into(), &"outgoing".into())
    );
}

#[test]
fn a_return_is_received_in_part() {
    let shop = shop();
    shop.done("ticket return T1 --line 1=3");
    let part = shop.done("transfer validate WH/IN/2 --line 1=1");
    assert_eq!(part["created"], json!(["WH/IN/00003"]));
    let backorder = shop.ok("transfer show WH/IN/3");
    assert_eq!((&backorder["return_of"], &backorder["ticket"]), (&"WH/OUT/00001".into(), &"T00001".into()));
    assert_eq!((lamps(&shop), delivered(&shop, "S1")), ("3".into(), vec!["2".into(), "2".into()]));
    // What is still to come is held; what is dropped is not.
    shop.refused("ticket return T1 --line 1=1", "return_exceeds_delivered");
    shop.done("transfer validate WH/IN/3 --line 1=1 --no-backorder");
    assert_eq!(lines(&shop.done("ticket return T1 --line 1=1")["result"]["return"]), ["1 LAMP null 1 0"]);
    assert_eq!(delivered(&shop, "S1"), ["1", "2"]);
}

#[test]
fn the_form_offers_what_the_command_takes() {
    let shop = shop();
    let returns = |shop: &Shop, ticket: &str| {
        let options = shop.ok(&format!("ticket options {ticket}"));
        options["services"].as_array().unwrap().iter().find(|of| of["service"] == "returns").unwrap().clone()
    };
    assert_eq!(
        returns(&shop, "T1"),
        json!({"service": "returns", "available": true, "why_not": null, "fields": {
            "order": {"default": "S00001", "choices": ["S00001"], "more": 0},
            "delivery": {"default": "WH/OUT/00001", "choices": ["WH/OUT/00001"], "more": 0},
            "line": {"default": ["1=3", "2=1", "3=1"], "choices": null, "more": null},
            "drop_line": {"default": [], "choices": null, "more": null},
            "location": {"default": "WH/Stock", "choices": ["WH/Stock", "WH/Returns"], "more": 0},
            "exchange": {"default": false, "choices": null, "more": null},
            "keep_order_quantity": {"default": false, "choices": null, "more": null},
        }})
    );
    second_delivery(&shop);
    shop.done("ticket create --team Support --customer C1 --subject Both");
    let fields = returns(&shop, "T2")["fields"].clone();
    assert_eq!(fields["order"], json!({"default": null, "choices": ["S00001", "S00003"], "more": 0}));
    assert_eq!(fields["delivery"], json!({"default": null, "choices": ["WH/OUT/00001", "WH/OUT/00003"], "more": 0}));
    // With nothing left the form is there, and offers nothing.
    shop.done("ticket return T1");
    let form = returns(&shop, "T1");
    assert_eq!((&form["available"], &form["fields"]["delivery"]["choices"]), (&true.into(), &json!([])));
}

#[test]
fn a_person_reads_rows_and_sentences() {
    let shop = shop();
    insta::assert_snapshot!(shop.text("ticket return T1 --line 2=1 --exchange"), @r"
    return
    id        WH/IN/00002
    kind      incoming
    state     ready
    origin    Return of WH/OUT/00001
    customer  C00001 Ada Ltd
    order     S00001
    ticket    T00001
    from      Customers
    to        WH/Stock
    date      2026-11-23

    lines
    LINE  PRODUCT  LOT   QUANTITY  DONE
       1  TV       SN-1         1     0

    replacement
    id        WH/OUT/00003
    kind      outgoing
    state     ready
    origin    Exchange for WH/IN/00002
    customer  C00001 Ada Ltd
    order     S00001
    ticket    T00001
    from      WH/Stock
    to        Customers
    date      2026-11-23

    lines
    LINE  PRODUCT  QUANTITY  DONE
       1  TV              1     0
    ");
    insta::assert_snapshot!(shop.text("transfer show WH/OUT/3"), @r"
    id                   WH/OUT/00003
    kind                 outgoing
    state                ready
    origin               Exchange for WH/IN/00002
    customer             C00001 Ada Ltd
    order                S00001
    ticket               T00001
    from                 WH/Stock
    to                   Customers
    exchange_of          WH/IN/00002
    keep_order_quantity  no
    date                 2026-11-23

    lines
    LINE  PRODUCT  QUANTITY  DONE
       1  TV              1     0
    ");
    insta::assert_snapshot!(shop.text("ticket return T1 --line 1=5"), @r"
    [stderr]
    error[return_exceeds_delivered]: 5 is more than the 3 left to return of line 1 of WH/OUT/00001
    hint: aftersales transfer show WH/OUT/00001
    [exit 13]
    ");
    insta::assert_snapshot!(shop.text("ticket return T1 --line 2=1"), @r"
    [stderr]
    error[return_exceeds_delivered]: 1 is more than the 0 left to return of line 2 of WH/OUT/00001: WH/IN/00002 took the rest back
    hint: aftersales transfer show WH/IN/00002
    [exit 13]
    ");
    insta::assert_snapshot!(shop.text("transfer validate WH/OUT/3"), @r"
    [stderr]
    error[lot_required]: TV is tracked: line 1 needs the lots of 1 more, named as --lot 1=LOT
    hint: aftersales stock list --location WH/Stock --product TV
    [exit 13]
    ");
}

#[test]
fn a_key_makes_one_return() {
    let shop = shop();
    let first = shop.done("ticket return T1 --line 1=1 --key r-1");
    let again = shop.ok("ticket return T1 --line 1=1 --key r-1");
    assert_eq!((&again["status"], &again["result"]), (&"replayed".into(), &first["result"]));
    shop.refused("ticket return T1 --line 1=2 --key r-1", "key_reused");
    // As lines of a bulk, with the lines as an object.
    let answers =
        shop.apply(r#"{"command":"ticket return","ticket":"T1","delivery":"WH/OUT/1","line":{"1":1},"exchange":true}"#);
    assert_eq!(answers[0]["created"], json!(["WH/IN/00003", "WH/OUT/00003"]));
}

#[test]
fn a_return_follows_the_product_and_lot_of_its_ticket() {
    let shop = shop();
    shop.done("ticket create --team Support --order S1 --product TV --lot SN-2 --subject 'No picture'");
    assert_eq!(shop.ok("ticket show T2")["customer"], "C00001");
    let options = shop.ok("ticket options T2");
    let returns =
        options["services"].as_array().unwrap().iter().find(|service| service["service"] == "returns").unwrap();
    assert_eq!(returns["fields"]["line"]["default"], json!(["3=1"]));
    let answer = shop.done("ticket return T2");
    assert_eq!(lines(&answer["result"]["return"]), ["1 TV SN-2 1 0"]);
    shop.refused("ticket return T2", "nothing_to_return");
    shop.refused("ticket return T2 --delivery WH/OUT/1", "nothing_to_return");
    // A line that is named may be another one.
    let answer = shop.done("ticket return T2 --delivery WH/OUT/1 --line 1=1");
    assert_eq!(lines(&answer["result"]["return"]), ["1 LAMP null 1 0"]);
    // The product alone leaves its lots open.
    shop.done("ticket create --team Support --order S1 --product TV --subject 'No picture either'");
    let answer = shop.done("ticket return T3");
    assert_eq!(lines(&answer["result"]["return"]), ["1 TV SN-1 1 0"]);
}

#[test]
fn what_was_returned_goes_back_from_its_ticket_and_stays_on_it() {
    let shop = shop();
    shop.done("ticket return T1 --line 1=2");
    shop.done("transfer validate WH/IN/2 --line 1=1");
    // The rest of it is on the ticket as well.
    assert_eq!(shop.ok("transfer show WH/IN/3")["ticket"], "T00001");
    shop.done("ticket create --team Support --customer C1 --subject 'Another'");
    shop.refused("ticket return T2 --delivery WH/IN/2", "delivery_not_offered");
    shop.refused("ticket return T1 --delivery WH/IN/3", "delivery_not_done");
    shop.refused("ticket return T1 --delivery WH/IN/2 --exchange", "invalid_value");
    let answer = shop.done("ticket return T1 --delivery WH/IN/2");
    let back = &answer["result"]["return"];
    assert_eq!([&back["id"], &back["ticket"], &back["to"]], ["WH/OUT/00003", "T00001", "Customers"]);
    shop.done("transfer validate WH/OUT/3");
    let answer = shop.done("transfer return WH/OUT/3");
    assert_eq!(answer["result"]["return"]["ticket"], "T00001");
}
