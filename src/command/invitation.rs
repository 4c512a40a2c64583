//! `customer invite` and `customer revoke`: the links by which customers come to their pages (spec F4).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::one;
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::procedure::invitation;

/// Invite a customer to their pages
///
/// Makes a link that opens the customer's tickets, visits, documents, coupons and cart to whoever has it, on any number of devices, until
/// it is revoked. It is told once: the desk keeps a digest of it, and neither the log nor a key can tell it again. Another invitation
/// makes another link, and the one before goes on. The pages are served by 'aftersales serve', under the address that
/// 'desk edit --portal-url' sets.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales customer invite C00001\n  aftersales customer invite ada@example.org --jq .result.link"
)]
pub struct CustomerInvite {
    /// The customer
    pub customer: String,
}

/// The key of the link, which is told once.
const LINK: &str = "link";

/// A link that was made; none where that is undone.
#[derive(Serialize)]
pub struct Invited {
    link: Option<String>,
}

impl Change for CustomerInvite {
    type Outcome = Invited;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Invited> {
        let customer: Customer = one(cx, "customer", &self.customer)?;
        let link = invitation::make(cx, &customer)?;
        cx.told_once(LINK);
        Ok(Invited { link: Some(link).filter(|_| !cx.planned) })
    }
}

/// Revoke the links of a customer
///
/// All of them, and every visit that they opened ends at once.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales customer revoke C00001")]
pub struct CustomerRevoke {
    /// The customer
    pub customer: String,
}

/// Whose links were revoked.
#[derive(Serialize)]
pub struct Revoked {
    customer: Customer,
}

impl Change for CustomerRevoke {
    type Outcome = Revoked;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Revoked> {
        let customer: Customer = one(cx, "customer", &self.customer)?;
        if invitation::end(cx, customer.key)? {
            cx.touched("customer", &customer.id);
        }
        Ok(Revoked { customer })
    }
}
