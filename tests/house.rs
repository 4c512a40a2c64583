//! The house rules that a reader could check by walking through it: what imports what, where SQL and clocks stand, which
//! error codes there are, that every example can be typed, and that records have the keys that are told of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aftersales::command::{Action, COMMANDS};
use aftersales::domain::code::{CODES, WARNINGS};

use crate::sample;
use crate::support::portal::Portal;
use crate::support::{is_told_on_files, split};

/// The source files, by their path from `src`, with their text.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push(path),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let rust = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.map(|path| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    })
    .collect()
}

/// The program's own lines of a file: no comments, and nothing of its tests.
fn code_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| *line != "#[cfg(test)]").filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "{name}");
    }
}

/// The stories that one engine alone has: those of files, those of servers, and what an engine has no part in, such as pages that are
/// printed, settings and hints.
const OF_ONE_ENGINE: [&str; 20] = [
    "attack",
    "backup",
    "browser",
    "completion",
    "config",
    "documents",
    "einvoice",
    "explain",
    "faults",
    "hints",
    "outage",
    "print",
    "schema",
    "server",
    "size",
    "store_file",
    "table",
    "templates",
    "trips",
    "ways_in",
];

#[test]
fn every_story_is_run_on_both_engines() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let listed = |root: &str| -> BTreeSet<String> {
        let root = std::fs::read_to_string(tests.join(root)).unwrap();
        root.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect()
    };
    let (on_files, on_servers) = (listed("main.rs"), listed("postgres.rs"));
    let of_one: Vec<&str> = on_files.symmetric_difference(&on_servers).map(String::as_str).collect();
    assert_eq!(of_one, OF_ONE_ENGINE);

    for entry in std::fs::read_dir(&tests).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".rs") else { continue };
        let is_run = ["main", "postgres"].contains(&stem) || on_files.contains(stem) || on_servers.contains(stem);
        assert!(is_run, "tests/{name} is a module of neither main.rs nor postgres.rs");
    }
}

#[test]
fn imports_run_one_way() {
    let may_use = |layer: &str| -> &[&str] {
        match layer {
            "main" | "lib" => &["cli", "portal", "command", "procedure", "print", "domain", "store", "output"],
            "cli" => &["portal", "command", "procedure", "print", "domain", "store", "output"],
            "portal" => &["command", "procedure", "print", "domain", "store", "output"],
            "command" => &["procedure", "print", "domain", "store", "output"],
            "procedure" => &["print", "domain", "store", "output"],
            "print" => &["domain", "output"],
            "store" => &["domain"],
            "domain" | "output" => &[],
            other => panic!("{other} is no layer of the house"),
        }
    };
    let layers = ["cli", "portal", "command", "procedure", "print", "domain", "store", "output"];
    for (name, text) in sources() {
        let layer = name.split(['/', '.']).next().unwrap();
        for line in code_of(&text) {
            for used in line.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let known = !layers.contains(&used) || used == layer || may_use(layer).contains(&used);
                assert!(known, "src/{name} uses {used}: {line}");
            }
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    for (name, text) in sources().into_iter().filter(|(name, _)| !name.starts_with("store")) {
        for line in code_of(&text) {
            for word in
                ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA ", "BEGIN IMMEDIATE"]
            {
                assert!(!line.contains(word), "src/{name}: {line}");
            }
        }
    }
}

/// A second place that began or kept a transaction would have rights, keys, dry runs and the log to think of again.
#[test]
fn changes_take_one_road() {
    let road = ["command/pipeline/session.rs", "command/pipeline/group.rs"];
    let of_the_road = |name: &str| {
        road.contains(&name) || name.starts_with("store") || ["command/verify.rs", "command/doctor.rs"].contains(&name)
    };
    for (name, text) in sources().into_iter().filter(|(name, _)| !of_the_road(name)) {
        for line in code_of(&text) {
            for word in ["begin_write(", "begin_read(", ".commit()", ".rollback()", "NewOperation", "keep_outcome("] {
                assert!(!line.contains(word), "src/{name}: {line}");
            }
        }
    }
}

#[test]
fn only_main_touches_the_outside() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name != "main.rs") {
        for line in code_of(&text) {
            for word in [
                "Utc::now",
                "Local::now",
                "SystemTime",
                "env::var",
                "env::args",
                "println!",
                "io::stdin",
                "io::stdout",
                "process::exit",
            ] {
                assert!(!line.contains(word), "src/{name}: {line}");
            }
        }
    }
}

// Error codes.

/// The texts between quotes in some lines of code.
fn quoted<'t>(lines: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    let is_code = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(is_code).map(str::to_owned).collect()
}

#[test]
fn the_codes_that_refusals_give_are_the_codes_there_are() {
    let known: BTreeSet<String> = CODES.iter().map(|(code, ..)| (*code).to_owned()).collect();
    assert_eq!(known.len(), CODES.len(), "each code stands once");
    let mut used = BTreeSet::new();
    for (name, text) in sources() {
        // What stands between `fn code(` and the end of that function.
        let lines: Vec<&str> = code_of(&text).collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("fn code(&self)")) {
            let indent = line.len() - line.trim_start().len();
            let ends = |line: &&&str| line.trim() == "}" && line.len() == indent + 1;
            let length = lines[at..].iter().position(|line| ends(&line)).unwrap_or(0);
            for code in quoted(lines[at..=at + length].iter().copied()) {
                assert!(known.contains(&code), "src/{name} refuses with {code}, which is no code");
            }
        }
        if !name.starts_with("domain/code") {
            used.extend(quoted(lines.into_iter()));
        }
    }
    let unused: Vec<&String> = known.difference(&used).filter(|code| !NOT_YET.contains(&code.as_str())).collect();
    assert_eq!(unused, Vec::<&String>::new(), "codes that nothing refuses with");
}

#[test]
fn the_codes_that_warn_are_told() {
    let errors = CODES.iter().map(|(code, ..)| *code);
    let known: BTreeSet<&str> = errors.chain(WARNINGS.iter().map(|(code, _)| *code)).collect();
    let mut used = BTreeSet::new();
    for (name, text) in sources() {
        let code: Vec<&str> = code_of(&text).collect();
        let code = code.join(" ");
        for said in ["cx.warn(", "Warning { code:"] {
            for rest in code.split(said).skip(1) {
                // A code that is not written out is that of a refusal.
                let Some((word, _)) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
                    continue;
                };
                assert!(known.contains(word), "src/{name} warns with {word}, which is not told");
                used.insert(word.to_owned());
            }
        }
    }
    let unused: Vec<&&str> = WARNINGS.iter().map(|(code, _)| code).filter(|code| !used.contains(**code)).collect();
    assert_eq!(unused, Vec::<&&str>::new(), "codes that nothing warns with");
}

/// Codes whose services are not built.
const NOT_YET: &[&str] = &[
    "ambiguous",
    "app_missing",
    "coupon_already_applied",
    "coupon_better_applied",
    "coupon_cancelled",
    "coupon_expired",
    "coupon_minimum_amount",
    "coupon_minimum_quantity",
    "coupon_nothing_to_discount",
    "coupon_other_customer",
    "coupon_unknown",
    "coupon_usage_limit",
    "coupon_used",
    "email_missing",
    "lines_failed",
    "outcome_unknown",
    "worksheet_incomplete",
];

// Hints.

/// The texts between quotes in a piece of code.
fn texts(code: &str) -> impl Iterator<Item = &str> {
    code.split('"').skip(1).step_by(2)
}

#[test]
fn a_hint_is_one_command_and_nothing_around_it() {
    let mut seen = 0;
    for (name, text) in sources() {
        let lines: Vec<&str> = code_of(&text).collect();
        let mut hints: Vec<&str> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if line.contains("fn hint(&self)") {
                let indent = line.len() - line.trim_start().len();
                let ends = |line: &&str| line.trim() == "}" && line.len() == indent + 1;
                let length = lines[at..].iter().position(ends).unwrap_or(0);
                hints.extend(lines[at..=at + length].iter().flat_map(|line| texts(line)));
            } else if ["hint: ", "let hint", "hint = ", "hint.get_or_insert"].iter().any(|said| line.contains(said)) {
                hints.extend(texts(line));
            }
            // The demo prints what a shell does with streams as well.
            if line.contains("format!(\"aftersales ") && name != "cli/demo.rs" {
                hints.extend(texts(line).filter(|text| text.starts_with("aftersales ")));
            }
        }
        // A word alone is a value, and what begins with a blank or dashes the end of a command.
        for hint in hints.into_iter().filter(|hint| hint.contains(' ') && !hint.starts_with([' ', '-'])) {
            let hint = hint.split("\\n").next().unwrap_or(hint);
            assert!(hint.starts_with("aftersales"), "src/{name}: {hint}");
            let is_prose = |word: &str| word.chars().any(|c| c.is_uppercase()) || word.ends_with([',', ';', ':', '.']);
            assert!(!hint.split(' ').any(is_prose), "src/{name}: a placeholder or a sentence: {hint}");
            seen += 1;
        }
    }
    assert!(seen > 50, "hints are where they were looked for");
}

#[test]
fn errors_are_told_apart_by_their_kind() {
    if is_told_on_files() {
        return;
    }
    for (name, text) in sources().into_iter().filter(|(name, _)| !name.starts_with("domain/code")) {
        for line in code_of(&text) {
            for word in [".exit(), ", ".code == \"", ".code != \"", "fault.exit ==", ".contains(&error.fault().code)"] {
                assert!(!line.contains(word) || OF_ONE_LINE.contains(&line.trim()), "src/{name}: {line}");
            }
        }
    }
}

/// Where a fault of a value is not yet an error, and has no kind.
const OF_ONE_LINE: &[&str] =
    &["let missing = fault.field.clone().filter(|_| fault.code == \"missing_field\" && at.is_none());"];

// Help.

#[test]
fn every_example_of_the_help_can_be_typed() {
    if is_told_on_files() {
        return;
    }
    let shop = sample::rich();
    // Texts that the examples read, as whoever types them would have.
    for (name, text) in FILES {
        shop.write(name, text);
    }
    shop.write("sheet.toml", shop.run("import sheet.csv --suggest-map").stdout);
    let (saved, operations) = (shop.store.saved(), shop.operations());
    let mut wrong = Vec::new();
    let help = shop.run("--help").stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let listed: Vec<&str> = listed.map(|line| line.split_whitespace().next().unwrap()).collect();
    let is_noun = |name: &str| COMMANDS.iter().any(|entry| entry.name.starts_with(&format!("{name} ")));
    let alone = listed.into_iter().filter(|name| !is_noun(name) && *name != "help");
    // The nouns whose verbs open stores, or print, in a way of their own.
    let alone = alone.map(|name| match name {
        "store" => "store copy",
        "ledger" => "ledger export",
        "templates" => "templates export",
        "config" => "config list",
        name => name,
    });
    let more = ["config get", "config set", "config path", "config validate", "config example", "help"];
    for name in COMMANDS.iter().map(|entry| entry.name).chain(alone).chain(more) {
        let help = shop.run(&format!("{name} --help")).stdout;
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name} has no examples"));
        // A server keeps its stores in ways of its own, and the program says so.
        if shop.store.address().starts_with("postgres") && ["backup", "restore"].contains(&name) {
            continue;
        }
        for example in examples.lines() {
            // What a shell does with streams is not the program's.
            let typed =
                [" < ", " | ", " > "].iter().fold(example.trim(), |typed, end| typed.split(end).next().unwrap());
            // Nobody is there.
            let words = split(&typed.replace("db.example.org", "127.0.0.1:9"));
            assert_eq!(
                words[0], "aftersales",
                "{name}: an example that is wrapped, having more than 98 characters: {example}"
            );
            if name == "serve" {
                // It goes on until it is told to end, and a place to listen at may be another's.
                let flags = typed.replace("aftersales serve", "").replace("--listen 127.0.0.1:8090", "");
                drop(Portal::start(&shop, &flags));
                continue;
            }
            let mut command = shop.command("");
            command.args(&words[1..]).env("AFTERSALES_YES", "1");
            let read = example.split_once(" < ").and_then(|(_, file)| FILES.iter().find(|(name, _)| *name == file));
            let ran = crate::support::fed(command, read.map_or("", |(_, text)| text).as_bytes());
            if [1, 2, 10].contains(&ran.code) && !OF_ANOTHER_SHOP.contains(&example.trim()) {
                wrong.push(format!("{example}\n{}", ran.stderr));
            }
            // Each is typed into the shop as it was.
            if shop.operations() != operations {
                shop.store.restored(&saved);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that examples name.
const FILES: &[(&str, &str)] = &[
    ("call.txt", "They called.\n"),
    ("summary.txt", "It was the bulb.\n"),
    (
        "recall.ndjson",
        "{\"ticket\":\"T00001\",\"command\":\"ticket refund\",\"invoice\":\"INV/2026/00001\",\"amount\":\"1.00\"}\n",
    ),
    ("recall.csv", "ticket,invoice,amount\nT00001,INV/2026/00001,1.00\n"),
    ("orders.csv", include_str!("../fixtures/ways-in/shop-orders.csv")),
    ("sheet.csv", include_str!("../fixtures/ways-in/sheet-de.csv")),
    ("records.ndjson", "{\"record\":\"customer\",\"id\":\"C00009\",\"name\":\"Cleo\"}\n"),
    ("customers.csv", "id,name\r\nC00009,Cleo\r\n"),
];

/// Examples of what is not in the sample shop, or on this machine: a credit note that is open, money that went out, a second part, a
/// worksheet with other fields, a folder, and what a shell puts in their place.
const OF_ANOTHER_SHOP: &[&str] = &[
    "aftersales credit-note pay RINV/2026/00001 --amount 20.00 --reference 'Bank 17'",
    "aftersales credit-note match RINV/2026/00001 --with P00001 --amount 5.00",
    "aftersales repair edit-part WH/RO/00001 2 --kind recycle",
    "aftersales worksheet fill FS00001 --value leak=no --value photo=boiler.jpg",
    "aftersales backup /backups/desk.db --yes -q",
    "aftersales verify --head \"$(tail -n 1 heads.txt)\"",
];

// Records.

#[test]
fn records_have_the_keys_that_are_told_of_them() {
    if is_told_on_files() {
        return;
    }
    let shop = sample::rich();
    for entry in COMMANDS.iter() {
        let Action::Read { kind, many: true, fields, .. } = &entry.action else { continue };
        // The story is of one customer.
        let words = if *kind == "happened" { "customer timeline C00001" } else { entry.name };
        let records = shop.ok(words);
        let records = records.as_array().unwrap();
        assert!(!records.is_empty(), "the sample shop has no {kind}");
        for record in records {
            let keys: Vec<&String> = record.as_object().unwrap().keys().collect();
            assert_eq!(keys, fields(), "{}", entry.name);
            let show = format!("{} show", entry.name.trim_end_matches(" list"));
            if aftersales::command::entry(&show).is_some() {
                let id = record["id"].as_str().unwrap();
                let shown = shop.ok(&format!("{show} '{id}'"));
                let shown: Vec<&String> = shown.as_object().unwrap().keys().take(keys.len()).collect();
                assert_eq!(shown, keys, "{show} begins with the keys of the list");
            }
        }
    }
}

// The map and the page for those who add to the house.

/// What stands between single backticks in a page, and what it links to as `[path]`.
fn named(text: &str) -> (Vec<&str>, Vec<&str>) {
    let quoted = text.split('`').skip(1).step_by(2).collect();
    let linked = text.split('[').skip(1).filter_map(|rest| rest.split_once(']').map(|(path, _)| path)).collect();
    (quoted, linked)
}

#[test]
fn the_map_names_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let (quoted, linked) = named(&map);
    let layers = ["cli", "portal", "command", "procedure", "domain", "store", "output"];
    for path in linked.iter().map(|path| path.trim_matches('`')).filter(|path| !path.contains(' ')) {
        if layers.contains(&path.split("::").next().unwrap()) {
            let found = format!("src/{}", path.trim_end_matches("::run").replace("::", "/"));
            assert!(root.join(format!("{found}.rs")).is_file(), "the map tells of {path}");
        }
    }
    for path in quoted.iter().filter(|word| !word.contains(' ') && (word.contains('/') || word.ends_with(".rs"))) {
        assert!(root.join("src").join(path).exists(), "the map tells of {path}");
    }
    for layer in layers {
        assert!(map.contains(&format!("//! - [`{layer}`]: ")), "the map leaves {layer} out");
    }
}

#[test]
fn the_page_for_contributors_names_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    // The service and the print that the page adds are not there.
    let prose = page.split("```").step_by(2).collect::<String>();
    for word in named(&prose).0 {
        let is_path = ["src/", "tests/", "fixtures/"].iter().any(|folder| word.starts_with(folder));
        if is_path
            && !word.contains(['<', '…', ' '])
            && !word.contains("lend")
            && !word.contains("packing")
            && !word.contains("-2.")
        {
            assert!(root.join(word).exists(), "CONTRIBUTING.md tells of {word}");
        }
    }
    for example in page.lines().filter_map(|line| line.trim().strip_prefix("cargo test --test postgres -- --exact ")) {
        let (module, story) = example.split_once("::").unwrap();
        let stories = std::fs::read_to_string(root.join(format!("tests/{module}.rs"))).unwrap();
        assert!(stories.contains(&format!("fn {story}()")), "there is no story {example}");
    }
}

#[test]
fn a_word_for_a_value_stands_for_one_type() {
    for word in ["Told", "Held", "Given", "Named"] {
        let mut types = Vec::new();
        for (name, text) in sources() {
            for line in code_of(&text) {
                let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                let is_type = words.any(|before| ["struct", "enum", "trait", "type"].contains(&before));
                if is_type && words.next() == Some(word) {
                    types.push(name.clone());
                }
            }
        }
        assert!(types.len() <= 1, "{word} is a type in each of {types:?}");
    }
}
