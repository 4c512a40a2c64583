//! Settings: where they come from, setting one, profiles and aliases (contract, sections 1 and 7).

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Ran, Shop, finished};

/// Runs with variables of the environment beside those of the shop.
fn with(shop: &Shop, words: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = shop.command(words);
    command.envs(variables.iter().copied());
    finished(command.spawn().unwrap())
}

fn setting<'s>(settings: &'s Value, key: &str) -> (&'s Value, &'s str) {
    let found = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key);
    let found = found.unwrap_or_else(|| panic!("{key} in {settings}"));
    (&found["value"], found["origin"].as_str().unwrap())
}

fn user_file(shop: &Shop, text: &str) {
    std::fs::create_dir_all(shop.path(".config/aftersales")).unwrap();
    shop.write(".config/aftersales/config.toml", text);
}

#[test]
fn settings_are_listed_with_what_gave_them() {
    let shop = Shop::without_store();
    user_file(
        &shop,
        "output = \"csv\"\ncolor = \"never\"\n[smtp]\nhost = \"mail.example.org\"\nport = 2525\n[profiles.try]\nstore = \"try.db\"\n",
    );
    shop.write("aftersales.toml", "color = \"always\"");
    let listed = shop.ok("config list");
    assert_eq!(setting(&listed, "output"), (&json!("json"), "flag"));
    assert_eq!(setting(&listed, "color"), (&json!("always"), "file aftersales.toml"));
    let (host, origin) = setting(&listed, "smtp.host");
    assert_eq!(host, "mail.example.org");
    assert!(origin.ends_with(".config/aftersales/config.toml"), "{origin}");
    assert_eq!(setting(&listed, "smtp.port").0, "2525");
    assert_eq!(setting(&listed, "smtp.tls"), (&json!("starttls"), "built in"));
    assert_eq!(setting(&listed, "profiles.try.store").0, "try.db");
    assert_eq!(setting(&listed, "as"), (&json!("tester"), "built in"));
    assert_eq!(setting(&listed, "store").1, "environment AFTERSALES_STORE");
    assert_eq!(setting(&listed, "now").1, "environment AFTERSALES_NOW");

    let ran = with(
        &shop,
        "config list -o json",
        &[("AFTERSALES_SMTP_PASSWORD", "secret"), ("AFTERSALES_STORE", "postgres://a:secret@127.0.0.1/x")],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("secret"), "{}", ran.stdout);

    let table = shop.run("config list -o table --color never").stdout;
    assert!(table.starts_with("KEY ") && !table.contains("ORIGIN"), "{table}");
    assert!(shop.run("config list -o table --color never --origin").stdout.lines().next().unwrap().ends_with("ORIGIN"));
}

#[test]
fn one_setting_is_a_line() {
    let shop = Shop::without_store();
    user_file(&shop, "[aliases]\nr = \"ticket refund\"\n");
    assert_eq!(shop.run("config get aliases.r").stdout, "ticket refund\n");
    assert_eq!(shop.run("config get smtp.port").stdout, "");
    assert_eq!(shop.ok("config get color")["value"], "auto");
    assert_snapshot!(shop.text("config get smtp.hots"), @r#"
    [stderr]
    error[invalid_value]: there is no setting "smtp.hots"; did you mean smtp.host?
    [exit 10]
    "#);
    assert_snapshot!(shop.text("config path"), @r"[folder]/.config/aftersales/config.toml");
    assert_eq!(shop.ok("config path")["exists"], true);
}

#[test]
fn a_setting_is_set_and_its_file_keeps_its_comments() {
    let shop = Shop::without_store();
    let file = shop.path(".config/aftersales/config.toml");
    let set = |words: &str| shop.ok(&format!("config set {words}"));
    assert_eq!(set("output csv --dry-run")["status"], "planned");
    assert!(!file.exists());
    assert_eq!(set("output csv")["status"], "done");
    assert_eq!(set("output csv")["status"], "unchanged");
    let text = format!("# mine\n{}# the last\n", std::fs::read_to_string(&file).unwrap());
    std::fs::write(&file, &text).unwrap();
    set("output json");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text.replace("csv", "json"));
    set("smtp.port 2525");
    set("smtp.allow_plain yes");
    set("profiles.shop.protected yes");
    set("aliases.r 'ticket refund'");
    assert_snapshot!(std::fs::read_to_string(&file).unwrap(), @r#"
    # mine
    output = "json"

    [smtp]
    port = 2525
    allow_plain = true

    [profiles.shop]
    protected = true

    [aliases]
    r = "ticket refund"
    # the last
    "#);
    assert_eq!(set("smtp.port ''")["result"]["setting"]["value"], Value::Null);
    assert_eq!(set("store shop.db --project")["status"], "done");
    assert_eq!(std::fs::read_to_string(shop.path("aftersales.toml")).unwrap(), "store = \"shop.db\"\n");
}

#[test]
fn what_cannot_be_set_is_refused_and_nothing_is_written() {
    let shop = Shop::without_store();
    for (words, field) in [
        ("outptu json", "setting"),
        ("output xml", "value"),
        ("color blue", "value"),
        ("smtp.port many", "value"),
        ("smtp.port 70000", "value"),
        ("smtp.allow_plain perhaps", "value"),
        ("store mysql://x", "value"),
        ("profiles.x.store http://x", "value"),
        ("aliases.ticket 'order list'", "value"),
        ("aliases.x 'tikcet list'", "value"),
        ("smtp.password secret", "setting"),
        ("now 2026-01-01", "setting"),
        ("as ann --project", "setting"),
    ] {
        let ran = shop.run(&format!("config set {words} -o json"));
        assert_eq!((ran.code, ran.stdout.as_str()), (10, ""), "{words}: {}", ran.stderr);
        assert_eq!(crate::support::json(&ran.stderr)["error"]["field"], field, "{words}: {}", ran.stderr);
    }
    assert!(!shop.path(".config").exists() && !shop.path("aftersales.toml").exists());
    user_file(&shop, "not toml");
    assert_eq!(shop.run("config set output json").code, 16);
    assert_eq!(std::fs::read_to_string(shop.path(".config/aftersales/config.toml")).unwrap(), "not toml");
}

#[test]
fn all_that_is_wrong_with_settings_is_told_at_once() {
    let shop = Shop::without_store();
    assert_eq!(shop.ok("config validate")["valid"], true);
    user_file(
        &shop,
        "output = \"xml\"\n[smtp]\nhost = \"mail.example.org\"\ntls = \"none\"\n[templates]\nfolder = \"none\"\n\
         [profiles.a]\nstore = \"mysql://x\"\n[aliases]\nx = \"tikcet\"\norder = \"ticket list\"\n",
    );
    let ran = shop.run("config validate");
    assert_eq!(ran.code, 16);
    assert_snapshot!(ran.stderr.replace(&*shop.folder().to_string_lossy(), "[folder]"), @r#"
    error[config_invalid]: [folder]/.config/aftersales/config.toml: output: "xml" is no output format; it is one of table, json, ndjson, csv, ids
      also [config_invalid]: [folder]/.config/aftersales/config.toml: profiles.a.store: a store is a path or a URL that begins with postgres://, not with mysql://
      also [config_invalid]: [folder]/.config/aftersales/config.toml: aliases.order: order is a command, which an alias cannot hide
      also [config_invalid]: [folder]/.config/aftersales/config.toml: aliases.x: "tikcet" begins with no command
      also [config_invalid]: [folder]/.config/aftersales/config.toml: smtp.tls: mail would go to mail.example.org unencrypted, for everybody on the way to read; allow_plain = true allows it
      also [config_invalid]: [folder]/.config/aftersales/config.toml: templates.folder: [folder]/.config/aftersales/none is no folder
    "#);
    user_file(&shop, "outptu = \"xml\"");
    assert_snapshot!(shop.text("config validate"), @r"
    [stderr]
    error[config_invalid]: [folder]/.config/aftersales/config.toml, line 1: unknown field `outptu`, expected one of `store`, `output`, `color`, `as`, `templates`, `smtp`, `profiles`, `aliases`; did you mean output?
    [exit 16]
    ");
    // What is for settings that cannot be used runs all the same.
    assert_eq!(shop.run("config path").code, 0);
    assert_eq!(shop.run("explain config_invalid").code, 0);
    assert_eq!(shop.run("config list").code, 16);
}

#[test]
fn the_example_can_be_read() {
    let shop = Shop::without_store();
    let example = shop.run("config example").stdout;
    shop.write("example.toml", example);
    assert_eq!(shop.ok("config validate --config example.toml")["valid"], true);
}

// Profiles.

#[test]
fn a_profile_names_a_store() {
    let shop = Shop::without_store();
    user_file(&shop, "[profiles.one]\nstore = \"one.db\"\n[profiles.two]\nstore = \"two.db\"\n");
    let store = |words: &str, variables: &[(&str, &str)]| {
        let ran = with(&shop, &format!("config get store {words}"), variables);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.trim_end().rsplit('/').next().unwrap().to_owned()
    };
    let unset = ("AFTERSALES_STORE", "");
    assert_eq!(store("--profile one", &[]), "one.db");
    assert_eq!(store("--profile one --store other.db", &[]), "other.db");
    assert_eq!(store("", &[("AFTERSALES_PROFILE", "two"), unset]), "two.db");
    assert_eq!(store("", &[("AFTERSALES_PROFILE", "two"), ("AFTERSALES_STORE", "three.db")]), "three.db");
    assert_eq!(store("--profile one", &[("AFTERSALES_PROFILE", "two"), unset]), "one.db");

    let ran = shop.run("customer list --profile on");
    assert_eq!((ran.code, ran.stderr.as_str()), (2, "error[usage]: there is no profile \"on\"; did you mean one?\n"));
    let ran = shop.run("customer list --profile nosuch");
    assert!(ran.stderr.ends_with("there are one, two\nhint: aftersales config list\n"), "{}", ran.stderr);
    let ran = with(&shop, "customer list", &[("AFTERSALES_PROFILE", "none")]);
    assert_eq!(ran.code, 16, "{}", ran.stderr);

    assert_eq!(shop.run("init --profile one").code, 0);
    let ran = shop.run("customer show C9 --profile one");
    assert!(ran.stderr.ends_with("hint: aftersales customer list --profile one\n"), "{}", ran.stderr);
}

#[test]
fn a_protected_profile_asks_before_money_or_goods_move() {
    let shop = Shop::new();
    let store = shop.store.address();
    user_file(&shop, &format!("[profiles.shop]\nstore = {}\nprotected = true\n", json!(store)));
    shop.done("customer create ADA");
    shop.done("product create LAMP --price 40");
    shop.done("invoice create --customer ADA --line LAMP=1 --profile shop");
    let error = shop.refused("invoice post D1 --profile shop", "confirmation_needed");
    assert_eq!(error["hint"], "aftersales invoice post D1 --profile shop -o json --yes");
    // Whichever way the store is named.
    shop.refused("invoice post D1", "confirmation_needed");
    shop.refused("stock count LAMP --quantity 3", "confirmation_needed");
    shop.refused("apply nothing.ndjson", "confirmation_needed");
    assert_eq!(shop.ok("invoice post D1 --dry-run")["status"], "planned");
    shop.done("invoice post D1 --profile shop --yes");
    assert_eq!(with(&shop, "invoice pay D1", &[("AFTERSALES_YES", "1")]).code, 0);
    // What an import only tells, or tries, is not asked about.
    assert_eq!(shop.run("import --kinds").code, 0);
    shop.write("sheet.csv", "sku,name,price\nLAMP,Desk lamp,40\n");
    assert_eq!(shop.run("import sheet.csv --suggest-map").code, 0);
    let ran = shop.run("import sheet.csv --map spreadsheet --check -o json");
    assert!(!ran.stderr.contains("confirmation_needed"), "{}", ran.stderr);
    shop.refused("import sheet.csv --kind product", "confirmation_needed");
}

#[test]
fn a_protected_store_is_protected_however_it_is_spelled() {
    let shop = Shop::new();
    shop.abandoned();
    let asks = |words: &str, variables: &[(&str, &str)]| {
        let ran = with(&shop, &format!("stock count LAMP --quantity 3 {words} -o json"), variables);
        match ran.code {
            14 => true,
            // It goes on to look for a store, and a product.
            11 | 40 => false,
            code => panic!("{code}: {}", ran.stderr),
        }
    };
    let path = shop.path("shop.db");
    user_file(&shop, &format!("[profiles.shop]\nstore = {}\nprotected = true\n", json!(path)));
    let link = || std::os::unix::fs::symlink(&path, shop.path("link.db")).unwrap();
    // Before it is there, and after.
    for is_there in [false, true] {
        if is_there {
            assert_eq!(shop.run("init --store shop.db").code, 0);
            link();
            assert!(asks("--store link.db", &[]));
        }
        for same in ["shop.db", "./shop.db", ".config/../shop.db"] {
            assert!(asks(&format!("--store {same}"), &[]), "{same}");
            assert!(asks("", &[("AFTERSALES_STORE", same)]), "{same}");
        }
        assert!(!asks("--store other.db", &[]));
    }
    // The default, which no setting names.
    user_file(&shop, "[profiles.home]\nstore = \"../../.local/share/aftersales/desk.db\"\nprotected = true\n");
    std::fs::create_dir_all(shop.path(".local/share/aftersales")).unwrap();
    assert!(asks("", &[("AFTERSALES_STORE", "")]));
    assert!(!asks("--store shop.db", &[]));
    // On a server it is the place that counts, not who logs in.
    user_file(&shop, "[profiles.far]\nstore = \"postgres://ann@127.0.0.1:1/desk?schema=far\"\nprotected = true\n");
    assert!(asks("--store 'postgresql://bo@127.0.0.1:1/desk?connect_timeout=1&schema=far'", &[]));
}

// Aliases.

#[test]
fn an_alias_is_a_word_for_a_command() {
    let shop = Shop::new();
    shop.done("customer create ADA");
    user_file(&shop, "[aliases]\nc = \"customer list --fields id\"\nagain = \"c\"\n");
    assert_eq!(shop.run("c").stdout, "ID\nADA\n");
    assert_eq!(shop.run("-o ids c --limit 0").stdout, "");
    assert_eq!(shop.run("--as c c -o ids").stdout, "ADA\n");
    assert_eq!(shop.run("again").code, 2);
    shop.write("other.toml", "[aliases]\nd = \"customer show\"");
    assert_eq!(shop.run("d ADA -o ids --config other.toml").stdout, "ADA\n");
    assert_eq!(shop.run("--config=other.toml d ADA -o ids").stdout, "ADA\n");
    assert_eq!(shop.run("d ADA").code, 2);
    let ran = shop.run("d C9 --config other.toml");
    assert!(ran.stderr.contains("hint: aftersales customer list --config other.toml"), "{}", ran.stderr);
    // Settings that cannot be used are told, rather than a word that nobody could look up.
    user_file(&shop, "[aliases]\nc = \"customer list\"\ncolour = 1\n");
    assert_eq!(shop.run("c").code, 16);
    user_file(&shop, "");
}
