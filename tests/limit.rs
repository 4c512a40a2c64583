//! Up to what a user refunds alone, and who posts what is above it (spec A9).

use serde_json::{Value, json};

use crate::support::Shop;

/// A desk of Ann, who refunds up to 100.00, Bob, up to 200.00, and root, without bounds; two bills of 240.00 each, of which each
/// piece is 48.00.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
           {"command":"team create","name":"Support","service":["refunds"]}
           {"command":"product create","id":"LAMP","price":"40","tax":"VAT20"}
           {"command":"customer create","name":"Ada Ltd"}
           {"command":"invoice create","customer":"C1","line":[{"product":"LAMP","quantity":"5"}]}
           {"command":"invoice post","invoice":"D1"}
           {"command":"invoice create","customer":"C1","line":[{"product":"LAMP","quantity":"5"}]}
           {"command":"invoice post","invoice":"D2"}
           {"command":"ticket create","team":"Support","customer":"C1","subject":"Dark"}
           {"command":"user create","id":"ann","right":["helpdesk","invoicing"],"refund_limit":"100"}
           {"command":"user create","id":"bob","right":["helpdesk","invoicing"],"refund_limit":"200.00"}"#,
    );
    shop.done("user create root --right admin --yes");
    shop
}

const REFUND: &str = "ticket refund T1 --invoice INV/2026/00001";

fn made(answer: &Value) -> &Value {
    &answer["result"]["credit_notes"][0]
}

#[test]
fn a_credit_note_above_the_limit_stays_a_draft_until_another_posts_it() {
    let shop = shop();
    let within = shop.done(&format!("{REFUND} --line 1=2 --post --as ann"));
    assert_eq!((&made(&within)["state"], &within["warnings"]), (&json!("posted"), &json!([])));
    let above = shop.done("ticket refund T1 --invoice INV/2026/00002 --line 1=3 --post --as ann");
    assert_eq!((&made(&above)["state"], &made(&above)["held_by"]), (&json!("draft"), &json!("ann")));
    assert_eq!(
        above["warnings"],
        json!([{"code": "above_limit", "message": "credit note D00004 comes to 144.00 EUR, and ann may refund up to 100.00 EUR; \
                it stays a draft, which another user posts"}])
    );
    let denied = shop.refused("credit-note post D4 --as ann", "access_denied");
    assert_eq!(
        (&denied["allowed"], &denied["hint"]),
        (&json!("100.00"), &json!("aftersales credit-note list --held-by ann --as ann"))
    );
    assert_eq!(shop.ok("credit-note list --held-by ann --as ann --jq '[.[].id]'"), json!(["D00004"]));
    // Whoever made it never posts it, whatever limit they have by then.
    shop.done("user edit ann --refund-limit '' --as root");
    let own = shop.refused("credit-note post D4 --as ann", "access_denied");
    assert!(own["message"].as_str().unwrap().contains("another user has to post it"), "{own:#}");
    let posted = shop.done("credit-note post D4 --as bob");
    assert_eq!(
        (&posted["result"]["credit_note"]["state"], &posted["result"]["credit_note"]["held_by"]),
        (&json!("posted"), &Value::Null)
    );
    shop.done("user edit root --refund-limit 5 --as root");
    shop.refused("user edit root --refund-limit -5 --as root", "quantity_invalid");
    shop.refused("user edit root --refund-limit 5.001 --as root", "invalid_value");
    shop.refused("user edit root --refund-limit much --as root", "invalid_value");
    assert_eq!(shop.ok("user list --refund-limit 100.. --as root --jq '[.[].id]'"), json!(["bob"]));
    assert_eq!(shop.ok("user show bob --as root")["refund_limit"], "200.00");
}

#[test]
fn a_refund_in_parts_is_one_refund() {
    let shop = shop();
    shop.done(&format!("{REFUND} --amount 60 --post --as ann"));
    let second = shop.done(&format!("{REFUND} --amount 60 --post --as ann"));
    assert_eq!(made(&second)["state"], "draft");
    let message = second["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("comes to 120.00 EUR with what ann refunded of INV/2026/00001 before"), "{message}");
    // A small one beside it is above it too; another invoice is another refund, and another user's is not hers.
    let third = shop.done(&format!("{REFUND} --amount 41 --post --as ann"));
    assert_eq!(made(&third)["state"], "draft");
    assert_eq!(made(&shop.done(&format!("{REFUND} --amount 40 --post --as ann")))["state"], "posted");
    let other = shop.done("ticket refund T1 --invoice INV/2026/00002 --amount 100 --post --as ann");
    assert_eq!(made(&other)["state"], "posted");
    assert_eq!(made(&shop.done(&format!("{REFUND} --amount 39 --post --as bob")))["state"], "posted");
}

#[test]
fn the_limit_holds_on_every_way_to_a_posted_credit_note() {
    let shop = shop();
    // A plain draft, and one of no invoice.
    let draft = shop.done(&format!("{REFUND} --line 1=3 --as ann"));
    assert_eq!((&made(&draft)["held_by"], &draft["warnings"][0]["code"]), (&json!("ann"), &json!("above_limit")));
    shop.refused("credit-note post D3 --as ann", "access_denied");
    let free = shop.done("credit-note create --customer C1 --line LAMP=3 --as ann");
    assert_eq!(free["result"]["credit_note"]["held_by"], "ann");
    shop.refused("credit-note post D4 --as ann", "access_denied");
    // Made smaller it is within the limit, made larger above it again.
    let small = shop.done("credit-note edit D4 --line 1=1 --as ann");
    assert_eq!((&small["result"]["credit_note"]["held_by"], &small["warnings"]), (&Value::Null, &json!([])));
    shop.done("credit-note edit D4 --line 1=4 --as ann");
    shop.done("credit-note edit D4 --line 1=2 --as ann");
    shop.done("credit-note post D4 --as ann");
    // With a new invoice in its place, which is drafted at once.
    let replaced = shop.done("ticket refund T1 --invoice INV/2026/00002 --create-invoice --as ann");
    assert_eq!(made(&replaced)["state"], "draft");
    assert_eq!(replaced["result"]["invoices"][0]["state"], "draft");
    shop.refused("credit-note post D5 --as bob", "access_denied");
    shop.done("credit-note post D5 --as root");
    // On a day to come it waits for no day.
    let dated = shop.done(&format!("{REFUND} --line 1=1 --date 2026-12-01 --post --as bob"));
    assert_eq!(made(&dated)["post_on"], "2026-12-01");
    shop.done("user edit bob --refund-limit 10 --as root");
    let held = shop.done(&format!("{REFUND} --line 1=1 --date 2026-12-01 --post --as bob"));
    assert_eq!((&made(&held)["post_on"], &made(&held)["held_by"]), (&Value::Null, &json!("bob")));
    shop.clock("2026-12-01T08:00:00Z");
    let due = shop.run("credit-note post --due --as bob -o ndjson");
    assert_eq!(due.code, 3, "{}", due.stdout);
    assert!(due.stdout.contains("access_denied"), "{}", due.stdout);
    assert_eq!(shop.run("credit-note post --due --as root").code, 0);
}

#[test]
fn what_waits_for_another_user_goes_on_waiting_when_it_is_made_larger() {
    let shop = shop();
    shop.done(&format!("{REFUND} --line 1=3 --as ann"));
    shop.done("user edit ann --refund-limit 500 --as root");
    let larger = shop.done("credit-note edit D3 --line 1=4 --as ann");
    assert_eq!(larger["result"]["credit_note"]["held_by"], "ann");
    shop.refused("credit-note post D3 --as ann", "access_denied");
    // Made smaller it is within what she may refund by now.
    let smaller = shop.done("credit-note edit D3 --line 1=2 --as ann");
    assert_eq!(smaller["result"]["credit_note"]["held_by"], Value::Null);
    // Another user who makes one larger is bound by their own limit, and it waits for neither of them.
    shop.done("user edit ann --refund-limit 100 --as root");
    let by_bob = shop.done("credit-note edit D3 --line 1=5 --as bob");
    assert_eq!(by_bob["result"]["credit_note"]["held_by"], "bob");
    shop.refused("credit-note post D3 --as bob", "access_denied");
    shop.refused("credit-note post D3 --as ann", "access_denied");
    shop.done("credit-note post D3 --as root");
}

#[test]
fn a_limit_holds_from_the_line_on_that_changes_it() {
    let shop = shop();
    let refund = r#"{"command":"ticket refund","ticket":"T1","invoice":"INV/2026/00001","amount":"10","post":true}"#;
    let limit = r#"{"command":"user edit","user":"root","refund_limit":"25"}"#;
    let lines = format!("{refund}\n{limit}\n{refund}\n{refund}\n");
    let answers = shop.applied("- --as root", &lines, 0);
    let states: Vec<&Value> = [0, 2, 3].iter().map(|line| &made(&answers[*line])["state"]).collect();
    assert_eq!(states, ["posted", "posted", "draft"]);
}

#[test]
fn a_limit_above_the_invoice_holds_where_the_invoice_is_exceeded() {
    let shop = shop();
    shop.done("user edit ann --refund-limit 300 --as root");
    let all = shop.done(&format!("{REFUND} --post --as ann"));
    assert_eq!((&made(&all)["state"], &made(&all)["total"]), (&json!("posted"), &json!("240.00")));
    let more = shop.done(&format!("{REFUND} --line 1=2 --allow-excess --post --as ann"));
    assert_eq!(made(&more)["state"], "draft");
    let message = more["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("comes to 336.00 EUR with what ann refunded of INV/2026/00001 before"), "{message}");
}

#[test]
fn the_limit_holds_where_money_goes_without_a_credit_note() {
    let shop = shop();
    // Nothing waits there that could be listed.
    let denied = shop.refused("invoice cancel INV/2026/00001 --as ann", "access_denied");
    assert_eq!((&denied["allowed"], &denied["hint"]), (&json!("100.00"), &Value::Null));
    shop.refused("invoice cancel INV/2026/00001 --as bob", "access_denied");
    shop.done("invoice cancel INV/2026/00001 --as root");
    shop.refused("payment create --customer C1 --amount 100.01 --out --as ann", "access_denied");
    shop.done("payment create --customer C1 --amount 100 --out --as ann");
    shop.done("payment create --customer C1 --amount 1000 --as ann");
    // Nothing is converted: in another currency everything is above it.
    shop.refused("payment create --customer C1 --amount 1 --currency USD --out --as ann", "access_denied");
    let foreign = shop.done("credit-note create --customer C1 --line LAMP=1@1 --currency USD --as ann");
    assert_eq!(foreign["result"]["credit_note"]["held_by"], "ann");
    shop.refused("credit-note post D3 --as bob", "access_denied");
    shop.done("credit-note post D3 --as root");
    // What was posted is paid out by whoever may.
    shop.done("credit-note pay D3 --as ann");
}

#[test]
fn a_limit_is_imported_and_cancelling_takes_what_waits_away() {
    let shop = shop();
    let record = r#"{"record":"user","id":"cy","rights":["invoicing"],"refund_limit":"12.50"}"#;
    assert_eq!(shop.run_with("import - --as root", record).code, 0);
    assert_eq!(shop.ok("user show cy --as root")["refund_limit"], "12.50");
    assert!(shop.run_with("import - --as root -o ndjson", record).stdout.contains("unchanged"));
    assert_eq!(
        shop.run_with("import - --update --as root", r#"{"record":"user","id":"cy","refund_limit":null}"#).code,
        0
    );
    assert_eq!(shop.ok("user show cy --as root")["refund_limit"], Value::Null);
    shop.done(&format!("{REFUND} --line 1=3 --as ann"));
    shop.done("credit-note cancel D3 --as ann");
    assert_eq!(shop.ok("credit-note list --held-by ann --as ann"), json!([]));
}
