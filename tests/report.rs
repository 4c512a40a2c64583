//! Reports: figures over a period, each held against the records that they sum.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ledger;
use crate::support::Shop;
use crate::support::books::{checked, reported, totals};

/// The rows of a report, each as some of its keys.
fn rows(shop: &Shop, words: &str, keys: &[&str]) -> Vec<Vec<String>> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let row = |row: &Value| keys.iter().map(|key| text(&row[*key])).collect();
    shop.ok(words).as_array().unwrap().iter().map(row).collect()
}

#[test]
fn the_trial_balance_is_that_of_the_books() {
    let shop = ledger::shop();
    assert_eq!(reported(&shop.ok("report accounts")), totals(&checked(&shop)));
    assert_snapshot!(shop.text("report accounts --until 2026-11-02"), @r"
    BY                              COUNT  QUANTITY  RATE  UNTAXED  TAX    TOTAL  CURRENCY
    Assets:Bank                         1                                  50.00  EUR
    Assets:Receivable:C00001            2                                  91.00  EUR
    Income:Bulbs                        1                                  -8.57  EUR
    Income:Discounts                    1                                  10.00  EUR
    Income:Sales                        1                                -120.00  EUR
    Liabilities:Tax:VAT20               1                                 -22.00  EUR
    Liabilities:Tax:eco-x3A-5-x3B-      1                                  -0.43  EUR
    ");
    let error = shop.refused("report accounts --by month", "invalid_value");
    assert_eq!((&error["field"], &error["allowed"]), (&json!("by"), &json!(["account"])));
}

#[test]
fn refunds_are_summed_by_reason_product_and_month() {
    let shop = ledger::shop();
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line 2=1 --reason broken --post");
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line 1=1 --reason broken");
    let of = |by: &str, keys: &[&str]| rows(&shop, &format!("report refunds --by {by}"), keys);
    assert_eq!(
        of("reason", &["by", "count", "untaxed", "tax", "total", "currency"]),
        [["T00001", "1", "36.67", "7.33", "44.00", "EUR"], ["broken", "1", "4.29", "0.22", "4.51", "EUR"]]
    );
    assert_eq!(
        of("product", &["by", "count", "quantity", "rate", "total"]),
        [["BULB", "1", "1", "50", "4.51"], ["LAMP", "1", "1", "25", "44.00"]]
    );
    assert_eq!(of("month", &["by", "count", "total"]), [["2026-11", "2", "48.51"]]);
    assert_eq!(of("team", &["by", "count"]), [["Support", "2"]]);
    assert_eq!(of("customer", &["by", "count"]), [["C00001", "2"]]);
    assert_eq!(of("user", &["by", "count"]), [["null", "2"]]);
    assert_eq!(shop.ok("report refunds --since 2026-12"), json!([]));
    // One that is taken back is none.
    shop.done("credit-note reverse RINV/2026/2");
    assert_eq!(of("reason", &["by"]).len(), 2);
    shop.done("invoice post D4");
    assert_eq!(of("reason", &["by"]), [["T00001"]]);
}

#[test]
fn what_is_owed_is_what_is_open() {
    let shop = ledger::shop();
    assert_eq!(
        rows(&shop, "report owed", &["by", "count", "total", "currency"]),
        [
            ["C00001", "1", "47.00", "EUR"],
            ["a-x3A-b", "1", "-7.50", "USD"],
            ["a:b", "1", "2.00", "EUR"],
            ["a:b", "1", "4800", "JPY"]
        ]
    );
    assert_eq!(
        rows(&shop, "report owed --by month --until 2026-11-03", &["by", "count"]),
        [["2026-11", "1"], ["2026-11", "1"]]
    );
    shop.refused("report owed --by reason", "invalid_value");
}

#[test]
fn returns_repairs_and_codes_are_counted() {
    let shop = Shop::new();
    let records = r#"{"record":"customer","id":"C00001","name":"Ada"}
{"record":"user","id":"ann","name":"Ann","rights":["admin"]}
{"record":"product","id":"LAMP","price":"40.00"}
{"record":"product","id":"BULB","price":"5.00"}
{"record":"stock","product":"LAMP","location":"WH/Stock","lot":null,"quantity":"10"}
{"record":"team","id":"Support","services":["refunds","returns","repairs","coupons"]}
{"record":"order","id":"S00001","customer":"C00001","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"3"}]}
{"record":"transfer","id":"WH/OUT/00001","kind":"outgoing","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"3"}]}
{"record":"coupon_program","id":"Sorry","type":"promo-code","code":"SORRY","rewards":[{"type":"percent","value":"10","on":"order","maximum":null}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp","order":"S00001","product":"LAMP"}"#;
    let ran = shop.run_with("import - --as ann", records);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let run = |words: &str| assert_eq!(shop.run(&format!("{words} --as ann -y -q")).code, 0, "{words}");
    run("ticket return T1 --line 1=2");
    assert_eq!(shop.ok("report returns --as ann"), json!([]));
    run("transfer validate WH/IN/1 --line 1=1");
    run("ticket repair T1 --quantity 1 --responsible ann --labour BULB=2");
    run("ticket repair T1 --quantity 1");
    run("repair cancel WH/RO/2");
    run("repair quote WH/RO/1");
    run("order create --customer C1 --line LAMP=1");
    run("order apply-coupon S3 SORRY");
    assert_eq!(shop.ok("report coupons --as ann"), json!([]));
    run("order confirm S3");
    assert_eq!(
        rows(&shop, "report returns --as ann", &["by", "count", "quantity", "rate", "total"]),
        [["LAMP", "1", "1", "33.33", "null"]]
    );
    assert_eq!(rows(&shop, "report returns --by team --as ann", &["by", "count", "rate"]), [["Support", "1", "null"]]);
    assert_eq!(
        rows(&shop, "report repairs --by user --as ann", &["by", "count", "quantity", "total", "currency"]),
        [["ann", "1", "1", "10.00", "EUR"]]
    );
    assert_eq!(rows(&shop, "report coupons --as ann", &["by", "count", "total"]), [["2026-11", "1", "4.00"]]);
    assert_eq!(rows(&shop, "report coupons --by customer --as ann", &["by", "total"]), [["C00001", "4.00"]]);
    for words in ["report coupons --by product", "report returns --by reason", "report repairs --by reason"] {
        assert_eq!(shop.refused(&format!("{words} --as ann"), "invalid_value")["field"], "by");
    }
}
