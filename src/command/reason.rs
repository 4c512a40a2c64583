//! `reason`: why things are refunded, as the desk keeps it.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_free};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::reason::Reason;
use crate::domain::{Faults, Result};
use crate::store::engine::record;

impl Noun for Reason {
    const KIND: &'static str = "reason";
    const NOUN: &'static str = "reason";
    const RIGHT: Right = Right::Admin;
}

/// What can be said of a reason.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct ReasonForm {
    /// Its name, which credit notes show and which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// It is offered for refunds (the default)
    #[arg(long)]
    #[serde(default)]
    pub active: bool,
    /// It is not offered any more
    #[arg(long)]
    #[serde(default)]
    pub no_active: bool,
}

impl Form for ReasonForm {
    type Record = Reason;
    const CREATE: Help = Help {
        about: "Create a reason of refunds",
        more: "'ticket options' offers it, and a refund for whose reason its id or name was typed, in whatever case, shows its name; \
               any other text is a reason too. 'report refunds --by reason' sums by what credit notes show.",
        examples: &["aftersales reason create Scratched", "aftersales reason create late --name 'Delivered too late'"],
    };
    const EDIT: Help = Help {
        about: "Edit a reason of refunds",
        more: "Credit notes keep the name that they were made with. One that is not active is not offered, and still found by its \
               name.",
        examples: &["aftersales reason edit late --name 'Came too late'", "aftersales reason edit late --no-active"],
    };
    const ID: NewId = NewId::GivenOrName;

    fn blank(_: &Cx<'_>, id: String) -> Result<Reason> {
        Ok(Reason { key: 0, name: id.clone(), id, active: true })
    }

    fn fill(&self, _: &Cx<'_>, reason: &mut Reason) -> Result<()> {
        let mut faults = Faults::default();
        faults.gather(naming::name_of_record(&mut reason.id, &mut reason.name, self.name.as_deref()));
        faults.gather(given::set_switch(&mut reason.active, "active", self.active, self.no_active));
        faults.refuse()
    }

    fn check_change(cx: &Cx<'_>, _: &Reason, after: &Reason) -> Result<()> {
        check_free::<Self>(cx, "name", &after.name, Some(after.key))
    }

    fn insert(cx: &Cx<'_>, reason: &mut Reason) -> Result<()> {
        check_free::<Self>(cx, "id", &reason.id, None)?;
        check_free::<Self>(cx, "name", &reason.name, None)?;
        reason.key = cx.db.next_key()?;
        record::insert(cx.db, reason)?;
        cx.created("reason", &reason.id);
        Ok(())
    }

    fn id_of(reason: &Reason) -> &str {
        &reason.id
    }
}
