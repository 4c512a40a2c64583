//! Backups of stores that are files, and their way back: while others work, over what is damaged, and wherever they are ended.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::load::{self, started};
use crate::sample;
use crate::store::everything;
use crate::store_file::limited;
use crate::support::{Shop, finished};

fn exported(shop: &Shop, store: &str) -> String {
    let ran = shop.run(&format!("export --store {store}"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn names(shop: &Shop) -> Vec<String> {
    everything(shop).into_iter().map(|(name, _)| name).collect()
}

/// Changes bytes of a file.
fn overwritten(path: &std::path::Path, at: u64, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

#[test]
fn a_backup_is_the_store_of_one_moment() {
    let shop = sample::shop();
    let before = exported(&shop, "desk.db");
    assert_eq!(shop.ok("backup b.db --dry-run")["status"], "planned");
    assert_eq!(names(&shop), ["desk.db"]);
    let answer = shop.done("backup b.db");
    let head = shop.ok("log head");
    assert_eq!(
        answer["result"]["backup"],
        json!({"file": "b.db", "format": 4, "bytes": fs::metadata(shop.path("b.db")).unwrap().len(),
               "operations": head["operations"], "hash": head["hash"]})
    );
    assert_eq!(fs::metadata(shop.path("b.db")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(exported(&shop, "b.db"), before);
    assert_eq!(names(&shop), ["b.db", "desk.db"]);

    // What is there already stays, unless it is said otherwise.
    shop.done("customer create");
    let old = fs::read(shop.path("b.db")).unwrap();
    let error = shop.refused("backup b.db", "confirmation_needed");
    assert_eq!(error["hint"], "aftersales backup b.db -o json --yes");
    assert_eq!(fs::read(shop.path("b.db")).unwrap(), old);
    shop.done("backup b.db --yes");
    assert_eq!(exported(&shop, "b.db"), exported(&shop, "desk.db"));
}

#[test]
fn a_backup_goes_to_no_place_where_it_would_do_harm() {
    let shop = Shop::new();
    std::os::unix::fs::symlink("desk.db", shop.path("link.db")).unwrap();
    fs::create_dir(shop.path("folder")).unwrap();
    assert_eq!(shop.run("init --store other.db").code, 0);
    let busy = Connection::open(shop.path("other.db")).unwrap();
    busy.query_row("SELECT COUNT(*) FROM desk", [], |_| Ok(())).unwrap();
    let before = everything(&shop);
    for file in
        ["desk.db", "./desk.db", "link.db", "desk.db-wal", "folder/../desk.db-shm", "folder", "other.db", "no/where.db"]
    {
        let error = shop.refused(&format!("backup {file} --yes"), "invalid_value");
        assert_eq!((&error["field"], &error["given"]), (&"file".into(), &file.into()));
        assert!(!error["message"].as_str().unwrap().contains(".new"), "what it would be called meanwhile: {error}");
    }
    assert_eq!(before, everything(&shop));
    for words in ["backup b.db", "restore b.db --yes"] {
        let error = shop.refused(&format!("{words} --store postgres://ann:secret@127.0.0.1/shop"), "invalid_value");
        assert_eq!(error["field"], "store");
        assert!(error["hint"].as_str().unwrap().starts_with("aftersales ") && !error.to_string().contains("secret"));
    }
}

#[test]
fn a_store_that_is_damaged_is_no_backup() {
    let shop = sample::shop();
    shop.done("backup good.db");
    shop.store.tampered("UPDATE document SET total = total + 1 WHERE number = 'INV/2026/00001'");
    shop.abandoned();
    let error = shop.refused("backup b.db", "store_damaged");
    assert!(!error["findings"].as_array().unwrap().is_empty());
    assert!(!shop.path("b.db").exists());

    // Nor is it restored where it became so later.
    shop.done("restore good.db --yes");
    let before = exported(&shop, "desk.db");
    overwritten(&shop.path("good.db"), 100, &[0xff; 3000]);
    fs::copy(shop.path("desk.db"), shop.path("tampered.db")).unwrap();
    let tampered = Connection::open(shop.path("tampered.db")).unwrap();
    tampered.execute_batch("UPDATE document SET total = total + 1 WHERE number = 'INV/2026/00001'").unwrap();
    drop(tampered);
    for file in ["good.db", "tampered.db"] {
        for flags in ["--yes", "--dry-run", "--store new.db"] {
            let error = shop.refused(&format!("restore {file} {flags}"), "store_damaged");
            assert!(error["message"].as_str().unwrap().starts_with(&format!("{file} cannot be restored")), "{error:#}");
            assert!(error["hint"].as_str().unwrap().contains(&format!("verify --store {file}")), "{error:#}");
        }
    }
    assert_eq!(exported(&shop, "desk.db"), before);
    assert!(!shop.path("new.db").exists());
}

#[test]
fn a_backup_comes_back_in_the_place_of_the_store() {
    let shop = sample::shop();
    shop.done("backup b.db");
    let whole = exported(&shop, "b.db");
    shop.done("customer create --name 'after the backup'");
    let there = exported(&shop, "desk.db");
    let error = shop.refused("restore b.db", "confirmation_needed");
    assert!(error["message"].as_str().unwrap().contains("operations"), "{error:#}");
    assert_eq!(shop.ok("restore b.db --dry-run")["status"], "planned");
    assert_eq!((exported(&shop, "desk.db"), names(&shop)), (there, vec!["b.db".to_owned(), "desk.db".to_owned()]));

    let answer = shop.done("restore b.db --yes");
    let restored = &answer["result"]["restored"];
    assert_eq!((&restored["file"], &restored["operations"]), (&"b.db".into(), &shop.ok("log head")["operations"]));
    assert_eq!(exported(&shop, "desk.db"), whole);
    // Where no store is, it needs no yes, and makes the folders that it needs.
    shop.done("restore b.db --store new/place/desk.db");
    assert_eq!(exported(&shop, "new/place/desk.db"), whole);
    assert_eq!(fs::metadata(shop.path("new/place/desk.db")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(exported(&shop, "b.db"), whole, "the backup is as it was");
}

#[test]
fn only_a_backup_is_restored_and_over_nothing_but_a_store() {
    let shop = Shop::new();
    shop.done("backup b.db");
    shop.write("letter", "a letter".repeat(100));
    shop.write("export.ndjson", shop.run("export").stdout);
    shop.write("empty", "");
    for (words, code) in [
        ("restore letter --yes", "store_foreign"),
        ("restore empty --yes", "store_foreign"),
        ("restore b.db --yes --store letter", "store_foreign"),
        ("restore b.db --yes --store /", "store_foreign"),
        ("restore desk.db --yes", "invalid_value"),
        ("restore none.db --yes", "invalid_value"),
    ] {
        shop.refused(words, code);
    }
    let error = shop.refused("restore export.ndjson", "store_foreign");
    assert_eq!(error["hint"], "aftersales import export.ndjson");
    shop.done("restore b.db --store empty");
    // Of a newer program.
    fs::copy(shop.path("b.db"), shop.path("newer.db")).unwrap();
    overwritten(&shop.path("newer.db"), 60, &99u32.to_be_bytes());
    shop.refused("restore newer.db --yes", "store_newer");
    shop.refused("restore b.db --yes --store newer.db", "store_newer");
    // The log of a store that is gone would be taken for that of the restored one.
    shop.write("gone.db-wal", "left");
    shop.refused("restore b.db --store gone.db", "store_foreign");
}

#[test]
fn a_store_that_cannot_be_read_is_written_over() {
    type Breaks = fn(&std::path::Path);
    let breaks: [Breaks; 5] = [
        |path| overwritten(path, 100, &[0xff; 3000]),
        |path| overwritten(path, 16, &[0x12, 0x34]),
        |path| overwritten(path, 4096, &[0; 40_960]),
        |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(20_000).unwrap(),
        |path| Connection::open(path).unwrap().execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE desk").unwrap(),
    ];
    for (number, broken) in breaks.iter().enumerate() {
        let shop = Shop::new();
        shop.done("customer create --name Ada");
        shop.done("backup b.db");
        broken(&shop.path("desk.db"));
        shop.refused("restore b.db", "confirmation_needed");
        shop.done("restore b.db --yes");
        assert_eq!(exported(&shop, "desk.db"), exported(&shop, "b.db"), "{number}");
        shop.done("customer create");
    }
}

#[test]
fn a_backup_of_an_older_format_comes_back_and_is_upgraded_later() {
    let shop = Shop::new();
    let old = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stores/format-1.db");
    fs::copy(&old, shop.path("old.db")).unwrap();
    let answer = shop.done("restore old.db --yes");
    assert_eq!(answer["result"]["restored"]["format"], 1);
    shop.refused("customer list", "store_older");
    assert_eq!(shop.run("init").code, 0);
    assert!(shop.run("customer list --as root").stdout.contains("C"));
    assert_eq!(fs::read(shop.path("old.db")).unwrap(), fs::read(&old).unwrap());
    // And over an older one too.
    shop.done("restore old.db --store other.db");
    shop.done("backup b.db --as root");
    shop.done("restore b.db --store other.db --yes");
    let exported = |store: &str| shop.run(&format!("export --as root --store {store}")).stdout;
    assert_eq!(exported("other.db"), exported("desk.db"));
}

#[test]
fn who_may_back_up_is_an_admin_also_when_the_trial_is_over() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support --service refunds --yes");
    shop.done("user create root --right admin -y");
    shop.done("user create ann --right helpdesk --as root");
    shop.done("backup b.db --as root");
    shop.clock("2027-01-01T10:00:00Z");
    for words in ["backup c.db --as ann", "restore b.db --yes --as ann", "restore b.db --as nobody"] {
        shop.refused(words, "access_denied");
    }
    assert_eq!(shop.run("backup c.db --as root").code, 0);
    assert_eq!(shop.run("restore b.db --yes --as root").code, 0);
}

#[test]
fn a_backup_is_made_while_others_write() {
    let shop = load::shop();
    let lines: String =
        (0..1_500).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>300}\"}}\n")).collect();
    let writers: Vec<_> = (0..3).map(|_| started(&shop, "", &lines)).collect();
    let writers: Vec<_> =
        writers.into_iter().map(|writer| std::thread::spawn(|| finished(writer).stdout.lines().count())).collect();
    let mut seen: Vec<u64> = Vec::new();
    while writers.iter().any(|writer| !writer.is_finished()) {
        let answer = shop.ok("backup b.db --yes");
        seen.push(answer["result"]["backup"]["operations"].as_u64().unwrap());
        let verified = shop.run("verify --store b.db");
        assert_eq!(verified.code, 0, "{}", verified.stderr);
    }
    let answered: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    assert_eq!(answered, 4_500, "nobody was held up");
    assert!(seen.is_sorted() && !seen.is_empty(), "{seen:?}");
}

#[test]
fn a_restoration_under_the_eyes_of_others_is_seen_whole_or_not_at_all() {
    let shop = load::shop();
    shop.done("backup b.db");
    let lines: String =
        (0..40).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>3000}\"}}\n")).collect();
    shop.apply(&lines);
    // One reads at a moment before, and has the log of the store before open.
    let reader = Connection::open(shop.path("desk.db")).unwrap();
    let count = || reader.query_row("SELECT COUNT(*) FROM customer", [], |row| row.get::<_, i64>(0)).unwrap();
    reader.execute_batch("PRAGMA wal_autocheckpoint = 0; BEGIN").unwrap();
    assert_eq!(count(), 41);
    // One works on it line by line.
    let mut worker = shop.command("apply -o ndjson").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = worker.stdin.take().unwrap();
    let mut heard = BufReader::new(worker.stdout.take().unwrap());
    let mut say = || writeln!(said, "{{\"command\":\"customer create\"}}").unwrap();
    say();
    let mut answer = String::new();
    heard.read_line(&mut answer).unwrap();
    assert!(answer.contains("\"done\""), "{answer}");

    shop.done("restore b.db --yes");
    assert_eq!(count(), 41, "the moment before");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 1, "the moment after");
    assert_eq!(shop.ok("customer list").as_array().unwrap().len(), 1);
    say();
    drop(said);
    let ended = worker.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(30), "who worked on the store before is told of it");
    drop(reader);
    assert_eq!(exported(&shop, "desk.db"), exported(&shop, "b.db"));
}

#[test]
fn wherever_they_are_killed_a_store_is_as_before_or_after_and_no_file_is_half() {
    let shop = load::shop();
    let lines: String =
        (0..300).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>3000}\"}}\n")).collect();
    shop.apply(&lines);
    shop.done("backup many.db");
    shop.done("restore many.db --store copy.db");
    let few = shop.path("few.db");
    let other = load::shop();
    other.done("backup few.db");
    fs::copy(other.path("few.db"), &few).unwrap();
    let (many_told, few_told) = (exported(&shop, "many.db"), exported(&shop, "few.db"));

    let began = Instant::now();
    shop.done("restore few.db --yes");
    shop.done("restore many.db --yes");
    let step = began.elapsed() / 24;
    let mut seen = std::collections::BTreeSet::new();
    let mut rounds = 0..200_u32;
    // However long they take beside each other: until one came through.
    while let Some(round) = rounds.next().filter(|round| *round < 20 || seen.len() < 2) {
        let words = if round % 2 == 0 { "restore few.db --yes -q" } else { "restore many.db --yes -q" };
        let mut child = shop.command(words).spawn().unwrap();
        let mut backup = shop.command(&format!("backup new{round}.db -q")).spawn().unwrap();
        std::thread::sleep(step * (round / 2 + 1));
        for child in [&mut child, &mut backup] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let told = exported(&shop, "desk.db");
        assert!(told == many_told || told == few_told, "round {round}");
        seen.insert(told.len());
        if shop.path(&format!("new{round}.db")).exists() {
            assert_eq!(shop.run(&format!("verify --store new{round}.db")).code, 0, "round {round}");
        }
    }
    assert_eq!(seen.len(), 2, "none came through");
    shop.done("backup last.db");
    assert!(names(&shop).iter().all(|name| !name.starts_with('.')), "{:?}", names(&shop));
}

#[test]
fn a_disk_that_is_full_leaves_everything_as_it_was() {
    let shop = load::shop();
    shop.done("backup b.db");
    let lines: String =
        (0..200).map(|n| format!("{{\"command\":\"customer create\",\"name\":\"{n:0>3000}\"}}\n")).collect();
    shop.apply(&lines);
    let before = exported(&shop, "desk.db");
    let size = fs::metadata(shop.path("b.db")).unwrap().len();
    for words in ["backup c.db", "restore b.db --yes", "restore b.db --store new.db"] {
        for bytes in [0, 4096, size / 2, size - 512] {
            let ran = finished(limited(&shop, &format!("{words} -o json"), bytes).spawn().unwrap());
            assert_eq!((ran.code, ran.stdout.as_str()), (43, ""), "{words} within {bytes}: {}", ran.stderr);
            let error: Value = serde_json::from_str(&ran.stderr).unwrap();
            assert_eq!(error["error"]["code"], "store_full", "{words} within {bytes}");
        }
    }
    let there = names(&shop);
    assert!(!there.iter().any(|name| name == "c.db" || name == "new.db" || name.starts_with('.')), "{there:?}");
    assert_eq!(exported(&shop, "desk.db"), before);
    // A backup that somebody waits for is not held up by a writer who never ends.
    let lock = shop.store.locked();
    let began = Instant::now();
    shop.done("backup c.db");
    assert!(began.elapsed() < Duration::from_secs(9));
    drop(lock);
}
