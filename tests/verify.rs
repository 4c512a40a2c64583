//! What must hold in a store, and that a store in which it does not is told by name.

use serde_json::Value;

use crate::sample;
use crate::support::{Shop, json};

/// For each check: what is done to the store behind the program's back, and the record at fault.
const TAMPERED: &[(&str, &str, Option<&str>)] = &[
    ("file", "UPDATE stage SET folded = 7 WHERE id = 'New'", None),
    ("file", "DROP INDEX document_number; UPDATE desk SET company = 'Ada Ltd'", None),
    ("links", "UPDATE lot SET product = 9999 WHERE id = 'SN-2'", None),
    ("desk", "DELETE FROM desk", None),
    ("log_chain", "UPDATE operation SET command = replace(command, 'Cy', 'Di') WHERE command LIKE '%Cy%'", None),
    ("log_chain", "UPDATE operation SET actor = 'eve' WHERE key = 2", None),
    ("log_chain", "UPDATE operation SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE key = 3", None),
    // A key that is gone would let its change be done again; an outcome, tell what was not done.
    ("log_chain", "DELETE FROM operation_key WHERE operation = (SELECT MIN(operation) FROM operation_key)", None),
    ("log_chain", "UPDATE operation_key SET given = given || 'x'", None),
    ("log_chain", "UPDATE operation_key SET outcome = '{\"created\":[],\"result\":null,\"warnings\":[]}'", None),
    ("log_chain", "UPDATE operation_key SET operation = 2 WHERE operation = (SELECT MIN(operation) FROM operation_key)", None),
    ("log_chain", "INSERT INTO operation_key (operation, given, outcome) VALUES (2, 'forged', '{}')", None),
    ("log_chain", "DELETE FROM operation_touch WHERE operation = 2", None),
    ("log_chain", "UPDATE operation_touch SET id = 'C00002' WHERE id = 'C00001'", None),
    ("log_chain", "INSERT INTO operation_touch (operation, position, kind, id) VALUES (2, 99, 'ticket', 'T00001')", None),
    ("log_chain", "UPDATE ticket_log SET text = 'never mind' WHERE key = (SELECT MIN(key) FROM ticket_log)", None),
    ("log_chain", "UPDATE ticket_log SET actor = 'eve' WHERE key = (SELECT MAX(key) FROM ticket_log)", None),
    ("log_chain", "DELETE FROM ticket_log WHERE key = (SELECT MIN(key) FROM ticket_log)", None),
    (
        "log_chain",
        "INSERT INTO ticket_log (key, ticket, at, kind, text, operation)
         SELECT 900001, ticket, at, kind, 'forged', operation FROM ticket_log WHERE key = (SELECT MIN(key) FROM ticket_log)",
        None,
    ),
    ("log_chain", "UPDATE operation SET salt = NULL WHERE key = 3", None),
    ("log_chain", "UPDATE operation SET salt = '00' WHERE key = 3", None),
    // Two that changed places.
    ("log_chain", "UPDATE operation SET key = key + 900000 WHERE key IN (2, 3); UPDATE operation SET key = 900005 - key WHERE key > 900000", None),
    (
        "log_erased",
        "INSERT INTO erasure (operation, position, of_operation, sealed, left_as) VALUES (4, 1, 2, 'these', 'those')",
        None,
    ),
    ("log_records", "DELETE FROM operation_touch WHERE id = 'C00002'", Some("C00002")),
    ("log_records", "UPDATE transfer SET moved = 999 WHERE id = 'WH/OUT/00001'", Some("WH/OUT/00001")),
    ("log_numbers", "DELETE FROM operation WHERE key = 2", None),
    ("log_numbers", "UPDATE counter SET value = value + 1 WHERE name = 'operation'", None),
    ("log_keys", "UPDATE operation_key SET outcome = '{'", None),
    ("ticket_log", "UPDATE ticket_log SET operation = 999 WHERE key = (SELECT MAX(key) FROM ticket_log)", Some("T00001")),
    ("counter_of_keys", "UPDATE counter SET value = value - 1 WHERE name = 'key'", Some(ANY)),
    ("counter_of_ids", "UPDATE counter SET value = 2 WHERE name = 'C'", None),
    ("counter_of_ids", "DELETE FROM counter WHERE name = 'RINV/2026/'", None),
    ("posted_numbers", "UPDATE document SET number = 'INV/2026/00009' WHERE number = 'INV/2026/00002'", Some("INV/2026/00009")),
    ("folded_names", "UPDATE team SET name = 'Sales' WHERE id = 'Support'", Some("Support")),
    ("folded_names", "UPDATE coupon_program SET code = 'SUMMER' WHERE id = 'Spring'", Some("Spring")),
    ("places", "UPDATE product_tax SET position = 3 WHERE position = 2", Some("BULB")),
    ("lots_of_products", "UPDATE ticket SET lot = (SELECT key FROM lot WHERE id = 'SN-1')", Some("T00001")),
    ("ticket_orders", "UPDATE sales_order SET customer = (SELECT key FROM customer WHERE id = 'C00002') WHERE id = 'S00001'", Some("T00001")),
    ("order_totals", "UPDATE sales_order SET tax = tax + 1 WHERE id = 'S00001'", Some("S00001")),
    ("order_lines", "UPDATE order_line SET tax = tax + 1, total = total + 1 WHERE line = 1 AND sales_order = (SELECT key FROM sales_order WHERE id = 'S00001')", Some("S00001")),
    ("order_lines", "UPDATE order_line SET total = total + 1 WHERE line = 2 AND sales_order = (SELECT key FROM sales_order WHERE id = 'S00001')", Some("S00001")),
    (
        "one_cart",
        "DROP INDEX sales_order_cart;
         INSERT INTO sales_order SELECT key + 100000, id || 'b', state, cart, customer, date, currency, 0, 0, 0 FROM sales_order WHERE cart = 1",
        Some("C00001"),
    ),
    ("coupon_use", "UPDATE coupon SET used_by = (SELECT key FROM sales_order WHERE id = 'S00001')", Some(ANY)),
    ("coupon_use", "UPDATE order_line SET coupon = (SELECT id FROM coupon) WHERE line = 1 AND sales_order = (SELECT key FROM sales_order WHERE id = 'S00001')", Some(ANY)),
    ("program_use", "UPDATE coupon_program SET used = 1 WHERE id = 'Spring'", Some("Spring")),
    ("program_use", "UPDATE order_line SET coupon = 'SPRING-26', program = (SELECT key FROM coupon_program WHERE id = 'Spring') WHERE line = 1 AND sales_order = (SELECT key FROM sales_order WHERE id = 'S00001')", Some("Spring")),
    ("code_lines", "UPDATE order_line SET coupon = NULL WHERE coupon IS NOT NULL", Some("S00002")),
    ("code_lines", "UPDATE order_line SET coupon = 'SPRING-26' WHERE line = 1 AND sales_order = (SELECT key FROM sales_order WHERE id = 'S00001')", Some("S00001")),
    ("coupon_codes", "UPDATE coupon SET code_folded = 'spring26'", Some(ANY)),
    ("document_totals", "UPDATE document SET untaxed = untaxed - 1 WHERE id = 'INV/2026/00001'", Some("INV/2026/00001")),
    ("document_lines", "UPDATE document_line_tax SET amount = amount + 1 WHERE document_line = (SELECT MIN(key) FROM document_line)", Some("INV/2026/00001")),
    ("document_open", "UPDATE document SET open = open + 1 WHERE id = 'INV/2026/00001'", Some("INV/2026/00001")),
    ("document_open", "UPDATE matching SET amount = amount + 100000000 WHERE debit_document = (SELECT key FROM document WHERE id = 'J-1')", Some("J-1")),
    ("payment_open", "UPDATE payment SET open = 1 WHERE id = 'P00001'", Some("P00001")),
    ("match_sides", "UPDATE payment SET direction = 'out' WHERE id = 'P00001'", Some("P00001")),
    ("match_sides", "UPDATE document SET state = 'cancelled', open = 0 WHERE id = 'J-1'", Some("J-1")),
    ("match_parties", "UPDATE payment SET customer = (SELECT key FROM customer WHERE id = 'C00002') WHERE id = 'P00001'", Some("INV/2026/00001")),
    ("match_parties", "UPDATE payment SET currency = 'EUR' WHERE id = 'P00002'", Some("J-1")),
    ("credit_notes", "UPDATE document SET customer = (SELECT key FROM customer WHERE id = 'C00002') WHERE number = 'RINV/2026/00001'", Some("RINV/2026/00001")),
    ("refunded", "UPDATE document_line SET goods = 0 WHERE goods > 0", Some("INV/2026/00001")),
    ("refunded", "UPDATE document_line SET value_credited = value_credited + 1 WHERE value_credited > 0", Some("INV/2026/00001")),
    ("refunded_taxes", "UPDATE document_line_tax SET credited = credited - 1 WHERE credited > 0", Some("INV/2026/00001")),
    ("refund_bounds", "UPDATE document_line SET goods = quantity + 1 WHERE goods > 0", Some("INV/2026/00001")),
    (
        "refund_whole",
        "UPDATE document SET total = 1, open = 1 WHERE number = 'INV/2026/00001'",
        Some("INV/2026/00001"),
    ),
    ("stock_quantity", "UPDATE stock SET quantity = quantity + 1000000 WHERE product = (SELECT key FROM product WHERE id = 'LAMP')", Some("LAMP at WH/Stock")),
    ("stock_quantity", "DELETE FROM stock WHERE quantity = 1000000 AND opening = 0", Some(ANY)),
    ("stock_quantity", "UPDATE repair_part SET done = 0 WHERE kind = 'remove'", Some("BULB at Scrap")),
    ("stock_reserved", "UPDATE stock SET reserved = reserved - 1000000 WHERE product = (SELECT key FROM product WHERE id = 'LAMP')", Some("LAMP at WH/Stock")),
    ("one_piece", "UPDATE stock SET opening = opening + 1000000, quantity = quantity + 1000000 WHERE lot = (SELECT key FROM lot WHERE id = 'SN-2')", Some("SN-2")),
    ("transfer_lines", "UPDATE transfer_line SET done = quantity WHERE transfer = (SELECT key FROM transfer WHERE id = 'WH/IN/00001')", Some("WH/IN/00001")),
    ("transfer_lines", "UPDATE transfer_line SET reserved = 1 WHERE transfer = (SELECT key FROM transfer WHERE id = 'WH/OUT/00001')", Some("WH/OUT/00001")),
    ("transfer_states", "UPDATE transfer SET state = 'ready' WHERE state = 'waiting'", Some("WH/OUT/00003")),
    ("transfer_states", "UPDATE transfer SET state = 'waiting' WHERE id = 'WH/OUT/00002'", Some("WH/OUT/00002")),
    ("returned", "UPDATE transfer_line SET returned = 0 WHERE returned > 0", Some("WH/OUT/00001")),
    ("repair_parts", "UPDATE repair SET state = 'cancelled' WHERE id = 'WH/RO/00001'", Some("WH/RO/00001")),
    ("repair_parts", "UPDATE repair_part SET done = quantity WHERE repair = (SELECT key FROM repair WHERE id = 'WH/RO/00001')", Some("WH/RO/00001")),
];

/// Some record, whose id is not known beforehand.
const ANY: &str = "*";

fn verified(shop: &Shop) -> (i32, Value) {
    let ran = shop.run("verify -o json");
    assert!(ran.code == 0 || ran.stdout.is_empty(), "{}", ran.stdout);
    (ran.code, json(if ran.code == 0 { &ran.stdout } else { &ran.stderr }))
}

#[test]
fn each_thing_that_does_not_hold_is_found_by_name() {
    let shop = sample::shop();
    shop.abandoned();
    assert_eq!(verified(&shop).0, 0);
    let whole = shop.store.saved();
    for (check, tampering, record) in TAMPERED {
        shop.store.restored(&whole);
        shop.store.tampered(tampering);
        let state = shop.store.state();
        let (code, answer) = verified(&shop);
        let error = &answer["error"];
        assert_eq!((code, &error["code"]), (42, &"store_damaged".into()), "{tampering}\n{answer:#}");
        let findings = error["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["check"] == *check);
        let found = found.unwrap_or_else(|| panic!("{check} did not find: {tampering}\n{answer:#}"));
        match record {
            Some(ANY) => assert!(found["record"].is_string(), "{found}"),
            record => assert_eq!(found["record"].as_str(), *record, "{tampering}\n{found}"),
        }
        let message = found["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains('{'), "{message}");
        assert_eq!(shop.store.state(), state, "verify writes nothing");
    }
}

#[test]
fn every_check_is_known_to_fail() {
    let shop = Shop::new();
    let answer = shop.ok("verify");
    let checks: Vec<&str> =
        answer["checks"].as_array().unwrap().iter().map(|made| made["check"].as_str().unwrap()).collect();
    for check in &checks {
        assert!(TAMPERED.iter().any(|(name, ..)| name == check), "nothing above breaks {check}");
    }
    for (name, ..) in TAMPERED {
        assert!(checks.contains(name), "{name} is no check");
    }
}

#[test]
fn a_clean_store_is_said_to_be_so() {
    let shop = Shop::new();
    let answer = shop.ok("verify");
    assert_eq!((&answer["clean"], &answer["findings"]), (&true.into(), &serde_json::json!([])));
    let text = shop.text("verify");
    assert!(text.starts_with("id     store\nclean  yes\n"), "{text}");
}

#[test]
fn people_read_what_was_found() {
    let shop = sample::shop();
    shop.abandoned();
    shop.store.tampered("UPDATE sales_order SET total = total + 1 WHERE id = 'S00001'");
    insta::assert_snapshot!(shop.text("verify"), @r"
    [stderr]
    error[store_damaged]: the store is damaged: 1 finding; keep it as it is, and go on from a copy or an export
      found [order_totals] S00001: its total is 283.33, and its lines come to 283.32
    [exit 42]
    ");
}

#[test]
fn many_findings_of_one_kind_are_counted() {
    let shop = Shop::new();
    shop.abandoned();
    let lines: String = (0..60).map(|n| format!("{{\"record\":\"tag\",\"id\":\"t{n}\"}}\n")).collect();
    assert_eq!(shop.run_with("import", lines).code, 0);
    shop.store.tampered("UPDATE tag SET name_folded = name_folded || '!'");
    let (code, answer) = verified(&shop);
    let findings = answer["error"]["findings"].as_array().unwrap();
    assert_eq!((code, findings.len()), (42, 51));
    assert_eq!(findings[50]["message"], "10 more like these");
}
