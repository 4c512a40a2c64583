//! Refunds: credit notes from a ticket, what is left of an invoice, posting, paying, matching, cancelling (spec B).

use serde_json::Value;

use crate::support::Shop;

/// A shop that sold three lamps (20 % on top) and two chairs to Ada on one order, invoiced 144.00 + 240.00.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00","tax":["VAT20"]}
{"command":"product create","id":"CHAIR","name":"Chair","price":"100.00","tax":["VAT20"]}
{"command":"product create","id":"RADIO","name":"Radio","price":"10.00","tracking":"serial"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}
{"command":"team create","id":"Support","service":["refunds"]}
{"command":"order create","customer":"C1","line":["LAMP=3","CHAIR=2"]}
{"command":"order confirm","order":"S1"}
{"command":"invoice create","order":"S1"}
{"command":"invoice post","invoice":"D1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers","order":"S1"}"#,
    );
    shop
}

fn credit_note(answer: &Value) -> &Value {
    &answer["result"]["credit_notes"][0]
}

#[test]
fn a_reversal_is_a_draft_of_all_that_is_left() {
    let shop = shop();
    let answer = shop.done("ticket refund T1 --invoice INV/2026/1");
    let note = credit_note(&answer);
    assert_eq!(answer["created"], serde_json::json!(["D00002"]));
    assert_eq!((&note["state"], &note["total"], &note["number"]), (&"draft".into(), &"384.00".into(), &Value::Null));
    assert_eq!(note["text"], "Reversal of: INV/2026/00001, T00001");
    assert_eq!(
        (&note["invoice"], &note["reason"], &note["journal"]),
        (&"INV/2026/00001".into(), &"T00001".into(), &"INV".into())
    );
    assert_eq!((&note["date"], &note["due_date"]), (&"2026-11-23".into(), &"2026-11-23".into()));
    assert_eq!(note["lines"][0]["refunds"], "goods");
    // The invoice is untouched, and the draft holds all of it.
    let invoice = shop.ok("invoice show INV/2026/1");
    assert_eq!((&invoice["open"], &invoice["payment_state"]), (&"384.00".into(), &"not_paid".into()));
    let error = shop.refused("ticket refund T1 --invoice INV/2026/1", "nothing_to_refund");
    assert!(error["hint"].as_str().unwrap().contains("D00002"), "{error}");
}

#[test]
fn refunds_of_any_kind_end_at_exactly_nothing() {
    let shop = shop();
    for (words, total, left) in [
        ("--line 1=1 --post", "48.00", "336.00"),
        ("--amount 0.01 --post", "0.01", "335.99"),
        ("--amount 100.00 --post", "100.00", "235.99"),
        ("--line 1=1 --line 2=1 --post", "122.76", "113.23"),
        ("--post", "113.23", "0.00"),
    ] {
        let answer = shop.done(&format!("ticket refund T1 --invoice INV/2026/1 {words}"));
        assert_eq!(credit_note(&answer)["total"], total, "{words}");
        assert_eq!(shop.ok("invoice show INV/2026/1")["open"], left, "{words}");
    }
    assert_eq!(shop.ok("invoice show INV/2026/1")["payment_state"], "reversed");
    shop.refused("ticket refund T1 --invoice INV/2026/1 --amount 0.01", "nothing_to_refund");
    shop.refused("ticket refund T1 --invoice INV/2026/1 --line 1=1", "nothing_to_refund");
    shop.refused("ticket refund T1 --invoice INV/2026/1", "nothing_to_refund");
    let notes = shop.ok("credit-note list --invoice INV/2026/00001");
    assert_eq!(notes.as_array().unwrap().len(), 5);
    assert_eq!(shop.ok("ticket show T1")["documents"]["credit_notes"].as_array().unwrap().len(), 5);
}

#[test]
fn attempts_are_refused_with_code_field_and_figure() {
    let shop = shop();
    shop.apply(
        r#"{"command":"lot create","id":"SN1","product":"RADIO"}
{"command":"invoice create","customer":"C1","line":["LAMP=1"]}
{"command":"invoice create","customer":"C2","line":["LAMP=1"]}
{"command":"invoice post","invoice":"D3"}
{"command":"invoice create","customer":"C1","line":["CHAIR=1"]}
{"command":"invoice post","invoice":"D4"}
{"command":"journal create","id":"BANK","name":"Bank","type":"bank"}
{"command":"journal create","id":"OLD","name":"Old","type":"sale","no_active":true}
{"command":"team create","id":"Other"}
{"command":"ticket create","team":"Other","customer":"C1","subject":"no service"}
{"command":"ticket create","team":"Support","subject":"nobody's"}
{"command":"ticket create","team":"Support","customer":"C2","subject":"Bo's"}
{"command":"customer create","name":"New"}
{"command":"ticket create","team":"Support","customer":"C3","subject":"never bought"}"#,
    );
    for (words, code, field, given, allowed) in [
        ("T9 --invoice INV/2026/1", "not_found", "ticket", "T9", ""),
        ("T1 --invoice INV/2026/9", "not_found", "invoice", "INV/2026/9", ""),
        ("T1 --invoice INV/2026/1 --order S9", "not_found", "order", "S9", ""),
        ("T1 --invoice INV/2026/1 --product NONE", "not_found", "product", "NONE", ""),
        ("T1 --invoice INV/2026/1 --journal NONE", "not_found", "journal", "NONE", ""),
        ("T2 --invoice INV/2026/1", "service_not_enabled", "", "", ""),
        ("T3 --invoice INV/2026/1", "customer_required", "customer", "", ""),
        ("T1", "missing_field", "invoice", "", ""),
        ("T5", "no_posted_invoice", "invoice", "", ""),
        ("T1 --order '' --product RADIO", "no_invoice_with_product", "invoice", "", ""),
        ("T1 --invoice D2", "invoice_not_posted", "invoice", "D00002", ""),
        ("T1 --invoice INV/2026/2", "invoice_not_offered", "invoice", "INV/2026/00002", ""),
        ("T1 --invoice INV/2026/3", "invoice_not_offered", "invoice", "INV/2026/00003", ""),
        ("T1 --invoice INV/2026/3 --order '' --product LAMP", "invoice_not_offered", "invoice", "INV/2026/00003", ""),
        ("T1 --invoice INV/2026/1 --product RADIO", "product_not_on_order", "product", "RADIO", ""),
        ("T4 --invoice INV/2026/2 --order S1", "order_not_of_customer", "order", "S00001", ""),
        ("T1 --invoice INV/2026/1 --product LAMP --lot SN1", "lot_not_tracked", "lot", "SN1", ""),
        ("T1 --invoice INV/2026/1 --line 1=4", "refund_exceeds_invoice", "line", "1=4", "3"),
        ("T1 --invoice INV/2026/1 --line 3=1", "invalid_value", "line", "3=1", ""),
        ("T1 --invoice INV/2026/1 --line 1=1 --line 1=1", "invalid_value", "line", "1=1", ""),
        ("T1 --invoice INV/2026/1 --line 1=-1", "quantity_invalid", "line", "1=-1", ""),
        ("T1 --invoice INV/2026/1 --line 1=0", "quantity_invalid", "line", "1=0", ""),
        ("T1 --invoice INV/2026/1 --line 1", "invalid_value", "line", "1", ""),
        ("T1 --invoice INV/2026/1 --line 0=1", "invalid_value", "line", "0=1", ""),
        ("T1 --invoice INV/2026/1 --amount 384.01", "refund_exceeds_invoice", "amount", "384.01", "384.00"),
        ("T1 --invoice INV/2026/1 --amount 0", "quantity_invalid", "amount", "0", ""),
        ("T1 --invoice INV/2026/1 --amount -5", "quantity_invalid", "amount", "-5", ""),
        ("T1 --invoice INV/2026/1 --amount 1.005", "invalid_value", "amount", "1.005", ""),
        ("T1 --invoice INV/2026/1 --amount 1e3", "invalid_value", "amount", "1e3", ""),
        (
            "T1 --invoice INV/2026/1 --amount 99999999999999999999",
            "invalid_value",
            "amount",
            "99999999999999999999",
            "",
        ),
        ("T1 --invoice INV/2026/1 --amount 5 --line 1=1", "invalid_value", "amount", "5", ""),
        ("T1 --invoice INV/2026/1 --amount 5 --create-invoice", "invalid_value", "amount", "5", ""),
        ("T1 --order '' --invoice INV/2026/1 --invoice INV/2026/3 --line 1=1", "invalid_value", "line", "1=1", ""),
        ("T1 --invoice INV/2026/1 --invoice INV/2026/1", "invalid_value", "invoice", "INV/2026/00001", ""),
        ("T1 --invoice INV/2026/1 --journal BANK", "journal_not_allowed", "journal", "BANK", ""),
        ("T1 --invoice INV/2026/1 --journal OLD", "journal_not_allowed", "journal", "OLD", ""),
        ("T1 --invoice INV/2026/1 --date ''", "missing_field", "date", "", ""),
        ("T1 --invoice INV/2026/1 --date 2026-02-30", "invalid_value", "date", "2026-02-30", ""),
    ] {
        let error = shop.refused(&format!("ticket refund {words}"), code);
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            (text("field"), text("given"), text("allowed")),
            (field.into(), given.into(), allowed.into()),
            "{words}: {error}"
        );
    }
}

#[test]
fn existence_comes_before_service_before_values_before_rules() {
    let shop = shop();
    shop.apply(
        r#"{"command":"team create","id":"Other"}
{"command":"ticket create","team":"Other","customer":"C1","subject":"no service"}
{"command":"invoice create","customer":"C1","line":["LAMP=1"]}"#,
    );
    shop.refused("ticket refund T2 --invoice NONE --amount 0", "not_found");
    shop.refused("ticket refund T9 --invoice INV/2026/1 --amount x", "not_found");
    shop.refused("ticket refund T2 --invoice D2 --amount 0", "service_not_enabled");
    shop.refused("ticket refund T1 --invoice D2 --amount 0", "quantity_invalid");
    let error = shop.refused("ticket refund T1 --invoice D2 --date '' --line 7=1 --line 1=-1", "missing_field");
    let others: Vec<&str> =
        error["others"].as_array().unwrap().iter().map(|other| other["code"].as_str().unwrap()).collect();
    assert_eq!(others, ["invalid_value", "quantity_invalid"]);
}

#[test]
fn reversing_with_a_new_invoice_releases_payments_and_bills_anew() {
    let shop = shop();
    shop.done("invoice pay INV/2026/1 --amount 84.00");
    shop.done("ticket refund T1 --invoice INV/2026/1 --amount 100 --post");
    let plan = shop.ok("ticket refund T1 --invoice INV/2026/1 --create-invoice --dry-run");
    let answer = shop.done("ticket refund T1 --invoice INV/2026/1 --create-invoice");
    assert_eq!(plan["warnings"], answer["warnings"]);
    let codes: Vec<&str> = answer["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["credited_before", "payments_released"]);
    let copy = &answer["result"]["invoices"][0];
    assert_eq!((&copy["state"], &copy["total"], &copy["order"]), (&"draft".into(), &"384.00".into(), &"S00001".into()));
    let invoice = shop.ok("invoice show INV/2026/1");
    assert_eq!((&invoice["open"], &invoice["payment_state"]), (&"0.00".into(), &"reversed".into()));
    assert_eq!(shop.ok("payment show P1")["open"], "84.00");
    // The copy stands for the order now: nothing is billable again (spec B15).
    shop.refused("invoice create --order S1", "nothing_to_invoice");
}

#[test]
fn a_credit_note_on_a_paid_invoice_stays_open_until_it_is_paid_out_or_matched() {
    let shop = shop();
    shop.done("invoice pay INV/2026/1");
    assert_eq!(shop.ok("invoice show INV/2026/1")["payment_state"], "paid");
    shop.unchanged("invoice pay INV/2026/1");
    shop.done("ticket refund T1 --invoice INV/2026/1 --line 1=1 --post");
    assert_eq!(shop.ok("credit-note show RINV/2026/1")["open"], "48.00");
    shop.done("credit-note pay RINV/2026/1 --amount 8");
    shop.done("invoice create --customer C1 --line LAMP=1");
    shop.done("invoice post D3");
    shop.done("credit-note match RINV/2026/1 --with INV/2026/2");
    let note = shop.ok("credit-note show RINV/2026/1");
    assert_eq!((&note["open"], &note["payment_state"]), (&"0.00".into(), &"paid".into()));
    let invoice = shop.ok("invoice show INV/2026/2");
    assert_eq!((&invoice["open"], &invoice["payment_state"]), (&"8.00".into(), &"partial".into()));
    // Taking one match away touches no other.
    shop.done("credit-note unmatch RINV/2026/1 --with INV/2026/2");
    assert_eq!(shop.ok("credit-note show RINV/2026/1")["open"], "40.00");
    assert_eq!(shop.ok("payment show P2")["open"], "0.00");
    shop.unchanged("credit-note unmatch RINV/2026/1 --with INV/2026/2");
}

#[test]
fn matching_needs_two_sides_of_one_customer_and_currency() {
    let shop = shop();
    shop.apply(
        r#"{"command":"invoice create","customer":"C2","line":["LAMP=1"]}
{"command":"invoice post","invoice":"D2"}
{"command":"credit-note create","customer":"C2","line":["LAMP=1@10.00"],"reason":"Goodwill"}
{"command":"credit-note post","credit_note":"D3"}
{"command":"credit-note create","customer":"C1","line":["LAMP=1@10.00"],"currency":"USD"}
{"command":"credit-note post","credit_note":"D4"}
{"command":"credit-note create","customer":"C1","line":["LAMP=1@10.00"]}"#,
    );
    shop.refused("invoice match INV/2026/1 --with INV/2026/2", "invalid_value");
    shop.refused("invoice match INV/2026/1 --with RINV/2026/1", "invalid_value");
    shop.refused("invoice match INV/2026/1 --with RINV/2026/2", "currency_mismatch");
    shop.refused("invoice match INV/2026/1 --with D5", "state_not_allowed");
    shop.refused("invoice match INV/2026/1 --with NONE", "not_found");
    shop.refused("invoice match INV/2026/1", "missing_field");
    shop.refused("invoice match INV/2026/2 --with RINV/2026/1 --amount 12.01", "invalid_value");
    shop.done("invoice match INV/2026/2 --with RINV/2026/1");
    assert_eq!(shop.ok("invoice show INV/2026/2")["open"], "36.00");
    // Nothing is open on one of them: nothing could be matched, and that is told.
    let error = shop.refused("invoice match INV/2026/2 --with RINV/2026/1", "nothing_to_match");
    assert_eq!(error["hint"], "aftersales credit-note show RINV/2026/00001");
}

#[test]
fn a_draft_is_edited_within_what_is_left() {
    let shop = shop();
    shop.done("ticket refund T1 --invoice INV/2026/1");
    let edited = shop.done("credit-note edit D2 --line 1=2 --drop-line 2 --reason 'Two broken' --date 2026-11-24");
    let note = &edited["result"]["credit_note"];
    assert_eq!((&note["total"], &note["text"]), (&"96.00".into(), &"Reversal of: INV/2026/00001, Two broken".into()));
    shop.refused("credit-note edit D2 --line 1=4", "refund_exceeds_invoice");
    shop.refused("credit-note edit D2 --line 1=2@80", "refund_exceeds_invoice");
    shop.refused("credit-note edit D2 --line 2=1", "invalid_value");
    shop.refused("credit-note edit D2 --add-line CHAIR=1", "refund_exceeds_invoice");
    shop.refused("credit-note edit D2 --date ''", "missing_field");
    shop.done("credit-note edit D2 --line 1=2@30");
    assert_eq!(shop.ok("credit-note show D2")["total"], "72.00");
    shop.unchanged("credit-note edit D2 --line 1=2@30");
    shop.refused("credit-note post D2", "not_due");
    shop.clock("2026-11-24T00:00:00Z");
    shop.done("credit-note post D2");
    shop.unchanged("credit-note post D2");
    shop.refused("credit-note edit D2 --line 1=1", "state_not_allowed");
}

#[test]
fn excess_needs_the_flag_and_the_right() {
    let shop = shop();
    shop.done("user create root --right admin -y");
    shop.done("user create ann --right helpdesk --as root");
    shop.refused("ticket refund T1 --invoice INV/2026/1 --amount 500 --as ann", "refund_exceeds_invoice");
    shop.refused("ticket refund T1 --invoice INV/2026/1 --amount 500 --allow-excess --as ann", "access_denied");
    shop.done("ticket refund T1 --invoice INV/2026/1 --amount 500 --allow-excess --post --as root");
    shop.refused("ticket refund T1 --invoice INV/2026/1 --as ann", "nothing_to_refund");
    shop.done("credit-note cancel RINV/2026/1 --as root");
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice INV/2026/1 --as ann"))["total"], "384.00");
}

#[test]
fn what_waits_for_its_day_is_posted_then() {
    let shop = shop();
    let answer = shop.done("ticket refund T1 --invoice INV/2026/1 --line 1=1 --date 2026-12-24 --post");
    assert_eq!(
        (&credit_note(&answer)["state"], &credit_note(&answer)["post_on"]),
        (&"draft".into(), &"2026-12-24".into())
    );
    assert_eq!(answer["warnings"][0]["code"], "not_due");
    assert_eq!(
        answer["warnings"][0]["message"],
        "credit note D00002 stays a draft until 2026-12-24: 'credit-note post --due' posts it from then on"
    );
    // A table says so where it says that it is a draft, and a day that is moved is told anew.
    let ran = shop.run("ticket refund T1 --invoice INV/2026/1 --line 1=1 --date 2026-12-02 --post");
    assert!(ran.stdout.contains("draft until 2026-12-02"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("warning[not_due]: credit note D00003 stays a draft until 2026-12-02"), "{ran:?}");
    let moved = shop.done("credit-note edit D3 --date 2026-12-01");
    assert!(moved["warnings"][0]["message"].as_str().unwrap().contains("until 2026-12-01"), "{moved}");
    assert!(shop.text("credit-note list").contains("draft until 2026-12-01"));
    shop.refused("credit-note post D2", "not_due");
    assert_eq!(shop.run("credit-note post --due").stdout, "");
    shop.clock("2026-12-31T10:00:00Z");
    let ran = shop.run("credit-note post --due");
    let posted: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<&str> = posted.iter().map(|line| line["result"]["credit_note"]["id"].as_str().unwrap()).collect();
    assert_eq!((numbers, ran.code), (vec!["D00003", "D00002"], 0));
    assert_eq!(shop.ok("credit-note show D3")["number"], "RINV/2026/00001");
}

#[test]
fn cancelling_gives_back_what_was_held_and_keeps_the_number() {
    let shop = shop();
    shop.done("ticket refund T1 --invoice INV/2026/1 --line 1=3 --post");
    shop.refused("invoice cancel INV/2026/1", "state_not_allowed");
    shop.done("credit-note cancel RINV/2026/1");
    let note = shop.ok("credit-note show RINV/2026/1");
    assert_eq!(
        (&note["state"], &note["open"], &note["matched"]),
        (&"cancelled".into(), &"0.00".into(), &Value::Array(vec![]))
    );
    shop.unchanged("credit-note cancel RINV/2026/1");
    assert_eq!(shop.ok("invoice show INV/2026/1")["open"], "384.00");
    shop.done("ticket refund T1 --invoice INV/2026/1 --line 1=3 --post");
    assert_eq!(shop.ok("credit-note list --state posted")[0]["number"], "RINV/2026/00002");
    shop.refused("desk edit --lock-date 2026-11-30", "confirmation_needed");
    shop.done("desk edit --lock-date 2026-11-30 --yes");
    let error = shop.refused("credit-note cancel RINV/2026/2", "period_locked");
    assert_eq!(error["hint"], "aftersales credit-note reverse RINV/2026/00002");
    // A document in the locked period is accounted on the day after it.
    shop.done("invoice create --customer C1 --line LAMP=1");
    let posted = shop.done("invoice post D4");
    assert_eq!(posted["warnings"][0]["code"], "accounted_later");
    let invoice = shop.ok("invoice show D4");
    assert_eq!((&invoice["date"], &invoice["accounting_date"]), (&"2026-11-23".into(), &"2026-12-01".into()));
}

#[test]
fn several_invoices_each_get_their_credit_note_and_keep_their_journal() {
    let shop = shop();
    shop.apply(
        r#"{"command":"journal create","id":"WEB","name":"Web sales","type":"sale"}
{"command":"invoice create","customer":"C1","line":["LAMP=1"],"journal":"WEB"}
{"command":"invoice post","invoice":"D2"}"#,
    );
    let answer = shop.done("ticket refund T1 --order '' --invoice INV/2026/1 --invoice WEB/2026/1 --post");
    let numbers: Vec<&str> = answer["result"]["credit_notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["number"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, ["RINV/2026/00001", "RWEB/2026/00001"]);
}

#[test]
fn a_key_makes_a_retry_harmless() {
    let shop = shop();
    let first = shop.done("ticket refund T1 --invoice INV/2026/1 --line 1=1 --post --key recall-7");
    let again = shop.ok("ticket refund T1 --invoice INV/2026/1 --line 1=1 --post --key recall-7");
    assert_eq!(again["status"], "replayed");
    for key in ["operation", "created", "result", "warnings"] {
        assert_eq!(again[key], first[key], "{key}");
    }
    let by_json = shop.applied(
        "",
        r#"{"command":"ticket refund","ticket":"T1","invoice":"INV/2026/1","line":{"1":"1"},"post":true,"key":"recall-7"}"#,
        0,
    );
    assert_eq!(by_json[0]["status"], "replayed");
    shop.refused("ticket refund T1 --invoice INV/2026/1 --line 1=2 --post --key recall-7", "key_reused");
    assert_eq!(shop.ok("invoice show INV/2026/1")["open"], "336.00");
}

#[test]
fn numbers_past_what_is_kept_are_refused_and_leave_the_store_readable() {
    let shop = shop();
    let excess = "ticket refund T1 --invoice INV/2026/1 --line 1=9000000000000 --allow-excess --post";
    shop.done(excess);
    assert_eq!(shop.refused(excess, "invalid_value")["exit"], 10);
    let line = r#"{"command":"ticket refund","ticket":"T1","invoice":"INV/2026/1","line":"1=9000000000000","allow_excess":true}"#;
    let answers = shop.applied("", &format!("{line}\n{}", r#"{"command":"ticket note","ticket":"T1","text":"on"}"#), 3);
    assert_eq!((&answers[0]["error"]["code"], &answers[1]["status"]), (&"invalid_value".into(), &"done".into()));

    shop.apply(
        r#"{"command":"order create","customer":"C1","line":["LAMP=9000000000000@1"]}
{"command":"order confirm","order":"S2"}"#,
    );
    let first = shop.done("invoice create --order S2")["created"][0].as_str().unwrap().to_owned();
    shop.done(&format!("invoice edit {first} --line 1=1"));
    shop.done("invoice create --order S2");
    shop.refused(&format!("invoice edit {first} --line 1=9000000000000"), "invalid_value");
    assert_eq!(shop.ok("order show S2")["lines"][0]["invoiced"], "9000000000000");
}

#[test]
fn a_draft_is_edited_by_the_rules_it_was_made_by() {
    let shop = shop();
    shop.done("invoice create --customer C1 --line RADIO=2 --line LAMP=1");
    for (words, code, field, given) in [
        ("--line 1=0.5", "quantity_invalid", "line", "1=0.5"),
        ("--line 1=-1", "quantity_invalid", "line", "1=-1"),
        ("--line 1=1@-1", "quantity_invalid", "line", "1=1@-1"),
        ("--line 1=1 --line 1=2", "invalid_value", "line", "1=2"),
        ("--line 1=1 --drop-line 1", "invalid_value", "drop_line", "1"),
        ("--drop-line 1 --drop-line 1", "invalid_value", "drop_line", "1"),
    ] {
        let error = shop.refused(&format!("invoice edit D2 {words}"), code);
        assert_eq!((&error["field"], &error["given"]), (&field.into(), &given.into()), "{words}");
    }
    shop.done("invoice edit D2 --date 2026-12-01");
    let hint = shop.refused("invoice post D2", "not_due")["hint"].clone();
    assert!(hint.as_str().unwrap().contains("aftersales invoice edit D00002 --date"), "{hint}");
    shop.done("invoice edit D2 --date 2026-11-23");
    shop.done("invoice post D2");
    shop.refused("ticket refund T1 --order '' --invoice D2 --line 1=0.5", "quantity_invalid");
    shop.done("ticket refund T1 --order '' --invoice D2 --line 1=1");
    shop.refused("credit-note edit D3 --line 1=0.5", "quantity_invalid");
    assert_eq!(shop.refused("credit-note edit D3 --add-line LAMP=1", "refund_exceeds_invoice")["given"], "LAMP=1");
    let billed = shop.ok("invoice list --kind invoice --fields id");
    assert_eq!(billed.as_array().unwrap().len(), 2);
}

#[test]
fn what_no_number_holds_is_refused() {
    let shop = shop();
    let much = "--line 1=9223372036854 --allow-excess";
    shop.done(&format!("ticket refund T1 --invoice INV/2026/1 {much}"));
    shop.refused(&format!("ticket refund T1 --invoice INV/2026/1 {much}"), "invalid_value");
    // More was credited than the whole invoice, so nothing more is, unless it may exceed too.
    let error = shop.refused("ticket refund T1 --invoice INV/2026/1 --line 2=1", "refund_exceeds_invoice");
    assert_eq!(error["allowed"], "0.00");
    shop.refused("ticket refund T1 --invoice INV/2026/1", "nothing_to_refund");
    // In a bulk run it is one failing line, not the end of the run.
    let line = r#"{"command":"ticket refund","ticket":"T1","invoice":"INV/2026/1","line":"1=9223372036854","allow_excess":true}
{"command":"ticket note","ticket":"T1","text":"on"}"#;
    let answers = shop.applied("", line, 3);
    assert_eq!((&answers[0]["error"]["code"], &answers[1]["status"]), (&"invalid_value".into(), &"done".into()));
}

/// A shop with products A and B without tax, where Ada ordered both with 1.00 off, was billed 9.00 and paid.
fn with_a_discount() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"A","price":"6.00"}
{"command":"product create","id":"B","price":"4.00"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"team create","id":"Support","service":["refunds"]}"#,
    );
    let order = r#"{"record":"order","id":"S00001","customer":"C00001","state":"confirmed","lines":[{"product":"A","quantity":"1"},{"product":"B","quantity":"1"},{"product":null,"label":"SAVE","quantity":"1","price":"-1.00"}]}"#;
    assert_eq!(shop.run_with("import", order).code, 0);
    shop.apply(
        r#"{"command":"invoice create","order":"S1"}
{"command":"invoice post","invoice":"D1"}
{"command":"invoice pay","invoice":"D1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Broken"}"#,
    );
    assert_eq!(shop.ok("invoice show D1")["total"], "9.00");
    shop
}

/// Product or label, kind, quantity and total of each line.
fn lines(document: &Value) -> Vec<String> {
    let line = |line: &Value| {
        let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        let what = if line["product"].is_null() { text("label") } else { text("product") };
        format!("{what} {} {} {}", text("refunds"), text("quantity"), text("total"))
    };
    document["lines"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn refunded_lines_take_their_share_of_a_discount_along() {
    let shop = with_a_discount();
    let first = shop.done("ticket refund T1 --invoice D1 --line 2=1 --post");
    assert_eq!(lines(credit_note(&first)), ["B goods 1 4.00", "SAVE value 1 -0.40"]);
    assert_eq!(credit_note(&first)["total"], "3.60");
    let last = shop.done("ticket refund T1 --invoice D1 --line 1=1 --post");
    assert_eq!(credit_note(&last)["total"], "5.40", "the last line takes what is left of the discount");
    shop.refused("ticket refund T1 --invoice D1", "nothing_to_refund");

    let shop = with_a_discount();
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --line 1=1 --post"))["total"], "5.40");
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --post"))["total"], "3.60");
}

#[test]
fn a_discount_is_not_refunded_by_itself() {
    let shop = with_a_discount();
    assert_eq!(shop.refused("ticket refund T1 --invoice D1 --line 3=1", "invalid_value")["field"], "line");
    assert_eq!(
        shop.refused("ticket refund T1 --invoice D1 --line-amount 3=1", "invalid_value")["field"],
        "line_amount"
    );
    shop.refused("ticket refund T1 --invoice D1 --amount 9.01", "refund_exceeds_invoice");
    let half = shop.done("ticket refund T1 --invoice D1 --amount 4.50 --post");
    assert_eq!(lines(credit_note(&half)), ["A value 1 3.00", "B value 1 2.00", "SAVE value 1 -0.50"]);
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --line 2=1 --post"))["total"], "1.80");
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --line 1=1 --post"))["total"], "2.70");
}

#[test]
fn a_line_of_a_draft_that_changes_or_goes_takes_its_share_along() {
    let shop = with_a_discount();
    let draft = shop.done("ticket refund T1 --invoice D1");
    assert_eq!(
        lines(credit_note(&draft)),
        ["A goods 1 6.00", "B goods 1 4.00", "SAVE value 1 -0.60", "SAVE value 1 -0.40"]
    );
    let edited = shop.done("credit-note edit D2 --drop-line 2");
    assert_eq!(lines(&edited["result"]["credit_note"]), ["A goods 1 6.00", "SAVE value 1 -0.60"]);
    shop.unchanged("credit-note edit D2 --line 1=1");
    let edited = shop.done("credit-note edit D2 --line 1=0.5");
    assert_eq!(lines(&edited["result"]["credit_note"]), ["A goods 0.5 3.00", "SAVE value 1 -0.30"]);
    let edited = shop.done("credit-note edit D2 --line 1=0");
    assert_eq!(lines(&edited["result"]["credit_note"]), ["A goods 0 0.00"]);
    shop.refused("credit-note post D2", "state_not_allowed");
    shop.done("credit-note edit D2 --line 1=1");
    shop.done("credit-note post D2");
    assert_eq!(shop.ok("credit-note show D2")["total"], "5.40");
    // Dropping the share itself is held to what is left of the invoice as a whole.
    shop.done("ticket refund T1 --invoice D1");
    let error = shop.refused("credit-note edit D3 --drop-line 2", "refund_exceeds_invoice");
    assert_eq!((&error["field"], &error["allowed"]), (&"drop_line".into(), &"3.60".into()));
}

#[test]
fn the_credit_notes_of_an_invoice_never_exceed_it_as_a_whole() {
    let shop = with_a_discount();
    // Value off a line takes no share, so the discount stays for the rest.
    shop.done("ticket refund T1 --invoice D1 --line-amount 1=6.00 --post");
    let error = shop.refused("ticket refund T1 --invoice D1 --line-amount 2=3.01", "refund_exceeds_invoice");
    assert_eq!((&error["field"], &error["allowed"]), (&"line_amount".into(), &"3.00".into()));
    let rest = shop.done("ticket refund T1 --invoice D1 --line 2=1 --post");
    assert_eq!(credit_note(&rest)["total"], "3.00", "the share is raised to what the whole invoice leaves");
    shop.refused("ticket refund T1 --invoice D1", "nothing_to_refund");
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --line 1=1 --post"))["total"], "0.00");
}

#[test]
fn an_amount_comes_off_one_line_with_its_own_taxes() {
    let shop = shop();
    for (words, code, field, allowed) in [
        ("--line-amount 3=1", "invalid_value", "line_amount", ""),
        ("--line-amount 1=0", "quantity_invalid", "line_amount", ""),
        ("--line-amount 1=-1", "quantity_invalid", "line_amount", ""),
        ("--line-amount 1=0.001", "invalid_value", "line_amount", ""),
        ("--line-amount 1=144.01", "refund_exceeds_invoice", "line_amount", "144.00"),
        ("--line-amount 1=1 --line-amount 1=2", "invalid_value", "line_amount", ""),
        ("--line-amount 1=1 --amount 5", "invalid_value", "amount", ""),
        ("--line-amount 1=1 --create-invoice", "invalid_value", "line_amount", ""),
    ] {
        let error = shop.refused(&format!("ticket refund T1 --invoice D1 {words}"), code);
        assert_eq!(
            (&error["field"], error["allowed"].as_str().unwrap_or_default()),
            (&field.into(), allowed),
            "{words}"
        );
    }
    let note = shop.done("ticket refund T1 --invoice D1 --line-amount 1=24.00 --line 2=1");
    let note = credit_note(&note);
    assert_eq!(lines(note), ["CHAIR goods 1 120.00", "LAMP value 1 24.00"]);
    assert_eq!((&note["lines"][1]["untaxed"], &note["lines"][1]["tax"]), (&"20.00".into(), &"4.00".into()));
}

#[test]
fn what_an_edit_kept_back_is_not_given_with_a_later_unit() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"team create","id":"Support","service":["refunds"]}
{"command":"invoice create","customer":"C1","line":["LAMP=3"]}
{"command":"invoice post","invoice":"D1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Broken"}
{"command":"ticket refund","ticket":"T1","invoice":"D1","line":"1=1"}
{"command":"credit-note edit","credit_note":"D2","line":"1=1@10"}
{"command":"credit-note post","credit_note":"D2"}"#,
    );
    for _ in 0..2 {
        assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --line 1=1"))["total"], "40.00");
    }
    // It is value left, which a refund of everything proposes as a value line.
    shop.done("credit-note cancel D4");
    let rest = shop.done("ticket refund T1 --invoice D1 --post");
    assert_eq!(lines(credit_note(&rest)), ["LAMP goods 1 40.00", "LAMP value 1 30.00"]);
    shop.done("credit-note post D3");
    assert_eq!(shop.ok("invoice show D1")["open"], "0.00");
}

#[test]
fn a_bill_takes_the_order_lines_own_value_whatever_earlier_bills_charged() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"A","price":"10.00","tax":["VAT20"]}
{"command":"product create","id":"THIRD","price":"0.333333"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"order create","customer":"C1","line":["A=3","THIRD=30"]}
{"command":"order confirm","order":"S1"}
{"command":"invoice create","order":"S1"}
{"command":"invoice edit","invoice":"D1","line":["1=1@4.00","2=10"]}
{"command":"invoice post","invoice":"D1"}"#,
    );
    let rest = shop.done("invoice create --order S1");
    let rest = &rest["result"]["invoice"];
    assert_eq!(lines(rest), ["A - 2 24.00", "THIRD - 20 6.67"]);
    shop.unchanged("invoice edit D2 --line 1=2 --line 2=20");
    // The share of a quantity that is edited is the order line's own too.
    let edited = shop.done("invoice edit D2 --line 2=10");
    assert_eq!(lines(&edited["result"]["invoice"])[1], "THIRD - 10 3.33");
    assert_eq!(lines(&shop.done("invoice create --order S1")["result"]["invoice"]), ["THIRD - 10 3.34"]);

    // Likewise after an imported invoice with a discount.
    shop.apply(
        r#"{"command":"order create","customer":"C1","line":["A=3"]}
{"command":"order confirm","order":"S2"}"#,
    );
    let invoice = r#"{"record":"invoice","id":"OLD-1","order":"S00002","state":"posted","lines":[{"product":"A","quantity":"1","discount":"50"}]}"#;
    assert_eq!(shop.run_with("import", invoice).code, 0);
    assert_eq!(lines(&shop.done("invoice create --order S2")["result"]["invoice"]), ["A - 2 24.00"]);
}

#[test]
fn an_imported_invoice_finds_what_would_be_billed() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"product create","id":"LAMP","price":"40.00"}
{"command":"customer create","name":"Ada Ltd"}
{"command":"team create","id":"Support","service":["refunds"]}
{"command":"order create","customer":"C1","line":["LAMP=3","LAMP=2@30.00"]}
{"command":"order confirm","order":"S1"}
{"command":"invoice create","order":"S1"}
{"command":"invoice post","invoice":"D1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Wrong"}
{"command":"ticket refund","ticket":"T1","invoice":"D1","create_invoice":true}
{"command":"invoice cancel","invoice":"D3"}"#,
    );
    let invoice = r#"{"record":"invoice","id":"OLD-1","order":"S00001","state":"posted","lines":[{"product":"LAMP","quantity":"2","price":"30.00"}]}"#;
    assert_eq!(shop.run_with("import", invoice).code, 0);
    assert_eq!(lines(&shop.done("invoice create --order S1")["result"]["invoice"]), ["LAMP - 3 120.00"]);
    let of_order = shop.ok("order show S1");
    assert_eq!((&of_order["lines"][0]["invoiced"], &of_order["lines"][1]["invoiced"]), (&"3".into(), &"2".into()));
}

#[test]
fn an_edit_that_changes_nothing_keeps_the_amounts() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT10","rate":"10"}
{"command":"product create","id":"A","price":"100.00","tax":["VAT10"]}
{"command":"customer create","name":"Ada Ltd"}
{"command":"team create","id":"Support","service":["refunds"]}
{"command":"invoice create","customer":"C1","line":["A=1"]}
{"command":"invoice post","invoice":"D1"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Broken"}
{"command":"ticket refund","ticket":"T1","invoice":"D1","amount":"0.05"}"#,
    );
    shop.unchanged("credit-note edit D2 --line 1=1");
    assert_eq!(shop.ok("credit-note show D2")["total"], "0.05");
}

#[test]
fn nothing_is_no_document() {
    let shop = shop();
    shop.done("ticket refund T1 --invoice D1 --line 1=1");
    shop.done("credit-note edit D2 --line 1=0");
    assert_eq!(shop.refused("credit-note post D2", "state_not_allowed")["hint"], "aftersales credit-note show D00002");
    shop.done("invoice create --customer C1 --line LAMP=1");
    shop.done("invoice edit D3 --line 1=0");
    shop.refused("invoice post D3", "state_not_allowed");
    shop.done("invoice edit D3 --line 1=1@0");
    assert_eq!(shop.done("invoice post D3")["result"]["invoice"]["number"], "INV/2026/00002", "no number was taken");
    // An invoice that was worth nothing has units left.
    let whole = shop.done("ticket refund T1 --order '' --invoice D3 --post");
    assert_eq!(lines(credit_note(&whole)), ["LAMP goods 1 0.00"]);
    shop.refused("ticket refund T1 --order '' --invoice D3", "nothing_to_refund");
}

#[test]
fn an_amount_is_blamed_for_what_is_wrong_with_it() {
    let shop = shop();
    shop.apply(
        r#"{"command":"invoice create","customer":"C1","line":["LAMP=1@0"]}
{"command":"invoice post","invoice":"D2"}
{"command":"invoice create","customer":"C1","line":["RADIO=9000000@9000000000"]}
{"command":"invoice post","invoice":"D3"}"#,
    );
    for (words, code, field, allowed) in [
        ("D2 --amount 5", "refund_exceeds_invoice", "amount", "0.00"),
        ("D2 --amount 5 --allow-excess", "invalid_value", "amount", ""),
        ("D3 --amount 81000000000000000.01", "refund_exceeds_invoice", "amount", "81000000000000000.00"),
        ("D3 --amount 90000000000000000000", "invalid_value", "amount", ""),
        // A line that takes value has a price, and a price is no larger than this.
        ("D3 --amount 80000000000000000", "invalid_value", "amount", ""),
        ("D1 --amount 90000000000000000 --allow-excess", "invalid_value", "amount", ""),
    ] {
        let words = format!("ticket refund T1 --order '' --invoice {words}");
        let error = shop.refused(&words, code);
        assert_eq!(
            (&error["field"], error["allowed"].as_str().unwrap_or_default()),
            (&field.into(), allowed),
            "{words}"
        );
    }
}

#[test]
fn a_lock_date_asks_names_what_it_closes_in_and_holds() {
    let shop = shop();
    shop.done("invoice create --customer C1 --line LAMP=1 --date 2026-10-15");
    shop.refused("desk edit --lock-date 2099-10-31", "confirmation_needed");
    let locked = shop.done("desk edit --lock-date 2026-10-31");
    assert_eq!(locked["warnings"][0]["code"], "drafts_closed_in");
    assert!(locked["warnings"][0]["message"].as_str().unwrap().contains("D00002"), "{locked}");
    let error = shop.refused("invoice pay D1 --date 2026-10-31", "period_locked");
    assert_eq!((&error["field"], &error["allowed"]), (&"date".into(), &"2026-11-01".into()));
    shop.refused("payment create --customer C1 --amount 5 --date 2026-10-31", "period_locked");
    let posted = shop.done("invoice post D2");
    assert_eq!(posted["warnings"][0]["code"], "accounted_later");
    assert_eq!(posted["result"]["invoice"]["accounting_date"], "2026-11-01");
    assert!(shop.text("invoice list").contains("2026-10-15 booked 2026-11-01"), "the table shows both");
    shop.done("invoice create --customer C1 --line LAMP=1");
    shop.done("desk edit --lock-date 9999-12-31 --yes");
    shop.refused("invoice post D3", "period_locked");
}

#[test]
fn a_paid_document_asks_before_it_is_cancelled() {
    let shop = shop();
    shop.done("invoice pay D1");
    let error = shop.refused("invoice cancel D1", "confirmation_needed");
    assert!(error["message"].as_str().unwrap().contains("P00001"), "{error}");
    let cancelled = shop.done("invoice cancel D1 --yes");
    assert_eq!(cancelled["warnings"][0]["code"], "payments_released");
    assert_eq!(shop.ok("payment show P1")["open"], "384.00");
}

#[test]
fn what_was_paid_out_is_owed_once_its_credit_note_is_cancelled() {
    let shop = shop();
    shop.done("invoice pay D1");
    let paid_in = shop.ok("invoice cancel D1 --yes --dry-run");
    let message = paid_in["warnings"][0]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "384.00 EUR of P00001 is open again: it is open credit of C00001; \
         where the money never came in: aftersales payment cancel P00001"
    );
    shop.done("ticket refund T1 --invoice D1 --line 1=1 --post");
    shop.done("credit-note pay RINV/2026/1");
    let cancelled = shop.done("credit-note cancel RINV/2026/1 --yes");
    let message = cancelled["warnings"][0]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "48.00 EUR of P00002 is open again: it went out, so C00001 owes it; \
         where the money never left: aftersales payment cancel P00002"
    );
    let owes = |shop: &Shop| shop.ok("customer show C1")["owes"].clone();
    assert_eq!(owes(&shop)[0]["amount"], "48.00", "{}", owes(&shop));
    shop.done(message.split_once(": aftersales ").unwrap().1);
    assert_eq!(owes(&shop), serde_json::json!([]));
    assert!(shop.run("explain payments_released").stdout.contains("owed by the customer"));
}

#[test]
fn a_credit_note_of_a_locked_period_is_reversed() {
    let shop = shop();
    shop.done("ticket refund T1 --invoice D1 --line 2=2 --post");
    shop.clock("2026-12-05T10:00:00Z");
    shop.done("desk edit --lock-date 2026-11-30");
    shop.refused("credit-note cancel RINV/2026/1", "period_locked");
    shop.refused("ticket refund T1 --invoice D1 --line 2=1", "refund_exceeds_invoice");
    let drafted = shop.done("credit-note reverse RINV/2026/1");
    let draft = &drafted["result"]["invoice"];
    assert_eq!((&draft["text"], &draft["total"]), (&"Reversal of: RINV/2026/00001".into(), &"240.00".into()));
    assert_eq!(draft["invoice"], "RINV/2026/00001");
    let error = shop.refused("credit-note reverse RINV/2026/1", "state_not_allowed");
    assert_eq!(error["hint"], "aftersales invoice post D00003");
    shop.refused("invoice edit D3 --line 1=1", "state_not_allowed");
    shop.refused("ticket refund T1 --invoice D1 --line 2=1", "refund_exceeds_invoice");
    shop.done("invoice post D3");
    assert_eq!(shop.ok("order show S1")["lines"][1]["invoiced"], "2");
    shop.refused("invoice create --order S1", "nothing_to_invoice");
    shop.refused("ticket refund T1 --invoice INV/2026/2", "invoice_not_offered");
    shop.refused("credit-note reverse RINV/2026/1", "state_not_allowed");
    // What it took of the first invoice can be refunded again; then the reversal cannot be taken back.
    shop.done("ticket refund T1 --invoice D1 --line 2=2 --post");
    shop.refused("invoice cancel INV/2026/2", "refund_exceeds_invoice");
    shop.done("credit-note cancel RINV/2026/2");
    shop.done("invoice cancel INV/2026/2");
    shop.refused("ticket refund T1 --invoice D1 --line 2=1", "refund_exceeds_invoice");
    assert_eq!(credit_note(&shop.done("ticket refund T1 --invoice D1 --post"))["total"], "144.00");
}

#[test]
fn payments_stand_by_themselves_and_are_taken_back() {
    let shop = shop();
    let made = shop.done("payment create --customer C1 --amount 400 --reference 'Bank 7'");
    assert_eq!(made["result"]["payment"]["open"], "400.00");
    shop.done("invoice match D1 --with P1");
    assert_eq!(shop.ok("payment show P1")["open"], "16.00");
    assert_eq!(shop.ok("invoice show D1")["payment_state"], "paid");
    let cancelled = shop.done("payment cancel P1");
    let payment = &cancelled["result"]["payment"];
    assert_eq!((&payment["state"], &payment["open"]), (&"cancelled".into(), &"0.00".into()));
    assert_eq!(shop.ok("invoice show D1")["open"], "384.00");
    shop.unchanged("payment cancel P1");
    shop.refused("invoice match D1 --with P1", "state_not_allowed");
    shop.done("payment create --customer C1 --amount 10 --out --date 2026-10-01");
    shop.done("desk edit --lock-date 2026-10-31");
    shop.refused("payment cancel P2", "period_locked");
    for (words, code, field) in [
        ("--amount 5", "missing_field", "customer"),
        ("--customer C1", "missing_field", "amount"),
        ("--customer C9 --amount 5", "not_found", "customer"),
        ("--customer C1 --amount 0", "quantity_invalid", "amount"),
        ("--customer C1 --amount 5 --date ''", "missing_field", "date"),
    ] {
        assert_eq!(shop.refused(&format!("payment create {words}"), code)["field"], field, "{words}");
    }
}

#[test]
fn a_reversal_of_a_later_day_warns_of_the_payments_at_once() {
    let shop = shop();
    shop.done("invoice pay D1 --amount 84.00");
    let dated = shop.done("ticket refund T1 --invoice D1 --create-invoice --date 2026-12-24");
    assert_eq!(dated["warnings"][0]["code"], "payments_released");
    assert_eq!(shop.ok("payment show P1")["open"], "0.00", "they are released on that day");
    shop.clock("2026-12-24T10:00:00Z");
    assert_eq!(shop.run("credit-note post --due").code, 0);
    assert_eq!(shop.ok("payment show P1")["open"], "84.00");
}

#[test]
fn what_was_unmatched_by_hand_stays_so() {
    let shop = shop();
    shop.done("ticket refund T1 --invoice D1 --line 1=1 --post");
    shop.done("credit-note unmatch RINV/2026/1 --with INV/2026/1");
    shop.done("ticket refund T1 --invoice D1 --create-invoice");
    assert_eq!(shop.ok("credit-note show RINV/2026/1")["open"], "48.00");
    assert_eq!(shop.ok("invoice show D1")["open"], "48.00");
}

#[test]
fn hints_of_documents_fit_their_state() {
    let shop = shop();
    shop.apply(
        r#"{"command":"credit-note create","customer":"C1","line":["LAMP=1@10.00"]}
{"command":"credit-note create","customer":"C1","line":["LAMP=1@10.00"]}
{"command":"credit-note cancel","credit_note":"D3"}"#,
    );
    for (words, hint) in [
        ("invoice match D1 --with D2", "aftersales credit-note post D00002"),
        ("invoice match D1 --with D3", "aftersales credit-note show D00003"),
        ("credit-note pay D3", "aftersales credit-note show D00003"),
    ] {
        assert_eq!(shop.refused(words, "state_not_allowed")["hint"], hint, "{words}");
    }
}

#[test]
fn one_tax_stands_once_on_an_imported_line() {
    let shop = shop();
    for record in ["order", "invoice"] {
        let line = format!(
            r#"{{"record":"{record}","id":"X1","customer":"C00001","lines":[{{"product":"LAMP","quantity":"1","taxes":["VAT20","VAT20"]}}]}}"#
        );
        let ran = shop.run_with("import -o ndjson", line);
        assert_eq!(ran.code, 10, "{}", ran.stdout);
        assert!(ran.stdout.contains("\"field\":\"taxes\""), "{}", ran.stdout);
    }
}

/// The shop with a refunded, a paid, a half paid and a drafted invoice, in two currencies.
fn shop_of_documents() -> Shop {
    let shop = shop();
    shop.apply(
        r#"{"command":"ticket refund","ticket":"T1","invoice":["INV/2026/1"],"post":true}
{"command":"invoice create","customer":"C2","line":["LAMP=1"],"date":"2026-10-05","due_date":"2026-11-05"}
{"command":"invoice post","invoice":"D3"}
{"command":"invoice pay","invoice":"INV/2026/2","reference":"Bank 17"}
{"command":"invoice create","customer":"C2","line":["LAMP=1@40"],"currency":"JPY"}
{"command":"invoice post","invoice":"D4"}
{"command":"invoice pay","invoice":"INV/2026/3","amount":"8","date":"2026-10-31"}
{"command":"invoice create","customer":"C2","line":["CHAIR=1"],"date":"2026-09-30"}
{"command":"payment create","customer":"C2","amount":"20","out":true}"#,
    );
    shop
}

#[test]
fn documents_are_found_by_what_their_keys_are() {
    let shop = shop_of_documents();
    for (words, ids) in [
        ("invoice list", "D00001\nD00003\nD00004\nD00005\n"),
        ("invoice list --id D3 --id INV/2026/1", "D00001\nD00003\n"),
        ("invoice list --number INV/2026/2", "D00003\n"),
        ("invoice list --number ''", "D00005\n"),
        ("invoice list --state draft", "D00005\n"),
        ("invoice list --payment-state reversed", "D00001\n"),
        ("invoice list --payment-state paid --payment-state partial", "D00003\nD00004\n"),
        ("invoice list --payment-state not_paid", "D00005\n"),
        ("invoice list --customer BO --journal INV --newest", "D00005\nD00004\nD00003\n"),
        ("invoice list --order S1", "D00001\n"),
        ("invoice list --order '' --state posted", "D00003\nD00004\n"),
        ("invoice list --date ..2026-10-05", "D00003\nD00005\n"),
        ("invoice list --accounting-date 2026-10", "D00003\n"),
        ("invoice list --due-date 2026-11-01..2026-11-30", "D00003\n"),
        ("invoice list --post-on 2026-11", ""),
        // A number is the same however many digits the currency has.
        ("invoice list --total 48", "D00003\nD00004\n"),
        ("invoice list --total 48.00 --currency JPY", "D00004\n"),
        ("invoice list --open 40", "D00004\n"),
        ("invoice list --total 100..200", "D00005\n"),
        ("invoice list --sort -date", "D00001\nD00004\nD00003\nD00005\n"),
        ("invoice list --sort payment_state --limit 1", "D00005\n"),
        ("credit-note list --invoice INV/2026/1", "D00002\n"),
        ("credit-note list --invoice D1 --ticket T1 --kind credit_note", "D00002\n"),
        ("credit-note list --customer C2", ""),
        ("credit-note list --payment-state paid", "D00002\n"),
        ("payment list --direction in --customer bo", "P00001\nP00002\n"),
        ("payment list --open 20 --direction out", "P00003\n"),
        ("payment list --amount 8", "P00002\n"),
        ("payment list --amount ..20 --date 2026-10", "P00002\n"),
        ("payment list --reference 'Bank 17'", "P00001\n"),
        ("payment list --reference ''", "P00002\nP00003\n"),
        ("payment list --search 'bank 1'", "P00001\n"),
        ("payment list --since 2026-11-01 --state posted", "P00001\nP00003\n"),
    ] {
        assert_eq!(shop.run(&format!("{words} -o ids")).stdout, ids, "{words}");
    }
    for (words, code, field) in [
        ("invoice list --state open", "invalid_value", "state"),
        ("invoice list --payment-state unpaid", "invalid_value", "payment_state"),
        ("invoice list --kind order", "invalid_value", "kind"),
        ("invoice list --customer C9", "not_found", "customer"),
        ("invoice list --ticket T9", "not_found", "ticket"),
        ("invoice list --journal NONE", "not_found", "journal"),
        ("invoice list --number INV/2026/9", "not_found", "number"),
        ("invoice list --id RINV/2026/1", "not_found", "id"),
        ("invoice list --invoice INV/2026/1", "not_found", "invoice"),
        ("credit-note list --invoice INV/2026/9", "not_found", "invoice"),
        ("credit-note list --due-date soon", "invalid_value", "due_date"),
        ("invoice list --total a..b", "invalid_value", "total"),
        ("invoice list --currency EURO", "invalid_value", "currency"),
        ("payment list --direction up", "invalid_value", "direction"),
        ("payment list --id P9", "not_found", "id"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
}

#[test]
fn the_day_of_a_document_is_its_accounting_date_once_posted() {
    let shop = shop();
    shop.done("desk edit --lock-date 2026-10-31");
    shop.done("invoice create --customer C2 --line LAMP=1 --date 2026-10-05");
    let day = |range: &str| shop.run(&format!("invoice list --customer C2 {range} -o ids")).stdout;
    assert_eq!(day("--until 2026-10-31"), "D00002\n");
    shop.done("invoice post D2");
    assert_eq!(day("--until 2026-10-31"), "");
    assert_eq!(day("--since 2026-11-01 --until 2026-11-01"), "D00002\n");
    assert_eq!(day("--since 2026-11"), "D00002\n");
    assert_eq!(day("--date 2026-10"), "D00002\n", "the date itself stays");
}

#[test]
fn an_invoice_that_takes_a_credit_note_back_is_found_by_it() {
    let shop = shop();
    shop.done("ticket refund T1 --invoice INV/2026/1 --post");
    shop.done("credit-note reverse RINV/2026/1");
    assert_eq!(shop.run("invoice list --invoice RINV/2026/1 -o ids").stdout, "D00003\n");
    assert_eq!(shop.ok("invoice show D3")["invoice"], "RINV/2026/00001");
    assert_eq!(shop.run("credit-note list --invoice '' -o ids").stdout, "");
}

#[test]
fn many_documents_are_told_as_each_tells_its_own() {
    let shop = shop();
    let mut lines: Vec<String> = Vec::new();
    for number in 0..55 {
        lines.push(format!(
            r#"{{"command":"invoice create","customer":"C2","line":["LAMP={}","CHAIR=1"]}}"#,
            number % 5 + 1
        ));
        lines.push(format!(r#"{{"command":"invoice post","invoice":"D{}"}}"#, number + 2));
        lines.push(format!(r#"{{"command":"invoice pay","invoice":"D{}","amount":"{}"}}"#, number + 2, number + 1));
    }
    shop.apply(&lines.join("\n"));
    shop.done("ticket refund T1 --invoice INV/2026/1 --amount 10 --post");
    for noun in ["invoice", "credit-note", "payment"] {
        let listed = shop.ok(&format!("{noun} list"));
        for record in listed.as_array().unwrap().iter().step_by(9) {
            assert_eq!(*record, shop.ok(&format!("{noun} show {}", record["id"].as_str().unwrap())));
        }
    }
    assert_eq!(shop.ok("invoice show INV/2026/56")["matched"][0]["with"], "P00055");
}
