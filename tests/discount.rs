//! Codes on orders: applied, worked out anew, consumed and given back (spec C6 to C9; contract, section 7 "Coupons").

use serde_json::{Value, json};

use crate::support::{Shop, finished, json as json_of};

/// A desk with coupons; T00001 is Ada's ticket, S00001 her draft of two lamps and three bulbs: 96.00 and 9.00.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00","tax":["VAT20"]}
{"command":"product create","id":"BULB","name":"Bulb","price":"3.00"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"team create","id":"Support","service":["coupons"]}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers"}
{"command":"coupon-program create","id":"Ten","reward":["percent=10"]}
{"command":"coupon-program create","id":"Spring","type":"promo-code","code":"SPRING-26","reward":["fixed=5"]}
{"command":"order create","customer":"C1","line":["LAMP=2","BULB=3"]}"#,
    );
    shop
}

/// The code of a new coupon of that program.
fn coupon(shop: &Shop, flags: &str) -> String {
    shop.done(&format!("ticket coupon T1 --program {flags}"))["created"][0].as_str().unwrap().to_owned()
}

/// Each line: product, or the code's word, and total.
fn lines(order: &Value) -> Vec<String> {
    let line = |line: &Value| {
        let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("product"), text("quantity"), text("total"))
    };
    order["lines"].as_array().unwrap().iter().map(line).collect()
}

fn order(answer: &Value) -> &Value {
    &answer["result"]["order"]
}

fn warnings(answer: &Value) -> Vec<&str> {
    answer["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[test]
fn a_code_takes_off_a_line_for_each_set_of_taxes() {
    let shop = shop();
    let code = coupon(&shop, "Ten");
    let applied = shop.done(&format!("order apply-coupon S1 {}", code.to_lowercase().replace('-', "")));
    assert_eq!(applied["created"], json!([]));
    let after = order(&applied);
    assert_eq!(after["coupons"], json!([code]));
    assert_eq!(
        after["lines"][2],
        json!({"line": 3, "product": null, "label": "Ten", "quantity": "1", "delivered": "0", "invoiced": "0", "price": "-8.00",
               "discount": "0", "taxes": ["VAT20"], "coupon": code, "untaxed": "-8.00", "tax": "-1.60", "total": "-9.60"})
    );
    assert_eq!(lines(after), ["LAMP 2 96.00", "BULB 3 9.00", "- 1 -9.60", "- 1 -0.90"]);
    assert_eq!(
        (&after["untaxed"], &after["tax"], &after["total"]),
        (&json!("80.10"), &json!("14.40"), &json!("94.50"))
    );
    assert_eq!(&shop.ok("order show S1"), after);
    // Neither state nor order of the coupon changes before the order is confirmed.
    let shown = shop.ok(&format!("coupon show {code}"));
    assert_eq!((&shown["state"], &shown["order"]), (&json!("valid"), &json!(null)));

    // Another one acts on what is left of each line; the order of the codes is kept.
    let both = shop.done("order apply-coupon S1 'spring 26'");
    assert_eq!(order(&both)["coupons"], json!([code, "SPRING-26"]));
    assert_eq!(lines(order(&both))[4..], ["- 1 -4.57", "- 1 -0.43"]);
    let removed = shop.done(&format!("order remove-coupon S1 {code}"));
    assert_eq!(lines(order(&removed)), ["LAMP 2 96.00", "BULB 3 9.00", "- 1 -4.57", "- 1 -0.43"]);
    shop.unchanged(&format!("order remove-coupon S1 {code}"));
    shop.unchanged("order remove-coupon S1 NEVER-MADE");
    let removed = shop.done("order remove-coupon S1 Spring26");
    assert_eq!((lines(order(&removed)).len(), &order(&removed)["coupons"]), (2, &json!([])));
}

#[test]
fn each_change_of_a_draft_works_it_out_anew() {
    let shop = shop();
    shop.done("coupon-program edit Ten --minimum-amount 50 --maximum 9");
    let code = coupon(&shop, "Ten");
    shop.done(&format!("order apply-coupon S1 {code}"));
    let edited = shop.done("order edit S1 --line 1=1 --add-line BULB=1");
    assert_eq!(lines(order(&edited)), ["LAMP 1 48.00", "BULB 3 9.00", "BULB 1 3.00", "- 1 -4.80", "- 1 -1.20"]);
    // A line that a code makes is the code's; dropping it takes the code off, with all its lines.
    let error = shop.refused("order edit S1 --line 4=2", "invalid_value");
    assert_eq!(error["field"], "line");
    let dropped = shop.done("order edit S1 --drop-line 5 --line 1=2");
    assert_eq!(lines(order(&dropped)), ["LAMP 2 96.00", "BULB 3 9.00", "BULB 1 3.00"]);
    assert_eq!(warnings(&dropped), Vec::<&str>::new());

    // One that the order no longer qualifies for is taken off, with a warning.
    shop.done(&format!("order apply-coupon S1 {code}"));
    let lost = shop.done("order edit S1 --drop-line 1");
    assert_eq!((lines(order(&lost)).len(), warnings(&lost)), (2, vec!["coupon_minimum_amount"]));
    shop.done("order edit S1 --add-line LAMP=2");
    shop.done(&format!("order apply-coupon S1 {code}"));
    shop.done("coupon-program archive Ten");
    // An edit that changes nothing checks no codes.
    shop.unchanged("order edit S1 --line 1=3");
    let lost = shop.done("order edit S1 --date 2026-12-01");
    assert_eq!((&order(&lost)["coupons"], warnings(&lost)), (&json!([]), vec!["coupon_program_inactive"]));

    // A changed program reaches the draft at its next change, and at confirm.
    shop.done("coupon-program edit Ten --no-archived --maximum ''");
    shop.done(&format!("order apply-coupon S1 {code}"));
    shop.done("coupon-program edit Ten --reward percent=20");
    let edited = shop.done("order edit S1 --date 2026-12-02");
    assert_eq!(order(&edited)["total"], "86.40");
    shop.done("coupon-program edit Ten --reward percent=50");
    let confirmed = shop.done("order confirm S1");
    assert_eq!((&order(&confirmed)["total"], warnings(&confirmed)), (&json!("54.00"), vec!["discount_changed"]));
}

#[test]
fn a_code_is_refused_by_the_first_check_that_it_fails() {
    let shop = shop();
    shop.apply(
        r#"{"command":"coupon-program create","id":"Other","reward":["percent=10"]}
{"command":"coupon-program create","id":"Dollars","type":"promo-code","code":"DOLLARS","reward":["fixed=5"],"currency":"USD"}
{"command":"coupon-program create","id":"Once","type":"promo-code","code":"ONCE","reward":["fixed=1"],"usage_limit":"1"}
{"command":"coupon-program create","id":"Big","type":"promo-code","code":"BIG","reward":["fixed=1"],"minimum_amount":"105.01"}
{"command":"coupon-program create","id":"Many","type":"promo-code","code":"MANY","reward":["fixed=1"],"minimum_quantity":"6"}
{"command":"coupon-program create","id":"Nothing","type":"promo-code","code":"NOTHING","reward":["fixed=1"],"on":["BULB"]}
{"command":"coupon-program create","id":"Old","type":"promo-code","code":"OLD","reward":["fixed=1"],"end":"2026-11-22"}
{"command":"order create","customer":"C2","line":["LAMP=1"]}
{"command":"order apply-coupon","order":"S2","code":"ONCE"}
{"command":"order confirm","order":"S2"}
{"command":"order create","customer":"C2","line":["LAMP=1"]}"#,
    );
    let (expired, gone, used, theirs, on, twice) = (
        coupon(&shop, "Ten --valid-until 2026-11-23"),
        coupon(&shop, "Ten"),
        coupon(&shop, "Other"),
        coupon(&shop, "Ten --only-customer"),
        coupon(&shop, "Ten"),
        coupon(&shop, "Ten"),
    );
    let better = coupon(&shop, "Other");
    shop.done(&format!("coupon cancel {gone}"));
    shop.done("order create --customer C2 --line LAMP=1");
    shop.done(&format!("order apply-coupon S4 {used}"));
    shop.done("order confirm S4");
    shop.clock("2026-11-24T10:00:00Z");
    shop.done(&format!("order apply-coupon S1 {on}"));
    for (words, code) in [
        ("S9 NEVER".to_owned(), "not_found"),
        ("S1 NEVER".to_owned(), "coupon_unknown"),
        ("S2 NEVER".to_owned(), "coupon_unknown"),
        ("S1 ''".to_owned(), "missing_field"),
        ("S1 ' - '".to_owned(), "coupon_unknown"),
        (format!("S2 {on}"), "state_not_allowed"),
        ("S1 OLD".to_owned(), "coupon_program_inactive"),
        (format!("S1 {gone}"), "coupon_cancelled"),
        (format!("S1 {expired}"), "coupon_expired"),
        (format!("S1 {used}"), "coupon_used"),
        (format!("S3 {theirs}"), "coupon_other_customer"),
        ("S1 ONCE".to_owned(), "coupon_usage_limit"),
        ("S1 DOLLARS".to_owned(), "currency_mismatch"),
        (format!("S1 {on}"), "coupon_already_applied"),
        (format!("S1 {}", twice.to_lowercase()), "coupon_already_applied"),
        (format!("S1 {better}"), "coupon_better_applied"),
        ("S1 BIG".to_owned(), "coupon_minimum_amount"),
        ("S1 MANY".to_owned(), "coupon_minimum_quantity"),
        ("S3 NOTHING".to_owned(), "coupon_nothing_to_discount"),
    ] {
        let error = shop.refused(&format!("order apply-coupon {words}"), code);
        let of_code = code.starts_with("coupon_") || code == "currency_mismatch";
        assert!(!of_code || error["field"] == "code", "{words}: {error}");
        let typed = words.split_once(' ').unwrap().1.trim_matches('\'');
        assert!(!of_code || code == "currency_mismatch" || error["given"] == typed, "{words}: {error}");
    }
    // What is bound to Ada she can use; a used coupon is not cancelled.
    shop.done(&format!("order remove-coupon S1 {on}"));
    shop.done(&format!("order apply-coupon S1 {theirs}"));
    shop.refused(&format!("coupon cancel {used}"), "state_not_allowed");
    // Another customer's order is no longer hers.
    let moved = shop.done("order edit S1 --customer C2");
    assert_eq!(warnings(&moved), ["coupon_other_customer"]);
}

#[test]
fn a_larger_percentage_takes_the_place_of_a_smaller_one() {
    let shop = shop();
    shop.done("coupon-program create Twenty --reward percent=20 --minimum-amount 100");
    let (ten, twenty) = (coupon(&shop, "Ten"), coupon(&shop, "Twenty"));
    shop.done(&format!("order apply-coupon S1 {ten}"));
    // The order comes to 94.50, and to 105.00 without the smaller one.
    let applied = shop.done(&format!("order apply-coupon S1 {twenty}"));
    assert_eq!((&order(&applied)["total"], &order(&applied)["coupons"]), (&json!("84.00"), &json!([twenty])));
    assert_eq!(warnings(&applied), ["coupon_better_applied"]);
    shop.refused(&format!("order apply-coupon S1 {ten}"), "coupon_better_applied");
}

#[test]
fn a_free_product_comes_as_its_own_line() {
    let shop = shop();
    shop.done("coupon-program create Bulbs --type promo-code --code BULBS --reward free-product=BULB:2 --condition-product LAMP");
    let applied = shop.done("order apply-coupon S1 bulbs");
    assert_eq!(lines(order(&applied)), ["LAMP 2 96.00", "BULB 3 9.00", "BULB 2 0.00"]);
    let line = &order(&applied)["lines"][2];
    assert_eq!((&line["coupon"], &line["price"]), (&json!("BULBS"), &json!("0.00")));
    // Of the products that the conditions name the order needs one.
    let lost = shop.done("order edit S1 --drop-line 1");
    assert_eq!(
        (lines(order(&lost)), warnings(&lost)),
        (vec!["BULB 3 9.00".to_owned()], vec!["coupon_minimum_quantity"])
    );
    shop.done("order edit S1 --add-line LAMP=1");
    shop.done("order apply-coupon S1 bulbs");
    assert_eq!(lines(order(&shop.done("order edit S1 --drop-line 3"))), ["BULB 3 9.00", "LAMP 1 48.00"]);
    // It is delivered and billed with the rest.
    shop.done("order apply-coupon S1 bulbs");
    shop.done("order confirm S1");
    shop.done("stock count LAMP --quantity 5");
    shop.done("stock count BULB --quantity 5");
    let made = shop.done("transfer create --order S1");
    assert_eq!(made["result"]["transfer"]["lines"].as_array().unwrap().len(), 3);
    shop.done("transfer validate WH/OUT/1");
    let bill = shop.done("invoice create --order S1");
    assert_eq!(bill["result"]["invoice"]["total"], "57.00");
    assert_eq!(bill["result"]["invoice"]["lines"][2]["total"], "0.00");
}

#[test]
fn the_first_order_that_is_confirmed_uses_a_coupon() {
    let shop = shop();
    let code = coupon(&shop, "Ten");
    shop.done("order create --customer C2 --line LAMP=1");
    shop.done(&format!("order apply-coupon S1 {code}"));
    shop.done(&format!("order apply-coupon S2 {code}"));
    let confirmed = shop.done("order confirm S2");
    assert_eq!(order(&confirmed)["total"], "43.20");
    let shown = shop.ok(&format!("coupon show {code}"));
    assert_eq!((&shown["state"], &shown["order"]), (&json!("used"), &json!("S00002")));
    assert_eq!(shop.run("coupon list --state used -o ids").stdout, format!("{code}\n"));
    // The other is refused, never silently dropped; its next change takes the code off.
    let error = shop.refused("order confirm S1", "coupon_used");
    assert_eq!(error["hint"], format!("aftersales order remove-coupon S00001 {code}"));
    let edited = shop.done("order edit S1 --line 1=1");
    assert_eq!((&order(&edited)["coupons"], warnings(&edited)), (&json!([]), vec!["coupon_used"]));
    shop.unchanged("order confirm S2");
    shop.refused(&format!("order remove-coupon S2 {code}"), "state_not_allowed");
    shop.unchanged("order remove-coupon S2 NEVER");

    // Cancelled, the order gives it back; its lines still tell.
    shop.done("order cancel S2");
    let shown = shop.ok(&format!("coupon show {code}"));
    assert_eq!((&shown["state"], &shown["order"]), (&json!("valid"), &json!(null)));
    assert_eq!(shop.ok("order show S2")["coupons"], json!([code]));
    shop.done(&format!("order apply-coupon S1 {code}"));
    shop.done("order confirm S1");
}

#[test]
fn a_program_is_used_by_as_many_orders_as_it_may_be() {
    let shop = shop();
    shop.done("coupon-program edit Spring --usage-limit 2");
    for _ in 2..=4 {
        shop.done("order create --customer C2 --line LAMP=1");
    }
    for number in 1..=4 {
        shop.done(&format!("order apply-coupon S{number} SPRING-26"));
    }
    shop.done("order confirm S1");
    shop.done("order confirm S2");
    shop.refused("order confirm S3", "coupon_usage_limit");
    shop.done("order cancel S4");
    shop.done("order cancel S1");
    shop.done("order confirm S3");
    // The use stays the program's when it gets another code.
    shop.done("coupon-program edit Spring --code SUMMER-26");
    shop.done("order cancel S3");
    shop.done("order create --customer C2 --line LAMP=1");
    shop.refused("order apply-coupon S5 SPRING-26", "coupon_unknown");
    shop.done("order apply-coupon S5 SUMMER-26");
    shop.done("order confirm S5");
}

#[test]
fn a_code_that_the_program_no_longer_has_is_taken_off() {
    let shop = shop();
    shop.done("order apply-coupon S1 SPRING-26");
    shop.done("coupon-program edit Spring --code SUMMER-26");
    shop.refused("order confirm S1", "coupon_unknown");
    let edited = shop.done("order edit S1 --line 1=1");
    assert_eq!((&order(&edited)["coupons"], warnings(&edited)), (&json!([]), vec!["coupon_unknown"]));
}

#[test]
fn a_customer_has_one_open_cart() {
    let shop = shop();
    shop.done("order create --customer C1 --line LAMP=1 --cart");
    let error = shop.refused("order create --customer C1 --line LAMP=1 --cart", "already_exists");
    assert_eq!(error["hint"], "aftersales order show S00002");
    shop.refused("order edit S1 --cart", "already_exists");
    shop.done("order apply-coupon S2 SPRING-26");
    shop.done("order confirm S2");
    shop.done("order edit S1 --cart");
}

#[test]
fn no_order_goes_below_zero() {
    let shop = shop();
    shop.apply(
        r#"{"command":"coupon-program create","id":"All","type":"promo-code","code":"ALL","reward":["fixed=100"]}
{"command":"coupon-program create","id":"More","type":"promo-code","code":"MORE","reward":["fixed=100"]}
{"command":"order apply-coupon","order":"S1","code":"ALL"}
{"command":"order apply-coupon","order":"S1","code":"MORE"}"#,
    );
    assert_eq!(shop.ok("order show S1")["total"], "0.00");
    shop.refused("order apply-coupon S1 SPRING-26", "coupon_nothing_to_discount");
    let edited = shop.done("order edit S1 --line 1=1");
    assert_eq!((&order(&edited)["total"], warnings(&edited)), (&json!("0.00"), vec!["coupon_nothing_to_discount"]));
    assert_eq!(order(&edited)["coupons"], json!(["ALL"]));
}

#[test]
fn a_dry_run_and_a_key_are_as_everywhere() {
    let shop = shop();
    let before = shop.store.state();
    let planned = shop.ok("order apply-coupon S1 SPRING-26 --dry-run");
    assert_eq!((&planned["status"], &order(&planned)["total"]), (&json!("planned"), &json!("100.00")));
    assert_eq!(before, shop.store.state());
    let first = shop.done("order apply-coupon S1 SPRING-26 --key spring");
    let again = shop.ok("order apply-coupon S1 SPRING-26 --key spring");
    assert_eq!((&again["status"], &again["result"]), (&json!("replayed"), &first["result"]));
    assert_eq!(shop.run("order remove-coupon S1 SPRING-26 -o ids").stdout, "S00001\n");
    assert_eq!(shop.run("order apply-coupon S1 SPRING-26 -o ids").stdout, "S00001\n");
    shop.done("order confirm S1 --key done");
    assert_eq!(shop.ok("order confirm S1 --key done")["status"], "replayed");
}

#[test]
fn orders_of_another_system_bring_their_codes() {
    let shop = shop();
    let code = coupon(&shop, "Ten");
    shop.done("tax create ODD --rate 17.5");
    let import = |record: &str| shop.run_with("import -o json", record);
    let line = |code: &str| {
        format!(
            r#"{{"product":null,"label":"Less","quantity":"1","price":"-5.00","taxes":["VAT20"],"coupon":"{code}"}}"#
        )
    };
    let record = |id: &str, state: &str, line: &str| {
        format!(
            r#"{{"record":"order","id":"{id}","customer":"C2","state":"{state}","lines":[{{"product":"LAMP","quantity":"2"}},{line}]}}"#
        )
    };
    let ran = import(
        &[
            record("X1", "confirmed", &line(&code.to_lowercase())),
            record("X2", "confirmed", &line("spring 26")),
            record("X3", "confirmed", &line("FOREIGN")),
            record("X4", "draft", &line("FOREIGN")),
            record(
                "X7",
                "draft",
                &line("FOREIGN").replace("-5.00", "-0.03").replace("[\"VAT20\"]", "[\"VAT20\",\"ODD\"]"),
            ),
            record("X4", "draft", &line("FOREIGN")),
        ]
        .join("\n"),
    );
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(shop.ok("order show X1")["coupons"], json!([code]));
    assert_eq!(shop.ok(&format!("coupon show {code}"))["order"], "X1");
    assert_eq!(shop.ok("order show X2")["coupons"], json!(["SPRING-26"]));
    assert_eq!(shop.ok("order show X3")["lines"][1]["coupon"], "FOREIGN");
    // Its amounts are those of its total, as of any line that a code made.
    let odd = &shop.ok("order show X7")["lines"][1];
    assert_eq!((&odd["price"], &odd["untaxed"], &odd["total"]), (&json!("-0.03"), &json!("-0.04"), &json!("-0.05")));
    // A coupon works once, also elsewhere; and a line of a code is one that takes off.
    let code_of = |ran: crate::support::Ran| json_of(&ran.stdout)[0]["error"]["code"].clone();
    assert_eq!(code_of(import(&record("X5", "confirmed", &line(&code)))), "coupon_used");
    assert_eq!(code_of(import(&record("X6", "draft", &line("FOREIGN").replace("-5.00", "5.00")))), "invalid_value");
    shop.done("order cancel X1");
    assert_eq!(shop.ok(&format!("coupon show {code}"))["state"], "valid");
    let edited = shop.done("order edit X4 --line 1=3");
    assert_eq!((&order(&edited)["coupons"], warnings(&edited)), (&json!([]), vec!["coupon_unknown"]));
    // What a list prints as CSV comes back equal.
    let csv = shop.run("order list -o csv").stdout;
    let ran = shop.run_with("import --kind order --format csv -o json", csv);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let statuses: Vec<Value> =
        json_of(&ran.stdout).as_array().unwrap().iter().map(|line| line["status"].clone()).collect();
    assert!(statuses.iter().all(|status| status == "unchanged"), "{statuses:?}");
}

#[test]
fn a_quotation_of_a_repair_bears_codes_too() {
    let shop = shop();
    shop.done("team enable-service Support repairs");
    shop.done("coupon-program edit Spring --minimum-amount 20");
    shop.done("stock count LAMP --quantity 5");
    shop.done("ticket repair T1 --product LAMP --part BULB=10 --quote --yes");
    shop.done("order apply-coupon S2 SPRING-26");
    assert_eq!(shop.ok("order show S2")["total"], "25.00");
    shop.done("repair edit-part WH/RO/1 1 --quantity 8");
    assert_eq!(shop.ok("order show S2")["total"], "19.00");
    let answer = shop.done("repair edit-part WH/RO/1 1 --quantity 6");
    assert_eq!(warnings(&answer), ["coupon_minimum_amount"]);
    assert_eq!(shop.ok("order show S2")["total"], "18.00");
}

#[test]
fn a_bill_takes_its_part_of_a_discount() {
    let shop = shop();
    shop.done("order apply-coupon S1 SPRING-26");
    shop.refused("invoice create --order S1", "state_not_allowed");
    shop.done("order confirm S1");
    let invoice = |answer: &Value| answer["result"]["invoice"].clone();
    let whole = invoice(&shop.done("invoice create --order S1"));
    assert_eq!(lines(&whole), ["LAMP 2 96.00", "BULB 3 9.00", "- 1 -4.57", "- 1 -0.43"]);
    assert_eq!(whole["total"], "100.00");
    // Half of the lamps, none of the bulbs: half of their discount, none of the other.
    let less = invoice(&shop.done("invoice edit D1 --line 1=1 --line 2=0"));
    assert_eq!(lines(&less), ["LAMP 1 48.00", "BULB 0 0.00", "- 0.5 -2.29", "- 0 0.00"]);
    shop.unchanged("invoice edit D1 --line 1=1");
    // A discount whose line is named stays as it is given.
    let own = invoice(&shop.done("invoice edit D1 --line 2=1 --line 3=1"));
    assert_eq!(lines(&own), ["LAMP 1 48.00", "BULB 1 3.00", "- 1 -4.57", "- 0.333333 -0.14"]);
    let again = invoice(&shop.done("invoice edit D1 --line 2=2 --drop-line 3"));
    assert_eq!(lines(&again), ["LAMP 1 48.00", "BULB 2 6.00", "- 0.666667 -0.29"]);
    shop.done("invoice post D1");
    // What was left out of the first bill comes with the next one.
    let rest = invoice(&shop.done("invoice create --order S1"));
    assert_eq!(lines(&rest), ["LAMP 1 48.00", "BULB 1 3.00", "- 1 -4.57", "- 0.333333 -0.14"]);
    shop.refused("invoice create --order S1", "nothing_to_invoice");
    let order = shop.ok("order show S1");
    let invoiced: Vec<&Value> = order["lines"].as_array().unwrap().iter().map(|line| &line["invoiced"]).collect();
    assert_eq!(invoiced, ["2", "3", "1", "1"]);
    // Discounts alone are no bill.
    shop.done("invoice edit D2 --drop-line 3");
    shop.refused("invoice create --order S1", "nothing_to_invoice");
}

#[test]
fn a_repair_that_used_less_is_billed_with_less_of_the_discount() {
    let shop = shop();
    for words in [
        "team enable-service Support repairs",
        "stock count LAMP --quantity 1",
        "stock count BULB --quantity 20",
        "ticket repair T1 --product LAMP --part BULB=10 --quote --confirm --yes",
        "order apply-coupon S2 SPRING-26",
        "order confirm S2",
        "repair start WH/RO/1",
        "repair finish WH/RO/1 --line 1=4",
    ] {
        shop.done(words);
    }
    // Of ten parts at 30.00 less 5.00 four were used.
    let made = shop.done("invoice create --order S2");
    assert_eq!(lines(&made["result"]["invoice"]), ["BULB 4 12.00", "- 0.4 -2.00"]);
    shop.done("invoice post D1");
    shop.refused("invoice create --order S2", "nothing_to_invoice");
}

#[test]
fn a_refund_takes_its_share_and_gives_no_coupon_back() {
    let shop = shop();
    shop.done("team enable-service Support refunds");
    let code = coupon(&shop, "Ten");
    shop.done(&format!("order apply-coupon S1 {code}"));
    shop.done("order confirm S1");
    shop.done("invoice create --order S1");
    shop.done("invoice post D1");
    let refund = |words: &str| {
        let made = shop.done(&format!("ticket refund T1 --invoice INV/2026/00001 {words} --post"));
        made["result"]["credit_notes"][0]["total"].clone()
    };
    assert_eq!(refund("--line 1=1"), "43.20");
    assert_eq!(shop.ok(&format!("coupon show {code}"))["state"], "used");
    shop.refused("order cancel S1", "state_not_allowed");
    assert_eq!(refund(""), "51.30");
    assert_eq!(shop.ok(&format!("coupon show {code}"))["state"], "used");
    // An order whose bills are credited in full may be cancelled, and gives its coupon back.
    shop.done("order cancel S1");
    assert_eq!(shop.ok(&format!("coupon show {code}"))["state"], "valid");
}

#[test]
fn an_order_for_nothing_is_billed_at_nothing() {
    let shop = shop();
    shop.done("team enable-service Support refunds");
    shop.done("coupon-program create All --type promo-code --code ALL --reward percent=100 --usage-limit 1");
    shop.done("order apply-coupon S1 ALL");
    shop.done("order confirm S1");
    assert_eq!(shop.done("invoice create --order S1")["result"]["invoice"]["total"], "0.00");
    let posted = shop.done("invoice post D1");
    assert_eq!(posted["result"]["invoice"]["payment_state"], "paid");
    shop.refused("order cancel S1", "state_not_allowed");
    shop.done("ticket refund T1 --invoice INV/2026/00001 --post");
    shop.done("order cancel S1");
    shop.done("order create --customer C2 --line LAMP=1");
    shop.done("order apply-coupon S2 ALL");
}

/// Runs all of these at the same time; answers how often each exit code came, and the codes of the refusals.
fn at_once(shop: &Shop, words: &[String]) -> (usize, Vec<String>) {
    shop.told_to_the_end();
    let running: Vec<_> =
        words.iter().map(|words| shop.command(&format!("{words} -o json")).spawn().unwrap()).collect();
    let ran: Vec<_> = running.into_iter().map(finished).collect();
    let refused = ran.iter().filter(|ran| ran.code != 0);
    let mut codes: Vec<String> =
        refused.map(|ran| json_of(&ran.stderr)["error"]["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    (ran.iter().filter(|ran| ran.code == 0).count(), codes)
}

#[test]
fn of_many_at_once_no_more_confirm_than_a_code_is_for() {
    let shop = shop();
    shop.done("coupon-program edit Spring --usage-limit 3");
    let code = coupon(&shop, "Ten");
    let mut asked = Vec::new();
    for number in 2..=9 {
        shop.done("order create --customer C2 --line LAMP=1");
        let code = if number % 2 == 0 { &code } else { "SPRING-26" };
        shop.done(&format!("order apply-coupon S{number} {code}"));
        asked.push(format!("order confirm S{number}"));
    }
    // Four have the coupon, of which one gets it; four the promo code, of which three do.
    let (done, refused) = at_once(&shop, &asked);
    assert_eq!(
        (done, refused),
        (4, [vec!["coupon_usage_limit"], vec!["coupon_used"; 3]].concat().iter().map(|c| (*c).to_owned()).collect())
    );
    assert_eq!(shop.run("order list --state confirmed -o ids").stdout.lines().count(), 4);

    // Meanwhile one cancels the order that has it, and others are after it: one of them gets it, or none did in time.
    let holder = shop.ok(&format!("coupon show {code}"))["order"].as_str().unwrap().to_owned();
    let others = shop.run("order list --state draft -o ids").stdout;
    let drafts: Vec<&str> = others.lines().filter(|id| *id != "S00001").collect();
    let mut asked = vec![format!("order cancel {holder}")];
    asked.extend(drafts.iter().map(|id| format!("order confirm {id}")));
    let (done, _) = at_once(&shop, &asked);
    let shown = shop.ok(&format!("coupon show {code}"));
    let state = shown["state"].as_str().unwrap();
    assert_eq!(state == "used", done == 2, "{done} {shown:#}");
}

#[test]
fn of_many_at_once_one_opens_the_cart() {
    let shop = shop();
    let asked = vec!["order create --customer C2 --line LAMP=1 --cart".to_owned(); 6];
    assert_eq!(at_once(&shop, &asked), (1, vec!["already_exists".to_owned(); 5]));
}
