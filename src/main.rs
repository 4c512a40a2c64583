//! The outside: arguments, environment, clock, streams, signals. The only file that touches them.

use std::io::{BufReader, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use aftersales::cli::{self, Outside};
use aftersales::domain::day::Instant;

#[allow(clippy::disallowed_methods, reason = "this is the file that touches the outside")]
fn main() {
    let interrupted = Arc::new(AtomicUsize::new(0));
    let mut stdout = std::io::stdout().lock();
    let mut stderr = std::io::stderr();
    let code = cli::run(Outside {
        arguments: std::env::args_os().collect(),
        variable: &|name| std::env::var(name).ok(),
        clock: &now,
        stdin: &|| Box::new(BufReader::with_capacity(1 << 16, std::io::stdin())),
        stdout: &mut stdout,
        stderr: &mut stderr,
        can_ask: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        stdout_width: None,
        stderr_is_terminal: std::io::stderr().is_terminal(),
        login: login(),
        interrupted,
    });
    let _ = stdout.flush();
    std::process::exit(code);
}

#[allow(clippy::disallowed_methods, reason = "the one clock")]
fn now() -> Instant {
    // A machine whose clock stands outside the years 1 to 9999 has no time worth keeping.
    Instant::from_utc(chrono::Utc::now()).unwrap_or(Instant::FIRST)
}

#[allow(clippy::disallowed_methods, reason = "the one environment")]
fn login() -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|login| !login.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}
