//! The file or schema itself, and what must hold of every table alike.

use crate::domain::verify::Invariant;
use crate::query;
use crate::store::engine::exchange::{self, Misplaced};
use crate::store::verify::{Breach, Pass, Tell};
use crate::store::{Db, Result};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[Invariant::File], told_of_file),
    Pass::Asked(Invariant::Desk, query!([desk], DESK)),
    Pass::Made(&[Invariant::Places], misplaced),
];

const DESK: &str = "
    SELECT CAST(NULL AS TEXT), '', COUNT(*), 1, 0, 0 FROM desk HAVING COUNT(*) <> 1";

fn told_of_file(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    for what in db.faults_of_file()? {
        tell(Invariant::File, Breach { what, ..Breach::default() });
    }
    Ok(())
}

fn misplaced(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    for exchanged in exchange::tables() {
        exchanged.each_misplaced(db, &mut |Misplaced { record, list, place, right }| {
            tell(
                Invariant::Places,
                Breach {
                    record: Some(record),
                    kind: Some(exchanged.table.shown),
                    what: list.to_owned(),
                    stored: place.to_string(),
                    derived: right.to_string(),
                },
            );
        })?;
    }
    Ok(())
}
