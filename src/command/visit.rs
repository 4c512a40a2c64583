//! What the portal itself has to keep of visits (spec F4). No command line and no line of JSON names these changes; the log tells them
//! like any other.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::invitation::Digest;
use crate::procedure::visit;

/// Makes the secret that cookies of visits are signed with.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct VisitSecret {}

impl VisitSecret {
    /// What the log calls it.
    pub const NAME: &str = "visit secret";
}

/// Nothing is told of what changed.
#[derive(Serialize)]
pub struct Nothing {}

impl Change for VisitSecret {
    type Outcome = Nothing;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Nothing> {
        if visit::make_secret(cx)? {
            cx.touched("desk", "desk");
        }
        Ok(Nothing {})
    }
}

/// Ends a visit of a customer.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct VisitEnd {
    pub customer: String,
    /// Which, for the store alone.
    #[arg(skip)]
    #[serde(skip)]
    pub visit: Option<Digest>,
}

impl VisitEnd {
    /// What the log calls it.
    pub const NAME: &str = "visit end";
}

impl Change for VisitEnd {
    type Outcome = Nothing;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Nothing> {
        if let Some(ended) = self.visit {
            visit::end(cx, &self.customer, ended)?;
        }
        Ok(Nothing {})
    }
}
