//! Visits of customers at their pages: the secret that their cookies are signed with, and signing out (spec F4).

use super::context::Cx;
use super::random;
use crate::domain::Result;
use crate::domain::invitation::Digest;
use crate::store::visit;

/// How long a visit goes on that nobody ends, in seconds: 30 days.
pub const LONGEST: i64 = 30 * 24 * 3600;

/// Makes the secret that cookies are signed with, unless there is one; says whether there was none.
pub fn make_secret(cx: &Cx<'_>) -> Result<bool> {
    let is_there = visit::secret(cx.db)?.is_some();
    if !is_there {
        visit::keep_secret(cx.db, Digest(random::bytes()?), cx.now)?;
    }
    Ok(!is_there)
}

/// Ends a visit of the customer for good, whoever still has its cookie.
pub fn end(cx: &Cx<'_>, customer: &str, visit: Digest) -> Result<()> {
    if !visit::is_ended(cx.db, visit)? {
        visit::end(cx.db, visit, cx.now, cx.now.plus_seconds(-LONGEST))?;
        cx.touched("customer", customer);
    }
    Ok(())
}
