//! What the portal keeps of visits: the secret that their cookies are signed with, and which were ended by whoever signed out. A visit
//! that goes on stands nowhere: its cookie names the invitation. Both are kept back from exports and copies, where the next visit makes
//! a secret anew, so that who reads an export cannot pass for a customer.

use super::engine::record::Field as _;
use super::engine::table::{Table, always, instant, records, value_of};
use super::{Db, Result};
use crate::domain::invitation::Digest;
use crate::domain::value::day::Instant;
use crate::{insert, params, query, raw};

pub static PORTAL_SECRET: Table = records(
    "portal_secret",
    "portal_secret",
    &[always(1).called("key"), value_of::<Digest>().called("secret"), instant().called("made_at")],
)
.by("key")
.kept_back();

pub static ENDED_VISIT: Table =
    records("ended_visit", "ended_visit", &[value_of::<Digest>().called("visit"), instant().called("ended_at")])
        .kept_back();

/// The secret that cookies are signed with, none before it is needed first.
pub fn secret(db: &Db) -> Result<Option<Digest>> {
    db.query_opt(query!([portal_secret], "SELECT secret FROM portal_secret WHERE key = 1"), params![], |row| row.get(0))
}

/// Keeps the secret.
pub fn keep_secret(db: &Db, secret: Digest, at: Instant) -> Result<()> {
    db.write(insert!(portal_secret: key Int, secret Text, made_at Text), params![1, secret.bind(), at])
}

/// Whether a visit was ended.
pub fn is_ended(db: &Db, visit: Digest) -> Result<bool> {
    let found = db.query_opt(
        query!([ended_visit], "SELECT key FROM ended_visit WHERE visit = $1"),
        params![visit.to_string()],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Notes that a visit was ended; those that ended before `over`, when no cookie of them is taken any more, are forgotten.
pub fn end(db: &Db, visit: Digest, at: Instant, over: Option<Instant>) -> Result<()> {
    db.write(
        raw!(writes [ended_visit], reads [], "DELETE FROM ended_visit WHERE ended_at < $1"),
        params![over.unwrap_or(Instant::FIRST)],
    )?;
    db.write(insert!(ended_visit: key Int, visit Text, ended_at Text), params![db.next_key()?, visit.bind(), at])
}
