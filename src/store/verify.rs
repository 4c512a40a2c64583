//! What must hold of a store, looked for in passes: a statement that answers the breaches of one invariant, or a go over some rows
//! that tells those of several. What is fine answers nothing, and no pass holds more than a page of what it reads.

mod counters;
mod coupons;
mod file;
mod goods;
mod links;
mod log;
mod money;

use super::engine::statement::Statement;
use super::{Db, Result, Row};
use crate::domain::value::number::show_scaled;
use crate::domain::verify::{Breach, Invariant};
use crate::params;

/// Takes the breaches that a pass finds.
pub type Tell<'t> = dyn FnMut(Invariant, Breach) + 't;

/// Something that is gone over once.
pub enum Pass {
    /// A statement that answers the breaches of that invariant, as `breach` reads them.
    Asked(Invariant, &'static Statement),
    /// What tells breaches of those invariants.
    Made(&'static [Invariant], fn(&Db, &mut Tell<'_>) -> Result<()>),
}

/// All passes.
pub fn passes() -> impl Iterator<Item = &'static Pass> {
    [file::PASSES, log::PASSES, counters::PASSES, links::PASSES, money::PASSES, coupons::PASSES, goods::PASSES]
        .into_iter()
        .flatten()
}

impl Pass {
    /// What it tells breaches of.
    pub fn of(&self) -> &[Invariant] {
        match self {
            Pass::Asked(invariant, _) => std::slice::from_ref(invariant),
            Pass::Made(invariants, _) => invariants,
        }
    }

    /// Tells every breach.
    pub fn run(&self, db: &Db, tell: &mut Tell<'_>) -> Result<()> {
        match self {
            Pass::Made(_, made) => made(db, tell),
            Pass::Asked(invariant, statement) => db.each(statement, params![], |row| {
                tell(*invariant, breach(row)?);
                Ok(())
            }),
        }
    }
}

/// Record, what of it, what is stored, what it should be, and how both are shown: digits after the point, and how many of
/// them at least.
fn breach(row: &Row<'_>) -> Result<Breach> {
    let (scale, least) = (digits(row.get(4)?), digits(row.get(5)?));
    let shown = |value: Option<i64>| value.map(|value| show_scaled(value, scale, least)).unwrap_or_default();
    Ok(Breach { record: row.get(0)?, what: row.get(1)?, stored: shown(row.get(2)?), derived: shown(row.get(3)?) })
}

fn digits(digits: i64) -> u32 {
    u32::try_from(digits).unwrap_or_default()
}
