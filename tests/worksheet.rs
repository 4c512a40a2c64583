//! Worksheets: filled in by types, signed, and frozen from then on, whatever becomes of their template (spec F3).

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Shop;

/// Content that begins as a PNG does, and one that begins as a JPEG does.
fn png(rest: &str) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n", rest.as_bytes()].concat()
}
fn jpeg(rest: &str) -> Vec<u8> {
    [b"\xff\xd8\xff\xe0", rest.as_bytes()].concat()
}

/// A desk whose tasks have a worksheet with a field of each type; FS1 is Ada's.
fn desk() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"worksheet-template create","id":"Visit","field":["pressure:number:required","remarks:text","leak:yes_no:required","next:date","state:choice=Good|A bit worn:required","photo:photo"]}
{"command":"worksheet-template create","id":"Short","field":["remarks:text"]}
{"command":"project create","id":"Field Service","worksheets":true,"worksheet_template":"Visit"}
{"command":"team create","id":"Support"}
{"command":"team enable-service","team":"Support","service":["field-service"],"field_service_project":"Field Service"}
{"command":"customer create","id":"ADA","name":"Ada Ltd"}
{"command":"ticket create","team":"Support","customer":"ADA","subject":"Boiler drips"}
{"command":"ticket plan","ticket":"T1"}"#,
    );
    shop
}

fn sheet(answer: &Value) -> &Value {
    &answer["result"]["worksheet"]
}

fn filled(shop: &Shop) {
    shop.done("worksheet fill FS1 --value pressure=2.5 --value leak=no --value 'state=a bit worn'");
}

#[test]
fn a_worksheet_shows_its_fields_before_anything_is_filled_in() {
    let shop = desk();
    assert_eq!(
        shop.ok("worksheet show FS1"),
        json!({
            "id": "FS00001", "template": "Visit",
            "fields": [
                {"name": "pressure", "type": "number", "required": true, "choices": [], "value": null},
                {"name": "remarks", "type": "text", "required": false, "choices": [], "value": null},
                {"name": "leak", "type": "yes_no", "required": true, "choices": [], "value": null},
                {"name": "next", "type": "date", "required": false, "choices": [], "value": null},
                {"name": "state", "type": "choice", "required": true, "choices": ["Good", "A bit worn"], "value": null},
                {"name": "photo", "type": "photo", "required": false, "choices": [], "value": null},
            ],
            "missing": ["pressure", "leak", "state"], "signed_by": null, "signed_at": null, "signature": null,
        })
    );
    shop.done("ticket plan T1 --worksheet-template ''");
    let none = shop.refused("worksheet show FS2", "not_found");
    assert_eq!((&none["field"], &none["message"]), (&json!("task"), &json!("task FS00002 has no worksheet")));
    shop.refused("worksheet fill FS2 --value a=1", "not_found");
    shop.refused("worksheet sign FS2 --name Ada", "not_found");
    shop.refused("worksheet show FS9", "not_found");
}

#[test]
fn values_are_checked_by_the_types_of_their_fields() {
    let shop = desk();
    shop.write("boiler.png", png("a boiler"));
    shop.write("drawing.svg", "<svg onload='alert(1)'/>");
    let filled = shop.done("worksheet fill FS1 --value PRESSURE=2.50 --value 'remarks= as = it is ' --value leak=True --value next=2027-01-31");
    assert_eq!(sheet(&filled)["missing"], json!(["state"]));
    let photo = shop.done("worksheet fill FS1 --value 'state=a BIT worn' --value photo=boiler.png");
    let hash = sheet(&photo)["fields"][5]["value"].as_str().unwrap().to_owned();
    assert_eq!(hash.len(), 64);
    assert_eq!(
        shop.ok("task show FS1")["worksheet"],
        json!({
            "template": "Visit",
            "values": {"pressure": "2.50", "remarks": " as = it is ", "leak": "yes", "next": "2027-01-31", "state": "A bit worn",
                       "photo": hash},
            "signed_by": null, "signed_at": null, "signature": null,
        })
    );
    shop.unchanged("worksheet fill FS1 --value leak=yes --value photo=./boiler.png");
    let emptied = shop.done("worksheet fill FS1 --value next= --value photo=");
    assert_eq!(
        (&sheet(&emptied)["fields"][3]["value"], &sheet(&emptied)["fields"][5]["value"]),
        (&json!(null), &json!(null))
    );

    for (value, given, allowed) in [
        ("pressure=high", json!("pressure=high"), json!(null)),
        ("pressure=2,5", json!("pressure=2,5"), json!(null)),
        ("leak=maybe", json!("leak=maybe"), json!(["yes", "no"])),
        ("next=2027-02-30", json!("next=2027-02-30"), json!(null)),
        ("state=broken", json!("state=broken"), json!(["Good", "A bit worn"])),
        ("colour=red", json!("colour"), json!(["pressure", "remarks", "leak", "next", "state", "photo"])),
        ("photo=nowhere.png", json!("nowhere.png"), json!(null)),
        ("photo=drawing.svg", json!("drawing.svg"), json!(null)),
        ("photo=.", json!("."), json!(null)),
        ("photo=/dev/zero", json!("/dev/zero"), json!(null)),
    ] {
        let refused = shop.refused(&format!("worksheet fill FS1 --value '{value}'"), "invalid_value");
        assert_eq!(
            (&refused["field"], &refused["given"], &refused["allowed"]),
            (&json!("value"), &given, &allowed),
            "{value}"
        );
    }
    shop.refused("worksheet fill FS1", "missing_field");
    shop.refused("worksheet fill FS1 --value pressure", "invalid_value");
    shop.refused("worksheet fill FS1 --value leak=no --value LEAK=yes", "invalid_value");
    // All that is wrong is told at once, and nothing of it is kept.
    let both =
        shop.refused("worksheet fill FS1 --value leak=no --value next=soon --value pressure=high", "invalid_value");
    assert_eq!(both["others"][0]["given"], "pressure=high");
    assert_eq!(shop.ok("task show FS1")["worksheet"]["values"]["leak"], "yes");
}

#[test]
fn photos_are_kept_once_by_what_they_hold() {
    let shop = desk();
    shop.write("one.jpg", jpeg("the same"));
    shop.write("two.jpg", jpeg("the same"));
    let mut large = png("");
    large.resize(10 * 1024 * 1024, 7);
    shop.write("large.png", &large);
    large.push(7);
    shop.write("larger.png", &large);
    let hash = |answer: &Value| sheet(answer)["fields"][5]["value"].clone();
    shop.done("ticket plan T1");
    let one = hash(&shop.done("worksheet fill FS1 --value photo=one.jpg"));
    assert_eq!(hash(&shop.done("worksheet fill FS2 --value photo=two.jpg")), one);
    let files = || shop.run("export").stdout.lines().filter(|line| line.starts_with("{\"record\":\"file\"")).count();
    assert_eq!(files(), 1);
    let refused = shop.refused("worksheet fill FS1 --value photo=larger.png", "invalid_value");
    assert_eq!(refused["allowed"], "10485760");
    // A dry run keeps nothing.
    let before = shop.store.state();
    let planned = shop.run("worksheet fill FS1 --value photo=large.png --dry-run -o json");
    assert!(planned.stdout.contains("\"planned\""), "{}", planned.stderr);
    assert_eq!(shop.store.state(), before);
    assert_ne!(hash(&shop.done("worksheet fill FS1 --value photo=large.png")), one);
    assert_eq!(files(), 2);
}

#[test]
fn a_worksheet_is_signed_when_nothing_is_missing_and_frozen_then() {
    let shop = desk();
    shop.write("ada.png", png("Ada"));
    let missing = shop.refused("worksheet sign FS1 --name Ada", "worksheet_incomplete");
    assert_eq!(
        (&missing["allowed"], &missing["hint"]),
        (&json!(["pressure", "leak", "state"]), &json!("aftersales worksheet show FS00001"))
    );
    filled(&shop);
    for flags in ["", "--name ''", "--name ' '"] {
        assert_eq!(shop.refused(&format!("worksheet sign FS1 {flags}"), "missing_field")["field"], "name");
    }
    assert_eq!(shop.refused("worksheet sign FS1 --name Ada --image no.png", "invalid_value")["field"], "image");
    let signed = shop.done("worksheet sign FS1 --name 'Ada Lovelace' --image ada.png");
    assert_eq!(
        (
            &sheet(&signed)["signed_by"],
            &sheet(&signed)["signed_at"],
            sheet(&signed)["signature"].as_str().map(str::len)
        ),
        (&json!("Ada Lovelace"), &json!("2026-11-23T10:00:00Z"), Some(64))
    );
    assert_eq!(shop.ok("worksheet show FS1"), *sheet(&signed));
    assert_eq!(shop.ok("task show FS1")["worksheet"]["signed_by"], "Ada Lovelace");
    shop.unchanged("worksheet sign FS1 --name 'Ada Lovelace'");
    for words in ["sign FS1 --name Bo", "fill FS1 --value remarks=more", "fill FS1 --value remarks="] {
        let refused = shop.refused(&format!("worksheet {words}"), "worksheet_signed");
        assert_eq!(refused["given"], "Ada Lovelace", "{words}");
    }
    assert_eq!(
        shop.refused("task edit FS1 --worksheet-template Short", "worksheet_signed")["field"],
        "worksheet_template"
    );
    let log = shop.ok("ticket show T1")["log"].clone();
    assert!(
        log.as_array().unwrap().iter().any(|entry| entry["text"] == "Task FS00001 signed by Ada Lovelace"),
        "{log}"
    );
    assert_eq!(shop.done("task done FS1")["warnings"], json!([]));
    assert_snapshot!(shop.text("worksheet show FS1 --fields id,template,missing,signed_by"), @r"
    ID       TEMPLATE  MISSING  SIGNED_BY
    FS00001  Visit              Ada Lovelace
    ");
}

#[test]
fn a_template_that_is_edited_leaves_what_was_begun() {
    let shop = desk();
    shop.done("ticket plan T1");
    filled(&shop);
    shop.done("worksheet-template edit Visit --field colour:text:required");
    let names = |id: &str| -> Vec<Value> {
        let sheet = shop.ok(&format!("worksheet show {id}"));
        sheet["fields"].as_array().unwrap().iter().map(|field| field["name"].clone()).collect()
    };
    assert_eq!(names("FS1").len(), 6);
    assert_eq!(names("FS2"), ["colour"]);
    shop.done("worksheet sign FS1 --name Ada");
    shop.refused("worksheet sign FS2 --name Ada", "worksheet_incomplete");
    shop.done("worksheet fill FS2 --value colour=red");
    shop.done("worksheet-template edit Visit --field ''");
    shop.done("worksheet sign FS2 --name Ada");
    assert_eq!((names("FS1").len(), names("FS2")), (6, vec![json!("colour")]));
}

#[test]
fn another_template_takes_what_was_filled_in_away_when_that_is_said() {
    let shop = desk();
    // Nothing is lost before anything is there.
    shop.done("task edit FS1 --worksheet-template Short");
    shop.done("task edit FS1 --worksheet-template Visit");
    filled(&shop);
    shop.refused("task edit FS1 --worksheet-template Short", "confirmation_needed");
    let edited = shop.done("task edit FS1 --worksheet-template Short -y");
    assert_eq!(edited["result"]["task"]["worksheet"]["values"], json!({}));
    assert_eq!(shop.ok("worksheet show FS1")["fields"].as_array().unwrap().len(), 1);
}

#[test]
fn a_done_task_is_written_down_and_signed_and_a_cancelled_one_is_not() {
    let shop = desk();
    shop.done("ticket plan T1");
    assert_eq!(shop.done("task done FS1")["warnings"][0]["code"], "worksheet_unsigned");
    filled(&shop);
    shop.done("worksheet sign FS1 --name Ada");
    shop.done("task cancel FS2");
    shop.refused("worksheet fill FS2 --value leak=no", "state_not_allowed");
    assert_eq!(shop.ok("worksheet show FS2")["template"], "Visit");
}

#[test]
fn worksheets_are_filled_in_bulk_with_files_beside_the_caller() {
    let shop = desk();
    shop.write("boiler.jpg", jpeg("drips"));
    let answers = shop.applied(
        "",
        r#"{"command":"worksheet fill","task":"FS1","value":{"pressure":2.5,"leak":"no","state":"Good","photo":"boiler.jpg"}}
{"command":"worksheet fill","task":"FS1","value":["remarks=fine"]}
{"command":"worksheet sign","task":"FS1","name":"Ada","image":"boiler.jpg"}
{"command":"worksheet fill","task":"FS1","value":"remarks=late"}"#,
        3,
    );
    let told: Vec<_> = answers.iter().map(|answer| (&answer["status"], &answer["error"]["code"])).collect();
    let done = (&json!("done"), &json!(null));
    assert_eq!(told, [done, done, done, (&json!("error"), &json!("worksheet_signed"))]);
    assert_eq!(answers[2]["result"]["worksheet"]["signature"], answers[0]["result"]["worksheet"]["fields"][5]["value"]);
}

#[test]
fn worksheets_are_for_whoever_may_do_field_service() {
    let shop = desk();
    shop.done("user create root --right admin -y");
    shop.done("user create helen --right helpdesk --as root");
    shop.done("user create fred --right field-service --as root");
    for words in ["show FS1", "fill FS1 --value leak=no", "sign FS1 --name Ada"] {
        shop.refused(&format!("worksheet {words} --as helen"), "access_denied");
    }
    shop.done("worksheet fill FS1 --value leak=no --as fred");
}

#[test]
fn what_an_erased_customer_signed_is_gone_and_stays_signed() {
    let shop = desk();
    shop.write("ada.png", png("Ada's own hand"));
    filled(&shop);
    shop.done("worksheet fill FS1 --value 'remarks=a key under the mat' --value photo=ada.png --key fill");
    shop.done("task edit FS1 --assignee '' --start 2026-12-01 --key edit");
    shop.done("worksheet sign FS1 --name 'Ada Lovelace' --image ada.png --key sign");
    shop.done("customer erase ADA -y");
    let sheet = shop.ok("worksheet show FS1");
    assert_eq!((&sheet["signed_by"], &sheet["signed_at"]), (&json!(null), &json!("2026-11-23T10:00:00Z")));
    assert!(
        sheet["fields"].as_array().unwrap().iter().all(|field| field["type"] == "photo" || field["value"].is_null())
    );
    let export = shop.run("export").stdout;
    for gone in ["under the mat", "Lovelace", "QWRhJ3Mgb3duIGhhbmQ"] {
        assert!(!export.contains(gone), "{gone}");
    }
    shop.refused("worksheet fill FS1 --value leak=no", "worksheet_signed");
    shop.refused("worksheet sign FS1 --name Ada", "worksheet_signed");
}

#[test]
fn a_worksheet_is_printed_as_the_report_of_the_work() {
    let shop = desk();
    shop.apply(
        r#"{"command":"product create","id":"FUSE","name":"Fuse <slow>","price":"2"}
{"command":"transfer create","kind":"incoming","line":["FUSE=3"]}
{"command":"transfer validate","transfer":"WH/IN/1"}
{"command":"task edit","task":"FS1","product":["FUSE=2"]}"#,
    );
    shop.write("photo.png", PICTURE);
    shop.done("task start FS1 --now 2026-11-23T09:00:00Z --as tester");
    shop.done("task stop FS1 --now 2026-11-23T09:45:00Z --note 'Changed <both> fuses'");
    filled(&shop);
    shop.done("worksheet fill FS1 --value 'remarks=<script>alert(1)</script>' --value photo=photo.png");
    shop.done("worksheet sign FS1 --name 'Ada Lovelace' --image photo.png");
    let page = shop.run("worksheet print FS1");
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    for text in [
        "Boiler drips",
        "Fuse &lt;slow&gt;",
        "Changed &lt;both&gt; fuses",
        "A bit worn",
        "2.5",
        "&lt;script&gt;",
        "Ada Lovelace",
        "data:image/png;base64,",
        "45",
        "Ada Ltd",
    ] {
        assert!(page.stdout.contains(text), "{text}: {}", page.stdout);
    }
    assert!(!page.stdout.contains("<script>"));
    assert_eq!(page.stdout.matches("<img").count(), 2);
    assert!(shop.run("worksheet print FS1 --language de").stdout.contains("Arbeitsbericht"));
    let pdf = shop.run("worksheet print FS1 --format pdf --file report.pdf");
    assert_eq!(pdf.code, 0, "{}", pdf.stderr);
    assert!(std::fs::read(shop.path("report.pdf")).unwrap().starts_with(b"%PDF-"));
    shop.done("ticket plan T1 --worksheet-template ''");
    let none = shop.run("worksheet print FS2 -o json");
    assert!(none.stderr.contains("\"not_found\""), "{}", none.stderr);
    assert_eq!(shop.run("task print FS2").code, 0);
    // Before anything is filled in it is the paper to fill in.
    shop.done("ticket plan T1");
    assert!(shop.run("worksheet print FS3").stdout.contains("pressure"));
    // What an erased customer signed is not shown any more.
    shop.done("customer erase ADA -y");
    let erased = shop.run("worksheet print FS1").stdout;
    assert!(!erased.contains("Lovelace") && !erased.contains("<img"), "{erased}");
}

/// A picture of one point.
const PICTURE: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90\x77\x53\xde\x00\x00\x00\x0c\x49\x44\x41\x54\x78\x9c\x63\x50\x70\x48\x00\x00\x01\x44\x00\xc1\x0b\x8d\x96\x42\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";
