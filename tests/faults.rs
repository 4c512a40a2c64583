//! Faults of the disk and deaths at every system call that touches the store's file, put there by `strace`: whatever the program
//! was doing, it says honestly how it ended, and the store is as before or after.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Ran, Shop, finished};

/// The calls by which a store's file and what lies beside it are changed, read and found.
const WRITES: [&str; 6] = ["pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "fallocate"];
const READS: [&str; 2] = ["pread64", "openat"];

/// What is put there: a call that fails so, or the end of the process.
const FAULTS: [&str; 4] = ["error=EIO", "error=ENOSPC", "error=EACCES", "signal=KILL"];

/// How many calls of one kind a command makes at most; a run without an injected fault ends the search earlier.
const MOST: usize = 400;

/// Says once, past the runner, that nothing can be injected here.
fn can_inject() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let tried = Command::new("strace").args(["-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"]).status();
        let can = tried.is_ok_and(|status| status.success());
        if !can {
            use std::io::Write;
            let skipped =
                b"faults of the disk are not tried: strace (Debian's package) is not there or may not trace\n";
            let _ =
                std::fs::OpenOptions::new().write(true).open("/dev/stderr").and_then(|mut to| to.write_all(skipped));
        }
        can
    })
}

/// Runs the program with that fault at the `when`th call of that name; none where it made fewer.
fn with_fault(shop: &Shop, words: &str, call: &str, fault: &str, when: usize) -> Option<Ran> {
    let program = shop.command(words);
    let told = shop.path("told.strace");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-e", "signal=none"]).arg("-o").arg(&told);
    traced.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{fault}:when={when}")]);
    traced.arg("-P").arg(shop.path("desk.db")).arg("-P").arg(shop.path("desk.db-wal"));
    traced.arg("-P").arg(shop.path("desk.db-shm")).arg("-P").arg(shop.folder());
    traced.arg(program.get_program()).args(program.get_args());
    traced.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    traced.current_dir(shop.folder()).stdin(std::process::Stdio::null());
    traced.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let ran = finished(traced.spawn().expect("strace starts"));
    let trace = std::fs::read_to_string(&told).expect("what strace saw");
    std::fs::remove_file(&told).expect("a file of the story's");
    (trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL") || ran.code == 137).then_some(ran)
}

/// A shop with something to change, and a backup of a moment before.
fn desk() -> Shop {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","name":"Ada"}
{"command":"team create","name":"Support"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Of the backup"}"#,
    );
    shop.done("backup b.db");
    let shop_of_backup = shop;
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","name":"Ada"}
{"command":"team create","name":"Support"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Lamp flickers"}"#,
    );
    std::fs::copy(shop_of_backup.path("b.db"), shop.path("b.db")).expect("a backup");
    shop
}

/// What the shop tells of its ticket and how much was done in it; the machine's clock, which the log keeps, is no part of it.
fn told(shop: &Shop) -> String {
    format!("{} operations, {}", shop.operations(), shop.ok("ticket show T1"))
}

/// Tries `words`, which change the store, with every fault at these calls: the first, and from each on the one that `next` says;
/// answers the exit codes seen.
fn try_all(words: &str, calls: &[&str], next: fn(usize) -> usize) -> BTreeSet<i32> {
    let shop = desk();
    let saved = shop.store.saved();
    let (before, told_before) = (shop.store.state(), told(&shop));
    shop.done(words);
    let told_after = told(&shop);
    let json = format!("{words} -o json");
    let mut codes = BTreeSet::new();
    for call in calls {
        for fault in FAULTS {
            for when in std::iter::successors(Some(1), |when| Some(next(*when))).take_while(|when| *when <= MOST) {
                shop.store.restored(&saved);
                let Some(ran) = with_fault(&shop, &json, call, fault, when) else { break };
                let what = format!("{fault} at {call} {when} of {words}\n{}{}", ran.stdout, ran.stderr);
                // Neither a fault of the program nor a usage error nor a panic.
                assert!(!matches!(ran.code, 1 | 2 | 101 | 134), "exit {}: {what}", ran.code);
                let is_done = shop.store.state() != before;
                assert_eq!(told(&shop), *if is_done { &told_after } else { &told_before }, "between: {what}");
                match ran.code {
                    0 => assert!(is_done, "what was acknowledged is lost by {what}"),
                    // Killed, or not known: either.
                    31 | 137 => {}
                    _ => assert!(!is_done, "what was refused is there after {what}"),
                }
                // It takes longer than all else, and a state that is one of the two has been verified before.
                if when.is_multiple_of(3) || ran.code == 137 {
                    assert_eq!(shop.run("verify").code, 0, "{what}");
                }
                codes.insert(ran.code);
            }
        }
    }
    codes
}

#[test]
fn whatever_fails_the_store_is_before_or_after_and_what_is_said_is_true() {
    if !can_inject() {
        return;
    }
    let codes = try_all("ticket note T1 'A note that is kept or not'", &WRITES, |when| when + 1);
    assert!(codes.contains(&137) && codes.contains(&43), "{codes:?}");
}

#[test]
fn what_cannot_be_read_is_told_as_that() {
    if !can_inject() {
        return;
    }
    let codes = try_all("ticket note T1 'A note that is kept or not'", &READS, |when| when + 1 + when / 4);
    assert!(codes.contains(&137), "{codes:?}");
}

#[test]
fn a_restoration_is_done_or_not_whatever_fails() {
    if !can_inject() {
        return;
    }
    // It writes every page, so that not every call is tried.
    let codes = try_all("restore b.db --yes", &["pwrite64", "fdatasync", "fsync", "ftruncate"], |when| when * 3);
    assert!(codes.contains(&137) && codes.contains(&43), "{codes:?}");
}
