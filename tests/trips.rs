//! How often the server is waited for: round trips count by command and by group, not by line, however long the line is.

use std::time::Duration;

use serde_json::json;

use crate::support::line::Line;
use crate::support::portal::Portal;
use crate::support::server::shared;
use crate::support::{Ran, Shop, fed};

/// A shop with a hundred invoices and more, each with a ticket of its own.
fn shop(tickets: usize) -> Shop {
    let shop = Shop::new();
    let ran = shop.run_with("import -q", records(tickets));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    shop
}

/// An order, its delivery, its invoice and a ticket of as many customers.
fn records(tickets: usize) -> String {
    let mut records = String::from(
        r#"{"record":"tax","id":"VAT20","rate":"20"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"5.00","taxes":["VAT20"]}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"9000"}
{"record":"team","id":"Support","services":["refunds","returns"]}
"#,
    );
    for n in 1..=tickets {
        records.push_str(&format!(
            r#"{{"record":"customer","id":"C{n:05}","name":"Customer {n}"}}
{{"record":"order","id":"S{n:05}","customer":"C{n:05}","state":"confirmed","lines":[{{"product":"LAMP","quantity":"20"}}]}}
{{"record":"transfer","id":"WH/OUT/{n:05}","order":"S{n:05}","state":"done","lines":[{{"product":"LAMP","quantity":"20"}}]}}
{{"record":"invoice","id":"INV/2026/{n:05}","order":"S{n:05}","state":"posted","paid":"0.00","lines":[{{"product":"LAMP","quantity":"20"}}]}}
{{"record":"ticket","id":"T{n:05}","team":"Support","customer":"C{n:05}","subject":"All of it","order":"S{n:05}"}}
"#
        ));
    }
    records
}

/// Runs words over a line and answers what came of it and how many round trips it took, connecting included.
fn over(line: &Line, shop: &Shop, words: &str, input: &str) -> (Ran, usize) {
    line.trips();
    let mut command = shop.command(words);
    command.env("AFTERSALES_STORE", line.address(&shop.store.address())).env_remove("AFTERSALES_DOUBT");
    let ran = fed(command, input.as_bytes());
    (ran, line.trips())
}

const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(20)];

/// Runs lines in bulk over lines of any length, each time on a shop as it was.
fn bulk(shop: &Shop, words: &str, lines: &str, most: usize) {
    let saved = shop.store.saved();
    for delay in DELAYS {
        let (ran, trips) = over(&Line::to(shared().port(), delay), shop, words, lines);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let done = ran.stdout.lines().filter(|line| line.contains("\"status\":\"done\"")).count();
        assert_eq!(done, lines.lines().count(), "{}", ran.stdout);
        println!("{words}: {trips} round trips at {delay:?}");
        assert!(trips <= most, "{words}: {trips} round trips at {delay:?}");
        shop.store.restored(&saved);
    }
}

#[test]
fn an_overview_is_asked_for_by_as_many_questions_however_much_there_is() {
    let trips = [3, 40].map(|tickets| {
        let shop = shop(tickets);
        let refund = |n: usize| {
            format!(
                "{{\"command\":\"ticket refund\",\"ticket\":\"T{n}\",\"invoice\":[\"INV/2026/{n:05}\"],\"line\":[\"1=1\"],\"post\":true}}\n"
            )
        };
        shop.apply(&(1..=tickets).map(refund).collect::<String>());
        let line = Line::to(shared().port(), Duration::ZERO);
        ["report overview -o json", "report overview --format html"].map(|words| {
            let (ran, trips) = over(&line, &shop, words, "");
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            trips
        })
    });
    println!("{trips:?} round trips");
    assert_eq!(trips[0], trips[1]);
    assert!(trips[0].iter().all(|trips| *trips <= 25), "{trips:?}");
}

#[test]
fn refunds_in_bulk_are_not_waited_for_one_by_one() {
    let shop = shop(200);
    let refund = |n: usize| {
        format!(
            "{{\"command\":\"ticket refund\",\"ticket\":\"T{n}\",\"invoice\":[\"INV/2026/{n:05}\"],\"line\":[\"1=1\"],\"post\":true,\"key\":\"r{n}\"}}\n"
        )
    };
    bulk(&shop, "apply -o ndjson", &(1..=200).map(refund).collect::<String>(), 60);
}

#[test]
fn refunds_of_one_invoice_wait_only_for_what_is_left_of_it() {
    let shop = shop(1);
    let refund = |n: usize| {
        format!(
            "{{\"command\":\"ticket refund\",\"ticket\":\"T1\",\"invoice\":[\"INV/2026/00001\"],\"amount\":\"0.50\",\"post\":true,\"key\":\"r{n}\"}}\n"
        )
    };
    // Each looks at what the one before left of the invoice.
    bulk(&shop, "apply -o ndjson", &(1..=200).map(refund).collect::<String>(), 200 + 60);
}

#[test]
fn returns_in_bulk_are_not_waited_for_one_by_one() {
    let shop = shop(200);
    let give_back = |n: usize| {
        format!("{{\"command\":\"ticket return\",\"ticket\":\"T{n}\",\"line\":[\"1=1\"],\"key\":\"r{n}\"}}\n")
    };
    bulk(&shop, "apply -o ndjson", &(1..=200).map(give_back).collect::<String>(), 60);
}

#[test]
fn notes_in_bulk_are_not_waited_for_one_by_one() {
    let shop = shop(50);
    let note =
        |n: usize| format!("{{\"command\":\"ticket note\",\"ticket\":\"T{}\",\"text\":\"Note {n}\"}}\n", 1 + n % 50);
    bulk(&shop, "apply -o ndjson", &(0..200).map(note).collect::<String>(), 40);
}

#[test]
fn records_are_imported_without_waiting_for_each() {
    let shop = Shop::new();
    let record = |n: usize| format!("{{\"record\":\"customer\",\"id\":\"C{n:05}\",\"name\":\"Customer {n}\"}}\n");
    bulk(&shop, "import -o ndjson", &(1..=1000).map(record).collect::<String>(), 40);
}

#[test]
fn documents_are_imported_without_waiting_for_each() {
    let shop = Shop::new();
    // A ticket looks at its customer and its order, which came right before it.
    bulk(&shop, "import -o ndjson", &records(200), 2 * 200 + 60);
}

#[test]
fn documents_of_a_kind_are_imported_without_waiting_for_each() {
    let mut records: Vec<String> = records(200).lines().map(|line| format!("{line}\n")).collect();
    let kind = |line: &String| {
        let kinds = ["customer", "order", "transfer", "invoice", "ticket"];
        kinds.iter().position(|kind| line.contains(&format!("\"record\":\"{kind}\""))).map_or(0, |at| at + 1)
    };
    records.sort_by_key(kind);
    let shop = Shop::new();
    bulk(&shop, "import -o ndjson", &records.concat(), 60);
    // Each kind in a run of its own.
    for lines in records.chunk_by(|one, next| kind(one) == kind(next)) {
        let (ran, trips) = over(&Line::to(shared().port(), Duration::ZERO), &shop, "import -q", &lines.concat());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        println!("{} of a kind: {trips} round trips", lines.len());
        assert!(trips <= 30, "{} of a kind: {trips} round trips", lines.len());
    }
}

#[test]
fn one_command_waits_for_little() {
    let shop = shop(3);
    for (words, most) in [
        ("ticket refund T1 --invoice INV/2026/00001 --post", 10),
        ("ticket refund T2 --invoice INV/2026/00002 --line 1=1 --post", 10),
        ("ticket show T1", 6),
        ("ticket show T3", 6),
    ] {
        for delay in DELAYS {
            let (ran, trips) = over(&Line::to(shared().port(), delay), &shop, &format!("{words} -o json"), "");
            println!("{words}: {trips} round trips at {delay:?} ({})", ran.code);
            assert!(trips <= most, "{words}: {trips} round trips at {delay:?}");
        }
    }
}

#[test]
fn a_page_of_many_coupons_waits_no_more_often_than_one_of_few() {
    const PROGRAMS: usize = 12;
    let shop = Shop::new();
    let mut records = String::from("{\"record\":\"customer\",\"id\":\"ADA\",\"name\":\"Ada\"}\n");
    for n in 1..=PROGRAMS {
        records.push_str(&format!(
            r#"{{"record":"product","id":"L{n}","name":"Lamp {n}","price":"5.00"}}
{{"record":"coupon_program","id":"P{n}","rewards":[{{"type":"percent","value":"10","on":"products","products":["L{n}"]}}],"conditions":{{"products":["L{n}"]}}}}
"#
        ));
    }
    records.push_str("{\"record\":\"team\",\"id\":\"Support\",\"services\":[\"coupons\"]}\n");
    let ran = shop.run_with("import -q", records);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    shop.done("desk edit --portal-url http://127.0.0.1:1");
    shop.done("ticket create --team Support --customer ADA --subject Lamps");
    let give = |programs: std::ops::RangeInclusive<usize>| {
        let line = |n| json!({"command": "ticket coupon", "ticket": "T1", "program": format!("P{n}")}).to_string();
        shop.apply(&programs.map(line).collect::<Vec<_>>().join("\n"));
    };

    give(1..=2);
    let line = Line::to(shared().port(), Duration::ZERO);
    let mut command = shop.command("serve --listen 127.0.0.1:0");
    command.env("AFTERSALES_STORE", line.address(&shop.store.address())).env_remove("AFTERSALES_DOUBT");
    let portal = Portal::of(command);
    let ada = portal.signed_in(&shop, "ADA");
    // Several answer, each over a connection of its own, whose statements the first pages prepare.
    let trips = |coupons: usize| {
        let trips = (0..16).map(|_| {
            line.trips();
            let page = ada.get("/coupons");
            assert_eq!(page.text().matches("class=\"code\"").count(), coupons, "{}", page.text());
            assert!(page.text().contains(&format!("Lamp {coupons}")), "{}", page.text());
            line.trips()
        });
        trips.min().unwrap()
    };
    let few = trips(2);
    give(3..=PROGRAMS);
    let many = trips(PROGRAMS);
    println!("{few} round trips for few coupons, {many} for many");
    assert!(many <= few, "{few} round trips for few coupons, {many} for many");
}
