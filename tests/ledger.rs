//! The books in double entry: what a shop's documents and payments come to, as accounting programs read it.

use insta::assert_snapshot;

use crate::support::Shop;
use crate::support::books::{checked, postings, scaled, totals};

/// A shop with something of everything that is posted, in names that are no help.
pub fn shop() -> Shop {
    let shop = Shop::new();
    let records = r#"{"record":"tax","id":"VAT20","rate":"20","included":false}
{"record":"tax","id":"eco:5;","rate":"5","included":true}
{"record":"customer","id":"C00001","name":"Ada; \"Lamps\" | Ltd"}
{"record":"customer","id":"a:b","name":"=cmd()\n2026-01-01 * x"}
{"record":"customer","id":"a-x3A-b","name":"-1"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"40.00","taxes":["VAT20"]}
{"record":"product","id":"BULB","name":"Bulb","price":"5.00","taxes":["eco:5;"],"account":"Income:Bulbs"}
{"record":"team","id":"Support","services":["refunds"]}
{"record":"invoice","id":"INV/2026/00001","customer":"C00001","date":"2026-11-02","state":"posted","paid":"50.00","lines":[{"product":"LAMP","quantity":"3","price":"40.00","taxes":["VAT20"]},{"product":"BULB","quantity":"2","price":"5.00","discount":"10","taxes":["eco:5;"]},{"product":null,"label":"SAVE;","quantity":"1","price":"-10.00","taxes":["VAT20"]}]}
{"record":"invoice","id":"X(1)","customer":"a:b","date":"2026-11-03","state":"posted","currency":"JPY","lines":[{"product":"LAMP","quantity":"1","price":"4000"}]}
{"record":"invoice","id":"FREE","customer":"a-x3A-b","date":"2026-11-04","state":"posted","lines":[{"product":"LAMP","quantity":"1","price":"0"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp flickers"}"#;
    let ran = shop.run_with("import -", records);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line 1=1 --post");
    shop.done("payment create --customer a-x3A-b --amount 7.50 --currency USD --reference 'Bank; 18'");
    shop.done("payment create --customer a:b --amount 2 --out");
    shop
}

#[test]
fn the_books_tell_every_document_and_payment() {
    let shop = shop();
    // None of these makes a posting.
    shop.done("invoice create --customer C1 --line LAMP=1");
    shop.done("payment create --customer C1 --amount 3");
    shop.done("payment cancel P4");
    checked(&shop);
    assert_snapshot!(shop.text("ledger export"), @r#"
    decimal-mark .
    commodity 1000.00 EUR
    commodity 1000. JPY
    commodity 1000.00 USD
    account Assets:Bank
    account Income:Bulbs
    account Income:Discounts
    account Income:Returns
    account Income:Sales
    account Liabilities:Tax:VAT20
    account Liabilities:Tax:eco-x3A-5-x3B-
    account Assets:Receivable:C00001
    account Assets:Receivable:a-x3A-b
    account Assets:Receivable:a-x2D-x3A-b

    2026-11-02 (INV/2026/00001) Ada, "Lamps" / Ltd
        Assets:Receivable:C00001  141.00 EUR
        Income:Sales  -120.00 EUR
        Income:Bulbs  -8.57 EUR
        Income:Discounts  10.00 EUR
        Liabilities:Tax:VAT20  -22.00 EUR
        Liabilities:Tax:eco-x3A-5-x3B-  -0.43 EUR

    2026-11-02 (P00001) Ada, "Lamps" / Ltd
        Assets:Receivable:C00001  -50.00 EUR
        Assets:Bank  50.00 EUR

    2026-11-03 (X[1]) =cmd() 2026-01-01 * x
        Assets:Receivable:a-x3A-b  4800 JPY
        Income:Sales  -4000 JPY
        Liabilities:Tax:VAT20  -800 JPY

    2026-11-04 (FREE) -1
        Assets:Receivable:a-x2D-x3A-b  0.00 EUR

    2026-11-23 (RINV/2026/00001) Ada, "Lamps" / Ltd | Reversal of: INV/2026/00001, T00001
        Assets:Receivable:C00001  -44.00 EUR
        Income:Returns  36.67 EUR
        Liabilities:Tax:VAT20  7.33 EUR

    2026-11-23 (P00002) -1 | Bank, 18
        Assets:Receivable:a-x2D-x3A-b  -7.50 USD
        Assets:Bank  7.50 USD

    2026-11-23 (P00003) =cmd() 2026-01-01 * x
        Assets:Receivable:a-x3A-b  2.00 EUR
        Assets:Bank  -2.00 EUR
    "#);
    assert_snapshot!(shop.text("ledger export --format beancount --since 2026-11-03 --until 2026-11-04"), @r#"
    1700-01-01 open Assets:Bank
    1700-01-01 open Income:Bulbs
    1700-01-01 open Income:Discounts
    1700-01-01 open Income:Returns
    1700-01-01 open Income:Sales
    1700-01-01 open Liabilities:Tax:VAT20
    1700-01-01 open Liabilities:Tax:X-eco-x3A-5-x3B-
    1700-01-01 open Assets:Receivable:X-a-x3A-b
    1700-01-01 open Assets:Receivable:X-a-x2D-x3A-b

    2026-11-03 * "=cmd() 2026-01-01 * x" ""
      number: "X(1)"
      Assets:Receivable:X-a-x3A-b  4800 JPY
      Income:Sales  -4000 JPY
      Liabilities:Tax:VAT20  -800 JPY

    2026-11-04 * "-1" ""
      number: "FREE"
      Assets:Receivable:X-a-x2D-x3A-b  0.00 EUR
    "#);
    assert_snapshot!(shop.text("ledger export --format csv").replace('\r', ""), @r#"
    date,transaction,description,account,amount,currency
    2026-11-02,INV/2026/00001,"Ada; ""Lamps"" | Ltd",Assets:Receivable:C00001,141.00,EUR
    2026-11-02,INV/2026/00001,"Ada; ""Lamps"" | Ltd",Income:Sales,-120.00,EUR
    2026-11-02,INV/2026/00001,"Ada; ""Lamps"" | Ltd",Income:Bulbs,-8.57,EUR
    2026-11-02,INV/2026/00001,"Ada; ""Lamps"" | Ltd",Income:Discounts,10.00,EUR
    2026-11-02,INV/2026/00001,"Ada; ""Lamps"" | Ltd",Liabilities:Tax:VAT20,-22.00,EUR
    2026-11-02,INV/2026/00001,"Ada; ""Lamps"" | Ltd",Liabilities:Tax:eco-x3A-5-x3B-,-0.43,EUR
    2026-11-02,P00001,"Ada; ""Lamps"" | Ltd",Assets:Receivable:C00001,-50.00,EUR
    2026-11-02,P00001,"Ada; ""Lamps"" | Ltd",Assets:Bank,50.00,EUR
    2026-11-03,X(1),'=cmd() 2026-01-01 * x,Assets:Receivable:a-x3A-b,4800,JPY
    2026-11-03,X(1),'=cmd() 2026-01-01 * x,Income:Sales,-4000,JPY
    2026-11-03,X(1),'=cmd() 2026-01-01 * x,Liabilities:Tax:VAT20,-800,JPY
    2026-11-04,FREE,-1,Assets:Receivable:a-x2D-x3A-b,0.00,EUR
    2026-11-23,RINV/2026/00001,"Ada; ""Lamps"" | Ltd, Reversal of: INV/2026/00001, T00001",Assets:Receivable:C00001,-44.00,EUR
    2026-11-23,RINV/2026/00001,"Ada; ""Lamps"" | Ltd, Reversal of: INV/2026/00001, T00001",Income:Returns,36.67,EUR
    2026-11-23,RINV/2026/00001,"Ada; ""Lamps"" | Ltd, Reversal of: INV/2026/00001, T00001",Liabilities:Tax:VAT20,7.33,EUR
    2026-11-23,P00002,"'-1, Bank; 18",Assets:Receivable:a-x2D-x3A-b,-7.50,USD
    2026-11-23,P00002,"'-1, Bank; 18",Assets:Bank,7.50,USD
    2026-11-23,P00003,'=cmd() 2026-01-01 * x,Assets:Receivable:a-x3A-b,2.00,EUR
    2026-11-23,P00003,'=cmd() 2026-01-01 * x,Assets:Bank,-2.00,EUR
    "#);
}

#[test]
fn what_a_credit_note_took_is_given_back_by_the_invoice_that_reverses_it() {
    let shop = shop();
    let returns = |shop: &Shop| totals(&checked(shop)).get(&("Income:Returns".to_owned(), "EUR".to_owned())).copied();
    assert_eq!(returns(&shop), Some(scaled("36.67")));
    let sales = totals(&checked(&shop))[&("Income:Sales".to_owned(), "EUR".to_owned())];
    shop.done("credit-note reverse RINV/2026/1");
    shop.done("invoice post D2");
    let after = totals(&checked(&shop));
    assert_eq!(after.get(&("Income:Returns".to_owned(), "EUR".to_owned())), None);
    assert_eq!(after[&("Income:Sales".to_owned(), "EUR".to_owned())], sales);
    shop.done("invoice cancel D2");
    assert_eq!(returns(&shop), Some(scaled("36.67")));
}

#[test]
fn accounts_are_set_on_the_desk_on_products_and_on_taxes() {
    let shop = shop();
    shop.done("desk edit --receivable-account Assets:Debtors --bank-account 'Assets:Bank:Main account' --returns-account Expenses:Returns --discounts-account Expenses:Discounts");
    shop.done("product edit LAMP --account Income:Lamps");
    shop.done("tax edit VAT20 --account Liabilities:VAT");
    let desk = shop.ok("desk show");
    assert_eq!(
        (&desk["bank_account"], &desk["returns_account"]),
        (&"Assets:Bank:Main account".into(), &"Expenses:Returns".into())
    );
    let accounts: std::collections::BTreeSet<String> =
        postings(&shop, "").into_iter().map(|posting| posting.account).collect();
    assert_eq!(
        accounts.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "Assets:Bank:Main account",
            "Assets:Debtors:C00001",
            "Assets:Debtors:a-x2D-x3A-b",
            "Assets:Debtors:a-x3A-b",
            "Expenses:Discounts",
            "Expenses:Returns",
            "Income:Bulbs",
            "Income:Lamps",
            "Liabilities:Tax:eco-x3A-5-x3B-",
            "Liabilities:VAT"
        ]
    );
    shop.done("desk edit --bank-account ''");
    assert_eq!(shop.ok("desk show")["bank_account"], serde_json::Value::Null);
    for words in [
        "desk edit --bank-account Bank",
        "product edit LAMP --account Income",
        "tax edit VAT20 --account Liabilities::VAT",
    ] {
        assert!(shop.refused(words, "invalid_value")["field"].as_str().unwrap().ends_with("account"), "{words}");
    }
}

#[test]
fn a_period_is_one_of_accounting_dates() {
    let shop = shop();
    shop.done("desk edit --lock-date 2026-11-20");
    shop.done("invoice create --customer C1 --line LAMP=1 --date 2026-11-05");
    assert_eq!(shop.run("invoice post D2 -q").code, 0);
    let of = |flags: &str| {
        let mut told: Vec<String> = postings(&shop, flags).into_iter().map(|posting| posting.transaction).collect();
        told.dedup();
        told.join(" ")
    };
    assert_eq!(of("--until 2026-11-03"), "INV/2026/00001 P00001 X(1)");
    assert_eq!(of("--since 2026-11-04 --until 2026-11-22"), "FREE INV/2026/00002");
    assert_eq!(of("--since 2026-11-23"), "RINV/2026/00001 P00002 P00003");
    assert_eq!(of("--since 2026-12"), "");
    assert_eq!(of("--until 2026-10"), "");
    assert_eq!(of("--since 2026-11 --until 2026-11"), of(""));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let shop = shop();
    for (words, code, field) in [
        ("ledger export --format xml", "invalid_value", "format"),
        ("ledger export --since yesterday", "invalid_value", "since"),
        ("ledger export --until 2026-13", "invalid_value", "until"),
        ("ledger export --fields date", "usage", "fields"),
        ("ledger export --jq .", "usage", "jq"),
    ] {
        let error = shop.refused(words, code);
        assert_eq!(error["field"], field, "{words}");
    }
    assert_eq!(shop.run("ledger export -o csv").code, 2);
    assert_eq!(shop.run("ledger export -o json").stdout, shop.run("ledger export").stdout);
    assert_eq!(shop.run("ledger").code, 2);
    let records = r#"{"record":"invoice","id":"OLD","customer":"C00001","date":"1600-01-01","state":"posted","lines":[{"product":"LAMP","quantity":"1","price":"40.00"}]}"#;
    assert_eq!(shop.run_with("import -", records).code, 0);
    assert_eq!(shop.refused("ledger export --format beancount", "invalid_value")["field"], "format");

    shop.done("user create tester --right admin");
    shop.done("user create bo --right helpdesk");
    shop.done("user create cy --right invoicing");
    shop.refused("ledger export --as bo", "access_denied");
    assert_eq!(shop.run("ledger export --as cy").code, 0);
}

#[test]
fn the_same_store_gives_the_same_books_and_more_than_a_page_of_them_stays_in_order() {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    let payment = |number: usize| {
        let (day, month) = (1 + number * 7 % 28, 1 + number % 11);
        format!(r#"{{"command":"payment create","customer":"C1","amount":"1.00","date":"2026-{month:02}-{day:02}"}}"#)
    };
    let lines: Vec<String> = (0..450).map(payment).collect();
    shop.apply(&lines.join("\n"));
    let told = checked(&shop);
    assert_eq!(told.len(), 900);
    assert!(told.is_sorted_by_key(|posting| (posting.date.clone(), posting.transaction.clone())));
    assert_eq!(shop.run("ledger export").stdout, shop.run("ledger export").stdout);
}
