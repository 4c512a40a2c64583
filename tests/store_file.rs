//! Stores in files: what a command does with a file that is none, not ours, broken, cut short, full, or not to be written.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::sample;
use crate::store::{all_refused, everything};
use crate::support::{Ran, Shop, fed, finished, json};

/// Writes over the file.
fn overwritten(shop: &Shop, at: u64, bytes: &[u8]) {
    let file = fs::OpenOptions::new().write(true).open(shop.path("desk.db")).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

/// Where the first page of a table begins.
fn page_of(shop: &Shop, table: &str) -> u64 {
    let connection = Connection::open(shop.path("desk.db")).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = $1";
    let root: u32 = connection.query_row(root, [table], |row| row.get(0)).unwrap();
    u64::from(root - 1) * 4096
}

#[test]
fn what_is_not_ours_stays_as_it_is() {
    let text = |shop: &Shop| drop(shop.write("desk.db", "a letter".repeat(100)));
    let folder = |shop: &Shop| fs::create_dir(shop.path("desk.db")).unwrap();
    let short = |shop: &Shop| drop(shop.write("desk.db", "SQLite format 3\0"));
    let foreign = |shop: &Shop| {
        let other = Connection::open(shop.path("desk.db")).unwrap();
        other.execute_batch("CREATE TABLE photo (name TEXT); PRAGMA application_id = 7;").unwrap();
    };
    let makers: [&dyn Fn(&Shop); 4] = [&text, &folder, &short, &foreign];
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
    overwritten(&shop, 16, &[0x12, 0x34]);
    all_refused(&shop, "store_damaged");

    // The page of the schema, behind the header.
    let shop = Shop::new();
    overwritten(&shop, 100, &[0xff; 3000]);
    all_refused(&shop, "store_damaged");
}

#[test]
fn an_overwritten_page_is_told_by_whatever_reads_it() {
    let shop = Shop::new();
    let lines: String =
        (0..2_000).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"customer {n}\"}}\n")).collect();
    shop.apply(&lines);
    // The root is an inner page; the right-most child's number stands 8 bytes into its header.
    let root = page_of(&shop, "customer");
    let page = &fs::read(shop.path("desk.db")).unwrap()[usize::try_from(root).unwrap()..][..4096];
    assert_eq!(page[0], 5, "the table is larger than one page");
    let leaf = u64::from(u32::from_be_bytes(page[8..12].try_into().unwrap()));
    overwritten(&shop, (leaf - 1) * 4096, &[0xa5; 4096]);
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
fn a_torn_page_is_told_and_ends_no_check() {
    let shop = sample::shop();
    shop.abandoned();
    overwritten(&shop, page_of(&shop, "customer"), &[0xff; 100]);
    let ran = shop.run("verify -o json");
    assert_eq!((ran.code, ran.stdout.as_str()), (42, ""));
    let answer = json(&ran.stderr);
    let findings = answer["error"]["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["check"] == "file"), "{answer:#}");
}

#[test]
fn a_table_that_is_gone_is_told_by_name() {
    let shop = sample::shop();
    shop.abandoned();
    let connection = Connection::open(shop.path("desk.db")).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE repair_labour").unwrap();
    drop(connection);
    let error = shop.refused("verify", "store_damaged");
    assert_eq!(error["findings"][0]["message"], "the table repair_labour is gone", "{error:#}");
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
fn init_makes_a_store_for_its_owner_alone() {
    let shop = Shop::without_store();
    assert_eq!(shop.ok("init --dry-run --store deep/in/desk.db")["status"], "planned");
    assert_eq!(everything(&shop), [], "a dry run makes no folder");
    shop.done("init --store deep/in/desk.db");
    let mode = fs::metadata(shop.path("deep/in/desk.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_export_is_not_written_over_the_store() {
    let shop = Shop::new();
    shop.refused("export desk.db", "invalid_value");
}

#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    let shop = Shop::new();
    let size = fs::metadata(shop.path("desk.db")).unwrap().len();
    // The limit counts blocks of 512 bytes; the shell passes it on to the program.
    let script = format!("ulimit -f {}; exec \"$@\"", size / 512 + 20);
    let inner = shop.command("apply -o ndjson");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    command.current_dir(shop.folder()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let lines: String =
        (0..900).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>900}\"}}\n")).collect();
    let ran = fed(command, lines.as_bytes());
    assert_eq!(ran.code, 43, "{}", ran.stderr);
    assert!(ran.stderr.contains("\"code\":\"store_full\""), "{}", ran.stderr);
    let answered = ran.stdout.lines().count();
    assert!(answered < 900);
    assert_eq!(shop.ok("customer list").as_array().unwrap().len(), answered, "what is answered is done, and no more");
    shop.done("customer create");
}
