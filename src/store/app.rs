//! Installed applications. Helpdesk has no row: it is the desk itself.

use super::engine::table::{Column, Table, id, instant, link, records, rows, switch, words};
use super::{Db, Result};
use crate::domain::app::App;
use crate::domain::team::Service;
use crate::domain::value::day::Instant;
use crate::{column_of_text, insert, params, query};

column_of_text!(App);

pub static APP: Table = records("app", "app", &[id().called("id"), instant().called("installed_at")]);

/// What an application is told by.
pub const KEYS: &[Column] = &[
    words(App::WORDS).called("id"),
    switch().called("installed"),
    rows(&[link("team").called("team"), words(Service::WORDS).called("service")]).called("needed_by"),
];

/// Applications as they are shown, those that are not installed among them: of no table.
pub static SHOWN: Table = records("app", "app", KEYS);

/// What is installed beside helpdesk, in the order of installation.
pub fn installed(db: &Db) -> Result<Vec<App>> {
    db.query(query!([app], "SELECT id FROM app ORDER BY key"), params![], |row| row.get(0))
}

/// Writes that an application was installed.
pub fn insert(db: &Db, app: App, at: Instant) -> Result<()> {
    db.write(insert!(app: key Int, id Text, installed_at Text), params![db.next_key()?, app.word(), at])
}
