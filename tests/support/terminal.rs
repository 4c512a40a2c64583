//! A terminal: a pair of devices of which the program holds one and the story the other.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use nix::pty::{Winsize, openpty};

use super::{Ran, Shop, code_of};

/// Which streams of the program are the terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Stdout alone; stderr is told apart.
    Stdout,
    /// Stdout and stderr.
    #[allow(dead_code, reason = "asked for by stories on files alone")]
    Both,
    /// Stderr alone.
    Stderr,
}

impl Shop {
    /// Runs the program on a terminal of that width, without colours; `COLUMNS` is what it is told of the width.
    pub fn on_terminal(&self, width: u16, shows: Shows, columns: Option<&str>, words: &str) -> Ran {
        let size = Winsize { ws_row: 50, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
        let terminal = openpty(Some(&size), None).expect("a terminal");
        let slave = || Stdio::from(terminal.slave.try_clone().expect("another handle"));
        let mut command = self.command(words);
        command.env("NO_COLOR", "1").envs(columns.map(|columns| ("COLUMNS", columns)));
        if shows != Shows::Stderr {
            command.stdout(slave());
        }
        if shows != Shows::Stdout {
            command.stderr(slave());
        }
        let mut child = command.spawn().expect("the program starts");
        drop(command);
        drop(terminal.slave);
        let mut piped = String::new();
        let mut shown = Vec::new();
        let mut master = File::from(terminal.master);
        std::thread::scope(|scope| {
            // Once the program has ended, reading its terminal is refused.
            scope.spawn(|| master.read_to_end(&mut shown));
            match (child.stdout.take(), child.stderr.take()) {
                (Some(mut stdout), _) => stdout.read_to_string(&mut piped).expect("UTF-8"),
                (_, Some(mut stderr)) => stderr.read_to_string(&mut piped).expect("UTF-8"),
                _ => 0,
            }
        });
        let shown = String::from_utf8(shown).expect("UTF-8").replace("\r\n", "\n");
        let code = code_of(child.wait().expect("the program ends"));
        match shows {
            Shows::Stdout => Ran { stdout: shown, stderr: piped, code },
            Shows::Both => Ran { stdout: shown, stderr: String::new(), code },
            Shows::Stderr => Ran { stdout: piped, stderr: shown, code },
        }
    }
}
