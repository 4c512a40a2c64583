//! Making and ending the links by which customers come to their pages (spec F4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::context::Cx;
use super::{random, visit};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::invitation::{Digest, Invitation, link};
use crate::store::{Key, customer, invitation};

/// How many random bytes a token has.
const TOKEN: usize = 24;

/// Makes a link for the customer and answers it: nobody can tell it again.
pub fn make(cx: &Cx<'_>, customer: &Customer) -> Result<String> {
    let token = URL_SAFE_NO_PAD.encode(random::bytes::<TOKEN>()?);
    let link = link(cx.desk.portal_url.as_deref(), &token)?;
    let made = Invitation {
        key: cx.db.next_key()?,
        customer: customer.reference(),
        token: digest(&token),
        created_at: cx.now,
        revoked_at: None,
    };
    invitation::insert(cx.db, &made)?;
    // Whoever is to come may open a shared code first, and a cookie keeps it.
    visit::make_secret(cx)?;
    cx.touched("customer", &customer.id);
    Ok(link)
}

/// Ends the customer's links, and with them the visits that they opened; says whether there were any.
pub fn end(cx: &Cx<'_>, customer: Key) -> Result<bool> {
    let any = invitation::any_open(cx.db, customer)?;
    if any {
        invitation::revoke(cx.db, customer, cx.now)?;
    }
    Ok(any)
}

/// What is kept of a token.
pub fn digest(token: &str) -> Digest {
    Digest(*blake3::hash(token.as_bytes()).as_bytes())
}

/// Whose pages a token opens: the customer whom the one that was invited is by now, since an invitation goes along with a
/// merge.
pub fn customer_of(cx: &Cx<'_>, token: Digest) -> Result<Option<Customer>> {
    match invitation::open_by_token(cx.db, token)? {
        Some(invitation) => Ok(Some(customer::by_key(cx.db, invitation.customer.key)?)),
        None => Ok(None),
    }
}
