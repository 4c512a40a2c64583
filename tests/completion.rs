//! Completion in shells, and what comes along with the program: scripts, and manual pages, which are as it prints them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sample;
use crate::support::{Ran, Shop, finished};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The candidates of a line, as fish is told them: value and a few words.
fn candidates(shop: &Shop, words: &str) -> Vec<(String, String)> {
    candidates_with(shop, words, &[])
}

fn candidates_with(shop: &Shop, words: &str, variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut command = shop.command("");
    // The last blank stands for a word that is not begun.
    command.arg("--").arg("aftersales").args(words.split(' ')).env("AFTERSALES_COMPLETE", "fish");
    command.envs(variables.iter().copied());
    let Ran { stdout, stderr, code } = finished(command.spawn().unwrap());
    assert_eq!((code, stderr.as_str()), (0, ""), "{words}: a shell has no place for messages");
    let line = |line: &str| line.split_once('\t').map(|(value, about)| (value.to_owned(), about.to_owned()));
    stdout.lines().map(|text| line(text).unwrap_or_else(|| panic!("{text:?}"))).collect()
}

fn values(shop: &Shop, words: &str) -> Vec<String> {
    candidates(shop, words).into_iter().map(|(value, _)| value).collect()
}

// What is offered.

#[test]
fn commands_and_flags_are_offered() {
    let shop = Shop::without_store();
    assert_eq!(values(&shop, "ticket ref"), ["refund"]);
    assert!(values(&shop, "").contains(&"doctor".to_owned()));
    let flags = candidates(&shop, "ticket refund --inv");
    assert_eq!(flags[0].0, "--invoice");
    assert!(!flags[0].1.is_empty(), "a flag tells what it is for");
    assert_eq!(values(&shop, "ticket list --priority h"), ["high"]);
    assert_eq!(values(&shop, "ticket list --priority=h"), ["--priority=high"]);
    assert_eq!(values(&shop, "ticket list -o nd"), ["ndjson"]);
    assert_eq!(values(&shop, "ticket list --closed "), ["yes", "no"]);
    assert_eq!(values(&shop, "explain period_l"), ["period_locked"]);
    assert_eq!(values(&shop, "completions z"), ["zsh"]);
    assert_eq!(values(&shop, "help exit"), ["exit-codes"]);
    assert_eq!(values(&shop, "config get smtp.h"), ["smtp.host"]);
}

#[test]
fn ids_are_offered_with_a_few_words() {
    let shop = sample::rich();
    let offered = |words: &str, value: &str| {
        let all = candidates(&shop, words);
        all.iter().find(|(known, _)| known == value).unwrap_or_else(|| panic!("{words}: {all:?}")).1.clone()
    };
    assert_eq!(offered("ticket show ", "T00001"), "Lamp flickers");
    assert_eq!(offered("ticket show T0000", "T00005"), "Everything broke");
    assert_eq!(offered("ticket list --customer C", "C00001"), "Ada Ltd");
    assert_eq!(offered("ticket list --customer=C", "--customer=C00001"), "Ada Ltd");
    assert!(offered("invoice show INV/", "INV/2026/00002").starts_with("posted, C00001, "));
    assert_eq!(offered("invoice show D0000", "D00006").split(',').next(), Some("draft"));
    assert_eq!(offered("coupon-program show So", "Sorry 10"), "coupons");
    assert_eq!(offered("order create --customer C1 --line LA", "LAMP="), "Desk lamp");
    assert_eq!(offered("transfer create --from WH", "WH/Stock"), "internal");
    assert_eq!(offered("task show ", "FS00001").split(',').next(), Some("new"));
    assert_eq!(offered("customer list --as an", "ann"), "Ann");
    // The latest first.
    let tickets = values(&shop, "ticket show T");
    assert!(tickets.len() > 3 && tickets.is_sorted_by(|one, next| one > next), "{tickets:?}");
    assert_eq!(values(&shop, "ticket show X"), Vec::<String>::new());
    // What a new record is called nobody knows.
    assert_eq!(values(&shop, "customer create C"), Vec::<String>::new());
}

#[test]
fn a_form_offers_what_the_ticket_can_take() {
    let shop = sample::shop();
    let invoices = candidates(&shop, "ticket refund T1 --invoice ");
    let invoice =
        invoices.iter().find(|(value, _)| value == "INV/2026/00001").unwrap_or_else(|| panic!("{invoices:?}"));
    assert_eq!(invoice.1, "2026-11-02, 230.32 EUR left");
    // Another customer's invoice is none of them.
    assert!(!invoices.iter().any(|(value, _)| value == "J-1"), "{invoices:?}");
    assert_eq!(values(&shop, "ticket return T1 --delivery WH/OUT/0000"), ["WH/OUT/00001"]);
    assert_eq!(values(&shop, "ticket coupon T1 --program S"), ["Sorry 10"]);
}

#[test]
fn the_line_names_the_store_and_the_user() {
    let shop = sample::shop();
    std::fs::create_dir_all(shop.path(".config/aftersales")).unwrap();
    shop.write(
        ".config/aftersales/config.toml",
        "[aliases]\nr = \"ticket refund\"\n[profiles.empty]\nstore = \"empty.db\"\n",
    );
    assert_eq!(shop.run("init --store empty.db").code, 0);
    assert_eq!(values(&shop, "ticket show --store empty.db T"), Vec::<String>::new());
    assert_eq!(values(&shop, "ticket show --profile em"), Vec::<String>::from(["empty".to_owned()]));
    assert_eq!(values(&shop, "--profile empty ticket show T"), Vec::<String>::new());
    assert_eq!(values(&shop, "r T0"), values(&shop, "ticket refund T0"));
    shop.done("user create root --right admin --yes");
    assert_eq!(values(&shop, "tax show --as ann V"), Vec::<String>::new(), "ann has no right to taxes");
    assert_eq!(values(&shop, "tax show --as root V"), ["VAT20"]);
}

#[test]
fn whatever_is_wrong_is_silent() {
    let shop = Shop::without_store();
    assert_eq!(values(&shop, "ticket show T"), Vec::<String>::new());
    shop.write("note.db", "this is no store");
    assert_eq!(values(&shop, "ticket show --store note.db T"), Vec::<String>::new());
    let closed = [("AFTERSALES_STORE", "postgres://a@127.0.0.1:9/b")];
    assert_eq!(candidates_with(&shop, "ticket show T", &closed), []);
    std::fs::create_dir_all(shop.path(".config/aftersales")).unwrap();
    shop.write(".config/aftersales/config.toml", "not toml");
    assert_eq!(values(&shop, "ticket ref"), ["refund"]);
    assert_eq!(values(&shop, "tikcet show "), Vec::<String>::new());
    for shell in ["csh", "bash", "zsh"] {
        let mut command = shop.command("");
        command.env("AFTERSALES_COMPLETE", shell);
        assert_eq!(finished(command.spawn().unwrap()), Ran { stdout: String::new(), stderr: String::new(), code: 0 });
    }
}

// Real shells.

/// The shell, where it is installed; a skipped test says so.
fn shell(name: &str) -> Option<&str> {
    let is_there = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_there {
        eprintln!("skipped: {name} is not installed");
    }
    is_there.then_some(name)
}

/// Runs a script in a shell in which `aftersales` is the program under test.
#[allow(clippy::disallowed_methods, reason = "a shell needs the programs of the machine")]
fn script(shop: &Shop, shell: &str, arguments: &[&str], script: &str) -> String {
    let program = assert_cmd::cargo::cargo_bin!("aftersales");
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let plain = shop.command("");
    let mut command = Command::new("timeout");
    command.args(["60", shell]).args(arguments).arg("-c").arg(script).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    command.env("TERM", "dumb").current_dir(shop.folder());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ran = finished(command.spawn().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    ran.stdout
}

fn completions(name: &str) -> String {
    root().join("completions").join(name).display().to_string()
}

#[test]
fn bash_completes() {
    let Some(bash) = shell("bash") else { return };
    let shop = sample::shop();
    let complete = |line: &str, words: &[&str]| {
        let said: Vec<String> = words.iter().map(|word| shlex::try_quote(word).unwrap().into_owned()).collect();
        let text = format!(
            "source {}; COMP_LINE={}; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({}); COMP_CWORD={}; _aftersales; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            completions("aftersales.bash"),
            shlex::try_quote(line).unwrap(),
            said.join(" "),
            words.len() - 1
        );
        script(&shop, bash, &["--norc"], &text)
    };
    assert_eq!(complete("aftersales ticket sho", &["aftersales", "ticket", "sho"]), "show\n");
    assert_eq!(complete("aftersales ticket show T", &["aftersales", "ticket", "show", "T"]), "T00001\n");
    assert_eq!(
        complete(
            "aftersales ticket list --customer=C00001",
            &["aftersales", "ticket", "list", "--customer", "=", "C00001"]
        ),
        "C00001\n"
    );
    assert_eq!(
        complete("aftersales coupon-program show So", &["aftersales", "coupon-program", "show", "So"]),
        "Sorry\\ 10\n"
    );
    // And as bash calls it itself.
    let text = format!("source {}; complete -p aftersales", completions("aftersales.bash"));
    assert!(script(&shop, bash, &["--norc"], &text).contains("_aftersales"));
}

#[test]
fn fish_completes() {
    let Some(fish) = shell("fish") else { return };
    let shop = sample::shop();
    let complete = |line: &str| {
        let text = format!("source {}; complete -C'{line}'", completions("aftersales.fish"));
        script(&shop, fish, &["--no-config"], &text)
    };
    assert_eq!(complete("aftersales ticket sho"), "show\tShow a ticket\n");
    assert_eq!(complete("aftersales ticket show T"), "T00001\tLamp flickers\n");
    assert_eq!(complete("aftersales ticket list --customer=C00001"), "--customer=C00001\tAda Ltd\n");
    assert!(complete("aftersales coupon-program show So").contains("coupons"));
}

#[test]
fn zsh_completes() {
    let Some(zsh) = shell("zsh") else { return };
    let shop = sample::shop();
    // What is typed in a terminal, with a tab in it, and what is printed then.
    let typed = |line: &str| {
        let text = format!(
            "zmodload zsh/zpty
             zpty shell {zsh} -f -i
             zpty -w shell 'PS1=; unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; autoload -U compinit; compinit -D -u; source {}; print READY-$((40+2))'
             zpty -r shell said '*READY-42*'
             zpty -w shell $'{line}'
             zpty -w shell 'print DONE-$((40+2))'
             zpty -r shell said '*DONE-42*'
             print -r -- $said",
            completions("_aftersales")
        );
        script(&shop, zsh, &["-f"], &text)
    };
    assert!(
        typed("aftersales ticket sho\\tT1 -o ids").contains("\nT00001"),
        "{}",
        typed("aftersales ticket sho\\tT1 -o ids")
    );
    let told = typed("aftersales ticket show T0\\t-o ids");
    assert!(told.contains("aftersales ticket show T00001"), "{told}");
    let told = typed("aftersales coupon-program show So\\t-o ids");
    assert!(told.contains("Sorry\\ 10"), "{told}");
}

// What comes along.

/// A file of the tree as the program prints it; a run with INSTA_UPDATE=always writes it anew.
#[allow(clippy::disallowed_methods, reason = "it is for who runs the tests")]
fn is_as_printed(shop: &Shop, file: &Path, words: &str) {
    let ran = shop.run(words);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, &ran.stdout).unwrap();
    }
    let held = std::fs::read_to_string(file).unwrap_or_default();
    assert!(held == ran.stdout, "{} is stale: aftersales {words} > {}", file.display(), file.display());
}

#[test]
fn each_shell_gets_its_script_and_others_are_told_which_there_are() {
    let shop = Shop::without_store();
    for (shell, name) in [("bash", "aftersales.bash"), ("zsh", "_aftersales"), ("fish", "aftersales.fish")] {
        let script = shop.run(&format!("completions {shell}")).stdout;
        assert_eq!(script, std::fs::read_to_string(root().join("completions").join(name)).unwrap(), "{shell}");
        assert!(script.contains("AFTERSALES_COMPLETE"), "{script}");
    }
    let ran = shop.run("completions csh");
    assert_eq!((ran.code, ran.stdout.as_str()), (10, ""));
    assert!(ran.stderr.contains("zsh"), "{}", ran.stderr);
}

#[test]
fn the_manual_pages_are_as_the_program_prints_them() {
    let shop = Shop::without_store();
    let help = shop.run("--help").stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let nouns: Vec<&str> = listed.map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(nouns.len() > 40, "{nouns:?}");
    let mut known: Vec<PathBuf> = vec![root().join("man/aftersales.1")];
    is_as_printed(&shop, &known[0], "man");
    for noun in nouns {
        let file = root().join(format!("man/aftersales-{noun}.1"));
        is_as_printed(&shop, &file, &format!("man {noun}"));
        known.push(file);
    }
    for entry in std::fs::read_dir(root().join("man")).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} is a page of nothing", path.display());
    }
}

#[test]
fn a_manual_page_tells_each_verb_and_a_reader_finds_no_fault_with_it() {
    let shop = Shop::without_store();
    let page = shop.run("man ticket").stdout;
    assert!(page.contains("\n.SH \"TICKET REFUND\"\n") && page.contains("\n.SS Examples\n"), "{page}");
    assert!(shop.run("man").stdout.contains("\n.SH \"EXIT CODES\"\n"));
    let ran = shop.run("man tikcet");
    assert_eq!(ran.code, 10);
    assert!(ran.stderr.contains("did you mean ticket?"), "{}", ran.stderr);
    if Command::new("groff").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: groff is not installed");
        return;
    }
    for noun in ["", "ticket", "log", "store"] {
        shop.write("page.1", shop.run(&format!("man {noun}")).stdout);
        let read = Command::new("groff")
            .args(["-k", "-man", "-Tutf8", "-ww", "page.1"])
            .current_dir(shop.folder())
            .output()
            .unwrap();
        let faults = String::from_utf8_lossy(&read.stderr).into_owned();
        let faults: Vec<&str> =
            faults.lines().filter(|line| !line.contains("can't break line") && !line.contains("adjust")).collect();
        assert_eq!(faults, Vec::<&str>::new(), "{noun}");
    }
}

#[test]
fn topics_are_helped_with() {
    let shop = Shop::without_store();
    assert!(shop.run("help exit-codes").stdout.starts_with("Exit codes: "));
    for topic in ["output", "environment", "bulk", "keys"] {
        assert_eq!(shop.run(&format!("help {topic}")).code, 0, "{topic}");
    }
    assert_eq!(shop.run("help ticket refund").stdout, shop.run("ticket refund --help").stdout);
    assert_eq!(shop.run("help").stdout, shop.run("--help").stdout);
    for (words, near) in [("help exit-coeds", "exit-codes"), ("help tikcet", "ticket"), ("help ticket refnd", "refund")]
    {
        let ran = shop.run(words);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(&format!("did you mean {near}?")), "{}", ran.stderr);
    }
}
