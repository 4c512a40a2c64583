//! Installed applications. Helpdesk has no row: it is the desk itself.

use super::{Db, Result};
use crate::domain::app::App;
use crate::domain::value::day::Instant;
use crate::{column_of_text, insert, params, query};

column_of_text!(App);

/// What is installed beside helpdesk, in the order of installation.
pub fn installed(db: &Db) -> Result<Vec<App>> {
    db.query(query!([app], "SELECT id FROM app ORDER BY key"), params![], |row| row.get(0))
}

/// Writes that an application was installed.
pub fn insert(db: &Db, app: App, at: Instant) -> Result<()> {
    db.write(insert!(app: key Int, id Text, installed_at Text), params![db.next_key()?, app.word(), at])
}
