//! Transfers: reserving by age, moving in whole or in part, lots, backorders, moves within the stock (spec D5, D8).

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Shop, cases};

/// A shop with lamps, glue by lot and televisions by serial number, and nothing in stock.
fn empty_shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"product create","id":"GLUE","price":"4.00","tracking":"lot"}
{"command":"product create","id":"TV","price":"400.00","tracking":"serial"}
{"command":"product create","id":"FITTING","price":"20.00","type":"service"}
{"command":"lot create","id":"B-1","product":"GLUE"}
{"command":"lot create","id":"B-2","product":"GLUE"}
{"command":"lot create","id":"SN-1","product":"TV"}
{"command":"lot create","id":"SN-2","product":"TV"}
{"command":"lot create","id":"SN-3","product":"TV"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"location create","id":"WH/StockLevel","type":"internal"}"#,
    );
    shop
}

/// The same, with ten lamps, 2.5 of the glue B-1 and 3 of B-2, and three televisions in stock.
fn shop() -> Shop {
    let shop = empty_shop();
    shop.apply(
        r#"{"command":"transfer create","kind":"incoming","line":["LAMP=10","GLUE=5.5","TV=3"]}
{"command":"transfer validate","transfer":"WH/IN/1","lot":["2=B-1:2.5","2=B-2","3=SN-1","3=SN-2","3=SN-3"]}"#,
    );
    shop
}

fn receive(shop: &Shop, lamps: &str) -> Value {
    let made = shop.done(&format!("transfer create --kind incoming --line LAMP={lamps}"));
    shop.done(&format!("transfer validate {}", made["created"][0].as_str().unwrap()))
}

fn order(shop: &Shop, lines: &str) -> String {
    let id = shop.done(&format!("order create --customer C1 {lines}"))["created"][0].as_str().unwrap().to_owned();
    shop.done(&format!("order confirm {id}"));
    id
}

/// The states of these transfers.
fn states(shop: &Shop, ids: &[&str]) -> Vec<String> {
    let state = |id: &&str| shop.ok(&format!("transfer show {id}"))["state"].as_str().unwrap().to_owned();
    ids.iter().map(state).collect()
}

/// `product lot quantity reserved` of what lies at a place.
fn stock(shop: &Shop, location: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = shop.ok(&format!("stock list --location {location}"));
    let row = |row: &Value| ["product", "lot", "quantity", "reserved"].map(|key| text(&row[key])).join(" ");
    rows.as_array().unwrap().iter().map(row).collect()
}

/// `line product lot quantity done` of a transfer.
fn lines(transfer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |line: &Value| ["line", "product", "lot", "quantity", "done"].map(|key| text(&line[key])).join(" ");
    transfer["lines"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_receipt_brings_goods_and_lots_split_its_lines() {
    let shop = shop();
    let receipt = shop.ok("transfer show WH/IN/1");
    assert_eq!(
        lines(&receipt),
        [
            "1 LAMP null 10 10",
            "2 GLUE B-1 2.5 2.5",
            "3 TV SN-1 1 1",
            "4 GLUE B-2 3 3",
            "5 TV SN-2 1 1",
            "6 TV SN-3 1 1"
        ]
    );
    assert_eq!((&receipt["from"], &receipt["to"]), (&"Suppliers".into(), &"WH/Stock".into()));
    assert_eq!(
        stock(&shop, "WH/Stock"),
        ["LAMP - 10 0", "GLUE B-1 2.5 0", "GLUE B-2 3 0", "TV SN-1 1 0", "TV SN-2 1 0", "TV SN-3 1 0"]
    );
    shop.unchanged("transfer validate WH/IN/1");
    shop.refused("transfer cancel WH/IN/1", "state_not_allowed");
}

#[test]
fn a_transfer_has_its_keys_in_order() {
    let shop = shop();
    let keys: Vec<String> = shop.ok("transfer show WH/IN/1").as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "id",
            "kind",
            "state",
            "origin",
            "customer",
            "order",
            "ticket",
            "from",
            "to",
            "lines",
            "return_of",
            "exchange_of",
            "backorder_of",
            "keep_order_quantity",
            "date"
        ]
    );
}

#[test]
fn an_order_is_delivered_once() {
    let shop = shop();
    let draft = shop.done("order create --customer C1 --line LAMP=3 --line FITTING=1 --line LAMP=2");
    assert_eq!(draft["created"], json!(["S00001"]));
    let error = shop.refused("transfer create --order S1", "state_not_allowed");
    assert_eq!(error["hint"], "aftersales order confirm S00001");
    shop.done("order confirm S1");
    let delivery = &shop.done("transfer create --order S1")["result"]["transfer"];
    assert_eq!(lines(delivery), ["1 LAMP null 3 0", "2 LAMP null 2 0"]);
    assert_eq!(
        [&delivery["id"], &delivery["state"], &delivery["origin"], &delivery["customer"], &delivery["order"]],
        ["WH/OUT/00001", "ready", "S00001", "C00001", "S00001"]
    );
    shop.refused("transfer create --order S1", "state_not_allowed");
    shop.done("transfer validate WH/OUT/1 --line 1=1 --no-backorder");
    let delivered = |shop: &Shop| {
        let order = shop.ok("order show S1");
        order["lines"].as_array().unwrap().iter().map(|line| line["delivered"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(delivered(&shop), ["1", "0", "0"]);
    // What was dropped can be delivered later.
    let rest = &shop.done("transfer create --order S1")["result"]["transfer"];
    assert_eq!(lines(rest), ["1 LAMP null 2 0", "2 LAMP null 2 0"]);
    shop.done("transfer validate WH/OUT/2");
    assert_eq!(delivered(&shop), ["3", "0", "2"]);
    shop.refused("transfer create --order S1", "state_not_allowed");
}

#[test]
fn stock_goes_to_the_oldest_that_waits() {
    let shop = empty_shop();
    for lamps in [3, 2, 4] {
        shop.done(&format!("transfer create --kind outgoing --line LAMP={lamps}"));
    }
    let ids = ["WH/OUT/1", "WH/OUT/2", "WH/OUT/3"];
    assert_eq!(states(&shop, &ids), ["waiting", "waiting", "waiting"]);
    // Four come: three for the oldest, one is kept for the next.
    let came = receive(&shop, "4");
    assert_eq!(states(&shop, &ids), ["ready", "waiting", "waiting"]);
    assert_eq!(stock(&shop, "WH/Stock"), ["LAMP - 4 4"]);
    assert_eq!(came["created"], json!([]));
    let error = shop.refused("transfer validate WH/OUT/2", "stock_insufficient");
    assert_eq!((&error["given"], &error["allowed"]), (&"2".into(), &"1".into()));
    assert_eq!(error["field"], "line");
    shop.refused("transfer validate WH/OUT/3 --line 1=1", "stock_insufficient");
    // What is given up goes on, still by age.
    shop.done("transfer cancel WH/OUT/1");
    assert_eq!(states(&shop, &ids), ["cancelled", "ready", "waiting"]);
    assert_eq!(stock(&shop, "WH/Stock"), ["LAMP - 4 4"]);
    shop.unchanged("transfer cancel WH/OUT/1");
    shop.refused("transfer validate WH/OUT/1", "state_not_allowed");
    // Waiting, but in part: what it has reserved can go.
    shop.refused("transfer validate WH/OUT/3 --line 1=3", "stock_insufficient");
    let part = shop.done("transfer validate WH/OUT/3 --line 1=2");
    assert_eq!(part["created"], json!(["WH/OUT/00004"]));
    assert_eq!(states(&shop, &["WH/OUT/3", "WH/OUT/4"]), ["done", "waiting"]);
    receive(&shop, "2");
    assert_eq!(states(&shop, &["WH/OUT/2", "WH/OUT/4"]), ["ready", "ready"]);
}

#[test]
fn a_backorder_keeps_its_place_in_the_queue() {
    let shop = empty_shop();
    receive(&shop, "1");
    shop.done("transfer create --kind outgoing --line LAMP=3");
    shop.done("transfer create --kind outgoing --line LAMP=2");
    let part = shop.done("transfer validate WH/OUT/1 --line 1=1");
    assert_eq!(part["created"], json!(["WH/OUT/00003"]));
    let backorder = shop.ok("transfer show WH/OUT/3");
    assert_eq!((&backorder["backorder_of"], &backorder["state"]), (&"WH/OUT/00001".into(), &"waiting".into()));
    assert_eq!(lines(&backorder), ["1 LAMP null 2 0"]);
    assert_eq!(lines(&part["result"]["transfer"]), ["1 LAMP null 3 1"]);
    receive(&shop, "2");
    assert_eq!(states(&shop, &["WH/OUT/3", "WH/OUT/2"]), ["ready", "waiting"]);
}

#[test]
fn what_is_reserved_for_others_is_not_free() {
    let shop = empty_shop();
    receive(&shop, "5");
    shop.done("transfer create --kind outgoing --line LAMP=3");
    shop.done("transfer create --kind outgoing --line LAMP=4");
    let error = shop.refused("transfer validate WH/OUT/2", "stock_insufficient");
    assert_eq!(error["allowed"], "2");
    // More than all of a line is no part of it, even where stock would do.
    receive(&shop, "9");
    shop.refused("transfer validate WH/OUT/1 --line 1=4", "quantity_invalid");
    shop.done("transfer validate WH/OUT/1");
    shop.done("transfer validate WH/OUT/2");
    assert_eq!(stock(&shop, "WH/Stock"), ["LAMP - 7 0"]);
}

#[test]
fn a_tracked_product_goes_out_by_lot() {
    let shop = shop();
    shop.done("transfer create --kind outgoing --line TV=2 --line GLUE=3");
    // Reserving fills no lot: any two of the televisions are kept.
    assert_eq!(lines(&shop.ok("transfer show WH/OUT/1")), ["1 TV null 2 0", "2 GLUE null 3 0"]);
    let error = shop.refused("transfer validate WH/OUT/1", "lot_required");
    assert_eq!((&error["field"], &error["exit"]), (&"lot".into(), &13.into()));
    shop.refused("transfer validate WH/OUT/1 --line 1=2 --lot 1=SN-3", "lot_required");
    shop.refused("transfer validate WH/OUT/1 --line 1=1.5 --lot 1=SN-3", "quantity_invalid");
    shop.refused("transfer validate WH/OUT/1 --line 1=1 --lot 1=B-1", "lot_not_of_product");
    shop.refused("transfer validate WH/OUT/1 --line 1=1 --lot 1=SN-9", "not_found");
    shop.refused("transfer validate WH/OUT/1 --line 1=1 --lot 3=SN-1", "invalid_value");
    let error = shop.refused("transfer validate WH/OUT/1 --line 2=3 --lot 2=B-1", "stock_insufficient");
    assert_eq!(error["allowed"], "2.5");
    let done = shop.done("transfer validate WH/OUT/1 --lot 1=SN-3 --lot 1=SN-1 --lot 2=B-2:1 --lot 2=B-1:2");
    assert_eq!(
        lines(&done["result"]["transfer"]),
        ["1 TV SN-3 1 1", "2 GLUE B-2 1 1", "3 TV SN-1 1 1", "4 GLUE B-1 2 2"]
    );
    assert_eq!(stock(&shop, "WH/Stock"), ["LAMP - 10 0", "GLUE B-1 0.5 0", "GLUE B-2 2 0", "TV SN-2 1 0"]);
    shop.refused("transfer create --kind outgoing --line LAMP=1 --lot 1=SN-2", "lot_not_tracked");
}

#[test]
fn a_lot_that_is_named_is_kept_for_whom_it_is_named() {
    let shop = shop();
    shop.done("transfer create --kind outgoing --line TV=2");
    shop.done("transfer create --kind outgoing --line TV=1 --lot 1=SN-1");
    assert_eq!(states(&shop, &["WH/OUT/1", "WH/OUT/2"]), ["ready", "ready"]);
    let error = shop.refused("transfer validate WH/OUT/1 --lot 1=SN-1 --lot 1=SN-2", "stock_insufficient");
    assert_eq!(error["allowed"], "0");
    shop.refused("transfer validate WH/OUT/2 --lot 1=SN-2", "invalid_value");
    shop.done("transfer validate WH/OUT/1 --lot 1=SN-3 --lot 1=SN-2");
    shop.done("transfer validate WH/OUT/2");
    assert_eq!(stock(&shop, "WH/Stock").len(), 3);
    // One piece of a serial number is all there is.
    shop.done("transfer create --kind incoming --line TV=2");
    shop.refused("transfer validate WH/IN/2 --lot 1=SN-1:2", "quantity_invalid");
    shop.done("transfer validate WH/IN/2 --lot 1=SN-5 --lot 1=SN-6");
    shop.done("transfer create --kind incoming --line TV=1 --lot 1=SN-5");
    let error = shop.refused("transfer validate WH/IN/3", "lot_elsewhere");
    assert_eq!(error["field"], "lot");
}

#[test]
fn goods_move_within_the_stock() {
    let shop = shop();
    shop.refused("transfer create --kind internal --line LAMP=4", "missing_field");
    shop.refused("transfer create --kind internal --line LAMP=4 --to Customers", "location_not_allowed");
    shop.refused("transfer create --kind internal --line LAMP=4 --to WH/Stock", "invalid_value");
    let moved = shop.done("transfer create --kind internal --line LAMP=4 --to WH/StockLevel");
    assert_eq!(moved["created"], json!(["WH/INT/00001"]));
    // A delivery from the stock level waits until the move is done.
    shop.done("transfer create --kind outgoing --line LAMP=1 --from WH/StockLevel --customer C1");
    assert_eq!(states(&shop, &["WH/INT/1", "WH/OUT/1"]), ["ready", "waiting"]);
    shop.done("transfer validate WH/INT/1");
    assert_eq!(states(&shop, &["WH/INT/1", "WH/OUT/1"]), ["done", "ready"]);
    assert_eq!(stock(&shop, "WH/StockLevel"), ["LAMP - 4 1"]);
    assert_eq!(stock(&shop, "WH/Stock")[0], "LAMP - 6 0");
}

#[test]
fn what_a_transfer_is_made_of_is_checked() {
    let shop = shop();
    let order = order(&shop, "--line LAMP=1");
    for (words, code, field) in [
        ("--line LAMP=1", "missing_field", "kind"),
        ("--kind incoming", "missing_field", "line"),
        ("--kind sideways --line LAMP=1", "invalid_value", "kind"),
        ("--kind incoming --line LAMP=0", "quantity_invalid", "line"),
        ("--kind incoming --line LAMP=-1", "quantity_invalid", "line"),
        ("--kind incoming --line TV=0.5", "quantity_invalid", "line"),
        ("--kind incoming --line FITTING=1", "invalid_value", "line"),
        ("--kind incoming --line LAMP=1@4", "invalid_value", "line"),
        ("--kind incoming --line LAMP=1 --date ''", "missing_field", "date"),
        ("--kind incoming --line NONE=1", "not_found", "line"),
        ("--kind incoming --line LAMP=1 --to Nowhere", "not_found", "to"),
        ("--kind incoming --line LAMP=1 --to Customers", "location_not_allowed", "to"),
        ("--kind outgoing --line LAMP=1 --from Suppliers", "location_not_allowed", "from"),
        ("--kind outgoing --line LAMP=1 --customer C9", "not_found", "customer"),
        ("--order S9", "not_found", "order"),
        (&format!("--order {order} --kind incoming"), "invalid_value", "kind"),
        (&format!("--order {order} --line LAMP=1"), "invalid_value", "line"),
        (&format!("--order {order} --customer C1"), "invalid_value", "customer"),
    ] {
        let error = shop.refused(&format!("transfer create {words}"), code);
        assert_eq!(error["field"], field, "{words}");
    }
    let error = shop.refused("transfer create --line LAMP=0 --line FITTING=1", "missing_field");
    let others: Vec<_> = error["others"].as_array().unwrap().iter().map(|fault| &fault["code"]).collect();
    assert_eq!(others, ["quantity_invalid", "invalid_value"]);
}

#[test]
fn values_of_a_validation_are_checked() {
    let shop = shop();
    shop.done("transfer create --kind outgoing --line LAMP=3 --line LAMP=1");
    for (words, code) in [
        ("--line 3=1", "invalid_value"),
        ("--line 0=1", "invalid_value"),
        ("--line 1=1 --line 1=2", "invalid_value"),
        ("--line 1=-1", "quantity_invalid"),
        ("--line 1=0 --line 2=0", "quantity_invalid"),
        ("--line 1", "invalid_value"),
    ] {
        let error = shop.refused(&format!("transfer validate WH/OUT/1 {words}"), code);
        assert_eq!(error["field"], "line", "{words}");
    }
    let done = shop.done("transfer validate WH/OUT/1 --line 1=0 --line 2=1 --no-backorder");
    assert_eq!(
        (lines(&done["result"]["transfer"]), &done["created"]),
        (vec!["1 LAMP null 3 0".to_owned(), "2 LAMP null 1 1".to_owned(),], &json!([]))
    );
    // What was dropped is free again.
    assert_eq!(stock(&shop, "WH/Stock")[0], "LAMP - 9 0");
}

#[test]
fn a_dry_run_shows_the_backorder_and_takes_no_number() {
    let shop = shop();
    shop.done("transfer create --kind outgoing --line LAMP=3");
    for _ in 0..2 {
        let planned = shop.ok("transfer validate WH/OUT/1 --line 1=1 --dry-run");
        assert_eq!((&planned["status"], &planned["created"]), (&"planned".into(), &json!(["WH/OUT/00002"])));
    }
    assert_eq!(states(&shop, &["WH/OUT/1"]), ["ready"]);
}

#[test]
fn the_date_is_the_planned_day_until_it_is_done() {
    let shop = shop();
    let made = shop.done("transfer create --kind outgoing --line LAMP=1 --date 2026-12-24");
    assert_eq!(made["result"]["transfer"]["date"], "2026-12-24");
    let done = shop.done("transfer validate WH/OUT/1");
    assert_eq!(done["result"]["transfer"]["date"], "2026-11-23");
}

/// What a random desk does; numbers pick among what is there.
#[derive(Debug, Clone)]
enum Step {
    Receive(u8),
    Deliver(u8),
    Move(u8),
    Validate { kind: u8, number: u8, part: Option<u8>, dropped: bool },
    Cancel { kind: u8, number: u8 },
    Return { number: u8, part: Option<u8>, exchange: bool },
    SendBack { number: u8, part: Option<u8> },
}

fn step() -> impl Strategy<Value = Step> {
    let part = || prop::option::of(0_u8..5);
    prop_oneof![
        (1_u8..6).prop_map(Step::Receive),
        (1_u8..5).prop_map(Step::Deliver),
        (1_u8..4).prop_map(Step::Move),
        (0_u8..3, 1_u8..6, part(), any::<bool>()).prop_map(|(kind, number, part, dropped)| Step::Validate {
            kind,
            number,
            part,
            dropped
        }),
        (0_u8..3, 1_u8..6, part(), any::<bool>()).prop_map(|(kind, number, part, dropped)| Step::Validate {
            kind,
            number,
            part,
            dropped
        }),
        (0_u8..3, 1_u8..6).prop_map(|(kind, number)| Step::Cancel { kind, number }),
        (1_u8..6, part(), any::<bool>()).prop_map(|(number, part, exchange)| Step::Return { number, part, exchange }),
        (1_u8..6, part()).prop_map(|(number, part)| Step::SendBack { number, part }),
    ]
}

impl Step {
    fn command(&self) -> Value {
        let id = |kind: u8, number: u8| format!("WH/{}/{number}", ["IN", "OUT", "INT"][usize::from(kind)]);
        let lines = |part: Option<u8>| part.map_or(json!([]), |part| json!([format!("1={part}")]));
        match *self {
            Step::Receive(lamps) => {
                json!({"command": "transfer create", "kind": "incoming", "line": [format!("LAMP={lamps}")]})
            }
            Step::Deliver(lamps) => json!({"command": "transfer create", "kind": "outgoing", "customer": "C1",
                "line": [format!("LAMP={lamps}"), "LAMP=1"]}),
            Step::Move(lamps) => json!({"command": "transfer create", "kind": "internal", "to": "WH/StockLevel",
                "line": [format!("LAMP={lamps}")]}),
            Step::Validate { kind, number, part, dropped } => json!({"command": "transfer validate",
                "transfer": id(kind, number), "line": lines(part), "no_backorder": dropped}),
            Step::Cancel { kind, number } => json!({"command": "transfer cancel", "transfer": id(kind, number)}),
            Step::Return { number, part, exchange } => json!({"command": "ticket return", "ticket": "T1",
                "delivery": id(1, number), "line": lines(part), "exchange": exchange}),
            Step::SendBack { number, part } => {
                json!({"command": "transfer return", "transfer": id(0, number), "line": lines(part)})
            }
        }
    }
}

/// The refusals that a random step may meet; anything else is a fault of the program.
const REFUSALS: [&str; 10] = [
    "not_found",
    "state_not_allowed",
    "stock_insufficient",
    "quantity_invalid",
    "invalid_value",
    "delivery_not_done",
    "delivery_not_offered",
    "nothing_to_return",
    "return_exceeds_delivered",
    "location_not_allowed",
];

fn units(value: &Value) -> i64 {
    value.as_str().unwrap().parse().unwrap()
}

/// Goods are only moved: what came in from outside and did not go out again lies in stock.
fn check_balance(shop: &Shop) {
    let transfers = shop.ok("transfer list --state done");
    let mut balance = 0;
    for transfer in transfers.as_array().unwrap() {
        let done: i64 = transfer["lines"].as_array().unwrap().iter().map(|line| units(&line["done"])).sum();
        match transfer["kind"].as_str().unwrap() {
            "incoming" => balance += done,
            "outgoing" => balance -= done,
            _ => {}
        }
    }
    let stock = shop.ok("stock list");
    let lies: i64 = stock.as_array().unwrap().iter().map(|row| units(&row["quantity"])).sum();
    assert_eq!(lies, balance);
}

/// Nothing that waits could be served by what is free.
fn check_queue(shop: &Shop) {
    for transfer in shop.ok("transfer list --state waiting").as_array().unwrap() {
        let from = transfer["from"].as_str().unwrap();
        let free: i64 = shop
            .ok(&format!("stock list --location {from}"))
            .as_array()
            .unwrap()
            .iter()
            .map(|row| units(&row["quantity"]) - units(&row["reserved"]))
            .sum();
        assert_eq!(free, 0, "{transfer} waits while stock is free");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(18), max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_moved_stock_and_returns_add_up(steps in prop::collection::vec(step(), 1..60)) {
        let shop = empty_shop();
        shop.apply(
            r#"{"command":"team create","id":"Support","service":["returns"]}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Flickers"}
{"command":"transfer create","kind":"incoming","line":["LAMP=6"]}
{"command":"transfer validate","transfer":"WH/IN/1"}"#,
        );
        let input: String = steps.iter().map(|step| format!("{}\n", step.command())).collect();
        let ran = shop.run_with("apply -o ndjson", input);
        for answer in ran.stdout.lines() {
            let answer: Value = serde_json::from_str(answer).unwrap();
            let refused = answer["error"]["code"].as_str();
            prop_assert!(refused.is_none_or(|code| REFUSALS.contains(&code)), "{}", answer);
        }
        check_balance(&shop);
        check_queue(&shop);
        // The shop is verified as it closes: stored stock, reservations and returned quantities are derived anew.
        shop.told_to_the_end();
    }
}

/// `delivered` of each line of an order.
fn delivered(shop: &Shop, order: &str) -> Vec<Value> {
    let order = shop.ok(&format!("order show {order}"));
    order["lines"].as_array().unwrap().iter().map(|line| line["delivered"].clone()).collect()
}

#[test]
fn what_is_left_to_deliver_is_one_thing_for_import_and_order() {
    let shop = shop();
    shop.done("team create Support --service returns");
    let id = order(&shop, "--line LAMP=3@40 --line LAMP=2@30");
    shop.done(&format!("transfer create --order {id}"));
    shop.done("transfer validate WH/OUT/1");
    shop.done(&format!("ticket create --team Support --subject 'Too many' --order {id}"));
    shop.done("ticket return T1 --line 2=2");
    shop.done("transfer validate WH/IN/2");
    assert_eq!(delivered(&shop, &id), ["3", "0"]);
    let planned = shop.ok(&format!("transfer create --order {id} --dry-run"));
    assert_eq!(lines(&planned["result"]["transfer"]), ["1 LAMP null 2 0"]);
    let line = format!(
        r#"{{"record":"transfer","id":"WH/OUT/77","kind":"outgoing","order":"{id}","state":"done","lines":[{{"product":"LAMP","quantity":"2"}}]}}"#
    );
    assert_eq!(shop.run_with("import", &line).code, 0);
    assert_eq!(delivered(&shop, &id), ["3", "2"]);
    // What comes back without naming its delivery is of a line that has so much delivered.
    let line = format!(
        r#"{{"record":"transfer","id":"WH/IN/77","kind":"incoming","order":"{id}","state":"done","lines":[{{"product":"LAMP","quantity":"3"}}]}}"#
    );
    assert_eq!(shop.run_with("import", &line).code, 0);
    assert_eq!(delivered(&shop, &id), ["0", "2"]);
}

#[test]
fn a_list_of_transfers_is_asked_by_what_they_are_and_when() {
    let shop = shop();
    let order = order(&shop, "--line LAMP=2");
    shop.apply(&format!(
        r#"{{"command":"transfer create","order":"{order}","date":"2026-12-24"}}
{{"command":"transfer create","kind":"outgoing","customer":"C1","line":["LAMP=99"],"date":"2027-01-05"}}
{{"command":"transfer create","kind":"internal","line":["LAMP=1"],"to":"WH/StockLevel","date":"2026-12-01"}}
{{"command":"transfer cancel","transfer":"WH/INT/1"}}"#
    ));
    for (words, ids) in [
        ("--kind outgoing", "WH/OUT/00001 WH/OUT/00002"),
        ("--kind outgoing --kind internal --newest", "WH/INT/00001 WH/OUT/00002 WH/OUT/00001"),
        ("--state waiting --state cancelled", "WH/OUT/00002 WH/INT/00001"),
        ("--customer 'ada ltd' --state ready", "WH/OUT/00001"),
        ("--order S00001", "WH/OUT/00001"),
        ("--order '' --kind outgoing", "WH/OUT/00002"),
        ("--from Suppliers", "WH/IN/00001"),
        ("--to WH/StockLevel", "WH/INT/00001"),
        ("--id WH/OUT/2", "WH/OUT/00002"),
        ("--backorder-of '' --return-of '' --exchange-of '' --kind internal", "WH/INT/00001"),
        ("--keep-order-quantity yes", ""),
        ("--date 2026-12", "WH/OUT/00001 WH/INT/00001"),
        ("--date 2026-12-02..2027-01-05", "WH/OUT/00001 WH/OUT/00002"),
        ("--since 2026-12-24", "WH/OUT/00001 WH/OUT/00002"),
        ("--since 2026-12-01 --until 2026-12-24 --sort -date", "WH/OUT/00001 WH/INT/00001"),
        ("--search s00001", "WH/OUT/00001"),
        ("--kind outgoing --sort -state --limit 1", "WH/OUT/00002"),
    ] {
        let found = shop.run(&format!("transfer list {words} -o ids")).stdout;
        assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), ids, "{words}");
    }
    for (words, code, field) in [
        ("--kind sideways", "invalid_value", "kind"),
        ("--date someday", "invalid_value", "date"),
        ("--to Atlantis", "not_found", "to"),
        ("--order S9", "not_found", "order"),
        ("--return-of WH/OUT/9", "not_found", "return_of"),
    ] {
        assert_eq!(shop.refused(&format!("transfer list {words}"), code)["field"], field, "{words}");
    }
    // A page tells each transfer with its own lines.
    let listed = shop.ok("transfer list --newest");
    let quantities = |transfer: &Value| {
        let lines = transfer["lines"].as_array().unwrap();
        lines.iter().map(|line| line["quantity"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let listed: Vec<String> = listed.as_array().unwrap().iter().map(quantities).collect();
    assert_eq!(listed, ["1", "99", "2", "10 2.5 1 3 1 1"]);
}
