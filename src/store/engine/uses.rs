//! Who uses a record: the first row of another table that names it.

use super::statement::Statement;
use super::{Db, Key, Result};
use crate::domain::in_use::Use;
use crate::params;

/// The first record that uses the row `key`: for each noun a statement that answers the id of one, in the order asked.
pub fn first(db: &Db, uses: &[(&'static str, &'static Statement)], key: Key) -> Result<Option<Use>> {
    for (noun, statement) in uses {
        if let Some(id) = db.query_opt(statement, params![key], |row| row.get::<String>(0))? {
            return Ok(Some(Use { noun, id }));
        }
    }
    Ok(None)
}
