//! Stores: what a command does with a file that is none, not ours, newer, broken, busy, or not to be written.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ran, Shop, finished, store};

/// Commands that read, change, and read and change many.
const COMMANDS: [&str; 3] = ["customer list", "customer create", "apply lines.ndjson"];

/// Every command is refused with `code`, and neither the store nor anything beside it changes.
fn all_refused(shop: &Shop, code: &str) {
    shop.abandoned();
    shop.write("lines.ndjson", "{\"command\":\"customer create\"}\n");
    let before = everything(shop);
    for words in COMMANDS {
        shop.refused(words, code);
        assert_eq!(before, everything(shop), "{words}");
    }
}

/// All files of the shop's folder, with their bytes.
fn everything(shop: &Shop) -> Vec<(String, Option<Vec<u8>>)> {
    let mut files: Vec<_> = fs::read_dir(shop.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).ok()))
        .collect();
    files.sort();
    files
}

fn header(shop: &Shop, at: u64, bytes: &[u8]) {
    let file = fs::OpenOptions::new().write(true).open(shop.path("desk.db")).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

#[test]
fn no_command_makes_a_store_but_init() {
    let shop = Shop::without_store();
    all_refused(&shop, "store_missing");
    let error = shop.refused("customer list", "store_missing");
    let hint = error["hint"].as_str().unwrap().to_owned();
    assert_eq!(hint, format!("aftersales init --store {}", shop.path("desk.db").display()));
    assert_eq!(shop.run(hint.strip_prefix("aftersales ").unwrap()).code, 0, "the hint can be typed");
    shop.done("customer create");
}

#[test]
fn what_is_not_ours_stays_as_it_is() {
    let text = |shop: &Shop| drop(shop.write("desk.db", "a letter".repeat(100)));
    let folder = |shop: &Shop| fs::create_dir(shop.path("desk.db")).unwrap();
    let short = |shop: &Shop| drop(shop.write("desk.db", "SQLite format 3\0"));
    let foreign = |shop: &Shop| {
        let other = rusqlite::Connection::open(shop.path("desk.db")).unwrap();
        other.execute_batch("CREATE TABLE photo (name TEXT); PRAGMA application_id = 7;").unwrap();
    };
    let nobodys = |shop: &Shop| {
        let other = rusqlite::Connection::open(shop.path("desk.db")).unwrap();
        other.execute_batch("CREATE TABLE customer (id TEXT);").unwrap();
    };
    let makers: [&dyn Fn(&Shop); 5] = [&text, &folder, &short, &foreign, &nobodys];
    for make in makers {
        let shop = Shop::without_store();
        make(&shop);
        all_refused(&shop, "store_foreign");
        let before = everything(&shop);
        shop.refused("init", "store_foreign");
        assert_eq!(before, everything(&shop));
    }
}

#[test]
fn an_empty_file_is_no_store_until_init_makes_it_one() {
    let shop = Shop::without_store();
    shop.write("desk.db", "");
    all_refused(&shop, "store_foreign");
    shop.done("init");
    shop.done("customer create");
}

#[test]
fn init_follows_a_link_to_where_no_store_is_yet() {
    let shop = Shop::without_store();
    std::os::unix::fs::symlink("elsewhere.db", shop.path("desk.db")).unwrap();
    shop.refused("customer list", "store_missing");
    shop.done("init");
    assert!(shop.path("elsewhere.db").is_file() && shop.path("desk.db").is_symlink());
    shop.done("customer create");
}

#[test]
fn a_newer_store_is_left_alone() {
    let shop = Shop::new();
    header(&shop, 60, &99_u32.to_be_bytes());
    all_refused(&shop, "store_newer");
    shop.refused("init", "store_newer");
}

#[test]
fn a_damaged_store_is_told_and_left_alone() {
    // Cut short: pages that the header counts are missing.
    let shop = Shop::new();
    let whole = fs::read(shop.path("desk.db")).unwrap();
    shop.write("desk.db", &whole[..whole.len() / 2]);
    all_refused(&shop, "store_damaged");
    shop.write("desk.db", &whole[..whole.len() - 1]);
    all_refused(&shop, "store_damaged");

    // A header that contradicts itself.
    let shop = Shop::new();
    header(&shop, 16, &[0x12, 0x34]);
    all_refused(&shop, "store_damaged");

    // The page of the schema, behind the header.
    let shop = Shop::new();
    header(&shop, 100, &[0xff; 3000]);
    all_refused(&shop, "store_damaged");
}

#[test]
fn an_overwritten_page_is_told_by_whatever_reads_it() {
    let shop = Shop::new();
    let lines: String =
        (0..2_000).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"customer {n}\"}}\n")).collect();
    shop.apply(&lines);
    let leaf = store::last_page(shop.folder(), "customer");
    header(&shop, (leaf - 1) * 4096, &[0xa5; 4096]);
    shop.abandoned();
    let before = everything(&shop);
    for format in ["table", "json", "ndjson", "csv", "ids"] {
        let ran = shop.run(&format!("customer list -o {format}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (42, ""), "{format}: nothing of a list that breaks off is printed");
    }
    shop.refused("customer edit C2000 --name Bo", "store_damaged");
    assert_eq!(before, everything(&shop));
}

#[test]
fn a_store_that_may_not_be_written_can_be_read() {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    fs::set_permissions(shop.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(shop.path("desk.db"), fs::Permissions::from_mode(0o444)).unwrap();
    let before = everything(&shop);
    for folder in [0o755, 0o555] {
        fs::set_permissions(shop.folder(), fs::Permissions::from_mode(folder)).unwrap();
        let listed = as_nobody(&shop, "customer list -o ids");
        assert_eq!((listed.code, listed.stdout.as_str()), (0, "C00001\n"), "{}", listed.stderr);
        for words in ["customer create", "customer edit C1 --name Bo"] {
            let ran = as_nobody(&shop, words);
            assert_eq!((ran.code, ran.stdout.as_str()), (43, ""), "{words}");
            assert!(ran.stderr.starts_with("error[store_read_only]: "), "{}", ran.stderr);
        }
        assert_eq!(before, everything(&shop));
    }
    let ran = as_nobody(&shop, "init --store new.db");
    assert!(ran.stderr.starts_with("error[store_read_only]: ") && ran.code == 43, "{}", ran.stderr);
    fs::set_permissions(shop.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(shop.path("desk.db"), fs::Permissions::from_mode(0o644)).unwrap();
}

/// Runs the program as somebody to whom permissions apply, since root is asked for none; from a place that anybody can reach.
fn as_nobody(shop: &Shop, words: &str) -> Ran {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id != b"0\n" {
        return shop.run(words);
    }
    let program = tempfile::tempdir().unwrap();
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = program.path().join("aftersales");
    let usual = shop.command(words);
    fs::copy(usual.get_program(), &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(usual.get_args()).env_clear().current_dir(shop.folder()).uid(65_534).gid(65_534);
    for (name, value) in usual.get_envs() {
        command.env(name, value.unwrap());
    }
    finished(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[test]
fn a_store_that_stays_busy_is_told_after_ten_seconds() {
    let shop = Shop::new();
    let lock = store::locked(shop.folder());
    let began = Instant::now();
    assert_eq!(shop.ok("customer list"), serde_json::json!([]), "who reads does not wait");
    assert!(began.elapsed() < Duration::from_secs(5));
    let ran = shop.run("customer create -o json");
    assert_eq!((ran.code, ran.stdout.as_str()), (30, ""));
    assert!(ran.stderr.contains("\"code\":\"store_busy\""), "{}", ran.stderr);
    assert!(began.elapsed() > Duration::from_secs(10));
    drop(lock);
    shop.done("customer create");
}

#[test]
fn a_writer_waits_for_the_other() {
    let shop = Shop::new();
    let lock = store::locked(shop.folder());
    let waiting = shop.command("customer create").spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(lock);
    assert_eq!(finished(waiting).code, 0);
}

#[test]
fn an_init_that_is_killed_leaves_nothing_half_made() {
    // Wherever the end comes, there is no store or a whole one.
    let mut made = 0;
    for delay in 0..30 {
        let shop = Shop::without_store();
        let mut child = shop.command("init -q").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay * 3));
        child.kill().unwrap();
        child.wait().unwrap();
        if shop.path("desk.db").exists() {
            made += 1;
            shop.unchanged("init");
        } else {
            shop.done("init");
        }
        shop.done("customer create");
    }
    assert!(made < 30, "no init was ended early");
}

#[test]
fn of_two_inits_one_makes_the_store() {
    let shop = Shop::without_store();
    let inits: Vec<_> = (0..6).map(|_| shop.command("init -o json").spawn().unwrap()).collect();
    let mut words: Vec<String> = inits
        .into_iter()
        .map(finished)
        .map(|ran| crate::support::json(&ran.stdout)["status"].as_str().unwrap().to_owned())
        .collect();
    words.sort();
    assert_eq!(words, ["done", "unchanged", "unchanged", "unchanged", "unchanged", "unchanged"]);
    assert_eq!(everything(&shop).len(), 1, "nothing is left beside it");
}

#[test]
fn init_makes_a_store_for_its_owner_alone() {
    let shop = Shop::without_store();
    let planned = shop.ok("init --dry-run --store deep/in/desk.db");
    assert_eq!(planned["status"], "planned");
    assert_eq!(everything(&shop), [], "a dry run makes no file");
    for words in ["--currency XXY", "--timezone Mars/Base", "--plan free"] {
        shop.refused(&format!("init {words}"), "invalid_value");
    }
    shop.refused("init --fields nosuch", "usage");
    shop.refused("init --jq '.status | error'", "usage");
    assert_eq!(everything(&shop), []);

    shop.done("init --store deep/in/desk.db --currency GBP --company 'Ada Ltd' --timezone Europe/London");
    let mode = fs::metadata(shop.path("deep/in/desk.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = shop.ok("init --store deep/in/desk.db --currency EUR");
    assert_eq!((&again["status"], &again["operation"]), (&"unchanged".into(), &serde_json::Value::Null));
    assert_eq!(again["result"]["desk"]["currency"], "GBP");
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let shop = Shop::new();
    let children: Vec<_> = (0..8)
        .map(|n| shop.command(&format!("customer create --name {n} --key {n} -o json")).spawn().unwrap())
        .collect();
    for child in children {
        assert_eq!(finished(child).code, 0);
    }
    let ids: Vec<_> = shop.run("customer list -o ids").stdout.lines().map(str::to_owned).collect();
    let expected: Vec<_> = (1..=8).map(|n| format!("C{n:05}")).collect();
    assert_eq!(ids, expected, "numbers without a gap, in order of creation");
}
