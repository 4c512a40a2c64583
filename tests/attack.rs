//! Hostile input of every kind: what stands in `tests/attack/corpus`, and thousands of changes of it, made anew in each run. A
//! change that breaks a promise is made as small as it can be and printed with its seed; what it was belongs into the corpus.
//!
//! `AFTERSALES_ATTACKS=1000000` tries as many of each kind; `fuzz/README.md` tells how a fuzzer that watches the program does it.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

mod targets;

use targets::{Desk, TARGETS, Target};

/// How many changed inputs of each kind a run tries, unless the environment says otherwise.
const ATTACKS: u32 = 300;

/// Words that mean something somewhere: a changed input gets to places with them that it would not find byte by byte.
const WORDS: [&str; 44] = [
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{ff0c}",
    "é",
    "'",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
    "=",
    "--",
    "-",
    "null",
    "true",
    "1e999",
    "-0",
    "0.1",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999",
    "0.0000001",
    "2026-02-30",
    "9999-12-31",
    "0000-00-00",
    "T1",
    "INV/2026/1",
    "WH/OUT/1",
    "C1",
    "LAMP",
    "SN-1..SN-99999",
    "EUR",
    "JPY",
    "..",
    "\u{10ffff}",
];

/// A change of an input.
#[derive(Debug, Clone)]
enum Change {
    Byte(Index, u8),
    Word(Index, usize),
    Cut(Index, usize),
    Again(Index, usize, usize),
    End(Index),
    Splice(Index, Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (at(), 0..WORDS.len()).prop_map(|(at, word)| Change::Word(at, word)),
        (at(), 1..20_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (at(), 1..30_usize, 1..200_usize).prop_map(|(at, length, times)| Change::Again(at, length, times)),
        at().prop_map(Change::End),
        (at(), at(), 1..80_usize).prop_map(|(at, from, length)| Change::Splice(at, from, length)),
    ]
}

impl Change {
    fn make(&self, input: &mut Vec<u8>, other: &[u8]) {
        let place = |at: &Index, length: usize| at.index(length + 1);
        match self {
            Change::Byte(at, byte) if !input.is_empty() => {
                let at = at.index(input.len());
                input[at] = *byte;
            }
            Change::Byte(_, byte) => input.push(*byte),
            Change::Word(at, word) => {
                let at = place(at, input.len());
                input.splice(at..at, WORDS[*word].bytes());
            }
            Change::Cut(at, length) => {
                let at = place(at, input.len());
                let end = (at + length).min(input.len());
                input.drain(at..end);
            }
            Change::Again(at, length, times) => {
                let at = place(at, input.len());
                let part = input[at..(at + length).min(input.len())].repeat(*times);
                input.splice(at..at, part);
            }
            Change::End(at) => input.truncate(place(at, input.len())),
            Change::Splice(at, from, length) => {
                let (at, from) = (place(at, input.len()), place(from, other.len()));
                let part = other[from..(from + length).min(other.len())].to_vec();
                input.splice(at..at, part);
            }
        }
    }
}

/// The inputs that are kept of a kind, by name.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attack/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has nothing to begin with");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn attacks() -> u32 {
    #[allow(clippy::disallowed_methods, reason = "a test has no other outside")]
    let asked = std::env::var("AFTERSALES_ATTACKS");
    asked.map_or(ATTACKS, |asked| asked.parse().expect("AFTERSALES_ATTACKS is a number"))
}

fn attack((name, target): Target) {
    let desk = Desk::new(assert_cmd::cargo::cargo_bin!("aftersales").to_owned());
    let corpus = corpus(name);
    for input in &corpus {
        target(&desk, input);
    }
    let inputs = (any::<Index>(), any::<Index>(), prop::collection::vec(change(), 1..6));
    let config = Config { cases: attacks(), failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let ran = TestRunner::new(config).run(&inputs, |(input, other, changes)| {
        let (mut input, other) = (input.get(&corpus).clone(), other.get(&corpus));
        for change in &changes {
            change.make(&mut input, other);
        }
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(&desk, &input)));
        prop_assert!(ended.is_ok(), "{name} is broken by {:?}", String::from_utf8_lossy(&input));
        Ok(())
    });
    if let Err(broken) = ran {
        panic!("{broken}");
    }
    desk.verify();
}

fn named(name: &str) -> Target {
    TARGETS.into_iter().find(|(known, _)| *known == name).unwrap()
}

#[test]
fn any_command_line_is_answered_or_refused() {
    attack(named("command_line"));
}

#[test]
fn any_lines_of_commands_are_answered_or_refused() {
    attack(named("json_lines"));
}

#[test]
fn any_lines_of_records_are_answered_or_refused() {
    attack(named("records"));
}

#[test]
fn any_table_is_read_or_refused() {
    attack(named("csv"));
}

#[test]
fn any_configuration_is_read_or_refused() {
    attack(named("config"));
}

#[test]
fn any_file_is_a_store_or_none_and_stays_as_it_is() {
    attack(named("header"));
}

#[test]
fn any_expression_is_evaluated_or_refused() {
    attack(named("expression"));
}

#[test]
fn every_kind_of_input_is_attacked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attack/corpus");
    let mut kept: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    kept.sort();
    let mut known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(kept, known);
}
