//! Many processes at once on the same invoices, deliveries and keys, and processes that are killed: limits hold to the cent
//! and the piece, numbers have no gap, and nothing that was told as done is lost or done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Ran, Shop, finished, json};

/// How many processes work at once.
const WRITERS: usize = 8;

/// A shop with one invoice over 120.00 and one delivery of 20 pieces.
pub fn shop() -> Shop {
    let shop = Shop::new();
    opened(&shop.run_with("import", RECORDS));
    shop
}

/// What such a shop is made of.
pub const RECORDS: &str = r#"
{"record":"tax","id":"VAT20","rate":"20"}
{"record":"customer","id":"C00001","name":"Ada Ltd"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"5.00","taxes":["VAT20"]}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"100"}
{"record":"coupon_program","id":"Sorry 10","rewards":[{"type":"percent","value":"10","on":"order"}]}
{"record":"team","id":"Support","services":["refunds","returns","coupons"]}
{"record":"order","id":"S00001","customer":"C00001","state":"confirmed","lines":[{"product":"LAMP","quantity":"20"}]}
{"record":"transfer","id":"WH/OUT/00001","order":"S00001","state":"done","lines":[{"product":"LAMP","quantity":"20"}]}
{"record":"invoice","id":"INV/2026/00001","order":"S00001","state":"posted","lines":[{"product":"LAMP","quantity":"20"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"All of it","order":"S00001"}
"#;

pub fn opened(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Starts a bulk run that is fed those lines.
pub fn started(shop: &Shop, flags: &str, lines: &str) -> Child {
    let mut command = shop.command(&format!("apply {flags} -o ndjson -q"));
    // Many wait for each other here; that answers are remembered rightly is for other stories.
    command.env_remove("AFTERSALES_DOUBT");
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines = lines.to_owned();
    // The program may end before it has read everything.
    std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    child
}

/// The answers of all of several runs, which are heard at the same time.
fn answers(children: Vec<Child>) -> Vec<Value> {
    let heard: Vec<_> = children.into_iter().map(|child| std::thread::spawn(|| finished(child))).collect();
    let all = heard.into_iter().map(|heard| heard.join().unwrap()).flat_map(|ran| {
        assert!(ran.code == 0 || ran.code == 3, "{}", ran.stderr);
        ran.stdout.lines().map(json).collect::<Vec<_>>()
    });
    all.collect()
}

fn count(answers: &[Value], status: &str) -> usize {
    answers.iter().filter(|answer| answer["status"] == status).count()
}

/// The codes of what was refused, each as often as it was.
fn codes(answers: &[Value]) -> BTreeMap<&str, usize> {
    let mut codes = BTreeMap::new();
    for code in answers.iter().filter_map(|answer| answer["error"]["code"].as_str()) {
        *codes.entry(code).or_default() += 1;
    }
    codes
}

/// The numbers at the end of references, in order.
fn numbers(references: impl Iterator<Item = String>) -> Vec<usize> {
    let mut numbers: Vec<usize> = references.filter_map(|id| id.rsplit('/').next()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn no_more_is_refunded_than_was_invoiced_however_many_ask() {
    let shop = shop();
    shop.told_to_the_end();
    // 160 times 1.00 of 120.00.
    let lines = r#"{"command":"ticket refund","ticket":"T1","invoice":["INV/2026/1"],"amount":"1.00","post":true}
"#
    .repeat(20);
    let answers = answers((0..WRITERS).map(|_| started(&shop, "", &lines)).collect());
    assert_eq!((count(&answers, "done"), count(&answers, "error")), (120, 40));
    let refused = codes(&answers);
    assert_eq!(
        refused.get("nothing_to_refund").unwrap_or(&0) + refused.get("refund_exceeds_invoice").unwrap_or(&0),
        40
    );
    let notes = shop.ok("credit-note list");
    let notes = notes.as_array().unwrap();
    assert_eq!(
        numbers(notes.iter().map(|note| note["number"].as_str().unwrap().to_owned())),
        (1..=120).collect::<Vec<_>>()
    );
    let invoice = shop.ok("invoice show INV/2026/1");
    assert_eq!((&invoice["open"], &invoice["payment_state"]), (&"0.00".into(), &"reversed".into()));
    assert_eq!(shop.operations(), 122);
}

#[test]
fn no_more_comes_back_than_was_delivered_however_many_ask() {
    let shop = shop();
    shop.told_to_the_end();
    let lines = r#"{"command":"ticket return","ticket":"T1","delivery":"WH/OUT/1","line":{"1":"1"}}
{"command":"ticket coupon","ticket":"T1","program":"Sorry 10"}
"#
    .repeat(4);
    let answers = answers((0..WRITERS).map(|_| started(&shop, "", &lines)).collect());
    let returned: Vec<String> = answers
        .iter()
        .filter(|answer| answer["status"] == "done" && answer["command"] == "ticket return")
        .map(|answer| answer["created"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(numbers(returned.into_iter()), (1..=20).collect::<Vec<_>>(), "each piece once, without a gap");
    assert_eq!(codes(&answers), BTreeMap::from([("nothing_to_return", 12)]));
    let coupons = shop.run("coupon list -o ids").stdout;
    assert_eq!(coupons.lines().collect::<BTreeSet<_>>().len(), 4 * WRITERS, "no code twice");
}

#[test]
fn a_key_is_done_once_however_many_bring_it() {
    let shop = shop();
    shop.told_to_the_end();
    let lines: String = (0..12)
        .map(|key| format!("{{\"command\":\"customer create\",\"name\":\"{key}\",\"key\":\"k{key}\"}}\n"))
        .collect();
    let answers = answers((0..WRITERS).map(|_| started(&shop, "", &lines)).collect());
    assert_eq!((count(&answers, "done"), count(&answers, "replayed")), (12, 12 * (WRITERS - 1)));
    let mut told: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for answer in &answers {
        let what = format!("{} {}", answer["operation"], answer["created"]);
        told.entry(answer["key"].as_str().unwrap()).or_default().insert(what);
    }
    assert!(told.values().all(|told| told.len() == 1), "one key was told two things: {told:?}");
    assert_eq!(shop.run("customer list -o ids").stdout.lines().count(), 13);
}

#[test]
fn who_reads_sees_one_moment_while_others_write() {
    let shop = shop();
    let lines: String = (0..400)
        .map(|_| "{\"command\":\"ticket refund\",\"ticket\":\"T1\",\"invoice\":[\"INV/2026/1\"],\"amount\":\"0.10\",\"post\":true}\n")
        .collect();
    let writer = started(&shop, "", &lines);
    let writer = std::thread::spawn(|| answers(vec![writer]));
    let mut looked = 0;
    while !writer.is_finished() {
        // What is added up over several statements adds up, whenever it is asked.
        opened(&shop.run("verify"));
        let note = shop.ok("ticket show T1");
        let invoice = shop.ok("invoice show INV/2026/1");
        let listed = note["documents"]["credit_notes"].as_array().unwrap().len();
        let open: usize = invoice["open"].as_str().unwrap().replace('.', "").parse().unwrap();
        assert!(12_000 - open >= 10 * listed, "the later look sees no less: {open} after {listed}");
        looked += 1;
    }
    assert_eq!(count(&writer.join().unwrap(), "done"), 400);
    assert!(looked > 0);
}

#[test]
fn what_was_told_as_done_stays_done_wherever_a_run_is_killed() {
    let shop = shop();
    shop.told_to_the_end();
    let lines: String = (0..120)
        .map(|key| format!("{{\"command\":\"ticket refund\",\"ticket\":\"T1\",\"invoice\":[\"INV/2026/1\"],\"amount\":\"1.00\",\"post\":true,\"key\":\"k{key}\"}}\n"))
        .collect();
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    for killed in 0..8_u64 {
        let mut child = started(&shop, "", &lines);
        std::thread::sleep(Duration::from_millis(20 + killed * 15));
        let _ = child.kill();
        let heard = BufReader::new(child.stdout.take().unwrap());
        // A line that was cut off in the middle tells nothing.
        for answer in heard.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok()) {
            hold(&mut told, &answer);
        }
        let _ = child.wait();
    }
    for answer in answers(vec![started(&shop, "", &lines)]) {
        hold(&mut told, &answer);
    }
    assert_eq!(told.len(), 120);
    let operations: BTreeSet<i64> = told.values().map(|operation| operation.as_i64().unwrap()).collect();
    assert_eq!(operations.len(), 120, "each was done by an operation of its own");
    assert_eq!(shop.run("credit-note list -o ids").stdout.lines().count(), 120);
    assert_eq!(shop.operations(), 122);
}

/// Holds an answer to what was told before under its key.
pub fn hold(told: &mut BTreeMap<String, Value>, answer: &Value) {
    let key = answer["key"].as_str().unwrap().to_owned();
    if answer["status"] == "error" || answer["status"] == "skipped" {
        assert!(!told.contains_key(&key), "{key} was done, and by now it is not: {answer}");
        return;
    }
    let operation = answer["operation"].clone();
    assert_eq!(*told.entry(key).or_insert_with(|| operation.clone()), operation, "{answer}");
}
