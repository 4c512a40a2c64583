//! Reports: figures over a period, each held against the records that they sum.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ledger;
use crate::sample;
use crate::support::Shop;
use crate::support::books::{checked, reported, scaled, totals};
use crate::support::terminal::Shows;

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
    BY                              COUNT    TOTAL  CURRENCY
    Assets:Bank                         1    50.00  EUR
    Assets:Receivable:C00001            2    91.00  EUR
    Income:Bulbs                        1    -8.57  EUR
    Income:Discounts                    1    10.00  EUR
    Income:Sales                        1  -120.00  EUR
    Liabilities:Tax:VAT20               1   -22.00  EUR
    Liabilities:Tax:eco-x3A-5-x3B-      1    -0.43  EUR
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
fn a_table_has_the_columns_of_its_report_and_names_what_has_a_name() {
    let shop = sample::shop();
    let head = |words: &str| -> Vec<String> {
        let text = shop.text(words);
        text.lines().next().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(head("report owed"), ["BY", "COUNT", "TOTAL", "CURRENCY"]);
    assert!(shop.text("report owed").contains("C00001 Ada Ltd"), "{}", shop.text("report owed"));
    assert!(shop.text("report refunds --by product").contains("LAMP Desk lamp"));
    assert!(shop.text("report repairs --by user").starts_with("BY "), "the first column stays, be nobody responsible");
    assert!(head("report refunds --by product").contains(&"RATE".to_owned()));
    assert_eq!(head("report returns --by product"), ["BY", "COUNT", "QUANTITY", "RATE"]);
    // What is asked for by name is told, be it empty.
    assert_eq!(head("report owed --fields by,rate"), ["BY", "RATE"]);
    assert_eq!(shop.ok("report owed")[0].as_object().unwrap().len(), 8);
    assert_eq!(shop.run("report owed --jq '.[0].by'").stdout, "C00001\n");
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

#[test]
fn reasons_of_the_list_are_written_alike_and_summed_together() {
    let shop = ledger::shop();
    let reasons = |shop: &Shop| {
        let options = shop.ok("ticket options T1");
        options["services"][0]["fields"]["reason"].clone()
    };
    assert_eq!(reasons(&shop), json!({"default": "T00001", "choices": null, "more": null}), "any text");
    shop.done("reason create Scratched");
    shop.done("reason create late --name 'Delivered too late'");
    assert_eq!(reasons(&shop), json!({"default": "T00001", "choices": ["Scratched", "late"], "more": 0}));

    let refund = |reason: &str| {
        let made =
            shop.done(&format!("ticket refund T1 --invoice INV/2026/00001 --amount 1 --reason '{reason}' --post"));
        made["result"]["credit_notes"][0].clone()
    };
    for (typed, written) in [
        ("SCRATCHED", "Scratched"),
        ("late", "Delivered too late"),
        ("delivered TOO late", "Delivered too late"),
        ("LATE", "Delivered too late"),
        ("Fell from the table", "Fell from the table"),
    ] {
        let credit_note = refund(typed);
        assert_eq!(credit_note["reason"], written, "{typed}");
        assert_eq!(credit_note["text"], format!("Reversal of: INV/2026/00001, {written}"));
    }
    let by_reason = || rows(&shop, "report refunds --by reason", &["by", "count", "total"]);
    let told = [
        ["Delivered too late", "3", "3.00"],
        ["Fell from the table", "1", "1.00"],
        ["Scratched", "1", "1.00"],
        ["T00001", "1", "44.00"],
    ];
    assert_eq!(by_reason(), told);

    // One that is out of use is not offered; what is written stays, and it is written as before.
    shop.done("reason edit scratched --no-active --name Scratches");
    assert_eq!(reasons(&shop)["choices"], json!(["late"]));
    assert_eq!(refund("scratches")["reason"], "Scratches");
    assert_eq!(by_reason().len(), 5);
    // A draft and a free credit note are written so too; what is imported comes as it is.
    shop.done("credit-note create --customer C1 --line LAMP=1 --reason Others");
    shop.done("credit-note create --customer C1 --line LAMP=1 --reason late");
    assert_eq!(
        shop.ok("credit-note list --newest --limit 2 --jq '[.[].reason]'"),
        json!(["Delivered too late", "Others"])
    );
    let newest = || shop.ok("credit-note list --newest --limit 1")[0].clone();
    let draft = newest()["id"].as_str().unwrap().to_owned();
    shop.done(&format!("credit-note edit {draft} --reason scratched"));
    assert_eq!(newest()["reason"], "Scratches");
    shop.done("ticket refund T1 --invoice INV/2026/00001 --amount 1 --reason ''");
    assert_eq!(newest()["reason"], json!(null));
}

#[test]
fn what_was_booked_is_told_a_document_a_row_with_every_tax_by_itself() {
    let shop = ledger::shop();
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line 2=1 --date 2026-11-20 --post");
    shop.done("invoice create --customer C1 --line LAMP=1");
    assert_snapshot!(shop.text("report documents -o csv").replace("\r\n", "\n"), @r#"
    id,number,kind,date,accounting_date,customer,name,untaxed,tax,total,currency,base_VAT20,amount_VAT20,base_eco:5;,amount_eco:5;
    INV/2026/00001,INV/2026/00001,invoice,2026-11-02,2026-11-02,C00001,"Ada; ""Lamps"" | Ltd",118.57,22.43,141.00,EUR,110.00,22.00,8.57,0.43
    X(1),X(1),invoice,2026-11-03,2026-11-03,a:b,"'=cmd()
    2026-01-01 * x",4000,800,4800,JPY,4000,800,,
    FREE,FREE,invoice,2026-11-04,2026-11-04,a-x3A-b,-1,0.00,0.00,0.00,EUR,0.00,0.00,,
    D00002,RINV/2026/00002,credit_note,2026-11-20,2026-11-20,C00001,"Ada; ""Lamps"" | Ltd",-4.29,-0.22,-4.51,EUR,,,-4.29,-0.22
    D00001,RINV/2026/00001,credit_note,2026-11-23,2026-11-23,C00001,"Ada; ""Lamps"" | Ltd",-36.67,-7.33,-44.00,EUR,-36.67,-7.33,,
    "#);
    let table = shop.text("report documents --until 2026-11-03");
    let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["NUMBER", "KIND", "ACCOUNTING_DATE", "CUSTOMER", "UNTAXED", "TAX", "TOTAL", "CURRENCY"]);
    assert_eq!(table.lines().count(), 3, "{table}");
    // Each row adds up, and each column is what the books have on the account of the tax.
    let booked = shop.ok("report documents");
    let balance = reported(&shop.ok("report accounts"));
    let amount = |value: &Value| value.as_str().map_or(0, scaled);
    let mut taxes = std::collections::BTreeMap::new();
    for row in booked.as_array().unwrap() {
        let of_row: i128 = row["taxes"].as_array().unwrap().iter().map(|tax| amount(&tax["amount"])).sum();
        assert_eq!((of_row, amount(&row["untaxed"]) + of_row), (amount(&row["tax"]), amount(&row["total"])), "{row}");
        for tax in row["taxes"].as_array().unwrap() {
            *taxes.entry((tax["tax"].clone().to_string(), row["currency"].to_string())).or_insert(0) +=
                amount(&tax["amount"]);
        }
    }
    let of = |account: &str| balance.get(&(account.to_owned(), "EUR".to_owned())).copied().unwrap_or_default();
    assert_eq!(taxes[&("\"VAT20\"".to_owned(), "\"EUR\"".to_owned())], -of("Liabilities:Tax:VAT20"));
    assert_eq!(taxes[&("\"eco:5;\"".to_owned(), "\"EUR\"".to_owned())], -of("Liabilities:Tax:eco-x3A-5-x3B-"));
    assert_eq!(shop.ok("report documents --since 2026-12"), json!([]));
    assert_eq!(
        shop.run("report documents --since 2026-12 -o csv").stdout,
        "id,number,kind,date,accounting_date,customer,name,untaxed,tax,total,currency\r\n"
    );
    assert_eq!(
        shop.run("report documents --fields number,taxes --until 2026-11-02 -o csv").stdout,
        "number,base_VAT20,amount_VAT20,base_eco:5;,amount_eco:5;\r\nINV/2026/00001,110.00,22.00,8.57,0.43\r\n"
    );
    assert_eq!(shop.refused("report documents --since soon", "invalid_value")["field"], "since");
}

#[test]
fn a_terminal_shows_bars_and_nothing_else_does() {
    let shop = ledger::shop();
    shop.done("ticket refund T1 --invoice INV/2026/00001 --amount 11 --reason broken --post");
    let shown = |width: u16, words: &str| shop.on_terminal(width, Shows::Stdout, None, words).stdout;
    let bars = |shown: &str, mark: char| -> Vec<usize> {
        shown.lines().skip(1).map(|line| line.chars().rev().take_while(|c| *c == mark).count()).collect()
    };
    let wide = shown(100, "report refunds");
    let longest = bars(&wide, '#')[0];
    assert!((20..=40).contains(&longest), "{wide}");
    // 44.00 and a quarter of it.
    assert_eq!(bars(&wide, '#'), [longest, (2 * longest + 4) / 8], "{wide}");
    // They take what is left beside the columns, and are gone where that is too little.
    for width in [40, 60, 70, 80, 90, 200] {
        let shown = shown(width, "report refunds");
        assert!(shown.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}\n{shown}");
    }
    assert!([30, 40].iter().all(|width| !shown(*width, "report refunds").contains('#')));
    assert!(!shop.text("report refunds").contains('#'), "not into a pipe");
    assert!(!shown(100, "report refunds -o csv").contains('#'));
    // What is owed to somebody is drawn with another mark, and each currency has a scale of its own.
    let owed = shown(100, "report owed");
    let longest = bars(&owed, '#')[0];
    assert_eq!(bars(&owed, '#'), [longest, 0, (longest * 2 + 18) / 36, longest], "{owed}");
    assert_eq!(bars(&owed, '-'), [0, longest, 0, 0], "{owed}");
}
