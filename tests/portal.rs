//! The customer's page over HTTP (spec F4): who sees what, what forms do, and what nobody can do from outside.

use std::io::{Read, Write};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::Shop;
use crate::support::portal::{Browser, Page, Portal, connected, link};

/// A desk with two customers, each with a ticket, a task and an invoice; Ada has a worksheet to sign, coupons and a cart.
fn desk() -> Shop {
    let shop = Shop::new();
    let ran = shop.run_with(
        "import - -o ndjson",
        r#"{"record":"tax","id":"VAT20","rate":"20"}
{"record":"customer","id":"ADA","name":"Ada Ltd","email":"ada@example.org"}
{"record":"customer","id":"BO","name":"Bo"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"40.00","taxes":["VAT20"]}
{"record":"worksheet_template","id":"Visit","fields":[{"name":"pressure","type":"number","required":true}]}
{"record":"project","id":"Field Service","worksheets":true,"worksheet_template":"Visit"}
{"record":"coupon_program","id":"Ten","rewards":[{"type":"percent","value":"10","on":"order"}]}
{"record":"coupon_program","id":"Big","type":"promo-code","code":"BIG-1","rewards":[{"type":"fixed","value":"5"}],"conditions":{"minimum_amount":"500.00"}}
{"record":"team","id":"Support","services":["refunds","coupons","returns","field-service"],"field_service_project":"Field Service"}
{"record":"order","id":"S00001","customer":"ADA","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"3"}]}
{"record":"invoice","id":"INV/2026/00001","customer":"ADA","order":"S00001","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","quantity":"3"}]}
{"record":"invoice","id":"INV/2026/00002","customer":"BO","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","quantity":"1"}]}
"#,
    );
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    shop.apply(
        r#"{"command":"desk edit","company":"Lamps & Co","portal_url":"http://127.0.0.1:1"}
{"command":"ticket create","team":"Support","customer":"ADA","subject":"Lamp flickers","description":"Since\nMonday"}
{"command":"ticket create","team":"Support","customer":"BO","subject":"Bo's own affair"}
{"command":"ticket note","ticket":"T1","text":"She is always late to pay"}
{"command":"ticket note","ticket":"T1","text":"We are on our way","public":true}
{"command":"ticket plan","ticket":"T1","title":"Look at the lamp"}
{"command":"ticket plan","ticket":"T2","title":"Bo's visit"}
{"command":"ticket refund","ticket":"T1","invoice":["INV/2026/00001"],"line":"1=1","post":true}
{"command":"ticket refund","ticket":"T1","invoice":["INV/2026/00001"],"line":"1=1"}
{"command":"worksheet fill","task":"FS1","value":["pressure=2.5"]}"#,
    );
    shop
}

fn operations(shop: &Shop) -> i64 {
    shop.operations()
}

#[test]
fn a_link_opens_the_pages_on_any_device_until_it_is_revoked() {
    let shop = desk();
    let refused = {
        let bare = Shop::new();
        bare.done("customer create ADA");
        bare.refused("customer invite ADA", "missing_field")
    };
    assert_eq!(
        (&refused["field"], &refused["hint"]),
        (&json!("portal_url"), &json!("aftersales desk edit --portal-url https://portal.example.com"))
    );
    shop.refused("customer invite NOBODY", "not_found");
    assert_eq!(shop.ok("customer invite ADA --dry-run")["result"], json!({"link": null}));

    let made = shop.done("customer invite ADA --key k1");
    let told = made["result"]["link"].as_str().unwrap().to_owned();
    let token = told.strip_prefix("http://127.0.0.1:1/in/").unwrap();
    assert!(token.len() >= 22, "at least 128 bits: {token}");
    assert_eq!(made["created"], json!([]));
    let again = shop.ok("customer invite ADA --key k1");
    assert_eq!((&again["status"], &again["result"]), (&json!("replayed"), &json!({"link": null})));
    for words in ["log -o json", "export", "customer show ADA -o json"] {
        assert!(!shop.run(words).stdout.contains(token), "{words} tells the link");
    }
    assert_eq!(shop.ok("customer list --invited")[0]["id"], "ADA");

    let portal = Portal::start(&shop, "");
    let (phone, desk) = (portal.browser(), portal.browser());
    for device in [&phone, &desk] {
        assert_eq!(device.get("/").status, 404, "nobody signed in");
        let page = device.follow(&format!("/in/{token}"));
        assert!(page.status == 200 && page.text().contains("Lamp flickers"), "{}", page.text());
    }
    let other = portal.signed_in(&shop, "ADA");
    let bo = portal.signed_in(&shop, "BO");
    shop.done("customer revoke ADA");
    shop.unchanged("customer revoke ADA");
    for device in [&phone, &desk, &other] {
        assert_eq!(device.get("/").status, 404, "the visit ended with the link");
    }
    assert_eq!(portal.browser().get(&format!("/in/{token}")).status, 404);
    assert_eq!(portal.browser().get("/in/unknown").status, 404);
    assert_eq!(bo.get("/").status, 200, "others go on");
    assert!(portal.signed_in(&shop, "ADA").get("/").text().contains("Lamp flickers"), "and she can be invited again");
}

#[test]
fn a_customer_sees_their_own_and_nothing_of_others() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let (ada, nobody) = (portal.signed_in(&shop, "ADA"), portal.browser());
    let home = ada.get("/").text();
    for shown in ["Lamp flickers", "Look at the lamp", "INV/2026/00001", "RINV/2026/00001", "S00001", "Lamps &amp; Co"]
    {
        assert!(home.contains(shown), "{shown} in {home}");
    }
    assert!(!home.contains("Bo&#x27;s"), "{home}");
    let ticket = ada.get("/tickets/T00001").text();
    for shown in ["Since\nMonday", "We are on our way", "RINV/2026/00001", "Look at the lamp"] {
        assert!(ticket.contains(shown), "{shown} in {ticket}");
    }
    assert!(!ticket.contains("late to pay") && !ticket.contains("Reversal"), "{ticket}");
    assert!(ada.get("/tasks/FS00001").text().contains("pressure"));

    let missing = ada.get("/tickets/T99999");
    assert_eq!(missing.status, 404);
    for path in [
        "/tickets/T00002",
        "/tasks/FS00002",
        "/documents/INV%2F2026%2F00002",
        "/documents/D00003",
        "/documents/FS00002",
        "/documents/nothing",
        "/nowhere",
        "/tickets/%00",
        "/tickets/T00001/",
    ] {
        let page = ada.get(path);
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(
            page.text().replace(&page.hidden("form"), ""),
            missing.text().replace(&missing.hidden("form"), ""),
            "{path}"
        );
    }
    for path in ["/", "/tickets/T00001", "/tasks/FS00001", "/documents/S00001", "/coupons", "/cart"] {
        assert_eq!(ada.get(path).status, 200, "{path}");
        assert_eq!(nobody.get(path).status, 404, "{path}");
    }
    // As it is printed, in HTML and PDF, by number and by id.
    let document = ada.get("/documents/INV%2F2026%2F00001");
    assert_eq!(document.text(), shop.run("invoice print INV/2026/00001").stdout);
    assert!(document.header("content-security-policy").unwrap().contains("style-src 'sha256-"));
    assert_eq!(ada.get("/documents/INV/2026/00001").status, 200);
    let pdf = ada.get("/documents/INV%2F2026%2F00001?format=pdf");
    assert!(pdf.body.starts_with(b"%PDF-") && pdf.header("content-type") == Some("application/pdf"));
    assert_eq!(ada.get("/documents/INV%2F2026%2F00001?format=xml").status, 400);
}

#[test]
fn what_was_called_off_is_gone_and_what_was_posted_stays() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    let page = ada.get("/tasks/FS00001");
    for path in ["/", "/tickets/T00001"] {
        let text = ada.get(path).text();
        assert!(text.contains("Look at the lamp") && !text.contains(">cancelled<"), "{path}: {text}");
    }
    shop.done("task cancel FS1");
    shop.done("credit-note cancel RINV/2026/00001 --yes");
    shop.done("invoice cancel INV/2026/00001 --yes");

    // A visit that was called off is nowhere, and its form does nothing.
    for path in ["/tasks/FS00001", "/documents/FS00001", "/documents/FS00001?format=pdf"] {
        assert_eq!(ada.get(path).status, 404, "{path}");
    }
    let (form, once, seen) = (page.hidden("form"), page.hidden("once"), page.hidden("seen"));
    let sign = [("form", &*form), ("once", &*once), ("seen", &*seen), ("name", "Ada")];
    assert_eq!(ada.post("/tasks/FS00001", &sign).status, 404);
    assert_eq!(shop.ok("worksheet show FS1")["signed_by"], Value::Null);
    // What was posted says that it is cancelled, wherever it is shown.
    for (path, shown) in [("/", &["INV/2026/00001", "RINV/2026/00001"][..]), ("/tickets/T00001", &["RINV/2026/00001"])]
    {
        let text = ada.get(path).text();
        assert!(!text.contains("Look at the lamp"), "{path}: {text}");
        assert_eq!(text.matches(">cancelled<").count(), shown.len(), "{path}: {text}");
        for number in shown {
            assert!(text.contains(&format!("<bdi>{number}</bdi>")), "{path}: {text}");
        }
    }
    for number in ["INV%2F2026%2F00001", "RINV%2F2026%2F00001"] {
        assert!(ada.get(&format!("/documents/{number}")).text().contains("Cancelled"), "{number}");
        let pdf = ada.get(&format!("/documents/{number}?format=pdf"));
        assert!(pdf.body.starts_with(b"%PDF-"), "{number}");
    }
}

#[test]
fn a_merged_ticket_is_told_by_the_one_that_goes_on() {
    let shop = desk();
    shop.apply(
        r#"{"command":"ticket create","team":"Support","customer":"ADA","subject":"Lamp is dark"}
{"command":"ticket note","ticket":"T3","text":"We look at both","public":true}
{"command":"ticket note","ticket":"T3","text":"She calls every day"}"#,
    );
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    ada.submit("/tickets/T00001", &[("text", "It is the switch")]);
    assert!(!ada.get("/tickets/T00003").text().contains("It is the switch"));
    shop.done("ticket merge T1 T3");
    let home = ada.get("/").text();
    assert!(home.contains("Lamp is dark") && !home.contains("Lamp flickers"), "{home}");
    for path in ["/tickets/T00001", "/tickets/T00003"] {
        let ticket = ada.get(path).text();
        let told = ["We are on our way", "We look at both", "It is the switch"];
        let places: Vec<_> = told.iter().map(|text| ticket.find(text)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{path}: {ticket}");
        assert!(ticket.contains("Lamp is dark") && ticket.contains("RINV/2026/00001"), "{path}: {ticket}");
        assert!(!ticket.contains("late to pay") && !ticket.contains("every day"), "{path}: {ticket}");
    }
    // It is written on under either name.
    assert_eq!(ada.submit("/tickets/T00001", &[("text", "Thank you both")]).status, 303);
    assert!(ada.get("/tickets/T00003").text().contains("Thank you both"));
    assert_eq!(shop.ok("ticket show T3")["log"].as_array().unwrap().last().unwrap()["text"], "Thank you both");
}

#[test]
fn the_link_of_a_merged_customer_opens_the_pages_of_the_one_that_goes_on() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let (link, earlier, later) = (link(&shop, "ADA"), portal.browser(), portal.browser());
    earlier.follow(&link);
    shop.done("customer merge ADA BO");
    later.follow(&link);
    for browser in [&earlier, &later] {
        let home = browser.get("/").text();
        for shown in ["Lamp flickers", "Bo&#x27;s own affair", "INV/2026/00001", "INV/2026/00002"] {
            assert!(home.contains(shown), "{shown} in {home}");
        }
        assert_eq!(browser.submit("/tickets/T00001", &[("text", "Still here")]).status, 303);
        assert_eq!(shop.ok("log --newest --limit 1")[0]["actor"], json!({"kind": "customer", "id": "BO"}));
    }
    shop.done("customer revoke BO");
    assert_eq!((earlier.get("/").status, portal.browser().get(&link).status), (404, 404));
}

#[test]
fn what_a_form_does_is_the_ordinary_command_of_that_customer() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    let page = ada.get("/tickets/T00001");
    let (form, once) = (page.hidden("form"), page.hidden("once"));
    let reply = [("form", &*form), ("once", &*once), ("act", "reply"), ("text", "It still flickers\r\nBadly")];
    let before = operations(&shop);
    for _ in 0..2 {
        let sent = ada.post("/tickets/T00001", &reply);
        assert_eq!((sent.status, sent.header("location")), (303, Some("/tickets/T00001?said=replied")));
    }
    assert_eq!(operations(&shop), before + 1, "a form that is sent twice is done once");
    let told = shop.ok("log --newest --limit 1")[0].clone();
    assert_eq!(told["actor"], json!({"kind": "customer", "id": "ADA"}));
    assert_eq!(
        told["command"],
        json!({"command": "ticket note", "ticket": "T00001", "text": "It still flickers\nBadly", "public": true})
    );
    let shown = ada.get("/tickets/T00001?said=replied").text();
    assert!(shown.contains("It still flickers\nBadly") && shown.contains("Your message was sent."), "{shown}");

    // What has something else in it under the same form is not done.
    let other = [("form", &*form), ("once", &*once), ("text", "Something else")];
    assert_eq!(ada.post("/tickets/T00001", &other).status, 422);
    let empty = ada.submit("/tickets/T00001", &[("act", "reply"), ("text", " \r\n ")]);
    assert!(empty.status == 422 && empty.text().contains("role=\"alert\""), "{}", empty.text());
    assert_eq!(ada.submit("/tickets/T00001", &[("act", "close")]).status, 403, "the desk does not let them");
    assert_eq!(shop.ok("ticket show T1")["closed"], false);
    assert_eq!(operations(&shop), before + 1);

    shop.done("desk edit --customers-may-close");
    let closed = ada.submit("/tickets/T00001", &[("act", "close"), ("text", "Thanks")]);
    assert_eq!(closed.header("location"), Some("/tickets/T00001?said=closed"));
    let ticket = shop.ok("ticket show T1");
    assert_eq!((&ticket["stage"], &ticket["closed"]), (&json!("Solved"), &json!(true)));
    let page = ada.get("/tickets/T00001").text();
    assert!(
        page.contains("Thanks") && page.contains("Closed the ticket.") && !page.contains("value=\"close\""),
        "{page}"
    );
}

#[test]
fn a_form_of_another_site_or_of_another_visit_does_nothing() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let (ada, bo, nobody) = (portal.signed_in(&shop, "ADA"), portal.signed_in(&shop, "BO"), portal.browser());
    let page = ada.get("/tickets/T00001");
    let (form, once) = (page.hidden("form"), page.hidden("once"));
    let others = bo.get("/tickets/T00002").hidden("form");
    let before = operations(&shop);
    let text = ("text", "Hello");
    assert_eq!(ada.post("/tickets/T00001", &[("once", &once), text]).status, 403);
    assert_eq!(ada.post("/tickets/T00001", &[("form", &others), ("once", &once), text]).status, 403);
    assert_eq!(bo.post("/tickets/T00001", &[("form", &others), ("once", &once), text]).status, 404, "not theirs");
    assert_eq!(nobody.post("/tickets/T00001", &[("form", &form), ("once", &once), text]).status, 404);
    for header in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example.com")]
    {
        *ada.more.borrow_mut() = vec![(header.0.to_owned(), header.1.to_owned())];
        assert_eq!(ada.post("/tickets/T00001", &[("form", &form), ("once", &once), text]).status, 403, "{header:?}");
    }
    ada.more.borrow_mut().clear();
    assert_eq!(ada.post("/cart", &[("form", &form)]).status, 405);
    assert_eq!(ada.asked("DELETE", "/tickets/T00001", None).status, 405);
    assert_eq!(ada.asked("POST", "/tickets/T00001", Some(("application/json", b"{}".to_vec()))).status, 415);
    assert_eq!(ada.post("/tickets/T00001", &[("form", &form), ("text", &"x".repeat(70_000))]).status, 413);
    assert_eq!(ada.post("/tickets/T00001", &[("form", &form), ("text", "a\0b")]).status, 404);
    assert_eq!(operations(&shop), before);
    // What is signed by nobody is no visit.
    let name = ada.cookies.borrow().keys().next().unwrap().clone();
    let forged = ada.cookies.borrow()[&name].replacen('.', ".1", 1);
    ada.cookies.borrow_mut().insert(name, forged);
    assert_eq!(ada.get("/").status, 404);
}

/// A drawing as a browser sends it, with content that begins as a PNG does.
const DRAWING: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";

#[test]
fn a_worksheet_is_signed_as_it_was_seen() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    let sign = |page: &Page, name: &str, drawing: &str| {
        let (form, once, seen) = (page.hidden("form"), page.hidden("once"), page.hidden("seen"));
        let fields = [("form", &*form), ("once", &*once), ("seen", &*seen), ("name", name), ("drawing", drawing)];
        ada.post("/tasks/FS00001", &[&fields[..], &[("image", "/etc/hostname")]].concat())
    };
    let page = ada.get("/tasks/FS00001");
    shop.done("worksheet fill FS1 --value pressure=9");
    let stale = sign(&page, "Ada", "");
    assert!(stale.status == 422 && stale.text().contains("look at it again"), "{}", stale.text());
    let page = ada.get("/tasks/FS00001");
    assert_eq!(sign(&page, " ", "").status, 422);
    for wrong in [
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,PHN2Zy8+",
        "/etc/hostname",
        "data:image/png;base64,?",
    ] {
        assert_eq!(sign(&ada.get("/tasks/FS00001"), "Ada", wrong).status, 422, "{wrong}");
    }
    assert_eq!(shop.ok("worksheet show FS1")["signed_by"], Value::Null);

    let signed = sign(&page, "Ada <Lovelace>", DRAWING);
    assert_eq!(signed.header("location"), Some("/tasks/FS00001?said=signed"), "{}", signed.text());
    let sheet = shop.ok("worksheet show FS1");
    assert_eq!(sheet["signed_by"], "Ada <Lovelace>");
    assert_eq!(sheet["signature"].as_str().unwrap().len(), 64, "the drawing is kept");
    let told = shop.ok("log --newest --limit 1")[0].clone();
    assert_eq!(told["actor"]["id"], "ADA");
    assert_eq!(told["command"], json!({"command": "worksheet sign", "task": "FS00001", "name": "Ada <Lovelace>"}));
    let page = ada.get("/tasks/FS00001").text();
    assert!(
        page.contains("Ada &lt;Lovelace&gt;") && page.contains("data:image/png") && !page.contains("id=\"signing\""),
        "{page}"
    );
    assert!(ada.get("/tickets/T00001").text().contains("Signed a report."));
}

fn code_of(shop: &Shop) -> String {
    shop.done("ticket coupon T1 --program Ten")["created"][0].as_str().unwrap().to_owned()
}

fn cart_of(shop: &Shop, customer: &str) -> String {
    let made = shop.done(&format!("order create --customer {customer} --line LAMP=2 --cart"));
    made["created"][0].as_str().unwrap().to_owned()
}

#[test]
fn a_shared_code_comes_to_the_cart_of_whoever_opens_it() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let code = code_of(&shop);
    let link = link(&shop, "ADA");
    let (ada, path) = (portal.browser(), format!("/coupon/{code}?r=/cart"));

    // Nobody knows who they are yet, then there is no cart: nothing is written, and the code is kept.
    let before = shop.store.state();
    let page = ada.get(&path);
    assert_eq!((page.status, page.header("location")), (303, Some("/cart")));
    assert_eq!(ada.get("/cart").status, 404);
    ada.follow(&link);
    assert!(ada.follow("/cart").text().contains("There is nothing in your cart."));
    assert_eq!(before, shop.store.state());

    let cart = cart_of(&shop, "ADA");
    let page = ada.get("/cart").text();
    assert!(page.contains(&format!("The code {code} is on your cart.")) && page.contains("86.40"), "{page}");
    assert_eq!(shop.ok(&format!("order show {cart}"))["coupons"], json!([code]));
    let told = shop.ok("log --newest --limit 1")[0].clone();
    assert_eq!((&told["actor"]["id"], &told["command"]["command"]), (&json!("ADA"), &json!("order apply-coupon")));
    let once = operations(&shop);
    assert!(!ada.get("/cart").text().contains("is on your cart."), "that is said once");
    assert_eq!(ada.get(&path).status, 303, "and a link that is opened again changes nothing");
    assert_eq!(operations(&shop), once);

    // What does not qualify waits until it does, for her alone.
    ada.get("/coupon/big1?r=%2Fcoupons");
    let waits = ada.get("/cart").text();
    assert!(waits.contains("does not come to the amount") && waits.contains("big1"), "{waits}");
    assert_eq!(operations(&shop), once);
    shop.done(&format!("order edit {cart} --line 1=20"));
    assert!(ada.get("/cart").text().contains("The code big1 is on your cart."));
    // A code that nobody has is told once and not kept.
    ada.get("/coupon/NO-SUCH-CODE");
    assert!(ada.get("/cart").text().contains("Nobody knows this code."));
    assert!(!ada.get("/cart").text().contains("Nobody knows this code."));

    // HEAD looks and does nothing.
    let bo = portal.signed_in(&shop, "BO");
    cart_of(&shop, "BO");
    let before = operations(&shop);
    assert_eq!(bo.asked("HEAD", &path, None).status, 303);
    assert_eq!(operations(&shop), before);
}

#[test]
fn a_shared_link_leads_nowhere_else() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    link(&shop, "ADA");
    let browser = portal.browser();
    for wrong in [
        "//example.com",
        "/%5Cexample.com",
        "https://example.com",
        "cart",
        "",
        "%2F%2Fexample.com",
        "/%09/example.com",
        "/%0D%0Aset-cookie:x=1",
    ] {
        let page = browser.get(&format!("/coupon/ABCD?r={wrong}"));
        assert_eq!((page.status, page.header("location"), page.header("set-cookie")), (400, None, None), "{wrong}");
    }
    for (right, place) in [("/", "/"), ("/tickets/T1?x=1", "/tickets/T1?x=1"), ("/a%20%C3%A9", "/a%20%C3%A9")] {
        assert_eq!(browser.get(&format!("/coupon/ABCD?r={right}")).header("location"), Some(place));
    }
    assert_eq!(browser.get("/coupon/ABCD").header("location"), Some("/cart"));
}

#[test]
fn what_people_write_stays_text() {
    let shop = desk();
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 1234567*1001 }}\u{202e}";
    shop.done("desk edit --language de");
    shop.apply(
        &[
            json!({"command": "customer edit", "customer": "ADA", "name": hostile, "language": "fr"}),
            json!({"command": "ticket create", "team": "Support", "customer": "ADA", "subject": hostile, "description": hostile}),
            json!({"command": "ticket note", "ticket": "T3", "text": hostile, "public": true}),
            json!({"command": "ticket plan", "ticket": "T3", "title": hostile}),
            json!({"command": "order create", "customer": "ADA", "cart": true, "line": [{"product": "LAMP", "quantity": "1"}]}),
        ]
        .map(|line| line.to_string())
        .join("\n"),
    );
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    ada.submit("/tickets/T00003", &[("text", hostile)]);
    for path in [
        "/",
        "/tickets/T00003",
        "/tasks/FS00003",
        "/documents/FS00003",
        "/cart",
        "/coupons",
        "/tickets/T00003?said=%3Cscript%3E",
    ] {
        let page = ada.get(path);
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        assert!(
            !text.contains("<script>alert") && !text.contains("<img src=x") && !text.contains("1235801567"),
            "{path}: {text}"
        );
    }
    let home = ada.get("/").text();
    assert!(home.contains("lang=\"fr\"") && home.contains("Vos pages"), "{home}");
    assert!(portal.browser().get("/").text().contains("Hier ist nichts"), "of nobody the desk's language");
}

#[test]
fn pages_are_kept_from_others_by_their_headers() {
    let shop = desk();
    shop.done("desk edit --portal-url https://desk.example.com/portal");
    let portal = Portal::start(&shop, "");
    let browser = portal.browser();
    let page = browser.get(&link(&shop, "ADA"));
    assert_eq!(page.header("location"), Some("/portal/"));
    let cookie = page.header("set-cookie").unwrap();
    for part in ["__Host-", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let home = browser.get("/portal/");
    assert!(home.text().contains("href=\"/portal/tickets/T00001\""), "{}", home.text());
    assert_eq!(browser.get("/").text().len(), home.text().len(), "a proxy may take its path off");
    for page in [&page, &home, &browser.get("/nowhere"), &browser.get("/assets/portal.js"), &browser.get("/healthz")] {
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    }
    assert_eq!(home.header("cache-control"), Some("no-store"));
    for outside in ["http://", "https://", "//", "style=", "onclick", "<style"] {
        assert!(!home.text().contains(outside), "{outside} in {}", home.text());
    }
    assert_eq!(browser.get("/healthz").text(), "ok\n");
}

#[test]
fn guesses_run_out_and_a_visit_that_is_open_goes_on() {
    let shop = desk();
    let portal = Portal::start(&shop, "--behind-proxy");
    let (ada, guesser, link) = (portal.signed_in(&shop, "ADA"), portal.browser(), link(&shop, "ADA"));
    let from = |browser: &Browser, address: &str| {
        *browser.more.borrow_mut() = vec![("x-forwarded-for".to_owned(), format!("10.9.9.9, {address}"))];
    };
    from(&guesser, "192.0.2.1");
    let statuses: Vec<u16> = (0..40).map(|guess| guesser.get(&format!("/in/{guess}")).status).collect();
    assert_eq!(statuses[..20], [404; 20]);
    assert!(statuses[25..].contains(&429), "{statuses:?}");
    assert_eq!(guesser.get(&link).status, 429, "whoever guessed is not told that this one is right");
    assert!(guesser.get(&link).header("retry-after").is_some());
    from(&ada, "192.0.2.1");
    assert_eq!(ada.get("/").status, 200);
    from(&guesser, "192.0.2.2");
    assert_eq!(guesser.get(&link).status, 303, "others are not kept out");

    // Codes alike.
    cart_of(&shop, "ADA");
    let statuses: Vec<u16> = (0..40).map(|guess| ada.get(&format!("/coupon/GUESS-{guess}")).status).collect();
    assert!(statuses[..20] == [303; 20] && statuses.contains(&429), "{statuses:?}");
    assert_eq!(ada.get("/cart").status, 200);

    // Without a proxy nobody says for themselves who they are.
    let plain = Portal::start(&shop, "");
    let guesser = plain.browser();
    let statuses = (0..40).map(|guess| {
        from(&guesser, &format!("192.0.2.{guess}"));
        guesser.get(&format!("/in/{guess}")).status
    });
    assert!(statuses.collect::<Vec<_>>().contains(&429));
}

#[test]
fn whoever_does_not_finish_keeps_nobody_out() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    let half = |words: &str| {
        let mut stream = connected(portal.port);
        stream.write_all(words.as_bytes()).unwrap();
        stream
    };
    // More than there is room for: heads that never end, bodies that never come, and nothing at all.
    let mut open: Vec<_> = (0..200).map(|_| half("GET / HTTP/1.1\r\nhost: x\r\n")).collect();
    open.extend((0..150).map(|_| half("POST /tickets/T1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nte")));
    open.extend((0..150).map(|_| half("")));
    assert_eq!(ada.get("/").status, 200);
    assert_eq!(ada.submit("/tickets/T00001", &[("text", "I am still here")]).status, 303);
    // What is too long is not read.
    let mut long = half(&format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(40_000)));
    let mut answer = Vec::new();
    let _ = long.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    drop(open);
    // Those that said nothing are hung up on by and by.
    let mut silent = half("GET /");
    silent.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap_or(0), 0, "the head took too long");
}

#[test]
fn several_serve_one_store_and_a_kill_loses_nothing() {
    let shop = desk();
    let (one, other) = (Portal::start(&shop, ""), Portal::start(&shop, ""));
    let ada = one.signed_in(&shop, "ADA");
    let there = other.browser();
    *there.cookies.borrow_mut() = ada.cookies.borrow().clone();
    let page = ada.get("/tickets/T00001");
    let fields = [("form", page.hidden("form")), ("once", page.hidden("once")), ("text", "Hello".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(ada.post("/tickets/T00001", &fields).status, 303);
    let before = operations(&shop);
    one.ended(Signal::SIGKILL);
    assert_eq!(there.post("/tickets/T00001", &fields).status, 303, "it was done already");
    assert_eq!(operations(&shop), before);

    // Signing out ends the visit wherever its cookie is.
    let stolen = other.browser();
    *stolen.cookies.borrow_mut() = there.cookies.borrow().clone();
    let form = there.get("/").hidden("form");
    let left = there.post("/leave", &[("form", &form)]);
    assert!(left.status == 200 && left.text().contains("You are signed out"), "{}", left.text());
    assert_eq!((there.get("/").status, stolen.get("/").status), (404, 404));
    let (code, said) = other.ended(Signal::SIGTERM);
    assert_eq!((code, said.as_str()), (0, ""));
}

#[test]
fn a_store_that_is_away_is_told_and_comes_back() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let ada = portal.signed_in(&shop, "ADA");
    let saved = shop.store.saved();
    shop.store.made_newer();
    for path in ["/", "/healthz", "/tickets/T00001"] {
        let page = ada.get(path);
        assert_eq!(page.status, 503, "{path}");
        assert!(page.header("retry-after").is_some());
        assert!(!page.text().contains("format"), "what is wrong is the desk's to know: {}", page.text());
    }
    shop.store.restored(&saved);
    assert_eq!(ada.get("/").status, 200);
    let (code, said) = portal.ended(Signal::SIGINT);
    assert!(code == 0 && said.contains("error[store_newer]: "), "{code} {said}");
}

#[test]
fn links_outlive_an_export_and_visits_do_not() {
    let shop = desk();
    let link = link(&shop, "ADA");
    let exported = shop.run("export").stdout;
    assert!(!exported.contains("portal_secret"), "the secret stays");
    assert_eq!(shop.run("init --store other.db").code, 0);
    assert_eq!(shop.run_with("import - --store other.db", &exported).code, 0);
    let portal = Portal::start(&shop, "");
    let ada = portal.browser();
    ada.follow(&link);
    assert_eq!(ada.get("/").status, 200);
    let other = Portal::start(&shop, "--store other.db");
    let there = other.browser();
    *there.cookies.borrow_mut() = ada.cookies.borrow().clone();
    assert_eq!(there.get("/").status, 404);
    assert!(there.follow(&link).text().contains("Lamp flickers"));
}

#[test]
fn whoever_is_erased_has_no_pages() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let (ada, link) = (portal.signed_in(&shop, "ADA"), link(&shop, "ADA"));
    let ran = shop.run("customer erase ADA --yes");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!((ada.get("/").status, ada.get(&link).status), (404, 404));
    assert_eq!(shop.ok("customer list --invited"), json!([]));
}

#[test]
fn where_it_cannot_listen_is_told() {
    let shop = desk();
    let portal = Portal::start(&shop, "");
    for place in [format!("127.0.0.1:{}", portal.port), "nowhere".to_owned(), "127.0.0.1:99999".to_owned()] {
        let error = shop.refused(&format!("serve --listen {place}"), "invalid_value");
        assert_eq!((&error["field"], &error["given"]), (&json!("listen"), &json!(place)));
        assert_eq!(error["hint"], "aftersales serve --listen 127.0.0.1:0", "which always can be");
    }
    let none = shop.run("serve --store none.db -o json");
    assert_eq!(none.code, 40, "{}", none.stderr);
}
