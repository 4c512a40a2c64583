//! A server that is restarted, a connection that is cut, a backend that is killed, in the middle of single commands and of
//! bulk: exit codes say what a caller may do, and by keys everything is done once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::load::{RECORDS, hold, opened};
use crate::support::server::Server;
use crate::support::{Ran, Shop, fed, json};

/// How a server is disturbed.
type Disturbance = fn(&Server);

const LINES: usize = 150;

/// A folder, with its store on a server of its own, which can be disturbed without disturbing others.
struct Disturbed {
    shop: Shop,
    server: Arc<Server>,
}

impl Disturbed {
    fn new() -> Disturbed {
        let disturbed = Disturbed { shop: Shop::without_store(), server: Arc::new(Server::start()) };
        opened(&disturbed.run("init", ""));
        opened(&disturbed.run("import", RECORDS));
        disturbed
    }

    fn run(&self, words: &str, input: &str) -> Ran {
        let mut command = self.shop.command(words);
        command.env("AFTERSALES_STORE", self.server.address("desk"));
        fed(command, input.as_bytes())
    }

    /// Disturbs the server again and again while `work` goes on, each time a little later, so that a slow machine gets on too.
    fn while_disturbed(&self, disturbance: Disturbance, every: Duration, work: impl FnOnce()) {
        let ends = Arc::new(AtomicBool::new(false));
        let (server, ended) = (self.server.clone(), ends.clone());
        let disturber = std::thread::spawn(move || {
            let mut wait = every;
            while !ended.load(Ordering::SeqCst) {
                std::thread::sleep(wait);
                disturbance(&server);
                wait += every / 4;
            }
        });
        work();
        ends.store(true, Ordering::SeqCst);
        disturber.join().unwrap();
    }
}

/// Cuts everybody's connection, as an administrator does.
fn cut(server: &Server) {
    if let Ok(mut client) = server.try_client() {
        let _ = client.batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'aftersales'",
        );
    }
}

/// Kills a backend, upon which the server ends all others and recovers.
fn kill(server: &Server) {
    if let Ok(mut client) = server.try_client() {
        let found = client.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'aftersales' LIMIT 1", &[]);
        for row in found.unwrap_or_default() {
            let pid = nix::unistd::Pid::from_raw(row.get(0));
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    }
}

fn restart(server: &Server) {
    server.stop();
    std::thread::sleep(Duration::from_millis(50));
    server.start_again();
}

/// A run ends well, or with a code that says that it may be tried again.
fn may_end(ran: &Ran) {
    assert!([0, 30, 31].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    if ran.code != 0 {
        let code = if ran.code == 30 { "store_busy" } else { "outcome_unknown" };
        assert!(ran.stderr.contains(&format!("\"code\":\"{code}\"")), "{}", ran.stderr);
    }
}

fn bulk_goes_on(disturbance: Disturbance, every: Duration) {
    let desk = Disturbed::new();
    let lines: String = (0..LINES)
        .map(|key| format!("{{\"command\":\"ticket refund\",\"ticket\":\"T1\",\"invoice\":[\"INV/2026/1\"],\"amount\":\"0.50\",\"post\":true,\"key\":\"k{key}\"}}\n"))
        .collect();
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    let mut broken_off = 0;
    desk.while_disturbed(disturbance, every, || {
        for _ in 0..12 {
            let ran = desk.run("apply -o ndjson", &lines);
            may_end(&ran);
            broken_off += usize::from(ran.code != 0);
            ran.stdout.lines().map(json).for_each(|answer| hold(&mut told, &answer));
        }
    });
    let ran = desk.run("apply -o ndjson", &lines);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.lines().map(json).for_each(|answer| hold(&mut told, &answer));
    assert_eq!(told.len(), LINES);
    assert!(broken_off > 0, "nothing was disturbed");
    assert_eq!(desk.run("credit-note list -o ids", "").stdout.lines().count(), LINES);
    opened(&desk.run("verify", ""));
}

#[test]
fn bulk_goes_on_where_connections_are_cut() {
    bulk_goes_on(cut, Duration::from_millis(120));
}

#[test]
fn bulk_goes_on_where_a_backend_is_killed() {
    bulk_goes_on(kill, Duration::from_millis(250));
}

#[test]
fn bulk_goes_on_where_the_server_is_restarted() {
    bulk_goes_on(restart, Duration::from_millis(250));
}

#[test]
fn single_commands_are_done_once_by_their_keys() {
    let desk = Disturbed::new();
    let mut tried = 0;
    desk.while_disturbed(cut, Duration::from_millis(30), || {
        for key in 0..25 {
            // As a script would: the same command again until it is done.
            loop {
                let ran = desk.run(&format!("customer create --name {key} --key k{key} -o json"), "");
                may_end(&ran);
                tried += 1;
                if ran.code == 0 {
                    break;
                }
                assert_eq!(ran.stdout, "");
            }
        }
    });
    let names = desk.run("customer list --jq '.[].name'", "").stdout;
    let names: Vec<&str> = names.lines().skip(1).collect();
    assert_eq!(names, (0..25).map(|key| key.to_string()).collect::<Vec<_>>());
    assert!(tried > 25, "nothing was disturbed");
    opened(&desk.run("verify", ""));
}

#[test]
fn a_command_that_others_get_in_the_way_of_is_run_again() {
    let desk = Disturbed::new();
    // Somebody holds a table that the command will want, and then wants what the command holds: the server ends one of them.
    let mut other = desk.server.client();
    other
        .batch_execute("SET deadlock_timeout = '10s'; BEGIN; LOCK TABLE desk.customer IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let url = desk.server.address("desk");
    let mut command = desk.shop.command("customer create --name Bo -o json");
    let waiting = command.env("AFTERSALES_STORE", url).spawn().unwrap();
    let mut looks = desk.server.client();
    let waits = "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                 WHERE NOT l.granted AND a.application_name = 'aftersales'";
    while looks.query(waits, &[]).unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    other.batch_execute("SELECT 1 FROM desk.store_format FOR UPDATE; COMMIT").unwrap();
    let ran = crate::support::finished(waiting);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(json(&ran.stdout)["created"][0], "C00002");
}
