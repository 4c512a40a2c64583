//! Users and their rights.

use super::{Db, Key, Page, Result, Row, StoreError};
use crate::domain::desk::Right;
use crate::domain::user::User;
use crate::{insert, paged, params, query, raw, update};

macro_rules! head {
    () => {
        "SELECT u.key, u.id, u.name, u.email FROM person u"
    };
}

/// All but the rights.
fn read(row: &Row<'_>) -> Result<User> {
    Ok(User { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, email: row.get(3)?, rights: Vec::new() })
}

/// Whether there is any user.
pub fn any(db: &Db) -> Result<bool> {
    Ok(db.query_opt("SELECT key FROM person LIMIT 1", params![], |row| row.get::<i64>(0))?.is_some())
}

/// Whether a user with the right admin exists.
pub fn any_admin(db: &Db) -> Result<bool> {
    Ok(db
        .query_opt(
            query!([person_right], "SELECT person FROM person_right WHERE app = 'admin' LIMIT 1"),
            params![],
            |row| row.get::<i64>(0),
        )?
        .is_some())
}

/// Whether a user beside that one has the right admin.
pub fn other_admin(db: &Db, user: Key) -> Result<bool> {
    Ok(db
        .query_opt(
            query!([person_right], "SELECT person FROM person_right WHERE app = 'admin' AND person <> $1 LIMIT 1"),
            params![user],
            |row| row.get::<i64>(0),
        )?
        .is_some())
}

/// Loads the rights.
pub fn complete(db: &Db, user: &mut User) -> Result<()> {
    user.rights = rights_of(db, user.key)?;
    Ok(())
}

/// The user of that login, rights included.
pub fn by_id(db: &Db, login: &str) -> Result<Option<User>> {
    let Some(mut user) = db.query_opt(concat!(head!(), " WHERE u.id = $1"), params![login], read)? else {
        return Ok(None);
    };
    complete(db, &mut user)?;
    Ok(Some(user))
}

/// The user of that key, rights included.
pub fn by_key(db: &Db, key: Key) -> Result<User> {
    let mut user = db.query_one(concat!(head!(), " WHERE u.key = $1"), params![key], read)?;
    complete(db, &mut user)?;
    Ok(user)
}

/// The rights of a login, none where it is not known.
pub fn rights(db: &Db, login: &str) -> Result<Option<Vec<Right>>> {
    Ok(by_id(db, login)?.map(|user| user.rights))
}

fn rights_of(db: &Db, user: Key) -> Result<Vec<Right>> {
    db.query(
        query!([person_right], "SELECT app FROM person_right WHERE person = $1 ORDER BY position"),
        params![user],
        |row| {
            let app: String = row.get(0)?;
            app.parse().map_err(StoreError::Damaged)
        },
    )
}

/// The ids of all, in order of creation.
pub fn ids(db: &Db) -> Result<Vec<String>> {
    db.query(query!([person], "SELECT id FROM person ORDER BY key"), params![], |row| row.get(0))
}

/// One page of the list, without rights.
pub fn page(db: &Db, page: Page) -> Result<Vec<User>> {
    db.page(paged!(head!(), "u.key"), page, read)
}

/// Writes a new user with the rights.
pub fn insert(db: &Db, user: &User) -> Result<()> {
    db.write(
        insert!(person: key Int, id Text, name Text, email Text),
        params![user.key, &user.id, &user.name, &user.email],
    )?;
    insert_rights(db, user)
}

/// Writes what was changed of a user; the rights are replaced.
pub fn update(db: &Db, user: &User) -> Result<()> {
    db.change_one(
        update!(person (Int, Text, Text): "name = $2, email = $3"),
        params![user.key, &user.name, &user.email],
    )?;
    db.write(raw!(writes [person_right], reads [], "DELETE FROM person_right WHERE person = $1"), params![user.key])?;
    insert_rights(db, user)
}

fn insert_rights(db: &Db, user: &User) -> Result<()> {
    for (right, position) in user.rights.iter().zip(1..) {
        db.write(insert!(person_right: person Int, position Int, app Text), params![user.key, position, right.word()])?;
    }
    Ok(())
}
