//! `verify`: whether the store holds what it must. It needs no right, no desk record and no subscription, since it is for stores
//! that are not as they should be.

use serde::Serialize;

use super::to_json;
use crate::domain::code::FaultKind;
use crate::domain::common::ValueRefused;
use crate::domain::log::LogHead;
use crate::domain::verify::{Finding, Invariant, StoreDamaged};
use crate::domain::{Error, Result};
use crate::procedure;
use crate::store::engine::table::{Column, id, rows, switch, text};
use crate::store::{Db, StoreError, log};

/// What is told of a store that was checked.
pub const KEYS: &[Column] = &[
    id().called("id"),
    switch().called("clean"),
    rows(&[text().called("check"), text().called("holds")]).called("checks"),
    rows(&[
        text().called("check"),
        text().optional().called("kind"),
        text().optional().called("id"),
        text().optional().called("record"),
        text().called("message"),
    ])
    .called("findings"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["id", "clean"];

/// Its keys.
pub const FIELDS: &[&str] = &["id", "clean", "checks", "findings"];

/// What a clean store answers.
#[derive(Serialize)]
struct Verified {
    id: &'static str,
    clean: bool,
    checks: Vec<Check>,
    findings: Vec<Finding>,
}

/// A check that was made.
#[derive(Serialize)]
struct Check {
    check: &'static str,
    holds: &'static str,
}

/// Checks the store that was opened; what opening it found counts too.
pub fn run(db: Result<Db>, head: Option<&LogHead>) -> Result<String> {
    let db = db.map_err(with_finding)?;
    db.begin_read().map_err(Error::from).map_err(with_finding)?;
    let findings = procedure::verify::findings(&db).and_then(|mut findings| {
        findings.extend(head.map(|head| passed(&db, head)).transpose()?.flatten());
        Ok(findings)
    });
    db.end_read()?;
    if let Some(damaged) = StoreDamaged::of(findings?) {
        return Err(damaged.into());
    }
    let made = Invariant::ALL.iter().map(|made| Check { check: made.name(), holds: made.holds() });
    let of_head = head.map(|_| Check { check: LogHead::CHECK, holds: LogHead::HOLDS });
    let checks = made.chain(of_head).collect();
    to_json(&Verified { id: "store", clean: true, checks, findings: Vec::new() })
}

/// A head of the log as `--head` names it: how many operations there were, and the hash of the last.
pub fn head_of(given: &str) -> Result<LogHead> {
    LogHead::parse(given).ok_or_else(|| {
        let message = "N:HASH is needed, as 'log head' tells them: a number, and 64 digits and letters from a to f";
        ValueRefused::invalid("head", given, message).into()
    })
}

/// What is found where the log does not pass through a head that was kept. Where the log cannot be read, other findings say so.
fn passed(db: &Db, head: &LogHead) -> Result<Option<Finding>> {
    match (log::hash_of(db, head.operations), log::head(db)) {
        (Ok(hash), Ok(end)) => Ok(head.finding(hash.as_deref(), end.operations)),
        (Err(error @ (StoreError::Damaged(_) | StoreError::Fault(_))), _)
        | (_, Err(error @ (StoreError::Damaged(_) | StoreError::Fault(_)))) => {
            Ok(Some(Finding::of_check(LogHead::CHECK, error.to_string())))
        }
        (Err(error), _) | (_, Err(error)) => Err(error.into()),
    }
}

/// A store too damaged to be opened is a finding as well.
fn with_finding(mut error: Error) -> Error {
    let is_damaged = error.kind() == FaultKind::Damaged;
    let fault = error.fault_mut();
    if is_damaged && fault.findings.is_empty() {
        // It is this command that would tell more.
        fault.hint = None;
        fault.findings.push(Invariant::File.unanswered(fault.message.clone()));
    }
    error
}
