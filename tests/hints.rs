//! Hints: one command, runnable as it stands (contract, section 3). Every refusal that has one is brought about, and what it
//! says is typed.

use std::collections::BTreeSet;
use std::process::Command;

use aftersales::domain::code::{CODES, explained};
use serde_json::Value;

use crate::sample;
use crate::support::{Ran, Shop, finished, json, split};

/// A code, what comes before, and the words that are refused with it. In the order in which they are played.
type Situation = (&'static str, &'static [&'static str], &'static str);

/// What is refused in the sample shop.
const SITUATIONS: &[Situation] = &[
    ("usage", &[], "customer list --nmae x"),
    ("invalid_value", &[], "order create --customer C1 --line LAMP=x"),
    ("invalid_value", &[], "ticket coupon T1 --program 'Sorry 10' --valid-until 2026-11-01"),
    ("missing_field", &[], "ticket refund T1"),
    ("quantity_invalid", &[], "order create --customer C1 --line LAMP=-1"),
    ("unknown_key", &[], "import unknown.ndjson"),
    ("unknown_command", &[], "apply unknown.ndjson"),
    ("not_found", &[], "customer show C99"),
    ("not_found", &[], "ticket refund T1 --invoice NONE"),
    ("ambiguous", &["customer create --name Same", "customer create --name Same"], "customer show Same"),
    (
        "service_not_enabled",
        &["team create Bare", "ticket create --team Bare --customer C1 --subject x"],
        "ticket plan T2",
    ),
    ("no_posted_invoice", &["ticket create --team Support --customer C3 --subject x"], "ticket refund T3"),
    ("no_delivery", &[], "ticket return T3"),
    ("delivery_not_offered", &[], "ticket return T3 --delivery WH/OUT/00001"),
    (
        "delivery_ambiguous",
        &[
            "order create --customer C3 --line BULB=1",
            "order confirm S5",
            "transfer create --order S5",
            "transfer validate WH/OUT/00004",
            "order create --customer C3 --line BULB=1",
            "order confirm S6",
            "transfer create --order S6",
            "transfer validate WH/OUT/00005",
        ],
        "ticket return T3",
    ),
    ("customer_required", &["ticket create --team Support --subject x"], "ticket refund T4"),
    ("customer_required", &["ticket repair T4 --product LAMP --part BULB=1"], "repair quote WH/RO/00003"),
    (
        "project_required",
        &["team create Visits --service field-service", "ticket create --team Visits --customer C1 --subject x"],
        "ticket plan T5",
    ),
    ("invoice_not_offered", &[], "ticket refund T1 --invoice J-1"),
    (
        "invoice_not_posted",
        &["ticket create --team Support --customer C1 --subject x", "invoice create --customer C1 --line LAMP=1"],
        "ticket refund T6 --invoice D00004",
    ),
    ("no_invoice_with_product", &[], "ticket refund T6 --product HOUR"),
    ("customer_fixed", &["ticket coupon T6 --program 'Sorry 10'"], "ticket edit T6 --customer C2"),
    (
        "nothing_to_refund",
        &["ticket refund T6 --invoice INV/2026/00002 --post"],
        "ticket refund T6 --invoice INV/2026/00002",
    ),
    ("einvoice_incomplete", &[], "invoice print INV/2026/00001 --format ubl --file e-invoice.xml"),
    ("nothing_to_match", &[], "invoice match INV/2026/00002 --with RINV/2026/00002"),
    ("refund_exceeds_invoice", &[], "ticket refund T1 --invoice INV/2026/00001 --amount 5000"),
    (
        "journal_not_allowed",
        &["journal create BUY --name Buy --type purchase"],
        "ticket refund T1 --invoice INV/2026/00001 --journal BUY --amount 1",
    ),
    ("lot_not_tracked", &[], "ticket create --team Support --customer C1 --subject x --product LAMP --lot SN-1"),
    (
        "lot_not_of_product",
        &["product create SAW --name Saw --tracking serial"],
        "ticket create --team Support --customer C1 --subject x --product SAW --lot SN-1",
    ),
    ("period_locked", &["desk edit --lock-date 2026-11-05"], "invoice cancel INV/2026/00001"),
    ("confirmation_needed", &[], "desk edit --lock-date ''"),
    ("not_due", &["invoice create --customer C1 --line LAMP=1 --date 2027-01-01"], "invoice post D00006"),
    ("nothing_to_invoice", &[], "invoice create --order S1"),
    ("currency_mismatch", &[], "invoice create --customer C2 --currency JPY --line LAMP=1"),
    ("currency_mismatch", &[], "coupon-program edit 'Sorry 10' --currency JPY"),
    ("program_not_coupons", &[], "ticket coupon T1 --program Spring"),
    (
        "coupon_program_inactive",
        &["coupon-program create Old --reward percent=5 --on order", "coupon-program archive Old"],
        "ticket coupon T1 --program Old",
    ),
    (
        "coupon_program_inactive",
        &["coupon-program create Late --reward percent=5 --on order --start 2027-01-01"],
        "ticket coupon T1 --program Late",
    ),
    (
        "coupon_program_inactive",
        &["coupon-program create Gone --reward percent=5 --on order --start 2025-01-01 --end 2025-02-01"],
        "ticket coupon T1 --program Gone",
    ),
    ("delivery_not_done", &[], "ticket return T1 --delivery WH/OUT/00002"),
    ("return_exceeds_delivered", &[], "ticket return T1 --delivery WH/OUT/00001 --line 1=9"),
    ("return_not_offered", &[], "ticket repair T1 --product LAMP --return WH/OUT/00001"),
    ("product_not_in_return", &[], "ticket repair T1 --product BULB --return WH/IN/00002"),
    ("location_not_allowed", &[], "ticket return T1 --delivery WH/OUT/00001 --line 1=1 --location Customers"),
    ("location_not_allowed", &[], "team edit Support --return-location Customers"),
    (
        "location_not_allowed",
        &["location create WH/Recall --type internal"],
        "ticket return T1 --delivery WH/OUT/00001 --line 1=1 --location WH/Recall",
    ),
    ("location_not_allowed", &[], "team edit Support --return-location WH/Recall"),
    ("nothing_to_return", &["ticket return T1 --delivery WH/OUT/00001"], "ticket return T1 --delivery WH/OUT/00001"),
    ("state_not_allowed", &[], "order edit S1 --line 1=2"),
    ("state_not_allowed", &[], "order cancel S1"),
    ("state_not_allowed", &[], "repair start WH/RO/00002"),
    ("state_not_allowed", &[], "repair finish WH/RO/00001"),
    ("state_not_allowed", &[], "transfer cancel WH/IN/00002"),
    ("state_not_allowed", &[], "invoice edit INV/2026/00001 --date 2026-01-01"),
    ("state_not_allowed", &[], "location edit WH/Stock --type customer"),
    ("state_not_allowed", &[], "product edit LAMP --tracking serial"),
    ("stock_insufficient", &[], "transfer validate WH/OUT/00002 --line 1=200"),
    ("lot_required", &["product create BOX --name Box --tracking lot"], "stock count BOX --quantity 5"),
    ("lot_elsewhere", &[], "stock count DRILL --quantity 1 --lot SN-2 --location WH/Returns"),
    ("already_quoted", &[], "repair quote WH/RO/00001"),
    ("worksheets_not_enabled", &["project create Plain"], "ticket plan T1 --project Plain --worksheet-template Visit"),
    ("already_exists", &[], "tag create lamps"),
    ("already_exists", &[], "order create --customer C1 --line LAMP=1 --cart"),
    ("already_exists", &[], "init --company Other"),
    ("order_not_of_customer", &[], "ticket create --team Support --customer C2 --subject x --order S1"),
    ("product_not_on_order", &[], "ticket create --team Support --customer C1 --subject x --order S1 --product BULB"),
    ("key_reused", &[], "tag create other --key cy-1"),
    ("app_missing", &[], "ticket coupon T1 --program 'Sorry 10' --share-link"),
    ("missing_field", &["app install ecommerce"], "ticket coupon T1 --program 'Sorry 10' --share-link"),
    ("coupon_unknown", &[], "order apply-coupon S3 NEVER"),
    ("coupon_usage_limit", &["coupon-program edit Winter --usage-limit 1"], "order apply-coupon S3 WINTER-26"),
    (
        "coupon_already_applied",
        &["coupon-program edit Winter --usage-limit ''", "order apply-coupon S3 WINTER-26"],
        "order apply-coupon S3 winter26",
    ),
    (
        "coupon_better_applied",
        &["coupon-program create Two --type promo-code --code TWO --reward percent=2"],
        "order apply-coupon S3 TWO",
    ),
    (
        "coupon_minimum_amount",
        &["coupon-program create Big --type promo-code --code BIG --reward fixed=1 --minimum-amount 1000"],
        "order apply-coupon S3 BIG",
    ),
    (
        "coupon_minimum_quantity",
        &["coupon-program create Many --type promo-code --code MANY --reward fixed=1 --minimum-quantity 1000"],
        "order apply-coupon S3 MANY",
    ),
    (
        "coupon_nothing_to_discount",
        &["coupon-program create Lamps --type promo-code --code LAMPS --reward fixed=1 --on LAMP"],
        "order apply-coupon S3 LAMPS",
    ),
    // At its confirmation an order is told which code to take off.
    ("coupon_unknown", &["coupon-program edit Winter --code WINTER-27"], "order confirm S3"),
    ("store_not_empty", &[], "import exported.ndjson"),
    ("store_missing", &[], "customer list --store 'no store.db'"),
    ("store_missing", &[], "customer list --store no-store.db --as ann"),
    ("store_foreign", &[], "customer list --store note.txt"),
    ("last_admin", &["user create root --right admin --yes"], "user edit root --right helpdesk --as root"),
    ("access_denied", &[], "user list --as ann"),
    ("not_found", &[], "customer show C99 --as root"),
];

/// Codes that have no hint, or need another store than the sample shop's: these are tried below and in the stories of theirs.
const ELSEWHERE: &[&str] = &[
    // Nothing that could be typed helps by itself.
    "internal",
    "config_invalid",
    "store_full",
    "store_read_only",
    "store_newer",
    "closed_pipe",
    "lines_failed",
    // Tried below, or where servers are lost, stores upgraded and mails sent.
    "mail_not_sent",
    "trial_over",
    "store_older",
    "store_damaged",
    "store_busy",
    "outcome_unknown",
    // Of codes that are drawn by chance: tried below.
    "coupon_cancelled",
    "coupon_expired",
    "coupon_other_customer",
    "coupon_used",
    // Their services are not built, or not by a command.
    "email_missing",
    "worksheet_incomplete",
    "worksheet_signed",
];

/// Codes in the table whose refusals have no hint: another user, or an admin, has to act; another place has to be named.
const WITHOUT: &[&str] = &["access_denied", "store_foreign"];

fn typed(shop: &Shop, words: &[String]) -> Ran {
    let mut command: Command = shop.command("");
    command.args(words).env("AFTERSALES_OUTPUT", "json");
    finished(command.spawn().unwrap())
}

/// The error of a run, or of the line that failed in it.
fn error_of(ran: &Ran) -> Value {
    let told = ran.stderr.lines().chain(ran.stdout.lines().map(|line| line.trim_end_matches(',')));
    let errors = told.filter(|line| line.starts_with('{')).map(|line| json(line)["error"].clone());
    errors.into_iter().find(|error| !error.is_null()).unwrap_or_else(|| panic!("no error in {ran:?}"))
}

/// Types a hint, changing nothing: it must be a command, and one that fits what is there.
fn follow(shop: &Shop, hint: &str) {
    let words = split(hint);
    assert_eq!(words[0], "aftersales", "{hint}");
    let mut words = words[1..].to_vec();
    words.push("--dry-run".to_owned());
    let ran = typed(shop, &words);
    assert!([0, 14].contains(&ran.code), "{hint}\n{}{}", ran.stdout, ran.stderr);
}

#[test]
fn every_hint_is_a_command_that_runs() {
    let shop = sample::shop();
    shop.write("note.txt", "this is no store");
    shop.write("unknown.ndjson", r#"{"command":"tag creat","record":"tag","id":"x","nme":"y"}"#);
    let exported = shop.run("export").stdout;
    shop.write("exported.ndjson", exported);
    let mut provoked = BTreeSet::new();
    for (code, before, words) in SITUATIONS {
        for words in *before {
            let ran = shop.run(words);
            assert_eq!(ran.code, 0, "{words}\n{}", ran.stderr);
        }
        let error = error_of(&typed(&shop, &split(words)));
        assert_eq!(error["code"], *code, "{words}: {error}");
        let explained = explained::of(code).unwrap();
        if explained.example == format!("aftersales {words}") {
            follow(&shop, explained.cure);
            provoked.insert(*code);
        }
        match error["hint"].as_str() {
            Some(hint) => follow(&shop, hint),
            None => assert!(WITHOUT.contains(code), "{words}: {error}"),
        }
    }
    let played: BTreeSet<&str> = SITUATIONS.iter().map(|(code, ..)| *code).collect();
    let known: BTreeSet<&str> = CODES.iter().map(|(code, ..)| *code).collect();
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().copied().collect();
    assert_eq!(&played | &elsewhere, known, "every code is tried, or it is said why not");
    assert_eq!(&played & &elsewhere, BTreeSet::new());
    assert_eq!(provoked, played, "what is explained of each code is tried here, as it is explained");
}

/// What provokes the others takes another store, a file, or a moment: there it is the calls that are read.
#[test]
fn every_call_that_is_explained_can_be_read() {
    let shop = Shop::without_store();
    for explained in explained::all().map(|code| explained::of(code).unwrap()) {
        for call in [explained.example, explained.cure].into_iter().filter(|call| !call.is_empty()) {
            let typed = call.split(" | ").next().unwrap().trim_start_matches("aftersales ");
            // Help is printed where all that stands before it is known.
            let ran = shop.run(&format!("{typed} --help"));
            assert!(ran.code == 0 || explained.code == "usage", "{}: {call}\n{}", explained.code, ran.stderr);
        }
    }
}

#[test]
fn a_code_that_an_order_does_not_take_leads_on() {
    let shop = sample::shop();
    let codes: Vec<String> = (0..4)
        .map(|_| {
            let made = shop.done("ticket coupon T1 --program 'Sorry 10' --valid-until 2026-11-23 --only-customer");
            made["created"][0].as_str().unwrap().to_owned()
        })
        .collect();
    for words in [
        "order create --customer C1 --line LAMP=1",
        "order create --customer C1 --line LAMP=1",
        "order create --customer C2 --line LAMP=1",
        &format!("order apply-coupon S5 {}", codes[0]),
        &format!("order apply-coupon S6 {}", codes[0]),
        "order confirm S5",
        &format!("coupon cancel {}", codes[1]),
    ] {
        shop.done(words);
    }
    let refused = |words: &str, code: &str| follow(&shop, shop.refused(words, code)["hint"].as_str().unwrap());
    refused("order confirm S6", "coupon_used");
    refused(&format!("order apply-coupon S7 {}", codes[0]), "coupon_used");
    refused(&format!("order apply-coupon S7 {}", codes[1]), "coupon_cancelled");
    refused(&format!("order apply-coupon S7 {}", codes[2]), "coupon_other_customer");
    shop.clock("2026-11-24T10:00:00Z");
    refused(&format!("order apply-coupon S7 {}", codes[3]), "coupon_expired");
}

/// Services need no right but helpdesk (spec A9), so their hints lead to nothing that needs another one.
#[test]
fn a_hint_of_a_service_is_one_that_its_user_may_type() {
    let shop = sample::shop();
    shop.done("user create root --right admin --yes");
    shop.done("user create hal --right helpdesk --as root");
    for (words, code, hint) in [
        ("ticket refund T1 --invoice NONE", "not_found", "aftersales invoice list"),
        ("ticket coupon T1 --program NONE", "not_found", "aftersales coupon-program list"),
        ("ticket return T1 --delivery NONE", "not_found", "aftersales transfer list"),
    ] {
        assert_eq!(shop.refused(&format!("{words} --as root"), code)["hint"], format!("{hint} --as root"));
        let options = "aftersales ticket options T1 --as hal";
        assert_eq!(shop.refused(&format!("{words} --as hal"), code)["hint"], options);
        follow(&shop, options);
    }
    // What he may read stays the hint.
    let error = shop.refused("ticket refund T99 --invoice NONE --as hal", "not_found");
    assert_eq!(error["hint"], "aftersales ticket list --as hal");
}

#[test]
fn an_ended_trial_says_how_it_goes_on() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support --service refunds --yes");
    shop.clock("2026-12-08T10:00:00Z");
    follow(&shop, shop.refused("team list", "trial_over")["hint"].as_str().unwrap());
}

#[test]
fn a_hint_names_the_store_and_the_user_that_the_call_named() {
    let shop = Shop::without_store();
    shop.ok("init --store 'my desk.db'");
    shop.done("desk edit --lock-date 2026-05-31 --store 'my desk.db'");
    for (words, hint) in [
        ("customer show C9 --store 'my desk.db'", "aftersales customer list --store 'my desk.db'"),
        ("customer show C9 --as ann --store 'my desk.db'", "aftersales customer list --store 'my desk.db' --as ann"),
        ("customer show --store 'my desk.db'", "aftersales customer show --help"),
        (
            "desk edit --lock-date '' --as ann --store 'my desk.db'",
            "aftersales desk edit --lock-date '' --as ann --store 'my desk.db' --yes",
        ),
    ] {
        let error = error_of(&typed(&shop, &split(words)));
        assert_eq!(error["hint"], hint, "{error}");
        follow(&shop, hint);
    }
}

#[test]
fn a_hint_of_a_line_names_them_as_well() {
    let shop = Shop::without_store();
    shop.ok("init --store 'my desk.db'");
    for words in [
        "team create Support --service refunds --yes",
        "customer create --name Ada",
        "user create root --right admin --yes",
    ] {
        shop.done(&format!("{words} --store 'my desk.db' --as root"));
    }
    shop.write("lines", r#"{"command":"customer edit","customer":"C9","name":"Bo"}"#);
    shop.write("record", r#"{"record":"customer","id":"C00001","name":"Other"}"#);
    let carried = "--store 'my desk.db' --as root";
    for (words, hint) in [
        ("customer edit C9 --name Bo", "aftersales customer list"),
        ("apply lines", "aftersales customer list"),
        ("apply lines --dry-run", "aftersales customer list"),
        ("apply lines --atomic", "aftersales customer list"),
        ("import record", "aftersales customer show C00001"),
        ("import record --on-error continue", "aftersales customer show C00001"),
    ] {
        for output in ["-o json", "-o ndjson", "-o csv"] {
            let ran = shop.run(&format!("{words} {output} {carried}"));
            assert_ne!(ran.code, 0, "{words}");
            let told = format!("{}{}", ran.stdout, ran.stderr).replace("\"\"", "\"");
            let wanted = if told.starts_with("error") {
                format!("hint: {hint} {carried}")
            } else {
                format!("\"hint\":\"{hint} {carried}\"")
            };
            assert!(told.contains(&wanted), "{words} {output}: {told}");
        }
        follow(&shop, &format!("{hint} {carried}"));
    }
}
