//! Stock: who is served first, counts, and pieces with serial numbers that are in one place at a time (spec D8).

use serde_json::{Value, json};

use crate::support::Shop;

/// A shop with lamps, glue by lot and televisions by serial number, two customers, a team that returns and repairs, and
/// nothing in stock.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"product create","id":"BULB","price":"2.00"}
{"command":"product create","id":"GLUE","price":"4.00","tracking":"lot"}
{"command":"product create","id":"TV","price":"400.00","tracking":"serial"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"location create","id":"WH/Shelf","type":"internal","return_location":true}
{"command":"team create","id":"Support","service":["returns","repairs"]}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Broken"}"#,
    );
    shop
}

/// Receives goods into WH/Stock; `lots` are flags such as `--lot 1=SN-1`.
fn receive(shop: &Shop, line: &str, lots: &str) {
    let made = shop.done(&format!("transfer create --kind incoming --line {line} {lots}"));
    shop.done(&format!("transfer validate {}", made["created"][0].as_str().unwrap()));
}

/// A delivery to that customer, validated.
fn deliver(shop: &Shop, customer: &str, line: &str, lots: &str) -> String {
    let made = shop.done(&format!("transfer create --kind outgoing --customer {customer} --line {line} {lots}"));
    let id = made["created"][0].as_str().unwrap().to_owned();
    shop.done(&format!("transfer validate {id}"));
    id
}

fn state(shop: &Shop, transfer: &str) -> Value {
    shop.ok(&format!("transfer show {transfer}"))["state"].clone()
}

fn part_states(shop: &Shop, repair: &str) -> Vec<Value> {
    let repair = shop.ok(&format!("repair show {repair}"));
    repair["parts"].as_array().unwrap().iter().map(|part| part["state"].clone()).collect()
}

/// `id quantity reserved` of all that lies of a product.
fn lying(shop: &Shop, product: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = shop.ok(&format!("stock list --product {product}"));
    let row = |row: &Value| ["id", "quantity", "reserved"].map(|key| text(&row[key])).join(" ");
    rows.as_array().unwrap().iter().map(row).collect()
}

/// A repair of a lamp with that part, confirmed; nothing needs to be on hand.
fn repair(shop: &Shop, part: &str) -> String {
    let made = shop.done(&format!("ticket repair T1 --product LAMP --part {part} --confirm --yes"));
    made["created"][0].as_str().unwrap().to_owned()
}

#[test]
fn what_a_removed_part_frees_goes_to_the_oldest_that_waits() {
    let shop = shop();
    receive(&shop, "BULB=1", "");
    let id = repair(&shop, "BULB=1");
    shop.done("transfer create --kind outgoing --customer C1 --line BULB=1");
    shop.done(&format!("repair add-part {id} BULB=3"));
    assert_eq!(state(&shop, "WH/OUT/1"), "waiting");
    let answer = shop.done(&format!("repair remove-part {id} 1"));
    assert_eq!(answer["result"]["repair"]["parts"][0]["state"], "missing");
    assert_eq!(state(&shop, "WH/OUT/1"), "ready");
}

#[test]
fn whatever_frees_or_brings_goods_serves_the_oldest_that_waits() {
    type Freed<'f> = (&'f str, &'f str);
    let freed: [Freed<'_>; 8] = [
        ("a part that needs less", "repair edit-part WH/RO/1 1 --quantity 0"),
        ("a part of another kind", "repair edit-part WH/RO/1 1 --kind remove"),
        ("a list of other parts", "repair edit WH/RO/1 --part LAMP=1"),
        ("a repair that is cancelled", "repair cancel WH/RO/1"),
        ("a count that finds one", "stock count BULB --quantity 2"),
        ("a receipt", "transfer validate WH/IN/2"),
        ("a delivery that is cancelled", "transfer cancel WH/OUT/9"),
        ("a part that is not used", "repair finish WH/RO/1 --line 1=0"),
    ];
    for (what, command) in freed {
        let shop = shop();
        receive(&shop, "BULB=1", "");
        shop.done("transfer create --kind incoming --line BULB=1");
        let last = command.ends_with("WH/OUT/9");
        if last {
            shop.done("transfer create --kind outgoing --line BULB=1");
        } else {
            repair(&shop, "BULB=1");
            shop.done("repair start WH/RO/1");
        }
        let waiting = shop.done("transfer create --kind outgoing --customer C1 --line BULB=1");
        let waiting = waiting["created"][0].as_str().unwrap();
        let younger = shop.done("ticket repair T1 --product LAMP --part BULB=1 --confirm --yes");
        let younger = younger["created"][0].as_str().unwrap();
        assert_eq!(state(&shop, waiting), "waiting");
        shop.done(&command.replace("WH/OUT/9", "WH/OUT/1"));
        assert_eq!(state(&shop, waiting), "ready", "{what}");
        assert_eq!(part_states(&shop, younger), ["missing"], "{what}");
    }
}

#[test]
fn what_is_removed_into_scrap_serves_who_waits_there() {
    let shop = shop();
    shop.done("transfer create --kind internal --from Scrap --to WH/Shelf --line BULB=1");
    assert_eq!(state(&shop, "WH/INT/1"), "waiting");
    let id = repair(&shop, "remove:BULB=1");
    shop.done(&format!("repair start {id}"));
    shop.done(&format!("repair finish {id}"));
    assert_eq!(state(&shop, "WH/INT/1"), "ready");
    // What is recycled serves who waits in the main stock.
    shop.done("transfer create --kind outgoing --line BULB=1");
    let id = repair(&shop, "recycle:BULB=1");
    shop.done(&format!("repair start {id}"));
    shop.done(&format!("repair finish {id}"));
    assert_eq!(state(&shop, "WH/OUT/1"), "ready");
}

#[test]
fn a_repair_comes_with_its_confirmation_and_not_with_its_draft() {
    let shop = shop();
    shop.done("ticket repair T1 --product LAMP --part BULB=1");
    shop.done("transfer create --kind outgoing --line BULB=1");
    let answer = shop.done("repair confirm WH/RO/1 --yes");
    let warnings = answer["warnings"].as_array().unwrap();
    let short = "part 1 needs 1 of BULB, and 0 are reserved for it";
    assert!(warnings.iter().any(|warning| warning["message"] == short), "{answer}");
    receive(&shop, "BULB=1", "");
    assert_eq!((state(&shop, "WH/OUT/1"), part_states(&shop, "WH/RO/1")), (json!("ready"), vec![json!("missing")]));
}

#[test]
fn a_transfer_and_a_repair_use_their_own_goods_on_another_line() {
    let shop = shop();
    receive(&shop, "BULB=4", "");
    shop.done("transfer create --kind outgoing --line BULB=5 --line BULB=4");
    assert_eq!(lying(&shop, "BULB"), ["BULB@WH/Stock 4 4"]);
    let refused = shop.refused("transfer validate WH/OUT/1 --line 1=2 --line 2=3", "stock_insufficient");
    assert_eq!((&refused["given"], &refused["allowed"]), (&json!("3"), &json!("2")));
    shop.done("transfer validate WH/OUT/1 --line 2=4 --no-backorder");
    assert_eq!(lying(&shop, "BULB"), Vec::<String>::new());

    receive(&shop, "BULB=4", "");
    shop.done("ticket repair T1 --product LAMP --part BULB=5 --part BULB=4 --confirm --yes");
    shop.done("repair start WH/RO/1");
    shop.refused("repair finish WH/RO/1 --line 1=2 --line 2=3", "stock_insufficient");
    shop.done("repair finish WH/RO/1 --line 2=4");
    assert_eq!(lying(&shop, "BULB"), Vec::<String>::new());

    // What another line left of it stays reserved for the rest.
    receive(&shop, "BULB=4", "");
    shop.done("transfer create --kind outgoing --line BULB=5 --line BULB=4");
    let answer = shop.done("transfer validate WH/OUT/2 --line 2=3");
    assert_eq!(answer["created"], json!(["WH/OUT/00003"]));
    assert_eq!(
        (state(&shop, "WH/OUT/3"), lying(&shop, "BULB")),
        (json!("waiting"), vec!["BULB@WH/Stock 1 1".to_owned()])
    );
}

#[test]
fn a_receipt_makes_its_lots_and_serial_numbers() {
    let shop = shop();
    shop.done("transfer create --kind incoming --line LAMP=1 --line GLUE=5 --line TV=12");
    let answer = shop.done(
        "transfer validate WH/IN/1 --lot 2=B-1:2 --lot 2=B-2 --lot 3=SN-001..SN-010 --lot 3=SN-A --line 1=1 --line 2=5 --line 3=11",
    );
    assert_eq!(answer["created"], json!(["WH/IN/00002"]), "lots are by-products");
    let lines = answer["result"]["transfer"]["lines"].as_array().unwrap().clone();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            format!("{} {} {}", line["line"], line["lot"].as_str().unwrap_or("-"), line["done"].as_str().unwrap())
        })
        .collect();
    assert_eq!(told[..4], ["1 - 1", "2 B-1 2", "3 SN-001 1", "4 B-2 3"]);
    assert_eq!((told.len(), told.last().unwrap().as_str()), (14, "14 SN-A 1"));
    assert_eq!(shop.ok("lot list --product TV").as_array().unwrap().len(), 11);
    // In a range some may be there already; a receipt that is only made names its lots too.
    shop.done("lot create SN-021 --product TV");
    let made = shop.done("transfer create --kind incoming --line TV=3 --lot 1=SN-020..SN-021");
    assert_eq!(made["result"]["transfer"]["lines"][1]["lot"], "SN-021");
    assert_eq!(made["result"]["transfer"]["lines"][2]["lot"], Value::Null);
    // What a delivery names has to be there, as what a return brings.
    shop.refused("transfer create --kind outgoing --line TV=1 --lot 1=SN-999", "not_found");
    deliver(&shop, "C1", "TV=2", "--lot 1=SN-001..SN-002");
    shop.done("transfer return WH/OUT/1");
    shop.refused("transfer validate WH/IN/4 --lot 1=SN-999", "not_found");
    for (words, code) in [
        ("transfer validate WH/IN/2 --lot 9=SN-300", "invalid_value"),
        ("transfer validate WH/IN/2 --lot 1=SN-300..SN-301", "quantity_invalid"),
        ("transfer create --kind incoming --line LAMP=1 --lot 1=B-9", "lot_not_tracked"),
        ("transfer create --kind incoming --line TV=1 --lot 1=B-1", "lot_not_of_product"),
    ] {
        shop.refused(words, code);
    }
    shop.refused("lot show SN-300", "not_found");
}

#[test]
fn a_piece_is_in_one_place_at_a_time() {
    let shop = shop();
    receive(&shop, "TV=2", "--lot 1=SN-1..SN-2");
    // In stock already.
    shop.done("transfer create --kind incoming --line TV=1");
    let refused = shop.refused("transfer validate WH/IN/2 --lot 1=SN-1", "lot_elsewhere");
    assert_eq!((&refused["field"], &refused["hint"]), (&json!("lot"), &json!("aftersales lot show SN-1")));
    // At a customer, until that customer's return.
    deliver(&shop, "C1", "TV=1", "--lot 1=SN-1");
    shop.refused("transfer validate WH/IN/2 --lot 1=SN-1", "lot_elsewhere");
    shop.done("transfer create --kind incoming --customer C2 --line TV=1 --lot 1=SN-1");
    shop.refused("transfer validate WH/IN/3", "lot_elsewhere");
    shop.refused("stock count TV --lot SN-1 --quantity 1", "lot_elsewhere");
    shop.done("transfer return WH/OUT/1");
    shop.done("transfer validate WH/IN/4");
    // It went on to another customer: only that delivery is returned.
    deliver(&shop, "C2", "TV=1", "--lot 1=SN-1");
    shop.done("transfer return WH/OUT/2");
    shop.done("transfer validate WH/IN/5 --no-backorder");
    let second = deliver(&shop, "C1", "TV=1", "--lot 1=SN-1");
    // What a customer brings without a paper is theirs to bring; the delivery is not returned once more.
    shop.done("transfer create --kind incoming --customer C1 --line TV=1 --lot 1=SN-1");
    shop.done("transfer validate WH/IN/6");
    shop.refused(&format!("transfer return {second}"), "lot_elsewhere");
    deliver(&shop, "C2", "TV=1", "--lot 1=SN-1");
    shop.refused(&format!("transfer return {second}"), "lot_elsewhere");
    shop.done("transfer return WH/OUT/4");
}

#[test]
fn the_life_of_a_lot_is_told() {
    let shop = shop();
    receive(&shop, "TV=1", "--lot 1=SN-1");
    shop.clock("2026-11-24T10:00:00Z");
    deliver(&shop, "C1", "TV=1", "--lot 1=SN-1");
    let shown = shop.ok("lot show SN-1");
    assert_eq!((&shown["stock"], &shown["customers"]), (&json!([]), &json!([{"customer": "C00001", "quantity": "1"}])));
    shop.clock("2026-11-25T10:00:00Z");
    shop.done("ticket return T1 --location WH/Shelf");
    shop.done("transfer validate WH/IN/2");
    shop.done("ticket repair T1 --product TV --return WH/IN/2 --confirm");
    assert_eq!(shop.ok("repair show WH/RO/1")["lot"], "SN-1", "the return's only lot");
    shop.done("repair start WH/RO/1");
    shop.done("repair finish WH/RO/1");
    shop.done("ticket return T1 --delivery WH/IN/2");
    shop.done("transfer validate WH/OUT/2");
    let shown = shop.ok("lot show SN-1");
    let life: Vec<String> = shown["life"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
            ["date", "kind", "document", "customer"].map(text).join(" ")
        })
        .collect();
    assert_eq!(
        life,
        [
            "2026-11-23 received WH/IN/00001 -",
            "2026-11-24 delivered WH/OUT/00001 C00001",
            "2026-11-25 returned WH/IN/00002 C00001",
            "2026-11-25 repaired WH/RO/00001 C00001",
            "2026-11-25 sent_back WH/OUT/00002 C00001",
        ]
    );
    assert_eq!(shown["customers"], json!([{"customer": "C00001", "quantity": "1"}]));
    assert_eq!(shop.ok("transfer show WH/OUT/2")["ticket"], "T00001");
}

#[test]
fn a_count_writes_the_difference_as_a_move() {
    let shop = shop();
    receive(&shop, "BULB=5", "");
    let answer = shop.done("stock count BULB --quantity 3 --reason 'Two broke'");
    assert_eq!(answer["created"], json!(["WH/INT/00001"]));
    assert_eq!(answer["result"]["stock"]["quantity"], "3");
    let moved = shop.ok("transfer show WH/INT/1");
    assert_eq!(
        ["state", "origin", "from", "to"].map(|key| moved[key].as_str().unwrap()),
        ["done", "Two broke", "WH/Stock", "Inventory Loss"]
    );
    shop.unchanged("stock count BULB --quantity 3");
    shop.unchanged("stock count LAMP --quantity 0 --location WH/Shelf");
    shop.done("stock count BULB --quantity 4.5 --location WH/Shelf");
    assert_eq!(lying(&shop, "BULB"), ["BULB@WH/Stock 3 0", "BULB@WH/Shelf 4.5 0"]);
    shop.done("lot create B-1 --product GLUE");
    shop.done("lot create SN-1 --product TV");
    shop.done("stock count GLUE --quantity 2.5 --lot B-1");
    shop.done("stock count TV --quantity 1 --lot SN-1");
    for (words, code) in [
        ("stock count BULB", "missing_field"),
        ("stock count BULB --quantity -1", "quantity_invalid"),
        ("stock count GLUE --quantity 1", "lot_required"),
        ("stock count TV --quantity 1", "lot_required"),
        ("stock count TV --quantity 2 --lot SN-1", "quantity_invalid"),
        ("stock count BULB --quantity 1 --lot B-1", "lot_not_tracked"),
        ("stock count GLUE --quantity 1 --lot SN-1", "lot_not_of_product"),
        ("stock count BULB --quantity 1 --location Customers", "location_not_allowed"),
        ("stock count NOTHING --quantity 1", "not_found"),
        ("location edit 'Inventory Loss' --type scrap", "state_not_allowed"),
    ] {
        shop.refused(words, code);
    }
    // A count can be taken back like any move.
    shop.done("transfer return WH/INT/1");
    shop.done("transfer validate WH/INT/5");
    assert_eq!(lying(&shop, "BULB")[0], "BULB@WH/Stock 5 0");
}

#[test]
fn what_is_counted_away_is_missed_by_who_came_last() {
    let shop = shop();
    receive(&shop, "BULB=3", "");
    for _ in 0..3 {
        shop.done("transfer create --kind outgoing --line BULB=1");
    }
    let answer = shop.done("stock count BULB --quantity 1");
    let states: Vec<Value> = ["WH/OUT/1", "WH/OUT/2", "WH/OUT/3"].map(|id| state(&shop, id)).to_vec();
    assert_eq!(states, ["ready", "waiting", "waiting"]);
    assert_eq!(answer["warnings"][0]["message"], "WH/OUT/00002 waits again for 1 of BULB");
    assert_eq!(answer["warnings"].as_array().unwrap().len(), 2);
    shop.done("stock count BULB --quantity 2");
    assert_eq!(state(&shop, "WH/OUT/2"), "ready");
}

#[test]
fn the_loss_is_where_counts_say_it_is() {
    let shop = shop();
    // Its name stands for its type before the first count makes it, and as an old desk may have it.
    shop.refused("location create 'Inventory Loss' --type internal", "state_not_allowed");
    shop.done("location create 'Inventory Loss' --type production");
    shop.done("stock count BULB --quantity 2");
    assert_eq!(shop.ok("transfer show WH/INT/1")["from"], "Inventory Loss");
}

#[test]
fn what_lies_somewhere_or_returns_go_to_stays_of_its_type() {
    let shop = shop();
    shop.done("team edit Support --return-location WH/Shelf");
    let refused = shop.refused("location edit WH/Shelf --type scrap", "state_not_allowed");
    assert_eq!(refused["hint"], "aftersales team show Support");
    let lines = r#"{"record":"location","id":"WH/Shelf","type":"scrap","return_location":true}"#;
    let ran = shop.run_with("import --update -o json", lines);
    assert!(ran.code == 13 && ran.stdout.contains("state_not_allowed"), "{ran:?}");
    shop.done("team edit Support --return-location ''");
    shop.done("stock count BULB --quantity 1 --location WH/Shelf");
    shop.refused("location edit WH/Shelf --type scrap", "state_not_allowed");
}

#[test]
fn nothing_moves_to_where_it_is() {
    let shop = shop();
    receive(&shop, "BULB=1", "");
    shop.refused("transfer create --kind internal --line BULB=1 --to WH/Stock", "invalid_value");
    shop.done("transfer create --kind internal --line BULB=1 --to WH/Shelf");
    shop.done("transfer validate WH/INT/1");
    shop.refused("transfer return WH/INT/1 --location WH/Shelf", "location_not_allowed");
    shop.done("transfer return WH/INT/1");
}

#[test]
fn opening_counts_of_what_is_tracked_name_the_lot() {
    let shop = shop();
    for product in ["TV", "GLUE"] {
        let line = format!(r#"{{"record":"stock","product":"{product}","location":"WH/Stock","quantity":"1"}}"#);
        let ran = shop.run_with("import -o json", &line);
        assert!(ran.code == 13 && ran.stdout.contains(r#""code":"lot_required""#), "{ran:?}");
    }
}

#[test]
fn a_list_of_stock_is_asked_by_product_place_lot_and_quantity() {
    let shop = shop();
    receive(&shop, "LAMP=10", "");
    receive(&shop, "GLUE=2.5", "--lot 1=B-1");
    receive(&shop, "GLUE=30", "--lot 1=B-2");
    shop.done("transfer create --kind internal --line LAMP=4 --to WH/Shelf");
    shop.done("transfer validate WH/INT/1");
    shop.done("transfer create --kind outgoing --customer C1 --line LAMP=2");
    shop.done("stock count BULB --quantity 1");
    shop.done("stock count BULB --quantity 0");
    for (words, ids) in [
        ("", "LAMP@WH/Stock GLUE@WH/Stock#B-1 GLUE@WH/Stock#B-2 LAMP@WH/Shelf"),
        ("--product LAMP", "LAMP@WH/Stock LAMP@WH/Shelf"),
        ("--product BULB", ""),
        ("--location WH/Shelf --location Scrap", "LAMP@WH/Shelf"),
        ("--product LAMP --location WH/Stock", "LAMP@WH/Stock"),
        ("--lot B-2", "GLUE@WH/Stock#B-2"),
        ("--lot '' --newest", "LAMP@WH/Shelf LAMP@WH/Stock"),
        ("--quantity 4", "LAMP@WH/Shelf"),
        ("--quantity 5..", "LAMP@WH/Stock GLUE@WH/Stock#B-2"),
        ("--quantity ..2.5", "GLUE@WH/Stock#B-1"),
        ("--reserved 1..", "LAMP@WH/Stock"),
        ("--id LAMP@WH/Shelf", "LAMP@WH/Shelf"),
        ("--sort quantity", "GLUE@WH/Stock#B-1 LAMP@WH/Shelf LAMP@WH/Stock GLUE@WH/Stock#B-2"),
        ("--sort -id --limit 1", "LAMP@WH/Stock"),
    ] {
        let found = shop.run(&format!("stock list {words} -o ids")).stdout;
        assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), ids, "{words}");
    }
    for (words, code, field) in [
        ("--product CHAIR", "not_found", "product"),
        ("--location Atlantis", "not_found", "location"),
        ("--lot b-2", "not_found", "lot"),
        ("--quantity some", "invalid_value", "quantity"),
    ] {
        assert_eq!(shop.refused(&format!("stock list {words}"), code)["field"], field, "{words}");
    }
    // What was emptied is stock no longer, but is still found by its id.
    assert_eq!(shop.ok("stock show BULB@WH/Stock")["quantity"], "0");
    shop.refused("stock show BULB@WH/Shelf", "not_found");
}

#[test]
fn where_no_stock_is_kept_none_is_listed() {
    let shop = shop();
    receive(&shop, "LAMP=3", "");
    deliver(&shop, "C1", "LAMP=2", "");
    for (location, hint, found) in [
        ("Customers", "transfer list --to Customers --state done", 1),
        ("Suppliers", "transfer list --from Suppliers --state done", 1),
        ("Production", "transfer list --to Production --state done", 0),
    ] {
        let error = shop.refused(&format!("stock list --location {location}"), "invalid_value");
        assert_eq!((&error["field"], &error["given"]), (&json!("location"), &json!(location)));
        assert_eq!(error["hint"], format!("aftersales {hint}"));
        assert_eq!(shop.ok(hint).as_array().unwrap().len(), found, "{hint}");
    }
    shop.refused("stock list --location WH/Stock --location Customers", "invalid_value");
    assert_eq!(shop.ok("stock list --location Scrap"), json!([]), "stock is kept there, and there is none");
    assert_eq!(shop.ok("stock list --location WH/Stock").as_array().unwrap().len(), 1);
}
