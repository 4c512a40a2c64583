//! Who may run what (spec A9), and what an ended trial leaves open (spec A4): over the whole list of commands, so that none that is
//! added is forgotten.

use std::collections::BTreeSet;

use aftersales::command::{Action, COMMANDS, Entry};
use serde_json::{Value, json};

use crate::sample;
use crate::support::{Shop, is_told_on_files};

/// The rights that open something of their own; admin opens all.
const RIGHTS: [&str; 6] = ["helpdesk", "invoicing", "sales", "inventory", "repair", "field-service"];

/// The nouns that a right opens (contract, section 7 "Users"); the others are an admin's.
const OPENS: &[(&str, &[&str])] = &[
    ("helpdesk", &["ticket", "customer", "tag", "team"]),
    ("invoicing", &["invoice", "credit-note", "payment", "journal", "tax"]),
    ("sales", &["order", "coupon-program", "coupon", "mail"]),
    ("inventory", &["transfer", "lot", "stock", "location", "product"]),
    ("repair", &["repair"]),
    ("field-service", &["task", "worksheet", "project"]),
    ("admin", &["app", "subscription", "user", "reason", "worksheet-template", "stage", "desk", "log"]),
];

/// What every user may run: it tells each what their own rights open. Who is no user may run nothing.
const EVERYBODYS: &[&str] = &["status"];

/// Reports are of the applications whose records they count.
const REPORTS: &[(&str, &str)] = &[
    ("report overview", "invoicing"),
    ("report accounts", "invoicing"),
    ("report documents", "invoicing"),
    ("report refunds", "invoicing"),
    ("report coupons", "sales"),
    ("report returns", "inventory"),
    ("report repairs", "repair"),
    ("report owed", "invoicing"),
];

fn right_of(command: &str) -> &'static str {
    if let Some((_, right)) = REPORTS.iter().find(|(report, _)| *report == command) {
        return right;
    }
    let noun = command.split(' ').next().unwrap();
    if EVERYBODYS.contains(&noun) {
        return "any user";
    }
    let opens = OPENS.iter().find(|(_, nouns)| nouns.contains(&noun));
    opens.unwrap_or_else(|| panic!("nobody says who may run {command}")).0
}

fn changes() -> Vec<&'static str> {
    COMMANDS.iter().filter(|entry| matches!(entry.action, Action::Change { .. })).map(|entry| entry.name).collect()
}

/// The words that run a command which reads or prints: with a reference to nothing where it needs one.
fn reads() -> Vec<(&'static str, String)> {
    let words = |entry: &'static Entry| {
        let bare = (entry.arguments)(clap::Command::new(entry.name));
        let needed = bare.get_positionals().filter(|argument| argument.is_required_set()).count();
        (entry.name, format!("{}{}", entry.name, " X-9".repeat(needed)))
    };
    COMMANDS.iter().filter(|entry| !matches!(entry.action, Action::Change { .. })).map(words).collect()
}

/// A line for each change, of nothing but its name: who may not run it is refused before anything else is looked at.
fn lines() -> String {
    changes().iter().map(|name| format!("{{\"command\":\"{name}\"}}\n")).collect()
}

/// A desk with a user for each right alone, one for each that has all but that, one without any, and an admin.
fn shop() -> Shop {
    let shop = Shop::new();
    for right in RIGHTS {
        shop.done(&format!("user create only-{right} --right {right}"));
        let others: Vec<String> =
            RIGHTS.iter().filter(|other| **other != right).map(|other| format!("--right {other}")).collect();
        shop.done(&format!("user create not-{right} {}", others.join(" ")));
    }
    shop.done(&format!("user create not-admin {}", RIGHTS.map(|right| format!("--right {right}")).join(" ")));
    shop.done("user create nothing");
    shop.done("user create root --right admin --yes");
    shop
}

#[test]
fn every_noun_is_said_to_be_somebodys() {
    let nouns: BTreeSet<&str> = COMMANDS.iter().filter_map(|entry| entry.name.split(' ').next()).collect();
    let said: BTreeSet<&str> = OPENS
        .iter()
        .flat_map(|(_, nouns)| nouns.iter().copied())
        .chain(EVERYBODYS.iter().copied())
        .chain(["report"])
        .collect();
    assert_eq!(nouns, said);
    COMMANDS.iter().for_each(|entry| assert!(!right_of(entry.name).is_empty()));
}

#[test]
fn a_change_is_open_to_its_right_and_to_no_other() {
    let shop = shop();
    let denied = |user: &str| -> Vec<bool> {
        let ran = shop.run_with(&format!("apply --dry-run --yes -o ndjson --as {user}"), lines());
        let answers: Vec<Value> = ran.stdout.lines().map(crate::support::json).collect();
        assert_eq!(answers.len(), changes().len(), "{user}: {}", ran.stderr);
        answers.iter().map(|answer| answer["error"]["code"] == "access_denied").collect()
    };
    for (user, may) in RIGHTS
        .iter()
        .flat_map(|right| {
            let others = RIGHTS.iter().filter(|other| *other != right).copied().collect::<Vec<_>>();
            [(format!("only-{right}"), vec![*right]), (format!("not-{right}"), others)]
        })
        .chain([
            ("not-admin".to_owned(), RIGHTS.to_vec()),
            ("nothing".to_owned(), Vec::new()),
            ("nobody".to_owned(), Vec::new()),
            ("root".to_owned(), [&RIGHTS[..], &["admin"]].concat()),
        ])
    {
        for (name, denied) in changes().iter().zip(denied(&user)) {
            assert_eq!(denied, !may.contains(&right_of(name)), "{name} by {user}");
        }
    }
}

#[test]
fn a_read_is_open_to_its_right_and_to_no_other() {
    if is_told_on_files() {
        return;
    }
    let shop = shop();
    for (name, words) in reads() {
        let right = right_of(name);
        if right == "any user" {
            assert_eq!(shop.run(&format!("{words} --as nothing")).code, 0, "{words}");
            assert_eq!(shop.run(&format!("{words} --as nobody")).code, 15, "{words}");
            continue;
        }
        let may = if right == "admin" { "root".to_owned() } else { format!("only-{right}") };
        for (user, is_denied) in [(may.as_str(), false), (&format!("not-{right}"), true), ("nobody", true)] {
            let ran = shop.run(&format!("{words} --as {user}"));
            assert_eq!(ran.code == 15, is_denied, "{words} --as {user}: {} {}", ran.code, ran.stderr);
            assert!(ran.code == 15 || ran.code == 0 || ran.code == 11, "{words} --as {user}: {}", ran.stderr);
        }
    }
}

#[test]
fn what_is_no_noun_is_an_admins_or_everybodys() {
    let shop = shop();
    shop.write("none.ndjson", "");
    for (words, may) in [
        ("export", vec!["root"]),
        ("import none.ndjson", vec!["root"]),
        ("backup b.db", vec!["root"]),
        ("ledger export", vec!["root", "only-invoicing"]),
    ] {
        if words.starts_with("backup") && shop.store.address().starts_with("postgres") {
            continue;
        }
        for user in ["root", "only-invoicing", "only-helpdesk", "nothing", "nobody"] {
            let ran = shop.run(&format!("{words} --as {user}"));
            assert_eq!(ran.code, if may.contains(&user) { 0 } else { 15 }, "{words} --as {user}: {}", ran.stderr);
        }
    }
}

#[test]
fn services_need_the_helpdesk_alone_and_everything_says_who_did_it() {
    let shop = sample::shop();
    shop.done("user create helen --right helpdesk");
    shop.done("user create root --right admin --yes");
    let before = shop.operations();
    for words in [
        "ticket refund T1 --invoice INV/2026/00001 --amount 1.00 --post",
        "ticket coupon T1 --program 'Sorry 10'",
        "ticket return T1 --delivery WH/OUT/00001 --line 1=1",
        "ticket repair T1 --product LAMP",
        "ticket plan T1",
    ] {
        shop.done(&format!("{words} --as helen"));
    }
    let excess = "ticket refund T1 --invoice INV/2026/00001 --amount 500 --allow-excess";
    shop.refused(&format!("{excess} --as helen"), "access_denied");
    shop.done("user edit helen --right helpdesk --right invoicing --as root");
    shop.done(&format!("{excess} --as helen"));
    let log = shop.ok(&format!("log --operation {}.. --as root", before + 1));
    for row in log.as_array().unwrap() {
        let expected = if row["command"]["command"] == "user edit" { "root" } else { "helen" };
        assert_eq!(row["actor"], json!({"kind": "user", "id": expected}), "{row:#}");
    }
    let entries = shop.ok("ticket show T1 --as helen")["log"].clone();
    let hers = entries.as_array().unwrap().iter().filter(|entry| entry["operation"].as_i64() > Some(before));
    assert!(hers.clone().count() >= 6 && hers.clone().all(|entry| entry["user"] == "helen"), "{entries:#}");
    // What she made she reads through its ticket, and what was not made from one she does not.
    shop.ok("repair show WH/RO/00003 --as helen");
}

#[test]
fn an_ended_trial_leaves_the_subscription_and_the_way_out() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support --service refunds --yes");
    let kept = shop.run("export").stdout;
    // The last second is still open, the next is not.
    shop.clock("2026-12-08T09:59:59Z");
    shop.ok("ticket list");
    shop.clock("2026-12-08T10:00:00Z");
    for name in changes().into_iter().filter(|name| *name != "subscription add") {
        let ran = shop.run_with("apply -o ndjson", format!("{{\"command\":\"{name}\"}}\n"));
        assert_eq!(ran.code, 44, "{name}: {}{}", ran.stdout, ran.stderr);
    }
    for (name, words) in reads().into_iter().filter(|(name, _)| *name != "subscription show") {
        assert_eq!(shop.refused(&words, "trial_over")["hint"], "aftersales subscription add", "{name}");
    }
    for words in ["init", "import none.ndjson", "ledger export", "credit-note post --due", "mail send"] {
        shop.write("none.ndjson", "{\"record\":\"tag\",\"id\":\"x\"}");
        assert_eq!(shop.run(words).code, 44, "{words}");
    }
    let copied = shop.run(&format!("store copy '{}' copied.db", shop.store.address()));
    assert_eq!(copied.code, 44, "{}", copied.stderr);
    for words in ["verify", "subscription show"] {
        assert_eq!(shop.run(words).code, 0, "{words}");
    }
    assert_eq!(shop.run("export").stdout, kept, "nothing is lost, and nothing was changed");
    shop.done("subscription add");
    assert_eq!(shop.ok("team list")[0]["id"], "Support");
    // To the second, by the clock that is given.
    shop.clock("2026-12-08T10:00:00Z");
    assert_eq!(shop.ok("subscription show")["state"], "active");
}

#[test]
fn every_way_to_an_application_asks_on_one_app_free_and_none_does_on_standard() {
    if is_told_on_files() {
        return;
    }
    for plan in ["standard", "one-app-free"] {
        let shop = Shop::made_with(&format!("--plan {plan}"));
        shop.done("team create Support");
        let team = r#"{"record":"team","id":"Field","services":["field-service"]}"#;
        shop.write("team.ndjson", team);
        for (words, installs) in [
            ("team enable-service Support refunds", &["invoicing"][..]),
            ("team create Coupons --service coupons", &["sales", "loyalty"]),
            ("team edit Support --service refunds --service returns", &["inventory"]),
            ("import team.ndjson", &["project", "timesheets", "field-service"]),
            ("app install repair", &["repair"]),
            ("app install ecommerce", &["ecommerce"]),
        ] {
            let installed = || {
                let list = shop.ok("app list --installed yes --jq '[.[].id]'");
                list.as_array().unwrap().iter().map(|app| app.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
            };
            let before = installed();
            if plan == "one-app-free" {
                assert_eq!(shop.run(words).code, 14, "{words}");
                assert_eq!(shop.run(&format!("{words} --dry-run")).code, 14, "{words}");
                assert_eq!(installed(), before, "{words} was refused and installed something");
            }
            let yes = if plan == "one-app-free" { "--yes" } else { "" };
            assert_eq!(shop.run(&format!("{words} {yes} --dry-run")).code, 0, "{words}");
            assert_eq!(installed(), before, "{words} was planned alone");
            let ran = shop.run(&format!("{words} {yes}"));
            assert_eq!(ran.code, 0, "{words}: {}{}", ran.stdout, ran.stderr);
            let new: BTreeSet<String> = installed().difference(&before).cloned().collect();
            assert_eq!(new, installs.iter().map(|app| (*app).to_owned()).collect(), "{words}");
            // Each is needed by what was asked for, where that is a service.
            let state = shop.ok("subscription show")["state"].clone();
            assert_eq!(state, if plan == "standard" { "none" } else { "trial" }, "{words}");
        }
        let started = shop.ok("subscription show")["trial_started_at"].clone();
        assert_eq!(started.is_null(), plan == "standard");
    }
}
