//! Users and their rights.

use std::collections::HashMap;

use super::engine::record::{self, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{BY_PLACE, FoundBy, Table, amount, folded_start, id, list, list_of, records, text};
use super::{Db, Key, Result};
use crate::domain::desk::Right;
use crate::domain::user::User;
use crate::{described, field_of_words, params, query};

field_of_words!(Right);

described! {
    User in USER {
        id: id(),
        name: text().listed().searched(),
        email: text().optional().listed().least(2).searched(),
        rights: list_of("rights").listed().least(1),
        refund_limit: amount().optional().listed().least(3),
    } beside {
        name_folded: folded_start("name"),
    } complete complete
}

static RIGHTS: Table = RIGHT_ROWS;

const RIGHT_ROWS: Table = list("person_right", "person", BY_PLACE, &[text().called("app")]).shown("rights");

pub static USER: Table = records("user", "person", User::COLUMNS)
    .with(&[RIGHT_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// Loads the rights of some users.
fn complete(db: &Db, users: &mut [User]) -> Result<()> {
    let keys: Vec<Key> = users.iter().map(Described::key).collect();
    let mut rights: HashMap<Key, Vec<Right>> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["person_right"]) },
        ("SELECT person, app FROM person_right", "person", " ORDER BY person, position"),
        &keys,
        |row| {
            rights.entry(row.get(0)?).or_default().push(row.get(1)?);
            Ok(())
        },
    )?;
    for user in users {
        user.rights = rights.remove(&user.key).unwrap_or_default();
    }
    Ok(())
}

/// Whether there is any user.
pub fn any(db: &Db) -> Result<bool> {
    let found = db.query_opt(query!([person], "SELECT key FROM person LIMIT 1"), params![], |row| row.get::<Key>(0))?;
    Ok(found.is_some())
}

/// Whether a user with the right admin exists.
pub fn any_admin(db: &Db) -> Result<bool> {
    let found = db.query_opt(
        query!([person_right], "SELECT person FROM person_right WHERE app = 'admin' LIMIT 1"),
        params![],
        |row| row.get::<Key>(0),
    )?;
    Ok(found.is_some())
}

/// Whether a user beside that one has the right admin.
pub fn other_admin(db: &Db, user: Key) -> Result<bool> {
    let found = db.query_opt(
        query!([person_right], "SELECT person FROM person_right WHERE app = 'admin' AND person <> $1 LIMIT 1"),
        params![user],
        |row| row.get::<Key>(0),
    )?;
    Ok(found.is_some())
}

/// The user of that login, rights included.
pub fn by_id(db: &Db, login: &str) -> Result<Option<User>> {
    record::by_id(db, login)
}

/// The user of that key, rights included.
pub fn by_key(db: &Db, key: Key) -> Result<User> {
    record::by_key(db, key)
}

/// The rights of a login, none where it is not known.
pub fn rights(db: &Db, login: &str) -> Result<Option<Vec<Right>>> {
    Ok(by_id(db, login)?.map(|user| user.rights))
}

/// Writes a new user with the rights.
pub fn insert(db: &Db, user: &User) -> Result<()> {
    record::insert(db, user)?;
    record::add_links(db, &RIGHTS, user, user.rights.iter().map(|right| right.bind()))
}

/// Writes what was changed of a user; the rights are replaced.
pub fn update(db: &Db, user: &User) -> Result<()> {
    record::update(db, user)?;
    record::set_links(db, &RIGHTS, user, user.rights.iter().map(|right| right.bind()))
}
