//! The face of the program: global flags, settings, output formats, errors, streams and signals.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::json;

use crate::sample;
use crate::support::{Ran, Shop, VERIFY_IS_BUILT, code_of, finished, is_told_on_files, json, split};

/// A shop with two customers.
fn with_customers() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","id":"ADA","name":"Ada Ltd","email":"ada@example.org"}
           {"command":"customer create","name":"=1+1"}"#,
    );
    shop
}

#[test]
fn the_support_splits_words_as_a_shell_does() {
    assert_eq!(split(r#"a 'b c' "d \" e" f\ g '' h'i'j"#), ["a", "b c", "d \" e", "f g", "", "hij"]);
}

#[test]
fn stories_end_with_verify_where_it_is_built() {
    assert_eq!(Shop::without_store().run("verify --help").code == 0, VERIFY_IS_BUILT);
}

// Global flags and settings.

#[test]
fn global_flags_stand_before_or_after_the_verb() {
    let shop = with_customers();
    let after = shop.run("customer list -o ids");
    assert_eq!(after.stdout, "ADA\nC00001\n");
    for words in ["-o ids customer list", "customer -o ids list", "--output=ids customer list", "customer list -oids"] {
        assert_eq!(shop.run(words), after, "{words}");
    }
}

#[test]
fn a_setting_is_taken_from_where_it_counts_most() {
    let shop = with_customers();
    let format = |variables: &[(&str, &str)], words: &str| {
        let mut command = shop.command(&format!("customer show ADA --fields id {words}"));
        command.envs(variables.iter().copied());
        match finished(command.spawn().unwrap()).stdout.as_str() {
            "{\"id\":\"ADA\"}\n" => "json",
            "id\r\nADA\r\n" => "csv",
            "ADA\n" => "ids",
            "ID\nADA\n" => "table",
            other => panic!("{other:?}"),
        }
    };
    let user = shop.path(".config/aftersales");
    std::fs::create_dir_all(&user).unwrap();
    let named = shop.write("named.toml", "output = \"ids\"");

    assert_eq!(format(&[], ""), "table");
    std::fs::write(user.join("config.toml"), "output = \"csv\"").unwrap();
    assert_eq!(format(&[], ""), "csv", "the user's file");
    assert_eq!(format(&[], &format!("--config {}", named.display())), "ids", "another file in its place");
    assert_eq!(format(&[("AFTERSALES_CONFIG", "named.toml")], ""), "ids");
    assert_eq!(format(&[("AFTERSALES_CONFIG", ""), ("XDG_CONFIG_HOME", "")], ""), "csv", "empty is unset");
    shop.write("aftersales.toml", "output = \"json\"");
    assert_eq!(format(&[], ""), "json", "the project's file");
    assert_eq!(format(&[("AFTERSALES_OUTPUT", "")], ""), "json", "empty is unset");
    assert_eq!(format(&[("AFTERSALES_OUTPUT", "ids")], ""), "ids", "the environment");
    assert_eq!(format(&[("AFTERSALES_OUTPUT", "ids")], "-o table"), "table", "the flag");
}

#[test]
fn the_store_is_named_by_settings_too() {
    let shop = Shop::new();
    shop.abandoned();
    let elsewhere = shop.path("elsewhere");
    std::fs::create_dir_all(shop.path(".config/aftersales")).unwrap();
    let home = |words: &str| {
        let mut command = shop.command(&format!("{words} -o json"));
        command.env_remove("AFTERSALES_STORE");
        let ran = finished(command.spawn().unwrap());
        assert_eq!(ran.stderr, "", "{words}");
        json(&ran.stdout)
    };
    assert_eq!(home("init")["status"], "done");
    assert!(shop.path(".local/share/aftersales/desk.db").is_file(), "the default");
    // A path in a file counts from the file's folder, wherever the program runs.
    shop.write(".config/aftersales/config.toml", "store = \"../../elsewhere/desk.db\"\nas = \"bo\"");
    assert_eq!(home("init")["status"], "done");
    assert!(elsewhere.join("desk.db").is_file());
    shop.write("aftersales.toml", "store = \"elsewhere/desk.db\"");
    assert_eq!(home("init")["status"], "unchanged");
    assert_eq!(home("log --limit 1")[0]["actor"], json!({"kind": "user", "id": "bo"}));
}

#[test]
fn settings_that_cannot_be_used_are_told_with_their_place() {
    let shop = Shop::new();
    shop.write("bad.toml", "output = \"json\"\nstroe = \"x\"\n");
    let error = shop.refused("customer list --config bad.toml", "config_invalid");
    assert_eq!(
        error["message"],
        "bad.toml, line 2: unknown field `stroe`, expected one of `store`, `output`, `color`, `as`, `templates`, `smtp`, `profiles`, \
         `aliases`; did you mean store?"
    );
    shop.refused("customer list --config nosuch.toml", "config_invalid");
    shop.refused("customer list --config .", "config_invalid");

    shop.write("aftersales.toml", "as = \"ann\"");
    let error = shop.refused("customer list", "config_invalid");
    assert!(error["message"].as_str().unwrap().starts_with("aftersales.toml, line 1: unknown field `as`"), "{error}");
    shop.write("aftersales.toml", "color = \"sometimes\"");
    let error = shop.refused("customer list", "config_invalid");
    assert_eq!((&error["field"], &error["given"]), (&json!("color"), &json!("sometimes")));
    std::fs::remove_file(shop.path("aftersales.toml")).unwrap();

    for (variable, value) in [("OUTPUT", "xml"), ("COLOR", "blue"), ("NOW", "noon")] {
        let mut command = shop.command("customer list");
        command.env(format!("AFTERSALES_{variable}"), value);
        let ran = finished(command.spawn().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (16, ""), "{variable}");
        assert!(ran.stderr.starts_with(&format!("error[config_invalid]: AFTERSALES_{variable}: ")), "{}", ran.stderr);
    }
    // The same in a flag is a fault of the call.
    assert_eq!(shop.run("customer list -o xml").code, 2);
    assert_eq!(shop.run("customer list --color blue").code, 2);
    shop.refused("customer list --now noon", "invalid_value");
}

#[test]
fn who_asks_is_named_by_flag_environment_or_system() {
    let shop = Shop::new();
    let actor = |words: &str, variables: &[(&str, &str)]| {
        let mut command = shop.command(&format!("customer create {words}"));
        command.envs(variables.iter().copied());
        assert_eq!(finished(command.spawn().unwrap()).code, 0);
        shop.ok("log --newest --limit 1")[0]["actor"]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(actor("", &[]), "tester");
    assert_eq!(actor("", &[("USER", ""), ("LOGNAME", "lo")]), "lo");
    assert_eq!(actor("", &[("AFTERSALES_AS", "eve")]), "eve");
    assert_eq!(actor("--as ann", &[("AFTERSALES_AS", "eve")]), "ann");
    let system = actor("", &[("USER", ""), ("LOGNAME", "")]);
    let id = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    assert_eq!(system, String::from_utf8(id).unwrap().trim());
}

#[test]
fn questions_are_answered_by_flag_or_environment() {
    // Moving the lock date back asks (spec B10).
    let shop = Shop::new();
    shop.done("desk edit --lock-date 2026-10-31");
    shop.refused("desk edit --lock-date 2026-09-30", "confirmation_needed");
    for value in ["0", "no", "false", ""] {
        let mut command = shop.command("desk edit --lock-date 2026-09-30");
        command.env("AFTERSALES_YES", value);
        assert_eq!(finished(command.spawn().unwrap()).code, 14, "{value:?}");
    }
    let mut command = shop.command("desk edit --lock-date 2026-09-30");
    command.env("AFTERSALES_YES", "1");
    assert_eq!(finished(command.spawn().unwrap()).code, 0);
    shop.done("desk edit --lock-date 2026-08-31 -y");
}

// Output.

#[test]
fn the_formats() {
    let shop = with_customers();
    assert_snapshot!(shop.text("customer list"), @r"
    ID      NAME     EMAIL
    ADA     Ada Ltd  ada@example.org
    C00001  =1+1
    ");
    assert_snapshot!(shop.text("customer list -o json"), @r#"
    [
    {"id":"ADA","name":"Ada Ltd","email":"ada@example.org","street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null},
    {"id":"C00001","name":"=1+1","email":null,"street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}
    ]
    "#);
    assert_snapshot!(shop.text("customer list -o ndjson"), @r#"
    {"id":"ADA","name":"Ada Ltd","email":"ada@example.org","street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}
    {"id":"C00001","name":"=1+1","email":null,"street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}
    "#);
    assert_eq!(
        shop.run("customer list -o csv").stdout,
        "id,name,email,street,postcode,city,country,tax_id,language,buyer_reference,merged_into\r\n\
         ADA,Ada Ltd,ada@example.org,,,,,,,,\r\nC00001,'=1+1,,,,,,,,,\r\n"
    );
    assert_snapshot!(shop.text("customer list -o ids"), @r"
    ADA
    C00001
    ");
    assert_snapshot!(shop.text("customer show ADA -o ndjson"), @r#"{"id":"ADA","name":"Ada Ltd","email":"ada@example.org","street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null,"owes":[],"owed":[],"merged":[]}"#);
}

#[test]
fn the_formats_of_a_change() {
    let shop = Shop::new();
    assert_snapshot!(shop.text("customer create --name Bo"), @r"
    ID      NAME  EMAIL
    C00001  Bo
    ");
    assert_snapshot!(shop.text("customer create -o json"), @r#"{"command":"customer create","status":"done","operation":3,"created":["C00002"],"result":{"customer":{"id":"C00002","name":"C00002","email":null,"street":null,"postcode":null,"city":null,"country":null,"tax_id":null,"language":null,"buyer_reference":null,"merged_into":null}},"warnings":[]}"#);
    assert_snapshot!(shop.text("customer create -o ids"), @"C00003");
    assert_snapshot!(shop.text("customer edit C1 --name Bo -o ids"), @r"
    C00001
    [stderr]
    unchanged: it was so already
    ");
    assert_snapshot!(shop.text("customer create -o csv -q").replace('\r', ""), @r#"
    command,status,operation,created,result,warnings
    customer create,done,5,"[""C00004""]","{""customer"":{""id"":""C00004"",""name"":""C00004"",""email"":null,""street"":null,""postcode"":null,""city"":null,""country"":null,""tax_id"":null,""language"":null,""buyer_reference"":null,""merged_into"":null}}",[]
    "#);
    assert_snapshot!(shop.text("customer create --dry-run -v"), @r#"
    ID      NAME    EMAIL
    C00005  C00005
    [stderr]
    {"command":"customer create"}
    planned: nothing was changed
    "#);
}

#[test]
fn ids_are_what_was_made_or_else_what_it_was_done_to() {
    let shop = Shop::new();
    let ids = |words: &str| {
        let ran = shop.run(&format!("{words} -o ids -q"));
        assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
        ran.stdout
    };
    for (words, told) in [
        ("customer create ADA", "ADA\n"),
        ("product create LAMP --price 40", "LAMP\n"),
        ("team create Support --service refunds --service returns", "Support\n"),
        ("ticket create --team Support --customer ADA --subject x --tag new", "T00001\n"),
        ("ticket close T1", "T00001\n"),
        ("ticket close T1", "T00001\n"),
        ("ticket edit T1 --tag other --tag new", "T00001\n"),
        ("invoice create --customer ADA --line LAMP=2", "D00001\n"),
        ("invoice post D1 --dry-run", "D00001\n"),
        ("invoice post D1", "D00001\n"),
        ("invoice pay D1 --amount 5", "P00001\n"),
        ("team enable-service Support repairs", "Support\n"),
        ("desk edit --company Lamps", "desk\n"),
    ] {
        assert_eq!(ids(words), told, "{words}");
    }
    let ran = shop.run_with("apply -o ids -q", r#"{"command":"ticket reopen","ticket":"T1"}"#);
    assert_eq!(ran.stdout, "T00001\n");
    // What was made by the way is touched.
    let touched = |words: &str| {
        let logged = shop.ok(&format!("log --command '{words}' --newest --limit 1"));
        let mut ids: Vec<String> = serde_json::from_value(logged[0]["touched"].clone()).unwrap();
        ids.sort();
        ids
    };
    assert_eq!(touched("ticket create"), ["T00001", "new"]);
    assert_eq!(touched("team enable-service"), ["Support", "repair"]);
    let installed = shop.done("app install field-service");
    assert_eq!(installed["created"], json!(["field-service"]));
    assert_eq!(touched("app install"), ["field-service", "project", "timesheets"]);
}

#[test]
fn an_empty_list_in_each_format() {
    let shop = Shop::new();
    let stdout = |format: &str| shop.run(&format!("customer list -o {format}")).stdout;
    assert_eq!(stdout("table"), "");
    assert_eq!(stdout("json"), "[]\n");
    assert_eq!(stdout("ndjson"), "");
    assert_eq!(
        stdout("csv"),
        "id,name,email,street,postcode,city,country,tax_id,language,buyer_reference,merged_into\r\n"
    );
    assert_eq!(stdout("ids"), "");
    assert_eq!(shop.run("customer list -o csv --fields name").stdout, "name\r\n");
    assert_eq!(shop.run("customer list --jq length").stdout, "0\n");
    assert_eq!(shop.run("customer list -o ndjson --jq length").stdout, "");
}

#[test]
fn untrusted_text_does_not_steer_a_terminal() {
    let shop = Shop::new();
    shop.done("customer create EVE --name \"Eve\u{1b}[2J\u{202e}\nBo\"");
    assert_snapshot!(shop.text("customer show EVE"), @r"
    id    EVE
    name  Eve\u{1b}[2J\u{202e}\u{a}Bo
    ");
    assert_snapshot!(shop.text("customer list"), @r"
    ID   NAME                         EMAIL
    EVE  Eve\u{1b}[2J\u{202e}\u{a}Bo
    ");
    assert_snapshot!(shop.text("customer show \"\u{1b}[2J\""), @r"
    [stderr]
    error[not_found]: there is no customer \u{1b}[2J
    hint: aftersales customer list
    [exit 11]
    ");
    assert_eq!(shop.ok("customer show EVE")["name"], "Eve\u{1b}[2J\u{202e}\nBo", "data is as it is");
}

#[test]
fn fields_are_selected_in_the_order_asked() {
    let shop = with_customers();
    assert_eq!(shop.run("customer list --fields name,id -o csv").stdout, "name,id\r\nAda Ltd,ADA\r\n'=1+1,C00001\r\n");
    assert_eq!(
        shop.run("customer show ADA --fields email,id -o json").stdout,
        "{\"email\":\"ada@example.org\",\"id\":\"ADA\"}\n"
    );
    assert_snapshot!(shop.text("customer list --fields email,id"), @r"
    EMAIL            ID
    ada@example.org  ADA
                     C00001
    ");
    assert_eq!(shop.run("customer create --fields created -o json").stdout, "{\"created\":[\"C00002\"]}\n");
}

#[test]
fn a_field_of_a_record_is_where_the_answer_of_a_change_has_it() {
    let shop = sample::shop();
    let made = shop.done("invoice create --customer C1 --line LAMP=1");
    let draft = made["created"][0].as_str().unwrap();
    let typed = |words: String| {
        let hint = shop.refused(&words, "usage")["hint"].as_str().unwrap().to_owned();
        shop.run(hint.strip_prefix("aftersales ").unwrap())
    };
    let error = shop.refused(&format!("invoice post {draft} --fields number"), "usage");
    assert!(error["message"].as_str().unwrap().ends_with("; the records of a change are in its result"), "{error}");
    let posted = typed(format!("invoice post {draft} --fields number"));
    let number = shop.ok(&format!("invoice show {draft}"))["number"].clone();
    assert_eq!((posted.code, posted.stdout.trim()), (0, number.as_str().unwrap()), "{}", posted.stderr);
    // Lists of records, and several fields, are found too.
    let refunded = typed("ticket refund T1 --fields=status,id,state --invoice INV/2026/00001 --line 1=1".to_owned());
    assert_eq!(refunded.code, 0, "{}", refunded.stderr);
    assert_eq!(json(&refunded.stdout)["state"], "draft", "{}", refunded.stdout);
    // What is a slip of a field that there is, or of a read, is only told.
    assert!(shop.refused("customer create --fields statsu", "usage")["hint"].is_null());
    assert!(shop.refused("customer list --fields number", "usage")["hint"].is_null());
}

#[test]
fn a_field_that_is_none_is_refused_before_anything_is_printed_or_done() {
    let shop = with_customers();
    let empty = Shop::new();
    for format in ["table", "json", "ndjson", "csv", "ids"] {
        for shop in [&shop, &empty] {
            let ran = shop.run(&format!("customer list --fields id,nmae -o {format}"));
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{format}");
        }
        let ran = shop.run(&format!("customer show ADA --fields nmae -o {format}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{format}");
    }
    let error = shop.refused("customer list --fields id,nmae", "usage");
    assert_eq!((&error["field"], &error["given"]), (&json!("fields"), &json!("nmae")));
    assert_eq!(
        error["allowed"],
        json!([
            "id",
            "name",
            "email",
            "street",
            "postcode",
            "city",
            "country",
            "tax_id",
            "language",
            "buyer_reference",
            "merged_into"
        ])
    );
    shop.refused("customer list --fields ''", "usage");
    shop.refused("customer create --fields id", "usage");
    assert_eq!(shop.run_with("apply --fields id", r#"{"command":"customer create"}"#).code, 2);
    assert_eq!(shop.operations(), 3);
}

#[test]
fn jq_prints_what_an_expression_makes_of_the_json() {
    let shop = with_customers();
    for format in ["", "-o json", "-o csv"] {
        let ran = shop.run(&format!("customer list {format} --jq '.[] | .name, .email'"));
        assert_eq!(ran.stdout, "Ada Ltd\nada@example.org\n=1+1\nnull\n", "{format}");
    }
    assert_eq!(shop.run("customer list -o ndjson --jq '{id}'").stdout, "{\"id\":\"ADA\"}\n{\"id\":\"C00001\"}\n");
    assert_eq!(shop.run("customer show ADA --jq .name").stdout, "Ada Ltd\n");
    assert_eq!(shop.run("customer list --fields id --jq 'map(keys) | add'").stdout, "[\"id\",\"id\"]\n");
    assert_eq!(shop.run("customer list --jq 'now | todate'").stdout, "2026-11-23T10:00:00Z\n");
    assert_eq!(shop.run("customer create --jq .created[0]").stdout, "C00002\n");
    let ran = shop.run_with("apply --jq '.line, .status'", "{\"command\":\"customer create\"}\n{}");
    assert_eq!((ran.code, ran.stdout.as_str()), (3, "1\ndone\n2\nerror\n"));
}

#[test]
fn a_bad_expression_prints_and_does_nothing() {
    let shop = with_customers();
    let empty = Shop::new();
    for shop in [&shop, &empty] {
        for format in ["json", "ndjson", "table"] {
            let ran = shop.run(&format!("customer list -o {format} --jq '.['"));
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{format}");
        }
    }
    // The second record stops it; the first is not printed either.
    let ran = shop.run("customer list -o ndjson --jq '.email | ltrimstr(\"ada\") | if . then . else error end'");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert_eq!(shop.refused("customer list --jq nosuch", "usage")["field"], "jq");
    // A change whose answer cannot be printed is not made.
    shop.refused("customer create --jq '.created | error'", "usage");
    let lines = "{\"command\":\"customer create\"}\n{\"command\":\"customer create\"}";
    let ran = shop.run_with("apply --atomic --jq '.line | if . == 2 then error else . end'", lines);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let ran = shop.run_with("apply --jq '.line | if . == 1 then error else . end'", lines);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(shop.operations(), 3);
    // The lines may come in one group or in two: what was printed is what was done.
    let ran = shop.run_with("apply --jq '.line | if . == 2 then error else . end'", lines);
    assert_eq!(ran.code, 2);
    assert_eq!(shop.operations(), 3 + i64::from(ran.stdout == "1\n"), "{}", ran.stdout);
    assert!(ran.stdout.is_empty() || ran.stdout == "1\n", "{}", ran.stdout);
}

#[test]
fn an_expression_that_fails_tells_little_of_the_data() {
    if is_told_on_files() {
        return;
    }
    let shop = Shop::new();
    let lines: String =
        (0..500).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"Zoë {n}\"}}\n")).collect();
    shop.apply(&lines);
    for expression in [".name", "error", "map(.name) | add | error", ".[0].name | fromjson", "{} * 2 + ."] {
        let error = shop.refused(&format!("customer list --jq '{expression}'"), "usage");
        let told = error["message"].as_str().unwrap().strip_prefix("the expression cannot be used: ").unwrap();
        assert!(told.len() <= 200, "{} bytes of {told}", told.len());
        assert_eq!(error["hint"], json!(null));
    }
}

#[test]
fn no_expression_harms_the_program() {
    if is_told_on_files() {
        return;
    }
    let shop = Shop::new();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deeper = "[".repeat(100_000);
    shop.apply(&json!({"command": "customer create", "id": "DEEP", "name": deep}).to_string());
    let nested = format!("{}.{}", "(".repeat(50_000), ")".repeat(50_000));
    let negated = format!("({}1)", "-".repeat(50_000));
    for (expression, told) in [
        // For ever, without and with something to tell; all memory; the whole stack; values that nobody can print.
        ("def f: f; f", "it does not end within"),
        ("[repeat(1)]", "it "),
        ("def f: [f]; f", "it nests too deep, or needs more than"),
        ("reduce range(1000000) as $i (0; [.])", "it nests too deep, or needs more than"),
        // Whether memory or time is the first to run out here is the machine's speed.
        ("reduce range(64) as $i (\"x\"; . + .)", "it "),
        (".name | fromjson", "the text nests lists and objects more than 1000 deep"),
        (&nested, "it nests too deep, or needs more than"),
        (&negated, "it nests too deep, or needs more than"),
    ] {
        let error = shop.refused(&format!("customer show DEEP --jq '{expression}'"), "usage");
        let message = error["message"].as_str().unwrap();
        let about = expression.get(..60).unwrap_or(expression);
        assert!(message.contains(told), "{about}: {message}");
    }
    // A text of a customer's does not end a script that is ready for it.
    assert_eq!(shop.run("customer show DEEP --jq '.name | (fromjson? // \"none\")'").stdout, "none\n");
    let shallow = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    shop.done(&format!("customer edit DEEP --name '{shallow}'"));
    assert_eq!(shop.run("customer show DEEP --jq '.name | fromjson | flatten[0]'").stdout, "1\n");
    shop.done(&format!("customer edit DEEP --name '{deeper}'"));
    let ran = shop.run("customer show DEEP --jq '.name | try fromjson catch .'");
    assert_eq!(ran.stdout, "the text nests lists and objects more than 1000 deep\n");
    // A change whose answer cannot be printed is not made, nor is any line of a run.
    shop.refused("customer create --jq 'def f: [f]; f'", "usage");
    let ran = shop.run_with("apply --jq 'def f: [f]; f'", "{\"command\":\"customer create\"}\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(shop.ok("customer list --fields id"), json!([{"id": "DEEP"}]));
}

// Errors.

#[test]
fn an_error_says_what_and_then_what_to_type() {
    let shop = Shop::new();
    assert_snapshot!(shop.text("customer show C9"), @r"
    [stderr]
    error[not_found]: there is no customer C9
    hint: aftersales customer list
    [exit 11]
    ");
    assert_eq!(
        shop.run("customer show C9 -o json").stderr,
        "{\"error\":{\"code\":\"not_found\",\"exit\":11,\"message\":\"there is no customer C9\",\"field\":\"customer\",\"given\":\"C9\",\"allowed\":null,\"hint\":\"aftersales customer list\",\"line\":null,\"others\":[]}}\n"
    );
}

#[test]
fn a_call_that_cannot_be_read_is_a_usage_error() {
    let shop = Shop::new();
    for words in [
        "",
        "customer",
        "nosuch",
        "customer nosuch",
        "customer list --nosuch",
        "customer create A B",
        "customer list --limit",
        "customer create --yes=maybe",
        "apply --on-error maybe",
        "--nosuch customer list",
    ] {
        shop.refused(words, "usage");
        let ran = shop.run(words);
        assert!(ran.stderr.starts_with("error[usage]: "), "{words}: {}", ran.stderr);
    }
    assert_snapshot!(shop.text("customer crate --name Bo"), @r"
    [stderr]
    error[usage]: unrecognized subcommand 'crate'; did you mean create?
    hint: aftersales customer create --help
    [exit 2]
    ");
    let mut command = shop.command("customer nosuch");
    command.env("AFTERSALES_OUTPUT", "json");
    assert_eq!(json(&finished(command.spawn().unwrap()).stderr)["error"]["code"], "usage");
}

#[test]
fn what_is_proposed_is_near_and_can_be_typed() {
    let shop = with_customers();
    for (words, told, hint) in [
        ("ticket note T1 --comment x", "unexpected argument '--comment' found", "aftersales ticket note --help"),
        ("product list --rank price", "unexpected argument '--rank' found", "aftersales product list --help"),
        (
            "customer create --nmae Bo",
            "unexpected argument '--nmae' found; did you mean --name?",
            "aftersales customer create --help",
        ),
        (
            "customer list --lmit 3",
            "unexpected argument '--lmit' found; did you mean --limit?",
            "aftersales customer list --help",
        ),
        ("custmer list", "unrecognized subcommand 'custmer'; did you mean customer?", "aftersales customer --help"),
        ("customer nosuch", "unrecognized subcommand 'nosuch'", "aftersales customer --help"),
        ("nosuch", "unrecognized subcommand 'nosuch'", "aftersales --help"),
        ("customer create A B", "unexpected argument 'B' found", "aftersales customer create --help"),
        ("customer show", "customer is needed", "aftersales customer show --help"),
    ] {
        let ran = shop.run(&format!("{words} -o json"));
        let error = &json(&ran.stderr)["error"];
        assert_eq!((&error["message"], &error["hint"]), (&json!(told), &json!(hint)), "{words}");
        assert_eq!(shop.run(hint.strip_prefix("aftersales").unwrap()).code, 0, "{hint}");
    }
    for (line, told, hint) in [
        (r#"{"command":"custmer create"}"#, "; did you mean \"customer create\"?", "aftersales customer create --help"),
        (r#"{"command":"lamp"}"#, "there is no command \"lamp\" that changes anything", "aftersales --help"),
        (
            r#"{"command":"tag create","nme":"x"}"#,
            "tag create has no key nme; did you mean name?",
            "aftersales tag create --help",
        ),
        (
            r#"{"command":"customer create","sku":"x","nmae":"y"}"#,
            "customer create has no key sku; it has id, name, email, street, postcode, city, country, tax_id, language, \
             buyer_reference",
            "aftersales customer create --help",
        ),
    ] {
        let error = shop.applied("", line, 3)[0]["error"].clone();
        assert!(error["message"].as_str().unwrap().ends_with(told), "{error}");
        assert_eq!((&error["hint"], &error["others"]), (&json!(hint), &json!([])));
    }
}

#[test]
fn value_faults_stand_together_in_the_order_of_the_flags() {
    let shop = Shop::new();
    let error = shop.refused("desk edit --lock-date soon --timezone Mars/Base", "invalid_value");
    assert_eq!(error["field"], "timezone");
    assert_eq!(error["others"][0]["field"], "lock_date");
    assert_eq!(error["others"].as_array().unwrap().len(), 1);
}

#[test]
fn help_and_version_are_data() {
    let shop = Shop::without_store();
    let version = shop.run("--version");
    assert_eq!((version.code, version.stdout.as_str()), (0, concat!("aftersales ", env!("CARGO_PKG_VERSION"), "\n")));
    for words in ["--version -v", "-vV", "--verbose --version"] {
        let told = shop.run(words).stdout;
        let engines: Vec<&str> = told.strip_prefix(&version.stdout).unwrap().lines().collect();
        let [format, sqlite, server] = engines[..] else { panic!("{words}: {told}") };
        assert!(format.starts_with("store format: ") && format.contains("(reads 1 to "), "{told}");
        assert!(sqlite.starts_with("sqlite: 3.") && server.starts_with("postgresql: "), "{told}");
    }
    for words in ["--help", "help", "customer --help", "customer create --help", "help customer create", "apply -h"] {
        let ran = shop.run(words);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}");
        assert!(ran.stdout.contains("Usage: aftersales"), "{words}: {}", ran.stdout);
    }
    assert!(shop.run("customer create --help").stdout.contains("Examples:\n  aftersales customer create"));
}

#[test]
fn only_our_own_words_are_coloured_and_nothing_in_a_pipe() {
    let shop = with_customers();
    let colored = |words: &str, variables: &[(&str, &str)]| {
        let mut command = shop.command(words);
        command.envs(variables.iter().copied());
        let Ran { stdout, stderr, .. } = finished(command.spawn().unwrap());
        stdout + &stderr
    };
    assert!(!colored("customer list", &[]).contains('\x1b'));
    assert!(!colored("customer show C9", &[]).contains('\x1b'));
    assert_eq!(
        colored("customer list --id ADA --color always", &[]),
        "\x1b[1mID   NAME     EMAIL\x1b[0m\nADA  Ada Ltd  ada@example.org\n"
    );
    assert_eq!(
        colored("customer show C9 --color always", &[("NO_COLOR", "1")]),
        "\x1b[1;31merror\x1b[0m[not_found]: there is no customer C9\n\x1b[1;36mhint\x1b[0m: aftersales customer list\n"
    );
    assert!(colored("customer show C9", &[("AFTERSALES_COLOR", "always")]).contains('\x1b'));
    assert!(!colored("customer show C9 --color never", &[("AFTERSALES_COLOR", "always")]).contains('\x1b'));
    assert!(!colored("customer list -o json --color always", &[]).contains('\x1b'));
}

// Streams and signals.

#[test]
fn a_reader_that_goes_away_is_told_nothing() {
    let shop = Shop::new();
    let lines: String =
        (0..3_000).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>60}\"}}\n")).collect();
    shop.apply(&lines);
    for words in ["customer list -o ndjson", "customer list", "--help"] {
        let mut child = shop.command(words).spawn().unwrap();
        drop(child.stdout.take());
        let ran = finished(child);
        assert_eq!((ran.code, ran.stderr.as_str()), (141, ""), "{words}");
    }
}

#[test]
fn an_output_that_takes_nothing_is_told() {
    let shop = Shop::new();
    for words in ["customer create", "customer list -o json", "--help"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = shop.command(words);
        let ran = finished(command.stdout(full).spawn().unwrap());
        assert_eq!(ran.code, 43, "{words}");
        assert!(ran.stderr.contains("the output could not be written"), "{}", ran.stderr);
    }
}

#[test]
fn a_signal_ends_a_bulk_run_after_its_group() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let shop = Shop::new();
        let mut child = shop.command("apply -o ndjson").stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdin.write_all(b"{\"command\":\"customer create\"}\n{\"command\":\"cust").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(json(&answer)["status"], "done");
        signalled(&child, signal);
        let ran = finished(child);
        assert_eq!(ran.code, code);
        assert_eq!(json(&ran.stderr)["summary"]["exit"], code);
        assert_eq!(json(&ran.stderr)["summary"]["done"], 1);
        answer.clear();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, "", "nothing but what was done is answered");
        assert_eq!(shop.operations(), 2);
    }
}

#[test]
fn a_signal_ends_an_atomic_run_with_nothing_done() {
    let shop = Shop::new();
    let mut child = shop.command("apply --atomic -o ndjson").stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"command\":\"customer create\"}\n").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    signalled(&child, "INT");
    let ran = finished(child);
    assert_eq!((ran.code, ran.stdout.as_str()), (130, ""));
    assert_eq!(shop.operations(), 1);
    drop(stdin);
}

#[test]
fn a_signal_ends_a_waiting_command_at_once() {
    let shop = Shop::new();
    let _lock = shop.store.locked();
    let child = shop.command("customer create").spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    signalled(&child, "TERM");
    assert_eq!(finished(child).code, 143);
}

fn signalled(child: &std::process::Child, signal: &str) {
    let sent = std::process::Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn closed_streams_are_no_fault() {
    let shop = Shop::new();
    let inner = shop.command("customer create");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "exec \"$@\" <&- >&- 2>&-", "sh"]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    assert_eq!(code_of(command.current_dir(shop.folder()).status().unwrap()), 0);
    assert_eq!(shop.operations(), 2);
}
