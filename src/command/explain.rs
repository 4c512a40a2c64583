//! `explain`: what an error code or a warning means, a call that provokes it, and what to type then (contract, section 3).

use serde::Serialize;

use super::pipeline::object::meant;
use super::to_json;
use crate::domain::code::explained::{self, Explained};
use crate::domain::code::{CODES, WARNINGS};
use crate::domain::common::ValueRefused;
use crate::domain::{Allowed, Result};
use crate::store::engine::table::{Column, int, text, words};

/// What is told of a code.
pub const KEYS: &[Column] = &[
    text().called("code"),
    words(&[ERROR, WARNING]).called("kind"),
    int().called("exit"),
    text().called("message"),
    text().called("means"),
    text().optional().called("example"),
    text().called("cure"),
];

/// Its keys.
pub const FIELDS: &[&str] = &["code", "kind", "exit", "message", "means", "example", "cure"];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["code", "kind", "exit", "message"];

const ERROR: &str = "error";
const WARNING: &str = "warning";

/// A code as it is told.
#[derive(Serialize)]
pub struct Explanation {
    code: &'static str,
    kind: &'static str,
    /// A warning goes with a command that was done.
    exit: i32,
    message: &'static str,
    means: &'static str,
    example: Option<&'static str>,
    cure: &'static str,
}

impl Explanation {
    /// It as a person reads it.
    pub fn text(&self) -> String {
        let Explanation { code, kind, exit, message, means, example, cure } = self;
        let exit = if *kind == ERROR { format!(", exit {exit}") } else { String::new() };
        let example = example.map(|example| format!("\nExample:\n  {example}\n")).unwrap_or_default();
        format!("{code} ({kind}{exit}): {message}\n\n{means}\n{example}\nCure:\n  {cure}\n")
    }
}

/// One code, whatever its case and with dashes or not.
pub fn of(given: &str) -> Result<Explanation> {
    let code = given.trim().to_lowercase().replace('-', "_");
    every().find(|told| told.code == code).ok_or_else(|| {
        let message = format!("there is no code {given:?}{}", meant(&code, explained::all()));
        let allowed = Some(Allowed::Several(explained::all().map(str::to_owned).collect()));
        ValueRefused::Invalid { field: "code", given: given.to_owned(), message, allowed }.into()
    })
}

/// All codes, a record each: errors by their exit codes, then what only warns.
pub fn all() -> Result<Vec<String>> {
    every().map(|told| to_json(&told)).collect()
}

fn every() -> impl Iterator<Item = Explanation> {
    let errors = CODES.iter().map(|(code, exit, message)| (*code, ERROR, *exit, *message));
    let warnings = WARNINGS.iter().map(|(code, message)| (*code, WARNING, 0, *message));
    errors.chain(warnings).filter_map(|(code, kind, exit, message)| {
        let Explained { means, example, cure, .. } = explained::of(code)?;
        let example = Some(*example).filter(|example| !example.is_empty());
        Some(Explanation { code, kind, exit, message, means, example, cure })
    })
}
