//! Visits on site: the timer, what is used, being done and billed, and the agenda (spec F2, F5).

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Shop;

/// A desk with goods in stock and a project that bills hours; T1 is Ada's.
fn desk() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00","tax":["VAT20"]}
{"command":"product create","id":"DRILL","name":"Drill","price":"129.00","tracking":"serial","tax":["VAT20"]}
{"command":"product create","id":"PAINT","name":"Paint","price":"3.50","tracking":"lot"}
{"command":"product create","id":"HOUR","name":"Hour of work","price":"60.00","type":"service","tax":["VAT20"]}
{"command":"product create","id":"TRIP","name":"Trip","price":"25.00","type":"service"}
{"command":"transfer create","kind":"incoming","line":["LAMP=10","DRILL=2","PAINT=5"]}
{"command":"transfer validate","transfer":"WH/IN/1","lot":["2=SN-1..SN-2","3=RED"]}
{"command":"user create","id":"ann","name":"Ann"}
{"command":"user create","id":"bob","name":"Bob"}
{"command":"worksheet-template create","id":"Visit","field":["pressure:number:required"]}
{"command":"project create","id":"Field Service","time_product":"HOUR"}
{"command":"project create","id":"Goodwill","worksheets":true,"worksheet_template":"Visit"}
{"command":"team create","id":"Support"}
{"command":"team enable-service","team":"Support","service":["field-service","returns","refunds"],"field_service_project":"Field Service"}
{"command":"customer create","id":"ADA","name":"Ada Ltd"}
{"command":"ticket create","team":"Support","customer":"ADA","subject":"Lamp flickers"}
{"command":"ticket plan","ticket":"T1"}"#,
    );
    shop
}

fn task(answer: &Value) -> &Value {
    &answer["result"]["task"]
}

fn warnings(answer: &Value) -> Vec<String> {
    let told =
        |warning: &Value| format!("{}: {}", warning["code"].as_str().unwrap(), warning["message"].as_str().unwrap());
    answer["warnings"].as_array().unwrap().iter().map(told).collect()
}

/// What lies of a product in the main stock.
fn stock(shop: &Shop, product: &str) -> Value {
    shop.ok(&format!("product show {product} --fields stock"))["stock"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| json!([place["lot"], place["quantity"]]))
        .collect()
}

#[test]
fn the_timer_counts_every_second_that_was_worked() {
    let shop = desk();
    let begun = shop.done("task start FS1 --now 2026-11-24T09:00:00Z --as ann");
    assert_eq!(
        (&task(&begun)["stage"], &task(&begun)["timer"], &task(&begun)["worked_minutes"]),
        (&json!("in_progress"), &json!("running"), &json!(0))
    );
    shop.unchanged("task start FS1 --now 2026-11-24T09:05:00Z");
    shop.unchanged("task resume FS1");
    shop.done("task pause FS1 --now 2026-11-24T09:20:30Z --as ann");
    shop.unchanged("task pause FS1 --now 2026-11-24T09:30:00Z");
    let refused = shop.refused("task start FS1", "state_not_allowed");
    assert_eq!((&refused["given"], &refused["hint"]), (&json!("paused"), &json!("aftersales task resume FS00001")));
    assert_eq!(task(&shop.done("task resume FS1 --now 2026-11-24T10:00:00Z --as bob"))["timer"], "running");
    let stopped = shop.done("task stop FS1 --note 'Changed both lamps' --now 2026-11-24T10:15:45Z --as bob");
    assert_eq!(
        (&task(&stopped)["timer"], &task(&stopped)["worked_minutes"], &task(&stopped)["stage"]),
        (&json!(null), &json!(36), &json!("in_progress"))
    );
    assert_eq!(
        task(&stopped)["timesheet"],
        json!([
            {"line": 1, "user": "ann", "from": "2026-11-24T09:00:00Z", "to": "2026-11-24T09:20:30Z", "seconds": 1230, "note": null},
            {"line": 2, "user": "bob", "from": "2026-11-24T10:00:00Z", "to": "2026-11-24T10:15:45Z", "seconds": 945,
             "note": "Changed both lamps"},
        ])
    );
    assert_eq!(shop.ok("task show FS1"), *task(&stopped));
    shop.unchanged("task stop FS1");
    // The seconds of all rows make the minutes: 1230 + 945 + 45 are 37 minutes.
    shop.done("task start FS1 --now 2026-11-25T08:00:00Z");
    assert_eq!(task(&shop.done("task stop FS1 --now 2026-11-25T08:00:45Z"))["worked_minutes"], 37);
    for (words, expected) in [
        ("task list --worked-minutes 37 -o ids", "FS00001\n"),
        ("task list --worked-minutes 38.. -o ids", ""),
        ("task list --timer running -o ids", ""),
    ] {
        assert_eq!(shop.run(words).stdout, expected, "{words}");
    }
    let log = shop.ok("ticket show T1")["log"].clone();
    let texts: Vec<&str> = log.as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts[2..],
        [
            "Task FS00001 started",
            "Task FS00001 stopped, after 36 minutes of work in all",
            "Task FS00001 started",
            "Task FS00001 stopped, after 37 minutes of work in all"
        ]
    );
    let shown = shop.text("task show FS1");
    assert!(shown.contains("LINE  USER     FROM              TO                   SECONDS  NOTE\n"), "{shown}");
    assert!(shown.contains("   1  ann Ann  2026-11-24 09:00  2026-11-24 09:20:30     1230"), "{shown}");
}

#[test]
fn what_the_timer_cannot_do_is_refused() {
    let shop = desk();
    for words in ["task pause FS1", "task resume FS1", "task stop FS1"] {
        let refused = shop.refused(words, "state_not_allowed");
        assert_eq!(
            (&refused["given"], &refused["hint"]),
            (&json!("not running"), &json!("aftersales task start FS00001"))
        );
    }
    assert_eq!(shop.refused("task start FS9", "not_found")["field"], "task");
    shop.done("task start FS1 --now 2026-11-24T09:00:00Z");
    let early = shop.refused("task stop FS1 --now 2026-11-24T08:59:59Z", "invalid_value");
    assert_eq!((&early["field"], &early["allowed"]), (&json!("now"), &json!("2026-11-24T09:00:00Z")));
    shop.done("task stop FS1 --now 2026-11-24T10:00:00Z");
    // Time that was forgotten can be told later, but not twice.
    shop.refused("task start FS1 --now 2026-11-24T09:30:00Z", "invalid_value");
    shop.done("task start FS1 --now 2026-11-24T08:30:00Z");
    shop.refused("task stop FS1 --now 2026-11-24T09:00:01Z", "invalid_value");
    assert_eq!(task(&shop.done("task stop FS1 --now 2026-11-24T09:00:00Z"))["worked_minutes"], 90);
    shop.done("task cancel FS1");
    for verb in ["start", "pause", "resume", "stop", "done"] {
        assert_eq!(shop.refused(&format!("task {verb} FS1"), "state_not_allowed")["given"], "cancelled", "{verb}");
    }
}

#[test]
fn a_timer_that_was_left_running_is_seen_and_stopped_by_what_ends_the_task() {
    let shop = desk();
    shop.done("ticket plan T1 --title Second");
    shop.done("ticket plan T1 --title Third");
    shop.done("task start FS1 --now 2026-11-24T09:00:00Z");
    let second = shop.done("task start FS2 --now 2026-11-24T09:10:00Z");
    assert_eq!(warnings(&second), ["timer_running: the timer that tester started runs on FS00001 too"]);
    assert_eq!(shop.run("task list --timer running -o ids").stdout, "FS00001\nFS00002\n");
    let done = shop.done("task done FS1 --now 2026-11-24T10:00:00Z");
    assert_eq!((&task(&done)["timer"], &task(&done)["worked_minutes"]), (&json!(null), &json!(60)));
    let cancelled = shop.done("task cancel FS2 --now 2026-11-24T09:40:00Z");
    assert_eq!((&task(&cancelled)["timer"], &task(&cancelled)["worked_minutes"]), (&json!(null), &json!(30)));
    // Done is final but for the timesheet.
    shop.done("task start FS1 --now 2026-11-24T11:00:00Z");
    let more = shop.done("task stop FS1 --now 2026-11-24T11:05:00Z --note 'Forgot the fuse'");
    assert_eq!((&task(&more)["stage"], &task(&more)["worked_minutes"]), (&json!("done"), &json!(65)));
    shop.refused("task edit FS1 --title Again", "state_not_allowed");
    shop.refused("task edit FS1 --product LAMP=1", "state_not_allowed");
    shop.refused("task cancel FS1", "state_not_allowed");
    shop.unchanged("task done FS1");
    // Work that was never timed can be done too.
    assert_eq!(task(&shop.done("task done FS3"))["stage"], "done");
}

#[test]
fn what_is_used_is_told_by_line_and_lot() {
    let shop = desk();
    let used = |answer: &Value| task(answer)["products"].clone();
    let edited = shop.done("task edit FS1 --product LAMP=2 --product DRILL=2 --product TRIP=1");
    assert_eq!(
        used(&edited),
        json!([
            {"line": 1, "product": "LAMP", "lot": null, "quantity": "2"},
            {"line": 2, "product": "DRILL", "lot": null, "quantity": "2"},
            {"line": 3, "product": "TRIP", "lot": null, "quantity": "1"},
        ])
    );
    shop.unchanged("task edit FS1 --product LAMP=2 --product DRILL=2 --product TRIP=1");
    // One lot stands on a line.
    assert_eq!(
        used(&shop.done("task edit FS1 --lot 2=SN-1 --lot 2=SN-2")),
        json!([
            {"line": 1, "product": "LAMP", "lot": null, "quantity": "2"},
            {"line": 2, "product": "DRILL", "lot": "SN-1", "quantity": "1"},
            {"line": 3, "product": "DRILL", "lot": "SN-2", "quantity": "1"},
            {"line": 4, "product": "TRIP", "lot": null, "quantity": "1"},
        ])
    );
    shop.unchanged("task edit FS1 --lot 2=SN-1");
    for (flags, code, field) in [
        ("--product NONE=1", "not_found", "product"),
        ("--product LAMP=0", "quantity_invalid", "product"),
        ("--product LAMP=-1", "quantity_invalid", "product"),
        ("--product DRILL=1.5", "quantity_invalid", "product"),
        ("--product LAMP=1@30", "invalid_value", "product"),
        ("--product LAMP", "invalid_value", "product"),
        ("--lot 9=SN-1", "invalid_value", "lot"),
        ("--lot 1=SN-1", "lot_not_tracked", "lot"),
        ("--lot 2=RED", "lot_not_of_product", "lot"),
        ("--lot 2=SN-9", "not_found", "lot"),
        ("--product PAINT=1 --lot 1=RED:2", "quantity_invalid", "lot"),
    ] {
        assert_eq!(shop.refused(&format!("task edit FS1 {flags}"), code)["field"], field, "{flags}");
    }
    let paint = shop.done("task edit FS1 --product PAINT=1.5 --lot 1=RED");
    assert_eq!(used(&paint), json!([{"line": 1, "product": "PAINT", "lot": "RED", "quantity": "1.5"}]));
    assert_eq!(used(&shop.done("task edit FS1 --product ''")), json!([]));
    // A product that was used keeps what it is.
    shop.done("task edit FS1 --product DRILL=1 --lot 1=SN-1");
    shop.refused("lot edit SN-1 --product PAINT", "state_not_allowed");
}

#[test]
fn what_was_used_leaves_the_stock_when_the_task_is_done() {
    let shop = desk();
    shop.done("task edit FS1 --product LAMP=3 --product DRILL=1 --product PAINT=0.5 --product TRIP=1");
    let refused = shop.refused("task done FS1", "lot_required");
    assert_eq!(refused["hint"], "aftersales stock list --location WH/Stock --product DRILL");
    shop.done("task edit FS1 --lot 2=SN-1 --lot 3=RED");
    shop.done("task edit FS1 --product LAMP=11 --product DRILL=1 --lot 2=SN-1");
    let refused = shop.refused("task done FS1", "stock_insufficient");
    assert_eq!(
        (&refused["field"], &refused["given"], &refused["allowed"], &refused["hint"]),
        (&json!(null), &json!("11"), &json!("10"), &json!("aftersales stock list --product LAMP"))
    );
    shop.done("task edit FS1 --product LAMP=3 --product DRILL=1 --product PAINT=0.5 --product TRIP=1 --lot 2=SN-1 --lot 3=RED");
    let done = shop.done("task done FS1");
    assert_eq!((&done["created"], &task(&done)["stage"]), (&json!(["WH/OUT/00001"]), &json!("done")));
    assert_eq!(stock(&shop, "LAMP"), json!([[null, "7"]]));
    assert_eq!(stock(&shop, "DRILL"), json!([["SN-2", "1"]]));
    assert_eq!(stock(&shop, "PAINT"), json!([["RED", "4.5"]]));
    let moved = shop.ok("transfer show WH/OUT/1");
    assert_eq!(
        (&moved["state"], &moved["origin"], &moved["customer"], &moved["ticket"], &moved["date"]),
        (&json!("done"), &json!("FS00001"), &json!("ADA"), &json!("T00001"), &json!("2026-11-23"))
    );
    assert_eq!(moved["lines"].as_array().unwrap().len(), 3);
    let log = shop.ok("ticket show T1")["log"].clone();
    let documents: Vec<&Value> = log.as_array().unwrap().iter().map(|entry| &entry["document"]).collect();
    assert!(documents.contains(&&json!("WH/OUT/00001")), "{log:#}");
    assert_eq!(shop.ok("ticket show T1")["documents"]["returns"], json!([]));
    // The piece is at the customer, who can bring it back.
    assert_eq!(shop.ok("lot show SN-1")["customers"], json!([{"customer": "ADA", "quantity": "1"}]));
    shop.done("ticket return T1 --delivery WH/OUT/1 --line 2=1");
    shop.done("transfer validate WH/IN/2");
    assert_eq!(stock(&shop, "DRILL"), json!([["SN-1", "1"], ["SN-2", "1"]]));
}

#[test]
fn what_others_have_reserved_is_not_used() {
    let shop = desk();
    shop.done("transfer create --kind outgoing --customer ADA --line LAMP=8");
    shop.done("task edit FS1 --product LAMP=3");
    assert_eq!(shop.refused("task done FS1", "stock_insufficient")["allowed"], "2");
    shop.done("transfer cancel WH/OUT/1");
    shop.done("task done FS1");
    assert_eq!(stock(&shop, "LAMP"), json!([[null, "7"]]));
}

#[test]
fn a_done_task_is_billed_once() {
    let shop = desk();
    let early = shop.refused("invoice create --task FS1", "state_not_allowed");
    assert_eq!((&early["given"], &early["hint"]), (&json!("new"), &json!("aftersales task done FS00001")));
    shop.done("task start FS1 --now 2026-11-24T09:00:00Z");
    shop.done("task stop FS1 --now 2026-11-24T09:50:59Z");
    shop.done("task edit FS1 --product LAMP=2 --product DRILL=1 --product TRIP=1 --lot 2=SN-1");
    shop.done("task done FS1");
    for flags in ["--customer ADA", "--line LAMP=1", "--currency EUR", "--order S1"] {
        shop.refused(&format!("invoice create --task FS1 {flags}"), "invalid_value");
    }
    let billed = shop.done("invoice create --task FS1 --due-date 2026-12-31");
    let invoice = &billed["result"]["invoice"];
    let told = |line: &Value| json!([line["product"], line["lot"], line["quantity"], line["price"], line["total"]]);
    let lines: Vec<Value> = invoice["lines"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        json!(lines),
        json!([
            ["LAMP", null, "2", "40.00", "96.00"],
            ["DRILL", "SN-1", "1", "129.00", "154.80"],
            ["TRIP", null, "1", "25.00", "25.00"],
            ["HOUR", null, "0.833333", "60.00", "60.00"],
        ])
    );
    assert_eq!(
        (&invoice["customer"], &invoice["ticket"], &invoice["due_date"], &invoice["total"]),
        (&json!("ADA"), &json!("T00001"), &json!("2026-12-31"), &json!("335.80"))
    );
    assert_eq!(shop.ok("task show FS1")["invoice"], "D00001");
    let again = shop.refused("invoice create --task FS1", "nothing_to_invoice");
    assert_eq!((&again["field"], &again["hint"]), (&json!("task"), &json!("aftersales invoice show D00001")));
    shop.done("invoice cancel D1");
    assert_eq!(shop.ok("task show FS1")["invoice"], json!(null));
    shop.done("invoice create --task FS1");
    shop.done("invoice post D2");
    assert_eq!(shop.ok("task show FS1")["invoice"], "INV/2026/00001");
    // A copy in its place bills the task, and so it is billed still.
    shop.done("ticket refund T1 --invoice INV/2026/1 --create-invoice");
    assert_eq!(shop.ok("task show FS1")["invoice"], "D00004");
    shop.refused("invoice create --task FS1", "nothing_to_invoice");
    shop.done("invoice cancel D4");
    shop.done("invoice create --task FS1");
}

#[test]
fn without_anything_to_bill_or_anybody_to_pay_there_is_no_invoice() {
    let shop = desk();
    // No time product: nothing is billed of the time.
    shop.done("ticket plan T1 --project Goodwill");
    shop.done("task start FS2 --now 2026-11-24T09:00:00Z");
    let done = shop.done("task done FS2 --now 2026-11-24T10:00:00Z");
    assert_eq!(warnings(&done), ["worksheet_unsigned: FS00002 is done, and its worksheet Visit is not signed"]);
    let nothing = shop.refused("invoice create --task FS2", "nothing_to_invoice");
    assert_eq!(nothing["hint"], "aftersales task show FS00002");
    // Less than a minute is no time.
    shop.done("task start FS1 --now 2026-11-24T09:00:00Z");
    shop.done("task done FS1 --now 2026-11-24T09:00:59Z");
    shop.refused("invoice create --task FS1", "nothing_to_invoice");

    shop.done("ticket create --team Support --subject 'Whose?'");
    shop.done("ticket plan T2");
    shop.done("task edit FS3 --product LAMP=1");
    shop.done("task done FS3");
    assert_eq!(shop.refused("invoice create --task FS3", "customer_required")["field"], "task");
    // The ticket gets its customer, and what was planned from it with it.
    shop.done("ticket edit T2 --customer ADA");
    assert_eq!(shop.ok("task show FS3")["customer"], "ADA");
    shop.done("invoice create --task FS3");
    let fixed = shop.refused("ticket edit T2 --customer ''", "customer_fixed");
    assert_eq!(fixed["allowed"], "ADA");
    shop.refused("invoice create --task FS9", "not_found");
}

#[test]
fn an_agenda_tells_what_is_at_the_same_time() {
    let shop = desk();
    shop.done("task edit FS1 --assignee ann --start 2026-12-01T09:00:00Z --end 2026-12-01T11:00:00Z");
    let planned = shop.done("ticket plan T1 --assignee ann --start 2026-12-01T10:00:00Z --end 2026-12-01T12:00:00Z");
    assert_eq!(warnings(&planned), ["assignee_busy: ann has FS00001 at the same time as FS00002"]);
    assert_eq!(task(&planned)["overlaps"], json!(["FS00001"]));
    for (flags, busy) in [
        ("--assignee ann --start 2026-12-01T11:00:00Z --end 2026-12-01T12:00:00Z", json!(["FS00002"])),
        // The end is where the next one can begin.
        ("--assignee ann --start 2026-12-01T12:00:00Z --end 2026-12-01T13:00:00Z", json!([])),
        // Without an end it is a moment.
        ("--assignee ann --start 2026-12-01T09:30:00Z", json!(["FS00001"])),
        ("--assignee ann --start 2026-12-01T13:00:00Z", json!([])),
        ("--assignee ann --start 2026-12-01T13:00:00Z --end 2026-12-01T13:30:00Z", json!(["FS00006"])),
        ("--assignee bob --start 2026-12-01T09:00:00Z --end 2026-12-01T11:00:00Z", json!([])),
        ("--assignee ann", json!([])),
        ("--start 2026-12-01T09:00:00Z --end 2026-12-01T11:00:00Z", json!([])),
    ] {
        assert_eq!(task(&shop.done(&format!("ticket plan T1 {flags}")))["overlaps"], busy, "{flags}");
    }
    assert_eq!(shop.ok("task show FS1")["overlaps"], json!(["FS00002", "FS00005"]));
    assert_snapshot!(shop.text("task list --assignee ann --start 2026-12 --sort planned_start"), @r"
    ID       TITLE          PROJECT        STAGE    CUSTOMER     TICKET  ASSIGNEE  PLANNED_START     PLANNED_END       OVERLAPS
    FS00001  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 09:00  2026-12-01 11:00  FS00002, FS00005
    FS00005  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 09:30                    FS00001
    FS00002  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 10:00  2026-12-01 12:00  FS00001, FS00003
    FS00003  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 11:00  2026-12-01 12:00  FS00002
    FS00004  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 12:00  2026-12-01 13:00
    FS00006  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 13:00                    FS00007
    FS00007  Lamp flickers  Field Service  planned  ADA Ada Ltd  T00001  ann Ann   2026-12-01 13:00  2026-12-01 13:30  FS00006
    ");
    assert_eq!(shop.run("task list --assignee bob --start 2026-12-01..2026-12-02 -o ids").stdout, "FS00008\n");
    assert_eq!(shop.run("task list --end ..2026-12-01T10:59:59Z -o ids").stdout, "");
    // What is over takes no time; what is moved away, another one's.
    shop.done("task cancel FS2");
    shop.done("task done FS5");
    assert_eq!(shop.ok("task show FS1")["overlaps"], json!([]));
    let moved = shop.done("task edit FS8 --assignee ann");
    assert_eq!(warnings(&moved), ["assignee_busy: ann has FS00001 at the same time as FS00008"]);
    assert_eq!(warnings(&shop.done("task edit FS8 --title 'Another name'")), Vec::<String>::new());
}

#[test]
fn closing_a_ticket_warns_of_visits_that_are_not_done() {
    let shop = desk();
    shop.done("ticket plan T1");
    shop.done("ticket plan T1");
    shop.done("task done FS1");
    shop.done("task cancel FS2");
    let closed = shop.done("ticket close T1");
    let told = warnings(&closed).join("\n");
    assert!(told.contains("FS00003") && !told.contains("FS00001") && !told.contains("FS00002"), "{told}");
    assert_eq!(shop.ok("ticket show T1")["documents"]["tasks"], json!(["FS00001", "FS00003"]));
}

#[test]
fn visits_are_run_in_bulk_and_no_retry_counts_twice() {
    let shop = desk();
    let lines = r#"{"command":"task edit","task":"FS1","product":[{"product":"LAMP","quantity":"2"},"DRILL=1"],"lot":{"2":"SN-1"}}
{"command":"task start","task":"FS1"}
{"command":"task stop","task":"FS1","note":"Nothing to do"}
{"command":"task done","task":"FS1"}
{"command":"invoice create","task":"FS1"}
{"command":"task pause","task":"FS1"}"#;
    let first = shop.applied("--key visit", lines, 3);
    let states = |answers: &[Value]| answers.iter().map(|answer| answer["status"].clone()).collect::<Vec<_>>();
    assert_eq!(states(&first), ["done", "done", "done", "done", "done", "error"]);
    assert_eq!(first[3]["created"], json!(["WH/OUT/00001"]));
    let again = shop.applied("--key visit", lines, 3);
    assert_eq!(states(&again), ["replayed", "replayed", "replayed", "replayed", "replayed", "error"]);
    let planned = shop.run("task start FS1 --dry-run -o json");
    assert!(planned.stdout.contains("\"planned\""), "{planned:?}");
    assert_eq!(shop.ok("task show FS1")["timer"], json!(null));
}

#[test]
fn tasks_are_worked_by_whoever_may_do_field_service() {
    let shop = desk();
    shop.done("user create root --right admin -y");
    shop.done("user edit ann --right helpdesk --as root");
    shop.done("user edit bob --right field-service --as root");
    shop.done("user create ivy --right invoicing --as root");
    for words in [
        "task start FS1",
        "task pause FS1",
        "task resume FS1",
        "task stop FS1",
        "task done FS1",
        "task edit FS1 --title x",
    ] {
        shop.refused(&format!("{words} --as ann"), "access_denied");
    }
    shop.done("task start FS1 --as bob");
    shop.done("task edit FS1 --product LAMP=1 --as bob");
    shop.done("task done FS1 --as bob");
    shop.refused("invoice create --task FS1 --as bob", "access_denied");
    shop.done("invoice create --task FS1 --as ivy");
}

#[test]
fn notes_of_an_erased_customer_are_gone() {
    let shop = desk();
    shop.done("task start FS1 --now 2026-11-24T09:00:00Z");
    shop.done("task stop FS1 --now 2026-11-24T09:30:00Z --note 'Ada has a dog'");
    shop.done("customer erase ADA -y");
    let task = shop.ok("task show FS1");
    assert_eq!(
        (&task["title"], &task["timesheet"][0]["note"], &task["worked_minutes"]),
        (&json!(""), &json!(null), &json!(30))
    );
    assert!(!shop.run("export").stdout.contains("has a dog"));
}

#[test]
fn a_planned_task_goes_into_a_calendar() {
    use icalendar::{Calendar, CalendarComponent, Component as _};
    let shop = desk();
    shop.done("customer edit ADA --street 'Analytical Row 1' --postcode N1 --city London");
    let unplanned = shop.run("task print FS1 --format ics -o json");
    assert_eq!(unplanned.code, 13, "{}", unplanned.stderr);
    let title = "Look at every lamp of the house, the garden and the stables, since all of them flicker";
    shop.done(&format!(
        "task edit FS1 --title '{title}' --assignee ann --start 2026-12-01T09:00:00Z --end 2026-12-01T11:00:00Z"
    ));
    let printed = shop.run("task print FS1 --format ics");
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let read: Calendar = printed.stdout.parse().unwrap();
    let [CalendarComponent::Event(event)] = read.components.as_slice() else { panic!("{read:?}") };
    for (property, expected) in [
        ("UID", "FS00001.20261123T100000Z@aftersales"),
        ("DTSTAMP", "20261123T100000Z"),
        ("DTSTART", "20261201T090000Z"),
        ("DTEND", "20261201T110000Z"),
        ("STATUS", "CONFIRMED"),
    ] {
        assert_eq!(event.property_value(property), Some(expected), "{property}");
    }
    let text = |property| event.property_value(property).unwrap().replace("\\,", ",");
    assert_eq!((text("SUMMARY"), text("LOCATION")), (title.to_owned(), "Analytical Row 1, N1, London".to_owned()));
    assert!(text("DESCRIPTION").contains("Customer: Ada Ltd"), "{}", text("DESCRIPTION"));
    shop.done("task cancel FS1");
    assert!(shop.run("task print FS1 --format ics").stdout.contains("STATUS:CANCELLED\r\n"));
    // Into a file, and as a page.
    assert_eq!(shop.run("task print FS1 --format ics --file visit.ics").code, 0);
    assert!(std::fs::read_to_string(shop.path("visit.ics")).unwrap().starts_with("BEGIN:VCALENDAR\r\n"));
    assert!(shop.run("task print FS1").stdout.contains("Look at every lamp"));
}
