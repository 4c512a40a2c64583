//! Checking a store: every invariant, and what breaks it.

use crate::domain::Result;
use crate::domain::verify::{Finding, Invariant};
use crate::store::{Db, StoreError, verify};

/// How many breaches of one invariant are told; the rest is counted.
const TOLD: u64 = 50;

/// What breaks the invariants, in their order; nothing where all hold. A check that the store cannot answer is a finding
/// itself, since a damaged file fails in the middle of anything.
pub fn findings(db: &Db) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for invariant in Invariant::ALL {
        // Where a statement fails, some engines answer nothing more until it is undone.
        db.savepoint()?;
        let mut count = 0;
        let checked = verify::each_breach(db, *invariant, &mut |breach| {
            count += 1;
            if count <= TOLD {
                findings.push(invariant.finding(breach));
            }
        });
        if count > TOLD {
            findings.push(invariant.more(count - TOLD));
        }
        match checked {
            Ok(()) => db.release()?,
            Err(error @ (StoreError::Damaged(_) | StoreError::Fault(_))) => {
                // A file that is broken may have ended the read by itself.
                let _ = db.undo();
                findings.push(invariant.unanswered(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(findings)
}
