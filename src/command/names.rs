//! The names that people know records by, for tables.

use std::any::Any;

use crate::domain::Error;
use crate::store::{self, Db};

/// The names of the records of that kind with those ids, as the caller's transaction sees them; for the lookup of tables, which
/// hands a failure back as it is.
pub fn names_of(db: &Db, kind: &str, ids: Vec<String>) -> Result<Vec<(String, String)>, Box<dyn Any>> {
    store::names::of(db, kind, &ids).map_err(|error| Box::new(Error::from(error)) as Box<dyn Any>)
}
