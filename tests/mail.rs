//! Mail to customers: written with what it tells of, carried once that is kept (spec C4). The servers are real where one is installed.

use std::io::Read as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::smtp::{MailServer, configure, taking_all, unconfigure};
use crate::support::{Shop, fed, finished, json as parsed};

/// A desk that sends mail; T00001 is Ada's, T00002 Bo's, who has no address, T00003 nobody's.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"desk edit","company":"Lamps Ltd","mail_from":"desk@example.com"}
{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00","tax":["VAT20"]}
{"command":"customer create","name":"Ada Öberg","email":"ada@example.org"}
{"command":"customer create","name":"Bo"}
{"command":"team create","id":"Support","service":["coupons","repairs"]}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers"}
{"command":"ticket create","team":"Support","customer":"C2","subject":"Lamp hums"}
{"command":"ticket create","team":"Support","subject":"Nobody"}
{"command":"coupon-program create","id":"Sorry 10","reward":["percent=10"],"minimum_amount":"50"}"#,
    );
    shop
}

/// A coupon that is sent: the mail of its answer.
fn sent(shop: &Shop) -> Value {
    shop.done("ticket coupon T1 --program 'Sorry 10' --send-by-email")["result"]["email"].clone()
}

/// Has mail go to somebody else from here on.
fn goes_to(shop: &Shop, address: &str) {
    shop.done(&format!("customer edit C1 --email {address}"));
}

/// The body of a message, its parts decoded as far as the tests' texts need it.
fn text_of(message: &[u8]) -> String {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let joined = text.replace("=\r\n", "");
    let bytes = joined.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'=').then(|| joined.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The headers of a message, each a line, continuation lines joined to it.
fn headers_of(message: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.split("\r\n").map(|line| line.split_once(": ").map(|(k, v)| (k.to_owned(), v.to_owned())).unwrap()).collect()
}

/// The files in a message: their names, and what they hold.
fn files_of(message: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let parts = text.split("\r\n--").filter_map(|part| part.split_once("\r\n\r\n"));
    let files = parts.filter_map(|(head, body)| {
        let (_, named) = head.split_once("attachment; filename=\"")?;
        let held = base64::prelude::BASE64_STANDARD.decode(body.replace("\r\n", "")).expect("base64");
        Some((named.split('"').next()?.to_owned(), held))
    });
    files.collect()
}

fn header(message: &[u8], name: &str) -> String {
    headers_of(message).into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default()
}

#[test]
fn without_a_server_mail_lies_in_the_outbox_as_a_file() {
    let shop = shop();
    let answer = shop.done("ticket coupon T1 --program 'Sorry 10' --valid-until 2026-12-31 --send-by-email --key k1");
    let (coupon, mail) = (&answer["result"]["coupon"], &answer["result"]["email"]);
    let code = coupon["id"].as_str().unwrap();
    assert_eq!(answer["created"], json!([code, "M00001"]));
    assert_eq!(coupon["sent_at"], json!(null));
    let expected = json!({"id": "M00001", "kind": "coupon", "customer": "C00001", "ticket": "T00001",
        "from": "Lamps Ltd <desk@example.com>", "to": "ada@example.org", "subject": "A coupon from Lamps Ltd",
        "state": "outbox", "at": "2026-11-23T10:00:00Z", "document": code, "attempts": 0, "error": null,
        "next_at": "2026-11-23T10:00:00Z", "sent_at": null, "attachments": [], "tries": []});
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&mail[key], value, "{key}");
    }
    assert_eq!(shop.ok("mail show M1"), *mail);
    let message = std::fs::read(mail["path"].as_str().unwrap()).unwrap();
    assert_eq!(header(&message, "Message-ID"), mail["message_id"].as_str().unwrap());
    assert_eq!(header(&message, "To"), "ada@example.org");
    assert_eq!(header(&message, "Date"), "Mon, 23 Nov 2026 10:00:00 +0000");
    let text = text_of(&message);
    for part in
        [code, "Dear Ada Öberg,", "10% off your order", "31 December 2026", "For orders of 50.00\u{a0}EUR or more"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let told = mail["text"].as_str().unwrap();
    assert!(told.starts_with("Dear Ada Öberg,\n\nwe are sorry for the trouble."), "{told:?}");
    assert!(told.ends_with("The code works once.\n\nKind regards\nLamps Ltd\n"), "{told:?}");

    // Nothing goes out by itself, nothing is done twice, and what is undone leaves nothing.
    let before = shop.store.state();
    let ran = shop.run("mail send -o json");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "[]\n"), "{}", ran.stderr);
    let ran = shop.run("mail send");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.ends_with("no server is configured, so a mail is left in the outbox\n"), "{}", ran.stderr);
    assert_eq!(shop.run("mail send -q").stderr, "");
    assert_eq!(
        shop.ok("ticket coupon T1 --program 'Sorry 10' --valid-until 2026-12-31 --send-by-email --key k1")["status"],
        "replayed"
    );
    let planned = shop.ok("ticket coupon T1 --program 'Sorry 10' --send-by-email --dry-run");
    let email = &planned["result"]["email"];
    assert_eq!(
        (&email["id"], &email["document"], &email["text"], &email["message_id"]),
        (&json!("M00002"), &json!(null), &json!(null), &json!(null))
    );
    assert_eq!(shop.store.state(), before);
    assert_eq!(
        std::fs::read_dir(std::path::Path::new(mail["path"].as_str().unwrap()).parent().unwrap()).unwrap().count(),
        1
    );
    assert_eq!(shop.ok("mail list").as_array().unwrap().len(), 1);
}

#[test]
fn who_cannot_be_written_to_is_refused() {
    let shop = shop();
    let coupon = "ticket coupon T2 --program 'Sorry 10' --send-by-email";
    let error = shop.refused(coupon, "email_missing");
    assert_eq!(error["hint"], "aftersales customer edit C00002 --email ada@example.org");
    shop.refused("ticket coupon T3 --program 'Sorry 10' --send-by-email", "customer_required");
    let code =
        shop.done("ticket coupon T3 --program 'Sorry 10'")["result"]["coupon"]["id"].as_str().unwrap().to_owned();
    shop.refused(&format!("coupon send {code}"), "customer_required");
    shop.done("customer edit C2 --email 'bo at example.org'");
    assert_eq!(shop.refused(coupon, "email_missing")["given"], "bo at example.org");
    shop.done("customer edit C2 --email bo@example.org");
    shop.done("desk edit --mail-from ''");
    let error = shop.refused(coupon, "missing_field");
    assert_eq!(
        (&error["field"], &error["hint"]),
        (&json!("mail_from"), &json!("aftersales desk edit --mail-from desk@example.com"))
    );
    for odd in ["nobody", "a b@example.com", "a@example.com\r\nBcc: eve@example.org", "<a@example.com", "a@b@c"] {
        assert_eq!(shop.refused(&format!("desk edit --mail-from '{odd}'"), "invalid_value")["field"], "mail_from");
    }
    shop.done("desk edit --mail-from 'Lämps <desk@example.com>'");
    let mail = shop.done(coupon)["result"]["email"].clone();
    assert_eq!(mail["from"], "Lämps <desk@example.com>");
    let used = mail["document"].as_str().unwrap();
    shop.done(&format!("coupon cancel {used}"));
    shop.refused(&format!("coupon send {used}"), "coupon_cancelled");
}

#[test]
fn a_server_gets_what_the_store_holds() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    let answer = shop.done("ticket coupon T1 --program 'Sorry 10' --send-by-email");
    let (coupon, mail) = (&answer["result"]["coupon"], &answer["result"]["email"]);
    assert_eq!((&mail["state"], &mail["sent_at"], &mail["path"]), (&json!("sent"), &json!(shop_now()), &json!(null)));
    assert_eq!((&mail["attempts"], &mail["tries"][0]["outcome"]), (&json!(1), &json!("sent")));
    assert_eq!(coupon["sent_at"], json!(shop_now()));
    assert_eq!(answer["warnings"], json!([]));
    let code = coupon["id"].as_str().unwrap();
    assert_eq!(shop.ok(&format!("coupon show {code}"))["sent_at"], json!(shop_now()));
    let log: Vec<String> = shop.ok("ticket show T1")["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        log[log.len() - 2..],
        ["E-mail M00001 written: A coupon from Lamps Ltd".to_owned(), "E-mail M00001 sent".to_owned()]
    );

    shop.done(&format!("coupon send {code} --subject 'Für Sie' --message 'Grüße\n.\nvom Tisch'"));
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(
        (&taken[0].envelope["from"], &taken[0].envelope["to"]),
        (&json!("desk@example.com"), &json!(["ada@example.org"]))
    );
    assert_eq!(header(&taken[0].message, "Message-ID"), mail["message_id"].as_str().unwrap());
    assert!(text_of(&taken[0].message).contains(code));
    let again = text_of(&taken[1].message);
    assert!(again.contains("Grüße\r\n.\r\nvom Tisch"), "{again}");
    assert!(again.contains("<p style=\"white-space:pre-line\">Grüße\r\n.\r\nvom Tisch</p>"), "{again}");
    assert_eq!(shop.ok("mail show M2")["subject"], "Für Sie");

    // What was sent is sent.
    let before = shop.store.state();
    assert_eq!(shop.run("mail send").code, 0);
    assert_eq!(shop.ok("mail send M1")["status"], "unchanged");
    assert_eq!((server.taken().len(), shop.store.state()), (2, before));
}

fn shop_now() -> &'static str {
    crate::support::NOW
}

#[test]
fn documents_and_quotations_are_sent() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    shop.done("order create --customer C1 --line LAMP=2");
    let answer = shop.done("order send S1 --subject 'Our offer'");
    assert_eq!(answer["result"].as_object().unwrap().keys().collect::<Vec<_>>(), ["mail"]);
    assert_eq!(
        (&answer["result"]["mail"]["document"], &answer["result"]["mail"]["state"]),
        (&json!("S00001"), &json!("sent"))
    );
    assert_eq!(shop.ok("order show S1")["state"], "sent");
    assert_eq!(shop.unchanged("order send S1")["result"], json!({"mail": null}));
    shop.done("order send S1 --again");
    shop.done("order confirm S1");
    shop.refused("order send S1 --again", "state_not_allowed");
    shop.done("order create --customer C1 --line LAMP=1 --cart");
    shop.refused("order send S2", "state_not_allowed");

    shop.done("invoice create --order S1");
    let error = shop.refused("invoice send D1", "state_not_allowed");
    assert_eq!(error["hint"], "aftersales invoice post D00001");
    shop.done("invoice post D1");
    let mail = shop.done("invoice send INV/2026/00001")["result"]["mail"].clone();
    assert_eq!(
        (&mail["subject"], &mail["document"]),
        (&json!("Invoice INV/2026/00001 from Lamps Ltd"), &json!("D00001"))
    );
    assert!(mail["text"].as_str().unwrap().contains("To pay: 96.00\u{a0}EUR"), "{mail}");
    // The document goes along as it is printed.
    shop.text("invoice print D1 --format pdf --file printed.pdf");
    let printed = std::fs::read(shop.path("printed.pdf")).unwrap();
    assert_eq!(
        mail["attachments"],
        json!([{"name": "INV-2026-00001.pdf", "type": "application/pdf", "bytes": printed.len()}])
    );
    let taken = server.taken();
    assert_eq!(files_of(&taken.last().unwrap().message), [("INV-2026-00001.pdf".to_owned(), printed)]);
    shop.done("credit-note create --customer C1 --line LAMP=1@10.00");
    shop.done("credit-note post D2");
    let mail = shop.done("credit-note send D2")["result"]["mail"].clone();
    assert_eq!(mail["subject"], "Credit note RINV/2026/00001 from Lamps Ltd");

    let repair = shop.done("ticket repair T1 --product LAMP --part LAMP=1 --yes")["result"]["repair"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let quoted = shop.done(&format!("repair quote {repair} --send"));
    assert_eq!(
        (&quoted["result"]["quotation"]["state"], &quoted["result"]["mail"]["ticket"]),
        (&json!("sent"), &json!("T00001"))
    );
    assert_eq!(quoted["created"], json!(["S00003", "M00005"]));
    assert_eq!(server.taken().len(), 5);
    let of = |filter: &str| shop.run(&format!("mail list {filter} -o ids")).stdout;
    assert_eq!(of("--document D00001"), "M00003\n");
    assert_eq!(of("--kind quotation --to ada@example.org"), "M00001\nM00002\nM00005\n");
    assert_eq!(of("--state failed"), "");
    assert_eq!(of("--search 'our OFFER'"), "M00001\n");
    assert_eq!(of("--since 2026-11-23 --until 2026-11-23").lines().count(), 5);
    assert_eq!(of("--since 2026-11-24"), "");
    assert_eq!(of("--customer C2"), "");
    let table = shop.text("mail list");
    assert!(table.starts_with("ID ") && table.lines().count() == 6, "{table}");
}

#[test]
fn encrypted_and_logged_in() {
    for security in ["starttls", "tls"] {
        let shop = shop();
        let Some(server) = MailServer::start(&shop, security) else { return };
        let trusted = "user = \"desk\"\nca_file = \"../../authority.pem\"\npassword_file = \"../../password\"";
        configure(&shop, server.port, &format!("tls = \"{security}\"\n{trusted}"));
        shop.write("password", "s3cret \n");
        assert_eq!(sent(&shop)["state"], "sent", "{security}");
        let envelope = &server.taken()[0].envelope;
        assert_eq!(envelope["user"], "desk");
        if security == "starttls" {
            assert_eq!(envelope["encrypted"], true);
        }

        // The environment goes before the file.
        let mut wrong = shop.command("ticket coupon T1 --program 'Sorry 10' --send-by-email -o json");
        wrong.env("AFTERSALES_SMTP_PASSWORD", "wrong");
        let ran = finished(wrong.spawn().unwrap());
        let answer = parsed(&ran.stdout);
        assert_eq!((ran.code, &answer["status"]), (0, &json!("done")));
        let mail = &answer["result"]["email"];
        assert_eq!((&mail["state"], &mail["attempts"]), (&json!("failed"), &json!(1)), "{mail}");
        assert!(mail["error"].as_str().unwrap().contains("desk is not let in"), "{mail}");
        assert_eq!(answer["warnings"][0]["code"], "mail_not_sent");
        assert!(!ran.stdout.contains("wrong") && !ran.stderr.contains("wrong"));

        // An authority that nobody named is not trusted; the system's are asked for by the usual variable.
        let strange = "user = \"desk\"\npassword_file = \"../../password\"";
        configure(&shop, server.port, &format!("tls = \"{security}\"\n{strange}"));
        let mail = sent(&shop);
        assert_eq!(mail["state"], "failed", "{security}");
        assert!(mail["error"].as_str().unwrap().contains("certificate"), "{mail}");
        assert_eq!(server.taken().len(), 1);
        let mut known = shop.command("mail send M3 -o json");
        known.env("SSL_CERT_FILE", shop.path("authority.pem"));
        let ran = finished(known.spawn().unwrap());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(parsed(&ran.stdout)["result"]["mail"]["state"], "sent");
        assert_eq!(server.taken().len(), 2);
    }
}

#[test]
fn nothing_is_told_to_a_server_that_offers_no_encryption() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    shop.write("password", "s3cret ");
    configure(&shop, server.port, "user = \"desk\"\npassword_file = \"../../password\"");
    let mail = sent(&shop);
    assert_eq!(mail["state"], "failed");
    assert!(mail["error"].as_str().unwrap().contains("STARTTLS"), "{mail}");
}

#[test]
fn what_is_configured_wrong_is_refused_before_anything_is_done() {
    let shop = shop();
    for (text, part) in [
        ("tls = \"none\"\nhost = \"mail.example.com\"", "unencrypted"),
        ("tls = \"none\"\nhost = \"192.0.2.1\"", "unencrypted"),
        ("tls = \"ssl\"", "not one of starttls, tls, none"),
        ("host = \"\"", "the server's name is needed"),
        ("host = \"a b\"", "no name of a host"),
        ("user = \"desk\"", "a password is needed"),
        ("user = \"desk\"\npassword_file = \"gone\"", "cannot be read"),
        ("ca_file = \"gone\"", "cannot be read"),
        ("timeout = 0", "between"),
    ] {
        let host = if text.contains("host") { "" } else { "host = \"127.0.0.1\"\n" };
        let folder = shop.path(".config/aftersales");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), format!("[smtp]\n{host}{text}\n")).unwrap();
        for words in ["ticket coupon T1 --program 'Sorry 10' --send-by-email", "mail send"] {
            let error = shop.refused(words, "config_invalid");
            assert_eq!(error["field"], "smtp", "{text}");
            assert!(error["message"].as_str().unwrap().contains(part), "{text}: {error}");
        }
        // What mails nothing does not look.
        shop.ok("ticket list");
    }
    std::fs::write(shop.path(".config/aftersales/config.toml"), "[smtp]\nhots = \"a\"\n").unwrap();
    shop.refused("ticket list", "config_invalid");
    for host in ["127.0.0.1", "::1", "localhost"] {
        std::fs::write(
            shop.path(".config/aftersales/config.toml"),
            format!("[smtp]\nhost = \"{host}\"\ntls = \"none\"\nport = 1\n"),
        )
        .unwrap();
        assert_eq!(sent(&shop)["state"], "failed", "{host}");
    }
    unconfigure(&shop);
}

#[test]
fn what_a_server_does_not_take_is_tried_again_or_not() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    for (to, outcome, said) in [
        ("later@example.org", "put_off", "451"),
        ("never@example.org", "refused", "550"),
        ("data-later@example.org", "put_off", "452"),
        ("data-never@example.org", "refused", "554"),
    ] {
        goes_to(&shop, to);
        let answer = shop.done("ticket coupon T1 --program 'Sorry 10' --send-by-email");
        let mail = &answer["result"]["email"];
        assert_eq!((&mail["state"], &mail["tries"][0]["outcome"]), (&json!("failed"), &json!(outcome)), "{to}");
        assert!(mail["error"].as_str().unwrap().contains(said), "{to}: {mail}");
        assert_eq!(mail["next_at"].is_null(), outcome == "refused", "{to}");
        assert_eq!(answer["result"]["coupon"]["state"], "valid", "the coupon stands");
        assert_eq!(answer["warnings"][0]["code"], "mail_not_sent", "{to}");
        assert!(
            shop.ok(&format!("mail show {}", mail["id"].as_str().unwrap()))["error"].as_str().unwrap().contains(said)
        );
    }
    assert_eq!(server.taken().len(), 0);
    // Not before its time, then oldest first; what is refused for good is left alone.
    assert_eq!(shop.run("mail send").stdout, "");
    shop.clock("2026-11-23T10:05:00Z");
    let ran = shop.run("mail send");
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let lines: Vec<Value> = ran.stdout.lines().map(parsed).collect();
    assert_eq!(lines.len(), 2);
    for (line, number) in lines.iter().zip(1..) {
        assert_eq!(
            (&line["command"], &line["status"], &line["line"]),
            (&json!("mail send"), &json!("error"), &json!(number))
        );
        assert_eq!((&line["error"]["code"], &line["error"]["exit"]), (&json!("mail_not_sent"), &json!(13)));
    }
    assert_eq!(shop.ok("mail show M1")["next_at"], "2026-11-23T10:20:00Z");
    assert_eq!(shop.run("mail send").stdout, "");

    // Whoever it goes to by now, it goes to whom it was written to; by name it is sent whenever that is asked for.
    let error = parsed(&shop.run("mail send M2 -o json").stderr)["error"].clone();
    assert_eq!(error["code"], "mail_not_sent");
    assert_eq!(shop.ok("mail show M2")["attempts"], 2);
    let mut before = 0;
    let mut waits = Vec::new();
    while let Some(next) = shop.ok("mail show M1")["next_at"].as_str() {
        shop.clock(next);
        shop.run("mail send M1");
        waits.push(next.to_owned());
        before += 1;
        assert!(before < 20, "{waits:?}");
    }
    assert_eq!(before, 7, "after nine attempts it is given up: {waits:?}");
}

#[test]
fn a_server_that_dies_with_a_mail_leaves_it_unknown() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    goes_to(&shop, "die@example.org");
    let mail = sent(&shop);
    assert_eq!((&mail["state"], &mail["next_at"]), (&json!("failed"), &json!(null)), "{mail}");
    assert_eq!(mail["tries"][0]["outcome"], "unknown");
    assert!(mail["error"].as_str().unwrap().contains("not known"), "{mail}");
    assert_eq!(server.taken().len(), 1, "it arrived, which nobody was told");
    drop(server);
    let server = MailServer::start(&shop, "none").unwrap();
    configure(&shop, server.port, "tls = \"none\"");
    shop.clock("2027-01-01T00:00:00Z");
    assert_eq!(shop.run("mail send").stdout, "", "it is not repeated by itself");

    // The server would die of it again; its message is the same one.
    assert_ne!(shop.run("mail send M1").code, 0);
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].message, taken[1].message);
    assert_eq!(header(&taken[1].message, "Message-ID"), mail["message_id"].as_str().unwrap());
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_long() {
    let shop = shop();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&shop, silent.local_addr().unwrap().port(), "tls = \"none\"\ntimeout = 1");
    let began = Instant::now();
    let mail = sent(&shop);
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!((&mail["state"], &mail["tries"][0]["outcome"]), (&json!("failed"), &json!("put_off")), "{mail}");

    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"\ntimeout = 1");
    goes_to(&shop, "slow@example.org");
    let began = Instant::now();
    let mail = sent(&shop);
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!((&mail["state"], &mail["tries"][0]["outcome"]), (&json!("failed"), &json!("unknown")), "{mail}");
}

#[test]
fn after_a_kill_mail_that_is_waiting_goes_on() {
    let shop = shop();
    // A server that is there and says nothing: the program waits for it when it is killed, and nothing is under way.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&shop, silent.local_addr().unwrap().port(), "tls = \"none\"");
    let mut running = shop.command("ticket coupon T1 --program 'Sorry 10' --send-by-email").spawn().unwrap();
    let (mut stream, _) = silent.accept().unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    let mut nothing = Vec::new();
    let _ = stream.read_to_end(&mut nothing);
    let mail = shop.ok("mail show M1");
    assert_eq!((&mail["state"], &mail["attempts"]), (&json!("outbox"), &json!(0)), "{mail}");
    configure(&shop, taking_all(), "tls = \"none\"");
    let ran = shop.run("mail send");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let line = parsed(ran.stdout.trim());
    assert_eq!((&line["status"], &line["result"]["mail"]["state"]), (&json!("done"), &json!("sent")));
}

#[test]
fn after_a_kill_mail_that_was_under_way_is_left_to_people() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    goes_to(&shop, "slow@example.org");
    let mut running = shop.command("ticket coupon T1 --program 'Sorry 10' --send-by-email").spawn().unwrap();
    let began = Instant::now();
    while !shop.run("mail list --state failed -o ids").stdout.contains("M00001") {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    // While somebody is at it, it is not sent a second time without a question.
    shop.refused("mail send M1", "confirmation_needed");
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(shop.run("mail send").stdout, "");
    let mail = shop.ok("mail show M1");
    assert_eq!((&mail["state"], &mail["tries"][0]["outcome"]), (&json!("failed"), &json!("unknown")), "{mail}");
    drop(server);
    configure(&shop, taking_all(), "tls = \"none\"");
    assert_eq!(shop.done("mail send M1")["result"]["mail"]["state"], "sent");
}

#[test]
fn nothing_that_is_written_becomes_a_header() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    let plain = {
        sent(&shop);
        let names = |message: &[u8]| headers_of(message).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        names(&server.taken()[0].message)
    };
    for (number, hostile) in (2..).zip([
        "Ada\r\nBcc: eve@example.org\r\n\r\nbody",
        "Ada\n.\r\nMAIL FROM:<eve@example.org>",
        "\u{202e}gro.elpmaxe@eve\u{2066}<script>alert(1)</script>",
        "=?utf-8?q?=0D=0ABcc:_eve@example.org?=",
        &"Größe ".repeat(3000),
        "日本語の名前 🏮",
    ]) {
        let edit = json!({"command": "customer edit", "customer": "C1", "name": hostile}).to_string();
        shop.apply(&edit);
        let desk = json!({"command": "desk edit", "company": hostile}).to_string();
        shop.apply(&desk);
        let code = shop.done("ticket coupon T1 --program 'Sorry 10'")["result"]["coupon"]["id"].clone();
        let send =
            json!({"command": "coupon send", "coupon": code, "subject": hostile, "message": hostile}).to_string();
        let mail = shop.apply(&send)[0]["result"]["mail"].clone();
        assert_eq!(mail["state"], "sent", "{mail}");
        let subject = mail["subject"].as_str().unwrap();
        assert!(!subject.contains(char::is_control) && subject.chars().count() <= 200, "{subject:?}");
        let taken = server.taken();
        assert_eq!(taken.len(), number, "one mail is one message");
        let message = &taken.last().unwrap().message;
        let names: Vec<String> = headers_of(message).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, plain, "{hostile:?}");
        assert_eq!(taken.last().unwrap().envelope["to"], json!(["ada@example.org"]));
        let told = text_of(message);
        let (_, html) = told.split_once("Content-Type: text/html").unwrap();
        assert!(!html.contains("<script>alert"), "{hostile:?}");
        assert!(message.split(|byte| *byte == b'\n').all(|line| line.len() < 1000));
    }
}

#[test]
fn many_mails_go_over_one_connection() {
    let shop = shop();
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    let line = r#"{"command":"ticket coupon","ticket":"T1","program":"Sorry 10","send_by_email":true}"#;
    let bad = r#"{"command":"ticket coupon","ticket":"T2","program":"Sorry 10","send_by_email":true}"#;
    let lines: Vec<&str> = (0..30).map(|at| if at == 7 { bad } else { line }).collect();
    let answers = shop.applied("", &lines.join("\n"), 3);
    for (at, answer) in answers.iter().enumerate() {
        match at {
            7 => assert_eq!(answer["error"]["code"], "email_missing"),
            _ => {
                assert_eq!(
                    (&answer["status"], &answer["result"]["email"]["state"]),
                    (&json!("done"), &json!("sent")),
                    "{answer}"
                );
                assert_eq!(answer["result"]["coupon"]["sent_at"], json!(shop_now()));
            }
        }
    }
    let taken = server.taken();
    assert_eq!(taken.len(), 29);
    let peers: std::collections::BTreeSet<String> =
        taken.iter().map(|taken| taken.envelope["peer"].to_string()).collect();
    assert!(peers.len() <= 3, "{} connections", peers.len());

    // All or none: nothing that was undone is sent, and the same lines with their keys send nothing twice.
    let answers = shop.applied("--atomic", &lines.join("\n"), 13);
    assert!(answers.iter().all(|answer| answer["result"].is_null()));
    let good = [line; 5].join("\n");
    for _ in 0..2 {
        let answers = shop.applied("--atomic --key again", &good, 0);
        assert_eq!(answers.len(), 5);
    }
    assert_eq!(server.taken().len(), 34);
    assert_eq!(shop.ok("mail list --state sent").as_array().unwrap().len(), 34);
    shop.applied("--dry-run", &good, 0);
    assert_eq!((server.taken().len(), shop.ok("mail list").as_array().unwrap().len()), (34, 34));
}

#[test]
fn without_a_connection_one_attempt_is_made_and_the_others_wait() {
    let shop = shop();
    configure(&shop, 1, "tls = \"none\"");
    let line = r#"{"command":"ticket coupon","ticket":"T1","program":"Sorry 10","send_by_email":true}"#;
    let answers = shop.applied("", &[line; 6].join("\n"), 0);
    assert!(answers.iter().all(|answer| answer["warnings"][0]["code"] == "mail_not_sent"), "{answers:#?}");
    let states = |shop: &Shop| -> Vec<String> {
        let mails = shop.ok("mail list");
        mails
            .as_array()
            .unwrap()
            .iter()
            .map(|mail| format!("{} {}", mail["state"].as_str().unwrap(), mail["attempts"]))
            .collect()
    };
    let tried = states(&shop).iter().filter(|state| *state == "failed 1").count();
    assert!((1..6).contains(&tried), "{:?}", states(&shop));
    configure(&shop, taking_all(), "tls = \"none\"");
    shop.clock("2026-11-23T11:00:00Z");
    let ran = shop.run("mail send");
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 6), "{}{}", ran.stdout, ran.stderr);
    assert!(states(&shop).iter().all(|state| state.starts_with("sent")));
}

#[test]
fn two_senders_send_nothing_twice() {
    let shop = shop();
    let line = r#"{"command":"ticket coupon","ticket":"T1","program":"Sorry 10","send_by_email":true}"#;
    shop.applied("", &[line; 20].join("\n"), 0);
    let Some(server) = MailServer::start(&shop, "none") else { return };
    configure(&shop, server.port, "tls = \"none\"");
    let senders: Vec<_> = (0..3).map(|_| shop.command("mail send -q").spawn().unwrap()).collect();
    for sender in senders {
        finished(sender);
    }
    let mut ids: Vec<String> = server.taken().iter().map(|taken| header(&taken.message, "Message-ID")).collect();
    assert_eq!(ids.len(), 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert_eq!(shop.ok("mail list --state sent").as_array().unwrap().len(), 20);
}

#[test]
fn who_may_do_what_mail_tells_of_may_send_it() {
    let shop = shop();
    configure(&shop, taking_all(), "tls = \"none\"");
    shop.apply(
        r#"{"command":"invoice create","customer":"C1","line":["LAMP=1"]}
{"command":"invoice post","invoice":"D1"}
{"command":"user create","id":"ivy","right":["invoicing"]}
{"command":"user create","id":"hal","right":["helpdesk"]}
{"command":"user create","id":"sam","right":["sales"]}"#,
    );
    assert_eq!(
        fed(shop.command("apply --yes -o ndjson"), br#"{"command":"user create","id":"ann","right":["admin"]}"#).code,
        0
    );
    let state = |words: &str, key: &str| {
        let ran = shop.run(&format!("{words} -o json"));
        assert_eq!(ran.code, 0, "{words}\n{}", ran.stderr);
        parsed(&ran.stdout)["result"][key]["state"].clone()
    };
    assert_eq!(state("invoice send D1 --as ivy", "mail"), "sent");
    assert_eq!(state("ticket coupon T1 --program 'Sorry 10' --send-by-email --as hal", "email"), "sent");
    for who in ["ivy", "hal"] {
        shop.refused(&format!("mail list --as {who}"), "access_denied");
        shop.refused(&format!("mail send --as {who}"), "access_denied");
    }
    assert_eq!(shop.run("mail send --as sam").code, 0);
    assert_eq!(shop.run("mail list -o ids --as sam").stdout, "M00001\nM00002\n");
}

#[test]
fn erasing_a_customer_empties_their_mail_and_gives_it_up() {
    let shop = shop();
    let mail = sent(&shop);
    let path = std::path::PathBuf::from(mail["path"].as_str().unwrap());
    assert!(path.exists());
    shop.done("ticket coupon T1 --program 'Sorry 10' --send-by-email --key k2");
    shop.done("customer erase C1 --yes");
    assert!(!path.exists(), "its file is gone");
    for id in ["M1", "M2"] {
        let mail = shop.ok(&format!("mail show {id}"));
        assert_eq!(
            (&mail["to"], &mail["subject"], &mail["text"], &mail["html"]),
            (&json!(""), &json!(""), &json!(null), &json!(null))
        );
        assert_eq!((&mail["state"], &mail["next_at"]), (&json!("failed"), &json!(null)));
    }
    let exported = shop.run("export").stdout;
    for word in ["ada@example.org", "Öberg"] {
        assert!(!exported.contains(word), "{word} is left");
    }
    configure(&shop, taking_all(), "tls = \"none\"");
    assert_eq!(shop.run("mail send").stdout, "");
    shop.refused("mail send M1", "state_not_allowed");
}

#[test]
fn a_site_has_its_own_words() {
    let shop = shop();
    let folder = shop.path("site");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("coupon.mail.txt"), "{{ code }} for {{ customer }}\n\n{{ rewards | join(', ') }}\n")
        .unwrap();
    std::fs::create_dir_all(shop.path(".config/aftersales")).unwrap();
    std::fs::write(shop.path(".config/aftersales/config.toml"), "[templates]\nfolder = \"../../site\"\n").unwrap();
    let mail = sent(&shop);
    assert_eq!(mail["subject"], format!("{} for Ada Öberg", mail["document"].as_str().unwrap()));
    assert_eq!(mail["text"], "10% off your order\n");
    std::fs::write(folder.join("coupon.mail.txt"), "{{ cod }}\n").unwrap();
    shop.refused("ticket coupon T1 --program 'Sorry 10' --send-by-email", "config_invalid");
}
