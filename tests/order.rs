//! Orders: written, edited, confirmed, cancelled; carts; what is invoiced of them (spec C6, B11, B15, D7).

use serde_json::{Value, json};

use crate::support::Shop;

/// A shop with taxes, products and two customers; S00001 is Ada's draft of three lamps and two saws.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"tax create","id":"ECO5","rate":"5","included":true}
{"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00","tax":["VAT20"]}
{"command":"product create","id":"BULB","name":"Bulb","price":"0.425","tax":["ECO5","VAT20"]}
{"command":"product create","id":"SAW","name":"Saw","price":"9.99","tracking":"serial"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"order create","customer":"C1","line":["LAMP=3","SAW=2"]}"#,
    );
    shop
}

/// Number, product, quantity and total of each line.
fn lines(order: &Value) -> Vec<String> {
    let line = |line: &Value| {
        let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", line["line"], text("product"), text("quantity"), text("total"))
    };
    order["lines"].as_array().unwrap().iter().map(line).collect()
}

/// Both figures that are derived of each line.
fn derived(shop: &Shop, key: &str) -> Vec<String> {
    let order = shop.ok("order show S1");
    order["lines"].as_array().unwrap().iter().map(|line| line[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_order_keeps_the_amounts_it_was_written_with() {
    let shop = shop();
    shop.done("order create --customer C2 --line BULB=100 --line LAMP=1@35.50 --date 2026-11-01");
    shop.done("product edit BULB --price 2 --tax ''");
    assert_eq!(
        shop.ok("order show S2"),
        json!({
            "id": "S00002", "state": "draft", "cart": false, "customer": "C00002", "date": "2026-11-01", "currency": "EUR",
            "lines": [
                {"line": 1, "product": "BULB", "label": "Bulb", "quantity": "100", "delivered": "0", "invoiced": "0",
                 "price": "0.425", "discount": "0", "taxes": ["ECO5", "VAT20"], "coupon": null,
                 "untaxed": "40.48", "tax": "10.12", "total": "50.60"},
                {"line": 2, "product": "LAMP", "label": "Desk lamp", "quantity": "1", "delivered": "0", "invoiced": "0",
                 "price": "35.50", "discount": "0", "taxes": ["VAT20"], "coupon": null,
                 "untaxed": "35.50", "tax": "7.10", "total": "42.60"},
            ],
            "coupons": [], "untaxed": "75.98", "tax": "17.22", "total": "93.20",
        })
    );
    // A line that changes is computed under the taxes that it was written with.
    let edited = shop.done("order edit S2 --line 1=200");
    assert_eq!(edited["result"]["order"]["lines"][0]["total"], "101.19");
}

#[test]
fn lines_change_one_by_one() {
    let shop = shop();
    let order = |answer: Value| lines(&answer["result"]["order"]);
    assert_eq!(lines(&shop.ok("order show S1")), ["1 LAMP 3 144.00", "2 SAW 2 19.98"]);
    assert_eq!(order(shop.done("order edit S1 --line 2=1@5")), ["1 LAMP 3 144.00", "2 SAW 1 5.00"]);
    assert_eq!(
        order(shop.done("order edit S1 --drop-line 1 --line 2=3 --add-line LAMP=1 --add-line BULB=10@1")),
        ["1 SAW 3 15.00", "2 LAMP 1 48.00", "3 BULB 10 11.90"]
    );
    shop.unchanged("order edit S1 --line 1=3 --line 3=10@1.00");
    assert_eq!(order(shop.done("order edit S1 --line 1=0 --drop-line 2 --drop-line 3")), ["1 SAW 0 0.00"]);
    assert_eq!(shop.ok("order show S1")["total"], "0.00");
    shop.done("order edit S1 --date 2026-12-24 --customer C2");
    let order = shop.ok("order show S1");
    assert_eq!((&order["date"], &order["customer"]), (&json!("2026-12-24"), &json!("C00002")));
}

#[test]
fn json_lines_are_texts_objects_or_a_map() {
    let shop = shop();
    shop.apply(
        r#"{"command":"order create","customer":"C1","line":[{"product":"LAMP","quantity":2,"price":"12.50"},"SAW=1"]}
{"command":"order create","customer":"C1","line":"LAMP=2"}
{"command":"order edit","order":"S2","line":{"2":"4@1"}}
{"command":"order edit","order":"S3","line":["1=1"],"add_line":[{"product":"SAW","quantity":"1","price":null}],"drop_line":null}"#,
    );
    assert_eq!(lines(&shop.ok("order show S2")), ["1 LAMP 2 30.00", "2 SAW 4 4.00"]);
    assert_eq!(lines(&shop.ok("order show S3")), ["1 LAMP 1 48.00", "2 SAW 1 9.99"]);
    let refused = shop.applied(
        "",
        r#"{"command":"order create","customer":"C1","line":[{"product":"LAMP","quantity":"1","colour":"red"}]}
{"command":"order create","customer":"C1","line":[{"product":"LAMP"}]}
{"command":"order create","customer":"C1","line":{"LAMP":"1"},"lines":[]}"#,
        3,
    );
    let codes: Vec<_> = refused.iter().map(|answer| answer["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unknown_key", "missing_field", "unknown_key"]);
}

#[test]
fn what_cannot_be_ordered_is_refused() {
    let shop = shop();
    for (words, code, field) in [
        ("create --line LAMP=1", "missing_field", "customer"),
        ("create --customer '' --line LAMP=1", "missing_field", "customer"),
        ("create --customer C9 --line LAMP=1", "not_found", "customer"),
        ("create --customer C1", "missing_field", "line"),
        ("create --customer C1 --line LAMPS=1", "not_found", "line"),
        ("create --customer C1 --line LAMP", "invalid_value", "line"),
        ("create --customer C1 --line LAMP=x", "invalid_value", "line"),
        ("create --customer C1 --line LAMP=1@0.0000001", "invalid_value", "line"),
        ("create --customer C1 --line LAMP=0", "quantity_invalid", "line"),
        ("create --customer C1 --line LAMP=-1", "quantity_invalid", "line"),
        ("create --customer C1 --line SAW=1.5", "quantity_invalid", "line"),
        ("create --customer C1 --line LAMP=1@-1", "quantity_invalid", "line"),
        ("create --customer C1 --line LAMP=9000000000000@9000000000000", "invalid_value", "line"),
        ("create --customer C1 --line LAMP=1 --date 2026-02-30", "invalid_value", "date"),
        ("create --customer C1 --line LAMP=1 --date ''", "missing_field", "date"),
        ("create --customer C1 --line LAMP=1@1 --currency XXX", "invalid_value", "currency"),
        ("create --customer C1 --line LAMP=1 --currency USD", "currency_mismatch", "line"),
        ("create --customer C9 --line LAMP=-1", "not_found", "customer"),
        ("create --customer C1 --line LAMP=-1 --line SAW=1 --currency USD", "quantity_invalid", "line"),
        ("edit S9 --line 1=1", "not_found", "order"),
        ("edit S1 --line 3=1", "invalid_value", "line"),
        ("edit S1 --line 0=1", "invalid_value", "line"),
        ("edit S1 --line 1=1 --line 1=2", "invalid_value", "line"),
        ("edit S1 --line 1=1 --drop-line 1", "invalid_value", "drop_line"),
        ("edit S1 --line 1=-1", "quantity_invalid", "line"),
        ("edit S1 --line 2=0.5", "quantity_invalid", "line"),
        ("edit S1 --line 1=1@-1", "quantity_invalid", "line"),
        ("edit S1 --drop-line 3", "invalid_value", "drop_line"),
        ("edit S1 --add-line NOPE=1", "not_found", "add_line"),
        ("edit S1 --add-line SAW=0.5", "quantity_invalid", "add_line"),
        ("edit S1 --date ''", "missing_field", "date"),
        ("edit S1 --customer ''", "missing_field", "customer"),
        ("edit S1 --cart --no-cart", "invalid_value", "cart"),
    ] {
        assert_eq!(shop.refused(&format!("order {words}"), code)["field"], field, "{words}");
    }
    let error = shop.refused("order create --customer C1 --line LAMP=-1 --line SAW=0.5 --date ''", "quantity_invalid");
    let others: Vec<_> = error["others"].as_array().unwrap().iter().map(|other| other["field"].clone()).collect();
    assert_eq!(others, ["line", "date"], "further faults stand beside the first");
    assert_eq!(
        shop.done("order create --customer C1 --line LAMP=1")["created"],
        json!(["S00002"]),
        "no number was taken"
    );
}

#[test]
fn an_order_is_in_one_currency() {
    let shop = shop();
    shop.done("order create --customer C1 --line LAMP=2@45.50 --currency USD");
    let order = shop.ok("order show S2");
    assert_eq!((&order["currency"], &order["total"]), (&json!("USD"), &json!("109.20")));
    assert_eq!(shop.refused("order edit S2 --add-line SAW=1", "currency_mismatch")["allowed"], "USD");
    shop.done("order create --customer C1 --line LAMP=3@10 --currency JPY");
    assert_eq!(shop.ok("order show S3")["total"], "36");
}

#[test]
fn an_order_is_confirmed_and_then_frozen() {
    let shop = shop();
    assert_eq!(shop.done("order confirm S1")["result"]["order"]["state"], "confirmed");
    shop.unchanged("order confirm S1");
    shop.unchanged("order edit S1 --line 1=3");
    for words in ["edit S1 --line 1=2", "edit S1 --date 2026-01-01", "edit S1 --add-line SAW=1", "edit S1 --cart"] {
        shop.refused(&format!("order {words}"), "state_not_allowed");
    }
    assert_eq!(shop.done("order cancel S1")["result"]["order"]["state"], "cancelled");
    shop.unchanged("order cancel S1");
    for words in ["confirm S1", "edit S1 --line 1=2"] {
        assert_eq!(shop.refused(&format!("order {words}"), "state_not_allowed")["given"], "cancelled", "{words}");
    }
    shop.done("order create --customer C1 --line SAW=1");
    shop.done("order cancel S2");
}

#[test]
fn a_customer_has_one_open_cart() {
    let shop = shop();
    shop.done("order create --customer C1 --line LAMP=1 --cart");
    let error = shop.refused("order create --customer C1 --line LAMP=1 --cart", "already_exists");
    assert_eq!((&error["field"], error["hint"].as_str().unwrap().contains("S00002")), (&json!("cart"), true));
    shop.refused("order edit S1 --cart", "already_exists");
    // Quotations are not carts, and the cart of another customer is another cart.
    shop.done("order create --customer C1 --line LAMP=1");
    shop.done("order create --customer C2 --line LAMP=1 --cart");
    shop.refused("order edit S4 --customer C1", "already_exists");
    shop.done("order edit S2 --line 1=2");
    // Confirmed, cancelled or an ordinary quotation again, it is an open cart no more.
    shop.done("order confirm S2");
    shop.done("order edit S1 --cart");
    shop.done("order edit S1 --no-cart");
    shop.done("order edit S3 --cart");
    shop.done("order cancel S3");
    shop.done("order create --customer C1 --line LAMP=1 --cart");
    assert_eq!(shop.run("order list --cart true --state draft -o ids").stdout, "S00004\nS00005\n");
    let cart = shop.applied("", r#"{"command":"order edit","order":"S5","cart":false}"#, 0);
    assert_eq!(cart[0]["result"]["order"]["cart"], false);
}

#[test]
fn what_stands_on_invoices_is_invoiced() {
    let shop = shop();
    shop.apply(
        r#"{"command":"team create","id":"Support","service":["refunds"]}
{"command":"order confirm","order":"S1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp","order":"S1"}"#,
    );
    assert_eq!(derived(&shop, "invoiced"), ["0", "0"]);
    shop.done("invoice create --order S1");
    assert_eq!(derived(&shop, "invoiced"), ["3", "2"], "a draft stands on the order already");
    shop.refused("order cancel S1", "state_not_allowed");
    shop.done("invoice cancel D1");
    assert_eq!(derived(&shop, "invoiced"), ["0", "0"], "a cancelled one does not");
    shop.done("invoice create --order S1");
    shop.done("invoice post D2");

    shop.done("ticket refund T1 --invoice D2 --line 1=1");
    assert_eq!(derived(&shop, "invoiced"), ["3", "2"], "a draft credit note takes nothing off");
    shop.done("credit-note post D3");
    assert_eq!(derived(&shop, "invoiced"), ["2", "2"]);
    shop.done("ticket refund T1 --invoice D2 --amount 1.00 --post");
    assert_eq!(derived(&shop, "invoiced"), ["2", "2"], "a price reduction takes no goods off");
    shop.refused("order cancel S1", "state_not_allowed");
    shop.done("ticket refund T1 --invoice D2 --post");
    assert_eq!(derived(&shop, "invoiced"), ["0", "0"]);
    shop.done("order cancel S1");
}

#[test]
fn a_corrected_invoice_leaves_what_is_invoiced_as_it_is() {
    let shop = shop();
    shop.apply(
        r#"{"command":"team create","id":"Support","service":["refunds"]}
{"command":"order confirm","order":"S1"}
{"command":"invoice create","order":"S1"}
{"command":"invoice post","invoice":"D1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp","order":"S1"}
{"command":"ticket refund","ticket":"T1","invoice":["D1"],"create_invoice":true}"#,
    );
    assert_eq!(derived(&shop, "invoiced"), ["3", "2"], "the copy stands for the original that was reversed");
}

#[test]
fn what_done_transfers_brought_is_delivered() {
    let shop = shop();
    shop.apply(
        r#"{"command":"lot create","id":"SN-1","product":"SAW"}
{"command":"lot create","id":"SN-2","product":"SAW"}
{"command":"transfer create","kind":"incoming","line":["LAMP=5","SAW=2"]}
{"command":"transfer validate","transfer":"WH/IN/1","lot":["2=SN-1","2=SN-2"]}
{"command":"order confirm","order":"S1"}
{"command":"transfer create","order":"S1"}"#,
    );
    assert_eq!(derived(&shop, "delivered"), ["0", "0"]);
    shop.done("transfer validate WH/OUT/1 --line 1=2 --no-backorder");
    assert_eq!(derived(&shop, "delivered"), ["2", "0"], "only what was done counts");
    shop.refused("order cancel S1", "state_not_allowed");
    shop.done("transfer return WH/OUT/1 --line 1=1");
    assert_eq!(derived(&shop, "delivered"), ["2", "0"], "a return counts when it is done");
    shop.done("transfer validate WH/IN/2");
    assert_eq!(derived(&shop, "delivered"), ["1", "0"]);
    shop.done("transfer return WH/OUT/1 --keep-order-quantity");
    shop.done("transfer validate WH/IN/3");
    assert_eq!(derived(&shop, "delivered"), ["1", "0"], "a return that keeps the order's quantity takes nothing off");
}

#[test]
fn a_cancelled_order_is_not_delivered_any_more() {
    let shop = shop();
    shop.done("order confirm S1");
    shop.done("transfer create --order S1");
    let cancelled = shop.done("order cancel S1");
    assert_eq!(cancelled["warnings"][0]["code"], "delivery_cancelled");
    assert_eq!(shop.ok("transfer show WH/OUT/1")["state"], "cancelled");
}

#[test]
fn an_order_that_a_ticket_names_stays_its_customers() {
    let shop = shop();
    shop.done("team create Support");
    shop.done("ticket create --team Support --customer C1 --subject Lamp --order S1");
    let error = shop.refused("order edit S1 --customer C2", "order_not_of_customer");
    assert!(error["hint"].as_str().unwrap().contains("T00001"), "{error}");
    shop.done("ticket edit T1 --order ''");
    shop.done("order edit S1 --customer C2");
}

#[test]
fn orders_are_listed_and_filtered() {
    let shop = shop();
    shop.done("order create --customer C2 --line LAMP=1 --date 2026-10-01");
    shop.done("order confirm S2");
    insta::assert_snapshot!(shop.text("order list"), @r"
    ID      STATE      CART  CUSTOMER        DATE         TOTAL  CURRENCY
    S00001  draft      no    C00001 Ada Ltd  2026-11-23  163.98  EUR
    S00002  confirmed  no    C00002 Bo       2026-10-01   48.00  EUR
    ");
    for (filter, ids) in [
        ("--state confirmed", "S00002\n"),
        ("--customer C1", "S00001\n"),
        ("--since 2026-11-01", "S00001\n"),
        ("--until 2026-10-01", "S00002\n"),
        ("--total 48.00", "S00002\n"),
        ("--newest --limit 1", "S00002\n"),
    ] {
        assert_eq!(shop.run(&format!("order list {filter} -o ids")).stdout, ids, "{filter}");
    }
}

#[test]
fn orders_are_found_by_what_their_keys_are() {
    let shop = shop();
    shop.done("order create --customer C2 --line LAMP=1 --date 2026-10-01");
    shop.done("order confirm S2");
    shop.done("order create --customer C2 --line LAMP=1@50 --date 2026-10-31 --currency JPY");
    for (filter, ids) in [
        ("--id S2", "S00002\n"),
        ("--state draft --state confirmed --newest", "S00003\nS00002\nS00001\n"),
        ("--customer bo --date 2026-10", "S00002\nS00003\n"),
        ("--date 2026-10-01..2026-10-30", "S00002\n"),
        ("--date ..2026-10-31 --currency EUR", "S00002\n"),
        // A number is the same however many digits the currency has.
        ("--untaxed 40", "S00002\n"),
        ("--total 48 --currency EUR", "S00002\n"),
        ("--total 40..60", "S00002\nS00003\n"),
        ("--total 100..", "S00001\n"),
        ("--since 2026-10-31 --until 2026-11", "S00001\nS00003\n"),
        ("--sort -total", "S00001\nS00003\nS00002\n"),
        ("--sort date --limit 2", "S00002\nS00003\n"),
        ("--cart yes", ""),
    ] {
        assert_eq!(shop.run(&format!("order list {filter} -o ids")).stdout, ids, "{filter}");
    }
    for (filter, code, field) in [
        ("--state open", "invalid_value", "state"),
        ("--cart maybe", "invalid_value", "cart"),
        ("--customer C9", "not_found", "customer"),
        ("--id S9", "not_found", "id"),
        ("--date 2026-13", "invalid_value", "date"),
        ("--since soon", "invalid_value", "since"),
        ("--total much", "invalid_value", "total"),
        ("--currency EURO", "invalid_value", "currency"),
        ("--sort lines", "invalid_value", "sort"),
    ] {
        assert_eq!(shop.refused(&format!("order list {filter}"), code)["field"], field, "{filter}");
    }
}

#[test]
fn lines_of_many_orders_are_told_as_each_order_tells_its_own() {
    let shop = shop();
    let lines: Vec<String> = (0..60)
        .map(|number| {
            format!(r#"{{"command":"order create","customer":"C2","line":["LAMP={}","BULB=2"]}}"#, number % 7 + 1)
        })
        .collect();
    shop.apply(&lines.join("\n"));
    for number in [1, 20, 55, 61] {
        shop.done(&format!("order confirm S{number}"));
        shop.done(&format!("invoice create --order S{number}"));
    }
    let listed = shop.ok("order list");
    for number in [0, 1, 19, 49, 50, 54, 60] {
        let order = &listed[number];
        assert_eq!(*order, shop.ok(&format!("order show {}", order["id"].as_str().unwrap())));
    }
    assert_eq!(listed[54]["lines"][1]["invoiced"], "2");
}
