//! Checking a store: every invariant, and what breaks it.

use std::collections::HashMap;

use super::services::apps_of;
use crate::domain::document::DocumentKind;
use crate::domain::team::Service;
use crate::domain::verify::{Breach, DOCUMENT, Finding, Invariant};
use crate::domain::{Result, app};
use crate::store::verify::{self, Pass, Tell};
use crate::store::{self, Db, StoreError, document};

/// How many breaches of one invariant are told; the rest is counted.
const TOLD: u64 = 50;

/// What breaks the invariants, in their order; nothing where all hold. A check that the store cannot answer is a finding
/// itself, since a damaged file fails in the middle of anything.
pub fn findings(db: &Db) -> Result<Vec<Finding>> {
    let mut found = Found::default();
    for pass in verify::passes().chain([&SERVICES]) {
        // Where a statement fails, some engines answer nothing more until it is undone.
        db.savepoint()?;
        match pass.run(db, &mut |invariant, breach| found.tell(invariant, breach)) {
            Ok(()) => db.release()?,
            Err(error @ (StoreError::Damaged(_) | StoreError::Fault(_))) => {
                // A file that is broken may have ended the read by itself.
                let _ = db.undo();
                for invariant in pass.of() {
                    found.of(invariant).1.push(invariant.unanswered(error.to_string()));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    found.in_order().into_iter().map(|finding| named(db, finding)).collect()
}

/// The finding with the id of the record, where that is told by its number, and with its kind, where that could be two. A store
/// that cannot say it has worse findings.
fn named(db: &Db, mut finding: Finding) -> Result<Finding> {
    let is_document = finding.kind.is_some_and(|kind| kind == DOCUMENT || DocumentKind::WORDS.contains(&kind));
    if let Some(record) = finding.record.as_deref().filter(|_| is_document) {
        db.savepoint()?;
        let found = document::by_any_id(db, record);
        if found.is_ok() {
            db.release()?;
        } else {
            let _ = db.undo();
        }
        let found = found.ok().flatten();
        finding.kind = found.as_ref().map(|found| found.kind.word()).or(finding.kind.filter(|kind| *kind != DOCUMENT));
        finding.id = found.map(|found| found.id);
    }
    Ok(finding)
}

/// What services need is known here alone.
static SERVICES: Pass = Pass::Made(&[Invariant::Apps], apps_of_services);

/// The applications behind every service that a team offers are installed (spec A3).
fn apps_of_services(db: &Db, tell: &mut Tell<'_>) -> store::Result<()> {
    let installed = verify::desk::installed(db)?;
    for word in verify::desk::services(db)? {
        let Ok(service) = word.parse::<Service>() else {
            continue;
        };
        for missing in app::missing(&installed, apps_of(service).iter().copied()) {
            let what = format!("it is not installed, and the service {word} needs it");
            tell(Invariant::Apps, Breach { record: Some(missing.word().to_owned()), what, ..Breach::default() });
        }
    }
    Ok(())
}

/// What was found of each invariant: how many breaches, and those that are told.
#[derive(Default)]
struct Found(HashMap<Invariant, (u64, Vec<Finding>)>);

impl Found {
    fn of(&mut self, invariant: Invariant) -> &mut (u64, Vec<Finding>) {
        self.0.entry(invariant).or_default()
    }

    fn tell(&mut self, invariant: Invariant, breach: Breach) {
        let (count, told) = self.of(invariant);
        *count = count.saturating_add(1);
        if *count <= TOLD {
            told.push(invariant.finding(breach));
        }
    }

    fn in_order(mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for invariant in Invariant::ALL {
            let Some((count, told)) = self.0.remove(invariant) else {
                continue;
            };
            findings.extend(told);
            if count > TOLD {
                findings.push(invariant.more(count.saturating_sub(TOLD)));
            }
        }
        findings
    }
}
