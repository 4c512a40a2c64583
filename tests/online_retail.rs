//! Two months of a real shop: imported, its refunds and returns applied, its totals reached to the penny, all of it twice.
//! The data is not part of the project; where its folder is not beside the project, the test says so and does nothing.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Shop;
use crate::support::books::{checked, scaled, totals};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/online-retail");
    folder.join("expected.json").is_file().then_some(folder)
}

fn unpacked(folder: &Path, name: &str) -> String {
    let mut text = String::new();
    let packed = std::fs::File::open(folder.join(name)).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
}

/// Runs lines through `words`, and counts how they ended.
fn statuses(shop: &Shop, words: &str, lines: &str) -> (BTreeMap<String, usize>, Vec<Value>) {
    let ran = shop.run_with(words, lines);
    let answers: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut counts = BTreeMap::new();
    for answer in &answers {
        *counts.entry(answer["status"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    (counts, answers)
}

fn pence(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Books kept elsewhere hold what a desk would not make: an invoice below zero, a line without a price, quotes in names.
#[test]
fn odd_invoices_of_other_books_come_in_and_are_refunded() {
    let shop = Shop::made_with("--currency GBP");
    let records = r#"{"record":"team","id":"Care","services":["refunds"]}
{"record":"customer","id":"WALK-IN","name":"Walk-in"}
{"record":"product","id":"DEBT","name":"Adjust bad debt","price":"0.00","type":"service"}
{"record":"product","id":"CRAFT","name":"PAPER CRAFT \"LITTLE BIRDIE\"","price":"0.001"}
{"record":"invoice","id":"A563186","customer":"WALK-IN","date":"2011-08-12","state":"posted","lines":[{"product":"DEBT","quantity":"1","price":"-11062.06"}]}
{"record":"invoice","id":"581483","customer":"WALK-IN","date":"2011-12-09","state":"posted","lines":[{"product":"CRAFT","quantity":"80995","price":"2.08"},{"product":"CRAFT","quantity":"1","price":"0"}]}
{"record":"ticket","id":"T00001","team":"Care","customer":"WALK-IN","subject":"All of it back"}"#;
    let (counts, _) = statuses(&shop, "import -", records);
    assert_eq!(counts, BTreeMap::from([("done".to_owned(), 7)]));
    assert_eq!(shop.ok("invoice show A563186")["open"], "-11062.06");
    shop.unchanged("invoice pay A563186");
    shop.done("ticket refund T1 --invoice 581483 --line 1=80995 --post");
    assert_eq!(shop.ok("invoice show 581483")["payment_state"], "reversed");
    shop.done("ticket refund T1 --invoice A563186");
    shop.refused("credit-note post D2", "state_not_allowed");
}

#[test]
fn a_real_shop_comes_out_to_the_penny() {
    let Some(folder) = folder() else {
        println!("skipped: the folder of the online retail data is not beside the project");
        return;
    };
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let shop = Shop::made_with("--currency GBP");

    let records = unpacked(&folder, "records.ndjson.gz");
    let (counts, _) = statuses(&shop, "import -", &records);
    assert_eq!(counts, BTreeMap::from([("done".to_owned(), 15_557)]));
    let invoices = shop.ok("invoice list");
    let invoices = invoices.as_array().unwrap();
    assert_eq!(invoices.len(), 2_645);
    assert_eq!(invoices.iter().map(|invoice| invoice["lines"].as_array().unwrap().len()).sum::<usize>(), 75_929);
    assert_eq!(invoices.iter().map(|invoice| pence(&invoice["total"])).sum::<i64>(), pence(&expected["sales_total"]));

    let refunds = unpacked(&folder, "refunds.ndjson.gz");
    let (counts, first) = statuses(&shop, "apply -", &refunds);
    assert_eq!(counts, BTreeMap::from([("done".to_owned(), 382)]));
    check_credit_notes(&shop, &expected);
    check_overview(&shop, &expected);

    let returns = unpacked(&folder, "returns.ndjson.gz");
    let (counts, answers) = statuses(&shop, "apply -", &returns);
    assert_eq!(counts, BTreeMap::from([("done".to_owned(), 378)]));
    let units: i64 = answers
        .iter()
        .flat_map(|answer| answer["result"]["return"]["lines"].as_array().unwrap().clone())
        .map(|line| line["quantity"].as_str().unwrap().parse::<i64>().unwrap())
        .sum();
    assert_eq!(units.to_string(), expected["returned_units"].as_str().unwrap());

    let (counts, answers) = statuses(&shop, "apply -", &unpacked(&folder, "over.ndjson.gz"));
    assert_eq!(counts, BTreeMap::from([("error".to_owned(), 300)]));
    for answer in &answers {
        let code = answer["error"]["code"].as_str().unwrap();
        assert!(["refund_exceeds_invoice", "nothing_to_refund"].contains(&code), "{answer}");
    }

    // The books balance, and hold what was sold and what was taken back.
    let books = totals(&checked(&shop));
    let on = |account: &str| books[&(account.to_owned(), "GBP".to_owned())];
    assert_eq!(on("Income:Returns"), scaled(expected["refunded_total"].as_str().unwrap()));
    assert_eq!(-on("Income:Sales"), scaled(expected["sales_total"].as_str().unwrap()));

    // All of it again: nothing is done twice.
    let (counts, again) = statuses(&shop, "apply -", &refunds);
    assert_eq!(counts, BTreeMap::from([("replayed".to_owned(), 382)]));
    for (before, after) in first.iter().zip(&again) {
        assert_eq!(
            (&before["operation"], &before["created"], &before["result"]),
            (&after["operation"], &after["created"], &after["result"])
        );
    }
    let (counts, _) = statuses(&shop, "apply -", &returns);
    assert_eq!(counts, BTreeMap::from([("replayed".to_owned(), 378)]));
    check_credit_notes(&shop, &expected);
}

fn check_credit_notes(shop: &Shop, expected: &Value) {
    let notes = shop.ok("credit-note list --state posted");
    let notes = notes.as_array().unwrap();
    assert_eq!(notes.len(), 382);
    let mut by_month: BTreeMap<String, i64> = BTreeMap::new();
    let mut by_invoice: BTreeMap<String, i64> = BTreeMap::new();
    for note in notes {
        *by_month.entry(note["date"].as_str().unwrap()[..7].to_owned()).or_default() += pence(&note["total"]);
        *by_invoice.entry(note["invoice"].as_str().unwrap().to_owned()).or_default() += pence(&note["total"]);
    }
    assert_eq!(by_month.values().sum::<i64>(), pence(&expected["refunded_total"]));
    for (month, total) in expected["refunded_by_month"].as_object().unwrap() {
        assert_eq!(by_month[month], pence(total), "{month}");
    }
    for (invoice, total) in expected["top_refunded_invoices"].as_object().unwrap() {
        assert_eq!(by_invoice[invoice], pence(total), "{invoice}");
    }
}

fn check_overview(shop: &Shop, expected: &Value) {
    let overview = shop.ok("report overview --since 2010-12 --until 2011-01");
    let refunds = &overview["totals"][0];
    assert_eq!((&refunds["by"], &refunds["count"]), (&Value::from("refunds"), &Value::from(382)));
    assert_eq!(refunds["total"], expected["refunded_total"]);
    let months = overview["months"].as_array().unwrap();
    let by_month: BTreeMap<&str, &Value> =
        months.iter().map(|row| (row["by"].as_str().unwrap(), &row["total"])).collect();
    for (month, total) in expected["refunded_by_month"].as_object().unwrap() {
        assert_eq!(by_month[month.as_str()], total, "{month}");
    }
}
