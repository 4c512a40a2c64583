//! The outside: arguments, environment, clock, streams, signals. The only file that touches them.

use std::ffi::OsString;
use std::io::{BufReader, IsTerminal, Write};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use aftersales::cli::{self, Outside, Signals};
use aftersales::domain::value::day::Instant;
use aftersales::output::jq;
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

#[allow(clippy::disallowed_methods, reason = "this is the file that touches the outside")]
fn main() {
    std::panic::set_hook(Box::new(cli::keep_panic));
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|argument| argument == jq::EVALUATOR) {
        return jq::evaluate(std::io::stdin(), std::io::stdout());
    }
    let signals = signals();
    let stdout_is_terminal = std::io::stdout().is_terminal();
    let mut stdout = std::io::stdout().lock();
    let mut stderr = std::io::stderr();
    let stderr_is_terminal = stderr.is_terminal();
    let code = cli::run(Outside {
        arguments,
        variable: &|name| std::env::var(name).ok(),
        clock: &now,
        stdin: &|| Box::new(BufReader::with_capacity(1 << 16, std::io::stdin())),
        stdout: &mut stdout,
        stderr: &mut stderr,
        can_ask: stderr_is_terminal && std::io::stdin().is_terminal(),
        stdout_is_terminal,
        stderr_is_terminal,
        stdout_width: stdout_is_terminal.then(width),
        login: login(),
        program: &program,
        signals,
    });
    let _ = stdout.flush();
    std::process::exit(code);
}

/// An interrupt ends the program at once, unless a bulk run has asked for the time to finish its group; the second one does
/// not wait. A file that may not grow is a fault of writing to it, not the end of the program.
fn signals() -> Signals {
    let signals = Signals { end_at_once: Arc::new(AtomicBool::new(true)), came: Arc::new(AtomicUsize::new(0)) };
    for (signal, number) in [(SIGINT, 2), (SIGTERM, 15)] {
        // Without a handler the signal does what it always does, which is near enough.
        let _ = flag::register_conditional_shutdown(signal, 128 + signal, signals.end_at_once.clone());
        let _ = flag::register_usize(signal, signals.came.clone(), number);
        let _ = flag::register(signal, signals.end_at_once.clone());
    }
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    signals
}

/// This program, to be started again beside this run; nothing of the environment is for it.
fn program() -> std::io::Result<Command> {
    let mut program = Command::new(std::env::current_exe()?);
    program.env_clear();
    Ok(program)
}

/// How many columns the terminal has that stdout is: what its owner says in `COLUMNS`, else what it says itself; 80 where it
/// does not know.
#[allow(clippy::disallowed_methods, reason = "the one environment")]
fn width() -> u16 {
    let wanted = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let own = || terminal_size::terminal_size_of(std::io::stdout()).map(|(terminal_size::Width(width), _)| width);
    wanted.filter(|width| *width > 0).or_else(own).filter(|width| *width > 0).unwrap_or(80)
}

#[allow(clippy::disallowed_methods, reason = "the one clock")]
fn now() -> Instant {
    // A machine whose clock stands outside the years 1 to 9999 has no time worth keeping.
    Instant::from_utc(chrono::Utc::now()).unwrap_or(Instant::FIRST)
}

#[allow(clippy::disallowed_methods, reason = "the one environment")]
fn login() -> String {
    let named =
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|login| !login.is_empty()));
    named.unwrap_or_else(|| whoami::username().unwrap_or_else(|_| "operator".to_owned()))
}
