//! The shop in which the stories play: a folder of its own with a store in it, a clock that stands still, an environment with
//! nothing in it, and the real binary.
//!
//! ```ignore
//! let shop = Shop::new();                                     // a desk in EUR and UTC, at 2026-11-23T10:00:00Z
//! let made = shop.done("customer create --name 'Ada Ltd'");   // a change that must be done: its answer
//! let ada = shop.ok("customer show C1");                      // exit 0, nothing on stderr: stdout as a JSON value
//! let error = shop.refused("customer show C9", "not_found");  // the error object; nothing printed, nothing changed
//! shop.apply(r#"{"command":"customer create","name":"Bo"}"#); // lines that must all be done: their answers
//! insta::assert_snapshot!(shop.text("customer list"), @"…");  // stdout, stderr and exit code as a person sees them
//! shop.clock("2026-12-01T10:00:00Z");                         // from here on it is December
//! shop.store.tampered("UPDATE stage SET folded = 7");         // behind the program's back, on whichever engine
//! ```
//!
//! Words are split as a shell splits them: blanks, `'…'`, `"…"`, `\`. `run` and `run_with` answer whatever happened, for
//! exit codes and formats of their own. A shop is verified when its story ends (see `VERIFY_IS_BUILT`), on a server one in three.
//!
//! Where the store lies is said in `store` and nowhere else, so that the same stories run on each engine.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub mod books;
#[allow(dead_code, reason = "the stories on files go over none")]
pub mod line;
pub mod portal;
mod postgres;
#[allow(dead_code, reason = "the stories on files ask nothing of it")]
pub mod server;
pub mod smtp;
mod sqlite;
mod store;
pub mod terminal;

use store::Store;

/// The moment of every shop until its clock is moved.
pub const NOW: &str = "2026-11-23T10:00:00Z";

/// Whether the program has `verify`, with which each story ends; a test holds this against the binary.
pub const VERIFY_IS_BUILT: bool = true;

/// A desk of its own.
pub struct Shop {
    /// The store, as it is seen from outside the program.
    pub store: Store,
    folder: TempDir,
    now: RefCell<String>,
    abandoned: Cell<bool>,
    to_the_end: Cell<bool>,
}

/// What a run of the program did.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Shop {
    /// A new desk in EUR and UTC. Once the program has made one, others are had without it.
    pub fn new() -> Shop {
        let folder = tempfile::tempdir().expect("a temporary folder");
        match Store::ready(folder.path()) {
            Some(store) => Shop::within(folder, store),
            None => {
                let shop = Shop::made_with("");
                shop.store.keep_as_new();
                shop
            }
        }
    }

    /// A new desk, made with these flags of `init`.
    pub fn made_with(flags: &str) -> Shop {
        let shop = Shop::without_store();
        shop.ok(&format!("init {flags}"));
        shop
    }

    /// A folder and no store yet.
    pub fn without_store() -> Shop {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::of(folder.path());
        Shop::within(folder, store)
    }

    fn within(folder: TempDir, store: Store) -> Shop {
        Shop {
            store,
            folder,
            now: RefCell::new(NOW.to_owned()),
            abandoned: Cell::new(false),
            to_the_end: Cell::new(false),
        }
    }

    /// Moves the clock to that instant, for everything that is run from here on.
    pub fn clock(&self, instant: &str) {
        *self.now.borrow_mut() = instant.to_owned();
    }

    /// The shop's folder, in which the program runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of that name in the shop's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the shop's folder; words can name it as it is, since the program runs there.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect("the file can be written");
        path
    }

    /// Lets the story end without a verified store: it broke it on purpose.
    pub fn abandoned(&self) {
        self.abandoned.set(true);
    }

    /// Has the end of the story verified and its export restored, whatever chance says: that is what the story is about.
    pub fn told_to_the_end(&self) {
        self.to_the_end.set(true);
    }

    /// The program with these words, ready to run: for stories that add environment, streams or signals of their own.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("aftersales"));
        command
            .args(split(words))
            .env_clear()
            .env("AFTERSALES_STORE", self.store.address())
            .env("AFTERSALES_NOW", &*self.now.borrow())
            .env("HOME", self.folder())
            .env("USER", "tester")
            // A server's answers that are remembered are asked for again, and compared.
            .env("AFTERSALES_DOUBT", "1")
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program with these words and nothing to read.
    pub fn run(&self, words: &str) -> Ran {
        finished(self.command(words).spawn().expect("the program starts"))
    }

    /// Runs the program with these words and that on its standard input.
    pub fn run_with(&self, words: &str, input: impl AsRef<[u8]>) -> Ran {
        fed(self.command(words), input.as_ref())
    }

    /// Runs what must succeed and say nothing beside its answer; answers stdout of `-o json`.
    pub fn ok(&self, words: &str) -> Value {
        let ran = self.run(&format!("{words} -o json"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}\n{}", ran.stdout);
        json(&ran.stdout)
    }

    /// Runs a change that must be done, not merely unchanged or planned; answers its answer.
    pub fn done(&self, words: &str) -> Value {
        let answer = self.ok(words);
        assert_eq!(answer["status"], "done", "{words}\n{answer:#}");
        answer
    }

    /// Runs a change that finds everything so already.
    pub fn unchanged(&self, words: &str) -> Value {
        let before = self.store.state();
        let answer = self.ok(words);
        assert_eq!(answer["status"], "unchanged", "{words}\n{answer:#}");
        assert_eq!(before, self.store.state(), "{words} answered unchanged and changed the store");
        answer
    }

    /// Runs what must be refused with `code`: its exit code, nothing on stdout, one error object on stderr, and a store in
    /// which nothing at all changed. Answers the error object.
    pub fn refused(&self, words: &str, code: &str) -> Value {
        let before = self.store.state();
        let ran = self.run(&format!("{words} -o json"));
        assert_eq!(ran.stdout, "", "{words} was to be refused with {code}");
        assert_eq!(ran.stderr.matches('\n').count(), 1, "{words}: one object on stderr, not\n{}", ran.stderr);
        let error = json(&ran.stderr)["error"].clone();
        assert_eq!(error["code"], code, "{words}\n{error:#}");
        let exit = aftersales::domain::code::exit_of(code);
        assert_eq!((ran.code, &error["exit"]), (exit, &Value::from(exit)), "{words}");
        assert_eq!(before, self.store.state(), "{words} was refused and changed the store");
        error
    }

    /// Feeds lines to `apply`, all of which must be done; answers their answers.
    pub fn apply(&self, lines: &str) -> Vec<Value> {
        let answers = self.applied("", lines, 0);
        for answer in &answers {
            assert_eq!(answer["status"], "done", "{answer:#}");
        }
        answers
    }

    /// Feeds lines to `apply` with these flags, which must end with that exit code; answers the lines' answers.
    pub fn applied(&self, flags: &str, lines: &str, code: i32) -> Vec<Value> {
        let ran = self.run_with(&format!("apply {flags} -o ndjson"), lines);
        assert_eq!(ran.code, code, "apply {flags}\n{}{}", ran.stdout, ran.stderr);
        ran.stdout.lines().map(json).collect()
    }

    /// Whatever a story left is exported, restored into a file and exported again: the same bytes, or something was forgotten,
    /// or one engine's export is not the other's.
    fn comes_back_from_its_export(&self) {
        const COPY: &str = "--store restored/desk.db";
        let exported = self.run("export");
        // Once there is an admin, the story's end is not one.
        if exported.code == aftersales::domain::code::exit_of("access_denied") {
            return;
        }
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        let folder = self.path("restored");
        std::fs::create_dir(&folder).expect("nobody restored before");
        if sqlite::File::ready(&folder).is_none() {
            // It is made by this story's clock, and so is not kept for others.
            assert_eq!(self.run(&format!("init {COPY}")).code, 0);
        }
        let ran = self.run_with(&format!("import {COPY}"), &exported.stdout);
        assert_eq!(ran.code, 0, "the store does not come back from its export\n{}{}", ran.stdout, ran.stderr);
        let again = self.run(&format!("export {COPY}")).stdout;
        let differs = exported.stdout.lines().zip(again.lines()).find(|(before, after)| before != after);
        assert_eq!(differs, None, "another store came back");
        assert_eq!(exported.stdout.len(), again.len(), "another store came back");
    }

    /// A run as a person sees it: stdout, then stderr and the exit code where there is something to say.
    pub fn text(&self, words: &str) -> String {
        let Ran { stdout, stderr, code } = self.run(words);
        let mut text = stdout;
        if !stderr.is_empty() {
            text.push_str(&format!("[stderr]\n{stderr}"));
        }
        if code != 0 {
            text.push_str(&format!("[exit {code}]\n"));
        }
        text.replace(&self.store.address(), "[store]").replace(&*self.folder().to_string_lossy(), "[folder]")
    }

    /// How many operations the log holds.
    pub fn operations(&self) -> i64 {
        self.store.operations()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let told = self.abandoned.get() || std::thread::panicking();
        // What every story ends with takes as long as the story: on a server one in three is verified, and an export is restored
        // by one in three on a file, and by one in nine on a server.
        let is_file = matches!(self.store, Store::File(_));
        let is_asked = |of: usize| self.to_the_end.get() || named_by_chance(of);
        let is_verified = is_file || is_asked(3);
        if VERIFY_IS_BUILT && !told && is_verified && self.store.exists() {
            let Ran { stdout, stderr, code } = self.run("verify -o json");
            assert_eq!(code, 0, "the story does not end with a clean store\n{stdout}{stderr}");
            if is_asked(if is_file { 3 } else { 9 }) {
                self.comes_back_from_its_export();
            }
        }
    }
}

/// Whether a story is left to the run on files: what it tries asks nothing of the store that an engine could answer otherwise, and
/// takes long.
pub fn is_told_on_files() -> bool {
    store::ON_POSTGRES
}

/// How many random cases are tried; a third of them on a server, where each takes longer.
pub fn cases(on_files: u32) -> u32 {
    if store::ON_POSTGRES { on_files / 3 } else { on_files }
}

/// Whether the story of this thread is the one of so many that its name makes it: the same in every run.
fn named_by_chance(of: usize) -> bool {
    let name = std::thread::current().name().map_or(0, |name| name.bytes().map(usize::from).sum::<usize>());
    name.is_multiple_of(of)
}

/// A text that must be one JSON document.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// Runs a command with that on its standard input.
pub fn fed(command: Command, input: &[u8]) -> Ran {
    // The program may end before it has read everything; then the pipe is closed, which is no fault of the story.
    ran(assert_cmd::Command::from_std(command).write_stdin(input).output().expect("the program runs"))
}

/// Waits for a program that was started by hand.
pub fn finished(child: std::process::Child) -> Ran {
    ran(child.wait_with_output().expect("the program ends"))
}

fn ran(output: std::process::Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
    Ran { stdout: text(output.stdout), stderr: text(output.stderr), code: code_of(output.status) }
}

/// The exit code as a shell tells it: 128 and the signal for a program that a signal ended.
pub fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).expect("an exit code or a signal")
}

/// Words as a shell splits them.
pub fn split(line: &str) -> Vec<String> {
    shlex::split(line).unwrap_or_else(|| panic!("a quote is not closed in {line}"))
}
