//! A store in a file beside a store on a PostgreSQL server, in one run: a real shop's import, refunds and returns, and single
//! commands.
//!
//! ```sh
//! cargo bench --bench engines                # the shop of the folder shared/data/online-retail beside the project
//! cargo bench --bench engines -- FOLDER      # another one's records, refunds and returns, as .ndjson.gz
//! ```
//!
//! Where there is no such folder, a shop is made up. The server is the run's own, durable as an installed one is (fsync and
//! full page writes on), and reached over TCP on this machine. Each run works in a new store; of three runs the fastest
//! counts, since whatever else the machine does only makes one slower. It asserts nothing.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it prints, or it ends"
)]

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/support/server.rs"]
mod server;

const TIMES: usize = 3;
const SINGLES: usize = 50;

/// What is run of a shop, one after the other.
const RUNS: [(&str, &[&str]); 3] =
    [("records", &["import", "-q"]), ("refunds", &["apply", "-q"]), ("returns", &["apply", "-q"])];

fn main() {
    let named = std::env::args().skip(1).find(|word| word != "--bench");
    let folder = tempfile::tempdir().unwrap();
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/online-retail");
    let shop = named.map_or(usual, PathBuf::from);
    let is_real = unpacked(&shop, folder.path());
    if !is_real {
        make_up(folder.path());
    }
    println!("{}", if is_real { "a real shop" } else { "a made-up shop: there is no folder with a real one" });

    let server = server::Server::with(&["fsync=on", "full_page_writes=on", "autovacuum=on"], &[]);
    let file = |run: usize| folder.path().join(format!("{run}.db")).to_string_lossy().into_owned();
    let schema = |run: usize| server.address(&format!("bench{run}"));
    let on_file = shop_runs(folder.path(), &file);
    let on_server = shop_runs(folder.path(), &schema);
    println!("{:28}{:>10}{:>12}{:>8}", "", "file", "server", "ratio");
    for (at, (name, _)) in RUNS.iter().enumerate() {
        let lines = std::fs::read_to_string(input(folder.path(), name)).unwrap().lines().count();
        told(&format!("{lines} {name}"), on_file[at], on_server[at]);
    }
    let words: [(&str, &[&str]); 3] = [
        ("customer list", &["customer", "list", "--limit", "1"]),
        ("customer create", &["customer", "create"]),
        ("ticket show", &["ticket", "show", "T1"]),
    ];
    for (name, words) in words {
        told(&format!("{name}, one command"), single(&file(0), words), single(&schema(0), words));
    }
    let exported =
        |store: &str| Command::new(PROGRAM).args(["verify", "-q", "--store", store]).stdout(Stdio::null()).status();
    assert!(
        exported(&file(0)).unwrap().success() && exported(&schema(0)).unwrap().success(),
        "the stores are not clean"
    );
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_aftersales");

fn told(what: &str, file: Duration, server: Duration) {
    let ratio = server.as_micros() * 10 / file.as_micros().max(1);
    println!("{what:28}{:>8}ms{:>10}ms{:>6}.{}", tenths(file), tenths(server), ratio / 10, ratio % 10);
}

fn tenths(time: Duration) -> String {
    format!("{}.{}", time.as_millis(), time.as_micros() % 1000 / 100)
}

fn input(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.ndjson"))
}

fn unpacked(shop: &Path, folder: &Path) -> bool {
    RUNS.iter().all(|(name, _)| {
        let Ok(packed) = std::fs::File::open(shop.join(format!("{name}.ndjson.gz"))) else {
            return false;
        };
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("the shop can be unpacked");
        std::fs::write(input(folder, name), text).unwrap();
        true
    })
}

/// A shop of the shape of a real one: invoices of some thirty lines, and refunds and returns of one line each.
fn make_up(folder: &Path) {
    let (mut records, mut refunds, mut returns) = (String::new(), String::new(), String::new());
    records.push_str("{\"record\":\"customer\",\"id\":\"C1\",\"name\":\"Ada Ltd\"}\n{\"record\":\"team\",\"id\":\"Support\",\"services\":[\"refunds\",\"returns\"]}\n");
    for product in 0..2_000 {
        writeln!(
            records,
            "{{\"record\":\"product\",\"id\":\"P{product}\",\"name\":\"Thing {product}\",\"price\":\"4.25\"}}"
        )
        .unwrap();
        writeln!(
            records,
            "{{\"record\":\"stock\",\"product\":\"P{product}\",\"location\":\"WH/Stock\",\"quantity\":\"100000\"}}"
        )
        .unwrap();
    }
    for kind in ["order", "transfer", "invoice"] {
        for order in 0..2_000_usize {
            let lines: Vec<String> = (0..30)
                .map(|line| format!("{{\"product\":\"P{}\",\"quantity\":\"6\"}}", (order * 7 + line * 61) % 2_000))
                .collect();
            let (id, of, state) = match kind {
                "order" => (format!("O{order}"), "\"customer\":\"C1\"".to_owned(), "confirmed"),
                "transfer" => (format!("D{order}"), format!("\"order\":\"O{order}\""), "done"),
                _ => (format!("I{order}"), format!("\"order\":\"O{order}\""), "posted"),
            };
            writeln!(
                records,
                "{{\"record\":\"{kind}\",\"id\":\"{id}\",{of},\"state\":\"{state}\",\"lines\":[{}]}}",
                lines.join(",")
            )
            .unwrap();
        }
    }
    for ticket in 1..=400 {
        writeln!(records, "{{\"record\":\"ticket\",\"id\":\"T{ticket:05}\",\"team\":\"Support\",\"customer\":\"C1\",\"subject\":\"Broken\",\"order\":\"O{ticket}\"}}").unwrap();
        writeln!(refunds, "{{\"command\":\"ticket refund\",\"ticket\":\"T{ticket:05}\",\"invoice\":[\"I{ticket}\"],\"line\":{{\"3\":\"2\"}},\"post\":true,\"key\":\"f{ticket}\"}}").unwrap();
        writeln!(returns, "{{\"command\":\"ticket return\",\"ticket\":\"T{ticket:05}\",\"delivery\":\"D{ticket}\",\"line\":{{\"3\":\"2\"}},\"key\":\"r{ticket}\"}}").unwrap();
    }
    for (name, text) in [("records", records), ("refunds", refunds), ("returns", returns)] {
        std::fs::write(input(folder, name), text).unwrap();
    }
}

/// The fastest of several times of each run, each time in a new store.
fn shop_runs(folder: &Path, store: &dyn Fn(usize) -> String) -> [Duration; 3] {
    let mut fastest = [Duration::MAX; 3];
    for time in 0..TIMES {
        let store = store(time);
        timed(&store, &["init", "-q", "--currency", "GBP"]);
        for (at, (name, words)) in RUNS.iter().enumerate() {
            let input = input(folder, name);
            let words: Vec<&str> = words.iter().copied().chain([input.to_str().unwrap()]).collect();
            fastest[at] = fastest[at].min(timed(&store, &words));
        }
    }
    fastest
}

/// The fastest of many single commands.
fn single(store: &str, words: &[&str]) -> Duration {
    (0..SINGLES).map(|_| timed(store, words)).min().unwrap()
}

fn timed(store: &str, words: &[&str]) -> Duration {
    let began = Instant::now();
    let mut command = Command::new(PROGRAM);
    let status = command.args(words).env_clear().env("AFTERSALES_STORE", store).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{words:?}");
    began.elapsed()
}
