//! Users and their rights.

use super::{Db, Result, StoreError};
use crate::domain::desk::Right;
use crate::params;

/// Whether the desk knows any user.
pub fn any(db: &Db) -> Result<bool> {
    Ok(db.query_opt("SELECT key FROM person LIMIT 1", params![], |row| row.get::<i64>(0))?.is_some())
}

/// Whether a user with the right admin exists.
pub fn any_admin(db: &Db) -> Result<bool> {
    Ok(db
        .query_opt("SELECT person FROM person_right WHERE app = 'admin' LIMIT 1", params![], |row| row.get::<i64>(0))?
        .is_some())
}

/// The key of a login.
pub fn by_id(db: &Db, login: &str) -> Result<Option<i64>> {
    db.query_opt("SELECT key FROM person WHERE id = $1", params![login], |row| row.get(0))
}

/// The rights of a login, none where it is not known.
pub fn rights(db: &Db, login: &str) -> Result<Option<Vec<Right>>> {
    let Some(key) = by_id(db, login)? else {
        return Ok(None);
    };
    db.query("SELECT app FROM person_right WHERE person = $1 ORDER BY position", params![key], |row| {
        let app: String = row.get(0)?;
        app.parse().map_err(StoreError::Damaged)
    })
    .map(Some)
}
