//! Several records for one verb of a state, texts from files, templates of the caller's own, and how far a long run is.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Ran, Shop, json as parsed};

fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","id":"ADA","name":"Ada Ltd"}
           {"command":"product create","id":"LAMP","name":"Desk lamp","price":"40"}
           {"command":"team create","id":"Support"}
           {"command":"ticket create","team":"Support","customer":"ADA","subject":"It hums"}
           {"command":"ticket create","team":"Support","customer":"ADA","subject":"It \"glows\""}
           {"command":"invoice create","customer":"ADA","line":["LAMP=1"]}
           {"command":"invoice create","customer":"ADA","line":["LAMP=2"]}
           {"command":"invoice create","customer":"ADA","line":["LAMP=3"]}"#,
    );
    shop
}

/// The answers of a run that ends with that code.
fn answers(ran: &Ran, code: i32) -> Vec<Value> {
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    ran.stdout.lines().map(parsed).collect()
}

#[test]
fn several_records_are_answered_as_apply_answers() {
    let shop = shop();
    let told = answers(&shop.run("invoice post D1 D2 -o ndjson"), 0);
    assert_eq!(told.len(), 2);
    assert_eq!((&told[1]["line"], &told[1]["status"]), (&json!(2), &json!("done")));
    assert_eq!(told[1]["result"]["invoice"]["number"], "INV/2026/00002");
    // A failing one does not keep the others from being done.
    let told = answers(&shop.run("invoice post D1 D9 D3"), 3);
    let status: Vec<&Value> = told.iter().map(|answer| &answer["status"]).collect();
    assert_eq!(status, ["unchanged", "error", "done"]);
    assert_eq!(told[1]["error"]["code"], "not_found");
    assert_eq!(told[1]["error"]["hint"], "aftersales invoice list");
    // One is one, and answered as it always was.
    assert!(!shop.run("ticket close T1").stdout.starts_with('{'));
    assert_eq!(answers(&shop.run("ticket close T1 T2 --dry-run"), 0)[1]["status"], "planned");
}

#[test]
fn records_come_from_a_pipe() {
    let shop = shop();
    let ids = shop.run("ticket list --open -o ids").stdout;
    let told = answers(&shop.run_with("ticket close - --comment Done", format!("\n{ids}\n")), 0);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|answer| answer["status"] == "done"));
    let log = shop.ok("ticket show T2")["log"].clone();
    assert!(log.as_array().unwrap().iter().any(|entry| entry["text"] == "Done"), "{log}");
    assert_eq!(answers(&shop.run_with("ticket reopen -", ""), 0), Vec::<Value>::new());
    let told = answers(&shop.run_with("ticket reopen T1 -", "T2\n"), 0);
    assert_eq!(told.len(), 2);
    shop.refused("ticket close - --comment-file -", "usage");
    // A dash as a text is no standard input.
    let told = answers(&shop.run_with("ticket close - --comment -", "T1\nT2\n"), 0);
    assert!(told.iter().all(|answer| answer["status"] == "done"), "{told:?}");
    let log = shop.ok("ticket show T2")["log"].clone();
    assert!(log.as_array().unwrap().iter().any(|entry| entry["text"] == "-"), "{log}");
}

#[test]
fn each_record_has_a_key_of_its_own_and_the_same_flags() {
    let shop = shop();
    let told = answers(&shop.run("ticket close T1 T2 --comment 'Both' --key evening"), 0);
    assert_eq!([&told[0]["key"], &told[1]["key"]], ["evening:1", "evening:2"]);
    let told = answers(&shop.run("ticket close T1 T2 --comment 'Both' --key evening"), 0);
    assert!(told.iter().all(|answer| answer["status"] == "replayed"));
    // What is wrong with a flag is wrong for all, and nothing is done.
    shop.refused("invoice send D1 D2 --mesage x", "usage");
    // A verb that needs more than the record takes one.
    shop.refused("ticket move T1 T2 Solved", "usage");
}

// Texts.

#[test]
fn texts_come_from_files() {
    let shop = shop();
    shop.write("what.txt", "It hums.\n\nLoudly \u{201e}so\u{201c}.\n");
    let made = shop.done("ticket create --team Support --customer ADA --subject x --description-file what.txt");
    assert_eq!(made["result"]["ticket"]["description"], "It hums.\n\nLoudly \u{201e}so\u{201c}.");
    let ran = shop.run_with("ticket edit T3 --description-file - -o json", "Softly\n");
    assert_eq!(parsed(&ran.stdout)["result"]["ticket"]["description"], "Softly");
    // The log holds what was said, not where it stood.
    assert!(shop.run("log --newest --limit 1 -o json").stdout.contains("Softly"));
    let error = shop.refused("ticket edit T3 --description x --description-file what.txt", "invalid_value");
    assert_eq!(error["field"], "description_file");
    shop.refused("ticket edit T3 --description-file none.txt", "invalid_value");
    let ran =
        shop.run_with("apply - -o ndjson", r#"{"command":"ticket edit","ticket":"T3","description_file":"what.txt"}"#);
    assert_eq!(answers(&ran, 3)[0]["error"]["code"], "unknown_key", "a file of the caller is none of the object");
}

// Templates of the caller's own.

#[test]
fn a_template_prints_each_record() {
    let shop = shop();
    assert_snapshot!(shop.text("ticket list --template '{{ id }}: {{ subject }}'"), @r#"
    T00001: It hums
    T00002: It "glows"
    "#);
    assert_snapshot!(shop.text("ticket show T1 --template '{% for line in log %}{{ line.kind }} {% endfor %}'"), @r"created");
    assert_snapshot!(shop.text("ticket close T1 --template '{{ status }} {{ result.ticket.stage }}'"), @r"done Solved");
    assert_eq!(shop.run("ticket list --template '{{ id }}\n'").stdout, "T00001\nT00002\n");
    assert_eq!(shop.run("ticket list --limit 0 --template '{{ id }}'").stdout, "");
    assert_eq!(shop.run("ticket list --fields id --template '{{ id }}'").stdout, "T00001\nT00002\n");
    let ran = shop.run_with(
        "apply - --template '{{ line }} {{ status }}' -q",
        "{\"command\":\"ticket close\",\"ticket\":\"T2\"}",
    );
    assert_eq!(ran.stdout, "1 done\n");
}

#[test]
fn a_template_that_fails_prints_and_does_nothing() {
    let shop = shop();
    for template in [
        "{{ subjct }}",
        "{{ id ",
        "{% include 'page.html' %}",
        "{% for x in range(100000) %}{% for y in range(100000) %}{{ y }}{% endfor %}{% endfor %}",
    ] {
        let error = shop.refused(&format!("ticket close T1 --template \"{template}\""), "usage");
        assert_eq!(error["field"], "template", "{error}");
        let ran = shop.run(&format!("ticket list --template \"{template}\""));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{template}");
    }
    shop.refused("ticket list --template x --jq .", "usage");
    shop.refused("invoice print D1 --template x", "usage");
    shop.refused("ticket list --fields id --template '{{ subject }}'", "usage");
    // What is not among the fields is not there, in what bulk runs answer either.
    shop.write("close.ndjson", "{\"command\":\"ticket close\",\"ticket\":\"T1\"}");
    for asked in ["--template '{{ status }}'", "--jq '.result.ticket.id | ascii_downcase'"] {
        let error = shop.refused(&format!("apply close.ndjson --fields line {asked}"), "usage");
        assert!(["template", "jq"].contains(&error["field"].as_str().unwrap()), "{error}");
    }
}

// How far a run is.

#[test]
fn progress_is_told_as_lines_where_that_is_asked() {
    let shop = shop();
    let lines = "{\"command\":\"ticket close\",\"ticket\":\"T1\"}\n{\"command\":\"ticket close\",\"ticket\":\"T2\"}";
    shop.write("lines.ndjson", lines);
    let progress = |ran: &Ran| -> Vec<Value> {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
            .lines()
            .filter(|line| line.starts_with("{\"progress\""))
            .map(|line| parsed(line)["progress"].clone())
            .collect()
    };
    let told = progress(&shop.run("apply lines.ndjson --progress json"));
    assert_eq!((&told[0]["unit"], &told[0]["of"]), (&json!("lines"), &json!(2)), "{told:?}");
    // Nowhere without being asked, since nothing is a terminal.
    assert_eq!(progress(&shop.run("apply lines.ndjson")), Vec::<Value>::new());
    let ran = shop.run("apply lines.ndjson --progress sometimes");
    assert_eq!(ran.code, 2);
    if shop.store.bytes().is_some() {
        let told = progress(&shop.run("backup copy.db --progress json"));
        assert_eq!(told[0]["unit"], "pages", "{told:?}");
        assert_eq!(told.last().unwrap()["step"], "checking", "{told:?}");
    }
}
