//! `user`: who works at the desk, and with which rights (spec A9).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::desk::{Actor, Right};
use crate::domain::user::{GivenRight, Runner, User, rights_of, what_begins};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::{self, Db, Key, Page, user};

impl Record for User {
    const KIND: &'static str = "user";
    const NOUN: &'static str = "user";
    const RIGHT: Right = Right::Admin;
    const FIELDS: &'static [&'static str] = &["id", "name", "email", "rights"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "email", "rights"];
    const SCALARS: &'static [&'static str] = &["id", "name", "email"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        user::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        user::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        user::complete(db, self)
    }
}

/// Create a user
///
/// Until a user with the right admin exists, the desk is single-user and all is allowed. From then on every command runs as a
/// user: the one named with --as, or the operating system's user name; who makes somebody else the first admin is asked. Rights guard against mistakes, no more: whoever can open
/// the store file can name any user.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales user create ann --name Ann --right helpdesk --email ann@example.org\n  aftersales user create root --right admin"
)]
pub struct UserCreate {
    /// The login
    pub id: String,
    /// The name (default: the login)
    #[arg(long)]
    pub name: Option<String>,
    /// Where mail for the user goes
    #[arg(long)]
    pub email: Option<String>,
    /// helpdesk, invoicing, sales, inventory, repair, field-service, or admin for all (repeatable)
    #[arg(long)]
    #[serde(default)]
    pub right: Vec<Setting<GivenRight>>,
}

impl Change for UserCreate {
    type Outcome = Changed<User>;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<User>> {
        let mut faults = Faults::default();
        let id = faults.gather(naming::checked_id(&self.id)).unwrap_or_default();
        let name = faults.gather(naming::name_or_id(self.name.as_deref(), &id)).unwrap_or_default();
        faults.refuse()?;
        let email = given::text(self.email.as_deref());
        naming::check_new(&id, user::by_id(cx.db, &id)?)?;
        let user = User { key: cx.db.next_key()?, id, name, email, rights: rights_of(given::list(&self.right)) };
        begins_to_check(cx, &user)?;
        user::insert(cx.db, &user)?;
        cx.created("user", &user.id);
        Ok(Changed(user))
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

/// Edit a user
///
/// Rights that are given replace those there are; an empty one takes them all away. The last admin stays one. Rights guard against
/// mistakes, no more: whoever can open the store file can name any user.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales user edit ann --right helpdesk --right inventory\n  aftersales user edit ann --right ''"
)]
pub struct UserEdit {
    /// The login
    pub user: String,
    /// The name
    #[arg(long)]
    pub name: Option<String>,
    /// Where mail for the user goes
    #[arg(long)]
    pub email: Option<String>,
    /// helpdesk, invoicing, sales, inventory, repair, field-service, or admin for all (repeatable)
    #[arg(long)]
    pub right: Option<Vec<Setting<GivenRight>>>,
}

impl Change for UserEdit {
    type Outcome = Changed<User>;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<User>> {
        let before: User = one(cx, "user", &self.user)?;
        let mut user = before.clone();
        naming::rename(&mut user.name, self.name.as_deref())?;
        given::set_text(&mut user.email, self.email.as_deref());
        if let Some(rights) = &self.right {
            user.rights = rights_of(given::list(rights));
        }
        before.check_admin_stays(&user, user::other_admin(cx.db, user.key)?)?;
        if user != before {
            begins_to_check(cx, &user)?;
            user::update(cx.db, &user)?;
            cx.touched("user", &user.id);
        }
        Ok(Changed(user))
    }
}
