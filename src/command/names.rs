//! The names that people know records by, for tables.

use std::any::Any;

use crate::domain::Error;
use crate::output::names::TIME;
use crate::store::{self, Db};

/// The names of the records of that kind with those ids, as the caller's transaction sees them; for the lookup of tables, which
/// hands a failure back as it is.
pub fn names_of(db: &Db, kind: &str, ids: Vec<String>) -> Result<Vec<(String, String)>, Box<dyn Any>> {
    let names = if kind == TIME { times(db, ids) } else { store::names::of(db, kind, &ids) };
    names.map_err(|error| Box::new(Error::from(error)) as Box<dyn Any>)
}

/// What the clocks of the desk show at these moments (spec G4).
fn times(db: &Db, moments: Vec<String>) -> store::Result<Vec<(String, String)>> {
    let zone = store::desk::load(db)?.timezone;
    let shown = |moment: String| moment.parse().ok().map(|parsed| (moment, zone.shown(parsed)));
    Ok(moments.into_iter().filter_map(shown).collect())
}
