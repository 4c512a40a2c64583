//! Invitations, by the digests of their tokens (spec F4). They are exported: links go on working where a store was restored.

use super::engine::record;
use super::engine::table::{Table, instant, link, records, value_of};
use super::{Db, Key, Result};
use crate::domain::invitation::{Digest, Invitation};
use crate::domain::value::day::Instant;
use crate::{described, field_of_text, params, query, raw, select};

field_of_text!(Digest);

described! {
    Invitation in INVITATION {
        customer: link("customer"),
        token: value_of::<Digest>(),
        created_at: instant(),
        revoked_at: instant().optional(),
    }
}

pub static INVITATION: Table = records("invitation", "invitation", Invitation::COLUMNS);

/// That a customer, the row `t`, has a link.
pub const INVITED: &str = "t.key IN (SELECT i.customer FROM invitation i WHERE i.revoked_at IS NULL)";

/// Writes a new invitation.
pub fn insert(db: &Db, invitation: &Invitation) -> Result<()> {
    record::insert(db, invitation)
}

/// The invitation with that token, unless it was revoked.
pub fn open_by_token(db: &Db, token: Digest) -> Result<Option<Invitation>> {
    let statement = select!(Invitation, "t.token = $1 AND t.revoked_at IS NULL", "");
    record::first(db, statement, params![token.to_string()])
}

/// Whether the customer has an invitation that was not revoked.
pub fn any_open(db: &Db, customer: Key) -> Result<bool> {
    let statement = select!(Invitation, "t.customer = $1 AND t.revoked_at IS NULL", " LIMIT 1");
    Ok(record::first::<Invitation>(db, statement, params![customer])?.is_some())
}

/// Revokes all invitations of the customer.
pub fn revoke(db: &Db, customer: Key, at: Instant) -> Result<()> {
    db.write(
        raw!(
            writes [invitation],
            reads [],
            "UPDATE invitation SET revoked_at = $2 WHERE customer = $1 AND revoked_at IS NULL"
        ),
        params![customer, at],
    )
}

/// Whether anybody was ever invited.
pub fn any(db: &Db) -> Result<bool> {
    let found =
        db.query_opt(query!([invitation], "SELECT key FROM invitation ORDER BY key LIMIT 1"), params![], |row| {
            row.get::<Key>(0)
        })?;
    Ok(found.is_some())
}
