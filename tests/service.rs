//! The services, over the one list that describes them: their commands, forms, applications, what they make from a ticket, and
//! what is told when a ticket is closed with something still open on it (spec A2, A3, A5, A7, A8).

use aftersales::command::{Action, entry};
use aftersales::domain::app::missing;
use aftersales::domain::team::Service;
use aftersales::procedure::services::{OPENED_BY, SERVICES};
use serde_json::{Value, json};

use crate::sample;
use crate::support::Shop;

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_service_is_described_and_its_commands_are_there() {
    let described: Vec<Service> = SERVICES.iter().map(|described| described.service).collect();
    assert_eq!(described, Service::ALL, "each once, in the order of the spec");
    for described in SERVICES {
        let runs = entry(described.command).unwrap();
        assert!(matches!(runs.action, Action::Change { .. }), "{}", described.command);
        assert_eq!(runs.names().first(), Some(&"ticket"), "{} is run from a ticket", described.command);
        for makes in described.makes {
            assert_eq!(makes.opened_by, format!("aftersales {} show", makes.noun));
            assert!(entry(&format!("{} show", makes.noun)).is_some(), "{}", makes.noun);
        }
    }
}

#[test]
fn a_ticket_shows_what_each_service_makes_and_its_options() {
    let shop = Shop::new();
    shop.done("team create Support");
    shop.done("customer create ADA --name Ada");
    shop.done("ticket create --team Support --customer ADA --subject Lamp");
    let documents = &shop.ok("ticket show T1")["documents"];
    assert_eq!(keys(documents), OPENED_BY.map(|(key, _)| key));

    let options = shop.ok("ticket options T1");
    let services: Vec<&str> =
        options["services"].as_array().unwrap().iter().map(|of| of["service"].as_str().unwrap()).collect();
    assert_eq!(services, Service::WORDS);
    for (at, described) in SERVICES.iter().enumerate() {
        let service = described.service;
        let off = &options["services"][at];
        let enable = format!("team enable-service Support {service}");
        assert_eq!(off["available"], false, "{service}");
        assert!(off["why_not"].as_str().unwrap().ends_with(&format!("aftersales {enable}")), "{off}");

        // Enabling installs what the service needs and is not there.
        let apps = shop.ok("app list");
        let installed = |app: &&Value| app["installed"] == true;
        let before: Vec<_> = apps
            .as_array()
            .unwrap()
            .iter()
            .filter(installed)
            .map(|app| app["id"].as_str().unwrap().parse().unwrap())
            .collect();
        let expected = missing(&before, described.apps.iter().copied());
        let enabled = shop.done(&enable);
        let came: Vec<&str> =
            enabled["result"]["apps"].as_array().unwrap().iter().map(|app| app["id"].as_str().unwrap()).collect();
        assert_eq!(came.len(), expected.len(), "{service}: {came:?} for {expected:?}");
        assert!(expected.iter().all(|app| came.contains(&app.word())), "{service}: {came:?} for {expected:?}");
        for app in described.apps {
            let needed_by = shop.ok(&format!("app list --id {app}"));
            assert!(needed_by[0]["needed_by"].to_string().contains(service.word()), "{needed_by}");
        }

        let on = &shop.ok("ticket options T1")["services"][at];
        // No goods were delivered: a return has nothing to be run on. None is refused for being off any more.
        let why_not = on["why_not"].as_str().unwrap_or_default();
        assert!(on["available"] == true || !why_not.contains("enable-service"), "{service}: {on}");
    }
}

#[test]
fn a_form_has_the_fields_of_its_command() {
    let shop = sample::shop();
    let tickets = shop.ok("ticket list");
    let tickets: Vec<&str> = tickets.as_array().unwrap().iter().map(|ticket| ticket["id"].as_str().unwrap()).collect();
    let mut seen = 0;
    for described in SERVICES {
        let flags: Vec<&str> =
            entry(described.command).unwrap().names().iter().copied().filter(|name| *name != "ticket").collect();
        for ticket in &tickets {
            let options = shop.ok(&format!("ticket options {ticket}"));
            let of_service = |of: &&Value| of["service"] == described.service.word();
            let fields = &options["services"].as_array().unwrap().iter().find(of_service).unwrap()["fields"];
            if !keys(fields).is_empty() {
                seen += 1;
                assert!(keys(fields).iter().all(|field| flags.contains(field)), "{}: {fields}", described.command);
            }
        }
    }
    assert!(seen >= SERVICES.len(), "the sample shop shows too few forms");
}

/// A shop where Ada was delivered and invoiced three lamps, and has a ticket of a team that offers every service.
fn shop() -> Shop {
    let shop = Shop::new();
    let services = Service::ALL.iter().map(|service| format!(" --service {service}")).collect::<String>();
    shop.done(&format!("team create Support{services}"));
    for words in [
        "project create Field",
        "team edit Support --field-service-project Field",
        "customer create ADA --name Ada",
        "product create LAMP --price 40",
        "transfer create --kind incoming --line LAMP=9",
        "transfer validate WH/IN/1",
        "order create --customer ADA --line LAMP=3",
        "order confirm S1",
        "transfer create --order S1",
        "transfer validate WH/OUT/1",
        "invoice create --order S1",
        "invoice post D1",
        "ticket create --team Support --customer ADA --subject Lamp",
    ] {
        shop.done(words);
    }
    shop
}

#[test]
fn closing_a_ticket_tells_what_is_still_open_on_it() {
    let shop = shop();
    let warnings = |words: &str| shop.done(words)["warnings"].clone();
    assert_eq!(warnings("ticket close T1"), json!([]), "nothing was made");
    assert_eq!(warnings("ticket reopen T1"), json!([]));

    let refund = shop.done("ticket refund T1 --invoice INV/2026/00001 --line 1=1");
    let credit_note = refund["created"][0].as_str().unwrap();
    let returned = shop.done("ticket return T1 --exchange --line 1=1");
    let (back, again) = (returned["created"][0].as_str().unwrap(), returned["created"][1].as_str().unwrap());
    shop.done("ticket repair T1 --product LAMP");
    shop.done("ticket plan T1 --title Visit");
    let told = |open: &[String]| json!([{"code": "still_open", "message": format!("still open on T00001: {}", open.join(", "))}]);
    let state = |id: &str| shop.ok(&format!("transfer show {id}"))["state"].as_str().unwrap().to_owned();
    let open = [
        format!("credit note {credit_note} (draft)"),
        format!("transfer {back} ({})", state(back)),
        format!("transfer {again} ({})", state(again)),
        "repair WH/RO/00001 (draft)".to_owned(),
        "task FS00001 (new)".to_owned(),
    ];
    assert_eq!(warnings("ticket close T1"), told(&open));
    shop.unchanged("ticket close T1");
    assert_eq!(warnings("ticket move T1 Cancelled"), json!([]), "it was closed already");
    assert_eq!(warnings("ticket reopen T1"), json!([]));
    assert_eq!(warnings("ticket move T1 Cancelled"), told(&open), "a folded stage closes it");

    // What is finished or cancelled is open no more.
    shop.done("ticket reopen T1");
    shop.done(&format!("credit-note post {credit_note}"));
    shop.done(&format!("transfer validate {back}"));
    shop.done("repair cancel WH/RO/00001");
    assert_eq!(warnings("ticket close T1"), told(&[open[2].clone(), open[4].clone()]));
    shop.done("ticket reopen T1");
    shop.done(&format!("transfer cancel {again}"));
    shop.done("task cancel FS00001");
    assert_eq!(warnings("ticket close T1"), json!([]));
    assert_eq!(shop.ok("verify")["clean"], true);
}

/// The checks of a run with `--explain`, as objects.
fn explained(shop: &Shop, words: &str, code: i32) -> Vec<serde_json::Value> {
    let ran = shop.run(&format!("{words} --explain -o json"));
    assert_eq!(ran.code, code, "{words}\n{}{}", ran.stdout, ran.stderr);
    let checks = ran.stderr.lines().filter(|line| line.starts_with("{\"check\""));
    checks.map(|line| crate::support::json(line)["check"].clone()).collect()
}

#[test]
fn every_service_explains_its_checks() {
    let shop = sample::shop();
    for (words, least) in [
        ("ticket refund T1 --invoice INV/2026/00001 --line 1=1 --dry-run", 11),
        ("ticket coupon T1 --program 'Sorry 10' --dry-run", 5),
        ("ticket return T1 --delivery WH/OUT/00001 --line 1=1 --dry-run", 5),
        ("ticket repair T1 --product LAMP --confirm --quote --dry-run --yes", 6),
        ("ticket plan T1 --dry-run", 7),
    ] {
        let checks = explained(&shop, words, 0);
        assert!(checks.len() >= least, "{words}: {checks:#?}");
        for check in &checks {
            assert_eq!(check["passed"], true, "{words}: {check}");
            assert!(!check["inputs"].as_object().unwrap().is_empty(), "{words}: {check}");
        }
    }
    for service in SERVICES {
        assert!(shop.run(&format!("{} --help", service.command)).stdout.contains("--explain"), "{}", service.command);
    }
}

#[test]
fn a_refusal_is_the_last_check() {
    let shop = sample::shop();
    for (words, check, code) in [
        ("ticket refund T9 --invoice INV/2026/00001", "the ticket is there", "not_found"),
        (
            "ticket refund T1 --invoice J-1",
            "the ticket is offered the invoice, with its product and lot",
            "invoice_not_offered",
        ),
        (
            "ticket refund T1 --invoice INV/2026/00001 --amount 5000",
            "what is asked for is left of the invoice",
            "refund_exceeds_invoice",
        ),
        ("ticket refund T1 --invoice INV/2026/00001 --journal NONE", "the journal is there", "not_found"),
        ("ticket coupon T1 --program Spring", "the program makes coupons now", "program_not_coupons"),
        (
            "ticket coupon T1 --program 'Sorry 10' --valid-until 2026-11-01",
            "the coupon is valid today",
            "invalid_value",
        ),
        (
            "ticket return T1 --delivery WH/OUT/00002",
            "one delivery of the customer's can be returned",
            "delivery_not_done",
        ),
        (
            "ticket return T1 --delivery WH/OUT/00001 --line 1=9",
            "what is asked for is left to return, and the location takes it",
            "return_exceeds_delivered",
        ),
        (
            "ticket repair T1 --product BULB --return WH/IN/00002",
            "product, lot, return, parts and labour fit together",
            "product_not_in_return",
        ),
        (
            "ticket plan T1 --start 2026-11-25T10:00:00Z --end 2026-11-25T09:00:00Z",
            "title, start and end can be used",
            "invalid_value",
        ),
    ] {
        let exit = aftersales::domain::code::exit_of(code);
        let checks = explained(&shop, words, exit);
        let last = checks.last().unwrap();
        assert_eq!(
            (&last["check"], &last["passed"], &last["code"]),
            (&check.into(), &false.into(), &code.into()),
            "{words}: {checks:#?}"
        );
        assert!(checks[..checks.len() - 1].iter().all(|check| check["passed"] == true), "{words}: {checks:#?}");
    }
    // A person reads a line each, before the refusal.
    insta::assert_snapshot!(shop.text("ticket coupon T1 --program Spring --explain"), @r"
    [stderr]
    passed   the ticket is there (ticket T1)
    passed   the program is there (program Spring)
    passed   the ticket's team offers the service (team Support, service coupons)
    passed   the coupon is valid today (valid_until -, today 2026-11-23)
    refused  the program makes coupons now (program Spring, today 2026-11-23): the program Spring is of type promo-code, so it makes no coupons
    error[program_not_coupons]: the program Spring is of type promo-code, so it makes no coupons
    hint: aftersales coupon-program list --type coupons
    [exit 13]
    ");
    // It is nothing of the command: what was done without it is the same with it.
    shop.done("ticket plan T1 --key visit");
    let ran = shop.run("ticket plan T1 --key visit --explain -o json");
    assert_eq!(crate::support::json(&ran.stdout)["status"], "replayed");
}
