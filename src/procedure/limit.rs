//! Up to what a user may refund alone (spec A9): a credit note above that stays a draft, which another user posts.
//!
//! The limit is an amount in the desk's currency, and nothing is converted: what is in another currency is above every limit. What
//! a user has posted of an invoice before counts along, so that a refund is not made smaller by being made in parts. The same limit
//! holds where money goes out, or a claim is given up, without a credit note: cancelling a posted invoice, and paying out.

use std::cell::OnceCell;

use super::context::Cx;
use crate::domain::Result;
use crate::domain::desk::{AboveLimit, AccessDenied, Actor};
use crate::domain::document::{Document, DocumentKind};
use crate::domain::user::User;
use crate::domain::value::money::Money;
use crate::store::{Db, document, log, user};

/// The user who runs the command, where there is a limit to what they refund. They are looked up once in a group.
fn limited(cx: &Cx<'_>) -> Result<Option<User>> {
    let known = cx.acting.and_then(OnceCell::get).cloned();
    let user = match known {
        Some(user) => user,
        None => {
            let user = user_of(cx.db, cx.actor)?;
            if let Some(kept) = cx.acting {
                kept.get_or_init(|| user.clone());
            }
            user
        }
    };
    Ok(user.filter(|user| user.refund_limit.is_some()))
}

fn user_of(db: &Db, actor: &Actor) -> Result<Option<User>> {
    match actor {
        Actor::User { login, .. } => Ok(user::by_id(db, login)?),
        Actor::Customer(_) | Actor::System => Ok(None),
    }
}

/// Asks ahead for the user who runs a command.
pub fn ahead(db: &Db, actor: &Actor) -> Result<()> {
    user_of(db, actor).map(drop)
}

/// What a credit note comes to with what that user posted of its invoice before, where that is above the user's limit.
fn above(cx: &Cx<'_>, user: &User, draft: &Document) -> Result<Option<AboveLimit>> {
    let mut amount = draft.total;
    if let Some(invoice) = &draft.invoice {
        // What may exceed its invoice is bounded by nothing, and neither is what is in another currency than the limit.
        let limit = user.refund_limit.filter(|limit| limit.currency == draft.currency && !draft.allow_excess);
        let before = document::credited_in_person(cx.db, invoice.key, &user.id, limit)?;
        amount = amount.checked_add(Money::new(before, amount.currency))?;
    }
    let above = user.above_limit(draft.named(), amount, draft.invoice.as_ref().filter(|_| amount != draft.total));
    Ok(above.map(|above| AboveLimit { waits: true, ..above }))
}

/// Whether a draft credit note that is being made or changed waits for another user: then it names the one whose limit it is above,
/// and the caller is told.
pub fn hold(cx: &Cx<'_>, draft: &mut Document) -> Result<bool> {
    if draft.kind != DocumentKind::CreditNote {
        return Ok(false);
    }
    if let Some(user) = limited(cx)?
        && let Some(above) = above(cx, &user, draft)?
    {
        draft.held_by.get_or_insert_with(|| user.reference());
        cx.warn("above_limit", format!("{above}; it stays a draft, which another user posts"));
    }
    Ok(draft.held_by.is_some())
}

/// The same of one that is edited. Made smaller it may not be above the limit of who made it any more; made larger it goes on
/// waiting, whatever limit they have by now.
pub fn hold_edited(cx: &Cx<'_>, before: &Document, draft: &mut Document) -> Result<()> {
    if let Some(holder) = draft.held_by.clone()
        && draft.total.minor < before.total.minor
        && above(cx, &user::by_key(cx.db, holder.key)?, draft)?.is_none()
    {
        draft.held_by = None;
    }
    hold(cx, draft).map(drop)
}

/// Refuses to post a draft credit note to whose limit it is above, and to who made one that was above their limit (spec A9).
pub fn check_post(cx: &Cx<'_>, draft: &Document) -> Result<()> {
    if draft.kind != DocumentKind::CreditNote {
        return Ok(());
    }
    if let Some(user) = limited(cx)?
        && let Some(above) = above(cx, &user, draft)?
    {
        return Err(AccessDenied::AboveLimit(above).into());
    }
    match (&draft.held_by, cx.actor) {
        (Some(holder), Actor::User { login, .. })
            if holder.id == *login || log::made_by(cx.db, draft.kind.word(), &draft.id, login)? =>
        {
            Err(AccessDenied::Own { login: login.clone(), document: draft.named() }.into())
        }
        _ => Ok(()),
    }
}

/// Refuses to give up what a posted invoice claims to whose limit it is above.
pub fn check_cancel(cx: &Cx<'_>, document: &Document) -> Result<()> {
    match document.kind {
        DocumentKind::Invoice => check_amount(cx, document.named(), document.total),
        DocumentKind::CreditNote => Ok(()),
    }
}

/// Refuses to let money go out without a credit note to whose limit it is above.
pub fn check_pay_out(cx: &Cx<'_>, amount: Money) -> Result<()> {
    check_amount(cx, "the payment".to_owned(), amount)
}

fn check_amount(cx: &Cx<'_>, what: String, amount: Money) -> Result<()> {
    match limited(cx)?.and_then(|user| user.above_limit(what, amount, None)) {
        Some(above) => Err(AccessDenied::AboveLimit(above).into()),
        None => Ok(()),
    }
}
