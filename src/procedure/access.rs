//! Rights: who may run what (spec A9). They guard against mistakes; whoever can open the store file can name any user.

use super::context::Cx;
use crate::domain::Result;
use crate::domain::common::NotFound;
use crate::domain::desk::{AccessDenied, Actor, Right};
use crate::domain::value::reference::Reference;
use crate::store::{Db, user};

/// Refuses an actor without `right`. Until a user with admin exists the desk is single-user and all is allowed; only who names
/// somebody must name one of the users, once there are any.
pub fn check(db: &Db, actor: &Actor, right: Right) -> Result<()> {
    let Actor::User { login, named } = actor else {
        return Ok(());
    };
    if matches!(right, Right::Anybody | Right::Rescue) {
        return Ok(());
    }
    let is_single = !user::any_admin(db)?;
    if is_single && !named {
        return Ok(());
    }
    match user::rights(db, login)? {
        None if is_single && !user::any(db)? => Ok(()),
        None => Err(AccessDenied::UnknownUser { login: login.clone() }.into()),
        Some(_) if is_single || right == Right::AnyUser => Ok(()),
        Some(rights) if rights.contains(&right) || rights.contains(&Right::Admin) => Ok(()),
        Some(_) => Err(AccessDenied::NoRight { login: login.clone(), right }.into()),
    }
}

/// Whether the actor has `right`. Who is no user of the desk has none; a command that leaves out what one may not see refuses them
/// before, by a right of its own such as `Right::AnyUser`.
pub fn may(db: &Db, actor: &Actor, right: Right) -> Result<bool> {
    match check(db, actor, right) {
        Ok(()) => Ok(true),
        Err(error) if error.is_of_the_store() => Err(error),
        Err(_) => Ok(false),
    }
}

/// Refuses a customer what is another's, as if it were not there: `missing` says so (spec F4). Whoever else acts is not asked.
pub fn check_own(cx: &Cx<'_>, owner: Option<&Reference>, missing: NotFound) -> Result<()> {
    match cx.actor {
        Actor::Customer(id) if !is_own(id, owner) => Err(missing.into()),
        _ => Ok(()),
    }
}

/// Whether what has that owner is the customer's own; what has none is nobody's.
pub fn is_own(customer: &str, owner: Option<&Reference>) -> bool {
    owner.is_some_and(|owner| owner.id == customer)
}
