//! What can be attacked: each takes bytes that anybody may send, and holds the program to what it promises of any input. They run
//! the program within this process, so that a fuzzer sees which of its ways a change of the input opens (`fuzz/`).

use std::ffi::OsString;
use std::io::{BufReader, Cursor};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use aftersales::cli::{self, Outside, Signals};
use aftersales::domain::value::day::Instant;

/// A kind of input, and what becomes of one.
pub type Target = (&'static str, fn(&Desk, &[u8]));

pub const TARGETS: [Target; 7] = [
    ("command_line", command_line),
    ("json_lines", json_lines),
    ("records", records),
    ("csv", csv),
    ("config", config),
    ("header", header),
    ("expression", expression),
];

/// A desk to be attacked: a folder with a store, and the real program for what is done in a process of its own.
pub struct Desk {
    folder: tempfile::TempDir,
    program: PathBuf,
}

/// What a run ended with.
pub struct Ended {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// What the desk has before it is attacked.
const SHOP: &str = include_str!("shop.ndjson");

impl Desk {
    /// A desk with a small shop in it; `program` is the binary that evaluates `--jq`.
    pub fn new(program: PathBuf) -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let desk = Desk { folder, program };
        assert_eq!(desk.run(&["init"], b"").code, 0);
        let ended = desk.run(&["import", "-"], SHOP.as_bytes());
        assert_eq!(ended.code, 0, "{}", String::from_utf8_lossy(&ended.stderr));
        desk
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("desk.db")
    }

    /// Runs the program with these words and that on its standard input.
    pub fn run(&self, words: &[&str], input: &[u8]) -> Ended {
        self.run_words(words.iter().map(Into::into).collect(), input, &self.store())
    }

    fn run_words(&self, words: Vec<OsString>, input: &[u8], store: &Path) -> Ended {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let store = store.to_string_lossy().into_owned();
        let home = self.folder.path().to_string_lossy().into_owned();
        let variable = |name: &str| match name {
            "AFTERSALES_STORE" => Some(store.clone()),
            "HOME" => Some(home.clone()),
            _ => None,
        };
        let input = input.to_vec();
        let code = cli::run(Outside {
            arguments: std::iter::once("aftersales".into()).chain(words).collect(),
            variable: &variable,
            clock: &|| "2026-11-23T10:00:00Z".parse::<Instant>().expect("an instant"),
            stdin: &|| Box::new(BufReader::new(Cursor::new(input.clone()))),
            stdout: &mut stdout,
            stderr: &mut stderr,
            can_ask: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            stdout_width: None,
            login: "tester".to_owned(),
            program: &|| {
                let mut program = std::process::Command::new(&self.program);
                program.env_clear();
                Ok(program)
            },
            signals: Signals { end_at_once: Arc::new(AtomicBool::new(true)), came: Arc::new(AtomicUsize::new(0)) },
        });
        Ended { code, stdout, stderr }
    }

    /// Whatever was done to it, the store is whole.
    pub fn verify(&self) {
        let ended = self.run(&["verify", "-o", "json"], b"");
        assert_eq!(ended.code, 0, "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

impl Ended {
    /// Holds what every run promises (contract, sections 2 and 3): no fault of the program; text that is UTF-8; and of a single
    /// command that fails an empty stdout, and with JSON one object on stderr.
    fn check(&self, is_bulk: bool, is_json: bool) {
        let stderr = std::str::from_utf8(&self.stderr).expect("stderr is UTF-8");
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8");
        assert_ne!(self.code, 1, "{stderr}");
        if self.code != 0 && !is_bulk {
            assert!(self.stdout.is_empty(), "exit {} with an output", self.code);
        }
        if self.code != 0 && is_json && !is_bulk {
            let told: serde_json::Value = serde_json::from_str(stderr.trim_end()).expect(stderr);
            assert_eq!(told["error"]["exit"], self.code, "{stderr}");
        }
        assert!(
            !stderr.bytes().any(|byte| byte < b' ' && byte != b'\n' && byte != b'\t'),
            "a control character: {stderr:?}"
        );
    }

    /// Each answer of a bulk run is a JSON object (contract, section 4).
    fn check_answers(&self) {
        for line in String::from_utf8_lossy(&self.stdout).lines() {
            let answer: serde_json::Value = serde_json::from_str(line).expect(line);
            assert!(answer["line"].is_u64() && answer["status"].is_string(), "{line}");
            assert_ne!(answer["error"]["exit"], 1, "{line}");
        }
    }
}

/// Words of a command line, one a line of the input. What names a file of its own is left out: the input is not to write anywhere.
fn command_line(desk: &Desk, input: &[u8]) {
    let words: Vec<OsString> =
        input.split(|byte| *byte == b'\n').map(|word| OsString::from_vec(word.to_vec())).collect();
    let text = String::from_utf8_lossy(input);
    let elsewhere = [
        "init",
        "store",
        "demo",
        "apply",
        "import",
        "backup",
        "restore",
        "serve",
        "--config",
        "--store",
        "completions",
    ];
    if elsewhere.iter().any(|word| text.contains(word)) || words.iter().any(|word| word.as_encoded_bytes().contains(&0))
    {
        return;
    }
    let is_json = text.lines().any(|word| word == "json");
    let ended = desk.run_words(words, b"", &desk.store());
    // What asks for help, and what names a format twice, is told as text.
    let is_plain = text.matches("-o").count() == 1 && text.matches("json").count() == 1;
    ended.check(false, is_json && is_plain && ended.code != 2);
}

/// Lines of `apply`.
fn json_lines(desk: &Desk, input: &[u8]) {
    let ended = desk.run(&["apply", "-", "-o", "ndjson"], input);
    ended.check(true, true);
    ended.check_answers();
}

/// Records of `import`.
fn records(desk: &Desk, input: &[u8]) {
    let ended = desk.run(&["import", "-", "--on-error", "continue", "-o", "ndjson"], input);
    ended.check(true, true);
    if ended.code == 0 || ended.code == 3 {
        ended.check_answers();
    }
}

/// A table of customers, of products, of invoices: the first byte says which.
fn csv(desk: &Desk, input: &[u8]) {
    let (kind, table) = input.split_first().map_or((0, input), |(kind, table)| (*kind, table));
    let kind = ["customer", "product", "invoice", "order", "ticket"][usize::from(kind) % 5];
    let words = ["import", "-", "--format", "csv", "--kind", kind, "--on-error", "continue", "-o", "ndjson"];
    desk.run(&words, table).check(true, true);
}

/// A configuration file.
fn config(desk: &Desk, input: &[u8]) {
    let file = desk.folder.path().join("config.toml");
    std::fs::write(&file, input).expect("a file in the desk's folder");
    let file = file.to_string_lossy().into_owned();
    desk.run(&["desk", "show", "-o", "json", "--config", &file], b"").check(false, true);
}

/// The first bytes of a store's file. What is no store is told as that; what is damaged is told as that, and read no further.
fn header(desk: &Desk, input: &[u8]) {
    let file = desk.folder.path().join("attacked.db");
    let mut bytes = std::fs::read(desk.store()).expect("the store");
    bytes.iter_mut().zip(input).for_each(|(byte, input)| *byte = *input);
    std::fs::write(&file, &bytes).expect("a file in the desk's folder");
    for words in [["ticket", "list", "-o", "json"], ["tag", "list", "-o", "json"]] {
        let ended = desk.run_words(words.iter().map(Into::into).collect(), b"", &file);
        ended.check(false, true);
        assert!([0, 30, 41, 42].contains(&ended.code), "exit {}", ended.code);
    }
    assert_eq!(std::fs::read(&file).expect("the file"), bytes, "a byte was changed");
    for beside in ["attacked.db-wal", "attacked.db-shm"] {
        let _ = std::fs::remove_file(desk.folder.path().join(beside));
    }
}

/// An expression of `--jq`.
fn expression(desk: &Desk, input: &[u8]) {
    let Ok(expression) = std::str::from_utf8(input) else { return };
    if expression.contains('\0') {
        return;
    }
    // Evaluated in a process of its own, which has limits; whatever it does, this one says so.
    desk.run(&["customer", "list", "-o", "json", "--jq", expression], b"").check(false, true);
}
