//! `user`: who works at the desk, and with which rights (spec A9).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::Result;
use crate::domain::desk::{Actor, Right};
use crate::domain::user::{GivenRight, Runner, User, limit_of, rights_of, what_begins};
use crate::domain::value::money::Amount;
use crate::domain::value::text::Setting;
use crate::store::user;

impl Noun for User {
    const KIND: &'static str = "user";
    const NOUN: &'static str = "user";
    const RIGHT: Right = Right::Admin;
}

/// What can be said of a user.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct UserForm {
    /// The name (default: the login)
    #[arg(long)]
    pub name: Option<String>,
    /// Where mail for the user goes
    #[arg(long)]
    pub email: Option<String>,
    /// helpdesk, invoicing, sales, inventory, repair, field-service, or admin for all (repeatable)
    #[arg(long)]
    pub right: Option<Vec<Setting<GivenRight>>>,
    /// Up to what the user refunds alone, in the desk's currency (empty: without bounds)
    #[arg(long, value_name = "AMOUNT")]
    pub refund_limit: Option<Setting<Amount>>,
}

impl Form for UserForm {
    type Record = User;
    const CREATE: Help = Help {
        about: "Create a user",
        more: "Until a user with the right admin exists, the desk is single-user and all is allowed. From then on every command runs \
               as a user: the one named with --as, or the operating system's user name; who makes somebody else the first admin is \
               asked. Rights guard against mistakes, no more: whoever can open the store file can name any user.\n\nThe \
               services of a ticket need helpdesk alone: who has it refunds with 'ticket refund --post' without the right \
               invoicing, which reads credit notes and invoices. The refund limit bounds that. A credit note above the refund limit, its tax included, stays a draft, and another user posts it whose limit is higher; what the \
               user posted of the same invoice before counts along. Nothing is converted: in another currency than the desk's \
               every amount is above it. Cancelling a posted invoice and paying out without a credit note have the same limit.",
        examples: &[
            "aftersales user create ann --name Ann --right helpdesk --email ann@example.org",
            "aftersales user create bob --right helpdesk --refund-limit 100",
            "aftersales user create root --right admin",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a user",
        more: "Rights that are given replace those there are; an empty one takes them all away. The last admin stays one. Rights \
               guard against mistakes, no more: whoever can open the store file can name any user.",
        examples: &[
            "aftersales user edit ann --right helpdesk --right inventory",
            "aftersales user edit ann --right ''",
            "aftersales user edit ann --refund-limit 250.00",
        ],
    };
    const ID: NewId = NewId::Given;
    const LISTS: &'static [(&'static str, &'static str)] = &[("right", "rights")];

    fn blank(_: &Cx<'_>, id: String) -> Result<User> {
        Ok(User { key: 0, name: id.clone(), id, email: None, rights: Vec::new(), refund_limit: None })
    }

    fn fill(&self, cx: &Cx<'_>, user: &mut User) -> Result<()> {
        naming::rename(&mut user.name, self.name.as_deref())?;
        given::set_text(&mut user.email, self.email.as_deref());
        if let Some(rights) = &self.right {
            user.rights = rights_of(given::list(rights));
        }
        if let Some(limit) = &self.refund_limit {
            let in_currency = |limit: &Amount| limit_of(limit, cx.desk.currency);
            user.refund_limit = limit.0.as_ref().map(in_currency).transpose()?;
        }
        Ok(())
    }

    fn check_change(cx: &Cx<'_>, before: &User, after: &User) -> Result<()> {
        before.check_admin_stays(after, user::other_admin(cx.db, after.key)?)?;
        begins_to_check(cx, after)
    }

    fn insert(cx: &Cx<'_>, user: &mut User) -> Result<()> {
        check_new_id::<Self>(cx, &user.id)?;
        begins_to_check(cx, user)?;
        user.key = cx.db.next_key()?;
        user::insert(cx.db, user)?;
        cx.created("user", &user.id);
        Ok(())
    }

    fn update(cx: &Cx<'_>, _: &User, after: &User) -> Result<()> {
        user::update(cx.db, after)?;
        cx.touched("user", &after.id);
        Ok(())
    }

    fn id_of(user: &User) -> &str {
        &user.id
    }
}

/// Says what begins where this user will be the first admin, and goes on only when that is wanted (spec A9).
fn begins_to_check(cx: &Cx<'_>, user: &User) -> Result<()> {
    let Actor::User { login, .. } = cx.actor else {
        return Ok(());
    };
    if !user.is_admin() || user::any_admin(cx.db)? {
        return Ok(());
    }
    let runner = Runner { login, is_user: user::by_id(cx.db, login)?.is_some() };
    if let Some(told) = what_begins(user, runner) {
        cx.confirm(told.as_str())?;
        cx.warn("rights_apply", told);
    }
    Ok(())
}
