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
pub fn as_nobody(shop: &Shop, words: &str) -> Ran {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id != b"0\n" {
        return shop.run(words);
    }
    let program = tempfile::tempdir().unwrap();
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = program.path().join("aftersales");
    let usual = shop.command(words);
    // Copied by a process of its own: a file that this one has open for writing goes along to whatever another story starts
    // meanwhile, and cannot be run until that is over.
    assert!(Command::new("cp").arg(usual.get_program()).arg(&copy).status().unwrap().success());
    let mut command = Command::new(copy);
    command.args(usual.get_args()).env_clear().current_dir(shop.folder()).uid(65_534).gid(65_534);
    for (name, value) in usual.get_envs() {
        command.env(name, value.unwrap());
    }
    finished(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[test]
fn a_file_with_two_names_is_refused_under_both() {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    fs::hard_link(shop.path("desk.db"), shop.path("other.db")).unwrap();
    shop.abandoned();
    for store in ["desk.db", "other.db"] {
        for words in ["customer list", "customer create", "init", "export", "store copy desk.db copy.db"] {
            let error = shop.refused(&format!("{words} --store {store}"), "store_foreign");
            assert!(error["message"].as_str().unwrap().contains("under 2 names"), "{error:#}");
        }
    }
    fs::remove_file(shop.path("desk.db")).unwrap();
    shop.done("customer create --store other.db");
}

#[test]
fn a_link_leads_to_the_store_and_to_its_log() {
    let shop = Shop::new();
    fs::create_dir(shop.path("far")).unwrap();
    std::os::unix::fs::symlink("../desk.db", shop.path("far/link.db")).unwrap();
    let other = Connection::open(shop.path("desk.db")).unwrap();
    other.execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE desk SET company = 'In the log'").unwrap();
    let desk = shop.ok("desk show --store far/link.db");
    assert_eq!(desk["company"], "In the log", "what lies in the log is seen");
    shop.done("customer create --store far/link.db");
    assert_eq!(shop.ok("customer list").as_array().unwrap().len(), 1);
    assert_eq!(fs::read_dir(shop.path("far")).unwrap().count(), 1, "nothing lies beside the link");
}

#[test]
fn a_log_without_its_store_is_not_taken_for_a_new_ones() {
    let shop = Shop::new();
    let other = Connection::open(shop.path("desk.db")).unwrap();
    other.execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE stage SET folded = 0").unwrap();
    shop.abandoned();
    fs::remove_file(shop.path("desk.db")).unwrap();
    let log = fs::read(shop.path("desk.db-wal")).unwrap();
    for words in ["init", "store copy other.db desk.db"] {
        assert_eq!(shop.run("init --store other.db").code, 0);
        let error = shop.refused(words, "store_foreign");
        assert!(error["message"].as_str().unwrap().contains("desk.db-wal is the log"), "{error:#}");
    }
    assert_eq!(fs::read(shop.path("desk.db-wal")).unwrap(), log);
}

#[test]
fn a_store_is_read_where_nothing_can_be_laid_beside_it() {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    for words in ["customer list -o ids", "export", "verify", "log -o json"] {
        let ran = finished(limited(&shop, words, 0).spawn().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}");
        assert_eq!(ran.stdout, shop.run(words).stdout, "{words}");
    }
    let ran = finished(limited(&shop, "customer create", 0).spawn().unwrap());
    assert!(ran.code == 43 && ran.stderr.starts_with("error[store_full]"), "{}", ran.stderr);

    // The same where a writer that was ended has left its log.
    let mut writer = Connection::open(shop.path("desk.db")).unwrap();
    let log = writer.transaction().unwrap();
    log.execute("UPDATE desk SET company = 'In the log'", []).unwrap();
    log.commit().unwrap();
    for file in ["desk.db", "desk.db-wal"] {
        fs::copy(shop.path(file), shop.path(&file.replace("desk", "left"))).unwrap();
    }
    let ran = finished(limited(&shop, "desk show --store left.db -o json", 0).spawn().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(json(&ran.stdout)["company"], "In the log");
    assert_eq!(fs::read(shop.path("left.db-wal")).unwrap(), fs::read(shop.path("desk.db-wal")).unwrap());
}

#[test]
fn a_temporary_folder_that_is_none_is_told_as_that() {
    let shop = Shop::new();
    shop.write("records.ndjson", "{\"record\":\"tag\",\"id\":\"new\"}\n");
    let lines: String =
        (0..4_000).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>1200}\"}}\n")).collect();
    shop.apply(&lines);
    // Input that is read whole, and output that is held back.
    for words in ["import records.ndjson", "customer list"] {
        let ran = finished(shop.command(words).env("TMPDIR", "/no/such/folder").spawn().unwrap());
        assert!(ran.code == 16 && ran.stdout.is_empty(), "{words}: {} {}", ran.code, ran.stderr);
        assert!(
            ran.stderr.starts_with("error[config_invalid]") && ran.stderr.contains("/no/such/folder"),
            "{}",
            ran.stderr
        );
    }
    shop.run("import records.ndjson");
}

#[test]
fn what_a_broken_schema_lacks_is_damage_and_no_fault_of_the_program() {
    for broken in [
        "PRAGMA foreign_keys = OFF; DROP TABLE customer",
        "ALTER TABLE customer RENAME COLUMN email TO mail",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE customer (' WHERE name = 'customer'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 1000000 WHERE name = 'customer'",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = x'ff' WHERE name = 'customer'",
    ] {
        let shop = Shop::new();
        shop.done("customer create --name Ada");
        Connection::open(shop.path("desk.db")).unwrap().execute_batch(broken).unwrap();
        all_refused(&shop, "store_damaged");
        shop.refused("verify", "store_damaged");
    }
}

#[test]
fn an_id_is_one_line_of_text() {
    let shop = Shop::new();
    for record in [
        r#"{"record":"tag","id":"a\u001b[2Jb"}"#,
        r#"{"record":"product","id":"a\tb","name":"Lamp"}"#,
        r#"{"record":"user","id":"a\nb","name":"Ann"}"#,
        r#"{"record":"team","id":"a\u007f"}"#,
        r#"{"record":"location","id":"WH/\u009b","type":"internal"}"#,
    ] {
        let ran = shop.run_with("import -o json", record);
        assert_eq!(json(&ran.stdout)[0]["error"]["code"], "invalid_value", "{record}: {}", ran.stdout);
        assert_eq!(json(&ran.stdout)[0]["error"]["field"], "id", "{record}");
    }
    shop.refused("product create 'a\u{7}b' --name Lamp", "invalid_value");
    // A store that has such an id from before is listed, line by line.
    shop.store.tampered("UPDATE stage SET id = 'a' || char(27) || '[2J' || char(10) || 'b' WHERE id = 'Cancelled'");
    assert!(shop.run("stage list -o ids").stdout.ends_with("\na\\u{1b}[2J\\u{a}b\n"));
    // What is found is that nobody made it so, not what it is.
    let error = shop.refused("verify", "store_damaged");
    assert!(error["findings"].as_array().unwrap().iter().all(|finding| finding["check"] != "values"), "{error:#}");
    shop.abandoned();
}

#[test]
fn what_is_planted_in_the_schema_is_told_and_does_not_run() {
    for (planted, told) in [
        (
            "CREATE TRIGGER acts AFTER INSERT ON customer BEGIN DELETE FROM operation; END",
            "there is a trigger acts that is not the store's",
        ),
        ("CREATE VIEW seen AS SELECT * FROM tag", "there is a view seen that is not the store's"),
        ("CREATE TABLE more (key INTEGER)", "there is a table more that is not the store's"),
        ("CREATE INDEX more ON stage (folded)", "there is an index more that is not the store's"),
        ("ALTER TABLE tag ADD COLUMN spy TEXT", "the table tag is another than it was made"),
        ("DROP INDEX document_number", "the index document_number is gone or not valid"),
        (
            "DROP INDEX sales_order_cart; CREATE UNIQUE INDEX sales_order_cart ON sales_order (customer) WHERE cart = 1",
            "the index sales_order_cart is another than it was made",
        ),
    ] {
        let shop = Shop::new();
        shop.abandoned();
        Connection::open(shop.path("desk.db")).unwrap().execute_batch(planted).unwrap();
        shop.done("customer create");
        assert_eq!(shop.operations(), 2, "{planted}");
        let error = shop.refused("verify", "store_damaged");
        assert_eq!(error["findings"][0]["message"], told, "{error:#}");
    }
}

#[test]
fn a_later_format_in_the_log_is_seen_and_left_alone() {
    let shop = Shop::new();
    shop.abandoned();
    let other = Connection::open(shop.path("desk.db")).unwrap();
    other.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99").unwrap();
    let bytes = || ["desk.db", "desk.db-wal"].map(|file| fs::read(shop.path(file)).unwrap());
    let before = bytes();
    assert!(!before[1].is_empty());
    for words in ["customer list", "customer create", "init", "verify"] {
        let ran = shop.run(&format!("{words} -o json"));
        assert_eq!((ran.code, ran.stdout.as_str()), (41, ""), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains("\"code\":\"store_newer\""), "{}", ran.stderr);
        assert!(before == bytes(), "{words}");
    }
}

#[test]
fn what_an_interrupted_run_has_left_is_removed_by_the_next() {
    let shop = Shop::new();
    let left = [".aftersales-x.new", ".aftersales-x.new-wal", ".aftersales-y.new-journal"];
    // Somebody is still at this one.
    let held = fs::File::create(shop.path(".aftersales-z.new")).unwrap();
    held.lock().unwrap();
    for words in ["init --store other.db", "store copy desk.db copy.db"] {
        for name in left {
            shop.write(name, "left");
        }
        shop.ok(words);
        let there: Vec<String> = everything(&shop).into_iter().map(|(name, _)| name).collect();
        assert!(left.iter().all(|name| !there.iter().any(|there| there == name)), "{words}: {there:?}");
        assert!(there.iter().any(|name| name == ".aftersales-z.new"), "{words}: {there:?}");
    }
    drop(held);
    shop.ok("init --store third.db");
    assert!(!shop.path(".aftersales-z.new").exists());

    // The same where the real one is killed on its way.
    let began = std::time::Instant::now();
    shop.ok("store copy desk.db whole.db");
    let step = began.elapsed() / 8;
    for number in 0..8 {
        let mut child = shop.command(&format!("store copy desk.db killed{number}.db")).spawn().unwrap();
        std::thread::sleep(step * number);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    shop.ok("init --store last.db");
    let there = everything(&shop).into_iter().map(|(name, _)| name);
    assert_eq!(there.filter(|name| name.starts_with('.')).collect::<Vec<_>>(), Vec::<String>::new());
}

/// A shop with the store of the first format in its file, which anybody may read.
fn old_shop() -> Shop {
    let shop = Shop::without_store();
    shop.store.made_of_format(1);
    shop
}

#[test]
fn an_older_store_that_cannot_be_upgraded_stays_as_it_is() {
    // Nowhere to write to.
    let shop = old_shop();
    shop.abandoned();
    for (file, folder) in [(0o666, 0o555), (0o444, 0o777)] {
        fs::set_permissions(shop.path("desk.db"), fs::Permissions::from_mode(file)).unwrap();
        fs::set_permissions(shop.folder(), fs::Permissions::from_mode(folder)).unwrap();
        let before = everything(&shop);
        let ran = as_nobody(&shop, "ticket list");
        assert!(ran.code == 41 && ran.stderr.starts_with("error[store_older]"), "{}", ran.stderr);
        for words in ["tag create x", "init"] {
            let ran = as_nobody(&shop, words);
            assert!(ran.code == 43 && ran.stderr.starts_with("error[store_read_only]"), "{}", ran.stderr);
        }
        assert_eq!(before, everything(&shop));
        fs::set_permissions(shop.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    // No room: for the copy, or for what comes after it.
    let shop = old_shop();
    let size = fs::metadata(shop.path("desk.db")).unwrap().len();
    let before = everything(&shop);
    for bytes in [0, 512, size / 2, size - 512] {
        let ran = finished(limited(&shop, "tag create x -o json", bytes).spawn().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (43, ""), "{bytes}: {}", ran.stderr);
        let there: Vec<_> = everything(&shop)
            .into_iter()
            .filter(|(name, _)| !name.ends_with("-shm") && !name.ends_with("-wal"))
            .collect();
        assert_eq!(before, there, "{bytes}");
    }
    assert_eq!(shop.run("init").code, 0);
    assert!(shop.path("desk.db.format-1.bak").exists());
}

#[test]
fn a_copy_takes_no_others_place() {
    let shop = old_shop();
    let old = fs::read(shop.path("desk.db")).unwrap();
    shop.write("desk.db.format-1.bak", "a letter");
    assert_eq!(shop.run("init").code, 0);
    assert_eq!(fs::read(shop.path("desk.db.format-1.bak")).unwrap(), b"a letter");
    let copy = fs::read(shop.path("desk.db.format-1.2.bak")).unwrap();
    // The same store once more: the copy is there already.
    shop.write("desk.db", &old);
    assert_eq!(shop.run("init").code, 0);
    assert_eq!(fs::read(shop.path("desk.db.format-1.2.bak")).unwrap(), copy);
    assert!(!shop.path("desk.db.format-1.3.bak").exists());
    // The copy is a store itself, and beside a link to a store it lies where the store does.
    fs::create_dir(shop.path("far")).unwrap();
    fs::rename(shop.path("desk.db.format-1.2.bak"), shop.path("far/copy.db")).unwrap();
    std::os::unix::fs::symlink("far/copy.db", shop.path("link.db")).unwrap();
    assert_eq!(shop.run("init --store link.db").code, 0);
    assert!(shop.path("far/copy.db.format-1.bak").is_file() && shop.path("link.db").is_symlink());
    shop.ok("verify --store link.db");
}

#[test]
fn an_older_store_with_a_log_is_copied_with_it() {
    let shop = old_shop();
    let other = Connection::open(shop.path("desk.db")).unwrap();
    other
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE customer SET email = 'log@example.org' WHERE id = 'C2'")
        .unwrap();
    assert_eq!(shop.run("tag create x --as root").code, 0);
    let copy = Connection::open(shop.path("desk.db.format-1.bak")).unwrap();
    let email = |store: &Connection| {
        store.query_row("SELECT email FROM customer WHERE id = 'C2'", [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!((email(&copy), email(&other)), ("log@example.org".to_owned(), "log@example.org".to_owned()));
    // The file's own header does not say so yet, since the other keeps the log from being emptied.
    shop.ok("verify");
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

/// The program with these words, whose files may grow to so many bytes.
pub fn limited(shop: &Shop, words: &str, bytes: u64) -> Command {
    // The limit counts blocks of 512 bytes; the shell passes it on to the program.
    let script = format!("ulimit -f {}; exec \"$@\"", bytes / 512);
    let inner = shop.command(words);
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    command.current_dir(shop.folder()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    let shop = Shop::new();
    let size = fs::metadata(shop.path("desk.db")).unwrap().len();
    let command = limited(&shop, "apply -o ndjson", size + 20 * 512);
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
