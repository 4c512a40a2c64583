//! Coupon programs, and coupons from a ticket (spec C1 to C3, C9).

use serde_json::{Value, json};

use crate::support::Shop;

/// A desk whose team Support gives coupons; T00001 is Ada's, T00002 nobody's, T00003 of a team without services.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00"}
{"command":"product create","id":"BULB","name":"Bulb","price":"3.00"}
{"command":"product create","id":"SAW","name":"Saw","price":"9.99","tracking":"serial"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"team create","id":"Support","service":["coupons"]}
{"command":"team create","id":"Plain"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers"}
{"command":"ticket create","team":"Support","subject":"Nobody"}
{"command":"ticket create","team":"Plain","customer":"C1","subject":"No services"}
{"command":"coupon-program create","id":"Sorry 10","reward":["percent=10"],"minimum_amount":"50"}"#,
    );
    shop
}

fn coupon(answer: &Value) -> &Value {
    &answer["result"]["coupon"]
}

fn code(answer: &Value) -> String {
    coupon(answer)["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_program_has_rewards_and_conditions() {
    let shop = shop();
    let made = shop.done(
        "coupon-program create Mixed --reward percent=12.5 --reward fixed=5 --reward free-product=BULB:2 --on LAMP,BULB \
         --maximum 50 --minimum-amount 20 --minimum-amount-tax excluded --minimum-quantity 2 --condition-product LAMP \
         --start 2026-11-01 --end 2026-12-31 --usage-limit 100",
    );
    assert_eq!(made["created"], json!(["Mixed"]));
    let discount = |kind: &str, value: &str| {
        json!({"type": kind, "value": value, "on": "products", "products": ["LAMP", "BULB"], "product": null,
               "quantity": null, "maximum": "50.00"})
    };
    let expected = json!({
        "id": "Mixed", "name": "Mixed", "type": "coupons", "archived": false, "code": null, "currency": "EUR",
        "start": "2026-11-01", "end": "2026-12-31", "usage_limit": 100,
        "rewards": [
            discount("percent", "12.5"),
            discount("fixed", "5.00"),
            {"type": "free_product", "value": null, "on": null, "products": [], "product": "BULB", "quantity": "2",
             "maximum": null},
        ],
        "conditions": {"minimum_amount": "20.00", "minimum_amount_tax": "excluded", "minimum_quantity": "2",
                       "products": ["LAMP"]},
    });
    assert_eq!(made["result"]["coupon_program"], expected);
    assert_eq!(shop.ok("coupon-program show MIXED"), expected, "found ignoring case");
}

#[test]
fn a_program_is_edited() {
    let shop = shop();
    let edit =
        |flags: &str| shop.done(&format!("coupon-program edit 'Sorry 10' {flags}"))["result"]["coupon_program"].clone();
    assert_eq!(edit("--name 'Sorry ten'")["name"], "Sorry ten");
    assert_eq!(shop.ok("coupon-program show 'SORRY TEN'")["id"], "Sorry 10");
    let program = edit("--maximum 30 --on cheapest");
    assert_eq!(
        (&program["rewards"][0]["on"], &program["rewards"][0]["maximum"]),
        (&json!("cheapest"), &json!("30.00"))
    );
    let program = edit("--reward percent=15 --reward free-product=SAW");
    assert_eq!(program["rewards"].as_array().unwrap().len(), 2);
    assert_eq!((&program["rewards"][0]["on"], &program["rewards"][0]["maximum"]), (&json!("order"), &json!(null)));
    let program = edit("--minimum-amount '' --end 2026-12-31 --usage-limit 5 --condition-product LAMP");
    assert_eq!(program["conditions"]["minimum_amount"], json!(null));
    let program = edit("--end '' --usage-limit '' --condition-product ''");
    assert_eq!((&program["end"], &program["usage_limit"]), (&json!(null), &json!(null)));
    assert_eq!(program["conditions"]["products"], json!([]));
    shop.unchanged("coupon-program edit 'Sorry 10' --no-archived --start ''");

    // Nothing is converted: with another currency the amounts are given again.
    edit("--minimum-amount 40");
    shop.refused("coupon-program edit 'Sorry 10' --currency USD", "currency_mismatch");
    assert_eq!(edit("--currency USD --minimum-amount 45")["conditions"]["minimum_amount"], "45.00");
}

#[test]
fn a_program_that_cannot_be_is_refused() {
    let shop = shop();
    shop.done("coupon-program create Spring --type promo-code --code SPRING-26 --reward fixed=5");
    for (words, code, field) in [
        ("create --reward percent=10", "missing_field", "name"),
        ("create X", "missing_field", "reward"),
        ("create X --reward ''", "missing_field", "reward"),
        ("create X --reward 10", "invalid_value", "reward"),
        ("create X --reward percent=0", "quantity_invalid", "reward"),
        ("create X --reward percent=101", "quantity_invalid", "reward"),
        ("create X --reward fixed=-5", "quantity_invalid", "reward"),
        ("create X --reward fixed=5.001", "invalid_value", "reward"),
        ("create X --reward free-product=NOPE", "not_found", "reward"),
        ("create X --reward free-product=SAW:0.5", "quantity_invalid", "reward"),
        ("create X --reward free-product=BULB --maximum 5", "invalid_value", "maximum"),
        ("create X --reward percent=10 --on LAMP,NOPE", "not_found", "on"),
        ("create X --reward percent=10 --maximum 0", "quantity_invalid", "maximum"),
        ("create X --reward percent=10 --minimum-amount -1", "quantity_invalid", "minimum_amount"),
        ("create X --reward percent=10 --minimum-amount-tax both", "invalid_value", "minimum_amount_tax"),
        ("create X --reward percent=10 --minimum-quantity 0", "quantity_invalid", "minimum_quantity"),
        ("create X --reward percent=10 --condition-product NOPE", "not_found", "condition_product"),
        ("create X --reward percent=10 --usage-limit 1.5", "quantity_invalid", "usage_limit"),
        ("create X --reward percent=10 --start 2026-01-02 --end 2026-01-01", "invalid_value", "end"),
        ("create X --reward percent=10 --type voucher", "invalid_value", "type"),
        ("create X --reward percent=10 --type promo-code", "missing_field", "code"),
        ("create X --reward percent=10 --code ABC", "invalid_value", "code"),
        ("create X --reward percent=10 --currency EURO", "invalid_value", "currency"),
        ("create 'Sorry 10' --reward percent=10", "already_exists", "id"),
        ("create X --name 'sorry 10' --reward percent=10", "already_exists", "name"),
        ("create X --reward percent=10 --type promo-code --code 'spring 26'", "already_exists", "code"),
        ("edit X --name Y", "not_found", "coupon_program"),
        ("edit 'Sorry 10' --reward ''", "missing_field", "reward"),
        ("edit 'Sorry 10' --name ''", "missing_field", "name"),
        ("edit 'Sorry 10' --name spring", "already_exists", "name"),
        ("edit 'Sorry 10' --type promo-code --code Spring26", "already_exists", "code"),
        ("edit Spring --code ''", "missing_field", "code"),
        ("edit 'Sorry 10' --archived --no-archived", "invalid_value", "archived"),
        ("archive X", "not_found", "coupon_program"),
    ] {
        assert_eq!(shop.refused(&format!("coupon-program {words}"), code)["field"], field, "{words}");
    }
    let words = "coupon-program create X --reward percent=0 --reward fixed=1.234 --maximum -1 --minimum-amount x \
                 --end 2026-13-01 --code ABC";
    // A value that cannot be read is told first, since the rest is only known with it.
    assert_eq!(shop.refused(words, "invalid_value")["field"], "minimum_amount");
    let words =
        "coupon-program create X --reward percent=0 --reward fixed=1.234 --maximum -1 --minimum-quantity -1 --code ABC";
    let error = shop.refused(words, "quantity_invalid");
    let others: Vec<_> = error["others"].as_array().unwrap().iter().map(|other| &other["field"]).collect();
    assert_eq!(others, ["maximum", "reward", "minimum_quantity", "code"]);
}

#[test]
fn a_ticket_gives_a_coupon() {
    let shop = shop();
    let made = shop.done("ticket coupon T1 --program 'sorry 10' --valid-until 2026-12-31");
    let code = code(&made);
    assert_eq!(made["created"], json!([code]));
    assert_eq!(made["result"]["email"], json!(null));
    let expected = json!({
        "id": code, "program": "Sorry 10", "ticket": "T00001", "customer": "C00001", "only_customer": false,
        "valid_until": "2026-12-31", "state": "valid", "order": null, "share_link": null, "sent_at": null,
        "created_at": "2026-11-23T10:00:00Z",
    });
    assert_eq!(coupon(&made), &expected);
    // Found however it is spelled.
    let spelled = code.replace('-', "").to_lowercase();
    assert_eq!(shop.ok(&format!("coupon show {spelled}")), expected);
    assert_eq!(shop.ok(&format!("coupon show '{} {}'", &spelled[..6], &spelled[6..])), expected);

    let ticket = shop.ok("ticket show T1");
    assert_eq!(ticket["documents"]["coupons"], json!([code]));
    let entry = ticket["log"].as_array().unwrap().last().unwrap();
    assert_eq!((&entry["kind"], &entry["document"]), (&json!("coupon"), &json!(code)));
    assert_eq!(entry["text"], "Coupon of Sorry 10: 10% off the order");
    assert_eq!(entry["operation"], made["operation"]);
    // Works on a closed ticket too, and for one without a customer where anyone may use the code.
    shop.done("ticket close T1");
    let other = shop.done("ticket coupon T1 --program 'Sorry 10' --only-customer --valid-until ''");
    assert_eq!((&coupon(&other)["only_customer"], &coupon(&other)["valid_until"]), (&json!(true), &json!(null)));
    let nobodys = shop.done("ticket coupon T2 --program 'Sorry 10'");
    assert_eq!(coupon(&nobodys)["customer"], json!(null));
    assert_eq!(shop.ok("coupon list").as_array().unwrap().len(), 3);
    assert_eq!(shop.ok("ticket show T1")["stage"], "Solved");
}

#[test]
fn codes_are_readable_and_never_the_same() {
    let shop = shop();
    let line = r#"{"command":"ticket coupon","ticket":"T1","program":"Sorry 10"}"#;
    let answers = shop.apply(&vec![line; 200].join("\n"));
    let codes: std::collections::BTreeSet<String> = answers.iter().map(code).collect();
    assert_eq!(codes.len(), 200);
    let readable = |symbol: char| "ABCDEFGHJKLMNPQRSTUVWXYZ23456789".contains(symbol);
    for code in codes {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(
            groups.len() == 3 && groups.iter().all(|group| group.len() == 4 && group.chars().all(readable)),
            "{code}"
        );
    }
}

#[test]
fn a_dry_run_tells_no_code_and_keeps_none() {
    let shop = shop();
    let before = shop.store.state();
    let planned = shop.ok("ticket coupon T1 --program 'Sorry 10' --dry-run");
    assert_eq!((&planned["status"], &planned["operation"]), (&json!("planned"), &json!(null)));
    assert_eq!(planned["created"], json!([]));
    assert_eq!(coupon(&planned)["id"], json!(null));
    assert_eq!(coupon(&planned)["program"], "Sorry 10");
    let lines = shop.applied("--dry-run", r#"{"command":"ticket coupon","ticket":"T1","program":"Sorry 10"}"#, 0);
    assert_eq!((&lines[0]["created"], &coupon(&lines[0])["id"]), (&json!([]), &json!(null)));
    assert_eq!(shop.run("ticket coupon T1 --program 'Sorry 10' --dry-run -o ids").stdout, "");
    assert_eq!(before, shop.store.state());
}

#[test]
fn a_key_gives_one_code() {
    let shop = shop();
    let words = "ticket coupon T1 --program 'Sorry 10' --key sorry-1";
    let first = shop.done(words);
    let again = shop.ok(words);
    assert_eq!(again["status"], "replayed");
    assert_eq!((&again["created"], &again["result"]), (&first["created"], &first["result"]));
    assert_eq!(shop.ok("coupon list").as_array().unwrap().len(), 1);
}

#[test]
fn a_coupon_that_cannot_be_given_is_refused_in_order() {
    let shop = shop();
    shop.apply(
        r#"{"command":"coupon-program create","id":"Spring","type":"promo-code","code":"SPRING","reward":["fixed=5"],"end":"2026-01-31"}
{"command":"coupon-program create","id":"Gone","reward":["fixed=5"]}
{"command":"coupon-program archive","coupon_program":"Gone"}
{"command":"coupon-program create","id":"Past","reward":["fixed=5"],"end":"2026-11-22"}
{"command":"coupon-program create","id":"Future","reward":["fixed=5"],"start":"2026-11-24"}
{"command":"coupon-program create","id":"Today","reward":["fixed=5"],"start":"2026-11-23","end":"2026-11-23"}"#,
    );
    let past = "--valid-until 2026-11-22";
    for (words, code, field) in [
        (format!("T9 --program Nope {past}"), "not_found", "ticket"),
        (format!("T3 --program Nope {past}"), "not_found", "program"),
        (format!("T3 --program Spring {past}"), "service_not_enabled", ""),
        ("T3".to_owned(), "missing_field", "program"),
        ("T1 --program ''".to_owned(), "missing_field", "program"),
        ("T1 --program 'Sorry 10' --valid-until 2026-11-31".to_owned(), "invalid_value", "valid_until"),
        (format!("T2 --program Spring --only-customer {past}"), "invalid_value", "valid_until"),
        ("T2 --program Spring --only-customer".to_owned(), "program_not_coupons", "program"),
        ("T2 --program Gone --only-customer".to_owned(), "coupon_program_inactive", "program"),
        ("T1 --program Past".to_owned(), "coupon_program_inactive", "program"),
        ("T1 --program Future".to_owned(), "coupon_program_inactive", "program"),
        ("T2 --program Today --only-customer".to_owned(), "customer_required", "customer"),
    ] {
        let error = shop.refused(&format!("ticket coupon {words}"), code);
        assert_eq!(error["field"].as_str().unwrap_or_default(), field, "{words}");
        assert!(error["hint"].is_string() || code == "missing_field", "{words}: {error}");
    }
    // What the form offers is what the command takes.
    let coupons = shop.ok("ticket options T1")["services"][1].clone();
    assert_eq!((&coupons["service"], &coupons["available"]), (&json!("coupons"), &json!(true)));
    assert_eq!(
        coupons["fields"],
        json!({
            "program": {"default": null, "choices": ["Sorry 10", "Today"], "more": 0},
            "valid_until": {"default": null, "choices": null, "more": null},
            "send_by_email": {"default": false, "choices": null, "more": null},
            "only_customer": {"default": false, "choices": null, "more": null},
            "share_link": null,
        })
    );
    for program in coupons["fields"]["program"]["choices"].as_array().unwrap() {
        shop.done(&format!("ticket coupon T1 --program {program} --valid-until 2026-11-23"));
    }
    assert_eq!(shop.ok("ticket options T3")["services"][1]["available"], false);
    // Taken into use again, an archived program is on offer.
    shop.done("coupon-program edit Gone --no-archived");
    shop.done("ticket coupon T1 --program Gone");
}

#[test]
fn an_archived_program_keeps_its_coupons() {
    let shop = shop();
    let code = code(&shop.done("ticket coupon T1 --program 'Sorry 10'"));
    assert_eq!(shop.done("coupon-program archive 'Sorry 10'")["result"]["coupon_program"]["archived"], true);
    shop.unchanged("coupon-program archive 'Sorry 10'");
    assert_eq!(shop.ok(&format!("coupon show {code}"))["state"], "valid");
    let error = shop.refused("coupon-program edit 'Sorry 10' --type promo-code --code ABC", "state_not_allowed");
    assert_eq!((&error["field"], &error["allowed"]), (&json!("type"), &json!("coupons")));
    let words = format!("coupon-program create X --type promo-code --reward fixed=5 --code '{}'", code.to_lowercase());
    assert_eq!(shop.refused(&words, "already_exists")["field"], "code");
}

#[test]
fn a_coupon_expires_after_its_last_day_where_the_desk_is() {
    let shop = Shop::made_with("--timezone Pacific/Auckland");
    shop.apply(
        r#"{"command":"team create","id":"Support","service":["coupons"]}
{"command":"ticket create","team":"Support","subject":"Lamp"}
{"command":"coupon-program create","id":"Sorry","reward":["percent=10"]}"#,
    );
    // It is the 23rd at 23:00 there, and then the 24th.
    let code = code(&shop.done("ticket coupon T1 --program Sorry --valid-until 2026-11-23"));
    let state = |now: &str| {
        shop.clock(now);
        shop.ok(&format!("coupon show {code}"))["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("2026-11-23T10:59:59Z"), "valid");
    assert_eq!(state("2026-11-23T11:00:00Z"), "expired");
    assert_eq!(shop.run("coupon list --state expired -o ids").stdout, format!("{code}\n"));
    assert_eq!(shop.run("coupon list --state valid -o ids").stdout, "");
    assert_eq!(shop.done(&format!("coupon cancel {code}"))["result"]["coupon"]["state"], "cancelled");
    assert_eq!(state("2026-12-23T11:00:00Z"), "cancelled");
}

#[test]
fn a_coupon_is_cancelled_once() {
    let shop = shop();
    let code = code(&shop.done("ticket coupon T1 --program 'Sorry 10'"));
    let cancelled = shop.done(&format!("coupon cancel {}", code.to_lowercase()));
    assert_eq!(cancelled["result"]["coupon"]["state"], "cancelled");
    shop.unchanged(&format!("coupon cancel {code}"));
    assert_eq!(shop.refused("coupon cancel NOPE", "not_found")["field"], "coupon");
    let ticket = shop.ok("ticket show T1");
    assert_eq!(ticket["documents"]["coupons"], json!([]), "what is cancelled is not counted");
    let entry = ticket["log"].as_array().unwrap().last().unwrap();
    assert_eq!((&entry["text"], &entry["document"]), (&json!("Coupon cancelled"), &json!(code)));
}

#[test]
fn a_list_knows_the_state_of_the_day() {
    let shop = shop();
    shop.done("coupon-program create Fixed --reward fixed=5");
    let give = |flags: &str| code(&shop.done(&format!("ticket coupon {flags}")));
    let (lasting, short, gone) = (
        give("T1 --program 'Sorry 10'"),
        give("T1 --program Fixed --valid-until 2026-11-30 --only-customer"),
        give("T2 --program 'Sorry 10' --valid-until 2026-12-31"),
    );
    shop.done(&format!("coupon cancel {gone}"));
    let listed = |flags: &str| -> Vec<String> {
        let coupons = shop.ok(&format!("coupon list {flags}"));
        for coupon in coupons.as_array().unwrap() {
            // The list and the record are of one mind.
            let shown = shop.ok(&format!("coupon show {}", coupon["id"].as_str().unwrap()));
            assert_eq!(*coupon, shown, "{flags}");
        }
        coupons.as_array().unwrap().iter().map(|coupon| coupon["id"].as_str().unwrap().to_owned()).collect()
    };
    // Sorted by their words; of one state the earlier first.
    for (day, valid, expired, sorted) in [
        ("2026-11-30", vec![&lasting, &short], vec![], [&gone, &lasting, &short]),
        ("2026-12-01", vec![&lasting], vec![&short], [&gone, &short, &lasting]),
    ] {
        shop.clock(&format!("{day}T12:00:00Z"));
        assert_eq!(listed("--state valid").iter().collect::<Vec<_>>(), valid, "{day}");
        assert_eq!(listed("--state expired").iter().collect::<Vec<_>>(), expired, "{day}");
        assert_eq!(listed("--state cancelled"), std::slice::from_ref(&gone), "{day}");
        assert_eq!(listed("--state used"), Vec::<String>::new(), "{day}");
        assert_eq!(listed("--state valid --state expired --newest"), [short.clone(), lasting.clone()], "{day}");
        assert_eq!(listed("--sort state").iter().collect::<Vec<_>>(), sorted, "{day}");
        assert_eq!(listed("--sort=-state --limit 1"), std::slice::from_ref(&lasting), "{day}");
    }
    for (flags, expected) in [
        ("--program fixed", vec![&short]),
        ("--ticket T1 --program 'sorry 10'", vec![&lasting]),
        ("--customer C1 --only-customer no", vec![&lasting]),
        ("--customer ''", vec![&gone]),
        ("--valid-until 2026-12", vec![&gone]),
        ("--valid-until ..2026-11-30", vec![&short]),
        ("--valid-until ''", vec![&lasting]),
        ("--order ''", vec![&lasting, &short, &gone]),
        ("--sent-at 2026-11", vec![]),
    ] {
        assert_eq!(listed(flags).iter().collect::<Vec<_>>(), expected, "{flags}");
    }
    assert_eq!(listed(&format!("--id {}", short.to_lowercase().replace('-', ""))), std::slice::from_ref(&short));
    for (flags, code, field) in [
        ("--state active", "invalid_value", "state"),
        ("--program None", "not_found", "program"),
        ("--customer C9", "not_found", "customer"),
        ("--valid-until soon", "invalid_value", "valid_until"),
        ("--only-customer perhaps", "invalid_value", "only_customer"),
        ("--sort share", "invalid_value", "sort"),
    ] {
        assert_eq!(shop.refused(&format!("coupon list {flags}"), code)["field"], field, "{flags}");
    }
    assert_eq!(shop.ok("coupon-program list --type coupons --archived no --search sorry").as_array().unwrap().len(), 1);
    assert_eq!(
        shop.refused("coupon-program list --type gift", "invalid_value")["allowed"],
        json!(["coupons", "promo-code"])
    );
    shop.ok("verify");
}

#[test]
fn an_imported_program_changes_in_what_it_says() {
    let shop = shop();
    let import = |record: Value| {
        let ran = shop.run_with("import --update -o json", record.to_string());
        (ran.code, serde_json::from_str::<Value>(&ran.stdout).unwrap_or_default())
    };
    let program = || shop.ok("coupon-program show 'Sorry 10'");
    let before = program();
    let said = |key: &str, value: Value| json!({"record": "coupon_program", "id": "Sorry 10", key: value});
    // What is left out stays, and what is null is emptied.
    let (code, answers) = import(said("usage_limit", json!("3")));
    assert_eq!((code, &answers[0]["status"]), (0, &json!("done")), "{answers}");
    let mut expected = before.clone();
    expected["usage_limit"] = json!(3);
    assert_eq!(program(), expected);
    assert_eq!(import(said("usage_limit", json!("3"))).1[0]["status"], "unchanged");
    assert_eq!(import(said("usage_limit", Value::Null)).0, 0);
    assert_eq!(program(), before);
    assert_eq!(import(said("archived", json!(true))).0, 0);
    assert_eq!(import(said("archived", json!(false))).0, 0);
    assert_eq!(program(), before);
    // The conditions are said whole.
    assert_eq!(import(said("conditions", json!({"minimum_quantity": "2"}))).0, 0);
    assert_eq!(
        program()["conditions"],
        json!({"minimum_amount": null, "minimum_amount_tax": "included", "minimum_quantity": "2", "products": []})
    );
    assert_eq!(import(said("conditions", Value::Null)).0, 0);
    assert_eq!(program()["conditions"]["minimum_quantity"], Value::Null);
    assert_eq!(program()["rewards"], before["rewards"]);
    // A program has a reward.
    for none in [Value::Null, json!([])] {
        let (code, answers) = import(said("rewards", none));
        assert_eq!((code, &answers[0]["error"]["code"]), (10, &json!("missing_field")), "{answers}");
        assert_eq!(answers[0]["error"]["field"], "rewards");
    }
    let new = json!({"record": "coupon_program", "id": "New"});
    assert_eq!(import(new).1[0]["error"]["field"], "rewards");
    shop.ok("verify");
}

#[test]
fn a_link_puts_a_coupon_on_a_cart() {
    let shop = shop();
    let code = code(&shop.done("ticket coupon T1 --program 'Sorry 10'"));
    let share = format!("coupon share {}", code.to_lowercase());
    // What a link needs is said with the command that brings it.
    let error = shop.refused(&share, "app_missing");
    assert_eq!(error["hint"], "aftersales app install ecommerce");
    assert_eq!(
        shop.refused("ticket coupon T1 --program 'Sorry 10' --share-link", "app_missing")["field"],
        "share_link"
    );
    shop.done("app install ecommerce");
    let error = shop.refused(&share, "missing_field");
    assert_eq!(error["hint"], "aftersales desk edit --shop-url https://shop.example.com");
    assert_eq!(shop.refused("desk edit --shop-url shop", "invalid_value")["field"], "shop_url");
    assert_eq!(
        shop.done("desk edit --shop-url https://example.com/shop/")["result"]["desk"]["shop_url"],
        "https://example.com/shop"
    );
    for target in ["//evil.example", "/\\\\evil.example", "cart", "''"] {
        assert_eq!(shop.refused(&format!("{share} --target {target}"), "invalid_value")["field"], "target", "{target}");
    }
    let planned = shop.ok(&format!("{share} --dry-run"));
    assert_eq!((&planned["status"], &coupon(&planned)["share_link"]), (&json!("planned"), &json!(null)));
    let link = format!("https://example.com/shop/coupon/{code}?r=/cart");
    assert_eq!(coupon(&shop.done(&share))["share_link"], link.as_str());
    shop.unchanged(&share);
    assert_eq!(shop.ok(&format!("coupon show {code}"))["share_link"], link.as_str());
    let other = shop.done(&format!("{share} --target '/lamps?by=price'"));
    assert_eq!(coupon(&other)["share_link"], format!("https://example.com/shop/coupon/{code}?r=/lamps%3Fby%3Dprice"));

    assert_eq!(shop.ok("ticket options T1")["services"][1]["fields"]["share_link"]["default"], false);
    let made = shop.done("ticket coupon T1 --program 'Sorry 10' --share-link");
    let new = coupon(&made)["id"].as_str().unwrap();
    assert_eq!(coupon(&made)["share_link"], format!("https://example.com/shop/coupon/{new}?r=/cart"));
    let planned = shop.ok("ticket coupon T1 --program 'Sorry 10' --share-link --dry-run");
    assert_eq!(coupon(&planned)["share_link"], json!(null));
    shop.done(&format!("coupon cancel {new}"));
    shop.refused(&format!("coupon share {new}"), "coupon_cancelled");
    shop.done("desk edit --shop-url ''");
    shop.refused("ticket coupon T1 --program 'Sorry 10' --share-link", "missing_field");
}
